/* Who may advertise which routes and have them approved, and who leads traffic
 * where. */
#include "policy/lint_pass.h"

#include <stdlib.h>

#include "grammar/arena.h"
#include "policy/numbers.h"
#include "policy/resolve.h"

/* Approvers that are everybody. */
static void
broad_approvers(struct lint *lint, const struct selectors *by, const char *what)
{
	for (size_t i = 0; i < by->n; i++)
		if (lint_is_everyone(lint, &by->at[i]))
			lint_raise(lint, &CHECK_APPROVER_TOO_BROAD, by->at[i].span,
			           "%s may %s, and so draw the traffic of others to a "
			           "device of their own; name a tag that only "
			           "administrators own",
			           lint_crowd_name(lint, &by->at[i]), what);
}

#define WIDE_BITS_V4 16
#define WIDE_BITS_V6 48

/* The default route of the other family, where that is approved as well. */
static const struct approver *
default_twin(const struct policy *policy, const struct approver *approver)
{
	for (size_t i = 0; i < policy->n_approvers; i++) {
		const struct approver *other = &policy->approvers[i];
		if (other != approver && other->good &&
		    range_is_default_route(other->range))
			return other;
	}
	return NULL;
}

/* Both default routes are told at the first: they are meant together. */
static void
default_route(struct lint *lint, const struct approver *approver)
{
	const struct approver *twin = default_twin(lint->policy, approver);
	struct finding *finding;

	if (twin && twin < approver)
		return;
	finding = lint_raise(lint, &CHECK_APPROVE_DEFAULT_ROUTE, approver->route.span,
	                     "%s approves every network that its approvers advertise, "
	                     "whatever it is; exit nodes are approved by exitNode alone",
	                     lint_show(lint, approver->route.text));
	if (twin)
		lint_note(lint, finding, twin->route.span, "and so does %s",
		          lint_show(lint, twin->route.text));
}

static void
wide_route(struct lint *lint, const struct approver *approver)
{
	unsigned least =
		approver->range.first.line == LINE_IPV4 ? WIDE_BITS_V4 : WIDE_BITS_V6;

	if (range_is_default_route(approver->range))
		default_route(lint, approver);
	else if (approver->bits < least)
		lint_raise(lint, &CHECK_APPROVE_WIDE_PREFIX, approver->route.span,
		           "%s takes in a great many networks, and its approvers may "
		           "advertise any of them; name those that are routed",
		           lint_show(lint, approver->route.text));
}

/* The wider first of those that start together. */
static int
approver_order(const void *left, const void *right)
{
	const struct approver *a = *(const struct approver *const *)left;
	const struct approver *b = *(const struct approver *const *)right;
	int order = range_compare(a->range, b->range);

	if (order)
		return order;
	return a->route.span.first < b->route.span.first ? -1 : 1;
}

static struct text *
texts_sorted(struct arena *arena, const struct selectors *list)
{
	struct text *texts = arena_array(arena, list->n, sizeof(*texts));

	for (size_t i = 0; i < list->n; i++)
		texts[i] = list->at[i].text;
	texts_sort(texts, list->n);
	return texts;
}

/* The first of the outer's approvers that the inner does not have, or an empty
 * text. */
static struct text
approver_beyond(const struct approver *outer, const struct approver *inner)
{
	struct arena scratch = { 0 };
	struct text *wide = texts_sorted(&scratch, &outer->by);
	struct text *narrow = texts_sorted(&scratch, &inner->by);
	struct text beyond = { NULL, 0 };
	size_t k = 0;

	for (size_t i = 0; i < outer->by.n && beyond.len == 0; i++) {
		while (k < inner->by.n && text_compare(narrow[k], wide[i]) < 0)
			k++;
		if (k == inner->by.n || !text_equal(narrow[k], wide[i]))
			beyond = wide[i];
	}
	arena_end(&scratch);
	return beyond;
}

static void
approver_inside(struct lint *lint, const struct approver *outer,
                const struct approver *inner)
{
	struct text beyond = approver_beyond(outer, inner);
	struct finding *finding;

	if (beyond.len == 0 || range_is_default_route(outer->range))
		return;
	finding = lint_raise(lint, &CHECK_APPROVER_OVERLAP, inner->route.span,
	                     "%s lies in %s, so %s may advertise it too",
	                     lint_show(lint, inner->route.text),
	                     lint_show(lint, outer->route.text), lint_show(lint, beyond));
	lint_note(lint, finding, outer->route.span, "the wider prefix is here");
}

static void
approver_overlaps(struct lint *lint)
{
	const struct policy *policy = lint->policy;
	struct arena scratch = { 0 };
	size_t n = 0, n_open = 0, most = policy->n_approvers;
	const struct approver **all =
		arena_array(&scratch, most, sizeof(struct approver *));
	const struct approver **open =
		arena_array(&scratch, most, sizeof(struct approver *));

	for (size_t i = 0; i < most; i++)
		if (policy->approvers[i].good)
			all[n++] = &policy->approvers[i];
	if (n > 0)
		qsort(all, n, sizeof(*all), approver_order);
	for (size_t i = 0; i < n; i++) {
		while (n_open > 0 &&
		       !range_covers(open[n_open - 1]->range, all[i]->range))
			n_open--;
		if (n_open > 0)
			approver_inside(lint, open[n_open - 1], all[i]);
		open[n_open++] = all[i];
	}
	arena_end(&scratch);
}

/* The machines of the inventory with one of a grant's via tags. */
static const struct set *
via_machines(struct tailnet *real, const struct grant *grant)
{
	const struct set *machines = real->sets.all[0];

	for (size_t i = 0; i < grant->via.n; i++) {
		uint32_t tag = names_find(&real->tags, grant->via.at[i].text);
		if (tag != NAMES_NONE)
			machines = set_join(&real->sets, machines, real->of_tag[tag]);
	}
	return machines;
}

/* Whether some of the machines have a route to a destination. */
static bool
leads_to(struct lint *lint, struct tailnet *real, const struct set *machines,
         const struct selector *destination)
{
	struct ranges ranges = lint_ranges(lint, destination);
	struct arena scratch = { 0 };
	struct numbers subnets = { .arena = &scratch };
	bool found = false;

	if (destination->kind == SELECTOR_AUTOGROUP)
		return set_overlaps(machines, real->exit_nodes);
	if (ranges.n == 0)
		return true; /* not addresses: not ours to judge */
	for (size_t i = 0; i < ranges.n; i++)
		subnets_overlapping(real, ranges.at[i], &subnets);
	for (size_t i = 0; i < subnets.n && !found; i++)
		found = set_overlaps(real->subnets[subnets.at[i]].routers, machines);
	arena_end(&scratch);
	return found;
}

static void
via_usable(struct lint *lint, const struct grant *grant)
{
	struct tailnet *real = lint_tailnet(lint);
	const struct set *machines = via_machines(real, grant);

	for (size_t i = 0; i < grant->dst.n; i++) {
		const struct selector *selector = &grant->dst.at[i].selector;
		if (leads_to(lint, real, machines, selector))
			continue;
		lint_raise(lint, &CHECK_VIA_UNUSABLE, selector->span,
		           machines->n == 0
		                   ? "no machine has the via tags, so nobody reaches %s "
		                     "by this grant"
		                   : "no machine with the via tags has an approved route "
		                     "to %s, so nobody reaches it by this grant",
		           lint_show(lint, selector->text));
	}
}

void
lint_routes(struct lint *lint)
{
	const struct policy *policy = lint->policy;

	for (size_t i = 0; i < policy->n_approvers; i++) {
		const struct approver *approver = &policy->approvers[i];
		if (!approver->good)
			continue;
		wide_route(lint, approver);
		broad_approvers(lint, &approver->by, "advertise these networks");
	}
	broad_approvers(lint, &policy->exit_node, "be an exit node");
	approver_overlaps(lint);
	for (size_t i = 0; lint_tailnet(lint) && i < policy->n_grants; i++)
		if (policy->grants[i].via.n > 0)
			via_usable(lint, &policy->grants[i]);
}
