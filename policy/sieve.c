#include "policy/sieve.h"

#include <string.h>

#include "grammar/arena.h"
#include "policy/set.h"

struct sieve
sieve_make(struct arena *arena, size_t bound)
{
	struct sieve sieve = { .arena = arena, .n_words = bound / 4096 + 1 };
	sieve.words = arena_array(arena, sieve.n_words, sizeof(*sieve.words));
	sieve.stretches = arena_array(arena, bound / 2 + 1, sizeof(*sieve.stretches));
	sieve.bits = arena_array(arena, sieve.n_words * 64, sizeof(*sieve.bits));
	return sieve;
}

/* Where the packed form of a set is kept. */
static struct packed_set **
packed_place(struct sieve *sieve, uint32_t id)
{
	if (id >= sieve->n_packed) {
		size_t larger = (size_t)id * 2 + 64;
		struct packed_set **packed =
			arena_array(sieve->arena, larger, sizeof(*packed));
		if (sieve->n_packed)
			memcpy(packed, sieve->packed, sieve->n_packed * sizeof(*packed));
		sieve->packed = packed;
		sieve->n_packed = larger;
	}
	return &sieve->packed[id];
}

static struct packed_set *
set_pack(struct arena *arena, const struct set *set, uint32_t first, uint32_t n)
{
	struct packed_set *packed =
		arena_alloc(arena, sizeof(*packed) + n * sizeof(*packed->bits));
	packed->first = first;
	packed->n = n;
	for (uint32_t i = 0; i < set->n; i++)
		packed->bits[(set->at[i] >> 6) - first] |= (uint64_t)1
		                                           << (set->at[i] & 63);
	return packed;
}

/* Marks the words first .. end-1 as not empty. */
static void
mark_words(struct sieve *sieve, uint32_t first, uint32_t end)
{
	for (uint32_t next; first < end; first = next) {
		next = (first | 63) + 1;
		uint64_t marks = UINT64_MAX << (first & 63);
		if (next > end)
			marks &= UINT64_MAX >> (next - end);
		sieve->words[first >> 6] |= marks;
	}
}

static void
add_packed(struct sieve *sieve, const struct packed_set *packed)
{
	uint64_t *bits = sieve->bits + packed->first;
	for (uint32_t i = 0; i < packed->n; i++)
		bits[i] |= packed->bits[i];
	mark_words(sieve, packed->first, packed->first + packed->n);
}

void
sieve_add_set(struct sieve *sieve, const struct set *set)
{
	struct packed_set **packed = packed_place(sieve, set->id);
	if (!*packed) {
		uint32_t first = set->n ? set->at[0] >> 6 : 0;
		uint32_t n = set->n ? (set->at[set->n - 1] >> 6) - first + 1 : 0;
		if (set->n < n) { /* less than one to a word */
			for (uint32_t i = 0; i < set->n; i++)
				sieve_add(sieve, set->at[i]);
			return;
		}
		*packed = set_pack(sieve->arena, set, first, n);
	}
	add_packed(sieve, *packed);
}

/* The number of the lowest bit, which is taken off. */
static uint32_t
lowest_bit(uint64_t *bits)
{
	uint32_t lowest = (uint32_t)__builtin_ctzll(*bits);
	*bits &= *bits - 1;
	return lowest;
}

/* Takes the lowest bits off that are neighbours; the number of the first bit is
 * that of the word's. */
static struct stretch
lowest_stretch(uint64_t *bits, uint32_t number)
{
	uint64_t above = ~(*bits | (*bits - 1));
	uint32_t first = (uint32_t)__builtin_ctzll(*bits);
	uint32_t end = above ? (uint32_t)__builtin_ctzll(above) : 64;
	*bits &= above ? UINT64_MAX << end : 0;
	return (struct stretch) { number + first, number + end };
}

struct stretch *
sieve_take(struct sieve *sieve, size_t *n)
{
	struct stretch *at = sieve->stretches;
	for (uint32_t w = 0; w < sieve->n_words; w++)
		while (sieve->words[w]) {
			uint32_t word = w << 6 | lowest_bit(&sieve->words[w]);
			while (sieve->bits[word]) {
				*at = lowest_stretch(&sieve->bits[word], word << 6);
				if (at > sieve->stretches && at[-1].end == at->first)
					at[-1].end = at->end;
				else
					at++;
			}
		}
	*n = (size_t)(at - sieve->stretches);
	return sieve->stretches;
}

const struct set *
sieve_take_set(struct sieve *sieve, struct sets *sets)
{
	size_t n, n_numbers = 0;
	const struct stretch *stretches = sieve_take(sieve, &n);
	for (size_t i = 0; i < n; i++)
		n_numbers += stretches[i].end - stretches[i].first;
	uint32_t *numbers = sets_room(sets, n_numbers), *at = numbers;
	for (size_t i = 0; i < n; i++)
		for (uint32_t k = stretches[i].first; k < stretches[i].end; k++)
			*at++ = k;
	return set_of_sorted(sets, numbers, n_numbers);
}
