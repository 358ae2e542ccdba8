/* Findings as Checkstyle's XML, which many tools read. */
#include "cli/report.h"

#include "cli/xml.h"

static const char *
severity_of(enum level level)
{
	if (level == LEVEL_ERROR)
		return "error";
	return level == LEVEL_WARNING ? "warning" : "info";
}

static void
finding_write(struct output *out, struct arena *scratch, const struct finding *finding)
{
	struct place place = source_place(finding->source, finding->where.first);

	output_format(out, "    <error line=\"%u\" column=\"%u\" severity=\"%s\"",
	              (unsigned)place.line, (unsigned)place.column,
	              severity_of(finding->level));
	output_xml_attribute(out, "message",
	                     report_harmless(scratch, text_of(finding->said)));
	output_format(out, " source=\"aclc.%s\"/>\n", finding->check->id);
}

void
report_checkstyle(const struct reporting *r, struct output *out)
{
	struct arena scratch = { 0 };
	const struct source *open = NULL;

	output_string(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	                   "<checkstyle version=\"4.3\">\n");
	for (size_t i = 0; i < r->report.n; i++) {
		const struct finding *finding = r->report.at[i];
		if (finding->source != open) {
			output_string(out, open ? "  </file>\n" : "");
			output_string(out, "  <file");
			output_xml_attribute(out, "name",
			                     text_of(report_file(&scratch,
			                                         finding->source->name)));
			output_string(out, ">\n");
			open = finding->source;
		}
		finding_write(out, &scratch, finding);
	}
	output_string(out, open ? "  </file>\n" : "");
	output_string(out, "</checkstyle>\n");
	arena_end(&scratch);
}
