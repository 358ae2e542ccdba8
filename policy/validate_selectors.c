#include "policy/validate.h"

#include <string.h>

#include "grammar/arena.h"
#include "policy/dialect.h"

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
	judge_say_misplaced(judge, finding, s, position);
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

	for (size_t i = 0; i < COUNT(prefixes); i++) {
		struct text prefix = text_of(prefixes[i]), form = prefix;
		form.len--;
		text_nearest_offer_as(&nearest, form, prefix);
	}
	return nearest.best.at;
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
	struct text host = text_unported(s->text);
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
	judge_say_undefined(judge, finding, SORT_HOST, s->text, position);
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

/* Domains that people of many tailnets have, and that are no tailnet's own
 * (spec/policy-syntax.md 2.2). */
static bool
domain_is_shared(struct text domain)
{
	return text_is(domain, "gmail.com") || text_is(domain, "github") ||
	       text_is(domain, "passkey");
}

bool
judge_domain(struct judge *judge, struct text domain, struct span where, bool ssh_src)
{
	bool shared = domain_is_shared(domain);
	bool own = !judge->domains || names_find(judge->domains, domain) != NAMES_NONE;
	struct finding *finding;

	if ((own && !shared) || judge_lets(judge, FEATURE_FOREIGN_DOMAIN, where))
		return true;
	finding = judge_raise(judge, &CHECK_FOREIGN_DOMAIN, where,
	                      shared ? "%s is a domain of people of many tailnets, and "
	                               "not this one's own"
	                             : "%s is not a domain of this tailnet",
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
	case SELECTOR_USER:
		return judge_user_name(judge, s, position);
	case SELECTOR_INVALID:
	case SELECTOR_ANY:
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
	judge_raise_nobody(judge, s->name, s->span);
	return true;
}

/*
 * What the target does with a selector there. Where its kind alone is not taken
 * everywhere, a target that knows the kind takes it where Tailscale does.
 */
static enum support
place_support(struct judge *judge, const struct selector *s, enum position position)
{
	enum feature feature = position_feature(position, s);
	enum support support = position_takes(position, s) ? TAKES : REFUSES, met;

	if (feature == FEATURE_NONE)
		return support;
	met = judge_meet(judge, feature, s->span);
	if (judge->policy->target == TARGET_TAILSCALE ||
	    (met == TAKES && feature == selector_feature(s)))
		return support;
	return met;
}

bool
judge_selector(struct judge *judge, const struct selector *s, enum position position)
{
	enum support support = place_support(judge, s, position);

	if (support == IGNORES)
		return true;
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
	if (support == REFUSES && position_takes(position, s)) {
		judge_deny(judge, position_feature(position, s), s->text, s->span);
		return false;
	}
	if (support == REFUSES) {
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
