/* A lowered policy allows, as its new target compiles it, what the policy allowed by
 * its own: on small random worlds, for every target. */

#include "policy/lower.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

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

static void
fail_pair(const struct pair *p, const char *what)
{
	fprintf(stderr, "seed %" PRIu64 ", %s to %s: %s\n%s\n%s\n%.*s\n%.*s\n", p->seed,
	        target_name(p->policy->target), target_name(p->target), what,
	        p->w.policy_text, p->w.inventory_text, (int)p->policy->source->len,
	        p->policy->source->bytes, TEXT_ARG(p->text));
	fail();
}

/* Lowers a policy, leaving out what the target cannot say. */
static void
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

static struct table *
compile(struct world *w, const struct policy *policy)
{
	tailnet_approve(w->tailnet, policy);
	return table_make(&w->arena, filter_compile(&w->arena, policy, w->tailnet));
}

/* Compiles the lowered policy as its target does. */
static void
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

static bool
string_has(struct text string, struct point point)
{
	struct range range;

	if (text_is(string, "*"))
		return true;
	if (range_parse(string, &range) != ADDRESS_FINE)
		assert_int_equal(prefix_parse(string, &range, NULL, NULL), ADDRESS_FINE);
	return range_holds(range, point);
}

static bool
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

static bool
is_ping(int protocol)
{
	return protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMPV6;
}

static bool
rule_allows(struct table *t, const struct wire_rule *rule, const struct question *q)
{
	bool from = false;

	if (!rule_speaks(rule, q->protocol))
		return false;
	for (size_t i = 0; i < table_src_length(t, rule->src) && !from; i++)
		from = string_has(table_src_text(t, rule->src, i), q->src);
	for (size_t i = 0; from && i < rule->n_dst; i++) {
		const struct wire_dst *dst = &rule->dst[i];
		bool port = dst->ports.first <= q->port && q->port <= dst->ports.last;
		if (string_has(dst->ip, q->dst) && (port || is_ping(q->protocol)))
			return true;
	}
	return false;
}

static bool
table_allows(struct table *t, struct wire_table table, const struct question *q)
{
	if (q->src.line != q->dst.line)
		return false;
	for (size_t i = 0; i < table.n; i++)
		if (table.rules[i].n_dst && rule_allows(t, &table.rules[i], q))
			return true;
	return false;
}

static bool
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
static bool
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
static bool
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
static size_t
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

static struct asking
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
static bool
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
static void
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
static void
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

static struct answers
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
static void
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

static size_t
worlds(void)
{
	const char *asked = getenv("ACLC_WORLDS");

	return asked ? strtoul(asked, NULL, 10) / 10 : 200;
}

static void
lowered_policies_allow_the_same_or_say_what_is_lost(void **state)
{
	size_t n_whole = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= worlds(); seed++)
		for (size_t t = 0; t < TARGET_N; t++) {
			struct pair p = { .seed = seed, .target = (enum target)t };
			assert_true(world_make(&p.w, seed));
			p.policy = p.w.policy;
			pair_lower(&p);
			pair_compile(&p);
			for (uint32_t m = 0; m < p.w.tailnet->n_machines; m++)
				compare_machine(&p, m);
			n_whole += p.n_lost == 0;
			world_end(&p.w);
		}
	/* or nothing would have been compared both ways */
	assert_true(n_whole > worlds());
}

/* From one target to another and on to a third: what was made for the second is a
 * policy written for it. */
static void
what_was_lowered_can_be_lowered_again(void **state)
{
	size_t n_whole = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= worlds(); seed++)
		for (size_t t = 0; t < TARGET_N; t++) {
			struct pair p = { .seed = seed, .target = (enum target)t };
			assert_true(world_make(&p.w, seed));
			p.policy = p.w.policy;
			pair_lower(&p);
			pair_compile(&p);
			struct answers answers = answers_of(&p.w, p.lowered, p.table);
			p.policy = p.lowered;
			p.target = (enum target)(seed % TARGET_N);
			pair_lower(&p);
			pair_compile(&p);
			compare_answers(&p, &answers);
			n_whole += p.n_lost == 0;
			world_end(&p.w);
		}
	assert_true(n_whole > worlds());
}

static void
put_login(struct draft *d)
{
	static const char *const logins[] = { "root", "git", "autogroup:nonroot",
		                              "localpart:*@example.com",
		                              "localpart:*@example.org" };
	PICK(d, logins);
}

static void
put_shell_person(struct draft *d)
{
	static const char *const words[] = { "autogroup:member", "group:g", "group:h" };

	if (draw(d, 2))
		put_user(d);
	else
		PICK(d, words);
}

static void
put_server(struct draft *d)
{
	if (draw(d, 4))
		put_tag(d);
	else
		put(d, "autogroup:tagged");
}

/* Tagged machines log in on tagged ones, people also on their own. */
static void
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

/* The world's people and machines, under a policy of ssh rules. */
static const struct policy *
shell_policy(struct world *w, uint64_t seed)
{
	struct draft *d = arena_alloc(&w->arena, sizeof(*d));
	struct policy *policy;

	d->seed = seed * 0x2545f4914f6cdd1du + 3;
	put(d,
	    "{\"groups\":{\"group:g\":[\"u0@example.com\",\"u2@example.org\"],"
	    "\"group:h\":[\"u1@example.com\"]},\"tagOwners\":{\"tag:a\":[],\"tag:b\":[],"
	    "\"tag:c\":[],\"tag:none\":[]},\"acls\":[],"
	    "\"postures\":{\"posture:linux\":[\"node:os == 'linux'\"]}");
	put_rows(d, "ssh", 4, put_shell);
	put(d, "}");
	policy = policy_read(&w->arena, world_tree(w, "policy", d->text),
	                     TARGET_TAILSCALE, &w->findings);
	policy_validate(policy, w->tailnet, &w->findings);
	if (w->findings.n_errors)
		fail_msg("%s: %s", d->text, findings_first_error(&w->findings)->said);
	return policy;
}

/* Whether an ssh rule names a machine; others may be sent it all the same
 * (spec/semantics.md 8, quirk), which no lowering keeps. */
static bool
shell_names(const struct policy *policy, struct tailnet *t, const struct ssh_rule *rule,
            uint32_t machine)
{
	struct party party = party_of_selectors(policy, t, rule->dst.at, rule->dst.n);

	return party.self || set_holds(party.machines, machine);
}

/* What a machine makes of somebody who logs in from another: the first rule that
 * fits. */
static enum ssh_verdict
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
static void
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

static void
lowered_ssh_lets_nobody_in_who_was_not(void **state)
{
	size_t n_whole = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= worlds(); seed++)
		for (size_t t = 0; t < TARGET_N; t++) {
			struct pair p = { .seed = seed, .target = (enum target)t };
			assert_true(world_make(&p.w, seed));
			p.policy = shell_policy(&p.w, seed);
			pair_lower(&p);
			pair_compile(&p);
			struct ssh_table *before =
				ssh_compile(&p.w.arena, p.policy, p.w.tailnet);
			struct ssh_table *after =
				ssh_compile(&p.w.arena, p.lowered, p.w.tailnet);
			compare_shells(&p, before, after);
			n_whole += p.n_lost == 0;
			world_end(&p.w);
		}
	assert_true(n_whole > worlds());
}

/* One rule in another target's terms: its elements, as they are written. */
static const struct rewriting {
	enum target from, to;
	const char *rule;       /* the elements of acls */
	const char *written[3]; /* in the lowered policy; the rest NULL */
	const char *absent;     /* not in it */
} rewritings[] = {
	/* an address brings its machine's others along: they are named */
	{ TARGET_HEADSCALE_0_26,
	  TARGET_TAILSCALE,
	  "{\"action\":\"accept\",\"src\":[\"100.64.0.1\"],\"dst\":[\"tag:a:22\"]}",
	  { "[\"100.64.0.1\", \"fd7a:115c:a1e0::1\"]" },
	  NULL },
	{ TARGET_HEADSCALE_0_26,
	  TARGET_HEADSCALE_0_25,
	  "{\"action\":\"accept\",\"src\":[\"100.64.0.1\"],\"dst\":[\"tag:a:22\"]}",
	  { "[\"100.64.0.1\"]" },
	  "fd7a" },
	/* and cannot be named alone */
	{ TARGET_TAILSCALE,
	  TARGET_HEADSCALE_0_28,
	  "{\"action\":\"accept\",\"src\":[\"100.64.0.1\"],\"dst\":[\"tag:a:22\"]}",
	  { "\"acls\": []" },
	  "100.64" },
	/* no proto: TCP and UDP, with ICMP or without */
	{ TARGET_HEADSCALE_0_27,
	  TARGET_TAILSCALE,
	  "{\"action\":\"accept\",\"src\":[\"tag:a\"],\"dst\":[\"tag:b:22\"]}",
	  { "\"proto\":  \"tcp\"", "\"proto\":  \"udp\"" },
	  "icmp" },
	{ TARGET_TAILSCALE,
	  TARGET_HEADSCALE_0_28,
	  "{\"action\":\"accept\",\"src\":[\"tag:a\"],\"dst\":[\"tag:b:22\"]}",
	  { "[\"tag:b:22\"]", "\"proto\":  \"icmp\"", "[\"tag:b:*\"]" },
	  NULL },
	{ TARGET_HEADSCALE_0_27,
	  TARGET_HEADSCALE_0_28,
	  "{\"action\":\"accept\",\"src\":[\"tag:a\"],\"dst\":[\"tag:b:22\"]}",
	  { "[\"tag:b:22\"]" },
	  "proto" },
	/* all addresses there are */
	{ TARGET_HEADSCALE_0_26,
	  TARGET_HEADSCALE_0_29,
	  "{\"action\":\"accept\",\"src\":[\"*\"],\"dst\":[\"*:*\"]}",
	  { "[\"autogroup:danger-all\"]", "[\"*:*\"]" },
	  NULL },
	{ TARGET_TAILSCALE,
	  TARGET_HEADSCALE_0_26,
	  "{\"action\":\"accept\",\"src\":[\"autogroup:danger-all\"],\"dst\":[\"*:*\"]}",
	  { "[\"*\"]" },
	  NULL },
	/* users, as they are called there */
	{ TARGET_HEADSCALE_0_26,
	  TARGET_HEADSCALE_0_25,
	  "{\"action\":\"accept\",\"src\":[\"ada@\"],\"dst\":[\"tag:a:22\"]}",
	  { "[\"ada\"]" },
	  "ada@\"" },
	{ TARGET_HEADSCALE_0_25,
	  TARGET_HEADSCALE_0_26,
	  "{\"action\":\"accept\",\"src\":[\"ada\"],\"dst\":[\"tag:a:22\"]}",
	  { "[\"ada@\"]" },
	  NULL },
	{ TARGET_HEADSCALE_0_25,
	  TARGET_TAILSCALE,
	  "{\"action\":\"accept\",\"src\":[\"ada\"],\"dst\":[\"tag:a:22\"]}",
	  { "[\"ada@example.com\"]" },
	  NULL },
	/* a slip of the first engine */
	{ TARGET_HEADSCALE_0_25,
	  TARGET_HEADSCALE_0_26,
	  "{\"action\":\"accept\",\"src\":[\"six\"],\"dst\":[\"tag:a:22\"]}",
	  { "\"six\": \"2001:db8::/32\"" },
	  NULL },
	{ TARGET_HEADSCALE_0_26,
	  TARGET_HEADSCALE_0_25,
	  "{\"action\":\"accept\",\"src\":[\"six\"],\"dst\":[\"tag:a:22\"]}",
	  { "\"six\": \"2001:db8:5::1/128\"" },
	  NULL },
	/* IPv6 where there are no brackets */
	{ TARGET_TAILSCALE,
	  TARGET_HEADSCALE_0_28,
	  "{\"action\":\"accept\",\"src\":[\"tag:a\"],\"dst\":[\"[2001:db8::]/48:22\"]}",
	  { "\"2001:db8::/48:22\"" },
	  NULL },
	{ TARGET_HEADSCALE_0_28,
	  TARGET_HEADSCALE_0_29,
	  "{\"action\":\"accept\",\"src\":[\"tag:a\"],\"dst\":[\"2001:db8::/48:22\"]}",
	  { "\"[2001:db8::]/48:22\"" },
	  NULL },
	/* port 0, which nobody serves */
	{ TARGET_HEADSCALE_0_28,
	  TARGET_TAILSCALE,
	  "{\"action\":\"accept\",\"src\":[\"tag:a\"],\"dst\":[\"tag:b:0-22\"]}",
	  { "\"tag:b:1-22\"" },
	  NULL },
};

static const char people[] =
	"[{\"id\":1,\"given_name\":\"a\",\"name\":\"a\",\"ip_addresses\":[\"100.64.0.1\","
	"\"fd7a:115c:a1e0::1\"],\"user\":{\"id\":1,\"name\":\"ada\","
	"\"email\":\"ada@example.com\"}}]";

static struct text
rewrite(struct arena *arena, const struct rewriting *r)
{
	struct findings findings = { .arena = arena };
	const char *text = arena_format(arena,
	                                "{\"hosts\":{\"six\":\"2001:db8:5::1\"},"
	                                "\"tagOwners\":{\"tag:a\":[],\"tag:b\":[]},"
	                                "\"acls\":[%s]}",
	                                r->rule);
	struct tree *trees[2] = {
		hujson_parse(arena, source_of(arena, "policy", text, strlen(text)),
		             &findings),
		hujson_parse(arena,
		             source_of(arena, "people", people, sizeof(people) - 1),
		             &findings),
	};
	struct lowering lowering = { .target = r->to, .narrower = true };
	struct policy *policy = policy_read(arena, trees[0], r->from, &findings);

	lowering.tailnet = tailnet_read(arena, &trees[1], 1, &findings);
	policy_validate(policy, lowering.tailnet, &findings);
	if (findings.n_errors)
		fail_msg("%s: %s", r->rule, findings_first_error(&findings)->said);
	tailnet_index(lowering.tailnet);
	tailnet_approve(lowering.tailnet, policy);
	lowering.policy = policy;
	return policy_lower(arena, &lowering, &findings);
}

static void
what_targets_mean_is_written_as_others_mean_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rewritings) / sizeof(*rewritings); i++) {
		const struct rewriting *r = &rewritings[i];
		struct arena arena = { 0 };
		struct text text = rewrite(&arena, r);
		const char *lowered = arena_copy(&arena, text.at, text.len);
		/* the comment before it names the target */
		const char *body = strchr(lowered, '{');
		for (size_t k = 0; k < 3 && r->written[k]; k++)
			if (!strstr(body, r->written[k]))
				fail_msg("%s\nlacks %s\n%s", r->rule, r->written[k],
				         lowered);
		if (r->absent && strstr(body, r->absent))
			fail_msg("%s\nhas %s\n%s", r->rule, r->absent, lowered);
		arena_end(&arena);
	}
}

/* The case of a feature in testdata/target, as one target reads it; NULL if that
 * refuses it. */
static struct policy *
sample_policy(struct arena *arena, enum feature feature, enum target target)
{
	struct findings findings = { .arena = arena };
	char *path = arena_format(arena, "testdata/target/%s.hujson",
	                          feature_row(feature)->id);
	char *bytes = arena_alloc(arena, 1 << 14);
	FILE *file = fopen(path, "rb");
	struct policy *policy;

	assert_non_null(file);
	size_t len = fread(bytes, 1, 1 << 14, file);
	fclose(file);
	policy = policy_read(arena,
	                     hujson_parse(arena, source_of(arena, path, bytes, len),
	                                  &findings),
	                     target, &findings);
	policy_validate(policy, NULL, &findings);
	return findings.n_errors ? NULL : policy;
}

/* Whether all that may be left out is: what is an error all the same says why. */
static void
check_lost(const struct policy *policy, enum target target, const struct findings *lost)
{
	for (size_t i = 0; i < lost->n; i++)
		if (lost->at[i]->level == LEVEL_ERROR &&
		    !strstr(lost->at[i]->said, "may not only narrow access"))
			fail_msg("%s, %s to %s: %s", policy->source->name,
			         target_name(policy->target), target_name(target),
			         lost->at[i]->said);
}

/* Whether a target takes what is made of the policy for it. */
static void
check_taken(struct arena *arena, const struct policy *policy, enum target target)
{
	struct findings lost = { .arena = arena }, findings = { .arena = arena };
	struct lowering lowering = { policy, NULL, target, true };
	struct text text = policy_lower(arena, &lowering, &lost);
	struct source *source = source_of(arena, "lowered", text.at, text.len);
	struct policy *lowered =
		policy_read(arena, hujson_parse(arena, source, &findings), target,
	                    &findings);

	policy_validate(lowered, NULL, &findings);
	check_lost(policy, target, &lost);
	if (findings.n_errors > 0)
		fail_msg("%s, %s to %s: %s\n%.*s", policy->source->name,
		         target_name(policy->target), target_name(target),
		         findings_first_error(&findings)->said, TEXT_ARG(text));
}

static void
whatever_one_target_takes_is_made_into_what_another_takes(void **state)
{
	(void)state;
	for (size_t f = FEATURE_NONE + 1; f < FEATURE_N; f++)
		for (size_t from = 0; from < TARGET_N; from++) {
			struct arena arena = { 0 };
			struct policy *policy =
				sample_policy(&arena, (enum feature)f, (enum target)from);
			for (size_t to = 0; policy && to < TARGET_N; to++)
				check_taken(&arena, policy, (enum target)to);
			arena_end(&arena);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lowered_policies_allow_the_same_or_say_what_is_lost),
		cmocka_unit_test(what_was_lowered_can_be_lowered_again),
		cmocka_unit_test(lowered_ssh_lets_nobody_in_who_was_not),
		cmocka_unit_test(what_targets_mean_is_written_as_others_mean_it),
		cmocka_unit_test(
			whatever_one_target_takes_is_made_into_what_another_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
