#include "cli/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

#include "cli/terminal.h"
#include "cli/width.h"
#include "grammar/arena.h"
#include "grammar/rune.h"

/* Large enough that the system calls do not count, small enough to stay near the
 * processor. */
#define BUFFER_SIZE ((size_t)64 << 10)

/* As many as go in one call, on any system that we know. */
#define PIECES_MAX 1024

/* Shorter texts are copied sooner than told of. */
#define SHARED_LEAST 512

void
output_start(struct output *out, struct arena *arena, int fd, const char *name)
{
	*out = (struct output) { .name = name, .fd = fd, .cap = BUFFER_SIZE };
	out->buffer = arena_bytes(arena, out->cap);
	out->pieces = arena_room(arena, PIECES_MAX, sizeof(*out->pieces));
}

void
output_start_memory(struct output *out, struct arena *arena)
{
	*out = (struct output) { .memory = arena, .fd = -1 };
}

struct text
output_taken(const struct output *out)
{
	return (struct text) { out->buffer, out->n };
}

/* Goes on behind the first n bytes of the pieces; returns how many are left. */
static size_t
pieces_skip(struct iovec **pieces, size_t n_pieces, size_t n)
{
	while (n_pieces > 0 && n >= (*pieces)->iov_len) {
		n -= (*pieces)->iov_len;
		++*pieces;
		n_pieces--;
	}
	if (n_pieces > 0) {
		(*pieces)->iov_base = (char *)(*pieces)->iov_base + n;
		(*pieces)->iov_len -= n;
	}
	return n_pieces;
}

/* Writes all of them, or remembers why not. */
static void
write_whole(struct output *out, struct iovec *pieces, size_t n_pieces)
{
	if (out->terminal) /* the one that progress is shown on */
		progress_clear();
	n_pieces = pieces_skip(&pieces, n_pieces, 0);
	while (n_pieces > 0 && !out->error) {
		ssize_t n = writev(out->fd, pieces, (int)n_pieces);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			out->error = errno;
			return;
		}
		n_pieces = pieces_skip(&pieces, n_pieces, (size_t)n);
	}
}

static struct iovec
piece_of(const char *at, size_t len)
{
	/* writev does not write there, but its struct is that of readv */
	return (struct iovec) { (void *)(uintptr_t)at, len };
}

/* Adds what was copied to the buffer since the last piece. */
static void
piece_end(struct output *out)
{
	out->pieces[out->n_pieces++] =
		piece_of(out->buffer + out->piece, out->n - out->piece);
	out->piece = out->n;
}

void
output_flush(struct output *out)
{
	if (out->memory)
		return;
	piece_end(out);
	write_whole(out, out->pieces, out->n_pieces);
	out->n = out->piece = out->n_pieces = 0;
}

void
output_shared(struct output *out, struct text text)
{
	if (out->memory || text.len < SHARED_LEAST) {
		output_text(out, text);
		return;
	}
	if (out->n_pieces + 3 > PIECES_MAX)
		output_flush(out);
	piece_end(out);
	out->pieces[out->n_pieces++] = piece_of(text.at, text.len);
}

void
output_make_room(struct output *out, size_t n)
{
	if (!out->memory) {
		output_flush(out);
		return;
	}
	while (out->cap - out->n < n)
		out->buffer =
			arena_grow(out->memory, out->buffer, out->cap, &out->cap, 1);
}

void
output_bytes(struct output *out, const char *at, size_t len)
{
	if (len > out->cap - out->n)
		output_make_room(out, len);
	if (len > out->cap) {
		struct iovec piece = piece_of(at, len);
		write_whole(out, &piece, 1);
		return;
	}
	if (len > 0)
		memcpy(out->buffer + out->n, at, len);
	out->n += len;
}

void
output_repeat(struct output *out, char c, size_t n)
{
	while (n-- > 0)
		output_char(out, c);
}

void
output_number(struct output *out, unsigned long long number)
{
	char digits[20];
	size_t first = sizeof(digits);

	do
		digits[--first] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	output_bytes(out, digits + first, sizeof(digits) - first);
}

void
output_format(struct output *out, const char *format, ...)
{
	struct arena scratch = { 0 };
	va_list args;

	va_start(args, format);
	output_string(out, arena_format_list(&scratch, format, args));
	va_end(args);
	arena_end(&scratch);
}

/* What a rune looks like in harmless text. */
struct shown {
	char text[16];
	size_t len;
	unsigned width;
};

/* The mark of old runners' commands, "##[", wherever it stands in a line. */
static bool
is_runner_command(struct text rest)
{
	return text_starts(rest, "##[");
}

/* Whether a letter may stand as it is, in a column of its own. */
static bool
is_plain(const struct output *out, char letter)
{
	return letter >= ' ' && letter <= '~' && !(out->guarded && letter == '#');
}

/* Shows the first rune of a text that is not empty; returns its bytes. */
static size_t
rune_show(const struct output *out, struct text rest, struct shown *shown)
{
	uint32_t rune;

	if (is_plain(out, *rest.at)) {
		*shown = (struct shown) { .text = { *rest.at }, .len = 1, .width = 1 };
		return 1;
	}
	size_t bytes = rune_read(rest.at, rest.len, &rune);
	if (rune == RUNE_BAD && bytes == 1)
		shown->len = (size_t)snprintf(shown->text, sizeof(shown->text), "<%02X>",
		                              (unsigned char)*rest.at);
	else if (!rune_shows(rune) || (out->guarded && is_runner_command(rest)))
		shown->len = (size_t)snprintf(shown->text, sizeof(shown->text),
		                              "<U+%04X>", (unsigned)rune);
	else {
		memcpy(shown->text, rest.at, bytes);
		shown->len = bytes;
		shown->width = rune_width(rune);
		return bytes;
	}
	shown->width = (unsigned)shown->len;
	return bytes;
}

/* How many bytes from the start are plain letters, a column each. */
static size_t
plain_length(const struct output *out, struct text text)
{
	size_t n = 0;

	while (n < text.len && is_plain(out, text.at[n]))
		n++;
	return n;
}

size_t
output_harmless(struct output *out, struct text text)
{
	size_t width = 0;

	for (;;) {
		struct shown shown;
		size_t plain = plain_length(out, text);
		output_text(out, (struct text) { text.at, plain });
		text = text_from(text, plain);
		width += plain;
		if (text.len == 0)
			return width;
		text = text_from(text, rune_show(out, text, &shown));
		output_bytes(out, shown.text, shown.len);
		width += shown.width;
	}
}

void
output_harmless_line(struct output *out, struct text line)
{
	for (;;) {
		size_t tab = text_find(line, '\t');
		output_harmless(out, (struct text) { line.at, tab });
		if (tab == line.len)
			return;
		output_char(out, '\t');
		line = text_from(line, tab + 1);
	}
}

size_t
harmless_width(const struct output *out, struct text text)
{
	size_t width = 0;

	for (;;) {
		struct shown shown;
		size_t plain = plain_length(out, text);
		text = text_from(text, plain);
		width += plain;
		if (text.len == 0)
			return width;
		text = text_from(text, rune_show(out, text, &shown));
		width += shown.width;
	}
}

size_t
output_harmless_rune(struct output *out, struct text text, size_t *bytes)
{
	struct shown shown;

	*bytes = rune_show(out, text, &shown);
	output_bytes(out, shown.text, shown.len);
	return shown.width;
}

size_t
harmless_rune_width(const struct output *out, struct text text, size_t *bytes)
{
	struct shown shown;

	*bytes = rune_show(out, text, &shown);
	return shown.width;
}
