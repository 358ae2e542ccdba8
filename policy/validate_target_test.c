/* What Headscale answers, in its own words: spec/errors.md section 3. */
#include "policy/validate.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "grammar/arena.h"

#define DEFINED                                                                          \
	"\"groups\":{\"group:eng\":[\"ada@example.com\"]},\"tagOwners\":{\"tag:db\":[]}" \
	","
#define ACL(src, dst)                                                                    \
	"{" DEFINED "\"acls\":[{\"action\":\"accept\",\"src\":[" src "],\"dst\":[" dst   \
	"]}]}"
#define PROTO(proto, dst)                                                                \
	"{" DEFINED "\"acls\":[{\"action\":\"accept\",\"proto\":\"" proto                \
	"\",\"src\":[\"*\"],\"dst\":[\"" dst "\"]}]}"
#define GRANT(rest) "{" DEFINED "\"grants\":[{\"src\":[\"group:eng\"]," rest "}]}"
#define SSH(rest) "{" DEFINED "\"acls\":[],\"ssh\":[{" rest "}]}"
#define VALUE "parsing policy: parsing policy from bytes: "
#define POLICY "parsing policy: "

static const struct answer {
	const char *policy, *words; /* NULL: nobody knows them */
} answers[] = {
	{ "{\"acls\":[", "parsing policy: parsing HuJSON: hujson: line 1, column 10: "
	                 "parsing value: unexpected EOF" },
	{ "{\"aclz\":[]}", POLICY "unknown field: \"aclz\"" },
	{ "{\"acls\":[],\"postures\":{}}", POLICY "unknown field: \"postures\"" },
	{ "{\"acls\":[{\"action\":\"accept\",\"users\":[],\"dst\":[]}]}",
	  POLICY "unknown field: \"users\"" },
	{ "{\"acls\":[],\"groups\":{\"group:a\":[\"ada\"]}}",
	  VALUE "username must contain @, got: \"ada\"" },
	{ "{\"acls\":[],\"groups\":{\"group:a\":[\"group:b\"],\"group:b\":[]}}",
	  VALUE "groups[\"group:a\"]: \"group:b\": group members cannot be recursive" },
	{ "{\"acls\":[],\"groups\":{\"eng\":[]}}",
	  VALUE "group must start with 'group:', got: \"eng\"" },
	{ "{\"acls\":[],\"groups\":{\"group:a\":\"ada@\"}}",
	  VALUE "group value must be an array of users: group \"group:a\" got string: "
	        "\"ada@\"" },
	{ "{\"acls\":[],\"groups\":{\"group:a\":{}}}",
	  VALUE "group value must be an array of users: group \"group:a\" got "
	        "map[string]interface {}" },
	{ "{\"acls\":[],\"groups\":{\"group:a\":[\"ada@\",7,true]}}",
	  VALUE "invalid group member type: group \"group:a\" expected string but got "
	        "float64" },
	{ "{\"acls\":[],\"groups\":{\"group:a\":[null]}}",
	  VALUE "invalid group member type: group \"group:a\" expected string but got "
	        "<nil>" },
	{ "{\"acls\":[],\"hosts\":{\"a\":\"10.0.0.300\"}}",
	  VALUE "hostname contains invalid IP address: hostname \"a\" address "
	        "\"10.0.0.300\"" },
	{ "{\"acls\":[],\"hosts\":{\"a\":\"10.0.0.0/33\"}}",
	  VALUE "hostname contains invalid IP address: hostname \"a\" address "
	        "\"10.0.0.0/33\"" },
	{ "{\"acls\":[],\"hosts\":{\"a@b\":\"10.0.0.1\"}}",
	  VALUE "invalid hostname: \"a@b\"" },
	{ "{\"acls\":[],\"hosts\":{\"a:b\":\"10.0.0.1\"}}",
	  VALUE "invalid hostname: \"a:b\"" },
	{ "{\"acls\":[],\"tagOwners\":{\"db\":[]}}",
	  VALUE "tag must start with 'tag:', got: \"db\"" },
	{ "{\"acls\":[],\"tagOwners\":{\"tag:1\":[]}}", POLICY
	  "tagOwners[\"tag:1\"]: tag names must start with a letter, after 'tag:'" },
	{ "{\"acls\":[],\"tagOwners\":{\"tag:a\":[\"autogroup:admin\"]}}",
	  VALUE "invalid owner format: \"autogroup:admin\"" },
	{ "{\"acls\":[],\"autoApprovers\":{\"exitNode\":[\"autogroup:admin\"]}}",
	  VALUE "invalid auto approver format: \"autogroup:admin\"" },
	{ ACL("\"group:dev\"", "\"tag:db:22\""),
	  POLICY "group not defined in policy: \"group:dev\"" },
	{ ACL("\"tag:x\"", "\"tag:db:22\""), POLICY "src=tag not found: \"tag:x\"" },
	{ ACL("\"*\"", "\"tag:x:22\""),
	  POLICY "dst=\"tag:x\": tag not found: \"tag:x\"" },
	{ ACL("\"*\"", "\"db:22\""), POLICY "host not defined in policy: \"db\"" },
	{ ACL("\"*\"", "\"printer:22\""),
	  POLICY "host not defined in policy: \"printer\"" },
	{ ACL("\"autogroup:admin\"", "\"tag:db:22\""),
	  VALUE "invalid autogroup: got \"autogroup:admin\", must be one of "
	        "[autogroup:internet autogroup:member autogroup:nonroot autogroup:tagged "
	        "autogroup:self autogroup:danger-all]" },
	{ ACL("\"autogroup:internet\"", "\"tag:db:22\""),
	  POLICY "autogroup:internet can only be used in ACL destinations" },
	{ ACL("\"autogroup:self\"", "\"tag:db:22\""),
	  POLICY "\"autogroup:self\" not valid on the src side of a rule" },
	{ ACL("\"*\"", "\"autogroup:danger-all:22\""),
	  POLICY "cannot use autogroup:danger-all as a dst" },
	{ ACL("\"tag:db\"", "\"autogroup:self:22\""),
	  POLICY "autogroup:self can only be used with users, groups, or supported "
	         "autogroups" },
	{ ACL("\"ipset:a\"", "\"tag:db:22\""),
	  VALUE "invalid alias format: \"ipset:a\"" },
	{ ACL("\"*\"", "\"tag:db:0\""), VALUE
	  "dst=\"tag:db:0\": port range \"0\": first port must be >0, or use '*' for "
	  "wildcard" },
	{ ACL("\"*\"", "\"tag:db:99999\""),
	  VALUE "dst=\"tag:db:99999\": port range \"99999\": port number out of range" },
	{ ACL("\"*\"", "\"tag:db:9-1\""), VALUE
	  "dst=\"tag:db:9-1\": port range \"9-1\": invalid port range: first port is "
	  "greater than last port" },
	{ PROTO("icmp", "tag:db:22"),
	  POLICY "protocol does not support specific ports: \"icmp\", only \"*\" is "
	         "allowed" },
	{ PROTO("06", "tag:db:22"),
	  VALUE "leading 0 not permitted in protocol number: \"06\"" },
	{ PROTO("dccp", "tag:db:*"), VALUE
	  "invalid protocol number: \"dccp\" must be a known protocol name or valid "
	  "protocol number 0-255" },
	{ PROTO("*", "tag:db:*"),
	  VALUE "proto name \"*\" not known; use protocol number 0-255 or protocol name "
	        "(icmp, tcp, udp, etc.)" },
	{ PROTO("300", "tag:db:*"), VALUE "protocol number out of range (0-255): 300" },
	{ PROTO("-1", "tag:db:*"), VALUE "protocol number out of range (0-255): -1" },
	{ PROTO("0300", "tag:db:*"),
	  VALUE "leading 0 not permitted in protocol number: \"0300\"" },
	{ PROTO("tpc", "tag:db:*"),
	  VALUE "invalid protocol number: \"tpc\" must be a known protocol name or valid "
	        "protocol number 0-255" },
	{ PROTO("99999999999999999999", "tag:db:*"), VALUE
	  "invalid protocol number: \"99999999999999999999\" must be a known protocol "
	  "name or valid protocol number 0-255" },
	{ ACL("\"*\"", "\":22\""), VALUE "input cannot start with a colon character" },
	{ ACL("\"*\"", "\"*:\""), VALUE "input cannot end with a colon character" },
	{ ACL("\"*\"", "\"tag:db:\""), VALUE "input cannot end with a colon character" },
	{ ACL("\"*\"", "\"*\""), VALUE "hostport must contain a colon" },
	{ ACL("\"*\"", "\"[foo]:22\""),
	  VALUE "square brackets are only valid around IPv6 addresses: \"[foo]\"" },
	{ ACL("\"*\"", "\"[10.0.0.1]:22\""),
	  VALUE "square brackets are only valid around IPv6 addresses: \"[10.0.0.1]\"" },
	/* as for Tailscale: host tag, ports db */
	{ ACL("\"*\"", "\"tag:db\""),
	  VALUE "dst=\"tag:db\": port range \"db\": invalid first integer" },
	{ "{\"acls\":[{\"action\":\"deny\",\"src\":[],\"dst\":[]}]}",
	  VALUE "action=\"deny\" is not supported: invalid ACL action" },
	{ GRANT("\"dst\":[\"tag:x\"],\"ip\":[\"*\"]"),
	  POLICY "tag not found: \"tag:x\"" },
	{ GRANT("\"dst\":[\"tag:db\"]"), POLICY "ip and app can not both be empty" },
	{ GRANT("\"dst\":[\"tag:db\"],\"ip\":[\"*\"],\"via\":[\"tag:x\"]"),
	  POLICY "tag \"tag:x\" not found" },
	{ GRANT("\"dst\":[\"0.0.0.0/0\"],\"ip\":[\"*\"]"),
	  POLICY "dst \"0.0.0.0/0\": to allow all IP addresses, use \"*\" or "
	         "\"autogroup:internet\"" },
	{ GRANT("\"dst\":[\"tag:db\"],\"ip\":[\"a:b:c\"]"),
	  VALUE "expected only one colon in Internet protocol and port type, got: "
	        "[a b c](3)" },
	{ GRANT("\"dst\":[\"tag:db\"],\"ip\":[\"tcp:80:\"]"),
	  VALUE "expected only one colon in Internet protocol and port type, got: "
	        "[tcp 80 ](3)" },
	{ GRANT("\"dst\":[\"tag:db\"],\"ip\":[\"300:*\"]"),
	  VALUE "protocol number out of range (0-255): 300" },
	{ SSH("\"action\":\"deny\",\"src\":[],\"dst\":[],\"users\":[\"root\"]"),
	  VALUE "\"deny\" is not a valid action" },
	{ SSH("\"action\":\"accept\",\"src\":[],\"dst\":[],\"users\":[]"),
	  POLICY "users must be specified" },
	{ SSH("\"action\":\"accept\",\"src\":[\"*\"],\"dst\":[],\"users\":[\"root\"]"),
	  VALUE "alias not supported for SSH source: v2.Asterix" },
	{ SSH("\"action\":\"accept\",\"src\":[],\"dst\":[\"group:eng\"],\"users\":["
	      "\"root\"]"),
	  VALUE "alias not supported for SSH destination: *v2.Group" },
	{ SSH("\"action\":\"accept\",\"src\":[],\"dst\":[\"*\"],\"users\":[\"root\"]"),
	  VALUE
	  "wildcard (*) is not supported as SSH destination; use 'autogroup:member' "
	  "for user-owned devices, 'autogroup:tagged' for tagged devices, or "
	  "specific tags/users" },
	{ SSH("\"action\":\"accept\",\"src\":[\"tag:db\"],\"dst\":[\"autogroup:member\"],"
	      "\"users\":[\"root\"]"),
	  POLICY
	  "tags in SSH source cannot access autogroup:member (user-owned devices)" },
	{ SSH("\"action\":\"accept\",\"src\":[\"group:eng\"],\"dst\":[\"ada@example."
	      "com\"],"
	      "\"users\":[\"root\"]"),
	  POLICY "user destination requires source to contain only that same user "
	         "\"ada@example.com\"; use autogroup:self instead for same-user SSH "
	         "access" },
	{ SSH("\"action\":\"accept\",\"src\":[],\"dst\":[],\"users\":[\"root\"],"
	      "\"checkPeriod\":\"1h\""),
	  POLICY "checkPeriod is only valid with action \"check\"" },
	{ SSH("\"action\":\"check\",\"src\":[],\"dst\":[],\"users\":[\"root\"],"
	      "\"checkPeriod\":\"200h\""),
	  POLICY "checkPeriod 200h0m0s is above the max (168h)" },
	{ "{\"acls\":[],\"nodeAttrs\":[{\"target\":[\"*\"],\"attr\":[\"funnel\"]}]}",
	  POLICY "nodeAttrs uses a feature headscale does not yet support: \"funnel\" "
	         "tracked in https://github.com/juanfont/headscale/issues/2527" },
	{ "{" DEFINED "\"acls\":[],\"sshTests\":[{\"src\":\"tag:db\",\"dst\":[\"tag:x\"],"
	  "\"accept\":[\"root\"]}]}",
	  "test(s) failed:\nsshTest 0: SSH tests dst contains unknown tag \"tag:x\"" },
	{ "{" DEFINED "\"acls\":[],\"sshTests\":[{\"src\":\"tag:db\",\"dst\":["
	  "\"10.0.0.0/8\"],\"accept\":[\"root\"]}]}",
	  "test(s) failed:\nsshTest 0: SSH tests dst contains disallowed element "
	  "\"10.0.0.0/8\"" },
	/* it gathers what it finds once it has read the policy … */
	{ ACL("\"group:dev\",\"tag:x\"", "\"printer:22\""), POLICY
	  "multiple errors:\n\tgroup not defined in policy: \"group:dev\"\n\t"
	  "src=tag not found: \"tag:x\"\n\thost not defined in policy: \"printer\"" },
	/* … and gives up at the first value that it cannot read, wherever that is */
	{ ACL("\"group:dev\"", "\"tag:db:0\""), VALUE
	  "dst=\"tag:db:0\": port range \"0\": first port must be >0, or use '*' for "
	  "wildcard" },
	{ "{\"hosts\":{\"a@b\":\"10.0.0.1\"},\"aclz\":[]}",
	  VALUE "invalid hostname: \"a@b\"" },
	{ "{\"aclz\":[],\"hosts\":{\"a@b\":\"10.0.0.1\"}}",
	  POLICY "unknown field: \"aclz\"" },
	/* a value of another type: how it is said is not known */
	{ "{\"acls\":{},\"hosts\":{\"a@b\":\"10.0.0.1\"}}", NULL },
};

static const char *
answer_of(struct arena *arena, const char *text, enum target target)
{
	struct findings findings = { .arena = arena };
	struct source *source = source_of(arena, "policy", text, strlen(text));
	struct tree *tree = hujson_parse(arena, source, &findings);
	struct policy *policy = policy_read(arena, tree, target, &findings);

	if (!tree->broken)
		policy_validate(policy, NULL, &findings);
	const struct finding *first = findings_first_error(&findings);
	if (!first)
		fail_msg("%s is taken", text);
	return first->coordinator;
}

static void
headscale_answers_in_its_own_words(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		const char *words =
			answer_of(&arena, answers[i].policy, TARGET_HEADSCALE_0_29);
		if (answers[i].words && words)
			assert_string_equal(words, answers[i].words);
		else if (answers[i].words || words)
			fail_msg("%s: %s", answers[i].policy, words ? words : "nothing");
	}
	arena_end(&arena);
}

static void
words_of_older_releases_are_not_known(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	assert_null(answer_of(&arena, "{\"aclz\":[]}", TARGET_HEADSCALE_0_28));
	assert_null(answer_of(&arena, ACL("\"tag:x\"", "\"tag:db:22\""),
	                      TARGET_HEADSCALE_0_26));
	arena_end(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headscale_answers_in_its_own_words),
		cmocka_unit_test(words_of_older_releases_are_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
