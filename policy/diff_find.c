/* What one policy's boxes allow and the other policy does not. */
#include "policy/diff_parts.h"

#include "grammar/arena.h"

struct finding_facts {
	struct cut *cut;
	struct arena *arena;
	struct bits_store *dst_store;
	uint32_t filter;
	const struct cut_box *box;
	size_t room; /* so many more classes may be gone into */
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

	bool more = f->room > part->n;

	facts->at = arena_grow(f->arena, facts->at, facts->n, &facts->cap,
	                       sizeof(*facts->at));
	facts->at[facts->n++] = (struct diff_fact) {
		.line = f->box->line,
		.lo = part->lo,
		.hi = part->hi,
		.from = part->from,
		.classes = bits_of(f->dst_store, part->classes, part->n),
		.unit = f->box->unit,
		.cut = !more,
	};
	f->room -= more ? part->n : f->room;
	return more;
}

/* What of the sources of a box the other filter does not allow at one place. */
static const struct bits *
from_at(struct finding_facts *f, const struct cut_box *box, uint32_t class)
{
	struct cut *cut = f->cut;
	uint32_t other = 1 - f->filter;

	residue_set(&cut->mask, box->from);
	for (uint32_t i = cut->sets_first[class]; i < cut->sets_first[class + 1]; i++) {
		const struct cut_strip *strip =
			cut_strip(cut, other, cut->sets_of[i], box->line);
		for (uint32_t k = strip ? strip->first : 0; strip && k < strip->end;
		     k++) {
			struct cut_heap *heap = &cut->filters[other].heaps[k];
			if (heap->lo <= box->lo && box->lo <= heap->hi)
				residue_minus(&cut->mask,
				              cut_heap_but(cut, other, heap, CUT_NONE));
		}
	}
	cut_mask(cut, &cut->mask, class, cut->lines[box->line].stratum);
	return residue_bits(&cut->mask, &cut->store);
}

/* One fact of a box, if it is found where it is likeliest: at the class that the
 * fewest sets hold, on the first port. */
static bool
find_one(struct finding_facts *f, const struct cut_box *box)
{
	uint32_t class;
	struct cut_part part = { box->lo, box->lo, &class, 1, NULL };

	if (f->cut->axes[CUT_DST].sets[box->dst].n_classes == 0)
		return false;
	class = cut_class_loneliest(f->cut, box->dst);
	part.from = from_at(f, box, class);
	if (part.from->n == 0)
		return false;
	f->box = box;
	fact_take(f, &part);
	return true;
}

/* Whether there may be more facts than were found. */
static bool
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
		return false;
	if (f->room == 0 && f->cut->lines[box->line].kind != PROTOCOL_ICMP &&
	    find_one(f, box))
		return true;
	f->box = box;
	return !cut_sweep(f->cut, &sweep, fact_take, f);
}

struct diff_facts
diff_find(struct cut *cut, struct arena *arena, struct bits_store *dst_store,
          uint32_t filter, size_t room)
{
	struct finding_facts f = { cut, arena, dst_store, filter, NULL, room, { 0 } };
	const struct cut_filter *in = &cut->filters[filter];
	/* by plane: the unit, and one more, of which there is enough */
	uint32_t *enough = arena_array(arena, cut->planes.n, sizeof(*enough));

	for (uint32_t unit = 0; unit < in->n_units; unit++) {
		size_t n;
		const uint32_t *boxes = cut_unit_boxes(cut, filter, unit, &n);
		for (size_t i = 0; i < n; i++) {
			const struct cut_box *box = &in->boxes[boxes[i]];
			uint32_t plane = cut->lines[box->line].plane;
			if (enough[plane] != unit + 1 && find_box(&f, box))
				enough[plane] = unit + 1;
		}
	}
	return f.facts;
}
