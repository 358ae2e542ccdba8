#include "policy/derp.h"

#include "grammar/address.h"
#include "grammar/arena.h"
#include "policy/show.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* What one's own regions are numbered from and to; the rest is Tailscale's. */
#define OWN_FIRST 900
#define OWN_LAST 999

/* The largest region there can be: 2^53 - 1. */
#define REGION_MAX INT64_C(9007199254740991)

/* In the order of node_field. */
enum node_key {
	NODE_NAME,
	NODE_REGION,
	NODE_HOST,
	NODE_CERT,
	NODE_IPV4,
	NODE_IPV6,
	NODE_STUN_PORT,
	NODE_STUN_ONLY,
	NODE_DERP_PORT,
	NODE_INSECURE,
	NODE_STUN_TEST_IP,
	NODE_CAN_PORT_80,
	NODE_KEYS,
};

struct derp_node {
	const struct node *node;
	const struct node *keys[NODE_KEYS]; /* where each field is; NULL: absent */
	struct word name, host, cert, ipv4, ipv6, stun_test_ip;
	int64_t region, stun_port, derp_port;
	bool stun_only, insecure, can_port_80;
	bool good; /* it could be read */
};

/* In the order of region_field. */
enum region_key {
	REGION_ID,
	REGION_CODE,
	REGION_NAME,
	REGION_LATITUDE,
	REGION_LONGITUDE,
	REGION_AVOID,
	REGION_NO_MEASURE,
	REGION_NODES,
	REGION_KEYS,
};

struct derp_region {
	struct word key; /* "900" */
	const struct node *node;
	const struct node *keys[REGION_KEYS];
	bool removed; /* null: Tailscale's region of that number is not used */
	bool good;    /* it could be read */
	int64_t id;
	struct word code, name;
	double latitude, longitude;
	bool avoid, no_measure;
	struct derp_node *nodes;
	size_t n_nodes;
};

struct derp_score {
	struct word key;
	const struct node *value;
	double score;
	bool good;
};

struct derp_map {
	const struct node *node;
	const struct node *keys[3]; /* in the order of map_field */
	bool omit_default;
	bool good; /* it could be read */
	struct derp_region *regions;
	size_t n_regions, cap_regions;
	struct derp_score *scores;
	size_t n_scores, cap_scores;
};

static const struct field node_field[NODE_KEYS] = {
	[NODE_NAME] = { "Name", NULL, read_word, offsetof(struct derp_node, name),
	                FEATURE_NONE },
	[NODE_REGION] = { "RegionID", NULL, read_integer,
	                  offsetof(struct derp_node, region), FEATURE_NONE },
	[NODE_HOST] = { "HostName", NULL, read_word, offsetof(struct derp_node, host),
	                FEATURE_NONE },
	[NODE_CERT] = { "CertName", NULL, read_word, offsetof(struct derp_node, cert),
	                FEATURE_NONE },
	[NODE_IPV4] = { "IPv4", NULL, read_word, offsetof(struct derp_node, ipv4),
	                FEATURE_NONE },
	[NODE_IPV6] = { "IPv6", NULL, read_word, offsetof(struct derp_node, ipv6),
	                FEATURE_NONE },
	[NODE_STUN_PORT] = { "STUNPort", NULL, read_integer,
	                     offsetof(struct derp_node, stun_port), FEATURE_NONE },
	[NODE_STUN_ONLY] = { "STUNOnly", NULL, read_bool,
	                     offsetof(struct derp_node, stun_only), FEATURE_NONE },
	[NODE_DERP_PORT] = { "DERPPort", NULL, read_integer,
	                     offsetof(struct derp_node, derp_port), FEATURE_NONE },
	[NODE_INSECURE] = { "InsecureForTests", NULL, read_bool,
	                    offsetof(struct derp_node, insecure), FEATURE_NONE },
	[NODE_STUN_TEST_IP] = { "STUNTestIP", NULL, read_word,
	                        offsetof(struct derp_node, stun_test_ip), FEATURE_NONE },
	[NODE_CAN_PORT_80] = { "CanPort80", NULL, read_bool,
	                       offsetof(struct derp_node, can_port_80), FEATURE_NONE },
};

static const struct fields node_fields = { "a node of a region", node_field, NODE_KEYS,
	                                   NULL, 0 };

static void
read_nodes(struct reader *r, const struct node *value, void *into)
{
	struct derp_region *region = into;
	bool good = r->good;

	region->n_nodes = 0;
	if (value->kind == HUJSON_NULL || !value_is(r, value, HUJSON_ARRAY, "a list"))
		return;
	region->nodes = arena_array(r->arena, node_length(value), sizeof(*region->nodes));
	for (const struct node *e = node_first(value); e != node_end(value);
	     e = node_next(e)) {
		struct derp_node *node = &region->nodes[region->n_nodes++];
		r->good = true;
		node->node = e;
		fields_read(r, e, &node_fields, node, node->keys);
		node->good = r->good;
		good = good && r->good;
	}
	r->good = good;
}

static const struct field region_field[REGION_KEYS] = {
	[REGION_ID] = { "RegionID", NULL, read_integer, offsetof(struct derp_region, id),
	                FEATURE_NONE },
	[REGION_CODE] = { "RegionCode", NULL, read_word,
	                  offsetof(struct derp_region, code), FEATURE_NONE },
	[REGION_NAME] = { "RegionName", NULL, read_word,
	                  offsetof(struct derp_region, name), FEATURE_NONE },
	[REGION_LATITUDE] = { "Latitude", NULL, read_real,
	                      offsetof(struct derp_region, latitude), FEATURE_NONE },
	[REGION_LONGITUDE] = { "Longitude", NULL, read_real,
	                       offsetof(struct derp_region, longitude), FEATURE_NONE },
	[REGION_AVOID] = { "Avoid", NULL, read_bool, offsetof(struct derp_region, avoid),
	                   FEATURE_NONE },
	[REGION_NO_MEASURE] = { "NoMeasureNoHome", NULL, read_bool,
	                        offsetof(struct derp_region, no_measure), FEATURE_NONE },
	[REGION_NODES] = { "Nodes", NULL, read_nodes, 0, FEATURE_NONE },
};

static const struct fields region_fields = { "a region", region_field, REGION_KEYS, NULL,
	                                     0 };

static struct word
key_word(struct reader *r, const struct node *key)
{
	return (struct word) { node_text(r->arena, r->tree, key), key->span, key };
}

static void
region_read(struct reader *r, const struct node *key, const struct node *value,
            void *into)
{
	struct derp_map *map = into;
	struct derp_region *region;
	bool good = r->good;

	map->regions = arena_grow(r->arena, map->regions, map->n_regions,
	                          &map->cap_regions, sizeof(*region));
	region = &map->regions[map->n_regions++];
	*region = (struct derp_region) { .key = key_word(r, key), .node = value };
	region->removed = value->kind == HUJSON_NULL;
	r->good = true;
	if (!region->removed)
		fields_read(r, value, &region_fields, region, region->keys);
	region->good = r->good;
	r->good = good && region->good;
}

static void
read_regions(struct reader *r, const struct node *value, void *into)
{
	map_read(r, value, region_read, into);
}

static void
score_read(struct reader *r, const struct node *key, const struct node *value, void *into)
{
	struct derp_map *map = into;
	struct derp_score *score;

	map->scores = arena_grow(r->arena, map->scores, map->n_scores, &map->cap_scores,
	                         sizeof(*score));
	score = &map->scores[map->n_scores++];
	*score = (struct derp_score) { .key = key_word(r, key), .value = value };
	score->good = value_is(r, value, HUJSON_NUMBER, "a number");
	if (score->good)
		read_real(r, value, &score->score);
}

static void
read_scores(struct reader *r, const struct node *value, void *into)
{
	map_read(r, value, score_read, into);
}

static const struct field home_field[] = { { "RegionScore", NULL, read_scores, 0,
	                                     FEATURE_NONE } };

static const struct fields home_fields = { "HomeParams", home_field, COUNT(home_field),
	                                   NULL, 0 };

static void
read_home_params(struct reader *r, const struct node *value, void *into)
{
	if (value->kind != HUJSON_NULL)
		fields_read(r, value, &home_fields, into, NULL);
}

enum map_key { MAP_OMIT, MAP_REGIONS, MAP_HOME, MAP_KEYS };

static const struct field map_field[MAP_KEYS] = {
	[MAP_OMIT] = { "OmitDefaultRegions", NULL, read_bool,
	               offsetof(struct derp_map, omit_default), FEATURE_NONE },
	[MAP_REGIONS] = { "Regions", NULL, read_regions, 0, FEATURE_NONE },
	[MAP_HOME] = { "HomeParams", NULL, read_home_params, 0, FEATURE_NONE },
};

static const struct fields map_fields = { "a derpMap", map_field, MAP_KEYS, NULL, 0 };

struct derp_map *
derp_read(struct reader *r, const struct node *value)
{
	struct derp_map *map = arena_alloc(r->arena, sizeof(*map));
	bool good = r->good;

	r->good = true;
	map->node = value;
	fields_read(r, value, &map_fields, map, map->keys);
	map->good = r->good;
	r->good = good && map->good;
	return map;
}

/* A derp map while it is judged: the names met so far, and where. */
struct bench {
	struct arena *arena;
	struct source *source;
	struct findings *findings;
	const struct derp_map *map;
	struct names ids, codes, node_names;
	struct span *id_at, *code_at, *node_name_at;
};

static struct span
span_of(const struct node *key, const struct node *otherwise)
{
	return key ? member_value(key)->span : otherwise->span;
}

/* Raises a text that stood before. */
static void
judge_unique(struct bench *bench, struct names *names, struct span *places,
             struct text text, struct span where, const char *what)
{
	size_t n = names->n;
	uint32_t number = names_add(names, text);
	struct finding *finding;

	if (number == n) {
		places[n] = where;
		return;
	}
	finding = finding_add(bench->findings, &CHECK_DOUBTFUL_DERP_MAP, bench->source,
	                      where, "%s %s is used twice", what,
	                      text_show(bench->arena, text));
	finding_note(bench->findings, finding, bench->source, places[number],
	             "first used here");
}

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* One label of a DNS name: 1 to 63 letters, digits and hyphens. */
static bool
is_label(struct text label)
{
	if (label.len == 0 || label.len > 63)
		return false;
	for (size_t i = 0; i < label.len; i++)
		if (!is_alnum(label.at[i]) && label.at[i] != '-' && label.at[i] != '_')
			return false;
	return label.at[0] != '-' && label.at[label.len - 1] != '-';
}

static bool
is_dns_name(struct text name)
{
	size_t dot;

	if (name.len > 0 && name.at[name.len - 1] == '.')
		name.len--;
	if (name.len == 0 || name.len > 253)
		return false;
	for (; (dot = text_find(name, '.')) < name.len; name = text_from(name, dot + 1))
		if (!is_label((struct text) { name.at, dot }))
			return false;
	return is_label(name);
}

/* "sha256-raw:" and the certificate's hash. */
static bool
is_cert_hash(struct text cert)
{
	if (!text_starts(cert, "sha256-raw:") || cert.len != 11 + 64)
		return false;
	for (size_t i = 11; i < cert.len; i++) {
		char c = cert.at[i];
		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f') &&
		    !(c >= 'A' && c <= 'F'))
			return false;
	}
	return true;
}

#define refuse(bench, where, ...)                                                        \
	finding_add((bench)->findings, &CHECK_INVALID_DERP_MAP, (bench)->source, where,  \
	            __VA_ARGS__)
#define doubt(bench, where, ...)                                                         \
	finding_add((bench)->findings, &CHECK_DOUBTFUL_DERP_MAP, (bench)->source, where, \
	            __VA_ARGS__)

/* Whether a required text is there; raises it where not. */
static bool
judge_present(struct bench *bench, const struct word *word, const struct node *owner,
              const char *what, const char *field)
{
	if (!word->node)
		refuse(bench, owner->span, "%s needs a %s", what, field);
	else if (word->text.len == 0)
		refuse(bench, word->span, "%s needs a %s, and this one is empty", what,
		       field);
	return word->text.len > 0;
}

static void
judge_host(struct bench *bench, const struct derp_node *node)
{
	struct point point;

	if (!judge_present(bench, &node->host, node->node, "a node", "HostName"))
		return;
	const char *shown = text_show(bench->arena, node->host.text);
	if (address_parse(node->host.text, &point) == ADDRESS_FINE)
		doubt(bench, node->host.span,
		      "HostName %s is an address: certificates are for names, and "
		      "addresses belong in IPv4 and IPv6",
		      shown);
	else if (!is_dns_name(node->host.text))
		refuse(bench, node->host.span, "HostName %s is no DNS name", shown);
}

static void
judge_cert(struct bench *bench, const struct derp_node *node)
{
	struct text cert = node->cert.text;

	if (cert.len == 0 || is_cert_hash(cert))
		return;
	if (text_starts(cert, "sha256-raw:"))
		refuse(bench, node->cert.span,
		       "CertName sha256-raw: takes a hash of 64 hex digits");
	else if (!is_dns_name(cert))
		refuse(bench, node->cert.span,
		       "CertName %s is neither a DNS name nor sha256-raw: with a hash",
		       text_show(bench->arena, cert));
}

/* An address of the line, "none", or nothing. */
static void
judge_address(struct bench *bench, const struct word *word, const char *field,
              uint32_t line)
{
	struct point point;

	if (word->text.len == 0 || text_is(word->text, "none"))
		return;
	if (address_parse(word->text, &point) == ADDRESS_FINE &&
	    (line == 0 || point.line == line))
		return;
	refuse(bench, word->span, "%s %s is not an %s address%s", field,
	       text_show(bench->arena, word->text),
	       line == LINE_IPV4   ? "IPv4"
	       : line == LINE_IPV6 ? "IPv6"
	                           : "IP",
	       line == 0 ? "" : "; write none for a node without one");
}

static void
judge_port(struct bench *bench, int64_t port, int64_t least, const struct node *key,
           const char *field)
{
	if (port >= least && port <= 65535)
		return;
	refuse(bench, member_value(key)->span, "%s %lld is no port%s", field,
	       (long long)port, least < 0 ? "; -1 is for none" : "");
}

static void
judge_services(struct bench *bench, const struct derp_node *node)
{
	if (node->keys[NODE_STUN_PORT])
		judge_port(bench, node->stun_port, -1, node->keys[NODE_STUN_PORT],
		           "STUNPort");
	if (node->keys[NODE_DERP_PORT])
		judge_port(bench, node->derp_port, 0, node->keys[NODE_DERP_PORT],
		           "DERPPort");
	if (node->stun_only && node->stun_port == -1)
		doubt(bench, span_of(node->keys[NODE_STUN_ONLY], node->node),
		      "a node with STUNOnly and without a STUNPort does nothing");
	if (node->insecure)
		doubt(bench, span_of(node->keys[NODE_INSECURE], node->node),
		      "InsecureForTests lets anybody pose as this node");
	if (text_is(node->ipv4.text, "none") && text_is(node->ipv6.text, "none"))
		doubt(bench, node->ipv6.span,
		      "with neither IPv4 nor IPv6, nobody can reach this node");
}

static void
judge_node(struct bench *bench, const struct derp_region *region, int64_t id,
           const struct derp_node *node)
{
	if (!node->good)
		return;
	if (judge_present(bench, &node->name, node->node, "a node", "Name"))
		judge_unique(bench, &bench->node_names, bench->node_name_at,
		             node->name.text, node->name.span, "the node name");
	if (node->region != id)
		refuse(bench, span_of(node->keys[NODE_REGION], node->node),
		       "the node's RegionID is %lld, and it stands in region %s",
		       (long long)node->region,
		       text_show(bench->arena, region->key.text));
	judge_host(bench, node);
	judge_cert(bench, node);
	judge_address(bench, &node->ipv4, "IPv4", LINE_IPV4);
	judge_address(bench, &node->ipv6, "IPv6", LINE_IPV6);
	judge_address(bench, &node->stun_test_ip, "STUNTestIP", 0);
	judge_services(bench, node);
}

/* The number of a region by its key; false, and raised, when it is none. */
static bool
judge_key(struct bench *bench, const struct word *key, int64_t *id)
{
	uint64_t number;

	if (text_number(key->text, REGION_MAX, &number) && number > 0) {
		*id = (int64_t)number;
		return true;
	}
	refuse(bench, key->span, "a region's key is its number, from 1 to 2^53-1, not %s",
	       text_show(bench->arena, key->text));
	return false;
}

/* Whether the number is for one's own regions. */
static void
judge_id(struct bench *bench, const struct derp_region *region, int64_t id)
{
	const char *shown = arena_format(bench->arena, "%lld", (long long)id);
	bool own = id >= OWN_FIRST && id <= OWN_LAST;

	judge_unique(bench, &bench->ids, bench->id_at, text_of(shown), region->key.span,
	             "the region number");
	if (region->removed && bench->map->omit_default)
		doubt(bench, region->key.span,
		      "null takes away region %s, which OmitDefaultRegions does already",
		      shown);
	else if (region->removed && own)
		doubt(bench, region->key.span,
		      "null takes away Tailscale's region %s, and there is none: %d to "
		      "%d are for your own",
		      shown, OWN_FIRST, OWN_LAST);
	else if (!region->removed && !own && !bench->map->omit_default)
		doubt(bench, region->key.span,
		      "region %s takes the place of Tailscale's own; %d to %d are for "
		      "yours",
		      shown, OWN_FIRST, OWN_LAST);
}

static void
judge_region(struct bench *bench, const struct derp_region *region)
{
	int64_t id;

	if (!judge_key(bench, &region->key, &id))
		return;
	judge_id(bench, region, id);
	if (region->removed)
		return;
	if (region->good && !region->keys[REGION_ID])
		refuse(bench, region->key.span, "region %lld needs a RegionID, its key",
		       (long long)id);
	else if (region->keys[REGION_ID] && region->good && region->id != id)
		refuse(bench, member_value(region->keys[REGION_ID])->span,
		       "RegionID is %lld, and the region's key is %lld",
		       (long long)region->id, (long long)id);
	if (region->good && judge_present(bench, &region->code, region->key.node,
	                                  "a region", "RegionCode"))
		judge_unique(bench, &bench->codes, bench->code_at, region->code.text,
		             region->code.span, "RegionCode");
	if (region->good && region->n_nodes == 0)
		doubt(bench, region->key.span, "region %lld has no nodes", (long long)id);
	for (size_t i = 0; i < region->n_nodes; i++)
		judge_node(bench, region, id, &region->nodes[i]);
}

static void
judge_score(struct bench *bench, const struct derp_score *score)
{
	int64_t id;

	if (!judge_key(bench, &score->key, &id))
		return;
	if (score->good && !(score->score > 0))
		refuse(bench, score->value->span,
		       "a RegionScore is above 0: less than 1 is preferred, more is not");
}

/* Without the default regions and without others there is no relay. */
static void
judge_omission(struct bench *bench)
{
	const struct derp_map *map = bench->map;

	if (!map->omit_default || !map->good)
		return;
	for (size_t i = 0; i < map->n_regions; i++)
		if (!map->regions[i].removed)
			return;
	doubt(bench, span_of(map->keys[MAP_OMIT], map->node),
	      "without Tailscale's regions, and none of your own, machines that find no "
	      "direct way cannot reach each other");
}

void
derp_judge(struct arena *arena, struct tree *tree, const struct derp_map *map,
           struct findings *findings)
{
	struct arena scratch = { 0 };
	struct bench bench = { .arena = arena,
		               .source = tree->source,
		               .findings = findings,
		               .map = map,
		               .ids = { .arena = &scratch },
		               .codes = { .arena = &scratch },
		               .node_names = { .arena = &scratch } };
	size_t n_nodes = 0;

	for (size_t i = 0; i < map->n_regions; i++)
		n_nodes += map->regions[i].n_nodes;
	bench.id_at = arena_array(&scratch, map->n_regions, sizeof(struct span));
	bench.code_at = arena_array(&scratch, map->n_regions, sizeof(struct span));
	bench.node_name_at = arena_array(&scratch, n_nodes, sizeof(struct span));
	for (size_t i = 0; i < map->n_regions; i++)
		judge_region(&bench, &map->regions[i]);
	for (size_t i = 0; i < map->n_scores; i++)
		judge_score(&bench, &map->scores[i]);
	judge_omission(&bench);
	arena_end(&scratch);
}

void
derp_validate(struct arena *arena, struct tree *tree, const struct node *node,
              struct findings *findings)
{
	struct reader reader = { .arena = arena,
		                 .tree = tree,
		                 .target = TARGET_TAILSCALE,
		                 .findings = findings,
		                 .good = true };
	struct derp_map *map = derp_read(&reader, node);

	derp_judge(arena, tree, map, findings);
}
