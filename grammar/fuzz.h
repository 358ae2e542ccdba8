#ifndef ACLC_GRAMMAR_FUZZ_H
#define ACLC_GRAMMAR_FUZZ_H

/*
 * What the fuzzers have in common: what must hold, inputs of several texts, and a
 * watch over time and memory. A second of the processor is a failure, and so is
 * memory of more than FUZZ_TIMES the bytes of the input and a floor for what every run
 * takes.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "grammar/finding.h"
#include "grammar/hujson.h"

#define FUZZ_TIMES 50

/* The sanitizers' own; not every compiler brings their header. */
size_t __sanitizer_get_allocated_size(const volatile void *);
int __sanitizer_install_malloc_and_free_hooks(void (*gave)(const volatile void *, size_t),
                                              void (*took)(const volatile void *));

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define demand(holds) ((holds) ? (void)0 : demand_fails(#holds, __FILE__, __LINE__))

static inline _Noreturn void
demand_fails(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
	abort();
}

/*
 * What the watch compares goes by the clock, or by what others have taken: kept out of
 * what libFuzzer traces, for it draws inputs from that.
 */
#ifdef __clang__
#define FUZZ_UNTRACED __attribute__((no_sanitize("coverage"), noinline))
#else
#define FUZZ_UNTRACED
#endif

/* When the watch began; memory in use since then, and the most there was. */
static struct {
	bool on;
	clock_t start;
	size_t live, most, bound;
} fuzz_watch;

FUZZ_UNTRACED static inline void
fuzz_gave(const volatile void *at, size_t size)
{
	(void)at;
	if (!fuzz_watch.on)
		return;
	fuzz_watch.live += size;
	if (fuzz_watch.live <= fuzz_watch.most)
		return;
	fuzz_watch.most = fuzz_watch.live;
	if (fuzz_watch.most > fuzz_watch.bound) {
		fuzz_watch.on = false;
		fprintf(stderr, "memory: %zu bytes are more than %zu\n", fuzz_watch.most,
		        fuzz_watch.bound);
		abort();
	}
}

FUZZ_UNTRACED static inline void
fuzz_took(const volatile void *at)
{
	size_t size = at ? __sanitizer_get_allocated_size(at) : 0;

	if (fuzz_watch.on)
		fuzz_watch.live -= size < fuzz_watch.live ? size : fuzz_watch.live;
}

/* Once, from LLVMFuzzerInitialize. */
static inline int
fuzz_watch_install(void)
{
	return __sanitizer_install_malloc_and_free_hooks(fuzz_gave, fuzz_took) > 0 ? 0
	                                                                           : 1;
}

FUZZ_UNTRACED static inline void
fuzz_watch_begin(size_t len, size_t floor)
{
	fuzz_watch.live = fuzz_watch.most = 0;
	fuzz_watch.bound = FUZZ_TIMES * len + floor;
	fuzz_watch.start = clock();
	fuzz_watch.on = true;
}

/* FUZZ_TELL in the environment: says how much it was. */
FUZZ_UNTRACED static inline void
fuzz_watch_end(size_t len)
{
	fuzz_watch.on = false;
	demand(clock() - fuzz_watch.start < CLOCKS_PER_SEC);
	if (getenv("FUZZ_TELL"))
		fprintf(stderr, "memory: %zu bytes for %zu\n", fuzz_watch.most, len);
}

#define FUZZ_PARTS 4

/* The texts of an input, each ended by a line of "%%". */
struct fuzz_parts {
	struct text at[FUZZ_PARTS]; /* "" where there are no more */
	size_t n;
};

static inline struct fuzz_parts
fuzz_parts_of(const uint8_t *bytes, size_t len)
{
	static const char line[] = "\n%%\n";
	struct text rest = { (const char *)bytes, len };
	struct fuzz_parts parts = { .n = 0 };

	for (size_t i = 0; i < FUZZ_PARTS; i++)
		parts.at[i] = text_of("");
	while (parts.n < FUZZ_PARTS) {
		size_t end = 0;
		while (end + 4 <= rest.len && memcmp(rest.at + end, line, 4) != 0)
			end++;
		bool last = end + 4 > rest.len || parts.n == FUZZ_PARTS - 1;
		parts.at[parts.n++] =
			(struct text) { rest.at, last ? rest.len : end + 1 };
		if (last)
			break;
		rest = text_from(rest, end + 4);
	}
	return parts;
}

/* What is found stands in its text, and says something. */
static inline void
fuzz_findings_stand(const struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++) {
		const struct finding *finding = findings->at[i];
		demand(finding->said && *finding->said);
		if (!finding->source)
			continue;
		demand(finding->where.first <= finding->where.end);
		demand(finding->where.end <= finding->source->len);
	}
}

#endif
