/* Reading on after an error in a string or comment, or at an end of the source. */
#include "grammar/parse.h"

#include <string.h>

#include "grammar/finding.h"
#include "grammar/rune.h"
#include "grammar/scan.h"
#include "grammar/slip.h"

/* Strings. */

static void
escape_fault(struct parser *p, const char *at, const char *close)
{
	uint32_t rune;
	const char *end = at + 1 + rune_read(at + 1, (size_t)(close - at - 1), &rune);

	if (rune == 'u')
		fault_add(p, &CHECK_SYNTAX_ERROR, at, end,
		          "\\u takes four hexadecimal digits");
	else
		fault_add(p, &CHECK_SYNTAX_ERROR, at, end,
		          "%s is no escape: a backslash itself is written \\\\",
		          fault_shown(p, at, end));
}

/* Tells of each byte and escape that JSON does not take. */
static void
string_faults(struct parser *p, const char *at, const char *close)
{
	for (at++; at < close && p->faults < FAULTS_MAX; at++) {
		const char *past = *at == '\\' ? escape_end(at, close) : NULL;
		if (past)
			at = past - 1;
		else if (*at == '\\')
			escape_fault(p, at++, close); /* a backslash hides what follows */
		else if (*at == '\t')
			fault_add(p, &CHECK_SYNTAX_ERROR, at, at + 1,
			          "within a string a tab is written \\t");
		else if ((unsigned char)*at < ' ')
			fault_add(p, &CHECK_SYNTAX_ERROR, at, at + 1,
			          "within a string this byte is written \\u%04x",
			          (unsigned)*at);
	}
}

void
recover_name_node(struct parser *p, const char *first, const char *end)
{
	node_push(p, HUJSON_STRING, first, end);
	p->nodes[p->n - 1].escaped = memchr(first, '\\', (size_t)(end - first)) != NULL;
}

/* What was read of a string is good enough for a name. */
static void
string_push(struct parser *p, const char *first, const char *end, enum expect after)
{
	if (after == EXPECT_COLON)
		recover_name_node(p, first, end);
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
	fault_add(p, &CHECK_SYNTAX_ERROR, at, past,
	          "this string is not closed: a '\"' is missing on its line");
	fault_guess(p, end);
	string_push(p, at, past, after);
	return go_on(resume, after);
}

/* It is read as hujson reads it, up to a quote, but may end on its line. */
static struct step
string_recover(struct parser *p, const char *at, enum expect after)
{
	const char *close = string_close(at, p->end);
	const char *feed = memchr(at, '\n', (size_t)(close - at));

	if (close == p->end)
		fault_words(p, close, "parsing string: unexpected EOF");
	else
		fault_words_literal(p, at, close + 1);
	if (close == p->end || (feed && !is_meant(p, close)))
		return string_unclosed(p, at, feed ? feed : p->end, after);
	if (feed)
		fault_add(p, &CHECK_SYNTAX_ERROR, at, feed,
		          "a string ends on the line it starts on: write a line end as "
		          "\\n");
	else
		string_faults(p, at, close);
	string_push(p, at, close + 1, after);
	return go_on(close + 1, after);
}

struct step
recover_string(struct parser *p, const char *at, enum expect after)
{
	if (fault_enough(p, at))
		return go_on(at, EXPECT_NO_MORE);
	return string_recover(p, at, after);
}

/* Comments. */

void
recover_comment(struct parser *p, const char *at, const char *end)
{
	const char *bad = at + runes_valid(at, (size_t)(end - at));

	if (comment_end(at, p->end)) {
		fault_words(p, at, "invalid UTF-8 in comment");
		fault_add(p, &CHECK_SYNTAX_ERROR, bad, bad + 1,
		          "this comment is not in UTF-8");
		return;
	}
	fault_words(p, at, "parsing comment: unexpected EOF");
	if (at[1] == '/') {
		fault_add(p, &CHECK_SYNTAX_ERROR, at, end,
		          "the line end is missing behind this comment at the end of the "
		          "file");
		return;
	}
	fault_add(p, &CHECK_SYNTAX_ERROR, at, at + 2,
	          "this comment is not closed: a '*/' is missing");
	fault_guess(p, end);
}

/* What is no HuJSON. */

#define BOM "\xEF\xBB\xBF"

static bool
is_bom(const struct parser *p, const char *at)
{
	return at == p->start && p->source->len >= 3 && memcmp(at, BOM, 3) == 0;
}

const char *
recover_noise(struct parser *p, const char *from, const char *at)
{
	const char *said, *end;

	if (is_bom(p, at)) {
		fault_add(p, &CHECK_BOM, at, at + 3,
		          "the file starts with a byte-order mark, which coordinators "
		          "refuse");
		return at + 3;
	}
	if (*at == '/' && from == at && at > p->start)
		return at; /* 10.0.0.0/8 */
	end = noise_end(p->start, at, p->end, &said);
	if (end > at)
		fault_add(p, &CHECK_SYNTAX_ERROR, at, end, "%s", said);
	return end;
}

/* The start and the end of the document. */

static bool
is_utf16(const struct parser *p)
{
	return p->source->len >= 2 && (memcmp(p->start, "\xFE\xFF", 2) == 0 ||
	                               memcmp(p->start, "\xFF\xFE", 2) == 0);
}

struct step
recover_document(struct parser *p, const char *at)
{
	const char *end = bare_value_end(at, p->end);

	if (is_utf16(p)) {
		fault_add(p, &CHECK_SYNTAX_ERROR, at, at + 2,
		          "the file is in UTF-16: save it as UTF-8");
		return go_on(at, EXPECT_NO_MORE);
	}
	fault_add(p, &CHECK_SYNTAX_ERROR, at, end,
	          "a document starts with '{' or '[', not with %s",
	          fault_shown(p, at, end));
	return go_on(at, EXPECT_NO_MORE);
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

struct step
recover_garbage(struct parser *p, const char *at)
{
	if (!p->guessed && !p->crossed)
		fault_add(p, &CHECK_TRAILING_GARBAGE, at, line_end(at, p->end), "%s",
		          garbage_said(p, at));
	return go_on(at, EXPECT_NO_MORE);
}

struct step
recover_early_end(struct parser *p, const char *from, enum expect expect)
{
	static const char *const wanted[] = {
		[EXPECT_NAME] = "a '}'",    [EXPECT_COLON] = "a ':' and a value",
		[EXPECT_VALUE] = "a value", [EXPECT_MEMBER_END] = "a '}'",
		[EXPECT_ELEMENT] = "a ']'", [EXPECT_ELEMENT_END] = "a ']'",
	};

	if (expect == EXPECT_COLON || expect == EXPECT_VALUE)
		node_push(p, HUJSON_BAD, p->end, p->end);
	if (p->guessed)
		return go_on(p->end, EXPECT_NO_MORE);
	if (expect == EXPECT_DOCUMENT) {
		fault_add(p, &CHECK_SYNTAX_ERROR, from, from,
		          "there is no document here");
		return go_on(p->end, EXPECT_NO_MORE);
	}
	struct finding *finding =
		fault_add(p, &CHECK_SYNTAX_ERROR, from, from,
	                  "the file ends where %s should follow", wanted[expect]);
	fault_note_open(p, finding, p->open);
	return go_on(p->end, EXPECT_NO_MORE);
}
