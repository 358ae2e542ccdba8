#include "grammar/finding.h"

#include <stdarg.h>
#include <stdlib.h>

#include "grammar/arena.h"

#define CHECK(name, id, level, repair, brief)                                            \
	const struct check CHECK_##name = { id, level, repair, brief };
#include "grammar/checks.def"
#undef CHECK

struct finding *
finding_add_list(struct findings *findings, const struct check *check,
                 struct source *source, struct span where, const char *format,
                 va_list args)
{
	struct finding *finding = arena_alloc(findings->arena, sizeof(*finding));

	finding->check = check;
	finding->level = check->level;
	finding->source = source;
	finding->where = where;
	finding->said = arena_format_list(findings->arena, format, args);
	finding->order = (uint32_t)findings->n;

	findings->at = arena_grow(findings->arena, findings->at, findings->n,
	                          &findings->cap, sizeof(*findings->at));
	findings->at[findings->n++] = finding;
	if (finding->level == LEVEL_ERROR)
		findings->n_errors++;
	return finding;
}

struct finding *
finding_add(struct findings *findings, const struct check *check, struct source *source,
            struct span where, const char *format, ...)
{
	struct finding *finding;
	va_list args;

	va_start(args, format);
	finding = finding_add_list(findings, check, source, where, format, args);
	va_end(args);
	return finding;
}

void
finding_coordinator(struct findings *findings, struct finding *finding,
                    const char *format, ...)
{
	va_list args;

	va_start(args, format);
	finding->coordinator = arena_format_list(findings->arena, format, args);
	va_end(args);
}

void
finding_level(struct findings *findings, struct finding *finding, enum level level)
{
	findings->n_errors -= finding->level == LEVEL_ERROR;
	findings->n_errors += level == LEVEL_ERROR;
	finding->level = level;
}

void
finding_note_list(struct findings *findings, struct finding *finding,
                  struct source *source, struct span where, const char *format,
                  va_list args)
{
	struct note *note = arena_alloc(findings->arena, sizeof(*note));
	struct note **last = &finding->notes;

	note->source = source;
	note->where = where;
	note->said = arena_format_list(findings->arena, format, args);
	while (*last)
		last = &(*last)->next;
	*last = note;
}

void
finding_note(struct findings *findings, struct finding *finding, struct source *source,
             struct span where, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	finding_note_list(findings, finding, source, where, format, args);
	va_end(args);
}

const struct finding *
findings_first_error(const struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++)
		if (findings->at[i]->level == LEVEL_ERROR)
			return findings->at[i];
	return NULL;
}

/* A finding, and when its source was first mentioned. */
struct sortable {
	size_t source;
	struct finding *finding;
};

static int
sortable_compare(const void *left, const void *right)
{
	const struct sortable *a = left, *b = right;
	const struct finding *x = a->finding, *y = b->finding;

	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	if (x->where.first != y->where.first)
		return x->where.first < y->where.first ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

/* The sources named so far; there are as many as files were named. */
struct mentions {
	struct source **at;
	size_t n, cap;
};

static size_t
mention_number(struct arena *arena, struct mentions *mentions, struct source *source)
{
	for (size_t i = mentions->n; i > 0; i--)
		if (mentions->at[i - 1] == source)
			return i - 1;
	mentions->at = arena_grow(arena, mentions->at, mentions->n, &mentions->cap,
	                          sizeof(struct source *));
	mentions->at[mentions->n] = source;
	return mentions->n++;
}

struct finding **
findings_sorted(struct findings *findings, struct arena *arena)
{
	struct finding **sorted = arena_array(arena, findings->n, sizeof(*sorted));
	struct arena scratch = { 0 };
	struct mentions mentions = { 0 };
	struct sortable *keys = arena_array(&scratch, findings->n, sizeof(*keys));

	for (size_t i = 0; i < findings->n; i++) {
		struct finding *finding = findings->at[i];
		keys[i].source = mention_number(&scratch, &mentions, finding->source);
		keys[i].finding = finding;
	}
	qsort(keys, findings->n, sizeof(*keys), sortable_compare);
	for (size_t i = 0; i < findings->n; i++)
		sorted[i] = keys[i].finding;
	arena_end(&scratch);
	return sorted;
}
