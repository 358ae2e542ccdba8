#include "policy/repair.h"

#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"
#include "policy/hush.h"
#include "policy/saying.h"

struct fix *
fix_add(struct fixes *fixes, const struct finding *finding, enum repair kind)
{
	struct fix *fix = arena_alloc(fixes->arena, sizeof(*fix));

	fix->finding = finding;
	fix->kind = kind;
	fixes->at = arena_grow(fixes->arena, fixes->at, fixes->n, &fixes->cap,
	                       sizeof(struct fix *));
	fixes->at[fixes->n++] = fix;
	return fix;
}

void
fix_replace(struct fixes *fixes, struct fix *fix, struct span span, struct text with)
{
	if (fixes->unasked)
		return;
	fix->edits = arena_grow(fixes->arena, fix->edits, fix->n, &fix->cap,
	                        sizeof(*fix->edits));
	fix->edits[fix->n++] = (struct edit) { .span = span, .with = with };
}

static const char *
bytes_of(const struct fixes *fixes)
{
	return fixes->tree->source->bytes;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

const struct comments *
fixes_comments(struct fixes *fixes)
{
	if (!fixes->comments_known)
		fixes->comments = comments_of(fixes->arena, fixes->tree);
	fixes->comments_known = true;
	return &fixes->comments;
}

/* The first of the comments that starts at or after an offset. */
static size_t
comment_from(struct fixes *fixes, uint32_t offset)
{
	size_t low = 0, high = fixes_comments(fixes)->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (fixes->comments.at[middle].span.first < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The offset of the next token, blanks and comments passed over. */
static uint32_t
token_from(struct fixes *fixes, uint32_t offset)
{
	const char *bytes = bytes_of(fixes);
	uint32_t len = fixes->tree->source->len;
	size_t comment = comment_from(fixes, offset);

	while (offset < len) {
		if (comment < fixes->comments.n &&
		    fixes->comments.at[comment].span.first == offset)
			offset = fixes->comments.at[comment++].span.end;
		else if (is_space(bytes[offset]) || bytes[offset] == '\n')
			offset++;
		else
			break;
	}
	return offset;
}

static uint32_t
line_start(const struct fixes *fixes, uint32_t offset)
{
	return offset - (source_place(fixes->tree->source, offset).column - 1);
}

/* Whether only spaces stand between the start of the line and an offset. */
static bool
starts_line(const struct fixes *fixes, uint32_t offset)
{
	const char *bytes = bytes_of(fixes);

	while (offset > 0 && is_space(bytes[offset - 1]))
		offset--;
	return offset == 0 || bytes[offset - 1] == '\n';
}

/* Behind the spaces from an offset on. */
static uint32_t
spaces_end(const struct fixes *fixes, uint32_t offset)
{
	const char *bytes = bytes_of(fixes);

	while (offset < fixes->tree->source->len && is_space(bytes[offset]))
		offset++;
	return offset;
}

static bool
is_line_end(const struct fixes *fixes, uint32_t offset)
{
	return offset == fixes->tree->source->len || bytes_of(fixes)[offset] == '\n';
}

/* The blanks before an offset on its line. */
static struct text
indent_at(const struct fixes *fixes, uint32_t offset)
{
	uint32_t start = line_start(fixes, offset);

	return (struct text) { bytes_of(fixes) + start,
		               spaces_end(fixes, start) < offset
		                       ? spaces_end(fixes, start) - start
		                       : offset - start };
}

/* Whether the line before, or the one that starts here, is empty. */
static bool
line_is_blank(const struct fixes *fixes, uint32_t start)
{
	return start < fixes->tree->source->len &&
	       is_line_end(fixes, spaces_end(fixes, start));
}

/* Whether an array or object ends here. */
static bool
is_bracket(const struct fixes *fixes, uint32_t offset)
{
	char c = bytes_of(fixes)[offset];

	return c == ']' || c == '}';
}

/* span_with_room where something stands before the span on its line: spaces before
 * it go where it is the last, those after it where it is not. */
static struct span
span_with_spaces(const struct fixes *fixes, struct span span)
{
	const char *bytes = bytes_of(fixes);
	uint32_t end = spaces_end(fixes, span.end);
	bool feeds = is_line_end(fixes, end);
	bool last = feeds || is_bracket(fixes, end);
	bool comma = bytes[span.first] == ',';

	while (last && span.first > 0 && is_space(bytes[span.first - 1]))
		span.first--;
	if (feeds || (!last && !comma))
		span.end = end;
	return span;
}

/* A span with what it would leave behind: the spaces around it on its line, and
 * all of the line where nothing else stands there. Of two empty lines that come
 * together one goes. */
static struct span
span_with_room(const struct fixes *fixes, struct span span)
{
	uint32_t end = spaces_end(fixes, span.end);

	if (!starts_line(fixes, span.first))
		return span_with_spaces(fixes, span);
	if (!is_line_end(fixes, end)) {
		span.end = end;
		return span;
	}
	span.first = line_start(fixes, span.first);
	span.end = end < fixes->tree->source->len ? end + 1 : end;
	if (span.first > 0 && line_is_blank(fixes, line_start(fixes, span.first - 1)) &&
	    line_is_blank(fixes, span.end))
		span.end = spaces_end(fixes, span.end) + 1;
	return span;
}

/* The first comment from the i-th on that stays when a span goes, or NULL. What
 * hushes goes along: it would hush what comes next. */
static const struct comment *
comment_kept(struct fixes *fixes, size_t i, struct span span)
{
	for (; i < fixes->comments.n && fixes->comments.at[i].span.end <= span.end; i++)
		if (!hush_is(fixes->comments.at[i].said))
			return &fixes->comments.at[i];
	return NULL;
}

/* The comments inside a span, each as it is to stand alone: on a line of its
 * own, but for the last where what follows stays on its line. */
static struct text
comments_inside(struct fixes *fixes, struct span span)
{
	struct text indent = indent_at(fixes, span.first);
	struct saying kept = { .arena = fixes->arena };
	bool fed = is_line_end(fixes, spaces_end(fixes, span.end));
	const struct comment *next,
		*comment = comment_kept(fixes, comment_from(fixes, span.first), span);

	for (; comment; comment = next) {
		next = comment_kept(fixes, (size_t)(comment - fixes->comments.at) + 1,
		                    span);
		struct text said = source_text(fixes->tree->source, comment->span);
		bool line = said.at[1] == '/';
		bool last = !next;
		const char *after = last && (fed || !line) ? "" : "\n";
		saying_put(&kept, said);
		saying_add(&kept, "%s%.*s", after, *after ? (int)indent.len : 0,
		           indent.at);
	}
	return saying_text(&kept);
}

/* Takes out what a span holds; the comments in it stay. */
static void
span_drop(struct fixes *fixes, struct fix *fix, struct span span)
{
	struct text kept = comments_inside(fixes, span);

	if (kept.len == 0)
		span = span_with_room(fixes, span);
	fix_replace(fixes, fix, span, kept);
	fix->edits[fix->n - 1].drops = true;
}

/* A span of a value with what hushes it: comments before it, and one behind it where
 * the line is all its own. */
static struct span
span_with_hushes(struct fixes *fixes, const struct node *node, struct span span)
{
	size_t after = comment_from(fixes, span.end);
	bool own_line = starts_line(fixes, span.first);

	for (size_t i = comment_from(fixes, span.first); i > 0; i--) {
		const struct comment *comment = &fixes->comments.at[i - 1];
		if (!comment->own_line || comment->about.first != node->span.first)
			break;
		if (hush_is(comment->said))
			span.first = comment->span.first;
	}
	if (own_line && after < fixes->comments.n &&
	    fixes->comments.at[after].span.first == spaces_end(fixes, span.end) &&
	    hush_is(fixes->comments.at[after].said))
		span.end = fixes->comments.at[after].span.end;
	return span;
}

/* All of an element, or of a member by its name. */
static struct span
whole_span(struct fixes *fixes, const struct node *node)
{
	const struct node *parent = node_parent(fixes->tree, node);
	struct span span = node->span;

	if (parent->kind == HUJSON_OBJECT)
		span.end = member_value(node)->span.end;
	return span;
}

/* Whether a fix takes out what the span holds. */
static bool
is_dropped(const struct fix *fix, struct span span)
{
	for (size_t i = 0; i < fix->n; i++)
		if (fix->edits[i].drops && fix->edits[i].span.first <= span.first &&
		    fix->edits[i].span.end >= span.end)
			return true;
	return false;
}

/* The element or member before that the fix does not take out, or NULL. */
static const struct node *
node_before(struct fixes *fixes, const struct fix *fix, const struct node *node)
{
	const struct node *parent = node_parent(fixes->tree, node);
	const struct node *before = NULL;
	bool object = parent->kind == HUJSON_OBJECT;

	for (const struct node *n = node_first(parent); n != node;
	     n = object ? member_next(n) : node_next(n))
		if (!is_dropped(fix, whole_span(fixes, n)))
			before = n;
	return before;
}

/* Takes out a comma that separates nothing any more, and the spaces after it but
 * for those before a comment. */
static void
comma_drop(struct fixes *fixes, struct fix *fix, uint32_t comma)
{
	uint32_t end = spaces_end(fixes, comma + 1);

	if (bytes_of(fixes)[end] == '/')
		end = comma + 1;
	fix_replace(fixes, fix, (struct span) { comma, end }, (struct text) { NULL, 0 });
}

/* Takes out the comma behind what stands before the last of a list. */
static void
comma_before_drop(struct fixes *fixes, struct fix *fix, const struct node *node,
                  struct span *span)
{
	const struct node *before = node_before(fixes, fix, node);

	if (!before)
		return;
	uint32_t comma = token_from(fixes, whole_span(fixes, before).end);
	if (token_from(fixes, comma + 1) == span->first &&
	    spaces_end(fixes, comma + 1) == span->first)
		span->first = comma; /* on one line, with nothing between */
	else
		comma_drop(fixes, fix, comma);
}

void
fix_drop(struct fixes *fixes, struct fix *fix, const struct node *node)
{
	if (fixes->unasked)
		return;
	struct span span = whole_span(fixes, node);
	uint32_t after = token_from(fixes, span.end);
	const char *bytes = bytes_of(fixes);

	if (after >= fixes->tree->source->len || bytes[after] != ',') {
		comma_before_drop(fixes, fix, node, &span);
	} else if (spaces_end(fixes, span.end) == after) {
		span.end = after + 1;
	} else {
		fix_replace(fixes, fix, (struct span) { after, after + 1 },
		            (struct text) { NULL, 0 });
	}
	span_drop(fixes, fix, span_with_hushes(fixes, node, span));
}

void
fix_drop_comment(struct fixes *fixes, struct fix *fix, struct span span)
{
	fix_replace(fixes, fix, span_with_room(fixes, span), (struct text) { NULL, 0 });
}

/* The last element of an array, or NULL. */
static const struct node *
last_element(const struct node *array)
{
	const struct node *last = NULL;

	for (const struct node *e = node_first(array); e != node_end(array);
	     e = node_next(e))
		last = e;
	return last;
}

void
fix_append(struct fixes *fixes, struct fix *fix, const struct node *array,
           const struct text *elements, size_t n)
{
	if (fixes->unasked)
		return;
	const struct node *last = last_element(array);
	uint32_t at = last ? last->span.end : array->span.first + 1;
	bool own_line = last && starts_line(fixes, last->span.first);
	struct text indent = own_line ? indent_at(fixes, last->span.first) : text_of(" ");
	struct saying added = { .arena = fixes->arena };
	for (size_t i = 0; i < n; i++) {
		saying_add(&added, "%s%s%.*s", last || i > 0 ? "," : "",
		           own_line ? "\n" : "", last || i > 0 ? (int)indent.len : 0,
		           indent.at);
		saying_put(&added, elements[i]);
	}
	fix_replace(fixes, fix, (struct span) { at, at }, saying_text(&added));
}

void
fix_insert_after(struct fixes *fixes, struct fix *fix, const struct node *node,
                 struct text added)
{
	struct span span = whole_span(fixes, node);
	bool own_line = starts_line(fixes, span.first);
	struct text indent = own_line ? indent_at(fixes, span.first) : text_of(" ");
	const char *with = arena_format(fixes->arena, ",%s%.*s%.*s", own_line ? "\n" : "",
	                                TEXT_ARG(indent), TEXT_ARG(added));

	fix_replace(fixes, fix, (struct span) { span.end, span.end }, text_of(with));
}

void
fix_add_member(struct fixes *fixes, struct fix *fix, const struct node *object,
               struct text member)
{
	bool empty = object->count == 1;
	const struct node *first = node_first(object);
	bool own_line = !empty && starts_line(fixes, first->span.first);
	struct text indent =
		own_line ? indent_at(fixes, first->span.first) : text_of("\t");
	uint32_t at = object->span.first + 1;
	const char *with =
		empty      ? arena_format(fixes->arena, "\n\t%.*s\n", TEXT_ARG(member))
		: own_line ? arena_format(fixes->arena, "\n%.*s%.*s,", TEXT_ARG(indent),
	                                  TEXT_ARG(member))
			   : arena_format(fixes->arena, "%.*s, ", TEXT_ARG(member));

	fix_replace(fixes, fix, (struct span) { at, at }, text_of(with));
}

/* An edit, and the fix that it is of. */
struct placed {
	struct edit edit;
	size_t fix, order;
};

static int
placed_compare(const void *left, const void *right)
{
	const struct placed *a = left, *b = right;

	if (a->edit.span.first != b->edit.span.first)
		return a->edit.span.first < b->edit.span.first ? -1 : 1;
	if (a->edit.span.end != b->edit.span.end)
		return a->edit.span.end < b->edit.span.end ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

static size_t
edits_gather(struct placed *placed, struct fix *const *fixes, size_t n)
{
	size_t n_placed = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < fixes[i]->n; k++, n_placed++)
			placed[n_placed] =
				(struct placed) { fixes[i]->edits[k], i, n_placed };
	if (n_placed > 0)
		qsort(placed, n_placed, sizeof(*placed), placed_compare);
	return n_placed;
}

/* Whether two edits, the first not behind the second, get into each other's
 * way. Two texts side by side may both be replaced. */
static bool
edits_touch(struct span first, struct span second)
{
	bool empty = first.first == first.end || second.first == second.end;

	return second.first < first.end || (empty && second.first == first.end);
}

/* Leaves out each fix that touches an earlier one. */
static void
fixes_thin(const struct placed *placed, size_t n, bool *done)
{
	const struct placed *last = NULL;

	for (size_t i = 0; i < n; i++) {
		size_t fix = placed[i].fix;
		bool touch = last && fix != last->fix &&
		             edits_touch(last->edit.span, placed[i].edit.span);
		if (!done[fix])
			continue;
		if (touch && fix > last->fix) {
			done[fix] = false;
			continue;
		}
		if (touch)
			done[last->fix] = false;
		last = &placed[i];
	}
}

struct text
fixes_apply(struct arena *arena, const struct source *source, struct fix *const *fixes,
            size_t n, bool *done)
{
	struct arena scratch = { 0 };
	size_t n_edits = 0, len = source->len, at = 0;
	uint32_t from = 0;
	struct placed *placed;
	char *bytes;

	for (size_t i = 0; i < n; i++)
		n_edits += fixes[i]->n;
	placed = arena_array(&scratch, n_edits, sizeof(*placed));
	if (!done)
		done = arena_array(&scratch, n, sizeof(*done));
	for (size_t i = 0; i < n; i++)
		done[i] = true;
	n_edits = edits_gather(placed, fixes, n);
	fixes_thin(placed, n_edits, done);
	for (size_t i = 0; i < n_edits; i++)
		len += placed[i].edit.with.len;
	bytes = arena_bytes(arena, len);
	for (size_t i = 0; i < n_edits; i++) {
		const struct edit *edit = &placed[i].edit;
		if (!done[placed[i].fix])
			continue;
		/* edits of one fix may overlap: what is gone is gone */
		if (edit->span.first > from) {
			memcpy(bytes + at, source->bytes + from, edit->span.first - from);
			at += edit->span.first - from;
		}
		if (edit->with.len > 0)
			memcpy(bytes + at, edit->with.at, edit->with.len);
		at += edit->with.len;
		from = edit->span.end > from ? edit->span.end : from;
	}
	if (source->len > from)
		memcpy(bytes + at, source->bytes + from, source->len - from);
	at += source->len - from;
	arena_end(&scratch);
	return (struct text) { bytes, at };
}
