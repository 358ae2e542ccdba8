#include "policy/probe.h"

#include <string.h>

#include "grammar/arena.h"
#include "policy/probe_parts.h"
#include "policy/show.h"

/* Who may log in on some machines that get the same rules. */
struct reach {
	bool known;
	const struct set *checked, *allowed, *checked_may, *allowed_may;
};

/* A question about logins while it is answered. */
struct asking {
	struct prober *prober;
	const struct ssh_table *ssh;
	const struct probe_end *src, *dst;
	struct text login;
	struct arena scratch;
	const struct set *sources, *destinations; /* machines */
	bool guessed;      /* an end could be other machines as well: nothing is sure */
	struct names rows; /* of rules, as bytes */
	struct reach *reached; /* beside rows */
	size_t reached_cap;
	struct numbers by, by_may; /* rules of the section that let somebody in */
};

/* The machines of an end; addresses stand for who has them. On an imagined
 * tailnet nobody knows who that is, and it is anybody. */
static const struct set *
machines_of_end(struct asking *a, const struct probe_end *end, bool *guessed)
{
	struct tailnet *t = a->prober->tailnet;
	struct numbers list = { .arena = &a->scratch };
	for (uint32_t i = 0; i < end->elements->n; i++) {
		uint32_t element = end->elements->at[i];
		if (element < t->n_machines) {
			numbers_add(&list, element);
			continue;
		}
		if (element - t->n_machines >= end->n_atoms)
			continue;
		const struct atom *atom = &end->atoms[element - t->n_machines];
		uint32_t owner = tailnet_owner_of(t, atom->range.first);
		if (owner != UINT32_MAX && range_is_single(atom->range))
			numbers_add(&list, owner);
		else if (t->imagined && ranges_hold(RANGES_OF_TAILNET, atom->range.first))
			*guessed = true;
	}
	*guessed |= end->opaque;
	if (*guessed)
		return t->everybody;
	return numbers_set(&list, &t->sets);
}

/* What the rules of one machine give the sources. */
static struct reach
reach_of(struct asking *a, struct wire_ssh wire)
{
	struct sets *sets = &a->prober->tailnet->sets;
	const struct set *none = sets->all[0];
	struct reach r = { true, none, none, none, none };
	for (size_t i = 0; i < wire.n; i++) {
		const struct wire_ssh_rule *rule = wire.rules[i];
		bool check = rule->rule->action == SSH_CHECK;
		if (!wire_ssh_rule_admits(rule, a->login))
			continue;
		const struct set *sure = set_meet(sets, a->sources, rule->from);
		const struct set *may =
			set_join(sets, sure, doubtful(a->prober, a->sources, rule->from));
		r.allowed = set_join(sets, r.allowed, sure);
		r.allowed_may = set_join(sets, r.allowed_may, may);
		if (check) {
			r.checked = set_join(sets, r.checked, sure);
			r.checked_may = set_join(sets, r.checked_may, may);
		}
		if (may->n)
			numbers_add(sure->n ? &a->by : &a->by_may,
			            (uint32_t)(rule->rule - a->prober->policy->ssh));
	}
	return r;
}

/* The same, made once for all machines with the same rules. */
static const struct reach *
reach_at(struct asking *a, uint32_t machine)
{
	struct arena_mark mark = arena_mark(&a->scratch);
	struct wire_ssh wire = ssh_of(a->ssh, &a->scratch, machine);
	struct text key = { (const char *)wire.rules, wire.n * sizeof *wire.rules };
	uint32_t known = names_find(&a->rows, key);
	if (known != NAMES_NONE) {
		arena_reset(&a->scratch, mark);
		return &a->reached[known];
	}
	a->reached = arena_grow(&a->scratch, a->reached, a->rows.n, &a->reached_cap,
	                        sizeof *a->reached);
	a->reached[a->rows.n] = reach_of(a, wire);
	return &a->reached[names_add(&a->rows, key)];
}

static enum truth
truth_of(bool sure, bool may)
{
	return sure ? TRUTH_YES : may ? TRUTH_MAYBE : TRUTH_NO;
}

/* Every destination is asked; what is guessed at is at best a maybe. */
static void
ask_all(struct asking *a, struct ssh_answer *answer)
{
	bool all = true, all_may = true, some = false, some_may = false;
	bool checked = true, checked_may = true;
	for (uint32_t i = 0; i < a->destinations->n; i++) {
		const struct reach *r = reach_at(a, a->destinations->at[i]);
		all &= r->allowed == a->sources;
		all_may &= r->allowed_may == a->sources;
		checked &= r->checked == a->sources;
		checked_may &= r->checked_may == a->sources;
		some |= r->allowed->n > 0;
		some_may |= r->allowed_may->n > 0;
	}
	if (a->guessed) {
		all_may = some_may;
		checked_may = some_may;
		all = some = checked = false;
	}
	answer->all = truth_of(all, all_may);
	answer->some = truth_of(some, some_may);
	answer->checked = truth_of(checked, checked_may);
}

static const char *
login_show(struct asking *a)
{
	return text_show(a->prober->arena, a->login);
}

static const char *
rule_say(struct asking *a, const struct ssh_rule *rule)
{
	struct prober *p = a->prober;
	const char *said =
		arena_format(p->arena, "%s may log in on %s as %s%s",
	                     selectors_show(p, rule->src.at, rule->src.n),
	                     selectors_show(p, rule->dst.at, rule->dst.n), login_show(a),
	                     rule->action == SSH_CHECK ? ", once checked" : "");
	const struct words *postures = postures_in_force(p->policy, &rule->src_posture);
	if (!postures || !p->tailnet->imagined)
		return said;
	for (size_t i = 0; i < postures->n; i++)
		said = arena_format(p->arena, "%s%s %s", said,
		                    i ? " or" : ", if the source satisfies",
		                    text_show(p->arena, postures->at[i].text));
	return said;
}

/* Whether a rule surely lets somebody in who is asked about. */
static bool
rule_is_sure(const struct asking *a, uint32_t rule)
{
	for (size_t i = 0; i < a->by.n && !a->guessed; i++)
		if (a->by.at[i] == rule)
			return true;
	return false;
}

/* The rules that let somebody in, or may: check before accept, as on the wire. What
 * may be is told where nothing is sure, or all of it. */
static void
tell_rules(struct asking *a, bool all, struct ssh_answer *answer)
{
	static const enum ssh_action order[] = { SSH_CHECK, SSH_ACCEPT };
	const struct policy *policy = a->prober->policy;
	struct numbers *list = a->by.n && !a->guessed && !all ? &a->by : &a->by_may;
	for (size_t i = 0; i < a->by.n && list == &a->by_may; i++)
		numbers_add(list, a->by.at[i]);
	numbers_sort(list);
	struct probe_login *by = arena_array(a->prober->arena, list->n, sizeof *by);
	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		for (size_t k = 0; k < list->n; k++) {
			const struct ssh_rule *rule = &policy->ssh[list->at[k]];
			if (rule->action == order[i])
				by[answer->n_by++] = (struct probe_login) {
					rule, !rule_is_sure(a, list->at[k]),
					rule_say(a, rule)
				};
		}
	answer->by = by;
}

/* Whether a source's own local part is the login, in the domain that is meant. */
static bool
is_own_name(const struct asking *a, const struct selector *localpart)
{
	const struct tailnet *t = a->prober->tailnet;
	for (uint32_t i = 0; i < a->sources->n; i++) {
		uint32_t user = t->machines[a->sources->at[i]].user;
		if (user == USER_NONE)
			continue;
		struct text login = t->users[user].login;
		size_t at = text_find_last(login, '@');
		if (at < login.len &&
		    text_equal((struct text) { login.at, at }, a->login) &&
		    text_equal(text_from(login, at + 1), localpart->name))
			return true;
	}
	return false;
}

/* Whether one of the rule's users is the login. */
static bool
rule_has_login(const struct asking *a, const struct ssh_rule *rule)
{
	bool root = text_is(a->login, "root");
	for (size_t i = 0; i < rule->users.n; i++) {
		struct text user = rule->users.at[i].text;
		if (text_equal(user, a->login))
			return true;
		struct selector s = selector_parse(user);
		if (s.kind == SELECTOR_LOCALPART && is_own_name(a, &s))
			return true;
		if (s.kind == SELECTOR_AUTOGROUP && s.autogroup == AUTOGROUP_NONROOT &&
		    !root)
			return true;
	}
	return false;
}

/* The machines of a rule's sources, or destinations; remembered. */
static const struct set *
rule_machines(struct prober *p, const struct ssh_rule *rule, bool src)
{
	const struct set **named = p->ssh_named[src];
	const struct selectors *list = src ? &rule->src : &rule->dst;
	if (!named)
		named = p->ssh_named[src] =
			arena_array(p->arena,
		                    p->policy->ssh[p->policy->n_ssh - 1].index + 1,
		                    sizeof(struct set *));
	if (!named[rule->index]) {
		struct party party =
			party_of_selectors(p->policy, p->tailnet, list->at, list->n);
		named[rule->index] = party_machines(p->tailnet, &party, false);
	}
	return named[rule->index];
}

static bool
selectors_say_self(const struct selectors *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->at[i].kind == SELECTOR_AUTOGROUP &&
		    list->at[i].autogroup == AUTOGROUP_SELF)
			return true;
	return false;
}

static unsigned
ssh_lacks(struct asking *a, const struct ssh_rule *rule)
{
	unsigned lacks = 0;
	if (!set_overlaps(rule_machines(a->prober, rule, true), a->sources))
		lacks |= LACK_SRC;
	if (!set_overlaps(rule_machines(a->prober, rule, false), a->destinations))
		lacks |= selectors_say_self(&rule->dst) ? LACK_OWNER : LACK_DST;
	if (!rule_has_login(a, rule))
		lacks |= LACK_LOGIN;
	return lacks;
}

static const char *
ssh_miss_say(struct asking *a, const struct ssh_rule *rule, unsigned lacks)
{
	struct prober *p = a->prober;
	const char *who = text_show(p->arena, a->src->text);
	const char *where = text_show(p->arena, a->dst->text);
	const char *said = arena_format(p->arena, "%s may log in on %s",
	                                selectors_show(p, rule->src.at, rule->src.n),
	                                selectors_show(p, rule->dst.at, rule->dst.n));
	if (!lacks)
		return arena_format(p->arena,
		                    "%s if it satisfies a posture, and %s does not", said,
		                    who);
	if (lacks & LACK_SRC)
		said = arena_format(p->arena, "%s, and %s is not among them", said, who);
	if (lacks & LACK_DST)
		said = arena_format(p->arena, "%s, and %s is not among those", said,
		                    where);
	if (lacks & LACK_OWNER)
		said = arena_format(p->arena, "%s, and %s is not %s's own", said, where,
		                    who);
	if (lacks & LACK_LOGIN)
		said = arena_format(p->arena, "%s, and not as %s", said, login_show(a));
	return said;
}

/* The rules that lack one thing, in policy order. */
static void
tell_misses(struct asking *a, struct ssh_answer *answer)
{
	const struct policy *policy = a->prober->original;
	struct probe_miss *near =
		arena_array(a->prober->arena, PROBE_NEAR_MAX, sizeof *near);
	for (size_t i = 0; i < policy->n_ssh && answer->n_near < PROBE_NEAR_MAX; i++) {
		const struct ssh_rule *rule = &policy->ssh[i];
		unsigned lacks = ssh_lacks(a, rule);
		if (lacks & (lacks - 1))
			continue;
		if (!lacks && !postures_in_force(policy, &rule->src_posture))
			continue;
		near[answer->n_near++] =
			(struct probe_miss) { .ssh = rule,
			                      .lacks = lacks ? lacks : LACK_POSTURE,
			                      .said = ssh_miss_say(a, rule, lacks) };
	}
	answer->near = near;
}

/* Users whom the policy does not name are imagined in pairs, side by side: the
 * one for whom the first stands is not the other. */
static const struct set *
set_of_another(struct tailnet *t, const struct set *one)
{
	if (one->n != 1 || one->at[0] + 1 >= t->n_machines)
		return one;
	uint32_t next = one->at[0] + 1;
	return set_of_sorted(&t->sets, &next, 1);
}

static enum truth
hoped(enum truth known, enum truth may)
{
	return known == TRUTH_NO && may != TRUTH_NO ? TRUTH_MAYBE : known;
}

/* Where the untold are among those that are named. */
static void
hope(struct asking *a, struct ssh_answer *answer)
{
	struct prober *p = a->prober, *optimistic = prober_optimistic(p);
	const char *why;
	if (!optimistic)
		return;
	const struct probe_end *src =
		probe_end_of_selector(optimistic, &a->src->selector, &why);
	const struct probe_end *dst =
		probe_end_of_selector(optimistic, &a->dst->selector, &why);
	if (!src || !dst)
		return;
	struct ssh_answer may =
		probe_ssh(optimistic, p->optimistic_ssh, src, dst, a->login);
	answer->all = hoped(answer->all, may.all);
	answer->some = hoped(answer->some, may.some);
	answer->checked = hoped(answer->checked, may.checked);
	if (answer->n_by || !may.n_by)
		return;
	struct probe_login *by = arena_array(p->arena, may.n_by, sizeof *by);
	for (size_t i = 0; i < may.n_by; i++) {
		size_t number = (size_t)(may.by[i].rule - optimistic->policy->ssh);
		const struct ssh_rule *own = &p->policy->ssh[number];
		by[i] = (struct probe_login) { own, true, rule_say(a, own) };
	}
	answer->by = by;
	answer->n_by = may.n_by;
}

/* Who is asked about, and where. */
static void
asking_start(struct asking *a)
{
	a->rows.arena = a->by.arena = a->by_may.arena = &a->scratch;
	a->sources = machines_of_end(a, a->src, &a->guessed);
	a->destinations = machines_of_end(a, a->dst, &a->guessed);
	if (a->src->unnamed && a->dst->unnamed && !text_equal(a->src->text, a->dst->text))
		a->destinations = set_of_another(a->prober->tailnet, a->destinations);
}

struct ssh_answer
probe_ssh(struct prober *p, const struct ssh_table *ssh, const struct probe_end *src,
          const struct probe_end *dst, struct text login)
{
	struct ssh_answer answer = { .all = TRUTH_NO };
	struct asking a = {
		.prober = p, .ssh = ssh, .src = src, .dst = dst, .login = login
	};
	if (!ssh)
		return answer;
	asking_start(&a);
	if (a.sources->n && a.destinations->n)
		ask_all(&a, &answer);
	tell_rules(&a, false, &answer);
	if (answer.all != TRUTH_YES || answer.checked != TRUTH_YES)
		hope(&a, &answer);
	arena_end(&a.scratch);
	return answer;
}

void
probe_ssh_near(struct prober *p, const struct probe_end *src, const struct probe_end *dst,
               struct text login, struct ssh_answer *answer)
{
	struct asking a = { .prober = p, .src = src, .dst = dst, .login = login };
	if (answer->all == TRUTH_YES || answer->n_by)
		return;
	asking_start(&a);
	tell_misses(&a, answer);
	arena_end(&a.scratch);
}

/* Whether a rule is about an end: its machines are among those it names, or
 * could be. */
static bool
rule_is_about(struct asking *a, const struct ssh_rule *rule, bool src,
              const struct set *machines, bool *sure)
{
	const struct set *named = rule_machines(a->prober, rule, src);
	*sure = !a->guessed && set_overlaps(named, machines);
	return set_overlaps(named, machines) ||
	       doubtful(a->prober, machines, named)->n > 0;
}

struct ssh_answer
probe_ssh_all(struct prober *p, const struct ssh_table *ssh, const struct probe_end *src,
              const struct probe_end *dst, struct text login)
{
	struct ssh_answer answer = { .all = TRUTH_NO };
	struct asking a = {
		.prober = p, .ssh = ssh, .src = src, .dst = dst, .login = login
	};
	if (!ssh)
		return answer;
	a.rows.arena = a.by.arena = a.by_may.arena = &a.scratch;
	const struct set *machines = machines_of_end(&a, src ? src : dst, &a.guessed);
	a.sources = src ? machines : p->tailnet->everybody;
	for (uint32_t i = 0; i < p->policy->n_ssh; i++) {
		const struct ssh_rule *rule = &p->policy->ssh[i];
		bool sure;
		bool self = dst && selectors_say_self(&rule->dst);
		if (!rule_has_login(&a, rule))
			continue;
		if (rule_is_about(&a, rule, self || src, machines, &sure) ||
		    (self && rule_is_about(&a, rule, src, machines, &sure)))
			numbers_add(sure ? &a.by : &a.by_may, i);
	}
	answer.some = a.by.n ? TRUTH_YES : a.by_may.n ? TRUTH_MAYBE : TRUTH_NO;
	tell_rules(&a, true, &answer);
	arena_end(&a.scratch);
	return answer;
}
