#include "grammar/rune.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool
is_surrogate(uint32_t rune)
{
	return rune >= 0xD800 && rune <= 0xDFFF;
}

static void
every_rune_reads_back_as_it_was_written(void **state)
{
	(void)state;
	for (uint32_t rune = 0; rune <= RUNE_MAX; rune++) {
		char bytes[RUNE_BYTES];
		uint32_t read;
		size_t len = rune_write(rune, bytes);
		assert_int_equal(rune_read(bytes, len, &read), len);
		assert_int_equal(read, is_surrogate(rune) ? RUNE_BAD : rune);
		assert_int_equal(runes_valid(bytes, len), len);
		assert_int_equal(rune_read(bytes, len - 1, &read), len > 1);
	}
}

static void
what_is_no_rune_is_written_as_bad(void **state)
{
	static const uint32_t none[] = { 0xD800, 0xDFFF, RUNE_MAX + 1, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		char bytes[RUNE_BYTES];
		assert_int_equal(rune_write(none[i], bytes), 3);
		assert_memory_equal(bytes, "\xEF\xBF\xBD", 3);
	}
}

static void
bytes_that_are_no_utf8_are_bad_one_by_one(void **state)
{
	static const char *const bad[] = {
		"\x80",
		"\xBF",
		"\xC0\x80",
		"\xC1\xBF",
		"\xC2",
		"\xC2\x41",
		"\xE0\x80\x80",
		"\xE0\x9F\xBF",
		"\xED\xA0\x80",
		"\xED\xBF\xBF",
		"\xE1\x80",
		"\xE1\x80\x41",
		"\xF0\x80\x80\x80",
		"\xF0\x8F\xBF",
		"\xF4\x90\x80\x80",
		"\xF5\x80\x80\x80",
		"\xF1\x80\x80",
		"\xFF",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		uint32_t rune = 0;
		assert_int_equal(rune_read(bad[i], strlen(bad[i]), &rune), 1);
		assert_int_equal(rune, RUNE_BAD);
		assert_int_equal(runes_valid(bad[i], strlen(bad[i])), 0);
	}
}

static void
nothing_reads_as_bad_and_takes_nothing(void **state)
{
	uint32_t rune = 0;

	(void)state;
	assert_int_equal(rune_read(NULL, 0, &rune), 0);
	assert_int_equal(rune, RUNE_BAD);
	assert_int_equal(runes_valid(NULL, 0), 0);
}

/* Puts the bits together without any check, and holds what comes out to be
 * right if it is written with the same bytes. */
static size_t
read_naively(const char *at, size_t len, uint32_t *rune)
{
	static const uint32_t bits[] = { 0x7F, 0x1F, 0x0F, 0x07 };

	for (size_t n = 1; n <= 4 && n <= len; n++) {
		char again[RUNE_BYTES];
		uint32_t value = (unsigned char)at[0] & bits[n - 1];
		for (size_t i = 1; i < n; i++)
			value = value << 6 | ((unsigned char)at[i] & 0x3F);
		if (rune_write(value, again) == n && memcmp(again, at, n) == 0) {
			*rune = value;
			return n;
		}
	}
	*rune = RUNE_BAD;
	return len > 0;
}

static void
reading_agrees_with_a_naive_reader(void **state)
{
	static const unsigned char edges[] = { 0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F,
		                               0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0,
		                               0xE1, 0xED, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5 };
	const size_t n = sizeof(edges);

	(void)state;
	for (size_t code = 0; code < n * n * n * n; code++) {
		char bytes[4];
		uint32_t rune, expected;
		size_t rest = code;
		for (size_t i = 0; i < 4; i++, rest /= n)
			bytes[i] = (char)edges[rest % n];
		for (size_t len = 1; len <= 4; len++) {
			size_t taken = read_naively(bytes, len, &expected);
			assert_int_equal(rune_read(bytes, len, &rune), taken);
			assert_int_equal(rune, expected);
		}
	}
}

static void
validity_ends_at_the_first_bad_byte_wherever_it_is(void **state)
{
	char bytes[40];

	(void)state;
	for (size_t bad = 0; bad < sizeof(bytes); bad++) {
		memset(bytes, 'a', sizeof(bytes));
		bytes[bad] = '\xFF';
		assert_int_equal(runes_valid(bytes, sizeof(bytes)), bad);
		assert_int_equal(runes_valid(bytes, bad), bad);
	}
	assert_int_equal(runes_valid("abcdefgh\xC3\xA9xyz\xE2\x82\xAC", 16), 16);
	assert_int_equal(runes_valid("abcdefgh\xC3\xA9xyz\xE2\x82\xAC", 15), 13);
}

static void
letters_marks_and_the_space_are_printable(void **state)
{
	static const uint32_t shown[] = { ' ',    'A',    '~',    0xA1,    0xE9,   0x416,
		                          0x0301, 0x4E2D, 0xFFFD, 0x1F600, 0xE0100 };
	static const uint32_t hidden[] = { 0,        '\t',        0x1F,   0x7F,   0x80,
		                           0xA0,     0xAD,        0x200B, 0x2028, 0x3000,
		                           0xD800,   0xE000,      0xFEFF, 0xFFFE, 0x378,
		                           RUNE_MAX, RUNE_MAX + 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(shown) / sizeof(*shown); i++)
		assert_true(rune_printable(shown[i]));
	for (size_t i = 0; i < sizeof(hidden) / sizeof(*hidden); i++)
		assert_false(rune_printable(hidden[i]));
}

static void
as_many_runes_are_printable_as_unicode_15_has(void **state)
{
	size_t n = 0;

	(void)state;
	for (uint32_t rune = 0; rune <= RUNE_MAX; rune++)
		n += rune_printable(rune);
	assert_int_equal(n, 148998);
}

/* Bytes are looked at one by one, and many together. */
static void
plain_bytes_end_wherever_another_stands(void **state)
{
	char bytes[40];

	(void)state;
	for (int c = 0; c < 0x100; c++) {
		bool plain =
			(c >= ' ' && c < 0x7F) || c == '\t' || c == '\n' || c == '\r';
		for (size_t i = 0; i < sizeof(bytes); i++) {
			memset(bytes, 'a', sizeof(bytes));
			bytes[i] = (char)c;
			assert_int_equal(runes_plain(bytes, sizeof(bytes)),
			                 plain ? sizeof(bytes) : i);
		}
	}
	assert_int_equal(runes_plain(bytes, 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_bytes_end_wherever_another_stands),
		cmocka_unit_test(every_rune_reads_back_as_it_was_written),
		cmocka_unit_test(what_is_no_rune_is_written_as_bad),
		cmocka_unit_test(bytes_that_are_no_utf8_are_bad_one_by_one),
		cmocka_unit_test(nothing_reads_as_bad_and_takes_nothing),
		cmocka_unit_test(reading_agrees_with_a_naive_reader),
		cmocka_unit_test(validity_ends_at_the_first_bad_byte_wherever_it_is),
		cmocka_unit_test(letters_marks_and_the_space_are_printable),
		cmocka_unit_test(as_many_runes_are_printable_as_unicode_15_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
