#ifndef ACLC_GRAMMAR_COMMENT_H
#define ACLC_GRAMMAR_COMMENT_H

/* The comments of a text, and what each stands by. */

#include <stdbool.h>
#include <stddef.h>

#include "grammar/hujson.h"

struct comment {
	struct span span; /* its slashes included, a line end not */
	struct text said; /* what is in it, without blanks at its ends */
	/* Nothing but blanks and comments before it on its line. It is then about
	 * the value that follows, name included, or about nothing where none does;
	 * otherwise about its line. */
	bool own_line;
	struct span about; /* empty: about nothing */
};

struct comments {
	const struct comment *at; /* in file order */
	size_t n;
};

/* The comments of a tree that is not broken. In the arena. */
struct comments comments_of(struct arena *, const struct tree *);

#endif
