#ifndef ACLC_POLICY_PROBE_PARTS_H
#define ACLC_POLICY_PROBE_PARTS_H

/* What the parts of the prober share: probe.h is the door. */

#include "grammar/arena.h"
#include "policy/goal.h"
#include "policy/numbers.h"
#include "policy/probe.h"

/* A packet never leaves its family. */
enum { V4, V6, FAMILIES };

enum end_side { SIDE_SRC, SIDE_DST };

/* Who takes a packet to an address. */
enum served {
	SERVED_BY_NOBODY,
	SERVED_BY_OWNER,
	SERVED_BY_ROUTER,
	SERVED_BY_EXIT, /* an exit node, if anybody */
	SERVED_OR_NOT,  /* not asked: claims are about rules; or an imagined tailnet */
};

/* Addresses that no rule tells apart. */
struct atom {
	struct range range;
	enum served served;
	uint32_t owner; /* the machine that has it, or UINT32_MAX */
};

/* The elements of an end that a party covers, by family; those it may cover
 * include those it does. */
struct cover {
	const struct set *sure[FAMILIES], *may[FAMILIES];
};

struct match {
	uint32_t party;
	struct cover cover;
};

/* What bears on an end, found when it first stands on that side. */
struct matches {
	struct match *at; /* parties with a cover that is not empty */
	size_t n;
	struct cover self; /* of a destination: what belongs to somebody */
};

/* A party on one side of rules. */
struct probe_side {
	bool known;
	const struct set *own[FAMILIES]; /* machines with an address in it */
	struct ranges literals;
	bool touches; /* imagined: its addresses may be anybody's */
};

/* Which parties can bear on an end, on one side. */
struct holders {
	bool known;
	struct rows of;         /* by machine: parties that have it, but for the broad */
	struct numbers broad;   /* those of everybody, and those that leave doubts */
	struct numbers literal; /* those with addresses */
};

struct prober {
	struct arena *arena;
	struct filter *filter;
	const struct policy *policy;
	const struct policy *original; /* with its postures: see condition.h */
	struct tailnet *tailnet;
	enum probe_purpose purpose;
	const struct set *family[FAMILIES]; /* machines with such an address */
	struct names end_names;
	struct probe_end **ends;
	size_t ends_cap;
	const struct party **parties; /* by number */
	struct probe_side *sides[2];  /* by party number */
	struct holders holders[2];
	struct rows by[2];  /* rules by the party on that side */
	uint32_t *place[2]; /* by party number: its match + 1, while a question is open */
	struct numbers apart; /* rules by autogroup:self, with via, or to services */
	struct prober *unconditional; /* asks nobody for postures; NULL: all the same */
	struct prober *optimistic;    /* where the untold are among those named; NULL */
	struct ssh_table *optimistic_ssh;
	bool unconditional_known, optimistic_known;
	const struct set **ssh_named[2]; /* machines of ssh rules, once asked: dst, src */
};

static inline unsigned
line_family(uint32_t line)
{
	return line == LINE_IPV6 ? V6 : V4;
}

/* Whether a point is in one of some ranges, in any order. */
bool point_in(const struct range *, size_t n, struct point);

/* probe_atom.c */

/* Cuts the ranges of an end, and numbers its elements. */
void end_cut(struct prober *, struct probe_end *);

/* probe_cover.c */

/* Elements on their way to a cover. */
struct covering {
	struct prober *prober;
	const struct probe_end *end;
	const struct party *party;
	enum end_side side;
	struct arena scratch;
	struct numbers sure[FAMILIES], may[FAMILIES];
};

/* Adds the i-th atom of the end, surely or perhaps. */
void cover_atom(struct covering *, size_t i, enum truth);

struct cover cover_nothing(const struct prober *);

/* A party on a side, found out once. */
const struct probe_side *side_of(struct prober *, const struct party *, enum end_side);

/* Whether literals hold addresses that machines could have. */
bool touches_tailnet(struct ranges literals);

/* Whether people have it, and not tags. */
bool machine_is_somebodys(const struct machine *);

/* Whether it is imagined, and for somebody whom nothing more is known of. */
bool machine_is_vague(const struct machine *);

/* Of the machines asked about those that may be among the named ones, though
 * they are not the same (imagined: roles and synced groups). */
const struct set *doubtful(struct prober *, const struct set *asked,
                           const struct set *named);

const struct matches *end_matches(struct prober *, const struct probe_end *,
                                  enum end_side);

bool cover_is_empty(const struct cover *);

bool cover_is_sure(const struct cover *);

/* The owner of an element, or USER_NONE. */
uint32_t element_user(const struct prober *, const struct probe_end *, uint32_t element);

/* An element for people: "ada@example.com", "laptop (ada@example.com)". */
const char *element_show(struct prober *, const struct probe_end *, uint32_t element);

/* probe_rule.c */

/* What a rule covers of an end on a side, where the end's matches are in
 * place. */
struct cover rule_cover(struct prober *, const struct probe_end *, const struct rule *,
                        enum end_side);

/* probe_box.c */

/* A question while it is answered. */
struct inquiry {
	struct prober *prober;
	const struct question *question;
	struct arena scratch;
	struct numbers rules; /* that may bear on it, ascending */
	struct ports piece;   /* of the question's ports, told apart by no rule */
	struct box *boxes;
	size_t n_boxes, boxes_cap;
};

/* What a rule lets through of a question in one family. */
struct box {
	const struct rule *rule;
	const struct set *src, *dst;
	bool self; /* only between elements of one owner */
};

/* Whether a rule is about packets, and counts for the prober's purpose. */
bool rule_counts(const struct prober *, const struct rule *);

/* LACK_PORT and LACK_PROTOCOL: what a client asks of a packet of one family
 * (spec/wire-format.md 2), of a piece of the question's ports. */
unsigned service_lacks(const struct prober *, const struct question *,
                       const struct rule *, struct ports piece, unsigned family);

/* Whether a rule has all that is asked of it but the two ends. */
bool rule_serves(const struct prober *, const struct question *, const struct rule *);

/* Whether there are elements whose owner could be anybody. */
bool has_wild(const struct prober *, const struct probe_end *,
              const struct set *elements);

/* The owners of elements, as a set of user numbers; the elements whose owner is
 * among the users. */
const struct set *users_of(struct inquiry *, const struct probe_end *,
                           const struct set *elements);
const struct set *owned_by(struct inquiry *, const struct probe_end *,
                           const struct set *elements, const struct set *users);

/* Finds what the rules let through of the piece: for sure, or what they may. */
void boxes_make(struct inquiry *, bool sure);

/* The sources that a box takes somewhere. */
const struct set *box_sources(struct inquiry *, const struct box *);

/* What the boxes come to. */
struct outcome {
	bool all, some;
	uint32_t missing; /* a source, where some get there but not all; or UINT32_MAX */
};

struct outcome boxes_outcome(struct inquiry *, bool sure);

/* probe.c */

/* The prober of condition.h's optimistic policy, or NULL. */
struct prober *prober_optimistic(struct prober *);

/* probe_near.c */

/* Tells what came nearest, where not all was answered. */
void answer_near(struct inquiry *, struct answer *);

/* probe_say.c */

/* The elements of a grant by which a rule covers an end. */
const struct selector *rule_selector(struct prober *, const struct rule *,
                                     const struct probe_end *, enum end_side);

/* The sentence of a hit, complete but for it. */
const char *hit_say(struct prober *, const struct question *, const struct probe_hit *);

/* Of a hit that only the optimistic prober has. */
const char *hope_say(struct prober *, const struct question *, const struct rule *);

const char *miss_say(struct prober *, const struct question *, const struct rule *,
                     unsigned lacks);

/* "group:eng, group:ops and 3 more". */
const char *selectors_show(struct prober *, const struct selector *, size_t n);

#endif
