#include "policy/policy_test.h"

#define NODE(fields)                                                                     \
	"{`Regions`: {`900`: {`RegionID`: 900, `RegionCode`: `own`, `Nodes`: ["          \
	"{`Name`: `900a`, `RegionID`: 900, `HostName`: `derp.example.com`, " fields      \
	"}]}}}"
#define REGION(key, fields) "{`Regions`: {" key ": {" fields ", `Nodes`: [" A_NODE "]}}}"
#define A_NODE "{`Name`: `a`, `RegionID`: 900, `HostName`: `derp.example.com`}"

static const struct refusal refusals[] = {
	{ "unknown-field", "a derpMap has no Region; did you mean Regions?", NULL,
	  "{<`Region`>: {}}" },
	{ "unknown-field", "a node of a region has no Hostname1; did you mean HostName?",
	  NULL, NODE("<`Hostname1`>: `x`") },
	{ "unknown-field", "HomeParams has no RegionScores; did you mean RegionScore?",
	  NULL, "{`HomeParams`: {<`RegionScores`>: {}}}" },
	{ "wrong-type", "a derpMap is an object, not an array", NULL, "<[]>" },
	{ "wrong-type", "a region is an object, not a string", NULL,
	  "{`Regions`: {`900`: <`x`>}}" },
	{ "wrong-type", "STUNPort takes a whole number, not a string", NULL,
	  NODE("`STUNPort`: <`3478`>") },
	{ "invalid-derp-map", "a region's key is its number, from 1 to 2^53-1, not x",
	  NULL, "{`Regions`: {<`x`>: null}}" },
	{ "invalid-derp-map", "a region's key is its number, from 1 to 2^53-1, not 0",
	  NULL, "{`Regions`: {<`0`>: null}}" },
	{ "invalid-derp-map",
	  "a region's key is its number, from 1 to 2^53-1, not 9007199254740992", NULL,
	  "{`Regions`: {<`9007199254740992`>: null}}" },
	{ "invalid-derp-map", "RegionID is 901, and the region's key is 900", NULL,
	  REGION("`900`", "`RegionID`: <901>, `RegionCode`: `own`") },
	{ "invalid-derp-map", "region 900 needs a RegionID, its key", NULL,
	  REGION("<`900`>", "`RegionCode`: `own`") },
	{ "invalid-derp-map", "a region needs a RegionCode", NULL,
	  REGION("<`900`>", "`RegionID`: 900") },
	{ "invalid-derp-map", "a region needs a RegionCode, and this one is empty", NULL,
	  REGION("`900`", "`RegionID`: 900, `RegionCode`: <``>") },
	{ "invalid-derp-map", "a node needs a Name", NULL,
	  "{`Regions`: {`900`: {`RegionID`: 900, `RegionCode`: `own`, `Nodes`: ["
	  "<{`RegionID`: 900, `HostName`: `derp.example.com`}>]}}}" },
	{ "invalid-derp-map", "a node needs a HostName", NULL,
	  "{`Regions`: {`900`: {`RegionID`: 900, `RegionCode`: `own`, `Nodes`: ["
	  "<{`RegionID`: 900, `Name`: `a`}>]}}}" },
	{ "invalid-derp-map", "the node's RegionID is 1, and it stands in region 900",
	  NULL,
	  "{`Regions`: {`900`: {`RegionID`: 900, `RegionCode`: `own`, `Nodes`: ["
	  "{`RegionID`: <1>, `Name`: `a`, `HostName`: `derp.example.com`}]}}}" },
	{ "invalid-derp-map", "HostName derp..example is no DNS name", NULL,
	  "{`Regions`: {`900`: {`RegionID`: 900, `RegionCode`: `own`, `Nodes`: ["
	  "{`RegionID`: 900, `Name`: `a`, `HostName`: <`derp..example`>}]}}}" },
	{ "invalid-derp-map",
	  "IPv4 fd7a::1 is not an IPv4 address; write none for a node "
	  "without one",
	  NULL, NODE("`IPv4`: <`fd7a::1`>") },
	{ "invalid-derp-map",
	  "IPv6 10.0.0.1 is not an IPv6 address; write none for a node "
	  "without one",
	  NULL, NODE("`IPv6`: <`10.0.0.1`>") },
	{ "invalid-derp-map", "STUNTestIP x is not an IP address", NULL,
	  NODE("`STUNTestIP`: <`x`>") },
	{ "invalid-derp-map", "STUNPort -2 is no port; -1 is for none", NULL,
	  NODE("`STUNPort`: <-2>") },
	{ "invalid-derp-map", "STUNPort 65536 is no port; -1 is for none", NULL,
	  NODE("`STUNPort`: <65536>") },
	{ "invalid-derp-map", "DERPPort -1 is no port", NULL, NODE("`DERPPort`: <-1>") },
	{ "invalid-derp-map", "CertName sha256-raw: takes a hash of 64 hex digits", NULL,
	  NODE("`CertName`: <`sha256-raw:abc`>") },
	{ "invalid-derp-map",
	  "CertName a b is neither a DNS name nor sha256-raw: with a hash", NULL,
	  NODE("`CertName`: <`a b`>") },
	{ "invalid-derp-map",
	  "a RegionScore is above 0: less than 1 is preferred, more is not", NULL,
	  "{`HomeParams`: {`RegionScore`: {`1`: <0>}}}" },
	{ "invalid-derp-map", "a region's key is its number, from 1 to 2^53-1, not -1",
	  NULL, "{`HomeParams`: {`RegionScore`: {<`-1`>: 1}}}" },
};

/* Taken, and probably not meant. */
static const struct refusal doubts[] = {
	{ "doubtful-derp-map",
	  "region 1 takes the place of Tailscale's own; 900 to 999 are for yours", NULL,
	  "{`Regions`: {<`1`>: {`RegionID`: 1, `RegionCode`: `own`, `Nodes`: ["
	  "{`RegionID`: 1, `Name`: `a`, `HostName`: `derp.example.com`}]}}}" },
	{ "doubtful-derp-map",
	  "null takes away Tailscale's region 900, and there is none: 900 to 999 are for "
	  "your own",
	  NULL, "{`Regions`: {<`900`>: null}}" },
	{ "doubtful-derp-map",
	  "null takes away region 1, which OmitDefaultRegions does already", NULL,
	  "{`OmitDefaultRegions`: true, `Regions`: {<`1`>: null, `900`: {`RegionID`: 900,"
	  " `RegionCode`: `own`, `Nodes`: [" A_NODE "]}}}" },
	{ "doubtful-derp-map",
	  "without Tailscale's regions, and none of your own, machines that find no "
	  "direct "
	  "way cannot reach each other",
	  NULL, "{`OmitDefaultRegions`: <true>, `Regions`: {}}" },
	{ "doubtful-derp-map", "region 900 has no nodes", NULL,
	  "{`Regions`: {<`900`>: {`RegionID`: 900, `RegionCode`: `own`}}}" },
	{ "doubtful-derp-map", "RegionCode own is used twice", NULL,
	  "{`Regions`: {`900`: {`RegionID`: 900, `RegionCode`: `own`, `Nodes`: [" A_NODE
	  "]}, `901`: {`RegionID`: 901, `RegionCode`: <`own`>, `Nodes`: [{`Name`: `b`,"
	  " `RegionID`: 901, `HostName`: `b.example.com`}]}}}" },
	{ "doubtful-derp-map", "the node name a is used twice", NULL,
	  "{`Regions`: {`900`: {`RegionID`: 900, `RegionCode`: `own`, `Nodes`: [" A_NODE
	  ", {`Name`: <`a`>, `RegionID`: 900, `HostName`: `b.example.com`}]}}}" },
	{ "doubtful-derp-map", "the region number 900 is used twice", NULL,
	  "{`Regions`: {`900`: {`RegionID`: 900, `RegionCode`: `own`, `Nodes`: [" A_NODE
	  "]}, <`0900`>: {`RegionID`: 900, `RegionCode`: `b`, `Nodes`: [{`Name`: `b`,"
	  " `RegionID`: 900, `HostName`: `b.example.com`}]}}}" },
	{ "doubtful-derp-map",
	  "HostName 192.0.2.1 is an address: certificates are for names, and addresses "
	  "belong in IPv4 and IPv6",
	  NULL,
	  "{`Regions`: {`900`: {`RegionID`: 900, `RegionCode`: `own`, `Nodes`: ["
	  "{`Name`: `a`, `RegionID`: 900, `HostName`: <`192.0.2.1`>}]}}}" },
	{ "doubtful-derp-map", "a node with STUNOnly and without a STUNPort does nothing",
	  NULL, NODE("`STUNOnly`: <true>, `STUNPort`: -1") },
	{ "doubtful-derp-map", "InsecureForTests lets anybody pose as this node", NULL,
	  NODE("`InsecureForTests`: <true>") },
	{ "doubtful-derp-map", "with neither IPv4 nor IPv6, nobody can reach this node",
	  NULL, NODE("`IPv4`: `none`, `IPv6`: <`none`>") },
};

/* Nothing is wrong with these. */
static const char *const fine[] = {
	"{}",
	"{`Regions`: null, `HomeParams`: null}",
	"{`Regions`: {`1`: null, `2`: null}}",
	"{`HomeParams`: {`RegionScore`: {`1`: 0.5, `2`: 1e3}}}",
	"{`OmitDefaultRegions`: true, `Regions`: {`5`: {`RegionID`: 5, `RegionCode`: `x`,"
	" `Nodes`: [{`Name`: `a`, `RegionID`: 5, `HostName`: `derp.example.com.`}]}}}",
	NODE("`STUNPort`: -1, `DERPPort`: 0, `IPv4`: `none`, `IPv6`: `fd7a::1`"),
	NODE("`stunport`: 65535, `derpPort`: 443, `ipv4`: `192.0.2.1`, `canPort80`: "
	     "true"),
	NODE("`CertName`: `sha256-raw:0123456789abcdef0123456789abcdef0123456789abcdef"
	     "0123456789ABCDEF`"),
	NODE("`CertName`: `cert.example.com`, `STUNTestIP`: `127.0.0.1`"),
};

static void
judge_map(struct bench *b, const char *text)
{
	memset(b, 0, sizeof(*b));
	bench_write(b, text);
	bench_parse(b);
	derp_validate(&b->arena, b->tree, b->tree->root, &b->findings);
}

/* A row of its own, and the same map within a policy. */
static void
assert_map(const struct refusal *row, enum level level)
{
	struct bench b;
	size_t len = strlen(row->text);
	char *policy = malloc(len + 32);

	judge_map(&b, row->text);
	assert_refusal(&b, row, level);
	bench_end(&b);

	assert_non_null(policy);
	strcpy(policy, "{`derpMap`: ");
	strcat(strcat(policy, row->text), "}");
	bench_judge(&b, policy);
	assert_int_equal(b.findings.n, 1);
	assert_string_equal(b.findings.at[0]->said, row->said);
	bench_end(&b);
	free(policy);
}

static void
what_clients_cannot_use_is_an_error(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(refusals); i++)
		assert_map(&refusals[i], LEVEL_ERROR);
}

static void
what_is_probably_not_meant_is_a_warning(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(doubts); i++)
		assert_map(&doubts[i], LEVEL_WARNING);
}

static void
a_map_as_it_should_be_raises_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(fine); i++) {
		struct bench b;
		judge_map(&b, fine[i]);
		if (b.findings.n > 0)
			fail_msg("\"%s\", of %s", b.findings.at[0]->said, fine[i]);
		bench_end(&b);
	}
}

static void
the_structure_of_a_policys_map_is_told_before_other_mistakes(void **state)
{
	struct bench b;

	(void)state;
	bench_judge(&b, "{`acls`: [{`action`: `deny`}],"
	                " `derpMap`: {`Regions`: {`900`: {`x`: 1}}}}");
	assert_string_equal(findings_first_error(&b.findings)->coordinator,
	                    "json: unknown field \"x\"");
	bench_end(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_clients_cannot_use_is_an_error),
		cmocka_unit_test(what_is_probably_not_meant_is_a_warning),
		cmocka_unit_test(a_map_as_it_should_be_raises_nothing),
		cmocka_unit_test(
			the_structure_of_a_policys_map_is_told_before_other_mistakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
