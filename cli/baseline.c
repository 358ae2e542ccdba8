#include "cli/baseline.h"

#include <errno.h>
#include <jansson.h>

#include "cli/file.h"

#define BASELINE_VERSION "aclc-baseline"

/* Takes the keys of a baseline. false where the file is none. */
static bool
keys_take(struct arena *arena, const struct tree *tree, struct names *keys)
{
	const struct node *list;

	if (tree->broken || tree->root->kind != HUJSON_OBJECT ||
	    !node_member(tree, tree->root, BASELINE_VERSION))
		return false;
	list = node_member(tree, tree->root, "findings");
	if (!list || list->kind != HUJSON_ARRAY)
		return false;
	for (const struct node *e = node_first(list); e != node_end(list);
	     e = node_next(e)) {
		const struct node *key =
			e->kind == HUJSON_OBJECT ? node_member(tree, e, "key") : NULL;
		if (!key || key->kind != HUJSON_STRING)
			return false;
		names_add(keys, node_text(arena, tree, key));
	}
	return true;
}

bool
baseline_read(struct run *run, const char *path, struct names *keys)
{
	struct arena *arena = keys->arena;
	struct findings findings = { .arena = arena };
	struct source *source = source_load(run, arena, path);
	struct tree *tree;

	if (!source)
		return false;
	tree = hujson_parse(arena, source, &findings);
	findings_tell(run, &findings);
	if (keys_take(arena, tree, keys))
		return true;
	if (findings.n_errors == 0)
		run_fault(run, "%s is no baseline: aclc lint --write-baseline writes one",
		          path);
	return false;
}

void
baseline_subtract(struct reporting *r, const struct names *keys)
{
	struct report *report = &r->report;
	size_t n = 0;

	for (size_t i = 0; i < report->n; i++) {
		enum level level = report->at[i]->level;
		bool known = !report->firm[i] &&
		             names_find(keys, text_of(r->keys[i])) != NAMES_NONE;
		if (known) {
			report->n_known++;
			report->n_errors -= level == LEVEL_ERROR;
			report->n_warnings -= level == LEVEL_WARNING;
			report->n_advice -= level == LEVEL_ADVICE;
			continue;
		}
		report->at[n] = report->at[i];
		report->firm[n] = report->firm[i];
		r->keys[n++] = r->keys[i];
	}
	report->n = n;
}

bool
baseline_write(struct run *run, const char *path, const struct reporting *r)
{
	struct arena scratch = { 0 };
	struct output text;
	json_t *document = json_object(), *findings = json_array();

	for (size_t i = 0; i < r->report.n; i++) {
		const struct finding *finding = r->report.at[i];
		if (r->report.firm[i])
			continue;
		json_t *object = json_object();
		json_object_set_new(object, "check", json_string(finding->check->id));
		json_object_set_new(object, "message",
		                    json_of_text(text_of(finding->said)));
		json_object_set_new(object, "key", json_string(r->keys[i]));
		json_array_append_new(findings, object);
	}
	json_object_set_new(document, BASELINE_VERSION, json_integer(1));
	json_object_set_new(document, "findings", findings);
	output_start_memory(&text, &scratch);
	output_json(&text, document);
	bool written = file_replace(path, output_taken(&text));
	if (!written)
		run_fault(run, "cannot write %s: %s", path, strerror(errno));
	arena_end(&scratch);
	return written;
}
