#ifndef ACLC_GRAMMAR_WALK_H
#define ACLC_GRAMMAR_WALK_H

/* Going through an array or object with the blanks and comments around what is
 * in it, as spec/hujson.md section 3 has them. For format.c and measure.c. */

#include <string.h>

#include "grammar/hujson.h"
#include "grammar/scan.h"

/* Names and values by turns, or elements. Comments alone keep what is behind
 * a name or value: blanks there are as good as nothing (section 4.1). */
struct walk {
	const struct tree *tree;
	const struct node *parent, *next, *child;
	const char *at;
	size_t number; /* of the member or element */
	bool is_name;  /* child is one */
	bool is_last;  /* what follows is the end */
	struct text before, after;
	struct text inside; /* before the closing bracket; known at the last */
};

struct walk walk_start(const struct tree *, const struct node *parent);

/* On to the first or next child; false when there is none. */
bool walk_on(struct walk *);

/* Whether blanks and comments have a comment in them. */
static inline bool
has_comment(struct text extra)
{
	return extra.len > 0 &&
	       blanks_end(extra.at, extra.at + extra.len) < extra.at + extra.len;
}

/* Or a line end: mostly it is the first byte, if any. */
static inline bool
has_break(struct text extra)
{
	return extra.len > 0 && (*extra.at == '\n' || memchr(extra.at, '\n', extra.len));
}

/* first .. end-1 */
static inline struct text
text_between(const char *first, const char *end)
{
	return (struct text) { first, (size_t)(end - first) };
}

#endif
