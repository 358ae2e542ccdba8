/* What one policy's boxes allow and the other policy does not. */
#include "policy/diff_parts.h"

#include "grammar/arena.h"

struct finding_facts {
	struct cut *cut;
	struct arena *arena;
	struct bits_store *dst_store;
	uint32_t filter;
	const struct cut_box *box;
	struct diff_facts facts;
};

/* Whether the other filter has the very same box: then nothing differs here. */
static bool
has_twin(const struct cut *cut, uint32_t other, const struct cut_box *box)
{
	const struct cut_filter *in = &cut->filters[other];
	const struct cut_strip *strip = cut_strip(cut, other, box->dst, box->line);

	for (uint32_t i = strip ? strip->first : 0; strip && i < strip->end; i++) {
		const struct cut_heap *heap = &in->heaps[i];
		if (heap->lo > box->lo)
			break;
		if (heap->lo != box->lo || heap->hi != box->hi)
			continue;
		for (uint32_t k = heap->first; k < heap->end; k++)
			if (in->boxes[k].from == box->from)
				return true;
	}
	return false;
}

static bool
fact_take(void *context, const struct cut_part *part)
{
	struct finding_facts *f = context;
	struct diff_facts *facts = &f->facts;

	facts->at = arena_grow(f->arena, facts->at, facts->n, &facts->cap,
	                       sizeof(*facts->at));
	facts->at[facts->n++] = (struct diff_fact) {
		.line = f->box->line,
		.lo = part->lo,
		.hi = part->hi,
		.from = part->from,
		.classes = bits_of(f->dst_store, part->classes, part->n),
		.unit = f->box->unit,
	};
	return true;
}

static void
find_box(struct finding_facts *f, const struct cut_box *box)
{
	uint32_t other = 1 - f->filter;
	struct cut_sweep sweep = { .from = box->from,
		                   .dst = box->dst,
		                   .line = box->line,
		                   .lo = box->lo,
		                   .hi = box->hi,
		                   .filter = other,
		                   .but = CUT_NONE,
		                   .following = f->filter };

	if (box->follows || has_twin(f->cut, other, box))
		return;
	f->box = box;
	cut_sweep(f->cut, &sweep, fact_take, f);
}

struct diff_facts
diff_find(struct cut *cut, struct arena *arena, struct bits_store *dst_store,
          uint32_t filter)
{
	struct finding_facts f = { cut, arena, dst_store, filter, NULL, { 0 } };
	const struct cut_filter *in = &cut->filters[filter];

	for (uint32_t unit = 0; unit < in->n_units; unit++) {
		size_t n;
		const uint32_t *boxes = cut_unit_boxes(cut, filter, unit, &n);
		for (size_t i = 0; i < n; i++)
			find_box(&f, &in->boxes[boxes[i]]);
	}
	return f.facts;
}
