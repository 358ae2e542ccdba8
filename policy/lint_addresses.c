/* Addresses and prefixes: whose they are, and what they take in. */
#include "policy/lint_pass.h"

#include <stdlib.h>

#include "grammar/arena.h"
#include "policy/resolve.h"
#include "policy/visit.h"

struct known_range {
	struct range range;
	const char *what;
};

/* Where no machine of a tailnet has its address, and no router leads. */
static const struct known_range reserved[] = {
	{ { V4(0, 0, 0, 0), V4(0, 255, 255, 255) }, "no address of a machine" },
	{ { V4(100, 100, 100, 100), V4(100, 100, 100, 100) },
	  "each machine's own resolver" },
	{ { V4(100, 115, 92, 0), V4(100, 115, 93, 255) },
	  "left to ChromeOS in every tailnet" },
	{ { V4(127, 0, 0, 0), V4(127, 255, 255, 255) }, "each machine itself" },
	{ { V4(192, 0, 2, 0), V4(192, 0, 2, 255) }, "for documentation" },
	{ { V4(198, 51, 100, 0), V4(198, 51, 100, 255) }, "for documentation" },
	{ { V4(203, 0, 113, 0), V4(203, 0, 113, 255) }, "for documentation" },
	{ { V4(224, 0, 0, 0), V4(239, 255, 255, 255) }, "multicast" },
	{ { V4(240, 0, 0, 0), V4(255, 255, 255, 255) }, "reserved" },
	{ { V6(0, 0), V6(0, 1) }, "each machine itself" },
	{ { V6(0x20010db800000000, 0), V6(0x20010db8ffffffff, UINT64_MAX) },
	  "for documentation" },
	{ { V6(0xfe80000000000000, 0), V6(0xfebfffffffffffff, UINT64_MAX) },
	  "link-local: no route leads there" },
	{ { V6(0xff00000000000000, 0), V6(UINT64_MAX, UINT64_MAX) }, "multicast" },
};

/* What coordinators give to machines, and what subnet routers share in it by
 * way of 4via6. */
static const struct range tailnet_v4 = { V4(100, 64, 0, 0), V4(100, 127, 255, 255) };
static const struct range tailnet_v6 = { V6(0xfd7a115ca1e00000, 0),
	                                 V6(0xfd7a115ca1e0ffff, UINT64_MAX) };
static const struct range via6 = { V6(0xfd7a115ca1e00b1a, 0),
	                           V6(0xfd7a115ca1e00b1a, UINT64_MAX) };

static const struct known_range *
reserved_around(struct range range)
{
	for (size_t i = 0; i < sizeof(reserved) / sizeof(*reserved); i++)
		if (range_covers(reserved[i].range, range))
			return &reserved[i];
	return NULL;
}

static bool
is_in_tailnet(struct range range)
{
	return range_covers(tailnet_v4, range) ||
	       (range_covers(tailnet_v6, range) && !range_covers(via6, range));
}

/* An address as written, the first time that it is. */
struct literal {
	struct text text;
	struct span span;
	struct range range;
	const struct host *host; /* of whose definition, or NULL */
	bool destination;
	bool via; /* in a grant by way of certain routers */
};

struct literals {
	struct names texts;
	struct literal *at;
	size_t cap;
};

static void
literal_add(struct literals *literals, const struct literal *literal)
{
	size_t n = literals->texts.n;
	uint32_t number = names_add(&literals->texts, literal->text);

	if (number == n) {
		literals->at = arena_grow(literals->texts.arena, literals->at, n,
		                          &literals->cap, sizeof(*literals->at));
		literals->at[n] = *literal;
	}
	literals->at[number].destination |= literal->destination;
	literals->at[number].via |= literal->via;
}

static void
literal_visit(const struct mention *mention, void *context)
{
	const struct selector *selector = mention->selector;
	bool rule = mention->grant || mention->ipset;

	if (!rule ||
	    (selector->kind != SELECTOR_ADDRESS && selector->kind != SELECTOR_RANGE))
		return;
	literal_add(context, &(struct literal) {
				     .text = selector->text,
				     .span = selector->span,
				     .range = selector->range,
				     .destination = mention->destination != NULL,
				     .via = mention->grant && mention->grant->via.n > 0,
			     });
}

/* Hosts that something names beside tests, and that are destinations, by number. */
struct host_targets {
	const struct policy *policy;
	bool *named, *destination, *via;
};

static void
host_visit(const struct mention *mention, void *context)
{
	struct host_targets *targets = context;
	uint32_t number = mention->selector->kind == SELECTOR_HOST
	                          ? names_find(&targets->policy->host_names,
	                                       mention->selector->name)
	                          : NAMES_NONE;

	if (number == NAMES_NONE)
		return;
	targets->named[number] |= !mention->test && !mention->ssh_test;
	if (!mention->grant)
		return;
	targets->destination[number] |= mention->destination != NULL;
	targets->via[number] |= mention->grant->via.n > 0;
}

static void
literals_find(struct literals *literals, const struct policy *policy)
{
	struct arena *arena = literals->texts.arena;
	struct host_targets targets = {
		.policy = policy,
		.named = arena_array(arena, policy->n_hosts, sizeof(bool)),
		.destination = arena_array(arena, policy->n_hosts, sizeof(bool)),
		.via = arena_array(arena, policy->n_hosts, sizeof(bool)),
	};

	selectors_visit(policy, host_visit, &targets);
	for (size_t i = 0; i < policy->n_hosts; i++) {
		const struct host *host = &policy->hosts[i];
		if (host->good && targets.named[i])
			literal_add(literals,
			            &(struct literal) {
					    .text = host->address.text,
					    .span = host->address.span,
					    .range = host->range,
					    .host = host,
					    .destination = targets.destination[i],
					    .via = targets.via[i],
				    });
	}
	selectors_visit(policy, literal_visit, literals);
}

/* "host db (100.64.0.5)", or the address. */
static const char *
literal_name(struct lint *lint, const struct literal *literal)
{
	const char *address = lint_show(lint, literal->text);

	return literal->host
	               ? lint_say(lint, "%s (%s)",
	                          lint_show(lint, literal->host->name.text), address)
	               : address;
}

/* What is known of addresses from elsewhere. */
struct ground {
	struct ranges hosts;  /* that have a name */
	struct ranges pools;  /* that the policy gives to machines by their attributes */
	struct ranges routes; /* that are approved where they are advertised */
	struct ranges routed; /* of the inventory's approved subnets */
};

static struct ranges
ranges_of_pools(struct lint *lint)
{
	const struct policy *policy = lint->policy;
	struct range *ranges = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < policy->n_node_attrs; i++) {
		const struct words *pools = &policy->node_attrs[i].ip_pool;
		for (size_t k = 0; k < pools->n; k++) {
			ranges =
				arena_grow(lint->arena, ranges, n, &cap, sizeof(*ranges));
			if (prefix_parse(pools->at[k].text, &ranges[n], NULL, NULL) ==
			    ADDRESS_FINE)
				n++;
		}
	}
	return ranges_of(lint->arena, ranges, n);
}

static struct ground
ground_survey(struct lint *lint)
{
	const struct policy *policy = lint->policy;
	const struct tailnet *real = lint_tailnet(lint);
	size_t n_subnets = real ? real->n_subnets : 0, n = 0;
	size_t most = policy->n_hosts + policy->n_approvers + n_subnets;
	struct range *room = arena_array(lint->arena, most, sizeof(*room));
	struct ground ground = { .pools = ranges_of_pools(lint) };

	for (size_t i = 0; i < policy->n_hosts; i++)
		if (policy->hosts[i].good)
			room[n++] = policy->hosts[i].range;
	ground.hosts = ranges_of(lint->arena, room, n);
	n = 0;
	for (size_t i = 0; i < policy->n_approvers; i++)
		if (policy->approvers[i].good)
			room[n++] = policy->approvers[i].range;
	ground.routes = ranges_of(lint->arena, room, n);
	for (n = 0; n < n_subnets; n++)
		room[n] = real->subnets[n].range;
	ground.routed = ranges_of(lint->arena, room, n);
	return ground;
}

/* Whose address it is today: " (laptop, today)", or nothing. */
static const char *
owner_today(struct lint *lint, struct range range)
{
	const struct tailnet *real = lint_tailnet(lint);
	uint32_t owner = real && range_is_single(range)
	                         ? tailnet_owner_of(real, range.first)
	                         : UINT32_MAX;

	if (owner == UINT32_MAX)
		return "";
	return lint_say(lint, " (today it is %s)",
	                machine_describe(lint->arena, real, &real->machines[owner]));
}

static void
tailnet_address(struct lint *lint, const struct ground *ground,
                const struct literal *literal)
{
	if (range_is_single(literal->range))
		lint_raise(lint, &CHECK_HOST_IN_TAILNET_RANGE, literal->span,
		           "%s is a machine's tailnet address%s: the rule stays when the "
		           "machine goes, and whoever gets the address gets the access; "
		           "name a tag",
		           literal_name(lint, literal),
		           owner_today(lint, literal->range));
	else if (!ranges_cover(ground->pools, literal->range))
		lint_raise(lint, &CHECK_HOST_IN_TAILNET_RANGE, literal->span,
		           "%s is a part of the tailnet's own addresses: which machines "
		           "have them is chance; name a tag",
		           literal_name(lint, literal));
}

static void
public_address(struct lint *lint, const struct ground *ground,
               const struct literal *literal)
{
	if (literal->destination && !literal->via &&
	    !ranges_overlap(ground->routes, literal->range) &&
	    !ranges_overlap(ground->routed, literal->range))
		lint_raise(
			lint, &CHECK_PUBLIC_DESTINATION, literal->span,
			"%s is on the Internet: it is reached through the tailnet only "
			"by way of a router or exit node that leads there",
			literal_name(lint, literal));
}

/* Whether any machine has an address in the range. */
static bool
is_owned(const struct tailnet *tailnet, struct range range)
{
	size_t i = tailnet_address_from(tailnet, range.first);

	return i < tailnet->n_addresses &&
	       range_holds(range, tailnet->addresses[i].address);
}

static bool
is_stale(const struct lint *lint, const struct ground *ground, struct range range)
{
	const struct tailnet *real = lint_tailnet(lint);

	return real && !ranges_cover(RANGES_OF_INTERNET, range) &&
	       !is_owned(real, range) && !ranges_overlap(ground->routed, range);
}

static void
literal_judge(struct lint *lint, const struct ground *ground,
              const struct literal *literal)
{
	const struct known_range *known = reserved_around(literal->range);

	if (known) {
		lint_raise(lint, &CHECK_RESERVED_ADDRESS, literal->span,
		           "%s is %s: a rule about it does nothing",
		           literal_name(lint, literal), known->what);
		return;
	}
	if (!literal->via && is_stale(lint, ground, literal->range)) {
		lint_raise(
			lint, &CHECK_STALE_ADDRESS, literal->span,
			"%s is no machine's address, and no approved route leads to it",
			literal_name(lint, literal));
		return;
	}
	if (is_in_tailnet(literal->range) && !range_covers(literal->range, tailnet_v4) &&
	    !range_covers(literal->range, tailnet_v6))
		tailnet_address(lint, ground, literal);
	else if (ranges_cover(RANGES_OF_INTERNET, literal->range))
		public_address(lint, ground, literal);
}

/* Raises an address with a length that is not the network's own. */
static void
host_bits(struct lint *lint, struct text text, struct span span)
{
	struct range range;
	char network[RANGE_TEXT_MAX], machine[RANGE_TEXT_MAX];
	struct point point;
	struct text address = { text.at, text_find(text, '/') };
	struct finding *finding;

	if (prefix_parse(text, &range, NULL, NULL) != ADDRESS_HOST_BITS ||
	    address_parse(address, &point) != ADDRESS_FINE)
		return;
	prefix_write(range, network);
	address_write(point, machine);
	finding = lint_raise(lint, &CHECK_HOST_BITS_SET, span,
	                     "%s is read as %s, the whole network; write that, or %s for "
	                     "the one machine",
	                     lint_show(lint, text), network, machine);
	if (lint->policy->source->bytes[span.first] == '"') {
		span.first++;
		span.end--;
	}
	fix_replace(&lint->fixes, lint_fix(lint, finding, REPAIR_UNSAFE), span,
	            text_of(lint_say(lint, "%s", network)));
}

static void
host_bits_visit(const struct mention *mention, void *context)
{
	if (mention->selector->fault == ADDRESS_HOST_BITS)
		host_bits(context, mention->selector->text, mention->selector->span);
}

static void
host_bits_everywhere(struct lint *lint)
{
	const struct policy *policy = lint->policy;

	selectors_visit(policy, host_bits_visit, lint);
	for (size_t i = 0; i < policy->n_hosts; i++)
		host_bits(lint, policy->hosts[i].address.text,
		          policy->hosts[i].address.span);
	for (size_t i = 0; i < policy->n_approvers; i++)
		host_bits(lint, policy->approvers[i].route.text,
		          policy->approvers[i].route.span);
}

/* The wider first of those that start together; equal ones as in the file. */
static int
host_order(const void *left, const void *right)
{
	const struct host *a = *(const struct host *const *)left;
	const struct host *b = *(const struct host *const *)right;
	int order = range_compare(a->range, b->range);

	if (order)
		return order;
	return a->name.span.first < b->name.span.first ? -1 : 1;
}

/* Raises a host that lies in another. The same addresses twice are doubtful; a
 * machine in a network that has a name too is common. */
static void
host_inside(struct lint *lint, const struct host *outer, const struct host *inner)
{
	bool same = range_covers(inner->range, outer->range);
	const struct host *later =
		same || inner->name.span.first > outer->name.span.first ? inner : outer;
	const struct host *other = later == inner ? outer : inner;
	const char *one = lint_show(lint, inner->name.text);
	const char *two = lint_show(lint, outer->name.text);
	struct finding *finding = lint_raise(
		lint, &CHECK_HOST_OVERLAP, later->address.span,
		same ? "%s and %s are the same addresses: a rule about the one is a rule "
		       "about the other"
		     : "%s lies in %s: a rule about the latter is about both",
		one, two);

	lint_note(lint, finding, other->address.span, "%s is defined here",
	          lint_show(lint, other->name.text));
	if (!same)
		finding_level(lint->findings, finding, LEVEL_ADVICE);
}

static void
host_overlaps(struct lint *lint)
{
	const struct policy *policy = lint->policy;
	struct arena scratch = { 0 };
	const struct host **hosts =
		arena_array(&scratch, policy->n_hosts, sizeof(struct host *));
	const struct host **open =
		arena_array(&scratch, policy->n_hosts, sizeof(struct host *));
	size_t n = 0, n_open = 0;

	for (size_t i = 0; i < policy->n_hosts; i++)
		if (policy->hosts[i].good)
			hosts[n++] = &policy->hosts[i];
	if (n > 0)
		qsort(hosts, n, sizeof(*hosts), host_order);
	for (size_t i = 0; i < n; i++) {
		while (n_open > 0 &&
		       !range_covers(open[n_open - 1]->range, hosts[i]->range))
			n_open--;
		if (n_open > 0)
			host_inside(lint, open[n_open - 1], hosts[i]);
		open[n_open++] = hosts[i];
	}
	arena_end(&scratch);
}

/* Raises a host that is one of its machine's addresses while no other host is
 * the other. */
static void
single_stack(struct lint *lint, const struct ground *ground, const struct host *host)
{
	const struct tailnet *real = lint_tailnet(lint);
	uint32_t owner = host->good && range_is_single(host->range)
	                         ? tailnet_owner_of(real, host->range.first)
	                         : UINT32_MAX;
	char text[RANGE_TEXT_MAX];

	if (owner == UINT32_MAX)
		return;
	const struct machine *machine = &real->machines[owner];
	for (size_t i = 0; i < machine->n_addresses; i++) {
		struct point other = machine->addresses[i];
		if (other.line == host->range.first.line ||
		    ranges_hold(ground->hosts, other))
			continue;
		address_write(other, text);
		lint_raise(lint, &CHECK_SINGLE_STACK_ALIAS, host->address.span,
		           "%s is one address of %s, which also has %s: a rule about it "
		           "depends on the family that is used",
		           lint_show(lint, host->name.text),
		           machine_describe(lint->arena, real, machine), text);
		return;
	}
}

/* The range of a step, or false where it has none that is known here. */
static bool
step_range(const struct policy *policy, const struct ipset_step *step,
           struct range *range)
{
	const struct selector *target = &step->target;
	const struct host *host =
		target->kind == SELECTOR_HOST ? policy_host(policy, target->name) : NULL;

	if (target->kind == SELECTOR_ADDRESS || target->kind == SELECTOR_RANGE)
		*range = target->range;
	else if (host && host->good)
		*range = host->range;
	else
		return false;
	return true;
}

/* The steps of one ipset, and which removals have met something added before. */
struct steps_walk {
	struct lint *lint;
	const struct ipset *set;
	struct arena *arena;
	bool *met;
};

static struct ranges
step_added(struct steps_walk *walk, size_t i)
{
	const struct ipset_step *step = &walk->set->steps[i];
	struct range *range = arena_alloc(walk->arena, sizeof(*range));
	const struct ipset *inner =
		step->target.kind == SELECTOR_IPSET
			? policy_ipset(walk->lint->policy, step->target.text)
			: NULL;

	if (step->remove)
		return (struct ranges) { 0 };
	if (inner)
		return inner->ranges;
	if (step->target.kind == SELECTOR_AUTOGROUP)
		return RANGES_OF_INTERNET;
	if (!step_range(walk->lint->policy, step, range))
		return (struct ranges) { 0 };
	return (struct ranges) { range, 1 };
}

/* What steps first .. end-1 add; removals in the second half are held against
 * what the first adds, half by half. */
static struct ranges
steps_added(struct steps_walk *walk, size_t first, size_t end)
{
	size_t middle = first + (end - first) / 2;
	struct range range;

	if (end - first == 1)
		return step_added(walk, first);
	struct ranges before = steps_added(walk, first, middle);
	struct ranges after = steps_added(walk, middle, end);
	for (size_t i = middle; i < end; i++) {
		const struct ipset_step *step = &walk->set->steps[i];
		if (step->remove && !walk->met[i])
			walk->met[i] = !step_range(walk->lint->policy, step, &range) ||
			               ranges_overlap(before, range);
	}
	return ranges_join(walk->arena, before, after);
}

static void
ipset_judge(struct lint *lint, const struct ipset *set)
{
	struct arena scratch = { 0 };
	struct steps_walk walk = { lint, set, &scratch, NULL };

	walk.met = arena_array(&scratch, set->n_steps, sizeof(bool));
	if (set->n_steps > 0)
		steps_added(&walk, 0, set->n_steps);
	for (size_t i = 0; i < set->n_steps; i++) {
		const struct ipset_step *step = &set->steps[i];
		struct range range;
		if (step->remove && !walk.met[i] &&
		    step_range(lint->policy, step, &range))
			lint_raise(lint, &CHECK_IPSET_CONTRADICTION, step->span,
			           "%s is taken out, but nothing of it was put in before",
			           lint_show(lint, step->target.text));
	}
	if (set->ranges.n == 0)
		lint_raise(lint, &CHECK_IPSET_CONTRADICTION, set->name.span,
		           "%s has no addresses in the end, so what names it allows "
		           "nothing",
		           lint_show(lint, set->name.text));
	arena_end(&scratch);
}

void
lint_addresses(struct lint *lint)
{
	const struct policy *policy = lint->policy;
	struct literals literals = { .texts = { .arena = lint->arena } };

	struct ground ground = ground_survey(lint);

	literals_find(&literals, policy);
	for (size_t i = 0; i < literals.texts.n; i++)
		literal_judge(lint, &ground, &literals.at[i]);
	host_bits_everywhere(lint);
	host_overlaps(lint);
	for (size_t i = 0; lint_tailnet(lint) && i < policy->n_hosts; i++)
		single_stack(lint, &ground, &policy->hosts[i]);
	for (size_t i = 0; i < policy->n_ipsets; i++)
		ipset_judge(lint, &policy->ipsets[i]);
}
