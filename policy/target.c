#include "policy/target.h"

static const char *const target_names[TARGET_N] = {
	[TARGET_TAILSCALE] = "tailscale",
	[TARGET_HEADSCALE_0_22] = "headscale-0.22",
	[TARGET_HEADSCALE_0_23] = "headscale-0.23",
	[TARGET_HEADSCALE_0_24] = "headscale-0.24",
	[TARGET_HEADSCALE_0_25] = "headscale-0.25",
	[TARGET_HEADSCALE_0_26] = "headscale-0.26",
	[TARGET_HEADSCALE_0_27] = "headscale-0.27",
	[TARGET_HEADSCALE_0_28] = "headscale-0.28",
	[TARGET_HEADSCALE_0_29] = "headscale-0.29",
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

bool
target_refuses_duplicates(enum target target)
{
	return target >= TARGET_HEADSCALE_0_27;
}
