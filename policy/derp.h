#ifndef ACLC_POLICY_DERP_H
#define ACLC_POLICY_DERP_H

/*
 * The relays of a tailnet: a policy's derpMap, or a file of its own
 * (spec/policy-syntax.md section 13).
 */

#include "policy/fields.h"
#include "policy/policy.h"

/* Reads a derp map, which is not null. Raises what is wrong with its
 * structure. */
struct derp_map *derp_read(struct reader *, const struct node *);

/* Raises what relays and clients could not use, and what is probably not
 * meant. */
void derp_judge(struct arena *, struct tree *, const struct derp_map *,
                struct findings *);

#endif
