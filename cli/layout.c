#include "cli/layout.h"

#include <stdio.h>

static const char *const HEADINGS[COLUMN_N] = {
	[COLUMN_SRC] = "SOURCE",        [COLUMN_DST] = "DESTINATION",
	[COLUMN_PROTOCOL] = "PROTOCOL", [COLUMN_PORTS] = "PORTS",
	[COLUMN_RULE] = "RULE",
};

#define INDENT 2
#define GAP 2

/* Where the page is not a terminal. */
#define PAGE_WIDTH 100

/* No column is squeezed below this. */
#define SQUEEZE_LEAST 8

static size_t
greater(size_t a, size_t b)
{
	return a > b ? a : b;
}

static size_t
lesser(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The words for items left out. */
struct more_text {
	char text[40];
	size_t len;
};

static struct more_text
more_text(size_t more)
{
	struct more_text words;

	words.len =
		(size_t)snprintf(words.text, sizeof(words.text), "and %zu more", more);
	return words;
}

/* Items, and the words for those left out, which count as one. */
static size_t
cell_length(const struct cell *cell)
{
	return cell->n + (cell->more > 0);
}

static size_t
item_width(const struct output *out, const struct cell *cell, size_t i)
{
	if (i == cell->n)
		return more_text(cell->more).len;
	return harmless_width(out, cell->items[i]);
}

void
layout_start(struct layout *layout)
{
	for (size_t c = 0; c < COLUMN_N; c++) {
		layout->natural[c] = strlen(HEADINGS[c]);
		layout->item[c] = layout->natural[c];
	}
}

static void
cell_measure(struct layout *layout, const struct output *out, size_t c,
             const struct cell *cell)
{
	size_t whole = 0, length = cell_length(cell);

	for (size_t i = 0; i < length; i++) {
		size_t width = item_width(out, cell, i) + (i + 1 < length);
		layout->item[c] = greater(layout->item[c], width);
		whole += width + (i > 0);
	}
	layout->natural[c] = greater(layout->natural[c], whole);
}

void
layout_measure(struct layout *layout, const struct output *out, const struct rows *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		for (size_t c = 0; c < COLUMN_N; c++)
			cell_measure(layout, out, c, &rows->at[i].cells[c]);
}

/* As narrow as a column can be: wider than its heading and its items, unless one of
 * them is so long that it had better stick out. */
static size_t
narrowest(const struct layout *layout, size_t c, size_t page)
{
	size_t item = lesser(layout->item[c], page / 3);
	size_t least = greater(strlen(HEADINGS[c]), SQUEEZE_LEAST);

	return lesser(layout->natural[c], greater(least, item));
}

/* The widest column that can give, or COLUMN_N. */
static size_t
column_giving(const struct layout *layout, size_t page)
{
	size_t widest = COLUMN_N;

	for (size_t c = 0; c < COLUMN_N; c++)
		if (layout->width[c] > narrowest(layout, c, page) &&
		    (widest == COLUMN_N || layout->width[c] > layout->width[widest]))
			widest = c;
	return widest;
}

bool
layout_settle(struct layout *layout, const struct output *out, bool wide)
{
	size_t page = out->width ? out->width : PAGE_WIDTH;
	size_t whole = INDENT + GAP * (COLUMN_N - 1), c;

	for (c = 0; c < COLUMN_N; c++) {
		layout->width[c] = wide ? layout->natural[c]
		                        : greater(narrowest(layout, c, page),
		                                  lesser(layout->natural[c], page));
		whole += layout->width[c];
	}
	if (wide)
		return true;
	for (; whole > page && (c = column_giving(layout, page)) < COLUMN_N; whole--)
		layout->width[c]--;
	return whole <= page;
}

void
layout_head(const struct layout *layout, struct output *out)
{
	output_paint(out, PAINT_HEADING);
	output_repeat(out, ' ', INDENT);
	for (size_t c = 0; c < COLUMN_N; c++) {
		output_string(out, HEADINGS[c]);
		if (c + 1 < COLUMN_N)
			output_repeat(out, ' ',
			              layout->width[c] - strlen(HEADINGS[c]) + GAP);
	}
	output_paint(out, PAINT_NONE);
	output_char(out, '\n');
}

/* What is left of a row: the next item of each cell, and blanks due. */
struct line {
	size_t next[COLUMN_N];
	size_t blanks;
};

static void
blanks_write(struct line *line, struct output *out)
{
	output_repeat(out, ' ', line->blanks);
	line->blanks = 0;
}

static void
item_write(struct output *out, const struct cell *cell, size_t i)
{
	struct more_text words = more_text(cell->more);

	if (i == cell->n)
		output_text(out, (struct text) { words.text, words.len });
	else
		output_harmless(out, cell->items[i]);
}

/* As many of the next items as fit, one at least; returns their columns. */
static size_t
cell_line(struct line *line, struct output *out, const struct cell *cell, size_t c,
          size_t width)
{
	size_t at = 0, length = cell_length(cell);

	for (; line->next[c] < length; line->next[c]++) {
		bool last = line->next[c] + 1 == length;
		size_t need = item_width(out, cell, line->next[c]) + !last;
		if (at > 0 && at + 1 + need > width)
			break;
		blanks_write(line, out);
		if (at > 0)
			output_char(out, ' ');
		item_write(out, cell, line->next[c]);
		if (!last)
			output_char(out, ',');
		at += need + (at > 0);
	}
	return at;
}

/* One line of a row; returns whether more of it is left. */
static bool
row_line(const struct layout *layout, struct output *out, const struct row *row,
         struct line *line)
{
	bool more = false;

	line->blanks = INDENT;
	for (size_t c = 0; c < COLUMN_N; c++) {
		const struct cell *cell = &row->cells[c];
		size_t width = layout->width[c];
		size_t used = cell_line(line, out, cell, c, width);
		line->blanks += (used < width ? width - used : 0) + GAP;
		more |= line->next[c] < cell_length(cell);
	}
	output_char(out, '\n');
	return more;
}

void
layout_rows(const struct layout *layout, struct output *out, const struct rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		struct line line = { .blanks = 0 };
		while (row_line(layout, out, &rows->at[i], &line))
			;
	}
}

void
tsv_text(struct output *out, struct text text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		char letter = c == '\t' ? 't' : c == '\n' ? 'n' : c == '\r' ? 'r' : c;
		if (letter != c || c == '\\')
			output_format(out, "\\%c", letter);
		else if ((unsigned char)c < ' ' || c == 0x7F)
			output_format(out, "\\x%02x", (unsigned)c);
		else
			output_char(out, c);
	}
}

void
tsv_cell(struct output *out, const struct cell *cell)
{
	for (size_t i = 0; i < cell->n; i++) {
		if (i > 0)
			output_char(out, ',');
		tsv_text(out, cell->items[i]);
	}
}
