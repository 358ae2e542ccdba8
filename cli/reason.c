#include "cli/reason.h"

#include <jansson.h>

#include "cli/rows.h"

struct reason
reason_of_hit(const struct probe_hit *hit)
{
	return (struct reason) { .grant = hit->rule->grant, .said = hit->said };
}

struct reason
reason_of_login(const struct probe_login *login)
{
	return (struct reason) { .ssh = login->rule, .said = login->said };
}

struct reason
reason_of_miss(const struct probe_miss *miss)
{
	return (struct reason) { miss->grant, miss->ssh, miss->said };
}

const char *
reason_path(struct arena *arena, const struct reason *reason)
{
	if (reason->grant)
		return grant_path(arena, reason->grant);
	if (reason->ssh)
		return arena_format(arena, "ssh[%u]", (unsigned)reason->ssh->index);
	return NULL;
}

static struct place
reason_place(const struct policy *policy, const struct reason *reason)
{
	const struct node *node = reason->grant ? reason->grant->node : reason->ssh->node;

	return source_place(policy->source, node->span.first);
}

void
reason_write(struct output *out, const struct policy *policy, const struct reason *reason)
{
	struct arena scratch = { 0 };
	const char *path = reason_path(&scratch, reason);

	if (path) {
		output_string(out, path);
		output_paint(out, PAINT_FAINT);
		output_format(out, " (line %u)",
		              (unsigned)reason_place(policy, reason).line);
		output_paint(out, PAINT_NONE);
		output_string(out, reason->said ? ": " : "");
	}
	if (reason->said)
		output_harmless(out, text_of(reason->said));
	output_char(out, '\n');
	arena_end(&scratch);
}

json_t *
json_of_reason(const struct policy *policy, const struct reason *reason)
{
	struct arena scratch = { 0 };
	const char *path = reason_path(&scratch, reason);
	json_t *object = json_object();

	if (path) {
		struct place place = reason_place(policy, reason);
		json_object_set_new(object, "path", json_string(path));
		json_object_set_new(object, "line", json_integer(place.line));
		json_object_set_new(object, "column", json_integer(place.column));
	} else {
		json_object_set_new(object, "path", json_null());
	}
	if (reason->said)
		json_object_set_new(object, "why", json_of_text(text_of(reason->said)));
	arena_end(&scratch);
	return object;
}
