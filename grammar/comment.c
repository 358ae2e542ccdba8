#include "grammar/comment.h"

#include "grammar/arena.h"
#include "grammar/scan.h"

/* A walk over a text, token by token; nodes are met in the same order. */
struct walk {
	struct arena *arena;
	const struct tree *tree;
	const char *start, *end;
	const struct node *next; /* the first node that starts at or after the place */
	bool line_begun;         /* something but comments stands on this line */
	const char *token; /* the token behind the last comment of its own line … */
	struct span about; /* … and the value there: that of all before it */
	struct comment *comments;
	size_t n, cap;
};

static uint32_t
offset_of(const struct walk *walk, const char *at)
{
	return (uint32_t)(at - walk->start);
}

/* Where the next token is, commas aside: what a comment before one is about
 * stands behind it. */
static const char *
token_after(const char *at, const char *end)
{
	at = extra_end(at, end);
	while (at < end && *at == ',')
		at = extra_end(at + 1, end);
	return at;
}

/* The value that starts at a place, and the member that it names. */
static struct span
value_span(struct walk *walk, const char *at)
{
	const struct node *last = walk->tree->root + walk->tree->n;
	uint32_t offset = offset_of(walk, at);

	while (walk->next < last && walk->next->span.first < offset)
		walk->next++;
	if (walk->next == last || walk->next->span.first != offset)
		return (struct span) { offset, offset };
	struct span span = walk->next->span;
	const char *after = extra_end(walk->start + span.end, walk->end);
	if (after < walk->end && *after == ':' && walk->next + 1 < last)
		span.end = walk->next[1].span.end;
	return span;
}

/* What a comment of its own line that ends at a place is about. */
static struct span
about_next(struct walk *walk, const char *end)
{
	if (!walk->token || walk->token < end) {
		walk->token = token_after(end, walk->end);
		walk->about = value_span(walk, walk->token);
	}
	return walk->about;
}

static struct span
line_span(const struct walk *walk, uint32_t offset)
{
	struct source *source = walk->tree->source;

	return source_line(source, source_place(source, offset).line);
}

static void
comment_add(struct walk *walk, const char *at, const char *end)
{
	bool block = at[1] == '*', fed = !block && end[-1] == '\n';
	const char *inside_end = block ? end - 2 : end - fed;
	struct comment comment = {
		.span = { offset_of(walk, at), offset_of(walk, end - fed) },
		.said = text_trim(
			(struct text) { at + 2, (size_t)(inside_end - at - 2) }),
		.own_line = !walk->line_begun,
	};

	comment.about = comment.own_line ? about_next(walk, end)
	                                 : line_span(walk, comment.span.first);
	walk->comments = arena_grow(walk->arena, walk->comments, walk->n, &walk->cap,
	                            sizeof(*walk->comments));
	walk->comments[walk->n++] = comment;
}

/* The end of the string that starts here. */
static const char *
string_end(const char *at, const char *end)
{
	const char *close = plain_end(at + 1, end);

	if (close == end || *close != '"')
		close = string_close(at, end);
	return close < end ? close + 1 : close;
}

/* Goes over what starts here: a string, a byte, a comment, blanks. */
static const char *
step(struct walk *walk, const char *at)
{
	if (!is_extra(*at)) {
		walk->line_begun = true;
		return *at == '"' ? string_end(at, walk->end) : at + 1;
	}
	const char *close = *at == '/' ? comment_end(at, walk->end) : at;
	if (close && close > at) {
		comment_add(walk, at, close);
		walk->line_begun &= close[-1] != '\n';
		return close;
	}
	close = blanks_end(at, walk->end);
	if (close == at) { /* a byte that stands here by mistake */
		walk->line_begun = true;
		return at + 1;
	}
	/* mostly the first one is the line end */
	walk->line_begun &= *at != '\n' && !memchr(at, '\n', (size_t)(close - at));
	return close;
}

struct comments
comments_of(struct arena *arena, const struct tree *tree)
{
	const struct source *source = tree->source;
	struct walk walk = {
		.arena = arena,
		.tree = tree,
		.start = source->bytes,
		.end = source->bytes + source->len,
		.next = tree->root,
	};

	for (const char *at = walk.start; at < walk.end;)
		at = step(&walk, at);
	return (struct comments) { walk.comments, walk.n };
}
