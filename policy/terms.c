#include "policy/terms.h"

#include "grammar/arena.h"
#include "policy/filter.h"

/* A list in the making, each text once. */
struct gathering {
	struct arena *arena;
	struct names seen;
	struct term_list list;
};

static struct gathering
gathering_start(struct arena *arena)
{
	return (struct gathering) { .arena = arena, .seen.arena = arena };
}

static void
gather(struct gathering *g, struct text text)
{
	size_t known = g->seen.n;
	if (names_add(&g->seen, text) != known)
		return;
	g->list.at = arena_grow(g->arena, g->list.at, g->list.n, &g->list.cap,
	                        sizeof(*g->list.at));
	g->list.at[g->list.n++] = text;
}

static void
gather_range(struct gathering *g, struct range range)
{
	char text[RANGE_TEXT_MAX];
	size_t len = range_write(range, text);
	gather(g, (struct text) { arena_copy(g->arena, text, len), len });
}

static void
gather_selector(struct gathering *g, const struct policy *p, const struct selector *s)
{
	const struct group *group =
		s->kind == SELECTOR_GROUP ? policy_group(p, s->text) : NULL;
	const struct host *host =
		s->kind == SELECTOR_HOST ? policy_host(p, s->name) : NULL;
	const struct ipset *ipset =
		s->kind == SELECTOR_IPSET ? policy_ipset(p, s->text) : NULL;
	for (size_t i = 0; group && i < group->members.n; i++)
		gather(g, group->members.at[i].text);
	if (host && host->good)
		gather_range(g, host->range);
	for (size_t i = 0; ipset && i < ipset->ranges.n; i++)
		gather_range(g, ipset->ranges.at[i]);
	if (s->kind == SELECTOR_ADDRESS)
		gather_range(g, s->range);
	else if (s->kind == SELECTOR_AUTOGROUP && s->autogroup == AUTOGROUP_MEMBERS)
		gather(g, text_of(autogroup_name(AUTOGROUP_MEMBER)));
	else if (!group && !host && !ipset)
		gather(g, s->text);
}

static struct term_list
flatten(struct arena *arena, const struct policy *p, const struct selectors *selectors)
{
	struct gathering g = gathering_start(arena);
	for (size_t i = 0; i < selectors->n; i++)
		gather_selector(&g, p, &selectors->at[i]);
	return g.list;
}

static void
gather_service(struct gathering *g, int protocol, struct ports ports)
{
	char text[16];
	ports_write(ports, text);
	const char *whole =
		protocol == PROTOCOL_ANY
			? arena_format(g->arena, "%s", text)
			: arena_format(g->arena, "%s:%s",
	                               protocol_name(g->arena, protocol), text);
	gather(g, text_of(whole));
}

static struct term *
terms_add(struct terms *terms, struct arena *arena, struct term term)
{
	bool has_app = term.grant && term.grant->n_app > 0;
	bool useful = term.src.n && term.dst.n && (term.ip.n || has_app);
	if (!useful)
		return NULL;
	terms->at =
		arena_grow(arena, terms->at, terms->n, &terms->cap, sizeof(*terms->at));
	terms->at[terms->n] = term;
	return &terms->at[terms->n++];
}

static void
terms_of_grant(struct terms *terms, struct arena *arena, const struct policy *p,
               struct term term)
{
	struct gathering dst = gathering_start(arena), ip = gathering_start(arena);
	const struct grant *grant = term.grant;
	for (size_t i = 0; i < grant->dst.n; i++)
		gather_selector(&dst, p, &grant->dst.at[i].selector);
	for (size_t i = 0; i < grant->n_ip; i++)
		gather_service(&ip, grant->ip[i].protocol, grant->ip[i].ports);
	term.dst = dst.list;
	term.ip = ip.list;
	terms_add(terms, arena, term);
}

/* Destinations with the same ports, as written, in one term. */
static void
terms_of_acl(struct terms *terms, struct arena *arena, const struct policy *p,
             struct term term)
{
	const struct grant *acl = term.grant;
	struct names ports = { .arena = arena };
	struct gathering *dst = arena_array(arena, acl->dst.n, sizeof(*dst));
	struct gathering *ip = arena_array(arena, acl->dst.n, sizeof(*ip));
	int protocol = acl->n_ip ? acl->ip[0].protocol : PROTOCOL_ANY;
	for (size_t i = 0; i < acl->dst.n; i++) {
		const struct destination *d = &acl->dst.at[i];
		struct text key = { (const char *)d->ports,
			            d->n_ports * sizeof(*d->ports) };
		size_t known = ports.n;
		uint32_t number = names_add(&ports, key);
		if (number == known) {
			dst[number] = gathering_start(arena);
			ip[number] = gathering_start(arena);
			for (size_t k = 0; k < d->n_ports; k++)
				gather_service(&ip[number], protocol, d->ports[k]);
		}
		gather_selector(&dst[number], p, &d->selector);
	}
	for (size_t i = 0; i < ports.n; i++) {
		term.dst = dst[i].list;
		term.ip = ip[i].list;
		terms_add(terms, arena, term);
	}
}

static struct term_list
just_star(struct arena *arena)
{
	struct gathering g = gathering_start(arena);
	gather(&g, text_of("*"));
	return g.list;
}

struct terms
terms_of(struct arena *arena, const struct policy *p)
{
	struct terms terms = { 0 };
	struct term open = { .src = just_star(arena),
		             .dst = just_star(arena),
		             .ip = just_star(arena) };
	if (policy_is_open(p))
		terms_add(&terms, arena, open);
	for (size_t i = 0; i < p->n_grants; i++) {
		const struct grant *grant = &p->grants[i];
		struct term term = { .grant = grant,
			             .src = flatten(arena, p, &grant->src),
			             .postures =
			                     postures_in_force(p, &grant->src_posture) };
		if (grant->section == SECTION_GRANTS)
			terms_of_grant(&terms, arena, p, term);
		else
			terms_of_acl(&terms, arena, p, term);
	}
	return terms;
}
