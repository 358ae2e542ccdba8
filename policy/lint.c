#include "policy/lint.h"

#include <stdarg.h>
#include <string.h>

#include "grammar/arena.h"
#include "policy/cut.h"
#include "policy/hush.h"
#include "policy/lint_pass.h"

struct finding *
lint_raise(struct lint *lint, const struct check *check, struct span where,
           const char *format, ...)
{
	struct finding *finding;
	va_list args;

	va_start(args, format);
	finding = finding_add_list(lint->findings, check, lint->policy->source, where,
	                           format, args);
	va_end(args);
	return finding;
}

void
lint_note(struct lint *lint, struct finding *finding, struct span where,
          const char *format, ...)
{
	va_list args;

	va_start(args, format);
	finding_note_list(lint->findings, finding, lint->policy->source, where, format,
	                  args);
	va_end(args);
}

struct fix *
lint_fix(struct lint *lint, const struct finding *finding, enum repair kind)
{
	return fix_add(&lint->fixes, finding, kind);
}

const char *
lint_show(struct lint *lint, struct text text)
{
	return text_show(lint->arena, text);
}

const char *
lint_say(struct lint *lint, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	const char *said = arena_format_list(lint->arena, format, args);
	va_end(args);
	return said;
}

struct span
lint_opening(const struct node *node)
{
	return (struct span) { node->span.first, node->span.first + 1 };
}

struct span
lint_inside(const struct lint *lint, const struct selector *selector)
{
	struct span span = selector->span;

	if (lint->policy->source->bytes[span.first] == '"') {
		span.first++;
		span.end--;
	}
	return span;
}

struct tailnet *
lint_tailnet(const struct lint *lint)
{
	return lint->filter && !lint->filter->tailnet->imagined ? lint->filter->tailnet
	                                                        : NULL;
}

const char *
grant_name(struct lint *lint, const struct grant *grant)
{
	return lint_say(lint, "%s[%u]", section_name(grant->section),
	                (unsigned)grant->index);
}

/* Compiles for the imagined tailnet too, and cuts both. */
static void
filters_prepare(struct lint *lint, struct arena *apart)
{
	const struct policy *policy = lint->policy;
	struct tailnet *imagined;

	if (lint->filter->tailnet->imagined) {
		lint->imagined = lint->filter;
	} else {
		lint->real = lint->filter;
		imagined = tailnet_imagine(lint->arena, &policy, 1);
		tailnet_approve(imagined, policy);
		lint->imagined = filter_compile(lint->arena, policy, imagined);
	}
	lint->cut = cut_start(apart);
	cut_take(lint->cut, lint->imagined);
	if (lint->real) {
		lint->real_cut = cut_start(apart);
		cut_take(lint->real_cut, lint->real);
	}
}

/* What the filters are cut into is theirs alone. */
static void
filters_pass(struct lint *lint)
{
	struct arena apart = { 0 };

	filters_prepare(lint, &apart);
	lint_power_mention(lint); /* first: deep boundaries ask who becomes whom */
	lint_reach_mention(lint);
	cut_close(lint->cut);
	if (lint->real_cut)
		cut_close(lint->real_cut);
	lint_dead(lint);
	lint_checked(lint);
	lint_reach(lint);
	lint_power(lint);
	lint->cut = lint->real_cut = NULL;
	arena_end(&apart);
	lint_alike(lint);
}

static void
passes_run(struct lint *lint)
{
	lint_style(lint);
	lint_names(lint);
	lint_people(lint);
	lint_addresses(lint);
	lint_breadth(lint);
	lint_ports(lint);
	lint_routes(lint);
	lint_attrs(lint);
	if (lint->filter)
		filters_pass(lint);
	lint_ssh(lint); /* not before it is known which rules count */
	lint_tests(lint);
}

/* The level of each check's findings, found when first asked: by the check and
 * the level that they were raised at. */
struct level_memo {
	const struct levels *levels;
	unsigned char *known; /* level + 1, or 0 */
};

static enum level
level_decide(struct level_memo *memo, const struct finding *finding)
{
	size_t i = check_number(finding->check) * (LEVEL_ERROR + 1) + finding->level;

	if (!memo->known[i])
		memo->known[i] =
			(unsigned char)(1 + levels_decide(memo->levels, finding->check,
		                                          finding->level));
	return (enum level)(memo->known[i] - 1);
}

/* Check, place and sentence: what makes two findings one. */
static struct text
finding_sense(struct arena *arena, const struct finding *finding)
{
	const void *of[2] = { finding->check, finding->source };
	size_t len = strlen(finding->said), at = sizeof(of) + sizeof(struct span);
	char *sense = arena_bytes(arena, at + len);

	memcpy(sense, of, sizeof(of));
	memcpy(sense + sizeof(of), &finding->where, sizeof(struct span));
	memcpy(sense + at, finding->said, len);
	return (struct text) { sense, at + len };
}

/* Findings that are left to say. */
struct kept {
	struct finding **at;
	size_t n, cap;
	size_t n_hushed; /* of those that would have been said */
	struct level_memo memo;
};

/* Keeps the findings from the first on that are neither hushed nor kept. */
static void
kept_add(struct kept *kept, struct lint *lint, struct names *senses,
         struct hushes *hushes, size_t first)
{
	for (size_t i = first; i < lint->findings->n; i++) {
		struct finding *finding = lint->findings->at[i];
		size_t known = senses->n;
		if (names_add(senses, finding_sense(senses->arena, finding)) < known)
			continue;
		if (hushes && hushes_take(hushes, finding)) {
			kept->n_hushed +=
				level_decide(&kept->memo, finding) != LEVEL_IGNORE;
			continue;
		}
		kept->at = arena_grow(lint->arena, kept->at, kept->n, &kept->cap,
		                      sizeof(struct finding *));
		kept->at[kept->n++] = finding;
	}
}

static void
report_count(struct report *report, enum level level)
{
	report->n_errors += level == LEVEL_ERROR;
	report->n_warnings += level == LEVEL_WARNING;
	report->n_advice += level == LEVEL_ADVICE;
}

/* Puts what is kept in file order, each at its level. */
static struct report
report_make(struct lint *lint, struct kept *kept)
{
	struct findings list = { .arena = lint->arena, .at = kept->at, .n = kept->n };
	struct report report = { .at = findings_sorted(&list, lint->arena),
		                 .n_hushed = kept->n_hushed };

	report.firm = arena_array(lint->arena, kept->n, sizeof(bool));
	for (size_t i = 0; i < kept->n; i++) {
		struct finding *finding = report.at[i];
		enum level level = level_decide(&kept->memo, finding);
		report.firm[report.n] = finding->level == LEVEL_ERROR;
		finding_level(lint->findings, finding, level);
		if (level == LEVEL_IGNORE)
			continue;
		report.at[report.n++] = finding;
		report_count(&report, level);
	}
	return report;
}

struct report
lint_run(struct lint *lint)
{
	const struct tree *tree = lint->policy->tree;
	struct arena scratch = { 0 };
	struct names senses = { .arena = &scratch };
	struct hushes *hushes = NULL;
	struct kept kept = { .memo = { lint->levels, NULL } };

	kept.memo.known = arena_array(&scratch, check_count(), LEVEL_ERROR + 1);
	lint->fixes = (struct fixes) { .arena = lint->arena,
		                       .tree = tree,
		                       .unasked = lint->fixes_unasked };
	if (!tree->broken)
		passes_run(lint);
	if (!lint->fixes_unasked)
		lint_mend(lint);
	if (!tree->broken)
		hushes = hushes_read(lint->arena, tree, lint->settings, lint->today,
		                     lint->findings, &lint->fixes);
	kept_add(&kept, lint, &senses, hushes, 0);
	if (lint->filter && hushes) {
		size_t n = lint->findings->n;
		hushes_finish(hushes, lint->real != NULL);
		kept_add(&kept, lint, &senses, NULL, n);
	}
	struct report report = report_make(lint, &kept);
	arena_end(&scratch);
	return report;
}
