/* Which routes of which machines are approved: spec/semantics.md section 5. */
#include "policy/tailnet.h"

#include <stdlib.h>

#include "grammar/arena.h"
#include "policy/dialect.h"
#include "policy/numbers.h"
#include "policy/resolve.h"
#include "policy/validate.h"

/* Finds what lies around what, in prefixes that are sorted and distinct. */
static void
forest_nest(struct routed_subnet *forest, size_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t outer = i == 0 ? SUBNET_NONE : i - 1;
		while (outer != SUBNET_NONE &&
		       !range_covers(forest[outer].range, forest[i].range))
			outer = forest[outer].outer;
		forest[i].outer = outer;
	}
}

/* Whom words name: each looked up once, however often it stands in the policy. */
struct lexicon {
	const struct policy *policy;
	struct tailnet *tailnet;
	struct names words;
	const struct set **machines; /* beside them */
	size_t cap;
};

static const struct set *
lexicon_find(struct lexicon *lexicon, const struct selector *selector)
{
	size_t known = lexicon->words.n;
	uint32_t number = names_add(&lexicon->words, selector->text);

	if (number < known)
		return lexicon->machines[number];
	struct party party =
		party_of_selector(lexicon->policy, lexicon->tailnet, selector);
	lexicon->machines = arena_grow(lexicon->words.arena, lexicon->machines, known,
	                               &lexicon->cap, sizeof(*lexicon->machines));
	lexicon->machines[number] =
		party.any ? lexicon->tailnet->everybody : party.machines;
	return lexicon->machines[number];
}

/* Sets of at most so many machines are joined, larger ones only named: with many
 * lists of many machines each, the joins would be larger than all that is read. */
#define FEW 64

/* Machines that approve: those in any of the sets. */
struct approving {
	const struct set **sets;
	size_t n, cap;
	struct numbers few; /* on their way into a set */
};

static void
approving_add(struct arena *arena, struct approving *approving, const struct set *set)
{
	approving->sets = arena_grow(arena, approving->sets, approving->n,
	                             &approving->cap, sizeof(*approving->sets));
	approving->sets[approving->n++] = set;
}

static void
approving_add_list(struct arena *arena, struct approving *approving,
                   struct lexicon *lexicon, const struct selectors *list)
{
	approving->few.arena = arena;
	for (size_t i = 0; i < list->n; i++) {
		if (!position_counts(lexicon->policy->target, POSITION_APPROVER,
		                     &list->at[i]))
			continue;
		const struct set *set = lexicon_find(lexicon, &list->at[i]);
		if (set->n <= FEW)
			numbers_add_set(&approving->few, set);
		else
			approving_add(arena, approving, set);
	}
}

/* After the last list. */
static void
approving_finish(struct arena *arena, struct approving *approving, struct tailnet *t)
{
	approving_add(arena, approving, numbers_set(&approving->few, &t->sets));
}

static bool
approving_holds(const struct approving *approving, uint32_t machine)
{
	for (size_t i = 0; i < approving->n; i++)
		if (set_holds(approving->sets[i], machine))
			return true;
	return false;
}

/* Who may route what: the keys of autoApprovers.routes as a forest, and beside each
 * who approves it. */
struct approval {
	struct routed_subnet *forest;
	struct approving *by;
	size_t n;
	struct approving exit_nodes;
};

static int
approver_order(const void *left, const void *right)
{
	const struct approver *const *a = left, *const *b = right;

	return range_compare((*a)->range, (*b)->range);
}

/* The usable keys, sorted. */
static const struct approver **
approvers_sorted(struct arena *arena, const struct policy *policy, size_t *n)
{
	const struct approver **sorted =
		arena_array(arena, policy->n_approvers, sizeof(struct approver *));

	*n = 0;
	for (size_t i = 0; i < policy->n_approvers; i++)
		if (policy->approvers[i].good)
			sorted[(*n)++] = &policy->approvers[i];
	qsort(sorted, *n, sizeof(*sorted), approver_order);
	return sorted;
}

/* One prefix may have been written in two ways: then it is one key. */
static void
approval_add_keys(struct arena *arena, struct approval *approval, struct lexicon *lexicon,
                  const struct approver *const *sorted, size_t n)
{
	for (size_t i = 0, end; i < n; i = end) {
		struct approving *by = &approval->by[approval->n];
		for (end = i;
		     end < n && range_compare(sorted[i]->range, sorted[end]->range) == 0;
		     end++)
			approving_add_list(arena, by, lexicon, &sorted[end]->by);
		approving_finish(arena, by, lexicon->tailnet);
		approval->forest[approval->n++].range = sorted[i]->range;
	}
}

static struct approval
approval_of(struct arena *arena, const struct policy *policy, struct tailnet *t)
{
	struct lexicon lexicon = { policy, t, .words = { .arena = arena } };
	struct approval approval = { 0 };
	size_t n;
	const struct approver **sorted = approvers_sorted(arena, policy, &n);

	approving_add_list(arena, &approval.exit_nodes, &lexicon, &policy->exit_node);
	approving_finish(arena, &approval.exit_nodes, t);
	approval.forest = arena_array(arena, n, sizeof(*approval.forest));
	approval.by = arena_array(arena, n, sizeof(*approval.by));
	approval_add_keys(arena, &approval, &lexicon, sorted, n);
	forest_nest(approval.forest, approval.n);
	return approval;
}

/* The last key that is not after the route: it, or one around it, is the
 * innermost that contains the route, if any does. */
static uint32_t
approval_near(const struct approval *approval, struct range route)
{
	size_t low = 0, high = approval->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (range_compare(approval->forest[middle].range, route) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 ? SUBNET_NONE : (uint32_t)low - 1;
}

/* Default routes are approved by exitNode alone. Few keys nest around one
 * route: at most as many as an address has bits. */
static bool
approval_holds(const struct approval *approval, struct range route, uint32_t machine)
{
	if (range_is_default_route(route))
		return approving_holds(&approval->exit_nodes, machine);
	for (uint32_t i = approval_near(approval, route); i != SUBNET_NONE;
	     i = approval->forest[i].outer)
		if (range_covers(approval->forest[i].range, route) &&
		    approving_holds(&approval->by[i], machine))
			return true;
	return false;
}

static void
machine_add_route(struct machine *machine, struct range *subnets, struct range route)
{
	if (range_is_default_route(route))
		machine->exit_node = true;
	else
		subnets[machine->n_subnets++] = route;
}

/* Sorts out what one machine routes. */
static void
machine_approve(struct arena *arena, const struct approval *approval,
                struct machine *machine, uint32_t number)
{
	size_t most = machine->n_advertised + machine->n_approved_by_hand;

	machine->subnets = NULL;
	machine->n_subnets = 0;
	machine->exit_node = false;
	if (most == 0)
		return;
	struct range *subnets = arena_array(arena, most, sizeof(*subnets));
	for (size_t i = 0; i < machine->n_approved_by_hand; i++)
		machine_add_route(machine, subnets, machine->approved_by_hand[i]);
	for (size_t i = 0; i < machine->n_advertised; i++)
		if (approval_holds(approval, machine->advertised[i], number))
			machine_add_route(machine, subnets, machine->advertised[i]);
	machine->subnets = subnets;
	machine->n_subnets = ranges_sort(subnets, machine->n_subnets);
}

/* Sorts out what one machine keeps destinations for. */
static void
machine_keep(struct arena *arena, const struct dialect *dialect, struct machine *machine)
{
	size_t n_approved = dialect->approved ? machine->n_subnets : 0, n = 0;
	size_t n_by_hand = machine->n_approved_by_hand;

	machine->kept = machine->subnets;
	machine->n_kept = machine->n_subnets;
	if (!dialect->advertised)
		return;
	struct range *kept =
		arena_array(arena, machine->n_advertised + n_by_hand + n_approved,
	                    sizeof(*kept));
	for (size_t i = 0; i < machine->n_advertised; i++)
		kept[n++] = machine->advertised[i];
	/* who approved it by hand has seen it advertised */
	for (size_t i = 0; i < n_by_hand; i++)
		kept[n++] = machine->approved_by_hand[i];
	for (size_t i = 0; i < n_approved; i++)
		kept[n++] = machine->subnets[i];
	machine->kept = kept;
	machine->n_kept = ranges_sort(kept, n);
}

/* One route of one machine. */
struct routing {
	struct range range;
	uint32_t machine;
};

static int
routing_order(const void *left, const void *right)
{
	const struct routing *a = left, *b = right;
	int order = range_compare(a->range, b->range);

	return order ? order : (a->machine > b->machine) - (a->machine < b->machine);
}

/* The routes of all machines: those that are kept, or the subnets. */
static struct routing *
routings_sorted(struct arena *arena, const struct tailnet *t, bool kept, size_t *n)
{
	size_t most = 0;

	for (size_t i = 0; i < t->n_machines; i++)
		most += kept ? t->machines[i].n_kept : t->machines[i].n_subnets;
	struct routing *sorted = arena_array(arena, most, sizeof(*sorted));
	*n = 0;
	for (uint32_t i = 0; i < t->n_machines; i++) {
		const struct machine *m = &t->machines[i];
		const struct range *routes = kept ? m->kept : m->subnets;
		size_t n_routes = kept ? m->n_kept : m->n_subnets;
		for (size_t k = 0; k < n_routes; k++)
			sorted[(*n)++] = (struct routing) { routes[k], i };
	}
	if (*n > 0)
		qsort(sorted, *n, sizeof(*sorted), routing_order);
	return sorted;
}

/* Gathers the machines' routes, each once with all its routers. */
static struct routed_subnet *
routes_index(struct arena *scratch, struct tailnet *t, bool kept, size_t *n_routes)
{
	size_t n, end;
	struct routing *routings = routings_sorted(scratch, t, kept, &n);
	struct routed_subnet *routes = arena_array(t->arena, n, sizeof(*routes));
	uint32_t *routers = arena_array(scratch, n, sizeof(*routers));

	*n_routes = 0;
	for (size_t i = 0; i < n; i = end) {
		for (end = i; end < n &&
		              range_compare(routings[i].range, routings[end].range) == 0;
		     end++)
			routers[end - i] = routings[end].machine;
		routes[(*n_routes)++] = (struct routed_subnet) {
			.range = routings[i].range,
			.routers = set_of_sorted(&t->sets, routers, end - i),
		};
	}
	forest_nest(routes, *n_routes);
	return routes;
}

void
tailnet_approve(struct tailnet *t, const struct policy *policy)
{
	struct arena scratch = { 0 };
	struct approval approval = approval_of(&scratch, policy, t);
	const struct dialect *dialect = dialect_of(policy->target);
	struct numbers exit_nodes = { .arena = &scratch };
	struct numbers routers = { .arena = &scratch };

	for (uint32_t i = 0; i < t->n_machines; i++) {
		struct machine *machine = &t->machines[i];
		machine_approve(t->arena, &approval, machine, i);
		machine_keep(t->arena, dialect, machine);
		if (machine->exit_node)
			numbers_add(&exit_nodes, i);
		if (machine->n_subnets > 0)
			numbers_add(&routers, i);
	}
	t->subnets = t->kept = routes_index(&scratch, t, false, &t->n_subnets);
	t->n_kept = t->n_subnets;
	if (dialect->advertised)
		t->kept = routes_index(&scratch, t, true, &t->n_kept);
	t->exit_nodes = numbers_set(&exit_nodes, &t->sets);
	t->routers = numbers_set(&routers, &t->sets);
	arena_end(&scratch);
}
