/* Points and flows in words that `aclc explain` takes. */
#include "policy/cut_parts.h"

#include "grammar/arena.h"

/* Where a flow begins and ends, as points. */
struct pair {
	uint32_t src, dst;
};

/* The points of each class of an axis. */
static void
points_index(struct cut *cut, enum cut_side side)
{
	const struct partition *p = &cut->axes[side].partition;
	uint32_t *first = arena_array(cut->arena, p->n_classes + 2, sizeof(*first));

	cut->class_points[side] = arena_array(cut->arena, p->n_points, sizeof(uint32_t));
	for (uint32_t i = 0; i < p->n_points; i++)
		first[p->class_of[i] + 2]++;
	for (uint32_t i = 0; i < p->n_classes; i++)
		first[i + 2] += first[i + 1];
	for (uint32_t i = 0; i < p->n_points; i++)
		cut->class_points[side][first[p->class_of[i] + 1]++] = i;
	cut->class_first[side] = first;
}

const uint32_t *
cut_class_points(struct cut *cut, enum cut_side side, uint32_t class, size_t *n)
{
	if (!cut->class_first[side])
		points_index(cut, side);
	const uint32_t *first = cut->class_first[side];
	*n = first[class + 1] - first[class];
	return cut->class_points[side] + first[class];
}

static bool
pair_is(const struct cut *cut, uint32_t src, uint32_t dst, enum stratum stratum)
{
	uint32_t owner = cut_owner(cut, src);
	bool one = owner != CUT_NONE && owner == cut_owner(cut, dst);

	if (!(cut_families(cut, src) & cut_families(cut, dst)))
		return false;
	if (stratum == STRATUM_SELF)
		return one;
	return stratum == STRATUM_ANY || !one || cut->many[owner];
}

/* The first of some points of a class that makes a pair with the source, another than
 * that itself if there is one; or CUT_NONE. */
static uint32_t
partner_among(const struct cut *cut, uint32_t src, const uint32_t *points, size_t n,
              uint32_t dst_class, enum stratum stratum)
{
	const uint32_t *class_of = cut->axes[CUT_DST].partition.class_of;
	uint32_t itself = CUT_NONE;

	for (size_t i = 0; i < n; i++) {
		if (class_of[points[i]] != dst_class ||
		    !pair_is(cut, src, points[i], stratum))
			continue;
		if (points[i] != src)
			return points[i];
		itself = src;
	}
	return itself;
}

/* A point of the class that makes a pair with the source, or CUT_NONE: of those of one
 * owner few are to be looked at. */
static uint32_t
partner_of(struct cut *cut, uint32_t src, uint32_t dst_class, enum stratum stratum)
{
	uint32_t owner = cut_owner(cut, src);
	const uint32_t *points;
	size_t n;

	if (stratum != STRATUM_SELF) {
		points = cut_class_points(cut, CUT_DST, dst_class, &n);
		return partner_among(cut, src, points, n, dst_class, stratum);
	}
	if (owner == CUT_NONE)
		return CUT_NONE;
	points = cut->owned_at + cut->owned_first[owner];
	n = cut->owned_first[owner + 1] - cut->owned_first[owner];
	return partner_among(cut, src, points, n, dst_class, stratum);
}

/* Two points of a source's class and a destination class that there are as a
 * pair, if any are. */
static struct pair
pair_of(struct cut *cut, uint32_t source, uint32_t dst_class, enum stratum stratum)
{
	size_t n;
	const uint32_t *points =
		cut_class_points(cut, CUT_SRC, cut_class_of(cut, source), &n);

	for (size_t i = 0; i < n; i++) {
		uint32_t dst = partner_of(cut, points[i], dst_class, stratum);
		if (dst != CUT_NONE)
			return (struct pair) { points[i], dst };
	}
	return (struct pair) { points[0], cut->axes[CUT_DST].partition.first[dst_class] };
}

/* A login that no policy here names. */
static struct text
login_unnamed(const struct cut *cut, const struct tailnet *t)
{
	char *login = arena_format(cut->arena, "someone@elsewhere.example");

	for (unsigned i = 2; names_find(&t->logins, text_of(login)) != NAMES_NONE; i++)
		login = arena_format(cut->arena, "someone%u@elsewhere.example", i);
	return text_of(login);
}

static struct text
tag_unnamed(const struct cut *cut, const struct tailnet *t)
{
	char *tag = arena_format(cut->arena, "tag:other");

	for (unsigned i = 2; names_find(&t->tags, text_of(tag)) != NAMES_NONE; i++)
		tag = arena_format(cut->arena, "tag:other-%u", i);
	return text_of(tag);
}

static struct text
address_text(const struct cut *cut, struct point address)
{
	char text[RANGE_TEXT_MAX];
	size_t len = address_write(address, text);

	return (struct text) { arena_copy(cut->arena, text, len), len };
}

/* A machine by its name, where that is its own and the point is all of it. */
static struct text
machine_text(const struct cut *cut, const struct tailnet *t, uint32_t number,
             uint32_t point)
{
	const struct machine *m = &t->machines[number];
	bool whole = !cut->address_of[point] || m->n_addresses == 1;

	if (whole && m->name.len > 0 && tailnet_machine(t, m->name) == m)
		return m->name;
	return address_text(cut, cut->address_of[point] ? *cut->address_of[point]
	                                                : m->addresses[0]);
}

static struct text
imagined_text(const struct cut *cut, const struct tailnet *t, const struct machine *m)
{
	if (m->stand_in == STAND_IN_OTHER_USER)
		return login_unnamed(cut, t);
	return m->stand_in == STAND_IN_OTHER_TAG ? tag_unnamed(cut, t) : m->stands_for;
}

static bool
is_owned(const struct cut *cut, struct point address)
{
	for (uint32_t i = 0; i < cut->n_tailnets; i++)
		if (cut->tailnets[i]->n_addresses > 0 &&
		    tailnet_owner_of(cut->tailnets[i], address) != UINT32_MAX)
			return true;
	return false;
}

/* An address of a cell that is nobody's: one that people know; else the first but one,
 * where there are more, since the first of a network is seldom anything. */
static struct text
cell_text(const struct cut *cut, uint32_t cell)
{
	static const struct point known[] = {
		{ LINE_IPV4, 0, 0x08080808 },                         /* 8.8.8.8 */
		{ LINE_IPV6, 0x2001486048600000, 0x0000000000008888 } /* its sister */
	};
	struct range range = cut_cell_range(cut, cell);
	struct point address = range.first;

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (range_holds(range, known[i]) && !is_owned(cut, known[i]))
			return address_text(cut, known[i]);
	if (!range_is_single(range))
		address = point_next(address);
	while (is_owned(cut, address))
		address = point_compare(address, range.last) == 0 ? range.first
		                                                  : point_next(address);
	return address_text(cut, address);
}

struct text
cut_point_text(const struct cut *cut, uint32_t point)
{
	if (point >= cut->first_stranger)
		return cut->strangers.texts[point - cut->first_stranger];
	if (point >= cut->first_cell)
		return cell_text(cut, point - cut->first_cell);
	for (uint32_t i = 0; i < cut->n_tailnets; i++) {
		const struct tailnet *t = cut->tailnets[i];
		uint32_t machine = cut->machine_of[i][point];
		if (machine == CUT_NONE)
			continue;
		return t->imagined ? imagined_text(cut, t, &t->machines[machine])
		                   : machine_text(cut, t, machine, point);
	}
	return text_of("");
}

/* A posture whose devices are in that situation. */
static struct text
situation_text(const struct cut *cut, uint32_t situation)
{
	for (size_t i = 0; i < cut->posture_keys.n && situation > 0; i++)
		if (cut->postures[i].situation == situation)
			return cut->postures[i].posture->name.text;
	return text_of("");
}

struct cut_flow
cut_flow_of(struct cut *cut, uint32_t source, uint32_t dst_class, uint32_t line,
            uint16_t port)
{
	struct cut_line at = cut->lines[line];
	struct pair pair = pair_of(cut, source, dst_class, at.stratum);

	return (struct cut_flow) {
		.src = cut_point_text(cut, pair.src),
		.dst = cut_point_text(cut, pair.dst),
		.protocol = (int)at.kind,
		.port = port,
		.posture = situation_text(cut, cut_situation_of(cut, source)),
		.via = cut->plane_at[at.plane].via,
	};
}
