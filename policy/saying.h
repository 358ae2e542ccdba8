#ifndef ACLC_POLICY_SAYING_H
#define ACLC_POLICY_SAYING_H

/* A text that grows, piece by piece, at a cost that follows its length. */

#include <stddef.h>

#include "grammar/text.h"

struct arena;

struct saying {
	struct arena *arena;
	char *at; /* ends with a NUL; NULL as long as nothing is said */
	size_t len, cap;
};

/* Adds to the end (printf format). */
void saying_add(struct saying *, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Adds a text to the end, whatever bytes are in it. */
void saying_put(struct saying *, struct text);

/* What is said so far, until more is added. */
struct text saying_text(const struct saying *);

/* The same, ending with a NUL. */
const char *saying_words(const struct saying *);

#endif
