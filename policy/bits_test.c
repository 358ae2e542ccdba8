/* Sets as bits, held against rows of truths on a small universe. */
#include "policy/bits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "grammar/arena.h"
#include "policy/draw_test.h"

#define WORDS 4
#define N (64 * WORDS)
#define TRIES 3000

static struct arena arena;
static struct bits_store store;
static uint64_t state = DRAW_SEED;

/* The naive model: which numbers are in it. */
struct model {
	bool has[N];
};

static uint32_t
draw(uint32_t n)
{
	return draw_from(&state, n);
}

static int
begin(void **unused)
{
	(void)unused;
	bits_start(&store, &arena, WORDS);
	return 0;
}

static int
finish(void **unused)
{
	(void)unused;
	arena_end(&arena);
	return 0;
}

/* Few numbers, or many, or runs of them at the ends of words; in any order, some of
 * them twice. */
static const struct bits *
random_set(struct model *model)
{
	uint32_t numbers[2 * N];
	size_t n = 0;
	uint32_t many = draw(3) == 0 ? N : draw(8);

	memset(model, 0, sizeof(*model));
	for (uint32_t i = 0; i < many; i++) {
		uint32_t number = draw(2) ? draw(N) : 64 * draw(WORDS) + 63 * draw(2);
		numbers[n++] = number;
		model->has[number] = true;
	}
	return bits_of(&store, numbers, n);
}

static void
is_like(const struct bits *bits, const struct model *model)
{
	uint32_t *list = bits_list(&arena, bits), n = 0;

	for (uint32_t i = 0; i < bits->n; i++) {
		assert_true(i == 0 || bits->at[i - 1] < bits->at[i]);
		assert_true(bits->at[i] < WORDS && bits->word[i] != 0);
	}
	for (uint32_t i = 0; i < N; i++) {
		assert_int_equal(bits_hold(bits, i), model->has[i]);
		if (model->has[i])
			assert_int_equal(list[n++], i);
	}
	assert_int_equal(bits_count(bits), n);
	assert_int_equal(bits->id == 0, n == 0);
	if (n > 0)
		assert_int_equal(bits_first(bits), list[0]);
	assert_ptr_equal(store.all[bits->id], bits);
}

enum way { JOIN, MEET, MINUS };

static struct model
model_of(enum way way, const struct model *a, const struct model *b)
{
	struct model both;

	for (uint32_t i = 0; i < N; i++)
		both.has[i] = way == JOIN   ? a->has[i] || b->has[i]
		              : way == MEET ? a->has[i] && b->has[i]
		                            : a->has[i] && !b->has[i];
	return both;
}

static uint32_t
model_count(const struct model *model)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < N; i++)
		n += model->has[i];
	return n;
}

static void
joined_met_and_taken_away_they_are_what_the_truths_say(void **unused)
{
	(void)unused;
	for (int i = 0; i < TRIES; i++) {
		struct model a, b;
		const struct bits *x = random_set(&a), *y = random_set(&b);
		struct model join = model_of(JOIN, &a, &b), meet = model_of(MEET, &a, &b),
			     minus = model_of(MINUS, &a, &b);
		is_like(x, &a);
		is_like(bits_join(&store, x, y), &join);
		is_like(bits_meet(&store, x, y), &meet);
		is_like(bits_minus(&store, x, y), &minus);
		assert_int_equal(bits_overlap(x, y), model_count(&meet) > 0);
		assert_int_equal(bits_common(x, y), model_count(&meet));
		assert_int_equal(bits_within(x, y), model_count(&minus) == 0);
	}
}

static void
equal_sets_are_one_object(void **unused)
{
	(void)unused;
	for (int i = 0; i < TRIES; i++) {
		struct model a, b;
		const struct bits *x = random_set(&a), *y = random_set(&b);
		assert_int_equal(x == y, memcmp(&a, &b, sizeof(a)) == 0);
		assert_ptr_equal(bits_join(&store, x, y), bits_join(&store, y, x));
		assert_ptr_equal(bits_meet(&store, x, y), bits_meet(&store, y, x));
		assert_ptr_equal(bits_join(&store, bits_minus(&store, x, y),
		                           bits_meet(&store, x, y)),
		                 x);
		uint32_t *list = bits_list(&arena, x), n = bits_count(x);
		for (uint32_t k = 0; k < n / 2; k++) {
			uint32_t other = list[k];
			list[k] = list[n - 1 - k];
			list[n - 1 - k] = other;
		}
		assert_ptr_equal(bits_of(&store, list, n), x);
	}
}

static void
a_residue_is_what_was_done_to_it(void **unused)
{
	struct residue residue, other;
	struct model model = { { false } }, with = { { false } }, met;

	(void)unused;
	residue_start(&residue, &arena, &store);
	residue_start(&other, &arena, &store);
	for (int i = 0; i < TRIES; i++) {
		struct model b;
		const struct bits *y = random_set(&b);
		uint32_t number = draw(N);
		switch (draw(7)) {
		case 0:
			residue_set(&residue, y);
			model = b;
			break;
		case 1:
			residue_join(&residue, y);
			model = model_of(JOIN, &model, &b);
			break;
		case 2:
			residue_minus(&residue, y);
			model = model_of(MINUS, &model, &b);
			break;
		case 3:
			residue_take(&residue, number);
			model.has[number] = true;
			break;
		case 4:
			residue_copy(&residue, &other);
			model = with;
			break;
		case 5:
			residue_join_met(&residue, &other, y);
			met = model_of(MEET, &with, &b);
			model = model_of(JOIN, &model, &met);
			break;
		default:
			residue_set(&other, y);
			with = b;
			break;
		}
		struct model meet = model_of(MEET, &model, &b);
		assert_int_equal(residue_holds(&residue, number), model.has[number]);
		assert_int_equal(residue_overlaps(&residue, y), model_count(&meet) > 0);
		assert_int_equal(residue_is_empty(&residue), model_count(&model) == 0);
		const struct bits *now = residue_bits(&residue, &store);
		is_like(now, &model);
		if (now->n > 0)
			assert_int_equal(residue_first(&residue), bits_first(now));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joined_met_and_taken_away_they_are_what_the_truths_say),
		cmocka_unit_test(equal_sets_are_one_object),
		cmocka_unit_test(a_residue_is_what_was_done_to_it),
	};
	return cmocka_run_group_tests(tests, begin, finish);
}
