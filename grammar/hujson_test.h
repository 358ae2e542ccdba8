#ifndef ACLC_GRAMMAR_HUJSON_TEST_H
#define ACLC_GRAMMAR_HUJSON_TEST_H

/* What the tests of HuJSON share: a text read, and random texts. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "grammar/arena.h"
#include "grammar/finding.h"
#include "grammar/hujson.h"

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

/* A string with its length, so that it may hold bytes of zero. */
#define BYTES(string) string, sizeof(string) - 1

struct reading {
	struct arena arena;
	char *bytes; /* exactly as many as there are, for sanitizers to see */
	struct source *source;
	struct findings findings;
	struct tree *tree;
};

/* Reads a text; to be ended by reading_end, and not moved before. */
static inline void
reading_start(struct reading *r, const char *bytes, size_t len)
{
	memset(r, 0, sizeof(*r));
	r->bytes = malloc(len > 0 ? len : 1);
	assert_non_null(r->bytes);
	memcpy(r->bytes, bytes, len);
	r->source = source_of(&r->arena, "policy.hujson", r->bytes, len);
	r->findings.arena = &r->arena;
	r->tree = hujson_parse(&r->arena, r->source, &r->findings);
}

static inline void
reading_end(struct reading *r)
{
	arena_end(&r->arena);
	free(r->bytes);
}

/* The same for a text that has no errors. */
static inline void
reading_of(struct reading *r, const char *string)
{
	reading_start(r, string, strlen(string));
	assert_false(r->tree->broken);
	assert_int_equal(r->findings.n, 0);
}

static inline void
assert_text(struct text text, const char *bytes, size_t len)
{
	if (text.len != len || (len > 0 && memcmp(text.at, bytes, len) != 0))
		fail_msg("\"%.*s\" is not \"%.*s\"", TEXT_ARG(text), (int)len, bytes);
}

/* Both trees have the same values and names in the same order. */
static inline void
assert_same_meaning(struct reading *a, struct reading *b)
{
	assert_int_equal(a->tree->n, b->tree->n);
	for (uint32_t i = 0; i < a->tree->n; i++) {
		const struct node *x = &a->tree->root[i], *y = &b->tree->root[i];
		assert_int_equal(x->kind, y->kind);
		assert_int_equal(x->count, y->count);
		if (x->kind == HUJSON_STRING) {
			struct text said = node_text(&b->arena, b->tree, y);
			assert_text(node_text(&a->arena, a->tree, x), said.at, said.len);
		} else if (x->count == 1 && x->kind < HUJSON_ARRAY) {
			struct text raw = node_raw(b->tree, y);
			assert_text(node_raw(a->tree, x), raw.at, raw.len);
		}
	}
}

/* Random texts. */

struct random {
	uint64_t state;
	bool plain;   /* JSON alone, and only what jansson takes */
	size_t nodes; /* so many more, about */
	char *bytes;
	size_t len, cap;
};

static inline uint32_t
random_below(struct random *r, uint32_t n)
{
	r->state ^= r->state << 13;
	r->state ^= r->state >> 7;
	r->state ^= r->state << 17;
	return (uint32_t)(r->state >> 32) % n;
}

static inline void
random_put(struct random *r, const char *string)
{
	size_t len = strlen(string);

	if (len == 0)
		return;
	if (r->cap - r->len < len) {
		r->cap = 2 * r->cap + len;
		r->bytes = realloc(r->bytes, r->cap);
		assert_non_null(r->bytes);
	}
	memcpy(r->bytes + r->len, string, len);
	r->len += len;
}

static inline void
random_extra(struct random *r)
{
	static const char *const blanks[] = { " ", "\n", "\t", "\r\n", "  ", "\n\n\n" };
	static const char *const comments[] = {
		"//c\n",
		"// \xC3\xA9 \xC2\xA0\n",
		"//\r\n",
		"/**/",
		"/* b */",
		"/* x\n * y\n */",
		"/*\n\n   z\n  z*/",
		"/***/",
		"/*\ta\r\n\tb*/",
		"\r",
		"\n\r",
	};

	while (random_below(r, 3) == 0) {
		if (r->plain || random_below(r, 2))
			random_put(r, blanks[random_below(r, LENGTH(blanks))]);
		else
			random_put(r, comments[random_below(r, LENGTH(comments))]);
	}
}

static inline void
random_string(struct random *r)
{
	static const char *const pieces[] = {
		"a",
		"tag:db",
		"*",
		"//",
		"/*",
		"{",
		"\\\"",
		"\\\\",
		"\\/",
		"\\n",
		"\\u00e9",
		"\\ud83d\\ude02",
		"\xC3\xA9",
		"\x7F",
		"\xE2\x80\xA8",
		"0123456789abcdef0123456789abcdef",
		/* what jansson does not take */
		"\xFF",
		"\\ud83d",
		"\\u0000",
		"\xED\xA0\x80",
	};
	uint32_t n = LENGTH(pieces) - (r->plain ? 4 : 0);

	random_put(r, "\"");
	for (uint32_t i = random_below(r, 4); i > 0; i--)
		random_put(r, pieces[random_below(r, n)]);
	random_put(r, "\"");
}

static inline void
random_literal(struct random *r)
{
	static const char *const literals[] = {
		"null", "true",  "false", "0",    "-0",
		"12",   "-3.25", "1e5",   "1E-2", "0.5e+1",
	};

	if (random_below(r, 2))
		random_string(r);
	else
		random_put(r, literals[random_below(r, LENGTH(literals))]);
}

static inline void
random_value(struct random *r, unsigned depth)
{
	uint32_t kind = random_below(r, 3);

	if (depth == 0 || kind == 0 || r->nodes == 0) {
		random_literal(r);
		return;
	}
	random_put(r, kind == 1 ? "[" : "{");
	uint32_t n = random_below(r, 6);
	for (uint32_t i = 0; i<n; i++, r->nodes -= r->nodes> 0) {
		if (i > 0)
			random_put(r, ",");
		random_extra(r);
		if (kind == 2) {
			random_string(r);
			random_extra(r);
			random_put(r, ":");
			random_extra(r);
		}
		random_value(r, depth - 1);
		random_extra(r);
	}
	if (n > 0 && !r->plain && random_below(r, 3) == 0)
		random_put(r, ",");
	random_extra(r);
	random_put(r, kind == 1 ? "]" : "}");
}

/* Makes another text in r->bytes. */
static inline void
random_text(struct random *r)
{
	r->len = 0;
	r->nodes = 60;
	random_extra(r);
	random_value(r, 6);
	random_extra(r);
}

static inline void
random_end(struct random *r)
{
	free(r->bytes);
}

#endif
