#ifndef ACLC_CLI_RESULTS_H
#define ACLC_CLI_RESULTS_H

/* What became of the policy's own tests, on its way to one of the formats. */

#include "cli/cli.h"
#include "cli/reason.h"
#include "policy/claim.h"

struct results {
	struct run *run;
	struct unit *unit;
	const struct claims
		*claims; /* NULL: the policy has errors, and none was judged */
	bool strict;     /* what is unknown has failed */
};

/* Whether it counts against the policy. */
bool claim_is_bad(const struct results *, const struct claim *);

/* "tests[3].accept[1]", "tests[3]". In the arena. */
const char *claim_path(struct arena *, const struct claim *);

/* What is claimed: "group:eng reaches tag:db:5432 over udp", "ada@example.com does
 * not log in on tag:db as root". In the arena. */
const char *claim_statement(struct arena *, const struct claim *);

/* The rule that decided or came nearest, with the sentence why. */
struct reason claim_reason(const struct claim *);

struct place claim_place(const struct results *, const struct claim *);

/* The first thing that is wrong with a policy that has errors. */
const struct finding *results_fault(const struct results *);

/* Each claim, its verdict and why; the sum. */
void results_text(const struct results *, struct output *);

void results_json(const struct results *, struct output *);

/* output_junit.c, output_tap.c */
void results_junit(const struct results *, struct output *);
void results_tap(const struct results *, struct output *);

#endif
