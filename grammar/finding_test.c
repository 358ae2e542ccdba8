#include "grammar/finding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "grammar/arena.h"

static const struct check warning = { "doubtful", LEVEL_WARNING, REPAIR_NONE, "…" };
static const struct check error = { "wrong", LEVEL_ERROR, REPAIR_NONE, "…" };

/* A list of findings and two sources that they may be about. */
struct desk {
	struct arena arena;
	struct findings findings;
	struct source *a, *b;
};

static int
desk_open(void **state)
{
	static struct desk desk;

	memset(&desk, 0, sizeof(desk));
	desk.findings.arena = &desk.arena;
	desk.a = source_of(&desk.arena, "a", "0123456789", 10);
	desk.b = source_of(&desk.arena, "b", "0123456789", 10);
	*state = &desk;
	return 0;
}

static int
desk_close(void **state)
{
	struct desk *desk = *state;

	arena_end(&desk->arena);
	return 0;
}

static struct finding *
raise_at(struct desk *desk, const struct check *check, struct source *source,
         uint32_t first)
{
	return finding_add(&desk->findings, check, source,
	                   (struct span) { first, first + 1 }, "at %u", first);
}

static void
a_finding_says_what_was_formatted(void **state)
{
	struct desk *desk = *state;
	struct finding *finding = finding_add(&desk->findings, &warning, desk->a,
	                                      (struct span) { 2, 5 }, "%s is %d", "x", 3);

	assert_string_equal(finding->said, "x is 3");
	assert_ptr_equal(finding->check, &warning);
	assert_int_equal(finding->level, LEVEL_WARNING);
	assert_int_equal(finding->where.first, 2);
	assert_int_equal(finding->where.end, 5);
	assert_null(finding->coordinator);
	assert_null(finding->notes);
}

static void
the_first_error_is_the_first_that_was_raised(void **state)
{
	struct desk *desk = *state;

	assert_null(findings_first_error(&desk->findings));
	raise_at(desk, &warning, desk->a, 1);
	assert_null(findings_first_error(&desk->findings));
	struct finding *first = raise_at(desk, &error, desk->a, 9);
	raise_at(desk, &error, desk->a, 3);
	assert_ptr_equal(findings_first_error(&desk->findings), first);
	assert_int_equal(desk->findings.n, 3);
	assert_int_equal(desk->findings.n_errors, 2);
}

static void
the_coordinators_words_are_kept_beside_ours(void **state)
{
	struct desk *desk = *state;
	struct finding *finding = raise_at(desk, &error, desk->a, 0);

	finding_coordinator(&desk->findings, finding, "tag not found: \"%s\"", "tag:x");
	assert_string_equal(finding->coordinator, "tag not found: \"tag:x\"");
	assert_string_equal(finding->said, "at 0");
}

static void
a_level_that_changes_is_counted_anew(void **state)
{
	struct desk *desk = *state;
	struct finding *finding = raise_at(desk, &warning, desk->a, 0);

	finding_level(&desk->findings, finding, LEVEL_ERROR);
	assert_int_equal(desk->findings.n_errors, 1);
	assert_ptr_equal(findings_first_error(&desk->findings), finding);
	finding_level(&desk->findings, finding, LEVEL_ERROR);
	assert_int_equal(desk->findings.n_errors, 1);
	finding_level(&desk->findings, finding, LEVEL_ADVICE);
	assert_int_equal(desk->findings.n_errors, 0);
	assert_null(findings_first_error(&desk->findings));
}

static void
notes_stay_in_the_order_they_were_added(void **state)
{
	struct desk *desk = *state;
	struct finding *finding = raise_at(desk, &warning, desk->a, 0);

	finding_note(&desk->findings, finding, desk->b, (struct span) { 1, 2 }, "first");
	finding_note(&desk->findings, finding, NULL, (struct span) { 0, 0 }, "second");
	finding_note(&desk->findings, finding, desk->a, (struct span) { 3, 4 }, "third");
	struct note *note = finding->notes;
	assert_string_equal(note->said, "first");
	assert_ptr_equal(note->source, desk->b);
	note = note->next;
	assert_string_equal(note->said, "second");
	assert_null(note->source);
	note = note->next;
	assert_string_equal(note->said, "third");
	assert_null(note->next);
}

static void
sorting_goes_by_file_then_place_then_order(void **state)
{
	struct desk *desk = *state;
	struct finding *raised[] = {
		raise_at(desk, &warning, desk->b, 7),
		raise_at(desk, &error, desk->a, 2),
		raise_at(desk, &warning, desk->b, 1),
		raise_at(desk, &warning, desk->a, 2),
		raise_at(desk, &error, desk->b, 1),
		raise_at(desk, &error, desk->a, 0),
	};
	static const size_t expected[] = { 2, 4, 0, 5, 1, 3 };

	struct finding **sorted = findings_sorted(&desk->findings, &desk->arena);
	for (size_t i = 0; i < 6; i++) {
		assert_ptr_equal(sorted[i], raised[expected[i]]);
		assert_ptr_equal(desk->findings.at[i], raised[i]);
	}
}

static void
no_findings_are_sorted_into_none(void **state)
{
	struct desk *desk = *state;

	findings_sorted(&desk->findings, &desk->arena);
	assert_int_equal(desk->findings.n, 0);
}

static void
each_check_of_the_grammar_has_its_row(void **state)
{
	(void)state;
	assert_string_equal(CHECK_SYNTAX_ERROR.id, "syntax-error");
	assert_int_equal(CHECK_SYNTAX_ERROR.level, LEVEL_ERROR);
	assert_int_equal(CHECK_BOM.repair, REPAIR_SAFE);
}

#define desk_test(f) cmocka_unit_test_setup_teardown(f, desk_open, desk_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		desk_test(a_finding_says_what_was_formatted),
		desk_test(the_first_error_is_the_first_that_was_raised),
		desk_test(the_coordinators_words_are_kept_beside_ours),
		desk_test(a_level_that_changes_is_counted_anew),
		desk_test(notes_stay_in_the_order_they_were_added),
		desk_test(sorting_goes_by_file_then_place_then_order),
		desk_test(no_findings_are_sorted_into_none),
		cmocka_unit_test(each_check_of_the_grammar_has_its_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
