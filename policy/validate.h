#ifndef ACLC_POLICY_VALIDATE_H
#define ACLC_POLICY_VALIDATE_H

/* What the parts of the validator share: validate.c is the door. */

#include "policy/levels.h"
#include "policy/policy.h"
#include "policy/position.h"
#include "policy/show.h"

/* The sorts of names that a policy defines. */
enum sort {
	SORT_TAG,
	SORT_GROUP,
	SORT_HOST,
	SORT_IPSET,
	SORT_POSTURE,
	SORT_N,
};

/* A name and what was found nearest to it, for "did you mean". */
struct guesses {
	struct names written;
	struct text *best;
	size_t cap;
};

/* The validator at work. */
struct judge {
	const struct policy *policy;
	struct findings *findings;
	struct arena *arena;   /* for what stays */
	struct arena *scratch; /* for what does not */
	struct usage *usage; /* the policy's; NULL where something else is judged by it */
	const struct tailnet *tailnet; /* NULL where it is not known */
	/* The tailnet's own mail domains; NULL where they are not known. */
	const struct names *domains;
	/* Names in small letters, and the one of each, empty where there are more: made
	 * when needed. */
	struct names folded[SORT_N];
	struct text *folded_first[SORT_N];
	struct guesses guesses[SORT_N];
	/* The users of groups by what stands before their @, and the one login of
	 * each, empty where there is no @ or there are more: made when needed. */
	struct names people;
	struct text *logins;
	size_t cap_logins;
	bool knows_people;
	struct names members; /* of all groups: made when needed */
	bool wary;            /* of unknown users: policy_names_self */
	size_t effort;        /* what is left for guessing */
	size_t spoken;        /* bytes of the coordinator's words so far */
};

/* A judge of the policy. domains, if known, are the caller's to set. */
struct judge judge_of(const struct policy *, struct findings *, struct arena *,
                      struct arena *scratch);

/* Raises a finding in the policy. */
struct finding *judge_raise(struct judge *, const struct check *, struct span,
                            const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The bracket that opens an object or a list: where something is missing. */
struct span node_opening(const struct node *);

/* Makes a finding an error, whatever its check: the coordinator refuses it. */
void judge_refuse(struct judge *, struct finding *);

/* Adds a second place. */
void judge_note(struct judge *, struct finding *, struct span, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Gives a finding the coordinator's words, where they are the target's: each
 * %q in the pattern is the next of the two texts, quoted as Go does, each %s
 * the text itself. Long words are kept on the first error alone, which is the
 * one that the coordinator would give.
 */
void judge_say(struct judge *, struct finding *, const char *pattern, struct text,
               struct text);

/* text_show for sentences about the policy. */
const char *judge_show(struct judge *, struct text);

/* A text of nothing, for judge_say. */
#define NO_TEXT ((struct text) { NULL, 0 })

/* Whether the field was read, and so its value told, as something else. */
bool word_is_told(const struct word *);

/*
 * validate_selectors.c: whether a selector may stand there and names what is
 * defined. What is wrong is raised, once, with the coordinator's words for the
 * position. Autogroup:self and user destinations of a rule depend on its
 * sources and are the rule's to judge.
 */
bool judge_selector(struct judge *, const struct selector *, enum position);

/* The same for each of a list; false if one was refused. */
bool judge_selectors(struct judge *, const struct selectors *, enum position);

/* Raises an address that is none, or that parsers read differently. */
struct finding *judge_raise_address(struct judge *, struct text, enum address_fault,
                                    struct span);

/* Whether a domain is the tailnet's, as far as that is known; raises where
 * not. In the src of an ssh rule the words differ. */
bool judge_domain(struct judge *, struct text domain, struct span, bool ssh_src);

/* The fault of a service's name, "svc:web", as a sentence; or NULL. */
const char *service_name_fault(struct text);

/*
 * validate_names.c: names and their definitions. Whether a name of the sort is
 * defined; raises where not, with the best guess at what was meant. position
 * says where it stands, POSITION_N for a place of no selectors.
 */
bool judge_defined(struct judge *, enum sort, struct text name, struct span,
                   enum position);

/* The coordinator's words for a name that is not defined. */
void judge_say_undefined(struct judge *, struct finding *, enum sort, struct text name,
                         enum position);

/* Raises a bare word that is no user where it has to be one. */
struct finding *judge_raise_nobody(struct judge *, struct text word, struct span);

/* Another sort's name, defined and taken there, that ends in the same word:
 * tag:db for db or group:db. Empty if there is none; in the arena. */
struct text name_of_other_sort(struct judge *, struct text word, enum position);

/* Whether all that defines names of the sort could be read. */
bool sort_is_known(const struct judge *, enum sort);

/* The prefix and the name behind it; in the arena. */
struct text text_joined(struct arena *, const char *prefix, struct text name);

/* The host part of "tag:db:22", or an empty text. */
struct text text_unported(struct text);

/* Raises those that are no posture. */
void judge_postures(struct judge *, const struct words *);

/* Whether the name of a definition has its prefix and something behind it:
 * NULL, or what was raised, for the coordinator's words. kind is "a group". */
struct finding *judge_prefix(struct judge *, const struct word *, const char *prefix,
                             const char *kind);

/*
 * validate_target.c: what targets do with what they do not all take alike
 * (policy/target.def). Takes a feature down, and tells what the target ignores or
 * reads differently; what it refuses is the caller's to raise.
 */
enum support judge_meet(struct judge *, enum feature, struct span);

/* Whether the target does not refuse a feature. */
bool judge_lets(struct judge *, enum feature, struct span);

/* Raises a feature that the target refuses and Tailscale takes, in the target's
 * words for the text at fault. */
void judge_deny(struct judge *, enum feature, struct text, struct span);

/* The same where the target refuses it; whether it does not. */
bool judge_allow(struct judge *, enum feature, struct text, struct span);

/* What a selector at a position is that not all targets take alike, or
 * FEATURE_NONE. */
enum feature position_feature(enum position, const struct selector *);

/* Whether a selector that was taken counts there: the target does not ignore it. */
bool position_counts(enum target, enum position, const struct selector *);

/* What a user's name looks like, and whether the inventory, if there is one, knows
 * just one such user; false where that is refused. */
bool judge_user_name(struct judge *, const struct selector *, enum position);

/* Whether a name is known to the target though the policy does not define it. */
bool judge_defined_elsewhere(struct judge *, enum sort, struct text name, struct span);

/* Gives an error Headscale's words, where they are the target's. %q and %s are as
 * in judge_say. */
void judge_say_headscale(struct judge *, struct finding *, enum stage_found,
                         const char *pattern, struct text, struct text);

/* The same for a selector that its position does not take, and for a name that is
 * not defined. */
void judge_say_misplaced(struct judge *, struct finding *, const struct selector *,
                         enum position);
void judge_say_undefined_there(struct judge *, struct finding *, enum sort,
                               struct text name, enum position);

/* The same for ports that are none; dst is the element of an acl that they stand
 * in, or NULL. */
void judge_say_ports(struct judge *, struct finding *, enum ports_fault,
                     struct text ports, const struct text *dst);

/* The same for a protocol that is none; for an element of a grant's ip with more
 * than one colon; for an element of an acl's dst whose host and ports cannot be
 * told apart. The last two say nothing of others. */
void judge_say_protocol(struct judge *, struct finding *, struct text name);
void judge_say_colons(struct judge *, struct finding *, struct text element);
void judge_say_split(struct judge *, struct finding *, const struct destination *);

/* Whether the target knows a protocol by that name; raises where not. grant: in an
 * element of ip. */
bool judge_protocol_name(struct judge *, struct text name, struct span, bool grant);

/* The same for what judge_say gives Tailscale's. */
void judge_say_alike(struct judge *, struct finding *, const char *pattern, struct text,
                     struct text);

/* What the target reads differently, and whoever wrote it is not told elsewhere. */
void judge_readings(struct judge *);

/* The pattern with its %q and %s filled in; in the arena. */
const char *words_fill(struct arena *, const char *pattern, struct text, struct text);

/* validate_definitions.c */
void judge_tag_owners(struct judge *);
void judge_groups(struct judge *);
void judge_hosts(struct judge *);
void judge_posture_definitions(struct judge *);

/* validate_ipsets.c */
void judge_ipsets(struct judge *);

/* validate_nodes.c: what is set for machines and the tailnet. */
void judge_node_attrs(struct judge *);
void judge_auto_approvers(struct judge *);
void judge_attr_config(struct judge *);
void judge_options(struct judge *);

/* validate_rules.c */
void judge_acls(struct judge *);
void judge_grants(struct judge *);

/* Whether an element with ports is a selector without them: "tag:db", whose
 * last colon is its first, or "fd7a::1". */
bool destination_lacks_ports(const struct destination *);

/* validate_ssh.c */
void judge_ssh(struct judge *);
void judge_ssh_tests(struct judge *);

#endif
