#include "policy/period.h"

#include "grammar/arena.h"
#include "grammar/duration.h"

/* Prometheus's units, in the order that they stand in. A year has 365 days. */
static const struct {
	const char *unit;
	int64_t seconds;
} units[] = {
	{ "y", INT64_C(365) * 86400 },
	{ "w", INT64_C(7) * 86400 },
	{ "d", 86400 },
	{ "h", 3600 },
	{ "m", 60 },
	{ "s", 1 },
};

#define SECOND INT64_C(1000000000)
#define N_UNITS (sizeof(units) / sizeof(*units))

/* Takes "12h" off the text, of a unit after the last one; ms are left out. */
static bool
part_take(struct text *text, size_t *unit, int64_t *seconds)
{
	size_t digits = 0;
	uint64_t number;

	while (digits < text->len && is_digit(text->at[digits]))
		digits++;
	if (!text_number((struct text) { text->at, digits }, 1000000, &number))
		return false;
	*text = text_from(*text, digits);
	for (size_t i = *unit; i < N_UNITS && text->len > 0; i++) {
		if (text->at[0] != units[i].unit[0] || text_starts(*text, "ms"))
			continue;
		*text = text_from(*text, 1);
		*unit = i + 1;
		*seconds += (int64_t)number * units[i].seconds;
		return true;
	}
	return false;
}

static bool
prometheus_parse(struct text text, int64_t *ns)
{
	size_t unit = 0;
	int64_t seconds = 0;

	if (text_is(text, "0")) {
		*ns = 0;
		return true;
	}
	while (text.len > 0 && part_take(&text, &unit, &seconds))
		;
	if (text.len > 0 || unit == 0)
		return false;
	*ns = seconds > INT64_MAX / SECOND ? INT64_MAX : seconds * SECOND;
	return true;
}

struct period
period_parse(struct arena *arena, struct text text)
{
	struct period period = { .fault = "" };
	int64_t ns = 0;

	if (text_is(text, "always")) {
		period.always = true;
		return period;
	}
	period.go = duration_parse(arena, text, &period.ns, &period.fault);
	period.prometheus = prometheus_parse(text, &ns);
	if (!period.go)
		period.ns = ns;
	return period;
}

enum feature
period_feature(const struct period *period)
{
	if (period->always)
		return FEATURE_PERIOD_ALWAYS;
	if (period->prometheus && !period->go)
		return FEATURE_PERIOD_DAYS;
	if (period->go && !period->prometheus)
		return FEATURE_PERIOD_PARTS;
	return FEATURE_NONE;
}
