#ifndef ACLC_POLICY_SPELL_H
#define ACLC_POLICY_SPELL_H

/*
 * How the control plane spells a source: a list of strings, each address,
 * prefix and range as it was named, sorted as bytes, none twice
 * (spec/semantics.md section 1). Releases of Headscale before 0.29 write the
 * prefixes of the set of all its addresses instead, in their own order
 * (spec/headscale-versions.md 3.3). Every string is made once and numbered in
 * that order; a list is a hash-consed set of these numbers; its JSON is made
 * once, when it is first asked for.
 */

#include <stddef.h>
#include <stdint.h>

#include "grammar/text.h"
#include "policy/filter.h"

struct spelling;

/* Prepares all strings that the sources of a filter need. */
struct spelling *spelling_make(struct arena *, const struct filter *);

/* The number of the list that spells a party of the filter. */
uint32_t spelling_of_party(struct spelling *, const struct party *);

/* The list of just the addresses of some machines. */
uint32_t spelling_of_machines(struct spelling *, const uint32_t *machines, size_t n);

size_t spelling_n(const struct spelling *);
size_t spelling_length(const struct spelling *, uint32_t list);
struct text spelling_text(const struct spelling *, uint32_t list, size_t i);
struct text spelling_json(struct spelling *, uint32_t list);

/* That JSON will be asked for soon: where it stands is fetched meanwhile. */
void spelling_fetch(const struct spelling *, uint32_t list);

/* The text of an address of the tailnet, by its number in tailnet.addresses. */
struct text spelling_address(const struct spelling *, size_t address);

/* The texts of a machine's addresses, beside machine.addresses. */
const struct text *spelling_own(const struct spelling *, uint32_t machine);

#endif
