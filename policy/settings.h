#ifndef ACLC_POLICY_SETTINGS_H
#define ACLC_POLICY_SETTINGS_H

/*
 * What people settle once, in .aclc.hujson: levels, who and what deserves care,
 * how names look, boundaries that must never be crossed. The names in it are
 * the policy's, and are judged beside it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/levels.h"
#include "policy/pattern.h"
#include "policy/policy.h"

/* One of `ignore`: findings of a check at a path of the policy, and below it. */
struct ignore_setting {
	struct word check, path, reason, until;
	const struct node *node;
};

/* One of `never`: a grant that there must not be, its src, dst and ip. */
struct boundary {
	struct grant grant; /* first: its readers know nothing else */
	bool deep;          /* also by way of what src can become */
};

/* A port that only some should reach. */
struct sensitive_port {
	int protocol; /* PROTOCOL_ANY: tcp and udp */
	struct ports ports;
	const char *what; /* "PostgreSQL"; "a sensitive port" for one of the settings' */
};

/* A kind of name, and the pattern that such names follow. */
enum naming_kind {
	NAMING_TAG,
	NAMING_GROUP,
	NAMING_HOST,
	NAMING_IPSET,
	NAMING_POSTURE,
	NAMING_N,
};

struct naming {
	struct word text;
	const struct pattern *pattern; /* NULL: none was given */
};

struct settings {
	struct source *source; /* NULL: there are none, and all is as unset */
	struct tree *tree;
	struct word target;
	bool target_known;
	enum target target_value;
	struct words inventory;
	struct level_rule *levels;
	size_t n_levels;
	struct ignore_setting *ignore;
	size_t n_ignore;
	struct selectors admins, sensitive_tags;
	struct names admin_names, sensitive_names; /* their texts */
	struct sensitive_port *sensitive_ports; /* the usual ones, as the settings say */
	size_t n_sensitive_ports;
	struct words allowed_domains;
	struct naming naming[NAMING_N];
	struct boundary *never;
	size_t n_never;
	int64_t reach_budget;     /* percent; 0: unset */
	int64_t max_check_period; /* nanoseconds; 0: unset */
	struct text max_check_period_text;
};

/* What holds where there are no settings. */
struct settings *settings_none(struct arena *);

/* Reads settings. What cannot be understood is raised as an error at its
 * place; the rest is usable. */
struct settings *settings_read(struct arena *, struct tree *, struct findings *);

/* "tag", "group" …: the members of `naming`. */
const char *naming_name(enum naming_kind);

/* The sensitive port among these of a protocol, the first in the table's order;
 * NULL if none is. PROTOCOL_ANY is tcp and udp. */
const struct sensitive_port *sensitive_among(const struct settings *, int protocol,
                                             struct ports);

#endif
