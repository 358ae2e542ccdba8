#include "policy/saying.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "grammar/arena.h"

/* Room for so many bytes more, and a NUL. */
static void
saying_grow(struct saying *saying, size_t more)
{
	size_t need = saying->len + more + 1;
	size_t cap = saying->cap > 0 ? saying->cap : 64;

	if (need <= saying->cap)
		return;
	while (cap < need)
		cap *= 2;
	char *at = arena_array(saying->arena, cap, 1);
	if (saying->len > 0)
		memcpy(at, saying->at, saying->len);
	saying->at = at;
	saying->cap = cap;
}

void
saying_add(struct saying *saying, const char *format, ...)
{
	va_list args, again;

	saying_grow(saying, 0);
	size_t room = saying->cap - saying->len;
	va_start(args, format);
	va_copy(again, args);
	int len = vsnprintf(saying->at + saying->len, room, format, args);
	va_end(args);
	if (len > 0 && (size_t)len >= room) {
		saying_grow(saying, (size_t)len);
		vsnprintf(saying->at + saying->len, (size_t)len + 1, format, again);
	}
	va_end(again);
	saying->len += len > 0 ? (size_t)len : 0;
}

void
saying_put(struct saying *saying, struct text text)
{
	saying_grow(saying, text.len);
	if (text.len > 0)
		memcpy(saying->at + saying->len, text.at, text.len);
	saying->len += text.len;
	saying->at[saying->len] = '\0';
}

struct text
saying_text(const struct saying *saying)
{
	return (struct text) { saying->at, saying->len };
}

const char *
saying_words(const struct saying *saying)
{
	return saying->at ? saying->at : "";
}
