#include "grammar/selector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
assert_text(struct text text, const char *expected)
{
	assert_int_equal(text.len, strlen(expected));
	if (text.len > 0)
		assert_memory_equal(text.at, expected, text.len);
}

static void
each_word_is_told_apart_by_its_shape(void **state)
{
	static const struct {
		const char *word;
		enum selector_kind kind;
		const char *name;
	} rows[] = {
		{ "*", SELECTOR_ANY, "*" },
		{ "10.0.0.0/8", SELECTOR_ADDRESS, "10.0.0.0/8" },
		{ "fd7a::1", SELECTOR_ADDRESS, "fd7a::1" },
		{ "::", SELECTOR_ADDRESS, "::" },
		{ "ada@example.com", SELECTOR_USER, "ada@example.com" },
		{ "ada@", SELECTOR_USER, "ada@" },
		{ "@", SELECTOR_USER, "@" },
		{ "fee@d", SELECTOR_USER, "fee@d" },
		{ "10.0.0.1@d", SELECTOR_USER, "10.0.0.1@d" },
		{ "user:*@example.com", SELECTOR_DOMAIN, "example.com" },
		{ "user:b*b@example.com", SELECTOR_USER, "user:b*b@example.com" },
		{ "user:*@", SELECTOR_USER, "user:*@" },
		{ "localpart:*@example.com", SELECTOR_LOCALPART, "example.com" },
		{ "localpart:*@", SELECTOR_USER, "localpart:*@" },
		{ "localpart:ada@example.com", SELECTOR_USER,
		  "localpart:ada@example.com" },
		{ "group:eng", SELECTOR_GROUP, "eng" },
		{ "group:", SELECTOR_GROUP, "" },
		{ "group:eng@example.com", SELECTOR_SYNCED_GROUP, "eng@example.com" },
		{ "group:@example.com", SELECTOR_USER, "group:@example.com" },
		{ "group:eng@", SELECTOR_USER, "group:eng@" },
		{ "tag:db", SELECTOR_TAG, "db" },
		{ "tag:DB", SELECTOR_TAG, "DB" },
		{ "tag:", SELECTOR_TAG, "" },
		{ "tag:db@d", SELECTOR_USER, "tag:db@d" },
		{ "tag:db:22", SELECTOR_TAG, "db:22" },
		{ "autogroup:member", SELECTOR_AUTOGROUP, "member" },
		{ "autogroup:nobody", SELECTOR_AUTOGROUP, "nobody" },
		{ "host:db", SELECTOR_HOST, "db" },
		{ "db", SELECTOR_HOST, "db" },
		{ "cafe", SELECTOR_HOST, "cafe" },
		{ "10", SELECTOR_HOST, "10" },
		{ "web.example.com", SELECTOR_HOST, "web.example.com" },
		{ "a-b", SELECTOR_HOST, "a-b" },
		{ "10-20", SELECTOR_HOST, "10-20" },
		{ "%bogus%", SELECTOR_HOST, "%bogus%" },
		{ "ipset:web", SELECTOR_IPSET, "web" },
		{ "svc:web", SELECTOR_SERVICE, "web" },
		{ "10.0.0.1-10.0.0.9", SELECTOR_RANGE, "10.0.0.1-10.0.0.9" },
		{ "", SELECTOR_INVALID, "" },
		{ ":", SELECTOR_INVALID, ":" },
		{ "Tag:db", SELECTOR_INVALID, "Tag:db" },
		{ "role:admin", SELECTOR_INVALID, "role:admin" },
		{ "tags:db", SELECTOR_INVALID, "tags:db" },
		{ "**", SELECTOR_HOST, "**" },
		{ "*:*", SELECTOR_INVALID, "*:*" },
		{ "db:22", SELECTOR_INVALID, "db:22" },
		{ "[fd7a::1]", SELECTOR_INVALID, "[fd7a::1]" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct selector selector = selector_parse(text_of(rows[i].word));
		if (selector.kind != rows[i].kind)
			fail_msg("%s is %s", rows[i].word,
			         selector_kind_name(selector.kind));
		assert_text(selector.text, rows[i].word);
		assert_text(selector.name, rows[i].name);
		assert_int_equal(selector.fault, ADDRESS_FINE);
		assert_int_equal(selector.span.first, 0);
		assert_int_equal(selector.span.end, 0);
	}
}

static void
words_are_trimmed(void **state)
{
	(void)state;
	struct selector selector = selector_parse(text_of(" \ttag:server \n"));
	assert_int_equal(selector.kind, SELECTOR_TAG);
	assert_text(selector.text, "tag:server");
	assert_text(selector.name, "server");
	assert_int_equal(selector_parse(text_of("  ")).kind, SELECTOR_INVALID);
	assert_int_equal(selector_parse((struct text) { NULL, 0 }).kind,
	                 SELECTOR_INVALID);
	assert_int_equal(selector_parse(text_of(" * ")).kind, SELECTOR_ANY);
	assert_int_equal(selector_parse(text_of(" 10.0.0.1")).kind, SELECTOR_ADDRESS);
}

static void
what_fails_to_be_an_address_is_told_by_its_fault(void **state)
{
	static const struct {
		const char *word;
		enum selector_kind kind;
		enum address_fault fault;
	} rows[] = {
		{ "10.0.0", SELECTOR_INVALID, ADDRESS_MALFORMED },
		{ "10.0.0.256", SELECTOR_INVALID, ADDRESS_MALFORMED },
		{ "10.0.0.010", SELECTOR_INVALID, ADDRESS_LEADING_ZERO },
		{ "10.0.0.0/33", SELECTOR_INVALID, ADDRESS_BAD_LENGTH },
		{ "10.0.0.0/x", SELECTOR_INVALID, ADDRESS_BAD_LENGTH },
		{ "10.0.0.1/24", SELECTOR_ADDRESS, ADDRESS_HOST_BITS },
		{ "fe80::1%eth0", SELECTOR_INVALID, ADDRESS_ZONE },
		{ "fd7a:1::2::3", SELECTOR_INVALID, ADDRESS_MALFORMED },
		{ "::ffff:10.0.0.1", SELECTOR_ADDRESS, ADDRESS_V4_MAPPED },
		{ "10.0.0.9-10.0.0.1", SELECTOR_INVALID, ADDRESS_BACKWARDS },
		{ "10.0.0.1-fd7a::1", SELECTOR_INVALID, ADDRESS_MIXED },
		{ "10.0.0.1-10.0.0", SELECTOR_INVALID, ADDRESS_MALFORMED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct selector selector = selector_parse(text_of(rows[i].word));
		assert_int_equal(selector.kind, rows[i].kind);
		assert_int_equal(selector.fault, rows[i].fault);
		assert_text(selector.text, rows[i].word);
	}
}

static void
addresses_come_with_their_range(void **state)
{
	(void)state;
	struct selector bare = selector_parse(text_of("10.0.0.1"));
	assert_true(bare.bare);
	assert_true(range_is_single(bare.range));
	assert_int_equal(bare.range.first.lo, 0x0A000001);
	struct selector block = selector_parse(text_of("10.0.0.0/8"));
	assert_false(block.bare);
	assert_int_equal(range_bits(block.range), 8);
	struct selector range = selector_parse(text_of("::1-::9"));
	assert_int_equal(range.range.first.lo, 1);
	assert_int_equal(range.range.last.lo, 9);
}

static void
a_host_knows_whether_it_was_prefixed(void **state)
{
	(void)state;
	assert_true(selector_parse(text_of("host:db")).prefixed);
	assert_false(selector_parse(text_of("db")).prefixed);
	assert_false(selector_parse(text_of("tag:db")).prefixed);
}

static void
every_autogroup_is_known_by_its_word(void **state)
{
	size_t n = 0, roles = 0;

	(void)state;
	for (; autogroup_list(n) != AUTOGROUP_UNKNOWN; n++) {
		enum autogroup autogroup = autogroup_list(n);
		const char *word = autogroup_name(autogroup);
		struct selector selector = selector_parse(text_of(word));
		assert_int_equal(selector.kind, SELECTOR_AUTOGROUP);
		assert_int_equal(selector.autogroup, autogroup);
		roles += autogroup_is_role(autogroup);
	}
	assert_int_equal(n, 14);
	assert_int_equal(roles, 6);
	assert_null(autogroup_name(AUTOGROUP_UNKNOWN));
	assert_true(autogroup_is_role(AUTOGROUP_OWNER));
	assert_true(autogroup_is_role(AUTOGROUP_AUDITOR));
	assert_false(autogroup_is_role(AUTOGROUP_DANGER_ALL));
	assert_false(autogroup_is_role(AUTOGROUP_NONROOT));
	assert_int_equal(selector_parse(text_of("autogroup:nobody")).autogroup,
	                 AUTOGROUP_UNKNOWN);
	assert_int_equal(selector_parse(text_of("autogroup:Member")).autogroup,
	                 AUTOGROUP_UNKNOWN);
	assert_int_equal(selector_parse(text_of("autogroup:member2")).autogroup,
	                 AUTOGROUP_UNKNOWN);
}

static void
people_are_told_from_machines_and_addresses(void **state)
{
	static const char *const people[] = {
		"ada@example.com",       "user:*@example.com", "group:eng",
		"group:eng@example.com", "autogroup:member",   "autogroup:members",
		"autogroup:owner",       "autogroup:auditor",
	};
	static const char *const others[] = {
		"*",
		"tag:db",
		"db",
		"10.0.0.0/8",
		"ipset:lan",
		"svc:web",
		"localpart:*@example.com",
		"autogroup:tagged",
		"autogroup:self",
		"autogroup:shared",
		"autogroup:nonroot",
		"autogroup:Member",
		"a:b",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(people) / sizeof(*people); i++) {
		struct selector selector = selector_parse(text_of(people[i]));
		assert_true(selector_is_people(&selector));
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		struct selector selector = selector_parse(text_of(others[i]));
		assert_false(selector_is_people(&selector));
	}
}

static void
every_kind_has_a_name_for_messages(void **state)
{
	(void)state;
	for (enum selector_kind kind = SELECTOR_INVALID; kind <= SELECTOR_RANGE; kind++)
		assert_true(strlen(selector_kind_name(kind)) > 3);
	assert_string_equal(selector_kind_name(SELECTOR_TAG), "a tag");
}

static void
a_tag_is_refused_in_the_coordinators_words(void **state)
{
	static const char *const prefix = "tags must start with 'tag:'";
	static const char *const empty = "tag names must not be empty";
	static const char *const letter =
		"tag names must start with a letter, after 'tag:'";
	static const char *const letters =
		"tag names can only contain numbers, letters, or dashes";
	const struct {
		const char *tag, *fault;
	} rows[] = {
		{ "tag:a", NULL },
		{ "tag:Db-9", NULL },
		{ "tag:z-", NULL },
		{ "", prefix },
		{ "tag", prefix },
		{ "Tag:a", prefix },
		{ "db", prefix },
		{ "tag:", empty },
		{ "tag:1", letter },
		{ "tag:-a", letter },
		{ "tag: a", letter },
		{ "tag:\xD0\xB4", letter },
		{ "tag:a_b", letters },
		{ "tag:a b", letters },
		{ "tag:a:b", letters },
		{ "tag:a.b", letters },
		{ "tag:a\xC3\xA9", letters },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *fault = tag_fault(text_of(rows[i].tag));
		if (rows[i].fault)
			assert_string_equal(fault, rows[i].fault);
		else
			assert_null(fault);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_word_is_told_apart_by_its_shape),
		cmocka_unit_test(words_are_trimmed),
		cmocka_unit_test(what_fails_to_be_an_address_is_told_by_its_fault),
		cmocka_unit_test(addresses_come_with_their_range),
		cmocka_unit_test(a_host_knows_whether_it_was_prefixed),
		cmocka_unit_test(every_autogroup_is_known_by_its_word),
		cmocka_unit_test(people_are_told_from_machines_and_addresses),
		cmocka_unit_test(every_kind_has_a_name_for_messages),
		cmocka_unit_test(a_tag_is_refused_in_the_coordinators_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
