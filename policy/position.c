#include "policy/position.h"

#include <string.h>

/* The columns of the matrix below, as places in its lines. */
enum column {
	COLUMN_SRC = 0,
	COLUMN_DST = 1,
	COLUMN_SSH_SRC = 3,
	COLUMN_SSH_DST = 4,
	COLUMN_TARGET = 6,
	COLUMN_OWNER = 7,
	COLUMN_APPROVER = 8,
	COLUMN_MEMBER = 10,
	COLUMN_STEP = 11,
	COLUMN_VIA = 12,
	COLUMN_TEST_SRC = 14,
	COLUMN_TEST_DST = 15,
	COLUMN_SSH_TEST_DST = 17,
	COLUMN_PEER = 19,
};

static const struct {
	enum column column;
	const char *name, *wants;
} positions[POSITION_N] = {
	[POSITION_ACL_SRC] = { COLUMN_SRC, "the src of an acl",
	                       "users, groups, tags, autogroups, hosts, addresses, "
	                       "ipsets "
	                       "and *" },
	[POSITION_GRANT_SRC] = { COLUMN_SRC, "the src of a grant",
	                         "users, groups, tags, autogroups, hosts, addresses, "
	                         "ipsets and *" },
	[POSITION_ACL_DST] = { COLUMN_DST, "the dst of an acl",
	                       "users, groups, tags, autogroups, hosts, addresses, "
	                       "ipsets, services and *" },
	[POSITION_GRANT_DST] = { COLUMN_DST, "the dst of a grant",
	                         "users, groups, tags, autogroups, hosts, addresses, "
	                         "ipsets, services and *" },
	[POSITION_SSH_SRC] = { COLUMN_SSH_SRC, "the src of an ssh rule",
	                       "users, groups, tags, autogroups of users and "
	                       "autogroup:tagged" },
	[POSITION_SSH_DST] = { COLUMN_SSH_DST, "the dst of an ssh rule",
	                       "tags, autogroup:tagged, autogroup:self, or the user who "
	                       "is its only src" },
	[POSITION_TARGET] = { COLUMN_TARGET, "the target of nodeAttrs",
	                      "users, groups, tags, autogroups, hosts, addresses and *" },
	[POSITION_OWNER] = { COLUMN_OWNER, "tagOwners",
	                     "users, groups, autogroups of users, and tags" },
	[POSITION_APPROVER] = { COLUMN_APPROVER, "autoApprovers",
	                        "users, groups, tags and autogroups" },
	[POSITION_HOSTER] = { COLUMN_VIA, "autoApprovers.services", "tags" },
	[POSITION_MEMBER] = { COLUMN_MEMBER, "a group", "users" },
	[POSITION_STEP] = { COLUMN_STEP, "an ipset",
	                    "addresses, ranges, host:names, ipsets and "
	                    "autogroup:internet" },
	[POSITION_VIA] = { COLUMN_VIA, "via", "tags" },
	[POSITION_RECORDER] = { COLUMN_VIA, "recorder", "a tag" },
	[POSITION_TEST_SRC] = { COLUMN_TEST_SRC, "the src of a test",
	                        "a user, group, tag, autogroup, host or single address" },
	[POSITION_TEST_DST] = { COLUMN_TEST_DST, "a destination of a test",
	                        "users, groups, tags, services, hosts and single "
	                        "addresses" },
	[POSITION_SSH_TEST_DST] = { COLUMN_SSH_TEST_DST, "the dst of an sshTest",
	                            "users, groups, tags, hosts and single addresses" },
	[POSITION_PEER] = { COLUMN_PEER, "broadcastToPeers", "tags and *" },
};

/*
 * One line for each kind of selector, one column for each of enum column:
 *	src dst, ssh src dst, target owner approver, member step via,
 *	tests' src dst, sshTests' dst, broadcastToPeers.
 * + taken, - not, ? taken because nobody knows, r taken if the rest fits.
 * Where captures are silent the documents are followed (notes 5 and 11 of the
 * spec), but for roles as src of ssh rules, which policies in use have.
 */
struct row {
	const char *taken;
	enum selector_kind kind;
};

static const struct row rows[] = {
	/* sd sd toa msv sd d b */
	{ "++ -- +-- --- -- - +", SELECTOR_ANY },
	{ "++ +r +++ +-- ++ + -", SELECTOR_USER },
	{ "++ +- -?? --- -- - -", SELECTOR_DOMAIN },
	{ "++ +- +++ --- ++ + -", SELECTOR_GROUP },
	{ "++ +- +++ --- ++ + -", SELECTOR_SYNCED_GROUP },
	{ "++ r+ +++ --+ ++ + +", SELECTOR_TAG },
	{ "++ -- +-- -+- +r r -", SELECTOR_HOST },
	{ "++ -- +-- -+- rr r -", SELECTOR_ADDRESS },
	{ "-- -- --- -+- -- - -", SELECTOR_RANGE },
	{ "++ -- --- -+- -- - -", SELECTOR_IPSET },
	{ "-+ -- --- --- -+ - -", SELECTOR_SERVICE },
};

/* The same for autogroups; those with a role are one. */
struct autogroup_row {
	const char *taken;
	enum autogroup autogroup;
};

static const struct autogroup_row autogroup_rows[] = {
	/* sd sd toa msv sd d b */
	{ "++ +- +++ --- +? ? -", AUTOGROUP_MEMBER },
	{ "++ +- +++ --- +? ? -", AUTOGROUP_MEMBERS },
	{ "++ ?- +++ --- ?? ? -", AUTOGROUP_OWNER },
	{ "++ r+ +++ --- +? ? -", AUTOGROUP_TAGGED },
	{ "-r -r --- --- -- - -", AUTOGROUP_SELF },
	{ "-+ -- --- -+- -- - -", AUTOGROUP_INTERNET },
	{ "+- -- --- --- ?- - -", AUTOGROUP_SHARED },
	{ "+- -- --- --- -- - -", AUTOGROUP_DANGER_ALL },
	{ "-- -- --- --- -- - -", AUTOGROUP_NONROOT },
};

static const char *
autogroup_taken(enum autogroup autogroup)
{
	if (autogroup_is_role(autogroup))
		autogroup = AUTOGROUP_OWNER;
	for (size_t i = 0; i < COUNT(autogroup_rows); i++)
		if (autogroup_rows[i].autogroup == autogroup)
			return autogroup_rows[i].taken;
	return NULL;
}

static const char *
kind_taken(enum selector_kind kind)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].kind == kind)
			return rows[i].taken;
	return NULL;
}

bool
position_takes(enum position position, const struct selector *selector)
{
	const char *taken = selector->kind == SELECTOR_AUTOGROUP
	                            ? autogroup_taken(selector->autogroup)
	                            : kind_taken(selector->kind);

	return taken && taken[positions[position].column] != '-';
}

const char *
position_name(enum position position)
{
	return positions[position].name;
}

const char *
position_wants(enum position position)
{
	return positions[position].wants;
}
