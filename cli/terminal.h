#ifndef ACLC_CLI_TERMINAL_H
#define ACLC_CLI_TERMINAL_H

/* What the terminal is like, and the progress shown on it. */

#include <stddef.h>

struct run;

/* Settles whether the outputs of a run are coloured (--color, NO_COLOR,
 * CLICOLOR_FORCE, TERM, and what they are connected to), how wide they are,
 * and whether a CI runner would obey what is written. */
void terminal_settle(struct run *);

/* Says what is being done; shown on standard error when the run takes longer
 * than a second, if that is a terminal and nobody asked for quiet. what stays
 * the caller's and must be a constant. */
void progress_tell(const char *what);

/* How much of it is done. */
void progress_count(size_t done, size_t all);

/* Takes it off the terminal, before anything else is written there. */
void progress_clear(void);

#endif
