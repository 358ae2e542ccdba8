#ifndef ACLC_GRAMMAR_SERVICE_H
#define ACLC_GRAMMAR_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grammar/text.h"

struct arena;

/* Inclusive; all ports are 0-65535. */
struct ports {
	uint16_t first, last;
};

#define PORTS_ALL ((struct ports) { 0, 65535 })

static inline bool
ports_all(struct ports p)
{
	return p.first == 0 && p.last == 65535;
}

/* No protocol named: TCP, UDP and ICMP (both), sent as no IPProto at all. */
#define PROTOCOL_ANY (-1)
#define PROTOCOL_ICMP 1
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define PROTOCOL_ICMPV6 58
#define PROTOCOL_SCTP 132

/* A protocol's name (any case) or number 0-255 as Tailscale takes them
 * (spec/policy-syntax.md 3.2). "" is PROTOCOL_ANY. */
bool protocol_parse(struct text, int *protocol);

/* The name to show: "tcp", or the number as text. PROTOCOL_ANY is "*".
 * Static, or in the arena. */
const char *protocol_name(struct arena *, int protocol);

/* Whether ports other than * mean something: tcp, udp, sctp, and any. */
bool protocol_has_ports(int protocol);

/* The offers for "did you mean", NULL at the end. */
const char *protocol_list(size_t i);

/*
 * Why a port element is refused, in the order of spec/policy-syntax.md 3.1;
 * ports_fault_text gives the coordinator's words.
 */
enum ports_fault {
	PORTS_FINE,
	PORTS_EMPTY,
	PORTS_DASHES,
	PORTS_FIRST,
	PORTS_LAST,
	PORTS_ZERO,
	PORTS_BACKWARDS,
};

/* One element: "*", "22", "80-443". */
enum ports_fault ports_parse(struct text, struct ports *);

/* The coordinator's words for a fault of that element:
 * `port range "0": first port must be >0, or use '*' for wildcard`. */
const char *ports_fault_text(struct arena *, enum ports_fault, struct text element);

/* "22", "80-443", "*"; at most 12 bytes and a NUL. Returns the length. */
size_t ports_write(struct ports, char out[16]);

#endif
