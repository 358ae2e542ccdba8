#include "policy/probe.h"

#include <stdlib.h>

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

/* How many rules gather_rules would take to look at. */
static size_t
rules_bearing(const struct inquiry *q, const struct probe_end *end, enum end_side side)
{
	const struct prober *p = q->prober;
	size_t n = side == SIDE_DST ? p->apart.n : 0;
	if (end->opaque)
		return p->filter->n_rules;
	for (size_t i = 0; i < end->matches[side]->n; i++) {
		uint32_t party = end->matches[side]->at[i].party;
		n += p->by[side].start[party + 1] - p->by[side].start[party];
	}
	return n;
}

/* The rules that bear on both ends are among those that bear on one: few, best. */
static void
gather_rules_of_both(struct inquiry *q)
{
	const struct question *asked = q->question;
	if (rules_bearing(q, asked->src, SIDE_SRC) <
	    rules_bearing(q, asked->dst, SIDE_DST))
		gather_rules(q, asked->src, SIDE_SRC);
	else
		gather_rules(q, asked->dst, SIDE_DST);
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
	numbers_sort(&cuts);
	*n = cuts.n;
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
		hit->said = asked->silent ? NULL : hit_say(p, asked, hit);
	}
	answer->by = hits->at;
	answer->n_by = hits->n;
}

/* Whether an answer has the rule, or one like it. */
static bool
answer_has(const struct answer *answer, const struct rule *rule)
{
	for (size_t i = 0; i < answer->n_by; i++) {
		const struct rule *known = answer->by[i].rule;
		if (!known->grant || !rule->grant)
			return true; /* there is no other where all is open */
		if (known->grant->node == rule->grant->node &&
		    known->protocol == rule->protocol &&
		    text_equal(known->target->text, rule->target->text))
			return true;
	}
	return false;
}

/* Adds the hits that are only hoped for. */
static void
hopes_add(struct prober *p, const struct question *asked, struct answer *answer,
          const struct answer *may)
{
	struct probe_hit *by =
		arena_array(p->arena, answer->n_by + may->n_by, sizeof *by);
	size_t n = answer->n_by;
	for (size_t i = 0; i < n; i++)
		by[i] = answer->by[i];
	for (size_t i = 0; i < may->n_by; i++) {
		if (answer_has(answer, may->by[i].rule))
			continue;
		by[n] = may->by[i];
		by[n].maybe = true;
		by[n].doubts = 2;
		by[n].said = hope_say(p, asked, by[n].rule);
		n++;
	}
	answer->by = by;
	answer->n_by = n;
}

/* The same question where the untold are among those that are named: what is
 * so there only may be so. */
static void
hope(struct prober *p, const struct question *asked, struct answer *answer,
     struct answer (*ask)(struct prober *, const struct question *))
{
	struct prober *optimistic = prober_optimistic(p);
	struct question question = *asked;
	const char *why;
	if (!optimistic)
		return;
	if (asked->src)
		question.src =
			probe_end_of_selector(optimistic, &asked->src->selector, &why);
	if (asked->dst)
		question.dst =
			probe_end_of_selector(optimistic, &asked->dst->selector, &why);
	if ((asked->src && !question.src) || (asked->dst && !question.dst))
		return;
	question.near = false;
	struct answer may = ask(optimistic, &question);
	if (answer->all == TRUTH_NO && may.all != TRUTH_NO)
		answer->all = TRUTH_MAYBE;
	if (answer->some == TRUTH_NO && may.some != TRUTH_NO)
		answer->some = TRUTH_MAYBE;
	hopes_add(p, asked, answer, &may);
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
	gather_rules_of_both(&q);
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
	if (answer.all != TRUTH_YES)
		hope(p, question, &answer, probe);
	if (answer.all != TRUTH_NO)
		answer.missing = NULL;
	if (answer.all != TRUTH_YES && question->near)
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

/* Whether a rule has some of what is asked of it but the two ends. */
static bool
rule_serves_some(const struct prober *p, const struct question *asked,
                 const struct rule *rule)
{
	struct question piece = *asked;
	if (!asked->ported)
		return rule_serves(p, asked, rule);
	for (size_t i = 0; i < rule->n_ports; i++) {
		struct ports open = rule->ports[i], ports = asked->ports;
		if (open.last < ports.first || open.first > ports.last)
			continue;
		piece.ports.first = open.first > ports.first ? open.first : ports.first;
		piece.ports.last = open.last < ports.last ? open.last : ports.last;
		if (rule_serves(p, &piece, rule))
			return true;
	}
	return false;
}

struct answer
probe_all(struct prober *p, const struct question *question)
{
	struct answer answer = { .all = TRUTH_NO };
	struct hits hits = { .by_rule = true };
	enum end_side side = question->src ? SIDE_SRC : SIDE_DST;
	const struct probe_end *end = question->src ? question->src : question->dst;
	if (!end)
		return answer;
	struct inquiry q = inquiry_open(p, question);
	q.rules.arena = &q.scratch;
	gather_rules(&q, end, side);
	numbers_sort(&q.rules);
	for (size_t i = 0; i < q.rules.n; i++) {
		const struct rule *rule = &p->filter->rules[q.rules.at[i]];
		if (!rule_counts(p, rule) || !rule_serves_some(p, question, rule))
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
	hope(p, question, &answer, probe_all);
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

struct prober *
prober_optimistic(struct prober *p)
{
	const struct policy *policy = NULL;
	if (!p->optimistic_known)
		policy = policy_optimistic(p->arena, p->policy, p->tailnet);
	p->optimistic_known = true;
	if (policy) {
		p->optimistic = prober_make(p->arena,
		                            filter_compile(p->arena, policy, p->tailnet),
		                            p->purpose);
		p->optimistic_ssh = ssh_compile(p->arena, policy, p->tailnet);
	}
	return p->optimistic;
}
