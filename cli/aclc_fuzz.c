/*
 * The whole program: a line of words, as people type them, then a policy, an
 * inventory and settings. POLICY, OTHER, NODES and SETTINGS among the words are
 * the names of files. What calls itself JSON is JSON; the status is 0, 1 or 2.
 */
#define _GNU_SOURCE
#include "grammar/fuzz.h"

#include <fcntl.h>
#include <jansson.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "grammar/arena.h"

#define FLOOR ((size_t)3 << 20)

/* cli/main.c, by another name. */
int aclc_main(int argc, char **argv);

/* Files in memory, by number of part, and where answers go. */
static int files[FUZZ_PARTS], answer;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	for (size_t i = 0; i < FUZZ_PARTS; i++)
		files[i] = memfd_create("part", 0);
	answer = memfd_create("answer", 0);
	/* sanitizers keep the standard error that there was */
	dup2(answer, STDOUT_FILENO);
	json_object_seed(1); /* what is drawn follows from what is compared */
	return fuzz_watch_install();
}

static void
file_fill(int fd, struct text text)
{
	demand(ftruncate(fd, 0) == 0);
	demand(pwrite(fd, text.at, text.len, 0) == (ssize_t)text.len);
	lseek(fd, 0, SEEK_SET);
}

#define WORDS_MAX 16
#define GIT_WORDS 9 /* aclc, diff, and what git gives a program for diffs */

struct words_typed {
	char *at[WORDS_MAX + 2];
	int n;
};

/* A word, or the name of a file that it stands for. */
static char *
word_of(struct arena *arena, struct text word)
{
	static const char *const names[FUZZ_PARTS] = { "OTHER", "POLICY", "NODES",
		                                       "SETTINGS" };

	for (size_t i = 0; i < FUZZ_PARTS; i++)
		if (text_is(word, names[i]))
			return arena_format(arena, "/proc/self/fd/%d", files[i]);
	return arena_copy(arena, word.at, word.len);
}

/* Whether -o or -w is among short options in one word. */
static bool
asks_to_write(struct text word)
{
	return text_starts(word, "-") && !text_starts(word, "--") &&
	       (text_find(word, 'o') < word.len || text_find(word, 'w') < word.len);
}

/* Words that read or write other files than ours are left out. */
static bool
is_harmless(struct text word)
{
	for (size_t i = 0; i < word.len; i++)
		if (word.at[i] == '/' || word.at[i] == '.' || word.at[i] == '\0')
			return false;
	return !asks_to_write(word) && !text_starts(word, "--o") &&
	       !text_starts(word, "--w") && !text_starts(word, "--g") &&
	       !text_is(word, "--fix");
}

static struct words_typed
words_of(struct arena *arena, struct text line)
{
	struct words_typed words = { .n = 1 };

	words.at[0] = arena_format(arena, "aclc");
	while (words.n < WORDS_MAX && line.len > 0) {
		size_t end = 0;
		while (end < line.len && line.at[end] != ' ' && line.at[end] != '\n')
			end++;
		struct text word = { line.at, end };
		if (end > 0 && is_harmless(word))
			words.at[words.n++] = word_of(arena, word);
		line = text_from(line, end < line.len ? end + 1 : end);
	}
	words.at[words.n] = NULL;
	return words;
}

/* Whether there are options in one word, or something else is asked for. */
static bool
asks_otherwise(const struct words_typed *words)
{
	static const char *const first[] = { "help", "completion", "--version", "-V" };

	for (size_t i = 0; i < sizeof(first) / sizeof(*first); i++)
		if (strcmp(words->at[1], first[i]) == 0)
			return true;
	for (int i = 1; i < words->n; i++) {
		const char *word = words->at[i];
		if (word[0] == '-' && word[1] != '-' && strlen(word) > 2)
			return true;
		if (strcmp(word, "-h") == 0 || strcmp(word, "-l") == 0 ||
		    strncmp(word, "--f", 3) == 0 || strncmp(word, "--h", 3) == 0 ||
		    strncmp(word, "--l", 3) == 0 || strncmp(word, "--w", 3) == 0)
			return true;
	}
	return false;
}

/* Whether the answer is to be JSON: the last word on it counts. */
static bool
asks_for_json(const struct words_typed *words)
{
	bool json = false;

	for (int i = 1; i + 1 < words->n; i++)
		if (strcmp(words->at[i], "-f") == 0)
			json = strcmp(words->at[i + 1], "json") == 0 ||
			       strcmp(words->at[i + 1], "sarif") == 0;
	return json;
}

/* Whether git asks for a diff: it is shown a patch, or nothing, where there are no
 * policies to compare. */
static bool
is_asked_by_git(const struct words_typed *words)
{
	return words->n >= GIT_WORDS && strcmp(words->at[1], "diff") == 0;
}

/* Whether the answer is one JSON document, if it is an answer at all. */
static void
answer_visit(const struct words_typed *words, int status)
{
	struct stat about;

	if (status == 2 || asks_otherwise(words) || is_asked_by_git(words) ||
	    !asks_for_json(words))
		return;
	demand(fstat(answer, &about) == 0);
	if (about.st_size == 0 && status == 1)
		return; /* refused */
	char *bytes = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_SHARED, answer, 0);
	demand(bytes != MAP_FAILED);
	json_error_t error;
	json_t *json =
		json_loadb(bytes, (size_t)about.st_size,
	                   JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL,
	                   &error);
	if (!json)
		fprintf(stderr, "%.*s\n%s\n", (int)about.st_size, bytes, error.text);
	demand(json != NULL);
	json_decref(json);
	munmap(bytes, (size_t)about.st_size);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct fuzz_parts parts = fuzz_parts_of(bytes, len);
	struct text line = parts.at[0];
	struct arena arena = { 0 };

	struct words_typed words = words_of(&arena, line);
	if (words.n < 2) {
		arena_end(&arena);
		return -1;
	}
	for (size_t i = 1; i < FUZZ_PARTS; i++)
		file_fill(files[i], parts.at[i]);
	file_fill(files[0], parts.at[parts.n - 1]); /* a second policy */
	file_fill(answer, text_of(""));
	fuzz_watch_begin(len, FLOOR);
	int status = aclc_main(words.n, words.at);
	fuzz_watch_end(len);
	demand(status >= 0 && status <= 2);
	answer_visit(&words, status);
	arena_end(&arena);
	return 0;
}
