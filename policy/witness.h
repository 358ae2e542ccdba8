#ifndef ACLC_POLICY_WITNESS_H
#define ACLC_POLICY_WITNESS_H

/* Who can speak for a selector in a test: names and addresses that tests take,
 * and that the tailnet has. */

#include "policy/filter.h"

/* At most so many witnesses are called for one selector. */
#define WITNESSES_MAX 6

struct witnesses {
	struct text at[WITNESSES_MAX];
	size_t n;
};

/* Users and tags that the tailnet has, to stand for everybody. */
struct pool {
	struct text users[WITNESSES_MAX], tags[WITNESSES_MAX];
	size_t n_users, n_tags;
};

struct pool pool_of(const struct policy *, const struct tailnet *);

/* For a source. None where nobody can: a role without an inventory. */
struct witnesses source_witnesses(struct arena *, const struct policy *, struct tailnet *,
                                  const struct pool *, const struct selector *);

/* For a destination, an address as a test writes it: "[fd7a::1]". For
 * autogroup:self it is the source itself. */
struct witnesses destination_witnesses(struct arena *, const struct policy *,
                                       struct tailnet *, const struct pool *,
                                       const struct selector *, struct text src);

/* Ports of a range to ask about, from 1 on: both ends, or the usual ones. */
size_t port_witnesses(struct ports, uint16_t out[4]);

/*
 * Attributes that satisfy one of the postures: false where none of them can be
 * satisfied by values read off its assertions.
 */
bool posture_witness(struct arena *, const struct policy *, const struct words *postures,
                     struct attributes *);

#endif
