#include "policy/range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "grammar/arena.h"

/*
 * A tiny universe: stretches of twelve points, each at an end of a line or
 * around the middle of the longest one, as bits of a number. Two stretches of
 * one line do not touch.
 */
#define STRETCH 12
#define N_STRETCHES 5
#define UNIVERSE (STRETCH * N_STRETCHES)

static const struct point stretches[N_STRETCHES] = {
	{ LINE_IPV4, 0, 0 },
	{ LINE_IPV4, 0, UINT32_MAX - (STRETCH - 1) },
	{ LINE_IPV6, 0, UINT64_MAX - 5 }, /* half of it before a carry */
	{ LINE_IPV6, UINT64_MAX, UINT64_MAX - (STRETCH - 1) },
	{ LINE_PORTS + 6, 0, UINT16_MAX - (STRETCH - 1) },
};

static struct point
universe_point(unsigned i)
{
	struct point p = stretches[i / STRETCH];
	uint64_t lo = p.lo + i % STRETCH;

	p.hi += lo < p.lo;
	p.lo = lo;
	return p;
}

/* What the set holds of the universe, asked point by point. */
static uint64_t
bits_of(struct ranges set)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < UNIVERSE; i++)
		for (size_t k = 0; k < set.n; k++)
			if (range_holds(set.at[k], universe_point(i)))
				bits |= UINT64_C(1) << i;
	return bits;
}

/* Sorted, and with a point of their line between any two. */
static void
assert_apart(struct ranges set)
{
	for (size_t i = 0; i < set.n; i++) {
		struct range r = set.at[i];
		assert_int_equal(r.first.line, r.last.line);
		assert_true(point_compare(r.first, r.last) <= 0);
		if (i == 0)
			continue;
		struct point before = set.at[i - 1].last;
		assert_true(point_compare(before, r.first) < 0);
		if (before.line == r.first.line)
			assert_true(point_compare(point_next(before), r.first) < 0);
	}
}

static void
assert_set(struct ranges set, uint64_t bits)
{
	assert_apart(set);
	assert_true(bits_of(set) == bits);
}

/* A range within one stretch, and its bits. */
static struct range
random_range(uint64_t *bits)
{
	unsigned stretch = (unsigned)rand() % N_STRETCHES;
	unsigned a = (unsigned)rand() % STRETCH, b = (unsigned)rand() % STRETCH;
	unsigned first = stretch * STRETCH + (a < b ? a : b);
	unsigned last = stretch * STRETCH + (a < b ? b : a);

	*bits = 0;
	for (unsigned i = first; i <= last; i++)
		*bits |= UINT64_C(1) << i;
	return (struct range) { universe_point(first), universe_point(last) };
}

#define MOST 14

static struct ranges
random_set(struct arena *arena, uint64_t *bits)
{
	struct range some[MOST];
	size_t n = (size_t)rand() % (MOST + 1);
	uint64_t more;

	*bits = 0;
	for (size_t i = 0; i < n; i++) {
		some[i] = random_range(&more);
		*bits |= more;
	}
	return ranges_of(arena, some, n);
}

static void
sets_agree_with_bits_in_a_tiny_universe(void **state)
{
	(void)state;
	srand(1);
	for (size_t round = 0; round < 40000; round++) {
		struct arena arena = { 0 };
		uint64_t x, y, z;
		struct ranges a = random_set(&arena, &x), b = random_set(&arena, &y);
		struct range r = random_range(&z);
		unsigned i = (unsigned)rand() % UNIVERSE;

		assert_set(a, x);
		assert_set(b, y);
		assert_set(ranges_join(&arena, a, b), x | y);
		assert_set(ranges_meet(&arena, a, b), x & y);
		assert_set(ranges_minus(&arena, a, b), x & ~y);
		assert_int_equal(ranges_cover(a, r), (z & ~x) == 0);
		assert_int_equal(ranges_overlap(a, r), (z & x) != 0);
		assert_int_equal(ranges_hold(a, universe_point(i)), x >> i & 1);
		arena_end(&arena);
	}
}

static bool
ranges_equal(struct ranges a, struct ranges b)
{
	bool equal = a.n == b.n;

	for (size_t i = 0; equal && i < a.n; i++)
		equal = point_compare(a.at[i].first, b.at[i].first) == 0 &&
		        point_compare(a.at[i].last, b.at[i].last) == 0;
	return equal;
}

static void
the_laws_of_sets_hold(void **state)
{
	(void)state;
	srand(2);
	for (size_t round = 0; round < 5000; round++) {
		struct arena arena = { 0 };
		uint64_t bits;
		struct ranges a = random_set(&arena, &bits);
		struct ranges b = random_set(&arena, &bits);
		struct ranges both = ranges_meet(&arena, a, b);
		struct ranges only_a = ranges_minus(&arena, a, b);

		assert_true(ranges_equal(ranges_join(&arena, both, only_a), a));
		assert_true(ranges_equal(ranges_meet(&arena, b, a), both));
		assert_true(ranges_equal(ranges_join(&arena, a, b),
		                         ranges_join(&arena, b, a)));
		assert_true(ranges_equal(ranges_minus(&arena, a, only_a), both));
		assert_int_equal(ranges_meet(&arena, only_a, b).n, 0);
		arena_end(&arena);
	}
}

static void
minus_of_a_set_and_itself_is_empty(void **state)
{
	struct arena arena = { 0 };
	uint64_t bits;

	(void)state;
	srand(3);
	for (size_t round = 0; round < 1000; round++) {
		struct ranges a = random_set(&arena, &bits);
		assert_int_equal(ranges_minus(&arena, a, a).n, 0);
	}
	arena_end(&arena);
}

static struct range
whole_line(uint32_t line)
{
	return (struct range) { { line, 0, 0 }, line_last(line) };
}

static void
whole_lines_are_not_joined_to_each_other(void **state)
{
	struct arena arena = { 0 };
	const struct range lines[] = { whole_line(LINE_PORTS + 7), whole_line(LINE_IPV6),
		                       whole_line(LINE_PORTS + 6),
		                       whole_line(LINE_IPV4) };

	(void)state;
	struct ranges all = ranges_of(&arena, lines, 4);
	assert_int_equal(all.n, 4);
	assert_apart(all);
	for (size_t i = 0; i < 4; i++) {
		struct ranges one = ranges_of(&arena, &lines[i], 1);
		assert_true(ranges_cover(all, lines[i]));
		assert_int_equal(ranges_minus(&arena, all, one).n, 3);
		assert_true(ranges_equal(ranges_meet(&arena, all, one), one));
		assert_int_equal(ranges_minus(&arena, one, all).n, 0);
		assert_true(ranges_equal(ranges_join(&arena,
		                                     ranges_minus(&arena, all, one), one),
		                         all));
	}
	arena_end(&arena);
}

static void
a_line_without_its_ends_gets_them_back(void **state)
{
	static const uint32_t lines[] = { LINE_IPV4, LINE_IPV6, LINE_PORTS + 17 };
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct range line = whole_line(lines[i]);
		const struct range ends[] = { { line.last, line.last },
			                      { line.first, line.first } };
		struct ranges all = ranges_of(&arena, &line, 1);
		struct ranges two = ranges_of(&arena, ends, 2);
		struct ranges inner = ranges_minus(&arena, all, two);
		assert_int_equal(inner.n, 1);
		assert_int_equal(point_compare(inner.at[0].first, point_next(line.first)),
		                 0);
		assert_int_equal(point_compare(inner.at[0].last, point_before(line.last)),
		                 0);
		assert_true(ranges_equal(ranges_join(&arena, inner, two), all));
		assert_false(ranges_hold(inner, line.last));
		assert_true(ranges_hold(two, line.last));
	}
	arena_end(&arena);
}

static void
neighbours_become_one_range(void **state)
{
	struct arena arena = { 0 };
	struct range some[1000];

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		struct point p = { LINE_IPV4, 0, (i * 7919) % 1000 }; /* each once */
		some[i] = (struct range) { p, p };
	}
	struct ranges set = ranges_of(&arena, some, 1000);
	assert_int_equal(set.n, 1);
	assert_int_equal(set.at[0].first.lo, 0);
	assert_int_equal(set.at[0].last.lo, 999);
	arena_end(&arena);
}

static void
the_empty_set_is_neutral(void **state)
{
	struct arena arena = { 0 };
	struct range line = whole_line(LINE_IPV4);
	struct ranges none = ranges_of(&arena, NULL, 0);
	struct ranges all = ranges_of(&arena, &line, 1);

	(void)state;
	assert_int_equal(none.n, 0);
	assert_true(ranges_equal(ranges_join(&arena, none, all), all));
	assert_true(ranges_equal(ranges_join(&arena, all, none), all));
	assert_int_equal(ranges_join(&arena, none, none).n, 0);
	assert_int_equal(ranges_meet(&arena, none, all).n, 0);
	assert_int_equal(ranges_meet(&arena, all, none).n, 0);
	assert_int_equal(ranges_minus(&arena, none, all).n, 0);
	assert_true(ranges_equal(ranges_minus(&arena, all, none), all));
	assert_false(ranges_hold(none, line.first));
	assert_false(ranges_cover(none, line));
	assert_false(ranges_overlap(none, line));
	arena_end(&arena);
}

/* They follow each other without a gap, each is a block, and no two of them
 * could be one. */
static void
assert_prefixes(struct arena *arena, struct range range)
{
	struct ranges list = range_prefixes(arena, range);

	assert_true(list.n > 0);
	assert_int_equal(point_compare(list.at[0].first, range.first), 0);
	assert_int_equal(point_compare(list.at[list.n - 1].last, range.last), 0);
	for (size_t i = 0; i < list.n; i++) {
		assert_true(range_bits(list.at[i]) >= 0);
		if (i == 0)
			continue;
		struct range pair = { list.at[i - 1].first, list.at[i].last };
		assert_int_equal(point_compare(point_next(list.at[i - 1].last),
		                               list.at[i].first),
		                 0);
		assert_true(range_bits(pair) < 0);
	}
}

static void
prefixes_of_a_range_are_blocks_that_fill_it(void **state)
{
	(void)state;
	srand(4);
	for (size_t round = 0; round < 20000; round++) {
		struct arena arena = { 0 };
		uint64_t bits;
		struct range near = random_range(&bits), far;
		assert_prefixes(&arena, near);
		far.first = (struct point) { LINE_IPV6, (uint64_t)rand() >> rand() % 31,
			                     (uint64_t)rand() * (uint64_t)rand() };
		far.last = far.first;
		far.last.hi += (uint64_t)rand() >> rand() % 31;
		far.last.lo |= (uint64_t)rand();
		assert_prefixes(&arena, far);
		arena_end(&arena);
	}
}

static void
prefixes_reach_both_ends_of_a_line(void **state)
{
	static const uint32_t lines[] = { LINE_IPV4, LINE_IPV6, LINE_PORTS + 17 };
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct range line = whole_line(lines[i]);
		size_t width = line_width(lines[i]);
		assert_int_equal(range_prefixes(&arena, line).n, 1);
		assert_prefixes(&arena, line);
		struct range tail = { point_next(line.first), line.last };
		assert_int_equal(range_prefixes(&arena, tail).n, width);
		assert_prefixes(&arena, tail);
		struct range body = { tail.first, point_before(line.last) };
		assert_int_equal(range_prefixes(&arena, body).n, 2 * width - 2);
		assert_prefixes(&arena, body);
		struct range last = { line.last, line.last };
		assert_int_equal(range_prefixes(&arena, last).n, 1);
	}
	arena_end(&arena);
}

static void
what_is_around_comes_before_what_is_inside(void **state)
{
	struct point a = universe_point(0), b = universe_point(1), c = universe_point(2);
	struct range ranges[] = { { b, b }, { a, b }, { a, c }, { a, b }, { b, c } };
	const struct range sorted[] = { { a, c }, { a, b }, { b, c }, { b, b } };

	(void)state;
	assert_int_equal(ranges_sort(ranges, 5), 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(range_compare(ranges[i], sorted[i]), 0);
	assert_int_equal(ranges_sort(ranges, 0), 0);
}

static void
points_in_order_are_found_by_halving(void **state)
{
	struct point points[2 * UNIVERSE];
	size_t n = 0;

	(void)state;
	for (unsigned i = UNIVERSE; i-- > 0; n += 2)
		points[n] = points[n + 1] = universe_point(i);
	n = points_sort(points, n);
	assert_int_equal(n, UNIVERSE);
	for (unsigned i = 0; i < UNIVERSE; i++)
		assert_int_equal(points_from(points, n, universe_point(i)), i);
	assert_int_equal(points_from(points, STRETCH, universe_point(STRETCH)), STRETCH);
	assert_int_equal(points_from(points, 0, universe_point(0)), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_agree_with_bits_in_a_tiny_universe),
		cmocka_unit_test(the_laws_of_sets_hold),
		cmocka_unit_test(minus_of_a_set_and_itself_is_empty),
		cmocka_unit_test(whole_lines_are_not_joined_to_each_other),
		cmocka_unit_test(a_line_without_its_ends_gets_them_back),
		cmocka_unit_test(neighbours_become_one_range),
		cmocka_unit_test(the_empty_set_is_neutral),
		cmocka_unit_test(prefixes_of_a_range_are_blocks_that_fill_it),
		cmocka_unit_test(prefixes_reach_both_ends_of_a_line),
		cmocka_unit_test(what_is_around_comes_before_what_is_inside),
		cmocka_unit_test(points_in_order_are_found_by_halving),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
