#ifndef ACLC_POLICY_ATTRS_H
#define ACLC_POLICY_ATTRS_H

/*
 * What nodeAttrs and the network-wide options add to the capability map of each
 * machine (spec/semantics.md 7, spec/wire-format.md 7): attributes with the
 * value null, funnel with its two companions, the values of app (app
 * connectors) as written; randomizeClientPort, disableIPv4 and OneCGNATRoute as
 * the attributes that do the same. ipPool brings no capability. What every
 * machine has whatever the policy says is not here.
 */

#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"
#include "policy/tailnet.h"

/* One member of CapMap. */
struct cap {
	struct text name;
	const struct node *const
		*values; /* of app, in order; written with hujson_minimize */
	size_t n_values;
	bool null; /* no app gives it: the value is null, not [] */
};

/* A capability map, by name in byte order, each name once. */
struct cap_map {
	const struct cap *at;
	size_t n;
};

struct attrs;

/* Compiles nodeAttrs of a policy without errors for a tailnet that
 * tailnet_index has seen. Never NULL. The cost follows the section and the
 * sizes of the sets it names, not machines × entries. */
struct attrs *attrs_compile(struct arena *, const struct policy *, struct tailnet *);

/* The number of a machine's map: machines with equal maps share one, so that
 * its text need be made once. */
uint32_t attrs_of(const struct attrs *, uint32_t machine);

/* Maps are numbered from 0; the 0th is empty. */
size_t attrs_n(const struct attrs *);

struct cap_map attrs_map(const struct attrs *, uint32_t map);

#endif
