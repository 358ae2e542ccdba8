#include "grammar/text.h"

#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"
#include "grammar/rune.h"

struct text
text_of(const char *string)
{
	return (struct text) { string, strlen(string) };
}

bool
text_equal(struct text a, struct text b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool
text_equal_fold(struct text a, struct text b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (to_small(a.at[i]) != to_small(b.at[i]))
			return false;
	return true;
}

bool
text_is(struct text text, const char *string)
{
	return text_equal(text, text_of(string));
}

bool
text_starts(struct text text, const char *prefix)
{
	size_t len = strlen(prefix);

	return text.len >= len && (len == 0 || memcmp(text.at, prefix, len) == 0);
}

int
text_compare(struct text a, struct text b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int order = common ? memcmp(a.at, b.at, common) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int
text_order(const void *left, const void *right)
{
	const struct text *a = left, *b = right;

	return text_compare(*a, *b);
}

void
texts_sort(struct text *texts, size_t n)
{
	if (n > 1)
		qsort(texts, n, sizeof(*texts), text_order);
}

struct text
text_from(struct text text, size_t first)
{
	/* adding 0 to NULL is undefined, and an empty text may be NULL */
	return first ? (struct text) { text.at + first, text.len - first } : text;
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct text
text_trim(struct text text)
{
	while (text.len > 0 && is_blank(text.at[text.len - 1]))
		text.len--;
	while (text.len > 0 && is_blank(text.at[0]))
		text = text_from(text, 1);
	return text;
}

size_t
text_find(struct text text, char c)
{
	const char *found = text.len ? memchr(text.at, c, text.len) : NULL;

	return found ? (size_t)(found - text.at) : text.len;
}

size_t
text_find_last(struct text text, char c)
{
	for (size_t i = text.len; i > 0; i--)
		if (text.at[i - 1] == c)
			return i - 1;
	return text.len;
}

bool
text_number(struct text text, uint64_t max, uint64_t *number)
{
	uint64_t value = 0;

	if (text.len == 0)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		if (c < '0' || c > '9')
			return false;
		uint64_t digit = (uint64_t)(c - '0');
		if (digit > max || value > (max - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*number = value;
	return true;
}

size_t
number_write(uint64_t number, char *out)
{
	char backwards[NUMBER_TEXT_MAX];
	size_t n = 0;

	do {
		backwards[n++] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	for (size_t i = 0; i < n; i++)
		out[i] = backwards[n - 1 - i];
	return n;
}

/* The longest that one rune becomes: \U0010ffff. */
#define QUOTED_MAX 10

/* Writes \x, \u or \U and so many digits. */
static size_t
quote_hex(char out[QUOTED_MAX], char letter, uint32_t value, size_t digits)
{
	out[0] = '\\';
	out[1] = letter;
	for (size_t i = digits; i > 0; i--, value >>= 4)
		out[1 + i] = "0123456789abcdef"[value & 15];
	return 2 + digits;
}

/* Writes a rune that stood as len bytes at the place; returns how much. */
static size_t
quote_rune(char out[QUOTED_MAX], uint32_t rune, const char *at, size_t len)
{
	static const char letters[] = "abtnvfr"; /* for 7 to 13 */

	if (rune == RUNE_BAD && len == 1)
		return quote_hex(out, 'x', (unsigned char)*at, 2);
	if (rune >= '\a' && rune <= '\r') {
		out[0] = '\\';
		out[1] = letters[rune - '\a'];
		return 2;
	}
	if (rune == '"' || rune == '\\') {
		out[0] = '\\';
		out[1] = (char)rune;
		return 2;
	}
	if (rune_printable(rune))
		return rune_write(rune, out);
	if (rune < 0x80)
		return quote_hex(out, 'x', rune, 2);
	return rune < 0x10000 ? quote_hex(out, 'u', rune, 4)
	                      : quote_hex(out, 'U', rune, 8);
}

/* Writes the text between the quotes, unless out is NULL; returns its
 * length. */
static size_t
quote_into(char *out, struct text text)
{
	size_t len = 0;

	for (size_t i = 0; i < text.len;) {
		char piece[QUOTED_MAX];
		uint32_t rune;
		size_t bytes = rune_read(text.at + i, text.len - i, &rune);
		size_t n = quote_rune(piece, rune, text.at + i, bytes);
		if (out)
			memcpy(out + len, piece, n);
		len += n;
		i += bytes;
	}
	return len;
}

const char *
text_quote(struct arena *arena, struct text text)
{
	size_t len = quote_into(NULL, text);
	char *quoted = arena_alloc(arena, len + 3);

	quoted[0] = '"';
	quote_into(quoted + 1, text);
	quoted[len + 1] = '"';
	return quoted;
}

/* Longer texts are nobody's slip of the pen. */
#define NEAREST_MAX 64

struct text_nearest
text_nearest_start(struct text written)
{
	size_t limit = written.len / 3 > 1 ? written.len / 3 : 1;

	/* the next offer has to be nearer than this */
	return (struct text_nearest) { written, { NULL, 0 }, limit + 1 };
}

/* Which characters are in it, as bits: each slip changes two at most. */
static uint64_t
text_letters(struct text text)
{
	uint64_t letters = 0;

	for (size_t i = 0; i < text.len; i++)
		letters |= UINT64_C(1) << ((unsigned char)text.at[i] & 63);
	return letters;
}

static size_t
bits_set(uint64_t bits)
{
	size_t n = 0;

	for (; bits; bits &= bits - 1)
		n++;
	return n;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * How many slips lead from a to b: a character left out, put in, put for
 * another, or two neighbours exchanged. Row i of the usual table tells the
 * distance of a's first i characters from each beginning of b; three rows are
 * enough.
 */
static size_t
slips_between(struct text a, struct text b)
{
	size_t rows[3][NEAREST_MAX + 1];
	size_t *before = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b.len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t *spare = before;
		before = above, above = row, row = spare;
		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			bool same = a.at[i - 1] == b.at[j - 1];
			row[j] = least(above[j - 1] + !same,
			               least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a.at[i - 1] == b.at[j - 2] &&
			    a.at[i - 2] == b.at[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
	}
	return row[b.len];
}

void
text_nearest_offer_as(struct text_nearest *nearest, struct text form,
                      struct text candidate)
{
	struct text a = nearest->written, b = form;

	if (a.len > NEAREST_MAX || b.len > NEAREST_MAX)
		return;
	size_t apart = a.len > b.len ? a.len - b.len : b.len - a.len;
	if (apart > nearest->distance)
		return;
	if (bits_set(text_letters(a) ^ text_letters(b)) > 2 * nearest->distance)
		return;
	size_t distance = slips_between(a, b);
	if (distance < nearest->distance) {
		nearest->distance = distance;
		nearest->best = candidate;
	} else if (distance == nearest->distance &&
	           !text_equal(nearest->best, candidate)) {
		nearest->best = (struct text) { NULL, 0 };
	}
}

void
text_nearest_offer(struct text_nearest *nearest, struct text candidate)
{
	text_nearest_offer_as(nearest, candidate, candidate);
}

static uint64_t
hash_mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
	return hash ^ hash >> 29;
}

/* Fewer than eight bytes; some of them twice. */
static uint64_t
hash_word(const char *at, size_t n)
{
	uint32_t first = 0, last = 0;

	if (n >= sizeof(first)) {
		memcpy(&first, at, sizeof(first));
		memcpy(&last, at + n - sizeof(last), sizeof(last));
		return (uint64_t)last << 32 | first;
	}
	while (n-- > 0)
		first = first << 8 | (unsigned char)at[n];
	return first;
}

/* Eight bytes at a time. */
static uint32_t
text_hash(struct text text)
{
	uint64_t hash = text.len, word;
	size_t i = 0;

	for (; text.len - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, text.at + i, sizeof(word));
		hash = hash_mix(hash, word);
	}
	if (i < text.len)
		hash = hash_mix(hash, hash_word(text.at + i, text.len - i));
	return (uint32_t)(hash_mix(hash, hash >> 32) >> 32);
}

/* Where the name stands, or the empty slot where it would. */
static size_t
slot_find(const struct names *names, struct text name, uint32_t hash)
{
	const struct slots *slots = &names->slots;
	size_t i = slots_first(slots, hash);

	for (; slots->at[i]; i = slots_next(slots, i))
		if (slots_hold(slots, i, hash) &&
		    text_equal(names->texts[slots_number(slots, i)], name))
			break;
	return i;
}

void
names_expect(struct names *names, size_t n)
{
	struct text *texts;

	slots_expect(&names->slots, names->arena, n);
	if (n <= names->cap)
		return;
	texts = arena_room(names->arena, n, sizeof(*texts));
	if (names->n > 0)
		memcpy(texts, names->texts, names->n * sizeof(*texts));
	names->texts = texts;
	names->cap = n;
}

uint32_t
names_add(struct names *names, struct text name)
{
	uint32_t hash = text_hash(name);

	slots_expect(&names->slots, names->arena, names->n + 1);
	size_t slot = slot_find(names, name, hash);
	if (names->slots.at[slot])
		return slots_number(&names->slots, slot);
	slots_fill(&names->slots, slot, hash, (uint32_t)names->n);
	names->texts = arena_grow(names->arena, names->texts, names->n, &names->cap,
	                          sizeof(*names->texts));
	names->texts[names->n++] = name;
	return (uint32_t)names->n - 1;
}

void
names_fetch(const struct names *names, struct text name)
{
	if (names->slots.n > 0)
		__builtin_prefetch(
			&names->slots.at[slots_first(&names->slots, text_hash(name))]);
}

uint32_t
names_find(const struct names *names, struct text name)
{
	if (names->n == 0)
		return NAMES_NONE;
	/* an empty slot gives NAMES_NONE: 0 - 1 */
	return slots_number(&names->slots, slot_find(names, name, text_hash(name)));
}
