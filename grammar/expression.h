#ifndef ACLC_GRAMMAR_EXPRESSION_H
#define ACLC_GRAMMAR_EXPRESSION_H

/* Posture assertions: spec/policy-syntax.md 5.2. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grammar/duration.h"
#include "grammar/text.h"

struct arena;

enum assertion_operator {
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
	enum assertion_operator op;
	struct value *values; /* one, or those of the list */
	size_t n_values;
};

/* Reads an assertion; an attribute alone says that it is true. The values are
 * made in the arena, their texts are parts of the text. On failure returns
 * false, *where the offset in text at fault and *why a few words ("an operator
 * is expected"). */
bool assertion_parse(struct arena *, struct text, struct assertion *, size_t *where,
                     const char **why);

/* Whether it holds for an attribute's value; NULL when the attribute is not
 * set (then only NOT SET holds). Versions (node:osVersion, node:tsVersion)
 * compare by version_compare, as written, other texts byte by byte. Values of
 * different kinds are not equal, and neither is less. */
bool assertion_holds(const struct assertion *, const struct value *);

/* Tailscale's cmpver: 1.40 < 1.40.2 < 1.100. */
int version_compare(struct text, struct text);

#endif
