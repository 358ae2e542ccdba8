#ifndef ACLC_CLI_COMPILE_H
#define ACLC_CLI_COMPILE_H

/* What the formats of compile have in common. */

#include "cli/cli.h"

struct compile_options {
	struct strings nodes;
	const char *control_url;
	bool wide;
	bool shared;
	const char *from; /* of the format policy: the target that it was written for */
	unsigned lossy;   /* enum lossy */
};

/* What may be lost of a policy in another target's terms. */
enum lossy { LOSSY_NOTHING, LOSSY_NARROWER };

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

/* lower.c: writes the policy of that path in the target's own terms. */
enum status lower_main(struct run *, const char *path);

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
