#include "grammar/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "grammar/arena.h"

static const struct text nothing = { NULL, 0 };

static void
assert_text(struct text text, const char *expected)
{
	assert_int_equal(text.len, strlen(expected));
	if (text.len > 0)
		assert_memory_equal(text.at, expected, text.len);
}

static void
texts_are_equal_by_their_bytes(void **state)
{
	(void)state;
	assert_true(text_is(text_of("tag:db"), "tag:db"));
	assert_false(text_is(text_of("tag:db"), "tag:dB"));
	assert_false(text_is(text_of("tag:db"), "tag:d"));
	assert_false(text_is(text_of("tag:d"), "tag:db"));
	assert_true(text_equal(nothing, text_of("")));
	assert_false(text_equal(nothing, text_of("x")));
}

static void
folding_is_for_ascii_letters_alone(void **state)
{
	(void)state;
	assert_true(text_equal_fold(text_of("tagOwners"), text_of("TAGowners")));
	assert_false(text_equal_fold(text_of("tag"), text_of("tags")));
	assert_false(text_equal_fold(text_of("@"), text_of("`")));
	assert_false(text_equal_fold(text_of("["), text_of("{")));
	assert_false(text_equal_fold(text_of("\xC3\x89"), text_of("\xC3\xA9")));
	assert_true(text_equal_fold(nothing, text_of("")));
}

static void
a_text_starts_with_nothing_and_with_itself(void **state)
{
	(void)state;
	assert_true(text_starts(text_of("tag:db"), ""));
	assert_true(text_starts(text_of("tag:db"), "tag:"));
	assert_true(text_starts(text_of("tag:db"), "tag:db"));
	assert_false(text_starts(text_of("tag:db"), "tag:db1"));
	assert_false(text_starts(text_of("tag"), "tag:"));
	assert_true(text_starts(nothing, ""));
	assert_false(text_starts(nothing, "x"));
}

static void
order_is_by_byte_and_the_shorter_first(void **state)
{
	static const char *const ascending[] = { "",  "100.115", "100.64", "10a",     "B",
		                                 "a", "aa",      "b",      "\xC3\xA9" };
	const size_t n = sizeof(ascending) / sizeof(*ascending);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			int order = text_compare(text_of(ascending[i]),
			                         text_of(ascending[j]));
			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
		}
	}
	assert_int_equal(text_compare(nothing, text_of("")), 0);
}

static void
trimming_takes_blanks_from_both_ends_only(void **state)
{
	(void)state;
	assert_text(text_trim(text_of(" \t\r\n\v\ftag: db \t")), "tag: db");
	assert_text(text_trim(text_of("tag")), "tag");
	assert_text(text_trim(text_of("  \t ")), "");
	assert_text(text_trim(nothing), "");
	assert_text(text_trim(text_of("\x0E\x08")), "\x0E\x08");
	assert_text(text_trim(text_of("\xC2\xA0")), "\xC2\xA0");
}

static void
finding_a_character_gives_its_place_or_the_length(void **state)
{
	(void)state;
	assert_int_equal(text_find(text_of("a:b:c"), ':'), 1);
	assert_int_equal(text_find_last(text_of("a:b:c"), ':'), 3);
	assert_int_equal(text_find(text_of("abc"), ':'), 3);
	assert_int_equal(text_find_last(text_of("abc"), ':'), 3);
	assert_int_equal(text_find_last(text_of(":abc"), ':'), 0);
	assert_int_equal(text_find(nothing, ':'), 0);
	assert_int_equal(text_find_last(nothing, ':'), 0);
	assert_text(text_from(text_of("tag:db"), 4), "db");
	assert_text(text_from(text_of("tag:db"), 6), "");
	assert_text(text_from(nothing, 0), "");
}

static void
assert_no_number(const char *text, uint64_t max)
{
	uint64_t number = 7;

	assert_false(text_number(text_of(text), max, &number));
	assert_int_equal(number, 7);
}

static void
assert_number(const char *text, uint64_t max, uint64_t expected)
{
	uint64_t number = 7;

	assert_true(text_number(text_of(text), max, &number));
	assert_true(number == expected);
}

static void
numbers_are_digits_up_to_the_maximum(void **state)
{
	(void)state;
	assert_number("0", 0, 0);
	assert_number("007", 7, 7);
	assert_number("65535", 65535, 65535);
	assert_number("18446744073709551615", UINT64_MAX, UINT64_MAX);
	assert_no_number("65536", 65535);
	assert_no_number("18446744073709551616", UINT64_MAX);
	assert_no_number("99999999999999999999999", UINT64_MAX);
	assert_no_number("5", 3);
	assert_no_number("", 9);
	assert_no_number("+1", 9);
	assert_no_number("-1", 9);
	assert_no_number(" 1", 9);
	assert_no_number("1a", 99);
	assert_no_number("/", 99);
	assert_no_number(":", 99);
}

static void
numbers_are_written_in_decimal(void **state)
{
	char out[NUMBER_TEXT_MAX];

	(void)state;
	assert_int_equal(number_write(0, out), 1);
	assert_memory_equal(out, "0", 1);
	assert_int_equal(number_write(65530, out), 5);
	assert_memory_equal(out, "65530", 5);
	assert_int_equal(number_write(UINT64_MAX, out), NUMBER_TEXT_MAX);
	assert_memory_equal(out, "18446744073709551615", NUMBER_TEXT_MAX);
}

static void
quoting_is_that_of_go(void **state)
{
	static const char *const pairs[][2] = {
		{ "", "\"\"" },
		{ "tag:db", "\"tag:db\"" },
		{ "a\"b\\c'd", "\"a\\\"b\\\\c'd\"" },
		{ "\a\b\t\n\v\f\r", "\"\\a\\b\\t\\n\\v\\f\\r\"" },
		{ "\x01\x1B\x7F", "\"\\x01\\x1b\\x7f\"" },
		{ "caf\xC3\xA9 \xF0\x9F\x98\x80", "\"caf\xC3\xA9 \xF0\x9F\x98\x80\"" },
		{ "\xC2\xA0\xE2\x80\x8B\xEF\xBB\xBF", "\"\\u00a0\\u200b\\ufeff\"" },
		{ "\xC2\x80", "\"\\u0080\"" },
		{ "\xF3\xB0\x80\x80\xF4\x8F\xBF\xBF", "\"\\U000f0000\\U0010ffff\"" },
		{ "\xFFx\xC3", "\"\\xffx\\xc3\"" },
		{ "\xEF\xBF\xBD", "\"\xEF\xBF\xBD\"" },
		{ "\xED\xA0\x80", "\"\\xed\\xa0\\x80\"" },
	};
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		assert_string_equal(text_quote(&arena, text_of(pairs[i][0])),
		                    pairs[i][1]);
	assert_string_equal(text_quote(&arena, (struct text) { "\0", 1 }), "\"\\x00\"");
	assert_string_equal(text_quote(&arena, nothing), "\"\"");
	arena_end(&arena);
}

/* The nearest of candidates that are parted by spaces. */
static struct text
nearest(const char *written, const char *candidates)
{
	struct text_nearest search = text_nearest_start(text_of(written));
	struct text rest = text_of(candidates);

	while (rest.len > 0) {
		size_t space = text_find(rest, ' ');
		text_nearest_offer(&search, (struct text) { rest.at, space });
		rest = text_from(rest, space < rest.len ? space + 1 : space);
	}
	return search.best;
}

static void
the_nearest_name_is_the_one_with_fewest_slips(void **state)
{
	(void)state;
	assert_text(nearest("tag:prdo", "tag:dev tag:prod tag:prop"), "tag:prod");
	assert_text(nearest("tag:serve", "tag:server tag:serving"), "tag:server");
	assert_text(nearest("group:egn", "group:ops group:eng"), "group:eng");
	assert_text(nearest("ab", "cd ac"), "ac");
	assert_text(nearest("tcpp", "udp tcp"), "tcp");
}

static void
of_two_that_are_equally_near_neither_is_an_offer(void **state)
{
	(void)state;
	assert_text(nearest("tag:x", "tag:a tag:b"), "");
	assert_text(nearest("tag:web3", "tag:web1 tag:web2 tag:web4"), "");
	assert_text(nearest("tag:web3", "tag:web1 tag:web2 tag:web"), "");
	assert_text(nearest("tag:wbe", "tag:web1 tag:web2 tag:web"), "tag:web");
	assert_text(nearest("tag:x", "tag:a tag:a"), "tag:a");
	/* both too far off */
	assert_text(nearest("ab", "cd xy"), "");
}

static void
names_too_far_off_are_no_offer(void **state)
{
	(void)state;
	assert_text(nearest("ab", "cd"), "");
	assert_text(nearest("abcdef", "abcxyz"), "");
	assert_text(nearest("", "ab"), "");
	assert_text(nearest("", "a"), "a");
	assert_text(nearest("abc", ""), "");
}

static void
long_texts_are_not_compared(void **state)
{
	char at_most[65], longer[66];

	(void)state;
	memset(at_most, 'a', 64);
	memset(longer, 'a', 65);
	at_most[64] = longer[65] = '\0';
	assert_text(nearest(at_most, at_most), at_most);
	assert_text(nearest(longer, longer), "");
	assert_text(nearest(at_most, longer), "");
}

static size_t
min(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The distance by its definition, without a table. */
static size_t
slips(const char *a, size_t n, const char *b, size_t m)
{
	if (n == 0 || m == 0)
		return n + m;
	size_t best = slips(a, n - 1, b, m - 1) + (a[n - 1] != b[m - 1]);
	best = min(best, slips(a, n - 1, b, m) + 1);
	best = min(best, slips(a, n, b, m - 1) + 1);
	if (n > 1 && m > 1 && a[n - 1] == b[m - 2] && a[n - 2] == b[m - 1])
		best = min(best, slips(a, n - 2, b, m - 2) + 1);
	return best;
}

static void
distances_agree_with_their_definition(void **state)
{
	(void)state;
	srand(1);
	for (size_t round = 0; round < 2000; round++) {
		char a[7], b[7];
		size_t n = (size_t)rand() % 7, m = (size_t)rand() % 7;
		for (size_t i = 0; i < 7; i++) {
			a[i] = (char)('a' + rand() % 3);
			b[i] = (char)('a' + rand() % 3);
		}
		struct text_nearest search = text_nearest_start((struct text) { a, n });
		size_t limit = n / 3 > 1 ? n / 3 : 1, distance = slips(a, n, b, m);
		text_nearest_offer(&search, (struct text) { b, m });
		assert_int_equal(search.distance, min(distance, limit + 1));
		assert_ptr_equal(search.best.at, distance <= limit ? b : NULL);
	}
}

static void
names_are_numbered_in_order_of_first_mention(void **state)
{
	struct arena arena = { 0 };
	struct names names = { .arena = &arena };

	(void)state;
	assert_int_equal(names_find(&names, text_of("a")), NAMES_NONE);
	assert_int_equal(names_add(&names, text_of("b")), 0);
	assert_int_equal(names_add(&names, text_of("a")), 1);
	assert_int_equal(names_add(&names, text_of("b")), 0);
	assert_int_equal(names_add(&names, nothing), 2);
	assert_int_equal(names_find(&names, text_of("a")), 1);
	assert_int_equal(names_find(&names, text_of("")), 2);
	assert_int_equal(names_find(&names, text_of("c")), NAMES_NONE);
	assert_int_equal(names.n, 3);
	assert_text(names.texts[1], "a");
	arena_end(&arena);
}

static void
many_names_keep_their_numbers(void **state)
{
	struct arena arena = { 0 };
	struct names names = { .arena = &arena };
	const uint32_t n = 20000;

	(void)state;
	for (uint32_t i = 0; i < n; i++) {
		const char *name = arena_format(&arena, "%*u", (int)(i % 20), i);
		assert_int_equal(names_add(&names, text_of(name)), i);
	}
	for (uint32_t i = 0; i < n; i++) {
		const char *name = arena_format(&arena, "%*u", (int)(i % 20), i);
		assert_int_equal(names_find(&names, text_of(name)), i);
		assert_int_equal(names_add(&names, text_of(name)), i);
	}
	assert_int_equal(names.n, n);
	arena_end(&arena);
}

static void
names_that_were_expected_do_not_move(void **state)
{
	struct arena arena = { 0 };
	struct names names = { .arena = &arena };
	const struct text *texts;

	(void)state;
	names_add(&names, text_of("before"));
	names_expect(&names, 1000);
	texts = names.texts;
	for (uint32_t i = 1; i < 1000; i++) {
		char *name = arena_format(&arena, "%u", (unsigned)i);
		assert_int_equal(names_add(&names, text_of(name)), i);
	}
	assert_ptr_equal(names.texts, texts);
	names_expect(&names, 10);
	assert_int_equal(names_find(&names, text_of("before")), 0);
	assert_int_equal(names_find(&names, text_of("999")), 999);
	arena_end(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_equal_by_their_bytes),
		cmocka_unit_test(folding_is_for_ascii_letters_alone),
		cmocka_unit_test(a_text_starts_with_nothing_and_with_itself),
		cmocka_unit_test(order_is_by_byte_and_the_shorter_first),
		cmocka_unit_test(trimming_takes_blanks_from_both_ends_only),
		cmocka_unit_test(finding_a_character_gives_its_place_or_the_length),
		cmocka_unit_test(numbers_are_digits_up_to_the_maximum),
		cmocka_unit_test(numbers_are_written_in_decimal),
		cmocka_unit_test(quoting_is_that_of_go),
		cmocka_unit_test(the_nearest_name_is_the_one_with_fewest_slips),
		cmocka_unit_test(of_two_that_are_equally_near_neither_is_an_offer),
		cmocka_unit_test(names_too_far_off_are_no_offer),
		cmocka_unit_test(long_texts_are_not_compared),
		cmocka_unit_test(distances_agree_with_their_definition),
		cmocka_unit_test(names_are_numbered_in_order_of_first_mention),
		cmocka_unit_test(many_names_keep_their_numbers),
		cmocka_unit_test(names_that_were_expected_do_not_move),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
