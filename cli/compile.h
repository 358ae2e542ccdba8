#ifndef ACLC_CLI_COMPILE_H
#define ACLC_CLI_COMPILE_H

/* What the formats of compile have in common. */

#include "cli/cli.h"

struct compile_options {
	struct strings nodes;
	const char *control_url;
	bool wide;
};

/* The machines that are asked for, in the inventory's order. */
struct chosen {
	uint32_t *machines;
	size_t n;
};

/* A unit with a filter, and what of it to write. */
struct compilation {
	struct run *run;
	const struct compile_options *own;
	struct unit *unit;
	struct chosen chosen;
};

/* output_table.c: the tables of nodes, and of rules in the policy's terms. */
void nodes_table(struct compilation *);
void nodes_tsv(struct compilation *);
void terms_table(struct compilation *);
void terms_tsv(struct compilation *);

/* output_nodes.c: the documents. */
void nodes_json(struct compilation *);
void nodes_ndjson(struct compilation *);
void terms_json(struct compilation *);

#endif
