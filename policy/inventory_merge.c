/* Users and machines of all inventories put together; what clashes is told. */
#include "policy/inventory.h"

#include <string.h>

#include "grammar/arena.h"

static const struct {
	const char *name;
	enum role role;
} roles[] = {
	{ "owner", ROLE_OWNER },
	{ "admin", ROLE_ADMIN },
	{ "network-admin", ROLE_NETWORK_ADMIN },
	{ "it-admin", ROLE_IT_ADMIN },
	{ "auditor", ROLE_AUDITOR },
	{ "billing-admin", ROLE_BILLING_ADMIN },
	{ "member", ROLE_MEMBER },
};

#define ROLES_N (sizeof(roles) / sizeof(roles[0]))

bool
role_parse(struct text text, enum role *role)
{
	for (size_t i = 0; i < ROLES_N; i++)
		if (text_is(text, roles[i].name)) {
			*role = roles[i].role;
			return true;
		}
	return false;
}

const char *
role_list(size_t i)
{
	return i < ROLES_N ? roles[i].name : NULL;
}

static const char *
role_name(enum role role)
{
	size_t i = 0;

	while (roles[i].role != role)
		i++;
	return roles[i].name;
}

/* A place in one of the inventories. */
struct spot {
	struct source *source;
	struct span where;
};

static void inventory_clash(struct inventory *, struct spot, struct spot first,
                            const char *note, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

static void
inventory_clash(struct inventory *inv, struct spot here, struct spot first,
                const char *note, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	struct finding *finding = finding_add_list(inv->findings, &CHECK_INVENTORY_CLASH,
	                                           here.source, here.where, format, args);
	va_end(args);
	finding_note(inv->findings, finding, first.source, first.where, "%s", note);
}

static struct spot
user_spot(const struct user *user)
{
	return (struct spot) { user->source, user->where };
}

static struct spot
machine_spot(const struct machine *machine)
{
	return (struct spot) { machine->source, machine->where };
}

static void
text_fill(struct text *text, struct text with)
{
	if (text->len == 0)
		*text = with;
}

struct text
login_of(struct inventory *inv, struct text name)
{
	if (name.len == 0 || text_find(name, '@') < name.len)
		return name;
	char *login = arena_bytes(inv->arena, name.len + 1); /* it may hold a NUL */
	memcpy(login, name.at, name.len);
	login[name.len] = '@';
	return (struct text) { login, name.len + 1 };
}

bool
login_is_pseudo(struct text login)
{
	return text_is(login, "tagged-devices") || text_is(login, "tagged-devices@");
}

struct user
user_at(const struct inventory *inv, struct text login, const struct node *node)
{
	return (struct user) {
		.login = login,
		.source = inv->tree->source,
		.where = node->span,
	};
}

static uint32_t
user_append(struct inventory *inv, const struct user *user)
{
	struct tailnet *t = inv->tailnet;

	t->users = arena_grow(inv->arena, t->users, t->n_users, &inv->users_cap,
	                      sizeof(*t->users));
	inv->users = arena_grow(inv->arena, inv->users, t->n_users, &inv->users_told_cap,
	                        sizeof(*inv->users));
	t->users[t->n_users] = *user;
	inv->users[t->n_users] = (struct user_told) { 0 };
	return (uint32_t)t->n_users++;
}

/* Two lists may tell the same role; one list tells it once. */
static void
user_take_role(struct inventory *inv, struct user *known, struct user_told *told,
               const struct user *user, unsigned how)
{
	if (!(how & USER_WITH_ROLE))
		return;
	if ((told->how & USER_WITH_ROLE) && known->role != user->role)
		inventory_clash(inv, user_spot(user), user_spot(known),
		                "here the role is another",
		                "%.*s cannot have the role %s and also the role %s",
		                TEXT_ARG(user->login), role_name(user->role),
		                role_name(known->role));
	else
		known->role = user->role;
}

/* Ids of users listed; each is one user's. */
static void
user_take_id(struct inventory *inv, uint32_t number, const struct user *user)
{
	const struct tailnet *t = inv->tailnet;
	size_t known = inv->user_ids.n;

	if (user->id.len == 0)
		return;
	uint32_t id = names_add(&inv->user_ids, user->id);
	if (id == known) {
		inv->of_user_id =
			arena_grow(inv->arena, inv->of_user_id, known,
		                   &inv->of_user_id_cap, sizeof(*inv->of_user_id));
		inv->of_user_id[id] = number;
	} else if (inv->of_user_id[id] != number) {
		const struct user *first = &t->users[inv->of_user_id[id]];
		inventory_clash(inv, user_spot(user), user_spot(first),
		                arena_format(inv->arena, "here it is the id of %.*s",
		                             TEXT_ARG(first->login)),
		                "%.*s has the id %.*s, which is another user's",
		                TEXT_ARG(user->login), TEXT_ARG(user->id));
	}
}

uint32_t
inventory_add_user(struct inventory *inv, const struct user *user, unsigned how)
{
	struct tailnet *t = inv->tailnet;
	uint32_t number = names_add(&t->logins, user->login);

	if (number == t->n_users)
		user_append(inv, user);
	struct user *known = &t->users[number];
	struct user_told *told = &inv->users[number];
	if ((told->how & how & USER_LISTED) && known->source == user->source) {
		inventory_clash(inv, user_spot(user), user_spot(known),
		                "here the first time", "the login %.*s is given twice",
		                TEXT_ARG(user->login));
		return number;
	}
	user_take_role(inv, known, told, user, how);
	text_fill(&known->id, user->id);
	text_fill(&known->name, user->name);
	text_fill(&known->provider_id, user->provider_id);
	known->shared |= user->shared;
	if (how & ~told->how & USER_LISTED) {
		known->source = user->source;
		known->where = user->where;
	}
	told->how |= how;
	if (how & USER_LISTED)
		user_take_id(inv, number, user);
	return number;
}

struct machine
machine_at(const struct inventory *inv, const struct node *object,
           const struct node *name, const struct node *id)
{
	const struct node *at = name ? name : id;
	struct span brace = { object->span.first, object->span.first + 1 };

	return (struct machine) {
		.user = USER_NONE,
		.created = INT64_MAX,
		.source = inv->tree->source,
		.where = at ? at->span : brace,
	};
}

bool
machine_take_name(struct machine *machine, struct text dns_name, struct text host_name)
{
	if (dns_name.len > 0 && dns_name.at[dns_name.len - 1] == '.')
		dns_name.len--;
	machine->dns_name = machine->name = dns_name;
	if (dns_name.len == 0)
		machine->name = host_name;
	else if (!machine->shared) /* others' labels may be ours too */
		machine->name.len = text_find(dns_name, '.');
	return dns_name.len > 0;
}

void
machine_take_owner(struct inventory *inv, struct machine *machine, struct text login,
                   const struct node *at)
{
	if (machine->n_tags > 0 || login.len == 0)
		return;
	if (login_is_pseudo(login)) {
		inventory_fault(inv, at,
		                "the owner is said to be a tag, but no tag is told");
		return;
	}
	struct user user = user_at(inv, login, at);
	machine->user = inventory_add_user(inv, &user, USER_OWNER);
}

void
inventory_expect_users(struct inventory *inv, size_t n_users)
{
	names_expect(&inv->tailnet->logins, inv->tailnet->logins.n + n_users);
	names_expect(&inv->user_ids, inv->user_ids.n + n_users);
}

void
inventory_expect(struct inventory *inv, size_t n_machines)
{
	struct tailnet *t = inv->tailnet;
	size_t cap = t->n_machines + n_machines;

	names_expect(&inv->ids, inv->ids.n + n_machines);
	if (cap <= inv->machines_cap)
		return;
	struct machine *machines = arena_room(inv->arena, cap, sizeof(*machines));
	struct machine_told *told = arena_array(inv->arena, cap, sizeof(*told));
	for (size_t i = 0; i < t->n_machines; i++) {
		machines[i] = t->machines[i];
		told[i] = inv->machines[i];
	}
	t->machines = machines;
	inv->machines = told;
	inv->machines_cap = inv->machines_told_cap = cap;
}

/* Files an id; a new one is nobody's yet. NAMES_NONE where there is none. */
static uint32_t
id_number(struct inventory *inv, struct text id)
{
	size_t known = inv->ids.n;

	if (id.len == 0)
		return NAMES_NONE;
	uint32_t number = names_add(&inv->ids, id);
	if (number == known) {
		inv->of_id = arena_grow(inv->arena, inv->of_id, known, &inv->of_id_cap,
		                        sizeof(*inv->of_id));
		inv->of_id[number] = UINT32_MAX;
	}
	return number;
}

/* The machine of those ids so far, or else the next; *torn where they are of two. */
static uint32_t
machine_of_ids(struct inventory *inv, const struct machine *machine, bool *torn)
{
	uint32_t ids[2] = { id_number(inv, machine->id),
		            id_number(inv, machine->other_id) };
	uint32_t known = UINT32_MAX;

	for (size_t i = 0; i < 2; i++)
		if (known == UINT32_MAX && ids[i] != NAMES_NONE)
			known = inv->of_id[ids[i]];
	if (known == UINT32_MAX)
		known = (uint32_t)inv->tailnet->n_machines;
	*torn = false;
	for (size_t i = 0; i < 2; i++) {
		if (ids[i] == NAMES_NONE)
			continue;
		if (inv->of_id[ids[i]] == UINT32_MAX)
			inv->of_id[ids[i]] = known;
		*torn |= inv->of_id[ids[i]] != known;
	}
	return known;
}

/* What a machine is called in messages. */
static struct text
machine_label(const struct machine *machine)
{
	return machine->name.len > 0 ? machine->name : machine->id;
}

/* What two tellings of one machine say of tags and owner must be the same. */
static bool
belonging_merge(struct inventory *inv, struct machine *into, const struct machine *from)
{
	bool told = into->n_tags > 0 || into->user != USER_NONE;

	if (!told) {
		into->user = from->user;
		into->tags = from->tags;
		into->n_tags = from->n_tags;
		return true;
	}
	if (from->n_tags == 0 && from->user == USER_NONE)
		return true;
	bool same = into->n_tags == from->n_tags && into->user == from->user;
	for (size_t i = 0; same && i < into->n_tags; i++)
		same = into->tags[i] == from->tags[i];
	if (!same)
		inventory_clash(inv, machine_spot(from), machine_spot(into),
		                "here they are others",
		                "%.*s has another owner or other tags than before",
		                TEXT_ARG(machine_label(from)));
	return same;
}

/* One view may lack a family that the other has. */
static bool
addresses_merge(struct inventory *inv, struct machine *into, const struct machine *from)
{
	const struct machine *more = into, *less = from;
	size_t i = 0;

	if (into->n_addresses < from->n_addresses) {
		more = from;
		less = into;
	}
	for (size_t k = 0; k < more->n_addresses && i < less->n_addresses; k++)
		if (point_compare(more->addresses[k], less->addresses[i]) == 0)
			i++;
	if (i < less->n_addresses) {
		inventory_clash(inv, machine_spot(from), machine_spot(into),
		                "here they are others",
		                "%.*s has other addresses than before",
		                TEXT_ARG(machine_label(from)));
		return false;
	}
	into->addresses = more->addresses;
	into->n_addresses = more->n_addresses;
	return true;
}

static bool
attribute_is_known(const struct machine *machine, struct text name)
{
	for (size_t i = 0; i < machine->n_attributes; i++)
		if (text_equal(machine->attributes[i].name, name))
			return true;
	return false;
}

static void
attributes_merge(struct inventory *inv, struct machine *into, const struct machine *from)
{
	size_t n = into->n_attributes;

	if (from->n_attributes == 0)
		return;
	struct attribute *merged =
		arena_array(inv->arena, n + from->n_attributes, sizeof(*merged));
	for (size_t i = 0; i < n; i++)
		merged[i] = into->attributes[i];
	for (size_t i = 0; i < from->n_attributes; i++)
		if (!attribute_is_known(into, from->attributes[i].name))
			merged[n++] = from->attributes[i];
	into->attributes = merged;
	into->n_attributes = n;
}

static bool
names_merge(struct inventory *inv, struct machine *into, struct machine_told *told,
            const struct machine *from, bool firm_name)
{
	if (told->firm_name && firm_name && !text_equal(into->name, from->name)) {
		inventory_clash(inv, machine_spot(from), machine_spot(into),
		                "here it is another", "the id %.*s is also that of %.*s",
		                TEXT_ARG(from->id), TEXT_ARG(into->name));
		return false;
	}
	if (into->name.len == 0 || (firm_name && !told->firm_name)) {
		into->name = from->name;
		told->firm_name = firm_name;
	}
	text_fill(&into->dns_name, from->dns_name);
	return true;
}

static void
machine_merge(struct inventory *inv, uint32_t number, const struct machine *from,
              bool firm_name)
{
	struct machine *into = &inv->tailnet->machines[number];

	if (!names_merge(inv, into, &inv->machines[number], from, firm_name) ||
	    !belonging_merge(inv, into, from) || !addresses_merge(inv, into, from))
		return;
	into->advertised =
		routes_join(inv, into->advertised, into->n_advertised, from->advertised,
	                    from->n_advertised, &into->n_advertised);
	into->approved_by_hand =
		routes_join(inv, into->approved_by_hand, into->n_approved_by_hand,
	                    from->approved_by_hand, from->n_approved_by_hand,
	                    &into->n_approved_by_hand);
	attributes_merge(inv, into, from);
	text_fill(&into->other_id, from->other_id);
	text_fill(&into->os, from->os);
	into->shared |= from->shared;
	if (into->created == INT64_MAX)
		into->created = from->created;
}

static void
machine_append(struct inventory *inv, const struct machine *machine, bool firm_name)
{
	struct tailnet *t = inv->tailnet;
	size_t n = t->n_machines;

	t->machines = arena_grow(inv->arena, t->machines, n, &inv->machines_cap,
	                         sizeof(*t->machines));
	inv->machines = arena_grow(inv->arena, inv->machines, n, &inv->machines_told_cap,
	                           sizeof(*inv->machines));
	t->machines[n] = *machine;
	inv->machines[n].firm_name = firm_name;
	t->n_machines++;
}

static void
user_has_machine(struct inventory *inv, const struct machine *machine)
{
	if (machine->user == USER_NONE)
		return;
	inv->users[machine->user].any_machine = true;
	inv->users[machine->user].own_machine |= !machine->shared;
}

void
inventory_add_machine(struct inventory *inv, const struct machine *machine,
                      bool firm_name)
{
	bool torn;
	uint32_t known = machine_of_ids(inv, machine, &torn);

	user_has_machine(inv, machine);
	if (known == inv->tailnet->n_machines) {
		machine_append(inv, machine, firm_name);
		return;
	}
	const struct machine *first = &inv->tailnet->machines[known];
	if (first->source == machine->source || torn)
		inventory_clash(inv, machine_spot(machine), machine_spot(first),
		                "here the first time",
		                "the id %.*s is given to two machines",
		                TEXT_ARG(machine->id));
	else
		machine_merge(inv, known, machine, firm_name);
}

/* A machine without an id is known by its firm name, else by an address, which are
 * unique too. */
static void
machine_fill_id(struct inventory *inv, struct machine *machine, bool firm_name)
{
	char text[RANGE_TEXT_MAX];

	if (machine->id.len == 0 && machine->n_addresses > 0 && !firm_name) {
		size_t len = address_write(machine->addresses[0], text);
		machine->id = (struct text) { arena_copy(inv->arena, text, len), len };
	}
	text_fill(&machine->id, machine->name);
	text_fill(&machine->name, machine->id);
	if (machine->id.len == 0)
		finding_add(inv->findings, &CHECK_INVALID_INVENTORY, machine->source,
		            machine->where,
		            "this machine has neither a name, nor an id, nor an address");
}

/* So many machines are named while memory answers. */
#define AHEAD ((size_t)8)

/* What naming the machines after this one takes: their names, and where these may
 * stand. */
static void
names_fetch_ahead(const struct tailnet *t, size_t i)
{
	if (i + 2 * AHEAD < t->n_machines)
		__builtin_prefetch(t->machines[i + 2 * AHEAD].name.at);
	if (i + AHEAD < t->n_machines)
		names_fetch(&t->machine_names, t->machines[i + AHEAD].name);
}

/* Names the machines whose names are firm, or the others. A name that only the host
 * gave itself may be somebody else's too. */
static void
machines_name(struct inventory *inv, uint32_t *of_name, bool firm)
{
	struct tailnet *t = inv->tailnet;

	for (uint32_t i = 0; i < t->n_machines; i++) {
		size_t known = t->machine_names.n;
		if (inv->machines[i].firm_name != firm || t->machines[i].name.len == 0)
			continue;
		names_fetch_ahead(t, i);
		uint32_t number = names_add(&t->machine_names, t->machines[i].name);
		if (number == known)
			of_name[number] = i;
		else if (firm)
			inventory_clash(inv, machine_spot(&t->machines[i]),
			                machine_spot(&t->machines[of_name[number]]),
			                "here the first time",
			                "two machines have the name %.*s",
			                TEXT_ARG(t->machines[i].name));
	}
}

static void
finish_names(struct inventory *inv)
{
	struct tailnet *t = inv->tailnet;
	uint32_t *of_name = arena_array(inv->arena, t->n_machines, sizeof(*of_name));

	t->machine_names.arena = inv->arena;
	names_expect(&t->machine_names, t->n_machines);
	for (size_t i = 0; i < t->n_machines; i++)
		machine_fill_id(inv, &t->machines[i], inv->machines[i].firm_name);
	machines_name(inv, of_name, true);
	machines_name(inv, of_name, false);
	t->of_name = of_name;
}

static void
finish_addresses(struct inventory *inv)
{
	const struct tailnet *t = inv->tailnet;
	char text[RANGE_TEXT_MAX];

	for (size_t i = 1; i < t->n_addresses; i++) {
		if (point_compare(t->addresses[i - 1].address, t->addresses[i].address))
			continue;
		address_write(t->addresses[i].address, text);
		inventory_clash(inv, machine_spot(&t->machines[t->addresses[i].machine]),
		                machine_spot(&t->machines[t->addresses[i - 1].machine]),
		                "here the other machine",
		                "two machines have the address %s", text);
	}
}

/* Machines of nobody told are some member's; but whose, no answer can say. */
static void
finish_owners(struct inventory *inv)
{
	const struct tailnet *t = inv->tailnet;
	const struct machine *first = NULL;
	size_t n = 0;

	if (inv->findings->n_errors > 0)
		return; /* an owner may be told, but not well */
	for (size_t i = 0; i < t->n_machines; i++) {
		const struct machine *machine = &t->machines[i];
		if (machine->n_tags > 0 || machine->user != USER_NONE || machine->shared)
			continue;
		if (n++ == 0)
			first = machine;
	}
	if (n == 1)
		finding_add(inv->findings, &CHECK_UNTOLD_OWNER, first->source,
		            first->where,
		            "%.*s has neither an owner nor tags, so it is taken as some "
		            "member's",
		            TEXT_ARG(first->name));
	else if (n > 1)
		finding_add(
			inv->findings, &CHECK_UNTOLD_OWNER, first->source, first->where,
			"%.*s and %zu more have neither an owner nor tags, so they are "
			"taken as some member's",
			TEXT_ARG(first->name), n - 1);
}

/* Beyond so many wrong owners, none is likely to be a slip of the pen. */
#define SUGGESTIONS_MAX 20

/* "; did you mean ada@?" */
static const char *
login_suggested(struct inventory *inv, struct text login)
{
	const struct tailnet *t = inv->tailnet;
	struct text_nearest nearest = text_nearest_start(login);

	for (size_t i = 0; i < t->n_users && inv->wrong_owners < SUGGESTIONS_MAX; i++)
		if (inv->users[i].how & USER_LISTED)
			text_nearest_offer(&nearest, t->users[i].login);
	inv->wrong_owners++;
	return nearest.best.len > 0 ? arena_format(inv->arena, "; did you mean %.*s?",
	                                           TEXT_ARG(nearest.best))
	                            : "; add it to the users";
}

static void
user_is_wanted(struct inventory *inv, uint32_t number)
{
	const struct user_told *told = &inv->users[number];
	struct text login = inv->tailnet->users[number].login;

	finding_add(inv->findings, &CHECK_INVALID_INVENTORY, told->wanted_in,
	            told->wanted, "no user has the login %s%s",
	            text_quote(inv->arena, login), login_suggested(inv, login));
}

/* Who only owns what was shared in is of another tailnet. */
static void
finish_users(struct inventory *inv)
{
	struct tailnet *t = inv->tailnet;

	for (uint32_t i = 0; i < t->n_users; i++) {
		const struct user_told *told = &inv->users[i];
		bool listed = told->how & USER_LISTED;
		if (told->wanted_in && !listed)
			user_is_wanted(inv, i);
		if (!listed && told->any_machine && !told->own_machine)
			t->users[i].shared = true;
	}
}

/* A second name of a user; a name that two have is nobody's. */
static void
user_alias(struct tailnet *t, uint32_t *of_alias, struct text name, uint32_t user)
{
	size_t known = t->aliases.n;

	if (name.len == 0 || names_find(&t->logins, name) != NAMES_NONE)
		return;
	uint32_t number = names_add(&t->aliases, name);
	if (number == known)
		of_alias[number] = user;
	else if (of_alias[number] != user)
		of_alias[number] = USER_NONE;
}

/* The identity at the provider goes before names, as it does in Headscale. */
static void
finish_aliases(struct inventory *inv)
{
	struct tailnet *t = inv->tailnet;
	uint32_t *of_alias = arena_array(inv->arena, 4 * t->n_users, sizeof(*of_alias));
	size_t identities;

	t->aliases.arena = inv->arena;
	t->of_alias = of_alias;
	for (uint32_t i = 0; i < t->n_users; i++)
		user_alias(t, of_alias, t->users[i].provider_id, i);
	identities = t->aliases.n;
	for (uint32_t i = 0; i < t->n_users; i++) {
		struct text name = t->users[i].name;
		struct text login = login_of(inv, t->users[i].login);
		if (login.len > t->users[i].login.len) /* it had no @ */
			user_alias(t, of_alias, login, i);
		if (!(inv->users[i].how & USER_NAMED))
			continue;
		if (names_find(&t->aliases, name) >= identities)
			user_alias(t, of_alias, name, i);
		user_alias(t, of_alias, login_of(inv, name), i);
	}
}

/* Those that aclc's own inventory tells, else those of the logins. */
static void
finish_domains(struct inventory *inv)
{
	struct tailnet *t = inv->tailnet;
	struct names domains = { .arena = inv->arena };

	for (size_t i = 0; i < inv->n_domains; i++)
		names_add(&domains, inv->domains[i]);
	for (size_t i = 0; i < t->n_users && !inv->domains_told; i++) {
		struct text login = t->users[i].login;
		size_t at = text_find_last(login, '@');
		if (!t->users[i].shared && at + 1 < login.len)
			names_add(&domains, text_from(login, at + 1));
	}
	t->domains = domains.texts;
	t->n_domains = domains.n;
}

void
inventory_finish(struct inventory *inv)
{
	struct tailnet *t = inv->tailnet;

	finish_names(inv);
	t->machine_ids = inv->ids;
	t->of_id = inv->of_id;
	tailnet_index(t);
	finish_addresses(inv);
	finish_users(inv);
	finish_owners(inv);
	finish_aliases(inv);
	finish_domains(inv);
}
