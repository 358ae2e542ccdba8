/* Headscale's nodes and users, in the spellings of all its releases:
 * spec/inventories.md sections 3.1 to 3.3. */
#include "policy/inventory.h"

enum node_field {
	NODE_ID,
	NODE_NAME,
	NODE_GIVEN_NAME,
	NODE_ADDRESSES,
	NODE_USER,
	NODE_TAGS,
	NODE_FORCED_TAGS,
	NODE_VALID_TAGS,
	NODE_APPROVED,
	NODE_APPROVED_SPARSE, /* by a release that leaves out what is empty */
	NODE_AVAILABLE,
	NODE_CREATED,
	NODE_FIELDS,
};

static const struct asked node_fields[] = {
	ASKED("id", NODE_ID),
	ASKED("name", NODE_NAME),
	ASKED("givenName", NODE_GIVEN_NAME),
	ASKED("given_name", NODE_GIVEN_NAME),
	ASKED("ipAddresses", NODE_ADDRESSES),
	ASKED("ip_addresses", NODE_ADDRESSES),
	ASKED("user", NODE_USER),
	ASKED("namespace", NODE_USER), /* until 0.19 */
	ASKED("tags", NODE_TAGS),
	ASKED("forcedTags", NODE_FORCED_TAGS),
	ASKED("forced_tags", NODE_FORCED_TAGS),
	ASKED("validTags", NODE_VALID_TAGS),
	ASKED("valid_tags", NODE_VALID_TAGS),
	ASKED("approvedRoutes", NODE_APPROVED),
	ASKED("approved_routes", NODE_APPROVED_SPARSE),
	ASKED("availableRoutes", NODE_AVAILABLE),
	ASKED("available_routes", NODE_AVAILABLE),
	ASKED("createdAt", NODE_CREATED),
	ASKED("created_at", NODE_CREATED),
};

enum user_field { USER_ID, USER_NAME, USER_EMAIL, USER_PROVIDER_ID, USER_FIELDS };

static const struct asked user_fields[] = {
	ASKED("id", USER_ID),
	ASKED("name", USER_NAME),
	ASKED("email", USER_EMAIL),
	ASKED("providerId", USER_PROVIDER_ID),
	ASKED("provider_id", USER_PROVIDER_ID),
};

/* Reads a user; false for one that stands for nobody: all empty, or the pseudo owner
 * of tagged nodes. Policies name it by email, else by name. */
static bool
user_read(struct inventory *inv, const struct node *object, struct user *user)
{
	const struct node *v[USER_FIELDS];

	members_find(inv, object, user_fields, ASKED_N(user_fields), v, USER_FIELDS);
	struct text name = value_text(inv, v[USER_NAME]);
	struct text email = value_text(inv, v[USER_EMAIL]);
	const struct node *at = email.len > 0 ? v[USER_EMAIL] : v[USER_NAME];
	struct text login = email.len > 0 ? email : name;
	*user = user_at(inv, login, at ? at : object);
	if (login.len == 0 || login_is_pseudo(login))
		return false;
	user->login = login_of(inv, login);
	user->id = value_id(inv, v[USER_ID]);
	user->name = name;
	user->provider_id = value_text(inv, v[USER_PROVIDER_ID]);
	return true;
}

void
headscale_user_read(struct inventory *inv, const struct node *object)
{
	struct user user;

	if (user_read(inv, object, &user))
		inventory_add_user(inv, &user, USER_LISTED | USER_NAMED);
	else if (user.login.len == 0)
		inventory_fault_missing(inv, object,
		                        "this user has neither a name nor an email");
}

/* The newest releases tell the tags in effect; before, those forced and those of the
 * pre-auth key or the client were told apart. */
static void
node_tags_read(struct inventory *inv, struct machine *machine,
               const struct node *const *v)
{
	if (v[NODE_TAGS])
		value_tags(inv, v[NODE_TAGS], NULL, machine);
	else
		value_tags(inv, v[NODE_FORCED_TAGS], v[NODE_VALID_TAGS], machine);
}

static void
node_owner_read(struct inventory *inv, struct machine *machine, const struct node *value)
{
	const struct node *object = value_object(inv, value);
	struct user user;

	if (!object || machine->n_tags > 0)
		return;
	if (user_read(inv, object, &user))
		machine->user = inventory_add_user(inv, &user, USER_NAMED);
	else
		machine_take_owner(inv, machine, user.login, object);
}

/* In effect is what is approved and available. */
static void
node_routes_read(struct inventory *inv, struct machine *machine,
                 const struct node *const *v)
{
	bool sparse = v[NODE_APPROVED_SPARSE];
	size_t n;
	const struct range *approved =
		value_routes(inv, sparse ? v[NODE_APPROVED_SPARSE] : v[NODE_APPROVED],
	                     &n);

	machine->advertised =
		value_routes(inv, v[NODE_AVAILABLE], &machine->n_advertised);
	if (v[NODE_AVAILABLE] || sparse)
		approved = routes_meet(inv, approved, n, machine->advertised,
		                       machine->n_advertised, &n);
	machine->approved_by_hand = approved;
	machine->n_approved_by_hand = n;
}

void
headscale_node_read(struct inventory *inv, const struct node *object)
{
	const struct node *v[NODE_FIELDS];

	members_find(inv, object, node_fields, ASKED_N(node_fields), v, NODE_FIELDS);
	struct machine machine =
		machine_at(inv, object,
	                   v[NODE_GIVEN_NAME] ? v[NODE_GIVEN_NAME] : v[NODE_NAME],
	                   v[NODE_ID]);
	machine.id = value_id(inv, v[NODE_ID]);
	machine.name = value_text(inv, v[NODE_GIVEN_NAME]);
	bool firm = machine.name.len > 0;
	if (!firm)
		machine.name = value_text(inv, v[NODE_NAME]);
	machine.created = value_time(inv, v[NODE_CREATED]);
	node_tags_read(inv, &machine, v);
	node_owner_read(inv, &machine, v[NODE_USER]);
	value_addresses(inv, v[NODE_ADDRESSES], &machine);
	node_routes_read(inv, &machine, v);
	inventory_add_machine(inv, &machine, firm);
}
