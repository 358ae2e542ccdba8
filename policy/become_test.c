#include "policy/become.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include "policy/draw_test.h"
#include "policy/small_test.h"

static uint32_t
node(const struct becoming *b, const char *name)
{
	uint32_t number = names_find(&b->names, text_of(name));

	assert_true(number != NAMES_NONE);
	return number;
}

static const char POLICY[] =
	"{\"groups\": {\"group:dev\": [\"ada@x.com\"]},"
	"\"tagOwners\": {\"tag:ci\": [\"group:dev\"], \"tag:deploy\": [\"tag:ci\"],"
	"\"tag:prod\": []},"
	"\"acls\": [],"
	"\"ssh\": [{\"action\": \"accept\", \"src\": [\"tag:deploy\"], \"dst\": "
	"[\"tag:prod\"], \"users\": [\"root\"]},"
	"{\"action\": \"check\", \"src\": [\"autogroup:member\"], \"dst\": "
	"[\"autogroup:tagged\"], \"users\": [\"x\"]}]}";

static void
the_shortest_way_is_told_step_by_step(void **state)
{
	struct small s;

	(void)state;
	small_start(&s, POLICY, NULL);
	struct becoming *b = becoming_of(&s.arena, s.policy);
	uint32_t start = node(b, "group:dev");
	unsigned owners = BECOME_BIT(BECOME_OWNER) | BECOME_BIT(BECOME_LOGIN);
	uint32_t *steps = become_search(&s.arena, b, &start, 1, owners);
	assert_string_equal(become_way(&s.arena, b, steps, node(b, "tag:prod")),
	                    "group:dev may take tag:ci, tag:ci may take tag:deploy, "
	                    "tag:deploy may log in on tag:prod");
	assert_null(become_way(&s.arena, b, steps, start));
	uint32_t goal = node(b, "tag:deploy");
	steps = become_search_back(&s.arena, b, &goal, 1, owners);
	assert_string_equal(become_way_on(&s.arena, b, steps, start),
	                    "group:dev may take tag:ci, tag:ci may take tag:deploy");
	small_end(&s);
}

static void
members_are_who_their_groups_are(void **state)
{
	struct small s;

	(void)state;
	small_start(&s, POLICY, NULL);
	struct becoming *b = becoming_of(&s.arena, s.policy);
	uint32_t start = node(b, "ada@x.com");
	uint32_t *steps = become_search(&s.arena, b, &start, 1, BECOME_ALL);
	/* as a member she may log in anywhere: nearer than by tag:ci */
	assert_string_equal(
		become_way(&s.arena, b, steps, node(b, "tag:prod")),
		"ada@x.com is in autogroup:member, autogroup:member may log "
		"in on any tagged machine, any tagged machine may be tag:prod");
	small_end(&s);
}

static void
a_start_is_everybody_in_what_is_named(void **state)
{
	struct small s;
	struct selector selector = selector_parse(text_of("group:dev"));
	struct selectors list = { &selector, 1, NULL };
	size_t n;

	(void)state;
	small_start(&s, POLICY, NULL);
	struct becoming *b = becoming_of(&s.arena, s.policy);
	uint32_t *start = become_start(&s.arena, b, &list, &n);
	assert_int_equal(n, 2);
	assert_true(start[0] == node(b, "group:dev") || start[1] == node(b, "group:dev"));
	selector = selector_parse(text_of("*"));
	become_start(&s.arena, b, &list, &n);
	assert_int_equal(n, b->names.n);
	selector = selector_parse(text_of("tag:none"));
	become_start(&s.arena, b, &list, &n);
	assert_int_equal(n, 0);
	small_end(&s);
}

#define TAGS 8

/* Ownership among a few tags, drawn at random: owns[a][b], a may take b. */
struct graph {
	bool owns[TAGS][TAGS];
	bool reaches[TAGS][TAGS]; /* by one step or more */
	char text[4096];
};

static void
graph_draw(struct graph *g, uint64_t *seed)
{
	size_t len = 0;

	memset(g, 0, sizeof(*g));
	len += (size_t)sprintf(g->text, "{\"acls\": [], \"tagOwners\": {");
	for (unsigned to = 0; to < TAGS; to++) {
		len += (size_t)sprintf(g->text + len, "\"tag:t%u\": [", to);
		for (unsigned from = 0; from < TAGS; from++) {
			if (draw_from(seed, 5))
				continue;
			g->owns[from][to] = g->reaches[from][to] = true;
			len += (size_t)sprintf(g->text + len, "\"tag:t%u\",", from);
		}
		len += (size_t)sprintf(g->text + len, "],");
	}
	sprintf(g->text + len, "}}");
	for (unsigned by = 0; by < TAGS; by++)
		for (unsigned from = 0; from < TAGS; from++)
			for (unsigned to = 0; to < TAGS; to++)
				g->reaches[from][to] |=
					g->reaches[from][by] && g->reaches[by][to];
}

static uint32_t
tag_node(const struct becoming *b, unsigned tag)
{
	char name[16];

	sprintf(name, "tag:t%u", tag);
	return node(b, name);
}

static void
searches_and_circles_agree_with_the_closure_of_random_graphs(void **state)
{
	uint64_t seed = DRAW_SEED;

	(void)state;
	for (unsigned round = 0; round < 300; round++) {
		struct graph g;
		struct small s;
		graph_draw(&g, &seed);
		small_start(&s, g.text, NULL);
		struct becoming *b = becoming_of(&s.arena, s.policy);
		uint32_t *circles = become_circles(&s.arena, b);
		for (unsigned from = 0; from < TAGS; from++) {
			uint32_t start = tag_node(b, from);
			uint32_t *on = become_search(&s.arena, b, &start, 1,
			                             BECOME_BIT(BECOME_OWNER));
			uint32_t *back = become_search_back(&s.arena, b, &start, 1,
			                                    BECOME_BIT(BECOME_OWNER));
			for (unsigned to = 0; to < TAGS; to++) {
				uint32_t end = tag_node(b, to);
				bool same = from == to;
				assert_int_equal(on[end] != BECOME_NEVER,
				                 same || g.reaches[from][to]);
				assert_int_equal(back[end] != BECOME_NEVER,
				                 same || g.reaches[to][from]);
				assert_int_equal(circles[start] == circles[end],
				                 same || (g.reaches[from][to] &&
				                          g.reaches[to][from]));
			}
		}
		small_end(&s);
	}
}

static void
of_a_long_way_the_ends_are_told(void **state)
{
	struct small s;

	(void)state;
	small_start(&s,
	            "{\"tagOwners\": {\"tag:a\": [\"ada@x.com\"], \"tag:b\": "
	            "[\"tag:a\"], \"tag:c\": [\"tag:b\"], \"tag:d\": [\"tag:c\"],"
	            "\"tag:e\": [\"tag:d\"], \"tag:f\": [\"tag:e\"], \"tag:g\": "
	            "[\"tag:f\"], \"tag:h\": [\"tag:g\"]}, \"acls\": []}",
	            NULL);
	struct becoming *b = becoming_of(&s.arena, s.policy);
	uint32_t start = node(b, "ada@x.com"), goal = node(b, "tag:h");
	uint32_t *steps = become_search(&s.arena, b, &start, 1, BECOME_ALL);
	const char *said = "ada@x.com may take tag:a, tag:a may take tag:b, tag:b may "
			   "take tag:c, 2 steps more, tag:e may take tag:f, tag:f may "
			   "take tag:g, tag:g may take tag:h";
	assert_string_equal(become_way(&s.arena, b, steps, goal), said);
	assert_non_null(strstr(become_way(&s.arena, b, steps, node(b, "tag:g")),
	                       "tag:c may take tag:d, tag:d may take tag:e"));
	steps = become_search_back(&s.arena, b, &goal, 1, BECOME_ALL);
	assert_string_equal(become_way_on(&s.arena, b, steps, start), said);
	small_end(&s);
}

static void
a_walk_enters_no_node_of_one_that_was_closed(void **state)
{
	struct small s;
	uint32_t at;

	(void)state;
	small_start(&s, POLICY, NULL);
	struct becoming *b = becoming_of(&s.arena, s.policy);
	struct become_walk walk =
		become_walk_of(&s.arena, b, BECOME_BIT(BECOME_OWNER), false);
	become_walk_from(&walk, node(b, "tag:ci"));
	assert_true(become_walk_next(&walk, &at));
	assert_int_equal(at, node(b, "tag:ci"));
	assert_true(become_walk_next(&walk, &at));
	assert_int_equal(at, node(b, "tag:deploy"));
	assert_false(become_walk_next(&walk, &at));
	become_walk_close(&walk);
	become_walk_from(&walk, node(b, "group:dev"));
	assert_true(become_walk_next(&walk, &at));
	assert_int_equal(at, node(b, "group:dev"));
	assert_false(become_walk_next(&walk, &at));
	become_walk_from(&walk, node(b, "tag:deploy"));
	assert_false(become_walk_next(&walk, &at));
	become_walk_open(&walk);
	become_walk_from(&walk, node(b, "tag:deploy"));
	assert_true(become_walk_next(&walk, &at));
	small_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shortest_way_is_told_step_by_step),
		cmocka_unit_test(members_are_who_their_groups_are),
		cmocka_unit_test(a_start_is_everybody_in_what_is_named),
		cmocka_unit_test(of_a_long_way_the_ends_are_told),
		cmocka_unit_test(a_walk_enters_no_node_of_one_that_was_closed),
		cmocka_unit_test(
			searches_and_circles_agree_with_the_closure_of_random_graphs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
