#include "grammar/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "grammar/arena.h"

static struct source *
source_from(struct arena *arena, const char *bytes)
{
	return source_of(arena, "policy.hujson", bytes, strlen(bytes));
}

static void
assert_place(struct source *source, uint32_t offset, uint32_t line, uint32_t column)
{
	struct place place = source_place(source, offset);

	assert_int_equal(place.line, line);
	assert_int_equal(place.column, column);
}

static void
assert_line(struct source *source, uint32_t line, const char *expected)
{
	struct text text = source_text(source, source_line(source, line));

	assert_int_equal(text.len, strlen(expected));
	if (text.len > 0)
		assert_memory_equal(text.at, expected, text.len);
}

static void
an_empty_file_has_one_empty_line(void **state)
{
	struct arena arena = { 0 };
	struct source *source = source_from(&arena, "");

	(void)state;
	assert_place(source, 0, 1, 1);
	assert_line(source, 1, "");
	assert_line(source, 2, "");
	arena_end(&arena);
}

static void
a_line_feed_belongs_to_the_line_it_ends(void **state)
{
	struct arena arena = { 0 };
	struct source *source = source_from(&arena, "ab\n\ncd\n");

	(void)state;
	assert_place(source, 0, 1, 1);
	assert_place(source, 2, 1, 3);
	assert_place(source, 3, 2, 1);
	assert_place(source, 4, 3, 1);
	assert_place(source, 6, 3, 3);
	assert_place(source, 7, 4, 1);
	assert_line(source, 1, "ab");
	assert_line(source, 2, "");
	assert_line(source, 3, "cd");
	assert_line(source, 4, "");
	arena_end(&arena);
}

static void
a_carriage_return_is_left_out_of_a_line_only_before_a_line_feed(void **state)
{
	struct arena arena = { 0 };
	struct source *source = source_from(&arena, "a\rb\r\n\r\nc\r");

	(void)state;
	assert_line(source, 1, "a\rb");
	assert_line(source, 2, "");
	assert_line(source, 3, "c\r");
	assert_place(source, 5, 2, 1);
	arena_end(&arena);
}

static void
a_line_that_is_not_there_is_empty(void **state)
{
	struct arena arena = { 0 };
	struct source *source = source_from(&arena, "a\nb");

	(void)state;
	assert_line(source, 0, "");
	assert_line(source, 3, "");
	arena_end(&arena);
}

static void
a_source_keeps_its_own_copy_of_the_name(void **state)
{
	struct arena arena = { 0 };
	char name[] = "a.hujson";

	(void)state;
	struct source *source = source_of(&arena, name, "", 0);
	name[0] = 'b';
	assert_string_equal(source->name, "a.hujson");
	arena_end(&arena);
}

static void
places_agree_with_counting_from_the_start(void **state)
{
	struct arena arena = { 0 };
	char bytes[400];

	(void)state;
	srand(1);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = rand() % 6 == 0 ? '\n' : 'x';
	struct source *source = source_of(&arena, "-", bytes, sizeof(bytes));
	uint32_t line = 1, column = 1;
	for (uint32_t offset = 0; offset <= sizeof(bytes); offset++) {
		assert_place(source, offset, line, column);
		if (offset == sizeof(bytes))
			break;
		column = bytes[offset] == '\n' ? 1 : column + 1;
		line += bytes[offset] == '\n';
	}
	arena_end(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_file_has_one_empty_line),
		cmocka_unit_test(a_line_feed_belongs_to_the_line_it_ends),
		cmocka_unit_test(
			a_carriage_return_is_left_out_of_a_line_only_before_a_line_feed),
		cmocka_unit_test(a_line_that_is_not_there_is_empty),
		cmocka_unit_test(a_source_keeps_its_own_copy_of_the_name),
		cmocka_unit_test(places_agree_with_counting_from_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
