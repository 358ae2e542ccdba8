#ifndef ACLC_CLI_APPLY_TEST_H
#define ACLC_CLI_APPLY_TEST_H

/* A patch applied the plain way: goes along the old text, as each line says. */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"

/* Takes the next line off a text, its end included. */
static struct text
line_take(struct text *text)
{
	size_t feed = text_find(*text, '\n');
	struct text line = { text->at, feed < text->len ? feed + 1 : feed };

	*text = text_from(*text, line.len);
	return line;
}

/* Takes off the lines before a hunk. at is the next line of old. */
static void
hunk_reach(struct output *out, struct text header, struct text *old, size_t *at)
{
	size_t first = (size_t)strtoul(header.at + 4, NULL, 10);
	const char *comma = memchr(header.at, ',', header.len);
	const char *plus = memchr(header.at, '+', header.len);
	bool none = comma && comma < plus && comma[1] == '0';

	for (; *at < first + none; (*at)++)
		output_text(out, line_take(old));
}

/* What the patch makes of old; false: it is not about old. */
static bool
patch_apply(struct arena *arena, struct text patch, struct text old, struct text *new)
{
	struct output out;
	size_t at = 1;

	output_start_memory(&out, arena);
	if (patch.len > 0) {
		line_take(&patch);
		line_take(&patch);
	}
	while (patch.len > 0) {
		struct text line = line_take(&patch);
		bool bare = text_starts(patch, "\\ No newline");
		if (text_starts(line, "@@ -"))
			hunk_reach(&out, line, &old, &at);
		if (line.at[0] == '\\' || line.at[0] == '@')
			continue;
		struct text body = { line.at + 1, line.len - 1 - bare };
		if (line.at[0] != '+') {
			if (!text_equal(line_take(&old), body))
				return false;
			at++;
		}
		if (line.at[0] != '-')
			output_text(&out, body);
	}
	output_text(&out, old);
	*new = output_taken(&out);
	return true;
}

#endif
