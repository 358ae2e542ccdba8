#include "policy/sieve.h"

#include "grammar/arena.h"
#include "policy/set.h"

struct sieve
sieve_make(struct arena *arena, size_t bound)
{
	struct sieve sieve = { .n_words = bound / 4096 + 1 };
	sieve.words = arena_array(arena, sieve.n_words, sizeof(*sieve.words));
	sieve.taken = arena_array(arena, bound, sizeof(*sieve.taken));
	sieve.bits = arena_array(arena, sieve.n_words * 64, sizeof(*sieve.bits));
	return sieve;
}

void
sieve_add_set(struct sieve *sieve, const struct set *set)
{
	for (uint32_t i = 0; i < set->n; i++) {
		uint32_t number = set->at[i];
		sieve->bits[number >> 6] |= (uint64_t)1 << (number & 63);
		sieve->words[number >> 12] |= (uint64_t)1 << (number >> 6 & 63);
	}
}

/* The number of the lowest bit, which is taken off. */
static uint32_t
lowest_bit(uint64_t *bits)
{
	uint32_t lowest = (uint32_t)__builtin_ctzll(*bits);
	*bits &= *bits - 1;
	return lowest;
}

uint32_t *
sieve_take(struct sieve *sieve, size_t *n)
{
	*n = 0;
	for (uint32_t w = 0; w < sieve->n_words; w++)
		while (sieve->words[w]) {
			uint32_t word = w << 6 | lowest_bit(&sieve->words[w]);
			while (sieve->bits[word])
				sieve->taken[(*n)++] =
					word << 6 | lowest_bit(&sieve->bits[word]);
		}
	return sieve->taken;
}
