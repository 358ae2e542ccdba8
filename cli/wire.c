#include "cli/wire.h"

#include <stdlib.h>

#include "policy/attrs.h"
#include "policy/ssh.h"
#include "policy/table.h"

/* The lists of one kind. Those that are written once have numbers, in the order in
 * which they are first needed. */
struct lists {
	const char *member; /* of a rule that has one: "\"SrcIPs\":" */
	const char *set;    /* what one is called: "srcSet" */
	struct text (*json)(struct wire *, uint32_t list);
	uint32_t *number; /* by list: its number + 1, or 0 */
	uint32_t *order;  /* by number: the list */
	uint32_t n;
};

/* A run of ports as DstPorts has it, to be used until another takes its place. */
struct ports_text {
	struct ports ports;
	size_t len;
	char text[64];
};

#define PORTS_TEXTS 64

struct wire {
	struct arena *arena;
	const struct tree *tree;
	const struct policy *policy;
	const struct tailnet *tailnet;
	struct table *table;
	struct attrs *attrs;
	struct ssh_table *ssh; /* NULL: no ssh section */
	const char *control_url;
	enum wire_lists place; /* of lists */
	struct lists srcs, principals;
	char *ids;         /* "n1","n2", … as JSON, by machine … */
	size_t *id_start;  /* … and where each of them starts */
	struct text *maps; /* by number of the map: CapMap */
	struct text *apps; /* by grant: the CapMap of its app */
	struct ports_text ports[PORTS_TEXTS];
	struct arena scratch; /* of one machine */
};

/* The ids of all machines, one behind the other, each with its comma: neighbours
 * can be copied together. */
static void
ids_write(struct wire *wire)
{
	uint32_t n = (uint32_t)wire->tailnet->n_machines;
	struct output out;

	output_start_memory(&out, wire->arena);
	wire->id_start = arena_array(wire->arena, n + 1, sizeof(*wire->id_start));
	for (uint32_t i = 0; i < n; i++) {
		output_json_text(&out, wire->tailnet->machines[i].id);
		output_char(&out, ',');
		wire->id_start[i + 1] = out.n;
	}
	wire->ids = out.buffer;
}

static struct text
src_json(struct wire *wire, uint32_t list)
{
	return table_src_json(wire->table, list);
}

static struct text
principals_json(struct wire *wire, uint32_t list)
{
	return ssh_principals_json(wire->ssh, list);
}

/* Gets both kinds of lists ready. */
static void
lists_start(struct wire *wire)
{
	size_t n = table_n_srcs(wire->table);
	size_t n_principals = wire->ssh ? ssh_n_principals(wire->ssh) : 0;

	wire->srcs = (struct lists) {
		.member = "\"SrcIPs\":",
		.set = "srcSet",
		.json = src_json,
		.number = arena_array(wire->arena, n, sizeof(uint32_t)),
		.order = arena_array(wire->arena, n, sizeof(uint32_t)),
	};
	wire->principals = (struct lists) {
		.member = "\"principals\":",
		.set = "principalSet",
		.json = principals_json,
		.number = arena_array(wire->arena, n_principals, sizeof(uint32_t)),
		.order = arena_array(wire->arena, n_principals, sizeof(uint32_t)),
	};
}

struct wire *
wire_make(struct unit *unit, const char *control_url, enum wire_lists place)
{
	struct arena *arena = &unit->arena;
	struct wire *wire = arena_alloc(arena, sizeof(*wire));

	wire->arena = arena;
	wire->tree = unit->tree;
	wire->policy = unit->policy;
	wire->tailnet = unit->tailnet;
	wire->table = table_make(arena, unit->filter);
	wire->attrs = attrs_compile(arena, unit->policy, unit->tailnet);
	wire->ssh = ssh_compile(arena, unit->policy, unit->tailnet);
	wire->control_url = control_url ? control_url : SSH_CONTROL_URL;
	wire->place = place;
	lists_start(wire);
	ids_write(wire);
	wire->maps = arena_array(arena, attrs_n(wire->attrs), sizeof(*wire->maps));
	wire->apps = arena_array(arena, unit->policy->n_grants, sizeof(*wire->apps));
	/* a first block that is not given back after each machine */
	arena_alloc(&wire->scratch, 1);
	return wire;
}

void
wire_end(struct wire *wire)
{
	arena_end(&wire->scratch);
}

/* `"name":[value,value]`; values as they are written in the policy. */
static void
cap_write(struct wire *wire, struct output *out, struct text name,
          const struct node *const *values, size_t n)
{
	output_json_text(out, name);
	output_string(out, ":[");
	for (size_t i = 0; i < n; i++) {
		struct arena_mark mark = arena_mark(&wire->scratch);
		if (i > 0)
			output_char(out, ',');
		output_text(out, hujson_minimize(&wire->scratch, wire->tree, values[i]));
		arena_reset(&wire->scratch, mark);
	}
	output_char(out, ']');
}

static void
cap_null_write(struct output *out, struct text name)
{
	output_json_text(out, name);
	output_string(out, ":null");
}

/* The CapMap that node attributes make. */
static struct text
map_text(struct wire *wire, uint32_t number)
{
	struct text *text = &wire->maps[number];
	struct cap_map map = attrs_map(wire->attrs, number);
	struct output out;

	if (text->at)
		return *text;
	output_start_memory(&out, wire->arena);
	output_char(&out, '{');
	for (size_t i = 0; i < map.n; i++) {
		const struct cap *cap = &map.at[i];
		if (i > 0)
			output_char(&out, ',');
		if (cap->null)
			cap_null_write(&out, cap->name);
		else
			cap_write(wire, &out, cap->name, cap->values, cap->n_values);
	}
	output_char(&out, '}');
	return *text = output_taken(&out);
}

static int
capability_compare(const void *left, const void *right)
{
	const struct capability *const *a = left, *const *b = right;
	int order = text_compare((*a)->name.text, (*b)->name.text);

	/* of a name given twice, the later one is last */
	return order ? order : (*a > *b) - (*a < *b);
}

struct text
app_json(struct arena *arena, const struct tree *tree, const struct grant *grant)
{
	struct arena scratch = { 0 };
	const struct capability **sorted =
		arena_array(&scratch, grant->n_app, sizeof(*sorted));
	struct output out;

	for (size_t i = 0; i < grant->n_app; i++)
		sorted[i] = &grant->app[i];
	qsort(sorted, grant->n_app, sizeof(*sorted), capability_compare);
	output_start_memory(&out, arena);
	output_char(&out, '{');
	for (size_t i = 0; i < grant->n_app; i++) {
		struct text name = sorted[i]->name.text;
		if (i + 1 < grant->n_app && text_equal(name, sorted[i + 1]->name.text))
			continue;
		if (out.n > 1)
			output_char(&out, ',');
		output_json_text(&out, name);
		output_char(&out, ':');
		output_text(&out, hujson_minimize(&scratch, tree, sorted[i]->values));
	}
	output_char(&out, '}');
	arena_end(&scratch);
	return output_taken(&out);
}

static struct text
app_text(struct wire *wire, const struct grant *grant)
{
	struct text *text = &wire->apps[grant - wire->policy->grants];

	if (!text->at)
		*text = app_json(wire->arena, wire->tree, grant);
	return *text;
}

#define PUT(at, literal)                                                                 \
	(memcpy((at), (literal), sizeof(literal) - 1), (at) + sizeof(literal) - 1)

static void
ports_spell(struct ports_text *text, struct ports ports)
{
	char *at = text->text;

	at = PUT(at, "\",\"Ports\":{\"First\":");
	at += number_write(ports.first, at);
	at = PUT(at, ",\"Last\":");
	at += number_write(ports.last, at);
	at = PUT(at, "}}");
	text->ports = ports;
	text->len = (size_t)(at - text->text);
}

static const struct ports_text *
ports_text(struct wire *wire, struct ports ports)
{
	/* of a port alone an odd multiple: those spread */
	unsigned place = (ports.first * 30u + ports.last) % PORTS_TEXTS;
	struct ports_text *text = &wire->ports[place];

	if (text->len == 0 || text->ports.first != ports.first ||
	    text->ports.last != ports.last)
		ports_spell(text, ports);
	return text;
}

/* The longest: its punctuation, two ranges' ends and two ports. */
#define DST_ROOM (80 + RANGE_TEXT_MAX)

/* One element of DstPorts. */
static void
dst_write(struct wire *wire, struct output *out, const struct wire_dst *dst)
{
	const struct ports_text *ports = ports_text(wire, dst->ports);
	char *start = output_room(out, DST_ROOM), *at = start;

	at = PUT(at, "{\"IP\":\"");
	memcpy(at, dst->ip.at, dst->ip.len);
	at += dst->ip.len;
	memcpy(at, ports->text, ports->len);
	at += ports->len;
	out->n += (size_t)(at - start);
}

static void
dsts_write(struct wire *wire, struct output *out, const struct wire_rule *rule)
{
	output_string(out, ",\"DstPorts\":[");
	for (size_t i = 0; i < rule->n_dst; i++) {
		if (i > 0)
			output_char(out, ',');
		dst_write(wire, out, &rule->dst[i]);
	}
	output_char(out, ']');
	for (size_t i = 0; i < rule->n_protocols; i++) {
		output_string(out, i > 0 ? "," : ",\"IPProto\":[");
		output_number(out, (unsigned)rule->protocols[i]);
	}
	if (rule->n_protocols > 0)
		output_char(out, ']');
}

static void
cap_grant_write(struct wire *wire, struct output *out, const struct wire_rule *rule)
{
	output_string(out, ",\"CapGrant\":[{\"Dsts\":[");
	for (size_t i = 0; i < rule->n_cap_dst; i++) {
		output_string(out, i > 0 ? ",\"" : "\"");
		output_text(out, rule->cap_dst[i]);
		output_char(out, '"');
	}
	output_string(out, "],\"CapMap\":");
	if (rule->rule->kind == RULE_COMPANION) {
		output_char(out, '{');
		cap_null_write(out, text_of(rule->rule->companion));
		output_char(out, '}');
	} else {
		output_text(out, app_text(wire, rule->rule->grant));
	}
	output_string(out, "}]");
}

/* Gives a list a number; false if it had one. */
static bool
list_number(struct lists *lists, uint32_t list)
{
	if (lists->number[list] > 0)
		return false;
	lists->order[lists->n] = list;
	lists->number[list] = ++lists->n;
	return true;
}

/* `"SrcIPs":` and a list or its number. */
static void
list_write(struct wire *wire, struct output *out, struct lists *lists, uint32_t list)
{
	output_string(out, lists->member);
	if (wire->place == LISTS_INSIDE) {
		output_shared(out, lists->json(wire, list));
		return;
	}
	list_number(lists, list);
	output_number(out, lists->number[list] - 1);
}

/* `{"srcSet":0,"SrcIPs":[…]}`, where no rule so far had that list. */
static void
list_write_ahead(struct wire *wire, struct output *out, struct lists *lists,
                 uint32_t list)
{
	if (!list_number(lists, list))
		return;
	output_format(out, "{\"%s\":%u,%s", lists->set, (unsigned)lists->number[list] - 1,
	              lists->member);
	output_shared(out, lists->json(wire, list));
	output_string(out, "}\n");
}

/* `,"srcSets":[…]`, a list a line. */
static void
lists_write(struct wire *wire, struct output *out, const struct lists *lists)
{
	output_format(out, ",\"%ss\":[\n", lists->set);
	for (uint32_t i = 0; i < lists->n; i++) {
		output_shared(out, lists->json(wire, lists->order[i]));
		output_string(out, i + 1 < lists->n ? ",\n" : "\n");
	}
	output_char(out, ']');
}

void
wire_write_lists(struct wire *wire, struct output *out)
{
	lists_write(wire, out, &wire->srcs);
	lists_write(wire, out, &wire->principals);
}

static void
filter_write(struct wire *wire, struct output *out, const struct wire_table *table)
{
	/* empty and not null: null leaves a client's filter as it was */
	output_string(out, ",\"PacketFilter\":[");
	for (size_t i = 0; i < table->n; i++) {
		const struct wire_rule *rule = &table->rules[i];
		output_string(out, i > 0 ? ",{" : "{");
		list_write(wire, out, &wire->srcs, rule->src);
		if (rule->n_cap_dst > 0)
			cap_grant_write(wire, out, rule);
		else
			dsts_write(wire, out, rule);
		output_char(out, '}');
	}
	output_char(out, ']');
}

static void
accept_write(struct output *out, const struct wire_ssh_rule *rule)
{
	output_string(out, "{\"accept\":true");
	if (rule->session_ns != 0)
		output_format(out, ",\"sessionDuration\":%lld",
		              (long long)rule->session_ns);
	output_string(out, ",\"allowAgentForwarding\":true"
	                   ",\"allowLocalPortForwarding\":true"
	                   ",\"allowRemotePortForwarding\":true");
	for (size_t i = 0; i < rule->n_recorders; i++) {
		output_string(out, i > 0 ? ",\"" : ",\"recorders\":[\"");
		output_text(out, rule->recorders[i]);
		output_char(out, '"');
	}
	if (rule->n_recorders > 0)
		output_char(out, ']');
	if (rule->n_recorders > 0 && rule->enforce_recorder) {
		output_string(out, ",\"onRecordingFailure\":{"
		                   "\"RejectSessionWithMessage\":");
		output_json_text(out, text_of(SSH_RECORDING_REJECT));
		output_string(out, ",\"TerminateSessionWithMessage\":");
		output_json_text(out, text_of(SSH_RECORDING_TERMINATE));
		output_char(out, '}');
	}
	output_char(out, '}');
}

static void
hold_write(struct wire *wire, struct output *out)
{
	const char *url =
		arena_format(&wire->scratch, "%s" SSH_HOLD_PATH, wire->control_url);

	output_string(out, "{\"holdAndDelegate\":");
	output_json_text(out, text_of(url));
	output_char(out, '}');
}

static void
ssh_rule_write(struct wire *wire, struct output *out, const struct wire_ssh_rule *rule)
{
	output_char(out, '{');
	list_write(wire, out, &wire->principals, rule->principals);
	output_string(out, ",\"sshUsers\":{");
	for (size_t i = 0; i < rule->n_logins; i++) {
		if (i > 0)
			output_char(out, ',');
		output_json_text(out, rule->logins[i].wanted);
		output_char(out, ':');
		output_json_text(out, rule->logins[i].local);
	}
	output_string(out, "},\"action\":");
	if (rule->hold)
		hold_write(wire, out);
	else
		accept_write(out, rule);
	for (size_t i = 0; i < rule->n_accept_env; i++) {
		output_string(out, i > 0 ? "," : ",\"acceptEnv\":[");
		output_json_text(out, rule->accept_env[i].text);
	}
	output_string(out, rule->n_accept_env > 0 ? "]}" : "}");
}

static void
ssh_write(struct wire *wire, struct output *out, const struct wire_ssh *ssh)
{
	output_string(out, ",\"SSHPolicy\":");
	if (!wire->ssh) {
		output_string(out, "null");
		return;
	}
	output_string(out, "{\"rules\":[");
	for (size_t i = 0; i < ssh->n; i++) {
		if (i > 0)
			output_char(out, ',');
		ssh_rule_write(wire, out, ssh->rules[i]);
	}
	output_string(out, "]}");
}

/* The ids of neighbours first .. end-1, commas between them. */
static struct text
ids_text(const struct wire *wire, uint32_t first, uint32_t end)
{
	size_t start = wire->id_start[first];

	return (struct text) { wire->ids + start, wire->id_start[end] - start - 1 };
}

static void
peers_write(struct wire *wire, struct output *out, uint32_t machine)
{
	size_t n;
	const struct stretch *peers = table_peers(wire->table, machine, &n);

	output_string(out, ",\"Peers\":[");
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			output_char(out, ',');
		output_text(out, ids_text(wire, peers[i].first, peers[i].end));
	}
	output_char(out, ']');
}

static void
head_write(struct wire *wire, struct output *out, uint32_t number)
{
	const struct machine *machine = &wire->tailnet->machines[number];
	char text[RANGE_TEXT_MAX];

	output_string(out, "{\"id\":");
	output_text(out, ids_text(wire, number, number + 1));
	output_string(out, ",\"name\":");
	output_json_text(out, machine->name);
	output_string(out, ",\"addresses\":[");
	for (size_t i = 0; i < machine->n_addresses; i++) {
		size_t len = address_write(machine->addresses[i], text);
		output_string(out, i > 0 ? ",\"" : "\"");
		output_text(out, (struct text) { text, len });
		output_char(out, '"');
	}
	output_char(out, ']');
}

/* The lists that a node's rules are the first to have, a line each. */
static void
lists_write_ahead(struct wire *wire, struct output *out, const struct wire_table *table,
                  const struct wire_ssh *ssh)
{
	for (size_t i = 0; i < table->n; i++)
		list_write_ahead(wire, out, &wire->srcs, table->rules[i].src);
	for (size_t i = 0; i < ssh->n; i++)
		list_write_ahead(wire, out, &wire->principals, ssh->rules[i]->principals);
}

void
wire_write(struct wire *wire, struct output *out, uint32_t machine)
{
	struct arena_mark mark = arena_mark(&wire->scratch);

	struct wire_table table = table_of(wire->table, &wire->scratch, machine);
	struct wire_ssh ssh = { 0 };

	if (wire->ssh)
		ssh = ssh_of(wire->ssh, &wire->scratch, machine);
	if (wire->place == LISTS_AHEAD)
		lists_write_ahead(wire, out, &table, &ssh);
	head_write(wire, out, machine);
	filter_write(wire, out, &table);
	ssh_write(wire, out, &ssh);
	output_string(out, ",\"CapMap\":");
	output_text(out, map_text(wire, attrs_of(wire->attrs, machine)));
	peers_write(wire, out, machine);
	output_char(out, '}');
	arena_reset(&wire->scratch, mark);
}
