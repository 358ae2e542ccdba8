#include "policy/probe.h"

#include "grammar/arena.h"
#include "policy/probe_parts.h"
#include "policy/show.h"

/* What is told of a list before "and 3 more". */
#define LISTED_MAX 4

/* "a", "a and b", "a, b and 3 more": one item after the other. */
struct listing {
	struct arena *arena;
	const char *said;
	size_t n, total;
};

static void
listing_add(struct listing *l, const char *item)
{
	size_t i = l->n++;
	if (i == 0)
		l->said = item;
	else if (i == l->total - 1 && i < LISTED_MAX)
		l->said = arena_format(l->arena, "%s and %s", l->said, item);
	else if (i < LISTED_MAX)
		l->said = arena_format(l->arena, "%s, %s", l->said, item);
	else if (i == LISTED_MAX)
		l->said =
			arena_format(l->arena, "%s and %zu more", l->said, l->total - i);
}

const char *
selectors_show(struct prober *p, const struct selector *at, size_t n)
{
	struct listing l = { .arena = p->arena, .said = "nobody", .total = n };
	for (size_t i = 0; i < n && i <= LISTED_MAX; i++)
		listing_add(&l, text_show(p->arena, at[i].text));
	return l.said;
}

/* One element of the end that a rule covers, for sure if it can be. */
static uint32_t
covered_element(struct prober *p, const struct rule *rule, const struct probe_end *end,
                enum end_side side)
{
	struct cover c = rule_cover(p, end, rule, side);
	const struct set *sets[] = { c.sure[V4], c.sure[V6], c.may[V4], c.may[V6] };
	for (size_t i = 0; i < 4; i++)
		if (sets[i]->n)
			return sets[i]->at[0];
	return end->elements->n ? end->elements->at[0] : UINT32_MAX;
}

static bool
party_names_point(const struct party *party, struct point point, enum end_side side)
{
	if (party->internet && ranges_hold(RANGES_OF_INTERNET, point))
		return true;
	if (party->any && (side == SIDE_DST || ranges_hold(RANGES_OF_TAILNET, point)))
		return true;
	return point_in(party->literals, party->n_literals, point);
}

/* Whether a selector names an element of an end. */
static bool
selector_names(struct prober *p, const struct selector *s, const struct probe_end *end,
               enum end_side side, uint32_t element)
{
	struct party party = party_of_selector(p->policy, p->tailnet, s);
	size_t n = p->tailnet->n_machines;
	uint32_t machine = element;
	if (party.danger || (party.self && side == SIDE_DST))
		return true;
	if (end->opaque || text_equal(s->text, end->text))
		return text_equal(s->text, end->text);
	if (element >= n) {
		const struct atom *atom = &end->atoms[element - n];
		machine = atom->owner;
		if (party_names_point(&party, atom->range.first, side))
			return true;
	}
	if (machine == UINT32_MAX)
		return false;
	if (set_holds(party.machines, machine) || (party.any && element < n))
		return true;
	const struct machine *m = &p->tailnet->machines[machine];
	for (size_t i = 0; element < n && i < m->n_addresses; i++)
		if (party_names_point(&party, m->addresses[i], side))
			return true;
	return false;
}

const struct selector *
rule_selector(struct prober *p, const struct rule *rule, const struct probe_end *end,
              enum end_side side)
{
	if (!rule->grant)
		return NULL;
	if (side == SIDE_DST)
		return rule->target;
	const struct selectors *src = &rule->grant->src;
	if (src->n == 1)
		return &src->at[0];
	if (!end)
		return NULL;
	uint32_t element = covered_element(p, rule, end, side);
	for (size_t i = 0; i < src->n && element != UINT32_MAX; i++)
		if (selector_names(p, &src->at[i], end, side, element))
			return &src->at[i];
	return NULL;
}

/* "5432", "80,443", "*". */
static const char *
service_show(struct prober *p, const struct rule *rule)
{
	struct listing l = { .arena = p->arena, .said = "", .total = rule->n_ports };
	char text[16];
	for (size_t i = 0; i < rule->n_ports && i <= LISTED_MAX; i++) {
		ports_write(rule->ports[i], text);
		if (l.n == 0)
			l.said = arena_format(p->arena, "%s", text);
		else if (l.n < LISTED_MAX)
			l.said = arena_format(p->arena, "%s,%s", l.said, text);
		else
			l.said = arena_format(p->arena, "%s,…", l.said);
		l.n++;
	}
	return l.said;
}

/* "tag:db:5432", "tag:db:53 over udp", "[fd7a::1]:22". */
static const char *
target_show(struct prober *p, const struct rule *rule)
{
	const char *service = service_show(p, rule);
	const char *dst = rule->target ? text_show(p->arena, rule->target->text) : "*";
	bool brackets = rule->target && rule->target->kind == SELECTOR_ADDRESS &&
	                rule->target->range.first.line == LINE_IPV6 && dst[0] != '[';
	const char *target =
		arena_format(p->arena, brackets ? "[%s]:%s" : "%s:%s", dst, service);
	if (rule->protocol == PROTOCOL_ANY)
		return target;
	return arena_format(p->arena, "%s over %s", target,
	                    protocol_name(p->arena, rule->protocol));
}

static const char *
sources_show(struct prober *p, const struct rule *rule)
{
	return rule->grant ? selectors_show(p, rule->grant->src.at, rule->grant->src.n)
	                   : "*";
}

/* A person, or an address: what is among others is another. */
static bool
selector_is_one(const struct prober *p, const struct selector *s)
{
	const struct host *host =
		s->kind == SELECTOR_HOST ? policy_host(p->policy, s->name) : NULL;
	return s->kind == SELECTOR_USER || (host && range_is_single(host->range)) ||
	       (s->kind == SELECTOR_ADDRESS && range_is_single(s->range));
}

/* ", and db1 has tag:db": why an end, or some of it, falls under a selector; or
 * nothing. */
static const char *
belongs_show(struct prober *p, const struct rule *rule, const struct probe_end *end,
             enum end_side side, const struct selector *s)
{
	if (!end || !s || s->kind == SELECTOR_ANY || text_equal(s->text, end->text) ||
	    (s->kind == SELECTOR_AUTOGROUP && s->autogroup == AUTOGROUP_SELF))
		return "";
	struct cover cover = rule_cover(p, end, rule, side);
	bool some = set_join(&p->tailnet->sets, cover.sure[V4], cover.sure[V6])->n <
	            end->elements->n;
	const char *word = text_show(p->arena, s->text);
	const char *who = arena_format(p->arena, some ? "some of %s" : "%s",
	                               text_show(p->arena, end->text));
	if (s->kind == SELECTOR_TAG)
		return arena_format(p->arena, ", and %s has %s", who, word);
	if (s->kind == SELECTOR_USER)
		return arena_format(p->arena, ", and %s is %s's", who, word);
	return arena_format(p->arena,
	                    selector_is_one(p, s) ? ", and %s is %s"
	                                          : ", and %s is in %s",
	                    who, word);
}

/* "ada@example.com is one of autogroup:admin", as something to be doubted. */
static const char *
belief_show(struct prober *p, const struct probe_end *end, const struct selector *at,
            size_t n)
{
	const char *who = text_show(p->arena, end->text), *of = selectors_show(p, at, n);
	if (n == 1 && selector_is_one(p, at))
		return arena_format(p->arena, "%s is one of %s", of, who);
	if (selector_is_one(p, &end->selector) || end->selector.kind == SELECTOR_INVALID)
		return arena_format(p->arena, "%s is one of %s", who, of);
	return arena_format(p->arena, "%s and %s have anybody in common", who, of);
}

static bool
is_doubted(struct prober *p, const struct probe_end *end, const struct rule *rule,
           enum end_side side)
{
	struct cover cover = rule_cover(p, end, rule, side);
	return !cover_is_sure(&cover);
}

/* "; whether ada@example.com is one of autogroup:admin is not known from here" */
static const char *
doubt_show(struct prober *p, const struct question *asked, const struct rule *rule)
{
	const char *from = NULL, *to = NULL;
	if (asked->src && rule->grant && is_doubted(p, asked->src, rule, SIDE_SRC))
		from = belief_show(p, asked->src, rule->grant->src.at,
		                   rule->grant->src.n);
	if (asked->dst && rule->target && is_doubted(p, asked->dst, rule, SIDE_DST))
		to = belief_show(p, asked->dst, rule->target, 1);
	if (from && to)
		return arena_format(p->arena,
		                    "; whether %s, and %s, is not known from here", from,
		                    to);
	if (!from && !to)
		return "; whether that is all that is asked for is not known from here";
	return arena_format(p->arena, "; whether %s is not known from here",
	                    from ? from : to);
}

static const char *
route_show(struct prober *p, const struct probe_hit *hit)
{
	char text[RANGE_TEXT_MAX];
	if (!hit->router)
		return "";
	range_write(hit->route, text);
	return arena_format(p->arena, ", over %s, which routes %s",
	                    machine_describe(p->arena, p->tailnet, hit->router), text);
}

/* "posture:a", "posture:a or posture:b": one after the other, from "". */
static const char *
or_show(struct prober *p, const char *said, struct text text)
{
	return arena_format(p->arena, said[0] ? "%s or %s" : "%s%s", said,
	                    text_show(p->arena, text));
}

static const char *
postures_show(struct prober *p, const struct words *postures)
{
	const char *said = "";
	for (size_t i = 0; i < postures->n; i++)
		said = or_show(p, said, postures->at[i].text);
	return said;
}

/* " via tag:a or tag:b", or nothing. */
static const char *
via_show(struct prober *p, const struct rule *rule)
{
	const char *said = "";
	for (size_t i = 0; rule->via && i < rule->grant->via.n; i++)
		said = or_show(p, said, rule->grant->via.at[i].text);
	return said[0] ? arena_format(p->arena, " via %s", said) : "";
}

/* Whether a rule is about devices of the tailnet among those who ask: of addresses
 * beyond it and of shared devices no posture is asked (spec/policy-syntax.md 5.4). */
static bool
covers_devices(struct prober *p, const struct probe_end *end, const struct rule *rule)
{
	struct cover cover = rule_cover(p, end, rule, SIDE_SRC);
	size_t n = p->tailnet->n_machines;
	for (unsigned f = 0; f < FAMILIES; f++)
		for (uint32_t i = 0; i < cover.may[f]->n; i++) {
			uint32_t element = cover.may[f]->at[i];
			if (element < n
			            ? !p->tailnet->machines[element].shared
			            : ranges_hold(RANGES_OF_TAILNET,
			                          end->atoms[element - n].range.first))
				return true;
		}
	return false;
}

/* " if it satisfies posture:a", or nothing. */
static const char *
condition_show(struct prober *p, const struct question *asked, const struct rule *rule)
{
	const struct probe_end *src = asked->src;
	if (!rule->postures || (src && !src->opaque && !covers_devices(p, src, rule)))
		return "";
	return arena_format(p->arena, " if it satisfies %s",
	                    postures_show(p, rule->postures));
}

const char *
hit_say(struct prober *p, const struct question *asked, const struct probe_hit *hit)
{
	const struct rule *rule = hit->rule;
	if (!rule->grant)
		return "neither acls nor grants are there, so everything may reach "
		       "everything";
	const char *src =
		hit->src ? text_show(p->arena, hit->src->text) : sources_show(p, rule);
	const char *said =
		arena_format(p->arena, "%s may reach %s%s%s", src, target_show(p, rule),
	                     via_show(p, rule), condition_show(p, asked, rule));
	if (hit->maybe)
		return arena_format(p->arena, "%s%s", said, doubt_show(p, asked, rule));
	const char *from = belongs_show(p, rule, asked->src, SIDE_SRC, hit->src);
	const char *to = belongs_show(p, rule, asked->dst, SIDE_DST, hit->dst);
	/* once, where both ends are the same */
	if (text_equal(text_of(from), text_of(to)))
		to = "";
	return arena_format(p->arena, "%s%s%s%s", said, from, to, route_show(p, hit));
}

/* The destination of an optimistic policy's rule as the policy itself has it. */
static const struct selector *
target_told(const struct grant *own, const struct grant *told,
            const struct selector *target)
{
	for (size_t i = 0; i < told->dst.n; i++)
		if (&told->dst.at[i].selector == target)
			return &own->dst.at[i].selector;
	return target;
}

const char *
hope_say(struct prober *p, const struct question *asked, const struct rule *rule)
{
	size_t number = (size_t)(rule->grant - p->optimistic->policy->grants);
	const struct grant *own = &p->policy->grants[number];
	struct rule like = *rule;
	like.grant = own;
	like.target = target_told(own, rule->grant, rule->target);
	return arena_format(
		p->arena,
		"%s may reach %s%s; whether that is said of %s%s%s is "
		"not known from here",
		sources_show(p, &like), target_show(p, &like), via_show(p, &like),
		text_show(p->arena, (asked->src ? asked->src : asked->dst)->text),
		asked->src && asked->dst ? " and " : "",
		asked->src && asked->dst ? text_show(p->arena, asked->dst->text) : "");
}

static const char *
not_among(const struct prober *p, const struct selector *at, size_t n)
{
	if (n != 1)
		return "is not among them";
	if (at->kind == SELECTOR_TAG)
		return "does not have it";
	return selector_is_one(p, at) ? "is another" : "is not in it";
}

/* What a rule lacks, as a clause: "the port is not 22". */

static const char *
src_clause(struct prober *p, const struct question *asked, const struct rule *rule)
{
	const struct selectors *src = &rule->grant->src;
	return arena_format(p->arena, "%s %s", text_show(p->arena, asked->src->text),
	                    not_among(p, src->at, src->n));
}

static const char *
dst_clause(struct prober *p, const struct question *asked, const struct rule *rule)
{
	return arena_format(p->arena, "%s %s", text_show(p->arena, asked->dst->text),
	                    rule->target ? not_among(p, rule->target, 1)
	                                 : "is not in it");
}

static const char *
port_clause(struct prober *p, const struct question *asked, const struct rule *rule)
{
	char text[16] = "asked for";
	(void)rule;
	if (asked->ported)
		ports_write(asked->ports, text);
	return arena_format(p->arena, "the port is not %s", text);
}

static const char *
protocol_clause(struct prober *p, const struct question *asked, const struct rule *rule)
{
	int protocol = asked->protocol;
	(void)rule;
	if (protocol == PROTOCOL_ANY && p->purpose == PROBE_CLAIM)
		protocol = PROTOCOL_TCP;
	return arena_format(p->arena, "not over %s",
	                    protocol == PROTOCOL_ANY ? "a protocol with ports"
	                                             : protocol_name(p->arena, protocol));
}

static const char *
route_clause(struct prober *p, const struct question *asked, const struct rule *rule)
{
	const char *where = text_show(p->arena, asked->dst->text);
	if (!rule->via)
		return arena_format(p->arena, "nobody serves %s", where);
	return arena_format(p->arena, "no router with %s serves %s",
	                    selectors_show(p, rule->grant->via.at, rule->grant->via.n),
	                    where);
}

static const char *
owner_clause(struct prober *p, const struct question *asked, const struct rule *rule)
{
	(void)rule;
	return arena_format(p->arena, "%s and %s differ in their owner",
	                    text_show(p->arena, asked->src->text),
	                    text_show(p->arena, asked->dst->text));
}

static const char *
family_clause(struct prober *p, const struct question *asked, const struct rule *rule)
{
	(void)rule;
	return arena_format(p->arena, "%s and %s have no address family in common there",
	                    text_show(p->arena, asked->src->text),
	                    text_show(p->arena, asked->dst->text));
}

/* In the order in which they are told. */
static const struct {
	enum lack lack;
	const char *(*clause)(struct prober *, const struct question *,
	                      const struct rule *);
} clauses[] = {
	{ LACK_SRC, src_clause },       { LACK_DST, dst_clause },
	{ LACK_PORT, port_clause },     { LACK_PROTOCOL, protocol_clause },
	{ LACK_ROUTE, route_clause },   { LACK_OWNER, owner_clause },
	{ LACK_FAMILY, family_clause },
};

/* The rule is of the policy that asks for no postures; its place is the same. */
static const char *
posture_say(struct prober *p, const struct question *asked, const struct rule *rule)
{
	const struct policy *free = p->unconditional->policy;
	const struct grant *own = &p->original->grants[rule->grant - free->grants];
	const struct words *postures = postures_in_force(p->original, &own->src_posture);
	return arena_format(p->arena,
	                    "%s may reach %s if it satisfies %s, and %s does not",
	                    sources_show(p, rule), target_show(p, rule),
	                    postures ? postures_show(p, postures) : "a posture",
	                    text_show(p->arena, asked->src->text));
}

/* Whether it is one machine, one address or one person: then what is true of a
 * part of it is true of it. */
static bool
end_is_one(const struct probe_end *end)
{
	return end->selector.kind == SELECTOR_USER || end->elements->n <= 1;
}

const char *
miss_say(struct prober *p, const struct question *asked, const struct rule *rule,
         unsigned lacks)
{
	if (lacks & LACK_POSTURE)
		return posture_say(p, asked, rule);
	const char *target = target_show(p, rule), *from = sources_show(p, rule);
	const char *said =
		lacks & LACK_SRC
			? arena_format(p->arena, "%s is reached from %s", target, from)
			: arena_format(p->arena, "%s may reach %s",
	                               end_is_one(asked->src)
	                                       ? text_show(p->arena, asked->src->text)
	                                       : from,
	                               target);
	for (size_t i = 0; i < sizeof clauses / sizeof *clauses; i++)
		if (lacks & clauses[i].lack)
			said = arena_format(p->arena, "%s, and %s", said,
			                    clauses[i].clause(p, asked, rule));
	return said;
}
