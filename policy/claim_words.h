#ifndef ACLC_POLICY_CLAIM_WORDS_H
#define ACLC_POLICY_CLAIM_WORDS_H

/* What Headscale says of the tests that fail, each a line (spec/errors.md section
 * 3). NULL where its words are not known. */

#include "policy/claim.h"
#include "policy/claim_shape.h"

struct arena;

/* Of a test that is none, or an element of it: the claim's. */
const char *claim_words_of_fault(struct arena *, const struct claim *,
                                 const struct shape_fault *);

/* Of a source that names nobody, and of a destination that does. */
const char *claim_words_of_source(struct arena *, const struct claim *);
const char *claim_words_of_destination(struct arena *, const struct claim *);

/* Of a claim that failed, its answer given. host is the one machine that an
 * sshTest is about; NULL: there are several, or it is not known. */
const char *claim_words_of_failure(struct arena *, const struct claim *,
                                   const struct machine *host);

/* All lines together. */
const char *claims_words(struct arena *, const struct claims *);

#endif
