#ifndef ACLC_POLICY_LINT_H
#define ACLC_POLICY_LINT_H

/*
 * What is doubtful in a policy. The passes raise everything they see; then what
 * people have hushed is left out, and each finding gets the level that they
 * want. Reach is judged on the imagined tailnet, so that it holds for every
 * tailnet; with an inventory, what only its machines show is said as well.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/filter.h"
#include "policy/levels.h"
#include "policy/policy.h"
#include "policy/repair.h"
#include "policy/settings.h"

struct claims;
struct cut;
struct reach_ends;
struct power;

struct lint {
	struct arena *arena;
	struct policy *policy;
	/* Compiled for the inventory's tailnet or an imagined one; NULL where the
	 * policy has errors: then what its rules do is not judged. */
	struct filter *filter;
	const struct claims *claims; /* of its tests, judged; NULL: none were */
	const struct settings *settings;
	const struct levels *levels;
	int64_t today; /* days since 1970 */
	/* Those of the reader and the validator are there; the passes' join them. */
	struct findings *findings;
	struct fixes fixes; /* made by lint … */
	bool fixes_unasked; /* … without edits, where nobody will ask for them */

	/* For the passes; lint makes them. */
	struct filter *imagined;    /* NULL like filter */
	struct filter *real;        /* NULL without an inventory */
	struct cut *cut, *real_cut; /* of them, while they are asked; NULL likewise */
	bool *overridden;           /* by ssh rule: check rules come before it; or NULL */
	bool *needed;               /* by grant: neither empty nor spare */
	bool *everything; /* by grant: it alone lets everybody reach everything */
	unsigned char *whole_groups; /* by group: lint_look.c's own */
	struct reach_ends *reach;    /* lint_reach.c's own */
	struct power *power;         /* lint_power.c's own */
	uint16_t *tally;             /* lint_list.c's own, all 0 from list to list */
	size_t n_tally;
};

/* What is left to say, in file order, nothing twice. */
struct report {
	struct finding **at;
	bool *firm; /* beside it: an error whatever people want */
	size_t n;
	size_t n_errors, n_warnings, n_advice;
	size_t n_hushed; /* by comments and settings */
	size_t n_known;  /* by the baseline */
};

/* Runs the passes. The tree must not be broken, or only its errors are
 * reported. */
struct report lint_run(struct lint *);

/* What finding_key remembers of a tree from call to call; zeroed at first. */
struct senses {
	uint64_t *at; /* by node; 0: not known yet */
};

/*
 * What makes a finding the same finding after lines have moved: its check, the
 * section, and what it is about as written, blanks and comments aside. In a
 * policy with several that are alike, they have one key.
 */
uint64_t finding_key(struct arena *, const struct tree *, const struct finding *,
                     struct senses *);

/* The keys of a report's findings, and the number of each among those alike
 * before it: "3f0c…:1". In the arena, beside report.at. */
const char **report_keys(struct arena *, const struct tree *, const struct report *);

#endif
