#include "grammar/selector.h"

#include <string.h>

/* A word and its length, known when compiled. */
#define WORD(w) w, sizeof(w) - 1

/* What is said before the colon. */
static const struct {
	const char *prefix;
	size_t len;
	enum selector_kind kind;
} prefixes[] = {
	{ WORD("tag:"), SELECTOR_TAG },
	{ WORD("group:"), SELECTOR_GROUP },
	{ WORD("autogroup:"), SELECTOR_AUTOGROUP },
	{ WORD("host:"), SELECTOR_HOST },
	{ WORD("ipset:"), SELECTOR_IPSET },
	{ WORD("svc:"), SELECTOR_SERVICE },
};

/* Words with an @ in them that are no user. What stands for a name there must
 * not be empty: it ends at the last @, and something follows that. */
static const struct {
	const char *prefix;
	size_t len;
	enum selector_kind kind;
} special[] = {
	{ WORD("user:*@"), SELECTOR_DOMAIN },
	{ WORD("localpart:*@"), SELECTOR_LOCALPART },
	{ WORD("group:"), SELECTOR_SYNCED_GROUP },
};

static const struct {
	const char *word;
	size_t len;
} autogroups[] = {
	[AUTOGROUP_MEMBER] = { WORD("autogroup:member") },
	[AUTOGROUP_MEMBERS] = { WORD("autogroup:members") },
	[AUTOGROUP_TAGGED] = { WORD("autogroup:tagged") },
	[AUTOGROUP_SELF] = { WORD("autogroup:self") },
	[AUTOGROUP_INTERNET] = { WORD("autogroup:internet") },
	[AUTOGROUP_SHARED] = { WORD("autogroup:shared") },
	[AUTOGROUP_DANGER_ALL] = { WORD("autogroup:danger-all") },
	[AUTOGROUP_OWNER] = { WORD("autogroup:owner") },
	[AUTOGROUP_ADMIN] = { WORD("autogroup:admin") },
	[AUTOGROUP_IT_ADMIN] = { WORD("autogroup:it-admin") },
	[AUTOGROUP_NETWORK_ADMIN] = { WORD("autogroup:network-admin") },
	[AUTOGROUP_BILLING_ADMIN] = { WORD("autogroup:billing-admin") },
	[AUTOGROUP_AUDITOR] = { WORD("autogroup:auditor") },
	[AUTOGROUP_NONROOT] = { WORD("autogroup:nonroot") },
};

static bool
starts(struct text text, const char *prefix, size_t len)
{
	return text.len >= len && memcmp(text.at, prefix, len) == 0;
}

static enum autogroup
autogroup_parse(struct text word)
{
	for (size_t i = 1; i < COUNT(autogroups); i++)
		if (word.len == autogroups[i].len &&
		    memcmp(word.at, autogroups[i].word, word.len) == 0)
			return (enum autogroup)i;
	return AUTOGROUP_UNKNOWN;
}

/* Whether a word may be an address at all; most are told by their first
 * character or two. */
static bool
is_address_like(struct text word)
{
	char c = word.at[0];

	return (hex_value(c) < 16 || c == ':') && address_lookalike(word);
}

/* Two lookalikes and a hyphen. */
static bool
is_range_like(struct text word)
{
	size_t hyphen = text_find(word, '-');

	return hyphen > 0 && hyphen < word.len &&
	       address_lookalike((struct text) { word.at, hyphen }) &&
	       address_lookalike(text_from(word, hyphen + 1));
}

static bool
is_usable(enum address_fault fault)
{
	return fault == ADDRESS_FINE || fault == ADDRESS_V4_MAPPED ||
	       fault == ADDRESS_HOST_BITS;
}

/* Takes a word that is made like an address; false for any other. */
static bool
selector_take_address(struct selector *selector)
{
	struct text word = selector->text;

	if (is_address_like(word)) {
		selector->kind = SELECTOR_ADDRESS;
		selector->fault =
			prefix_parse(word, &selector->range, NULL, &selector->bare);
	} else if (is_range_like(word)) {
		selector->kind = SELECTOR_RANGE;
		selector->fault = range_parse(word, &selector->range);
	} else {
		return false;
	}
	if (!is_usable(selector->fault))
		selector->kind = SELECTOR_INVALID;
	return true;
}

/* Takes a word with an @ in it, the last one at the place. */
static void
selector_take_user(struct selector *selector, size_t at)
{
	struct text word = selector->text;

	selector->kind = SELECTOR_USER;
	if (at + 1 == word.len)
		return;
	for (size_t i = 0; i < COUNT(special); i++) {
		if (!starts(word, special[i].prefix, special[i].len) ||
		    at == special[i].len)
			continue;
		selector->kind = special[i].kind;
		selector->name = text_from(word, special[i].len);
		return;
	}
}

/* Takes a word with a prefix, its colon at the place. */
static void
selector_take_prefixed(struct selector *selector, size_t colon)
{
	struct text word = selector->text;

	for (size_t i = 0; i < COUNT(prefixes); i++) {
		if (prefixes[i].len != colon + 1 ||
		    !starts(word, prefixes[i].prefix, prefixes[i].len))
			continue;
		selector->kind = prefixes[i].kind;
		selector->name = text_from(word, colon + 1);
		selector->prefixed = selector->kind == SELECTOR_HOST;
		if (selector->kind == SELECTOR_AUTOGROUP)
			selector->autogroup = autogroup_parse(word);
		return;
	}
}

struct selector
selector_parse(struct text word)
{
	struct text text = text_trim(word);
	struct selector selector = { .text = text, .name = text };

	if (text.len == 0 || selector_take_address(&selector))
		return selector;
	if (text.len == 1 && text.at[0] == '*') {
		selector.kind = SELECTOR_ANY;
		return selector;
	}
	size_t at = text_find_last(text, '@'), colon = text_find(text, ':');
	if (at < text.len)
		selector_take_user(&selector, at);
	else if (colon < text.len)
		selector_take_prefixed(&selector, colon);
	else
		selector.kind = SELECTOR_HOST;
	return selector;
}

const char *
autogroup_name(enum autogroup autogroup)
{
	return (size_t)autogroup < COUNT(autogroups) ? autogroups[autogroup].word : NULL;
}

enum autogroup
autogroup_list(size_t i)
{
	return i + 1 < COUNT(autogroups) ? (enum autogroup)(i + 1) : AUTOGROUP_UNKNOWN;
}

bool
autogroup_is_role(enum autogroup autogroup)
{
	return autogroup >= AUTOGROUP_OWNER && autogroup <= AUTOGROUP_AUDITOR;
}

const char *
selector_kind_name(enum selector_kind kind)
{
	static const char *const names[] = {
		[SELECTOR_INVALID] = "no selector",
		[SELECTOR_ANY] = "the wildcard",
		[SELECTOR_ADDRESS] = "an address",
		[SELECTOR_USER] = "a user",
		[SELECTOR_DOMAIN] = "the users of a domain",
		[SELECTOR_GROUP] = "a group",
		[SELECTOR_SYNCED_GROUP] = "a synced group",
		[SELECTOR_TAG] = "a tag",
		[SELECTOR_AUTOGROUP] = "an autogroup",
		[SELECTOR_HOST] = "a host",
		[SELECTOR_IPSET] = "an ipset",
		[SELECTOR_SERVICE] = "a service",
		[SELECTOR_LOCALPART] = "a local part",
		[SELECTOR_RANGE] = "a range of addresses",
	};

	return names[kind];
}

bool
selector_is_people(const struct selector *s)
{
	switch (s->kind) {
	case SELECTOR_USER:
	case SELECTOR_DOMAIN:
	case SELECTOR_GROUP:
	case SELECTOR_SYNCED_GROUP:
		return true;
	case SELECTOR_AUTOGROUP:
		return s->autogroup == AUTOGROUP_MEMBER ||
		       s->autogroup == AUTOGROUP_MEMBERS ||
		       autogroup_is_role(s->autogroup);
	case SELECTOR_INVALID:
	case SELECTOR_ANY:
	case SELECTOR_ADDRESS:
	case SELECTOR_TAG:
	case SELECTOR_HOST:
	case SELECTOR_IPSET:
	case SELECTOR_SERVICE:
	case SELECTOR_LOCALPART:
	case SELECTOR_RANGE:
		break;
	}
	return false;
}

const char *
tag_fault(struct text tag)
{
	if (!text_starts(tag, "tag:"))
		return "tags must start with 'tag:'";
	struct text name = text_from(tag, 4);
	if (name.len == 0)
		return "tag names must not be empty";
	if (!is_letter(name.at[0]))
		return "tag names must start with a letter, after 'tag:'";
	for (size_t i = 0; i < name.len; i++)
		if (!is_alnum(name.at[i]) && name.at[i] != '-')
			return "tag names can only contain numbers, letters, or dashes";
	return NULL;
}
