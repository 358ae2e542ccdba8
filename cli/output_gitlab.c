/* Findings as GitLab's Code Quality takes them. */
#include "cli/report.h"

#include <jansson.h>

static const char *
severity_of(enum level level)
{
	if (level == LEVEL_ERROR)
		return "critical";
	return level == LEVEL_WARNING ? "major" : "info";
}

static json_t *
json_of_quality(const struct finding *finding, const char *key, struct arena *scratch)
{
	struct place first = source_place(finding->source, finding->where.first);
	struct place end = source_place(finding->source, finding->where.end);
	json_t *object = json_object(), *location = json_object(), *lines = json_object();

	json_object_set_new(lines, "begin", json_integer(first.line));
	json_object_set_new(lines, "end", json_integer(end.line));
	json_object_set_new(location, "path",
	                    json_of_text(text_of(
				    report_file(scratch, finding->source->name))));
	json_object_set_new(location, "lines", lines);
	json_object_set_new(object, "description",
	                    json_of_text(
				    report_harmless(scratch, text_of(finding->said))));
	json_object_set_new(object, "check_name", json_string(finding->check->id));
	json_object_set_new(object, "fingerprint", json_string(key));
	json_object_set_new(object, "severity", json_string(severity_of(finding->level)));
	json_object_set_new(object, "location", location);
	return object;
}

void
report_gitlab(const struct reporting *r, struct output *out)
{
	struct arena scratch = { 0 };
	json_t *array = json_array();

	for (size_t i = 0; i < r->report.n; i++)
		json_array_append_new(array, json_of_quality(r->report.at[i], r->keys[i],
		                                             &scratch));
	output_json(out, array);
	arena_end(&scratch);
}
