#include "grammar/slots.h"

#include "grammar/arena.h"

#define SLOTS_FIRST 16

void
slots_widen(struct slots *slots, struct arena *arena, size_t n)
{
	struct slots old = *slots;

	slots->n = old.n ? old.n : SLOTS_FIRST;
	while (slots->n / 2 < n)
		slots->n *= 2;
	slots->at = arena_array(arena, slots->n, sizeof(*slots->at));
	for (size_t i = 0; i < old.n; i++) {
		if (!old.at[i])
			continue;
		size_t k = slots_first(slots, (uint32_t)(old.at[i] >> 32));
		while (slots->at[k])
			k = slots_next(slots, k);
		slots->at[k] = old.at[i];
	}
}
