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

/* The ports that the rule is about, though not all of them were gone into. */
static void
runs_of_boxes(struct summing *s, struct diff_block *block)
{
	const struct cut *cut = s->v->cut;
	const struct cut_filter *in = &cut->filters[s->v->filter];
	size_t n, n_runs = 0;
	const uint32_t *boxes = cut_unit_boxes(cut, s->v->filter, s->unit, &n);
	struct diff_run *runs = arena_array(s->arena, n + block->n_runs, sizeof(*runs));

	for (size_t i = 0; i < n; i++) {
		const struct cut_box *box = &in->boxes[boxes[i]];
		if (cut->lines[box->line].plane == s->plane && !box->follows)
			runs[n_runs++] = (struct diff_run) { cut->lines[box->line].kind,
				                             box->lo, box->hi };
	}
	block->runs = runs;
	block->n_runs = diff_runs_settle(runs, n_runs);
}

/* The words that one side of the rule is written with. */
static struct diff_names
names_written(struct summing *s, enum cut_side side, const struct grant *grant)
{
	size_t n = side == CUT_SRC ? grant->src.n : grant->dst.n;
	struct diff_names names = { arena_array(s->arena, n, sizeof(*names.at)), n, n };

	for (size_t i = 0; i < n; i++) {
		const struct selector *selector =
			side == CUT_SRC ? &grant->src.at[i] : &grant->dst.at[i].selector;
		names.at[i] =
			(struct diff_name) { .word = vocabulary_text(s->arena, selector),
			                     .bits = store_of(s, side)->all[0],
			                     .about = store_of(s, side)->all[0] };
	}
	return names;
}

/* The rule that the facts are of, or NULL. */
static const struct grant *
grant_of(const struct summing *s)
{
	const struct cut_filter *in = &s->v->cut->filters[s->v->filter];

	return in->filter && s->unit < in->policy->n_grants ? &in->policy->grants[s->unit]
	                                                    : NULL;
}

/* Names for what was found; or, without preferred words, for all that may be. */
static void
names_find_all(struct summing *s, struct diff_block *block,
               const struct numbers preferred[2])
{
	struct diff_names *names[2] = { &block->src, &block->dst };
	const struct bits *is[2] = { block->from, block->to };

	boxes_join(s);
	for (enum cut_side side = CUT_SRC; side <= CUT_DST; side++) {
		const struct bits *may = classes_joined(s, side);
		*names[side] = vocabulary_name(s->v, side, preferred ? is[side] : may,
		                               may, preferred ? &preferred[side] : NULL);
	}
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
	const struct grant *grant = grant_of(&s);

	*one = *facts;
	for (enum cut_side side = CUT_SRC; side <= CUT_DST; side++)
		residue_start(&s.sides[side], &s.scratch, store_of(&s, side));
	facts_join(&s);
	block.from = classes_joined(&s, CUT_SRC);
	block.to = classes_joined(&s, CUT_DST);
	runs_join(&s, &block);
	if (!preferred && v->cut->filters[v->filter].filter)
		runs_of_boxes(&s, &block);
	if (grant && !preferred) {
		block.src = names_written(&s, CUT_SRC, grant);
		block.dst = names_written(&s, CUT_DST, grant);
	} else {
		names_find_all(&s, &block, preferred);
	}
	arena_end(&s.scratch);
	return block;
}
