#ifndef ACLC_POLICY_CLAIM_SHAPE_H
#define ACLC_POLICY_CLAIM_SHAPE_H

/*
 * What makes a test of the policy no test at all, whatever the rules say
 * (spec/policy-syntax.md 11 and 12, spec/semantics.md 10). Who names nobody in
 * a tailnet is another question: claim.h's. The coordinator's words for all of
 * these are `test(s) failed`, but for ssh_test_refusal; they are raised as
 * CHECK_INVALID_TEST.
 */

#include <stdbool.h>

#include "policy/policy.h"

struct arena;

/* What judging the shapes of a policy's tests needs; made once for all. */
struct shape;

struct shape *shape_of(struct arena *, const struct policy *);

/* What is wrong, and where. */
struct shape_fault {
	struct span where;
	const char *said; /* one sentence, in the arena */
	/* Headscale's words for it, behind which test it is (spec/errors.md section
	 * 3); NULL where they are not known. */
	const char *words;
	bool late; /* which it says when it runs the test, behind its source */
};

/* The test as a whole: its src is missing, undefined or of a kind that tests
 * do not take; no claims; a protocol without ports. True when there is a
 * fault. A test that could not be read (good is false) has been told, and has
 * none. */
bool test_fault(struct shape *, const struct test *, struct shape_fault *);

/* An element of its accept or deny: no port, or not just one; no single
 * address; undefined. */
bool test_destination_fault(struct shape *, const struct destination *,
                            struct shape_fault *);

/* An sshTest as a whole: its src, no dst, no claims. */
bool ssh_test_fault(struct shape *, const struct ssh_test *, struct shape_fault *);

/* An element of its dst. */
bool ssh_test_destination_fault(struct shape *, const struct selector *,
                                struct shape_fault *);

/* An element of its accept, deny or check: an empty login. */
bool ssh_test_login_fault(struct shape *, const struct word *, struct shape_fault *);

/* The coordinator's words for an element of an sshTest's dst that is refused
 * before any test runs, with %q for the element; NULL for all others. These
 * are raised by policy_validate. */
const char *ssh_test_refusal(const struct policy *, const struct selector *);

#endif
