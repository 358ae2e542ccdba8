#include "grammar/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static bool
all_are(const char *bytes, size_t len, char value)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] != value)
			return false;
	return true;
}

static void
what_is_given_out_is_zeroed_aligned_and_apart(void **state)
{
	struct arena arena = { 0 };
	char *given[200];

	(void)state;
	for (size_t i = 0; i < 200; i++) {
		given[i] = arena_alloc(&arena, i * 7);
		assert_int_equal((uintptr_t)given[i] % _Alignof(max_align_t), 0);
		assert_true(all_are(given[i], i * 7, 0));
		memset(given[i], (int)i % 100 + 1, i * 7);
	}
	for (size_t i = 0; i < 200; i++)
		assert_true(all_are(given[i], i * 7, (char)(i % 100 + 1)));
	arena_end(&arena);
}

/* Long enough to lie in blocks of their own, with other things between. */
static void
long_arrays_keep_what_is_in_them(void **state)
{
	struct arena arena = { 0 };
	uint32_t *list[3] = { NULL };
	size_t cap[3] = { 0 };

	(void)state;
	for (uint32_t n = 0; n < 1000000; n++)
		for (uint32_t i = 0; i < 3; i++) {
			list[i] =
				arena_grow(&arena, list[i], n, &cap[i], sizeof(*list[i]));
			list[i][n] = n ^ i;
			if (n % 1000 == 0)
				memset(arena_alloc(&arena, 100), 'x', 100);
		}
	for (uint32_t n = 0; n < 1000000; n++)
		for (uint32_t i = 0; i < 3; i++)
			assert_int_equal(list[i][n], n ^ i);
	arena_end(&arena);
}

static void
what_grew_long_is_taken_back(void **state)
{
	struct arena arena = { 0 };
	char *before = arena_copy(&arena, "before", 6);
	struct arena_mark mark = arena_mark(&arena);

	(void)state;
	for (int round = 0; round < 3; round++) {
		char *list = NULL;
		size_t cap = 0;
		for (size_t n = 0; n < 5000000; n++) {
			list = arena_grow(&arena, list, n, &cap, 1);
			list[n] = 'x';
			if (n % 100000 == 0)
				memset(arena_alloc(&arena, 9), 'y', 9);
		}
		assert_true(all_are(list, 5000000, 'x'));
		arena_reset(&arena, mark);
		assert_string_equal(before, "before");
	}
	assert_string_equal(arena_copy(&arena, "after", 5), "after");
	arena_end(&arena);
}

static void
what_was_taken_back_is_given_out_zeroed(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	struct arena_mark mark = arena_mark(&arena);
	for (size_t round = 0; round < 5; round++) {
		for (size_t i = 0; i < 50; i++) {
			char *bytes = arena_alloc(&arena, 1000);
			assert_true(all_are(bytes, 1000, 0));
			memset(bytes, 'x', 1000);
		}
		arena_reset(&arena, mark);
		mark = arena_mark(&arena);
	}
	arena_end(&arena);
}

static void
what_was_there_before_the_mark_outlives_a_reset(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	char *kept = arena_copy(&arena, "kept", 4);
	struct arena_mark mark = arena_mark(&arena);
	for (size_t i = 0; i < 100; i++)
		memset(arena_alloc(&arena, 5000), 'x', 5000);
	arena_reset(&arena, mark);
	memset(arena_alloc(&arena, 5000), 'y', 5000);
	assert_string_equal(kept, "kept");
	arena_end(&arena);
}

/* A long array, each number in its place. */
static uint32_t *
long_array(struct arena *arena)
{
	uint32_t *numbers = NULL;
	size_t cap = 0;

	for (uint32_t i = 0; i < 1000000; i++) {
		numbers = arena_grow(arena, numbers, i, &cap, sizeof(*numbers));
		numbers[i] = i;
	}
	return numbers;
}

static void
of_long_arrays_those_of_before_a_mark_outlive_a_reset(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	uint32_t *kept = long_array(&arena);
	struct arena_mark mark = arena_mark(&arena);
	for (size_t round = 0; round < 3; round++) {
		long_array(&arena);
		memset(arena_alloc(&arena, 5000000), 'x', 5000000);
		long_array(&arena);
		arena_reset(&arena, mark);
	}
	for (uint32_t i = 0; i < 1000000; i++)
		assert_int_equal(kept[i], i);
	arena_end(&arena);
}

static void
an_arena_that_ended_is_empty_and_usable(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	arena_end(&arena);
	arena_alloc(&arena, 100000);
	arena_end(&arena);
	assert_null(arena.blocks);
	assert_string_equal(arena_copy(&arena, "again", 5), "again");
	arena_end(&arena);
}

/* Blocks of every size, given back and taken again in another order. */
static void
arenas_that_begin_and_end_by_turns_stay_apart(void **state)
{
	enum { ARENAS = 9, ROUNDS = 200 };
	struct arena arenas[ARENAS] = { { 0 } };
	unsigned char *bytes[ARENAS] = { NULL };
	size_t size[ARENAS] = { 0 };

	(void)state;
	for (size_t round = 0; round < ROUNDS; round++) {
		size_t i = round * 5 % ARENAS;
		assert_true(all_are((char *)bytes[i], size[i], (char)i));
		arena_end(&arenas[i]);
		size[i] = (size_t)1000 << round % 13;
		bytes[i] = arena_alloc(&arenas[i], size[i]);
		assert_true(all_are((char *)bytes[i], size[i], 0));
		memset(bytes[i], (int)i, size[i]);
	}
	for (size_t i = 0; i < ARENAS; i++) {
		assert_true(all_are((char *)bytes[i], size[i], (char)i));
		arena_end(&arenas[i]);
	}
}

static void
bytes_are_given_out_apart(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	char *a = arena_bytes(&arena, 3), *b = arena_bytes(&arena, 3);
	memcpy(a, "abc", 3);
	memcpy(b, "def", 3);
	assert_memory_equal(a, "abc", 3);
	assert_memory_equal(b, "def", 3);
	arena_end(&arena);
}

static void
requests_larger_than_any_block_are_met(void **state)
{
	struct arena arena = { 0 };
	const size_t large = (size_t)40 << 20;

	(void)state;
	arena_alloc(&arena, 1);
	char *bytes = arena_alloc(&arena, large);
	bytes[large - 1] = 'x';
	arena_alloc(&arena, 1);
	assert_true(bytes[large - 1] == 'x');
	arena_end(&arena);
}

static void
a_growing_array_keeps_its_elements(void **state)
{
	struct arena arena = { 0 };
	uint32_t *items = NULL;
	size_t cap = 0;

	(void)state;
	for (uint32_t n = 0; n < 100000; n++) {
		items = arena_grow(&arena, items, n, &cap, sizeof(*items));
		assert_true(cap > n);
		items[n] = n;
		if (n % 1000 == 0) /* now and then something lies behind it */
			memset(arena_alloc(&arena, 24), 'x', 24);
	}
	for (uint32_t n = 0; n < 100000; n++)
		assert_int_equal(items[n], n);
	arena_end(&arena);
}

static void
an_array_that_grows_alone_leaves_its_block_in_time(void **state)
{
	struct arena arena = { 0 };
	uint64_t *items = NULL;
	size_t cap = 0;

	(void)state;
	for (size_t n = 0; n < 300000; n++) {
		items = arena_grow(&arena, items, n, &cap, sizeof(*items));
		items[n] = n;
	}
	for (size_t n = 0; n < 300000; n++)
		assert_int_equal(items[n], n);
	arena_end(&arena);
}

static void
two_arrays_that_grow_in_turn_stay_apart(void **state)
{
	struct arena arena = { 0 };
	unsigned char *a = NULL;
	uint64_t *b = NULL;
	size_t cap_a = 0, cap_b = 0;

	(void)state;
	for (size_t n = 0; n < 5000; n++) {
		a = arena_grow(&arena, a, n, &cap_a, sizeof(*a));
		b = arena_grow(&arena, b, n, &cap_b, sizeof(*b));
		a[n] = (unsigned char)n;
		b[n] = n;
	}
	for (size_t n = 0; n < 5000; n++) {
		assert_int_equal(a[n], n & 0xFF);
		assert_int_equal(b[n], n);
	}
	arena_end(&arena);
}

static void
an_array_with_room_is_left_where_it_is(void **state)
{
	struct arena arena = { 0 };
	size_t cap = 0;

	(void)state;
	char *items = arena_grow(&arena, NULL, 0, &cap, 1);
	size_t before = cap;
	assert_ptr_equal(arena_grow(&arena, items, before - 1, &cap, 1), items);
	assert_int_equal(cap, before);
	arena_grow(&arena, items, before, &cap, 1);
	assert_true(cap > before);
	arena_end(&arena);
}

static void
a_copy_ends_with_a_nul(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	assert_string_equal(arena_copy(&arena, "tag:db", 3), "tag");
	assert_string_equal(arena_copy(&arena, NULL, 0), "");
	arena_end(&arena);
}

static void
formats_of_every_length_are_whole(void **state)
{
	struct arena arena = { 0 };
	char dots[600];

	(void)state;
	memset(dots, '.', sizeof(dots));
	for (int len = 0; len < (int)sizeof(dots); len++) {
		char *text = arena_format(&arena, "%.*s|", len, dots);
		assert_int_equal(strlen(text), len + 1);
		assert_true(all_are(text, (size_t)len, '.'));
		assert_true(text[len] == '|');
	}
	arena_end(&arena);
}

/* Asks for n elements in a child and tells how that ends: the exit status,
 * with what was said on stderr in said. */
static int
status_of_asking(size_t n, size_t size, char *said, size_t len)
{
	int ends[2];
	int status = 0;

	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct arena arena = { 0 };
		dup2(ends[1], STDERR_FILENO);
		arena_array(&arena, n, size);
		_exit(0);
	}
	close(ends[1]);
	ssize_t got = read(ends[0], said, len - 1);
	said[got > 0 ? got : 0] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
running_out_of_memory_says_so_and_ends_with_2(void **state)
{
	char said[100];

	(void)state;
	assert_int_equal(status_of_asking(SIZE_MAX / 2, 4, said, sizeof(said)), 2);
	assert_string_equal(said, "aclc: out of memory\n");
	assert_int_equal(status_of_asking(SIZE_MAX, 1, said, sizeof(said)), 2);
	assert_string_equal(said, "aclc: out of memory\n");
#ifndef ARENA_APART /* a sanitizer's malloc speaks for itself */
	assert_int_equal(status_of_asking(SIZE_MAX / 4, 1, said, sizeof(said)), 2);
	assert_string_equal(said, "aclc: out of memory\n");
#endif
	assert_int_equal(status_of_asking(100, 4, said, sizeof(said)), 0);
	assert_string_equal(said, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_given_out_is_zeroed_aligned_and_apart),
		cmocka_unit_test(long_arrays_keep_what_is_in_them),
		cmocka_unit_test(what_grew_long_is_taken_back),
		cmocka_unit_test(what_was_taken_back_is_given_out_zeroed),
		cmocka_unit_test(what_was_there_before_the_mark_outlives_a_reset),
		cmocka_unit_test(of_long_arrays_those_of_before_a_mark_outlive_a_reset),
		cmocka_unit_test(an_arena_that_ended_is_empty_and_usable),
		cmocka_unit_test(requests_larger_than_any_block_are_met),
		cmocka_unit_test(a_growing_array_keeps_its_elements),
		cmocka_unit_test(an_array_that_grows_alone_leaves_its_block_in_time),
		cmocka_unit_test(arenas_that_begin_and_end_by_turns_stay_apart),
		cmocka_unit_test(bytes_are_given_out_apart),
		cmocka_unit_test(two_arrays_that_grow_in_turn_stay_apart),
		cmocka_unit_test(an_array_with_room_is_left_where_it_is),
		cmocka_unit_test(a_copy_ends_with_a_nul),
		cmocka_unit_test(formats_of_every_length_are_whole),
		cmocka_unit_test(running_out_of_memory_says_so_and_ends_with_2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
