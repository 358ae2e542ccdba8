#ifndef ACLC_POLICY_RANGE_H
#define ACLC_POLICY_RANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "grammar/address.h"

struct arena;

/* The order of ranges, by which what is inside comes after what is around: by first,
 * then the wider first. <0, 0 or >0. */
int range_compare(struct range, struct range);

/* Puts n ranges in that order, each once; returns how many are left. */
size_t ranges_sort(struct range *, size_t n);

/* Puts n points in order, each once; returns how many are left. */
size_t points_sort(struct point *, size_t n);

/* The place of the first of n points in order that is not before one; n if all are. */
size_t points_from(const struct point *, size_t n, struct point);

/* A set of points: ranges sorted, apart from each other (neither overlapping
 * nor adjacent). The empty set has n 0. Immutable once made, so that a result
 * may share its ranges with what it was made from. */
struct ranges {
	const struct range *at;
	size_t n;
};

/* The set of what the n ranges hold, in any order and overlapping or not. */
struct ranges ranges_of(struct arena *, const struct range *, size_t n);

/* What is in either, in both, in the first alone. One walk along the two sets;
 * meet and minus walk only where they reach into each other. */
struct ranges ranges_join(struct arena *, struct ranges, struct ranges);

struct ranges ranges_meet(struct arena *, struct ranges, struct ranges);

struct ranges ranges_minus(struct arena *, struct ranges, struct ranges);

/* The point is in the set. A search, as are the next two. */
bool ranges_hold(struct ranges, struct point);

/* Every point of the range is in the set. */
bool ranges_cover(struct ranges, struct range);

/* Some point of the range is in the set. */
bool ranges_overlap(struct ranges, struct range);

/* The fewest CIDRs that a range is made of, in order. They touch each other:
 * this is a list, not a set for the functions above. */
struct ranges range_prefixes(struct arena *, struct range);

#endif
