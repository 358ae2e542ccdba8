#include "grammar/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "grammar/arena.h"

static void
protocols_have_names_in_any_case_and_numbers(void **state)
{
	static const struct {
		const char *text;
		int number;
	} rows[] = {
		{ "", PROTOCOL_ANY }, { "tcp", 6 },        { "TCP", 6 },
		{ "Udp", 17 },        { "icmp", 1 },       { "icmpv4", 1 },
		{ "icmpv6", 58 },     { "ipv6-icmp", 58 }, { "ip-in-ip", 4 },
		{ "ipv4", 4 },        { "sctp", 132 },     { "tsmp", 99 },
		{ "0", 0 },           { "6", 6 },          { "006", 6 },
		{ "255", 255 },       { "gre", 47 },       { "dccp", 33 },
		{ "ah", 51 },         { "esp", 50 },       { "egp", 8 },
		{ "igp", 9 },         { "igmp", 2 },
	};
	static const char *const unknown[] = {
		"256", "-1", "+6", "*",    "tcp ", " tcp",
		"tc",  "x",  "fc", "http", "6.0",  "tcpp"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int protocol = -7;
		assert_true(protocol_parse(text_of(rows[i].text), &protocol));
		assert_int_equal(protocol, rows[i].number);
	}
	for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++) {
		int protocol = -7;
		assert_false(protocol_parse(text_of(unknown[i]), &protocol));
		assert_int_equal(protocol, -7);
	}
}

static void
every_protocol_reads_back_by_the_name_it_shows(void **state)
{
	struct arena arena = { 0 };

	(void)state;
	for (int number = 0; number <= 255; number++) {
		int again = -7;
		const char *name = protocol_name(&arena, number);
		assert_true(protocol_parse(text_of(name), &again));
		assert_int_equal(again, number);
	}
	assert_string_equal(protocol_name(&arena, PROTOCOL_ANY), "*");
	assert_string_equal(protocol_name(&arena, 4), "ipv4");
	assert_string_equal(protocol_name(&arena, 58), "ipv6-icmp");
	assert_string_equal(protocol_name(&arena, 200), "200");
	arena_end(&arena);
}

static void
the_list_of_protocols_ends_and_can_be_read(void **state)
{
	size_t n = 0;

	(void)state;
	for (; protocol_list(n); n++) {
		int protocol = PROTOCOL_ANY;
		assert_true(protocol_parse(text_of(protocol_list(n)), &protocol));
		assert_true(protocol > 0);
	}
	assert_int_equal(n, 17);
}

static void
ports_belong_to_tcp_udp_sctp_and_any(void **state)
{
	size_t with = 0;

	(void)state;
	for (int number = PROTOCOL_ANY; number <= 255; number++)
		with += protocol_has_ports(number);
	assert_int_equal(with, 4);
	assert_true(protocol_has_ports(PROTOCOL_ANY));
	assert_true(protocol_has_ports(PROTOCOL_TCP));
	assert_true(protocol_has_ports(PROTOCOL_UDP));
	assert_true(protocol_has_ports(PROTOCOL_SCTP));
}

static void
ports_are_a_star_a_number_or_two(void **state)
{
	static const struct {
		const char *text;
		struct ports ports;
	} rows[] = {
		{ "*", { 0, 65535 } },       { "1", { 1, 1 } },
		{ "22", { 22, 22 } },        { "65535", { 65535, 65535 } },
		{ "80-443", { 80, 443 } },   { "5-5", { 5, 5 } },
		{ "1-65535", { 1, 65535 } }, { "007", { 7, 7 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct ports ports = { 9, 9 };
		assert_int_equal(ports_parse(text_of(rows[i].text), &ports), PORTS_FINE);
		assert_int_equal(ports.first, rows[i].ports.first);
		assert_int_equal(ports.last, rows[i].ports.last);
	}
}

static void
a_fault_of_ports_is_told_in_the_coordinators_words(void **state)
{
	static const struct {
		const char *text;
		enum ports_fault fault;
		const char *said;
	} rows[] = {
		{ "", PORTS_EMPTY, "invalid port list: \"\"" },
		{ "1-2-3", PORTS_DASHES, "port range \"1-2-3\": too many dashes(-)" },
		{ "--", PORTS_DASHES, "port range \"--\": too many dashes(-)" },
		{ "ssh", PORTS_FIRST, "port range \"ssh\": invalid first integer" },
		{ "-", PORTS_FIRST, "port range \"-\": invalid first integer" },
		{ "-5", PORTS_FIRST, "port range \"-5\": invalid first integer" },
		{ "65536", PORTS_FIRST, "port range \"65536\": invalid first integer" },
		{ "22 ", PORTS_FIRST, "port range \"22 \": invalid first integer" },
		{ "x-y", PORTS_FIRST, "port range \"x-y\": invalid first integer" },
		{ "5-", PORTS_LAST, "port range \"5-\": invalid last integer" },
		{ "0-x", PORTS_LAST, "port range \"0-x\": invalid last integer" },
		{ "1-65536", PORTS_LAST, "port range \"1-65536\": invalid last integer" },
		{ "0", PORTS_ZERO,
		  "port range \"0\": first port must be >0, or use '*' for wildcard" },
		{ "0-65535", PORTS_ZERO,
		  "port range \"0-65535\": first port must be >0, or use '*' for "
		  "wildcard" },
		{ "9-1", PORTS_BACKWARDS,
		  "port range \"9-1\": first port must be >= last port" },
		{ "\"\n", PORTS_FIRST, "port range \"\\\"\\n\": invalid first integer" },
	};
	struct arena arena = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct text text = text_of(rows[i].text);
		struct ports ports = { 9, 9 };
		enum ports_fault fault = ports_parse(text, &ports);
		assert_int_equal(fault, rows[i].fault);
		assert_string_equal(ports_fault_text(&arena, fault, text), rows[i].said);
		assert_int_equal(ports.first, 9);
		assert_int_equal(ports.last, 9);
	}
	arena_end(&arena);
}

static void
ports_are_written_as_they_are_read(void **state)
{
	static const char *const texts[] = { "*",      "1",       "22",         "65535",
		                             "80-443", "1-65535", "10000-65535" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct ports ports;
		char out[16];
		assert_int_equal(ports_parse(text_of(texts[i]), &ports), PORTS_FINE);
		assert_int_equal(ports_write(ports, out), strlen(texts[i]));
		assert_string_equal(out, texts[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(protocols_have_names_in_any_case_and_numbers),
		cmocka_unit_test(every_protocol_reads_back_by_the_name_it_shows),
		cmocka_unit_test(the_list_of_protocols_ends_and_can_be_read),
		cmocka_unit_test(ports_belong_to_tcp_udp_sctp_and_any),
		cmocka_unit_test(ports_are_a_star_a_number_or_two),
		cmocka_unit_test(a_fault_of_ports_is_told_in_the_coordinators_words),
		cmocka_unit_test(ports_are_written_as_they_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
