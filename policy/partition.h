#ifndef ACLC_POLICY_PARTITION_H
#define ACLC_POLICY_PARTITION_H

/*
 * Points that no set tells apart, put together in classes. The points are
 * 0 … n-1 and begin as one class; each set splits the classes that it holds
 * only a part of. Exact, and the cost is that of the sets.
 */

#include <stddef.h>
#include <stdint.h>

struct arena;

/* Points first … end-1. */
struct run {
	uint32_t first, end;
};

/* A set of points: runs that ascend and lie apart. */
struct runs {
	const struct run *at;
	size_t n;
};

struct partition {
	struct arena *arena;
	uint32_t *class_of; /* by point */
	uint32_t n_points;
	uint32_t n_classes; /* numbers in use; partition_number leaves no gaps */
	uint32_t *size;     /* by class */
	uint32_t *split;    /* by class: where its points go, in a split under way */
	size_t size_cap, split_cap;
	uint32_t *touched; /* classes that the set holds points of */
	size_t n_touched, touched_cap;
	uint32_t *free; /* numbers of classes that became empty */
	size_t n_free, free_cap;
	uint32_t *first; /* by class: its first point; made by partition_number */
};

void partition_start(struct partition *, struct arena *, uint32_t n_points);

void partition_split(struct partition *, struct runs);

/* Numbers the classes anew, by their first points, and notes those. */
void partition_number(struct partition *);

/* The classes of a set that has split the partition, ascending, in the arena. */
uint32_t *partition_classes(const struct partition *, struct arena *, struct runs,
                            size_t *n);

#endif
