#include "policy/probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "policy/small_test.h"

static struct small small;
static struct prober *prober;

#define DEFINITIONS                                                                      \
	"\"tagOwners\":{\"tag:a\":[],\"tag:b\":[],\"tag:db\":[]},"                       \
	"\"groups\":{\"group:g\":[\"ada@example.com\"]},"                                \
	"\"postures\":{\"posture:p\":[\"node:os == 'linux'\"],\"posture:q\":"            \
	"[\"node:os == 'plan9'\"]}"

/* rules is `"grants":[…]`. */
static void
start(const char *rules)
{
	static char text[4096];
	snprintf(text, sizeof text, "{" DEFINITIONS ",%s}", rules);
	small_start(&small, text, SMALL_PEOPLE);
	prober = prober_make(&small.arena, small.filter, PROBE_EXPLAIN);
}

static int
finish(void **state)
{
	(void)state;
	small_end(&small);
	return 0;
}

static struct answer
ask(const char *src, const char *dst, int protocol)
{
	struct text destination;
	struct question q = { .protocol = protocol, .near = true };
	const char *why;
	assert_true(probe_split(&small.arena, text_of(dst), &destination, &q.ports,
	                        &q.ported, &why));
	q.src = probe_end_of(prober, text_of(src), &why);
	q.dst = probe_end_of(prober, destination, &why);
	assert_non_null(q.src);
	assert_non_null(q.dst);
	return probe(prober, &q);
}

/* The nearest miss of one grant, what it lacks and says. */
static void
assert_lacks(const char *rules, const char *src, const char *dst, int protocol,
             unsigned lacks, const char *said)
{
	start(rules);
	struct answer answer = ask(src, dst, protocol);
	assert_int_equal(answer.all, TRUTH_NO);
	assert_int_equal(answer.some, TRUTH_NO);
	assert_int_equal(answer.n_by, 0);
	assert_int_equal(answer.n_near, 1);
	assert_int_equal(answer.near[0].lacks, lacks);
	assert_string_equal(answer.near[0].said, said);
	small_end(&small);
}

#define GRANT(src, dst, ip)                                                              \
	"\"grants\":[{\"src\":[" src "],\"dst\":[" dst "],\"ip\":[" ip "]}]"

static void
each_thing_that_can_be_lacking_is_told(void **state)
{
	(void)state;
	assert_lacks(GRANT("\"group:g\"", "\"tag:db\"", "\"tcp:22\""), "bob@example.com",
	             "tag:db:22", PROTOCOL_ANY, LACK_SRC,
	             "tag:db:22 over tcp is reached from group:g, and bob@example.com is "
	             "not in it");
	assert_lacks(
		GRANT("\"tag:a\"", "\"tag:db\"", "\"22\""), "bob@example.com",
		"tag:db:22", PROTOCOL_ANY, LACK_SRC,
		"tag:db:22 is reached from tag:a, and bob@example.com does not have it");
	assert_lacks(GRANT("\"group:g\"", "\"tag:db\"", "\"*\""), "ada@example.com",
	             "both", PROTOCOL_ANY, LACK_DST,
	             "ada@example.com may reach tag:db:*, and both does not have it");
	assert_lacks(
		GRANT("\"group:g\"", "\"tag:db\"", "\"80-90\",\"443\""),
		"ada@example.com", "tag:db:22", PROTOCOL_ANY, LACK_PORT,
		"ada@example.com may reach tag:db:80-90,443, and the port is not 22");
	assert_lacks(GRANT("\"group:g\"", "\"tag:db\"", "\"tcp:22\""), "ada@example.com",
	             "tag:db:22", PROTOCOL_UDP, LACK_PROTOCOL,
	             "ada@example.com may reach tag:db:22 over tcp, and not over udp");
	assert_lacks(
		GRANT("\"group:g\"", "\"10.0.0.0/8\"", "\"*\""), "ada@example.com",
		"10.9.9.9", PROTOCOL_ANY, LACK_ROUTE,
		"ada@example.com may reach 10.0.0.0/8:*, and nobody serves 10.9.9.9");
	assert_lacks("\"grants\":[{\"src\":[\"group:g\"],\"dst\":[\"10.1.0.0/16\"],"
	             "\"ip\":[\"*\"],\"via\":[\"tag:a\"]}]",
	             "ada@example.com", "10.1.2.3", PROTOCOL_ANY, LACK_ROUTE,
	             "ada@example.com may reach 10.1.0.0/16:*, and no router with tag:a "
	             "serves "
	             "10.1.2.3");
	assert_lacks("\"grants\":[{\"src\":[\"group:g\"],\"dst\":[\"*\"],"
	             "\"ip\":[\"*\"],\"via\":[\"tag:a\"]}]",
	             "ada@example.com", "tag:db:22", PROTOCOL_ANY, LACK_ROUTE,
	             "ada@example.com may reach *:*, and no router with tag:a serves "
	             "tag:db");
	assert_lacks(
		GRANT("\"autogroup:member\"", "\"autogroup:self\"", "\"*\""),
		"ada@example.com", "bob@example.com", PROTOCOL_ANY, LACK_OWNER,
		"ada@example.com may reach autogroup:self:*, and ada@example.com and "
		"bob@example.com differ in their owner");
	assert_lacks(GRANT("\"bob@example.com\"", "\"fd7a:115c:a1e0::4\"", "\"*\""),
	             "bob@example.com", "tag:db", PROTOCOL_ANY, LACK_FAMILY,
	             "bob@example.com may reach [fd7a:115c:a1e0::4]:*, and "
	             "bob@example.com and "
	             "tag:db have no address family in common there");
	assert_lacks(
		"\"grants\":[{\"src\":[\"group:g\"],\"dst\":[\"tag:db\"],\"ip\":[\"*\"],"
		"\"srcPosture\":[\"posture:p\",\"posture:q\"]}]",
		"ada@example.com", "tag:db:22", PROTOCOL_ANY, LACK_POSTURE,
		"group:g may reach tag:db:* if it satisfies posture:p or posture:q, and "
		"ada@example.com does not");
}

static void
two_things_may_be_lacking_at_once(void **state)
{
	(void)state;
	assert_lacks(GRANT("\"group:g\"", "\"tag:db\"", "\"tcp:22\""), "bob@example.com",
	             "tag:db:23", PROTOCOL_ANY, LACK_SRC | LACK_PORT,
	             "tag:db:22 over tcp is reached from group:g, and bob@example.com is "
	             "not in "
	             "it, and the port is not 23");
}

static void
what_has_nothing_in_common_is_not_near(void **state)
{
	(void)state;
	start(GRANT("\"group:g\"", "\"tag:db\"", "\"22\""));
	assert_int_equal(ask("bob@example.com", "both:22", PROTOCOL_ANY).n_near, 0);
}

static void
the_nearest_come_first_and_few(void **state)
{
	(void)state;
	start("\"grants\":["
	      "{\"src\":[\"ada@example.com\"],\"dst\":[\"tag:db\"],\"ip\":[\"80\"]},"
	      "{\"src\":[\"tag:a\"],\"dst\":[\"tag:db\"],\"ip\":[\"22\"]},"
	      "{\"src\":[\"tag:b\"],\"dst\":[\"tag:db\"],\"ip\":[\"22\"]},"
	      "{\"src\":[\"tag:a\"],\"dst\":[\"tag:db\"],\"ip\":[\"21-22\"]},"
	      "{\"src\":[\"tag:a\"],\"dst\":[\"tag:db\"],\"ip\":[\"22-23\"]},"
	      "{\"src\":[\"cy@example.org\"],\"dst\":[\"tag:db\"],\"ip\":[\"*\"]},"
	      "{\"src\":[\"ada@example.com\"],\"dst\":[\"tag:a\"],\"ip\":[\"22\"]}]");
	struct answer answer = ask("ada@example.com", "tag:db:22", PROTOCOL_ANY);
	assert_int_equal(answer.n_near, PROBE_NEAR_MAX);
	for (size_t i = 0; i < PROBE_NEAR_MAX; i++) {
		assert_int_equal(answer.near[i].lacks, LACK_SRC);
		assert_int_equal(answer.near[i].grant->index, i + 1);
	}
}

static void
where_some_get_there_the_others_are_named(void **state)
{
	(void)state;
	start(GRANT("\"group:g\"", "\"tag:db\"", "\"22\""));
	struct answer answer = ask("autogroup:member", "tag:db:22", PROTOCOL_ANY);
	assert_int_equal(answer.all, TRUTH_NO);
	assert_int_equal(answer.some, TRUTH_YES);
	assert_string_equal(answer.missing, "cys (cy@example.org)");
	assert_string_equal(answer.by[0].said, "group:g may reach tag:db:22, and some of "
	                                       "autogroup:member is in group:g");
}

static void
all_that_bears_on_a_range_of_ports_is_listed(void **state)
{
	(void)state;
	start("\"grants\":["
	      "{\"src\":[\"ada@example.com\"],\"dst\":[\"tag:db\"],\"ip\":[\"1-79\","
	      "\"tcp:443\"]},"
	      "{\"src\":[\"tag:a\"],\"dst\":[\"tag:db\"],\"ip\":[\"80-90\"]},"
	      "{\"src\":[\"tag:b\"],\"dst\":[\"tag:db\"],\"ip\":[\"*\"]}]");
	const char *why;
	struct question q = { .protocol = PROTOCOL_ANY,
		              .ports = { 85, 100 },
		              .ported = true };
	q.dst = probe_end_of(prober, text_of("tag:db"), &why);
	assert_int_equal(probe_all(prober, &q).n_by, 2);
	q.ports.last = 443;
	assert_int_equal(probe_all(prober, &q).n_by, 3);
	q.protocol = PROTOCOL_UDP;
	assert_int_equal(probe_all(prober, &q).n_by, 2);
}

static void
a_policy_without_rules_is_open(void **state)
{
	(void)state;
	start("\"nodeAttrs\":[]");
	struct answer answer = ask("bobs", "db:22", PROTOCOL_ANY);
	assert_int_equal(answer.all, TRUTH_YES);
	assert_int_equal(answer.n_by, 1);
	assert_null(answer.by[0].rule->grant);
}

static void
the_narrowest_route_and_its_oldest_router_are_told(void **state)
{
	(void)state;
	start(GRANT("\"group:g\"", "\"10.0.0.0/8\"", "\"*\""));
	struct answer answer = ask("ada@example.com", "10.1.2.3:22", PROTOCOL_ANY);
	assert_int_equal(answer.all, TRUTH_YES);
	assert_true(text_is(answer.by[0].router->name, "db"));
	assert_int_equal(range_bits(answer.by[0].route), 16);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_thing_that_can_be_lacking_is_told),
		cmocka_unit_test(two_things_may_be_lacking_at_once),
		cmocka_unit_test_teardown(what_has_nothing_in_common_is_not_near, finish),
		cmocka_unit_test_teardown(the_nearest_come_first_and_few, finish),
		cmocka_unit_test_teardown(where_some_get_there_the_others_are_named,
		                          finish),
		cmocka_unit_test_teardown(all_that_bears_on_a_range_of_ports_is_listed,
		                          finish),
		cmocka_unit_test_teardown(a_policy_without_rules_is_open, finish),
		cmocka_unit_test_teardown(
			the_narrowest_route_and_its_oldest_router_are_told, finish),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
