#include "policy/remedy.h"

#include <stdlib.h>

#include "grammar/arena.h"
#include "policy/diff.h"
#include "policy/saying.h"

/* Rounds go on until nothing is left to do; more would be a circle. */
#define ROUNDS_MAX 200

/* A text taken as far as it goes. */
struct patient {
	struct arena arena;
	struct findings findings;
	struct source *source;
	struct policy *policy;
	struct filter *filter; /* NULL: it has errors */
	size_t n_errors;
};

static void
patient_read(struct patient *patient, const struct remedy *remedy, struct text text)
{
	const struct policy *policy;
	struct tailnet *tailnet = remedy->tailnet;
	struct tree *tree;

	patient->findings.arena = &patient->arena;
	patient->source = source_of(&patient->arena, "", text.at, text.len);
	tree = hujson_parse(&patient->arena, patient->source, &patient->findings);
	policy = patient->policy =
		policy_read(&patient->arena, tree, remedy->target, &patient->findings);
	patient->n_errors = patient->findings.n_errors;
	if (tree->broken)
		return;
	policy_validate(patient->policy, tailnet, &patient->findings);
	patient->n_errors = patient->findings.n_errors;
	if (patient->n_errors > 0)
		return;
	if (!tailnet)
		tailnet = tailnet_imagine(&patient->arena, &policy, 1);
	tailnet_approve(tailnet, policy);
	patient->filter = filter_compile(&patient->arena, policy, tailnet);
}

/* One round: what is found in a text, and what can be done about it. */
struct round {
	struct remedy *remedy;
	struct patient patient;
	struct fix **fixes; /* to do, in this order */
	size_t n;
	struct senses senses;
	struct names *refused; /* fixes that were tried: kept from round to round */
};

/* What a fix does, whatever lines it is on. */
static struct text
fix_sense(struct round *round, const struct fix *fix)
{
	struct arena *arena = &round->patient.arena;
	uint64_t key = finding_key(arena, round->patient.policy->tree, fix->finding,
	                           &round->senses);
	struct saying sense = { .arena = arena };

	saying_add(&sense, "%016llx %s", (unsigned long long)key, fix->finding->said);
	for (size_t i = 0; i < fix->n; i++) {
		saying_add(&sense, "|");
		saying_put(&sense, fix->edits[i].with);
	}
	return saying_text(&sense);
}

/* The format is put right last: it touches everything. */
static unsigned
fix_rank(const struct fix *fix)
{
	if (fix->kind == REPAIR_UNSAFE)
		return 2;
	return fix->finding->check == &CHECK_FORMAT;
}

static int
fix_compare(const void *left, const void *right)
{
	const struct fix *a = *(struct fix *const *)left,
			 *b = *(struct fix *const *)right;
	unsigned ranks[2] = { fix_rank(a), fix_rank(b) };

	if (ranks[0] != ranks[1])
		return ranks[0] < ranks[1] ? -1 : 1;
	if (a->finding->where.first != b->finding->where.first)
		return a->finding->where.first < b->finding->where.first ? -1 : 1;
	return (a->finding->order > b->finding->order) -
	       (a->finding->order < b->finding->order);
}

static int
pointer_order(const void *left, const void *right)
{
	const struct finding *a = *(struct finding *const *)left;
	const struct finding *b = *(struct finding *const *)right;

	return (a->order > b->order) - (a->order < b->order);
}

/* Whether a finding is among those reported. */
static bool
is_reported(struct finding *const *reported, size_t n, const struct finding *finding)
{
	struct finding *const *found =
		n > 0 ? bsearch(&finding, reported, n, sizeof(*reported), pointer_order)
		      : NULL;

	return found && *found == finding;
}

/* Chooses what to do in a round: of the fixes that may be done those of the first
 * rank there is. */
static void
round_choose(struct round *round, const struct lint *lint, struct report *report)
{
	const struct remedy *remedy = round->remedy;
	size_t n = 0;

	if (report->n > 0)
		qsort(report->at, report->n, sizeof(*report->at), pointer_order);
	round->fixes =
		arena_array(&round->patient.arena, lint->fixes.n, sizeof(struct fix *));
	for (size_t i = 0; i < lint->fixes.n; i++) {
		struct fix *fix = lint->fixes.at[i];
		if (fix->n == 0 || !is_reported(report->at, report->n, fix->finding) ||
		    fix->finding->level < remedy->least ||
		    (fix->kind == REPAIR_UNSAFE && !remedy->unsafe) ||
		    names_find(round->refused, fix_sense(round, fix)) != NAMES_NONE)
			continue;
		round->fixes[n++] = fix;
	}
	if (n > 0)
		qsort(round->fixes, n, sizeof(struct fix *), fix_compare);
	for (round->n = 0; round->n < n; round->n++)
		if (fix_rank(round->fixes[round->n]) != fix_rank(round->fixes[0]))
			break;
}

static void
round_start(struct round *round, struct text text)
{
	struct remedy *remedy = round->remedy;
	struct patient *patient = &round->patient;

	patient_read(patient, remedy, text);
	struct lint lint = {
		.arena = &patient->arena,
		.policy = patient->policy,
		.filter = patient->filter,
		.settings = remedy->settings,
		.levels = remedy->levels,
		.today = remedy->today,
		.findings = &patient->findings,
	};
	struct report report = lint_run(&lint);
	remedy->errors_left = !patient->filter;
	remedy->lacks_tests = false;
	for (size_t i = 0; i < report.n; i++)
		remedy->lacks_tests |= report.at[i]->check == &CHECK_NO_TESTS &&
		                       report.at[i]->level >= remedy->least;
	round_choose(round, &lint, &report);
}

/* Whether two policies mean the same in every tailnet. */
static bool
policies_equivalent(struct arena *arena, const struct policy *before,
                    const struct policy *after)
{
	const struct policy *both[2] = { before, after };
	struct tailnet *tailnet = tailnet_imagine(arena, both, 2);

	const struct diff *diff =
		diff_make(arena, (struct diff_party) { before, tailnet },
	                  (struct diff_party) { after, tailnet }, DIFF_MOST);

	return diff->gained.n == 0 && diff->lost.n == 0 && diff->n_changes == 0;
}

/* Whether a text means what the round's does, or, where that is not asked or
 * cannot be told, is at least no worse. */
static bool
is_good(const struct round *round, struct text text, bool safe)
{
	const struct patient *before = &round->patient;
	struct patient after = { 0 };
	bool good;

	patient_read(&after, round->remedy, text);
	if (!safe)
		good = after.n_errors <= before->n_errors;
	else if (!before->filter)
		good = after.n_errors < before->n_errors; /* an error is mended */
	else
		good = after.filter &&
		       policies_equivalent(&after.arena, before->policy, after.policy);
	arena_end(&after.arena);
	return good;
}

/* Takes down a fix that must not be done. */
static void
round_refuse(struct round *round, const struct fix *fix)
{
	struct text sense = fix_sense(round, fix);
	struct arena *arena = round->refused->arena;

	names_add(round->refused,
	          (struct text) { arena_copy(arena, sense.at, sense.len), sense.len });
	round->remedy->n_refused += fix->kind == REPAIR_SAFE;
}

/* Does as many of the round's fixes as can be done together: all, or the first
 * half, or the half of that. Of one that cannot, it is taken down. */
static struct text
round_do(struct round *round, struct text text)
{
	struct remedy *remedy = round->remedy;
	bool *done = arena_array(&round->patient.arena, round->n, sizeof(bool));
	bool safe = round->fixes[0]->kind == REPAIR_SAFE &&
	            (round->patient.filter || !remedy->unsafe);

	for (size_t n = round->n; n > 0; n /= 2) {
		struct text mended = fixes_apply(remedy->arena, round->patient.source,
		                                 round->fixes, n, done);
		if (!is_good(round, mended, safe)) {
			if (n == 1)
				round_refuse(round, round->fixes[0]);
			continue;
		}
		for (size_t i = 0; i < n; i++)
			remedy->n_done += done[i];
		return mended;
	}
	return text;
}

struct text
remedy_apply(struct remedy *remedy, struct source *source)
{
	struct names refused = { .arena = remedy->arena };
	struct text text = { source->bytes, source->len };
	bool more = true;

	for (size_t i = 0; i < ROUNDS_MAX && more; i++) {
		struct round round = { .remedy = remedy, .refused = &refused };
		round_start(&round, text);
		more = round.n > 0;
		if (more)
			text = round_do(&round, text);
		arena_end(&round.patient.arena);
	}
	return text;
}
