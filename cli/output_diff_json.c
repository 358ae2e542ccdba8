/* What two policies differ in, as JSON: a line for each, so that scripts can read
 * them one by one and large ones are not held in memory. */
#include "cli/diff.h"

#include <jansson.h>

#include "cli/rows.h"

static int
json_take(const char *at, size_t len, void *out)
{
	output_bytes(out, at, len);
	return 0;
}

/* Elements of an array, each on a line of its own. */
struct lines {
	struct output *out;
	bool begun;
};

static void
line_write(struct lines *lines, json_t *row)
{
	output_string(lines->out, lines->begun ? ",\n    " : "\n    ");
	json_dump_callback(row, json_take, lines->out, 0);
	json_decref(row);
	lines->begun = true;
}

static struct lines
lines_start(struct output *out, const char *name, const char *indent)
{
	output_format(out, ",\n%s\"%s\": [", indent, name);
	return (struct lines) { out, false };
}

static void
lines_end(struct lines *lines, const char *indent)
{
	if (lines->begun)
		output_format(lines->out, "\n%s", indent);
	output_char(lines->out, ']');
}

static json_t *
json_of_texts(const struct text *texts, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, json_of_text(texts[i]));
	return array;
}

static json_t *
json_of_place(const struct differing *d, enum diff_side side, struct span span)
{
	struct source *source = d->sides[side].unit.source;
	struct place place;
	json_t *object;

	if (span.end == 0)
		return json_null();
	place = source_place(source, span.first);
	object = json_object();
	json_object_set_new(object, "file", json_of_text(text_of(side_place(d, side))));
	json_object_set_new(object, "line", json_integer(place.line));
	json_object_set_new(object, "column", json_integer(place.column));
	return object;
}

static json_t *
json_of_origin(const struct differing *d, struct arena *arena, enum diff_side side,
               const struct grant *grant)
{
	json_t *object;

	if (!grant)
		return json_null();
	object = json_object();
	json_object_set_new(object, "path", json_string(grant_path(arena, grant)));
	json_t *place = json_of_place(d, side, grant->node->span);
	json_object_update(object, place);
	json_decref(place);
	return object;
}

static json_t *
json_of_witness(const struct differing *d, struct arena *arena, const struct diff *diff,
                enum diff_side side, const struct diff_access *a)
{
	const struct cut_flow *flow = &a->witness;
	const char *command = witness_command(arena, d, diff, side, a);
	json_t *object = json_object();

	json_object_set_new(object, "src", json_of_text(flow->src));
	json_object_set_new(object, "dst", json_of_text(flow->dst));
	json_object_set_new(object, "proto",
	                    json_string(protocol_name(arena, flow->protocol)));
	if (protocol_has_ports(flow->protocol))
		json_object_set_new(object, "port", json_integer(flow->port));
	if (flow->posture.len > 0)
		json_object_set_new(object, "srcPosture", json_of_text(flow->posture));
	if (command)
		json_object_set_new(object, "command", json_of_text(text_of(command)));
	return object;
}

/* One line of access: one source, one destination, one run of ports. */
static json_t *
json_of_line(const struct diff_access *a, size_t src, size_t dst, size_t ip)
{
	json_t *object = json_object();

	json_object_set_new(object, "src", json_of_text(a->src[src]));
	json_object_set_new(object, "dst", json_of_text(a->dst[dst]));
	json_object_set_new(object, "ip", json_of_text(a->ip[ip]));
	if (a->n_postures > 0)
		json_object_set_new(object, "srcPosture",
		                    json_of_texts(a->postures, a->n_postures));
	if (a->n_via > 0)
		json_object_set_new(object, "via", json_of_texts(a->via, a->n_via));
	if (a->partly)
		json_object_set_new(object, "partly", json_true());
	return object;
}

static void
access_lines(const struct differing *d, struct lines *lines, const struct diff *diff,
             enum diff_side side, const struct diff_access *a)
{
	struct arena scratch = { 0 };
	json_t *origin = json_of_origin(d, &scratch, side, a->grant);
	json_t *witness = json_of_witness(d, &scratch, diff, side, a);

	for (size_t i = 0; i < a->n_src; i++)
		for (size_t k = 0; k < a->n_dst; k++)
			for (size_t p = 0; p < a->n_ip; p++) {
				json_t *line = json_of_line(a, i, k, p);
				json_object_set(line, "origin", origin);
				json_object_set(line, "witness", witness);
				if (!diff->imagined)
					json_object_set_new(line, "machines",
					                    json_integer(a->n_machines));
				line_write(lines, line);
			}
	json_decref(origin);
	json_decref(witness);
	arena_end(&scratch);
}

static void
accesses_lines(const struct differing *d, struct output *out, const char *indent,
               const struct diff *diff)
{
	static const char *const names[] = { "lost", "gained" };

	for (int side = DIFF_NEW; side >= DIFF_OLD; side--) {
		const struct diff_accesses *list =
			accesses_of(diff, (enum diff_side)side);
		struct lines lines = lines_start(out, names[side], indent);
		for (size_t i = 0; i < list->n; i++)
			access_lines(d, &lines, diff, (enum diff_side)side, &list->at[i]);
		lines_end(&lines, indent);
	}
}

static const char *const EFFECTS[] = {
	[EFFECT_OTHER] = "other",
	[EFFECT_GAINED] = "gained",
	[EFFECT_LOST] = "lost",
	[EFFECT_BOTH] = "both",
};

static json_t *
json_of_change(const struct differing *d, const struct diff_change *change)
{
	json_t *object = json_object();

	json_object_set_new(object, "section",
	                    json_string(section_name(change->section)));
	json_object_set_new(object, "what", json_of_text(text_of(change->what)));
	json_object_set_new(object, "effect", json_string(EFFECTS[change->effect]));
	json_object_set_new(object, "old", json_of_place(d, DIFF_OLD, change->old_span));
	json_object_set_new(object, "new", json_of_place(d, DIFF_NEW, change->new_span));
	return object;
}

static void
changes_lines(const struct differing *d, struct output *out, const char *name,
              const struct diff_change *changes, size_t n)
{
	struct lines lines = lines_start(out, name, "  ");

	for (size_t i = 0; i < n; i++)
		line_write(&lines, json_of_change(d, &changes[i]));
	lines_end(&lines, "  ");
}

static void
counts_write(struct output *out, const char *name, const struct diff_accesses *list)
{
	output_format(out, "\"%s\": {\"people\": %u, \"tagged\": %u, \"machines\": %u}",
	              name, (unsigned)list->n_people, (unsigned)list->n_tagged,
	              (unsigned)list->n_machines);
}

/* With two targets: which, and why they differ. */
static void
targets_lines(const struct differing *d, struct output *out)
{
	output_format(out, ",\n  \"targets\": [\"%s\", \"%s\"]",
	              target_name(d->sides[DIFF_OLD].target),
	              target_name(d->sides[DIFF_NEW].target));
	struct lines lines = lines_start(out, "readings", "  ");

	for (size_t i = 0; i < d->any->n_readings; i++) {
		const struct diff_reading *r = &d->any->readings[i];
		json_t *object = json_object();
		json_object_set_new(object, "target",
		                    json_string(target_name(r->target)));
		json_object_set_new(object, "feature",
		                    json_string(feature_row(r->feature)->id));
		json_object_set_new(object, "what", json_string(r->what));
		json_object_set_new(object, "effect", json_string(EFFECTS[r->effect]));
		json_object_set_new(object, "place", json_of_place(d, r->side, r->span));
		line_write(&lines, object);
	}
	lines_end(&lines, "  ");
}

static void
tailnet_counts_write(const struct differing *d, struct output *out)
{
	output_string(out, ",\n  \"counts\": {");
	counts_write(out, "gained", &d->here->gained);
	output_string(out, ", ");
	counts_write(out, "lost", &d->here->lost);
	output_char(out, '}');
}

/* What is so in another world: for every tailnet, or where those named are guests. */
static void
world_write(const struct differing *d, struct output *out, const char *name,
            const struct diff *diff)
{
	bool same = diff->gained.n + diff->lost.n == 0;

	output_format(out, ",\n  \"%s\": {\n    \"equivalent\": %s", name,
	              same && d->any->n_changes == 0 ? "true" : "false");
	accesses_lines(d, out, "    ", diff);
	output_string(out, "\n  }");
}

void
diff_json(const struct differing *d, struct output *out)
{
	const struct diff *access = differing_access(d);

	output_format(out, "{\n  \"equivalent\": %s,\n  \"verdict\": \"%s\"",
	              differing_is_empty(d) ? "true" : "false", differing_verdict(d));
	if (access->gained.n_partly + access->lost.n_partly > 0)
		output_string(out, ",\n  \"partly\": true");
	accesses_lines(d, out, "  ", access);
	changes_lines(d, out, "changed", d->any->changes, d->any->n_changes);
	changes_lines(d, out, "notes", d->any->notes, d->any->n_notes);
	if (d->sides[DIFF_OLD].target != d->sides[DIFF_NEW].target)
		targets_lines(d, out);
	if (d->here) {
		tailnet_counts_write(d, out);
		world_write(d, out, "on_paper", d->any);
	}
	if (d->guests)
		world_write(d, out, "guests", d->guests);
	output_string(out, "\n}\n");
}
