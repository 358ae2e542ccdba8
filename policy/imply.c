#include "policy/imply.h"

static bool
value_equal(const struct value *a, const struct value *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == VALUE_TEXT)
		return text_equal(a->text, b->text);
	return a->kind == VALUE_NUMBER
	               ? !(a->number < b->number) && !(a->number > b->number)
	               : a->truth == b->truth;
}

static bool
assertion_lists(const struct assertion *assertion, const struct value *value)
{
	for (size_t i = 0; i < assertion->n_values; i++)
		if (value_equal(&assertion->values[i], value))
			return true;
	return false;
}

/* Each value of the one is among those of the other. */
static bool
values_within(const struct assertion *inner, const struct assertion *outer)
{
	for (size_t i = 0; i < inner->n_values; i++)
		if (!assertion_lists(outer, &inner->values[i]))
			return false;
	return true;
}

/* The other holds for every value that the one lists. */
static bool
values_satisfy(const struct assertion *assertion, const struct assertion *other)
{
	for (size_t i = 0; i < assertion->n_values; i++)
		if (!assertion_holds(other, &assertion->values[i]))
			return false;
	return true;
}

/* Bounds of one direction: whether what is beyond the one is beyond the other. */
static bool
bound_implies(const struct assertion *a, const struct assertion *b,
              enum assertion_operator beyond, enum assertion_operator at_least)
{
	struct assertion loose = *b;

	if (b->op != beyond && b->op != at_least)
		return false;
	/* beyond x lies all that is beyond y when x is y or beyond it */
	if (a->op == beyond)
		loose.op = at_least;
	return values_satisfy(a, &loose);
}

bool
assertion_implies(const struct assertion *a, const struct assertion *b)
{
	if (!text_equal(a->attribute, b->attribute))
		return false;
	if (b->op == OPERATOR_IS_SET || a->op == OPERATOR_NOT_SET)
		return (a->op == OPERATOR_NOT_SET) == (b->op == OPERATOR_NOT_SET);
	switch (a->op) {
	case OPERATOR_EQUAL:
	case OPERATOR_IN:
		return values_satisfy(a, b);
	case OPERATOR_NOT_EQUAL:
	case OPERATOR_NOT_IN:
		return (b->op == OPERATOR_NOT_EQUAL || b->op == OPERATOR_NOT_IN) &&
		       values_within(b, a);
	case OPERATOR_LESS:
	case OPERATOR_AT_MOST:
		return bound_implies(a, b, OPERATOR_LESS, OPERATOR_AT_MOST);
	case OPERATOR_GREATER:
	case OPERATOR_AT_LEAST:
		return bound_implies(a, b, OPERATOR_GREATER, OPERATOR_AT_LEAST);
	case OPERATOR_IS_SET:
	case OPERATOR_NOT_SET:
		break;
	}
	return false;
}
