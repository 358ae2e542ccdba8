#ifndef ACLC_POLICY_DIFF_H
#define ACLC_POLICY_DIFF_H

/*
 * What a change of policy means: who gains and who loses which access, told in
 * the policies' own words, and everything else that the one says and the other
 * does not. Exact: what may flow by the one policy and not by the other is told
 * wholly, and nothing else (policy/cut.h says what is held equal).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/cut.h"
#include "policy/filter.h"

enum diff_side { DIFF_OLD, DIFF_NEW };

/* One policy with the tailnet that it is for. */
struct diff_party {
	const struct policy *policy;
	struct tailnet *tailnet;
};

/*
 * Access that one side allows and the other does not: each src to each dst with
 * each ip. A name is a word of the side's policy, or "X except Y, Z" where no
 * word says it alone; as a destination, "X except autogroup:self" are the
 * machines of X that are not the source's owner's.
 */
struct diff_access {
	const struct text *src, *dst, *ip; /* ip as in a grant: "tcp:5432", "22", "*" */
	size_t n_src, n_dst, n_ip;
	bool partly;               /* only some of it: see diff_make */
	const struct text *ip_but; /* the same said shorter: all ports but these … */
	size_t n_ip_but;           /* … 0: it would not be */
	/* Words of the side's policy that say more: the source satisfies one of
	 * these postures, the router has one of these tags. */
	const struct text *postures, *via;
	size_t n_postures, n_via;
	const struct grant
		*grant;          /* that gives or gave it; NULL: open (policy_is_open) */
	struct cut_flow witness; /* one flow of it … */
	bool both;               /* … which tcp and udp may both have */
	bool checkable; /* its ends are such that a policy can be asked about them */
	/* With an inventory: the people with such machines, and machines without
	 * an owner, that gain or lose it; the machines they reach. */
	uint32_t n_people, n_tagged, n_machines;
};

/* What a change does, beside being one. */
enum diff_effect {
	EFFECT_OTHER,  /* neither more nor less */
	EFFECT_GAINED, /* something more is possible */
	EFFECT_LOST,
	EFFECT_BOTH,
};

/* Anything else that changed, in one sentence. */
struct diff_change {
	enum section section;
	enum diff_effect effect;
	const char *what;
	/* Where it stands; a span of length 0 where it does not. */
	struct span old_span, new_span;
};

/* What one of the two targets ignores or reads differently, and the other does not: a
 * reason for what is told. */
struct diff_reading {
	enum target target;
	enum feature feature;
	enum diff_side side; /* in whose policy … */
	struct span span;    /* … it stands */
	enum diff_effect effect;
	const char *what; /* in one sentence */
};

struct diff_accesses {
	const struct diff_access *at;
	size_t n, n_partly;
	/* All together, with an inventory. */
	uint32_t n_people, n_tagged, n_machines;
};

struct diff {
	bool imagined; /* holds for every tailnet; else for this one */
	struct diff_accesses gained, lost;
	const struct diff_change *changes;
	size_t n_changes;
	/* Edits of the text that change nothing by themselves. */
	const struct diff_change *notes;
	size_t n_notes;
	/* With two targets: why one text is not the same to both. */
	const struct diff_reading *readings;
	size_t n_readings;
};

/* Whether a change beside access makes something more possible, or less. */
bool diff_gains_beside(const struct diff *);
bool diff_loses_beside(const struct diff *);

/*
 * Compares two policies without errors, each as its own target understands it. The
 * tailnets are the same one, imagined
 * from both policies (tailnet_imagine), or real; tailnet_index has seen them, and
 * tailnet_approve is called here. On real ones access alone is compared: the rest
 * is the same for every tailnet. The cost follows what differs, and the sizes of the
 * policies once. What one rule gives to more than most different sets of sources is
 * summed up as one line that is so in part.
 */
struct diff *diff_make(struct arena *, struct diff_party before, struct diff_party after,
                       size_t most);

/* More than people read of one rule. */
#define DIFF_MOST 200

#endif
