#ifndef ACLC_GRAMMAR_SOURCE_H
#define ACLC_GRAMMAR_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "grammar/text.h"

struct arena;

/* Bytes first .. end-1 of a source. */
struct span {
	uint32_t first, end;
};

/* The bytes of one file. Made by source_of; never changed. */
struct source {
	const char *name;  /* as people know it: a path, "-" … */
	const char *bytes; /* not NUL-terminated by promise */
	uint32_t len;
	struct arena *arena;
	uint32_t *lines; /* where each line starts, made when first asked */
	size_t n_lines;
};

/* The largest file that spans can describe. */
#define SOURCE_MAX (UINT32_MAX - 1)

/* A line and column, both from 1; the column counts bytes. */
struct place {
	uint32_t line, column;
};

/* bytes stay the caller's and must outlive the source. len <= SOURCE_MAX. */
struct source *source_of(struct arena *, const char *name, const char *bytes, size_t len);

struct text source_text(const struct source *, struct span);

/* offset <= len; the end of the file is a place too. */
struct place source_place(struct source *, uint32_t offset);

/* The whole line, without its line ending; line counts from 1. */
struct span source_line(struct source *, uint32_t line);

#endif
