/* What a rule covers of an end where its party alone does not tell: by way of a
 * router, between the machines of one owner, of what cannot be looked into. */
#include "policy/probe.h"

#include "grammar/arena.h"
#include "policy/probe_parts.h"

static const struct set *
tagged_by(struct prober *p, const struct selectors *tags)
{
	struct tailnet *t = p->tailnet;
	struct arena scratch = { 0 };
	struct numbers list = { .arena = &scratch };
	for (size_t i = 0; i < tags->n; i++) {
		uint32_t tag = names_find(&t->tags, tags->at[i].text);
		if (tag != NAMES_NONE)
			numbers_add_set(&list, t->of_tag[tag]);
	}
	const struct set *set = numbers_set(&list, &t->sets);
	arena_end(&scratch);
	return set;
}

/* Whether a router is handed a literal that holds one of its own addresses. */
static bool
router_is_reached(const struct machine *m, const struct party *party, unsigned family)
{
	for (size_t i = 0; i < party->n_literals; i++) {
		bool routed = false, own = false;
		for (size_t k = 0; k < m->n_subnets && !routed; k++)
			routed = range_overlaps(m->subnets[k], party->literals[i]);
		for (size_t k = 0; k < m->n_addresses && !own; k++)
			own = line_family(m->addresses[k].line) == family &&
			      range_holds(party->literals[i], m->addresses[k]);
		if (routed && own)
			return true;
	}
	return false;
}

/* Whether an exit node with a via tag is handed a literal around the atom, for a
 * part that it routes. */
static bool
atom_is_exited_by(struct prober *p, const struct atom *atom, const struct party *party,
                  const struct set *exits)
{
	for (size_t i = 0; i < party->n_literals; i++) {
		if (!range_holds(party->literals[i], atom->range.first))
			continue;
		for (uint32_t k = 0; k < exits->n; k++) {
			const struct machine *m = &p->tailnet->machines[exits->at[k]];
			for (size_t n = 0; n < m->n_subnets; n++)
				if (range_overlaps(m->subnets[n], party->literals[i]))
					return true;
		}
	}
	return false;
}

/* Whether one of the via machines takes packets to an atom; as autogroup:internet
 * it must be an exit node too. */
static bool
atom_is_routed_by(struct prober *p, const struct atom *atom, const struct party *party,
                  const struct set *via, bool internet)
{
	struct arena scratch = { 0 };
	struct numbers subnets = { .arena = &scratch };
	struct range at = { atom->range.first, atom->range.first };
	bool routed = atom->served == SERVED_OR_NOT;
	if (internet && !p->tailnet->imagined)
		via = set_meet(&p->tailnet->sets, via, p->tailnet->exit_nodes);
	if (atom->served == SERVED_BY_EXIT)
		routed = internet ? via->n > 0
		                  : atom_is_exited_by(p, atom, party,
		                                      set_meet(&p->tailnet->sets, via,
		                                               p->tailnet->exit_nodes));
	if (atom->served == SERVED_BY_ROUTER)
		subnets_overlapping(p->tailnet, at, &subnets);
	for (size_t i = 0; i < subnets.n && !routed; i++)
		routed = set_overlaps(via, p->tailnet->subnets[subnets.at[i]].routers);
	arena_end(&scratch);
	return routed;
}

/*
 * A via grant reaches what its routers route, by address; what it names by
 * identity or as `*` names no route (spec/semantics.md 3). Through an exit node
 * it reaches autogroup:internet alone.
 */
static struct cover
cover_of_via(struct prober *p, const struct probe_end *end, const struct rule *rule)
{
	struct covering c = { .prober = p, .end = end };
	struct sets *sets = &p->tailnet->sets;
	struct cover cover;
	const struct set *via = tagged_by(p, &rule->grant->via);
	struct ranges literals = side_of(p, rule->dst, SIDE_DST)->literals;
	for (unsigned f = 0; f < FAMILIES; f++)
		c.sure[f].arena = c.may[f].arena = &c.scratch;
	for (size_t i = 0; i < end->n_atoms; i++) {
		const struct atom *atom = &end->atoms[i];
		struct point at = atom->range.first;
		bool internet =
			rule->dst->internet && ranges_hold(RANGES_OF_INTERNET, at);
		bool literal = ranges_hold(literals, at);
		unsigned f = line_family(at.line);
		if (atom->served == SERVED_BY_OWNER) {
			const struct machine *m = &p->tailnet->machines[atom->owner];
			if (set_holds(via, atom->owner) && literal &&
			    router_is_reached(m, rule->dst, f))
				cover_atom(&c, i, TRUTH_YES);
			continue;
		}
		if ((literal && atom_is_routed_by(p, atom, rule->dst, via, false)) ||
		    (internet && atom_is_routed_by(p, atom, rule->dst, via, true)))
			cover_atom(&c, i, TRUTH_YES);
	}
	for (unsigned f = 0; f < FAMILIES; f++) {
		const struct set *some = set_meet(sets, end->machines[f], via);
		for (uint32_t i = 0; i < some->n; i++)
			if (router_is_reached(&p->tailnet->machines[some->at[i]],
			                      rule->dst, f))
				numbers_add(&c.sure[f], some->at[i]);
		cover.sure[f] = cover.may[f] = numbers_set(&c.sure[f], sets);
	}
	arena_end(&c.scratch);
	return cover;
}

static bool
selectors_have(const struct selector *at, size_t n, struct text text)
{
	for (size_t i = 0; i < n; i++)
		if (text_equal(at[i].text, text))
			return true;
	return false;
}

static bool
selectors_have_members(const struct selector *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (at[i].kind == SELECTOR_AUTOGROUP &&
		    (at[i].autogroup == AUTOGROUP_MEMBER ||
		     at[i].autogroup == AUTOGROUP_MEMBERS))
			return true;
	return false;
}

/* Whether what cannot be looked into could be one of some machines: a service
 * may carry a tag, people have no tags. */
static bool
could_be_among(const struct prober *p, const struct set *machines, bool service)
{
	for (uint32_t i = 0; i < machines->n; i++)
		if (machine_is_somebodys(&p->tailnet->machines[machines->at[i]]) !=
		    service)
			return true;
	return false;
}

/* What cannot be looked into is covered by its own name and by everything;
 * any machine or address could be one of its own. */
static enum truth
opaque_truth(struct prober *p, const struct probe_end *end, const struct rule *rule,
             enum end_side side)
{
	const struct party *party = side == SIDE_SRC ? rule->src : rule->dst;
	const struct selector *at = rule->target;
	size_t n = rule->target ? 1 : 0;
	bool service = end->selector.kind == SELECTOR_SERVICE;
	if (side == SIDE_SRC && rule->grant) {
		at = rule->grant->src.at;
		n = rule->grant->src.n;
	}
	if (party->any || party->danger || selectors_have(at, n, end->selector.text))
		return TRUTH_YES;
	if (!service && selectors_have_members(at, n))
		return TRUTH_YES;
	if (rule->via)
		return TRUTH_NO;
	bool may = could_be_among(p, party->machines, service) ||
	           touches_tailnet(side_of(p, party, side)->literals) ||
	           (!service && party->unknown) ||
	           (!service && side == SIDE_DST && rule->self);
	return may ? TRUTH_MAYBE : TRUTH_NO;
}

static struct cover
cover_of_opaque(struct prober *p, const struct probe_end *end, const struct rule *rule,
                enum end_side side)
{
	enum truth truth = opaque_truth(p, end, rule, side);
	struct cover cover = cover_nothing(p);
	for (unsigned f = 0; f < FAMILIES; f++) {
		cover.sure[f] = truth == TRUTH_YES ? end->elements : cover.sure[f];
		cover.may[f] = truth != TRUTH_NO ? end->elements : cover.may[f];
	}
	return cover;
}

struct cover
rule_cover(struct prober *p, const struct probe_end *end, const struct rule *rule,
           enum end_side side)
{
	const struct party *party = side == SIDE_SRC ? rule->src : rule->dst;
	if (end->opaque)
		return cover_of_opaque(p, end, rule, side);
	if (side == SIDE_DST && rule->self)
		return end->matches[side]->self;
	if (side == SIDE_DST && rule->via)
		return cover_of_via(p, end, rule);
	uint32_t place = p->place[side][party->number];
	return place ? end->matches[side]->at[place - 1].cover : cover_nothing(p);
}
