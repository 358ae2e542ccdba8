#include "policy/validate.h"

#include <string.h>

#include "grammar/arena.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static const struct {
	enum section section;
	const struct check *undefined;
	const char *kind, *prefix;
} sorts[SORT_N] = {
	[SORT_TAG] = { SECTION_TAG_OWNERS, &CHECK_UNDEFINED_TAG, "tag", "tag:" },
	[SORT_GROUP] = { SECTION_GROUPS, &CHECK_UNDEFINED_GROUP, "group", "group:" },
	[SORT_HOST] = { SECTION_HOSTS, &CHECK_UNDEFINED_HOST, "host", "" },
	[SORT_IPSET] = { SECTION_IPSETS, &CHECK_UNDEFINED_IPSET, "ipset", "ipset:" },
	[SORT_POSTURE] = { SECTION_POSTURES, &CHECK_UNDEFINED_POSTURE, "posture",
	                   "posture:" },
};

static const struct names *
sort_names(const struct policy *policy, enum sort sort)
{
	switch (sort) {
	case SORT_TAG:
		return &policy->tag_names;
	case SORT_GROUP:
		return &policy->group_names;
	case SORT_HOST:
		return &policy->host_names;
	case SORT_IPSET:
		return &policy->ipset_names;
	case SORT_POSTURE:
	case SORT_N:
		break;
	}
	return &policy->posture_names;
}

/* Where a name is defined; it is. */
static struct span
definition_span(const struct policy *policy, enum sort sort, struct text name)
{
	uint32_t i = names_find(sort_names(policy, sort), name);

	switch (sort) {
	case SORT_TAG:
		return policy->tags[i].name.span;
	case SORT_GROUP:
		return policy->groups[i].name.span;
	case SORT_HOST:
		return policy->hosts[i].name.span;
	case SORT_IPSET:
		return policy->ipsets[i].name.span;
	case SORT_POSTURE:
	case SORT_N:
		break;
	}
	return policy->postures[i].name.span;
}

static bool
sort_is_known(const struct judge *judge, enum sort sort)
{
	return !(judge->policy->unread & UINT32_C(1) << sorts[sort].section);
}

static struct text
text_joined(struct arena *arena, const char *prefix, struct text name)
{
	size_t len = strlen(prefix);
	char *joined = arena_alloc(arena, len + name.len + 1);

	memcpy(joined, prefix, len);
	if (name.len > 0)
		memcpy(joined + len, name.at, name.len);
	return (struct text) { joined, len + name.len };
}

/* The defined name that differs in nothing but case, or an empty text. */
static struct text
name_in_other_case(struct judge *judge, enum sort sort, struct text name)
{
	const struct names *names = sort_names(judge->policy, sort);
	struct names *folded = &judge->folded[sort];
	struct text **first = &judge->folded_first[sort];
	uint32_t number;

	if (!*first) {
		*first = arena_array(judge->scratch, names->n + 1, sizeof(**first));
		for (size_t i = 0; i < names->n; i++) {
			size_t n = folded->n;
			number = names_add(folded,
			                   text_lower(judge->scratch, names->texts[i]));
			if (number == n)
				(*first)[n] = names->texts[i];
		}
	}
	struct arena_mark mark = arena_mark(judge->scratch);
	number = names_find(folded, text_lower(judge->scratch, name));
	arena_reset(judge->scratch, mark);
	return number == NAMES_NONE ? NO_TEXT : (*first)[number];
}

/* Offers the names of a sort, their prefix aside; the best as a whole, where
 * it is better than before. */
static void
names_offer(struct judge *judge, enum sort sort, struct text_nearest *nearest,
            struct text *best)
{
	const struct names *names = sort_names(judge->policy, sort);
	size_t prefix = strlen(sorts[sort].prefix);

	for (size_t i = 0; i < names->n && judge->effort > 0; i++) {
		struct text name = names->texts[i];
		size_t distance = nearest->distance;
		if (name.len <= prefix || !text_starts(name, sorts[sort].prefix))
			continue;
		name = text_from(name, prefix);
		/* about what comparing costs, had they much in common */
		size_t cost =
			1 + (name.len < 64 ? nearest->written.len * name.len / 4 : 0);
		judge->effort -= cost < judge->effort ? cost : judge->effort;
		text_nearest_offer(nearest, name);
		if (nearest->distance < distance)
			*best = names->texts[i];
	}
}

/* The nearest defined name of the sort; for a bare word also of the others
 * that a src may name. Empty if none is near. */
static struct text
name_guess(struct judge *judge, enum sort sort, struct text name)
{
	static const enum sort others[] = { SORT_TAG, SORT_GROUP, SORT_IPSET };
	size_t prefix = strlen(sorts[sort].prefix);
	struct text_nearest nearest;
	struct text best = NO_TEXT;

	if (name.len < prefix || !text_starts(name, sorts[sort].prefix))
		prefix = 0;
	nearest = text_nearest_start(text_from(name, prefix));
	if (nearest.written.len == 0 || nearest.written.len > 64)
		return best;
	names_offer(judge, sort, &nearest, &best);
	for (size_t i = 0; sort == SORT_HOST && !best.len && i < COUNT(others); i++)
		names_offer(judge, others[i], &nearest, &best);
	return best;
}

/* The same, each name guessed at only once. */
static struct text
name_guess_once(struct judge *judge, enum sort sort, struct text name)
{
	struct guesses *guesses = &judge->guesses[sort];
	size_t n = guesses->written.n;
	uint32_t number = names_add(&guesses->written, name);

	if (number == n) {
		guesses->best = arena_grow(judge->scratch, guesses->best, n,
		                           &guesses->cap, sizeof(*guesses->best));
		guesses->best[n] = name_guess(judge, sort, name);
	}
	return guesses->best[number];
}

/*
 * The coordinator's words for a selector that names what is not defined.
 * Captured: tags as src, as dst of an acl, as target and via; hosts as target
 * and as dst of ssh. Inferred: tags as dst of a grant, hosts elsewhere. Nobody
 * has seen those for undefined groups, ipsets and postures.
 */
static void
say_undefined(struct judge *judge, struct finding *finding, enum sort sort,
              struct text name, enum position position)
{
	bool tag = sort == SORT_TAG, host = sort == SORT_HOST;

	if (tag && (position == POSITION_ACL_SRC || position == POSITION_GRANT_SRC))
		judge_say(judge, finding, "src=tag not found: %q", name, NO_TEXT);
	else if (tag && (position == POSITION_ACL_DST || position == POSITION_GRANT_DST))
		judge_say(judge, finding, "dst=%q: tag not found: %q", name, name);
	else if (tag && position == POSITION_TARGET)
		judge_say(judge, finding, "tag not found: %q", name, NO_TEXT);
	else if (tag && position == POSITION_VIA)
		judge_say(judge, finding, "tag %q not found", name, NO_TEXT);
	else if (host && position == POSITION_SSH_DST)
		judge_say(judge, finding, "invalid dst %q", name, NO_TEXT);
	else if (host && position == POSITION_VIA)
		judge_say(judge, finding, "via can only be a tag", NO_TEXT, NO_TEXT);
	else if (host && (position <= POSITION_GRANT_DST || position == POSITION_TARGET))
		judge_say(judge, finding, "%q: invalid address", name, NO_TEXT);
}

/* The host part of "tag:db:22", or an empty text. */
static struct text
unported(struct text text)
{
	size_t colon = text_find_last(text, ':');
	struct ports ports;

	if (colon == text.len || colon == 0 ||
	    ports_parse(text_from(text, colon + 1), &ports) != PORTS_FINE)
		return NO_TEXT;
	return (struct text) { text.at, colon };
}

/* Another sort's name, defined and taken there, that ends in the same word:
 * tag:db for db or group:db. Empty if there is none; in the arena. */
static struct text
name_of_other_sort(struct judge *judge, struct text word, enum position position)
{
	static const struct {
		enum selector_kind kind;
		enum sort sort;
		const char *prefix;
	} kinds[] = {
		{ SELECTOR_TAG, SORT_TAG, "tag:" },
		{ SELECTOR_GROUP, SORT_GROUP, "group:" },
		{ SELECTOR_IPSET, SORT_IPSET, "ipset:" },
		{ SELECTOR_AUTOGROUP, SORT_N, "autogroup:" },
	};
	struct arena_mark mark = arena_mark(judge->arena);

	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct text name = text_joined(judge->arena, kinds[i].prefix, word);
		struct selector selector = selector_parse(name);
		bool defined =
			kinds[i].sort == SORT_N
				? selector.autogroup != AUTOGROUP_UNKNOWN
				: names_find(sort_names(judge->policy, kinds[i].sort),
		                             name) != NAMES_NONE;
		if (defined && selector.kind == kinds[i].kind &&
		    position_takes(position, &selector))
			return name;
		arena_reset(judge->arena, mark);
	}
	return NO_TEXT;
}

static void
person_add(struct judge *judge, const struct selector *member)
{
	size_t at = text_find_last(member->text, '@'), n = judge->people.n;
	bool user = member->kind == SELECTOR_USER;

	if (!user && member->kind != SELECTOR_HOST)
		return;
	if (names_add(&judge->people, (struct text) { member->text.at, at }) < n)
		return;
	judge->logins = arena_grow(judge->scratch, judge->logins, n, &judge->cap_logins,
	                           sizeof(*judge->logins));
	judge->logins[n] = user ? member->text : NO_TEXT;
}

/* Whether a member of a group is so called, and who that is: an empty text
 * when the group does not say it with an @ either. */
static bool
person_find(struct judge *judge, struct text word, struct text *login)
{
	const struct policy *policy = judge->policy;
	uint32_t number;

	for (size_t i = 0; !judge->knows_people && i < policy->n_groups; i++)
		for (size_t k = 0; k < policy->groups[i].members.n; k++)
			person_add(judge, &policy->groups[i].members.at[k]);
	judge->knows_people = true;
	number = names_find(&judge->people, word);
	if (number == NAMES_NONE)
		return false;
	*login = judge->logins[number];
	return true;
}

/* Raises a bare word that is no user where it has to be one. */
static struct finding *
raise_nobody(struct judge *judge, struct text word, struct span where)
{
	const char *shown = judge_show(judge, word);
	struct text login = NO_TEXT;

	if (person_find(judge, word, &login) && login.len > 0)
		return judge_raise(judge, &CHECK_INVALID_USER, where,
		                   "%s is no user; did you mean %s?", shown,
		                   judge_show(judge, login));
	return judge_raise(judge, &CHECK_INVALID_USER, where,
	                   "%s is no user: users are written name@domain", shown);
}

/* Raises a name that is not defined, with the best guess at what was meant. */
static struct finding *
raise_guess(struct judge *judge, enum sort sort, struct text name, struct span where,
            enum position position)
{
	const struct check *check = sorts[sort].undefined;
	const char *kind = sorts[sort].kind, *shown = judge_show(judge, name);
	struct text guess = NO_TEXT;

	if (sort == SORT_HOST && person_find(judge, name, &guess) && guess.len == 0)
		return judge_raise(judge, check, where,
		                   "no host %s is defined, and users are written "
		                   "name@domain",
		                   shown);
	if (guess.len == 0)
		guess = name_guess_once(judge, sort, name);
	if (guess.len == 0 && sort != SORT_HOST && position < POSITION_N)
		guess = name_of_other_sort(judge,
		                           text_from(name, strlen(sorts[sort].prefix)),
		                           position);
	if (position == POSITION_GRANT_DST && unported(name).len > 0)
		return judge_raise(
			judge, check, where,
			"no %s %s is defined; a grant's dst has no ports: they "
			"belong in ip",
			kind, shown);
	if (guess.len > 0)
		return judge_raise(judge, check, where,
		                   "no %s %s is defined; did you mean %s?", kind, shown,
		                   judge_show(judge, guess));
	return judge_raise(judge, check, where, "no %s %s is defined: add it to %s", kind,
	                   shown, section_name(sorts[sort].section));
}

/* Whether a name of the sort is defined; raises where not. position says
 * where it stands, POSITION_N for a place of no selectors. */
static bool
judge_defined(struct judge *judge, enum sort sort, struct text name, struct span where,
              enum position position)
{
	struct text other;
	struct finding *finding;

	if (!sort_is_known(judge, sort) ||
	    names_find(sort_names(judge->policy, sort), name) != NAMES_NONE)
		return true;
	/* the documents have the coordinator fold the case of tags; no capture shows
	 * it, and Headscale does not */
	other = name_in_other_case(judge, sort, name);
	if (other.len > 0) {
		const char *shown = judge_show(judge, other);
		finding = judge_raise(judge, &CHECK_CASE_MISMATCH, where,
		                      "%s is not defined, but %s is: case matters",
		                      judge_show(judge, name), shown);
		judge_note(judge, finding, definition_span(judge->policy, sort, other),
		           "%s is defined here", shown);
	} else {
		finding = raise_guess(judge, sort, name, where, position);
	}
	say_undefined(judge, finding, sort, name, position);
	return false;
}

/* The coordinator's words for a selector that its position does not take, or
 * that is none. */
static void
say_misplaced(struct judge *judge, struct finding *finding, const struct selector *s,
              enum position position)
{
	bool src = position == POSITION_ACL_SRC || position == POSITION_GRANT_SRC;
	bool dst = position == POSITION_ACL_DST || position == POSITION_GRANT_DST;
	bool nothing = s->kind == SELECTOR_INVALID || s->kind == SELECTOR_HOST;

	if (position == POSITION_VIA)
		judge_say(judge, finding, "via can only be a tag", NO_TEXT, NO_TEXT);
	else if (src && s->autogroup == AUTOGROUP_SELF)
		judge_say(judge, finding, "%q not valid on the src side of a rule",
		          s->text, NO_TEXT);
	else if (dst && s->autogroup == AUTOGROUP_DANGER_ALL)
		judge_say(judge, finding, "cannot use autogroup:danger-all as a dst",
		          NO_TEXT, NO_TEXT);
	else if (position == POSITION_TARGET && s->autogroup == AUTOGROUP_SELF)
		judge_say(judge, finding, "internal server error", NO_TEXT, NO_TEXT);
	else if (position == POSITION_SSH_DST && (nothing || s->kind == SELECTOR_ADDRESS))
		judge_say(judge, finding, "invalid dst %q", s->text, NO_TEXT);
	else if ((src || dst || position == POSITION_TARGET) && nothing)
		judge_say(judge, finding, "%q: invalid address", s->text, NO_TEXT);
}

/* Why some selectors stand only where they do; NULL for the others. */
static const char *
why_misplaced(const struct selector *s)
{
	switch (s->autogroup) {
	case AUTOGROUP_SELF:
		return "it names the source's own machines, so it can only be the "
		       "destination of a rule";
	case AUTOGROUP_INTERNET:
		return "it names what lies behind exit nodes, where only acls and "
		       "grants lead";
	case AUTOGROUP_DANGER_ALL:
		return "it names everybody, outside the tailnet too, so it can only be "
		       "the source of a rule";
	case AUTOGROUP_SHARED:
		return "it names other people's machines, so it can only be a source";
	case AUTOGROUP_NONROOT:
		return "it names logins, so it can only be among the users of an ssh "
		       "rule";
	case AUTOGROUP_UNKNOWN:
	case AUTOGROUP_MEMBER:
	case AUTOGROUP_MEMBERS:
	case AUTOGROUP_TAGGED:
	case AUTOGROUP_OWNER:
	case AUTOGROUP_ADMIN:
	case AUTOGROUP_IT_ADMIN:
	case AUTOGROUP_NETWORK_ADMIN:
	case AUTOGROUP_BILLING_ADMIN:
	case AUTOGROUP_AUDITOR:
		break;
	}
	if (s->kind == SELECTOR_LOCALPART)
		return "it names logins, so it can only be among the users of an ssh "
		       "rule";
	if (s->kind == SELECTOR_SERVICE)
		return "a service answers and does not ask, so it can only be a "
		       "destination";
	if (s->kind == SELECTOR_RANGE)
		return "ranges are for ipsets; elsewhere write prefixes, or an ipset";
	return NULL;
}

/* What a selector is, or NULL where that would be no reason. */
static const char *
kind_of(struct judge *judge, const struct selector *s)
{
	if (s->kind == SELECTOR_AUTOGROUP)
		return NULL;
	if (s->kind == SELECTOR_HOST && !policy_host(judge->policy, s->name))
		return "no name that is known";
	return selector_kind_name(s->kind);
}

static void
raise_misplaced(struct judge *judge, const struct selector *s, enum position position)
{
	const char *kind = kind_of(judge, s);
	bool ssh = position == POSITION_SSH_SRC || position == POSITION_SSH_DST;
	const struct check *check =
		ssh ? &CHECK_SSH_INVALID_COMBINATION : &CHECK_MIXED_SELECTOR_KIND;
	const char *shown = judge_show(judge, s->text), *why = why_misplaced(s);
	struct finding *finding;

	if (why)
		finding = judge_raise(judge, check, s->span, "%s cannot stand in %s: %s",
		                      shown, position_name(position), why);
	else
		finding = judge_raise(judge, check, s->span, "%s %s%s, and %s takes %s",
		                      shown, kind ? "is " : "cannot stand here",
		                      kind ? kind : "", position_name(position),
		                      position_wants(position));
	say_misplaced(judge, finding, s, position);
}

struct finding *
judge_raise_address(struct judge *judge, struct text text, enum address_fault fault,
                    struct span where)
{
	static const struct {
		const struct check *check;
		const char *said;
	} faults[] = {
		[ADDRESS_FINE] = { &CHECK_INVALID_ADDRESS, "is not meant here" },
		[ADDRESS_MALFORMED] = { &CHECK_INVALID_ADDRESS,
		                        "is neither an address nor a prefix" },
		[ADDRESS_LEADING_ZERO] = { &CHECK_V4_MAPPED_OR_ZONE,
		                           "has a leading zero, which some read as "
		                           "octal" },
		[ADDRESS_ZONE] = { &CHECK_V4_MAPPED_OR_ZONE,
		                   "has a zone, which means something on one machine "
		                   "only" },
		[ADDRESS_V4_MAPPED] = { &CHECK_V4_MAPPED_OR_ZONE,
		                        "is an IPv4 address written as IPv6: write it as "
		                        "IPv4" },
		[ADDRESS_BAD_LENGTH] = { &CHECK_INVALID_ADDRESS,
		                         "has a prefix length that its addresses do not "
		                         "have" },
		[ADDRESS_HOST_BITS] = { &CHECK_INVALID_ADDRESS, "has host bits set" },
		[ADDRESS_BACKWARDS] = { &CHECK_INVALID_ADDRESS, "ends before it starts" },
		[ADDRESS_MIXED] = { &CHECK_INVALID_ADDRESS,
		                    "starts in IPv4 and ends in IPv6" },
	};

	return judge_raise(judge, faults[fault].check, where, "%s %s",
	                   judge_show(judge, text), faults[fault].said);
}

/* The prefixes that selectors and definitions have. */
static const char *const prefixes[] = {
	"tag:", "group:", "autogroup:", "host:", "ipset:", "svc:", "user:", "posture:",
};

/* The prefix nearest to what stands before the first colon, or NULL. */
static const char *
prefix_guess(struct text before)
{
	struct text_nearest nearest = text_nearest_start(before);
	const char *best = NULL;

	for (size_t i = 0; i < COUNT(prefixes); i++) {
		size_t distance = nearest.distance;
		struct text prefix = text_of(prefixes[i]);
		prefix.len--;
		text_nearest_offer(&nearest, prefix);
		if (nearest.distance < distance)
			best = prefixes[i];
	}
	return best;
}

/* A word with a colon whose prefix is none. */
static struct finding *
raise_prefix(struct judge *judge, const struct selector *s, size_t colon)
{
	struct text before = { s->text.at, colon };
	struct text name = text_from(s->text, colon + 1);
	const char *shown = judge_show(judge, s->text), *guess;

	for (size_t i = 0; i < COUNT(prefixes); i++) {
		struct text prefix = text_of(prefixes[i]);
		prefix.len--;
		if (text_equal_fold(before, prefix))
			return judge_raise(
				judge, &CHECK_CASE_MISMATCH, s->span,
				"%s is no selector: prefixes are written in small "
				"letters, as in %s",
				shown,
				judge_show(judge,
			                   text_joined(judge->arena, prefixes[i], name)));
	}
	guess = prefix_guess(before);
	if (guess)
		return judge_raise(judge, &CHECK_INVALID_SELECTOR, s->span,
		                   "%s is no selector; did you mean %s?", shown,
		                   judge_show(judge,
		                              text_joined(judge->arena, guess, name)));
	return judge_raise(judge, &CHECK_INVALID_SELECTOR, s->span,
	                   "%s is no selector: none starts with %s:", shown,
	                   judge_show(judge, before));
}

static void
raise_invalid(struct judge *judge, const struct selector *s, enum position position)
{
	size_t colon = text_find(s->text, ':');
	struct text host = unported(s->text);
	struct finding *finding;

	if (s->text.len == 0)
		finding = judge_raise(judge, &CHECK_INVALID_SELECTOR, s->span,
		                      "an empty text names nobody");
	else if (position == POSITION_GRANT_DST && host.len > 0 &&
	         selector_parse(host).kind != SELECTOR_INVALID)
		finding = judge_raise(judge, &CHECK_INVALID_SELECTOR, s->span,
		                      "%s has ports, and a grant's ports belong in ip",
		                      judge_show(judge, s->text));
	else if (s->fault != ADDRESS_FINE)
		finding = judge_raise_address(judge, s->text, s->fault, s->span);
	else if (colon < s->text.len)
		finding = raise_prefix(judge, s, colon);
	else
		finding = judge_raise(judge, &CHECK_INVALID_SELECTOR, s->span,
		                      "%s is no selector", judge_show(judge, s->text));
	say_misplaced(judge, finding, s, position);
}

/* A bare word that is no host, where a tag, group or the like is so called. */
static bool
raise_missing_prefix(struct judge *judge, const struct selector *s,
                     enum position position)
{
	struct text meant = name_of_other_sort(judge, s->name, position);
	struct finding *finding;

	if (meant.len == 0)
		return false;
	finding = judge_raise(judge, &CHECK_MISSING_PREFIX, s->span,
	                      "%s is read as a host, and there is none; did you mean %s?",
	                      judge_show(judge, s->text), judge_show(judge, meant));
	judge_refuse(judge, finding);
	say_undefined(judge, finding, SORT_HOST, s->text, position);
	return true;
}

static void
raise_autogroup(struct judge *judge, const struct selector *s, enum position position)
{
	struct text_nearest nearest = text_nearest_start(s->name);
	const char *shown = judge_show(judge, s->text);
	struct finding *finding = NULL;
	enum autogroup known;

	for (size_t i = 0; (known = autogroup_list(i)) != AUTOGROUP_UNKNOWN; i++) {
		struct text name = text_of(autogroup_name(known));
		if (text_equal_fold(s->text, name))
			finding = judge_raise(judge, &CHECK_CASE_MISMATCH, s->span,
			                      "there is no %s, but there is %s: case "
			                      "matters",
			                      shown, autogroup_name(known));
		text_nearest_offer(&nearest, text_from(name, strlen("autogroup:")));
	}
	if (!finding && nearest.best.len > 0)
		finding = judge_raise(judge, &CHECK_UNKNOWN_AUTOGROUP, s->span,
		                      "there is no %s; did you mean autogroup:%.*s?",
		                      shown, TEXT_ARG(nearest.best));
	else if (!finding)
		finding = judge_raise(judge, &CHECK_UNKNOWN_AUTOGROUP, s->span,
		                      "there is no %s", shown);
	say_misplaced(judge, finding, s, position);
}

bool
judge_domain(struct judge *judge, struct text domain, struct span where, bool ssh_src)
{
	struct finding *finding;

	if (!judge->domains || names_find(judge->domains, domain) != NAMES_NONE)
		return true;
	finding = judge_raise(judge, &CHECK_FOREIGN_DOMAIN, where,
	                      "%s is not a domain of this tailnet",
	                      judge_show(judge, domain));
	judge_say(
		judge, finding,
		ssh_src ? "[ssh] %s is not associated with this Tailnet and cannot be "
			  "used in user:*@<domain> expressions"
			: "%s is not associated with this Tailnet and cannot be used in "
			  "user:*@<domain> expressions",
		domain, NO_TEXT);
	return false;
}

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

const char *
service_name_fault(struct text service)
{
	if (!text_starts(service, "svc:"))
		return "must start with 'svc:'";
	struct text name = text_from(service, 4);
	if (name.len == 0)
		return "must not be empty after the 'svc:' prefix";
	if (name.len > 63)
		return "is longer than 63 letters";
	for (size_t i = 0; i < name.len; i++)
		if (!is_alnum(name.at[i]) && name.at[i] != '-')
			return "can only contain numbers, letters, or hyphens";
	if (name.at[0] == '-' || name.at[name.len - 1] == '-')
		return "must not start or end with a hyphen";
	return NULL;
}

/* Whether what a selector names is there; it may stand where it stands. */
static bool
judge_named(struct judge *judge, const struct selector *s, enum position position)
{
	const char *fault;

	switch (s->kind) {
	case SELECTOR_TAG:
		return judge_defined(judge, SORT_TAG, s->text, s->span, position);
	case SELECTOR_GROUP:
		return judge_defined(judge, SORT_GROUP, s->text, s->span, position);
	case SELECTOR_HOST:
		return judge_defined(judge, SORT_HOST, s->name, s->span, position);
	case SELECTOR_IPSET:
		return judge_defined(judge, SORT_IPSET, s->text, s->span, position);
	case SELECTOR_DOMAIN:
		return judge_domain(judge, s->name, s->span,
		                    position == POSITION_SSH_SRC);
	case SELECTOR_SERVICE:
		fault = service_name_fault(s->text);
		if (fault)
			judge_raise(judge, &CHECK_INVALID_NAME, s->span,
			            "%s is no service: its name %s",
			            judge_show(judge, s->text), fault);
		return !fault;
	case SELECTOR_ADDRESS:
	case SELECTOR_RANGE:
		if (s->fault == ADDRESS_V4_MAPPED)
			judge_raise_address(judge, s->text, s->fault, s->span);
		return s->fault != ADDRESS_V4_MAPPED;
	case SELECTOR_INVALID:
	case SELECTOR_ANY:
	case SELECTOR_USER:
	case SELECTOR_SYNCED_GROUP:
	case SELECTOR_AUTOGROUP:
	case SELECTOR_LOCALPART:
		break;
	}
	return true;
}

/* Raises a bare word that is no host where it ought to be something else, if
 * that can be told. */
static bool
raise_bare(struct judge *judge, const struct selector *s, enum position position)
{
	static const struct selector user = { .kind = SELECTOR_USER };

	if (s->kind != SELECTOR_HOST || s->prefixed ||
	    policy_host(judge->policy, s->name))
		return false;
	if (raise_missing_prefix(judge, s, position))
		return true;
	if (position_takes(position, s) || !position_takes(position, &user) ||
	    position == POSITION_SSH_DST)
		return false;
	raise_nobody(judge, s->name, s->span);
	return true;
}

bool
judge_selector(struct judge *judge, const struct selector *s, enum position position)
{
	if (s->kind == SELECTOR_INVALID) {
		raise_invalid(judge, s, position);
		return false;
	}
	if (sort_is_known(judge, SORT_HOST) && raise_bare(judge, s, position))
		return false;
	if (s->kind == SELECTOR_AUTOGROUP && s->autogroup == AUTOGROUP_UNKNOWN) {
		raise_autogroup(judge, s, position);
		return false;
	}
	if (!position_takes(position, s)) {
		raise_misplaced(judge, s, position);
		return false;
	}
	return judge_named(judge, s, position);
}

bool
judge_selectors(struct judge *judge, const struct selectors *selectors,
                enum position position)
{
	bool fine = true;

	for (size_t i = 0; i < selectors->n; i++)
		fine = judge_selector(judge, &selectors->at[i], position) && fine;
	return fine;
}

bool
judge_posture(struct judge *judge, const struct word *word)
{
	struct finding *finding;
	struct text name;

	if (!sort_is_known(judge, SORT_POSTURE) ||
	    policy_posture(judge->policy, word->text))
		return true;
	name = text_joined(judge->scratch, "posture:", word->text);
	if (!policy_posture(judge->policy, name))
		return judge_defined(judge, SORT_POSTURE, word->text, word->span,
		                     POSITION_N);
	finding = judge_raise(judge, &CHECK_MISSING_PREFIX, word->span,
	                      "no posture %s is defined; did you mean %s?",
	                      judge_show(judge, word->text), judge_show(judge, name));
	judge_refuse(judge, finding);
	return false;
}

void
judge_postures(struct judge *judge, const struct words *words)
{
	for (size_t i = 0; i < words->n; i++)
		judge_posture(judge, &words->at[i]);
}

/* The two texts are as long as each other, or the first is longer. */
static bool
starts_fold(struct text text, const char *prefix)
{
	size_t len = strlen(prefix);

	return text.len >= len &&
	       text_equal_fold((struct text) { text.at, len }, text_of(prefix));
}

struct finding *
judge_prefix(struct judge *judge, const struct word *name, const char *prefix,
             const char *kind)
{
	const char *shown = judge_show(judge, name->text);
	struct finding *finding;

	if (text_starts(name->text, prefix)) {
		if (name->text.len > strlen(prefix))
			return NULL;
		return judge_raise(judge, &CHECK_INVALID_NAME, name->span,
		                   "%s needs a name after %s", kind, prefix);
	}
	if (starts_fold(name->text, prefix))
		return judge_raise(judge, &CHECK_CASE_MISMATCH, name->span,
		                   "%s is not the name of %s: prefixes are written in "
		                   "small letters, as in %s",
		                   shown, kind, prefix);
	finding = judge_raise(judge, &CHECK_MISSING_PREFIX, name->span,
	                      "%s is not the name of %s, which starts with %s", shown,
	                      kind, prefix);
	judge_refuse(judge, finding);
	return finding;
}
