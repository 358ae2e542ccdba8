#ifndef ACLC_POLICY_PROPOSE_H
#define ACLC_POLICY_PROPOSE_H

/*
 * Tests that pin down what a policy allows and denies today: a claim for each
 * rule that tests can speak of, one that this rule alone fulfils where there is
 * one, and beside each grant denials that it comes close to. Every claim is
 * judged before it is proposed, so that all of them pass; and what the policy's
 * own passing tests say already is not said again.
 */

#include <stddef.h>

#include "policy/filter.h"

/* Texts, each once. */
struct sayings {
	struct names names; /* texts[0 .. n-1] */
};

/* One element of tests. */
struct proposal {
	struct text src;
	int protocol; /* PROTOCOL_ANY: none said */
	struct attributes attributes;
	struct sayings accept, deny; /* "tag:db:5432" */
};

/* One element of sshTests. */
struct ssh_proposal {
	struct text src, dst;
	struct attributes attributes;
	struct sayings accept, check, deny; /* logins */
};

struct proposals {
	struct proposal *tests;
	size_t n_tests;
	struct ssh_proposal *ssh_tests;
	size_t n_ssh_tests;
	size_t n_rules;   /* that tests can speak of: of acls, grants and ssh */
	size_t n_covered; /* of those, with a claim, proposed or there already */
};

struct proposals *proposals_make(struct arena *, struct filter *);

#endif
