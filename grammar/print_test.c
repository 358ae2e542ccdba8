#include "grammar/hujson.h"

#include "grammar/hujson_test.h"

static void
assert_prints_back(const char *bytes, size_t len)
{
	struct reading r;

	reading_start(&r, bytes, len);
	assert_text(hujson_print(&r.arena, r.tree), bytes, len);
	reading_end(&r);
}

static void
what_was_read_is_printed_as_it_was(void **state)
{
	struct random r = { .state = 11 };

	(void)state;
	assert_prints_back(BYTES(""));
	assert_prints_back(BYTES(" // x\n{\"a\" : [1 , {} /**/,] }\n"));
	assert_prints_back(BYTES("{a: 'b' [1 2}, \"c: "));
	assert_prints_back(BYTES("\0\xFF"));
	for (int i = 0; i < 2000; i++) {
		random_text(&r);
		assert_prints_back(r.bytes, r.len);
		/* and a part of it, which is broken */
		assert_prints_back(r.bytes, random_below(&r, (uint32_t)r.len + 1));
	}
	random_end(&r);
}

static void
minimized_is_without_comments_blanks_and_trailing_commas(void **state)
{
	static const struct {
		const char *text, *minimized;
	} cases[] = {
		{ "{\"a\":/*x*/1,//y\n\"b\":\"\\u0041\",}",
		  "{\"a\":1,\"b\":\"\\u0041\"}" },
		{ " null // x\n", "null" },
		{ "[ 1 , [ ] , { } , ]", "[1,[],{}]" },
		{ "[[1,],[2 /* , */ ,],]", "[[1],[2]]" },
		{ "{\"a b\": -1.50E+3, \"a b\": \"//\"}",
		  "{\"a b\":-1.50E+3,\"a b\":\"//\"}" },
		{ "\"\xFF\"", "\"\xEF\xBF\xBD\"" },
		{ "[\"a\xC3\xA9\", \"\xF0\x9F \", \"\xEF\xBF\xBD\"]",
		  "[\"a\xC3\xA9\",\"\xEF\xBF\xBD\xEF\xBF\xBD \",\"\xEF\xBF\xBD\"]" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct reading r;
		reading_of(&r, cases[i].text);
		assert_text(hujson_minimize(&r.arena, r.tree, r.tree->root),
		            cases[i].minimized, strlen(cases[i].minimized));
		reading_end(&r);
	}
}

static void
a_value_can_be_minimized_alone(void **state)
{
	struct reading r;

	(void)state;
	reading_of(&r, "{\"a\": [1, [2, /*x*/ 3,],], \"b\": 4}");
	const struct node *a = node_member(r.tree, r.tree->root, "a");
	assert_text(hujson_minimize(&r.arena, r.tree, a), BYTES("[1,[2,3]]"));
	assert_text(hujson_minimize(&r.arena, r.tree, node_next(node_first(a))),
	            BYTES("[2,3]"));
	assert_text(hujson_minimize(&r.arena, r.tree, node_first(a)), BYTES("1"));
	reading_end(&r);
}

static void
minimized_has_the_same_nodes(void **state)
{
	struct random random = { .state = 12 };

	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct reading r, minimized;
		random_text(&random);
		reading_start(&r, random.bytes, random.len);
		struct text text = hujson_minimize(&r.arena, r.tree, r.tree->root);
		reading_start(&minimized, text.at, text.len);
		assert_int_equal(minimized.findings.n, 0);
		assert_same_meaning(&r, &minimized);
		for (uint32_t k = 0; k < r.tree->n; k++)
			assert_false(minimized.tree->root[k].comma);
		/* and cannot be made smaller */
		assert_text(hujson_minimize(&minimized.arena, minimized.tree,
		                            minimized.tree->root),
		            text.at, text.len);
		reading_end(&minimized);
		reading_end(&r);
	}
	random_end(&random);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_read_is_printed_as_it_was),
		cmocka_unit_test(
			minimized_is_without_comments_blanks_and_trailing_commas),
		cmocka_unit_test(a_value_can_be_minimized_alone),
		cmocka_unit_test(minimized_has_the_same_nodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
