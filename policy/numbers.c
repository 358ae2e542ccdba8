#include "policy/numbers.h"

#include <stdlib.h>

#include "grammar/arena.h"
#include "policy/set.h"

void
numbers_add(struct numbers *list, uint32_t number)
{
	list->at =
		arena_grow(list->arena, list->at, list->n, &list->cap, sizeof *list->at);
	list->at[list->n++] = number;
}

void
numbers_add_set(struct numbers *list, const struct set *set)
{
	for (uint32_t i = 0; i < set->n; i++)
		numbers_add(list, set->at[i]);
}

static int
number_order(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

const uint32_t *
numbers_sort(struct numbers *list)
{
	size_t kept = 0;
	if (list->n > 1)
		qsort(list->at, list->n, sizeof *list->at, number_order);
	for (size_t i = 0; i < list->n; i++)
		if (!kept || list->at[i] != list->at[kept - 1])
			list->at[kept++] = list->at[i];
	list->n = kept;
	return list->at;
}

const struct set *
numbers_set(struct numbers *list, struct sets *sets)
{
	return set_of(sets, list->at, list->n);
}
