#ifndef ACLC_CLI_REASON_H
#define ACLC_CLI_REASON_H

/* Why an answer is as it is: a rule of the policy, where it stands, and the
 * sentence that goes with it. */

#include "cli/cli.h"
#include "policy/probe.h"

struct json_t;

struct reason {
	const struct grant *grant;  /* or */
	const struct ssh_rule *ssh; /* or neither: no section says so */
	const char *said;           /* NULL: nothing beside the place */
};

struct reason reason_of_hit(const struct probe_hit *);
struct reason reason_of_login(const struct probe_login *);
struct reason reason_of_miss(const struct probe_miss *);

/* "grants[3]", "ssh[0]"; NULL without a rule. In the arena. */
const char *reason_path(struct arena *, const struct reason *);

/* "grants[3] (line 14): group:eng may reach …", a line. */
void reason_write(struct output *, const struct policy *, const struct reason *);

/* {"path": "grants[3]", "line": 14, "column": 3, "why": "…"}; the path is null
 * without a rule, and there is no place. */
struct json_t *json_of_reason(const struct policy *, const struct reason *);

#endif
