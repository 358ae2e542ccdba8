#ifndef ACLC_CLI_LAYOUT_H
#define ACLC_CLI_LAYOUT_H

/* Rows laid out: in columns for people, or with tabs for scripts. */

#include "cli/output.h"
#include "cli/rows.h"

/* The columns of a table, in columns of the page. */
struct layout {
	size_t natural[COLUMN_N]; /* the widest cell on one line */
	size_t item[COLUMN_N];    /* the widest item of any cell */
	size_t width[COLUMN_N];   /* as settled */
};

/* Room for the headings. */
void layout_start(struct layout *);

/* Widens what the rows need. */
void layout_measure(struct layout *, const struct output *, const struct rows *);

/* Fits the columns on the page; each as wide as it likes when wide. false: they
 * stick out even so. */
bool layout_settle(struct layout *, const struct output *, bool wide);

/* The line of headings. */
void layout_head(const struct layout *, struct output *);

void layout_rows(const struct layout *, struct output *, const struct rows *);

/* A cell for scripts: its items with commas between them; backslashes, tabs, line
 * ends and what else is no character are escaped: \\, \t, \n, \x1b. */
void tsv_cell(struct output *, const struct cell *);

void tsv_text(struct output *, struct text);

#endif
