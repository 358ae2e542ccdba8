/* The Test Anything Protocol, version 13: a line for each claim. */
#include "cli/results.h"

/* A description: one line, in which no # begins a directive. */
static void
description_write(struct output *out, const char *said)
{
	struct text text = text_of(said);

	while (text.len > 0) {
		size_t hash = text_find(text, '#');
		output_harmless(out, (struct text) { text.at, hash });
		if (hash == text.len)
			break;
		output_string(out, "\\#");
		text = text_from(text, hash + 1);
	}
}

static void
claim_write(const struct results *results, struct output *out, size_t number,
            const struct claim *claim)
{
	struct arena scratch = { 0 };
	struct reason reason = claim_reason(claim);
	bool bad = claim_is_bad(results, claim);

	output_format(out, "%s %zu - ", bad ? "not ok" : "ok", number);
	description_write(out, claim_path(&scratch, claim));
	output_string(out, ": ");
	description_write(out, claim_statement(&scratch, claim));
	if (!bad && claim->verdict == CLAIM_UNKNOWN)
		output_string(out, " # SKIP it depends on the machines");
	output_char(out, '\n');
	if (claim->verdict != CLAIM_PASSED) {
		output_string(out, "# ");
		output_harmless(out, text_of(results->unit->source->name));
		output_format(out, ":%u: ", (unsigned)claim_place(results, claim).line);
		reason_write(out, results->unit->policy, &reason);
	}
	arena_end(&scratch);
}

void
results_tap(const struct results *results, struct output *out)
{
	const struct claims *claims = results->claims;

	out->color = false; /* for programs */
	output_string(out, "TAP version 13\n");
	if (!claims) {
		output_string(out, "Bail out! the policy has errors: ");
		description_write(out, results_fault(results)->said);
		output_char(out, '\n');
		return;
	}
	output_format(out, "1..%zu%s\n", claims->n,
	              claims->n ? "" : " # SKIP the policy has no tests");
	for (size_t i = 0; i < claims->n; i++)
		claim_write(results, out, i + 1, &claims->at[i]);
}
