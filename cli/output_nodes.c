/* The documents of compile: nodes as coordinators take them, or rules in the
 * policy's own terms. */
#include "cli/compile.h"

#include "cli/rows.h"
#include "cli/terminal.h"
#include "cli/wire.h"

/* Each chosen node's object, a line each, and what the format wants between them. */
static void
nodes_write(struct compilation *c, struct wire *wire, const char *between)
{
	struct output *out = &c->run->out;

	progress_tell("writing the nodes");
	for (size_t i = 0; i < c->chosen.n && !out->error; i++) {
		progress_count(i, c->chosen.n);
		if (i > 0)
			output_string(out, between);
		wire_write(wire, out, c->chosen.machines[i]);
	}
	if (c->chosen.n > 0)
		output_char(out, '\n');
}

/* Where lists go that are to stand once. */
static struct wire *
nodes_wire(struct compilation *c, enum wire_lists shared)
{
	return wire_make(c->unit, c->own->control_url,
	                 c->own->shared ? shared : LISTS_INSIDE);
}

static void
nodes_end(struct compilation *c, struct wire *wire)
{
	output_flush(&c->run->out); /* of texts that are the unit's */
	wire_end(wire);
}

static void
json_head(struct compilation *c, const char *list)
{
	output_string(&c->run->out, "{\"aclc\":1,\"target\":");
	output_json_text(&c->run->out, text_of(target_name(c->run->options.target)));
	output_format(&c->run->out, ",\"%s\":[\n", list);
}

void
nodes_json(struct compilation *c)
{
	struct output *out = &c->run->out;
	struct wire *wire = nodes_wire(c, LISTS_BEHIND);

	json_head(c, "nodes");
	nodes_write(c, wire, ",\n");
	output_char(out, ']');
	if (c->own->shared)
		wire_write_lists(wire, out);
	output_string(out, "}\n");
	nodes_end(c, wire);
}

void
nodes_ndjson(struct compilation *c)
{
	struct wire *wire = nodes_wire(c, LISTS_AHEAD);

	nodes_write(c, wire, "\n");
	nodes_end(c, wire);
}

/* `"src":["tag:web","ada@example.com"],` */
static void
json_cell(struct output *out, const char *name, struct cell cell)
{
	output_format(out, "\"%s\":[", name);
	for (size_t i = 0; i < cell.n; i++) {
		if (i > 0)
			output_char(out, ',');
		output_json_text(out, cell.items[i]);
	}
	output_string(out, "],");
}

static void
json_origin(struct compilation *c, const struct grant *grant)
{
	struct output *out = &c->run->out;

	output_string(out, "\"origin\":");
	if (!grant) {
		output_string(out, "null");
		return;
	}
	struct place place = grant_place(c->unit->policy, grant);
	output_format(out, "{\"path\":\"%s[%u]\",\"line\":%u,\"column\":%u}",
	              section_name(grant->section), (unsigned)grant->index,
	              (unsigned)place.line, (unsigned)place.column);
}

static void
json_term(struct compilation *c, const struct term *term)
{
	struct output *out = &c->run->out;
	struct arena *arena = &c->unit->arena;

	output_char(out, '{');
	json_cell(out, "src", terms_cell(&term->src));
	json_cell(out, "dst", terms_cell(&term->dst));
	json_cell(out, "ip", terms_cell(&term->ip));
	output_string(out, "\"app\":");
	output_text(out, term->grant ? app_json(arena, c->unit->tree, term->grant)
	                             : text_of("{}"));
	output_char(out, ',');
	json_cell(out, "via", via_cell(arena, term->grant));
	json_cell(out, "srcPosture", words_cell(arena, term->postures));
	json_origin(c, term->grant);
	output_char(out, '}');
}

void
terms_json(struct compilation *c)
{
	struct terms terms = terms_of(&c->unit->arena, c->unit->policy);

	json_head(c, "rules");
	for (size_t i = 0; i < terms.n; i++) {
		json_term(c, &terms.at[i]);
		output_string(&c->run->out, i + 1 < terms.n ? ",\n" : "\n");
	}
	output_string(&c->run->out, "]}\n");
}
