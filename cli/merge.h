#ifndef ACLC_CLI_MERGE_H
#define ACLC_CLI_MERGE_H

/* Proposed tests as HuJSON: to be pasted, or put into the policy's own text,
 * of which not a byte is changed beside them. */

#include "cli/output.h"
#include "grammar/hujson.h"
#include "policy/propose.h"

/* `"tests": [ … ],` and `"sshTests": [ … ],`, as members of a policy. */
void proposals_write(struct output *, const struct proposals *);

/*
 * The policy's text with the proposals in it: appended to its tests and
 * sshTests, or as new sections at its end; indented, and with or without last
 * commas, as its own lines are. In the arena. The tree must not be broken.
 */
struct text proposals_merge(struct arena *, const struct tree *,
                            const struct proposals *);

#endif
