#include "policy/numbers.h"

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

const struct set *
numbers_set(struct numbers *list, struct sets *sets)
{
	return set_of(sets, list->at, list->n);
}
