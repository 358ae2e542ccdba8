#ifndef ACLC_POLICY_LEVELS_H
#define ACLC_POLICY_LEVELS_H

/* The catalogue of all checks, those of texts, of policies and of lint, and
 * the levels that people give them. */

#include <stdbool.h>
#include <stddef.h>

#include "grammar/finding.h"
#include "grammar/text.h"

struct arena;

/* The rows of policy/lint_checks.def, as CHECK_ALLOW_ALL … */
#define CHECK(name, id, level, repair, brief) extern const struct check CHECK_##name;
#include "policy/lint_checks.def"
#undef CHECK

/* The i-th check there is, in the order of the tables; NULL at the end. */
const struct check *check_list(size_t i);

/* Its place in that order. */
size_t check_number(const struct check *);

/* How many there are. */
size_t check_count(void);

/* The check of that id, or NULL. */
const struct check *check_named(struct text id);

/* The id nearest to what was written, for "did you mean", or an empty text. */
struct text check_nearest(struct text id);

/* Whether an id is what was asked for: the same, or one that starts as the
 * pattern does before its trailing *. */
bool check_matches(struct text pattern, const struct check *);

/* Whether a pattern, or an id, asks for any check there is. */
bool check_pattern_known(struct text pattern);

/* "error", "warning", "advice", "ignore" into a level; false for other words. */
bool level_parse(struct text, enum level *);

/* Whether a check is an error whatever people say: those can be neither
 * lowered nor hushed. */
bool check_is_firm(const struct check *);

/* What somebody wants of the checks that a pattern matches. */
struct level_rule {
	struct text pattern;
	enum level level;
};

/*
 * What people want. The options of the command line come before the settings;
 * in either, a longer pattern comes before a shorter one, and of two alike the
 * stricter counts. With only, checks that it does not name are not shown, and
 * those that nobody shows unasked are advice.
 */
struct levels {
	const struct level_rule *options, *settings;
	size_t n_options, n_settings;
	const struct text *only;
	size_t n_only;
};

/* The level of a finding of a check that was raised at some level, by what people
 * want. What is raised as an error stays one. */
enum level levels_decide(const struct levels *, const struct check *, enum level raised);

#endif
