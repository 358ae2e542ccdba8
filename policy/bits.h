#ifndef ACLC_POLICY_BITS_H
#define ACLC_POLICY_BITS_H

/*
 * Sets of small numbers (classes, for policy/cut.h) as bits, of which only the
 * words that are not zero are kept. Made in one store they are hash-consed: equal
 * sets are one object. What is worked out step by step lies in a residue, a plain
 * array of words that knows which of them are not zero.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grammar/slots.h"

struct arena;

struct bits {
	uint32_t id;          /* 0, 1, 2 … in its store; the empty set is 0 */
	uint32_t n;           /* words that are not zero */
	const uint32_t *at;   /* which ones, ascending … */
	const uint64_t *word; /* … and what is in them */
};

struct bits_store {
	struct arena *arena;
	uint32_t n_words;        /* of the largest set that there can be */
	const struct bits **all; /* by id */
	size_t n, cap;
	struct slots slots; /* ids */
};

/* A store for sets of numbers below 64 * n_words, with the empty set in it. */
void bits_start(struct bits_store *, struct arena *, uint32_t n_words);

/* The set of n numbers in any order, repeated or not. */
const struct bits *bits_of(struct bits_store *, const uint32_t *numbers, size_t n);

const struct bits *bits_join(struct bits_store *, const struct bits *,
                             const struct bits *);
const struct bits *bits_meet(struct bits_store *, const struct bits *,
                             const struct bits *);
const struct bits *bits_minus(struct bits_store *, const struct bits *,
                              const struct bits *);

bool bits_hold(const struct bits *, uint32_t number);

/* Whether outer holds all of inner. */
bool bits_within(const struct bits *inner, const struct bits *outer);

bool bits_overlap(const struct bits *, const struct bits *);

/* How many numbers are in it. */
uint32_t bits_count(const struct bits *);

/* How many of them two sets have in common; how many are in neither of two. */
uint32_t bits_common(const struct bits *, const struct bits *);
uint32_t bits_besides(const struct bits *, const struct bits *, const struct bits *);

/* The least number of a set that is not empty. */
uint32_t bits_first(const struct bits *);

/* The numbers, ascending, in the arena; there are bits_count of them. */
uint32_t *bits_list(struct arena *, const struct bits *);

/* A set being whittled down, or built up. The arrays are as long as the store's
 * sets are wide; words that are not in use are zero. */
struct residue {
	uint64_t *word;
	uint32_t *used; /* the words that may be other than zero */
	uint32_t n_used;
	uint32_t n_words;
};

/* An empty one for sets of a store. */
void residue_start(struct residue *, struct arena *, const struct bits_store *);

/* Empties it. */
void residue_clear(struct residue *);

/* The same numbers as a set; what was in it is forgotten. */
void residue_set(struct residue *, const struct bits *);

/* The same as in another residue of the store; what was in it is forgotten. */
void residue_copy(struct residue *, const struct residue *);

void residue_join(struct residue *, const struct bits *);
void residue_minus(struct residue *, const struct bits *);
void residue_meet(struct residue *, const struct bits *);

/* Adds what another residue of the same store and a set both hold. */
void residue_join_met(struct residue *, const struct residue *, const struct bits *);

void residue_take(struct residue *, uint32_t number);
bool residue_holds(const struct residue *, uint32_t number);
bool residue_overlaps(const struct residue *, const struct bits *);

/* The least number from so much on that is in both; UINT32_MAX: there is none. */
uint32_t residue_next(const struct residue *, const struct bits *, uint32_t from);

/* Whether nothing is left; forgets the words that have become zero. */
bool residue_is_empty(struct residue *);

/* The least number; it must not be empty. */
uint32_t residue_first(struct residue *);

/* What is in it, as a set of the store. */
const struct bits *residue_bits(struct residue *, struct bits_store *);

#endif
