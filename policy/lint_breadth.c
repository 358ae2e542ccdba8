/* How much a rule gives away, judged by itself. What rules give away together is
 * lint_reach.c's. */
#include "policy/lint_pass.h"

#include "grammar/arena.h"

/* One run of ports of one protocol, as a rule says it. */
struct service_look {
	int protocol;
	struct ports ports;
	struct span span;
};

/* One destination of a rule with its services. */
struct target_look {
	const struct destination *destination;
	const struct selector *selector;
	const struct service_look *services;
	size_t n;
	bool anything;                  /* * or what amounts to it */
	const struct service_look *all; /* one of the services is all ports, or NULL */
};

/* A rule at one look. */
struct grant_look {
	const struct grant *grant;
	const struct selector *any;     /* a source that is every device, or NULL; by
	                                 * itself or together with others, addresses */
	const struct selector *crowd;   /* a source that is many without a name */
	const struct selector *machine; /* a source that is tagged */
	const struct selector *person;  /* a source that is people and no admin */
	enum crowd widest;
	struct target_look *targets;
	size_t n_targets;
	bool everything; /* the whole rule: everybody, everything, all ports */
};

static void
services_of_acl(struct lint *lint, const struct grant *grant, struct target_look *target)
{
	const struct destination *dst = target->destination;
	struct service_look *services =
		arena_array(lint->arena, dst->n_ports, sizeof(*services));

	for (size_t i = 0; i < dst->n_ports; i++)
		services[i] = (struct service_look) { grant->ip[0].protocol,
			                              dst->ports[i], dst->port_spans[i] };
	target->services = services;
	target->n = dst->n_ports;
}

/* The services of a grant: the same for all of its destinations. */
static const struct service_look *
services_of_grant(struct lint *lint, const struct grant *grant)
{
	struct service_look *services =
		arena_array(lint->arena, grant->n_ip, sizeof(*services));

	for (size_t i = 0; i < grant->n_ip; i++)
		services[i] =
			(struct service_look) { grant->ip[i].protocol, grant->ip[i].ports,
			                        grant->ip[i].span };
	return services;
}

static void
look_at_targets(struct lint *lint, struct grant_look *look)
{
	const struct grant *grant = look->grant;
	bool acl = grant->section == SECTION_ACLS;
	const struct service_look *shared = acl ? NULL : services_of_grant(lint, grant);

	look->targets = arena_array(lint->arena, grant->dst.n, sizeof(*look->targets));
	look->n_targets = grant->dst.n;
	for (size_t i = 0; i < grant->dst.n; i++) {
		struct target_look *target = &look->targets[i];
		target->destination = &grant->dst.at[i];
		target->selector = &grant->dst.at[i].selector;
		target->services = shared;
		target->n = grant->n_ip;
		if (acl)
			services_of_acl(lint, grant, target);
		target->anything = lint_crowd(lint, target->selector) >= CROWD_TAILNET;
		for (size_t k = 0; k < target->n && !target->all; k++)
			if (lint_is_all_ports(target->services[k].protocol,
			                      target->services[k].ports))
				target->all = &target->services[k];
	}
}

static void
look_at_source(struct lint *lint, struct grant_look *look, const struct selector *source)
{
	enum crowd crowd = lint_crowd(lint, source);

	if (crowd >= CROWD_TAILNET && !look->any)
		look->any = source;
	if (crowd > look->widest) {
		look->widest = crowd;
		look->crowd = source;
	}
	if (lint_is_machines(source) && !look->machine)
		look->machine = source;
	if (selector_is_people(source) && !lint_is_admin(lint, source) && !look->person)
		look->person = source;
}

/* Addresses that a list names, piece by piece. */
struct pieces {
	struct range *at;
	size_t n, cap;
	const struct selector *first;
};

static void
pieces_add(struct lint *lint, struct pieces *pieces, const struct selector *selector)
{
	struct ranges ranges = lint_ranges(lint, selector);

	for (size_t i = 0; i < ranges.n; i++) {
		pieces->at = arena_grow(lint->arena, pieces->at, pieces->n, &pieces->cap,
		                        sizeof(*pieces->at));
		pieces->at[pieces->n++] = ranges.at[i];
		pieces->first = pieces->first ? pieces->first : selector;
	}
}

static bool
pieces_cover(struct lint *lint, const struct pieces *pieces)
{
	return pieces->n > 1 &&
	       lint_covers_tailnet(ranges_of(lint->arena, pieces->at, pieces->n));
}

/* Halves of everything are everything: 0.0.0.0/1 and 128.0.0.0/1. */
static void
look_at_pieces(struct lint *lint, struct grant_look *look)
{
	struct pieces src = { 0 }, dst = { 0 };

	for (size_t i = 0; i < look->grant->src.n; i++)
		pieces_add(lint, &src, &look->grant->src.at[i]);
	for (size_t i = 0; i < look->n_targets; i++)
		if (look->targets[i].all)
			pieces_add(lint, &dst, look->targets[i].selector);
	if (!look->any && pieces_cover(lint, &src)) {
		look->any = look->crowd = src.first;
		look->widest = CROWD_TAILNET;
	}
	if (!pieces_cover(lint, &dst))
		return;
	for (size_t i = 0; i < look->n_targets; i++)
		if (look->targets[i].all &&
		    lint_ranges(lint, look->targets[i].selector).n > 0)
			look->targets[i].anything = true;
}

static struct grant_look
look_at(struct lint *lint, const struct grant *grant)
{
	struct grant_look look = { .grant = grant };

	for (size_t i = 0; i < grant->src.n; i++)
		look_at_source(lint, &look, &grant->src.at[i]);
	look_at_targets(lint, &look);
	look_at_pieces(lint, &look);
	return look;
}

/* The widest of the sources, for a sentence. */
static const char *
crowd_said(struct lint *lint, const struct grant_look *look)
{
	return look->widest == CROWD_TAILNET ? "every device"
	                                     : lint_crowd_name(lint, look->crowd);
}

/* Whether every protocol that people mean by "everything" is in it. */
static bool
is_everything(const struct target_look *target)
{
	return target->anything && target->all &&
	       (target->all->protocol == PROTOCOL_ANY ||
	        target->all->protocol == PROTOCOL_TCP);
}

/* The whole of allow-all in one rule. */
static void
allow_all(struct lint *lint, struct grant_look *look)
{
	for (size_t i = 0; look->any && i < look->n_targets; i++) {
		if (!is_everything(&look->targets[i]) || look->grant->via.n > 0)
			continue;
		look->everything = true;
		lint->everything[look->grant - lint->policy->grants] = true;
		lint_raise(lint, &CHECK_ALLOW_ALL,
		           look->targets[i].destination->word.span,
		           "%s may reach everything by this rule, whatever the others "
		           "say: write down who needs what",
		           crowd_said(lint, look));
		return;
	}
}

/* Whether a rule leads to anything but one's own devices and the Internet. */
static bool
reaches_others(const struct grant_look *look)
{
	for (size_t i = 0; i < look->n_targets; i++) {
		const struct selector *selector = look->targets[i].selector;
		if (selector->kind != SELECTOR_AUTOGROUP ||
		    (selector->autogroup != AUTOGROUP_SELF &&
		     selector->autogroup != AUTOGROUP_INTERNET))
			return true;
	}
	return false;
}

/* An element that is all of the tailnet, and how many more of its list are. */
static void
tailnet_prefix(struct lint *lint, const struct selector *selector, size_t more)
{
	const char *too = more == 0 ? ""
	                  : more == 1
	                          ? ", as does one more in this rule"
	                          : lint_say(lint, ", as do %zu more in this rule", more);

	lint_raise(lint, &CHECK_CIDR_COVERS_TAILNET, selector->span,
	           "%s takes in the addresses of every device of the tailnet%s: it says "
	           "* in other words",
	           lint_show(lint, selector->text), too);
}

/* Sources that are everybody, or more. */
static void
wide_sources(struct lint *lint, const struct grant_look *look)
{
	const struct selectors *src = &look->grant->src;

	for (size_t i = 0; i < src->n; i++) {
		const struct selector *source = &src->at[i];
		enum crowd crowd = lint_crowd(lint, source);
		if (crowd == CROWD_DANGER) {
			struct finding *finding = lint_raise(
				lint, &CHECK_DANGER_ALL, source->span,
				"autogroup:danger-all is every device that can send a "
				"packet here, those of other tailnets too; "
				"autogroup:member is your own people");
			fix_replace(&lint->fixes, lint_fix(lint, finding, REPAIR_UNSAFE),
			            lint_inside(lint, source),
			            text_of(autogroup_name(AUTOGROUP_MEMBER)));
		} else if ((crowd == CROWD_TAILNET ||
		            (crowd == CROWD_NONE && look->any && source == look->any)) &&
		           !look->everything) {
			tailnet_prefix(lint, source, 0);
		} else if (crowd == CROWD_ANY && !look->everything &&
		           reaches_others(look)) {
			lint_raise(
				lint, &CHECK_WILDCARD_SOURCE, source->span,
				"* is every device: people's, servers, shared ones, and "
				"what is behind routers; autogroup:member and "
				"autogroup:tagged are your own");
		}
	}
}

/* Destinations that are everything, for sources that are not everybody. */
static void
wide_targets(struct lint *lint, const struct grant_look *look)
{
	const struct target_look *wide = NULL, *prefix = NULL;
	size_t n_prefixes = 0;

	for (size_t i = 0; i < look->n_targets; i++) {
		const struct target_look *target = &look->targets[i];
		if (!target->anything || target->n == 0)
			continue;
		wide = wide && wide->all ? wide : target;
		if (lint_crowd(lint, target->selector) != CROWD_TAILNET ||
		    look->everything)
			continue;
		prefix = prefix ? prefix : target;
		n_prefixes++;
	}
	if (prefix)
		tailnet_prefix(lint, prefix->selector, n_prefixes - 1);
	if (!wide || look->everything || look->grant->via.n > 0)
		return;
	if (look->machine)
		lint_raise(lint, &CHECK_SERVER_TO_ANYWHERE, look->machine->span,
		           "%s may reach every device: whoever breaks into one goes on "
		           "from there; name what it has to reach",
		           lint_machine(lint, look->machine));
	if (!look->person || lint_crowd(lint, wide->selector) != CROWD_ANY)
		return;
	struct finding *finding = lint_raise(
		lint, &CHECK_WILDCARD_DESTINATION, wide->destination->word.span,
		"%s may reach every device, those to come included; name what is needed, "
		"or list administrators under admins in the settings",
		lint_crowd_name(lint, look->person));
	if (!wide->all)
		finding_level(lint->findings, finding, LEVEL_ADVICE);
}

/* How a finding about one of several destinations goes on. */
static const char *
others(struct lint *lint, size_t n)
{
	return n == 0   ? ""
	       : n == 1 ? " (and on another destination of this rule)"
	                : lint_say(lint, " (and on %zu other destinations of this rule)",
	                           n);
}

static bool
is_special(const struct selector *selector)
{
	return selector->kind == SELECTOR_AUTOGROUP &&
	       (selector->autogroup == AUTOGROUP_SELF ||
	        selector->autogroup == AUTOGROUP_INTERNET);
}

/* All ports of a destination that is not everything. */
static void
any_port(struct lint *lint, const struct grant_look *look)
{
	const struct target_look *first = NULL;
	bool sensitive = false;
	size_t n = 0;

	for (size_t i = 0; i < look->n_targets; i++) {
		const struct target_look *target = &look->targets[i];
		if (!target->all || target->anything || is_special(target->selector))
			continue;
		first = first ? first : target;
		sensitive |= lint_is_sensitive(lint, target->selector);
		n++;
	}
	if (n == 0)
		return;
	struct finding *finding =
		lint_raise(lint, &CHECK_ANY_PORT, first->all->span,
	                   "all ports of %s are open%s, for what will listen there "
	                   "tomorrow too; name those in use",
	                   lint_show(lint, first->selector->text), others(lint, n - 1));
	if (sensitive || look->widest >= CROWD_MEMBERS)
		finding_level(lint->findings, finding, LEVEL_WARNING);
}

#define WIDE_PORTS 1024

/* A port for administrators that a range takes in along with others. */
static const char *
swallowed(struct ports ports)
{
	if (ports.first <= 22 && ports.last >= 22)
		return ", SSH on 22 among them";
	if (ports.first <= 3389 && ports.last >= 3389)
		return ", RDP on 3389 among them";
	return NULL;
}

static void
wide_range(struct lint *lint, const struct service_look *service)
{
	struct ports ports = service->ports;
	unsigned n = (unsigned)(ports.last - ports.first) + 1;
	const char *among = swallowed(ports);

	if (n == 1 || (n <= WIDE_PORTS && !among) ||
	    lint_is_all_ports(service->protocol, ports) || ports_all(ports))
		return;
	lint_raise(lint, &CHECK_WIDE_PORT_RANGE, service->span,
	           "%u-%u are %u ports%s; name those in use", (unsigned)ports.first,
	           (unsigned)ports.last, n, among ? among : "");
}

static void
wide_ranges(struct lint *lint, const struct grant_look *look)
{
	for (size_t i = 0; i < look->n_targets; i++)
		for (size_t k = 0; k < look->targets[i].n; k++) {
			if (i > 0 &&
			    look->targets[i].services == look->targets[0].services)
				return; /* a grant's: told already */
			wide_range(lint, &look->targets[i].services[k]);
		}
}

/* Prefixes that no single network has. */
static bool
is_wide(struct range range)
{
	int bits = range_bits(range);

	return bits >= 0 && bits < (range.first.line == LINE_IPV4 ? 16 : 48);
}

static void
wide_prefix(struct lint *lint, const struct check *check, const struct selector *selector,
            const char *side)
{
	struct ranges ranges = lint_ranges(lint, selector);
	char text[RANGE_TEXT_MAX];

	if (lint_covers_tailnet(ranges))
		return;
	for (size_t i = 0; i < ranges.n; i++) {
		if (!is_wide(ranges.at[i]))
			continue;
		prefix_write(ranges.at[i], text);
		lint_raise(lint, check, selector->span,
		           "%s is a wide %s: name the networks that are meant",
		           selector->kind == SELECTOR_ADDRESS
		                   ? lint_show(lint, selector->text)
		                   : lint_say(lint, "%s (%s)",
		                              lint_show(lint, selector->text), text),
		           side);
		return;
	}
}

static void
wide_prefixes(struct lint *lint, const struct grant_look *look)
{
	const struct grant *grant = look->grant;

	for (size_t i = 0; i < grant->src.n; i++)
		wide_prefix(lint, &CHECK_WIDE_CIDR_SOURCE, &grant->src.at[i], "source");
	for (size_t i = 0; i < grant->dst.n && grant->via.n == 0; i++)
		wide_prefix(lint, &CHECK_WIDE_CIDR_DESTINATION,
		            &grant->dst.at[i].selector, "destination");
}

static bool
is_internet(const struct selector *selector)
{
	return selector->kind == SELECTOR_AUTOGROUP &&
	       selector->autogroup == AUTOGROUP_INTERNET;
}

static bool
is_web(const struct service_look *service)
{
	struct ports ports = service->ports;

	return ports.first == ports.last && (ports.first == 80 || ports.first == 443);
}

static bool
is_web_alone(const struct target_look *target)
{
	for (size_t i = 0; i < target->n; i++)
		if (!is_web(&target->services[i]))
			return false;
	return true;
}

/* What crowds reach by their rules. */
static void
crowd_targets(struct lint *lint, const struct grant_look *look)
{
	bool members = look->widest >= CROWD_MEMBERS;

	for (size_t i = 0; members && i < look->n_targets; i++) {
		const struct target_look *target = &look->targets[i];
		if (target->n == 0)
			continue;
		if (is_internet(target->selector) && look->grant->via.n == 0)
			lint_raise(
				lint, &CHECK_OPEN_EXIT_NODE,
				target->destination->word.span,
				"%s may go out to the Internet by your exit nodes, from "
				"their addresses; name a group",
				crowd_said(lint, look));
		if (lint_crowd(lint, target->selector) == CROWD_TAGGED &&
		    !is_web_alone(target))
			lint_raise(
				lint, &CHECK_MEMBER_TO_SERVERS,
				target->destination->word.span,
				"%s reaches every server here; give each role a group, "
				"and each group its tags",
				crowd_said(lint, look));
	}
}

/* Servers that dial people. */
static void
server_to_people(struct lint *lint, const struct grant_look *look)
{
	for (size_t i = 0; look->machine && i < look->n_targets; i++) {
		const struct target_look *target = &look->targets[i];
		if (target->n == 0 || !selector_is_people(target->selector))
			continue;
		lint_raise(lint, &CHECK_SERVER_TO_PEOPLE, target->destination->word.span,
		           "%s may reach the devices of people here (%s): servers answer "
		           "people, they seldom have to call them",
		           lint_machine(lint, look->machine),
		           lint_show(lint, target->selector->text));
		return;
	}
}

/* Whether a service is of the ports that deserve care; which. */
static const struct sensitive_port *
sensitive_service(struct lint *lint, const struct service_look *service)
{
	return protocol_has_ports(service->protocol)
	               ? sensitive_among(lint->settings, service->protocol,
	                                 service->ports)
	               : NULL;
}

/* Access that deserves care and asks nothing of the device. */
static void
missing_posture(struct lint *lint, const struct grant_look *look)
{
	if (lint->policy->target != TARGET_TAILSCALE ||
	    postures_in_force(lint->policy, &look->grant->src_posture))
		return;
	for (size_t i = 0; i < look->n_targets; i++) {
		const struct target_look *target = &look->targets[i];
		bool care = lint_is_sensitive(lint, target->selector);
		for (size_t k = 0; k < target->n && !care; k++)
			care = sensitive_service(lint, &target->services[k]) != NULL;
		if (!care || is_special(target->selector))
			continue;
		lint_raise(lint, &CHECK_MISSING_POSTURE, target->destination->word.span,
		           "%s deserves care, and this asks nothing of the device: give "
		           "the rule a srcPosture",
		           lint_show(lint, target->destination->word.text));
		return;
	}
}

/* Ports where something listens that speaks TCP, and nothing speaks UDP. */
static const uint16_t tcp_ports[] = {
	22,   23,   25,   80,   110,  143,  389,  445,  587,  636,   993,   995,
	1433, 1521, 2375, 2376, 2379, 3306, 5432, 5900, 5985, 5986,  6379,  6443,
	8000, 8080, 8200, 8500, 8888, 9090, 9092, 9100, 9200, 10250, 27017,
};

static bool
is_tcp_service(const struct service_look *service)
{
	if (service->protocol != PROTOCOL_ANY ||
	    service->ports.first != service->ports.last)
		return false;
	for (size_t i = 0; i < sizeof(tcp_ports) / sizeof(*tcp_ports); i++)
		if (tcp_ports[i] == service->ports.first)
			return true;
	return false;
}

/* All of a rule's ports are of TCP services, and no protocol is said. */
static void
proto_too_wide(struct lint *lint, const struct grant_look *look)
{
	const struct service_look *first = NULL;
	bool acl = look->grant->section == SECTION_ACLS;

	for (size_t i = 0; i < look->n_targets; i++)
		for (size_t k = 0; k < look->targets[i].n; k++) {
			const struct service_look *service =
				&look->targets[i].services[k];
			if (!is_tcp_service(service))
				return;
			first = first ? first : service;
		}
	if (first)
		lint_raise(lint, &CHECK_PROTO_TOO_WIDE, first->span,
		           "without a protocol this opens UDP %u as well as TCP, where "
		           "nothing needs it; say %s",
		           (unsigned)first->ports.first,
		           acl ? "\"proto\": \"tcp\""
		               : lint_say(lint, "\"tcp:%u\"",
		                          (unsigned)first->ports.first));
}

/* Ports for administrators that are open to a crowd by this rule. Where all
 * ports are, that was said. */
static void
sensitive_ports(struct lint *lint, const struct grant_look *look)
{
	const struct service_look *first = NULL;
	const struct target_look *at = NULL;
	const struct sensitive_port *port = NULL;
	size_t n = 0;

	for (size_t i = 0; i < look->n_targets && look->widest > CROWD_NONE; i++) {
		const struct target_look *target = &look->targets[i];
		if (target->all || is_special(target->selector))
			continue;
		for (size_t k = 0; k < target->n; k++) {
			const struct sensitive_port *found =
				sensitive_service(lint, &target->services[k]);
			n += found != NULL;
			if (!found || first)
				continue;
			first = &target->services[k];
			at = target;
			port = found;
		}
	}
	if (!first)
		return;
	lint_raise(
		lint, &CHECK_SENSITIVE_PORT_EXPOSED, first->span,
		"%s reaches %u of %s, where %s listens%s; name the group that needs it",
		crowd_said(lint, look),
		(unsigned)(port->ports.first > first->ports.first ? port->ports.first
	                                                          : first->ports.first),
		at->anything ? "every device" : lint_show(lint, at->selector->text),
		port->what,
		n > 1 ? lint_say(lint, " (and %zu more like it in this rule)", n - 1)
		      : "");
}

/* What makes an administrator of whoever has it, by capability: a member of its
 * values, and what that says; the last name is looked for at any depth. */
static const struct {
	const char *capability, *member, *value, *what;
} powers[] = {
	{ "tailscale.com/cap/kubernetes", "groups", "system:masters",
	  "administrators of the cluster" },
	{ "tailscale.com/cap/drive", "access", "rw", "writers of the shared files" },
	{ "tailscale.com/cap/golink", "admin", "true", "administrators of golink" },
	{ "tailscale.com/cap/tsidp", "allow_admin_ui", "true",
	  "administrators of the identity provider" },
	{ "tailscale.com/cap/secrets", "action", "*", "keepers of all secrets" },
	{ "tailscale.com/cap/secrets", "action", "put", "writers of secrets" },
	{ "tailscale.com/cap/secrets", "action", "delete", "writers of secrets" },
};

static bool
value_says(struct lint *lint, const struct node *value, const char *wanted)
{
	const struct tree *tree = lint->policy->tree;

	if (value->kind == HUJSON_TRUE)
		return text_is(text_of("true"), wanted);
	if (value->kind == HUJSON_STRING)
		return text_is(node_text(lint->arena, tree, value), wanted);
	if (value->kind != HUJSON_ARRAY)
		return false;
	for (const struct node *e = node_first(value); e != node_end(value);
	     e = node_next(e))
		if (e->kind == HUJSON_STRING &&
		    text_is(node_text(lint->arena, tree, e), wanted))
			return true;
	return false;
}

/* Whether a value has, at any depth, a member of that name that says so. */
static bool
value_has(struct lint *lint, const struct node *value, const char *member,
          const char *wanted)
{
	const struct tree *tree = lint->policy->tree;

	for (const struct node *node = value; node < node_end(value); node++) {
		if (node->kind != HUJSON_OBJECT)
			continue;
		const struct node *found = node_member(tree, node, member);
		if (found && value_says(lint, found, wanted))
			return true;
	}
	return false;
}

static void
powerful_capability(struct lint *lint, const struct grant_look *look,
                    const struct capability *app)
{
	for (size_t i = 0; i < sizeof(powers) / sizeof(*powers); i++) {
		if (!text_is(app->name.text, powers[i].capability) ||
		    !value_has(lint, app->values, powers[i].member, powers[i].value))
			continue;
		lint_raise(
			lint, &CHECK_POWERFUL_CAPABILITY, app->name.span,
			"%s becomes one of the %s by this (%s: %s); name the group that "
			"is meant",
			crowd_said(lint, look), powers[i].what, powers[i].member,
			powers[i].value);
		return;
	}
}

static void
grant_judge(struct lint *lint, const struct grant *grant)
{
	struct grant_look look = look_at(lint, grant);

	allow_all(lint, &look);
	wide_sources(lint, &look);
	wide_targets(lint, &look);
	any_port(lint, &look);
	wide_ranges(lint, &look);
	wide_prefixes(lint, &look);
	crowd_targets(lint, &look);
	sensitive_ports(lint, &look);
	server_to_people(lint, &look);
	missing_posture(lint, &look);
	proto_too_wide(lint, &look);
	for (size_t i = 0; look.widest >= CROWD_MEMBERS && i < grant->n_app; i++)
		powerful_capability(lint, &look, &grant->app[i]);
}

static void
implicit_allow_all(struct lint *lint)
{
	const struct policy *policy = lint->policy;
	struct finding *finding;

	if (!policy_is_open(policy) || policy->unread)
		return;
	finding = lint_raise(lint, &CHECK_IMPLICIT_ALLOW_ALL,
	                     lint_opening(policy->tree->root),
	                     "there is neither acls nor grants, so everybody may reach "
	                     "everything; to allow nothing, write \"acls\": []");
	fix_add_member(&lint->fixes, lint_fix(lint, finding, REPAIR_UNSAFE),
	               policy->tree->root, text_of("\"acls\": []"));
}

/* Whether a rule lets nobody in, or leads to nobody, since all that it names there are
 * empty groups: as is told where those are named. */
static bool
is_for_nobody(const struct lint *lint, const struct grant *grant)
{
	size_t n = 0;

	while (n < grant->dst.n && lint_is_empty_group(lint, &grant->dst.at[n].selector))
		n++;
	return lint_is_nobody(lint, &grant->src) || (n > 0 && n == grant->dst.n);
}

void
lint_breadth(struct lint *lint)
{
	const struct policy *policy = lint->policy;

	lint->everything = arena_array(lint->arena, policy->n_grants, sizeof(bool));
	if (policy->tree->root->kind == HUJSON_OBJECT)
		implicit_allow_all(lint);
	for (size_t i = 0; i < policy->n_grants; i++)
		if (policy->grants[i].good && !is_for_nobody(lint, &policy->grants[i]))
			grant_judge(lint, &policy->grants[i]);
}
