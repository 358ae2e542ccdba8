#ifndef ACLC_POLICY_HUSH_H
#define ACLC_POLICY_HUSH_H

/*
 * Findings that people have looked at and let stand: by a comment,
 *	// aclc: ignore ID[, ID]...[ until 2027-01-31], reason
 * at the end of a line for that line, on a line of its own for the value that
 * follows, all of it; or by an entry of `ignore` in the settings, for a path of
 * the policy and what is below it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grammar/comment.h"
#include "grammar/finding.h"

struct arena;
struct fixes;
struct settings;

struct hushes;

/* Whether what a comment says is meant for aclc. */
bool hush_is(struct text said);

/* What a policy's comments and the settings hush on that day (days since
 * 1970). Raises those that are not understood, name no check, give no reason or
 * are past their date. */
struct hushes *hushes_read(struct arena *, const struct tree *tree,
                           const struct settings *, int64_t today, struct findings *,
                           struct fixes *);

/* Whether a finding in the policy is hushed; marks what did it as used. Errors
 * never are. */
bool hushes_take(struct hushes *, const struct finding *);

/* Raises what hushed nothing, once all findings were taken. inventory: there
 * was one, so that checks that need one had their say. */
void hushes_finish(struct hushes *, bool inventory);

#endif
