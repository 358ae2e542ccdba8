/* The Tailscale API's devices and users, and Headscale's imitation of them:
 * spec/inventories.md sections 2 and 3.4. */
#include "policy/inventory.h"

enum device_field {
	DEVICE_ADDRESSES,
	DEVICE_ID,
	DEVICE_NODE_ID,
	DEVICE_USER,
	DEVICE_NAME,
	DEVICE_HOST_NAME,
	DEVICE_TAGS,
	DEVICE_OS,
	DEVICE_VERSION,
	DEVICE_CREATED,
	DEVICE_EXTERNAL,
	DEVICE_ENABLED,
	DEVICE_ADVERTISED,
	DEVICE_ATTRIBUTES,
	DEVICE_FIELDS,
};

static const struct asked device_fields[] = {
	ASKED("addresses", DEVICE_ADDRESSES),
	ASKED("id", DEVICE_ID),
	ASKED("nodeId", DEVICE_NODE_ID),
	ASKED("user", DEVICE_USER),
	ASKED("name", DEVICE_NAME),
	ASKED("hostname", DEVICE_HOST_NAME),
	ASKED("tags", DEVICE_TAGS),
	ASKED("os", DEVICE_OS),
	ASKED("clientVersion", DEVICE_VERSION),
	ASKED("created", DEVICE_CREATED),
	ASKED("isExternal", DEVICE_EXTERNAL),
	ASKED("enabledRoutes", DEVICE_ENABLED),
	ASKED("advertisedRoutes", DEVICE_ADVERTISED),
	ASKED("attributes", DEVICE_ATTRIBUTES),
};

enum account_field {
	ACCOUNT_ID,
	ACCOUNT_LOGIN,
	ACCOUNT_NAME,
	ACCOUNT_TYPE,
	ACCOUNT_ROLE,
	ACCOUNT_FIELDS,
};

static const struct asked account_fields[] = {
	ASKED("id", ACCOUNT_ID),
	ASKED("loginName", ACCOUNT_LOGIN),
	ASKED("displayName", ACCOUNT_NAME),
	ASKED("type", ACCOUNT_TYPE),
	ASKED("role", ACCOUNT_ROLE),
};

/* nodeId is what the clients say too; id is the older one. */
static void
device_ids_read(struct inventory *inv, struct machine *machine,
                const struct node *const *v)
{
	machine->id = value_id(inv, v[DEVICE_NODE_ID]);
	machine->other_id = value_id(inv, v[DEVICE_ID]);
	if (machine->id.len == 0) {
		machine->id = machine->other_id;
		machine->other_id.len = 0;
	}
}

/* What is enabled and advertised is in effect; without a list of the advertised, what
 * is enabled. */
static void
device_routes_read(struct inventory *inv, struct machine *machine,
                   const struct node *const *v)
{
	size_t n;
	const struct range *enabled = value_routes(inv, v[DEVICE_ENABLED], &n);

	machine->advertised =
		value_routes(inv, v[DEVICE_ADVERTISED], &machine->n_advertised);
	if (v[DEVICE_ADVERTISED])
		enabled = routes_meet(inv, enabled, n, machine->advertised,
		                      machine->n_advertised, &n);
	machine->approved_by_hand = enabled;
	machine->n_approved_by_hand = n;
}

/* The answer of /attributes, put into its device whole or in part. */
static const struct node *
device_attributes(struct inventory *inv, const struct node *value)
{
	const struct node *inner = NULL;

	if (value && value->kind == HUJSON_OBJECT)
		inner = node_member(inv->tree, value, "attributes");
	return inner && inner->kind == HUJSON_OBJECT ? inner : value;
}

void
device_read(struct inventory *inv, const struct node *object)
{
	const struct node *v[DEVICE_FIELDS];

	members_find(inv, object, device_fields, ASKED_N(device_fields), v,
	             DEVICE_FIELDS);
	struct machine machine =
		machine_at(inv, object, v[DEVICE_NAME], v[DEVICE_NODE_ID]);
	machine.shared = value_bool(inv, v[DEVICE_EXTERNAL]);
	bool firm = machine_take_name(&machine, value_text(inv, v[DEVICE_NAME]),
	                              value_text(inv, v[DEVICE_HOST_NAME]));
	device_ids_read(inv, &machine, v);
	machine.os = value_text(inv, v[DEVICE_OS]);
	machine.created = value_time(inv, v[DEVICE_CREATED]);
	value_tags(inv, v[DEVICE_TAGS], NULL, &machine);
	struct text owner = value_text(inv, v[DEVICE_USER]);
	if (!login_is_pseudo(owner))
		owner = login_of(inv, owner);
	machine_take_owner(inv, &machine, owner, v[DEVICE_USER]);
	value_addresses(inv, v[DEVICE_ADDRESSES], &machine);
	device_routes_read(inv, &machine, v);
	machine_take_attributes(inv, &machine,
	                        device_attributes(inv, v[DEVICE_ATTRIBUTES]),
	                        value_text(inv, v[DEVICE_VERSION]));
	inventory_add_machine(inv, &machine, firm);
}

void
account_read(struct inventory *inv, const struct node *object)
{
	const struct node *v[ACCOUNT_FIELDS];

	members_find(inv, object, account_fields, ASKED_N(account_fields), v,
	             ACCOUNT_FIELDS);
	struct text login = value_text(inv, v[ACCOUNT_LOGIN]);
	if (login_is_pseudo(login))
		return;
	if (login.len == 0) {
		if (!v[ACCOUNT_LOGIN] || v[ACCOUNT_LOGIN]->kind == HUJSON_STRING)
			inventory_fault_missing(inv, object,
			                        "this user has no loginName");
		return;
	}
	struct user user = user_at(inv, login_of(inv, login), v[ACCOUNT_LOGIN]);
	user.id = value_id(inv, v[ACCOUNT_ID]);
	user.name = value_text(inv, v[ACCOUNT_NAME]);
	user.shared = text_is(value_text(inv, v[ACCOUNT_TYPE]), "shared");
	/* a role that no autogroup is for is a member's */
	role_parse(value_text(inv, v[ACCOUNT_ROLE]), &user.role);
	inventory_add_user(inv, &user, USER_LISTED | USER_WITH_ROLE);
	inv->tailnet->roles_told = true;
}
