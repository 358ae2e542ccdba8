/*
 * Telling of an error: a finding in our own words, and for the first one also
 * what hujson says (spec/hujson.md section 2).
 */
#include "grammar/parse.h"

#include <limits.h>
#include <stdarg.h>

#include "grammar/arena.h"
#include "grammar/finding.h"
#include "grammar/rune.h"
#include "grammar/scan.h"

static struct span
span_between(const struct parser *p, const char *first, const char *end)
{
	return (struct span) { (uint32_t)(first - p->start), (uint32_t)(end - p->start) };
}

void
fault_words(struct parser *p, const char *at, const char *format, ...)
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

void
fault_words_literal(struct parser *p, const char *at, const char *end)
{
	const size_t max = INT_MAX / 2; /* printf counts in int */
	size_t len = (size_t)(end - at);

	fault_words(p, at, "invalid literal: %.*s", (int)(len < max ? len : max), at);
}

void
fault_words_byte(struct parser *p, const char *at, const char *where)
{
	uint32_t rune;
	size_t bytes = rune_read(at, (size_t)(p->end - at), &rune);

	if (rune == RUNE_BAD && bytes == 1)
		fault_words(p, at, "invalid character '\\x%02x' %s", (unsigned char)*at,
		            where);
	else if (rune == '\'' || rune == '\\')
		fault_words(p, at, "invalid character '\\%c' %s", *at, where);
	else if (rune_printable(rune))
		fault_words(p, at, "invalid character '%.*s' %s", (int)bytes, at, where);
	else if (rune <= 0xFFFF)
		fault_words(p, at, "invalid character '\\u%04x' %s", rune, where);
	else
		fault_words(p, at, "invalid character '\\U%08x' %s", rune, where);
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

void
fault_words_unexpected(struct parser *p, const char *at, enum expect expect)
{
	if (p->faults > 0)
		return;
	const char *past = word_end(at, p->end);
	if (at == p->end)
		fault_words(p, at, "parsing %s: unexpected EOF", words[expect].end);
	else if (!expects_value(expect) || past == at)
		fault_words_byte(p, at, words[expect].byte);
	else if (word_kind(at, past) == HUJSON_BAD)
		fault_words_literal(p, at, past);
	else
		fault_words_byte(p, at, "at start of object name");
}

struct finding *
fault_add(struct parser *p, const struct check *check, const char *first, const char *end,
          const char *format, ...)
{
	struct finding *finding;
	va_list args;

	p->faults++;
	if (first < p->quiet || p->faults > FAULTS_MAX)
		return NULL;
	va_start(args, format);
	finding = finding_add_list(p->findings, check, p->source,
	                           span_between(p, first, end), format, args);
	va_end(args);
	if (p->words)
		finding_coordinator(p->findings, finding, "%s", p->words);
	p->words = NULL;
	return finding;
}

bool
fault_enough(struct parser *p, const char *at)
{
	if (p->faults < FAULTS_MAX)
		return false;
	finding_add(p->findings, &CHECK_SYNTAX_ERROR, p->source, span_between(p, at, at),
	            "too many errors: reading stops here");
	return true;
}

void
fault_hush(struct parser *p, const char *at)
{
	if (at > p->quiet)
		p->quiet = at;
}

void
fault_guess(struct parser *p, const char *at)
{
	fault_hush(p, at < p->end ? at + 1 : at);
	p->guessed = true;
}

void
fault_note_open(struct parser *p, struct finding *finding, uint32_t container)
{
	const struct node *node = &p->nodes[container];
	struct span bracket = { node->span.first, node->span.first + 1 };

	if (finding)
		finding_note(p->findings, finding, p->source, bracket,
		             "this '%c' is not closed",
		             node->kind == HUJSON_OBJECT ? '{' : '[');
}

#define SHOWN_MAX 40

const char *
fault_shown(struct parser *p, const char *at, const char *end)
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
