#ifndef ACLC_POLICY_REMEDY_H
#define ACLC_POLICY_REMEDY_H

/*
 * A policy mended: its findings' fixes are done, round by round, until none is
 * left. A safe fix is done only when the policies before and after mean the same:
 * who may reach what, who logs in where, who owns, approves and has which
 * attributes, in every tailnet. Where errors leave a policy without a meaning, it is
 * done as one of the unsafe ones, if those are done, or where it mends an error.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/lint.h"

struct remedy {
	struct arena *arena;
	enum target target;
	struct tailnet *tailnet; /* of the inventory, or NULL */
	const struct settings *settings;
	const struct levels *levels;
	int64_t today;
	bool unsafe;      /* do also what changes the meaning */
	enum level least; /* what is below is left alone */
	bool lacks_tests; /* in the end no-tests is reported: to be mended by others */
	size_t n_done;    /* findings mended */
	size_t n_refused; /* safe fixes that could not be proved to be safe */
	bool errors_left; /* for the text mended has errors, and so no meaning */
};

/* The text mended, in the remedy's arena. */
struct text remedy_apply(struct remedy *, struct source *);

#endif
