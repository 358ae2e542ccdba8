#ifndef ACLC_POLICY_CONDITION_H
#define ACLC_POLICY_CONDITION_H

/* A policy as it is for a source whose posture attributes are given: its rules
 * either ask for no posture that the source lacks, and then for none at all, or
 * have no sources (spec/policy-syntax.md 5.4, 11 and 12). */

#include <stdbool.h>
#include <stddef.h>

#include "policy/policy.h"

/* Whether any grant, acl or ssh rule asks for a posture. */
bool policy_asks_postures(const struct policy *);

/* A copy for a source with just these attributes. What it names is shared with
 * the original, down to the nodes; grants and ssh rules keep their places. */
const struct policy *policy_under(struct arena *, const struct policy *,
                                  const struct attributes *);

struct tailnet;

/*
 * A copy in which everybody with a user is one of those whom the policy names
 * in a way that a real tailnet cannot be asked about: members of synced groups,
 * and of roles where the inventory tells none. NULL where there is nothing of
 * the kind. What it allows may be allowed.
 */
const struct policy *policy_optimistic(struct arena *, const struct policy *,
                                       const struct tailnet *);

/* A copy that asks nobody for a posture. */
const struct policy *policy_unconditional(struct arena *, const struct policy *);

#endif
