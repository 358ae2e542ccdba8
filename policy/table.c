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
	uint32_t *slot; /* by goal: its place among the goals of the machine in hand */
};

/* Sources and protocol as a name. */
static struct text
merge_key(char key[8], uint32_t list, int protocol)
{
	int32_t number = protocol;
	memcpy(key, &list, 4);
	memcpy(key + 4, &number, 4);
	return (struct text) { key, 8 };
}

static uint32_t
find_place(const struct table *t, uint32_t list, int protocol)
{
	char key[8];
	uint32_t known = names_find(&t->places, merge_key(key, list, protocol));
	return known == NAMES_NONE ? UINT32_MAX : t->first_rule[known];
}

/* The same of an acl whose rules are for themselves, self apart. */
static struct text
acl_key(char key[8], const struct rule *rule)
{
	uint32_t index = rule->grant ? rule->grant->index : 0, self = rule->self;
	memcpy(key, &index, 4);
	memcpy(key + 4, &self, 4);
	return (struct text) { key, 8 };
}

/* Capability rules and via rules stand for themselves (2.7, 11.13). */
static bool
rule_merges(const struct table *t, const struct rule *rule)
{
	return rule->kind == RULE_NETWORK && !rule->via && !(rule->self && t->merges);
}

static void
place_rule(struct table *t, uint32_t number)
{
	const struct rule *rule = &t->filter->rules[number];
	char key[8];
	t->place[number] = number;
	if (!rule->self)
		t->list[number] = spelling_of_party(t->spelling, rule->src);
	if (rule->shadow || !rule_merges(t, rule))
		return;
	struct text name = t->merges ? merge_key(key, t->list[number], rule->protocol)
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
	struct own_list own = { 0 };
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
	t->slot = arena_array(arena, t->goals->n, sizeof(*t->slot));
	find_senders(t);
	return t;
}

/* A goal as one machine serves it. */
struct serving {
	const struct goal *goal;
	const struct text *items;
	size_t n_items;
};

/* A rule on its way to a machine's table. */
struct step {
	uint32_t rule, place;
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

static size_t
run_end(const struct step *steps, size_t first, size_t n)
{
	size_t i = first + 1;
	while (i < n && step_before(steps[i - 1], steps[i]))
		i++;
	return i < n ? i : n;
}

/* Sorts by merging the runs there are: a machine's goals bring theirs sorted.
 * Returns steps or spare, whichever has the result. */
static struct step *
steps_sort(struct step *steps, struct step *spare, size_t n)
{
	for (;;) {
		size_t first = 0;
		if (n < 2 || run_end(steps, 0, n) == n)
			return steps;
		while (first < n) {
			size_t middle = run_end(steps, first, n);
			size_t end = middle < n ? run_end(steps, middle, n) : n;
			steps_merge(spare, steps, first, middle, end);
			first = end;
		}
		struct step *other = steps;
		steps = spare;
		spare = other;
	}
}

/* One machine's table in the making. */
struct cut {
	struct table *table;
	struct arena *scratch;
	uint32_t machine;
	struct serving *servings;
	struct step *steps, *spare;
	size_t n_steps;
	struct wire_dst *dst; /* room for those of all rules still to come */
	size_t n_dst;
	struct wire_origin *origins; /* room as well */
};

static void
cut_add_steps(struct cut *cut, const struct serving *serving)
{
	const struct numbers *numbers = &serving->goal->rules;
	for (size_t i = 0; i < numbers->n; i++) {
		uint32_t rule = numbers->at[i];
		cut->steps[cut->n_steps++] =
			(struct step) { rule, cut->table->place[rule] };
		cut->n_dst += cut->table->filter->rules[rule].n_ports * serving->n_items;
	}
}

/* Collects the machine's goals and the rules that lead there. */
static void
cut_collect(struct cut *cut)
{
	struct table *t = cut->table;
	const struct rows *served = &t->goals->served;
	uint32_t first = served->start[cut->machine],
		 end = served->start[cut->machine + 1];
	size_t n = 0;
	for (uint32_t i = first; i < end; i++)
		n += t->goals->at[served->at[i]].rules.n;
	cut->servings = arena_room(cut->scratch, end - first, sizeof(*cut->servings));
	cut->steps = arena_room(cut->scratch, n, sizeof(*cut->steps));
	cut->spare = arena_room(cut->scratch, n, sizeof(*cut->spare));
	for (uint32_t i = first; i < end; i++) {
		const struct goal *goal = &t->goals->at[served->at[i]];
		struct serving *serving = &cut->servings[i - first];
		serving->goal = goal;
		serving->items = goal_items(goal, t->filter, t->spelling, cut->scratch,
		                            cut->machine, &serving->n_items);
		t->slot[served->at[i]] = i - first;
		cut_add_steps(cut, serving);
	}
	cut->dst = arena_room(cut->scratch, cut->n_dst, sizeof(*cut->dst));
	cut->origins = arena_room(cut->scratch, n, sizeof(*cut->origins));
}

static uint32_t
step_list(const struct cut *cut, struct step step)
{
	const struct table *t = cut->table;
	const struct rule *rule = &t->filter->rules[step.rule];
	if (!rule->self)
		return t->list[step.rule];
	uint32_t user = t->filter->tailnet->machines[cut->machine].user;
	return own_sources_of(t, t->goals->of_rule[step.rule], user)->list;
}

static bool
step_is_self(const struct cut *cut, struct step step)
{
	const struct rule *rule = &cut->table->filter->rules[step.rule];
	return rule->self && rule->kind == RULE_NETWORK;
}

/* The plain rules' place for the sources and protocol of a self rule, and the
 * place that all of them take: the earliest of either kind. */
struct shared_place {
	uint32_t plain, place;
};

static struct shared_place *
shared_place_of(struct cut *cut, struct step step, struct names *names,
                struct shared_place **places, size_t *cap)
{
	char key[8];
	int protocol = cut->table->filter->rules[step.rule].protocol;
	uint32_t list = step_list(cut, step);
	struct text name = merge_key(key, list, protocol);
	uint32_t known = names_find(names, name);
	if (known == NAMES_NONE) {
		name.at = arena_copy(cut->scratch, name.at, name.len);
		known = names_add(names, name);
		*places = arena_grow(cut->scratch, *places, known, cap, sizeof(**places));
		uint32_t plain = find_place(cut->table, list, protocol);
		(*places)[known] = (struct shared_place) { plain, plain };
	}
	return &(*places)[known];
}

/* Self rules merge with others of the same sources and protocol, here or
 * anywhere; plain rules that come later move to the self rule's place. */
static void
cut_place_selves(struct cut *cut)
{
	struct names names = { .arena = cut->scratch };
	struct shared_place *places = NULL, *shared;
	size_t cap = 0;
	for (size_t i = 0; i < cut->n_steps; i++) {
		if (!step_is_self(cut, cut->steps[i]))
			continue;
		shared = shared_place_of(cut, cut->steps[i], &names, &places, &cap);
		if (cut->steps[i].rule < shared->place)
			shared->place = cut->steps[i].rule;
	}
	for (size_t i = 0; names.n && i < cut->n_steps; i++) {
		struct step *step = &cut->steps[i];
		if (step_is_self(cut, *step))
			step->place =
				shared_place_of(cut, *step, &names, &places, &cap)->place;
		for (size_t k = 0; k < names.n && !step_is_self(cut, *step); k++)
			if (step->place == places[k].plain)
				step->place = places[k].place;
	}
}

static const struct serving *
step_serving(const struct cut *cut, struct step step)
{
	const struct table *t = cut->table;
	return &cut->servings[t->slot[t->goals->of_rule[step.rule]]];
}

/* More elements of DstPorts. The rules of a grant come one after the other. */
static void
wire_take_origin(struct wire_rule *wire, struct cut *cut, const struct rule *rule,
                 size_t n_dst)
{
	struct wire_origin *next = cut->origins;
	if (n_dst == 0)
		return;
	if (wire->n_origins > 0 && next[-1].rule->grant == rule->grant) {
		next[-1].n_dst += n_dst;
		return;
	}
	*cut->origins++ = (struct wire_origin) { rule, n_dst };
	wire->n_origins++;
}

/* The DstPorts of the steps of one place: addresses outer, ports inner. */
static void
wire_take_ports(struct wire_rule *wire, struct cut *cut, const struct step *steps,
                size_t n)
{
	wire->dst = cut->dst;
	wire->origins = cut->origins;
	for (size_t i = 0; i < n; i++) {
		const struct serving *serving = step_serving(cut, steps[i]);
		const struct rule *rule = &cut->table->filter->rules[steps[i].rule];
		for (size_t k = 0; k < serving->n_items; k++)
			for (size_t p = 0; p < rule->n_ports; p++)
				*cut->dst++ = (struct wire_dst) { serving->items[k],
					                          rule->ports[p] };
		wire_take_origin(wire, cut, rule, serving->n_items * rule->n_ports);
	}
	wire->n_dst = (size_t)(cut->dst - wire->dst);
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
wire_of_steps(struct cut *cut, const struct step *steps, size_t n)
{
	const struct rule *rule = &cut->table->filter->rules[steps->rule];
	struct wire_rule wire = { .src = step_list(cut, *steps),
		                  .rule = rule,
		                  .protocol = rule->protocol };
	wire_take_protocols(&wire, cut->table->filter);
	if (rule->kind == RULE_NETWORK) {
		wire_take_ports(&wire, cut, steps, n);
	} else {
		wire.cap_dst = step_serving(cut, *steps)->items;
		wire.n_cap_dst = step_serving(cut, *steps)->n_items;
	}
	return wire;
}

struct wire_table
table_of(struct table *t, struct arena *scratch, uint32_t machine)
{
	struct cut cut = { .table = t, .scratch = scratch, .machine = machine };
	cut_collect(&cut);
	if (t->merges)
		cut_place_selves(&cut);
	struct step *steps = steps_sort(cut.steps, cut.spare, cut.n_steps);
	struct wire_rule *rules = arena_room(scratch, cut.n_steps, sizeof(*rules));
	struct wire_table table = { .rules = rules };
	for (size_t i = 0, n; i < cut.n_steps; i += n) {
		for (n = 1; i + n < cut.n_steps && steps[i + n].place == steps[i].place;
		     n++)
			;
		struct wire_rule wire = wire_of_steps(&cut, &steps[i], n);
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

/* A and B see each other if either may send to the other (section 6). */
const struct stretch *
table_peers(struct table *t, uint32_t machine, size_t *n)
{
	const struct rows *served = &t->goals->served, *sends = &t->sends;
	uint32_t owner = t->filter->tailnet->machines[machine].user;
	for (uint32_t i = served->start[machine]; i < served->start[machine + 1]; i++) {
		uint32_t goal = served->at[i];
		sieve_add_set(&t->sieve,
		              t->servers[goal] ? t->senders[goal]
		                               : own_sources_of(t, goal, owner)->senders);
	}
	for (uint32_t i = sends->start[machine]; i < sends->start[machine + 1]; i++) {
		uint32_t goal = sends->at[i];
		if (t->servers[goal])
			sieve_add_set(&t->sieve, t->servers[goal]);
		else
			add_own_servers(t, goal, machine);
	}
	sieve_drop(&t->sieve, machine);
	return sieve_take(&t->sieve, n);
}
