#define _DEFAULT_SOURCE /* madvise */
#include "grammar/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* With ARENA_APART each request has a block of its own, so that a sanitizer
 * sees where it ends. */
#ifdef ARENA_APART
#define APART 1
#else
#define APART 0
#endif

#define ALIGN _Alignof(max_align_t)

/* Blocks double from the one to the other; larger requests get what they
 * need. Pages that nobody touches cost nothing. */
#define BLOCK_FIRST ((size_t)16 << 10)
#define BLOCK_LARGEST ((size_t)32 << 20)

/* So many sizes, doubling from the first, are small: a quarter of a large page at the
 * most. */
#define SIZES_SMALL 6

/* Where small blocks lie at first: pages of which a short run touches few. */
#define SHEET_FIRST ((size_t)512 << 10)

/* From this size on, blocks lie in large pages, where the system has them: fewer
 * have to be fetched. */
#define PAGE_LARGE ((size_t)2 << 20)

/* An array starts with a few elements; of this size, with two. */
#define LARGE 64

/* Arrays that grow beyond this lie in a block of their own. */
#define ALONE ((size_t)1 << 20)

/* More than any machine has, and far from where sums overflow. */
#define REQUEST_MAX (SIZE_MAX / 4)

struct arena_block {
	struct arena_block *older;
	size_t size;   /* of all of it */
	size_t number; /* of those made */
	bool alone;    /* an array lies in it, and nothing else */
	max_align_t bytes[];
};

/* The one exit below cli/. */
void
out_of_memory(void)
{
	fputs("aclc: out of memory\n", stderr);
	exit(2);
}

static size_t
round_up(size_t size)
{
	return APART ? size : (size + ALIGN - 1) / ALIGN * ALIGN;
}

static char *
block_bytes(struct arena_block *block)
{
	return (char *)block->bytes;
}

/* How large the next block is, what it says of itself included. */
static size_t
block_size(const struct arena_block *newest, size_t need)
{
	size_t size = BLOCK_FIRST;

	if (APART)
		return need;
	if (newest)
		size = newest->size < BLOCK_LARGEST / 2 ? newest->size * 2
		                                        : BLOCK_LARGEST;
	return size > need ? size : need;
}

/* Asks for memory, in large pages where that is sensible and can be. */
static void *
pages_take(size_t size)
{
	void *pages = NULL;

#ifdef MADV_HUGEPAGE
	if (!APART && size >= PAGE_LARGE) {
		size = (size + PAGE_LARGE - 1) / PAGE_LARGE * PAGE_LARGE;
		pages = aligned_alloc(PAGE_LARGE, size);
		if (pages)
			madvise(pages, size, MADV_HUGEPAGE);
	} else
#endif
		pages = malloc(size);
	if (!pages)
		out_of_memory();
	return pages;
}

/* Pages that small blocks are cut from. */
struct sheet {
	struct sheet *older;
	max_align_t bytes[];
};

/*
 * Small blocks are cut from a large page, once one sheet of others is not enough, and
 * kept for the next when they are given back: to fetch all their pages one by one
 * takes a fifth of what is done for a small file. With the last block the sheets are
 * given back.
 */
static struct {
	struct sheet *sheets;
	char *next; /* in the sheet that is being cut */
	size_t left, n_out;
	struct arena_block *kept[SIZES_SMALL]; /* of each size, by way of older */
} small;

/* The first size that is large enough; SIZES_SMALL where none is. */
static size_t
size_number(size_t size)
{
	size_t i = 0;

	while (i < SIZES_SMALL && BLOCK_FIRST << i < size)
		i++;
	return APART ? SIZES_SMALL : i;
}

static void
sheet_open(size_t need)
{
	bool first = !small.sheets && need + sizeof(struct sheet) <= SHEET_FIRST;
	size_t size = first ? SHEET_FIRST : PAGE_LARGE;
	struct sheet *sheet = pages_take(size);

	sheet->older = small.sheets;
	small.sheets = sheet;
	small.next = (char *)sheet->bytes;
	small.left = size - sizeof(*sheet);
}

static void *
small_take(size_t number)
{
	struct arena_block *block = small.kept[number];
	size_t size = BLOCK_FIRST << number;

	small.n_out++;
	if (block) {
		small.kept[number] = block->older;
		return block;
	}
	if (small.left < size)
		sheet_open(size);
	small.next += size;
	small.left -= size;
	return small.next - size;
}

static void
small_give(struct arena_block *block, size_t number)
{
	block->older = small.kept[number];
	small.kept[number] = block;
	if (--small.n_out > 0)
		return;
	for (struct sheet *sheet = small.sheets, *older; sheet; sheet = older) {
		older = sheet->older;
		free(sheet);
	}
	memset(&small, 0, sizeof(small));
}

static struct arena_block *
block_make(struct arena *arena, size_t size, bool alone)
{
	size_t number = size_number(size);
	bool large = number == SIZES_SMALL;
	struct arena_block *block = large ? pages_take(size) : small_take(number);

	block->size = large ? size : BLOCK_FIRST << number;
	block->number = ++arena->n_made;
	block->alone = alone;
	return block;
}

static void
block_give(struct arena_block *block)
{
	size_t number = size_number(block->size);

	if (number == SIZES_SMALL)
		free(block);
	else
		small_give(block, number);
}

static void
block_open(struct arena *arena, size_t need)
{
	size_t size = block_size(arena->blocks, need + sizeof(struct arena_block));
	struct arena_block *block = block_make(arena, size, false);

	block->older = arena->blocks;
	arena->blocks = block;
	arena->next = block_bytes(block);
	arena->end = (char *)block + block->size;
}

/* Gives size bytes as they are. */
static void *
arena_take(struct arena *arena, size_t size)
{
	if (size > REQUEST_MAX)
		out_of_memory();
	size = round_up(size);
	if (APART || !arena->blocks || (size_t)(arena->end - arena->next) < size)
		block_open(arena, size);
	void *taken = arena->next;
	arena->next += size;
	return taken;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	return memset(arena_take(arena, size), 0, size);
}

char *
arena_bytes(struct arena *arena, size_t size)
{
	return arena_take(arena, size);
}

static size_t
product(size_t n, size_t size)
{
	if (size != 0 && n > REQUEST_MAX / size)
		out_of_memory();
	return n * size;
}

void *
arena_array(struct arena *arena, size_t n, size_t size)
{
	return arena_alloc(arena, product(n, size));
}

void *
arena_room(struct arena *arena, size_t n, size_t size)
{
	return arena_take(arena, product(n, size));
}

/* Makes the newest of what was given out larger, where it lies. */
static bool
arena_stretch(struct arena *arena, const void *items, size_t old, size_t new)
{
	if (APART || !items || (const char *)items + round_up(old) != arena->next)
		return false;
	size_t more = round_up(new) - round_up(old);
	if ((size_t)(arena->end - arena->next) < more)
		return false;
	arena->next += more;
	return true;
}

/* What a block still has room for, if an array lies in it alone. */
static size_t
room_alone(const struct arena *arena, const void *items)
{
	const struct arena_block *block = arena->blocks;

	while (block && (const void *)block->bytes != items)
		block = block->older;
	return block && block->alone ? block->size - sizeof(*block) : 0;
}

/*
 * Makes a long array larger. It lies in a block of its own, of which most is
 * not touched so far and costs nothing: it seldom has to move again.
 */
static void *
grow_alone(struct arena *arena, void *items, size_t used, size_t new)
{
	if (room_alone(arena, items) >= new)
		return items;
	if (!arena->blocks)
		block_open(arena, 0);
	struct arena_block *block =
		block_make(arena, sizeof(*block) + product(new, 8), true);
	block->older = arena->blocks->older;
	arena->blocks->older = block;
	memcpy(block->bytes, items, used);
	return block->bytes;
}

void *
arena_grow_full(struct arena *arena, void *items, size_t n, size_t *cap, size_t size)
{
	size_t old = product(*cap, size);
	size_t least = size < LARGE ? 8 : 2;
	size_t larger = *cap < least ? least : product(*cap, 2);
	size_t new = product(larger, size);
	*cap = larger;
	if (arena_stretch(arena, items, old, new))
		return items;
	if (old >= ALONE && !APART)
		return grow_alone(arena, items, n * size, new);
	void *moved = arena_take(arena, new);
	if (n > 0)
		memcpy(moved, items, n * size);
	return moved;
}

char *
arena_copy(struct arena *arena, const char *bytes, size_t len)
{
	char *copy = arena_take(arena, len + 1);

	if (len > 0)
		memcpy(copy, bytes, len);
	copy[len] = '\0';
	return copy;
}

char *
arena_format(struct arena *arena, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	char *text = arena_format_list(arena, format, args);
	va_end(args);
	return text;
}

char *
arena_format_list(struct arena *arena, const char *format, va_list args)
{
	char brief[256];
	va_list again;

	va_copy(again, args);
	int len = vsnprintf(brief, sizeof(brief), format, args);
	if (len < 0) /* longer than an int can tell */
		out_of_memory();
	char *text = arena_take(arena, (size_t)len + 1);
	if ((size_t)len < sizeof(brief))
		memcpy(text, brief, (size_t)len + 1);
	else
		vsnprintf(text, (size_t)len + 1, format, again);
	va_end(again);
	return text;
}

struct arena_mark
arena_mark(const struct arena *arena)
{
	return (struct arena_mark) { arena->next, arena->end, arena->n_made };
}

/* Gives back the blocks from this one on that are newer. */
static void
blocks_give(struct arena_block **link, size_t n_made)
{
	while (*link && (*link)->number > n_made) {
		struct arena_block *block = *link;
		*link = block->older;
		block_give(block);
	}
}

/* Newer blocks come first, but for long arrays, which lie behind the block that was
 * open when they grew. */
void
arena_reset(struct arena *arena, struct arena_mark mark)
{
	blocks_give(&arena->blocks, mark.n_made);
	if (arena->blocks)
		blocks_give(&arena->blocks->older, mark.n_made);
	arena->n_made = mark.n_made;
	arena->next = mark.next;
	arena->end = mark.end;
}

void
arena_end(struct arena *arena)
{
	arena_reset(arena, (struct arena_mark) { NULL, NULL, 0 });
}
