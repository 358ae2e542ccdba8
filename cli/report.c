/* What the formats of a report have in common, and its JSON. */
#include "cli/report.h"

#include <jansson.h>
#include <string.h>
#include <unistd.h>

static const struct page PAGES[] = {
#include "pages.inc"
};

#define N_PAGES (sizeof(PAGES) / sizeof(*PAGES))

const struct page *
page_of(const char *id)
{
	for (size_t i = 0; i < N_PAGES; i++)
		if (strcmp(PAGES[i].id, id) == 0)
			return &PAGES[i];
	return NULL;
}

struct text
report_harmless(struct arena *arena, struct text text)
{
	struct output kept;

	output_start_memory(&kept, arena);
	kept.guarded = true;
	output_harmless(&kept, text);
	return output_taken(&kept);
}

/* The part of an absolute path below the current folder, or the path. */
static const char *
below_here(const char *path)
{
	char here[4096];
	size_t len;

	if (path[0] != '/' || !getcwd(here, sizeof(here)))
		return path;
	len = strlen(here);
	if (strncmp(path, here, len) == 0 && path[len] == '/')
		return path + len + 1;
	return path;
}

const char *
report_file(struct arena *arena, const char *name)
{
	name = below_here(name);
	while (strncmp(name, "./", 2) == 0)
		name += 2;
	struct text harmless = report_harmless(arena, text_of(name));
	return arena_copy(arena, harmless.at, harmless.len);
}

/* One element of the JSON. */
static json_t *
json_of_reported(const struct reporting *r, struct arena *scratch,
                 const struct finding *finding)
{
	const struct tree *tree = r->unit->tree;
	json_t *object = json_object(), *rest = json_of_finding(finding);
	const char *path = "";

	if (finding->source == tree->source)
		path = node_path(scratch, tree, node_at(tree, finding->where.first));
	json_object_set_new(object, "check", json_string(finding->check->id));
	json_object_set_new(object, "level", json_string(level_name(finding->level)));
	json_object_set_new(object, "file", json_of_text(text_of(finding->source->name)));
	json_object_update(object, rest);
	json_decref(rest);
	if (!finding->notes)
		json_object_set_new(object, "notes", json_array());
	json_object_set_new(object, "path", json_of_text(text_of(path)));
	return object;
}

void
report_json(const struct reporting *r, struct output *out)
{
	struct arena scratch = { 0 };
	json_t *array = json_array();

	for (size_t i = 0; i < r->report.n; i++)
		json_array_append_new(array,
		                      json_of_reported(r, &scratch, r->report.at[i]));
	output_json(out, array);
	arena_end(&scratch);
}
