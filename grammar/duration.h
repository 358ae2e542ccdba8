#ifndef ACLC_GRAMMAR_DURATION_H
#define ACLC_GRAMMAR_DURATION_H

/* Durations as Go writes them (spec/policy-syntax.md 10.5), times and dates. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grammar/text.h"

struct arena;

/*
 * Reads Go's duration ("1h30m", "-5s", "0") into nanoseconds. On failure
 * returns false and *fault is Go's own message, in the arena:
 * `time: invalid duration "abc"`.
 */
bool duration_parse(struct arena *, struct text, int64_t *nanoseconds,
                    const char **fault);

/* As Go prints it: "200h0m0s", "1m0s", "1.5s", "0s"; 32 bytes are enough, the
 * NUL included. Returns the length. */
size_t duration_write(int64_t nanoseconds, char out[32]);

/* RFC 3339 ("2026-01-31T12:00:00Z", fractions and offsets too) into
 * nanoseconds since 1970, saturated; digits beyond them are dropped. false
 * when it is none, or a second 60, which Go does not take either. */
bool time_parse(struct text, int64_t *nanoseconds);

/* "2026-01-31" into days since 1970. */
bool date_parse(struct text, int64_t *days);

#endif
