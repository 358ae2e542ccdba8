#include "policy/usage.h"

#include <stdarg.h>
#include <string.h>

#include "grammar/arena.h"
#include "policy/dialect.h"
#include "policy/levels.h"

/* Places shown beside the first. */
#define PLACES_MAX 4

/* Bytes of words that are joined. */
#define WORDS_MAX ((size_t)1 << 20)

static struct finding *
usage_tell(struct usage *usage, enum feature feature, struct span where,
           enum support support)
{
	const struct feature_row *row = feature_row(feature);
	const char *target = target_name(usage->target);
	const char *consequence = consequence_name(row->consequence);
	struct finding *finding;

	if (support == IGNORES)
		return finding_add(usage->findings, &CHECK_UNSUPPORTED_BY_TARGET,
		                   usage->source, where, "%s ignores %s (%s): %s", target,
		                   row->what, consequence, row->said);
	finding = finding_add(usage->findings, &CHECK_PORTABILITY_SEMANTICS,
	                      usage->source, where, "%s reads %s differently (%s): %s",
	                      target, row->what, consequence, row->said);
	if (row->consequence != OTHERWISE)
		finding_level(usage->findings, finding, LEVEL_WARNING);
	return finding;
}

enum support
usage_note(struct usage *usage, enum feature feature, struct span where)
{
	enum support support = target_support(usage->target, feature);
	struct use *use = &usage->by[feature];

	if (support == BELOW)
		return support;
	use->n++;
	if (use->n == 1)
		use->where = where;
	return support;
}

enum support
usage_meet(struct usage *usage, enum feature feature, struct span where)
{
	enum support support = usage_note(usage, feature, where);
	struct use *use = &usage->by[feature];

	if (support != IGNORES && support != DIFFERS)
		return support;
	if (!use->finding)
		use->finding = usage_tell(usage, feature, where, support);
	else if (use->n <= PLACES_MAX + 1)
		finding_note(usage->findings, use->finding, usage->source, where,
		             "and here");
	return support;
}

struct finding *
usage_refuse(struct usage *usage, enum feature feature, struct span where)
{
	struct finding *finding =
		finding_add(usage->findings, &CHECK_UNSUPPORTED_BY_TARGET, usage->source,
	                    where, "%s",
	                    feature_refusal(usage->arena, usage->target, feature));

	finding_level(usage->findings, finding, LEVEL_ERROR);
	return finding;
}

bool
target_has_words(enum target target)
{
	return dialect_of(target)->words;
}

void
usage_say(struct usage *usage, struct finding *finding, enum stage_found stage,
          const char *format, ...)
{
	va_list args;

	if (!target_has_words(usage->target))
		return;
	usage->said = arena_grow(usage->arena, usage->said, usage->n_said,
	                         &usage->said_cap, sizeof(*usage->said));
	struct said *said = &usage->said[usage->n_said++];
	said->finding = finding;
	said->stage = stage;
	va_start(args, format);
	said->words = arena_format_list(usage->arena, format, args);
	va_end(args);
}

/* The errors of the findings, with what Headscale says of each. */
struct answer {
	struct findings *findings;
	const struct said **said; /* by the order in which findings were raised */
};

static const struct said *
said_of(const struct answer *answer, size_t i)
{
	return answer->said[answer->findings->at[i]->order];
}

/* The first error in the file at which it gives up: its number among the
 * findings, or their count. It gives up at all that the reader found, the words
 * known or not. */
static size_t
first_given_up(const struct usage *usage, const struct answer *answer)
{
	const struct findings *findings = answer->findings;
	size_t first = findings->n;

	for (size_t i = 0; i < findings->n; i++) {
		const struct finding *f = findings->at[i];
		const struct said *said = said_of(answer, i);
		bool gives_up = said ? said->stage != FOUND_POLICY : i < usage->n_read;
		if (f->level != LEVEL_ERROR || !gives_up)
			continue;
		if (first == findings->n ||
		    f->where.first < findings->at[first]->where.first)
			first = i;
	}
	return first;
}

/* Puts a finding before all others. */
static void
finding_promote(struct findings *findings, size_t number)
{
	struct finding *first = findings->at[number];

	for (size_t i = number; i > 0; i--)
		findings->at[i] = findings->at[i - 1];
	findings->at[0] = first;
}

static char *
put(char *at, const char *text)
{
	size_t len = strlen(text);

	memcpy(at, text, len);
	return at + len;
}

/* The errors as tailscale's multierr joins them; NULL where the words for one of
 * them are not known, or they are more than anybody reads. */
static const char *
words_joined(const struct usage *usage, const struct answer *answer)
{
	static const char head[] = "multiple errors:";
	const struct findings *findings = answer->findings;
	const char *only = NULL;
	size_t len = sizeof(head), n = 0;

	for (size_t i = 0; i < findings->n; i++) {
		if (findings->at[i]->level != LEVEL_ERROR)
			continue;
		if (!said_of(answer, i) || len > WORDS_MAX)
			return NULL;
		only = said_of(answer, i)->words;
		len += strlen(only) + 2;
		n++;
	}
	if (n < 2)
		return only;
	char *joined = arena_alloc(usage->arena, len), *at = put(joined, head);
	for (size_t i = 0; i < findings->n; i++)
		if (findings->at[i]->level == LEVEL_ERROR)
			at = put(put(at, "\n\t"), said_of(answer, i)->words);
	*at = '\0';
	return joined;
}

/* Gives the first error the words for all that it stands for. */
static void
usage_answer(struct usage *usage, const struct answer *answer)
{
	struct findings *findings = usage->findings;
	size_t number = first_given_up(usage, answer);
	const char *words, *before = "";

	if (number < findings->n) {
		const struct said *said = said_of(answer, number);
		words = said ? said->words : NULL;
		before = said && said->stage == FOUND_VALUE
		                 ? "parsing policy from bytes: "
		                 : "";
		finding_promote(findings, number);
	} else {
		words = words_joined(usage, answer);
	}
	for (size_t i = 0; i < findings->n && words; i++) {
		if (findings->at[i]->level != LEVEL_ERROR)
			continue;
		finding_coordinator(findings, findings->at[i], "parsing policy: %s%s",
		                    before, words);
		return;
	}
}

void
usage_finish(struct usage *usage)
{
	for (size_t i = 0; i < FEATURE_N; i++) {
		const struct use *use = &usage->by[i];
		if (use->finding && use->n > PLACES_MAX + 1)
			finding_note(usage->findings, use->finding, NULL,
			             (struct span) { 0, 0 }, "and in %zu other places",
			             use->n - PLACES_MAX - 1);
	}
	if (!target_has_words(usage->target) || usage->findings->n_errors == 0)
		return;
	struct arena scratch = { 0 };
	struct answer answer = { usage->findings, NULL };
	answer.said = arena_array(&scratch, usage->findings->n, sizeof(*answer.said));
	for (size_t i = 0; i < usage->n_said; i++)
		answer.said[usage->said[i].finding->order] = &usage->said[i];
	usage_answer(usage, &answer);
	arena_end(&scratch);
}
