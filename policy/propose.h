#ifndef ACLC_POLICY_PROPOSE_H
#define ACLC_POLICY_PROPOSE_H

/*
 * Tests that pin down what a policy allows and denies today: for each rule a
 * claim that only it fulfils where there is one, as few as cover all of them,
 * with denials beside them. What they say is judged by probe.h before it is
 * proposed, so that every one of them passes.
 */

#include <stddef.h>

#include "policy/filter.h"

/* One element of tests to propose. */
struct proposal {
	struct text src;
	struct text proto;         /* empty: none */
	const struct text *accept; /* "tag:db:5432" */
	const struct text *deny;
	size_t n_accept, n_deny;
};

/* One element of sshTests to propose. */
struct ssh_proposal {
	struct text src;
	const struct text *dst;
	const struct text *accept, *check, *deny; /* logins */
	size_t n_dst, n_accept, n_check, n_deny;
};

struct proposals {
	const struct proposal *tests;
	size_t n_tests;
	const struct ssh_proposal *ssh_tests;
	size_t n_ssh_tests;
	size_t n_rules,
		n_covered; /* rules that tests can speak of; of those, with a test */
};

/* Proposes what the policy's own passing tests do not say already. */
struct proposals *proposals_make(struct arena *, struct filter *);

#endif
