#include "grammar/scan.h"

#include "grammar/rune.h"

static const char *
digits_end(const char *at, const char *end)
{
	while (at < end && is_digit(*at))
		at++;
	return at;
}

/* Moves on over this byte; false when it is not there. */
static bool
takes(const char **at, const char *end, char c)
{
	if (*at == end || **at != c)
		return false;
	++*at;
	return true;
}

/* At least one digit. */
static bool
takes_digits(const char **at, const char *end)
{
	const char *first = *at;

	*at = digits_end(first, end);
	return *at > first;
}

/* RFC 8259, section 6. */
static bool
is_number(const char *at, const char *end)
{
	takes(&at, end, '-');
	if (!takes(&at, end, '0') && !takes_digits(&at, end))
		return false;
	if (takes(&at, end, '.') && !takes_digits(&at, end))
		return false;
	if (takes(&at, end, 'e') || takes(&at, end, 'E')) {
		if (!takes(&at, end, '+'))
			takes(&at, end, '-');
		if (!takes_digits(&at, end))
			return false;
	}
	return at == end;
}

static enum hujson_kind
keyword_kind(const char *at, const char *end)
{
	if (end - at == 4 && memcmp(at, "null", 4) == 0)
		return HUJSON_NULL;
	if (end - at == 5 && memcmp(at, "false", 5) == 0)
		return HUJSON_FALSE;
	return end - at == 4 && memcmp(at, "true", 4) == 0 ? HUJSON_TRUE : HUJSON_BAD;
}

enum hujson_kind
word_kind(const char *at, const char *end)
{
	if (at < end && is_letter(*at))
		return keyword_kind(at, end);
	return is_number(at, end) ? HUJSON_NUMBER : HUJSON_BAD;
}

static const char *
line_comment_end(const char *at, const char *end)
{
	const char *feed = memchr(at, '\n', (size_t)(end - at));

	return feed ? feed + 1 : NULL;
}

static const char *
block_comment_end(const char *at, const char *end)
{
	const char *star = at + 2;

	while (star < end && (star = memchr(star, '*', (size_t)(end - star)))) {
		star++;
		if (star < end && *star == '/')
			return star + 1;
	}
	return NULL;
}

const char *
comment_end(const char *at, const char *end)
{
	if (end - at < 2 || *at != '/')
		return at;
	if (at[1] == '/')
		return line_comment_end(at, end);
	return at[1] == '*' ? block_comment_end(at, end) : at;
}

const char *
extra_end_far(const char *at, const char *end)
{
	for (;;) {
		at = blanks_end(at, end);
		const char *past = comment_end(at, end);
		if (!past)
			return end;
		if (past == at)
			return at;
		at = past;
	}
}

/* Reads "\uXXXX"; false when it is none. */
static bool
unit_read(const char *at, const char *end, uint32_t *unit)
{
	*unit = 0;
	if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
		return false;
	for (int i = 2; i < 6; i++) {
		uint32_t digit = hex_value(at[i]);
		if (digit > 15)
			return false;
		*unit = *unit << 4 | digit;
	}
	return true;
}

/* What a letter after a backslash stands for, or 0. */
static char
escape_letter(char c)
{
	static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *found = c ? strchr(letters, c) : NULL;

	return found ? meant[found - letters] : '\0';
}

const char *
escape_end(const char *at, const char *end)
{
	uint32_t unit;

	if (end - at < 2)
		return NULL;
	if (escape_letter(at[1]))
		return at + 2;
	return unit_read(at, end, &unit) ? at + 6 : NULL;
}

const char *
string_close(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++)
		if (*at == '\\' && ++at == end)
			break;
	return at;
}

static const char *
escape_decode(const char *at, const char *end, uint32_t *rune)
{
	uint32_t high, low;

	*rune = RUNE_BAD;
	if (!unit_read(at, end, &high)) {
		if (end - at < 2)
			return end;
		if (escape_letter(at[1]))
			*rune = (unsigned char)escape_letter(at[1]);
		return at + 2;
	}
	if (high < 0xD800 || high > 0xDFFF) {
		*rune = high;
		return at + 6;
	}
	if (high < 0xDC00 && unit_read(at + 6, end, &low) && low >= 0xDC00 &&
	    low < 0xE000) {
		*rune = 0x10000 + ((high - 0xD800) << 10 | (low - 0xDC00));
		return at + 12;
	}
	return at + 6;
}

const char *
rune_decode(const char *at, const char *end, uint32_t *rune)
{
	if (*at == '\\')
		return escape_decode(at, end, rune);
	return at + rune_read(at, (size_t)(end - at), rune);
}
