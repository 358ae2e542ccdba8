#ifndef ACLC_POLICY_LOWER_H
#define ACLC_POLICY_LOWER_H

/*
 * A policy in the terms of another target, meaning the same there: what that
 * target lacks is resolved, what it reads differently is written so that it reads
 * what was meant. What cannot be said is never dropped in silence.
 */

#include <stdbool.h>

#include "policy/policy.h"
#include "policy/tailnet.h"

struct lowering {
	const struct policy *policy; /* without errors for its own target */
	/* Indexed, and approved for the policy; NULL where no inventory is known. What
	 * is resolved by it holds for the tailnet of today. */
	struct tailnet *tailnet;
	enum target target; /* whose terms to use */
	bool narrower;      /* leave out what cannot be said, which only narrows access */
};

/*
 * Writes the policy as HuJSON, in canonical form, with comments that tell where
 * each rule comes from. What cannot be said is an error in the findings, naming it
 * and what would be lost; or, if narrower, a warning of what is lost: whatever is
 * lost is left out as a whole, so that nothing is allowed that was not. The text is
 * of use where no error was found.
 */
struct text policy_lower(struct arena *, const struct lowering *, struct findings *);

#endif
