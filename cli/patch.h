#ifndef ACLC_CLI_PATCH_H
#define ACLC_CLI_PATCH_H

/* Two versions of a text, told apart line by line. */

#include <stdbool.h>

#include "cli/output.h"

/*
 * Writes what leads from old to new as a unified diff that `git apply` takes,
 * with three lines around each change; nothing where they are equal. Lines that
 * stand once in each text are matched first (as git's patience), so that the
 * cost is that of sorting the lines, whatever they are.
 */
void patch_write(struct output *, const char *name, struct text old, struct text new);

#endif
