#ifndef ACLC_POLICY_DRAW_TEST_H
#define ACLC_POLICY_DRAW_TEST_H

#include <stdint.h>

/* A number under n by a seed, which moves on (xorshift): the same ones each time, on
 * every machine. */
static inline unsigned
draw_from(uint64_t *seed, unsigned n)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (unsigned)(*seed >> 33) % n;
}

#endif
