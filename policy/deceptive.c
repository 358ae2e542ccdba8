#include "policy/deceptive.h"

#include "grammar/rune.h"

struct rune_range {
	uint32_t first, last;
	const char *what;
};

#define REORDERS "reorders what is shown"
#define HIDES "does not show"
#define CONTROL "is a control character"

/* Runes that have no place in a text that people review. */
static const struct rune_range hidden[] = {
	{ 0x00, 0x08, CONTROL },      { 0x0B, 0x0C, CONTROL },
	{ 0x0E, 0x1F, CONTROL },      { 0x7F, 0x9F, CONTROL },
	{ 0xAD, 0xAD, HIDES }, /* soft hyphen */
	{ 0x034F, 0x034F, HIDES },    { 0x061C, 0x061C, REORDERS },
	{ 0x115F, 0x1160, HIDES },                               /* Hangul fillers */
	{ 0x180E, 0x180E, HIDES },    { 0x200B, 0x200D, HIDES }, /* zero width */
	{ 0x200E, 0x200F, REORDERS }, { 0x2028, 0x2029, "is a line end of its own" },
	{ 0x202A, 0x202E, REORDERS }, { 0x2060, 0x2064, HIDES },
	{ 0x2066, 0x2069, REORDERS }, { 0x206A, 0x206F, HIDES },
	{ 0x3164, 0x3164, HIDES },    { 0xFEFF, 0xFEFF, HIDES },
	{ 0xFFA0, 0xFFA0, HIDES },    { 0xFFF9, 0xFFFB, HIDES },
	{ 0xE0000, 0xE007F, HIDES }, /* tags */
};

static const struct rune_range *
range_of_rune(const struct rune_range *ranges, size_t n, uint32_t rune)
{
	for (size_t i = 0; i < n; i++)
		if (rune >= ranges[i].first && rune <= ranges[i].last)
			return &ranges[i];
	return NULL;
}

/* Emoji are joined by a character without a width; that is its use. */
#define JOINER 0x200D
#define EMOJI_FIRST 0x2190

bool
deceit_hidden(struct text text, size_t from, struct deceit *deceit)
{
	uint32_t rune, before = 0;
	size_t bytes;

	for (size_t i = from; i < text.len; i += bytes, before = rune) {
		size_t plain = runes_plain(text.at + i, text.len - i);
		if (plain > 0)
			before = 0;
		i += plain;
		if (i == text.len)
			break;
		bytes = rune_read(text.at + i, text.len - i, &rune);
		const struct rune_range *range =
			range_of_rune(hidden, COUNT(hidden), rune);
		if (!range || (rune == JOINER && before >= EMOJI_FIRST))
			continue;
		*deceit = (struct deceit) { i, i + bytes, rune, range->what };
		return true;
	}
	return false;
}

enum script { SCRIPT_NONE, SCRIPT_LATIN, SCRIPT_GREEK, SCRIPT_CYRILLIC, SCRIPT_OTHER };

/* Scripts with letters that pass for letters of another. */
static const struct {
	uint32_t first, last;
	enum script script;
} scripts[] = {
	{ 'A', 'Z', SCRIPT_LATIN },          { 'a', 'z', SCRIPT_LATIN },
	{ 0xC0, 0x24F, SCRIPT_LATIN },       { 0x370, 0x3FF, SCRIPT_GREEK },
	{ 0x400, 0x52F, SCRIPT_CYRILLIC },   { 0x530, 0x58F, SCRIPT_OTHER },
	{ 0x13A0, 0x13FF, SCRIPT_OTHER },    { 0x1F00, 0x1FFF, SCRIPT_GREEK },
	{ 0x2100, 0x214F, SCRIPT_OTHER },    { 0x2DE0, 0x2DFF, SCRIPT_CYRILLIC },
	{ 0xA640, 0xA69F, SCRIPT_CYRILLIC }, { 0xAB70, 0xABBF, SCRIPT_OTHER },
	{ 0xFF21, 0xFF5A, SCRIPT_OTHER },    { 0x1D400, 0x1D7FF, SCRIPT_OTHER },
};

static enum script
script_of(uint32_t rune)
{
	for (size_t i = 0; i < COUNT(scripts); i++)
		if (rune >= scripts[i].first && rune <= scripts[i].last)
			return scripts[i].script;
	return SCRIPT_NONE;
}

/* Letters of Greek and Cyrillic that look like Latin ones. */
static const uint32_t lookalikes[] = {
	0x391, 0x392, 0x395, 0x396, 0x397, 0x399, 0x39A, 0x39C, 0x39D, 0x39F,
	0x3A1, 0x3A4, 0x3A5, 0x3A7, 0x3B1, 0x3B9, 0x3BA, 0x3BD, 0x3BF, 0x3C1,
	0x3C5, 0x405, 0x406, 0x408, 0x410, 0x412, 0x415, 0x41A, 0x41C, 0x41D,
	0x41E, 0x420, 0x421, 0x422, 0x425, 0x430, 0x435, 0x43E, 0x440, 0x441,
	0x443, 0x445, 0x455, 0x456, 0x458, 0x4BB, 0x501, 0x51B, 0x51D,
};

static bool
is_lookalike(uint32_t rune)
{
	for (size_t i = 0; i < COUNT(lookalikes); i++)
		if (lookalikes[i] == rune)
			return true;
	return false;
}

/* A word as far as it was read. */
struct word_seen {
	size_t first, letters;
	unsigned scripts; /* a bit for each */
	bool alike;       /* all of its letters look Latin, and none is */
	uint32_t odd;     /* a letter that is not Latin */
};

#define BIT(script) (1u << (script))

static bool
word_deceives(const struct word_seen *word, size_t end, struct deceit *deceit)
{
	bool mixed = (word->scripts & (word->scripts - 1)) != 0;
	bool odd = word->scripts & BIT(SCRIPT_OTHER);
	bool alike = word->alike && word->letters > 1;

	if (word->letters == 0 || (!mixed && !odd && !alike))
		return false;
	*deceit = (struct deceit) { word->first, end, word->odd,
		                    mixed ? "stands among letters of another script"
		                          : "looks like a Latin letter and is none" };
	return true;
}

static void
word_letter(struct word_seen *word, uint32_t rune, enum script script)
{
	word->letters++;
	word->scripts |= BIT(script);
	word->alike = word->alike && is_lookalike(rune);
	if (script != SCRIPT_LATIN && !word->odd)
		word->odd = rune;
}

bool
deceit_mixed(struct text text, struct deceit *deceit)
{
	struct word_seen word = { .alike = true };
	size_t bytes;

	for (size_t i = 0; i < text.len; i += bytes) {
		uint32_t rune;
		bytes = rune_read(text.at + i, text.len - i, &rune);
		enum script script = script_of(rune);
		if (script != SCRIPT_NONE) {
			word_letter(&word, rune, script);
			continue;
		}
		if (word_deceives(&word, i, deceit))
			return true;
		word = (struct word_seen) { .first = i + bytes, .alike = true };
	}
	return word_deceives(&word, text.len, deceit);
}
