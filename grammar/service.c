#include "grammar/service.h"

#include "grammar/arena.h"

/* In the order of spec/policy-syntax.md 3.2. The first name of a number is the
 * one to show. */
static const struct {
	const char *name;
	int number;
} protocols[] = {
	{ "icmp", PROTOCOL_ICMP },
	{ "icmpv4", PROTOCOL_ICMP },
	{ "igmp", 2 },
	{ "ipv4", 4 },
	{ "ip-in-ip", 4 },
	{ "tcp", PROTOCOL_TCP },
	{ "egp", 8 },
	{ "igp", 9 },
	{ "udp", PROTOCOL_UDP },
	{ "dccp", 33 },
	{ "gre", 47 },
	{ "esp", 50 },
	{ "ah", 51 },
	{ "ipv6-icmp", PROTOCOL_ICMPV6 },
	{ "icmpv6", PROTOCOL_ICMPV6 },
	{ "tsmp", 99 },
	{ "sctp", PROTOCOL_SCTP },
};

#define N_PROTOCOLS (sizeof(protocols) / sizeof(*protocols))

bool
protocol_parse(struct text text, int *protocol)
{
	uint64_t number;

	if (text.len == 0) {
		*protocol = PROTOCOL_ANY;
		return true;
	}
	if (text_number(text, 255, &number)) {
		*protocol = (int)number;
		return true;
	}
	for (size_t i = 0; i < N_PROTOCOLS; i++) {
		if (text_equal_fold(text, text_of(protocols[i].name))) {
			*protocol = protocols[i].number;
			return true;
		}
	}
	return false;
}

const char *
protocol_name(struct arena *arena, int protocol)
{
	if (protocol == PROTOCOL_ANY)
		return "*";
	for (size_t i = 0; i < N_PROTOCOLS; i++)
		if (protocols[i].number == protocol)
			return protocols[i].name;
	return arena_format(arena, "%d", protocol);
}

bool
protocol_has_ports(int protocol)
{
	return protocol == PROTOCOL_ANY || protocol == PROTOCOL_TCP ||
	       protocol == PROTOCOL_UDP || protocol == PROTOCOL_SCTP;
}

const char *
protocol_list(size_t i)
{
	return i < N_PROTOCOLS ? protocols[i].name : NULL;
}

static bool
port_parse(struct text text, uint16_t *port)
{
	uint64_t number;

	if (!text_number(text, UINT16_MAX, &number))
		return false;
	*port = (uint16_t)number;
	return true;
}

enum ports_fault
ports_parse(struct text text, struct ports *ports)
{
	size_t dash = text_find(text, '-');
	struct ports read;

	if (text_is(text, "*")) {
		*ports = PORTS_ALL;
		return PORTS_FINE;
	}
	if (text.len == 0)
		return PORTS_EMPTY;
	if (dash != text.len && text_find_last(text, '-') != dash)
		return PORTS_DASHES;
	if (!port_parse((struct text) { text.at, dash }, &read.first))
		return PORTS_FIRST;
	read.last = read.first;
	if (dash != text.len && !port_parse(text_from(text, dash + 1), &read.last))
		return PORTS_LAST;
	if (read.first == 0)
		return PORTS_ZERO;
	if (read.first > read.last)
		return PORTS_BACKWARDS;
	*ports = read;
	return PORTS_FINE;
}

/* What the coordinator says of each fault; "last port" is its own slip. */
static const char *const ports_faults[] = {
	[PORTS_FINE] = "",
	[PORTS_EMPTY] = "invalid port list: ",
	[PORTS_DASHES] = "too many dashes(-)",
	[PORTS_FIRST] = "invalid first integer",
	[PORTS_LAST] = "invalid last integer",
	[PORTS_ZERO] = "first port must be >0, or use '*' for wildcard",
	[PORTS_BACKWARDS] = "first port must be >= last port",
};

const char *
ports_fault_text(struct arena *arena, enum ports_fault fault, struct text element)
{
	const char *quoted = text_quote(arena, element);

	if (fault == PORTS_EMPTY)
		return arena_format(arena, "%s%s", ports_faults[fault], quoted);
	return arena_format(arena, "port range %s: %s", quoted, ports_faults[fault]);
}

size_t
ports_write(struct ports ports, char out[16])
{
	size_t len = 0;

	if (ports_all(ports)) {
		out[len++] = '*';
	} else {
		len = number_write(ports.first, out);
		if (ports.last != ports.first) {
			out[len++] = '-';
			len += number_write(ports.last, out + len);
		}
	}
	out[len] = '\0';
	return len;
}
