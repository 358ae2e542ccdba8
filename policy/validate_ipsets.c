#include "policy/validate.h"

#include "grammar/arena.h"

/* Raises a step of an ipset whose target is none. */
static void
judge_bad_step(struct judge *judge, const struct ipset_step *step)
{
	const struct selector *target = &step->target;
	struct text text = target->text;
	size_t blank = text_find(text, ' ');
	struct text verb = { text.at, blank };

	if (text.len == 0 || text_is(text, "add") || text_is(text, "remove"))
		judge_raise(judge, &CHECK_INVALID_IPSET, step->span,
		            "there is nothing to %s",
		            text_is(text, "remove") ? "remove" : "add");
	else if (blank < text.len)
		judge_raise(judge, &CHECK_INVALID_IPSET, target->span,
		            "%s is not add or remove: an entry is one of these and an "
		            "address, a range, host:name or ipset:name",
		            judge_show(judge, verb));
	else
		judge_selector(judge, target, POSITION_STEP);
}

static void
judge_step(struct judge *judge, const struct ipset_step *step)
{
	const struct selector *target = &step->target;
	bool bare_host = target->kind == SELECTOR_HOST && !target->prefixed;

	if (target->kind == SELECTOR_INVALID ||
	    (bare_host && !policy_host(judge->policy, target->name))) {
		judge_bad_step(judge, step);
	} else if (bare_host) {
		struct finding *finding = judge_raise(
			judge, &CHECK_MISSING_PREFIX, target->span,
			"an ipset names a host with its prefix: write host:%s",
			judge_show(judge, target->name));
		judge_refuse(judge, finding);
	} else {
		judge_selector(judge, target, POSITION_STEP);
	}
}

/* The verb may be left out only where nothing is removed. */
static void
judge_verbs(struct judge *judge, const struct ipset *set)
{
	const struct ipset_step *remove = NULL;

	for (size_t i = 0; i < set->n_steps && !remove; i++)
		if (set->steps[i].remove)
			remove = &set->steps[i];
	for (size_t i = 0; i < set->n_steps && remove; i++) {
		const struct ipset_step *step = &set->steps[i];
		if (step->worded || step->target.kind == SELECTOR_INVALID)
			continue;
		struct finding *finding =
			judge_raise(judge, &CHECK_INVALID_IPSET, step->span,
		                    "%s needs its verb, as others of this ipset are "
		                    "removed: write add %s",
		                    judge_show(judge, step->target.text),
		                    judge_show(judge, step->target.text));
		judge_note(judge, finding, remove->span, "removed here");
		return;
	}
}

/* Where the walk through ipsets stands at each of them. */
struct walk {
	enum { WALK_NEW, WALK_OPEN, WALK_DONE } state;
	size_t next; /* step */
};

/* Follows a set's references depth first; raises those that lead back. */
static void
judge_cycles_from(struct judge *judge, size_t start, struct walk *walks, size_t *stack)
{
	const struct policy *policy = judge->policy;
	size_t depth = 1;

	stack[0] = start;
	walks[start].state = WALK_OPEN;
	while (depth > 0) {
		size_t at = stack[depth - 1];
		const struct ipset *set = &policy->ipsets[at];
		if (walks[at].next == set->n_steps) {
			walks[at].state = WALK_DONE;
			depth--;
			continue;
		}
		const struct selector *target = &set->steps[walks[at].next++].target;
		const struct ipset *inner = target->kind == SELECTOR_IPSET
		                                    ? policy_ipset(policy, target->text)
		                                    : NULL;
		size_t to = inner ? (size_t)(inner - policy->ipsets) : 0;
		if (inner && walks[to].state == WALK_NEW) {
			walks[to].state = WALK_OPEN;
			stack[depth++] = to;
		} else if (inner && walks[to].state == WALK_OPEN) {
			struct finding *finding = judge_raise(
				judge, &CHECK_INVALID_IPSET, target->span,
				inner == set ? "%s is made from itself"
					     : "%s is made from this one, so neither "
					       "can be worked out",
				judge_show(judge, target->text));
			judge_note(judge, finding, inner->name.span, "%s is defined here",
			           judge_show(judge, target->text));
		}
	}
}

static void
judge_cycles(struct judge *judge)
{
	size_t n = judge->policy->n_ipsets;
	struct walk *walks = arena_array(judge->scratch, n, sizeof(*walks));
	size_t *stack = arena_array(judge->scratch, n, sizeof(*stack));

	for (size_t i = 0; i < n; i++)
		if (walks[i].state == WALK_NEW)
			judge_cycles_from(judge, i, walks, stack);
}

/* [docs]: no capture has ipsets. */
void
judge_ipsets(struct judge *judge)
{
	const struct policy *policy = judge->policy;

	for (size_t i = 0; i < policy->n_ipsets; i++) {
		const struct ipset *set = &policy->ipsets[i];
		judge_prefix(judge, &set->name, "ipset:", "an ipset");
		for (size_t k = 0; k < set->n_steps; k++)
			judge_step(judge, &set->steps[k]);
		judge_verbs(judge, set);
	}
	judge_cycles(judge);
}
