#include "policy/claim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "policy/small_test.h"

static struct small small;
static struct claims *claims;

static int
finish(void **state)
{
	(void)state;
	small_end(&small);
	return 0;
}

#define TAGS "\"tagOwners\":{\"tag:a\":[],\"tag:b\":[],\"tag:db\":[]},"

/* Judges a policy of these rules and tests: `"acls":[…]`, `"tests":[…]`. */
static void
judge(const char *rules, const char *tests, const char *people)
{
	static char text[4096];
	snprintf(
		text, sizeof text,
		"{" TAGS
		"\"groups\":{\"group:g\":[\"ada@example.com\",\"bob@example.com\"],"
		"\"group:none\":[]},\"hosts\":{\"h\":\"100.64.0.4\",\"far\":\"10.9.9.9\","
		"\"net\":\"10.0.0.0/8\"},%s,%s}",
		rules, tests);
	small_start(&small, text, people);
	claims = claims_judge(&small.arena, small.filter);
}

/* One letter for each claim: passed, failed, invalid, unknown. */
static const char *
verdicts(void)
{
	static const char letters[] = { [CLAIM_PASSED] = 'p',
		                        [CLAIM_UNKNOWN] = 'u',
		                        [CLAIM_FAILED] = 'f',
		                        [CLAIM_INVALID] = 'i' };
	static char said[64];
	size_t n = 0;
	for (; n < claims->n && n + 1 < sizeof said; n++)
		said[n] = letters[claims->at[n].verdict];
	said[n] = '\0';
	return said;
}

/* Of one test, with an inventory and without. */
static void
assert_verdicts(const char *rules, const char *tests, const char *real,
                const char *imagined)
{
	judge(rules, tests, SMALL_PEOPLE);
	assert_string_equal(verdicts(), real);
	small_end(&small);
	judge(rules, tests, NULL);
	assert_string_equal(verdicts(), imagined);
	small_end(&small);
}

#define ACL(src, dst)                                                                    \
	"\"acls\":[{\"action\":\"accept\",\"src\":[" src "],\"dst\":[" dst "]}]"
#define TEST(src, accept, deny)                                                          \
	"\"tests\":[{\"src\":\"" src "\",\"accept\":[" accept "],\"deny\":[" deny "]}]"

static void
what_the_rules_say_is_so(void **state)
{
	(void)state;
	assert_verdicts(ACL("\"group:g\"", "\"tag:db:22\""),
	                TEST("ada@example.com", "\"tag:db:22\",\"tag:db:23\"",
	                     "\"tag:a:22\",\"tag:db:22\""),
	                "pfpf", "pfpf");
}

static void
an_accept_is_for_all_sources_and_a_deny_for_none(void **state)
{
	(void)state;
	assert_verdicts(ACL("\"ada@example.com\"", "\"tag:db:22\""),
	                TEST("group:g", "\"tag:db:22\"", "\"tag:db:22\",\"tag:db:23\""),
	                "ffp", "ffp");
}

static void
who_is_nobody_has_no_tests(void **state)
{
	(void)state;
	assert_verdicts(ACL("\"*\"", "\"*:*\""), TEST("group:none", "\"tag:db:22\"", ""),
	                "i", "i");
	assert_verdicts(ACL("\"*\"", "\"*:*\""),
	                TEST("zoe@example.com", "\"tag:db:22\"", ""), "i", "p");
	assert_verdicts(ACL("\"*\"", "\"*:*\""), TEST("tag:nope", "\"tag:db:22\"", ""),
	                "i", "i");
}

static void
a_rule_that_covers_an_address_suffices_whoever_has_it(void **state)
{
	(void)state;
	assert_verdicts(ACL("\"tag:a\"", "\"far:22\",\"net:80\""),
	                TEST("tag:a", "\"far:22\",\"10.1.2.3:80\"", "\"10.1.2.3:81\""),
	                "ppp", "ppp");
}

static void
destinations_have_one_address_and_one_port(void **state)
{
	(void)state;
	assert_verdicts(ACL("\"*\"", "\"*:*\""),
	                TEST("ada@example.com",
	                     "\"h:*\",\"h:1-2\",\"h:1,2\",\"net:22\",\"h\","
	                     "\"100.64.0.4/32:22\",\"autogroup:internet:22\",\"what:22\","
	                     "\"h:22\",\"[fd7a:115c:a1e0::4]:22\"",
	                     ""),
	                "iiiiiiiipp", "iiiiiiiipp");
}

static void
without_a_protocol_tcp_is_meant(void **state)
{
	(void)state;
	const char *rules = "\"grants\":[{\"src\":[\"tag:a\"],\"dst\":[\"tag:db\"],"
			    "\"ip\":[\"tcp:1\",\"udp:2\",\"3\",\"icmp:*\"]}]";
	assert_verdicts(rules,
	                TEST("tag:a", "\"tag:db:1\",\"tag:db:3\"",
	                     "\"tag:db:2\",\"tag:db:4\""),
	                "pppp", "pppp");
	assert_verdicts(rules,
	                "\"tests\":[{\"src\":\"tag:a\",\"proto\":\"udp\",\"accept\":["
	                "\"tag:db:2\",\"tag:db:3\"],\"deny\":[\"tag:db:1\"]}]",
	                "ppp", "ppp");
	assert_verdicts(rules,
	                "\"tests\":[{\"src\":\"tag:a\",\"proto\":\"17\",\"accept\":["
	                "\"tag:db:2\"]}]",
	                "p", "p");
	assert_verdicts(rules,
	                "\"tests\":[{\"src\":\"tag:a\",\"proto\":\"icmp\",\"accept\":["
	                "\"tag:db:2\"]}]",
	                "i", "i");
}

static void
grants_by_way_of_a_router_do_not_count(void **state)
{
	(void)state;
	assert_verdicts("\"grants\":[{\"src\":[\"tag:a\"],\"dst\":[\"10.1.0.0/16\"],"
	                "\"ip\":[\"*\"],\"via\":[\"tag:db\"]}]",
	                TEST("tag:a", "\"10.1.2.3:22\"", "\"10.1.2.3:22\""), "fp", "fp");
}

static void
families_do_not_meet(void **state)
{
	(void)state;
	/* bob has no IPv6 */
	judge(ACL("\"100.64.0.1\"", "\"tag:db:22\""),
	      TEST("ada@example.com", "\"tag:db:22\",\"[fd7a:115c:a1e0::4]:22\"",
	           "\"100.64.0.4:22\""),
	      SMALL_PEOPLE);
	assert_string_equal(verdicts(), "pff");
	small_end(&small);
	judge(ACL("\"*\"", "\"[fd7a:115c:a1e0::4]:22\""),
	      TEST("bob@example.com", "\"tag:db:22\"", "\"tag:db:22\""), SMALL_PEOPLE);
	assert_string_equal(verdicts(), "fp");
}

static void
whose_an_address_is_nobody_knows_without_an_inventory(void **state)
{
	(void)state;
	/* the address is db's, or it is somebody else's */
	assert_verdicts(ACL("\"tag:a\"", "\"tag:db:22\""),
	                TEST("tag:a", "\"h:22\"", "\"100.64.0.2:22\",\"far:22\""), "ppp",
	                "uup");
	assert_verdicts(ACL("\"100.64.0.2\"", "\"tag:db:22\""),
	                TEST("tag:a", "\"tag:db:22\"", "\"tag:db:22\""), "fp", "uu");
	/* all addresses of the tailnet are those of whoever it is */
	assert_verdicts(ACL("\"100.64.0.0/10\"", "\"tag:db:22\""),
	                TEST("tag:a", "\"tag:db:22\"", "\"tag:db:22\""), "pf", "pf");
}

static void
who_is_an_admin_nobody_knows_without_an_inventory(void **state)
{
	(void)state;
	assert_verdicts(ACL("\"autogroup:owner\"", "\"tag:db:22\""),
	                TEST("ada@example.com", "\"tag:db:22\"", "\"tag:db:22\""), "pf",
	                "uu");
	assert_verdicts(ACL("\"autogroup:owner\"", "\"tag:db:22\""),
	                TEST("tag:a", "\"tag:db:22\"", "\"tag:db:22\""), "fp", "fp");
	assert_verdicts(ACL("\"autogroup:member\"", "\"tag:db:22\""),
	                TEST("zoe@example.com", "\"tag:db:22\"", "\"tag:db:22\""), "i",
	                "pf");
}

/* `tailscale status --json` tells nobody's role, and no list tells who is in a
 * group of the identity provider. */
#define STATUS                                                                           \
	"{\"Version\":\"1.90.2\",\"BackendState\":\"Running\",\"TailscaleIPs\":[\"100."  \
	"64.0.1\"],"                                                                     \
	"\"Self\":{\"ID\":\"n1\",\"HostName\":\"laptop\",\"UserID\":7,"                  \
	"\"TailscaleIPs\":[\"100.64.0.1\"]},\"Peer\":{\"nodekey:bb\":{\"ID\":\"n2\","    \
	"\"HostName\":\"db\",\"UserID\":9,\"Tags\":[\"tag:db\"],\"TailscaleIPs\":["      \
	"\"100.64.0.2\"]}},\"User\":{\"7\":{\"ID\":7,\"LoginName\":\"ada@example.com\"}" \
	","                                                                              \
	"\"9\":{\"ID\":9,\"LoginName\":\"tagged-devices\"}}}"

static void
assert_told(const char *rules, const char *tests, const char *want)
{
	judge(rules, tests, STATUS);
	assert_string_equal(verdicts(), want);
	small_end(&small);
}

static void
what_an_inventory_does_not_tell_is_unknown_too(void **state)
{
	(void)state;
	const char *test =
		TEST("ada@example.com", "\"tag:db:22\"", "\"tag:db:22\",\"tag:db:23\"");
	assert_told(ACL("\"autogroup:admin\"", "\"tag:db:22\""), test, "uup");
	assert_told(ACL("\"group:x@example.com\"", "\"tag:db:22\""), test, "uup");
	assert_told(ACL("\"autogroup:member\"", "\"tag:db:22\""), test, "pfp");
	assert_told(ACL("\"autogroup:admin\"", "\"tag:db:22\""),
	            TEST("tag:db", "\"tag:db:22\"", "\"tag:db:22\""), "fp");
	assert_told(ACL("\"tag:db\"", "\"autogroup:owner:22\""),
	            TEST("tag:db", "\"ada@example.com:22\"", "\"ada@example.com:22\""),
	            "uu");
	assert_told("\"ssh\":[{\"action\":\"accept\",\"src\":[\"group:x@example.com\"],"
	            "\"dst\":[\"tag:db\"],\"users\":[\"git\"]}]",
	            "\"sshTests\":[{\"src\":\"ada@example.com\",\"dst\":[\"tag:db\"],"
	            "\"accept\":[\"git\"],\"deny\":[\"git\",\"root\"]}]",
	            "uup");
}

static void
self_is_between_the_machines_of_one(void **state)
{
	(void)state;
	assert_verdicts(ACL("\"autogroup:member\"", "\"autogroup:self:22\""),
	                TEST("ada@example.com", "\"ada@example.com:22\"",
	                     "\"bob@example.com:22\",\"tag:db:22\""),
	                "ppp", "ppp");
	assert_verdicts(ACL("\"autogroup:member\"", "\"autogroup:self:22\""),
	                TEST("zoe@example.com", "\"zoe@example.com:22\"",
	                     "\"yan@example.com:22\""),
	                "i", "pp");
}

static void
what_may_be_routed_in_the_tailnet_may_be_none_of_the_internets(void **state)
{
	(void)state;
	const char *routes =
		"\"autoApprovers\":{\"routes\":{\"203.0.113.0/24\":[\"tag:db\"]}},"
		"\"grants\":[{\"src\":[\"tag:a\"],\"dst\":[\"autogroup:internet\"],"
		"\"ip\":[\"*\"]}]";
	assert_verdicts(routes,
	                TEST("tag:a", "\"1.1.1.1:53\",\"203.0.113.9:53\"",
	                     "\"10.1.1.1:53\""),
	                "ppp", "pup");
}

#define POSTURES                                                                         \
	"\"postures\":{\"posture:l\":[\"node:os == 'linux'\",\"node:tsVersion >= "       \
	"'1.40'\"]},"
#define POSED                                                                            \
	"\"acls\":[{\"action\":\"accept\",\"src\":[\"ada@example.com\",\"10.9.9.9\"],"   \
	"\"dst\":[\"tag:db:22\"],\"srcPosture\":[\"posture:l\"]}]"

static void
a_tests_source_has_the_attributes_that_the_test_says(void **state)
{
	(void)state;
	assert_verdicts(
		POSTURES POSED,
		"\"tests\":["
		"{\"src\":\"ada@example.com\",\"accept\":[\"tag:db:22\"]},"
		"{\"src\":\"ada@example.com\",\"accept\":[\"tag:db:22\"],"
		"\"srcPostureAttrs\":{\"node:os\":\"linux\",\"node:tsVersion\":\"1.50\"}}"
		","
		"{\"src\":\"ada@example.com\",\"deny\":[\"tag:db:22\"],"
		"\"srcPostureAttrs\":{\"node:os\":\"linux\",\"node:tsVersion\":\"1.9\"}},"
		/* what is no machine is asked for nothing */
		"{\"src\":\"far\",\"accept\":[\"tag:db:22\"]}]",
		"fppp", "fppp");
	judge(POSTURES POSED,
	      "\"tests\":[{\"src\":\"ada@example.com\",\"accept\":[\"tag:db:22\"]}]",
	      NULL);
	assert_string_equal(claims->at[0].why,
	                    "ada@example.com and 10.9.9.9 may reach tag:db:22 if it "
	                    "satisfies posture:l, and ada@example.com does not");
}

#define SSH(action, src, dst, users)                                                     \
	"{\"action\":\"" action "\",\"src\":[" src "],\"dst\":[" dst                     \
	"],\"users\":[" users "]}"
#define SSH_TEST(src, dst, claims) "{\"src\":\"" src "\",\"dst\":[" dst "]," claims "}"

static void
logins_are_claimed_of_the_ssh_rules(void **state)
{
	(void)state;
	const char *rules = "\"ssh\":[" SSH(
		"accept", "\"group:g\"", "\"tag:db\"",
		"\"git\",\"autogroup:nonroot\"") "," SSH("check", "\"ada@example.com\"",
	                                                 "\"tag:db\"", "\"root\"") "]";
	assert_verdicts(
		rules,
		"\"sshTests\":[" SSH_TEST(
			"ada@example.com", "\"tag:db\"",
			"\"accept\":[\"git\",\"zoe\",\"root\"],\"check\":[\"root\","
			"\"git\"]") "," SSH_TEST("group:g", "\"tag:db\"",
	                                         "\"accept\":[\"root\",\"git\"],\"deny\":"
	                                         "[\"root\"]") "," SSH_TEST("bob@example."
	                                                                    "com",
	                                                                    "\"tag:db\","
	                                                                    "\"tag:a\"",
	                                                                    "\"deny\":["
	                                                                    "\"root\","
	                                                                    "\"git\"]") "," SSH_TEST("tag:a",
	                                                                                             "\"tag:db\"",
	                                                                                             "\"deny\":[\"git\"]") "]",
		"ppppffpfppfpp", "ppppffpfppfpp");
}

static void
logins_of_nobody_fail(void **state)
{
	(void)state;
	const char *rules = "\"ssh\":[" SSH("accept", "\"autogroup:member\"",
	                                    "\"autogroup:tagged\"", "\"git\"") "]";
	assert_verdicts(
		rules,
		"\"sshTests\":[" SSH_TEST("ada@example.com", "\"h\"", "\"accept\":[\"git\",\"\"]") "," SSH_TEST(
			"ada@example.com", "\"far\"",
			"\"accept\":[\"git\"]") "," SSH_TEST("ada@example.com",
	                                                     "\"tag:db\"",
	                                                     "\"accept\":[]") "]",
		"pifi", "uifi");
}

static void
destinations_may_be_nobodys(void **state)
{
	(void)state;
	/* nothing reaches where nobody is: accepts fail, denials hold */
	assert_verdicts(ACL("\"*\"", "\"group:none:22\""),
	                TEST("tag:a", "\"group:none:22\"", "\"group:none:22\""), "fp",
	                "fp");
	assert_verdicts(
		"\"ssh\":[" SSH("accept", "\"tag:a\"", "\"autogroup:tagged\"",
	                        "\"git\"") "]",
		"\"sshTests\":[" SSH_TEST("tag:a", "\"group:none\"", "\"accept\":[\"git\"]") "," SSH_TEST(
			"group:none", "\"tag:db\"",
			"\"accept\":[\"git\"]") "," SSH_TEST("tag:nope", "\"tag:db\"",
	                                                     "\"accept\":[\"git\"]") "]",
		"fii", "fii");
}

static void
services_are_reached_by_their_name_and_as_everything(void **state)
{
	(void)state;
	assert_verdicts(ACL("\"tag:a\"", "\"svc:web:80\""),
	                TEST("tag:a", "\"svc:web:80\"", "\"svc:web:81\",\"svc:pg:80\""),
	                "ppp", "ppp");
	assert_verdicts(ACL("\"tag:a\"", "\"*:80\""),
	                TEST("tag:a", "\"svc:web:80\"", "\"svc:web:80\""), "pf", "pf");
	/* a service may carry the tag */
	assert_verdicts(ACL("\"tag:a\"", "\"tag:db:80\""),
	                TEST("tag:a", "\"svc:web:80\"", "\"svc:web:80\""), "uu", "uu");
	assert_verdicts(ACL("\"tag:a\"", "\"ada@example.com:80\""),
	                TEST("tag:a", "\"svc:web:80\"", "\"svc:web:80\""), "fp", "fp");
}

static void
one_of_the_destinations_is_enough_if_it_is_there(void **state)
{
	(void)state;
	/* among the tagged, db is reached: but is there a db? */
	assert_verdicts(ACL("\"tag:a\"", "\"tag:db:22\""),
	                TEST("tag:a", "\"autogroup:tagged:22\"",
	                     "\"autogroup:member:22\""),
	                "pp", "up");
}

static void
logins_that_fail_are_raised_too(void **state)
{
	(void)state;
	judge("\"ssh\":[" SSH("accept", "\"tag:a\"", "\"tag:db\"", "\"git\"") "]",
	      "\"sshTests\":[" SSH_TEST(
		      "tag:a", "\"tag:db\"",
		      "\"accept\":[\"root\"],\"check\":[\"git\"],\"deny\":[\"git\"]") "]",
	      NULL);
	assert_string_equal(verdicts(), "fff");
	claims_raise(claims, &small.findings);
	assert_string_equal(
		small.findings.at[0]->said,
		"tag:a on tag:db as root should be allowed, but tag:a may log in on "
		"tag:db, and not as root");
	assert_string_equal(
		small.findings.at[1]->said,
		"tag:a on tag:db as git should be checked, but tag:a may log in on "
		"tag:db as git, and nothing checks that all of tag:a are who they say");
	assert_string_equal(
		small.findings.at[2]->said,
		"tag:a on tag:db as git should be denied, but tag:a may log in on "
		"tag:db as git");
}

static void
unnamed_users_are_each_their_own(void **state)
{
	(void)state;
	judge("\"ssh\":[" SSH("accept", "\"autogroup:member\"", "\"autogroup:self\"",
	                      "\"git\"") "]",
	      "\"sshTests\":[" SSH_TEST(
		      "zoe@example.com", "\"zoe@example.com\"",
		      "\"accept\":[\"git\"]") "," SSH_TEST("zoe@example.com",
	                                                   "\"yan@example.com\"",
	                                                   "\"deny\":[\"git\"]") "]",
	      NULL);
	assert_string_equal(verdicts(), "pp");
}

static void
failures_are_raised_in_the_coordinators_words(void **state)
{
	(void)state;
	judge(ACL("\"bob@example.com\"", "\"tag:db:22\""),
	      TEST("ada@example.com", "\"tag:db:22\",\"h:*\"", "\"h:22\",\"tag:a:22\""),
	      NULL);
	assert_string_equal(verdicts(), "fipp");
	claims_raise(claims, &small.findings);
	assert_int_equal(small.findings.n, 2);
	const struct finding *failed = small.findings.at[0],
			     *invalid = small.findings.at[1];
	assert_ptr_equal(failed->check, &CHECK_TEST_FAILS);
	assert_string_equal(failed->coordinator, "test(s) failed");
	assert_string_equal(
		failed->said,
		"ada@example.com to tag:db:22 should be allowed, but tag:db:22 is "
		"reached from bob@example.com, and ada@example.com is another");
	assert_string_equal(failed->notes->said, "this comes nearest");
	assert_ptr_equal(invalid->check, &CHECK_INVALID_TEST);
}

static void
headscale_tells_each_failure_and_older_ones_run_no_tests(void **state)
{
	(void)state;
	const char *text =
		"{\"tagOwners\":{\"tag:db\":[\"ada@example.com\"]},\"acls\":[{\"action\":"
		"\"accept\","
		"\"src\":[\"ada@example.com\"],\"dst\":[\"tag:db:22\"]}],\"tests\":[{"
		"\"src\":\"ada@example.com\",\"proto\":\"tcp\",\"accept\":[\"tag:db:23\"]"
		","
		"\"deny\":[\"tag:db:22\"]}]}";
	small_start_for(&small, text, SMALL_PEOPLE, TARGET_HEADSCALE_0_29);
	claims_raise(claims_judge(&small.arena, small.filter), &small.findings);
	assert_string_equal(
		findings_first_error(&small.findings)->coordinator,
		"test(s) failed:\n"
		"ada@example.com -> tag:db:23 (tcp): expected ALLOWED, got DENIED\n"
		"ada@example.com -> tag:db:22 (tcp): expected DENIED, got ALLOWED");
	small_end(&small);
	small_start_for(&small, text, SMALL_PEOPLE, TARGET_HEADSCALE_0_26);
	claims_raise(claims_judge(&small.arena, small.filter), &small.findings);
	assert_int_equal(small.findings.n_errors, 0);
}

static void
headscales_deny_is_content_where_not_all_sources_get_there(void **state)
{
	(void)state;
	const char *text =
		"{\"tagOwners\":{\"tag:db\":[\"ada@example.com\"]},\"groups\":{"
		"\"group:g\":[\"ada@example.com\",\"bob@example.com\"]},\"acls\":[{"
		"\"action\":\"accept\",\"src\":[\"ada@example.com\"],\"dst\":["
		"\"tag:db:22\"]}]," TEST("group:g", "", "\"tag:db:22\"") "}";
	small_start_for(&small, text, SMALL_PEOPLE, TARGET_HEADSCALE_0_29);
	claims_raise(claims_judge(&small.arena, small.filter), &small.findings);
	assert_int_equal(small.findings.n_errors, 0);
}

#define HEADSCALE(rest)                                                                  \
	"{\"tagOwners\":{\"tag:db\":[\"ada@example.com\"],\"tag:none\":[]},\"groups\":{" \
	"\"group:none\":[]},\"acls\":[{\"action\":\"accept\",\"src\":["                  \
	"\"ada@example.com\"],\"dst\":[\"tag:db:22\"]}],\"ssh\":[" SSH(                  \
		"accept", "\"ada@example.com\"", "\"tag:db\"", "\"git\"") "]," rest "}"
#define HEADSCALE_TEST(rest)                                                             \
	HEADSCALE("\"tests\":[{\"src\":\"ada@example.com\"," rest "}]")
#define HEADSCALE_SSH(rest)                                                              \
	HEADSCALE("\"sshTests\":[" SSH_TEST("ada@example.com", "\"tag:db\"", rest) "]")
#define FAILED "test(s) failed:\n"

/* A policy's only tests, and Headscale's words; NULL: not known. */
static const struct {
	const char *policy, *words;
} told[] = {
	{ HEADSCALE_TEST("\"deny\":[\"tag:none:22\"]"), FAILED
	  "ada@example.com: error testing \"tag:none:22\": destination resolved to "
	  "no IP addresses: \"tag:none:22\"" },
	{ HEADSCALE_TEST("\"accept\":[\"tag:none:22\",\"tag:db:23\"]"), FAILED
	  "ada@example.com: error testing \"tag:none:22\": destination resolved to "
	  "no IP addresses: \"tag:none:22\"\n"
	  "ada@example.com -> tag:db:23: expected ALLOWED, got DENIED" },
	{ HEADSCALE_TEST("\"accept\":[]"),
	  FAILED "test 0: test entry must have at least one of \"accept\" or \"deny\"" },
	{ HEADSCALE_TEST("\"proto\":\"icmp\",\"accept\":[\"tag:db:22\"]"),
	  FAILED "test 0: test protocol must be tcp, udp, sctp, or empty: \"icmp\"" },
	{ HEADSCALE_TEST("\"accept\":[\"tag:db:22-23\"],\"deny\":[\"10.0.0.0/8:22\","
	                 "\"autogroup:internet:22\"]"),
	  FAILED
	  "test 0, accept \"tag:db:22-23\": test destination port must be a single port\n"
	  "test 0, deny \"10.0.0.0/8:22\": test destination must be a single host, not a "
	  "CIDR range\n"
	  "test 0, deny \"autogroup:internet:22\": autogroup:internet not valid as a "
	  "test "
	  "destination" },
	/* a shape and a verdict: which it tells is not known */
	{ HEADSCALE_TEST("\"accept\":[\"tag:db:22-23\"],\"deny\":[\"tag:db:22\"]"),
	  NULL },
	{ HEADSCALE_TEST("\"accept\":[\"nowhere:22\"]"), NULL },
	{ HEADSCALE("\"tests\":[{\"src\":\"group:none\",\"accept\":[\"tag:db:22\"]}]"),
	  FAILED "group:none: source \"group:none\" resolved to no IP addresses" },
	{ HEADSCALE_SSH("\"accept\":[\"root\",\"eve\",\"git\"]"),
	  FAILED "ada@example.com/eve -> db: expected ALLOWED, got DENIED\n"
	         "ada@example.com/root -> db: expected ALLOWED, got DENIED" },
	{ HEADSCALE_SSH("\"deny\":[\"git\"]"),
	  FAILED "ada@example.com/git -> db: expected DENIED, got ALLOWED" },
	{ HEADSCALE_SSH("\"check\":[\"git\",\"root\"]"),
	  FAILED "ada@example.com/git -> db: expected ALLOWED via check, got ALLOWED via "
	         "accept\n"
	         "ada@example.com/root -> db: expected ALLOWED via check, got DENIED" },
	{ HEADSCALE_SSH("\"accept\":[\"root\"],\"deny\":[\"git\"]"), NULL },
	{ HEADSCALE_SSH("\"accept\":[]"),
	  FAILED "ada@example.com: no accept, deny, or check assertions specified" },
	{ HEADSCALE("\"sshTests\":[" SSH_TEST("ada@example.com", "\"tag:none\"",
	                                      "\"accept\":[\"root\",\"git\"]") "]"),
	  FAILED "ada@example.com: dst alias \"tag:none\" resolved to no nodes" },
	{ HEADSCALE("\"sshTests\":[" SSH_TEST(
		  "", "\"tag:db\"",
		  "\"accept\":[\"root\"]") "," SSH_TEST("ada@example.com", "",
	                                                "\"accept\":[\"root\"]") "]"),
	  FAILED "sshTest 0: SSH tests entry must have a non-empty src\n"
	         "sshTest 1: SSH tests entry must have at least one dst" },
};

static void
headscales_words_are_given_where_they_are_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
		small_start_for(&small, told[i].policy, SMALL_PEOPLE,
		                TARGET_HEADSCALE_0_29);
		claims_raise(claims_judge(&small.arena, small.filter), &small.findings);
		assert_true(small.findings.n_errors > 0);
		const char *words = findings_first_error(&small.findings)->coordinator;
		if (told[i].words && words)
			assert_string_equal(words, told[i].words);
		else if (told[i].words || words)
			fail_msg("%s: %s", told[i].policy, words ? words : "nothing");
		small_end(&small);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_rules_say_is_so),
		cmocka_unit_test(an_accept_is_for_all_sources_and_a_deny_for_none),
		cmocka_unit_test(who_is_nobody_has_no_tests),
		cmocka_unit_test(a_rule_that_covers_an_address_suffices_whoever_has_it),
		cmocka_unit_test(destinations_have_one_address_and_one_port),
		cmocka_unit_test(without_a_protocol_tcp_is_meant),
		cmocka_unit_test(grants_by_way_of_a_router_do_not_count),
		cmocka_unit_test_teardown(families_do_not_meet, finish),
		cmocka_unit_test_teardown(
			headscales_deny_is_content_where_not_all_sources_get_there,
			finish),
		cmocka_unit_test(whose_an_address_is_nobody_knows_without_an_inventory),
		cmocka_unit_test(who_is_an_admin_nobody_knows_without_an_inventory),
		cmocka_unit_test(what_an_inventory_does_not_tell_is_unknown_too),
		cmocka_unit_test(self_is_between_the_machines_of_one),
		cmocka_unit_test(
			what_may_be_routed_in_the_tailnet_may_be_none_of_the_internets),
		cmocka_unit_test_teardown(
			a_tests_source_has_the_attributes_that_the_test_says, finish),
		cmocka_unit_test(logins_are_claimed_of_the_ssh_rules),
		cmocka_unit_test(logins_of_nobody_fail),
		cmocka_unit_test(destinations_may_be_nobodys),
		cmocka_unit_test(services_are_reached_by_their_name_and_as_everything),
		cmocka_unit_test(one_of_the_destinations_is_enough_if_it_is_there),
		cmocka_unit_test_teardown(logins_that_fail_are_raised_too, finish),
		cmocka_unit_test_teardown(unnamed_users_are_each_their_own, finish),
		cmocka_unit_test_teardown(failures_are_raised_in_the_coordinators_words,
		                          finish),
		cmocka_unit_test_teardown(
			headscale_tells_each_failure_and_older_ones_run_no_tests, finish),
		cmocka_unit_test(headscales_words_are_given_where_they_are_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
