/* The tailnet that a policy makes one imagine. */

#include "policy/inventory_test.h"

#include "policy/resolve.h"
#include "policy/set.h"

static const char *const stand_in_letters[] = {
	[STAND_IN_NONE] = "?",        [STAND_IN_USER] = "user",
	[STAND_IN_TAG] = "tag",       [STAND_IN_ROLE] = "role",
	[STAND_IN_DOMAIN] = "domain", [STAND_IN_SYNCED_GROUP] = "synced",
	[STAND_IN_OTHER_USER] = "-",  [STAND_IN_OTHER_TAG] = "-",
	[STAND_IN_SHARED] = "shared",
};

/* Who is imagined, apart from those who always are. */
static const char *
imagined(struct desk *desk, const char *one, const char *two)
{
	const struct policy *policies[2] = { desk_policy(desk, one) };
	const char *all = "";

	if (two)
		policies[1] = desk_policy(desk, two);
	desk->tailnet = tailnet_imagine(&desk->arena, policies, two ? 2 : 1);
	for (size_t i = 0; i < desk->tailnet->n_machines; i++) {
		const struct machine *m = &desk->tailnet->machines[i];
		if (stand_in_letters[m->stand_in][0] != '-')
			all = arena_format(&desk->arena, "%s%s%s %.*s", all,
			                   all[0] ? ", " : "",
			                   stand_in_letters[m->stand_in],
			                   TEXT_ARG(m->stands_for));
	}
	return all;
}

/* A policy, and who is imagined for it. */
static const struct {
	const char *policy, *imagined;
} cases[] = {
	{ "{}", "" },
	{ "{\"groups\": {\"group:a\": [\"ada@x\", \"bob@x\", \"ada@x\"]}}",
	  "user ada@x, user bob@x" },
	{ "{\"tagOwners\": {\"tag:a\": [\"tag:b\", \"ada@x\", \"group:g\"]}}",
	  "tag tag:a, tag tag:b, user ada@x" },
	{ "{\"acls\": [{\"action\": \"accept\", \"src\": [\"ada@x\", \"10.0.0.1\", "
	  "\"*\"], "
	  "\"dst\": [\"tag:b:22\", \"bob@x:*\"]}]}",
	  "user ada@x, tag tag:b, user bob@x" },
	{ "{\"grants\": [{\"src\": [\"autogroup:admin\", \"autogroup:member\"], \"dst\": "
	  "[\"autogroup:self\"], \"ip\": [\"*\"], \"via\": [\"tag:v\"]}]}",
	  "role autogroup:admin, role autogroup:admin, tag tag:v" },
	{ "{\"grants\": [{\"src\": [\"user:*@x.org\", \"group:eng@x.org\", "
	  "\"autogroup:shared\"], \"dst\": [\"*\"], \"ip\": [\"*\"]}]}",
	  "domain user:*@x.org, domain user:*@x.org, synced group:eng@x.org, synced "
	  "group:eng@x.org, shared autogroup:shared" },
	{ "{\"ssh\": [{\"action\": \"accept\", \"src\": [\"ada@x\"], \"dst\": "
	  "[\"tag:s\"], \"users\": [\"root\", \"localpart:*@y.org\"], \"recorder\": "
	  "[\"tag:rec\"]}]}",
	  "user ada@x, tag tag:s, domain user:*@y.org, domain user:*@y.org, tag "
	  "tag:rec" },
	{ "{\"tagOwners\": {\"tag:a\": [\"tag:a\"], \"tag:b\": [\"tag:a\"]}}",
	  "tag tag:a, tag tag:b" },
	{ "{\"attrConfig\": {\"custom:x\": {\"type\": \"string\", \"broadcastToPeers\": "
	  "[\"tag:a\"]}}}",
	  "tag tag:a" },
	{ "{\"nodeAttrs\": [{\"target\": [\"ada@x\"], \"attr\": [\"funnel\"]}]}",
	  "user ada@x" },
	{ "{\"autoApprovers\": {\"routes\": {\"10.0.0.0/8\": [\"ada@x\"]}, \"exitNode\": "
	  "[\"tag:e\"], \"services\": {\"svc:w\": [\"tag:w\"]}}}",
	  "user ada@x, tag tag:e, tag tag:w" },
	{ "{\"tests\": [{\"src\": \"ada@x\", \"accept\": [\"tag:a:22\"], \"deny\": "
	  "[\"bob@x:22\"]}]}",
	  "user ada@x, tag tag:a, user bob@x" },
	{ "{\"sshTests\": [{\"src\": \"ada@x\", \"dst\": [\"tag:a\"], \"accept\": "
	  "[\"root\"]}]}",
	  "user ada@x, tag tag:a" },
};

static void
all_whom_the_policy_names_are_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct desk desk = { 0 };
		assert_string_equal(imagined(&desk, cases[i].policy, NULL),
		                    cases[i].imagined);
		desk_end(&desk);
	}
}

static void
two_policies_share_one_tailnet(void **state)
{
	struct desk desk = { 0 };

	(void)state;
	assert_string_equal(
		imagined(&desk, "{\"groups\": {\"group:a\": [\"ada@x\"]}}",
	                 "{\"groups\": {\"group:a\": [\"bob@x\", \"ada@x\"]}, "
	                 "\"tagOwners\": {\"tag:a\": []}}"),
		"user ada@x, user bob@x, tag tag:a");
	desk_end(&desk);
}

static void
others_are_always_there(void **state)
{
	struct desk desk = { 0 };

	(void)state;
	imagined(&desk, "{}", NULL);
	const struct tailnet *t = desk.tailnet;
	assert_true(t->imagined);
	assert_int_equal(t->n_machines, 3);
	assert_int_equal(t->machines[0].stand_in, STAND_IN_OTHER_USER);
	assert_int_equal(t->machines[1].stand_in, STAND_IN_OTHER_USER);
	assert_int_not_equal(t->machines[0].user, t->machines[1].user);
	assert_int_equal(t->machines[2].stand_in, STAND_IN_OTHER_TAG);
	assert_int_equal(t->members->n, 2);
	assert_int_equal(t->tagged->n, 1);
	assert_int_equal(t->everybody->n, 3);
	assert_int_equal(t->n_addresses, 0);
	assert_int_equal(t->n_domains, 0);
	desk_end(&desk);
}

static const struct set *
named(struct desk *desk, const char *word)
{
	struct selector selector = selector_parse(text_of(word));

	return party_of_selector(desk->policy, desk->tailnet, &selector).machines;
}

static void
stand_ins_are_whom_the_words_name(void **state)
{
	struct desk desk = { 0 };

	(void)state;
	imagined(&desk,
	         "{\"groups\": {\"group:g\": [\"ada@x.org\"]}, \"grants\": [{\"src\": "
	         "[\"user:*@x.org\", \"group:eng@x.org\", \"autogroup:owner\", "
	         "\"autogroup:admin\", \"autogroup:shared\", \"bob@y.org\", \"tag:t\"], "
	         "\"dst\": [\"*\"], \"ip\": [\"*\"]}]}",
	         NULL);
	assert_int_equal(named(&desk, "ada@x.org")->n, 1);
	assert_ptr_equal(named(&desk, "group:g"), named(&desk, "ada@x.org"));
	assert_int_equal(named(&desk, "tag:t")->n, 1);
	assert_int_equal(named(&desk, "group:eng@x.org")->n, 2);
	assert_int_equal(named(&desk, "autogroup:owner")->n, 2);
	assert_int_equal(named(&desk, "autogroup:admin")->n, 4); /* the owners too */
	assert_int_equal(named(&desk, "autogroup:shared")->n, 1);
	assert_true(set_within(named(&desk, "ada@x.org"), named(&desk, "user:*@x.org")));
	assert_false(
		set_overlaps(named(&desk, "bob@y.org"), named(&desk, "user:*@x.org")));
	assert_false(set_overlaps(named(&desk, "group:eng@x.org"),
	                          named(&desk, "user:*@x.org")));
	/* members: ada, bob, two of the domain, two synced, four of roles, two others */
	assert_int_equal(named(&desk, "autogroup:member")->n, 12);
	assert_int_equal(named(&desk, "autogroup:tagged")->n, 2);
	assert_int_equal(desk.tailnet->everybody->n, 15);
	assert_int_equal(desk.tailnet->n_domains, 2);
	desk_end(&desk);
}

static void
stand_ins_are_described(void **state)
{
	struct desk desk = { 0 };
	static const char *const described[] = {
		"a machine with tag:t",
		"a machine of ada@x",
		"a machine of some user of autogroup:admin",
		"a machine of some user of autogroup:admin",
		"a machine of any other user",
		"a machine of any other user",
		"a machine with any other tag",
	};

	(void)state;
	imagined(&desk, "{\"tagOwners\": {\"tag:t\": [\"ada@x\", \"autogroup:admin\"]}}",
	         NULL);
	assert_int_equal(desk.tailnet->n_machines,
	                 sizeof(described) / sizeof(described[0]));
	for (size_t i = 0; i < desk.tailnet->n_machines; i++)
		assert_string_equal(machine_describe(&desk.arena, desk.tailnet,
		                                     &desk.tailnet->machines[i]),
		                    described[i]);
	assert_non_null(tailnet_machine(desk.tailnet, text_of("tag:t")));
	desk_end(&desk);
}

static void
those_who_are_named_may_be_guests(void **state)
{
	struct desk desk = { 0 };

	(void)state;
	const struct policy *policy = desk_policy(
		&desk,
		"{\"groups\": {\"group:a\": [\"ada@x\"]}, \"acls\": [{\"action\": "
		"\"accept\", \"src\": [\"user:*@x\", \"autogroup:shared\"], \"dst\": "
		"[\"*:*\"]}]}");
	const struct tailnet *t = tailnet_imagine_guests(&desk.arena, &policy, 1);
	for (size_t i = 0; i < t->n_machines; i++) {
		const struct machine *m = &t->machines[i];
		bool guest =
			m->stand_in == STAND_IN_USER || m->stand_in == STAND_IN_SHARED;
		assert_int_equal(m->shared, guest);
		if (m->user != USER_NONE)
			assert_int_equal(t->users[m->user].shared, guest);
	}
	desk_end(&desk);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_whom_the_policy_names_are_there),
		cmocka_unit_test(two_policies_share_one_tailnet),
		cmocka_unit_test(others_are_always_there),
		cmocka_unit_test(those_who_are_named_may_be_guests),
		cmocka_unit_test(stand_ins_are_whom_the_words_name),
		cmocka_unit_test(stand_ins_are_described),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
