#ifndef ACLC_GRAMMAR_SCAN_H
#define ACLC_GRAMMAR_SCAN_H

/*
 * Where a blank, a comment, a word or a string of HuJSON ends, and how bytes are
 * looked at together. For those who read and write trees or runes, and nobody else.
 * Everything stops at end; nothing is read there or beyond. What is short and hot is
 * here, the rest in scan.c.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "grammar/hujson.h"

/* For what every byte of a text goes through: part of the loop around it,
 * whatever the compiler thinks. */
#define HOT static inline __attribute__((always_inline))

static inline bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* What a plain string goes on over: not a quote, a backslash, a control byte,
 * or a byte of 80 or more. */
static inline bool
is_plain(char c)
{
	return (signed char)c >= ' ' && c != '"' && c != '\\';
}

static inline bool
is_one_of(char c, const char *these)
{
	return c != '\0' && strchr(these, c) != NULL;
}

/* What hujson takes for a part of a number or keyword: [-+.a-zA-Z0-9]. */
static inline bool
is_word(char c)
{
	/* of the bytes [-+.0-9] and [a-zA-Z], a bit each */
	static const uint64_t words[4] = { 0x03ff680000000000, 0x07fffffe07fffffe };
	unsigned char byte = (unsigned char)c;

	return words[byte >> 6] >> (byte & 63) & 1;
}

/* Bytes looked at together: GCC's and clang's vectors, on any machine. */
#define LANES 16
typedef signed char lanes __attribute__((vector_size(LANES)));

static inline lanes
lanes_load(const char *at)
{
	lanes loaded;

	memcpy(&loaded, at, LANES);
	return loaded;
}

/* Eight truths, each a byte of ones or zeros, made into eight bits by one
 * multiplication: byte i keeps bit i, and the product adds them up on top. */
static inline unsigned
truths_gather(uint64_t truths)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	truths = __builtin_bswap64(truths);
#endif
	truths &= UINT64_C(0x8040201008040201);
	return (unsigned)(truths * UINT64_C(0x0101010101010101) >> 56);
}

static inline unsigned
lanes_gather(lanes truths)
{
	uint64_t halves[2];

	memcpy(halves, &truths, sizeof(halves));
	return truths_gather(halves[0]) | truths_gather(halves[1]) << 8;
}

/* A comparison as bits, that of the first byte lowest. */
static inline unsigned
lanes_bits(lanes truths)
{
#ifdef __SSE2__
	typedef char bytes __attribute__((vector_size(LANES)));
	return (unsigned)__builtin_ia32_pmovmskb128((bytes)truths);
#else
	return lanes_gather(truths);
#endif
}

HOT const char *
blanks_end(const char *at, const char *end)
{
	for (; end - at >= LANES; at += LANES) {
		lanes v = lanes_load(at);
		lanes blank = (v == ' ') | (v == '\t') | (v == '\n') | (v == '\r');
		unsigned other = lanes_bits(~blank);
		if (other)
			return at + (unsigned)__builtin_ctz(other);
	}
	while (at < end && is_blank(*at))
		at++;
	return at;
}

/* As bits: where quotes are, and where other bytes that are not plain. */
struct stops {
	unsigned quotes, others;
};

HOT struct stops
lanes_stops(const char *at)
{
	lanes v = lanes_load(at);

	return (struct stops) { lanes_bits(v == '"'),
		                lanes_bits((v < ' ') | (v == '\\')) };
}

/* The first byte that is not plain. Most strings are shorter than 32. */
HOT const char *
plain_end(const char *at, const char *end)
{
	for (; end - at >= (ptrdiff_t)2 * LANES; at += (ptrdiff_t)2 * LANES) {
		struct stops a = lanes_stops(at), b = lanes_stops(at + LANES);
		unsigned quotes = a.quotes | b.quotes << 16;
		unsigned others = a.others | b.others << 16;
		/* mostly the answer hangs on the quotes alone */
		if (others & (quotes ^ (quotes - 1)))
			return at + (unsigned)__builtin_ctz(others);
		if (quotes)
			return at + (unsigned)__builtin_ctz(quotes);
	}
	while (at < end && is_plain(*at))
		at++;
	return at;
}

/* The end of the comment that starts here, behind its line feed if it is of
 * that kind; NULL when it does not end. Not a comment: the same place. */
const char *comment_end(const char *at, const char *end);

/* Whether blanks or comments may begin with this. */
static inline bool
is_extra(char c)
{
	return (unsigned char)c <= ' ' || c == '/';
}

/* The end of the blanks and comments. A comment that does not end, ends with
 * the text. */
const char *extra_end_far(const char *at, const char *end);

HOT const char *
extra_end(const char *at, const char *end)
{
	return at < end && !is_extra(*at) ? at : extra_end_far(at, end);
}

/* The end of the longest run of is_word. */
HOT const char *
word_end(const char *at, const char *end)
{
	for (; end - at >= LANES; at += LANES) {
		lanes v = lanes_load(at), small = v | 0x20;
		lanes letter = (small >= 'a') & (small <= 'z');
		lanes digit = (v >= '0') & (v <= '9');
		lanes mark = (v == '+') | (v == '-') | (v == '.');
		unsigned other = lanes_bits(~(letter | digit | mark));
		if (other)
			return at + (unsigned)__builtin_ctz(other);
	}
	while (at < end && is_word(*at))
		at++;
	return at;
}

/* What a word is: a null, false, true or number as JSON has them, else
 * HUJSON_BAD. */
enum hujson_kind word_kind(const char *at, const char *end);

/* The end of the escape whose backslash is here; NULL when it is none that
 * JSON knows. */
const char *escape_end(const char *at, const char *end);

/* The closing quote by hujson's rule, where at is the opening one: a backslash
 * hides any byte. end when there is none. */
const char *string_close(const char *at, const char *end);

/*
 * Reads one rune or escape inside a string, decoded as Go decodes it (a lone
 * surrogate and a byte that is no UTF-8 are U+FFFD), and returns its end. What
 * is no escape is U+FFFD too.
 */
const char *rune_decode(const char *at, const char *end, uint32_t *rune);

#endif
