/* The addresses of an end, cut where rules tell them apart, and who serves them. */
#include "policy/probe.h"

#include <stdlib.h>

#include "grammar/arena.h"
#include "policy/probe_parts.h"

bool
point_in(const struct range *ranges, size_t n, struct point point)
{
	for (size_t i = 0; i < n; i++)
		if (range_holds(ranges[i], point))
			return true;
	return false;
}

/* Where atoms begin, and the atoms. */
struct cutting {
	struct prober *prober;
	struct arena scratch;
	struct range whole;
	struct point *at; /* starts */
	size_t n, cap;
	struct numbers owners; /* of addresses in the whole */
	struct atom *atoms;
	size_t n_atoms, atoms_cap;
};

static void
cut_at(struct cutting *c, struct point point)
{
	c->at = arena_grow(&c->scratch, c->at, c->n, &c->cap, sizeof *c->at);
	c->at[c->n++] = point;
}

/* Both ends of a range, as far as they lie inside the whole. */
static void
cut_around(struct cutting *c, struct range range)
{
	if (!range_overlaps(c->whole, range))
		return;
	if (point_compare(range.first, c->whole.first) > 0)
		cut_at(c, range.first);
	if (point_compare(range.last, c->whole.last) < 0)
		cut_at(c, point_next(range.last));
}

static void
cut_everywhere(struct cutting *c)
{
	struct prober *p = c->prober;
	struct numbers subnets = { .arena = &c->scratch };
	for (size_t i = 0; i < p->filter->n_parties; i++)
		for (size_t k = 0; p->parties[i] && k < p->parties[i]->n_literals; k++)
			cut_around(c, p->parties[i]->literals[k]);
	for (size_t i = 0; i < RANGES_OF_TAILNET.n; i++)
		cut_around(c, RANGES_OF_TAILNET.at[i]);
	for (size_t i = 0; i < RANGES_OF_INTERNET.n; i++)
		cut_around(c, RANGES_OF_INTERNET.at[i]);
	for (size_t i = 0; i < p->policy->n_approvers; i++)
		if (p->policy->approvers[i].good)
			cut_around(c, p->policy->approvers[i].range);
	subnets_overlapping(p->tailnet, c->whole, &subnets);
	for (size_t i = 0; i < subnets.n; i++)
		cut_around(c, p->tailnet->subnets[subnets.at[i]].range);
}

static enum served
served_by(const struct prober *p, struct point point, uint32_t owner)
{
	struct arena scratch = { 0 };
	struct numbers subnets = { .arena = &scratch };
	if (p->tailnet->imagined || p->purpose == PROBE_CLAIM)
		return SERVED_OR_NOT;
	if (owner != UINT32_MAX)
		return SERVED_BY_OWNER;
	subnets_overlapping(p->tailnet, (struct range) { point, point }, &subnets);
	bool routed = subnets.n > 0;
	arena_end(&scratch);
	if (routed)
		return SERVED_BY_ROUTER;
	return p->tailnet->exit_nodes->n && !ranges_hold(RANGES_OF_TAILNET, point)
	               ? SERVED_BY_EXIT
	               : SERVED_BY_NOBODY;
}

static void
atom_add(struct cutting *c, struct range range)
{
	uint32_t owner = range_is_single(range)
	                         ? tailnet_owner_of(c->prober->tailnet, range.first)
	                         : UINT32_MAX;
	c->atoms = arena_grow(c->prober->arena, c->atoms, c->n_atoms, &c->atoms_cap,
	                      sizeof *c->atoms);
	c->atoms[c->n_atoms++] =
		(struct atom) { range, served_by(c->prober, range.first, owner), owner };
}

/* A whole range: its machines, and what else of it somebody serves. */
static void
cut_wide(struct cutting *c)
{
	const struct tailnet *t = c->prober->tailnet;
	size_t before = c->n_atoms, kept = before;
	cut_everywhere(c);
	cut_at(c, c->whole.first);
	c->n = points_sort(c->at, c->n);
	for (size_t i = 0; i < c->n; i++) {
		struct point last =
			i + 1 < c->n ? point_before(c->at[i + 1]) : c->whole.last;
		atom_add(c, (struct range) { c->at[i], last });
	}
	for (size_t i = tailnet_address_from(t, c->whole.first);
	     i < t->n_addresses &&
	     point_compare(t->addresses[i].address, c->whole.last) <= 0;
	     i++)
		numbers_add(&c->owners, t->addresses[i].machine);
	for (size_t i = before; i < c->n_atoms; i++)
		if (c->atoms[i].served != SERVED_BY_NOBODY)
			c->atoms[kept++] = c->atoms[i];
	if (kept > before || c->owners.n)
		c->n_atoms = kept; /* else it is nobody's, and stays to be told so */
}

static int
atom_order(const void *a, const void *b)
{
	const struct atom *x = a, *y = b;
	return point_compare(x->range.first, y->range.first);
}

/* Ascending, each once: the ranges of an ipset lie apart, but those of a test
 * end may be anything. */
static void
atoms_sort(struct cutting *c)
{
	size_t kept = 0;
	if (c->n_atoms)
		qsort(c->atoms, c->n_atoms, sizeof *c->atoms, atom_order);
	for (size_t i = 0; i < c->n_atoms; i++)
		if (!kept || point_compare(c->atoms[kept - 1].range.first,
		                           c->atoms[i].range.first))
			c->atoms[kept++] = c->atoms[i];
	c->n_atoms = kept;
}

/* Cuts the ranges of an end, and numbers its elements. */
void
end_cut(struct prober *p, struct probe_end *end)
{
	struct cutting c = { .prober = p };
	struct sets *sets = &p->tailnet->sets;
	struct numbers list = { .arena = &c.scratch };
	for (size_t i = 0; i < end->ranges.n; i++) {
		c.whole = end->ranges.at[i];
		c.n = c.owners.n = 0;
		c.owners.arena = &c.scratch;
		if (range_is_single(c.whole)) {
			atom_add(&c, c.whole);
			continue;
		}
		cut_wide(&c);
		const struct set *owners = numbers_set(&c.owners, sets);
		unsigned f = line_family(c.whole.first.line);
		end->machines[f] = set_join(sets, end->machines[f], owners);
		end->elements = set_join(sets, end->elements, owners);
	}
	atoms_sort(&c);
	end->atoms = c.atoms;
	end->n_atoms = c.n_atoms;
	numbers_add_set(&list, end->elements);
	for (size_t i = 0; i < end->n_atoms + end->opaque; i++)
		numbers_add(&list, (uint32_t)(p->tailnet->n_machines + i));
	end->elements = numbers_set(&list, sets);
	arena_end(&c.scratch);
}
