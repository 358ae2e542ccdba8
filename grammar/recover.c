/* Reading on after an error in what arrays and objects are made of. */
#include "grammar/parse.h"

#include <string.h>

#include "grammar/finding.h"
#include "grammar/scan.h"
#include "grammar/slip.h"

/* Members that are dropped. */

/* The member whose nodes start with the next one is of no use. */
static void
doom(struct parser *p)
{
	if (p->doomed_in != NODE_DOOMED_NONE)
		return; /* it lies in one that is dropped with all it holds */
	p->doomed_in = p->open;
	p->doomed = p->n;
}

void
recover_doomed(struct parser *p)
{
	p->n = p->doomed;
	p->doomed_in = NODE_DOOMED_NONE;
}

/* Brackets. */

/* The innermost open container that this closes, or NODE_NONE. */
static uint32_t
container_for(const struct parser *p, char closer)
{
	enum hujson_kind kind = closer == '}' ? HUJSON_OBJECT : HUJSON_ARRAY;
	uint32_t i = p->open;

	while (i != NODE_NONE && p->nodes[i].kind != kind)
		i = p->nodes[i].count;
	return i;
}

/* A bracket that does not close what is open. */
static struct step
recover_closer(struct parser *p, const char *at)
{
	uint32_t closed = container_for(p, *at), open = p->open;
	const char *first = at, *end = at + 1;
	struct finding *finding;

	if (p->guessed)
		fault_hush(p, end);
	p->crossed = true;
	if (closed == NODE_NONE) {
		finding = fault_add(p, &CHECK_SYNTAX_ERROR, first, end,
		                    "'%c' stands where '%c' should", *at,
		                    *at == '}' ? ']' : '}');
		fault_note_open(p, finding, open);
		return container_close(p, end);
	}
	finding = fault_add(p, &CHECK_SYNTAX_ERROR, first, end,
	                    "a '%c' is missing before this '%c'",
	                    p->inside == HUJSON_OBJECT ? '}' : ']', *at);
	fault_note_open(p, finding, open);
	while (p->open != closed)
		container_close(p, at);
	return go_on(at, expect_after_value(p));
}

/* Where a value should be. */

static struct step
bad_value(struct parser *p, const char *at, const char *end)
{
	node_push(p, HUJSON_BAD, at, end);
	return go_on(end, expect_after_value(p));
}

static struct step
excess_comma(struct parser *p, const char *at, enum expect expect)
{
	fault_add(p, &CHECK_SYNTAX_ERROR, at, at + 1, "one ',' too many");
	return go_on(at + 1, expect);
}

static const char *
foreign_string(struct parser *p, const char *at)
{
	const char *end = foreign_string_end(at, p->end);

	fault_add(p, &CHECK_SYNTAX_ERROR, at, end,
	          "a string stands in plain double quotes: \"");
	return end;
}

static const char *
bare_value(struct parser *p, const char *at)
{
	const char *end = bare_value_end(at, p->end);
	struct text text = { at, (size_t)(end - at) };

	fault_add(p, &CHECK_SYNTAX_ERROR, at, end, "%s %s", fault_shown(p, at, end),
	          bare_value_said(text));
	return end;
}

static struct step
recover_value(struct parser *p, const char *from, const char *at)
{
	if (*at == ',' || *at == '}' || *at == ']') {
		fault_add(p, &CHECK_SYNTAX_ERROR, from, from,
		          "a value is missing after the ':'");
		fault_hush(p, at + 1);
		return bad_value(p, at, at);
	}
	if (*at == ':') {
		fault_add(p, &CHECK_SYNTAX_ERROR, at, at + 1, "one ':' too many");
		return go_on(at + 1, EXPECT_VALUE);
	}
	return bad_value(p, at,
	                 foreign_quote(at, p->end) ? foreign_string(p, at)
	                                           : bare_value(p, at));
}

static struct step
recover_element(struct parser *p, const char *at)
{
	if (*at == ',')
		return excess_comma(p, at, EXPECT_ELEMENT);
	if (*at == '}')
		return recover_closer(p, at);
	return bad_value(p, at,
	                 foreign_quote(at, p->end) ? foreign_string(p, at)
	                                           : bare_value(p, at));
}

/* Where a name should be. */

static struct step
astray_open(struct parser *p, const char *at)
{
	doom(p);
	if (p->depth < HUJSON_DEPTH_MAX) {
		p->astray_at[p->depth / 64] |= UINT64_C(1) << p->depth % 64;
		p->astray++;
	}
	return container_open(p, at);
}

struct step
recover_astray(struct parser *p, uint32_t closed, const char *end)
{
	uint64_t bit = UINT64_C(1) << p->depth % 64;
	const char *first = p->start + p->nodes[closed].span.first;

	if (!(p->astray_at[p->depth / 64] & bit))
		return go_on(end, expect_after_value(p));
	p->astray_at[p->depth / 64] &= ~bit;
	p->astray--;
	fault_words_byte(p, first, "at start of object name");
	fault_add(
		p, &CHECK_SYNTAX_ERROR, first, first + 1,
		"in an object a name is expected here: %s without names stand in '[' ']'",
		*first == '{' ? "objects" : "arrays");
	p->n = closed;
	const char *at = extra_read(p, end);
	if (at < p->end && *at == ':') {
		node_push(p, HUJSON_BAD, first, end);
		return go_on(at, EXPECT_COLON);
	}
	if (p->doomed_in == p->open)
		p->doomed_in = NODE_DOOMED_NONE;
	return go_on(end, EXPECT_MEMBER_END);
}

/* A name without its quotes, if a value follows; else it is left out. */
static struct step
bare_name(struct parser *p, const char *at, const char *end)
{
	const char *next = extra_read(p, end);
	const char *past = word_end(next, p->end);

	if (next == p->end ||
	    (!is_one_of(*next, ":=\"[{") && word_kind(next, past) == HUJSON_BAD))
		return go_on(end, EXPECT_MEMBER_END);
	recover_name_node(p, at, end);
	return go_on(end, EXPECT_COLON);
}

static struct step
recover_name(struct parser *p, const char *at)
{
	const char *end;

	if (*at == ',')
		return excess_comma(p, at, EXPECT_NAME);
	if (*at == ']')
		return recover_closer(p, at);
	if (*at == ':') {
		fault_add(p, &CHECK_SYNTAX_ERROR, at, at + 1,
		          "a name is missing before the ':'");
		doom(p);
		node_push(p, HUJSON_BAD, at, at);
		return go_on(at, EXPECT_COLON);
	}
	if (foreign_quote(at, p->end))
		return bare_name(p, at, foreign_string(p, at));
	end = bare_name_end(at, p->end);
	fault_add(p, &CHECK_SYNTAX_ERROR, at, end,
	          "%s must stand in double quotes, as every name",
	          fault_shown(p, at, end));
	return bare_name(p, at, end);
}

/* Where a colon, a comma or a closing bracket should be. */

/* A word starts right behind the closing quote of a string: quotes do not
 * match on this line. */
static bool
is_adrift(const struct parser *p, const char *from, const char *at)
{
	return from == at && at > p->start && at[-1] == '"' &&
	       !is_one_of(*at, "\"{}[],:;=") && !is_blank(*at);
}

/* Leaves out the rest of the line but for its last brackets and commas; first
 * is where the string before starts. */
static struct step
recover_line(struct parser *p, uint32_t string, const char *at, enum expect expect)
{
	const char *first = p->start + p->nodes[string].span.first;
	const char *end = line_end(at, p->end);
	const char *resume = line_resume(first, end);

	if (resume <= at) /* the string looked like a comment */
		resume = line_resume(at, end);
	fault_add(p, &CHECK_SYNTAX_ERROR, first, resume,
	          "a '\"' is missing or too many here; one within a string is written "
	          "\\\"");
	fault_guess(p, end);
	return go_on(resume, expect);
}

static struct step
recover_colon(struct parser *p, const char *from, const char *at)
{
	uint32_t name = p->n - 1;

	if (is_adrift(p, from, at)) {
		struct step step = recover_line(p, name, at, EXPECT_MEMBER_END);
		node_push(p, HUJSON_BAD, step.at, step.at);
		return step;
	}
	if (*at == '=') {
		const char *end = at + 1 < p->end && at[1] == '>' ? at + 2 : at + 1;
		fault_add(p, &CHECK_SYNTAX_ERROR, at, end,
		          "between a name and its value stands a ':'");
		return go_on(end, EXPECT_VALUE);
	}
	if (is_one_of(*at, ",}];")) {
		fault_add(p, &CHECK_SYNTAX_ERROR, from, from,
		          "a ':' and a value are missing after this name");
		fault_hush(p, at + 1);
		return bad_value(p, at, at);
	}
	fault_add(p, &CHECK_SYNTAX_ERROR, from, from, "a ':' is missing after this name");
	return go_on(at, EXPECT_VALUE);
}

/* Whether a value or name may start here, so that a comma is missing. */
static bool
is_next(const struct parser *p, const char *from, const char *at)
{
	const char *past = word_end(at, p->end);

	if (is_one_of(*at, "\"{[") || foreign_quote(at, p->end))
		return true;
	if (memchr(from, '\n', (size_t)(at - from)))
		return true;
	if (p->inside == HUJSON_ARRAY)
		return word_kind(at, past) != HUJSON_BAD;
	past = blanks_end(bare_name_end(at, p->end), p->end);
	return past < p->end && *past == ':';
}

static struct step
recover_end_of_value(struct parser *p, const char *from, const char *at,
                     enum expect expect)
{
	enum expect next = expect == EXPECT_MEMBER_END ? EXPECT_NAME : EXPECT_ELEMENT;

	if (*at == '}' || *at == ']')
		return recover_closer(p, at);
	if (*at == ';') {
		fault_add(p, &CHECK_SYNTAX_ERROR, at, at + 1, "write ',' here, not ';'");
		return go_on(at + 1, next);
	}
	if (*at == ':' && next == EXPECT_ELEMENT) {
		fault_add(p, &CHECK_SYNTAX_ERROR, at, at + 1,
		          "elements of an array have no names: those take '{' '}'");
		return go_on(at + 1, EXPECT_ELEMENT);
	}
	if (*at == ':') {
		fault_add(p, &CHECK_SYNTAX_ERROR, at, at + 1,
		          "one ':' too many, or a ',' missing before the name");
		doom(p);
		return go_on(at + 1, EXPECT_VALUE);
	}
	if (is_adrift(p, from, at))
		return recover_line(p, p->n - 1, at, expect);
	if (is_next(p, from, at)) {
		fault_add(p, &CHECK_SYNTAX_ERROR, from, from, "a ',' is missing here");
		return go_on(at, next);
	}
	const char *end = bare_value_end(at, p->end);
	fault_add(p, &CHECK_SYNTAX_ERROR, at, end, "%s does not belong here",
	          fault_shown(p, at, end));
	return go_on(end, expect);
}

/* All the rest. */

/* Whether reading ended between a name and its value, in the innermost. */
static bool
lacks_value(const struct parser *p)
{
	uint32_t i = p->open + 1, n = 0;

	for (; i < p->n; i += p->nodes[i].count)
		n++;
	return n % 2 == 1;
}

void
recover_end(struct parser *p, const char *at)
{
	p->astray = 0; /* they are in a doomed member */
	if (p->inside == HUJSON_OBJECT && lacks_value(p))
		node_push(p, HUJSON_BAD, at, at);
	while (p->open != NODE_NONE)
		container_close(p, at);
	if (p->n == 0)
		node_push(p, HUJSON_BAD, at, at);
}

struct step
recover_depth(struct parser *p, const char *at)
{
	p->words = NULL; /* hujson itself would read it */
	fault_add(p, &CHECK_TOO_DEEP, at, at + 1,
	          "nested deeper than %d, which no coordinator reads", HUJSON_DEPTH_MAX);
	return go_on(at, EXPECT_NO_MORE);
}

static struct step
recover_from(struct parser *p, const char *from, const char *at, enum expect expect)
{
	switch (expect) {
	case EXPECT_DOCUMENT:
		return recover_document(p, at);
	case EXPECT_NAME:
		return recover_name(p, at);
	case EXPECT_COLON:
		return recover_colon(p, from, at);
	case EXPECT_VALUE:
		return recover_value(p, from, at);
	case EXPECT_ELEMENT:
		return recover_element(p, at);
	case EXPECT_MEMBER_END:
	case EXPECT_ELEMENT_END:
		return recover_end_of_value(p, from, at, expect);
	case EXPECT_END:
		return recover_garbage(p, at);
	case EXPECT_NO_MORE:
		break;
	}
	return go_on(at, EXPECT_NO_MORE);
}

struct step
recover(struct parser *p, const char *from, const char *at, enum expect expect)
{
	bool astray = expect == EXPECT_NAME && at < p->end && is_one_of(*at, "{[");

	if (!astray) /* what is said of that waits for its end */
		fault_words_unexpected(p, at, expect);
	if (at == p->end)
		return recover_early_end(p, from, expect);
	if (fault_enough(p, at))
		return go_on(at, EXPECT_NO_MORE);
	if (astray)
		return astray_open(p, at);
	const char *end = expect == EXPECT_END ? at : recover_noise(p, from, at);
	if (end > at)
		return go_on(end, expect);
	return recover_from(p, from, at, expect);
}
