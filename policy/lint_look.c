/* What selectors amount to. */
#include "policy/lint_pass.h"

#include "grammar/arena.h"
#include "policy/resolve.h"

/* The whole of what coordinators give to machines, in either family. */
static const struct range tailnet_ranges[2] = {
	{ { LINE_IPV4, 0, UINT64_C(0x64400000) },
	  { LINE_IPV4, 0, UINT64_C(0x647fffff) } },
	{ { LINE_IPV6, UINT64_C(0xfd7a115ca1e00000), 0 },
	  { LINE_IPV6, UINT64_C(0xfd7a115ca1e0ffff), UINT64_MAX } },
};

bool
lint_covers_tailnet(struct ranges ranges)
{
	return ranges_cover(ranges, tailnet_ranges[0]) ||
	       ranges_cover(ranges, tailnet_ranges[1]);
}

struct ranges
lint_ranges(struct lint *lint, const struct selector *selector)
{
	const struct policy *policy = lint->policy;
	const struct host *host = selector->kind == SELECTOR_HOST
	                                  ? policy_host(policy, selector->name)
	                                  : NULL;
	const struct ipset *ipset = selector->kind == SELECTOR_IPSET
	                                    ? policy_ipset(policy, selector->text)
	                                    : NULL;

	if (selector->kind == SELECTOR_ADDRESS || selector->kind == SELECTOR_RANGE)
		return (struct ranges) { &selector->range, 1 };
	if (host && host->good)
		return (struct ranges) { &host->range, 1 };
	return ipset ? ipset->ranges : (struct ranges) { NULL, 0 };
}

/* A group that lists all members is everybody, where there are a few. */
#define EVERYBODY_LEAST 3

/* What was found of a group. */
enum { UNKNOWN, WHOLE, NOT_WHOLE };

/* Whether all members of the inventory's tailnet are in a group. */
static bool
is_all_members(struct lint *lint, const struct selector *selector)
{
	struct tailnet *real = lint_tailnet(lint);
	const struct group *group = policy_group(lint->policy, selector->text);

	if (!real || !group || real->n_users < EVERYBODY_LEAST ||
	    group->members.n < EVERYBODY_LEAST)
		return false;
	struct party party = filter_party(lint->filter, selector);
	return set_within(real->members, party.machines);
}

/* The same, found once for each group. */
static bool
is_all_members_once(struct lint *lint, const struct selector *selector)
{
	uint32_t number = names_find(&lint->policy->group_names, selector->text);

	if (number == NAMES_NONE)
		return false;
	if (!lint->whole_groups)
		lint->whole_groups = arena_array(lint->arena, lint->policy->n_groups, 1);
	if (!lint->whole_groups[number])
		lint->whole_groups[number] =
			is_all_members(lint, selector) ? WHOLE : NOT_WHOLE;
	return lint->whole_groups[number] == WHOLE;
}

static enum crowd
autogroup_crowd(enum autogroup autogroup)
{
	switch (autogroup) {
	case AUTOGROUP_MEMBER:
	case AUTOGROUP_MEMBERS:
		return CROWD_MEMBERS;
	case AUTOGROUP_TAGGED:
		return CROWD_TAGGED;
	case AUTOGROUP_SHARED:
		return CROWD_SHARED;
	case AUTOGROUP_DANGER_ALL:
		return CROWD_DANGER;
	case AUTOGROUP_UNKNOWN:
	case AUTOGROUP_SELF:
	case AUTOGROUP_INTERNET:
	case AUTOGROUP_OWNER:
	case AUTOGROUP_ADMIN:
	case AUTOGROUP_IT_ADMIN:
	case AUTOGROUP_NETWORK_ADMIN:
	case AUTOGROUP_BILLING_ADMIN:
	case AUTOGROUP_AUDITOR:
	case AUTOGROUP_NONROOT:
		break;
	}
	return CROWD_NONE;
}

enum crowd
lint_crowd(struct lint *lint, const struct selector *selector)
{
	switch (selector->kind) {
	case SELECTOR_ANY:
		return CROWD_ANY;
	case SELECTOR_AUTOGROUP:
		return autogroup_crowd(selector->autogroup);
	case SELECTOR_DOMAIN:
		return CROWD_MEMBERS;
	case SELECTOR_GROUP:
		return is_all_members_once(lint, selector) ? CROWD_MEMBERS : CROWD_NONE;
	case SELECTOR_ADDRESS:
	case SELECTOR_HOST:
	case SELECTOR_IPSET:
	case SELECTOR_RANGE:
		return lint_covers_tailnet(lint_ranges(lint, selector)) ? CROWD_TAILNET
		                                                        : CROWD_NONE;
	case SELECTOR_INVALID:
	case SELECTOR_USER:
	case SELECTOR_SYNCED_GROUP:
	case SELECTOR_TAG:
	case SELECTOR_SERVICE:
	case SELECTOR_LOCALPART:
		break;
	}
	return CROWD_NONE;
}

bool
lint_is_everyone(struct lint *lint, const struct selector *selector)
{
	return lint_crowd(lint, selector) >= CROWD_MEMBERS;
}

const char *
lint_crowd_name(struct lint *lint, const struct selector *selector)
{
	switch (lint_crowd(lint, selector)) {
	case CROWD_ANY:
	case CROWD_TAILNET:
		return "every device";
	case CROWD_DANGER:
		return "every device, of other tailnets too,";
	case CROWD_SHARED:
		return "everybody with whom a device is shared";
	case CROWD_TAGGED:
		return "every tagged machine";
	case CROWD_MEMBERS:
		if (selector->kind == SELECTOR_GROUP)
			return lint_say(lint, "%s, which is every member,",
			                lint_show(lint, selector->text));
		return "every member";
	case CROWD_NONE:
		break;
	}
	return lint_show(lint, selector->text);
}

bool
lint_may_be_guests(const struct selector *selector)
{
	return selector->kind == SELECTOR_USER || selector->kind == SELECTOR_DOMAIN ||
	       selector->kind == SELECTOR_GROUP ||
	       selector->kind == SELECTOR_SYNCED_GROUP;
}

bool
lint_is_members(const struct selector *selector)
{
	return selector->kind == SELECTOR_AUTOGROUP &&
	       (selector->autogroup == AUTOGROUP_MEMBER ||
	        selector->autogroup == AUTOGROUP_MEMBERS);
}

enum repair
lint_guests(struct lint *lint, struct finding *finding, struct span where, bool may_be)
{
	if (!may_be)
		return REPAIR_SAFE;
	lint_note(lint, finding, where, "a guest who is named here is no member");
	return REPAIR_UNSAFE;
}

bool
lint_is_admin(struct lint *lint, const struct selector *selector)
{
	if (names_find(&lint->settings->admin_names, selector->text) != NAMES_NONE)
		return true;
	return selector->kind == SELECTOR_AUTOGROUP &&
	       (selector->autogroup == AUTOGROUP_OWNER ||
	        selector->autogroup == AUTOGROUP_ADMIN ||
	        selector->autogroup == AUTOGROUP_NETWORK_ADMIN);
}

bool
lint_is_sensitive(struct lint *lint, const struct selector *selector)
{
	return names_find(&lint->settings->sensitive_names, selector->text) != NAMES_NONE;
}

bool
lint_is_all_ports(int protocol, struct ports ports)
{
	return ports.first <= 1 && ports.last == 65535 && protocol_has_ports(protocol);
}

bool
lint_is_empty_group(const struct lint *lint, const struct selector *selector)
{
	const struct group *group = selector->kind == SELECTOR_GROUP
	                                    ? policy_group(lint->policy, selector->text)
	                                    : NULL;

	return group && group->members.n == 0;
}

bool
lint_is_nobody(const struct lint *lint, const struct selectors *list)
{
	size_t n = 0;

	while (n < list->n && lint_is_empty_group(lint, &list->at[n]))
		n++;
	return n > 0 && n == list->n;
}

bool
lint_is_machines(const struct selector *selector)
{
	return selector->kind == SELECTOR_TAG ||
	       (selector->kind == SELECTOR_AUTOGROUP &&
	        selector->autogroup == AUTOGROUP_TAGGED);
}

const char *
lint_machine(struct lint *lint, const struct selector *selector)
{
	if (selector->kind != SELECTOR_TAG)
		return "any tagged machine";
	return lint_say(lint, "a machine with %s", lint_show(lint, selector->text));
}
