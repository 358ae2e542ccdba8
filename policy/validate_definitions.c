#include "policy/validate.h"

#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"
#include "grammar/rune.h"

/* What is wrong with a tag's name after "tag:", for a sentence. */
static const char *
tag_name_fault(struct judge *judge, struct text name)
{
	uint32_t rune;

	if (name.len == 0)
		return "a tag needs a name after tag:";
	rune_read(name.at, name.len, &rune);
	if (rune >= 0x80)
		return arena_format(judge->arena,
		                    "a tag's name starts with a letter from a to z, and "
		                    "this one with U+%04X, whatever it looks like",
		                    (unsigned)rune);
	if (!((rune >= 'a' && rune <= 'z') || (rune >= 'A' && rune <= 'Z')))
		return "a tag's name starts with a letter";
	return "a tag's name has only letters from a to z, numbers and hyphens";
}

/* What is odd about a tag's name that Tailscale does not take. */
static enum feature
tag_name_feature(struct text name)
{
	const char *words = tag_fault(name);
	struct text rest =
		text_from(name, text_starts(name, "tag:") ? strlen("tag:") : 0);

	if (!words || rest.len == 0)
		return FEATURE_NONE;
	if (!text_starts(name, "tag:"))
		return FEATURE_TAG_PREFIX;
	return strstr(words, "start") ? FEATURE_TAG_LETTER : FEATURE_TAG_CHARACTERS;
}

static void
judge_tag_name(struct judge *judge, const struct tag *tag)
{
	const char *words = tag_fault(tag->name.text);
	enum feature feature = tag_name_feature(tag->name.text);
	struct finding *finding;

	if (!words ||
	    (feature != FEATURE_NONE && judge_lets(judge, feature, tag->name.span)))
		return;
	finding = judge_prefix(judge, &tag->name, "tag:", "a tag");
	if (!finding)
		finding = judge_raise(judge, &CHECK_INVALID_TAG_NAME, tag->name.span,
		                      "%s: %s", judge_show(judge, tag->name.text),
		                      tag_name_fault(judge, text_from(tag->name.text,
		                                                      strlen("tag:"))));
	judge_say(judge, finding, "tagOwners[%q]: %s", tag->name.text, text_of(words));
	if (feature == FEATURE_TAG_PREFIX)
		judge_say_headscale(judge, finding, FOUND_VALUE,
		                    "tag must start with 'tag:', got: %q", tag->name.text,
		                    NO_TEXT);
	else
		judge_say_headscale(judge, finding, FOUND_POLICY, "tagOwners[%q]: %s",
		                    tag->name.text, text_of(words));
}

void
judge_tag_owners(struct judge *judge)
{
	const struct policy *policy = judge->policy;

	for (size_t i = 0; i < policy->n_tags; i++) {
		judge_tag_name(judge, &policy->tags[i]);
		judge_selectors(judge, &policy->tags[i].owners, POSITION_OWNER);
	}
}

static void
raise_member(struct judge *judge, const struct group *group,
             const struct selector *member)
{
	const char *shown = judge_show(judge, member->text);
	bool known = member->kind != SELECTOR_HOST && member->kind != SELECTOR_INVALID;
	struct finding *finding;

	if (text_starts(member->text, "group:")) {
		finding = judge_raise(judge, &CHECK_NESTED_GROUP, member->span,
		                      "%s is a group, and groups have users only: list "
		                      "its members here",
		                      shown);
		judge_say(judge, finding,
		          "groups[%q]: %q: group members cannot be recursive",
		          group->name.text, member->text);
		return;
	}
	if (known)
		finding = judge_raise(judge, &CHECK_MIXED_SELECTOR_KIND, member->span,
		                      "%s is %s, and a group has users only", shown,
		                      selector_kind_name(member->kind));
	else
		finding = judge_raise(judge, &CHECK_INVALID_USER, member->span,
		                      "%s is no user: users are written name@domain",
		                      shown);
	if (!known)
		judge_meet(judge, FEATURE_USER_BARE, member->span);
	/* what the coordinator said of them in 2021 */
	if (text_find(member->text, '@') == member->text.len)
		judge_say(judge, finding,
		          "invalid username: %q: needs '@domain' or 'group:' or 'role:'",
		          member->text, NO_TEXT);
}

static void
judge_group(struct judge *judge, const struct group *group)
{
	struct finding *finding = judge_prefix(judge, &group->name, "group:", "a group");

	if (finding && !text_starts(group->name.text, "group:"))
		judge_say_headscale(judge, finding, FOUND_VALUE,
		                    "group must start with 'group:', got: %q",
		                    group->name.text, NO_TEXT);
	if (!finding && text_find(group->name.text, '@') < group->name.text.len)
		/* [docs] */
		judge_raise(judge, &CHECK_INVALID_NAME, group->name.span,
		            "%s comes from the identity provider, so it cannot be "
		            "defined here",
		            judge_show(judge, group->name.text));
	for (size_t i = 0; i < group->members.n; i++) {
		const struct selector *member = &group->members.at[i];
		if (!position_takes(POSITION_MEMBER, member) ||
		    text_starts(member->text, "group:"))
			raise_member(judge, group, member);
		else
			judge_user_name(judge, member, POSITION_MEMBER);
	}
}

static int
group_compare_descending(const void *a, const void *b)
{
	const struct group *const *left = a, *const *right = b;

	return text_compare((*right)->name.text, (*left)->name.text);
}

/* The coordinator goes through the groups in descending order of their names
 * (spec/semantics.md section 9, precedence). */
void
judge_groups(struct judge *judge)
{
	const struct policy *policy = judge->policy;
	const struct group **order =
		arena_array(judge->scratch, policy->n_groups, sizeof(*order));

	for (size_t i = 0; i < policy->n_groups; i++)
		order[i] = &policy->groups[i];
	qsort(order, policy->n_groups, sizeof(*order), group_compare_descending);
	for (size_t i = 0; i < policy->n_groups; i++)
		judge_group(judge, order[i]);
}

static void
judge_host_address(struct judge *judge, const struct host *host)
{
	struct text address = host->address.text;
	struct range range;
	enum address_fault fault = prefix_parse(address, &range, NULL, NULL);

	if (!host->address.node || (host->good && fault != ADDRESS_V4_MAPPED))
		return;
	struct finding *finding =
		judge_raise_address(judge, address, fault, host->address.span);
	/* it reads a zone, and addresses of IPv4 written as IPv6 */
	if (fault != ADDRESS_ZONE && fault != ADDRESS_V4_MAPPED)
		judge_say_headscale(
			judge, finding, FOUND_VALUE,
			"hostname contains invalid IP address: hostname %q address %q",
			host->name.text, address);
}

void
judge_hosts(struct judge *judge)
{
	const struct policy *policy = judge->policy;

	for (size_t i = 0; i < policy->n_hosts; i++) {
		const struct host *host = &policy->hosts[i];
		struct text name = host->name.text;
		if (text_find(name, '@') < name.len &&
		    !judge_lets(judge, FEATURE_HOST_AT, host->name.span))
			judge_say(
				judge,
				judge_raise(judge, &CHECK_INVALID_NAME, host->name.span,
			                    "%s would be read as a user: a host's name "
			                    "has no @",
			                    judge_show(judge, name)),
				"host names cannot include an @, please change the name "
				"for %q",
				name, NO_TEXT);
		else if (text_find(name, ':') < name.len)
			judge_allow(judge, FEATURE_HOST_COLON, name, host->name.span);
		judge_host_address(judge, host);
	}
}

static void
judge_term(struct judge *judge, const struct posture_term *term)
{
	struct text text = term->word.text;
	struct assertion assertion;
	struct span where = term->word.span;
	const char *why;
	size_t at;

	if (term->good || assertion_parse(judge->scratch, text, &assertion, &at, &why))
		return;
	if (at < text.len)
		where = node_inner_span(judge->policy->tree, term->word.node, at,
		                        text.len);
	judge_raise(judge, &CHECK_INVALID_POSTURE, where, "%s: %s",
	            judge_show(judge, text), why);
}

void
judge_posture_definitions(struct judge *judge)
{
	const struct policy *policy = judge->policy;

	for (size_t i = 0; i < policy->n_postures; i++) {
		const struct posture *posture = &policy->postures[i];
		judge_prefix(judge, &posture->name, "posture:", "a posture");
		for (size_t k = 0; k < posture->n_terms; k++)
			judge_term(judge, &posture->terms[k]);
	}
	judge_postures(judge, &policy->default_src_posture);
}
