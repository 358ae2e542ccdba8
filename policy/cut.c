#include "policy/cut_parts.h"

#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"
#include "policy/numbers.h"

static void
split_all(struct cut *cut, enum cut_side side)
{
	struct cut_axis *axis = &cut->axes[side];

	for (size_t i = 0; i < axis->n_sets; i++)
		partition_split(&axis->partition, axis->sets[i].runs);
}

/* The points that a condition picks, as a set of the axis. */
static uint32_t
set_that(struct cut *cut, enum cut_side side,
         bool (*picks)(const struct cut *, uint32_t point))
{
	struct arena scratch = { 0 };
	struct run *runs = NULL;
	size_t n = 0, cap = 0;

	for (uint32_t i = 0; i < cut->n_points; i++) {
		if (!picks(cut, i))
			continue;
		if (n > 0 && runs[n - 1].end == i) {
			runs[n - 1].end++;
			continue;
		}
		runs = arena_grow(&scratch, runs, n, &cap, sizeof(*runs));
		runs[n++] = (struct run) { i, i + 1 };
	}
	uint32_t set = cut_set_add(cut, side, (struct runs) { runs, n });
	arena_end(&scratch);
	return set;
}

static bool
is_4_alone(const struct cut *cut, uint32_t point)
{
	return cut_families(cut, point) == FAMILY_4;
}

static bool
is_6_alone(const struct cut *cut, uint32_t point)
{
	return cut_families(cut, point) == FAMILY_6;
}

static bool
is_owned_in(const struct cut *cut, uint32_t tailnet, uint32_t point)
{
	return cut_owner(cut, point) != CUT_NONE &&
	       cut->machine_of[tailnet][point] != CUT_NONE;
}

static bool
is_owned_in_first(const struct cut *cut, uint32_t point)
{
	return is_owned_in(cut, 0, point);
}

static bool
is_owned_in_second(const struct cut *cut, uint32_t point)
{
	return is_owned_in(cut, 1, point);
}

static bool
is_there(const struct cut *cut, uint32_t point)
{
	return point < cut->n_points;
}

/* Who is never asked for postures: spec/policy-syntax.md 5.4. What lies outside
 * the tailnet's ranges is no machine of it. */
static bool
is_passing(const struct cut *cut, uint32_t point)
{
	if (point >= cut->first_stranger)
		return true;
	if (point >= cut->first_cell)
		return !ranges_overlap(RANGES_OF_TAILNET,
		                       cut_cell_range(cut, point - cut->first_cell));
	for (uint32_t i = 0; i < cut->n_tailnets; i++) {
		uint32_t machine = cut->machine_of[i][point];
		if (machine != CUT_NONE)
			return cut->tailnets[i]->machines[machine].shared;
	}
	return false;
}

static void
classes_find(struct cut *cut)
{
	for (enum cut_side side = CUT_SRC; side <= CUT_DST; side++) {
		struct cut_axis *axis = &cut->axes[side];
		set_that(cut, side, is_4_alone);
		set_that(cut, side, is_6_alone);
		partition_start(&axis->partition, cut->arena, cut->n_points);
		split_all(cut, side);
		partition_number(&axis->partition);
		for (size_t i = 0; i < axis->n_sets; i++) {
			size_t n;
			axis->sets[i].classes =
				partition_classes(&axis->partition, cut->arena,
			                          axis->sets[i].runs, &n);
			axis->sets[i].n_classes = (uint32_t)n;
		}
	}
}

/* A pair of a class and a situation, on its way to a number. */
struct pair {
	uint32_t class, situation;
};

static int
pair_order(const void *left, const void *right)
{
	const struct pair *a = left, *b = right;

	if (a->class != b->class)
		return a->class < b->class ? -1 : 1;
	return (a->situation > b->situation) - (a->situation < b->situation);
}

struct pairs {
	struct arena scratch;
	struct pair *at;
	size_t n, cap;
	bool *passing; /* by class */
};

static void
pairs_put(struct pairs *pairs, const struct cut_set *set, const struct cut_asked *asked)
{
	for (uint32_t i = 0; i < set->n_classes; i++)
		for (size_t k = 0; k < asked->n_situations; k++) {
			if (pairs->passing[set->classes[i]])
				continue;
			pairs->at = arena_grow(&pairs->scratch, pairs->at, pairs->n,
			                       &pairs->cap, sizeof(*pairs->at));
			pairs->at[pairs->n++] =
				(struct pair) { set->classes[i], asked->situations[k] };
		}
}

/* The classes and situations that some box asks about, each source and list of
 * postures looked at once. */
static void
pairs_gather(struct cut *cut, struct pairs *pairs)
{
	struct names seen = { .arena = &pairs->scratch };

	for (uint32_t f = 0; f < cut->n_filters; f++)
		for (size_t i = 0; i < cut->filters[f].n_boxes; i++) {
			const struct cut_box *box = &cut->filters[f].boxes[i];
			uint32_t key[2] = { cut->ends[box->src].set, box->asked };
			struct text name = { (const char *)key, sizeof(key) };
			if (!box->asked || names_find(&seen, name) != NAMES_NONE)
				continue;
			name.at = arena_copy(&pairs->scratch, name.at, name.len);
			names_add(&seen, name);
			pairs_put(pairs, &cut->axes[CUT_SRC].sets[key[0]],
			          &cut->asked[box->asked]);
		}
}

static void
pairs_number(struct cut *cut, struct pairs *pairs)
{
	uint32_t n_classes = cut->axes[CUT_SRC].partition.n_classes, n = 0;

	if (pairs->n > 1)
		qsort(pairs->at, pairs->n, sizeof(*pairs->at), pair_order);
	cut->pair_first =
		arena_array(cut->arena, n_classes + 1, sizeof(*cut->pair_first));
	cut->pair_class = arena_array(cut->arena, pairs->n, sizeof(*cut->pair_class));
	cut->pair_situation =
		arena_array(cut->arena, pairs->n, sizeof(*cut->pair_situation));
	for (size_t i = 0; i < pairs->n; i++) {
		if (i > 0 && pair_order(&pairs->at[i - 1], &pairs->at[i]) == 0)
			continue;
		cut->pair_class[n] = pairs->at[i].class;
		cut->pair_situation[n++] = pairs->at[i].situation;
	}
	for (uint32_t class = 0, i = 0; class <= n_classes; class ++) {
		while (i < n && cut->pair_class[i] < class)
			i++;
		cut->pair_first[class] = i;
	}
	cut->n_sources = n_classes + n;
}

/* Numbers the sources: classes, then what some rule asks of them. passing is a
 * set, or CUT_NONE where nothing is asked. */
static void
sources_number(struct cut *cut, uint32_t passing)
{
	struct pairs pairs = { 0 };
	uint32_t n_classes = cut->axes[CUT_SRC].partition.n_classes;

	if (passing != CUT_NONE) {
		const struct cut_set *set = &cut->axes[CUT_SRC].sets[passing];
		pairs.passing = arena_array(&pairs.scratch, n_classes, sizeof(bool));
		for (uint32_t i = 0; i < set->n_classes; i++)
			pairs.passing[set->classes[i]] = true;
		pairs_gather(cut, &pairs);
	}
	pairs_number(cut, &pairs);
	arena_end(&pairs.scratch);
	bits_start(&cut->store, cut->arena, (cut->n_sources + 63) / 64);
	residue_start(&cut->left, cut->arena, &cut->store);
	residue_start(&cut->mask, cut->arena, &cut->store);
	residue_start(&cut->scrap, cut->arena, &cut->store);
	cut->passing = passing;
}

uint32_t
cut_class_of(const struct cut *cut, uint32_t source)
{
	uint32_t n_classes = cut->axes[CUT_SRC].partition.n_classes;

	return source < n_classes ? source : cut->pair_class[source - n_classes];
}

uint32_t
cut_situation_of(const struct cut *cut, uint32_t source)
{
	uint32_t n_classes = cut->axes[CUT_SRC].partition.n_classes;

	return source < n_classes ? 0 : cut->pair_situation[source - n_classes];
}

static bool
asks_for(const struct cut_asked *asked, uint32_t situation)
{
	for (size_t i = 0; i < asked->n_situations; i++)
		if (asked->situations[i] == situation)
			return true;
	return false;
}

/* Whether a class is never asked for postures, in a set that ascends. */
static bool
is_in(const struct cut_set *set, uint32_t class)
{
	size_t low = 0, high = set->n_classes;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (set->classes[middle] < class)
			low = middle + 1;
		else
			high = middle;
	}
	return low < set->n_classes && set->classes[low] == class;
}

bool
cut_set_holds(const struct cut *cut, uint32_t dst, uint32_t class)
{
	return is_in(&cut->axes[CUT_DST].sets[dst], class);
}

static const struct bits *
from_make(struct cut *cut, const struct cut_set *set, const struct cut_asked *asked)
{
	const struct cut_axis *axis = &cut->axes[CUT_SRC];
	uint32_t n_classes = axis->partition.n_classes;

	residue_clear(&cut->scrap);
	for (uint32_t i = 0; i < set->n_classes; i++) {
		uint32_t class = set->classes[i];
		if (asked->nothing || is_in(&axis->sets[cut->passing], class))
			residue_take(&cut->scrap, class);
		for (uint32_t k = cut->pair_first[class]; k < cut->pair_first[class + 1];
		     k++)
			if (asked->nothing || asks_for(asked, cut->pair_situation[k]))
				residue_take(&cut->scrap, n_classes + k);
	}
	return residue_bits(&cut->scrap, &cut->store);
}

static const struct bits *
from_asked(struct cut *cut, uint32_t set, uint32_t asked)
{
	uint32_t key[2] = { set, asked };
	struct text name = { (const char *)key, sizeof(key) };
	uint32_t number = names_find(&cut->from_keys, name);

	if (number != NAMES_NONE)
		return cut->from[number];
	name.at = arena_copy(cut->arena, name.at, name.len);
	number = names_add(&cut->from_keys, name);
	cut->from = arena_grow(cut->arena, cut->from, number, &cut->from_cap,
	                       sizeof(*cut->from));
	cut->from[number] =
		from_make(cut, &cut->axes[CUT_SRC].sets[set], &cut->asked[asked]);
	return cut->from[number];
}

const struct bits *
cut_from(struct cut *cut, uint32_t set, uint32_t asked)
{
	struct cut_set *sources = &cut->axes[CUT_SRC].sets[set];

	if (asked > 0)
		return from_asked(cut, set, asked);
	if (!sources->from)
		sources->from = from_make(cut, sources, &cut->asked[0]);
	return sources->from;
}

/* Whether two sets of classes have one in common. */
static bool
sets_overlap(const struct cut_set *a, const struct cut_set *b)
{
	uint32_t i = 0, k = 0;

	while (i < a->n_classes && k < b->n_classes) {
		if (a->classes[i] == b->classes[k])
			return true;
		if (a->classes[i] < b->classes[k])
			i++;
		else
			k++;
	}
	return false;
}

static bool
box_is_in(const struct cut *cut, const struct cut_box *box, uint32_t owned,
          enum stratum stratum)
{
	const struct cut_set *sets = cut->axes[CUT_DST].sets;

	if (stratum == STRATUM_ANY)
		return !cut->has_self;
	if (!cut->has_self)
		return false;
	if (box->self || stratum == STRATUM_OTHERS)
		return stratum == STRATUM_SELF || !box->self;
	return sets_overlap(&sets[box->dst], &sets[owned]);
}

/* Boxes on their way to be sorted. */
struct boxes {
	struct cut_box *at;
	size_t n, cap;
};

const struct bits *
cut_plain(struct cut *cut, uint32_t set)
{
	const struct cut_set *from = &cut->axes[CUT_SRC].sets[set];

	return bits_of(&cut->store, from->classes, from->n_classes);
}

/* A box as it lies on the axes; in both strata, where they are apart. */
static void
box_settle(struct cut *cut, struct boxes *boxes, uint32_t owned, struct cut_box box)
{
	const struct cut_line line = cut->lines[box.line];

	if (box.follows && !cut->has_ping)
		return;
	box.from = cut_from(cut, cut->ends[box.src].set, box.asked);
	box.dst = box.self ? owned : cut->ends[box.dst].set;
	if (box.from->n == 0 || cut->axes[CUT_DST].sets[box.dst].n_classes == 0)
		return;
	for (enum stratum stratum = STRATUM_ANY; stratum <= STRATUM_SELF; stratum++) {
		if (!box_is_in(cut, &box, owned, stratum))
			continue;
		if (stratum != line.stratum)
			box.line = cut_line(cut, line.plane, line.kind, stratum);
		boxes->at = arena_grow(cut->arena, boxes->at, boxes->n, &boxes->cap,
		                       sizeof(*boxes->at));
		boxes->at[boxes->n++] = box;
		cut->axes[CUT_DST].sets[box.dst].used = true;
	}
}

/* By dst, line, run and unit. */
static int
box_order(const void *left, const void *right)
{
	const struct cut_box *a = left, *b = right;
	int order = number_compare(a->dst, b->dst);

	order = order ? order : number_compare(a->line, b->line);
	order = order ? order : number_compare(a->lo, b->lo);
	order = order ? order : number_compare(a->hi, b->hi);
	order = order ? order : number_compare(a->unit, b->unit);
	return order ? order : number_compare(a->from->id, b->from->id);
}

static bool
same_heap(const struct cut_box *a, const struct cut_box *b)
{
	return a->dst == b->dst && a->line == b->line && a->lo == b->lo && a->hi == b->hi;
}

/* Boxes that lie together make a heap, heaps of one dst and line a strip. */
static void
heaps_find(struct cut *cut, struct cut_filter *to)
{
	uint32_t n_heaps = 0, n_strips = 0, n_sets = (uint32_t)cut->axes[CUT_DST].n_sets;

	to->heaps = arena_array(cut->arena, to->n_boxes, sizeof(*to->heaps));
	to->strips = arena_array(cut->arena, to->n_boxes, sizeof(*to->strips));
	to->strips_of = arena_array(cut->arena, n_sets + 1, sizeof(*to->strips_of));
	for (uint32_t i = 0; i < to->n_boxes; i++) {
		const struct cut_box *box = &to->boxes[i], *last = i > 0 ? box - 1 : NULL;
		if (!last || last->dst != box->dst || last->line != box->line) {
			to->strips[n_strips++] = (struct cut_strip) { box->dst, box->line,
				                                      n_heaps, n_heaps };
			to->strips_of[box->dst + 1] = n_strips;
		}
		if (!last || !same_heap(last, box)) {
			to->heaps[n_heaps++] = (struct cut_heap) { .lo = box->lo,
				                                   .hi = box->hi,
				                                   .first = i };
			to->strips[n_strips - 1].end = n_heaps;
		}
		to->heaps[n_heaps - 1].end = i + 1;
	}
	for (uint32_t i = 0; i < n_sets; i++)
		if (to->strips_of[i + 1] < to->strips_of[i])
			to->strips_of[i + 1] = to->strips_of[i];
}

static void
units_index(struct cut *cut, struct cut_filter *to)
{
	uint32_t *first = arena_array(cut->arena, to->n_units + 2, sizeof(*first));

	to->by_unit = arena_array(cut->arena, to->n_boxes, sizeof(*to->by_unit));
	for (size_t i = 0; i < to->n_boxes; i++)
		first[to->boxes[i].unit + 2]++;
	for (uint32_t i = 0; i < to->n_units; i++)
		first[i + 2] += first[i + 1];
	for (uint32_t i = 0; i < to->n_boxes; i++)
		to->by_unit[first[to->boxes[i].unit + 1]++] = i;
	to->boxes_of = first;
}

static void
boxes_settle(struct cut *cut, struct cut_filter *to)
{
	struct boxes boxes = { 0 };

	for (size_t i = 0; i < to->n_boxes; i++)
		box_settle(cut, &boxes, cut->owned[to->tailnet_number], to->boxes[i]);
	if (boxes.n > 1)
		qsort(boxes.at, boxes.n, sizeof(*boxes.at), box_order);
	to->boxes = boxes.at;
	to->n_boxes = boxes.n;
	heaps_find(cut, to);
	units_index(cut, to);
}

/* For each destination class the sets in use that hold it. */
static void
sets_index(struct cut *cut)
{
	const struct cut_axis *axis = &cut->axes[CUT_DST];
	uint32_t n_classes = axis->partition.n_classes, total;
	uint32_t *first = arena_array(cut->arena, n_classes + 2, sizeof(*first));

	for (size_t i = 0; i < axis->n_sets; i++)
		for (uint32_t k = 0; k < axis->sets[i].n_classes && axis->sets[i].used;
		     k++)
			first[axis->sets[i].classes[k] + 2]++;
	for (uint32_t i = 0; i < n_classes; i++)
		first[i + 2] += first[i + 1];
	total = first[n_classes + 1];
	cut->sets_of = arena_array(cut->arena, total, sizeof(*cut->sets_of));
	for (uint32_t i = 0; i < axis->n_sets; i++)
		for (uint32_t k = 0; k < axis->sets[i].n_classes && axis->sets[i].used;
		     k++)
			cut->sets_of[first[axis->sets[i].classes[k] + 1]++] = i;
	cut->sets_first = first;
}

void
cut_close(struct cut *cut)
{
	uint32_t passing = CUT_NONE;

	cut_points(cut);
	cut_situations(cut);
	cut->owned[0] = set_that(cut, CUT_DST, is_owned_in_first);
	if (cut->n_tailnets > 1)
		cut->owned[1] = set_that(cut, CUT_DST, is_owned_in_second);
	cut->everywhere = set_that(cut, CUT_DST, is_there);
	if (cut->asked_keys.n > 1)
		passing = set_that(cut, CUT_SRC, is_passing);
	classes_find(cut);
	sources_number(cut, passing);
	cut_strata(cut);
	for (uint32_t i = 0; i < cut->n_filters; i++)
		boxes_settle(cut, &cut->filters[i]);
	sets_index(cut);
	cut->marks =
		arena_array(cut->arena, cut->axes[CUT_DST].n_sets, sizeof(*cut->marks));
	cut->alike = arena_array(cut->arena, cut->axes[CUT_DST].partition.n_classes,
	                         sizeof(*cut->alike));
}

const struct cut_strip *
cut_strip(const struct cut *cut, uint32_t filter, uint32_t dst, uint32_t line)
{
	const struct cut_filter *from = &cut->filters[filter];
	uint32_t low = from->strips_of[dst], high = from->strips_of[dst + 1];

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (from->strips[middle].line < line)
			low = middle + 1;
		else
			high = middle;
	}
	return low < from->strips_of[dst + 1] && from->strips[low].line == line
	               ? &from->strips[low]
	               : NULL;
}

/* Whether outer holds all of inner. */
static bool
set_is_around(const struct cut_set *outer, const struct cut_set *inner)
{
	uint32_t k = 0;

	if (outer->n_classes < inner->n_classes)
		return false;
	if (outer->n_classes > 16 * inner->n_classes) {
		for (uint32_t i = 0; i < inner->n_classes; i++)
			if (!is_in(outer, inner->classes[i]))
				return false;
		return true;
	}
	for (uint32_t i = 0; i < inner->n_classes; i++) {
		while (k < outer->n_classes && outer->classes[k] < inner->classes[i])
			k++;
		if (k == outer->n_classes || outer->classes[k] != inner->classes[i])
			return false;
	}
	return true;
}

uint32_t
cut_class_loneliest(struct cut *cut, uint32_t dst)
{
	struct cut_set *set = &cut->axes[CUT_DST].sets[dst];
	uint32_t best = set->classes[0], least = UINT32_MAX;

	for (uint32_t i = 0; i < set->n_classes && !set->loneliest && least > 1; i++) {
		uint32_t class = set->classes[i];
		uint32_t n = cut->sets_first[class + 1] - cut->sets_first[class];
		if (n < least) {
			least = n;
			best = class;
		}
	}
	if (!set->loneliest)
		set->loneliest = best + 1;
	return set->loneliest - 1;
}

const struct cut_set *
cut_around(struct cut *cut, uint32_t dst)
{
	struct cut_set *set = &cut->axes[CUT_DST].sets[dst];
	uint32_t *around, n = 0;

	if (set->around || set->n_classes == 0)
		return set;
	uint32_t class = cut_class_loneliest(cut, dst);
	uint32_t first = cut->sets_first[class], end = cut->sets_first[class + 1];
	around = arena_array(cut->arena, end - first + 1, sizeof(*around));
	for (uint32_t i = first; i < end; i++)
		if (set_is_around(&cut->axes[CUT_DST].sets[cut->sets_of[i]], set))
			around[n++] = cut->sets_of[i];
	set->around = around;
	set->n_around = n;
	return set;
}

/* What a heap's units give: once by any of them, twice by two at least. */
static void
heap_count(struct cut *cut, const struct cut_filter *from, struct cut_heap *heap)
{
	const struct bits *unit = cut->store.all[0];

	residue_clear(&cut->left);
	residue_clear(&cut->scrap);
	for (uint32_t i = heap->first; i < heap->end; i++) {
		const struct cut_box *box = &from->boxes[i];
		unit = bits_join(&cut->store, unit, box->from);
		if (i + 1 < heap->end && box[1].unit == box->unit)
			continue;
		residue_join_met(&cut->scrap, &cut->left, unit);
		residue_join(&cut->left, unit);
		unit = cut->store.all[0];
	}
	heap->once = residue_bits(&cut->left, &cut->store);
	heap->twice = residue_bits(&cut->scrap, &cut->store);
}

static bool
heap_has(const struct cut_filter *from, const struct cut_heap *heap, uint32_t unit)
{
	uint32_t low = heap->first, high = heap->end;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (from->boxes[middle].unit < unit)
			low = middle + 1;
		else
			high = middle;
	}
	return low < heap->end && from->boxes[low].unit == unit;
}

const struct bits *
cut_heap_but(struct cut *cut, uint32_t filter, struct cut_heap *heap, uint32_t unit)
{
	const struct cut_filter *from = &cut->filters[filter];

	if (!heap->once)
		heap_count(cut, from, heap);
	return heap_has(from, heap, unit) ? heap->twice : heap->once;
}

const uint32_t *
cut_unit_boxes(const struct cut *cut, uint32_t filter, uint32_t unit, size_t *n)
{
	const struct cut_filter *from = &cut->filters[filter];

	*n = from->boxes_of[unit + 1] - from->boxes_of[unit];
	return from->by_unit + from->boxes_of[unit];
}

size_t
cut_classes(const struct cut *cut, enum cut_side side)
{
	return cut->axes[side].partition.n_classes;
}
