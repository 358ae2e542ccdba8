/* Tests that say both that something is open and that it is closed. */
#include "policy/lint_pass.h"

#include <stdlib.h>

#include "grammar/arena.h"

/* What tests accept, and where they say so first. */
struct accepted {
	struct lint *lint;
	struct names senses;
	struct span *at; /* by the number of the sense */
	size_t cap;
	struct span *against; /* the places of contradictions, both ends of each */
	size_t n_against, against_cap;
};

static void
accepted_add(struct accepted *accepted, struct text sense, struct span where)
{
	size_t known = accepted->senses.n;

	if (names_add(&accepted->senses, sense) < known)
		return;
	accepted->at = arena_grow(accepted->lint->arena, accepted->at, known,
	                          &accepted->cap, sizeof(struct span));
	accepted->at[known] = where;
}

static void
against_add(struct accepted *accepted, struct span where)
{
	accepted->against =
		arena_grow(accepted->lint->arena, accepted->against, accepted->n_against,
	                   &accepted->against_cap, sizeof(struct span));
	accepted->against[accepted->n_against++] = where;
}

/* Raises what is denied here and accepted elsewhere; what says what that is. */
static void
accepted_deny(struct accepted *accepted, struct text sense, struct span where,
              const char *what)
{
	struct lint *lint = accepted->lint;
	uint32_t number = names_find(&accepted->senses, sense);

	if (number == NAMES_NONE || !accepted->at)
		return;
	struct finding *finding =
		lint_raise(lint, &CHECK_CONTRADICTORY_TEST, where,
	                   "%s here and accepted elsewhere: one of the two fails, "
	                   "whatever the rules say",
	                   what);
	lint_note(lint, finding, accepted->at[number], "accepted here");
	against_add(accepted, where);
	against_add(accepted, accepted->at[number]);
}

/* Who is claimed to reach what, by which protocol, with postures of its own. */
static struct text
test_sense(struct lint *lint, const struct test *test, struct text dst)
{
	const char *own = test->attributes.object
	                          ? lint_say(lint, " %u", (unsigned)test->index)
	                          : "";

	return text_of(lint_say(lint, "%.*s %d %.*s%s", TEXT_ARG(test->src_word.text),
	                        test->protocol, TEXT_ARG(dst), own));
}

static void
tests_compare(struct accepted *accepted)
{
	struct lint *lint = accepted->lint;
	const struct policy *policy = lint->policy;

	for (size_t i = 0; i < policy->n_tests; i++) {
		const struct test *test = &policy->tests[i];
		for (size_t k = 0; k < test->accept.n; k++) {
			const struct word *word = &test->accept.at[k].word;
			accepted_add(accepted, test_sense(lint, test, word->text),
			             word->span);
		}
	}
	for (size_t i = 0; i < policy->n_tests; i++) {
		const struct test *test = &policy->tests[i];
		for (size_t k = 0; k < test->deny.n; k++) {
			const struct word *word = &test->deny.at[k].word;
			accepted_deny(accepted, test_sense(lint, test, word->text),
			              word->span,
			              lint_say(lint, "%s is denied to %s",
			                       lint_show(lint, word->text),
			                       lint_show(lint, test->src_word.text)));
		}
	}
}

/* The number of the source and destinations of a login test. */
static uint32_t
ends_number(struct lint *lint, struct names *ends, const struct ssh_test *test)
{
	struct saying sense = { .arena = lint->arena };

	saying_add(&sense, "%.*s", TEXT_ARG(test->src_word.text));
	for (size_t k = 0; k < test->dst.n; k++)
		saying_add(&sense, "\n%.*s", TEXT_ARG(test->dst.at[k].text));
	if (test->attributes.object)
		saying_add(&sense, "\n%u", (unsigned)test->index);
	return names_add(ends, saying_text(&sense));
}

static struct text
login_sense(struct lint *lint, uint32_t ends, struct text user)
{
	return text_of(lint_say(lint, "%u %.*s", (unsigned)ends, TEXT_ARG(user)));
}

static void
logins_add(struct accepted *accepted, uint32_t ends, const struct words *users)
{
	for (size_t k = 0; k < users->n; k++)
		accepted_add(accepted,
		             login_sense(accepted->lint, ends, users->at[k].text),
		             users->at[k].span);
}

static void
ssh_tests_compare(struct accepted *accepted)
{
	struct lint *lint = accepted->lint;
	const struct policy *policy = lint->policy;
	struct names ends = { .arena = lint->arena };

	for (size_t i = 0; i < policy->n_ssh_tests; i++) {
		const struct ssh_test *test = &policy->ssh_tests[i];
		uint32_t number = ends_number(lint, &ends, test);
		logins_add(accepted, number, &test->accept);
		logins_add(accepted, number, &test->check);
	}
	for (size_t i = 0; i < policy->n_ssh_tests; i++) {
		const struct ssh_test *test = &policy->ssh_tests[i];
		uint32_t number = ends_number(lint, &ends, test);
		for (size_t k = 0; k < test->deny.n; k++) {
			const struct word *user = &test->deny.at[k];
			accepted_deny(accepted, login_sense(lint, number, user->text),
			              user->span,
			              lint_say(lint, "the login of %s as %s is denied",
			                       lint_show(lint, test->src_word.text),
			                       lint_show(lint, user->text)));
		}
	}
}

static int
by_place(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/* Leaves out that a test failed where the cause is told; the coordinator's words
 * go to that. */
static void
failures_drop(struct accepted *accepted)
{
	struct findings *findings = accepted->lint->findings;
	const char *coordinator = NULL;
	struct finding *cause = NULL;
	size_t n = 0;

	qsort(accepted->against, accepted->n_against, sizeof(struct span), by_place);
	for (size_t i = 0; i < findings->n; i++) {
		struct finding *finding = findings->at[i];
		if (finding->check == &CHECK_CONTRADICTORY_TEST && !cause)
			cause = finding;
		if (finding->check == &CHECK_TEST_FAILS &&
		    bsearch(&finding->where, accepted->against, accepted->n_against,
		            sizeof(struct span), by_place)) {
			if (finding->coordinator)
				coordinator = finding->coordinator;
			findings->n_errors--;
			continue;
		}
		findings->at[n++] = finding;
	}
	findings->n = n;
	if (cause && coordinator)
		finding_coordinator(findings, cause, "%s", coordinator);
}

void
lint_contradictions(struct lint *lint)
{
	struct accepted accepted = { .lint = lint, .senses = { .arena = lint->arena } };

	if (lint_runs(lint, FEATURE_TESTS))
		tests_compare(&accepted);
	if (lint_runs(lint, FEATURE_SSH_TESTS))
		ssh_tests_compare(&accepted);
	if (accepted.n_against > 0)
		failures_drop(&accepted);
}
