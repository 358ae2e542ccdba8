#include "policy/target.h"

#include "grammar/arena.h"

static const struct {
	const char *name, *released;
} targets[TARGET_N] = {
#define TARGET(name, id, released) [TARGET_##name] = { id, released },
#include "policy/target.def"
};

static const struct feature_row features[FEATURE_N] = {
#define FEATURE(name, id, consequence, what, said, ...)                                  \
	[FEATURE_##name] = { id, what, said, consequence, { __VA_ARGS__ } },
#include "policy/target.def"
};

bool
target_parse(struct text name, enum target *target)
{
	if (text_is(name, "headscale")) {
		*target = TARGET_HEADSCALE_NEWEST;
		return true;
	}
	for (size_t i = 0; i < TARGET_N; i++) {
		if (!text_is(name, targets[i].name))
			continue;
		*target = (enum target)i;
		return true;
	}
	return false;
}

const char *
target_name(enum target target)
{
	return targets[target].name;
}

const char *
target_released(enum target target)
{
	return targets[target].released;
}

const struct feature_row *
feature_row(enum feature feature)
{
	return &features[feature];
}

enum support
target_support(enum target target, enum feature feature)
{
	return features[feature].by[target];
}

const char *
consequence_name(enum consequence consequence)
{
	static const char *const names[] = {
		[WIDER] = "wider",
		[NARROWER] = "narrower",
		[OTHERWISE] = "other",
	};

	return names[consequence];
}

/* Ends of the first run of releases of headscale that take a feature; false if
 * none does. */
static bool
takers_run(const struct feature_row *row, enum target *first, enum target *last)
{
	for (size_t i = TARGET_HEADSCALE_0_22; i < TARGET_N; i++) {
		if (row->by[i] != TAKES)
			continue;
		*first = *last = (enum target)i;
		while (*last + 1 < TARGET_N && row->by[*last + 1] == TAKES)
			*last = (enum target)(*last + 1);
		return true;
	}
	return false;
}

const char *
feature_takers(struct arena *arena, enum feature feature)
{
	enum target first, last;

	if (!takers_run(&features[feature], &first, &last))
		return "no release of headscale";
	if (last == TARGET_HEADSCALE_NEWEST)
		return arena_format(arena, first == last ? "%s" : "%s and later",
		                    target_name(first));
	if (first == last)
		return target_name(first);
	return arena_format(arena, "%s to %s", target_name(first), target_name(last));
}

const char *
feature_refusal(struct arena *arena, enum target target, enum feature feature)
{
	return arena_format(arena, "%s refuses %s (taken by %s)", target_name(target),
	                    features[feature].what, feature_takers(arena, feature));
}

bool
target_refuses_duplicates(enum target target)
{
	return target_support(target, FEATURE_DUPLICATE_KEY) == REFUSES;
}
