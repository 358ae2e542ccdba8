#ifndef ACLC_POLICY_NUMBERS_H
#define ACLC_POLICY_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct set;
struct sets;

/* The order of two numbers. <0, 0 or >0. */
static inline int
number_compare(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

/* Puts n numbers in order, repeats kept. */
void numbers_arrange(uint32_t *numbers, size_t n);

/* Puts n numbers in order, each once, and returns how many are left; spare has
 * room for as many. */
size_t numbers_order(uint32_t *numbers, size_t n, uint32_t *spare);

/* A list of numbers that grows; mostly on its way to become a set. Zeroed but
 * for its arena, it is empty. */
struct numbers {
	struct arena *arena;
	uint32_t *at;
	size_t n, cap;
};

void numbers_add(struct numbers *, uint32_t number);
void numbers_add_set(struct numbers *, const struct set *);

/* Puts them in order, each once; returns where they are. */
const uint32_t *numbers_sort(struct numbers *);

/* The set of what was added; the list is sorted by it. */
const struct set *numbers_set(struct numbers *, struct sets *);

#endif
