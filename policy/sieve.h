#ifndef ACLC_POLICY_SIEVE_H
#define ACLC_POLICY_SIEVE_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct set;

/* Numbers below a bound thrown in in any order, as often as one likes; they come
 * out in order, each once. A bit for each, and a bit for each 64 of these, so
 * that taking costs what was put in, not what might have been. */
struct sieve {
	uint64_t *bits, *words;
	size_t n_words;  /* of words: 64 × 64 numbers each */
	uint32_t *taken; /* room for all */
};

struct sieve sieve_make(struct arena *, size_t bound);

void sieve_add_set(struct sieve *, const struct set *);

/* Takes everything out; *n gets how many. Good until it is asked again. */
uint32_t *sieve_take(struct sieve *, size_t *n);

#endif
