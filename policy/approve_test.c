/* Which routes are approved: spec/semantics.md section 5. */

#include "policy/inventory_test.h"

#include "policy/draw_test.h"
#include "policy/set.h"

/* ada owns m0, m1 is tagged, bob owns m2; each with its routes. */
static void
desk_machines(struct desk *desk, const char *ada, const char *tagged, const char *bob)
{
	const char *text = arena_format(
		&desk->arena,
		"{\"users\": [{\"login\": \"ada@x\", \"role\": \"admin\"}, {\"login\": "
		"\"bob@x\"}], \"nodes\": [{\"name\": \"m0\", \"user\": \"ada@x\", %s}, "
		"{\"name\": \"m1\", \"tags\": [\"tag:r\"], \"user\": \"ada@x\", %s}, "
		"{\"name\": \"m2\", \"user\": \"bob@x\", %s}]}",
		ada, tagged, bob);

	READ_WELL(desk, text, NULL);
}

/* "m0: 10.0.0.0/8 exit; m1: …; m2:" */
static const char *
approved(struct desk *desk, const char *approvers)
{
	struct tailnet *t = desk->tailnet;
	const char *all = "";
	char text[RANGE_TEXT_MAX];

	tailnet_approve(t, desk_policy(desk, arena_format(&desk->arena,
	                                                  "{\"groups\": {\"group:g\": "
	                                                  "[\"bob@x\"]}, \"tagOwners\": "
	                                                  "{\"tag:r\": []}, "
	                                                  "\"autoApprovers\": %s}",
	                                                  approvers)));
	for (size_t i = 0; i < t->n_machines; i++) {
		const struct machine *m = &t->machines[i];
		all = arena_format(&desk->arena, "%s%sm%zu:", all, i > 0 ? "; " : "", i);
		for (size_t k = 0; k < m->n_subnets; k++) {
			prefix_write(m->subnets[k], text);
			all = arena_format(&desk->arena, "%s %s", all, text);
		}
		assert_int_equal(set_holds(t->exit_nodes, (uint32_t)i), m->exit_node);
		assert_int_equal(set_holds(t->routers, (uint32_t)i), m->n_subnets > 0);
		if (m->exit_node)
			all = arena_format(&desk->arena, "%s exit", all);
	}
	return all;
}

#define ADVERTISED(routes) "\"advertised_routes\": [" routes "]"
#define APPROVED(routes) "\"approved_routes\": [" routes "]"
#define NOTHING "\"os\": \"linux\""

/* What all three advertise, who approves what, and what comes of it. */
struct approval_case {
	const char *routes, *approvers, *approved;
};

static const struct approval_case cases[] = {
	/* equal, inside, around, beside */
	{ ADVERTISED("\"10.0.0.0/8\""), "{\"routes\": {\"10.0.0.0/8\": [\"tag:r\"]}}",
	  "m0:; m1: 10.0.0.0/8; m2:" },
	{ ADVERTISED("\"10.1.0.0/16\""), "{\"routes\": {\"10.0.0.0/8\": [\"tag:r\"]}}",
	  "m0:; m1: 10.1.0.0/16; m2:" },
	{ ADVERTISED("\"10.0.0.0/8\""), "{\"routes\": {\"10.1.0.0/16\": [\"tag:r\"]}}",
	  "m0:; m1:; m2:" },
	{ ADVERTISED("\"11.0.0.0/8\""), "{\"routes\": {\"10.0.0.0/8\": [\"tag:r\"]}}",
	  "m0:; m1:; m2:" },
	{ ADVERTISED("\"2001:db8::/48\""),
	  "{\"routes\": {\"2001:db8::/32\": [\"tag:r\"]}}",
	  "m0:; m1: 2001:db8::/48; m2:" },
	/* by user, group, autogroup; the owner of a tagged machine is its tag */
	{ ADVERTISED("\"10.0.0.0/8\""), "{\"routes\": {\"10.0.0.0/8\": [\"ada@x\"]}}",
	  "m0: 10.0.0.0/8; m1:; m2:" },
	{ ADVERTISED("\"10.0.0.0/8\""), "{\"routes\": {\"10.0.0.0/8\": [\"group:g\"]}}",
	  "m0:; m1:; m2: 10.0.0.0/8" },
	{ ADVERTISED("\"10.0.0.0/8\""),
	  "{\"routes\": {\"10.0.0.0/8\": [\"autogroup:member\"]}}",
	  "m0: 10.0.0.0/8; m1:; m2: 10.0.0.0/8" },
	{ ADVERTISED("\"10.0.0.0/8\""),
	  "{\"routes\": {\"10.0.0.0/8\": [\"autogroup:admin\"]}}",
	  "m0: 10.0.0.0/8; m1:; m2:" },
	{ ADVERTISED("\"10.0.0.0/8\""), "{\"routes\": {\"10.0.0.0/8\": []}}",
	  "m0:; m1:; m2:" },
	/* an outer key approves where the innermost does not */
	{ ADVERTISED("\"10.1.2.0/24\""),
	  "{\"routes\": {\"10.0.0.0/8\": [\"ada@x\"], \"10.1.0.0/16\": [\"tag:r\"], "
	  "\"10.1.2.0/25\": [\"bob@x\"], \"10.2.0.0/16\": [\"bob@x\"]}}",
	  "m0: 10.1.2.0/24; m1: 10.1.2.0/24; m2:" },
	/* default routes: by exitNode alone */
	{ ADVERTISED("\"0.0.0.0/0\", \"::/0\""), "{\"exitNode\": [\"tag:r\"]}",
	  "m0:; m1: exit; m2:" },
	{ ADVERTISED("\"0.0.0.0/0\", \"::/0\""),
	  "{\"routes\": {\"0.0.0.0/0\": [\"tag:r\"], \"::/0\": [\"tag:r\"]}}",
	  "m0:; m1:; m2:" },
	{ ADVERTISED("\"0.0.0.0/0\", \"10.0.0.0/8\""),
	  "{\"routes\": {\"0.0.0.0/0\": [\"tag:r\"]}, \"exitNode\": [\"bob@x\"]}",
	  "m0:; m1: 10.0.0.0/8; m2: exit" },
	{ ADVERTISED("\"10.0.0.0/8\""), "{\"exitNode\": [\"tag:r\"]}", "m0:; m1:; m2:" },
	/* by hand, whatever is advertised or approved otherwise */
	{ APPROVED("\"10.0.0.0/8\", \"::/0\""), "{}",
	  "m0: 10.0.0.0/8 exit; m1: 10.0.0.0/8 exit; m2: 10.0.0.0/8 exit" },
	{ APPROVED("\"10.0.0.0/8\"") ", " ADVERTISED("\"10.0.0.0/8\", \"10.0.0.0/9\""),
	  "{\"routes\": {\"10.0.0.0/8\": [\"tag:r\"]}}",
	  "m0: 10.0.0.0/8; m1: 10.0.0.0/8 10.0.0.0/9; m2: 10.0.0.0/8" },
};

static void
routes_are_approved_as_the_control_plane_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct desk desk = { 0 };
		desk_machines(&desk, cases[i].routes, cases[i].routes, cases[i].routes);
		assert_string_equal(approved(&desk, cases[i].approvers),
		                    cases[i].approved);
		desk_end(&desk);
	}
}

static void
approvers_with_many_machines_approve_each(void **state)
{
	enum { MANY = 100 };
	struct desk desk = { 0 };
	const char *nodes = "{\"name\": \"bob\", \"user\": \"bob@x\", "
			    "\"advertised_routes\": [\"10.0.0.0/8\", \"::/0\"]}";

	(void)state;
	for (int i = 0; i < MANY; i++)
		nodes = arena_format(&desk.arena,
		                     "%s, {\"name\": \"ada%d\", \"user\": \"ada@x\", "
		                     "\"advertised_routes\": [\"10.0.0.0/8\", \"::/0\"]}",
		                     nodes, i);
	READ_WELL(&desk,
	          arena_format(&desk.arena,
	                       "{\"users\": [{\"login\": \"ada@x\"}, {\"login\": "
	                       "\"bob@x\"}], \"nodes\": [%s]}",
	                       nodes),
	          NULL);
	approved(&desk, "{\"routes\": {\"10.0.0.0/8\": [\"ada@x\"]}, \"exitNode\": "
	                "[\"ada@x\", \"bob@x\"]}");
	assert_int_equal(desk.tailnet->routers->n, MANY);
	assert_false(set_holds(desk.tailnet->routers, 0));
	assert_int_equal(desk.tailnet->exit_nodes->n, MANY + 1);
	desk_end(&desk);
}

static void
another_policy_approves_anew(void **state)
{
	struct desk desk = { 0 };

	(void)state;
	desk_machines(&desk, ADVERTISED("\"10.0.0.0/8\", \"0.0.0.0/0\""), NOTHING,
	              NOTHING);
	assert_string_equal(approved(&desk, "{\"routes\": {\"10.0.0.0/8\": [\"ada@x\"]}, "
	                                    "\"exitNode\": [\"ada@x\"]}"),
	                    "m0: 10.0.0.0/8 exit; m1:; m2:");
	assert_string_equal(approved(&desk, "{}"), "m0:; m1:; m2:");
	assert_int_equal(desk.tailnet->n_subnets, 0);
	desk_end(&desk);
}

static void
subnets_are_a_forest(void **state)
{
	struct desk desk = { 0 };
	static const struct {
		const char *range;
		uint32_t outer;
		uint32_t n_routers;
	} expected[] = {
		{ "10.0.0.0/8", SUBNET_NONE, 1 }, { "10.0.0.0/16", 0, 1 },
		{ "10.0.0.0/24", 1, 3 },          { "10.1.0.0/16", 0, 2 },
		{ "11.0.0.0/8", SUBNET_NONE, 1 }, { "2001:db8::/32", SUBNET_NONE, 1 },
		{ "2001:db8:1::/48", 5, 1 },
	};
	char text[RANGE_TEXT_MAX];

	(void)state;
	desk_machines(&desk,
	              APPROVED("\"10.0.0.0/24\", \"10.0.0.0/8\", \"2001:db8:1::/48\", "
	                       "\"11.0.0.0/8\""),
	              APPROVED("\"10.0.0.0/16\", \"10.1.0.0/16\", \"10.0.0.0/24\""),
	              APPROVED("\"2001:db8::/32\", \"10.1.0.0/16\", \"10.0.0.0/24\", "
	                       "\"10.0.0.0/24\", \"0.0.0.0/0\""));
	approved(&desk, "{}");
	assert_int_equal(desk.tailnet->n_subnets, sizeof(expected) / sizeof(expected[0]));
	for (size_t i = 0; i < desk.tailnet->n_subnets; i++) {
		const struct routed_subnet *subnet = &desk.tailnet->subnets[i];
		prefix_write(subnet->range, text);
		assert_string_equal(text, expected[i].range);
		assert_int_equal(subnet->outer, expected[i].outer);
		assert_int_equal(subnet->routers->n, expected[i].n_routers);
	}
	desk_end(&desk);
}

/*
 * Against the naive opinion: for each route, every key is asked.
 */

static unsigned
draw(unsigned n)
{
	static uint64_t seed = DRAW_SEED;

	return draw_from(&seed, n);
}

/* A prefix in a corner where many nest. */
static const char *
draw_prefix(struct arena *arena)
{
	unsigned bits = 8 + draw(17),
		 number = draw(2) << 23 | draw(2) << 15 | draw(2) << 8;

	number &= ~((1u << (32 - bits)) - 1);
	return arena_format(arena, "10.%u.%u.0/%u", number >> 16 & 255, number >> 8 & 255,
	                    bits);
}

static const char *const approvers_drawn[] = { "ada@x", "tag:r", "bob@x" };

static const char *
draw_prefixes(struct arena *arena, unsigned n)
{
	const char *list = "";

	for (unsigned i = 0; i < n; i++)
		list = arena_format(arena, "%s%s\"%s\"", list, i > 0 ? ", " : "",
		                    draw_prefix(arena));
	return arena_format(arena, "\"advertised_routes\": [%s]", list);
}

static bool
naive_approves(const struct policy *policy, struct range route, const char *approver)
{
	for (size_t i = 0; i < policy->n_approvers; i++)
		if (range_covers(policy->approvers[i].range, route) &&
		    text_is(policy->approvers[i].by.at[0].text, approver))
			return true;
	return false;
}

static bool
machine_routes(const struct machine *machine, struct range route)
{
	for (size_t i = 0; i < machine->n_subnets; i++)
		if (range_compare(machine->subnets[i], route) == 0)
			return true;
	return false;
}

static void
random_routes_are_approved_as_asking_every_key_does(void **state)
{
	size_t yes = 0, no = 0;

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct desk desk = { 0 };
		struct arena *arena = &desk.arena;
		const char *keys = "";
		for (unsigned i = 0, n = draw(12); i < n; i++)
			keys = arena_format(arena, "%s%s\"%s\": [\"%s\"]", keys,
			                    i > 0 ? ", " : "", draw_prefix(arena),
			                    approvers_drawn[draw(3)]);
		desk_machines(&desk, draw_prefixes(arena, 6), draw_prefixes(arena, 6),
		              draw_prefixes(arena, 6));
		approved(&desk, arena_format(arena, "{\"routes\": {%s}}", keys));
		for (size_t i = 0; i < 3; i++) {
			const struct machine *m = &desk.tailnet->machines[i];
			for (size_t k = 0; k < m->n_advertised; k++) {
				bool naive = naive_approves(desk.policy, m->advertised[k],
				                            approvers_drawn[i]);
				assert_int_equal(machine_routes(m, m->advertised[k]),
				                 naive);
				yes += naive;
				no += !naive;
			}
		}
		desk_end(&desk);
	}
	assert_true(yes > 100 && no > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes_are_approved_as_the_control_plane_does),
		cmocka_unit_test(approvers_with_many_machines_approve_each),
		cmocka_unit_test(another_policy_approves_anew),
		cmocka_unit_test(subnets_are_a_forest),
		cmocka_unit_test(random_routes_are_approved_as_asking_every_key_does),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
