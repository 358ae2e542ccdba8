#include "policy/read.h"

#include <string.h>

#include "grammar/arena.h"
#include "policy/period.h"

/* Fibre Channel, which Headscale alone knows by name. */
#define PROTOCOL_FC 133

/*
 * The host of a destination written [fd7a::1] or [fd7a::]/48 without its
 * brackets; *fine is false when they are not closed. Others come back as they
 * are.
 */
static struct text
host_unbracketed(struct reader *r, struct text host, bool *fine)
{
	size_t close = text_find(host, ']');

	*fine = true;
	if (!text_starts(host, "["))
		return host;
	if (close == host.len) {
		*fine = false;
		return host;
	}
	struct text inside = { host.at + 1, close - 1 };
	struct text rest = text_from(host, close + 1);
	if (rest.len == 0)
		return inside;
	char *joined = arena_alloc(r->arena, inside.len + rest.len);
	memcpy(joined, inside.at, inside.len);
	memcpy(joined + inside.len, rest.at, rest.len);
	return (struct text) { joined, inside.len + rest.len };
}

/* What the target does with what it reads; REFUSES where no policy is read. */
static enum support
rule_meet(struct reader *r, enum feature feature, struct span where)
{
	return r->usage ? usage_meet(r->usage, feature, where) : REFUSES;
}

/* Brackets are for IPv6 alone (spec/policy-syntax.md 3.1). */
static struct selector
host_parse(struct reader *r, struct text host, struct span where)
{
	bool fine;
	struct text bare = host_unbracketed(r, host, &fine);
	struct selector selector = selector_parse(bare);

	if (bare.at == host.at && fine)
		return selector;
	if (!fine || selector.kind != SELECTOR_ADDRESS ||
	    selector.range.first.line != LINE_IPV6) {
		selector.kind = SELECTOR_INVALID;
		selector.fault = ADDRESS_MALFORMED;
	} else if (rule_meet(r, FEATURE_IPV6_BRACKETS, where) == REFUSES && r->usage) {
		usage_refuse(r->usage, FEATURE_IPV6_BRACKETS, where);
		r->good = false;
	}
	selector.text = host;
	return selector;
}

/* ports_parse, but that some targets take ports from 0 on. */
static enum ports_fault
ports_parse_there(struct reader *r, struct text element, struct ports *ports,
                  struct span where)
{
	enum ports_fault fault = ports_parse(element, ports);
	size_t dash = text_find(element, '-');
	uint64_t last = 0;

	if (fault != PORTS_ZERO)
		return fault;
	if (dash < element.len)
		text_number(text_from(element, dash + 1), UINT16_MAX, &last);
	enum feature feature =
		dash < element.len ? FEATURE_PORT_ZERO_RANGE : FEATURE_PORT_ZERO;
	if (rule_meet(r, feature, where) == REFUSES)
		return fault;
	*ports = (struct ports) { 0, (uint16_t)last };
	return PORTS_FINE;
}

/* Reads "22,80-90", which starts at the offset in the element's text. */
static void
ports_read(struct reader *r, struct destination *dst, struct text list, size_t offset)
{
	size_t n = 1, end;

	for (size_t i = 0; i < list.len; i++)
		n += list.at[i] == ',';
	dst->ports = arena_array(r->arena, n, sizeof(*dst->ports));
	dst->port_spans = arena_array(r->arena, n, sizeof(*dst->port_spans));
	for (size_t i = 0; i < n; i++, list = text_from(list, end + (i < n))) {
		struct text element = { list.at, end = text_find(list, ',') };
		struct span span =
			reader_inner(r, dst->word.node, offset, offset + element.len);
		enum ports_fault fault =
			ports_parse_there(r, element, &dst->ports[dst->n_ports], span);
		offset += element.len + 1;
		if (fault == PORTS_FINE) {
			dst->port_spans[dst->n_ports++] = span;
		} else if (dst->fault == PORTS_FINE) {
			dst->fault = fault;
			dst->fault_text = element;
			dst->fault_span = span;
		}
	}
}

/* Takes "host:ports" apart at the last colon, as tailcfg does. */
static void
ported_read(struct reader *r, const struct node *element, struct destination *dst)
{
	struct text whole = node_text(r->arena, r->tree, element);
	struct text trimmed = text_trim(whole);
	size_t skipped = (size_t)(trimmed.len ? trimmed.at - whole.at : 0);
	size_t colon = text_find_last(trimmed, ':');
	struct text host = { trimmed.at, colon };

	dst->word = (struct word) { trimmed, element->span, element };
	dst->no_colon = colon == trimmed.len;
	dst->comma = !dst->no_colon && text_find(host, ',') < host.len;
	struct span where = dst->no_colon
	                            ? element->span
	                            : reader_inner(r, element, skipped, skipped + colon);
	dst->selector = host_parse(r, host, where);
	dst->selector.span = where;
	selector_number(r, &dst->selector);
	if (!dst->no_colon)
		ports_read(r, dst, text_from(trimmed, colon + 1), skipped + colon + 1);
}

static void
unported_read(struct reader *r, const struct node *element, struct destination *dst)
{
	struct text text = node_text(r->arena, r->tree, element);

	dst->selector = selector_parse(text);
	dst->selector.span = element->span;
	dst->word = (struct word) { dst->selector.text, element->span, element };
	selector_number(r, &dst->selector);
}

static void
destinations_read(struct reader *r, const struct node *value, struct destinations *list,
                  void (*read)(struct reader *, const struct node *,
                               struct destination *))
{
	*list = (struct destinations) { 0 };
	if (value->kind == HUJSON_NULL)
		return;
	list->list = value;
	if (!value_is(r, value, HUJSON_ARRAY, "a list of strings"))
		return;
	list->at = arena_array(r->arena, value->count - 1, sizeof(*list->at));
	for (const struct node *e = node_first(value); e != node_end(value);
	     e = node_next(e))
		if (value_is(r, e, HUJSON_STRING, "strings"))
			read(r, e, &list->at[list->n++]);
}

void
read_ported(struct reader *r, const struct node *value, void *into)
{
	destinations_read(r, value, into, ported_read);
}

void
read_unported(struct reader *r, const struct node *value, void *into)
{
	destinations_read(r, value, into, unported_read);
}

/* protocol_parse, but that some targets know another one (fc is 133). */
static bool
protocol_parse_there(struct reader *r, struct text name, int *protocol, struct span where)
{
	if (protocol_parse(name, protocol))
		return true;
	if (!text_equal_fold(name, text_of("fc")) ||
	    rule_meet(r, FEATURE_PROTO_FC, where) == REFUSES)
		return false;
	*protocol = PROTOCOL_FC;
	return true;
}

/* The protocol and the ports of an element of ip. */
struct service_parts {
	struct text protocol, ports;
	bool prefixed; /* there is a colon between them */
};

/* Finds what is at fault, if anything is, in the order of tailcfg's parser. */
static void
service_parse(struct reader *r, struct service *service,
              const struct service_parts *parts)
{
	struct text protocol = parts->protocol;

	service->protocol = PROTOCOL_ANY;
	service->ports_fault =
		ports_parse_there(r, parts->ports, &service->ports, service->span);
	service->fault_text = protocol;
	if (!parts->prefixed && parts->ports.len == 0) {
		service->fault = SERVICE_EMPTY;
	} else if (text_find(protocol, ',') < protocol.len) {
		service->fault = SERVICE_COMMA;
	} else if (service->ports_fault != PORTS_FINE) {
		service->fault = SERVICE_PORTS;
		service->fault_text = parts->ports;
	} else if (parts->prefixed && protocol.len == 0) {
		service->fault = SERVICE_NO_PROTOCOL;
	} else if (!text_is(protocol, "*") &&
	           !protocol_parse_there(r, protocol, &service->protocol,
	                                 service->span)) {
		service->fault = SERVICE_PROTOCOL;
	}
	service->good = service->fault == SERVICE_FINE;
}

/* Services while they are read. */
struct services {
	struct service *at;
	size_t n, cap;
};

static void
service_add(struct reader *r, struct services *services, const struct node *element,
            struct text whole, const struct service_parts *parts)
{
	struct service *service;
	size_t offset;

	services->at = arena_grow(r->arena, services->at, services->n, &services->cap,
	                          sizeof(*service));
	service = &services->at[services->n++];
	*service = (struct service) { .text = whole,
		                      .span = element->span,
		                      .fault_span = element->span };
	service_parse(r, service, parts);
	if (service->good || service->fault_text.len == 0)
		return;
	offset = (size_t)(service->fault_text.at - whole.at);
	service->fault_span =
		reader_inner(r, element, offset, offset + service->fault_text.len);
}

/* Reads "tcp:80-90"; what Headscale takes as a list is one service for each
 * of its elements, which Tailscale does not read (spec/policy-syntax.md 3.3). */
static void
services_read(struct reader *r, struct services *services, const struct node *element)
{
	struct text whole = node_text(r->arena, r->tree, element);
	size_t colon = text_find_last(whole, ':');
	bool prefixed = colon < whole.len, lists;
	struct text list = text_from(whole, prefixed ? colon + 1 : 0);
	struct service_parts parts = { { whole.at, prefixed ? colon : 0 },
		                       list,
		                       prefixed };
	size_t comma = text_find(list, ',');

	lists = comma < list.len &&
	        rule_meet(r, FEATURE_PORT_LIST, element->span) != REFUSES;
	for (; lists && comma < list.len; comma = text_find(list, ',')) {
		parts.ports = (struct text) { list.at, comma };
		service_add(r, services, element, whole, &parts);
		list = text_from(list, comma + 1);
	}
	parts.ports = list;
	service_add(r, services, element, whole, &parts);
}

void
read_ip(struct reader *r, const struct node *value, void *into)
{
	struct grant *grant = into;
	struct services services = { 0 };

	grant->ip_list = value->kind == HUJSON_NULL ? NULL : value;
	if (grant->ip_list && value_is(r, value, HUJSON_ARRAY, "a list of strings"))
		for (const struct node *e = node_first(value); e != node_end(value);
		     e = node_next(e))
			if (value_is(r, e, HUJSON_STRING, "strings"))
				services_read(r, &services, e);
	grant->ip = services.at;
	grant->n_ip = services.n;
}

/* Capabilities while they are read. */
struct apps {
	struct capability *at;
	size_t n, cap;
};

static void
capability_read(struct reader *r, const struct node *key, const struct node *value,
                void *into)
{
	struct apps *apps = into;
	struct capability *capability;

	apps->at = arena_grow(r->arena, apps->at, apps->n, &apps->cap, sizeof(*apps->at));
	capability = &apps->at[apps->n++];
	capability->name =
		(struct word) { node_text(r->arena, r->tree, key), key->span, key };
	capability->values = value;
	if (value->kind == HUJSON_NULL || value_is(r, value, HUJSON_ARRAY, "a list"))
		opaque_read(r, value);
}

static struct apps
apps_read(struct reader *r, const struct node *value)
{
	struct apps apps = { 0 };

	map_read(r, value, capability_read, &apps);
	return apps;
}

static void
read_grant_app(struct reader *r, const struct node *value, void *into)
{
	struct grant *grant = into;
	struct apps apps = apps_read(r, value);

	grant->app = apps.at;
	grant->n_app = apps.n;
	grant->app_object = value->kind == HUJSON_NULL ? NULL : value;
}

static void
read_attr_app(struct reader *r, const struct node *value, void *into)
{
	struct node_attr *attr = into;
	struct apps apps = apps_read(r, value);

	attr->app = apps.at;
	attr->n_app = apps.n;
}

static const struct field grant_field[] = {
	{ "src", NULL, read_selectors, offsetof(struct grant, src), FEATURE_NONE },
	{ "dst", NULL, read_unported, offsetof(struct grant, dst), FEATURE_NONE },
	{ "ip", NULL, read_ip, 0, FEATURE_NONE },
	{ "app", NULL, read_grant_app, 0, FEATURE_NONE },
	{ "via", NULL, read_selectors, offsetof(struct grant, via), FEATURE_NONE },
	{ "srcPosture", NULL, read_words, offsetof(struct grant, src_posture),
	  FEATURE_SRC_POSTURE },
};

static const struct stranger grant_stranger[] = {
	{ "action", "a grant always accepts" },
	{ "users", "its sources are called src" },
	{ "ports", "its ports belong in ip, as in \"tcp:443\"" },
	{ "proto", "its protocol belongs in ip, as in \"tcp:443\"" },
	{ "protocol", "its protocol belongs in ip, as in \"tcp:443\"" },
	{ "comment", "write it behind //" },
	{ "description", "write it behind //" },
	{ "name", "write it behind //" },
};

static const struct fields grant_fields = {
	"a grant", grant_field, COUNT(grant_field), grant_stranger, COUNT(grant_stranger),
};

static void
grant_finish(struct reader *r, void *row, const struct node *node, uint32_t index)
{
	struct grant *grant = row;

	grant->section = SECTION_GRANTS;
	grant->index = index;
	grant->node = node;
	grant->good = r->good;
}

void
read_grants(struct reader *r, const struct node *value, void *into)
{
	struct policy *policy = &((struct reading *)into)->policy;

	policy->grants = rows_read(r, value, &grant_fields, sizeof(struct grant),
	                           &policy->n_grants, grant_finish);
}

static const struct field acl_field[] = {
	{ "action", NULL, read_word, offsetof(struct grant, action), FEATURE_NONE },
	{ "src", "users", read_selectors, offsetof(struct grant, src), FEATURE_NONE },
	{ "dst", "ports", read_ported, offsetof(struct grant, dst), FEATURE_NONE },
	{ "proto", NULL, read_word, offsetof(struct grant, proto), FEATURE_NONE },
	{ "srcPosture", NULL, read_words, offsetof(struct grant, src_posture),
	  FEATURE_SRC_POSTURE },
};

static const struct stranger acl_stranger[] = {
	{ "ip", "its ports belong in dst, as in \"tag:web:443\"" },
	{ "app", "capabilities are for grants" },
	{ "via", "it is for grants" },
	{ "protocol", "its protocol is called proto" },
	{ "comment", "write it behind //" },
	{ "description", "write it behind //" },
	{ "name", "write it behind //" },
	{ "#", "write it behind //" },
};

static const struct fields acl_fields = {
	"an acl", acl_field, COUNT(acl_field), acl_stranger, COUNT(acl_stranger),
};

/* An acl is a grant of all the protocol's ports, to destinations that say
 * which. */
static void
acl_finish(struct reader *r, void *row, const struct node *node, uint32_t index)
{
	struct grant *acl = row;
	struct service *service = arena_alloc(r->arena, sizeof(*service));

	grant_finish(r, row, node, index);
	acl->section = SECTION_ACLS;
	acl->ip = service;
	acl->n_ip = 1;
	service->ports = PORTS_ALL;
	service->span = service->fault_span =
		acl->proto.node ? acl->proto.span : node->span;
	service->good = protocol_parse_there(r, acl->proto.text, &service->protocol,
	                                     service->span);
	if (!service->good) {
		service->protocol = PROTOCOL_ANY;
		service->fault = SERVICE_PROTOCOL;
		service->fault_text = acl->proto.text;
	}
}

void
read_acls(struct reader *r, const struct node *value, void *into)
{
	struct reading *reading = into;

	reading->acls = rows_read(r, value, &acl_fields, sizeof(struct grant),
	                          &reading->n_acls, acl_finish);
}

static const struct field ssh_field[] = {
	{ "action", NULL, read_trimmed, offsetof(struct ssh_rule, action_word),
	  FEATURE_NONE },
	{ "src", NULL, read_selectors, offsetof(struct ssh_rule, src), FEATURE_NONE },
	{ "dst", NULL, read_selectors, offsetof(struct ssh_rule, dst), FEATURE_NONE },
	{ "users", NULL, read_trimmeds, offsetof(struct ssh_rule, users), FEATURE_NONE },
	{ "checkPeriod", NULL, read_word, offsetof(struct ssh_rule, check_period),
	  FEATURE_NONE },
	{ "acceptEnv", NULL, read_words, offsetof(struct ssh_rule, accept_env),
	  FEATURE_ACCEPT_ENV },
	{ "srcPosture", NULL, read_words, offsetof(struct ssh_rule, src_posture),
	  FEATURE_SRC_POSTURE },
	{ "recorder", NULL, read_selectors, offsetof(struct ssh_rule, recorder),
	  FEATURE_RECORDER },
	{ "enforceRecorder", NULL, read_bool, offsetof(struct ssh_rule, enforce_recorder),
	  FEATURE_RECORDER },
};

static const struct stranger ssh_stranger[] = {
	{ "proto", "ssh is always tcp" },    { "ports", "ssh is always port 22" },
	{ "comment", "write it behind //" }, { "description", "write it behind //" },
	{ "name", "write it behind //" },
};

static const struct fields ssh_fields = {
	"an ssh rule", ssh_field, COUNT(ssh_field), ssh_stranger, COUNT(ssh_stranger),
};

static void
ssh_finish(struct reader *r, void *row, const struct node *node, uint32_t index)
{
	struct ssh_rule *rule = row;
	struct text action = rule->action_word.text;
	struct period period;

	rule->index = index;
	rule->node = node;
	rule->good = r->good;
	rule->action = text_is(action, "accept")  ? SSH_ACCEPT
	               : text_is(action, "check") ? SSH_CHECK
	                                          : SSH_BAD;
	period = period_parse(r->arena, rule->check_period.text);
	rule->check_period_ns = -1;
	if (rule->check_period.node && (period.go || period.prometheus))
		rule->check_period_ns = period.ns;
}

void
read_ssh(struct reader *r, const struct node *value, void *into)
{
	struct policy *policy = &((struct reading *)into)->policy;

	policy->ssh = rows_read(r, value, &ssh_fields, sizeof(struct ssh_rule),
	                        &policy->n_ssh, ssh_finish);
}

static const struct field node_attr_field[] = {
	{ "target", NULL, read_selectors, offsetof(struct node_attr, target),
	  FEATURE_NONE },
	{ "attr", NULL, read_words, offsetof(struct node_attr, attr), FEATURE_NONE },
	{ "app", NULL, read_attr_app, 0, FEATURE_ATTR_APP },
	{ "ipPool", NULL, read_words, offsetof(struct node_attr, ip_pool), FEATURE_NONE },
};

static const struct stranger node_attr_stranger[] = {
	{ "src", "the machines that get the attributes are its target" },
	{ "dst", "the machines that get the attributes are its target" },
	{ "comment", "write it behind //" },
	{ "description", "write it behind //" },
	{ "name", "write it behind //" },
};

static const struct fields node_attr_fields = {
	"a nodeAttrs entry", node_attr_field,           COUNT(node_attr_field),
	node_attr_stranger,  COUNT(node_attr_stranger),
};

static void
node_attr_finish(struct reader *r, void *row, const struct node *node, uint32_t index)
{
	struct node_attr *attr = row;

	attr->index = index;
	attr->node = node;
	attr->good = r->good;
}

void
read_node_attrs(struct reader *r, const struct node *value, void *into)
{
	struct policy *policy = &((struct reading *)into)->policy;

	policy->node_attrs =
		rows_read(r, value, &node_attr_fields, sizeof(struct node_attr),
	                  &policy->n_node_attrs, node_attr_finish);
}
