/* Says what is doubtful in a policy, and mends what can be mended. */
#include "cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/baseline.h"
#include "cli/file.h"
#include "cli/merge.h"
#include "cli/patch.h"
#include "cli/report.h"
#include "cli/terminal.h"
#include "grammar/duration.h"
#include "policy/claim.h"
#include "policy/remedy.h"
#include "policy/settings.h"

struct lint_options {
	unsigned fail_on;
	struct strings error, warn, advise, ignore, only;
	bool all, list, fix, diff, unsafe;
	const char *why, *baseline, *write_baseline;
};

#define OWN(member) offsetof(struct lint_options, member)

/* The first is the default. */
static const char *const FAIL_ON[] = { "warning", "error", "advice", "never", NULL };

static const enum level FAIL_LEVELS[] = { LEVEL_WARNING, LEVEL_ERROR, LEVEL_ADVICE };

#define FAIL_NEVER 3

static const struct option ROWS[] = {
	{ 0, "fail-on", OPTION_CHOICE, OWN(fail_on), "LEVEL",
	  "the least that makes status 1: error, warning, advice or never", FAIL_ON },
	{ 0, "error", OPTION_LIST, OWN(error), "ID",
	  "make findings of these checks errors; ID,... or ID* too", NULL },
	{ 0, "warn", OPTION_LIST, OWN(warn), "ID", "make them warnings", NULL },
	{ 0, "advise", OPTION_LIST, OWN(advise), "ID", "make them advice", NULL },
	{ 0, "ignore", OPTION_LIST, OWN(ignore), "ID", "do not report them", NULL },
	{ 0, "only", OPTION_LIST, OWN(only), "ID", "report these checks alone", NULL },
	{ 'a', "all", OPTION_FLAG, OWN(all), NULL, "show advice, not only count it",
	  NULL },
	{ 'l', "list", OPTION_FLAG, OWN(list), NULL, "list the checks", NULL },
	{ 0, "why", OPTION_TEXT, OWN(why), "ID", "print the page of a check", NULL },
	{ 0, "fix", OPTION_FLAG, OWN(fix), NULL,
	  "mend what can be mended without a change of meaning", NULL },
	{ 0, "unsafe-fixes", OPTION_FLAG, OWN(unsafe), NULL,
	  "mend what changes the meaning too", NULL },
	{ 0, "diff", OPTION_FLAG, OWN(diff), NULL,
	  "with --fix, show the repairs as a patch instead", NULL },
	{ 0, "baseline", OPTION_TEXT, OWN(baseline), "FILE",
	  "report only what that baseline does not have", NULL },
	{ 0, "write-baseline", OPTION_TEXT, OWN(write_baseline), "FILE",
	  "write what is found as a baseline", NULL },
	{ 0 },
};

const struct option_table LINT_OPTIONS = { ROWS, sizeof(struct lint_options) };

enum {
	FORMAT_TEXT,
	FORMAT_JSON,
	FORMAT_SARIF,
	FORMAT_GITHUB,
	FORMAT_GITLAB,
	FORMAT_CHECKSTYLE
};

const char *const LINT_FORMATS[] = { "text",   "json",       "sarif", "github",
	                             "gitlab", "checkstyle", NULL };

/* Levels that the command line gives, as they are understood. */
struct wishes {
	struct run *run;
	struct level_rule *rules;
	size_t n_rules, rules_cap;
	struct text *only;
	size_t n_only, only_cap;
};

/* Says that a word names no check. */
static void
check_unknown(struct run *run, const char *option, struct text word)
{
	struct text nearest = check_nearest(word);

	if (word.len == 0)
		run_fault(run, "--%s: a check is missing; aclc lint --list lists them",
		          option);
	else
		run_fault(run, "--%s: there is no check %.*s%s%.*s%s", option,
		          TEXT_ARG(word),
		          nearest.len ? "; did you mean "
		                      : "; aclc lint --list lists them",
		          TEXT_ARG(nearest), nearest.len ? "?" : "");
}

/* Whether a word names a check, or several; it is said where not. */
static bool
check_is_known(struct run *run, const char *option, struct text word)
{
	if (check_pattern_known(word))
		return true;
	check_unknown(run, option, word);
	return false;
}

static bool
wish_add(struct wishes *wishes, const char *option, struct text word, enum level level)
{
	const struct check *check = check_named(word);
	struct arena *arena = &wishes->run->arena;

	if (!check_is_known(wishes->run, option, word))
		return false;
	if (check && check_is_firm(check) && level != LEVEL_ERROR) {
		run_fault(wishes->run, "--%s: %s is an error, and stays one", option,
		          check->id);
		return false;
	}
	wishes->rules = arena_grow(arena, wishes->rules, wishes->n_rules,
	                           &wishes->rules_cap, sizeof(*wishes->rules));
	wishes->rules[wishes->n_rules++] = (struct level_rule) { word, level };
	return true;
}

static bool
only_add(struct wishes *wishes, const char *option, struct text word, enum level level)
{
	(void)level;
	if (!check_is_known(wishes->run, option, word))
		return false;
	wishes->only = arena_grow(&wishes->run->arena, wishes->only, wishes->n_only,
	                          &wishes->only_cap, sizeof(*wishes->only));
	wishes->only[wishes->n_only++] = word;
	return true;
}

/* Takes "ID,ID,ID*", as often as it was given. */
static bool
words_take(struct wishes *wishes, const struct strings *list, const char *option,
           enum level level,
           bool (*take)(struct wishes *, const char *, struct text, enum level))
{
	for (size_t i = 0; i < list->n; i++) {
		struct text rest = text_of(list->at[i]);
		size_t comma;
		do {
			comma = text_find(rest, ',');
			struct text word = text_trim((struct text) { rest.at, comma });
			if (!take(wishes, option, word, level))
				return false;
			rest = text_from(rest, comma < rest.len ? comma + 1 : comma);
		} while (rest.len > 0);
	}
	return true;
}

static bool
wishes_read(struct wishes *wishes, const struct lint_options *own)
{
	return words_take(wishes, &own->error, "error", LEVEL_ERROR, wish_add) &&
	       words_take(wishes, &own->warn, "warn", LEVEL_WARNING, wish_add) &&
	       words_take(wishes, &own->advise, "advise", LEVEL_ADVICE, wish_add) &&
	       words_take(wishes, &own->ignore, "ignore", LEVEL_IGNORE, wish_add) &&
	       words_take(wishes, &own->only, "only", LEVEL_IGNORE, only_add);
}

#define DAY_SECONDS 86400

/* Days since 1970: by ACLC_TODAY (2026-01-31) or SOURCE_DATE_EPOCH (seconds), or by
 * the clock. false: they are not understood, and it was said. */
static bool
today_find(struct run *run, int64_t *today)
{
	const char *day = getenv("ACLC_TODAY"), *epoch = getenv("SOURCE_DATE_EPOCH");
	uint64_t seconds = (uint64_t)time(NULL);

	if (day && *day) {
		if (date_parse(text_of(day), today))
			return true;
		run_fault(run, "ACLC_TODAY is a date, as in 2026-01-31, not %s", day);
		return false;
	}
	if (epoch && *epoch && !text_number(text_of(epoch), INT64_MAX, &seconds)) {
		run_fault(run, "SOURCE_DATE_EPOCH is a number of seconds, not %s", epoch);
		return false;
	}
	*today = (int64_t)(seconds / DAY_SECONDS);
	return true;
}

/* "error", "warning", "advice", or "off" for what is asked for by name. */
static const char *
usual_level(const struct check *check)
{
	return check->level == LEVEL_IGNORE ? "off" : level_name(check->level);
}

static const char *
repair_name(enum repair repair)
{
	static const char *const names[] = {
		[REPAIR_NONE] = "-",
		[REPAIR_SAFE] = "safe",
		[REPAIR_UNSAFE] = "unsafe",
	};

	return names[repair];
}

static enum status
checks_list(struct run *run)
{
	const struct check *check;

	for (size_t i = 0; (check = check_list(i)); i++)
		output_format(&run->out, "%-30s %-7s  %-6s  %s\n", check->id,
		              usual_level(check), repair_name(check->repair),
		              check->brief);
	return STATUS_GOOD;
}

static enum status
check_why(struct run *run, const char *id)
{
	const struct check *check = check_named(text_of(id));
	const struct page *page = check ? page_of(check->id) : NULL;

	if (!check) {
		check_unknown(run, "why", text_of(id));
		return STATUS_BAD_RUN;
	}
	output_format(&run->out, "%s (%s, fix: %s)\n\n", check->id, usual_level(check),
	              repair_name(check->repair));
	output_string(&run->out, page ? page->text : check->brief);
	if (!page)
		output_char(&run->out, '\n');
	return STATUS_GOOD;
}

/* Whether somebody asks what stays of findings when lines move. */
static bool
keys_are_told(const struct run *run)
{
	const struct lint_options *own = run->own;

	return own->baseline || own->write_baseline ||
	       run->options.format == FORMAT_SARIF ||
	       run->options.format == FORMAT_GITLAB;
}

/* Runs the passes over a unit that is loaded. */
static void
unit_lint(struct reporting *r, const struct levels *levels, int64_t today)
{
	struct unit *unit = r->unit;
	struct lint *lint = r->lint;
	const struct claims *claims = NULL;

	if (unit->filter) {
		progress_tell("judging the policy's tests");
		claims = claims_judge_briefly(&unit->arena, unit->filter);
		claims_raise(claims, &unit->findings);
	}
	unit_untold(unit);
	progress_tell("looking for what is doubtful");
	*lint = (struct lint) {
		.arena = &unit->arena,
		.policy = unit->policy,
		.filter = unit->filter,
		.claims = claims,
		.settings = r->run->settings,
		.levels = levels,
		.today = today,
		.findings = &unit->findings,
		.fixes_unasked = r->run->options.format != FORMAT_SARIF,
	};
	r->report = lint_run(lint);
	r->keys = keys_are_told(r->run)
	                  ? report_keys(&unit->arena, unit->tree, &r->report)
	                  : arena_array(&unit->arena, r->report.n, sizeof(*r->keys));
	progress_clear();
}

/* Leaves out advice that is only counted. */
static void
advice_drop(struct reporting *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->report.n; i++) {
		if (r->report.at[i]->level == LEVEL_ADVICE && !r->advice) {
			r->n_left_out++;
			continue;
		}
		r->report.at[n] = r->report.at[i];
		r->report.firm[n] = r->report.firm[i];
		r->keys[n++] = r->keys[i];
	}
	r->report.n = n;
}

/* "2 errors, 1 warning" */
static void
count_write(struct output *out, size_t n, const char *one, const char *many, bool *first)
{
	if (n == 0)
		return;
	output_format(out, "%s%zu %s", *first ? "" : ", ", n, n == 1 ? one : many);
	*first = false;
}

static void
summary_write(const struct reporting *r, struct output *out)
{
	const struct report *report = &r->report;
	bool first = true;

	count_write(out, report->n_errors, "error", "errors", &first);
	count_write(out, report->n_warnings, "warning", "warnings", &first);
	count_write(out, report->n_advice, "piece of advice", "pieces of advice", &first);
	if (r->n_left_out > 0)
		output_string(out, " (shown with --all)");
	count_write(out, report->n_hushed, "finding hushed", "findings hushed", &first);
	count_write(out, report->n_known, "finding in the baseline",
	            "findings in the baseline", &first);
	output_string(out, first ? "nothing to say\n" : "\n");
}

static void
report_text(const struct reporting *r, struct output *out)
{
	for (size_t i = 0; i < r->report.n; i++)
		text_finding(out, r->report.at[i]);
	if (!r->run->options.quiet)
		summary_write(r, out);
}

static void
report_write(const struct reporting *r)
{
	static void (*const writers[])(const struct reporting *, struct output *) = {
		[FORMAT_TEXT] = report_text,     [FORMAT_JSON] = report_json,
		[FORMAT_SARIF] = report_sarif,   [FORMAT_GITHUB] = report_github,
		[FORMAT_GITLAB] = report_gitlab, [FORMAT_CHECKSTYLE] = report_checkstyle,
	};

	writers[r->run->options.format](r, &r->run->out);
}

static enum status
report_status(const struct reporting *r, const struct lint_options *own)
{
	const struct report *report = &r->report;
	size_t n = report->n_errors;

	if (own->fail_on == FAIL_NEVER)
		return STATUS_GOOD;
	if (FAIL_LEVELS[own->fail_on] <= LEVEL_WARNING)
		n += report->n_warnings;
	if (FAIL_LEVELS[own->fail_on] <= LEVEL_ADVICE)
		n += report->n_advice;
	return n > 0 ? STATUS_BAD_POLICY : STATUS_GOOD;
}

/* Writes the baseline that is asked for, and leaves out what the one that is given
 * has: by default the one that was written. */
static bool
baselines_use(struct reporting *r, const struct lint_options *own)
{
	struct names known = { .arena = &r->unit->arena };

	if (!own->baseline && !own->write_baseline)
		return true;
	if (own->baseline && !baseline_read(r->run, own->baseline, &known))
		return false;
	if (own->write_baseline && !baseline_write(r->run, own->write_baseline, r))
		return false;
	for (size_t i = 0; !own->baseline && i < r->report.n; i++)
		names_add(&known, text_of(r->keys[i]));
	baseline_subtract(r, &known);
	return true;
}

/* Loads, lints and reports. */
static enum status
lint_report(struct run *run, const char *path, const struct levels *levels, int64_t today)
{
	const struct lint_options *own = run->own;
	struct unit unit = { 0 };
	struct lint lint;
	struct reporting r = { .run = run, .unit = &unit, .lint = &lint };
	enum status status = STATUS_BAD_RUN;

	r.advice =
		own->all || own->only.n > 0 ||
		(own->fail_on != FAIL_NEVER && FAIL_LEVELS[own->fail_on] == LEVEL_ADVICE);
	if (unit_load(&unit, run, path)) {
		unit_lint(&r, levels, today);
		if (baselines_use(&r, own)) {
			advice_drop(&r);
			report_write(&r);
			status = report_status(&r, own);
		}
	}
	unit_end(&unit);
	return status;
}

/* How many repairs were made, and how many were not, and why. */
static void
mended_tell(struct run *run, const char *name, const struct remedy *remedy)
{
	const struct lint_options *own = run->own;
	size_t done = own->diff ? 0 : remedy->n_done, refused = remedy->n_refused;

	if (done > 0 && !run->options.quiet)
		run_fault(run, "%s: %zu repair%s made", name, done, done == 1 ? "" : "s");
	if (refused > 0 && !run->options.quiet)
		run_fault(run, "%s: %zu repair%s not made: %s", name, refused,
		          refused == 1 ? "" : "s",
		          remedy->errors_left
		                  ? "what has errors cannot be proved to mean the same"
		                  : "they would change the meaning");
}

/* Writes the mended text back, or shows the patch. */
static enum status
mended_use(struct run *run, const char *path, struct text old,
           const struct remedy *remedy, struct text mended)
{
	const struct lint_options *own = run->own;

	if (own->diff)
		patch_write(&run->out, path_name(run, path), old, mended);
	else if (!text_equal(old, mended) && !file_replace(path, mended))
		return run_fault(run, "cannot write %s: %s", path, strerror(errno));
	mended_tell(run, path_name(run, path), remedy);
	return own->diff && !text_equal(old, mended) ? STATUS_BAD_POLICY : STATUS_GOOD;
}

/* Puts tests that say what holds today into a text that has none. */
static struct text
tests_add(struct run *run, const struct remedy *remedy, struct text text)
{
	struct unit unit = { .tailnet = remedy->tailnet };
	struct arena *arena = &unit.arena;

	unit.findings.arena = arena;
	unit.source = source_of(arena, "", text.at, text.len);
	unit.tree = hujson_parse(arena, unit.source, &unit.findings);
	unit.policy = policy_read(arena, unit.tree, remedy->target, &unit.findings);
	policy_validate(unit.policy, unit.tailnet, &unit.findings);
	if (unit.findings.n_errors == 0) {
		unit_compile(&unit);
		text = proposals_merge(arena, unit.tree,
		                       proposals_make(arena, unit.filter));
		text.at = arena_copy(&run->arena, text.at, text.len);
	}
	unit_end(&unit);
	return text;
}

/* Mends what can be mended. */
static enum status
lint_fix(struct run *run, const char *path, const struct levels *levels, int64_t today)
{
	const struct lint_options *own = run->own;
	struct unit unit = { 0 };
	enum status status = STATUS_BAD_RUN;

	if (unit_load(&unit, run, path)) {
		struct remedy remedy = {
			.arena = &unit.arena,
			.target = run->options.target,
			.tailnet = unit.tailnet && !unit.tailnet->imagined ? unit.tailnet
			                                                   : NULL,
			.settings = run->settings,
			.levels = levels,
			.today = today,
			.unsafe = own->unsafe,
			.least = own->all || own->only.n > 0 ? LEVEL_ADVICE
			                                     : LEVEL_WARNING,
		};
		progress_tell("mending");
		struct text old = { unit.source->bytes, unit.source->len };
		struct text mended = remedy_apply(&remedy, unit.source);
		if (remedy.unsafe && remedy.lacks_tests) {
			mended = tests_add(run, &remedy, mended);
			remedy.n_done++;
		}
		progress_clear();
		status = mended_use(run, path, old, &remedy, mended);
	}
	unit_end(&unit);
	return status;
}

static bool
options_agree(struct run *run, const char *path)
{
	const struct lint_options *own = run->own;
	bool fix = own->fix || own->unsafe;

	if (own->diff && !fix)
		run_fault(run, "--diff shows what --fix would do: give both");
	else if (fix && (own->baseline || own->write_baseline))
		run_fault(run, "--fix leaves nothing to a baseline: give one of them");
	else if (own->write_baseline && strcmp(own->write_baseline, "-") == 0)
		run_fault(run, "--write-baseline takes the name of a file");
	else if (fix && !own->diff && strcmp(path, "-") == 0)
		run_fault(run, "lint --fix cannot write standard input back; --diff "
		               "shows the repairs");
	else
		return true;
	return false;
}

enum status
lint_main(struct run *run)
{
	const struct lint_options *own = run->own;
	struct wishes wishes = { .run = run };
	const char *path;
	int64_t today;

	if (own->list)
		return checks_list(run);
	if (own->why)
		return check_why(run, own->why);
	path = run_policy(run, 0);
	if (!path || !options_agree(run, path) || !wishes_read(&wishes, own) ||
	    !today_find(run, &today) || !settings_load(run, path))
		return STATUS_BAD_RUN;
	struct levels levels = {
		.options = wishes.rules,
		.n_options = wishes.n_rules,
		.settings = run->settings->levels,
		.n_settings = run->settings->n_levels,
		.only = wishes.only,
		.n_only = wishes.n_only,
	};
	if (own->fix || own->unsafe) {
		enum status status = lint_fix(run, path, &levels, today);
		if (status != STATUS_GOOD || own->diff)
			return status;
	}
	return lint_report(run, path, &levels, today);
}
