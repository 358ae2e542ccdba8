/* compile -f policy: a policy in another target's own terms. */
#include "policy/lower.h"

#include "cli/compile.h"
#include "cli/file.h"

/* Whether the target takes what was made for it; tells what it says if not. */
static bool
is_taken(struct run *run, struct unit *unit, enum target target, struct text text)
{
	struct arena *arena = &unit->arena;
	struct findings findings = { .arena = arena };
	struct source *source = source_of(arena, "the lowered policy", text.at, text.len);
	struct tree *tree = hujson_parse(arena, source, &findings);
	struct policy *policy = policy_read(arena, tree, target, &findings);

	if (!tree->broken)
		policy_validate(policy, NULL, &findings);
	if (findings.n_errors == 0)
		return true;
	findings_tell(run, &findings);
	run_fault(run, "%s would refuse what this policy was made into; please report it",
	          target_name(target));
	return false;
}

static enum status
lower_write(struct run *run, struct unit *unit, enum target target)
{
	const struct compile_options *own = run->own;
	struct lowering lowering = {
		.policy = unit->policy,
		.tailnet = unit->tailnet,
		.target = target,
		.narrower = own->lossy == LOSSY_NARROWER,
	};
	struct findings findings = { .arena = &unit->arena };
	struct text text = policy_lower(&unit->arena, &lowering, &findings);

	findings_tell(run, &findings);
	if (findings.n_errors > 0)
		return STATUS_BAD_POLICY;
	if (!is_taken(run, unit, target, text))
		return STATUS_BAD_RUN;
	output_text(&run->out, text);
	return STATUS_GOOD;
}

/* Reads the policy as its own target does, and not as the one it is to be for. */
static bool
own_target(struct run *run)
{
	const struct compile_options *own = run->own;

	run->options.target = TARGET_TAILSCALE;
	run->options.target_name = own->from;
	if (!own->from || target_parse(text_of(own->from), &run->options.target))
		return true;
	run_fault(run, "there is no target %s", own->from);
	return false;
}

enum status
lower_main(struct run *run, const char *path)
{
	enum target target = run->options.target;
	struct unit unit = { 0 };
	enum status status = STATUS_BAD_RUN;

	if (own_target(run) && unit_load(&unit, run, path)) {
		unit_claims(&unit);
		findings_tell(run, &unit.findings);
		status = unit.findings.n_errors > 0 ? STATUS_BAD_POLICY
		                                    : lower_write(run, &unit, target);
	}
	if (status != STATUS_GOOD)
		output_abandon(run);
	unit_end(&unit);
	return status;
}
