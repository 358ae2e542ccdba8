#include "policy/bits.h"

#include <string.h>

#include "grammar/arena.h"
#include "policy/numbers.h"

#define WORD 64

static uint32_t
words_hash(const uint32_t *at, const uint64_t *word, uint32_t n)
{
	uint64_t hash = 0x9e3779b97f4a7c15u ^ n;

	for (uint32_t i = 0; i < n; i++) {
		hash = (hash ^ word[i] ^ (uint64_t)at[i] << 17) * 0xff51afd7ed558ccdu;
		hash ^= hash >> 32;
	}
	return (uint32_t)(hash * 0xc4ceb9fe1a85ec53u >> 32);
}

static bool
bits_are(const struct bits *bits, const uint32_t *at, const uint64_t *word, uint32_t n)
{
	return bits->n == n &&
	       (n == 0 || (memcmp(bits->at, at, n * sizeof(*at)) == 0 &&
	                   memcmp(bits->word, word, n * sizeof(*word)) == 0));
}

/* Where a set stands, or the empty slot where it would. */
static size_t
slot_find(const struct bits_store *store, uint32_t hash, const uint32_t *at,
          const uint64_t *word, uint32_t n)
{
	const struct slots *slots = &store->slots;
	size_t i = slots_first(slots, hash);

	for (; slots->at[i]; i = slots_next(slots, i))
		if (slots_hold(slots, i, hash) &&
		    bits_are(store->all[slots_number(slots, i)], at, word, n))
			break;
	return i;
}

/* Copies the words into the store. */
static const struct bits *
bits_add(struct bits_store *store, const uint32_t *at, const uint64_t *word, uint32_t n)
{
	struct bits *bits = arena_alloc(store->arena, sizeof(*bits));
	uint64_t *words = arena_array(store->arena, n, sizeof(*words));
	uint32_t *places = arena_array(store->arena, n, sizeof(*places));

	if (n > 0) {
		memcpy(words, word, n * sizeof(*words));
		memcpy(places, at, n * sizeof(*places));
	}
	*bits = (struct bits) { (uint32_t)store->n, n, places, words };
	store->all = arena_grow(store->arena, store->all, store->n, &store->cap,
	                        sizeof(*store->all));
	store->all[store->n++] = bits;
	return bits;
}

static const struct bits *
bits_share(struct bits_store *store, const uint32_t *at, const uint64_t *word, uint32_t n)
{
	uint32_t hash = words_hash(at, word, n);

	slots_expect(&store->slots, store->arena, store->n + 1);
	size_t slot = slot_find(store, hash, at, word, n);
	if (store->slots.at[slot])
		return store->all[slots_number(&store->slots, slot)];
	slots_fill(&store->slots, slot, hash, (uint32_t)store->n);
	return bits_add(store, at, word, n);
}

void
bits_start(struct bits_store *store, struct arena *arena, uint32_t n_words)
{
	*store = (struct bits_store) { .arena = arena, .n_words = n_words };
	bits_share(store, NULL, NULL, 0);
}

/* Words pieced together in scratch before they are looked up. */
struct piecing {
	struct arena scratch;
	uint32_t *at;
	uint64_t *word;
	uint32_t n;
};

static void
piecing_start(struct piecing *piecing, size_t most)
{
	*piecing = (struct piecing) { 0 };
	piecing->at = arena_array(&piecing->scratch, most, sizeof(*piecing->at));
	piecing->word = arena_array(&piecing->scratch, most, sizeof(*piecing->word));
}

static void
piecing_put(struct piecing *piecing, uint32_t at, uint64_t word)
{
	if (!word)
		return;
	piecing->at[piecing->n] = at;
	piecing->word[piecing->n++] = word;
}

static const struct bits *
piecing_end(struct piecing *piecing, struct bits_store *store)
{
	const struct bits *bits =
		bits_share(store, piecing->at, piecing->word, piecing->n);

	arena_end(&piecing->scratch);
	return bits;
}

static bool
ascending(const uint32_t *numbers, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (numbers[i - 1] > numbers[i])
			return false;
	return true;
}

const struct bits *
bits_of(struct bits_store *store, const uint32_t *numbers, size_t n)
{
	struct piecing piecing;
	uint64_t word = 0;

	piecing_start(&piecing, n);
	if (!ascending(numbers, n)) {
		uint32_t *sorted = arena_array(&piecing.scratch, n, sizeof(*sorted));
		memcpy(sorted, numbers, n * sizeof(*sorted));
		numbers_arrange(sorted, n);
		numbers = sorted;
	}
	for (size_t i = 0; i < n; i++) {
		word |= UINT64_C(1) << numbers[i] % WORD;
		if (i + 1 < n && numbers[i + 1] / WORD == numbers[i] / WORD)
			continue;
		piecing_put(&piecing, numbers[i] / WORD, word);
		word = 0;
	}
	return piecing_end(&piecing, store);
}

const struct bits *
bits_join(struct bits_store *store, const struct bits *a, const struct bits *b)
{
	struct piecing piecing;
	uint32_t i = 0, k = 0;

	if (a == b || b->n == 0)
		return a;
	if (a->n == 0)
		return b;
	piecing_start(&piecing, (size_t)a->n + b->n);
	while (i < a->n || k < b->n) {
		bool first = i < a->n && (k == b->n || a->at[i] <= b->at[k]);
		bool second = k < b->n && (i == a->n || b->at[k] <= a->at[i]);
		piecing_put(&piecing, first ? a->at[i] : b->at[k],
		            (first ? a->word[i] : 0) | (second ? b->word[k] : 0));
		i += first;
		k += second;
	}
	return piecing_end(&piecing, store);
}

/* The place of a word at or after the place from on, by doubling steps and then
 * halving; bits->n if there is none. */
static uint32_t
word_seek(const struct bits *bits, uint32_t from, uint32_t at)
{
	uint32_t step = 1, low = from, high;

	while (bits->n - low > step && bits->at[low + step] < at) {
		low += step;
		step *= 2;
	}
	high = bits->n - low > step ? low + step : bits->n;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (bits->at[middle] < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The word of that place, 0 when it is not kept; *from is where to seek next. */
static uint64_t
word_at(const struct bits *bits, uint32_t *from, uint32_t at)
{
	if (*from >= bits->n)
		return 0;
	*from = word_seek(bits, *from, at);
	return *from < bits->n && bits->at[*from] == at ? bits->word[*from] : 0;
}

const struct bits *
bits_meet(struct bits_store *store, const struct bits *a, const struct bits *b)
{
	struct piecing piecing;
	uint32_t from = 0;

	if (a == b)
		return a;
	if (a->n > b->n)
		return bits_meet(store, b, a);
	piecing_start(&piecing, a->n);
	for (uint32_t i = 0; i < a->n; i++)
		piecing_put(&piecing, a->at[i], a->word[i] & word_at(b, &from, a->at[i]));
	return piecing_end(&piecing, store);
}

const struct bits *
bits_minus(struct bits_store *store, const struct bits *a, const struct bits *b)
{
	struct piecing piecing;
	uint32_t from = 0;

	if (b->n == 0)
		return a;
	piecing_start(&piecing, a->n);
	for (uint32_t i = 0; i < a->n; i++)
		piecing_put(&piecing, a->at[i],
		            a->word[i] & ~word_at(b, &from, a->at[i]));
	return piecing_end(&piecing, store);
}

bool
bits_hold(const struct bits *bits, uint32_t number)
{
	uint32_t from = 0;

	return word_at(bits, &from, number / WORD) >> number % WORD & 1;
}

bool
bits_within(const struct bits *inner, const struct bits *outer)
{
	uint32_t from = 0;

	if (inner == outer)
		return true;
	if (inner->n > outer->n)
		return false;
	for (uint32_t i = 0; i < inner->n; i++)
		if (inner->word[i] & ~word_at(outer, &from, inner->at[i]))
			return false;
	return true;
}

bool
bits_overlap(const struct bits *a, const struct bits *b)
{
	uint32_t from = 0;

	if (a->n > b->n)
		return bits_overlap(b, a);
	for (uint32_t i = 0; i < a->n; i++)
		if (a->word[i] & word_at(b, &from, a->at[i]))
			return true;
	return false;
}

static uint32_t
word_count(uint64_t word)
{
	word -= word >> 1 & 0x5555555555555555u;
	word = (word & 0x3333333333333333u) + (word >> 2 & 0x3333333333333333u);
	word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fu;
	return (uint32_t)(word * 0x0101010101010101u >> 56);
}

/* The number of the lowest bit of a word that is not zero. */
static uint32_t
word_first(uint64_t word)
{
	return word_count((word & -word) - 1);
}

uint32_t
bits_count(const struct bits *bits)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < bits->n; i++)
		n += word_count(bits->word[i]);
	return n;
}

uint32_t
bits_common(const struct bits *a, const struct bits *b)
{
	uint32_t n = 0, from = 0;

	if (a->n > b->n)
		return bits_common(b, a);
	for (uint32_t i = 0; i < a->n; i++)
		n += word_count(a->word[i] & word_at(b, &from, a->at[i]));
	return n;
}

uint32_t
bits_besides(const struct bits *set, const struct bits *one, const struct bits *other)
{
	uint32_t n = 0, from[2] = { 0 };

	for (uint32_t i = 0; i < set->n; i++)
		n += word_count(set->word[i] & ~word_at(one, &from[0], set->at[i]) &
		                ~word_at(other, &from[1], set->at[i]));
	return n;
}

uint32_t
bits_first(const struct bits *bits)
{
	return bits->at[0] * WORD + word_first(bits->word[0]);
}

uint32_t *
bits_list(struct arena *arena, const struct bits *bits)
{
	uint32_t *list = arena_array(arena, bits_count(bits), sizeof(*list));
	size_t n = 0;

	for (uint32_t i = 0; i < bits->n; i++)
		for (uint64_t word = bits->word[i]; word; word &= word - 1)
			list[n++] = bits->at[i] * WORD + word_first(word);
	return list;
}

void
residue_start(struct residue *r, struct arena *arena, const struct bits_store *store)
{
	*r = (struct residue) { .n_words = store->n_words };
	r->word = arena_array(arena, store->n_words, sizeof(*r->word));
	r->used = arena_array(arena, store->n_words, sizeof(*r->used));
}

void
residue_clear(struct residue *r)
{
	for (uint32_t i = 0; i < r->n_used; i++)
		r->word[r->used[i]] = 0;
	r->n_used = 0;
}

void
residue_set(struct residue *r, const struct bits *bits)
{
	residue_clear(r);
	for (uint32_t i = 0; i < bits->n; i++) {
		r->used[i] = bits->at[i];
		r->word[bits->at[i]] = bits->word[i];
	}
	r->n_used = bits->n;
}

void
residue_copy(struct residue *r, const struct residue *other)
{
	residue_clear(r);
	for (uint32_t i = 0; i < other->n_used; i++) {
		r->used[i] = other->used[i];
		r->word[r->used[i]] = other->word[r->used[i]];
	}
	r->n_used = other->n_used;
}

/* Forgets the words that are zero. */
static void
residue_tidy(struct residue *r)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < r->n_used; i++)
		if (r->word[r->used[i]])
			r->used[kept++] = r->used[i];
	r->n_used = kept;
}

/* Adds the numbers of a word. The words in use have to be tidy. */
static void
residue_add(struct residue *r, uint32_t at, uint64_t word)
{
	if (word && !r->word[at])
		r->used[r->n_used++] = at;
	r->word[at] |= word;
}

void
residue_join(struct residue *r, const struct bits *bits)
{
	residue_tidy(r);
	for (uint32_t i = 0; i < bits->n; i++)
		residue_add(r, bits->at[i], bits->word[i]);
}

void
residue_join_met(struct residue *r, const struct residue *other, const struct bits *bits)
{
	residue_tidy(r);
	for (uint32_t i = 0; i < bits->n; i++)
		residue_add(r, bits->at[i], bits->word[i] & other->word[bits->at[i]]);
}

void
residue_minus(struct residue *r, const struct bits *bits)
{
	if (bits->n <= r->n_used) {
		for (uint32_t i = 0; i < bits->n; i++)
			r->word[bits->at[i]] &= ~bits->word[i];
		return;
	}
	for (uint32_t i = 0; i < r->n_used; i++) {
		uint32_t from = 0, at = r->used[i];
		/* a set with all its words finds each at its own place */
		uint64_t word =
			bits->n == r->n_words ? bits->word[at] : word_at(bits, &from, at);
		r->word[at] &= ~word;
	}
}

void
residue_meet(struct residue *r, const struct bits *bits)
{
	for (uint32_t i = 0; i < r->n_used; i++) {
		uint32_t from = 0, at = r->used[i];
		r->word[at] &= word_at(bits, &from, at);
	}
}

void
residue_take(struct residue *r, uint32_t number)
{
	if (!r->word[number / WORD]) {
		residue_tidy(r);
		r->used[r->n_used++] = number / WORD;
	}
	r->word[number / WORD] |= UINT64_C(1) << number % WORD;
}

bool
residue_holds(const struct residue *r, uint32_t number)
{
	return r->word[number / WORD] >> number % WORD & 1;
}

bool
residue_overlaps(const struct residue *r, const struct bits *bits)
{
	if (bits->n <= r->n_used) {
		for (uint32_t i = 0; i < bits->n; i++)
			if (r->word[bits->at[i]] & bits->word[i])
				return true;
		return false;
	}
	for (uint32_t i = 0; i < r->n_used; i++) {
		uint32_t from = 0, at = r->used[i];
		if (r->word[at] & word_at(bits, &from, at))
			return true;
	}
	return false;
}

uint32_t
residue_next(const struct residue *r, const struct bits *bits, uint32_t from)
{
	uint64_t mask = UINT64_MAX << from % WORD;

	for (uint32_t i = word_seek(bits, 0, from / WORD); i < bits->n; i++) {
		uint64_t word = bits->word[i] & r->word[bits->at[i]];
		if (bits->at[i] == from / WORD)
			word &= mask;
		if (word)
			return bits->at[i] * WORD + word_first(word);
	}
	return UINT32_MAX;
}

bool
residue_is_empty(struct residue *r)
{
	residue_tidy(r);
	return r->n_used == 0;
}

uint32_t
residue_first(struct residue *r)
{
	uint32_t first = UINT32_MAX;

	for (uint32_t i = 0; i < r->n_used; i++)
		if (r->word[r->used[i]] && r->used[i] < first)
			first = r->used[i];
	return first * WORD + word_first(r->word[first]);
}

const struct bits *
residue_bits(struct residue *r, struct bits_store *store)
{
	struct piecing piecing;

	residue_tidy(r);
	if (r->n_used > 1 && !ascending(r->used, r->n_used))
		numbers_arrange(r->used, r->n_used);
	piecing_start(&piecing, r->n_used);
	for (uint32_t i = 0; i < r->n_used; i++)
		piecing_put(&piecing, r->used[i], r->word[r->used[i]]);
	return piecing_end(&piecing, store);
}
