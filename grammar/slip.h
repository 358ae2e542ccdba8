#ifndef ACLC_GRAMMAR_SLIP_H
#define ACLC_GRAMMAR_SLIP_H

/*
 * Slips of the pen in HuJSON: what was probably meant, in a sentence, and how
 * far the slip goes. Knows bytes, not trees. For recover.c.
 */

#include <stdbool.h>

#include "grammar/text.h"

/*
 * What is no part of HuJSON anywhere: other blanks, comments of other
 * languages, marks of an unresolved merge, control bytes. Returns where it
 * ends and what to say, or at when there is none. start is that of the source.
 */
const char *noise_end(const char *start, const char *at, const char *end,
                      const char **said);

/* A quotation mark other than ": ' ` and the typographic ones; its length, or
 * 0. */
size_t foreign_quote(const char *at, const char *end);

/* The end of a text in such quotation marks, behind the closing one; the end
 * of its line if there is none. */
const char *foreign_string_end(const char *at, const char *end);

/* The end of what was written without quotes where a value should be: words up
 * to a bracket, comma, quote, comment or line end. At least one byte. */
const char *bare_value_end(const char *at, const char *end);

/* The same where a name should be: the colon behind it is not in it. */
const char *bare_name_end(const char *at, const char *end);

/* What is to be said of a bare value, behind it. */
const char *bare_value_said(struct text);

/* The end of the line that at is on: its line feed, or end. */
const char *line_end(const char *at, const char *end);

/*
 * Quotes do not match on a line: what is certain is only that its last
 * brackets and commas stand outside of strings. Returns where those start;
 * brackets that match others behind first are left out.
 */
const char *line_resume(const char *first, const char *end);

#endif
