/* Two policies told apart, without or with an inventory: a policy does not differ
 * from itself, and what one way gains the other way loses. */
#include "policy/fuzz.h"

#include "policy/diff.h"

#define FLOOR ((size_t)1 << 20)

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return fuzz_watch_install();
}

static void
spans_stand(const struct diff *diff, const struct policy *const policies[2])
{
	for (size_t i = 0; i < diff->n_changes; i++) {
		const struct diff_change *change = &diff->changes[i];
		demand(change->what && *change->what);
		demand(change->old_span.end <= policies[DIFF_OLD]->source->len);
		demand(change->new_span.end <= policies[DIFF_NEW]->source->len);
	}
}

static void
accesses_stand(const struct diff_accesses *accesses)
{
	for (size_t i = 0; i < accesses->n; i++) {
		const struct diff_access *access = &accesses->at[i];
		demand(access->n_src > 0 && access->n_dst > 0);
	}
}

static bool
is_empty(const struct diff *diff)
{
	return diff->gained.n == 0 && diff->lost.n == 0 && diff->n_changes == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct fuzz_parts parts = fuzz_parts_of(bytes, len);
	struct arena arena = { 0 };
	struct findings findings = { .arena = &arena };

	fuzz_watch_begin(len, FLOOR);
	struct tailnet *tailnet = fuzz_tailnet(&arena, parts.at[2]);
	const struct policy *policies[2] = {
		fuzz_policy(&arena, "old", parts.at[0], TARGET_TAILSCALE, tailnet,
		            &findings),
		fuzz_policy(&arena, "new", parts.at[1], TARGET_TAILSCALE, tailnet,
		            &findings),
	};
	if (policies[0] && policies[1]) {
		if (!tailnet)
			tailnet = tailnet_imagine(&arena, policies, 2);
		tailnet_index(tailnet);
		struct diff_party old = { policies[0], tailnet },
				  new = { policies[1], tailnet };
		const struct diff *diff = diff_make(&arena, old, new, DIFF_MOST);
		fuzz_watch_end(len);
		spans_stand(diff, policies);
		accesses_stand(&diff->gained);
		accesses_stand(&diff->lost);
		const struct diff *back = diff_make(&arena, new, old, DIFF_MOST);
		demand((diff->gained.n > 0) == (back->lost.n > 0));
		demand((diff->lost.n > 0) == (back->gained.n > 0));
		demand(is_empty(diff) == is_empty(back));
		demand(is_empty(diff_make(&arena, old, old, DIFF_MOST)));
	}
	fuzz_watch_end(len);
	arena_end(&arena);
	return 0;
}
