#ifndef ACLC_POLICY_CLIENT_TEST_H
#define ACLC_POLICY_CLIENT_TEST_H

/* What a client makes of the table that it is sent: spec/wire-format.md 2, read
 * string by string. */

#include <stdbool.h>

#include "grammar/arena.h"
#include "policy/table.h"

/* A packet on its way in. */
struct packet {
	struct point src, dst;
	int protocol;
	uint16_t port;
};

static bool
client_string_holds(struct text string, struct point p)
{
	struct range range;
	if (text_is(string, "*"))
		return true;
	if (text_find(string, '-') < string.len)
		return range_parse(string, &range) == ADDRESS_FINE &&
		       range_holds(range, p);
	return prefix_parse(string, &range, NULL, NULL) == ADDRESS_FINE &&
	       range_holds(range, p);
}

static bool
client_rule_speaks(const struct wire_rule *rule, int protocol)
{
	for (size_t i = 0; i < rule->n_protocols; i++)
		if (rule->protocols[i] == protocol)
			return true;
	if (rule->n_protocols)
		return false;
	return protocol == 6 || protocol == 17 || protocol == 1 || protocol == 58;
}

static bool
client_entry_takes(const struct wire_dst *dst, const struct packet *p)
{
	bool ping = p->protocol == (p->dst.line == LINE_IPV6 ? 58 : 1);
	bool ported = p->protocol == 6 || p->protocol == 17 || p->protocol == 132;
	if (!client_string_holds(dst->ip, p->dst))
		return false;
	if (ping)
		return true;
	if (ported)
		return dst->ports.first <= p->port && p->port <= dst->ports.last;
	return dst->ports.first == 0 && dst->ports.last == 65535;
}

static bool
client_rule_takes(struct table *t, const struct wire_rule *rule, const struct packet *p)
{
	bool ping = p->protocol == (p->dst.line == LINE_IPV6 ? 58 : 1);
	bool from = false;
	if (!ping && !client_rule_speaks(rule, p->protocol))
		return false;
	for (size_t i = 0; i < table_src_length(t, rule->src) && !from; i++)
		from = client_string_holds(table_src_text(t, rule->src, i), p->src);
	for (size_t i = 0; from && i < rule->n_dst; i++)
		if (client_entry_takes(&rule->dst[i], p))
			return true;
	return false;
}

/* Whether a machine with that table takes the packet in. */
static bool
client_takes(struct table *t, struct wire_table table, const struct packet *p)
{
	for (size_t i = 0; i < table.n && p->src.line == p->dst.line; i++)
		if (client_rule_takes(t, &table.rules[i], p))
			return true;
	return false;
}

#endif
