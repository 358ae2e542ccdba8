/*
 * hujsonfmt's form. The steps and their order are those of spec/hujson.md
 * section 4: measure says which arrays and objects get a line for each element,
 * layout writes everything out and notes where values could be moved to the
 * right, align says how far, and the last step moves them.
 */
#include "grammar/hujson.h"

#include <string.h>

#include "grammar/arena.h"
#include "grammar/measure.h"
#include "grammar/page.h"
#include "grammar/walk.h"

#define ROW_NONE SIZE_MAX

/* The row of a member: its value may be moved to the right at gap. */
struct row {
	size_t gap;
	size_t width; /* up to the gap; then how far to move it */
	size_t above; /* the row above in the same block, or ROW_NONE */
};

struct rows {
	struct row *at;
	size_t n, cap;
};

/* An array or object that is being written. */
struct frame {
	struct walk walk;
	size_t depth;
	bool expanded;
	bool busy; /* the child of the walk is not finished */

	/* the member at hand */
	size_t row;
	size_t name_start; /* on the page */
	size_t breaks;     /* line ends before the name */
	size_t lines;      /* on the page, behind them */

	/* the last row of the block at hand, and the width of the widest */
	size_t block, widest;
};

struct frames {
	struct frame *at;
	size_t n, cap;
};

struct format {
	const struct tree *tree;
	struct arena scratch;
	struct measures measures;
	bool standard; /* no comments, no trailing commas */
	struct rows rows;
	struct frames frames;
	struct page page;
};

/* Align: section 4.5. Rows that follow each other line by line are a block. */

static void
block_align(struct format *f, struct frame *frame)
{
	for (size_t i = frame->block; i != ROW_NONE; i = f->rows.at[i].above)
		f->rows.at[i].width = frame->widest - f->rows.at[i].width;
	frame->block = ROW_NONE;
	frame->widest = 0;
}

static void
row_start(struct format *f, struct frame *frame)
{
	struct rows *rows = &f->rows;

	rows->at =
		arena_grow(&f->scratch, rows->at, rows->n, &rows->cap, sizeof(*rows->at));
	rows->at[rows->n] =
		(struct row) { f->page.len, f->page.len - frame->name_start, ROW_NONE };
	frame->row = rows->n++;
}

static void
row_finish(struct format *f, struct frame *frame)
{
	struct row *row = &f->rows.at[frame->row];
	bool aligns = frame->breaks > 0 && f->page.lines == frame->lines;

	if (!aligns || frame->breaks > 1)
		block_align(f, frame);
	if (!aligns) {
		row->width = 0;
		return;
	}
	row->above = frame->block;
	frame->block = frame->row;
	if (row->width > frame->widest)
		frame->widest = row->width;
}

/* Layout: section 4.3. */

static void
frame_push(struct format *f, const struct node *node, size_t depth)
{
	struct frames *frames = &f->frames;

	frames->at = arena_grow(&f->scratch, frames->at, frames->n, &frames->cap,
	                        sizeof(*frames->at));
	frames->at[frames->n++] =
		(struct frame) { .walk = walk_start(f->tree, node),
		                 .depth = depth,
		                 .expanded = f->measures.expanded[node - f->tree->root],
		                 .block = ROW_NONE };
}

/* Of an array or object the opening bracket alone; the rest is its frame's. */
static void
value_put(struct format *f, const struct node *node, size_t depth)
{
	if (node->kind == HUJSON_ARRAY || node->kind == HUJSON_OBJECT) {
		page_fill(&f->page, node->kind == HUJSON_ARRAY ? '[' : '{', 1);
		frame_push(f, node, depth);
	} else {
		page_put_literal(&f->page, f->tree, node);
	}
}

/* What comes before a name or an element. */
static void
lead_put(struct format *f, const struct frame *frame)
{
	unsigned how = frame->expanded ? STARTS_LINE : 0;

	how |= frame->walk.number == 0 ? NO_LEADING : NEVER_EMPTY;
	page_put_extra(&f->page, frame->walk.before, frame->depth + 1, how);
}

static void
name_put(struct format *f, struct frame *frame)
{
	size_t lines = f->page.lines;

	lead_put(f, frame);
	frame->breaks = f->page.lines - lines;
	frame->lines = f->page.lines;
	frame->name_start = f->page.len;
	page_put_literal(&f->page, f->tree, frame->walk.child);
}

/* Returns the depth at which the value is to be written. */
static size_t
member_lead_put(struct format *f, struct frame *frame)
{
	page_put_extra(&f->page, frame->walk.before, frame->depth + 2,
	               NO_LEADING | NO_TRAILING | NEVER_EMPTY);
	row_start(f, frame);
	return frame->depth + frame->expanded + (f->page.lines > frame->lines);
}

static void
child_begin(struct format *f, struct frame *frame)
{
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
	value_put(f, frame->walk.child, depth); /* may move the frame */
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
	if (walk->after.len > 0)
		page_put_extra(&f->page, walk->after, frame->depth + 2,
		               NO_LEADING | NO_TRAILING);
	if (walk->is_name) {
		page_fill(&f->page, ':', 1);
		return;
	}
	if (walk->parent->kind == HUJSON_OBJECT)
		row_finish(f, frame);
	if (!walk->is_last || keeps_comma(f, frame))
		page_fill(&f->page, ',', 1);
}

static void
container_finish(struct format *f, struct frame *frame)
{
	const struct node *node = frame->walk.parent;
	unsigned how = NO_TRAILING | UNINDENT;

	if (frame->expanded)
		how |= ENDS_LINE;
	if (node->count == 1)
		how |= NO_LEADING;
	page_put_extra(&f->page, frame->walk.inside, frame->depth + 1, how);
	page_fill(&f->page, node->kind == HUJSON_ARRAY ? ']' : '}', 1);
	block_align(f, frame);
}

static void
layout(struct format *f)
{
	struct frames *frames = &f->frames;

	value_put(f, f->tree->root, 0);
	while (frames->n > 0) {
		struct frame *top = &frames->at[frames->n - 1];
		if (top->busy)
			child_finish(f, top);
		else if (walk_on(&top->walk))
			child_begin(f, top);
		else
			container_finish(f, &frames->at[--frames->n]);
	}
}

/* The document. */

/* Copies the page and moves the values to the right. */
static struct text
values_move(const struct format *f, struct arena *arena)
{
	size_t len = f->page.len, done = 0;

	for (size_t i = 0; i < f->rows.n; i++)
		len += f->rows.at[i].width;
	char *bytes = arena_bytes(arena, len), *to = bytes;
	for (size_t i = 0; i < f->rows.n; i++) {
		const struct row *row = &f->rows.at[i];
		if (row->width == 0)
			continue;
		memcpy(to, f->page.bytes + done, row->gap - done);
		to += row->gap - done;
		memset(to, ' ', row->width);
		to += row->width;
		done = row->gap;
	}
	memcpy(to, f->page.bytes + done, f->page.len - done);
	return (struct text) { bytes, len };
}

struct text
hujson_format(struct arena *arena, const struct tree *tree)
{
	const char *bytes = tree->source->bytes, *end = bytes + tree->source->len;
	struct span root = tree->root->span;
	struct text before = text_between(bytes, bytes + root.first);
	struct text after = text_between(bytes + root.end, end);
	struct format f = { .tree = tree };

	f.measures = measure(&f.scratch, tree);
	f.standard = f.measures.standard && !has_comment(before) && !has_comment(after);
	page_start(&f.page, tree->source->len);
	page_put_head(&f.page, before);
	layout(&f);
	page_put_tail(&f.page, after);
	struct text formatted = values_move(&f, arena);
	page_end(&f.page);
	arena_end(&f.scratch);
	return formatted;
}
