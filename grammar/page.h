#ifndef ACLC_GRAMMAR_PAGE_H
#define ACLC_GRAMMAR_PAGE_H

/* The page that format.c writes on: strings with the escapes that must be, and
 * blanks and comments set in order (spec/hujson.md section 4.4). */

#include <string.h>

#include "grammar/arena.h"
#include "grammar/hujson.h"

struct page {
	struct arena paper, scratch; /* apart, so that bytes grow in place */
	char *bytes;
	size_t len, cap;
	size_t lines; /* line ends so far */
};

/* An empty page, with room for about so many bytes. */
void page_start(struct page *, size_t about);

void page_end(struct page *);

/* Makes room for so many more bytes. */
void page_widen(struct page *, size_t more);

/* Room for so many more bytes, at the end. */
static inline char *
page_room(struct page *page, size_t more)
{
	if (page->cap - page->len < more)
		page_widen(page, more);
	return page->bytes + page->len;
}

static inline void
page_put(struct page *page, const char *bytes, size_t n)
{
	char *to = page_room(page, n);

	if (n > 0)
		memcpy(to, bytes, n);
	page->len += n;
}

/* The same byte n times. */
static inline void
page_fill(struct page *page, char c, size_t n)
{
	char *to = page_room(page, n);

	if (n > 0)
		memset(to, c, n);
	page->len += n;
}

/* A literal: strings with escapes get those that hujsonfmt writes. */
void page_put_literal(struct page *, const struct tree *, const struct node *);

/* How many bytes that is. */
size_t literal_length(const struct tree *, const struct node *);

/* What is to be done to blanks and comments besides setting them in order. */
enum treatment {
	STARTS_LINE = 1,  /* has a line end at its start */
	ENDS_LINE = 2,    /* has one at its end */
	NO_LEADING = 4,   /* no blank line at the start */
	NO_TRAILING = 8,  /* nor at the end */
	UNINDENT = 16,    /* what follows stands one level less deep */
	NEVER_EMPTY = 32, /* one space at least */
};

/* Blanks and comments, with the treatments in how. Lines are indented by depth
 * tabs. */
void page_put_extra(struct page *, struct text extra, size_t depth, unsigned how);

/* The same for those before and after the document: no blanks lead, and one
 * line end is last. */
void page_put_head(struct page *, struct text before);

void page_put_tail(struct page *, struct text after);

#endif
