#include "policy/lower_parts.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"
#include "policy/filter.h"
#include "policy/levels.h"

void
sheet_text(struct sheet *sheet, struct text text)
{
	while (sheet->cap - sheet->n < text.len)
		sheet->at =
			arena_grow(sheet->arena, sheet->at, sheet->cap, &sheet->cap, 1);
	if (text.len > 0)
		memcpy(sheet->at + sheet->n, text.at, text.len);
	sheet->n += text.len;
}

void
sheet_string(struct sheet *sheet, const char *string)
{
	sheet_text(sheet, text_of(string));
}

void
sheet_format(struct sheet *sheet, const char *format, ...)
{
	struct arena scratch = { 0 };
	va_list args;

	va_start(args, format);
	sheet_string(sheet, arena_format_list(&scratch, format, args));
	va_end(args);
	arena_end(&scratch);
}

void
sheet_quote(struct sheet *sheet, struct text text)
{
	static const char hex[] = "0123456789abcdef";

	sheet_string(sheet, "\"");
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];
		char escape[] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };
		if (c < 0x20 || c == 0x7f)
			sheet_text(sheet, (struct text) { escape, sizeof(escape) });
		else if (c == '"' || c == '\\')
			sheet_text(sheet,
			           (struct text) { (char[]) { '\\', (char)c }, 2 });
		else
			sheet_text(sheet, (struct text) { &text.at[i], 1 });
	}
	sheet_string(sheet, "\"");
}

void
sheet_words(struct sheet *sheet, const char *name, const struct words *words)
{
	sheet_format(sheet, ", \"%s\": [", name);
	for (size_t i = 0; i < words->n; i++) {
		sheet_string(sheet, i ? ", " : "");
		sheet_quote(sheet, words->at[i].text);
	}
	sheet_string(sheet, "]");
}

void
sheet_from(struct lower *l, struct sheet *sheet, const char *section, uint32_t index,
           const struct node *node)
{
	unsigned line = (unsigned)source_place(l->policy->source, node->span.first).line;

	sheet_format(sheet, "// %s[%u], line %u\n", section, (unsigned)index, line);
}

void
sheet_list(struct sheet *sheet, const struct word_list *list)
{
	sheet_string(sheet, "[");
	for (size_t i = 0; i < list_length(list); i++) {
		sheet_string(sheet, i ? ", " : "");
		sheet_quote(sheet, list_word(list, i));
	}
	sheet_string(sheet, "]");
}

bool
lower_takes(const struct lower *l, enum feature feature)
{
	return target_support(l->to, feature) == TAKES;
}

/* Whether the same was said of that place before: an element may be asked about
 * more than once. */
static bool
is_said(struct lower *l, struct span where, const char *what)
{
	size_t known = l->said.n;
	const char *name = arena_format(l->arena, "%u %s", where.first, what);

	return names_add(&l->said, text_of(name)) < known;
}

static void
loss_add(struct lower *l, struct span where, const char *what, const char *lost)
{
	l->losses = arena_grow(l->arena, l->losses, l->n_losses, &l->losses_cap,
	                       sizeof(*l->losses));
	l->losses[l->n_losses] = (struct loss) {
		.line = source_place(l->policy->source, where.first).line,
		.number = l->n_losses,
		.what = what,
		.lost = lost,
	};
	l->n_losses++;
}

static int
loss_order(const void *a, const void *b)
{
	const struct loss *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

/* "// left out of line 7: the rule (srcPosture)", line by line of the policy. */
static void
sheet_losses(struct lower *l, struct sheet *sheet)
{
	if (l->n_losses > 0)
		qsort(l->losses, l->n_losses, sizeof(*l->losses), loss_order);
	for (size_t i = 0; i < l->n_losses; i++)
		sheet_format(sheet, "// left out of line %u: %s (%s)\n",
		             (unsigned)l->losses[i].line, l->losses[i].lost,
		             l->losses[i].what);
}

static void
lose(struct lower *l, struct span where, const char *what, const char *lost, bool leave,
     const char *help)
{
	const char *how = leave ? "left out" : "lost without it";
	struct finding *finding;

	if (is_said(l, where, what))
		return;
	loss_add(l, where, what, lost);
	finding = finding_add(l->findings, &CHECK_UNSUPPORTED_BY_TARGET,
	                      l->policy->source, where, "%s cannot say %s; %s: %s%s",
	                      target_name(l->to), what, how, lost, help);
	if (!leave)
		finding_level(l->findings, finding, LEVEL_ERROR);
}

void
lower_lose(struct lower *l, struct span where, const char *what, const char *lost)
{
	lose(l, where, what, lost, l->narrower, "");
}

void
lower_lose_other(struct lower *l, struct span where, const char *what, const char *lost)
{
	lose(l, where, what, lost, false,
	     l->narrower ? "; it is not left out, as that may not only narrow access"
	                 : "");
}

void
lower_lose_unknown(struct lower *l, struct span where, const char *what, const char *lost)
{
	lose(l, where, what, lost, l->narrower,
	     l->tailnet ? "" : "; with an inventory it could be said");
}

void
lower_lose_test(struct lower *l, struct span where, const char *what, const char *lost)
{
	if (is_said(l, where, what))
		return;
	loss_add(l, where, what, lost);
	finding_add(l->findings, &CHECK_UNSUPPORTED_BY_TARGET, l->policy->source, where,
	            "%s %s; left out: %s", target_name(l->to), what, lost);
}

static void
lower_members(struct lower *l, struct sheet *sheet, const struct group *group)
{
	struct word_list members = { .names.arena = l->arena };
	struct text word;

	for (size_t i = 0; i < group->members.n; i++)
		if (lower_user(l, &group->members.at[i], true, &word))
			list_add(&members, word);
	sheet_list(sheet, &members);
}

/* All groups there are, and those that stand for something. */
static void
lower_groups(struct lower *l, struct sheet *sheet)
{
	const struct policy *policy = l->policy;

	if (policy->n_groups + l->origins.n == 0)
		return;
	sheet_string(sheet, "\"groups\": {\n");
	for (size_t i = 0; i < policy->n_groups; i++) {
		sheet_quote(sheet, policy->groups[i].name.text);
		sheet_string(sheet, ": ");
		lower_members(l, sheet, &policy->groups[i]);
		sheet_string(sheet, ",\n");
	}
	for (size_t i = 0; i < l->origins.n; i++) {
		const struct new_group *group = &l->groups[i];
		sheet_string(sheet, "// ");
		sheet_quote(sheet, group->origin);
		sheet_string(sheet, l->tailnet ? ", as of today\n" : "\n");
		sheet_quote(sheet, group->name);
		sheet_string(sheet, ": ");
		sheet_list(sheet, &group->members);
		sheet_string(sheet, ",\n");
	}
	sheet_string(sheet, "},\n");
}

/* A release that takes bare IPv6 hosts for /32 wants their length. */
static void
sheet_address(struct lower *l, struct sheet *sheet, struct range range)
{
	bool whole = range.first.line == LINE_IPV6 && !lower_takes(l, FEATURE_HOST_IPV6);
	char text[RANGE_TEXT_MAX];
	size_t len = whole ? prefix_write(range, text) : range_write(range, text);

	sheet_quote(sheet, (struct text) { text, len });
}

/* The hosts that the target takes by their names. */
static void
lower_hosts(struct lower *l, struct sheet *sheet)
{
	const struct policy *policy = l->policy;

	if (policy->n_hosts == 0)
		return;
	sheet_string(sheet, "\"hosts\": {\n");
	for (size_t i = 0; i < policy->n_hosts; i++) {
		const struct host *host = &policy->hosts[i];
		if (!host->good || !lower_takes_host(l, host))
			continue;
		sheet_quote(sheet, host->name.text);
		sheet_string(sheet, ": ");
		sheet_address(l, sheet, host->range);
		sheet_string(sheet, ",\n");
	}
	sheet_string(sheet, "},\n");
}

/* Something that makes a policy more than empty acls, which some refuse. */
static void
lower_emptiness(struct lower *l, struct sheet *sheet)
{
	bool empty = l->policy->n_groups + l->origins.n == 0;

	if (empty && !lower_takes(l, FEATURE_EMPTY_RULES))
		sheet_string(sheet, "\"groups\": {\"group:nobody\": []},\n");
}

static void
sheet_add(struct sheet *sheet, const struct sheet *part)
{
	sheet_text(sheet, (struct text) { part->at, part->n });
}

/* The page in canonical form. */
static struct text
sheet_canonical(struct lower *l, const struct sheet *sheet)
{
	struct findings findings = { .arena = l->arena };
	struct source *source = source_of(l->arena, "lowered", sheet->at, sheet->n);
	struct tree *tree = hujson_parse(l->arena, source, &findings);

	return tree->broken ? (struct text) { sheet->at, sheet->n }
	                    : hujson_format(l->arena, tree);
}

/* The parts of the page, in the order in which they stand there. */
struct page {
	struct sheet heads, tags, rules, tests;
};

static struct text
page_join(struct lower *l, const struct page *page)
{
	struct sheet sheet = { .arena = l->arena };

	sheet_format(&sheet, "// for %s, made from a policy for %s\n", target_name(l->to),
	             target_name(l->from));
	sheet_losses(l, &sheet);
	sheet_string(&sheet, "{\n");
	sheet_add(&sheet, &page->heads);
	sheet_add(&sheet, &page->tags);
	sheet_add(&sheet, &page->rules);
	sheet_add(&sheet, &page->tests);
	sheet_string(&sheet, "}\n");
	return sheet_canonical(l, &sheet);
}

/* What the tests of the page say of the page, as the target reads it. */
static const struct claims *
page_claims(struct lower *l, struct text text)
{
	struct arena *arena = l->arena;
	struct findings findings = { .arena = arena };
	struct source *source = source_of(arena, "lowered", text.at, text.len);
	const struct policy *policy =
		policy_read(arena, hujson_parse(arena, source, &findings), l->to,
	                    &findings);
	struct tailnet *tailnet =
		l->tailnet ? l->tailnet : tailnet_imagine(arena, &policy, 1);
	const struct claims *claims;

	tailnet_index(tailnet);
	tailnet_approve(tailnet, policy);
	claims = claims_judge_briefly(arena, filter_compile(arena, policy, tailnet));
	tailnet_approve(tailnet, l->policy);
	return claims;
}

/* The page without the tests that fail on it: where nothing was left out, none do. */
static struct text
page_tested(struct lower *l, struct page *page)
{
	struct text text = page_join(l, page);

	if (l->n_losses == 0 || page->tests.n == 0 ||
	    !lower_tests_fail(l, page_claims(l, text)))
		return text;
	page->tests = (struct sheet) { .arena = l->arena };
	lower_tests(l, &page->tests);
	return page_join(l, page);
}

struct text
policy_lower(struct arena *arena, const struct lowering *lowering,
             struct findings *findings)
{
	const struct policy *policy = lowering->policy;
	bool real = lowering->tailnet && !lowering->tailnet->imagined;
	struct lower l = { .arena = arena,
		           .policy = policy,
		           .from = policy->target,
		           .to = lowering->target,
		           .tailnet = real ? lowering->tailnet : NULL,
		           .narrower = lowering->narrower,
		           .findings = findings,
		           .origins.arena = arena,
		           .tags.arena = arena,
		           .said.arena = arena };
	struct page page = { .heads.arena = arena,
		             .tags.arena = arena,
		             .rules.arena = arena,
		             .tests.arena = arena };

	l.no_test = arena_array(arena, policy->n_tests, sizeof(*l.no_test));
	l.no_ssh_test = arena_array(arena, policy->n_ssh_tests, sizeof(*l.no_ssh_test));
	for (size_t i = 0; i < policy->n_tags; i++)
		lower_tag(&l, policy->tags[i].name.text, policy->tags[i].name.span);
	/* definitions are written last: the rules say what else they need */
	bool any = lower_rules(&l, &page.rules);
	lower_ssh(&l, &page.rules);
	lower_auto_approvers(&l, &page.rules);
	lower_node_attrs(&l, &page.rules);
	lower_others(&l, &page.rules);
	lower_tests(&l, &page.tests);
	lower_tags(&l, &page.tags);
	lower_groups(&l, &page.heads);
	lower_hosts(&l, &page.heads);
	if (!any)
		lower_emptiness(&l, &page.heads);
	return page_tested(&l, &page);
}
