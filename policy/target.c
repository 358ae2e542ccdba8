#include "policy/target.h"

#include "grammar/arena.h"

static const char *const target_names[TARGET_N] = {
#define TARGET(name, id, released) [TARGET_##name] = id,
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
		if (!text_is(name, target_names[i]))
			continue;
		*target = (enum target)i;
		return true;
	}
	return false;
}

const char *
target_name(enum target target)
{
	return target_names[target];
}

const char *
target_meant(struct arena *arena, struct text name)
{
	struct text_nearest nearest = text_nearest_start(name);

	text_nearest_offer(&nearest, text_of("headscale"));
	for (size_t i = 0; i < TARGET_N; i++)
		text_nearest_offer(&nearest, text_of(target_names[i]));
	if (nearest.best.len > 0)
		return arena_format(arena, "; did you mean %.*s?",
		                    TEXT_ARG(nearest.best));
	return arena_format(arena, "; there are tailscale, headscale and %s to %s",
	                    target_names[TARGET_TAILSCALE + 1],
	                    /* cppcheck-suppress negativeIndex; it sees no target.def */
	                    target_names[TARGET_HEADSCALE_NEWEST]);
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

/* Ends of the next run of releases of headscale that take a feature, *first being
 * where to look from; false if there is none. */
static bool
takers_run(const struct feature_row *row, size_t *first, size_t *last)
{
	while (*first < TARGET_N && row->by[*first] != TAKES)
		++*first;
	if (*first == TARGET_N)
		return false;
	*last = *first;
	while (*last + 1 < TARGET_N && row->by[*last + 1] == TAKES)
		++*last;
	return true;
}

/* "headscale-0.26", "headscale-0.26 to headscale-0.28", "headscale-0.26 and later" */
static const char *
run_said(struct arena *arena, size_t first, size_t last)
{
	const char *name = target_name((enum target)first);

	if (first == last)
		return name;
	if (last == TARGET_HEADSCALE_NEWEST)
		return arena_format(arena, "%s and later", name);
	return arena_format(arena, "%s to %s", name, target_name((enum target)last));
}

const char *
feature_takers(struct arena *arena, enum feature feature)
{
	size_t first = TARGET_HEADSCALE_0_22, last;
	const char *said = NULL;

	for (; takers_run(&features[feature], &first, &last); first = last + 1) {
		const char *run = run_said(arena, first, last);
		said = said ? arena_format(arena, "%s, %s", said, run) : run;
	}
	return said ? said : "no release of headscale";
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
