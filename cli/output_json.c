/* jansson's door: JSON documents are made here and by who calls output_json. */
#include "cli/output.h"

#include <jansson.h>
#include <stdlib.h>

#include "grammar/arena.h"
#include "grammar/finding.h"
#include "grammar/rune.h"

/* jansson would leave out what there is no memory for. */
static void *
memory_give(size_t size)
{
	void *memory = malloc(size);

	if (!memory)
		out_of_memory();
	return memory;
}

void
json_start(void)
{
	json_set_alloc_funcs(memory_give, free);
}

static int
json_take(const char *at, size_t len, void *out)
{
	output_bytes(out, at, len);
	return 0;
}

void
output_json(struct output *out, json_t *document)
{
	json_dump_callback(document, json_take, out, JSON_INDENT(2) | JSON_ENCODE_ANY);
	output_char(out, '\n');
	json_decref(document);
}

/* The same text with U+FFFD for what is no UTF-8. */
static struct text
text_mend(struct arena *arena, struct text text)
{
	size_t n = 0;
	/* a bad byte becomes three */
	char *mended = arena_array(arena, text.len, 3);

	while (text.len > 0) {
		uint32_t rune;
		text = text_from(text, rune_read(text.at, text.len, &rune));
		n += rune_write(rune, mended + n);
	}
	return (struct text) { mended, n };
}

json_t *
json_of_text(struct text text)
{
	struct arena scratch = { 0 };

	if (runes_valid(text.at, text.len) < text.len)
		text = text_mend(&scratch, text);
	json_t *string = json_stringn_nocheck(text.len ? text.at : "", text.len);
	arena_end(&scratch);
	return string;
}

/* Adds where a span is: lines and columns from 1, columns in bytes, the end
 * just after its last byte. */
static void
json_place(json_t *object, struct source *source, struct span where)
{
	struct place first = source_place(source, where.first);
	struct place end = source_place(source, where.end);

	json_object_set_new(object, "line", json_integer(first.line));
	json_object_set_new(object, "column", json_integer(first.column));
	json_object_set_new(object, "end_line", json_integer(end.line));
	json_object_set_new(object, "end_column", json_integer(end.column));
}

static json_t *
json_of_note(const struct note *note)
{
	json_t *object = json_object();

	if (note->source) {
		json_object_set_new(object, "file",
		                    json_of_text(text_of(note->source->name)));
		json_place(object, note->source, note->where);
	}
	json_object_set_new(object, "message", json_of_text(text_of(note->said)));
	return object;
}

json_t *
json_of_finding(const struct finding *finding)
{
	json_t *object = json_object();

	json_object_set_new(object, "check", json_string(finding->check->id));
	if (finding->source)
		json_place(object, finding->source, finding->where);
	json_object_set_new(object, "message", json_of_text(text_of(finding->said)));
	if (!finding->notes)
		return object;
	json_t *notes = json_array();
	for (const struct note *note = finding->notes; note; note = note->next)
		json_array_append_new(notes, json_of_note(note));
	json_object_set_new(object, "notes", notes);
	return object;
}

/* The letter after the backslash, for what has one. */
static char
short_escape(char c)
{
	switch (c) {
	case '"':
	case '\\':
		return c;
	case '\b':
		return 'b';
	case '\f':
		return 'f';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	default:
		return '\0';
	}
}

static bool
needs_escape(char c)
{
	return (unsigned char)c < ' ' || c == '"' || c == '\\';
}

static void
escape_write(struct output *out, char c)
{
	char letter = short_escape(c);

	if (letter) {
		output_char(out, '\\');
		output_char(out, letter);
	} else {
		output_format(out, "\\u%04x", (unsigned char)c);
	}
}

void
output_json_text(struct output *out, struct text text)
{
	size_t plain = 0;

	output_char(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		if (!needs_escape(text.at[i]))
			continue;
		output_text(out, (struct text) { text.at + plain, i - plain });
		escape_write(out, text.at[i]);
		plain = i + 1;
	}
	output_text(out, text_from(text, plain));
	output_char(out, '"');
}
