#include "policy/policy.h"

#define CHECK(name, id, level, repair, brief)                                            \
	const struct check CHECK_##name = { id, level, repair, brief };
#include "policy/checks.def"
#undef CHECK
