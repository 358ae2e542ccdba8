#include "policy/policy_test.h"

/* What stands around a list of acls and the like. */
#define ACL(fields) "{`acls`: [{`action`: `accept`, " fields "}]}"
#define GRANT(fields) "{`grants`: [{" fields "}]}"

static const struct refusal refusals[] = {
	/* fields that there are not */
	{ "unknown-field", "a policy has no tagOwner; did you mean tagOwners?",
	  "json: unknown field \"tagOwner\"", "{<`tagOwner`>: {}}" },
	{ "unknown-field", "a policy has no TAGOWNER; did you mean tagOwners?",
	  "json: unknown field \"TAGOWNER\"", "{<`TAGOWNER`>: {}}" },
	{ "unknown-field", "a policy has no colour", "json: unknown field \"colour\"",
	  "{<`colour`>: `red`}" },
	{ "unknown-field", "a policy has no \"\"", "json: unknown field \"\"",
	  "{<``>: 1}" },
	{ "unknown-field", "a policy has no \"a\\nb\"", "json: unknown field \"a\\nb\"",
	  "{<`a\\nb`>: 1}" },
	{ "unknown-field",
	  "a policy has no magicDNS: DNS is set in the admin console or through the API "
	  "(headscale: under dns in its configuration)",
	  "json: unknown field \"magicDNS\"", "{<`magicDNS`>: true}" },
	{ "unknown-field",
	  "a policy has no extraDNSRecords: DNS is set in the admin console or through "
	  "the API (headscale: under dns in its configuration)",
	  "json: unknown field \"extraDNSRecords\"", "{<`extraDNSRecords`>: []}" },
	{ "unknown-field", "a policy has no tags: tags are defined in tagOwners",
	  "json: unknown field \"tags\"", "{<`tags`>: {}}" },
	{ "unknown-field",
	  "an acl has no ip: its ports belong in dst, as in \"tag:web:443\"",
	  "json: unknown field \"ip\"", ACL("<`ip`>: [`*`]") },
	{ "unknown-field", "an acl has no destination",
	  "json: unknown field \"destination\"", ACL("<`destination`>: []") },
	{ "unknown-field", "a grant has no action: a grant always accepts",
	  "json: unknown field \"action\"", GRANT("<`action`>: `accept`") },
	{ "unknown-field", "an ssh rule has no user; did you mean users?",
	  "json: unknown field \"user\"", "{`ssh`: [{<`user`>: [`root`]}]}" },
	{ "unknown-field", "a nodeAttrs entry has no targets; did you mean target?",
	  "json: unknown field \"targets\"", "{`nodeAttrs`: [{<`targets`>: [`*`]}]}" },
	{ "unknown-field", "a test has no accepts; did you mean accept?",
	  "json: unknown field \"accepts\"", "{`tests`: [{<`accepts`>: []}]}" },
	{ "unknown-field", "an sshTest has no proto: ssh is always tcp",
	  "json: unknown field \"proto\"", "{`sshTests`: [{<`proto`>: `tcp`}]}" },
	{ "unknown-field", "autoApprovers has no exitnodes; did you mean exitNode?",
	  "json: unknown field \"exitnodes\"", "{`autoApprovers`: {<`exitnodes`>: []}}" },
	{ "unknown-field", "an attribute of attrConfig has no kind",
	  "json: unknown field \"kind\"", "{`attrConfig`: {`custom:a`: {<`kind`>: 1}}}" },
	{ "unknown-field", "a region has no RegionCod; did you mean RegionCode?",
	  "json: unknown field \"RegionCod\"",
	  "{`derpMap`: {`Regions`: {`900`: {<`RegionCod`>: `a`}}}}" },

	/* values of another type */
	{ "wrong-type", "a policy is an object, not an array", NULL, "<[]>" },
	{ "wrong-type", "acls takes a list, not an object", NULL, "{`acls`: <{}>}" },
	{ "wrong-type", "an acl is an object, not a string", NULL, "{`acls`: [<`*`>]}" },
	{ "wrong-type", "an acl is an object, not null", NULL, "{`acls`: [<null>]}" },
	{ "wrong-type", "groups takes an object, not an array", NULL,
	  "{`groups`: <[]>}" },
	{ "wrong-type", "group:a takes a list of strings, not a string", NULL,
	  "{`groups`: {`group:a`: <`a@example.com`>}}" },
	{ "wrong-type", "group:a takes strings, not a number", NULL,
	  "{`groups`: {`group:a`: [`a@example.com`, <7>]}}" },
	{ "wrong-type", "db takes an address or a prefix, not null", NULL,
	  "{`hosts`: {`db`: <null>}}" },
	{ "wrong-type", "src takes a list of strings, not a string", NULL,
	  ACL("`src`: <`*`>") },
	{ "wrong-type", "Users takes a list of strings, not a string", NULL,
	  ACL("`Users`: <`*`>") },
	{ "wrong-type", "dst takes strings, not null", NULL, ACL("`dst`: [<null>]") },
	{ "wrong-type", "proto takes a string, not a number", NULL, ACL("`proto`: <6>") },
	{ "wrong-type", "ip takes a list of strings, not a string", NULL,
	  GRANT("`ip`: <`443`>") },
	{ "wrong-type", "ip takes strings, not a number", NULL, GRANT("`ip`: [<443>]") },
	{ "wrong-type", "app takes an object, not an array", NULL, GRANT("`app`: <[]>") },
	{ "wrong-type", "example.com/cap takes a list, not an object", NULL,
	  GRANT("`app`: {`example.com/cap`: <{}>}") },
	{ "wrong-type", "enforceRecorder takes true or false, not a string", NULL,
	  "{`ssh`: [{`enforceRecorder`: <`yes`>}]}" },
	{ "wrong-type", "randomizeClientPort takes true or false, not a number", NULL,
	  "{`randomizeClientPort`: <1>}" },
	{ "wrong-type", "ipset:a takes a list of strings, not a string", NULL,
	  "{`ipsets`: {`ipset:a`: <`10.0.0.0/8`>}}" },
	{ "wrong-type", "node:os takes a string, a number, true or false, not an array",
	  NULL, "{`tests`: [{`srcPostureAttrs`: {`node:os`: <[]>}}]}" },
	{ "wrong-type", "RegionID takes a whole number, not a string", NULL,
	  "{`derpMap`: {`Regions`: {`900`: {`RegionID`: <`900`>}}}}" },
	{ "wrong-type", "RegionID takes a whole number, not 900.5", NULL,
	  "{`derpMap`: {`Regions`: {`900`: {`RegionID`: <900.5>}}}}" },

	/* both spellings of a field */
	{ "duplicate-key", "src and users are the same field; give only one of them",
	  NULL, ACL("`src`: [], <`users`>: []") },
	{ "duplicate-key", "Ports and dst are the same field; give only one of them",
	  NULL, ACL("`Ports`: [], <`dst`>: []") },
	{ "duplicate-key", "user and src are the same field; give only one of them", NULL,
	  "{`tests`: [{`user`: `a@example.com`, <`src`>: `a@example.com`}]}" },
};

static void
a_structure_that_is_none_is_told_once_at_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(refusals); i++) {
		struct bench b;
		bench_read(&b, refusals[i].text, TARGET_TAILSCALE);
		assert_refusal(&b, &refusals[i], LEVEL_ERROR);
		bench_end(&b);
	}
}

static const struct refusal duplicates[] = {
	{ "duplicate-key", "acls is given twice; the later one counts", NULL,
	  "{`acls`: [], <`acls`>: []}" },
	{ "duplicate-key", "acls and ACLs are the same field; the later one counts", NULL,
	  "{`acls`: [], <`ACLs`>: []}" },
	{ "duplicate-key", "group:a is given twice; the later one counts", NULL,
	  "{`groups`: {`group:a`: [], <`group:a`>: []}}" },
	{ "duplicate-key", "group:a is given twice; the later one counts", NULL,
	  "{`groups`: {`group:\\u0061`: [], <`group:a`>: []}}" },
	{ "duplicate-key", "db is given twice; the later one counts", NULL,
	  "{`hosts`: {`db`: `10.0.0.1`, <`db`>: `10.0.0.2`}}" },
	{ "duplicate-key", "dst is given twice; the later one counts", NULL,
	  GRANT("`dst`: [`*`], <`dst`>: [`*`]") },
	{ "duplicate-key", "exitNode is given twice; the later one counts", NULL,
	  "{`autoApprovers`: {`exitNode`: [], <`exitNode`>: []}}" },
	{ "duplicate-key", "a is given twice; the later one counts", NULL,
	  GRANT("`app`: {`example.com/cap`: [{`b`: [{`a`: 1, <`a`>: 2}]}]}") },
};

static void
a_key_given_twice_is_a_warning_for_tailscale(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(duplicates); i++) {
		struct bench b;
		bench_read(&b, duplicates[i].text, TARGET_TAILSCALE);
		assert_refusal(&b, &duplicates[i], LEVEL_WARNING);
		assert_string_equal(b.findings.at[0]->notes->said, "first given here");
		bench_end(&b);
	}
}

static void
a_key_given_twice_is_refused_by_headscale_from_0_27_on(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(duplicates); i++) {
		struct bench b;
		bench_read(&b, duplicates[i].text, TARGET_HEADSCALE_0_26);
		assert_int_equal(b.findings.n_errors, 0);
		bench_end(&b);
		bench_read(&b, duplicates[i].text, TARGET_HEADSCALE_0_27);
		assert_int_equal(b.findings.n_errors, 1);
		bench_end(&b);
	}
}

static void
names_of_data_that_differ_in_case_are_two(void **state)
{
	struct bench b;

	(void)state;
	bench_read(&b, "{`groups`: {`group:a`: [], `group:A`: []}}", TARGET_TAILSCALE);
	assert_int_equal(b.findings.n, 0);
	assert_int_equal(b.policy->n_groups, 2);
	bench_end(&b);
}

static void
of_a_name_defined_twice_the_later_counts(void **state)
{
	struct bench b;

	(void)state;
	bench_read(&b,
	           "{`groups`: {`group:a`: [`x@example.com`, `y@example.com`]},"
	           " `Groups`: {`group:b`: [], `group:a`: [`z@example.com`]}}",
	           TARGET_TAILSCALE);
	const struct group *a = policy_group(b.policy, text_of("group:a"));
	assert_int_equal(b.policy->n_groups, 2);
	assert_int_equal(a->members.n, 1);
	assert_text(a->members.at[0].text, "z@example.com");
	assert_non_null(policy_group(b.policy, text_of("group:b")));
	assert_null(policy_group(b.policy, text_of("group:c")));
	bench_end(&b);
}

/* All sections and fields, in spellings that differ only in case, or of old. */
static const char modern[] =
	"{`acls`: [{`action`: `accept`, `src`: [`*`], `dst`: [`*:22`], `proto`: `tcp`,"
	" `srcPosture`: [`posture:a`]}],"
	" `tests`: [{`src`: `a@example.com`, `accept`: [`tag:a:22`], `deny`: "
	"[`tag:a:23`]}],"
	" `groups`: {`group:a`: [`a@example.com`]}, `hosts`: {`h`: `10.0.0.1`},"
	" `tagOwners`: {`tag:a`: []}, `autoApprovers`: {`exitNode`: [`tag:a`]},"
	" `nodeAttrs`: [{`target`: [`*`], `attr`: [`funnel`]}],"
	" `postures`: {`posture:a`: [`node:os == 'linux'`]}, `ssh`: [],"
	" `OneCGNATRoute`: `mac-never`, `disableIPv4`: true}";
static const char historical[] =
	"{`ACLs`: [{`Action`: `accept`, `Users`: [`*`], `PORTS`: [`*:22`], `Proto`: "
	"`tcp`,"
	" `SrcPosture`: [`posture:a`]}],"
	" `Tests`: [{`User`: `a@example.com`, `Allow`: [`tag:a:22`], `Deny`: "
	"[`tag:a:23`]}],"
	" `Groups`: {`group:a`: [`a@example.com`]}, `Host\xC5\xBF`: {`h`: `10.0.0.1`},"
	" `TagOwners`: {`tag:a`: []}, `AutoApprovers`: {`ExitNode`: [`tag:a`]},"
	" `NodeAttrs`: [{`Target`: [`*`], `Attr`: [`funnel`]}],"
	" `Postures`: {`posture:a`: [`node:os == 'linux'`]}, `SSH`: [],"
	" `oneCGNATRoute`: `mac-never`, `DisableIPv4`: true}";

static void
assert_all_read(const char *text)
{
	struct bench b;

	bench_judge(&b, text);
	const struct policy *p = b.policy;
	assert_int_equal(b.findings.n, 0);
	assert_int_equal(p->n_grants, 1);
	assert_text(p->grants[0].src.at[0].text, "*");
	assert_int_equal(p->grants[0].dst.at[0].ports[0].last, 22);
	assert_int_equal(p->grants[0].ip[0].protocol, PROTOCOL_TCP);
	assert_text(p->grants[0].src_posture.at[0].text, "posture:a");
	assert_text(p->tests[0].src.text, "a@example.com");
	assert_int_equal(p->tests[0].accept.n, 1);
	assert_int_equal(p->tests[0].deny.n, 1);
	assert_int_equal(p->n_groups + p->n_hosts + p->n_tags + p->n_postures, 4);
	assert_int_equal(p->exit_node.n, 1);
	assert_text(p->node_attrs[0].attr.at[0].text, "funnel");
	assert_non_null(p->sections[SECTION_SSH]);
	assert_text(p->one_cgnat_route.text, "mac-never");
	assert_true(p->disable_ipv4);
	bench_end(&b);
}

static void
names_of_fields_are_matched_whatever_their_case_and_age(void **state)
{
	(void)state;
	assert_all_read(modern);
	assert_all_read(historical);
}

static void
null_is_as_good_as_absent(void **state)
{
	static const char *const texts[] = {
		"{`acls`: null, `grants`: null, `ssh`: null, `tests`: null}",
		"{`groups`: null, `hosts`: null, `derpMap`: null, `autoApprovers`: null}",
		"{`randomizeClientPort`: null, `OneCGNATRoute`: null, `postures`: null}",
		ACL("`src`: null, `dst`: null, `proto`: null, `srcPosture`: null"),
		GRANT("`src`: null, `ip`: [`*`], `app`: null, `via`: null"),
		GRANT("`app`: {`example.com/cap`: null}"),
		"{`groups`: {`group:a`: null}, `ipsets`: {`ipset:a`: null}}",
		"{`ssh`: [{`action`: `check`, `users`: [`a`], `checkPeriod`: null}]}",
		"{`ssh`: [{`action`: `check`, `users`: [`a`], `acceptEnv`: null}]}",
		"{`derpMap`: {`Regions`: {`1`: null}, `HomeParams`: null}}",
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		struct bench b;
		bench_judge(&b, texts[i]);
		if (b.findings.n > 0)
			fail_msg("%s, of %s", b.findings.at[0]->said, texts[i]);
		bench_end(&b);
	}
}

static void
a_policy_is_open_when_neither_acls_nor_grants_are_given(void **state)
{
	static const struct {
		const char *text;
		bool open;
	} rows[] = {
		{ "{}", true },
		{ "{`ssh`: []}", true },
		{ "{`acls`: null}", true },
		{ "{`acls`: []}", false },
		{ "{`GRANTS`: []}", false },
		{ "{`acls`: [], `acls`: null}", true },
		{ "{`acls`: null, `acls`: []}", false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct bench b;
		bench_read(&b, rows[i].text, TARGET_TAILSCALE);
		assert_int_equal(policy_is_open(b.policy), rows[i].open);
		bench_end(&b);
	}
}

static void
grants_come_before_acls_and_keep_their_places(void **state)
{
	struct bench b;

	(void)state;
	bench_read(&b,
	           "{`acls`: [{`action`: `accept`, `src`: [`a`]}, {`src`: [`b`]}],"
	           " `grants`: [{`src`: [`c`]}]}",
	           TARGET_TAILSCALE);
	static const struct {
		enum section section;
		uint32_t index;
		const char *src;
	} expected[] = {
		{ SECTION_GRANTS, 0, "c" },
		{ SECTION_ACLS, 0, "a" },
		{ SECTION_ACLS, 1, "b" },
	};
	assert_int_equal(b.policy->n_grants, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct grant *grant = &b.policy->grants[i];
		assert_int_equal(grant->section, expected[i].section);
		assert_int_equal(grant->index, expected[i].index);
		assert_text(grant->src.at[0].text, expected[i].src);
	}
	bench_end(&b);
}

/* The element of an acl's dst, what is read of it, and where. */
struct ported {
	const char *text; /* < and > around the host */
	const char *host;
	enum selector_kind kind;
	const char *ports; /* "22 80-90" */
	enum ports_fault fault;
	bool no_colon, comma;
};

static const struct ported ports[] = {
	{ "<tag:db>:22", "tag:db", SELECTOR_TAG, "22", PORTS_FINE, false, false },
	{ "<*>:*", "*", SELECTOR_ANY, "*", PORTS_FINE, false, false },
	{ "<h>:22,80-90,*", "h", SELECTOR_HOST, "22 80-90 *", PORTS_FINE, false, false },
	{ "<h>:22,x,80", "h", SELECTOR_HOST, "22 80", PORTS_FIRST, false, false },
	{ "<h>:", "h", SELECTOR_HOST, "", PORTS_EMPTY, false, false },
	{ "<h>:22,", "h", SELECTOR_HOST, "22", PORTS_EMPTY, false, false },
	{ "<>:22", "", SELECTOR_INVALID, "22", PORTS_FINE, false, false },
	{ "<fd7a::1>:22", "fd7a::1", SELECTOR_ADDRESS, "22", PORTS_FINE, false, false },
	{ "<[fd7a::1]>:22", "[fd7a::1]", SELECTOR_ADDRESS, "22", PORTS_FINE, false,
	  false },
	{ "<[fd7a::]/48>:22", "[fd7a::]/48", SELECTOR_ADDRESS, "22", PORTS_FINE, false,
	  false },
	{ "<[10.0.0.1]>:22", "[10.0.0.1]", SELECTOR_INVALID, "22", PORTS_FINE, false,
	  false },
	{ "<[fd7a::1>:22", "[fd7a::1", SELECTOR_INVALID, "22", PORTS_FINE, false, false },
	{ "<a,b>:22", "a,b", SELECTOR_HOST, "22", PORTS_FINE, false, true },
	{ "h", "h", SELECTOR_HOST, "", PORTS_FINE, true, false },
	{ "", "", SELECTOR_INVALID, "", PORTS_FINE, true, false },
	{ " \\u0074<ag:db>:22 ", "tag:db", SELECTOR_TAG, "22", PORTS_FINE, false, false },
};

static void
assert_ported(const struct ported *row)
{
	struct bench b;
	char text[256] = "{`acls`: [{`dst`: [`", list[64] = "";

	strcat(text, row->text);
	strcat(text, "`]}]}");
	bench_read(&b, text, TARGET_TAILSCALE);
	assert_int_equal(b.findings.n, 0);
	const struct destination *dst = &b.policy->grants[0].dst.at[0];
	assert_text(dst->selector.text, row->host);
	assert_int_equal(dst->selector.kind, row->kind);
	for (size_t i = 0; i < dst->n_ports; i++) {
		char written[16];
		struct text place = source_text(b.source, dst->port_spans[i]);
		assert_int_equal(ports_write(dst->ports[i], written), place.len);
		assert_text(place, written);
		strcat(strcat(list, i ? " " : ""), written);
	}
	assert_string_equal(list, row->ports);
	assert_int_equal(dst->fault, row->fault);
	assert_int_equal(dst->no_colon, row->no_colon);
	assert_int_equal(dst->comma, row->comma);
	if (b.marked.end > 0) {
		assert_int_equal(dst->selector.span.end, b.marked.end);
		/* an escape before the mark is not within it */
		assert_in_range(dst->selector.span.first, b.marked.first - 6,
		                b.marked.first);
	}
	bench_end(&b);
}

static void
a_destination_is_a_host_and_its_ports(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(ports); i++)
		assert_ported(&ports[i]);
}

/* An element of a grant's ip, and what is read of it. */
static const struct {
	const char *text; /* < and > around what is at fault */
	enum service_fault fault;
	int protocol;
	uint16_t first, last;
} services[] = {
	{ "*", SERVICE_FINE, PROTOCOL_ANY, 0, 65535 },
	{ "*:*", SERVICE_FINE, PROTOCOL_ANY, 0, 65535 },
	{ "47", SERVICE_FINE, PROTOCOL_ANY, 47, 47 },
	{ "80-443", SERVICE_FINE, PROTOCOL_ANY, 80, 443 },
	{ "TCP:22", SERVICE_FINE, PROTOCOL_TCP, 22, 22 },
	{ "47:*", SERVICE_FINE, 47, 0, 65535 },
	{ "icmp:*", SERVICE_FINE, PROTOCOL_ICMP, 0, 65535 },
	{ "", SERVICE_EMPTY, PROTOCOL_ANY, 0, 0 },
	{ "<icmp>", SERVICE_PORTS, PROTOCOL_ANY, 0, 0 },
	{ "tcp:<0>", SERVICE_PORTS, PROTOCOL_ANY, 0, 0 },
	{ "<80,443>", SERVICE_PORTS, PROTOCOL_ANY, 0, 0 },
	{ "<tcp,udp>:80", SERVICE_COMMA, PROTOCOL_ANY, 80, 80 },
	{ ":80", SERVICE_NO_PROTOCOL, PROTOCOL_ANY, 80, 80 },
	{ "<tpc>:80", SERVICE_PROTOCOL, PROTOCOL_ANY, 80, 80 },
	{ "<tcp:80>:90", SERVICE_PROTOCOL, PROTOCOL_ANY, 90, 90 },
	{ "<256>:*", SERVICE_PROTOCOL, PROTOCOL_ANY, 0, 65535 },
};

static void
an_element_of_ip_is_a_protocol_and_ports(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(services); i++) {
		struct bench b;
		char text[64] = "{`grants`: [{`ip`: [`";
		strcat(strcat(text, services[i].text), "`]}]}");
		bench_read(&b, text, TARGET_TAILSCALE);
		const struct service *service = &b.policy->grants[0].ip[0];
		assert_int_equal(service->fault, services[i].fault);
		assert_int_equal(service->good, services[i].fault == SERVICE_FINE);
		assert_int_equal(service->protocol, services[i].protocol);
		assert_int_equal(service->ports.first, services[i].first);
		assert_int_equal(service->ports.last, services[i].last);
		if (b.marked.end > 0) {
			assert_int_equal(service->fault_span.first, b.marked.first);
			assert_int_equal(service->fault_span.end, b.marked.end);
		}
		bench_end(&b);
	}
}

static void
headscale_reads_a_list_of_ports_as_several_services(void **state)
{
	struct bench b;

	(void)state;
	bench_read(&b, GRANT("`ip`: [`tcp:80,443,8000-8080`, `53`]"),
	           TARGET_HEADSCALE_0_29);
	const struct grant *grant = &b.policy->grants[0];
	assert_int_equal(grant->n_ip, 4);
	for (size_t i = 0; i < 4; i++) {
		static const uint16_t last[] = { 80, 443, 8080, 53 };
		assert_true(grant->ip[i].good);
		assert_int_equal(grant->ip[i].protocol,
		                 i < 3 ? PROTOCOL_TCP : PROTOCOL_ANY);
		assert_int_equal(grant->ip[i].ports.last, last[i]);
	}
	bench_end(&b);
}

static void
steps_of_an_ipset_are_verbs_and_targets(void **state)
{
	struct bench b;

	(void)state;
	bench_read(
		&b,
		"{`hosts`: {`h`: `10.0.0.2`}, `ipsets`: {`ipset:a`: [`add 10.0.0.0/30`,"
		" `remove  host:h`, ` add 10.1.0.1-10.1.0.9 `], `ipset:b`:"
		" [`ipset:a`, `adder`]}}",
		TARGET_TAILSCALE);
	const struct ipset *a = policy_ipset(b.policy, text_of("ipset:a"));
	assert_int_equal(a->n_steps, 3);
	assert_false(a->steps[0].remove);
	assert_int_equal(a->steps[0].target.kind, SELECTOR_ADDRESS);
	assert_true(a->steps[1].remove);
	assert_int_equal(a->steps[1].target.kind, SELECTOR_HOST);
	assert_text(source_text(b.source, a->steps[1].target.span), "host:h");
	assert_int_equal(a->steps[2].target.kind, SELECTOR_RANGE);
	assert_text(source_text(b.source, a->steps[2].target.span), "10.1.0.1-10.1.0.9");
	assert_int_equal(a->ranges.n, 3);
	const struct ipset *inner = policy_ipset(b.policy, text_of("ipset:b"));
	assert_false(inner->steps[0].worded);
	assert_int_equal(inner->ranges.n, 3);
	assert_text(inner->steps[1].target.text, "adder");
	bench_end(&b);
}

static void
words_are_trimmed_where_the_coordinator_trims(void **state)
{
	struct bench b;

	(void)state;
	bench_read(&b,
	           "{`ssh`: [{`action`: ` check\\t`, `src`: [` a@example.com`],"
	           " `users`: [`\\troot`], `acceptEnv`: [` A`]}]}",
	           TARGET_TAILSCALE);
	const struct ssh_rule *rule = &b.policy->ssh[0];
	assert_int_equal(rule->action, SSH_CHECK);
	assert_text(rule->src.at[0].text, "a@example.com");
	assert_text(rule->users.at[0].text, "root");
	assert_text(source_text(b.source, rule->users.at[0].span), "\"\\troot\"");
	assert_text(rule->accept_env.at[0].text, " A");
	bench_end(&b);
}

static void
a_word_has_one_number_wherever_it_stands(void **state)
{
	struct bench b;

	(void)state;
	bench_read(
		&b,
		"{`groups`: {`group:a`: [`a@example.com`, `b@example.com`]},"
		" `acls`: [{`action`: `accept`, `src`: [` a@example.com`, `[fd7a::1]`],"
		" `dst`: [`[fd7a::1]:22`, `b@example.com:22`]}],"
		" `tests`: [{`src`: `a\\u0040example.com`}]}",
		TARGET_TAILSCALE);
	const struct selector *members = b.policy->groups[0].members.at;
	const struct grant *acl = &b.policy->grants[0];
	assert_int_equal(policy_word(b.policy, &members[0]), 0);
	assert_int_equal(policy_word(b.policy, &members[1]), 1);
	assert_int_equal(policy_word(b.policy, &acl->src.at[0]), 0);
	assert_int_equal(policy_word(b.policy, &acl->src.at[1]), 2);
	assert_int_equal(policy_word(b.policy, &acl->dst.at[0].selector), 2);
	assert_int_equal(policy_word(b.policy, &acl->dst.at[1].selector), 1);
	assert_int_equal(policy_word(b.policy, &b.policy->tests[0].src), 0);
	bench_end(&b);
}

/* Of another policy, or of none: looked for by its text. */
static void
a_word_from_elsewhere_is_found_by_its_text(void **state)
{
	struct bench here, there;

	(void)state;
	bench_read(&here, "{`groups`: {`group:a`: [`a@example.com`, `b@example.com`]}}",
	           TARGET_TAILSCALE);
	bench_read(&there, "{`groups`: {`group:a`: [`b@example.com`, `c@example.com`]}}",
	           TARGET_TAILSCALE);
	const struct selector *foreign = there.policy->groups[0].members.at;
	struct selector *own = here.policy->groups[0].members.at;
	assert_int_equal(policy_word(here.policy, &foreign[0]), 1);
	assert_int_equal(policy_word(here.policy, &foreign[1]), NAMES_NONE);
	own[1].text.len--;
	assert_int_equal(policy_word(here.policy, &own[1]), NAMES_NONE);
	bench_end(&here);
	bench_end(&there);
}

static void
attributes_of_a_test_have_values_of_three_kinds(void **state)
{
	struct bench b;

	(void)state;
	bench_read(
		&b,
		"{`tests`: [{`src`: `a@example.com`, `proto`: `sctp`, `srcPostureAttrs`:"
		" {`node:os`: `linux`, `custom:n`: -1.5e1, `custom:b`: true}},"
		" {`proto`: `tpc`}]}",
		TARGET_TAILSCALE);
	const struct test *test = &b.policy->tests[0];
	assert_true(test->good);
	assert_int_equal(test->protocol, PROTOCOL_SCTP);
	assert_non_null(test->attributes.object);
	assert_int_equal(test->attributes.n, 3);
	assert_text(test->attributes.at[0].value.text, "linux");
	assert_int_equal(test->attributes.at[1].value.kind, VALUE_NUMBER);
	assert_true(test->attributes.at[1].value.number == -15);
	assert_int_equal(test->attributes.at[2].value.kind, VALUE_BOOL);
	assert_true(test->attributes.at[2].value.truth);
	assert_int_equal(b.policy->tests[1].protocol, -2);
	assert_null(b.policy->tests[1].src_word.node);
	bench_end(&b);
}

static void
a_row_that_could_not_be_read_is_marked(void **state)
{
	struct bench b;

	(void)state;
	bench_read(&b,
	           "{`ssh`: [{`action`: `accept`}, {`user`: []}, {`src`: 1}],"
	           " `tests`: [{`src`: 7}], `tagOwner`: {}, `hosts`: {`h`: 1}}",
	           TARGET_TAILSCALE);
	assert_true(b.policy->ssh[0].good);
	assert_false(b.policy->ssh[1].good);
	assert_false(b.policy->ssh[2].good);
	assert_false(b.policy->tests[0].good);
	assert_int_equal(b.policy->unread, UINT32_C(1) << SECTION_SSH |
	                                           UINT32_C(1) << SECTION_TESTS |
	                                           UINT32_C(1) << SECTION_TAG_OWNERS |
	                                           UINT32_C(1) << SECTION_HOSTS);
	bench_end(&b);
}

static void
errors_are_told_in_the_order_of_the_file(void **state)
{
	struct bench b;

	(void)state;
	bench_read(&b, "{`ssh`: [{`x`: 1}], `acls`: 7, `y`: {}}", TARGET_TAILSCALE);
	assert_int_equal(b.findings.n, 3);
	for (size_t i = 1; i < 3; i++)
		assert_true(b.findings.at[i]->where.first >
		            b.findings.at[i - 1]->where.first);
	bench_end(&b);
}

/* Of a text with slips in it the rest is read, and nothing is told twice. */
static void
a_broken_text_is_read_as_far_as_it_goes(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"{`acls`",
		"{`acls`: [",
		"{`acls`: [{`src`: [`tag:a`",
		"[",
		"7",
		"null",
		"{`acls`: [{`src`: [`tag:a` `tag:b`]}]}",
		"{`acls`: [{]}",
		"{`groups`: {`group:a`: [,]}}",
		"{\"derpMap\": {\"Regions\": {7}}}",
		"{`tests`: [{`accept`: [`\\x:22`]}]}",
		"{`hosts`: {`h`: `\x01`}}",
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		struct bench b;
		bench_judge(&b, texts[i]);
		assert_true(b.findings.n_errors > 0);
		for (size_t k = 0; k < b.findings.n; k++)
			assert_string_not_equal(b.findings.at[k]->check->id,
			                        "undefined-tag");
		bench_end(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_structure_that_is_none_is_told_once_at_its_place),
		cmocka_unit_test(a_key_given_twice_is_a_warning_for_tailscale),
		cmocka_unit_test(a_key_given_twice_is_refused_by_headscale_from_0_27_on),
		cmocka_unit_test(names_of_data_that_differ_in_case_are_two),
		cmocka_unit_test(of_a_name_defined_twice_the_later_counts),
		cmocka_unit_test(names_of_fields_are_matched_whatever_their_case_and_age),
		cmocka_unit_test(null_is_as_good_as_absent),
		cmocka_unit_test(a_policy_is_open_when_neither_acls_nor_grants_are_given),
		cmocka_unit_test(grants_come_before_acls_and_keep_their_places),
		cmocka_unit_test(a_destination_is_a_host_and_its_ports),
		cmocka_unit_test(an_element_of_ip_is_a_protocol_and_ports),
		cmocka_unit_test(headscale_reads_a_list_of_ports_as_several_services),
		cmocka_unit_test(steps_of_an_ipset_are_verbs_and_targets),
		cmocka_unit_test(words_are_trimmed_where_the_coordinator_trims),
		cmocka_unit_test(a_word_has_one_number_wherever_it_stands),
		cmocka_unit_test(a_word_from_elsewhere_is_found_by_its_text),
		cmocka_unit_test(attributes_of_a_test_have_values_of_three_kinds),
		cmocka_unit_test(a_row_that_could_not_be_read_is_marked),
		cmocka_unit_test(errors_are_told_in_the_order_of_the_file),
		cmocka_unit_test(a_broken_text_is_read_as_far_as_it_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
