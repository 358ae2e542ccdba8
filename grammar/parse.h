#ifndef ACLC_GRAMMAR_PARSE_H
#define ACLC_GRAMMAR_PARSE_H

/*
 * What the parts of the reader share: parse.c reads what is right; where
 * something is wrong, recover.c and recover_text.c know where reading goes on,
 * and fault.c tells of it. For them alone.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grammar/asked.h"
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

/* How many are open where the members are that excerpts ask for. */
#define EXCERPT_DEPTH 3

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
	/* What is asked of the text; and of the objects that are being read at
	 * EXCERPT_DEPTH, or NULL: then they are kept whole. */
	const struct excerpt *excerpts;
	size_t n_excerpts;
	const struct excerpt *excerpt;
	struct asked_marks marks; /* of its members */

	/* The rest is for texts with errors. */
	uint32_t faults;   /* errors told */
	bool crossed;      /* brackets did not match: the document may end early */
	bool guessed;      /* some were skipped: they may not match at all */
	const char *quiet; /* errors up to here follow from one already told */
	const char *words; /* hujson's own, for the first error */
	/* A member that is dropped when its value is read: its object, and its
	 * first node. Members that no excerpt asks for are dropped so too. */
	uint32_t doomed_in, doomed;
	/* How many arrays and objects are open where a name should be, and at
	 * which depths. */
	uint32_t astray;
	uint64_t astray_at[HUJSON_DEPTH_MAX / 64 + 1];
};

static inline struct step
go_on(const char *at, enum expect expect)
{
	return (struct step) { at, expect };
}

/* What comes after a value that was just read. */
static inline enum expect
expect_after_value(const struct parser *p)
{
	if (p->inside == HUJSON_OBJECT)
		return EXPECT_MEMBER_END;
	return p->inside == HUJSON_ARRAY ? EXPECT_ELEMENT_END : EXPECT_END;
}

/* parse.c */

/* Adds a node whose count is 1. */
void node_push(struct parser *, enum hujson_kind, const char *first, const char *end);

/* Opens the array or object that starts here. */
struct step container_open(struct parser *, const char *at);

/* Closes the innermost; end is where it ends. */
struct step container_close(struct parser *, const char *end);

/* Skips blanks and comments; tells of comments that are wrong. */
const char *extra_read(struct parser *, const char *at);

/* recover.c */

/*
 * What is expected is not here; from is the end of what came before, at the
 * byte that is wrong, or the end of the source. Raises the finding and returns
 * where to go on.
 */
struct step recover(struct parser *, const char *from, const char *at, enum expect);

/* While some arrays or objects stand where names should be: this one was just
 * closed, and may be one of them. */
struct step recover_astray(struct parser *, uint32_t closed, const char *end);

/* The value of a doomed member was just read. */
void recover_doomed(struct parser *);

/* Another array or object would be one too many. */
struct step recover_depth(struct parser *, const char *at);

/* Closes what is open still; gives a tree without nodes a bad one. */
void recover_end(struct parser *, const char *at);

/* recover_text.c */

/* The string that starts here is wrong; after is what comes after it. */
struct step recover_string(struct parser *, const char *at, enum expect after);

/* Adds the node of a name that was read by guess. */
void recover_name_node(struct parser *, const char *first, const char *end);

/* A comment that does not end, or holds bytes that are no UTF-8. */
void recover_comment(struct parser *, const char *at, const char *end);

/* What does not belong to HuJSON at all: its end, or at if it is not such. */
const char *recover_noise(struct parser *, const char *from, const char *at);

/* There is no document where one is expected. */
struct step recover_document(struct parser *, const char *at);

/* Something follows the document. */
struct step recover_garbage(struct parser *, const char *at);

/* The source ends too early. */
struct step recover_early_end(struct parser *, const char *from, enum expect);

/* fault.c */

struct check;
struct finding;

/* hujson's words about a place (printf format), kept for the first error: they
 * go with the finding that is added next. */
void fault_words(struct parser *, const char *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Those about a literal that is none. */
void fault_words_literal(struct parser *, const char *at, const char *end);

/* Those about the byte here; where is "at start of value" and the like. */
void fault_words_byte(struct parser *, const char *at, const char *where);

/* Those about the byte here, or the end of the source, where something else is
 * expected. */
void fault_words_unexpected(struct parser *, const char *at, enum expect);

/* Tells of an error (printf format), unless it follows from an earlier one:
 * then NULL. */
struct finding *fault_add(struct parser *, const struct check *, const char *first,
                          const char *end, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* Whether so many errors were told that reading stops; says so. */
bool fault_enough(struct parser *, const char *at);

/* Errors before this place follow from the one just told. */
void fault_hush(struct parser *, const char *until);

/* The same; and what was skipped may have had brackets in it. */
void fault_guess(struct parser *, const char *until);

/* Notes where an array or object was opened. finding may be NULL. */
void fault_note_open(struct parser *, struct finding *, uint32_t container);

/* What was written, to be shown in a sentence: raw if it can be seen. */
const char *fault_shown(struct parser *, const char *at, const char *end);

#endif
