#include "policy/tailnet.h"

#include "grammar/arena.h"

/* A machine under one of the keys that it is known by: its user, a tag. */
struct keyed {
	uint32_t key, machine;
};

struct keyed_list {
	struct keyed *at;
	size_t n;
};

/* The sets by key; machines ascend in the list, so they do in each set. */
static const struct set **
sets_by_key(struct tailnet *t, struct keyed_list list, size_t n_keys)
{
	const struct set **by_key = arena_array(t->arena, n_keys, sizeof(struct set *));
	struct arena scratch = { 0 };
	size_t *ends = arena_array(&scratch, n_keys + 1, sizeof(*ends));
	uint32_t *machines = arena_array(&scratch, list.n, sizeof(*machines));

	for (size_t i = 0; i < list.n; i++)
		ends[list.at[i].key + 1]++;
	for (size_t key = 0; key < n_keys; key++)
		ends[key + 1] += ends[key];
	for (size_t i = 0; i < list.n; i++)
		machines[ends[list.at[i].key]++] = list.at[i].machine;
	for (size_t key = 0, first = 0; key < n_keys; key++) {
		by_key[key] =
			set_of_sorted(&t->sets, machines + first, ends[key] - first);
		first = ends[key];
	}
	arena_end(&scratch);
	return by_key;
}

static void
index_users(struct tailnet *t)
{
	struct arena scratch = { 0 };
	struct keyed_list list = { 0 };

	list.at = arena_array(&scratch, t->n_machines, sizeof(*list.at));
	for (uint32_t i = 0; i < t->n_machines; i++)
		if (t->machines[i].n_tags == 0 && t->machines[i].user != USER_NONE)
			list.at[list.n++] = (struct keyed) { t->machines[i].user, i };
	t->of_user = sets_by_key(t, list, t->n_users);
	arena_end(&scratch);
}

/* The tags of another tailnet's machine are that tailnet's. */
static void
index_tags(struct tailnet *t)
{
	struct arena scratch = { 0 };
	struct keyed_list list = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < t->n_machines; i++)
		n += t->machines[i].n_tags;
	list.at = arena_array(&scratch, n, sizeof(*list.at));
	for (uint32_t i = 0; i < t->n_machines; i++) {
		const struct machine *machine = &t->machines[i];
		for (size_t k = 0; k < machine->n_tags && !machine->shared; k++)
			list.at[list.n++] = (struct keyed) { machine->tags[k], i };
	}
	t->of_tag = sets_by_key(t, list, t->tags.n);
	arena_end(&scratch);
}

/* What kinds of machines there are, beside those of one user or tag. */
enum kind { KIND_MEMBERS, KIND_TAGGED, KIND_SHARED, KIND_ALL, KINDS };

static void
index_kinds(struct tailnet *t)
{
	struct arena scratch = { 0 };
	uint32_t *numbers[KINDS] = { NULL };
	size_t n[KINDS] = { 0 };
	const struct set *sets[KINDS];

	for (size_t k = 0; k < KINDS; k++)
		numbers[k] = arena_array(&scratch, t->n_machines, sizeof(uint32_t));
	for (uint32_t i = 0; i < t->n_machines; i++) {
		const struct machine *machine = &t->machines[i];
		enum kind kind = machine->shared       ? KIND_SHARED
		                 : machine->n_tags > 0 ? KIND_TAGGED
		                                       : KIND_MEMBERS;
		numbers[kind][n[kind]++] = i;
		numbers[KIND_ALL][n[KIND_ALL]++] = i;
	}
	for (size_t k = 0; k < KINDS; k++)
		sets[k] = set_of_sorted(&t->sets, numbers[k], n[k]);
	t->members = sets[KIND_MEMBERS];
	t->tagged = sets[KIND_TAGGED];
	t->shared = sets[KIND_SHARED];
	t->everybody = sets[KIND_ALL];
	arena_end(&scratch);
}

/* Byte k of an address, the lowest first. */
static unsigned
address_byte(struct point address, unsigned k)
{
	return (unsigned)((k < 8 ? address.lo : address.hi) >> k % 8 * 8) & 255;
}

#define ADDRESS_BYTES 16

/* How often each value of each byte comes: what a sort needs to know. */
struct byte_counts {
	size_t of[ADDRESS_BYTES][256];
};

static void
addresses_count(const struct owned_address *addresses, size_t n,
                struct byte_counts *counts)
{
	for (size_t i = 0; i < n; i++)
		for (unsigned k = 0; k < ADDRESS_BYTES; k++)
			counts->of[k][address_byte(addresses[i].address, k)]++;
}

/* Sorts by one byte into another array, keeping the order of equals. */
static void
addresses_sort_by(const struct owned_address *from, struct owned_address *to, size_t n,
                  unsigned k, size_t *counts)
{
	for (size_t byte = 0, sum = 0; byte < 256; byte++) {
		size_t count = counts[byte];
		counts[byte] = sum;
		sum += count;
	}
	for (size_t i = 0; i < n; i++)
		to[counts[address_byte(from[i].address, k)]++] = from[i];
}

/* Those of one line: byte by byte, the lowest first, and only those in which they
 * differ. Where two machines have one, it stays with the first first. */
static void
addresses_sort(struct owned_address *addresses, size_t n)
{
	struct arena scratch = { 0 };
	struct owned_address *from = addresses;

	if (n < 2)
		return;
	struct owned_address *to = arena_room(&scratch, n, sizeof(*to));
	struct byte_counts *counts = arena_alloc(&scratch, sizeof(*counts));
	addresses_count(addresses, n, counts);
	for (unsigned k = 0; k < ADDRESS_BYTES; k++) {
		if (counts->of[k][address_byte(addresses[0].address, k)] == n)
			continue;
		addresses_sort_by(from, to, n, k, counts->of[k]);
		struct owned_address *sorted = to;
		to = from;
		from = sorted;
	}
	for (size_t i = 0; i < n && from != addresses; i++)
		addresses[i] = from[i];
	arena_end(&scratch);
}

static void
index_line(struct tailnet *t, struct owned_address *addresses, enum point_line line)
{
	size_t first = t->n_addresses;

	for (uint32_t i = 0; i < t->n_machines; i++) {
		const struct machine *machine = &t->machines[i];
		for (size_t k = 0; k < machine->n_addresses; k++)
			if (machine->addresses[k].line == line)
				addresses[t->n_addresses++] =
					(struct owned_address) { machine->addresses[k],
					                         i };
	}
	addresses_sort(addresses + first, t->n_addresses - first);
}

static void
index_addresses(struct tailnet *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n_machines; i++)
		n += t->machines[i].n_addresses;
	struct owned_address *addresses = arena_room(t->arena, n, sizeof(*addresses));
	index_line(t, addresses, LINE_IPV4);
	index_line(t, addresses, LINE_IPV6);
	t->addresses = addresses;
}

/* The first of those that share a name has it. */
static void
name_machine(struct names *names, uint32_t *numbers, struct text name, uint32_t machine)
{
	size_t n = names->n;

	if (name.len > 0 && names_add(names, name) == n)
		numbers[n] = machine;
}

static void
index_names(struct tailnet *t)
{
	uint32_t *of_name = arena_array(t->arena, t->n_machines, sizeof(*of_name));
	uint32_t *of_id = arena_array(t->arena, t->n_machines * 2, sizeof(*of_id));

	t->machine_names = (struct names) { .arena = t->arena };
	t->machine_ids = (struct names) { .arena = t->arena };
	for (uint32_t i = 0; i < t->n_machines; i++) {
		name_machine(&t->machine_names, of_name, t->machines[i].name, i);
		name_machine(&t->machine_ids, of_id, t->machines[i].id, i);
	}
	for (uint32_t i = 0; i < t->n_machines; i++)
		name_machine(&t->machine_ids, of_id, t->machines[i].other_id, i);
	t->of_name = of_name;
	t->of_id = of_id;
}

void
tailnet_index(struct tailnet *t)
{
	if (t->everybody)
		return;
	sets_start(&t->sets, t->arena);
	t->exit_nodes = t->routers = t->sets.all[0];
	index_users(t);
	index_tags(t);
	index_addresses(t);
	if (!t->of_name) /* tailnet_read has named them */
		index_names(t);
	index_kinds(t);
}

/* "gw.tail1234.ts.net": the name is its first label. */
static const struct machine *
machine_by_dns_name(const struct tailnet *t, struct text name)
{
	struct text label = { name.at, text_find(name, '.') };
	uint32_t number = names_find(&t->machine_names, label);

	if (name.len > 0 && name.at[name.len - 1] == '.')
		name.len--;
	if (number == NAMES_NONE)
		return NULL;
	const struct machine *machine = &t->machines[t->of_name[number]];
	return text_equal(machine->dns_name, name) ? machine : NULL;
}

static const struct machine *
machine_by_address(const struct tailnet *t, struct text text)
{
	struct point address;

	if (address_parse(text, &address) != ADDRESS_FINE)
		return NULL;
	uint32_t owner = tailnet_owner_of(t, address);
	return owner == UINT32_MAX ? NULL : &t->machines[owner];
}

const struct machine *
tailnet_machine(const struct tailnet *t, struct text text)
{
	uint32_t number = names_find(&t->machine_names, text);

	if (number != NAMES_NONE)
		return &t->machines[t->of_name[number]];
	number = names_find(&t->machine_ids, text);
	if (number != NAMES_NONE)
		return &t->machines[t->of_id[number]];
	const struct machine *machine = machine_by_dns_name(t, text);
	return machine ? machine : machine_by_address(t, text);
}

uint32_t
tailnet_user(const struct tailnet *t, struct text name)
{
	uint32_t number = names_find(&t->logins, name);

	if (number != NAMES_NONE)
		return number;
	number = names_find(&t->aliases, name);
	return number == NAMES_NONE ? USER_NONE : t->of_alias[number];
}

size_t
tailnet_address_from(const struct tailnet *t, struct point point)
{
	size_t low = 0, high = t->n_addresses;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (point_compare(t->addresses[middle].address, point) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint32_t
tailnet_owner_of(const struct tailnet *t, struct point point)
{
	size_t i = tailnet_address_from(t, point);

	if (i == t->n_addresses || point_compare(t->addresses[i].address, point) != 0)
		return UINT32_MAX;
	return t->addresses[i].machine;
}

/* What an imagined machine is, before what it stands for. */
static const char *const stand_in_names[] = {
	[STAND_IN_USER] = "a machine of ",
	[STAND_IN_TAG] = "a machine with ",
	[STAND_IN_ROLE] = "a machine of some user of ",
	[STAND_IN_DOMAIN] = "a machine of some user of ",
	[STAND_IN_SYNCED_GROUP] = "a machine of some member of ",
	[STAND_IN_OTHER_USER] = "a machine of any other user",
	[STAND_IN_OTHER_TAG] = "a machine with any other tag",
	[STAND_IN_SHARED] = "a machine of another tailnet",
};

static bool
stand_in_is_named(enum stand_in stand_in)
{
	return stand_in != STAND_IN_OTHER_USER && stand_in != STAND_IN_OTHER_TAG &&
	       stand_in != STAND_IN_SHARED;
}

const char *
machine_describe(struct arena *arena, const struct tailnet *t,
                 const struct machine *machine)
{
	struct text whose = { 0 };

	if (machine->stand_in != STAND_IN_NONE) {
		const char *what = stand_in_names[machine->stand_in];
		return stand_in_is_named(machine->stand_in)
		               ? arena_format(arena, "%s%.*s", what,
		                              TEXT_ARG(machine->stands_for))
		               : what;
	}
	if (machine->n_tags > 0)
		whose = t->tags.texts[machine->tags[0]];
	else if (machine->user != USER_NONE)
		whose = t->users[machine->user].login;
	if (whose.len == 0)
		return arena_format(arena, "%.*s", TEXT_ARG(machine->name));
	return arena_format(arena, "%.*s (%.*s%s)", TEXT_ARG(machine->name),
	                    TEXT_ARG(whose), machine->n_tags > 1 ? " …" : "");
}
