/* Findings as workflow commands of GitHub Actions: annotations beside the lines. */
#include "cli/report.h"

#include <string.h>

/* GitHub shows so many of a level in one step. */
#define SHOWN_MAX 10

static const char *
command_of(enum level level)
{
	if (level == LEVEL_ERROR)
		return "error";
	return level == LEVEL_WARNING ? "warning" : "notice";
}

/* Text in a command, escaped: in a property colons and commas too. */
static void
escaped_write(struct output *out, struct text text, bool property)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		if (c == '%')
			output_string(out, "%25");
		else if (c == '\r')
			output_string(out, "%0D");
		else if (c == '\n')
			output_string(out, "%0A");
		else if (property && c == ':')
			output_string(out, "%3A");
		else if (property && c == ',')
			output_string(out, "%2C");
		else
			output_char(out, c);
	}
}

static void
finding_write(struct output *out, struct arena *scratch, const struct finding *finding)
{
	struct place first = source_place(finding->source, finding->where.first);
	struct place end = source_place(finding->source, finding->where.end);

	output_format(out, "::%s file=", command_of(finding->level));
	escaped_write(out, text_of(report_file(scratch, finding->source->name)), true);
	output_format(out, ",line=%u,endLine=%u", (unsigned)first.line,
	              (unsigned)end.line);
	if (first.line == end.line) /* columns are for one line alone */
		output_format(out, ",col=%u,endColumn=%u", (unsigned)first.column,
		              (unsigned)end.column);
	output_format(out, ",title=%s::", finding->check->id);
	escaped_write(out, report_harmless(scratch, text_of(finding->said)), false);
	for (const struct note *note = finding->notes; note; note = note->next) {
		struct text said = report_harmless(scratch, text_of(note->said));
		output_string(out, "%0A");
		if (note->source == finding->source)
			output_format(out, "line %u: ",
			              (unsigned)source_place(note->source,
			                                     note->where.first)
			                      .line);
		escaped_write(out, said, false);
	}
	output_char(out, '\n');
}

void
report_github(const struct reporting *r, struct output *out)
{
	static const enum level levels[] = { LEVEL_ERROR, LEVEL_WARNING, LEVEL_ADVICE };
	struct arena scratch = { 0 };
	size_t left = 0;

	for (size_t k = 0; k < sizeof(levels) / sizeof(*levels); k++) {
		size_t shown = 0;
		for (size_t i = 0; i < r->report.n; i++) {
			const struct finding *finding = r->report.at[i];
			if (finding->level != levels[k])
				continue;
			if (shown++ < SHOWN_MAX)
				finding_write(out, &scratch, finding);
			else
				left++;
		}
	}
	if (left > 0)
		output_format(out,
		              "::notice title=aclc::%zu more finding%s; run aclc lint "
		              "to see all\n",
		              left, left == 1 ? "" : "s");
	arena_end(&scratch);
}
