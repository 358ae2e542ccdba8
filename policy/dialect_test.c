/* The filters that releases send: spec/headscale-versions.md 3.3, to the letter. */
#include "policy/dialect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "grammar/arena.h"
#include "policy/filter.h"
#include "policy/table.h"

/* Two people, a server, and a router that advertises more than is approved. */
static const char inventory[] =
	"{\"users\":[{\"id\":\"1\",\"login\":\"ada@example.com\"},"
	"{\"id\":\"2\",\"login\":\"bob@example.com\"}],\"nodes\":["
	"{\"id\":\"1\",\"name\":\"laptop\",\"user\":\"ada@example.com\","
	"\"addresses\":[\"100.64.0.1\",\"fd7a:115c:a1e0::1\"]},"
	"{\"id\":\"2\",\"name\":\"phone\",\"user\":\"ada@example.com\","
	"\"addresses\":[\"100.64.0.2\",\"fd7a:115c:a1e0::2\"]},"
	"{\"id\":\"3\",\"name\":\"desk\",\"user\":\"bob@example.com\","
	"\"addresses\":[\"100.64.0.9\",\"fd7a:115c:a1e0::9\"]},"
	"{\"id\":\"4\",\"name\":\"db\",\"tags\":[\"tag:db\"],"
	"\"addresses\":[\"100.64.0.4\",\"fd7a:115c:a1e0::4\"]},"
	"{\"id\":\"5\",\"name\":\"gw\",\"tags\":[\"tag:gw\"],"
	"\"addresses\":[\"100.64.0.5\",\"fd7a:115c:a1e0::5\"],"
	"\"advertised_routes\":[\"10.33.0.0/16\",\"192.168.0.0/24\",\"0.0.0.0/0\"],"
	"\"approved_routes\":[\"10.33.0.0/16\",\"172.16.0.0/24\"]}]}";

#define ACLS(acls)                                                                       \
	"{\"groups\":{\"group:g\":[\"ada@example.com\"]},\"hosts\":{\"h\":\"100.64.0."   \
	"4\","                                                                           \
	"\"six\":\"2001:db8:5::1\"},\"tagOwners\":{\"tag:db\":[],\"tag:gw\":[]},"        \
	"\"acls\":[" acls "]}"
#define ACL(proto, src, dst)                                                             \
	"{\"action\":\"accept\"," proto "\"src\":[" src "],\"dst\":[" dst "]}"

/* What is compared: rules with semicolons between them, "src > dst:ports [protocols]". */
struct letter {
	char text[4096];
	size_t n;
};

static void
put(struct letter *letter, const char *text)
{
	size_t len = strlen(text);

	assert_true(letter->n + len < sizeof(letter->text));
	memcpy(letter->text + letter->n, text, len + 1);
	letter->n += len;
}

static void
put_rule(struct letter *letter, struct table *t, const struct wire_rule *rule)
{
	char text[128];

	for (size_t i = 0; i < table_src_length(t, rule->src); i++) {
		struct text src = table_src_text(t, rule->src, i);
		snprintf(text, sizeof(text), "%s%.*s", i ? "," : "", TEXT_ARG(src));
		put(letter, text);
	}
	put(letter, " >");
	for (size_t i = 0; i < rule->n_dst; i++) {
		const struct wire_dst *dst = &rule->dst[i];
		snprintf(text, sizeof(text), " %.*s:%d-%d", TEXT_ARG(dst->ip),
		         dst->ports.first, dst->ports.last);
		put(letter, text);
	}
	for (size_t i = 0; i < rule->n_protocols; i++) {
		snprintf(text, sizeof(text), "%s%d", i ? "," : " [", rule->protocols[i]);
		put(letter, text);
	}
	put(letter, rule->n_protocols ? "]" : "");
}

static void
send(struct letter *letter, enum target target, const char *text, const char *machine)
{
	struct arena arena = { 0 };
	struct findings findings = { .arena = &arena };
	struct tree *trees[2] = {
		hujson_parse(&arena, source_of(&arena, "policy", text, strlen(text)),
		             &findings),
		hujson_parse(&arena,
		             source_of(&arena, "inventory", inventory,
		                       sizeof(inventory) - 1),
		             &findings),
	};
	struct tailnet *tailnet = tailnet_read(&arena, &trees[1], 1, &findings);
	struct policy *policy = policy_read(&arena, trees[0], target, &findings);

	policy_validate(policy, tailnet, &findings);
	if (findings.n_errors)
		fail_msg("%s: %s", text, findings_first_error(&findings)->said);
	tailnet_index(tailnet);
	tailnet_approve(tailnet, policy);
	struct table *t = table_make(&arena, filter_compile(&arena, policy, tailnet));
	const struct machine *m = tailnet_machine(tailnet, text_of(machine));
	struct wire_table table = table_of(t, &arena, (uint32_t)(m - tailnet->machines));
	letter->n = 0;
	letter->text[0] = '\0';
	for (size_t i = 0; i < table.n; i++) {
		put(letter, i ? "; " : "");
		put_rule(letter, t, &table.rules[i]);
	}
	arena_end(&arena);
}

#define V22 TARGET_HEADSCALE_0_22
#define V24 TARGET_HEADSCALE_0_24
#define V25 TARGET_HEADSCALE_0_25
#define V26 TARGET_HEADSCALE_0_26
#define V27 TARGET_HEADSCALE_0_27
#define V28 TARGET_HEADSCALE_0_28
#define V29 TARGET_HEADSCALE_0_29
#define TS TARGET_TAILSCALE

#define ADA "100.64.0.1,100.64.0.2,fd7a:115c:a1e0::1,fd7a:115c:a1e0::2"
#define ADA_FLAT "100.64.0.1/32,100.64.0.2/32,fd7a:115c:a1e0::1/128,fd7a:115c:a1e0::2/128"
#define ANYBODY                                                                          \
	"10.33.0.0/16,100.115.94.0-100.127.255.255,100.64.0.0-100.115.91.255,"           \
	"172.16.0.0/24,fd7a:115c:a1e0::/48"
#define TWO_ACLS                                                                         \
	ACLS(ACL("", "\"group:g\"",                                                      \
	         "\"tag:db:22\",\"tag:db:80\"") "," ACL("", "\"group:g\"", "\"h:443\""))
#define ROUTES                                                                           \
	ACL("", "\"tag:db\"",                                                            \
	    "\"10.0.0.0/8:22\",\"192.168.0.0/16:22\",\"172.16.0.0/"                      \
	    "12:22\",\"8.8.8.8:22\"")
#define SELF_IN_SSH                                                                      \
	"{\"ssh\":[{\"action\":\"accept\",\"src\":[\"autogroup:member\"],\"dst\":["      \
	"\"autogroup:self\"],\"users\":[\"root\"]}]}"

static const struct sent {
	enum target target;
	const char *policy, *machine, *filter;
} sents[] = {
	/* merged, or each acl a rule */
	{ TS, TWO_ACLS, "db",
	  ADA " > 100.64.0.4:22-22 100.64.0.4:80-80 fd7a:115c:a1e0::4:22-22 "
	      "fd7a:115c:a1e0::4:80-80 100.64.0.4:443-443" },
	{ V25, TWO_ACLS, "db",
	  ADA_FLAT " > 100.64.0.4/32:22-22 fd7a:115c:a1e0::4/128:22-22 "
	           "100.64.0.4/32:80-80 fd7a:115c:a1e0::4/128:80-80; " ADA_FLAT
	           " > 100.64.0.4/32:443-443 fd7a:115c:a1e0::4/128:443-443" },
	{ V26, TWO_ACLS, "db",
	  ADA_FLAT " > 100.64.0.4/32:22-22 fd7a:115c:a1e0::4/128:22-22 "
	           "100.64.0.4/32:80-80 fd7a:115c:a1e0::4/128:80-80; " ADA_FLAT
	           " > 100.64.0.4/32:443-443 fd7a:115c:a1e0::4/128:443-443" },
	{ V28, TWO_ACLS, "db",
	  ADA_FLAT " > 100.64.0.4/32:22-22 fd7a:115c:a1e0::4/128:22-22 "
	           "100.64.0.4/32:80-80 fd7a:115c:a1e0::4/128:80-80 [6,17]; " ADA_FLAT
	           " > 100.64.0.4/32:443-443 fd7a:115c:a1e0::4/128:443-443 [6,17]" },
	{ V29, TWO_ACLS, "db",
	  ADA " > 100.64.0.4:22-22 100.64.0.4:80-80 fd7a:115c:a1e0::4:22-22 "
	      "fd7a:115c:a1e0::4:80-80 100.64.0.4:443-443" },
	/* the wildcard */
	{ TS, ACLS(ACL("", "\"*\"", "\"*:*\"")), "db", ANYBODY " > *:0-65535" },
	{ V28, ACLS(ACL("", "\"*\"", "\"*:*\"")), "db",
	  "0.0.0.0/0,::/0 > 0.0.0.0/0:0-65535 ::/0:0-65535 [6,17]" },
	{ V29, ACLS(ACL("", "\"*\"", "\"*:*\"")), "db", ANYBODY " > *:0-65535" },
	/* icmp is two, 1 is one */
	{ V26, ACLS(ACL("\"proto\":\"icmp\",", "\"tag:gw\"", "\"tag:db:*\"")), "db",
	  "100.64.0.5/32,fd7a:115c:a1e0::5/128 > 100.64.0.4/32:0-65535 "
	  "fd7a:115c:a1e0::4/128:0-65535 [1,58]" },
	{ V26, ACLS(ACL("\"proto\":\"1\",", "\"tag:gw\"", "\"tag:db:*\"")), "db",
	  "100.64.0.5/32,fd7a:115c:a1e0::5/128 > 100.64.0.4/32:0-65535 "
	  "fd7a:115c:a1e0::4/128:0-65535 [1]" },
	{ V29, ACLS(ACL("\"proto\":\"icmp\",", "\"tag:gw\"", "\"tag:db:*\"")), "db",
	  "100.64.0.5,fd7a:115c:a1e0::5 > 100.64.0.4:0-65535 fd7a:115c:a1e0::4:0-65535 "
	  "[1]" },
	/* the other addresses of machines that have one of these */
	{ V26, ACLS(ACL("", "\"100.64.0.5\"", "\"100.64.0.0/29:22\"")), "db",
	  "100.64.0.5/32,fd7a:115c:a1e0::5/128 > 100.64.0.0/29:22-22 "
	  "fd7a:115c:a1e0::4/127:22-22" },
	{ V28, ACLS(ACL("", "\"100.64.0.5\"", "\"100.64.0.0/29:22\"")), "db",
	  "100.64.0.5/32,fd7a:115c:a1e0::5/128 > 100.64.0.0/29:22-22 [6,17]" },
	{ V28, ACLS(ACL("", "\"100.64.0.4/30\"", "\"tag:db:22\"")), "db",
	  "100.64.0.4/30,fd7a:115c:a1e0::4/128 > 100.64.0.4/32:22-22 "
	  "fd7a:115c:a1e0::4/128:22-22 [6,17]" },
	{ V29, ACLS(ACL("", "\"100.64.0.5\"", "\"100.64.0.0/29:22\"")), "db",
	  "100.64.0.5 > 100.64.0.0/29:22-22" },
	/* routes that are advertised, approved, or both */
	{ V26, ACLS(ROUTES), "gw",
	  "100.64.0.4/32,fd7a:115c:a1e0::4/128 > 10.0.0.0/8:22-22 192.168.0.0/16:22-22 "
	  "172.16.0.0/12:22-22 8.8.8.8/32:22-22" },
	{ V28, ACLS(ROUTES), "gw",
	  "100.64.0.4/32,fd7a:115c:a1e0::4/128 > 10.0.0.0/8:22-22 192.168.0.0/16:22-22 "
	  "172.16.0.0/12:22-22 8.8.8.8/32:22-22 [6,17]" },
	{ V29, ACLS(ROUTES), "gw",
	  "100.64.0.4,fd7a:115c:a1e0::4 > 10.0.0.0/8:22-22 172.16.0.0/12:22-22" },
	/* the slip of the first engine */
	{ V25, ACLS(ACL("", "\"six\"", "\"tag:db:22\"")), "db",
	  "2001:db8::/32 > 100.64.0.4/32:22-22 fd7a:115c:a1e0::4/128:22-22" },
	{ V26, ACLS(ACL("", "\"six\"", "\"tag:db:22\"")), "db",
	  "2001:db8:5::1/128 > 100.64.0.4/32:22-22 fd7a:115c:a1e0::4/128:22-22" },
	/* autogroup:self apart; the order of destinations */
	{ V28,
	  ACLS(ACL("", "\"group:g\"",
	           "\"tag:db:1\",\"autogroup:self:22\",\"autogroup:self:80\"")),
	  "phone",
	  ADA_FLAT " > 100.64.0.2:22-22 fd7a:115c:a1e0::2:22-22 100.64.0.2:80-80 "
	           "fd7a:115c:a1e0::2:80-80 [6,17]" },
	{ V29, ACLS(ACL("", "\"group:g\"", "\"autogroup:self:22\",\"group:g:80\"")),
	  "phone",
	  ADA " > 100.64.0.2:80-80 fd7a:115c:a1e0::2:80-80 100.64.0.2:22-22 "
	      "fd7a:115c:a1e0::2:22-22" },
	{ TS, ACLS(ACL("", "\"group:g\"", "\"tag:db:22\",\"h:80\",\"*:443\"")), "db",
	  ADA " > *:443-443 100.64.0.4:80-80 100.64.0.4:22-22 fd7a:115c:a1e0::4:22-22" },
	{ V29, ACLS(ACL("", "\"group:g\"", "\"tag:db:22\",\"h:80\",\"*:443\"")), "db",
	  ADA " > 100.64.0.4:22-22 fd7a:115c:a1e0::4:22-22 100.64.0.4:80-80 *:443-443" },
	/* nothing said about access */
	{ TS, "{}", "db", ANYBODY " > *:0-65535" },
	{ V26, "{}", "db", "" },
	{ V27, "{}", "db", "* > *:0-65535" },
	{ V29, "{}", "db", "* > *:0-65535" },
	{ V28, SELF_IN_SSH, "db", "" },
	{ V29, SELF_IN_SSH, "db", "* > *:0-65535" },
	{ V26, "{\"grants\":[{\"src\":[\"*\"],\"dst\":[\"*\"],\"ip\":[\"*\"]}]}", "db",
	  "" },
	/* how users are named */
	{ V24, ACLS(ACL("", "\"ada@example.com\",\"ada@\"", "\"tag:db:22\"")), "db",
	  ADA_FLAT " > 100.64.0.4/32:22-22 fd7a:115c:a1e0::4/128:22-22" },
	{ V22,
	  ACLS(ACL("", "\"ada@example.com\"", "\"tag:db:22\"") "," ACL("", "\"group:g\"",
	                                                               "\"tag:db:23\"")),
	  "db", ADA_FLAT " > 100.64.0.4/32:23-23 fd7a:115c:a1e0::4/128:23-23" },
	{ V22, ACLS(ACL("", "\"autogroup:member\"", "\"tag:db:22\"")), "db", "" },
};

static void
releases_send_their_own_filters(void **state)
{
	static struct letter letter;
	size_t n_bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(sents) / sizeof(*sents); i++) {
		send(&letter, sents[i].target, sents[i].policy, sents[i].machine);
		if (strcmp(letter.text, sents[i].filter) == 0)
			continue;
		print_error("%s, %s: %s\n  %s\n", target_name(sents[i].target),
		            sents[i].machine, sents[i].policy, letter.text);
		n_bad++;
	}
	assert_int_equal(n_bad, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(releases_send_their_own_filters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
