#include "grammar/duration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "grammar/arena.h"

#define SECOND INT64_C(1000000000)
#define HOUR (3600 * SECOND)

static void
durations_are_sums_of_numbers_with_units(void **state)
{
	static const struct {
		const char *text;
		int64_t nanoseconds;
	} rows[] = {
		{ "0", 0 },
		{ "-0", 0 },
		{ "+0", 0 },
		{ "0s", 0 },
		{ "5s", 5 * SECOND },
		{ "-5s", -5 * SECOND },
		{ "+5s", 5 * SECOND },
		{ "12h", 12 * HOUR },
		{ "1h30m", HOUR + 1800 * SECOND },
		{ "1m1h", HOUR + 60 * SECOND },
		{ "168h", 168 * HOUR },
		{ "007s", 7 * SECOND },
		{ "1.5h", HOUR + 1800 * SECOND },
		{ ".5s", SECOND / 2 },
		{ "5.s", 5 * SECOND },
		{ "1ns", 1 },
		{ "3us", 3000 },
		{ "3\xC2\xB5s", 3000 },
		{ "3\xCE\xBCs", 3000 },
		{ "10ms", SECOND / 100 },
		{ "0.3333333333333333333h", 1200 * SECOND },
		{ "0.9223372036854775807h", INT64_C(3320413933267) },
		{ "0.100000000000000000000h", 360 * SECOND },
		{ "9223372036854775807ns", INT64_MAX },
		{ "-9223372036854775808ns", INT64_MIN },
		{ "2562047h47m16.854775807s", INT64_MAX },
		{ "-2562047h47m16.854775808s", INT64_MIN },
	};
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int64_t nanoseconds = 77;
		const char *fault = NULL;
		if (!duration_parse(&arena, text_of(rows[i].text), &nanoseconds, &fault))
			fail_msg("%s", fault);
		assert_true(nanoseconds == rows[i].nanoseconds);
		assert_null(fault);
	}
	arena_end(&arena);
}

static void
a_fault_of_a_duration_is_told_in_gos_words(void **state)
{
	static const char *const rows[][2] = {
		{ "", "time: invalid duration \"\"" },
		{ "abc", "time: invalid duration \"abc\"" },
		{ "-", "time: invalid duration \"-\"" },
		{ "+", "time: invalid duration \"+\"" },
		{ "--5s", "time: invalid duration \"--5s\"" },
		{ " 5s", "time: invalid duration \" 5s\"" },
		{ ".", "time: invalid duration \".\"" },
		{ ".s", "time: invalid duration \".s\"" },
		{ "always", "time: invalid duration \"always\"" },
		{ "5", "time: missing unit in duration \"5\"" },
		{ "-5", "time: missing unit in duration \"-5\"" },
		{ "00", "time: missing unit in duration \"00\"" },
		{ "1h30", "time: missing unit in duration \"1h30\"" },
		{ "1.2.3s", "time: missing unit in duration \"1.2.3s\"" },
		{ "5d", "time: unknown unit \"d\" in duration \"5d\"" },
		{ "5 s", "time: unknown unit \" s\" in duration \"5 s\"" },
		{ "5s ", "time: unknown unit \"s \" in duration \"5s \"" },
		{ "5H", "time: unknown unit \"H\" in duration \"5H\"" },
		{ "1h-5s", "time: unknown unit \"h-\" in duration \"1h-5s\"" },
		{ "5\xC2\xB5",
		  "time: unknown unit \"\\xc2\\xb5\" in duration \"5\\xc2\\xb5\"" },
		{ "\"\\\n\x7F", "time: invalid duration \"\\\"\\\\\\x0a\x7F\"" },
		{ "9223372036854775808ns",
		  "time: invalid duration \"9223372036854775808ns\"" },
		{ "9223372036854775809ns",
		  "time: invalid duration \"9223372036854775809ns\"" },
		{ "-9223372036854775809ns",
		  "time: invalid duration \"-9223372036854775809ns\"" },
		{ "2562048h", "time: invalid duration \"2562048h\"" },
		{ "2562047h48m", "time: invalid duration \"2562047h48m\"" },
		{ "99999999999999999999s",
		  "time: invalid duration \"99999999999999999999s\"" },
		{ "99999999999999999999",
		  "time: invalid duration \"99999999999999999999\"" },
	};
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int64_t nanoseconds = 77;
		const char *fault = NULL;
		assert_false(duration_parse(&arena, text_of(rows[i][0]), &nanoseconds,
		                            &fault));
		assert_string_equal(fault, rows[i][1]);
		assert_int_equal(nanoseconds, 77);
	}
	arena_end(&arena);
}

static void
durations_are_written_as_go_writes_them(void **state)
{
	static const struct {
		int64_t nanoseconds;
		const char *text;
	} rows[] = {
		{ 0, "0s" },
		{ 1, "1ns" },
		{ 999, "999ns" },
		{ 1000, "1\xC2\xB5s" },
		{ 1100, "1.1\xC2\xB5s" },
		{ 999999, "999.999\xC2\xB5s" },
		{ 1000000, "1ms" },
		{ 2200000, "2.2ms" },
		{ 999999999, "999.999999ms" },
		{ SECOND, "1s" },
		{ SECOND + 1, "1.000000001s" },
		{ 3 * SECOND / 2, "1.5s" },
		{ 30 * SECOND, "30s" },
		{ 60 * SECOND, "1m0s" },
		{ -60 * SECOND, "-1m0s" },
		{ 60 * SECOND + 1, "1m0.000000001s" },
		{ HOUR, "1h0m0s" },
		{ 200 * HOUR, "200h0m0s" },
		{ HOUR + 61 * SECOND, "1h1m1s" },
		{ INT64_MAX, "2562047h47m16.854775807s" },
		{ INT64_MIN, "-2562047h47m16.854775808s" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char out[32];
		assert_int_equal(duration_write(rows[i].nanoseconds, out),
		                 strlen(rows[i].text));
		assert_string_equal(out, rows[i].text);
	}
}

static int64_t
random_number(void)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < 5; i++)
		bits = bits << 15 | ((uint64_t)rand() & 0x7FFF);
	return (int64_t)(bits >> rand() % 64);
}

static void
a_duration_that_was_written_reads_back(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	srand(1);
	for (size_t round = 0; round < 50000; round++) {
		int64_t nanoseconds = random_number(), again = 0;
		const char *fault;
		char out[32];
		size_t len = duration_write(nanoseconds, out);
		assert_true(duration_parse(&arena, (struct text) { out, len }, &again,
		                           &fault));
		assert_true(again == nanoseconds);
	}
	arena_end(&arena);
}

static void
assert_time(const char *text, int64_t nanoseconds)
{
	int64_t read = 77;

	assert_true(time_parse(text_of(text), &read));
	assert_true(read == nanoseconds);
}

static void
times_are_counted_from_1970(void **state)
{
	(void)state;
	assert_time("1970-01-01T00:00:00Z", 0);
	assert_time("1970-01-01t00:00:00z", 0);
	assert_time("1970-01-01T00:00:01Z", SECOND);
	assert_time("1969-12-31T23:59:59Z", -SECOND);
	assert_time("2026-01-31T12:00:00Z", 1769860800 * SECOND);
	assert_time("2026-01-31T13:30:00+01:30", 1769860800 * SECOND);
	assert_time("2026-01-31T07:00:00-05:00", 1769860800 * SECOND);
	assert_time("2024-02-29T00:00:00-00:00", 1709164800 * SECOND);
	assert_time("2000-02-29T23:59:59Z", 951868799 * SECOND);
}

static void
fractions_of_a_second_reach_the_nanosecond(void **state)
{
	(void)state;
	assert_time("1970-01-01T00:00:00.5Z", SECOND / 2);
	assert_time("1970-01-01T00:00:00.000000001Z", 1);
	assert_time("1970-01-01T00:00:00.1234567899Z", 123456789);
	assert_time("1970-01-01T00:00:01.25+00:00", SECOND + SECOND / 4);
	assert_time("1969-12-31T23:59:59.999999999Z", -1);
}

static void
times_too_far_away_are_the_last_there_is(void **state)
{
	(void)state;
	assert_time("0001-01-01T00:00:00Z", INT64_MIN);
	assert_time("9999-12-31T23:59:59Z", INT64_MAX);
	assert_time("2262-04-11T23:47:16.854775807Z", INT64_MAX);
	assert_time("2262-04-11T23:47:16.854775806Z", INT64_MAX - 1);
	assert_time("2262-04-11T23:47:16.854775808Z", INT64_MAX);
	assert_time("2262-04-11T23:47:17Z", INT64_MAX);
	assert_time("1677-09-21T00:12:43.145224192Z", INT64_MIN);
	assert_time("1677-09-21T00:12:43.145224193Z", INT64_MIN + 1);
	assert_time("1677-09-21T00:12:43.145224191Z", INT64_MIN);
	assert_time("1677-09-21T00:12:42Z", INT64_MIN);
}

static void
what_is_no_time_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"2026-01-31",
		"2026-01-31T12:00:00",
		"2026-01-31 12:00:00Z",
		"2026-01-31T12:00Z",
		"2026-1-31T12:00:00Z",
		"2026-01-31T24:00:00Z",
		"2026-01-31T12:60:00Z",
		"2026-01-31T12:00:60Z",
		"2026-01-31T12:00:00.Z",
		"2026-01-31T12:00:00+1:00",
		"2026-01-31T12:00:00+01",
		"2026-01-31T12:00:00+01:60",
		"2026-01-31T12:00:00Z ",
		"2026-01-31T12:00:00ZZ",
		"2026-01-32T12:00:00Z",
		"+026-01-31T12:00:00Z",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		int64_t nanoseconds = 77;
		assert_false(time_parse(text_of(bad[i]), &nanoseconds));
		assert_int_equal(nanoseconds, 77);
	}
}

static void
days_follow_each_other_through_the_centuries(void **state)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int64_t expected = -719528; /* from the year 0 to 1970 */

	(void)state;
	for (int year = 0; year <= 9999; year++) {
		bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
		for (int month = 1; month <= 12; month++) {
			int length = lengths[month - 1] + (month == 2 && leap);
			for (int day = 0; day <= length + 1; day++) {
				char text[40];
				int64_t days;
				if (year % 97 > 4 && day > 1 && day < length)
					continue; /* the ends of the month will do */
				snprintf(text, sizeof(text), "%04d-%02d-%02d", year,
				         month, day);
				bool there = day > 0 && day <= length;
				assert_int_equal(date_parse(text_of(text), &days), there);
				if (there)
					assert_true(days == expected + day - 1);
			}
			expected += length;
		}
	}
}

static void
what_is_no_date_is_refused(void **state)
{
	static const char *const bad[] = { "",           "2026-13-01", "2026-00-01",
		                           "2026-01-00", "2026-1-1",   "2026-01-01 ",
		                           "26-01-01",   "2026/01/01", "2026-01-01T00",
		                           "2100-02-29", "20260101",   "2026-01-" };
	int64_t days;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(date_parse(text_of(bad[i]), &days));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_are_sums_of_numbers_with_units),
		cmocka_unit_test(a_fault_of_a_duration_is_told_in_gos_words),
		cmocka_unit_test(durations_are_written_as_go_writes_them),
		cmocka_unit_test(a_duration_that_was_written_reads_back),
		cmocka_unit_test(times_are_counted_from_1970),
		cmocka_unit_test(fractions_of_a_second_reach_the_nanosecond),
		cmocka_unit_test(times_too_far_away_are_the_last_there_is),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(days_follow_each_other_through_the_centuries),
		cmocka_unit_test(what_is_no_date_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
