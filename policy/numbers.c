#include "policy/numbers.h"

#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"
#include "policy/set.h"

void
numbers_add(struct numbers *list, uint32_t number)
{
	list->at =
		arena_grow(list->arena, list->at, list->n, &list->cap, sizeof(*list->at));
	list->at[list->n++] = number;
}

void
numbers_add_set(struct numbers *list, const struct set *set)
{
	for (uint32_t i = 0; i < set->n; i++)
		numbers_add(list, set->at[i]);
}

/* Few numbers: each is put in its place among those before it. */
static void
order_few(uint32_t *numbers, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		uint32_t number = numbers[i];
		size_t k = i;
		for (; k && numbers[k - 1] > number; k--)
			numbers[k] = numbers[k - 1];
		numbers[k] = number;
	}
}

/* Many: byte by byte from the lowest, skipping bytes that are all alike. */
static void
order_many(uint32_t *numbers, size_t n, uint32_t *spare)
{
	uint32_t *from = numbers, *to = spare;
	for (unsigned shift = 0; shift < 32; shift += 8) {
		size_t start[257] = { 0 };
		for (size_t i = 0; i < n; i++)
			start[(from[i] >> shift & 255) + 1]++;
		if (start[(from[0] >> shift & 255) + 1] == n)
			continue;
		for (size_t i = 0; i < 256; i++)
			start[i + 1] += start[i];
		for (size_t i = 0; i < n; i++)
			to[start[from[i] >> shift & 255]++] = from[i];
		uint32_t *other = from;
		from = to;
		to = other;
	}
	if (from != numbers)
		memcpy(numbers, from, n * sizeof(*numbers));
}

#define FEW 48

static int
number_order(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;

	return number_compare(*a, *b);
}

void
numbers_arrange(uint32_t *numbers, size_t n)
{
	if (n <= FEW)
		order_few(numbers, n);
	else
		qsort(numbers, n, sizeof(*numbers), number_order);
}

size_t
numbers_order(uint32_t *numbers, size_t n, uint32_t *spare)
{
	size_t kept = 0;
	if (n <= FEW)
		order_few(numbers, n);
	else
		order_many(numbers, n, spare);
	for (size_t i = 0; i < n; i++)
		if (!kept || numbers[i] != numbers[kept - 1])
			numbers[kept++] = numbers[i];
	return kept;
}

const uint32_t *
numbers_sort(struct numbers *list)
{
	uint32_t *spare =
		list->n > FEW ? arena_array(list->arena, list->n, sizeof(*spare)) : NULL;
	list->n = numbers_order(list->at, list->n, spare);
	return list->at;
}

const struct set *
numbers_set(struct numbers *list, struct sets *sets)
{
	return set_of(sets, list->at, list->n);
}
