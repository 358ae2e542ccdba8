/* Classes, held against what each point is in. */
#include "policy/partition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "grammar/arena.h"
#include "policy/draw_test.h"

#define POINTS 40
#define SETS 12
#define TRIES 300

static uint64_t state = DRAW_SEED;

static uint32_t
draw(uint32_t n)
{
	return draw_from(&state, n);
}

/* Runs that lie apart, and a bit of in for each point of theirs. */
static struct runs
random_runs(struct run *at, uint32_t *in, unsigned bit)
{
	size_t n = 0;

	for (uint32_t first = draw(POINTS); first < POINTS; first += 1 + draw(15)) {
		uint32_t end = first + 1 + draw(6);
		end = end < POINTS ? end : POINTS;
		at[n++] = (struct run) { first, end };
		for (uint32_t i = first; i < end; i++)
			in[i] |= UINT32_C(1) << bit;
		first = end;
	}
	return (struct runs) { at, n };
}

static void
points_are_together_where_no_set_tells_them_apart(void **unused)
{
	(void)unused;
	for (int i = 0; i < TRIES; i++) {
		struct arena arena = { 0 };
		struct partition p;
		struct run at[SETS][POINTS];
		struct runs sets[SETS];
		uint32_t in[POINTS] = { 0 }, n_classes = 0;

		partition_start(&p, &arena, POINTS);
		for (unsigned s = 0; s < SETS; s++) {
			sets[s] = random_runs(at[s], in, s);
			partition_split(&p, sets[s]);
			if (s == SETS / 2)
				partition_number(&p); /* it goes on from there */
		}
		partition_number(&p);
		for (uint32_t a = 0; a < POINTS; a++) {
			uint32_t size = 0, first = POINTS;
			for (uint32_t b = POINTS; b-- > 0;) {
				assert_int_equal(p.class_of[a] == p.class_of[b],
				                 in[a] == in[b]);
				if (in[a] == in[b]) {
					size++;
					first = b;
				}
			}
			assert_int_equal(p.size[p.class_of[a]], size);
			assert_int_equal(p.first[p.class_of[a]], first);
			/* numbered by first points, without gaps */
			if (first == a)
				assert_int_equal(p.class_of[a], n_classes++);
		}
		assert_int_equal(p.n_classes, n_classes);
		for (unsigned s = 0; s < SETS; s++) {
			size_t n, k = 0;
			uint32_t *classes = partition_classes(&p, &arena, sets[s], &n);
			for (uint32_t c = 0; c < n_classes; c++)
				if (in[p.first[c]] >> s & 1) {
					assert_true(k < n);
					assert_int_equal(classes[k++], c);
				}
			assert_int_equal(k, n);
		}
		arena_end(&arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(points_are_together_where_no_set_tells_them_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
