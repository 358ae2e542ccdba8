/*
 * Measures, and prints a line for each thing measured: its name, the seconds that
 * went by, the seconds of processor that it took (the steadier figure where others
 * are busy), the most memory it had in bytes, and the bytes that it went through.
 *
 *	measure tree FILE             a text into a tree; jansson and memchr beside it
 *	measure inventory FILE        a text into a tailnet; jansson beside it
 *	measure reading FILE...       policies, and an inventory that is the last
 *	measure copy BYTES            memcpy
 *	measure run TIMES COMMAND...  a whole process, what it says thrown away
 *
 * Times are the least of several runs, since what else the machine does only adds;
 * memory is the most.
 */
#define _DEFAULT_SOURCE /* wait4 */
#include <fcntl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "grammar/arena.h"
#include "grammar/finding.h"
#include "grammar/hujson.h"
#include "policy/policy.h"
#include "policy/tailnet.h"

#define RUNS 15
#define RUNS_MAX 200

/* Of one run. */
struct figures {
	double wall, processor; /* seconds */
	double memory;          /* bytes */
};

static void
must(bool good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(2);
}

static double
seconds_of(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The least time and the most memory. */
static struct figures
figures_join(struct figures a, struct figures b)
{
	return (struct figures) { a.wall < b.wall ? a.wall : b.wall,
		                  a.processor < b.processor ? a.processor : b.processor,
		                  a.memory > b.memory ? a.memory : b.memory };
}

static void
print_figures(const char *name, const struct figures *runs, size_t n, size_t bytes)
{
	struct figures all = runs[0];
	for (size_t i = 1; i < n; i++)
		all = figures_join(all, runs[i]);
	printf("%s %.6f %.6f %.0f %zu\n", name, all.wall, all.processor, all.memory,
	       bytes);
}

/* What the work in hand has made: given back when the clocks have stopped. */
static struct arena arena;
static json_t *document;

static void
tidy(void)
{
	arena_end(&arena);
	json_decref(document);
	document = NULL;
}

static void
work_tree(const char *bytes, size_t len)
{
	struct findings findings = { .arena = &arena };
	struct source *source = source_of(&arena, "bench", bytes, len);
	hujson_parse(&arena, source, &findings);
	must(findings.n == 0, "the text");
}

static void
work_inventory(const char *bytes, size_t len)
{
	struct findings findings = { .arena = &arena };
	struct source *source = source_of(&arena, "bench", bytes, len);
	struct tree *tree = inventory_parse(&arena, source, &findings);
	tailnet_read(&arena, &tree, 1, &findings);
	must(findings.n == 0, "the inventory");
}

/* A policy, as far as it is read before anything is asked of it. */
static void
work_policy(const char *bytes, size_t len)
{
	struct findings findings = { .arena = &arena };
	struct source *source = source_of(&arena, "bench", bytes, len);
	struct tree *tree = hujson_parse(&arena, source, &findings);
	policy_read(&arena, tree, TARGET_TAILSCALE, &findings);
	must(findings.n_errors == 0, "the policy");
}

static void
work_jansson(const char *bytes, size_t len)
{
	document = json_loadb(bytes, len, 0, NULL);
	must(document != NULL, "jansson");
}

/* Looks for a byte that is not there. */
static void
work_memchr(const char *bytes, size_t len)
{
	must(memchr(bytes, '\1', len) == NULL, "memchr");
}

/* Copies a piece that the cache does not hold, as often as it takes. */
static void
work_copy(const char *bytes, size_t len)
{
	static char piece[2][64 << 20];
	(void)bytes;
	for (size_t n; len > 0; len -= n) {
		n = len < sizeof(*piece) ? len : sizeof(*piece);
		memcpy(piece[1], piece[0], n);
		*(volatile char *)&piece[0][n - 1] = piece[1][0];
	}
}

static void
measure(const char *name, void (*work)(const char *, size_t), const char *bytes,
        size_t len)
{
	struct figures runs[RUNS] = { { 0 } };
	for (size_t i = 0; i < RUNS; i++) {
		double wall = seconds_of(CLOCK_MONOTONIC);
		double processor = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
		work(bytes, len);
		runs[i].processor = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - processor;
		runs[i].wall = seconds_of(CLOCK_MONOTONIC) - wall;
		tidy();
	}
	print_figures(name, runs, RUNS, len);
}

static char *
read_file(const char *path, size_t *len)
{
	FILE *file = fopen(path, "rb");
	must(file && fseek(file, 0, SEEK_END) == 0, path);
	*len = (size_t)ftell(file);
	char *bytes = malloc(*len + 1);
	rewind(file);
	must(bytes && fread(bytes, 1, *len, file) == *len, path);
	fclose(file);
	return bytes;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* jansson takes neither comments nor commas at the end: they become blanks. */
static void
make_plain(char *bytes, size_t len)
{
	for (size_t i = 0, next; i < len; i++) {
		if (i == 0 || bytes[i - 1] == '\n')
			while (i + 1 < len && bytes[i] == '/' && bytes[i + 1] == '/')
				for (; i < len && bytes[i] != '\n'; i++)
					bytes[i] = ' ';
		for (next = i + 1; next < len && is_blank(bytes[next]);)
			next++;
		if (bytes[i] == ',' && next < len &&
		    (bytes[next] == ']' || bytes[next] == '}'))
			bytes[i] = ' ';
	}
}

static void
measure_tree(const char *path)
{
	size_t len;
	char *bytes = read_file(path, &len);
	measure("tree", work_tree, bytes, len);
	measure("memchr", work_memchr, bytes, len);
	make_plain(bytes, len);
	measure("jansson", work_jansson, bytes, len);
	free(bytes);
}

static void
measure_inventory(const char *path)
{
	size_t len;
	char *bytes = read_file(path, &len);
	measure("inventory", work_inventory, bytes, len);
	measure("jansson", work_jansson, bytes, len);
	free(bytes);
}

static void
measure_reading(char **paths, int n)
{
	for (int i = 0; i < n; i++) {
		size_t len;
		char *bytes = read_file(paths[i], &len);
		measure("reading", i + 1 < n ? work_policy : work_inventory, bytes, len);
		free(bytes);
	}
}

static double
seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void
become(char **command)
{
	int null = open("/dev/null", O_WRONLY);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	execvp(command[0], command);
	_exit(127);
}

static struct figures
run_once(char **command)
{
	struct rusage usage;
	int status;
	double wall = seconds_of(CLOCK_MONOTONIC);
	pid_t child = fork();
	must(child >= 0, "fork");
	if (child == 0)
		become(command);
	must(wait4(child, &status, 0, &usage) == child, "wait4");
	wall = seconds_of(CLOCK_MONOTONIC) - wall;
	must(WIFEXITED(status) && WEXITSTATUS(status) < 2, command[0]);
	return (struct figures) { wall, seconds(usage.ru_utime) + seconds(usage.ru_stime),
		                  (double)usage.ru_maxrss * 1024 };
}

static void
measure_run(const char *times, char **command)
{
	struct figures runs[RUNS_MAX];
	size_t n = strtoul(times, NULL, 10);
	must(n > 0 && n <= RUNS_MAX, "TIMES");
	for (size_t i = 0; i < n; i++)
		runs[i] = run_once(command);
	print_figures("run", runs, n, 0);
}

int
main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	if (!strcmp(what, "tree"))
		measure_tree(argv[2]);
	else if (!strcmp(what, "inventory"))
		measure_inventory(argv[2]);
	else if (!strcmp(what, "reading"))
		measure_reading(argv + 2, argc - 2);
	else if (!strcmp(what, "copy"))
		measure("copy", work_copy, NULL, strtoul(argv[2], NULL, 10));
	else if (!strcmp(what, "run") && argc > 3)
		measure_run(argv[2], argv + 3);
	else
		return fputs("usage: measure tree|inventory|reading|copy|run ...\n",
		             stderr),
		       2;
	return fflush(stdout) || ferror(stdout) ? 2 : 0;
}
