/* Answers held against the wire tables, read as a client reads them, on small
 * random worlds; and the sentences that people get. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "policy/client_test.h"
#include "policy/probe.h"
#include "policy/world_test.h"

static const struct service_asked {
	int protocol;
	uint16_t port;
} services[] = { { 6, 22 }, { 6, 200 },  { 17, 443 }, { 1, 0 },
	         { 58, 0 }, { 132, 80 }, { 47, 0 },   { 17, 8080 } };

#define N_SERVICES (sizeof services / sizeof *services)

/* A world with all that is needed to ask about it. */
struct asked_world {
	struct world w;
	uint64_t seed;
	struct table *table;
	struct wire_table tables[8]; /* by machine */
	struct prober *prober;
};

static size_t
worlds(void)
{
	return world_count(1000);
}

static void
fail_world(const struct asked_world *a, const char *what)
{
	/* print_error would cut it */
	fprintf(stderr, "seed %" PRIu64 ": %s\n%s\n%s\n", a->seed, what, a->w.policy_text,
	        a->w.inventory_text);
	fail();
}

/* Makes what is asked of the world's filter. */
static void
world_compile(struct asked_world *a)
{
	a->table = table_make(&a->w.arena, a->w.filter);
	assert_true(a->w.tailnet->n_machines <= 8);
	for (uint32_t i = 0; i < a->w.tailnet->n_machines; i++)
		a->tables[i] = table_of(a->table, &a->w.arena, i);
	a->prober = prober_make(&a->w.arena, a->w.filter, PROBE_EXPLAIN);
}

static void
world_start(struct asked_world *a, uint64_t seed)
{
	a->seed = seed;
	if (!world_make(&a->w, seed))
		fail_world(a, findings_first_error(&a->w.findings)->said);
	world_compile(a);
}

static const struct probe_end *
end_must(struct asked_world *a, struct text text)
{
	const char *why = "";
	const struct probe_end *end = probe_end_of(a->prober, text, &why);
	if (!end)
		fail_world(a, why);
	return end;
}

/* Who takes packets to an address: its owner; else who routes it; else, outside
 * the tailnet, the exit nodes. */
static bool
point_is_reached(struct asked_world *a, const struct packet *p)
{
	const struct tailnet *t = a->w.tailnet;
	uint32_t owner = tailnet_owner_of(t, p->dst);
	bool routed = false, taken = false;
	if (owner != UINT32_MAX)
		return client_takes(a->table, a->tables[owner], p);
	for (uint32_t m = 0; m < t->n_machines; m++)
		for (size_t i = 0; i < t->machines[m].n_subnets; i++)
			if (range_holds(t->machines[m].subnets[i], p->dst)) {
				routed = true;
				taken |= client_takes(a->table, a->tables[m], p);
			}
	for (size_t i = 0; i < RANGES_OF_TAILNET.n; i++)
		routed |= range_holds(RANGES_OF_TAILNET.at[i], p->dst);
	for (uint32_t m = 0; m < t->n_machines && !routed; m++)
		taken |= t->machines[m].exit_node &&
		         client_takes(a->table, a->tables[m], p);
	return taken;
}

static bool
machines_talk(struct asked_world *a, uint32_t src, uint32_t dst,
              const struct service_asked *s)
{
	const struct machine *x = &a->w.tailnet->machines[src];
	const struct machine *y = &a->w.tailnet->machines[dst];
	for (size_t i = 0; i < x->n_addresses; i++)
		for (size_t k = 0; k < y->n_addresses; k++) {
			struct packet p = { x->addresses[i], y->addresses[k], s->protocol,
				            s->port };
			if (client_takes(a->table, a->tables[dst], &p))
				return true;
		}
	return false;
}

static struct answer
answer_of(struct asked_world *a, const struct probe_end *src, const struct probe_end *dst,
          const struct service_asked *s)
{
	struct question q = {
		.src = src,
		.dst = dst,
		.protocol = s->protocol,
		.ports = { s->port, s->port },
		.ported = protocol_has_ports(s->protocol),
	};
	return probe(a->prober, &q);
}

static void
compare(struct asked_world *a, const struct probe_end *src, const struct probe_end *dst,
        const struct service_asked *s, bool want_all, bool want_some)
{
	struct answer answer = answer_of(a, src, dst, s);
	if (answer.all != (want_all ? TRUTH_YES : TRUTH_NO) ||
	    answer.some != (want_some ? TRUTH_YES : TRUTH_NO)) {
		char said[256];
		snprintf(said, sizeof said, "%.*s -> %.*s %d/%u: want %d %d, got %d %d",
		         TEXT_ARG(src->text), TEXT_ARG(dst->text), s->protocol, s->port,
		         want_all, want_some, answer.all == TRUTH_YES,
		         answer.some == TRUTH_YES);
		fail_world(a, said);
	}
	if (want_some != (answer.n_by > 0))
		fail_world(a, "a reason without an answer, or an answer without one");
}

static void
compare_machines(struct asked_world *a)
{
	const struct tailnet *t = a->w.tailnet;
	for (uint32_t s = 0; s < t->n_machines; s++)
		for (uint32_t d = 0; d < t->n_machines; d++)
			for (size_t k = 0; k < N_SERVICES; k++) {
				bool want = machines_talk(a, s, d, &services[k]);
				compare(a, end_must(a, t->machines[s].name),
				        end_must(a, t->machines[d].name), &services[k],
				        want, want);
			}
}

static void
machines_reach_each_other_as_their_tables_say(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= worlds(); seed++) {
		struct asked_world a;
		world_start(&a, seed);
		compare_machines(&a);
		world_end(&a.w);
	}
}

static const char *const addresses[] = {
	"100.64.0.1",  "100.64.0.3",    "100.64.0.77", "10.1.2.3", "10.1.2.200",
	"10.1.9.9",    "10.9.9.9",      "8.8.8.8",     "1.2.3.4",  "fd7a:115c:a1e0::2",
	"192.168.7.7", "2001:db8:1::5", "2a00::1"
};

#define N_ADDRESSES (sizeof addresses / sizeof *addresses)

static struct point
point_of(const char *text)
{
	struct point point;
	assert_int_equal(address_parse(text_of(text), &point), ADDRESS_FINE);
	return point;
}

static void
compare_addresses(struct asked_world *a, const struct service_asked *service)
{
	const struct probe_end *ends[N_ADDRESSES];
	struct point points[N_ADDRESSES];
	for (size_t i = 0; i < N_ADDRESSES; i++) {
		ends[i] = end_must(a, text_of(addresses[i]));
		points[i] = point_of(addresses[i]);
	}
	for (size_t s = 0; s < N_ADDRESSES; s++)
		for (size_t d = 0; d < N_ADDRESSES; d++) {
			struct packet p = { points[s], points[d], service->protocol,
				            service->port };
			bool want = point_is_reached(a, &p);
			compare(a, ends[s], ends[d], service, want, want);
		}
}

static void
addresses_reach_each_other_as_who_serves_them_says(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= worlds(); seed++) {
		struct asked_world a;
		world_start(&a, seed);
		for (size_t k = 0; k < 3; k++)
			compare_addresses(&a, &services[k]);
		world_end(&a.w);
	}
}

static const char *const collectives[] = {
	"group:g",          "group:h",          "tag:a", "tag:b",
	"autogroup:member", "autogroup:tagged", "*",     "u0@example.com"
};

/* All sources to all destinations, and some to some, machine by machine. */
static void
compare_collectives(struct asked_world *a, const struct probe_end *src,
                    const struct probe_end *dst, const struct service_asked *service)
{
	bool all = src->elements->n && dst->elements->n, some = false;
	for (uint32_t i = 0; i < src->elements->n; i++)
		for (uint32_t k = 0; k < dst->elements->n; k++) {
			bool talk = machines_talk(a, src->elements->at[i],
			                          dst->elements->at[k], service);
			all &= talk;
			some |= talk;
		}
	compare(a, src, dst, service, all, some);
}

static void
many_reach_many_as_each_of_them_does(void **state)
{
	(void)state;
	size_t n = sizeof collectives / sizeof *collectives;
	for (uint64_t seed = 1; seed <= worlds(); seed++) {
		struct asked_world a;
		world_start(&a, seed);
		for (size_t i = 0; i < n * n; i++)
			compare_collectives(&a, end_must(&a, text_of(collectives[i / n])),
			                    end_must(&a, text_of(collectives[i % n])),
			                    &services[i % 3]);
		world_end(&a.w);
	}
}

/* A claim asks less of the destinations: one is enough, whoever serves it. */
static void
claims_hold_where_every_source_reaches_some_destination(void **state)
{
	(void)state;
	size_t n = sizeof collectives / sizeof *collectives;
	for (uint64_t seed = 1; seed <= worlds(); seed++) {
		struct asked_world a;
		world_start(&a, seed);
		struct prober *claims = prober_make(&a.w.arena, a.w.filter, PROBE_CLAIM);
		bool via = false;
		for (size_t i = 0; i < a.w.filter->n_rules; i++)
			via |= a.w.filter->rules[i].via;
		for (size_t i = 0; i < n * n && !via; i++) {
			const struct probe_end *src =
				end_must(&a, text_of(collectives[i / n]));
			const struct probe_end *dst =
				end_must(&a, text_of(collectives[i % n]));
			const char *why;
			bool all = src->elements->n > 0 && dst->elements->n > 0;
			for (uint32_t s = 0; s < src->elements->n; s++) {
				bool one = false;
				for (uint32_t d = 0; d < dst->elements->n; d++)
					one |= machines_talk(&a, src->elements->at[s],
					                     dst->elements->at[d],
					                     &services[0]);
				all &= one;
			}
			struct question q = {
				.src = probe_end_of(claims, src->text, &why),
				.dst = probe_end_of(claims, dst->text, &why),
				.protocol = PROTOCOL_ANY,
				.ports = { 22, 22 },
				.ported = true,
			};
			if ((probe(claims, &q).all == TRUTH_YES) != all)
				fail_world(&a, collectives[i / n]);
		}
		world_end(&a.w);
	}
}

/* The rules cut ports at 22, 80, 443 and 8080 only. */
static void
a_range_of_ports_is_open_when_each_of_them_is(void **state)
{
	(void)state;
	static const uint16_t ports[] = { 80, 200, 443, 444, 8080 };
	for (uint64_t seed = 1; seed <= worlds(); seed++) {
		struct asked_world a;
		world_start(&a, seed);
		for (uint32_t i = 0; i < a.w.tailnet->n_machines; i++) {
			struct question q = {
				.src = end_must(&a, a.w.tailnet->machines[i].name),
				.dst = end_must(&a, a.w.tailnet->machines[0].name),
				.protocol = PROTOCOL_TCP,
				.ports = { 80, 8080 },
				.ported = true,
			};
			bool all = true, some = false;
			for (size_t k = 0; k < 5; k++) {
				struct service_asked s = { PROTOCOL_TCP, ports[k] };
				bool open = machines_talk(&a, i, 0, &s);
				all &= open;
				some |= open;
			}
			struct answer answer = probe(a.prober, &q);
			if ((answer.all == TRUTH_YES) != all ||
			    (answer.some == TRUTH_YES) != some)
				fail_world(&a, "a range of ports");
		}
		world_end(&a.w);
	}
}

/* What a source reaches by probe_all, it reaches by probe. */
static void
what_is_listed_is_reached_and_what_is_reached_is_listed(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= worlds(); seed++) {
		struct asked_world a;
		world_start(&a, seed);
		const struct tailnet *t = a.w.tailnet;
		for (uint32_t m = 0; m < t->n_machines; m++) {
			const struct probe_end *end = end_must(&a, t->machines[m].name);
			struct question to = { .dst = end, .protocol = PROTOCOL_ANY };
			struct question from = { .src = end, .protocol = PROTOCOL_ANY };
			bool reached = false, reaches = false;
			for (uint32_t o = 0; o < t->n_machines; o++)
				for (size_t k = 0; k < N_SERVICES; k++) {
					reached |= machines_talk(&a, o, m, &services[k]);
					reaches |= machines_talk(&a, m, o, &services[k]);
				}
			/* a rule may lead where nobody is: listed, and not reached */
			if (reaches && !probe_all(a.prober, &from).n_by)
				fail_world(&a, "reaches, but nothing is listed");
			if (reached && !probe_all(a.prober, &to).n_by)
				fail_world(&a, "is reached, but nothing is listed");
		}
		world_end(&a.w);
	}
}

static void
put_old_source(struct draft *d)
{
	static const char *const words[] = { "*",     "group:g",       "group:h",
		                             "tag:a", "100.64.0.1",    "h4",
		                             "hnet",  "100.64.0.0/30", "u0@example.com",
		                             "tag:b", "10.1.0.0/16",   "u2@example.org" };
	PICK(d, words);
}

static void
put_old_target(struct draft *d)
{
	put_old_source(d);
	put(d, ":");
	put_ports(d);
}

/* An acl that every release of Headscale takes. */
static void
put_old_acl(struct draft *d)
{
	static const char *const protos[] = { "", "", "\"proto\":\"tcp\",",
		                              "\"proto\":\"udp\"," };
	put(d, "{\"action\":\"accept\",");
	PICK(d, protos);
	put(d, "\"src\":");
	put_list(d, 1, 3, put_old_source);
	put(d, ",\"dst\":");
	put_list(d, 1, 3, put_old_target);
	put(d, "}");
}

/* The same people with an old policy, for a release. */
static void
world_start_old(struct asked_world *a, uint64_t seed, enum target target)
{
	world_start(a, seed);
	struct draft *d = arena_alloc(&a->w.arena, sizeof *d);
	d->seed = seed * 0x9e3779b97f4a7c15u + 3;
	put(d, "{\"groups\":{\"group:g\":[\"u0@example.com\",\"u2@example.org\"],"
	       "\"group:h\":[\"u1@example.com\"]},"
	       "\"tagOwners\":{\"tag:a\":[\"group:h\"],\"tag:b\":[\"group:h\"]},"
	       "\"hosts\":{\"h4\":\"100.64.0.1\",\"hnet\":\"10.1.0.0/20\"},"
	       "\"autoApprovers\":{\"routes\":{\"10.0.0.0/8\":[\"tag:a\"]}}");
	put_rows(d, "acls", 4, put_old_acl);
	put(d, "}");
	a->w.policy_text = d->text;
	a->w.policy = policy_read(&a->w.arena, world_tree(&a->w, "policy", d->text),
	                          target, &a->w.findings);
	policy_validate(a->w.policy, a->w.tailnet, &a->w.findings);
	if (a->w.findings.n_errors > 0)
		return; /* some releases refuse a policy without rules */
	tailnet_approve(a->w.tailnet, a->w.policy);
	a->w.filter = filter_compile(&a->w.arena, a->w.policy, a->w.tailnet);
	world_compile(a);
}

static void
older_coordinators_are_answered_by_their_tables_too(void **state)
{
	(void)state;
	size_t n_taken = 0;
	for (uint64_t seed = 1; seed <= worlds(); seed++) {
		struct asked_world a;
		/* cppcheck-suppress signConversion; it does not see target.def's targets */
		enum target target = TARGET_HEADSCALE_0_22 + seed % (TARGET_N - 1);
		world_start_old(&a, seed, target);
		if (a.w.findings.n_errors == 0) {
			n_taken++;
			compare_machines(&a);
			compare_addresses(&a, &services[0]);
		}
		world_end(&a.w);
	}
	assert_true(n_taken > worlds() / 2);
}

static const char *const ends_of_claims[] = {
	"group:g",  "u1@example.com",   "u3@example.org",    "tag:a",
	"tag:b",    "autogroup:member", "autogroup:tagged",  "100.64.0.1",
	"h4",       "10.1.2.3",         "8.8.8.8",           "autogroup:admin",
	"10.9.9.9", "100.64.0.3",       "user:*@example.org"
};

#define N_ENDS (sizeof ends_of_claims / sizeof *ends_of_claims)

/* Tags are imagined apart, and nobody is shared or asked for a posture: such
 * worlds are left out. */
static bool
world_is_plain(const struct asked_world *a)
{
	const struct tailnet *t = a->w.tailnet;
	for (size_t i = 0; i < t->n_machines; i++)
		if (t->machines[i].n_tags > 1 || t->machines[i].shared)
			return false;
	/* what is routed of the internet is known by the policy's approvers alone */
	return !strstr(a->w.policy_text, "rcPosture\":[") &&
	       !strstr(a->w.inventory_text, "8.8.8.0/24");
}

static void
compare_imagined(struct asked_world *a, struct prober *real, struct prober *imagined,
                 const char *src, const char *dst)
{
	const char *why;
	char said[256];
	struct question q = { .protocol = PROTOCOL_ANY,
		              .ports = { 22, 22 },
		              .ported = true };
	struct question p = q;
	q.src = probe_end_of(real, text_of(src), &why);
	q.dst = probe_end_of(real, text_of(dst), &why);
	p.src = probe_end_of(imagined, text_of(src), &why);
	p.dst = probe_end_of(imagined, text_of(dst), &why);
	if (!q.src || !q.dst || !q.src->elements->n || !q.dst->elements->n)
		return;
	struct answer is = probe(real, &q), seems = probe(imagined, &p);
	snprintf(said, sizeof said, "%s -> %s: is %d %d, seems %d %d", src, dst, is.all,
	         is.some, seems.all, seems.some);
	if (seems.all == TRUTH_YES && is.all != TRUTH_YES)
		fail_world(a, said);
	if (seems.some == TRUTH_NO && is.some != TRUTH_NO)
		fail_world(a, said);
}

static void
what_is_sure_without_an_inventory_is_so_with_one(void **state)
{
	(void)state;
	size_t n_plain = 0;
	for (uint64_t seed = 1; seed <= 4 * worlds(); seed++) {
		struct asked_world a;
		world_start(&a, seed);
		const struct policy *policies[] = { a.w.policy };
		struct tailnet *imagined = tailnet_imagine(&a.w.arena, policies, 1);
		tailnet_approve(imagined, a.w.policy);
		struct prober *real = prober_make(&a.w.arena, a.w.filter, PROBE_CLAIM);
		struct prober *other =
			prober_make(&a.w.arena,
		                    filter_compile(&a.w.arena, a.w.policy, imagined),
		                    PROBE_CLAIM);
		bool plain = world_is_plain(&a);
		n_plain += plain;
		for (size_t i = 0; i < N_ENDS * N_ENDS && plain; i++)
			compare_imagined(&a, real, other, ends_of_claims[i / N_ENDS],
			                 ends_of_claims[i % N_ENDS]);
		world_end(&a.w);
	}
	assert_true(n_plain > worlds() / 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(machines_reach_each_other_as_their_tables_say),
		cmocka_unit_test(addresses_reach_each_other_as_who_serves_them_says),
		cmocka_unit_test(many_reach_many_as_each_of_them_does),
		cmocka_unit_test(claims_hold_where_every_source_reaches_some_destination),
		cmocka_unit_test(a_range_of_ports_is_open_when_each_of_them_is),
		cmocka_unit_test(what_is_listed_is_reached_and_what_is_reached_is_listed),
		cmocka_unit_test(older_coordinators_are_answered_by_their_tables_too),
		cmocka_unit_test(what_is_sure_without_an_inventory_is_so_with_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
