#include "grammar/expression.h"

#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"

/* A text being read, how far, and what went wrong. */
struct reader {
	struct text text;
	size_t at;
	const char *why;
};

static bool
reader_fail(struct reader *reader, const char *why)
{
	reader->why = why;
	return false;
}

/* The character where the reader stands; NUL at the end. */
static char
reader_peek(const struct reader *reader)
{
	return reader->at < reader->text.len ? reader->text.at[reader->at] : '\0';
}

static bool
reader_ended(const struct reader *reader)
{
	return reader->at == reader->text.len;
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
is_attribute(char c)
{
	return is_letter(c) || is_digit(c) || c == '_' || c == '.' || c == '-' ||
	       c == ':';
}

/* Takes the characters that are of a kind. */
static struct text
reader_take(struct reader *reader, bool (*of_kind)(char))
{
	size_t first = reader->at;

	while (!reader_ended(reader) && of_kind(reader_peek(reader)))
		reader->at++;
	return (struct text) { reader->text.at + first, reader->at - first };
}

static bool
reader_take_char(struct reader *reader, char c)
{
	if (reader_ended(reader) || reader_peek(reader) != c)
		return false;
	reader->at++;
	return true;
}

/* What an operator compares with. */
enum operand { OPERAND_NONE, OPERAND_VALUE, OPERAND_ORDERED, OPERAND_LIST };

/* The longer spelling before the shorter that it starts with. */
static const struct {
	const char *words[2]; /* one symbol, or one or two words */
	enum assertion_operator op;
	enum operand operand;
} operators[] = {
	{ { "==" }, OPERATOR_EQUAL, OPERAND_VALUE },
	{ { "!=" }, OPERATOR_NOT_EQUAL, OPERAND_VALUE },
	{ { "<=" }, OPERATOR_AT_MOST, OPERAND_ORDERED },
	{ { ">=" }, OPERATOR_AT_LEAST, OPERAND_ORDERED },
	{ { "<" }, OPERATOR_LESS, OPERAND_ORDERED },
	{ { ">" }, OPERATOR_GREATER, OPERAND_ORDERED },
	{ { "in" }, OPERATOR_IN, OPERAND_LIST },
	{ { "not", "in" }, OPERATOR_NOT_IN, OPERAND_LIST },
	{ { "is", "set" }, OPERATOR_IS_SET, OPERAND_NONE },
	{ { "not", "set" }, OPERATOR_NOT_SET, OPERAND_NONE },
};

/* Takes a word, or a symbol up to where it ends. */
static bool
reader_take_word(struct reader *reader, const char *word)
{
	struct reader ahead = *reader;

	if (is_letter(word[0])) {
		reader_take(&ahead, is_blank);
		if (!text_equal_fold(reader_take(&ahead, is_letter), text_of(word)))
			return false;
	} else {
		if (!text_starts(text_from(ahead.text, ahead.at), word))
			return false;
		ahead.at += strlen(word);
	}
	*reader = ahead;
	return true;
}

static bool
reader_take_operator(struct reader *reader, struct assertion *assertion,
                     enum operand *operand)
{
	for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
		struct reader ahead = *reader;
		if (!reader_take_word(&ahead, operators[i].words[0]))
			continue;
		if (operators[i].words[1] &&
		    !reader_take_word(&ahead, operators[i].words[1]))
			continue;
		*reader = ahead;
		assertion->op = operators[i].op;
		*operand = operators[i].operand;
		return true;
	}
	return reader_fail(reader, "an operator is expected");
}

/* 'text': there are no escapes, so a text has no quote in it. */
static bool
value_take_text(struct reader *reader, struct value *value)
{
	struct text rest = text_from(reader->text, reader->at + 1);
	size_t quote = text_find(rest, '\'');

	if (quote == rest.len)
		return reader_fail(reader, "a closing quote is missing");
	*value = (struct value) { .kind = VALUE_TEXT, .text = { rest.at, quote } };
	reader->at += quote + 2;
	return true;
}

/* -12.5: digits, and more of them after a point. */
static bool
value_take_number(struct arena *arena, struct reader *reader, struct value *value)
{
	size_t first = reader->at;

	reader_take_char(reader, '-');
	if (reader_take(reader, is_digit).len == 0)
		return reader_fail(reader, "a digit is expected");
	if (reader_take_char(reader, '.') && reader_take(reader, is_digit).len == 0)
		return reader_fail(reader, "a digit is expected");
	struct text text = { reader->text.at + first, reader->at - first };
	struct arena_mark mark = arena_mark(arena);
	double number = strtod(arena_copy(arena, text.at, text.len), NULL);
	arena_reset(arena, mark);
	*value = (struct value) { .kind = VALUE_NUMBER, .text = text, .number = number };
	return true;
}

static bool
value_take_bool(struct reader *reader, struct value *value)
{
	struct reader ahead = *reader;
	struct text word = reader_take(&ahead, is_letter);

	if (!text_is(word, "true") && !text_is(word, "false"))
		return reader_fail(reader, "a value is expected: 'text', a number, "
		                           "true or false");
	*reader = ahead;
	*value = (struct value) { .kind = VALUE_BOOL, .truth = text_is(word, "true") };
	return true;
}

static bool
value_take(struct arena *arena, struct reader *reader, struct value *value)
{
	char c = reader_peek(reader);

	if (c == '\'')
		return value_take_text(reader, value);
	if (c == '-' || is_digit(c))
		return value_take_number(arena, reader, value);
	return value_take_bool(reader, value);
}

/* [value, value, …] */
static bool
assertion_take_list(struct arena *arena, struct reader *reader,
                    struct assertion *assertion)
{
	size_t cap = 0;

	if (!reader_take_char(reader, '['))
		return reader_fail(reader, "a list in [ ] is expected");
	do {
		struct value value;
		reader_take(reader, is_blank);
		if (!value_take(arena, reader, &value))
			return false;
		assertion->values = arena_grow(arena, assertion->values,
		                               assertion->n_values, &cap, sizeof(value));
		assertion->values[assertion->n_values++] = value;
		reader_take(reader, is_blank);
	} while (reader_take_char(reader, ','));
	if (!reader_take_char(reader, ']'))
		return reader_fail(reader, "a comma or ] is expected");
	return true;
}

static bool
assertion_take_value(struct arena *arena, struct reader *reader,
                     struct assertion *assertion, enum operand operand)
{
	size_t first = reader->at;
	struct value *value = arena_alloc(arena, sizeof(*value));

	if (reader_peek(reader) == '[')
		return reader_fail(reader, "only IN and NOT IN take a list");
	if (!value_take(arena, reader, value))
		return false;
	if (operand == OPERAND_ORDERED && value->kind == VALUE_BOOL) {
		reader->at = first;
		return reader_fail(reader, "a number or a version is expected");
	}
	assertion->values = value;
	assertion->n_values = 1;
	return true;
}

/* namespace:key */
static bool
assertion_take_attribute(struct reader *reader, struct assertion *assertion)
{
	struct text attribute = reader_take(reader, is_attribute);
	size_t colon = text_find(attribute, ':');

	assertion->attribute = attribute;
	if (attribute.len > 0 && colon > 0 && colon + 1 < attribute.len)
		return true;
	reader->at -= attribute.len;
	return reader_fail(reader, "an attribute is expected: namespace:key");
}

/* What stands between two words has to be there, but not before a symbol. */
static bool
assertion_take(struct arena *arena, struct reader *reader, struct assertion *assertion)
{
	static const struct value truth = { .kind = VALUE_BOOL, .truth = true };
	enum operand operand;

	reader_take(reader, is_blank);
	if (!assertion_take_attribute(reader, assertion))
		return false;
	reader_take(reader, is_blank);
	if (reader_ended(reader)) {
		assertion->op = OPERATOR_EQUAL;
		assertion->values = arena_alloc(arena, sizeof(truth));
		*assertion->values = truth;
		assertion->n_values = 1;
		return true;
	}
	if (!reader_take_operator(reader, assertion, &operand))
		return false;
	reader_take(reader, is_blank);
	if (operand == OPERAND_LIST && !assertion_take_list(arena, reader, assertion))
		return false;
	if ((operand == OPERAND_VALUE || operand == OPERAND_ORDERED) &&
	    !assertion_take_value(arena, reader, assertion, operand))
		return false;
	reader_take(reader, is_blank);
	return reader_ended(reader) || reader_fail(reader, "nothing more is expected");
}

bool
assertion_parse(struct arena *arena, struct text text, struct assertion *assertion,
                size_t *where, const char **why)
{
	struct reader reader = { .text = text };

	memset(assertion, 0, sizeof(*assertion));
	if (assertion_take(arena, &reader, assertion))
		return true;
	*where = reader.at;
	*why = reader.why;
	return false;
}

/* The digits or the others that a version starts with, cut off. */
static struct text
version_cut(struct text *version, bool digits)
{
	size_t n = 0;

	while (n < version->len && is_digit(version->at[n]) == digits)
		n++;
	struct text cut = { version->at, n };
	*version = text_from(*version, n);
	return cut;
}

/* By value, whatever the length: without zeros in front, the longer is the
 * larger. */
static int
digits_compare(struct text a, struct text b)
{
	while (a.len > 0 && a.at[0] == '0')
		a = text_from(a, 1);
	while (b.len > 0 && b.at[0] == '0')
		b = text_from(b, 1);
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return text_compare(a, b);
}

int
version_compare(struct text a, struct text b)
{
	while (a.len > 0 || b.len > 0) {
		struct text left = version_cut(&a, false), right = version_cut(&b, false);
		int order = text_compare(left, right);
		if (order != 0)
			return order;
		left = version_cut(&a, true);
		right = version_cut(&b, true);
		order = digits_compare(left, right);
		if (order != 0)
			return order;
	}
	return 0;
}

static bool
is_version(struct text attribute)
{
	return text_is(attribute, "node:osVersion") ||
	       text_is(attribute, "node:tsVersion");
}

/* Compares the value that is set with another; false when they are not of a
 * kind. */
static bool
values_compare(struct text attribute, const struct value *set, const struct value *other,
               int *order)
{
	if (is_version(attribute) && set->kind != VALUE_BOOL &&
	    other->kind != VALUE_BOOL) {
		*order = version_compare(set->text, other->text);
		return true;
	}
	if (set->kind != other->kind)
		return false;
	switch (set->kind) {
	case VALUE_TEXT:
		*order = text_compare(set->text, other->text);
		return true;
	case VALUE_NUMBER:
		*order = (set->number > other->number) - (set->number < other->number);
		return true;
	case VALUE_BOOL:
		*order = set->truth - other->truth;
		return true;
	}
	return false;
}

static bool
value_is_among(const struct assertion *assertion, const struct value *set)
{
	int order;

	for (size_t i = 0; i < assertion->n_values; i++)
		if (values_compare(assertion->attribute, set, &assertion->values[i],
		                   &order) &&
		    order == 0)
			return true;
	return false;
}

bool
assertion_holds(const struct assertion *assertion, const struct value *set)
{
	int order = 0;
	bool ordered =
		set && assertion->n_values == 1 &&
		values_compare(assertion->attribute, set, assertion->values, &order);

	if (!set)
		return assertion->op == OPERATOR_NOT_SET;
	switch (assertion->op) {
	case OPERATOR_EQUAL:
	case OPERATOR_IN:
		return value_is_among(assertion, set);
	case OPERATOR_NOT_EQUAL:
	case OPERATOR_NOT_IN:
		return !value_is_among(assertion, set);
	case OPERATOR_LESS:
		return ordered && order < 0;
	case OPERATOR_AT_MOST:
		return ordered && order <= 0;
	case OPERATOR_GREATER:
		return ordered && order > 0;
	case OPERATOR_AT_LEAST:
		return ordered && order >= 0;
	case OPERATOR_IS_SET:
		return true;
	case OPERATOR_NOT_SET:
		return false;
	}
	return false;
}
