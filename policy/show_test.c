#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "grammar/arena.h"
#include "policy/show.h"

static void
what_was_written_is_shown_as_it_is_where_that_can_be_read(void **state)
{
	static const char *const rows[][2] = {
		{ "tag:db", "tag:db" },          { "a b", "a b" },
		{ "\xD1\x81", "\xD1\x81" },      { "", "\"\"" },
		{ "a\nb", "\"a\\nb\"" },         { "a\"b", "\"a\\\"b\"" },
		{ "\x1b[31m", "\"\\x1b[31m\"" }, { "\xE2\x80\xAE", "\"\\u202e\"" },
		{ "\xFF", "\"\\xff\"" },
	};
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(text_show(&arena, text_of(rows[i][0])), rows[i][1]);
	arena_end(&arena);
}

static void
what_is_long_is_cut_between_letters(void **state)
{
	struct arena arena = { 0 };
	char text[1000];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[0] = 'y';
	for (size_t i = 1; i + 1 < sizeof(text); i += 2)
		memcpy(text + i, "\xC3\xA9", 2);
	const char *shown = text_show(&arena, (struct text) { text, sizeof(text) });
	assert_true(strlen(shown) < 130);
	assert_string_equal(shown + strlen(shown) - 5, "\xC3\xA9…");
	arena_end(&arena);
}

static void
only_ascii_is_made_small(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	struct text lower = text_lower(&arena, text_of("Tag:DB[\xC3\x89]"));
	assert_true(text_is(lower, "tag:db[\xC3\x89]"));
	assert_true(text_is(text_lower(&arena, text_of("")), ""));
	arena_end(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			what_was_written_is_shown_as_it_is_where_that_can_be_read),
		cmocka_unit_test(what_is_long_is_cut_between_letters),
		cmocka_unit_test(only_ascii_is_made_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
