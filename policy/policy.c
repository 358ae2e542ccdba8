#include "policy/policy.h"

#include "policy/dialect.h"

static const char *const section_names[SECTION_N] = {
	[SECTION_GRANTS] = "grants",
	[SECTION_ACLS] = "acls",
	[SECTION_SSH] = "ssh",
	[SECTION_GROUPS] = "groups",
	[SECTION_HOSTS] = "hosts",
	[SECTION_IPSETS] = "ipsets",
	[SECTION_TAG_OWNERS] = "tagOwners",
	[SECTION_AUTO_APPROVERS] = "autoApprovers",
	[SECTION_NODE_ATTRS] = "nodeAttrs",
	[SECTION_POSTURES] = "postures",
	[SECTION_DEFAULT_SRC_POSTURE] = "defaultSrcPosture",
	[SECTION_ATTR_CONFIG] = "attrConfig",
	[SECTION_TESTS] = "tests",
	[SECTION_SSH_TESTS] = "sshTests",
	[SECTION_DERP_MAP] = "derpMap",
	[SECTION_DISABLE_IPV4] = "disableIPv4",
	[SECTION_ONE_CGNAT_ROUTE] = "OneCGNATRoute",
	[SECTION_RANDOMIZE_CLIENT_PORT] = "randomizeClientPort",
};

const char *
section_name(enum section section)
{
	return section_names[section];
}

bool
policy_is_open(const struct policy *policy)
{
	return dialect_is_open(policy);
}

uint32_t
policy_word(const struct policy *policy, const struct selector *s)
{
	const struct names *words = &policy->words;

	if (s->word < words->n && words->texts[s->word].at == s->text.at &&
	    words->texts[s->word].len == s->text.len)
		return s->word;
	return names_find(words, s->text);
}

const struct group *
policy_group(const struct policy *policy, struct text name)
{
	uint32_t number = names_find(&policy->group_names, name);

	return number == NAMES_NONE ? NULL : &policy->groups[number];
}

const struct host *
policy_host(const struct policy *policy, struct text name)
{
	uint32_t number = names_find(&policy->host_names, name);

	return number == NAMES_NONE ? NULL : &policy->hosts[number];
}

const struct ipset *
policy_ipset(const struct policy *policy, struct text name)
{
	uint32_t number = names_find(&policy->ipset_names, name);

	return number == NAMES_NONE ? NULL : &policy->ipsets[number];
}

const struct tag *
policy_tag(const struct policy *policy, struct text name)
{
	uint32_t number = names_find(&policy->tag_names, name);

	return number == NAMES_NONE ? NULL : &policy->tags[number];
}

const struct posture *
policy_posture(const struct policy *policy, struct text name)
{
	uint32_t number = names_find(&policy->posture_names, name);

	return number == NAMES_NONE ? NULL : &policy->postures[number];
}
