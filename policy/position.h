#ifndef ACLC_POLICY_POSITION_H
#define ACLC_POLICY_POSITION_H

/* Which selectors may stand where: spec/policy-syntax.md 2.4. */

#include "grammar/selector.h"

/* A place of the policy where selectors stand. */
enum position {
	POSITION_ACL_SRC,
	POSITION_GRANT_SRC,
	POSITION_ACL_DST,
	POSITION_GRANT_DST,
	POSITION_SSH_SRC,
	POSITION_SSH_DST,
	POSITION_TARGET,   /* of nodeAttrs */
	POSITION_OWNER,    /* of a tag */
	POSITION_APPROVER, /* of routes and exit nodes */
	POSITION_HOSTER,   /* approver of a service's hosts */
	POSITION_MEMBER,   /* of a group */
	POSITION_STEP,     /* of an ipset */
	POSITION_VIA,
	POSITION_RECORDER,
	POSITION_TEST_SRC, /* of sshTests as well */
	POSITION_TEST_DST,
	POSITION_SSH_TEST_DST,
	POSITION_PEER, /* broadcastToPeers */
	POSITION_N,
};

/* Whether a position takes selectors of that kind (or that autogroup). What
 * depends on the rest of the rule is taken here. */
bool position_takes(enum position, const struct selector *);

/* "the src of an acl". */
const char *position_name(enum position);

/* What it takes: "users, groups and tags". */
const char *position_wants(enum position);

#endif
