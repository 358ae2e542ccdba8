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
 * who is an admin) is PROBE_UNKNOWN, never PROBE_NO.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/filter.h"
#include "policy/ssh.h"

/* One end of a question, found out. */
struct probe_end {
	struct text text;           /* as asked: "ada@example.com" */
	struct selector selector;   /* SELECTOR_INVALID: a machine by name or id */
	const struct set *machines; /* asked about as such: any of their addresses */
	const struct range *ranges; /* asked about as addresses, as written */
	size_t n_ranges;
	bool internet; /* autogroup:internet as a destination */
	bool unknown;  /* cannot be told from here: a synced group … */
};

/*
 * Finds out what a text names in the filter's tailnet: a selector (as the
 * policy defines it), the name or id of a machine, an address. On an imagined
 * tailnet a user or a tag that the policy does not name is one of the unnamed.
 * On failure returns false and *why is a sentence: "no group group:x is
 * defined". An end that names nothing (an empty group) succeeds, with nothing
 * in it.
 */
bool probe_end_of(struct filter *, struct text, struct probe_end *, const char **why);

/* Takes ":22" or ":80-443" off a destination, "[fd7a::1]:22" and "fd7a::1"
 * included; *ports stays PORTS_ALL without one, *ported tells. false when
 * what stands after the colon is no port, *why as above. */
bool probe_split(struct arena *, struct text, struct text *destination,
                 struct ports *ports, bool *ported, const char **why);

struct question {
	const struct probe_end *src, *dst; /* either may be NULL: anybody, anywhere */
	int protocol; /* PROTOCOL_ANY: whichever; with a port, those that have ports */
	struct ports ports; /* one port, usually; all of them must be open */
	bool ported;        /* false: some port or other */
	/* As tests ask (spec/semantics.md 10): without a protocol tcp is meant; a
	 * rule that covers an address suffices, whether anybody serves it or not;
	 * via grants do not count; one of the destinations is enough. */
	bool claim;
};

enum probe_verdict {
	PROBE_NO,      /* nobody, nothing */
	PROBE_PARTLY,  /* some of the sources, or some of the destinations */
	PROBE_UNKNOWN, /* depends on the machines, and the tailnet is imagined */
	PROBE_YES,     /* every source, every destination */
};

/* A rule that lets through what was asked, or a part of it. */
struct probe_hit {
	const struct rule *rule;
	const struct selector *src,
		*dst;                 /* the elements of the grant by which; NULL: none */
	struct ports ports;           /* what of the rule's ports answers */
	const struct machine *router; /* over which route, where there is one */
	struct range route;
	bool some;        /* a part of the question only */
	bool maybe;       /* PROBE_UNKNOWN: it may be this one */
	const char *said; /* "group:eng, which has ada@example.com, may reach tag:db …" */
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
};

struct probe_miss {
	const struct grant *grant;
	unsigned lacks; /* of enum lack, ored */
	const char
		*said; /* one sentence: "tag:db:5432 is reached from group:dba, and …" */
};

struct answer {
	enum probe_verdict verdict;
	const struct probe_hit *by; /* in the filter's order; of equal use, the first */
	size_t n_by;
	const struct probe_miss *near; /* the nearest first; none with PROBE_YES */
	size_t n_near;
};

/* At most so many misses are told. */
#define PROBE_NEAR_MAX 5

/* Answers; both ends are given. In the arena. */
struct answer probe(struct filter *, struct arena *, const struct question *);

/*
 * All that an end reaches (dst NULL), or all that reaches an end (src NULL): one
 * hit for each rule that bears on it, in the filter's order, `some` where only
 * a part of the end is concerned.
 */
struct answer probe_all(struct filter *, struct arena *, const struct question *);

/* A rule of the ssh section that lets the login in, or a part of it. */
struct probe_login {
	const struct ssh_rule *rule;
	const struct selector *src, *dst;
	bool some, maybe;
	const char *said;
};

/* May the sources log in on the destinations as that user, by the ssh section
 * alone; tcp port 22 of the filter is another question. */
struct ssh_answer {
	enum probe_verdict verdict;
	bool checked, accepted; /* by check rules; by accept rules; both in part */
	const struct probe_login *by;
	size_t n_by;
	const struct probe_miss *near;          /* grant is NULL in these; see ssh_near */
	const struct ssh_rule *const *ssh_near; /* beside near */
	size_t n_near;
};

/* ssh may be NULL: no ssh section, so nobody may. */
struct ssh_answer probe_ssh(struct filter *, const struct ssh_table *, struct arena *,
                            const struct probe_end *src, const struct probe_end *dst,
                            struct text login);

#endif
