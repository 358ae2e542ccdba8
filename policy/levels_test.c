#include "policy/levels.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "policy/policy.h"

static struct level_rule
rule(const char *pattern, enum level level)
{
	return (struct level_rule) { text_of(pattern), level };
}

/* The level of any-port, which is advice, by these. */
static enum level
decide(struct level_rule option, struct level_rule setting)
{
	struct levels levels = { .options = &option,
		                 .settings = &setting,
		                 .n_options = option.pattern.len > 0,
		                 .n_settings = setting.pattern.len > 0 };

	return levels_decide(&levels, &CHECK_ANY_PORT, LEVEL_ADVICE);
}

static void
every_check_is_found_by_its_id_and_no_two_share_one(void **state)
{
	size_t i = 0;

	(void)state;
	for (const struct check *check; (check = check_list(i)); i++) {
		assert_ptr_equal(check_named(text_of(check->id)), check);
		assert_int_equal(check_number(check), i);
	}
	assert_int_equal(i, check_count());
	assert_null(check_named(text_of("no-such-check")));
	assert_null(check_named(text_of("")));
}

static void
a_misspelt_id_has_a_nearest_one(void **state)
{
	(void)state;
	assert_true(text_is(check_nearest(text_of("alow-all")), "allow-all"));
	assert_int_equal(check_nearest(text_of("kept for the move")).len, 0);
}

static void
a_star_at_the_end_matches_the_rest(void **state)
{
	(void)state;
	assert_true(check_matches(text_of("any-*"), &CHECK_ANY_PORT));
	assert_true(check_matches(text_of("*"), &CHECK_ANY_PORT));
	assert_true(check_matches(text_of("any-port*"), &CHECK_ANY_PORT));
	assert_false(check_matches(text_of("any-"), &CHECK_ANY_PORT));
	assert_false(check_matches(text_of("*-port"), &CHECK_ANY_PORT));
	assert_false(check_matches(text_of("any-ports*"), &CHECK_ANY_PORT));
	assert_true(check_pattern_known(text_of("ssh-*")));
	assert_false(check_pattern_known(text_of("shh-*")));
}

static void
options_come_before_settings(void **state)
{
	(void)state;
	assert_int_equal(decide(rule("", 0), rule("", 0)), LEVEL_ADVICE);
	assert_int_equal(decide(rule("", 0), rule("any-port", LEVEL_WARNING)),
	                 LEVEL_WARNING);
	assert_int_equal(decide(rule("*", LEVEL_IGNORE), rule("any-port", LEVEL_ERROR)),
	                 LEVEL_IGNORE);
}

static void
the_longer_pattern_counts_and_of_two_alike_the_stricter(void **state)
{
	struct level_rule rules[] = {
		rule("*", LEVEL_IGNORE),
		rule("any-port", LEVEL_ADVICE),
		rule("any-*", LEVEL_ERROR),
	};
	struct levels levels = { .options = rules, .n_options = 3 };

	(void)state;
	assert_int_equal(levels_decide(&levels, &CHECK_ANY_PORT, LEVEL_ADVICE),
	                 LEVEL_ADVICE);
	rules[1] = rule("any-*", LEVEL_WARNING);
	assert_int_equal(levels_decide(&levels, &CHECK_ANY_PORT, LEVEL_ADVICE),
	                 LEVEL_ERROR);
	assert_int_equal(levels_decide(&levels, &CHECK_NO_TESTS, LEVEL_ADVICE),
	                 LEVEL_IGNORE);
}

static void
only_leaves_the_others_out_and_wakes_what_is_off(void **state)
{
	struct text only = text_of("missing-posture");
	struct levels levels = { .only = &only, .n_only = 1 };

	(void)state;
	assert_int_equal(levels_decide(&levels, &CHECK_ANY_PORT, LEVEL_WARNING),
	                 LEVEL_IGNORE);
	assert_int_equal(levels_decide(&levels, &CHECK_MISSING_POSTURE, LEVEL_IGNORE),
	                 LEVEL_ADVICE);
}

static void
errors_stay_errors(void **state)
{
	struct level_rule all = rule("*", LEVEL_IGNORE);
	struct text only = text_of("any-port");
	struct levels levels = {
		.options = &all, .n_options = 1, .only = &only, .n_only = 1
	};

	(void)state;
	assert_int_equal(levels_decide(&levels, &CHECK_TEST_FAILS, LEVEL_ERROR),
	                 LEVEL_ERROR);
	assert_true(check_is_firm(&CHECK_BOUNDARY_VIOLATED));
	assert_true(check_is_firm(&CHECK_TEST_FAILS));
	assert_false(check_is_firm(&CHECK_ALLOW_ALL));
}

static void
levels_have_words(void **state)
{
	enum level level = LEVEL_IGNORE;

	(void)state;
	assert_true(level_parse(text_of("warning"), &level));
	assert_int_equal(level, LEVEL_WARNING);
	assert_false(level_parse(text_of("Warning"), &level));
	assert_false(level_parse(text_of("off"), &level));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_check_is_found_by_its_id_and_no_two_share_one),
		cmocka_unit_test(a_misspelt_id_has_a_nearest_one),
		cmocka_unit_test(a_star_at_the_end_matches_the_rest),
		cmocka_unit_test(options_come_before_settings),
		cmocka_unit_test(the_longer_pattern_counts_and_of_two_alike_the_stricter),
		cmocka_unit_test(only_leaves_the_others_out_and_wakes_what_is_off),
		cmocka_unit_test(errors_stay_errors),
		cmocka_unit_test(levels_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
