/* Rules, and elements of them, that could go without a change. */
#include "policy/lint_pass.h"

#include <string.h>

#include "grammar/arena.h"
#include "policy/cut.h"

/* So many rules of a cover are named. */
#define COVER_TOLD 5

static bool
is_mutual(const struct cut_cover *covers, const struct policy *policy,
          const struct grant *grant, const struct grant *other)
{
	const struct cut_cover *cover = &covers[other - policy->grants];

	return cover->covered && cover->n_by == 1 && cover->by[0] == grant;
}

/* Which check a rule without use comes under. */
static const struct check *
spare_check(const struct cut_cover *covers, const struct policy *policy,
            const struct grant *grant, const struct cut_cover *cover)
{
	if (cover->n_by != 1)
		return &CHECK_REDUNDANT_RULE;
	if (grant->section == SECTION_ACLS && cover->by[0]->section == SECTION_GRANTS)
		return &CHECK_ACL_GRANT_DUPLICATE;
	return is_mutual(covers, policy, grant, cover->by[0]) ? &CHECK_DUPLICATE_RULE
	                                                      : &CHECK_SUBSUMED_RULE;
}

/* "3 other rules", of a cover. */
static const char *
others_said(struct lint *lint, const struct cut_cover *cover)
{
	return lint_say(lint, "%s%zu other rules", cover->more ? "more than " : "",
	                cover->n_by);
}

static const char *
spare_sentence(struct lint *lint, const struct check *check,
               const struct cut_cover *cover)
{
	const char *other = grant_name(lint, cover->by[0]);

	if (check == &CHECK_DUPLICATE_RULE)
		return lint_say(lint, "this allows exactly what %s allows; it can go",
		                other);
	if (check == &CHECK_REDUNDANT_RULE)
		return lint_say(lint, "%s together allow all that this allows; it can go",
		                others_said(lint, cover));
	return lint_say(lint, "%s allows all that this allows; it can go", other);
}

/* Whether a rule is needless only beside one that lets everybody reach
 * everything: then that one should go. */
static bool
is_drowned(const struct lint *lint, const struct cut_cover *cover)
{
	for (size_t i = 0; i < cover->n_by; i++)
		if (lint->everything[cover->by[i] - lint->policy->grants])
			return true;
	return false;
}

/* What a rule names on one side. */
struct named {
	struct names words;
	bool members; /* all of them are among it */
};

static void
named_add(struct named *named, const struct selector *selector)
{
	names_add(&named->words, selector->text);
	named->members |= lint_is_members(selector);
}

/* Whether a guest is taken in for a member, and not by name too. */
static bool
takes_for_member(const struct named *named, const struct selector *selector)
{
	return named->members && names_find(&named->words, selector->text) == NAMES_NONE;
}

/* Whether some of the sources may be guests: autogroup:self is their own then. */
static bool
guests_may_ask(const struct grant *grant)
{
	for (size_t i = 0; i < grant->src.n; i++)
		if (lint_may_be_guests(&grant->src.at[i]) ||
		    grant->src.at[i].kind == SELECTOR_ANY ||
		    (grant->src.at[i].kind == SELECTOR_AUTOGROUP &&
		     grant->src.at[i].autogroup == AUTOGROUP_DANGER_ALL))
			return true;
	return false;
}

/* What a rule names; put together once, when first asked. */
struct sides {
	bool known;
	struct named src, dst;
};

static const struct sides *
sides_of(struct lint *lint, struct sides *sides, const struct grant *grant)
{
	struct sides *of = &sides[grant - lint->policy->grants];

	if (of->known)
		return of;
	of->known = true;
	of->src.words.arena = of->dst.words.arena = lint->arena;
	for (size_t i = 0; i < grant->src.n; i++)
		named_add(&of->src, &grant->src.at[i]);
	for (size_t i = 0; i < grant->dst.n; i++)
		named_add(&of->dst, &grant->dst.at[i].selector);
	return of;
}

/* Whether a rule is covered by another one only if nobody whom it names is a guest. */
static bool
guests_lose(const struct grant *grant, const struct sides *other)
{
	bool own = guests_may_ask(grant), lose = false;

	for (size_t i = 0; i < grant->src.n; i++)
		lose |= lint_may_be_guests(&grant->src.at[i]) &&
		        takes_for_member(&other->src, &grant->src.at[i]);
	for (size_t i = 0; i < grant->dst.n; i++) {
		const struct selector *selector = &grant->dst.at[i].selector;
		bool self = selector->kind == SELECTOR_AUTOGROUP &&
		            selector->autogroup == AUTOGROUP_SELF;
		lose |= (self ? own : lint_may_be_guests(selector)) &&
		        takes_for_member(&other->dst, selector);
	}
	return lose;
}

static bool
guests_lose_by(struct lint *lint, struct sides *sides, const struct cut_cover *cover,
               const struct grant *grant)
{
	for (size_t i = 0; i < cover->n_by; i++)
		if (guests_lose(grant, sides_of(lint, sides, cover->by[i])))
			return true;
	return false;
}

static void
spare_rule(struct lint *lint, const struct cut_cover *covers, struct sides *sides,
           const struct grant *grant)
{
	const struct policy *policy = lint->policy;
	const struct cut_cover *cover = &covers[grant - policy->grants];
	const struct check *check = spare_check(covers, policy, grant, cover);
	struct finding *finding = lint_raise(lint, check, lint_opening(grant->node), "%s",
	                                     spare_sentence(lint, check, cover));

	for (size_t i = 0; i < cover->n_by && i < COVER_TOLD; i++)
		lint_note(lint, finding, lint_opening(cover->by[i]->node),
		          cover->n_by == 1 ? "%s is here" : "%s is one of them",
		          grant_name(lint, cover->by[i]));
	enum repair repair = lint_guests(lint, finding, lint_opening(grant->node),
	                                 guests_lose_by(lint, sides, cover, grant));
	fix_drop(&lint->fixes, lint_fix(lint, finding, repair), grant->node);
}

static bool
is_empty_ipset(const struct policy *policy, const struct selector *selector)
{
	const struct ipset *ipset = selector->kind == SELECTOR_IPSET
	                                    ? policy_ipset(policy, selector->text)
	                                    : NULL;

	return ipset && ipset->ranges.n == 0;
}

/* Whether a rule is empty for a reason that is told where it lies. */
static bool
emptiness_is_told(const struct lint *lint, const struct grant *grant)
{
	const struct policy *policy = lint->policy;

	for (size_t i = 0; i < grant->src.n; i++)
		if (lint_is_empty_group(lint, &grant->src.at[i]) ||
		    is_empty_ipset(policy, &grant->src.at[i]))
			return true;
	for (size_t i = 0; i < grant->dst.n; i++)
		if (lint_is_empty_group(lint, &grant->dst.at[i].selector) ||
		    is_empty_ipset(policy, &grant->dst.at[i].selector))
			return true;
	return false;
}

static void
empty_rule(struct lint *lint, const struct grant *grant)
{
	const char *why = "nobody and nothing that it names go together";

	if (emptiness_is_told(lint, grant))
		return;
	if (grant->src.n == 0)
		why = "it has no src";
	else if (grant->dst.n == 0)
		why = "it has no dst";
	lint_raise(lint, &CHECK_MATCHES_NOTHING, lint_opening(grant->node),
	           "this rule allows nothing: %s", why);
}

/* Whether a cover has rules that were told to go themselves. */
static bool
uses_spare(const struct lint *lint, const struct cut_cover *cover, const bool *spare)
{
	for (size_t i = 0; i < cover->n_by; i++)
		if (spare[cover->by[i] - lint->policy->grants])
			return true;
	return false;
}

/* Whether the inventory tells all that a rule names. */
static bool
is_told(const struct lint *lint, const struct grant *grant)
{
	const struct tailnet *t = lint->real->tailnet;
	bool told = true;

	for (size_t i = 0; i < grant->src.n; i++)
		told = told && tailnet_tells(t, &grant->src.at[i]);
	for (size_t i = 0; i < grant->dst.n; i++)
		told = told && tailnet_tells(t, &grant->dst.at[i].selector);
	return told;
}

/* What an inventory shows of rules that are of use in general. */
static void
real_rule(struct lint *lint, const struct grant *grant, const struct cut_cover *cover,
          const bool *spare)
{
	struct finding *finding;

	if (cover->empty) {
		if (lint_is_of_tagged(lint, grant) || !is_told(lint, grant))
			return;
		lint_raise(lint, &CHECK_MATCHES_NO_DEVICE, lint_opening(grant->node),
		           "no machine of the inventory is concerned by this rule");
	} else if (cover->covered && cover->n_by > 0 && !uses_spare(lint, cover, spare)) {
		finding = lint_raise(
			lint, &CHECK_REDUNDANT_ONLY_WITH_INVENTORY,
			lint_opening(grant->node),
			"for the machines there are today %s, so that this rule adds "
			"nothing; that may change with the next machine",
			cover->n_by == 1 ? lint_say(lint, "%s allows all of this",
		                                    grant_name(lint, cover->by[0]))
					 : lint_say(lint, "%s allow all of this",
		                                    others_said(lint, cover)));
		lint_note(lint, finding, lint_opening(cover->by[0]->node), "%s is here",
		          grant_name(lint, cover->by[0]));
	}
}

static void
sources_judge(struct lint *lint, struct arena *scratch, const struct selectors *src)
{
	static const struct ports all = { 0, 65535 };
	struct list_element *elements = arena_array(scratch, src->n, sizeof(*elements));

	for (size_t i = 0; i < src->n; i++)
		elements[i] = (struct list_element) { &src->at[i], src->at[i].text, &all,
			                              1, src->at[i].span };
	lint_list(lint, elements, src->n, false, false);
}

static void
destinations_judge(struct lint *lint, struct arena *scratch, const struct grant *grant)
{
	static const struct ports all = { 0, 65535 };
	const struct destinations *dst = &grant->dst;
	bool acl = grant->section == SECTION_ACLS;
	struct list_element *elements = arena_array(scratch, dst->n, sizeof(*elements));

	for (size_t i = 0; i < dst->n; i++)
		elements[i] = (struct list_element) { &dst->at[i].selector,
			                              dst->at[i].word.text,
			                              acl ? dst->at[i].ports : &all,
			                              acl ? dst->at[i].n_ports : 1,
			                              dst->at[i].word.span };
	lint_list(lint, elements, dst->n, true, guests_may_ask(grant));
}

/* Rules alike but for one list, by what they have in common. */
struct alike {
	struct names lists; /* by their elements: what is the same has one number */
	struct names keys;
	const struct grant **first; /* by number */
	size_t cap;
};

/* Whether a comment stands behind a node, on the line where that ends. */
static bool
is_behind(struct lint *lint, const struct comment *comment, const struct node *node)
{
	struct source *source = lint->policy->source;

	return !comment->own_line && source_place(source, comment->span.first).line ==
	                                     source_place(source, node->span.end).line;
}

/* Whether a comment stands before a node, in it, or behind it on its line: reasons
 * to keep it apart. */
static bool
has_comment(struct lint *lint, const struct node *node)
{
	const struct comments *comments = fixes_comments(&lint->fixes);
	size_t low = 0, high = comments->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (comments->at[middle].span.first < node->span.first)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < comments->n && (comments->at[low].span.first < node->span.end ||
	                          is_behind(lint, &comments->at[low], node)))
		return true;
	return low > 0 && comments->at[low - 1].about.first == node->span.first;
}

/* The elements of a list in one order, a line each. */
static struct text
list_key(struct arena *arena, const struct tree *tree, const struct node *list)
{
	struct text *texts, key = { NULL, 0 };
	size_t n = 0, len = 0;
	char *bytes;

	if (!list || list->kind != HUJSON_ARRAY)
		return list ? hujson_minimize(arena, tree, list) : key;
	texts = arena_array(arena, list->count, sizeof(*texts));
	for (const struct node *e = node_first(list); e != node_end(list);
	     e = node_next(e)) {
		texts[n] = node_raw(tree, e);
		len += texts[n++].len + 1;
	}
	texts_sort(texts, n);
	key.at = bytes = arena_bytes(arena, len);
	for (size_t i = 0; i < n; i++) {
		memcpy(bytes, texts[i].at, texts[i].len);
		bytes[texts[i].len] = '\n';
		bytes += texts[i].len + 1;
	}
	key.len = len;
	return key;
}

static uint32_t
list_number(struct lint *lint, struct alike *alike, const struct node *list)
{
	return names_add(&alike->lists,
	                 list_key(alike->lists.arena, lint->policy->tree, list));
}

/* The lists of a rule, and what else makes it what it is. */
struct traits {
	uint32_t section, protocol, src, dst, ip, via, posture, app;
};

static struct traits
traits_of(struct lint *lint, struct alike *alike, const struct grant *grant)
{
	const struct words *postures =
		postures_in_force(lint->policy, &grant->src_posture);

	return (struct traits) {
		.section = grant->section,
		.protocol = grant->section == SECTION_ACLS
		                    ? (uint32_t)grant->ip[0].protocol
		                    : 0,
		.src = list_number(lint, alike, grant->src.list),
		.dst = list_number(lint, alike, grant->dst.list),
		.ip = list_number(lint, alike, grant->ip_list),
		.via = list_number(lint, alike, grant->via.list),
		.posture = list_number(lint, alike, postures ? postures->list : NULL),
		.app = list_number(lint, alike, grant->app_object),
	};
}

#define ANY_LIST UINT32_MAX

/* All of a rule but one of its lists. */
static struct text
rule_key(struct arena *arena, struct traits traits, bool but_src)
{
	if (but_src)
		traits.src = ANY_LIST;
	else
		traits.dst = ANY_LIST;
	return (struct text) { arena_copy(arena, (const char *)&traits, sizeof(traits)),
		               sizeof(traits) };
}

/* The raw elements of a list, as they stand. */
static const struct text *
raw_elements(struct lint *lint, const struct node *list, size_t *n)
{
	struct text *texts = arena_array(lint->arena, list->count, sizeof(*texts));

	*n = 0;
	for (const struct node *e = node_first(list); e != node_end(list);
	     e = node_next(e))
		texts[(*n)++] = node_raw(lint->policy->tree, e);
	return texts;
}

static void
merge_raise(struct lint *lint, const struct grant *grant, const struct grant *first,
            bool but_src)
{
	const struct node *from = but_src ? grant->src.list : grant->dst.list;
	const struct node *to = but_src ? first->src.list : first->dst.list;
	struct finding *finding =
		lint_raise(lint, &CHECK_MERGEABLE_RULES, lint_opening(grant->node),
	                   "this rule and %s differ in their %s alone: they could be one",
	                   grant_name(lint, first), but_src ? "src" : "dst");
	struct fix *fix = lint_fix(lint, finding, REPAIR_SAFE);
	size_t n;
	const struct text *elements = raw_elements(lint, from, &n);

	lint_note(lint, finding, lint_opening(first->node), "%s is here",
	          grant_name(lint, first));
	fix_append(&lint->fixes, fix, to, elements, n);
	fix_drop(&lint->fixes, fix, grant->node);
}

/* The first rule of that key, or NULL; then it is this one. */
static const struct grant *
alike_first(struct alike *alike, struct text key, const struct grant *grant)
{
	size_t known = alike->keys.n;
	uint32_t number = names_add(&alike->keys, key);

	if (number < known)
		return alike->first[number];
	alike->first = arena_grow(alike->keys.arena, alike->first, known, &alike->cap,
	                          sizeof(struct grant *));
	alike->first[number] = grant;
	return NULL;
}

static void
merge_judge(struct lint *lint, struct alike *alike, const struct grant *grant)
{
	struct traits traits = traits_of(lint, alike, grant);

	for (int but_src = 0; but_src < 2; but_src++) {
		const struct grant *first =
			alike_first(alike, rule_key(alike->keys.arena, traits, but_src),
		                    grant);
		if (!first || has_comment(lint, grant->node))
			continue;
		merge_raise(lint, grant, first, but_src);
		return;
	}
}

void
lint_alike(struct lint *lint)
{
	const struct policy *policy = lint->policy;
	struct arena scratch = { 0 };
	struct alike alike = { .lists.arena = &scratch, .keys.arena = &scratch };

	for (size_t i = 0; i < policy->n_grants; i++) {
		const struct grant *grant = &policy->grants[i];
		if (!lint->needed[i])
			continue;
		sources_judge(lint, &scratch, &grant->src);
		destinations_judge(lint, &scratch, grant);
		merge_judge(lint, &alike, grant);
	}
	arena_end(&scratch);
}

void
lint_dead(struct lint *lint)
{
	const struct policy *policy = lint->policy;
	const struct cut_cover *covers = cut_grants(lint->cut, 0);
	const struct cut_cover *real = lint->real ? cut_grants(lint->real_cut, 0) : NULL;
	const bool *spare = cut_spare(lint->cut, 0, covers);
	struct arena scratch = { 0 };
	struct sides *sides = arena_array(&scratch, policy->n_grants, sizeof(*sides));

	lint->needed = arena_array(lint->arena, policy->n_grants, sizeof(bool));
	for (size_t i = 0; i < policy->n_grants; i++) {
		const struct grant *grant = &policy->grants[i];
		if (covers[i].empty) {
			empty_rule(lint, grant);
		} else if (spare[i] && covers[i].n_by > 0) {
			if (!is_drowned(lint, &covers[i]))
				spare_rule(lint, covers, sides, grant);
		} else {
			lint->needed[i] = true;
			if (real)
				real_rule(lint, grant, &real[i], spare);
		}
	}
	arena_end(&scratch);
}
