/* Runs the policy's own tests and sshTests, or proposes some. */
#include "cli/results.h"

#include <errno.h>
#include <string.h>

#include "cli/file.h"
#include "cli/merge.h"
#include "cli/terminal.h"

struct test_options {
	bool strict, write, merge;
};

#define OWN(member) offsetof(struct test_options, member)

static const struct option ROWS[] = {
	{ 0, "strict", OPTION_FLAG, OWN(strict), NULL,
	  "what depends on the machines has failed", NULL },
	{ 0, "write", OPTION_FLAG, OWN(write), NULL,
	  "propose tests that pin down what is allowed and denied", NULL },
	{ 'w', "merge", OPTION_FLAG, OWN(merge), NULL,
	  "with --write, put the proposed tests into the file", NULL },
	{ 0 },
};

const struct option_table TEST_OPTIONS = { ROWS, sizeof(struct test_options) };

/* By the place of the word in the command's formats. */
static void (*const FORMATS[])(const struct results *, struct output *) = {
	results_text,
	results_json,
	results_junit,
	results_tap,
};

static enum status
results_status(const struct results *results)
{
	if (!results->claims)
		return STATUS_BAD_POLICY;
	for (size_t i = 0; i < results->claims->n; i++)
		if (claim_is_bad(results, &results->claims->at[i]))
			return STATUS_BAD_POLICY;
	return STATUS_GOOD;
}

static enum status
merge_into(struct run *run, struct unit *unit, const char *path,
           const struct proposals *proposals)
{
	if (strcmp(path, "-") == 0)
		return run_fault(run,
		                 "-w writes a file back, and standard input is none");
	if (proposals->n_tests == 0 && proposals->n_ssh_tests == 0)
		return STATUS_GOOD;
	progress_tell("writing");
	if (!file_replace(path, proposals_merge(&unit->arena, unit->tree, proposals)))
		return run_fault(run, "cannot write %s: %s", path, strerror(errno));
	return STATUS_GOOD;
}

static enum status
propose(struct run *run, struct unit *unit, const char *path)
{
	const struct test_options *own = run->own;

	if (!unit->filter)
		return STATUS_BAD_POLICY;
	const struct proposals *proposals = proposals_make(&unit->arena, unit->filter);
	run_tell(run, "of %zu rules that tests can speak of, %zu have one",
	         proposals->n_rules, proposals->n_covered);
	if (proposals->n_tests == 0 && proposals->n_ssh_tests == 0 && !run->options.quiet)
		run_fault(run, "nothing is proposed: %s",
		          proposals->n_covered < proposals->n_rules
		                  ? "what rules allow to everybody, tests cannot pin down"
		          : proposals->n_rules > 0
		                  ? "each rule has a test"
		                  : "no rule is one that tests can speak of");
	if (own->merge)
		return merge_into(run, unit, path, proposals);
	proposals_write(&run->out, proposals);
	return STATUS_GOOD;
}

static enum status
judge(struct run *run, struct unit *unit)
{
	const struct test_options *own = run->own;
	struct results results = { .run = run, .unit = unit, .strict = own->strict };

	if (unit->filter)
		results.claims = claims_judge(&unit->arena, unit->filter);
	FORMATS[run->options.format](&results, &run->out);
	return results_status(&results);
}

enum status
test_main(struct run *run)
{
	const struct test_options *own = run->own;
	const char *path = run_policy(run, 0);
	struct unit unit = { 0 };
	enum status status = STATUS_BAD_RUN;

	if (own->merge && !own->write)
		return run_fault(run,
		                 "-w goes with --write: it puts the tests that --write "
		                 "proposes into the file");
	if (path && unit_load(&unit, run, path)) {
		findings_tell(run, &unit.findings);
		status = own->write ? propose(run, &unit, path) : judge(run, &unit);
	}
	unit_end(&unit);
	return status;
}
