#include "grammar/duration.h"

#include <string.h>

#include "grammar/arena.h"

#define MICROSECOND UINT64_C(1000)
#define MILLISECOND (1000 * MICROSECOND)
#define SECOND (1000 * MILLISECOND)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

/* The size of the smallest duration, which is negative. */
#define LARGEST (UINT64_C(1) << 63)

static const struct {
	const char *name;
	uint64_t nanoseconds;
} units[] = {
	{ "ns", 1 },
	{ "us", MICROSECOND },
	{ "\xC2\xB5s", MICROSECOND }, /* the micro sign */
	{ "\xCE\xBCs", MICROSECOND }, /* the Greek letter */
	{ "ms", MILLISECOND },
	{ "s", SECOND },
	{ "m", MINUTE },
	{ "h", HOUR },
};

/* Cuts off the digits that the text starts with. */
static struct text
digits_cut(struct text *text)
{
	size_t n = 0;

	while (n < text->len && is_digit(text->at[n]))
		n++;
	struct text digits = { text->at, n };
	*text = text_from(*text, n);
	return digits;
}

/* Cuts off what is neither digit nor point. */
static struct text
unit_cut(struct text *text)
{
	size_t n = 0;

	while (n < text->len && !is_digit(text->at[n]) && text->at[n] != '.')
		n++;
	struct text unit = { text->at, n };
	*text = text_from(*text, n);
	return unit;
}

static bool
unit_parse(struct text name, uint64_t *nanoseconds)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (text_is(name, units[i].name)) {
			*nanoseconds = units[i].nanoseconds;
			return true;
		}
	}
	return false;
}

/* The part of a unit that the digits after a point make, rounded by the same
 * steps as in Go. Digits that would not fit change nothing. */
static uint64_t
fraction_of(struct text digits, uint64_t unit)
{
	uint64_t value = 0;
	double scale = 1;

	for (size_t i = 0; i < digits.len; i++) {
		uint64_t digit = (uint64_t)(digits.at[i] - '0');
		if (value > (LARGEST - digit) / 10)
			break;
		value = value * 10 + digit;
		scale *= 10;
	}
	if (value == 0)
		return 0;
	return (uint64_t)((double)value * ((double)unit / scale));
}

/* Go quotes here byte by byte: nothing but ASCII is left as it is. */
static const char *
duration_quote(struct arena *arena, struct text text)
{
	char *quoted = arena_alloc(arena, 4 * text.len + 3);
	size_t len = 0;

	quoted[len++] = '"';
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];
		if (c < ' ' || c >= 0x80) {
			memcpy(quoted + len, "\\x", 2);
			quoted[len + 2] = "0123456789abcdef"[c >> 4];
			quoted[len + 3] = "0123456789abcdef"[c & 15];
			len += 4;
			continue;
		}
		if (c == '"' || c == '\\')
			quoted[len++] = '\\';
		quoted[len++] = (char)c;
	}
	quoted[len] = '"';
	return quoted;
}

enum duration_fault {
	DURATION_FINE,
	DURATION_INVALID,
	DURATION_NO_UNIT,
	DURATION_UNKNOWN_UNIT,
};

/* Cuts off one number with its unit and adds it to the sum, which stays at
 * LARGEST or below. *name is the unit as written. */
static enum duration_fault
duration_add(struct text *rest, uint64_t *sum, struct text *name)
{
	uint64_t value = 0, unit;
	struct text whole = digits_cut(rest), fraction = { NULL, 0 };

	if (whole.len > 0 && !text_number(whole, LARGEST, &value))
		return DURATION_INVALID;
	if (rest->len > 0 && rest->at[0] == '.') {
		*rest = text_from(*rest, 1);
		fraction = digits_cut(rest);
	}
	if (whole.len + fraction.len == 0)
		return DURATION_INVALID;
	*name = unit_cut(rest);
	if (name->len == 0)
		return DURATION_NO_UNIT;
	if (!unit_parse(*name, &unit))
		return DURATION_UNKNOWN_UNIT;
	if (value > LARGEST / unit)
		return DURATION_INVALID;
	value = value * unit + fraction_of(fraction, unit);
	if (value > LARGEST - *sum)
		return DURATION_INVALID;
	*sum += value;
	return DURATION_FINE;
}

static const char *
duration_fault_text(struct arena *arena, enum duration_fault fault, struct text text,
                    struct text unit)
{
	const char *quoted = duration_quote(arena, text);

	if (fault == DURATION_NO_UNIT)
		return arena_format(arena, "time: missing unit in duration %s", quoted);
	if (fault == DURATION_UNKNOWN_UNIT)
		return arena_format(arena, "time: unknown unit %s in duration %s",
		                    duration_quote(arena, unit), quoted);
	return arena_format(arena, "time: invalid duration %s", quoted);
}

bool
duration_parse(struct arena *arena, struct text text, int64_t *nanoseconds,
               const char **fault)
{
	enum duration_fault found = DURATION_FINE;
	struct text rest = text, unit = { NULL, 0 };
	bool negative = text.len > 0 && text.at[0] == '-';
	uint64_t sum = 0;

	if (text.len > 0 && (text.at[0] == '-' || text.at[0] == '+'))
		rest = text_from(text, 1);
	if (text_is(rest, "0"))
		rest.len = 0; /* the one number that needs no unit */
	else if (rest.len == 0)
		found = DURATION_INVALID;
	while (found == DURATION_FINE && rest.len > 0)
		found = duration_add(&rest, &sum, &unit);
	if (found == DURATION_FINE && sum == LARGEST && !negative)
		found = DURATION_INVALID;
	if (found != DURATION_FINE) {
		*fault = duration_fault_text(arena, found, text, unit);
		return false;
	}
	if (!negative)
		*nanoseconds = (int64_t)sum;
	else
		*nanoseconds = sum == LARGEST ? INT64_MIN : -(int64_t)sum;
	return true;
}

/* Writes how many times one is in the number, with what decimals it takes:
 * 1500 of 1000 is 1.5. */
static size_t
decimals_write(uint64_t number, uint64_t one, char *out)
{
	size_t len = number_write(number / one, out);
	uint64_t rest = number % one;

	if (rest > 0)
		out[len++] = '.';
	for (; rest > 0; rest %= one) {
		rest *= 10;
		out[len++] = (char)('0' + rest / one);
	}
	return len;
}

/* Less than a second is told in the smallest unit that has a number before
 * the point. */
static size_t
brief_write(uint64_t size, char *out)
{
	size_t len;

	if (size < MICROSECOND) {
		len = number_write(size, out);
		memcpy(out + len, "ns", 2);
		return len + 2;
	}
	if (size < MILLISECOND) {
		len = decimals_write(size, MICROSECOND, out);
		memcpy(out + len, "\xC2\xB5s", 3);
		return len + 3;
	}
	len = decimals_write(size, MILLISECOND, out);
	memcpy(out + len, "ms", 2);
	return len + 2;
}

size_t
duration_write(int64_t nanoseconds, char out[32])
{
	uint64_t size = (uint64_t)nanoseconds;
	size_t len = 0;

	if (nanoseconds < 0) {
		out[len++] = '-';
		size = 0 - size;
	}
	if (size > 0 && size < SECOND) {
		len += brief_write(size, out + len);
		out[len] = '\0';
		return len;
	}
	if (size >= HOUR) {
		len += number_write(size / HOUR, out + len);
		out[len++] = 'h';
	}
	if (size >= MINUTE) {
		len += number_write(size % HOUR / MINUTE, out + len);
		out[len++] = 'm';
	}
	len += decimals_write(size % MINUTE, SECOND, out + len);
	out[len++] = 's';
	out[len] = '\0';
	return len;
}

static bool
is_leap(unsigned year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned
month_length(unsigned year, unsigned month)
{
	static const unsigned char lengths[] = { 31, 28, 31, 30, 31, 30,
		                                 31, 31, 30, 31, 30, 31 };

	return month == 2 && is_leap(year) ? 29 : lengths[month - 1];
}

/* Days from the first of January of the year 0, which is a leap year. */
static int64_t
days_before_year(unsigned year)
{
	unsigned leaps = (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400;

	return (int64_t)year * 365 + leaps;
}

/* Cuts off a number of so many digits. */
static bool
number_cut(struct text *rest, size_t digits, unsigned max, unsigned *number)
{
	uint64_t value;

	if (rest->len < digits ||
	    !text_number((struct text) { rest->at, digits }, max, &value))
		return false;
	*rest = text_from(*rest, digits);
	*number = (unsigned)value;
	return true;
}

static bool
char_cut(struct text *rest, char c)
{
	if (rest->len == 0 || rest->at[0] != c)
		return false;
	*rest = text_from(*rest, 1);
	return true;
}

/* Cuts off a date: days since 1970. */
static bool
date_cut(struct text *rest, int64_t *days)
{
	unsigned year, month, day;

	if (!number_cut(rest, 4, 9999, &year) || !char_cut(rest, '-') ||
	    !number_cut(rest, 2, 12, &month) || !char_cut(rest, '-') || month == 0 ||
	    !number_cut(rest, 2, month_length(year, month), &day) || day == 0)
		return false;
	*days = days_before_year(year) - days_before_year(1970) + day - 1;
	for (unsigned before = 1; before < month; before++)
		*days += month_length(year, before);
	return true;
}

bool
date_parse(struct text text, int64_t *days)
{
	struct text rest = text;
	int64_t read;

	if (!date_cut(&rest, &read) || rest.len > 0)
		return false;
	*days = read;
	return true;
}

/* Cuts off hours and minutes: seconds since midnight, or of an offset. */
static bool
clock_cut(struct text *rest, int64_t *seconds)
{
	unsigned hours, minutes;

	if (!number_cut(rest, 2, 23, &hours) || !char_cut(rest, ':') ||
	    !number_cut(rest, 2, 59, &minutes))
		return false;
	*seconds = (int64_t)hours * 3600 + (int64_t)minutes * 60;
	return true;
}

/* Cuts off the fraction of a second, when there is one: nanoseconds. */
static bool
fraction_cut(struct text *rest, int64_t *nanoseconds)
{
	int64_t value = 0;

	*nanoseconds = 0;
	if (!char_cut(rest, '.'))
		return true;
	struct text digits = digits_cut(rest);
	for (size_t i = 0; i < 9; i++)
		value = value * 10 + (i < digits.len ? digits.at[i] - '0' : 0);
	*nanoseconds = value;
	return digits.len > 0;
}

/* Cuts off Z or +01:00: seconds ahead of UTC. */
static bool
zone_cut(struct text *rest, int64_t *offset)
{
	*offset = 0;
	if (char_cut(rest, 'Z') || char_cut(rest, 'z'))
		return true;
	bool west = char_cut(rest, '-');
	if (!west && !char_cut(rest, '+'))
		return false;
	if (!clock_cut(rest, offset))
		return false;
	if (west)
		*offset = -*offset;
	return true;
}

/* Both in nanoseconds, or the nearest there is. rest is 0 or more, and less
 * than a second. */
static int64_t
seconds_widen(int64_t seconds, int64_t rest)
{
	const int64_t second = SECOND;

	if (seconds < 0) { /* count from the next one down */
		seconds++;
		rest -= second;
	}
	if (seconds > INT64_MAX / second)
		return INT64_MAX;
	if (seconds < INT64_MIN / second)
		return INT64_MIN;
	seconds *= second;
	if (rest > 0 && seconds > INT64_MAX - rest)
		return INT64_MAX;
	if (rest < 0 && seconds < INT64_MIN - rest)
		return INT64_MIN;
	return seconds + rest;
}

bool
time_parse(struct text text, int64_t *nanoseconds)
{
	struct text rest = text;
	int64_t days, clock, fraction, offset;
	unsigned seconds;

	if (!date_cut(&rest, &days) || (!char_cut(&rest, 'T') && !char_cut(&rest, 't')) ||
	    !clock_cut(&rest, &clock) || !char_cut(&rest, ':') ||
	    !number_cut(&rest, 2, 59, &seconds) || !fraction_cut(&rest, &fraction) ||
	    !zone_cut(&rest, &offset) || rest.len > 0)
		return false;
	*nanoseconds = seconds_widen(days * 86400 + clock + seconds - offset, fraction);
	return true;
}
