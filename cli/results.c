/* Test results for people, as JSON, and what all formats say of a claim. */
#include "cli/results.h"

#include <jansson.h>

#include "policy/show.h"

static const char *const VERDICTS[] = {
	[CLAIM_PASSED] = "passed",
	[CLAIM_UNKNOWN] = "unknown",
	[CLAIM_FAILED] = "failed",
	[CLAIM_INVALID] = "invalid",
};

bool
claim_is_bad(const struct results *results, const struct claim *claim)
{
	if (claim->verdict == CLAIM_UNKNOWN)
		return results->strict;
	return claim->verdict != CLAIM_PASSED;
}

static const char *const LISTS[] = {
	[CLAIM_ACCEPT] = "accept",
	[CLAIM_DENY] = "deny",
	[CLAIM_CHECK] = "check",
	[CLAIM_SHAPE] = "",
};

const char *
claim_path(struct arena *arena, const struct claim *claim)
{
	const char *section = section_name(claim->section);

	if (claim->kind == CLAIM_SHAPE)
		return arena_format(arena, "%s[%u]", section, (unsigned)claim->test);
	return arena_format(arena, "%s[%u].%s[%u]", section, (unsigned)claim->test,
	                    LISTS[claim->kind], (unsigned)claim->element);
}

/* "group:eng logs in on tag:db as root" */
static const char *
login_statement(struct arena *arena, const struct claim *claim, const char *src)
{
	static const char *const deeds[] = {
		[CLAIM_ACCEPT] = "logs in",
		[CLAIM_DENY] = "does not log in",
		[CLAIM_CHECK] = "is checked and logs in",
	};
	const char *login = text_show(arena, claim->login);

	if (claim->dst.len == 0)
		return arena_format(arena, "%s %s as %s", src, deeds[claim->kind], login);
	return arena_format(arena, "%s %s on %s as %s", src, deeds[claim->kind],
	                    text_show(arena, claim->dst), login);
}

const char *
claim_statement(struct arena *arena, const struct claim *claim)
{
	const char *src = text_show(arena, claim->src), *over = "";

	if (claim->kind == CLAIM_SHAPE)
		return arena_format(arena, "a test of %s", src);
	if (claim->section == SECTION_SSH_TESTS)
		return login_statement(arena, claim, src);
	if (claim->protocol != PROTOCOL_ANY)
		over = arena_format(arena, " over %s",
		                    protocol_name(arena, claim->protocol));
	return arena_format(arena, "%s %s %s%s", src,
	                    claim->kind == CLAIM_DENY ? "does not reach" : "reaches",
	                    text_show(arena, claim->dst), over);
}

struct reason
claim_reason(const struct claim *claim)
{
	return (struct reason) { claim->grant, claim->ssh, claim->why };
}

struct place
claim_place(const struct results *results, const struct claim *claim)
{
	return source_place(results->unit->source, claim->where.first);
}

const struct finding *
results_fault(const struct results *results)
{
	return findings_first_error(&results->unit->findings);
}

static enum paint
verdict_paint(const struct results *results, const struct claim *claim)
{
	if (claim_is_bad(results, claim))
		return PAINT_ERROR;
	return claim->verdict == CLAIM_PASSED ? PAINT_GOOD : PAINT_WARNING;
}

static void
claim_text(const struct results *results, struct output *out, const struct claim *claim)
{
	struct arena scratch = { 0 };
	struct place place = claim_place(results, claim);
	struct reason reason = claim_reason(claim);

	output_paint(out, PAINT_PLACE);
	output_harmless(out, text_of(results->unit->source->name));
	output_format(out, ":%u:%u:", (unsigned)place.line, (unsigned)place.column);
	output_paint(out, PAINT_NONE);
	output_char(out, ' ');
	output_paint(out, verdict_paint(results, claim));
	output_string(out, VERDICTS[claim->verdict]);
	output_paint(out, PAINT_NONE);
	output_string(out, ": ");
	output_harmless(out, text_of(claim_statement(&scratch, claim)));
	output_string(out, "\n    ");
	reason_write(out, results->unit->policy, &reason);
	arena_end(&scratch);
}

static void
count_write(struct output *out, size_t n, const char *what, bool always)
{
	if (n == 0 && !always)
		return;
	output_format(out, "%s%zu %s", always ? "" : ", ", n, what);
}

void
results_text(const struct results *results, struct output *out)
{
	const struct claims *claims = results->claims;

	if (!claims)
		return;
	for (size_t i = 0; i < claims->n; i++)
		claim_text(results, out, &claims->at[i]);
	if (claims->n == 0) {
		output_string(out, "the policy has no tests\n");
		return;
	}
	count_write(out, claims->n_passed, "passed", true);
	count_write(out, claims->n_failed, "failed", false);
	count_write(out, claims->n_invalid, "invalid", false);
	count_write(out, claims->n_unknown, "unknown", false);
	output_char(out, '\n');
}

static json_t *
json_of_near(const struct results *results, const struct claim *claim)
{
	const struct policy *policy = results->unit->policy;
	json_t *list = json_array();
	const struct probe_miss *near = NULL;
	size_t n = 0;

	if (claim->answer) {
		near = claim->answer->near;
		n = claim->answer->n_near;
	} else if (claim->ssh_answer) {
		near = claim->ssh_answer->near;
		n = claim->ssh_answer->n_near;
	}
	for (size_t i = 0; i < n; i++) {
		struct reason reason = reason_of_miss(&near[i]);
		json_array_append_new(list, json_of_reason(policy, &reason));
	}
	return list;
}

static json_t *
json_of_by(const struct results *results, const struct claim *claim)
{
	const struct policy *policy = results->unit->policy;
	json_t *list = json_array();

	for (size_t i = 0; claim->answer && i < claim->answer->n_by; i++) {
		struct reason reason = reason_of_hit(&claim->answer->by[i]);
		json_array_append_new(list, json_of_reason(policy, &reason));
	}
	for (size_t i = 0; claim->ssh_answer && i < claim->ssh_answer->n_by; i++) {
		struct reason reason = reason_of_login(&claim->ssh_answer->by[i]);
		json_array_append_new(list, json_of_reason(policy, &reason));
	}
	return list;
}

static json_t *
json_of_claim(const struct results *results, const struct claim *claim)
{
	struct arena scratch = { 0 };
	struct place place = claim_place(results, claim);
	json_t *object = json_object();

	json_object_set_new(object, "path", json_string(claim_path(&scratch, claim)));
	json_object_set_new(object, "line", json_integer(place.line));
	json_object_set_new(object, "column", json_integer(place.column));
	json_object_set_new(object, "src", json_of_text(claim->src));
	if (claim->dst.len > 0)
		json_object_set_new(object, "dst", json_of_text(claim->dst));
	if (claim->kind != CLAIM_SHAPE && claim->section == SECTION_SSH_TESTS)
		json_object_set_new(object, "user", json_of_text(claim->login));
	if (claim->protocol >= 0)
		json_object_set_new(object, "proto",
		                    json_string(
					    protocol_name(&scratch, claim->protocol)));
	if (claim->kind != CLAIM_SHAPE)
		json_object_set_new(object, "claim", json_string(LISTS[claim->kind]));
	json_object_set_new(object, "verdict", json_string(VERDICTS[claim->verdict]));
	json_object_set_new(object, "why", json_of_text(text_of(claim->why)));
	json_object_set_new(object, "by", json_of_by(results, claim));
	json_object_set_new(object, "near", json_of_near(results, claim));
	arena_end(&scratch);
	return object;
}

static void
json_add_counts(json_t *document, const struct claims *claims)
{
	json_object_set_new(document, "passed",
	                    json_integer((json_int_t)claims->n_passed));
	json_object_set_new(document, "failed",
	                    json_integer((json_int_t)claims->n_failed));
	json_object_set_new(document, "invalid",
	                    json_integer((json_int_t)claims->n_invalid));
	json_object_set_new(document, "unknown",
	                    json_integer((json_int_t)claims->n_unknown));
}

void
results_json(const struct results *results, struct output *out)
{
	const struct claims *claims = results->claims;
	struct findings *findings = &results->unit->findings;
	json_t *document = json_object(), *list = json_array(), *errors = json_array();

	for (size_t i = 0; !claims && i < findings->n; i++)
		if (findings->at[i]->level == LEVEL_ERROR)
			json_array_append_new(errors, json_of_finding(findings->at[i]));
	for (size_t i = 0; claims && i < claims->n; i++)
		json_array_append_new(list, json_of_claim(results, &claims->at[i]));
	json_object_set_new(document, "target",
	                    json_string(target_name(results->run->options.target)));
	if (claims)
		json_add_counts(document, claims);
	json_object_set_new(document, "errors", errors);
	json_object_set_new(document, "results", list);
	output_json(out, document);
}
