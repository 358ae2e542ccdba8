#include "policy/dialect.h"

#include "policy/policy.h"
#include "policy/tailnet.h"

static const struct dialect dialects[TARGET_N] = {
#define FACT(name, a, b, c, d, e, f, g, h, i)                                            \
	[TARGET_TAILSCALE].name = a, [TARGET_HEADSCALE_0_22].name = b,                   \
	[TARGET_HEADSCALE_0_23].name = c, [TARGET_HEADSCALE_0_24].name = d,              \
	[TARGET_HEADSCALE_0_25].name = e, [TARGET_HEADSCALE_0_26].name = f,              \
	[TARGET_HEADSCALE_0_27].name = g, [TARGET_HEADSCALE_0_28].name = h,              \
	[TARGET_HEADSCALE_0_29].name = i,
#include "policy/target.def"
};

const struct dialect *
dialect_of(enum target target)
{
	return &dialects[target];
}

static enum feature
autogroup_feature(enum autogroup autogroup)
{
	switch (autogroup) {
	case AUTOGROUP_MEMBER:
		return FEATURE_MEMBER;
	case AUTOGROUP_MEMBERS:
		return FEATURE_MEMBERS;
	case AUTOGROUP_TAGGED:
		return FEATURE_TAGGED;
	case AUTOGROUP_SELF:
		return FEATURE_SELF;
	case AUTOGROUP_INTERNET:
		return FEATURE_INTERNET;
	case AUTOGROUP_SHARED:
		return FEATURE_SHARED;
	case AUTOGROUP_DANGER_ALL:
		return FEATURE_DANGER_ALL;
	case AUTOGROUP_OWNER:
	case AUTOGROUP_ADMIN:
	case AUTOGROUP_IT_ADMIN:
	case AUTOGROUP_NETWORK_ADMIN:
	case AUTOGROUP_BILLING_ADMIN:
	case AUTOGROUP_AUDITOR:
		return FEATURE_ROLE;
	case AUTOGROUP_UNKNOWN:
	case AUTOGROUP_NONROOT:
		break;
	}
	return FEATURE_NONE;
}

enum feature
selector_feature(const struct selector *s)
{
	switch (s->kind) {
	case SELECTOR_DOMAIN:
		return FEATURE_DOMAIN;
	case SELECTOR_SYNCED_GROUP:
		return FEATURE_SYNCED_GROUP;
	case SELECTOR_AUTOGROUP:
		return autogroup_feature(s->autogroup);
	case SELECTOR_HOST:
		return s->prefixed ? FEATURE_HOST_PREFIX : FEATURE_NONE;
	case SELECTOR_IPSET:
		return FEATURE_IPSET;
	case SELECTOR_SERVICE:
		return FEATURE_SERVICE;
	case SELECTOR_INVALID:
	case SELECTOR_ANY:
	case SELECTOR_ADDRESS:
	case SELECTOR_USER:
	case SELECTOR_GROUP:
	case SELECTOR_TAG:
	case SELECTOR_LOCALPART:
	case SELECTOR_RANGE:
		break;
	}
	return FEATURE_NONE;
}

bool
selector_counts(enum target target, const struct selector *s)
{
	return target_support(target, selector_feature(s)) != IGNORES;
}

static uint32_t
user_of_login(const struct tailnet *t, struct text name)
{
	uint32_t user = names_find(&t->logins, name);

	return user == NAMES_NONE ? USER_NONE : user;
}

/* What comes before the @ of a member's address; in a tailnet that is made up,
 * all of it. */
static uint32_t
user_of_member(const struct tailnet *t, struct text name)
{
	size_t at = text_find(name, '@');
	uint32_t user = tailnet_user(t, name);

	if (user != USER_NONE || at == name.len)
		return user;
	return tailnet_user(t, (struct text) { name.at, at });
}

uint32_t
dialect_user(enum target target, const struct tailnet *t, struct text name, bool member)
{
	size_t at = text_find(name, '@');

	switch (dialects[target].users) {
	case USERS_BY_LOGIN:
		return user_of_login(t, name);
	case USERS_BARE:
		if (member)
			return user_of_member(t, name);
		return at == name.len ? tailnet_user(t, name) : USER_NONE;
	case USERS_ANYHOW:
		return at + 1 == name.len ? USER_NONE : tailnet_user(t, name);
	case USERS_WITH_AT:
		return tailnet_user(t, name);
	}
	return USER_NONE;
}

bool
policy_names_self_in_ssh(const struct policy *policy)
{
	for (size_t i = 0; i < policy->n_ssh; i++)
		for (size_t k = 0; k < policy->ssh[i].dst.n; k++)
			if (policy->ssh[i].dst.at[k].autogroup == AUTOGROUP_SELF)
				return true;
	return false;
}

bool
dialect_is_open(const struct policy *policy)
{
	enum target target = policy->target;

	if (policy->sections[SECTION_ACLS] || policy->sections[SECTION_GRANTS])
		return false;
	if (target_support(target, FEATURE_NO_RULES) == DIFFERS)
		return false;
	return target_support(target, FEATURE_NO_RULES_BESIDE_SELF) != DIFFERS ||
	       !policy_names_self_in_ssh(policy);
}

bool
policy_names_self(const struct policy *policy)
{
	for (size_t i = 0; i < policy->n_grants; i++)
		for (size_t k = 0; k < policy->grants[i].dst.n; k++)
			if (policy->grants[i].dst.at[k].selector.autogroup ==
			    AUTOGROUP_SELF)
				return true;
	return policy_names_self_in_ssh(policy);
}

bool
dialect_is_wary(const struct policy *policy)
{
	return target_support(policy->target, FEATURE_USER_UNKNOWN) == DIFFERS &&
	       policy_names_self(policy);
}

bool
dialect_knows(const struct policy *policy, const struct tailnet *t,
              const struct selector *s)
{
	const struct group *group =
		s->kind == SELECTOR_GROUP ? policy_group(policy, s->text) : NULL;

	for (size_t i = 0; group && i < group->members.n; i++)
		if (dialect_user(policy->target, t, group->members.at[i].text, true) ==
		    USER_NONE)
			return false;
	return s->kind != SELECTOR_USER ||
	       dialect_user(policy->target, t, s->text, false) != USER_NONE;
}

size_t
dialect_protocols(const struct policy *policy, const struct grant *grant, int protocol,
                  int out[2])
{
	struct text proto = grant->proto.text;
	bool named = proto.len > 0 && !is_digit(proto.at[0]);

	out[0] = protocol;
	if (protocol == PROTOCOL_ANY) {
		if (target_support(policy->target, FEATURE_NO_PROTO) != DIFFERS)
			return 0;
		out[0] = PROTOCOL_TCP;
		out[1] = PROTOCOL_UDP;
		return 2;
	}
	if (protocol == PROTOCOL_ICMP && named &&
	    target_support(policy->target, FEATURE_PROTO_ICMP) == DIFFERS) {
		out[1] = PROTOCOL_ICMPV6;
		return 2;
	}
	return 1;
}

/* A bare word that is no host is a user; so is one among users, where an identity
 * at the provider may look like nothing else. */
static void
adapt_selector(const struct policy *policy, struct selector *s, bool person)
{
	if (person && s->kind == SELECTOR_INVALID &&
	    text_find(s->text, '/') < s->text.len)
		s->kind = SELECTOR_USER;
	if (s->kind != SELECTOR_HOST || s->prefixed)
		return;
	if (person || !policy_host(policy, s->name))
		s->kind = SELECTOR_USER;
}

static void
adapt_selectors(const struct policy *policy, const struct selectors *list, bool person)
{
	for (size_t i = 0; i < list->n; i++)
		adapt_selector(policy, &list->at[i], person);
}

static void
adapt_destinations(const struct policy *policy, const struct destinations *list)
{
	for (size_t i = 0; i < list->n; i++)
		adapt_selector(policy, &list->at[i].selector, false);
}

void
dialect_adapt(struct policy *policy)
{
	if (target_support(policy->target, FEATURE_USER_BARE) != TAKES)
		return;
	for (size_t i = 0; i < policy->n_groups; i++)
		adapt_selectors(policy, &policy->groups[i].members, true);
	for (size_t i = 0; i < policy->n_tags; i++)
		adapt_selectors(policy, &policy->tags[i].owners, true);
	for (size_t i = 0; i < policy->n_grants; i++) {
		adapt_selectors(policy, &policy->grants[i].src, false);
		adapt_destinations(policy, &policy->grants[i].dst);
	}
	for (size_t i = 0; i < policy->n_ssh; i++) {
		adapt_selectors(policy, &policy->ssh[i].src, false);
		adapt_selectors(policy, &policy->ssh[i].dst, false);
	}
	for (size_t i = 0; i < policy->n_approvers; i++)
		adapt_selectors(policy, &policy->approvers[i].by, true);
	adapt_selectors(policy, &policy->exit_node, true);
}
