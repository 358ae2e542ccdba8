/* How a policy is written: spellings, older ones, blanks, what hides. */
#include "policy/lint_pass.h"

#include <string.h>

#include "grammar/arena.h"
#include "policy/deceptive.h"
#include "policy/visit.h"

/* Raises what hides in the bytes of the file, once a line. */
static void
hidden_bytes(struct lint *lint)
{
	struct source *source = lint->policy->source;
	struct text all = { source->bytes, source->len };
	struct deceit deceit;
	size_t from = 0;

	while (deceit_hidden(all, from, &deceit)) {
		struct span span = { (uint32_t)deceit.first, (uint32_t)deceit.end };
		uint32_t line = source_place(source, span.first).line;
		lint_raise(lint, &CHECK_DECEPTIVE_TEXT, span,
		           "U+%04X %s: what is read here is not what is shown",
		           (unsigned)deceit.rune, deceit.what);
		from = source_line(source, line).end;
	}
}

/* Raises what hides in a string behind escapes, and words of several scripts. */
static void
deceptive_string(struct lint *lint, const struct node *string)
{
	const struct tree *tree = lint->policy->tree;
	struct text text = node_text(lint->arena, tree, string);
	struct deceit deceit;

	if (string->escaped && deceit_hidden(text, 0, &deceit))
		lint_raise(lint, &CHECK_DECEPTIVE_TEXT,
		           node_inner_span(tree, string, deceit.first, deceit.end),
		           "U+%04X %s: what is meant here is not what is shown",
		           (unsigned)deceit.rune, deceit.what);
	if (!deceit_mixed(text, &deceit))
		return;
	struct text word = { text.at + deceit.first, deceit.end - deceit.first };
	lint_raise(lint, &CHECK_DECEPTIVE_TEXT,
	           node_inner_span(tree, string, deceit.first, deceit.end),
	           "U+%04X in %s %s: it is another name than it seems",
	           (unsigned)deceit.rune, lint_show(lint, word), deceit.what);
}

static void
deceptive_text(struct lint *lint)
{
	const struct tree *tree = lint->policy->tree;

	hidden_bytes(lint);
	for (uint32_t i = 0; i < tree->n; i++)
		if (tree->root[i].kind == HUJSON_STRING && !tree->root[i].plain)
			deceptive_string(lint, &tree->root[i]);
}

/* Whether a node stands in that section. */
static bool
is_in_section(const struct policy *policy, enum section section, const struct node *node)
{
	const struct node *key = policy->sections[section];

	return key && node > key && node < node_end(member_value(key));
}

/* Puts a name in place of a key. */
static void
key_rename(struct lint *lint, struct fix *fix, const struct node *key, const char *name)
{
	fix_replace(&lint->fixes, fix, key->span,
	            text_of(lint_say(lint, "\"%s\"", name)));
}

static const char *
more(struct lint *lint, size_t n)
{
	return n == 0   ? ""
	       : n == 1 ? " (and once more below)"
	                : lint_say(lint, " (and %zu times more below)", n);
}

/* Keys that are spelt alike, told where the first of them stands. */
struct odd_spelling {
	const struct odd_key *first;
	struct finding *finding;
	struct fix *fix;
	size_t n;
};

static void
key_case_raise(struct lint *lint, const struct odd_spelling *odd, struct text written)
{
	struct finding *finding = lint_raise(
		lint, &CHECK_KEY_CASE, odd->first->key->span,
		"%s is %s in other letters%s; coordinators take it, other tools "
		"may not",
		lint_show(lint, written), odd->first->name, more(lint, odd->n - 1));

	odd->fix->finding = finding;
}

/* Raises keys in other letters, once for each spelling, and mends them all. */
static void
key_case(struct lint *lint)
{
	const struct policy *policy = lint->policy;
	const struct odd_keys *keys = &policy->odd_keys;
	struct names written = { .arena = lint->arena };
	struct odd_spelling *odd = arena_array(lint->arena, keys->n, sizeof(*odd));

	for (size_t i = 0; i < keys->n; i++) {
		const struct odd_key *key = &keys->at[i];
		if (key->older || is_in_section(policy, SECTION_DERP_MAP, key->key))
			continue;
		uint32_t number = names_add(&written, node_text(lint->arena, policy->tree,
		                                                key->key));
		if (!odd[number].fix)
			odd[number] = (struct odd_spelling) {
				key, NULL, lint_fix(lint, NULL, REPAIR_SAFE), 0
			};
		odd[number].n++;
		key_rename(lint, odd[number].fix, key->key, key->name);
	}
	for (size_t i = 0; i < written.n; i++)
		key_case_raise(lint, &odd[i], written.texts[i]);
}

/* Raises the older names of fields, once for rules and once for tests. */
static void
older_fields(struct lint *lint, bool tests)
{
	const struct policy *policy = lint->policy;
	const struct odd_keys *keys = &policy->odd_keys;
	struct finding *finding = NULL;
	struct fix *fix = NULL;
	size_t n = 0;

	for (size_t i = 0; i < keys->n; i++) {
		const struct odd_key *key = &keys->at[i];
		if (!key->older ||
		    is_in_section(policy, SECTION_TESTS, key->key) != tests)
			continue;
		if (n++ == 0) {
			finding = lint_raise(
				lint,
				tests ? &CHECK_LEGACY_TEST_FIELDS
				      : &CHECK_LEGACY_USERS_PORTS,
				key->key->span, "%s",
				tests ? "tests say src and accept today, where they said "
					"user and allow"
				      : "rules say src and dst today, where they said "
					"users and ports; headscale refuses those");
			fix = lint_fix(lint, finding, REPAIR_SAFE);
		}
		key_rename(lint, fix, key->key, key->name);
	}
	if (n > 1)
		finding->said = lint_say(lint, "%s%s", finding->said, more(lint, n - 1));
}

/* autogroup:members, told once. */
struct members_seen {
	struct lint *lint;
	const struct selector *first;
	struct fix *fix;
	size_t n;
};

static void
members_visit(const struct mention *mention, void *context)
{
	struct members_seen *seen = context;
	const struct selector *selector = mention->selector;

	if (selector->kind != SELECTOR_AUTOGROUP ||
	    selector->autogroup != AUTOGROUP_MEMBERS)
		return;
	if (seen->n++ == 0) {
		seen->first = selector;
		seen->fix = lint_fix(seen->lint, NULL, REPAIR_SAFE);
	}
	if (selector->span.first < seen->first->span.first)
		seen->first = selector;
	fix_replace(&seen->lint->fixes, seen->fix, lint_inside(seen->lint, selector),
	            text_of(autogroup_name(AUTOGROUP_MEMBER)));
}

static void
legacy_members(struct lint *lint)
{
	struct members_seen seen = { .lint = lint };

	selectors_visit(lint->policy, members_visit, &seen);
	if (seen.n > 0)
		seen.fix->finding = lint_raise(
			lint, &CHECK_LEGACY_AUTOGROUP_MEMBERS, seen.first->span,
			"autogroup:members is called autogroup:member today%s; headscale "
			"refuses the older name",
			more(lint, seen.n - 1));
}

/* Raises blanks at the ends of a string that the coordinator trims. */
static void
stray_string(struct lint *lint, const struct node *string)
{
	const struct tree *tree = lint->policy->tree;
	struct text whole = node_text(lint->arena, tree, string);
	struct text trimmed = text_trim(whole);
	struct finding *finding;

	if (string->kind != HUJSON_STRING || trimmed.len == whole.len || trimmed.len == 0)
		return;
	size_t skipped = (size_t)(trimmed.at - whole.at);
	finding = lint_raise(lint, &CHECK_STRAY_WHITESPACE, string->span,
	                     "blanks around %s: Tailscale drops them, other readers may "
	                     "look for a name that has them",
	                     lint_show(lint, trimmed));
	struct fix *fix = lint_fix(lint, finding, REPAIR_SAFE);
	struct span first = node_inner_span(tree, string, 0, skipped);
	struct span last =
		node_inner_span(tree, string, skipped + trimmed.len, whole.len);
	if (skipped > 0)
		fix_replace(&lint->fixes, fix, first, text_of(""));
	if (skipped + trimmed.len < whole.len)
		fix_replace(&lint->fixes, fix, last, text_of(""));
}

/* Whether a string may have blanks at its ends: they show, or are escaped. */
static bool
may_be_stray(const struct policy *policy, const struct node *string)
{
	const char *bytes = policy->source->bytes;
	uint32_t first = string->span.first + 1, last = string->span.end - 2;

	return string->escaped || (first <= last && (bytes[first] <= ' ' ||
	                                             (unsigned char)bytes[last] <= ' '));
}

static void
stray_visit(const struct mention *mention, void *context)
{
	struct lint *lint = context;
	const struct policy *policy = lint->policy;
	struct span span = mention->destination ? mention->destination->word.span
	                                        : mention->selector->span;

	if (policy->source->bytes[span.first] != '"')
		return;
	const struct node *string = node_at(policy->tree, span.first);
	if (may_be_stray(policy, string))
		stray_string(lint, string);
}

static void
stray_words(struct lint *lint, const struct words *words)
{
	for (size_t i = 0; i < words->n; i++)
		if (may_be_stray(lint->policy, words->at[i].node))
			stray_string(lint, words->at[i].node);
}

static void
stray_whitespace(struct lint *lint)
{
	const struct policy *policy = lint->policy;

	selectors_visit(policy, stray_visit, lint);
	for (size_t i = 0; i < policy->n_ssh; i++) {
		stray_words(lint, &policy->ssh[i].users);
		if (policy->ssh[i].action_word.node)
			stray_string(lint, policy->ssh[i].action_word.node);
	}
}

/* Raises a protocol that is not written by its name. where is its span. */
static void
protocol_alias(struct lint *lint, struct text written, struct span where)
{
	int protocol;
	struct finding *finding;
	const char *name;

	if (written.len == 0 || !protocol_parse(written, &protocol))
		return;
	name = protocol_name(lint->arena, protocol);
	if (text_is(written, name) || protocol == PROTOCOL_ANY)
		return;
	finding = lint_raise(lint, &CHECK_PROTOCOL_ALIAS, where,
	                     "%s is the protocol %s; say so", lint_show(lint, written),
	                     name);
	fix_replace(&lint->fixes, lint_fix(lint, finding, REPAIR_SAFE), where,
	            text_of(name));
}

static void
protocol_word(struct lint *lint, const struct word *word)
{
	if (word->node && word->node->kind == HUJSON_STRING && word->text.len > 0)
		protocol_alias(lint, word->text,
		               node_inner_span(lint->policy->tree, word->node, 0,
		                               word->text.len));
}

static void
protocols_of_ip(struct lint *lint, const struct grant *grant)
{
	const struct tree *tree = lint->policy->tree;
	const struct node *list = grant->ip_list;

	if (!list || list->kind != HUJSON_ARRAY)
		return;
	for (const struct node *e = node_first(list); e != node_end(list);
	     e = node_next(e)) {
		if (e->kind != HUJSON_STRING)
			continue;
		struct text whole = node_text(lint->arena, tree, e);
		size_t colon = text_find_last(whole, ':');
		if (colon > 0 && colon < whole.len)
			protocol_alias(lint, (struct text) { whole.at, colon },
			               node_inner_span(tree, e, 0, colon));
	}
}

static void
protocol_aliases(struct lint *lint)
{
	const struct policy *policy = lint->policy;

	for (size_t i = 0; i < policy->n_grants; i++) {
		protocol_word(lint, &policy->grants[i].proto);
		protocols_of_ip(lint, &policy->grants[i]);
	}
	for (size_t i = 0; i < policy->n_tests; i++)
		protocol_word(lint, &policy->tests[i].proto);
}

/* Rules in both sections, or in the older one alone. */
static void
rule_sections(struct lint *lint)
{
	const struct policy *policy = lint->policy;
	const struct node *acls = policy->sections[SECTION_ACLS];
	const struct node *grants = policy->sections[SECTION_GRANTS];
	size_t n_acls = 0;
	struct finding *finding;

	for (size_t i = 0; i < policy->n_grants; i++)
		n_acls += policy->grants[i].section == SECTION_ACLS;
	if (n_acls == 0)
		return;
	if (n_acls < policy->n_grants) {
		finding = lint_raise(lint, &CHECK_MIXED_ACLS_GRANTS, acls->span,
		                     "rules stand in acls and in grants, so that nobody "
		                     "sees all of them; grants can say what acls say");
		lint_note(lint, finding, grants->span, "the other rules are here");
	} else if (policy->target == TARGET_TAILSCALE) {
		finding = lint_raise(lint, &CHECK_PREFER_GRANTS, acls->span,
		                     "grants say what acls say, and more: capabilities, "
		                     "via, a protocol for each port");
		lint_grants_instead(lint, finding);
	}
}

/* The first byte that two texts do not have in common. */
static size_t
first_difference(struct text a, struct text b)
{
	size_t i = 0;

	while (i < a.len && i < b.len && a.at[i] == b.at[i])
		i++;
	return i;
}

static void
canonical_form(struct lint *lint)
{
	const struct source *source = lint->policy->source;
	struct text written = { source->bytes, source->len };
	struct text formatted = hujson_format(lint->arena, lint->policy->tree);
	struct finding *finding;

	if (text_equal(written, formatted))
		return;
	size_t at = first_difference(written, formatted);
	struct span place = { (uint32_t)at, (uint32_t)(at < written.len ? at + 1 : at) };
	finding =
		lint_raise(lint, &CHECK_FORMAT, place,
	                   "from here on the file is not in its canonical form, the one "
	                   "that aclc fmt writes");
	fix_replace(&lint->fixes, lint_fix(lint, finding, REPAIR_SAFE),
	            (struct span) { 0, source->len }, formatted);
}

void
lint_style(struct lint *lint)
{
	deceptive_text(lint);
	key_case(lint);
	older_fields(lint, false);
	older_fields(lint, true);
	legacy_members(lint);
	stray_whitespace(lint);
	protocol_aliases(lint);
	rule_sections(lint);
	canonical_form(lint);
}
