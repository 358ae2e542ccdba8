#include "policy/claim_words.h"

#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"

const char *
claim_words_of_fault(struct arena *arena, const struct claim *c,
                     const struct shape_fault *fault)
{
	const char *test = c->section == SECTION_TESTS ? "test" : "sshTest";

	if (!fault->words)
		return NULL;
	if (fault->late)
		return arena_format(arena, "%.*s: %s", TEXT_ARG(c->src), fault->words);
	if (c->section == SECTION_SSH_TESTS || c->kind == CLAIM_SHAPE)
		return arena_format(arena, "%s %u: %s", test, (unsigned)c->test,
		                    fault->words);
	return arena_format(arena, "test %u, %s %s: %s", (unsigned)c->test,
	                    c->kind == CLAIM_DENY ? "deny" : "accept",
	                    text_quote(arena, c->dst), fault->words);
}

const char *
claim_words_of_source(struct arena *arena, const struct claim *c)
{
	if (c->section != SECTION_TESTS)
		return NULL;
	return arena_format(arena, "%.*s: source %s resolved to no IP addresses",
	                    TEXT_ARG(c->src), text_quote(arena, c->src));
}

const char *
claim_words_of_destination(struct arena *arena, const struct claim *c)
{
	const char *dst = text_quote(arena, c->dst);

	if (c->section == SECTION_SSH_TESTS)
		return arena_format(arena, "%.*s: dst alias %s resolved to no nodes",
		                    TEXT_ARG(c->src), dst);
	return arena_format(arena,
	                    "%.*s: error testing %s: destination resolved to no IP "
	                    "addresses: %s",
	                    TEXT_ARG(c->src), dst, dst);
}

static const char *
ssh_outcome(const struct claim *c)
{
	switch (c->kind) {
	case CLAIM_ACCEPT:
		return "expected ALLOWED, got DENIED";
	case CLAIM_DENY:
		return "expected DENIED, got ALLOWED";
	case CLAIM_CHECK:
		if (c->ssh_answer->all == TRUTH_YES)
			return "expected ALLOWED via check, got ALLOWED via accept";
		if (c->ssh_answer->some == TRUTH_NO)
			return "expected ALLOWED via check, got DENIED";
		break;
	case CLAIM_SHAPE:
		break;
	}
	return NULL;
}

const char *
claim_words_of_failure(struct arena *arena, const struct claim *c,
                       const struct machine *host)
{
	bool deny = c->kind == CLAIM_DENY;
	const char *proto = "";

	if (c->section == SECTION_SSH_TESTS) {
		const char *outcome = ssh_outcome(c);
		if (!host || !outcome)
			return NULL;
		return arena_format(arena, "%.*s/%.*s -> %.*s: %s", TEXT_ARG(c->src),
		                    TEXT_ARG(c->login), TEXT_ARG(host->name), outcome);
	}
	if (c->protocol != PROTOCOL_ANY)
		proto = arena_format(arena, " (%s)", protocol_name(arena, c->protocol));
	return arena_format(arena, "%.*s -> %.*s%s: expected %s, got %s",
	                    TEXT_ARG(c->src), TEXT_ARG(c->dst), proto,
	                    deny ? "DENIED" : "ALLOWED", deny ? "ALLOWED" : "DENIED");
}

static bool
claim_fails(const struct claim *c)
{
	return c->verdict == CLAIM_FAILED || c->verdict == CLAIM_INVALID;
}

/* Test by test; of an sshTest the logins sorted, as Headscale has them. */
static int
claim_compare(const void *a, const void *b)
{
	const struct claim *left = *(const struct claim *const *)a;
	const struct claim *right = *(const struct claim *const *)b;
	int order = 0;

	if (left->section == SECTION_SSH_TESTS && left->test == right->test)
		order = text_compare(left->login, right->login);
	return order ? order : (left > right) - (left < right);
}

/* Whether the order of two neighbours, and that both are said, is known: all of a
 * kind in one place. */
static bool
order_is_known(const struct claim *a, const struct claim *b)
{
	if (a->section != b->section || a->early != b->early)
		return false;
	return a->section == SECTION_TESTS || a->test != b->test ||
	       strcmp(a->words, b->words) == 0 ||
	       (a->kind == b->kind && text_equal(a->dst, b->dst));
}

/* The failures in Headscale's order, their count in *n; NULL where not all of them
 * are known. */
static const struct claim **
failures_of(struct arena *arena, const struct claims *claims, size_t *n)
{
	const struct claim **at =
		arena_array(arena, claims->n_failed + claims->n_invalid, sizeof(*at));

	*n = 0;
	for (size_t i = 0; i < claims->n; i++) {
		if (!claim_fails(&claims->at[i]))
			continue;
		if (!claims->at[i].words)
			return NULL;
		at[(*n)++] = &claims->at[i];
	}
	qsort(at, *n, sizeof(*at), claim_compare);
	for (size_t i = 1; i < *n; i++)
		if (!order_is_known(at[i - 1], at[i]))
			return NULL;
	return at;
}

static char *
put(char *at, const char *text)
{
	size_t len = strlen(text);

	memcpy(at, text, len);
	return at + len;
}

const char *
claims_words(struct arena *arena, const struct claims *claims)
{
	static const char head[] = "test(s) failed:";
	size_t n, len = sizeof(head);
	const struct claim **at = failures_of(arena, claims, &n);

	if (!at)
		return NULL;
	for (size_t i = 0; i < n; i++)
		len += strlen(at[i]->words) + 1;
	char *words = arena_alloc(arena, len), *end = put(words, head);
	for (size_t i = 0; i < n; i++) {
		bool said = i > 0 && at[i]->section == SECTION_SSH_TESTS &&
		            at[i]->test == at[i - 1]->test &&
		            strcmp(at[i]->words, at[i - 1]->words) == 0;
		if (!said)
			end = put(put(end, "\n"), at[i]->words);
	}
	*end = '\0';
	return words;
}
