#ifndef ACLC_POLICY_PRINCIPALS_H
#define ACLC_POLICY_PRINCIPALS_H

/*
 * The principals of SSH rules: lists of machines in which one may stand several
 * times (spec/semantics.md 8), each distinct list and its text made once.
 */

#include <stddef.h>
#include <stdint.h>

#include "policy/tailnet.h"

struct principals;

struct principals *principals_make(struct arena *, const struct tailnet *);

/* The number of a list of machines in ascending order, repeats kept. */
uint32_t principals_of(struct principals *, const uint32_t *machines, size_t n);

/* `[{"nodeIP":"100.64.0.1"}]`: every address of every machine, in byte order. */
struct text principals_json(struct principals *, uint32_t list);

/* The number of distinct lists; they are numbered from 0. */
size_t principals_n(const struct principals *);

#endif
