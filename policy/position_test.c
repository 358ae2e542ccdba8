#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/position.h"

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

/* Where each may stand: src and dst of acls and grants, of ssh rules, targets,
 * owners, approvers, members, steps, via, tests' src and dst, sshTests' dst. */
static const struct {
	const char *word;
	enum position taken[POSITION_N];
	size_t n;
} rows[] = {
#define AT(...) { __VA_ARGS__ }, LENGTH(((enum position[]) { __VA_ARGS__ }))
#define RULES POSITION_ACL_SRC, POSITION_GRANT_SRC, POSITION_ACL_DST, POSITION_GRANT_DST
#define TESTS POSITION_TEST_SRC, POSITION_TEST_DST, POSITION_SSH_TEST_DST
#define NODES POSITION_TARGET, POSITION_OWNER, POSITION_APPROVER
	{ "*", AT(RULES, POSITION_TARGET, POSITION_PEER) },
	{ "a@example.com",
	  AT(RULES, POSITION_SSH_SRC, POSITION_SSH_DST, NODES, POSITION_MEMBER, TESTS) },
	{ "user:*@example.com",
	  AT(RULES, POSITION_SSH_SRC, POSITION_OWNER, POSITION_APPROVER) },
	{ "group:a", AT(RULES, POSITION_SSH_SRC, NODES, TESTS) },
	{ "group:a@example.com", AT(RULES, POSITION_SSH_SRC, NODES, TESTS) },
	{ "tag:a", AT(RULES, POSITION_SSH_SRC, POSITION_SSH_DST, NODES, POSITION_VIA,
	              POSITION_HOSTER, POSITION_RECORDER, TESTS, POSITION_PEER) },
	{ "host", AT(RULES, POSITION_TARGET, POSITION_STEP, TESTS) },
	{ "10.0.0.1", AT(RULES, POSITION_TARGET, POSITION_STEP, TESTS) },
	{ "10.0.0.1-10.0.0.9", AT(POSITION_STEP) },
	{ "ipset:a", AT(RULES, POSITION_STEP) },
	{ "svc:a", AT(POSITION_ACL_DST, POSITION_GRANT_DST, POSITION_TEST_DST) },
	{ "autogroup:member", AT(RULES, POSITION_SSH_SRC, NODES, TESTS) },
	{ "autogroup:members", AT(RULES, POSITION_SSH_SRC, NODES, TESTS) },
	{ "autogroup:billing-admin", AT(RULES, POSITION_SSH_SRC, NODES, TESTS) },
	{ "autogroup:tagged",
	  AT(RULES, POSITION_SSH_SRC, POSITION_SSH_DST, NODES, TESTS) },
	{ "autogroup:self", AT(POSITION_ACL_DST, POSITION_GRANT_DST, POSITION_SSH_DST) },
	{ "autogroup:internet", AT(POSITION_ACL_DST, POSITION_GRANT_DST, POSITION_STEP) },
	{ "autogroup:shared",
	  AT(POSITION_ACL_SRC, POSITION_GRANT_SRC, POSITION_TEST_SRC) },
	{ "autogroup:danger-all", AT(POSITION_ACL_SRC, POSITION_GRANT_SRC) },
	{ "autogroup:nonroot", { POSITION_ACL_SRC }, 0 },
	{ "autogroup:bogus", { POSITION_ACL_SRC }, 0 },
	{ "localpart:*@example.com", { POSITION_ACL_SRC }, 0 },
	{ "", { POSITION_ACL_SRC }, 0 },
};

static void
each_selector_stands_where_it_may_and_nowhere_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct selector selector = selector_parse(text_of(rows[i].word));
		for (size_t p = 0; p < POSITION_N; p++) {
			bool expected = false;
			for (size_t k = 0; k < rows[i].n; k++)
				expected = expected || rows[i].taken[k] == p;
			if (position_takes((enum position)p, &selector) != expected)
				fail_msg("%s in %s", rows[i].word,
				         position_name((enum position)p));
		}
	}
}

static void
each_position_has_a_name_and_says_what_it_takes(void **state)
{
	(void)state;
	for (size_t p = 0; p < POSITION_N; p++) {
		assert_true(strlen(position_name((enum position)p)) > 0);
		assert_true(strlen(position_wants((enum position)p)) > 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_selector_stands_where_it_may_and_nowhere_else),
		cmocka_unit_test(each_position_has_a_name_and_says_what_it_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
