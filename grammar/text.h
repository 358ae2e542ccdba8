#ifndef ACLC_GRAMMAR_TEXT_H
#define ACLC_GRAMMAR_TEXT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grammar/slots.h"

struct arena;

/* How many rows a table has. */
#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* Characters of ASCII, whatever the locale. */
static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool
is_alnum(char c)
{
	return is_letter(c) || is_digit(c);
}

/* The value of a hexadecimal digit, or 16. */
static inline unsigned
hex_value(char c)
{
	if (is_digit(c))
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	return c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10 : 16;
}

/* A capital as a small letter, anything else as it is. */
static inline char
to_small(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Bytes somewhere in a source or an arena; not NUL-terminated. A name of the
 * policy is one of these. */
struct text {
	const char *at;
	size_t len;
};

/* For arena_format and friends: "%.*s", TEXT_ARG(name). A precision is an int,
 * so that longer texts are cut. */
#define TEXT_ARG(t) ((t).len > INT_MAX ? INT_MAX : (int)(t).len), ((t).at)

/* A text from a NUL-terminated string. */
struct text text_of(const char *);

bool text_equal(struct text, struct text);

/* The same but for the case of ASCII letters, as Go matches field names. */
bool text_equal_fold(struct text, struct text);

/* text_equal with a NUL-terminated string. */
bool text_is(struct text, const char *);

bool text_starts(struct text, const char *prefix);

/* Byte order, the shorter first: <0, 0 or >0. */
int text_compare(struct text, struct text);

/* Puts n texts in that order. */
void texts_sort(struct text *, size_t n);

/* The text from offset first on. first <= len. */
struct text text_from(struct text, size_t first);

/* Without the blanks (space, tab, CR, LF, VT, FF) at both ends. */
struct text text_trim(struct text);

/* The first place of c, or len. */
size_t text_find(struct text, char c);

/* The last place of c, or len. */
size_t text_find_last(struct text, char c);

/* Reads the whole text as a decimal number without sign, at most max.
 * Leading zeros are fine. false when empty, not digits, or above max. */
bool text_number(struct text, uint64_t max, uint64_t *number);

/* The most digits that a number has. */
#define NUMBER_TEXT_MAX 20

/* The number in decimal, without a NUL; returns how many digits. */
size_t number_write(uint64_t number, char *out);

/* As Go's %q writes it: double quotes, escapes where Go escapes, printable
 * Unicode raw. In arena, NUL-terminated. */
const char *text_quote(struct arena *, struct text);

/*
 * The nearest of the candidates to what was written, by Damerau-Levenshtein
 * distance of at most max(1, len / 3); or an empty text, also where two are equally
 * near: to choose one would be a guess. Feeds "did you mean". Cost is bounded: long
 * texts are not compared.
 */
struct text_nearest {
	struct text written, best;
	size_t distance;
};

struct text_nearest text_nearest_start(struct text written);

void text_nearest_offer(struct text_nearest *, struct text candidate);

/* The same for a candidate that is held against what was written in another form
 * (in small letters, without its prefix); best is as it is. */
void text_nearest_offer_as(struct text_nearest *, struct text form,
                           struct text candidate);

/*
 * Names numbered in order of first mention: a hash table from text to
 * 0, 1, 2 … Texts are kept by reference. A zeroed struct names with its arena
 * set is empty.
 */
struct names {
	struct arena *arena;
	struct text *texts; /* by number */
	size_t n, cap;
	struct slots slots;
};

#define NAMES_NONE UINT32_MAX

/* The number of a name, added when new. */
uint32_t names_add(struct names *, struct text);

/* Makes room for n names in all: adding them moves nothing. */
void names_expect(struct names *, size_t n);

/* A name will be added or looked for soon: where it may stand is fetched meanwhile. */
void names_fetch(const struct names *, struct text);

/* The number of a name, or NAMES_NONE. */
uint32_t names_find(const struct names *, struct text);

#endif
