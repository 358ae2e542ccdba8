/* What rules give away together, asked of the filter: everything to everybody,
 * across a boundary, more than a budget, or nothing where something is meant. */
#include "policy/lint_pass.h"

#include "grammar/arena.h"
#include "policy/cut.h"
#include "policy/numbers.h"

/* Ends that are asked about later, as they were mentioned. */
struct reach_ends {
	struct selector crowd[2];       /* autogroup:member, autogroup:tagged */
	struct selector any;            /* * */
	struct selector shared;         /* autogroup:shared */
	uint32_t everybody, everything; /* as src, as dst: the crowd */
	uint32_t anybody;
	uint32_t real_members; /* as src of the inventory's cut */
	uint32_t shared_src;
	struct boundary_ends *boundaries; /* beside settings->never */
	uint32_t *routes;                 /* dst, beside policy->approvers */
	struct selector *route_selectors;
	uint32_t *ssh_src, *ssh_dst; /* beside policy->ssh, of the cut that is asked */
	bool ssh_real;               /* that is the one of the inventory */
	bool ssh_unknown;            /* whose machines the addresses are is not known */
	struct budget_source *sources;
	size_t n_sources;
};

struct boundary_ends {
	uint32_t src, dst;
	uint32_t real_src, real_dst;
	bool known; /* its names are the policy's */
};

/* A source of rules, where it is first named. */
struct budget_source {
	const struct selector *selector;
	uint32_t end;
};

/* Whether the names of a boundary are defined; raises those that are not. */
static bool
boundary_name(struct lint *lint, const struct selector *selector)
{
	const struct check *check = lint_undefined(lint, selector);

	if (!check)
		return true;
	finding_add(lint->findings, check, lint->settings->source, selector->span,
	            "the policy does not define %s, so this boundary guards nothing%s",
	            lint_show(lint, selector->text), lint_meant(lint, selector));
	return false;
}

static bool
boundary_names(struct lint *lint, const struct boundary *boundary)
{
	const struct grant *grant = &boundary->grant;
	bool known = true;

	for (size_t i = 0; i < grant->src.n; i++)
		known &= boundary_name(lint, &grant->src.at[i]);
	for (size_t i = 0; i < grant->dst.n; i++)
		known &= boundary_name(lint, &grant->dst.at[i].selector);
	return known;
}

static struct selector *
destination_selectors(struct lint *lint, const struct destinations *list)
{
	struct selector *selectors =
		arena_array(lint->arena, list->n, sizeof(*selectors));

	for (size_t i = 0; i < list->n; i++)
		selectors[i] = list->at[i].selector;
	return selectors;
}

static void
boundaries_mention(struct lint *lint, struct reach_ends *ends)
{
	const struct settings *settings = lint->settings;

	ends->boundaries =
		arena_array(lint->arena, settings->n_never, sizeof(*ends->boundaries));
	for (size_t i = 0; i < settings->n_never; i++) {
		const struct boundary *boundary = &settings->never[i];
		const struct grant *grant = &boundary->grant;
		struct boundary_ends *at = &ends->boundaries[i];
		at->known = boundary_names(lint, boundary);
		if (!at->known)
			continue;
		const struct selector *dst = destination_selectors(lint, &grant->dst);
		struct selectors src =
			boundary->deep ? lint_becomes(lint, &grant->src) : grant->src;
		at->src = cut_mention(lint->cut, 0, CUT_SRC, src.at, src.n);
		at->dst = cut_mention(lint->cut, 0, CUT_DST, dst, grant->dst.n);
		if (!lint->real)
			continue;
		at->real_src = cut_mention(lint->real_cut, 0, CUT_SRC, src.at, src.n);
		at->real_dst = cut_mention(lint->real_cut, 0, CUT_DST, dst, grant->dst.n);
	}
}

static void
routes_mention(struct lint *lint, struct reach_ends *ends)
{
	const struct policy *policy = lint->policy;
	size_t n = policy->n_approvers;

	ends->routes = arena_array(lint->arena, n, sizeof(uint32_t));
	ends->route_selectors = arena_array(lint->arena, n, sizeof(struct selector));
	for (size_t i = 0; i < n; i++) {
		struct selector *selector = &ends->route_selectors[i];
		*selector = selector_parse(policy->approvers[i].route.text);
		if (policy->approvers[i].good)
			ends->routes[i] = cut_mention(lint->cut, 0, CUT_DST, selector, 1);
	}
}

static bool
touches_tailnet(struct lint *lint, const struct selector *selector)
{
	static const struct range tailnet[2] = {
		{ { LINE_IPV4, 0, UINT64_C(0x64400000) },
		  { LINE_IPV4, 0, UINT64_C(0x647fffff) } },
		{ { LINE_IPV6, UINT64_C(0xfd7a115ca1e00000), 0 },
		  { LINE_IPV6, UINT64_C(0xfd7a115ca1e0ffff), UINT64_MAX } },
	};
	struct ranges ranges = lint_ranges(lint, selector);

	return ranges_overlap(ranges, tailnet[0]) || ranges_overlap(ranges, tailnet[1]);
}

/* Whether some rule names machines by address, so that whose they are matters. */
static bool
names_addresses(struct lint *lint)
{
	const struct policy *policy = lint->policy;

	for (size_t i = 0; i < policy->n_grants; i++) {
		const struct grant *grant = &policy->grants[i];
		for (size_t k = 0; k < grant->src.n; k++)
			if (touches_tailnet(lint, &grant->src.at[k]))
				return true;
		for (size_t k = 0; k < grant->dst.n; k++)
			if (touches_tailnet(lint, &grant->dst.at[k].selector))
				return true;
	}
	return false;
}

/* The end of a list of selectors, mentioned once for all rules that have it. */
static uint32_t
mention_once(struct lint *lint, struct cut *cut, enum cut_side side,
             const struct selectors *list, struct names *seen, uint32_t *ends)
{
	struct saying key = { .arena = lint->arena };
	size_t known = seen->n;

	saying_add(&key, "%d", (int)side);
	for (size_t i = 0; i < list->n; i++)
		saying_add(&key, "\n%.*s", TEXT_ARG(list->at[i].text));
	uint32_t number = names_add(seen, saying_text(&key));
	if (number == known)
		ends[number] = cut_mention(cut, 0, side, list->at, list->n);
	return ends[number];
}

static void
ssh_mention(struct lint *lint, struct reach_ends *ends)
{
	const struct policy *policy = lint->policy;
	struct names seen = { .arena = lint->arena };
	/* a list for each side at most */
	uint32_t *numbers = arena_array(lint->arena, 2 * policy->n_ssh, sizeof(*numbers));

	ends->ssh_unknown = policy->n_ssh > 0 && !lint->real && names_addresses(lint);
	ends->ssh_real = lint->real != NULL;
	if (ends->ssh_unknown)
		return;
	struct cut *cut = ends->ssh_real ? lint->real_cut : lint->cut;
	ends->ssh_src = arena_array(lint->arena, policy->n_ssh, sizeof(uint32_t));
	ends->ssh_dst = arena_array(lint->arena, policy->n_ssh, sizeof(uint32_t));
	for (size_t i = 0; i < policy->n_ssh; i++) {
		const struct ssh_rule *rule = &policy->ssh[i];
		ends->ssh_src[i] =
			mention_once(lint, cut, CUT_SRC, &rule->src, &seen, numbers);
		ends->ssh_dst[i] =
			mention_once(lint, cut, CUT_DST, &rule->dst, &seen, numbers);
	}
}

static void
budget_mention(struct lint *lint, struct reach_ends *ends)
{
	const struct policy *policy = lint->policy;
	struct names seen = { .arena = lint->arena };
	size_t cap = 0;

	if (!lint->real || lint->settings->reach_budget == 0)
		return;
	for (size_t i = 0; i < policy->n_grants; i++)
		for (size_t k = 0; k < policy->grants[i].src.n; k++) {
			const struct selector *src = &policy->grants[i].src.at[k];
			size_t known = seen.n;
			if (lint_is_admin(lint, src) ||
			    names_add(&seen, src->text) < known)
				continue;
			ends->sources =
				arena_grow(lint->arena, ends->sources, ends->n_sources,
			                   &cap, sizeof(*ends->sources));
			ends->sources[ends->n_sources++] = (struct budget_source) {
				src, cut_mention(lint->real_cut, 0, CUT_SRC, src, 1)
			};
		}
}

void
lint_reach_mention(struct lint *lint)
{
	struct reach_ends *ends = arena_alloc(lint->arena, sizeof(*ends));
	struct cut *cut = lint->cut;

	lint->reach = ends;
	ends->crowd[0] = selector_parse(text_of(autogroup_name(AUTOGROUP_MEMBER)));
	ends->crowd[1] = selector_parse(text_of(autogroup_name(AUTOGROUP_TAGGED)));
	ends->any = selector_parse(text_of("*"));
	ends->shared = selector_parse(text_of(autogroup_name(AUTOGROUP_SHARED)));
	ends->everybody = cut_mention(cut, 0, CUT_SRC, ends->crowd, 2);
	ends->everything = cut_mention(cut, 0, CUT_DST, ends->crowd, 2);
	ends->anybody = cut_mention(cut, 0, CUT_SRC, &ends->any, 1);
	ends->shared_src = cut_mention(cut, 0, CUT_SRC, &ends->shared, 1);
	if (lint->real)
		ends->real_members =
			cut_mention(lint->real_cut, 0, CUT_SRC, ends->crowd, 1);
	boundaries_mention(lint, ends);
	routes_mention(lint, ends);
	ssh_mention(lint, ends);
	budget_mention(lint, ends);
}

/* "tag:dev may reach tag:prod on tcp 22". */
static const char *
flow_said(struct lint *lint, const struct cut_flow *flow)
{
	const char *src = lint_show(lint, flow->src), *dst = lint_show(lint, flow->dst);
	const char *protocol = protocol_name(lint->arena, flow->protocol);

	if (!protocol_has_ports(flow->protocol))
		return lint_say(lint, "%s may reach %s with %s", src, dst, protocol);
	return lint_say(lint, "%s may reach %s on %s %u", src, dst, protocol,
	                (unsigned)flow->port);
}

/* A boundary that is crossed: told at the rule that leads across. */
static void
boundary_raise(struct lint *lint, const struct boundary *boundary,
               const struct cut_flow *flow)
{
	struct span where = flow->by ? lint_opening(flow->by->node)
	                             : lint_opening(lint->policy->tree->root);
	struct finding *finding =
		lint_raise(lint, &CHECK_BOUNDARY_VIOLATED, where,
	                   "by this %s, which the settings say must never be%s",
	                   flow_said(lint, flow),
	                   flow->by ? "" : "; without acls and grants everybody may");
	const char *how =
		boundary->deep ? lint_how_becomes(lint, &boundary->grant.src, flow->src)
			       : NULL;

	if (how)
		lint_note(lint, finding, where, "%s", how);
	finding_note(lint->findings, finding, lint->settings->source,
	             boundary->grant.node->span, "the boundary is here");
}

static bool
is_ping(int protocol)
{
	return protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMPV6;
}

/* The first flow across a boundary with one of its services: all ports of no named
 * protocol are whatever flows, and so is a ping, which goes wherever anything does. */
static bool
service_crosses(struct cut *cut, const struct service *ip, uint32_t src, uint32_t dst,
                struct cut_flow *flow)
{
	if (ip->protocol == PROTOCOL_ANY && ports_all(ip->ports))
		return cut_between_any(cut, 0, src, dst, flow);
	if (is_ping(ip->protocol)) {
		bool crosses = cut_between_any(cut, 0, src, dst, flow);
		flow->protocol = ip->protocol;
		return crosses;
	}
	struct cut_between between =
		cut_between(cut, 0, src, dst, ip->protocol, ip->ports);
	*flow = between.some;
	return between.share != CUT_NOTHING;
}

/* The first flow across a boundary, by any of its services. */
static bool
boundary_crossed(struct cut *cut, const struct grant *grant, uint32_t src, uint32_t dst,
                 struct cut_flow *flow)
{
	static const struct service everything = { .protocol = PROTOCOL_ANY,
		                                   .ports = { 0, 65535 } };
	const struct service *ip = grant->n_ip > 0 ? grant->ip : &everything;
	size_t n = grant->n_ip > 0 ? grant->n_ip : 1;

	for (size_t i = 0; i < n; i++)
		if (service_crosses(cut, &ip[i], src, dst, flow))
			return true;
	return false;
}

static void
boundaries_judge(struct lint *lint, const struct reach_ends *ends)
{
	const struct settings *settings = lint->settings;

	for (size_t i = 0; i < settings->n_never; i++) {
		const struct boundary *boundary = &settings->never[i];
		const struct boundary_ends *at = &ends->boundaries[i];
		struct cut_flow flow = { 0 };
		if (!at->known)
			continue;
		if (boundary_crossed(lint->cut, &boundary->grant, at->src, at->dst,
		                     &flow) ||
		    (lint->real && boundary_crossed(lint->real_cut, &boundary->grant,
		                                    at->real_src, at->real_dst, &flow)))
			boundary_raise(lint, boundary, &flow);
	}
}

/* Whether one rule alone was told to let everybody reach everything. */
static bool
allow_all_is_told(const struct lint *lint)
{
	for (size_t i = 0; i < lint->findings->n; i++)
		if (lint->findings->at[i]->check == &CHECK_ALLOW_ALL ||
		    lint->findings->at[i]->check == &CHECK_IMPLICIT_ALLOW_ALL)
			return true;
	return false;
}

static bool
opens_all_ports(const struct grant *grant, const struct destination *dst)
{
	for (size_t i = 0; grant->section == SECTION_GRANTS && i < grant->n_ip; i++)
		if (lint_is_all_ports(grant->ip[i].protocol, grant->ip[i].ports))
			return true;
	for (size_t i = 0; i < dst->n_ports; i++)
		if (lint_is_all_ports(grant->ip[0].protocol, dst->ports[i]))
			return true;
	return false;
}

/* Whether a rule is of those that together let everybody reach everything: its
 * sources and destinations are many without a name. */
static bool
is_for_crowds(struct lint *lint, const struct grant *grant)
{
	bool src = false, dst = false;

	for (size_t i = 0; i < grant->src.n && !src; i++)
		src = lint_crowd(lint, &grant->src.at[i]) >= CROWD_TAGGED;
	for (size_t i = 0; i < grant->dst.n && !dst; i++)
		dst = lint_crowd(lint, &grant->dst.at[i].selector) >= CROWD_TAGGED &&
		      opens_all_ports(grant, &grant->dst.at[i]);
	return src && dst;
}

static void
allow_all_together(struct lint *lint, const struct reach_ends *ends)
{
	const struct policy *policy = lint->policy;
	struct cut_between between;
	const struct grant *last = NULL;
	struct finding *finding;

	if (allow_all_is_told(lint))
		return;
	between = cut_between(lint->cut, 0, ends->everybody, ends->everything,
	                      PROTOCOL_ANY, (struct ports) { 1, 65535 });
	if (between.share != CUT_EVERYTHING)
		return;
	for (size_t i = 0; i < policy->n_grants; i++)
		if (is_for_crowds(lint, &policy->grants[i]))
			last = &policy->grants[i];
	last = last ? last : between.some.by;
	finding = lint_raise(lint, &CHECK_ALLOW_ALL, lint_opening(last->node),
	                     "with the rules before it this lets every device reach "
	                     "every other on all ports: write down who needs what");
	for (size_t i = 0; i < policy->n_grants; i++)
		if (&policy->grants[i] != last && is_for_crowds(lint, &policy->grants[i]))
			lint_note(lint, finding, lint_opening(policy->grants[i].node),
			          "%s is one of them",
			          grant_name(lint, &policy->grants[i]));
}

/* Addresses that rules on one side of everything name on the other, rule by rule:
 * 0.0.0.0/1 to * here, 128.0.0.0/1 to * there. */
struct halves {
	struct range *at;
	size_t n, cap;
	const struct grant *last;
};

static void
halves_add(struct lint *lint, struct halves *halves, const struct grant *grant,
           const struct selector *selector)
{
	struct ranges ranges = lint_ranges(lint, selector);

	for (size_t i = 0; i < ranges.n; i++) {
		halves->at = arena_grow(lint->arena, halves->at, halves->n, &halves->cap,
		                        sizeof(*halves->at));
		halves->at[halves->n++] = ranges.at[i];
		halves->last = grant;
	}
}

/* Takes what a rule adds to the halves of its src, and of its dst. */
static void
halves_take(struct lint *lint, const struct grant *grant, struct halves *src,
            struct halves *dst)
{
	bool from_all = false, to_all = false;

	for (size_t i = 0; i < grant->src.n; i++)
		from_all |= lint_crowd(lint, &grant->src.at[i]) >= CROWD_TAILNET;
	for (size_t i = 0; i < grant->dst.n; i++) {
		const struct destination *to = &grant->dst.at[i];
		if (!opens_all_ports(grant, to))
			continue;
		to_all |= lint_crowd(lint, &to->selector) >= CROWD_TAILNET;
		if (from_all)
			halves_add(lint, dst, grant, &to->selector);
	}
	for (size_t i = 0; to_all && i < grant->src.n; i++)
		halves_add(lint, src, grant, &grant->src.at[i]);
}

static void
allow_all_by_halves(struct lint *lint)
{
	const struct policy *policy = lint->policy;
	struct halves src = { 0 }, dst = { 0 };
	const struct grant *last = NULL;

	if (allow_all_is_told(lint))
		return;
	for (size_t i = 0; i < policy->n_grants; i++)
		if (policy->grants[i].via.n == 0)
			halves_take(lint, &policy->grants[i], &src, &dst);
	if (lint_covers_tailnet(ranges_of(lint->arena, src.at, src.n)))
		last = src.last;
	else if (lint_covers_tailnet(ranges_of(lint->arena, dst.at, dst.n)))
		last = dst.last;
	if (last)
		lint_raise(lint, &CHECK_ALLOW_ALL, lint_opening(last->node),
		           "with the rules before it this lets every device reach every "
		           "other on all ports, address range by address range: write "
		           "down who needs what");
}

/* Whether a rule is for a crowd by itself, so that it was told there. */
static bool
is_from_crowd(struct lint *lint, const struct grant *grant)
{
	for (size_t i = 0; i < grant->src.n; i++)
		if (lint_crowd(lint, &grant->src.at[i]) != CROWD_NONE)
			return true;
	return false;
}

static bool
rule_has_port(const struct rule *rule, int protocol, uint16_t port)
{
	if (rule->kind != RULE_NETWORK || !rule->grant || rule->self ||
	    (rule->protocol != PROTOCOL_ANY && rule->protocol != protocol))
		return false;
	for (size_t i = 0; i < rule->n_ports; i++)
		if (rule->ports[i].first <= port && rule->ports[i].last >= port)
			return true;
	return false;
}

/* The last of the rules that lead to some of the machines on a port; NULL where one
 * of them is for a crowd by itself. */
static const struct grant *
led_by(struct lint *lint, const struct cut_reach *row, uint16_t port)
{
	const struct grant *last = NULL;

	for (size_t i = 0; i < lint->real->n_rules; i++) {
		const struct rule *rule = &lint->real->rules[i];
		if (!rule_has_port(rule, row->protocol, port) ||
		    (!rule->dst->any &&
		     !set_overlaps(rule->dst->machines, row->machines)))
			continue;
		if (is_from_crowd(lint, rule->grant))
			return NULL;
		last = rule->grant;
	}
	return last;
}

/* A tailnet of fewer people has no crowd. */
#define EVERYBODY_LEAST 3

/* More rows are not looked through for such ports. */
#define ROWS_MAX 1000

static void
sensitive_row(struct lint *lint, const struct cut_reach *row, struct names *told)
{
	const struct sensitive_port *port =
		sensitive_among(lint->settings, row->protocol, row->ports);
	const struct grant *by;
	uint16_t first;

	if (!port || row->machines->n == 0 || ports_all(row->ports))
		return;
	first = port->ports.first > row->ports.first ? port->ports.first
	                                             : row->ports.first;
	by = led_by(lint, row, first);
	size_t known = told->n;
	if (!by || names_add(told, text_of(lint_say(lint, "%s %u", grant_name(lint, by),
	                                            (unsigned)first))) < known)
		return;
	lint_raise(lint, &CHECK_SENSITIVE_PORT_EXPOSED, lint_opening(by->node),
	           "by this and other rules together every member there is reaches %u of "
	           "%u machine%s, where %s listens",
	           (unsigned)first, (unsigned)row->machines->n,
	           row->machines->n == 1 ? "" : "s", port->what);
}

static bool
opens_sensitive(struct lint *lint, const struct rule *rule)
{
	for (size_t i = 0; i < rule->n_ports; i++)
		if (!ports_all(rule->ports[i]) && protocol_has_ports(rule->protocol) &&
		    sensitive_among(lint->settings, rule->protocol, rule->ports[i]))
			return true;
	return false;
}

/* Whether those who reach any such port at all are all members there are: quickly,
 * before it is asked which they all reach. */
static bool
members_reach_sensitive(struct lint *lint)
{
	const struct filter *real = lint->real;
	struct arena scratch = { 0 };
	struct numbers who = { .arena = &scratch };
	bool *seen = arena_array(&scratch, real->n_parties, sizeof(bool));
	const struct set *members = real->tailnet->members, *all;
	bool reach;

	for (size_t i = 0; i < real->n_rules; i++) {
		const struct rule *rule = &real->rules[i];
		if (rule->kind != RULE_NETWORK || seen[rule->src->number] ||
		    !opens_sensitive(lint, rule))
			continue;
		seen[rule->src->number] = true;
		numbers_add_set(&who, rule->src->machines);
	}
	all = numbers_set(&who, &lint->real->tailnet->sets);
	reach = set_within(members, all);
	arena_end(&scratch);
	return reach;
}

/* Ports for administrators that every member of the inventory reaches, though no
 * rule is for all of them. */
static void
sensitive_together(struct lint *lint, const struct reach_ends *ends)
{
	struct names told = { .arena = lint->arena };
	size_t n;

	if (!lint->real || lint->real->tailnet->n_users < EVERYBODY_LEAST ||
	    !members_reach_sensitive(lint))
		return;
	const struct cut_reach *rows =
		cut_reach(lint->real_cut, 0, ends->real_members, true, &n);
	for (size_t i = 0; i < n && i < ROWS_MAX; i++)
		sensitive_row(lint, &rows[i], &told);
}

/* So many ports may people of other tailnets reach before it is told. */
#define SHARED_PORTS 10

/* The first rule for autogroup:shared, or NULL. */
static const struct selector *
shared_source(const struct policy *policy)
{
	for (size_t i = 0; i < policy->n_grants; i++)
		for (size_t k = 0; k < policy->grants[i].src.n; k++)
			if (policy->grants[i].src.at[k].kind == SELECTOR_AUTOGROUP &&
			    policy->grants[i].src.at[k].autogroup == AUTOGROUP_SHARED)
				return &policy->grants[i].src.at[k];
	return NULL;
}

static void
shared_judge(struct lint *lint, const struct reach_ends *ends)
{
	const struct selector *source = shared_source(lint->policy);
	size_t n, n_ports = 0;

	if (!source)
		return;
	const struct cut_reach *rows =
		cut_reach(lint->cut, 0, ends->shared_src, false, &n);
	uint32_t next = 0;
	for (size_t i = 0; i < n; i++) {
		uint32_t first = rows[i].ports.first;
		if (rows[i].protocol != PROTOCOL_TCP)
			continue;
		if (first < next)
			first = next;
		if (rows[i].ports.last >= first) {
			n_ports += rows[i].ports.last - first + 1;
			next = (uint32_t)rows[i].ports.last + 1;
		}
	}
	if (n_ports > SHARED_PORTS)
		lint_raise(lint, &CHECK_SHARED_USER_REACH, source->span,
		           "people of other tailnets reach %zu ports by way of "
		           "autogroup:shared; open those that were meant for them",
		           n_ports);
}

/* Routes that are approved and that nobody may reach. */
static void
routes_judge(struct lint *lint, const struct reach_ends *ends)
{
	const struct policy *policy = lint->policy;

	for (size_t i = 0; i < policy->n_approvers; i++) {
		const struct approver *approver = &policy->approvers[i];
		if (!approver->good || range_is_default_route(approver->range))
			continue;
		if (!cut_between_any(lint->cut, 0, ends->anybody, ends->routes[i], NULL))
			lint_raise(lint, &CHECK_APPROVED_BUT_UNREACHABLE,
			           approver->route.span,
			           "routes to %s are approved, and no rule lets anybody "
			           "reach it",
			           lint_show(lint, approver->route.text));
	}
}

static void
ssh_judge(struct lint *lint, const struct reach_ends *ends)
{
	static const struct ports ssh_port = { 22, 22 };
	const struct policy *policy = lint->policy;
	struct cut *cut = ends->ssh_real ? lint->real_cut : lint->cut;

	for (size_t i = 0; i < policy->n_ssh && !ends->ssh_unknown; i++) {
		const struct ssh_rule *rule = &policy->ssh[i];
		if (!rule->good || rule->src.n == 0 || rule->dst.n == 0)
			continue;
		struct cut_between between =
			cut_between(cut, 0, ends->ssh_src[i], ends->ssh_dst[i],
		                    PROTOCOL_TCP, ssh_port);
		/* where nobody is there, a rule more would not help */
		if (between.share == CUT_NOTHING && !between.empty)
			lint_raise(
				lint, &CHECK_SSH_NO_NETWORK_PATH,
				lint_opening(rule->node),
				"no source of this rule reaches port 22 of its "
				"destinations%s, so nobody can log in by it: it needs an "
				"access rule for tcp 22 as well",
				ends->ssh_real ? " in this tailnet" : "");
	}
}

static void
budget_judge(struct lint *lint, const struct reach_ends *ends)
{
	size_t all = lint->real ? lint->real->tailnet->n_machines : 0;
	uint64_t budget = (uint64_t)lint->settings->reach_budget;

	for (size_t i = 0; i < ends->n_sources; i++) {
		const struct budget_source *source = &ends->sources[i];
		const struct set *reached =
			cut_reached(lint->real_cut, 0, source->end, false);
		if ((uint64_t)reached->n * 100 <= budget * all)
			continue;
		lint_raise(lint, &CHECK_REACH_BUDGET, source->selector->span,
		           "%s reaches %u of %zu machines, and the settings allow %u %%",
		           lint_show(lint, source->selector->text), (unsigned)reached->n,
		           all, (unsigned)budget);
	}
}

void
lint_reach(struct lint *lint)
{
	const struct reach_ends *ends = lint->reach;

	boundaries_judge(lint, ends);
	allow_all_together(lint, ends);
	allow_all_by_halves(lint);
	sensitive_together(lint, ends);
	shared_judge(lint, ends);
	routes_judge(lint, ends);
	ssh_judge(lint, ends);
	budget_judge(lint, ends);
}
