#include "policy/attrs.h"

#include <stdlib.h>

#include "grammar/arena.h"
#include "policy/goal.h"
#include "policy/numbers.h"
#include "policy/resolve.h"

/* Something that gives capabilities to a set of machines. */
struct gift {
	const struct set *to;
	const struct node_attr *attr; /* NULL: of a network-wide option */
	const char *option;
};

struct attrs {
	struct arena *arena;
	struct gift *gifts;
	size_t n_gifts, gifts_cap;
	uint32_t *of;      /* by machine: its map */
	struct names keys; /* the gifts of a map, as bytes */
	struct cap_map *maps;
	size_t maps_cap;
};

/* What an attribute brings along (spec/semantics.md 7). */
static const struct {
	const char *attr, *companion;
} companions[] = {
	{ "funnel", "https://tailscale.com/cap/funnel-ports?ports=443,8443,10000" },
	{ "funnel", "https://tailscale.com/cap/warn-funnel-no-https" },
};

/* Capabilities on their way to a map, in order of mention. */
struct caps {
	struct arena *arena;
	struct mention {
		struct text name;
		const struct node *values; /* NULL: null */
		size_t order;
	} * at;
	size_t n, cap;
};

static void
caps_add(struct caps *caps, struct text name, const struct node *values)
{
	caps->at =
		arena_grow(caps->arena, caps->at, caps->n, &caps->cap, sizeof *caps->at);
	caps->at[caps->n] = (struct mention) { name, values, caps->n };
	caps->n++;
}

static void
caps_add_attr(struct caps *caps, struct text name)
{
	caps_add(caps, name, NULL);
	for (size_t i = 0; i < sizeof companions / sizeof *companions; i++)
		if (text_is(name, companions[i].attr))
			caps_add(caps, text_of(companions[i].companion), NULL);
}

static void
caps_add_gift(struct caps *caps, const struct gift *gift)
{
	if (gift->option)
		caps_add_attr(caps, text_of(gift->option));
	for (size_t i = 0; gift->attr && i < gift->attr->attr.n; i++)
		caps_add_attr(caps, gift->attr->attr.at[i].text);
	for (size_t i = 0; gift->attr && i < gift->attr->n_app; i++)
		caps_add(caps, gift->attr->app[i].name.text, gift->attr->app[i].values);
}

static int
mention_order(const void *a, const void *b)
{
	const struct mention *x = a, *y = b;
	int order = text_compare(x->name, y->name);
	return order ? order : (x->order > y->order) - (x->order < y->order);
}

/* All mentions of one name: the values of each, in order. */
static struct cap
cap_of(struct arena *arena, const struct mention *at, size_t n)
{
	struct cap cap = { .name = at->name, .null = true };
	const struct node **values = NULL;
	size_t room = 0;
	for (size_t i = 0; i < n; i++) {
		const struct node *array = at[i].values;
		if (!array || array->kind != HUJSON_ARRAY)
			continue;
		cap.null = false;
		for (const struct node *e = node_first(array); e != node_end(array);
		     e = node_next(e)) {
			values = arena_grow(arena, values, cap.n_values, &room,
			                    sizeof *values);
			values[cap.n_values++] = e;
		}
	}
	cap.values = values;
	return cap;
}

static struct cap_map
map_of(struct arena *arena, struct caps *caps)
{
	struct cap *at = arena_array(arena, caps->n, sizeof *at);
	size_t n = 0;
	if (caps->n)
		qsort(caps->at, caps->n, sizeof *caps->at, mention_order);
	for (size_t i = 0, end; i < caps->n; i = end) {
		end = i + 1;
		while (end < caps->n && text_equal(caps->at[end].name, caps->at[i].name))
			end++;
		at[n++] = cap_of(arena, caps->at + i, end - i);
	}
	return (struct cap_map) { at, n };
}

/* The map that some gifts come to, made once for each list of them. */
static uint32_t
attrs_number(struct attrs *a, const uint32_t *gifts, size_t n)
{
	struct text key = { (const char *)gifts, n * sizeof *gifts };
	size_t known = a->keys.n;
	uint32_t number = names_add(&a->keys, key);
	if (number == known) {
		struct arena scratch = { 0 };
		struct caps caps = { .arena = &scratch };
		for (size_t i = 0; i < n; i++)
			caps_add_gift(&caps, &a->gifts[gifts[i]]);
		a->maps = arena_grow(a->arena, a->maps, known, &a->maps_cap,
		                     sizeof *a->maps);
		a->maps[number] = map_of(a->arena, &caps);
		arena_end(&scratch);
	}
	return number;
}

static void
gift_add(struct attrs *a, const struct set *to, const struct node_attr *attr,
         const char *option)
{
	if (!to->n)
		return;
	a->gifts = arena_grow(a->arena, a->gifts, a->n_gifts, &a->gifts_cap,
	                      sizeof *a->gifts);
	a->gifts[a->n_gifts++] = (struct gift) { to, attr, option };
}

static const struct set *
machines_with_macos(struct arena *arena, struct tailnet *t)
{
	struct numbers list = { .arena = arena };
	for (uint32_t i = 0; i < t->n_machines; i++)
		if (text_equal_fold(t->machines[i].os, text_of("macos")))
			numbers_add(&list, i);
	return numbers_set(&list, &t->sets);
}

/* What a target ignores it gives nobody. */
static bool
takes(const struct policy *p, enum feature feature)
{
	return target_support(p->target, feature) == TAKES;
}

/* The network-wide options, as the attributes that do the same (spec/
 * policy-syntax.md 9 and 14). */
static void
give_options(struct attrs *a, const struct policy *p, struct tailnet *t)
{
	static const struct {
		const char *word, *attr;
	} routes[] = {
		{ "mac-always", "one-cgnat?v=true" },
		{ "mac-never", "one-cgnat?v=false" },
	};
	if (p->randomize_client_port && takes(p, FEATURE_RANDOMIZE_CLIENT_PORT))
		gift_add(a, t->everybody, NULL, "randomize-client-port");
	if (p->disable_ipv4 && takes(p, FEATURE_DISABLE_IPV4))
		gift_add(a, t->everybody, NULL, "disable-ipv4");
	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
		if (text_is(p->one_cgnat_route.text, routes[i].word) &&
		    takes(p, FEATURE_ONE_CGNAT_ROUTE))
			gift_add(a, machines_with_macos(a->arena, t), NULL,
			         routes[i].attr);
}

static const struct set *
targets_of(const struct policy *p, struct tailnet *t, const struct node_attr *attr)
{
	for (size_t i = 0; i < attr->target.n; i++)
		if (attr->target.at[i].kind == SELECTOR_ANY)
			return t->everybody;
	struct party party = party_of_selectors(p, t, attr->target.at, attr->target.n);
	return party_machines(t, &party, false);
}

struct attrs *
attrs_compile(struct arena *arena, const struct policy *p, struct tailnet *t)
{
	struct attrs *a = arena_alloc(arena, sizeof *a);
	*a = (struct attrs) { .arena = arena, .keys.arena = arena };
	a->of = arena_array(arena, t->n_machines, sizeof *a->of);
	attrs_number(a, NULL, 0);
	for (size_t i = 0; takes(p, FEATURE_NODE_ATTRS) && i < p->n_node_attrs; i++)
		gift_add(a, targets_of(p, t, &p->node_attrs[i]), &p->node_attrs[i], NULL);
	give_options(a, p, t);

	const struct set **to = arena_array(arena, a->n_gifts, sizeof *to);
	for (size_t i = 0; i < a->n_gifts; i++)
		to[i] = a->gifts[i].to;
	struct rows rows = rows_of_sets(arena, to, a->n_gifts, t->n_machines);
	for (size_t m = 0; m < t->n_machines; m++)
		a->of[m] = attrs_number(a, rows.at + rows.start[m],
		                        rows.start[m + 1] - rows.start[m]);
	return a;
}

uint32_t
attrs_of(const struct attrs *a, uint32_t machine)
{
	return a->of[machine];
}

size_t
attrs_n(const struct attrs *a)
{
	return a->keys.n;
}

struct cap_map
attrs_map(const struct attrs *a, uint32_t map)
{
	return a->maps[map];
}
