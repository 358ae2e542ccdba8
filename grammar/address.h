#ifndef ACLC_GRAMMAR_ADDRESS_H
#define ACLC_GRAMMAR_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grammar/text.h"

/*
 * A place on a number line. There are several lines, ordered, and a range
 * never leaves one: IPv4 addresses, then IPv6 addresses; for services, one
 * line of ports for each protocol. 128 bits: hi, then lo.
 */
struct point {
	uint32_t line;
	uint64_t hi, lo;
};

/* The ports of protocol n are the line LINE_PORTS + n; every line that is not
 * of addresses is one of ports. */
enum point_line { LINE_IPV4 = 4, LINE_IPV6 = 6, LINE_PORTS = 256 };

/* Both ends are in it; first <= last; on one line. */
struct range {
	struct point first, last;
};

/* Points as a table says them: V4(100, 64, 0, 0), V6(0xfd7a115ca1e00000, 0). */
#define V4(a, b, c, d)                                                                   \
	{                                                                                \
		LINE_IPV4, 0,                                                            \
			(uint64_t)(a) << 24 | (uint64_t)(b) << 16 | (uint64_t)(c) << 8 | \
				(d)                                                      \
	}
#define V6(hi, lo)                                                                       \
	{                                                                                \
		LINE_IPV6, (hi), (lo)                                                    \
	}

/* <0, 0 or >0: by line, then by number. */
static inline int
point_compare(struct point a, struct point b)
{
	if (a.line != b.line)
		return a.line < b.line ? -1 : 1;
	if (a.hi != b.hi)
		return a.hi < b.hi ? -1 : 1;
	return (a.lo > b.lo) - (a.lo < b.lo);
}

/* Why a text is not what was asked for. */
enum address_fault {
	ADDRESS_FINE,
	ADDRESS_MALFORMED,    /* not an address at all */
	ADDRESS_LEADING_ZERO, /* 010.0.0.1 */
	ADDRESS_ZONE,         /* fe80::1%eth0 */
	ADDRESS_V4_MAPPED,    /* ::ffff:10.0.0.1: parsed, parsers disagree about it */
	ADDRESS_BAD_LENGTH,   /* /33, /x, /08 */
	ADDRESS_HOST_BITS,    /* 10.1.2.3/24: parsed, and masked in the range */
	ADDRESS_BACKWARDS,    /* 10.0.0.9-10.0.0.1 */
	ADDRESS_MIXED,        /* 10.0.0.1-fd7a::1 */
};

/* One address, as Go's netip.ParseAddr takes it (no zone). The point is set
 * when it is fine or ADDRESS_V4_MAPPED, and otherwise left alone. */
enum address_fault address_parse(struct text, struct point *);

/* An address or a CIDR, as netip.ParseAddr and ParsePrefix take them: its
 * range, set when it is fine, mapped or has host bits. *bits gets the prefix length (32 or 128 for
 * a bare address), *bare whether there was no slash. Host bits that are set
 * are told (ADDRESS_HOST_BITS) and masked. bits and bare may be NULL. */
enum address_fault prefix_parse(struct text, struct range *, unsigned *bits, bool *bare);

/* "a-b", the form that only ipsets take. The range is set when it is fine or
 * mapped. */
enum address_fault range_parse(struct text, struct range *);

/* True for what looks like an address or a CIDR whether it is one or not, so
 * that "10.0.0" is told as a bad address, not as an unknown host: digits with
 * dots or before a slash, or hex digits and dots with two colons at least.
 * What follows a slash or a % does not matter. */
bool address_lookalike(struct text);

/* Longest text: two IPv6 addresses, a hyphen, a NUL. */
#define RANGE_TEXT_MAX (2 * 39 + 2)

/* Canonical text (RFC 5952 for IPv6, as Go writes it); returns its length,
 * NUL-terminated. */
size_t address_write(struct point, char out[RANGE_TEXT_MAX]);

/* One address bare, an aligned power of two as CIDR, else "low-high":
 * spec/semantics.md section 1. */
size_t range_write(struct range, char out[RANGE_TEXT_MAX]);

/* Always as "a/len"; the range must be a prefix. */
size_t prefix_write(struct range, char out[RANGE_TEXT_MAX]);

/* Always as "low-high". */
size_t span_write(struct range, char out[RANGE_TEXT_MAX]);

/* The prefix length, or -1 if the range is not one aligned block. */
int range_bits(struct range);

bool range_is_single(struct range);

bool range_holds(struct range, struct point);

bool range_covers(struct range outer, struct range inner);

bool range_overlaps(struct range, struct range);

/* 0.0.0.0/0 or ::/0. */
bool range_is_default_route(struct range);

/* The next or the previous point; only where there is one on the line. */
struct point point_next(struct point);

struct point point_before(struct point);

/* How many bits number the points of a line: 32, 128, or 16 for ports. */
unsigned line_width(uint32_t line);

/* The aligned block of so many leading bits that p is in; bits is at most the
 * width of the line. */
struct range point_block(struct point p, unsigned bits);

/* The last point of a line: IPv4, IPv6 or ports. The first is number 0. */
struct point line_last(uint32_t line);

#endif
