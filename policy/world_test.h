#ifndef ACLC_POLICY_WORLD_TEST_H
#define ACLC_POLICY_WORLD_TEST_H

/*
 * Small random tailnets with random policies, as texts read by the real
 * readers: for tests that hold a clever answer against a naive one. A world is
 * its seed; all its policies are ones that the coordinator takes.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"
#include "grammar/finding.h"
#include "grammar/hujson.h"
#include "policy/draw_test.h"
#include "policy/filter.h"
#include "policy/policy.h"
#include "policy/tailnet.h"

/* A text in the making, in a buffer of its own. */
struct draft {
	char text[1 << 14];
	size_t len;
	uint64_t seed;
	bool edited; /* definitions too are drawn at random */
};

static unsigned
draw(struct draft *d, unsigned n)
{
	return draw_from(&d->seed, n);
}

static void
put(struct draft *d, const char *text)
{
	size_t len = strlen(text);
	if (d->len + len + 1 > sizeof d->text)
		return;
	memcpy(d->text + d->len, text, len + 1);
	d->len += len;
}

static void
put_number(struct draft *d, unsigned number)
{
	char text[16];
	snprintf(text, sizeof text, "%u", number);
	put(d, text);
}

#define PICK(d, list) put(d, (list)[draw(d, sizeof(list) / sizeof(*(list)))])

/* An array of 1 to most elements, each made by put_one. */
static void
put_list(struct draft *d, unsigned least, unsigned most, void (*put_one)(struct draft *))
{
	unsigned n = least + draw(d, most - least + 1);
	put(d, "[");
	for (unsigned i = 0; i < n; i++) {
		put(d, i ? ",\"" : "\"");
		put_one(d);
		put(d, "\"");
	}
	put(d, "]");
}

static void
put_user(struct draft *d)
{
	static const char *const users[] = { "u0@example.com", "u1@example.com",
		                             "u2@example.org", "u3@example.org",
		                             "gone@example.com" };
	PICK(d, users);
}

static void
put_tag(struct draft *d)
{
	static const char *const tags[] = { "tag:a", "tag:b", "tag:c", "tag:none" };
	PICK(d, tags);
}

static void
put_person(struct draft *d)
{
	static const char *const words[] = {
		"autogroup:member",   "group:g",        "group:h", "group:empty",
		"user:*@example.org", "autogroup:admin"
	};
	if (draw(d, 2))
		put_user(d);
	else
		PICK(d, words);
}

/* Addresses: machines' own, and prefixes around and beside them. */
static void
put_literal(struct draft *d)
{
	static const char *const words[] = {
		"h4",
		"hnet",
		"hpub",
		"h6",
		"100.64.0.0/30",
		"100.64.0.0/10",
		"10.1.0.0/16",
		"10.0.0.0/8",
		"10.1.2.0/24",
		"10.1.2.3",
		"8.8.8.0/24",
		"8.8.8.8",
		"fd7a:115c:a1e0::2",
		"fd7a:115c:a1e0::/64",
		"2001:db8::/32",
		"2001:db8:1::/48",
		"ipset:mix",
		"ipset:hole",
	};
	PICK(d, words);
}

static void
put_source(struct draft *d)
{
	static const char *const words[] = { "*", "autogroup:tagged",
		                             "autogroup:danger-all", "autogroup:shared" };
	switch (draw(d, 4)) {
	case 0:
		put_person(d);
		break;
	case 1:
		put_tag(d);
		break;
	case 2:
		put_literal(d);
		break;
	default:
		PICK(d, words);
	}
}

static void
put_target(struct draft *d)
{
	static const char *const words[] = { "*", "autogroup:tagged",
		                             "autogroup:internet" };
	switch (draw(d, 4)) {
	case 0:
		put_person(d);
		break;
	case 1:
		put_tag(d);
		break;
	case 2:
		put_literal(d);
		break;
	default:
		PICK(d, words);
	}
}

static void
put_ports(struct draft *d)
{
	static const char *const words[] = { "*", "22", "80", "80-443", "443", "1-79" };
	PICK(d, words);
}

static void
put_acl_target(struct draft *d)
{
	size_t first = d->len;
	put_target(d);
	if (strncmp(d->text + first, "fd7a", 4) == 0 ||
	    strncmp(d->text + first, "2001", 4) == 0) {
		d->len = first;
		put(d, draw(d, 2) ? "[fd7a:115c:a1e0::2]" : "[2001:db8::]/32");
	}
	put(d, ":");
	put_ports(d);
	if (draw(d, 4) == 0)
		put(d, ",8080");
}

static void
put_self_target(struct draft *d)
{
	put(d, "autogroup:self:");
	put_ports(d);
}

static void
put_ip(struct draft *d)
{
	static const char *const words[] = { "tcp:", "udp:", "", "" };
	if (draw(d, 6) == 0) {
		put(d, draw(d, 2) ? "icmp:*" : "47:*");
		return;
	}
	PICK(d, words);
	put_ports(d);
}

static void
put_network(struct draft *d)
{
	static const char *const words[] = {
		"hnet",       "10.1.0.0/16",     "10.1.2.0/24",
		"10.0.0.0/8", "2001:db8:1::/48", "autogroup:internet",
		"ipset:mix"
	};
	PICK(d, words);
}

static void
put_grant(struct draft *d)
{
	bool self = draw(d, 5) == 0, via = !self && draw(d, 4) == 0,
	     app = draw(d, 4) == 0;
	put(d, "{\"src\":");
	put_list(d, 1, 3, self ? put_person : put_source);
	put(d, ",\"dst\":");
	if (self)
		put(d, "[\"autogroup:self\"]");
	else if (app)
		put_list(d, 1, 2, put_tag);
	else
		put_list(d, 1, 3, via ? put_network : put_target);
	if (!app || draw(d, 2)) {
		put(d, ",\"ip\":");
		put_list(d, 1, 3, put_ip);
	}
	if (app)
		put(d, draw(d, 2) ? ",\"app\":{\"example.com/cap\":[{\"x\":1}]}"
		                  : ",\"app\":{\"tailscale.com/cap/drive\":[]}");
	if (via)
		put(d, draw(d, 2) ? ",\"via\":[\"tag:a\"]"
		                  : ",\"via\":[\"tag:b\",\"tag:c\"]");
	if (draw(d, 6) == 0)
		put(d, draw(d, 2)
		               ? ",\"srcPosture\":[\"posture:linux\"]"
		               : ",\"srcPosture\":[\"posture:new\",\"posture:linux\"]");
	put(d, "}");
}

static void
put_acl(struct draft *d)
{
	static const char *const protos[] = { "", "\"proto\":\"tcp\",",
		                              "\"proto\":\"udp\"," };
	bool self = draw(d, 5) == 0;
	put(d, "{\"action\":\"accept\",");
	PICK(d, protos);
	put(d, "\"src\":");
	put_list(d, 1, 3, self ? put_person : put_source);
	put(d, ",\"dst\":");
	if (self)
		put_list(d, 1, 2, put_self_target);
	else
		put_list(d, 1, 4, put_acl_target);
	put(d, "}");
}

static void
put_rows(struct draft *d, const char *name, unsigned most,
         void (*put_one)(struct draft *))
{
	unsigned n = draw(d, most + 1);
	put(d, ",\"");
	put(d, name);
	put(d, "\":[");
	for (unsigned i = 0; i < n; i++) {
		put(d, i ? "," : "");
		put_one(d);
	}
	put(d, "]");
}

/* The definitions that all worlds share … */
static void
put_definitions(struct draft *d)
{
	put(d, "{\"groups\":{\"group:g\":[\"u0@example.com\",\"u2@example.org\"],"
	       "\"group:h\":[\"u1@example.com\"],\"group:empty\":[]},"
	       "\"hosts\":{\"h4\":\"100.64.0.1\",\"hnet\":\"10.1.0.0/"
	       "20\",\"hpub\":\"0.0.0.0/1\","
	       "\"h6\":\"2001:db8:1::/48\"},"
	       "\"ipsets\":{\"ipset:mix\":[\"10.1.2.0/"
	       "24\",\"100.64.0.2-100.64.0.4\",\"8.8.0.0/16\"],"
	       "\"ipset:hole\":[\"add 10.0.0.0/8\",\"remove 10.1.2.0/25\",\"add "
	       "host:h6\"]}");
}

/* … and some as an edit may have left them. */
static void
put_edited_definitions(struct draft *d)
{
	static const char *const nets[] = { "10.1.0.0/20", "10.1.0.0/16", "10.9.9.9" };
	static const char *const sixes[] = { "2001:db8:1::/48", "2a00::/16" };
	static const char *const mixes[] = {
		"\"10.1.2.0/24\",\"100.64.0.2-100.64.0.4\",\"8.8.0.0/16\"",
		"\"10.1.2.0/24\",\"100.64.0.3\"",
	};
	static const char *const holes[] = {
		"\"add 10.0.0.0/8\",\"remove 10.1.2.0/25\",\"add host:h6\"",
		"\"add ipset:mix\",\"remove 10.1.2.3\"",
	};

	put(d, "{\"groups\":{\"group:g\":");
	put_list(d, 0, 3, put_user);
	put(d, ",\"group:h\":");
	put_list(d, 0, 2, put_user);
	put(d, ",\"group:empty\":[]},\"hosts\":{\"h4\":\"100.64.0.");
	put_number(d, 1 + draw(d, 3));
	put(d, "\",\"hpub\":\"0.0.0.0/1\",\"hnet\":\"");
	PICK(d, nets);
	put(d, "\",\"h6\":\"");
	PICK(d, sixes);
	put(d, "\"},\"ipsets\":{\"ipset:mix\":[");
	PICK(d, mixes);
	put(d, "],\"ipset:hole\":[");
	PICK(d, holes);
	put(d, "]}");
}

/* Definitions, then rules drawn at random. */
static void
put_policy(struct draft *d)
{
	(d->edited ? put_edited_definitions : put_definitions)(d);
	put(d, ",\"tagOwners\":{\"tag:a\":[],\"tag:b\":[],\"tag:c\":[],\"tag:none\":[]},"
	       "\"postures\":{\"posture:linux\":[\"node:os == 'linux'\"],"
	       "\"posture:new\":[\"node:tsVersion >= '1.40'\"]},"
	       "\"autoApprovers\":{\"exitNode\":[\"tag:b\"],"
	       "\"routes\":{\"10.0.0.0/8\":[\"tag:a\",\"u0@example.com\"],"
	       "\"2001:db8::/32\":[\"group:g\"]}}");
	if (draw(d, 8) == 0)
		put(d, ",\"defaultSrcPosture\":[\"posture:new\"]");
	if (draw(d, 5))
		put_rows(d, "acls", 4, put_acl);
	if (draw(d, 5))
		put_rows(d, "grants", 4, put_grant);
	put(d, "}");
}

static void
put_route(struct draft *d)
{
	static const char *const words[] = { "10.1.0.0/16",   "10.1.2.0/24",
		                             "10.2.0.0/16",   "0.0.0.0/0",
		                             "::/0",          "2001:db8:1::/48",
		                             "8.8.8.0/24",    "100.64.0.0/29",
		                             "192.168.7.7/32" };
	PICK(d, words);
}

static void
put_machine(struct draft *d, unsigned number)
{
	static const char *const os[] = { "linux", "windows" };
	put(d, "{\"id\":\"n");
	put_number(d, number);
	put(d, "\",\"name\":\"m");
	put_number(d, number);
	put(d, "\",");
	if (draw(d, 2)) {
		static const char *const tags[] = { "\"tag:a\"", "\"tag:b\"",
			                            "\"tag:a\",\"tag:c\"" };
		put(d, "\"tags\":[");
		PICK(d, tags);
		put(d, "],");
	} else {
		put(d, "\"user\":\"u");
		unsigned user = draw(d, 4);
		put_number(d, user);
		put(d, user < 2 ? "@example.com\"," : "@example.org\",");
		if (draw(d, 8) == 0)
			put(d, "\"shared\":true,");
	}
	put(d, "\"addresses\":[\"100.64.0.");
	put_number(d, number + 1);
	if (draw(d, 4)) {
		put(d, "\",\"fd7a:115c:a1e0::");
		put_number(d, number + 1);
	}
	put(d, "\"],\"attributes\":{\"node:os\":\"");
	PICK(d, os);
	put(d, draw(d, 2) ? "\",\"node:tsVersion\":\"1.50\"}" : "\"}");
	if (draw(d, 2)) {
		put(d, ",\"advertised_routes\":");
		put_list(d, 0, 3, put_route);
	}
	if (draw(d, 4) == 0) {
		put(d, ",\"approved_routes\":");
		put_list(d, 0, 2, put_route);
	}
	put(d, "}");
}

static void
put_inventory(struct draft *d)
{
	unsigned n = 1 + draw(d, 6);
	put(d, "{\"domains\":[\"example.com\",\"example.org\"],\"users\":["
	       "{\"id\":\"1\",\"login\":\"u0@example.com\",\"role\":\"owner\"},"
	       "{\"id\":\"2\",\"login\":\"u1@example.com\"},"
	       "{\"id\":\"3\",\"login\":\"u2@example.org\",\"role\":\"admin\"},"
	       "{\"id\":\"4\",\"login\":\"u3@example.org\"}],\"nodes\":[");
	for (unsigned i = 0; i < n; i++) {
		put(d, i ? "," : "");
		put_machine(d, i);
	}
	put(d, "]}");
}

struct world {
	struct arena arena;
	struct findings findings;
	char *policy_text, *inventory_text;
	struct policy *policy;
	struct tailnet *tailnet;
	struct filter *filter;
};

static struct tree *
world_tree(struct world *w, const char *name, const char *text)
{
	struct source *source = source_of(&w->arena, name, text, strlen(text));
	return hujson_parse(&w->arena, source, &w->findings);
}

/* Another policy for the same people and machines; NULL if it has errors, which
 * a world's policies never do. edited: it may define what it names otherwise. */
static inline struct policy *
world_policy(struct world *w, uint64_t seed, bool edited, char **text)
{
	struct draft *d = arena_alloc(&w->arena, sizeof *d);
	d->edited = edited;
	d->seed = seed * 0x9e3779b97f4a7c15u + 1;
	put_policy(d);
	*text = d->text;
	struct policy *p = policy_read(&w->arena, world_tree(w, "policy", d->text),
	                               TARGET_TAILSCALE, &w->findings);
	policy_validate(p, w->tailnet, &w->findings);
	return w->findings.n_errors ? NULL : p;
}

/* A number of the environment. */
static inline uint64_t
world_asked(const char *name, uint64_t usual)
{
	const char *asked = getenv(name);
	return asked ? strtoull(asked, NULL, 10) : usual;
}

/* How many worlds a test tries: ACLC_WORLDS, or as many as usual; under the
 * sanitizers a tenth of them. */
static inline size_t
world_count(size_t usual)
{
#ifdef ARENA_APART
	usual /= 10;
#endif
	return (size_t)world_asked("ACLC_WORLDS", usual);
}

/* Makes the world of a seed, so many further as ACLC_SEED says; false if a reader
 * found an error in it, and then the first error says which. */
static inline bool
world_make(struct world *w, uint64_t seed)
{
	seed += world_asked("ACLC_SEED", 0);
	memset(w, 0, sizeof *w);
	w->findings.arena = &w->arena;
	struct draft *d = arena_alloc(&w->arena, sizeof *d);
	d->seed = seed * 0xd1342543de82ef95u + 7;
	put_inventory(d);
	w->inventory_text = d->text;
	struct tree *tree = world_tree(w, "inventory", d->text);
	w->tailnet = tailnet_read(&w->arena, &tree, 1, &w->findings);
	tailnet_index(w->tailnet);
	w->policy = world_policy(w, seed, false, &w->policy_text);
	if (!w->policy)
		return false;
	tailnet_approve(w->tailnet, w->policy);
	w->filter = filter_compile(&w->arena, w->policy, w->tailnet);
	return true;
}

static inline void
world_end(struct world *w)
{
	arena_end(&w->arena);
}

#endif
