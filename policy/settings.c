#include "policy/settings.h"

#include <string.h>

#include "grammar/arena.h"
#include "policy/fields.h"
#include "policy/read.h"
#include "policy/show.h"

#define SENSITIVE(first, last, what) { PROTOCOL_ANY, { first, last }, what },
static const struct sensitive_port sensitive_usual[] = {
#include "policy/sensitive.def"
};
#undef SENSITIVE

static const char *const naming_names[NAMING_N] = {
	[NAMING_TAG] = "tag",     [NAMING_GROUP] = "group",     [NAMING_HOST] = "host",
	[NAMING_IPSET] = "ipset", [NAMING_POSTURE] = "posture",
};

const char *
naming_name(enum naming_kind kind)
{
	return naming_names[kind];
}

/* The words of settings while they are read. */
struct loose_words {
	struct words sensitive_ports;
	struct word max_check_period;
};

/* What the readers fill. */
struct intake {
	struct settings settings; /* first: it is what is left in the end */
	struct loose_words loose;
	size_t levels_cap;
};

static struct finding *
refuse(struct reader *r, struct span where, const char *said)
{
	r->good = false;
	return finding_add(r->findings, &CHECK_INVALID_VALUE, r->tree->source, where,
	                   "%s", said);
}

/* "; did you mean X?", or nothing. */
static const char *
meant(struct reader *r, struct text best)
{
	if (best.len == 0)
		return "";
	return arena_format(r->arena, "; did you mean %.*s?", TEXT_ARG(best));
}

static void
read_target(struct reader *r, const struct node *value, void *into)
{
	struct settings *settings = into;

	read_word(r, value, &settings->target);
	if (value->kind != HUJSON_STRING)
		return;
	settings->target_known =
		target_parse(settings->target.text, &settings->target_value);
	if (settings->target_known)
		return;
	refuse(r, value->span,
	       arena_format(r->arena, "there is no target %s%s",
	                    text_show(r->arena, settings->target.text),
	                    target_meant(r->arena, settings->target.text)));
}

/* Whether a level is one that its check can have; raises where not. */
static bool
level_is_possible(struct reader *r, const struct level_rule *rule, struct span where)
{
	const struct check *check = check_named(rule->pattern);

	if (!check_pattern_known(rule->pattern)) {
		refuse(r, where,
		       arena_format(r->arena, "there is no check %s%s",
		                    text_show(r->arena, rule->pattern),
		                    meant(r, check_nearest(rule->pattern))));
		return false;
	}
	if (check && check_is_firm(check) && rule->level != LEVEL_ERROR) {
		refuse(r, where,
		       arena_format(r->arena, "%s is an error, and stays one",
		                    check->id));
		return false;
	}
	return true;
}

static void
level_read(struct reader *r, const struct node *key, const struct node *value, void *into)
{
	struct intake *intake = into;
	struct settings *settings = &intake->settings;
	struct level_rule rule = { .pattern = node_text(r->arena, r->tree, key) };

	if (!value_is(r, value, HUJSON_STRING, "error, warning, advice or ignore"))
		return;
	if (!level_parse(node_text(r->arena, r->tree, value), &rule.level)) {
		refuse(r, value->span, "a level is error, warning, advice or ignore");
		return;
	}
	if (!level_is_possible(r, &rule, key->span))
		return;
	settings->levels = arena_grow(r->arena, settings->levels, settings->n_levels,
	                              &intake->levels_cap, sizeof(*settings->levels));
	settings->levels[settings->n_levels++] = rule;
}

static void
read_levels(struct reader *r, const struct node *value, void *into)
{
	map_read(r, value, level_read, into);
}

static const struct field ignore_field[] = {
	{ "check", NULL, read_trimmed, offsetof(struct ignore_setting, check),
	  FEATURE_NONE },
	{ "path", NULL, read_trimmed, offsetof(struct ignore_setting, path),
	  FEATURE_NONE },
	{ "reason", NULL, read_trimmed, offsetof(struct ignore_setting, reason),
	  FEATURE_NONE },
	{ "until", NULL, read_trimmed, offsetof(struct ignore_setting, until),
	  FEATURE_NONE },
};

static const struct fields ignore_fields = {
	"an entry of ignore", ignore_field, COUNT(ignore_field), NULL, 0,
};

static void
ignore_finish(struct reader *r, void *row, const struct node *node, uint32_t index)
{
	struct ignore_setting *ignore = row;
	int64_t days;

	(void)index;
	ignore->node = node;
	if (!ignore->check.node && r->good)
		refuse(r, node->span, "an entry of ignore needs the id of a check");
	if (ignore->until.node && !date_parse(ignore->until.text, &days))
		refuse(r, ignore->until.span, "until is a date, as in 2027-01-31");
}

static void
read_ignore(struct reader *r, const struct node *value, void *into)
{
	struct settings *settings = into;

	settings->ignore =
		rows_read(r, value, &ignore_fields, sizeof(struct ignore_setting),
	                  &settings->n_ignore, ignore_finish);
}

static void
pattern_read(struct reader *r, const struct node *value, void *into)
{
	struct naming *naming = into;
	const char *why;
	size_t where;

	read_word(r, value, &naming->text);
	if (value->kind != HUJSON_STRING)
		return;
	naming->pattern = pattern_compile(r->arena, naming->text.text, &why, &where);
	if (naming->pattern)
		return;
	if (where > naming->text.text.len)
		where = naming->text.text.len;
	size_t first = where > 0 ? where - 1 : 0;
	refuse(r, reader_inner(r, value, first, where),
	       arena_format(r->arena, "not a pattern: %s", why));
}

#define NAMING(kind) offsetof(struct settings, naming) + (kind) * sizeof(struct naming)

static const struct field naming_field[] = {
	{ "tag", NULL, pattern_read, NAMING(NAMING_TAG), FEATURE_NONE },
	{ "group", NULL, pattern_read, NAMING(NAMING_GROUP), FEATURE_NONE },
	{ "host", NULL, pattern_read, NAMING(NAMING_HOST), FEATURE_NONE },
	{ "ipset", NULL, pattern_read, NAMING(NAMING_IPSET), FEATURE_NONE },
	{ "posture", NULL, pattern_read, NAMING(NAMING_POSTURE), FEATURE_NONE },
};

static const struct fields naming_fields = {
	"naming", naming_field, COUNT(naming_field), NULL, 0,
};

static void
read_naming(struct reader *r, const struct node *value, void *into)
{
	if (value->kind != HUJSON_NULL)
		fields_read(r, value, &naming_fields, into, NULL);
}

static const struct field boundary_field[] = {
	{ "src", NULL, read_selectors, offsetof(struct boundary, grant.src),
	  FEATURE_NONE },
	{ "dst", NULL, read_unported, offsetof(struct boundary, grant.dst),
	  FEATURE_NONE },
	{ "ip", NULL, read_ip, 0, FEATURE_NONE },
	{ "deep", NULL, read_bool, offsetof(struct boundary, deep), FEATURE_NONE },
};

static const struct fields boundary_fields = {
	"a boundary", boundary_field, COUNT(boundary_field), NULL, 0,
};

/* Refuses a word that names nobody in any policy. */
static void
selector_check(struct reader *r, const struct selector *selector)
{
	const char *shown = text_show(r->arena, selector->text);

	if (selector->kind == SELECTOR_INVALID)
		refuse(r, selector->span,
		       arena_format(r->arena, "%s is not a selector", shown));
	else if (selector->kind == SELECTOR_AUTOGROUP &&
	         selector->autogroup == AUTOGROUP_UNKNOWN)
		refuse(r, selector->span,
		       arena_format(r->arena, "there is no %s", shown));
}

static void
boundary_finish(struct reader *r, void *row, const struct node *node, uint32_t index)
{
	struct grant *grant = &((struct boundary *)row)->grant;

	grant->section = SECTION_GRANTS;
	grant->index = index;
	grant->node = node;
	if ((grant->src.n == 0 || grant->dst.n == 0) && r->good)
		refuse(r, node->span, "a boundary needs a src and a dst");
	for (size_t i = 0; i < grant->src.n; i++)
		selector_check(r, &grant->src.at[i]);
	for (size_t i = 0; i < grant->dst.n; i++)
		selector_check(r, &grant->dst.at[i].selector);
	for (size_t i = 0; i < grant->n_ip; i++)
		if (!grant->ip[i].good)
			refuse(r, grant->ip[i].fault_span,
			       "not ports: * or 22 or 80-443 or tcp:22 are");
	grant->good = r->good;
}

static void
read_never(struct reader *r, const struct node *value, void *into)
{
	struct settings *settings = into;

	settings->never = rows_read(r, value, &boundary_fields, sizeof(struct boundary),
	                            &settings->n_never, boundary_finish);
}

static void
read_budget(struct reader *r, const struct node *value, void *into)
{
	struct settings *settings = into;
	size_t known = r->findings->n;

	read_integer(r, value, &settings->reach_budget);
	if (value->kind == HUJSON_NUMBER && r->findings->n == known &&
	    (settings->reach_budget < 1 || settings->reach_budget > 100))
		refuse(r, value->span, "a budget is a percentage, from 1 to 100");
}

static void
read_period(struct reader *r, const struct node *value, void *into)
{
	struct settings *settings = into;
	struct word word;
	const char *fault;

	read_word(r, value, &word);
	if (value->kind != HUJSON_STRING)
		return;
	settings->max_check_period_text = word.text;
	if (!duration_parse(r->arena, word.text, &settings->max_check_period, &fault))
		refuse(r, value->span, fault);
	else if (settings->max_check_period <= 0)
		refuse(r, value->span, "a period is longer than nothing, as in 12h");
}

static void
read_ports(struct reader *r, const struct node *value, void *into)
{
	struct intake *intake = into;

	read_trimmeds(r, value, &intake->loose.sensitive_ports);
}

static const struct field settings_field[] = {
	{ "target", NULL, read_target, 0, FEATURE_NONE },
	{ "inventory", NULL, read_words, offsetof(struct settings, inventory),
	  FEATURE_NONE },
	{ "levels", NULL, read_levels, 0, FEATURE_NONE },
	{ "ignore", NULL, read_ignore, 0, FEATURE_NONE },
	{ "admins", NULL, read_selectors, offsetof(struct settings, admins),
	  FEATURE_NONE },
	{ "sensitive-ports", NULL, read_ports, 0, FEATURE_NONE },
	{ "sensitive-tags", NULL, read_selectors,
	  offsetof(struct settings, sensitive_tags), FEATURE_NONE },
	{ "allowed-domains", NULL, read_trimmeds,
	  offsetof(struct settings, allowed_domains), FEATURE_NONE },
	{ "naming", NULL, read_naming, 0, FEATURE_NONE },
	{ "never", NULL, read_never, 0, FEATURE_NONE },
	{ "reach-budget", NULL, read_budget, 0, FEATURE_NONE },
	{ "max-check-period", NULL, read_period, 0, FEATURE_NONE },
};

static const struct fields settings_fields = {
	"aclc's configuration", settings_field, COUNT(settings_field), NULL, 0,
};

/* Reads "tcp:502" or "8000-8100". */
static bool
port_parse(struct text word, struct sensitive_port *port)
{
	size_t colon = text_find(word, ':');

	port->protocol = PROTOCOL_ANY;
	port->what = "a sensitive port";
	if (colon < word.len) {
		struct text protocol = { word.at, colon };
		if (!protocol_parse(protocol, &port->protocol) ||
		    !protocol_has_ports(port->protocol))
			return false;
		word = text_from(word, colon + 1);
	}
	return ports_parse(word, &port->ports) == PORTS_FINE;
}

/* Takes the ports of the list away that lie in what an element with a ! says. */
static void
ports_remove(struct settings *settings, const struct sensitive_port *gone)
{
	size_t kept = 0;

	for (size_t i = 0; i < settings->n_sensitive_ports; i++) {
		struct sensitive_port *port = &settings->sensitive_ports[i];
		bool inside = port->ports.first >= gone->ports.first &&
		              port->ports.last <= gone->ports.last;
		if (!inside ||
		    (gone->protocol != PROTOCOL_ANY && gone->protocol != port->protocol))
			settings->sensitive_ports[kept++] = *port;
	}
	settings->n_sensitive_ports = kept;
}

/* The usual ports, those that the words add, without those they take away. */
static void
ports_settle(struct reader *r, struct settings *settings, const struct words *words)
{
	size_t n = COUNT(sensitive_usual);
	struct sensitive_port *ports =
		arena_array(r->arena, n + words->n, sizeof(*ports));

	memcpy(ports, sensitive_usual, sizeof(sensitive_usual));
	settings->sensitive_ports = ports;
	settings->n_sensitive_ports = n;
	for (size_t i = 0; i < words->n; i++) {
		struct text word = words->at[i].text;
		bool without = text_starts(word, "!");
		struct sensitive_port port;
		if (!port_parse(text_from(word, without), &port))
			refuse(r, words->at[i].span,
			       "not a port: 502 or 8000-8100 or tcp:502 are, "
			       "and !8080 takes one of the usual ones away");
		else if (without)
			ports_remove(settings, &port);
		else
			ports[settings->n_sensitive_ports++] = port;
	}
}

/* Takes selectors by their texts; what tells which there may be, refused is said of
 * others. */
static void
selectors_settle(struct reader *r, const struct selectors *list, struct names *names,
                 bool (*fits)(const struct selector *), const char *refused)
{
	names->arena = r->arena;
	for (size_t i = 0; i < list->n; i++) {
		const struct selector *selector = &list->at[i];
		names_add(names, selector->text);
		if (!fits(selector))
			refuse(r, selector->span,
			       arena_format(r->arena, "%s is %s",
			                    text_show(r->arena, selector->text),
			                    refused));
		else
			selector_check(r, selector);
	}
}

static bool
is_source(const struct selector *selector)
{
	return selector->kind != SELECTOR_HOST;
}

static bool
is_tag(const struct selector *selector)
{
	return selector->kind == SELECTOR_TAG;
}

static void
domains_settle(struct reader *r, const struct words *domains)
{
	for (size_t i = 0; i < domains->n; i++) {
		struct text domain = domains->at[i].text;
		if (domain.len == 0 || text_find(domain, '@') < domain.len)
			refuse(r, domains->at[i].span,
			       "a domain is what follows the @, as in example.com");
	}
}

struct settings *
settings_none(struct arena *arena)
{
	struct reader reader = { .arena = arena };
	struct settings *settings = arena_alloc(arena, sizeof(*settings));

	ports_settle(&reader, settings, &settings->allowed_domains);
	return settings;
}

struct settings *
settings_read(struct arena *arena, struct tree *tree, struct findings *findings)
{
	struct intake *intake = arena_alloc(arena, sizeof(*intake));
	struct settings *settings = &intake->settings;
	struct reader reader = {
		.arena = arena,
		.tree = tree,
		/* lists of ports are taken, a key given twice is doubtful */
		.target = TARGET_HEADSCALE_0_26,
		.findings = findings,
		.good = true,
	};

	settings->source = tree->source;
	settings->tree = tree;
	fields_read(&reader, tree->root, &settings_fields, intake, NULL);
	ports_settle(&reader, settings, &intake->loose.sensitive_ports);
	domains_settle(&reader, &settings->allowed_domains);
	selectors_settle(&reader, &settings->admins, &settings->admin_names, is_source,
	                 "no user, group or tag: group:NAME is a group");
	selectors_settle(&reader, &settings->sensitive_tags, &settings->sensitive_names,
	                 is_tag, "no tag: tag:NAME is one");
	return settings;
}

/* Whether packets of one protocol may be of the other; ANY is tcp and udp. */
static bool
protocols_meet(int a, int b)
{
	if (a == PROTOCOL_ANY)
		return b == PROTOCOL_ANY || b == PROTOCOL_TCP || b == PROTOCOL_UDP;
	return b == PROTOCOL_ANY ? a == PROTOCOL_TCP || a == PROTOCOL_UDP : a == b;
}

const struct sensitive_port *
sensitive_among(const struct settings *settings, int protocol, struct ports ports)
{
	for (size_t i = 0; i < settings->n_sensitive_ports; i++) {
		const struct sensitive_port *port = &settings->sensitive_ports[i];
		if (port->ports.first <= ports.last && port->ports.last >= ports.first &&
		    protocols_meet(port->protocol, protocol))
			return port;
	}
	return NULL;
}
