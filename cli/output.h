#ifndef ACLC_CLI_OUTPUT_H
#define ACLC_CLI_OUTPUT_H

/* Where something is written: a descriptor behind a large buffer. A write that
 * fails is remembered, and what comes after it is dropped; main.c looks once,
 * at the end. */

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "grammar/finding.h"
#include "grammar/text.h"

struct arena;
struct iovec;

struct output {
	struct arena *memory; /* it is kept there, nothing is written; or NULL */
	const char *name;     /* for messages: "standard output", a file's name */
	int fd;
	char *buffer;
	size_t n, cap;
	struct iovec *pieces; /* what goes before the buffer's bytes from piece on */
	size_t n_pieces, piece;
	int error;      /* errno of the first write that failed, or 0 */
	bool terminal;  /* it is one */
	bool color;     /* escape sequences are welcome */
	bool guarded;   /* GITHUB_ACTIONS reads it: break what it would obey */
	unsigned width; /* columns of the terminal; 0 where it is none */
};

/* Starts an output on an open descriptor; the buffer is the arena's. */
void output_start(struct output *, struct arena *, int fd, const char *name);

/* Starts an output that is kept in memory, for a text to be used again. */
void output_start_memory(struct output *, struct arena *);

/* What an output in memory holds; valid as long as its arena. */
struct text output_taken(const struct output *);

/* Writes out what the buffer holds; does nothing in memory. */
void output_flush(struct output *);

/* What output_room can be asked for. */
#define OUTPUT_ROOM 4096

/* Makes room for n bytes: writes out the buffer, or widens it in memory. */
void output_make_room(struct output *, size_t n);

/* Room for n bytes in the buffer; the caller adds to out->n what was used. */
static inline char *
output_room(struct output *out, size_t n)
{
	if (out->cap - out->n < n)
		output_make_room(out, n);
	return out->buffer + out->n;
}

void output_bytes(struct output *, const char *at, size_t len);

/* Short pieces go straight to the buffer. */
static inline void
output_text(struct output *out, struct text text)
{
	if (text.len > out->cap - out->n) {
		output_bytes(out, text.at, text.len);
		return;
	}
	if (text.len > 0)
		memcpy(out->buffer + out->n, text.at, text.len);
	out->n += text.len;
}

static inline void
output_string(struct output *out, const char *string)
{
	output_text(out, (struct text) { string, strlen(string) });
}

static inline void
output_char(struct output *out, char c)
{
	*output_room(out, 1) = c;
	out->n++;
}

/* Writes a text that stays as it is until output_flush: where it is long, it is not
 * copied. */
void output_shared(struct output *, struct text);

/* n times the same character. */
void output_repeat(struct output *, char c, size_t n);

void output_number(struct output *, unsigned long long);

/* As printf writes it; for what is not hostile. */
void output_format(struct output *, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Text from outside, for people: what would move the cursor, hide or reorder
 * is shown as <U+202E>, bytes that are no UTF-8 as <FF>. Tabs and line ends
 * are shown that way too. Returns the columns that it takes.
 */
size_t output_harmless(struct output *, struct text);

/* The same for a line whose tabs are its own. */
void output_harmless_line(struct output *, struct text);

/* The columns that it would take. */
size_t harmless_width(const struct output *, struct text);

/* The same for the first rune of a text that is not empty; *bytes it has. */
size_t output_harmless_rune(struct output *, struct text, size_t *bytes);
size_t harmless_rune_width(const struct output *, struct text, size_t *bytes);

/* output_text.c */

/* The colours of the parts of a page. */
enum paint {
	PAINT_NONE,
	PAINT_PLACE, /* file:line:column */
	PAINT_ERROR,
	PAINT_WARNING,
	PAINT_ADVICE,
	PAINT_NOTE,
	PAINT_CARET,
	PAINT_FAINT,
	PAINT_ADDED,
	PAINT_REMOVED,
	PAINT_HUNK,
	PAINT_HEADING,
	PAINT_GOOD,
};

/* Starts a colour, or PAINT_NONE ends it; nothing without out->color. */
void output_paint(struct output *, enum paint);

/* A finding: its place and sentence, the line with a caret, its notes. */
void text_finding(struct output *, const struct finding *);

/* "error", "warning", "advice". */
const char *level_name(enum level);

/* output_json.c */

struct json_t;

/* Before any JSON is made: running out of memory ends the run. */
void json_start(void);

/* A JSON document, indented, and a line end. Takes the value over. */
void output_json(struct output *, struct json_t *);

/* A JSON string, quotes included, from valid UTF-8. */
void output_json_text(struct output *, struct text);

/* jansson's string of any bytes: what is no UTF-8 becomes U+FFFD. */
struct json_t *json_of_text(struct text);

/* A finding as an object: check, line, column …, message, notes. */
struct json_t *json_of_finding(const struct finding *);

#endif
