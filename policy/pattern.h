#ifndef ACLC_POLICY_PATTERN_H
#define ACLC_POLICY_PATTERN_H

/* Patterns that people write for names in their settings: PCRE2, on the whole
 * name, with bounds on what a match may cost. */

#include <stddef.h>

#include "grammar/text.h"

struct arena;
struct pattern;

/* Compiles a pattern into the arena. NULL: it is none; *why is PCRE2's own
 * sentence, *where the byte of the pattern at fault. */
struct pattern *pattern_compile(struct arena *, struct text, const char **why,
                                size_t *where);

enum pattern_match {
	PATTERN_DIFFERS,
	PATTERN_MATCHES,
	PATTERN_TOO_COSTLY, /* the bounds were reached: not known */
};

enum pattern_match pattern_match(const struct pattern *, struct text name);

#endif
