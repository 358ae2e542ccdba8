/* What of a box others do not allow: segment by segment of its line, and class by
 * class of its destinations where they differ. */
#include "policy/cut_parts.h"

#include <stdlib.h>

#include "grammar/arena.h"

/* Sources that something allows on a run of the line. */
struct hurdle {
	uint16_t lo, hi;
	const struct bits *from;
};

struct hurdles {
	struct hurdle *at;
	size_t n, cap;
};

/* A run of the line, with what of the sources is left there. */
struct segment {
	uint16_t lo, hi;
	const struct bits *from;
};

struct sweep {
	struct cut *cut;
	const struct cut_sweep *asked;
	enum stratum stratum;
	uint32_t mark;
	struct arena scratch;
	uint32_t class; /* the one being looked at */
	bool (*each)(void *, const struct cut_part *);
	void *context;
};

static void
hurdles_put(struct sweep *s, struct hurdles *list, const struct segment *on,
            struct hurdle hurdle)
{
	if (hurdle.lo > on->hi || hurdle.hi < on->lo ||
	    !bits_overlap(hurdle.from, on->from))
		return;
	list->at =
		arena_grow(&s->scratch, list->at, list->n, &list->cap, sizeof(*list->at));
	list->at[list->n++] = hurdle;
}

/* The hurdles of a heap one by one, where some of its units are gone. */
static void
hurdles_of_heap(struct sweep *s, struct hurdles *list, const struct segment *on,
                const struct cut_heap *heap)
{
	const struct cut_sweep *asked = s->asked;
	const struct cut_box *boxes = s->cut->filters[asked->filter].boxes;

	for (uint32_t i = heap->first; i < heap->end; i++)
		if (boxes[i].unit != asked->but && !asked->gone[boxes[i].unit])
			hurdles_put(s, list, on,
			            (struct hurdle) { heap->lo, heap->hi,
			                              boxes[i].from });
}

/* Pings that follow from ports, of the filter whose boxes are asked about. */
static void
hurdles_following(struct sweep *s, struct hurdles *list, const struct segment *on,
                  uint32_t dst)
{
	const struct cut_filter *from = &s->cut->filters[s->asked->following];
	const struct cut_strip *strip =
		cut_strip(s->cut, s->asked->following, dst, s->asked->line);
	uint32_t first = strip ? from->heaps[strip->first].first : 0;
	uint32_t end = strip ? from->heaps[strip->end - 1].end : 0;

	for (uint32_t i = first; i < end; i++)
		if (from->boxes[i].follows)
			hurdles_put(s, list, on,
			            (struct hurdle) { from->boxes[i].lo,
			                              from->boxes[i].hi,
			                              from->boxes[i].from });
}

/* The hurdles that a dst set makes on the line. */
static void
hurdles_of_set(struct sweep *s, struct hurdles *list, const struct segment *on,
               uint32_t dst)
{
	const struct cut_sweep *asked = s->asked;
	const struct cut_strip *strip =
		asked->alone ? NULL : cut_strip(s->cut, asked->filter, dst, asked->line);
	struct cut_heap *heaps = s->cut->filters[asked->filter].heaps;

	if (asked->following != CUT_NONE)
		hurdles_following(s, list, on, dst);
	for (uint32_t i = strip ? strip->first : 0; strip && i < strip->end; i++) {
		if (heaps[i].lo > on->hi)
			break;
		if (heaps[i].hi < on->lo)
			continue;
		if (asked->gone)
			hurdles_of_heap(s, list, on, &heaps[i]);
		else
			hurdles_put(s, list, on,
			            (struct hurdle) { heaps[i].lo, heaps[i].hi,
			                              cut_heap_but(s->cut, asked->filter,
			                                           &heaps[i],
			                                           asked->but) });
	}
}

static int
hurdle_order(const void *left, const void *right)
{
	const struct hurdle *a = left, *b = right;

	return (a->lo > b->lo) - (a->lo < b->lo);
}

/* The hurdles that lie across a place of the line. */
struct across {
	const struct hurdles *list; /* sorted */
	size_t next;                /* the first that begins later */
	const struct hurdle **at;
	size_t n;
};

static void
across_move(struct across *across, uint32_t lo)
{
	size_t kept = 0;

	for (size_t i = 0; i < across->n; i++)
		if (across->at[i]->hi >= lo)
			across->at[kept++] = across->at[i];
	for (; across->next < across->list->n; across->next++) {
		const struct hurdle *hurdle = &across->list->at[across->next];
		if (hurdle->lo > lo)
			break;
		if (hurdle->hi >= lo)
			across->at[kept++] = hurdle;
	}
	across->n = kept;
}

/* How far nothing changes from here. */
static uint16_t
across_end(const struct across *across, uint16_t hi)
{
	if (across->next < across->list->n && across->list->at[across->next].lo <= hi)
		hi = (uint16_t)(across->list->at[across->next].lo - 1);
	for (size_t i = 0; i < across->n; i++)
		if (across->at[i]->hi < hi)
			hi = across->at[i]->hi;
	return hi;
}

/* Cuts a segment where hurdles begin and end, and hands on what they leave. */
static bool
segment_cut(struct sweep *s, struct hurdles *list, const struct segment *on,
            struct residue *r, bool (*next)(struct sweep *, const struct segment *))
{
	struct across across = { .list = list };
	struct segment part = *on;

	if (list->n > 1)
		qsort(list->at, list->n, sizeof(*list->at), hurdle_order);
	across.at = arena_array(&s->scratch, list->n, sizeof(*across.at));
	for (uint32_t lo = on->lo; lo <= on->hi; lo = (uint32_t)part.hi + 1) {
		across_move(&across, lo);
		part.lo = (uint16_t)lo;
		part.hi = across_end(&across, on->hi);
		residue_set(r, on->from);
		for (size_t i = 0; i < across.n; i++)
			residue_minus(r, across.at[i]->from);
		if (residue_is_empty(r))
			continue;
		part.from = residue_bits(r, &s->cut->store);
		if (!next(s, &part))
			return false;
	}
	return true;
}

static bool
part_hand(struct sweep *s, const struct segment *on, const uint32_t *classes, size_t n)
{
	struct cut_part part = { on->lo, on->hi, classes, n, on->from };

	return n == 0 || s->each(s->context, &part);
}

/* One class on a segment. What is left is made as large as can be: pairs that
 * there are not may as well be in it, so that like classes stay alike. */
static bool
class_hand(struct sweep *s, const struct segment *on)
{
	struct cut *cut = s->cut;
	struct residue *r = &cut->mask;
	const struct bits *from = s->asked->from;
	struct segment whole = *on;

	residue_set(r, on->from);
	cut_mask(cut, r, s->class, s->stratum);
	if (residue_is_empty(r))
		return true;
	residue_set(r, from);
	cut_mask(cut, r, s->class, s->stratum);
	residue_minus(r, on->from);
	whole.from = bits_minus(&cut->store, from, residue_bits(r, &cut->store));
	return part_hand(s, &whole, &s->class, 1);
}

static void
hurdles_of_own(struct sweep *s, struct hurdles *list, const struct segment *on)
{
	const struct cut_sweep *asked = s->asked;

	for (size_t i = 0; i < asked->n_own; i++) {
		const struct cut_box *own = &asked->own[i];
		if (own->line == asked->line && cut_set_holds(s->cut, own->dst, s->class))
			hurdles_put(s, list, on,
			            (struct hurdle) { own->lo, own->hi, own->from });
	}
}

/* The hurdles that a class has beside those of all of the destinations. */
static void
hurdles_of_class(struct sweep *s, struct hurdles *list, const struct segment *on)
{
	const struct cut *cut = s->cut;

	for (uint32_t i = cut->sets_first[s->class]; i < cut->sets_first[s->class + 1];
	     i++)
		if (cut->marks[cut->sets_of[i]] != s->mark)
			hurdles_of_set(s, list, on, cut->sets_of[i]);
	hurdles_of_own(s, list, on);
}

/* A segment on which the sources that are left are known, but for what some of the
 * classes have of their own. */
static bool
segment_look(struct sweep *s, const struct segment *on)
{
	const struct cut_set *set = &s->cut->axes[CUT_DST].sets[s->asked->dst];
	size_t n = 0;

	for (uint32_t i = 0; i < set->n_classes; i++) {
		struct hurdles list = { 0 };
		struct arena_mark mark = arena_mark(&s->scratch);
		bool on_and_on = true;
		s->class = set->classes[i];
		hurdles_of_class(s, &list, on);
		if (list.n > 0)
			on_and_on = segment_cut(s, &list, on, &s->cut->left, class_hand);
		else if (!cut_is_open(s->cut, s->class, s->stratum, s->asked->from))
			on_and_on = class_hand(s, on);
		else
			s->cut->alike[n++] = s->class; /* all hurdles are shared */
		arena_reset(&s->scratch, mark);
		if (!on_and_on)
			return false;
	}
	return part_hand(s, on, s->cut->alike, n);
}

bool
cut_sweep(struct cut *cut, const struct cut_sweep *asked,
          bool (*each)(void *, const struct cut_part *), void *context)
{
	struct sweep s = { .cut = cut,
		           .asked = asked,
		           .stratum = cut->lines[asked->line].stratum,
		           .mark = ++cut->n_sweeps,
		           .each = each,
		           .context = context };
	const struct cut_set *set = cut_around(cut, asked->dst);
	struct segment whole = { asked->lo, asked->hi, asked->from };
	struct hurdles list = { 0 };

	for (uint32_t i = 0; i < set->n_around; i++) {
		cut->marks[set->around[i]] = s.mark;
		hurdles_of_set(&s, &list, &whole, set->around[i]);
	}
	bool through = segment_cut(&s, &list, &whole, &cut->left, segment_look);
	arena_end(&s.scratch);
	return through;
}
