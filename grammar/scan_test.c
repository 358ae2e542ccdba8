#include "grammar/scan.h"

#include "grammar/hujson_test.h"

/* Every byte is tried at every place of a text this long, so that both the
 * vectors and what they leave over are seen. */
#define PLACES 70

static void
assert_ends(const char *bytes, size_t len)
{
	const char *end = bytes + len;

	for (const char *at = bytes; at <= end; at++) {
		const char *blank = at, *plain = at, *word = at;
		while (blank < end && is_blank(*blank))
			blank++;
		while (plain < end && is_plain(*plain))
			plain++;
		while (word < end && is_word(*word))
			word++;
		assert_ptr_equal(blanks_end(at, end), blank);
		assert_ptr_equal(plain_end(at, end), plain);
		assert_ptr_equal(word_end(at, end), word);
	}
}

static void
vectors_stop_where_single_bytes_would(void **state)
{
	char *bytes = malloc(PLACES);

	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		for (size_t i = 0; i < PLACES; i++) {
			memset(bytes, i % 2 ? ' ' : '\t', PLACES);
			bytes[i] = (char)byte;
			assert_ends(bytes, PLACES);
			memset(bytes, 'x', PLACES);
			bytes[i] = (char)byte;
			assert_ends(bytes, PLACES);
		}
	}
	free(bytes);
}

static void
truths_become_bits_with_and_without_an_instruction_for_it(void **state)
{
	struct random r = { .state = 5 };

	(void)state;
	for (int i = 0; i < 10000; i++) {
		unsigned expected = random_below(&r, 1u << LANES);
		signed char truths[LANES];
		for (int lane = 0; lane < LANES; lane++)
			truths[lane] = expected >> lane & 1 ? -1 : 0;
		lanes loaded = lanes_load((const char *)truths);
		assert_int_equal(lanes_gather(loaded), expected);
		assert_int_equal(lanes_bits(loaded), expected);
	}
}

static void
comments_end_behind_their_last_byte_or_not_at_all(void **state)
{
	static const struct {
		const char *text;
		int end; /* or -1 */
	} cases[] = {
		{ "//\nx", 3 },   { "// a\r\nx", 6 }, { "//", -1 },      { "//\r", -1 },
		{ "/**/x", 4 },   { "/*/", -1 },      { "/*/*/x", 5 },   { "/***/x", 5 },
		{ "/* * /", -1 }, { "/*\n*/x", 5 },   { "/*", -1 },      { "/", 0 },
		{ "/x", 0 },      { "x", 0 },         { "/* // */", 8 }, { "//*/\n", 5 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		const char *text = cases[i].text, *end = text + strlen(text);
		const char *expected = cases[i].end < 0 ? NULL : text + cases[i].end;
		assert_ptr_equal(comment_end(text, end), expected);
	}
	static const char extra[] = " /*a*/\t//b\n\r/**/x";
	assert_ptr_equal(extra_end(extra, extra + sizeof(extra) - 1),
	                 extra + sizeof(extra) - 2);
	static const char open[] = " /*a*/ /*b";
	assert_ptr_equal(extra_end(open, open + sizeof(open) - 1),
	                 open + sizeof(open) - 1);
}

static void
words_are_keywords_numbers_or_bad(void **state)
{
	static const struct {
		const char *word;
		enum hujson_kind kind;
	} cases[] = {
		{ "null", HUJSON_NULL },      { "true", HUJSON_TRUE },
		{ "false", HUJSON_FALSE },    { "0", HUJSON_NUMBER },
		{ "-0", HUJSON_NUMBER },      { "10", HUJSON_NUMBER },
		{ "1.5", HUJSON_NUMBER },     { "0.0", HUJSON_NUMBER },
		{ "1e5", HUJSON_NUMBER },     { "1E+05", HUJSON_NUMBER },
		{ "-1.2e-3", HUJSON_NUMBER }, { "3.14159E+435", HUJSON_NUMBER },
		{ "", HUJSON_BAD },           { "nul", HUJSON_BAD },
		{ "nulll", HUJSON_BAD },      { "TRUE", HUJSON_BAD },
		{ "true1", HUJSON_BAD },      { "01", HUJSON_BAD },
		{ "-", HUJSON_BAD },          { "-01", HUJSON_BAD },
		{ "--1", HUJSON_BAD },        { "+1", HUJSON_BAD },
		{ "1.", HUJSON_BAD },         { ".5", HUJSON_BAD },
		{ "1.e1", HUJSON_BAD },       { "1e", HUJSON_BAD },
		{ "1e+", HUJSON_BAD },        { "1e5.0", HUJSON_BAD },
		{ "0x10", HUJSON_BAD },       { "1-2", HUJSON_BAD },
		{ "NaN", HUJSON_BAD },        { "Infinity", HUJSON_BAD },
		{ "10.0.0.1", HUJSON_BAD },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		const char *word = cases[i].word, *end = word + strlen(word);
		assert_ptr_equal(word_end(word, end), end);
		assert_int_equal(word_kind(word, end), cases[i].kind);
	}
	for (int c = 0; c < 256; c++)
		assert_int_equal(is_word((char)c),
		                 is_one_of((char)c,
		                           "abcdefghijklmnopqrstuvwxyz0123456789+-."
		                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
}

static void
escapes_are_those_of_json(void **state)
{
	static const struct {
		const char *text;
		int len; /* or 0 when it is none */
		uint32_t rune;
		int decoded; /* as far as rune_decode goes */
	} cases[] = {
		{ "\\\"x", 2, '"', 2 },
		{ "\\\\x", 2, '\\', 2 },
		{ "\\/x", 2, '/', 2 },
		{ "\\bx", 2, '\b', 2 },
		{ "\\fx", 2, '\f', 2 },
		{ "\\nx", 2, '\n', 2 },
		{ "\\rx", 2, '\r', 2 },
		{ "\\tx", 2, '\t', 2 },
		{ "\\u00e9x", 6, 0xE9, 6 },
		{ "\\u00E9x", 6, 0xE9, 6 },
		{ "\\u0000x", 6, 0, 6 },
		{ "\\ud83d\\ude02x", 6, 0x1F602, 12 },
		{ "\\ud83dx", 6, 0xFFFD, 6 },
		{ "\\ude02\\ud83dx", 6, 0xFFFD, 6 },
		{ "\\ud83d\\u0041x", 6, 0xFFFD, 6 },
		{ "\\ud83d\\ud83dx", 6, 0xFFFD, 6 },
		{ "\\udbff\\udfffx", 6, 0x10FFFF, 12 },
		{ "\\ud800\\udc00x", 6, 0x10000, 12 },
		{ "\\xx", 0, 0xFFFD, 2 },
		{ "\\u12G4x", 0, 0xFFFD, 2 },
		{ "\\u123", 0, 0xFFFD, 2 },
		{ "\\", 0, 0xFFFD, 1 },
		{ "\\U00e9", 0, 0xFFFD, 2 },
		{ "\\'", 0, 0xFFFD, 2 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		const char *text = cases[i].text, *end = text + strlen(text);
		uint32_t rune;
		assert_ptr_equal(escape_end(text, end),
		                 cases[i].len ? text + cases[i].len : NULL);
		assert_ptr_equal(rune_decode(text, end, &rune), text + cases[i].decoded);
		assert_int_equal(rune, cases[i].rune);
	}
}

static void
a_backslash_hides_any_byte_from_the_search_for_the_quote(void **state)
{
	static const char text[] = "\"a\\\"b\\\\\"c";
	static const char open[] = "\"a\\\"";

	(void)state;
	assert_ptr_equal(string_close(text, text + 10), text + 7);
	assert_ptr_equal(string_close(open, open + 4), open + 4);
	assert_ptr_equal(string_close(open, open + 3), open + 3);
	assert_ptr_equal(string_close(open, open + 1), open + 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_stop_where_single_bytes_would),
		cmocka_unit_test(
			truths_become_bits_with_and_without_an_instruction_for_it),
		cmocka_unit_test(comments_end_behind_their_last_byte_or_not_at_all),
		cmocka_unit_test(words_are_keywords_numbers_or_bad),
		cmocka_unit_test(escapes_are_those_of_json),
		cmocka_unit_test(
			a_backslash_hides_any_byte_from_the_search_for_the_quote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
