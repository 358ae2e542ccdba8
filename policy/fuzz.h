#ifndef ACLC_POLICY_FUZZ_H
#define ACLC_POLICY_FUZZ_H

/* What the fuzzers of this folder have in common: texts taken as far as they go. */

#include "grammar/arena.h"
#include "grammar/fuzz.h"
#include "policy/filter.h"
#include "policy/policy.h"
#include "policy/tailnet.h"

/* In a block of its own, so that a sanitizer sees where it ends. */
static inline struct source *
fuzz_source(struct arena *arena, const char *name, struct text text)
{
	char *bytes = arena_bytes(arena, text.len);

	if (text.len > 0)
		memcpy(bytes, text.at, text.len);
	return source_of(arena, name, bytes, text.len);
}

static inline struct tree *
fuzz_tree(struct arena *arena, const char *name, struct text text,
          struct findings *findings)
{
	return hujson_parse(arena, fuzz_source(arena, name, text), findings);
}

/* A policy judged; NULL if it has errors. The tailnet may be NULL. */
static inline struct policy *
fuzz_policy(struct arena *arena, const char *name, struct text text, enum target target,
            const struct tailnet *tailnet, struct findings *findings)
{
	struct tree *tree = fuzz_tree(arena, name, text, findings);
	struct policy *policy = policy_read(arena, tree, target, findings);

	if (!tree->broken)
		policy_validate(policy, tailnet, findings);
	fuzz_findings_stand(findings);
	return findings->n_errors > 0 ? NULL : policy;
}

/* The tailnet of an inventory that has no errors; NULL: of one that has, or of none. */
static inline struct tailnet *
fuzz_tailnet(struct arena *arena, struct text text)
{
	struct findings findings = { .arena = arena };

	if (text.len == 0)
		return NULL;
	struct tree *tree =
		inventory_parse(arena, fuzz_source(arena, "inventory", text), &findings);
	struct tailnet *tailnet = tailnet_read(arena, &tree, 1, &findings);
	fuzz_findings_stand(&findings);
	return findings.n_errors > 0 ? NULL : tailnet;
}

static inline struct filter *
fuzz_filter(struct arena *arena, const struct policy *policy, struct tailnet *tailnet)
{
	if (!tailnet)
		tailnet = tailnet_imagine(arena, &policy, 1);
	tailnet_index(tailnet);
	tailnet_approve(tailnet, policy);
	return filter_compile(arena, policy, tailnet);
}

#endif
