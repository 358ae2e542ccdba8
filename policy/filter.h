#ifndef ACLC_POLICY_FILTER_H
#define ACLC_POLICY_FILTER_H

/*
 * A filter: what a policy allows in a tailnet, as rules; each rule
 * remembers the grant it came from. One rule is one source side, one
 * destination, one protocol: spec/semantics.md section 2, steps 1 to 7.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"
#include "policy/resolve.h"
#include "policy/tailnet.h"

enum rule_kind {
	RULE_NETWORK,   /* packets of a protocol to ports */
	RULE_APP,       /* the grant's app capabilities */
	RULE_COMPANION, /* what some capabilities bring along, the other way round */
};

struct rule {
	/* What each table that it is in goes through comes first. */
	enum rule_kind kind;
	int protocol; /* of RULE_NETWORK */
	bool self;    /* only between untagged machines of one owner */
	bool via;     /* only on routers with one of the grant's via tags */
	/* Another protocol of the rule before it, which says both on the wire: where
	 * the target means two by one word (dialect_protocols). */
	bool shadow;
	const struct ports *ports; /* in policy order, as listed */
	size_t n_ports;
	const struct grant
		*grant; /* its origin; NULL where acls and grants are both missing */
	const struct party *src,
		*dst; /* hash-consed: equal parties of a filter are one object */
	const struct selector *
		target; /* the destination as written; NULL with several, or without a grant */
	const char *companion; /* of RULE_COMPANION: the capability; its value is null */
	const struct words *
		postures; /* imagined tailnet only: the source must satisfy one; else NULL.
	                                   In a real one src is already narrowed to those that do. */
};

struct filter {
	struct arena *arena;
	const struct policy *policy;
	struct tailnet *tailnet;
	struct rule *rules; /* in emission order */
	size_t n_rules;
	size_t n_parties;             /* distinct ones, numbered from 0 */
	const struct party **of_word; /* by policy_word: what its rules name; else NULL */
};

/*
 * Compiles a policy without errors for a tailnet that tailnet_index and
 * tailnet_approve have seen. The cost follows the policy and the sizes of the
 * distinct sets, never machines × rules.
 */
struct filter *filter_compile(struct arena *, const struct policy *, struct tailnet *);

/* What a word of a src or dst names; those of the rules are not resolved again. */
struct party filter_party(const struct filter *, const struct selector *);

/* The postures of which the sources of a rule must satisfy one: its own list,
 * else the policy's default, else NULL. For grants, acls and ssh alike. */
const struct words *postures_in_force(const struct policy *, const struct words *own);

#endif
