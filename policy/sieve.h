#ifndef ACLC_POLICY_SIEVE_H
#define ACLC_POLICY_SIEVE_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct set;

/* A set whose numbers lie close together, as bits. */
struct packed_set {
	uint32_t first, n; /* of 64 numbers each: where they start, how many there are */
	uint64_t bits[];
};

/* Neighbouring numbers: first .. end-1. */
struct stretch {
	uint32_t first, end;
};

/* Numbers below a bound thrown in in any order, as often as one likes; they come
 * out in order, each once. A bit for each, and a bit for each 64 of these, so
 * that taking costs what was put in, not what might have been. */
struct sieve {
	struct arena *arena;
	uint64_t *bits, *words;
	size_t n_words;             /* of words: 64 × 64 numbers each */
	struct stretch *stretches;  /* room for all */
	struct packed_set **packed; /* by id of the set; NULL: not packed so far */
	size_t n_packed;
};

struct sieve sieve_make(struct arena *, size_t bound);

static inline void
sieve_add(struct sieve *sieve, uint32_t number)
{
	sieve->bits[number >> 6] |= (uint64_t)1 << (number & 63);
	sieve->words[number >> 12] |= (uint64_t)1 << (number >> 6 & 63);
}

/* Throws in a set; those of one sieve come from one store. */
void sieve_add_set(struct sieve *, const struct set *);

/* Takes everything out, neighbours together; *n gets how many stretches. Good
 * until it is asked again. */
struct stretch *sieve_take(struct sieve *, size_t *n);

/* The same as a set of a store. */
struct sets;
const struct set *sieve_take_set(struct sieve *, struct sets *);

#endif
