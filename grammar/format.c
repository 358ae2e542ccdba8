/*
 * hujsonfmt's form. The steps and their order are those of spec/hujson.md
 * section 4: measure says which arrays and objects get a line for each element,
 * layout writes everything out and notes where values could be moved to the
 * right, align says how far, and the last step moves them.
 */
#include "grammar/hujson.h"

#include <string.h>

#include "grammar/arena.h"
#include "grammar/rune.h"
#include "grammar/scan.h"

/* How wide something is, counted no further than matters. */
#define WIDE 255
#define LINE_MAX_WIDTH 80

/* What a piece adds to a line: up to its first line end, and behind its last. */
struct width {
	unsigned char first, last;
	bool breaks;
};

/* The row of a member: its value may be moved to the right at gap. */
struct row {
	size_t gap;
	size_t width;         /* up to the gap; then how far to move it */
	unsigned char breaks; /* line ends before the name: 0, 1 or more */
	bool one_line;
};

struct format {
	const struct tree *tree;
	const char *bytes;
	struct arena scratch, paper; /* apart, so that the page grows in place */
	struct width *widths;        /* by node */
	bool *expanded;              /* by node: one line for each element */
	struct row *rows;            /* by node: those of names count */
	bool standard;               /* no comments, no trailing commas */
	char *page;
	size_t len, cap;
	size_t lines; /* line ends on the page */
};

static size_t
node_number(const struct format *f, const struct node *node)
{
	return (size_t)(node - f->tree->root);
}

/* Blanks and comments. */

static bool
has_comment(struct text extra)
{
	return blanks_end(extra.at, extra.at + extra.len) < extra.at + extra.len;
}

static bool
has_break(struct text extra)
{
	return extra.len > 0 && memchr(extra.at, '\n', extra.len);
}

static struct text
extra_between(const char *first, const char *end)
{
	return (struct text) { first, (size_t)(end - first) };
}

/* Going through what is in an array or object: names and values by turns, or
 * elements, each with what stands around it. */
struct walk {
	const struct node *parent, *next, *child;
	const char *at;
	size_t number;             /* of the member or element */
	bool is_name;              /* child is one */
	bool is_last;              /* and what follows is the end */
	struct text before, after; /* after without comments is empty */
	struct text inside;        /* before the closing bracket; known at the last */
};

static struct text
walk_extra(const struct format *f, struct walk *walk)
{
	const char *first = walk->at;

	walk->at = extra_end(first, f->bytes + f->tree->source->len);
	return extra_between(first, walk->at);
}

static struct walk
walk_start(const struct format *f, const struct node *parent)
{
	struct walk walk = { .parent = parent,
		             .next = node_first(parent),
		             .at = f->bytes + parent->span.first + 1 };

	walk.inside = extra_between(walk.at, walk.at);
	if (parent->count == 1)
		walk.inside = walk_extra(f, &walk);
	if (!has_comment(walk.inside))
		walk.inside.len = 0;
	return walk;
}

static bool
walk_on(const struct format *f, struct walk *walk)
{
	if (walk->next == node_end(walk->parent))
		return false;
	bool first = !walk->child;
	walk->is_name = walk->parent->kind == HUJSON_OBJECT && !walk->is_name;
	walk->child = walk->next;
	walk->next = node_next(walk->child);
	walk->is_last = walk->next == node_end(walk->parent);
	walk->number += !first && (walk->is_name || walk->parent->kind == HUJSON_ARRAY);

	walk->before = walk_extra(f, walk);
	walk->at = f->bytes + walk->child->span.end;
	walk->after = walk_extra(f, walk);
	if (walk->is_last && !walk->parent->comma) {
		walk->inside = walk->after;
		walk->after.len = 0;
	} else {
		walk->at++; /* the colon or comma */
	}
	if (walk->is_last && walk->parent->comma)
		walk->inside = walk_extra(f, walk);
	if (!has_comment(walk->after))
		walk->after.len = 0;
	return true;
}

/* Strings as they are written: with the escapes that must be. */

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

static size_t
literal_length(const struct format *f, const struct node *node)
{
	const char *at = f->bytes + node->span.first + 1;
	const char *end = f->bytes + node->span.end - 1;
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

/* Measure: section 4.2. */

static unsigned char
widen(unsigned char width, size_t more)
{
	return more < WIDE - (size_t)width ? (unsigned char)(width + more) : WIDE;
}

static size_t
line_width(const char *at, const char *end)
{
	size_t n = 0;

	for (;;) {
		at = blanks_end(at, end);
		if (end - at < 2 || at[0] != '/' || (at[1] != '/' && at[1] != '*'))
			return n > 0 ? n + 1 : 0;
		const char *past = at[1] == '*' ? comment_end(at, end) : NULL;
		if (!past)
			return n + 1 + (size_t)(end - at);
		n += 1 + (size_t)(past - at);
		at = past;
	}
}

static struct width
extra_measure(struct text extra)
{
	const char *end = extra.at + extra.len, *last = end;
	const char *feed = extra.len > 0 ? memchr(extra.at, '\n', extra.len) : NULL;

	if (extra.len == 0)
		return (struct width) { 0, 0, false };
	if (!feed) {
		unsigned char all = widen(0, line_width(extra.at, end));
		return (struct width) { all, all, false };
	}
	while (last[-1] != '\n')
		last--;
	return (struct width) { widen(0, line_width(extra.at, feed)),
		                widen(0, line_width(last, end)), true };
}

/* Lines as they come together from pieces. */
struct ruler {
	unsigned char current, first;
	bool breaks, too_wide;
};

static void
ruler_end_line(struct ruler *ruler)
{
	if (!ruler->breaks)
		ruler->first = ruler->current;
	ruler->too_wide |= ruler->current > LINE_MAX_WIDTH;
}

static void
ruler_add(struct ruler *ruler, struct width piece)
{
	ruler->current = widen(ruler->current, piece.first);
	if (!piece.breaks)
		return;
	ruler_end_line(ruler);
	ruler->breaks = true;
	ruler->current = piece.last;
}

static void
walk_measure(struct format *f, const struct walk *walk, struct ruler *ruler)
{
	ruler_add(ruler, extra_measure(walk->before));
	ruler_add(ruler, f->widths[node_number(f, walk->child)]);
	ruler_add(ruler, extra_measure(walk->after));
	ruler->current = widen(ruler->current, 2); /* ": " or ", " */
}

static void
container_measure(struct format *f, const struct node *node)
{
	size_t number = node_number(f, node);
	struct walk walk = walk_start(f, node);
	struct ruler ruler = { .current = 1 };
	struct width opening = { 0, 0, false };
	bool expand = false;

	while (walk_on(f, &walk)) {
		bool value_of_member = node->kind == HUJSON_OBJECT && !walk.is_name;
		walk_measure(f, &walk, &ruler);
		expand |= !value_of_member && has_break(walk.before);
		expand |= walk.is_last && has_break(walk.after);
		f->standard &= !has_comment(walk.before) && walk.after.len == 0;
		if (walk.child == node_first(node))
			opening = extra_measure(walk.before);
	}
	if (node->count == 1)
		opening = extra_measure(walk.inside);
	f->standard &= !has_comment(walk.inside) && !node->comma;
	ruler.current = widen(ruler.current, 1);
	ruler_end_line(&ruler);
	f->expanded[number] = expand || has_break(walk.inside) || ruler.too_wide;
	f->widths[number] =
		f->expanded[number]
			? (struct width) { widen(1, opening.first), 1, true }
			: (struct width) { ruler.first, ruler.current, ruler.breaks };
}

/* Backwards, so that what is in a node is measured before it. */
static void
measure(struct format *f)
{
	for (uint32_t i = f->tree->n; i-- > 0;) {
		const struct node *node = &f->tree->root[i];
		if (node->kind == HUJSON_ARRAY || node->kind == HUJSON_OBJECT) {
			container_measure(f, node);
			continue;
		}
		unsigned char all = widen(0, literal_length(f, node));
		f->widths[i] = (struct width) { all, all, false };
	}
}

/* The page. */

static char *
page_room(struct format *f, size_t more)
{
	while (f->cap - f->len < more)
		f->page = arena_grow(&f->paper, f->page, f->cap, &f->cap, 1);
	return f->page + f->len;
}

static void
page_put(struct format *f, const char *bytes, size_t n)
{
	char *to = page_room(f, n);

	if (n > 0)
		memcpy(to, bytes, n);
	f->len += n;
}

static void
page_fill(struct format *f, char c, size_t n)
{
	char *to = page_room(f, n);

	if (n > 0)
		memset(to, c, n);
	f->len += n;
}

static void
literal_put(struct format *f, const struct node *node)
{
	const char *at = f->bytes + node->span.first + 1;
	const char *end = f->bytes + node->span.end - 1;

	if (!node->escaped) {
		page_put(f, at - 1, node->span.end - node->span.first);
		return;
	}
	page_fill(f, '"', 1);
	while (at < end) {
		uint32_t rune;
		at = rune_decode(at, end, &rune);
		f->len += rune_escape(rune, page_room(f, ESCAPE_MAX));
	}
	page_fill(f, '"', 1);
}

/* Comments: section 4.4. */

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
	return extra_between(first, space_trim(first, stop));
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
comment_line_put(struct format *f, struct text line, struct margin margin, size_t depth)
{
	size_t skipped = is_bare_end(line) ? blanks_count(line) : margin.blanks;

	if (line.len > 0) {
		page_fill(f, '\t', depth);
		page_fill(f, ' ', margin.stars);
		line = text_from(line, skipped < line.len ? skipped : line.len);
		page_put(f, line.at, line.len);
	}
}

static void
comment_put(struct format *f, const char *at, const char *end, size_t depth)
{
	struct text first = line_take(&at, end);
	struct margin margin = margin_find(at, end);

	page_put(f, first.at, first.len);
	while (at < end) {
		page_fill(f, '\n', 1);
		comment_line_put(f, line_take(&at, end), margin, depth);
	}
}

/* What is to be done to blanks and comments besides setting them in order. */
enum treatment {
	STARTS_LINE = 1,  /* has a line end at its start */
	ENDS_LINE = 2,    /* has one at its end */
	NO_LEADING = 4,   /* no blank line at the start */
	NO_TRAILING = 8,  /* nor at the end */
	UNINDENT = 16,    /* what follows stands one level less deep */
	NEVER_EMPTY = 32, /* one space at least */
};

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
ends_line(const struct format *f, size_t start)
{
	return f->len > start && f->page[f->len - 1] == '\n';
}

/* Every run of blanks becomes at most two line ends; every comment is set at
 * the depth, or behind a space. start is where all of it starts on the page. */
static void
pieces_put(struct format *f, struct text extra, size_t start, size_t depth)
{
	const char *at = extra.at, *end = extra.at + extra.len;

	while (at < end) {
		const char *past = blanks_end(at, end);
		if (past > at) {
			size_t breaks = breaks_count(at, past);
			page_fill(f, '\n', breaks < 2 ? breaks : 2);
			at = past;
			continue;
		}
		past = comment_end(at, end);
		if (past[-1] == '\n')
			past--; /* the line end is a blank */
		bool new_line = ends_line(f, start);
		page_fill(f, new_line ? '\t' : ' ', new_line ? depth : 1);
		comment_put(f, at, past, depth);
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
returns_replace(struct format *f, struct text extra)
{
	if (extra.len == 0 || !memchr(extra.at, '\r', extra.len))
		return extra;
	char *bytes = arena_copy(&f->scratch, extra.at, extra.len);
	size_t len = pairs_join(bytes, extra.len, "\r\n");
	len = pairs_join(bytes, len, "\n\r");
	for (size_t i = 0; i < len; i++)
		if (bytes[i] == '\r')
			bytes[i] = ' ';
	return (struct text) { bytes, len };
}

static void
blank_lines_drop(struct format *f, size_t start, unsigned how)
{
	char *first = f->page + start;

	if ((how & NO_LEADING) && f->len - start >= 2 && first[0] == '\n' &&
	    first[1] == '\n')
		memmove(first, first + 1, --f->len - start);
	if ((how & NO_TRAILING) && f->len - start >= 2 && f->page[f->len - 1] == '\n' &&
	    f->page[f->len - 2] == '\n')
		f->len--;
}

static void
extra_put(struct format *f, struct text extra, size_t depth, unsigned how)
{
	struct arena_mark mark = arena_mark(&f->scratch);
	size_t start = f->len;

	extra = returns_replace(f, extra);
	if ((how & STARTS_LINE) && !has_break(extra))
		page_fill(f, '\n', 1);
	pieces_put(f, extra, start, depth);
	arena_reset(&f->scratch, mark);
	if ((how & ENDS_LINE) && !ends_line(f, start))
		page_fill(f, '\n', 1);
	blank_lines_drop(f, start, how);
	f->lines += breaks_count(f->page + start, f->page + f->len);
	if (ends_line(f, start))
		page_fill(f, '\t', how & UNINDENT ? depth - 1 : depth);
	else if (f->len > start || (how & NEVER_EMPTY))
		page_fill(f, ' ', 1);
}

/* Align: section 4.5. */

static void
rows_move(struct format *f, const struct node *first, const struct node *end,
          size_t widest)
{
	for (const struct node *name = first; name != end; name = member_next(name)) {
		struct row *row = &f->rows[node_number(f, name)];
		row->width = widest - row->width;
	}
}

/* Rows that follow each other line by line are moved together. */
static void
object_align(struct format *f, const struct node *object)
{
	const struct node *name = node_first(object), *block = name;
	size_t widest = 0;

	for (; name != node_end(object); name = member_next(name)) {
		struct row *row = &f->rows[node_number(f, name)];
		bool aligns = row->breaks > 0 && row->one_line;
		if (!aligns || row->breaks > 1) {
			rows_move(f, block, name, widest);
			block = name;
			widest = 0;
		}
		if (!aligns) {
			row->width = 0;
			block = member_next(name);
		} else if (row->width > widest) {
			widest = row->width;
		}
	}
	rows_move(f, block, name, widest);
}

/* Layout: section 4.3. */

/* An array or object that is being written. */
struct frame {
	struct walk walk;
	size_t depth;
	bool expanded;
	bool busy;         /* the child of the walk is not finished */
	size_t name_start; /* of the row: where its name is on the page */
	size_t row_lines;  /* lines on the page then, and behind the name */
};

struct frames {
	struct frame *at;
	size_t n, cap;
};

static void
value_put(struct format *f, struct frames *frames, const struct node *node, size_t depth)
{
	if (node->kind != HUJSON_ARRAY && node->kind != HUJSON_OBJECT) {
		literal_put(f, node);
		return;
	}
	page_fill(f, node->kind == HUJSON_ARRAY ? '[' : '{', 1);
	frames->at = arena_grow(&f->scratch, frames->at, frames->n, &frames->cap,
	                        sizeof(*frames->at));
	frames->at[frames->n++] =
		(struct frame) { .walk = walk_start(f, node),
		                 .depth = depth,
		                 .expanded = f->expanded[node_number(f, node)] };
}

static struct row *
frame_row(const struct format *f, const struct frame *frame)
{
	const struct walk *walk = &frame->walk;
	const struct node *name = walk->is_name ? walk->child : walk->child - 1;

	return &f->rows[node_number(f, name)];
}

/* What comes before a name or an element. */
static void
lead_put(struct format *f, const struct frame *frame)
{
	unsigned how = frame->expanded ? STARTS_LINE : 0;

	how |= frame->walk.number == 0 ? NO_LEADING : NEVER_EMPTY;
	extra_put(f, frame->walk.before, frame->depth + 1, how);
}

static void
name_put(struct format *f, struct frame *frame)
{
	size_t lines = f->lines;

	lead_put(f, frame);
	lines = f->lines - lines;
	frame_row(f, frame)->breaks = lines < 2 ? (unsigned char)lines : 2;
	frame->row_lines = f->lines;
	frame->name_start = f->len;
	literal_put(f, frame->walk.child);
}

/* Returns the depth at which the value is to be written. */
static size_t
member_lead_put(struct format *f, struct frame *frame)
{
	struct row *row = frame_row(f, frame);

	extra_put(f, frame->walk.before, frame->depth + 2,
	          NO_LEADING | NO_TRAILING | NEVER_EMPTY);
	row->gap = f->len;
	row->width = f->len - frame->name_start;
	return frame->depth + frame->expanded + (f->lines > frame->row_lines);
}

static void
child_begin(struct format *f, struct frames *frames, struct frame *frame)
{
	const struct node *child = frame->walk.child;
	size_t depth = frame->depth + frame->expanded;

	frame->busy = true;
	if (frame->walk.is_name) {
		name_put(f, frame);
		return;
	}
	if (frame->walk.parent->kind == HUJSON_OBJECT)
		depth = member_lead_put(f, frame);
	else
		lead_put(f, frame);
	value_put(f, frames, child, depth); /* may move the frames */
}

/* A comma after the last one stays between two comments; otherwise it is a
 * matter of expansion, and of what the document already has. */
static bool
keeps_comma(const struct format *f, const struct frame *frame)
{
	if (frame->expanded)
		return !f->standard;
	return frame->walk.after.len > 0 && has_comment(frame->walk.inside);
}

static void
child_finish(struct format *f, struct frame *frame)
{
	const struct walk *walk = &frame->walk;

	frame->busy = false;
	extra_put(f, walk->after, frame->depth + 2, NO_LEADING | NO_TRAILING);
	if (walk->is_name) {
		page_fill(f, ':', 1);
		return;
	}
	if (walk->parent->kind == HUJSON_OBJECT)
		frame_row(f, frame)->one_line = f->lines == frame->row_lines;
	if (!walk->is_last || keeps_comma(f, frame))
		page_fill(f, ',', 1);
}

static void
container_finish(struct format *f, const struct frame *frame)
{
	const struct node *node = frame->walk.parent;
	unsigned how = NO_TRAILING | UNINDENT;

	if (frame->expanded)
		how |= ENDS_LINE;
	if (node->count == 1)
		how |= NO_LEADING;
	extra_put(f, frame->walk.inside, frame->depth + 1, how);
	page_fill(f, node->kind == HUJSON_ARRAY ? ']' : '}', 1);
	if (node->kind == HUJSON_OBJECT)
		object_align(f, node);
}

static void
layout(struct format *f)
{
	struct frames frames = { NULL, 0, 0 };

	value_put(f, &frames, f->tree->root, 0);
	while (frames.n > 0) {
		struct frame *top = &frames.at[frames.n - 1];
		if (top->busy)
			child_finish(f, top);
		else if (walk_on(f, &top->walk))
			child_begin(f, &frames, top);
		else
			container_finish(f, &frames.at[--frames.n]);
	}
}

/* The document. */

static void
head_put(struct format *f, struct text before)
{
	extra_put(f, before, 0, 0);
	const char *end = f->page + f->len;
	size_t blanks = (size_t)(blanks_end(f->page, end) - f->page);
	f->len -= blanks;
	memmove(f->page, f->page + blanks, f->len);
}

static void
tail_put(struct format *f, struct text after)
{
	extra_put(f, after, 0, 0);
	f->len = (size_t)(space_trim(f->page, f->page + f->len) - f->page);
	page_fill(f, '\n', 1);
}

/* Copies the page and moves the values to the right. */
static struct text
values_move(const struct format *f, struct arena *arena)
{
	size_t len = f->len, done = 0;

	for (uint32_t i = 0; i < f->tree->n; i++)
		len += f->rows[i].width;
	char *bytes = arena_alloc(arena, len), *to = bytes;
	for (uint32_t i = 0; i < f->tree->n; i++) {
		const struct row *row = &f->rows[i];
		if (row->width == 0)
			continue;
		memcpy(to, f->page + done, row->gap - done);
		to += row->gap - done;
		memset(to, ' ', row->width);
		to += row->width;
		done = row->gap;
	}
	memcpy(to, f->page + done, f->len - done);
	return (struct text) { bytes, len };
}

struct text
hujson_format(struct arena *arena, const struct tree *tree)
{
	const char *bytes = tree->source->bytes, *end = bytes + tree->source->len;
	struct span root = tree->root->span;
	struct text before = extra_between(bytes, bytes + root.first);
	struct text after = extra_between(bytes + root.end, end);
	struct format f = { .tree = tree, .bytes = bytes };

	f.standard = !has_comment(before) && !has_comment(after);
	f.widths = arena_array(&f.scratch, tree->n, sizeof(*f.widths));
	f.expanded = arena_array(&f.scratch, tree->n, sizeof(*f.expanded));
	f.rows = arena_array(&f.scratch, tree->n, sizeof(*f.rows));
	measure(&f);
	page_room(&f, tree->source->len);
	head_put(&f, before);
	layout(&f);
	tail_put(&f, after);
	struct text formatted = values_move(&f, arena);
	arena_end(&f.paper);
	arena_end(&f.scratch);
	return formatted;
}
