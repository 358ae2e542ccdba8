/* aclc's own inventory: CLI.md, "aclc's own inventory". The one format that people
 * write by hand, so nothing in it is ignored. */
#include "policy/inventory.h"

#include "grammar/arena.h"

enum user_field { USER_ID, USER_LOGIN, USER_NAME, USER_ROLE, USER_FIELDS };

static const struct asked user_fields[] = {
	ASKED("id", USER_ID),
	ASKED("login", USER_LOGIN),
	ASKED("name", USER_NAME),
	ASKED("role", USER_ROLE),
};

enum node_field {
	NODE_ID,
	NODE_NAME,
	NODE_USER,
	NODE_TAGS,
	NODE_ADDRESSES,
	NODE_ADVERTISED,
	NODE_APPROVED,
	NODE_OS,
	NODE_ATTRIBUTES,
	NODE_SHARED,
	NODE_CREATED,
	NODE_FIELDS,
};

static const struct asked node_fields[] = {
	ASKED("id", NODE_ID),
	ASKED("name", NODE_NAME),
	ASKED("user", NODE_USER),
	ASKED("tags", NODE_TAGS),
	ASKED("addresses", NODE_ADDRESSES),
	ASKED("advertised_routes", NODE_ADVERTISED),
	ASKED("approved_routes", NODE_APPROVED),
	ASKED("os", NODE_OS),
	ASKED("attributes", NODE_ATTRIBUTES),
	ASKED("shared", NODE_SHARED),
	ASKED("created", NODE_CREATED),
};

enum root_field { ROOT_DOMAINS, ROOT_USERS, ROOT_NODES, ROOT_FIELDS };

static const struct asked root_fields[] = {
	ASKED("domains", ROOT_DOMAINS),
	ASKED("users", ROOT_USERS),
	ASKED("nodes", ROOT_NODES),
};

static enum role
role_read(struct inventory *inv, const struct node *value)
{
	struct text text = value_text(inv, value);
	enum role role = ROLE_MEMBER;

	if (text.len == 0 || role_parse(text, &role))
		return role;
	struct text_nearest nearest = text_nearest_start(text);
	for (size_t i = 0; role_list(i); i++)
		text_nearest_offer(&nearest, text_of(role_list(i)));
	inventory_fault(inv, value, "there is no role %s; %s",
	                text_quote(inv->arena, text),
	                nearest.best.len > 0
	                        ? arena_format(inv->arena, "did you mean %.*s?",
	                                       TEXT_ARG(nearest.best))
	                        : "there are owner, admin, network-admin, it-admin, "
	                          "auditor, billing-admin and member");
	return role;
}

static void
own_user_read(struct inventory *inv, const struct node *object)
{
	const struct node *v[USER_FIELDS];

	members_find_strictly(inv, object, "a user", user_fields, ASKED_N(user_fields), v,
	                      USER_FIELDS);
	struct text login = value_text(inv, v[USER_LOGIN]);
	if (!v[USER_LOGIN])
		inventory_fault_missing(
			inv, object, "a user needs a login, by which policies name it");
	if (login.len == 0) /* one whom policies cannot name */
		return;
	struct user user = user_at(inv, login, v[USER_LOGIN]);
	user.id = value_id(inv, v[USER_ID]);
	user.name = value_text(inv, v[USER_NAME]);
	user.role = role_read(inv, v[USER_ROLE]);
	inventory_add_user(inv, &user, USER_LISTED | USER_WITH_ROLE);
}

/* The owner has to be in some list of users; at the end that is looked after. */
static void
own_owner_read(struct inventory *inv, struct machine *machine, const struct node *value)
{
	machine_take_owner(inv, machine, value_text(inv, value), value);
	if (machine->user == USER_NONE)
		return;
	struct user_told *told = &inv->users[machine->user];
	if (!told->wanted_in) {
		told->wanted_in = inv->tree->source;
		told->wanted = value->span;
	}
}

static void
own_node_read(struct inventory *inv, const struct node *object)
{
	const struct node *v[NODE_FIELDS];

	members_find_strictly(inv, object, "a node", node_fields, ASKED_N(node_fields), v,
	                      NODE_FIELDS);
	struct machine machine = machine_at(inv, object, v[NODE_NAME], v[NODE_ID]);
	machine.id = value_id(inv, v[NODE_ID]);
	machine.name = value_text(inv, v[NODE_NAME]);
	machine.shared = value_bool(inv, v[NODE_SHARED]);
	machine.os = value_text(inv, v[NODE_OS]);
	machine.created = value_time(inv, v[NODE_CREATED]);
	value_tags(inv, v[NODE_TAGS], NULL, &machine);
	if (v[NODE_USER])
		own_owner_read(inv, &machine, v[NODE_USER]);
	if (machine.n_tags == 0 && !v[NODE_USER] && !v[NODE_TAGS])
		inventory_fault_missing(inv, object, "a node needs a user or tags");
	value_addresses(inv, v[NODE_ADDRESSES], &machine);
	machine.advertised = value_routes(inv, v[NODE_ADVERTISED], &machine.n_advertised);
	machine.approved_by_hand =
		value_routes(inv, v[NODE_APPROVED], &machine.n_approved_by_hand);
	machine_take_attributes(inv, &machine, v[NODE_ATTRIBUTES], (struct text) { 0 });
	inventory_add_machine(inv, &machine, machine.name.len > 0);
}

static void
domain_add(struct inventory *inv, struct text domain)
{
	inv->domains = arena_grow(inv->arena, inv->domains, inv->n_domains,
	                          &inv->domains_cap, sizeof(*inv->domains));
	inv->domains[inv->n_domains++] = domain;
}

static void
domains_read(struct inventory *inv, const struct node *value)
{
	const struct node *list = value_array(inv, value);

	if (!list)
		return;
	inv->domains_told = true;
	for (const struct node *e = node_first(list); e != node_end(list);
	     e = node_next(e)) {
		struct text domain = { 0 };
		if (e->kind == HUJSON_STRING)
			domain = node_text(inv->arena, inv->tree, e);
		if (domain.len == 0 || text_find(domain, '@') < domain.len)
			inventory_fault(inv, e,
			                "a domain is what follows the @ of a login: "
			                "\"example.com\"");
		else
			domain_add(inv, domain);
	}
}

void
own_read(struct inventory *inv, const struct node *root)
{
	const struct node *v[ROOT_FIELDS];

	members_find_strictly(inv, root, "an inventory", root_fields,
	                      ASKED_N(root_fields), v, ROOT_FIELDS);
	const struct node *users = value_array(inv, v[ROOT_USERS]);
	const struct node *nodes = value_array(inv, v[ROOT_NODES]);
	if (!v[ROOT_USERS])
		inventory_fault_missing(inv, root,
		                        "an inventory needs the member users: []");
	if (!v[ROOT_NODES])
		inventory_fault_missing(inv, root,
		                        "an inventory needs the member nodes: []");
	inv->tailnet->roles_told = true;
	domains_read(inv, v[ROOT_DOMAINS]);
	if (users) {
		inventory_expect_users(inv, node_length(users));
		list_read(inv, users, "a user", own_user_read);
	}
	if (!nodes)
		return;
	inventory_expect(inv, node_length(nodes));
	list_read(inv, nodes, "a node", own_node_read);
}
