#include "policy/ssh.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/small_test.h"

#define TAGS "\"tagOwners\":{\"tag:a\":[],\"tag:b\":[],\"tag:db\":[]},"

static struct small small;
static struct ssh_table *table;

static void
start(const char *policy)
{
	small_start(&small, policy, SMALL_PEOPLE);
	table = ssh_compile(&small.arena, small.policy, small.tailnet);
}

static int
finish(void **state)
{
	(void)state;
	small_end(&small);
	return 0;
}

static struct wire_ssh
rules_at(const char *machine)
{
	const struct machine *m = tailnet_machine(small.tailnet, text_of(machine));
	assert_non_null(m);
	return ssh_of(table, &small.arena, (uint32_t)(m - small.tailnet->machines));
}

/* "100.64.0.1 100.64.0.2 | *== root= | accept": principals, sshUsers, action. */
static const char *
show(const struct wire_ssh_rule *rule)
{
	struct arena *a = &small.arena;
	struct text json = ssh_principals_json(table, rule->principals);
	const char *said = arena_format(a, "%.*s |", TEXT_ARG(json));
	for (size_t i = 0; i < rule->n_logins; i++)
		said = arena_format(a, "%s %.*s=%.*s", said,
		                    TEXT_ARG(rule->logins[i].wanted),
		                    TEXT_ARG(rule->logins[i].local));
	return arena_format(a, "%s | %s", said, rule->hold ? "check" : "accept");
}

#define IP(address) "{\"nodeIP\":\"" address "\"}"

static void
assert_rules(const char *machine, const char *const *want, size_t n)
{
	struct wire_ssh rules = rules_at(machine);
	assert_int_equal(rules.n, n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(show(rules.rules[i]), want[i]);
}

#define ASSERT_RULES(machine, ...)                                                       \
	do {                                                                             \
		static const char *const want_[] = { __VA_ARGS__ };                      \
		assert_rules(machine, want_, sizeof want_ / sizeof *want_);              \
	} while (0)

static void
a_policy_without_ssh_has_no_table(void **state)
{
	(void)state;
	start("{" TAGS "\"acls\":[]}");
	assert_null(table);
	small_end(&small);
	start("{\"ssh\":null}");
	assert_null(table);
	small_end(&small);
	start("{\"ssh\":[]}");
	assert_non_null(table);
	assert_int_equal(rules_at("adas").n, 0);
}

static void
check_rules_come_before_accept_rules(void **state)
{
	(void)state;
	start("{" TAGS "\"ssh\":["
	      "{\"action\":\"accept\",\"src\":[\"bob@example.com\"],\"dst\":[\"tag:db\"],"
	      "\"users\":[\"root\"]},"
	      "{\"action\":\"check\",\"src\":[\"ada@example.com\"],\"dst\":[\"tag:db\"],"
	      "\"users\":[\"autogroup:nonroot\"]}]}");
	ASSERT_RULES("db",
	             "[" IP("100.64.0.1") "," IP(
			     "fd7a:115c:a1e0::1") "] | *== root= | check",
	             "[" IP("100.64.0.2") "] | root=root | accept");
	assert_int_equal(rules_at("adas").n, 0);
}

static void
root_is_always_among_the_users_and_names_come_in_order(void **state)
{
	(void)state;
	start("{" TAGS "\"ssh\":[{\"action\":\"accept\",\"src\":[\"bob@example.com\"],"
	      "\"dst\":[\"tag:db\"],\"users\":[\"zoe\",\" git \",\"tag:x\",\"zoe\","
	      "\"localpart:*@\"]}]}");
	ASSERT_RULES("db",
	             "[" IP("100.64.0.2") "] | git=git localpart:*@=localpart:*@ root= "
	                                  "tag:x=tag:x zoe=zoe | accept");
}

static void
self_goes_to_each_owners_machines_alone(void **state)
{
	(void)state;
	start("{\"ssh\":[{\"action\":\"accept\",\"src\":[\"autogroup:member\"],"
	      "\"dst\":[\"autogroup:self\"],\"users\":[\"root\"]}]}");
	ASSERT_RULES("bobs", "[" IP("100.64.0.2") "] | root=root | accept");
	ASSERT_RULES("cys", "[" IP("100.64.0.10") "," IP(
				    "fd7a:115c:a1e0::10") "] | root=root | accept");
	assert_int_equal(rules_at("db").n, 0);
}

static void
a_machine_with_two_tags_stands_twice_among_the_tagged(void **state)
{
	(void)state;
	start("{" TAGS "\"ssh\":[{\"action\":\"accept\",\"src\":[\"autogroup:tagged\"],"
	      "\"dst\":[\"tag:db\"],\"users\":[\"root\"]}]}");
	ASSERT_RULES(
		"db",
		"[" IP("100.64.0.3") "," IP("100.64.0.3") "," IP("100.64.0.4") "," IP(
			"fd7a:115c:a1e0::4") "] | root=root | accept");
	assert_int_equal(rules_at("db").rules[0]->from->n, 2);
}

static void
a_machine_named_by_one_tag_stands_once(void **state)
{
	(void)state;
	start("{" TAGS "\"ssh\":[{\"action\":\"accept\",\"src\":[\"tag:a\"],"
	      "\"dst\":[\"tag:db\"],\"users\":[\"root\"]}]}");
	ASSERT_RULES("db", "[" IP("100.64.0.3") "] | root=root | accept");
}

static void
localparts_make_rules_for_each_owner_by_id_and_the_tagged_last(void **state)
{
	(void)state;
	start("{" TAGS
	      "\"ssh\":[{\"action\":\"accept\",\"src\":[\"autogroup:member\",\"tag:a\"],"
	      "\"dst\":[\"tag:db\"],\"users\":[\"localpart:*@example.com\",\"git\"]}]}");
	ASSERT_RULES("db",
	             "[" IP("100.64.0.1") "," IP(
			     "fd7a:115c:a1e0::1") "] | git=git root= | accept",
	             "[" IP("100.64.0.1") "," IP(
			     "fd7a:115c:a1e0::1") "] | ada=ada | accept",
	             "[" IP("100.64.0.2") "] | git=git root= | accept",
	             "[" IP("100.64.0.2") "] | bob=bob | accept",
	             "[" IP("100.64.0.10") "," IP(
			     "fd7a:115c:a1e0::10") "] | git=git root= | accept",
	             "[" IP("100.64.0.3") "] | git=git root= | accept");
}

static void
with_localparts_sources_get_the_rules_of_their_owner_too(void **state)
{
	(void)state;
	start("{" TAGS
	      "\"ssh\":[{\"action\":\"accept\",\"src\":[\"bob@example.com\",\"tag:a\"],"
	      "\"dst\":[\"tag:db\"],\"users\":[\"localpart:*@example.com\"]}]}");
	ASSERT_RULES("bobs", "[" IP("100.64.0.2") "] | root= | accept",
	             "[" IP("100.64.0.2") "] | bob=bob | accept");
	ASSERT_RULES("both", "[" IP("100.64.0.3") "] | root= | accept");
	assert_int_equal(rules_at("adas").n, 0);
}

static void
with_localparts_and_self_each_machine_gets_its_rules_once(void **state)
{
	(void)state;
	start("{" TAGS "\"ssh\":[{\"action\":\"accept\",\"src\":[\"autogroup:member\"],"
	      "\"dst\":[\"autogroup:self\",\"tag:db\"],"
	      "\"users\":[\"localpart:*@example.com\"]}]}");
	assert_int_equal(rules_at("bobs").n, 2);
	assert_int_equal(rules_at("cys").n, 1);
	assert_int_equal(rules_at("db").n, 5);
}

static void
postures_keep_out_the_sources_that_satisfy_none(void **state)
{
	(void)state;
	start("{" TAGS "\"postures\":{\"posture:l\":[\"node:os == 'linux'\"]},"
	      "\"ssh\":[{\"action\":\"accept\",\"src\":[\"autogroup:member\"],"
	      "\"dst\":[\"tag:db\"],\"users\":[\"root\"],\"srcPosture\":[\"posture:l\"]}]"
	      "}");
	ASSERT_RULES("db", "[" IP("100.64.0.10") "," IP(
				   "fd7a:115c:a1e0::10") "] | root=root | accept");
	small_end(&small);
	start("{" TAGS "\"postures\":{\"posture:w\":[\"node:os == 'windows'\"]},"
	      "\"defaultSrcPosture\":[\"posture:w\"],"
	      "\"ssh\":[{\"action\":\"accept\",\"src\":[\"autogroup:member\"],"
	      "\"dst\":[\"tag:db\"],\"users\":[\"root\"]}]}");
	assert_int_equal(rules_at("db").n, 0);
}

static void
in_an_imagined_tailnet_postures_stay_with_the_rule(void **state)
{
	(void)state;
	small_start(&small,
	            "{" TAGS "\"postures\":{\"posture:l\":[\"node:os == 'linux'\"]},"
	            "\"ssh\":[{\"action\":\"accept\",\"src\":[\"ada@example.com\"],"
	            "\"dst\":[\"tag:db\"],\"users\":[\"root\"],\"srcPosture\":[\"posture:"
	            "l\"]}]}",
	            NULL);
	table = ssh_compile(&small.arena, small.policy, small.tailnet);
	struct wire_ssh rules = rules_at("tag:db");
	assert_int_equal(rules.n, 1);
	assert_int_equal(rules.rules[0]->postures->n, 1);
	assert_int_equal(rules.rules[0]->from->n, 1);
}

static void
recorders_are_addresses_with_a_port(void **state)
{
	(void)state;
	start("{" TAGS "\"ssh\":["
	      "{\"action\":\"accept\",\"src\":[\"bob@example.com\"],\"dst\":[\"tag:a\"],"
	      "\"users\":[\"root\"],\"recorder\":[\"tag:db\"],\"enforceRecorder\":true,"
	      "\"acceptEnv\":[\"GIT_*\"]},"
	      "{\"action\":\"check\",\"src\":[\"bob@example.com\"],\"dst\":[\"tag:a\"],"
	      "\"users\":[\"root\"],\"recorder\":[\"tag:db\"]}]}");
	struct wire_ssh rules = rules_at("both");
	assert_int_equal(rules.n, 2);
	assert_true(rules.rules[0]->hold);
	assert_int_equal(rules.rules[0]->n_recorders, 0);
	assert_int_equal(rules.rules[1]->n_recorders, 2);
	assert_true(text_is(rules.rules[1]->recorders[0], "100.64.0.4:80"));
	assert_true(text_is(rules.rules[1]->recorders[1], "[fd7a:115c:a1e0::4]:80"));
	assert_true(rules.rules[1]->enforce_recorder);
	assert_int_equal(rules.rules[1]->n_accept_env, 1);
}

static void
equal_principals_are_made_once(void **state)
{
	(void)state;
	start("{" TAGS "\"groups\":{\"group:g\":[\"bob@example.com\"]},\"ssh\":["
	      "{\"action\":\"accept\",\"src\":[\"bob@example.com\"],\"dst\":[\"tag:a\"],"
	      "\"users\":[\"x\"]},"
	      "{\"action\":\"accept\",\"src\":[\"group:g\"],\"dst\":[\"tag:db\"],"
	      "\"users\":[\"y\"]}]}");
	assert_int_equal(rules_at("both").rules[0]->principals,
	                 rules_at("db").rules[0]->principals);
}

static void
older_headscales_know_no_check_and_take_names_as_they_stand(void **state)
{
	(void)state;
	small_start_for(&small,
	                "{\"tagOwners\":{\"tag:db\":[\"ada@example.com\"]},\"ssh\":["
	                "{\"action\":\"check\",\"checkPeriod\":\"12h\",\"src\":[\"ada@"
	                "example.com\"],"
	                "\"dst\":[\"tag:db\"],\"users\":[\"autogroup:nonroot\","
	                "\"localpart:*@example.com\"]}]}",
	                SMALL_PEOPLE, TARGET_HEADSCALE_0_26);
	table = ssh_compile(&small.arena, small.policy, small.tailnet);
	struct wire_ssh rules = rules_at("db");
	assert_int_equal(rules.n, 1);
	assert_false(rules.rules[0]->hold);
	assert_true(rules.rules[0]->session_ns == 12 * INT64_C(3600000000000));
	assert_string_equal(
		show(rules.rules[0]),
		"[" IP("100.64.0.1") "," IP(
			"fd7a:115c:a1e0::1") "] | "
					     "autogroup:nonroot=autogroup:nonroot "
					     "localpart:*@example.com=localpart:*@"
					     "example.com root= | accept");
}

static void
a_star_admits_everybody_but_root(void **state)
{
	(void)state;
	start("{" TAGS "\"ssh\":["
	      "{\"action\":\"accept\",\"src\":[\"bob@example.com\"],\"dst\":[\"tag:a\"],"
	      "\"users\":[\"autogroup:nonroot\"]},"
	      "{\"action\":\"accept\",\"src\":[\"bob@example.com\"],\"dst\":[\"tag:db\"],"
	      "\"users\":[\"root\",\"git\"]}]}");
	const struct wire_ssh_rule *star = rules_at("both").rules[0];
	const struct wire_ssh_rule *two = rules_at("db").rules[0];
	assert_true(wire_ssh_rule_admits(star, text_of("zoe")));
	assert_false(wire_ssh_rule_admits(star, text_of("root")));
	assert_true(wire_ssh_rule_admits(two, text_of("root")));
	assert_true(wire_ssh_rule_admits(two, text_of("git")));
	assert_false(wire_ssh_rule_admits(two, text_of("zoe")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_policy_without_ssh_has_no_table, finish),
		cmocka_unit_test_teardown(check_rules_come_before_accept_rules, finish),
		cmocka_unit_test_teardown(
			root_is_always_among_the_users_and_names_come_in_order, finish),
		cmocka_unit_test_teardown(self_goes_to_each_owners_machines_alone,
		                          finish),
		cmocka_unit_test_teardown(
			a_machine_with_two_tags_stands_twice_among_the_tagged, finish),
		cmocka_unit_test_teardown(a_machine_named_by_one_tag_stands_once, finish),
		cmocka_unit_test_teardown(
			localparts_make_rules_for_each_owner_by_id_and_the_tagged_last,
			finish),
		cmocka_unit_test_teardown(
			with_localparts_sources_get_the_rules_of_their_owner_too, finish),
		cmocka_unit_test_teardown(
			with_localparts_and_self_each_machine_gets_its_rules_once,
			finish),
		cmocka_unit_test_teardown(postures_keep_out_the_sources_that_satisfy_none,
		                          finish),
		cmocka_unit_test_teardown(
			in_an_imagined_tailnet_postures_stay_with_the_rule, finish),
		cmocka_unit_test_teardown(recorders_are_addresses_with_a_port, finish),
		cmocka_unit_test_teardown(equal_principals_are_made_once, finish),
		cmocka_unit_test_teardown(
			older_headscales_know_no_check_and_take_names_as_they_stand,
			finish),
		cmocka_unit_test_teardown(a_star_admits_everybody_but_root, finish),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
