#ifndef ACLC_CLI_ROWS_H
#define ACLC_CLI_ROWS_H

/* The flattened table as rows of cells: of one machine's wire rules, or of the
 * policy's own terms. How they are laid out is layout.c's. */

#include "cli/cli.h"
#include "policy/table.h"
#include "policy/terms.h"

enum column {
	COLUMN_SRC,
	COLUMN_DST,
	COLUMN_PROTOCOL,
	COLUMN_PORTS, /* of app rules: the capabilities */
	COLUMN_RULE,  /* "line 12", "acls[0]" */
	COLUMN_N,
};

struct cell {
	const struct text *items;
	size_t n;    /* those listed */
	size_t more; /* those left out */
};

struct row {
	struct cell cells[COLUMN_N];
	const struct grant *grant; /* NULL where acls and grants are both missing */
};

struct rows {
	struct row *at;
	size_t n, cap;
};

/* How cells are filled. */
enum row_style {
	ROWS_EXACT,  /* every address, as sent to the client */
	ROWS_NAMED,  /* machines by name where all of their addresses are meant */
	ROWS_FOLDED, /* the same, and of long lists the start */
	ROWS_BRIEF,  /* the same, and the machines without an address */
};

struct row_maker;

/* Rows of the machines of a table, in the unit's arena. */
struct row_maker *rows_start(struct unit *, struct table *, enum row_style);

/* The rows of one machine, in scratch, in the order of its wire rules; of one that
 * several grants went into, each grant's by themselves. */
struct rows rows_of_machine(struct row_maker *, struct arena *scratch, uint32_t machine);

/* The rows of a rule in the policy's own terms. */
struct rows rows_of_term(struct arena *, const struct policy *, const struct term *,
                         enum row_style);

/* The lists that go with a term, as cells: its own; the via of its grant (none
 * without a grant); names of postures (NULL: none). */
struct cell terms_cell(const struct term_list *);
struct cell via_cell(struct arena *, const struct grant *);
struct cell words_cell(struct arena *, const struct words *);

/* Adds rows to rows. */
void rows_join(struct rows *, struct arena *, struct rows more);

/* "acls[0]", in the arena. */
const char *grant_path(struct arena *, const struct grant *);

/* Where a grant stands in its file. */
struct place grant_place(const struct policy *, const struct grant *);

#endif
