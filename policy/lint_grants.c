/* The acls of a policy written as grants: the repair of prefer-grants. */
#include "policy/lint_pass.h"

#include "grammar/arena.h"

/* Destinations of an acl that have the same ports, as written. */
struct port_group {
	struct text ports;
	const struct destination **at;
	size_t n, cap;
};

struct port_groups {
	struct port_group *at;
	size_t n;
};

/* What stands behind the host of a destination. */
static struct text
ports_written(const struct destination *dst)
{
	return text_from(dst->word.text, text_find_last(dst->word.text, ':') + 1);
}

static struct port_groups
groups_of(struct lint *lint, const struct grant *acl)
{
	struct names ports = { .arena = lint->arena };
	struct port_groups groups = { .at = arena_array(lint->arena, acl->dst.n,
		                                        sizeof(*groups.at)) };

	for (size_t i = 0; i < acl->dst.n; i++) {
		const struct destination *dst = &acl->dst.at[i];
		struct port_group *group =
			&groups.at[names_add(&ports, ports_written(dst))];
		group->ports = ports_written(dst);
		group->at = arena_grow(lint->arena, group->at, group->n, &group->cap,
		                       sizeof(struct destination *));
		group->at[group->n++] = dst;
	}
	groups.n = ports.n;
	return groups;
}

/* The destination of a grant: without ports, and IPv6 without brackets. */
static const char *
host_said(struct lint *lint, const struct destination *dst)
{
	struct text host = dst->selector.text;

	if (host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']')
		host = (struct text) { host.at + 1, host.len - 2 };
	return lint_say(lint, "\"%.*s\"", TEXT_ARG(host));
}

/* "["tcp:22", "tcp:80-90"]" */
static const char *
ip_said(struct lint *lint, const struct grant *acl, struct text ports)
{
	int protocol = acl->ip[0].protocol;
	const char *prefix =
		protocol == PROTOCOL_ANY
			? ""
			: lint_say(lint, "%s:", protocol_name(lint->arena, protocol));
	struct saying list = { .arena = lint->arena };

	saying_add(&list, "[");
	while (ports.len > 0) {
		size_t comma = text_find(ports, ',');
		struct text one = { ports.at, comma };
		saying_add(&list, "%s\"%s%.*s\"", list.len > 1 ? ", " : "", prefix,
		           TEXT_ARG(one));
		ports = text_from(ports, comma < ports.len ? comma + 1 : comma);
	}
	saying_add(&list, "]");
	return saying_words(&list);
}

/* A further grant, for the destinations of an acl with other ports. */
static struct text
grant_said(struct lint *lint, const struct grant *acl, const struct port_group *group)
{
	const struct tree *tree = lint->policy->tree;
	struct text src = node_raw(tree, acl->src.list);
	struct saying said = { .arena = lint->arena };

	saying_add(&said, "{\"src\": %.*s, \"dst\": [", TEXT_ARG(src));
	for (size_t i = 0; i < group->n; i++)
		saying_add(&said, "%s%s", i ? ", " : "", host_said(lint, group->at[i]));
	saying_add(&said, "], \"ip\": %s", ip_said(lint, acl, group->ports));
	if (acl->src_posture.list)
		saying_add(&said, ", \"srcPosture\": %.*s",
		           TEXT_ARG(node_raw(tree, acl->src_posture.list)));
	saying_add(&said, "}");
	return saying_text(&said);
}

/* Makes an acl a grant, where it stands; of destinations with other ports than the
 * first ones, further grants behind it. */
static void
acl_convert(struct lint *lint, struct fix *fix, const struct grant *acl)
{
	struct fixes *fixes = &lint->fixes;
	struct port_groups groups = groups_of(lint, acl);

	fix_drop(fixes, fix, acl->action.node - 1);
	if (acl->proto.node)
		fix_drop(fixes, fix, acl->proto.node - 1);
	for (size_t i = 0; i < acl->dst.n; i++) {
		const struct destination *dst = &acl->dst.at[i];
		if (text_equal(ports_written(dst), groups.at[0].ports))
			fix_replace(fixes, fix, dst->word.span,
			            text_of(host_said(lint, dst)));
		else
			fix_drop(fixes, fix, dst->word.node);
	}
	fix_insert_after(fixes, fix, acl->dst.list - 1,
	                 text_of(lint_say(lint, "\"ip\": %s",
	                                  ip_said(lint, acl, groups.at[0].ports))));
	for (size_t i = 1; i < groups.n; i++)
		fix_insert_after(fixes, fix, acl->node,
		                 grant_said(lint, acl, &groups.at[i]));
}

/* What a grant does not take, or takes otherwise. */
static bool
is_convertible(const struct grant *acl)
{
	bool self = false, any = false;

	if (!acl->good || !acl->action.node || !acl->src.list || !acl->dst.list ||
	    acl->src.n == 0 || acl->dst.n == 0)
		return false;
	for (size_t i = 0; i < acl->dst.n; i++) {
		const struct destination *dst = &acl->dst.at[i];
		const struct selector *selector = &dst->selector;
		if (!dst->word.node->plain || dst->n_ports == 0 ||
		    (selector->kind == SELECTOR_ADDRESS &&
		     range_is_default_route(selector->range)))
			return false;
		self |= selector->kind == SELECTOR_AUTOGROUP &&
		        selector->autogroup == AUTOGROUP_SELF;
	}
	for (size_t i = 0; i < acl->src.n; i++)
		any |= acl->src.at[i].kind == SELECTOR_ANY;
	return !self || !any;
}

void
lint_grants_instead(struct lint *lint, const struct finding *finding)
{
	const struct policy *policy = lint->policy;
	const struct node *key = policy->sections[SECTION_ACLS];
	struct fix *fix;

	if (lint->fixes_unasked)
		return;
	for (size_t i = 0; i < policy->n_grants; i++)
		if (!is_convertible(&policy->grants[i]))
			return;
	fix = lint_fix(lint, finding, REPAIR_UNSAFE);
	fix_replace(&lint->fixes, fix, key->span, text_of("\"grants\""));
	for (size_t i = 0; i < policy->n_grants; i++)
		acl_convert(lint, fix, &policy->grants[i]);
}
