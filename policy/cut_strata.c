/* Which pairs of points there are: families, and who owns both. */
#include "policy/cut_parts.h"

#include "grammar/arena.h"

/* The family of each class, and its one owner if it has just one. */
static void
classes_describe(struct cut *cut, struct cut_axis *axis)
{
	const struct partition *p = &axis->partition;

	axis->families = arena_array(cut->arena, p->n_classes, sizeof(*axis->families));
	axis->owner_of = arena_array(cut->arena, p->n_classes, sizeof(*axis->owner_of));
	for (uint32_t i = 0; i < p->n_classes; i++)
		axis->owner_of[i] = cut_owner(cut, p->first[i]);
	for (uint32_t i = 0; i < p->n_points; i++) {
		uint32_t class = p->class_of[i], owner = cut_owner(cut, i);
		axis->families[class] |= cut_families(cut, i);
		if (axis->owner_of[class] != owner)
			axis->owner_of[class] = CUT_NONE;
	}
}

/* Owners by destination class, classes by owner on the source axis: a pair of a
 * row and a number, each once. */
static void
rows_of_owners(struct cut *cut, enum cut_side side)
{
	struct cut_axis *axis = &cut->axes[side];
	const uint32_t *class_of = axis->partition.class_of;
	size_t n_rows = side == CUT_SRC ? cut->n_owners : axis->partition.n_classes;

	axis->rows = arena_array(cut->arena, n_rows + 2, sizeof(*axis->rows));
	axis->row_at = arena_array(cut->arena, cut->first_cell, sizeof(*axis->row_at));
	for (int pass = 0; pass < 2; pass++) {
		for (uint32_t i = 0; i < cut->first_cell; i++) {
			uint32_t owner = cut->owner[i];
			if (owner == CUT_NONE)
				continue;
			uint32_t row = side == CUT_SRC ? owner : class_of[i];
			uint32_t number = side == CUT_SRC ? class_of[i] : owner;
			if (pass == 0)
				axis->rows[row + 2]++;
			else
				axis->row_at[axis->rows[row + 1]++] = number;
		}
		for (size_t i = 0; i < n_rows && pass == 0; i++)
			axis->rows[i + 2] += axis->rows[i + 1];
	}
}

/* Sources with a class, in any situation. */
static void
numbers_with_class(const struct cut *cut, uint32_t class, struct residue *r)
{
	residue_take(r, class);
	for (uint32_t i = cut->pair_first[class]; i < cut->pair_first[class + 1]; i++)
		residue_take(r, cut->axes[CUT_SRC].partition.n_classes + i);
}

static void
families_find(struct cut *cut)
{
	static const uint8_t family[2] = { FAMILY_4, FAMILY_6 };
	const struct cut_axis *axis = &cut->axes[CUT_SRC];

	for (int i = 0; i < 2; i++) {
		residue_clear(&cut->scrap);
		for (uint32_t k = 0; k < axis->partition.n_classes; k++)
			if (axis->families[k] == family[i])
				numbers_with_class(cut, k, &cut->scrap);
		cut->only[i] = residue_bits(&cut->scrap, &cut->store);
	}
}

/* What no source of an owner's own can be paired with: its own machines. */
static void
alone_find(struct cut *cut)
{
	const struct cut_axis *axis = &cut->axes[CUT_SRC];

	cut->alone = arena_array(cut->arena, cut->n_owners, sizeof(*cut->alone));
	for (uint32_t owner = 0; owner < cut->n_owners; owner++) {
		residue_clear(&cut->scrap);
		for (uint32_t i = axis->rows[owner]; i < axis->rows[owner + 1]; i++)
			if (axis->owner_of[axis->row_at[i]] == owner)
				numbers_with_class(cut, axis->row_at[i], &cut->scrap);
		cut->alone[owner] = residue_bits(&cut->scrap, &cut->store);
	}
}

void
cut_owned(struct cut *cut)
{
	uint32_t *first = arena_array(cut->arena, cut->n_owners + 2, sizeof(*first));

	cut->owned_at = arena_array(cut->arena, cut->first_cell, sizeof(*cut->owned_at));
	for (uint32_t i = 0; i < cut->first_cell; i++)
		if (cut->owner[i] != CUT_NONE)
			first[cut->owner[i] + 2]++;
	for (uint32_t i = 0; i < cut->n_owners; i++)
		first[i + 2] += first[i + 1];
	for (uint32_t i = 0; i < cut->first_cell; i++)
		if (cut->owner[i] != CUT_NONE)
			cut->owned_at[first[cut->owner[i] + 1]++] = i;
	cut->owned_first = first;
}

void
cut_strata(struct cut *cut)
{
	classes_describe(cut, &cut->axes[CUT_SRC]);
	classes_describe(cut, &cut->axes[CUT_DST]);
	families_find(cut);
	if (!cut->has_self)
		return;
	rows_of_owners(cut, CUT_SRC);
	rows_of_owners(cut, CUT_DST);
	alone_find(cut);
	cut_owned(cut);
	cut->sharing = arena_array(cut->arena, cut->axes[CUT_DST].partition.n_classes,
	                           sizeof(*cut->sharing));
}

/* The sources of another family than a class of one family. */
static const struct bits *
foreign_to(const struct cut *cut, uint32_t dst_class)
{
	switch (cut->axes[CUT_DST].families[dst_class]) {
	case FAMILY_4:
		return cut->only[1];
	case FAMILY_6:
		return cut->only[0];
	default:
		return cut->store.all[0];
	}
}

/* The sources that have no other owner's machine to themselves: all of them are
 * the class's one owner's. */
static const struct bits *
own_of(const struct cut *cut, uint32_t dst_class)
{
	uint32_t owner = cut->axes[CUT_DST].owner_of[dst_class];

	return owner == CUT_NONE || cut->many[owner] ? cut->store.all[0]
	                                             : cut->alone[owner];
}

/* The sources that share an owner with a class; remembered. */
static const struct bits *
sharing_with(struct cut *cut, uint32_t dst_class)
{
	const struct cut_axis *src = &cut->axes[CUT_SRC], *dst = &cut->axes[CUT_DST];

	if (cut->sharing[dst_class])
		return cut->sharing[dst_class];
	residue_clear(&cut->scrap);
	for (uint32_t i = dst->rows[dst_class]; i < dst->rows[dst_class + 1]; i++) {
		uint32_t owner = dst->row_at[i];
		if (i > dst->rows[dst_class] && dst->row_at[i - 1] == owner)
			continue;
		for (uint32_t k = src->rows[owner]; k < src->rows[owner + 1]; k++)
			numbers_with_class(cut, src->row_at[k], &cut->scrap);
	}
	cut->sharing[dst_class] = residue_bits(&cut->scrap, &cut->store);
	return cut->sharing[dst_class];
}

void
cut_mask(struct cut *cut, struct residue *r, uint32_t dst_class, enum stratum stratum)
{
	residue_minus(r, foreign_to(cut, dst_class));
	if (stratum == STRATUM_OTHERS)
		residue_minus(r, own_of(cut, dst_class));
	if (stratum == STRATUM_SELF)
		residue_meet(r, sharing_with(cut, dst_class));
}

bool
cut_is_open(const struct cut *cut, uint32_t dst_class, enum stratum stratum,
            const struct bits *from)
{
	if (stratum == STRATUM_SELF || bits_overlap(from, foreign_to(cut, dst_class)))
		return false;
	return stratum == STRATUM_ANY || !bits_overlap(from, own_of(cut, dst_class));
}
