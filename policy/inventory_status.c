/* `tailscale status --json`: spec/inventories.md section 1. What one client sees of its
 * tailnet: routes in effect, and no roles but its own. */
#include "policy/inventory.h"

#include "grammar/arena.h"

enum status_field {
	STATUS_VERSION,
	STATUS_SELF,
	STATUS_PEER,
	STATUS_USER,
	STATUS_SUFFIX,
	STATUS_TAILNET,
	STATUS_FIELDS,
};

static const struct asked status_fields[] = {
	ASKED("Version", STATUS_VERSION),
	ASKED("Self", STATUS_SELF),
	ASKED("Peer", STATUS_PEER),
	ASKED("User", STATUS_USER),
	ASKED("MagicDNSSuffix", STATUS_SUFFIX),
	ASKED("CurrentTailnet", STATUS_TAILNET),
};

enum peer_field {
	PEER_ID,
	PEER_HOST_NAME,
	PEER_DNS_NAME,
	PEER_OS,
	PEER_USER,
	PEER_SHARER,
	PEER_ADDRESSES,
	PEER_TAGS,
	PEER_ROUTES,
	PEER_CREATED,
	PEER_EXIT_NODE,
	PEER_SHAREE,
	PEER_FIELDS,
};

static const struct asked peer_fields[] = {
	ASKED("ID", PEER_ID),
	ASKED("HostName", PEER_HOST_NAME),
	ASKED("DNSName", PEER_DNS_NAME),
	ASKED("OS", PEER_OS),
	ASKED("UserID", PEER_USER),
	ASKED("AltSharerUserID", PEER_SHARER),
	ASKED("TailscaleIPs", PEER_ADDRESSES),
	ASKED("Tags", PEER_TAGS),
	ASKED("PrimaryRoutes", PEER_ROUTES),
	ASKED("Created", PEER_CREATED),
	ASKED("ExitNodeOption", PEER_EXIT_NODE),
	ASKED("ShareeNode", PEER_SHAREE),
};

enum profile_field { PROFILE_LOGIN, PROFILE_NAME, PROFILE_FIELDS };

static const struct asked profile_fields[] = {
	ASKED("LoginName", PROFILE_LOGIN),
	ASKED("DisplayName", PROFILE_NAME),
};

/* What a client tells of each machine is three times as much as is asked here. */
const struct excerpt status_excerpts[STATUS_EXCERPTS] = {
	{ { "Peer", 4 }, peer_fields, ASKED_N(peer_fields) },
	{ { "User", 4 }, profile_fields, ASKED_N(profile_fields) },
};

/* One view of a tailnet. */
struct status {
	struct inventory *inv;
	struct names ids; /* of its users … */
	uint32_t *users;  /* … and their numbers, or USER_NONE */
	size_t users_cap;
	struct text suffix; /* of the DNS names of its own machines, or empty */
};

static const struct range default_routes[2] = {
	{ { LINE_IPV4, 0, 0 }, { LINE_IPV4, 0, UINT32_MAX } },
	{ { LINE_IPV6, 0, 0 }, { LINE_IPV6, UINT64_MAX, UINT64_MAX } },
};

/* An entry of User. The key is the id, written out. */
static void
profile_read(struct status *status, struct text id, const struct node *object)
{
	struct inventory *inv = status->inv;
	const struct node *v[PROFILE_FIELDS];
	size_t known = status->ids.n;

	members_find(inv, object, profile_fields, ASKED_N(profile_fields), v,
	             PROFILE_FIELDS);
	struct text name = value_text(inv, v[PROFILE_LOGIN]);
	if (names_add(&status->ids, id) != known) {
		inventory_fault(inv, object, "the user %.*s is told of twice",
		                TEXT_ARG(id));
		return;
	}
	status->users = arena_grow(inv->arena, status->users, known, &status->users_cap,
	                           sizeof(*status->users));
	status->users[known] = USER_NONE;
	if (name.len == 0 || login_is_pseudo(name))
		return;
	struct user user = user_at(inv, login_of(inv, name), v[PROFILE_LOGIN]);
	user.id = id;
	user.name = value_text(inv, v[PROFILE_NAME]);
	status->users[known] = inventory_add_user(inv, &user, USER_OWNER);
}

static void
profiles_read(struct status *status, const struct node *value)
{
	struct inventory *inv = status->inv;
	const struct node *map = value_object(inv, value);

	if (!map)
		return;
	size_t n = node_length(map);
	inventory_expect_users(inv, n);
	names_expect(&status->ids, n);
	for (const struct node *m = node_first(map); m != node_end(map);
	     m = member_next(m)) {
		const struct node *profile = member_value(m);
		if (profile->kind == HUJSON_OBJECT)
			profile_read(status, node_text(inv->arena, inv->tree, m),
			             profile);
		else if (profile->kind != HUJSON_NULL)
			inventory_fault_kind(inv, profile, "an object");
	}
}

static void
peer_owner_read(struct status *status, struct machine *machine, struct text id,
                const struct node *value)
{
	struct inventory *inv = status->inv;

	if (machine->n_tags > 0 || id.len == 0)
		return;
	uint32_t number = names_find(&status->ids, id);
	if (number == NAMES_NONE)
		inventory_fault(inv, value,
		                "the owner is the user %.*s, of whom the member User "
		                "does not tell",
		                TEXT_ARG(id));
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): known ids have users */
	else if (status->users[number] == USER_NONE)
		inventory_fault(inv, value,
		                "the owner is said to be a tag, but no tag is told");
	else
		machine->user = status->users[number];
}

static bool
name_has_suffix(struct text name, struct text suffix)
{
	if (name.len > 0 && name.at[name.len - 1] == '.')
		name.len--;
	return name.len > suffix.len && name.at[name.len - suffix.len - 1] == '.' &&
	       text_equal(text_from(name, name.len - suffix.len), suffix);
}

/* A machine of another tailnet has that one's DNS name, or is marked. */
static bool
peer_is_shared(struct status *status, const struct node *const *v, struct text dns_name)
{
	struct inventory *inv = status->inv;

	if (value_bool(inv, v[PEER_SHAREE]) || value_id(inv, v[PEER_SHARER]).len > 0)
		return true;
	return status->suffix.len > 0 && dns_name.len > 0 &&
	       !name_has_suffix(dns_name, status->suffix);
}

/* What is primary is approved; so is an exit node that is on offer. */
static void
peer_routes_read(struct inventory *inv, struct machine *machine,
                 const struct node *const *v)
{
	size_t n;
	const struct range *routes = value_routes(inv, v[PEER_ROUTES], &n);

	if (value_bool(inv, v[PEER_EXIT_NODE]))
		routes = routes_join(inv, routes, n, default_routes, 2, &n);
	machine->approved_by_hand = routes;
	machine->n_approved_by_hand = n;
}

/* A machine whose members are found, not read. */
struct peer {
	const struct node *object, *v[PEER_FIELDS];
};

static struct peer
peer_find(const struct inventory *inv, const struct node *object)
{
	struct peer peer = { .object = object };

	members_find(inv, object, peer_fields, ASKED_N(peer_fields), peer.v, PEER_FIELDS);
	return peer;
}

static struct machine
peer_read(struct status *status, const struct peer *peer, struct text version)
{
	struct inventory *inv = status->inv;
	const struct node *const *v = peer->v;
	struct machine machine =
		machine_at(inv, peer->object, v[PEER_DNS_NAME], v[PEER_HOST_NAME]);
	machine.id = value_id(inv, v[PEER_ID]);
	names_fetch(&inv->ids, machine.id);
	struct text owner = value_id(inv, v[PEER_USER]);
	names_fetch(&status->ids, owner);
	struct text dns_name = value_text(inv, v[PEER_DNS_NAME]);
	machine.shared = peer_is_shared(status, v, dns_name);
	bool firm =
		machine_take_name(&machine, dns_name, value_text(inv, v[PEER_HOST_NAME]));
	machine.os = value_text(inv, v[PEER_OS]);
	machine.created = value_time(inv, v[PEER_CREATED]);
	value_tags(inv, v[PEER_TAGS], NULL, &machine);
	peer_owner_read(status, &machine, owner, v[PEER_USER]);
	value_addresses(inv, v[PEER_ADDRESSES], &machine);
	peer_routes_read(inv, &machine, v);
	machine_take_attributes(inv, &machine, NULL, version);
	inventory_add_machine(inv, &machine, firm);
	return machine;
}

/* Roles by what the coordinator lets a machine do, the greater one last. */
static const struct {
	const char *capability;
	enum role role;
} role_marks[] = {
	{ "https://tailscale.com/cap/is-admin", ROLE_ADMIN },
	{ "https://tailscale.com/cap/is-owner", ROLE_OWNER },
};

static bool
capability_is_there(const struct inventory *inv, const struct node *self,
                    const char *name)
{
	const struct node *map = node_member(inv->tree, self, "CapMap");
	const struct node *list = node_member(inv->tree, self, "Capabilities");

	if (map && map->kind == HUJSON_OBJECT && node_member(inv->tree, map, name))
		return true;
	if (!list || list->kind != HUJSON_ARRAY)
		return false;
	for (const struct node *e = node_first(list); e != node_end(list);
	     e = node_next(e))
		if (e->kind == HUJSON_STRING &&
		    text_is(node_text(inv->arena, inv->tree, e), name))
			return true;
	return false;
}

/* The client's own machine tells its owner's role, where no list of users does. */
static void
self_read(struct status *status, const struct node *object, struct text version)
{
	struct inventory *inv = status->inv;
	struct peer peer = peer_find(inv, object);
	struct machine self = peer_read(status, &peer, version);

	if (self.user == USER_NONE || (inv->users[self.user].how & USER_WITH_ROLE))
		return;
	for (size_t i = 0; i < sizeof(role_marks) / sizeof(role_marks[0]); i++)
		if (capability_is_there(inv, object, role_marks[i].capability))
			inv->tailnet->users[self.user].role = role_marks[i].role;
}

/* About how many members an object has, and rather more, by its first ones: to count
 * them all would be to fetch them all. */
static size_t
members_about(const struct node *object)
{
	const struct node *m = node_first(object);
	size_t n = 0;

	while (m != node_end(object) && n < 64) {
		m = member_next(m);
		n++;
	}
	size_t walked = (size_t)(m - object);
	return n + (object->count - walked) * n / walked * 17 / 16;
}

/* Each is read when the next is found: its values are fetched meanwhile. */
static void
peers_read(struct status *status, const struct node *map)
{
	struct inventory *inv = status->inv;
	struct text version = { 0 };
	struct peer found[2];
	size_t n = 0;

	inventory_expect(inv, members_about(map));
	for (const struct node *m = node_first(map); m != node_end(map);
	     m = member_next(m)) {
		const struct node *object = member_value(m);
		if (object->kind == HUJSON_OBJECT) {
			found[n % 2] = peer_find(inv, object);
			if (n++ > 0)
				peer_read(status, &found[n % 2], version);
		} else if (object->kind != HUJSON_NULL) {
			inventory_fault_kind(inv, object, "an object");
		}
	}
	if (n > 0)
		peer_read(status, &found[(n - 1) % 2], version);
}

/* The suffix is taken at its word only if the client's own name has it. */
static struct text
status_suffix(struct inventory *inv, const struct node *const *v, const struct node *self)
{
	const struct node *tailnet = value_object(inv, v[STATUS_TAILNET]);
	const struct node *value = NULL, *name;

	if (tailnet)
		value = node_member(inv->tree, tailnet, "MagicDNSSuffix");
	if (!value || value->kind != HUJSON_STRING)
		value = v[STATUS_SUFFIX];
	name = self ? node_member(inv->tree, self, "DNSName") : NULL;
	struct text suffix = value_text(inv, value);
	if (!name || name->kind != HUJSON_STRING ||
	    !name_has_suffix(node_text(inv->arena, inv->tree, name), suffix))
		return (struct text) { 0 };
	return suffix;
}

void
status_read(struct inventory *inv, const struct node *root)
{
	struct status status = { .inv = inv, .ids = { .arena = inv->arena } };
	const struct node *v[STATUS_FIELDS];

	members_find(inv, root, status_fields, ASKED_N(status_fields), v, STATUS_FIELDS);
	const struct node *self = value_object(inv, v[STATUS_SELF]);
	const struct node *peers = value_object(inv, v[STATUS_PEER]);
	status.suffix = status_suffix(inv, v, self);
	profiles_read(&status, v[STATUS_USER]);
	if (self)
		self_read(&status, self, value_text(inv, v[STATUS_VERSION]));
	if (peers)
		peers_read(&status, peers);
}
