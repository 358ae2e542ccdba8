#ifndef ACLC_POLICY_INVENTORY_TEST_H
#define ACLC_POLICY_INVENTORY_TEST_H

/* Inventories and policies from texts, and what was found in them: for tests of
 * tailnets. */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "grammar/arena.h"
#include "grammar/finding.h"
#include "grammar/hujson.h"
#include "policy/policy.h"
#include "policy/tailnet.h"

/* A tailnet under test; all that it is made of lies in its arena. */
struct desk {
	struct arena arena;
	struct findings findings;
	struct tailnet *tailnet;
	struct policy *policy;
};

static inline struct source *
desk_source(struct desk *desk, const char *name, const char *text)
{
	desk->findings.arena = &desk->arena;
	return source_of(&desk->arena, name, text, strlen(text));
}

static inline struct tree *
desk_tree(struct desk *desk, const char *name, const char *text)
{
	return hujson_parse(&desk->arena, desk_source(desk, name, text), &desk->findings);
}

static inline struct tree *
desk_inventory(struct desk *desk, const char *name, const char *text)
{
	return inventory_parse(&desk->arena, desk_source(desk, name, text),
	                       &desk->findings);
}

/* Reads one inventory, or two. The files are called "a" and "b". */
static inline const struct tailnet *
desk_read(struct desk *desk, const char *a, const char *b)
{
	struct tree *trees[2] = { desk_inventory(desk, "a", a), NULL };

	if (b)
		trees[1] = desk_inventory(desk, "b", b);
	desk->tailnet = tailnet_read(&desk->arena, trees, b ? 2 : 1, &desk->findings);
	return desk->tailnet;
}

static inline struct policy *
desk_policy(struct desk *desk, const char *text)
{
	desk->policy = policy_read(&desk->arena, desk_tree(desk, "policy", text),
	                           TARGET_TAILSCALE, &desk->findings);
	return desk->policy;
}

/* A place as its file, line and text: "a:1 tag:x". */
static inline const char *
desk_place(struct desk *desk, struct source *source, struct span where)
{
	struct place place = source_place(source, where.first);

	return arena_format(&desk->arena, "%s:%u %.*s", source->name, place.line,
	                    TEXT_ARG(source_text(source, where)));
}

/* All findings, one a line: "a:1 tag:x: said [check] (b:2 tag:x: note)". */
static inline const char *
desk_findings(struct desk *desk)
{
	struct arena *arena = &desk->arena;
	const char *all = "";

	for (size_t i = 0; i < desk->findings.n; i++) {
		const struct finding *f = desk->findings.at[i];
		all = arena_format(arena, "%s%s%s: %s [%s]", all, i > 0 ? "\n" : "",
		                   desk_place(desk, f->source, f->where), f->said,
		                   f->check->id);
		for (const struct note *n = f->notes; n; n = n->next)
			all = n->source ? arena_format(arena, "%s (%s: %s)", all,
			                               desk_place(desk, n->source,
			                                          n->where),
			                               n->said)
			                : arena_format(arena, "%s (%s)", all, n->said);
	}
	return all;
}

static inline void
desk_end(struct desk *desk)
{
	arena_end(&desk->arena);
}

/* An inventory is read without a finding. */
#define READ_WELL(desk, a, b)                                                            \
	(desk_read((desk), (a), (b)), assert_string_equal(desk_findings(desk), ""))

static inline void
assert_text(struct text text, const char *expected)
{
	assert_int_equal(text.len, strlen(expected));
	assert_memory_equal(text.at, expected, text.len);
}

/* A machine in one line: "n1 laptop ada@ 100.64.0.1,… advertised … approved …". */
static inline const char *
machine_line(struct desk *desk, size_t number)
{
	const struct tailnet *t = desk->tailnet;
	const struct machine *m = &t->machines[number];
	struct arena *arena = &desk->arena;
	char text[RANGE_TEXT_MAX];
	const char *line =
		arena_format(arena, "%.*s %.*s", TEXT_ARG(m->id), TEXT_ARG(m->name));

	if (m->user != USER_NONE)
		line = arena_format(arena, "%s %.*s", line,
		                    TEXT_ARG(t->users[m->user].login));
	for (size_t i = 0; i < m->n_tags; i++)
		line = arena_format(arena, "%s %.*s", line,
		                    TEXT_ARG(t->tags.texts[m->tags[i]]));
	for (size_t i = 0; i < m->n_addresses; i++) {
		address_write(m->addresses[i], text);
		line = arena_format(arena, "%s %s", line, text);
	}
	for (size_t i = 0; i < m->n_advertised; i++) {
		prefix_write(m->advertised[i], text);
		line = arena_format(arena, "%s ?%s", line, text);
	}
	for (size_t i = 0; i < m->n_approved_by_hand; i++) {
		prefix_write(m->approved_by_hand[i], text);
		line = arena_format(arena, "%s !%s", line, text);
	}
	return m->shared ? arena_format(arena, "%s shared", line) : line;
}

#endif
