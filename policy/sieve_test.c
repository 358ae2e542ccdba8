#include "policy/sieve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <cmocka.h>

#include "grammar/arena.h"
#include "policy/draw_test.h"
#include "policy/set.h"

/* Three words of bits in the upper level; the last is not full. */
#define BOUND 9001

struct sifting {
	struct arena arena;
	struct sets sets;
	struct sieve sieve;
	bool in[BOUND]; /* the naive model */
};

static uint32_t
draw(uint32_t n)
{
	static uint64_t seed = DRAW_SEED;

	return draw_from(&seed, n);
}

static int
begin(void **state)
{
	static struct sifting s;

	s = (struct sifting) { .in = { false } };
	sets_start(&s.sets, &s.arena);
	s.sieve = sieve_make(&s.arena, BOUND);
	*state = &s;
	return 0;
}

static int
finish(void **state)
{
	struct sifting *s = *state;

	arena_end(&s->arena);
	return 0;
}

/* Every so many-th number from first on. */
static void
add_set(struct sifting *s, uint32_t first, uint32_t end, uint32_t each)
{
	uint32_t numbers[BOUND], n = 0;

	for (uint32_t i = first; i < end; i += each) {
		numbers[n++] = i;
		s->in[i] = true;
	}
	sieve_add_set(&s->sieve, set_of_sorted(&s->sets, numbers, n));
}

/* Takes all out, and compares it with the model, which is emptied. */
static void
must_agree(struct sifting *s)
{
	size_t n;
	const struct stretch *taken = sieve_take(&s->sieve, &n);

	for (size_t i = 0; i < n; i++) {
		assert_true(taken[i].first < taken[i].end);
		assert_true(i == 0 || taken[i - 1].end < taken[i].first);
		for (uint32_t k = taken[i].first; k < taken[i].end; k++) {
			assert_true(s->in[k]);
			s->in[k] = false;
		}
	}
	for (size_t i = 0; i < BOUND; i++)
		assert_false(s->in[i]);
}

static void
nothing_comes_out_of_an_empty_sieve(void **state)
{
	struct sifting *s = *state;

	sieve_add_set(&s->sieve, s->sets.all[0]);
	must_agree(s);
	assert_ptr_equal(sieve_take_set(&s->sieve, &s->sets), s->sets.all[0]);
}

static void
neighbours_come_out_together(void **state)
{
	struct sifting *s = *state;
	size_t n;

	add_set(s, 0, BOUND, 1);
	const struct stretch *all = sieve_take(&s->sieve, &n);
	assert_int_equal(n, 1);
	assert_int_equal(all->first, 0);
	assert_int_equal(all->end, BOUND);
}

static void
every_second_number_fits(void **state)
{
	struct sifting *s = *state;

	add_set(s, 0, BOUND, 2);
	must_agree(s);
}

/* Sets of close and of scattered numbers, some of them again and again. */
static void
what_comes_out_is_what_was_thrown_in(void **state)
{
	struct sifting *s = *state;

	for (int round = 0; round < 300; round++) {
		for (uint32_t i = draw(6); i > 0; i--) {
			uint32_t first = draw(40) * 64, each = 1 + draw(90);
			add_set(s, first, first + 1 + draw(BOUND - first), each);
		}
		uint32_t one = draw(BOUND);
		sieve_add(&s->sieve, one);
		s->in[one] = true;
		must_agree(s);
	}
}

static void
a_set_comes_out_as_the_same_set(void **state)
{
	struct sifting *s = *state;
	uint32_t numbers[] = { 0, 63, 64, 65, 4095, 4096, 9000 };
	const struct set *set = set_of_sorted(&s->sets, numbers, 7);

	sieve_add_set(&s->sieve, set);
	assert_ptr_equal(sieve_take_set(&s->sieve, &s->sets), set);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)
	const struct CMUnitTest tests[] = {
		TEST(nothing_comes_out_of_an_empty_sieve),
		TEST(neighbours_come_out_together),
		TEST(every_second_number_fits),
		TEST(what_comes_out_is_what_was_thrown_in),
		TEST(a_set_comes_out_as_the_same_set),
	};
#undef TEST
	return cmocka_run_group_tests(tests, NULL, NULL);
}
