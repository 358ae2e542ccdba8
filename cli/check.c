#include "cli/cli.h"

#include <jansson.h>

#include "cli/targets.h"

struct check_options {
	const char *derp;
};

static const struct option ROWS[] = {
	{ 0, "derp", OPTION_TEXT, offsetof(struct check_options, derp), "FILE",
	  "check a derp map that stands alone instead of a policy", NULL },
	{ 0 },
};

const struct option_table CHECK_OPTIONS = { ROWS, sizeof(struct check_options) };

/* "3 errors, 1 warning", or nothing. */
static void
counts_write(struct output *out, size_t n_errors, size_t n_warnings)
{
	if (n_errors > 0)
		output_format(out, "%zu error%s%s", n_errors, n_errors == 1 ? "" : "s",
		              n_warnings ? ", " : "");
	if (n_warnings > 0)
		output_format(out, "%zu warning%s", n_warnings,
		              n_warnings == 1 ? "" : "s");
}

static void
verdict_write(struct output *out, const struct findings *findings)
{
	bool accepted = findings->n_errors == 0;
	size_t n_warnings = findings->n - findings->n_errors;

	output_paint(out, accepted ? PAINT_GOOD : PAINT_ERROR);
	output_string(out, accepted ? "accepted" : "refused");
	output_paint(out, PAINT_NONE);
	if (findings->n > 0)
		output_string(out, ": ");
	counts_write(out, findings->n_errors, n_warnings);
	output_char(out, '\n');
}

static void
check_text(struct output *out, struct findings *findings, struct finding **sorted)
{
	for (size_t i = 0; i < findings->n; i++)
		text_finding(out, sorted[i]);
	verdict_write(out, findings);
}

json_t *
json_of_error(const struct finding *finding, bool first)
{
	json_t *object = json_of_finding(finding);

	/* what the coordinator would answer: its first error, and no other */
	if (first && finding->coordinator)
		json_object_set_new(object, "coordinator",
		                    json_of_text(text_of(finding->coordinator)));
	return object;
}

static void
check_json(struct output *out, const struct run *run, struct findings *findings,
           struct finding **sorted)
{
	const struct finding *first = findings_first_error(findings);
	json_t *document = json_object(), *errors = json_array(), *others = json_array();

	if (first)
		json_array_append_new(errors, json_of_error(first, true));
	for (size_t i = 0; i < findings->n; i++) {
		if (sorted[i]->level != LEVEL_ERROR)
			json_array_append_new(others, json_of_error(sorted[i], false));
		else if (sorted[i] != first)
			json_array_append_new(errors, json_of_error(sorted[i], false));
	}
	json_object_set_new(document, "accepted", json_boolean(!first));
	json_object_set_new(document, "target",
	                    json_string(target_name(run->options.target)));
	json_object_set_new(document, "errors", errors);
	json_object_set_new(document, "warnings", others);
	output_json(out, document);
}

static enum status
check_tell(struct run *run, struct unit *unit)
{
	struct findings *findings = &unit->findings;
	struct finding **sorted = findings_sorted(findings, &unit->arena);

	if (run->options.format == CHECK_JSON)
		check_json(&run->out, run, findings, sorted);
	else
		check_text(&run->out, findings, sorted);
	return findings->n_errors > 0 ? STATUS_BAD_POLICY : STATUS_GOOD;
}

static bool
derp_load(struct unit *unit, struct run *run, const char *path)
{
	unit->findings.arena = &unit->arena;
	unit->source = source_load(run, &unit->arena, path);
	if (!unit->source)
		return false;
	unit->tree = hujson_parse(&unit->arena, unit->source, &unit->findings);
	if (!unit->tree->broken)
		derp_validate(&unit->arena, unit->tree, unit->tree->root,
		              &unit->findings);
	return true;
}

enum status
check_main(struct run *run)
{
	const struct check_options *own = run->own;
	struct unit unit = { 0 };
	enum status status = STATUS_BAD_RUN;
	bool loaded = false;

	if (own->derp && run->operands.n > 0)
		return run_fault(run, "--derp stands instead of a policy");
	if (run->options.every_target && !own->derp) {
		const char *path = run_policy(run, 0);
		return path ? targets_check(run, path) : STATUS_BAD_RUN;
	}
	if (own->derp) {
		loaded = derp_load(&unit, run, own->derp);
	} else {
		const char *path = run_policy(run, 0);
		loaded = path && unit_load(&unit, run, path);
		unit_claims(&unit);
		unit_untold(&unit);
	}
	if (loaded)
		status = check_tell(run, &unit);
	unit_end(&unit);
	return status;
}
