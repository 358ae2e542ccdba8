#ifndef ACLC_GRAMMAR_SELECTOR_H
#define ACLC_GRAMMAR_SELECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "grammar/address.h"
#include "grammar/source.h"
#include "grammar/text.h"

/* One word of a src or dst, told apart by its shape alone
 * (spec/policy-syntax.md section 2.1). */
enum selector_kind {
	SELECTOR_INVALID,      /* no shape that a selector has */
	SELECTOR_ANY,          /* * */
	SELECTOR_ADDRESS,      /* 10.0.0.0/8, fd7a::1 */
	SELECTOR_USER,         /* ada@example.com, ada@ */
	SELECTOR_DOMAIN,       /* user:*@example.com */
	SELECTOR_GROUP,        /* group:eng */
	SELECTOR_SYNCED_GROUP, /* group:eng@example.com, from the identity provider */
	SELECTOR_TAG,          /* tag:db */
	SELECTOR_AUTOGROUP,    /* autogroup:member */
	SELECTOR_HOST,         /* a bare word, or host:word */
	SELECTOR_IPSET,        /* ipset:web */
	SELECTOR_SERVICE,      /* svc:web */
	SELECTOR_LOCALPART,    /* localpart:*@example.com, in ssh users only */
	SELECTOR_RANGE,        /* 10.0.0.1-10.0.0.9, in ipsets only */
};

/* In the order of spec/policy-syntax.md 2.3. */
enum autogroup {
	AUTOGROUP_UNKNOWN,
	AUTOGROUP_MEMBER,
	AUTOGROUP_MEMBERS, /* the older spelling of member */
	AUTOGROUP_TAGGED,
	AUTOGROUP_SELF,
	AUTOGROUP_INTERNET,
	AUTOGROUP_SHARED,
	AUTOGROUP_DANGER_ALL,
	AUTOGROUP_OWNER,
	AUTOGROUP_ADMIN,
	AUTOGROUP_IT_ADMIN,
	AUTOGROUP_NETWORK_ADMIN,
	AUTOGROUP_BILLING_ADMIN,
	AUTOGROUP_AUDITOR,
	AUTOGROUP_NONROOT, /* in ssh users only */
};

struct selector {
	enum selector_kind kind;
	enum autogroup autogroup;
	enum address_fault fault; /* of an address: what is odd about it */
	uint32_t word;            /* read in a policy: see policy_word */
	struct text text;         /* as written, trimmed: "tag:db" */
	struct text name; /* what follows the prefix: "db"; the domain of user:*@domain */
	struct range range; /* of an address or range */
	bool bare;          /* an address without a slash */
	bool prefixed;      /* a host written host:name */
	struct span span;   /* of text in the source */
};

/* Tells a word apart. The word is trimmed; span is left empty. Words that
 * look like addresses but are none come back as SELECTOR_INVALID with the
 * fault set. */
struct selector selector_parse(struct text word);

/* "autogroup:member" … the full word; NULL for AUTOGROUP_UNKNOWN. */
const char *autogroup_name(enum autogroup);

/* The i-th autogroup there is, AUTOGROUP_UNKNOWN at the end. */
enum autogroup autogroup_list(size_t i);

/* Whether members are known by role: owner … auditor. */
bool autogroup_is_role(enum autogroup);

/* Users, groups, members, roles: whose devices are people's own. */
bool selector_is_people(const struct selector *);

/* "a tag", "a group": for messages. */
const char *selector_kind_name(enum selector_kind);

/* Why a tag's name is refused, in the coordinator's words, or NULL: Tailscale's
 * CheckTag on the whole word "tag:db" (spec/policy-syntax.md 4.3). */
const char *tag_fault(struct text);

#endif
