#ifndef ACLC_POLICY_LOWER_PARTS_H
#define ACLC_POLICY_LOWER_PARTS_H

/* What the parts of lowering share: lower.h is the door. */

#include "policy/claim.h"
#include "policy/dialect.h"
#include "policy/lower.h"
#include "policy/range.h"
#include "policy/resolve.h"

/* A page of text in the making. */
struct sheet {
	struct arena *arena;
	char *at;
	size_t n, cap;
};

void sheet_text(struct sheet *, struct text);
void sheet_string(struct sheet *, const char *);
void sheet_format(struct sheet *, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A JSON string, quotes included. */
void sheet_quote(struct sheet *, struct text);

/* Words of a list, each once, in order of first mention. */
struct word_list {
	struct names names;
};

void list_add(struct word_list *, struct text);
size_t list_length(const struct word_list *);
struct text list_word(const struct word_list *, size_t i);

/* ["a", "b"] */
void sheet_list(struct sheet *, const struct word_list *);

/* Another member of an object: , "name": ["a", "b"] */
void sheet_words(struct sheet *, const char *name, const struct words *);

/* A group that stands for what the target has no word for. */
struct new_group {
	struct text name;   /* "group:autogroup-admin" */
	struct text origin; /* "autogroup:admin" */
	struct word_list members;
};

/* Something that is left out, as a comment at the head of the page. */
struct loss {
	uint32_t line; /* of the policy */
	size_t number; /* as it was found */
	const char *what, *lost;
};

struct lower {
	struct arena *arena; /* for what stays */
	const struct policy *policy;
	enum target from, to;
	struct tailnet *tailnet; /* NULL: not known */
	bool narrower;
	struct findings *findings;
	struct names origins; /* of new groups: their numbers */
	struct new_group *groups;
	size_t groups_cap;
	struct names tags;   /* that are named: their owners are needed */
	struct names said;   /* of losses, so far: where, and what */
	struct loss *losses; /* as they were found */
	size_t n_losses, losses_cap;
	/* Beside tests and sshTests: what is left out. */
	bool *no_test, *no_ssh_test;
};

/* "// grants[3], line 12": before what was made of it. */
void sheet_from(struct lower *, struct sheet *, const char *section, uint32_t index,
                const struct node *);

/* What is said or left unsaid of a selector. */
struct side {
	bool src;   /* otherwise a destination */
	bool grant; /* of a grant, so without ports */
	struct ranges
		wanted; /* the addresses that its list may have, where they are known */
};

/* Whether the target takes a feature. */
bool lower_takes(const struct lower *, enum feature);

/*
 * Says that something cannot be said: what, and what is lost by leaving it out. An
 * error, or a warning where things may be left out.
 */
void lower_lose(struct lower *, struct span, const char *what, const char *lost);

/* The same where an inventory would help. */
void lower_lose_unknown(struct lower *, struct span, const char *what, const char *lost);

/* The same of what does not only narrow access by being lost: always an error. */
void lower_lose_other(struct lower *, struct span, const char *what, const char *lost);

/* Tells, as a warning, of tests that are left out, with which nobody loses access: what
 * the target does ("runs no tests"), and what is lost by it. */
void lower_lose_test(struct lower *, struct span, const char *what, const char *lost);

/* lower_words.c: adds the target's words for a selector of a rule. */
void lower_selector(struct lower *, const struct side *, const struct selector *,
                    struct word_list *);

/* For a user, in a group or outside; false where there is none: it was told. */
bool lower_user(struct lower *, const struct selector *, bool member, struct text *word);

/* The users that a selector of people names: user, group, or with an inventory
 * anything that names owners. false where that is not known: it was told. */
bool lower_people(struct lower *, const struct selector *, struct word_list *users);

/* For one of those; false where there is no way to write them: it was told. */
bool lower_person(struct lower *, struct text person, struct span where, bool member,
                  struct text *word);

/* The addresses that a list of sources, or a destination, may have by the policy;
 * empty where no inventory is known. */
struct ranges lower_wanted(struct lower *, const struct selector *, size_t n);

/* Whether the target takes a host, or a tag, of that name. */
bool lower_takes_host(const struct lower *, const struct host *);

bool lower_takes_tag(const struct lower *, struct text tag);

/* A tag that is named, whose owners are needed; false where the target does not
 * take its name: it was told. */
bool lower_tag(struct lower *, struct text tag, struct span);

/* The name of a group of these users that stands for something; members as
 * lower_people gives them. */
struct text lower_group(struct lower *, const char *prefix, struct text origin,
                        const struct word_list *members, struct span where);

/* lower_rules.c: the rules as the members of an object; whether there are any. */
bool lower_rules(struct lower *, struct sheet *);

/* A section each, written where there is anything to write. */
void lower_ssh(struct lower *, struct sheet *);            /* lower_ssh.c */
void lower_tags(struct lower *, struct sheet *);           /* lower_owners.c */
void lower_auto_approvers(struct lower *, struct sheet *); /* the same */
void lower_node_attrs(struct lower *, struct sheet *);     /* lower_settings.c */
void lower_others(struct lower *, struct sheet *);         /* the same */

/* lower_tests.c: tests say nothing about access. That they are gone is told, and
 * stops nobody. */
void lower_tests(struct lower *, struct sheet *);

/* Leaves out those that do not pass on what was made of the policy; whether there are
 * any, and lower_tests is to be called again. */
bool lower_tests_fail(struct lower *, const struct claims *);

#endif
