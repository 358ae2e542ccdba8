/* Grants taken apart into their elements, for questions about pieces of them. */
#include "policy/cut_parts.h"

#include "grammar/arena.h"
#include "policy/resolve.h"

/* The ends of words, each made once. */
struct words_known {
	struct names names;
	uint32_t *ends;
	size_t cap;
};

/* What the mentioning of a filter's elements goes by. */
struct mention {
	struct cut *cut;
	uint32_t filter;
	const struct policy *policy;
	struct tailnet *tailnet;
	struct words_known src, dst, own; /* own: as a capability's destination */
};

static uint32_t
word_end(struct mention *m, struct words_known *known, enum cut_side side,
         enum cut_way way, const struct selector *selector, bool shared)
{
	uint32_t number = shared ? names_find(&known->names, selector->text) : NAMES_NONE;

	if (number != NAMES_NONE)
		return known->ends[number];
	struct party party = party_of_selector(m->policy, m->tailnet, selector);
	uint32_t end = cut_end_apart(m->cut, m->filter, side, way, &party, selector, 1);
	if (!shared)
		return end;
	number = names_add(&known->names, selector->text);
	known->ends = arena_grow(m->cut->arena, known->ends, number, &known->cap,
	                         sizeof(*known->ends));
	known->ends[number] = end;
	return end;
}

/* A source as far as its machines satisfy what the grant asks for: on a real
 * tailnet, where that is known. */
static uint32_t
source_end(struct mention *m, const struct grant *grant, const struct selector *selector)
{
	const struct words *postures = postures_in_force(m->policy, &grant->src_posture);

	if (!postures || m->tailnet->imagined)
		return word_end(m, &m->src, CUT_SRC, WAY_PACKETS, selector, true);
	struct party party = party_of_selector(m->policy, m->tailnet, selector);
	party = party_satisfying(m->policy, m->tailnet, &party, postures);
	return cut_end_apart(m->cut, m->filter, CUT_SRC, WAY_PACKETS, &party, selector,
	                     1);
}

static void
mention_sources(struct mention *m)
{
	struct cut_filter *to = &m->cut->filters[m->filter];
	size_t n = 0;

	to->src_elements_of =
		arena_array(m->cut->arena, m->policy->n_grants, sizeof(uint32_t));
	for (size_t i = 0; i < m->policy->n_grants; i++) {
		to->src_elements_of[i] = (uint32_t)n;
		n += m->policy->grants[i].src.n;
	}
	to->src_elements = arena_array(m->cut->arena, n, sizeof(uint32_t));
	for (size_t i = 0; i < m->policy->n_grants; i++) {
		const struct grant *grant = &m->policy->grants[i];
		for (size_t k = 0; k < grant->src.n; k++)
			to->src_elements[to->src_elements_of[i] + k] =
				source_end(m, grant, &grant->src.at[k]);
	}
}

/* The atoms of one destination and one element of ports. */
static void
mention_ports(struct mention *m, struct cut_taking *taking,
              const struct selector *selector, int protocol, struct ports ports)
{
	if (taking->grant->via.n > 0) {
		struct party party = party_of_selector(m->policy, m->tailnet, selector);
		cut_take_via(taking, &party, protocol, &ports, 1);
		return;
	}
	taking->box.dst = word_end(m, &m->dst, CUT_DST, WAY_PACKETS, selector, true);
	cut_take_ports(taking, protocol, &ports, 1);
}

static void
mention_destination(struct mention *m, struct cut_taking *taking,
                    const struct destination *dst)
{
	const struct grant *grant = taking->grant;
	bool acl = grant->section == SECTION_ACLS;
	size_t n = acl ? dst->n_ports : grant->n_ip;

	taking->box.self = dst->selector.kind == SELECTOR_AUTOGROUP &&
	                   dst->selector.autogroup == AUTOGROUP_SELF;
	for (size_t i = 0; i < n; i++) {
		const struct service *ip = acl ? grant->ip : &grant->ip[i];
		taking->atom_ip = (uint32_t)i;
		mention_ports(m, taking, &dst->selector, ip ? ip->protocol : PROTOCOL_ANY,
		              acl ? dst->ports[i] : ip->ports);
	}
	taking->atom_ip = CUT_NONE;
	if (grant->n_app == 0 || grant->via.n > 0)
		return;
	taking->box.dst = word_end(m, &m->own, CUT_DST, WAY_OWN, &dst->selector, true);
	for (size_t i = 0; i < grant->n_app; i++)
		cut_take_capability(taking, &grant->app[i]);
}

static void
mention_atoms(struct mention *m)
{
	struct cut_filter *to = &m->cut->filters[m->filter];

	to->atoms_of =
		arena_array(m->cut->arena, m->policy->n_grants + 1, sizeof(uint32_t));
	for (uint32_t i = 0; i < m->policy->n_grants; i++) {
		const struct grant *grant = &m->policy->grants[i];
		struct cut_taking taking = { .cut = m->cut,
			                     .filter = m->filter,
			                     .grant = grant };
		to->atoms_of[i + 1] = to->atoms_of[i];
		taking.box.unit = i;
		taking.box.asked =
			m->tailnet->imagined
				? cut_ask(m->cut, m->filter,
		                          postures_in_force(m->policy,
		                                            &grant->src_posture))
				: 0;
		for (size_t k = 0; k < grant->dst.n; k++) {
			taking.atom_dst = (uint32_t)k;
			taking.plane = 0;
			mention_destination(m, &taking, &grant->dst.at[k]);
		}
	}
}

void
cut_mention_elements(struct cut *cut, uint32_t filter)
{
	struct cut_filter *from = &cut->filters[filter];
	struct mention m = { .cut = cut,
		             .filter = filter,
		             .policy = from->policy,
		             .tailnet = from->tailnet };

	m.src.names.arena = m.dst.names.arena = m.own.names.arena = cut->arena;
	mention_sources(&m);
	mention_atoms(&m);
	from->lists_once = arena_array(cut->arena, from->n_units, sizeof(struct bits *));
	from->lists_twice = arena_array(cut->arena, from->n_units, sizeof(struct bits *));
}

/* What the elements of a grant's sources give together, and what two of them give:
 * all that is left of any one of them when it is taken out. */
static void
sources_count(struct cut *cut, uint32_t filter, uint32_t unit)
{
	struct cut_filter *from = &cut->filters[filter];
	const struct grant *grant = &from->policy->grants[unit];
	const uint32_t *ends = from->src_elements + from->src_elements_of[unit];
	uint32_t asked = from->atoms[from->atoms_of[unit]].box.asked;

	residue_clear(&cut->left);
	residue_clear(&cut->mask);
	for (uint32_t i = 0; i < grant->src.n; i++) {
		const struct bits *element = cut_from(cut, cut->ends[ends[i]].set, asked);
		residue_set(&cut->scrap, element);
		residue_keep(&cut->scrap, &cut->left);
		residue_join(&cut->mask, residue_bits(&cut->scrap, &cut->store));
		residue_join(&cut->left, element);
	}
	from->lists_once[unit] = residue_bits(&cut->left, &cut->store);
	from->lists_twice[unit] = residue_bits(&cut->mask, &cut->store);
}

/* The sources of a piece, or of the rest, for an atom that is meant by its
 * destination and ports, or not. Of the rest it is enough to know what the piece
 * has in common with it. */
static const struct bits *
sources_of_atom(struct cut *cut, uint32_t filter, const struct cut_piece *piece,
                const struct cut_atom *atom, bool rest)
{
	const struct cut_filter *from = &cut->filters[filter];
	uint32_t unit = atom->box.unit;
	bool meant = (piece->dst == CUT_ALL || piece->dst == atom->dst) &&
	             (piece->ip == CUT_ALL || piece->ip == atom->ip);

	if (!from->lists_once[unit])
		sources_count(cut, filter, unit);
	if (!meant)
		return rest ? from->lists_once[unit] : cut->store.all[0];
	if (piece->src == CUT_ALL)
		return rest ? cut->store.all[0] : from->lists_once[unit];
	if (rest)
		return from->lists_twice[unit];
	uint32_t end = from->src_elements[from->src_elements_of[unit] + piece->src];
	return cut_from(cut, cut->ends[end].set, atom->box.asked);
}

/* A list of boxes on its way. */
struct list {
	struct arena *arena;
	struct cut_box *at;
	size_t n, cap;
};

/* In both strata, where they are apart. */
static void
list_put(struct list *list, struct cut *cut, struct cut_box box)
{
	struct cut_line line = cut->lines[box.line];

	box.dst = box.self ? cut->owned : cut->ends[box.dst].set;
	for (enum stratum stratum = STRATUM_ANY; stratum <= STRATUM_SELF; stratum++) {
		if (!cut_box_is_in(cut, &box, stratum))
			continue;
		box.line = cut_line(cut, line.plane, line.kind, stratum);
		list->at = arena_grow(list->arena, list->at, list->n, &list->cap,
		                      sizeof(*list->at));
		list->at[list->n++] = box;
	}
}

struct cut_box *
cut_piece_boxes(struct cut *cut, struct arena *arena, uint32_t filter,
                const struct cut_piece *piece, bool rest, size_t *n)
{
	const struct cut_filter *from = &cut->filters[filter];
	size_t unit = (size_t)(piece->grant - from->policy->grants);
	struct list list = { .arena = arena };

	for (uint32_t i = from->atoms_of[unit]; i < from->atoms_of[unit + 1]; i++) {
		struct cut_box box = from->atoms[i].box;
		if (box.follows && !cut->has_ping)
			continue;
		box.from = sources_of_atom(cut, filter, piece, &from->atoms[i], rest);
		if (box.from->n > 0)
			list_put(&list, cut, box);
	}
	*n = list.n;
	return list.at;
}
