/* The tables of machines, held against the naive opinion on small random
 * worlds; what must hold to the letter is in the golden cases. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "policy/naive_test.h"
#include "policy/table.h"
#include "policy/world_test.h"

/* Points to ask about: every machine's addresses, and some of nobody. */
struct points {
	struct point at[40];
	size_t n;
};

static struct points
points_of(const struct tailnet *t)
{
	static const char *const others[] = {
		"10.1.2.3",    "10.1.2.200",    "10.1.9.9",  "10.9.9.9",
		"8.8.8.8",     "1.2.3.4",       "200.0.0.1", "192.168.7.7",
		"2001:db8::9", "2001:db8:1::5", "2a00::1"
	};
	struct points points = { .n = 0 };
	for (size_t i = 0; i < t->n_addresses; i++)
		points.at[points.n++] = t->addresses[i].address;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_int_equal(address_parse(text_of(others[i]),
		                               &points.at[points.n++]),
		                 0);
	return points;
}

/* What a client makes of a string of SrcIPs or DstPorts. */
static bool
string_has(struct text string, struct point p)
{
	struct range range;
	if (text_is(string, "*"))
		return true;
	if (text_find(string, '-') < string.len)
		assert_int_equal(range_parse(string, &range), ADDRESS_FINE);
	else
		assert_int_equal(prefix_parse(string, &range, NULL, NULL), ADDRESS_FINE);
	return range_holds(range, p);
}

static bool
wire_rule_allows(struct table *t, const struct wire_rule *rule, struct point src,
                 struct point dst, int protocol, uint16_t port)
{
	bool from = false;
	if (!naive_protocol(rule->protocol, protocol))
		return false;
	for (size_t i = 0; i < table_src_length(t, rule->src) && !from; i++)
		from = string_has(table_src_text(t, rule->src, i), src);
	for (size_t i = 0; i < rule->n_dst && from; i++)
		if (rule->dst[i].ports.first <= port && port <= rule->dst[i].ports.last &&
		    string_has(rule->dst[i].ip, dst))
			return true;
	return false;
}

static bool
wire_allows(struct table *t, struct wire_table table, struct point src, struct point dst,
            int protocol, uint16_t port)
{
	for (size_t i = 0; i < table.n && src.line == dst.line; i++)
		if (wire_rule_allows(t, &table.rules[i], src, dst, protocol, port))
			return true;
	return false;
}

static void
fail_world(uint64_t seed, const struct world *w, const char *what)
{
	print_error("seed %" PRIu64 ": %s\n%s\n%s\n", seed, what, w->policy_text,
	            w->inventory_text);
	fail();
}

static void
compare_machine(uint64_t seed, struct world *w, struct table *t, uint32_t machine)
{
	static const struct {
		int protocol;
		uint16_t port;
	} services[] = {
		{ 6, 22 }, { 6, 80 }, { 17, 443 }, { 1, 80 }, { 1, 1 }, { 47, 9 }
	};
	struct naive naive = { w->policy, w->tailnet };
	struct points points = points_of(w->tailnet);
	struct arena scratch = { 0 };
	struct wire_table table = table_of(t, &scratch, machine);
	const struct machine *m = &w->tailnet->machines[machine];
	for (size_t s = 0; s < points.n; s++)
		for (size_t d = 0; d < points.n; d++)
			for (size_t k = 0; k < sizeof(services) / sizeof(*services);
			     k++) {
				bool want =
					naive_allows(&naive, m, points.at[s],
				                     points.at[d], services[k].protocol,
				                     services[k].port);
				bool got = wire_allows(t, table, points.at[s],
				                       points.at[d], services[k].protocol,
				                       services[k].port);
				char from[RANGE_TEXT_MAX], to[RANGE_TEXT_MAX], said[256];
				address_write(points.at[s], from);
				address_write(points.at[d], to);
				snprintf(said, sizeof(said),
				         "%.*s: %s -> %s %d/%u: want %d, got %d",
				         TEXT_ARG(m->name), from, to,
				         services[k].protocol, services[k].port, want,
				         got);
				if (want != got)
					fail_world(seed, w, said);
			}
	arena_end(&scratch);
}

static size_t
worlds(void)
{
	return world_count(2000);
}

static void
world_must(struct world *w, uint64_t seed)
{
	if (!world_make(w, seed))
		fail_world(seed, w, findings_first_error(&w->findings)->said);
}

static void
tables_allow_what_the_policy_says_and_no_more(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= worlds(); seed++) {
		struct world w;
		world_must(&w, seed);
		struct table *t = table_make(&w.arena, w.filter);
		for (uint32_t m = 0; m < w.tailnet->n_machines; m++)
			compare_machine(seed, &w, t, m);
		world_end(&w);
	}
}

/* Whether a table lets a machine, or what it routes, send anything at all. */
static bool
wire_admits(struct table *t, struct wire_table table, const struct machine *m)
{
	for (size_t i = 0; i < table.n; i++)
		for (size_t k = 0; k < table_src_length(t, table.rules[i].src); k++) {
			struct text string = table_src_text(t, table.rules[i].src, k);
			struct range range;
			for (size_t a = 0; a < m->n_addresses; a++)
				if (string_has(string, m->addresses[a]))
					return true;
			if (text_is(string, "*"))
				return true;
			if (range_parse(string, &range) &&
			    prefix_parse(string, &range, NULL, NULL))
				fail();
			for (size_t a = 0; a < m->n_subnets; a++)
				if (range_overlaps(m->subnets[a], range))
					return true;
		}
	return false;
}

static void
peers_mark(struct table *t, uint32_t machine, bool *marked)
{
	size_t n;
	const struct stretch *peers = table_peers(t, machine, &n);
	for (size_t i = 0; i < n; i++) {
		assert_true(peers[i].first < peers[i].end);
		assert_true(i == 0 || peers[i - 1].end < peers[i].first);
		for (uint32_t k = peers[i].first; k < peers[i].end; k++)
			marked[k] = true;
	}
}

static void
compare_peers(uint64_t seed, struct world *w, struct table *t)
{
	size_t machines = w->tailnet->n_machines;
	bool admits[8][8] = { { false } };
	struct arena scratch = { 0 };
	for (uint32_t b = 0; b < machines; b++) {
		struct wire_table table = table_of(t, &scratch, b);
		for (uint32_t a = 0; a < machines; a++)
			admits[a][b] =
				a != b && wire_admits(t, table, &w->tailnet->machines[a]);
	}
	for (uint32_t a = 0; a < machines; a++) {
		bool got[8] = { false };
		peers_mark(t, a, got);
		for (uint32_t b = 0; b < machines; b++)
			if (got[b] != (admits[a][b] || admits[b][a]))
				fail_world(seed, w,
				           got[b] ? "a peer too many"
				                  : "a peer is missing");
	}
	arena_end(&scratch);
}

static void
peers_are_those_who_may_send_either_way(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= worlds(); seed++) {
		struct world w;
		world_must(&w, seed);
		compare_peers(seed, &w, table_make(&w.arena, w.filter));
		world_end(&w);
	}
}

/* Whether some rule of a grant is about these ports, by the protocol. */
static bool
grant_has_ports(const struct filter *filter, const struct grant *grant, int protocol,
                struct ports ports)
{
	for (size_t i = 0; i < filter->n_rules; i++) {
		const struct rule *rule = &filter->rules[i];
		for (size_t k = 0; k < rule->n_ports; k++)
			if (rule->grant == grant && rule->protocol == protocol &&
			    rule->ports[k].first == ports.first &&
			    rule->ports[k].last == ports.last)
				return true;
	}
	return false;
}

static void
check_origins(uint64_t seed, struct world *w, const struct wire_rule *wire)
{
	size_t n = 0;
	for (size_t i = 0; i < wire->n_origins; i++) {
		const struct wire_origin *origin = &wire->origins[i];
		for (size_t k = 0; k < i; k++)
			if (wire->origins[k].rule->grant == origin->rule->grant)
				fail_world(seed, w, "a grant is an origin twice");
		if (origin->n_dst == 0 || origin->n_dst > wire->n_dst - n)
			fail_world(seed, w, "an origin of nothing, or of too much");
		for (size_t k = 0; k < origin->n_dst; k++)
			if (!grant_has_ports(w->filter, origin->rule->grant,
			                     wire->protocol, wire->dst[n++].ports))
				fail_world(seed, w, "ports of another grant");
	}
	if (n != wire->n_dst)
		fail_world(seed, w, "ports without an origin");
}

static void
every_destination_has_the_grant_that_it_came_from(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= worlds(); seed++) {
		struct world w;
		world_must(&w, seed);
		struct table *t = table_make(&w.arena, w.filter);
		for (uint32_t m = 0; m < w.tailnet->n_machines; m++) {
			struct wire_table table = table_of(t, &w.arena, m);
			for (size_t i = 0; i < table.n; i++)
				check_origins(seed, &w, &table.rules[i]);
		}
		world_end(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_allow_what_the_policy_says_and_no_more),
		cmocka_unit_test(peers_are_those_who_may_send_either_way),
		cmocka_unit_test(every_destination_has_the_grant_that_it_came_from),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
