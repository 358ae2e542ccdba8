#include "policy/partition.h"

#include <string.h>

#include "grammar/arena.h"

#define NO_CLASS UINT32_MAX

static uint32_t
class_new(struct partition *p)
{
	uint32_t class = p->n_classes;

	if (p->n_free > 0)
		return p->free[--p->n_free];
	p->size = arena_grow(p->arena, p->size, class, &p->size_cap, sizeof(*p->size));
	p->split =
		arena_grow(p->arena, p->split, class, &p->split_cap, sizeof(*p->split));
	p->size[class] = 0;
	p->split[class] = NO_CLASS;
	return p->n_classes++;
}

static void
class_free(struct partition *p, uint32_t class)
{
	p->free =
		arena_grow(p->arena, p->free, p->n_free, &p->free_cap, sizeof(*p->free));
	p->free[p->n_free++] = class;
}

void
partition_start(struct partition *p, struct arena *arena, uint32_t n_points)
{
	*p = (struct partition) { .arena = arena, .n_points = n_points };
	p->class_of = arena_array(arena, n_points, sizeof(*p->class_of));
	if (n_points == 0)
		return;
	uint32_t class = class_new(p);
	p->size[class] = n_points;
}

/* Where the points of a class go that the set holds. */
static uint32_t
class_split(struct partition *p, uint32_t class)
{
	if (p->split[class] != NO_CLASS)
		return p->split[class];
	uint32_t fresh = class_new(p);
	p->split[class] = fresh;
	p->touched = arena_grow(p->arena, p->touched, p->n_touched, &p->touched_cap,
	                        sizeof(*p->touched));
	p->touched[p->n_touched++] = class;
	return fresh;
}

void
partition_split(struct partition *p, struct runs set)
{
	p->n_touched = 0;
	for (size_t i = 0; i < set.n; i++)
		for (uint32_t point = set.at[i].first; point < set.at[i].end; point++) {
			uint32_t class = p->class_of[point];
			uint32_t fresh = class_split(p, class);
			p->size[class]--;
			p->size[fresh]++;
			p->class_of[point] = fresh;
		}
	for (size_t i = 0; i < p->n_touched; i++) {
		p->split[p->touched[i]] = NO_CLASS;
		if (p->size[p->touched[i]] == 0)
			class_free(p, p->touched[i]);
	}
}

void
partition_number(struct partition *p)
{
	uint32_t *number = arena_array(p->arena, p->n_classes, sizeof(*number));
	uint32_t n = 0;

	p->first = arena_array(p->arena, p->n_classes, sizeof(*p->first));
	memset(number, 0xff, p->n_classes * sizeof(*number));
	for (uint32_t point = 0; point < p->n_points; point++) {
		uint32_t *class = &p->class_of[point];
		if (number[*class] == NO_CLASS) {
			p->first[n] = point;
			number[*class] = n++;
		}
		*class = number[*class];
	}
	memset(p->size, 0, n * sizeof(*p->size));
	for (uint32_t point = 0; point < p->n_points; point++)
		p->size[p->class_of[point]]++;
	p->n_classes = n;
	p->n_free = 0;
}

/* Classes are numbered by their first points, and the set holds all of each: the
 * first point of a class is where it is met first. */
uint32_t *
partition_classes(const struct partition *p, struct arena *arena, struct runs set,
                  size_t *n)
{
	uint32_t *classes;
	size_t k = 0;

	*n = 0;
	for (size_t i = 0; i < set.n; i++)
		for (uint32_t point = set.at[i].first; point < set.at[i].end; point++)
			*n += p->first[p->class_of[point]] == point;
	classes = arena_array(arena, *n, sizeof(*classes));
	for (size_t i = 0; i < set.n; i++)
		for (uint32_t point = set.at[i].first; point < set.at[i].end; point++)
			if (p->first[p->class_of[point]] == point)
				classes[k++] = p->class_of[point];
	return classes;
}
