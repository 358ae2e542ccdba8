#include "cli/patch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/apply_test.h"
#include "grammar/arena.h"

static struct arena arena;

static struct text
patch_of(const char *name, struct text old, struct text new)
{
	struct output out;

	output_start_memory(&out, &arena);
	patch_write(&out, name, old, new);
	return output_taken(&out);
}

static void
assert_patch(const char *old, const char *new, const char *want)
{
	struct text got = patch_of("p", text_of(old), text_of(new));

	got.at = arena_copy(&arena, got.at, got.len);
	assert_string_equal(got.at ? got.at : "", want);
}

static void
equal_texts_have_no_patch(void **state)
{
	(void)state;
	assert_patch("", "", "");
	assert_patch("a\nb\n", "a\nb\n", "");
}

static void
a_change_has_three_lines_around_it(void **state)
{
	(void)state;
	assert_patch("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n",
	             "--- a/p\n+++ b/p\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n"
	             " 7\n 8\n");
}

static void
changes_far_apart_are_hunks_of_their_own(void **state)
{
	(void)state;
	assert_patch("1\n2\n3\n4\n5\n6\n7\n8\n", "x\n2\n3\n4\n5\n6\n7\ny\n",
	             "--- a/p\n+++ b/p\n@@ -1,8 +1,8 @@\n-1\n+x\n 2\n 3\n 4\n 5\n 6\n 7\n"
	             "-8\n+y\n");
	assert_patch("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "x\n2\n3\n4\n5\n6\n7\n8\ny\n",
	             "--- a/p\n+++ b/p\n@@ -1,4 +1,4 @@\n-1\n+x\n 2\n 3\n 4\n"
	             "@@ -6,4 +6,4 @@\n 6\n 7\n 8\n-9\n+y\n");
}

static void
an_empty_side_is_named_by_the_line_before(void **state)
{
	(void)state;
	assert_patch("", "a\n", "--- a/p\n+++ b/p\n@@ -0,0 +1 @@\n+a\n");
	assert_patch("a\n", "", "--- a/p\n+++ b/p\n@@ -1 +0,0 @@\n-a\n");
}

static void
a_missing_line_end_is_told(void **state)
{
	(void)state;
	assert_patch("a", "a\n",
	             "--- a/p\n+++ b/p\n@@ -1 +1 @@\n-a\n"
	             "\\ No newline at end of file\n+a\n");
	assert_patch("a\nb", "c\nb",
	             "--- a/p\n+++ b/p\n@@ -1,2 +1,2 @@\n-a\n+c\n b\n"
	             "\\ No newline at end of file\n");
}

static void
names_are_written_as_git_writes_them(void **state)
{
	struct text got;

	(void)state;
	got = patch_of("./dir/x", text_of("a\n"), text_of(""));
	assert_true(text_starts(got, "--- a/dir/x\n+++ b/dir/x\n"));
	got = patch_of("/abs/x", text_of("a\n"), text_of(""));
	assert_true(text_starts(got, "--- a/x\n+++ b/x\n"));
	got = patch_of("a b", text_of("a\n"), text_of(""));
	assert_true(text_starts(got, "--- a/a b\t\n+++ b/a b\t\n"));
	got = patch_of("q\"\n\\", text_of("a\n"), text_of(""));
	assert_true(text_starts(got, "--- \"a/q\\\"\\012\\\\\"\n"));
}

/* A text of up to n lines from few letters, so that lines repeat. */
static struct text
random_text(size_t n, unsigned letters)
{
	struct output out;

	output_start_memory(&out, &arena);
	n = (size_t)rand() % (n + 1);
	for (size_t i = 0; i < n; i++)
		output_format(&out, "%d\n", rand() % (int)letters);
	if (n > 0 && rand() % 4 == 0)
		out.n--; /* the last line does not end */
	return output_taken(&out);
}

static void
a_patch_applied_to_the_old_gives_the_new(void **state)
{
	(void)state;
	srand(7);
	for (size_t i = 0; i < 3000; i++) {
		unsigned letters = 1 + (unsigned)rand() % 30;
		struct text old = random_text(40, letters);
		struct text new = random_text(40, letters);
		struct text patch = patch_of("p", old, new), made;
		assert_true(patch_apply(&arena, patch, old, &made));
		assert_true(text_equal(made, new));
		arena_end(&arena);
	}
}

/* Long enough that lines are matched by standing once, on several levels. */
static void
long_texts_are_told_apart_too(void **state)
{
	(void)state;
	srand(8);
	for (size_t i = 0; i < 12; i++) {
		unsigned letters = i % 2 ? 100000 : 700;
		struct text old = random_text(6000, letters);
		struct text new = random_text(6000, letters);
		struct text patch = patch_of("p", old, new), made;
		assert_true(patch_apply(&arena, patch, old, &made));
		assert_true(text_equal(made, new));
		arena_end(&arena);
	}
}

static void
one_line_changed_in_many_is_one_hunk(void **state)
{
	struct output old, new;

	(void)state;
	output_start_memory(&old, &arena);
	output_start_memory(&new, &arena);
	for (unsigned i = 0; i < 100000; i++) {
		output_format(&old, "{\n\t\"line\": %u,\n},\n", i);
		output_format(&new, "{\n\t\"line\": %u,\n},\n", i == 70000 ? 0 : i);
	}
	struct text patch = patch_of("p", output_taken(&old), output_taken(&new));
	assert_true(patch.len < 200);
}

static int
after_each(void **state)
{
	(void)state;
	arena_end(&arena);
	return 0;
}

#define TEST(name) cmocka_unit_test_teardown(name, after_each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(equal_texts_have_no_patch),
		TEST(a_change_has_three_lines_around_it),
		TEST(changes_far_apart_are_hunks_of_their_own),
		TEST(an_empty_side_is_named_by_the_line_before),
		TEST(a_missing_line_end_is_told),
		TEST(names_are_written_as_git_writes_them),
		TEST(a_patch_applied_to_the_old_gives_the_new),
		TEST(long_texts_are_told_apart_too),
		TEST(one_line_changed_in_many_is_one_hunk),
	};

	return cmocka_run_group_tests_name("patch", tests, NULL, NULL);
}
