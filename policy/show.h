#ifndef ACLC_POLICY_SHOW_H
#define ACLC_POLICY_SHOW_H

#include "grammar/text.h"

struct arena;

/* What was written, for a sentence of ours: as it is; quoted as Go's %q where
 * it is empty, or has characters that do not show; cut where it is long. */
const char *text_show(struct arena *, struct text);

/* The text with its ASCII letters small. */
struct text text_lower(struct arena *, struct text);

#endif
