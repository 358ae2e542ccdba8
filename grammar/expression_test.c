#include "grammar/expression.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "grammar/arena.h"

static void
assert_text(struct text text, const char *expected)
{
	assert_int_equal(text.len, strlen(expected));
	if (text.len > 0)
		assert_memory_equal(text.at, expected, text.len);
}

static struct assertion
assertion_from(struct arena *arena, const char *text)
{
	struct assertion assertion;
	size_t where = 0;
	const char *why = NULL;

	if (!assertion_parse(arena, text_of(text), &assertion, &where, &why))
		fail_msg("%s: %zu: %s", text, where, why);
	return assertion;
}

static void
every_operator_is_read(void **state)
{
	static const struct {
		const char *text;
		enum assertion_operator op;
		size_t n_values;
	} rows[] = {
		{ "node:os == 'linux'", OPERATOR_EQUAL, 1 },
		{ "node:os != 'linux'", OPERATOR_NOT_EQUAL, 1 },
		{ "node:os < 1", OPERATOR_LESS, 1 },
		{ "node:os <= 1", OPERATOR_AT_MOST, 1 },
		{ "node:os > 1", OPERATOR_GREATER, 1 },
		{ "node:os >= 1", OPERATOR_AT_LEAST, 1 },
		{ "node:os IN ['a']", OPERATOR_IN, 1 },
		{ "node:os in ['a', 'b','c']", OPERATOR_IN, 3 },
		{ "node:os NOT IN ['a','b']", OPERATOR_NOT_IN, 2 },
		{ "node:os Not  In[1]", OPERATOR_NOT_IN, 1 },
		{ "node:os IS SET", OPERATOR_IS_SET, 0 },
		{ "node:os is set", OPERATOR_IS_SET, 0 },
		{ "node:os NOT SET", OPERATOR_NOT_SET, 0 },
		{ "node:os=='linux'", OPERATOR_EQUAL, 1 },
		{ " \tnode:os\t>=  '1.2' \n", OPERATOR_AT_LEAST, 1 },
		{ "node:os IN [ 'a' , true , -1.5 ]", OPERATOR_IN, 3 },
		{ "node:os", OPERATOR_EQUAL, 1 },
	};
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct assertion assertion = assertion_from(&arena, rows[i].text);
		assert_text(assertion.attribute, "node:os");
		assert_int_equal(assertion.op, rows[i].op);
		assert_int_equal(assertion.n_values, rows[i].n_values);
	}
	arena_end(&arena);
}

static void
values_are_texts_numbers_and_truths(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	struct assertion assertion =
		assertion_from(&arena,
	                       "custom:a_b.c-1 IN ['x y', '', 12, -1.5, true, false]");
	assert_text(assertion.attribute, "custom:a_b.c-1");
	assert_int_equal(assertion.n_values, 6);
	assert_int_equal(assertion.values[0].kind, VALUE_TEXT);
	assert_text(assertion.values[0].text, "x y");
	assert_text(assertion.values[1].text, "");
	assert_int_equal(assertion.values[2].kind, VALUE_NUMBER);
	assert_text(assertion.values[2].text, "12");
	assert_true(assertion.values[2].number >= 12 && assertion.values[2].number <= 12);
	assert_text(assertion.values[3].text, "-1.5");
	assert_true(assertion.values[3].number >= -1.5 &&
	            assertion.values[3].number <= -1.5);
	assert_int_equal(assertion.values[4].kind, VALUE_BOOL);
	assert_true(assertion.values[4].truth);
	assert_int_equal(assertion.values[5].kind, VALUE_BOOL);
	assert_false(assertion.values[5].truth);
	arena_end(&arena);
}

static void
an_attribute_alone_says_that_it_is_true(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	struct assertion assertion = assertion_from(&arena, "node:tsAutoUpdate ");
	assert_int_equal(assertion.op, OPERATOR_EQUAL);
	assert_int_equal(assertion.values[0].kind, VALUE_BOOL);
	assert_true(assertion.values[0].truth);
	arena_end(&arena);
}

static void
a_fault_is_told_with_its_place(void **state)
{
	static const struct {
		const char *text;
		size_t where;
		const char *why;
	} rows[] = {
		{ "", 0, "an attribute is expected: namespace:key" },
		{ "  == 1", 2, "an attribute is expected: namespace:key" },
		{ "os == 1", 0, "an attribute is expected: namespace:key" },
		{ ":os == 1", 0, "an attribute is expected: namespace:key" },
		{ "node: == 1", 0, "an attribute is expected: namespace:key" },
		{ "node:os = 'linux'", 8, "an operator is expected" },
		{ "node:os 'linux'", 8, "an operator is expected" },
		{ "node:os ISSET", 8, "an operator is expected" },
		{ "node:os IS", 8, "an operator is expected" },
		{ "node:os NOT 'x'", 8, "an operator is expected" },
		{ "node:os INS ['x']", 8, "an operator is expected" },
		{ "node:os ==", 10,
		  "a value is expected: 'text', a number, true or false" },
		{ "node:os == linux", 11,
		  "a value is expected: 'text', a number, true or false" },
		{ "node:os == \"x\"", 11,
		  "a value is expected: 'text', a number, true or false" },
		{ "node:os == 'linux", 11, "a closing quote is missing" },
		{ "node:os == '", 11, "a closing quote is missing" },
		{ "node:os == 'a' 'b'", 15, "nothing more is expected" },
		{ "node:os == true1", 15, "nothing more is expected" },
		{ "node:os IS SET 1", 15, "nothing more is expected" },
		{ "node:os == ['a']", 11, "only IN and NOT IN take a list" },
		{ "node:os < true", 10, "a number or a version is expected" },
		{ "node:os IN 'a'", 11, "a list in [ ] is expected" },
		{ "node:os IN", 10, "a list in [ ] is expected" },
		{ "node:os IN []", 12,
		  "a value is expected: 'text', a number, true or false" },
		{ "node:os IN ['a',]", 16,
		  "a value is expected: 'text', a number, true or false" },
		{ "node:os IN ['a' 'b']", 16, "a comma or ] is expected" },
		{ "node:os IN ['a'", 15, "a comma or ] is expected" },
		{ "node:os == -", 12, "a digit is expected" },
		{ "node:os == 1.", 13, "a digit is expected" },
		{ "node:os == 1.2.3", 14, "nothing more is expected" },
	};
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct assertion assertion;
		size_t where = 999;
		const char *why = NULL;
		if (assertion_parse(&arena, text_of(rows[i].text), &assertion, &where,
		                    &why))
			fail_msg("%s was read", rows[i].text);
		assert_string_equal(why, rows[i].why);
		assert_int_equal(where, rows[i].where);
	}
	arena_end(&arena);
}

static struct value
text_value(const char *text)
{
	return (struct value) { .kind = VALUE_TEXT, .text = text_of(text) };
}

static struct value
number_value(double number, const char *text)
{
	return (struct value) { .kind = VALUE_NUMBER,
		                .text = text_of(text),
		                .number = number };
}

static struct value
bool_value(bool truth)
{
	return (struct value) { .kind = VALUE_BOOL, .truth = truth };
}

static bool
holds(const char *text, struct value value)
{
	struct arena arena = { 0 };
	struct assertion assertion = assertion_from(&arena, text);
	bool held = assertion_holds(&assertion, &value);

	arena_end(&arena);
	return held;
}

static void
of_what_is_not_set_only_not_set_holds(void **state)
{
	static const char *const texts[] = { "a:b == 'x'",       "a:b != 'x'",
		                             "a:b < 1",          "a:b >= 1",
		                             "a:b NOT IN ['x']", "a:b IN ['x']",
		                             "a:b IS SET",       "a:b" };
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct assertion assertion = assertion_from(&arena, texts[i]);
		assert_false(assertion_holds(&assertion, NULL));
	}
	struct assertion assertion = assertion_from(&arena, "a:b NOT SET");
	assert_true(assertion_holds(&assertion, NULL));
	assert_false(holds("a:b NOT SET", bool_value(false)));
	assert_true(holds("a:b IS SET", bool_value(false)));
	arena_end(&arena);
}

static void
texts_are_equal_exactly(void **state)
{
	(void)state;
	assert_true(holds("node:os == 'linux'", text_value("linux")));
	assert_false(holds("node:os == 'linux'", text_value("Linux")));
	assert_false(holds("node:os != 'linux'", text_value("linux")));
	assert_true(holds("node:os != 'linux'", text_value("macos")));
	assert_true(holds("node:os IN ['macos', 'linux']", text_value("linux")));
	assert_false(holds("node:os IN ['macos', 'linux']", text_value("windows")));
	assert_true(holds("node:os NOT IN ['macos']", text_value("windows")));
	assert_false(holds("node:os NOT IN ['macos']", text_value("macos")));
	assert_false(holds("custom:v == '1.'", text_value("1.0")));
}

static void
numbers_compare_by_value(void **state)
{
	(void)state;
	assert_true(holds("a:b < 10", number_value(9, "9")));
	assert_false(holds("a:b < 10", number_value(10, "10")));
	assert_true(holds("a:b <= 10", number_value(10, "10")));
	assert_false(holds("a:b > 10", number_value(10, "10")));
	assert_true(holds("a:b >= 10", number_value(10, "10")));
	assert_true(holds("a:b > -1.5", number_value(-1, "-1")));
	assert_true(holds("a:b == 1.50", number_value(1.5, "1.5")));
	assert_true(holds("a:b IN [1, 2]", number_value(2, "2")));
}

static void
truths_are_equal_or_not(void **state)
{
	(void)state;
	assert_true(holds("a:b", bool_value(true)));
	assert_false(holds("a:b", bool_value(false)));
	assert_true(holds("a:b == false", bool_value(false)));
	assert_true(holds("a:b != false", bool_value(true)));
}

static void
values_of_different_kinds_are_neither_equal_nor_less(void **state)
{
	(void)state;
	assert_false(holds("a:b == 1", text_value("1")));
	assert_true(holds("a:b != 1", text_value("1")));
	assert_false(holds("a:b < 2", text_value("1")));
	assert_false(holds("a:b >= 2", text_value("3")));
	assert_false(holds("a:b > 2", text_value("3")));
	assert_false(holds("a:b <= 2", text_value("1")));
	assert_false(holds("node:tsVersion == true", text_value("1")));
	assert_false(holds("node:tsVersion == '1'", bool_value(true)));
	assert_false(holds("a:b == 'true'", bool_value(true)));
	assert_false(holds("a:b == true", text_value("true")));
}

static void
versions_compare_as_versions(void **state)
{
	(void)state;
	assert_true(holds("node:tsVersion >= '1.40'", text_value("1.100.2")));
	assert_false(holds("node:tsVersion >= '1.40'", text_value("1.9")));
	assert_true(holds("node:osVersion == '1.'", text_value("1.0")));
	assert_true(holds("node:tsVersion < 1.40", text_value("1.9")));
	assert_true(holds("node:osVersion >= 14", number_value(14, "14")));
	assert_true(holds("node:osVersion IN ['13', '14']", text_value("014")));
	assert_false(holds("custom:version >= '1.40'", text_value("1.100")));
}

static int
sign(int order)
{
	return (order > 0) - (order < 0);
}

static void
versions_are_ordered_run_by_run(void **state)
{
	static const char *const ascending[] = {
		"",
		"1",
		"1.40",
		"1.40.2",
		"1.100",
		"1.101-alpha",
		"2",
		"12",
		"12.0",
		"20000000000000000000",
		"100000000000000000000",
		"a",
		"a1",
		"b",
	};
	const size_t n = sizeof(ascending) / sizeof(*ascending);

	(void)state;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			assert_int_equal(sign(version_compare(text_of(ascending[i]),
			                                      text_of(ascending[j]))),
			                 (i > j) - (i < j));
	assert_int_equal(version_compare(text_of("1."), text_of("1.0")), 0);
	assert_int_equal(version_compare(text_of("01.002"), text_of("1.2")), 0);
	assert_int_equal(version_compare(text_of("0"), text_of("")), 0);
	assert_true(version_compare(text_of("1.2-3"), text_of("1.2.3")) < 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_operator_is_read),
		cmocka_unit_test(values_are_texts_numbers_and_truths),
		cmocka_unit_test(an_attribute_alone_says_that_it_is_true),
		cmocka_unit_test(a_fault_is_told_with_its_place),
		cmocka_unit_test(of_what_is_not_set_only_not_set_holds),
		cmocka_unit_test(texts_are_equal_exactly),
		cmocka_unit_test(numbers_compare_by_value),
		cmocka_unit_test(truths_are_equal_or_not),
		cmocka_unit_test(values_of_different_kinds_are_neither_equal_nor_less),
		cmocka_unit_test(versions_compare_as_versions),
		cmocka_unit_test(versions_are_ordered_run_by_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
