#include "grammar/address.h"

#include <string.h>

unsigned
line_width(uint32_t line)
{
	return line == LINE_IPV4 ? 32 : line == LINE_IPV6 ? 128 : 16;
}

struct point
line_last(uint32_t line)
{
	if (line == LINE_IPV6)
		return (struct point) { line, UINT64_MAX, UINT64_MAX };
	return (struct point) { line, 0, line == LINE_IPV4 ? UINT32_MAX : UINT16_MAX };
}

struct point
point_next(struct point p)
{
	p.lo++;
	p.hi += p.lo == 0;
	return p;
}

struct point
point_before(struct point p)
{
	p.hi -= p.lo == 0;
	p.lo--;
	return p;
}

struct range
point_block(struct point p, unsigned bits)
{
	struct point last = line_last(p.line);
	unsigned free = line_width(p.line) - bits; /* bits to vary */
	uint64_t hi = 0, lo = UINT64_MAX;

	if (free < 64)
		lo = (UINT64_C(1) << free) - 1;
	else if (free < 128)
		hi = (UINT64_C(1) << (free - 64)) - 1;
	else
		hi = UINT64_MAX;
	last.hi = p.hi | hi;
	last.lo = p.lo | lo;
	p.hi &= ~hi;
	p.lo &= ~lo;
	return (struct range) { p, last };
}

bool
range_is_single(struct range range)
{
	return point_compare(range.first, range.last) == 0;
}

bool
range_holds(struct range range, struct point point)
{
	return point_compare(range.first, point) <= 0 &&
	       point_compare(point, range.last) <= 0;
}

bool
range_covers(struct range outer, struct range inner)
{
	return point_compare(outer.first, inner.first) <= 0 &&
	       point_compare(inner.last, outer.last) <= 0;
}

bool
range_overlaps(struct range a, struct range b)
{
	return point_compare(a.first, b.last) <= 0 && point_compare(b.first, a.last) <= 0;
}

bool
range_is_default_route(struct range range)
{
	uint32_t line = range.first.line;

	return (line == LINE_IPV4 || line == LINE_IPV6) && range_bits(range) == 0;
}

/* How many ones there are in a row of them: 2^n - 1 gives n. */
static unsigned
ones(uint64_t row)
{
	unsigned n = 0;

	for (; row & 0xFF00; row >>= 8)
		n += 8;
	for (; row; row >>= 1)
		n++;
	return n;
}

int
range_bits(struct range range)
{
	/* where first and last differ: zeros, then ones to the end, in a block */
	uint64_t hi = range.first.hi ^ range.last.hi;
	uint64_t lo = range.first.lo ^ range.last.lo;

	if ((hi & (hi + 1)) != 0 || (lo & (lo + 1)) != 0 || (hi && lo != UINT64_MAX))
		return -1;
	if ((range.first.hi & hi) != 0 || (range.first.lo & lo) != 0)
		return -1;
	return (int)(line_width(range.first.line) - ones(hi) - ones(lo));
}

/* Where a reader stands, and where the text ends. */
struct reader {
	const char *at, *end;
};

static bool
reader_take(struct reader *reader, char c)
{
	if (reader->at == reader->end || *reader->at != c)
		return false;
	reader->at++;
	return true;
}

/* Reads 0 to 255; tells of leading zeros. */
static bool
octet_read(struct reader *reader, uint32_t *octet, bool *zeros)
{
	const char *start = reader->at;
	uint32_t value = 0;

	for (; reader->at < reader->end && is_digit(*reader->at); reader->at++) {
		value = value * 10 + (uint32_t)(*reader->at - '0');
		if (value > 255)
			return false;
	}
	*octet = value;
	*zeros = *zeros || (reader->at - start > 1 && *start == '0');
	return reader->at > start;
}

/* Reads four octets up to the end. */
static enum address_fault
ipv4_read(struct reader *reader, uint32_t *address)
{
	uint32_t value = 0, octet;
	bool zeros = false;

	for (unsigned i = 0; i < 4; i++) {
		if (i > 0 && !reader_take(reader, '.'))
			return ADDRESS_MALFORMED;
		if (!octet_read(reader, &octet, &zeros))
			return ADDRESS_MALFORMED;
		value = value << 8 | octet;
	}
	if (reader->at != reader->end)
		return ADDRESS_MALFORMED;
	*address = value;
	return zeros ? ADDRESS_LEADING_ZERO : ADDRESS_FINE;
}

/* Reads one to four hex digits. */
static bool
group_read(struct reader *reader, uint16_t *group)
{
	const char *start = reader->at;
	unsigned value = 0;

	for (; reader->at < reader->end && hex_value(*reader->at) < 16; reader->at++) {
		if (reader->at - start == 4)
			return false;
		value = value << 4 | hex_value(*reader->at);
	}
	*group = (uint16_t)value;
	return reader->at > start;
}

#define GROUPS 8
#define NO_GAP (GROUPS + 1)

/* An IPv6 address as far as it is read: the groups, and before which of them
 * the :: stood. */
struct groups {
	uint16_t at[GROUPS];
	size_t n, gap;
};

/* Reads dotted octets in the place of the last two groups. */
static enum address_fault
groups_read_dotted(struct reader *reader, struct groups *groups)
{
	uint32_t address;
	enum address_fault fault;

	if (groups->n > GROUPS - 2)
		return ADDRESS_MALFORMED;
	fault = ipv4_read(reader, &address);
	if (fault != ADDRESS_FINE)
		return fault;
	groups->at[groups->n++] = (uint16_t)(address >> 16);
	groups->at[groups->n++] = (uint16_t)address;
	return ADDRESS_FINE;
}

/* Reads what is between two groups, : or ::, and something must follow the
 * one, nothing need follow the other. */
static bool
groups_read_colon(struct reader *reader, struct groups *groups)
{
	if (!reader_take(reader, ':'))
		return false;
	if (!reader_take(reader, ':'))
		return reader->at < reader->end;
	if (groups->gap != NO_GAP)
		return false;
	groups->gap = groups->n;
	return true;
}

static enum address_fault
groups_read(struct reader *reader, struct groups *groups)
{
	bool colon = reader->at < reader->end && *reader->at == ':';

	/* only :: may begin an address */
	if (colon && (!groups_read_colon(reader, groups) || groups->gap == NO_GAP))
		return ADDRESS_MALFORMED;
	while (reader->at < reader->end && groups->n < GROUPS) {
		struct reader start = *reader;
		if (!group_read(reader, &groups->at[groups->n]))
			return ADDRESS_MALFORMED;
		if (reader->at < reader->end && *reader->at == '.')
			return groups_read_dotted(&start, groups);
		groups->n++;
		if (reader->at < reader->end && !groups_read_colon(reader, groups))
			return ADDRESS_MALFORMED;
	}
	return reader->at == reader->end ? ADDRESS_FINE : ADDRESS_MALFORMED;
}

/* Puts the groups in their places, zeros where the gap was. */
static bool
groups_number(const struct groups *groups, struct point *point)
{
	uint64_t halves[2] = { 0, 0 };
	size_t left_out = GROUPS - groups->n;

	/* a gap stands for one group at least */
	if ((groups->gap == NO_GAP) != (left_out == 0))
		return false;
	for (size_t i = 0; i < groups->n; i++) {
		size_t place = i < groups->gap ? i : i + left_out;
		halves[place / 4] |= (uint64_t)groups->at[i] << (48 - place % 4 * 16);
	}
	*point = (struct point) { LINE_IPV6, halves[0], halves[1] };
	return true;
}

static bool
is_v4_mapped(struct point p)
{
	return p.line == LINE_IPV6 && p.hi == 0 && p.lo >> 32 == 0xFFFF;
}

static enum address_fault
ipv6_parse(struct text text, struct point *point)
{
	size_t zone = text_find(text, '%');
	struct reader reader = { text.at, text.at + zone };
	struct groups groups = { .gap = NO_GAP };
	struct point read;
	enum address_fault fault = groups_read(&reader, &groups);

	if (fault != ADDRESS_FINE)
		return fault;
	if (!groups_number(&groups, &read) || zone + 1 == text.len)
		return ADDRESS_MALFORMED;
	if (zone < text.len)
		return ADDRESS_ZONE;
	*point = read;
	return is_v4_mapped(read) ? ADDRESS_V4_MAPPED : ADDRESS_FINE;
}

static enum address_fault
ipv4_parse(struct text text, struct point *point)
{
	struct reader reader = { text.at, text.at + text.len };
	uint32_t address;
	enum address_fault fault = ipv4_read(&reader, &address);

	if (fault == ADDRESS_FINE)
		*point = (struct point) { LINE_IPV4, 0, address };
	return fault;
}

enum address_fault
address_parse(struct text text, struct point *point)
{
	if (text.len == 0)
		return ADDRESS_MALFORMED;
	/* the longest octet and its dot are four characters */
	for (size_t i = 0; i < text.len && is_digit(text.at[i]); i++)
		if (i + 1 < text.len && text.at[i + 1] == '.')
			return ipv4_parse(text, point);
	return ipv6_parse(text, point);
}

/* A prefix length as Go takes it: no sign, no leading zeros. */
static bool
bits_parse(struct text text, unsigned width, unsigned *bits)
{
	uint64_t number;

	if (text.len > 1 && text.at[0] == '0')
		return false;
	if (!text_number(text, width, &number))
		return false;
	*bits = (unsigned)number;
	return true;
}

enum address_fault
prefix_parse(struct text text, struct range *range, unsigned *bits, bool *bare)
{
	size_t slash = text_find_last(text, '/');
	struct point point;
	unsigned n;
	enum address_fault fault =
		address_parse((struct text) { text.at, slash }, &point);

	if (fault != ADDRESS_FINE && fault != ADDRESS_V4_MAPPED)
		return fault;
	n = line_width(point.line);
	if (slash < text.len && !bits_parse(text_from(text, slash + 1), n, &n))
		return ADDRESS_BAD_LENGTH;
	*range = point_block(point, n);
	if (bits)
		*bits = n;
	if (bare)
		*bare = slash == text.len;
	if (fault == ADDRESS_FINE && point_compare(range->first, point) != 0)
		return ADDRESS_HOST_BITS;
	return fault;
}

enum address_fault
range_parse(struct text text, struct range *range)
{
	size_t hyphen = text_find(text, '-');
	struct point first = { 0 }, last = { 0 };
	enum address_fault fault, other;

	if (hyphen == text.len)
		return ADDRESS_MALFORMED;
	fault = address_parse((struct text) { text.at, hyphen }, &first);
	if (fault != ADDRESS_FINE && fault != ADDRESS_V4_MAPPED)
		return fault;
	other = address_parse(text_from(text, hyphen + 1), &last);
	if (other != ADDRESS_FINE && other != ADDRESS_V4_MAPPED)
		return other;
	if (first.line != last.line)
		return ADDRESS_MIXED;
	if (point_compare(first, last) > 0)
		return ADDRESS_BACKWARDS;
	*range = (struct range) { first, last };
	return fault != ADDRESS_FINE ? fault : other;
}

bool
address_lookalike(struct text text)
{
	size_t colons = 0, dots = 0, letters = 0, i;

	for (i = 0; i < text.len; i++) {
		char c = text.at[i];
		unsigned value = hex_value(c);
		if (value == 16 && c != ':' && c != '.')
			break;
		colons += c == ':';
		dots += c == '.';
		letters += value >= 10 && value < 16;
	}
	bool slash = i < text.len && text.at[i] == '/';
	if (i < text.len && !slash && text.at[i] != '%')
		return false;
	if (colons > 0)
		return colons > 1;
	return letters == 0 && i > dots && (dots > 0 || slash);
}

static size_t
ipv4_write(uint32_t address, char *out)
{
	size_t len = 0;

	for (unsigned shift = 32; shift > 0; shift -= 8) {
		if (shift < 32)
			out[len++] = '.';
		len += number_write(address >> (shift - 8) & 0xFF, out + len);
	}
	return len;
}

/* Hex without leading zeros. */
static size_t
group_write(unsigned group, char *out)
{
	size_t len = 0;

	for (unsigned shift = 16; shift > 0; shift -= 4)
		if (shift == 4 || group >> (shift - 4))
			out[len++] = "0123456789abcdef"[group >> (shift - 4) & 15];
	return len;
}

/* The first of the longest runs of zeros: RFC 5952 writes it as :: if it is of
 * two groups or more. */
struct zeros {
	size_t first, n;
};

static struct zeros
zeros_find(const uint16_t groups[GROUPS])
{
	struct zeros best = { GROUPS, 1 };

	for (size_t i = 0; i < GROUPS; i++) {
		size_t first = i;
		while (i < GROUPS && groups[i] == 0)
			i++;
		if (i - first > best.n)
			best = (struct zeros) { first, i - first };
	}
	return best;
}

static size_t
ipv6_write(struct point p, char *out)
{
	uint16_t groups[GROUPS];
	size_t len = 0;

	if (is_v4_mapped(p)) { /* as Go does */
		memcpy(out, "::ffff:", 7);
		return 7 + ipv4_write((uint32_t)p.lo, out + 7);
	}
	for (size_t i = 0; i < GROUPS; i++)
		groups[i] = (uint16_t)((i < 4 ? p.hi : p.lo) >> (48 - i % 4 * 16));
	struct zeros zeros = zeros_find(groups);
	for (size_t i = 0; i < GROUPS; i++) {
		if (i == zeros.first) {
			out[len++] = ':';
			i += zeros.n;
		}
		if (i > 0)
			out[len++] = ':';
		if (i < GROUPS)
			len += group_write(groups[i], out + len);
	}
	return len;
}

/* Without a NUL. */
static size_t
point_write(struct point p, char *out)
{
	if (p.line == LINE_IPV6)
		return ipv6_write(p, out);
	return ipv4_write((uint32_t)p.lo, out);
}

size_t
address_write(struct point p, char out[RANGE_TEXT_MAX])
{
	size_t len = point_write(p, out);

	out[len] = '\0';
	return len;
}

size_t
prefix_write(struct range range, char out[RANGE_TEXT_MAX])
{
	size_t len = point_write(range.first, out);

	out[len++] = '/';
	len += number_write((uint64_t)range_bits(range), out + len);
	out[len] = '\0';
	return len;
}

size_t
span_write(struct range range, char out[RANGE_TEXT_MAX])
{
	size_t len = point_write(range.first, out);

	out[len++] = '-';
	len += point_write(range.last, out + len);
	out[len] = '\0';
	return len;
}

size_t
range_write(struct range range, char out[RANGE_TEXT_MAX])
{
	if (range_is_single(range))
		return address_write(range.first, out);
	return range_bits(range) < 0 ? span_write(range, out) : prefix_write(range, out);
}
