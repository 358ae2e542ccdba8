#include "grammar/rune.h"

#include <string.h>

#include "grammar/scan.h"

struct run {
	uint32_t first, last;
};

static const struct run printable[] = {
#include "grammar/rune.def"
};

/* What may follow a first byte: how many bytes in all, and the bounds of the
 * second. Bounds other than 80-BF keep out the overlong, the surrogates and
 * what lies above RUNE_MAX. */
struct lead {
	unsigned char first, last;
	unsigned char bytes;
	unsigned char low, high;
};

static const struct lead leads[] = {
	{ 0xC2, 0xDF, 2, 0x80, 0xBF }, { 0xE0, 0xE0, 3, 0xA0, 0xBF },
	{ 0xE1, 0xEC, 3, 0x80, 0xBF }, { 0xED, 0xED, 3, 0x80, 0x9F },
	{ 0xEE, 0xEF, 3, 0x80, 0xBF }, { 0xF0, 0xF0, 4, 0x90, 0xBF },
	{ 0xF1, 0xF3, 4, 0x80, 0xBF }, { 0xF4, 0xF4, 4, 0x80, 0x8F },
};

static const struct lead *
lead_find(unsigned char byte)
{
	for (size_t i = 0; i < sizeof(leads) / sizeof(*leads); i++)
		if (byte >= leads[i].first && byte <= leads[i].last)
			return &leads[i];
	return NULL;
}

static bool
is_continuation(unsigned char byte)
{
	return (byte & 0xC0) == 0x80;
}

/* Reads what starts with a byte of 80 or more. */
static size_t
rune_read_long(const unsigned char *s, size_t len, uint32_t *rune)
{
	const struct lead *lead = lead_find(s[0]);

	*rune = RUNE_BAD;
	if (!lead || len < lead->bytes || s[1] < lead->low || s[1] > lead->high)
		return 1;
	/* the bits of the first byte: 5, 4 or 3 of them */
	uint32_t value = s[0] & (0x7Fu >> lead->bytes);
	for (size_t i = 1; i < lead->bytes; i++) {
		if (!is_continuation(s[i]))
			return 1;
		value = value << 6 | (s[i] & 0x3Fu);
	}
	*rune = value;
	return lead->bytes;
}

size_t
rune_read(const char *at, size_t len, uint32_t *rune)
{
	const unsigned char *s = (const unsigned char *)at;

	if (len == 0) {
		*rune = RUNE_BAD;
		return 0;
	}
	if (s[0] < 0x80) {
		*rune = s[0];
		return 1;
	}
	return rune_read_long(s, len, rune);
}

size_t
rune_write(uint32_t rune, char out[RUNE_BYTES])
{
	if (rune > RUNE_MAX || (rune >= 0xD800 && rune <= 0xDFFF))
		rune = RUNE_BAD;
	if (rune < 0x80) {
		out[0] = (char)rune;
		return 1;
	}
	size_t bytes = rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;
	for (size_t i = bytes - 1; i > 0; i--, rune >>= 6)
		out[i] = (char)(0x80 | (rune & 0x3F));
	/* as many ones as bytes, and a zero */
	out[0] = (char)((0xFF00u >> bytes & 0xFF) | rune);
	return bytes;
}

bool
rune_printable(uint32_t rune)
{
	size_t first = 0, end = sizeof(printable) / sizeof(*printable);

	if (rune < 0x7F)
		return rune >= 0x20;
	while (first < end) {
		size_t middle = first + (end - first) / 2;
		if (rune > printable[middle].last)
			first = middle + 1;
		else if (rune < printable[middle].first)
			end = middle;
		else
			return true;
	}
	return false;
}

static bool
is_shown(char c)
{
	return (c >= ' ' && c < 0x7F) || c == '\n' || c == '\t' || c == '\r';
}

size_t
runes_plain(const char *at, size_t len)
{
	size_t i = 0;

	for (; len - i >= LANES; i += LANES) {
		lanes v = lanes_load(at + i);
		lanes control = (v < ' ') & (v != '\n') & (v != '\t') & (v != '\r');
		if (lanes_bits(control | (v == 0x7F)))
			break;
	}
	while (i < len && is_shown(at[i]))
		i++;
	return i;
}

/* How many bytes from i on are ASCII, eight at a time. */
static size_t
ascii_run(const char *at, size_t i, size_t len)
{
	size_t start = i;
	uint64_t word;

	for (; len - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, at + i, sizeof(word));
		if (word & UINT64_C(0x8080808080808080))
			break;
	}
	while (i < len && (unsigned char)at[i] < 0x80)
		i++;
	return i - start;
}

size_t
runes_valid(const char *at, size_t len)
{
	size_t i = 0;
	uint32_t rune;

	while (i < len) {
		i += ascii_run(at, i, len);
		if (i == len)
			break;
		size_t bytes = rune_read(at + i, len - i, &rune);
		if (bytes == 1) /* ASCII is behind us, so this is no UTF-8 */
			break;
		i += bytes;
	}
	return i;
}
