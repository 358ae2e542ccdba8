#include "policy/read.h"

#include "grammar/arena.h"

/* Attributes while they are read. */
struct gathering {
	struct attribute *at;
	size_t n, cap;
};

static void
attribute_read(struct reader *r, const struct node *key, const struct node *node,
               void *into)
{
	struct gathering *attributes = into;
	struct attribute attribute = { .name = node_text(r->arena, r->tree, key) };
	struct value *value = &attribute.value;

	if (node->kind == HUJSON_STRING) {
		value->kind = VALUE_TEXT;
		value->text = node_text(r->arena, r->tree, node);
	} else if (node->kind == HUJSON_NUMBER) {
		value->kind = VALUE_NUMBER;
		value->text = node_raw(r->tree, node);
		read_real(r, node, &value->number);
	} else if (node->kind == HUJSON_TRUE || node->kind == HUJSON_FALSE) {
		value->kind = VALUE_BOOL;
		value->truth = node->kind == HUJSON_TRUE;
	} else {
		reader_refuse(r, node, "a string, a number, true or false");
		return;
	}
	attributes->at = arena_grow(r->arena, attributes->at, attributes->n,
	                            &attributes->cap, sizeof(*attributes->at));
	attributes->at[attributes->n++] = attribute;
}

static void
read_attributes(struct reader *r, const struct node *value, void *into)
{
	struct attributes *attributes = into;
	struct gathering gathering = { 0 };

	map_read(r, value, attribute_read, &gathering);
	attributes->at = gathering.at;
	attributes->n = gathering.n;
	attributes->object = value->kind != HUJSON_NULL ? value : NULL;
}

static const struct field test_field[] = {
	{ "src", "user", read_trimmed, offsetof(struct test, src_word), FEATURE_NONE },
	{ "proto", NULL, read_word, offsetof(struct test, proto), FEATURE_NONE },
	{ "accept", "allow", read_ported, offsetof(struct test, accept), FEATURE_NONE },
	{ "deny", NULL, read_ported, offsetof(struct test, deny), FEATURE_NONE },
	{ "srcPostureAttrs", NULL, read_attributes, offsetof(struct test, attributes),
	  FEATURE_TEST_POSTURE },
};

static const struct stranger test_stranger[] = {
	{ "dst", "its destinations belong in accept or deny" },
	{ "ports", "its destinations belong in accept or deny" },
	{ "users", "it has one source, called src" },
	{ "protocol", "its protocol is called proto" },
	{ "comment", "write it behind //" },
	{ "description", "write it behind //" },
	{ "name", "write it behind //" },
};

static const struct fields test_fields = {
	"a test", test_field, COUNT(test_field), test_stranger, COUNT(test_stranger),
};

static struct selector
src_parse(struct reader *r, const struct word *word)
{
	struct selector src = selector_parse(word->text);

	src.span = word->span;
	selector_number(r, &src);
	return src;
}

static void
test_finish(struct reader *r, void *row, const struct node *node, uint32_t index)
{
	struct test *test = row;

	test->index = index;
	test->node = node;
	test->src = src_parse(r, &test->src_word);
	test->good = r->good;
	if (!protocol_parse(test->proto.text, &test->protocol))
		test->protocol = -2;
}

void
read_tests(struct reader *r, const struct node *value, void *into)
{
	struct policy *policy = &((struct reading *)into)->policy;

	policy->tests = rows_read(r, value, &test_fields, sizeof(struct test),
	                          &policy->n_tests, test_finish);
}

static const struct field ssh_test_field[] = {
	{ "src", NULL, read_trimmed, offsetof(struct ssh_test, src_word), FEATURE_NONE },
	{ "dst", NULL, read_selectors, offsetof(struct ssh_test, dst), FEATURE_NONE },
	{ "accept", NULL, read_trimmeds, offsetof(struct ssh_test, accept),
	  FEATURE_NONE },
	{ "check", NULL, read_trimmeds, offsetof(struct ssh_test, check), FEATURE_NONE },
	{ "deny", NULL, read_trimmeds, offsetof(struct ssh_test, deny), FEATURE_NONE },
	{ "srcPostureAttrs", NULL, read_attributes, offsetof(struct ssh_test, attributes),
	  FEATURE_TEST_POSTURE },
};

static const struct stranger ssh_test_stranger[] = {
	{ "users", "its logins belong in accept, check or deny" },
	{ "action", "its logins belong in accept, check or deny" },
	{ "proto", "ssh is always tcp" },
	{ "comment", "write it behind //" },
	{ "description", "write it behind //" },
	{ "name", "write it behind //" },
};

static const struct fields ssh_test_fields = {
	"an sshTest",      ssh_test_field,           COUNT(ssh_test_field),
	ssh_test_stranger, COUNT(ssh_test_stranger),
};

static void
ssh_test_finish(struct reader *r, void *row, const struct node *node, uint32_t index)
{
	struct ssh_test *test = row;

	test->index = index;
	test->node = node;
	test->src = src_parse(r, &test->src_word);
	test->good = r->good;
}

void
read_ssh_tests(struct reader *r, const struct node *value, void *into)
{
	struct policy *policy = &((struct reading *)into)->policy;

	policy->ssh_tests = rows_read(r, value, &ssh_test_fields, sizeof(struct ssh_test),
	                              &policy->n_ssh_tests, ssh_test_finish);
}
