#ifndef ACLC_POLICY_USAGE_H
#define ACLC_POLICY_USAGE_H

/*
 * What a policy makes use of that not every coordinator takes alike. The reader
 * and the validator take down each feature (policy/target.def) that they meet;
 * what the policy's target ignores or reads differently is told by that, once
 * for all its places, so that nobody else need look for it.
 */

#include <stdbool.h>
#include <stddef.h>

#include "grammar/finding.h"
#include "policy/target.h"

/*
 * When Headscale finds an error: it gives up at the first field or value that it
 * cannot read, and gathers what it finds wrong with a policy that it has read
 * (spec/errors.md section 3).
 */
enum stage_found {
	FOUND_FIELD,  /* a field that it does not know */
	FOUND_VALUE,  /* a value that it cannot read */
	FOUND_POLICY, /* anything else */
};

/* An error in Headscale's words, without those around it. */
struct said {
	struct finding *finding;
	enum stage_found stage;
	const char *words;
};

/* One feature of a policy. */
struct use {
	size_t n;                /* how often it was met */
	struct span where;       /* the first time */
	struct finding *finding; /* what was told, or NULL */
};

struct usage {
	struct arena *arena;
	struct source *source;
	struct findings *findings; /* where things are told now */
	enum target target;
	struct use by[FEATURE_N];
	struct said *said; /* where the target's words are known */
	size_t n_said, said_cap;
	size_t n_read; /* findings there were when the policy had been read */
};

/* Takes a feature down, and no more; what stands below another is left out. */
enum support usage_note(struct usage *, enum feature, struct span);

/* Takes a feature down. What is ignored or read differently is told as
 * unsupported-by-target or portability-semantics; what is refused is the
 * caller's to raise. */
enum support usage_meet(struct usage *, enum feature, struct span);

/* Raises, as unsupported-by-target, a feature that the target refuses. */
struct finding *usage_refuse(struct usage *, enum feature, struct span);

/* Gives an error the words of Headscale, as far as they are the target's. They
 * become the coordinator's in usage_finish. */
void usage_say(struct usage *, struct finding *, enum stage_found, const char *format,
               ...) __attribute__((format(printf, 4, 5)));

/* Whether the words of the target are known to be spec/errors.md's section 3. */
bool target_has_words(enum target);

/*
 * Called when all has been found: says of features met in many places in how
 * many, and puts what Headscale would answer on the first error: the first in
 * the file that it gives up at, or all of the others joined.
 */
void usage_finish(struct usage *);

#endif
