#include "policy/become.h"

#include <string.h>

#include "grammar/arena.h"
#include "policy/saying.h"
#include "policy/show.h"

/* Edges while they are found. */
struct finding_edges {
	struct becoming *becoming;
	struct become_edge *at;
	size_t n, cap;
};

static void
edge_add(struct finding_edges *list, struct become_edge edge)
{
	list->at = arena_grow(list->becoming->arena, list->at, list->n, &list->cap,
	                      sizeof(*list->at));
	list->at[list->n++] = edge;
}

static uint32_t
node_of(struct becoming *becoming, struct text text)
{
	return names_add(&becoming->names, text);
}

static void
owners_find(struct finding_edges *list, const struct tag *tag)
{
	uint32_t to = node_of(list->becoming, tag->name.text);

	for (size_t i = 0; i < tag->owners.n; i++)
		edge_add(list, (struct become_edge) {
				       node_of(list->becoming, tag->owners.at[i].text),
				       to, BECOME_OWNER, tag->owners.at[i].span, NULL });
}

/* Stands between the sources of logins and all tags there are, or the many
 * destinations of one rule. */
#define ANY_TAGGED "any tagged machine"

/* Rules with more pairs than this have a node between. */
#define PAIRS_MAX 4096

static void
any_tagged_find(struct finding_edges *list)
{
	const struct policy *policy = list->becoming->policy;
	uint32_t from = names_find(&list->becoming->names, text_of(ANY_TAGGED));

	for (size_t i = 0; from != NAMES_NONE && i < policy->n_tags; i++)
		edge_add(list,
		         (struct become_edge) {
				 from, node_of(list->becoming, policy->tags[i].name.text),
				 BECOME_AMONG, policy->tags[i].name.span, NULL });
}

/* The node of a destination, or BECOME_NEVER where nobody's tags are there. */
static uint32_t
login_target(struct becoming *becoming, const struct selector *dst)
{
	if (dst->kind == SELECTOR_TAG)
		return node_of(becoming, dst->text);
	if (dst->kind == SELECTOR_AUTOGROUP && dst->autogroup == AUTOGROUP_TAGGED)
		return node_of(becoming, text_of(ANY_TAGGED));
	return BECOME_NEVER;
}

static void
login_find(struct finding_edges *list, const struct ssh_rule *rule,
           const struct selector *src, uint32_t to)
{
	if (to != BECOME_NEVER)
		edge_add(list,
		         (struct become_edge) { node_of(list->becoming, src->text), to,
		                                BECOME_LOGIN, src->span, rule });
}

static void
logins_find(struct finding_edges *list, const struct ssh_rule *rule)
{
	struct becoming *becoming = list->becoming;
	bool many = rule->src.n * rule->dst.n > PAIRS_MAX;
	uint32_t hub = BECOME_NEVER;

	if (many)
		hub = node_of(becoming, text_of(arena_format(becoming->arena,
		                                             "a destination of ssh[%u]",
		                                             (unsigned)rule->index)));
	for (size_t k = 0; k < rule->dst.n; k++) {
		uint32_t to = login_target(becoming, &rule->dst.at[k]);
		if (many && to != BECOME_NEVER)
			edge_add(list,
			         (struct become_edge) { hub, to, BECOME_AMONG,
			                                rule->dst.at[k].span, rule });
		for (size_t i = 0; !many && i < rule->src.n; i++)
			login_find(list, rule, &rule->src.at[i], to);
	}
	for (size_t i = 0; many && i < rule->src.n; i++)
		login_find(list, rule, &rule->src.at[i], hub);
}

static void
members_find(struct finding_edges *list, const struct group *group)
{
	uint32_t to = node_of(list->becoming, group->name.text);

	for (size_t i = 0; i < group->members.n; i++)
		edge_add(list,
		         (struct become_edge) {
				 node_of(list->becoming, group->members.at[i].text), to,
				 BECOME_MEMBER, group->members.at[i].span, NULL });
}

/* An edge from a node to another of that text, if there is one. */
static void
membership_add(struct finding_edges *list, uint32_t from, struct text text)
{
	uint32_t to = names_find(&list->becoming->names, text);

	if (to != NAMES_NONE && to != from)
		edge_add(list,
		         (struct become_edge) { from, to, BECOME_MEMBER, { 0 }, NULL });
}

/* What takes a name in by its very sense: members, a domain's users, tags. */
static void
crowds_find(struct finding_edges *list)
{
	struct becoming *becoming = list->becoming;
	size_t n = becoming->names.n;

	for (uint32_t from = 0; from < n; from++) {
		struct selector inner = selector_parse(becoming->names.texts[from]);
		if (inner.kind == SELECTOR_TAG)
			membership_add(list, from, text_of("autogroup:tagged"));
		if (inner.kind != SELECTOR_USER && inner.kind != SELECTOR_GROUP &&
		    inner.kind != SELECTOR_DOMAIN)
			continue;
		membership_add(list, from, text_of("autogroup:member"));
		membership_add(list, from, text_of("autogroup:members"));
		size_t at = text_find_last(inner.text, '@');
		if (inner.kind == SELECTOR_USER && at + 1 < inner.text.len)
			membership_add(list, from,
			               text_of(arena_format(
					       becoming->arena, "user:*@%.*s",
					       TEXT_ARG(text_from(inner.text, at + 1)))));
	}
}

/* Puts the edges in the order of their starts, and lists them by their ends. */
static void
edges_settle(struct finding_edges *list)
{
	struct becoming *b = list->becoming;
	size_t n_nodes = b->names.n;

	b->n_edges = list->n;
	b->edges = arena_array(b->arena, list->n, sizeof(*b->edges));
	b->back = arena_array(b->arena, list->n, sizeof(*b->back));
	b->first = arena_array(b->arena, n_nodes + 2, sizeof(*b->first));
	b->back_first = arena_array(b->arena, n_nodes + 2, sizeof(*b->back_first));
	for (size_t i = 0; i < list->n; i++) {
		b->first[list->at[i].from + 2]++;
		b->back_first[list->at[i].to + 2]++;
	}
	for (size_t i = 0; i < n_nodes; i++) {
		b->first[i + 2] += b->first[i + 1];
		b->back_first[i + 2] += b->back_first[i + 1];
	}
	for (size_t i = 0; i < list->n; i++)
		b->edges[b->first[list->at[i].from + 1]++] = list->at[i];
	for (uint32_t i = 0; i < list->n; i++)
		b->back[b->back_first[b->edges[i].to + 1]++] = i;
}

struct becoming *
becoming_of(struct arena *arena, const struct policy *policy)
{
	struct becoming *becoming = arena_alloc(arena, sizeof(*becoming));
	struct finding_edges list = { .becoming = becoming };

	becoming->arena = arena;
	becoming->policy = policy;
	becoming->names.arena = arena;
	for (size_t i = 0; i < policy->n_tags; i++)
		owners_find(&list, &policy->tags[i]);
	for (size_t i = 0; i < policy->n_ssh; i++)
		logins_find(&list, &policy->ssh[i]);
	for (size_t i = 0; i < policy->n_groups; i++)
		members_find(&list, &policy->groups[i]);
	any_tagged_find(&list);
	crowds_find(&list);
	edges_settle(&list);
	return becoming;
}

static void
walk_meet(struct become_walk *walk, uint32_t node, uint32_t step)
{
	walk->steps[node] = step;
	walk->queue[walk->n++] = node;
}

static bool
walk_may_enter(const struct become_walk *walk, uint32_t node)
{
	return walk->steps[node] == BECOME_NEVER && walk->closed[node] != walk->closing;
}

struct become_walk
become_walk_of(struct arena *arena, const struct becoming *becoming, unsigned kinds,
               bool back)
{
	size_t n = becoming->names.n;
	struct become_walk walk = {
		.becoming = becoming,
		.kinds = kinds,
		.back = back,
		.steps = arena_array(arena, n, sizeof(uint32_t)),
		.queue = arena_array(arena, n, sizeof(uint32_t)),
		.closed = arena_array(arena, n, sizeof(uint32_t)),
		.closing = 1,
	};

	for (size_t i = 0; i < n; i++)
		walk.steps[i] = BECOME_NEVER;
	return walk;
}

void
become_walk_from(struct become_walk *walk, uint32_t start)
{
	for (size_t i = 0; i < walk->n; i++)
		walk->steps[walk->queue[i]] = BECOME_NEVER;
	walk->n = walk->at = 0;
	walk->next = BECOME_NEVER;
	if (walk_may_enter(walk, start))
		walk_meet(walk, start, BECOME_START);
}

bool
become_walk_next(struct become_walk *walk, uint32_t *node)
{
	const struct becoming *b = walk->becoming;
	const uint32_t *first = walk->back ? b->back_first : b->first;

	if (walk->n > 0 && walk->next == BECOME_NEVER) {
		*node = walk->queue[0];
		walk->next = first[*node];
		return true;
	}
	while (walk->at < walk->n) {
		while (walk->next < first[walk->queue[walk->at] + 1]) {
			uint32_t i = walk->next++;
			uint32_t number = walk->back ? b->back[i] : i;
			const struct become_edge *edge = &b->edges[number];
			*node = walk->back ? edge->from : edge->to;
			if (!(walk->kinds & BECOME_BIT(edge->kind)) ||
			    !walk_may_enter(walk, *node))
				continue;
			walk_meet(walk, *node, number);
			return true;
		}
		if (++walk->at < walk->n)
			walk->next = first[walk->queue[walk->at]];
	}
	return false;
}

void
become_walk_close(struct become_walk *walk)
{
	for (size_t i = 0; i < walk->n; i++)
		walk->closed[walk->queue[i]] = walk->closing;
}

void
become_walk_open(struct become_walk *walk)
{
	walk->closing++;
}

/* A search, either way. */
static uint32_t *
search(struct arena *arena, const struct becoming *b, const uint32_t *start, size_t n,
       unsigned kinds, bool back)
{
	struct become_walk walk = become_walk_of(arena, b, kinds, back);
	uint32_t node;

	for (size_t i = 0; i < n; i++)
		if (walk_may_enter(&walk, start[i]))
			walk_meet(&walk, start[i], BECOME_START);
	walk.next = n > 0 ? (back ? b->back_first : b->first)[start[0]] : BECOME_NEVER;
	while (become_walk_next(&walk, &node))
		;
	return walk.steps;
}

uint32_t *
become_search(struct arena *arena, const struct becoming *becoming, const uint32_t *start,
              size_t n, unsigned kinds)
{
	return search(arena, becoming, start, n, kinds, false);
}

uint32_t *
become_search_back(struct arena *arena, const struct becoming *becoming,
                   const uint32_t *goals, size_t n, unsigned kinds)
{
	return search(arena, becoming, goals, n, kinds, true);
}

uint32_t *
become_start(struct arena *arena, const struct becoming *becoming,
             const struct selectors *list, size_t *n)
{
	uint32_t *start = arena_array(arena, becoming->names.n, sizeof(*start));
	bool everybody = false;
	uint32_t *steps;
	size_t n_named = 0;

	for (size_t i = 0; i < list->n; i++) {
		uint32_t node = names_find(&becoming->names, list->at[i].text);
		everybody |= list->at[i].kind == SELECTOR_ANY;
		if (node != NAMES_NONE && n_named < becoming->names.n)
			start[n_named++] = node;
	}
	/* everybody in what is named: those from whom membership leads there */
	steps = become_search_back(arena, becoming, start, n_named,
	                           BECOME_BIT(BECOME_MEMBER));
	*n = 0;
	for (uint32_t i = 0; i < becoming->names.n; i++)
		if (everybody || steps[i] != BECOME_NEVER)
			start[(*n)++] = i;
	return start;
}

/* One step as a sentence. */
static const char *
step_said(struct arena *arena, const struct becoming *becoming,
          const struct become_edge *edge)
{
	static const char *const verbs[] = {
		[BECOME_MEMBER] = "is in",
		[BECOME_OWNER] = "may take",
		[BECOME_LOGIN] = "may log in on",
		[BECOME_AMONG] = "may be",
	};

	return arena_format(arena, "%s %s %s",
	                    text_show(arena, becoming->names.texts[edge->from]),
	                    verbs[edge->kind],
	                    text_show(arena, becoming->names.texts[edge->to]));
}

/* Of longer ways only the ends are told, so many steps of each. */
#define WAY_END ((size_t)3)

/* A way as a sentence: the numbers of its edges, in order. */
static const char *
way_said(struct arena *arena, const struct becoming *becoming, const uint32_t *edges,
         size_t n)
{
	struct saying way = { .arena = arena };

	for (size_t i = 0; i < n; i++) {
		if (i == WAY_END && n > 2 * WAY_END + 1) {
			saying_add(&way, ", %zu steps more", n - 2 * WAY_END);
			i = n - WAY_END;
		}
		saying_add(&way, "%s%s", i ? ", " : "",
		           step_said(arena, becoming, &becoming->edges[edges[i]]));
	}
	return n > 0 ? saying_words(&way) : NULL;
}

const char *
become_way(struct arena *arena, const struct becoming *becoming, const uint32_t *steps,
           uint32_t node)
{
	struct arena scratch = { 0 };
	size_t n = 0;

	for (uint32_t at = node; steps[at] < BECOME_START; n++)
		at = becoming->edges[steps[at]].from;
	uint32_t *edges = arena_array(&scratch, n, sizeof(*edges));
	for (size_t i = n; i > 0; i--) {
		edges[i - 1] = steps[node];
		node = becoming->edges[steps[node]].from;
	}
	const char *said = way_said(arena, becoming, edges, n);
	arena_end(&scratch);
	return said;
}

const char *
become_way_on(struct arena *arena, const struct becoming *becoming, const uint32_t *steps,
              uint32_t node)
{
	struct arena scratch = { 0 };
	uint32_t *edges = NULL;
	size_t n = 0, cap = 0;

	for (; steps[node] < BECOME_START; node = becoming->edges[steps[node]].to) {
		edges = arena_grow(&scratch, edges, n, &cap, sizeof(*edges));
		edges[n++] = steps[node];
	}
	const char *said = way_said(arena, becoming, edges, n);
	arena_end(&scratch);
	return said;
}

/* Tarjan's search, with a stack of its own: chains may be as long as the file. */
struct circles {
	const struct becoming *becoming;
	uint32_t *circle;      /* the answer */
	uint32_t *order, *low; /* order 0: not met yet */
	uint32_t *stack, *path, *next;
	size_t n_stack, n_path;
	uint32_t n_met, n_circles;
};

static void
circle_enter(struct circles *c, uint32_t node)
{
	c->order[node] = c->low[node] = ++c->n_met;
	c->next[node] = c->becoming->first[node];
	c->stack[c->n_stack++] = node;
	c->path[c->n_path++] = node;
}

static void
circle_leave(struct circles *c, uint32_t node)
{
	c->n_path--;
	if (c->n_path > 0) {
		uint32_t before = c->path[c->n_path - 1];
		if (c->low[node] < c->low[before])
			c->low[before] = c->low[node];
	}
	if (c->low[node] != c->order[node])
		return;
	while (c->circle[node] == BECOME_NEVER)
		c->circle[c->stack[--c->n_stack]] = c->n_circles;
	c->n_circles++;
}

static void
circle_search(struct circles *c, uint32_t start)
{
	const struct becoming *b = c->becoming;

	circle_enter(c, start);
	while (c->n_path > 0) {
		uint32_t node = c->path[c->n_path - 1];
		if (c->next[node] == b->first[node + 1]) {
			circle_leave(c, node);
			continue;
		}
		const struct become_edge *edge = &b->edges[c->next[node]++];
		if (edge->kind != BECOME_OWNER)
			continue;
		if (c->order[edge->to] == 0)
			circle_enter(c, edge->to);
		else if (c->circle[edge->to] == BECOME_NEVER &&
		         c->order[edge->to] < c->low[node])
			c->low[node] = c->order[edge->to];
	}
}

uint32_t *
become_circles(struct arena *arena, const struct becoming *becoming)
{
	size_t n = becoming->names.n;
	struct circles c = { .becoming = becoming };

	c.circle = arena_array(arena, n, sizeof(*c.circle));
	c.order = arena_array(arena, n, sizeof(*c.order));
	c.low = arena_array(arena, n, sizeof(*c.low));
	c.stack = arena_array(arena, n, sizeof(*c.stack));
	c.path = arena_array(arena, n, sizeof(*c.path));
	c.next = arena_array(arena, n, sizeof(*c.next));
	for (size_t i = 0; i < n; i++)
		c.circle[i] = BECOME_NEVER;
	for (uint32_t i = 0; i < n; i++)
		if (c.order[i] == 0)
			circle_search(&c, i);
	return c.circle;
}
