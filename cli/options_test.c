#include "cli/cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct own {
	bool flag;
	const char *text;
	struct strings list;
	unsigned when;
};

static const char *const WHENS[] = { "now", "later", NULL };
static const char *const FORMATS[] = { "text", "json", NULL };

static const struct option ROWS[] = {
	{ 'x', "flag", OPTION_FLAG, offsetof(struct own, flag), NULL, "", NULL },
	{ 'T', "text", OPTION_TEXT, offsetof(struct own, text), "WORD", "", NULL },
	{ 0, "list", OPTION_LIST, offsetof(struct own, list), "WORD", "", NULL },
	{ 0, "when", OPTION_CHOICE, offsetof(struct own, when), "WHEN", "", WHENS },
	{ 0 },
};

static const struct option_table TABLE = { ROWS, sizeof(struct own) };

static const struct command COMMAND = {
	"try", NULL, 0, 2, STAGE_NONE, "[A] [B]", "", FORMATS, &TABLE,
};

static struct run run;

/* Reads words that end with NULL; what was said is in run.err. */
static bool
read_words(const char *const *words)
{
	int n = 0;

	while (words[n])
		n++;
	arena_end(&run.arena);
	run = (struct run) { .command = &COMMAND };
	output_start_memory(&run.err, &run.arena);
	return options_read(&run, n, words);
}

#define READ(...) read_words((const char *const[]) { __VA_ARGS__, NULL })

static const struct own *
own(void)
{
	return run.own;
}

static void
assert_said(const char *want)
{
	struct text said = output_taken(&run.err);

	assert_string_equal(arena_copy(&run.arena, said.at, said.len), want);
}

static void
nothing_given_is_nothing_set(void **state)
{
	(void)state;
	assert_true(read_words((const char *const[]) { NULL }));
	assert_false(own()->flag);
	assert_null(own()->text);
	assert_int_equal(own()->list.n, 0);
	assert_int_equal(run.operands.n, 0);
	assert_int_equal(run.options.target, TARGET_TAILSCALE);
}

static void
long_options_take_values_both_ways(void **state)
{
	(void)state;
	assert_true(READ("--text=a", "--list", "b", "--list=c=d"));
	assert_string_equal(own()->text, "a");
	assert_int_equal(own()->list.n, 2);
	assert_string_equal(own()->list.at[0], "b");
	assert_string_equal(own()->list.at[1], "c=d");
	assert_true(READ("--text="));
	assert_string_equal(own()->text, "");
}

static void
short_options_stand_together(void **state)
{
	(void)state;
	assert_true(READ("-xq"));
	assert_true(own()->flag && run.options.quiet);
	assert_true(READ("-xTword"));
	assert_true(own()->flag);
	assert_string_equal(own()->text, "word");
	assert_true(READ("-xT", "word"));
	assert_string_equal(own()->text, "word");
	assert_true(READ("-T=word"));
	assert_string_equal(own()->text, "=word");
}

static void
options_stand_before_and_after_operands(void **state)
{
	(void)state;
	assert_true(READ("a", "-x", "-", "--text", "t"));
	assert_int_equal(run.operands.n, 2);
	assert_string_equal(run.operands.at[0], "a");
	assert_string_equal(run.operands.at[1], "-");
	assert_true(own()->flag);
}

static void
two_hyphens_end_options(void **state)
{
	(void)state;
	assert_true(READ("-x", "--", "--text", "-q"));
	assert_int_equal(run.operands.n, 2);
	assert_string_equal(run.operands.at[0], "--text");
	assert_false(run.options.quiet);
}

static void
a_value_may_look_like_an_option(void **state)
{
	(void)state;
	assert_true(READ("--text", "--flag"));
	assert_string_equal(own()->text, "--flag");
	assert_false(own()->flag);
	assert_true(READ("-T", "--"));
	assert_string_equal(own()->text, "--");
}

static void
the_last_of_several_counts(void **state)
{
	(void)state;
	assert_true(READ("--text=a", "-T", "b", "--when=later", "--when=now"));
	assert_string_equal(own()->text, "b");
	assert_int_equal(own()->when, 0);
}

static void
inventories_are_collected(void **state)
{
	(void)state;
	assert_true(READ("-i", "a", "-ib", "--inventory=-"));
	assert_int_equal(run.options.inventories.n, 3);
	assert_string_equal(run.options.inventories.at[1], "b");
	assert_string_equal(run.options.inventories.at[2], "-");
}

static void
choices_are_places_in_their_list(void **state)
{
	(void)state;
	assert_true(READ("--when", "later", "-f", "json", "--color=never"));
	assert_int_equal(own()->when, 1);
	assert_int_equal(run.options.format, 1);
	assert_int_equal(run.options.color, COLOR_NEVER);
}

static void
targets_are_understood(void **state)
{
	(void)state;
	assert_true(READ("-t", "headscale"));
	assert_int_equal(run.options.target, TARGET_HEADSCALE_NEWEST);
	assert_true(READ("--target=headscale-0.22"));
	assert_int_equal(run.options.target, TARGET_HEADSCALE_0_22);
	assert_false(READ("-t", "tailscal"));
	assert_said("aclc: there is no target tailscal; did you mean tailscale?\n");
}

static void
what_is_wrong_is_told(void **state)
{
	(void)state;
	assert_false(READ("--flog"));
	assert_said("aclc: try has no option --flog; did you mean --flag?\n");
	assert_false(READ("--invntory=x"));
	assert_said("aclc: try has no option --invntory; did you mean --inventory?\n");
	assert_false(READ("--nothing-like-it"));
	assert_said("aclc: try has no option --nothing-like-it\n");
	assert_false(READ("-xZ"));
	assert_said("aclc: try has no option -Z\n");
	assert_false(READ("--flag=yes"));
	assert_said("aclc: --flag takes no value\n");
	assert_false(READ("--text"));
	assert_said("aclc: try wants a value after --text\n");
	assert_false(READ("-xT"));
	assert_said("aclc: try wants a value after -T\n");
	assert_false(READ("--when=latr"));
	assert_said("aclc: try takes no --when latr; did you mean later?\n");
	assert_false(READ("-f", "sarif"));
	assert_said("aclc: try takes no --format sarif; it takes text, json\n");
	assert_false(READ("a", "b", "c"));
	assert_said("aclc: try does not know what to do with c: aclc try [OPTION]... [A] "
	            "[B]\n");
	assert_false(READ("--\033[31m"));
	assert_said("aclc: try has no option --<U+001B>[31m\n");
}

static void
help_wants_nothing_else_to_be_right(void **state)
{
	(void)state;
	assert_true(READ("a", "b", "c", "--help", "-t", "nowhere"));
	assert_true(run.options.help);
}

static int
after_all(void **state)
{
	(void)state;
	arena_end(&run.arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_given_is_nothing_set),
		cmocka_unit_test(long_options_take_values_both_ways),
		cmocka_unit_test(short_options_stand_together),
		cmocka_unit_test(options_stand_before_and_after_operands),
		cmocka_unit_test(two_hyphens_end_options),
		cmocka_unit_test(a_value_may_look_like_an_option),
		cmocka_unit_test(the_last_of_several_counts),
		cmocka_unit_test(inventories_are_collected),
		cmocka_unit_test(choices_are_places_in_their_list),
		cmocka_unit_test(targets_are_understood),
		cmocka_unit_test(what_is_wrong_is_told),
		cmocka_unit_test(help_wants_nothing_else_to_be_right),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, after_all);
}
