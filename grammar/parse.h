#ifndef ACLC_GRAMMAR_PARSE_H
#define ACLC_GRAMMAR_PARSE_H

/*
 * What the two halves of the reader share: parse.c reads what is right,
 * recover.c says what is wrong and where reading goes on. For them alone.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grammar/hujson.h"

/* What may come at a place. */
enum expect {
	EXPECT_DOCUMENT,    /* the one value */
	EXPECT_NAME,        /* a name, or the end of the object */
	EXPECT_COLON,       /* behind a name */
	EXPECT_VALUE,       /* of a member */
	EXPECT_MEMBER_END,  /* a comma, or the end of the object */
	EXPECT_ELEMENT,     /* an element, or the end of the array */
	EXPECT_ELEMENT_END, /* a comma, or the end of the array */
	EXPECT_END,         /* blanks and comments alone */
	EXPECT_NO_MORE,     /* reading is over */
};

/* Where reading stands. */
struct step {
	const char *at;
	enum expect expect;
};

#define NODE_NONE UINT32_MAX
#define NODE_DOOMED_NONE (UINT32_MAX - 1)

/* So many errors are told of one source. */
#define FAULTS_MAX 200

struct parser {
	struct source *source;
	struct arena *arena;
	struct findings *findings;
	const char *start, *end;

	struct node *nodes;
	uint32_t n;
	size_t cap;
	/* The innermost array or object that is open, and its kind; HUJSON_BAD
	 * when none is. While it is open, its count is the node around it. */
	uint32_t open;
	enum hujson_kind inside;
	uint32_t depth;

	/* The rest is for texts with errors. */
	uint32_t faults;   /* errors told */
	bool crossed;      /* brackets did not match: the document may end early */
	bool guessed;      /* some were skipped: they may not match at all */
	const char *quiet; /* errors up to here follow from one already told */
	const char *words; /* hujson's own, for the first error */
	/* A member that is dropped when its value is read: its object, and its
	 * first node. */
	uint32_t doomed_in, doomed;
	/* How many arrays and objects are open where a name should be, and at
	 * which depths. */
	uint32_t astray;
	uint64_t astray_at[HUJSON_DEPTH_MAX / 64 + 1];
};

/* What comes after a value that was just read. */
static inline enum expect
expect_after_value(const struct parser *p)
{
	if (p->inside == HUJSON_OBJECT)
		return EXPECT_MEMBER_END;
	return p->inside == HUJSON_ARRAY ? EXPECT_ELEMENT_END : EXPECT_END;
}

/* Adds a node whose count is 1. */
void node_push(struct parser *, enum hujson_kind, const char *first, const char *end);

/* Opens the array or object that starts here. */
struct step container_open(struct parser *, const char *at);

/* Closes the innermost; end is where it ends. */
struct step container_close(struct parser *, const char *end);

/* Skips blanks and comments; tells of comments that are wrong. */
const char *extra_read(struct parser *, const char *at);

/*
 * What is expected is not here; from is the end of what came before, at the
 * byte that is wrong, or the end of the source. Raises the finding and returns
 * where to go on.
 */
struct step recover(struct parser *, const char *from, const char *at, enum expect);

/* The string that starts here is wrong; its node is added. */
struct step recover_string(struct parser *, const char *at, enum expect);

/* A comment that does not end, or holds bytes that are no UTF-8. */
void recover_comment(struct parser *, const char *at, const char *end);

/* While some arrays or objects stand where names should be: this one was just
 * closed, and may be one of them. */
struct step recover_astray(struct parser *, uint32_t closed, const char *end);

/* The value of a doomed member was just read. */
void recover_doomed(struct parser *);

/* Closes what is open still; gives a tree without nodes a bad one. */
void recover_end(struct parser *, const char *at);

/* Another array or object would be one too many. */
struct step recover_depth(struct parser *, const char *at);

#endif
