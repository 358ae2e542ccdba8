#include "policy/pattern.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "grammar/arena.h"

static enum pattern_match
match(const char *pattern, const char *name)
{
	struct arena arena = { 0 };
	const char *why;
	size_t where;
	struct pattern *compiled =
		pattern_compile(&arena, text_of(pattern), &why, &where);

	assert_non_null(compiled);
	enum pattern_match found = pattern_match(compiled, text_of(name));
	arena_end(&arena);
	return found;
}

static void
a_pattern_is_for_the_whole_name(void **state)
{
	(void)state;
	assert_int_equal(match("tag:(prod|dev)-[a-z]+", "tag:prod-db"), PATTERN_MATCHES);
	assert_int_equal(match("tag:(prod|dev)-[a-z]+", "tag:prod-db2"), PATTERN_DIFFERS);
	assert_int_equal(match("tag:(prod|dev)-[a-z]+", "xtag:prod-db"), PATTERN_DIFFERS);
	assert_int_equal(match("a|b", "ab"), PATTERN_DIFFERS);
	assert_int_equal(match("a", "a\n"), PATTERN_DIFFERS);
	assert_int_equal(match("", ""), PATTERN_MATCHES);
}

static void
letters_outside_ascii_are_one_character(void **state)
{
	(void)state;
	assert_int_equal(match(".", "\xC3\xA9"), PATTERN_MATCHES);
}

static void
a_costly_pattern_is_given_up(void **state)
{
	(void)state;
	assert_int_equal(match("((a+)+)+[bd]",
	                       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac"),
	                 PATTERN_TOO_COSTLY);
}

static void
a_bad_pattern_says_why_and_where(void **state)
{
	struct arena arena = { 0 };
	const char *why = NULL;
	size_t where = 0;

	(void)state;
	assert_null(pattern_compile(&arena, text_of("tag:(x"), &why, &where));
	assert_non_null(why);
	assert_int_equal(where, 6);
	arena_end(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_is_for_the_whole_name),
		cmocka_unit_test(letters_outside_ascii_are_one_character),
		cmocka_unit_test(a_costly_pattern_is_given_up),
		cmocka_unit_test(a_bad_pattern_says_why_and_where),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
