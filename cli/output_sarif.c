/* Findings as SARIF 2.1.0, as GitHub's code scanning takes it. */
#include "cli/report.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "grammar/rune.h"

#define SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

/* More results, or longer texts, and GitHub rejects the whole file. */
#define RESULTS_MAX 25000
#define RELATED_MAX 100
#define TEXT_MAX 1024

/* What endangers a tailnet, and how much: GitHub's security-severity. */
static const struct severity {
	const struct check *check;
	const char *severity;
} SEVERITIES[] = {
	{ &CHECK_ALLOW_ALL, "9.1" },
	{ &CHECK_IMPLICIT_ALLOW_ALL, "9.1" },
	{ &CHECK_DANGER_ALL, "9.1" },
	{ &CHECK_BOUNDARY_VIOLATED, "9.1" },
	{ &CHECK_DECEPTIVE_TEXT, "8.0" },
	{ &CHECK_TAG_OWNER_TOO_BROAD, "8.0" },
	{ &CHECK_TAG_ESCALATION, "7.5" },
	{ &CHECK_SSH_ESCALATION, "7.5" },
	{ &CHECK_ROUTE_HIJACK_PATH, "7.5" },
	{ &CHECK_APPROVER_TOO_BROAD, "7.5" },
	{ &CHECK_SSH_MACHINE_ROOT, "7.5" },
	{ &CHECK_SSH_BROAD_SOURCE, "7.0" },
	{ &CHECK_SSH_ROOT_ACCEPT, "7.0" },
	{ &CHECK_SENSITIVE_PORT_EXPOSED, "7.0" },
	{ &CHECK_SERVER_TO_ANYWHERE, "7.0" },
	{ &CHECK_POWERFUL_CAPABILITY, "7.0" },
	{ &CHECK_FUNNEL_BROAD, "7.0" },
	{ &CHECK_WILDCARD_SOURCE, "5.0" },
	{ &CHECK_WILDCARD_DESTINATION, "5.0" },
	{ &CHECK_SERVER_TO_PEOPLE, "5.0" },
	{ &CHECK_SHARED_USER_REACH, "5.0" },
	{ &CHECK_EXTERNAL_MEMBER, "5.0" },
	{ &CHECK_SSH_ACCEPT_ENV, "5.0" },
	{ &CHECK_CIDR_COVERS_TAILNET, "5.0" },
};

static const char *
severity_of(const struct check *check)
{
	for (size_t i = 0; i < sizeof(SEVERITIES) / sizeof(*SEVERITIES); i++)
		if (SEVERITIES[i].check == check)
			return SEVERITIES[i].severity;
	return NULL;
}

static const char *
sarif_level(enum level level)
{
	if (level == LEVEL_ERROR)
		return "error";
	return level == LEVEL_WARNING ? "warning" : "note";
}

/* "AllowAll" of "allow-all". */
static json_t *
json_of_name(const char *id)
{
	char name[64];
	size_t n = 0;
	bool start = true;

	for (; *id && n < sizeof(name); id++) {
		if (*id == '-')
			start = true;
		else {
			name[n++] = start && *id >= 'a' && *id <= 'z'
			                    ? (char)(*id - 'a' + 'A')
			                    : *id;
			start = false;
		}
	}
	return json_stringn(name, n);
}

static void
set_text(json_t *object, const char *member, struct text text)
{
	json_object_set_new(object, member,
	                    json_pack("{s:o}", "text", json_of_text(text)));
}

/* The first paragraph of a page, no longer than is taken. */
static struct text
first_paragraph(const char *text)
{
	const char *end = strstr(text, "\n\n");
	size_t len = end ? (size_t)(end - text) : strlen(text);

	return text_trim((struct text) { text, len < TEXT_MAX ? len : TEXT_MAX });
}

static json_t *
json_of_rule(const struct check *check)
{
	const struct page *page = page_of(check->id);
	const char *help = page ? page->text : check->brief;
	const char *severity = severity_of(check);
	json_t *rule = json_object(), *properties = json_object();

	json_object_set_new(rule, "id", json_string(check->id));
	json_object_set_new(rule, "name", json_of_name(check->id));
	set_text(rule, "shortDescription", text_of(check->brief));
	set_text(rule, "fullDescription", first_paragraph(help));
	set_text(rule, "help", text_of(help));
	json_object_set_new(rule, "defaultConfiguration",
	                    json_pack("{s:s}", "level",
	                              sarif_level(check->level == LEVEL_IGNORE
	                                                  ? LEVEL_ADVICE
	                                                  : check->level)));
	json_object_set_new(properties, "precision", json_string("very-high"));
	if (severity) {
		json_object_set_new(properties, "tags", json_pack("[s]", "security"));
		json_object_set_new(properties, "security-severity",
		                    json_string(severity));
	}
	json_object_set_new(rule, "properties", properties);
	return rule;
}

/* Bytes that a URI's path takes as they are. */
static bool
is_path_byte(char c)
{
	return is_alnum(c) || strchr("-._~/!$&'()*+,;=@", c);
}

/* A path as a URI reference, relative where it can be. */
static json_t *
json_of_uri(struct arena *arena, const char *name)
{
	const char *path = report_file(arena, name);
	struct output uri;

	output_start_memory(&uri, arena);
	output_string(&uri, path[0] == '/' ? "file://" : "");
	for (; *path; path++) {
		if (is_path_byte(*path))
			output_char(&uri, *path);
		else
			output_format(&uri, "%%%02X", (unsigned)(unsigned char)*path);
	}
	return json_of_text(output_taken(&uri));
}

/* Between two marks of a source there are about so many bytes. */
#define STEP 1024

/* How many UTF-16 units stand before some offsets of a source, each where a rune
 * starts: the columns of a long line are found without counting it from its start. */
struct units {
	struct units *next;
	const struct source *source;
	struct units_mark {
		uint32_t offset, units;
	} marks[]; /* by offset / STEP: the last rune that starts there or before */
};

/* The mark of the last rune at offset end or before, counted on from a mark. */
static struct units_mark
units_count(const struct source *source, struct units_mark mark, uint32_t end)
{
	while (mark.offset < end) {
		uint32_t rune;
		uint32_t bytes = (uint32_t)rune_read(source->bytes + mark.offset,
		                                     source->len - mark.offset, &rune);
		if (bytes > end - mark.offset)
			break;
		mark.units += rune > 0xFFFF ? 2 : 1;
		mark.offset += bytes;
	}
	return mark;
}

static struct units *
units_make(struct arena *arena, const struct source *source)
{
	size_t n = source->len / STEP + 1;
	struct units *units =
		arena_alloc(arena, sizeof(*units) + n * sizeof(*units->marks));
	struct units_mark mark = { 0, 0 };

	units->source = source;
	for (size_t i = 0; i < n; i++) {
		mark = units_count(source, mark, (uint32_t)(i * STEP));
		units->marks[i] = mark;
	}
	return units;
}

/* The units before an offset; those of a rune that goes on after it count. */
static uint32_t
units_before(const struct units *units, uint32_t offset)
{
	const struct units_mark *mark = &units->marks[offset / STEP];
	struct units_mark last = units_count(units->source, *mark, offset);

	return last.units + (last.offset < offset);
}

/* The parts of one run. */
struct sarif {
	const struct reporting *r;
	struct arena arena;
	json_t *rules, *results;
	struct names ids;          /* of rules, in their order */
	struct units *units;       /* of the sources that were asked about */
	struct line_hashes *lines; /* of the sources with findings */
};

static const struct units *
units_of(struct sarif *sarif, const struct source *source)
{
	struct units *units = sarif->units;

	while (units && units->source != source)
		units = units->next;
	if (units)
		return units;
	units = units_make(&sarif->arena, source);
	units->next = sarif->units;
	return sarif->units = units;
}

/* The column of an offset in UTF-16 units, from 1. */
static unsigned
column_of(const struct units *units, struct source *source, uint32_t offset)
{
	uint32_t line = source_place(source, offset).line;
	uint32_t start = source_line(source, line).first;

	return units_before(units, offset) - units_before(units, start) + 1;
}

/* Where something is; where it is nothing, one column is taken along for a
 * finding, to point at. */
static json_t *
json_of_region(struct sarif *sarif, struct source *source, struct span where,
               bool pointing)
{
	const struct units *units = units_of(sarif, source);
	uint32_t first = source_place(source, where.first).line;
	uint32_t end = source_place(source, where.end).line;
	unsigned start = column_of(units, source, where.first);
	unsigned stop = column_of(units, source, where.end);

	if (pointing && first == end && stop == start)
		stop++;
	return json_pack("{s:i,s:i,s:i,s:i}", "startLine", (int)first, "startColumn",
	                 (int)start, "endLine", (int)end, "endColumn", (int)stop);
}

static json_t *
json_of_location(struct sarif *sarif, struct source *source, struct span where)
{
	json_t *physical = json_object();

	json_object_set_new(physical, "artifactLocation",
	                    json_pack("{s:o}", "uri",
	                              json_of_uri(&sarif->arena, source->name)));
	json_object_set_new(physical, "region",
	                    json_of_region(sarif, source, where, true));
	return json_pack("{s:o}", "physicalLocation", physical);
}

/*
 * GitHub's fingerprint of each line (github/codeql-action, fingerprints): a rolling
 * hash over 100 UTF-16 units from the line's first that is not blank, where blanks
 * do not count and every line end is one line feed; an end mark and zeros follow
 * the text. A carriage return without a line feed ends a line too: there, GitHub
 * has more lines than we have.
 */
#define WINDOW 100
#define FACTOR UINT64_C(37)
#define END_MARK 0xFFFF

struct line_hashes {
	struct line_hashes *next;
	const struct source *source;
	const char **at; /* by line - 1: "82a9a9f0a3acfa92:1" */
	size_t n;
};

/* The hash while the window rolls on. */
struct rolling {
	uint32_t window[WINDOW];
	size_t *lines; /* beside window: the line that starts there + 1, or 0 */
	size_t index;
	uint64_t hash, first_factor;
	uint64_t *hashes; /* by GitHub's line - 1 */
	size_t line;      /* GitHub's that is being read, from 1 */
	bool starting;    /* nothing of it yet */
	size_t *ours;     /* by our line - 1: GitHub's that starts there */
	size_t n_ours;
};

static void
roll(struct rolling *r, uint32_t unit)
{
	uint32_t gone = r->window[r->index];

	if (r->lines[r->index])
		r->hashes[r->lines[r->index] - 1] = r->hash;
	r->lines[r->index] = 0;
	if (r->starting) {
		r->lines[r->index] = r->line++;
		r->starting = false;
	}
	if (unit == '\n')
		r->starting = true;
	r->window[r->index] = unit;
	r->hash = FACTOR * r->hash + unit - r->first_factor * gone;
	r->index = (r->index + 1) % WINDOW;
}

/* Rolls over a rune: one or two units. */
static void
roll_rune(struct rolling *r, uint32_t rune)
{
	if (rune > 0xFFFF) {
		roll(r, 0xD800 + ((rune - 0x10000) >> 10));
		roll(r, 0xDC00 + ((rune - 0x10000) & 0x3FF));
	} else {
		roll(r, rune);
	}
}

static void
roll_over(struct rolling *r, const struct source *source)
{
	bool returned = false;

	for (uint32_t at = 0; at < source->len;) {
		uint32_t rune;
		at += (uint32_t)rune_read(source->bytes + at, source->len - at, &rune);
		bool skip = rune == ' ' || rune == '\t' || (returned && rune == '\n');
		returned = rune == '\r';
		if (!skip)
			roll_rune(r, returned ? '\n' : rune);
		if (rune == '\n')
			r->ours[r->n_ours++] = r->line;
	}
	roll(r, END_MARK);
	for (size_t i = 0; i < WINDOW; i++) {
		if (r->lines[r->index])
			r->hashes[r->lines[r->index] - 1] = r->hash;
		r->lines[r->index] = 0;
		uint32_t gone = r->window[r->index];
		r->window[r->index] = 0;
		r->hash = FACTOR * r->hash - r->first_factor * gone;
		r->index = (r->index + 1) % WINDOW;
	}
}

/* Writes the hashes of our lines, with the number of each among those alike
 * before it, of all that GitHub has. */
static void
hashes_write(struct line_hashes *lines, struct arena *arena, const struct rolling *r)
{
	struct arena scratch = { 0 };
	struct names alike = { .arena = &scratch };
	unsigned *counts = arena_array(&scratch, r->line, sizeof(*counts));
	size_t n = 0;

	for (size_t i = 0; i + 1 < r->line; i++) {
		char *hash =
			arena_format(&scratch, "%llx", (unsigned long long)r->hashes[i]);
		unsigned count = ++counts[names_add(&alike, text_of(hash))];
		if (n < lines->n && r->ours[n] == i + 1)
			lines->at[n++] = arena_format(arena, "%s:%u", hash, count);
	}
	arena_end(&scratch);
}

/* A bound of GitHub's lines: no line end has fewer bytes than one. */
static size_t
line_bound(const struct source *source)
{
	size_t n = 1;

	for (uint32_t i = 0; i < source->len; i++)
		n += source->bytes[i] == '\n' || source->bytes[i] == '\r';
	return n;
}

static struct line_hashes *
line_hashes_of(struct arena *arena, struct source *source)
{
	struct line_hashes *lines = arena_alloc(arena, sizeof(*lines));
	struct arena scratch = { 0 };
	struct rolling r = { .line = 1, .starting = true, .first_factor = 1 };

	lines->source = source;
	lines->n = source_place(source, source->len).line;
	lines->at = arena_array(arena, lines->n, sizeof(*lines->at));
	r.hashes = arena_array(&scratch, line_bound(source), sizeof(*r.hashes));
	r.ours = arena_array(&scratch, lines->n, sizeof(*r.ours));
	r.ours[r.n_ours++] = 1;
	r.lines = arena_array(&scratch, WINDOW, sizeof(*r.lines));
	for (size_t i = 0; i < WINDOW; i++)
		r.first_factor *= FACTOR;
	roll_over(&r, source);
	hashes_write(lines, arena, &r);
	arena_end(&scratch);
	return lines;
}

static const char *
line_hash(struct sarif *sarif, const struct finding *finding)
{
	struct line_hashes *lines = sarif->lines;
	uint32_t line = source_place(finding->source, finding->where.first).line;

	while (lines && lines->source != finding->source)
		lines = lines->next;
	if (!lines) {
		lines = line_hashes_of(&sarif->arena, finding->source);
		lines->next = sarif->lines;
		sarif->lines = lines;
	}
	return lines->at[line - 1];
}

static uint32_t
rule_index(struct sarif *sarif, const struct check *check)
{
	size_t known = sarif->ids.n;
	uint32_t index = names_add(&sarif->ids, text_of(check->id));

	if (index == known)
		json_array_append_new(sarif->rules, json_of_rule(check));
	return index;
}

static json_t *
json_of_related(struct sarif *sarif, const struct finding *finding)
{
	json_t *related = json_array();

	for (const struct note *note = finding->notes;
	     note && json_array_size(related) < RELATED_MAX; note = note->next) {
		if (!note->source)
			continue;
		json_t *location = json_of_location(sarif, note->source, note->where);
		set_text(location, "message",
		         report_harmless(&sarif->arena, text_of(note->said)));
		json_array_append_new(related, location);
	}
	return related;
}

/* The repair of a finding, for viewers that offer it. */
static json_t *
json_of_fix(struct sarif *sarif, const struct fix *fix)
{
	struct source *source = sarif->r->unit->source;
	json_t *replacements = json_array();

	for (size_t i = 0; i < fix->n; i++) {
		const struct edit *edit = &fix->edits[i];
		json_t *replacement = json_object();
		json_object_set_new(replacement, "deletedRegion",
		                    json_of_region(sarif, source, edit->span, false));
		if (edit->with.len > 0) /* GitHub takes empty texts for missing ones */
			set_text(replacement, "insertedContent", edit->with);
		json_array_append_new(replacements, replacement);
	}
	json_t *change = json_pack("{s:{s:o},s:o}", "artifactLocation", "uri",
	                           json_of_uri(&sarif->arena, source->name),
	                           "replacements", replacements);
	return json_pack("{s:{s:s},s:[o]}", "description", "text",
	                 fix->kind == REPAIR_SAFE ? "keeps the meaning"
	                                          : "changes the meaning",
	                 "artifactChanges", change);
}

/* Whether people see all that a repair puts in. */
static bool
fix_is_open(struct sarif *sarif, const struct fix *fix)
{
	for (size_t i = 0; i < fix->n; i++) {
		struct text with = fix->edits[i].with;
		if (!text_equal(with, report_harmless(&sarif->arena, with)))
			return false;
	}
	return fix->n > 0;
}

static void
result_add(struct sarif *sarif, size_t i, const struct fix *fix)
{
	const struct finding *finding = sarif->r->report.at[i];
	json_t *result = json_object(), *related = json_of_related(sarif, finding);

	json_object_set_new(result, "ruleId", json_string(finding->check->id));
	json_object_set_new(result, "ruleIndex",
	                    json_integer(rule_index(sarif, finding->check)));
	json_object_set_new(result, "level", json_string(sarif_level(finding->level)));
	set_text(result, "message",
	         report_harmless(&sarif->arena, text_of(finding->said)));
	json_object_set_new(result, "locations",
	                    json_pack("[o]", json_of_location(sarif, finding->source,
	                                                      finding->where)));
	if (json_array_size(related) > 0)
		json_object_set(result, "relatedLocations", related);
	json_decref(related);
	json_object_set_new(result, "partialFingerprints",
	                    json_pack("{s:s,s:s}", "primaryLocationLineHash",
	                              line_hash(sarif, finding), "aclcFinding/v1",
	                              sarif->r->keys[i]));
	if (fix && fix_is_open(sarif, fix))
		json_object_set_new(result, "fixes",
		                    json_pack("[o]", json_of_fix(sarif, fix)));
	json_array_append_new(sarif->results, result);
}

static int
fix_order(const void *left, const void *right)
{
	const struct fix *a = *(struct fix *const *)left,
			 *b = *(struct fix *const *)right;
	uint32_t x = a->finding->order, y = b->finding->order;

	return (x > y) - (x < y);
}

/* The fix of a finding; those of the lint, in the order of their findings. */
static const struct fix *
fix_of(const struct fixes *fixes, const struct finding *finding)
{
	size_t low = 0, high = fixes->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (fixes->at[middle]->finding->order < finding->order)
			low = middle + 1;
		else
			high = middle;
	}
	return low < fixes->n && fixes->at[low]->finding == finding ? fixes->at[low]
	                                                            : NULL;
}

/* The most severe first, as far as so many are taken. */
static void
results_add(struct sarif *sarif)
{
	static const enum level levels[] = { LEVEL_ERROR, LEVEL_WARNING, LEVEL_ADVICE };
	struct fixes *fixes = &sarif->r->lint->fixes;
	const struct report *report = &sarif->r->report;

	if (fixes->n > 0)
		qsort(fixes->at, fixes->n, sizeof(struct fix *), fix_order);
	for (size_t k = 0; k < sizeof(levels) / sizeof(*levels); k++)
		for (size_t i = 0; i < report->n; i++)
			if (report->at[i]->level == levels[k] &&
			    json_array_size(sarif->results) < RESULTS_MAX)
				result_add(sarif, i, fix_of(fixes, report->at[i]));
}

void
report_sarif(const struct reporting *r, struct output *out)
{
	struct sarif sarif = { .r = r, .rules = json_array(), .results = json_array() };
	json_t *driver = json_object(), *run = json_object(), *document = json_object();

	sarif.ids.arena = &sarif.arena;
	results_add(&sarif);
	json_object_set_new(driver, "name", json_string("aclc"));
	json_object_set_new(driver, "semanticVersion", json_string(ACLC_VERSION));
	json_object_set_new(driver, "rules", sarif.rules);
	json_object_set_new(run, "tool", json_pack("{s:o}", "driver", driver));
	json_object_set_new(run, "columnKind", json_string("utf16CodeUnits"));
	json_object_set_new(run, "automationDetails",
	                    json_pack("{s:s}", "id", "tailnet-policy/"));
	json_object_set_new(run, "results", sarif.results);
	json_object_set_new(document, "$schema", json_string(SCHEMA));
	json_object_set_new(document, "version", json_string("2.1.0"));
	json_object_set_new(document, "runs", json_pack("[o]", run));
	output_json(out, document);
	arena_end(&sarif.arena);
}
