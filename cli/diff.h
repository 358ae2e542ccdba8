#ifndef ACLC_CLI_DIFF_H
#define ACLC_CLI_DIFF_H

/* Two policies, and what they differ in, on their way to one of the formats. */

#include "cli/cli.h"
#include "policy/diff.h"

struct diff_options {
	const char *git;
	unsigned fail_on;
	struct strings old_inventories;
	const char *old_target, *new_target;
	bool all;
};

/* One side: where it comes from, and what it became. */
struct side {
	const char
		*name; /* for people: a path, REV:PATH, what standard input is called */
	const char *path; /* a file that explain can be asked about, or NULL */
	const char *git;  /* git's name for it, where git asks; else NULL */
	enum target target;
	bool target_given; /* by an option, not by the settings */
	struct text bytes; /* as read */
	bool missing;      /* it is not there: added, or deleted */
	struct unit unit;
};

/* A run of diff. */
struct differing {
	struct run *run;
	const struct diff_options *own;
	struct side sides[2];    /* by enum diff_side */
	bool inventories_given;  /* by options too */
	bool one;                /* both are one policy, for two targets */
	const struct diff *any;  /* for every tailnet … */
	const struct diff *here; /* … and for that of the inventories, or NULL */
	/* Without inventories, if it says more: the same where those who are named are
	 * guests; else NULL. */
	const struct diff *guests;
};

/* diff_sides.c */

/* Finds out from the operands what is compared. false: it was said why. */
bool sides_find(struct differing *);

/* Finds out for which target each of them is. false: it was said why. */
bool sides_settle(struct differing *);

/* Whether git asks, as it does its external diff drivers. */
bool differing_in_git(const struct differing *);

/* Where a side stands, for people: git's name for it, or its own. */
const char *side_place(const struct differing *, enum diff_side);

/* What to call a side: "new.hujson", "policy.hujson on headscale-0.29". */
const char *side_name(const struct differing *, enum diff_side);

/* Reads a side's bytes, unless it is missing. */
bool side_read(struct differing *, enum diff_side);

/* What is compared: that of the inventories, or for every tailnet. */
const struct diff *differing_access(const struct differing *);

/* "more permissive" … of access and everything else. */
const char *differing_verdict(const struct differing *);

/* Whether the policies differ in nothing that counts. */
bool differing_is_empty(const struct differing *);

/* The command that shows a witness of a diff: "aclc explain tag:db tag:web:443
 * new.hujson"; NULL where explain cannot be asked about it. */
const char *witness_command(struct arena *, const struct differing *, const struct diff *,
                            enum diff_side, const struct diff_access *);

/* What one side alone allows: gained by the new one, or lost with the old one. */
const struct diff_accesses *accesses_of(const struct diff *, enum diff_side);

/* What guests gain or lose, where nobody else does: nothing is gained, or lost, if
 * whoever is named is a member. An empty list where there is no such thing. */
const struct diff_accesses *guests_access(const struct differing *, enum diff_side);

/* output_diff.c */

/* A list of names, no longer than people read unless all was asked for: the last of
 * them may be "17 more". n becomes how many are in it. */
struct text *names_shown(struct arena *, const struct differing *, const struct text *,
                         size_t *n);

/* Sentences about all of it, in the arena: "2 gained, 1 lost, 3 otherwise changed"; how
 * what is the same is so; who gains or loses something in the tailnet, and what differs
 * for any, or NULL. */
const char *sums_text(struct arena *, const struct differing *);
const char *same_text(const struct differing *);
const char *tailnet_text(struct arena *, const struct differing *, enum diff_side);
const char *paper_text(struct arena *, const struct differing *);

/* Whether something differs for some tailnets, and nothing for this one. */
bool is_on_paper(const struct differing *);

/* All of it, in one format: output_diff.c, output_diff_json.c, output_markdown.c. */
void diff_text(const struct differing *, struct output *);
void diff_json(const struct differing *, struct output *);
void diff_markdown(const struct differing *, struct output *);

#endif
