#ifndef ACLC_POLICY_TARGET_H
#define ACLC_POLICY_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "grammar/text.h"

/* The coordinators a policy can be for, Headscale's releases oldest first. */
enum target {
	TARGET_TAILSCALE,
	TARGET_HEADSCALE_0_22,
	TARGET_HEADSCALE_0_23,
	TARGET_HEADSCALE_0_24,
	TARGET_HEADSCALE_0_25,
	TARGET_HEADSCALE_0_26,
	TARGET_HEADSCALE_0_27,
	TARGET_HEADSCALE_0_28,
	TARGET_HEADSCALE_0_29,
	TARGET_N,
};

#define TARGET_HEADSCALE_NEWEST TARGET_HEADSCALE_0_29

/* "tailscale", "headscale" (the newest), "headscale-0.26" …; false when
 * there is no such target. */
bool target_parse(struct text, enum target *);

/* "headscale-0.26". */
const char *target_name(enum target);

/* Whether it refuses an object with the same key twice; the others let the
 * later one count (spec/headscale-versions.md 3.1). */
bool target_refuses_duplicates(enum target);

#endif
