#include "policy/probe.h"

#include <stdlib.h>

#include "grammar/arena.h"
#include "policy/dialect.h"
#include "policy/probe_parts.h"
#include "policy/show.h"

bool
machine_is_vague(const struct machine *m)
{
	return m->stand_in == STAND_IN_ROLE || m->stand_in == STAND_IN_SYNCED_GROUP ||
	       m->stand_in == STAND_IN_SHARED;
}

bool
machine_is_somebodys(const struct machine *m)
{
	return !m->n_tags;
}

const struct set *
doubtful(struct prober *p, const struct set *asked, const struct set *named)
{
	struct tailnet *t = p->tailnet;
	struct arena scratch = { 0 };
	struct numbers list = { .arena = &scratch };
	bool somebody = false, vague = false;
	if (!t->imagined)
		return t->sets.all[0];
	for (uint32_t i = 0; i < named->n && !(somebody && vague); i++) {
		somebody |= machine_is_somebodys(&t->machines[named->at[i]]);
		vague |= machine_is_vague(&t->machines[named->at[i]]);
	}
	for (uint32_t i = 0; somebody && i < asked->n; i++) {
		const struct machine *m = &t->machines[asked->at[i]];
		if (machine_is_somebodys(m) && (vague || machine_is_vague(m)))
			numbers_add(&list, asked->at[i]);
	}
	const struct set *set = numbers_set(&list, &t->sets);
	arena_end(&scratch);
	return set;
}

/* The machines of everybody who is somebody's, of those. */
static const struct set *
owned_of(struct prober *p, const struct set *machines)
{
	struct arena scratch = { 0 };
	struct numbers list = { .arena = &scratch };
	for (uint32_t i = 0; i < machines->n; i++)
		if (p->tailnet->machines[machines->at[i]].user != USER_NONE)
			numbers_add(&list, machines->at[i]);
	const struct set *set = numbers_set(&list, &p->tailnet->sets);
	arena_end(&scratch);
	return set;
}

/* Which machines have an address of the family in a party, in a real tailnet. */
static const struct set *
side_own(struct prober *p, const struct party *party, enum end_side side, unsigned family)
{
	struct tailnet *t = p->tailnet;
	struct arena scratch = { 0 };
	struct numbers list = { .arena = &scratch };
	if (party->danger || (party->any && side == SIDE_DST))
		return p->family[family];
	for (size_t i = 0; party->any && i < RANGES_OF_TAILNET.n; i++)
		if (line_family(RANGES_OF_TAILNET.at[i].first.line) == family)
			owners_add(t, RANGES_OF_TAILNET.at[i], &list);
	for (size_t i = 0; party->any && i < t->n_subnets; i++)
		if (t->subnets[i].outer == SUBNET_NONE &&
		    line_family(t->subnets[i].range.first.line) == family)
			owners_add(t, t->subnets[i].range, &list);
	for (size_t i = 0; i < party->n_literals; i++)
		if (line_family(party->literals[i].first.line) == family)
			owners_add(t, party->literals[i], &list);
	const struct set *named = set_meet(&t->sets, party->machines, p->family[family]);
	const struct set *set = set_join(&t->sets, named, numbers_set(&list, &t->sets));
	arena_end(&scratch);
	return set;
}

/* Whether the literals hold all addresses of the family that a machine could
 * have: then they hold those of any. */
static bool
covers_tailnet(struct ranges literals, unsigned family)
{
	for (size_t i = 0; i < RANGES_OF_TAILNET.n; i++)
		if (line_family(RANGES_OF_TAILNET.at[i].first.line) == family &&
		    !ranges_cover(literals, RANGES_OF_TAILNET.at[i]))
			return false;
	return true;
}

bool
touches_tailnet(struct ranges literals)
{
	for (size_t i = 0; i < RANGES_OF_TAILNET.n; i++)
		if (ranges_overlap(literals, RANGES_OF_TAILNET.at[i]))
			return true;
	return false;
}

const struct probe_side *
side_of(struct prober *p, const struct party *party, enum end_side side)
{
	struct probe_side *s = &p->sides[side][party->number];
	if (s->known)
		return s;
	s->known = true;
	s->literals = ranges_of(p->arena, party->literals, party->n_literals);
	s->touches = p->tailnet->imagined && touches_tailnet(s->literals);
	for (unsigned f = 0; f < FAMILIES; f++) {
		if (!p->tailnet->imagined)
			s->own[f] = side_own(p, party, side, f);
		else if (party->any || party->danger || covers_tailnet(s->literals, f))
			s->own[f] = p->tailnet->everybody;
		else
			s->own[f] = party->machines;
	}
	return s;
}

void
cover_atom(struct covering *c, size_t i, enum truth truth)
{
	unsigned f = line_family(c->end->atoms[i].range.first.line);
	uint32_t element = (uint32_t)(c->prober->tailnet->n_machines + i);
	if (truth == TRUTH_YES)
		numbers_add(&c->sure[f], element);
	if (truth != TRUTH_NO)
		numbers_add(&c->may[f], element);
}

/* The first atom at the point or after it. */
static size_t
atoms_from(const struct probe_end *end, struct point point)
{
	size_t low = 0, high = end->n_atoms;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (point_compare(end->atoms[middle].range.first, point) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Whether a machine is handed a prefix for what it has or routes. */
static bool
machine_is_handed(const struct machine *m, struct range range)
{
	for (size_t i = 0; i < m->n_addresses; i++)
		if (range_holds(range, m->addresses[i]))
			return true;
	for (size_t i = 0; i < m->n_kept; i++)
		if (range_overlaps(range, m->kept[i]))
			return true;
	return false;
}

/* Whether one of some exit nodes is handed a prefix: a public one (spec/
 * semantics.md 11.3), or one that it serves a part of anyway, which is all that
 * counts where everything is prefixes. */
static bool
exits_are_handed(const struct prober *p, const struct set *exits, struct range range)
{
	const struct tailnet *t = p->tailnet;
	if (ranges_cover(RANGES_OF_INTERNET, range) &&
	    !dialect_of(p->policy->target)->flat)
		return exits->n > 0;
	for (uint32_t i = 0; i < exits->n; i++)
		if (machine_is_handed(&t->machines[exits->at[i]], range))
			return true;
	return false;
}

/* Whether a packet gets to an atom that the range covers. */
static bool
atom_is_served(const struct covering *c, const struct atom *atom, struct range range)
{
	if (c->side == SIDE_SRC)
		return true;
	switch (atom->served) {
	case SERVED_BY_OWNER:
	case SERVED_BY_ROUTER:
	case SERVED_OR_NOT:
		return true;
	case SERVED_BY_EXIT:
		return (c->party->any && !dialect_of(c->prober->policy->target)->flat) ||
		       exits_are_handed(c->prober, c->prober->tailnet->exit_nodes, range);
	case SERVED_BY_NOBODY:
		return false;
	}
	return false;
}

/* All atoms in a range. */
static void
cover_range(struct covering *c, struct range range, enum truth truth)
{
	for (size_t i = atoms_from(c->end, range.first);
	     i < c->end->n_atoms &&
	     point_compare(c->end->atoms[i].range.first, range.last) <= 0;
	     i++)
		if (atom_is_served(c, &c->end->atoms[i], range))
			cover_atom(c, i, truth);
}

static void
cover_ranges(struct covering *c, struct ranges ranges, enum truth truth)
{
	for (size_t i = 0; i < ranges.n; i++)
		cover_range(c, ranges.at[i], truth);
}

/* `*`: as a destination everything, as a source the tailnet and its subnets,
 * of which an imagined one knows nothing. */
static void
cover_any(struct covering *c)
{
	const struct tailnet *t = c->prober->tailnet;
	if (c->side == SIDE_DST) {
		cover_ranges(c, RANGES_OF_EVERYTHING, TRUTH_YES);
		return;
	}
	cover_ranges(c, RANGES_OF_TAILNET, TRUTH_YES);
	for (size_t i = 0; i < t->n_subnets; i++)
		cover_range(c, t->subnets[i].range, TRUTH_YES);
	if (t->imagined)
		cover_ranges(c, RANGES_OF_EVERYTHING, TRUTH_MAYBE);
}

/* Whether an address is routed inside the tailnet, and so is none of the
 * internet's; of an imagined one the policy tells what may be. */
static enum truth
point_is_routed(const struct prober *p, struct point point)
{
	struct arena scratch = { 0 };
	struct numbers subnets = { .arena = &scratch };
	for (size_t i = 0; p->tailnet->imagined && i < p->policy->n_approvers; i++) {
		const struct approver *a = &p->policy->approvers[i];
		if (a->good && !range_is_default_route(a->range) &&
		    range_holds(a->range, point))
			return TRUTH_MAYBE;
	}
	if (p->tailnet->imagined)
		return TRUTH_NO;
	subnets_overlapping(p->tailnet, (struct range) { point, point }, &subnets);
	bool routed = subnets.n > 0;
	arena_end(&scratch);
	return routed ? TRUTH_YES : TRUTH_NO;
}

/* autogroup:internet: a claim is not about what is routed in the tailnet. */
static void
cover_internet(struct covering *c)
{
	struct prober *p = c->prober;
	if (p->purpose == PROBE_EXPLAIN && !p->tailnet->imagined) {
		cover_ranges(c, RANGES_OF_INTERNET, TRUTH_YES);
		return;
	}
	for (size_t i = 0; i < c->end->n_atoms; i++) {
		struct point point = c->end->atoms[i].range.first;
		if (!ranges_hold(RANGES_OF_INTERNET, point))
			continue;
		enum truth routed = point_is_routed(p, point);
		cover_atom(c, i,
		           routed == TRUTH_YES     ? TRUTH_NO
		           : routed == TRUTH_MAYBE ? TRUTH_MAYBE
		                                   : TRUTH_YES);
	}
}

/* Addresses of machines that the party names. What is unknown of it (a synced
 * group, roles not told; a service, whose addresses are its own) may be anybody's. */
static enum truth
atom_is_named(const struct covering *c, const struct atom *atom)
{
	const struct tailnet *t = c->prober->tailnet;
	bool owned = atom->owner != UINT32_MAX;
	bool inside = ranges_hold(RANGES_OF_TAILNET, atom->range.first);
	if (owned && set_holds(c->party->machines, atom->owner))
		return TRUTH_YES;
	if (t->imagined)
		return inside ? TRUTH_MAYBE : TRUTH_NO;
	if (!c->party->unknown)
		return TRUTH_NO;
	bool may = owned ? machine_is_somebodys(&t->machines[atom->owner]) : inside;
	return may ? TRUTH_MAYBE : TRUTH_NO;
}

static void
cover_named(struct covering *c)
{
	if (!c->party->machines->n && !c->party->unknown)
		return;
	for (size_t i = 0; i < c->end->n_atoms; i++)
		cover_atom(c, i, atom_is_named(c, &c->end->atoms[i]));
}

static const struct set *
cover_doubtful(struct covering *c, const struct probe_side *side, unsigned family)
{
	struct prober *p = c->prober;
	const struct set *asked = c->end->machines[family];
	if (side->touches)
		return asked;
	if (!p->tailnet->imagined && c->party->unknown)
		return owned_of(p, asked);
	return doubtful(p, asked, c->party->machines);
}

static struct cover
cover_of(struct prober *p, const struct probe_end *end, const struct party *party,
         enum end_side side)
{
	struct covering c = { .prober = p, .end = end, .party = party, .side = side };
	const struct probe_side *s = side_of(p, party, side);
	struct sets *sets = &p->tailnet->sets;
	struct cover cover;
	for (unsigned f = 0; f < FAMILIES; f++)
		c.sure[f].arena = c.may[f].arena = &c.scratch;
	if (end->n_atoms) {
		cover_named(&c);
		for (size_t i = 0; i < party->n_literals; i++)
			cover_range(&c, party->literals[i], TRUTH_YES);
		if (party->any)
			cover_any(&c);
		if (party->danger)
			cover_ranges(&c, RANGES_OF_EVERYTHING, TRUTH_YES);
		if (party->internet)
			cover_internet(&c);
	}
	for (unsigned f = 0; f < FAMILIES; f++) {
		const struct set *own = set_meet(sets, end->machines[f], s->own[f]);
		const struct set *doubt = cover_doubtful(&c, s, f);
		cover.sure[f] = set_join(sets, own, numbers_set(&c.sure[f], sets));
		cover.may[f] = set_join(sets, set_join(sets, own, doubt),
		                        numbers_set(&c.may[f], sets));
	}
	arena_end(&c.scratch);
	return cover;
}

bool
cover_is_empty(const struct cover *cover)
{
	return !cover->may[V4]->n && !cover->may[V6]->n;
}

bool
cover_is_sure(const struct cover *cover)
{
	return cover->sure[V4]->n || cover->sure[V6]->n;
}

struct cover
cover_nothing(const struct prober *p)
{
	const struct set *none = p->tailnet->sets.all[0];
	return (struct cover) { { none, none }, { none, none } };
}

uint32_t
element_user(const struct prober *p, const struct probe_end *end, uint32_t element)
{
	size_t n = p->tailnet->n_machines;
	if (element >= n) {
		if (element - n >= end->n_atoms)
			return USER_NONE;
		element = end->atoms[element - n].owner;
		if (element == UINT32_MAX)
			return USER_NONE;
	}
	return p->tailnet->machines[element].user;
}

/* What belongs to somebody: where autogroup:self leads. */
static struct cover
cover_of_self(struct prober *p, const struct probe_end *end)
{
	struct covering c = { .prober = p, .end = end };
	struct sets *sets = &p->tailnet->sets;
	struct cover cover;
	for (unsigned f = 0; f < FAMILIES; f++)
		c.sure[f].arena = c.may[f].arena = &c.scratch;
	for (size_t i = 0; i < end->n_atoms; i++) {
		uint32_t element = (uint32_t)(p->tailnet->n_machines + i);
		if (element_user(p, end, element) != USER_NONE)
			cover_atom(&c, i, TRUTH_YES);
		else if (p->tailnet->imagined &&
		         ranges_hold(RANGES_OF_TAILNET, end->atoms[i].range.first))
			cover_atom(&c, i, TRUTH_MAYBE);
	}
	for (unsigned f = 0; f < FAMILIES; f++) {
		const struct set *own = owned_of(p, end->machines[f]);
		cover.sure[f] = set_join(sets, own, numbers_set(&c.sure[f], sets));
		cover.may[f] = set_join(sets, own, numbers_set(&c.may[f], sets));
	}
	arena_end(&c.scratch);
	return cover;
}

static bool
set_has_vague(const struct prober *p, const struct set *machines)
{
	for (uint32_t i = 0; p->tailnet->imagined && i < machines->n; i++)
		if (machine_is_vague(&p->tailnet->machines[machines->at[i]]))
			return true;
	return false;
}

/* Whether a party must be looked at whatever the end is. */
static bool
party_is_broad(const struct prober *p, const struct party *party,
               const struct probe_side *side)
{
	return party->any || party->danger || party->internet || party->unknown ||
	       side->touches || side->own[V4] == p->family[V4] ||
	       side->own[V6] == p->family[V6] || set_has_vague(p, party->machines);
}

static const struct holders *
holders_of(struct prober *p, enum end_side side)
{
	struct holders *h = &p->holders[side];
	struct arena scratch = { 0 };
	size_t n = p->filter->n_parties;
	if (h->known)
		return h;
	const struct set **sets = arena_array(&scratch, n, sizeof *sets);
	h->known = true;
	h->broad.arena = h->literal.arena = p->arena;
	for (uint32_t i = 0; i < n; i++) {
		const struct party *party = p->parties[i];
		sets[i] = p->tailnet->sets.all[0];
		if (!party)
			continue;
		const struct probe_side *s = side_of(p, party, side);
		if (party->n_literals)
			numbers_add(&h->literal, i);
		if (party_is_broad(p, party, s))
			numbers_add(&h->broad, i);
		else
			sets[i] = set_join(&p->tailnet->sets, s->own[V4], s->own[V6]);
	}
	h->of = rows_of_sets(p->arena, sets, n, p->tailnet->n_machines);
	arena_end(&scratch);
	return h;
}

/* Whether any party may bear on an end: it is as large as they are many, or could
 * be nearly anybody. */
static bool
end_is_wide(const struct prober *p, const struct probe_end *end)
{
	if (end->elements->n > p->filter->n_parties)
		return true;
	for (size_t i = 0; p->tailnet->imagined && i < end->n_atoms; i++)
		if (ranges_hold(RANGES_OF_TAILNET, end->atoms[i].range.first))
			return true;
	return set_has_vague(p, end->machines[V4]);
}

static void
add_holders(struct numbers *list, const struct holders *h, uint32_t machine)
{
	for (uint32_t i = h->of.start[machine]; i < h->of.start[machine + 1]; i++)
		numbers_add(list, h->of.at[i]);
}

/* The parties that can bear on an end, ascending. */
static void
add_candidates(struct prober *p, struct numbers *list, const struct probe_end *end,
               enum end_side side)
{
	const struct holders *h = holders_of(p, side);
	if (end_is_wide(p, end)) {
		for (uint32_t i = 0; i < p->filter->n_parties; i++)
			numbers_add(list, i);
		return;
	}
	for (size_t i = 0; i < h->broad.n; i++)
		numbers_add(list, h->broad.at[i]);
	for (size_t i = 0; end->n_atoms && i < h->literal.n; i++)
		numbers_add(list, h->literal.at[i]);
	for (uint32_t i = 0; i < end->elements->n; i++)
		if (end->elements->at[i] < p->tailnet->n_machines)
			add_holders(list, h, end->elements->at[i]);
	for (size_t i = 0; i < end->n_atoms; i++)
		if (end->atoms[i].owner != UINT32_MAX)
			add_holders(list, h, end->atoms[i].owner);
	numbers_sort(list);
}

const struct matches *
end_matches(struct prober *p, const struct probe_end *end, enum end_side side)
{
	if (end->matches[side])
		return end->matches[side];
	struct matches *m = arena_alloc(p->arena, sizeof *m);
	struct arena scratch = { 0 };
	struct numbers list = { .arena = &scratch };
	size_t cap = 0;
	add_candidates(p, &list, end, side);
	for (size_t i = 0; i < list.n; i++) {
		const struct party *party = p->parties[list.at[i]];
		if (!party)
			continue;
		struct cover cover = cover_of(p, end, party, side);
		if (cover_is_empty(&cover))
			continue;
		m->at = arena_grow(p->arena, m->at, m->n, &cap, sizeof *m->at);
		m->at[m->n++] = (struct match) { list.at[i], cover };
	}
	m->self = side == SIDE_DST ? cover_of_self(p, end) : cover_nothing(p);
	arena_end(&scratch);
	/* what is kept there is no part of the question */
	((struct probe_end *)(uintptr_t)end)->matches[side] = m;
	return m;
}

const char *
element_show(struct prober *p, const struct probe_end *end, uint32_t element)
{
	size_t n = p->tailnet->n_machines;
	char text[RANGE_TEXT_MAX];
	if (element >= n && element - n < end->n_atoms) {
		range_write(end->atoms[element - n].range, text);
		return arena_format(p->arena, "%s", text);
	}
	/* alone it is what was asked about */
	if (element >= n || end->elements->n == 1)
		return text_show(p->arena, end->text);
	return machine_describe(p->arena, p->tailnet, &p->tailnet->machines[element]);
}
