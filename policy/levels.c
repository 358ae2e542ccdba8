#include "policy/levels.h"

#include "policy/policy.h"

#define CHECK(name, id, level, repair, brief) &CHECK_##name,
static const struct check *const checks[] = {
#include "grammar/checks.def"
#include "policy/checks.def"
#include "policy/lint_checks.def"
};
#undef CHECK

#define N_CHECKS (sizeof(checks) / sizeof(*checks))

const struct check *
check_list(size_t i)
{
	return i < N_CHECKS ? checks[i] : NULL;
}

size_t
check_count(void)
{
	return N_CHECKS;
}

size_t
check_number(const struct check *check)
{
	size_t i = 0;

	while (i < N_CHECKS && checks[i] != check)
		i++;
	return i;
}

const struct check *
check_named(struct text id)
{
	for (size_t i = 0; i < N_CHECKS; i++)
		if (text_is(id, checks[i]->id))
			return checks[i];
	return NULL;
}

struct text
check_nearest(struct text id)
{
	struct text_nearest nearest = text_nearest_start(id);

	for (size_t i = 0; i < N_CHECKS; i++)
		text_nearest_offer(&nearest, text_of(checks[i]->id));
	return nearest.best;
}

static bool
is_open(struct text pattern)
{
	return pattern.len > 0 && pattern.at[pattern.len - 1] == '*';
}

bool
check_matches(struct text pattern, const struct check *check)
{
	struct text id = text_of(check->id);

	if (!is_open(pattern))
		return text_equal(pattern, id);
	pattern.len--;
	if (id.len < pattern.len)
		return false;
	id.len = pattern.len;
	return text_equal(pattern, id);
}

bool
check_pattern_known(struct text pattern)
{
	for (size_t i = 0; i < N_CHECKS; i++)
		if (check_matches(pattern, checks[i]))
			return true;
	return false;
}

static const char *const level_words[] = {
	[LEVEL_IGNORE] = "ignore",
	[LEVEL_ADVICE] = "advice",
	[LEVEL_WARNING] = "warning",
	[LEVEL_ERROR] = "error",
};

bool
level_parse(struct text word, enum level *level)
{
	for (size_t i = 0; i < sizeof(level_words) / sizeof(*level_words); i++) {
		if (!text_is(word, level_words[i]))
			continue;
		*level = (enum level)i;
		return true;
	}
	return false;
}

bool
check_is_firm(const struct check *check)
{
	return check->level == LEVEL_ERROR;
}

/* The rule that counts for a check, or NULL. An id is longer than any pattern
 * that matches it. */
static const struct level_rule *
rule_for(const struct level_rule *rules, size_t n, const struct check *check)
{
	const struct level_rule *best = NULL;
	size_t best_weight = 0;

	for (size_t i = 0; i < n; i++) {
		struct text pattern = rules[i].pattern;
		size_t weight = 2 * pattern.len + !is_open(pattern);
		if (!check_matches(pattern, check) || weight < best_weight)
			continue;
		if (best && weight == best_weight && rules[i].level <= best->level)
			continue;
		best = &rules[i];
		best_weight = weight;
	}
	return best;
}

static bool
is_named(const struct text *patterns, size_t n, const struct check *check)
{
	for (size_t i = 0; i < n; i++)
		if (check_matches(patterns[i], check))
			return true;
	return false;
}

enum level
levels_decide(const struct levels *levels, const struct check *check, enum level raised)
{
	const struct level_rule *rule;
	bool named = is_named(levels->only, levels->n_only, check);

	if (raised == LEVEL_ERROR)
		return LEVEL_ERROR;
	if (levels->n_only > 0 && !named)
		return LEVEL_IGNORE;
	rule = rule_for(levels->options, levels->n_options, check);
	if (!rule)
		rule = rule_for(levels->settings, levels->n_settings, check);
	if (rule)
		return rule->level;
	if (named && raised == LEVEL_IGNORE)
		return LEVEL_ADVICE;
	return raised;
}
