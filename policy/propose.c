#include "policy/propose.h"

#include <string.h>

#include "grammar/arena.h"
#include "policy/bench.h"
#include "policy/claim.h"
#include "policy/condition.h"
#include "policy/witness.h"

struct proposing {
	struct arena *arena;
	struct filter *filter;
	struct filter *rules; /* as if nobody were asked for a posture */
	uint32_t *first;      /* by grant: its first rule */
	const struct policy *policy;
	struct tailnet *tailnet;
	struct benches *benches;
	struct pool pool;
	struct proposals *out;
	size_t tests_cap, ssh_tests_cap;
	struct names keys, ssh_keys; /* of the proposals: src, protocol, attributes */
	struct names said;           /* every claim, those of the policy included */
	struct names pairs,
		places;    /* of denials: from where to where; where, and the port */
	bool *covered;     /* by rule of the filter */
	bool *ssh_covered; /* by rule of the ssh section */
};

/* A rule and the source that speaks for it. */
struct case_of_rule {
	const struct rule *rule;
	struct text src;
	int protocol; /* as a test says it */
	struct attributes attributes;
};

/* Whether tests can speak of a rule at all. */
static bool
rule_is_testable(const struct rule *rule)
{
	return rule->kind == RULE_NETWORK && rule->n_ports && !rule->via &&
	       protocol_has_ports(rule->protocol);
}

/* The grant of a rule in the policy itself: grants keep their places. */
static const struct grant *
grant_of(const struct proposing *p, const struct rule *rule)
{
	return rule->grant ? &p->policy->grants[rule->grant - p->rules->policy->grants]
	                   : NULL;
}

static bool
is_of_grant(const struct rule *rule, const struct grant *grant)
{
	return grant ? rule->grant && rule->grant->node == grant->node : !rule->grant;
}

/* Where each grant's rules begin. */
static void
index_rules(struct proposing *p)
{
	const struct filter *f = p->rules;
	p->first = arena_array(p->arena, p->policy->n_grants + 1, sizeof *p->first);
	for (size_t i = 0; i <= p->policy->n_grants; i++)
		p->first[i] = (uint32_t)f->n_rules;
	for (uint32_t i = (uint32_t)f->n_rules; i-- > 0;)
		if (f->rules[i].grant)
			p->first[f->rules[i].grant - f->policy->grants] = i;
}

/* Marks the rule that is like one compiled elsewhere, for some source. */
static void
cover(struct proposing *p, const struct rule *rule)
{
	const struct filter *f = p->rules;
	for (size_t g = 0; rule->grant && g < p->policy->n_grants; g++) {
		if (p->policy->grants[g].node != rule->grant->node)
			continue;
		for (uint32_t i = p->first[g];
		     i < f->n_rules && is_of_grant(&f->rules[i], rule->grant); i++)
			if (f->rules[i].target == rule->target &&
			    f->rules[i].protocol == rule->protocol)
				p->covered[i] = true;
	}
}

/* The text of a claim, to say each once. */
static struct text
claim_key(struct arena *arena, const char *list, struct text src, int protocol,
          struct text dst)
{
	return text_of(arena_format(arena, "%s\n%.*s\n%d\n%.*s", list, TEXT_ARG(src),
	                            protocol, TEXT_ARG(dst)));
}

/* Remembers a denial: of a destination with its port. */
static void
say_deny(struct proposing *p, struct text src, int protocol, struct text dst)
{
	struct text bare = { dst.at, text_find_last(dst, ':') };
	names_add(&p->said, claim_key(p->arena, "deny", src, protocol, dst));
	names_add(&p->pairs, claim_key(p->arena, "", src, protocol, bare));
	names_add(&p->places, claim_key(p->arena, "", text_of(""), protocol, dst));
}

static bool
is_said(const struct proposing *p, const char *list, const struct case_of_rule *c,
        struct text src, struct text dst)
{
	return names_find(&p->said, claim_key(p->arena, list, src, c->protocol, dst)) !=
	       NAMES_NONE;
}

static void
ssh_cover(struct proposing *p, const struct ssh_rule *rule)
{
	for (size_t i = 0; i < p->policy->n_ssh; i++)
		if (p->policy->ssh[i].node == rule->node)
			p->ssh_covered[i] = true;
}

/* What the policy's own passing tests say, and the rules they depend on. */
static void
take_claims(struct proposing *p)
{
	const struct claims *claims = claims_judge_briefly(p->arena, p->filter);
	for (size_t i = 0; i < claims->n; i++) {
		const struct claim *c = &claims->at[i];
		if (c->verdict != CLAIM_PASSED)
			continue;
		if (c->section == SECTION_TESTS && c->kind == CLAIM_DENY)
			say_deny(p, c->src, c->protocol, c->dst);
		else if (c->section == SECTION_TESTS)
			names_add(&p->said, claim_key(p->arena, "accept", c->src,
			                              c->protocol, c->dst));
		if (c->answer && c->kind == CLAIM_ACCEPT && c->answer->n_by == 1)
			cover(p, c->answer->by[0].rule);
		for (size_t k = 0;
		     c->ssh_answer && c->kind != CLAIM_DENY && k < c->ssh_answer->n_by;
		     k++)
			ssh_cover(p, c->ssh_answer->by[k].rule);
	}
}

static struct proposal *
proposal_for(struct proposing *p, const struct case_of_rule *c, struct text src)
{
	struct text attributes = attributes_key(p->arena, &c->attributes);
	const char *key = arena_format(p->arena, "%.*s\n%d\n%.*s", TEXT_ARG(src),
	                               c->protocol, TEXT_ARG(attributes));
	size_t known = p->keys.n;
	uint32_t number = names_add(&p->keys, text_of(key));
	if (number == known) {
		p->out->tests = arena_grow(p->arena, p->out->tests, known, &p->tests_cap,
		                           sizeof *p->out->tests);
		p->out->tests[number] =
			(struct proposal) { .src = src,
			                    .protocol = c->protocol,
			                    .attributes = c->attributes,
			                    .accept.names.arena = p->arena,
			                    .deny.names.arena = p->arena };
		p->out->n_tests = known + 1;
	}
	return &p->out->tests[number];
}

/* Asks about one claim: TRUTH of all for an accept, of some for a deny. */
static struct answer
ask(struct proposing *p, const struct case_of_rule *c, struct text src, struct text dst,
    uint16_t port)
{
	struct answer none = { .all = TRUTH_NO, .some = TRUTH_MAYBE };
	struct selector selector = selector_parse(src);
	const struct probe_end *from, *to;
	const char *why;
	struct text bare = dst;
	struct bench *bench =
		bench_for(p->benches, &c->attributes, &selector, &from, &why);
	if (text_starts(bare, "["))
		bare = (struct text) { dst.at + 1, dst.len - 2 };
	to = bench ? probe_end_of(bench->prober, bare, &why) : NULL;
	if (!to || !from->elements->n || !to->elements->n)
		return none;
	struct question question = { .src = from,
		                     .dst = to,
		                     .protocol = c->protocol,
		                     .ports = { port, port },
		                     .ported = true };
	return probe(bench->prober, &question);
}

static struct text
ported(struct arena *arena, struct text dst, uint16_t port)
{
	return text_of(arena_format(arena, "%.*s:%u", TEXT_ARG(dst), (unsigned)port));
}

static bool
hits_grant(const struct answer *answer, const struct grant *grant)
{
	for (size_t i = 0; i < answer->n_by; i++)
		if (is_of_grant(answer->by[i].rule, grant))
			return true;
	return false;
}

/* A claim that a rule fulfils. */
struct witness {
	struct text src, dst;
	uint16_t port;
	bool alone; /* no other grant does */
	bool found;
};

/* Looks among the ports of a rule; true when nothing better can be found. */
static bool
try_ports(struct proposing *p, struct case_of_rule *c, struct text dst,
          struct witness *best)
{
	for (size_t i = 0; i < c->rule->n_ports && i < WITNESSES_MAX; i++) {
		uint16_t ports[4];
		size_t n = port_witnesses(c->rule->ports[i], ports);
		for (size_t k = 0; k < n; k++) {
			struct answer answer = ask(p, c, c->src, dst, ports[k]);
			bool good = answer.all == TRUTH_YES &&
			            hits_grant(&answer, c->rule->grant);
			if (!good || (best->found && answer.n_by > 1))
				continue;
			*best = (struct witness) { c->src, dst, ports[k],
				                   answer.n_by == 1, true };
			if (best->alone)
				return true;
		}
	}
	return false;
}

static const struct selector everybody = { .kind = SELECTOR_ANY };

static struct witness
witness_find(struct proposing *p, struct case_of_rule *c)
{
	const struct grant *grant = c->rule->grant;
	const struct selector *sources = grant ? grant->src.at : &everybody;
	const struct selector *target = c->rule->target ? c->rule->target : &everybody;
	size_t n_sources = grant ? grant->src.n : 1;
	struct witness best = { .found = false };
	for (size_t i = 0; i < n_sources && i < WITNESSES_MAX; i++) {
		struct witnesses from = source_witnesses(p->arena, p->policy, p->tailnet,
		                                         &p->pool, &sources[i]);
		for (size_t k = 0; k < from.n; k++) {
			c->src = from.at[k];
			struct witnesses to =
				destination_witnesses(p->arena, p->policy, p->tailnet,
			                              &p->pool, target, c->src);
			for (size_t n = 0; n < to.n; n++)
				if (try_ports(p, c, to.at[n], &best))
					return best;
		}
	}
	return best;
}

static void
accept_add(struct proposing *p, const struct case_of_rule *c, const struct witness *w)
{
	struct text dst = ported(p->arena, w->dst, w->port);
	if (is_said(p, "accept", c, w->src, dst))
		return;
	names_add(&p->said, claim_key(p->arena, "accept", w->src, c->protocol, dst));
	names_add(&proposal_for(p, c, w->src)->accept.names, dst);
}

/* Adds a denial if it is one; true when it is one, said before or not. */
static bool
deny_add(struct proposing *p, const struct case_of_rule *c, struct text src,
         struct text dst, uint16_t port)
{
	struct text text = ported(p->arena, dst, port);
	if (is_said(p, "deny", c, src, text))
		return true;
	if (ask(p, c, src, dst, port).some != TRUTH_NO)
		return false;
	say_deny(p, src, c->protocol, text);
	names_add(&proposal_for(p, c, src)->deny.names, text);
	return true;
}

/* The same for the next port, or one that is often wanted; else for another
 * destination: what a wider grant would open first. */
static void
deny_beyond(struct proposing *p, const struct case_of_rule *c, const struct witness *w)
{
	static const uint16_t wanted[] = { 22, 443, 3389, 80, 5432 };
	struct text pair = claim_key(p->arena, "", w->src, c->protocol, w->dst);
	if (names_find(&p->pairs, pair) != NAMES_NONE)
		return;
	if (w->port < UINT16_MAX && deny_add(p, c, w->src, w->dst, w->port + 1))
		return;
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		if (deny_add(p, c, w->src, w->dst, wanted[i]))
			return;
	for (size_t i = 0; i < p->pool.n_tags; i++)
		if (deny_add(p, c, w->src, p->pool.tags[i], w->port))
			return;
	for (size_t i = 0; i < p->pool.n_users; i++)
		if (deny_add(p, c, w->src, p->pool.users[i], w->port))
			return;
}

/* The same from somebody else. */
static void
deny_others(struct proposing *p, const struct case_of_rule *c, const struct witness *w)
{
	struct text place = claim_key(p->arena, "", text_of(""), c->protocol,
	                              ported(p->arena, w->dst, w->port));
	if (names_find(&p->places, place) != NAMES_NONE)
		return;
	for (size_t i = 0; i < p->pool.n_tags; i++)
		if (deny_add(p, c, p->pool.tags[i], w->dst, w->port))
			return;
	for (size_t i = 0; i < p->pool.n_users; i++)
		if (deny_add(p, c, p->pool.users[i], w->dst, w->port))
			return;
}

/* How a test must say a rule's protocol, and what its source must have. */
static bool
case_make(struct proposing *p, const struct rule *rule, struct case_of_rule *c)
{
	const struct grant *grant = grant_of(p, rule);
	const struct words *postures =
		grant ? postures_in_force(p->policy, &grant->src_posture) : NULL;
	*c = (struct case_of_rule) { .rule = rule, .protocol = rule->protocol };
	if (rule->protocol == PROTOCOL_TCP)
		c->protocol = PROTOCOL_ANY; /* that is what no protocol means */
	return !postures ||
	       posture_witness(p->arena, p->policy, postures, &c->attributes);
}

static void
propose_rule(struct proposing *p, uint32_t number, bool first_of_grant)
{
	struct case_of_rule c;
	if (!case_make(p, &p->rules->rules[number], &c))
		return;
	struct witness w = witness_find(p, &c);
	if (!w.found)
		return;
	if (!p->covered[number])
		accept_add(p, &c, &w);
	p->covered[number] = true;
	if (first_of_grant) {
		deny_beyond(p, &c, &w);
		deny_others(p, &c, &w);
	}
}

static void
propose_rules(struct proposing *p)
{
	const struct grant *last = NULL;
	for (uint32_t i = 0; i < p->rules->n_rules; i++) {
		const struct rule *rule = &p->rules->rules[i];
		if (!rule_is_testable(rule))
			continue;
		p->out->n_rules++;
		propose_rule(p, i, !rule->grant || rule->grant != last);
		p->out->n_covered += p->covered[i];
		last = rule->grant;
	}
}

/* A rule of the ssh section, and who speaks for it. */
struct case_of_ssh {
	const struct ssh_rule *rule;
	struct text src, dst;
	struct attributes attributes;
};

static struct ssh_proposal *
ssh_proposal_for(struct proposing *p, const struct case_of_ssh *c)
{
	struct text attributes = attributes_key(p->arena, &c->attributes);
	const char *key = arena_format(p->arena, "%.*s\n%.*s\n%.*s", TEXT_ARG(c->src),
	                               TEXT_ARG(c->dst), TEXT_ARG(attributes));
	size_t known = p->ssh_keys.n;
	uint32_t number = names_add(&p->ssh_keys, text_of(key));
	if (number == known) {
		p->out->ssh_tests =
			arena_grow(p->arena, p->out->ssh_tests, known, &p->ssh_tests_cap,
		                   sizeof *p->out->ssh_tests);
		p->out->ssh_tests[number] =
			(struct ssh_proposal) { .src = c->src,
			                        .dst = c->dst,
			                        .attributes = c->attributes,
			                        .accept.names.arena = p->arena,
			                        .check.names.arena = p->arena,
			                        .deny.names.arena = p->arena };
		p->out->n_ssh_tests = known + 1;
	}
	return &p->out->ssh_tests[number];
}

static struct ssh_answer
ask_login(struct proposing *p, const struct case_of_ssh *c, struct text login)
{
	struct ssh_answer none = { .all = TRUTH_NO, .some = TRUTH_MAYBE };
	struct selector selector = selector_parse(c->src);
	const struct probe_end *from, *to;
	const char *why;
	struct bench *bench =
		bench_for(p->benches, &c->attributes, &selector, &from, &why);
	to = bench ? probe_end_of(bench->prober, c->dst, &why) : NULL;
	if (!to || !from->elements->n || !to->elements->n)
		return none;
	return probe_ssh(bench->prober, bench_ssh(p->benches, bench), from, to, login);
}

/* Whether the answer is by that rule and says what its action says. */
static bool
answers_by(const struct ssh_answer *answer, const struct ssh_rule *rule)
{
	if ((rule->action == SSH_CHECK ? answer->checked : answer->all) != TRUTH_YES)
		return false;
	for (size_t i = 0; i < answer->n_by; i++)
		if (answer->by[i].rule->node == rule->node)
			return true;
	return false;
}

/* A login that a rule's user stands for. */
static struct text
login_witness(struct text user, struct text src)
{
	struct selector s = selector_parse(user);
	size_t at = text_find_last(src, '@');
	if (s.kind == SELECTOR_AUTOGROUP && s.autogroup == AUTOGROUP_NONROOT)
		return text_of("somebody");
	if (s.kind != SELECTOR_LOCALPART)
		return user;
	if (at == src.len || !text_equal(text_from(src, at + 1), s.name))
		return (struct text) { 0 };
	return (struct text) { src.at, at };
}

static bool
propose_login(struct proposing *p, const struct case_of_ssh *c)
{
	for (size_t i = 0; i < c->rule->users.n && i < WITNESSES_MAX; i++) {
		struct text login = login_witness(c->rule->users.at[i].text, c->src);
		struct ssh_answer answer = { 0 };
		if (login.len)
			answer = ask_login(p, c, login);
		if (!login.len || !answers_by(&answer, c->rule))
			continue;
		struct ssh_proposal *proposal = ssh_proposal_for(p, c);
		names_add(c->rule->action == SSH_CHECK ? &proposal->check.names
		                                       : &proposal->accept.names,
		          login);
		return true;
	}
	return false;
}

/* Somebody whom the sources may not log in as: root before all. */
static void
deny_login(struct proposing *p, const struct case_of_ssh *c)
{
	static const char *const logins[] = { "root", "somebody-else" };
	for (size_t i = 0; i < sizeof logins / sizeof *logins; i++) {
		struct text login = text_of(logins[i]);
		if (ask_login(p, c, login).some != TRUTH_NO)
			continue;
		names_add(&ssh_proposal_for(p, c)->deny.names, login);
		return;
	}
}

/* One source and one destination of a rule; true when they speak for it. */
static bool
propose_ssh_pair(struct proposing *p, struct case_of_ssh *c, const struct selector *src,
                 const struct selector *dst)
{
	struct witnesses from =
		source_witnesses(p->arena, p->policy, p->tailnet, &p->pool, src);
	for (size_t i = 0; i < from.n; i++) {
		c->src = from.at[i];
		struct witnesses to =
			destination_witnesses(p->arena, p->policy, p->tailnet, &p->pool,
		                              dst, c->src);
		for (size_t k = 0; k < to.n; k++) {
			c->dst = to.at[k];
			if (!propose_login(p, c))
				continue;
			deny_login(p, c);
			return true;
		}
	}
	return false;
}

static bool
propose_ssh_rule(struct proposing *p, const struct ssh_rule *rule)
{
	struct case_of_ssh c = { .rule = rule };
	const struct words *postures = postures_in_force(p->policy, &rule->src_posture);
	if (postures && !posture_witness(p->arena, p->policy, postures, &c.attributes))
		return false;
	for (size_t i = 0; i < rule->src.n && i < WITNESSES_MAX; i++)
		for (size_t k = 0; k < rule->dst.n && k < WITNESSES_MAX; k++)
			if (propose_ssh_pair(p, &c, &rule->src.at[i], &rule->dst.at[k]))
				return true;
	return false;
}

static void
propose_ssh(struct proposing *p)
{
	for (size_t i = 0; i < p->policy->n_ssh; i++) {
		const struct ssh_rule *rule = &p->policy->ssh[i];
		if (!rule->src.n || !rule->dst.n)
			continue;
		p->out->n_rules++;
		if (!p->ssh_covered[i])
			p->ssh_covered[i] = propose_ssh_rule(p, rule);
		p->out->n_covered += p->ssh_covered[i];
	}
}

struct proposals *
proposals_make(struct arena *arena, struct filter *filter)
{
	struct proposing p = {
		.arena = arena,
		.filter = filter,
		.rules = filter,
		.policy = filter->policy,
		.tailnet = filter->tailnet,
		.benches = benches_make(arena, filter),
		.pool = pool_of(filter->policy, filter->tailnet),
		.out = arena_alloc(arena, sizeof(struct proposals)),
		.keys.arena = arena,
		.ssh_keys.arena = arena,
		.said.arena = arena,
		.pairs.arena = arena,
		.places.arena = arena,
	};
	if (policy_asks_postures(p.policy))
		p.rules = filter_compile(arena, policy_unconditional(arena, p.policy),
		                         p.tailnet);
	index_rules(&p);
	p.covered = arena_array(arena, p.rules->n_rules, sizeof *p.covered);
	p.ssh_covered = arena_array(arena, p.policy->n_ssh, sizeof *p.ssh_covered);
	take_claims(&p);
	propose_rules(&p);
	propose_ssh(&p);
	return p.out;
}
