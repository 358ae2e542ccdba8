#include "policy/attrs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/small_test.h"

static struct small small;
static struct attrs *attrs;

static void
start_for(const char *policy, enum target target)
{
	small_start_for(&small, policy, SMALL_PEOPLE, target);
	attrs = attrs_compile(&small.arena, small.policy, small.tailnet);
}

static void
start(const char *policy)
{
	start_for(policy, TARGET_TAILSCALE);
}

static int
finish(void **state)
{
	(void)state;
	small_end(&small);
	return 0;
}

static uint32_t
map_number(const char *machine)
{
	const struct machine *m = tailnet_machine(small.tailnet, text_of(machine));
	assert_non_null(m);
	return attrs_of(attrs, (uint32_t)(m - small.tailnet->machines));
}

/* `a=null b=[1,2]`: the map of a machine. */
static const char *
show(const char *machine)
{
	struct arena *a = &small.arena;
	struct cap_map map = attrs_map(attrs, map_number(machine));
	const char *said = "";
	for (size_t i = 0; i < map.n; i++) {
		const struct cap *cap = &map.at[i];
		said = arena_format(a, "%s%s%.*s=%s", said, i ? " " : "",
		                    TEXT_ARG(cap->name), cap->null ? "null" : "[");
		for (size_t k = 0; k < cap->n_values; k++)
			said = arena_format(a, "%s%s%.*s", said, k ? "," : "",
			                    TEXT_ARG(hujson_minimize(a, small.tree,
			                                             cap->values[k])));
		said = arena_format(a, "%s%s", said, cap->null ? "" : "]");
	}
	return said;
}

#define TAGS "\"tagOwners\":{\"tag:a\":[],\"tag:b\":[],\"tag:db\":[]},"

static void
without_node_attrs_every_map_is_the_empty_one(void **state)
{
	(void)state;
	start("{}");
	assert_int_equal(attrs_n(attrs), 1);
	assert_string_equal(show("adas"), "");
	assert_string_equal(show("db"), "");
}

static void
entries_accumulate_and_names_stand_once_in_order(void **state)
{
	(void)state;
	start("{" TAGS "\"nodeAttrs\":["
	      "{\"target\":[\"*\"],\"attr\":[\"z\",\"b\"]},"
	      "{\"target\":[\"tag:db\",\"bob@example.com\"],\"attr\":[\"a\",\"z\"]},"
	      "{\"target\":[],\"attr\":[\"nobody\"]},"
	      "{\"target\":[\"tag:db\"],\"attr\":[]}]}");
	assert_string_equal(show("adas"), "b=null z=null");
	assert_string_equal(show("bobs"), "a=null b=null z=null");
	assert_string_equal(show("db"), "a=null b=null z=null");
}

static void
equal_maps_are_one(void **state)
{
	(void)state;
	start("{" TAGS
	      "\"nodeAttrs\":[{\"target\":[\"autogroup:member\"],\"attr\":[\"a\"]}]}");
	assert_int_equal(map_number("adas"), map_number("bobs"));
	assert_int_not_equal(map_number("adas"), map_number("db"));
	assert_int_equal(map_number("db"), 0);
	assert_int_equal(attrs_n(attrs), 2);
}

static void
targets_are_of_all_kinds(void **state)
{
	(void)state;
	start("{" TAGS "\"hosts\":{\"h\":\"100.64.0.2\"},\"nodeAttrs\":["
	      "{\"target\":[\"h\"],\"attr\":[\"host\"]},"
	      "{\"target\":[\"100.64.0.0/30\"],\"attr\":[\"prefix\"]},"
	      "{\"target\":[\"autogroup:tagged\"],\"attr\":[\"tagged\"]},"
	      "{\"target\":[\"autogroup:owner\"],\"attr\":[\"owner\"]},"
	      "{\"target\":[\"fd7a:115c:a1e0::10\"],\"attr\":[\"six\"]}]}");
	assert_string_equal(show("bobs"), "host=null prefix=null");
	assert_string_equal(show("adas"), "owner=null prefix=null");
	assert_string_equal(show("both"), "prefix=null tagged=null");
	assert_string_equal(show("cys"), "six=null");
}

static void
funnel_brings_its_companions(void **state)
{
	(void)state;
	start("{\"nodeAttrs\":[{\"target\":[\"ada@example.com\"],\"attr\":[\"funnel\"]}]"
	      "}");
	assert_string_equal(
		show("adas"),
		"funnel=null "
		"https://tailscale.com/cap/funnel-ports?ports=443,8443,10000=null "
		"https://tailscale.com/cap/warn-funnel-no-https=null");
}

static void
network_wide_options_are_attributes_of_all(void **state)
{
	(void)state;
	start("{\"randomizeClientPort\":true,\"disableIPv4\":true,"
	      "\"OneCGNATRoute\":\"mac-never\"}");
	assert_string_equal(show("db"), "disable-ipv4=null randomize-client-port=null");
	assert_string_equal(show("adas"), "disable-ipv4=null one-cgnat?v=false=null "
	                                  "randomize-client-port=null");
}

static void
values_of_app_are_joined_as_written(void **state)
{
	(void)state;
	start("{" TAGS "\"nodeAttrs\":["
	      "{\"target\":[\"*\"],\"app\":{\"tailscale.com/app-connectors\":["
	      "{\"name\":\"x\", /* kept out */ \"domains\":[\"example.com\"]}]}},"
	      "{\"target\":[\"tag:db\"],\"app\":{\"tailscale.com/app-connectors\":[1,2],"
	      "\"example.com/none\":[]}}]}");
	assert_string_equal(show("db"),
	                    "example.com/none=[] tailscale.com/app-connectors="
	                    "[{\"name\":\"x\",\"domains\":[\"example.com\"]},1,2]");
	assert_string_equal(show("adas"),
	                    "tailscale.com/app-connectors="
	                    "[{\"name\":\"x\",\"domains\":[\"example.com\"]}]");
}

static void
pools_of_addresses_are_no_capability(void **state)
{
	(void)state;
	start("{\"nodeAttrs\":[{\"target\":[\"*\"],\"ipPool\":[\"100.81.0.0/16\"]}]}");
	assert_string_equal(show("adas"), "");
}

static void
older_headscales_pass_over_node_attrs(void **state)
{
	(void)state;
	start_for("{\"randomizeClientPort\":true,"
	          "\"nodeAttrs\":[{\"target\":[\"*\"],\"attr\":[\"a\"]}]}",
	          TARGET_HEADSCALE_0_26);
	assert_string_equal(show("adas"), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(without_node_attrs_every_map_is_the_empty_one,
		                          finish),
		cmocka_unit_test_teardown(
			entries_accumulate_and_names_stand_once_in_order, finish),
		cmocka_unit_test_teardown(equal_maps_are_one, finish),
		cmocka_unit_test_teardown(targets_are_of_all_kinds, finish),
		cmocka_unit_test_teardown(funnel_brings_its_companions, finish),
		cmocka_unit_test_teardown(network_wide_options_are_attributes_of_all,
		                          finish),
		cmocka_unit_test_teardown(values_of_app_are_joined_as_written, finish),
		cmocka_unit_test_teardown(pools_of_addresses_are_no_capability, finish),
		cmocka_unit_test_teardown(older_headscales_pass_over_node_attrs, finish),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
