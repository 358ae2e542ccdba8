/* Who is named: groups and their members, people in rules. */
#include "policy/lint_pass.h"

#include <string.h>

#include "grammar/arena.h"
#include "policy/visit.h"

/* The members of a group in small letters, sorted: equal for equal groups. */
static struct text
group_sense(struct arena *arena, const struct group *group)
{
	size_t n = group->members.n, len = 0;
	struct text *members = arena_array(arena, n, sizeof(*members));
	char *sense, *at;

	for (size_t i = 0; i < n; i++) {
		members[i] = text_lower(arena, group->members.at[i].text);
		len += members[i].len + 1;
	}
	texts_sort(members, n);
	sense = at = arena_alloc(arena, len);
	for (size_t i = 0; i < n; i++) {
		memcpy(at, members[i].at, members[i].len);
		at += members[i].len;
		*at++ = '\n';
	}
	return (struct text) { sense, len };
}

static void
identical_groups(struct lint *lint)
{
	const struct policy *policy = lint->policy;
	struct arena scratch = { 0 };
	struct names senses = { .arena = &scratch };
	uint32_t *first = arena_array(&scratch, policy->n_groups, sizeof(*first));

	for (uint32_t i = 0; i < policy->n_groups; i++) {
		const struct group *group = &policy->groups[i];
		size_t known = senses.n;
		if (group->members.n < 2)
			continue;
		uint32_t number = names_add(&senses, group_sense(&scratch, group));
		if (number == known) {
			first[number] = i;
			continue;
		}
		const struct group *other = &policy->groups[first[number]];
		struct finding *finding =
			lint_raise(lint, &CHECK_IDENTICAL_GROUPS, group->name.span,
		                   "%s has the same members as %s",
		                   lint_show(lint, group->name.text),
		                   lint_show(lint, other->name.text));
		lint_note(lint, finding, other->name.span, "%s is defined here",
		          lint_show(lint, other->name.text));
	}
	arena_end(&scratch);
}

static void
member_again(struct lint *lint, const struct group *group, const struct selector *member,
             const struct selector *before)
{
	bool same = text_equal(member->text, before->text);
	struct finding *finding = lint_raise(lint, &CHECK_DUPLICATE_MEMBER, member->span,
	                                     same ? "%s is in %s already"
	                                          : "%s is in %s already, in other "
	                                            "letters",
	                                     lint_show(lint, member->text),
	                                     lint_show(lint, group->name.text));

	lint_note(lint, finding, before->span, "first named here");
	fix_drop(&lint->fixes,
	         lint_fix(lint, finding, same ? REPAIR_SAFE : REPAIR_UNSAFE),
	         node_at(lint->policy->tree, member->span.first));
}

static void
group_members(struct lint *lint, const struct group *group)
{
	struct arena scratch = { 0 };
	struct names seen = { .arena = &scratch };
	size_t *first = arena_array(&scratch, group->members.n, sizeof(*first));

	for (size_t i = 0; i < group->members.n; i++) {
		const struct selector *member = &group->members.at[i];
		size_t known = seen.n;
		uint32_t number = names_add(&seen, text_lower(&scratch, member->text));
		if (number == known)
			first[number] = i;
		else
			member_again(lint, group, member,
			             &group->members.at[first[number]]);
	}
	arena_end(&scratch);
	if (group->members.n == 1)
		lint_raise(lint, &CHECK_SINGLE_MEMBER_GROUP, group->name.span,
		           "%s has one member: without them, nobody has what it gives",
		           lint_show(lint, group->name.text));
}

/* Empty groups, and where they are named. */
struct emptiness {
	struct lint *lint;
	struct mention *first; /* by group; the first rule before other places */
};

static bool
is_test(enum position position)
{
	return position == POSITION_TEST_SRC || position == POSITION_TEST_DST ||
	       position == POSITION_SSH_TEST_DST;
}

static void
empty_visit(const struct mention *mention, void *context)
{
	struct emptiness *empty = context;
	const struct policy *policy = empty->lint->policy;
	uint32_t number =
		mention->selector->kind == SELECTOR_GROUP
			? names_find(&policy->group_names, mention->selector->text)
			: NAMES_NONE;

	if (number == NAMES_NONE || !policy->groups[number].members.list ||
	    policy->groups[number].members.n > 0 || is_test(mention->position))
		return;
	struct mention *first = &empty->first[number];
	if (!first->selector || (!first->grant && mention->grant))
		*first = *mention;
}

/* How many others stand in the list of a mention. */
static size_t
others_beside(const struct mention *mention)
{
	if (mention->destination)
		return mention->grant->dst.n - 1;
	if (mention->grant)
		return mention->grant->src.n - 1;
	if (!mention->ssh)
		return 1;
	return mention->position == POSITION_SSH_DST ? mention->ssh->dst.n - 1
	                                             : mention->ssh->src.n - 1;
}

static const char *
what_empty_does(const struct mention *mention)
{
	if (others_beside(mention) > 0)
		return "it adds nothing here";
	if (mention->ssh)
		return "this rule lets nobody in";
	return "this rule allows nothing";
}

static void
empty_raise(struct lint *lint, const struct group *group, const struct mention *mention)
{
	struct finding *finding =
		lint_raise(lint, &CHECK_EMPTY_GROUP, mention->selector->span,
	                   "%s has no members, so %s", lint_show(lint, group->name.text),
	                   what_empty_does(mention));
	const struct node *node;

	lint_note(lint, finding, group->name.span, "%s is defined here",
	          lint_show(lint, group->name.text));
	if (others_beside(mention) > 0)
		node = node_at(lint->policy->tree, mention->selector->span.first);
	else
		node = mention->ssh ? mention->ssh->node : mention->grant->node;
	fix_drop(&lint->fixes, lint_fix(lint, finding, REPAIR_UNSAFE), node);
}

static void
empty_groups(struct lint *lint)
{
	const struct policy *policy = lint->policy;
	struct emptiness empty = { .lint = lint };

	empty.first = arena_array(lint->arena, policy->n_groups, sizeof(*empty.first));
	selectors_visit(policy, empty_visit, &empty);
	for (size_t i = 0; i < policy->n_groups; i++)
		if (empty.first[i].selector)
			empty_raise(lint, &policy->groups[i], &empty.first[i]);
}

/* Users where they are first named in the file, tests aside. */
struct people {
	struct lint *lint;
	struct names logins;
	const struct selector **first; /* by number */
	size_t cap;
};

static void
people_visit(const struct mention *mention, void *context)
{
	struct people *people = context;
	const struct selector *selector = mention->selector;
	size_t known = people->logins.n;

	if (selector->kind != SELECTOR_USER || is_test(mention->position))
		return;
	uint32_t number = names_add(&people->logins, selector->text);
	if (number == known) {
		people->first = arena_grow(people->logins.arena, people->first, known,
		                           &people->cap, sizeof(struct selector *));
		people->first[number] = selector;
	}
	if (selector->span.first < people->first[number]->span.first)
		people->first[number] = selector;
}

static struct text
domain_of(struct arena *arena, struct text login)
{
	size_t at = text_find_last(login, '@');

	return text_lower(arena, text_from(login, at < login.len ? at + 1 : at));
}

/* A domain is a majority's when so many people, and so large a part of them,
 * have it. */
#define MAJORITY_LEAST 4
#define MAJORITY_NUM 3
#define MAJORITY_DEN 4

/* The domain that most people have, or an empty text. */
static struct text
majority_domain(struct arena *arena, const struct people *people)
{
	struct names domains = { .arena = arena };
	size_t n = people->logins.n, best = 0;
	size_t *counts = arena_array(arena, n, sizeof(*counts));
	struct text found = { NULL, 0 };

	for (size_t i = 0; i < n; i++) {
		uint32_t number =
			names_add(&domains, domain_of(arena, people->logins.texts[i]));
		if (++counts[number] > best) {
			best = counts[number];
			found = domains.texts[number];
		}
	}
	if (best < MAJORITY_LEAST || best * MAJORITY_DEN < n * MAJORITY_NUM)
		found.len = 0;
	return found;
}

static bool
domain_is_allowed(const struct words *allowed, struct text domain)
{
	for (size_t i = 0; i < allowed->n; i++)
		if (text_equal_fold(allowed->at[i].text, domain))
			return true;
	return false;
}

static void
external_members(struct lint *lint, const struct people *people)
{
	const struct words *allowed = &lint->settings->allowed_domains;
	struct arena scratch = { 0 };
	struct text majority = majority_domain(&scratch, people);

	for (size_t i = 0; i < people->logins.n; i++) {
		struct text login = people->logins.texts[i];
		struct text domain = domain_of(&scratch, login);
		if (allowed->n > 0 ? domain_is_allowed(allowed, domain)
		                   : majority.len == 0 || text_equal(domain, majority))
			continue;
		if (domain.len == 0)
			continue; /* headscale's name@, and its bare names */
		lint_raise(
			lint, &CHECK_EXTERNAL_MEMBER, people->first[i]->span,
			allowed->n > 0
				? "%s is of a domain that allowed-domains does not have"
				: "%s is of another domain than everybody else here",
			lint_show(lint, login));
	}
	arena_end(&scratch);
}

static void
departed_users(struct lint *lint, const struct people *people)
{
	const struct tailnet *real = lint_tailnet(lint);

	for (size_t i = 0; i < people->logins.n; i++)
		if (tailnet_user(real, people->logins.texts[i]) == USER_NONE)
			lint_raise(lint, &CHECK_DEPARTED_USER, people->first[i]->span,
			           "the inventory has no user %s: this is nobody",
			           lint_show(lint, people->logins.texts[i]));
}

/* Whether somebody is in the inventory and owns no machine without a tag. */
static bool
owns_nothing(const struct tailnet *real, const struct selector *selector)
{
	uint32_t user = selector->kind == SELECTOR_USER
	                        ? tailnet_user(real, selector->text)
	                        : USER_NONE;

	return user != USER_NONE && real->of_user[user]->n == 0;
}

bool
lint_is_of_tagged(struct lint *lint, const struct grant *grant)
{
	const struct tailnet *real = lint_tailnet(lint);

	for (size_t i = 0; i < grant->src.n; i++)
		if (!owns_nothing(real, &grant->src.at[i]))
			return false;
	return grant->src.n > 0;
}

/* Users in rules who have machines, but only tagged ones can be meant. */
static void
confused_users(struct lint *lint, const struct selectors *list)
{
	const struct tailnet *real = lint_tailnet(lint);

	for (size_t i = 0; i < list->n; i++) {
		const struct selector *selector = &list->at[i];
		if (!owns_nothing(real, selector))
			continue;
		lint_raise(lint, &CHECK_MEMBER_TAG_CONFUSION, selector->span,
		           "%s owns no machine without a tag, and one with a tag is "
		           "nobody's: name the tag if that is meant",
		           lint_show(lint, selector->text));
	}
}

/* The first person named in a list of sources or destinations. */
static const struct selector *
first_user(const struct grant *grant)
{
	for (size_t i = 0; i < grant->src.n; i++)
		if (grant->src.at[i].kind == SELECTOR_USER)
			return &grant->src.at[i];
	for (size_t i = 0; i < grant->dst.n; i++)
		if (grant->dst.at[i].selector.kind == SELECTOR_USER)
			return &grant->dst.at[i].selector;
	return NULL;
}

static void
users_in_rules(struct lint *lint)
{
	const struct policy *policy = lint->policy;

	for (size_t i = 0; i < policy->n_grants; i++) {
		const struct selector *user = first_user(&policy->grants[i]);
		if (user)
			lint_raise(lint, &CHECK_USER_IN_RULE, user->span,
			           "this rule names %s: it has to be found again when "
			           "people come and go; name a group",
			           lint_show(lint, user->text));
		if (lint_tailnet(lint))
			confused_users(lint, &policy->grants[i].src);
	}
}

/* Systems that people carry about. */
static bool
is_personal(struct text os)
{
	static const char *const systems[] = { "ios", "ipados", "android", "macos" };

	for (size_t i = 0; i < sizeof(systems) / sizeof(*systems); i++)
		if (text_equal_fold(os, text_of(systems[i])))
			return true;
	return false;
}

static void
tagged_devices(struct lint *lint, const struct tag *tag)
{
	const struct tailnet *real = lint_tailnet(lint);
	uint32_t number = names_find(&real->tags, tag->name.text);
	const struct machine *first = NULL;
	size_t n = 0;

	if (number == NAMES_NONE)
		return;
	for (uint32_t i = 0; i < real->of_tag[number]->n; i++) {
		const struct machine *machine =
			&real->machines[real->of_tag[number]->at[i]];
		if (!is_personal(machine->os))
			continue;
		first = first ? first : machine;
		n++;
	}
	if (n > 0)
		lint_raise(lint, &CHECK_TAGGED_USER_DEVICE, tag->name.span,
		           "%s is on %s (%.*s)%s: with a tag a device is nobody's, and "
		           "stays when its user leaves",
		           lint_show(lint, tag->name.text), lint_show(lint, first->name),
		           TEXT_ARG(first->os),
		           n > 1 ? lint_say(lint, " and %zu more like it", n - 1) : "");
}

void
lint_people(struct lint *lint)
{
	const struct policy *policy = lint->policy;
	const struct tailnet *real = lint_tailnet(lint);
	struct people people = { .lint = lint, .logins = { .arena = lint->arena } };

	for (size_t i = 0; i < policy->n_groups; i++)
		group_members(lint, &policy->groups[i]);
	identical_groups(lint);
	empty_groups(lint);
	selectors_visit(policy, people_visit, &people);
	external_members(lint, &people);
	users_in_rules(lint);
	if (real)
		departed_users(lint, &people);
	for (size_t i = 0; real && i < policy->n_tags; i++)
		tagged_devices(lint, &policy->tags[i]);
}
