/* What rules let through of a question, and whether that is all of it. */
#include "policy/probe.h"

#include "grammar/arena.h"
#include "policy/probe_parts.h"

bool
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
unsigned
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
bool
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
bool
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
void
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
const struct set *
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
const struct set *
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
const struct set *
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

/* A claim is content with one of the destinations; but whether that one is there
 * nobody knows in an imagined tailnet, so there it is sure of none but all. */
static bool
asks_for_all(const struct prober *p, bool sure)
{
	return p->purpose == PROBE_EXPLAIN || (sure && p->tailnet->imagined);
}

struct outcome
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
