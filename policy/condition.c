#include "policy/condition.h"

#include <string.h>

#include "grammar/arena.h"
#include "policy/filter.h"
#include "policy/resolve.h"

bool
policy_asks_postures(const struct policy *policy)
{
	for (size_t i = 0; i < policy->n_grants; i++)
		if (postures_in_force(policy, &policy->grants[i].src_posture))
			return true;
	for (size_t i = 0; i < policy->n_ssh; i++)
		if (postures_in_force(policy, &policy->ssh[i].src_posture))
			return true;
	return false;
}

/* A rule's sources and postures, for who has what the source has. */
static void
settle(const struct policy *policy, const struct machine *source, struct selectors *src,
       struct words *postures)
{
	const struct words *asked = postures_in_force(policy, postures);
	if (asked && source && !machine_satisfies(policy, source, asked))
		src->n = 0;
	*postures = (struct words) { 0 };
}

/* source NULL: whoever it is satisfies all postures. */
static const struct policy *
policy_for(struct arena *arena, const struct policy *policy, const struct machine *source)
{
	struct policy *copy = arena_alloc(arena, sizeof *copy);
	*copy = *policy;
	copy->grants = arena_array(arena, policy->n_grants, sizeof *copy->grants);
	for (size_t i = 0; i < policy->n_grants; i++) {
		copy->grants[i] = policy->grants[i];
		settle(policy, source, &copy->grants[i].src,
		       &copy->grants[i].src_posture);
	}
	copy->ssh = arena_array(arena, policy->n_ssh, sizeof *copy->ssh);
	for (size_t i = 0; i < policy->n_ssh; i++) {
		copy->ssh[i] = policy->ssh[i];
		settle(policy, source, &copy->ssh[i].src, &copy->ssh[i].src_posture);
	}
	copy->default_src_posture = (struct words) { 0 };
	return copy;
}

const struct policy *
policy_under(struct arena *arena, const struct policy *policy,
             const struct attribute *attributes, size_t n)
{
	struct machine source = { .attributes = attributes, .n_attributes = n };
	return policy_for(arena, policy, &source);
}

const struct policy *
policy_unconditional(struct arena *arena, const struct policy *policy)
{
	return policy_for(arena, policy, NULL);
}
