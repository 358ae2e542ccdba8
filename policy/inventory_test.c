/* Reading inventories: each format, what is merged, what clashes, what is none. */

#include "policy/inventory_test.h"

#define OWN                                                                              \
	"{\"users\": [{\"id\": \"1\", \"login\": \"ada@example.com\", \"role\": "        \
	"\"owner\"},\n"                                                                  \
	" {\"login\": \"bob@example.org\"}],\n"                                          \
	" \"nodes\": [\n"                                                                \
	" {\"id\": \"n1\", \"name\": \"laptop\", \"user\": \"ada@example.com\", "        \
	"\"addresses\": [\"fd7a:115c:a1e0::1\", \"100.64.0.1\"], \"os\": \"macOS\"},\n"  \
	" {\"id\": \"n2\", \"name\": \"gw\", \"tags\": [\"tag:b\", \"tag:a\", "          \
	"\"tag:b\"],\n"                                                                  \
	"  \"addresses\": [\"100.64.0.2\"], \"advertised_routes\": [\"10.0.0.0/8\", "    \
	"\"0.0.0.0/0\"],\n"                                                              \
	"  \"approved_routes\": [\"10.0.0.0/8\"], \"created\": "                         \
	"\"2026-01-31T12:00:00Z\"}]}"

/* The value of an attribute; the text says so where there is none. */
static struct value
attribute(const struct machine *machine, const char *name)
{
	struct value value = { .text = text_of("(none)") };

	for (size_t i = 0; i < machine->n_attributes; i++)
		if (text_is(machine->attributes[i].name, name))
			value = machine->attributes[i].value;
	return value;
}

static void
our_own_format_is_read(void **state)
{
	struct desk desk = { 0 };

	(void)state;
	READ_WELL(&desk, OWN, NULL);
	const struct tailnet *t = desk.tailnet;
	assert_int_equal(t->n_users, 2);
	assert_int_equal(t->users[0].role, ROLE_OWNER);
	assert_int_equal(t->users[1].role, ROLE_MEMBER);
	assert_true(t->roles_told);
	assert_int_equal(t->n_machines, 2);
	assert_string_equal(machine_line(&desk, 0),
	                    "n1 laptop ada@example.com 100.64.0.1 fd7a:115c:a1e0::1");
	assert_string_equal(machine_line(&desk, 1),
	                    "n2 gw tag:b tag:a 100.64.0.2 ?0.0.0.0/0 ?10.0.0.0/8 "
	                    "!10.0.0.0/8");
	assert_text(attribute(&t->machines[0], "node:os").text, "macos");
	assert_int_equal(t->machines[0].created, INT64_MAX);
	assert_int_equal(t->machines[1].created, 1769860800000000000);
	assert_int_equal(t->n_domains, 2);
	assert_text(t->domains[0], "example.com");
	assert_text(t->domains[1], "example.org");
	desk_end(&desk);
}

static void
users_with_an_empty_login_are_nobody(void **state)
{
	struct desk desk = { 0 };

	(void)state;
	READ_WELL(&desk,
	          "{\"users\": [{\"id\": \"0\", \"login\": \"\"}, {\"login\": \"\"}], "
	          "\"nodes\": [{\"name\": \"a\", \"user\": \"\", \"tags\": "
	          "[\"tag:a\"]}]}",
	          NULL);
	assert_int_equal(desk.tailnet->n_users, 0);
	desk_end(&desk);
}

static void
domains_that_are_told_are_the_domains(void **state)
{
	struct desk desk = { 0 };

	(void)state;
	READ_WELL(&desk,
	          "{\"domains\": [\"example.net\"], \"users\": [{\"login\": "
	          "\"ada@example.com\"}], \"nodes\": []}",
	          NULL);
	assert_int_equal(desk.tailnet->n_domains, 1);
	assert_text(desk.tailnet->domains[0], "example.net");
	desk_end(&desk);
}

static void
attributes_keep_their_kinds(void **state)
{
	struct desk desk = { 0 };

	(void)state;
	READ_WELL(
		&desk,
		"{\"users\": [], \"nodes\": [{\"name\": \"a\", \"tags\": [\"tag:a\"], "
		"\"os\": \"linux\", \"attributes\": {\"node:os\": \"js\", \"custom:n\": "
		"4.5, \"custom:b\": false, \"custom:none\": null}}]}",
		NULL);
	const struct machine *m = &desk.tailnet->machines[0];
	assert_int_equal(m->n_attributes, 3);
	assert_text(attribute(m, "node:os").text, "js");
	assert_int_equal(attribute(m, "custom:n").kind, VALUE_NUMBER);
	assert_true(attribute(m, "custom:n").number == 4.5);
	assert_int_equal(attribute(m, "custom:b").kind, VALUE_BOOL);
	assert_false(attribute(m, "custom:b").truth);
	desk_end(&desk);
}

static void
a_machine_needs_no_id_or_no_name(void **state)
{
	struct desk desk = { 0 };

	(void)state;
	READ_WELL(&desk,
	          "{\"users\": [], \"nodes\": [{\"name\": \"a\", \"tags\": [\"tag:a\"]}, "
	          "{\"id\": 9007199254740993, \"tags\": [\"tag:a\"]}, {\"addresses\": "
	          "[\"100.64.0.1\"], \"tags\": [\"tag:a\"]}]}",
	          NULL);
	assert_string_equal(machine_line(&desk, 0), "a a tag:a");
	assert_string_equal(machine_line(&desk, 1),
	                    "9007199254740993 9007199254740993 tag:a");
	assert_string_equal(machine_line(&desk, 2),
	                    "100.64.0.1 100.64.0.1 tag:a 100.64.0.1");
	desk_end(&desk);
}

/* One text of our own format, and what is found in it. */
struct slip {
	const char *text, *found;
};

static void
check_slips(const struct slip *slips, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct desk desk = { 0 };
		desk_read(&desk, slips[i].text, NULL);
		assert_string_equal(desk_findings(&desk), slips[i].found);
		desk_end(&desk);
	}
}

#define NODE(members) "{\"users\": [], \"nodes\": [{\"name\": \"a\", " members "}]}"
#define TAGGED(members) NODE("\"tags\": [\"tag:a\"], " members)

static void
slips_in_our_own_format_are_told(void **state)
{
	static const struct slip slips[] = {
		{ "{\"users\": [], \"ndoes\": [], \"nodes\": []}",
		  "a:1 \"ndoes\": an inventory has no \"ndoes\"; did you mean nodes? "
		  "[invalid-inventory]" },
		{ "{\"users\": [], \"nodes\": [], \"version\": 1}",
		  "a:1 \"version\": an inventory has no \"version\"; it takes domains, "
		  "users and nodes [invalid-inventory]" },
		{ "{\"users\": [{\"login\": \"a@b\"}]}",
		  "a:1 {: an inventory needs the member nodes: [] [invalid-inventory]" },
		{ "{\"nodes\": [{\"name\": \"x\", \"tags\": [\"tag:x\"]}]}",
		  "a:1 {: an inventory needs the member users: [] [invalid-inventory]" },
		{ "{\"users\": [{\"name\": \"Ada\"}], \"nodes\": []}",
		  "a:1 {: a user needs a login, by which policies name it "
		  "[invalid-inventory]" },
		{ "{\"users\": [{\"login\": 7}], \"nodes\": []}",
		  "a:1 7: login takes a string, not a number [invalid-inventory]" },
		{ "{\"users\": [\"ada@\"], \"nodes\": []}",
		  "a:1 \"ada@\": a user is an object, not a string [invalid-inventory]" },
		{ "{\"users\": {}, \"nodes\": []}",
		  "a:1 {}: users takes an array, not an object [invalid-inventory]" },
		{ "{\"users\": [{\"login\": \"a@b\", \"role\": \"admn\"}], \"nodes\": "
		  "[]}",
		  "a:1 \"admn\": there is no role \"admn\"; did you mean admin? "
		  "[invalid-inventory]" },
		{ "{\"users\": [{\"login\": \"a@b\", \"role\": \"king\"}], \"nodes\": "
		  "[]}",
		  "a:1 \"king\": there is no role \"king\"; there are owner, admin, "
		  "network-admin, it-admin, auditor, billing-admin and member "
		  "[invalid-inventory]" },
		{ "{\"domains\": [\"ada@example.com\", 7], \"users\": [], \"nodes\": []}",
		  "a:1 \"ada@example.com\": a domain is what follows the @ of a login: "
		  "\"example.com\" [invalid-inventory]\n"
		  "a:1 7: a domain is what follows the @ of a login: \"example.com\" "
		  "[invalid-inventory]" },
		{ NODE("\"tag\": [\"tag:a\"]"),
		  "a:1 \"tag\": a node has no \"tag\"; did you mean tags? "
		  "[invalid-inventory]\n"
		  "a:1 {: a node needs a user or tags [invalid-inventory]" },
		{ NODE("\"tags\": [\"a\"]"), "a:1 \"a\": \"a\" is no tag; one is written "
		                             "tag:name [invalid-inventory]" },
		{ TAGGED("\"name\": \"b\""),
		  "a:1 \"name\": name is given twice [invalid-inventory]" },
		{ TAGGED("\"addresses\": \"100.64.0.1\""),
		  "a:1 \"100.64.0.1\": addresses takes an array, not a string "
		  "[invalid-inventory]" },
		{ TAGGED("\"addresses\": [1, \"100.64.0.1/32\", \"100.064.0.1\", "
		         "\"::ffff:1.2.3.4\", \"fe80::1%eth0\", \"x\"]"),
		  "a:1 1: an address is a string, not a number [invalid-inventory]\n"
		  "a:1 \"100.64.0.1/32\": \"100.64.0.1/32\" is no IP address; an address "
		  "has no prefix length [invalid-inventory]\n"
		  "a:1 \"100.064.0.1\": \"100.064.0.1\" has a number that starts with 0 "
		  "[invalid-inventory]\n"
		  "a:1 \"::ffff:1.2.3.4\": \"::ffff:1.2.3.4\" is an IPv4 address written "
		  "as IPv6; write it as IPv4 [invalid-inventory]\n"
		  "a:1 \"fe80::1%eth0\": \"fe80::1%eth0\" has a zone, which no address "
		  "of a tailnet has [invalid-inventory]\n"
		  "a:1 \"x\": \"x\" is no IP address [invalid-inventory]" },
		{ TAGGED("\"approved_routes\": [\"10.1.2.3/24\", \"10.0.0.0/33\", "
		         "\"x\", null]"),
		  "a:1 \"10.1.2.3/24\": \"10.1.2.3/24\" has bits set beyond its prefix "
		  "length; write 10.1.2.0/24 [invalid-inventory]\n"
		  "a:1 \"10.0.0.0/33\": \"10.0.0.0/33\" has no good prefix length: 0 to "
		  "32, in IPv6 0 to 128 [invalid-inventory]\n"
		  "a:1 \"x\": \"x\" is no IP address [invalid-inventory]\n"
		  "a:1 null: a route is a string, not null [invalid-inventory]" },
		{ TAGGED("\"created\": \"yesterday\""),
		  "a:1 \"yesterday\": \"yesterday\" is no time; one is written "
		  "\"2026-01-31T12:00:00Z\" [invalid-inventory]" },
		{ TAGGED("\"shared\": \"no\", \"id\": -1, \"os\": [], \"attributes\": "
		         "{\"x\": []}"),
		  "a:1 -1: -1 is no id; one is a string or a whole number "
		  "[invalid-inventory]\n"
		  "a:1 \"no\": shared takes true or false, not a string "
		  "[invalid-inventory]\n"
		  "a:1 []: os takes a string, not an array [invalid-inventory]\n"
		  "a:1 []: x takes a string, a number, true or false, not an array "
		  "[invalid-inventory]" },
		{ "{\"users\": [], \"nodes\": [{\"tags\": [\"tag:a\"]}]}",
		  "a:1 {: this machine has neither a name, nor an id, nor an address "
		  "[invalid-inventory]" },
		{ "{\"users\": [{\"login\": \"ada@example.com\"}], \"nodes\": "
		  "[{\"name\": "
		  "\"a\", \"user\": \"adda@example.com\"}, {\"name\": \"b\", \"user\": "
		  "\"nobody\"}]}",
		  "a:1 \"adda@example.com\": no user has the login \"adda@example.com\"; "
		  "did you mean ada@example.com? [invalid-inventory]\n"
		  "a:1 \"nobody\": no user has the login \"nobody\"; add it to the users "
		  "[invalid-inventory]" },
	};

	(void)state;
	check_slips(slips, sizeof(slips) / sizeof(slips[0]));
}

#define STATUS                                                                           \
	"{\"Version\": \"1.90.2-tabc\", \"BackendState\": \"Running\", \"Self\": "       \
	"{\"ID\": "                                                                      \
	"\"n1CNTRL\", \"HostName\": \"Ada's\", \"DNSName\": \"laptop.tail1.ts.net.\", "  \
	"\"OS\": \"macOS\", \"UserID\": 9007199254740993, \"TailscaleIPs\": "            \
	"[\"100.64.0.1\"], \"CapMap\": {\"https://tailscale.com/cap/is-admin\": "        \
	"null}},\n"                                                                      \
	"\"CurrentTailnet\": {\"Name\": \"example.com\", \"MagicDNSSuffix\": "           \
	"\"tail1.ts.net\"},\n"                                                           \
	"\"Peer\": {\"nodekey:bb\": {\"ID\": \"n2CNTRL\", \"HostName\": \"gw\", "        \
	"\"DNSName\": "                                                                  \
	"\"gw.tail1.ts.net.\", \"OS\": \"linux\", \"UserID\": 9, \"Tags\": "             \
	"[\"tag:r\"], "                                                                  \
	"\"TailscaleIPs\": [\"100.64.0.2\"], \"PrimaryRoutes\": [\"10.33.0.0/16\"], "    \
	"\"ExitNodeOption\": true, \"Created\": \"2026-01-31T12:00:00Z\"},\n"            \
	"\"nodekey:cc\": {\"ID\": \"n3CNTRL\", \"DNSName\": \"gw.tail2.ts.net.\", "      \
	"\"UserID\": 11, \"TailscaleIPs\": [\"100.64.0.3\"], \"Created\": "              \
	"\"0001-01-01T00:00:00Z\"},\n"                                                   \
	"\"nodekey:dd\": {\"ID\": \"n4CNTRL\", \"DNSName\": \"phone.tail1.ts.net.\", "   \
	"\"UserID\": 12, \"ShareeNode\": true, \"TailscaleIPs\": null}, "                \
	"\"nodekey:ee\": "                                                               \
	"null},\n"                                                                       \
	"\"User\": {\"9007199254740993\": {\"ID\": 9007199254740993, \"LoginName\": "    \
	"\"ada@example.com\", \"DisplayName\": \"Ada\"}, \"9\": {\"LoginName\": "        \
	"\"tagged-devices\"}, \"11\": {\"LoginName\": \"eve@example.net\"}, \"12\": "    \
	"{\"LoginName\": \"kim\"}}}"

static void
a_status_is_read(void **state)
{
	struct desk desk = { 0 };

	(void)state;
	READ_WELL(&desk, STATUS, NULL);
	const struct tailnet *t = desk.tailnet;
	assert_int_equal(t->n_machines, 4);
	assert_string_equal(machine_line(&desk, 0),
	                    "n1CNTRL laptop ada@example.com 100.64.0.1");
	assert_string_equal(machine_line(&desk, 1),
	                    "n2CNTRL gw tag:r 100.64.0.2 !0.0.0.0/0 !10.33.0.0/16 !::/0");
	assert_string_equal(machine_line(&desk, 2),
	                    "n3CNTRL gw.tail2.ts.net eve@example.net 100.64.0.3 shared");
	assert_string_equal(machine_line(&desk, 3),
	                    "n4CNTRL phone.tail1.ts.net kim@ shared");
	assert_text(attribute(&t->machines[0], "node:tsVersion").text, "1.90.2");
	assert_text(attribute(&t->machines[0], "node:os").text, "macos");
	assert_text(attribute(&t->machines[1], "node:os").text, "linux");
	assert_int_equal(t->machines[1].created, 1769860800000000000);
	assert_int_equal(t->machines[2].created, INT64_MAX);
	assert_int_equal(t->n_users, 3);
	assert_text(t->users[0].id, "9007199254740993");
	assert_int_equal(t->users[0].role, ROLE_ADMIN);
	assert_false(t->roles_told);
	assert_true(t->users[1].shared && t->users[2].shared);
	assert_int_equal(t->n_domains, 1);
	assert_text(t->domains[0], "example.com");
	desk_end(&desk);
}

static void
a_status_without_ids_or_owners_is_read(void **state)
{
	struct desk desk = { 0 };

	(void)state;
	desk_read(&desk,
	          "{\"Self\": {\"HostName\": \"localhost\", \"TailscaleIPs\": "
	          "[\"100.64.0.1\"]}, \"Peer\": {\"x\": {\"HostName\": \"localhost\", "
	          "\"TailscaleIPs\": [\"100.64.0.2\"], \"UserID\": 0}}}",
	          NULL);
	assert_string_equal(
		desk_findings(&desk),
		"a:1 \"localhost\": localhost and 1 more have neither an owner nor tags, "
		"so they are taken as some member's [untold-owner]");
	assert_string_equal(machine_line(&desk, 0), "100.64.0.1 localhost 100.64.0.1");
	assert_string_equal(machine_line(&desk, 1), "100.64.0.2 localhost 100.64.0.2");
	assert_int_equal(desk.tailnet->members->n, 2);
	assert_string_equal(machine_describe(&desk.arena, desk.tailnet,
	                                     &desk.tailnet->machines[0]),
	                    "localhost");
	desk_end(&desk);
}

static void
an_older_status_tells_its_role_in_a_list(void **state)
{
	struct desk desk = { 0 };

	(void)state;
	READ_WELL(&desk,
	          "{\"Self\": {\"ID\": \"n1\", \"UserID\": 1, \"Capabilities\": [7, "
	          "\"https://tailscale.com/cap/is-admin\", "
	          "\"https://tailscale.com/cap/is-owner\"]}, \"User\": {\"1\": "
	          "{\"LoginName\": \"ada@x\"}}}",
	          NULL);
	assert_int_equal(desk.tailnet->users[0].role, ROLE_OWNER);
	desk_end(&desk);
}

static void
names_in_a_status_may_be_escaped(void **state)
{
	struct desk desk = { 0 };

	(void)state;
	READ_WELL(&desk,
	          "{\"Self\": null, \"Peer\": {\"x\": {\"\\u0049D\": \"n1\", "
	          "\"ExitNode\": false, \"DNSName\": \"gw.ts.net.\", \"User\\u0049D\": "
	          "1}}, \"User\": {\"1\": {\"Login\\u004eame\": \"ada@x\"}}}",
	          NULL);
	assert_text(desk.tailnet->machines[0].id, "n1");
	assert_text(desk.tailnet->machines[0].name, "gw");
	assert_int_equal(desk.tailnet->machines[0].user, 0);
	assert_text(desk.tailnet->users[0].login, "ada@x");
	desk_end(&desk);
}

static void
slips_in_a_status_are_told(void **state)
{
	static const struct slip slips[] = {
		{ "{\"Self\": null, \"Peer\": null}", "" },
		{ "{\"Self\": [], \"Peer\": 7, \"User\": \"x\"}",
		  "a:1 []: Self takes an object, not an array [invalid-inventory]\n"
		  "a:1 7: Peer takes an object, not a number [invalid-inventory]\n"
		  "a:1 \"x\": User takes an object, not a string [invalid-inventory]" },
		{ "{\"Peer\": {\"x\": 7}}",
		  "a:1 7: x takes an object, not a number [invalid-inventory]" },
		{ "{\"Peer\": {\"x\": {\"ID\": \"n1\", \"UserID\": 7}}, \"User\": {}}",
		  "a:1 7: the owner is the user 7, of whom the member User does not tell "
		  "[invalid-inventory]" },
		{ "{\"Peer\": {\"x\": {\"ID\": \"n1\", \"UserID\": \"7\"}}, \"User\": "
		  "{\"7\": {\"LoginName\": \"tagged-devices\"}}}",
		  "a:1 \"7\": the owner is said to be a tag, but no tag is told "
		  "[invalid-inventory]" },
		{ "{\"User\": {\"7\": {\"LoginName\": \"a@b\"}, \"7\": {\"LoginName\": "
		  "\"c@d\"}, \"8\": 1}, \"Peer\": {}}",
		  "a:1 {\"LoginName\": \"c@d\"}: the user 7 is told of twice "
		  "[invalid-inventory]\n"
		  "a:1 1: 8 takes an object, not a number [invalid-inventory]" },
	};

	(void)state;
	check_slips(slips, sizeof(slips) / sizeof(slips[0]));
}

#define DEVICES                                                                          \
	"{\"devices\": [{\"addresses\": [\"100.64.0.2\", \"fd7a:115c:a1e0::2\"], "       \
	"\"id\": "                                                                       \
	"\"123\", \"nodeId\": \"n2CNTRL\", \"user\": \"ada@example.com\", \"name\": "    \
	"\"gw.tail1.ts.net\", \"hostname\": \"gw\", \"clientVersion\": "                 \
	"\"1.22.2-t6-g7\", "                                                             \
	"\"os\": \"iOS\", \"tags\": [\"tag:r\"], \"created\": "                          \
	"\"2026-01-05T10:00:00Z\", "                                                     \
	"\"isExternal\": false, \"advertisedRoutes\": [\"10.0.0.0/8\", \"0.0.0.0/0\", "  \
	"\"::/0\"], \"enabledRoutes\": [\"0.0.0.0/0\", \"10.0.0.0/8\", "                 \
	"\"10.9.0.0/16\"], "                                                             \
	"\"unknown\": {\"deep\": [1]}},\n"                                               \
	"{\"addresses\": [\"100.64.0.3\"], \"id\": \"124\", \"user\": "                  \
	"\"bob@example.com\", "                                                          \
	"\"name\": \"pad.tail1.ts.net\", \"hostname\": \"pad\", \"tags\": [], "          \
	"\"created\": "                                                                  \
	"\"\", \"enabledRoutes\": [\"10.7.0.0/16\"]},\n"                                 \
	"{\"addresses\": [\"100.64.0.4\"], \"nodeId\": \"n4CNTRL\", \"user\": "          \
	"\"eve@example.net\", \"name\": \"box.tail2.ts.net\", \"isExternal\": true}]}"

#define ACCOUNTS                                                                         \
	"{\"users\": [{\"id\": \"u1\", \"displayName\": \"Ada\", \"loginName\": "        \
	"\"ada@example.com\", \"type\": \"member\", \"role\": \"it-admin\"}, {\"id\": "  \
	"\"u2\", \"loginName\": \"bob@example.com\", \"type\": \"member\", \"role\": "   \
	"\"chief\"}, {\"id\": \"u3\", \"loginName\": \"kim@example.net\", \"type\": "    \
	"\"shared\", \"role\": \"member\"}]}"

static void
devices_and_users_of_the_api_are_one_tailnet(void **state)
{
	struct desk desk = { 0 };

	(void)state;
	READ_WELL(&desk, DEVICES, ACCOUNTS);
	const struct tailnet *t = desk.tailnet;
	assert_int_equal(t->n_machines, 3);
	assert_string_equal(machine_line(&desk, 0),
	                    "n2CNTRL gw tag:r 100.64.0.2 fd7a:115c:a1e0::2 ?0.0.0.0/0 "
	                    "?10.0.0.0/8 ?::/0 !0.0.0.0/0 !10.0.0.0/8");
	assert_string_equal(machine_line(&desk, 1),
	                    "124 pad bob@example.com 100.64.0.3 !10.7.0.0/16");
	assert_string_equal(machine_line(&desk, 2),
	                    "n4CNTRL box.tail2.ts.net eve@example.net 100.64.0.4 shared");
	assert_text(attribute(&t->machines[0], "node:os").text, "ios");
	assert_text(attribute(&t->machines[0], "node:tsVersion").text, "1.22.2");
	assert_null(t->machines[1].attributes);
	assert_true(t->roles_told);
	uint32_t ada = tailnet_user(t, text_of("ada@example.com"));
	uint32_t kim = tailnet_user(t, text_of("kim@example.net"));
	assert_int_equal(t->users[ada].role, ROLE_IT_ADMIN);
	assert_false(t->users[ada].shared);
	assert_true(t->users[kim].shared);
	assert_int_equal(t->n_domains, 1);
	assert_ptr_equal(tailnet_machine(t, text_of("123")), &t->machines[0]);
	desk_end(&desk);
}

static void
a_device_and_its_attributes_are_one_machine(void **state)
{
	struct desk desk = { 0 };

	(void)state;
	READ_WELL(&desk, DEVICES,
	          "{\"nodeId\": \"n2CNTRL\", \"attributes\": {\"node:os\": \"linux\", "
	          "\"custom:tier\": \"prod\"}, \"expiries\": {}}");
	const struct machine *m = &desk.tailnet->machines[0];
	assert_int_equal(desk.tailnet->n_machines, 3);
	assert_int_equal(m->n_attributes, 3);
	assert_text(attribute(m, "custom:tier").text, "prod");
	desk_end(&desk);
}

static void
attributes_may_stand_in_their_device(void **state)
{
	static const char *const texts[] = {
		"[{\"nodeId\": \"n1\", \"user\": \"a@b\", \"attributes\": "
		"{\"custom:a\": 1}}]",
		"[{\"nodeId\": \"n1\", \"user\": \"a@b\", \"attributes\": "
		"{\"attributes\": {\"custom:a\": 1}, \"expiries\": {}}}]",
		"{\"id\": \"1\", \"user\": \"a@b\", \"attributes\": {\"custom:a\": 1}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct desk desk = { 0 };
		READ_WELL(&desk, texts[i], NULL);
		const struct machine *m = &desk.tailnet->machines[0];
		assert_int_equal(m->n_attributes, 1);
		assert_true(attribute(m, "custom:a").number == 1);
		desk_end(&desk);
	}
}

/* Headscale, as its releases print one and the same tailnet. */
static const char *const headscale_nodes[] = {
	/* 0.30-dev */
	"[{\"approvedRoutes\": [\"10.0.0.0/8\"], \"availableRoutes\": [\"10.0.0.0/8\"], "
	"\"createdAt\": \"2026-01-31T12:00:00Z\", \"expiry\": null, \"givenName\": "
	"\"gw\", \"id\": \"1\", \"ipAddresses\": [\"100.64.0.1\"], \"name\": \"gw-1\", "
	"\"preAuthKey\": {\"aclTags\": null}, \"subnetRoutes\": [], \"tags\": "
	"[\"tag:r\"], \"user\": {\"email\": \"\", \"id\": \"\", \"name\": \"\"}}, "
	"{\"createdAt\": null, \"givenName\": \"pad\", \"id\": \"2\", \"ipAddresses\": "
	"[\"100.64.0.2\"], \"tags\": [], \"user\": {\"createdAt\": "
	"\"2026-01-31T12:00:00Z\", \"email\": \"ada@example.com\", \"id\": \"1\", "
	"\"name\": \"ada\", \"providerId\": \"https://id.example/7\"}}]",
	/* its REST */
	"{\"nodes\": [{\"id\": \"1\", \"ipAddresses\": [\"100.64.0.1\"], \"user\": null, "
	"\"createdAt\": \"2026-01-31T12:00:00Z\", \"givenName\": \"gw\", "
	"\"approvedRoutes\": [\"10.0.0.0/8\"], \"availableRoutes\": [\"10.0.0.0/8\"], "
	"\"tags\": [\"tag:r\"]}, {\"id\": \"2\", \"ipAddresses\": [\"100.64.0.2\"], "
	"\"givenName\": \"pad\", \"tags\": null, \"user\": {\"id\": \"1\", \"name\": "
	"\"ada\", \"email\": \"ada@example.com\", \"providerId\": "
	"\"https://id.example/7\"}}]}",
	/* 0.29, tags forced and by the client */
	"[{\"id\": 1, \"machine_key\": \"mkey:aa\", \"ip_addresses\": [\"100.64.0.1\"], "
	"\"name\": \"gw-1\", \"user\": {\"id\": 2, \"name\": \"op\"}, \"created_at\": "
	"{\"seconds\": 1769860800, \"nanos\": 0}, \"register_method\": 1, "
	"\"forced_tags\": [\"tag:r\"], \"valid_tags\": [\"tag:r\"], \"invalid_tags\": "
	"[\"tag:no\"], \"given_name\": \"gw\", \"approved_routes\": [\"10.0.0.0/8\"], "
	"\"available_routes\": [\"10.0.0.0/8\"]}, {\"id\": 2, \"ip_addresses\": "
	"[\"100.64.0.2\"], \"given_name\": \"pad\", \"approved_routes\": "
	"[\"10.9.0.0/16\"], \"user\": {\"id\": 1, \"name\": \"ada\", \"email\": "
	"\"ada@example.com\", \"provider_id\": \"https://id.example/7\"}}]",
	/* REST until 0.22, and of 0.29 */
	"{\"machines\": [{\"id\": \"1\", \"machineKey\": \"aa\", \"ipAddresses\": "
	"[\"100.64.0.1\"], \"namespace\": {\"id\": \"2\", \"name\": \"op\"}, "
	"\"createdAt\": \"2026-01-31T12:00:00Z\", \"givenName\": \"gw\", \"forcedTags\": "
	"[], \"validTags\": [\"tag:r\"], \"approvedRoutes\": [\"10.0.0.0/8\"], "
	"\"availableRoutes\": [\"10.0.0.0/8\"]}, {\"id\": \"2\", \"ipAddresses\": "
	"[\"100.64.0.2\"], \"givenName\": \"pad\", \"namespace\": {\"id\": \"1\", "
	"\"name\": \"ada\", \"email\": \"ada@example.com\", \"providerId\": "
	"\"https://id.example/7\"}}]}",
};

static void
headscale_tells_the_same_in_all_its_spellings(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(headscale_nodes) / sizeof(headscale_nodes[0]);
	     i++) {
		struct desk desk = { 0 };
		READ_WELL(&desk, headscale_nodes[i], NULL);
		const struct tailnet *t = desk.tailnet;
		assert_int_equal(t->n_machines, 2);
		assert_string_equal(machine_line(&desk, 0),
		                    "1 gw tag:r 100.64.0.1 ?10.0.0.0/8 !10.0.0.0/8");
		assert_string_equal(machine_line(&desk, 1),
		                    "2 pad ada@example.com 100.64.0.2");
		assert_int_equal(t->machines[0].created, 1769860800000000000);
		assert_int_equal(t->machines[1].created, INT64_MAX);
		assert_int_equal(t->n_users, 1);
		assert_text(t->users[0].id, "1");
		assert_false(t->roles_told);
		desk_end(&desk);
	}
}

static void
headscale_users_are_known_by_all_their_names(void **state)
{
	struct desk desk = { 0 };

	(void)state;
	READ_WELL(&desk, headscale_nodes[0],
	          "{\"users\": [{\"id\": \"1\", \"name\": \"ada\", \"email\": "
	          "\"ada@example.com\", \"providerId\": \"https://id.example/7\"}, "
	          "{\"id\": \"2\", \"name\": \"bob\", \"email\": \"\", \"createdAt\": "
	          "\"2026-01-31T12:00:00Z\"}, {\"id\": \"3\", \"name\": \"kim\", "
	          "\"email\": \"kim@x\"}, {\"id\": \"4\", \"name\": \"kim\", \"email\": "
	          "\"kim@y\"}]}");
	const struct tailnet *t = desk.tailnet;
	assert_int_equal(t->n_users, 4);
	assert_text(t->users[1].login, "bob@");
	static const struct {
		const char *name;
		uint32_t user;
	} names[] = {
		{ "ada@example.com", 0 },
		{ "ada@", 0 },
		{ "ada", 0 },
		{ "bob@", 1 },
		{ "bob", 1 },
		{ "https://id.example/7", 0 },
		{ "kim@x", 2 },
		{ "kim@y", 3 },
		{ "kim@", USER_NONE },
		{ "kim", USER_NONE },
		{ "eve", USER_NONE },
		{ "", USER_NONE },
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(tailnet_user(t, text_of(names[i].name)), names[i].user);
	desk_end(&desk);
}

static void
old_lists_of_headscale_users_are_read(void **state)
{
	struct desk desk = { 0 };

	(void)state;
	READ_WELL(&desk,
	          "[{\"id\": 1, \"name\": \"ada\", \"created_at\": {\"seconds\": 5}}, "
	          "{\"id\": 2147455555, \"name\": \"tagged-devices\"}]",
	          NULL);
	assert_int_equal(desk.tailnet->n_users, 1);
	assert_text(desk.tailnet->users[0].login, "ada@");
	desk_end(&desk);
}

static void
one_node_of_headscale_is_read(void **state)
{
	static const char *const texts[] = {
		"{\"node\": {\"id\": \"1\", \"givenName\": \"gw\", \"tags\": "
		"[\"tag:a\"]}}",
		"{\"id\": 1, \"given_name\": \"gw\", \"forced_tags\": [\"tag:a\"]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct desk desk = { 0 };
		READ_WELL(&desk, texts[i], NULL);
		assert_string_equal(machine_line(&desk, 0), "1 gw tag:a");
		desk_end(&desk);
	}
}

static void
slips_in_foreign_formats_are_told(void **state)
{
	static const struct slip slips[] = {
		{ "{\"node\": 7}", "a:1 7: node takes an object, not a number "
		                   "[invalid-inventory]" },
		{ "[{\"name\": \"\", \"email\": \"\"}]",
		  "a:1 {: this user has neither a name nor an email "
		  "[invalid-inventory]" },
		{ "[{\"loginName\": \"\"}]",
		  "a:1 {: this user has no loginName [invalid-inventory]" },
		{ "[{\"nodeId\": \"n1\", \"user\": \"tagged-devices\"}]",
		  "a:1 \"tagged-devices\": the owner is said to be a tag, but no tag is "
		  "told [invalid-inventory]" },
		{ "[{\"nodeId\": \"n1\", \"name\": \"gw.t.ts.net\"}]",
		  "a:1 \"gw.t.ts.net\": gw has neither an owner nor tags, so it is taken "
		  "as "
		  "some member's [untold-owner]" },
	};

	(void)state;
	check_slips(slips, sizeof(slips) / sizeof(slips[0]));
}

static void
what_one_view_does_not_tell_another_may(void **state)
{
	struct desk desk = { 0 };

	(void)state;
	READ_WELL(
		&desk,
		"{\"nodeId\": \"n2CNTRL\", \"attributes\": {\"custom:tier\": \"prod\"}}",
		DEVICES);
	assert_string_equal(machine_line(&desk, 0),
	                    "n2CNTRL gw tag:r 100.64.0.2 fd7a:115c:a1e0::2 ?0.0.0.0/0 "
	                    "?10.0.0.0/8 ?::/0 !0.0.0.0/0 !10.0.0.0/8");
	assert_text(attribute(&desk.tailnet->machines[0], "custom:tier").text, "prod");
	desk_end(&desk);
}

static void
lists_of_nothing_are_inventories(void **state)
{
	static const char *const texts[] = { "[]", "null", "{\"nodes\": []}",
		                             "{\"users\": []}", "{\"devices\": null}" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct desk desk = { 0 };
		READ_WELL(&desk, texts[i], NULL);
		assert_int_equal(desk.tailnet->n_machines + desk.tailnet->n_users, 0);
		assert_int_equal(desk.tailnet->everybody->n, 0);
		desk_end(&desk);
	}
}

/*
 * Merging.
 */

static void
two_views_of_a_tailnet_are_merged(void **state)
{
	struct desk desk = { 0 };

	(void)state;
	/* the second sees another route, no IPv4, and one machine more */
	READ_WELL(
		&desk,
		"{\"Self\": {\"ID\": \"n1\", \"DNSName\": \"a.t.ts.net.\", \"UserID\": "
		"1, "
		"\"TailscaleIPs\": [\"100.64.0.1\", \"fd7a:115c:a1e0::1\"]}, \"Peer\": "
		"{\"x\": {\"ID\": \"n2\", \"DNSName\": \"gw.t.ts.net.\", \"Tags\": "
		"[\"tag:b\", \"tag:a\"], \"TailscaleIPs\": [\"100.64.0.2\"], "
		"\"PrimaryRoutes\": [\"10.1.0.0/16\"]}}, \"User\": {\"1\": "
		"{\"LoginName\": \"ada@x\"}}}",
		"{\"Self\": {\"ID\": \"n3\", \"DNSName\": \"c.t.ts.net.\", \"UserID\": "
		"1, "
		"\"TailscaleIPs\": [\"100.64.0.3\"]}, \"Peer\": {\"x\": {\"ID\": \"n2\", "
		"\"DNSName\": \"gw.t.ts.net.\", \"OS\": \"linux\", \"Tags\": [\"tag:a\", "
		"\"tag:b\"], \"TailscaleIPs\": [\"100.64.0.2\", \"fd7a:115c:a1e0::2\"], "
		"\"PrimaryRoutes\": [\"10.2.0.0/16\"], \"ExitNodeOption\": true}, \"y\": "
		"{\"ID\": \"n1\", \"DNSName\": \"a.t.ts.net.\", \"UserID\": 1, "
		"\"TailscaleIPs\": [\"fd7a:115c:a1e0::1\"]}}, \"User\": {\"1\": "
		"{\"LoginName\": \"ada@x\"}}}");
	assert_int_equal(desk.tailnet->n_machines, 3);
	assert_int_equal(desk.tailnet->n_users, 1);
	assert_string_equal(machine_line(&desk, 0),
	                    "n1 a ada@x 100.64.0.1 fd7a:115c:a1e0::1");
	assert_string_equal(machine_line(&desk, 1),
	                    "n2 gw tag:b tag:a 100.64.0.2 fd7a:115c:a1e0::2 !0.0.0.0/0 "
	                    "!10.1.0.0/16 !10.2.0.0/16 !::/0");
	assert_text(attribute(&desk.tailnet->machines[1], "node:os").text, "linux");
	assert_string_equal(machine_line(&desk, 2), "n3 c ada@x 100.64.0.3");
	desk_end(&desk);
}

static void
a_status_and_the_api_are_merged(void **state)
{
	struct desk desk = { 0 };

	(void)state;
	READ_WELL(&desk, STATUS, ACCOUNTS);
	uint32_t ada = tailnet_user(desk.tailnet, text_of("ada@example.com"));
	/* the list of users knows better than the machine */
	assert_int_equal(desk.tailnet->users[ada].role, ROLE_IT_ADMIN);
	desk_end(&desk);
}

static void
the_role_that_was_listed_first_stays(void **state)
{
	struct desk desk = { 0 };

	(void)state;
	READ_WELL(&desk, ACCOUNTS, STATUS);
	uint32_t ada = tailnet_user(desk.tailnet, text_of("ada@example.com"));
	assert_int_equal(desk.tailnet->users[ada].role, ROLE_IT_ADMIN);
	desk_end(&desk);
}

static void
users_and_nodes_of_our_own_may_stand_apart(void **state)
{
	struct desk desk = { 0 };

	(void)state;
	READ_WELL(
		&desk,
		"{\"users\": [], \"nodes\": [{\"name\": \"a\", \"user\": \"ada@x\"}]}",
		"{\"users\": [{\"login\": \"ada@x\", \"role\": \"auditor\"}], \"nodes\": "
		"[]}");
	assert_string_equal(machine_line(&desk, 0), "a a ada@x");
	assert_int_equal(desk.tailnet->users[0].role, ROLE_AUDITOR);
	desk_end(&desk);
}

/* Two inventories that do not go together, and what is said. */
struct quarrel {
	const char *a, *b, *found;
};

static const struct quarrel quarrels[] = {
	{ "{\"users\": [{\"login\": \"ada@x\"},\n{\"login\": \"ada@x\"}], \"nodes\": []}",
	  NULL,
	  "a:2 \"ada@x\": the login ada@x is given twice [inventory-clash] (a:1 "
	  "\"ada@x\": here the first time)" },
	{ "{\"users\": [{\"login\": \"a@x\", \"id\": \"1\"},\n{\"login\": \"b@x\", "
	  "\"id\": "
	  "1}], \"nodes\": []}",
	  NULL,
	  "a:2 \"b@x\": b@x has the id 1, which is another user's [inventory-clash] (a:1 "
	  "\"a@x\": here it is the id of a@x)" },
	{ "{\"users\": [{\"login\": \"a@x\", \"role\": \"admin\"}], \"nodes\": []}",
	  "{\"users\": [{\"login\": \"a@x\", \"role\": \"owner\"}], \"nodes\": []}",
	  "b:1 \"a@x\": a@x cannot have the role owner and also the role admin "
	  "[inventory-clash] (a:1 \"a@x\": here the role is another)" },
	{ "{\"users\": [], \"nodes\": [{\"id\": 1, \"name\": \"a\", \"tags\": "
	  "[\"tag:a\"]},\n{\"id\": 2, \"name\": \"a\", \"tags\": [\"tag:a\"]}]}",
	  NULL,
	  "a:2 \"a\": two machines have the name a [inventory-clash] (a:1 \"a\": here "
	  "the first time)" },
	{ "{\"users\": [], \"nodes\": [{\"id\": 1, \"name\": \"a\", \"tags\": "
	  "[\"tag:a\"]},\n{\"id\": \"1\", \"name\": \"b\", \"tags\": [\"tag:a\"]}]}",
	  NULL,
	  "a:2 \"b\": the id 1 is given to two machines [inventory-clash] (a:1 \"a\": "
	  "here the first time)" },
	{ "{\"users\": [], \"nodes\": [{\"name\": \"a\", \"tags\": [\"tag:a\"], "
	  "\"addresses\": [\"100.64.0.1\"]},\n{\"name\": \"b\", \"tags\": [\"tag:a\"], "
	  "\"addresses\": [\"100.64.0.1\"]}]}",
	  NULL,
	  "a:2 \"b\": two machines have the address 100.64.0.1 [inventory-clash] (a:1 "
	  "\"a\": here the other machine)" },
	{ "{\"users\": [], \"nodes\": [{\"id\": 1, \"name\": \"a\", \"tags\": "
	  "[\"tag:a\"]}]}",
	  "{\"users\": [], \"nodes\": [{\"id\": 1, \"name\": \"b\", \"tags\": "
	  "[\"tag:a\"]}]}",
	  "b:1 \"b\": the id 1 is also that of a [inventory-clash] (a:1 \"a\": here it "
	  "is another)" },
	{ "{\"users\": [], \"nodes\": [{\"id\": 1, \"tags\": [\"tag:a\"]}]}",
	  "{\"users\": [], \"nodes\": [{\"id\": 1, \"tags\": [\"tag:a\", \"tag:b\"]}]}",
	  "b:1 1: 1 has another owner or other tags than before [inventory-clash] (a:1 "
	  "1: here they are others)" },
	{ "{\"users\": [], \"nodes\": [{\"id\": 1, \"tags\": [\"tag:a\"], \"addresses\": "
	  "[\"100.64.0.1\", \"fd7a:115c:a1e0::1\"]}]}",
	  "{\"users\": [], \"nodes\": [{\"id\": 1, \"tags\": [\"tag:a\"], \"addresses\": "
	  "[\"100.64.0.9\"]}]}",
	  "b:1 1: 1 has other addresses than before [inventory-clash] (a:1 1: here they "
	  "are others)" },
	{ "[{\"nodeId\": \"n1\", \"id\": \"1\", \"user\": \"a@x\"},\n{\"nodeId\": "
	  "\"n2\", "
	  "\"id\": \"2\", \"user\": \"a@x\"}]",
	  "[{\"nodeId\": \"n1\", \"id\": \"2\", \"user\": \"a@x\"}]",
	  "b:1 \"n1\": the id n1 is given to two machines [inventory-clash] (a:1 \"n1\": "
	  "here the first time)" },
};

static void
what_clashes_is_told_with_both_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(quarrels) / sizeof(quarrels[0]); i++) {
		struct desk desk = { 0 };
		desk_read(&desk, quarrels[i].a, quarrels[i].b);
		assert_string_equal(desk_findings(&desk), quarrels[i].found);
		desk_end(&desk);
	}
}

/*
 * What is no inventory.
 */

/* A text, and the start of what is said about it. */
static const struct slip strangers[] = {
	{ "{\"acls\": []}", "a:1 {: this is a policy" },
	{ "{\"tagOwners\": {}, \"hosts\": {}}", "a:1 {: this is a policy" },
	{ "{\"message\": \"API token invalid\"}",
	  "a:1 {: this is not an inventory but an error that the coordinator answered: "
	  "\"API token invalid\" [unknown-inventory]" },
	{ "{\"error\": 7}", "a:1 {: this is not an inventory but an error that the "
	                    "coordinator answered [unknown-inventory]" },
	{ "[{\"id\": 1, \"prefix\": \"10.0.0.0/8\", \"advertised\": true}]",
	  "a:1 [: these are routes without their nodes" },
	{ "{\"routes\": []}", "a:1 {: these are routes without their nodes" },
	{ "{\"advertisedRoutes\": [], \"enabledRoutes\": []}",
	  "a:1 {: these routes do not say whose they are" },
	{ "{\"attributes\": {}}", "a:1 {: these attributes do not say whose they are" },
	{ "[{\"ID\": 1, \"MachineKey\": \"aa\", \"Namespace\": {}}]",
	  "a:1 [: this is how Headscale up to 0.15 printed its nodes" },
	{ "[{\"id\": \"1\", \"key\": \"k\", \"reusable\": true}]",
	  "a:1 [: these are keys, not machines" },
	{ "{\"vipServices\": []}", "a:1 {: these are Services, not machines" },
	{ "{\"SelfNode\": {}, \"Peers\": []}", "a:1 {: this is a network map" },
	{ "{\"levels\": {}}",
	  "a:1 {: this looks like settings of aclc, which --config takes" },
	{ "[{\"login\": \"a@b\"}]", "a:1 [: these may be users of aclc's own inventory" },
	{ "[{\"name\": \"a\", \"addresses\": []}]",
	  "a:1 [: these may be nodes of aclc's own inventory" },
	{ "{}", "a:1 {: this is no inventory of a known format" },
	{ "[1, 2]", "a:1 [: these are neither machines nor users" },
	{ "\"x\"", "a:1 \": this is a string" },
	{ "7", "a:1 7: this is a number" },
};

static void
what_is_no_inventory_is_told_what_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
		struct desk desk = { 0 };
		desk_read(&desk, strangers[i].text, NULL);
		assert_int_equal(desk.findings.n_errors, 1);
		const char *found = desk_findings(&desk);
		if (strncmp(found, strangers[i].found, strlen(strangers[i].found)) != 0)
			assert_string_equal(found, strangers[i].found);
		assert_int_equal(desk.tailnet->n_machines, 0);
		desk_end(&desk);
	}
}

/* A text that does not parse, and the note beside the parser's finding. */
static const struct slip others[] = {
	{ "", "the file is empty" },
	{ " \n", "the file is empty" },
	{ "<!DOCTYPE html>", "this looks like a web page" },
	{ "ID | Hostname | Name\n1 | gw | gw\n", "this looks like a table for people" },
	{ "100.64.0.1  laptop  ada@  linux  -\n", "this looks like `tailscale status`" },
	{ "- id: 1\n  name: gw\n", "this looks like YAML" },
	{ "nodes:\n- id: 1\n", "this looks like YAML" },
};

static void
what_is_no_json_is_told_what_it_looks_like(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct desk desk = { 0 };
		desk_read(&desk, others[i].text, NULL);
		assert_true(desk.findings.n_errors > 0);
		const struct note *note = desk.findings.at[0]->notes;
		assert_non_null(note);
		assert_memory_equal(note->said, others[i].found, strlen(others[i].found));
		desk_end(&desk);
	}
}

static void
broken_json_is_not_read_at_all(void **state)
{
	struct desk desk = { 0 };

	(void)state;
	desk_read(&desk, "{\"users\": [], \"nodes\": [{\"name\": }]}", NULL);
	assert_true(desk.findings.n_errors > 0);
	assert_int_equal(desk.tailnet->n_machines, 0);
	desk_end(&desk);
}

/* Every value of a good inventory replaced by each of these must end in findings or
 * in peace, never in a fault of ours. */
static const char *const oddities[] = {
	"null",
	"true",
	"-1e999",
	"123456789012345678901234567890",
	"\"\"",
	"\"\\u0000\\ud800\"",
	"\"0.0.0.0/0\"",
	"[]",
	"[null, {}, [[]], 1, \"tag:\", \"::\"]",
	"{}",
	"{\"seconds\": -62135596800, \"nanos\": 99999999999}",
	"{\"\": {\"ID\": {}}, \"attributes\": []}",
};

/* Whether of a whole tree or only of what is asked, the same is told. */
static void
read_with_oddity(const char *text, struct span span, const char *oddity)
{
	struct desk desk = { 0 }, whole = { 0 };
	char *odd = arena_format(&desk.arena, "%.*s%s%s", (int)span.first, text, oddity,
	                         text + span.end);
	struct tree *tree = desk_tree(&whole, "a", odd);

	desk_read(&desk, odd, NULL);
	whole.tailnet = tailnet_read(&whole.arena, &tree, 1, &whole.findings);
	assert_string_equal(desk_findings(&desk), desk_findings(&whole));
	assert_int_equal(desk.tailnet->n_machines, whole.tailnet->n_machines);
	assert_int_equal(desk.tailnet->n_addresses, whole.tailnet->n_addresses);
	assert_int_equal(desk.tailnet->n_users, whole.tailnet->n_users);
	desk_end(&desk);
	desk_end(&whole);
}

static void
odd_values_anywhere_do_no_harm(void **state)
{
	const char *texts[] = {
		OWN, STATUS, DEVICES, ACCOUNTS, headscale_nodes[0], headscale_nodes[2]
	};
	size_t tried = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct desk desk = { 0 };
		struct tree *tree = desk_tree(&desk, "a", texts[i]);
		for (uint32_t k = 0; k < tree->n; k++)
			for (size_t o = 0; o < sizeof(oddities) / sizeof(oddities[0]);
			     o++, tried++)
				read_with_oddity(texts[i], tree->root[k].span,
				                 oddities[o]);
		desk_end(&desk);
	}
	assert_true(tried > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_own_format_is_read),
		cmocka_unit_test(users_with_an_empty_login_are_nobody),
		cmocka_unit_test(domains_that_are_told_are_the_domains),
		cmocka_unit_test(attributes_keep_their_kinds),
		cmocka_unit_test(a_machine_needs_no_id_or_no_name),
		cmocka_unit_test(slips_in_our_own_format_are_told),
		cmocka_unit_test(a_status_is_read),
		cmocka_unit_test(a_status_without_ids_or_owners_is_read),
		cmocka_unit_test(an_older_status_tells_its_role_in_a_list),
		cmocka_unit_test(names_in_a_status_may_be_escaped),
		cmocka_unit_test(slips_in_a_status_are_told),
		cmocka_unit_test(devices_and_users_of_the_api_are_one_tailnet),
		cmocka_unit_test(a_device_and_its_attributes_are_one_machine),
		cmocka_unit_test(attributes_may_stand_in_their_device),
		cmocka_unit_test(headscale_tells_the_same_in_all_its_spellings),
		cmocka_unit_test(headscale_users_are_known_by_all_their_names),
		cmocka_unit_test(old_lists_of_headscale_users_are_read),
		cmocka_unit_test(one_node_of_headscale_is_read),
		cmocka_unit_test(slips_in_foreign_formats_are_told),
		cmocka_unit_test(what_one_view_does_not_tell_another_may),
		cmocka_unit_test(lists_of_nothing_are_inventories),
		cmocka_unit_test(two_views_of_a_tailnet_are_merged),
		cmocka_unit_test(a_status_and_the_api_are_merged),
		cmocka_unit_test(the_role_that_was_listed_first_stays),
		cmocka_unit_test(users_and_nodes_of_our_own_may_stand_apart),
		cmocka_unit_test(what_clashes_is_told_with_both_places),
		cmocka_unit_test(what_is_no_inventory_is_told_what_it_is),
		cmocka_unit_test(what_is_no_json_is_told_what_it_looks_like),
		cmocka_unit_test(broken_json_is_not_read_at_all),
		cmocka_unit_test(odd_values_anywhere_do_no_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
