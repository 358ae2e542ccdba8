#ifndef ACLC_GRAMMAR_PATH_H
#define ACLC_GRAMMAR_PATH_H

#include "grammar/hujson.h"

/* The value that a path leads to, as node_path writes it: grants[3].dst[0],
 * groups."group:eng"[0]; the empty path leads to the root. Names need no quotes
 * where they hold no dot and no bracket, and their case does not matter when no
 * member has theirs. NULL where nothing is. */
const struct node *node_by_path(const struct tree *, struct text path);

#endif
