#include "policy/show.h"

#include "grammar/arena.h"
#include "grammar/rune.h"

/* Sentences stay readable, and their sum stays near the size of the policy. */
#define SHOWN_MAX 120

/* Printable, and no quote: most of what is shown, all of it mostly. */
static bool
is_plain(char c)
{
	return c >= ' ' && c <= '~' && c != '"';
}

const char *
text_show(struct arena *arena, struct text text)
{
	size_t end = 0, bytes;
	bool plain = text.len > 0;

	while (end < text.len && end < SHOWN_MAX && is_plain(text.at[end]))
		end++;
	for (; end < text.len && end < SHOWN_MAX; end += bytes) {
		uint32_t rune;
		bytes = rune_read(text.at + end, text.len - end, &rune);
		plain = plain && rune_printable(rune) && rune != RUNE_BAD && rune != '"';
	}
	if (plain && end == text.len)
		return arena_copy(arena, text.at, text.len);
	const char *rest = end < text.len ? "…" : "";
	text.len = end;
	if (!plain)
		return arena_format(arena, "%s%s", text_quote(arena, text), rest);
	return arena_format(arena, "%.*s%s", TEXT_ARG(text), rest);
}

struct text
text_lower(struct arena *arena, struct text text)
{
	char *lower = arena_copy(arena, text.at, text.len);

	for (size_t i = 0; i < text.len; i++)
		lower[i] = to_small(lower[i]);
	return (struct text) { lower, text.len };
}
