#include "policy/remedy.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include "policy/naive_test.h"
#include "policy/world_test.h"

static const struct levels no_levels = { 0 };

static struct remedy
remedy_of(struct arena *arena, bool unsafe)
{
	return (struct remedy) {
		.arena = arena,
		.target = TARGET_TAILSCALE,
		.settings = settings_none(arena),
		.levels = &no_levels,
		.unsafe = unsafe,
		.least = LEVEL_ADVICE,
	};
}

/* A text mended, NUL-terminated; *remedy tells how. */
static const char *
mended(struct remedy *remedy, const char *text)
{
	struct source *source = source_of(remedy->arena, "x", text, strlen(text));
	struct text done = remedy_apply(remedy, source);

	return arena_copy(remedy->arena, done.at, done.len);
}

static void
assert_mended(const char *text, bool unsafe, const char *expected)
{
	struct arena arena = { 0 };
	struct remedy remedy = remedy_of(&arena, unsafe);

	assert_string_equal(mended(&remedy, text), expected);
	arena_end(&arena);
}

static void
safe_repairs_keep_comments_and_layout(void **state)
{
	(void)state;
	assert_mended("{\n"
	              "\t\"groups\": {\n"
	              "\t\t\"group:ops\": [\"a@x.com\", \"a@x.com\"], // two\n"
	              "\t},\n"
	              "\t\"acls\": [{ // rules\n"
	              "\t\t\"action\": \"accept\",\n"
	              "\t\t\"users\":  [\"group:ops\"],\n"
	              "\t\t\"ports\":  [\"10.0.0.5:22,80,22\"],\n"
	              "\t}],\n"
	              "}\n",
	              false,
	              "{\n"
	              "\t\"groups\": {\n"
	              "\t\t\"group:ops\": [\"a@x.com\"], // two\n"
	              "\t},\n"
	              "\t\"acls\": [{ // rules\n"
	              "\t\t\"action\": \"accept\",\n"
	              "\t\t\"src\":    [\"group:ops\"],\n"
	              "\t\t\"dst\":    [\"10.0.0.5:22,80\"],\n"
	              "\t}],\n"
	              "}\n");
}

static void
of_rules_that_cover_each_other_one_stays(void **state)
{
	(void)state;
	assert_mended(
		"{\n"
		"\t\"acls\": [\n"
		"\t\t{\"action\": \"accept\", \"src\": [\"*\"], \"dst\": [\"*:22\"]},\n"
		"\t\t{\"action\": \"accept\", \"src\": [\"*\"], \"dst\": [\"*:22\"]},\n"
		"\t\t{\"action\": \"accept\", \"src\": [\"*\"], \"dst\": [\"*:22\"]},\n"
		"\t],\n"
		"}\n",
		false,
		"{\n"
		"\t\"acls\": [\n"
		"\t\t{\"action\": \"accept\", \"src\": [\"*\"], \"dst\": [\"*:22\"]},\n"
		"\t],\n"
		"}\n");
}

static void
what_changes_the_meaning_waits_to_be_asked_for(void **state)
{
	static const char text[] = "{\"hosts\": {\"db\": \"10.1.2.3/24\"}, \"acls\": "
				   "[{\"action\": \"accept\", "
				   "\"src\": [\"a@x.com\"], \"dst\": [\"db:22\"]}]}\n";
	struct arena arena = { 0 };
	struct remedy remedy = remedy_of(&arena, false);

	(void)state;
	assert_non_null(strstr(mended(&remedy, text), "10.1.2.3/24"));
	remedy = remedy_of(&arena, true);
	assert_non_null(strstr(mended(&remedy, text), "10.1.2.0/24"));
	arena_end(&arena);
}

static void
a_misspelt_name_is_put_right_when_asked_for(void **state)
{
	(void)state;
	assert_mended("{\"tagOwners\": {\"tag:prod\": []}, \"grants\": [{\"src\": "
	              "[\"tag:prdo\"], \"dst\": [\"tag:prod\"], \"ip\": [\"tcp:22\"]}]}",
	              true,
	              "{\n"
	              "\t\"tagOwners\": {\"tag:prod\": []},\n"
	              "\t\"grants\":    [{\"src\": [\"tag:prod\"], \"dst\": "
	              "[\"tag:prod\"], \"ip\": [\"tcp:22\"]}]\n"
	              "}\n");
}

static void
a_byte_order_mark_goes(void **state)
{
	(void)state;
	assert_mended("\xEF\xBB\xBF{\"acls\": []}\n", false, "{\"acls\": []}\n");
}

static void
a_text_that_cannot_be_read_is_left_alone(void **state)
{
	(void)state;
	assert_mended("{\"acls\": [", true, "{\"acls\": [");
	assert_mended("", true, "");
}

static void
what_is_hushed_is_left_alone(void **state)
{
	static const char text[] =
		"{\n"
		"\t// aclc: ignore legacy-users-ports, the old server needs them\n"
		"\t\"acls\": [{\n"
		"\t\t\"action\": \"accept\",\n"
		"\t\t\"users\":  [\"a@x.com\"],\n"
		"\t\t\"ports\":  [\"10.0.0.5:22\"],\n"
		"\t}],\n"
		"}\n";

	(void)state;
	assert_mended(text, false, text);
}

/* The ends and ports that a world's policies tell apart, more or less. */
static const char *const addresses[] = {
	"100.64.0.1", "100.64.0.2", "100.64.0.4", "100.64.0.6", "100.64.0.9",
	"10.1.0.1",   "10.1.2.3",   "10.1.2.200", "10.2.0.1",   "8.8.8.8",
};

static const struct naive_service services[] = {
	{ 6, 22 },  { 6, 80 },  { 6, 81 },  { 6, 443 },  { 6, 8080 },  { 6, 60000 },
	{ 17, 22 }, { 17, 80 }, { 17, 81 }, { 17, 443 }, { 17, 8080 }, { 17, 60000 },
};

/* Whether packets to an address come to a machine: it has it, or routes it. */
static bool
comes_to(const struct machine *machine, struct point address)
{
	for (size_t i = 0; i < machine->n_addresses; i++)
		if (point_compare(machine->addresses[i], address) == 0)
			return true;
	for (size_t i = 0; i < machine->n_subnets; i++)
		if (range_holds(machine->subnets[i], address))
			return true;
	return machine->exit_node;
}

/* Whether two policies let the same packets through, asked one by one. */
static void
assert_alike(const struct world *w, const struct policy *before,
             const struct policy *after, const char *text)
{
	struct naive a = { before, w->tailnet }, b = { after, w->tailnet };
	struct naive_points points = { .n = sizeof(addresses) / sizeof(*addresses) };
	size_t n = sizeof(services) / sizeof(*services);

	for (size_t i = 0; i < points.n; i++)
		address_parse(text_of(addresses[i]), &points.at[i]);
	for (size_t m = 0; m < w->tailnet->n_machines; m++) {
		const struct machine *machine = &w->tailnet->machines[m];
		struct naive_flows old = { 0 }, new = { 0 };
		naive_flows(&a, machine, &points, services, n, &old);
		naive_flows(&b, machine, &points, services, n, &new);
		for (size_t i = 0; i < points.n * points.n; i++) {
			size_t src = i / points.n, dst = i % points.n;
			if (old.at[src][dst] == new.at[src][dst] ||
			    !comes_to(machine, points.at[dst]))
				continue;
			/* fail_msg would cut it */
			fprintf(stderr, "%s to %s: %x, was %x\n%s\n%s\nbecame\n%s\n",
			        addresses[src], addresses[dst], new.at[src][dst],
			        old.at[src][dst], w->inventory_text, w->policy_text,
			        text);
			fail();
		}
	}
}

/* A guest with a role, which there is not: such worlds are left out. */
static bool
world_is_odd(const struct world *w)
{
	for (size_t i = 0; i < w->tailnet->n_machines; i++) {
		const struct machine *m = &w->tailnet->machines[i];
		if (m->shared && m->user != USER_NONE &&
		    w->tailnet->users[m->user].role != ROLE_MEMBER)
			return true;
	}
	return false;
}

static void
safe_repairs_of_random_policies_change_no_packet(void **state)
{
	size_t n_done = 0, n_refused = 0, n = world_count(500);

	(void)state;
	for (uint64_t seed = 1; seed <= n; seed++) {
		struct world w;
		assert_true(world_make(&w, seed));
		struct remedy remedy = remedy_of(&w.arena, false);
		const char *text = mended(&remedy, w.policy_text);
		struct policy *policy =
			policy_read(&w.arena, world_tree(&w, "mended", text),
		                    TARGET_TAILSCALE, &w.findings);
		policy_validate(policy, w.tailnet, &w.findings);
		assert_int_equal(w.findings.n_errors, 0);
		if (!world_is_odd(&w))
			assert_alike(&w, w.policy, policy, text);
		n_done += remedy.n_done;
		n_refused += remedy.n_refused;
		struct remedy again = remedy_of(&w.arena, false);
		assert_string_equal(mended(&again, text), text);
		world_end(&w);
	}
	assert_true(n_done > n); /* or nothing was tried */
	assert_int_equal(n_refused, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(safe_repairs_keep_comments_and_layout),
		cmocka_unit_test(of_rules_that_cover_each_other_one_stays),
		cmocka_unit_test(what_changes_the_meaning_waits_to_be_asked_for),
		cmocka_unit_test(a_misspelt_name_is_put_right_when_asked_for),
		cmocka_unit_test(a_byte_order_mark_goes),
		cmocka_unit_test(a_text_that_cannot_be_read_is_left_alone),
		cmocka_unit_test(what_is_hushed_is_left_alone),
		cmocka_unit_test(safe_repairs_of_random_policies_change_no_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
