#include "policy/policy.h"

#include "policy/levels.h"

#define CHECK(name, id, level, repair, brief)                                            \
	const struct check CHECK_##name = { id, level, repair, brief };
#include "policy/checks.def"
#include "policy/lint_checks.def"
#undef CHECK
