#ifndef ACLC_POLICY_POLICY_H
#define ACLC_POLICY_POLICY_H

/*
 * READ FIRST. A policy: the tree understood, in the words of the field
 * (spec/policy-syntax.md). Everything keeps its span, and what could not be
 * read keeps its place with a mark, so that later passes neither stumble over
 * it nor report it again.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grammar/expression.h"
#include "grammar/finding.h"
#include "grammar/hujson.h"
#include "grammar/selector.h"
#include "grammar/service.h"
#include "grammar/text.h"
#include "policy/range.h"
#include "policy/target.h"
#include "policy/usage.h"

struct arena;
struct derp_map;
struct tailnet;

/* The sections of a policy file, by their canonical names. */
enum section {
	SECTION_GRANTS,
	SECTION_ACLS,
	SECTION_SSH,
	SECTION_GROUPS,
	SECTION_HOSTS,
	SECTION_IPSETS,
	SECTION_TAG_OWNERS,
	SECTION_AUTO_APPROVERS,
	SECTION_NODE_ATTRS,
	SECTION_POSTURES,
	SECTION_DEFAULT_SRC_POSTURE,
	SECTION_ATTR_CONFIG,
	SECTION_TESTS,
	SECTION_SSH_TESTS,
	SECTION_DERP_MAP,
	SECTION_DISABLE_IPV4,
	SECTION_ONE_CGNAT_ROUTE,
	SECTION_RANDOMIZE_CLIENT_PORT,
	SECTION_N,
};

/* "acls", "tagOwners" … */
const char *section_name(enum section);

/* A list as written. list is its node, NULL where the field is absent or null. */
struct selectors {
	struct selector *at;
	size_t n;
	const struct node *list;
};

/* A string of the policy, and where it stands. */
struct word {
	struct text text; /* trimmed where the coordinator trims */
	struct span span;
	const struct node *node; /* NULL where the field is absent or null */
};

struct words {
	struct word *at;
	size_t n;
	const struct node *list;
};

/* What all definitions have: the key (with its prefix: "group:eng") and its
 * value. A key given twice is one definition, the later one, as Go reads it. */
struct group {
	struct word name;
	struct selectors members;
};

struct host {
	struct word name, address;
	struct range range;
	unsigned bits;
	bool bare; /* written without a slash */
	bool good; /* range is meaningful */
};

struct ipset_step {
	bool remove, worded;    /* "remove …"; a verb was written */
	struct selector target; /* ADDRESS, RANGE, HOST, IPSET or AUTOGROUP_INTERNET */
	struct span span;
};

struct ipset {
	struct word name;
	struct ipset_step *steps;
	size_t n_steps;
	struct ranges
		ranges; /* what it comes to: ipsets_resolve, at the end of policy_read */
};

struct tag {
	struct word name; /* "tag:db" */
	struct selectors owners;
};

struct posture_term {
	struct assertion assertion;
	struct word word;
	bool good;
};

struct posture {
	struct word name; /* "posture:latest" */
	struct posture_term *terms;
	size_t n_terms;
};

/* One key of autoApprovers.routes. */
struct approver {
	struct word route;
	struct range range;
	unsigned bits;
	bool good;
	struct selectors by;
};

/* One key of autoApprovers.services: "svc:web" or "tag:web". */
struct service_approver {
	struct word service;
	struct selectors by;
};

/* Why an element of a grant's ip, or an acl's proto, is refused; in the order
 * of spec/policy-syntax.md 3.1 and 3.3. */
enum service_fault {
	SERVICE_FINE,
	SERVICE_EMPTY,       /* "" */
	SERVICE_COMMA,       /* "tcp,udp:80" */
	SERVICE_PORTS,       /* "icmp", "tcp:0": see ports_fault */
	SERVICE_NO_PROTOCOL, /* ":80" */
	SERVICE_PROTOCOL,    /* "tpc:80" */
};

/* One element of a grant's ip; for an acl, its proto (ports in the dst). */
struct service {
	int protocol; /* PROTOCOL_ANY … */
	struct ports ports;
	struct text text; /* the element; empty for an acl */
	struct span span; /* of the element */
	bool good;
	enum service_fault fault;
	enum ports_fault ports_fault;
	struct text fault_text; /* the protocol or the ports at fault */
	struct span fault_span;
};

/* One element of a dst: "tag:db" in a grant, "tag:db:22,80-90" in an acl. */
struct destination {
	struct selector selector;
	struct ports *ports; /* of an acl, as listed; none in a grant */
	size_t n_ports;
	struct span *port_spans; /* beside ports */
	struct word word;        /* the whole element */
	enum ports_fault fault;  /* of the first element of the list that has one */
	struct text fault_text;  /* that element */
	struct span fault_span;
	bool no_colon,
		comma; /* the host part could not be told: no ":", or a "," left of the last */
};

struct destinations {
	struct destination *at;
	size_t n;
	const struct node *list;
};

/* One key of an app object; its value passes through as written. */
struct capability {
	struct word name;
	const struct node *values; /* an array, or HUJSON_BAD */
};

/* An access rule: an element of grants, or of acls, its older spelling. */
struct grant {
	enum section section; /* SECTION_GRANTS or SECTION_ACLS */
	uint32_t index;       /* its place there: grants[3] */
	const struct node *node;
	struct word action; /* acl */
	struct selectors src;
	struct destinations dst;
	struct word proto;  /* acl */
	struct service *ip; /* acl: exactly one, of proto, all ports */
	size_t n_ip;
	const struct node *ip_list; /* NULL where absent */
	struct capability *app;
	size_t n_app;
	const struct node *app_object; /* NULL where absent */
	struct selectors via;
	struct words src_posture; /* list NULL: the default posture applies */
	bool good;                /* it could be read: fields known, types right */
};

enum ssh_action { SSH_BAD, SSH_ACCEPT, SSH_CHECK };

struct ssh_rule {
	uint32_t index;
	const struct node *node;
	enum ssh_action action;
	struct word action_word;
	struct selectors src, dst;
	struct words users;
	struct words accept_env;
	struct word check_period;
	int64_t check_period_ns; /* -1: none or "always" */
	struct words src_posture;
	struct selectors recorder;
	bool enforce_recorder;
	bool good; /* it could be read */
};

struct node_attr {
	uint32_t index;
	const struct node *node;
	struct selectors target;
	struct words attr;
	struct capability *app;
	size_t n_app;
	struct words ip_pool;
	bool good; /* it could be read */
};

/* One key of attrConfig: an attribute that machines may set. */
struct attr_config {
	struct word name, type;
	struct selectors broadcast_to_peers;
	bool allow_set_by_node;
};

/* A posture attribute: of a machine, or what the source of a test is said to have. */
struct attribute {
	struct text name;
	struct value value;
};

/* The srcPostureAttrs of a test. */
struct attributes {
	const struct attribute *at;
	size_t n;
	const struct node *object; /* NULL where the field is absent or null */
};

/* An element of tests. */
struct test {
	uint32_t index;
	const struct node *node;
	struct word src_word; /* node NULL when missing */
	struct selector src;
	struct word proto;
	int protocol; /* PROTOCOL_ANY; -2 when not readable */
	struct destinations accept, deny;
	struct attributes attributes;
	bool good; /* it could be read: fields known, types right */
};

/* An element of sshTests. */
struct ssh_test {
	uint32_t index;
	const struct node *node;
	struct word src_word;
	struct selector src;
	struct selectors dst;
	struct words accept, deny, check;
	struct attributes attributes;
	bool good;
};

/* The name of a field in other letters than it has, capital or small, or in its
 * older spelling. */
struct odd_key {
	const struct node *key;
	const char *name; /* as it is spelt today */
	bool older;       /* whatever the case */
};

struct odd_keys {
	struct odd_key *at;
	size_t n, cap;
};

struct policy {
	struct arena *arena;
	struct tree *tree;
	struct source *source; /* the tree's */
	enum target target;

	/* Which sections are there, null ones not; NULL where absent. The node
	 * of the key, whose member_value is the section. */
	const struct node *sections[SECTION_N];
	/* Bit n: section n could not be read whole, so that what it defines is
	 * not all known, and what seems undefined may be defined. */
	uint32_t unread;
	struct odd_keys odd_keys; /* in document order */
	struct usage usage;       /* of what not every target takes alike */

	/* Definitions, numbered by their names: groups[names_find(&group_names, …)].
	 * The names have their prefix ("group:eng", "tag:db", "ipset:web",
	 * "posture:x"); a host's is bare. */
	struct names group_names, host_names, ipset_names, tag_names, posture_names;
	struct group *groups;
	struct host *hosts;
	struct ipset *ipsets;
	struct tag *tags;
	struct posture *postures;
	size_t n_groups, n_hosts, n_ipsets, n_tags, n_postures;

	/* The words of all selectors, each once; the texts of selectors are those. */
	struct names words;

	/* All elements of grants, then all of acls: the order they compile in
	 * (spec/semantics.md 2.2). */
	struct grant *grants;
	size_t n_grants;

	struct ssh_rule *ssh;
	size_t n_ssh;
	struct node_attr *node_attrs;
	size_t n_node_attrs;
	struct approver *approvers; /* autoApprovers.routes */
	size_t n_approvers;
	struct selectors exit_node; /* autoApprovers.exitNode */
	struct service_approver *service_approvers;
	size_t n_service_approvers;
	struct words default_src_posture;
	struct test *tests;
	size_t n_tests;
	struct ssh_test *ssh_tests;
	size_t n_ssh_tests;

	struct attr_config *attr_configs;
	size_t n_attr_configs;
	struct derp_map *derp_map; /* policy/derp.h; NULL where absent */

	bool randomize_client_port, disable_ipv4;
	struct word one_cgnat_route;
};

/* Neither acls nor grants: everything may reach everything. */
bool policy_is_open(const struct policy *);

/*
 * Reads a policy. Raises what is wrong with its structure: unknown fields and
 * sections, wrong types, keys given twice (by the target's rule); the first in
 * document order, as the coordinator's decoder would. What is read is usable
 * even then.
 */
struct policy *policy_read(struct arena *, struct tree *, enum target, struct findings *);

/*
 * Raises everything else that the coordinator refuses (names, references,
 * positions, ports, ssh …), in the order it examines: tagOwners, groups,
 * hosts, acls, grants, ssh, nodeAttrs … (spec/semantics.md section 9), with its
 * words where known. The tailnet says which mail domains are its own and may be
 * NULL: then what depends on them is not judged. The tests' verdicts are
 * claim.h's, but the shape of sshTests is judged here.
 */
void policy_validate(struct policy *, const struct tailnet *, struct findings *);

/* Raises what a real inventory does not tell of selectors, once for each, as a warning:
 * what is compiled leaves it out. For whoever shows what is compiled. */
void policy_untold(const struct policy *, const struct tailnet *, struct findings *);

/* Raises all that is wrong or doubtful with a derp map that is no part of a
 * policy (spec/policy-syntax.md section 13): check --derp. A policy's own is
 * read and judged with it. */
void derp_validate(struct arena *, struct tree *, const struct node *map,
                   struct findings *);

/* The number of a selector's text among the words of a policy: without looking for it,
 * where the selector was read in that policy. Those have one; of others, whose text may
 * not be there, NAMES_NONE. */
uint32_t policy_word(const struct policy *, const struct selector *);

const struct group *policy_group(const struct policy *, struct text name);
const struct host *policy_host(const struct policy *, struct text name);
const struct ipset *policy_ipset(const struct policy *, struct text name);
const struct tag *policy_tag(const struct policy *, struct text name);
const struct posture *policy_posture(const struct policy *, struct text name);

/* The rows of policy/checks.def, as CHECK_UNDEFINED_TAG … */
#define CHECK(name, id, level, repair, brief) extern const struct check CHECK_##name;
#include "policy/checks.def"
#undef CHECK

#endif
