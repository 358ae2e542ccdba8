#include "policy/imply.h"

/* The other holds for every value that the one lists. */
static bool
values_satisfy(const struct assertion *assertion, const struct assertion *other)
{
	for (size_t i = 0; i < assertion->n_values; i++)
		if (!assertion_holds(other, &assertion->values[i]))
			return false;
	return true;
}

/* The one holds for no value that the other lists. */
static bool
values_miss(const struct assertion *assertion, const struct assertion *other)
{
	for (size_t i = 0; i < other->n_values; i++)
		if (assertion_holds(assertion, &other->values[i]))
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
	if (b->op == OPERATOR_NOT_EQUAL || b->op == OPERATOR_NOT_IN)
		return values_miss(a, b);
	switch (a->op) {
	case OPERATOR_EQUAL:
	case OPERATOR_IN:
		return values_satisfy(a, b);
	case OPERATOR_LESS:
	case OPERATOR_AT_MOST:
		return bound_implies(a, b, OPERATOR_LESS, OPERATOR_AT_MOST);
	case OPERATOR_GREATER:
	case OPERATOR_AT_LEAST:
		return bound_implies(a, b, OPERATOR_GREATER, OPERATOR_AT_LEAST);
	case OPERATOR_NOT_EQUAL:
	case OPERATOR_NOT_IN:
	case OPERATOR_IS_SET:
	case OPERATOR_NOT_SET:
		break;
	}
	return false;
}
