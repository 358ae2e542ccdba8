#ifndef ACLC_POLICY_LINT_PASS_H
#define ACLC_POLICY_LINT_PASS_H

/* What the passes share: lint.h is the door. */

#include "policy/lint.h"
#include "policy/show.h"

/* Raises a finding in the policy. */
struct finding *lint_raise(struct lint *, const struct check *, struct span,
                           const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Adds a second place in the policy. */
void lint_note(struct lint *, struct finding *, struct span, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Begins a repair; fix_drop and its like fill it. */
struct fix *lint_fix(struct lint *, const struct finding *, enum repair);

/* text_show in the arena of the findings. */
const char *lint_show(struct lint *, struct text);

/* printf into the arena of the findings. */
const char *lint_say(struct lint *, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The tailnet of an inventory, or NULL. */
struct tailnet *lint_tailnet(const struct lint *);

/* "acls[3]", for second mentions. */
const char *grant_name(struct lint *, const struct grant *);

/* The passes, each in a file of its name. */
void lint_style(struct lint *);
void lint_names(struct lint *);
void lint_people(struct lint *);
void lint_addresses(struct lint *);
void lint_breadth(struct lint *);
void lint_ssh(struct lint *);
void lint_routes(struct lint *);
void lint_attrs(struct lint *);
void lint_tests(struct lint *);
void lint_target(struct lint *);

/* Repairs for what the reader and the validator have raised. */
void lint_mend(struct lint *);

/* Those that ask about the filter. What they will ask is mentioned before the
 * cut is closed. */
void lint_reach_mention(struct lint *);
void lint_reach(struct lint *);
void lint_power_mention(struct lint *);
void lint_power(struct lint *);

#endif
