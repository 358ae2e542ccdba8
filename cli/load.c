/* The pipeline, written once: a path taken to a stage. */
#include "cli/cli.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/file.h"
#include "cli/terminal.h"
#include "policy/claim.h"

#define POLICY_HERE "policy.hujson"

const char *
run_policy(struct run *run, size_t i)
{
	if (i < run->operands.n)
		return run->operands.at[i];
	if (access(POLICY_HERE, F_OK) == 0)
		return POLICY_HERE;
	run_fault(run, "no policy was named, and there is no " POLICY_HERE " here");
	return NULL;
}

const char *
path_name(const struct run *run, const char *path)
{
	if (strcmp(path, "-") != 0)
		return *path ? path : "''";
	return run->options.stdin_name ? run->options.stdin_name : "<stdin>";
}

static const char *
read_fault(int why)
{
	if (why == EISDIR)
		return "it is a folder";
	if (why == EFBIG)
		return "it is larger than 4 GiB";
	return strerror(why);
}

struct source *
source_load(struct run *run, struct arena *arena, const char *path)
{
	const char *name = path_name(run, path);
	struct text bytes;

	if (strcmp(path, "-") == 0 && run->stdin_taken) {
		run_fault(run, "standard input can be read only once");
		return NULL;
	}
	run->stdin_taken |= strcmp(path, "-") == 0;
	progress_tell("reading");
	if (!file_read(arena, path, &bytes)) {
		run_fault(run, "cannot read %s: %s", name, read_fault(errno));
		return NULL;
	}
	run_tell(run, "%s: %zu bytes", name, bytes.len);
	return source_of(arena, name, bytes.at, bytes.len);
}

bool
unit_read(struct unit *unit, struct run *run, const char *path)
{
	unit->findings.arena = &unit->arena;
	if (run->command->stage != STAGE_TREE && !settings_load(run, path))
		return false;
	unit->source = source_load(run, &unit->arena, path);
	if (!unit->source)
		return false;
	progress_tell("parsing");
	unit->tree = hujson_parse(&unit->arena, unit->source, &unit->findings);
	if (run->command->stage == STAGE_TREE)
		return true;
	progress_tell("reading the policy");
	unit->policy = policy_read(&unit->arena, unit->tree, run->options.target,
	                           &unit->findings);
	return true;
}

void
findings_tell(struct run *run, struct findings *findings)
{
	struct arena scratch = { 0 };
	struct finding **sorted = findings_sorted(findings, &scratch);

	progress_clear();
	for (size_t i = 0; i < findings->n; i++)
		if (sorted[i]->level == LEVEL_ERROR || !run->options.quiet)
			text_finding(&run->err, sorted[i]);
	output_flush(&run->err);
	arena_end(&scratch);
}

/* Reads the inventories by way of trees that nobody needs afterwards. */
static bool
inventories_read(struct unit *unit, struct run *run, struct arena *scratch)
{
	const struct strings *paths = &run->options.inventories;
	struct tree **trees = arena_array(scratch, paths->n, sizeof(struct tree *));
	struct findings findings = { .arena = scratch };

	for (size_t i = 0; i < paths->n; i++) {
		struct source *source = source_load(run, &unit->arena, paths->at[i]);
		if (!source)
			return false;
		progress_tell("parsing the inventory");
		trees[i] = inventory_parse(scratch, source, &findings);
	}
	progress_tell("reading the inventory");
	unit->tailnet = tailnet_read(&unit->arena, trees, paths->n, &findings);
	findings_tell(run, &findings);
	/* the run's fault, not the policy's */
	return findings.n_errors == 0;
}

static bool
inventories_load(struct unit *unit, struct run *run)
{
	struct arena scratch = { 0 };
	bool fine = inventories_read(unit, run, &scratch);

	arena_end(&scratch);
	return fine;
}

bool
unit_people(struct unit *unit, struct run *run)
{
	if (run->options.inventories.n > 0 && !inventories_load(unit, run))
		return false;
	if (unit->tree->broken)
		return true; /* what was lost would only be missed everywhere */
	progress_tell("checking the policy");
	policy_validate(unit->policy, unit->tailnet, &unit->findings);
	return true;
}

void
unit_compile(struct unit *unit)
{
	const struct policy *policy = unit->policy;

	progress_tell("compiling");
	if (!unit->tailnet)
		unit->tailnet = tailnet_imagine(&unit->arena, &policy, 1);
	tailnet_index(unit->tailnet);
	tailnet_approve(unit->tailnet, policy);
	unit->filter = filter_compile(&unit->arena, policy, unit->tailnet);
}

void
unit_claims(struct unit *unit)
{
	if (!unit->filter)
		return;
	progress_tell("judging the policy's tests");
	claims_raise(claims_judge_briefly(&unit->arena, unit->filter), &unit->findings);
}

void
unit_untold(struct unit *unit)
{
	if (unit->policy && unit->tailnet)
		policy_untold(unit->policy, unit->tailnet, &unit->findings);
}

bool
unit_load(struct unit *unit, struct run *run, const char *path)
{
	enum stage stage = run->command->stage;

	if (!unit_read(unit, run, path))
		return false;
	if (stage >= STAGE_POLICY && !unit_people(unit, run))
		return false;
	if (stage >= STAGE_FILTER && unit->findings.n_errors == 0)
		unit_compile(unit);
	return true;
}

void
unit_end(struct unit *unit)
{
	arena_end(&unit->arena);
}
