#ifndef ACLC_POLICY_SSH_H
#define ACLC_POLICY_SSH_H

/*
 * The ssh section compiled: who may log in where as whom, and the SSH policy of
 * each machine as the control plane sends it (spec/semantics.md 8,
 * spec/wire-format.md 5 and 6). The order is the wire's: check rules before
 * accept rules, each in policy order.
 *
 * Not captured, and assumed here: a recorder listens at port 80 of each machine
 * with its tag; what a check rule records comes with the delegate's answer, so
 * that its action is holdAndDelegate alone, as every capture shows it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"
#include "policy/set.h"
#include "policy/tailnet.h"

/* One member of sshUsers. local is the same name, "=" (beside "*": as asked,
 * but not root) or "" (nobody). */
struct ssh_login {
	struct text wanted, local;
};

/* tailcfg.SSHRule. Shared by all machines that get it. */
struct wire_ssh_rule {
	const struct ssh_rule *rule;    /* where it comes from */
	uint32_t principals;            /* ssh_principals_json */
	const struct set *from;         /* the machines among the principals, each once */
	const struct ssh_login *logins; /* sshUsers, in byte order of wanted */
	size_t n_logins;
	/* The action: either holdAndDelegate alone (its URL is the coordinator's
	 * with SSH_HOLD_PATH after it), or accept with the three allow…Forwarding,
	 * all true, and what is said below. */
	bool hold;
	int64_t session_ns;           /* sessionDuration; 0: left out */
	const struct text *recorders; /* "100.64.0.9:80", "[fd7a::9]:80" */
	size_t n_recorders;           /* 0: neither recorders nor onRecordingFailure */
	bool enforce_recorder; /* onRecordingFailure says SSH_RECORDING_REJECT and …_TERMINATE */
	const struct word *accept_env;
	size_t n_accept_env; /* 0: left out */
	/* Imagined tailnet only: the source must satisfy one; else NULL. In a real
	 * one the sources are already narrowed to those that do. */
	const struct words *postures;
};

/* Follows the coordinator's own address in holdAndDelegate. */
#define SSH_HOLD_PATH                                                                    \
	"/machine/ssh/action/$SRC_NODE_ID/to/$DST_NODE_ID?local_user=$LOCAL_USER"

/* Where --control-url is not given: clients put their coordinator there. */
#define SSH_CONTROL_URL "https://unused"

/* onRecordingFailure.RejectSessionWithMessage and .TerminateSessionWithMessage. */
#define SSH_RECORDING_REJECT "this session cannot be recorded, and its policy demands it"
#define SSH_RECORDING_TERMINATE                                                          \
	"the recording of this session broke off, and its policy demands it"

/* The SSH policy of one machine. */
struct wire_ssh {
	const struct wire_ssh_rule *const *rules;
	size_t n;
};

struct ssh_table;

/*
 * Compiles the ssh section of a policy without errors, for a tailnet that
 * tailnet_index has seen. NULL when the policy has no ssh section: SSHPolicy is
 * null then. The cost follows the section and the sizes of the sets it names,
 * not machines × rules.
 */
struct ssh_table *ssh_compile(struct arena *, const struct policy *, struct tailnet *);

/* The rules of one machine, in the wire's order; the list lies in scratch, the
 * rules in the table's arena. */
struct wire_ssh ssh_of(const struct ssh_table *, struct arena *scratch, uint32_t machine);

/* The principals of a rule as a JSON array, made once for each distinct list:
 * `[{"nodeIP":"100.64.0.1"},{"nodeIP":"fd7a:115c:a1e0::1"}]`. */
struct text ssh_principals_json(struct ssh_table *, uint32_t principals);

/* The number of distinct lists of principals; they are numbered from 0. */
size_t ssh_n_principals(const struct ssh_table *);

/* What a client makes of a login. */
enum ssh_verdict { SSH_DENIED, SSH_ACCEPTED, SSH_CHECKED };

/* Whether a rule lets a source in its `from` log in as that user. "root" needs
 * its own member, "*" stands for the others. */
bool wire_ssh_rule_admits(const struct wire_ssh_rule *, struct text login);

/* Whether a user of a rule is localpart:*@domain, or autogroup:nonroot, to the
 * policy's target; to others it is a login of just that name. */
bool ssh_is_localpart(const struct policy *, const struct selector *);
bool ssh_is_nonroot(const struct policy *, const struct selector *);

/* Whether a rule lets nobody in unasked: some targets take check for accept. */
bool ssh_asks(const struct policy *, const struct ssh_rule *);

#endif
