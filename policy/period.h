#ifndef ACLC_POLICY_PERIOD_H
#define ACLC_POLICY_PERIOD_H

/* A checkPeriod as the targets read it (spec/headscale-versions.md 3.2): Go's
 * durations, Prometheus's ("1d", "1w2d"), or always. */

#include <stdbool.h>
#include <stdint.h>

#include "grammar/text.h"
#include "policy/target.h"

struct arena;

struct period {
	bool always;
	bool go, prometheus; /* who reads it */
	int64_t ns;          /* as Go reads it, or else Prometheus */
	const char *fault;   /* Go's message where Go does not read it */
};

/* The longest that is taken by most: 168h. */
#define PERIOD_MAX (INT64_C(168) * 3600 * 1000000000)

struct period period_parse(struct arena *, struct text);

/* What not all targets take of it; FEATURE_NONE where there is nothing of the
 * kind, or nobody reads it. */
enum feature period_feature(const struct period *);

#endif
