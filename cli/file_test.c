#include "cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena arena;
static char folder[] = "/tmp/aclc-file-test-XXXXXX";

/* A name in the folder of this run. */
static const char *
here(const char *name)
{
	return arena_format(&arena, "%s/%s", folder, name);
}

static void
put(const char *path, const char *bytes)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	fputs(bytes, file);
	fclose(file);
}

static void
assert_holds(const char *path, const char *want)
{
	struct text bytes;

	assert_true(file_read(&arena, path, &bytes));
	assert_int_equal(bytes.len, strlen(want));
	assert_memory_equal(bytes.at, want, bytes.len);
}

static mode_t
mode_of(const char *path)
{
	struct stat about;

	assert_int_equal(lstat(path, &about), 0);
	return about.st_mode & 07777;
}

/* How many names are in the folder: nothing is left behind. */
static size_t
names_here(void)
{
	FILE *list = popen(arena_format(&arena, "ls -A %s", folder), "r");
	size_t n = 0;

	assert_non_null(list);
	for (int c; (c = fgetc(list)) != EOF;)
		n += c == '\n';
	pclose(list);
	return n;
}

static void
a_file_is_read_whole(void **state)
{
	struct text bytes;
	char *large = arena_bytes(&arena, 300001);

	(void)state;
	put(here("empty"), "");
	assert_holds(here("empty"), "");
	memset(large, 'x', 300000);
	large[300000] = '\0';
	put(here("large"), large);
	assert_true(file_read(&arena, here("large"), &bytes));
	assert_int_equal(bytes.len, 300000);
	unlink(here("empty"));
	unlink(here("large"));
}

/* /proc says 0 and has something; a pipe has no size at all. */
static void
a_file_is_read_to_its_end_wherever_that_is(void **state)
{
	struct text bytes;

	(void)state;
	if (access("/proc/self/status", R_OK) != 0)
		skip();
	assert_true(file_read(&arena, "/proc/self/status", &bytes));
	assert_true(bytes.len > 0);
}

static void
a_pipe_is_read_in_its_pieces(void **state)
{
	int ends[2];
	struct text bytes;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid_t writer = fork();
	if (writer == 0) {
		static char piece[5000];
		memset(piece, 'p', sizeof(piece));
		for (int i = 0; i < 60; i++)
			if (write(ends[1], piece, sizeof(piece)) < 0)
				_exit(1);
		_exit(0);
	}
	close(ends[1]);
	assert_true(
		file_read(&arena, arena_format(&arena, "/dev/fd/%d", ends[0]), &bytes));
	assert_int_equal(bytes.len, 300000);
	close(ends[0]);
}

static void
what_cannot_be_read_says_why(void **state)
{
	struct text bytes;

	(void)state;
	assert_false(file_read(&arena, folder, &bytes));
	assert_int_equal(errno, EISDIR);
	assert_false(file_read(&arena, here("nowhere"), &bytes));
	assert_int_equal(errno, ENOENT);
}

static void
a_new_file_gets_the_usual_mode(void **state)
{
	mode_t before = umask(027);

	(void)state;
	assert_true(file_replace(here("new"), text_of("new\n")));
	umask(before);
	assert_holds(here("new"), "new\n");
	assert_int_equal(mode_of(here("new")), 0640);
	assert_int_equal(names_here(), 1);
	unlink(here("new"));
}

static void
the_mode_of_a_file_is_kept(void **state)
{
	(void)state;
	put(here("old"), "old\n");
	chmod(here("old"), 0604);
	assert_true(file_replace(here("old"), text_of("new\n")));
	assert_holds(here("old"), "new\n");
	assert_int_equal(mode_of(here("old")), 0604);
	assert_int_equal(names_here(), 1);
	unlink(here("old"));
}

static void
symbolic_links_are_kept(void **state)
{
	char target[64] = { 0 };

	(void)state;
	assert_int_equal(mkdir(here("sub"), 0755), 0);
	put(here("sub/file"), "old\n");
	assert_int_equal(symlink("sub/file", here("link")), 0);
	assert_int_equal(symlink(here("link"), here("chain")), 0);
	assert_true(file_replace(here("chain"), text_of("new\n")));
	assert_holds(here("sub/file"), "new\n");
	assert_true(readlink(here("link"), target, sizeof(target) - 1) > 0);
	assert_string_equal(target, "sub/file");
	unlink(here("chain"));
	unlink(here("link"));
	unlink(here("sub/file"));
	assert_int_equal(rmdir(here("sub")), 0);
}

static void
a_link_to_nothing_makes_what_it_leads_to(void **state)
{
	(void)state;
	assert_int_equal(symlink("there", here("link")), 0);
	assert_true(file_replace(here("link"), text_of("new\n")));
	assert_holds(here("there"), "new\n");
	assert_int_equal(names_here(), 2);
	unlink(here("link"));
	unlink(here("there"));
}

static void
links_that_lead_round_are_an_error(void **state)
{
	(void)state;
	assert_int_equal(symlink("b", here("a")), 0);
	assert_int_equal(symlink("a", here("b")), 0);
	assert_false(file_replace(here("a"), text_of("new\n")));
	assert_int_equal(names_here(), 2);
	unlink(here("a"));
	unlink(here("b"));
}

static void
a_failure_leaves_the_old_file_and_nothing_else(void **state)
{
	(void)state;
	assert_false(file_replace(here("no/such/folder"), text_of("x")));
	assert_int_equal(errno, ENOENT);
	assert_int_equal(mkdir(here("d"), 0755), 0);
	assert_false(file_replace(here("d"), text_of("x")));
	assert_int_equal(errno, EISDIR);
	assert_int_equal(rmdir(here("d")), 0);
	assert_int_equal(names_here(), 0);
}

static void
a_full_device_is_an_error(void **state)
{
	(void)state;
	if (access("/dev/full", W_OK) != 0)
		skip();
	assert_false(file_replace("/dev/full", text_of("x")));
	assert_int_equal(errno, ENOSPC);
	assert_true(file_replace("/dev/null", text_of("x")));
}

static int
before_all(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int
after_all(void **state)
{
	(void)state;
	arena_end(&arena);
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_read_whole),
		cmocka_unit_test(a_file_is_read_to_its_end_wherever_that_is),
		cmocka_unit_test(a_pipe_is_read_in_its_pieces),
		cmocka_unit_test(what_cannot_be_read_says_why),
		cmocka_unit_test(a_new_file_gets_the_usual_mode),
		cmocka_unit_test(the_mode_of_a_file_is_kept),
		cmocka_unit_test(symbolic_links_are_kept),
		cmocka_unit_test(a_link_to_nothing_makes_what_it_leads_to),
		cmocka_unit_test(links_that_lead_round_are_an_error),
		cmocka_unit_test(a_failure_leaves_the_old_file_and_nothing_else),
		cmocka_unit_test(a_full_device_is_an_error),
	};

	return cmocka_run_group_tests_name("file", tests, before_all, after_all);
}
