#include "policy/lint.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include "policy/claim.h"
#include "policy/saying.h"
#include "policy/world_test.h"

static const struct levels no_levels = { 0 };

struct bench {
	struct arena arena;
	struct findings findings;
	struct policy *policy;
	struct lint lint;
	struct report report;
};

/* Lints a text; people NULL: they are imagined. */
static void
bench_lint(struct bench *b, const char *text, const char *people,
           const struct levels *levels)
{
	struct arena *a = &b->arena;
	struct tailnet *tailnet = NULL;
	const struct policy *policy;

	memset(b, 0, sizeof(*b));
	b->findings.arena = a;
	struct tree *tree =
		hujson_parse(a, source_of(a, "x", text, strlen(text)), &b->findings);
	policy = b->policy = policy_read(a, tree, TARGET_TAILSCALE, &b->findings);
	if (people) {
		struct tree *inventory =
			hujson_parse(a, source_of(a, "y", people, strlen(people)),
		                     &b->findings);
		tailnet = tailnet_read(a, &inventory, 1, &b->findings);
		tailnet_index(tailnet);
	}
	if (!tree->broken)
		policy_validate(b->policy, tailnet, &b->findings);
	b->lint = (struct lint) {
		.arena = a,
		.policy = b->policy,
		.settings = settings_none(a),
		.levels = levels,
		.findings = &b->findings,
	};
	if (b->findings.n_errors == 0) {
		if (!tailnet)
			tailnet = tailnet_imagine(a, &policy, 1);
		tailnet_approve(tailnet, b->policy);
		b->lint.filter = filter_compile(a, b->policy, tailnet);
		b->lint.claims = claims_judge(a, b->lint.filter);
	}
	b->report = lint_run(&b->lint);
}

static void
bench_end(struct bench *b)
{
	arena_end(&b->arena);
}

/* How many findings of a check are reported. */
static size_t
count(const struct bench *b, const struct check *check)
{
	size_t n = 0;

	for (size_t i = 0; i < b->report.n; i++)
		n += b->report.at[i]->check == check;
	return n;
}

static size_t
count_in(const char *text, const struct check *check)
{
	struct bench b;

	bench_lint(&b, text, NULL, &no_levels);
	size_t n = count(&b, check);
	bench_end(&b);
	return n;
}

#define ACL(src, dst) "{\"action\": \"accept\", \"src\": [" src "], \"dst\": [" dst "]}"

static void
a_careful_small_policy_has_nothing_to_say_at_the_default_level(void **state)
{
	static const char text[] =
		"{\"groups\": {\"group:ops\": [\"ada@x.com\", \"bob@x.com\"]},"
		"\"tagOwners\": {\"tag:web\": [\"autogroup:admin\"], "
		"\"tag:db\": [\"autogroup:admin\"]},"
		"\"grants\": ["
		"{\"src\": [\"autogroup:member\"], \"dst\": [\"autogroup:self\"], "
		"\"ip\": "
		"[\"*\"]},"
		"{\"src\": [\"autogroup:member\"], \"dst\": [\"tag:web\"], \"ip\": "
		"[\"tcp:443\"]},"
		"{\"src\": [\"group:ops\"], \"dst\": [\"tag:web\", \"tag:db\"], \"ip\": "
		"[\"tcp:22\"]},"
		"{\"src\": [\"tag:web\", \"group:ops\"], \"dst\": [\"tag:db\"], \"ip\": "
		"[\"tcp:5432\"]}],"
		"\"ssh\": [{\"action\": \"check\", \"src\": [\"autogroup:member\"], "
		"\"dst\": "
		"[\"autogroup:self\"], \"users\": [\"autogroup:nonroot\", \"root\"]}],"
		"\"tests\": [{\"src\": \"ada@x.com\", \"accept\": [\"tag:db:22\"]},"
		"{\"src\": \"tag:web\", \"deny\": [\"tag:db:22\"]}]}";
	struct bench b;

	(void)state;
	bench_lint(&b, text, NULL, &no_levels);
	for (size_t i = 0; i < b.report.n; i++)
		if (b.report.at[i]->level > LEVEL_ADVICE)
			fail_msg("%s", b.report.at[i]->said);
	bench_end(&b);
}

static void
findings_come_in_file_order_and_none_twice(void **state)
{
	struct bench b;

	(void)state;
	for (uint64_t seed = 1; seed <= world_count(200); seed++) {
		struct world w;
		assert_true(world_make(&w, seed));
		bench_lint(&b, w.policy_text, seed % 2 ? w.inventory_text : NULL,
		           &no_levels);
		for (size_t i = 1; i < b.report.n; i++) {
			const struct finding *x = b.report.at[i - 1];
			const struct finding *y = b.report.at[i];
			assert_true(x->where.first <= y->where.first);
			assert_false(x->check == y->check &&
			             x->where.first == y->where.first &&
			             x->where.end == y->where.end &&
			             strcmp(x->said, y->said) == 0);
		}
		bench_end(&b);
		world_end(&w);
	}
}

static void
a_text_with_errors_is_linted_as_far_as_it_goes(void **state)
{
	struct bench b;

	(void)state;
	bench_lint(&b,
	           "{\"hosts\": {\"a\": \"10.0.0.5/24\"}, \"acls\": [" ACL(
			   "\"tag:x\"", "\"a:22\"") "]}",
	           NULL, &no_levels);
	assert_int_equal(b.report.n_errors, 1);
	assert_int_equal(count(&b, &CHECK_HOST_BITS_SET), 1);
	bench_end(&b);
	bench_lint(&b, "{\"acls\": [", NULL, &no_levels);
	assert_int_equal(b.report.n_errors, b.report.n);
	bench_end(&b);
}

static void
levels_decide_what_is_reported(void **state)
{
	static const char text[] =
		"{\"acls\": [" ACL("\"a@x.com\"", "\"10.0.0.5:*\"") "]}";
	struct level_rule rules[] = { { { "any-port", 8 }, LEVEL_ERROR },
		                      { { "user-*", 6 }, LEVEL_IGNORE } };
	struct levels levels = { .options = rules, .n_options = 2 };
	struct bench b;

	(void)state;
	bench_lint(&b, text, NULL, &levels);
	assert_int_equal(count(&b, &CHECK_ANY_PORT), 1);
	assert_int_equal(b.report.n_errors, 1);
	assert_int_equal(count(&b, &CHECK_USER_IN_RULE), 0);
	for (size_t i = 0; i < b.report.n; i++)
		assert_false(b.report.firm[i]);
	bench_end(&b);
}

static void
everything_open_is_seen_in_any_disguise(void **state)
{
	static const char *const texts[] = {
		"{\"acls\": [" ACL("\"*\"", "\"*:*\"") "]}",
		"{\"acls\": [" ACL("\"*\"", "\"*:1-65535\"") "]}",
		"{\"acls\": [" ACL("\"0.0.0.0/0\"", "\"0.0.0.0/0:*\"") "]}",
		"{\"acls\": [" ACL("\"100.64.0.0/11\", \"100.96.0.0/11\"",
		                   "\"*:*\"") "]}",
		"{\"acls\": [" ACL("\"100.64.0.0/11\"",
		                   "\"*:*\"") "," ACL("\"100.96.0.0/11\"",
		                                      "\"*:*\"") "]}",
		"{\"hosts\": {\"all\": \"0.0.0.0/0\"}, \"acls\": [" ACL("\"all\"",
		                                                        "\"all:*\"") "]}",
		"{\"ipsets\": {\"ipset:a\": [\"100.64.0.0/10\"]}, \"grants\": "
		"[{\"src\": "
		"[\"ipset:a\"], \"dst\": [\"*\"], \"ip\": [\"*\"]}]}",
		"{\"grants\": [{\"src\": [\"autogroup:danger-all\"], \"dst\": "
		"[\"*\"], "
		"\"ip\": [\"tcp:*\"]}]}",
		"{\"acls\": [" ACL("\"autogroup:member\"",
		                   "\"autogroup:member:*"
		                   "\", "
		                   "\"autogroup:tagged:*"
		                   "\"") "," ACL("\"autogroup:tagged\"",
		                                 "\"autogroup:member:*\", "
		                                 "\"autogroup:tagged:*\"") "]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (count_in(texts[i], &CHECK_ALLOW_ALL) != 1)
			fail_msg("not seen in %s", texts[i]);
	assert_int_equal(count_in("{}", &CHECK_IMPLICIT_ALLOW_ALL), 1);
}

static void
what_is_not_quite_open_is_not_called_so(void **state)
{
	static const char *const texts[] = {
		"{\"acls\": [" ACL("\"*\"", "\"*:1-65534\"") "]}",
		"{\"acls\": [" ACL("\"*\"", "\"autogroup:self:*\"") "]}",
		"{\"acls\": [" ACL("\"autogroup:member\"", "\"*:*\"") "]}",
		"{\"acls\": [" ACL("\"100.64.0.0/11\"", "\"*:*\"") "]}",
		"{\"acls\": [" ACL("\"0.0.0.0/1\"", "\"128.0.0.0/1:*\"") "]}",
		"{\"acls\": []}",
		("{\"grants\": [{\"src\": [\"*\"], \"dst\": [\"*\"], \"ip\": "
		 "[\"icmp:*\"]}]}"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (count_in(texts[i], &CHECK_ALLOW_ALL) != 0)
			fail_msg("seen in %s", texts[i]);
}

/* The keys of a text's findings of one check, one after the other. */
static const char *
keys_of(struct bench *b, const char *text, const struct check *check)
{
	const char *all = "";

	bench_lint(b, text, NULL, &no_levels);
	const char **keys = report_keys(&b->arena, b->policy->tree, &b->report);
	for (size_t i = 0; i < b->report.n; i++)
		if (b->report.at[i]->check == check)
			all = arena_format(&b->arena, "%s %s", all, keys[i]);
	return all;
}

static void
keys_stay_when_lines_move(void **state)
{
	static const char rule[] = ACL("\"a@x.com\"", "\"10.0.0.5:*\"");
	struct bench a, b;
	char before[512], after[512];

	(void)state;
	snprintf(before, sizeof(before), "{\"acls\": [%s]}", rule);
	snprintf(after, sizeof(after),
	         "// new\n{\n\"hosts\": {},\n\"acls\": [" ACL(
			 "\"b@x.com\"", "\"10.0.0.6:22\"") ",\n\n%s // x\n]}\n",
	         rule);
	const char *one = keys_of(&a, before, &CHECK_ANY_PORT);
	const char *other = keys_of(&b, after, &CHECK_ANY_PORT);
	assert_string_equal(one, other);
	assert_int_equal(strlen(one), 1 + 16 + 2);
	bench_end(&a);
	bench_end(&b);
}

static void
findings_that_are_alike_are_numbered(void **state)
{
	static const char text[] =
		"{\"acls\": [" ACL("\"a@x.com\"",
	                           "\"10.0.0.5:*\"") ", " ACL("\"b@x.com\"",
	                                                      "\"10.0.0.5:*\"") "]}";
	struct bench b;
	const char *keys = keys_of(&b, text, &CHECK_ANY_PORT);

	(void)state;
	assert_non_null(strstr(keys, ":1 "));
	assert_non_null(strstr(keys, ":2"));
	assert_memory_equal(keys, strchr(keys + 1, ' '), 17);
	bench_end(&b);
}

static void
elements_that_others_take_in_are_found(void **state)
{
	static const struct {
		const char *src;
		size_t n;
	} cases[] = {
		{ "\"group:g\", \"a@x.com\"", 1 },
		{ "\"a@x.com\", \"group:g\"", 1 },
		{ "\"autogroup:member\", \"group:g\", \"a@x.com\"", 2 },
		{ "\"*\", \"tag:t\", \"10.0.0.1\"",
		  1 }, /* * takes in no foreign address */
		{ "\"10.0.0.0/24\", \"10.0.0.7\"", 1 },
		{ "\"10.0.0.0/25\", \"10.0.0.128/25\", \"10.0.0.0/24\"", 1 },
		{ "\"tag:t\", \"tag:t\"", 1 },
		{ "\"autogroup:tagged\", \"tag:t\"", 1 },
		{ "\"autogroup:member\", \"tag:t\"", 0 },
		{ "\"group:g\", \"c@x.com\"", 0 },
		{ "\"10.0.0.0/25\", \"10.0.0.0/24\"", 1 },
		{ "\"a@x.com\", \"b@x.com\", \"group:g\"", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[512];
		snprintf(text, sizeof(text),
		         "{\"groups\": {\"group:g\": [\"a@x.com\", \"b@x.com\"]}, "
		         "\"tagOwners\": {\"tag:t\": []}, \"acls\": [{\"action\": "
		         "\"accept\", \"src\": [%s], \"dst\": [\"10.9.0.1:22\"]}]}",
		         cases[i].src);
		if (count_in(text, &CHECK_REDUNDANT_ELEMENT) != cases[i].n)
			fail_msg("%s", cases[i].src);
	}
}

static void
destinations_are_held_to_their_ports(void **state)
{
	static const struct {
		const char *dst;
		size_t n;
	} cases[] = {
		{ "\"tag:t:*\", \"tag:t:22\"", 1 },
		{ "\"tag:t:22\", \"tag:t:80\"", 0 },
		{ "\"tag:t:22\", \"autogroup:tagged:22,80\"", 1 },
		{ "\"tag:t:22,443\", \"autogroup:tagged:22,80\"", 0 },
		{ "\"*:22\", \"autogroup:self:22\"", 1 },
		{ "\"autogroup:self:22\", \"autogroup:member:22\"", 1 },
		{ "\"autogroup:self:22\", \"a@x.com:22\"", 0 },
		{ "\"tag:t:20-25\", \"tag:t:24-30\", \"tag:t:22-26\"", 1 },
		{ "\"*:80\", \"10.0.0.1:80\", \"autogroup:internet:80\"", 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[512];
		snprintf(text, sizeof(text),
		         "{\"tagOwners\": {\"tag:t\": []}, \"acls\": [{\"action\": "
		         "\"accept\", \"src\": [\"autogroup:member\"], \"dst\": [%s]}]}",
		         cases[i].dst);
		if (count_in(text, &CHECK_REDUNDANT_ELEMENT) != cases[i].n)
			fail_msg("%s", cases[i].dst);
	}
}

/* Each of n people owns a tag by which n machines are reached that all members reach
 * anyway: n times n questions, unless it stops. */
static size_t
escalations_left_of(unsigned n)
{
	struct arena arena = { 0 };
	struct saying text = { .arena = &arena };
	struct bench b;
	size_t left = 0;

	saying_add(&text, "{\"tagOwners\": {\"tag:t\": [");
	for (unsigned i = 0; i < n; i++)
		saying_add(&text, "\"u%u@x.com\",", i);
	saying_add(&text, "]}, \"acls\": [");
	for (unsigned i = 0; i < n; i++)
		saying_add(&text,
		           ACL("\"tag:t\", \"autogroup:member\"",
		               "\"10.0.%u.%u:22\"") ",",
		           i / 256, i % 256);
	saying_add(&text, "]}");
	bench_lint(&b, saying_words(&text), NULL, &no_levels);
	for (size_t i = 0; i < b.report.n; i++)
		if (b.report.at[i]->check == &CHECK_TAG_ESCALATION) {
			assert_int_equal(b.report.at[i]->level, LEVEL_ADVICE);
			left++;
		}
	bench_end(&b);
	arena_end(&arena);
	return left;
}

static void
what_is_too_much_to_follow_is_said_to_be(void **state)
{
	(void)state;
	assert_int_equal(escalations_left_of(100), 0);
	assert_int_equal(escalations_left_of(1100), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_careful_small_policy_has_nothing_to_say_at_the_default_level),
		cmocka_unit_test(findings_come_in_file_order_and_none_twice),
		cmocka_unit_test(a_text_with_errors_is_linted_as_far_as_it_goes),
		cmocka_unit_test(levels_decide_what_is_reported),
		cmocka_unit_test(everything_open_is_seen_in_any_disguise),
		cmocka_unit_test(what_is_not_quite_open_is_not_called_so),
		cmocka_unit_test(keys_stay_when_lines_move),
		cmocka_unit_test(findings_that_are_alike_are_numbered),
		cmocka_unit_test(elements_that_others_take_in_are_found),
		cmocka_unit_test(destinations_are_held_to_their_ports),
		cmocka_unit_test(what_is_too_much_to_follow_is_said_to_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
