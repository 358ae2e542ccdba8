#include "policy/probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/small_test.h"

static struct small small;
static struct prober *prober;

#define POLICY                                                                           \
	"{\"tagOwners\":{\"tag:a\":[],\"tag:db\":[],\"tag:none\":[]},"                   \
	"\"groups\":{\"group:g\":[\"ada@example.com\"],\"group:empty\":[]},"             \
	"\"hosts\":{\"h\":\"100.64.0.4\",\"db\":\"10.9.9.9\"},"                          \
	"\"ipsets\":{\"ipset:s\":[\"10.1.0.0/16\",\"100.64.0.0/29\"]},"                  \
	"\"acls\":[{\"action\":\"accept\",\"src\":[\"user:*@example.org\","              \
	"\"autogroup:admin\"],\"dst\":[\"tag:db:22\",\"10.1.2.0/24:22\"]}]}"

static void
start(const char *people)
{
	small_start(&small, POLICY, people);
	prober = prober_make(&small.arena, small.filter, PROBE_EXPLAIN);
}

static int
finish(void **state)
{
	(void)state;
	small_end(&small);
	return 0;
}

static const struct probe_end *
end_of(const char *text)
{
	const char *why = NULL;
	const struct probe_end *end = probe_end_of(prober, text_of(text), &why);
	if (!end)
		print_error("%s\n", why);
	assert_non_null(end);
	return end;
}

static void
assert_none(const char *text, const char *want)
{
	const char *why = NULL;
	assert_null(probe_end_of(prober, text_of(text), &why));
	assert_string_equal(why, want);
}

static void
ends_are_selectors_machines_and_addresses(void **state)
{
	(void)state;
	start(SMALL_PEOPLE);
	assert_int_equal(end_of("ada@example.com")->elements->n, 1);
	assert_int_equal(end_of("group:g")->elements->n, 1);
	assert_int_equal(end_of("tag:a")->elements->n, 1);
	assert_int_equal(end_of("autogroup:member")->elements->n, 3);
	assert_int_equal(end_of("*")->elements->n, 5);
	assert_int_equal(end_of("bobs")->elements->n, 1);
	assert_int_equal(end_of("n3")->elements->n, 1);
	assert_int_equal(end_of("100.64.0.1")->n_atoms, 1);
	/* a host that the policy defines comes before a machine of its name */
	assert_int_equal(end_of("db")->n_atoms, 1);
	assert_ptr_equal(end_of("tag:a"), end_of("tag:a"));
}

static void
an_end_may_name_nobody(void **state)
{
	(void)state;
	start(SMALL_PEOPLE);
	assert_int_equal(end_of("group:empty")->elements->n, 0);
	assert_int_equal(end_of("tag:none")->elements->n, 0);
}

static void
what_is_not_there_is_told(void **state)
{
	(void)state;
	start(SMALL_PEOPLE);
	assert_none("group:h", "no group group:h is defined; did you mean group:g?");
	assert_none("tag:bd", "no tag tag:bd is defined; did you mean tag:db?");
	assert_none("zoe@example.com", "no user zoe@example.com is in the inventory");
	assert_none("nowhere", "no host or machine nowhere is known");
	assert_none("ipset:t", "no ipset ipset:t is defined; did you mean ipset:s?");
	assert_none("autogroup:nonsense", "no autogroup autogroup:nonsense is known");
	assert_none("10.0.0.300", "no selector or machine 10.0.0.300 is known");
}

static void
a_prefix_is_its_machines_and_what_of_it_is_routed(void **state)
{
	(void)state;
	start(SMALL_PEOPLE);
	/* four machines have addresses there, by IPv4 alone */
	const struct probe_end *tailnet = end_of("100.64.0.0/29");
	assert_int_equal(tailnet->machines[0]->n, 4);
	assert_int_equal(tailnet->machines[1]->n, 0);
	assert_int_equal(tailnet->n_atoms, 0);
	/* 10.1.2.0/24 is told apart by the acl */
	assert_int_equal(end_of("10.1.0.0/16")->n_atoms, 3);
	/* a part of it is routed, the rest nobody's */
	assert_int_equal(end_of("10.0.0.0/8")->n_atoms, 3);
	assert_int_equal(end_of("192.168.0.0/16")->n_atoms, 1);
}

static void
without_an_inventory_anybody_may_be_asked_about(void **state)
{
	(void)state;
	start(NULL);
	assert_true(end_of("zoe@example.com")->unnamed);
	assert_false(end_of("ada@example.com")->unnamed);
	/* of the domain that the policy names, not just anybody */
	uint32_t org = end_of("zoe@example.org")->elements->at[0];
	assert_int_equal(small.tailnet->machines[org].stand_in, STAND_IN_DOMAIN);
	uint32_t com = end_of("zoe@example.com")->elements->at[0];
	assert_int_equal(small.tailnet->machines[com].stand_in, STAND_IN_OTHER_USER);
	assert_none("bobs", "no host bobs is known; machines are known by name from an "
	                    "inventory");
}

static void
what_cannot_be_looked_into_is_opaque(void **state)
{
	(void)state;
	start(NULL);
	assert_true(end_of("svc:web")->opaque);
	assert_true(end_of("autogroup:auditor")->opaque);
	assert_false(end_of("autogroup:admin")->opaque);
	assert_true(end_of("group:x@example.com")->opaque);
}

static void
assert_split(const char *text, const char *dst, bool ported, unsigned first,
             unsigned last)
{
	struct text destination;
	struct ports ports;
	bool has;
	const char *why;
	assert_true(probe_split(&small.arena, text_of(text), &destination, &ports, &has,
	                        &why));
	assert_true(text_is(destination, dst));
	assert_int_equal(has, ported);
	assert_int_equal(ports.first, first);
	assert_int_equal(ports.last, last);
}

static void
ports_are_taken_off_destinations(void **state)
{
	(void)state;
	start(NULL);
	assert_split("tag:db:22", "tag:db", true, 22, 22);
	assert_split("tag:db:80-443", "tag:db", true, 80, 443);
	assert_split("tag:db:*", "tag:db", true, 0, 65535);
	assert_split("tag:db", "tag:db", false, 0, 65535);
	assert_split("autogroup:member", "autogroup:member", false, 0, 65535);
	assert_split("ada@example.com:22", "ada@example.com", true, 22, 22);
	assert_split("h", "h", false, 0, 65535);
	assert_split("h:22", "h", true, 22, 22);
	assert_split("*:22", "*", true, 22, 22);
	assert_split("10.0.0.1:22", "10.0.0.1", true, 22, 22);
	assert_split("10.0.0.0/8:22", "10.0.0.0/8", true, 22, 22);
	assert_split("fd7a::1", "fd7a::1", false, 0, 65535);
	assert_split("fd7a::/64", "fd7a::/64", false, 0, 65535);
	assert_split("[fd7a::1]", "fd7a::1", false, 0, 65535);
	assert_split("[fd7a::1]:22", "fd7a::1", true, 22, 22);
}

static void
assert_unsplit(const char *text, const char *want)
{
	struct text destination;
	struct ports ports;
	bool has;
	const char *why = NULL;
	assert_false(probe_split(&small.arena, text_of(text), &destination, &ports, &has,
	                         &why));
	assert_string_equal(why, want);
}

static void
what_is_no_port_is_told(void **state)
{
	(void)state;
	start(NULL);
	assert_unsplit("tag:db:http", "http is no port");
	assert_unsplit("h:0", "0 is no port");
	assert_unsplit("h:", "\"\" is no port");
	assert_unsplit("[fd7a::1", "a bracket is not closed");
	assert_unsplit("[fd7a::1]22", "22 is no port");
	assert_unsplit("[fd7a::1]:x", "x is no port");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(ends_are_selectors_machines_and_addresses,
		                          finish),
		cmocka_unit_test_teardown(an_end_may_name_nobody, finish),
		cmocka_unit_test_teardown(what_is_not_there_is_told, finish),
		cmocka_unit_test_teardown(
			a_prefix_is_its_machines_and_what_of_it_is_routed, finish),
		cmocka_unit_test_teardown(without_an_inventory_anybody_may_be_asked_about,
		                          finish),
		cmocka_unit_test_teardown(what_cannot_be_looked_into_is_opaque, finish),
		cmocka_unit_test_teardown(ports_are_taken_off_destinations, finish),
		cmocka_unit_test_teardown(what_is_no_port_is_told, finish),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
