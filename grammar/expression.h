#ifndef ACLC_GRAMMAR_EXPRESSION_H
#define ACLC_GRAMMAR_EXPRESSION_H

/* Posture assertions (spec/policy-syntax.md 5.2), durations as Go writes them
 * (10.5), and times (RFC 3339). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grammar/text.h"

struct arena;

enum operator{
	OPERATOR_EQUAL,
	OPERATOR_NOT_EQUAL,
	OPERATOR_LESS,
	OPERATOR_AT_MOST,
	OPERATOR_GREATER,
	OPERATOR_AT_LEAST,
	OPERATOR_IN,
	OPERATOR_NOT_IN,
	OPERATOR_IS_SET,
	OPERATOR_NOT_SET,
};

enum value_kind { VALUE_TEXT, VALUE_NUMBER, VALUE_BOOL };

/* The value of an attribute: what an assertion compares with, or what a
 * machine has. */
struct value {
	enum value_kind kind;
	struct text text; /* of VALUE_TEXT; also a number as written */
	double number;
	bool truth;
};

struct assertion {
	struct text attribute; /* "node:os" */
	enum operator operator;
	struct value *values; /* one, or those of the list */
	size_t n_values;
};

/* Reads an assertion. On failure returns false, *where the offset in text at
 * fault and *why a few words ("an operator is expected"). */
bool assertion_parse(struct arena *, struct text, struct assertion *, size_t *where,
                     const char **why);

/* Whether it holds for an attribute's value; NULL when the attribute is not
 * set (then only NOT SET holds). Versions (node:osVersion, node:tsVersion)
 * compare by version_compare, other texts exactly. */
bool assertion_holds(const struct assertion *, const struct value *);

/* Tailscale's cmpver: 1.40 < 1.40.2 < 1.100. */
int version_compare(struct text, struct text);

/*
 * Reads Go's duration ("1h30m", "-5s", "0") into nanoseconds. On failure
 * returns false and *fault is Go's own message, in the arena:
 * `time: invalid duration "abc"`.
 */
bool duration_parse(struct arena *, struct text, int64_t *nanoseconds,
                    const char **fault);

/* As Go prints it: "200h0m0s", "1m0s", "1.5s", "0s"; 32 bytes are enough. */
size_t duration_write(int64_t nanoseconds, char out[32]);

/* RFC 3339 ("2026-01-31T12:00:00Z", fractions and offsets too) into
 * nanoseconds since 1970, saturated; false when it is none. */
bool time_parse(struct text, int64_t *nanoseconds);

/* "2026-01-31" into days since 1970. */
bool date_parse(struct text, int64_t *days);

#endif
