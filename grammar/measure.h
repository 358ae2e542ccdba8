#ifndef ACLC_GRAMMAR_MEASURE_H
#define ACLC_GRAMMAR_MEASURE_H

/* Which arrays and objects get a line for each element: spec/hujson.md section
 * 4.2. For format.c. */

#include "grammar/hujson.h"

/* What a piece adds to a line: up to its first line end, and behind its last. */
struct width {
	unsigned char first, last;
	bool breaks;
};

struct measures {
	struct width *widths; /* by node */
	bool *expanded;       /* by node: one line for each element */
	bool standard;        /* no comments and no trailing commas inside the root */
};

struct measures measure(struct arena *, const struct tree *);

#endif
