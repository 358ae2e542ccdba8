#ifndef ACLC_GRAMMAR_FINDING_H
#define ACLC_GRAMMAR_FINDING_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grammar/source.h"

struct arena;

/* By consequence: an error leaves no filter; with a warning there is one,
 * but probably not the one meant; advice could be tighter or plainer. */
enum level { LEVEL_IGNORE, LEVEL_ADVICE, LEVEL_WARNING, LEVEL_ERROR };

/* What a repair of a finding may do: see spec "lint-checks", column Fix. */
enum repair { REPAIR_NONE, REPAIR_SAFE, REPAIR_UNSAFE };

/* A thing that can be wrong. One row of a checks.def. */
struct check {
	const char *id; /* "undefined-tag" */
	enum level level;
	enum repair repair;
	const char *brief; /* half a sentence, for --list */
};

/* A second place: "group:ops is defined here". */
struct note {
	struct source *source; /* NULL: said without a place */
	struct span where;
	const char *said;
	struct note *next;
};

/* A check that came true at a span. */
struct finding {
	const struct check *check;
	enum level level; /* the check's, unless raised or lowered */
	struct source *source;
	struct span where;
	const char *said; /* one sentence: lower case, no full stop */
	const char *
		coordinator; /* the coordinator's words, to the letter; NULL when unknown */
	struct note *notes;
	uint32_t order; /* raised as the n-th */
};

/* All findings of a unit, in the order they were raised: the reader and the
 * validator examine a policy in the coordinator's order, so the first error
 * here is the one that the coordinator would give. */
struct findings {
	struct arena *arena;
	struct finding **at;
	size_t n, cap;
	size_t n_errors;
};

/* Raises a finding; the one door. The format is printf's. */
struct finding *finding_add(struct findings *, const struct check *, struct source *,
                            struct span, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

struct finding *finding_add_list(struct findings *, const struct check *, struct source *,
                                 struct span, const char *format, va_list)
	__attribute__((format(printf, 5, 0)));

/* Adds the coordinator's own words (printf format). */
void finding_coordinator(struct findings *, struct finding *, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Gives a finding another level than its check's. */
void finding_level(struct findings *, struct finding *, enum level);

/* Adds a second place after those there are. source may be NULL. */
void finding_note(struct findings *, struct finding *, struct source *, struct span,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));

void finding_note_list(struct findings *, struct finding *, struct source *, struct span,
                       const char *format, va_list) __attribute__((format(printf, 5, 0)));

/* The first error raised, or NULL. */
const struct finding *findings_first_error(const struct findings *);

/* A copy of the list in file order: by source (in order of first mention),
 * then place, then order raised. Length n. */
struct finding **findings_sorted(struct findings *, struct arena *);

/* The rows of grammar/checks.def, as CHECK_SYNTAX_ERROR … */
#define CHECK(name, id, level, repair, brief) extern const struct check CHECK_##name;
#include "grammar/checks.def"
#undef CHECK

#endif
