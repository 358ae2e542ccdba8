#include "cli/targets.h"

#include <jansson.h>
#include <string.h>

#include "cli/terminal.h"
#include "policy/claim.h"

/* What one target says. */
struct verdict {
	enum target target;
	struct findings findings;
	const struct policy *policy; /* as the target reads it; NULL: nobody can */
};

/* Judges the policy's tests as the target would. */
static void
claims_take(struct unit *unit, struct verdict *verdict)
{
	struct arena *arena = &unit->arena;
	const struct policy *policy = verdict->policy;
	bool real = unit->tailnet && !unit->tailnet->imagined;
	struct tailnet *tailnet = unit->tailnet;

	if (policy->n_tests + policy->n_ssh_tests == 0)
		return;
	if (!real)
		tailnet = tailnet_imagine(arena, &policy, 1);
	tailnet_index(tailnet);
	tailnet_approve(tailnet, policy);
	claims_raise(claims_judge_briefly(arena, filter_compile(arena, policy, tailnet)),
	             &verdict->findings);
}

static struct verdict
verdict_of(struct unit *unit, enum target target)
{
	struct arena *arena = &unit->arena;
	struct verdict verdict = { .target = target, .findings.arena = arena };
	bool real = unit->tailnet && !unit->tailnet->imagined;
	struct policy *policy;

	if (unit->tree->broken) {
		verdict.findings = unit->findings;
		return verdict;
	}
	policy = policy_read(arena, unit->tree, target, &verdict.findings);
	policy_validate(policy, real ? unit->tailnet : NULL, &verdict.findings);
	verdict.policy = policy;
	if (verdict.findings.n_errors == 0)
		claims_take(unit, &verdict);
	return verdict;
}

static bool
is_accepted(const struct verdict *verdict)
{
	return verdict->findings.n_errors == 0;
}

/* Whether the target passes over a feature of the policy in that way. */
static bool
use_is(const struct verdict *verdict, size_t feature, enum support support)
{
	return verdict->policy && verdict->policy->usage.by[feature].n > 0 &&
	       target_support(verdict->target, (enum feature)feature) == support;
}

/* How a feature is passed over, for people and for scripts. */
static const struct {
	enum support support;
	const char *words, *key;
} WAYS[] = {
	{ IGNORES, "ignores", "ignores" },
	{ DIFFERS, "reads differently:", "reads_differently" },
};

#define N_WAYS (sizeof(WAYS) / sizeof(*WAYS))

/* Calls write for what is passed over in that way, what widens access first. */
static void
uses_visit(const struct verdict *verdict, size_t way,
           void (*write)(const struct verdict *, enum feature, void *), void *into)
{
	for (size_t c = WIDER; c <= OTHERWISE; c++)
		for (size_t f = 0; f < FEATURE_N; f++)
			if (use_is(verdict, f, WAYS[way].support) &&
			    feature_row((enum feature)f)->consequence ==
			            (enum consequence)c)
				write(verdict, (enum feature)f, into);
}

/* A list of words in the making. */
struct phrase {
	struct arena *arena;
	const char *said;  /* so far */
	const char *begin; /* before the next word; then commas */
};

static void
phrase_add(const struct verdict *verdict, enum feature feature, void *into)
{
	struct phrase *phrase = into;
	const struct feature_row *row = feature_row(feature);

	(void)verdict;
	phrase->said =
		arena_format(phrase->arena, "%s%s%s (%s)", phrase->said, phrase->begin,
	                     row->what, consequence_name(row->consequence));
	phrase->begin = ", ";
}

/* "ignores srcPosture (wider), tests (other); reads differently: …" */
static const char *
uses_said(struct arena *arena, const struct verdict *verdict)
{
	struct phrase phrase = { arena, "", "" };

	for (size_t i = 0; i < N_WAYS; i++) {
		phrase.begin = arena_format(arena, "%s%s ", *phrase.said ? "; " : "",
		                            WAYS[i].words);
		uses_visit(verdict, i, phrase_add, &phrase);
	}
	return phrase.said;
}

/* What an error says, beside the name of the target. */
static const char *
error_said(struct arena *arena, const struct verdict *verdict,
           const struct finding *error)
{
	const char *start =
		arena_format(arena, "%s refuses ", target_name(verdict->target));

	return text_starts(text_of(error->said), start) ? error->said + strlen(start)
	                                                : error->said;
}

/* "line 7: no tag tag:prdo is defined, and 2 more errors" */
static const char *
refused_said(struct arena *arena, const struct verdict *verdict)
{
	const struct finding *first = findings_first_error(&verdict->findings);
	size_t more = verdict->findings.n_errors - 1;
	unsigned line = (unsigned)source_place(first->source, first->where.first).line;
	const char *said = arena_format(arena, "line %u: %s", line,
	                                error_said(arena, verdict, first));

	if (more == 0)
		return said;
	return arena_format(arena, "%s, and %zu more error%s", said, more,
	                    more > 1 ? "s" : "");
}

/* Why it refuses the policy, and what it would pass over. */
static const char *
verdict_said(struct arena *arena, const struct verdict *verdict)
{
	const char *uses = uses_said(arena, verdict);

	if (is_accepted(verdict))
		return uses;
	return arena_format(arena, "%s%s%s", refused_said(arena, verdict),
	                    *uses ? "; " : "", uses);
}

/* Words, going on under the first where the page ends. */
static void
words_write(struct output *out, struct text words, size_t indent)
{
	size_t column = indent;

	while (words.len > 0) {
		struct text word = { words.at, text_find(words, ' ') };
		size_t width = harmless_width(out, word);
		if (out->width && column > indent && column + 1 + width > out->width) {
			output_char(out, '\n');
			output_repeat(out, ' ', indent);
			column = indent;
		} else if (column > indent) {
			output_char(out, ' ');
			column++;
		}
		output_harmless(out, word);
		column += width;
		words = text_from(words, word.len + (word.len < words.len));
	}
}

#define INDENT 26

static void
verdict_write(struct output *out, struct arena *arena, const struct verdict *verdict)
{
	bool accepted = is_accepted(verdict);
	const char *said = verdict_said(arena, verdict);

	output_format(out, "%-14s  ", target_name(verdict->target));
	output_paint(out, accepted ? PAINT_GOOD : PAINT_ERROR);
	output_string(out, accepted ? "accepted" : "refused");
	output_paint(out, PAINT_NONE);
	if (*said)
		output_string(out, accepted ? "  " : "   ");
	words_write(out, text_of(said), INDENT);
	output_char(out, '\n');
}

static json_t *
json_of_errors(struct verdict *verdict, struct arena *arena)
{
	struct findings *findings = &verdict->findings;
	const struct finding *first = findings_first_error(findings);
	struct finding **sorted = findings_sorted(findings, arena);
	json_t *errors = json_array();

	if (first)
		json_array_append_new(errors, json_of_error(first, true));
	for (size_t i = 0; i < findings->n; i++)
		if (sorted[i]->level == LEVEL_ERROR && sorted[i] != first)
			json_array_append_new(errors, json_of_error(sorted[i], false));
	return errors;
}

static void
json_add_use(const struct verdict *verdict, enum feature feature, void *into)
{
	const struct feature_row *row = feature_row(feature);
	const struct use *use = &verdict->policy->usage.by[feature];
	struct place place = source_place(verdict->policy->source, use->where.first);
	json_t *object = json_object();

	json_object_set_new(object, "feature", json_string(row->id));
	json_object_set_new(object, "what", json_string(row->what));
	json_object_set_new(object, "consequence",
	                    json_string(consequence_name(row->consequence)));
	json_object_set_new(object, "message", json_string(row->said));
	json_object_set_new(object, "line", json_integer((json_int_t)place.line));
	json_object_set_new(object, "column", json_integer((json_int_t)place.column));
	json_object_set_new(object, "places", json_integer((json_int_t)use->n));
	json_array_append_new(into, object);
}

static json_t *
json_of_verdict(struct verdict *verdict, struct arena *arena)
{
	json_t *object = json_object();

	json_object_set_new(object, "target", json_string(target_name(verdict->target)));
	json_object_set_new(object, "accepted", json_boolean(is_accepted(verdict)));
	json_object_set_new(object, "errors", json_of_errors(verdict, arena));
	for (size_t i = 0; i < N_WAYS; i++) {
		json_t *uses = json_array();
		uses_visit(verdict, i, json_add_use, uses);
		json_object_set_new(object, WAYS[i].key, uses);
	}
	return object;
}

static void
verdicts_json(struct output *out, struct arena *arena, struct verdict *verdicts)
{
	json_t *document = json_object(), *targets = json_array();

	for (size_t i = 0; i < TARGET_N; i++)
		json_array_append_new(targets, json_of_verdict(&verdicts[i], arena));
	json_object_set_new(document, "targets", targets);
	output_json(out, document);
}

enum status
targets_check(struct run *run, const char *path)
{
	struct verdict verdicts[TARGET_N];
	enum status status = STATUS_GOOD;
	struct unit unit = { 0 };

	if (!unit_load(&unit, run, path)) {
		unit_end(&unit);
		return STATUS_BAD_RUN;
	}
	for (size_t i = 0; i < TARGET_N; i++) {
		progress_tell("asking the targets");
		verdicts[i] = verdict_of(&unit, (enum target)i);
		if (!is_accepted(&verdicts[i]))
			status = STATUS_BAD_POLICY;
	}
	progress_clear();
	if (run->options.format == CHECK_JSON)
		verdicts_json(&run->out, &unit.arena, verdicts);
	else
		for (size_t i = 0; i < TARGET_N; i++)
			verdict_write(&run->out, &unit.arena, &verdicts[i]);
	unit_end(&unit);
	return status;
}
