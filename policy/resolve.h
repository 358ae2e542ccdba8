#ifndef ACLC_POLICY_RESOLVE_H
#define ACLC_POLICY_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/policy.h"
#include "policy/range.h"
#include "policy/tailnet.h"

struct numbers;

/*
 * Who and what selectors name in a tailnet. Identities (users, groups, tags,
 * autogroups) name machines, all their addresses; addresses name just
 * themselves, as written: nothing is joined or cut (spec/semantics.md 1).
 */
struct party {
	const struct set *machines;   /* named by identity */
	const struct range *literals; /* ascending, each once */
	size_t n_literals;
	bool any;        /* `*` */
	bool danger;     /* autogroup:danger-all */
	bool internet;   /* autogroup:internet */
	bool self;       /* autogroup:self: the source's owner's machines */
	bool unknown;    /* a synced group or the like: cannot be known from here */
	uint32_t number; /* among the parties of its filter */
};

/* One selector; postures and sides aside. */
struct party party_of_selector(const struct policy *, struct tailnet *,
                               const struct selector *);

/* A list: the union. */
struct party party_of_selectors(const struct policy *, struct tailnet *,
                                const struct selector *, size_t n);

/* The union of many. */
struct party parties_join(struct tailnet *, const struct party *, size_t n);

/*
 * The machines that a party speaks for: those it names, and those that one of
 * its addresses belongs to; with subnets, also those that route an overlapping
 * one. On an imagined tailnet `any` is everybody.
 */
const struct set *party_machines(struct tailnet *, const struct party *, bool subnets);

/* Whether a selector of everybody of a kind (a role, a mail domain, all members, `*`)
 * names a user, who may have no machine yet. */
bool user_is_named(const struct user *, const struct selector *);

/* Whether a real inventory tells what a selector names: none does who is in a group of
 * the identity provider or where a service is, and not all who has which role. */
bool tailnet_tells(const struct tailnet *, const struct selector *);

/* Whether it names anything at all. */
bool party_is_empty(const struct party *);

/*
 * A source as far as one of the postures so named holds (spec/policy-syntax.md
 * 5.4): machines that satisfy none drop out, and so do their addresses from the
 * literals; what is no machine of this tailnet passes. How the control plane
 * spells such a source is not known: `*` becomes the machines and the subnets.
 */
struct party party_satisfying(const struct policy *, struct tailnet *,
                              const struct party *, const struct words *postures);

/*
 * A party as a set of addresses, in the fewest prefixes, IPv4 before IPv6: how
 * releases of Headscale before 0.29 write sources and destinations. Its machines
 * are there with all their addresses; self and what is unknown are left out.
 */
struct ranges party_flatten(struct arena *, const struct tailnet *, const struct party *);

/* Who has an address in one of the ranges, or keeps destinations for a route that
 * overlaps it. */
const struct set *ranges_servers(struct tailnet *, struct ranges);

/* Adds the numbers of the machines that have an address in a range, once for each
 * address. */
void owners_add(const struct tailnet *, struct range, struct numbers *);

/* Adds the numbers of the approved subnets that overlap a range. */
void subnets_overlapping(const struct tailnet *, struct range, struct numbers *);

/* Whether a machine satisfies one of the postures so named: all of the
 * posture's assertions hold for its attributes. Machines shared in are not asked. */
bool machine_satisfies(const struct policy *, const struct machine *,
                       const struct words *postures);

/* `*` as a source, without the routed subnets: 100.64.0.0/10 less
 * 100.115.92.0/23, and fd7a:115c:a1e0::/48. */
extern const struct ranges RANGES_OF_TAILNET;

/* autogroup:internet as a destination. */
extern const struct ranges RANGES_OF_INTERNET;

/* Every address there is, outside the tailnet too. */
extern const struct ranges RANGES_OF_EVERYTHING;

#endif
