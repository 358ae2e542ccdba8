#ifndef ACLC_POLICY_TAILNET_H
#define ACLC_POLICY_TAILNET_H

/* Who is there: users, and machines with their addresses, tags and
 * routes. (A machine is what the coordinators call a node; `struct node` is
 * taken by the tree.) Read from an inventory, or imagined from a policy. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grammar/address.h"
#include "grammar/expression.h"
#include "grammar/source.h"
#include "grammar/text.h"
#include "policy/policy.h"
#include "policy/set.h"

enum role {
	ROLE_MEMBER,
	ROLE_OWNER,
	ROLE_ADMIN,
	ROLE_NETWORK_ADMIN,
	ROLE_IT_ADMIN,
	ROLE_BILLING_ADMIN,
	ROLE_AUDITOR,
};

/* Before the login of the twin of a stand-in for many. */
#define TWIN_PREFIX "another "

struct user {
	struct text login;       /* what policies name: ada@example.com, ada@ */
	struct text id, name;    /* empty where unknown */
	struct text provider_id; /* headscale: issuer/subject */
	enum role role;
	bool shared;           /* of another tailnet, by a share */
	struct source *source; /* where it was read; NULL if imagined */
	struct span where;
};

#define USER_NONE UINT32_MAX

/* Why an imagined machine is there. Its user's login is the very selector that
 * it stands for ("group:eng@example.com", "autogroup:admin", "user:*@example.com"),
 * so that resolve.c finds it by tailnet.logins; the user's role is set too. */
enum stand_in {
	STAND_IN_NONE,         /* it is real */
	STAND_IN_USER,         /* for one user the policy names */
	STAND_IN_TAG,          /* for one tag the policy names */
	STAND_IN_ROLE,         /* for a user of a role, not named; two of them */
	STAND_IN_DOMAIN,       /* for a user of user:*@domain, not named; two */
	STAND_IN_SYNCED_GROUP, /* for a member of a synced group */
	STAND_IN_OTHER_USER,   /* for any user the policy does not name; two */
	STAND_IN_OTHER_TAG,    /* for any tag it does not name */
	STAND_IN_SHARED,       /* for anybody's device shared in */
};

struct machine {
	struct text id, name;
	struct text dns_name; /* whole, without the last dot; empty where unknown */
	struct text other_id; /* an older one that coordinators still take */
	uint32_t user;        /* its owner's number; USER_NONE when tagged, or not told */
	const uint32_t *tags; /* numbers in tailnet.tags, ascending */
	size_t n_tags;
	const struct point *addresses; /* ascending: IPv4 before IPv6 */
	size_t n_addresses;
	const struct range *advertised, *approved_by_hand;
	size_t n_advertised, n_approved_by_hand;
	/* Approved by hand, or advertised and approved by the policy's
	 * autoApprovers (spec/semantics.md section 5); without default routes. */
	const struct range *subnets;
	size_t n_subnets;
	bool exit_node; /* an approved default route */
	/* The routes for which its table keeps destinations: the subnets, but where
	 * the target goes by what is advertised, default routes included. */
	const struct range *kept;
	size_t n_kept;
	const struct attribute *attributes; /* for postures: node:os … */
	size_t n_attributes;
	struct text os;
	bool shared;     /* shared in from another tailnet */
	int64_t created; /* nanoseconds since 1970; INT64_MAX unknown */
	enum stand_in stand_in;
	struct text stands_for; /* the user, tag, role or domain */
	struct source *source;
	struct span where;
};

/* An address, and the machine that has it. */
struct owned_address {
	struct point address;
	uint32_t machine;
};

/*
 * A distinct approved subnet, and the machines that route it. Prefixes nest or
 * lie apart, so the subnets are a forest: outer is the number of the smallest
 * other one around it, or SUBNET_NONE.
 */
struct routed_subnet {
	struct range range;
	const struct set *routers;
	uint32_t outer;
};

#define SUBNET_NONE UINT32_MAX

struct tailnet {
	struct arena *arena;
	bool imagined;
	const struct text *domains; /* the tailnet's own mail domains */
	size_t n_domains;
	struct user *users;
	size_t n_users;
	bool roles_told;          /* else members may be admins and the like */
	struct names logins;      /* login → number in users */
	struct names aliases;     /* what else names a user: see tailnet_user */
	const uint32_t *of_alias; /* beside aliases: numbers in users, or USER_NONE */
	struct machine *machines; /* in the inventory's order */
	size_t n_machines;
	struct names tags; /* "tag:db" → number */

	/* Made by tailnet_index. */
	struct sets sets;            /* the store for all sets of machines */
	const struct set **of_user;  /* by user: untagged machines */
	const struct set **of_tag;   /* by tag number */
	const struct set *everybody; /* all machines */
	const struct set *members;   /* untagged, not shared: autogroup:member */
	const struct set *tagged;    /* autogroup:tagged */
	const struct set *shared;    /* autogroup:shared */
	const struct owned_address *addresses; /* ascending */
	size_t n_addresses;
	struct names machine_names, machine_ids;
	const uint32_t *of_name, *of_id; /* beside them: numbers in machines */

	/* Made by tailnet_approve. */
	const struct routed_subnet
		*subnets; /* by first, then the wider first; each once */
	size_t n_subnets;
	const struct routed_subnet *kept; /* the same of the machines' kept routes */
	size_t n_kept;
	const struct set *exit_nodes;
	const struct set *routers; /* machines with subnets */
};

/* The tree of an inventory: hujson_parse, but that of the machines and users of a
 * client's status only those members are in it that tailnet_read asks for. */
struct tree *inventory_parse(struct arena *, struct source *, struct findings *);

/*
 * Reads inventories into one tailnet; the format of each is recognised
 * (spec/inventories.md, and aclc's own in CLI.md). What cannot be understood,
 * or clashes, becomes an error finding at its place. Never NULL.
 */
struct tailnet *tailnet_read(struct arena *, struct tree **inventories, size_t n,
                             struct findings *);

/*
 * The tailnet that policies make one imagine, one for all of them (HOUSE.md
 * section 1): a machine for each user and tag that they name anywhere, one for
 * a tag they do not, and one of each of two users wherever a stand-in is for
 * many: of a role, of a domain, any other. Two, so that what such users may
 * do to themselves (autogroup:self) and to each other is told apart; the twin's
 * login starts with "another ". One machine is enough for each: what it may do to
 * itself is what any two of its owner may do. The machines have no addresses.
 */
struct tailnet *tailnet_imagine(struct arena *, const struct policy *const *policies,
                                size_t n);

/* The same if the users that they name were guests, with whom machines are shared, and
 * no members: nothing but an inventory tells. */
struct tailnet *tailnet_imagine_guests(struct arena *,
                                       const struct policy *const *policies, size_t n);

/* Sorts out who has what: fills the first half of the index. Once is enough;
 * tailnet_read and tailnet_imagine have done it. */
void tailnet_index(struct tailnet *);

/* Approves routes by the policy's autoApprovers, and indexes them; the target of
 * the policy decides which are kept. Called
 * once for each policy; what an earlier policy approved is forgotten. */
void tailnet_approve(struct tailnet *, const struct policy *);

/* The machine of that name (bare or in full), id or address, or NULL. */
const struct machine *tailnet_machine(const struct tailnet *, struct text);

/*
 * The number of the user whom a policy names so, or USER_NONE: by login; or as
 * Headscale does, by the identity at the provider, or by a name that is no
 * login, bare or with an @ after it. A name of two users is nobody's.
 */
uint32_t tailnet_user(const struct tailnet *, struct text);

/* The first of the addresses at or after a point; n_addresses if none. */
size_t tailnet_address_from(const struct tailnet *, struct point);

/* The machine that has this address, or UINT32_MAX. */
uint32_t tailnet_owner_of(const struct tailnet *, struct point);

/* "laptop (ada@example.com)", "a machine with tag:db": for messages. */
const char *machine_describe(struct arena *, const struct tailnet *,
                             const struct machine *);

#endif
