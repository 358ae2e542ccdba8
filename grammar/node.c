#include "grammar/hujson.h"

#include <string.h>

#include "grammar/arena.h"
#include "grammar/rune.h"
#include "grammar/scan.h"

size_t
node_length(const struct node *parent)
{
	bool object = parent->kind == HUJSON_OBJECT;
	size_t n = 0;

	for (const struct node *e = node_first(parent); e != node_end(parent); n++)
		e = object ? member_next(e) : node_next(e);
	return n;
}

const char *
hujson_kind_name(enum hujson_kind kind)
{
	static const char *const names[] = {
		[HUJSON_BAD] = "something unreadable",
		[HUJSON_NULL] = "null",
		[HUJSON_FALSE] = "false",
		[HUJSON_TRUE] = "true",
		[HUJSON_NUMBER] = "a number",
		[HUJSON_STRING] = "a string",
		[HUJSON_ARRAY] = "an array",
		[HUJSON_OBJECT] = "an object",
	};

	return names[kind];
}

struct text
node_raw(const struct tree *tree, const struct node *node)
{
	return source_text(tree->source, node->span);
}

/* What is between the quotes. A broken tree has names with other quotes, or
 * with none. */
static struct text
string_inside(const struct tree *tree, const struct node *string)
{
	struct text raw = node_raw(tree, string);

	if (!tree->broken)
		return (struct text) { raw.at + 1, raw.len - 2 };
	const char *at = raw.at, *end = raw.at + raw.len;
	char quote = at < end && is_one_of(*at, "\"'`") ? *at++ : '"';
	if (at < end && end[-1] == quote)
		end--;
	return (struct text) { at, (size_t)(end - at) };
}

/* The text is what the string says, byte for byte. */
static bool
is_verbatim(const struct node *string, struct text inside)
{
	return string->plain ||
	       (!string->escaped && runes_valid(inside.at, inside.len) == inside.len);
}

static size_t
decoded_length(struct text inside)
{
	const char *end = inside.at + inside.len;
	char bytes[RUNE_BYTES];
	size_t len = 0;
	uint32_t rune;

	for (const char *at = inside.at; at < end;) {
		at = rune_decode(at, end, &rune);
		len += rune_write(rune, bytes);
	}
	return len;
}

struct text
node_text(struct arena *arena, const struct tree *tree, const struct node *string)
{
	struct text inside = string_inside(tree, string);
	const char *end = inside.at + inside.len;

	if (is_verbatim(string, inside))
		return inside;
	/* a rune is written only where it fits with room to spare */
	size_t len = decoded_length(inside);
	char *text = arena_alloc(arena, len + RUNE_BYTES), *to = text;
	for (const char *at = inside.at; at < end;) {
		uint32_t rune;
		at = rune_decode(at, end, &rune);
		to += rune_write(rune, to);
	}
	return (struct text) { text, len };
}

/* Whether a string says this, without decoding it anywhere. */
static bool
string_says(const struct tree *tree, const struct node *string, struct text what,
            bool fold)
{
	struct text inside = string_inside(tree, string);
	const char *end = inside.at + inside.len;
	char bytes[RUNE_BYTES];
	size_t said = 0;
	uint32_t rune;

	if (string->plain)
		return fold ? text_equal_fold(inside, what) : text_equal(inside, what);
	for (const char *at = inside.at; at < end;) {
		at = rune_decode(at, end, &rune);
		struct text one = { bytes, rune_write(rune, bytes) };
		if (what.len - said < one.len)
			return false;
		struct text other = { what.at + said, one.len };
		if (!(fold ? text_equal_fold(one, other) : text_equal(one, other)))
			return false;
		said += one.len;
	}
	return said == what.len;
}

static const struct node *
member_find(const struct tree *tree, const struct node *object, const char *name,
            bool fold)
{
	const struct text what = text_of(name);
	const struct node *found = NULL;

	if (object->kind != HUJSON_OBJECT)
		return NULL;
	for (const struct node *m = node_first(object); m != node_end(object);
	     m = member_next(m))
		if (string_says(tree, m, what, fold))
			found = member_value(m);
	return found;
}

const struct node *
node_member(const struct tree *tree, const struct node *object, const char *name)
{
	return member_find(tree, object, name, false);
}

const struct node *
node_member_fold(const struct tree *tree, const struct node *object, const char *name)
{
	return member_find(tree, object, name, true);
}

/* Two places in a string, as it is read. */
struct inner {
	size_t first, end; /* looked for, in bytes of what it says */
	const char *from, *to;
};

/* What at .. next-1 say stands at said .. said+len-1 of the text. */
static void
inner_narrow(struct inner *inner, size_t said, size_t len, const char *at,
             const char *next)
{
	if (said <= inner->first && inner->first < said + len)
		inner->from = at;
	if (said < inner->end && inner->end <= said + len)
		inner->to = next;
}

struct span
node_inner_span(const struct tree *tree, const struct node *string, size_t first,
                size_t end)
{
	const char *start = tree->source->bytes;
	struct text inside = string_inside(tree, string);
	const char *stop = inside.at + inside.len;
	struct inner inner = { first, end, stop, stop };
	char bytes[RUNE_BYTES];

	if (is_verbatim(string, inside)) {
		inner.from = inside.at + (first < inside.len ? first : inside.len);
		inner.to = inside.at + (end < inside.len ? end : inside.len);
	} else {
		size_t said = 0;
		for (const char *at = inside.at, *next; at < stop; at = next) {
			uint32_t rune;
			next = rune_decode(at, stop, &rune);
			size_t len = rune_write(rune, bytes);
			inner_narrow(&inner, said, len, at, next);
			said += len;
		}
	}
	if (end <= first)
		inner.to = inner.from;
	return (struct span) { (uint32_t)(inner.from - start),
		               (uint32_t)(inner.to - start) };
}

static void
kin_number(struct kin *kin, const struct node *nodes, uint32_t parent)
{
	uint32_t each = nodes[parent].kind == HUJSON_OBJECT ? 2 : 1;
	uint32_t end = parent + nodes[parent].count, n = 0;

	for (uint32_t i = parent + 1; i < end; i += nodes[i].count, n++) {
		kin->parent[i] = parent;
		kin->number[i] = n / each;
	}
}

static const struct kin *
tree_kin(const struct tree *tree)
{
	struct kin *kin = tree->kin;

	if (kin->parent)
		return kin;
	kin->parent = arena_array(tree->arena, tree->n, sizeof(*kin->parent));
	kin->number = arena_array(tree->arena, tree->n, sizeof(*kin->number));
	for (uint32_t i = 0; i < tree->n; i++)
		kin_number(kin, tree->root, i);
	return kin;
}

const struct node *
node_parent(const struct tree *tree, const struct node *node)
{
	if (node == tree->root)
		return NULL;
	return tree->root + tree_kin(tree)->parent[node - tree->root];
}

const struct node *
node_at(const struct tree *tree, uint32_t offset)
{
	/* the last node that starts at the offset or before */
	uint32_t last = 0, end = tree->n;

	while (end - last > 1) {
		uint32_t middle = last + (end - last) / 2;
		if (tree->root[middle].span.first <= offset)
			last = middle;
		else
			end = middle;
	}
	const struct node *node = tree->root + last;
	while (node != tree->root && node->span.end <= offset)
		node = node_parent(tree, node);
	return node;
}

/* A word that a path shows without quotes. */
static bool
is_plain_name(struct text name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!is_word(name.at[i]) && name.at[i] != '_')
			return false;
	return name.len > 0 && text_find(name, '.') == name.len;
}

/* The name of the member that a name or value belongs to. */
static const struct node *
member_name(const struct tree *tree, const struct node *node)
{
	const struct kin *kin = tree_kin(tree);
	size_t i = (size_t)(node - tree->root);

	/* a value stands behind its name, which has its number */
	if (i - 1 > kin->parent[i] && kin->parent[i - 1] == kin->parent[i] &&
	    kin->number[i - 1] == kin->number[i])
		return node - 1;
	return node;
}

/* The last step of the way to a node. */
static const char *
path_step(struct arena *arena, const struct tree *tree, const struct node *parent,
          const struct node *node)
{
	const char *dot = parent == tree->root ? "" : ".";

	if (parent->kind == HUJSON_ARRAY)
		return arena_format(arena, "[%u]",
		                    tree_kin(tree)->number[node - tree->root]);
	struct text name = node_text(arena, tree, member_name(tree, node));
	if (is_plain_name(name))
		return arena_format(arena, "%s%.*s", dot, TEXT_ARG(name));
	return arena_format(arena, "%s%s", dot, text_quote(arena, name));
}

const char *
node_path(struct arena *arena, const struct tree *tree, const struct node *node)
{
	struct arena scratch = { 0 };
	const char **steps = NULL;
	size_t n = 0, cap = 0, len = 0;

	for (const struct node *parent; (parent = node_parent(tree, node));
	     node = parent) {
		steps = arena_grow(&scratch, steps, n, &cap, sizeof(*steps));
		steps[n] = path_step(&scratch, tree, parent, node);
		len += strlen(steps[n++]);
	}
	char *path = arena_alloc(arena, len + 1), *to = path;
	while (n > 0) {
		size_t bytes = strlen(steps[--n]);
		memcpy(to, steps[n], bytes);
		to += bytes;
	}
	arena_end(&scratch);
	return path;
}
