/* What two policies differ in, for people. */
#include "cli/diff.h"

#include <string.h>

#include "cli/rows.h"

/* So many lines are shown of each list, unless all are asked for. */
#define SHOWN_MAX 40

/* Where lines are broken that go to no terminal. */
#define PAGE_WIDTH 100

/* A paragraph that breaks between words. */
struct page {
	struct output *out;
	size_t width, column, indent;
};

static struct page
page_start(struct output *out)
{
	return (struct page) { out, out->width ? out->width : PAGE_WIDTH, 0, 6 };
}

/* Whether a runner would take a line that starts so for a command. */
static bool
is_command(const struct output *out, struct text start)
{
	return out->guarded && text_starts(start, "::");
}

/* A word that stays in one piece, after a blank or on a line of its own. */
static void
page_word(struct page *page, struct text word)
{
	size_t width = harmless_width(page->out, word);

	if (page->column > page->indent && page->column + 1 + width > page->width &&
	    !is_command(page->out, word)) {
		output_char(page->out, '\n');
		output_repeat(page->out, ' ', page->indent);
		page->column = page->indent;
	} else if (page->column > 0) {
		output_char(page->out, ' ');
		page->column++;
	}
	output_harmless(page->out, word);
	page->column += width;
}

/* Words between blanks. */
static void
page_words(struct page *page, struct text text)
{
	while (text.len > 0) {
		size_t n = text_find(text, ' ');
		if (n > 0)
			page_word(page, (struct text) { text.at, n });
		text = text_from(text, n < text.len ? n + 1 : n);
	}
}

static void
page_end(struct page *page)
{
	output_char(page->out, '\n');
	page->column = 0;
}

/* So many names are shown of a list, and exceptions of a name, unless all are asked
 * for. */
#define NAMES_MAX 24

/* "X except A, B and 5162 more". */
static struct text
name_cut(struct arena *arena, struct text name)
{
	size_t at = 0, end = 0, n = 1;

	for (; at < name.len; at++) {
		if (name.at[at] != ',')
			continue;
		end = n == NAMES_MAX ? at : end;
		n++;
	}
	if (n <= NAMES_MAX + 1)
		return name;
	return text_of(arena_format(arena, "%.*s and %zu more", (int)end, name.at,
	                            n - NAMES_MAX));
}

struct text *
names_shown(struct arena *arena, const struct differing *d, const struct text *names,
            size_t *n)
{
	size_t shown = *n > NAMES_MAX + 1 && !d->own->all ? NAMES_MAX : *n;
	struct text *list = arena_array(arena, shown + 1, sizeof(*list));

	for (size_t i = 0; i < shown; i++)
		list[i] = d->own->all ? names[i] : name_cut(arena, names[i]);
	if (shown < *n) {
		list[shown] = text_of(arena_format(arena, "%zu more", *n - shown));
		*n = shown + 1;
	}
	return list;
}

/* Names after each other: with semicolons where one has commas in it. */
static void
page_names(struct page *page, const struct differing *d, struct arena *arena,
           const struct text *all, size_t n)
{
	const struct text *names = names_shown(arena, d, all, &n);
	const char *mark = ",";

	for (size_t i = 0; i < n; i++)
		if (text_find(names[i], ',') < names[i].len)
			mark = ";";
	for (size_t i = 0; i < n; i++)
		page_words(page, text_of(arena_format(arena, "%.*s%s", TEXT_ARG(names[i]),
		                                      i + 1 < n ? mark : "")));
}

/* What a side is called, where a line may start with it. */
static void
name_write(struct output *out, const char *name)
{
	struct text text = text_of(name);

	if (is_command(out, text))
		output_string(out, "./");
	output_harmless(out, text);
}

/* "grants[2], new.hujson:31:5". */
static void
origin_write(const struct differing *d, struct output *out, struct arena *arena,
             enum diff_side side, const struct grant *grant)
{
	struct source *source = d->sides[side].unit.source;

	if (!grant) {
		output_string(out, "without acls and grants everything is allowed");
		return;
	}
	struct place place = source_place(source, grant->node->span.first);
	output_string(out, grant_path(arena, grant));
	output_string(out, ", ");
	output_harmless(out, text_of(side_place(d, side)));
	output_format(out, ":%u:%u", (unsigned)place.line, (unsigned)place.column);
}

static const char *
plural(uint32_t n)
{
	return n == 1 ? "" : "s";
}

/* "3 people and 2 tagged machines", who have something with 12 machines. */
static const char *
people_text(struct arena *arena, uint32_t people, uint32_t tagged)
{
	const char *persons = people == 1 ? "person" : "people";

	if (tagged == 0)
		return arena_format(arena, "%u %s", (unsigned)people, persons);
	if (people == 0)
		return arena_format(arena, "%u tagged machine%s", (unsigned)tagged,
		                    plural(tagged));
	return arena_format(arena, "%u %s and %u tagged machine%s", (unsigned)people,
	                    persons, (unsigned)tagged, plural(tagged));
}

/* "10 people and 20 tagged machines, to 26 machines". */
static void
counts_write(struct output *out, struct arena *arena, const struct diff_access *a)
{
	if (a->n_people + a->n_tagged == 0)
		return;
	output_format(out, "      %s", people_text(arena, a->n_people, a->n_tagged));
	if (a->n_machines > 0)
		output_format(out, ", to %u machine%s", (unsigned)a->n_machines,
		              plural(a->n_machines));
	output_char(out, '\n');
}

/* A rule on one line, or as much of it as goes there. */
static struct text
rule_text(struct arena *arena, const struct tree *tree, const struct grant *grant)
{
	struct text text = hujson_minimize(arena, tree, grant->node);
	size_t n = PAGE_WIDTH - sizeof("...");

	if (text.len < PAGE_WIDTH)
		return text;
	while (n > 0 && ((unsigned char)text.at[n] & 0xC0) == 0x80)
		n--;
	return text_of(arena_format(arena, "%.*s...", (int)n, text.at));
}

/* A rule with more lines than this is shown itself. */
#define LINES_PLAIN 3

/* The rule that some lines are about. */
static void
rule_write(const struct differing *d, struct output *out, struct arena *arena,
           enum diff_side side, const struct diff_access *lines, size_t n)
{
	const struct grant *grant = lines->grant;
	size_t same = 1;

	while (same < n && lines[same].grant == grant)
		same++;
	output_string(out, "  ");
	output_paint(out, PAINT_FAINT);
	origin_write(d, out, arena, side, grant);
	output_char(out, '\n');
	if (grant && same > LINES_PLAIN) {
		const struct tree *tree = d->sides[side].unit.tree;
		output_string(out, "  ");
		output_harmless(out, rule_text(arena, tree, grant));
		output_char(out, '\n');
	}
	output_paint(out, PAINT_NONE);
}

/* Who is concerned, and what shows it. */
static void
access_foot(const struct differing *d, struct output *out, struct arena *arena,
            const struct diff *diff, enum diff_side side, const struct diff_access *a)
{
	const char *command = witness_command(arena, d, diff, side, a);

	output_paint(out, PAINT_FAINT);
	counts_write(out, arena, a);
	if (command) {
		output_string(out, "      ");
		output_harmless(out, text_of(command));
		output_char(out, '\n');
	}
	output_paint(out, PAINT_NONE);
}

/* "+ group:eng -> tag:db on tcp:5432 via tag:gate". */
static void
access_write(const struct differing *d, struct output *out, struct arena *arena,
             const struct diff *diff, enum diff_side side, const struct diff_access *a)
{
	struct page page = page_start(out);

	output_string(out, "  ");
	output_paint(out, side == DIFF_NEW ? PAINT_ADDED : PAINT_REMOVED);
	page.column = 1;
	page_word(&page, text_of(side == DIFF_NEW ? "+" : "-"));
	if (a->partly)
		page_words(&page, text_of("in part:"));
	page_names(&page, d, arena, a->src, a->n_src);
	if (a->n_postures > 0) {
		page_words(&page, text_of("with"));
		page_names(&page, d, arena, a->postures, a->n_postures);
	}
	page_words(&page, text_of("->"));
	page_names(&page, d, arena, a->dst, a->n_dst);
	page_words(&page, text_of(a->n_ip_but > 0 ? "on * except" : "on"));
	if (a->n_ip_but > 0)
		page_names(&page, d, arena, a->ip_but, a->n_ip_but);
	else
		page_names(&page, d, arena, a->ip, a->n_ip);
	if (a->n_via > 0) {
		page_words(&page, text_of("via"));
		page_names(&page, d, arena, a->via, a->n_via);
	}
	output_paint(out, PAINT_NONE);
	page_end(&page);
	access_foot(d, out, arena, diff, side, a);
}

static void
heading_write(struct output *out, const char *heading)
{
	output_char(out, '\n');
	output_paint(out, PAINT_HEADING);
	output_string(out, heading);
	output_paint(out, PAINT_NONE);
	output_char(out, '\n');
}

static void
more_write(struct output *out, size_t n)
{
	if (n > 0)
		output_format(out, "  ... and %zu more; --all shows them\n", n);
}

static void
partly_write(struct output *out, size_t n)
{
	if (n > 0)
		output_format(out,
		              "  %zu %s told in part, which would take too many lines; "
		              "--all tells all\n",
		              n, n == 1 ? "rule is" : "rules are");
}

static size_t
shown_of(const struct differing *d, size_t n)
{
	return n > SHOWN_MAX && !d->own->all ? SHOWN_MAX : n;
}

static void
accesses_write(const struct differing *d, struct output *out, enum diff_side side,
               const struct diff *diff, const char *heading)
{
	const struct diff_accesses *list = accesses_of(diff, side);
	size_t shown = shown_of(d, list->n);

	if (list->n == 0)
		return;
	heading_write(out, heading);
	for (size_t i = 0; i < shown; i++) {
		struct arena scratch = { 0 };
		if (i == 0 || list->at[i].grant != list->at[i - 1].grant)
			rule_write(d, out, &scratch, side, &list->at[i], list->n - i);
		access_write(d, out, &scratch, diff, side, &list->at[i]);
		arena_end(&scratch);
	}
	more_write(out, list->n - shown);
	partly_write(out, list->n_partly);
}

static const struct {
	enum paint paint;
	const char *mark;
} effects[] = {
	[EFFECT_OTHER] = { PAINT_NONE, "~" },
	[EFFECT_GAINED] = { PAINT_ADDED, "+" },
	[EFFECT_LOST] = { PAINT_REMOVED, "-" },
	[EFFECT_BOTH] = { PAINT_HUNK, "~" },
};

static void
mark_write(struct page *page, enum diff_effect effect)
{
	output_string(page->out, "  ");
	page->column = 1;
	output_paint(page->out, effects[effect].paint);
	page_word(page, text_of(effects[effect].mark));
	output_paint(page->out, PAINT_NONE);
}

/* Where something stands; a span of length 0 stands nowhere. */
static void
place_write(const struct differing *d, struct output *out, enum diff_side side,
            struct span span)
{
	if (span.end == 0)
		return;
	struct place place = source_place(d->sides[side].unit.source, span.first);
	output_paint(out, PAINT_FAINT);
	output_string(out, "      ");
	name_write(out, side_place(d, side));
	output_format(out, ":%u:%u\n", (unsigned)place.line, (unsigned)place.column);
	output_paint(out, PAINT_NONE);
}

static void
changes_write(const struct differing *d, struct output *out,
              const struct diff_change *changes, size_t n, const char *heading)
{
	size_t shown = shown_of(d, n);

	if (n == 0)
		return;
	heading_write(out, heading);
	for (size_t i = 0; i < shown; i++) {
		struct page page = page_start(out);
		mark_write(&page, changes[i].effect);
		page_word(&page, text_of(section_name(changes[i].section)));
		output_char(out, ':');
		page.column++;
		page_words(&page, text_of(changes[i].what));
		page_end(&page);
		bool after = changes[i].new_span.end > 0;
		place_write(d, out, after ? DIFF_NEW : DIFF_OLD,
		            after ? changes[i].new_span : changes[i].old_span);
	}
	more_write(out, n - shown);
}

/* Why two targets make two policies of one text. */
static void
readings_write(const struct differing *d, struct output *out)
{
	if (d->any->n_readings > 0)
		heading_write(out, "why the coordinators differ");
	for (size_t i = 0; i < d->any->n_readings; i++) {
		const struct diff_reading *reading = &d->any->readings[i];
		struct page page = page_start(out);
		mark_write(&page, reading->effect);
		page_words(&page, text_of(reading->what));
		page_end(&page);
		place_write(d, out, reading->side, reading->span);
	}
}

static enum paint
verdict_paint(const struct differing *d)
{
	if (differing_is_empty(d))
		return PAINT_GOOD;
	if (differing_access(d)->gained.n > 0 || diff_gains_beside(d->any))
		return PAINT_ERROR;
	return PAINT_HEADING;
}

/* "old.hujson -> new.hujson"; git asks about one name, unless it was changed. */
static void
names_write(const struct differing *d, struct output *out)
{
	const char *old = side_place(d, DIFF_OLD), *new = side_place(d, DIFF_NEW);
	bool in_git = differing_in_git(d);

	output_paint(out, PAINT_HEADING);
	if (d->one) {
		name_write(out, old);
		output_format(out, ", %s -> %s", target_name(d->sides[DIFF_OLD].target),
		              target_name(d->sides[DIFF_NEW].target));
	} else {
		name_write(out, in_git ? old : side_name(d, DIFF_OLD));
		if (!in_git || strcmp(old, new) != 0) {
			output_string(out, " -> ");
			name_write(out, in_git ? new : side_name(d, DIFF_NEW));
		}
	}
	output_paint(out, PAINT_NONE);
	output_string(out, ": ");
}

static bool
texts_are_equal(const struct differing *d)
{
	return text_equal(d->sides[DIFF_OLD].bytes, d->sides[DIFF_NEW].bytes);
}

const char *
sums_text(struct arena *arena, const struct differing *d)
{
	const struct diff *access = differing_access(d);
	const size_t n[3] = { access->gained.n, access->lost.n, d->any->n_changes };
	static const char *const what[3] = { "gained", "lost", "otherwise changed" };
	const char *sums = "";

	for (int i = 0; i < 3; i++)
		if (n[i] > 0)
			sums = arena_format(arena, "%s%s%zu %s", sums, *sums ? ", " : "",
			                    n[i], what[i]);
	return sums;
}

const char *
same_text(const struct differing *d)
{
	if (texts_are_equal(d) && !d->one)
		return ", to the letter";
	if (d->here && d->any->gained.n + d->any->lost.n > 0)
		return d->one ? " there for this tailnet" : " for this tailnet";
	if (d->guests)
		return ", unless those named are guests";
	return d->one ? " there" : "; the text differs, its meaning does not";
}

static void
verdict_write(const struct differing *d, struct output *out)
{
	struct arena scratch = { 0 };

	names_write(d, out);
	output_paint(out, verdict_paint(d));
	output_string(out, differing_verdict(d));
	output_paint(out, PAINT_NONE);
	if (differing_is_empty(d))
		output_string(out, same_text(d));
	else
		output_format(out, " (%s)", sums_text(&scratch, d));
	output_char(out, '\n');
	arena_end(&scratch);
}

const char *
tailnet_text(struct arena *arena, const struct differing *d, enum diff_side side)
{
	const struct diff_accesses *list = accesses_of(d->here, side);

	if (list->n == 0)
		return NULL;
	return arena_format(arena, "in this tailnet %s %s%s something on %u machine%s",
	                    people_text(arena, list->n_people, list->n_tagged),
	                    side == DIFF_NEW ? "gain" : "lose",
	                    list->n_people + list->n_tagged == 1 ? "s" : "",
	                    (unsigned)list->n_machines, plural(list->n_machines));
}

bool
is_on_paper(const struct differing *d)
{
	return d->here && d->here->gained.n + d->here->lost.n == 0 &&
	       d->any->gained.n + d->any->lost.n > 0;
}

const char *
paper_text(struct arena *arena, const struct differing *d)
{
	size_t gained = d->any->gained.n, lost = d->any->lost.n;

	if (gained + lost == 0)
		return NULL;
	return arena_format(arena, "on paper, for any tailnet: %zu gained, %zu lost%s",
	                    gained, lost,
	                    is_on_paper(d) ? "; no machine of this one is affected today"
	                                   : "");
}

/* What the inventories say. */
static void
tailnet_write(const struct differing *d, struct output *out)
{
	struct arena scratch = { 0 };
	const char *const lines[] = {
		tailnet_text(&scratch, d, DIFF_NEW),
		tailnet_text(&scratch, d, DIFF_OLD),
		paper_text(&scratch, d),
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		if (lines[i])
			output_format(out, "%s\n", lines[i]);
	arena_end(&scratch);
}

void
diff_text(const struct differing *d, struct output *out)
{
	const struct diff *access = differing_access(d);

	verdict_write(d, out);
	if (d->here)
		tailnet_write(d, out);
	accesses_write(d, out, DIFF_NEW, access, "gained");
	accesses_write(d, out, DIFF_OLD, access, "lost");
	if (is_on_paper(d)) {
		accesses_write(d, out, DIFF_NEW, d->any, "gained on paper");
		accesses_write(d, out, DIFF_OLD, d->any, "lost on paper");
	}
	if (guests_access(d, DIFF_NEW)->n > 0)
		accesses_write(d, out, DIFF_NEW, d->guests,
		               "gained, if those named are guests");
	if (guests_access(d, DIFF_OLD)->n > 0)
		accesses_write(d, out, DIFF_OLD, d->guests,
		               "lost, if those named are guests");
	changes_write(d, out, d->any->changes, d->any->n_changes, "otherwise changed");
	changes_write(d, out, d->any->notes, d->any->n_notes,
	              "edited, without an effect");
	readings_write(d, out);
}
