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

/* A search of which no more is done than is asked for, and that can begin anew at
 * the cost of what it did. */
struct become_walk {
	const struct becoming *becoming;
	unsigned kinds;
	bool back;
	uint32_t *steps; /* as become_search says them */
	uint32_t *queue; /* what was met, in order */
	size_t n, at;
	uint32_t next; /* edge of queue[at] to look at; NEVER: from the first */
	uint32_t *closed, closing; /* by node: never entered while equal */
};

/* A walk along edges of those kinds, or against them. */
struct become_walk become_walk_of(struct arena *, const struct becoming *, unsigned kinds,
                                  bool back);

/* Begins from one node, which is the first that become_walk_next gives. */
void become_walk_from(struct become_walk *, uint32_t start);

/* The nearest node not given yet. false: there are no more. */
bool become_walk_next(struct become_walk *, uint32_t *node);

/* Walks enter no node any more that this one met, until all are opened again. */
void become_walk_close(struct become_walk *);
void become_walk_open(struct become_walk *);

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
