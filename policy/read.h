#ifndef ACLC_POLICY_READ_H
#define ACLC_POLICY_READ_H

/* What the parts of the reader share: read.c is the door. */

#include "policy/fields.h"
#include "policy/policy.h"

/* Definitions while they are read. */
struct pile {
	void *at;
	size_t n, cap;
};

/* A policy while it is read. What a section's reader gets as into. */
struct reading {
	struct policy policy; /* first: the policy is what is left in the end */
	struct grant *acls;   /* they come after the grants, wherever they stand */
	size_t n_acls;
	struct pile groups, hosts, ipsets, tags, postures;
	struct pile routes, services, attr_configs;
	struct names route_names, service_names, attr_names;
};

/* Sections; read_rules.c and read_tests.c. */
void read_grants(struct reader *, const struct node *, void *reading);
void read_acls(struct reader *, const struct node *, void *reading);
void read_ssh(struct reader *, const struct node *, void *reading);
void read_node_attrs(struct reader *, const struct node *, void *reading);
void read_tests(struct reader *, const struct node *, void *reading);
void read_ssh_tests(struct reader *, const struct node *, void *reading);

/* A list of "host:ports" into a struct destinations. */
void read_ported(struct reader *, const struct node *, void *destinations);

/* The same for destinations without ports. */
void read_unported(struct reader *, const struct node *, void *destinations);

/* A grant's ip, into a struct grant. */
void read_ip(struct reader *, const struct node *, void *grant);

#endif
