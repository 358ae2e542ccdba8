/* What of a box others do not allow: segment by segment of its line, and class by
 * class of its destinations where they differ. */
#include "policy/cut_parts.h"

#include "grammar/arena.h"
#include "policy/numbers.h"

/* Sources that something allows on a run of the line. */
struct hurdle {
	uint16_t lo, hi;
	const struct bits *from;
};

/* What lies on a segment. Hurdles across all of it are taken off what is left
 * there at once; those across a part of it are kept. */
struct hurdles {
	struct hurdle *at;
	size_t n, cap;
	struct residue *left;
	bool any;  /* there was one that takes something */
	bool shut; /* nothing is left: no more need be looked for */
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
	size_t depth;   /* of residues in use */
	uint32_t class; /* the one being looked at */
	bool (*each)(void *, const struct cut_part *);
	void *context;
};

/* No hurdles yet. Has a residue until hurdles_end. */
static struct hurdles
hurdles_start(struct sweep *s)
{
	struct residue *left = &s->cut->levels[s->depth++];

	if (!left->word)
		residue_start(left, s->cut->arena, &s->cut->store);
	return (struct hurdles) { .left = left };
}

static void
hurdles_end(struct sweep *s)
{
	s->depth--;
}

/* Whether two hurdles take the same sources, and lie over each other. */
static bool
hurdles_meet(const struct hurdle *a, const struct hurdle *b)
{
	return a->from == b->from && a->lo <= b->hi && b->lo <= a->hi;
}

/* Adds a hurdle: with the last one as one hurdle, where they meet. */
static void
hurdles_put(struct sweep *s, struct hurdles *list, const struct segment *on,
            struct hurdle hurdle)
{
	const struct hurdle *last = list->n > 0 ? &list->at[list->n - 1] : NULL;

	s->cut->n_looked++;
	if (hurdle.lo > on->hi || hurdle.hi < on->lo ||
	    !residue_overlaps(list->left, hurdle.from))
		return;
	list->any = true;
	if (last && hurdles_meet(last, &hurdle)) {
		hurdle.lo = last->lo < hurdle.lo ? last->lo : hurdle.lo;
		hurdle.hi = last->hi > hurdle.hi ? last->hi : hurdle.hi;
		list->n--;
	}
	if (hurdle.lo <= on->lo && hurdle.hi >= on->hi) {
		residue_minus(list->left, hurdle.from);
		list->shut = residue_is_empty(list->left);
		return;
	}
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

	for (uint32_t i = heap->first; i < heap->end && !list->shut; i++)
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

	for (uint32_t i = first; i < end && !list->shut; i++)
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
		if (list->shut || heaps[i].lo > on->hi)
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

/* The places on a segment where something changes, its ends among them: each run
 * from one of them to before the next is alike. *n gets how many. */
static uint32_t *
places_of(struct sweep *s, const struct hurdles *list, const struct segment *on,
          size_t *n)
{
	size_t most = 2 * list->n + 2, put = 0;
	uint32_t *places = arena_array(&s->scratch, 2 * most, sizeof(*places));

	places[put++] = on->lo;
	places[put++] = (uint32_t)on->hi + 1;
	for (size_t i = 0; i < list->n; i++) {
		if (list->at[i].lo > on->lo)
			places[put++] = list->at[i].lo;
		if (list->at[i].hi < on->hi)
			places[put++] = (uint32_t)list->at[i].hi + 1;
	}
	*n = numbers_order(places, put, places + most);
	return places;
}

/* Halves a segment until what lies on each part lies across all of it, and hands on
 * what is left there: what lies across much is looked at seldom. */
static bool
segment_halve(struct sweep *s, const struct hurdles *list, const uint32_t *places,
              size_t n, bool (*next)(struct sweep *, const struct segment *))
{
	size_t middle = n / 2;
	size_t bounds[] = { 0, middle, n - 1 };
	bool on_and_on = true;

	if (list->n == 0) {
		struct segment part = { (uint16_t)places[0],
			                (uint16_t)(places[n - 1] - 1),
			                residue_bits(list->left, &s->cut->store) };
		return next(s, &part);
	}
	for (size_t half = 0; half < 2 && on_and_on; half++) {
		size_t first = bounds[half], last = bounds[half + 1];
		struct arena_mark mark = arena_mark(&s->scratch);
		struct segment part = { (uint16_t)places[first],
			                (uint16_t)(places[last] - 1), NULL };
		struct hurdles less = hurdles_start(s);
		residue_copy(less.left, list->left);
		for (size_t i = 0; i < list->n && !less.shut; i++)
			hurdles_put(s, &less, &part, list->at[i]);
		if (!less.shut)
			on_and_on = segment_halve(s, &less, places + first,
			                          last - first + 1, next);
		hurdles_end(s);
		arena_reset(&s->scratch, mark);
	}
	return on_and_on;
}

/* Cuts a segment where hurdles begin and end, and hands on what they leave. */
static bool
segment_cut(struct sweep *s, const struct hurdles *list, const struct segment *on,
            bool (*next)(struct sweep *, const struct segment *))
{
	size_t n;

	if (list->shut)
		return true;
	const uint32_t *places = places_of(s, list, on, &n);
	return segment_halve(s, list, places, n, next);
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

	for (size_t i = 0; i < asked->n_own && !list->shut; i++) {
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

	for (uint32_t i = cut->sets_first[s->class];
	     i < cut->sets_first[s->class + 1] && !list->shut; i++)
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
		struct arena_mark mark = arena_mark(&s->scratch);
		struct hurdles list = hurdles_start(s);
		bool on_and_on = true;
		residue_set(list.left, on->from);
		s->class = set->classes[i];
		hurdles_of_class(s, &list, on);
		if (list.any)
			on_and_on = segment_cut(s, &list, on, class_hand);
		else if (!cut_is_open(s->cut, s->class, s->stratum, s->asked->from))
			on_and_on = class_hand(s, on);
		else
			s->cut->alike[n++] = s->class; /* all hurdles are shared */
		hurdles_end(s);
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
	struct hurdles list = hurdles_start(&s);

	residue_set(list.left, asked->from);
	for (uint32_t i = 0; i < set->n_around && !list.shut; i++) {
		cut->marks[set->around[i]] = s.mark;
		hurdles_of_set(&s, &list, &whole, set->around[i]);
	}
	bool through = segment_cut(&s, &list, &whole, segment_look);
	arena_end(&s.scratch);
	return through;
}
