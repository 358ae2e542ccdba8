#ifndef ACLC_POLICY_LINT_PASS_H
#define ACLC_POLICY_LINT_PASS_H

/* What the passes share: lint.h is the door. */

#include "policy/lint.h"
#include "policy/saying.h"
#include "policy/show.h"

/* Raises a finding in the policy. */
struct finding *lint_raise(struct lint *, const struct check *, struct span,
                           const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Adds a second place in the policy. */
void lint_note(struct lint *, struct finding *, struct span, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Begins a repair; fix_drop and its like fill it. */
struct fix *lint_fix(struct lint *, const struct finding *, enum repair);

/* text_show in the arena of the findings. */
const char *lint_show(struct lint *, struct text);

/* printf into the arena of the findings. */
const char *lint_say(struct lint *, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The bracket that opens an object or a list: the place of what is about all of
 * it. */
struct span lint_opening(const struct node *);

/* Where the text of a selector stands: inside its quotes. */
struct span lint_inside(const struct lint *, const struct selector *);

/* The tailnet of an inventory, or NULL. */
struct tailnet *lint_tailnet(const struct lint *);

/* "acls[3]", for second mentions. */
const char *grant_name(struct lint *, const struct grant *);

/* Whom a selector names without naming them. */
enum crowd {
	CROWD_NONE,    /* somebody in particular */
	CROWD_SHARED,  /* autogroup:shared */
	CROWD_TAGGED,  /* autogroup:tagged */
	CROWD_MEMBERS, /* autogroup:member, user:*@domain, a group of all there are */
	CROWD_TAILNET, /* a prefix that takes in the whole tailnet */
	CROWD_ANY,     /* * */
	CROWD_DANGER,  /* autogroup:danger-all */
};

/* lint_names.c: the check of a tag, group, host or ipset that the policy does not define;
 * NULL for one that it does, and for other selectors; all are defined by a section that
 * could not be read. */
const struct check *lint_undefined(const struct lint *, const struct selector *);

/* "; did you mean tag:prod?" of such a one, "" where nothing is near. */
const char *lint_meant(struct lint *, const struct selector *);

/* lint_look.c: what selectors amount to. */
enum crowd lint_crowd(struct lint *, const struct selector *);

/* The same for addresses that a list names together: 0.0.0.0/1 and 128.0.0.0/1. */
bool lint_covers_tailnet(struct ranges);

/* The addresses that a selector names, none for other selectors. */
struct ranges lint_ranges(struct lint *, const struct selector *);

/* Whether a selector is every person of the tailnet, or more. */
bool lint_is_everyone(struct lint *, const struct selector *);

/* "every member", "every device": for sentences about them. */
const char *lint_crowd_name(struct lint *, const struct selector *);

/* Whether a selector names people, of whom some may be guests: a policy does not tell. */
bool lint_may_be_guests(const struct selector *);

/* Whether it is all members. A guest is none: a device that was shared is none of a
 * member's (spec/policy-syntax.md 2.3). */
bool lint_is_members(const struct selector *);

/* How the repair of a finding is to be called; says why in a note, where somebody who is
 * named may be a guest, and would lose by it. */
enum repair lint_guests(struct lint *, struct finding *, struct span, bool may_be);

/* Whether the settings, or the role itself, let a source reach everything. */
bool lint_is_admin(struct lint *, const struct selector *);

/* Whether the settings say that a destination deserves care. */
bool lint_is_sensitive(struct lint *, const struct selector *);

/* Whether all sources of a rule are people who own no machine without a tag; with an
 * inventory only. */
bool lint_is_of_tagged(struct lint *, const struct grant *);

/* Whether a service is all ports: of a protocol that has them, 0 apart, where nobody
 * listens. */
bool lint_is_all_ports(int protocol, struct ports);

/* A group of the policy that has no members: empty-group tells where it is named. */
bool lint_is_empty_group(const struct lint *, const struct selector *);

/* Whether a list is such groups alone. */
bool lint_is_nobody(const struct lint *, const struct selectors *);

/* A tag, or autogroup:tagged. */
bool lint_is_machines(const struct selector *);

/* "a machine with tag:db", "any tagged machine". */
const char *lint_machine(struct lint *, const struct selector *);

/* lint_power.c: what some selectors are or can become, by owning tags and by
 * logging in: themselves and the tags. */
struct selectors lint_becomes(struct lint *, const struct selectors *);

/* "group:dev may take tag:ci, and tag:ci may log in on tag:prod as root": how one
 * of some selectors becomes that tag; NULL where it is one of them. */
const char *lint_how_becomes(struct lint *, const struct selectors *, struct text tag);

/* The passes, each in a file of its name. */
void lint_style(struct lint *);
void lint_names(struct lint *);
void lint_people(struct lint *);
void lint_addresses(struct lint *);
void lint_breadth(struct lint *);
void lint_ports(struct lint *);
void lint_ssh(struct lint *);
void lint_routes(struct lint *);
void lint_attrs(struct lint *);
void lint_tests(struct lint *);

/* Whether the target runs tests of that kind at all. */
bool lint_runs(const struct lint *, enum feature);

/* Tests that say both that something is open and that it is closed; that the one
 * or the other failed is left out then. */
void lint_contradictions(struct lint *);

/* The repair of prefer-grants, where every acl can be a grant. */
void lint_grants_instead(struct lint *, const struct finding *);

/* Repairs for what the reader and the validator have raised. */
void lint_mend(struct lint *);

/* One element of a src, or of a dst with its ports; all ports where it has
 * none of its own. */
struct list_element {
	const struct selector *selector;
	struct text shown;
	const struct ports *ports;
	size_t n_ports;
	struct span where; /* the whole string */
};

/* lint_list.c: raises elements that the others of their list take in, the later
 * of two that are alike. guests_ask: some of those who are let in may be guests. */
void lint_list(struct lint *, const struct list_element *, size_t n, bool destination,
               bool guests_ask);

/* The lists of rules that are needed, and rules that could be one: of those that
 * lint_dead found needed, which asks the filter. */
void lint_alike(struct lint *);

/* Those that ask about the filter. What they will ask is mentioned before the
 * cut is closed. */
void lint_dead(struct lint *);
void lint_checked(struct lint *);
void lint_reach_mention(struct lint *);
void lint_reach(struct lint *);
void lint_power_mention(struct lint *);
void lint_power(struct lint *);

#endif
