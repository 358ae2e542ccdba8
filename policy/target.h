#ifndef ACLC_POLICY_TARGET_H
#define ACLC_POLICY_TARGET_H

/* What each coordinator takes, ignores, reads differently and refuses: the
 * table of policy/target.def (spec/headscale-versions.md). */

#include <stdbool.h>
#include <stddef.h>

#include "grammar/text.h"

struct arena;

/* The coordinators a policy can be for, Headscale's releases oldest first:
 * TARGET_TAILSCALE, TARGET_HEADSCALE_0_22 … */
enum target {
#define TARGET(name, id, released) TARGET_##name,
#include "policy/target.def"
	TARGET_N,
};

#define TARGET_HEADSCALE_NEWEST ((enum target)(TARGET_N - 1))

/* "tailscale", "headscale" (the newest), "headscale-0.26" …; false when
 * there is no such target. */
bool target_parse(struct text, enum target *);

/* "headscale-0.26". */
const char *target_name(enum target);

/* What to say behind a name that is no target: "; did you mean headscale-0.28?", or,
 * where none is nearest, which ones there are. In the arena. */
const char *target_meant(struct arena *, struct text name);

/* What not all of them take alike: FEATURE_GRANTS … */
enum feature {
	FEATURE_NONE,
#define FEATURE(name, ...) FEATURE_##name,
#include "policy/target.def"
	FEATURE_N,
};

/* What a target does with a feature. */
enum support {
	TAKES,
	IGNORES, /* accepted, and ignored without a word */
	DIFFERS, /* accepted, and read differently */
	REFUSES,
	BELOW, /* it stands in what is ignored or refused as a whole */
};

/* What follows from being ignored or read differently. */
enum consequence { WIDER, NARROWER, OTHERWISE };

/* One row of the table. */
struct feature_row {
	const char *id;   /* "src-posture" */
	const char *what; /* "srcPosture": what is ignored, read, refused */
	const char *said; /* what follows, for IGNORES and DIFFERS */
	enum consequence consequence;
	enum support by[TARGET_N];
};

const struct feature_row *feature_row(enum feature);

/* TAKES for FEATURE_NONE. */
enum support target_support(enum target, enum feature);

/* "wider", "narrower", "other". */
const char *consequence_name(enum consequence);

/* The releases of Headscale that take a feature, for a sentence: "headscale-0.29",
 * "headscale-0.26 to headscale-0.28, headscale-0.30", "headscale-0.26 and later",
 * "no release of headscale". In the arena. */
const char *feature_takers(struct arena *, enum feature);

/* "headscale-0.27 refuses grants (taken by headscale-0.29)". In the arena. */
const char *feature_refusal(struct arena *, enum target, enum feature);

/* Whether it refuses an object with the same key twice; the others let the
 * later one count. */
bool target_refuses_duplicates(enum target);

#endif
