/* What two policies differ in, for a comment on a pull request: the verdict first,
 * the rest in tables, no longer than a comment may be. Names come from strangers, and
 * are shown as code that nothing in them can end. */
#include "cli/diff.h"

#include <string.h>

#include "cli/report.h"
#include "cli/rows.h"

/* What GitHub takes, and what is kept for saying what was left out. */
#define COMMENT_MAX 65536
#define COMMENT_REST 512

/* So many rows stand in the open; more are folded away. */
#define OPEN_MAX 20

/* A comment being written: the pieces are made in memory, so that one that does not
 * fit any more is left out whole. */
struct remark {
	const struct differing *d;
	struct output *out;
	struct arena *arena;
	size_t n;          /* bytes written */
	size_t n_sections; /* that are still to come, this one among them */
	size_t end;        /* of this one: its share of the room */
	size_t left_out;   /* rows that did not fit; in this section … */
	size_t left_here;
};

static void
remark_put(struct remark *c, const char *text)
{
	output_string(c->out, text);
	c->n += strlen(text);
}

/* What a section does not need is left for those after it. */
static void
section_start(struct remark *c)
{
	size_t room = c->n < COMMENT_MAX ? COMMENT_MAX - c->n : 0;

	c->end = c->n + room / c->n_sections--;
	c->left_here = 0;
}

/* What did not fit, and the end of what is folded. */
static void
section_end(struct remark *c, bool folded)
{
	if (c->left_here > 0)
		remark_put(c,
		           arena_format(c->arena, "\n... and %zu more.\n", c->left_here));
	if (folded)
		remark_put(c, "\n</details>\n");
}

/* A row, if it fits. */
static void
remark_row(struct remark *c, const char *row)
{
	if (c->n + strlen(row) + COMMENT_REST > c->end || c->left_here > 0) {
		c->left_here++;
		c->left_out++;
	} else {
		remark_put(c, row);
	}
}

static size_t
longest_run(struct text text, char mark)
{
	size_t longest = 0, run = 0;

	for (size_t i = 0; i < text.len; i++) {
		run = text.at[i] == mark ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	return longest;
}

/* A text as code: in more backticks than it has in a row, bars escaped for tables. */
static const char *
code_text(struct arena *arena, struct text text)
{
	struct text harmless = report_harmless(arena, text);
	size_t fence = longest_run(harmless, '`') + 1;
	bool apart = fence > 1;
	char *code = arena_alloc(arena, 2 * harmless.len + 2 * fence + 4), *at = code;

	memset(at, '`', fence);
	at += fence;
	if (apart)
		*at++ = ' ';
	for (size_t i = 0; i < harmless.len; i++) {
		if (harmless.at[i] == '|')
			*at++ = '\\';
		*at++ = harmless.at[i];
	}
	if (apart)
		*at++ = ' ';
	memset(at, '`', fence);
	return code;
}

static const char *
codes_text(const struct remark *c, struct arena *arena, const struct text *all, size_t n)
{
	const struct text *texts = names_shown(arena, c->d, all, &n);
	char *joined = arena_copy(arena, "", 0);

	for (size_t i = 0; i < n; i++)
		joined = arena_format(arena, "%s%s%s", joined, i ? "<br>" : "",
		                      code_text(arena, texts[i]));
	return joined;
}

/* Plain sentences have names in them: all of it is shown harmless, and what Markdown
 * would make something of is escaped. */
static const char *
prose_text(struct arena *arena, const char *text)
{
	struct text harmless = report_harmless(arena, text_of(text));
	char *prose = arena_alloc(arena, 2 * harmless.len + 1), *at = prose;

	for (size_t i = 0; i < harmless.len; i++) {
		if (strchr("\\`*_{}[]<>()#+!|~@&", harmless.at[i]))
			*at++ = '\\';
		*at++ = harmless.at[i];
	}
	return prose;
}

static const char *
who_text(const struct remark *c, struct arena *arena, const struct diff_access *a)
{
	const char *who = codes_text(c, arena, a->src, a->n_src);

	if (a->partly)
		who = arena_format(arena, "in part: %s", who);
	if (a->n_postures == 0)
		return who;
	return arena_format(arena, "%s with %s", who,
	                    codes_text(c, arena, a->postures, a->n_postures));
}

static const char *
on_text(const struct remark *c, struct arena *arena, const struct diff_access *a)
{
	const char *on =
		a->n_ip_but > 0
			? arena_format(arena, "`*` except %s",
	                               codes_text(c, arena, a->ip_but, a->n_ip_but))
			: codes_text(c, arena, a->ip, a->n_ip);

	if (a->n_via == 0)
		return on;
	return arena_format(arena, "%s via %s", on,
	                    codes_text(c, arena, a->via, a->n_via));
}

static const char *
by_text(const struct remark *c, struct arena *arena, enum diff_side side,
        const struct grant *grant)
{
	if (!grant)
		return "no `acls` and no `grants`";
	struct place place =
		source_place(c->d->sides[side].unit.source, grant->node->span.first);
	return arena_format(arena, "`%s`, line %u", grant_path(arena, grant),
	                    (unsigned)place.line);
}

static void
access_row(struct remark *c, enum diff_side side, const struct diff_access *a)
{
	struct arena scratch = { 0 };
	const char *row = arena_format(&scratch, "| %s | %s | %s | %s |\n",
	                               who_text(c, &scratch, a),
	                               codes_text(c, &scratch, a->dst, a->n_dst),
	                               on_text(c, &scratch, a),
	                               by_text(c, &scratch, side, a->grant));

	remark_row(c, row);
	arena_end(&scratch);
}

static void
table_open(struct remark *c, bool folded, const char *what, size_t n)
{
	if (folded)
		remark_put(c, arena_format(c->arena,
		                           "<details><summary>%zu more %s</summary>\n\n",
		                           n, what));
	remark_put(c, "| who | reaches | on | by |\n|---|---|---|---|\n");
}

static void
accesses_table(struct remark *c, enum diff_side side, const struct diff_accesses *list,
               const char *heading, const char *what)
{
	bool folded = false;

	if (list->n == 0)
		return;
	section_start(c);
	remark_put(c, arena_format(c->arena, "\n### %s\n\n", heading));
	table_open(c, false, what, list->n);
	for (size_t i = 0; i < list->n; i++) {
		if (i == OPEN_MAX && c->left_here == 0) {
			remark_put(c, "\n");
			table_open(c, true, what, list->n - i);
			folded = true;
		}
		access_row(c, side, &list->at[i]);
	}
	section_end(c, folded);
}

static const char *const MARKS[] = {
	[EFFECT_OTHER] = "changed",
	[EFFECT_GAINED] = "gained",
	[EFFECT_LOST] = "lost",
	[EFFECT_BOTH] = "changed",
};

static void
changes_list(struct remark *c, const struct diff_change *changes, size_t n,
             const char *heading)
{
	if (n == 0)
		return;
	section_start(c);
	remark_put(c, arena_format(c->arena, "\n<details><summary>%s: %zu</summary>\n\n",
	                           heading, n));
	for (size_t i = 0; i < n; i++) {
		struct arena scratch = { 0 };
		remark_row(c, arena_format(&scratch, "- **%s** %s: %s\n",
		                           MARKS[changes[i].effect],
		                           section_name(changes[i].section),
		                           prose_text(&scratch, changes[i].what)));
		arena_end(&scratch);
	}
	section_end(c, true);
}

/* Why two targets make two policies of one text. */
static void
readings_list(struct remark *c)
{
	const struct diff *diff = c->d->any;

	if (diff->n_readings == 0)
		return;
	section_start(c);
	remark_put(c, arena_format(c->arena,
	                           "\n<details><summary>Why the coordinators differ: "
	                           "%zu</summary>\n\n",
	                           diff->n_readings));
	for (size_t i = 0; i < diff->n_readings; i++) {
		struct arena scratch = { 0 };
		remark_row(c, arena_format(&scratch, "- **%s** %s\n",
		                           MARKS[diff->readings[i].effect],
		                           prose_text(&scratch, diff->readings[i].what)));
		arena_end(&scratch);
	}
	section_end(c, true);
}

static void
verdict_put(struct remark *c)
{
	const struct differing *d = c->d;
	const char *verdict = differing_verdict(d);
	char first = verdict[0] >= 'a' ? (char)(verdict[0] - 'a' + 'A') : verdict[0];

	if (d->sides[DIFF_OLD].target != d->sides[DIFF_NEW].target)
		remark_put(c, arena_format(c->arena, "From %s to %s: ",
		                           target_name(d->sides[DIFF_OLD].target),
		                           target_name(d->sides[DIFF_NEW].target)));
	remark_put(c, arena_format(c->arena, "**%c%s**", first, verdict + 1));
	if (differing_is_empty(d))
		remark_put(c, arena_format(c->arena, "%s.\n", same_text(d)));
	else
		remark_put(c, arena_format(c->arena, ": %s.\n", sums_text(c->arena, d)));
}

/* A sentence on a line of its own. */
static void
sentence_put(struct remark *c, const char *text)
{
	if (text)
		remark_put(c, arena_format(c->arena, "%c%s.\n", text[0] - 'a' + 'A',
		                           text + 1));
}

void
diff_markdown(const struct differing *d, struct output *out)
{
	struct arena arena = { 0 };
	struct remark c = { .d = d, .out = out, .arena = &arena };
	const struct diff *access = is_on_paper(d) ? d->any : differing_access(d);
	const char *const headings[2][2] = { { "Lost", "Gained" },
		                             { "Lost on paper", "Gained on paper" } };
	const char *const *heading = headings[is_on_paper(d)];
	const struct diff_accesses *guests_gained = guests_access(d, DIFF_NEW);
	const struct diff_accesses *guests_lost = guests_access(d, DIFF_OLD);
	const size_t lists[] = { access->gained.n,  access->lost.n,    guests_gained->n,
		                 guests_lost->n,    d->any->n_changes, d->any->n_notes,
		                 d->any->n_readings };

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		c.n_sections += lists[i] > 0;
	verdict_put(&c);
	if (d->here) {
		sentence_put(&c, tailnet_text(&arena, d, DIFF_NEW));
		sentence_put(&c, tailnet_text(&arena, d, DIFF_OLD));
		sentence_put(&c, paper_text(&arena, d));
	}
	accesses_table(&c, DIFF_NEW, &access->gained, heading[DIFF_NEW], "gained");
	accesses_table(&c, DIFF_OLD, &access->lost, heading[DIFF_OLD], "lost");
	accesses_table(&c, DIFF_NEW, guests_gained, "Gained, if those named are guests",
	               "gained");
	accesses_table(&c, DIFF_OLD, guests_lost, "Lost, if those named are guests",
	               "lost");
	changes_list(&c, d->any->changes, d->any->n_changes, "Otherwise changed");
	changes_list(&c, d->any->notes, d->any->n_notes, "Edited, without an effect");
	readings_list(&c);
	size_t n_partly = access->gained.n_partly + access->lost.n_partly;
	if (n_partly > 0)
		remark_put(&c,
		           arena_format(&arena,
		                        "\n%zu of these rows %s so in part, and would "
		                        "take too many else: `aclc diff --all` tells "
		                        "all.\n",
		                        n_partly, n_partly == 1 ? "is" : "are"));
	if (c.left_out > 0)
		remark_put(&c, arena_format(&arena,
		                            "\n%zu rows were left out, a comment holds "
		                            "no more: `aclc diff --all` shows them.\n",
		                            c.left_out));
	arena_end(&arena);
}
