/* Points that no word says, named one by one. */
#include "policy/diff_parts.h"

#include "grammar/arena.h"

/* Naming the points of some classes. */
struct pointing {
	struct vocabulary *v;
	struct cut *cut;
	enum cut_side side;
	const struct diff_limits *limits;
	size_t most; /* so many names are enough */
	struct diff_names *names;
	struct arena *scratch;
	struct numbers said; /* points that are */
};

static uint32_t
class_of(const struct pointing *p, uint32_t point)
{
	return p->cut->axes[p->side].partition.class_of[point];
}

static bool
is_allowed(const struct pointing *p, uint32_t point)
{
	return diff_may_say(p->limits, class_of(p, point));
}

/* Whether there are more names than may be: all goes to its end without more. */
static bool
is_full(const struct pointing *p)
{
	return p->names->n > p->most;
}

/* A name that says some points. */
static void
name_put(struct pointing *p, struct text word, const uint32_t *points, uint32_t n)
{
	struct diff_names *names = p->names;
	uint32_t *classes = arena_array(p->scratch, n, sizeof(*classes));

	for (uint32_t i = 0; i < n; i++)
		classes[i] = class_of(p, points[i]);

	names->at = arena_grow(p->cut->arena, names->at, names->n, &names->cap,
	                       sizeof(*names->at));
	const struct bits *bits = bits_of(p->v->axis[p->side].store, classes, n);
	names->at[names->n++] = (struct diff_name) {
		.word = word,
		.bits = bits,
		.about = bits,
	};
}

/* The tailnet that a machine is said to be of: the side's own, or else the other. */
static uint32_t
tailnet_of(const struct pointing *p, uint32_t point)
{
	uint32_t own = p->cut->filters[p->v->filter].tailnet_number;

	return p->cut->machine_of[own][point] != CUT_NONE ? own : 1 - own;
}

/* Whether all of some points may be said. */
static bool
all_allowed(const struct pointing *p, const uint32_t *points, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!is_allowed(p, points[i]))
			return false;
	return true;
}

static void
all_said(struct pointing *p, const uint32_t *points, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		p->v->said[points[i]] = true;
		numbers_add(&p->said, points[i]);
	}
}

/* All that a user has, by the login. */
static bool
say_owner(struct pointing *p, uint32_t point, const struct tailnet *t,
          const struct machine *m)
{
	uint32_t owner = p->cut->owner[point];

	if (owner == CUT_NONE)
		return false;
	if (!p->cut->owned_first)
		cut_owned(p->cut);
	const uint32_t *points = p->cut->owned_at + p->cut->owned_first[owner];
	uint32_t n = p->cut->owned_first[owner + 1] - p->cut->owned_first[owner];
	if (!all_allowed(p, points, n))
		return false;
	name_put(p, t->users[m->user].login, points, n);
	all_said(p, points, n);
	return true;
}

/* All that a machine has, by its name. */
static bool
say_machine(struct pointing *p, uint32_t number, const struct machine *m)
{
	const struct tailnet *t = p->cut->tailnets[number];
	const uint32_t *first = p->cut->points_of[number] + (m - t->machines);
	const uint32_t *points = p->cut->points[number] + first[0];

	if (m->name.len == 0 || tailnet_machine(t, m->name) != m ||
	    !all_allowed(p, points, first[1] - first[0]))
		return false;
	name_put(p, m->name, points, first[1] - first[0]);
	all_said(p, points, first[1] - first[0]);
	return true;
}

static void
say_real(struct pointing *p, uint32_t point)
{
	uint32_t number = tailnet_of(p, point);
	const struct tailnet *t = p->cut->tailnets[number];
	const struct machine *m = &t->machines[p->cut->machine_of[number][point]];

	if (say_owner(p, point, t, m) || say_machine(p, number, m))
		return;
	name_put(p, cut_point_text(p->cut, point), &point, 1);
	all_said(p, &point, 1);
}

/* Whether an imagined machine stands for what has a name. */
static bool
has_name(const struct pointing *p, uint32_t point)
{
	const struct tailnet *t = p->cut->tailnets[0];

	if (point >= p->cut->first_cell || !t->imagined)
		return true;
	switch (t->machines[p->cut->machine_of[0][point]].stand_in) {
	case STAND_IN_USER:
	case STAND_IN_TAG:
	case STAND_IN_SYNCED_GROUP:
	case STAND_IN_SHARED:
		return true;
	case STAND_IN_NONE:
	case STAND_IN_ROLE:
	case STAND_IN_DOMAIN:
	case STAND_IN_OTHER_USER:
	case STAND_IN_OTHER_TAG:
		break;
	}
	return false;
}

static bool
class_has_names(const struct pointing *p, const uint32_t *points, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!has_name(p, points[i]))
			return false;
	return true;
}

/* Cells are put aside, on their way to ranges. */
static void
point_say(struct pointing *p, struct numbers *cells, uint32_t point)
{
	bool cell = point >= p->cut->first_cell && point < p->cut->first_stranger;

	if (cell) {
		numbers_add(cells, point - p->cut->first_cell);
	} else if (point >= p->cut->first_stranger || p->cut->imagined) {
		name_put(p, cut_point_text(p->cut, point), &point, 1);
	} else if (!p->v->said[point]) {
		say_real(p, point);
	}
}

/* A range of cells, and the cells that are in it. */
struct stretch {
	struct range range;
	const uint32_t *points;
	uint32_t n;
};

static void
range_put(struct pointing *p, const struct stretch *stretch, struct point first,
          struct point last)
{
	struct range range = { first, last };
	char text[RANGE_TEXT_MAX];
	size_t len = range_write(range, text);

	name_put(p, (struct text) { arena_copy(p->cut->arena, text, len), len },
	         stretch->points, stretch->n);
}

/* The first address in a range that a machine of either tailnet has and that may not be
 * said; at: where to look on, by tailnet. NULL: there is none. */
static const struct point *
first_barred(const struct pointing *p, size_t at[2], struct range range)
{
	const struct cut *cut = p->cut;
	const struct point *barred = NULL;

	for (uint32_t t = 0; t < cut->n_tailnets; t++) {
		const struct owned_address *list = cut->tailnets[t]->addresses;
		size_t n = cut->tailnets[t]->n_addresses;
		while (at[t] < n && point_compare(list[at[t]].address, range.last) <= 0 &&
		       (point_compare(list[at[t]].address, range.first) < 0 ||
		        is_allowed(p, cut->address_point[t][at[t]])))
			at[t]++;
		if (at[t] < n && point_compare(list[at[t]].address, range.last) <= 0 &&
		    (!barred || point_compare(list[at[t]].address, *barred) < 0))
			barred = &list[at[t]].address;
	}
	return barred;
}

/* A range without the addresses of machines in it that may not be said. */
static void
stretch_say(struct pointing *p, const struct stretch *stretch)
{
	struct range left = stretch->range;
	const struct point *barred;
	size_t at[2] = { 0 };

	for (uint32_t t = 0; t < p->cut->n_tailnets; t++)
		at[t] = tailnet_address_from(p->cut->tailnets[t], left.first);
	while (!is_full(p) && (barred = first_barred(p, at, left)) != NULL) {
		if (point_compare(*barred, left.first) > 0)
			range_put(p, stretch, left.first, point_before(*barred));
		if (point_compare(*barred, left.last) == 0)
			return;
		left.first = point_next(*barred);
	}
	range_put(p, stretch, left.first, left.last);
}

/* Cells that lie together become one range. */
static void
cells_say(struct pointing *p, struct numbers *cells)
{
	uint32_t *points = arena_array(p->scratch, cells->n, sizeof(*points));
	size_t end;

	numbers_arrange(cells->at, cells->n);
	for (size_t i = 0; i < cells->n; i++)
		points[i] = p->cut->first_cell + cells->at[i];
	for (size_t i = 0; i < cells->n && !is_full(p); i = end) {
		struct stretch stretch = { cut_cell_range(p->cut, cells->at[i]),
			                   points + i, 1 };
		struct range *range = &stretch.range;
		for (end = i + 1; end < cells->n; end++, stretch.n++) {
			struct range next = cut_cell_range(p->cut, cells->at[end]);
			if (next.first.line != range->last.line ||
			    point_compare(point_next(range->last), next.first) != 0)
				break;
			range->last = next.last;
		}
		stretch_say(p, &stretch);
	}
}

bool
vocabulary_points(struct vocabulary *v, enum cut_side side, const struct bits *classes,
                  const struct diff_limits *limits, size_t most, struct diff_names *names,
                  const struct bits **left)
{
	struct arena scratch = { 0 };
	struct pointing p = {
		v, v->cut, side, limits, most, names, &scratch, { .arena = &scratch },
	};
	struct numbers cells = { .arena = &scratch };
	uint32_t n = bits_count(classes), n_left = 0;
	uint32_t *list = bits_list(&scratch, classes);

	if (!v->said)
		v->said =
			arena_array(v->cut->arena, v->cut->first_cell, sizeof(*v->said));
	for (uint32_t i = 0; i < n; i++) {
		size_t n_points;
		const uint32_t *points =
			cut_class_points(v->cut, side, list[i], &n_points);
		if (!class_has_names(&p, points, n_points)) {
			list[n_left++] = list[i];
			continue;
		}
		for (size_t k = 0; k < n_points && !is_full(&p); k++)
			point_say(&p, &cells, points[k]);
	}
	cells_say(&p, &cells);
	for (size_t i = 0; i < p.said.n; i++)
		v->said[p.said.at[i]] = false;
	*left = bits_of(v->axis[side].store, list, n_left);
	arena_end(&scratch);
	return !is_full(&p);
}
