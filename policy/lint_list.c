/*
 * Elements of a src or dst that the others of their list take in. What each
 * element names is counted, machine by machine and address by address, for each
 * run of ports that the list tells apart; an element whose every point is counted
 * twice can go. So the cost is that of what the list names.
 */
#include "policy/lint_pass.h"

#include <string.h>

#include "grammar/arena.h"
#include "policy/numbers.h"
#include "policy/resolve.h"

/* An element as points: machines, then elementary intervals of addresses. */
struct element {
	const struct list_element *said;
	struct party party;
	struct range *ranges; /* addresses that it covers, any and danger too */
	size_t n_ranges;
	bool everybody; /* every machine */
	bool kept;
};

struct tally {
	struct lint *lint;
	struct arena *arena;
	struct element *elements;
	size_t n;
	bool members;        /* all members are among them */
	bool guests_ask;     /* so that one's own may be a guest's */
	struct point *edges; /* where intervals of addresses start, ascending */
	size_t n_edges;
	const uint32_t
		*ports; /* where runs of ports start, ascending; the last is an end */
	size_t n_runs;
	size_t n_points;  /* machines, one's own machines, intervals */
	uint16_t *counts; /* by run and point */
};

/* More points are not told apart in one list. */
#define POINTS_MAX ((size_t)1 << 22)

static void
element_fill(struct tally *tally, struct element *element, bool destination)
{
	struct party *party = &element->party;
	struct ranges more = { 0 };

	*party = filter_party(tally->lint->imagined, element->said->selector);
	element->everybody = party->any || party->danger;
	if (party->danger || (party->any && destination)) {
		more = RANGES_OF_EVERYTHING;
	} else if (party->any) {
		more = RANGES_OF_TAILNET;
	} else if (party->internet) {
		more = RANGES_OF_INTERNET;
	}
	element->n_ranges = party->n_literals + more.n;
	element->ranges =
		arena_array(tally->arena, element->n_ranges, sizeof(struct range));
	if (party->n_literals > 0)
		memcpy(element->ranges, party->literals,
		       party->n_literals * sizeof(struct range));
	if (more.n > 0)
		memcpy(element->ranges + party->n_literals, more.at,
		       more.n * sizeof(struct range));
}

/* A place behind the last of a range: the start of the next line at the end. */
static struct point
behind(struct point last)
{
	struct point end = line_last(last.line);

	if (point_compare(last, end) == 0)
		return (struct point) { last.line + 1, 0, 0 };
	return point_next(last);
}

static void
edges_find(struct tally *tally)
{
	size_t n = 0;

	for (size_t i = 0; i < tally->n; i++)
		n += 2 * tally->elements[i].n_ranges;
	tally->edges = arena_array(tally->arena, n, sizeof(struct point));
	n = 0;
	for (size_t i = 0; i < tally->n; i++)
		for (size_t k = 0; k < tally->elements[i].n_ranges; k++) {
			tally->edges[n++] = tally->elements[i].ranges[k].first;
			tally->edges[n++] = behind(tally->elements[i].ranges[k].last);
		}
	tally->n_edges = points_sort(tally->edges, n);
}

/* The number of the interval that starts at a point; it is an edge. */
static size_t
edge_number(const struct tally *tally, struct point point)
{
	return points_from(tally->edges, tally->n_edges, point);
}

static void
runs_find(struct tally *tally)
{
	struct numbers starts = { .arena = tally->arena };

	for (size_t i = 0; i < tally->n; i++)
		for (size_t k = 0; k < tally->elements[i].said->n_ports; k++) {
			struct ports ports = tally->elements[i].said->ports[k];
			numbers_add(&starts, ports.first);
			numbers_add(&starts, (uint32_t)ports.last + 1);
		}
	tally->ports = numbers_sort(&starts);
	tally->n_runs = starts.n - 1;
}

/* Whether an element's ports take in a run. */
static bool
element_runs(const struct tally *tally, const struct element *element, size_t run)
{
	for (size_t i = 0; i < element->said->n_ports; i++)
		if (element->said->ports[i].first <= tally->ports[run] &&
		    element->said->ports[i].last + 1u >= tally->ports[run + 1])
			return true;
	return false;
}

/* The point of a source's own machines. */
static size_t
self_point(const struct tally *tally)
{
	return tally->lint->imagined->tailnet->n_machines;
}

/* What is done at each point of an element in one run. */
typedef bool (*point_do)(uint16_t *count);

static bool
count_up(uint16_t *count)
{
	*count = (uint16_t)(*count + (*count < UINT16_MAX));
	return true;
}

static bool
count_down(uint16_t *count)
{
	--*count;
	return true;
}

static bool
count_none(uint16_t *count)
{
	*count = 0;
	return true;
}

static bool
is_counted_twice(uint16_t *count)
{
	return *count > 1;
}

/* Whether its machines take in one's own, whoever one is. */
static bool
holds_self(const struct tally *tally, const struct element *element)
{
	return element->party.self || element->everybody ||
	       set_within(tally->lint->imagined->tailnet->members,
	                  element->party.machines);
}

static bool
element_do(const struct tally *tally, const struct element *element, size_t run,
           point_do act)
{
	uint16_t *counts = tally->counts + run * tally->n_points;
	size_t self = self_point(tally), n = element->everybody ? self : 0;
	const struct set *machines = element->party.machines;

	for (size_t i = 0; i < n; i++)
		if (!act(&counts[i]))
			return false;
	for (uint32_t i = 0; n == 0 && i < machines->n; i++)
		if (!act(&counts[machines->at[i]]))
			return false;
	for (size_t i = 0; i < element->n_ranges; i++) {
		size_t end = edge_number(tally, behind(element->ranges[i].last));
		size_t k = edge_number(tally, element->ranges[i].first);
		for (; k < end; k++)
			if (!act(&counts[self + 1 + k]))
				return false;
	}
	return !holds_self(tally, element) || act(&counts[self]);
}

/* Literals of one element may overlap: each interval is counted for it once. */
static void
element_settle(struct tally *tally, struct element *element)
{
	struct ranges once = ranges_of(tally->arena, element->ranges, element->n_ranges);

	if (once.n > 0)
		memcpy(element->ranges, once.at, once.n * sizeof(struct range));
	element->n_ranges = once.n;
}

static void
element_count(const struct tally *tally, const struct element *element, point_do act)
{
	for (size_t run = 0; run < tally->n_runs; run++)
		if (element_runs(tally, element, run))
			element_do(tally, element, run, act);
}

/* Whether an element adds nothing to the others that are kept. */
static bool
is_spare(const struct tally *tally, const struct element *element)
{
	if (party_is_empty(&element->party) || element->party.unknown)
		return false;
	for (size_t run = 0; run < tally->n_runs; run++)
		if (element_runs(tally, element, run) &&
		    !element_do(tally, element, run, is_counted_twice))
			return false;
	return true;
}

static bool
ports_hold(const struct list_element *outer, const struct list_element *inner)
{
	for (size_t i = 0; i < inner->n_ports; i++) {
		size_t k = 0;
		while (k < outer->n_ports &&
		       (outer->ports[k].first > inner->ports[i].first ||
		        outer->ports[k].last < inner->ports[i].last))
			k++;
		if (k == outer->n_ports)
			return false;
	}
	return true;
}

/* Whether one element alone takes in another. */
static bool
element_holds(const struct tally *tally, const struct element *outer,
              const struct element *inner)
{
	struct ranges ranges = { outer->ranges, outer->n_ranges };

	if (!ports_hold(outer->said, inner->said) ||
	    (inner->everybody && !outer->everybody) ||
	    (inner->party.self && !holds_self(tally, outer)))
		return false;
	if (!outer->everybody &&
	    !set_within(inner->party.machines, outer->party.machines))
		return false;
	for (size_t i = 0; i < inner->n_ranges; i++)
		if (!ranges_cover(ranges, inner->ranges[i]))
			return false;
	return true;
}

/* So many are looked at for one that takes in another alone. */
#define HOLDERS_MAX 200

static const struct element *
holder_of(const struct tally *tally, const struct element *element)
{
	for (size_t i = 0; i < tally->n && i < HOLDERS_MAX; i++) {
		const struct element *other = &tally->elements[i];
		if (other != element && other->kept &&
		    element_holds(tally, other, element))
			return other;
	}
	return NULL;
}

static void
spare_raise(const struct tally *tally, const struct element *element)
{
	struct lint *lint = tally->lint;
	const struct element *holder = holder_of(tally, element);
	const char *shown = lint_show(lint, element->said->shown);
	const char *other = holder ? lint_show(lint, holder->said->shown) : NULL;
	struct finding *finding;

	if (!holder)
		finding = lint_raise(lint, &CHECK_REDUNDANT_ELEMENT, element->said->where,
		                     "the other elements of this list take in all of %s, "
		                     "so it can go",
		                     shown);
	else if (text_equal(holder->said->shown, element->said->shown))
		finding =
			lint_raise(lint, &CHECK_REDUNDANT_ELEMENT, element->said->where,
		                   "%s stands twice in this list; once is enough", shown);
	else
		finding = lint_raise(lint, &CHECK_REDUNDANT_ELEMENT, element->said->where,
		                     "%s in this list takes in %s, so this can go", other,
		                     shown);
	if (holder)
		lint_note(lint, finding, holder->said->where, "%s is here", other);
	bool members = holder ? lint_is_members(holder->said->selector) : tally->members;
	bool guests = element->party.self ? tally->guests_ask
	                                  : lint_may_be_guests(element->said->selector);
	enum repair repair =
		lint_guests(lint, finding, element->said->where, members && guests);
	fix_drop(&lint->fixes, lint_fix(lint, finding, repair),
	         node_at(lint->policy->tree, element->said->where.first));
}

/* Room for so many counts, all of them 0. */
static uint16_t *
counts_room(struct lint *lint, size_t n)
{
	if (n > lint->n_tally) {
		lint->n_tally = 2 * n;
		lint->tally =
			arena_array(lint->arena, lint->n_tally, sizeof(*lint->tally));
	}
	return lint->tally;
}

/* Resolves and counts; false where there would be too much to count. */
static bool
tally_make(struct tally *tally, const struct list_element *elements, bool destination)
{
	tally->elements = arena_array(tally->arena, tally->n, sizeof(*tally->elements));
	for (size_t i = 0; i < tally->n; i++) {
		tally->elements[i].said = &elements[i];
		tally->elements[i].kept = true;
		if (elements[i].n_ports == 0)
			return false; /* a fault in the ports: told elsewhere */
		tally->members |= lint_is_members(elements[i].selector);
		element_fill(tally, &tally->elements[i], destination);
		element_settle(tally, &tally->elements[i]);
	}
	edges_find(tally);
	runs_find(tally);
	tally->n_points = self_point(tally) + 1 + tally->n_edges;
	if (tally->n_runs * tally->n_points > POINTS_MAX)
		return false;
	tally->counts = counts_room(tally->lint, tally->n_runs * tally->n_points);
	for (size_t i = 0; i < tally->n; i++)
		element_count(tally, &tally->elements[i], count_up);
	return true;
}

/* Whether some two of the elements are likely to overlap: identities of other
 * sorts, or words that are repeated. Most lists are told apart by that. */
static bool
may_overlap(const struct list_element *elements, size_t n)
{
	bool plain = true;
	struct arena scratch = { 0 };
	struct names seen = { .arena = &scratch };

	for (size_t i = 0; i < n && plain; i++) {
		const struct selector *selector = elements[i].selector;
		plain = (selector->kind == SELECTOR_TAG ||
		         selector->kind == SELECTOR_USER) &&
		        names_add(&seen, selector->text) == i;
	}
	arena_end(&scratch);
	return !plain;
}

/* The last first; then the counts are 0 again. */
static void
tally_judge(const struct tally *tally)
{
	for (size_t i = tally->n; i-- > 0;) {
		struct element *element = &tally->elements[i];
		if (!is_spare(tally, element))
			continue;
		element->kept = false;
		element_count(tally, element, count_down);
		spare_raise(tally, element);
	}
	for (size_t i = 0; i < tally->n; i++)
		element_count(tally, &tally->elements[i], count_none);
}

void
lint_list(struct lint *lint, const struct list_element *elements, size_t n,
          bool destination, bool guests_ask)
{
	struct arena scratch = { 0 };
	struct tally tally = {
		.lint = lint, .arena = &scratch, .n = n, .guests_ask = guests_ask
	};

	if (n < 2 || !may_overlap(elements, n))
		return;
	if (tally_make(&tally, elements, destination))
		tally_judge(&tally);
	arena_end(&scratch);
}
