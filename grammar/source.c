#include "grammar/source.h"

#include <string.h>

#include "grammar/arena.h"

struct source *
source_of(struct arena *arena, const char *name, const char *bytes, size_t len)
{
	struct source *source = arena_alloc(arena, sizeof(*source));

	source->name = arena_copy(arena, name, strlen(name));
	source->bytes = bytes;
	source->len = (uint32_t)len;
	source->arena = arena;
	return source;
}

struct text
source_text(const struct source *source, struct span span)
{
	return (struct text) { source->bytes + span.first, span.end - span.first };
}

/* The offset after the next line feed, or 0 when there is none. */
static uint32_t
line_after(const struct source *source, uint32_t offset)
{
	if (offset >= source->len)
		return 0;
	const char *feed = memchr(source->bytes + offset, '\n', source->len - offset);
	return feed ? (uint32_t)(feed - source->bytes) + 1 : 0;
}

static void
source_count_lines(struct source *source)
{
	uint32_t start = 0;
	size_t n = 1;

	if (source->lines)
		return;
	while ((start = line_after(source, start)) != 0)
		n++;
	source->lines = arena_array(source->arena, n, sizeof(*source->lines));
	source->n_lines = n;
	for (size_t i = 1; i < n; i++)
		source->lines[i] = line_after(source, source->lines[i - 1]);
}

struct place
source_place(struct source *source, uint32_t offset)
{
	source_count_lines(source);
	/* the last line that starts at the offset or before */
	size_t line = 0, end = source->n_lines;
	while (end - line > 1) {
		size_t middle = line + (end - line) / 2;
		if (source->lines[middle] <= offset)
			line = middle;
		else
			end = middle;
	}
	return (struct place) { (uint32_t)line + 1, offset - source->lines[line] + 1 };
}

struct span
source_line(struct source *source, uint32_t line)
{
	source_count_lines(source);
	if (line < 1 || line > source->n_lines)
		return (struct span) { source->len, source->len };
	uint32_t first = source->lines[line - 1], end = source->len;
	if (line < source->n_lines)
		end = source->lines[line] - 1; /* before the line feed */
	if (line < source->n_lines && end > first && source->bytes[end - 1] == '\r')
		end--;
	return (struct span) { first, end };
}
