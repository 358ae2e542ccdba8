#ifndef ACLC_CLI_BASELINE_H
#define ACLC_CLI_BASELINE_H

/*
 * Findings that were there already: a file with their keys, which hold no line
 * numbers, so that it stays true when lines move.
 */

#include "cli/report.h"

/* Leaves out of the report what the baseline of that path has. Errors stay. false:
 * it cannot be read, and it was said. */
bool baseline_subtract(struct run *, const char *path, struct reporting *);

/* Writes what is reported as the baseline of that path. false: it cannot, and it
 * was said. */
bool baseline_write(struct run *, const char *path, const struct reporting *);

#endif
