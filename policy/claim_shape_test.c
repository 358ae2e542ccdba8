#include "policy/policy_test.h"

#include "policy/claim_shape.h"

#define DEFINED                                                                          \
	"`tagOwners`: {`tag:db`: []}, `groups`: {`group:eng`: []},"                      \
	"`hosts`: {`srv`: `10.0.0.1`, `one`: `10.0.0.2/32`, `net`: `10.0.0.0/8`},"
#define TEST(fields) "{" DEFINED "`tests`: [{" fields "}]}"
#define SRC(src) TEST("`src`: " src ", `accept`: [`srv:22`]")
#define DST(dst) TEST("`src`: `tag:db`, `accept`: [" dst "]")
#define SSH_TEST(fields) "{" DEFINED "`sshTests`: [{" fields "}]}"

/* What is wrong with a test, or NULL; < and > around the place. */
struct shape_row {
	const char *said;
	const char *text;
};

static const struct shape_row tests_of_rules[] = {
	/* the source */
	{ NULL, SRC("`ada@example.com`") },
	{ NULL, SRC("`group:eng`") },
	{ NULL, SRC("` tag:db `") },
	{ NULL, SRC("`srv`") },
	{ NULL, SRC("`net`") },
	{ NULL, SRC("`10.0.0.1`") },
	{ NULL, SRC("`fd7a::1`") },
	{ NULL, SRC("`autogroup:member`") },
	{ "a test needs a src: who is to reach the destinations",
	  TEST("`accept`: [`srv:22`]") },
	{ "a test needs a src: who is to reach the destinations", SRC("<``>") },
	{ "no tag tag:bd is defined; did you mean tag:db?", SRC("<`tag:bd`>") },
	{ "no group group:ops is defined: add it to groups", SRC("<`group:ops`>") },
	{ "no host nowhere is defined: add it to hosts", SRC("<`nowhere`>") },
	{ "there is no autogroup:bogus", SRC("<`autogroup:bogus`>") },
	{ "* is the wildcard, and the src of a test takes a user, group, tag, autogroup, "
	  "host or single address",
	  SRC("<`*`>") },
	{ "a test is about single addresses, and 10.0.0.1/32 is a prefix",
	  SRC("<`10.0.0.1/32`>") },
	/* the destinations */
	{ NULL, DST("`tag:db:22`") },
	{ NULL, DST("`ada@example.com:22`, `group:eng:22`, `svc:web:443`") },
	{ NULL, DST("`one:65535`, `[fd7a::1]:22`, `fd7a::1:22`, `10.9.9.9:1`") },
	{ "srv has no port, and a test needs one", DST("<`srv`>") },
	{ "tag:db has no port, and a test needs one", DST("<`tag:db`>") },
	{ "fd7a::10 has no port, and a test needs one", DST("<`fd7a::10`>") },
	{ "no test can be of port 0: name one from 1 to 65535", DST("`srv:<0>`") },
	{ "-1 is no port from 1 to 65535", DST("`srv:<-1>`") },
	{ "99999 is no port from 1 to 65535", DST("`srv:<99999>`") },
	{ "ssh is no port from 1 to 65535", DST("`ada@example.com:<ssh>`") },
	{ "a test is about one port, not several", DST("`srv:<*>`") },
	{ "a test is about one port, not several", DST("`srv:<80-81>`") },
	{ "a test is about one port: write one element for each", DST("`srv:80,<443>`") },
	{ "a destination is one host and its port: write one element for each",
	  DST("<`a,b:22`>") },
	{ "a test is about single addresses, and 10.0.0.2/32 is a prefix",
	  DST("`<10.0.0.2/32>:22`") },
	{ "a test is about single addresses, and net stands for 10.0.0.0/8",
	  DST("`<net>:22`") },
	{ "10.0.0.0/33 has a prefix length that its addresses do not have",
	  DST("`<10.0.0.0/33>:22`") },
	{ "no host phantom is defined: add it to hosts", DST("`<phantom>:22`") },
	{ "autogroup:internet cannot stand in a destination of a test: it names what "
	  "lies "
	  "behind exit nodes, where only acls and grants lead",
	  DST("`<autogroup:internet>:22`") },
	{ "autogroup:self cannot stand in a destination of a test: it names the source's "
	  "own machines, so it can only be the destination of a rule",
	  DST("`<autogroup:self>:22`") },
	{ "* is the wildcard, and a destination of a test takes users, groups, tags, "
	  "services, hosts and single addresses",
	  DST("`<*>:22`") },
	/* the rest */
	{ NULL, TEST("`src`: `tag:db`, `deny`: [`srv:22`], `proto`: `6`") },
	{ "a test needs accept or deny: what its src may reach, or may not",
	  TEST("`src`: `tag:db`, `accept`: [], `deny`: null") },
	{ "a test's proto is tcp, udp or sctp, not icmp",
	  TEST("`src`: `tag:db`, `accept`: [`srv:22`], `proto`: <`icmp`>") },
	{ "a test's proto is tcp, udp or sctp, not tpc",
	  TEST("`src`: `tag:db`, `accept`: [`srv:22`], `proto`: <`tpc`>") },
	/* what could not be read has been told */
	{ NULL, TEST("`src`: 7") },
};

static const struct shape_row tests_of_ssh[] = {
	{ NULL,
	  SSH_TEST("`src`: `tag:db`, `dst`: [`tag:db`, `srv`, `one`, `10.0.0.1`,"
	           " `fd7a::1`, `ada@example.com`, `group:eng`], `check`: [`root`]") },
	{ "a test needs a src: who is to reach the destinations",
	  SSH_TEST("`dst`: [`tag:db`], `accept`: [`root`]") },
	{ "an sshTest needs a dst: where its src is to log in",
	  SSH_TEST("`src`: `tag:db`, `dst`: [], `accept`: [`root`]") },
	{ "an sshTest needs accept, check or deny: the logins that are let in, or are "
	  "not",
	  SSH_TEST("`src`: `tag:db`, `dst`: [`tag:db`], `accept`: []") },
	{ "an empty text is nobody's login",
	  SSH_TEST("`src`: `tag:db`, `dst`: [`tag:db`], `accept`: [`root`, <` `>]") },
	{ "a test is about single addresses, and net stands for 10.0.0.0/8",
	  SSH_TEST("`src`: `tag:db`, `dst`: [<`net`>], `accept`: [`root`]") },
	{ "no host nowhere is defined: add it to hosts",
	  SSH_TEST("`src`: `tag:db`, `dst`: [<`nowhere`>], `accept`: [`root`]") },
	{ "a test is about single addresses, and 10.0.0.0/24 is a prefix",
	  SSH_TEST("`src`: `tag:db`, `dst`: [<`10.0.0.0/24`>], `accept`: [`root`]") },
	{ "no tag tag:db:22 is defined: add it to tagOwners",
	  SSH_TEST("`src`: `tag:db`, `dst`: [<`tag:db:22`>], `accept`: [`root`]") },
};

/* The first fault of the policy's only test. */
static bool
first_fault(struct shape *shape, const struct policy *p, struct shape_fault *fault)
{
	const struct test *test = p->tests;

	if (p->n_tests == 1) {
		if (test_fault(shape, test, fault))
			return true;
		for (size_t i = 0; i < test->accept.n; i++)
			if (test_destination_fault(shape, &test->accept.at[i], fault))
				return true;
		return false;
	}
	const struct ssh_test *ssh = p->ssh_tests;
	if (ssh_test_fault(shape, ssh, fault))
		return true;
	for (size_t i = 0; i < ssh->dst.n; i++)
		if (ssh_test_destination_fault(shape, &ssh->dst.at[i], fault))
			return true;
	for (size_t i = 0; i < ssh->accept.n; i++)
		if (ssh_test_login_fault(shape, &ssh->accept.at[i], fault))
			return true;
	return false;
}

static void
assert_shape(const struct shape_row *row)
{
	struct shape_fault fault = { .said = NULL };
	struct bench b;

	bench_read(&b, row->text, TARGET_TAILSCALE);
	bool found = first_fault(shape_of(&b.arena, b.policy), b.policy, &fault);
	if (found != (row->said != NULL))
		fail_msg("\"%s\", of %s", found ? fault.said : "nothing", row->text);
	if (found)
		assert_string_equal(fault.said, row->said);
	if (found && b.marked.end > 0) {
		assert_int_equal(fault.where.first, b.marked.first);
		assert_int_equal(fault.where.end, b.marked.end);
	} else if (found) {
		/* what is missing is missed at the bracket */
		assert_text(source_text(b.source, fault.where), "{");
	}
	bench_end(&b);
}

static void
a_test_of_the_wrong_shape_is_told_at_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(tests_of_rules); i++)
		assert_shape(&tests_of_rules[i]);
}

static void
so_is_an_ssh_test(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(tests_of_ssh); i++)
		assert_shape(&tests_of_ssh[i]);
}

static void
one_fault_after_another_is_told(void **state)
{
	struct bench b;
	struct shape_fault fault;

	(void)state;
	bench_read(&b, DST("`tag:x:22`, `tag:bd:22`, `srv:22`, `tag:x:22`"),
	           TARGET_TAILSCALE);
	struct shape *shape = shape_of(&b.arena, b.policy);
	const struct destination *dst = b.policy->tests[0].accept.at;
	assert_true(test_destination_fault(shape, &dst[0], &fault));
	assert_string_equal(fault.said, "no tag tag:x is defined: add it to tagOwners");
	assert_true(test_destination_fault(shape, &dst[1], &fault));
	assert_string_equal(fault.said, "no tag tag:bd is defined; did you mean tag:db?");
	assert_false(test_destination_fault(shape, &dst[2], &fault));
	assert_true(test_destination_fault(shape, &dst[3], &fault));
	assert_string_equal(fault.said, "no tag tag:x is defined: add it to tagOwners");
	assert_int_equal(b.findings.n, 0);
	bench_end(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_test_of_the_wrong_shape_is_told_at_its_place),
		cmocka_unit_test(so_is_an_ssh_test),
		cmocka_unit_test(one_fault_after_another_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
