#include "policy/ipset.h"

#include "grammar/arena.h"
#include "policy/numbers.h"
#include "policy/policy.h"
#include "policy/range.h"
#include "policy/resolve.h"

/* Where the work on each ipset stands: its next step, or done. */
struct progress {
	size_t *next;
	bool *open;
};

static struct ranges
target_ranges(const struct policy *p, const struct selector *target)
{
	if (target->kind == SELECTOR_ADDRESS || target->kind == SELECTOR_RANGE)
		return (struct ranges) { &target->range, 1 };
	if (target->kind == SELECTOR_HOST) {
		const struct host *host = policy_host(p, target->name);
		if (host && host->good)
			return (struct ranges) { &host->range, 1 };
	}
	if (target->kind == SELECTOR_IPSET) {
		const struct ipset *inner = policy_ipset(p, target->text);
		if (inner)
			return inner->ranges;
	}
	if (target->kind == SELECTOR_AUTOGROUP && target->autogroup == AUTOGROUP_INTERNET)
		return RANGES_OF_INTERNET;
	return (struct ranges) { 0 };
}

/* What some steps in a row do to a set: take away, then put in. */
struct effect {
	struct ranges removed, added;
};

/* Halves, so that steps that alternate do not cost their square. */
static struct effect
steps_effect(const struct policy *p, const struct ipset_step *steps, size_t n)
{
	struct effect sum = { 0 };
	if (n == 1 && steps->remove)
		sum.removed = target_ranges(p, &steps->target);
	else if (n == 1)
		sum.added = target_ranges(p, &steps->target);
	if (n < 2)
		return sum;
	struct effect a = steps_effect(p, steps, n / 2);
	struct effect b = steps_effect(p, steps + n / 2, n - n / 2);
	sum.removed = ranges_join(p->arena, a.removed, b.removed);
	sum.added = ranges_join(p->arena, ranges_minus(p->arena, a.added, b.removed),
	                        b.added);
	return sum;
}

/* The next ipset that this one waits for, or NULL. */
static const struct ipset *
next_needed(const struct policy *p, const struct ipset *set, struct progress *progress)
{
	size_t *next = &progress->next[set - p->ipsets];
	while (*next < set->n_steps) {
		const struct selector *target = &set->steps[(*next)++].target;
		const struct ipset *inner = target->kind == SELECTOR_IPSET
		                                    ? policy_ipset(p, target->text)
		                                    : NULL;
		if (inner && !progress->open[inner - p->ipsets])
			return inner;
	}
	return NULL;
}

/* Depth first with a stack of our own: chains may be as long as the file. */
static void
ipset_resolve(struct policy *p, uint32_t first, struct progress *progress)
{
	struct numbers stack = { .arena = p->arena };
	numbers_add(&stack, first);
	progress->open[first] = true;
	while (stack.n) {
		struct ipset *set = &p->ipsets[stack.at[stack.n - 1]];
		const struct ipset *inner = next_needed(p, set, progress);
		if (inner) {
			progress->open[inner - p->ipsets] = true;
			numbers_add(&stack, (uint32_t)(inner - p->ipsets));
		} else {
			set->ranges = steps_effect(p, set->steps, set->n_steps).added;
			stack.n--;
		}
	}
}

void
ipsets_resolve(struct policy *p)
{
	struct progress progress = {
		.next = arena_array(p->arena, p->n_ipsets, sizeof(*progress.next)),
		.open = arena_array(p->arena, p->n_ipsets, sizeof(*progress.open)),
	};
	for (uint32_t i = 0; i < p->n_ipsets; i++)
		if (!progress.open[i])
			ipset_resolve(p, i, &progress);
}
