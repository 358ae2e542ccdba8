#ifndef ACLC_POLICY_DERP_H
#define ACLC_POLICY_DERP_H

/*
 * The relays of a tailnet: a policy's derpMap, or a file of its own
 * (spec/policy-syntax.md section 13).
 */

#include "policy/fields.h"
#include "policy/policy.h"

/* The fields of a node, in the order of derp_read.c's table; the rest so too. */
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
	uint32_t unread; /* a bit for each key that could not be read */
};

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
	bool removed;    /* null: Tailscale's region of that number is not used */
	uint32_t unread; /* a bit for each key that could not be read */
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

enum map_key { MAP_OMIT, MAP_REGIONS, MAP_HOME, MAP_KEYS };

struct derp_map {
	const struct node *node;
	const struct node *keys[MAP_KEYS];
	bool omit_default;
	uint32_t unread; /* a bit for each key that could not be read */
	struct derp_region *regions;
	size_t n_regions, cap_regions;
	struct derp_score *scores;
	size_t n_scores, cap_scores;
};

/* Reads a derp map, which is not null. Raises what is wrong with its
 * structure. */
struct derp_map *derp_read(struct reader *, const struct node *);

/* Raises what relays and clients could not use, and what is probably not
 * meant. */
void derp_judge(struct arena *, struct tree *, const struct derp_map *,
                struct findings *);

#endif
