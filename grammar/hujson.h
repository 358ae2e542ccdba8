#ifndef ACLC_GRAMMAR_HUJSON_H
#define ACLC_GRAMMAR_HUJSON_H

/*
 * READ FIRST. HuJSON as written: JSON with comments and trailing commas
 * (spec/hujson.md). The tree is flat: nodes lie in one array in document
 * order, so the first child of a node is the node after it, and its next
 * sibling lies count nodes further on. Blanks and comments are not stored:
 * they are the bytes between the spans. Strings are decoded when asked.
 */

#include <stdbool.h>
#include <stdint.h>

#include "grammar/source.h"
#include "grammar/text.h"

struct arena;
struct asked;
struct findings;

enum hujson_kind {
	HUJSON_BAD, /* stands where a value could not be read */
	HUJSON_NULL,
	HUJSON_FALSE,
	HUJSON_TRUE,
	HUJSON_NUMBER,
	HUJSON_STRING,
	HUJSON_ARRAY,
	HUJSON_OBJECT,
};

struct node {
	struct span span;     /* of the value itself: quotes and brackets are in it */
	uint32_t kind : 4;    /* enum hujson_kind */
	uint32_t escaped : 1; /* a string with a backslash in it */
	uint32_t plain : 1;   /* a string of ASCII without a backslash */
	uint32_t
		comma : 1; /* an array or object whose last element has a comma after it */
	uint32_t place : 8; /* of a name that an excerpt asks for: one more than there */
	uint32_t count;     /* nodes in this one, itself included */
};

/* For each node the one it is in, and its number there (a name has that of its
 * member); made when first asked. node.c's own. */
struct kin {
	uint32_t *parent, *number;
};

/* A text understood. root is never NULL; it may be HUJSON_BAD. */
struct tree {
	struct source *source;
	const struct node *root;
	uint32_t n;  /* nodes in all */
	bool broken; /* errors were found: what is here was usable */
	struct arena *arena;
	struct kin *kin;
};

/* Nesting that is read: what Go's encoding/json takes. */
#define HUJSON_DEPTH_MAX 10000

/*
 * Reads the whole source. Errors become findings, all of them in one run; the
 * first has hujson's own words in finding->coordinator (NULL for too-deep, which
 * is not hujson's). Reading goes on after an error with what is usable: a value
 * that could not be read is HUJSON_BAD, a name without its quotes is a
 * HUJSON_STRING all the same, and a member without any name is left out.
 */
struct tree *hujson_parse(struct arena *, struct source *, struct findings *);

/* What is asked of a large text: of the objects that the root's member `of` holds,
 * as in {"Peer": {"a": {...}, "b": {...}}}, these members. */
struct excerpt {
	struct text of;
	const struct asked *members;
	size_t n;
};

/*
 * Reads the whole source as hujson_parse does, with the same findings. Of the objects
 * that an excerpt is about, the tree of a text without errors has only the members that
 * it asks for, with their places, and those whose name is not plain: their place is 0.
 * Such a tree is for reading, not to be printed.
 */
struct tree *hujson_parse_excerpts(struct arena *, struct source *, struct findings *,
                                   const struct excerpt *, size_t n);

/*
 * Walking: the elements of an array are
 *	for (e = node_first(array); e != node_end(array); e = node_next(e))
 * and the members of an object
 *	for (m = node_first(object); m != node_end(object); m = member_next(m))
 * where m is the name (a HUJSON_STRING) and member_value(m) its value.
 */
static inline const struct node *
node_first(const struct node *parent)
{
	return parent + 1;
}

static inline const struct node *
node_end(const struct node *parent)
{
	return parent + parent->count;
}

static inline const struct node *
node_next(const struct node *element)
{
	return element + element->count;
}

static inline const struct node *
member_value(const struct node *name)
{
	return name + 1;
}

static inline const struct node *
member_next(const struct node *name)
{
	return node_next(member_value(name));
}

/* How many elements an array, or members an object has. Walks them. */
size_t node_length(const struct node *parent);

/* The value of the member so named (exactly, after decoding; the last one of
 * several), or NULL. */
const struct node *node_member(const struct tree *, const struct node *object,
                               const char *name);

/* The same, ASCII case aside, as Go finds struct fields. */
const struct node *node_member_fold(const struct tree *, const struct node *object,
                                    const char *name);

/* What a string says, always valid UTF-8: a view of the source where that
 * says it already, otherwise decoded into the arena (lone surrogates and bytes
 * that are no UTF-8 become U+FFFD). */
struct text node_text(struct arena *, const struct tree *, const struct node *string);

/* The bytes as written, quotes included. */
struct text node_raw(const struct tree *, const struct node *);

/*
 * Where bytes first .. end-1 of node_text() stand in the source, counted
 * through escapes: the `tag:db` in "tag:db:5432".
 */
struct span node_inner_span(const struct tree *, const struct node *string, size_t first,
                            size_t end);

/* "grants[3].dst[0]": the way from the root to a node; member names that are
 * not plain words are quoted, as in groups."group:eng"[0]. The way to a name is
 * that to its value, and to the root "". NUL-terminated, in the arena. */
const char *node_path(struct arena *, const struct tree *, const struct node *);

/* The deepest node whose span holds the offset; the root if none does. */
const struct node *node_at(const struct tree *, uint32_t offset);

/* The array or object that a node is in; NULL for the root. */
const struct node *node_parent(const struct tree *, const struct node *);

/* "a string", "an object", "null": for messages. */
const char *hujson_kind_name(enum hujson_kind);

/* hujsonfmt's form of the tree, byte for byte (spec/hujson.md section 4). The
 * tree must not be broken. In the arena. */
struct text hujson_format(struct arena *, const struct tree *);

/* The tree as it was written, pieced together from nodes and the bytes
 * between them: equal to the source. In the arena. */
struct text hujson_print(struct arena *, const struct tree *);

/* Plain JSON without blanks: comments and trailing commas gone, literals
 * verbatim (hujson's Minimize) of one value, but that bytes that are no UTF-8
 * become U+FFFD, as for every reader of the JSON. The value must not be broken.
 * In the arena. */
struct text hujson_minimize(struct arena *, const struct tree *, const struct node *);

#endif
