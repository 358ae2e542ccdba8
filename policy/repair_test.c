#include "policy/repair.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include "grammar/arena.h"
#include "grammar/path.h"

static struct arena arena;

static struct fixes
fixes_for(const char *text)
{
	struct findings findings = { .arena = &arena };
	struct source *source = source_of(&arena, "x", text, strlen(text));
	struct fixes fixes = { .arena = &arena,
		               .tree = hujson_parse(&arena, source, &findings) };

	assert_int_equal(findings.n, 0);
	return fixes;
}

/* A node by its path; the name where it is a member's. */
static const struct node *
node_named(const struct fixes *fixes, const char *path)
{
	const struct node *node = node_by_path(fixes->tree, text_of(path));

	assert_non_null(node);
	if (node_parent(fixes->tree, node)->kind == HUJSON_OBJECT)
		node--;
	return node;
}

static void
assert_mended(const struct fixes *fixes, const char *expected)
{
	struct text mended =
		fixes_apply(&arena, fixes->tree->source, fixes->at, fixes->n, NULL);
	const char *copy = arena_copy(&arena, mended.at, mended.len);

	assert_string_equal(copy, expected);
}

/* Takes out what is at some paths, each by a fix of its own. */
static void
assert_dropped(const char *text, const char *paths, const char *expected)
{
	struct fixes fixes = fixes_for(text);
	struct text rest = text_of(paths);

	while (rest.len > 0) {
		size_t space = text_find(rest, ' ');
		const char *path = arena_copy(&arena, rest.at, space);
		fix_drop(&fixes, fix_add(&fixes, NULL, REPAIR_SAFE),
		         node_named(&fixes, path));
		rest = text_from(rest, space < rest.len ? space + 1 : space);
	}
	assert_mended(&fixes, expected);
}

static void
an_element_goes_with_its_comma(void **state)
{
	(void)state;
	assert_dropped("[1, 2, 3]", "[0]", "[2, 3]");
	assert_dropped("[1, 2, 3]", "[1]", "[1, 3]");
	assert_dropped("[1, 2, 3]", "[2]", "[1, 2]");
	assert_dropped("[1, 2, 3,]", "[2]", "[1, 2,]");
	assert_dropped("[1]", "[0]", "[]");
	assert_dropped("[1,2]", "[1]", "[1]");
	assert_dropped("[1 , 2]", "[0]", "[2]");
}

static void
a_member_goes_with_its_name(void **state)
{
	(void)state;
	assert_dropped("{\"a\": 1, \"b\": [2]}", "a", "{\"b\": [2]}");
	assert_dropped("{\"a\": 1, \"b\": [2]}", "b", "{\"a\": 1}");
}

static void
a_line_left_empty_goes(void **state)
{
	(void)state;
	assert_dropped("[\n\t1,\n\t2,\n\t3\n]\n", "[1]", "[\n\t1,\n\t3\n]\n");
	assert_dropped("[\n\t1,\n\t2,\n\t3\n]\n", "[2]", "[\n\t1,\n\t2\n]\n");
	assert_dropped("[\r\n\t1,\r\n\t2,\r\n]\r\n", "[1]", "[\r\n\t1,\r\n]\r\n");
}

static void
of_two_empty_lines_that_come_together_one_goes(void **state)
{
	(void)state;
	assert_dropped("[\n\t1,\n\n\t2,\n\n\t3,\n]\n", "[1]", "[\n\t1,\n\n\t3,\n]\n");
}

static void
comments_stay(void **state)
{
	(void)state;
	assert_dropped("[\n\t// one\n\t1, // first\n\t2,\n]\n", "[0]",
	               "[\n\t// one\n\t// first\n\t2,\n]\n");
	assert_dropped("[1, /* two */ 2]", "[1]", "[1 /* two */]");
	assert_dropped("[\n\t{\n\t\t\"a\": 1, // x\n\t\t/* y */\n\t},\n\t2,\n]\n", "[0]",
	               "[\n\t// x\n\t/* y */\n\t2,\n]\n");
	assert_dropped("[[1 // x\n], 2]", "[0]", "[// x\n 2]");
}

static void
what_hushes_goes_along(void **state)
{
	(void)state;
	assert_dropped("[\n\t// aclc: ignore x, y\n\t1,\n\t2,\n]\n", "[0]",
	               "[\n\t2,\n]\n");
	assert_dropped("[\n\t1, // aclc: ignore x, y\n\t2,\n]\n", "[0]", "[\n\t2,\n]\n");
	assert_dropped("[\n\t// aclc: ignore x, y\n\t// why\n\t[\n\t\t1, // aclc: "
	               "ignore z, y\n\t],\n\t2,\n]\n",
	               "[0]", "[\n\t// why\n\t2,\n]\n");
	assert_dropped("[\n\t// aclc: ignore x, y\n\t1,\n\t2\n]\n", "[1]",
	               "[\n\t// aclc: ignore x, y\n\t1\n]\n");
	/* the line is another's too */
	assert_dropped("[\n\t1, 2, // aclc: ignore x, y\n]\n", "[1]",
	               "[\n\t1, // aclc: ignore x, y\n]\n");
	assert_dropped("{\n\t// aclc: ignore x, y\n\t\"a\": 1,\n\t\"b\": 2,\n}\n", "a",
	               "{\n\t\"b\": 2,\n}\n");
}

static void
several_may_go_at_once(void **state)
{
	(void)state;
	assert_dropped("[\n\t1,\n\t2,\n\t3,\n]\n", "[0] [1] [2]", "[\n]\n");
	assert_dropped("[1, 2, 3]", "[0] [2]", "[2]");
}

static void
what_touches_an_earlier_fix_is_left_out(void **state)
{
	struct fixes fixes = fixes_for("[1, 2]");
	bool done[2];

	(void)state;
	fix_replace(&fixes, fix_add(&fixes, NULL, REPAIR_SAFE), (struct span) { 1, 2 },
	            text_of("7"));
	fix_replace(&fixes, fix_add(&fixes, NULL, REPAIR_SAFE), (struct span) { 0, 4 },
	            text_of("["));
	fixes_apply(&arena, fixes.tree->source, fixes.at, 2, done);
	assert_true(done[0]);
	assert_false(done[1]);
	assert_mended(&fixes, "[7, 2]");
}

static void
one_fix_may_drop_the_last_elements(void **state)
{
	struct fixes fixes = fixes_for("[1, 2, 3]");
	struct fix *fix = fix_add(&fixes, NULL, REPAIR_SAFE);

	(void)state;
	fix_drop(&fixes, fix, node_named(&fixes, "[1]"));
	fix_drop(&fixes, fix, node_named(&fixes, "[2]"));
	assert_mended(&fixes, "[1]");
}

static void
elements_are_added_in_the_manner_of_their_list(void **state)
{
	const struct text more[] = { text_of("3"), text_of("4") };
	static const char *const cases[][2] = {
		{ "[1, 2]", "[1, 2, 3, 4]" },
		{ "[1, 2,]", "[1, 2, 3, 4,]" },
		{ "[\n\t1\n]", "[\n\t1,\n\t3,\n\t4\n]" },
		{ "[]", "[3, 4]" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fixes fixes = fixes_for(cases[i][0]);
		fix_append(&fixes, fix_add(&fixes, NULL, REPAIR_SAFE), fixes.tree->root,
		           more, 2);
		assert_mended(&fixes, cases[i][1]);
	}
}

static void
a_member_is_added_in_the_manner_of_its_object(void **state)
{
	static const char *const cases[][2] = {
		{ "{}", "{\n\t\"x\": 1\n}" },
		{ "{\"a\": 1}", "{\"x\": 1, \"a\": 1}" },
		{ "{\n  \"a\": 1\n}", "{\n  \"x\": 1,\n  \"a\": 1\n}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fixes fixes = fixes_for(cases[i][0]);
		fix_add_member(&fixes, fix_add(&fixes, NULL, REPAIR_SAFE),
		               fixes.tree->root, text_of("\"x\": 1"));
		assert_mended(&fixes, cases[i][1]);
	}
}

static void
a_comment_goes_with_its_line(void **state)
{
	struct fixes fixes = fixes_for("[\n\t// a\n\t1, // b\n]\n");
	const struct comments *comments = fixes_comments(&fixes);

	(void)state;
	for (size_t i = 0; i < comments->n; i++)
		fix_drop_comment(&fixes, fix_add(&fixes, NULL, REPAIR_SAFE),
		                 comments->at[i].span);
	assert_mended(&fixes, "[\n\t1,\n]\n");
}

static int
teardown(void **state)
{
	(void)state;
	arena_end(&arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_element_goes_with_its_comma),
		cmocka_unit_test(a_member_goes_with_its_name),
		cmocka_unit_test(a_line_left_empty_goes),
		cmocka_unit_test(of_two_empty_lines_that_come_together_one_goes),
		cmocka_unit_test(comments_stay),
		cmocka_unit_test(what_hushes_goes_along),
		cmocka_unit_test(several_may_go_at_once),
		cmocka_unit_test(what_touches_an_earlier_fix_is_left_out),
		cmocka_unit_test(one_fix_may_drop_the_last_elements),
		cmocka_unit_test(elements_are_added_in_the_manner_of_their_list),
		cmocka_unit_test(a_member_is_added_in_the_manner_of_its_object),
		cmocka_unit_test(a_comment_goes_with_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
