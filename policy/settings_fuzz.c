/* Settings, and a policy linted by them. */
#include "policy/fuzz.h"

#include "policy/lint.h"
#include "policy/settings.h"

#define FLOOR ((size_t)1 << 20)

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return fuzz_watch_install();
}

static void
lint_ask(struct arena *arena, struct policy *policy, struct filter *filter,
         const struct settings *settings, struct findings *findings)
{
	struct levels levels = { .settings = settings->levels,
		                 .n_settings = settings->n_levels };
	struct lint lint = {
		.arena = arena,
		.policy = policy,
		.filter = filter,
		.settings = settings,
		.levels = &levels,
		.today = 20000,
		.findings = findings,
	};
	struct report report = lint_run(&lint);

	fuzz_findings_stand(findings);
	for (size_t i = 0; i < report.n; i++)
		demand(report.at[i]->level != LEVEL_IGNORE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct fuzz_parts parts = fuzz_parts_of(bytes, len);
	struct arena arena = { 0 };
	struct findings findings = { .arena = &arena }, of_settings = { .arena = &arena };

	fuzz_watch_begin(len, FLOOR);
	struct tree *tree = fuzz_tree(&arena, "settings", parts.at[0], &of_settings);
	const struct settings *settings = settings_read(&arena, tree, &of_settings);
	fuzz_findings_stand(&of_settings);
	struct policy *policy = fuzz_policy(&arena, "policy", parts.at[1],
	                                    settings->target_value, NULL, &findings);
	if (policy && of_settings.n_errors == 0)
		lint_ask(&arena, policy, fuzz_filter(&arena, policy, NULL), settings,
		         &findings);
	fuzz_watch_end(len);
	arena_end(&arena);
	return 0;
}
