#ifndef ACLC_GRAMMAR_ARENA_H
#define ACLC_GRAMMAR_ARENA_H

#include <stdarg.h>
#include <stddef.h>

/*
 * Memory given out piece by piece and taken back at once. A zeroed struct
 * arena is an empty arena. Running out of memory ends the program with a
 * message and status 2; nobody who asks has to check.
 */
struct arena_block;

struct arena {
	struct arena_block *blocks; /* the one that is given out of first */
	char *next, *end;           /* what is left of it */
	size_t n_made;              /* blocks made so far */
};

/* A place to return to: what was given out later is taken back. */
struct arena_mark {
	char *next, *end;
	size_t n_made;
};

/* How running out of memory ends, for memory that is no arena's. */
_Noreturn void out_of_memory(void);

/* Gives size zeroed bytes, aligned for anything. size may be 0. */
void *arena_alloc(struct arena *, size_t size);

/* Gives size bytes with nothing in particular in them, for what is filled at
 * once: a file's. */
char *arena_bytes(struct arena *, size_t size);

/* Gives n zeroed elements of the given size; a product too large ends the
 * program as out of memory. */
void *arena_array(struct arena *, size_t n, size_t size);

/* The same as they are, for what is filled at once. */
void *arena_room(struct arena *, size_t n, size_t size);

/* As arena_grow, where *cap is n. */
void *arena_grow_full(struct arena *, void *items, size_t n, size_t *cap, size_t size);

/*
 * Makes room for one more element: returns items when *cap > n, otherwise a
 * larger array (in place, where items was given out last) that starts with
 * the n elements, and raises *cap. New elements are not zeroed.
 */
static inline void *
arena_grow(struct arena *arena, void *items, size_t n, size_t *cap, size_t size)
{
	/* there is no room without items, which no analyzer sees */
	return items && *cap > n ? items : arena_grow_full(arena, items, n, cap, size);
}

/* Copies len bytes and adds a NUL. */
char *arena_copy(struct arena *, const char *bytes, size_t len);

/* Formats as printf does; returns a NUL-terminated string. */
char *arena_format(struct arena *, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same for a list of arguments already begun; the caller ends it. */
char *arena_format_list(struct arena *, const char *format, va_list)
	__attribute__((format(printf, 2, 0)));

struct arena_mark arena_mark(const struct arena *);

void arena_reset(struct arena *, struct arena_mark);

/* Gives everything back; the arena is empty again. */
void arena_end(struct arena *);

#endif
