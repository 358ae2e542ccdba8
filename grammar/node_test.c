#include "grammar/hujson.h"

#include "grammar/hujson_test.h"

static void
lengths_count_elements_and_members(void **state)
{
	struct reading r;

	(void)state;
	reading_of(&r, "[[], [[1, 2], {\"a\": [1]}], {\"a\": [], \"a\": {\"b\": 1}}]");
	const struct node *e = node_first(r.tree->root);
	assert_int_equal(node_length(r.tree->root), 3);
	assert_int_equal(node_length(e), 0);
	e = node_next(e);
	assert_int_equal(node_length(e), 2);
	e = node_next(e);
	assert_int_equal(node_length(e), 2);
	assert_ptr_equal(node_next(e), node_end(r.tree->root));
	reading_end(&r);
}

static void
members_are_found_by_what_their_names_say(void **state)
{
	static const struct {
		const char *name, *exact, *fold; /* raw values, or NULL */
	} cases[] = {
		{ "a", "1", "4" },
		{ "A", "4", "4" },
		{ "\xC3\xA9", "2", "2" },
		{ "\xC3\x89", NULL, NULL },
		{ "b\nc", "3", "3" },
		{ "B\nC", NULL, "3" },
		{ "b", NULL, NULL },
		{ "b\nc ", NULL, NULL },
		{ "", NULL, NULL },
		{ "dup", "6", "6" },
		{ "\xEF\xBF\xBD", "7", "7" },
		{ "x", NULL, NULL },
	};
	struct reading r;

	(void)state;
	reading_of(&r, "{\"a\": 1, \"\\u00e9\": 2, \"b\\nc\": 3, \"A\": 4, \"dup\": 5, "
	               "\"d\\u0075p\": 6, \"\xFF\": 7, \"y\": {\"x\": 8}}");
	for (size_t i = 0; i < LENGTH(cases); i++) {
		const char *const expected[] = { cases[i].exact, cases[i].fold };
		const struct node *found[] = {
			node_member(r.tree, r.tree->root, cases[i].name),
			node_member_fold(r.tree, r.tree->root, cases[i].name),
		};
		for (size_t k = 0; k < 2; k++) {
			assert_int_equal(found[k] == NULL, expected[k] == NULL);
			if (found[k])
				assert_text(node_raw(r.tree, found[k]), expected[k], 1);
		}
	}
	assert_null(node_member(r.tree, node_first(r.tree->root), "a"));
	reading_end(&r);
}

/* A text and where its pieces stand: each piece of what a string says has its
 * own span in the source. */
struct inner {
	const char *text; /* one string */
	const char *said;
	size_t len;
	size_t first, end;
	uint32_t span_first, span_end;
};

static void
strings_say_valid_text_and_their_parts_have_places(void **state)
{
	static const struct inner cases[] = {
		{ "\"tag:db:5432\"", BYTES("tag:db:5432"), 0, 6, 1, 7 },
		{ "\"tag:db:5432\"", BYTES("tag:db:5432"), 7, 11, 8, 12 },
		{ "\"\"", BYTES(""), 0, 0, 1, 1 },
		{ "\"abc\"", BYTES("abc"), 3, 3, 4, 4 },
		{ "\"abc\"", BYTES("abc"), 2, 9, 3, 4 },
		{ "\"a\\u0041c\"", BYTES("aAc"), 1, 2, 2, 8 },
		{ "\"a\\u0041c\"", BYTES("aAc"), 2, 3, 8, 9 },
		{ "\"a\\u0041c\"", BYTES("aAc"), 0, 3, 1, 9 },
		{ "\"a\\u0041c\"", BYTES("aAc"), 3, 3, 9, 9 },
		{ "\"\\/\\\"\\\\\"", BYTES("/\"\\"), 1, 2, 3, 5 },
		{ "\"\\b\\f\\n\\r\\t\"", BYTES("\b\f\n\r\t"), 4, 5, 9, 11 },
		{ "\"x\\u0000y\"", BYTES("x\0y"), 1, 3, 2, 9 },
		{ "\"\\ud83d\\ude02z\"", BYTES("\xF0\x9F\x98\x82z"), 0, 4, 1, 13 },
		{ "\"\\ud83d\\ude02z\"", BYTES("\xF0\x9F\x98\x82z"), 4, 5, 13, 14 },
		/* a part of a rune has the place of the rune */
		{ "\"\\ud83d\\ude02z\"", BYTES("\xF0\x9F\x98\x82z"), 1, 2, 1, 13 },
		{ "\"\\ud83dz\"", BYTES("\xEF\xBF\xBDz"), 3, 4, 7, 8 },
		{ "\"\\ud83d\\ud83d\"", BYTES("\xEF\xBF\xBD\xEF\xBF\xBD"), 3, 6, 7, 13 },
		{ "\"\xC3\xA9\"", BYTES("\xC3\xA9"), 0, 2, 1, 3 },
		{ "\"\xFFz\"", BYTES("\xEF\xBF\xBDz"), 3, 4, 2, 3 },
		{ "\"\xED\xA0\x80\"", BYTES("\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"), 3, 6,
		  2, 3 },
		{ "\"\xC3\xA9\\n\"", BYTES("\xC3\xA9\n"), 2, 3, 3, 5 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct reading r;
		reading_of(&r, cases[i].text);
		const struct node *string = r.tree->root;
		assert_text(node_text(&r.arena, r.tree, string), cases[i].said,
		            cases[i].len);
		assert_text(node_raw(r.tree, string), cases[i].text,
		            strlen(cases[i].text));
		struct span span =
			node_inner_span(r.tree, string, cases[i].first, cases[i].end);
		assert_int_equal(span.first, cases[i].span_first);
		assert_int_equal(span.end, cases[i].span_end);
		reading_end(&r);
	}
}

static void
a_string_that_says_what_is_written_is_not_copied(void **state)
{
	struct reading r;

	(void)state;
	reading_of(&r, "\"caf\xC3\xA9\"");
	assert_ptr_equal(node_text(&r.arena, r.tree, r.tree->root).at, r.bytes + 1);
	reading_end(&r);
}

static void
names_with_other_quotes_or_none_say_what_they_seem_to(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{ "{\"}", "" },
		{ "{abc: 1}", "abc" },
		{ "{'abc': 1}", "abc" },
		{ "{\"abc: 1}", "abc: 1" },
		{ "{abc\": 1}", "abc" },
		{ "{\"a\\qc\": 1}", "a\xEF\xBF\xBD"
		                    "c" },
		{ "{`a`: 1}", "a" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct reading r;
		reading_start(&r, cases[i].text, strlen(cases[i].text));
		const struct node *name = node_first(r.tree->root);
		assert_int_equal(name->kind, HUJSON_STRING);
		assert_text(node_text(&r.arena, r.tree, name), cases[i].said,
		            strlen(cases[i].said));
		reading_end(&r);
	}
}

static const char paths[] = "{\n"
			    "\"grants\": [{\"src\": [\"*\"]}, {\"dst\": [[], \"x\"]}],\n"
			    "\"a b\": {\"group:eng\": [true]},\n"
			    "\"n\\u0031\": {\"\": {\"_\": 2}}, \"a.b\": 0\n"
			    "}\n";

static const struct {
	const char *at; /* where it stands: the first such text */
	const char *path;
} places[] = {
	{ "{\n", "" },
	{ "\"grants\"", "grants" },
	{ "[{", "grants" },
	{ "{\"src\"", "grants[0]" },
	{ "\"src\"", "grants[0].src" },
	{ "\"*\"", "grants[0].src[0]" },
	{ "\"dst\"", "grants[1].dst" },
	{ "[]", "grants[1].dst[0]" },
	{ "\"x\"", "grants[1].dst[1]" },
	{ "\"a b\"", "\"a b\"" },
	{ "true", "\"a b\".\"group:eng\"[0]" },
	{ "\"n\\u0031\"", "n1" },
	{ "\"\"", "n1.\"\"" },
	{ "2}", "n1.\"\"._" },
	{ "0\n", "\"a.b\"" },
};

static void
the_way_to_a_node_can_be_read(void **state)
{
	struct reading r;

	(void)state;
	reading_of(&r, paths);
	for (size_t i = 0; i < LENGTH(places); i++) {
		uint32_t at = (uint32_t)(strstr(paths, places[i].at) - paths);
		const struct node *node = node_at(r.tree, at);
		assert_int_equal(node->span.first, at);
		assert_string_equal(node_path(&r.arena, r.tree, node), places[i].path);
	}
	reading_end(&r);
}

/* The deepest node that holds an offset, by looking at all. */
static const struct node *
deepest_at(const struct tree *tree, uint32_t offset)
{
	const struct node *found = tree->root;

	for (uint32_t i = 0; i < tree->n; i++)
		if (tree->root[i].span.first <= offset && offset < tree->root[i].span.end)
			found = &tree->root[i];
	return found;
}

/* The innermost node around another, by looking at all. */
static const struct node *
parent_of(const struct tree *tree, const struct node *node)
{
	const struct node *found = NULL;

	for (const struct node *n = tree->root; n < node; n++)
		if (n + n->count > node)
			found = n;
	return found;
}

static void
nodes_are_found_by_offset_and_know_what_they_are_in(void **state)
{
	struct random random = { .state = 3 };

	(void)state;
	for (int i = 0; i < 300; i++) {
		struct reading r;
		random_text(&random);
		reading_start(&r, random.bytes, random.len);
		for (uint32_t at = 0; at <= r.source->len; at++)
			assert_ptr_equal(node_at(r.tree, at), deepest_at(r.tree, at));
		for (const struct node *n = r.tree->root; n < r.tree->root + r.tree->n;
		     n++)
			assert_ptr_equal(node_parent(r.tree, n), parent_of(r.tree, n));
		reading_end(&r);
	}
	random_end(&random);
}

static void
every_kind_has_a_name_for_messages(void **state)
{
	(void)state;
	assert_string_equal(hujson_kind_name(HUJSON_NULL), "null");
	assert_string_equal(hujson_kind_name(HUJSON_STRING), "a string");
	assert_string_equal(hujson_kind_name(HUJSON_ARRAY), "an array");
	for (unsigned kind = HUJSON_BAD; kind <= HUJSON_OBJECT; kind++)
		assert_non_null(hujson_kind_name((enum hujson_kind)kind));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_count_elements_and_members),
		cmocka_unit_test(members_are_found_by_what_their_names_say),
		cmocka_unit_test(strings_say_valid_text_and_their_parts_have_places),
		cmocka_unit_test(a_string_that_says_what_is_written_is_not_copied),
		cmocka_unit_test(names_with_other_quotes_or_none_say_what_they_seem_to),
		cmocka_unit_test(the_way_to_a_node_can_be_read),
		cmocka_unit_test(nodes_are_found_by_offset_and_know_what_they_are_in),
		cmocka_unit_test(every_kind_has_a_name_for_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
