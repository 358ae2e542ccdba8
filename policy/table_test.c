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

static const struct naive_service services[] = { { 6, 22 }, { 6, 80 }, { 17, 443 },
	                                         { 1, 80 }, { 1, 1 },  { 47, 9 } };

#define N_SERVICES (sizeof(services) / sizeof(*services))

static struct range
string_range(struct text string)
{
	struct range range;
	if (text_find(string, '-') < string.len)
		assert_int_equal(range_parse(string, &range), ADDRESS_FINE);
	else
		assert_int_equal(prefix_parse(string, &range, NULL, NULL), ADDRESS_FINE);
	return range;
}

/* Marks the points that a string of SrcIPs or DstPorts has for a client. */
static void
string_mark(struct text string, const struct naive_points *points, uint32_t mark,
            uint32_t *marks)
{
	bool all = text_is(string, "*");
	struct range range = { 0 };
	if (!all)
		range = string_range(string);
	for (size_t i = 0; i < points->n; i++)
		if (all || range_holds(range, points->at[i]))
			marks[i] |= mark;
}

/* The services that an entry of DstPorts is for, a bit each. */
static uint32_t
entry_services(const struct wire_rule *rule, const struct wire_dst *dst)
{
	uint32_t bits = 0;
	for (size_t i = 0; i < N_SERVICES; i++)
		if (naive_protocol(rule->protocol, services[i].protocol) &&
		    dst->ports.first <= services[i].port &&
		    services[i].port <= dst->ports.last)
			bits |= UINT32_C(1) << i;
	return bits;
}

/* Puts in what a table lets through. */
static void
wire_flows(struct table *t, struct wire_table table, const struct naive_points *points,
           struct naive_flows *flows)
{
	for (size_t r = 0; r < table.n; r++) {
		const struct wire_rule *rule = &table.rules[r];
		uint32_t from[40] = { 0 }, to[40] = { 0 };
		for (size_t i = 0; i < table_src_length(t, rule->src); i++)
			string_mark(table_src_text(t, rule->src, i), points, 1, from);
		for (size_t i = 0; i < rule->n_dst; i++)
			string_mark(rule->dst[i].ip, points,
			            entry_services(rule, &rule->dst[i]), to);
		for (size_t s = 0; s < points->n; s++)
			for (size_t d = 0; d < points->n; d++)
				if (from[s] && points->at[s].line == points->at[d].line)
					flows->at[s][d] |= to[d];
	}
}

static void
fail_world(uint64_t seed, const struct world *w, const char *what)
{
	print_error("seed %" PRIu64 ": %s\n%s\n%s\n", seed, what, w->policy_text,
	            w->inventory_text);
	fail();
}

/* How many pairs of points have something to say to each other, and how many not. */
struct tally {
	size_t open, closed;
};

static void
compare_machine(uint64_t seed, struct world *w, struct table *t, uint32_t machine,
                struct tally *tally)
{
	struct naive naive = { w->policy, w->tailnet };
	struct naive_points points = naive_points_of(w->tailnet);
	struct naive_flows want = { 0 }, got = { 0 };
	struct arena scratch = { 0 };
	const struct machine *m = &w->tailnet->machines[machine];
	naive_flows(&naive, m, &points, services, N_SERVICES, &want);
	wire_flows(t, table_of(t, &scratch, machine), &points, &got);
	for (size_t s = 0; s < points.n; s++)
		for (size_t d = 0; d < points.n; d++) {
			char from[RANGE_TEXT_MAX], to[RANGE_TEXT_MAX], said[256];
			tally->open += want.at[s][d] != 0;
			tally->closed += want.at[s][d] == 0;
			if (want.at[s][d] == got.at[s][d])
				continue;
			address_write(points.at[s], from);
			address_write(points.at[d], to);
			snprintf(said, sizeof(said), "%.*s: %s -> %s: want %x, got %x",
			         TEXT_ARG(m->name), from, to, want.at[s][d],
			         got.at[s][d]);
			fail_world(seed, w, said);
		}
	arena_end(&scratch);
}

static size_t
worlds(void)
{
	return world_count(5000);
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
	struct tally tally = { 0 };
	for (uint64_t seed = 1; seed <= worlds(); seed++) {
		struct world w;
		world_must(&w, seed);
		struct table *t = table_make(&w.arena, w.filter);
		for (uint32_t m = 0; m < w.tailnet->n_machines; m++)
			compare_machine(seed, &w, t, m, &tally);
		world_end(&w);
	}
	assert_true(tally.open > worlds() && tally.closed > worlds());
}

/* Whether a string of SrcIPs has an address of a machine, or something it routes. */
static bool
string_meets(struct text string, const struct machine *m)
{
	if (text_is(string, "*"))
		return true;
	struct range range = string_range(string);
	for (size_t i = 0; i < m->n_addresses; i++)
		if (range_holds(range, m->addresses[i]))
			return true;
	for (size_t i = 0; i < m->n_subnets; i++)
		if (range_overlaps(m->subnets[i], range))
			return true;
	return false;
}

/* Whether a table lets a machine, or what it routes, send anything at all. */
static bool
wire_admits(struct table *t, struct wire_table table, const struct machine *m)
{
	for (size_t i = 0; i < table.n; i++)
		for (size_t k = 0; k < table_src_length(t, table.rules[i].src); k++)
			if (string_meets(table_src_text(t, table.rules[i].src, k), m))
				return true;
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
