#ifndef ACLC_POLICY_TABLE_H
#define ACLC_POLICY_TABLE_H

/* The wire rules of each machine: a filter cut to it, merged and ordered as
 * the control plane does (spec/semantics.md sections 2 to 4 and 6). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/filter.h"
#include "policy/sieve.h"

/* One element of DstPorts. */
struct wire_dst {
	struct text ip; /* "100.64.0.1", "10.0.0.0/8", "*" */
	struct ports ports;
};

/* The rule that so many elements of DstPorts came from. */
struct wire_origin {
	const struct rule *rule; /* the first of its grant */
	size_t n_dst;
};

/* tailcfg.FilterRule. */
struct wire_rule {
	uint32_t src;               /* number of its source list: table_src_json */
	const struct rule *rule;    /* the first rule that went into it */
	int protocol;               /* of that rule */
	int protocols[2];           /* IPProto */
	size_t n_protocols;         /* 0: there is no IPProto */
	const struct wire_dst *dst; /* none in a capability rule */
	size_t n_dst;
	/* Where dst came from, in its order, each grant once; their n_dst make up its. */
	const struct wire_origin *origins;
	size_t n_origins;
	const struct text *cap_dst; /* Dsts of the one CapGrant; none in a network rule */
	size_t n_cap_dst;
};

struct wire_table {
	const struct wire_rule *rules;
	size_t n;
};

struct table;

/* Prepares: sources resolved to text, destinations to machines. */
struct table *table_make(struct arena *, struct filter *);

/* The rules of one machine; in scratch, valid until the caller resets it. */
struct wire_table table_of(struct table *, struct arena *scratch, uint32_t machine);

/* The number of distinct source lists; they are numbered from 0. */
size_t table_n_srcs(const struct table *);

/* SrcIPs as a JSON array, made once: `["100.64.0.1","fd7a:115c:a1e0::1"]`. */
struct text table_src_json(struct table *, uint32_t src);

/* How many strings a source list has, and the i-th. */
size_t table_src_length(const struct table *, uint32_t src);
struct text table_src_text(const struct table *, uint32_t src, size_t i);

/* The machines that a machine must know of, ascending, itself not among them, in
 * stretches of neighbours; *n gets how many of these. Good until it is asked again. */
const struct stretch *table_peers(struct table *, uint32_t machine, size_t *n);

#endif
