/* What is defined and what is named: groups, tags, hosts, ipsets, postures. */
#include "policy/lint_pass.h"

#include "grammar/arena.h"
#include "policy/visit.h"

/* A sort of names, and its checks. */
static const struct sort_look {
	enum naming_kind naming;
	enum section section;
	const struct check *undefined, *unused;
	const char *what_follows;
} sorts[NAMING_N] = {
	[NAMING_TAG] = { NAMING_TAG, SECTION_TAG_OWNERS, &CHECK_UNDEFINED_TAG,
	                 &CHECK_UNUSED_TAG,
	                 "no rule is about the machines that have it" },
	[NAMING_GROUP] = { NAMING_GROUP, SECTION_GROUPS, &CHECK_UNDEFINED_GROUP,
	                   &CHECK_UNUSED_GROUP,
	                   "its members get nothing by it: a rule is missing, or the "
	                   "group is left over" },
	[NAMING_HOST] = { NAMING_HOST, SECTION_HOSTS, &CHECK_UNDEFINED_HOST,
	                  &CHECK_UNUSED_HOST, "it can go" },
	[NAMING_IPSET] = { NAMING_IPSET, SECTION_IPSETS, &CHECK_UNDEFINED_IPSET,
	                   &CHECK_UNUSED_IPSET, "it can go" },
	[NAMING_POSTURE] = { NAMING_POSTURE, SECTION_POSTURES, &CHECK_UNDEFINED_POSTURE,
	                     &CHECK_UNUSED_POSTURE, "no device is asked for it" },
};

static const struct names *
names_of(const struct policy *policy, enum naming_kind kind)
{
	switch (kind) {
	case NAMING_TAG:
		return &policy->tag_names;
	case NAMING_GROUP:
		return &policy->group_names;
	case NAMING_HOST:
		return &policy->host_names;
	case NAMING_IPSET:
		return &policy->ipset_names;
	case NAMING_POSTURE:
	case NAMING_N:
		break;
	}
	return &policy->posture_names;
}

/* The name as its definition gives it. */
static const struct word *
definition(const struct policy *policy, enum naming_kind kind, size_t i)
{
	switch (kind) {
	case NAMING_TAG:
		return &policy->tags[i].name;
	case NAMING_GROUP:
		return &policy->groups[i].name;
	case NAMING_HOST:
		return &policy->hosts[i].name;
	case NAMING_IPSET:
		return &policy->ipsets[i].name;
	case NAMING_POSTURE:
	case NAMING_N:
		break;
	}
	return &policy->postures[i].name;
}

/* Which definitions something names. */
struct uses {
	const struct policy *policy;
	bool *used[NAMING_N]; /* by number */
};

static void
use(struct uses *uses, enum naming_kind kind, struct text name)
{
	uint32_t number = names_find(names_of(uses->policy, kind), name);

	if (number != NAMES_NONE)
		uses->used[kind][number] = true;
}

static void
use_visit(const struct mention *mention, void *context)
{
	struct uses *uses = context;
	const struct selector *selector = mention->selector;
	bool own = mention->tag && text_equal(mention->tag->name.text, selector->text);

	if (selector->kind == SELECTOR_TAG && !own)
		use(uses, NAMING_TAG, selector->text);
	else if (selector->kind == SELECTOR_GROUP)
		use(uses, NAMING_GROUP, selector->text);
	else if (selector->kind == SELECTOR_HOST)
		use(uses, NAMING_HOST, selector->name);
	else if (selector->kind == SELECTOR_IPSET)
		use(uses, NAMING_IPSET, selector->text);
}

static void
use_postures(struct uses *uses, const struct words *words)
{
	for (size_t i = 0; i < words->n; i++)
		use(uses, NAMING_POSTURE, words->at[i].text);
}

/* Names may stand in the values of app capabilities: recorders, connectors. */
static void
use_values(struct uses *uses, struct arena *arena, const struct capability *app, size_t n)
{
	const struct tree *tree = uses->policy->tree;

	for (size_t i = 0; i < n; i++) {
		const struct node *end = node_end(app[i].values);
		for (const struct node *node = app[i].values; node < end; node++) {
			if (node->kind != HUJSON_STRING)
				continue;
			struct text text = node_text(arena, tree, node);
			use(uses, NAMING_TAG, text);
			use(uses, NAMING_GROUP, text);
		}
	}
}

static void
uses_find(struct uses *uses, struct arena *arena)
{
	const struct policy *policy = uses->policy;

	for (enum naming_kind kind = 0; kind < NAMING_N; kind++)
		uses->used[kind] =
			arena_array(arena, names_of(policy, kind)->n, sizeof(bool));
	selectors_visit(policy, use_visit, uses);
	use_postures(uses, &policy->default_src_posture);
	for (size_t i = 0; i < policy->n_grants; i++) {
		use_postures(uses, &policy->grants[i].src_posture);
		use_values(uses, arena, policy->grants[i].app, policy->grants[i].n_app);
	}
	for (size_t i = 0; i < policy->n_ssh; i++)
		use_postures(uses, &policy->ssh[i].src_posture);
	for (size_t i = 0; i < policy->n_node_attrs; i++)
		use_values(uses, arena, policy->node_attrs[i].app,
		           policy->node_attrs[i].n_app);
	for (size_t i = 0; i < policy->n_service_approvers; i++)
		use(uses, NAMING_TAG, policy->service_approvers[i].service.text);
}

/* How many machines of the inventory have a tag. */
static uint32_t
machines_with(const struct tailnet *tailnet, struct text tag)
{
	uint32_t number = tailnet ? names_find(&tailnet->tags, tag) : NAMES_NONE;

	return number == NAMES_NONE ? 0 : tailnet->of_tag[number]->n;
}

static void
unused_raise(struct lint *lint, enum naming_kind kind, size_t i)
{
	const struct sort_look *sort = &sorts[kind];
	const struct word *name = definition(lint->policy, kind, i);
	const struct tailnet *real = kind == NAMING_TAG ? lint_tailnet(lint) : NULL;
	struct finding *finding;

	if (machines_with(real, name->text) > 0)
		return;
	finding = lint_raise(lint, sort->unused, name->span, "nothing names %s, so %s",
	                     lint_show(lint, name->text),
	                     real ? "it can go: no machine has it" : sort->what_follows);
	if (real)
		finding_level(lint->findings, finding, LEVEL_WARNING);
	fix_drop(&lint->fixes, lint_fix(lint, finding, REPAIR_UNSAFE), name->node);
}

static void
unused_names(struct lint *lint, const struct uses *uses)
{
	if (lint->policy->unread || !lint->filter)
		return; /* what could not be read, or is misspelt, may name it */
	for (enum naming_kind kind = 0; kind < NAMING_N; kind++)
		for (size_t i = 0; i < names_of(lint->policy, kind)->n; i++)
			if (!uses->used[kind][i])
				unused_raise(lint, kind, i);
}

/* A name without what slips in and out of names: hyphens, underscores, dots,
 * case, a last s. */
static struct text
name_core(struct arena *arena, struct text name)
{
	char *core = arena_alloc(arena, name.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];
		if (c != '-' && c != '_' && c != '.')
			core[n++] = to_small(c);
	}
	if (n > 1 && core[n - 1] == 's')
		n--;
	return (struct text) { core, n };
}

static void
near_duplicates(struct lint *lint, enum naming_kind kind)
{
	const struct names *names = names_of(lint->policy, kind);
	struct arena scratch = { 0 };
	struct names cores = { .arena = &scratch };
	uint32_t *first = arena_array(&scratch, names->n, sizeof(*first));

	for (uint32_t i = 0; i < names->n; i++) {
		size_t known = cores.n;
		uint32_t number = names_add(&cores, name_core(&scratch, names->texts[i]));
		if (number == known) {
			first[number] = i;
			continue;
		}
		const struct word *other = definition(lint->policy, kind, first[number]);
		const struct word *name = definition(lint->policy, kind, i);
		struct finding *finding =
			lint_raise(lint, &CHECK_NEAR_DUPLICATE_NAME, name->span,
		                   "%s and %s are two names that read as one",
		                   lint_show(lint, name->text),
		                   lint_show(lint, other->text));
		lint_note(lint, finding, other->span, "%s is defined here",
		          lint_show(lint, other->text));
	}
	arena_end(&scratch);
}

static void
naming_judge(struct lint *lint, enum naming_kind kind)
{
	const struct naming *naming = &lint->settings->naming[kind];
	const struct names *names = names_of(lint->policy, kind);

	for (size_t i = 0; naming->pattern && i < names->n; i++) {
		const struct word *name = definition(lint->policy, kind, i);
		enum pattern_match match = pattern_match(naming->pattern, name->text);
		if (match == PATTERN_DIFFERS)
			lint_raise(lint, &CHECK_NAMING_CONVENTION, name->span,
			           "%s is not named as the settings want a %s named: %s",
			           lint_show(lint, name->text), naming_name(kind),
			           lint_show(lint, naming->text.text));
		if (match != PATTERN_TOO_COSTLY)
			continue;
		finding_add(lint->findings, &CHECK_NAMING_CONVENTION,
		            lint->settings->source, naming->text.span,
		            "matching %s against this takes too long, so names are not "
		            "judged; write a simpler pattern",
		            lint_show(lint, name->text));
		return;
	}
}

/* The sort of name that a selector is, or NAMING_N. */
static enum naming_kind
naming_of(const struct selector *selector)
{
	static const struct {
		enum selector_kind selector;
		enum naming_kind naming;
	} rows[] = {
		{ SELECTOR_TAG, NAMING_TAG },
		{ SELECTOR_GROUP, NAMING_GROUP },
		{ SELECTOR_HOST, NAMING_HOST },
		{ SELECTOR_IPSET, NAMING_IPSET },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].selector == selector->kind)
			return rows[i].naming;
	return NAMING_N;
}

/* A selector as names_of has it: a host may be written host:db. */
static struct text
name_of(const struct selector *selector)
{
	return selector->kind == SELECTOR_HOST ? selector->name : selector->text;
}

const struct check *
lint_undefined(const struct lint *lint, const struct selector *selector)
{
	const struct policy *policy = lint->policy;
	enum naming_kind kind = naming_of(selector);

	if (kind == NAMING_N || policy->unread & UINT32_C(1) << sorts[kind].section)
		return NULL;
	if (names_find(names_of(policy, kind), name_of(selector)) != NAMES_NONE)
		return NULL;
	return sorts[kind].undefined;
}

/* What follows "tag:" and its like. */
static struct text
name_bare(struct text name)
{
	size_t colon = text_find(name, ':');

	return colon < name.len ? text_from(name, colon + 1) : name;
}

const char *
lint_meant(struct lint *lint, const struct selector *selector)
{
	const struct names *names = names_of(lint->policy, naming_of(selector));
	struct text_nearest nearest = text_nearest_start(name_bare(name_of(selector)));

	for (size_t i = 0; i < names->n; i++)
		text_nearest_offer_as(&nearest, name_bare(names->texts[i]),
		                      names->texts[i]);
	if (nearest.best.len == 0)
		return "";
	return lint_say(lint, "; did you mean %s?", lint_show(lint, nearest.best));
}

/* Those that the settings name and the policy does not define. Users, roles and groups
 * of the identity provider need no definition. */
static void
settings_judge(struct lint *lint, const struct selectors *list, const char *follows)
{
	for (size_t i = 0; i < list->n; i++)
		if (lint_undefined(lint, &list->at[i]))
			finding_add(lint->findings, &CHECK_UNDEFINED_IN_SETTINGS,
			            lint->settings->source, list->at[i].span,
			            "the policy does not define %s, so %s%s",
			            lint_show(lint, list->at[i].text), follows,
			            lint_meant(lint, &list->at[i]));
}

void
lint_names(struct lint *lint)
{
	struct uses uses = { .policy = lint->policy };

	uses_find(&uses, lint->arena);
	unused_names(lint, &uses);
	for (enum naming_kind kind = 0; kind < NAMING_N; kind++) {
		near_duplicates(lint, kind);
		naming_judge(lint, kind);
	}
	settings_judge(lint, &lint->settings->admins, "nobody is an admin by it");
	settings_judge(lint, &lint->settings->sensitive_tags,
	               "no machine gets more care by it");
}
