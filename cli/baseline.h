#ifndef ACLC_CLI_BASELINE_H
#define ACLC_CLI_BASELINE_H

/*
 * Findings that were there already: a file with their keys, which hold no line
 * numbers, so that it stays true when lines move.
 */

#include "cli/report.h"

/* Adds the keys of the baseline of that path. false: it cannot be read, and it was
 * said. */
bool baseline_read(struct run *, const char *path, struct names *keys);

/* Leaves out of the report what has one of the keys. Errors stay. */
void baseline_subtract(struct reporting *, const struct names *keys);

/* Writes what is reported as the baseline of that path, but for errors. false: it
 * cannot, and it was said. */
bool baseline_write(struct run *, const char *path, const struct reporting *);

#endif
