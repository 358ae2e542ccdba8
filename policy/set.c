#include "policy/set.h"

#include <string.h>

#include "grammar/arena.h"
#include "policy/numbers.h"

/* Two numbers at a time, mixed so that each bit reaches the upper half. */
static uint32_t
numbers_hash(const uint32_t *numbers, size_t n)
{
	uint64_t hash = 0x9e3779b97f4a7c15u ^ n, word;
	size_t i = 0;

	for (; i + 2 <= n; i += 2) {
		memcpy(&word, numbers + i, sizeof(word));
		hash = (hash ^ word) * 0xff51afd7ed558ccdu;
		hash ^= hash >> 32;
	}
	if (i < n)
		hash = (hash ^ numbers[i]) * 0xff51afd7ed558ccdu;
	hash = (hash ^ hash >> 29) * 0xc4ceb9fe1a85ec53u;
	return (uint32_t)(hash >> 32);
}

static bool
set_is(const struct set *set, const uint32_t *numbers, size_t n)
{
	return set->n == n &&
	       (n == 0 || memcmp(set->at, numbers, n * sizeof(*numbers)) == 0);
}

/* Where a set stands, or the empty slot where it would. */
static size_t
slot_find(const struct sets *sets, uint32_t hash, const uint32_t *numbers, size_t n)
{
	const struct slots *slots = &sets->slots;
	size_t i = slots_first(slots, hash);

	for (; slots->at[i]; i = slots_next(slots, i))
		if (slots_hold(slots, i, hash) &&
		    set_is(sets->all[slots_number(slots, i)], numbers, n))
			break;
	return i;
}

static const struct set *
set_add(struct sets *sets, const uint32_t *numbers, size_t n)
{
	struct set *set = arena_room(sets->arena, 1, sizeof(*set) + n * sizeof(*numbers));

	set->id = (uint32_t)sets->n;
	set->n = (uint32_t)n;
	if (n > 0)
		memcpy(set->at, numbers, n * sizeof(*numbers));
	sets->all = arena_grow(sets->arena, sets->all, sets->n, &sets->cap,
	                       sizeof(*sets->all));
	sets->all[sets->n++] = set;
	return set;
}

void
sets_start(struct sets *sets, struct arena *arena)
{
	uint32_t nothing = 0;

	*sets = (struct sets) { .arena = arena };
	set_of_sorted(sets, &nothing, 0);
}

const struct set *
set_of_sorted(struct sets *sets, const uint32_t *numbers, size_t n)
{
	uint32_t hash = numbers_hash(numbers, n);

	slots_expect(&sets->slots, sets->arena, sets->n + 1);
	size_t slot = slot_find(sets, hash, numbers, n);
	if (sets->slots.at[slot])
		return sets->all[slots_number(&sets->slots, slot)];
	slots_fill(&sets->slots, slot, hash, (uint32_t)sets->n);
	return set_add(sets, numbers, n);
}

static bool
ascending(const uint32_t *numbers, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (numbers[i - 1] >= numbers[i])
			return false;
	return true;
}

uint32_t *
sets_room(struct sets *sets, size_t n)
{
	if (n > sets->room_size) {
		sets->room_size = n < 512 ? 1024 : n * 2;
		sets->room =
			arena_array(sets->arena, sets->room_size, sizeof(*sets->room));
	}
	return sets->room;
}

const struct set *
set_of(struct sets *sets, uint32_t *numbers, size_t n)
{
	if (!ascending(numbers, n))
		n = numbers_order(numbers, n, sets_room(sets, n));
	return set_of_sorted(sets, numbers, n);
}

/* The place of the first number not below the one sought, from a place on:
 * by doubling steps, then halving, so that long gaps cost little. */
static size_t
set_seek(const struct set *set, size_t from, uint32_t number)
{
	size_t step = 1, low = from, high;

	while (low < set->n && set->at[low] < number && set->n - low > step &&
	       set->at[low + step] < number) {
		low += step;
		step *= 2;
	}
	high = set->n - low > step ? low + step : set->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (set->at[middle] < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct set *
set_join(struct sets *sets, const struct set *a, const struct set *b)
{
	size_t i = 0, j = 0, n = 0;

	if (a == b || b->n == 0)
		return a;
	if (a->n == 0)
		return b;
	uint32_t *joined = sets_room(sets, (size_t)a->n + b->n);
	while (i < a->n && j < b->n) {
		uint32_t x = a->at[i], y = b->at[j];
		joined[n++] = x < y ? x : y;
		i += x <= y;
		j += y <= x;
	}
	while (i < a->n)
		joined[n++] = a->at[i++];
	while (j < b->n)
		joined[n++] = b->at[j++];
	if (n == a->n)
		return a;
	return n == b->n ? b : set_of_sorted(sets, joined, n);
}

const struct set *
set_meet(struct sets *sets, const struct set *a, const struct set *b)
{
	size_t j = 0, n = 0;

	if (a == b)
		return a;
	if (a->n > b->n)
		return set_meet(sets, b, a);
	uint32_t *met = sets_room(sets, a->n);
	for (size_t i = 0; i < a->n && j < b->n; i++) {
		j = set_seek(b, j, a->at[i]);
		if (j < b->n && b->at[j] == a->at[i])
			met[n++] = a->at[i];
	}
	return n == a->n ? a : set_of_sorted(sets, met, n);
}

const struct set *
set_minus(struct sets *sets, const struct set *a, const struct set *b)
{
	size_t j = 0, n = 0;

	if (b->n == 0)
		return a;
	uint32_t *left = sets_room(sets, a->n);
	for (size_t i = 0; i < a->n; i++) {
		j = set_seek(b, j, a->at[i]);
		if (j == b->n || b->at[j] != a->at[i])
			left[n++] = a->at[i];
	}
	return n == a->n ? a : set_of_sorted(sets, left, n);
}

bool
set_holds(const struct set *set, uint32_t number)
{
	size_t low = 0, high = set->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (set->at[middle] < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < set->n && set->at[low] == number;
}

bool
set_within(const struct set *inner, const struct set *outer)
{
	size_t j = 0;

	if (inner->n > outer->n)
		return false;
	for (size_t i = 0; i < inner->n; i++) {
		j = set_seek(outer, j, inner->at[i]);
		if (j == outer->n || outer->at[j] != inner->at[i])
			return false;
	}
	return true;
}

bool
set_overlaps(const struct set *a, const struct set *b)
{
	size_t j = 0;

	if (a->n > b->n)
		return set_overlaps(b, a);
	for (size_t i = 0; i < a->n && j < b->n; i++) {
		j = set_seek(b, j, a->at[i]);
		if (j < b->n && b->at[j] == a->at[i])
			return true;
	}
	return false;
}
