#include "grammar/hujson.h"

#include <string.h>

#include "grammar/arena.h"
#include "grammar/rune.h"
#include "grammar/scan.h"

/* A text as it is put together, never longer than what it is made of. */
struct printed {
	char *bytes;
	size_t len;
};

static void
printed_add(struct printed *printed, const char *first, const char *end)
{
	if (end > first)
		memcpy(printed->bytes + printed->len, first, (size_t)(end - first));
	printed->len += (size_t)(end - first);
}

static bool
is_container(const struct node *node)
{
	return node->kind == HUJSON_ARRAY || node->kind == HUJSON_OBJECT;
}

/* What of a node is its own: of an array or object the opening bracket. */
static struct span
own_span(const struct node *node)
{
	struct span span = node->span;

	if (is_container(node))
		span.end = span.first + 1;
	return span;
}

struct text
hujson_print(struct arena *arena, const struct tree *tree)
{
	const char *bytes = tree->source->bytes;
	struct printed printed = { arena_alloc(arena, tree->source->len), 0 };
	uint32_t done = 0;

	if (tree->source->len == 0)
		return (struct text) { printed.bytes, 0 };
	for (const struct node *node = tree->root; node < tree->root + tree->n; node++) {
		struct span own = own_span(node);
		printed_add(&printed, bytes + done, bytes + own.first);
		printed_add(&printed, bytes + own.first, bytes + own.end);
		done = own.end;
	}
	printed_add(&printed, bytes + done, bytes + tree->source->len);
	return (struct text) { printed.bytes, printed.len };
}

/* Adds the brackets, colons and commas between two nodes. A comma waits for
 * what follows it: before a closing bracket it is one too many. */
static void
marks_add(struct printed *printed, const char *at, const char *end, bool *comma)
{
	while ((at = extra_end(at, end)) < end) {
		if (*at == ',')
			*comma = true;
		else
			printed_add(printed, at, at + 1);
		if (*at == ']' || *at == '}')
			*comma = false;
		at++;
	}
}

static struct text
minimize(struct arena *arena, const struct tree *tree, const struct node *value)
{
	const char *bytes = tree->source->bytes;
	struct span whole = value->span;
	struct printed printed = { arena_alloc(arena, whole.end - whole.first), 0 };
	uint32_t done = whole.first;
	bool comma = false;

	for (const struct node *node = value; node < value + value->count; node++) {
		struct span own = own_span(node);
		marks_add(&printed, bytes + done, bytes + own.first, &comma);
		if (comma)
			printed.bytes[printed.len++] = ',';
		comma = false;
		printed_add(&printed, bytes + own.first, bytes + own.end);
		done = own.end;
	}
	marks_add(&printed, bytes + done, bytes + whole.end, &comma);
	return (struct text) { printed.bytes, printed.len };
}

/* What is no UTF-8 as U+FFFD: at most three bytes for one. */
static struct text
text_mended(struct arena *arena, struct text text, size_t valid)
{
	char *bytes = arena_alloc(arena, valid + 3 * (text.len - valid));
	size_t len = valid;

	memcpy(bytes, text.at, valid);
	for (size_t i = valid; i < text.len;) {
		uint32_t rune;
		i += rune_read(text.at + i, text.len - i, &rune);
		len += rune_write(rune, bytes + len);
	}
	return (struct text) { bytes, len };
}

struct text
hujson_minimize(struct arena *arena, const struct tree *tree, const struct node *value)
{
	struct text text = minimize(arena, tree, value);
	size_t valid = runes_valid(text.at, text.len);

	return valid == text.len ? text : text_mended(arena, text, valid);
}
