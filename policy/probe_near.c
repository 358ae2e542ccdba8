/* What came nearest to an answer, and what it lacks. */
#include "policy/probe.h"

#include <string.h>

#include "grammar/arena.h"
#include "policy/probe_parts.h"

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

/* Machines that a via grant names, to which no router leads. */
static bool
names_without_route(const struct probe_end *end, const struct rule *rule)
{
	const struct party *dst = rule->dst;
	return rule->via &&
	       (dst->any || dst->self || set_overlaps(dst->machines, end->machines[V4]) ||
	        set_overlaps(dst->machines, end->machines[V6]));
}

/* The destination is named, but nobody takes packets there. */
static bool
lacks_route(struct prober *p, const struct probe_end *end, const struct rule *rule)
{
	if (names_without_route(end, rule))
		return true;
	for (size_t i = 0; p->purpose == PROBE_EXPLAIN && i < end->n_atoms; i++) {
		struct point at = end->atoms[i].range.first;
		if (rule->dst->any ||
		    point_in(rule->dst->literals, rule->dst->n_literals, at) ||
		    (rule->dst->internet && ranges_hold(RANGES_OF_INTERNET, at)))
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

void
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
