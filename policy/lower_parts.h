#ifndef ACLC_POLICY_LOWER_PARTS_H
#define ACLC_POLICY_LOWER_PARTS_H

/* What the parts of lowering share: lower.h is the door. */

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

/* A rule's own postures, as another member of it. */
void sheet_postures(struct sheet *, const struct words *postures);

/* A group that stands for what the target has no word for. */
struct new_group {
	struct text name;   /* "group:autogroup-admin" */
	struct text origin; /* "autogroup:admin" */
	struct word_list members;
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
	struct names hosts;  /* that are named: their definitions are needed */
	struct names tags;   /* the same */
	struct names losses; /* said so far: where, and what */
	struct sheet head;   /* comments that list them */
};

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

/* A tag that is named, whose owners are needed; false where the target does not
 * take its name: it was told. */
bool lower_tag(struct lower *, struct text tag, struct span);

/* The name of a group of these users that stands for something; members as
 * lower_people gives them. */
struct text lower_group(struct lower *, const char *prefix, struct text origin,
                        const struct word_list *members, struct span where);

/* lower_rules.c: the rules as the members of an object; whether there are any. */
bool lower_rules(struct lower *, struct sheet *);

/* lower_ssh.c */
void lower_ssh(struct lower *, struct sheet *);

#endif
