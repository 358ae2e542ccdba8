/* The flattened table: aligned for people, with tabs for scripts. */
#include "cli/compile.h"

#include "cli/layout.h"
#include "cli/rows.h"
#include "cli/terminal.h"

/* "laptop  n1  100.64.0.1, fd7a:115c:a1e0::1  tag:db" */
static void
machine_head(struct output *out, const struct tailnet *tailnet,
             const struct machine *machine)
{
	char text[RANGE_TEXT_MAX];

	output_paint(out, PAINT_HEADING);
	output_harmless(out, machine->name);
	output_paint(out, PAINT_NONE);
	output_string(out, "  ");
	output_harmless(out, machine->id);
	for (size_t i = 0; i < machine->n_addresses; i++) {
		address_write(machine->addresses[i], text);
		output_format(out, "%s%s", i > 0 ? ", " : "  ", text);
	}
	for (size_t i = 0; i < machine->n_tags; i++) {
		output_string(out, i > 0 ? ", " : "  ");
		output_harmless(out, tailnet->tags.texts[machine->tags[i]]);
	}
	if (machine->user != USER_NONE) {
		output_string(out, "  ");
		output_harmless(out, tailnet->users[machine->user].login);
	}
	output_char(out, '\n');
}

/* What is done with the rows of one machine. */
typedef void rows_use(struct compilation *, const struct machine *, const struct rows *,
                      struct layout *);

static void
rows_each(struct compilation *c, struct row_maker *maker, rows_use *use,
          struct layout *layout)
{
	struct arena scratch = { 0 };

	arena_alloc(&scratch, 1); /* a first block that stays */
	for (size_t i = 0; i < c->chosen.n && !c->run->out.error; i++) {
		struct arena_mark mark = arena_mark(&scratch);
		uint32_t machine = c->chosen.machines[i];
		struct rows rows = rows_of_machine(maker, &scratch, machine);
		progress_count(i, c->chosen.n);
		use(c, &c->unit->tailnet->machines[machine], &rows, layout);
		arena_reset(&scratch, mark);
	}
	arena_end(&scratch);
}

static void
use_measure(struct compilation *c, const struct machine *machine, const struct rows *rows,
            struct layout *layout)
{
	(void)machine;
	layout_measure(layout, &c->run->out, rows);
}

static void
use_table(struct compilation *c, const struct machine *machine, const struct rows *rows,
          struct layout *layout)
{
	struct output *out = &c->run->out;

	output_char(out, '\n');
	machine_head(out, c->unit->tailnet, machine);
	if (rows->n == 0)
		output_string(out, "  nothing may reach it\n");
	layout_rows(layout, out, rows);
}

static enum row_style
table_style(const struct compilation *c)
{
	return c->own->wide ? ROWS_NAMED : ROWS_FOLDED;
}

/* Measures the rows in a style; false where that does not fit on the page. */
static bool
nodes_measure(struct compilation *c, struct table *table, enum row_style style,
              struct row_maker **maker, struct layout *layout)
{
	*maker = rows_start(c->unit, table, style);
	layout_start(layout);
	rows_each(c, *maker, use_measure, layout);
	return layout_settle(layout, &c->run->out, c->own->wide);
}

void
nodes_table(struct compilation *c)
{
	struct table *table = table_make(&c->unit->arena, c->unit->filter);
	struct row_maker *maker;
	struct layout layout;

	progress_tell("laying out the table");
	if (!nodes_measure(c, table, table_style(c), &maker, &layout))
		nodes_measure(c, table, ROWS_BRIEF, &maker, &layout);
	layout_head(&layout, &c->run->out);
	rows_each(c, maker, use_table, &layout);
}

static void
tsv_origin(struct compilation *c, const struct grant *grant)
{
	struct output *out = &c->run->out;

	if (grant)
		output_format(out, "\t%s[%u]\t%u\n", section_name(grant->section),
		              (unsigned)grant->index,
		              (unsigned)grant_place(c->unit->policy, grant).line);
	else
		output_string(out, "\t\t\n");
}

/* Source to ports. */
static void
tsv_row(struct output *out, const struct row *row)
{
	for (size_t i = COLUMN_SRC; i < COLUMN_RULE; i++) {
		if (i > COLUMN_SRC)
			output_char(out, '\t');
		tsv_cell(out, &row->cells[i]);
	}
}

static void
use_tsv(struct compilation *c, const struct machine *machine, const struct rows *rows,
        struct layout *layout)
{
	struct output *out = &c->run->out;

	(void)layout;
	for (size_t i = 0; i < rows->n; i++) {
		tsv_text(out, machine->name);
		output_char(out, '\t');
		tsv_row(out, &rows->at[i]);
		tsv_origin(c, rows->at[i].grant);
	}
}

void
nodes_tsv(struct compilation *c)
{
	struct table *table = table_make(&c->unit->arena, c->unit->filter);
	struct row_maker *maker = rows_start(c->unit, table, ROWS_EXACT);

	output_string(&c->run->out,
	              "node\tsource\tdestination\tprotocol\tports\trule\tline\n");
	rows_each(c, maker, use_tsv, NULL);
}

/* Rows of all terms, one after the other. */
static struct rows
terms_rows(struct compilation *c, enum row_style style)
{
	struct arena *arena = &c->unit->arena;
	struct terms terms = terms_of(arena, c->unit->policy);
	struct rows all = { 0 };

	for (size_t i = 0; i < terms.n; i++)
		rows_join(&all, arena,
		          rows_of_term(arena, c->unit->policy, &terms.at[i], style));
	return all;
}

void
terms_table(struct compilation *c)
{
	struct rows rows = terms_rows(c, table_style(c));
	struct output *out = &c->run->out;
	struct layout layout;

	layout_start(&layout);
	layout_measure(&layout, out, &rows);
	layout_settle(&layout, out, c->own->wide);
	layout_head(&layout, out);
	if (rows.n == 0)
		output_string(out, "  nothing is allowed\n");
	layout_rows(&layout, out, &rows);
}

void
terms_tsv(struct compilation *c)
{
	struct output *out = &c->run->out;
	struct arena *arena = &c->unit->arena;
	struct terms terms = terms_of(arena, c->unit->policy);

	output_string(out, "source\tdestination\tprotocol\tports\tvia\tposture\t"
	                   "rule\tline\n");
	for (size_t i = 0; i < terms.n; i++) {
		const struct term *term = &terms.at[i];
		struct cell via = via_cell(arena, term->grant);
		struct cell postures = words_cell(arena, term->postures);
		struct rows rows = rows_of_term(arena, c->unit->policy, term, ROWS_EXACT);
		for (size_t k = 0; k < rows.n; k++) {
			tsv_row(out, &rows.at[k]);
			output_char(out, '\t');
			tsv_cell(out, &via);
			output_char(out, '\t');
			tsv_cell(out, &postures);
			tsv_origin(c, term->grant);
		}
	}
}
