#ifndef ACLC_POLICY_CUT_H
#define ACLC_POLICY_CUT_H

/*
 * Set questions over one or two filters, answered exactly: is a rule, or a piece
 * of one, covered by the others; may X reach Y; what does an end reach; what does
 * one filter allow that the other does not. Each axis is cut at every boundary
 * that a rule mentions, and points that no rule tells apart are put together in
 * classes; then every question is arithmetic on bits over classes.
 *
 * Points of the source axis
 *   - Machines. On an imagined tailnet one point each: access is a union over
 *     what a machine is (this user, that tag), so what holds for each of them
 *     alone holds for every machine that there can be. On a real one, one for
 *     the addresses of a machine that no literal of the filters tells apart: one
 *     in all, mostly; one for each address where a rule names `100.64.0.7`.
 *   - Addresses that are nobody's, in elementary cells between the boundaries of
 *     all literals. `*` as a source covers machines and the cells inside
 *     RANGES_OF_TAILNET (and on a real tailnet the approved subnets), not other
 *     literals; autogroup:danger-all covers everything.
 *   - Names whose machines cannot be known from here (a synced group of a real
 *     tailnet): a point each.
 * On an imagined tailnet each is seen in several situations: none, and one for
 * each posture that a rule asks for; a rule that asks for some of them covers
 * those, a rule that asks for none covers all. (Postures are independent, but
 * where one's assertions are among another's. One that two filters define
 * differently is two.) Shared machines, and cells outside the tailnet's ranges,
 * are never asked for postures: they have no situation but none.
 *
 * Points of the destination axis
 *   - Machines, cells and unknown names (svc:web) likewise. `*` covers everything,
 *     autogroup:internet its seven ranges. On a real tailnet a cell counts only
 *     where somebody serves it (spec/semantics.md 2.8): what no machine has and
 *     nobody routes, no rule allows.
 *
 * Families. An IPv4 cell does not talk to an IPv6 cell; an imagined machine talks
 * to both; a real one with the addresses that it has.
 *
 * Owners. Where a rule leads to autogroup:self, each pair of points is in one or
 * both of two strata: of one owner (both untagged), or not. A rule to self covers
 * the first alone. A stand-in for unnamed users stands for many: its pair with
 * itself is in both strata; that of a user who is named, in the first alone.
 *
 * Services. A line of ports for tcp, udp and sctp each, a point for every other
 * protocol, which a rule covers when its ports are all (spec/wire-format.md 2).
 * PROTOCOL_ANY is tcp, udp and ping. Ping (icmp, ipv6-icmp) goes wherever
 * any rule leads: it follows from ports, and is asked about only where a rule
 * says icmp and nothing else.
 *
 * Labels. Packets by way of a router with a via tag, and each app capability with
 * each of its values, are planes of their own: nothing in one covers anything in
 * another. A rule via two tags is in two planes. Companions of capabilities are
 * left out: they follow.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/filter.h"
#include "policy/policy.h"
#include "policy/tailnet.h"

struct bits;
struct cut;

enum cut_side { CUT_SRC, CUT_DST };

/* An empty cut, to be filled and closed. All that follows lives in its arena. */
struct cut *cut_start(struct arena *);

/*
 * Takes a filter in; returns its number, 0 or 1. The tailnet must still be as
 * approved for that filter's policy. Two filters have one tailnet, or two real
 * ones: then an address is what they have in common.
 */
uint32_t cut_take(struct cut *, struct filter *);

/*
 * Takes note of an end that will be asked about: selectors of the filter's
 * policy, or of a configuration, in the filter's tailnet. Returns its number.
 * Equal ones may share one.
 */
uint32_t cut_mention(struct cut *, uint32_t filter, enum cut_side,
                     const struct selector *, size_t n);

/* Cuts. What follows may be asked from now on, and no more be taken. */
void cut_close(struct cut *);

/* One flow that is so or not so, in words that `aclc explain` takes. */
struct cut_flow {
	struct text src,
		dst;   /* "ada@example.com", "tag:db", "10.0.0.7", a machine's name */
	int protocol;  /* PROTOCOL_ICMP: a ping */
	uint16_t port; /* 0 where the protocol has none */
	struct text posture;    /* that src satisfies; empty: none is asked for */
	struct text via;        /* the tag of the router; empty: any way */
	const struct grant *by; /* that allows it; NULL: not told, or open */
};

struct cut_cover {
	bool empty;   /* the grant allows nothing at all */
	bool covered; /* all that it allows, the others allow too */
	bool more;    /* by is not all of it: there are too many to be worth finding */
	/* When covered and not empty: a small cover among the other grants, in the
	 * policy's order; one if one suffices. */
	const struct grant *const *by;
	size_t n_by;
	/* When not covered: where only the grant allows something. */
	uint32_t source, class, line;
	uint16_t port;
};

/*
 * Whether a grant could be left out without a change, for all of them, by their
 * places in policy->grants; each on its own, so that of two equal ones both are
 * covered.
 */
struct cut_cover *cut_grants(struct cut *, uint32_t filter);

/*
 * Which grants can be left out together: the last first, each of them only where
 * what is kept covers it. One bool for each of policy->grants; the covers are those
 * of cut_grants.
 */
bool *cut_spare(struct cut *, uint32_t filter, const struct cut_cover *);

enum cut_share { CUT_NOTHING, CUT_SOME, CUT_EVERYTHING };

/* How much of the flows between two mentioned ends is allowed. */
struct cut_between {
	enum cut_share share;
	bool empty;           /* no flow at all is between them, allowed or not */
	struct cut_flow some; /* a flow that is allowed, and by which grant */
};

/*
 * From a mentioned src to a mentioned dst, packets of a protocol (PROTOCOL_ANY:
 * tcp and udp) to all of the ports; sources in any situation are among the flows.
 * CUT_SOME may be by way of a router with a via tag; CUT_EVERYTHING is without. An
 * end that names nothing allows CUT_NOTHING, and so do owners without a machine.
 */
struct cut_between cut_between(struct cut *, uint32_t filter, uint32_t src, uint32_t dst,
                               int protocol, struct ports);

/* Whether cut_between would say CUT_EVERYTHING; quicker where it would not. */
bool cut_between_all(struct cut *, uint32_t filter, uint32_t src, uint32_t dst,
                     int protocol, struct ports);

/*
 * Whether anything at all flows from a mentioned src to a mentioned dst, by any way
 * and with any protocol, and an example (some may be NULL): one with a port if there
 * is any, and a ping only if there is nothing else. Since a ping goes wherever anything
 * does (spec/wire-format.md 2), this is also whether one goes.
 */
bool cut_between_any(struct cut *, uint32_t filter, uint32_t src, uint32_t dst,
                     struct cut_flow *some);

/*
 * What an end reaches: one row for each run of ports of a protocol, with the
 * machines whose ports are just these; none, where those of addresses are that are
 * nobody's. every: what each of its sources reaches, else what some do (then by way
 * of via routers too). Sources without any posture are meant.
 */
struct cut_reach {
	int protocol;
	struct ports ports;
	const struct set *machines; /* in the filter's tailnet's sets */
};

struct cut_reach *cut_reach(struct cut *, uint32_t filter, uint32_t src, bool every,
                            size_t *n);

/* The machines that an end reaches with any service at all. */
const struct set *cut_reached(struct cut *, uint32_t filter, uint32_t src, bool every);

/* How finely the axes were cut. */
size_t cut_classes(const struct cut *, enum cut_side);

#endif
