#ifndef ACLC_POLICY_BECOME_H
#define ACLC_POLICY_BECOME_H

/*
 * Who can become whom: a graph of the names of a policy. Whoever owns a tag can
 * give it to a machine and act with its access, and so can a machine whose tag
 * owns another; whoever logs in on a machine acts with the access of its tags.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"

enum become_kind {
	BECOME_MEMBER, /* a user is in a group: the same person, no step at all */
	BECOME_OWNER,  /* may take the tag */
	BECOME_LOGIN,  /* may log in on machines with the tag */
	BECOME_AMONG,  /* stands for several destinations of logins, this one too */
};

struct become_edge {
	uint32_t from, to;
	enum become_kind kind;
	struct span where; /* the owner in tagOwners; the source of the ssh rule */
	const struct ssh_rule *ssh;
};

struct becoming {
	struct arena *arena;
	const struct policy *policy;
	struct names names;        /* the nodes: selectors, by text */
	struct become_edge *edges; /* by from */
	size_t n_edges;
	uint32_t *first;      /* by node, and one more: its first edge */
	uint32_t *back;       /* numbers of edges, by to */
	uint32_t *back_first; /* by node, and one more: its first in back */
};

struct becoming *becoming_of(struct arena *, const struct policy *);

/* Steps of a search from some nodes: for each node the edge by which it was
 * reached first, BECOME_START, or BECOME_NEVER. */
#define BECOME_NEVER UINT32_MAX
#define BECOME_START (UINT32_MAX - 1)

/* Breadth first, along edges of the kinds whose bits are set. In the arena. */
uint32_t *become_search(struct arena *, const struct becoming *, const uint32_t *start,
                        size_t n, unsigned kinds);

/* The same against the edges: how each node leads to the nearest of some. */
uint32_t *become_search_back(struct arena *, const struct becoming *,
                             const uint32_t *goals, size_t n, unsigned kinds);

#define BECOME_BIT(kind) (1u << (kind))
#define BECOME_ALL 15u

/*
 * The nodes that some selectors are to begin with: they themselves, and of groups
 * and the like everybody in them. *n gets how many; in the arena.
 */
uint32_t *become_start(struct arena *, const struct becoming *, const struct selectors *,
                       size_t *n);

/* "group:dev may take tag:ci, tag:ci may log in on tag:prod": the way to a node by
 * the steps of become_search. */
const char *become_way(struct arena *, const struct becoming *, const uint32_t *steps,
                       uint32_t node);

/* The same by those of become_search_back. */
const char *become_way_on(struct arena *, const struct becoming *, const uint32_t *steps,
                          uint32_t node);

/*
 * The circles of ownership: for each node the number of its circle, equal for
 * tags that own each other by way of any others. Tarjan's algorithm.
 */
uint32_t *become_circles(struct arena *, const struct becoming *);

#endif
