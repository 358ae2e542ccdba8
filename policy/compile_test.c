/* Rules of a filter, and the tables made of them, where a random world has none of
 * the kind or would not tell: capabilities, orders, what is one object. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/saying.h"
#include "policy/small_test.h"
#include "policy/table.h"

#define TAGS "\"tagOwners\":{\"tag:a\":[],\"tag:b\":[],\"tag:db\":[]},"

static void
capabilities_come_to_all_but_self_in_one_rule_and_to_self_in_another(void **state)
{
	struct small s;

	(void)state;
	small_start(&s,
	            "{" TAGS "\"grants\":[{\"src\":[\"autogroup:member\"],"
	            "\"dst\":[\"tag:a\",\"autogroup:self\",\"tag:db\"],"
	            "\"app\":{\"example.com/cap\":[{}]}}]}",
	            SMALL_PEOPLE);
	assert_int_equal(s.filter->n_rules, 2);
	const struct rule *others = &s.filter->rules[0], *self = &s.filter->rules[1];
	assert_int_equal(others->kind, RULE_APP);
	assert_false(others->self);
	assert_int_equal(others->dst->machines->n, 2); /* both, db */
	assert_int_equal(self->kind, RULE_APP);
	assert_true(self->self);
	small_end(&s);
}

static void
a_grant_via_a_router_gives_a_rule_without_ports_for_its_capabilities(void **state)
{
	struct small s;

	(void)state;
	small_start(&s,
	            "{" TAGS "\"grants\":[{\"src\":[\"ada@example.com\"],"
	            "\"dst\":[\"10.1.0.0/16\"],\"via\":[\"tag:db\"],"
	            "\"app\":{\"example.com/cap\":[{}]}}]}",
	            SMALL_PEOPLE);
	assert_int_equal(s.filter->n_rules, 1);
	assert_int_equal(s.filter->rules[0].kind, RULE_NETWORK);
	assert_true(s.filter->rules[0].via);
	assert_int_equal(s.filter->rules[0].n_ports, 0);
	small_end(&s);
}

static void
a_grant_via_a_router_opens_nothing_between_an_owners_own_machines(void **state)
{
	struct small s;

	(void)state;
	small_start(&s,
	            "{" TAGS "\"grants\":[{\"src\":[\"autogroup:member\"],"
	            "\"dst\":[\"autogroup:self\"],\"via\":[\"tag:db\"],"
	            "\"ip\":[\"*\"]}]}",
	            SMALL_PEOPLE);
	struct table *table = table_make(&s.arena, s.filter);
	for (uint32_t i = 0; i < s.tailnet->n_machines; i++)
		assert_int_equal(table_of(table, &s.arena, i).n, 0);
	small_end(&s);
}

/* The rules' destinations as written, in order. */
static void
targets_are(struct small *s, const char *const *words)
{
	size_t n = 0;

	for (; words[n]; n++) {
		assert_true(n < s->filter->n_rules);
		assert_true(text_is(s->filter->rules[n].target->text, words[n]));
	}
	assert_int_equal(s->filter->n_rules, n);
}

#define MANY_KINDS                                                                       \
	"{" TAGS "\"groups\":{\"group:g\":[\"bob@example.com\"]},"                       \
	"\"hosts\":{\"h\":\"10.1.0.1\"},\"ipsets\":{\"ipset:s\":[\"10.3.0.0/16\"]},"     \
	"\"acls\":[{\"action\":\"accept\","                                              \
	"\"src\":[\"autogroup:member\"],\"dst\":[\"autogroup:self:1\",\"tag:db:1\","     \
	"\"group:g:1\",\"user:*@example.com:1\",\"ada@example.com:1\",\"svc:web:1\","    \
	"\"ipset:s:1\",\"h:1\",\"10.2.0.0/16:1\",\"10.1.0.2:1\",\"h:2\",\"*:1\"]}]}"

static void
the_coordinator_puts_destinations_of_an_acl_in_order_of_kind(void **state)
{
	static const char *const words[] = { "*",
		                             "svc:web",
		                             "ipset:s",
		                             "h",
		                             "10.2.0.0/16",
		                             "10.1.0.2",
		                             "user:*@example.com",
		                             "ada@example.com",
		                             "group:g",
		                             "tag:db",
		                             "autogroup:self",
		                             NULL };
	struct small s;

	(void)state;
	small_start(&s, MANY_KINDS, SMALL_PEOPLE);
	targets_are(&s, words);
	assert_int_equal(s.filter->rules[3].n_ports, 2); /* h:1 and h:2 */
	small_end(&s);
}

static void
headscale_leaves_them_as_written_but_for_self_which_goes_last(void **state)
{
	static const char *const words[] = { "tag:db", "ada@example.com",
		                             "autogroup:self", NULL };
	struct small s;

	(void)state;
	small_start_for(&s,
	                "{" TAGS "\"acls\":[{\"action\":\"accept\","
	                "\"src\":[\"autogroup:member\"],\"dst\":[\"autogroup:self:*\","
	                "\"tag:db:1\",\"ada@example.com:1\"]}]}",
	                SMALL_PEOPLE, TARGET_HEADSCALE_0_29);
	targets_are(&s, words);
	small_end(&s);
}

/* Autogroups alone stay as they are; with one that is none, self goes behind all. */
static void
in_headscale_self_goes_last_where_another_is_no_autogroup(void **state)
{
	static const char *const policies[] = {
		"{" TAGS
		"\"acls\":[{\"action\":\"accept\",\"src\":[\"autogroup:member\"],"
		"\"dst\":[\"autogroup:self:*\",\"autogroup:member:1\"]}]}",
		"{" TAGS
		"\"acls\":[{\"action\":\"accept\",\"src\":[\"autogroup:member\"],"
		"\"dst\":[\"tag:db:1\",\"autogroup:self:*\",\"autogroup:member:1\"]}]}",
	};
	static const char *const words[][4] = {
		{ "autogroup:self", "autogroup:member", NULL },
		{ "tag:db", "autogroup:member", "autogroup:self", NULL },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct small s;
		small_start_for(&s, policies[i], SMALL_PEOPLE, TARGET_HEADSCALE_0_29);
		targets_are(&s, words[i]);
		small_end(&s);
	}
}

#define ACL(src, dst)                                                                    \
	"{\"action\":\"accept\",\"src\":[\"" src "\"],\"dst\":[\"" dst "\"]}"

/* In SMALL_PEOPLE, the second machine is ada's alone: what she may send it as hers and
 * as anybody's is one rule, where the first of them is, at whatever machine. */
static void
a_rule_for_ones_own_machines_merges_with_one_of_the_same_sources(void **state)
{
	static const char *const policies[] = {
		"{\"acls\":[" ACL("autogroup:member",
		                  "autogroup:self:1") "," ACL("ada@example.com",
		                                              "ada@example.com:2") "]}",
		"{\"acls\":[" ACL("ada@example.com",
		                  "ada@example.com:2") "," ACL("autogroup:member",
		                                               "autogroup:self:1") "]}",
		"{\"acls\":[" ACL("ada@example.com", "bob@example.com:3") "," ACL(
			"autogroup:member",
			"autogroup:self:1") "," ACL("bob@example.com",
		                                    "ada@example.com:"
		                                    "4") "," ACL("ada@"
		                                                 "exam"
		                                                 "ple."
		                                                 "com",
		                                                 "ada@"
		                                                 "exam"
		                                                 "ple."
		                                                 "com:"
		                                                 "2") "]}",
	};
	static const struct {
		size_t n;
		uint16_t first;
	} wanted[] = { { 1, 1 }, { 1, 2 }, { 2, 1 } };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct small s;
		small_start(&s, policies[i], SMALL_PEOPLE);
		struct table *table = table_make(&s.arena, s.filter);
		struct wire_table wire = table_of(table, &s.arena, 1);
		assert_int_equal(wire.n, wanted[i].n);
		assert_int_equal(wire.rules[0].n_dst, 4);
		assert_int_equal(wire.rules[0].dst[0].ports.first, wanted[i].first);
		small_end(&s);
	}
}

/* Of a list, those whom such a release does not know are left out, and by whom they
 * are named; others stay. */
static void
a_release_that_is_wary_of_unknown_users_leaves_their_group_out(void **state)
{
	static const char policy[] =
		"{" TAGS
		"\"groups\":{\"group:g\":[\"ada@example.com\",\"eve@example.com\"]},"
		"\"acls\":[{\"action\":\"accept\",\"src\":[\"bob@example.com\","
		"\"group:g\"],"
		"\"dst\":[\"tag:db:1\"]},{\"action\":\"accept\",\"src\":[\"autogroup:"
		"member\"],"
		"\"dst\":[\"autogroup:self:*\"]}]}";
	struct small s;

	(void)state;
	small_start_for(&s, policy, SMALL_PEOPLE, TARGET_HEADSCALE_0_27);
	assert_int_equal(s.filter->rules[0].src->machines->n, 1);
	small_end(&s);
	small_start_for(&s, policy, SMALL_PEOPLE, TARGET_HEADSCALE_0_29);
	assert_int_equal(s.filter->rules[0].src->machines->n, 2);
	small_end(&s);
}

#define COMPANIONS                                                                       \
	"{" TAGS "\"postures\":{\"posture:p\":[\"node:os == 'linux'\"]},\"grants\":["    \
	"{\"src\":[\"ada@example.com\"],\"dst\":[\"tag:db\"],\"srcPosture\":"            \
	"[\"posture:p\"],\"app\":{\"example.com/a\":[{}],\"tailscale.com/cap/"           \
	"relay\":[]}},"                                                                  \
	"{\"src\":[\"autogroup:member\"],\"dst\":[\"autogroup:self\"],\"app\":"          \
	"{\"tailscale.com/cap/drive\":[{}]}}]}"

static void
check_companion(const struct rule *app, const char *companion, bool self)
{
	const struct rule *back = app + 1;

	assert_int_equal(app->kind, RULE_APP);
	assert_int_equal(back->kind, RULE_COMPANION);
	assert_string_equal(back->companion, companion);
	assert_true(app->self == self && back->self == self);
	assert_ptr_equal(back->src, self ? app->src : app->dst);
	assert_ptr_equal(back->dst, self ? app->dst : app->src);
	assert_ptr_equal(back->postures, app->postures);
}

static void
what_goes_with_a_capability_comes_back_to_its_sources(void **state)
{
	(void)state;
	for (int imagined = 0; imagined < 2; imagined++) {
		struct small s;
		small_start(&s, COMPANIONS, imagined ? NULL : SMALL_PEOPLE);
		assert_int_equal(s.filter->n_rules, 4);
		check_companion(&s.filter->rules[0], "tailscale.com/cap/relay-target",
		                false);
		check_companion(&s.filter->rules[2], "tailscale.com/cap/drive-sharer",
		                true);
		assert_int_equal(s.filter->rules[0].postures != NULL, imagined);
		small_end(&s);
	}
}

static void
parties_are_one_object_where_they_are_equal_and_only_there(void **state)
{
	struct small s;

	(void)state;
	small_start(&s,
	            "{\"acls\":["
	            "{\"action\":\"accept\",\"src\":[\"10.0.0.1\",\"10.0.0.9\"],"
	            "\"dst\":[\"10.1.0.1:1\"]},"
	            "{\"action\":\"accept\",\"src\":[\"10.0.0.2\",\"10.0.0.9\"],"
	            "\"dst\":[\"10.1.0.1:1\"]},"
	            "{\"action\":\"accept\",\"src\":[\"10.0.0.1\",\"10.0.0.8\"],"
	            "\"dst\":[\"10.1.0.1:2\"]},"
	            "{\"action\":\"accept\",\"src\":[\"10.0.0.1\",\"10.0.0.9\"],"
	            "\"dst\":[\"10.1.0.2:2\"]}]}",
	            SMALL_PEOPLE);
	const struct rule *rules = s.filter->rules;
	assert_int_equal(s.filter->n_rules, 4);
	assert_ptr_equal(rules[0].src, rules[3].src);
	assert_ptr_not_equal(rules[0].src, rules[1].src);
	assert_ptr_not_equal(rules[0].src, rules[2].src);
	assert_ptr_equal(rules[0].dst, rules[1].dst);
	assert_ptr_not_equal(rules[0].dst, rules[3].dst);
	small_end(&s);
}

/* The number of wire rules of machine 4, that routes 10.1.0.0/16. */
static size_t
rules_of_router(struct small *s)
{
	struct table *table = table_make(&s->arena, s->filter);

	return table_of(table, &s->arena, 4).n;
}

static void
grants_of_packets_merge_and_those_via_a_router_or_of_capabilities_do_not(void **state)
{
	static const char *const policies[] = {
		"{" TAGS
		"\"grants\":[{\"src\":[\"ada@example.com\"],\"dst\":[\"10.1.0.1\"],"
		"\"ip\":[\"tcp:1\"]},{\"src\":[\"ada@example.com\"],\"dst\":[\"10.1.0."
		"2\"],"
		"\"ip\":[\"tcp:2\"]}]}",
		"{" TAGS
		"\"grants\":[{\"src\":[\"ada@example.com\"],\"dst\":[\"10.1.0.1\"],"
		"\"ip\":[\"tcp:1\"],\"via\":[\"tag:db\"]},{\"src\":[\"ada@example.com\"],"
		"\"dst\":[\"10.1.0.2\"],\"ip\":[\"tcp:2\"],\"via\":[\"tag:db\"]}]}",
		"{" TAGS
		"\"grants\":[{\"src\":[\"ada@example.com\"],\"dst\":[\"tag:db\"],"
		"\"app\":{\"example.com/a\":[{}]}},{\"src\":[\"ada@example.com\"],"
		"\"dst\":[\"tag:db\"],\"app\":{\"example.com/b\":[{}]}}]}",
		"{" TAGS
		"\"grants\":[{\"src\":[\"ada@example.com\"],\"dst\":[\"10.1.0.1\","
		"\"10.1.0.2\"],\"ip\":[\"tcp:1\"],\"via\":[\"tag:db\"]}]}",
		"{" TAGS
		"\"grants\":[{\"src\":[\"ada@example.com\"],\"dst\":[\"10.1.0.1\"],"
		"\"ip\":[\"tcp:1\"]},{\"src\":[\"ada@example.com\"],"
		"\"dst\":[\"10.1.0.2\"],\"ip\":[\"tcp:2\"],\"via\":[\"tag:db\"]}]}",
		"{" TAGS
		"\"grants\":[{\"src\":[\"ada@example.com\"],\"dst\":[\"10.1.0.1\"],"
		"\"ip\":[\"tcp:1\"],\"via\":[\"tag:db\"]},{\"src\":[\"ada@example.com\"],"
		"\"dst\":[\"10.1.0.2\"],\"ip\":[\"tcp:2\"]}]}",
	};
	static const size_t wanted[] = { 1, 2, 2, 1, 2, 2 };

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		struct small s;
		small_start(&s, policies[i], SMALL_PEOPLE);
		assert_int_equal(rules_of_router(&s), wanted[i]);
		small_end(&s);
	}
}

#define USER(n) "{\"id\":\"" n "\",\"login\":\"u" n "@example.com\"}"
#define USERS                                                                            \
	"\"users\":[" USER("1") "," USER("2") "," USER("3") "," USER("4") "," USER(      \
		"5") "," USER("6") "],"
#define NODE(n)                                                                          \
	"{\"id\":\"n" n "\",\"name\":\"m" n "\",\"user\":\"u" n "@example.com\","        \
	"\"addresses\":[\"100.64.0." n "\"]}"

static void
each_of_many_owners_gets_its_own_sources(void **state)
{
	struct small s;

	(void)state;
	small_start(&s,
	            "{\"acls\":[{\"action\":\"accept\",\"src\":[\"autogroup:member\"],"
	            "\"dst\":[\"autogroup:self:22\"]}]}",
	            "{" USERS "\"nodes\":[" NODE("1") "," NODE("2") "," NODE(
			    "3") "," NODE("4") "," NODE("5") "," NODE("6") "]}");
	struct table *table = table_make(&s.arena, s.filter);
	for (uint32_t m = 0; m < s.tailnet->n_machines; m++) {
		struct wire_table wire = table_of(table, &s.arena, m);
		char address[RANGE_TEXT_MAX];
		address_write(s.tailnet->machines[m].addresses[0], address);
		assert_int_equal(wire.n, 1);
		assert_int_equal(table_src_length(table, wire.rules[0].src), 1);
		assert_true(
			text_is(table_src_text(table, wire.rules[0].src, 0), address));
	}
	small_end(&s);
}

static void
capabilities_are_for_the_addresses_of_the_machine(void **state)
{
	struct small s;

	(void)state;
	small_start(&s,
	            "{" TAGS "\"grants\":[{\"src\":[\"ada@example.com\"],"
	            "\"dst\":[\"tag:db\"],\"app\":{\"example.com/cap\":[{}]}}]}",
	            SMALL_PEOPLE);
	struct wire_table wire = table_of(table_make(&s.arena, s.filter), &s.arena, 4);
	assert_int_equal(wire.n, 1);
	assert_int_equal(wire.rules[0].n_dst, 0);
	assert_int_equal(wire.rules[0].n_cap_dst, 2);
	assert_true(text_is(wire.rules[0].cap_dst[0], "100.64.0.4/32"));
	assert_true(text_is(wire.rules[0].cap_dst[1], "fd7a:115c:a1e0::4/128"));
	small_end(&s);
}

/* The first has the posture that is asked for, the second has not. */
static void
a_machine_sees_those_of_its_owner_that_may_not_answer(void **state)
{
	struct small s;

	(void)state;
	small_start(
		&s,
		"{\"postures\":{\"posture:linux\":[\"node:os == 'linux'\"]},"
		"\"grants\":[{\"src\":[\"autogroup:member\"],"
		"\"dst\":[\"autogroup:self\"],\"ip\":[\"*\"],"
		"\"srcPosture\":[\"posture:linux\"]}]}",
		"{\"users\":[" USER(
			"1") "],\"nodes\":["
			     "{\"id\":\"n1\",\"name\":\"m1\",\"user\":\"u1@example.com\","
			     "\"addresses\":[\"100.64.0.1\"],\"os\":\"linux\"},"
			     "{\"id\":\"n2\",\"name\":\"m2\",\"user\":\"u1@example.com\","
			     "\"addresses\":[\"100.64.0.2\"],\"os\":\"windows\"}]}");
	struct table *table = table_make(&s.arena, s.filter);
	for (uint32_t m = 0; m < 2; m++) {
		size_t n;
		const struct stretch *peers = table_peers(table, m, &n);
		assert_int_equal(n, 1);
		assert_int_equal(peers->first, 1 - m);
		assert_int_equal(peers->end, 2 - m);
	}
	small_end(&s);
}

/* Owners of one machine each. The last third of them have a rule more, and a peer. */
#define OWNERS 300

static void
start_owners(struct small *s, struct arena *arena)
{
	struct saying users = { .arena = arena }, nodes = { .arena = arena },
		      acls = { .arena = arena };
	for (int i = 0; i < OWNERS; i++) {
		const char *comma = i ? "," : "";
		saying_add(&users, "%s{\"id\":\"%d\",\"login\":\"u%d@example.com\"}",
		           comma, i + 1, i);
		saying_add(
			&nodes,
			"%s{\"id\":\"n%d\",\"name\":\"m%d\",\"user\":\"u%d@example.com\","
			"\"addresses\":[\"100.64.%d.%d\"]}",
			comma, i + 1, i, i, 1 + i / 200, 1 + i % 200);
		if (i >= OWNERS / 3 * 2)
			saying_add(&acls,
			           ",{\"action\":\"accept\",\"src\":[\"u0@example.com\"],"
			           "\"dst\":[\"u%d@example.com:22\"]}",
			           i);
	}
	saying_add(&users, "],\"nodes\":[%s]}", saying_words(&nodes));
	struct saying policy = { .arena = arena }, people = { .arena = arena };
	saying_add(&policy,
	           "{\"acls\":[" ACL("autogroup:member", "autogroup:self:1") "%s]}",
	           saying_words(&acls));
	saying_add(&people, "{\"users\":[%s", saying_words(&users));
	small_start(s, saying_words(&policy), saying_words(&people));
}

/* Both tables put a machine's rules and peers together; true of a machine with two rules. */
static bool
same_of_machine(struct small *s, struct table *one, struct table *other, uint32_t machine)
{
	struct wire_table a = table_of(one, &s->arena, machine),
			  b = table_of(other, &s->arena, machine);
	size_t n_a, n_b;
	const struct stretch *p = table_peers(one, machine, &n_a),
			     *q = table_peers(other, machine, &n_b);
	assert_int_equal(a.n, b.n);
	for (size_t i = 0; i < a.n; i++) {
		assert_ptr_equal(a.rules[i].rule, b.rules[i].rule);
		assert_true(text_equal(table_src_json(one, a.rules[i].src),
		                       table_src_json(other, b.rules[i].src)));
		assert_int_equal(a.rules[i].n_dst, b.rules[i].n_dst);
		assert_true(text_equal(a.rules[i].dst[0].ip, b.rules[i].dst[0].ip));
	}
	assert_int_equal(n_a, n_b);
	for (size_t i = 0; i < n_a; i++) {
		assert_int_equal(p[i].first, q[i].first);
		assert_int_equal(p[i].end, q[i].end);
	}
	return a.n == 2;
}

static void
machines_of_more_kinds_than_are_kept_have_what_they_have_alone(void **state)
{
	struct small s;
	struct arena arena = { 0 };
	size_t n_longer = 0;

	(void)state;
	start_owners(&s, &arena);
	struct table *all = table_make(&s.arena, s.filter);
	for (uint32_t i = 0; i < 2 * OWNERS; i++)
		n_longer += same_of_machine(&s, all, table_make(&s.arena, s.filter),
		                            i % OWNERS);
	assert_int_equal(n_longer, 2 * OWNERS / 3);
	small_end(&s);
	arena_end(&arena);
}

static void
what_a_filter_does_not_name_is_resolved_as_what_it_does(void **state)
{
	struct small s;

	(void)state;
	small_start(&s,
	            "{" TAGS "\"acls\":[{\"action\":\"accept\",\"src\":[\"tag:a\"],"
	            "\"dst\":[\"tag:a:1\"]}],\"tests\":[{\"src\":\"bob@example.com\","
	            "\"deny\":[\"tag:a:1\"]}]}",
	            SMALL_PEOPLE);
	struct selector named = selector_parse(text_of("tag:a"));
	struct selector other = selector_parse(text_of("tag:b"));
	assert_int_equal(filter_party(s.filter, &named).machines->n, 1);
	assert_int_equal(filter_party(s.filter, &other).machines->n, 1);
	assert_int_equal(filter_party(s.filter, &s.policy->tests[0].src).machines->n, 1);
	small_end(&s);
}

/* Without any rules at all everything is allowed: one rule, one destination. */
static void
an_open_policy_is_one_rule_from_all_that_the_target_means_by_it(void **state)
{
	static const enum target targets[] = { TARGET_TAILSCALE, TARGET_HEADSCALE_0_29 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct small s;
		small_start_for(&s, "{}", SMALL_PEOPLE, targets[i]);
		struct table *table = table_make(&s.arena, s.filter);
		struct wire_table wire = table_of(table, &s.arena, 3);
		assert_int_equal(wire.n, 1);
		assert_int_equal(wire.rules[0].n_dst, 1);
		assert_true(text_is(wire.rules[0].dst[0].ip, "*"));
		assert_int_equal(text_is(table_src_text(table, wire.rules[0].src, 0),
		                         "*"),
		                 targets[i] != TARGET_TAILSCALE);
		small_end(&s);
	}
}

/* "1 2": the ports of a machine's rules. */
static const char *
ports_of_rules(struct small *s, uint32_t machine)
{
	struct wire_table wire =
		table_of(table_make(&s->arena, s->filter), &s->arena, machine);
	struct saying text = { .arena = &s->arena };

	for (size_t i = 0; i < wire.n; i++)
		saying_add(&text, "%s%u", i ? " " : "", wire.rules[i].dst[0].ports.first);
	return saying_words(&text);
}

/* In SMALL_PEOPLE, the fourth machine has tag:a and tag:b. What merges with a rule that
 * is for others stands where that does (spec/semantics.md 2.7). */
static void
rules_stand_in_the_order_of_the_policy_by_whatever_a_machine_is_named(void **state)
{
	static const char *const policies[] = {
		"{" TAGS "\"acls\":[" ACL("ada@example.com", "tag:a:1") "," ACL(
			"bob@example.com", "tag:b:2") "," ACL("tag:db", "tag:a:3") "]}",
		"{" TAGS "\"acls\":[" ACL("ada@example.com", "tag:db:1") "," ACL(
			"bob@example.com", "tag:a:2") "," ACL("ada@example.com",
		                                              "tag:b:3") "]}",
	};
	static const char *const ports[] = { "1 2 3", "3 2" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct small s;
		small_start(&s, policies[i], SMALL_PEOPLE);
		assert_string_equal(ports_of_rules(&s, 3), ports[i]);
		small_end(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			capabilities_come_to_all_but_self_in_one_rule_and_to_self_in_another),
		cmocka_unit_test(
			a_grant_via_a_router_gives_a_rule_without_ports_for_its_capabilities),
		cmocka_unit_test(
			a_grant_via_a_router_opens_nothing_between_an_owners_own_machines),
		cmocka_unit_test(
			the_coordinator_puts_destinations_of_an_acl_in_order_of_kind),
		cmocka_unit_test(
			headscale_leaves_them_as_written_but_for_self_which_goes_last),
		cmocka_unit_test(
			parties_are_one_object_where_they_are_equal_and_only_there),
		cmocka_unit_test(
			grants_of_packets_merge_and_those_via_a_router_or_of_capabilities_do_not),
		cmocka_unit_test(
			rules_stand_in_the_order_of_the_policy_by_whatever_a_machine_is_named),
		cmocka_unit_test(
			an_open_policy_is_one_rule_from_all_that_the_target_means_by_it),
		cmocka_unit_test(
			in_headscale_self_goes_last_where_another_is_no_autogroup),
		cmocka_unit_test(what_goes_with_a_capability_comes_back_to_its_sources),
		cmocka_unit_test(
			a_release_that_is_wary_of_unknown_users_leaves_their_group_out),
		cmocka_unit_test(
			a_rule_for_ones_own_machines_merges_with_one_of_the_same_sources),
		cmocka_unit_test(what_a_filter_does_not_name_is_resolved_as_what_it_does),
		cmocka_unit_test(each_of_many_owners_gets_its_own_sources),
		cmocka_unit_test(capabilities_are_for_the_addresses_of_the_machine),
		cmocka_unit_test(a_machine_sees_those_of_its_owner_that_may_not_answer),
		cmocka_unit_test(
			machines_of_more_kinds_than_are_kept_have_what_they_have_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
