#ifndef ACLC_POLICY_DRAW_TEST_H
#define ACLC_POLICY_DRAW_TEST_H

#include <stdint.h>

/* A seed that tests of their own start from. */
#define DRAW_SEED 88172645463325252u

/* 64 bits by a seed, which moves on (xorshift): the same ones each time, on every
 * machine. */
static inline uint64_t
draw_word(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* A number under n, likewise. */
static inline unsigned
draw_from(uint64_t *seed, unsigned n)
{
	return (unsigned)(draw_word(seed) >> 33) % n;
}

#endif
