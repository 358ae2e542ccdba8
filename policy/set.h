#ifndef ACLC_POLICY_SET_H
#define ACLC_POLICY_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grammar/slots.h"

struct arena;

/* A set of numbers (machines, mostly), ascending, each once. Sets made in one
 * store are hash-consed: equal sets are one object, so equality is ==. */
struct set {
	uint32_t id; /* 0, 1, 2 … in its store; the empty set is 0 */
	uint32_t n;
	uint32_t at[];
};

struct sets {
	struct arena *arena;
	const struct set **all; /* by id */
	size_t n, cap;
	struct slots slots; /* ids */
	uint32_t *room;     /* where a set is pieced together before it is looked up */
	size_t room_size;
};

/* A store with the empty set in it. */
void sets_start(struct sets *, struct arena *);

/* The set of n numbers in any order, repeated or not; sorts them in place. */
const struct set *set_of(struct sets *, uint32_t *numbers, size_t n);

/* The set of n numbers that ascend already, each once. */
const struct set *set_of_sorted(struct sets *, const uint32_t *numbers, size_t n);

/* Room where n numbers can be pieced together, to be looked up by set_of_sorted at
 * once: the next set takes it. */
uint32_t *sets_room(struct sets *, size_t n);

/* What either of two sets holds; of one store, as in all that follow. */
const struct set *set_join(struct sets *, const struct set *, const struct set *);

/* What both hold. Costs like the smaller one. */
const struct set *set_meet(struct sets *, const struct set *, const struct set *);

/* What the first holds and the second does not. */
const struct set *set_minus(struct sets *, const struct set *, const struct set *);

/* Whether the number is in the set; by halving. */
bool set_holds(const struct set *, uint32_t number);

/* Whether outer holds all of inner. */
bool set_within(const struct set *inner, const struct set *outer);

/* Whether they have a number in common. */
bool set_overlaps(const struct set *, const struct set *);

#endif
