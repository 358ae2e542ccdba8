#ifndef ACLC_GRAMMAR_RUNE_H
#define ACLC_GRAMMAR_RUNE_H

/* Runes, as Go calls the code points of Unicode, and their bytes in UTF-8. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RUNE_MAX 0x10FFFF

/* Stands for bytes that are no UTF-8. */
#define RUNE_BAD 0xFFFD

/* Room for the bytes of one rune. */
#define RUNE_BYTES 4

/*
 * Reads the first rune of len bytes and returns how many bytes it takes, as
 * Go's utf8.DecodeRune: nothing overlong, no surrogates, nothing above
 * RUNE_MAX. What is no UTF-8 is RUNE_BAD and one byte, so that a RUNE_BAD of
 * three bytes was written as such. No bytes are RUNE_BAD and 0.
 */
size_t rune_read(const char *at, size_t len, uint32_t *rune);

/* Writes a rune and returns its bytes, 1 to 4; surrogates and numbers above
 * RUNE_MAX are written as RUNE_BAD, as Go's utf8.AppendRune does. */
size_t rune_write(uint32_t rune, char out[RUNE_BYTES]);

/* Go's unicode.IsPrint: letters, marks, numbers, punctuation, symbols, and of
 * the blanks the space alone. */
bool rune_printable(uint32_t rune);

/* How many bytes from the start are shown as what they are: printable ASCII, tabs and
 * line ends. */
size_t runes_plain(const char *at, size_t len);

/* How many bytes from the start are valid UTF-8; len when all are. */
size_t runes_valid(const char *at, size_t len);

#endif
