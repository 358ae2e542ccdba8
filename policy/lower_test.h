#ifndef ACLC_POLICY_LOWER_TEST_H
#define ACLC_POLICY_LOWER_TEST_H

/* A policy beside what is made of it for another target: packets and logins, asked of
 * both. */

#include "policy/lower.h"
#include "policy/naive_test.h"
#include "policy/ssh.h"
#include "policy/table.h"
#include "policy/world_test.h"

/* A world, and its policy as lowered for one target. */
struct pair {
	uint64_t seed;
	enum target target;
	struct world w;
	const struct policy *policy; /* what is lowered */
	struct text text;
	struct policy *lowered;
	struct table *table; /* of the lowered policy */
	size_t n_lost;
};

static inline void
fail_pair(const struct pair *p, const char *what)
{
	fprintf(stderr, "seed %" PRIu64 ", %s to %s: %s\n%s\n%s\n%.*s\n%.*s\n", p->seed,
	        target_name(p->policy->target), target_name(p->target), what,
	        p->w.policy_text, p->w.inventory_text, (int)p->policy->source->len,
	        p->policy->source->bytes, TEXT_ARG(p->text));
	fail();
}

/* Lowers a policy, leaving out what the target cannot say. */
static inline void
pair_lower(struct pair *p)
{
	struct world *w = &p->w;
	struct lowering lowering = { p->policy, w->tailnet, p->target, true };
	struct findings findings = { .arena = &w->arena };

	tailnet_approve(w->tailnet, p->policy);
	p->text = policy_lower(&w->arena, &lowering, &findings);
	if (findings.n_errors)
		fail_pair(p, findings_first_error(&findings)->said);
	p->n_lost = findings.n;
}

static inline struct table *
compile(struct world *w, const struct policy *policy)
{
	tailnet_approve(w->tailnet, policy);
	return table_make(&w->arena, filter_compile(&w->arena, policy, w->tailnet));
}

/* Compiles the lowered policy as its target does. */
static inline void
pair_compile(struct pair *p)
{
	struct world *w = &p->w;
	struct findings findings = { .arena = &w->arena };
	struct source *source = source_of(&w->arena, "lowered", p->text.at, p->text.len);
	struct tree *tree = hujson_parse(&w->arena, source, &findings);

	p->lowered = policy_read(&w->arena, tree, p->target, &findings);
	policy_validate(p->lowered, w->tailnet, &findings);
	if (findings.n_errors)
		fail_pair(p, findings_first_error(&findings)->said);
	p->table = compile(w, p->lowered);
}

static inline bool
string_has(struct text string, struct point point)
{
	struct range range;

	if (text_is(string, "*"))
		return true;
	if (range_parse(string, &range) != ADDRESS_FINE)
		assert_int_equal(prefix_parse(string, &range, NULL, NULL), ADDRESS_FINE);
	return range_holds(range, point);
}

static inline bool
rule_speaks(const struct wire_rule *rule, int protocol)
{
	for (size_t i = 0; i < rule->n_protocols; i++)
		if (rule->protocols[i] == protocol)
			return true;
	return rule->n_protocols == 0 && naive_protocol(PROTOCOL_ANY, protocol);
}

/* A packet to ask about; ICMP has no ports. */
struct question {
	struct point src, dst;
	int protocol;
	uint16_t port;
};

static inline bool
is_ping(int protocol)
{
	return protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMPV6;
}

static inline bool
rule_has_src(struct table *t, const struct wire_rule *rule, struct point src)
{
	for (size_t i = 0; i < table_src_length(t, rule->src); i++)
		if (string_has(table_src_text(t, rule->src, i), src))
			return true;
	return false;
}

static inline bool
rule_allows(struct table *t, const struct wire_rule *rule, const struct question *q)
{
	if (!rule_speaks(rule, q->protocol) || !rule_has_src(t, rule, q->src))
		return false;
	for (size_t i = 0; i < rule->n_dst; i++) {
		const struct wire_dst *dst = &rule->dst[i];
		bool port = dst->ports.first <= q->port && q->port <= dst->ports.last;
		if (string_has(dst->ip, q->dst) && (port || is_ping(q->protocol)))
			return true;
	}
	return false;
}

static inline bool
table_allows(struct table *t, struct wire_table table, const struct question *q)
{
	if (q->src.line != q->dst.line)
		return false;
	for (size_t i = 0; i < table.n; i++)
		if (table.rules[i].n_dst && rule_allows(t, &table.rules[i], q))
			return true;
	return false;
}

static inline bool
policy_allows(const struct naive *naive, const struct machine *m,
              const struct question *q)
{
	static const uint16_t ports[] = { 1, 22, 80, 443, 8080, 65535 };

	if (!is_ping(q->protocol))
		return naive_allows(naive, m, q->src, q->dst, q->protocol, q->port);
	for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++)
		if (naive_allows(naive, m, q->src, q->dst, q->protocol, ports[i]))
			return true;
	return false;
}

/* Whether a machine is an exit for addresses of that line. */
static inline bool
machine_is_exit(const struct naive *naive, const struct machine *m, uint32_t line)
{
	struct range route;

	for (size_t i = 0; naive_route(m, i, &route); i++)
		if (range_is_default_route(route) && route.first.line == line &&
		    naive_approved(naive, m, route))
			return true;
	return false;
}

/* Whether packets for an address go to a machine at all: to whoever has it, else to
 * those that route it. */
static inline bool
machine_serves(const struct naive *naive, const struct machine *m, struct point dst)
{
	struct range range = naive_single(dst);
	const struct machine *owner = naive_owner(naive, dst);

	if (owner)
		return owner == m;
	return naive_routes_overlap(naive, m, range) ||
	       (naive_in_internet(range) && machine_is_exit(naive, m, dst.line));
}

/* Points of machines, and some of nobody. */
static inline size_t
points_of(const struct tailnet *t, struct point points[40])
{
	static const char *const others[] = {
		"10.1.2.3",    "10.1.2.200",   "10.9.9.9",    "8.8.8.8",      "1.2.3.4",
		"192.168.7.7", "100.115.92.1", "2001:db8::9", "2001:db8:1::5"
	};
	size_t n = 0;

	for (size_t i = 0; i < t->n_addresses; i++)
		points[n++] = t->addresses[i].address;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_int_equal(address_parse(text_of(others[i]), &points[n++]),
		                 ADDRESS_FINE);
	return n;
}

static const struct {
	int protocol;
	uint16_t port;
} services[] = { { 6, 22 }, { 6, 80 }, { 17, 443 }, { 17, 8080 },
	         { 1, 0 },  { 58, 0 }, { 47, 9 },   { 132, 80 } };

#define N_SERVICES (sizeof(services) / sizeof(*services))

/* The questions about one machine, by number: about what comes to it. */
struct asking {
	struct point src[40], dst[40];
	size_t n_src, n_dst, next;
};

static inline struct asking
asking_start(const struct naive *naive, const struct machine *m)
{
	struct asking asking = { .next = 0 };

	asking.n_src = points_of(naive->tailnet, asking.src);
	for (size_t i = 0; i < asking.n_src; i++)
		if (machine_serves(naive, m, asking.src[i]))
			asking.dst[asking.n_dst++] = asking.src[i];
	return asking;
}

/* The next question; false at the end. */
static inline bool
ask(struct asking *asking, struct question *q)
{
	size_t service = asking->next % N_SERVICES, pair = asking->next / N_SERVICES;

	if (pair == asking->n_src * asking->n_dst)
		return false;
	asking->next++;
	*q = (struct question) { asking->src[pair % asking->n_src],
		                 asking->dst[pair / asking->n_src],
		                 services[service].protocol, services[service].port };
	return true;
}

/* What was wanted of a question, and what is. */
static inline void
hold(const struct pair *p, const struct machine *m, const struct question *q, bool want,
     bool got)
{
	char from[RANGE_TEXT_MAX], to[RANGE_TEXT_MAX], said[256];

	if (want == got || (want && p->n_lost))
		return;
	address_write(q->src, from);
	address_write(q->dst, to);
	snprintf(said, sizeof(said), "%.*s: %s -> %s %d/%u %s", TEXT_ARG(m->name), from,
	         to, q->protocol, q->port, got ? "is allowed" : "is lost");
	fail_pair(p, said);
}

/* Holds the lowered policy's table against the naive opinion of the other. */
static inline void
compare_machine(const struct pair *p, uint32_t machine)
{
	struct naive naive = { p->w.policy, p->w.tailnet };
	const struct machine *m = &p->w.tailnet->machines[machine];
	struct arena scratch = { 0 };
	struct wire_table table = table_of(p->table, &scratch, machine);
	struct asking asking = asking_start(&naive, m);
	struct question q;

	while (ask(&asking, &q))
		hold(p, m, &q, policy_allows(&naive, m, &q),
		     table_allows(p->table, table, &q));
	arena_end(&scratch);
}

/* What a table says to all questions, machine by machine. */
struct answers {
	bool *at;
	size_t n, cap;
};

static inline struct answers
answers_of(struct world *w, const struct policy *policy, struct table *t)
{
	struct answers answers = { 0 };
	struct naive naive = { policy, w->tailnet };
	struct question q;

	for (uint32_t i = 0; i < w->tailnet->n_machines; i++) {
		struct arena scratch = { 0 };
		struct wire_table table = table_of(t, &scratch, i);
		struct asking asking = asking_start(&naive, &w->tailnet->machines[i]);
		while (ask(&asking, &q)) {
			answers.at = arena_grow(&w->arena, answers.at, answers.n,
			                        &answers.cap, sizeof(*answers.at));
			answers.at[answers.n++] = table_allows(t, table, &q);
		}
		arena_end(&scratch);
	}
	return answers;
}

/* Holds a policy's table against the answers of the one that it was made from. */
static inline void
compare_answers(const struct pair *p, const struct answers *answers)
{
	struct naive naive = { p->policy, p->w.tailnet };
	struct question q;
	size_t n = 0;

	for (uint32_t i = 0; i < p->w.tailnet->n_machines; i++) {
		struct arena scratch = { 0 };
		struct wire_table table = table_of(p->table, &scratch, i);
		const struct machine *m = &p->w.tailnet->machines[i];
		struct asking asking = asking_start(&naive, m);
		while (ask(&asking, &q))
			hold(p, m, &q, answers->at[n++],
			     table_allows(p->table, table, &q));
		arena_end(&scratch);
	}
}

static inline size_t
worlds(void)
{
	return world_count(2000) / 10;
}

/* Tries every target on many worlds. A trial gives the pair its policy, and holds
 * it against what it is lowered to. */
static inline void
pairs_try(void (*trial)(struct pair *))
{
	size_t n_whole = 0;

	for (uint64_t seed = 1; seed <= worlds(); seed++)
		for (size_t t = 0; t < TARGET_N; t++) {
			struct pair p = { .seed = seed, .target = (enum target)t };
			assert_true(world_make(&p.w, seed));
			trial(&p);
			n_whole += p.n_lost == 0;
			world_end(&p.w);
		}
	/* or nothing would have been compared both ways */
	assert_true(n_whole > worlds());
}

static inline void
put_login(struct draft *d)
{
	static const char *const logins[] = { "root", "git", "autogroup:nonroot",
		                              "localpart:*@example.com",
		                              "localpart:*@example.org" };
	PICK(d, logins);
}

static inline void
put_shell_person(struct draft *d)
{
	static const char *const words[] = { "autogroup:member", "group:g", "group:h" };

	if (draw(d, 2))
		put_user(d);
	else
		PICK(d, words);
}

static inline void
put_server(struct draft *d)
{
	if (draw(d, 4))
		put_tag(d);
	else
		put(d, "autogroup:tagged");
}

/* Tagged machines log in on tagged ones, people also on their own. */
static inline void
put_shell(struct draft *d)
{
	bool tagged = draw(d, 4) == 0, check = !tagged && draw(d, 3) == 0;

	put(d,
	    check ? "{\"action\":\"check\",\"src\":" : "{\"action\":\"accept\",\"src\":");
	put_list(d, 1, 2, tagged ? put_server : put_shell_person);
	put(d, ",\"dst\":");
	if (!tagged && draw(d, 2))
		put(d, "[\"autogroup:self\"]");
	else
		put_list(d, 1, 2, put_server);
	put(d, ",\"users\":");
	put_list(d, 1, 3, put_login);
	if (check && draw(d, 2))
		put(d, ",\"checkPeriod\":\"1h30m\"");
	if (draw(d, 6) == 0)
		put(d, ",\"srcPosture\":[\"posture:linux\"]");
	put(d, "}");
}

/* Whether an ssh rule names a machine; others may be sent it all the same
 * (spec/semantics.md 8, quirk), which no lowering keeps. */
static inline bool
shell_names(const struct policy *policy, struct tailnet *t, const struct ssh_rule *rule,
            uint32_t machine)
{
	struct party party = party_of_selectors(policy, t, rule->dst.at, rule->dst.n);

	return party.self || set_holds(party.machines, machine);
}

/* What a machine makes of somebody who logs in from another: the first rule that
 * fits. */
static inline enum ssh_verdict
shell_verdict(const struct pair *p, const struct policy *policy,
              const struct ssh_table *t, uint32_t machine, uint32_t from,
              const char *login)
{
	struct arena scratch = { 0 };
	struct wire_ssh ssh = ssh_of(t, &scratch, machine);
	enum ssh_verdict verdict = SSH_DENIED;

	for (size_t i = 0; i < ssh.n && verdict == SSH_DENIED; i++)
		if (set_holds(ssh.rules[i]->from, from) &&
		    wire_ssh_rule_admits(ssh.rules[i], text_of(login)) &&
		    shell_names(policy, p->w.tailnet, ssh.rules[i]->rule, machine))
			verdict = ssh.rules[i]->hold ? SSH_CHECKED : SSH_ACCEPTED;
	arena_end(&scratch);
	return verdict;
}

/* Nobody who is refused gets in, and nobody who is checked gets in unchecked. */
static inline void
compare_shells(const struct pair *p, const struct ssh_table *before,
               const struct ssh_table *after)
{
	static const char *const logins[] = { "root", "git", "u0", "u2", "nobody" };
	/* the order of what they may: nothing, with a check, all */
	static const int may[] = {
		[SSH_DENIED] = 0, [SSH_CHECKED] = 1, [SSH_ACCEPTED] = 2
	};
	size_t n = p->w.tailnet->n_machines;

	for (uint32_t to = 0; to < n; to++)
		for (uint32_t from = 0; from < n; from++)
			for (size_t k = 0; k < sizeof(logins) / sizeof(*logins); k++) {
				int old = may[shell_verdict(p, p->policy, before, to,
				                            from, logins[k])];
				int new = may[shell_verdict(p, p->lowered, after, to,
				                            from, logins[k])];
				char said[128];
				if (from == to || new == old || (new < old && p->n_lost))
					continue;
				snprintf(said, sizeof(said),
				         "m%u to m%u as %s: %d, was %d", from, to,
				         logins[k], new, old);
				fail_pair(p, said);
			}
}

#endif
