#ifndef ACLC_POLICY_DECEPTIVE_H
#define ACLC_POLICY_DECEPTIVE_H

/* Text that does not look like what it is: "Trojan source". */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grammar/text.h"

/* Something deceptive in a text: its bytes, the rune, and what it does ("reorders
 * what is shown"). */
struct deceit {
	size_t first, end;
	uint32_t rune;
	const char *what;
};

/* The first rune from an offset on that hides or reorders: controls of
 * direction, characters without a width, control bytes. false if none does. */
bool deceit_hidden(struct text, size_t from, struct deceit *);

/* The first word that mixes letters of several scripts, or has only letters
 * that look like others. false if none does. */
bool deceit_mixed(struct text, struct deceit *);

#endif
