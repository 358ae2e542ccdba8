/* The formats of test results, read by other readers, with names that are
 * anybody's to choose. */
#include "cli/results.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "cli/xml.h"
#include "policy/small_test.h"

static struct small small;
static struct run run;
static struct unit unit;
static struct results results;

/* Hosts may be called nearly anything: quotes, brackets, line ends, hashes. */
#define NASTY "h <&>\\\"'\\n\\u0001 # SKIP \\u202e]]>"

static void
start(const char *tests)
{
	static char text[2048];
	snprintf(text, sizeof text,
	         "{\"tagOwners\":{\"tag:a\":[]},\"hosts\":{\"" NASTY "\":\"10.0.0.1\"},"
	         "\"acls\":[{\"action\":\"accept\",\"src\":[\"autogroup:owner\"],"
	         "\"dst\":[\"tag:a:22\"]}],\"tests\":[%s]}",
	         tests);
	small_start(&small, text, NULL);
	run = (struct run) { .options.target = TARGET_TAILSCALE };
	unit = (struct unit) { .findings = small.findings,
		               .source = small.policy->source,
		               .tree = small.tree,
		               .policy = small.policy,
		               .tailnet = small.tailnet,
		               .filter = small.filter };
	results = (struct results) {
		.run = &run,
		.unit = &unit,
		.claims = claims_judge(&small.arena, small.filter),
	};
}

static int
finish(void **state)
{
	(void)state;
	small_end(&small);
	return 0;
}

static const char *
written(void (*write)(const struct results *, struct output *))
{
	struct output out;
	output_start_memory(&out, &small.arena);
	write(&results, &out);
	struct text text = output_taken(&out);
	return arena_copy(&small.arena, text.at, text.len);
}

/* One of each verdict: passed, failed, invalid, unknown. */
#define FOUR                                                                             \
	"{\"src\":\"" NASTY "\",\"deny\":[\"tag:a:22\"]},"                               \
	"{\"src\":\"tag:a\",\"accept\":[\"tag:a:22\"],\"deny\":[\"tag:a:*\"]},"          \
	"{\"src\":\"ada@example.com\",\"accept\":[\"tag:a:22\"]}"

static size_t
count(const char *text, const char *what)
{
	size_t n = 0;
	for (const char *at = strstr(text, what); at; at = strstr(at + 1, what))
		n++;
	return n;
}

static void
json_is_read_by_jansson(void **state)
{
	(void)state;
	start(FOUR);
	json_error_t error;
	const char *text = written(results_json);
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		print_error("%s\n", error.text);
	assert_non_null(root);
	json_t *list = json_object_get(root, "results");
	assert_int_equal(json_array_size(list), 4);
	assert_int_equal(json_integer_value(json_object_get(root, "passed")), 1);
	assert_int_equal(json_integer_value(json_object_get(root, "failed")), 1);
	assert_int_equal(json_integer_value(json_object_get(root, "invalid")), 1);
	assert_int_equal(json_integer_value(json_object_get(root, "unknown")), 1);
	const char *src =
		json_string_value(json_object_get(json_array_get(list, 0), "src"));
	assert_non_null(strstr(src, "<&>\"'\n"));
	json_decref(root);
}

static void
xml_holds_nothing_that_xml_may_not(void **state)
{
	(void)state;
	start(FOUR);
	const char *text = written(results_junit);
	assert_int_equal(count(text, "<testcase "), 4);
	assert_int_equal(count(text, "<failure "), 1);
	assert_int_equal(count(text, "<error "), 1);
	assert_int_equal(count(text, "<skipped "), 1);
	assert_null(strchr(text, '\001'));
	assert_null(strstr(text, "h <&>"));
	assert_null(strstr(text, "]]>"));
}

static void
in_strict_runs_what_is_unknown_is_a_failure(void **state)
{
	(void)state;
	start(FOUR);
	results.strict = true;
	const char *xml = written(results_junit), *tap = written(results_tap);
	assert_int_equal(count(xml, "<failure "), 2);
	assert_int_equal(count(xml, "<skipped "), 0);
	assert_int_equal(count(tap, "\nnot ok "), 3);
	assert_int_equal(count(tap, " # SKIP"), 0);
}

static void
tap_has_a_line_for_each_claim_and_no_directive_of_its_names(void **state)
{
	(void)state;
	start(FOUR);
	const char *text = written(results_tap);
	assert_int_equal(count(text, "\nok "), 2);
	assert_int_equal(count(text, "\nnot ok "), 2);
	assert_int_equal(count(text, " # SKIP"), 1);
	assert_non_null(strstr(text, "\\# SKIP"));
	/* a line begins as TAP begins one */
	for (const char *at = text; *at; at = strchr(at, '\n') + 1)
		assert_true(!strncmp(at, "ok ", 3) || !strncmp(at, "not ok ", 7) ||
		            !strncmp(at, "# ", 2) || !strncmp(at, "1..4", 4) ||
		            !strncmp(at, "TAP ", 4));
}

static void
xml_text_is_escaped_in_every_way(void **state)
{
	(void)state;
	struct arena arena = { 0 };
	struct output out;
	output_start_memory(&out, &arena);
	output_xml(&out,
	           text_of("a<b>&\"'\t\r\n\001\xff\xed\xa0\x80\xef\xbf\xbf\xc3\xa9"));
	output_xml_attribute(&out, "x", text_of("\"y\""));
	struct text text = output_taken(&out);
	assert_string_equal(arena_copy(&arena, text.at, text.len),
	                    "a&lt;b&gt;&amp;&quot;'&#9;&#13;&#10;\xef\xbf\xbd\xef\xbf\xbd"
	                    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xc3\xa9"
	                    " x=\"&quot;y&quot;\"");
	arena_end(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(json_is_read_by_jansson, finish),
		cmocka_unit_test_teardown(xml_holds_nothing_that_xml_may_not, finish),
		cmocka_unit_test_teardown(in_strict_runs_what_is_unknown_is_a_failure,
		                          finish),
		cmocka_unit_test_teardown(
			tap_has_a_line_for_each_claim_and_no_directive_of_its_names,
			finish),
		cmocka_unit_test(xml_text_is_escaped_in_every_way),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
