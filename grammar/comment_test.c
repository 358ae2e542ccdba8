#include "grammar/comment.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include "grammar/arena.h"
#include "grammar/finding.h"

static struct arena arena;

static struct comments
comments_in(const char *text, struct tree **tree)
{
	struct findings findings = { .arena = &arena };
	struct source *source = source_of(&arena, "x", text, strlen(text));

	*tree = hujson_parse(&arena, source, &findings);
	assert_int_equal(findings.n, 0);
	return comments_of(&arena, *tree);
}

/* The i-th comment of a text says this, and is about that. */
static void
assert_comment(const char *text, size_t i, const char *said, bool own_line,
               const char *about)
{
	struct tree *tree;
	struct comments comments = comments_in(text, &tree);

	assert_true(i < comments.n);
	const struct comment *comment = &comments.at[i];
	assert_int_equal(comment->said.len, strlen(said));
	assert_memory_equal(comment->said.at, said, strlen(said));
	assert_int_equal(comment->own_line, own_line);
	struct text told = source_text(tree->source, comment->about);
	assert_int_equal(told.len, strlen(about));
	assert_memory_equal(told.at, about, strlen(about));
}

static void
a_comment_on_its_own_line_is_about_the_member_that_follows(void **state)
{
	(void)state;
	assert_comment("{\n\t// why\n\t\"a\": [1,\n2], \"b\": 3}", 0, "why", true,
	               "\"a\": [1,\n2]");
	assert_comment("{\n// one\n// two\n\"a\" /* x */ : 1}", 0, "one", true,
	               "\"a\" /* x */ : 1");
	assert_comment("[\n/* of two\n lines */\n[1, 2],\n3]", 0, "of two\n lines", true,
	               "[1, 2]");
}

static void
a_comment_at_the_end_of_a_line_is_about_that_line(void **state)
{
	(void)state;
	assert_comment("{\n\t\"a\": 1, // why\n\t\"b\": 2}", 0, "why", false,
	               "\t\"a\": 1, // why");
	assert_comment("[1, /* x */ 2]", 0, "x", false, "[1, /* x */ 2]");
}

static void
a_comment_before_the_document_is_about_all_of_it(void **state)
{
	(void)state;
	assert_comment("// all\n{\"a\": 1}\n", 0, "all", true, "{\"a\": 1}");
}

static void
a_comment_before_a_bracket_is_about_nothing(void **state)
{
	(void)state;
	assert_comment("[\n1,\n// last\n]", 0, "last", true, "");
	assert_comment("1\n// end\n", 0, "end", true, "");
}

static void
a_comma_on_the_next_line_is_passed_over(void **state)
{
	(void)state;
	assert_comment("[1\n// two\n, 2]", 0, "two", true, "2");
}

static void
slashes_in_strings_are_no_comments(void **state)
{
	struct tree *tree;

	(void)state;
	assert_int_equal(
		comments_in("{\"a\": \"// x\", \"b\": \"\\\" /* y */\"}", &tree).n, 0);
}

static void
an_empty_comment_says_nothing(void **state)
{
	(void)state;
	assert_comment("[1 /**/]", 0, "", false, "[1 /**/]");
	assert_comment("//\n1", 0, "", true, "1");
	assert_comment("1 //\n", 0, "", false, "1 //");
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
		cmocka_unit_test(
			a_comment_on_its_own_line_is_about_the_member_that_follows),
		cmocka_unit_test(a_comment_at_the_end_of_a_line_is_about_that_line),
		cmocka_unit_test(a_comment_before_the_document_is_about_all_of_it),
		cmocka_unit_test(a_comment_before_a_bracket_is_about_nothing),
		cmocka_unit_test(a_comma_on_the_next_line_is_passed_over),
		cmocka_unit_test(slashes_in_strings_are_no_comments),
		cmocka_unit_test(an_empty_comment_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
