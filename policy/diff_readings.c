/* What the targets of two policies ignore or read differently, where one of them
 * does and the other does not. */
#include "policy/diff_parts.h"

#include "grammar/arena.h"

bool
both_take(const struct telling *t, enum feature feature)
{
	for (int side = DIFF_OLD; side <= DIFF_NEW; side++)
		if (target_support(t->both[side].policy->target, feature) != TAKES)
			return false;
	return true;
}

/* What no other comparison sees; the section that it is told of. Pings follow from
 * ports, whatever a rule says of them, and an address that is written down is
 * nobody's in a tailnet that is imagined. */
static const struct {
	enum feature feature;
	enum section section;
} unseen[] = {
	{ FEATURE_NO_PROTO, SECTION_ACLS },
	{ FEATURE_PROTO_ICMP, SECTION_ACLS },
	{ FEATURE_OTHER_FAMILY, SECTION_HOSTS },
	{ FEATURE_SSH, SECTION_SSH },
	{ FEATURE_TESTS, SECTION_TESTS },
	{ FEATURE_SSH_TESTS, SECTION_SSH_TESTS },
	{ FEATURE_RANDOMIZE_CLIENT_PORT, SECTION_RANDOMIZE_CLIENT_PORT },
	{ FEATURE_DISABLE_IPV4, SECTION_DISABLE_IPV4 },
	{ FEATURE_ONE_CGNAT_ROUTE, SECTION_ONE_CGNAT_ROUTE },
	{ FEATURE_ATTR_CONFIG, SECTION_ATTR_CONFIG },
	{ FEATURE_DERP_MAP, SECTION_DERP_MAP },
};

/* Tells one of these as a change of its own. */
static bool
reading_counts(struct telling *t, const struct diff_reading *r)
{
	bool is_new = r->side == DIFF_NEW;

	for (size_t i = 0; i < sizeof(unseen) / sizeof(*unseen); i++) {
		if (unseen[i].feature != r->feature)
			continue;
		telling_add(t, unseen[i].section, r->effect, is_new ? SPAN_NONE : r->span,
		            is_new ? r->span : SPAN_NONE, "%s", r->what);
		return true;
	}
	return false;
}

/* What follows when that side is the one that deviates. */
static enum diff_effect
reading_effect(enum consequence consequence, enum diff_side side)
{
	bool is_new = side == DIFF_NEW;

	switch (consequence) {
	case WIDER:
		return is_new ? EFFECT_GAINED : EFFECT_LOST;
	case NARROWER:
		return is_new ? EFFECT_LOST : EFFECT_GAINED;
	case OTHERWISE:
		break;
	}
	return EFFECT_OTHER;
}

/* The side whose target deviates; the new one, where both do. */
static bool
reading_side(const struct telling *t, enum feature feature, enum diff_side *deviates)
{
	enum support by[2];

	for (int side = DIFF_OLD; side <= DIFF_NEW; side++)
		by[side] = target_support(t->both[side].policy->target, feature);
	*deviates =
		by[DIFF_NEW] == IGNORES || by[DIFF_NEW] == DIFFERS ? DIFF_NEW : DIFF_OLD;
	return by[DIFF_OLD] != by[DIFF_NEW] &&
	       (by[*deviates] == IGNORES || by[*deviates] == DIFFERS);
}

/* The first use of a feature, in the new policy where it is used there. */
static const struct use *
reading_use(const struct telling *t, enum feature feature, enum diff_side *side)
{
	for (int i = DIFF_NEW; i >= DIFF_OLD; i--) {
		const struct use *use = &t->both[i].policy->usage.by[feature];
		*side = (enum diff_side)i;
		if (use->n > 0)
			return use;
	}
	return NULL;
}

static void
reading_add(struct telling *t, enum feature feature)
{
	const struct feature_row *row = feature_row(feature);
	struct diff_reading *r = &t->readings[t->n_readings];
	enum diff_side deviates;
	const struct use *use = reading_use(t, feature, &r->side);

	if (!use || !reading_side(t, feature, &deviates))
		return;
	r->feature = feature;
	r->target = t->both[deviates].policy->target;
	r->span = use->where;
	r->effect = reading_effect(row->consequence, deviates);
	bool ignores = target_support(r->target, feature) == IGNORES;
	r->what = arena_format(t->arena, "%s %s %s%s: %s", target_name(r->target),
	                       ignores ? "ignores" : "reads", row->what,
	                       ignores ? "" : " differently", row->said);
	t->n_readings += !reading_counts(t, r);
}

void
diff_readings(struct telling *t)
{
	if (t->both[DIFF_OLD].policy->target == t->both[DIFF_NEW].policy->target)
		return;
	t->readings = arena_array(t->arena, FEATURE_N, sizeof(*t->readings));
	for (enum feature f = FEATURE_NONE + 1; f < FEATURE_N; f++)
		reading_add(t, f);
}
