#ifndef ACLC_CLI_WIDTH_H
#define ACLC_CLI_WIDTH_H

/* How runes stand on a terminal. */

#include <stdbool.h>
#include <stdint.h>

/* Whether a rune can be shown as it is: printable, and neither invisible nor
 * blank nor able to move or reorder what stands around it. The space is; a tab
 * is not. */
bool rune_shows(uint32_t rune);

/* The columns of a rune that shows: 0 for marks that stand over the one
 * before, 2 for wide ones, else 1. */
unsigned rune_width(uint32_t rune);

#endif
