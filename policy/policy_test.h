#ifndef ACLC_POLICY_POLICY_TEST_H
#define ACLC_POLICY_POLICY_TEST_H

/* What the tests of reading and validating share: a policy written with ` for
 * the quotes, and < and > around the place that a finding is expected at. */

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
#include "policy/policy.h"

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

struct bench {
	struct arena arena;
	char *bytes; /* exactly as many as there are, for sanitizers to see */
	size_t len;
	struct span marked; /* what < and > enclose; empty without */
	struct source *source;
	struct findings findings;
	struct tree *tree;
	struct policy *policy;
};

/* Takes the marks out of a text and puts quotes in. */
static inline void
bench_write(struct bench *b, const char *text)
{
	char *out = malloc(strlen(text) + 1);

	assert_non_null(out);
	for (; *text; text++) {
		if (*text == '<')
			b->marked.first = (uint32_t)b->len;
		else if (*text == '>')
			b->marked.end = (uint32_t)b->len;
		else
			out[b->len++] = *text == '`' ? '"' : *text;
	}
	b->bytes = malloc(b->len > 0 ? b->len : 1);
	assert_non_null(b->bytes);
	memcpy(b->bytes, out, b->len);
	free(out);
}

/* Parses what was written. */
static inline void
bench_parse(struct bench *b)
{
	b->source = source_of(&b->arena, "policy.hujson", b->bytes, b->len);
	b->findings.arena = &b->arena;
	b->tree = hujson_parse(&b->arena, b->source, &b->findings);
}

/* Reads a policy for a target; to be ended by bench_end, and not moved. */
static inline void
bench_read(struct bench *b, const char *text, enum target target)
{
	memset(b, 0, sizeof(*b));
	bench_write(b, text);
	bench_parse(b);
	b->policy = policy_read(&b->arena, b->tree, target, &b->findings);
}

/* Reads and validates one for Tailscale, with no tailnet known. */
static inline void
bench_judge(struct bench *b, const char *text)
{
	bench_read(b, text, TARGET_TAILSCALE);
	policy_validate(b->policy, NULL, &b->findings);
}

static inline void
bench_end(struct bench *b)
{
	arena_end(&b->arena);
	free(b->bytes);
}

static inline void
assert_text(struct text text, const char *expected)
{
	if (!text_is(text, expected))
		fail_msg("\"%.*s\" is not \"%s\"", TEXT_ARG(text), expected);
}

/* What is expected of a text: one finding. */
struct refusal {
	const char *check;
	const char *said;
	const char *coordinator; /* NULL: its words are not known */
	const char *text;
};

/* The only finding is the one expected. */
static inline void
assert_refusal(const struct bench *b, const struct refusal *r, enum level level)
{
	const struct finding *f = b->findings.n > 0 ? b->findings.at[0] : NULL;

	if (!f)
		fail_msg("nothing is said of %s", r->text);
	if (b->findings.n > 1)
		fail_msg("also \"%s\", of %s", b->findings.at[1]->said, r->text);
	if (strcmp(f->check->id, r->check) != 0)
		fail_msg("%s, not %s, of %s", f->check->id, r->check, r->text);
	if (strcmp(f->said, r->said) != 0)
		fail_msg("\"%s\"\nis not \"%s\"\nof %s", f->said, r->said, r->text);
	assert_int_equal(f->level, level);
	if (f->where.first != b->marked.first || f->where.end != b->marked.end)
		fail_msg("at %u-%u, not %u-%u, of %s", f->where.first, f->where.end,
		         b->marked.first, b->marked.end, r->text);
	if (!r->coordinator != !f->coordinator)
		fail_msg("the coordinator says %s of %s",
		         f->coordinator ? f->coordinator : "nothing", r->text);
	if (r->coordinator)
		assert_string_equal(f->coordinator, r->coordinator);
}

#endif
