#include "cli/patch.h"

#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "grammar/arena.h"

/* Unchanged lines shown around a change. */
#define CONTEXT ((size_t)3)

/* One version: its lines by number (equal lines have equal numbers), and which
 * of them the other version does not have. */
struct side {
	struct text *lines; /* line ends included */
	uint32_t *numbers;
	bool *changed;
	size_t n;
};

/* Lines first .. end-1 of both sides, still to be told apart. */
struct stretch {
	size_t old_first, old_end, new_first, new_end;
};

/* How often a line stands in the stretch, and where last on the new side. */
struct tally {
	uint32_t n_old, n_new;
	size_t at_new;
};

struct diff {
	struct arena *arena;
	struct side old, new;
	struct tally *tallies; /* by number; zero between uses */
};

/* A pair of equal lines. */
struct pair {
	size_t old, new;
};

static size_t
count_lines(struct text text)
{
	size_t n = 0;

	for (size_t feed; text.len > 0; n++) {
		feed = text_find(text, '\n');
		text = text_from(text, feed < text.len ? feed + 1 : feed);
	}
	return n;
}

static struct side
side_of(struct arena *arena, struct names *names, struct text text)
{
	struct side side = { .n = count_lines(text) };

	side.lines = arena_array(arena, side.n, sizeof(*side.lines));
	side.numbers = arena_array(arena, side.n, sizeof(*side.numbers));
	side.changed = arena_array(arena, side.n, sizeof(*side.changed));
	for (size_t i = 0; i < side.n; i++) {
		size_t feed = text_find(text, '\n');
		size_t len = feed < text.len ? feed + 1 : feed;
		side.lines[i] = (struct text) { text.at, len };
		side.numbers[i] = names_add(names, side.lines[i]);
		text = text_from(text, len);
	}
	return side;
}

static bool
lines_equal(const struct diff *diff, size_t old, size_t new)
{
	return diff->old.numbers[old] == diff->new.numbers[new];
}

/* Leaves out what both ends have in common. */
static struct stretch
stretch_trim(const struct diff *diff, struct stretch s)
{
	while (s.old_first < s.old_end && s.new_first < s.new_end &&
	       lines_equal(diff, s.old_first, s.new_first))
		s.old_first++, s.new_first++;
	while (s.old_first < s.old_end && s.new_first < s.new_end &&
	       lines_equal(diff, s.old_end - 1, s.new_end - 1))
		s.old_end--, s.new_end--;
	return s;
}

static void
tally_take(struct diff *diff, struct stretch s)
{
	for (size_t i = s.old_first; i < s.old_end; i++)
		diff->tallies[diff->old.numbers[i]].n_old++;
	for (size_t i = s.new_first; i < s.new_end; i++) {
		struct tally *tally = &diff->tallies[diff->new.numbers[i]];
		tally->n_new++;
		tally->at_new = i;
	}
}

static void
tally_forget(struct diff *diff, struct stretch s)
{
	for (size_t i = s.old_first; i < s.old_end; i++)
		diff->tallies[diff->old.numbers[i]] = (struct tally) { 0 };
	for (size_t i = s.new_first; i < s.new_end; i++)
		diff->tallies[diff->new.numbers[i]] = (struct tally) { 0 };
}

/* The lines that stand once on each side, in the old order. */
static size_t
pairs_once(struct diff *diff, struct stretch s, struct pair *pairs)
{
	size_t n = 0;

	for (size_t i = s.old_first; i < s.old_end; i++) {
		const struct tally *tally = &diff->tallies[diff->old.numbers[i]];
		if (tally->n_old == 1 && tally->n_new == 1)
			pairs[n++] = (struct pair) { i, tally->at_new };
	}
	return n;
}

/* The last of the piles whose top lies before the new line; -1 for none. Piles
 * hold places in pairs, their tops ascend. */
static size_t
pile_find(const struct pair *pairs, const size_t *tops, size_t n_piles, size_t new)
{
	size_t first = 0;

	while (first < n_piles) {
		size_t middle = first + (n_piles - first) / 2;
		if (pairs[tops[middle]].new < new)
			first = middle + 1;
		else
			n_piles = middle;
	}
	return first;
}

/* Keeps the most pairs that are in order on both sides (patience sorting);
 * returns how many, moved to the front. */
static size_t
pairs_in_order(struct arena *arena, struct pair *pairs, size_t n)
{
	size_t *tops = arena_array(arena, n, sizeof(*tops));
	size_t *before = arena_array(arena, n, sizeof(*before)); /* place + 1 */
	size_t n_piles = 0;

	for (size_t i = 0; i < n; i++) {
		size_t pile = pile_find(pairs, tops, n_piles, pairs[i].new);
		before[i] = pile > 0 ? tops[pile - 1] + 1 : 0;
		tops[pile] = i;
		if (pile == n_piles)
			n_piles++;
	}
	/* back from the top of the last pile, reusing tops as the chain */
	size_t place = n_piles > 0 ? tops[n_piles - 1] + 1 : 0;
	for (size_t i = n_piles; i > 0; i--) {
		tops[i - 1] = place - 1;
		place = before[place - 1];
	}
	for (size_t i = 0; i < n_piles; i++)
		pairs[i] = pairs[tops[i]];
	return n_piles;
}

static void
stretch_changed(struct diff *diff, struct stretch s)
{
	for (size_t i = s.old_first; i < s.old_end; i++)
		diff->old.changed[i] = true;
	for (size_t i = s.new_first; i < s.new_end; i++)
		diff->new.changed[i] = true;
}

/* What is still worth comparing line with line. */
#define CELLS_MAX ((size_t)1 << 18)

/* Tells apart a small stretch by the longest common subsequence; row i of the
 * table tells its length from old line i on. */
static void
stretch_small(struct diff *diff, struct stretch s)
{
	size_t n = s.old_end - s.old_first, m = s.new_end - s.new_first, width = m + 1;
	uint32_t *longest = arena_array(diff->arena, (n + 1) * width, sizeof(*longest));

	for (size_t i = n; i-- > 0;)
		for (size_t j = m; j-- > 0;) {
			uint32_t down = longest[(i + 1) * width + j];
			uint32_t right = longest[i * width + j + 1];
			longest[i * width + j] = down > right ? down : right;
			if (lines_equal(diff, s.old_first + i, s.new_first + j))
				longest[i * width + j] =
					longest[(i + 1) * width + j + 1] + 1;
		}
	size_t i = 0, j = 0;
	while (i < n || j < m) {
		if (i < n && j < m && lines_equal(diff, s.old_first + i, s.new_first + j))
			i++, j++;
		else if (i < n && (j == m || longest[(i + 1) * width + j] >=
		                                     longest[i * width + j + 1]))
			diff->old.changed[s.old_first + i++] = true;
		else
			diff->new.changed[s.new_first + j++] = true;
	}
}

/* The pairs of lines that the stretch is told apart by; *n of them. */
static struct pair *
anchors_find(struct diff *diff, struct stretch s, size_t *n)
{
	struct pair *pairs =
		arena_array(diff->arena, s.old_end - s.old_first, sizeof(*pairs));

	tally_take(diff, s);
	*n = pairs_once(diff, s, pairs);
	tally_forget(diff, s);
	*n = pairs_in_order(diff->arena, pairs, *n);
	return pairs;
}

/* A stretch is looked at again between its pairs; so often at most. */
#define DEPTH_MAX 24

static void stretch_tell(struct diff *, struct stretch, unsigned depth);

static void
stretch_split(struct diff *diff, struct stretch s, unsigned depth)
{
	size_t n;
	const struct pair *pairs = anchors_find(diff, s, &n);
	struct stretch gap = s;

	if (n == 0 || depth == DEPTH_MAX) {
		stretch_changed(diff, s);
		return;
	}
	for (size_t i = 0; i <= n; i++) {
		gap.old_end = i < n ? pairs[i].old : s.old_end;
		gap.new_end = i < n ? pairs[i].new : s.new_end;
		stretch_tell(diff, gap, depth + 1);
		gap.old_first = gap.old_end + 1;
		gap.new_first = gap.new_end + 1;
	}
}

static void
stretch_tell(struct diff *diff, struct stretch s, unsigned depth)
{
	struct arena_mark mark = arena_mark(diff->arena);

	s = stretch_trim(diff, s);
	size_t n = s.old_end - s.old_first, m = s.new_end - s.new_first;
	if (n == 0 || m == 0)
		stretch_changed(diff, s);
	else if (n <= CELLS_MAX / (m + 1))
		stretch_small(diff, s);
	else
		stretch_split(diff, s, depth);
	arena_reset(diff->arena, mark);
}

/* "a/policy.hujson", as git writes names: quoted where a byte would confuse it,
 * a tab after one with blanks. */
static void
name_write(struct output *out, const char *mark, const char *side, const char *name)
{
	bool quoted = false, blanks = false;

	while (strncmp(name, "./", 2) == 0)
		name += 2;
	while (*name == '/')
		name++;
	for (const char *c = name; *c; c++) {
		quoted |=
			(unsigned char)*c < ' ' || *c == '"' || *c == '\\' || *c == 0x7F;
		blanks |= *c == ' ';
	}
	output_format(out, "%s %s%s", mark, quoted ? "\"" : "", side);
	for (const char *c = name; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7F)
			output_format(out, "\\%03o", (unsigned)*c);
		else
			output_format(out, "%s%c", *c == '"' || *c == '\\' ? "\\" : "",
			              *c);
	}
	output_string(out, quoted ? "\"" : blanks ? "\t" : "");
	output_char(out, '\n');
}

static void
line_write(struct output *out, char mark, enum paint paint, struct text line)
{
	bool ended = line.len > 0 && line.at[line.len - 1] == '\n';

	line.len -= ended;
	if (paint)
		output_paint(out, paint);
	output_char(out, mark);
	if (out->terminal)
		output_harmless_line(out, line);
	else
		output_text(out, line);
	if (paint)
		output_paint(out, PAINT_NONE);
	output_string(out, ended ? "\n" : "\n\\ No newline at end of file\n");
}

/* "-12,3": where a range of lines starts, and its length if that is not 1. */
static void
lines_write(struct output *out, char mark, size_t first, size_t n)
{
	/* a range without lines is named by the line before it */
	output_format(out, "%c%zu", mark, n == 0 ? first : first + 1);
	if (n != 1)
		output_format(out, ",%zu", n);
}

static void
hunk_write(struct output *out, const struct diff *diff, struct stretch s)
{
	size_t i = s.old_first, j = s.new_first;

	output_paint(out, PAINT_HUNK);
	output_string(out, "@@ ");
	lines_write(out, '-', s.old_first, s.old_end - s.old_first);
	output_char(out, ' ');
	lines_write(out, '+', s.new_first, s.new_end - s.new_first);
	output_string(out, " @@");
	output_paint(out, PAINT_NONE);
	output_char(out, '\n');
	while (i < s.old_end || j < s.new_end) {
		if (i < s.old_end && diff->old.changed[i])
			line_write(out, '-', PAINT_REMOVED, diff->old.lines[i++]);
		else if (j < s.new_end && diff->new.changed[j])
			line_write(out, '+', PAINT_ADDED, diff->new.lines[j++]);
		else
			line_write(out, ' ', PAINT_NONE, diff->old.lines[i++]), j++;
	}
}

/* The next run of changed lines at or after a place where the sides agree. */
static bool
change_next(const struct diff *diff, size_t i, size_t j, struct stretch *change)
{
	while (i < diff->old.n && j < diff->new.n && !diff->old.changed[i] &&
	       !diff->new.changed[j])
		i++, j++;
	*change = (struct stretch) { i, i, j, j };
	while (change->old_end < diff->old.n && diff->old.changed[change->old_end])
		change->old_end++;
	while (change->new_end < diff->new.n && diff->new.changed[change->new_end])
		change->new_end++;
	return change->old_end > i || change->new_end > j;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Changes with few lines between them are one hunk. */
static void
hunks_write(struct output *out, const struct diff *diff)
{
	struct stretch change, next;
	bool more = change_next(diff, 0, 0, &change);

	while (more) {
		struct stretch hunk = change;
		while ((more = change_next(diff, hunk.old_end, hunk.new_end, &next)) &&
		       next.old_first - hunk.old_end <= 2 * CONTEXT) {
			hunk.old_end = next.old_end;
			hunk.new_end = next.new_end;
		}
		size_t before = least(hunk.old_first, CONTEXT);
		size_t after = least(diff->old.n - hunk.old_end, CONTEXT);
		hunk.old_first -= before;
		hunk.new_first -= before;
		hunk.old_end += after;
		hunk.new_end += after;
		hunk_write(out, diff, hunk);
		change = next;
	}
}

/* A path from the root without ".", ".." and double slashes. */
static char *
path_plain(struct arena *arena, const char *path)
{
	char *plain = arena_alloc(arena, strlen(path) + 2);
	size_t len = 0;

	for (const char *end; *path; path = *end ? end + 1 : end) {
		size_t n = strcspn(path, "/");
		end = path + n;
		if (n == 2 && strncmp(path, "..", 2) == 0) {
			while (len > 0 && plain[--len] != '/')
				continue;
		} else if (n > 0 && !(n == 1 && *path == '.')) {
			plain[len++] = '/';
			memcpy(plain + len, path, n);
			len += n;
		}
	}
	plain[len] = '\0';
	return plain;
}

/* The name that a patch of a file applies by: below the current folder as it is,
 * elsewhere from the top of its git work tree, else the base name. */
static const char *
name_applied(struct arena *arena, const char *name)
{
	char here[4096];
	size_t depth;

	if ((name[0] != '/' && !strstr(name, "..")) || !getcwd(here, sizeof(here)))
		return name;
	const char *path = path_plain(arena, name[0] == '/' ? name
	                                                    : arena_format(arena, "%s/%s",
	                                                                   here, name));
	size_t len = strlen(here);
	if (strncmp(path, here, len) == 0 && path[len] == '/')
		return path + len + 1;
	for (depth = strlen(path); depth > 0; depth--)
		if (path[depth] == '/' &&
		    access(arena_format(arena, "%.*s/.git", (int)depth, path), F_OK) == 0)
			return path + depth + 1;
	const char *base = strrchr(path, '/');
	return base ? base + 1 : name;
}

void
patch_write(struct output *out, const char *name, struct text old, struct text new)
{
	struct arena arena = { 0 };
	struct names names = { .arena = &arena };
	struct diff diff = { .arena = &arena };

	if (text_equal(old, new))
		return;
	diff.old = side_of(&arena, &names, old);
	diff.new = side_of(&arena, &names, new);
	diff.tallies = arena_array(&arena, names.n, sizeof(*diff.tallies));
	stretch_tell(&diff, (struct stretch) { 0, diff.old.n, 0, diff.new.n }, 0);
	output_paint(out, PAINT_HEADING);
	name = name_applied(&arena, name);
	name_write(out, "---", "a/", name);
	name_write(out, "+++", "b/", name);
	output_paint(out, PAINT_NONE);
	hunks_write(out, &diff);
	arena_end(&arena);
}
