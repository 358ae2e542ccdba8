#include "policy/validate.h"

#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"
#include "grammar/rune.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

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

static void
judge_tag_name(struct judge *judge, const struct tag *tag)
{
	const char *words = tag_fault(tag->name.text);
	struct finding *finding = judge_prefix(judge, &tag->name, "tag:", "a tag");

	if (!words)
		return;
	if (!finding)
		finding = judge_raise(judge, &CHECK_INVALID_TAG_NAME, tag->name.span,
		                      "%s: %s", judge_show(judge, tag->name.text),
		                      tag_name_fault(judge, text_from(tag->name.text,
		                                                      strlen("tag:"))));
	judge_say(judge, finding, "tagOwners[%q]: %s", tag->name.text, text_of(words));
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
judge_member(struct judge *judge, const struct group *group,
             const struct selector *member)
{
	const char *shown = judge_show(judge, member->text);
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
	if (position_takes(POSITION_MEMBER, member))
		return;
	if (member->kind != SELECTOR_HOST && member->kind != SELECTOR_INVALID) {
		finding = judge_raise(judge, &CHECK_MIXED_SELECTOR_KIND, member->span,
		                      "%s is %s, and a group has users only", shown,
		                      selector_kind_name(member->kind));
	} else {
		finding = judge_raise(judge, &CHECK_INVALID_USER, member->span,
		                      "%s is no user: users are written name@domain",
		                      shown);
	}
	/* what the coordinator said of them in 2021 */
	if (text_find(member->text, '@') == member->text.len)
		judge_say(judge, finding,
		          "invalid username: %q: needs '@domain' or 'group:' or 'role:'",
		          member->text, NO_TEXT);
}

static void
judge_group(struct judge *judge, const struct group *group)
{
	if (!judge_prefix(judge, &group->name, "group:", "a group") &&
	    text_find(group->name.text, '@') < group->name.text.len)
		/* [docs] */
		judge_raise(judge, &CHECK_INVALID_NAME, group->name.span,
		            "%s comes from the identity provider, so it cannot be "
		            "defined here",
		            judge_show(judge, group->name.text));
	for (size_t i = 0; i < group->members.n; i++)
		judge_member(judge, group, &group->members.at[i]);
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

void
judge_hosts(struct judge *judge)
{
	const struct policy *policy = judge->policy;

	for (size_t i = 0; i < policy->n_hosts; i++) {
		const struct host *host = &policy->hosts[i];
		struct text name = host->name.text;
		struct range range;
		enum address_fault fault =
			prefix_parse(host->address.text, &range, NULL, NULL);
		if (text_find(name, '@') < name.len)
			judge_say(
				judge,
				judge_raise(judge, &CHECK_INVALID_NAME, host->name.span,
			                    "%s would be read as a user: a host's name "
			                    "has no @",
			                    judge_show(judge, name)),
				"host names cannot include an @, please change the name "
				"for %q",
				name, NO_TEXT);
		if (host->address.node && (!host->good || fault == ADDRESS_V4_MAPPED))
			judge_raise_address(judge, host->address.text, fault,
			                    host->address.span);
	}
}

/* Raises a step of an ipset whose target is none. */
static void
judge_bad_step(struct judge *judge, const struct ipset_step *step)
{
	const struct selector *target = &step->target;
	struct text text = target->text;
	size_t blank = text_find(text, ' ');
	struct text verb = { text.at, blank };

	if (text.len == 0 || text_is(text, "add") || text_is(text, "remove"))
		judge_raise(judge, &CHECK_INVALID_IPSET, step->span,
		            "there is nothing to %s",
		            text_is(text, "remove") ? "remove" : "add");
	else if (blank < text.len)
		judge_raise(judge, &CHECK_INVALID_IPSET, target->span,
		            "%s is not add or remove: an entry is one of these and an "
		            "address, a range, host:name or ipset:name",
		            judge_show(judge, verb));
	else
		judge_selector(judge, target, POSITION_STEP);
}

static void
judge_step(struct judge *judge, const struct ipset_step *step)
{
	const struct selector *target = &step->target;
	bool bare_host = target->kind == SELECTOR_HOST && !target->prefixed;

	if (target->kind == SELECTOR_INVALID ||
	    (bare_host && !policy_host(judge->policy, target->name))) {
		judge_bad_step(judge, step);
	} else if (bare_host) {
		struct finding *finding = judge_raise(
			judge, &CHECK_MISSING_PREFIX, target->span,
			"an ipset names a host with its prefix: write host:%s",
			judge_show(judge, target->name));
		judge_refuse(judge, finding);
	} else {
		judge_selector(judge, target, POSITION_STEP);
	}
}

/* The verb may be left out only where nothing is removed. */
static void
judge_verbs(struct judge *judge, const struct ipset *set)
{
	const struct ipset_step *remove = NULL;

	for (size_t i = 0; i < set->n_steps && !remove; i++)
		if (set->steps[i].remove)
			remove = &set->steps[i];
	for (size_t i = 0; i < set->n_steps && remove; i++) {
		const struct ipset_step *step = &set->steps[i];
		if (step->worded || step->target.kind == SELECTOR_INVALID)
			continue;
		struct finding *finding =
			judge_raise(judge, &CHECK_INVALID_IPSET, step->span,
		                    "%s needs its verb, as others of this ipset are "
		                    "removed: write add %s",
		                    judge_show(judge, step->target.text),
		                    judge_show(judge, step->target.text));
		judge_note(judge, finding, remove->span, "removed here");
		return;
	}
}

/* Where the walk through ipsets stands at each of them. */
struct walk {
	enum { WALK_NEW, WALK_OPEN, WALK_DONE } state;
	size_t next; /* step */
};

/* Follows a set's references depth first; raises those that lead back. */
static void
judge_cycles_from(struct judge *judge, size_t start, struct walk *walks, size_t *stack)
{
	const struct policy *policy = judge->policy;
	size_t depth = 1;

	stack[0] = start;
	walks[start].state = WALK_OPEN;
	while (depth > 0) {
		size_t at = stack[depth - 1];
		const struct ipset *set = &policy->ipsets[at];
		if (walks[at].next == set->n_steps) {
			walks[at].state = WALK_DONE;
			depth--;
			continue;
		}
		const struct selector *target = &set->steps[walks[at].next++].target;
		const struct ipset *inner = target->kind == SELECTOR_IPSET
		                                    ? policy_ipset(policy, target->text)
		                                    : NULL;
		size_t to = inner ? (size_t)(inner - policy->ipsets) : 0;
		if (inner && walks[to].state == WALK_NEW) {
			walks[to].state = WALK_OPEN;
			stack[depth++] = to;
		} else if (inner && walks[to].state == WALK_OPEN) {
			struct finding *finding = judge_raise(
				judge, &CHECK_INVALID_IPSET, target->span,
				inner == set ? "%s is made from itself"
					     : "%s is made from this one, so neither "
					       "can be worked out",
				judge_show(judge, target->text));
			judge_note(judge, finding, inner->name.span, "%s is defined here",
			           judge_show(judge, target->text));
		}
	}
}

static void
judge_cycles(struct judge *judge)
{
	size_t n = judge->policy->n_ipsets;
	struct walk *walks = arena_array(judge->scratch, n, sizeof(*walks));
	size_t *stack = arena_array(judge->scratch, n, sizeof(*stack));

	for (size_t i = 0; i < n; i++)
		if (walks[i].state == WALK_NEW)
			judge_cycles_from(judge, i, walks, stack);
}

/* [docs]: no capture has ipsets. */
void
judge_ipsets(struct judge *judge)
{
	const struct policy *policy = judge->policy;

	for (size_t i = 0; i < policy->n_ipsets; i++) {
		const struct ipset *set = &policy->ipsets[i];
		judge_prefix(judge, &set->name, "ipset:", "an ipset");
		for (size_t k = 0; k < set->n_steps; k++)
			judge_step(judge, &set->steps[k]);
		judge_verbs(judge, set);
	}
	judge_cycles(judge);
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

#define V4(a, b, c, d)                                                                   \
	{                                                                                \
		LINE_IPV4, 0,                                                            \
			(uint64_t)(a) << 24 | (uint64_t)(b) << 16 | (uint64_t)(c) << 8 | \
				(d)                                                      \
	}

static const struct range pool_whole = { V4(100, 64, 0, 0), V4(100, 127, 255, 255) };

static const struct range pool_reserved[] = {
	{ V4(100, 100, 0, 0), V4(100, 100, 0, 255) },
	{ V4(100, 100, 100, 0), V4(100, 100, 100, 255) },
	{ V4(100, 115, 92, 0), V4(100, 115, 93, 255) },
};

/* spec/policy-syntax.md section 9. */
static void
judge_pool(struct judge *judge, const struct word *pool)
{
	const char *shown = judge_show(judge, pool->text);
	struct range range;
	enum address_fault fault = prefix_parse(pool->text, &range, NULL, NULL);

	if (fault != ADDRESS_FINE && fault != ADDRESS_HOST_BITS) {
		judge_raise_address(judge, pool->text, fault, pool->span);
		return;
	}
	if (!range_covers(pool_whole, range)) {
		judge_raise(judge, &CHECK_IP_POOL_INVALID, pool->span,
		            "%s does not lie within 100.64.0.0/10, from which machines "
		            "get their addresses",
		            shown);
		return;
	}
	for (size_t i = 0; i < COUNT(pool_reserved); i++) {
		char reserved[RANGE_TEXT_MAX];
		if (!range_covers(pool_reserved[i], range))
			continue;
		range_write(pool_reserved[i], reserved);
		judge_say(judge,
		          judge_raise(judge, &CHECK_IP_POOL_INVALID, pool->span,
		                      "%s lies within %s, which is reserved", shown,
		                      reserved),
		          "IPPool(%s): network within reserved range", pool->text,
		          NO_TEXT);
	}
}

void
judge_node_attrs(struct judge *judge)
{
	const struct policy *policy = judge->policy;

	for (size_t i = 0; i < policy->n_node_attrs; i++) {
		const struct node_attr *attr = &policy->node_attrs[i];
		for (size_t k = 0; k < attr->ip_pool.n; k++)
			judge_pool(judge, &attr->ip_pool.at[k]);
		judge_selectors(judge, &attr->target, POSITION_TARGET);
	}
}

static void
judge_route(struct judge *judge, const struct approver *approver)
{
	struct text route = approver->route.text;
	struct range range;
	bool bare = false;
	enum address_fault fault = prefix_parse(route, &range, NULL, &bare);

	if (fault == ADDRESS_FINE && bare)
		judge_raise(judge, &CHECK_INVALID_ADDRESS, approver->route.span,
		            "%s is an address, and routes are prefixes: write %s/%d",
		            judge_show(judge, route), judge_show(judge, route),
		            range.first.line == LINE_IPV4 ? 32 : 128);
	else if (!approver->good || fault == ADDRESS_V4_MAPPED)
		judge_raise_address(judge, route, fault, approver->route.span);
}

static void
judge_service(struct judge *judge, const struct word *service)
{
	struct selector selector = selector_parse(service->text);
	const char *fault;

	selector.span = service->span;
	if (selector.kind == SELECTOR_TAG) {
		judge_selector(judge, &selector, POSITION_HOSTER);
		return;
	}
	fault = service_name_fault(service->text);
	if (fault)
		judge_say(judge,
		          judge_raise(judge, &CHECK_INVALID_NAME, service->span,
		                      "%s is no service: its name %s",
		                      judge_show(judge, service->text), fault),
		          "%q is not a valid service name: %s", service->text,
		          text_of(fault));
}

void
judge_auto_approvers(struct judge *judge)
{
	const struct policy *policy = judge->policy;

	for (size_t i = 0; i < policy->n_approvers; i++) {
		judge_route(judge, &policy->approvers[i]);
		judge_selectors(judge, &policy->approvers[i].by, POSITION_APPROVER);
	}
	judge_selectors(judge, &policy->exit_node, POSITION_APPROVER);
	for (size_t i = 0; i < policy->n_service_approvers; i++) {
		judge_service(judge, &policy->service_approvers[i].service);
		judge_selectors(judge, &policy->service_approvers[i].by, POSITION_HOSTER);
	}
}

/* Raises a word that is none of a list, which ends in NULL. "" is left out. */
static void
judge_choice(struct judge *judge, const struct word *word, const char *field,
             const char *const *choices)
{
	struct text_nearest nearest = text_nearest_start(word->text);
	const char *list = choices[0];

	if (word->text.len == 0 || word_is_told(word))
		return;
	for (size_t i = 0; choices[i]; i++) {
		if (text_is(word->text, choices[i]))
			return;
		text_nearest_offer(&nearest, text_of(choices[i]));
		if (i > 0)
			list = arena_format(judge->arena, "%s%s%s", list,
			                    choices[i + 1] ? ", " : " or ", choices[i]);
	}
	if (nearest.best.len > 0)
		judge_raise(judge, &CHECK_INVALID_VALUE, word->span,
		            "%s is no value for %s; did you mean %.*s?",
		            judge_show(judge, word->text), field, TEXT_ARG(nearest.best));
	else
		judge_raise(judge, &CHECK_INVALID_VALUE, word->span,
		            "%s is no value for %s, which takes %s",
		            judge_show(judge, word->text), field, list);
}

void
judge_attr_config(struct judge *judge)
{
	static const char *const types[] = { "string", "bool", "number", NULL };
	const struct policy *policy = judge->policy;

	for (size_t i = 0; i < policy->n_attr_configs; i++) {
		const struct attr_config *config = &policy->attr_configs[i];
		judge_choice(judge, &config->type, "type", types);
		judge_selectors(judge, &config->broadcast_to_peers, POSITION_PEER);
	}
}

/* [inferred] */
void
judge_options(struct judge *judge)
{
	static const char *const routes[] = { "mac-always", "mac-never", NULL };

	judge_choice(judge, &judge->policy->one_cgnat_route, "OneCGNATRoute", routes);
}
