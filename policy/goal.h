#ifndef ACLC_POLICY_GOAL_H
#define ACLC_POLICY_GOAL_H

/*
 * A goal is a distinct destination of a filter's rules, with the machines that
 * serve it and the rules that lead there. Each goal is pushed to its servers
 * once, however many rules share it: a machine's table is put together from its
 * goals, so nothing is asked of machines × rules.
 */

#include <stddef.h>
#include <stdint.h>

#include "policy/filter.h"
#include "policy/numbers.h"
#include "policy/spell.h"

enum goal_kind {
	GOAL_NETWORK,  /* packets: addresses, and subnets of routers */
	GOAL_VIA,      /* packets by way of the routers with a tag */
	GOAL_APP,      /* capabilities: a machine's own addresses alone */
	GOAL_SELF,     /* packets between one owner's machines */
	GOAL_SELF_APP, /* capabilities between them */
};

struct goal {
	enum goal_kind kind;
	/* The destination; of self goals, the source. Of a flat dialect it has its
	 * addresses as literals, whoever they are. */
	const struct party *party;
	const struct grant *grant; /* of GOAL_VIA */
	const struct set *servers;
	struct numbers rules;      /* that lead here, ascending; no shadows */
	struct text *literals;     /* the text of each literal of the party */
	struct ranges covered;     /* by the literals together */
	const struct set *sources; /* of self goals: who may come, of any owner */
};

/* Lists of numbers by machine, in one piece. */
struct rows {
	uint32_t *start; /* machines + 1 of them */
	uint32_t *at;
};

struct goals {
	struct goal *at;
	size_t n, cap;
	uint32_t *of_rule;
	struct rows served; /* by machine: the goals it serves */
};

/* Finds the goals of a filter and who serves them. */
struct goals *goals_make(struct arena *, struct filter *);

/* The sets as rows: for each of n_machines, the numbers of the sets that hold it. */
struct rows rows_of_sets(struct arena *, const struct set *const *, size_t n,
                         size_t n_machines);

/*
 * The addresses under which a server serves a goal, in the order and spelling
 * of DstPorts (spec/semantics.md section 1 and step 2.8), or of Dsts for
 * capabilities. In scratch, or the spelling's; *n gets their count.
 */
const struct text *goal_items(const struct goal *, const struct filter *,
                              const struct spelling *, struct arena *scratch,
                              uint32_t machine, size_t *n);

#endif
