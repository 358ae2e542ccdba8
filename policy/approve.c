/* Which routes of which machines are approved: spec/semantics.md section 5. */
#include "policy/tailnet.h"

#include <stdlib.h>

#include "grammar/arena.h"
#include "policy/numbers.h"
#include "policy/resolve.h"

/* So that what is inside comes after what is around. */
int
route_compare(struct range a, struct range b)
{
	int order = point_compare(a.first, b.first);

	return order ? order : point_compare(b.last, a.last);
}

static int
range_order(const void *left, const void *right)
{
	const struct range *a = left, *b = right;

	return route_compare(*a, *b);
}

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

/* Who may route what: the keys of autoApprovers.routes as a forest, the
 * machines of a key's approvers as its routers. */
struct approval {
	struct routed_subnet *forest;
	size_t n;
	const struct set *exit_nodes;
};

static const struct set *
approvers_machines(const struct policy *policy, struct tailnet *t,
                   const struct selectors *by)
{
	struct party party = party_of_selectors(policy, t, by->at, by->n);

	return party.any ? t->everybody : party.machines;
}

static int
approver_order(const void *left, const void *right)
{
	const struct approver *const *a = left, *const *b = right;

	return route_compare((*a)->range, (*b)->range);
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

static struct approval
approval_of(struct arena *arena, const struct policy *policy, struct tailnet *t)
{
	struct approval approval = { 0 };
	size_t n, end;
	const struct approver **sorted = approvers_sorted(arena, policy, &n);

	approval.exit_nodes = approvers_machines(policy, t, &policy->exit_node);
	approval.forest = arena_array(arena, n, sizeof(*approval.forest));
	for (size_t i = 0; i < n; i = end) {
		struct numbers machines = { .arena = arena };
		/* one prefix may have been written in two ways */
		for (end = i;
		     end < n && route_compare(sorted[i]->range, sorted[end]->range) == 0;
		     end++)
			numbers_add_set(&machines,
			                approvers_machines(policy, t, &sorted[end]->by));
		approval.forest[approval.n++] = (struct routed_subnet) {
			.range = sorted[i]->range,
			.routers = numbers_set(&machines, &t->sets),
		};
	}
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
		if (route_compare(approval->forest[middle].range, route) <= 0)
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
		return set_holds(approval->exit_nodes, machine);
	for (uint32_t i = approval_near(approval, route); i != SUBNET_NONE;
	     i = approval->forest[i].outer)
		if (range_covers(approval->forest[i].range, route) &&
		    set_holds(approval->forest[i].routers, machine))
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
	size_t most = machine->n_advertised + machine->n_approved_by_hand, n = 0;

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
	qsort(subnets, machine->n_subnets, sizeof(*subnets), range_order);
	for (size_t i = 0; i < machine->n_subnets; i++)
		if (n == 0 || route_compare(subnets[n - 1], subnets[i]) != 0)
			subnets[n++] = subnets[i];
	machine->subnets = subnets;
	machine->n_subnets = n;
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
	int order = route_compare(a->range, b->range);

	return order ? order : (a->machine > b->machine) - (a->machine < b->machine);
}

static struct routing *
routings_sorted(struct arena *arena, const struct tailnet *t, size_t *n)
{
	size_t most = 0;

	for (size_t i = 0; i < t->n_machines; i++)
		most += t->machines[i].n_subnets;
	struct routing *sorted = arena_array(arena, most, sizeof(*sorted));
	*n = 0;
	for (uint32_t i = 0; i < t->n_machines; i++)
		for (size_t k = 0; k < t->machines[i].n_subnets; k++)
			sorted[(*n)++] =
				(struct routing) { t->machines[i].subnets[k], i };
	qsort(sorted, *n, sizeof(*sorted), routing_order);
	return sorted;
}

/* Gathers the machines' subnets, each once with all its routers. */
static void
index_subnets(struct arena *scratch, struct tailnet *t)
{
	size_t n, end;
	struct routing *routings = routings_sorted(scratch, t, &n);
	struct routed_subnet *subnets = arena_array(t->arena, n, sizeof(*subnets));
	uint32_t *routers = arena_array(scratch, n, sizeof(*routers));

	t->n_subnets = 0;
	for (size_t i = 0; i < n; i = end) {
		for (end = i; end < n &&
		              route_compare(routings[i].range, routings[end].range) == 0;
		     end++)
			routers[end - i] = routings[end].machine;
		subnets[t->n_subnets++] = (struct routed_subnet) {
			.range = routings[i].range,
			.routers = set_of_sorted(&t->sets, routers, end - i),
		};
	}
	forest_nest(subnets, t->n_subnets);
	t->subnets = subnets;
}

void
tailnet_approve(struct tailnet *t, const struct policy *policy)
{
	struct arena scratch = { 0 };
	struct approval approval = approval_of(&scratch, policy, t);
	struct numbers exit_nodes = { .arena = &scratch };
	struct numbers routers = { .arena = &scratch };

	for (uint32_t i = 0; i < t->n_machines; i++) {
		struct machine *machine = &t->machines[i];
		machine_approve(t->arena, &approval, machine, i);
		if (machine->exit_node)
			numbers_add(&exit_nodes, i);
		if (machine->n_subnets > 0)
			numbers_add(&routers, i);
	}
	index_subnets(&scratch, t);
	t->exit_nodes = numbers_set(&exit_nodes, &t->sets);
	t->routers = numbers_set(&routers, &t->sets);
	arena_end(&scratch);
}
