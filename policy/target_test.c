#include "policy/target.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "grammar/arena.h"
#include "policy/dialect.h"
#include "policy/policy.h"
#include "policy/tailnet.h"

/* A case of testdata/target: a policy that uses one feature, and perhaps an
 * inventory to show it. */
struct sample {
	struct arena arena;
	struct findings findings;
	struct policy *policy;
};

/* The file of that extension, or NULL. */
static struct source *
sample_source(struct arena *arena, enum feature feature, const char *extension)
{
	char path[128];
	char *bytes;
	size_t len;
	FILE *file;

	snprintf(path, sizeof(path), "testdata/target/%s.%s", feature_row(feature)->id,
	         extension);
	file = fopen(path, "rb");
	if (!file)
		return NULL;
	bytes = arena_alloc(arena, 1 << 16);
	len = fread(bytes, 1, 1 << 16, file);
	fclose(file);
	return source_of(arena, arena_format(arena, "%s", path), bytes, len);
}

static void
sample_make(struct sample *sample, enum feature feature, enum target target)
{
	struct arena *arena = &sample->arena;
	struct source *policy, *inventory;
	struct tailnet *tailnet = NULL;
	struct tree *tree;

	*sample = (struct sample) { .findings.arena = arena };
	policy = sample_source(arena, feature, "hujson");
	if (!policy)
		print_error("%s has no case\n", feature_row(feature)->id);
	assert_non_null(policy);
	tree = hujson_parse(arena, policy, &sample->findings);
	sample->policy = policy_read(arena, tree, target, &sample->findings);
	inventory = sample_source(arena, feature, "json");
	if (inventory) {
		tree = hujson_parse(arena, inventory, &sample->findings);
		tailnet = tailnet_read(arena, &tree, 1, &sample->findings);
	}
	policy_validate(sample->policy, tailnet, &sample->findings);
}

/* What is wrong with a case for a target, or NULL. */
static const char *
cell_fault(const struct sample *sample, enum feature feature, enum target target)
{
	enum support support = target_support(target, feature);
	const struct use *use = &sample->policy->usage.by[feature];
	bool told = use->finding || feature == FEATURE_UNKNOWN_FIELD;
	bool refused = sample->findings.n_errors > 0;

	if (support == BELOW)
		return use->n > 0 ? "it is met, and should not be" : NULL;
	if (use->n == 0)
		return "it is not met";
	if (refused != (support == REFUSES))
		return refused ? "it is refused" : "it is taken";
	if (support != TAKES && support != REFUSES && !told)
		return "it is not told";
	return NULL;
}

/* Whether what the table says of a cell is what becomes of its case. */
static bool
cell_is_fine(enum feature feature, enum target target)
{
	struct sample sample;

	sample_make(&sample, feature, target);
	const char *fault = cell_fault(&sample, feature, target);
	const struct finding *first = findings_first_error(&sample.findings);
	if (fault)
		print_error("%s, %s: %s%s%s\n", feature_row(feature)->id,
		            target_name(target), fault, first ? ": " : "",
		            first ? first->said : "");
	arena_end(&sample.arena);
	return !fault;
}

static void
every_cell_has_a_case_that_behaves_so(void **state)
{
	size_t n_bad = 0;

	(void)state;
	for (size_t f = FEATURE_NONE + 1; f < FEATURE_N; f++)
		for (size_t t = 0; t < TARGET_N; t++)
			n_bad += !cell_is_fine((enum feature)f, (enum target)t);
	assert_int_equal(n_bad, 0);
}

/* A golden case shows each row to people, for all targets. */
static void
every_row_has_a_golden_case(void **state)
{
	(void)state;
	for (size_t f = FEATURE_NONE + 1; f < FEATURE_N; f++) {
		struct arena arena = { 0 };
		const char *id = feature_row((enum feature)f)->id;
		struct source *source = sample_source(&arena, (enum feature)f, "check");
		const char *text =
			source ? arena_copy(&arena, source->bytes, source->len) : "";
		if (!strstr(text, "$ aclc check --target all ") ||
		    !strstr(text, arena_format(&arena, " %s.hujson\n", id)))
			fail_msg("testdata/target/%s.check does not show it to all", id);
		for (size_t t = 0; t < TARGET_N; t++)
			if (!strstr(text, arena_format(&arena, "\n%-14s  ",
			                               target_name((enum target)t))))
				fail_msg("%s.check lacks %s", id,
				         target_name((enum target)t));
		arena_end(&arena);
	}
}

/* "Y i i i i i N N Y  n  grants": a line of the manual's table. */
static void
write_line(enum feature feature, char line[128])
{
	static const char letters[] = { [TAKES] = 'Y',
		                        [IGNORES] = 'i',
		                        [DIFFERS] = 'd',
		                        [REFUSES] = 'N',
		                        [BELOW] = '.' };
	const struct feature_row *row = feature_row(feature);
	size_t n = 0;

	line[n++] = '\n';
	for (size_t t = 0; t < TARGET_N; t++) {
		line[n++] = letters[row->by[t]];
		line[n++] = ' ';
	}
	snprintf(line + n, 128 - n, " %c  %s\n", consequence_name(row->consequence)[0],
	         row->what);
}

/* Lines of the manual that are rows of the table: a letter for each target. */
static size_t
page_rows(const char *page)
{
	size_t n = 0;

	for (const char *line = page; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		size_t t = 0;
		while (t < TARGET_N && line[2 * t] && strchr("YidN.", line[2 * t]) &&
		       line[2 * t + 1] == ' ')
			t++;
		n += t == TARGET_N;
	}
	return n;
}

static void
the_manual_has_the_table(void **state)
{
	static char page[1 << 16];
	FILE *file = fopen("man/aclc-policy.5", "rb");
	char line[128];

	(void)state;
	assert_non_null(file);
	page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
	fclose(file);
	for (size_t f = FEATURE_NONE + 1; f < FEATURE_N; f++) {
		write_line((enum feature)f, line);
		if (!strstr(page, line))
			fail_msg("aclc-policy.5 lacks%s", line);
	}
	assert_int_equal(page_rows(page), FEATURE_N - 1);
}

static void
targets_are_found_by_their_names(void **state)
{
	enum target target;

	(void)state;
	for (size_t i = 0; i < TARGET_N; i++) {
		assert_true(target_parse(text_of(target_name((enum target)i)), &target));
		assert_int_equal(target, i);
	}
	assert_true(target_parse(text_of("headscale"), &target));
	assert_int_equal(target, TARGET_HEADSCALE_NEWEST);
	assert_false(target_parse(text_of("headscale-0.21"), &target));
	assert_false(target_parse(text_of("Tailscale"), &target));
	assert_false(target_parse(text_of(""), &target));
}

static void
who_takes_a_feature_is_told_in_a_run(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	assert_string_equal(feature_takers(&arena, FEATURE_GRANTS), "headscale-0.29");
	assert_string_equal(feature_takers(&arena, FEATURE_ROLE),
	                    "no release of headscale");
	assert_string_equal(feature_takers(&arena, FEATURE_SELF),
	                    "headscale-0.27 and later");
	assert_string_equal(feature_takers(&arena, FEATURE_NO_PROTO),
	                    "headscale-0.22 to headscale-0.26, headscale-0.29");
	assert_string_equal(feature_takers(&arena, FEATURE_PERIOD_DAYS),
	                    "headscale-0.26 to headscale-0.28");
	arena_end(&arena);
}

static void
ids_of_features_are_distinct_words(void **state)
{
	struct arena arena = { 0 };
	struct names names = { .arena = &arena };

	(void)state;
	for (size_t f = FEATURE_NONE + 1; f < FEATURE_N; f++) {
		const struct feature_row *row = feature_row((enum feature)f);
		assert_int_equal(names_add(&names, text_of(row->id)), f - 1);
		assert_true(strlen(row->what) > 0 && strlen(row->said) > 0);
	}
	arena_end(&arena);
}

/* Rules that one protocol's name makes several of are there once on the wire. */
static void
protocols_are_as_many_as_a_release_sends(void **state)
{
	static const struct {
		const char *proto;
		int protocol;
		enum target target;
		size_t n;
		int first, second;
	} cases[] = {
		{ "", PROTOCOL_ANY, TARGET_TAILSCALE, 0, 0, 0 },
		{ "", PROTOCOL_ANY, TARGET_HEADSCALE_0_26, 0, 0, 0 },
		{ "", PROTOCOL_ANY, TARGET_HEADSCALE_0_27, 2, 6, 17 },
		{ "", PROTOCOL_ANY, TARGET_HEADSCALE_0_28, 2, 6, 17 },
		{ "", PROTOCOL_ANY, TARGET_HEADSCALE_0_29, 0, 0, 0 },
		{ "icmp", 1, TARGET_TAILSCALE, 1, 1, 0 },
		{ "icmp", 1, TARGET_HEADSCALE_0_28, 2, 1, 58 },
		{ "1", 1, TARGET_HEADSCALE_0_28, 1, 1, 0 },
		{ "icmp", 1, TARGET_HEADSCALE_0_29, 1, 1, 0 },
		{ "tcp", 6, TARGET_HEADSCALE_0_27, 1, 6, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct policy policy = { .target = cases[i].target };
		struct grant acl = { .proto.text = text_of(cases[i].proto) };
		int out[2] = { 0, 0 };
		assert_int_equal(dialect_protocols(&policy, &acl, cases[i].protocol, out),
		                 cases[i].n);
		if (cases[i].n > 0)
			assert_int_equal(out[0], cases[i].first);
		if (cases[i].n > 1)
			assert_int_equal(out[1], cases[i].second);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell_has_a_case_that_behaves_so),
		cmocka_unit_test(every_row_has_a_golden_case),
		cmocka_unit_test(the_manual_has_the_table),
		cmocka_unit_test(targets_are_found_by_their_names),
		cmocka_unit_test(who_takes_a_feature_is_told_in_a_run),
		cmocka_unit_test(ids_of_features_are_distinct_words),
		cmocka_unit_test(protocols_are_as_many_as_a_release_sends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
