/* What one rule gives summed up, where its parts are too many to be told. */
#include "policy/diff_parts.h"

#include "grammar/arena.h"

/* The facts of a unit in one plane, being summed up. */
struct summing {
	struct vocabulary *v;
	struct arena *arena; /* of the block */
	struct arena scratch;
	uint32_t unit, plane;
	const struct diff_fact *facts;
	size_t n;
	struct residue sides[2]; /* sources, classes of destinations */
};

static struct bits_store *
store_of(const struct summing *s, enum cut_side side)
{
	return s->v->axis[side].store;
}

/* What was joined, as classes: sources whatever their situation. */
static const struct bits *
classes_joined(struct summing *s, enum cut_side side)
{
	const struct bits *all = residue_bits(&s->sides[side], store_of(s, side));
	uint32_t n = bits_count(all), *list = bits_list(&s->scratch, all);

	for (uint32_t i = 0; i < n && side == CUT_SRC; i++)
		list[i] = cut_class_of(s->v->cut, list[i]);
	return bits_of(store_of(s, side), list, n);
}

/* Who and what the facts are about. */
static void
facts_join(struct summing *s)
{
	for (size_t i = 0; i < s->n; i++) {
		residue_join(&s->sides[CUT_SRC], s->facts[i].from);
		residue_join(&s->sides[CUT_DST], s->facts[i].classes);
	}
}

/* All that the rule is about in this plane may be said, where some of it is meant. */
static void
boxes_join(struct summing *s)
{
	const struct cut *cut = s->v->cut;
	const struct cut_filter *in = &cut->filters[s->v->filter];
	size_t n = 0;
	const uint32_t *boxes =
		in->filter ? cut_unit_boxes(cut, s->v->filter, s->unit, &n) : NULL;

	for (size_t i = 0; i < n; i++) {
		const struct cut_box *box = &in->boxes[boxes[i]];
		const struct cut_set *dst = &cut->axes[CUT_DST].sets[box->dst];
		if (cut->lines[box->line].plane != s->plane)
			continue;
		residue_join(&s->sides[CUT_SRC], box->from);
		residue_join(&s->sides[CUT_DST],
		             bits_of(store_of(s, CUT_DST), dst->classes, dst->n_classes));
	}
}

static void
runs_join(struct summing *s, struct diff_block *block)
{
	struct diff_run *runs = arena_array(s->arena, s->n, sizeof(*runs));

	for (size_t i = 0; i < s->n; i++)
		runs[i] = (struct diff_run) { s->v->cut->lines[s->facts[i].line].kind,
			                      s->facts[i].lo, s->facts[i].hi };
	block->runs = runs;
	block->n_runs = diff_runs_settle(runs, s->n);
}

struct diff_block
diff_sum(struct vocabulary *v, struct arena *arena, const struct diff_fact *facts,
         size_t n, const struct numbers preferred[2])
{
	struct summing s = { .v = v,
		             .arena = arena,
		             .unit = facts->unit,
		             .plane = v->cut->lines[facts->line].plane,
		             .facts = facts,
		             .n = n };
	struct diff_fact *one = arena_alloc(arena, sizeof(*one));
	struct diff_block block = { .unit = s.unit, .plane = s.plane, .partly = one };
	const struct bits *may[2];

	*one = *facts;
	for (enum cut_side side = CUT_SRC; side <= CUT_DST; side++)
		residue_start(&s.sides[side], &s.scratch, store_of(&s, side));
	facts_join(&s);
	block.from = classes_joined(&s, CUT_SRC);
	block.to = classes_joined(&s, CUT_DST);
	boxes_join(&s);
	for (enum cut_side side = CUT_SRC; side <= CUT_DST; side++)
		may[side] = classes_joined(&s, side);
	block.src = vocabulary_name(v, CUT_SRC, block.from, may[CUT_SRC],
	                            &preferred[CUT_SRC]);
	block.dst =
		vocabulary_name(v, CUT_DST, block.to, may[CUT_DST], &preferred[CUT_DST]);
	runs_join(&s, &block);
	arena_end(&s.scratch);
	return block;
}
