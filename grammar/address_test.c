#include "grammar/address.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct point
point_of(const char *text)
{
	struct point point = { 0 };
	enum address_fault fault = address_parse(text_of(text), &point);

	assert_true(fault == ADDRESS_FINE || fault == ADDRESS_V4_MAPPED);
	return point;
}

static struct range
range_from(const char *first, const char *last)
{
	return (struct range) { point_of(first), point_of(last) };
}

static void
assert_same(struct point a, struct point b)
{
	assert_int_equal(a.line, b.line);
	assert_true(a.hi == b.hi);
	assert_true(a.lo == b.lo);
}

static void
assert_address_fault(const char *text, enum address_fault fault)
{
	struct point point = { 7, 7, 7 };

	assert_int_equal(address_parse(text_of(text), &point), fault);
	assert_same(point, (struct point) { 7, 7, 7 });
}

static void
assert_written(const char *text, const char *expected)
{
	char out[RANGE_TEXT_MAX];

	assert_int_equal(address_write(point_of(text), out), strlen(expected));
	assert_string_equal(out, expected);
}

static void
addresses_become_numbers_on_their_line(void **state)
{
	(void)state;
	assert_same(point_of("0.0.0.0"), (struct point) { LINE_IPV4, 0, 0 });
	assert_same(point_of("255.255.255.255"),
	            (struct point) { LINE_IPV4, 0, UINT32_MAX });
	assert_same(point_of("100.64.0.9"), (struct point) { LINE_IPV4, 0, 0x64400009 });
	assert_same(point_of("::"), (struct point) { LINE_IPV6, 0, 0 });
	assert_same(point_of("fd7a:115C:a1e0::9"),
	            (struct point) { LINE_IPV6, UINT64_C(0xfd7a115ca1e00000), 9 });
	assert_same(point_of("1::1.2.3.4"),
	            (struct point) { LINE_IPV6, UINT64_C(1) << 48, 0x01020304 });
	assert_same(point_of("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
	            line_last(LINE_IPV6));
}

static void
what_is_no_address_is_told_by_its_fault(void **state)
{
	static const char *const malformed[] = {
		"",
		"1",
		"1.2.3",
		"1.2.3.4.5",
		"1.2.3.",
		".1.2.3",
		"1..2.3",
		"256.1.1.1",
		"1.2.3.x",
		"1.2.3.4 ",
		" 1.2.3.4",
		"+1.2.3.4",
		"1.2.3.4%e",
		"0x1.2.3.4",
		":",
		":::",
		":1",
		":1::",
		"1:",
		"1::2::3",
		"1:2:3",
		"12345::",
		"g::",
		"::1%",
		"1:2:3:4:5:6:7:8:",
		"::1.2.3",
		"::1.2.3.4:5",
		"1:1.2.3.4",
		"::a.2.3.4",
		"1:2:3:4:5:6:7:8:9",
		"1::2:",
		"%eth0",
		"1:2:3:4:5:6:7:8::",
		"1:2:3:4:5:6:7:1.2.3.4",
		"1:2:3:4:5:6::1.2.3.4",
		"::256.0.0.1",
		"example",
		"12.tag",
		"99999999999999999999.1.1.1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(malformed) / sizeof(*malformed); i++)
		assert_address_fault(malformed[i], ADDRESS_MALFORMED);
	assert_address_fault("010.0.0.1", ADDRESS_LEADING_ZERO);
	assert_address_fault("10.0.0.00", ADDRESS_LEADING_ZERO);
	assert_address_fault("::1.2.3.04", ADDRESS_LEADING_ZERO);
	assert_address_fault("010.0.0.", ADDRESS_MALFORMED);
	assert_address_fault("fe80::1%eth0", ADDRESS_ZONE);
	assert_address_fault("fe80:1%eth0", ADDRESS_MALFORMED);
	assert_address_fault("::ffff:1.2.3.4%eth0", ADDRESS_ZONE);
}

static void
a_mapped_address_is_read_and_told(void **state)
{
	struct point point;

	(void)state;
	assert_int_equal(address_parse(text_of("::ffff:10.0.0.1"), &point),
	                 ADDRESS_V4_MAPPED);
	assert_same(point, (struct point) { LINE_IPV6, 0, UINT64_C(0xffff0a000001) });
	assert_int_equal(address_parse(text_of("::ffff:a00:1"), &point),
	                 ADDRESS_V4_MAPPED);
	assert_int_equal(address_parse(text_of("::fffe:a00:1"), &point), ADDRESS_FINE);
	assert_int_equal(address_parse(text_of("1::ffff:a00:1"), &point), ADDRESS_FINE);
}

static void
every_embedded_nul_is_malformed(void **state)
{
	struct point point;

	(void)state;
	for (size_t i = 0; i < 7; i++) {
		char text[7] = "1.2.3.4", text6[7] = "1:2::34";
		text[i] = text6[i] = '\0';
		assert_int_equal(address_parse((struct text) { text, 7 }, &point),
		                 ADDRESS_MALFORMED);
		assert_int_equal(address_parse((struct text) { text6, 7 }, &point),
		                 ADDRESS_MALFORMED);
	}
}

/* What libc makes of it; strings with zeros in front are left to us. */
static bool
libc_parse(const char *text, struct point *point)
{
	unsigned char bytes[16];
	uint64_t halves[2] = { 0, 0 };

	if (inet_pton(AF_INET, text, bytes) == 1) {
		*point = (struct point) { LINE_IPV4, 0, 0 };
		for (size_t i = 0; i < 4; i++)
			point->lo = point->lo << 8 | bytes[i];
		return true;
	}
	if (inet_pton(AF_INET6, text, bytes) != 1)
		return false;
	for (size_t i = 0; i < 16; i++)
		halves[i / 8] = halves[i / 8] << 8 | bytes[i];
	*point = (struct point) { LINE_IPV6, halves[0], halves[1] };
	return true;
}

static void
assert_agrees_with_libc(const char *text)
{
	struct point ours, theirs;
	enum address_fault fault = address_parse(text_of(text), &ours);

	if (fault == ADDRESS_LEADING_ZERO) /* systems differ */
		return;
	bool read = fault == ADDRESS_FINE || fault == ADDRESS_V4_MAPPED;
	if (read != libc_parse(text, &theirs))
		fail_msg("libc and we disagree about %s", text);
	if (read)
		assert_same(ours, theirs);
}

static void
random_words_are_addresses_where_libc_says_so(void **state)
{
	static const char letters[] = "0123456789abcdefABCDEF.:::....::1020";
	char text[46];

	(void)state;
	srand(1);
	for (size_t round = 0; round < 300000; round++) {
		size_t len = (size_t)rand() % 20;
		for (size_t i = 0; i < len; i++)
			text[i] = letters[(size_t)rand() % (sizeof(letters) - 1)];
		text[len] = '\0';
		assert_agrees_with_libc(text);
	}
}

/* Pieces put together are addresses far more often than letters are. */
static void
random_pieces_are_addresses_where_libc_says_so(void **state)
{
	static const char *const pieces[] = { "::",   ":",   ":",    ":",   ".",  ".",
		                              "1",    "0",   "ffff", "fd7", "25", "255",
		                              "256",  "10",  "9",    "ab",  ":0", ":1",
		                              "1.2.", "3.4", "2:3:", "4:5" };
	char text[100];

	(void)state;
	srand(2);
	for (size_t round = 0; round < 300000; round++) {
		size_t n = (size_t)rand() % 16;
		text[0] = '\0';
		for (size_t i = 0; i < n; i++)
			strcat(text, pieces[(size_t)rand() %
			                    (sizeof(pieces) / sizeof(*pieces))]);
		assert_agrees_with_libc(text);
	}
}

static uint64_t
random_group(void)
{
	return rand() % 2 ? 0 : (uint64_t)rand() % 0x10000 >> (rand() % 4 * 4);
}

static void
random_addresses_are_written_as_libc_writes_them(void **state)
{
	(void)state;
	srand(3);
	for (size_t round = 0; round < 100000; round++) {
		struct point p = { LINE_IPV6, 0, 0 }, again;
		unsigned char bytes[16];
		char ours[RANGE_TEXT_MAX], theirs[INET6_ADDRSTRLEN];
		for (size_t i = 0; i < 4; i++) {
			p.hi = p.hi << 16 | random_group();
			p.lo = p.lo << 16 | random_group();
		}
		for (size_t i = 0; i < 8; i++) {
			bytes[i] = (unsigned char)(p.hi >> (56 - 8 * i));
			bytes[8 + i] = (unsigned char)(p.lo >> (56 - 8 * i));
		}
		size_t len = address_write(p, ours);
		assert_int_equal(len, strlen(ours));
		address_parse((struct text) { ours, len }, &again);
		assert_same(again, p);
		/* libc writes the old ::1.2.3.4 with dots */
		if (p.hi != 0 || p.lo >> 32 != 0)
			assert_string_equal(ours, inet_ntop(AF_INET6, bytes, theirs,
			                                    sizeof(theirs)));
		struct point v4 = { LINE_IPV4, 0, p.hi >> 32 };
		address_write(v4, ours);
		assert_string_equal(ours,
		                    inet_ntop(AF_INET,
		                              (unsigned char[4]) { bytes[0], bytes[1],
		                                                   bytes[2], bytes[3] },
		                              theirs, sizeof(theirs)));
		assert_same(point_of(ours), v4);
	}
}

static void
addresses_are_written_in_the_canonical_form(void **state)
{
	(void)state;
	assert_written("0.0.0.0", "0.0.0.0");
	assert_written("255.255.255.255", "255.255.255.255");
	assert_written("0:0:0:0:0:0:0:0", "::");
	assert_written("0:0:0:0:0:0:0:1", "::1");
	assert_written("1:0:0:0:0:0:0:0", "1::");
	assert_written("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1");
	assert_written("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1");
	assert_written("1:0:0:2:0:0:0:3", "1:0:0:2::3");
	assert_written("0:1:0:1:0:1:0:1", "0:1:0:1:0:1:0:1");
	assert_written("fd7a:115c:a1e0::0042", "fd7a:115c:a1e0::42");
	assert_written("::102:304", "::102:304");
	assert_written("::ffff:a00:1", "::ffff:10.0.0.1");
	assert_written("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	               "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

static void
assert_prefix(const char *text, enum address_fault fault, const char *first,
              const char *last, unsigned bits, bool bare)
{
	struct range range;
	unsigned got_bits = 999;
	bool got_bare = !bare;

	assert_int_equal(prefix_parse(text_of(text), &range, &got_bits, &got_bare),
	                 fault);
	assert_same(range.first, point_of(first));
	assert_same(range.last, point_of(last));
	assert_int_equal(got_bits, bits);
	assert_int_equal(got_bare, bare);
	assert_int_equal(range_bits(range), bits);
	assert_int_equal(prefix_parse(text_of(text), &range, NULL, NULL), fault);
}

static void
a_prefix_is_the_range_of_its_block(void **state)
{
	static const char last6[] = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";

	(void)state;
	assert_prefix("10.0.0.0/8", ADDRESS_FINE, "10.0.0.0", "10.255.255.255", 8, false);
	assert_prefix("10.0.0.1", ADDRESS_FINE, "10.0.0.1", "10.0.0.1", 32, true);
	assert_prefix("10.0.0.1/32", ADDRESS_FINE, "10.0.0.1", "10.0.0.1", 32, false);
	assert_prefix("10.0.0.2/31", ADDRESS_FINE, "10.0.0.2", "10.0.0.3", 31, false);
	assert_prefix("0.0.0.0/0", ADDRESS_FINE, "0.0.0.0", "255.255.255.255", 0, false);
	assert_prefix("::/0", ADDRESS_FINE, "::", last6, 0, false);
	assert_prefix("8000::/1", ADDRESS_FINE, "8000::", last6, 1, false);
	assert_prefix("1:2:3:4::/64", ADDRESS_FINE,
	              "1:2:3:4::", "1:2:3:4:ffff:ffff:ffff:ffff", 64, false);
	assert_prefix("1:2:3:4::/63", ADDRESS_FINE,
	              "1:2:3:4::", "1:2:3:5:ffff:ffff:ffff:ffff", 63, false);
	assert_prefix("1:2:3:4::/65", ADDRESS_FINE,
	              "1:2:3:4::", "1:2:3:4:7fff:ffff:ffff:ffff", 65, false);
	assert_prefix("::1/128", ADDRESS_FINE, "::1", "::1", 128, false);
	assert_prefix("fd7a::1", ADDRESS_FINE, "fd7a::1", "fd7a::1", 128, true);
}

static void
host_bits_are_masked_and_told(void **state)
{
	(void)state;
	assert_prefix("10.1.2.3/24", ADDRESS_HOST_BITS, "10.1.2.0", "10.1.2.255", 24,
	              false);
	assert_prefix("0.0.0.1/0", ADDRESS_HOST_BITS, "0.0.0.0", "255.255.255.255", 0,
	              false);
	assert_prefix("fd7a::1/48", ADDRESS_HOST_BITS,
	              "fd7a::", "fd7a:0:0:ffff:ffff:ffff:ffff:ffff", 48, false);
	assert_prefix("::ffff:10.0.0.1/120", ADDRESS_V4_MAPPED, "::ffff:10.0.0.0",
	              "::ffff:10.0.0.255", 120, false);
}

static void
a_prefix_length_has_no_sign_no_zeros_and_a_limit(void **state)
{
	static const char *const bad[] = {
		"1.2.3.4/",    "1.2.3.4/33", "1.2.3.4/08",
		"1.2.3.4/00",  "1.2.3.4/+8", "1.2.3.4/-1",
		"1.2.3.4/x",   "1.2.3.4/8 ", "1.2.3.4/99999999999",
		"fd7a::1/129", "fd7a::/064", "1.2.3.4/255.0.0.0"
	};
	struct range range;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(prefix_parse(text_of(bad[i]), &range, NULL, NULL),
		                 ADDRESS_BAD_LENGTH);
	assert_int_equal(prefix_parse(text_of("1.2.3/8"), &range, NULL, NULL),
	                 ADDRESS_MALFORMED);
	assert_int_equal(prefix_parse(text_of("1.2.3.4/8/8"), &range, NULL, NULL),
	                 ADDRESS_MALFORMED);
	assert_int_equal(prefix_parse(text_of("/8"), &range, NULL, NULL),
	                 ADDRESS_MALFORMED);
	assert_int_equal(prefix_parse(text_of("01.2.3.4/8"), &range, NULL, NULL),
	                 ADDRESS_LEADING_ZERO);
	assert_int_equal(prefix_parse(text_of("fe80::1%e/64"), &range, NULL, NULL),
	                 ADDRESS_ZONE);
}

static void
a_range_has_two_ends_in_order_on_one_line(void **state)
{
	static const struct {
		const char *text;
		enum address_fault fault;
	} rows[] = {
		{ "10.0.0.1-10.0.0.9", ADDRESS_FINE },
		{ "10.0.0.1-10.0.0.1", ADDRESS_FINE },
		{ "::-ffff::", ADDRESS_FINE },
		{ "10.0.0.9-10.0.0.1", ADDRESS_BACKWARDS },
		{ "10.0.0.1-fd7a::1", ADDRESS_MIXED },
		{ "::ffff:1.2.3.4-::ffff:1.2.3.5", ADDRESS_V4_MAPPED },
		{ "10.0.0.1", ADDRESS_MALFORMED },
		{ "10.0.0.1-", ADDRESS_MALFORMED },
		{ "-10.0.0.1", ADDRESS_MALFORMED },
		{ "10.0.0.1-10.0.0.2-10.0.0.3", ADDRESS_MALFORMED },
		{ "10.0.0.1 - 10.0.0.2", ADDRESS_MALFORMED },
		{ "10.0.0.0/8-11.0.0.0", ADDRESS_MALFORMED },
		{ "10.0.0.1-10.0.0.09", ADDRESS_LEADING_ZERO },
		{ "::1-::ffff:1.2.3.4", ADDRESS_V4_MAPPED },
		{ "fe80::1%a-fe80::2", ADDRESS_ZONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct range range;
		assert_int_equal(range_parse(text_of(rows[i].text), &range),
		                 rows[i].fault);
	}
	struct range range;
	range_parse(text_of("10.0.0.1-10.0.0.9"), &range);
	assert_same(range.first, point_of("10.0.0.1"));
	assert_same(range.last, point_of("10.0.0.9"));
}

static void
lookalikes_are_told_from_names(void **state)
{
	static const char *const like[] = {
		"10.0.0",     "10.0.0.0/8", "256.1.1.1",      "1.2.3.4.5",   "10/8",
		"10.0.0.0/x", "::",         "fd7a:115c:1/48", "fd7a::1%eth0"
	};
	static const char *const unlike[] = { "",      "db",       "cafe",   "10",
		                              "web.1", "a:b",      "fd7a:1", "...",
		                              "/8",    "10.0.0.l", "db/8",   "1.a",
		                              "tag:a", "fe80::x" };

	(void)state;
	for (size_t i = 0; i < sizeof(like) / sizeof(*like); i++)
		assert_true(address_lookalike(text_of(like[i])));
	for (size_t i = 0; i < sizeof(unlike) / sizeof(*unlike); i++)
		assert_false(address_lookalike(text_of(unlike[i])));
}

static void
assert_range_written(const char *first, const char *last, const char *expected)
{
	char out[RANGE_TEXT_MAX];

	assert_int_equal(range_write(range_from(first, last), out), strlen(expected));
	assert_string_equal(out, expected);
}

static void
a_range_is_written_in_its_shortest_form(void **state)
{
	static const char last6[] = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";

	(void)state;
	assert_range_written("100.64.0.5", "100.64.0.5", "100.64.0.5");
	assert_range_written("10.33.0.0", "10.33.255.255", "10.33.0.0/16");
	assert_range_written("10.0.0.2", "10.0.0.3", "10.0.0.2/31");
	assert_range_written("10.0.0.1", "10.0.0.2", "10.0.0.1-10.0.0.2");
	assert_range_written("0.0.0.0", "255.255.255.255", "0.0.0.0/0");
	assert_range_written("100.115.94.0", "100.127.255.255",
	                     "100.115.94.0-100.127.255.255");
	assert_range_written("fd7a:115c:a1e0::",
	                     "fd7a:115c:a1e0:ffff:ffff:ffff:ffff:ffff",
	                     "fd7a:115c:a1e0::/48");
	assert_range_written("::", last6, "::/0");
	assert_range_written("::", "::ffff:ffff:ffff:ffff", "::/64");
	assert_range_written("0:0:0:1::", "0:0:0:2:ffff:ffff:ffff:ffff",
	                     "0:0:0:1::-::2:ffff:ffff:ffff:ffff");
	assert_range_written("::1", "0:0:0:1::", "::1-0:0:0:1::");
}

static void
the_longest_range_fits(void **state)
{
	char out[RANGE_TEXT_MAX];
	struct range range = range_from("1111:1111:1111:1111:1111:1111:1111:1111",
	                                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe");

	(void)state;
	assert_int_equal(range_write(range, out), RANGE_TEXT_MAX - 1);
	assert_int_equal(strlen(out), RANGE_TEXT_MAX - 1);
}

static void
prefix_and_span_keep_to_their_form(void **state)
{
	char out[RANGE_TEXT_MAX];
	struct range one = range_from("10.0.0.1", "10.0.0.1");
	struct range block =
		range_from("2000::", "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");

	(void)state;
	assert_int_equal(prefix_write(one, out), 11);
	assert_string_equal(out, "10.0.0.1/32");
	assert_int_equal(span_write(one, out), 17);
	assert_string_equal(out, "10.0.0.1-10.0.0.1");
	prefix_write(block, out);
	assert_string_equal(out, "2000::/3");
	span_write(block, out);
	assert_string_equal(out, "2000::-3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

static void
every_block_knows_its_length(void **state)
{
	char text[64];
	struct range range;

	(void)state;
	for (int bits = 0; bits <= 128; bits++) {
		snprintf(text, sizeof(text), "::/%d", bits);
		assert_int_equal(prefix_parse(text_of(text), &range, NULL, NULL), 0);
		assert_int_equal(range_bits(range), bits);
		if (bits > 0 && bits < 128) {
			struct range shifted = { point_next(range.first),
				                 point_next(range.last) };
			assert_int_equal(range_bits(shifted), -1);
			range.last = point_before(range.last);
			assert_int_equal(range_bits(range), bits == 127 ? 128 : -1);
		}
	}
	for (int bits = 0; bits <= 32; bits++) {
		snprintf(text, sizeof(text), "0.0.0.0/%d", bits);
		assert_int_equal(prefix_parse(text_of(text), &range, NULL, NULL), 0);
		assert_int_equal(range_bits(range), bits);
	}
	struct point port = { LINE_PORTS + 6, 0, 0 };
	assert_int_equal(range_bits((struct range) { port, line_last(port.line) }), 0);
	assert_int_equal(range_bits((struct range) { port, port }), 16);
}

static void
next_and_before_cross_the_middle_of_the_line(void **state)
{
	struct point middle = { LINE_IPV6, 4, UINT64_MAX };

	(void)state;
	assert_same(point_next(middle), (struct point) { LINE_IPV6, 5, 0 });
	assert_same(point_before(point_next(middle)), middle);
	assert_same(point_next(point_of("9.255.255.255")), point_of("10.0.0.0"));
	assert_same(point_before(point_of("10.0.0.0")), point_of("9.255.255.255"));
}

static void
each_line_has_its_last_point(void **state)
{
	(void)state;
	assert_same(line_last(LINE_IPV4), point_of("255.255.255.255"));
	assert_same(line_last(LINE_PORTS + 17),
	            (struct point) { LINE_PORTS + 17, 0, 65535 });
	assert_int_equal(point_compare(line_last(LINE_IPV4), point_of("::")), -1);
	assert_int_equal(point_compare(point_of("2::"), point_of("1:ffff::")), 1);
	assert_int_equal(point_compare(point_of("::2"), point_of("::1")), 1);
	assert_int_equal(point_compare(point_of("::2"), point_of("::2")), 0);
}

static void
default_routes_are_the_whole_of_an_address_line(void **state)
{
	struct range all4 = { { LINE_IPV4, 0, 0 }, line_last(LINE_IPV4) };
	struct range all6 = { { LINE_IPV6, 0, 0 }, line_last(LINE_IPV6) };
	struct range ports = { { LINE_PORTS, 0, 0 }, line_last(LINE_PORTS) };
	struct range half = range_from("0.0.0.0", "127.255.255.255");

	(void)state;
	assert_true(range_is_default_route(all4));
	assert_true(range_is_default_route(all6));
	assert_false(range_is_default_route(ports));
	assert_false(range_is_default_route(half));
}

static void
holding_covering_and_overlapping_agree_with_counting(void **state)
{
	(void)state;
	for (uint64_t code = 0; code < UINT64_C(6) * 6 * 6 * 6; code++) {
		uint64_t a = code % 6, b = code / 6 % 6, c = code / 36 % 6,
			 d = code / 216;
		if (a > b || c > d)
			continue;
		struct range x = { { LINE_IPV4, 0, a }, { LINE_IPV4, 0, b } };
		struct range y = { { LINE_IPV4, 0, c }, { LINE_IPV4, 0, d } };
		bool overlap = false, cover = true;
		for (uint64_t i = 0; i < 6; i++) {
			bool in_x = i >= a && i <= b, in_y = i >= c && i <= d;
			overlap |= in_x && in_y;
			cover &= in_x || !in_y;
			assert_int_equal(range_holds(x,
			                             (struct point) { LINE_IPV4, 0, i }),
			                 in_x);
			assert_false(range_holds(x, (struct point) { LINE_IPV6, 0, i }));
		}
		assert_int_equal(range_overlaps(x, y), overlap);
		assert_int_equal(range_covers(x, y), cover);
		assert_int_equal(range_is_single(x), a == b);
		y.first.line = y.last.line = LINE_IPV6;
		assert_false(range_overlaps(x, y));
		assert_false(range_covers(x, y));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_become_numbers_on_their_line),
		cmocka_unit_test(what_is_no_address_is_told_by_its_fault),
		cmocka_unit_test(a_mapped_address_is_read_and_told),
		cmocka_unit_test(every_embedded_nul_is_malformed),
		cmocka_unit_test(random_words_are_addresses_where_libc_says_so),
		cmocka_unit_test(random_pieces_are_addresses_where_libc_says_so),
		cmocka_unit_test(random_addresses_are_written_as_libc_writes_them),
		cmocka_unit_test(addresses_are_written_in_the_canonical_form),
		cmocka_unit_test(a_prefix_is_the_range_of_its_block),
		cmocka_unit_test(host_bits_are_masked_and_told),
		cmocka_unit_test(a_prefix_length_has_no_sign_no_zeros_and_a_limit),
		cmocka_unit_test(a_range_has_two_ends_in_order_on_one_line),
		cmocka_unit_test(lookalikes_are_told_from_names),
		cmocka_unit_test(a_range_is_written_in_its_shortest_form),
		cmocka_unit_test(the_longest_range_fits),
		cmocka_unit_test(prefix_and_span_keep_to_their_form),
		cmocka_unit_test(every_block_knows_its_length),
		cmocka_unit_test(next_and_before_cross_the_middle_of_the_line),
		cmocka_unit_test(each_line_has_its_last_point),
		cmocka_unit_test(default_routes_are_the_whole_of_an_address_line),
		cmocka_unit_test(holding_covering_and_overlapping_agree_with_counting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
