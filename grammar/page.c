#include "grammar/page.h"

#include "grammar/rune.h"
#include "grammar/scan.h"
#include "grammar/walk.h"

void
page_start(struct page *page, size_t about)
{
	memset(page, 0, sizeof(*page));
	page->cap = about + about / 8 + 64;
	page->bytes = arena_bytes(&page->paper, page->cap);
}

void
page_end(struct page *page)
{
	arena_end(&page->paper);
	arena_end(&page->scratch);
}

void
page_widen(struct page *page, size_t more)
{
	while (page->cap - page->len < more)
		page->bytes =
			arena_grow(&page->paper, page->bytes, page->cap, &page->cap, 1);
}

/* Strings. */

#define ESCAPE_MAX 6

static size_t
rune_escape(uint32_t rune, char out[ESCAPE_MAX])
{
	static const char letters[] = "\"\\bfnrt", meant[] = "\"\\\b\f\n\r\t";
	static const char digits[] = "0123456789abcdef";

	if (rune >= ' ' && rune != '"' && rune != '\\')
		return rune_write(rune, out);
	out[0] = '\\';
	const char *found = rune ? strchr(meant, (int)rune) : NULL;
	if (found) {
		out[1] = letters[found - meant];
		return 2;
	}
	memcpy(out + 1, "u00", 3);
	out[4] = digits[rune >> 4];
	out[5] = digits[rune & 15];
	return 6;
}

size_t
literal_length(const struct tree *tree, const struct node *node)
{
	const char *at = tree->source->bytes + node->span.first + 1;
	const char *end = tree->source->bytes + node->span.end - 1;
	char bytes[ESCAPE_MAX];
	size_t len = 2;

	if (!node->escaped)
		return node->span.end - node->span.first;
	while (at < end) {
		uint32_t rune;
		at = rune_decode(at, end, &rune);
		len += rune_escape(rune, bytes);
	}
	return len;
}

void
page_put_literal(struct page *page, const struct tree *tree, const struct node *node)
{
	const char *at = tree->source->bytes + node->span.first + 1;
	const char *end = tree->source->bytes + node->span.end - 1;

	if (!node->escaped) {
		page_put(page, at - 1, node->span.end - node->span.first);
		return;
	}
	page_fill(page, '"', 1);
	while (at < end) {
		uint32_t rune;
		at = rune_decode(at, end, &rune);
		page->len += rune_escape(rune, page_room(page, ESCAPE_MAX));
	}
	page_fill(page, '"', 1);
}

/* Blanks and comments. */

/* Go's unicode.IsSpace. */
static bool
is_space(uint32_t rune)
{
	return (rune >= '\t' && rune <= '\r') || rune == ' ' || rune == 0x85 ||
	       rune == 0xA0 || rune == 0x1680 || (rune >= 0x2000 && rune <= 0x200A) ||
	       rune == 0x2028 || rune == 0x2029 || rune == 0x202F || rune == 0x205F ||
	       rune == 0x3000;
}

/* Without the blanks at the end, those of Unicode too. */
static const char *
space_trim(const char *first, const char *end)
{
	while (end > first) {
		const char *last = end - 1;
		uint32_t rune;
		while (last > first && end - last < RUNE_BYTES && (*last & 0xC0) == 0x80)
			last--;
		size_t bytes = rune_read(last, (size_t)(end - last), &rune);
		if (bytes != (size_t)(end - last) || !is_space(rune))
			break;
		end = last;
	}
	return end;
}

/* Takes the next line, trimmed; at moves behind its line feed. */
static struct text
line_take(const char **at, const char *end)
{
	const char *first = *at, *feed = memchr(first, '\n', (size_t)(end - first));
	const char *stop = feed ? feed : end;

	*at = feed ? feed + 1 : end;
	return text_between(first, space_trim(first, stop));
}

static size_t
blanks_count(struct text line)
{
	return (size_t)(blanks_end(line.at, line.at + line.len) - line.at);
}

/* Blanks, then the end of the comment. */
static bool
is_bare_end(struct text line)
{
	return text_is(text_from(line, blanks_count(line)), "*/");
}

/* How the lines of a block comment but the first are indented. */
struct margin {
	size_t blanks; /* before each of them */
	bool stars;    /* and then a star each */
};

/* As far as a differs from b within both; all of a if it does not. */
static size_t
common_length(struct text a, struct text b)
{
	size_t i = 0;

	while (i < a.len && i < b.len && a.at[i] == b.at[i])
		i++;
	return i < b.len ? i : a.len;
}

static struct margin
margin_find(const char *at, const char *end)
{
	struct text common = { at, 0 };
	bool gaps = false, first = true;

	while (at < end) {
		struct text line = line_take(&at, end);
		if (line.len == 0) {
			gaps = true;
			continue;
		}
		if (first)
			common = line;
		else if (!is_bare_end(line))
			common.len = common_length(common, line);
		first = false;
	}
	size_t blanks = blanks_count(common);
	bool star = common.len > blanks && common.at[blanks] == '*';
	return (struct margin) { blanks, star && !gaps };
}

static void
comment_line_put(struct page *page, struct text line, struct margin margin, size_t depth)
{
	size_t skipped = is_bare_end(line) ? blanks_count(line) : margin.blanks;

	if (line.len > 0) {
		page_fill(page, '\t', depth);
		page_fill(page, ' ', margin.stars);
		line = text_from(line, skipped < line.len ? skipped : line.len);
		page_put(page, line.at, line.len);
	}
}

static void
comment_put(struct page *page, const char *at, const char *end, size_t depth)
{
	struct text first = line_take(&at, end);
	struct margin margin = margin_find(at, end);

	page_put(page, first.at, first.len);
	while (at < end) {
		page_fill(page, '\n', 1);
		comment_line_put(page, line_take(&at, end), margin, depth);
	}
}

static size_t
breaks_count(const char *at, const char *end)
{
	size_t n = 0;

	for (; at < end; at++)
		n += *at == '\n';
	return n;
}

/* Whether what was put on the page since start ends a line. */
static bool
ends_line(const struct page *page, size_t start)
{
	return page->len > start && page->bytes[page->len - 1] == '\n';
}

/* Every run of blanks becomes at most two line ends; every comment is set at
 * the depth, or behind a space. start is where all of it starts on the page. */
static void
pieces_put(struct page *page, struct text extra, size_t start, size_t depth)
{
	const char *at = extra.at, *end = extra.at + extra.len;

	while (at < end) {
		const char *past = blanks_end(at, end);
		if (past > at) {
			size_t breaks = breaks_count(at, past);
			page_fill(page, '\n', breaks < 2 ? breaks : 2);
			at = past;
			continue;
		}
		past = comment_end(at, end);
		if (past[-1] == '\n')
			past--; /* the line end is a blank */
		bool new_line = ends_line(page, start);
		page_fill(page, new_line ? '\t' : ' ', new_line ? depth : 1);
		comment_put(page, at, past, depth);
		at = past;
	}
}

/* Makes a pair of bytes a line feed, in place; returns the length left. */
static size_t
pairs_join(char *bytes, size_t len, const char pair[2])
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (i + 1 < len && bytes[i] == pair[0] && bytes[i + 1] == pair[1]) {
			bytes[n++] = '\n';
			i++;
		} else {
			bytes[n++] = bytes[i];
		}
	}
	return n;
}

/* Other line ends become line feeds, other carriage returns spaces. */
static struct text
returns_replace(struct page *page, struct text extra)
{
	if (extra.len == 0 || !memchr(extra.at, '\r', extra.len))
		return extra;
	char *bytes = arena_copy(&page->scratch, extra.at, extra.len);
	size_t len = pairs_join(bytes, extra.len, "\r\n");
	len = pairs_join(bytes, len, "\n\r");
	for (size_t i = 0; i < len; i++)
		if (bytes[i] == '\r')
			bytes[i] = ' ';
	return (struct text) { bytes, len };
}

static void
blank_lines_drop(struct page *page, size_t start, unsigned how)
{
	char *first = page->bytes + start;

	if ((how & NO_LEADING) && page->len - start >= 2 && first[0] == '\n' &&
	    first[1] == '\n')
		memmove(first, first + 1, --page->len - start);
	if ((how & NO_TRAILING) && page->len - start >= 2 &&
	    page->bytes[page->len - 1] == '\n' && page->bytes[page->len - 2] == '\n')
		page->len--;
}

/* Blanks alone come to at most two line ends. */
static void
blanks_put(struct page *page, struct text blanks, size_t depth, unsigned how)
{
	size_t breaks = breaks_count(blanks.at, blanks.at + blanks.len);
	size_t most = how & (NO_LEADING | NO_TRAILING) ? 1 : 2;

	if (breaks == 0 && (how & (STARTS_LINE | ENDS_LINE)))
		breaks = 1;
	if (breaks > most)
		breaks = most;
	page_fill(page, '\n', breaks);
	page->lines += breaks;
	if (breaks > 0)
		page_fill(page, '\t', how & UNINDENT ? depth - 1 : depth);
	else if (how & NEVER_EMPTY)
		page_fill(page, ' ', 1);
}

static void
comments_put(struct page *page, struct text extra, size_t depth, unsigned how)
{
	size_t start = page->len;
	struct arena_mark mark = arena_mark(&page->scratch);

	extra = returns_replace(page, extra);
	if ((how & STARTS_LINE) && !has_break(extra))
		page_fill(page, '\n', 1);
	pieces_put(page, extra, start, depth);
	arena_reset(&page->scratch, mark);
	if ((how & ENDS_LINE) && !ends_line(page, start))
		page_fill(page, '\n', 1);
	blank_lines_drop(page, start, how);
	page->lines += breaks_count(page->bytes + start, page->bytes + page->len);
	if (ends_line(page, start))
		page_fill(page, '\t', how & UNINDENT ? depth - 1 : depth);
	else
		page_fill(page, ' ', 1);
}

void
page_put_extra(struct page *page, struct text extra, size_t depth, unsigned how)
{
	if (has_comment(extra))
		comments_put(page, extra, depth, how);
	else
		blanks_put(page, extra, depth, how);
}

void
page_put_head(struct page *page, struct text before)
{
	page_put_extra(page, before, 0, 0);
	const char *end = page->bytes + page->len;
	size_t blanks = (size_t)(blanks_end(page->bytes, end) - page->bytes);
	page->len -= blanks;
	memmove(page->bytes, page->bytes + blanks, page->len);
}

void
page_put_tail(struct page *page, struct text after)
{
	page_put_extra(page, after, 0, 0);
	page->len =
		(size_t)(space_trim(page->bytes, page->bytes + page->len) - page->bytes);
	page_fill(page, '\n', 1);
}
