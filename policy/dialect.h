#ifndef ACLC_POLICY_DIALECT_H
#define ACLC_POLICY_DIALECT_H

/*
 * What a target makes of a policy that it takes: how it understands words, and
 * how the filter looks that it sends (spec/headscale-versions.md 3.2 and 3.3).
 * filter_compile, tailnet_approve and table_make follow the target of the policy
 * that they are given, so that two targets of one text are compared by compiling
 * it twice: policy_read once for each target, of the same tree.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/target.h"

struct grant;
struct policy;
struct selector;
struct tailnet;

/* How the names of users are understood. */
enum naming {
	USERS_BY_LOGIN, /* ada@example.com */
	USERS_BARE,     /* ada; members of groups are cut to that (strip_email_domain) */
	USERS_ANYHOW,   /* a name, an e-mail address or an identity at the provider */
	USERS_WITH_AT,  /* the same, with an @ in it, which may be the last of it: ada@ */
};

/* Whether an address brings the other addresses of its machine along. */
enum family {
	FAMILY_NONE,
	FAMILY_FIRST, /* of the machine that has the first address of the prefix */
	FAMILY_ALL,   /* of every machine with an address in the prefix */
};

/* The facts of a target; the FACT rows of policy/target.def. */
struct dialect {
	bool merges; /* rules of equal sources and protocol become one, whatever acl they
	                are from; otherwise each acl is a rule (spec/semantics.md 2.7) */
	bool sorts;  /* destinations of an acl by kind (spec/semantics.md 2.3);
	                otherwise autogroup:self alone goes last */
	/* Sources and destinations are sets of addresses, written as prefixes, always
	 * with their length; otherwise lists of what was named. */
	bool flat;
	enum family other_family;
	/* The routes of a machine for which it keeps destinations. */
	bool advertised, approved;
	enum naming users;
	bool words; /* its messages are those of spec/errors.md section 3 */
};

const struct dialect *dialect_of(enum target);

/* Whether it is one of Headscale's. */
static inline bool
target_is_headscale(enum target target)
{
	return target != TARGET_TAILSCALE;
}

/* What kind of selector is not taken everywhere: FEATURE_IPSET … Where it
 * stands is another question. */
enum feature selector_feature(const struct selector *);

/* Whether a selector names anything on the target of a policy that was taken:
 * it is not one that is ignored. */
bool selector_counts(enum target, const struct selector *);

/* The number of the user so named, or USER_NONE. member: in a group. */
uint32_t dialect_user(enum target, const struct tailnet *, struct text name, bool member);

/* Whether a rule is for autogroup:self; whether one for ssh is. */
bool policy_names_self(const struct policy *);
bool policy_names_self_in_ssh(const struct policy *);

/* Whether the policy says nothing about access, and what the target makes of it
 * is that everything may reach everything. */
bool dialect_is_open(const struct policy *);

/*
 * Whether a group or user as a source names nobody where one of its users is not
 * known, and whether that is not so of a selector.
 */
bool dialect_is_wary(const struct policy *);
bool dialect_knows(const struct policy *, const struct tailnet *,
                   const struct selector *);

/*
 * The protocols of a rule, as many as the target sends for the one written: none
 * for those that clients take themselves (TCP, UDP, ICMP), or one or two.
 */
size_t dialect_protocols(const struct policy *, const struct grant *, int protocol,
                         int out[2]);

/* Reads bare words as the users that they are for some targets. The last step of
 * policy_read. */
void dialect_adapt(struct policy *);

#endif
