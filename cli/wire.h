#ifndef ACLC_CLI_WIRE_H
#define ACLC_CLI_WIRE_H

/*
 * The compiled answer as coordinators take it: one JSON object for each
 * machine, its members exactly those that the control plane sends a client
 * (spec/wire-format.md 1 and 5). Written straight into the output; texts that
 * machines share are made once.
 */

#include "cli/cli.h"

struct wire;

/* Where the lists of sources stand: SrcIPs of rules, principals of SSH rules. */
enum wire_lists {
	LISTS_INSIDE, /* in each rule, as the control plane sends it */
	LISTS_AHEAD,  /* once, each a line before the first node with a rule of it … */
	LISTS_BEHIND, /* … or in tables behind all nodes; rules have their numbers */
};

/* Compiles what a machine's object needs beside the unit's filter. control_url
 * is the coordinator's own address, NULL what stands for it. It lies in the
 * unit's arena; wire_end gives back what does not. */
struct wire *wire_make(struct unit *, const char *control_url, enum wire_lists);

void wire_end(struct wire *);

/* The object of one machine, without a line end; with LISTS_AHEAD, lines of lists
 * before it. */
void wire_write(struct wire *, struct output *, uint32_t machine);

/* With LISTS_BEHIND: the tables, as members of an object that follow others. */
void wire_write_lists(struct wire *, struct output *);

/* The app of a grant as a JSON object, values as the policy has them: names in
 * byte order, as Go writes a map, each once. */
struct text app_json(struct arena *, const struct tree *, const struct grant *);

#endif
