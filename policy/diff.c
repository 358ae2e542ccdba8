#include "policy/diff_parts.h"

#include "grammar/arena.h"

/* Both policies' rules in one cut, with the words of each. */
struct comparison {
	struct cut *cut;
	struct vocabulary *words[2];
	struct bits_store dst_store;
};

/* The old one is taken in before the routes of the new one are approved. */
static struct comparison *
comparison_of(struct arena *arena, const struct diff *diff)
{
	struct comparison *c = arena_alloc(arena, sizeof(*c));
	uint32_t n_words;

	c->cut = cut_start(arena);
	for (int side = DIFF_OLD; side <= DIFF_NEW; side++) {
		const struct diff_party *party = &diff->party[side];
		tailnet_approve(party->tailnet, party->policy);
		cut_take(c->cut, filter_compile(arena, party->policy, party->tailnet));
		c->words[side] = vocabulary_mention(c->cut, (uint32_t)side);
	}
	cut_close(c->cut);
	n_words = (uint32_t)(cut_classes(c->cut, CUT_DST) + 63) / 64;
	bits_start(&c->dst_store, arena, n_words);
	for (int side = DIFF_OLD; side <= DIFF_NEW; side++)
		vocabulary_settle(c->words[side], &c->dst_store);
	return c;
}

static struct diff_blocks
blocks_of(struct comparison *c, struct arena *arena, enum diff_side side)
{
	struct arena scratch = { 0 };
	struct diff_facts facts =
		diff_find(c->cut, &scratch, &c->dst_store, (uint32_t)side);
	struct diff_blocks blocks = diff_fold(c->words[side], arena, &facts);

	arena_end(&scratch);
	diff_drop_repeated(&blocks);
	return blocks;
}

struct diff *
diff_make(struct arena *arena, struct diff_party before, struct diff_party after)
{
	struct diff *diff = arena_alloc(arena, sizeof(*diff));

	diff->party[DIFF_OLD] = before;
	diff->party[DIFF_NEW] = after;
	diff->imagined = after.tailnet->imagined;
	struct comparison *c = comparison_of(arena, diff);
	struct diff_blocks lost = blocks_of(c, arena, DIFF_OLD);
	struct diff_blocks gained = blocks_of(c, arena, DIFF_NEW);
	diff->lost = diff_accesses_of(c->words[DIFF_OLD], arena, &lost);
	diff->gained = diff_accesses_of(c->words[DIFF_NEW], arena, &gained);
	return diff;
}
