#include "policy/condition.h"

#include <string.h>

#include "grammar/arena.h"
#include "policy/filter.h"
#include "policy/resolve.h"
#include "policy/tailnet.h"

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

/* A copy whose grants and ssh rules can be changed. */
static struct policy *
policy_copy(struct arena *arena, const struct policy *policy)
{
	struct policy *copy = arena_alloc(arena, sizeof *copy);
	*copy = *policy;
	copy->grants = arena_array(arena, policy->n_grants, sizeof *copy->grants);
	copy->ssh = arena_array(arena, policy->n_ssh, sizeof *copy->ssh);
	for (size_t i = 0; i < policy->n_grants; i++)
		copy->grants[i] = policy->grants[i];
	for (size_t i = 0; i < policy->n_ssh; i++)
		copy->ssh[i] = policy->ssh[i];
	return copy;
}

/* source NULL: whoever it is satisfies all postures. */
static const struct policy *
policy_for(struct arena *arena, const struct policy *policy, const struct machine *source)
{
	struct policy *copy = policy_copy(arena, policy);
	for (size_t i = 0; i < copy->n_grants; i++)
		settle(policy, source, &copy->grants[i].src,
		       &copy->grants[i].src_posture);
	for (size_t i = 0; i < copy->n_ssh; i++)
		settle(policy, source, &copy->ssh[i].src, &copy->ssh[i].src_posture);
	copy->default_src_posture = (struct words) { 0 };
	return copy;
}

const struct policy *
policy_under(struct arena *arena, const struct policy *policy,
             const struct attributes *attributes)
{
	struct machine source = { .attributes = attributes->at,
		                  .n_attributes = attributes->n };
	return policy_for(arena, policy, &source);
}

const struct policy *
policy_unconditional(struct arena *arena, const struct policy *policy)
{
	return policy_for(arena, policy, NULL);
}

static bool
selector_is_untold(const struct selector *s, const struct tailnet *t)
{
	if (s->kind == SELECTOR_AUTOGROUP)
		return autogroup_is_role(s->autogroup) && !t->roles_told;
	return s->kind == SELECTOR_SYNCED_GROUP;
}

/* All members in the place of those who are untold. */
static struct selector
selector_told(const struct selector *s, const struct tailnet *t)
{
	struct selector told = *s;
	if (!selector_is_untold(s, t))
		return told;
	told = selector_parse(text_of("autogroup:member"));
	told.span = s->span;
	return told;
}

static bool
selectors_are_told(const struct selectors *list, const struct tailnet *t)
{
	for (size_t i = 0; i < list->n; i++)
		if (selector_is_untold(&list->at[i], t))
			return false;
	return true;
}

static void
selectors_tell(struct arena *arena, struct selectors *list, const struct tailnet *t)
{
	struct selector *at;
	if (selectors_are_told(list, t))
		return;
	at = arena_array(arena, list->n, sizeof *at);
	for (size_t i = 0; i < list->n; i++)
		at[i] = selector_told(&list->at[i], t);
	list->at = at;
}

static bool
destinations_are_told(const struct destinations *list, const struct tailnet *t)
{
	for (size_t i = 0; i < list->n; i++)
		if (selector_is_untold(&list->at[i].selector, t))
			return false;
	return true;
}

static void
destinations_tell(struct arena *arena, struct destinations *list, const struct tailnet *t)
{
	struct destination *at;
	if (destinations_are_told(list, t))
		return;
	at = arena_array(arena, list->n, sizeof *at);
	for (size_t i = 0; i < list->n; i++) {
		at[i] = list->at[i];
		at[i].selector = selector_told(&list->at[i].selector, t);
	}
	list->at = at;
}

static bool
policy_is_told(const struct policy *p, const struct tailnet *t)
{
	for (size_t i = 0; i < p->n_grants; i++)
		if (!selectors_are_told(&p->grants[i].src, t) ||
		    !destinations_are_told(&p->grants[i].dst, t))
			return false;
	for (size_t i = 0; i < p->n_ssh; i++)
		if (!selectors_are_told(&p->ssh[i].src, t) ||
		    !selectors_are_told(&p->ssh[i].dst, t))
			return false;
	return true;
}

const struct policy *
policy_optimistic(struct arena *arena, const struct policy *policy,
                  const struct tailnet *t)
{
	if (t->imagined || policy_is_told(policy, t))
		return NULL;
	struct policy *copy = policy_copy(arena, policy);
	for (size_t i = 0; i < copy->n_grants; i++) {
		selectors_tell(arena, &copy->grants[i].src, t);
		destinations_tell(arena, &copy->grants[i].dst, t);
	}
	for (size_t i = 0; i < copy->n_ssh; i++) {
		selectors_tell(arena, &copy->ssh[i].src, t);
		selectors_tell(arena, &copy->ssh[i].dst, t);
	}
	return copy;
}
