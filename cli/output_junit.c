/* JUnit's XML: a case for each claim (spec/report-formats.md). */
#include "cli/results.h"
#include "cli/xml.h"

static void
number_attribute(struct output *out, const char *name, size_t n)
{
	output_format(out, " %s=\"%zu\"", name, n);
}

/* How many cases there are of each kind. */
struct counts {
	size_t tests, failures, errors, skipped;
};

static struct counts
counts_of(const struct results *results)
{
	const struct claims *claims = results->claims;

	if (!claims)
		return (struct counts) { .tests = 1, .errors = 1 };
	return (struct counts) {
		.tests = claims->n,
		.failures = claims->n_failed + (results->strict ? claims->n_unknown : 0),
		.errors = claims->n_invalid,
		.skipped = results->strict ? 0 : claims->n_unknown,
	};
}

static void
counts_write(struct output *out, struct counts counts)
{
	number_attribute(out, "tests", counts.tests);
	number_attribute(out, "failures", counts.failures);
	number_attribute(out, "errors", counts.errors);
	number_attribute(out, "skipped", counts.skipped);
	output_string(out, " assertions=\"");
	output_number(out, counts.tests);
	output_string(out, "\" time=\"0\"");
}

static void
outcome_write(struct output *out, const char *element, const char *message,
              const char *type, const char *body)
{
	output_format(out, "      <%s", element);
	output_xml_attribute(out, "message", text_of(message));
	if (type)
		output_xml_attribute(out, "type", text_of(type));
	if (!body) {
		output_string(out, "/>\n");
		return;
	}
	output_char(out, '>');
	output_xml(out, text_of(body));
	output_format(out, "</%s>\n", element);
}

static void
case_start(struct output *out, const char *name, const char *class, const char *file,
           uint32_t line)
{
	output_string(out, "    <testcase");
	output_xml_attribute(out, "name", text_of(name));
	output_xml_attribute(out, "classname", text_of(class));
	output_string(out, " assertions=\"1\" time=\"0\"");
	output_xml_attribute(out, "file", text_of(file));
	number_attribute(out, "line", line);
}

/* "grants[3]: group:dba may reach …" */
static const char *
body_of(struct arena *arena, const struct claim *claim)
{
	struct reason reason = claim_reason(claim);
	const char *path = reason_path(arena, &reason);

	return path ? arena_format(arena, "%s: %s", path, claim->why) : claim->why;
}

static void
case_write(const struct results *results, struct output *out, const struct claim *claim)
{
	struct arena scratch = { 0 };
	const char *body = body_of(&scratch, claim);

	case_start(out, claim_statement(&scratch, claim), claim_path(&scratch, claim),
	           results->unit->source->name, claim_place(results, claim).line);
	if (claim->verdict == CLAIM_PASSED) {
		output_string(out, "/>\n");
		arena_end(&scratch);
		return;
	}
	output_string(out, ">\n");
	if (claim->verdict == CLAIM_INVALID)
		outcome_write(out, "error", claim->why, "invalid-test", body);
	else if (claim_is_bad(results, claim))
		outcome_write(out, "failure", claim->why,
		              claim->verdict == CLAIM_FAILED ? "test-fails" : "unknown",
		              body);
	else
		outcome_write(out, "skipped", claim->why, NULL, NULL);
	output_string(out, "    </testcase>\n");
	arena_end(&scratch);
}

/* A policy with errors is one case, and that is one. */
static void
fault_write(const struct results *results, struct output *out)
{
	const struct finding *fault = results_fault(results);
	struct place place = source_place(fault->source, fault->where.first);

	case_start(out, "the policy is taken", "policy", fault->source->name, place.line);
	output_string(out, ">\n");
	outcome_write(out, "error", fault->said, fault->check->id, NULL);
	output_string(out, "    </testcase>\n");
}

void
results_junit(const struct results *results, struct output *out)
{
	struct counts counts = counts_of(results);
	const char *file = results->unit->source->name;

	output_string(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	                   "<testsuites name=\"aclc\"");
	counts_write(out, counts);
	output_string(out, ">\n  <testsuite");
	output_xml_attribute(out, "name", text_of(file));
	counts_write(out, counts);
	output_xml_attribute(out, "file", text_of(file));
	output_string(out, ">\n");
	if (!results->claims)
		fault_write(results, out);
	for (size_t i = 0; results->claims && i < results->claims->n; i++)
		case_write(results, out, &results->claims->at[i]);
	output_string(out, "  </testsuite>\n</testsuites>\n");
}
