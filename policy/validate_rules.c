#include "policy/validate.h"

#include <string.h>

/* The offer nearest to a protocol's name, or NULL. */
static const char *
protocol_guess(struct text name)
{
	struct text_nearest nearest = text_nearest_start(name);
	const char *known;

	for (size_t i = 0; (known = protocol_list(i)) != NULL; i++)
		text_nearest_offer(&nearest, text_of(known));
	return nearest.best.len > 0 ? nearest.best.at : NULL;
}

static struct finding *
raise_protocol(struct judge *judge, const struct service *service)
{
	const char *guess = protocol_guess(service->fault_text);
	const char *shown = judge_show(judge, service->fault_text);
	struct finding *finding;

	if (guess)
		finding = judge_raise(judge, &CHECK_UNKNOWN_PROTOCOL, service->fault_span,
		                      "no protocol is called %s; did you mean %s?", shown,
		                      guess);
	else
		finding = judge_raise(judge, &CHECK_UNKNOWN_PROTOCOL, service->fault_span,
		                      "no protocol is called %s: write its name, or its "
		                      "number from 0 to 255",
		                      shown);
	judge_say(judge, finding, "proto name %q not known; use protocol number 0-255",
	          service->fault_text, NO_TEXT);
	judge_say_protocol(judge, finding, service->fault_text);
	return finding;
}

/* What is wrong with ports, before and after they are shown. */
static const struct {
	const char *before, *after;
} ports_faults[] = {
	[PORTS_FINE] = { "", " is fine" },
	[PORTS_EMPTY] = { "no port follows the colon: write one, a range or *", "" },
	[PORTS_DASHES] = { "", " has more than one hyphen, and a range has one" },
	[PORTS_FIRST] = { "the range ", " does not start with a port from 1 to 65535" },
	[PORTS_LAST] = { "the range ", " does not end with a port from 1 to 65535" },
	[PORTS_ZERO] = { "", " starts at port 0, and there is none: write * for all" },
	[PORTS_BACKWARDS] = { "the range ", " ends before it starts" },
};

static struct finding *
raise_ports(struct judge *judge, enum ports_fault fault, struct text ports,
            struct span where)
{
	const char *shown = fault == PORTS_EMPTY ? "" : judge_show(judge, ports);
	bool range = text_find(ports, '-') < ports.len;

	if (fault == PORTS_ZERO && !range)
		return judge_raise(judge, &CHECK_INVALID_PORT_SPEC, where,
		                   "there is no port 0: write * for all ports");
	if (fault == PORTS_FIRST && !range)
		return judge_raise(judge, &CHECK_INVALID_PORT_SPEC, where,
		                   "%s is no port: write one from 1 to 65535, a range "
		                   "or *",
		                   shown);
	return judge_raise(judge, &CHECK_INVALID_PORT_SPEC, where, "%s%s%s",
	                   ports_faults[fault].before, shown, ports_faults[fault].after);
}

/* The coordinator's words for ports that are none: in an acl, dst is the
 * element they stand in. */
static void
say_ports(struct judge *judge, struct finding *finding, enum ports_fault fault,
          struct text ports, const struct text *dst)
{
	/* it reads the whole element in small letters */
	struct text lower = text_lower(judge->arena, ports);
	struct text words = text_of(ports_fault_text(judge->arena, fault, lower));

	if (dst)
		judge_say(judge, finding, "dst=%q: %s", *dst, words);
	else
		judge_say(judge, finding, "%s", words, NO_TEXT);
	judge_say_ports(judge, finding, fault, ports, dst);
}

/* Raises ports that the protocol does not have. Nobody has seen what the
 * coordinator says. */
static void
raise_portless(struct judge *judge, int protocol, struct span where)
{
	const char *name = protocol_name(judge->arena, protocol);
	struct finding *finding =
		judge_raise(judge, &CHECK_INVALID_PORT_SPEC, where,
	                    "%s has no ports, so only * can stand here", name);

	judge_say_headscale(judge, finding, FOUND_POLICY,
	                    "protocol does not support specific ports: %q, only \"*\" is "
	                    "allowed",
	                    text_of(name), NO_TEXT);
}

/* Whether a source may come together with autogroup:self. The wildcard may in
 * an acl alone (spec/semantics.md section 9). */
static bool
self_takes(const struct grant *grant, const struct selector *src)
{
	if (src->kind == SELECTOR_ANY)
		return grant->section == SECTION_ACLS;
	return selector_is_people(src);
}

/* Judges the sources of a rule with autogroup:self among its destinations;
 * those that no rule takes have been raised. */
static void
judge_self(struct judge *judge, const struct grant *grant)
{
	const struct destination *self = NULL;
	enum position position =
		grant->section == SECTION_ACLS ? POSITION_ACL_SRC : POSITION_GRANT_SRC;
	struct finding *finding;

	for (size_t i = 0; i < grant->dst.n && !self; i++)
		if (grant->dst.at[i].selector.autogroup == AUTOGROUP_SELF)
			self = &grant->dst.at[i];
	for (size_t i = 0; i < grant->src.n && self; i++) {
		const struct selector *src = &grant->src.at[i];
		bool undefined = src->kind == SELECTOR_HOST &&
		                 !policy_host(judge->policy, src->name);
		if (self_takes(grant, src) || undefined || !position_takes(position, src))
			continue;
		if (judge_lets(judge, FEATURE_SELF_SOURCE, src->span))
			continue;
		finding = judge_raise(judge, &CHECK_SELF_SOURCE, src->span,
		                      "%s has no machines of its own, so it does not go "
		                      "with autogroup:self, only users, groups and "
		                      "autogroups of users do",
		                      judge_show(judge, src->text));
		judge_note(judge, finding, self->selector.span,
		           "autogroup:self is named here");
		judge_say(judge, finding,
		          "autogroup:self can only be used with users, groups, or "
		          "supported autogroups",
		          NO_TEXT, NO_TEXT);
		return;
	}
}

bool
destination_lacks_ports(const struct destination *dst)
{
	struct text word = dst->word.text;
	struct selector whole;

	if (dst->no_colon)
		return true;
	if (dst->fault == PORTS_FINE && dst->selector.kind != SELECTOR_INVALID)
		return false;
	whole = selector_parse(word);
	if (whole.kind == SELECTOR_INVALID || whole.kind == SELECTOR_USER)
		return false;
	return whole.kind == SELECTOR_ADDRESS ||
	       text_find(word, ':') == text_find_last(word, ':');
}

static void
raise_portlessness(struct judge *judge, const struct destination *dst)
{
	struct text word = dst->word.text;
	bool ipv6 = text_find(word, ':') < text_find_last(word, ':');
	const char *shown = judge_show(judge, word);
	struct finding *finding;

	finding = judge_raise(judge, &CHECK_MISSING_PORT, dst->word.span,
	                      "%s has no ports: write %s%s%s:*, or the ports that are "
	                      "meant",
	                      shown, ipv6 ? "[" : "", shown, ipv6 ? "]" : "");
	if (dst->no_colon)
		judge_say(judge, finding, "dst=%q: hostport must contain a colon (\":\")",
		          word, NO_TEXT);
	else if (dst->fault != PORTS_FINE)
		say_ports(judge, finding, dst->fault, dst->fault_text, &word);
}

/* Whether the text is a protocol's name; numbers are taken for ports. */
static bool
is_protocol(struct text text)
{
	int protocol;

	return text.len > 0 && (text.at[0] < '0' || text.at[0] > '9') &&
	       protocol_parse(text, &protocol);
}

static struct finding *
raise_dst_ports(struct judge *judge, const struct destination *dst)
{
	if (!is_protocol(dst->fault_text))
		return raise_ports(judge, dst->fault, dst->fault_text, dst->fault_span);
	return judge_raise(judge, &CHECK_INVALID_PORT_SPEC, dst->fault_span,
	                   "%s is a protocol: it belongs in proto",
	                   judge_show(judge, dst->fault_text));
}

/* The complaints of the coordinator's parser about "host:ports", in its
 * order. */
static bool
judge_ported(struct judge *judge, const struct destination *dst)
{
	struct text word = dst->word.text;
	struct finding *finding;

	if (destination_lacks_ports(dst)) {
		if (!judge_lets(judge, FEATURE_NO_PORT, dst->word.span))
			raise_portlessness(judge, dst);
		return false;
	}
	if (dst->comma) {
		finding = judge_raise(judge, &CHECK_INVALID_PORT_SPEC, dst->word.span,
		                      "a destination is one host and its ports: write "
		                      "one element for each host");
		judge_say(judge, finding, "dst=%q: host cannot contain a comma (\",\")",
		          word, NO_TEXT);
		return false;
	}
	if (dst->fault != PORTS_FINE) {
		finding = raise_dst_ports(judge, dst);
		say_ports(judge, finding, dst->fault, dst->fault_text, &word);
		return false;
	}
	return true;
}

/* A protocol with ports by its number, which some releases do not know by it. */
static void
judge_numbered_ports(struct judge *judge, const struct grant *acl)
{
	struct text proto = acl->proto.text;

	if (proto.len == 0 || proto.at[0] < '1' || proto.at[0] > '9')
		return;
	for (size_t i = 0; i < acl->dst.n; i++)
		for (size_t k = 0; k < acl->dst.at[i].n_ports; k++)
			if (!ports_all(acl->dst.at[i].ports[k])) {
				judge_allow(judge, FEATURE_PROTO_NUMBER, proto,
				            acl->proto.span);
				return;
			}
}

/* Names of proto whose rules have no ports, ports given all the same. */
static void
judge_protocol_ports(struct judge *judge, const struct grant *acl)
{
	int protocol = acl->ip[0].protocol;

	if (!acl->ip[0].good)
		return;
	if (protocol_has_ports(protocol)) {
		judge_numbered_ports(judge, acl);
		return;
	}
	for (size_t i = 0; i < acl->dst.n; i++) {
		const struct destination *dst = &acl->dst.at[i];
		for (size_t k = 0; k < dst->n_ports; k++) {
			if (ports_all(dst->ports[k]) ||
			    judge_lets(judge, FEATURE_PORTLESS, dst->port_spans[k]))
				continue;
			raise_portless(judge, protocol, dst->port_spans[k]);
			return;
		}
	}
}

static void
judge_action(struct judge *judge, const struct grant *acl)
{
	struct text action = acl->action.text;
	struct finding *finding;

	if (text_is(action, "accept") || word_is_told(&acl->action))
		return;
	if (!acl->action.node && !acl->good)
		return;
	if (!acl->action.node)
		finding =
			judge_raise(judge, &CHECK_MISSING_FIELD, node_opening(acl->node),
		                    "an acl needs an action, which is always accept");
	else
		finding = judge_raise(judge, &CHECK_ACTION_NOT_ACCEPT, acl->action.span,
		                      "an acl's action is accept, not %s: what no rule "
		                      "accepts is denied",
		                      judge_show(judge, action));
	judge_say(judge, finding, "action=%q is not supported", action, NO_TEXT);
}

static void
judge_acl_destination(struct judge *judge, const struct destination *dst)
{
	size_t before = judge->findings->n;

	if (judge_ported(judge, dst))
		judge_selector(judge, &dst->selector, POSITION_ACL_DST);
	for (size_t i = before; i < judge->findings->n; i++)
		judge_say_split(judge, judge->findings->at[i], dst);
}

static void
judge_acl(struct judge *judge, const struct grant *acl)
{
	judge_action(judge, acl);
	if (!acl->ip[0].good && !word_is_told(&acl->proto))
		raise_protocol(judge, &acl->ip[0]);
	else if (acl->ip[0].good)
		judge_protocol_name(judge, acl->proto.text, acl->ip[0].span, false);
	judge_selectors(judge, &acl->src, POSITION_ACL_SRC);
	for (size_t i = 0; i < acl->dst.n; i++)
		judge_acl_destination(judge, &acl->dst.at[i]);
	judge_self(judge, acl);
	judge_protocol_ports(judge, acl);
	judge_postures(judge, &acl->src_posture);
}

void
judge_acls(struct judge *judge)
{
	const struct policy *policy = judge->policy;

	for (size_t i = 0; i < policy->n_grants; i++)
		if (policy->grants[i].section == SECTION_ACLS)
			judge_acl(judge, &policy->grants[i]);
}

/* Raises the ports of an element of ip that are none. */
static struct finding *
raise_ip_ports(struct judge *judge, const struct service *service)
{
	struct text ports = service->fault_text;
	const char *shown = judge_show(judge, ports);
	struct finding *finding;

	if (text_find(ports, ',') < ports.len)
		finding =
			judge_raise(judge, &CHECK_INVALID_PORT_SPEC, service->fault_span,
		                    "%s is a list: write one element for each port",
		                    shown);
	else if (is_protocol(ports))
		finding =
			judge_raise(judge, &CHECK_INVALID_PORT_SPEC, service->fault_span,
		                    "%s is a protocol without its ports: write %s:*",
		                    shown, shown);
	else
		finding = raise_ports(judge, service->ports_fault, ports,
		                      service->fault_span);
	say_ports(judge, finding, service->ports_fault, ports, NULL);
	return finding;
}

/* Raises an element of ip that is none. */
static struct finding *
raise_ip(struct judge *judge, const struct service *service)
{
	struct finding *finding = NULL;

	switch (service->fault) {
	case SERVICE_FINE:
		break;
	case SERVICE_EMPTY:
		finding = judge_raise(judge, &CHECK_INVALID_PORT_SPEC, service->span,
		                      "an empty text is no port: write * for all of "
		                      "them");
		judge_say(judge, finding, "empty string", NO_TEXT, NO_TEXT);
		break;
	case SERVICE_NO_PROTOCOL:
		finding = judge_raise(judge, &CHECK_UNKNOWN_PROTOCOL, service->span,
		                      "a protocol is missing before the colon");
		judge_say(judge, finding, "empty protocol", NO_TEXT, NO_TEXT);
		break;
	case SERVICE_COMMA:
		finding = judge_raise(judge, &CHECK_UNKNOWN_PROTOCOL, service->fault_span,
		                      "one protocol stands before a colon: write one "
		                      "element for each");
		judge_say(judge, finding, "host cannot contain a comma (\",\")", NO_TEXT,
		          NO_TEXT);
		break;
	case SERVICE_PORTS:
		return raise_ip_ports(judge, service);
	case SERVICE_PROTOCOL:
		return raise_protocol(judge, service);
	}
	return finding;
}

static void
judge_ip(struct judge *judge, const struct service *service)
{
	if (service->fault != SERVICE_FINE) {
		judge_say_colons(judge, raise_ip(judge, service), service->text);
		return;
	}
	judge_protocol_name(judge, service->fault_text, service->span, true);
	if (!protocol_has_ports(service->protocol) && !ports_all(service->ports) &&
	    !judge_lets(judge, FEATURE_GRANT_PORTLESS, service->span))
		raise_portless(judge, service->protocol, service->span);
}

/* Those of Tailscale's own capabilities that users may grant: captured, or of
 * the sources and documents (spec/policy-syntax.md 7.1). */
static const char *const grantable[] = {
	"drive",   "relay",   "webui",  "kubernetes", "tsidp",
	"secrets", "tailsql", "golink", "aperture",
};

static bool
is_grantable(struct text name)
{
	static const char own[] = "tailscale.com/";
	static const char cap[] = "tailscale.com/cap/";

	if (!text_starts(name, own))
		return true;
	for (size_t i = 0; i < COUNT(grantable) && text_starts(name, cap); i++)
		if (text_is(text_from(name, sizeof(cap) - 1), grantable[i]))
			return true;
	return false;
}

static bool
has_scheme(struct text name)
{
	for (size_t i = 0; i + 3 <= name.len; i++)
		if (memcmp(name.at + i, "://", 3) == 0)
			return true;
	return false;
}

static void
judge_capability(struct judge *judge, const struct word *name)
{
	const char *shown = judge_show(judge, name->text);
	size_t slash = text_find(name->text, '/');

	if (has_scheme(name->text)) {
		judge_say(judge,
		          judge_raise(judge, &CHECK_INVALID_CAPABILITY, name->span,
		                      "a capability is {domain}/{path} without a scheme, "
		                      "not %s",
		                      shown),
		          "capability name must have the form {domain}/{path}", NO_TEXT,
		          NO_TEXT);
	} else if (slash == 0 || slash == name->text.len) {
		/* [inferred] */
		judge_say(judge,
		          judge_raise(judge, &CHECK_INVALID_CAPABILITY, name->span,
		                      "a capability is {domain}/{path}, as in "
		                      "example.com/cap/read, not %s",
		                      shown),
		          "capability name must have the form {domain}/{path}", NO_TEXT,
		          NO_TEXT);
	} else if (!is_grantable(name->text)) {
		judge_say(judge,
		          judge_raise(judge, &CHECK_INVALID_CAPABILITY, name->span,
		                      "%s is Tailscale's own and cannot be granted",
		                      shown),
		          "capability name must not be in the tailscale.com domain",
		          NO_TEXT, NO_TEXT);
	}
}

/* What depends on the grant having app: autogroup:internet and, by the
 * documents, the autogroups of admins. */
static void
judge_app_dst(struct judge *judge, const struct grant *grant,
              const struct selector *selector)
{
	struct finding *finding;

	if (grant->n_app == 0)
		return;
	if (selector->autogroup == AUTOGROUP_INTERNET) {
		finding = judge_raise(judge, &CHECK_INTERNET_IN_APP_GRANT, selector->span,
		                      "nobody in the internet has use for app "
		                      "capabilities: grant autogroup:internet apart");
		judge_say(judge, finding, "cannot use app grants with autogroup:internet",
		          NO_TEXT, NO_TEXT);
	} else if (autogroup_is_role(selector->autogroup)) {
		finding = judge_raise(judge, &CHECK_MIXED_SELECTOR_KIND, selector->span,
		                      "%s cannot be the dst of a grant with app",
		                      judge_show(judge, selector->text));
	} else {
		return;
	}
	judge_note(judge, finding, grant->app[0].name.span, "app is granted here");
}

static void
judge_default_route(struct judge *judge, const struct selector *selector)
{
	if (selector->kind != SELECTOR_ADDRESS ||
	    !range_is_default_route(selector->range))
		return;
	judge_say(
		judge,
		judge_raise(judge, &CHECK_DEFAULT_ROUTE_CIDR, selector->span,
	                    "%s may mean every machine or the internet: write * or "
	                    "autogroup:internet",
	                    judge_show(judge, selector->text)),
		"dst %q: to allow all IP addresses, use \"*\" or \"autogroup:internet\"",
		selector->text, NO_TEXT);
}

/* What is examined of the destinations at the end, in their order. */
static void
judge_grant_dst(struct judge *judge, const struct grant *grant)
{
	for (size_t i = 0; i < grant->dst.n; i++) {
		const struct selector *selector = &grant->dst.at[i].selector;
		if (selector->autogroup == AUTOGROUP_DANGER_ALL)
			judge_selector(judge, selector, POSITION_GRANT_DST);
		judge_app_dst(judge, grant, selector);
		judge_default_route(judge, selector);
	}
}

/* The list or the object is missing, null, [] or {}. */
static bool
is_without(const struct node *value)
{
	return !value || value->count == 1;
}

/* Something has to be granted. */
static void
judge_what(struct judge *judge, const struct grant *grant)
{
	const struct node *empty = grant->ip_list ? grant->ip_list : grant->app_object;

	if (!grant->good || !is_without(grant->ip_list) || !is_without(grant->app_object))
		return;
	judge_say(judge,
	          judge_raise(judge, &CHECK_MISSING_FIELD,
	                      empty ? empty->span : node_opening(grant->node),
	                      "a grant needs ip, app or both: \"ip\": [\"*\"] is all "
	                      "ports"),
	          "ip and app can not both be empty", NO_TEXT, NO_TEXT);
}

static void
judge_grant(struct judge *judge, const struct grant *grant)
{
	judge_selectors(judge, &grant->src, POSITION_GRANT_SRC);
	for (size_t i = 0; i < grant->dst.n; i++)
		if (grant->dst.at[i].selector.autogroup != AUTOGROUP_DANGER_ALL)
			judge_selector(judge, &grant->dst.at[i].selector,
			               POSITION_GRANT_DST);
	judge_self(judge, grant);
	judge_what(judge, grant);
	for (size_t i = 0; i < grant->n_ip; i++)
		judge_ip(judge, &grant->ip[i]);
	judge_selectors(judge, &grant->via, POSITION_VIA);
	for (size_t i = 0; i < grant->n_app; i++)
		judge_capability(judge, &grant->app[i].name);
	judge_grant_dst(judge, grant);
	judge_postures(judge, &grant->src_posture);
}

void
judge_grants(struct judge *judge)
{
	const struct policy *policy = judge->policy;

	for (size_t i = 0; i < policy->n_grants; i++)
		if (policy->grants[i].section == SECTION_GRANTS)
			judge_grant(judge, &policy->grants[i]);
}
