#ifndef ACLC_CLI_SIGNALS_H
#define ACLC_CLI_SIGNALS_H

/* What a signal that ends the run leaves behind: nothing. */

/* Called once, first. A closed pipe is a write that fails, not a signal. */
void signals_start(void);

/* The file that is removed should a signal end the run; NULL: none. The path
 * stays the caller's. */
void signals_doom(const char *path);

#endif
