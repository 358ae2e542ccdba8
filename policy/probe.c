#include "policy/probe.h"

#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"
#include "policy/condition.h"
#include "policy/probe_parts.h"

/* The rules by the party they have on a side. */
static struct rows
rules_by_party(struct arena *arena, const struct filter *f, enum end_side side)
{
	size_t n = f->n_parties;
	struct rows rows = { arena_array(arena, n + 2, sizeof *rows.start),
		             arena_array(arena, f->n_rules, sizeof *rows.at) };
	uint32_t *start = rows.start + 1;
	for (uint32_t pass = 0; pass < 2; pass++) {
		for (uint32_t i = 0; i < f->n_rules; i++) {
			const struct rule *rule = &f->rules[i];
			uint32_t party =
				(side == SIDE_SRC ? rule->src : rule->dst)->number;
			if (pass)
				rows.at[start[party]++] = i;
			else
				start[party + 1]++;
		}
		for (size_t i = 0; !pass && i < n; i++)
			start[i + 1] += start[i];
	}
	return rows;
}

static const struct set *
machines_of_family(struct tailnet *t, unsigned family)
{
	struct arena scratch = { 0 };
	struct numbers list = { .arena = &scratch };
	if (t->imagined)
		return t->everybody;
	for (uint32_t i = 0; i < t->n_machines; i++)
		for (size_t k = 0; k < t->machines[i].n_addresses; k++)
			if (line_family(t->machines[i].addresses[k].line) == family) {
				numbers_add(&list, i);
				break;
			}
	const struct set *set = numbers_set(&list, &t->sets);
	arena_end(&scratch);
	return set;
}

struct prober *
prober_make(struct arena *arena, struct filter *filter, enum probe_purpose purpose)
{
	struct prober *p = arena_alloc(arena, sizeof *p);
	size_t n = filter->n_parties;
	*p = (struct prober) {
		.arena = arena,
		.filter = filter,
		.policy = filter->policy,
		.original = filter->policy,
		.tailnet = filter->tailnet,
		.purpose = purpose,
		.end_names.arena = arena,
		.apart.arena = arena,
	};
	p->parties = arena_array(arena, n, sizeof(*p->parties));
	for (unsigned i = 0; i < 2; i++) {
		p->family[i] = machines_of_family(filter->tailnet, i);
		p->sides[i] = arena_array(arena, n, sizeof *p->sides[i]);
		p->by[i] = rules_by_party(arena, filter, i);
		p->place[i] = arena_array(arena, n, sizeof *p->place[i]);
	}
	for (uint32_t i = 0; i < filter->n_rules; i++) {
		const struct rule *rule = &filter->rules[i];
		p->parties[rule->src->number] = rule->src;
		p->parties[rule->dst->number] = rule->dst;
		if (rule->self || rule->via || rule->dst->unknown)
			numbers_add(&p->apart, i);
	}
	return p;
}

/* A question while it is answered. */
struct inquiry {
	struct prober *prober;
	const struct question *question;
	struct arena scratch;
	struct numbers rules; /* that may bear on it, ascending */
	struct ports piece;   /* of the question's ports, told apart by no rule */
	struct box *boxes;
	size_t n_boxes, boxes_cap;
};

/* What a rule lets through of a question in one family. */
struct box {
	const struct rule *rule;
	const struct set *src, *dst;
	bool self; /* only between elements of one owner */
};

static void
place_matches(struct prober *p, const struct probe_end *end, enum end_side side)
{
	if (!end || end->opaque)
		return;
	const struct matches *m = end_matches(p, end, side);
	for (uint32_t i = 0; i < m->n; i++)
		p->place[side][m->at[i].party] = i + 1;
}

static void
unplace_matches(struct prober *p, const struct probe_end *end, enum end_side side)
{
	const struct matches *m = end ? end->matches[side] : NULL;
	for (uint32_t i = 0; m && i < m->n; i++)
		p->place[side][m->at[i].party] = 0;
}

/* The rules by the parties that bear on one end. */
static void
gather_rules(struct inquiry *q, const struct probe_end *end, enum end_side side)
{
	const struct rows *by = &q->prober->by[side];
	if (end->opaque) {
		for (uint32_t i = 0; i < q->prober->filter->n_rules; i++)
			numbers_add(&q->rules, i);
		return;
	}
	const struct matches *m = end->matches[side];
	for (size_t i = 0; i < m->n; i++) {
		uint32_t party = m->at[i].party;
		for (uint32_t k = by->start[party]; k < by->start[party + 1]; k++)
			numbers_add(&q->rules, by->at[k]);
	}
	for (size_t i = 0; side == SIDE_DST && i < q->prober->apart.n; i++)
		numbers_add(&q->rules, q->prober->apart.at[i]);
}

static struct inquiry
inquiry_open(struct prober *p, const struct question *question)
{
	struct inquiry q = { .prober = p, .question = question };
	place_matches(p, question->src, SIDE_SRC);
	place_matches(p, question->dst, SIDE_DST);
	return q;
}

static void
inquiry_close(struct inquiry *q)
{
	unplace_matches(q->prober, q->question->src, SIDE_SRC);
	unplace_matches(q->prober, q->question->dst, SIDE_DST);
	arena_end(&q->scratch);
}

static bool
rule_counts(const struct prober *p, const struct rule *rule)
{
	return rule->kind == RULE_NETWORK && rule->n_ports &&
	       !(rule->via && p->purpose == PROBE_CLAIM);
}

static bool
rule_speaks(const struct rule *rule, int protocol)
{
	if (rule->protocol != PROTOCOL_ANY)
		return rule->protocol == protocol;
	return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP ||
	       protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMPV6;
}

static bool
rule_opens(const struct rule *rule, struct ports piece)
{
	for (size_t i = 0; i < rule->n_ports; i++)
		if (rule->ports[i].first <= piece.first &&
		    piece.last <= rule->ports[i].last)
			return true;
	return false;
}

static int
asked_protocol(const struct prober *p, const struct question *question)
{
	if (question->protocol == PROTOCOL_ANY && p->purpose == PROBE_CLAIM)
		return PROTOCOL_TCP;
	return question->protocol;
}

/* What a client asks of a packet in one family (spec/wire-format.md 2). */
static unsigned
service_lacks(const struct prober *p, const struct question *question,
              const struct rule *rule, struct ports piece, unsigned family)
{
	int protocol = asked_protocol(p, question);
	bool ports = question->ported;
	if (protocol == (family == V6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP))
		return 0;
	if (protocol == PROTOCOL_ANY) {
		if (ports && !protocol_has_ports(rule->protocol))
			return LACK_PROTOCOL;
	} else {
		if (!rule_speaks(rule, protocol))
			return LACK_PROTOCOL |
			       (ports && !rule_opens(rule, piece) ? LACK_PORT : 0);
		if (!protocol_has_ports(protocol)) {
			ports = true;
			piece = PORTS_ALL;
		}
	}
	return ports && !rule_opens(rule, piece) ? LACK_PORT : 0;
}

/* Whether a rule has all that is asked of it but the two ends. */
static bool
rule_serves(const struct prober *p, const struct question *asked, const struct rule *rule)
{
	return !service_lacks(p, asked, rule, asked->ports, V4) ||
	       !service_lacks(p, asked, rule, asked->ports, V6);
}

static void
box_add(struct inquiry *q, const struct rule *rule, const struct set *src,
        const struct set *dst, bool self)
{
	const struct box *last = q->n_boxes ? &q->boxes[q->n_boxes - 1] : NULL;
	if (!src->n || !dst->n)
		return;
	if (last && last->rule == rule && last->src == src && last->dst == dst)
		return; /* the other family says the same */
	q->boxes = arena_grow(&q->scratch, q->boxes, q->n_boxes, &q->boxes_cap,
	                      sizeof *q->boxes);
	q->boxes[q->n_boxes++] = (struct box) { rule, src, dst, self };
}

/* Elements whose owner could be anybody. */
static bool
has_wild(const struct prober *p, const struct probe_end *end, const struct set *elements)
{
	for (uint32_t i = 0; i < elements->n; i++)
		if (elements->at[i] >= p->tailnet->n_machines ||
		    machine_is_vague(&p->tailnet->machines[elements->at[i]]))
			return p->tailnet->imagined || end->opaque;
	return false;
}

/* Two users whom the policy does not name share a stand-in, but are two. */
static bool
are_two_unnamed(const struct question *question)
{
	return question->src->unnamed && question->dst->unnamed &&
	       !text_equal(question->src->text, question->dst->text);
}

/* What the rules let through for sure, or what they may. */
static void
boxes_make(struct inquiry *q, bool sure)
{
	struct prober *p = q->prober;
	const struct question *asked = q->question;
	q->n_boxes = 0;
	for (size_t i = 0; i < q->rules.n; i++) {
		const struct rule *rule = &p->filter->rules[q->rules.at[i]];
		if (!rule_counts(p, rule))
			continue;
		struct cover src = rule_cover(p, asked->src, rule, SIDE_SRC);
		struct cover dst = rule_cover(p, asked->dst, rule, SIDE_DST);
		const struct set **from = sure ? src.sure : src.may;
		const struct set **to = sure ? dst.sure : dst.may;
		for (unsigned f = 0; f < FAMILIES; f++) {
			bool self = rule->self;
			if (service_lacks(p, asked, rule, q->piece, f))
				continue;
			if (self && !sure &&
			    (has_wild(p, asked->src, from[f]) ||
			     has_wild(p, asked->dst, to[f])))
				self = false;
			if (!(self && are_two_unnamed(asked)))
				box_add(q, rule, from[f], to[f], self);
		}
	}
}

/* The owners of elements, as a set of user numbers. */
static const struct set *
users_of(struct inquiry *q, const struct probe_end *end, const struct set *elements)
{
	struct numbers list = { .arena = &q->scratch };
	for (uint32_t i = 0; i < elements->n; i++) {
		uint32_t user = element_user(q->prober, end, elements->at[i]);
		if (user != USER_NONE)
			numbers_add(&list, user);
	}
	return numbers_set(&list, &q->prober->tailnet->sets);
}

/* The elements whose owner is among the users. */
static const struct set *
owned_by(struct inquiry *q, const struct probe_end *end, const struct set *elements,
         const struct set *users)
{
	struct numbers list = { .arena = &q->scratch };
	for (uint32_t i = 0; i < elements->n; i++) {
		uint32_t user = element_user(q->prober, end, elements->at[i]);
		if (user != USER_NONE && set_holds(users, user))
			numbers_add(&list, elements->at[i]);
	}
	return numbers_set(&list, &q->prober->tailnet->sets);
}

/* The sources that a box takes somewhere. */
static const struct set *
box_sources(struct inquiry *q, const struct box *box)
{
	if (!box->self)
		return box->src;
	return owned_by(q, q->question->src, box->src,
	                users_of(q, q->question->dst, box->dst));
}

/* The sources that get somewhere at all. */
static const struct set *
boxes_reach(struct inquiry *q)
{
	struct numbers list = { .arena = &q->scratch };
	const struct set *last = NULL;
	for (size_t i = 0; i < q->n_boxes; i++) {
		const struct set *sources = box_sources(q, &q->boxes[i]);
		if (sources != last) /* many rules, one group */
			numbers_add_set(&list, sources);
		last = sources;
	}
	return numbers_set(&list, &q->prober->tailnet->sets);
}

/* Destinations that the boxes seen so far do not tell apart, and who gets to
 * them. */
struct class
{
	const struct set *dst, *got;
};

struct classes {
	struct class *at;
	size_t n, cap;
};

static void
classes_cut(struct inquiry *q, struct classes *c, const struct box *box)
{
	struct sets *sets = &q->prober->tailnet->sets;
	const struct set *all = q->question->src->elements;
	size_t n = c->n;
	for (size_t i = 0; i < n; i++) {
		if (c->at[i].got == all)
			continue;
		const struct set *common = set_meet(sets, c->at[i].dst, box->dst);
		if (!common->n)
			continue;
		const struct set *got = set_join(sets, c->at[i].got, box->src);
		if (common == c->at[i].dst) {
			c->at[i].got = got;
			continue;
		}
		c->at[i].dst = set_minus(sets, c->at[i].dst, common);
		c->at = arena_grow(&q->scratch, c->at, c->n, &c->cap, sizeof *c->at);
		c->at[c->n++] = (struct class) { common, got };
	}
}

/* Who lacks a way to a destination that autogroup:self does not give either. */
static const struct set *
self_leaves(struct inquiry *q, uint32_t destination, const struct set *rest)
{
	struct sets *sets = &q->prober->tailnet->sets;
	uint32_t user = element_user(q->prober, q->question->dst, destination);
	if (user == USER_NONE)
		return rest;
	const struct set *owner = set_of_sorted(sets, &user, 1);
	const struct set *own = owned_by(q, q->question->src, rest, owner);
	for (size_t i = 0; i < q->n_boxes && own->n; i++)
		if (q->boxes[i].self && set_holds(q->boxes[i].dst, destination))
			rest = set_minus(sets, rest,
			                 set_meet(sets, own, q->boxes[i].src));
	return rest;
}

/* The first source that does not get to some destination, or UINT32_MAX when
 * all get to all. */
static uint32_t
boxes_gap(struct inquiry *q)
{
	struct sets *sets = &q->prober->tailnet->sets;
	const struct set *src = q->question->src->elements;
	struct classes c = { 0 };
	bool self = false;
	c.at = arena_grow(&q->scratch, c.at, 0, &c.cap, sizeof *c.at);
	c.at[c.n++] = (struct class) { q->question->dst->elements, sets->all[0] };
	for (size_t i = 0; i < q->n_boxes; i++) {
		self |= q->boxes[i].self;
		if (!q->boxes[i].self)
			classes_cut(q, &c, &q->boxes[i]);
	}
	for (size_t i = 0; i < c.n; i++) {
		const struct set *rest = set_minus(sets, src, c.at[i].got);
		if (rest->n && !self)
			return rest->at[0];
		for (uint32_t k = 0; k < c.at[i].dst->n && rest->n; k++) {
			const struct set *left = self_leaves(q, c.at[i].dst->at[k], rest);
			if (left->n)
				return left->at[0];
		}
	}
	return UINT32_MAX;
}

/* What the boxes come to. */
struct outcome {
	bool all, some;
	uint32_t missing; /* a source, where some get there but not all; or UINT32_MAX */
};

/* A claim is content with one of the destinations; but whether that one is there
 * nobody knows in an imagined tailnet, so there it is sure of none but all. */
static bool
asks_for_all(const struct prober *p, bool sure)
{
	return p->purpose == PROBE_EXPLAIN || (sure && p->tailnet->imagined);
}

static struct outcome
boxes_outcome(struct inquiry *q, bool sure)
{
	struct outcome o = { .missing = UINT32_MAX };
	const struct set *src = q->question->src->elements;
	const struct set *reach = boxes_reach(q);
	o.some = reach->n > 0;
	if (!o.some)
		return o;
	const struct set *rest = set_minus(&q->prober->tailnet->sets, src, reach);
	uint32_t gap = rest->n ? rest->at[0] : UINT32_MAX;
	if (!rest->n && asks_for_all(q->prober, sure))
		gap = boxes_gap(q);
	o.all = gap == UINT32_MAX;
	if (rest->n || q->prober->purpose == PROBE_EXPLAIN)
		o.missing = gap;
	return o;
}

static int
port_order(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* The next piece of the question's ports that no rule tells apart: cuts are
 * where pieces begin, ascending. */
static const uint32_t *
port_cuts(struct inquiry *q, size_t *n)
{
	struct ports asked = q->question->ports;
	struct numbers cuts = { .arena = &q->scratch };
	numbers_add(&cuts, asked.first);
	for (size_t i = 0; asked.first < asked.last && i < q->rules.n; i++) {
		const struct rule *rule = &q->prober->filter->rules[q->rules.at[i]];
		for (size_t k = 0; k < rule->n_ports; k++) {
			uint32_t first = rule->ports[k].first;
			uint32_t next = (uint32_t)rule->ports[k].last + 1;
			if (first > asked.first && first <= asked.last)
				numbers_add(&cuts, first);
			if (next > asked.first && next <= asked.last)
				numbers_add(&cuts, next);
		}
	}
	qsort(cuts.at, cuts.n, sizeof *cuts.at, port_order);
	*n = 0;
	for (size_t i = 0; i < cuts.n; i++)
		if (!*n || cuts.at[*n - 1] != cuts.at[i])
			cuts.at[(*n)++] = cuts.at[i];
	return cuts.at;
}

/* Rules that answer, in order, one for each grant. */
struct hits {
	struct probe_hit *at;
	size_t n, cap;
	bool by_rule; /* one for each rule instead */
};

static void
hit_add(struct prober *p, struct hits *hits, struct probe_hit hit)
{
	struct probe_hit *last = hits->n ? &hits->at[hits->n - 1] : NULL;
	bool same = last && (hits->by_rule ? last->rule == hit.rule
	                                   : last->rule->grant == hit.rule->grant);
	if (same) {
		if ((hit.whole && !last->whole) || (last->maybe && !hit.maybe))
			*last = hit;
		return;
	}
	hits->at = arena_grow(p->arena, hits->at, hits->n, &hits->cap, sizeof *hits->at);
	hits->at[hits->n++] = hit;
}

static void
hits_of_boxes(struct inquiry *q, struct hits *hits, bool maybe)
{
	const struct question *asked = q->question;
	for (size_t i = 0; i < q->n_boxes; i++) {
		const struct box *box = &q->boxes[i];
		const struct set *sources = box_sources(q, box);
		if (!sources->n)
			continue;
		bool whole = sources == asked->src->elements &&
		             rule_serves(q->prober, asked, box->rule);
		if (q->prober->purpose == PROBE_EXPLAIN)
			whole = whole && box->dst == asked->dst->elements &&
			        (!box->self || users_of(q, asked->dst, box->dst)->n == 1);
		hit_add(q->prober, hits,
		        (struct probe_hit) {
				.rule = box->rule, .whole = whole, .maybe = maybe });
	}
}

static enum truth
truth_least(enum truth a, enum truth b)
{
	return a < b ? a : b;
}

static enum truth
truth_most(enum truth a, enum truth b)
{
	return a > b ? a : b;
}

/* One piece of the ports: for sure, and then what may be. */
static void
inquire(struct inquiry *q, struct answer *answer, struct hits *hits)
{
	boxes_make(q, true);
	struct outcome sure = boxes_outcome(q, true);
	hits_of_boxes(q, hits, false);
	if (sure.missing != UINT32_MAX && !answer->missing)
		answer->missing = element_show(q->prober, q->question->src, sure.missing);
	struct outcome may = sure;
	if (!sure.all) {
		boxes_make(q, false);
		may = boxes_outcome(q, false);
		if (may.all > sure.all || may.some > sure.some)
			hits_of_boxes(q, hits, true);
	}
	enum truth all = sure.all ? TRUTH_YES : may.all ? TRUTH_MAYBE : TRUTH_NO;
	enum truth some = sure.some ? TRUTH_YES : may.some ? TRUTH_MAYBE : TRUTH_NO;
	answer->all = truth_least(answer->all, all);
	answer->some = truth_most(answer->some, some);
}

static int
hit_order(const void *a, const void *b)
{
	const struct probe_hit *x = a, *y = b;
	return (x->rule > y->rule) - (x->rule < y->rule);
}

/* Each grant once, in order; those that are whole, if there are any. */
static void
hits_settle(struct prober *p, struct hits *hits)
{
	struct hits kept = { .by_rule = hits->by_rule };
	bool whole = false;
	if (hits->n)
		qsort(hits->at, hits->n, sizeof *hits->at, hit_order);
	for (size_t i = 0; i < hits->n; i++)
		whole |= hits->at[i].whole && !hits->at[i].maybe;
	for (size_t i = 0; i < hits->n; i++)
		if (!whole || (hits->at[i].whole && !hits->at[i].maybe))
			hit_add(p, &kept, hits->at[i]);
	*hits = kept;
}

/* The machine that routes a destination, the earliest made (spec/semantics.md
 * 5); or that exits for it. */
static void
hit_route(struct prober *p, const struct question *asked, struct probe_hit *hit)
{
	const struct probe_end *dst = asked->dst;
	const struct tailnet *t = p->tailnet;
	struct arena scratch = { 0 };
	struct numbers subnets = { .arena = &scratch };
	const struct set *routers = t->sets.all[0];
	if (!dst || dst->n_atoms != 1 || t->imagined)
		return;
	struct range at = { dst->atoms[0].range.first, dst->atoms[0].range.first };
	if (dst->atoms[0].served == SERVED_BY_ROUTER) {
		subnets_overlapping(t, at, &subnets);
		hit->route = t->subnets[subnets.at[0]].range;
		routers = t->subnets[subnets.at[0]].routers;
		for (size_t i = 1; i < subnets.n; i++) /* the narrowest prefix wins */
			if (range_covers(hit->route, t->subnets[subnets.at[i]].range)) {
				hit->route = t->subnets[subnets.at[i]].range;
				routers = t->subnets[subnets.at[i]].routers;
			}
	} else if (dst->atoms[0].served == SERVED_BY_EXIT) {
		routers = t->exit_nodes;
		hit->route = (struct range) { { at.first.line, 0, 0 },
			                      line_last(at.first.line) };
	}
	for (uint32_t i = 0; i < routers->n; i++) {
		const struct machine *m = &t->machines[routers->at[i]];
		if (!hit->router || m->created < hit->router->created)
			hit->router = m;
	}
	arena_end(&scratch);
}

static unsigned
hit_doubts(struct prober *p, const struct question *asked, const struct rule *rule)
{
	const struct probe_end *const ends[] = { asked->src, asked->dst };
	unsigned doubts = 0;
	for (unsigned side = 0; side < 2; side++) {
		if (!ends[side])
			continue;
		struct cover cover = rule_cover(p, ends[side], rule, side);
		doubts += !cover_is_sure(&cover);
	}
	return doubts + 1; /* it is in doubt whether that is all of it, at least */
}

static void
hits_tell(struct prober *p, const struct question *asked, struct answer *answer,
          struct hits *hits)
{
	for (size_t i = 0; i < hits->n; i++) {
		struct probe_hit *hit = &hits->at[i];
		hit->src = rule_selector(p, hit->rule, asked->src, SIDE_SRC);
		hit->dst = rule_selector(p, hit->rule, asked->dst, SIDE_DST);
		hit->doubts = hit->maybe ? hit_doubts(p, asked, hit->rule) : 0;
		hit_route(p, asked, hit);
		hit->said = hit_say(p, asked, hit);
	}
	answer->by = hits->at;
	answer->n_by = hits->n;
}

/* Misses by how little they lack, the earlier first. */
struct misses {
	struct near {
		const struct rule *rule;
		unsigned lacks, cost;
	} at[PROBE_NEAR_MAX];
	size_t n;
};

/* What is lacking weighs: who asks is what can be changed soonest; a rule that
 * has neither source nor destination is about something else. */
static unsigned
lack_cost(unsigned lacks)
{
	static const struct {
		unsigned lack, cost;
	} costs[] = {
		{ LACK_POSTURE, 1 },  { LACK_SRC, 2 },   { LACK_PORT, 3 },
		{ LACK_PROTOCOL, 3 }, { LACK_ROUTE, 3 }, { LACK_FAMILY, 3 },
		{ LACK_OWNER, 4 },    { LACK_DST, 6 },   { LACK_LOGIN, 3 },
	};
	unsigned cost = 0;
	for (size_t i = 0; i < sizeof costs / sizeof *costs; i++)
		cost += lacks & costs[i].lack ? costs[i].cost : 0;
	return cost;
}

#define COST_MAX 6

static void
miss_add(struct misses *misses, const struct rule *rule, unsigned lacks)
{
	struct near near = { rule, lacks, lack_cost(lacks) };
	size_t i = misses->n;
	if (near.cost > COST_MAX)
		return;
	/* one for each grant: its best */
	for (size_t k = 0; k < misses->n; k++) {
		if (misses->at[k].rule->grant->node != rule->grant->node)
			continue;
		if (misses->at[k].cost <= near.cost)
			return;
		memmove(&misses->at[k], &misses->at[k + 1],
		        (misses->n - k - 1) * sizeof *misses->at);
		i = --misses->n;
		break;
	}
	while (i && misses->at[i - 1].cost > near.cost)
		i--;
	if (i == PROBE_NEAR_MAX)
		return;
	if (misses->n == PROBE_NEAR_MAX)
		misses->n--;
	memmove(&misses->at[i + 1], &misses->at[i], (misses->n - i) * sizeof *misses->at);
	misses->at[i] = near;
	misses->n++;
}

/* The destination is named, but nobody takes packets there. */
static bool
lacks_route(struct prober *p, const struct probe_end *end, const struct rule *rule)
{
	for (size_t i = 0; p->purpose == PROBE_EXPLAIN && i < end->n_atoms; i++) {
		struct point at = end->atoms[i].range.first;
		if (rule->dst->any ||
		    point_in(rule->dst->literals, rule->dst->n_literals, at) ||
		    (rule->dst->internet && point_in(RANGES_OF_INTERNET, 7, at)))
			return true;
	}
	return false;
}

static bool
covers_meet(const struct cover *src, const struct cover *dst)
{
	return (src->may[V4]->n && dst->may[V4]->n) ||
	       (src->may[V6]->n && dst->may[V6]->n);
}

/* What a rule that does not answer lacks. */
static unsigned
rule_lacks(struct inquiry *q, const struct rule *rule)
{
	struct prober *p = q->prober;
	const struct question *asked = q->question;
	struct cover src = rule_cover(p, asked->src, rule, SIDE_SRC);
	struct cover dst = rule_cover(p, asked->dst, rule, SIDE_DST);
	bool from = !cover_is_empty(&src), to = !cover_is_empty(&dst);
	unsigned lacks = from ? 0 : LACK_SRC;
	if (!to)
		lacks |= lacks_route(p, asked->dst, rule) ? LACK_ROUTE : LACK_DST;
	unsigned v4 = service_lacks(p, asked, rule, q->piece, V4);
	unsigned v6 = service_lacks(p, asked, rule, q->piece, V6);
	lacks |= v4 && v6 ? v4 : 0;
	if (from && to && !covers_meet(&src, &dst))
		lacks |= LACK_FAMILY;
	else if (from && to && rule->self && !lacks)
		lacks |= LACK_OWNER;
	return lacks;
}

static bool
is_hit(const struct answer *answer, const struct grant *grant)
{
	for (size_t i = 0; i < answer->n_by; i++)
		if (answer->by[i].rule->grant->node == grant->node)
			return true;
	return false;
}

/* Rules that would answer if nobody asked for postures. */
static void
misses_by_posture(struct inquiry *q, const struct answer *answer, struct misses *misses)
{
	struct prober *free = prober_unconditional(q->prober);
	const char *why;
	if (!free)
		return;
	struct question asked = *q->question;
	asked.src = probe_end_of_selector(free, &asked.src->selector, &why);
	asked.dst = probe_end_of_selector(free, &asked.dst->selector, &why);
	if (!asked.src || !asked.dst)
		return;
	struct answer without = probe(free, &asked);
	for (size_t i = 0; i < without.n_by; i++) {
		const struct rule *rule = without.by[i].rule;
		if (rule->grant && !is_hit(answer, rule->grant))
			miss_add(misses, rule, LACK_POSTURE);
	}
}

/* What is much farther off than the nearest is about something else; and so is
 * all that is far where some get there already. */
#define COST_BEHIND 2
#define COST_BESIDE 3

static void
misses_cut(struct misses *misses, bool some)
{
	unsigned most = misses->n ? misses->at[0].cost + COST_BEHIND : 0;
	if (some && most > COST_BESIDE)
		most = COST_BESIDE;
	while (misses->n && misses->at[misses->n - 1].cost > most)
		misses->n--;
}

static void
answer_near(struct inquiry *q, struct answer *answer)
{
	struct prober *p = q->prober;
	struct misses misses = { .n = 0 };
	q->piece = q->question->ports;
	for (size_t i = 0; i < p->filter->n_rules; i++) {
		const struct rule *rule = &p->filter->rules[i];
		if (!rule_counts(p, rule) || !rule->grant || is_hit(answer, rule->grant))
			continue;
		unsigned lacks = rule_lacks(q, rule);
		if (lacks)
			miss_add(&misses, rule, lacks);
	}
	misses_by_posture(q, answer, &misses);
	misses_cut(&misses, answer->some != TRUTH_NO);
	struct probe_miss *near = arena_array(p->arena, misses.n, sizeof *near);
	for (size_t i = 0; i < misses.n; i++)
		near[i] = (struct probe_miss) {
			.grant = misses.at[i].rule->grant,
			.lacks = misses.at[i].lacks,
			.said = miss_say(p, q->question, misses.at[i].rule,
			                 misses.at[i].lacks),
		};
	answer->near = near;
	answer->n_near = misses.n;
}

/* A client takes these whatever its filter says. */
#define PROTOCOL_TSMP 99

struct answer
probe(struct prober *p, const struct question *question)
{
	struct answer answer = { .all = TRUTH_YES };
	struct hits hits = { 0 };
	size_t n_cuts;
	if (!question->src->elements->n || !question->dst->elements->n)
		return (struct answer) { 0 };
	if (question->protocol == PROTOCOL_TSMP && p->purpose == PROBE_EXPLAIN)
		return (struct answer) { .all = TRUTH_YES, .some = TRUTH_YES };
	struct inquiry q = inquiry_open(p, question);
	q.rules.arena = &q.scratch;
	gather_rules(&q, question->dst, SIDE_DST);
	numbers_sort(&q.rules);
	const uint32_t *cuts = port_cuts(&q, &n_cuts);
	for (size_t i = 0; i < n_cuts; i++) {
		q.piece.first = (uint16_t)cuts[i];
		q.piece.last = i + 1 < n_cuts ? (uint16_t)(cuts[i + 1] - 1)
		                              : question->ports.last;
		inquire(&q, &answer, &hits);
	}
	hits_settle(p, &hits);
	hits_tell(p, question, &answer, &hits);
	if (answer.all == TRUTH_YES)
		answer.missing = NULL;
	else if (question->near)
		answer_near(&q, &answer);
	inquiry_close(&q);
	return answer;
}

static const struct set *
join_families(struct prober *p, const struct set *const sets[FAMILIES])
{
	return set_join(&p->tailnet->sets, sets[V4], sets[V6]);
}

/* Of the elements of the one end, those that autogroup:self means: theirs who
 * have machines among the sources. */
static const struct set *
self_part(struct inquiry *q, const struct rule *rule, const struct set *elements,
          enum end_side side)
{
	struct tailnet *t = q->prober->tailnet;
	const struct probe_end *end =
		side == SIDE_SRC ? q->question->src : q->question->dst;
	struct numbers users = { .arena = &q->scratch };
	const struct set *sources = party_machines(t, rule->src, false);
	if (side == SIDE_SRC)
		return owned_by(q, end, elements, users_of(q, end, elements));
	for (uint32_t i = 0; i < sources->n; i++)
		if (t->machines[sources->at[i]].user != USER_NONE)
			numbers_add(&users, t->machines[sources->at[i]].user);
	return owned_by(q, end, elements, numbers_set(&users, &t->sets));
}

struct answer
probe_all(struct prober *p, const struct question *question)
{
	struct answer answer = { .all = TRUTH_NO };
	struct hits hits = { .by_rule = true };
	enum end_side side = question->src ? SIDE_SRC : SIDE_DST;
	const struct probe_end *end = question->src ? question->src : question->dst;
	struct inquiry q = inquiry_open(p, question);
	q.rules.arena = &q.scratch;
	gather_rules(&q, end, side);
	numbers_sort(&q.rules);
	for (size_t i = 0; i < q.rules.n; i++) {
		const struct rule *rule = &p->filter->rules[q.rules.at[i]];
		if (!rule_counts(p, rule) || !rule_serves(p, question, rule))
			continue;
		struct cover cover = rule_cover(p, end, rule, side);
		const struct set *sure = join_families(p, cover.sure);
		const struct set *may = join_families(p, cover.may);
		if (rule->self) {
			sure = self_part(&q, rule, sure, side);
			may = has_wild(p, end, may) ? may : sure;
		}
		if (!may->n)
			continue;
		hit_add(p, &hits,
		        (struct probe_hit) { .rule = rule,
		                             .whole = sure == end->elements,
		                             .maybe = !sure->n });
	}
	hits_tell(p, question, &answer, &hits);
	for (size_t i = 0; i < hits.n; i++)
		answer.some = truth_most(answer.some,
		                         hits.at[i].maybe ? TRUTH_MAYBE : TRUTH_YES);
	inquiry_close(&q);
	return answer;
}

struct prober *
prober_unconditional(struct prober *p)
{
	if (!p->unconditional_known && !p->tailnet->imagined &&
	    policy_asks_postures(p->policy))
		p->unconditional =
			prober_make(p->arena,
		                    filter_compile(p->arena,
		                                   policy_unconditional(p->arena,
		                                                        p->policy),
		                                   p->tailnet),
		                    p->purpose);
	p->unconditional_known = true;
	return p->unconditional;
}
