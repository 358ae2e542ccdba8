#ifndef ACLC_GRAMMAR_SLOTS_H
#define ACLC_GRAMMAR_SLOTS_H

/*
 * The inside of a hash table: numbers 0, 1, 2 … to be found by hash, each in the first
 * slot that was free where its hash points, or after it. What the numbers stand for, and
 * whether that is what is looked for, knows who uses it:
 *
 *	for (i = slots_first(s, hash); s->at[i]; i = slots_next(s, i))
 *		if (slots_hold(s, i, hash) && is_it(slots_number(s, i)))
 *			return slots_number(s, i);
 *
 * A zeroed struct slots is empty, and has room for nothing: nothing may be looked for in it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct slots {
	uint64_t *at; /* hash << 32 | number + 1, or 0 */
	size_t n;     /* a power of two, or 0 */
};

/* Gives it more slots: for so many numbers in all. */
void slots_widen(struct slots *, struct arena *, size_t n);

/* Makes room for so many numbers in all: half of the slots are always free. */
static inline void
slots_expect(struct slots *slots, struct arena *arena, size_t n)
{
	if (slots->n / 2 < n)
		slots_widen(slots, arena, n);
}

/* The first slot that a hash may stand in, and the one after a slot. */
static inline size_t
slots_first(const struct slots *slots, uint32_t hash)
{
	return hash & (slots->n - 1);
}

static inline size_t
slots_next(const struct slots *slots, size_t i)
{
	return (i + 1) & (slots->n - 1);
}

/* Whether a slot's number was put there under that hash. */
static inline bool
slots_hold(const struct slots *slots, size_t i, uint32_t hash)
{
	return slots->at[i] >> 32 == hash;
}

static inline uint32_t
slots_number(const struct slots *slots, size_t i)
{
	return (uint32_t)slots->at[i] - 1;
}

/* Puts the number into a slot that is free. */
static inline void
slots_fill(struct slots *slots, size_t i, uint32_t hash, uint32_t number)
{
	slots->at[i] = (uint64_t)hash << 32 | (number + 1);
}

#endif
