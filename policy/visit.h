#ifndef ACLC_POLICY_VISIT_H
#define ACLC_POLICY_VISIT_H

/* Every selector of a policy, with the place where it stands. */

#include "policy/policy.h"
#include "policy/position.h"

struct mention {
	const struct selector *selector;
	enum position position;
	/* What it stands in; the others are NULL. */
	const struct grant *grant;
	const struct destination *destination; /* of its dst */
	const struct ssh_rule *ssh;
	const struct tag *tag;
	const struct ipset *ipset;
	const struct node_attr *attr;
	const struct test *test;
	const struct ssh_test *ssh_test;
};

/* Calls visit for each, definitions first, then rules, then tests. */
void selectors_visit(const struct policy *,
                     void (*visit)(const struct mention *, void *context), void *context);

#endif
