#include "policy/range.h"

#include <stdlib.h>

#include "grammar/arena.h"

int
range_compare(struct range a, struct range b)
{
	int order = point_compare(a.first, b.first);

	return order ? order : point_compare(b.last, a.last);
}

static int
range_order(const void *left, const void *right)
{
	const struct range *a = left, *b = right;

	return range_compare(*a, *b);
}

size_t
ranges_sort(struct range *ranges, size_t n)
{
	size_t kept = 0;

	if (n > 1)
		qsort(ranges, n, sizeof(*ranges), range_order);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || range_compare(ranges[kept - 1], ranges[i]) != 0)
			ranges[kept++] = ranges[i];
	return kept;
}

static int
point_order(const void *left, const void *right)
{
	const struct point *a = left, *b = right;

	return point_compare(*a, *b);
}

size_t
points_sort(struct point *points, size_t n)
{
	size_t kept = 0;

	if (n > 1)
		qsort(points, n, sizeof(*points), point_order);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || point_compare(points[kept - 1], points[i]) != 0)
			points[kept++] = points[i];
	return kept;
}

size_t
points_from(const struct point *points, size_t n, struct point point)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (point_compare(points[middle], point) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A set being made: ranges are put in from the lowest to the highest. */
struct builder {
	struct arena *arena;
	struct range *at;
	size_t n, cap;
};

/* No more than the first few are given room before they come. */
#define ROOM_FIRST 8

static struct builder
builder_start(struct arena *arena, size_t most)
{
	struct builder builder = { .arena = arena };

	builder.cap = most < ROOM_FIRST ? most : ROOM_FIRST;
	builder.at = arena_array(arena, builder.cap, sizeof(*builder.at));
	return builder;
}

static void
builder_put(struct builder *builder, struct point first, struct point last)
{
	builder->at = arena_grow(builder->arena, builder->at, builder->n, &builder->cap,
	                         sizeof(*builder->at));
	builder->at[builder->n++] = (struct range) { first, last };
}

static struct ranges
builder_end(const struct builder *builder)
{
	return (struct ranges) { builder->at, builder->n };
}

static struct point
lower(struct point a, struct point b)
{
	return point_compare(a, b) < 0 ? a : b;
}

static struct point
higher(struct point a, struct point b)
{
	return point_compare(a, b) > 0 ? a : b;
}

/* Whether two ranges, the first one starting no later, leave no point of
 * their line between them. */
static bool
is_joined(struct range a, struct range b)
{
	if (a.last.line != b.first.line)
		return false;
	/* below b.first there is a next point */
	return point_compare(b.first, a.last) <= 0 ||
	       point_compare(point_next(a.last), b.first) == 0;
}

/* Puts in a range that starts no earlier than the others, and may be joined
 * to the last of them. */
static void
builder_join(struct builder *builder, struct range range)
{
	struct range *last = builder->n ? &builder->at[builder->n - 1] : NULL;

	if (last && is_joined(*last, range))
		last->last = higher(last->last, range.last);
	else
		builder_put(builder, range.first, range.last);
}

static bool
is_sorted(const struct range *at, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (point_compare(at[i - 1].first, at[i].first) > 0)
			return false;
	return true;
}

struct ranges
ranges_of(struct arena *arena, const struct range *at, size_t n)
{
	struct builder builder = { .arena = arena,
		                   .at = arena_array(arena, n, sizeof(*at)),
		                   .cap = n };

	for (size_t i = 0; i < n; i++)
		builder.at[i] = at[i];
	if (!is_sorted(builder.at, n))
		qsort(builder.at, n, sizeof(*at), range_order);
	/* in place: no more come out than went in */
	for (size_t i = 0; i < n; i++)
		builder_join(&builder, builder.at[i]);
	return builder_end(&builder);
}

/* The first range that ends at the point or after it; n if none does. */
static size_t
ranges_from(struct ranges set, struct point point)
{
	size_t first = 0, end = set.n;

	while (first < end) {
		size_t middle = first + (end - first) / 2;
		if (point_compare(set.at[middle].last, point) < 0)
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

struct ranges
ranges_join(struct arena *arena, struct ranges a, struct ranges b)
{
	struct builder builder;
	size_t i = 0, j = 0;

	if (a.n == 0 || b.n == 0)
		return a.n ? a : b;
	builder = builder_start(arena, a.n + b.n);
	while (i < a.n || j < b.n) {
		if (j == b.n ||
		    (i < a.n && point_compare(a.at[i].first, b.at[j].first) <= 0))
			builder_join(&builder, a.at[i++]);
		else
			builder_join(&builder, b.at[j++]);
	}
	return builder_end(&builder);
}

struct ranges
ranges_meet(struct arena *arena, struct ranges a, struct ranges b)
{
	struct ranges none = { NULL, 0 };

	if (a.n == 0 || b.n == 0)
		return none;
	struct builder builder = builder_start(arena, a.n + b.n);
	size_t i = ranges_from(a, b.at[0].first), j = ranges_from(b, a.at[0].first);
	while (i < a.n && j < b.n) {
		struct point first = higher(a.at[i].first, b.at[j].first);
		struct point last = lower(a.at[i].last, b.at[j].last);
		if (point_compare(first, last) <= 0)
			builder_put(&builder, first, last);
		if (point_compare(a.at[i].last, b.at[j].last) < 0)
			i++;
		else
			j++;
	}
	return builder_end(&builder);
}

/* Puts in what is left of a range; *j is the first of b that reaches it, and
 * afterwards the first that reaches beyond. */
static void
builder_minus(struct builder *builder, struct range left, struct ranges b, size_t *j)
{
	for (; *j < b.n && point_compare(b.at[*j].first, left.last) <= 0; ++*j) {
		struct range taken = b.at[*j];
		if (point_compare(left.first, taken.first) < 0)
			builder_put(builder, left.first, point_before(taken.first));
		if (point_compare(taken.last, left.last) >= 0)
			return; /* it may reach the next one too */
		if (point_compare(taken.last, left.first) >= 0)
			left.first = point_next(taken.last);
	}
	builder_put(builder, left.first, left.last);
}

struct ranges
ranges_minus(struct arena *arena, struct ranges a, struct ranges b)
{
	if (a.n == 0 || b.n == 0)
		return a;
	struct builder builder = builder_start(arena, a.n + b.n);
	size_t j = ranges_from(b, a.at[0].first);
	for (size_t i = 0; i < a.n; i++)
		builder_minus(&builder, a.at[i], b, &j);
	return builder_end(&builder);
}

bool
ranges_hold(struct ranges set, struct point point)
{
	size_t i = ranges_from(set, point);

	return i < set.n && point_compare(set.at[i].first, point) <= 0;
}

bool
ranges_cover(struct ranges set, struct range range)
{
	size_t i = ranges_from(set, range.first);

	/* one does it or none, since there are gaps between them */
	return i < set.n && range_covers(set.at[i], range);
}

bool
ranges_overlap(struct ranges set, struct range range)
{
	size_t i = ranges_from(set, range.first);

	return i < set.n && range_overlaps(set.at[i], range);
}

/* The largest aligned block that starts where the range does and does not
 * leave it. */
static struct range
range_first_block(struct range range)
{
	struct range block = { range.first, range.first };

	for (unsigned bits = line_width(range.first.line); bits > 0; bits--) {
		struct range larger = point_block(range.first, bits - 1);
		if (!range_covers(range, larger))
			break;
		block = larger;
	}
	return block;
}

struct ranges
range_prefixes(struct arena *arena, struct range range)
{
	struct builder builder = builder_start(arena, 1);

	for (;;) {
		struct range block = range_first_block(range);
		builder_put(&builder, block.first, block.last);
		if (point_compare(block.last, range.last) == 0)
			return builder_end(&builder);
		range.first = point_next(block.last);
	}
}
