#include "policy/validate.h"

#include "grammar/arena.h"
#include "policy/dialect.h"
#include "policy/tailnet.h"

enum support
judge_meet(struct judge *judge, enum feature feature, struct span where)
{
	if (!judge->usage)
		return target_support(judge->policy->target, feature);
	return usage_meet(judge->usage, feature, where);
}

bool
judge_lets(struct judge *judge, enum feature feature, struct span where)
{
	return judge_meet(judge, feature, where) != REFUSES;
}

void
judge_say_headscale(struct judge *judge, struct finding *finding, enum stage_found stage,
                    const char *pattern, struct text first, struct text second)
{
	if (judge->usage && target_has_words(judge->policy->target))
		usage_say(judge->usage, finding, stage, "%s",
		          words_fill(judge->arena, pattern, first, second));
}

/* Tailscale's words, and Headscale's for the same; NULL where they are the same
 * (spec/errors.md sections 1 and 3). */
static const struct {
	const char *tailscale;
	enum stage_found stage;
	const char *headscale;
} alike[] = {
	{ "src=tag not found: %q", FOUND_POLICY, NULL },
	{ "dst=%q: tag not found: %q", FOUND_POLICY, NULL },
	{ "tag not found: %q", FOUND_POLICY, NULL },
	{ "tag %q not found", FOUND_POLICY, NULL },
	{ "via can only be a tag", FOUND_POLICY, NULL },
	{ "%q not valid on the src side of a rule", FOUND_POLICY, NULL },
	{ "cannot use autogroup:danger-all as a dst", FOUND_POLICY, NULL },
	{ "autogroup:self can only be used with users, groups, or supported autogroups",
	  FOUND_POLICY, NULL },
	{ "ip and app can not both be empty", FOUND_POLICY, NULL },
	{ "capability name must have the form {domain}/{path}", FOUND_POLICY, NULL },
	{ "capability name must not be in the tailscale.com domain", FOUND_POLICY, NULL },
	{ "cannot use app grants with autogroup:internet", FOUND_POLICY, NULL },
	{ "dst %q: to allow all IP addresses, use \"*\" or \"autogroup:internet\"",
	  FOUND_POLICY, NULL },
	{ "action must be specified", FOUND_POLICY, NULL },
	{ "users must be specified", FOUND_POLICY, NULL },
	{ "user %q is not valid", FOUND_POLICY, NULL },
	{ "acceptEnv values cannot be empty", FOUND_POLICY, NULL },
	{ "checkPeriod %s must be a positive duration", FOUND_POLICY, NULL },
	{ "checkPeriod %s is above the max (168h)", FOUND_POLICY, NULL },
	{ "%q is not a valid action", FOUND_VALUE, NULL },
	{ "invalid dst %q", FOUND_VALUE, NULL },
	{ "groups[%q]: %q: group members cannot be recursive", FOUND_VALUE, NULL },
	{ "invalid username: %q: needs '@domain' or 'group:' or 'role:'", FOUND_VALUE,
	  "username must contain @, got: %q" },
	{ "host names cannot include an @, please change the name for %q", FOUND_VALUE,
	  "invalid hostname: %q" },
	{ "action=%q is not supported", FOUND_VALUE,
	  "action=%q is not supported: invalid ACL action" },
};

void
judge_say_alike(struct judge *judge, struct finding *finding, const char *pattern,
                struct text first, struct text second)
{
	for (size_t i = 0; i < COUNT(alike); i++) {
		if (!text_is(text_of(pattern), alike[i].tailscale))
			continue;
		judge_say_headscale(judge, finding, alike[i].stage,
		                    alike[i].headscale ? alike[i].headscale : pattern,
		                    first, second);
		return;
	}
}

#define INVALID_PROTOCOL                                                                 \
	"invalid protocol number: %q must be a known protocol name or valid protocol "   \
	"number 0-255"
#define PROTOCOL_ZERO "leading 0 not permitted in protocol number: %q"
#define INVALID_AUTOGROUP                                                                \
	"invalid autogroup: got %q, must be one of [autogroup:internet "                 \
	"autogroup:member autogroup:nonroot autogroup:tagged autogroup:self "            \
	"autogroup:danger-all]"

/* Headscale's words for what it refuses and Tailscale takes, %q the text at
 * fault. Those of its newest release are known. */
static const struct {
	enum feature feature;
	enum stage_found stage;
	const char *words;
} denials[] = {
	{ FEATURE_OWNER_AUTOGROUP, FOUND_VALUE, "invalid owner format: %q" },
	{ FEATURE_APPROVER_AUTOGROUP, FOUND_VALUE, "invalid auto approver format: %q" },
	{ FEATURE_HOST_COLON, FOUND_VALUE, "invalid hostname: %q" },
	{ FEATURE_HOST_PREFIX, FOUND_VALUE, "invalid alias format: %q" },
	{ FEATURE_IPSET, FOUND_VALUE, "invalid alias format: %q" },
	{ FEATURE_SERVICE, FOUND_VALUE, "invalid alias format: %q" },
	{ FEATURE_MEMBERS, FOUND_VALUE, INVALID_AUTOGROUP },
	{ FEATURE_SHARED, FOUND_VALUE, INVALID_AUTOGROUP },
	{ FEATURE_ROLE, FOUND_VALUE, INVALID_AUTOGROUP },
	{ FEATURE_ATTR_ROLE, FOUND_VALUE, INVALID_AUTOGROUP },
	{ FEATURE_ATTR_FUNNEL, FOUND_POLICY,
	  "nodeAttrs uses a feature headscale does not yet support: %q tracked in "
	  "https://github.com/juanfont/headscale/issues/2527" },
	{ FEATURE_ATTR_IP_POOL, FOUND_POLICY,
	  "nodeAttrs ipPool requires the IP allocator "
	  "(https://github.com/juanfont/headscale/issues/2912)" },
	{ FEATURE_PROTO_NAME, FOUND_VALUE, INVALID_PROTOCOL },
	{ FEATURE_PROTO_ZERO, FOUND_VALUE, PROTOCOL_ZERO },
	{ FEATURE_PERIOD_ACCEPT, FOUND_POLICY,
	  "checkPeriod is only valid with action \"check\"" },
};

void
judge_deny(struct judge *judge, enum feature feature, struct text text, struct span where)
{
	struct finding *finding =
		judge_raise(judge, &CHECK_UNSUPPORTED_BY_TARGET, where, "%s",
	                    feature_refusal(judge->arena, judge->policy->target,
	                                    feature));

	judge_refuse(judge, finding);
	for (size_t i = 0; i < COUNT(denials); i++)
		if (denials[i].feature == feature)
			judge_say_headscale(judge, finding, denials[i].stage,
			                    denials[i].words, text, NO_TEXT);
}

bool
judge_allow(struct judge *judge, enum feature feature, struct text text,
            struct span where)
{
	if (judge_lets(judge, feature, where))
		return true;
	judge_deny(judge, feature, text, where);
	return false;
}

static enum feature
owner_feature(const struct selector *s)
{
	switch (s->kind) {
	case SELECTOR_TAG:
		return FEATURE_OWNER_TAG;
	case SELECTOR_AUTOGROUP:
		return FEATURE_OWNER_AUTOGROUP;
	case SELECTOR_USER:
	case SELECTOR_GROUP:
	case SELECTOR_DOMAIN:
	case SELECTOR_SYNCED_GROUP:
		return selector_feature(s);
	case SELECTOR_INVALID:
	case SELECTOR_ANY:
	case SELECTOR_ADDRESS:
	case SELECTOR_HOST:
	case SELECTOR_IPSET:
	case SELECTOR_SERVICE:
	case SELECTOR_LOCALPART:
	case SELECTOR_RANGE:
		break;
	}
	return FEATURE_OWNER_OTHER;
}

static enum feature
ssh_src_feature(const struct selector *s)
{
	if (s->kind == SELECTOR_ANY || s->kind == SELECTOR_ADDRESS ||
	    (s->kind == SELECTOR_HOST && !s->prefixed))
		return FEATURE_SSH_SRC;
	return selector_feature(s);
}

static enum feature
ssh_dst_feature(const struct selector *s)
{
	if (s->kind == SELECTOR_ANY)
		return FEATURE_SSH_DST_ANY;
	if (s->autogroup == AUTOGROUP_MEMBER)
		return FEATURE_SSH_DST_MEMBER;
	if (s->kind == SELECTOR_HOST && !s->prefixed)
		return FEATURE_SSH_DST_HOST;
	if (s->kind == SELECTOR_ADDRESS || s->kind == SELECTOR_GROUP)
		return FEATURE_SSH_DST_OTHER;
	return selector_feature(s);
}

enum feature
position_feature(enum position position, const struct selector *s)
{
	switch (position) {
	case POSITION_OWNER:
		return owner_feature(s);
	case POSITION_APPROVER:
		return s->kind == SELECTOR_AUTOGROUP ? FEATURE_APPROVER_AUTOGROUP
		                                     : selector_feature(s);
	case POSITION_TARGET:
		return autogroup_is_role(s->autogroup) ? FEATURE_ATTR_ROLE
		                                       : selector_feature(s);
	case POSITION_SSH_SRC:
		return ssh_src_feature(s);
	case POSITION_SSH_DST:
		return ssh_dst_feature(s);
	case POSITION_ACL_SRC:
	case POSITION_GRANT_SRC:
	case POSITION_ACL_DST:
	case POSITION_GRANT_DST:
	case POSITION_TEST_SRC:
	case POSITION_TEST_DST:
	case POSITION_SSH_TEST_DST:
		return selector_feature(s);
	case POSITION_HOSTER:
	case POSITION_MEMBER:
	case POSITION_STEP:
	case POSITION_VIA:
	case POSITION_RECORDER:
	case POSITION_PEER:
	case POSITION_N:
		break;
	}
	return FEATURE_NONE;
}

bool
position_counts(enum target target, enum position position, const struct selector *s)
{
	return target_support(target, position_feature(position, s)) != IGNORES;
}

/* Whether somebody is a user elsewhere in the policy, where nothing else can
 * stand: a member of a group. */
static bool
is_member_somewhere(struct judge *judge, struct text name)
{
	const struct policy *policy = judge->policy;

	if (!judge->members.arena) {
		judge->members.arena = judge->scratch;
		for (size_t i = 0; i < policy->n_groups; i++)
			for (size_t k = 0; k < policy->groups[i].members.n; k++)
				names_add(&judge->members,
				          policy->groups[i].members.at[k].text);
	}
	return names_find(&judge->members, name) != NAMES_NONE;
}

/* A name without an @: of a user, or of nobody. */
static void
judge_bare_name(struct judge *judge, const struct selector *s, enum position position)
{
	bool person = position == POSITION_MEMBER || position == POSITION_OWNER ||
	              position == POSITION_APPROVER;
	bool known = judge->tailnet ? tailnet_user(judge->tailnet, s->text) != USER_NONE
	                            : is_member_somewhere(judge, s->text);

	if (person)
		judge_meet(judge, FEATURE_USER_BARE, s->span);
	else if (!known)
		judge_meet(judge, FEATURE_UNDEFINED_HOST, s->span);
}

/* What an inventory says of a user. */
static bool
judge_known_name(struct judge *judge, const struct selector *s, bool member)
{
	const struct tailnet *t = judge->tailnet;
	enum target target = judge->policy->target;
	uint32_t alias = names_find(&t->aliases, s->text);

	if (t->imagined || dialect_user(target, t, s->text, member) != USER_NONE)
		return true;
	if (alias != NAMES_NONE && t->of_alias[alias] == USER_NONE)
		return judge_allow(judge, FEATURE_USER_AMBIGUOUS, s->text, s->span);
	if (judge->wary)
		judge_meet(judge, FEATURE_USER_UNKNOWN, s->span);
	return true;
}

bool
judge_user_name(struct judge *judge, const struct selector *s, enum position position)
{
	size_t at = text_find(s->text, '@');
	bool member = position == POSITION_MEMBER;
	/* cut to what stands before the @ */
	bool cut = member && dialect_of(judge->policy->target)->users == USERS_BARE;

	if (at == s->text.len)
		judge_bare_name(judge, s, position);
	else if (at + 1 == s->text.len && !cut)
		judge_meet(judge, FEATURE_USER_TRAILING, s->span);
	else if (!member)
		judge_meet(judge, FEATURE_USER_MAIL, s->span);
	return !judge->tailnet || judge_known_name(judge, s, member);
}

bool
judge_defined_elsewhere(struct judge *judge, enum sort sort, struct text name,
                        struct span where)
{
	const struct tailnet *t = judge->tailnet;

	if (sort == SORT_HOST)
		judge_meet(judge, FEATURE_UNDEFINED_HOST, where);
	if (sort != SORT_TAG || !t || names_find(&t->tags, name) == NAMES_NONE)
		return false;
	return judge_lets(judge, FEATURE_UNDEFINED_TAG, where);
}

void
judge_say_undefined_there(struct judge *judge, struct finding *finding, enum sort sort,
                          struct text name, enum position position)
{
	if (sort == SORT_GROUP)
		judge_say_headscale(judge, finding, FOUND_POLICY,
		                    "group not defined in policy: %q", name, NO_TEXT);
	else if (sort == SORT_HOST && position != POSITION_SSH_DST)
		judge_say_headscale(judge, finding, FOUND_POLICY,
		                    "host not defined in policy: %q", name, NO_TEXT);
	else if (sort == SORT_TAG && position != POSITION_VIA &&
	         position != POSITION_ACL_SRC && position != POSITION_GRANT_SRC &&
	         position != POSITION_ACL_DST)
		judge_say_headscale(judge, finding, FOUND_POLICY, "tag not found: %q",
		                    name, NO_TEXT);
}

#define ONE(autogroup) (UINT32_C(1) << AUTOGROUP_##autogroup)
#define INTERNET_MISPLACED "autogroup:internet can only be used in ACL destinations"

/* Where a selector of a kind cannot stand, in Headscale's words; the first row that
 * fits counts. */
static const struct {
	enum position position;
	enum selector_kind kind;
	uint32_t autogroups; /* as bits; 0: any */
	enum stage_found stage;
	const char *words;
} misplaced[] = {
	{ POSITION_SSH_SRC, SELECTOR_ANY, 0, FOUND_VALUE,
	  "alias not supported for SSH source: v2.Asterix" },
	{ POSITION_SSH_SRC, SELECTOR_ADDRESS, 0, FOUND_VALUE,
	  "alias not supported for SSH source: *v2.Prefix" },
	{ POSITION_SSH_SRC, SELECTOR_HOST, 0, FOUND_VALUE,
	  "alias not supported for SSH source: *v2.Host" },
	{ POSITION_SSH_SRC, SELECTOR_AUTOGROUP, ONE(INTERNET), FOUND_POLICY,
	  INTERNET_MISPLACED },
	{ POSITION_SSH_SRC, SELECTOR_AUTOGROUP,
	  ONE(SELF) | ONE(DANGER_ALL) | ONE(NONROOT), FOUND_POLICY,
	  "autogroup not supported for SSH sources: %q, can be [autogroup:member "
	  "autogroup:tagged]" },
	{ POSITION_SSH_DST, SELECTOR_ANY, 0, FOUND_VALUE,
	  "wildcard (*) is not supported as SSH destination; use 'autogroup:member' for "
	  "user-owned devices, 'autogroup:tagged' for tagged devices, or specific "
	  "tags/users" },
	{ POSITION_SSH_DST, SELECTOR_ADDRESS, 0, FOUND_VALUE,
	  "alias not supported for SSH destination: *v2.Prefix" },
	{ POSITION_SSH_DST, SELECTOR_GROUP, 0, FOUND_VALUE,
	  "alias not supported for SSH destination: *v2.Group" },
	{ POSITION_SSH_DST, SELECTOR_AUTOGROUP, ONE(INTERNET), FOUND_POLICY,
	  INTERNET_MISPLACED },
	{ POSITION_SSH_DST, SELECTOR_AUTOGROUP, ONE(DANGER_ALL) | ONE(NONROOT),
	  FOUND_POLICY,
	  "autogroup not supported for SSH destinations: %q, can be [autogroup:member "
	  "autogroup:tagged autogroup:self]" },
	{ POSITION_ACL_SRC, SELECTOR_AUTOGROUP, ONE(INTERNET), FOUND_POLICY,
	  INTERNET_MISPLACED },
	{ POSITION_ACL_SRC, SELECTOR_AUTOGROUP, ONE(NONROOT), FOUND_POLICY,
	  "autogroup not supported for ACL sources: %q, can be [autogroup:member "
	  "autogroup:tagged autogroup:danger-all]" },
	{ POSITION_ACL_DST, SELECTOR_AUTOGROUP, ONE(NONROOT), FOUND_POLICY,
	  "autogroup not supported for ACL destinations: %q, can be [autogroup:internet "
	  "autogroup:member autogroup:tagged autogroup:self]" },
	{ POSITION_TARGET, SELECTOR_AUTOGROUP, ONE(SELF) | ONE(INTERNET), FOUND_POLICY,
	  "nodeAttrs target does not support this autogroup: %q, can be "
	  "[autogroup:member autogroup:tagged]" },
};

/* A position of an acl for that of a grant, which has the same words. */
static enum position
position_of_acl(enum position position)
{
	if (position == POSITION_GRANT_SRC)
		return POSITION_ACL_SRC;
	return position == POSITION_GRANT_DST ? POSITION_ACL_DST : position;
}

void
judge_say_misplaced(struct judge *judge, struct finding *finding,
                    const struct selector *s, enum position position)
{
	const char *nothing = position == POSITION_OWNER ? "invalid owner format: %q"
	                      : position == POSITION_APPROVER
	                              ? "invalid auto approver format: %q"
	                              : NULL;
	bool rule = position <= POSITION_SSH_DST || position == POSITION_TARGET;

	if (!nothing && s->kind == SELECTOR_INVALID && rule)
		nothing = "invalid alias format: %q";
	if (!nothing && s->kind == SELECTOR_AUTOGROUP &&
	    s->autogroup == AUTOGROUP_UNKNOWN)
		nothing = INVALID_AUTOGROUP;
	if (nothing)
		judge_say_headscale(judge, finding, FOUND_VALUE, nothing, s->text,
		                    NO_TEXT);
	for (size_t i = 0; i < COUNT(misplaced) && !nothing; i++) {
		if (misplaced[i].position != position_of_acl(position) ||
		    misplaced[i].kind != s->kind ||
		    (misplaced[i].autogroups &&
		     !(misplaced[i].autogroups >> s->autogroup & 1)))
			continue;
		judge_say_headscale(judge, finding, misplaced[i].stage,
		                    misplaced[i].words, s->text, NO_TEXT);
		return;
	}
}

static bool
is_number(struct text text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
	return text.len > 0;
}

/* A number that has a sign, as Go's Atoi takes it. */
static bool
is_integer(struct text text)
{
	bool sign = text.len > 0 && (text.at[0] == '-' || text.at[0] == '+');
	uint64_t number;

	return is_number(text_from(text, sign)) &&
	       text_number(text_from(text, sign), INT64_MAX, &number);
}

void
judge_say_protocol(struct judge *judge, struct finding *finding, struct text name)
{
	const char *words = INVALID_PROTOCOL;

	if (text_is(name, "*"))
		words = "proto name %q not known; use protocol number 0-255 or protocol "
			"name (icmp, tcp, udp, etc.)";
	else if (text_starts(name, "0"))
		words = PROTOCOL_ZERO;
	else if (is_integer(name))
		words = "protocol number out of range (0-255): %s";
	judge_say_headscale(judge, finding, FOUND_VALUE, words, name, NO_TEXT);
}

void
judge_say_colons(struct judge *judge, struct finding *finding, struct text element)
{
	char *parts = arena_copy(judge->arena, element.at, element.len);
	unsigned n = 1;

	for (size_t i = 0; i < element.len; i++) {
		if (parts[i] != ':')
			continue;
		parts[i] = ' ';
		n++;
	}
	if (n > 2)
		judge_say_headscale(
			judge, finding, FOUND_VALUE,
			"expected only one colon in Internet protocol and port type, "
			"got: [%s](%s)",
			(struct text) { parts, element.len },
			text_of(arena_format(judge->arena, "%u", n)));
}

/* Headscale's words for an element of an acl's dst that it cannot take apart, with
 * %q for its host; NULL for others (spec/policy-syntax.md 3.1). */
static const char *
split_words(const struct destination *dst)
{
	struct text word = dst->word.text;
	size_t colon = text_find_last(word, ':');
	struct text host = { word.at, colon };

	if (colon == word.len)
		return "hostport must contain a colon";
	if (colon == 0)
		return "input cannot start with a colon character";
	if (colon + 1 == word.len)
		return "input cannot end with a colon character";
	if (text_starts(host, "[") && text_find(host, ']') < host.len &&
	    dst->selector.kind == SELECTOR_INVALID)
		return "square brackets are only valid around IPv6 addresses: %q";
	return NULL;
}

void
judge_say_split(struct judge *judge, struct finding *finding,
                const struct destination *dst)
{
	const char *words = split_words(dst);
	struct text host = { dst->word.text.at, text_find_last(dst->word.text, ':') };

	if (words)
		judge_say_headscale(judge, finding, FOUND_VALUE, words, host, NO_TEXT);
}

/* Headscale's words for what is wrong with ports; NULL where they are not known. */
static const char *
ports_words(enum ports_fault fault, struct text ports)
{
	struct text first = { ports.at, text_find(ports, '-') };

	switch (fault) {
	case PORTS_DASHES:
		return "invalid port range format";
	case PORTS_FIRST:
		return is_number(first) ? "port number out of range"
		                        : "invalid first integer";
	case PORTS_LAST:
		return is_number(text_from(ports, first.len + 1))
		               ? "port number out of range"
		               : NULL;
	case PORTS_ZERO:
		return "first port must be >0, or use '*' for wildcard";
	case PORTS_BACKWARDS:
		return "invalid port range: first port is greater than last port";
	case PORTS_FINE:
	case PORTS_EMPTY:
		break;
	}
	return NULL;
}

void
judge_say_ports(struct judge *judge, struct finding *finding, enum ports_fault fault,
                struct text ports, const struct text *dst)
{
	const char *words = ports_words(fault, ports);
	const char *quoted = text_quote(judge->arena, ports);

	if (words)
		words = arena_format(judge->arena, "port range %s: %s", quoted, words);
	if (words && dst)
		judge_say_headscale(judge, finding, FOUND_VALUE, "dst=%q: %s", *dst,
		                    text_of(words));
	else if (words)
		judge_say_headscale(judge, finding, FOUND_VALUE, "%s", text_of(words),
		                    NO_TEXT);
}

/* Names that Tailscale knows and no release of Headscale does. */
static bool
is_tailscales(struct text name)
{
	static const char *const names[] = { "icmpv4", "icmpv6", "dccp", "tsmp" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (text_equal_fold(name, text_of(names[i])))
			return true;
	return false;
}

static bool
has_capitals(struct text name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.at[i] >= 'A' && name.at[i] <= 'Z')
			return true;
	return false;
}

bool
judge_protocol_name(struct judge *judge, struct text name, struct span where, bool grant)
{
	enum feature feature = FEATURE_NONE;

	if (name.len > 0 && name.at[0] == '0')
		feature = FEATURE_PROTO_ZERO;
	else if (is_tailscales(name))
		feature = FEATURE_PROTO_NAME;
	else if (text_equal_fold(name, text_of("ipv6-icmp")))
		feature = FEATURE_PROTO_IPV6_ICMP;
	if (feature != FEATURE_NONE && !judge_allow(judge, feature, name, where))
		return false;
	feature = grant ? FEATURE_GRANT_PROTO_CASE : FEATURE_PROTO_CASE;
	return !has_capitals(name) || judge_allow(judge, feature, name, where);
}
