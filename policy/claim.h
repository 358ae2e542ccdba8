#ifndef ACLC_POLICY_CLAIM_H
#define ACLC_POLICY_CLAIM_H

/*
 * The policy's own tests and sshTests, each put to probe.h and judged as the
 * coordinator does (spec/semantics.md 10 and 11.8). Called claims, so that a
 * test means one of ours. On an imagined tailnet a claim that truly depends on
 * the machines is CLAIM_UNKNOWN, never passed.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/filter.h"
#include "policy/probe.h"

enum claim_kind {
	CLAIM_ACCEPT,
	CLAIM_DENY,
	CLAIM_CHECK, /* of sshTests */
	CLAIM_SHAPE, /* not a claim at all: what is wrong with the test as a whole */
};

enum claim_verdict {
	CLAIM_PASSED,
	CLAIM_UNKNOWN, /* depends on the machines: not passed, and not failed */
	CLAIM_FAILED,  /* what it says is not so */
	CLAIM_INVALID, /* it cannot be judged: the coordinator fails it too */
};

/* One element of accept, deny or check; in sshTests, one for each dst. */
struct claim {
	enum section section; /* SECTION_TESTS or SECTION_SSH_TESTS */
	uint32_t test;        /* its place there: tests[3] */
	enum claim_kind kind;
	uint32_t element;  /* its place in accept, deny or check */
	struct text src;   /* as written */
	struct text dst;   /* as written, with its port in tests */
	struct text login; /* of sshTests */
	int protocol;      /* of tests; PROTOCOL_ANY */
	struct span where; /* of the claim's element in the source */
	enum claim_verdict verdict;
	const char *
		why; /* one sentence: the rule that decided, or what is missing or wrong */
	/* Of what failed or is none: Headscale's line, NULL where it is not known; and
	 * whether it says that of the policy before it runs any test. */
	const char *words;
	bool early;
	const struct grant *grant;  /* the rule that why is about; NULL: none */
	const struct ssh_rule *ssh; /* of sshTests */
	/* The rules that decided (of an accept that holds, or a deny that does
	 * not), or the nearest misses. */
	const struct answer *answer;         /* of tests, or NULL */
	const struct ssh_answer *ssh_answer; /* of sshTests, or NULL */
};

struct claims {
	const struct policy *policy;
	const struct claim *at; /* tests, then sshTests, each in policy order */
	size_t n;
	size_t n_passed, n_unknown, n_failed, n_invalid; /* n in all */
};

/*
 * Judges all tests of the filter's policy, which must be without errors. The
 * postures of a test's source are its srcPostureAttrs, never its machines'.
 * Costs nothing where there are no tests.
 */
struct claims *claims_judge(struct arena *, struct filter *);

/* The same for who asks only why claims did not pass: the others have no why, and
 * their hits no sentences. */
struct claims *claims_judge_briefly(struct arena *, struct filter *);

/*
 * Raises an error for each claim that failed (test-fails) or is none
 * (invalid-test), in the coordinator's words where its target runs the tests at
 * all: others raise nothing. What is unknown is not raised.
 */
void claims_raise(const struct claims *, struct findings *);

#endif
