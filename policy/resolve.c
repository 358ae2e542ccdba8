#include "policy/resolve.h"

#include <string.h>

#include "grammar/arena.h"
#include "policy/dialect.h"
#include "policy/numbers.h"

static const struct range ranges_of_tailnet[] = {
	{ V4(100, 64, 0, 0), V4(100, 115, 91, 255) },
	{ V4(100, 115, 94, 0), V4(100, 127, 255, 255) },
	{ V6(0xfd7a115ca1e00000, 0), V6(0xfd7a115ca1e0ffff, UINT64_MAX) },
};

static const struct range ranges_of_internet[] = {
	{ V4(0, 0, 0, 0), V4(9, 255, 255, 255) },
	{ V4(11, 0, 0, 0), V4(100, 63, 255, 255) },
	{ V4(100, 128, 0, 0), V4(169, 253, 255, 255) },
	{ V4(169, 255, 0, 0), V4(172, 15, 255, 255) },
	{ V4(172, 32, 0, 0), V4(192, 167, 255, 255) },
	{ V4(192, 169, 0, 0), V4(255, 255, 255, 255) },
	{ V6(0x2000000000000000, 0), V6(0x3fffffffffffffff, UINT64_MAX) },
};

static const struct range ranges_of_everything[] = {
	{ V4(0, 0, 0, 0), V4(255, 255, 255, 255) },
	{ V6(0, 0), V6(UINT64_MAX, UINT64_MAX) },
};

const struct ranges RANGES_OF_TAILNET = { ranges_of_tailnet, COUNT(ranges_of_tailnet) };
const struct ranges RANGES_OF_INTERNET = { ranges_of_internet,
	                                   COUNT(ranges_of_internet) };
const struct ranges RANGES_OF_EVERYTHING = { ranges_of_everything,
	                                     COUNT(ranges_of_everything) };

static const enum role roles_of_autogroup[][2] = {
	[AUTOGROUP_OWNER] = { ROLE_OWNER, ROLE_OWNER },
	[AUTOGROUP_ADMIN] = { ROLE_ADMIN, ROLE_OWNER }, /* the owner is an admin too */
	[AUTOGROUP_IT_ADMIN] = { ROLE_IT_ADMIN, ROLE_IT_ADMIN },
	[AUTOGROUP_NETWORK_ADMIN] = { ROLE_NETWORK_ADMIN, ROLE_NETWORK_ADMIN },
	[AUTOGROUP_BILLING_ADMIN] = { ROLE_BILLING_ADMIN, ROLE_BILLING_ADMIN },
	[AUTOGROUP_AUDITOR] = { ROLE_AUDITOR, ROLE_AUDITOR },
};

static const struct set *
machines_of_user(const struct policy *p, struct tailnet *t, struct text name, bool member)
{
	uint32_t user = dialect_user(p->target, t, name, member);
	return user == USER_NONE ? t->sets.all[0] : t->of_user[user];
}

static const struct set *
machines_of_group(const struct policy *p, struct tailnet *t, const struct selector *s)
{
	const struct group *group = policy_group(p, s->text);
	if (!group)
		return t->sets.all[0];
	struct arena scratch = { 0 };
	struct numbers list = { .arena = &scratch };
	for (size_t i = 0; i < group->members.n; i++) {
		const struct selector *member = &group->members.at[i];
		if (member->kind == SELECTOR_USER)
			numbers_add_set(&list,
			                machines_of_user(p, t, member->text, true));
	}
	const struct set *set = numbers_set(&list, &t->sets);
	arena_end(&scratch);
	return set;
}

/* The machines of the users whom a condition picks. */
static const struct set *
machines_of_users(struct tailnet *t, const struct selector *s,
                  bool (*picks)(const struct user *, const struct selector *))
{
	struct arena scratch = { 0 };
	struct numbers list = { .arena = &scratch };
	for (size_t i = 0; i < t->n_users; i++)
		if (!t->users[i].shared && picks(&t->users[i], s))
			numbers_add_set(&list, t->of_user[i]);
	const struct set *set = numbers_set(&list, &t->sets);
	arena_end(&scratch);
	return set;
}

static bool
user_has_role(const struct user *user, const struct selector *s)
{
	const enum role *roles = roles_of_autogroup[s->autogroup];
	return user->role == roles[0] || user->role == roles[1];
}

static bool
user_is_of_domain(const struct user *user, const struct selector *s)
{
	size_t at = text_find_last(user->login, '@');
	return at < user->login.len && !text_starts(user->login, "group:") &&
	       !text_starts(user->login, TWIN_PREFIX "group:") &&
	       text_equal(text_from(user->login, at + 1), s->name);
}

bool
user_is_named(const struct user *user, const struct selector *s)
{
	if (user->shared)
		return false;
	if (s->kind == SELECTOR_DOMAIN)
		return user_is_of_domain(user, s);
	if (autogroup_is_role(s->autogroup))
		return user_has_role(user, s);
	return s->kind == SELECTOR_ANY || s->autogroup == AUTOGROUP_MEMBER ||
	       s->autogroup == AUTOGROUP_MEMBERS;
}

bool
tailnet_tells(const struct tailnet *t, const struct selector *s)
{
	if (s->kind == SELECTOR_SYNCED_GROUP || s->kind == SELECTOR_SERVICE)
		return false;
	return t->roles_told || !autogroup_is_role(s->autogroup);
}

static void
party_of_autogroup(struct party *party, struct tailnet *t, const struct selector *s)
{
	switch (s->autogroup) {
	case AUTOGROUP_MEMBER:
	case AUTOGROUP_MEMBERS:
		party->machines = t->members;
		break;
	case AUTOGROUP_TAGGED:
		party->machines = t->tagged;
		break;
	case AUTOGROUP_SHARED:
		party->machines = t->shared;
		break;
	case AUTOGROUP_SELF:
		party->self = true;
		break;
	case AUTOGROUP_INTERNET:
		party->internet = true;
		break;
	case AUTOGROUP_DANGER_ALL:
		party->danger = true;
		break;
	case AUTOGROUP_OWNER:
	case AUTOGROUP_ADMIN:
	case AUTOGROUP_IT_ADMIN:
	case AUTOGROUP_NETWORK_ADMIN:
	case AUTOGROUP_BILLING_ADMIN:
	case AUTOGROUP_AUDITOR:
		party->machines = machines_of_users(t, s, user_has_role);
		break;
	case AUTOGROUP_UNKNOWN:
	case AUTOGROUP_NONROOT:
		break;
	}
}

void
owners_add(const struct tailnet *t, struct range range, struct numbers *list)
{
	for (size_t i = tailnet_address_from(t, range.first);
	     i < t->n_addresses &&
	     point_compare(t->addresses[i].address, range.last) <= 0;
	     i++)
		numbers_add(list, t->addresses[i].machine);
}

/* The machines whose other addresses come with a range. */
static const struct set *
machines_of_range(struct tailnet *t, struct range range, enum family family)
{
	struct arena scratch = { 0 };
	struct numbers list = { .arena = &scratch };
	if (family == FAMILY_FIRST)
		range.last = range.first;
	owners_add(t, range, &list);
	const struct set *set = numbers_set(&list, &t->sets);
	arena_end(&scratch);
	return set;
}

static void
party_of_range(struct party *party, const struct policy *p, struct tailnet *t,
               struct range range)
{
	enum family family = dialect_of(p->target)->other_family;
	struct range *literal = arena_alloc(t->arena, sizeof(*literal));
	*literal = range;
	party->literals = literal;
	party->n_literals = 1;
	if (family != FAMILY_NONE)
		party->machines = machines_of_range(t, range, family);
}

/* The two that stand for the members of a synced group, where one imagines. */
static const struct set *
machines_of_stand_ins(const struct policy *p, struct tailnet *t, struct text login)
{
	struct arena scratch = { 0 };
	struct text twin =
		text_of(arena_format(&scratch, TWIN_PREFIX "%.*s", TEXT_ARG(login)));
	const struct set *set = set_join(&t->sets, machines_of_user(p, t, login, false),
	                                 machines_of_user(p, t, twin, false));
	arena_end(&scratch);
	return set;
}

struct party
party_of_selector(const struct policy *p, struct tailnet *t, const struct selector *s)
{
	struct party party = { .machines = t->sets.all[0] };
	const struct host *host;
	const struct ipset *ipset;
	uint32_t tag;
	if (!selector_counts(p->target, s))
		return party;
	switch (s->kind) {
	case SELECTOR_ANY:
		party.any = true;
		party.danger = target_support(p->target, FEATURE_ANY) == DIFFERS;
		break;
	case SELECTOR_ADDRESS:
	case SELECTOR_RANGE:
		party_of_range(&party, p, t, s->range);
		break;
	case SELECTOR_HOST:
		host = policy_host(p, s->name);
		if (host && host->good)
			party_of_range(&party, p, t, host->range);
		break;
	case SELECTOR_IPSET:
		ipset = policy_ipset(p, s->text);
		party.literals = ipset ? ipset->ranges.at : NULL;
		party.n_literals = ipset ? ipset->ranges.n : 0;
		break;
	case SELECTOR_USER:
		party.machines = machines_of_user(p, t, s->text, false);
		break;
	case SELECTOR_DOMAIN:
		party.machines = machines_of_users(t, s, user_is_of_domain);
		break;
	case SELECTOR_GROUP:
		party.machines = machines_of_group(p, t, s);
		break;
	case SELECTOR_SYNCED_GROUP:
		party.unknown = !t->imagined;
		party.machines = machines_of_stand_ins(p, t, s->text);
		break;
	case SELECTOR_TAG:
		tag = names_find(&t->tags, s->text);
		if (tag != NAMES_NONE)
			party.machines = t->of_tag[tag];
		break;
	case SELECTOR_AUTOGROUP:
		party_of_autogroup(&party, t, s);
		break;
	case SELECTOR_SERVICE:
		party.unknown = true; /* its addresses are kept outside the policy */
		break;
	case SELECTOR_INVALID:
	case SELECTOR_LOCALPART:
		break;
	}
	return party;
}

/* The literals of all, in order and each once. */
static void
literals_join(struct tailnet *t, const struct party *at, size_t n, struct party *party)
{
	struct arena scratch = { 0 };
	size_t all = 0, k = 0;
	for (size_t i = 0; i < n; i++)
		all += at[i].n_literals;
	struct range *out = arena_array(&scratch, all, sizeof(*out));
	for (size_t i = 0; i < n; i++) {
		if (at[i].n_literals)
			memcpy(out + k, at[i].literals, at[i].n_literals * sizeof(*out));
		k += at[i].n_literals;
	}
	party->n_literals = ranges_sort(out, all);
	struct range *literals = arena_array(t->arena, party->n_literals, sizeof(*out));
	if (party->n_literals > 0)
		memcpy(literals, out, party->n_literals * sizeof(*out));
	party->literals = literals;
	arena_end(&scratch);
}

/* Halves, so that a list of a million is not joined one by one. */
static const struct set *
machines_join(struct tailnet *t, const struct party *at, size_t n)
{
	if (n == 1)
		return at->machines;
	return set_join(&t->sets, machines_join(t, at, n / 2),
	                machines_join(t, at + n / 2, n - n / 2));
}

struct party
parties_join(struct tailnet *t, const struct party *at, size_t n)
{
	struct party party = { .machines = t->sets.all[0] };
	if (n == 0)
		return party;
	party.machines = machines_join(t, at, n);
	literals_join(t, at, n, &party);
	for (size_t i = 0; i < n; i++) {
		party.any |= at[i].any;
		party.danger |= at[i].danger;
		party.internet |= at[i].internet;
		party.self |= at[i].self;
		party.unknown |= at[i].unknown;
	}
	return party;
}

struct party
party_of_selectors(const struct policy *p, struct tailnet *t, const struct selector *list,
                   size_t n)
{
	if (n == 1)
		return party_of_selector(p, t, list);
	struct arena scratch = { 0 };
	struct party *parties = arena_array(&scratch, n, sizeof(*parties));
	for (size_t i = 0; i < n; i++)
		parties[i] = party_of_selector(p, t, &list[i]);
	struct party party = parties_join(t, parties, n);
	arena_end(&scratch);
	return party;
}

bool
party_is_empty(const struct party *party)
{
	return !party->machines->n && !party->n_literals && !party->any &&
	       !party->danger && !party->internet && !party->self;
}

/* The first route that starts at the point or after it. */
static uint32_t
routes_from(const struct routed_subnet *routes, size_t n, struct point first)
{
	uint32_t low = 0, high = (uint32_t)n;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (point_compare(routes[middle].range.first, first) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Adds the numbers of the routes that overlap a range. */
static void
routes_overlapping(const struct routed_subnet *routes, size_t n, struct range range,
                   struct numbers *list)
{
	uint32_t start = routes_from(routes, n, range.first);
	/* Those that start inside the range lie in a row … */
	for (uint32_t i = start;
	     i < n && point_compare(routes[i].range.first, range.last) <= 0; i++)
		numbers_add(list, i);
	/* … and those that start before it nest around its first point. */
	uint32_t around = start ? start - 1 : SUBNET_NONE;
	for (; around != SUBNET_NONE; around = routes[around].outer)
		if (range_overlaps(routes[around].range, range))
			numbers_add(list, around);
}

void
subnets_overlapping(const struct tailnet *t, struct range range, struct numbers *list)
{
	routes_overlapping(t->subnets, t->n_subnets, range, list);
}

/* Who routes a subnet that overlaps the range. */
static void
add_routers(struct numbers *list, const struct tailnet *t, struct range range)
{
	struct numbers subnets = { .arena = list->arena };
	subnets_overlapping(t, range, &subnets);
	for (size_t i = 0; i < subnets.n; i++)
		numbers_add_set(list, t->subnets[subnets.at[i]].routers);
}

/* Who routes a subnet that one of some machines has an address in. */
static void
add_routers_of_machines(struct numbers *list, const struct tailnet *t,
                        const struct set *machines)
{
	for (uint32_t i = 0; t->n_subnets && i < machines->n; i++) {
		const struct machine *m = &t->machines[machines->at[i]];
		for (size_t k = 0; k < m->n_addresses; k++)
			add_routers(list, t,
			            (struct range) { m->addresses[k], m->addresses[k] });
	}
}

/* Who lives in what `*` spells out as a source. */
static void
add_anybody(struct numbers *list, const struct tailnet *t)
{
	for (size_t i = 0; i < RANGES_OF_TAILNET.n; i++)
		owners_add(t, RANGES_OF_TAILNET.at[i], list);
	for (size_t i = 0; i < t->n_subnets; i++)
		if (t->subnets[i].outer == SUBNET_NONE)
			owners_add(t, t->subnets[i].range, list);
}

/* Who routes what a party names. */
static void
add_party_routers(struct numbers *list, const struct tailnet *t,
                  const struct party *party)
{
	add_routers_of_machines(list, t, party->machines);
	for (size_t i = 0; i < party->n_literals; i++)
		add_routers(list, t, party->literals[i]);
	for (size_t i = 0; party->internet && i < RANGES_OF_INTERNET.n; i++)
		add_routers(list, t, RANGES_OF_INTERNET.at[i]);
	if (party->any)
		numbers_add_set(list, t->routers);
}

const struct set *
party_machines(struct tailnet *t, const struct party *party, bool subnets)
{
	if (party->danger || (party->any && t->imagined))
		return t->everybody;
	if (!party->any && !party->n_literals && !party->internet &&
	    !(subnets && t->n_subnets))
		return party->machines;
	struct arena scratch = { 0 };
	struct numbers list = { .arena = &scratch };
	numbers_add_set(&list, party->machines);
	for (size_t i = 0; i < party->n_literals; i++)
		owners_add(t, party->literals[i], &list);
	if (party->any)
		add_anybody(&list, t);
	if (party->internet)
		numbers_add_set(&list, t->exit_nodes);
	if (subnets)
		add_party_routers(&list, t, party);
	const struct set *set = numbers_set(&list, &t->sets);
	arena_end(&scratch);
	return set;
}

static const struct value *
machine_attribute(const struct machine *m, struct text name)
{
	for (size_t i = 0; i < m->n_attributes; i++)
		if (text_equal(m->attributes[i].name, name))
			return &m->attributes[i].value;
	return NULL;
}

static bool
machine_fits(const struct machine *m, const struct posture *posture)
{
	for (size_t i = 0; i < posture->n_terms; i++) {
		const struct posture_term *term = &posture->terms[i];
		if (!term->good ||
		    !assertion_holds(&term->assertion,
		                     machine_attribute(m, term->assertion.attribute)))
			return false;
	}
	return true;
}

bool
machine_satisfies(const struct policy *p, const struct machine *m,
                  const struct words *postures)
{
	for (size_t i = 0; i < postures->n && !m->shared; i++) {
		const struct posture *posture = policy_posture(p, postures->at[i].text);
		if (posture && machine_fits(m, posture))
			return true;
	}
	return m->shared;
}

static const struct set *
set_satisfying(const struct policy *p, struct tailnet *t, const struct set *machines,
               const struct words *postures)
{
	struct arena scratch = { 0 };
	uint32_t *kept = arena_array(&scratch, machines->n, sizeof(*kept));
	size_t n = 0;
	for (uint32_t i = 0; i < machines->n; i++)
		if (machine_satisfies(p, &t->machines[machines->at[i]], postures))
			kept[n++] = machines->at[i];
	const struct set *set = set_of_sorted(&t->sets, kept, n);
	arena_end(&scratch);
	return set;
}

/* Literals on their way to a party, in any order and repeated. */
struct literals {
	struct arena *arena;
	struct range *at;
	size_t n, cap;
};

static void
literals_add(struct literals *list, struct range range)
{
	list->at =
		arena_grow(list->arena, list->at, list->n, &list->cap, sizeof(*list->at));
	list->at[list->n++] = range;
}

static void
party_take_literals(struct party *party, struct literals *list)
{
	party->literals = list->at;
	party->n_literals = ranges_sort(list->at, list->n);
}

/* The addresses of some machines. */
static struct ranges
set_addresses(struct tailnet *t, const struct set *machines)
{
	struct literals list = { .arena = t->arena };
	for (uint32_t i = 0; i < machines->n; i++) {
		const struct machine *m = &t->machines[machines->at[i]];
		for (size_t k = 0; k < m->n_addresses; k++)
			literals_add(&list,
			             (struct range) { m->addresses[k], m->addresses[k] });
	}
	return ranges_of(t->arena, list.at, list.n);
}

/* A literal without the addresses of those who fail. */
static void
literal_without(struct literals *list, struct range literal, struct ranges failing)
{
	if (!ranges_overlap(failing, literal)) {
		literals_add(list, literal);
		return;
	}
	struct ranges rest =
		ranges_minus(list->arena, (struct ranges) { &literal, 1 }, failing);
	for (size_t i = 0; i < rest.n; i++)
		literals_add(list, rest.at[i]);
}

struct party
party_satisfying(const struct policy *p, struct tailnet *t, const struct party *party,
                 const struct words *postures)
{
	const struct set *subject = party_machines(t, party, false);
	const struct set *passing = set_satisfying(p, t, subject, postures);
	struct ranges failing = set_addresses(t, set_minus(&t->sets, subject, passing));
	struct literals list = { .arena = t->arena };
	struct party kept = *party;

	kept.machines =
		party->any ? passing : set_meet(&t->sets, party->machines, passing);
	kept.any = kept.danger = false;
	for (size_t i = 0; i < party->n_literals; i++)
		literal_without(&list, party->literals[i], failing);
	for (size_t i = 0; party->any && i < t->n_subnets; i++)
		literal_without(&list, t->subnets[i].range, failing);
	for (size_t i = 0; party->danger && i < RANGES_OF_EVERYTHING.n; i++)
		literal_without(&list, RANGES_OF_EVERYTHING.at[i], failing);
	party_take_literals(&kept, &list);
	return kept;
}

struct ranges
party_flatten(struct arena *arena, const struct tailnet *t, const struct party *party)
{
	struct literals list = { .arena = arena }, prefixes = { .arena = arena };
	for (size_t i = 0; (party->any || party->danger) && i < RANGES_OF_EVERYTHING.n;
	     i++)
		literals_add(&list, RANGES_OF_EVERYTHING.at[i]);
	for (size_t i = 0; party->internet && i < RANGES_OF_INTERNET.n; i++)
		literals_add(&list, RANGES_OF_INTERNET.at[i]);
	for (size_t i = 0; i < party->n_literals; i++)
		literals_add(&list, party->literals[i]);
	for (uint32_t i = 0; i < party->machines->n; i++) {
		const struct machine *m = &t->machines[party->machines->at[i]];
		for (size_t k = 0; k < m->n_addresses; k++)
			literals_add(&list,
			             (struct range) { m->addresses[k], m->addresses[k] });
	}
	struct ranges all = ranges_of(arena, list.at, list.n);
	for (size_t i = 0; i < all.n; i++) {
		struct ranges some = range_prefixes(arena, all.at[i]);
		for (size_t k = 0; k < some.n; k++)
			literals_add(&prefixes, some.at[k]);
	}
	return (struct ranges) { prefixes.at, prefixes.n };
}

const struct set *
ranges_servers(struct tailnet *t, struct ranges ranges)
{
	struct arena scratch = { 0 };
	struct numbers list = { .arena = &scratch }, routes = { .arena = &scratch };
	for (size_t i = 0; i < ranges.n; i++) {
		owners_add(t, ranges.at[i], &list);
		routes_overlapping(t->kept, t->n_kept, ranges.at[i], &routes);
	}
	for (size_t i = 0; i < routes.n; i++)
		numbers_add_set(&list, t->kept[routes.at[i]].routers);
	const struct set *set = numbers_set(&list, &t->sets);
	arena_end(&scratch);
	return set;
}
