#ifndef ACLC_CLI_FILE_H
#define ACLC_CLI_FILE_H

/* Files read whole, and files replaced whole or not at all. */

#include <stdbool.h>

#include "cli/cli.h"

/* Reads all of the file of that path; "-" is standard input. The bytes are in
 * the arena. false: errno says why (EISDIR for a folder, EFBIG for one larger
 * than SOURCE_MAX). */
bool file_read(struct arena *, const char *path, struct text *bytes);

/* Reads to the end of what is open, wherever that is: a file may grow or shrink
 * meanwhile. errno as above. */
bool descriptor_read(struct arena *, int fd, struct text *bytes);

/* Replaces the file of that path, or makes it: written beside, flushed to disk,
 * renamed; its mode and the symbolic links that lead to it are kept. false: it
 * is as it was, and errno says why. */
bool file_replace(const char *path, struct text bytes);

/* Sends the answer where --output says. false: it cannot, and it was said. */
bool output_redirect(struct run *);

/* The answer is not to be written after all: a file named by --output stays
 * as it was. */
void output_abandon(struct run *);

/*
 * The end of the answer: everything is written out, and a file named by
 * --output takes the place of the old one unless the run is at fault or the
 * answer was abandoned. Returns the status, STATUS_BAD_RUN where writing failed.
 */
enum status output_finish(struct run *, enum status);

#endif
