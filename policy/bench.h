#ifndef ACLC_POLICY_BENCH_H
#define ACLC_POLICY_BENCH_H

/*
 * Where claims are judged: the policy as a source with certain posture
 * attributes sees it, with a prober and an ssh table. Sources with the same
 * attributes share a bench.
 */

#include "policy/probe.h"

struct benches;

struct bench {
	struct prober *prober; /* its policy is condition.h's */
	struct ssh_table *ssh; /* NULL: no ssh section, or not asked for yet */
	bool ssh_known;
};

struct benches *benches_make(struct arena *, struct filter *);

/*
 * The bench for a test's source, and the source there. Attributes are the
 * test's srcPostureAttrs; addresses that can be no machine's are asked for no
 * posture (spec/policy-syntax.md 5.4). NULL when there is no such source, *why
 * is a sentence.
 */
struct bench *bench_for(struct benches *, const struct attributes *,
                        const struct selector *src, const struct probe_end **end,
                        const char **why);

/* Attributes as one text, by which benches are told apart. */
struct text attributes_key(struct arena *, const struct attributes *);

/* The ssh table of a bench, made when first asked for. */
struct ssh_table *bench_ssh(struct benches *, struct bench *);

#endif
