#ifndef ACLC_POLICY_IMPLY_H
#define ACLC_POLICY_IMPLY_H

/* What follows from what, among posture assertions. */

#include <stdbool.h>

#include "grammar/expression.h"

/*
 * Whether whatever satisfies one assertion satisfies the other: they say the
 * same; the one leaves only values for which the other holds; the one's bound is
 * the tighter.
 */
bool assertion_implies(const struct assertion *, const struct assertion *other);

#endif
