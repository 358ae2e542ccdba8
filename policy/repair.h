#ifndef ACLC_POLICY_REPAIR_H
#define ACLC_POLICY_REPAIR_H

/*
 * What would mend a finding, as edits of the text. Comments outlive the values
 * that they stand in or beside, and lines left empty go.
 */

#include <stdbool.h>
#include <stddef.h>

#include "grammar/comment.h"
#include "grammar/finding.h"
#include "grammar/hujson.h"

struct arena;

/* A text in place of what a span holds; an insertion where that is empty. */
struct edit {
	struct span span;
	struct text with;
	bool drops; /* an element or member is taken out; comments in it stay */
};

struct fix {
	const struct finding *finding;
	enum repair kind; /* REPAIR_SAFE: still to be proved */
	struct edit *edits;
	size_t n, cap;
};

/* The fixes of the findings of one policy. */
struct fixes {
	struct arena *arena;
	const struct tree *tree;
	struct fix **at;
	size_t n, cap;
	struct comments comments; /* found when first needed */
	bool comments_known;
	bool unasked; /* nobody will ask for the edits: none is made */
};

/* A fix for a finding, without edits yet. */
struct fix *fix_add(struct fixes *, const struct finding *, enum repair);

/* Puts a text in place of what the span holds. */
void fix_replace(struct fixes *, struct fix *, struct span, struct text with);

/* Takes an element out of its array, or a member (by its name) out of its
 * object, with its comma. */
void fix_drop(struct fixes *, struct fix *, const struct node *);

/* Takes a comment away, and its line where nothing else stands on it. */
void fix_drop_comment(struct fixes *, struct fix *, struct span);

/* Adds elements to the end of an array, each text as it is to stand there. */
void fix_append(struct fixes *, struct fix *, const struct node *array,
                const struct text *elements, size_t n);

/* Adds an element behind another, or a member behind another (by its name). */
void fix_insert_after(struct fixes *, struct fix *, const struct node *,
                      struct text added);

/* Adds a member to an object, as its first, on a line of its own. */
void fix_add_member(struct fixes *, struct fix *, const struct node *object,
                    struct text member);

/* The comments of the policy. */
const struct comments *fixes_comments(struct fixes *);

/*
 * The text with some fixes done, in this order; one that would touch what
 * another did is left out. done, unless NULL, gets for each whether it was. In
 * the arena given.
 */
struct text fixes_apply(struct arena *, const struct source *, struct fix *const *,
                        size_t n, bool *done);

#endif
