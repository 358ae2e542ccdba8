#include "policy/goal.h"

#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"
#include "policy/dialect.h"

/* Goals in the making: number + 1 by kind and party. */
struct finder {
	struct arena *arena;
	struct filter *filter;
	struct goals *goals;
	uint32_t *by_party[GOAL_SELF_APP + 1];
};

static enum goal_kind
rule_goal_kind(const struct rule *rule)
{
	if (rule->self)
		return rule->kind == RULE_NETWORK ? GOAL_SELF : GOAL_SELF_APP;
	if (rule->kind != RULE_NETWORK)
		return GOAL_APP;
	return rule->via ? GOAL_VIA : GOAL_NETWORK;
}

static struct goal *
goal_add(struct finder *f, enum goal_kind kind, const struct party *party)
{
	struct goals *goals = f->goals;
	goals->at = arena_grow(f->arena, goals->at, goals->n, &goals->cap,
	                       sizeof(*goals->at));
	struct goal *goal = &goals->at[goals->n++];
	*goal = (struct goal) { .kind = kind, .party = party, .rules.arena = f->arena };
	return goal;
}

/* The goal of a rule; via goals are shared by the rules of one grant only. */
static struct goal *
goal_of_rule(struct finder *f, const struct rule *rule)
{
	enum goal_kind kind = rule_goal_kind(rule);
	const struct party *party = rule->self ? rule->src : rule->dst;
	uint32_t *known = &f->by_party[kind][party->number];
	if (*known && f->goals->at[*known - 1].grant == (rule->via ? rule->grant : NULL))
		return &f->goals->at[*known - 1];
	struct goal *goal = goal_add(f, kind, party);
	goal->grant = rule->via ? rule->grant : NULL;
	*known = (uint32_t)f->goals->n;
	return goal;
}

/* The party as nothing but prefixes. */
static const struct party *
party_flat(struct arena *arena, const struct tailnet *t, const struct party *party)
{
	struct ranges ranges = party_flatten(arena, t, party);
	struct party *flat = arena_alloc(arena, sizeof(*flat));
	*flat = (struct party) { .machines = t->sets.all[0],
		                 .literals = ranges.at,
		                 .n_literals = ranges.n,
		                 .number = party->number };
	return flat;
}

/* Steps of spec/semantics.md 2.8; 11.3 for public prefixes at exit nodes. */
static const struct set *
servers_of_network(struct arena *scratch, struct tailnet *t, const struct party *party)
{
	struct numbers list = { .arena = scratch };
	if (party->any || party->danger)
		return t->everybody;
	numbers_add_set(&list, party_machines(t, party, true));
	for (size_t i = 0; t->exit_nodes->n && i < party->n_literals; i++)
		if (ranges_cover(RANGES_OF_INTERNET, party->literals[i])) {
			numbers_add_set(&list, t->exit_nodes);
			break;
		}
	return numbers_set(&list, &t->sets);
}

static const struct set *
servers_of_app(struct tailnet *t, const struct party *party)
{
	return party->any || party->danger ? t->everybody
	                                   : party_machines(t, party, false);
}

/*
 * Machines with one of the via tags that route what the destination names
 * (section 3). A destination by identity or `*` names no route, and gives
 * nothing (spec/wire-format.md 3.6); exit nodes serve autogroup:internet (11.4).
 */
static const struct set *
servers_of_via(struct arena *scratch, struct tailnet *t, const struct goal *goal)
{
	struct numbers tagged = { .arena = scratch }, routers = { .arena = scratch };
	struct numbers subnets = { .arena = scratch };
	for (size_t i = 0; i < goal->grant->via.n; i++) {
		uint32_t tag = names_find(&t->tags, goal->grant->via.at[i].text);
		if (tag != NAMES_NONE)
			numbers_add_set(&tagged, t->of_tag[tag]);
	}
	for (size_t i = 0; i < goal->party->n_literals; i++)
		subnets_overlapping(t, goal->party->literals[i], &subnets);
	for (size_t i = 0; i < subnets.n; i++)
		numbers_add_set(&routers, t->subnets[subnets.at[i]].routers);
	if (goal->party->internet)
		numbers_add_set(&routers, t->exit_nodes);
	return set_meet(&t->sets, numbers_set(&tagged, &t->sets),
	                numbers_set(&routers, &t->sets));
}

/* The owners of the sources, with all their untagged machines. */
static const struct set *
servers_of_self(struct arena *scratch, struct tailnet *t, struct goal *goal)
{
	const struct set *named = party_machines(t, goal->party, false);
	struct numbers sources = { .arena = scratch }, owners = { .arena = scratch };
	struct numbers servers = { .arena = scratch };
	for (uint32_t i = 0; i < named->n; i++) {
		uint32_t user = t->machines[named->at[i]].user;
		if (user == USER_NONE)
			continue;
		numbers_add(&sources, named->at[i]);
		numbers_add(&owners, user);
	}
	goal->sources = numbers_set(&sources, &t->sets);
	const struct set *users = numbers_set(&owners, &t->sets);
	for (uint32_t i = 0; i < users->n; i++)
		numbers_add_set(&servers, t->of_user[users->at[i]]);
	return numbers_set(&servers, &t->sets);
}

static const struct set *
servers_of(struct arena *scratch, struct tailnet *t, struct goal *goal)
{
	switch (goal->kind) {
	case GOAL_NETWORK:
		return servers_of_network(scratch, t, goal->party);
	case GOAL_VIA:
		return servers_of_via(scratch, t, goal);
	case GOAL_APP:
		return servers_of_app(t, goal->party);
	case GOAL_SELF:
	case GOAL_SELF_APP:
		return servers_of_self(scratch, t, goal);
	}
	return NULL;
}

static struct text *
write_literals(struct arena *arena, const struct party *party, bool flat)
{
	struct text *texts = arena_array(arena, party->n_literals, sizeof(*texts));
	char text[RANGE_TEXT_MAX];
	for (size_t i = 0; i < party->n_literals; i++) {
		size_t len = flat ? prefix_write(party->literals[i], text)
		                  : range_write(party->literals[i], text);
		texts[i] = (struct text) { arena_copy(arena, text, len), len };
	}
	return texts;
}

struct rows
rows_of_sets(struct arena *arena, const struct set *const *sets, size_t n,
             size_t n_machines)
{
	struct rows rows = { arena_array(arena, n_machines + 2, sizeof(*rows.start)),
		             NULL };
	uint32_t *start = rows.start + 1, total = 0;
	for (size_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < sets[i]->n; k++)
			start[sets[i]->at[k] + 1]++;
	for (size_t i = 0; i < n_machines; i++)
		start[i + 1] += start[i];
	total = start[n_machines];
	rows.at = arena_array(arena, total, sizeof(*rows.at));
	for (size_t i = 0; i < n; i++) /* moves each start to the next one's */
		for (uint32_t k = 0; k < sets[i]->n; k++)
			rows.at[start[sets[i]->at[k]]++] = (uint32_t)i;
	return rows;
}

/* The filter that lets everything through is sent as it is. */
static bool
goal_is_flat(const struct filter *filter, const struct goal *goal)
{
	return goal->kind == GOAL_NETWORK && dialect_of(filter->policy->target)->flat &&
	       filter->rules[goal->rules.at[0]].grant;
}

/* Finds out who serves a goal, and what to call it. */
static void
goal_serve(struct arena *arena, struct arena *scratch, const struct filter *filter,
           struct goal *goal)
{
	struct tailnet *t = filter->tailnet;
	bool flat = goal_is_flat(filter, goal);
	if (flat)
		goal->party = party_flat(arena, t, goal->party);
	const struct party *party = goal->party;
	goal->servers = flat ? ranges_servers(t, (struct ranges) { party->literals,
	                                                           party->n_literals })
	                     : servers_of(scratch, t, goal);
	goal->literals = write_literals(arena, party, flat);
	goal->covered = ranges_of(arena, party->literals, party->n_literals);
}

struct goals *
goals_make(struct arena *arena, struct filter *filter)
{
	struct goals *goals = arena_alloc(arena, sizeof(*goals));
	struct arena scratch = { 0 };
	struct finder f = { .arena = arena, .filter = filter, .goals = goals };
	for (size_t i = 0; i <= GOAL_SELF_APP; i++)
		f.by_party[i] =
			arena_array(&scratch, filter->n_parties, sizeof(uint32_t));
	goals->of_rule = arena_array(arena, filter->n_rules, sizeof(*goals->of_rule));
	for (uint32_t i = 0; i < filter->n_rules; i++) {
		struct goal *goal = goal_of_rule(&f, &filter->rules[i]);
		if (!filter->rules[i].shadow)
			numbers_add(&goal->rules, i);
		goals->of_rule[i] = (uint32_t)(goal - goals->at);
	}
	const struct set **servers = arena_array(&scratch, goals->n, sizeof(*servers));
	for (size_t i = 0; i < goals->n; i++) {
		struct arena_mark mark = arena_mark(&scratch);
		goal_serve(arena, &scratch, filter, &goals->at[i]);
		servers[i] = goals->at[i].servers;
		arena_reset(&scratch, mark);
	}
	goals->served =
		rows_of_sets(arena, servers, goals->n, filter->tailnet->n_machines);
	arena_end(&scratch);
	return goals;
}

/* The place of the first literal that ends at the point or after it: those of
 * one selector lie apart. */
static size_t
literals_from(const struct party *party, struct point point)
{
	size_t low = 0, high = party->n_literals;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (point_compare(party->literals[middle].last, point) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
add_literals_overlapping(struct numbers *list, const struct party *party,
                         struct range range)
{
	for (size_t i = literals_from(party, range.first);
	     i < party->n_literals &&
	     point_compare(party->literals[i].first, range.last) <= 0;
	     i++)
		numbers_add(list, (uint32_t)i);
}

/* The literals that a machine serves, by number, ascending. */
static void
add_served_literals(struct numbers *list, const struct goal *goal,
                    const struct machine *m)
{
	const struct party *party = goal->party;
	if (goal->kind == GOAL_VIA) {
		for (size_t i = 0; i < m->n_subnets; i++)
			add_literals_overlapping(list, party, m->subnets[i]);
		return;
	}
	for (size_t i = 0; i < m->n_kept; i++)
		add_literals_overlapping(list, party, m->kept[i]);
	for (size_t i = 0; i < m->n_addresses; i++)
		add_literals_overlapping(list, party,
		                         (struct range) { m->addresses[i],
		                                          m->addresses[i] });
	for (size_t i = 0; m->exit_node && i < party->n_literals; i++)
		if (ranges_cover(RANGES_OF_INTERNET, party->literals[i]))
			numbers_add(list, (uint32_t)i);
}

static bool
machine_routes(const struct machine *m, struct range range)
{
	for (size_t i = 0; i < m->n_subnets; i++)
		if (range_overlaps(m->subnets[i], range))
			return true;
	return false;
}

/* A growing list of texts. */
struct texts {
	struct arena *arena;
	struct text *at;
	size_t n, cap;
};

static void
texts_add(struct texts *list, struct text text)
{
	list->at =
		arena_grow(list->arena, list->at, list->n, &list->cap, sizeof(*list->at));
	list->at[list->n++] = text;
}

/* The addresses that a machine serves of some named by identity: its own, and
 * those in its subnets. */
static void
add_identities(struct texts *items, const struct tailnet *t,
               const struct spelling *spelling, const struct set *named, uint32_t machine)
{
	const struct machine *m = &t->machines[machine];
	struct numbers list = { .arena = items->arena };
	for (size_t i = 0; i < m->n_addresses && set_holds(named, machine); i++)
		numbers_add(&list, (uint32_t)tailnet_address_from(t, m->addresses[i]));
	for (size_t i = 0; i < m->n_subnets; i++)
		for (size_t k = tailnet_address_from(t, m->subnets[i].first);
		     k < t->n_addresses &&
		     point_compare(t->addresses[k].address, m->subnets[i].last) <= 0;
		     k++)
			if (set_holds(named, t->addresses[k].machine))
				numbers_add(&list, (uint32_t)k);
	numbers_sort(&list);
	for (size_t i = 0; i < list.n; i++)
		texts_add(items, spelling_address(spelling, list.at[i]));
}

static void
add_internet(struct texts *items, const struct machine *m, bool via)
{
	char text[RANGE_TEXT_MAX];
	for (size_t i = 0; i < RANGES_OF_INTERNET.n; i++) {
		struct range range = RANGES_OF_INTERNET.at[i];
		if (!m->exit_node && (via || !machine_routes(m, range)))
			continue;
		size_t len = span_write(range, text);
		texts_add(items,
		          (struct text) { arena_copy(items->arena, text, len), len });
	}
}

static void
add_network_items(struct texts *items, const struct goal *goal, const struct tailnet *t,
                  const struct spelling *spelling, uint32_t machine)
{
	const struct machine *m = &t->machines[machine];
	struct numbers literals = { .arena = items->arena };
	if (goal->party->any) {
		texts_add(items, text_of("*"));
		return;
	}
	if (goal->kind == GOAL_NETWORK)
		add_identities(items, t, spelling, goal->party->machines, machine);
	if (goal->party->n_literals)
		add_served_literals(&literals, goal, m);
	numbers_sort(&literals);
	for (size_t i = 0; i < literals.n; i++)
		texts_add(items, goal->literals[literals.at[i]]);
	if (goal->party->internet)
		add_internet(items, m, goal->kind == GOAL_VIA);
}

/* A machine's own addresses as the destination covers them, as prefixes. */
static void
add_app_items(struct texts *items, const struct goal *goal, const struct tailnet *t,
              uint32_t machine)
{
	const struct machine *m = &t->machines[machine];
	const struct party *party = goal->party;
	bool all = goal->kind == GOAL_SELF_APP || party->any || party->danger ||
	           set_holds(party->machines, machine);
	char text[RANGE_TEXT_MAX];
	for (size_t i = 0; i < m->n_addresses; i++) {
		struct range own = { m->addresses[i], m->addresses[i] };
		if (!all && !ranges_hold(goal->covered, own.first))
			continue;
		size_t len = prefix_write(own, text);
		texts_add(items,
		          (struct text) { arena_copy(items->arena, text, len), len });
	}
}

/* Mostly the destination is just a set of machines. */
static bool
goal_names_machines(const struct goal *goal)
{
	const struct party *party = goal->party;
	return goal->kind == GOAL_NETWORK && !party->any && !party->n_literals &&
	       !party->internet;
}

const struct text *
goal_items(const struct goal *goal, const struct filter *filter,
           const struct spelling *spelling, struct arena *scratch, uint32_t machine,
           size_t *n)
{
	const struct tailnet *t = filter->tailnet;
	struct texts items = { .arena = scratch };
	if (goal_names_machines(goal) && !t->machines[machine].n_subnets) {
		*n = set_holds(goal->party->machines, machine)
		             ? t->machines[machine].n_addresses
		             : 0;
		return spelling_own(spelling, machine);
	}
	switch (goal->kind) {
	case GOAL_NETWORK:
	case GOAL_VIA:
		add_network_items(&items, goal, t, spelling, machine);
		break;
	case GOAL_APP:
	case GOAL_SELF_APP:
		add_app_items(&items, goal, t, machine);
		break;
	case GOAL_SELF:
		add_identities(&items, t, spelling, t->of_user[t->machines[machine].user],
		               machine);
		break;
	}
	*n = items.n;
	return items.at;
}
