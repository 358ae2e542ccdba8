/* The tailnet that policies make one imagine: HOUSE.md section 1. */
#include "policy/tailnet.h"

#include <string.h>

#include "grammar/arena.h"

/* Logins and tags that no policy can name. */
#define OTHER_USER "<any other user>"
#define OTHER_TAG "tag:<any other tag>"
#define SHARED_USER "autogroup:shared"

struct imagination {
	struct arena *arena;
	struct tailnet *tailnet;
	bool guests; /* whoever is named is one */
	size_t users_cap, machines_cap;
};

static const struct {
	enum autogroup autogroup;
	enum role role;
} roles_imagined[] = {
	{ AUTOGROUP_OWNER, ROLE_OWNER },
	{ AUTOGROUP_ADMIN, ROLE_ADMIN },
	{ AUTOGROUP_IT_ADMIN, ROLE_IT_ADMIN },
	{ AUTOGROUP_NETWORK_ADMIN, ROLE_NETWORK_ADMIN },
	{ AUTOGROUP_BILLING_ADMIN, ROLE_BILLING_ADMIN },
	{ AUTOGROUP_AUDITOR, ROLE_AUDITOR },
};

static struct machine *
imagine_machine(struct imagination *im, enum stand_in stand_in, struct text name,
                struct text stands_for)
{
	struct tailnet *t = im->tailnet;

	t->machines = arena_grow(im->arena, t->machines, t->n_machines, &im->machines_cap,
	                         sizeof(*t->machines));
	struct machine *machine = &t->machines[t->n_machines++];
	*machine = (struct machine) {
		.id = name,
		.name = name,
		.user = USER_NONE,
		.created = INT64_MAX,
		.stand_in = stand_in,
		.stands_for = stands_for,
	};
	return machine;
}

/* A user and a machine of the user's, if there is no such user yet. */
static void
imagine_user(struct imagination *im, enum stand_in stand_in, struct text login,
             struct text stands_for, enum role role)
{
	struct tailnet *t = im->tailnet;
	uint32_t number = names_add(&t->logins, login);

	if (number < t->n_users)
		return;
	bool shared =
		stand_in == STAND_IN_SHARED || (stand_in == STAND_IN_USER && im->guests);
	t->users = arena_grow(im->arena, t->users, t->n_users, &im->users_cap,
	                      sizeof(*t->users));
	t->users[t->n_users++] = (struct user) {
		.login = login,
		.role = role,
		.shared = shared,
	};
	struct machine *machine = imagine_machine(im, stand_in, login, stands_for);
	machine->user = number;
	machine->shared = shared;
}

/* Two users of a kind: what the one may do with itself (autogroup:self) it need
 * not be able to do with the other. */
static void
imagine_users(struct imagination *im, enum stand_in stand_in, struct text stands_for,
              enum role role)
{
	struct text another = { 0 };

	imagine_user(im, stand_in, stands_for, stands_for, role);
	another.at = arena_format(im->arena, TWIN_PREFIX "%.*s", TEXT_ARG(stands_for));
	another.len = strlen(another.at);
	imagine_user(im, stand_in, another, stands_for, role);
}

static void
imagine_tag(struct imagination *im, enum stand_in stand_in, struct text tag)
{
	size_t known = im->tailnet->tags.n;
	uint32_t number = names_add(&im->tailnet->tags, tag);

	if (number < known)
		return;
	uint32_t *tags = arena_array(im->arena, 1, sizeof(*tags));
	tags[0] = number;
	struct machine *machine = imagine_machine(im, stand_in, tag, tag);
	machine->tags = tags;
	machine->n_tags = 1;
}

static void
imagine_autogroup(struct imagination *im, const struct selector *selector)
{
	if (selector->autogroup == AUTOGROUP_SHARED)
		imagine_user(im, STAND_IN_SHARED, text_of(SHARED_USER),
		             text_of(SHARED_USER), ROLE_MEMBER);
	for (size_t i = 0; i < sizeof(roles_imagined) / sizeof(roles_imagined[0]); i++)
		if (roles_imagined[i].autogroup == selector->autogroup)
			imagine_users(im, STAND_IN_ROLE, selector->text,
			              roles_imagined[i].role);
}

static void
imagine_selector(struct imagination *im, const struct selector *selector)
{
	switch (selector->kind) {
	case SELECTOR_USER:
		imagine_user(im, STAND_IN_USER, selector->text, selector->text,
		             ROLE_MEMBER);
		break;
	case SELECTOR_DOMAIN:
		imagine_users(im, STAND_IN_DOMAIN, selector->text, ROLE_MEMBER);
		break;
	case SELECTOR_SYNCED_GROUP:
		imagine_users(im, STAND_IN_SYNCED_GROUP, selector->text, ROLE_MEMBER);
		break;
	case SELECTOR_TAG:
		imagine_tag(im, STAND_IN_TAG, selector->text);
		break;
	case SELECTOR_AUTOGROUP:
		imagine_autogroup(im, selector);
		break;
	case SELECTOR_INVALID:
	case SELECTOR_ANY:
	case SELECTOR_ADDRESS:
	case SELECTOR_GROUP:
	case SELECTOR_HOST:
	case SELECTOR_IPSET:
	case SELECTOR_SERVICE:
	case SELECTOR_LOCALPART:
	case SELECTOR_RANGE:
		break;
	}
}

static void
imagine_selectors(struct imagination *im, const struct selectors *list)
{
	for (size_t i = 0; i < list->n; i++)
		imagine_selector(im, &list->at[i]);
}

static void
imagine_destinations(struct imagination *im, const struct destinations *list)
{
	for (size_t i = 0; i < list->n; i++)
		imagine_selector(im, &list->at[i].selector);
}

/* `localpart:*@D` lets in the users of a domain, each as somebody else. */
static void
imagine_logins(struct imagination *im, const struct words *logins)
{
	for (size_t i = 0; i < logins->n; i++) {
		struct selector selector = selector_parse(logins->at[i].text);
		if (selector.kind != SELECTOR_LOCALPART)
			continue;
		size_t at = text_find_last(selector.text, '@');
		struct text text = { 0 };
		text.at = arena_format(im->arena, "user:*%.*s",
		                       TEXT_ARG(text_from(selector.text, at)));
		text.len = strlen(text.at);
		imagine_users(im, STAND_IN_DOMAIN, text, ROLE_MEMBER);
	}
}

static void
imagine_definitions(struct imagination *im, const struct policy *policy)
{
	for (size_t i = 0; i < policy->n_groups; i++)
		imagine_selectors(im, &policy->groups[i].members);
	for (size_t i = 0; i < policy->n_tags; i++) {
		imagine_tag(im, STAND_IN_TAG, policy->tags[i].name.text);
		imagine_selectors(im, &policy->tags[i].owners);
	}
}

static void
imagine_rules(struct imagination *im, const struct policy *policy)
{
	for (size_t i = 0; i < policy->n_grants; i++) {
		imagine_selectors(im, &policy->grants[i].src);
		imagine_destinations(im, &policy->grants[i].dst);
		imagine_selectors(im, &policy->grants[i].via);
	}
	for (size_t i = 0; i < policy->n_ssh; i++) {
		imagine_selectors(im, &policy->ssh[i].src);
		imagine_selectors(im, &policy->ssh[i].dst);
		imagine_logins(im, &policy->ssh[i].users);
		imagine_selectors(im, &policy->ssh[i].recorder);
	}
}

static void
imagine_settings(struct imagination *im, const struct policy *policy)
{
	for (size_t i = 0; i < policy->n_node_attrs; i++)
		imagine_selectors(im, &policy->node_attrs[i].target);
	for (size_t i = 0; i < policy->n_approvers; i++)
		imagine_selectors(im, &policy->approvers[i].by);
	imagine_selectors(im, &policy->exit_node);
	for (size_t i = 0; i < policy->n_service_approvers; i++)
		imagine_selectors(im, &policy->service_approvers[i].by);
	for (size_t i = 0; i < policy->n_attr_configs; i++)
		imagine_selectors(im, &policy->attr_configs[i].broadcast_to_peers);
}

static void
imagine_tests(struct imagination *im, const struct policy *policy)
{
	for (size_t i = 0; i < policy->n_tests; i++) {
		imagine_selector(im, &policy->tests[i].src);
		imagine_destinations(im, &policy->tests[i].accept);
		imagine_destinations(im, &policy->tests[i].deny);
	}
	for (size_t i = 0; i < policy->n_ssh_tests; i++) {
		imagine_selector(im, &policy->ssh_tests[i].src);
		imagine_selectors(im, &policy->ssh_tests[i].dst);
	}
}

/* The domains of those who are named. */
static void
imagine_domains(struct imagination *im)
{
	struct tailnet *t = im->tailnet;
	struct names domains = { .arena = im->arena };

	for (size_t i = 0; i < t->n_machines; i++) {
		const struct machine *machine = &t->machines[i];
		size_t at = text_find_last(machine->stands_for, '@');
		bool named = machine->stand_in == STAND_IN_USER ||
		             machine->stand_in == STAND_IN_DOMAIN;
		if (named && at + 1 < machine->stands_for.len)
			names_add(&domains, text_from(machine->stands_for, at + 1));
	}
	t->domains = domains.texts;
	t->n_domains = domains.n;
}

static struct tailnet *
imagine(struct arena *arena, const struct policy *const *policies, size_t n, bool guests)
{
	struct tailnet *t = arena_alloc(arena, sizeof(*t));
	struct imagination im = { .arena = arena, .tailnet = t, .guests = guests };

	t->arena = arena;
	t->imagined = true;
	t->logins.arena = t->aliases.arena = t->tags.arena = arena;
	for (size_t i = 0; i < n; i++) {
		imagine_definitions(&im, policies[i]);
		imagine_rules(&im, policies[i]);
		imagine_settings(&im, policies[i]);
		imagine_tests(&im, policies[i]);
	}
	imagine_users(&im, STAND_IN_OTHER_USER, text_of(OTHER_USER), ROLE_MEMBER);
	imagine_tag(&im, STAND_IN_OTHER_TAG, text_of(OTHER_TAG));
	imagine_domains(&im);
	tailnet_index(t);
	return t;
}

struct tailnet *
tailnet_imagine(struct arena *arena, const struct policy *const *policies, size_t n)
{
	return imagine(arena, policies, n, false);
}

struct tailnet *
tailnet_imagine_guests(struct arena *arena, const struct policy *const *policies,
                       size_t n)
{
	return imagine(arena, policies, n, true);
}
