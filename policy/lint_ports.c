/* Ports that their list has already. */
#include "policy/lint_pass.h"

#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"

/* One run of a list, and its place there. */
struct run_said {
	int protocol;
	struct ports ports;
	struct span span;
	size_t place;
	const struct node *element; /* of a grant's ip: the string it stands in alone */
};

/* By protocol, from the lowest port, the longer first. */
static int
run_order(const void *left, const void *right)
{
	const struct run_said *a = left, *b = right;

	if (a->protocol != b->protocol)
		return a->protocol < b->protocol ? -1 : 1;
	if (a->ports.first != b->ports.first)
		return a->ports.first < b->ports.first ? -1 : 1;
	if (a->ports.last != b->ports.last)
		return a->ports.last > b->ports.last ? -1 : 1;
	return (a->place > b->place) - (a->place < b->place);
}

static int
place_order(const void *left, const void *right)
{
	const struct run_said *a = left, *b = right;

	return (a->place > b->place) - (a->place < b->place);
}

/* Makes overlapping runs one, at the place of the first. Returns how many are left,
 * in the order of their places; *first and *second get two that overlap. */
static size_t
runs_join(struct run_said *runs, size_t n, struct run_said *first,
          struct run_said *second)
{
	size_t kept = 0;

	qsort(runs, n, sizeof(*runs), run_order);
	for (size_t i = 0; i < n; i++) {
		struct run_said *last = kept > 0 ? &runs[kept - 1] : NULL;
		if (!last || last->protocol != runs[i].protocol ||
		    last->ports.last < runs[i].ports.first) {
			runs[kept++] = runs[i];
			continue;
		}
		if (!first->span.end) {
			*first = *last;
			*second = runs[i];
		}
		if (runs[i].ports.last > last->ports.last)
			last->ports.last = runs[i].ports.last;
		if (runs[i].place < last->place)
			last->place = runs[i].place;
	}
	qsort(runs, kept, sizeof(*runs), place_order);
	return kept;
}

static const char *
ports_said(struct lint *lint, struct ports ports)
{
	char text[16];

	ports_write(ports, text);
	return lint_say(lint, "%s", text);
}

/* Raises two that overlap, at the later of them. */
static struct finding *
overlap_raise(struct lint *lint, const struct run_said *a, const struct run_said *b)
{
	const struct run_said *later = a->place > b->place ? a : b;
	const struct run_said *sooner = later == a ? b : a;
	const char *one = ports_said(lint, later->ports);
	const char *other = ports_said(lint, sooner->ports);

	if (strcmp(one, other) == 0)
		return lint_raise(lint, &CHECK_OVERLAPPING_PORTS, later->span,
		                  "%s stands twice in this list; once is enough", one);
	return lint_raise(lint, &CHECK_OVERLAPPING_PORTS, later->span,
	                  "%s and %s in this list have ports in common; say each once",
	                  one, other);
}

/* The list of an acl's destination, which is written anew. */
static void
ports_of_destination(struct lint *lint, const struct destination *dst)
{
	struct run_said *runs, first = { 0 }, second = { 0 };
	struct finding *finding;
	struct saying list = { .arena = lint->arena };
	size_t n = dst->n_ports;

	if (n < 2)
		return;
	runs = arena_array(lint->arena, n, sizeof(*runs));
	for (size_t i = 0; i < n; i++)
		runs[i] = (struct run_said) { PROTOCOL_ANY, dst->ports[i],
			                      dst->port_spans[i], i, NULL };
	n = runs_join(runs, n, &first, &second);
	if (n == dst->n_ports)
		return;
	finding = overlap_raise(lint, &first, &second);
	for (size_t i = 0; i < n; i++)
		saying_add(&list, "%s%s", i ? "," : "", ports_said(lint, runs[i].ports));
	fix_replace(&lint->fixes, lint_fix(lint, finding, REPAIR_SAFE),
	            (struct span) { dst->port_spans[0].first,
	                            dst->port_spans[dst->n_ports - 1].end },
	            saying_text(&list));
}

/* An element of a grant's ip as it is to be written. */
static const char *
service_said(struct lint *lint, const struct run_said *run)
{
	const char *ports = ports_said(lint, run->ports);

	if (run->protocol == PROTOCOL_ANY)
		return lint_say(lint, "\"%s\"", ports);
	return lint_say(lint, "\"%s:%s\"", protocol_name(lint->arena, run->protocol),
	                ports);
}

/* The run that is left of those that overlap with one, at its place. */
static const struct run_said *
run_at(const struct run_said *runs, size_t n, size_t place)
{
	for (size_t i = 0; i < n; i++)
		if (runs[i].place == place)
			return &runs[i];
	return NULL;
}

/* Writes the elements that are left where they are wider now, and drops the
 * others. */
static void
services_mend(struct lint *lint, const struct finding *finding,
              const struct run_said *old, size_t n_old, const struct run_said *left,
              size_t n_left)
{
	struct fix *fix = lint_fix(lint, finding, REPAIR_SAFE);

	for (size_t i = 0; i < n_old; i++) {
		const struct run_said *run = run_at(left, n_left, i);
		if (!run)
			fix_drop(&lint->fixes, fix, old[i].element);
		else if (run->ports.first != old[i].ports.first ||
		         run->ports.last != old[i].ports.last)
			fix_replace(&lint->fixes, fix, old[i].element->span,
			            text_of(service_said(lint, run)));
	}
}

/* More elements are not held against each other one by one. */
#define SERVICES_MAX 2000

/* The list of a grant's ip, an element a run; lists in elements are Headscale's
 * and are left alone. */
static void
ports_of_grant(struct lint *lint, const struct grant *grant)
{
	const struct node *list = grant->ip_list;
	struct run_said *runs, *old, first = { 0 }, second = { 0 };
	size_t n = 0, left;

	if (!list || list->kind != HUJSON_ARRAY || grant->n_ip < 2 ||
	    grant->n_ip > SERVICES_MAX || grant->n_ip != node_length(list))
		return;
	runs = arena_array(lint->arena, grant->n_ip, sizeof(*runs));
	old = arena_array(lint->arena, grant->n_ip, sizeof(*old));
	for (const struct node *e = node_first(list); e != node_end(list);
	     e = node_next(e), n++)
		runs[n] = old[n] =
			(struct run_said) { grant->ip[n].protocol, grant->ip[n].ports,
			                    grant->ip[n].span, n, e };
	left = runs_join(runs, n, &first, &second);
	if (left < n)
		services_mend(lint, overlap_raise(lint, &first, &second), old, n, runs,
		              left);
}

void
lint_ports(struct lint *lint)
{
	const struct policy *policy = lint->policy;

	for (size_t i = 0; i < policy->n_grants; i++) {
		const struct grant *grant = &policy->grants[i];
		if (!grant->good)
			continue;
		if (grant->section == SECTION_GRANTS)
			ports_of_grant(lint, grant);
		for (size_t k = 0; k < grant->dst.n; k++)
			ports_of_destination(lint, &grant->dst.at[k]);
	}
}
