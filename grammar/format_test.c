#include "grammar/hujson.h"

#include "grammar/hujson_test.h"

struct pair {
	const char *text, *formatted;
};

static void
assert_formats(const struct pair *pairs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct reading r;
		reading_of(&r, pairs[i].text);
		assert_text(hujson_format(&r.arena, r.tree), pairs[i].formatted,
		            strlen(pairs[i].formatted));
		reading_end(&r);
	}
}

/* The vectors of spec/hujson.md section 4.6. */
static void
the_form_is_that_of_hujsonfmt(void **state)
{
	static const struct pair pairs[] = {
		{ "null", "null\n" },
		{ "{\n}", "{}\n" },
		{ "{/**/}", "{ /**/ }\n" },
		{ "{//\r\t\n}", "{ //\n}\n" },
		{ "[0//\n,]", "[\n\t0 //\n\t\t,\n]\n" },
		{ "[/*\n*/\n]", "[ /*\n\t */\n]\n" },
		{ "[/*\n\n*/\n]", "[ /*\n\n\t*/\n]\n" },
		{ "{\"a\":1,}", "{\"a\": 1}\n" },
		{ "{ \"a\" : 1 , \"b\":[1,2,3,] }", "{\"a\": 1, \"b\": [1, 2, 3]}\n" },
		{ "{\"a\":1,\n\"b\":2}", "{\n\t\"a\": 1,\n\t\"b\": 2\n}\n" },
		{ "{\"a\":1\n}", "{\n\t\"a\": 1\n}\n" },
		{ "{\"a\":1,\"b\":2\n,}", "{\"a\": 1, \"b\": 2}\n" },
		{ "{\"a\":\n1}", "{\"a\":\n\t\t1}\n" },
		{ "{\"a\"\n:1}", "{\"a\": 1}\n" },
		{ "[[1,\n2],3]", "[[\n\t1,\n\t2\n], 3]\n" },
		{ "{\"a\":[1,\n2],\"b\":3}", "{\"a\": [\n\t1,\n\t2\n], \"b\": 3}\n" },
		{ "[{\"a\":1,\n\"b\":2},\n{\"c\":3}]",
		  "[\n\t{\n\t\t\"a\": 1,\n\t\t\"b\": 2\n\t},\n\t{\"c\": 3}\n]\n" },
		{ "{\n\"a\":1,\n\"bbb\":2,\n\n\"cc\":3,\n\"d\":[\n1\n],\n\"eeeee\":4,"
		  "\n\"f\":5}",
		  "{\n\t\"a\":   1,\n\t\"bbb\": 2,\n\n\t\"cc\": 3,\n\t\"d\": "
		  "[\n\t\t1\n\t],\n\t\"eeeee\": 4,\n\t\"f\":     5\n}\n" },
		{ "{\n\"a\":1, // x\n\"bbb\":2, /* y */\n// own line\n\"c\":3\n}",
		  "{\n\t\"a\":   1, // x\n\t\"bbb\": 2, /* y */\n\t// own line\n\t\"c\": "
		  "3,\n}\n" },
		{ "// head\n\n\n\n{\"a\":1}// tail\n",
		  "// head\n\n{\"a\": 1} // tail\n" },
		{ "[1 /*c*/,]", "[1 /*c*/ ]\n" },
		{ "[1 /*c*/, /*d*/]", "[1 /*c*/ , /*d*/ ]\n" },
		{ "[1, // c\n]", "[\n\t1, // c\n]\n" },
		{ "[1 // c\n]", "[\n\t1, // c\n]\n" },
		{ "[ // c\n1]", "[ // c\n\t1,\n]\n" },
		{ "[1 // c\n,2]", "[1 // c\n\t\t, 2]\n" },
		{ "[/*a*/1,/*b*/2]", "[ /*a*/ 1, /*b*/ 2]\n" },
		{ "[1,2/*t*/]", "[1, 2 /*t*/ ]\n" },
		{ "[1,\n2/*t*/]", "[\n\t1,\n\t2, /*t*/\n]\n" },
		{ "[1/*a\n  b*/]", "[\n\t1, /*a\n\tb*/\n]\n" },
		{ "{\"x\": // c\n 1}", "{\"x\": // c\n\t\t1}\n" },
		{ "{\"x\" // c\n : 1}", "{\"x\" // c\n\t\t: 1}\n" },
		{ "{\"a\":1,/*x*/\"b\":2,\n/*y*/}",
		  "{\n\t\"a\": 1,\n\t/*x*/ \"b\": 2,\n\t/*y*/\n}\n" },
		{ "[\n\n\n1,\n\n\n\n2\n\n]", "[\n\t1,\n\n\t2\n]\n" },
		{ "{\r\n\t\"a\": 1,\r\n\t\"b\": 2\r\n}\r\n",
		  "{\n\t\"a\": 1,\n\t\"b\": 2\n}\n" },
		{ "\"\\u000F\\u000a\\/\\ud83d\\ude02\"",
		  "\"\\u000f\\n/\xF0\x9F\x98\x82\"\n" },
		{ " \r\n\t//comment\n\n\n/**/null \r\t//comment\n\n\n/**/\r\n\t",
		  "//comment\n\n/**/ null //comment\n\n/**/\n" },
		{ "//comment\r\n//comment\n\r/**\r/*/null",
		  "//comment\n//comment\n/** /*/ null\n" },
		{ "{\"name\"/**/:\"value\"/**/,\"name\":\"value\"}",
		  "{\"name\" /**/ : \"value\" /**/ , \"name\": \"value\"}\n" },
		{ "{\"acls\":[{\"action\":\"accept\",\"src\":[\"*\"],\"dst\":[\"*:*\"]},]"
		  ",}",
		  "{\"acls\": [{\"action\": \"accept\", \"src\": [\"*\"], \"dst\": "
		  "[\"*:*\"]}]}\n" },
		{ "{\"acls\":[\n{\"action\":\"accept\",\"src\":[\"*\"],\"dst\":[\"*:*\"]}"
		  ",\n{\"action\":\"accept\",\n\"src\":[\"*\"],\"dst\":[\"*:*\"]}],}",
		  "{\"acls\": [\n\t{\"action\": \"accept\", \"src\": [\"*\"], \"dst\": "
		  "[\"*:*\"]},\n\t{\n\t\t\"action\": \"accept\",\n\t\t\"src\":    "
		  "[\"*\"],\n\t\t\"dst\":    [\"*:*\"],\n\t},\n]}\n" },
	};

	(void)state;
	assert_formats(pairs, LENGTH(pairs));
}

#define TEN "0123456789"

static void
lines_wider_than_eighty_are_broken_up(void **state)
{
	static const struct pair pairs[] = {
		/* 74 bytes between the quotes stay, 75 do not: 1 + 76 + 2 + 1 */
		{ "[\"" TEN TEN TEN TEN TEN TEN TEN "1234\"]",
		  "[\"" TEN TEN TEN TEN TEN TEN TEN "1234\"]\n" },
		{ "[\"" TEN TEN TEN TEN TEN TEN TEN "12345\"]",
		  "[\n\t\"" TEN TEN TEN TEN TEN TEN TEN "12345\"\n]\n" },
		/* what is broken up inside is counted line by line */
		{ "{\"" TEN TEN TEN "\": [\"" TEN TEN TEN TEN TEN TEN TEN "12345\"]}",
		  "{\"" TEN TEN TEN "\": [\n\t\"" TEN TEN TEN TEN TEN TEN TEN
		  "12345\"\n]}\n" },
		/* escapes count as they are written */
		{ "[\"\\u0041\\u0041\\u0041\\u0041" TEN TEN TEN TEN TEN TEN TEN "\"]",
		  "[\"AAAA" TEN TEN TEN TEN TEN TEN TEN "\"]\n" },
		/* and so do comments */
		{ "[/*" TEN TEN TEN TEN TEN TEN "123456789*/1]",
		  "[ /*" TEN TEN TEN TEN TEN TEN "123456789*/ 1]\n" },
		{ "[/*" TEN TEN TEN TEN TEN TEN TEN "*/1]",
		  "[\n\t/*" TEN TEN TEN TEN TEN TEN TEN "*/ 1,\n]\n" },
	};

	(void)state;
	assert_formats(pairs, LENGTH(pairs));
}

static void
block_comments_keep_their_shape(void **state)
{
	static const struct pair pairs[] = {
		{ "/*\n  a\n    b\n  */1", "/*\na\n  b\n*/ 1\n" },
		{ "/*\n   * a\n   * b\n   */1", "/*\n * a\n * b\n */ 1\n" },
		{ "/*\n   * a\n\n   * b\n   */1", "/*\n* a\n\n* b\n*/ 1\n" },
		{ "[\n/* a\n * b\n */\n1]", "[\n\t/* a\n\t * b\n\t */\n\t1,\n]\n" },
		{ "[\n/* a\n\t b\n\tc */\n1]", "[\n\t/* a\n\t b\n\tc */\n\t1,\n]\n" },
		{ "[\n/* a \xC2\xA0\r\n  b\t\r\n  */\n1]",
		  "[\n\t/* a\n\tb\n\t*/\n\t1,\n]\n" },
		{ "/* a\rb */1", "/* a b */ 1\n" },
	};

	(void)state;
	assert_formats(pairs, LENGTH(pairs));
}

static void
strings_are_escaped_anew_where_they_are_escaped(void **state)
{
	static const struct pair pairs[] = {
		{ "\"\\u0001\\b\\t\\n\\f\\r\\u001F\\u007f\"",
		  "\"\\u0001\\b\\t\\n\\f\\r\\u001f\x7F\"\n" },
		{ "\"\\\"\\\\\\/\\u0022\\u005C\"", "\"\\\"\\\\/\\\"\\\\\"\n" },
		{ "\"\\u2028\\u00e9\"", "\"\xE2\x80\xA8\xC3\xA9\"\n" },
		{ "\"\\ud83d\xFF\"", "\"\xEF\xBF\xBD\xEF\xBF\xBD\"\n" },
		{ "\"\xFF\"", "\"\xFF\"\n" },
		{ "{\"\\u0061\": -1.50E+3}", "{\"a\": -1.50E+3}\n" },
	};

	(void)state;
	assert_formats(pairs, LENGTH(pairs));
}

static void
values_line_up_within_a_block_of_lines(void **state)
{
	static const struct pair pairs[] = {
		/* a value over several lines is left out, and ends the block */
		{ "{\n\"a\":1,\n\"bb\":{\n\"c\":1},\n\"ddd\":2,\n\"e\":3}",
		  "{\n\t\"a\": 1,\n\t\"bb\": {\n\t\t\"c\": 1\n\t},\n\t\"ddd\": "
		  "2,\n\t\"e\":   3\n}\n" },
		/* so does a name that does not start its line */
		{ "{\n\"a\":1,\n\"bbb\":2,\"c\":3,\n\"dd\":4}",
		  "{\n\t\"a\":   1,\n\t\"bbb\": 2,\n\t\"c\":   3,\n\t\"dd\":  4\n}\n" },
		/* a comment behind the colon counts */
		{ "{\n\"a\":/*x*/1,\n\"b\":2}",
		  "{\n\t\"a\": /*x*/ 1,\n\t\"b\":       2,\n}\n" },
		/* bytes count, not letters */
		{ "{\n\"\xC3\xA9\":1,\n\"a\":2}",
		  "{\n\t\"\xC3\xA9\": 1,\n\t\"a\":  2\n}\n" },
	};

	(void)state;
	assert_formats(pairs, LENGTH(pairs));
}

/* Formats again; the text must stay, and its meaning too. */
static void
assert_settled(struct reading *r)
{
	struct text formatted = hujson_format(&r->arena, r->tree);
	struct reading again;

	reading_start(&again, formatted.at, formatted.len);
	assert_int_equal(again.findings.n, 0);
	assert_text(hujson_format(&again.arena, again.tree), formatted.at, formatted.len);
	assert_same_meaning(r, &again);
	assert_true(formatted.len > 0 && formatted.at[formatted.len - 1] == '\n');
	reading_end(&again);
}

static void
what_is_formatted_stays_and_means_the_same(void **state)
{
	struct random random = { .state = 21 };

	(void)state;
	for (int i = 0; i < 10000; i++) {
		struct reading r;
		random.plain = i % 4 == 0;
		random_text(&random);
		reading_start(&r, random.bytes, random.len);
		assert_settled(&r);
		reading_end(&r);
	}
	random_end(&random);
}

/* Many times the same, with something before and behind. */
static void
assert_large_settles(const char *before, const char *piece, const char *behind, size_t n)
{
	struct random text = { .state = 1 };
	struct reading r;

	random_put(&text, before);
	for (size_t i = 0; i < n; i++)
		random_put(&text, piece);
	random_put(&text, behind);
	reading_start(&r, text.bytes, text.len);
	assert_settled(&r);
	reading_end(&r);
	random_end(&text);
}

static void
large_texts_settle(void **state)
{
	(void)state;
	assert_large_settles("[0", ",\n1", "]", 100000);
	assert_large_settles("[0", ",1", "]", 100000);
	assert_large_settles("{\"a\":0", ",\n\"b\":1", "}", 100000);
	assert_large_settles("/*", "\n *", "*/1", 100000);
	assert_large_settles("", "/**/\n\n\r", "1", 100000);
	assert_large_settles("1", "\r\n", "", 100000);
	assert_large_settles("\"", "\\u0041", "\"", 100000);
	assert_large_settles("[", "//\xC2\xA0\xC2\xA0\n", "]", 100000);
}

/* Opens and closes n times; the line ends are many at half of the depth. */
static void
assert_deep_settles(const char *open, const char *close, size_t n)
{
	struct random text = { .state = 1 };
	struct reading r;

	for (size_t i = 0; i < n; i++)
		random_put(&text, open);
	random_put(&text, "1");
	for (size_t i = 0; i < n; i++)
		random_put(&text, close);
	reading_start(&r, text.bytes, text.len);
	assert_false(r.tree->broken);
	assert_settled(&r);
	reading_end(&r);
	random_end(&text);
}

static void
deep_texts_settle(void **state)
{
	(void)state;
	assert_deep_settles("[", "]", HUJSON_DEPTH_MAX);
	assert_deep_settles("{\"a\":", "}", HUJSON_DEPTH_MAX);
	assert_deep_settles("[/**/", ",]", HUJSON_DEPTH_MAX);
	assert_deep_settles("[\n", "]", 2000);
	assert_deep_settles("{\"a\":\n", ",}", 2000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_form_is_that_of_hujsonfmt),
		cmocka_unit_test(lines_wider_than_eighty_are_broken_up),
		cmocka_unit_test(block_comments_keep_their_shape),
		cmocka_unit_test(strings_are_escaped_anew_where_they_are_escaped),
		cmocka_unit_test(values_line_up_within_a_block_of_lines),
		cmocka_unit_test(what_is_formatted_stays_and_means_the_same),
		cmocka_unit_test(large_texts_settle),
		cmocka_unit_test(deep_texts_settle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
