/* The points of a cut: machines or their addresses, cells between the edges of
 * all that is written, names that nothing is known of. */
#include "policy/cut_parts.h"

#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"
#include "policy/resolve.h"

/* Points or runs on their way to a set. */
struct pile {
	struct arena *arena;
	struct run *at;
	size_t n, cap;
};

static void
pile_put(struct pile *pile, uint32_t first, uint32_t end)
{
	if (first >= end)
		return;
	if (pile->n > 0 && pile->at[pile->n - 1].end == first) {
		pile->at[pile->n - 1].end = end;
		return;
	}
	pile->at =
		arena_grow(pile->arena, pile->at, pile->n, &pile->cap, sizeof(*pile->at));
	pile->at[pile->n++] = (struct run) { first, end };
}

static int
run_order(const void *left, const void *right)
{
	const struct run *a = left, *b = right;

	return (a->first > b->first) - (a->first < b->first);
}

/* Sorted, joined where they touch or overlap. */
static void
pile_settle(struct pile *pile)
{
	size_t kept = 0, ordered = 1;

	while (ordered < pile->n && pile->at[ordered - 1].first < pile->at[ordered].first)
		ordered++;
	if (ordered < pile->n)
		qsort(pile->at, pile->n, sizeof(*pile->at), run_order);
	for (size_t i = 0; i < pile->n; i++) {
		struct run *last = kept > 0 ? &pile->at[kept - 1] : NULL;
		if (!last || pile->at[i].first > last->end)
			pile->at[kept++] = pile->at[i];
		else if (pile->at[i].end > last->end)
			last->end = pile->at[i].end;
	}
	pile->n = kept;
}

/* All that is written of machines' addresses, of all ends together. */
static struct ranges
ranges_written(struct arena *scratch, const struct cut *cut)
{
	struct range *all;
	size_t n = 0, k = 0;

	for (size_t i = 0; i < cut->n_ends; i++)
		n += cut->ends[i].owned.n;
	all = arena_array(scratch, n, sizeof(*all));
	for (size_t i = 0; i < cut->n_ends; i++) {
		const struct ranges *owned = &cut->ends[i].owned;
		if (owned->n > 0)
			memcpy(all + k, owned->at, owned->n * sizeof(*all));
		k += owned->n;
	}
	return ranges_of(scratch, all, n);
}

static uint8_t
family_of(struct point address)
{
	return address.line == LINE_IPV4 ? FAMILY_4 : FAMILY_6;
}

/* Whether something written may hold one of a machine's addresses and not
 * another. */
static bool
is_told_apart(const struct machine *machine, struct ranges written)
{
	for (size_t i = 0; i < machine->n_addresses; i++)
		if (ranges_hold(RANGES_OF_TAILNET, machine->addresses[i]) !=
		            ranges_hold(RANGES_OF_TAILNET, machine->addresses[0]) ||
		    ranges_hold(written, machine->addresses[i]))
			return true;
	return false;
}

static uint32_t
owner_of_machine(const struct machine *machine)
{
	return machine->n_tags == 0 && machine->user != USER_NONE ? machine->user
	                                                          : CUT_NONE;
}

/* Arrays by point of a machine, for so many at most. */
static void
points_room(struct cut *cut, size_t most)
{
	cut->families = arena_array(cut->arena, most, sizeof(*cut->families));
	cut->tail = arena_array(cut->arena, most, sizeof(*cut->tail));
	cut->owner = arena_array(cut->arena, most, sizeof(*cut->owner));
	cut->address_of = arena_array(cut->arena, most, sizeof(*cut->address_of));
	for (uint32_t i = 0; i < cut->n_tailnets; i++) {
		cut->machine_of[i] = arena_array(cut->arena, most, sizeof(uint32_t));
		memset(cut->machine_of[i], 0xff, most * sizeof(uint32_t));
	}
}

/* A new point for some addresses of a machine, or for an imagined one. */
static uint32_t
point_add(struct cut *cut, uint32_t tailnet, uint32_t machine, const struct point *at,
          size_t n)
{
	const struct machine *m = &cut->tailnets[tailnet]->machines[machine];
	uint32_t point = cut->n_points++;

	cut->machine_of[tailnet][point] = machine;
	cut->owner[point] = owner_of_machine(m);
	cut->address_of[point] = n == 1 ? at : NULL;
	cut->tail[point] =
		cut->imagined || (n > 0 && ranges_hold(RANGES_OF_TAILNET, at[0]));
	cut->families[point] = cut->imagined ? FAMILY_4 | FAMILY_6 : 0;
	for (size_t i = 0; i < n; i++)
		cut->families[point] |= family_of(at[i]);
	return point;
}

/* One tailnet: a point for each machine, or for each of its addresses. */
static void
points_of_machines(struct cut *cut, struct arena *scratch)
{
	const struct tailnet *t = cut->tailnets[0];
	struct ranges written = ranges_written(scratch, cut);

	points_room(cut, t->n_machines + t->n_addresses);
	cut->points_of[0] = arena_array(cut->arena, t->n_machines + 1, sizeof(uint32_t));
	for (uint32_t i = 0; i < t->n_machines; i++) {
		const struct machine *m = &t->machines[i];
		bool apart = is_told_apart(m, written);
		cut->points_of[0][i] = cut->n_points;
		if (!apart && (m->n_addresses > 0 || cut->imagined))
			point_add(cut, 0, i, m->addresses, m->n_addresses);
		for (size_t k = 0; apart && k < m->n_addresses; k++)
			point_add(cut, 0, i, &m->addresses[k], 1);
	}
	cut->points_of[0][t->n_machines] = cut->n_points;
	cut->points[0] = arena_array(cut->arena, cut->n_points, sizeof(uint32_t));
	for (uint32_t i = 0; i < cut->n_points; i++)
		cut->points[0][i] = i;
	cut->n_owners = (uint32_t)t->n_users;
	cut->many = arena_array(cut->arena, t->n_users, sizeof(*cut->many));
	for (uint32_t i = 0; i < t->n_machines; i++) {
		uint32_t owner = owner_of_machine(&t->machines[i]);
		if (owner != CUT_NONE && t->imagined)
			cut->many[owner] = t->machines[i].stand_in != STAND_IN_USER;
	}
}

/* An address of a machine in one of two tailnets. */
struct claim {
	const struct point *address;
	uint32_t tailnet, machine, owner;
};

static int
claim_order(const void *left, const void *right)
{
	const struct claim *a = left, *b = right;
	int order = point_compare(*a->address, *b->address);

	if (order)
		return order;
	if (a->owner != b->owner)
		return a->owner < b->owner ? -1 : 1;
	return (a->tailnet > b->tailnet) - (a->tailnet < b->tailnet);
}

static struct claim *
claims_of_addresses(struct cut *cut, struct arena *scratch, size_t *n)
{
	struct names logins = { .arena = scratch };
	struct claim *claims;

	*n = 0;
	for (uint32_t i = 0; i < 2; i++)
		*n += cut->tailnets[i]->n_addresses;
	claims = arena_array(scratch, *n, sizeof(*claims));
	*n = 0;
	for (uint32_t i = 0; i < 2; i++)
		for (size_t k = 0; k < cut->tailnets[i]->n_addresses; k++) {
			const struct tailnet *t = cut->tailnets[i];
			uint32_t machine = t->addresses[k].machine;
			uint32_t owner = owner_of_machine(&t->machines[machine]);
			if (owner != CUT_NONE)
				owner = names_add(&logins, t->users[owner].login);
			claims[(*n)++] = (struct claim) { &t->addresses[k].address, i,
				                          machine, owner };
		}
	cut->n_owners = (uint32_t)logins.n;
	cut->many = arena_array(cut->arena, logins.n, sizeof(*cut->many));
	if (*n > 0)
		qsort(claims, *n, sizeof(*claims), claim_order);
	return claims;
}

/* The points of each machine, from each point's machine. */
static void
points_by_machine(struct cut *cut, uint32_t tailnet)
{
	size_t n = cut->tailnets[tailnet]->n_machines;
	const uint32_t *machine_of = cut->machine_of[tailnet];
	uint32_t *first = arena_array(cut->arena, n + 2, sizeof(*first));

	for (uint32_t i = 0; i < cut->n_points; i++)
		if (machine_of[i] != CUT_NONE)
			first[machine_of[i] + 2]++;
	for (size_t i = 0; i < n; i++)
		first[i + 2] += first[i + 1];
	cut->points[tailnet] = arena_array(cut->arena, first[n + 1], sizeof(uint32_t));
	for (uint32_t i = 0; i < cut->n_points; i++)
		if (machine_of[i] != CUT_NONE)
			cut->points[tailnet][first[machine_of[i] + 1]++] = i;
	cut->points_of[tailnet] = first;
}

/* Two tailnets: a point for each address and owner. What changed hands is
 * another point, so that a pair of points has one owner or not for good. */
static void
points_of_addresses(struct cut *cut, struct arena *scratch)
{
	size_t n;
	struct claim *claims = claims_of_addresses(cut, scratch, &n);

	points_room(cut, n);
	for (size_t i = 0; i < n; i++) {
		struct claim *c = &claims[i], *before = i > 0 ? &claims[i - 1] : NULL;
		bool same = before && before->owner == c->owner &&
		            point_compare(*before->address, *c->address) == 0;
		uint32_t point =
			same ? cut->n_points - 1
			     : point_add(cut, c->tailnet, c->machine, c->address, 1);
		cut->machine_of[c->tailnet][point] = c->machine;
		cut->owner[point] = c->owner;
	}
	points_by_machine(cut, 0);
	points_by_machine(cut, 1);
}

/* The points of a tailnet's addresses. */
static void
points_by_address(struct cut *cut, uint32_t tailnet)
{
	const struct tailnet *t = cut->tailnets[tailnet];
	uint32_t *at = arena_room(cut->arena, t->n_addresses, sizeof(*at));

	for (size_t i = 0; i < t->n_addresses; i++) {
		uint32_t machine = t->addresses[i].machine;
		uint32_t first = cut->points_of[tailnet][machine];
		uint32_t end = cut->points_of[tailnet][machine + 1];
		uint32_t point = cut->points[tailnet][first];
		for (uint32_t k = first; k < end; k++) {
			const struct point *own =
				cut->address_of[cut->points[tailnet][k]];
			if (own && point_compare(*own, t->addresses[i].address) == 0)
				point = cut->points[tailnet][k];
		}
		at[i] = point;
	}
	cut->address_point[tailnet] = at;
}

/* Edges on their way: where ranges start, and where what follows them does. */
struct edges {
	struct arena *arena;
	struct point *at;
	size_t n, cap;
};

static void
edges_put(struct edges *edges, struct range range)
{
	for (int i = 0; i < 2; i++) {
		bool last = point_compare(range.last, line_last(range.last.line)) == 0;
		if (i == 1 && last)
			return;
		edges->at = arena_grow(edges->arena, edges->at, edges->n, &edges->cap,
		                       sizeof(*edges->at));
		edges->at[edges->n++] = i == 0 ? range.first : point_next(range.last);
	}
}

static void
edges_find(struct cut *cut)
{
	struct edges edges = { .arena = cut->arena };

	for (uint32_t line = LINE_IPV4; line <= LINE_IPV6; line += 2)
		edges_put(&edges, (struct range) { { line, 0, 0 }, line_last(line) });
	for (size_t i = 0; i < RANGES_OF_TAILNET.n; i++)
		edges_put(&edges, RANGES_OF_TAILNET.at[i]);
	for (size_t i = 0; i < cut->n_ends; i++)
		for (size_t k = 0; k < cut->ends[i].cells.n; k++)
			edges_put(&edges, cut->ends[i].cells.at[k]);
	cut->edges = edges.at;
	cut->n_edges = points_sort(edges.at, edges.n);
}

/* The last point of an elementary interval. */
static struct point
interval_last(const struct cut *cut, size_t interval)
{
	uint32_t line = cut->edges[interval].line;

	if (interval + 1 < cut->n_edges && cut->edges[interval + 1].line == line)
		return point_before(cut->edges[interval + 1]);
	return line_last(line);
}

struct range
cut_cell_range(const struct cut *cut, uint32_t cell)
{
	uint32_t interval = cut->interval_of[cell];

	return (struct range) { cut->edges[interval], interval_last(cut, interval) };
}

/* Whether machines have every address of an interval: those of one tailnet, or
 * of both together. */
static bool
is_all_owned(const struct cut *cut, struct range range)
{
	size_t at[2] = { 0 };
	struct point next = range.first;

	for (uint32_t i = 0; i < cut->n_tailnets; i++)
		at[i] = tailnet_address_from(cut->tailnets[i], range.first);
	for (;;) {
		bool owned = false;
		for (uint32_t i = 0; i < cut->n_tailnets; i++) {
			const struct tailnet *t = cut->tailnets[i];
			while (at[i] < t->n_addresses &&
			       point_compare(t->addresses[at[i]].address, next) < 0)
				at[i]++;
			owned |= at[i] < t->n_addresses &&
			         point_compare(t->addresses[at[i]].address, next) == 0;
		}
		if (!owned)
			return false;
		if (point_compare(next, range.last) == 0)
			return true;
		next = point_next(next);
	}
}

static void
cells_find(struct cut *cut)
{
	uint32_t n = 0;

	cut->cells_before =
		arena_array(cut->arena, cut->n_edges + 1, sizeof(*cut->cells_before));
	cut->interval_of =
		arena_array(cut->arena, cut->n_edges, sizeof(*cut->interval_of));
	for (uint32_t i = 0; i < cut->n_edges; i++) {
		struct range range = { cut->edges[i], interval_last(cut, i) };
		cut->cells_before[i] = n;
		if (!is_all_owned(cut, range))
			cut->interval_of[n++] = i;
	}
	cut->cells_before[cut->n_edges] = n;
	cut->first_cell = cut->n_points;
	cut->first_stranger = cut->first_cell + n;
	cut->n_points = cut->first_stranger + (uint32_t)cut->strangers.n;
}

/* The first interval that starts at the point or after it. */
static size_t
interval_from(const struct cut *cut, struct point point)
{
	return points_from(cut->edges, cut->n_edges, point);
}

static void
pile_cells(struct pile *pile, const struct cut *cut, struct range range)
{
	size_t first = interval_from(cut, range.first), end = cut->n_edges;

	if (point_compare(range.last, line_last(range.last.line)) != 0)
		end = interval_from(cut, point_next(range.last));
	else if (range.last.line == LINE_IPV4)
		end = interval_from(cut, (struct point) { LINE_IPV6, 0, 0 });
	pile_put(pile, cut->first_cell + cut->cells_before[first],
	         cut->first_cell + cut->cells_before[end]);
}

static void
pile_addresses(struct pile *pile, const struct cut *cut, uint32_t tailnet,
               struct range range)
{
	const struct tailnet *t = cut->tailnets[tailnet];

	for (size_t i = tailnet_address_from(t, range.first);
	     i < t->n_addresses &&
	     point_compare(t->addresses[i].address, range.last) <= 0;
	     i++) {
		uint32_t point = cut->address_point[tailnet][i];
		pile_put(pile, point, point + 1);
	}
}

static void
pile_machines(struct pile *pile, const struct cut *cut, const struct cut_end *end)
{
	const uint32_t *first = cut->points_of[end->tailnet];

	for (uint32_t i = 0; i < end->machines->n; i++) {
		uint32_t machine = end->machines->at[i];
		for (uint32_t k = first[machine]; k < first[machine + 1]; k++) {
			uint32_t point = cut->points[end->tailnet][k];
			pile_put(pile, point, point + 1);
		}
	}
	for (uint32_t i = 0; i < cut->first_cell && (end->everybody || end->tail); i++)
		if (cut->machine_of[end->tailnet][i] != CUT_NONE &&
		    (end->everybody || cut->tail[i]))
			pile_put(pile, i, i + 1);
	for (size_t i = 0; i < end->owned.n; i++)
		pile_addresses(pile, cut, end->tailnet, end->owned.at[i]);
}

static void
pile_others(struct pile *pile, const struct cut *cut, const struct cut_end *end)
{
	for (size_t i = 0; i < end->cells.n; i++)
		pile_cells(pile, cut, end->cells.at[i]);
	for (size_t i = 0; i < RANGES_OF_TAILNET.n && end->tail; i++)
		pile_cells(pile, cut, RANGES_OF_TAILNET.at[i]);
	for (size_t i = 0; i < end->n_strangers; i++) {
		uint32_t point = cut->first_stranger + end->strangers[i];
		pile_put(pile, point, point + 1);
	}
	if (end->anywhere)
		pile_put(pile, cut->first_cell, cut->n_points);
}

uint32_t
cut_set_add(struct cut *cut, enum cut_side side, struct runs runs)
{
	struct cut_axis *axis = &cut->axes[side];
	size_t known = axis->keys.n;
	struct text key = { (const char *)runs.at, runs.n * sizeof(*runs.at) };
	uint32_t number = names_find(&axis->keys, key);

	if (number != NAMES_NONE)
		return number;
	struct run *at = arena_array(cut->arena, runs.n, sizeof(*at));
	if (runs.n > 0)
		memcpy(at, runs.at, key.len);
	runs.at = at;
	number = names_add(&axis->keys, (struct text) { (const char *)at, key.len });
	axis->sets = arena_grow(cut->arena, axis->sets, known, &axis->sets_cap,
	                        sizeof(*axis->sets));
	axis->sets[number] = (struct cut_set) { .runs = runs };
	axis->n_sets = axis->keys.n;
	return number;
}

/* What is known of a set of machines: ends that are nothing else have its points. */
struct known {
	struct runs runs;   /* NULL: unknown, or there are none */
	uint32_t number[2]; /* by side: of the set of points, + 1; 0: unknown */
};

struct piling {
	struct pile pile;
	struct known *known[2]; /* by tailnet, by number of the set of machines */
};

static bool
is_machines_alone(const struct cut_end *end)
{
	return end->owned.n == 0 && end->cells.n == 0 && end->n_strangers == 0 &&
	       !end->everybody && !end->tail && !end->anywhere;
}

/* The points of an end; those of nothing but machines may be known. */
static struct runs
end_runs(const struct cut *cut, struct pile *pile, const struct cut_end *end)
{
	pile->n = 0;
	pile_machines(pile, cut, end);
	pile_others(pile, cut, end);
	pile_settle(pile);
	return (struct runs) { pile->at, pile->n };
}

static void
end_points(struct cut *cut, struct piling *piling, struct cut_end *end)
{
	struct known *known = &piling->known[end->tailnet][end->machines->id];

	if (!is_machines_alone(end)) {
		end->set = cut_set_add(cut, end->side, end_runs(cut, &piling->pile, end));
		return;
	}
	if (known->number[end->side] == 0) {
		if (!known->runs.at)
			known->runs = end_runs(cut, &piling->pile, end);
		end->set = cut_set_add(cut, end->side, known->runs);
		known->runs = cut->axes[end->side].sets[end->set].runs;
		known->number[end->side] = end->set + 1;
	}
	end->set = known->number[end->side] - 1;
}

void
cut_points(struct cut *cut)
{
	struct arena scratch = { 0 };

	if (cut->n_tailnets == 1)
		points_of_machines(cut, &scratch);
	else
		points_of_addresses(cut, &scratch);
	for (uint32_t i = 0; i < cut->n_tailnets; i++)
		points_by_address(cut, i);
	edges_find(cut);
	cells_find(cut);
	struct piling piling = { .pile.arena = &scratch };
	for (uint32_t i = 0; i < cut->n_tailnets; i++)
		piling.known[i] = arena_array(&scratch, cut->tailnets[i]->sets.n,
		                              sizeof(struct known));
	for (size_t i = 0; i < cut->n_ends; i++)
		end_points(cut, &piling, &cut->ends[i]);
	arena_end(&scratch);
}

uint8_t
cut_families(const struct cut *cut, uint32_t point)
{
	if (point < cut->first_cell)
		return cut->families[point];
	if (point >= cut->first_stranger)
		return FAMILY_4 | FAMILY_6;
	return family_of(cut->edges[cut->interval_of[point - cut->first_cell]]);
}

uint32_t
cut_owner(const struct cut *cut, uint32_t point)
{
	return point < cut->first_cell ? cut->owner[point] : CUT_NONE;
}
