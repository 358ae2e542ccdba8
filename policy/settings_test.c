#include "policy/settings.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include "grammar/arena.h"

static struct arena arena;
static struct findings findings;

static struct settings *
settings_of(const char *text)
{
	memset(&findings, 0, sizeof(findings));
	findings.arena = &arena;
	return settings_read(&arena,
	                     hujson_parse(&arena,
	                                  source_of(&arena, "s", text, strlen(text)),
	                                  &findings),
	                     &findings);
}

/* The one error that a text gives. */
static const char *
fault_of(const char *text)
{
	settings_of(text);
	assert_int_equal(findings.n, 1);
	assert_int_equal(findings.at[0]->level, LEVEL_ERROR);
	return findings.at[0]->said;
}

static void
every_member_is_read(void **state)
{
	struct settings *s = settings_of(
		"{\"target\": \"headscale-0.28\", \"inventory\": [\"nodes.json\"],"
		"\"levels\": {\"any-port\": \"warning\", \"no-*\": \"ignore\"},"
		"\"ignore\": [{\"check\": \"any-port\", \"path\": \"acls\"}],"
		"\"admins\": [\"group:netops\"], \"sensitive-ports\": [\"tcp:502\"],"
		"\"sensitive-tags\": [\"tag:prod\"], \"allowed-domains\": "
		"[\"example.com\"],"
		"\"naming\": {\"tag\": \"tag:[a-z]+\"},"
		"\"never\": [{\"src\": [\"tag:dev\"], \"dst\": [\"tag:prod\"], \"ip\": "
		"[\"*\"], "
		"\"deep\": true}], \"reach-budget\": 25, \"max-check-period\": \"12h\"}");

	(void)state;
	assert_int_equal(findings.n, 0);
	assert_true(s->target_known);
	assert_int_equal(s->target_value, TARGET_HEADSCALE_0_28);
	assert_int_equal(s->inventory.n, 1);
	assert_int_equal(s->n_levels, 2);
	assert_int_equal(s->n_ignore, 1);
	assert_true(names_find(&s->admin_names, text_of("group:netops")) == 0);
	assert_true(names_find(&s->sensitive_names, text_of("tag:prod")) == 0);
	assert_int_equal(s->allowed_domains.n, 1);
	assert_non_null(s->naming[NAMING_TAG].pattern);
	assert_null(s->naming[NAMING_HOST].pattern);
	assert_int_equal(s->n_never, 1);
	assert_true(s->never[0].deep);
	assert_int_equal(s->reach_budget, 25);
	assert_int_equal(s->max_check_period, INT64_C(43200000000000));
}

static void
unknown_settings_are_refused_with_the_nearest(void **state)
{
	(void)state;
	assert_string_equal(fault_of("{\"levles\": {}}"),
	                    "aclc's configuration has no levles; did you mean levels?");
	assert_string_equal(fault_of("{\"never\": [{\"src\": [\"*\"], \"dst\": [\"*\"], "
	                             "\"depe\": true}]}"),
	                    "a boundary has no depe; did you mean deep?");
}

static void
bad_values_are_errors_at_their_places(void **state)
{
	static const char *const cases[][2] = {
		{ "{\"levels\": {\"alow-all\": \"ignore\"}}",
		  "there is no check alow-all; did you mean allow-all?" },
		{ "{\"levels\": {\"test-fails\": \"ignore\"}}",
		  "test-fails is an error, and stays one" },
		{ "{\"levels\": {\"allow-all\": \"off\"}}",
		  "a level is error, warning, advice or ignore" },
		{ "{\"target\": \"headscal\"}",
		  "there is no target headscal; did you mean headscale?" },
		{ "{\"reach-budget\": 0}", "a budget is a percentage, from 1 to 100" },
		{ "{\"max-check-period\": \"1d\"}",
		  "time: unknown unit \"d\" in duration \"1d\"" },
		{ "{\"naming\": {\"tag\": \"(\"}}",
		  "not a pattern: missing closing parenthesis" },
		{ "{\"never\": [{\"src\": [\"*\"], \"dst\": []}]}",
		  "a boundary needs a src and a dst" },
		{ "{\"ignore\": [{\"path\": \"acls\"}]}",
		  "an entry of ignore needs the id of a check" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(fault_of(cases[i][0]), cases[i][1]);
}

static const char *
sensitive(const struct settings *s, int protocol, uint16_t first, uint16_t last)
{
	const struct sensitive_port *port =
		sensitive_among(s, protocol, (struct ports) { first, last });

	return port ? port->what : "";
}

static void
sensitive_ports_are_the_usual_ones_and_what_is_added(void **state)
{
	struct settings *none = settings_none(&arena);
	struct settings *s =
		settings_of("{\"sensitive-ports\": [\"tcp:502\", \"!8080\", \"9999\"]}");

	(void)state;
	assert_int_equal(findings.n, 0);
	assert_string_equal(sensitive(none, PROTOCOL_ANY, 20, 23), "SSH");
	assert_string_equal(sensitive(none, PROTOCOL_TCP, 80, 443), "LDAP");
	assert_string_equal(sensitive(none, PROTOCOL_TCP, 80, 80), "");
	assert_string_equal(sensitive(none, PROTOCOL_SCTP, 22, 22), "");
	assert_string_equal(sensitive(s, PROTOCOL_TCP, 502, 502), "a sensitive port");
	assert_string_equal(sensitive(s, PROTOCOL_UDP, 502, 502), "");
	assert_string_equal(sensitive(s, PROTOCOL_UDP, 9999, 9999), "a sensitive port");
	assert_string_equal(sensitive(none, PROTOCOL_ANY, 8080, 8080),
	                    "inference servers");
	assert_string_equal(sensitive(s, PROTOCOL_ANY, 8080, 8080), "");
}

static void
a_boundary_without_ip_is_about_everything(void **state)
{
	struct settings *s =
		settings_of("{\"never\": [{\"src\": [\"*\"], \"dst\": [\"*\"]}]}");

	(void)state;
	assert_int_equal(findings.n, 0);
	assert_int_equal(s->never[0].grant.n_ip, 0);
	assert_false(s->never[0].deep);
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
		cmocka_unit_test(every_member_is_read),
		cmocka_unit_test(unknown_settings_are_refused_with_the_nearest),
		cmocka_unit_test(bad_values_are_errors_at_their_places),
		cmocka_unit_test(sensitive_ports_are_the_usual_ones_and_what_is_added),
		cmocka_unit_test(a_boundary_without_ip_is_about_everything),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
