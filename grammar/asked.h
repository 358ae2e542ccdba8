#ifndef ACLC_GRAMMAR_ASKED_H
#define ACLC_GRAMMAR_ASKED_H

/* Members that are asked for by name: a table gives each a place in an array of
 * answers, which several spellings may share. Most names in a text are asked for by
 * nobody; that is soon seen. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "grammar/text.h"

struct asked {
	struct text name;
	unsigned place;
};

#define ASKED(name, place)                                                               \
	{                                                                                \
		{ (name), sizeof(name) - 1 }, (place)                                    \
	}
#define ASKED_N(asked) (sizeof(asked) / sizeof((asked)[0]))

/* One of 64 for each name: most of the names that a table lacks have one that none in
 * it has. */
static inline unsigned
asked_mark(struct text name)
{
	if (name.len == 0)
		return 0;
	return ((unsigned)name.len * 5 + (unsigned char)name.at[0] * 7 +
	        (unsigned char)name.at[name.len - 1]) &
	       63;
}

/* For each mark, the first in the table that has it. */
struct asked_marks {
	uint8_t first[64];
};

static inline struct asked_marks
asked_marks(const struct asked *asked, size_t n)
{
	struct asked_marks marks;

	memset(marks.first, UINT8_MAX, sizeof(marks.first));
	for (size_t i = n; i-- > 0;)
		marks.first[asked_mark(asked[i].name)] = (uint8_t)i;
	return marks;
}

/* The one of that name, or NULL. The marks are those of the table. */
static inline const struct asked *
asked_find(const struct asked *asked, size_t n, const struct asked_marks *marks,
           struct text name)
{
	for (size_t i = marks->first[asked_mark(name)]; i < n; i++)
		if (asked[i].name.len == name.len &&
		    memcmp(asked[i].name.at, name.at, name.len) == 0)
			return &asked[i];
	return NULL;
}

#endif
