#include "policy/lower_parts.h"

#include "grammar/arena.h"

/* Whether a test can name somebody in the same words. */
static bool
name_stays(const struct lower *l, const struct selector *s)
{
	enum naming from = dialect_of(l->from)->users, to = dialect_of(l->to)->users;
	const struct host *host =
		s->kind == SELECTOR_HOST ? policy_host(l->policy, s->name) : NULL;

	if (s->kind == SELECTOR_USER && from != to)
		return text_find(s->text, '@') + 1 < s->text.len && to != USERS_BARE;
	if (s->kind == SELECTOR_TAG && !lower_takes_tag(l, s->text))
		return false;
	return lower_takes(l, selector_feature(s)) &&
	       (!host || lower_takes_host(l, host));
}

static bool
names_stay(const struct lower *l, const struct destinations *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (!name_stays(l, &list->at[i].selector))
			return false;
	return true;
}

static bool
test_stays(const struct lower *l, const struct test *test)
{
	return name_stays(l, &test->src) && names_stay(l, &test->accept) &&
	       names_stay(l, &test->deny) &&
	       (!test->attributes.object || lower_takes(l, FEATURE_TEST_POSTURE));
}

static bool
ssh_test_stays(const struct lower *l, const struct ssh_test *test)
{
	for (size_t i = 0; i < test->dst.n; i++)
		if (!name_stays(l, &test->dst.at[i]))
			return false;
	return name_stays(l, &test->src) &&
	       (!test->attributes.object || lower_takes(l, FEATURE_TEST_POSTURE));
}

static void
sheet_claims(struct sheet *sheet, const char *name, const struct destinations *list)
{
	if (!list->n)
		return;
	sheet_format(sheet, ", \"%s\": [", name);
	for (size_t i = 0; i < list->n; i++) {
		sheet_string(sheet, i ? ", " : "");
		sheet_quote(sheet, list->at[i].word.text);
	}
	sheet_string(sheet, "]");
}

/* What the source of a test is said to have, as it is written. */
static void
sheet_attributes(struct lower *l, struct sheet *sheet, const struct node *test)
{
	const struct tree *tree = l->policy->tree;
	const struct node *attributes = node_member_fold(tree, test, "srcPostureAttrs");

	if (!attributes)
		return;
	sheet_string(sheet, ", \"srcPostureAttrs\": ");
	sheet_text(sheet, hujson_minimize(l->arena, tree, attributes));
}

/* A test by its names of today, whatever those were in the policy. */
static void
sheet_test(struct lower *l, struct sheet *sheet, const struct test *test)
{
	sheet_string(sheet, "{\"src\": ");
	sheet_quote(sheet, test->src_word.text);
	if (test->proto.text.len) {
		sheet_string(sheet, ", \"proto\": ");
		sheet_quote(sheet, test->proto.text);
	}
	sheet_claims(sheet, "accept", &test->accept);
	sheet_claims(sheet, "deny", &test->deny);
	sheet_attributes(l, sheet, test->node);
	sheet_string(sheet, "},\n");
}

static void
sheet_ssh_test(struct lower *l, struct sheet *sheet, const struct ssh_test *test)
{
	sheet_string(sheet, "{\"src\": ");
	sheet_quote(sheet, test->src_word.text);
	sheet_string(sheet, ", \"dst\": [");
	for (size_t i = 0; i < test->dst.n; i++) {
		sheet_string(sheet, i ? ", " : "");
		sheet_quote(sheet, test->dst.at[i].text);
	}
	sheet_string(sheet, "]");
	if (test->accept.n)
		sheet_words(sheet, "accept", &test->accept);
	if (test->check.n)
		sheet_words(sheet, "check", &test->check);
	if (test->deny.n)
		sheet_words(sheet, "deny", &test->deny);
	sheet_attributes(l, sheet, test->node);
	sheet_string(sheet, "},\n");
}

static void
leave_out(struct lower *l, bool *left, const struct node *test, const char *why)
{
	if (!*left)
		lower_lose_test(l, test->span, why, "the test");
	*left = true;
}

#define NO_WORD "has no word for what this names"
#define FAILS "has not all that this claims"

static void
lower_packet_tests(struct lower *l, struct sheet *sheet)
{
	for (size_t i = 0; i < l->policy->n_tests; i++) {
		const struct test *test = &l->policy->tests[i];
		if (!test_stays(l, test))
			leave_out(l, &l->no_test[i], test->node, NO_WORD);
		if (!l->no_test[i])
			sheet_test(l, sheet, test);
	}
}

static void
lower_ssh_tests(struct lower *l, struct sheet *sheet)
{
	for (size_t i = 0; i < l->policy->n_ssh_tests; i++) {
		const struct ssh_test *test = &l->policy->ssh_tests[i];
		if (!ssh_test_stays(l, test))
			leave_out(l, &l->no_ssh_test[i], test->node, NO_WORD);
		if (!l->no_ssh_test[i])
			sheet_ssh_test(l, sheet, test);
	}
}

void
lower_tests(struct lower *l, struct sheet *sheet)
{
	static const struct {
		enum section section;
		enum feature feature;
		void (*write)(struct lower *, struct sheet *);
	} parts[] = { { SECTION_TESTS, FEATURE_TESTS, lower_packet_tests },
		      { SECTION_SSH_TESTS, FEATURE_SSH_TESTS, lower_ssh_tests } };

	for (size_t i = 0; i < 2; i++) {
		const char *name = section_name(parts[i].section);
		const struct node *key = l->policy->sections[parts[i].section];
		if (!key)
			continue;
		if (!lower_takes(l, parts[i].feature)) {
			lower_lose_test(l, key->span, "runs no tests", name);
			continue;
		}
		sheet_format(sheet, "\"%s\": [\n", name);
		parts[i].write(l, sheet);
		sheet_string(sheet, "],\n");
	}
}

/* The number in the policy of what is written as the number-th test. */
static size_t
test_written(const bool *left, size_t n, size_t number)
{
	size_t i = 0;

	while (i < n && (left[i] || number-- > 0))
		i++;
	return i;
}

bool
lower_tests_fail(struct lower *l, const struct claims *claims)
{
	const struct policy *policy = l->policy;
	bool *test = arena_array(l->arena, policy->n_tests, sizeof(*test));
	bool *ssh_test = arena_array(l->arena, policy->n_ssh_tests, sizeof(*ssh_test));
	bool fail = false;

	for (size_t i = 0; i < claims->n; i++) {
		const struct claim *claim = &claims->at[i];
		if (claim->verdict != CLAIM_FAILED && claim->verdict != CLAIM_INVALID)
			continue;
		fail = true;
		if (claim->section == SECTION_TESTS)
			test[test_written(l->no_test, policy->n_tests, claim->test)] =
				true;
		else
			ssh_test[test_written(l->no_ssh_test, policy->n_ssh_tests,
			                      claim->test)] = true;
	}
	for (size_t i = 0; i < policy->n_tests; i++)
		if (test[i])
			leave_out(l, &l->no_test[i], policy->tests[i].node, FAILS);
	for (size_t i = 0; i < policy->n_ssh_tests; i++)
		if (ssh_test[i])
			leave_out(l, &l->no_ssh_test[i], policy->ssh_tests[i].node,
			          FAILS);
	return fail;
}
