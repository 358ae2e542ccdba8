/* Inventories of any kind, several at once: what is read is in order, and the same
 * when it is read again from whole trees. */
#include "policy/fuzz.h"

#define FLOOR ((size_t)1 << 19)

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return fuzz_watch_install();
}

static struct tailnet *
inventories_read(struct arena *arena, const struct fuzz_parts *parts,
                 struct findings *findings,
                 struct tree *(*parse)(struct arena *, struct source *,
                                       struct findings *))
{
	struct tree *trees[FUZZ_PARTS];

	for (size_t i = 0; i < parts->n; i++)
		trees[i] = parse(arena, fuzz_source(arena, "inventory", parts->at[i]),
		                 findings);
	return tailnet_read(arena, trees, parts->n, findings);
}

static void
machine_visit(struct arena *arena, const struct tailnet *tailnet,
              const struct machine *machine)
{
	demand(machine->user == USER_NONE || machine->user < tailnet->n_users);
	demand(machine->n_tags == 0 || machine->user == USER_NONE);
	for (size_t i = 0; i < machine->n_tags; i++) {
		demand(machine->tags[i] < tailnet->tags.n);
		demand(i == 0 || machine->tags[i - 1] < machine->tags[i]);
	}
	for (size_t i = 1; i < machine->n_addresses; i++)
		demand(point_compare(machine->addresses[i - 1], machine->addresses[i]) <
		       0);
	for (size_t i = 1; i < machine->n_advertised; i++)
		demand(range_compare(machine->advertised[i - 1], machine->advertised[i]) <
		       0);
	demand(*machine_describe(arena, tailnet, machine));
}

static void
tailnet_visit(struct arena *arena, const struct tailnet *tailnet)
{
	for (size_t i = 0; i < tailnet->n_machines; i++)
		machine_visit(arena, tailnet, &tailnet->machines[i]);
	for (size_t i = 0; i < tailnet->n_addresses; i++) {
		struct owned_address owned = tailnet->addresses[i];
		demand(owned.machine < tailnet->n_machines);
		demand(i == 0 || point_compare(tailnet->addresses[i - 1].address,
		                               owned.address) < 0);
		demand(tailnet_owner_of(tailnet, owned.address) == owned.machine);
	}
	demand(tailnet->everybody->n == tailnet->n_machines);
	for (size_t i = 0; i < tailnet->n_users; i++)
		demand(tailnet->users[i].login.len > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct fuzz_parts parts = fuzz_parts_of(bytes, len);
	struct arena arena = { 0 };
	struct findings findings = { .arena = &arena }, again = { .arena = &arena };

	fuzz_watch_begin(len, FLOOR);
	const struct tailnet *tailnet =
		inventories_read(&arena, &parts, &findings, inventory_parse);
	fuzz_findings_stand(&findings);
	fuzz_watch_end(len);
	if (findings.n_errors == 0)
		tailnet_visit(&arena, tailnet);
	const struct tailnet *twin =
		inventories_read(&arena, &parts, &again, hujson_parse);
	demand(twin->n_machines == tailnet->n_machines && again.n == findings.n);
	demand(twin->n_users == tailnet->n_users && twin->tags.n == tailnet->tags.n);
	demand(twin->n_addresses == tailnet->n_addresses);
	arena_end(&arena);
	return 0;
}
