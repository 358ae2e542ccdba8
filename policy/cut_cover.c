/* Is a grant covered by the others; and by which. */
#include "policy/cut_parts.h"

#include "grammar/arena.h"
#include "policy/numbers.h"

/* What is asked: the boxes of a grant, against a filter without it, or against some
 * boxes of one's own. */
struct inquiry {
	struct cut *cut;
	uint32_t filter, unit;
	const struct cut_box *boxes;
	size_t n;
	const struct cut_box *own;
	size_t n_own;
	const bool *gone;
};

/* A place that is not covered: the first that a sweep comes to. */
struct gap {
	struct cut *cut;
	enum stratum stratum;
	uint32_t source, class;
	uint16_t port;
};

static bool
gap_take(void *context, const struct cut_part *part)
{
	struct gap *gap = context;
	struct residue *r = &gap->cut->mask;

	residue_set(r, part->from);
	cut_mask(gap->cut, r, part->classes[0], gap->stratum);
	gap->source = residue_first(r);
	gap->class = part->classes[0];
	gap->port = part->lo;
	return false;
}

/* Finds what of a box nothing covers; false when all of it is covered. */
static bool
gap_find(const struct inquiry *q, const struct cut_box *box, bool alone, struct gap *gap)
{
	struct cut_sweep sweep = {
		.from = box->from,
		.dst = box->dst,
		.line = box->line,
		.lo = box->lo,
		.hi = box->hi,
		.filter = q->filter,
		.but = q->unit,
		.following = CUT_NONE,
		.gone = q->gone,
		.alone = alone,
		.own = q->own,
		.n_own = q->n_own,
	};

	gap->cut = q->cut;
	gap->stratum = q->cut->lines[box->line].stratum;
	return !cut_sweep(q->cut, &sweep, gap_take, gap);
}

/* Whether a box allows anything at all. */
static bool
box_is_empty(const struct inquiry *q, const struct cut_box *box)
{
	struct inquiry nothing = { .cut = q->cut, .filter = q->filter, .unit = q->unit };
	struct gap gap;

	return !gap_find(&nothing, box, true, &gap);
}

/* How often each source is given, over all boxes of a filter. */
static void
loads_count(struct cut *cut)
{
	struct arena scratch = { 0 };
	uint32_t *boxes = arena_array(&scratch, cut->store.n, sizeof(*boxes));
	size_t n_bits = cut->store.n;

	cut->load = arena_array(cut->arena, cut->n_sources, sizeof(*cut->load));
	for (uint32_t f = 0; f < cut->n_filters; f++)
		for (size_t i = 0; i < cut->filters[f].n_boxes; i++)
			boxes[cut->filters[f].boxes[i].from->id]++;
	for (size_t i = 0; i < n_bits; i++) {
		struct arena_mark mark = arena_mark(&scratch);
		uint32_t n = boxes[i] > 0 ? bits_count(cut->store.all[i]) : 0;
		uint32_t *list = n > 0 ? bits_list(&scratch, cut->store.all[i]) : NULL;
		for (uint32_t k = 0; k < n; k++)
			cut->load[list[k]] += boxes[i];
		arena_reset(&scratch, mark);
	}
	cut->loneliest = arena_array(cut->arena, n_bits, sizeof(*cut->loneliest));
	cut->n_loneliest = n_bits;
	arena_end(&scratch);
}

/* The source of a set that the fewest boxes give; remembered for the sets that
 * boxes start from. */
static uint32_t
source_loneliest(struct cut *cut, const struct bits *from)
{
	struct arena scratch = { 0 };
	uint32_t best, n = bits_count(from);

	if (!cut->load)
		loads_count(cut);
	if (from->id < cut->n_loneliest && cut->loneliest[from->id] > 0)
		return cut->loneliest[from->id] - 1;
	uint32_t *list = bits_list(&scratch, from);
	best = list[0];
	for (uint32_t i = 1; i < n; i++)
		if (cut->load[list[i]] < cut->load[best])
			best = list[i];
	if (from->id < cut->n_loneliest)
		cut->loneliest[from->id] = best + 1;
	arena_end(&scratch);
	return best;
}

/* Whether a unit other than the one asked about allows a point. */
static bool
point_is_covered(const struct inquiry *q, const struct gap *at, uint32_t line)
{
	const struct cut *cut = q->cut;
	const struct cut_filter *from = &cut->filters[q->filter];

	for (uint32_t i = cut->sets_first[at->class]; i < cut->sets_first[at->class + 1];
	     i++) {
		const struct cut_strip *strip =
			cut_strip(cut, q->filter, cut->sets_of[i], line);
		for (uint32_t k = strip ? strip->first : 0;
		     strip && k < strip->end && from->heaps[k].lo <= at->port; k++) {
			struct cut_heap *heap = &from->heaps[k];
			if (at->port <= heap->hi &&
			    bits_hold(cut_heap_but(q->cut, q->filter, heap, q->unit),
			              at->source))
				return true;
		}
	}
	return false;
}

/* A likely witness, tried before anything is swept: the source and the class that
 * the least is said of. true: nothing else allows it. */
static bool
gap_guess(const struct inquiry *q, const struct cut_box *box, struct gap *gap)
{
	struct cut *cut = q->cut;
	enum stratum stratum = cut->lines[box->line].stratum;
	uint32_t class = cut_class_loneliest(cut, box->dst);

	if (q->gone || !cut_is_open(cut, class, stratum, box->from))
		return false;
	*gap = (struct gap) { cut, stratum, source_loneliest(cut, box->from), class,
		              box->lo };
	if (!point_is_covered(q, gap, box->line))
		return true;
	gap->port = box->hi;
	return box->hi != box->lo && !point_is_covered(q, gap, box->line);
}

/* Some place of a piece that nothing else covers. */
static bool
inquiry_gap(const struct inquiry *q, const struct cut_box **box, struct gap *gap)
{
	for (size_t i = 0; i < q->n; i++) {
		*box = &q->boxes[i];
		if (!(*box)->follows && gap_guess(q, *box, gap))
			return true;
	}
	for (size_t i = 0; i < q->n; i++) {
		*box = &q->boxes[i];
		if (!(*box)->follows && gap_find(q, *box, false, gap))
			return true;
	}
	return false;
}

static bool
inquiry_is_empty(const struct inquiry *q)
{
	for (size_t i = 0; i < q->n; i++)
		if (!box_is_empty(q, &q->boxes[i]))
			return false;
	return true;
}

/* Whether a box holds all of another on its line, but for the destinations. */
static bool
box_spans(const struct cut_box *outer, const struct cut_box *inner)
{
	return outer->lo <= inner->lo && outer->hi >= inner->hi &&
	       bits_within(inner->from, outer->from);
}

/* The first of some boxes, by number, that is not before a dst set and line. */
static size_t
boxes_from(const struct cut_box *boxes, const uint32_t *numbers, size_t n, uint32_t dst,
           uint32_t line)
{
	size_t low = 0;

	while (low < n) {
		size_t middle = low + (n - low) / 2;
		const struct cut_box *box = &boxes[numbers[middle]];
		if (box->dst < dst || (box->dst == dst && box->line < line))
			low = middle + 1;
		else
			n = middle;
	}
	return low;
}

/* Whether a unit has a box that holds all of another. */
static bool
unit_is_around(const struct inquiry *q, uint32_t unit, const struct cut_box *inner)
{
	const struct cut_box *boxes = q->cut->filters[q->filter].boxes;
	const struct cut_set *set = cut_around(q->cut, inner->dst);
	size_t n;
	const uint32_t *numbers = cut_unit_boxes(q->cut, q->filter, unit, &n);

	for (uint32_t i = 0; i < set->n_around; i++)
		for (size_t k =
		             boxes_from(boxes, numbers, n, set->around[i], inner->line);
		     k < n && boxes[numbers[k]].dst == set->around[i] &&
		     boxes[numbers[k]].line == inner->line;
		     k++)
			if (box_spans(&boxes[numbers[k]], inner))
				return true;
	return false;
}

/* Whether one unit holds each box that counts in one of its own. */
static bool
unit_suffices(const struct inquiry *q, uint32_t unit)
{
	for (size_t i = 0; i < q->n; i++)
		if (!q->boxes[i].follows && !unit_is_around(q, unit, &q->boxes[i]))
			return false;
	return true;
}

/* The least unit of a heap that suffices alone, if it is less than another. */
static uint32_t
heap_alone(const struct inquiry *q, const struct cut_heap *heap,
           const struct cut_box *inner, uint32_t best)
{
	const struct cut_box *boxes = q->cut->filters[q->filter].boxes;

	for (uint32_t i = heap->first; i < heap->end && boxes[i].unit < best; i++) {
		q->cut->n_looked++;
		if (boxes[i].unit != q->unit && box_spans(&boxes[i], inner) &&
		    unit_suffices(q, boxes[i].unit))
			return boxes[i].unit;
	}
	return best;
}

/* The least unit that holds all that is asked; CUT_NONE: none does alone. One that
 * does has a box around the first box that counts. */
static uint32_t
unit_alone(const struct inquiry *q)
{
	struct cut *cut = q->cut;
	const struct cut_heap *heaps = cut->filters[q->filter].heaps;
	const struct cut_box *box = q->boxes;
	uint32_t best = CUT_NONE;

	while (box->follows)
		box++;
	const struct cut_set *set = cut_around(cut, box->dst);
	for (uint32_t i = 0; i < set->n_around; i++) {
		const struct cut_strip *strip =
			cut_strip(cut, q->filter, set->around[i], box->line);
		for (uint32_t k = strip ? strip->first : 0;
		     strip && k < strip->end && heaps[k].lo <= box->lo; k++)
			if (heaps[k].hi >= box->hi)
				best = heap_alone(q, &heaps[k], box, best);
	}
	return best;
}

/* A cover being put together: the units, and the boxes that count for it. */
struct covering {
	struct arena *scratch;
	uint32_t *units;
	size_t n, units_cap;
	struct cut_box *boxes;
	size_t n_boxes, boxes_cap;
	bool more; /* some are missing */
};

static void
covering_put(struct covering *c, struct cut_box box)
{
	c->boxes = arena_grow(c->scratch, c->boxes, c->n_boxes, &c->boxes_cap,
	                      sizeof(*c->boxes));
	c->boxes[c->n_boxes++] = box;
}

static void
covering_add(struct covering *c, const struct inquiry *q, uint32_t unit)
{
	const struct cut_filter *from = &q->cut->filters[q->filter];
	size_t n;
	const uint32_t *boxes = cut_unit_boxes(q->cut, q->filter, unit, &n);

	c->units =
		arena_grow(c->scratch, c->units, c->n, &c->units_cap, sizeof(*c->units));
	c->units[c->n++] = unit;
	for (size_t i = 0; i < n; i++)
		covering_put(c, from->boxes[boxes[i]]);
}

/* A unit that allows a place, and how much it is worth there. */
struct candidate {
	uint32_t unit;
	uint64_t worth;
};

/* The better of two: what more sources, destinations and ports from the place on
 * have from it. */
static void
candidate_offer(const struct inquiry *q, const struct gap *gap, struct candidate *best,
                const struct cut_box *box, const struct cut_box *other)
{
	const struct cut *cut = q->cut;
	uint64_t n = bits_common(other->from, box->from);
	uint16_t hi = other->hi < box->hi ? other->hi : box->hi;
	uint64_t ports = (uint64_t)hi - gap->port + 1;
	uint64_t worth = n * ports * cut->axes[CUT_DST].sets[other->dst].n_classes;

	if (worth < best->worth || (worth == best->worth && other->unit > best->unit))
		return;
	*best = (struct candidate) { other->unit, worth };
}

/* Which unit gives most of a box at a place. */
static uint32_t
unit_for(const struct inquiry *q, const struct cut_box *box, const struct gap *gap)
{
	const struct cut *cut = q->cut;
	const struct cut_filter *from = &cut->filters[q->filter];
	struct candidate best = { CUT_NONE, 0 };

	for (uint32_t i = cut->sets_first[gap->class];
	     i < cut->sets_first[gap->class + 1]; i++) {
		const struct cut_strip *strip =
			cut_strip(cut, q->filter, cut->sets_of[i], box->line);
		uint32_t first = strip ? from->heaps[strip->first].first : 0;
		uint32_t end = strip ? from->heaps[strip->end - 1].end : 0;
		for (uint32_t k = first; k < end; k++) {
			const struct cut_box *other = &from->boxes[k];
			if (other->unit != q->unit && other->lo <= gap->port &&
			    gap->port <= other->hi && bits_hold(other->from, gap->source))
				candidate_offer(q, gap, &best, box, other);
		}
	}
	return best.unit;
}

/* Whether the boxes of a covering leave nothing of what is asked. */
static bool
covering_gap(const struct inquiry *q, const struct covering *c,
             const struct cut_box **box, struct gap *gap)
{
	struct inquiry only = *q;

	only.own = c->boxes;
	only.n_own = c->n_boxes;
	for (size_t i = 0; i < q->n; i++) {
		*box = &q->boxes[i];
		if (!(*box)->follows && gap_find(&only, *box, true, gap))
			return true;
	}
	return false;
}

/* The units but one: what is left if that is not needed. */
static struct covering
covering_without(const struct covering *c, const struct inquiry *q, size_t leave_out)
{
	struct covering less = { .scratch = c->scratch };

	for (size_t i = 0; i < c->n; i++)
		if (i != leave_out)
			covering_add(&less, q, c->units[i]);
	return less;
}

/* Covers of more units are not looked for: nobody reads them. */
#define UNITS_MAX 8

/* Units are added where something is still open, the most useful one, until
 * nothing is; then those that turn out not to be needed are taken out. */
static struct covering
covering_find(const struct inquiry *q, struct arena *scratch)
{
	struct covering c = { .scratch = scratch };
	const struct cut_box *box;
	struct gap gap;

	while (covering_gap(q, &c, &box, &gap)) {
		c.more = c.n == UNITS_MAX;
		if (c.more)
			break;
		covering_add(&c, q, unit_for(q, box, &gap));
	}
	for (size_t i = c.more ? 0 : c.n; i-- > 0 && c.n > 1;) {
		struct covering less = covering_without(&c, q, i);
		if (!covering_gap(q, &less, &box, &gap))
			c = less;
	}
	return c;
}

static void
cover_name(const struct inquiry *q, struct cut_cover *cover, const uint32_t *units,
           size_t n)
{
	const struct policy *policy = q->cut->filters[q->filter].policy;
	const struct grant **by = arena_array(q->cut->arena, n, sizeof(*by));

	for (size_t i = 0; i < n; i++)
		by[i] = &policy->grants[units[i]];
	cover->by = by;
	cover->n_by = n;
}

/* Says by what a grant is covered. */
static void
cover_explain(const struct inquiry *q, struct cut_cover *cover)
{
	struct arena scratch = { 0 };
	uint32_t alone = unit_alone(q);

	if (alone != CUT_NONE) {
		cover_name(q, cover, &alone, 1);
	} else {
		struct covering c = covering_find(q, &scratch);
		numbers_arrange(c.units, c.n);
		cover_name(q, cover, c.units, c.n);
		cover->more = c.more;
	}
	arena_end(&scratch);
}

static struct cut_cover
inquiry_answer(const struct inquiry *q, bool explain)
{
	struct cut_cover cover = { 0 };
	const struct cut_box *box;
	struct gap gap;

	if (q->cut->filters[q->filter].stays &&
	    q->cut->filters[q->filter].stays[q->unit]) {
		cover.empty = inquiry_is_empty(q);
		return cover;
	}
	if (inquiry_gap(q, &box, &gap)) {
		cover.source = gap.source;
		cover.class = gap.class;
		cover.line = box->line;
		cover.port = gap.port;
		return cover;
	}
	cover.covered = true;
	cover.empty = inquiry_is_empty(q);
	if (explain && !cover.empty)
		cover_explain(q, &cover);
	return cover;
}

/* A unit's boxes, copied from among its filter's. */
static struct inquiry
inquiry_of_unit(struct cut *cut, struct arena *scratch, uint32_t filter, uint32_t unit)
{
	struct inquiry q = { .cut = cut, .filter = filter, .unit = unit };
	const uint32_t *numbers = cut_unit_boxes(cut, filter, unit, &q.n);
	struct cut_box *boxes = arena_array(scratch, q.n, sizeof(*boxes));

	for (size_t i = 0; i < q.n; i++)
		boxes[i] = cut->filters[filter].boxes[numbers[i]];
	q.boxes = boxes;
	return q;
}

struct cut_cover *
cut_grants(struct cut *cut, uint32_t filter)
{
	size_t n = cut->filters[filter].policy->n_grants;
	struct cut_cover *covers = arena_array(cut->arena, n, sizeof(*covers));
	struct arena scratch = { 0 };

	for (uint32_t i = 0; i < n; i++) {
		struct arena_mark mark = arena_mark(&scratch);
		struct inquiry q = inquiry_of_unit(cut, &scratch, filter, i);
		covers[i] = inquiry_answer(&q, true);
		arena_reset(&scratch, mark);
	}
	arena_end(&scratch);
	return covers;
}

bool *
cut_spare(struct cut *cut, uint32_t filter, const struct cut_cover *covers)
{
	size_t n = cut->filters[filter].policy->n_grants;
	bool *gone = arena_array(cut->arena, n, sizeof(*gone));
	struct arena scratch = { 0 };

	for (uint32_t i = (uint32_t)n; i-- > 0;) {
		struct arena_mark mark = arena_mark(&scratch);
		struct inquiry q = inquiry_of_unit(cut, &scratch, filter, i);
		q.gone = gone;
		/* what is needed beside all others is needed beside fewer */
		gone[i] = covers[i].covered && inquiry_answer(&q, false).covered;
		arena_reset(&scratch, mark);
	}
	arena_end(&scratch);
	return gone;
}
