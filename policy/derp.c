#include "policy/derp.h"

#include "grammar/address.h"
#include "grammar/arena.h"
#include "policy/show.h"

/* What one's own regions are numbered from and to; the rest is Tailscale's. */
#define OWN_FIRST 900
#define OWN_LAST 999

/* The largest region there can be: 2^53 - 1. */
#define REGION_MAX INT64_C(9007199254740991)

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
	for (size_t i = 11; i < cert.len; i++)
		if (hex_value(cert.at[i]) == 16)
			return false;
	return true;
}

#define refuse(bench, where, ...)                                                        \
	finding_add((bench)->findings, &CHECK_INVALID_DERP_MAP, (bench)->source, where,  \
	            __VA_ARGS__)
#define doubt(bench, where, ...)                                                         \
	finding_add((bench)->findings, &CHECK_DOUBTFUL_DERP_MAP, (bench)->source, where, \
	            __VA_ARGS__)

/* What could not be read is raised already, and judged no more. */
static bool
is_read(uint32_t unread, unsigned key)
{
	return !(unread >> key & 1);
}

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

	if (!is_read(node->unread, NODE_HOST) ||
	    !judge_present(bench, &node->host, node->node, "a node", "HostName"))
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
	if (node->keys[NODE_STUN_PORT] && is_read(node->unread, NODE_STUN_PORT))
		judge_port(bench, node->stun_port, -1, node->keys[NODE_STUN_PORT],
		           "STUNPort");
	if (node->keys[NODE_DERP_PORT] && is_read(node->unread, NODE_DERP_PORT))
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
	if (is_read(node->unread, NODE_NAME) &&
	    judge_present(bench, &node->name, node->node, "a node", "Name"))
		judge_unique(bench, &bench->node_names, bench->node_name_at,
		             node->name.text, node->name.span, "the node name");
	if (is_read(node->unread, NODE_REGION) && node->region != id)
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
judge_region_id(struct bench *bench, const struct derp_region *region, int64_t id)
{
	const struct node *key = region->keys[REGION_ID];

	if (!is_read(region->unread, REGION_ID))
		return;
	if (!key)
		refuse(bench, region->key.span, "region %lld needs a RegionID, its key",
		       (long long)id);
	else if (region->id != id)
		refuse(bench, member_value(key)->span,
		       "RegionID is %lld, and the region's key is %lld",
		       (long long)region->id, (long long)id);
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
	judge_region_id(bench, region, id);
	if (is_read(region->unread, REGION_CODE) &&
	    judge_present(bench, &region->code, region->key.node, "a region",
	                  "RegionCode"))
		judge_unique(bench, &bench->codes, bench->code_at, region->code.text,
		             region->code.span, "RegionCode");
	if (is_read(region->unread, REGION_NODES) && region->n_nodes == 0)
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

	if (!map->omit_default || !is_read(map->unread, MAP_REGIONS))
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
