#ifndef ACLC_POLICY_TERMS_H
#define ACLC_POLICY_TERMS_H

/* A policy's rules in its own terms, without anybody's machines: users, tags,
 * autogroups and prefixes; groups, hosts and ipsets flattened away. */

#include <stddef.h>

#include "policy/policy.h"

struct term_list {
	struct text *at; /* each once, in policy order */
	size_t n, cap;
};

/* One rule: of a grant, or of the destinations of an acl that have the same
 * ports. */
struct term {
	const struct grant *grant; /* NULL where acls and grants are both missing */
	struct term_list src, dst;
	struct term_list ip;          /* "*", "22", "tcp:80-443"; none with app alone */
	const struct words *postures; /* in force, or NULL; app and via are the grant's */
};

struct terms {
	struct term *at;
	size_t n, cap;
};

/* Rules that name nobody, or nothing, are left out: they allow nothing. */
struct terms terms_of(struct arena *, const struct policy *);

#endif
