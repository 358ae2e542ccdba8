#include "policy/ssh.h"

#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"
#include "policy/filter.h"
#include "policy/goal.h"
#include "policy/numbers.h"
#include "policy/principals.h"
#include "policy/resolve.h"

/* Rules on their way to the machines that get them all. */
struct delivery {
	const struct set *to;
	const struct wire_ssh_rule **rules;
	size_t n;
};

struct ssh_table {
	struct arena *arena;
	const struct tailnet *tailnet;
	struct principals *principals;
	struct delivery *deliveries; /* in the wire's order */
	size_t n_deliveries, deliveries_cap;
	struct rows received; /* by machine: its deliveries */
};

struct compiler {
	struct ssh_table *table;
	struct arena *arena;
	const struct policy *policy;
	struct tailnet *tailnet;
	struct names selectors; /* resolved already */
	const struct set **machines;
	size_t machines_cap;
	uint32_t *rank; /* of a user, by id; NULL until needed */
};

/* An ssh rule being compiled. */
struct draft {
	const struct ssh_rule *rule;
	const struct words *postures;
	struct numbers sources; /* ascending, repeats kept */
	const struct ssh_login *logins;
	size_t n_logins;
	const struct selector *localparts; /* localpart:*@domain */
	size_t n_localparts;
	const struct text *recorders;
	size_t n_recorders;
	const struct set *dst; /* without self */
	bool self, others;     /* dst says autogroup:self; anything else */
};

static bool
takes(const struct policy *p, enum feature feature)
{
	return target_support(p->target, feature) == TAKES;
}

static const struct set *
machines_of(struct compiler *c, const struct selector *s)
{
	size_t known = c->selectors.n;
	uint32_t number = names_add(&c->selectors, s->text);
	if (number == known) {
		c->machines = arena_grow(c->arena, c->machines, known, &c->machines_cap,
		                         sizeof *c->machines);
		struct party party = party_of_selector(c->policy, c->tailnet, s);
		c->machines[number] = party_machines(c->tailnet, &party, false);
	}
	return c->machines[number];
}

/* Each tag names its machines anew, so autogroup:tagged names one with two
 * tags twice (spec/semantics.md 8); so do two sources that both name it. */
static void
add_sources(struct compiler *c, struct numbers *list, const struct selector *s)
{
	const struct set *set = machines_of(c, s);
	bool by_tag = s->kind == SELECTOR_AUTOGROUP && s->autogroup == AUTOGROUP_TAGGED;
	for (uint32_t i = 0; i < set->n; i++) {
		size_t times = by_tag ? c->tailnet->machines[set->at[i]].n_tags : 1;
		for (size_t k = 0; k < times; k++)
			numbers_add(list, set->at[i]);
	}
}

/* Those that satisfy a posture; shared ones are judged by address alone. */
static void
keep_satisfying(struct compiler *c, struct numbers *list, const struct words *postures)
{
	size_t kept = 0;
	for (size_t i = 0; i < list->n; i++) {
		const struct machine *m = &c->tailnet->machines[list->at[i]];
		if (m->shared || machine_satisfies(c->policy, m, postures))
			list->at[kept++] = list->at[i];
	}
	list->n = kept;
}

static void
draft_sources(struct compiler *c, struct draft *d)
{
	const struct selectors *src = &d->rule->src;
	d->sources.arena = c->arena;
	for (size_t i = 0; i < src->n; i++)
		add_sources(c, &d->sources, &src->at[i]);
	if (src->n > 1)
		numbers_arrange(d->sources.at, d->sources.n);
	if (d->postures && !c->tailnet->imagined) {
		keep_satisfying(c, &d->sources, d->postures);
		d->postures = NULL;
	}
}

static void
draft_destinations(struct compiler *c, struct draft *d)
{
	struct numbers list = { .arena = c->arena };
	for (size_t i = 0; i < d->rule->dst.n; i++) {
		const struct selector *s = &d->rule->dst.at[i];
		bool self =
			s->kind == SELECTOR_AUTOGROUP && s->autogroup == AUTOGROUP_SELF;
		d->self |= self;
		d->others |= !self;
		if (s->kind == SELECTOR_ANY)
			numbers_add_set(&list, c->tailnet->everybody);
		else if (!self)
			numbers_add_set(&list, machines_of(c, s));
	}
	d->dst = numbers_set(&list, &c->tailnet->sets);
}

static int
login_order(const void *a, const void *b)
{
	const struct ssh_login *x = a, *y = b;
	return text_compare(x->wanted, y->wanted);
}

/* In byte order, each name once: the first of several, so root as listed. */
static size_t
logins_sort(struct ssh_login *logins, size_t n)
{
	size_t kept = 0;
	qsort(logins, n, sizeof *logins, login_order);
	for (size_t i = 0; i < n; i++) {
		if (kept && text_equal(logins[kept - 1].wanted, logins[i].wanted)) {
			if (logins[i].local.len)
				logins[kept - 1] = logins[i];
			continue;
		}
		logins[kept++] = logins[i];
	}
	return kept;
}

bool
ssh_is_localpart(const struct policy *p, const struct selector *s)
{
	return s->kind == SELECTOR_LOCALPART && s->name.len &&
	       takes(p, FEATURE_SSH_LOCALPART);
}

bool
ssh_is_nonroot(const struct policy *p, const struct selector *s)
{
	return s->kind == SELECTOR_AUTOGROUP && s->autogroup == AUTOGROUP_NONROOT &&
	       takes(p, FEATURE_SSH_NONROOT);
}

/* sshUsers: what is not special is a name as it stands; root is always there. */
static void
draft_logins(struct compiler *c, struct draft *d)
{
	const struct words *users = &d->rule->users;
	struct ssh_login *logins = arena_array(c->arena, users->n + 1, sizeof *logins);
	struct selector *localparts = arena_array(c->arena, users->n, sizeof *localparts);
	size_t n = 0;
	for (size_t i = 0; i < users->n; i++) {
		struct text name = users->at[i].text;
		struct selector s = selector_parse(name);
		if (ssh_is_localpart(c->policy, &s))
			localparts[d->n_localparts++] = s;
		else if (ssh_is_nonroot(c->policy, &s))
			logins[n++] = (struct ssh_login) { text_of("*"), text_of("=") };
		else
			logins[n++] = (struct ssh_login) { name, name };
	}
	logins[n++] = (struct ssh_login) { text_of("root"), text_of("") };
	d->logins = logins;
	d->n_logins = logins_sort(logins, n);
	d->localparts = localparts;
}

#define RECORDER_PORT "80"

static void
draft_recorders(struct compiler *c, struct draft *d)
{
	const struct selectors *by = &d->rule->recorder;
	struct text *texts = NULL;
	size_t cap = 0;
	for (size_t i = 0; i < by->n; i++) {
		const struct set *set = machines_of(c, &by->at[i]);
		for (uint32_t k = 0; k < set->n; k++) {
			const struct machine *m = &c->tailnet->machines[set->at[k]];
			for (size_t a = 0; a < m->n_addresses; a++) {
				char address[RANGE_TEXT_MAX];
				bool wide = m->addresses[a].line == LINE_IPV6;
				address_write(m->addresses[a], address);
				texts = arena_grow(c->arena, texts, d->n_recorders, &cap,
				                   sizeof *texts);
				texts[d->n_recorders++] = text_of(
					arena_format(c->arena, wide ? "[%s]:%s" : "%s:%s",
				                     address, RECORDER_PORT));
			}
		}
	}
	d->recorders = texts;
}

/* The same machines, each once. */
static const struct set *
set_of_list(struct compiler *c, const uint32_t *machines, size_t n)
{
	struct arena scratch = { 0 };
	size_t kept = 1;
	while (kept < n && machines[kept - 1] != machines[kept])
		kept++;
	if (kept >= n)
		return set_of_sorted(&c->tailnet->sets, machines, n);
	uint32_t *once = arena_array(&scratch, n, sizeof *once);
	memcpy(once, machines, kept * sizeof *once);
	for (size_t i = kept; i < n; i++)
		if (once[kept - 1] != machines[i])
			once[kept++] = machines[i];
	const struct set *set = set_of_sorted(&c->tailnet->sets, once, kept);
	arena_end(&scratch);
	return set;
}

bool
ssh_asks(const struct policy *p, const struct ssh_rule *rule)
{
	return rule->action == SSH_CHECK && takes(p, FEATURE_SSH_CHECK);
}

static const struct wire_ssh_rule *
wire_rule(struct compiler *c, const struct draft *d, const uint32_t *machines, size_t n,
          const struct ssh_login *logins, size_t n_logins)
{
	struct wire_ssh_rule *rule = arena_alloc(c->arena, sizeof *rule);
	bool hold = ssh_asks(c->policy, d->rule);
	/* releases that know no check accept for as long as the period lasts */
	bool session = d->rule->action == SSH_CHECK && !hold;
	*rule = (struct wire_ssh_rule) {
		.rule = d->rule,
		.principals = principals_of(c->table->principals, machines, n),
		.from = set_of_list(c, machines, n),
		.logins = logins,
		.n_logins = n_logins,
		.hold = hold,
		.postures = d->postures,
	};
	if (session && d->rule->check_period_ns > 0)
		rule->session_ns = d->rule->check_period_ns;
	if (!rule->hold && takes(c->policy, FEATURE_RECORDER)) {
		rule->recorders = d->recorders;
		rule->n_recorders = d->n_recorders;
		rule->enforce_recorder = d->rule->enforce_recorder;
	}
	if (takes(c->policy, FEATURE_ACCEPT_ENV)) {
		rule->accept_env = d->rule->accept_env.at;
		rule->n_accept_env = d->rule->accept_env.n;
	}
	return rule;
}

static void
deliver(struct compiler *c, const struct set *to, const struct wire_ssh_rule **rules,
        size_t n)
{
	struct ssh_table *t = c->table;
	if (!to->n || !n)
		return;
	t->deliveries = arena_grow(c->arena, t->deliveries, t->n_deliveries,
	                           &t->deliveries_cap, sizeof *t->deliveries);
	t->deliveries[t->n_deliveries++] = (struct delivery) { to, rules, n };
}

/* A machine of somebody, to be sorted by owner. */
struct owned {
	uint32_t rank, user, machine;
};

static int
owned_order(const void *a, const void *b)
{
	const struct owned *x = a, *y = b;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return (x->machine > y->machine) - (x->machine < y->machine);
}

/* A user, to be sorted by id. */
struct identified {
	struct text id;
	uint64_t number; /* of a decimal id; others come after, as text */
	uint32_t user;
};

static int
identified_order(const void *a, const void *b)
{
	const struct identified *x = a, *y = b;
	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	int order = text_compare(x->id, y->id);
	return order ? order : (x->user > y->user) - (x->user < y->user);
}

static void
rank_users(struct compiler *c)
{
	const struct tailnet *t = c->tailnet;
	struct arena scratch = { 0 };
	struct identified *users = arena_array(&scratch, t->n_users, sizeof *users);
	for (uint32_t i = 0; i < t->n_users; i++) {
		users[i] = (struct identified) { t->users[i].id, UINT64_MAX, i };
		text_number(t->users[i].id, UINT64_MAX - 1, &users[i].number);
	}
	if (t->n_users)
		qsort(users, t->n_users, sizeof *users, identified_order);
	c->rank = arena_array(c->arena, t->n_users, sizeof *c->rank);
	for (uint32_t i = 0; i < t->n_users; i++)
		c->rank[users[i].user] = i;
	arena_end(&scratch);
}

/* The sources by owner in order of user id; *tagged gets those of nobody. */
static struct owned *
sources_by_owner(struct compiler *c, const struct draft *d, size_t *n,
                 struct numbers *tagged)
{
	struct owned *owned = arena_array(c->arena, d->sources.n, sizeof *owned);
	*n = 0;
	if (!c->rank)
		rank_users(c);
	for (size_t i = 0; i < d->sources.n; i++) {
		uint32_t user = c->tailnet->machines[d->sources.at[i]].user;
		if (user == USER_NONE)
			numbers_add(tagged, d->sources.at[i]);
		else
			owned[(*n)++] =
				(struct owned) { c->rank[user], user, d->sources.at[i] };
	}
	if (*n)
		qsort(owned, *n, sizeof *owned, owned_order);
	return owned;
}

/* The local part of an owner whose domain the rule gives logins for. */
static struct text
local_name(const struct draft *d, struct text login)
{
	size_t at = text_find_last(login, '@');
	for (size_t i = 0; i < d->n_localparts && at < login.len; i++)
		if (text_equal(text_from(login, at + 1), d->localparts[i].name))
			return (struct text) { login.at, at };
	return (struct text) { 0 };
}

/* The rules for one owner's sources: the common logins, then his own name. */
static size_t
owner_rules(struct compiler *c, const struct draft *d, const uint32_t *machines, size_t n,
            uint32_t user, const struct wire_ssh_rule **rules)
{
	struct text local = local_name(d, c->tailnet->users[user].login);
	rules[0] = wire_rule(c, d, machines, n, d->logins, d->n_logins);
	if (!local.len)
		return 1;
	struct ssh_login *own = arena_alloc(c->arena, sizeof *own);
	*own = (struct ssh_login) { local, local };
	rules[1] = wire_rule(c, d, machines, n, own, 1);
	return 2;
}

/* What a rule comes to, piece by piece. */
struct pieces {
	const struct wire_ssh_rule **rules;
	size_t n;
	struct owned *owned;
	size_t n_owned;
	struct numbers tagged;
	uint32_t *machines; /* those of owned */
};

/* One owner's slice of the sources: owned[first] … owned[end - 1]. */
static void
deliver_owner(struct compiler *c, const struct draft *d, struct pieces *p, size_t first,
              size_t end)
{
	const struct wire_ssh_rule **rules = p->rules + p->n;
	const uint32_t *machines = p->machines + first;
	uint32_t user = p->owned[first].user;
	size_t n = owner_rules(c, d, machines, end - first, user, rules);
	p->n += n;
	if (d->self)
		deliver(c, c->tailnet->of_user[user], rules, n);
	else if (d->n_localparts) /* sources get their own too (section 8, quirk) */
		deliver(c,
		        set_minus(&c->tailnet->sets,
		                  set_of_list(c, machines, end - first), d->dst),
		        rules, n);
}

static void
deliver_tagged(struct compiler *c, const struct draft *d, struct pieces *p)
{
	struct numbers *tagged = &p->tagged;
	if (!tagged->n)
		return;
	p->rules[p->n++] = wire_rule(c, d, tagged->at, tagged->n, d->logins, d->n_logins);
	for (size_t i = 0, end; d->others && i < tagged->n; i = end) {
		end = i + 1;
		while (end < tagged->n && tagged->at[end] == tagged->at[i])
			end++;
		if (set_holds(d->dst, tagged->at[i]))
			continue;
		const struct wire_ssh_rule **own = arena_alloc(c->arena, sizeof *own);
		*own = wire_rule(c, d, tagged->at + i, end - i, d->logins, d->n_logins);
		deliver(c, set_of_list(c, tagged->at + i, end - i), own, 1);
	}
}

/* Owner by owner: to the owner's machines (autogroup:self), and, where the
 * logins depend on the owner, all of it to the destinations. */
static void
compile_by_owner(struct compiler *c, const struct draft *d)
{
	struct pieces p = { .tagged.arena = c->arena };
	p.owned = sources_by_owner(c, d, &p.n_owned, &p.tagged);
	p.machines = arena_array(c->arena, p.n_owned, sizeof *p.machines);
	p.rules = arena_array(c->arena, 2 * p.n_owned + 1, sizeof *p.rules);
	for (size_t i = 0; i < p.n_owned; i++)
		p.machines[i] = p.owned[i].machine;
	for (size_t i = 0, end; i < p.n_owned; i = end) {
		end = i + 1;
		while (end < p.n_owned && p.owned[end].user == p.owned[i].user)
			end++;
		deliver_owner(c, d, &p, i, end);
	}
	if (!d->n_localparts)
		return;
	deliver_tagged(c, d, &p);
	deliver(c, d->dst, p.rules, p.n);
}

static void
compile_plain(struct compiler *c, const struct draft *d)
{
	const struct wire_ssh_rule **rule = arena_alloc(c->arena, sizeof *rule);
	*rule = wire_rule(c, d, d->sources.at, d->sources.n, d->logins, d->n_logins);
	deliver(c, d->dst, rule, 1);
}

static void
compile_rule(struct compiler *c, const struct ssh_rule *rule)
{
	struct draft d = { .rule = rule };
	d.postures = postures_in_force(c->policy, &rule->src_posture);
	draft_sources(c, &d);
	if (!d.sources.n)
		return;
	draft_destinations(c, &d);
	if (!d.self && !d.others)
		return;
	draft_logins(c, &d);
	draft_recorders(c, &d);
	if (d.self || d.n_localparts)
		compile_by_owner(c, &d);
	if (d.others && !d.n_localparts)
		compile_plain(c, &d);
}

/* Lists the deliveries of each machine. */
static void
sort_deliveries(struct ssh_table *t)
{
	struct arena scratch = { 0 };
	const struct set **to = arena_array(&scratch, t->n_deliveries, sizeof *to);
	for (size_t i = 0; i < t->n_deliveries; i++)
		to[i] = t->deliveries[i].to;
	t->received = rows_of_sets(t->arena, to, t->n_deliveries, t->tailnet->n_machines);
	arena_end(&scratch);
}

struct ssh_table *
ssh_compile(struct arena *arena, const struct policy *policy, struct tailnet *tailnet)
{
	static const enum ssh_action order[] = { SSH_CHECK, SSH_ACCEPT };
	if (!policy->sections[SECTION_SSH])
		return NULL;
	struct ssh_table *t = arena_alloc(arena, sizeof *t);
	*t = (struct ssh_table) { .arena = arena,
		                  .tailnet = tailnet,
		                  .principals = principals_make(arena, tailnet) };
	struct compiler c = { .table = t,
		              .arena = arena,
		              .policy = policy,
		              .tailnet = tailnet,
		              .selectors.arena = arena };
	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		for (size_t k = 0; k < policy->n_ssh; k++)
			if (policy->ssh[k].action == order[i])
				compile_rule(&c, &policy->ssh[k]);
	sort_deliveries(t);
	return t;
}

struct wire_ssh
ssh_of(const struct ssh_table *t, struct arena *scratch, uint32_t machine)
{
	uint32_t first = t->received.start[machine], end = t->received.start[machine + 1];
	size_t n = 0;
	for (uint32_t i = first; i < end; i++)
		n += t->deliveries[t->received.at[i]].n;
	const struct wire_ssh_rule **rules = arena_array(scratch, n, sizeof *rules);
	n = 0;
	for (uint32_t i = first; i < end; i++) {
		const struct delivery *d = &t->deliveries[t->received.at[i]];
		memcpy(rules + n, d->rules, d->n * sizeof *rules);
		n += d->n;
	}
	return (struct wire_ssh) { rules, n };
}

struct text
ssh_principals_json(struct ssh_table *t, uint32_t principals)
{
	return principals_json(t->principals, principals);
}

size_t
ssh_n_principals(const struct ssh_table *t)
{
	return principals_n(t->principals);
}

bool
wire_ssh_rule_admits(const struct wire_ssh_rule *rule, struct text login)
{
	struct text star = text_of("*");
	const struct text *local = NULL;
	for (size_t i = 0; i < rule->n_logins; i++) {
		const struct ssh_login *l = &rule->logins[i];
		if (text_equal(l->wanted, login))
			return l->local.len > 0;
		if (text_equal(l->wanted, star))
			local = &l->local;
	}
	return local && !text_is(login, "root");
}
