/* The index of a tailnet: who has what, and who is called how. */

#include "policy/inventory_test.h"

#include "policy/set.h"

#define TAILNET                                                                          \
	"{\"users\": [{\"login\": \"ada@x\"}, {\"login\": \"bob\"}],\n"                  \
	" \"nodes\": [\n"                                                                \
	" {\"id\": \"n0\", \"name\": \"laptop\", \"user\": \"ada@x\", \"addresses\": "   \
	"[\"100.64.0.9\", \"fd7a:115c:a1e0::9\"]},\n"                                    \
	" {\"id\": \"n1\", \"name\": \"db\", \"tags\": [\"tag:db\", \"tag:eu\"], "       \
	"\"addresses\": [\"100.64.0.1\"]},\n"                                            \
	" {\"id\": \"n2\", \"name\": \"pad\", \"user\": \"ada@x\", \"addresses\": "      \
	"[\"fd7a:115c:a1e0::2\"]},\n"                                                    \
	" {\"id\": \"n3\", \"name\": \"web\", \"tags\": [\"tag:eu\"], \"user\": "        \
	"\"bob\"},\n"                                                                    \
	" {\"id\": \"n4\", \"name\": \"box\", \"user\": \"bob\", \"shared\": true},\n"   \
	" {\"id\": \"n5\", \"name\": \"far\", \"tags\": [\"tag:eu\"], \"shared\": "      \
	"true}]}"

static void
assert_set(const struct set *set, const char *expected)
{
	char text[256] = "";

	for (uint32_t i = 0; i < set->n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u",
		         i > 0 ? " " : "", set->at[i]);
	assert_string_equal(text, expected);
}

static void
machines_are_sorted_out_by_owner_and_tag(void **state)
{
	struct desk desk = { 0 };

	(void)state;
	READ_WELL(&desk, TAILNET, NULL);
	struct tailnet *t = desk.tailnet;
	assert_set(t->everybody, "0 1 2 3 4 5");
	assert_set(t->members, "0 2");
	assert_set(t->tagged, "1 3");
	assert_set(t->shared, "4 5");
	assert_set(t->of_user[tailnet_user(t, text_of("ada@x"))], "0 2");
	assert_set(t->of_user[tailnet_user(t, text_of("bob"))], "4");
	assert_set(t->of_tag[names_find(&t->tags, text_of("tag:db"))], "1");
	/* a tag of another tailnet is none of ours */
	assert_set(t->of_tag[names_find(&t->tags, text_of("tag:eu"))], "1 3");
	desk_end(&desk);
}

static void
indexing_again_changes_nothing(void **state)
{
	struct desk desk = { 0 };

	(void)state;
	READ_WELL(&desk, TAILNET, NULL);
	struct tailnet before = *desk.tailnet;
	tailnet_index(desk.tailnet);
	assert_ptr_equal(before.everybody, desk.tailnet->everybody);
	assert_ptr_equal(before.addresses, desk.tailnet->addresses);
	assert_int_equal(before.n_addresses, desk.tailnet->n_addresses);
	desk_end(&desk);
}

static struct point
point_of(const char *text)
{
	struct point point;

	assert_int_equal(address_parse(text_of(text), &point), ADDRESS_FINE);
	return point;
}

static void
addresses_are_found_by_halving(void **state)
{
	struct desk desk = { 0 };
	static const struct {
		const char *address;
		size_t from;
		uint32_t owner;
	} cases[] = {
		{ "0.0.0.0", 0, UINT32_MAX },           { "100.64.0.1", 0, 1 },
		{ "100.64.0.2", 1, UINT32_MAX },        { "100.64.0.9", 1, 0 },
		{ "255.255.255.255", 2, UINT32_MAX },   { "::", 2, UINT32_MAX },
		{ "fd7a:115c:a1e0::2", 2, 2 },          { "fd7a:115c:a1e0::9", 3, 0 },
		{ "fd7a:115c:a1e0::a", 4, UINT32_MAX },
	};

	(void)state;
	READ_WELL(&desk, TAILNET, NULL);
	assert_int_equal(desk.tailnet->n_addresses, 4);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct point point = point_of(cases[i].address);
		assert_int_equal(tailnet_address_from(desk.tailnet, point),
		                 cases[i].from);
		assert_int_equal(tailnet_owner_of(desk.tailnet, point), cases[i].owner);
	}
	desk_end(&desk);
}

/* The number of the machine so called, or -1. */
static int
called(const struct tailnet *t, const char *text)
{
	const struct machine *machine = tailnet_machine(t, text_of(text));

	return machine ? (int)(machine - t->machines) : -1;
}

static void
machines_go_by_name_id_and_address(void **state)
{
	struct desk desk = { 0 };

	(void)state;
	READ_WELL(&desk, TAILNET, NULL);
	assert_int_equal(called(desk.tailnet, "db"), 1);
	assert_int_equal(called(desk.tailnet, "n2"), 2);
	assert_int_equal(called(desk.tailnet, "fd7a:115c:a1e0:0::9"), 0);
	assert_int_equal(called(desk.tailnet, "100.64.0.1"), 1);
	assert_int_equal(called(desk.tailnet, "100.64.0.2"), -1);
	assert_int_equal(called(desk.tailnet, "db."), -1);
	assert_int_equal(called(desk.tailnet, ""), -1);
	desk_end(&desk);
}

static void
machines_go_by_their_names_in_full_too(void **state)
{
	struct desk desk = { 0 };

	(void)state;
	READ_WELL(
		&desk,
		"[{\"nodeId\": \"n1\", \"id\": \"17\", \"name\": \"gw.tail1.ts.net\", "
		"\"user\": \"a@x\"}, {\"nodeId\": \"n2\", \"name\": \"gw.tail2.ts.net\", "
		"\"user\": \"b@y\", \"isExternal\": true}]",
		NULL);
	assert_int_equal(called(desk.tailnet, "gw"), 0);
	assert_int_equal(called(desk.tailnet, "gw.tail1.ts.net"), 0);
	assert_int_equal(called(desk.tailnet, "gw.tail1.ts.net."), 0);
	assert_int_equal(called(desk.tailnet, "gw.tail2.ts.net"), 1);
	assert_int_equal(called(desk.tailnet, "gw.tail3.ts.net"), -1);
	assert_int_equal(called(desk.tailnet, "17"), 0);
	desk_end(&desk);
}

static void
machines_are_described_with_whose_they_are(void **state)
{
	struct desk desk = { 0 };
	static const char *const described[] = { "laptop (ada@x)", "db (tag:db …)",
		                                 "pad (ada@x)",    "web (tag:eu)",
		                                 "box (bob)",      "far (tag:eu)" };

	(void)state;
	READ_WELL(&desk, TAILNET, NULL);
	for (size_t i = 0; i < desk.tailnet->n_machines; i++)
		assert_string_equal(machine_describe(&desk.arena, desk.tailnet,
		                                     &desk.tailnet->machines[i]),
		                    described[i]);
	desk_end(&desk);
}

static void
a_login_without_an_at_sign_goes_with_one_too(void **state)
{
	struct desk desk = { 0 };

	(void)state;
	READ_WELL(&desk, TAILNET, NULL);
	assert_int_equal(tailnet_user(desk.tailnet, text_of("bob@")), 1);
	assert_int_equal(tailnet_user(desk.tailnet, text_of("bob")), 1);
	assert_int_equal(tailnet_user(desk.tailnet, text_of("ada")), USER_NONE);
	desk_end(&desk);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(machines_are_sorted_out_by_owner_and_tag),
		cmocka_unit_test(indexing_again_changes_nothing),
		cmocka_unit_test(addresses_are_found_by_halving),
		cmocka_unit_test(machines_go_by_name_id_and_address),
		cmocka_unit_test(machines_go_by_their_names_in_full_too),
		cmocka_unit_test(machines_are_described_with_whose_they_are),
		cmocka_unit_test(a_login_without_an_at_sign_goes_with_one_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
