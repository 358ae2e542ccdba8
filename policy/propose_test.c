#include "policy/propose.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "policy/claim.h"
#include "policy/saying.h"
#include "policy/small_test.h"
#include "policy/world_test.h"

static void
put_list_of(struct saying *page, const char *name, const struct sayings *list)
{
	saying_add(page, ",\"%s\":[", name);
	for (size_t i = 0; i < list->names.n; i++)
		saying_add(page, "%s\"%.*s\"", i ? "," : "",
		           TEXT_ARG(list->names.texts[i]));
	saying_add(page, "]");
}

static void
put_attributes(struct saying *page, const struct attributes *attributes)
{
	saying_add(page, ",\"srcPostureAttrs\":{");
	for (size_t i = 0; i < attributes->n; i++)
		saying_add(page, "%s\"%.*s\":\"%.*s\"", i ? "," : "",
		           TEXT_ARG(attributes->at[i].name),
		           TEXT_ARG(attributes->at[i].value.text));
	saying_add(page, "}}");
}

/* The policy with the proposals for its tests. */
static const char *
with_proposals(struct arena *arena, const char *policy, const struct proposals *proposals)
{
	struct saying page = { .arena = arena };

	saying_put(&page, (struct text) { policy, strlen(policy) - 1 });
	saying_add(&page, ",\"tests\":[");
	for (size_t i = 0; i < proposals->n_tests; i++) {
		const struct proposal *test = &proposals->tests[i];
		saying_add(&page, "%s{\"src\":\"%.*s\"", i ? "," : "",
		           TEXT_ARG(test->src));
		if (test->protocol != PROTOCOL_ANY)
			saying_add(&page, ",\"proto\":\"%d\"", test->protocol);
		put_list_of(&page, "accept", &test->accept);
		put_list_of(&page, "deny", &test->deny);
		put_attributes(&page, &test->attributes);
	}
	saying_add(&page, "],\"sshTests\":[");
	for (size_t i = 0; i < proposals->n_ssh_tests; i++) {
		const struct ssh_proposal *test = &proposals->ssh_tests[i];
		saying_add(&page, "%s{\"src\":\"%.*s\",\"dst\":[\"%.*s\"]", i ? "," : "",
		           TEXT_ARG(test->src), TEXT_ARG(test->dst));
		put_list_of(&page, "accept", &test->accept);
		put_list_of(&page, "check", &test->check);
		put_list_of(&page, "deny", &test->deny);
		put_attributes(&page, &test->attributes);
	}
	saying_add(&page, "]}");
	return saying_words(&page);
}

static size_t
worlds(void)
{
	return world_count(1000);
}

static void
propose_and_judge(uint64_t seed, const char *policy, const char *people)
{
	struct small before, after;
	small_start(&before, policy, people);
	struct proposals *proposals = proposals_make(&before.arena, before.filter);
	const char *text = with_proposals(&before.arena, policy, proposals);
	small_start(&after, text, people);
	struct claims *claims = claims_judge(&after.arena, after.filter);
	for (size_t i = 0; i < claims->n; i++)
		if (claims->at[i].verdict != CLAIM_PASSED) {
			fprintf(stderr, "seed %" PRIu64 ": %.*s -> %.*s: %s\n%s\n%s\n",
			        seed, TEXT_ARG(claims->at[i].src),
			        TEXT_ARG(claims->at[i].dst), claims->at[i].why, text,
			        people ? people : "");
			fail();
		}
	assert_true(proposals->n_covered <= proposals->n_rules);
	/* what is said is not said again */
	struct proposals *again = proposals_make(&after.arena, after.filter);
	assert_true(again->n_covered >= proposals->n_covered);
	small_end(&before);
	small_end(&after);
}

static void
what_is_proposed_passes(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= worlds(); seed++) {
		struct world w;
		assert_true(world_make(&w, seed));
		propose_and_judge(seed, w.policy_text, w.inventory_text);
		propose_and_judge(seed, w.policy_text, NULL);
		world_end(&w);
	}
}

static struct small small;
static struct proposals *proposals;

static int
finish(void **state)
{
	(void)state;
	small_end(&small);
	return 0;
}

static void
propose(const char *policy, const char *people)
{
	small_start(&small, policy, people);
	proposals = proposals_make(&small.arena, small.filter);
}

/* `src: accept a, b; deny c` */
static const char *
show(size_t i)
{
	struct arena *a = &small.arena;
	const struct proposal *test = &proposals->tests[i];
	const char *said = arena_format(a, "%.*s:", TEXT_ARG(test->src));
	if (test->protocol != PROTOCOL_ANY)
		said = arena_format(a, "%s over %d:", said, test->protocol);
	for (size_t k = 0; k < test->accept.names.n; k++)
		said = arena_format(a, "%s +%.*s", said,
		                    TEXT_ARG(test->accept.names.texts[k]));
	for (size_t k = 0; k < test->deny.names.n; k++)
		said = arena_format(a, "%s -%.*s", said,
		                    TEXT_ARG(test->deny.names.texts[k]));
	return said;
}

#define TAGS "\"tagOwners\":{\"tag:a\":[],\"tag:b\":[],\"tag:db\":[]}"

static void
each_rule_has_a_claim_and_each_grant_denials_beside_it(void **state)
{
	(void)state;
	propose("{" TAGS ",\"groups\":{\"group:g\":[\"ada@example.com\"]},\"grants\":["
	        "{\"src\":[\"group:g\"],\"dst\":[\"tag:db\",\"tag:a\"],\"ip\":[\"tcp:"
	        "5432\"]},"
	        "{\"src\":[\"tag:a\"],\"dst\":[\"tag:db\"],\"ip\":[\"udp:53\"]}]}",
	        NULL);
	assert_int_equal(proposals->n_rules, 3);
	assert_int_equal(proposals->n_covered, 3);
	assert_int_equal(proposals->n_tests, 4);
	assert_string_equal(show(0), "group:g: +tag:db:5432 +tag:a:5432 -tag:db:5433");
	assert_string_equal(show(1), "tag:a: -tag:db:5432");
	assert_string_equal(show(2), "tag:a: over 17: +tag:db:53 -tag:db:54");
	assert_string_equal(show(3), "tag:b: over 17: -tag:db:53");
}

static void
a_claim_is_one_that_no_other_rule_fulfils(void **state)
{
	(void)state;
	propose("{" TAGS ",\"acls\":["
	        "{\"action\":\"accept\",\"src\":[\"tag:a\"],\"dst\":[\"tag:db:443\"]},"
	        "{\"action\":\"accept\",\"src\":[\"tag:a\",\"tag:b\"],\"dst\":[\"tag:db:*"
	        "\"]}]}",
	        NULL);
	/* for the second, not 443 from tag:a: the first would do as well */
	assert_string_equal(show(0),
	                    "tag:a: +tag:db:443 +tag:db:22 -tag:a:443 -tag:a:22");
}

static void
what_the_policy_tests_already_is_not_said_again(void **state)
{
	(void)state;
	propose("{" TAGS ",\"acls\":["
	        "{\"action\":\"accept\",\"src\":[\"tag:a\"],\"dst\":[\"tag:db:443\"]}],"
	        "\"tests\":[{\"src\":\"tag:a\",\"accept\":[\"tag:db:443\"],\"deny\":["
	        "\"tag:db:444\"]},"
	        "{\"src\":\"tag:b\",\"deny\":[\"tag:db:443\"]}]}",
	        NULL);
	assert_int_equal(proposals->n_tests, 0);
	assert_int_equal(proposals->n_covered, 1);
}

static void
sources_bring_the_postures_that_a_rule_asks_for(void **state)
{
	(void)state;
	propose("{" TAGS ",\"postures\":{\"posture:p\":[\"node:os IN ['linux','macos']\","
	        "\"node:tsVersion > '1.40'\",\"custom:n >= 7\",\"custom:set IS SET\"]},"
	        "\"acls\":[{\"action\":\"accept\",\"src\":[\"tag:a\"],\"dst\":[\"tag:db:"
	        "443\"],"
	        "\"srcPosture\":[\"posture:p\"]}]}",
	        NULL);
	assert_int_equal(proposals->n_covered, 1);
	const struct proposal *test = &proposals->tests[0];
	assert_int_equal(test->attributes.n, 4);
	assert_true(text_is(test->attributes.at[0].value.text, "linux"));
	assert_true(text_is(test->attributes.at[1].value.text, "1.40.1"));
	assert_true(text_is(test->attributes.at[2].value.text, "7"));
}

static void
nobody_speaks_for_a_role_without_an_inventory(void **state)
{
	(void)state;
	const char *policy = "{" TAGS ",\"acls\":[{\"action\":\"accept\","
			     "\"src\":[\"autogroup:admin\"],\"dst\":[\"tag:db:443\"]}]}";
	propose(policy, NULL);
	assert_int_equal(proposals->n_tests, 0);
	assert_int_equal(proposals->n_rules, 1);
	assert_int_equal(proposals->n_covered, 0);
	small_end(&small);
	propose(policy, SMALL_PEOPLE);
	assert_string_equal(show(0), "ada@example.com: +tag:db:443 -tag:db:444");
}

static void
logins_are_proposed_with_one_that_is_not_let_in(void **state)
{
	(void)state;
	propose("{" TAGS ",\"acls\":[],\"ssh\":["
	        "{\"action\":\"check\",\"src\":[\"ada@example.com\"],\"dst\":["
	        "\"autogroup:self\"],"
	        "\"users\":[\"localpart:*@example.com\"]},"
	        "{\"action\":\"accept\",\"src\":[\"tag:a\"],\"dst\":[\"autogroup:"
	        "tagged\"],"
	        "\"users\":[\"autogroup:nonroot\"]}]}",
	        NULL);
	assert_int_equal(proposals->n_ssh_tests, 2);
	const struct ssh_proposal *self = &proposals->ssh_tests[0];
	const struct ssh_proposal *tagged = &proposals->ssh_tests[1];
	assert_true(text_is(self->dst, "ada@example.com"));
	assert_true(text_is(self->check.names.texts[0], "ada"));
	assert_true(text_is(self->deny.names.texts[0], "root"));
	assert_true(text_is(tagged->dst, "tag:a"));
	assert_true(text_is(tagged->accept.names.texts[0], "somebody"));
	assert_true(text_is(tagged->deny.names.texts[0], "root"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_proposed_passes),
		cmocka_unit_test_teardown(
			each_rule_has_a_claim_and_each_grant_denials_beside_it, finish),
		cmocka_unit_test_teardown(a_claim_is_one_that_no_other_rule_fulfils,
		                          finish),
		cmocka_unit_test_teardown(what_the_policy_tests_already_is_not_said_again,
		                          finish),
		cmocka_unit_test_teardown(sources_bring_the_postures_that_a_rule_asks_for,
		                          finish),
		cmocka_unit_test_teardown(nobody_speaks_for_a_role_without_an_inventory,
		                          finish),
		cmocka_unit_test_teardown(logins_are_proposed_with_one_that_is_not_let_in,
		                          finish),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
