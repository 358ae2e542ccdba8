#ifndef ACLC_POLICY_NAIVE_TEST_H
#define ACLC_POLICY_NAIVE_TEST_H

/*
 * The second opinion: what a policy allows, asked address by address with no
 * cleverness at all, straight from spec/semantics.md. Everything is a loop over
 * everything; nothing is prepared, shared or remembered.
 */

#include <stdbool.h>

#include "policy/policy.h"
#include "policy/tailnet.h"

struct naive {
	const struct policy *policy;
	const struct tailnet *tailnet;
};

/* What a packet is for. */
struct naive_service {
	int protocol;
	uint16_t port;
};

/* Points that all are asked about as sources and as destinations. */
struct naive_points {
	struct point at[40];
	size_t n;
};

/* Of each pair of points, the services that get from one to the other: a bit each. */
struct naive_flows {
	uint32_t at[40][40];
};

static const struct machine *
naive_owner(const struct naive *w, struct point address)
{
	for (size_t i = 0; i < w->tailnet->n_machines; i++)
		for (size_t k = 0; k < w->tailnet->machines[i].n_addresses; k++)
			if (!point_compare(w->tailnet->machines[i].addresses[k], address))
				return &w->tailnet->machines[i];
	return NULL;
}

static bool
naive_has_tag(const struct naive *w, const struct machine *m, struct text tag)
{
	for (size_t i = 0; i < m->n_tags; i++)
		if (text_equal(w->tailnet->tags.texts[m->tags[i]], tag))
			return true;
	return false;
}

static const struct user *
naive_user(const struct naive *w, const struct machine *m)
{
	return m->n_tags ? NULL : &w->tailnet->users[m->user];
}

/* Whether an identity selector names a machine. */
static bool
naive_names_machine(const struct naive *w, const struct selector *s,
                    const struct machine *m)
{
	const struct user *user = naive_user(w, m);
	const struct group *group;
	switch ((int)s->kind) {
	case SELECTOR_USER:
		return user && text_equal(user->login, s->text);
	case SELECTOR_DOMAIN:
		return user &&
		       text_equal(text_from(user->login, text_find(user->login, '@') + 1),
		                  s->name);
	case SELECTOR_TAG:
		return naive_has_tag(w, m, s->text);
	case SELECTOR_GROUP:
		group = policy_group(w->policy, s->text);
		for (size_t i = 0; i < group->members.n; i++)
			if (user && text_equal(user->login, group->members.at[i].text))
				return true;
		return false;
	case SELECTOR_AUTOGROUP:
		if (s->autogroup == AUTOGROUP_MEMBER)
			return user && !m->shared;
		if (s->autogroup == AUTOGROUP_TAGGED)
			return m->n_tags && !m->shared;
		if (s->autogroup == AUTOGROUP_SHARED)
			return m->shared;
		return s->autogroup == AUTOGROUP_ADMIN && user &&
		       (user->role == ROLE_ADMIN || user->role == ROLE_OWNER);
	default:
		return false;
	}
}

static bool
naive_approver(const struct naive *w, const struct selectors *by, const struct machine *m)
{
	for (size_t i = 0; i < by->n; i++)
		if (naive_names_machine(w, &by->at[i], m))
			return true;
	return false;
}

static bool
naive_approved(const struct naive *w, const struct machine *m, struct range route)
{
	for (size_t i = 0; i < m->n_approved_by_hand; i++)
		if (!point_compare(m->approved_by_hand[i].first, route.first) &&
		    !point_compare(m->approved_by_hand[i].last, route.last))
			return true;
	if (range_is_default_route(route))
		return naive_approver(w, &w->policy->exit_node, m);
	for (size_t i = 0; i < w->policy->n_approvers; i++)
		if (range_covers(w->policy->approvers[i].range, route) &&
		    naive_approver(w, &w->policy->approvers[i].by, m))
			return true;
	return false;
}

/* The i-th route of a machine, advertised or approved by hand; false at the end. */
static bool
naive_route(const struct machine *m, size_t i, struct range *route)
{
	if (i < m->n_advertised)
		*route = m->advertised[i];
	else if (i - m->n_advertised < m->n_approved_by_hand)
		*route = m->approved_by_hand[i - m->n_advertised];
	else
		return false;
	return true;
}

static bool
naive_routes_overlap(const struct naive *w, const struct machine *m, struct range range)
{
	struct range route;
	for (size_t i = 0; naive_route(m, i, &route); i++)
		if (!range_is_default_route(route) && range_overlaps(route, range) &&
		    naive_approved(w, m, route))
			return true;
	return false;
}

static bool
naive_is_exit(const struct naive *w, const struct machine *m)
{
	struct range route;
	for (size_t i = 0; naive_route(m, i, &route); i++)
		if (range_is_default_route(route) && naive_approved(w, m, route))
			return true;
	return false;
}

static struct range
naive_single(struct point p)
{
	return (struct range) { p, p };
}

/* A row of a table of ranges that is written as text: read once, as it takes most of
 * the time otherwise. */
struct naive_range {
	const char *first, *last;
	struct range range;
};

static struct range
naive_range(struct naive_range *row)
{
	if (!row->range.first.line) {
		address_parse(text_of(row->first), &row->range.first);
		address_parse(text_of(row->last), &row->range.last);
	}
	return row->range;
}

static bool
naive_in_internet(struct range range)
{
	static struct naive_range rows[] = {
		{ .first = "0.0.0.0", .last = "9.255.255.255" },
		{ .first = "11.0.0.0", .last = "100.63.255.255" },
		{ .first = "100.128.0.0", .last = "169.253.255.255" },
		{ .first = "169.255.0.0", .last = "172.15.255.255" },
		{ .first = "172.32.0.0", .last = "192.167.255.255" },
		{ .first = "192.169.0.0", .last = "255.255.255.255" },
		{ .first = "2000::", .last = "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	};
	for (size_t i = 0; i < 7; i++)
		if (range_covers(naive_range(&rows[i]), range))
			return true;
	return false;
}

/* The i-th range that a selector writes down as such; false at the end. */
static bool
naive_literal(const struct naive *w, const struct selector *s, size_t i,
              struct range *range)
{
	if (s->kind == SELECTOR_ADDRESS && i == 0) {
		*range = s->range;
		return true;
	}
	if (s->kind == SELECTOR_HOST && i == 0) {
		*range = policy_host(w->policy, s->name)->range;
		return true;
	}
	if (s->kind == SELECTOR_IPSET) {
		const struct ipset *set = policy_ipset(w->policy, s->text);
		*range = i < set->ranges.n ? set->ranges.at[i] : *range;
		return i < set->ranges.n;
	}
	return false;
}

static bool
naive_fits(const struct naive *w, const struct machine *m, const struct words *postures)
{
	for (size_t i = 0; i < postures->n; i++) {
		const struct posture *posture =
			policy_posture(w->policy, postures->at[i].text);
		bool all = true;
		for (size_t k = 0; k < posture->n_terms; k++) {
			const struct assertion *a = &posture->terms[k].assertion;
			const struct value *value = NULL;
			for (size_t v = 0; v < m->n_attributes; v++)
				if (text_equal(m->attributes[v].name, a->attribute))
					value = &m->attributes[v].value;
			all = all && assertion_holds(a, value);
		}
		if (all)
			return true;
	}
	return false;
}

static bool
naive_any_source(const struct naive *w, struct point address)
{
	static struct naive_range rows[] = {
		{ .first = "100.64.0.0", .last = "100.115.91.255" },
		{ .first = "100.115.94.0", .last = "100.127.255.255" },
		{ .first = "fd7a:115c:a1e0::",
		  .last = "fd7a:115c:a1e0:ffff:ffff:ffff:ffff:ffff" },
	};
	for (size_t i = 0; i < 3; i++)
		if (range_holds(naive_range(&rows[i]), address))
			return true;
	for (size_t i = 0; i < w->tailnet->n_machines; i++)
		if (naive_routes_overlap(w, &w->tailnet->machines[i],
		                         naive_single(address)))
			return true;
	return false;
}

/* Whether a grant's sources have an address. */
static bool
naive_source(const struct naive *w, const struct grant *g, struct point address)
{
	const struct machine *m = naive_owner(w, address);
	const struct words *postures =
		g->src_posture.list ? &g->src_posture : &w->policy->default_src_posture;
	struct range range;
	if (m && !m->shared && postures->n && !naive_fits(w, m, postures))
		return false;
	for (size_t i = 0; i < g->src.n; i++) {
		const struct selector *s = &g->src.at[i];
		if (s->kind == SELECTOR_ANY && naive_any_source(w, address))
			return true;
		if (s->kind == SELECTOR_AUTOGROUP && s->autogroup == AUTOGROUP_DANGER_ALL)
			return true;
		if (m && naive_names_machine(w, s, m))
			return true;
		for (size_t k = 0; naive_literal(w, s, k, &range); k++)
			if (range_holds(range, address))
				return true;
	}
	return false;
}

static bool
naive_has_via_tag(const struct naive *w, const struct grant *g, const struct machine *m)
{
	for (size_t i = 0; i < g->via.n; i++)
		if (naive_has_tag(w, m, g->via.at[i].text))
			return true;
	return false;
}

/* Whether a destination, told to a machine as a range, stays in its table. */
static bool
naive_kept(const struct naive *w, const struct grant *g, const struct machine *m,
           struct range range)
{
	bool routed = naive_routes_overlap(w, m, range);
	bool left = naive_in_internet(range) && naive_is_exit(w, m);
	if (g->via.n)
		return naive_has_via_tag(w, g, m) && routed;
	for (size_t i = 0; i < m->n_addresses; i++)
		if (range_holds(range, m->addresses[i]))
			return true;
	return routed || left;
}

static bool
naive_internet_at(const struct naive *w, const struct grant *g, const struct machine *m,
                  struct point dst)
{
	if (!naive_in_internet(naive_single(dst)))
		return false;
	if (g->via.n)
		return naive_has_via_tag(w, g, m) && naive_is_exit(w, m);
	if (naive_is_exit(w, m))
		return true;
	/* a router serves the one of the seven ranges that its subnet touches */
	struct range route;
	for (size_t i = 0; naive_route(m, i, &route); i++)
		if (!range_is_default_route(route) && naive_approved(w, m, route) &&
		    route.first.line == dst.line && naive_in_internet(route) &&
		    (dst.line == LINE_IPV6 ||
		     (dst.lo < 0x0a000000) == (route.first.lo < 0x0a000000)))
			return true; /* the worlds have no other public IPv4 routes than 8.8.8.0/24 */
	return false;
}

/* Whether machine m's table says that a destination of the grant has an address. */
static bool
naive_target(const struct naive *w, const struct grant *g, const struct destination *d,
             const struct machine *m, struct point src, struct point dst)
{
	const struct selector *s = &d->selector;
	const struct machine *to = naive_owner(w, dst), *from = naive_owner(w, src);
	struct range range;
	if (s->kind == SELECTOR_ANY)
		return !g->via.n;
	if (s->kind == SELECTOR_AUTOGROUP && s->autogroup == AUTOGROUP_SELF)
		return naive_user(w, m) && from && to &&
		       naive_user(w, from) == naive_user(w, m) &&
		       naive_user(w, to) == naive_user(w, m) &&
		       naive_kept(w, g, m, naive_single(dst));
	if (s->kind == SELECTOR_AUTOGROUP && s->autogroup == AUTOGROUP_INTERNET)
		return naive_internet_at(w, g, m, dst);
	if (to && !g->via.n && naive_names_machine(w, s, to))
		return naive_kept(w, g, m, naive_single(dst));
	for (size_t i = 0; naive_literal(w, s, i, &range); i++)
		if (range_holds(range, dst) && naive_kept(w, g, m, range))
			return true;
	return false;
}

static bool
naive_protocol(int wanted, int protocol)
{
	if (wanted != PROTOCOL_ANY)
		return wanted == protocol;
	return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP ||
	       protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMPV6;
}

static bool
naive_service(const struct grant *g, const struct destination *d, int protocol,
              uint16_t port)
{
	for (size_t i = 0; i < g->n_ip; i++) {
		if (!naive_protocol(g->ip[i].protocol, protocol))
			continue;
		const struct ports *ports =
			g->section == SECTION_ACLS ? d->ports : &g->ip[i].ports;
		size_t n = g->section == SECTION_ACLS ? d->n_ports : 1;
		for (size_t k = 0; k < n; k++)
			if (ports[k].first <= port && port <= ports[k].last)
				return true;
	}
	return false;
}

/* The services that one grant lets through at machine m to an address, from one that
 * its sources have. */
static uint32_t
naive_grant_serves(const struct naive *w, const struct grant *g, const struct machine *m,
                   struct point src, struct point dst,
                   const struct naive_service *services, size_t n)
{
	uint32_t bits = 0;
	for (size_t i = 0; i < g->dst.n && src.line == dst.line; i++)
		if (naive_target(w, g, &g->dst.at[i], m, src, dst))
			for (size_t k = 0; k < n; k++)
				if (naive_service(g, &g->dst.at[i], services[k].protocol,
				                  services[k].port))
					bits |= UINT32_C(1) << k;
	return bits;
}

/* Whether one grant lets a packet through at machine m. */
static inline bool
naive_grant_allows(const struct naive *w, const struct grant *g, const struct machine *m,
                   struct point src, struct point dst, int protocol, uint16_t port)
{
	struct naive_service service = { protocol, port };
	return naive_source(w, g, src) &&
	       naive_grant_serves(w, g, m, src, dst, &service, 1);
}

/* Whether machine m lets a packet through: address to address, raw protocol and
 * port, as its table says (the client's extra leave for pings aside). */
static inline bool
naive_allows(const struct naive *w, const struct machine *m, struct point src,
             struct point dst, int protocol, uint16_t port)
{
	if (policy_is_open(w->policy))
		return src.line == dst.line && naive_any_source(w, src) &&
		       naive_protocol(PROTOCOL_ANY, protocol);
	for (size_t i = 0; i < w->policy->n_grants; i++)
		if (naive_grant_allows(w, &w->policy->grants[i], m, src, dst, protocol,
		                       port))
			return true;
	return false;
}

/* Points to ask about: every machine's addresses, and some of nobody. */
static inline struct naive_points
naive_points_of(const struct tailnet *t)
{
	static const char *const others[] = {
		"10.1.2.3",    "10.1.2.200",    "10.1.9.9",  "10.9.9.9",
		"8.8.8.8",     "1.2.3.4",       "200.0.0.1", "192.168.7.7",
		"2001:db8::9", "2001:db8:1::5", "2a00::1"
	};
	struct naive_points points = { .n = 0 };
	for (size_t i = 0; i < t->n_addresses; i++)
		points.at[points.n++] = t->addresses[i].address;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		address_parse(text_of(others[i]), &points.at[points.n++]);
	return points;
}

/* The same of all pairs of points: puts in what one grant lets through. */
static inline void
naive_grant_flows(const struct naive *w, const struct grant *g, const struct machine *m,
                  const struct naive_points *points, const struct naive_service *services,
                  size_t n, struct naive_flows *flows)
{
	for (size_t s = 0; s < points->n; s++)
		if (naive_source(w, g, points->at[s]))
			for (size_t d = 0; d < points->n; d++)
				flows->at[s][d] |=
					naive_grant_serves(w, g, m, points->at[s],
				                           points->at[d], services, n);
}

/* Puts in all that machine m lets through. */
static inline void
naive_flows(const struct naive *w, const struct machine *m,
            const struct naive_points *points, const struct naive_service *services,
            size_t n, struct naive_flows *flows)
{
	for (size_t i = 0; i < w->policy->n_grants; i++)
		naive_grant_flows(w, &w->policy->grants[i], m, points, services, n,
		                  flows);
	for (size_t s = 0; s < points->n && policy_is_open(w->policy); s++)
		for (size_t d = 0; d < points->n; d++)
			for (size_t k = 0; k < n; k++)
				if (naive_allows(w, m, points->at[s], points->at[d],
				                 services[k].protocol, services[k].port))
					flows->at[s][d] |= UINT32_C(1) << k;
}

#endif
