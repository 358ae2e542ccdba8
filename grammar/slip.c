#include "grammar/slip.h"

#include <string.h>

#include "grammar/rune.h"
#include "grammar/scan.h"

static bool
starts(const char *at, const char *end, const char *with)
{
	return text_starts((struct text) { at, (size_t)(end - at) }, with);
}

const char *
line_end(const char *at, const char *end)
{
	const char *feed = memchr(at, '\n', (size_t)(end - at));

	return feed ? feed : end;
}

/* What Unicode or other languages take for blanks, or nobody sees. */
static bool
is_foreign_blank(uint32_t rune)
{
	static const struct {
		uint32_t first, last;
	} blanks[] = {
		{ 0x0B, 0x0C },     { 0x85, 0x85 },     { 0xA0, 0xA0 },
		{ 0xAD, 0xAD },     { 0x1680, 0x1680 }, { 0x2000, 0x200F },
		{ 0x2028, 0x202F }, { 0x205F, 0x2064 }, { 0x3000, 0x3000 },
		{ 0xFEFF, 0xFEFF },
	};

	for (size_t i = 0; i < sizeof(blanks) / sizeof(*blanks); i++)
		if (rune >= blanks[i].first && rune <= blanks[i].last)
			return true;
	return false;
}

static const char *
foreign_blanks_end(const char *at, const char *end)
{
	for (;;) {
		uint32_t rune;
		size_t bytes = rune_read(at, (size_t)(end - at), &rune);
		if (bytes == 0 || !is_foreign_blank(rune))
			return at;
		at += bytes;
	}
}

static const char *
controls_end(const char *at, const char *end)
{
	while (at < end && ((unsigned char)*at < ' ' || *at == 0x7F) && !is_blank(*at))
		at++;
	return at;
}

/* "<<<<<<< HEAD" and the like, at the start of a line. */
static bool
is_merge_mark(const char *start, const char *at, const char *end)
{
	static const char *const marks[] = { "<<<<<<<", "=======", ">>>>>>>", "|||||||" };

	if (at > start && at[-1] != '\n')
		return false;
	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		if (starts(at, end, marks[i]))
			return true;
	return false;
}

const char *
noise_end(const char *start, const char *at, const char *end, const char **said)
{
	const char *past = foreign_blanks_end(at, end);

	if (past > at) {
		*said = "a blank that HuJSON does not know: write a plain space";
		return past;
	}
	past = controls_end(at, end);
	if (past > at) {
		*said = "a control byte does not belong in a text file";
		return past;
	}
	if (is_merge_mark(start, at, end)) {
		*said = "a merge was not resolved here";
		return line_end(at, end);
	}
	if (*at == '#' || *at == '/') {
		*said = "a comment starts with // or /*";
		return line_end(at, end);
	}
	if (starts(at, end, "*/")) {
		*said = "no comment ends here, for none began";
		return at + 2;
	}
	return at;
}

size_t
foreign_quote(const char *at, const char *end)
{
	uint32_t rune;
	size_t bytes = rune_read(at, (size_t)(end - at), &rune);

	if (rune == '\'' || rune == '`' || rune == 0xAB || rune == 0xBB ||
	    (rune >= 0x2018 && rune <= 0x201F))
		return bytes;
	return 0;
}

const char *
foreign_string_end(const char *at, const char *end)
{
	end = line_end(at, end);
	for (at += foreign_quote(at, end); at < end; at++) {
		size_t quote = foreign_quote(at, end);
		if (quote)
			return at + quote;
		if (*at == '\\' && end - at > 1)
			at++;
	}
	return end;
}

static const char *
trim_end(const char *first, const char *end)
{
	while (end > first && is_blank(end[-1]))
		end--;
	return end;
}

/* A closing quote right here, whose opening one is missing. */
static bool
is_stray_close(const char *at, const char *end)
{
	if (at == end || *at != '"')
		return false;
	while (++at < end && (*at == ' ' || *at == '\t'))
		;
	return at == end || is_one_of(*at, ",:]}\r\n");
}

const char *
bare_value_end(const char *at, const char *end)
{
	const char *first = at;

	for (at++; at < end && !is_one_of(*at, ",[]{}\"\n"); at++)
		if (*at == '/' && at[-1] != ':' && comment_end(at, end) != at)
			break;
	return is_stray_close(at, end) ? at + 1 : trim_end(first, at);
}

const char *
bare_name_end(const char *at, const char *end)
{
	const char *past = bare_value_end(at, end), *colon = NULL;

	if (past[-1] == '"')
		return past;
	/* group:eng: [ … ends at the colon before the blank */
	for (const char *c = at + 1; c < past; c++) {
		if (*c != ':')
			continue;
		if (c + 1 == past || is_blank(c[1]))
			return trim_end(at, c);
		if (!colon)
			colon = c;
	}
	return colon ? colon : past;
}

/* Looks like an attempt at a number, not like an address. */
static bool
is_numeric(struct text text)
{
	size_t points = 0, digits = 0;

	if (text_starts(text, "0x") || text_starts(text, "0X"))
		return true;
	for (size_t i = 0; i < text.len; i++) {
		if (!is_one_of(text.at[i], "0123456789+-.eE_"))
			return false;
		points += text.at[i] == '.';
		digits += is_digit(text.at[i]);
	}
	return digits > 0 && points < 2;
}

const char *
bare_value_said(struct text text)
{
	static const struct {
		const char *word, *said;
	} words[] = {
		{ "true", "is written true, in lower case" },
		{ "false", "is written false, in lower case" },
		{ "null", "is written null, in lower case" },
		{ "none", "is no value of JSON: write null" },
		{ "nil", "is no value of JSON: write null" },
		{ "undefined", "is no value of JSON: write null" },
		{ "yes", "is no value of JSON: write true" },
		{ "on", "is no value of JSON: write true" },
		{ "no", "is no value of JSON: write false" },
		{ "off", "is no value of JSON: write false" },
		{ "nan", "is no number of JSON" },
		{ "infinity", "is no number of JSON" },
		{ "-infinity", "is no number of JSON" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (text_equal_fold(text, text_of(words[i].word)))
			return words[i].said;
	if (is_numeric(text))
		return "is no number of JSON: those have no leading zero or plus, and "
		       "digits on both sides of a point";
	return "must stand in double quotes";
}

/* Where a comment at the end of the line starts, by its looks; or end. */
static const char *
line_comment(const char *first, const char *end)
{
	for (const char *at = first; end - at > 2; at++)
		if (is_blank(at[0]) && at[1] == '/' && at[2] == '/')
			return at;
	return end;
}

/* The brackets in first .. end-1 that have no partner there. */
struct unmatched {
	size_t openers, closers;
};

static struct unmatched
unmatched_count(const char *first, const char *end)
{
	struct unmatched n = { 0, 0 };

	for (; first < end; first++) {
		if (*first == '[' || *first == '{')
			n.openers++;
		else if ((*first == ']' || *first == '}') && n.openers > 0)
			n.openers--;
		else if (*first == ']' || *first == '}')
			n.closers++;
	}
	return n;
}

const char *
line_resume(const char *first, const char *end)
{
	const char *resume = trim_end(first, line_comment(first, end));
	struct unmatched n = unmatched_count(first, resume);

	for (const char *at = resume; at > first + 1; at--) {
		char c = at[-1];
		if ((c == ']' || c == '}') && n.closers > 0)
			n.closers--;
		else if ((c == '[' || c == '{') && n.openers > 0)
			n.openers--;
		else if (c != ',' && c != ':' && !is_blank(c))
			break;
		else if (is_blank(c))
			continue; /* only what is behind it may be given back */
		resume = at - 1;
	}
	return resume;
}
