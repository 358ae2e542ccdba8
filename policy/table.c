#include "policy/table.h"

#include <string.h>

#include "grammar/arena.h"
#include "policy/dialect.h"
#include "policy/goal.h"
#include "policy/spell.h"

/* The sources of a self rule, for one owner. */
struct own_sources {
	uint32_t user, list;
	const struct set *senders; /* themselves, and whoever routes their addresses */
};

struct own_list {
	struct own_sources *at; /* by user, ascending */
	size_t n;
};

/* A rule on its way to a machine's table. */
struct step {
	uint32_t rule, place;
	uint32_t list;    /* the spelling of its sources */
	uint32_t serving; /* the place of its goal among those of the machine */
};

struct steps {
	struct step *at;
	size_t n;
};

/*
 * Machines of one kind have one owner, serve the same goals and may send to the same:
 * their tables differ in their addresses alone, their peers in themselves. What is
 * found out of a kind is kept until another takes its place.
 */
struct kept_steps {
	uint32_t kind; /* + 1 */
	struct steps steps;
	size_t cap;
};

struct kept_peers {
	uint32_t kind; /* + 1 */
	struct stretch *at;
	size_t n, cap;
};

#define KINDS_KEPT 128

struct table {
	struct arena *arena;
	struct filter *filter;
	struct spelling *spelling;
	struct goals *goals;
	/* Rules of equal sources and protocol become one at the place of the first,
	 * before anything is cut to a machine (spec/semantics.md 2.7); where the target
	 * does not do that, those of one acl. */
	bool merges;
	uint32_t *list;      /* by rule: the spelling of its sources; not of self rules */
	uint32_t *place;     /* by rule */
	struct names places; /* sources and protocol → the first rule, in first_rule */
	uint32_t *first_rule;
	size_t first_cap;
	struct own_list *own; /* by goal: of self goals */
	/* Who may send to each goal and who serves it, NULL of self goals; and to which
	 * goals each machine may send. */
	const struct set **senders, **servers;
	struct rows sends;
	struct sieve sieve; /* of machines */
	uint32_t *kind;     /* by machine */
	struct kept_steps steps[KINDS_KEPT];
	struct kept_peers peers[KINDS_KEPT];
	struct stretch *known; /* the peers of the machine asked of last */
};

#define KEY_LEN 12

/* What rules that become one have in common, as a name: sources, protocol and, of
 * via rules alone, the grant. */
static struct text
merge_key(char key[KEY_LEN], uint32_t list, int protocol, const struct grant *via)
{
	int32_t number = protocol;
	uint32_t grant = via ? via->index + 1 : 0;
	memcpy(key, &list, 4);
	memcpy(key + 4, &number, 4);
	memcpy(key + 8, &grant, 4);
	return (struct text) { key, KEY_LEN };
}

static uint32_t
find_place(const struct table *t, uint32_t list, int protocol)
{
	char key[KEY_LEN];
	uint32_t known = names_find(&t->places, merge_key(key, list, protocol, NULL));
	return known == NAMES_NONE ? UINT32_MAX : t->first_rule[known];
}

/* The same of an acl whose rules are for themselves, self apart. */
static struct text
acl_key(char key[KEY_LEN], const struct rule *rule)
{
	const uint32_t said[] = { rule->grant ? rule->grant->index : UINT32_MAX,
		                  rule->self };
	memcpy(key, said, sizeof(said));
	return (struct text) { key, sizeof(said) };
}

/* Capability rules stand for themselves (2.7); via rules merge within their grant
 * alone (11.13), whose destinations are one rule (spec/wire-format.md 3.3, 3.6). */
static bool
rule_merges(const struct table *t, const struct rule *rule)
{
	return rule->kind == RULE_NETWORK && !(rule->self && t->merges);
}

static void
place_rule(struct table *t, uint32_t number)
{
	const struct rule *rule = &t->filter->rules[number];
	char key[KEY_LEN];
	t->place[number] = number;
	if (!rule->self)
		t->list[number] = spelling_of_party(t->spelling, rule->src);
	if (rule->shadow || !rule_merges(t, rule))
		return;
	struct text name = t->merges ? merge_key(key, t->list[number], rule->protocol,
	                                         rule->via ? rule->grant : NULL)
	                             : acl_key(key, rule);
	uint32_t known = names_find(&t->places, name);
	if (known != NAMES_NONE) {
		/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): what is known has a place */
		t->place[number] = t->first_rule[known];
		return;
	}
	name.at = arena_copy(t->arena, name.at, name.len);
	known = names_add(&t->places, name);
	t->first_rule = arena_grow(t->arena, t->first_rule, known, &t->first_cap,
	                           sizeof(*t->first_rule));
	t->first_rule[known] = number;
}

/* The sources of a self goal, owner by owner. Machines of one owner need not lie
 * together, so each owner's are picked out of the owner's own. */
static struct own_list
own_list_make(struct table *t, const struct goal *goal)
{
	struct tailnet *tailnet = t->filter->tailnet;
	struct arena scratch = { 0 };
	struct numbers owners = { .arena = &scratch };
	struct own_list own;
	for (uint32_t i = 0; i < goal->sources->n; i++)
		numbers_add(&owners, tailnet->machines[goal->sources->at[i]].user);
	const struct set *users = numbers_set(&owners, &tailnet->sets);
	own.at = arena_array(t->arena, users->n, sizeof(*own.at));
	own.n = users->n;
	for (uint32_t i = 0; i < users->n; i++) {
		uint32_t user = users->at[i];
		const struct set *sources =
			set_meet(&tailnet->sets, tailnet->of_user[user], goal->sources);
		const struct party party = { .machines = sources };
		own.at[i].user = user;
		own.at[i].list =
			spelling_of_machines(t->spelling, sources->at, sources->n);
		own.at[i].senders = party_machines(tailnet, &party, true);
	}
	arena_end(&scratch);
	return own;
}

/* An owner's sources; there are some, or the owner would not serve. */
static const struct own_sources *
own_sources_of(const struct table *t, uint32_t goal, uint32_t user)
{
	const struct own_list *own = &t->own[goal];
	size_t low = 0, high = own->n;
	while (low + 1 < high) {
		size_t middle = low + (high - low) / 2;
		if (own->at[middle].user <= user)
			low = middle;
		else
			high = middle;
	}
	return &own->at[low];
}

static bool
goal_is_self(const struct goal *goal)
{
	return goal->kind == GOAL_SELF || goal->kind == GOAL_SELF_APP;
}

/* Who may send to a goal: the sources of all its rules, by address or subnet. */
static const struct set *
senders_make(struct table *t, const struct goal *goal, const struct set **of_party)
{
	for (size_t i = 0; i < goal->rules.n; i++) {
		const struct party *src = t->filter->rules[goal->rules.at[i]].src;
		const struct set **machines = &of_party[src->number];
		if (!*machines)
			*machines = party_machines(t->filter->tailnet, src, true);
		sieve_add_set(&t->sieve, *machines);
	}
	return sieve_take_set(&t->sieve, &t->filter->tailnet->sets);
}

static const struct set *
own_senders_make(struct table *t, const struct own_list *own)
{
	for (size_t i = 0; i < own->n; i++)
		sieve_add_set(&t->sieve, own->at[i].senders);
	return sieve_take_set(&t->sieve, &t->filter->tailnet->sets);
}

static void
find_senders(struct table *t)
{
	struct tailnet *tailnet = t->filter->tailnet;
	const struct set **of_party =
		arena_array(t->arena, t->filter->n_parties, sizeof(*of_party));
	t->senders = arena_array(t->arena, t->goals->n, sizeof(*t->senders));
	t->servers = arena_array(t->arena, t->goals->n, sizeof(*t->servers));
	for (size_t i = 0; i < t->goals->n; i++) {
		const struct goal *goal = &t->goals->at[i];
		t->servers[i] = goal_is_self(goal) ? NULL : goal->servers;
		if (!t->servers[i])
			t->senders[i] = own_senders_make(t, &t->own[i]);
		else
			t->senders[i] = goal->servers->n ? senders_make(t, goal, of_party)
			                                 : tailnet->sets.all[0];
	}
	t->sends = rows_of_sets(t->arena, t->senders, t->goals->n, tailnet->n_machines);
}

/* A row of numbers, which ascend, as the number of a set. */
static uint32_t
row_set(struct sets *sets, const struct rows *rows, uint32_t machine)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): rows_of_sets has made them */
	uint32_t first = rows->start[machine], end = rows->start[machine + 1];
	return set_of_sorted(sets, rows->at + first, end - first)->id;
}

/* Routers are each of a kind: what they serve goes by their subnets as well. */
static void
find_kinds(struct table *t)
{
	const struct tailnet *tailnet = t->filter->tailnet;
	struct arena scratch = { 0 };
	struct names kinds = { .arena = &scratch };
	struct sets rows;
	sets_start(&rows, &scratch);
	t->kind = arena_room(t->arena, tailnet->n_machines, sizeof(*t->kind));
	for (uint32_t i = 0; i < tailnet->n_machines; i++) {
		const struct machine *machine = &tailnet->machines[i];
		uint32_t key[] = { machine->user, machine->n_subnets ? i : UINT32_MAX,
			           row_set(&rows, &t->goals->served, i),
			           row_set(&rows, &t->sends, i) };
		t->kind[i] = names_add(&kinds,
		                       (struct text) { arena_copy(&scratch, (char *)key,
		                                                  sizeof(key)),
		                                       sizeof(key) });
	}
	arena_end(&scratch);
}

struct table *
table_make(struct arena *arena, struct filter *filter)
{
	struct table *t = arena_alloc(arena, sizeof(*t));
	*t = (struct table) { .arena = arena,
		              .filter = filter,
		              .merges = dialect_of(filter->policy->target)->merges,
		              .places.arena = arena };
	t->spelling = spelling_make(arena, filter);
	t->goals = goals_make(arena, filter);
	t->list = arena_array(arena, filter->n_rules, sizeof(*t->list));
	t->place = arena_array(arena, filter->n_rules, sizeof(*t->place));
	for (uint32_t i = 0; i < filter->n_rules; i++)
		place_rule(t, i);
	t->own = arena_array(arena, t->goals->n, sizeof(*t->own));
	for (size_t i = 0; i < t->goals->n; i++)
		if (goal_is_self(&t->goals->at[i]))
			t->own[i] = own_list_make(t, &t->goals->at[i]);
	t->sieve = sieve_make(arena, filter->tailnet->n_machines);
	t->known =
		arena_room(arena, filter->tailnet->n_machines / 2 + 1, sizeof(*t->known));
	find_senders(t);
	find_kinds(t);
	return t;
}

/* A goal as one machine serves it: the addresses under which it does. */
struct serving {
	const struct text *items;
	size_t n_items;
};

static uint64_t
step_order(struct step step)
{
	return (uint64_t)step.place << 32 | step.rule;
}

static bool
step_before(struct step a, struct step b)
{
	return step_order(a) < step_order(b);
}

/* Merges two neighbouring runs from one list into another. */
static void
steps_merge(struct step *to, const struct step *from, size_t first, size_t middle,
            size_t end)
{
	size_t a = first, b = middle;
	for (size_t i = first; i < end; i++)
		to[i] = b == end || (a < middle && !step_before(from[b], from[a]))
		                ? from[a++]
		                : from[b++];
}

/* Past n only where first is not before it. */
static size_t
run_end(const struct step *steps, size_t first, size_t n)
{
	size_t i = first + 1;
	while (i < n && step_before(steps[i - 1], steps[i]))
		i++;
	return i;
}

/* Sorts by merging the runs there are: a machine's goals bring theirs sorted. */
static void
steps_sort(struct steps *steps, struct arena *scratch)
{
	struct step *spare = arena_room(scratch, steps->n, sizeof(*spare));
	size_t n = steps->n;
	while (run_end(steps->at, 0, n) < n) {
		for (size_t first = 0, end; first < n; first = end) {
			size_t middle = run_end(steps->at, first, n);
			end = middle < n ? run_end(steps->at, middle, n) : n;
			steps_merge(spare, steps->at, first, middle, end);
		}
		struct step *other = steps->at;
		steps->at = spare;
		spare = other;
	}
}

/* The spelling of the sources of a rule, as a machine of that owner has them. */
static uint32_t
list_of_rule(const struct table *t, uint32_t rule, uint32_t owner)
{
	return t->filter->rules[rule].self
	               ? own_sources_of(t, t->goals->of_rule[rule], owner)->list
	               : t->list[rule];
}

/* The rules that lead to a machine's goals. */
static struct steps
steps_collect(const struct table *t, struct arena *scratch, uint32_t machine)
{
	const struct rows *served = &t->goals->served;
	uint32_t owner = t->filter->tailnet->machines[machine].user;
	uint32_t first = served->start[machine], end = served->start[machine + 1];
	struct steps steps = { 0 };
	for (uint32_t i = first; i < end; i++)
		steps.n += t->goals->at[served->at[i]].rules.n;
	steps.at = arena_room(scratch, steps.n, sizeof(*steps.at));
	struct step *at = steps.at;
	for (uint32_t i = first; i < end; i++) {
		const struct numbers *rules = &t->goals->at[served->at[i]].rules;
		for (size_t k = 0; k < rules->n; k++)
			*at++ = (struct step) { rules->at[k], t->place[rules->at[k]],
				                list_of_rule(t, rules->at[k], owner),
				                i - first };
	}
	return steps;
}

static bool
step_is_self(const struct table *t, struct step step)
{
	const struct rule *rule = &t->filter->rules[step.rule];
	return rule->self && rule->kind == RULE_NETWORK;
}

/* The plain rules' place for the sources and protocol of a self rule, and the
 * place that all of them take: the earliest of either kind. */
struct shared_place {
	uint32_t plain, place;
};

static struct shared_place *
shared_place_of(const struct table *t, struct step step, struct names *names,
                struct shared_place **places, size_t *cap)
{
	char key[KEY_LEN];
	int protocol = t->filter->rules[step.rule].protocol;
	struct text name = merge_key(key, step.list, protocol, NULL);
	uint32_t known = names_find(names, name);
	if (known == NAMES_NONE) {
		name.at = arena_copy(names->arena, name.at, name.len);
		known = names_add(names, name);
		*places = arena_grow(names->arena, *places, known, cap, sizeof(**places));
		uint32_t plain = find_place(t, step.list, protocol);
		(*places)[known] = (struct shared_place) { plain, plain };
	}
	return &(*places)[known];
}

/* Self rules merge with others of the same sources and protocol, here or
 * anywhere; plain rules that come later move to the self rule's place. */
static void
steps_place_selves(const struct table *t, struct arena *scratch, struct steps steps)
{
	struct names names = { .arena = scratch };
	struct shared_place *places = NULL, *shared;
	size_t cap = 0;
	for (size_t i = 0; i < steps.n; i++) {
		if (!step_is_self(t, steps.at[i]))
			continue;
		shared = shared_place_of(t, steps.at[i], &names, &places, &cap);
		if (steps.at[i].rule < shared->place)
			shared->place = steps.at[i].rule;
	}
	for (size_t i = 0; names.n && i < steps.n; i++) {
		struct step *step = &steps.at[i];
		if (step_is_self(t, *step))
			step->place =
				shared_place_of(t, *step, &names, &places, &cap)->place;
		for (size_t k = 0; k < names.n && !step_is_self(t, *step); k++)
			if (step->place == places[k].plain)
				step->place = places[k].place;
	}
}

/* The rules that lead to a machine, in the order of its table. */
static struct steps
steps_of(struct table *t, struct arena *scratch, uint32_t machine)
{
	struct kept_steps *kept = &t->steps[t->kind[machine] % KINDS_KEPT];
	if (kept->kind == t->kind[machine] + 1)
		return kept->steps;
	struct steps steps = steps_collect(t, scratch, machine);
	if (t->merges)
		steps_place_selves(t, scratch, steps);
	steps_sort(&steps, scratch);
	kept->kind = t->kind[machine] + 1;
	kept->steps.n = steps.n;
	if (steps.n > kept->cap) {
		kept->cap = steps.n * 2;
		kept->steps.at = arena_room(t->arena, kept->cap, sizeof(*steps.at));
	}
	if (steps.n)
		memcpy(kept->steps.at, steps.at, steps.n * sizeof(*steps.at));
	return kept->steps;
}

/* One machine's table in the making. */
struct draft {
	const struct table *table;
	struct serving *servings;    /* of its goals */
	struct wire_dst *dst;        /* room for those of all rules still to come */
	struct wire_origin *origins; /* room as well */
};

static struct serving *
servings_of(const struct table *t, struct arena *scratch, uint32_t machine)
{
	const struct rows *served = &t->goals->served;
	uint32_t first = served->start[machine], end = served->start[machine + 1];
	struct serving *servings = arena_room(scratch, end - first, sizeof(*servings));
	for (uint32_t i = first; i < end; i++) {
		struct serving *serving = &servings[i - first];
		serving->items =
			goal_items(&t->goals->at[served->at[i]], t->filter, t->spelling,
		                   scratch, machine, &serving->n_items);
	}
	return servings;
}

/* More elements of DstPorts. The rules of a grant come one after the other. */
static void
wire_take_origin(struct wire_rule *wire, struct draft *draft, const struct rule *rule,
                 size_t n_dst)
{
	struct wire_origin *next = draft->origins;
	if (n_dst == 0)
		return;
	if (wire->n_origins > 0 && next[-1].rule->grant == rule->grant) {
		next[-1].n_dst += n_dst;
		return;
	}
	*draft->origins++ = (struct wire_origin) { rule, n_dst };
	wire->n_origins++;
}

/* The DstPorts of the steps of one place: addresses outer, ports inner. */
static void
wire_take_ports(struct wire_rule *wire, struct draft *draft, const struct step *steps,
                size_t n)
{
	wire->dst = draft->dst;
	wire->origins = draft->origins;
	for (size_t i = 0; i < n; i++) {
		const struct serving *serving = &draft->servings[steps[i].serving];
		const struct rule *rule = &draft->table->filter->rules[steps[i].rule];
		for (size_t k = 0; k < serving->n_items; k++)
			for (size_t p = 0; p < rule->n_ports; p++)
				*draft->dst++ = (struct wire_dst) { serving->items[k],
					                            rule->ports[p] };
		wire_take_origin(wire, draft, rule, serving->n_items * rule->n_ports);
	}
	wire->n_dst = (size_t)(draft->dst - wire->dst);
}

/* IPProto: the protocol of a rule, and those of its shadows. */
static void
wire_take_protocols(struct wire_rule *wire, const struct filter *filter)
{
	const struct rule *rule = wire->rule, *end = filter->rules + filter->n_rules;
	if (rule->kind != RULE_NETWORK || rule->protocol == PROTOCOL_ANY)
		return;
	do
		wire->protocols[wire->n_protocols++] = rule->protocol;
	while (++rule < end && rule->shadow && wire->n_protocols < 2);
}

static struct wire_rule
wire_of_steps(struct draft *draft, const struct step *steps, size_t n)
{
	const struct rule *rule = &draft->table->filter->rules[steps->rule];
	struct wire_rule wire = { .src = steps->list,
		                  .rule = rule,
		                  .protocol = rule->protocol };
	spelling_fetch(draft->table->spelling, wire.src);
	wire_take_protocols(&wire, draft->table->filter);
	if (rule->kind == RULE_NETWORK) {
		wire_take_ports(&wire, draft, steps, n);
	} else {
		wire.cap_dst = draft->servings[steps->serving].items;
		wire.n_cap_dst = draft->servings[steps->serving].n_items;
	}
	return wire;
}

/* How many elements of DstPorts they make. The ports are fetched meanwhile. */
static size_t
count_dst(const struct draft *draft, struct steps steps)
{
	size_t n = 0;
	for (size_t i = 0; i < steps.n; i++) {
		const struct rule *rule = &draft->table->filter->rules[steps.at[i].rule];
		__builtin_prefetch(rule->ports);
		n += rule->n_ports * draft->servings[steps.at[i].serving].n_items;
	}
	return n;
}

struct wire_table
table_of(struct table *t, struct arena *scratch, uint32_t machine)
{
	struct steps steps = steps_of(t, scratch, machine);
	struct draft draft = { .table = t, .servings = servings_of(t, scratch, machine) };
	draft.dst = arena_room(scratch, count_dst(&draft, steps), sizeof(*draft.dst));
	draft.origins = arena_room(scratch, steps.n, sizeof(*draft.origins));
	struct wire_rule *rules = arena_room(scratch, steps.n, sizeof(*rules));
	struct wire_table table = { .rules = rules };
	for (size_t i = 0, n; i < steps.n; i += n) {
		const struct step *first = &steps.at[i];
		for (n = 1; i + n < steps.n && first[n].place == first->place; n++)
			;
		struct wire_rule wire = wire_of_steps(&draft, first, n);
		if (wire.n_dst || wire.n_cap_dst)
			rules[table.n++] = wire;
	}
	return table;
}

size_t
table_n_srcs(const struct table *t)
{
	return spelling_n(t->spelling);
}

struct text
table_src_json(struct table *t, uint32_t src)
{
	return spelling_json(t->spelling, src);
}

size_t
table_src_length(const struct table *t, uint32_t src)
{
	return spelling_length(t->spelling, src);
}

struct text
table_src_text(const struct table *t, uint32_t src, size_t i)
{
	return spelling_text(t->spelling, src, i);
}

/* The owners' machines to which a machine may send by a self goal: its own
 * owner's, and, if it routes addresses of others' machines, theirs. */
static void
add_own_servers(struct table *t, uint32_t goal, uint32_t machine)
{
	const struct tailnet *tailnet = t->filter->tailnet;
	const struct own_list *own = &t->own[goal];
	const struct machine *m = &tailnet->machines[machine];
	if (m->n_subnets) {
		for (size_t i = 0; i < own->n; i++)
			if (set_holds(own->at[i].senders, machine))
				sieve_add_set(&t->sieve,
				              tailnet->of_user[own->at[i].user]);
	} else {
		sieve_add_set(&t->sieve, tailnet->of_user[m->user]);
	}
}

/* So many goals are gone through while memory answers. */
#define AHEAD 8

/* Of the goals that a machine serves or sends to, a set of machines for each: that of
 * one still to come is fetched. */
static void
set_fetch_ahead(const struct set *const *of_goal, const struct rows *goals, uint32_t i,
                uint32_t end)
{
	if (i + AHEAD < end)
		__builtin_prefetch(of_goal[goals->at[i + AHEAD]]);
}

/* A and B see each other if either may send to the other (section 6). */
static const struct stretch *
peers_find(struct table *t, uint32_t machine, size_t *n)
{
	const struct rows *served = &t->goals->served, *sends = &t->sends;
	uint32_t owner = t->filter->tailnet->machines[machine].user;
	for (uint32_t i = served->start[machine]; i < served->start[machine + 1]; i++) {
		uint32_t goal = served->at[i];
		set_fetch_ahead(t->senders, served, i, served->start[machine + 1]);
		sieve_add_set(&t->sieve,
		              t->servers[goal] ? t->senders[goal]
		                               : own_sources_of(t, goal, owner)->senders);
	}
	for (uint32_t i = sends->start[machine]; i < sends->start[machine + 1]; i++) {
		uint32_t goal = sends->at[i];
		set_fetch_ahead(t->servers, sends, i, sends->start[machine + 1]);
		if (t->servers[goal])
			sieve_add_set(&t->sieve, t->servers[goal]);
		else
			add_own_servers(t, goal, machine);
	}
	return sieve_take(&t->sieve, n);
}

/* The peers of a kind, one another included. */
static const struct kept_peers *
peers_of_kind(struct table *t, uint32_t machine)
{
	struct kept_peers *kept = &t->peers[t->kind[machine] % KINDS_KEPT];
	if (kept->kind == t->kind[machine] + 1)
		return kept;
	const struct stretch *peers = peers_find(t, machine, &kept->n);
	kept->kind = t->kind[machine] + 1;
	if (kept->n > kept->cap) {
		kept->cap = kept->n * 2;
		kept->at = arena_room(t->arena, kept->cap, sizeof(*kept->at));
	}
	if (kept->n)
		memcpy(kept->at, peers, kept->n * sizeof(*peers));
	return kept;
}

const struct stretch *
table_peers(struct table *t, uint32_t machine, size_t *n)
{
	const struct kept_peers *peers = peers_of_kind(t, machine);
	struct stretch *to = t->known;
	for (size_t i = 0; i < peers->n; i++) {
		struct stretch peer = peers->at[i], behind = peer;
		if (machine < peer.first || machine >= peer.end) {
			*to++ = peer;
			continue;
		}
		peer.end = machine;
		behind.first = machine + 1;
		if (peer.first < peer.end)
			*to++ = peer;
		if (behind.first < behind.end)
			*to++ = behind;
	}
	*n = (size_t)(to - t->known);
	return t->known;
}
