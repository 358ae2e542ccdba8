#include "policy/diff_parts.h"

#include <stdarg.h>
#include <string.h>

#include "grammar/arena.h"

static struct comparison *
comparison_start(struct arena *arena, const struct telling *t)
{
	struct comparison *c = arena_alloc(arena, sizeof(*c));

	c->arena = arena;
	c->both = t->both;
	c->most = t->most;
	c->cut = cut_start(arena);
	return c;
}

static void
comparison_close(struct comparison *c)
{
	uint32_t n_words;

	cut_close(c->cut);
	n_words = (uint32_t)(cut_classes(c->cut, CUT_DST) + 63) / 64;
	bits_start(&c->dst_store, c->arena, n_words);
	for (int side = DIFF_OLD; side <= DIFF_NEW; side++)
		if (c->words[side])
			vocabulary_settle(c->words[side], &c->dst_store);
}

static bool
sides_differ(struct comparison *c)
{
	struct arena scratch = { 0 };
	size_t n = 0;

	for (uint32_t side = DIFF_OLD; side <= DIFF_NEW; side++)
		n += diff_find(c->cut, &scratch, &c->dst_store, side, 0).n;
	arena_end(&scratch);
	return n > 0;
}

static struct comparison *
comparison_fill(struct arena *arena, const struct telling *t, bool worded,
                void (*fill)(struct comparison *, void *), void *context)
{
	struct comparison *c = comparison_start(arena, t);

	for (int side = DIFF_OLD; side <= DIFF_NEW; side++) {
		cut_take_policy(c->cut, t->both[side].policy, t->both[side].tailnet, 1);
		if (worded)
			c->words[side] =
				vocabulary_mention(c->cut, (uint32_t)side, c->most);
	}
	fill(c, context);
	comparison_close(c);
	return c;
}

struct comparison *
comparison_of(struct telling *t, void (*fill)(struct comparison *, void *), void *context)
{
	struct arena trial = { 0 };
	bool differ = sides_differ(comparison_fill(&trial, t, false, fill, context));

	arena_end(&trial);
	return differ ? comparison_fill(t->work, t, true, fill, context) : NULL;
}

/* For each set of sources that may be told of a unit, so many classes of destinations
 * are gone into in all. */
#define ROOM ((size_t)20000)

struct diff_blocks
comparison_blocks(struct comparison *c, enum diff_side side)
{
	struct arena scratch = { 0 };
	struct diff_facts facts =
		diff_find(c->cut, &scratch, &c->dst_store, (uint32_t)side,
	                  c->most > SIZE_MAX / ROOM ? SIZE_MAX : c->most * ROOM);
	struct diff_blocks blocks = diff_fold(c->words[side], c->arena, &facts);

	arena_end(&scratch);
	diff_drop_repeated(&blocks);
	diff_order(&blocks);
	return blocks;
}

/* The filters of both; the old one is taken in before the routes of the new one
 * are approved. */
static struct comparison *
comparison_of_access(struct telling *t, struct arena *arena)
{
	struct comparison *c = comparison_start(arena, t);

	for (int side = DIFF_OLD; side <= DIFF_NEW; side++) {
		const struct diff_party *party = &t->both[side];
		tailnet_approve(party->tailnet, party->policy);
		t->filters[side] = filter_compile(t->work, party->policy, party->tailnet);
		cut_take(c->cut, t->filters[side]);
		c->words[side] = vocabulary_mention(c->cut, (uint32_t)side, c->most);
	}
	comparison_close(c);
	return c;
}

static void tell(struct telling *, struct diff_change **, size_t *n, size_t *cap,
                 struct diff_change, const char *format, va_list)
	__attribute__((format(printf, 6, 0)));

static void
tell(struct telling *t, struct diff_change **list, size_t *n, size_t *cap,
     struct diff_change change, const char *format, va_list args)
{
	change.what = arena_format_list(t->arena, format, args);
	*list = arena_grow(t->arena, *list, *n, cap, sizeof(**list));
	(*list)[(*n)++] = change;
}

void
telling_add(struct telling *t, enum section section, enum diff_effect effect,
            struct span before, struct span after, const char *format, ...)
{
	struct diff_change change = { section, effect, NULL, before, after };
	va_list args;

	va_start(args, format);
	tell(t, &t->changes, &t->n_changes, &t->changes_cap, change, format, args);
	va_end(args);
}

void
telling_note(struct telling *t, enum section section, enum diff_effect effect,
             struct span before, struct span after, const char *format, ...)
{
	struct diff_change change = { section, effect, NULL, before, after };
	va_list args;

	va_start(args, format);
	tell(t, &t->notes, &t->n_notes, &t->notes_cap, change, format, args);
	va_end(args);
}

static struct text
section_text(const struct policy *policy, enum section section)
{
	const struct node *key = policy->sections[section];

	return key ? node_raw(policy->tree, member_value(key)) : text_of("");
}

bool
sections_alike(const struct telling *t, const enum section *sections, size_t n)
{
	if (t->both[DIFF_OLD].policy->target != t->both[DIFF_NEW].policy->target)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!text_equal(section_text(t->both[DIFF_OLD].policy, sections[i]),
		                section_text(t->both[DIFF_NEW].policy, sections[i])))
			return false;
	return true;
}

/* So many names are told in a sentence. */
#define JOINED_MAX 8

const char *
words_join(struct arena *arena, const struct text *texts, size_t n)
{
	char *joined = arena_copy(arena, "", 0);
	size_t shown = n > JOINED_MAX + 1 ? JOINED_MAX : n;

	for (size_t i = 0; i < shown; i++) {
		const char *before = i == 0 ? "" : i + 1 == n ? " and " : ", ";
		joined = arena_format(arena, "%s%s%.*s", joined, before,
		                      TEXT_ARG(texts[i]));
	}
	return shown < n ? arena_format(arena, "%s and %zu more", joined, n - shown)
	                 : joined;
}

const char *
block_sources(struct arena *arena, const struct diff_block *block)
{
	const char *names =
		words_join(arena, diff_texts(arena, &block->src, block), block->src.n);

	if (block->partly)
		return arena_format(arena, "some of %s", names);
	if (block->n_postures == 0)
		return names;
	return arena_format(arena, "%s with %s", names,
	                    words_join(arena, block->postures, block->n_postures));
}

/* Whether edits of definitions have something to show for themselves: else they
 * change nothing, and are notes. */
static bool
has_effect(const struct diff *diff, const struct telling *t)
{
	return diff->gained.n > 0 || diff->lost.n > 0 || t->n_changes > 0;
}

/* Each section by itself, so that one is gone from memory before the next. */
static void
tell_sections(struct telling *t)
{
	static void (*const sections[])(struct telling *) = {
		diff_ssh,     diff_owners, diff_approvers, diff_attrs,
		diff_options, diff_tests,  diff_readings,
	};
	struct arena_mark mark = arena_mark(t->work);

	for (size_t i = 0; i < sizeof(sections) / sizeof(*sections); i++) {
		sections[i](t);
		arena_reset(t->work, mark);
	}
}

/* What the filters differ in, in a comparison that is gone from memory after it. */
static void
tell_access(struct diff *diff, struct telling *t)
{
	struct arena arena = { 0 };
	struct diff_blocks lost, gained;

	t->access = comparison_of_access(t, &arena);
	lost = comparison_blocks(t->access, DIFF_OLD);
	gained = comparison_blocks(t->access, DIFF_NEW);
	diff->lost = diff_accesses_of(t->access->words[DIFF_OLD], t->arena, &lost);
	diff->gained = diff_accesses_of(t->access->words[DIFF_NEW], t->arena, &gained);
	if (diff->imagined)
		diff_apps(t, &lost, &gained);
	t->access = NULL;
	arena_end(&arena);
}

/* Everything that the filters do not say. */
static void
tell_rest(struct diff *diff, struct telling *t)
{
	tell_sections(t);
	t->effective = has_effect(diff, t);
	diff_definitions(t);
	diff->changes = t->changes;
	diff->n_changes = t->n_changes;
	diff->notes = t->notes;
	diff->n_notes = t->n_notes;
	diff->readings = t->readings;
	diff->n_readings = t->n_readings;
}

struct diff *
diff_make(struct arena *arena, struct diff_party before, struct diff_party after,
          size_t most)
{
	struct diff *diff = arena_alloc(arena, sizeof(*diff));
	struct arena work = { 0 };
	struct diff_party both[2] = { before, after };
	struct telling t = { .arena = arena, .work = &work, .both = both, .most = most };

	diff->imagined = after.tailnet->imagined;
	tell_access(diff, &t);
	if (diff->imagined)
		tell_rest(diff, &t);
	arena_end(&work);
	return diff;
}

static bool
has_change(const struct diff *diff, enum diff_effect effect)
{
	for (size_t i = 0; i < diff->n_changes; i++)
		if (diff->changes[i].effect == effect ||
		    diff->changes[i].effect == EFFECT_BOTH)
			return true;
	return false;
}

bool
diff_gains_beside(const struct diff *diff)
{
	return has_change(diff, EFFECT_GAINED);
}

bool
diff_loses_beside(const struct diff *diff)
{
	return has_change(diff, EFFECT_LOST);
}
