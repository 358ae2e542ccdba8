#include "policy/derp.h"

#include "grammar/arena.h"

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

	region->n_nodes = 0;
	if (value->kind == HUJSON_NULL || !value_is(r, value, HUJSON_ARRAY, "a list"))
		return;
	region->nodes = arena_array(r->arena, node_length(value), sizeof(*region->nodes));
	for (const struct node *e = node_first(value); e != node_end(value);
	     e = node_next(e)) {
		struct derp_node *node = &region->nodes[region->n_nodes++];
		node->node = e;
		node->unread = fields_read(r, e, &node_fields, node, node->keys);
	}
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

	map->regions = arena_grow(r->arena, map->regions, map->n_regions,
	                          &map->cap_regions, sizeof(*region));
	region = &map->regions[map->n_regions++];
	*region = (struct derp_region) { .key = key_word(r, key), .node = value };
	region->removed = value->kind == HUJSON_NULL;
	if (!region->removed)
		region->unread =
			fields_read(r, value, &region_fields, region, region->keys);
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

	map->node = value;
	map->unread = fields_read(r, value, &map_fields, map, map->keys);
	return map;
}
