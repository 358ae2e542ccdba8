#include "grammar/parse.h"

#include <limits.h>
#include <stdarg.h>
#include <string.h>

#include "grammar/arena.h"
#include "grammar/finding.h"
#include "grammar/rune.h"
#include "grammar/scan.h"
#include "grammar/slip.h"

static struct span
span_between(const struct parser *p, const char *first, const char *end)
{
	return (struct span) { (uint32_t)(first - p->start), (uint32_t)(end - p->start) };
}

static struct step
go_on(const char *at, enum expect expect)
{
	return (struct step) { at, expect };
}

/* hujson's words, kept for the first error: spec/hujson.md section 2. */

__attribute__((format(printf, 3, 4))) static void
words_at(struct parser *p, const char *at, const char *format, ...)
{
	va_list args;

	if (p->faults > 0)
		return;
	struct place place = source_place(p->source, (uint32_t)(at - p->start));
	va_start(args, format);
	const char *message = arena_format_list(p->findings->arena, format, args);
	va_end(args);
	p->words = arena_format(p->findings->arena, "hujson: line %u, column %u: %s",
	                        place.line, place.column, message);
}

static void
words_literal(struct parser *p, const char *at, const char *end)
{
	size_t len = (size_t)(end - at);

	words_at(p, at, "invalid literal: %.*s", len < INT_MAX ? (int)len : INT_MAX, at);
}

static void
words_character(struct parser *p, const char *at, const char *where)
{
	uint32_t rune;
	size_t bytes = rune_read(at, (size_t)(p->end - at), &rune);

	if (rune == RUNE_BAD && bytes == 1)
		words_at(p, at, "invalid character '\\x%02x' %s", (unsigned char)*at,
		         where);
	else if (rune == '\'' || rune == '\\')
		words_at(p, at, "invalid character '\\%c' %s", *at, where);
	else if (rune_printable(rune))
		words_at(p, at, "invalid character '%.*s' %s", (int)bytes, at, where);
	else if (rune <= 0xFFFF)
		words_at(p, at, "invalid character '\\u%04x' %s", rune, where);
	else
		words_at(p, at, "invalid character '\\U%08x' %s", rune, where);
}

/* What hujson says where something is not met. */
static const struct {
	const char *byte, *end;
} words[] = {
	[EXPECT_DOCUMENT] = { "at start of value", "value" },
	[EXPECT_NAME] = { "at start of value", "value" },
	[EXPECT_COLON] = { "after object name", "object after name" },
	[EXPECT_VALUE] = { "at start of value", "value" },
	[EXPECT_MEMBER_END] = { "after object value (expecting ',' or '}')",
	                        "object after value" },
	[EXPECT_ELEMENT] = { "at start of value", "value" },
	[EXPECT_ELEMENT_END] = { "after array value (expecting ',' or ']')",
	                         "array after value" },
	[EXPECT_END] = { "after top-level value", "" },
};

static bool
expects_value(enum expect expect)
{
	return expect == EXPECT_DOCUMENT || expect == EXPECT_VALUE ||
	       expect == EXPECT_ELEMENT || expect == EXPECT_NAME;
}

static void
words_unexpected(struct parser *p, const char *at, enum expect expect)
{
	const char *past = word_end(at, p->end);

	if (at == p->end)
		words_at(p, at, "parsing %s: unexpected EOF", words[expect].end);
	else if (!expects_value(expect) || past == at)
		words_character(p, at, words[expect].byte);
	else if (word_kind(at, past) == HUJSON_BAD)
		words_literal(p, at, past);
	else
		words_character(p, at, "at start of object name");
}

/* Findings. */

/* Tells of an error, unless it follows from an earlier one: then NULL. */
__attribute__((format(printf, 5, 6))) static struct finding *
fault(struct parser *p, const struct check *check, const char *first, const char *end,
      const char *format, ...)
{
	struct finding *finding;
	va_list args;

	p->faults++;
	if (first < p->quiet || p->faults > FAULTS_MAX)
		return NULL;
	va_start(args, format);
	const char *said = arena_format_list(p->findings->arena, format, args);
	va_end(args);
	finding = finding_add(p->findings, check, p->source, span_between(p, first, end),
	                      "%s", said);
	if (p->words)
		finding_coordinator(p->findings, finding, "%s", p->words);
	p->words = NULL;
	return finding;
}

/* So many errors are told, then reading stops. */
static bool
is_enough(struct parser *p, const char *at)
{
	if (p->faults < FAULTS_MAX)
		return false;
	finding_add(p->findings, &CHECK_SYNTAX_ERROR, p->source, span_between(p, at, at),
	            "too many errors: reading stops here");
	return true;
}

/* Errors before this place follow from the one just told. */
static void
hush_until(struct parser *p, const char *at)
{
	if (at > p->quiet)
		p->quiet = at;
}

/* Brackets are no longer counted on. */
static void
guess_until(struct parser *p, const char *at)
{
	hush_until(p, at < p->end ? at + 1 : at);
	p->guessed = true;
}

static void
note_opened(struct parser *p, struct finding *finding, uint32_t container)
{
	const struct node *node = &p->nodes[container];
	struct span bracket = { node->span.first, node->span.first + 1 };

	if (finding)
		finding_note(p->findings, finding, p->source, bracket,
		             "this '%c' is not closed",
		             node->kind == HUJSON_OBJECT ? '{' : '[');
}

#define SHOWN_MAX 40

/* What was written, to be shown in a sentence: raw if it can be seen. */
static const char *
shown(struct parser *p, const char *at, const char *end)
{
	struct text text = { at, (size_t)(end - at) };
	bool visible = true;

	for (size_t i = 0, bytes; i < text.len; i += bytes) {
		uint32_t rune;
		bytes = rune_read(at + i, text.len - i, &rune);
		visible &= rune_printable(rune) && !(rune == RUNE_BAD && bytes == 1);
		if (i + bytes > SHOWN_MAX) {
			text.len = i;
			break;
		}
	}
	const char *more = text.len < (size_t)(end - at) ? "..." : "";
	if (!visible)
		return arena_format(p->arena, "%s%s", text_quote(p->arena, text), more);
	return arena_format(p->arena, "%.*s%s", TEXT_ARG(text), more);
}

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
		hush_until(p, end);
	p->crossed = true;
	if (closed == NODE_NONE) {
		finding = fault(p, &CHECK_SYNTAX_ERROR, first, end,
		                "'%c' stands where '%c' should", *at,
		                *at == '}' ? ']' : '}');
		note_opened(p, finding, open);
		return container_close(p, end);
	}
	finding = fault(p, &CHECK_SYNTAX_ERROR, first, end,
	                "a '%c' is missing before this '%c'",
	                p->inside == HUJSON_OBJECT ? '}' : ']', *at);
	note_opened(p, finding, open);
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
	fault(p, &CHECK_SYNTAX_ERROR, at, at + 1, "one ',' too many");
	return go_on(at + 1, expect);
}

static const char *
foreign_string(struct parser *p, const char *at)
{
	const char *end = foreign_string_end(at, p->end);

	fault(p, &CHECK_SYNTAX_ERROR, at, end,
	      "a string stands in plain double quotes: \"");
	return end;
}

static const char *
bare_value(struct parser *p, const char *at)
{
	const char *end = bare_value_end(at, p->end);
	struct text text = { at, (size_t)(end - at) };

	fault(p, &CHECK_SYNTAX_ERROR, at, end, "%s %s", shown(p, at, end),
	      bare_value_said(text));
	return end;
}

static struct step
recover_document(struct parser *p, const char *at)
{
	const char *end = bare_value_end(at, p->end);

	fault(p, &CHECK_SYNTAX_ERROR, at, end,
	      "a document starts with '{' or '[', not with %s", shown(p, at, end));
	return go_on(at, EXPECT_NO_MORE);
}

static struct step
recover_value(struct parser *p, const char *from, const char *at)
{
	if (*at == ',' || *at == '}' || *at == ']') {
		fault(p, &CHECK_SYNTAX_ERROR, from, from,
		      "a value is missing after the ':'");
		hush_until(p, at + 1);
		return bad_value(p, at, at);
	}
	if (*at == ':') {
		fault(p, &CHECK_SYNTAX_ERROR, at, at + 1, "one ':' too many");
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
	words_character(p, first, "at start of object name");
	fault(p, &CHECK_SYNTAX_ERROR, first, first + 1,
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

static void
name_push(struct parser *p, const char *first, const char *end)
{
	node_push(p, HUJSON_STRING, first, end);
	p->nodes[p->n - 1].escaped = memchr(first, '\\', (size_t)(end - first)) != NULL;
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
	name_push(p, at, end);
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
	if (*at == '{' || *at == '[')
		return astray_open(p, at);
	if (*at == ':') {
		fault(p, &CHECK_SYNTAX_ERROR, at, at + 1,
		      "a name is missing before the ':'");
		doom(p);
		node_push(p, HUJSON_BAD, at, at);
		return go_on(at, EXPECT_COLON);
	}
	if (foreign_quote(at, p->end))
		return bare_name(p, at, foreign_string(p, at));
	end = bare_name_end(at, p->end);
	fault(p, &CHECK_SYNTAX_ERROR, at, end,
	      "%s must stand in double quotes, as every name", shown(p, at, end));
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

	if (resume < at)
		resume = at;
	fault(p, &CHECK_SYNTAX_ERROR, first, resume,
	      "a '\"' is missing or too many here; one within a string is written \\\"");
	guess_until(p, end);
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
		fault(p, &CHECK_SYNTAX_ERROR, at, end,
		      "between a name and its value stands a ':'");
		return go_on(end, EXPECT_VALUE);
	}
	if (is_one_of(*at, ",}];")) {
		fault(p, &CHECK_SYNTAX_ERROR, from, from,
		      "a ':' and a value are missing after this name");
		hush_until(p, at + 1);
		return bad_value(p, at, at);
	}
	fault(p, &CHECK_SYNTAX_ERROR, from, from, "a ':' is missing after this name");
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
		fault(p, &CHECK_SYNTAX_ERROR, at, at + 1, "write ',' here, not ';'");
		return go_on(at + 1, next);
	}
	if (*at == ':' && next == EXPECT_ELEMENT) {
		fault(p, &CHECK_SYNTAX_ERROR, at, at + 1,
		      "elements of an array have no names: those take '{' '}'");
		return go_on(at + 1, EXPECT_ELEMENT);
	}
	if (*at == ':') {
		fault(p, &CHECK_SYNTAX_ERROR, at, at + 1,
		      "one ':' too many, or a ',' missing before the name");
		doom(p);
		return go_on(at + 1, EXPECT_VALUE);
	}
	if (is_adrift(p, from, at))
		return recover_line(p, p->n - 1, at, expect);
	if (is_next(p, from, at)) {
		fault(p, &CHECK_SYNTAX_ERROR, from, from, "a ',' is missing here");
		return go_on(at, next);
	}
	const char *end = bare_value_end(at, p->end);
	fault(p, &CHECK_SYNTAX_ERROR, at, end, "%s does not belong here",
	      shown(p, at, end));
	return go_on(end, expect);
}

/* Strings. */

/* Tells of each byte and escape that JSON does not take. */
static void
string_faults(struct parser *p, const char *at, const char *close)
{
	for (at++; at < close; at++) {
		const char *past = *at == '\\' ? escape_end(at, close) : NULL;
		if (past)
			at = past - 1;
		else if (*at == '\\' && at[1] == 'u')
			fault(p, &CHECK_SYNTAX_ERROR, at, at + 2,
			      "\\u takes four hexadecimal digits");
		else if (*at == '\\')
			fault(p, &CHECK_SYNTAX_ERROR, at, at + 2,
			      "%s is no escape: a backslash itself is written \\\\",
			      shown(p, at, at + 2));
		else if (*at == '\t')
			fault(p, &CHECK_SYNTAX_ERROR, at, at + 1,
			      "within a string a tab is written \\t");
		else if ((unsigned char)*at < ' ')
			fault(p, &CHECK_SYNTAX_ERROR, at, at + 1,
			      "within a string this byte is written \\u%04x",
			      (unsigned)*at);
		if (*at == '\\' && !past)
			at++; /* what it hides */
	}
}

/* What was read of a string is good enough for a name. */
static void
string_push(struct parser *p, const char *first, const char *end, enum expect after)
{
	if (after == EXPECT_COLON)
		name_push(p, first, end);
	else
		node_push(p, HUJSON_BAD, first, end);
}

/* Whether a string over several lines was meant: else its closing quote opens
 * another, and something follows it that cannot follow a string. */
static bool
is_meant(const struct parser *p, const char *close)
{
	const char *next = blanks_end(close + 1, p->end);

	return next == p->end || is_one_of(*next, ",:]}");
}

static struct step
string_unclosed(struct parser *p, const char *at, const char *end, enum expect after)
{
	const char *resume = line_resume(at, end), *past = resume;

	while (past > at + 1 && is_blank(past[-1]))
		past--;
	fault(p, &CHECK_SYNTAX_ERROR, at, past,
	      "this string is not closed: a '\"' is missing on its line");
	guess_until(p, end);
	string_push(p, at, past, after);
	return go_on(resume, after);
}

struct step
recover_string(struct parser *p, const char *at, enum expect after)
{
	const char *close = string_close(at, p->end);
	const char *feed = memchr(at, '\n', (size_t)(close - at));

	if (is_enough(p, at))
		return go_on(at, EXPECT_NO_MORE);
	if (close == p->end)
		words_at(p, close, "parsing string: unexpected EOF");
	else
		words_literal(p, at, close + 1);
	if (close == p->end || (feed && !is_meant(p, close)))
		return string_unclosed(p, at, feed ? feed : p->end, after);
	if (feed)
		fault(p, &CHECK_SYNTAX_ERROR, at, feed,
		      "a string ends on the line it starts on: write a line end as \\n");
	else
		string_faults(p, at, close);
	string_push(p, at, close + 1, after);
	return go_on(close + 1, after);
}

/* Comments. */

void
recover_comment(struct parser *p, const char *at, const char *end)
{
	const char *bad = at + runes_valid(at, (size_t)(end - at));

	if (comment_end(at, p->end)) {
		words_at(p, at, "invalid UTF-8 in comment");
		fault(p, &CHECK_SYNTAX_ERROR, bad, bad + 1,
		      "this comment is not in UTF-8");
		return;
	}
	words_at(p, at, "parsing comment: unexpected EOF");
	if (at[1] == '/') {
		fault(p, &CHECK_SYNTAX_ERROR, at, end,
		      "the line end is missing behind this comment at the end of the "
		      "file");
		return;
	}
	fault(p, &CHECK_SYNTAX_ERROR, at, at + 2,
	      "this comment is not closed: a '*/' is missing");
	guess_until(p, end);
}

/* The start and the end of the document. */

static bool
is_utf16(const struct parser *p)
{
	return p->source->len >= 2 && (memcmp(p->start, "\xFE\xFF", 2) == 0 ||
	                               memcmp(p->start, "\xFF\xFE", 2) == 0);
}

#define BOM "\xEF\xBB\xBF"

static bool
is_bom(const struct parser *p, const char *at)
{
	return at == p->start && p->source->len >= 3 && memcmp(at, BOM, 3) == 0;
}

static const char *
garbage_said(const struct parser *p, const char *at)
{
	switch (*at) {
	case '}':
	case ']':
		return "the document is over, and this bracket closes nothing";
	case ':':
		return p->nodes->kind == HUJSON_STRING
		               ? "a '{' is missing before the first name"
		               : "the document is over, and nothing may follow it";
	case '{':
	case '[':
		return "the document is over, and another one follows";
	case '\0':
		return "the document is over, and bytes of zero follow";
	default:
		return "the document is over, and nothing may follow it";
	}
}

static struct step
recover_garbage(struct parser *p, const char *at)
{
	if (!p->guessed && !p->crossed)
		fault(p, &CHECK_TRAILING_GARBAGE, at, line_end(at, p->end), "%s",
		      garbage_said(p, at));
	return go_on(at, EXPECT_NO_MORE);
}

/* The source ends too early. */
static struct step
recover_early_end(struct parser *p, const char *from, enum expect expect)
{
	struct finding *finding;

	if (expect == EXPECT_COLON || expect == EXPECT_VALUE)
		node_push(p, HUJSON_BAD, p->end, p->end);
	if (p->guessed)
		return go_on(p->end, EXPECT_NO_MORE);
	if (expect == EXPECT_DOCUMENT) {
		fault(p, &CHECK_SYNTAX_ERROR, from, from, "there is no document here");
		return go_on(p->end, EXPECT_NO_MORE);
	}
	finding = fault(p, &CHECK_SYNTAX_ERROR, from, from,
	                "the file ends where %s should follow",
	                expect == EXPECT_COLON       ? "a ':' and a value"
	                : expect == EXPECT_VALUE     ? "a value"
	                : p->inside == HUJSON_OBJECT ? "a '}'"
	                                             : "a ']'");
	note_opened(p, finding, p->open);
	return go_on(p->end, EXPECT_NO_MORE);
}

void
recover_end(struct parser *p, const char *at)
{
	p->astray = 0; /* they are in a doomed member */
	while (p->open != NODE_NONE)
		container_close(p, at);
	if (p->n == 0)
		node_push(p, HUJSON_BAD, at, at);
}

struct step
recover_depth(struct parser *p, const char *at)
{
	p->words = NULL; /* hujson itself would read it */
	fault(p, &CHECK_TOO_DEEP, at, at + 1,
	      "nested deeper than %d, which no coordinator reads", HUJSON_DEPTH_MAX);
	return go_on(at, EXPECT_NO_MORE);
}

/* What does not belong to the text at all. */
static const char *
recover_noise(struct parser *p, const char *from, const char *at)
{
	const char *said, *end;

	if (is_bom(p, at)) {
		fault(p, &CHECK_BOM, at, at + 3,
		      "the file starts with a byte-order mark, which coordinators "
		      "refuse");
		return at + 3;
	}
	if (*at == '/' && from == at && at > p->start)
		return at; /* 10.0.0.0/8 */
	end = noise_end(p->start, at, p->end, &said);
	if (end > at)
		fault(p, &CHECK_SYNTAX_ERROR, at, end, "%s", said);
	return end;
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
	words_unexpected(p, at, expect);
	if (at == p->end)
		return recover_early_end(p, from, expect);
	if (expect == EXPECT_DOCUMENT && is_utf16(p)) {
		fault(p, &CHECK_SYNTAX_ERROR, at, at + 2,
		      "the file is in UTF-16: save it as UTF-8");
		return go_on(at, EXPECT_NO_MORE);
	}
	if (is_enough(p, at))
		return go_on(at, EXPECT_NO_MORE);
	const char *end = expect == EXPECT_END ? at : recover_noise(p, from, at);
	if (end > at)
		return go_on(end, expect);
	return recover_from(p, from, at, expect);
}
