#include "policy/set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "grammar/arena.h"
#include "policy/draw_test.h"

/* Numbers below 64 fit a word: the naive model of a set is its bits. */
static struct arena arena;
static struct sets sets;

static int
begin(void **state)
{
	(void)state;
	sets_start(&sets, &arena);
	return 0;
}

static int
finish(void **state)
{
	(void)state;
	arena_end(&arena);
	return 0;
}

static const struct set *
of_bits(uint64_t bits)
{
	uint32_t numbers[64];
	size_t n = 0;

	for (uint32_t i = 0; i < 64; i++)
		if (bits >> i & 1)
			numbers[n++] = i;
	return set_of_sorted(&sets, numbers, n);
}

static uint64_t
to_bits(const struct set *set)
{
	uint64_t bits = 0;

	for (uint32_t i = 0; i < set->n; i++) {
		assert_true(i == 0 || set->at[i - 1] < set->at[i]);
		bits |= (uint64_t)1 << set->at[i];
	}
	return bits;
}

static uint64_t
next_random(void)
{
	static uint64_t seed = DRAW_SEED;

	return draw_word(&seed);
}

static void
the_empty_set_is_number_0(void **state)
{
	(void)state;
	assert_int_equal(sets.n, 1);
	assert_int_equal(sets.all[0]->n, 0);
	assert_ptr_equal(set_of(&sets, NULL, 0), sets.all[0]);
	assert_false(set_holds(sets.all[0], 0));
}

static void
numbers_are_sorted_and_kept_once(void **state)
{
	uint32_t numbers[] = { 7, 3, UINT32_MAX, 3, 0, 7 };
	uint32_t sorted[] = { 0, 3, 7, UINT32_MAX };
	const struct set *set = set_of(&sets, numbers, 6);

	(void)state;
	assert_int_equal(set->n, 4);
	assert_memory_equal(set->at, sorted, sizeof(sorted));
	assert_true(set_holds(set, UINT32_MAX));
	assert_false(set_holds(set, UINT32_MAX - 1));
}

static void
equal_sets_are_one_object(void **state)
{
	const struct set *made[2000];

	(void)state;
	for (uint64_t i = 0; i < 2000; i++)
		made[i] = of_bits(i * 0x9e3779b97f4a7c15u);
	for (uint64_t i = 0; i < 2000; i++) {
		assert_ptr_equal(of_bits(i * 0x9e3779b97f4a7c15u), made[i]);
		assert_ptr_equal(sets.all[made[i]->id], made[i]);
		for (uint64_t j = 0; j < i; j++)
			assert_ptr_not_equal(made[j], made[i]);
	}
}

static void
the_algebra_agrees_with_bits(void **state)
{
	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint64_t x = next_random(), y = next_random();
		if (i % 3 == 0) /* sparse and dense ones too */
			/* NOLINTNEXTLINE(misc-redundant-expression): each is another */
			x &= next_random() & next_random() & next_random();
		if (i % 5 == 0)
			y |= x;
		const struct set *a = of_bits(x), *b = of_bits(y);

		assert_int_equal(to_bits(set_join(&sets, a, b)), x | y);
		assert_int_equal(to_bits(set_meet(&sets, a, b)), x & y);
		assert_int_equal(to_bits(set_minus(&sets, a, b)), x & ~y);
		assert_ptr_equal(set_join(&sets, a, b), set_join(&sets, b, a));
		assert_ptr_equal(set_meet(&sets, a, b), set_meet(&sets, b, a));
		assert_int_equal(set_within(a, b), (x & ~y) == 0);
		assert_int_equal(set_within(b, a), (y & ~x) == 0);
		assert_int_equal(set_overlaps(a, b), (x & y) != 0);
		for (uint32_t k = 0; k < 66; k++)
			assert_int_equal(set_holds(a, k), k < 64 && x >> k & 1);
	}
}

static void
minus_of_a_set_and_itself_is_empty(void **state)
{
	const struct set *set = of_bits(0xf0f0);

	(void)state;
	assert_ptr_equal(set_minus(&sets, set, set), sets.all[0]);
	assert_ptr_equal(set_meet(&sets, set, set), set);
	assert_ptr_equal(set_minus(&sets, set, sets.all[0]), set);
	assert_ptr_equal(set_minus(&sets, sets.all[0], set), sets.all[0]);
}

static void
a_small_set_meets_a_large_one(void **state)
{
	enum { LARGE = 100000 };
	static uint32_t numbers[LARGE];
	uint32_t few[] = { 1, 2, 150000, 199998, 199999, 200000, UINT32_MAX };
	uint32_t even[] = { 2, 150000, 199998 };

	(void)state;
	for (uint32_t i = 0; i < LARGE; i++)
		numbers[i] = i * 2;
	const struct set *large = set_of_sorted(&sets, numbers, LARGE);
	const struct set *small = set_of_sorted(&sets, few, 7);
	const struct set *met = set_meet(&sets, large, small);

	assert_int_equal(met->n, 3);
	assert_memory_equal(met->at, even, sizeof(even));
	assert_true(set_within(met, large));
	assert_false(set_within(small, large));
	assert_true(set_overlaps(large, small));
	assert_int_equal(set_join(&sets, large, small)->n, LARGE + 4);
	assert_int_equal(set_minus(&sets, large, small)->n, LARGE - 3);
	assert_ptr_equal(set_join(&sets, set_minus(&sets, large, small), met), large);
}

static void
numbers_past_the_last_are_not_held(void **state)
{
	uint32_t low[] = { 1, 2, 3 }, high[] = { 10, 20, 30 };

	(void)state;
	const struct set *a = set_of_sorted(&sets, low, 3);
	const struct set *b = set_of_sorted(&sets, high, 3);
	assert_false(set_overlaps(a, b));
	assert_ptr_equal(set_meet(&sets, a, b), sets.all[0]);
	assert_ptr_equal(set_minus(&sets, a, b), a);
	assert_int_equal(set_join(&sets, a, b)->n, 6);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)
	const struct CMUnitTest tests[] = {
		TEST(the_empty_set_is_number_0),
		TEST(numbers_are_sorted_and_kept_once),
		TEST(equal_sets_are_one_object),
		TEST(the_algebra_agrees_with_bits),
		TEST(minus_of_a_set_and_itself_is_empty),
		TEST(a_small_set_meets_a_large_one),
		TEST(numbers_past_the_last_are_not_held),
	};
#undef TEST
	return cmocka_run_group_tests(tests, NULL, NULL);
}
