/*
 * Makes the inputs of the benchmark: the same words give the same bytes.
 *
 *	generate policy NODES RULES GROUPS [EDITED]   a policy; EDITED rules differ
 *	generate nodes NODES                          aclc's own inventory
 *	generate status NODES                         as tailscale status --json is
 *	generate pretty MEGABYTES                     a long policy, pretty-printed
 *	generate small RULES                          one as people write them
 *
 * A tailnet of the ordinary kind: a third of the nodes are tagged, twenty to a
 * tag; the others belong to users, two each; groups have some twelve members.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t seed = 88172645463325252u;

static unsigned
draw(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return n ? (unsigned)(seed >> 33) % n : 0;
}

struct size {
	unsigned nodes, rules, users, tags, groups;
};

static struct size
size_of(unsigned nodes, unsigned rules, unsigned groups)
{
	struct size size = { .nodes = nodes, .rules = rules, .groups = groups };
	size.users = nodes / 3 + 1;
	size.tags = nodes / 60 + 1;
	return size;
}

static void
print_side(const struct size *size, int kind, const char *ports)
{
	if (kind == 0)
		printf("\"tag:t%u%s\"", draw(size->tags), ports);
	else if (kind == 1)
		printf("\"group:g%u%s\"", draw(size->groups), ports);
	else
		printf("\"user%u@example.com%s\"", draw(size->users), ports);
}

static void
print_rule(const struct size *size, unsigned number, unsigned edited)
{
	static const char *const ports[] = { ":22", ":443", ":80,443", ":5432",
		                             ":8000-8999" };
	const char *comma = number + 1 < size->rules ? "," : "";
	unsigned change = edited && number % (size->rules / edited) == 0;
	const char *port;
	printf("\t\t{\n\t\t\t\"action\": \"accept\",\n\t\t\t\"src\":    [");
	print_side(size, (int)draw(3), "");
	fputs(", ", stdout);
	print_side(size, (int)draw(3), "");
	printf("],\n\t\t\t\"dst\":    [");
	port = ports[draw(5)];
	print_side(size, (int)draw(3), change ? ":4711" : port);
	printf("],\n\t\t}%s\n", comma);
}

static void
print_policy(const struct size *size, unsigned edited)
{
	printf("// A generated policy.\n{\n\t\"groups\": {\n");
	for (unsigned i = 0; i < size->groups; i++) {
		printf("\t\t\"group:g%u\": [", i);
		for (unsigned k = 8 + draw(9); k; k--)
			printf("\"user%u@example.com\"%s", draw(size->users),
			       k > 1 ? ", " : "");
		printf("],\n");
	}
	printf("\t},\n\t\"tagOwners\": {\n");
	for (unsigned i = 0; i < size->tags; i++)
		printf("\t\t\"tag:t%u\": [\"group:g%u\"],\n", i, draw(size->groups));
	printf("\t},\n\t\"acls\": [\n");
	for (unsigned i = 0; i < size->rules; i++)
		print_rule(size, i, edited);
	printf("\t],\n}\n");
}

static void
print_addresses(unsigned number)
{
	printf("[\"100.%u.%u.%u\", \"fd7a:115c:a1e0::%x:%x\"]", 64 + number / 65536,
	       number / 256 % 256, number % 256, number / 65536 + 1, number % 65536);
}

static void
print_nodes(const struct size *size)
{
	printf("{\"domains\": [\"example.com\"],\n\"users\": [\n");
	for (unsigned i = 0; i < size->users; i++)
		printf("{\"id\": \"%u\", \"login\": \"user%u@example.com\"}%s\n", i, i,
		       i + 1 < size->users ? "," : "");
	printf("],\n\"nodes\": [\n");
	for (unsigned i = 0; i < size->nodes; i++) {
		printf("{\"id\": \"n%u\", \"name\": \"node%u\", ", i, i);
		if (i % 3 == 0)
			printf("\"tags\": [\"tag:t%u\"], ", i / 3 % size->tags);
		else
			printf("\"user\": \"user%u@example.com\", ", i / 3);
		printf("\"addresses\": ");
		print_addresses(i);
		printf(", \"os\": \"linux\"}%s\n", i + 1 < size->nodes ? "," : "");
	}
	printf("]}\n");
}

static void
print_peer(const struct size *size, unsigned i)
{
	printf("{\n      \"ID\": \"n%010uCNTRL\",\n      \"NodeID\": %u,\n"
	       "      \"PublicKey\": \"nodekey:%064x\",\n      \"HostName\": "
	       "\"node%u\",\n"
	       "      \"DNSName\": \"node%u.tail1234.ts.net.\",\n      \"OS\": "
	       "\"linux\",\n"
	       "      \"UserID\": %u,\n      \"TailscaleIPs\": ",
	       i, i + 1, i, i, i, i % 3 == 0 ? size->users + 1 : i / 3 + 1);
	print_addresses(i);
	if (i % 3 == 0)
		printf(",\n      \"Tags\": [\"tag:t%u\"]", i / 3 % size->tags);
	printf(",\n      \"AllowedIPs\": ");
	print_addresses(i);
	printf(",\n      \"Addrs\": null,\n      \"CurAddr\": \"\",\n      \"Relay\": "
	       "\"fra\",\n"
	       "      \"PeerRelay\": \"\",\n      \"RxBytes\": %u,\n      \"TxBytes\": "
	       "%u,\n"
	       "      \"Created\": \"2026-01-05T10:00:00.123456789Z\",\n"
	       "      \"LastWrite\": \"0001-01-01T00:00:00Z\",\n"
	       "      \"LastSeen\": \"2026-08-01T10:00:00.1Z\",\n"
	       "      \"LastHandshake\": \"0001-01-01T00:00:00Z\",\n      \"Online\": "
	       "true,\n"
	       "      \"ExitNode\": false,\n      \"ExitNodeOption\": false,\n"
	       "      \"Active\": false,\n      \"PeerAPIURL\": [\n"
	       "        \"http://node%u.example:%u\"\n      ],\n"
	       "      \"TaildropTarget\": 0,\n      \"NoFileSharingReason\": \"\",\n"
	       "      \"CapMap\": {\n        \"https://tailscale.com/cap/file-sharing\": "
	       "null,\n"
	       "        \"https://tailscale.com/cap/ssh\": null\n      },\n"
	       "      \"InNetworkMap\": true,\n      \"InMagicSock\": false,\n"
	       "      \"InEngine\": false\n    }",
	       draw(1000000), draw(1000000), i, 1024 + draw(60000));
}

static void
print_status(const struct size *size)
{
	printf("{\n  \"Version\": \"1.90.2\",\n  \"BackendState\": \"Running\",\n  "
	       "\"Self\": ");
	print_peer(size, 0);
	printf(",\n  \"Peer\": {\n");
	for (unsigned i = 1; i < size->nodes; i++) {
		printf("    \"nodekey:%064x\": ", i);
		print_peer(size, i);
		printf("%s\n", i + 1 < size->nodes ? "," : "");
	}
	printf("  },\n  \"User\": {\n");
	for (unsigned i = 0; i < size->users; i++)
		printf("    \"%u\": {\"ID\": %u, \"LoginName\": "
		       "\"user%u@example.com\"},\n",
		       i + 1, i + 1, i);
	printf("    \"%u\": {\"ID\": %u, \"LoginName\": \"tagged-devices\"}\n",
	       size->users + 1, size->users + 1);
	printf("  }\n}\n");
}

/* As many rules as fill so many megabytes. */
static void
print_pretty(unsigned megabytes)
{
	struct size size = size_of(30000, megabytes * 8400, 1000);
	print_policy(&size, 0);
}

/* Groups to tags, each pair once, with comments and a test for each rule. */
static void
print_small(unsigned rules)
{
	unsigned tags = 30, groups = 40;
	printf("// Who may reach what.\n{\n\t\"groups\": {\n");
	for (unsigned i = 0; i < groups; i++)
		printf("\t\t\"group:g%02u\": [\"user%02u@example.com\", "
		       "\"user%02u@example.com\"],\n",
		       i, 2 * i, 2 * i + 1);
	printf("\t},\n\t\"tagOwners\": {\n");
	for (unsigned i = 0; i < tags; i++)
		printf("\t\t\"tag:t%02u\": [\"autogroup:admin\"],\n", i);
	printf("\t},\n\t\"grants\": [\n");
	for (unsigned i = 0; i < rules; i++)
		printf("\t\t// Group %u works on these.\n\t\t{\n"
		       "\t\t\t\"src\": [\"group:g%02u\"],\n"
		       "\t\t\t\"dst\": [\"tag:t%02u\"],\n"
		       "\t\t\t\"ip\":  [\"tcp:%u\"],\n\t\t},\n",
		       i % groups, i % groups, i % tags, 4000 + i);
	printf("\t],\n\t\"tests\": [\n");
	for (unsigned i = 0; i < rules; i++)
		printf("\t\t{\n\t\t\t\"src\":    \"user%02u@example.com\",\n"
		       "\t\t\t\"accept\": [\"tag:t%02u:%u\"],\n\t\t},\n",
		       i % groups * 2, i % tags, 4000 + i);
	printf("\t],\n}\n");
}

/* The number on the command line at that place; 0 where there is none. */
static unsigned
number_at(int argc, char **argv, int place)
{
	return place < argc ? (unsigned)strtoul(argv[place], NULL, 10) : 0;
}

int
main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	unsigned first = number_at(argc, argv, 2);
	struct size size =
		size_of(first, number_at(argc, argv, 3), number_at(argc, argv, 4));
	if (!strcmp(what, "policy") && argc > 4)
		print_policy(&size, number_at(argc, argv, 5));
	else if (!strcmp(what, "nodes"))
		print_nodes(&size);
	else if (!strcmp(what, "status"))
		print_status(&size);
	else if (!strcmp(what, "pretty"))
		print_pretty(first);
	else if (!strcmp(what, "small"))
		print_small(first);
	else
		return fputs("usage: generate policy|nodes|status|pretty|small "
		             "NUMBER...\n",
		             stderr),
		       2;
	return fflush(stdout) || ferror(stdout) ? 2 : 0;
}
