#ifndef ACLC_POLICY_PROBE_H
#define ACLC_POLICY_PROBE_H

/*
 * One question, one answer. May these sources reach those destinations with
 * this protocol on that port: by which rules, or what came nearest and what
 * each lacks. The answer is the compiled filter's, as a client reads it
 * (spec/wire-format.md 2): any rule may allow, address families apart; no
 * IPProto is 6, 17, 1 and 58; a ping goes where anything goes.
 *
 * On an imagined tailnet, what depends on the machines (whose address it is,
 * who is an admin) is TRUTH_MAYBE, never TRUTH_NO. Tags are imagined apart
 * (HOUSE.md section 1): what is said of a tag is said of a machine that has
 * just this one.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/filter.h"
#include "policy/ssh.h"

/*
 * What questions a prober answers. Explanations are about packets: somebody
 * must serve an address. Claims are about rules, as tests ask (spec/
 * semantics.md 10): without a protocol tcp is meant; a rule that covers an
 * address suffices; via grants do not count; of several destinations one is
 * enough.
 */
enum probe_purpose { PROBE_EXPLAIN, PROBE_CLAIM };

/* A filter made ready for many questions; what it finds out it keeps. */
struct prober;

struct prober *prober_make(struct arena *, struct filter *, enum probe_purpose);

/*
 * One end of a question, found out. Its elements are machines, asked about by
 * their IPv4 addresses, their IPv6 addresses or both; and addresses that are
 * asked about as such.
 */
struct probe_end {
	struct text text;              /* as asked: "ada@example.com" */
	struct selector selector;      /* SELECTOR_INVALID: a machine by name or id */
	const struct set *machines[2]; /* by family: IPv4, IPv6 */
	struct ranges ranges;          /* of an address, a host, an ipset */
	bool unnamed; /* imagined: somebody that the policy does not name */
	bool opaque; /* cannot be told from here: a service, a synced group, unknown roles */
	const struct set *elements; /* machines, and machine count + place in atoms */
	const struct atom *atoms;   /* the addresses, cut where rules tell them apart */
	size_t n_atoms;
	struct matches *matches[2]; /* by side: the parties that bear on it */
};

/*
 * Finds out what a text names in the filter's tailnet: a selector (as the
 * policy defines it), the name or id of a machine, an address. On an imagined
 * tailnet a user or a tag that the policy does not name is one of the unnamed.
 * NULL when there is no such thing, *why is a sentence: "no group group:x is
 * defined". An end that names nothing (an empty group) has no elements.
 */
const struct probe_end *probe_end_of(struct prober *, struct text, const char **why);

/* The same for a selector of the policy. */
const struct probe_end *probe_end_of_selector(struct prober *, const struct selector *,
                                              const char **why);

/*
 * Takes the ports off a destination: "tag:db:22", "tag:db:80-443",
 * "[fd7a::1]:22"; a bare address stays whole. *ported tells whether there were
 * any; "*" is all. false when what stands after the last colon of brackets is
 * no port, *why as above.
 */
bool probe_split(struct arena *, struct text, struct text *destination,
                 struct ports *ports, bool *ported, const char **why);

struct question {
	const struct probe_end *src, *dst;
	int protocol; /* PROTOCOL_ANY: whichever; with a port, those that have ports */
	struct ports ports; /* all of them must be open */
	bool ported;        /* false: some port or other */
	bool near;          /* tell what came nearest; costs a look at every rule */
	bool silent;        /* hits are told without a sentence */
};

enum truth { TRUTH_NO, TRUTH_MAYBE, TRUTH_YES };

/* A grant that lets through what was asked, or a part of it. */
struct probe_hit {
	const struct rule *rule;
	const struct selector *src,
		*dst;                 /* the elements of the grant by which; NULL: none */
	const struct machine *router; /* over which route, where there is one */
	struct range route;
	bool whole;       /* it alone answers the question */
	unsigned doubts;  /* how much must be so that is not known; 0 where it is sure */
	bool maybe;       /* it may be this one: depends on the machines */
	const char *said; /* one sentence: "group:eng may reach tag:db:5432, and …"; or
	                   * NULL: the question was silent */
};

/* What a rule lacks to answer yes. */
enum lack {
	LACK_SRC = 1,      /* the source is not among its sources */
	LACK_DST = 2,      /* the destination is not among its destinations */
	LACK_PORT = 4,     /* other ports */
	LACK_PROTOCOL = 8, /* another protocol */
	LACK_POSTURE = 16, /* the source does not satisfy the postures */
	LACK_OWNER = 32,  /* autogroup:self, and source and destination differ in owner */
	LACK_FAMILY = 64, /* IPv4 on one side, IPv6 on the other */
	LACK_ROUTE = 128, /* nobody serves the destination, or not over the via tags */
	LACK_LOGIN = 256, /* ssh: another user */
};

struct probe_miss {
	const struct grant *grant;  /* or */
	const struct ssh_rule *ssh; /* NULL otherwise */
	unsigned lacks;             /* of enum lack, ored */
	const char
		*said; /* one sentence: "tag:db:5432 is reached from group:dba, and …" */
};

/* At most so many misses are told. */
#define PROBE_NEAR_MAX 5

struct answer {
	enum truth
		all; /* every source reaches every destination (a claim: one of them) */
	enum truth some; /* some source reaches some destination */
	const struct probe_hit
		*by; /* in the filter's order; those that are whole, if any is */
	size_t n_by;
	const struct probe_miss *near; /* the nearest first; none when all is TRUTH_YES */
	size_t n_near;
	const char *missing; /* a source that does not get there, if some do; or NULL */
};

/* Answers; both ends are given. */
struct answer probe(struct prober *, const struct question *);

/*
 * All that an end reaches (dst NULL), or all that reaches an end (src NULL): one
 * hit for each rule that bears on it, in the filter's order; not whole where
 * only a part of the end is concerned.
 */
struct answer probe_all(struct prober *, const struct question *);

/* A rule of the ssh section that lets the login in, or a part of it. */
struct probe_login {
	const struct ssh_rule *rule;
	bool maybe;
	const char *said; /* "group:eng may log in on tag:db as root" */
};

/* May the sources log in on the destinations as that user, by the ssh section
 * alone; tcp port 22 of the filter is another question. */
struct ssh_answer {
	enum truth all;     /* every source on every destination */
	enum truth some;    /* some source on some destination */
	enum truth checked; /* every source on every destination, by a check rule */
	const struct probe_login *by; /* in the wire's order: check rules first */
	size_t n_by;
	const struct probe_miss *near;
	size_t n_near;
};

/* The table is of the prober's policy; NULL: no ssh section, so nobody may. near
 * stays empty. */
struct ssh_answer probe_ssh(struct prober *, const struct ssh_table *,
                            const struct probe_end *src, const struct probe_end *dst,
                            struct text login);

/* Adds the rules that lack one thing, where no rule was found. */
void probe_ssh_near(struct prober *, const struct probe_end *src,
                    const struct probe_end *dst, struct text login, struct ssh_answer *);

/*
 * The rules of the section by which an end may log in somewhere (dst NULL), or
 * anybody on an end (src NULL), in the wire's order; near stays empty, and `all`
 * says nothing.
 */
struct ssh_answer probe_ssh_all(struct prober *, const struct ssh_table *,
                                const struct probe_end *src, const struct probe_end *dst,
                                struct text login);

/* The same filter as if no posture were asked of anybody. For what lacks a
 * posture alone; NULL where none is asked. Kept by the prober. */
struct prober *prober_unconditional(struct prober *);

#endif
