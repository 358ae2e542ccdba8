#include "grammar/path.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include "grammar/arena.h"
#include "grammar/finding.h"

static struct arena arena;

static struct tree *
tree_of(const char *text)
{
	struct findings findings = { .arena = &arena };

	return hujson_parse(&arena, source_of(&arena, "x", text, strlen(text)),
	                    &findings);
}

static const char DOCUMENT[] =
	"{\"acls\": [1, {\"dst\": [\"a\", \"b\"]}], \"groups\": {\"group:a.b\": [3], "
	"\"q\\\"\\\\\": 4}, \"Hosts\": {\"é\": 5}}";

static void
every_node_is_found_by_its_own_path(void **state)
{
	struct tree *tree = tree_of(DOCUMENT);

	(void)state;
	for (uint32_t i = 0; i < tree->n; i++) {
		const struct node *node = tree->root + i;
		const char *path = node_path(&arena, tree, node);
		const struct node *found = node_by_path(tree, text_of(path));
		assert_non_null(found);
		assert_string_equal(node_path(&arena, tree, found), path);
	}
}

static void
names_go_without_quotes_where_they_can(void **state)
{
	struct tree *tree = tree_of("{\"groups\": {\"group:eng\": [1, 2]}}");
	const struct node *found = node_by_path(tree, text_of("groups.group:eng[1]"));

	(void)state;
	assert_non_null(found);
	assert_true(text_is(node_raw(tree, found), "2"));
}

static void
case_does_not_matter_unless_it_tells_members_apart(void **state)
{
	struct tree *tree = tree_of("{\"ACLs\": 1, \"acls\": 2, \"SSH\": 3}");

	(void)state;
	assert_true(text_is(node_raw(tree, node_by_path(tree, text_of("ACLs"))), "1"));
	assert_true(text_is(node_raw(tree, node_by_path(tree, text_of("acls"))), "2"));
	assert_true(text_is(node_raw(tree, node_by_path(tree, text_of("ssh"))), "3"));
}

static void
paths_that_lead_nowhere_find_nothing(void **state)
{
	static const char *const paths[] = {
		"x",
		"acls[2]",
		"acls[",
		"acls[-1]",
		"acls[1].src",
		"acls.0",
		"acls[0][0]",
		".",
		"..acls",
		"acls.[0]",
		"[0]",
		"groups.\"",
		"acls[1]x",
		"groups.\"group:a.b",
		"acls[18446744073709551616]",
	};
	struct tree *tree = tree_of(DOCUMENT);

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		assert_null(node_by_path(tree, text_of(paths[i])));
}

static int
teardown(void **state)
{
	(void)state;
	arena_end(&arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_node_is_found_by_its_own_path),
		cmocka_unit_test(names_go_without_quotes_where_they_can),
		cmocka_unit_test(case_does_not_matter_unless_it_tells_members_apart),
		cmocka_unit_test(paths_that_lead_nowhere_find_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
