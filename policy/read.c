#include "policy/read.h"

#include <string.h>

#include "grammar/arena.h"
#include "policy/derp.h"
#include "policy/dialect.h"
#include "policy/ipset.h"

static struct word
key_word(struct reader *r, const struct node *key)
{
	return (struct word) { node_text(r->arena, r->tree, key), key->span, key };
}

/* Where a definition goes, empty: at the end, or in place of an earlier one of
 * the same name. The definitions of a pile lie in the order of their names. */
static void *
pile_place(struct reader *r, struct pile *pile, struct names *names, struct text name,
           size_t size)
{
	uint32_t number = names_add(names, name);
	char *place;

	if (number == pile->n) {
		pile->at = arena_grow(r->arena, pile->at, pile->n, &pile->cap, size);
		pile->n++;
	}
	place = (char *)pile->at + number * size;
	return memset(place, 0, size);
}

/* Go's name for the type of a value that is no string. */
static const char *
go_type(const struct node *value)
{
	switch ((enum hujson_kind)value->kind) {
	case HUJSON_NUMBER:
		return "float64";
	case HUJSON_TRUE:
	case HUJSON_FALSE:
		return "bool";
	case HUJSON_OBJECT:
		return "map[string]interface {}";
	case HUJSON_ARRAY:
		return "[]interface {}";
	case HUJSON_STRING:
	case HUJSON_NULL:
	case HUJSON_BAD:
		break;
	}
	return "<nil>";
}

/* Headscale's words for members that are no list of strings; finding is what was
 * raised of the first that is none. */
static void
say_members(struct reader *r, struct finding *finding, struct text group,
            const struct node *value)
{
	const char *name = text_quote(r->arena, group);
	const struct node *e = node_first(value);

	if (value->kind == HUJSON_STRING) {
		struct text text = node_text(r->arena, r->tree, value);
		usage_say(r->usage, finding, FOUND_VALUE,
		          "group value must be an array of users: group %s got string: "
		          "%s",
		          name, text_quote(r->arena, text));
		return;
	}
	if (value->kind != HUJSON_ARRAY) {
		usage_say(r->usage, finding, FOUND_VALUE,
		          "group value must be an array of users: group %s got %s", name,
		          go_type(value));
		return;
	}
	while (e->kind == HUJSON_STRING || e->kind == HUJSON_BAD)
		e = node_next(e);
	usage_say(r->usage, finding, FOUND_VALUE,
	          "invalid group member type: group %s expected string but got %s", name,
	          go_type(e));
}

static void
group_read(struct reader *r, const struct node *key, const struct node *value, void *into)
{
	struct reading *reading = into;
	struct word name = key_word(r, key);
	struct group *group =
		pile_place(r, &reading->groups, &reading->policy.group_names, name.text,
	                   sizeof(*group));

	size_t before = r->findings->n;

	group->name = name;
	read_selectors(r, value, &group->members);
	if (r->findings->n > before)
		say_members(r, r->findings->at[before], name.text, value);
}

static void
read_groups(struct reader *r, const struct node *value, void *into)
{
	map_read(r, value, group_read, into);
}

static void
tag_read(struct reader *r, const struct node *key, const struct node *value, void *into)
{
	struct reading *reading = into;
	struct word name = key_word(r, key);
	struct tag *tag = pile_place(r, &reading->tags, &reading->policy.tag_names,
	                             name.text, sizeof(*tag));

	tag->name = name;
	read_selectors(r, value, &tag->owners);
}

static void
read_tag_owners(struct reader *r, const struct node *value, void *into)
{
	map_read(r, value, tag_read, into);
}

static bool
is_usable(enum address_fault fault)
{
	return fault == ADDRESS_FINE || fault == ADDRESS_HOST_BITS ||
	       fault == ADDRESS_V4_MAPPED;
}

static void
host_read(struct reader *r, const struct node *key, const struct node *value, void *into)
{
	struct reading *reading = into;
	struct word name = key_word(r, key);
	struct host *host = pile_place(r, &reading->hosts, &reading->policy.host_names,
	                               name.text, sizeof(*host));

	host->name = name;
	if (!value_is(r, value, HUJSON_STRING, "an address or a prefix"))
		return;
	read_word(r, value, &host->address);
	host->good = is_usable(
		prefix_parse(host->address.text, &host->range, &host->bits, &host->bare));
	if (!host->good || !host->bare || host->range.first.line != LINE_IPV6)
		return;
	if (usage_meet(r->usage, FEATURE_HOST_IPV6, value->span) == DIFFERS) {
		host->bits = 32;
		host->range = point_block(host->range.first, host->bits);
	}
}

static void
read_hosts(struct reader *r, const struct node *value, void *into)
{
	map_read(r, value, host_read, into);
}

/* Whether the text starts with the verb and a blank; takes both off. */
static bool
verb_take(struct text *text, const char *verb)
{
	size_t len = strlen(verb);

	if (!text_starts(*text, verb) || text->len == len || text->at[len] != ' ')
		return false;
	*text = text_trim(text_from(*text, len));
	return true;
}

/* Reads "remove 10.0.0.1-10.0.0.9" (spec/policy-syntax.md 4.4). */
static void
step_read(struct reader *r, const struct node *element, struct ipset_step *step)
{
	struct text whole = node_text(r->arena, r->tree, element);
	struct text target = text_trim(whole);
	size_t offset;

	step->remove = verb_take(&target, "remove");
	step->worded = step->remove || verb_take(&target, "add");
	step->span = element->span;
	step->target = selector_parse(target);
	offset = target.len ? (size_t)(target.at - whole.at) : 0;
	step->target.span =
		step->worded ? reader_inner(r, element, offset, offset + target.len)
			     : element->span;
	selector_number(r, &step->target);
}

static void
ipset_read(struct reader *r, const struct node *key, const struct node *value, void *into)
{
	struct reading *reading = into;
	struct word name = key_word(r, key);
	struct ipset *set = pile_place(r, &reading->ipsets, &reading->policy.ipset_names,
	                               name.text, sizeof(*set));

	set->name = name;
	if (value->kind == HUJSON_NULL ||
	    !value_is(r, value, HUJSON_ARRAY, "a list of strings"))
		return;
	set->steps = arena_array(r->arena, value->count - 1, sizeof(*set->steps));
	for (const struct node *e = node_first(value); e != node_end(value);
	     e = node_next(e))
		if (value_is(r, e, HUJSON_STRING, "strings"))
			step_read(r, e, &set->steps[set->n_steps++]);
}

static void
read_ipsets(struct reader *r, const struct node *value, void *into)
{
	map_read(r, value, ipset_read, into);
}

static void
posture_read(struct reader *r, const struct node *key, const struct node *value,
             void *into)
{
	struct reading *reading = into;
	struct word name = key_word(r, key);
	struct posture *posture =
		pile_place(r, &reading->postures, &reading->policy.posture_names,
	                   name.text, sizeof(*posture));
	struct words words;
	const char *why;
	size_t where;

	posture->name = name;
	read_words(r, value, &words);
	posture->terms = arena_array(r->arena, words.n, sizeof(*posture->terms));
	posture->n_terms = words.n;
	for (size_t i = 0; i < words.n; i++) {
		struct posture_term *term = &posture->terms[i];
		term->word = words.at[i];
		term->good = assertion_parse(r->arena, term->word.text, &term->assertion,
		                             &where, &why);
	}
}

static void
read_postures(struct reader *r, const struct node *value, void *into)
{
	map_read(r, value, posture_read, into);
}

static void
route_read(struct reader *r, const struct node *key, const struct node *value, void *into)
{
	struct reading *reading = into;
	struct word name = key_word(r, key);
	struct approver *approver = pile_place(r, &reading->routes, &reading->route_names,
	                                       name.text, sizeof(*approver));
	bool bare = false;

	approver->route = name;
	approver->good = is_usable(
		prefix_parse(name.text, &approver->range, &approver->bits, &bare));
	approver->good = approver->good && !bare;
	read_selectors(r, value, &approver->by);
}

static void
read_routes(struct reader *r, const struct node *value, void *into)
{
	map_read(r, value, route_read, into);
}

static void
service_approver_read(struct reader *r, const struct node *key, const struct node *value,
                      void *into)
{
	struct reading *reading = into;
	struct word name = key_word(r, key);
	struct service_approver *approver =
		pile_place(r, &reading->services, &reading->service_names, name.text,
	                   sizeof(*approver));

	approver->service = name;
	read_selectors(r, value, &approver->by);
}

static void
read_services(struct reader *r, const struct node *value, void *into)
{
	map_read(r, value, service_approver_read, into);
}

static const struct field auto_approvers_field[] = {
	{ "routes", NULL, read_routes, 0, FEATURE_NONE },
	{ "exitNode", NULL, read_selectors, offsetof(struct reading, policy.exit_node),
	  FEATURE_NONE },
	{ "services", NULL, read_services, 0, FEATURE_APPROVE_SERVICES },
};

static const struct fields auto_approvers_fields = {
	"autoApprovers", auto_approvers_field, COUNT(auto_approvers_field), NULL, 0,
};

static void
read_auto_approvers(struct reader *r, const struct node *value, void *into)
{
	if (value->kind != HUJSON_NULL)
		fields_read(r, value, &auto_approvers_fields, into, NULL);
}

static const struct field attr_config_field[] = {
	{ "type", NULL, read_word, offsetof(struct attr_config, type), FEATURE_NONE },
	{ "allowSetByNode", NULL, read_bool,
	  offsetof(struct attr_config, allow_set_by_node), FEATURE_NONE },
	{ "broadcastToPeers", NULL, read_selectors,
	  offsetof(struct attr_config, broadcast_to_peers), FEATURE_NONE },
};

static const struct fields attr_config_fields = {
	"an attribute of attrConfig",
	attr_config_field,
	COUNT(attr_config_field),
	NULL,
	0,
};

static void
attr_config_read(struct reader *r, const struct node *key, const struct node *value,
                 void *into)
{
	struct reading *reading = into;
	struct word name = key_word(r, key);
	struct attr_config *config =
		pile_place(r, &reading->attr_configs, &reading->attr_names, name.text,
	                   sizeof(*config));

	config->name = name;
	fields_read(r, value, &attr_config_fields, config, NULL);
}

static void
read_attr_config(struct reader *r, const struct node *value, void *into)
{
	map_read(r, value, attr_config_read, into);
}

static void
read_derp_map(struct reader *r, const struct node *value, void *into)
{
	struct reading *reading = into;

	reading->policy.derp_map =
		value->kind == HUJSON_NULL ? NULL : derp_read(r, value);
}

/* In the order of enum section. */
static const struct field policy_field[] = {
	{ "grants", NULL, read_grants, 0, FEATURE_GRANTS },
	{ "acls", NULL, read_acls, 0, FEATURE_NONE },
	{ "ssh", NULL, read_ssh, 0, FEATURE_SSH },
	{ "groups", NULL, read_groups, 0, FEATURE_NONE },
	{ "hosts", NULL, read_hosts, 0, FEATURE_NONE },
	{ "ipsets", NULL, read_ipsets, 0, FEATURE_IPSETS },
	{ "tagOwners", NULL, read_tag_owners, 0, FEATURE_NONE },
	{ "autoApprovers", NULL, read_auto_approvers, 0, FEATURE_NONE },
	{ "nodeAttrs", NULL, read_node_attrs, 0, FEATURE_NODE_ATTRS },
	{ "postures", NULL, read_postures, 0, FEATURE_POSTURES },
	{ "defaultSrcPosture", NULL, read_words,
	  offsetof(struct reading, policy.default_src_posture),
	  FEATURE_DEFAULT_SRC_POSTURE },
	{ "attrConfig", NULL, read_attr_config, 0, FEATURE_ATTR_CONFIG },
	{ "tests", NULL, read_tests, 0, FEATURE_TESTS },
	{ "sshTests", NULL, read_ssh_tests, 0, FEATURE_SSH_TESTS },
	{ "derpMap", NULL, read_derp_map, 0, FEATURE_DERP_MAP },
	{ "disableIPv4", NULL, read_bool, offsetof(struct reading, policy.disable_ipv4),
	  FEATURE_DISABLE_IPV4 },
	{ "OneCGNATRoute", NULL, read_word,
	  offsetof(struct reading, policy.one_cgnat_route), FEATURE_ONE_CGNAT_ROUTE },
	{ "randomizeClientPort", NULL, read_bool,
	  offsetof(struct reading, policy.randomize_client_port),
	  FEATURE_RANDOMIZE_CLIENT_PORT },
};

_Static_assert(COUNT(policy_field) == SECTION_N, "a row for each section");
_Static_assert(SECTION_N <= FIELDS_MAX, "a bit for each section");

#define DNS_IS_ELSEWHERE                                                                 \
	"DNS is set in the admin console or through the API (headscale: under dns in "   \
	"its configuration)"
#define CONSOLE_HAS_IT "it is set in the admin console or through the API"
#define HEADSCALE_HAS_IT "it belongs in headscale's own configuration"

/* spec/policy-syntax.md 1.1, at the end. */
static const struct stranger policy_stranger[] = {
	{ "extraDNSRecords", DNS_IS_ELSEWHERE },
	{ "extraRecords", DNS_IS_ELSEWHERE },
	{ "extra_records", DNS_IS_ELSEWHERE },
	{ "dns", DNS_IS_ELSEWHERE },
	{ "dnsConfig", DNS_IS_ELSEWHERE },
	{ "magicDNS", DNS_IS_ELSEWHERE },
	{ "magic_dns", DNS_IS_ELSEWHERE },
	{ "nameservers", DNS_IS_ELSEWHERE },
	{ "searchPaths", DNS_IS_ELSEWHERE },
	{ "searchDomains", DNS_IS_ELSEWHERE },
	{ "splitDNS", DNS_IS_ELSEWHERE },
	{ "overrideLocalDNS", DNS_IS_ELSEWHERE },
	{ "tailnetLock", "tailnet lock is set with `tailscale lock`" },
	{ "deviceApproval", CONSOLE_HAS_IT },
	{ "devicesApprovalOn", CONSOLE_HAS_IT },
	{ "userApproval", CONSOLE_HAS_IT },
	{ "keyExpiry", CONSOLE_HAS_IT },
	{ "authKeys", CONSOLE_HAS_IT },
	{ "httpsCertificates", CONSOLE_HAS_IT },
	{ "webhooks", CONSOLE_HAS_IT },
	{ "logStreaming", CONSOLE_HAS_IT },
	{ "serviceDefinitions", CONSOLE_HAS_IT },
	{ "derp", HEADSCALE_HAS_IT },
	{ "oidc", HEADSCALE_HAS_IT },
	{ "server_url", HEADSCALE_HAS_IT },
	{ "prefixes", HEADSCALE_HAS_IT },
	{ "base_domain", HEADSCALE_HAS_IT },
	{ "users",
	  "who is there is for the inventory; users are put together in groups" },
	{ "nodes", "who is there is for the inventory" },
	{ "machines", "who is there is for the inventory" },
	{ "rules", "access rules stand in grants, or in acls" },
	{ "tags", "tags are defined in tagOwners" },
	{ "services", "a service's hosts are approved in autoApprovers.services" },
	{ "routes", "routes are approved in autoApprovers.routes" },
	{ "exitNode", "exit nodes are approved in autoApprovers.exitNode" },
};

static const struct fields policy_fields = {
	"a policy",      policy_field,           COUNT(policy_field),
	policy_stranger, COUNT(policy_stranger),
};

static void
names_start(struct reading *reading, struct arena *arena)
{
	struct policy *policy = &reading->policy;
	struct names *const names[] = {
		&policy->group_names,    &policy->host_names,    &policy->ipset_names,
		&policy->tag_names,      &policy->posture_names, &reading->route_names,
		&reading->service_names, &reading->attr_names,   &policy->words,
	};

	for (size_t i = 0; i < COUNT(names); i++)
		names[i]->arena = arena;
}

/* Gives the policy what was piled up. */
static void
definitions_finish(struct reading *reading)
{
	struct policy *policy = &reading->policy;

	policy->groups = reading->groups.at;
	policy->n_groups = reading->groups.n;
	policy->hosts = reading->hosts.at;
	policy->n_hosts = reading->hosts.n;
	policy->ipsets = reading->ipsets.at;
	policy->n_ipsets = reading->ipsets.n;
	policy->tags = reading->tags.at;
	policy->n_tags = reading->tags.n;
	policy->postures = reading->postures.at;
	policy->n_postures = reading->postures.n;
	policy->approvers = reading->routes.at;
	policy->n_approvers = reading->routes.n;
	policy->service_approvers = reading->services.at;
	policy->n_service_approvers = reading->services.n;
	policy->attr_configs = reading->attr_configs.at;
	policy->n_attr_configs = reading->attr_configs.n;
}

/* Puts the acls behind the grants: the order they compile in. */
static void
grants_finish(struct reading *reading)
{
	struct policy *policy = &reading->policy;
	size_t n = policy->n_grants + reading->n_acls;
	struct grant *all = arena_array(policy->arena, n, sizeof(*all));

	if (policy->n_grants)
		memcpy(all, policy->grants, policy->n_grants * sizeof(*all));
	if (reading->n_acls)
		memcpy(all + policy->n_grants, reading->acls,
		       reading->n_acls * sizeof(*all));
	policy->grants = all;
	policy->n_grants = n;
}

/* Headscale's words before those of its HuJSON reader. */
static void
say_broken(const struct policy *policy, struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++) {
		struct finding *finding = findings->at[i];
		if (finding->level != LEVEL_ERROR)
			continue;
		if (finding->coordinator && target_has_words(policy->target))
			finding_coordinator(findings, finding,
			                    "parsing policy: parsing HuJSON: %s",
			                    finding->coordinator);
		return;
	}
}

struct policy *
policy_read(struct arena *arena, struct tree *tree, enum target target,
            struct findings *findings)
{
	struct reading *reading = arena_alloc(arena, sizeof(*reading));
	struct policy *policy = &reading->policy;
	struct reader reader = { .arena = arena,
		                 .tree = tree,
		                 .target = target,
		                 .findings = findings,
		                 .usage = &policy->usage,
		                 .words = &policy->words,
		                 .good = true };

	policy->arena = arena;
	policy->tree = tree;
	policy->source = tree->source;
	policy->target = target;
	policy->usage = (struct usage) { .arena = arena,
		                         .source = tree->source,
		                         .findings = findings,
		                         .target = target };
	names_start(reading, arena);
	policy->unread = fields_read(&reader, tree->root, &policy_fields, reading,
	                             policy->sections);
	policy->odd_keys = reader.odd_keys;
	if (tree->broken) {
		policy->unread = UINT32_MAX;
		say_broken(policy, findings);
	}
	definitions_finish(reading);
	grants_finish(reading);
	ipsets_resolve(policy);
	dialect_adapt(policy);
	policy->usage.n_read = findings->n;
	return policy;
}
