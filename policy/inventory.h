#ifndef ACLC_POLICY_INVENTORY_H
#define ACLC_POLICY_INVENTORY_H

/*
 * Inventories on their way to a tailnet; seen by the inventory_*.c alone. Each
 * reader walks an object once with a table of its members, and hands on the
 * users and machines that it finds; inventory_merge.c puts them together.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grammar/asked.h"
#include "grammar/finding.h"
#include "grammar/hujson.h"
#include "policy/tailnet.h"

/* How a user was told of. */
enum {
	USER_OWNER = 0,     /* as the owner of a machine, no more */
	USER_LISTED = 1,    /* in a list of users */
	USER_WITH_ROLE = 2, /* with a role */
	USER_NAMED = 4,     /* the name names the user in policies too: Headscale */
};

/* What is known of a user beside the user itself. */
struct user_told {
	unsigned how;     /* the flags above */
	bool own_machine; /* has a machine that is not shared */
	bool any_machine;
	/* Where aclc's own inventory first names it as an owner: it has to be
	 * listed then. source is NULL elsewhere. */
	struct source *wanted_in;
	struct span wanted;
};

/* What is known of a machine beside the machine itself. */
struct machine_told {
	bool firm_name; /* unique by the coordinator's word: a clash is one */
};

struct inventory {
	struct arena *arena;
	struct findings *findings;
	struct tailnet *tailnet;
	struct tree *tree; /* the one being read */
	struct user_told *users;
	struct machine_told *machines;
	size_t users_cap, users_told_cap, machines_cap, machines_told_cap;
	struct names user_ids, ids;   /* of users, of machines … */
	uint32_t *of_user_id, *of_id; /* … and whose they are */
	size_t of_user_id_cap, of_id_cap;
	struct text *domains;
	size_t n_domains, domains_cap;
	bool domains_told;            /* by aclc's own inventory */
	size_t wrong_owners;          /* told so far */
	struct names systems;         /* operating systems as written … */
	struct attribute **of_system; /* … and as posture spells them: node:os */
	size_t of_system_cap;
};

/* Walks an object: values[place] gets the value of each member in the table, the
 * last of several; NULL where absent or null. Other members are ignored. */
void members_find(const struct inventory *, const struct node *object,
                  const struct asked *, size_t n_fields, const struct node **values,
                  size_t n_values);

/* The same for aclc's own inventory: members that are not in the table are errors,
 * and so are those given twice. `what` is what the object is: "a node". */
void members_find_strictly(struct inventory *, const struct node *object,
                           const char *what, const struct asked *, size_t n_fields,
                           const struct node **values, size_t n_values);

/* Raises CHECK_INVALID_INVENTORY at a node. */
struct finding *inventory_fault(struct inventory *, const struct node *,
                                const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Raises that a member's value is not of the kind that it takes: "an array". */
void inventory_fault_kind(struct inventory *, const struct node *value,
                          const char *takes);

/* Raises that an object lacks what it must have, at its opening brace. */
void inventory_fault_missing(struct inventory *, const struct node *object,
                             const char *said);

/*
 * Values. Each takes NULL for a member that is absent; what is of the wrong kind is
 * told, and counts as absent.
 */

struct text value_text(struct inventory *, const struct node *);

/* A name that is not a number to us: a string, or a whole number as written, however
 * large. Empty for 0. */
struct text value_id(struct inventory *, const struct node *);

bool value_bool(struct inventory *, const struct node *);

/* RFC 3339, or an object of seconds and nanos, into nanoseconds since 1970;
 * INT64_MAX for "", the zero time, and what is absent. */
int64_t value_time(struct inventory *, const struct node *);

/* The node where it is an array, or object; otherwise told, and NULL. */
const struct node *value_array(struct inventory *, const struct node *);
const struct node *value_object(struct inventory *, const struct node *);

/* Adds what an array of addresses holds, each once and ascending. */
void value_addresses(struct inventory *, const struct node *, struct machine *);

/* The prefixes that an array holds, each once, in the order of range_compare. */
const struct range *value_routes(struct inventory *, const struct node *, size_t *n);

/* Of two lists of routes in order, what both hold, or either. */
const struct range *routes_meet(struct inventory *, const struct range *, size_t n,
                                const struct range *, size_t m, size_t *out);
const struct range *routes_join(struct inventory *, const struct range *, size_t n,
                                const struct range *, size_t m, size_t *out);

/* Adds the tags of one or two arrays. */
void value_tags(struct inventory *, const struct node *, const struct node *,
                struct machine *);

/* The attributes of a machine for postures: what an object gives (NULL: nothing), and
 * derived from os and version where it does not (spec/inventories.md 2.2). */
void machine_take_attributes(struct inventory *, struct machine *,
                             const struct node *given, struct text version);

/* A machine of nobody and with nothing yet, told of by an object: at its name, id,
 * or opening brace, whichever is there. */
struct machine machine_at(const struct inventory *, const struct node *object,
                          const struct node *name, const struct node *id);

/* Names a machine by its DNS name, or else by what the host calls itself, which need
 * not be unique. Returns whether the name is firm. */
bool machine_take_name(struct machine *, struct text dns_name, struct text host_name);

/* Gives a machine its owner, unless it has tags: then it belongs to them. */
void machine_take_owner(struct inventory *, struct machine *, struct text login,
                        const struct node *at);

/* Room for so many more machines, or users, in one piece. */
void inventory_expect(struct inventory *, size_t n_machines);
void inventory_expect_users(struct inventory *, size_t n_users);

/* Adds a machine, or what it adds to the same one in another inventory. */
void inventory_add_machine(struct inventory *, const struct machine *, bool firm_name);

/* Adds a user, or what it adds to the same one; returns the number. The user has
 * a login. */
uint32_t inventory_add_user(struct inventory *, const struct user *, unsigned how);

/* A user of nothing but a login, named at a node. */
struct user user_at(const struct inventory *, struct text login, const struct node *);

/* A login as policies name it: "ada" is ada@. */
struct text login_of(struct inventory *, struct text name);

/* The login that owners of tagged machines are given. */
bool login_is_pseudo(struct text);

/* Merges done: names, users, addresses are compared, the tailnet is completed. */
void inventory_finish(struct inventory *);

/* "network-admin"; false where there is no such role. */
bool role_parse(struct text, enum role *);

/* The i-th role's name, or NULL. */
const char *role_list(size_t i);

/* What is asked of the many objects in a client's status. */
#define STATUS_EXCERPTS 2
extern const struct excerpt status_excerpts[STATUS_EXCERPTS];

/* Readers of the formats, each of the object that its name says. */
void own_read(struct inventory *, const struct node *root);
void status_read(struct inventory *, const struct node *root);
void device_read(struct inventory *, const struct node *);
void account_read(struct inventory *, const struct node *);
void headscale_node_read(struct inventory *, const struct node *);
void headscale_user_read(struct inventory *, const struct node *);

/* Reads each element of a list; it has to be an object. `what`: "a node". */
void list_read(struct inventory *, const struct node *list, const char *what,
               void (*read)(struct inventory *, const struct node *));

#endif
