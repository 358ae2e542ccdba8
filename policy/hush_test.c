#include "policy/hush.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include "grammar/arena.h"
#include "policy/levels.h"
#include "policy/policy.h"
#include "policy/repair.h"
#include "policy/settings.h"

/* 2026-03-01 */
#define TODAY 20513

struct desk {
	struct arena arena;
	struct findings findings;
	struct tree *tree;
	struct settings *settings;
	struct fixes fixes;
	struct hushes *hushes;
};

static void
desk_open(struct desk *desk, const char *text, const char *settings)
{
	memset(desk, 0, sizeof(*desk));
	desk->findings.arena = &desk->arena;
	desk->tree = hujson_parse(&desk->arena,
	                          source_of(&desk->arena, "x", text, strlen(text)),
	                          &desk->findings);
	desk->settings = settings_none(&desk->arena);
	if (settings)
		desk->settings =
			settings_read(&desk->arena,
		                      hujson_parse(&desk->arena,
		                                   source_of(&desk->arena, "s", settings,
		                                             strlen(settings)),
		                                   &desk->findings),
		                      &desk->findings);
	desk->fixes = (struct fixes) { .arena = &desk->arena, .tree = desk->tree };
	desk->hushes = hushes_read(&desk->arena, desk->tree, desk->settings, TODAY,
	                           &desk->findings, &desk->fixes);
}

static void
desk_close(struct desk *desk)
{
	arena_end(&desk->arena);
}

/* Whether a finding of a check where the mark is written is hushed. */
static bool
takes(struct desk *desk, const struct check *check, const char *mark)
{
	const char *at = strstr(desk->tree->source->bytes, mark);
	struct finding finding = { .check = check,
		                   .level = check->level,
		                   .source = desk->tree->source };

	assert_non_null(at);
	finding.where.first = (uint32_t)(at - desk->tree->source->bytes);
	finding.where.end = finding.where.first + 1;
	return hushes_take(desk->hushes, &finding);
}

/* The ids of the findings so far, with blanks between. */
static const char *
raised(struct desk *desk)
{
	const char *ids = "";

	for (size_t i = 0; i < desk->findings.n; i++)
		ids = arena_format(&desk->arena, "%s%s%s", ids, i ? " " : "",
		                   desk->findings.at[i]->check->id);
	return ids;
}

static void
a_comment_at_the_end_of_a_line_is_for_that_line(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk, "{\n\"a\": 1, // aclc: ignore any-port, so\n\"b\": 2\n}", NULL);
	assert_true(takes(&desk, &CHECK_ANY_PORT, "\"a\""));
	assert_false(takes(&desk, &CHECK_ANY_PORT, "\"b\""));
	assert_false(takes(&desk, &CHECK_USER_IN_RULE, "\"a\""));
	hushes_finish(desk.hushes, false);
	assert_string_equal(raised(&desk), "");
	desk_close(&desk);
}

static void
a_comment_on_its_own_line_is_for_all_of_the_value_that_follows(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk,
	          "[\n// aclc: ignore any-port, so\n{\n\"a\": 1,\n\"b\": 2\n},\n3\n]",
	          NULL);
	assert_true(takes(&desk, &CHECK_ANY_PORT, "\"b\""));
	assert_false(takes(&desk, &CHECK_ANY_PORT, "3"));
	desk_close(&desk);
}

static void
several_ids_and_a_date_may_be_given(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk,
	          "[1] // aclc: ignore any-port, user-in-rule until 2026-03-01, so\n",
	          NULL);
	assert_true(takes(&desk, &CHECK_ANY_PORT, "1"));
	assert_true(takes(&desk, &CHECK_USER_IN_RULE, "1"));
	assert_string_equal(raised(&desk), "");
	desk_close(&desk);
}

static void
what_is_past_its_date_hushes_no_more(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk, "[1] // aclc: ignore any-port until 2026-02-28, so\n", NULL);
	assert_false(takes(&desk, &CHECK_ANY_PORT, "1"));
	hushes_finish(desk.hushes, false);
	assert_string_equal(raised(&desk), "expired-suppression");
	desk_close(&desk);
}

static void
errors_are_not_hushed(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk, "[1] // aclc: ignore test-fails, so\n", NULL);
	assert_false(takes(&desk, &CHECK_TEST_FAILS, "1"));
	assert_string_equal(raised(&desk), "unused-suppression");
	desk_close(&desk);
}

static void
what_is_wrong_with_a_comment_is_raised(void **state)
{
	static const char *const cases[][2] = {
		{ "ignore any-port", "suppression-without-reason" },
		{ "ignore any-port,", "suppression-without-reason" },
		{ "ignore any-prot, so", "unknown-rule-in-suppression" },
		{ "ignore any-port because", "unknown-rule-in-suppression" },
		{ "ignore any-port, alow-all, so", "unknown-rule-in-suppression" },
		{ "ignore any-port until 2026-13-01, so", "invalid-suppression" },
		{ "ignore any-port until, so", "invalid-suppression" },
		{ "ignore", "invalid-suppression" },
		{ "hush any-port, so", "invalid-suppression" },
		{ "ignore any-port, a reason, with a comma", "" },
		{ "ignore any-port, legacy", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct desk desk;
		char text[128];
		snprintf(text, sizeof(text), "[1] // aclc: %s\n", cases[i][0]);
		desk_open(&desk, text, NULL);
		assert_string_equal(raised(&desk), cases[i][1]);
		desk_close(&desk);
	}
}

static void
what_hushes_nothing_is_raised_but_for_checks_that_had_no_say(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk, "[1] // aclc: ignore any-port, departed-user, so\n", NULL);
	hushes_finish(desk.hushes, false);
	assert_string_equal(raised(&desk), "unused-suppression");
	hushes_finish(desk.hushes, true);
	assert_int_equal(desk.findings.n, 3);
	desk_close(&desk);
}

static void
settings_hush_what_is_at_a_path(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk, "{\"acls\": [{\"a\": 1}, {\"b\": 2}]}",
	          "{\"ignore\": [{\"check\": \"any-port\", \"path\": \"acls[1]\", "
	          "\"reason\": \"so\"}]}");
	assert_false(takes(&desk, &CHECK_ANY_PORT, "\"a\""));
	assert_true(takes(&desk, &CHECK_ANY_PORT, "\"b\""));
	hushes_finish(desk.hushes, false);
	assert_string_equal(raised(&desk), "");
	desk_close(&desk);
}

static void
settings_are_held_to_the_same(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk, "{\"acls\": []}",
	          "{\"ignore\": [{\"check\": \"any-port\", \"path\": \"acls[1]\"}, "
	          "{\"check\": \"any-prot\", \"path\": \"acls\", \"reason\": \"so\"}, "
	          "{\"check\": \"any-port\", \"path\": \"acls\", \"reason\": \"so\", "
	          "\"until\": \"2020-01-01\"}]}");
	hushes_finish(desk.hushes, false);
	assert_string_equal(raised(&desk),
	                    "suppression-without-reason unknown-rule-in-suppression "
	                    "expired-suppression unused-suppression");
	desk_close(&desk);
}

static void
the_inner_of_two_is_used(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk,
	          "// aclc: ignore any-port, all\n[\n// aclc: ignore any-port, one\n1\n]",
	          NULL);
	assert_true(takes(&desk, &CHECK_ANY_PORT, "1"));
	hushes_finish(desk.hushes, false);
	assert_int_equal(desk.findings.n, 1);
	assert_int_equal(
		source_place(desk.tree->source, desk.findings.at[0]->where.first).line,
		1);
	desk_close(&desk);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_comment_at_the_end_of_a_line_is_for_that_line),
		cmocka_unit_test(
			a_comment_on_its_own_line_is_for_all_of_the_value_that_follows),
		cmocka_unit_test(several_ids_and_a_date_may_be_given),
		cmocka_unit_test(what_is_past_its_date_hushes_no_more),
		cmocka_unit_test(errors_are_not_hushed),
		cmocka_unit_test(what_is_wrong_with_a_comment_is_raised),
		cmocka_unit_test(
			what_hushes_nothing_is_raised_but_for_checks_that_had_no_say),
		cmocka_unit_test(settings_hush_what_is_at_a_path),
		cmocka_unit_test(settings_are_held_to_the_same),
		cmocka_unit_test(the_inner_of_two_is_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
