#include "cli/width.h"

#include <stddef.h>

#include "grammar/rune.h"

struct run_of_runes {
	uint32_t first, last;
	unsigned width;
};

static const struct run_of_runes widths[] = {
#include "cli/width.def"
};

/* Printable by their category, and yet nothing is seen of them: joiners,
 * fillers, vowels that are not written, selectors of variants (but for the two
 * that emoji come with), and a blank of Braille. */
static const struct run_of_runes unseen[] = {
	{ 0x034F, 0x034F, 0 }, { 0x115F, 0x1160, 0 }, { 0x17B4, 0x17B5, 0 },
	{ 0x180B, 0x180F, 0 }, { 0x2800, 0x2800, 0 }, { 0x3164, 0x3164, 0 },
	{ 0xFE00, 0xFE0D, 0 }, { 0xFFA0, 0xFFA0, 0 }, { 0xE0100, 0xE01EF, 0 },
};

#define LENGTH(table) (sizeof(table) / sizeof(*(table)))

static const struct run_of_runes *
run_find(const struct run_of_runes *runs, size_t n, uint32_t rune)
{
	size_t first = 0;

	while (first < n) {
		size_t middle = first + (n - first) / 2;
		if (rune > runs[middle].last)
			first = middle + 1;
		else if (rune < runs[middle].first)
			n = middle;
		else
			return &runs[middle];
	}
	return NULL;
}

bool
rune_shows(uint32_t rune)
{
	if (rune < 0x7F)
		return rune >= ' ';
	return rune_printable(rune) && !run_find(unseen, LENGTH(unseen), rune);
}

unsigned
rune_width(uint32_t rune)
{
	const struct run_of_runes *run;

	if (rune < 0x300) /* the first mark */
		return 1;
	run = run_find(widths, LENGTH(widths), rune);
	return run ? run->width : 1;
}
