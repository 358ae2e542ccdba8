/* Tells the formats of inventories apart, and reads them into one tailnet. */
#include "policy/inventory.h"

#include "grammar/arena.h"

/* What gives a format away: the names of members. */
enum telltale {
	TELL_SELF,
	TELL_DEVICES,
	TELL_DOMAINS,
	TELL_USERS,
	TELL_NODES,
	TELL_NODE,
	TELL_LOGIN,         /* of a user of ours */
	TELL_LOGIN_NAME,    /* of an account */
	TELL_HEADSCALE,     /* of a node of Headscale */
	TELL_DEVICE,        /* of a device, or a node of ours */
	TELL_HOST_NAME,     /* of a device */
	TELL_ID,            /* of anything */
	TELL_NAME,          /* of anything */
	TELL_USER_OF_OTHER, /* of a user of Headscale */
	TELL_ATTRIBUTES,
	TELL_ROUTES_OF_DEVICE,
	TELL_ROUTE,
	TELL_ROUTES,
	TELL_GORM,
	TELL_KEY,
	TELL_NETMAP,
	TELL_SERVICES,
	TELL_POLICY,
	TELL_ERROR,
	TELL_SETTINGS,
};

static const struct asked telltales[] = {
	ASKED("Self", TELL_SELF),
	ASKED("Peer", TELL_SELF),
	ASKED("BackendState", TELL_SELF),
	ASKED("devices", TELL_DEVICES),
	ASKED("domains", TELL_DOMAINS),
	ASKED("users", TELL_USERS),
	ASKED("nodes", TELL_NODES),
	ASKED("machines", TELL_NODES), /* Headscale's REST until 0.22 */
	ASKED("node", TELL_NODE),
	ASKED("machine", TELL_NODE),
	ASKED("login", TELL_LOGIN),
	ASKED("role", TELL_LOGIN),
	ASKED("loginName", TELL_LOGIN_NAME),
	ASKED("ipAddresses", TELL_HEADSCALE),
	ASKED("ip_addresses", TELL_HEADSCALE),
	ASKED("givenName", TELL_HEADSCALE),
	ASKED("given_name", TELL_HEADSCALE),
	ASKED("machine_key", TELL_HEADSCALE),
	ASKED("registerMethod", TELL_HEADSCALE),
	ASKED("register_method", TELL_HEADSCALE),
	ASKED("addresses", TELL_DEVICE),
	ASKED("hostname", TELL_HOST_NAME),
	ASKED("nodeId", TELL_HOST_NAME),
	ASKED("id", TELL_ID),
	ASKED("name", TELL_NAME),
	ASKED("email", TELL_USER_OF_OTHER),
	ASKED("createdAt", TELL_USER_OF_OTHER),
	ASKED("created_at", TELL_USER_OF_OTHER),
	ASKED("displayName", TELL_USER_OF_OTHER),
	ASKED("display_name", TELL_USER_OF_OTHER),
	ASKED("providerId", TELL_USER_OF_OTHER),
	ASKED("provider_id", TELL_USER_OF_OTHER),
	ASKED("attributes", TELL_ATTRIBUTES),
	ASKED("enabledRoutes", TELL_ROUTES_OF_DEVICE),
	ASKED("advertisedRoutes", TELL_ROUTES_OF_DEVICE),
	ASKED("prefix", TELL_ROUTE),
	ASKED("is_primary", TELL_ROUTE),
	ASKED("isPrimary", TELL_ROUTE),
	ASKED("routes", TELL_ROUTES),
	ASKED("MachineKey", TELL_GORM),
	ASKED("NodeKey", TELL_GORM),
	ASKED("Namespace", TELL_GORM),
	ASKED("NamespaceID", TELL_GORM),
	ASKED("reusable", TELL_KEY),
	ASKED("preAuthKeys", TELL_KEY),
	ASKED("apiKeys", TELL_KEY),
	ASKED("SelfNode", TELL_NETMAP),
	ASKED("Peers", TELL_NETMAP),
	ASKED("vipServices", TELL_SERVICES),
	ASKED("acls", TELL_POLICY),
	ASKED("ACLs", TELL_POLICY),
	ASKED("grants", TELL_POLICY),
	ASKED("groups", TELL_POLICY),
	ASKED("Groups", TELL_POLICY),
	ASKED("hosts", TELL_POLICY),
	ASKED("Hosts", TELL_POLICY),
	ASKED("tagOwners", TELL_POLICY),
	ASKED("TagOwners", TELL_POLICY),
	ASKED("ssh", TELL_POLICY),
	ASKED("autoApprovers", TELL_POLICY),
	ASKED("nodeAttrs", TELL_POLICY),
	ASKED("tests", TELL_POLICY),
	ASKED("message", TELL_ERROR),
	ASKED("error", TELL_ERROR),
	ASKED("target", TELL_SETTINGS),
	ASKED("levels", TELL_SETTINGS),
};

#define BIT(tell) ((uint64_t)1 << (tell))

static uint64_t
tells_of(const struct inventory *inv, const struct node *object)
{
	uint64_t tells = 0;

	for (const struct node *m = node_first(object); m != node_end(object);
	     m = member_next(m)) {
		struct text name = node_text(inv->arena, inv->tree, m);
		for (size_t i = 0; i < ASKED_N(telltales); i++)
			if (text_equal(telltales[i].name, name))
				tells |= BIT(telltales[i].place);
	}
	return tells;
}

/* A shape, by what it has all of and lacks all of; the first in a table that fits
 * counts. It is read, or refused with a sentence. */
struct shape {
	uint64_t has, lacks;
	void (*read)(struct inventory *, const struct node *);
	const char *refused;
};

static const struct shape *
shape_find(const struct shape *shapes, uint64_t tells)
{
	while ((tells & shapes->has) != shapes->has || (tells & shapes->lacks))
		shapes++;
	return shapes;
}

/* What could be meant instead: the end of many refusals. */
#define INSTEAD                                                                          \
	"an inventory is what `tailscale status --json`, the Tailscale API's devices "   \
	"and "                                                                           \
	"users, or Headscale's `nodes list -o json` and `users list -o json` print, or " \
	"aclc's own, {\"users\": [...], \"nodes\": [...]}"

#define REFUSED_ROUTES                                                                   \
	"these are routes without their nodes; since 0.26, `headscale nodes list -o "    \
	"json` "                                                                         \
	"tells both"
#define REFUSED_GORM                                                                     \
	"this is how Headscale up to 0.15 printed its nodes, which do not tell tags "    \
	"and "                                                                           \
	"routes; take `nodes list -o json` of a newer release"
#define REFUSED_KEY "these are keys, not machines; take `headscale nodes list -o json`"

static void
refuse(struct inventory *inv, const struct node *node, const char *said)
{
	struct span start = { node->span.first, node->span.first };

	if (start.first < inv->tree->source->len)
		start.end++;
	finding_add(inv->findings, &CHECK_UNKNOWN_INVENTORY, inv->tree->source, start,
	            "%s", said);
}

/*
 * Lists: their first element gives them away.
 */

struct list_shape {
	uint64_t has, lacks;
	const char *what; /* of an element */
	void (*read)(struct inventory *, const struct node *);
	const char *refused;
};

static const struct list_shape list_shapes[] = {
	{ BIT(TELL_GORM), 0, NULL, NULL, REFUSED_GORM },
	{ BIT(TELL_KEY), 0, NULL, NULL, REFUSED_KEY },
	{ BIT(TELL_ROUTE), 0, NULL, NULL, REFUSED_ROUTES },
	{ BIT(TELL_LOGIN_NAME), 0, "a user", account_read, NULL },
	{ BIT(TELL_HEADSCALE), 0, "a node", headscale_node_read, NULL },
	{ BIT(TELL_HOST_NAME), 0, "a device", device_read, NULL },
	{ BIT(TELL_LOGIN), 0, NULL, NULL,
	  "these may be users of aclc's own inventory; it is one object, {\"users\": "
	  "[...], \"nodes\": [...]}" },
	{ BIT(TELL_DEVICE), 0, NULL, NULL,
	  "these may be nodes of aclc's own inventory; it is one object, {\"users\": "
	  "[...], \"nodes\": [...]}" },
	{ BIT(TELL_NAME) | BIT(TELL_USER_OF_OTHER), 0, "a user", headscale_user_read,
	  NULL },
	{ BIT(TELL_ID) | BIT(TELL_NAME), 0, "a user", headscale_user_read, NULL },
	{ 0, 0, NULL, NULL, "these are neither machines nor users; " INSTEAD },
};

/* The tells of a list's first object; none where there is no object. */
static uint64_t
list_tells(const struct inventory *inv, const struct node *list)
{
	for (const struct node *e = node_first(list); e != node_end(list);
	     e = node_next(e))
		if (e->kind == HUJSON_OBJECT)
			return tells_of(inv, e);
	return 0;
}

static void
any_list_read(struct inventory *inv, const struct node *list)
{
	const struct list_shape *shape = list_shapes;
	uint64_t tells = list_tells(inv, list);

	if (list->count == 1)
		return; /* of nothing */
	while ((tells & shape->has) != shape->has || (tells & shape->lacks))
		shape++;
	if (shape->read) {
		inventory_expect(inv, node_length(list));
		list_read(inv, list, shape->what, shape->read);
	} else {
		refuse(inv, list, shape->refused);
	}
}

/*
 * Objects.
 */

/* The one member that an object is about. */
static const struct node *
object_content(struct inventory *inv, const struct node *object,
               const struct asked *fields, size_t n)
{
	const struct node *content;

	members_find(inv, object, fields, n, &content, 1);
	return content;
}

static const struct asked list_fields[] = {
	ASKED("devices", 0),
	ASKED("users", 0),
	ASKED("nodes", 0),
	ASKED("machines", 0),
};

/* {"devices": […]}, {"users": […]}, {"nodes": […]}. */
static void
wrapped_list_read(struct inventory *inv, const struct node *object)
{
	const struct node *list =
		value_array(inv, object_content(inv, object, list_fields,
	                                        ASKED_N(list_fields)));

	if (list)
		any_list_read(inv, list);
}

/* The half of an inventory of aclc's own, or a list of somebody else's: ours by what
 * its first element has and lacks. */
static void
half_read(struct inventory *inv, const struct node *object, uint64_t has, uint64_t lacks)
{
	const struct node *list =
		object_content(inv, object, list_fields, ASKED_N(list_fields));

	if (list && list->kind == HUJSON_ARRAY && list->count > 1) {
		uint64_t tells = list_tells(inv, list);
		if ((tells & has) == has && !(tells & lacks)) {
			own_read(inv, object);
			return;
		}
	}
	wrapped_list_read(inv, object);
}

static void
users_read(struct inventory *inv, const struct node *object)
{
	half_read(inv, object, BIT(TELL_LOGIN), BIT(TELL_LOGIN_NAME));
}

static void
nodes_read(struct inventory *inv, const struct node *object)
{
	half_read(inv, object, 0, BIT(TELL_HEADSCALE));
}

static const struct asked node_fields[] = {
	ASKED("node", 0),
	ASKED("machine", 0),
};

/* {"node": {…}}. */
static void
wrapped_node_read(struct inventory *inv, const struct node *object)
{
	const struct node *node =
		value_object(inv, object_content(inv, object, node_fields,
	                                         ASKED_N(node_fields)));

	if (node)
		headscale_node_read(inv, node);
}

static const struct asked error_fields[] = {
	ASKED("message", 0),
	ASKED("error", 0),
};

static void
error_read(struct inventory *inv, const struct node *object)
{
	const struct node *message =
		object_content(inv, object, error_fields, ASKED_N(error_fields));
	const char *said = "";

	if (message && message->kind == HUJSON_STRING)
		said = text_quote(inv->arena, node_text(inv->arena, inv->tree, message));
	refuse(inv, object,
	       arena_format(inv->arena,
	                    "this is not an inventory but an error that the coordinator "
	                    "answered%s%s",
	                    said[0] ? ": " : "", said));
}

static const struct shape object_shapes[] = {
	{ BIT(TELL_NETMAP), BIT(TELL_SELF), NULL,
	  "this is a network map; take `tailscale status --json` instead" },
	{ BIT(TELL_POLICY), 0, NULL,
	  "this is a policy; the inventory, given by -i, says who is there" },
	{ BIT(TELL_SELF), 0, status_read, NULL },
	{ BIT(TELL_DEVICES), 0, wrapped_list_read, NULL },
	{ BIT(TELL_USERS) | BIT(TELL_NODES), 0, own_read, NULL },
	{ BIT(TELL_DOMAINS), 0, own_read, NULL },
	{ BIT(TELL_USERS), 0, users_read, NULL },
	{ BIT(TELL_NODES), 0, nodes_read, NULL },
	{ BIT(TELL_KEY), 0, NULL, REFUSED_KEY },
	{ BIT(TELL_GORM), 0, NULL, REFUSED_GORM },
	{ BIT(TELL_ROUTES), 0, NULL, REFUSED_ROUTES },
	{ BIT(TELL_NODE), 0, wrapped_node_read, NULL },
	{ BIT(TELL_LOGIN_NAME), 0, account_read, NULL },
	{ BIT(TELL_HEADSCALE), 0, headscale_node_read, NULL },
	{ BIT(TELL_HOST_NAME), 0, device_read, NULL },
	{ BIT(TELL_ID) | BIT(TELL_ATTRIBUTES), 0, device_read, NULL },
	{ BIT(TELL_ATTRIBUTES), 0, NULL,
	  "these attributes do not say whose they are; put the member "
	  "\"nodeId\": \"n...CNTRL\" beside them" },
	{ BIT(TELL_ROUTES_OF_DEVICE), 0, NULL,
	  "these routes do not say whose they are; put the member "
	  "\"nodeId\": \"n...CNTRL\" beside them, or take the devices with fields=all" },
	{ BIT(TELL_SERVICES), 0, NULL,
	  "these are Services, not machines; take the API's devices and users" },
	{ BIT(TELL_ERROR), 0, error_read, NULL },
	{ BIT(TELL_SETTINGS), 0, NULL,
	  "this looks like settings of aclc, which --config takes; " INSTEAD },
	{ 0, 0, NULL, "this is no inventory of a known format; " INSTEAD },
};

static void
object_read(struct inventory *inv, const struct node *object)
{
	const struct shape *shape = shape_find(object_shapes, tells_of(inv, object));

	if (shape->read)
		shape->read(inv, object);
	else
		refuse(inv, object, shape->refused);
}

/*
 * What is not JSON at all: a note beside the parser's finding says what it may be.
 */

static struct text
first_line(struct text text)
{
	text = text_trim(text);
	text.len = text_find(text, '\n');
	return text_trim(text);
}

static bool
text_has(struct text text, const char *part)
{
	for (size_t i = 0; i < text.len; i++)
		if (text_starts(text_from(text, i), part))
			return true;
	return false;
}

static bool
looks_empty(struct text line)
{
	return line.len == 0;
}

static bool
looks_like_page(struct text line)
{
	return line.at[0] == '<';
}

static bool
looks_like_table(struct text line)
{
	return text_has(line, " | ");
}

/* "100.64.0.1  laptop  ada@  linux  -". */
static bool
looks_like_plain_status(struct text line)
{
	struct text word = { line.at, text_find(line, ' ') };
	struct point address;

	return address_parse(word, &address) == ADDRESS_FINE;
}

static bool
looks_like_yaml(struct text line)
{
	size_t colon = text_find(line, ':');

	if (text_starts(line, "- ") || text_starts(line, "---"))
		return true;
	if (colon + 1 < line.len && line.at[colon + 1] != ' ')
		return false;
	for (size_t i = 0; i < colon; i++)
		if (!is_letter(line.at[i]) && line.at[i] != '_')
			return false;
	return colon > 0 && colon < line.len;
}

static const struct {
	bool (*fits)(struct text first_line);
	const char *said;
} looks[] = {
	{ looks_empty, "the file is empty; " INSTEAD },
	{ looks_like_page, "this looks like a web page; was the API's address right?" },
	{ looks_like_table,
	  "this looks like a table for people; with -o json, headscale prints it for "
	  "programs" },
	{ looks_like_plain_status,
	  "this looks like `tailscale status`; with --json, it is for programs" },
	{ looks_like_yaml,
	  "this looks like YAML; `headscale nodes list -o json` prints JSON" },
};

/* The parser has said where it stumbled; over what, is said here. */
static void
broken_explain(struct inventory *inv)
{
	struct source *source = inv->tree->source;
	struct text line = first_line((struct text) { source->bytes, source->len });
	const char *said = NULL;
	struct finding *finding = NULL;

	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]) && !said; i++)
		if (looks[i].fits(line))
			said = looks[i].said;
	for (size_t i = 0; i < inv->findings->n && !finding; i++)
		if (inv->findings->at[i]->source == source)
			finding = inv->findings->at[i];
	if (!finding)
		refuse(inv, inv->tree->root,
		       said ? said : "this cannot be read; " INSTEAD);
	else if (said)
		finding_note(inv->findings, finding, NULL, (struct span) { 0, 0 }, "%s",
		             said);
}

static void
tree_read(struct inventory *inv, struct tree *tree)
{
	const struct node *root = tree->root;

	inv->tree = tree;
	if (tree->broken || root->kind == HUJSON_BAD)
		broken_explain(inv);
	else if (root->kind == HUJSON_OBJECT)
		object_read(inv, root);
	else if (root->kind == HUJSON_ARRAY)
		any_list_read(inv, root);
	else if (root->kind != HUJSON_NULL) /* how some print a list of nothing */
		refuse(inv, root,
		       arena_format(inv->arena, "this is %s; " INSTEAD,
		                    hujson_kind_name(root->kind)));
}

struct tree *
inventory_parse(struct arena *arena, struct source *source, struct findings *findings)
{
	return hujson_parse_excerpts(arena, source, findings, status_excerpts,
	                             STATUS_EXCERPTS);
}

struct tailnet *
tailnet_read(struct arena *arena, struct tree **inventories, size_t n,
             struct findings *findings)
{
	struct tailnet *t = arena_alloc(arena, sizeof(*t));
	struct inventory inv = {
		.arena = arena,
		.findings = findings,
		.tailnet = t,
		.user_ids = { .arena = arena },
		.ids = { .arena = arena },
		.systems = { .arena = arena },
	};

	t->arena = arena;
	t->logins.arena = t->tags.arena = arena;
	for (size_t i = 0; i < n; i++)
		tree_read(&inv, inventories[i]);
	inventory_finish(&inv);
	return t;
}
