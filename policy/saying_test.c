#include "policy/saying.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include "grammar/arena.h"

static void
pieces_stand_one_after_another(void **state)
{
	struct arena arena = { 0 };
	struct saying saying = { .arena = &arena };

	(void)state;
	saying_add(&saying, "%s %d", "grant", 7);
	saying_put(&saying, (struct text) { "\0 %s", 4 });
	saying_add(&saying, "%s", "");
	assert_int_equal(saying.len, 11);
	assert_memory_equal(saying_text(&saying).at, "grant 7\0 %s", 12);
	arena_end(&arena);
}

static void
nothing_said_is_no_words(void **state)
{
	struct arena arena = { 0 };
	struct saying saying = { .arena = &arena };

	(void)state;
	assert_string_equal(saying_words(&saying), "");
	assert_int_equal(saying_text(&saying).len, 0);
	saying_put(&saying, (struct text) { NULL, 0 });
	assert_string_equal(saying_words(&saying), "");
	arena_end(&arena);
}

static void
room_grows_less_often_than_pieces_are_added(void **state)
{
	struct arena arena = { 0 };
	struct saying saying = { .arena = &arena };
	size_t moves = 0;
	const char *at = NULL;

	(void)state;
	for (size_t i = 0; i < 10000; i++) {
		saying_add(&saying, "%s%zu", i ? "," : "", i % 10);
		moves += saying.at != at;
		at = saying.at;
	}
	assert_int_equal(saying.len, 19999);
	assert_true(moves < 20);
	for (size_t i = 0; i < 10000; i++)
		assert_int_equal(saying.at[2 * i], (char)('0' + i % 10));
	arena_end(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_stand_one_after_another),
		cmocka_unit_test(nothing_said_is_no_words),
		cmocka_unit_test(room_grows_less_often_than_pieces_are_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
