/* Nothing that a policy can say is lost in silence when it is written for another
 * target: each field is there in the same words or in others, or a finding and the
 * head of the page name it. */

#include "policy/lower.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"

#define GROUPS "\"groups\":{\"group:g\":[\"ada@example.com\"]}"
#define TAGS "\"tagOwners\":{\"tag:a\":[],\"tag:b\":[]}"
#define RULES                                                                            \
	"\"acls\":[{\"action\":\"accept\",\"src\":[\"tag:a\"],\"dst\":[\"tag:b:22\"]}]"
#define POSTURES "\"postures\":{\"posture:p\":[\"node:os == 'linux'\"]}"
#define GRANT(more)                                                                      \
	TAGS ",\"grants\":[{\"src\":[\"tag:a\"],\"dst\":[\"tag:b\"]," more "}]"
#define SSH(more)                                                                        \
	TAGS "," GROUPS "," RULES                                                        \
	     ",\"ssh\":[{\"src\":[\"group:g\"],\"dst\":[\"tag:a\"],"                     \
	     "\"users\":[\"root\"]," more "}]"
#define ATTR(more) RULES "," TAGS ",\"nodeAttrs\":[{" more "}]"
#define CONFIG(more) RULES "," TAGS ",\"attrConfig\":{\"custom:x\":{" more "}}"
#define TEST(more)                                                                       \
	TAGS "," RULES ",\"tests\":[{\"src\":\"tag:a\",\"accept\":[\"tag:b:22\"]" more   \
	     "}]"
#define SSH_TEST(more)                                                                   \
	SSH("\"action\":\"accept\"")                                                     \
	",\"sshTests\":[{\"src\":\"ada@example.com\",\"dst\":[\"tag:a\"]," more "}]"

/* A field, a policy that says something by it, and how that may be written: all on
 * one line, without blanks. What cannot be is named so. */
static const struct field_case {
	const char *table, *field; /* of policy/read*.c */
	const char *policy;        /* the members of its object */
	const char *written[4];    /* one of these; the rest NULL */
	const char *named, * or ;  /* one of these; or may be NULL */
} cases[] = {
	{ "policy", "groups", GROUPS "," RULES "," TAGS, { GROUPS }, "group:g", NULL },
	{ "policy",
	  "hosts",
	  TAGS "," RULES ",\"hosts\":{\"h\":\"192.0.2.1\"}",
	  { "\"hosts\":{\"h\":\"192.0.2.1\"}" },
	  "h",
	  NULL },
	{ "policy",
	  "ipsets",
	  TAGS ",\"ipsets\":{\"ipset:s\":[\"192.0.2.1\"]},\"grants\":[{\"src\":"
	       "[\"ipset:s\"],\"dst\":[\"tag:a\"],\"ip\":[\"*\"]}]",
	  { "\"ipset:s\":[\"192.0.2.1\"]", "[\"192.0.2.1\"]" },
	  "ipset:s",
	  NULL },
	{ "policy",
	  "tagOwners",
	  GROUPS "," RULES ",\"tagOwners\":{\"tag:a\":[\"group:g\"],\"tag:b\":[]}",
	  { "\"tag:a\":[\"group:g\"]" },
	  "tag:a",
	  NULL },
	{ "policy",
	  "autoApprovers",
	  TAGS "," RULES ",\"autoApprovers\":{\"exitNode\":[\"tag:a\"]}",
	  { "\"autoApprovers\":{" },
	  "autoApprovers",
	  NULL },
	{ "auto_approvers",
	  "routes",
	  TAGS "," RULES ",\"autoApprovers\":{\"routes\":{\"10.0.0.0/8\":[\"tag:a\"]}}",
	  { "\"routes\":{\"10.0.0.0/8\":[\"tag:a\"]" },
	  "routes",
	  NULL },
	{ "auto_approvers",
	  "exitNode",
	  TAGS "," RULES ",\"autoApprovers\":{\"exitNode\":[\"tag:a\"]}",
	  { "\"exitNode\":[\"tag:a\"]" },
	  "exitNode",
	  NULL },
	{ "auto_approvers",
	  "services",
	  TAGS "," RULES ",\"autoApprovers\":{\"services\":{\"svc:web\":[\"tag:a\"]}}",
	  { "\"services\":{\"svc:web\":[\"tag:a\"]" },
	  "autoApprovers.services",
	  NULL },
	{ "policy", "acls", TAGS "," RULES, { "\"acls\":[{" }, "acls", NULL },
	{ "acl",
	  "action",
	  TAGS "," RULES,
	  { "{\"action\":\"accept\",\"src\"", "{\"action\":\"accept\",\"proto\"" },
	  "action",
	  NULL },
	{ "acl", "src", TAGS "," RULES, { "\"src\":[\"tag:a\"]" }, "tag:a", NULL },
	{ "acl", "dst", TAGS "," RULES, { "\"dst\":[\"tag:b:22\"]" }, "tag:b", NULL },
	{ "acl",
	  "proto",
	  TAGS ",\"acls\":[{\"action\":\"accept\",\"proto\":\"udp\",\"src\":["
	       "\"tag:a\"],\"dst\":[\"tag:b:53\"]}]",
	  { "\"proto\":\"udp\"" },
	  "proto",
	  NULL },
	{ "acl",
	  "srcPosture",
	  POSTURES "," TAGS ",\"acls\":[{\"action\":\"accept\",\"src\":[\"tag:a\"],"
	           "\"dst\":[\"tag:b:53\"],\"srcPosture\":[\"posture:p\"]}]",
	  { "\"srcPosture\":[\"posture:p\"]" },
	  "srcPosture",
	  NULL },
	{ "policy",
	  "grants",
	  GRANT("\"ip\":[\"tcp:22\"]"),
	  { "\"grants\":[{", "\"acls\":[{" },
	  "grants",
	  NULL },
	{ "grant",
	  "src",
	  GRANT("\"ip\":[\"tcp:22\"]"),
	  { "\"src\":[\"tag:a\"]" },
	  "src",
	  NULL },
	{ "grant",
	  "dst",
	  GRANT("\"ip\":[\"tcp:22\"]"),
	  { "\"dst\":[\"tag:b\"]", "\"dst\":[\"tag:b:22\"]" },
	  "dst",
	  NULL },
	{ "grant",
	  "ip",
	  GRANT("\"ip\":[\"tcp:22\"]"),
	  { "\"ip\":[\"tcp:22\"]",
	    "\"proto\":\"tcp\",\"src\":[\"tag:a\"],\"dst\":[\"tag:b:22\"]" },
	  "ip",
	  NULL },
	{ "grant",
	  "app",
	  GRANT("\"app\":{\"example.com/cap\":[{\"x\":1}]}"),
	  { "\"app\":{\"example.com/cap\":[{\"x\":1}]}" },
	  "app",
	  NULL },
	{ "grant",
	  "via",
	  TAGS ",\"grants\":[{\"src\":[\"tag:a\"],\"dst\":[\"10.0.0.0/8\"],"
	       "\"ip\":[\"*\"],\"via\":[\"tag:b\"]}]",
	  { "\"via\":[\"tag:b\"]" },
	  "via",
	  NULL },
	{ "grant",
	  "srcPosture",
	  POSTURES "," GRANT("\"ip\":[\"*\"],\"srcPosture\":[\"posture:p\"]"),
	  { "\"srcPosture\":[\"posture:p\"]" },
	  "srcPosture",
	  NULL },
	{ "policy", "ssh", SSH("\"action\":\"accept\""), { "\"ssh\":[{" }, "ssh", NULL },
	{ "ssh",
	  "action",
	  SSH("\"action\":\"check\""),
	  { "\"action\":\"check\"" },
	  "check",
	  NULL },
	{ "ssh",
	  "src",
	  SSH("\"action\":\"accept\""),
	  { "\"src\":[\"group:g\"]" },
	  "src",
	  NULL },
	{ "ssh",
	  "dst",
	  SSH("\"action\":\"accept\""),
	  { "\"dst\":[\"tag:a\"],\"users\"" },
	  "dst",
	  NULL },
	{ "ssh",
	  "users",
	  SSH("\"action\":\"accept\""),
	  { "\"users\":[\"root\"]" },
	  "users",
	  NULL },
	{ "ssh",
	  "checkPeriod",
	  SSH("\"action\":\"check\",\"checkPeriod\":\"1h\""),
	  { "\"checkPeriod\":\"1h0m0s\"" },
	  "check",
	  NULL },
	{ "ssh",
	  "acceptEnv",
	  SSH("\"action\":\"accept\",\"acceptEnv\":[\"LC_*\"]"),
	  { "\"acceptEnv\":[\"LC_*\"]" },
	  "acceptEnv",
	  NULL },
	{ "ssh",
	  "srcPosture",
	  POSTURES "," SSH("\"action\":\"accept\",\"srcPosture\":[\"posture:p\"]"),
	  { "\"srcPosture\":[\"posture:p\"]" },
	  "srcPosture",
	  NULL },
	{ "ssh",
	  "recorder",
	  SSH("\"action\":\"accept\",\"recorder\":[\"tag:b\"]"),
	  { "\"recorder\":[\"tag:b\"]" },
	  "recorder",
	  NULL },
	{ "ssh",
	  "enforceRecorder",
	  SSH("\"action\":\"accept\",\"recorder\":[\"tag:b\"],"
	      "\"enforceRecorder\":true"),
	  { "\"enforceRecorder\":true" },
	  "recorder",
	  NULL },
	{ "policy",
	  "nodeAttrs",
	  ATTR("\"target\":[\"tag:a\"],\"attr\":[\"magicdns-aaaa\"]"),
	  { "\"nodeAttrs\":[{" },
	  "nodeAttrs",
	  NULL },
	{ "node_attr",
	  "target",
	  ATTR("\"target\":[\"tag:a\"],\"attr\":[\"magicdns-aaaa\"]"),
	  { "\"target\":[\"tag:a\"]" },
	  "nodeAttrs",
	  NULL },
	{ "node_attr",
	  "attr",
	  ATTR("\"target\":[\"tag:a\"],\"attr\":[\"magicdns-aaaa\"]"),
	  { "\"attr\":[\"magicdns-aaaa\"]" },
	  "nodeAttrs",
	  NULL },
	{ "node_attr",
	  "attr",
	  ATTR("\"target\":[\"tag:a\"],\"attr\":[\"funnel\"]"),
	  { "\"attr\":[\"funnel\"]" },
	  "funnel",
	  "nodeAttrs" },
	{ "node_attr",
	  "attr",
	  ATTR("\"target\":[\"tag:a\"],\"attr\":[\"disable-ipv4\"]"),
	  { "\"attr\":[\"disable-ipv4\"]" },
	  "disable-ipv4",
	  NULL },
	{ "node_attr",
	  "app",
	  ATTR("\"target\":[\"*\"],\"app\":{\"example.com/cap\":[{\"x\":1}]}"),
	  { "\"app\":{\"example.com/cap\":[{\"x\":1}]}" },
	  "nodeAttrs",
	  NULL },
	{ "node_attr",
	  "ipPool",
	  ATTR("\"target\":[\"tag:a\"],\"ipPool\":[\"100.81.0.0/16\"]"),
	  { "\"ipPool\":[\"100.81.0.0/16\"]" },
	  "ipPool",
	  NULL },
	{ "policy",
	  "postures",
	  POSTURES "," GRANT("\"ip\":[\"*\"],\"srcPosture\":[\"posture:p\"]"),
	  { POSTURES },
	  "srcPosture",
	  NULL },
	{ "policy",
	  "defaultSrcPosture",
	  POSTURES ",\"defaultSrcPosture\":[\"posture:p\"]," TAGS "," RULES,
	  { "\"defaultSrcPosture\":[\"posture:p\"]" },
	  "srcPosture",
	  NULL },
	{ "policy",
	  "attrConfig",
	  CONFIG("\"type\":\"string\""),
	  { "\"attrConfig\":{\"custom:x\"" },
	  "attrConfig",
	  NULL },
	{ "attr_config",
	  "type",
	  CONFIG("\"type\":\"string\""),
	  { "\"type\":\"string\"" },
	  "attrConfig",
	  NULL },
	{ "attr_config",
	  "allowSetByNode",
	  CONFIG("\"type\":\"string\",\"allowSetByNode\":true"),
	  { "\"allowSetByNode\":true" },
	  "attrConfig",
	  NULL },
	{ "attr_config",
	  "broadcastToPeers",
	  CONFIG("\"type\":\"string\",\"broadcastToPeers\":[\"tag:a\"]"),
	  { "\"broadcastToPeers\":[\"tag:a\"]" },
	  "attrConfig",
	  NULL },
	{ "policy", "tests", TEST(""), { "\"tests\":[{" }, "runs no tests", NULL },
	{ "test", "src", TEST(""), { "{\"src\":\"tag:a\"" }, "runs no tests", NULL },
	{ "test",
	  "proto",
	  TEST(",\"proto\":\"tcp\""),
	  { "\"proto\":\"tcp\"" },
	  "runs no tests",
	  NULL },
	{ "test",
	  "accept",
	  TEST(""),
	  { "\"accept\":[\"tag:b:22\"]" },
	  "runs no tests",
	  NULL },
	{ "test",
	  "deny",
	  TEST(",\"deny\":[\"tag:b:23\"]"),
	  { "\"deny\":[\"tag:b:23\"]" },
	  "runs no tests",
	  NULL },
	{ "test",
	  "srcPostureAttrs",
	  TEST(",\"srcPostureAttrs\":{\"node:os\":\"linux\"}"),
	  { "\"srcPostureAttrs\":{\"node:os\":\"linux\"}" },
	  "est",
	  NULL },
	{ "policy",
	  "sshTests",
	  SSH_TEST("\"accept\":[\"root\"]"),
	  { "\"sshTests\":[{" },
	  "runs no tests",
	  NULL },
	{ "ssh_test",
	  "src",
	  SSH_TEST("\"accept\":[\"root\"]"),
	  { "{\"src\":\"ada@example.com\",\"dst\"" },
	  "sshTests",
	  NULL },
	{ "ssh_test",
	  "dst",
	  SSH_TEST("\"accept\":[\"root\"]"),
	  { "\"dst\":[\"tag:a\"],\"accept\"" },
	  "sshTests",
	  NULL },
	{ "ssh_test",
	  "accept",
	  SSH_TEST("\"accept\":[\"root\"]"),
	  { "\"accept\":[\"root\"]" },
	  "sshTests",
	  NULL },
	{ "ssh_test",
	  "deny",
	  SSH_TEST("\"deny\":[\"git\"]"),
	  { "\"deny\":[\"git\"]" },
	  "sshTests",
	  NULL },
	{ "ssh_test",
	  "check",
	  SSH("\"action\":\"check\"") ",\"sshTests\":[{\"src\":\"ada@example.com\","
	                              "\"dst\":[\"tag:a\"],\"check\":[\"root\"]}]",
	  { "\"check\":[\"root\"]" },
	  "sshTests",
	  NULL },
	{ "ssh_test",
	  "srcPostureAttrs",
	  SSH_TEST("\"accept\":[\"root\"],\"srcPostureAttrs\":{\"node:os\":\"linux\"}"),
	  { "\"srcPostureAttrs\":{\"node:os\":\"linux\"}" },
	  "est",
	  NULL },
	{ "policy",
	  "derpMap",
	  TAGS "," RULES ",\"derpMap\":{\"OmitDefaultRegions\":true,\"Regions\":{"
	       "\"900\":{\"RegionID\":900,\"RegionCode\":\"x\",\"RegionName\":\"X\","
	       "\"Nodes\":[{\"Name\":\"900a\",\"RegionID\":900,"
	       "\"HostName\":\"d.example.com\"}]}}}",
	  { "\"Nodes\":[{\"Name\":\"900a\",\"RegionID\":900,"
	    "\"HostName\":\"d.example.com\"}]" },
	  "derpMap",
	  NULL },
	{ "policy",
	  "disableIPv4",
	  TAGS "," RULES ",\"disableIPv4\":true",
	  { "\"disableIPv4\":true" },
	  "disableIPv4",
	  NULL },
	{ "policy",
	  "OneCGNATRoute",
	  TAGS "," RULES ",\"OneCGNATRoute\":\"mac-never\"",
	  { "\"OneCGNATRoute\":\"mac-never\"" },
	  "OneCGNATRoute",
	  NULL },
	{ "policy",
	  "randomizeClientPort",
	  TAGS "," RULES ",\"randomizeClientPort\":true",
	  { "\"randomizeClientPort\":true" },
	  "randomizeClientPort",
	  NULL },
};

#define N_CASES (sizeof(cases) / sizeof(*cases))

static struct policy *
read(struct arena *arena, struct text text, enum target target, struct findings *findings)
{
	struct source *source = source_of(arena, "policy", text.at, text.len);
	struct tree *tree = hujson_parse(arena, source, findings);
	struct policy *policy = policy_read(arena, tree, target, findings);

	policy_validate(policy, NULL, findings);
	return policy;
}

/* The case's policy for a target that takes it and passes over nothing in it; NULL
 * where it is not so. */
static struct policy *
case_policy(struct arena *arena, const struct field_case *c, enum target target)
{
	const char *text = arena_format(arena, "{%s}", c->policy);
	struct findings findings = { .arena = arena };
	struct policy *policy = read(arena, text_of(text), target, &findings);

	for (size_t f = 0; f < FEATURE_N; f++)
		if (policy->usage.by[f].n > 0 &&
		    target_support(target, (enum feature)f) != TAKES)
			return NULL;
	return findings.n_errors ? NULL : policy;
}

static bool
text_has(struct arena *arena, struct text text, const char *part)
{
	return strstr(arena_copy(arena, text.at, text.len), part) != NULL;
}

static bool
is_written(struct arena *arena, const struct field_case *c, struct text text)
{
	struct findings findings = { .arena = arena };
	struct source *source = source_of(arena, "lowered", text.at, text.len);
	struct tree *tree = hujson_parse(arena, source, &findings);
	struct text plain = hujson_minimize(arena, tree, tree->root);

	for (size_t i = 0; i < 4 && c->written[i]; i++)
		if (text_has(arena, plain, c->written[i]))
			return true;
	return false;
}

/* The finding that names what is lost, or NULL. */
static const struct finding *
naming(const struct findings *findings, const struct field_case *c)
{
	for (size_t i = 0; i < findings->n; i++)
		if (strstr(findings->at[i]->said, c->named) ||
		    (c->or &&strstr(findings->at[i]->said, c->or)))
			return findings->at[i];
	return NULL;
}

/* Whether tests alone may be lost without an error. */
static bool
is_test(const struct field_case *c)
{
	return strstr(c->table, "test") || strstr(c->field, "ests");
}

static void
fail_case(const struct field_case *c, const struct policy *policy, enum target to,
          const char *what, struct text text)
{
	fail_msg("%s.%s, %s to %s: %s\n%.*s", c->table, c->field,
	         target_name(policy->target), target_name(to), what, TEXT_ARG(text));
}

/* What is there and told of a policy in another target's terms. */
static void
check_lowered(struct arena *arena, const struct field_case *c,
              const struct policy *policy, enum target to, bool narrower)
{
	struct findings findings = { .arena = arena };
	struct lowering lowering = { policy, NULL, to, narrower };
	struct text text = policy_lower(arena, &lowering, &findings);
	bool written = is_written(arena, c, text);
	const struct finding *finding = naming(&findings, c);

	if (written == (finding != NULL))
		fail_case(c, policy, to,
		          written ? "it is there, and told to be lost"
		                  : "it is neither there nor told",
		          text);
	if (written)
		return;
	if (!text_has(arena, text, "\n// left out of line 1: "))
		fail_case(c, policy, to, "it is not listed", text);
	bool error = finding->level == LEVEL_ERROR;
	bool other = strstr(finding->said, "not only narrow") != NULL;
	if (error != (!is_test(c) && (!narrower || other)))
		fail_case(c, policy, to, "its level is not right", text);
}

static void
what_a_field_says_is_written_or_told_to_be_lost(void **state)
{
	size_t n_lowered = 0;

	(void)state;
	for (size_t i = 0; i < N_CASES; i++)
		for (size_t from = 0; from < TARGET_N; from++) {
			struct arena arena = { 0 };
			struct policy *policy =
				case_policy(&arena, &cases[i], (enum target)from);
			if (from == TARGET_TAILSCALE && !policy)
				fail_msg("%s is not taken", cases[i].policy);
			for (size_t to = 0; policy && to < TARGET_N; to++) {
				check_lowered(&arena, &cases[i], policy, (enum target)to,
				              false);
				check_lowered(&arena, &cases[i], policy, (enum target)to,
				              true);
				n_lowered++;
			}
			arena_end(&arena);
		}
	assert_true(n_lowered > N_CASES * TARGET_N);
}

/* What says no more than its absence says is dropped without a word. */
static void
what_says_nothing_is_no_loss(void **state)
{
	static const char *const members[] = {
		"\"disableIPv4\":false",    "\"randomizeClientPort\":false",
		"\"OneCGNATRoute\":\"\"",   "\"derpMap\":{}",
		"\"attrConfig\":{}",        "\"nodeAttrs\":[]",
		"\"postures\":{}",          "\"ipsets\":{}",
		"\"defaultSrcPosture\":[]", "\"autoApprovers\":{\"services\":{}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		for (size_t to = 0; to < TARGET_N; to++) {
			struct arena arena = { 0 };
			struct findings findings = { .arena = &arena };
			const char *text = arena_format(&arena, "{" TAGS "," RULES ",%s}",
			                                members[i]);
			struct policy *policy =
				read(&arena, text_of(text), TARGET_TAILSCALE, &findings);
			struct lowering lowering = { policy, NULL, (enum target)to,
				                     false };
			policy_lower(&arena, &lowering, &findings);
			if (findings.n > 0)
				fail_msg("%s, %s: %s", members[i],
				         target_name((enum target)to),
				         findings.at[0]->said);
			arena_end(&arena);
		}
}

static bool
has_case(const char *table, struct text field)
{
	for (size_t i = 0; i < N_CASES; i++)
		if (strcmp(cases[i].table, table) == 0 && text_is(field, cases[i].field))
			return true;
	return false;
}

/* "\t{ "via", NULL, read_selectors, …": a row of a table of fields. */
static bool
row_field(const char *line, struct text *field)
{
	const char *end;

	if (strncmp(line, "\t{ \"", 4) != 0 || !strstr(line, " read_"))
		return false;
	end = strchr(line + 4, '"');
	*field = (struct text) { line + 4, (size_t)(end - (line + 4)) };
	return true;
}

/* Looks for a case for each field that a file's tables have; returns how many. */
static size_t
check_tables(const char *path)
{
	static const char head[] = "static const struct field ";
	FILE *file = fopen(path, "rb");
	char line[256], table[64] = "";
	struct text field;
	size_t n = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, head, strlen(head)) == 0) {
			size_t len = strcspn(line + strlen(head), "[") - strlen("_field");
			snprintf(table, sizeof(table), "%.*s", (int)len,
			         line + strlen(head));
		}
		if (!row_field(line, &field))
			continue;
		n++;
		if (!has_case(table, field))
			fail_msg("%s.%.*s has no case", table, TEXT_ARG(field));
	}
	fclose(file);
	return n;
}

static void
every_field_there_is_has_a_case(void **state)
{
	(void)state;
	assert_true(check_tables("policy/read.c") >= SECTION_N);
	assert_true(check_tables("policy/read_rules.c") > 20);
	assert_true(check_tables("policy/read_tests.c") > 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_field_says_is_written_or_told_to_be_lost),
		cmocka_unit_test(what_says_nothing_is_no_loss),
		cmocka_unit_test(every_field_there_is_has_a_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
