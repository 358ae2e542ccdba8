/* Findings for people: the place, the line with a caret, the notes. */
#include "cli/output.h"

#include "grammar/finding.h"
#include "grammar/rune.h"

/* Select Graphic Rendition, by paint. */
static const char *const PAINTS[] = {
	[PAINT_NONE] = "\033[0m",      [PAINT_PLACE] = "\033[1m",
	[PAINT_ERROR] = "\033[1;31m",  [PAINT_WARNING] = "\033[1;35m",
	[PAINT_ADVICE] = "\033[1;34m", [PAINT_NOTE] = "\033[1;36m",
	[PAINT_CARET] = "\033[1;32m",  [PAINT_FAINT] = "\033[2m",
	[PAINT_ADDED] = "\033[32m",    [PAINT_REMOVED] = "\033[31m",
	[PAINT_HUNK] = "\033[36m",     [PAINT_HEADING] = "\033[1m",
	[PAINT_GOOD] = "\033[1;32m",
};

void
output_paint(struct output *out, enum paint paint)
{
	if (out->color)
		output_string(out, PAINTS[paint]);
}

static const struct level_look {
	const char *name;
	enum paint paint;
} LEVELS[] = {
	[LEVEL_IGNORE] = { "ignored", PAINT_NOTE },
	[LEVEL_ADVICE] = { "advice", PAINT_ADVICE },
	[LEVEL_WARNING] = { "warning", PAINT_WARNING },
	[LEVEL_ERROR] = { "error", PAINT_ERROR },
};

const char *
level_name(enum level level)
{
	return LEVELS[level].name;
}

/* "policy.hujson:14:14: " */
static void
place_write(struct output *out, struct source *source, struct span where)
{
	struct place place = source_place(source, where.first);

	output_paint(out, PAINT_PLACE);
	output_harmless(out, text_of(source->name));
	output_format(out, ":%u:%u:", (unsigned)place.line, (unsigned)place.column);
	output_paint(out, PAINT_NONE);
	output_char(out, ' ');
}

/* "warning: " */
static void
label_write(struct output *out, const char *label, enum paint paint)
{
	output_paint(out, paint);
	output_string(out, label);
	output_char(out, ':');
	output_paint(out, PAINT_NONE);
	output_char(out, ' ');
}

/* A tab goes to the next of these. */
#define TAB 4

/* What is shown of a line that is longer than the page: so much before the
 * caret at least, and so much in all. */
#define PAGE_WIDTH 120
#define LEAD_WIDTH 40
#define PAGE_LEAST 40

/* The part of a line that is shown, and the part of that which is meant. */
struct excerpt {
	struct text line;  /* what of the line is shown */
	size_t first, end; /* what is meant, in line */
	bool cut_before, cut_after;
};

/* Columns of one rune when it starts at column at; *bytes it takes. */
static size_t
rune_columns(const struct output *out, struct text rest, size_t at, size_t *bytes)
{
	*bytes = 1;
	if (rest.at[0] == '\t')
		return TAB - at % TAB;
	return harmless_rune_width(out, rest, bytes);
}

/* How far the text can be shown from byte first on in so many columns. */
static size_t
fit(const struct output *out, struct text line, size_t first, size_t columns)
{
	size_t at = 0, bytes;

	while (first < line.len) {
		at += rune_columns(out, text_from(line, first), at, &bytes);
		if (at > columns)
			break;
		first += bytes;
	}
	return first;
}

static bool
is_inside_rune(struct text line, size_t at)
{
	return at > 0 && at < line.len && (line.at[at] & 0xC0) == 0x80;
}

/* Goes back from byte first as far as so many columns allow. */
static size_t
fit_before(const struct output *out, struct text line, size_t first, size_t columns)
{
	size_t at = 0, bytes;

	while (first > 0) {
		size_t before = first - 1;
		while (is_inside_rune(line, before) && first - before < RUNE_BYTES)
			before--;
		at += rune_columns(out, text_from(line, before), 0, &bytes);
		if (at > columns)
			break;
		first = before;
	}
	return first;
}

/* Cuts a line down to a page, so that what is meant is on it. */
static struct excerpt
excerpt_of(const struct output *out, struct text line, size_t first, size_t end,
           size_t width)
{
	struct excerpt excerpt = { line, first, end, false, false };
	size_t start = 0, lead = width / 2 < LEAD_WIDTH ? width / 2 : LEAD_WIDTH;

	if (fit(out, line, 0, width) < line.len) {
		if (fit(out, line, 0, width - width / 4) < first)
			start = fit_before(out, line, first, lead);
		size_t stop = fit(out, line, start, width);
		excerpt.line = (struct text) { line.at + start, stop - start };
		excerpt.cut_before = start > 0;
		excerpt.cut_after = stop < line.len;
		excerpt.first = first - start;
		excerpt.end = (end < stop ? end : stop) - start;
	}
	return excerpt;
}

/* The line as it is shown: tabs as blanks, what is hostile by its name. */
static void
excerpt_line(struct output *out, struct text line)
{
	size_t at = 0, bytes;

	for (size_t i = 0; i < line.len; i += bytes) {
		struct text rest = text_from(line, i);
		size_t columns = rune_columns(out, rest, at, &bytes);
		if (rest.at[0] == '\t')
			output_repeat(out, ' ', columns);
		else
			output_harmless_rune(out, rest, &bytes);
		at += columns;
	}
}

/* The columns of the first n bytes. */
static size_t
excerpt_columns(const struct output *out, struct text line, size_t n)
{
	size_t at = 0, bytes;

	for (size_t i = 0; i < n && i < line.len; i += bytes)
		at += rune_columns(out, text_from(line, i), at, &bytes);
	return at;
}

#define CUT "..."

/* "   |         ^^^^^" */
static void
carets_write(struct output *out, const struct excerpt *excerpt, size_t gutter)
{
	size_t before = excerpt_columns(out, excerpt->line, excerpt->first);
	size_t upto = excerpt_columns(out, excerpt->line, excerpt->end);

	output_repeat(out, ' ', gutter);
	output_string(out, " | ");
	output_repeat(out, ' ', before + (excerpt->cut_before ? sizeof(CUT) - 1 : 0));
	output_paint(out, PAINT_CARET);
	output_repeat(out, '^', upto > before ? upto - before : 1);
	output_paint(out, PAINT_NONE);
	output_char(out, '\n');
}

static size_t
digits_of(uint32_t number)
{
	size_t n = 1;

	while ((number /= 10) > 0)
		n++;
	return n;
}

/* What the page leaves to the line beside the gutter and the cuts. */
static size_t
width_left(const struct output *out, size_t gutter)
{
	size_t page = out->width ? out->width : PAGE_WIDTH;
	size_t taken = gutter + sizeof(" | ") - 1 + 2 * (sizeof(CUT) - 1);

	return page > taken + PAGE_LEAST ? page - taken : PAGE_LEAST;
}

/* The line that holds the start of a span, and carets under the span. */
static void
excerpt_write(struct output *out, struct source *source, struct span where)
{
	struct place place = source_place(source, where.first);
	struct span line = source_line(source, place.line);
	uint32_t first = where.first < line.end ? where.first : line.end;
	uint32_t end = where.end < line.end ? where.end : line.end;
	size_t gutter = digits_of(place.line);
	struct excerpt excerpt =
		excerpt_of(out, source_text(source, line), first - line.first,
	                   (end > first ? end : first) - line.first,
	                   width_left(out, gutter));

	output_format(out, "%u |", (unsigned)place.line);
	if (excerpt.line.len > 0) {
		output_string(out, excerpt.cut_before ? " " CUT : " ");
		excerpt_line(out, excerpt.line);
		output_string(out, excerpt.cut_after ? CUT : "");
	}
	output_char(out, '\n');
	carets_write(out, &excerpt, gutter);
}

static void
note_write(struct output *out, const struct note *note)
{
	if (note->source)
		place_write(out, note->source, note->where);
	label_write(out, "note", PAINT_NOTE);
	output_harmless(out, text_of(note->said));
	output_char(out, '\n');
}

void
text_finding(struct output *out, const struct finding *finding)
{
	const struct level_look *look = &LEVELS[finding->level];

	if (finding->source)
		place_write(out, finding->source, finding->where);
	label_write(out, look->name, look->paint);
	output_harmless(out, text_of(finding->said));
	output_paint(out, PAINT_FAINT);
	output_format(out, " [%s]", finding->check->id);
	output_paint(out, PAINT_NONE);
	output_char(out, '\n');
	if (finding->source)
		excerpt_write(out, finding->source, finding->where);
	for (const struct note *note = finding->notes; note; note = note->next)
		note_write(out, note);
}
