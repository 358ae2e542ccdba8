#include "policy/validate.h"

#include <string.h>

#include "grammar/arena.h"

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

bool
sort_is_known(const struct judge *judge, enum sort sort)
{
	return !(judge->policy->unread & UINT32_C(1) << sorts[sort].section);
}

struct text
text_joined(struct arena *arena, const char *prefix, struct text name)
{
	size_t len = strlen(prefix);
	char *joined = arena_alloc(arena, len + name.len + 1);

	memcpy(joined, prefix, len);
	if (name.len > 0)
		memcpy(joined + len, name.at, name.len);
	return (struct text) { joined, len + name.len };
}

/* The one defined name that differs in nothing but case, or an empty text. */
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
			(*first)[number] = number == n ? names->texts[i] : NO_TEXT;
		}
	}
	struct arena_mark mark = arena_mark(judge->scratch);
	number = names_find(folded, text_lower(judge->scratch, name));
	arena_reset(judge->scratch, mark);
	return number == NAMES_NONE ? NO_TEXT : (*first)[number];
}

/* Offers the names of a sort, held against what was written without their prefix. */
static void
names_offer(struct judge *judge, enum sort sort, struct text_nearest *nearest)
{
	const struct names *names = sort_names(judge->policy, sort);
	size_t prefix = strlen(sorts[sort].prefix);

	for (size_t i = 0; i < names->n && judge->effort > 0; i++) {
		struct text name = names->texts[i];
		if (name.len <= prefix || !text_starts(name, sorts[sort].prefix))
			continue;
		name = text_from(name, prefix);
		/* about what comparing costs, had they much in common */
		size_t cost =
			1 + (name.len < 64 ? nearest->written.len * name.len / 4 : 0);
		judge->effort -= cost < judge->effort ? cost : judge->effort;
		text_nearest_offer_as(nearest, name, names->texts[i]);
	}
}

/* A bare word of this length may be a name of another sort with one slip. */
#define SLIPPED_LEAST 4

/* The nearest defined name of the sort; for a bare word also one of the others
 * that a src may name, where that is all but the same. Empty if none is near, or two
 * are equally. */
static struct text
name_guess(struct judge *judge, enum sort sort, struct text name)
{
	static const enum sort others[] = { SORT_TAG, SORT_GROUP, SORT_IPSET };
	size_t prefix = strlen(sorts[sort].prefix);
	struct text_nearest nearest;

	if (name.len < prefix || !text_starts(name, sorts[sort].prefix))
		prefix = 0;
	nearest = text_nearest_start(text_from(name, prefix));
	if (nearest.written.len == 0 || nearest.written.len > 64)
		return NO_TEXT;
	size_t far = nearest.distance;
	names_offer(judge, sort, &nearest);
	if (sort != SORT_HOST || nearest.distance < far)
		return nearest.best;
	nearest.distance = nearest.written.len < SLIPPED_LEAST ? 1 : 2;
	for (size_t i = 0; i < COUNT(others); i++)
		names_offer(judge, others[i], &nearest);
	return nearest.best;
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
void
judge_say_undefined(struct judge *judge, struct finding *finding, enum sort sort,
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
	judge_say_undefined_there(judge, finding, sort, name, position);
}

struct text
text_unported(struct text text)
{
	size_t colon = text_find_last(text, ':');
	struct ports ports;

	if (colon == text.len || colon == 0 ||
	    ports_parse(text_from(text, colon + 1), &ports) != PORTS_FINE)
		return NO_TEXT;
	return (struct text) { text.at, colon };
}

struct text
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
	struct text meant = NO_TEXT;

	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct arena_mark mark = arena_mark(judge->arena);
		struct text name = text_joined(judge->arena, kinds[i].prefix, word);
		struct selector selector = selector_parse(name);
		bool defined =
			kinds[i].sort == SORT_N
				? selector.autogroup != AUTOGROUP_UNKNOWN
				: names_find(sort_names(judge->policy, kinds[i].sort),
		                             name) != NAMES_NONE;
		if (!defined || selector.kind != kinds[i].kind ||
		    !position_takes(position, &selector))
			arena_reset(judge->arena, mark);
		else if (meant.len == 0)
			meant = name;
		else
			meant = text_of(arena_format(judge->arena, "%.*s or %.*s",
			                             TEXT_ARG(meant), TEXT_ARG(name)));
	}
	return meant;
}

static void
person_add(struct judge *judge, const struct selector *member)
{
	size_t at = text_find_last(member->text, '@'), n = judge->people.n;
	bool user = member->kind == SELECTOR_USER;

	if (!user && member->kind != SELECTOR_HOST)
		return;
	uint32_t number =
		names_add(&judge->people, (struct text) { member->text.at, at });
	if (number < n) {
		if (!user || !text_equal(judge->logins[number], member->text))
			judge->logins[number] = NO_TEXT;
		return;
	}
	judge->logins = arena_grow(judge->scratch, judge->logins, n, &judge->cap_logins,
	                           sizeof(*judge->logins));
	judge->logins[n] = user ? member->text : NO_TEXT;
}

/* Whether a member of a group is so called, and who that is: an empty text when
 * more than one is, or the group does not say it with an @ either. */
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

struct finding *
judge_raise_nobody(struct judge *judge, struct text word, struct span where)
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
	if (position == POSITION_GRANT_DST && text_unported(name).len > 0)
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

bool
judge_defined(struct judge *judge, enum sort sort, struct text name, struct span where,
              enum position position)
{
	struct text other;
	struct finding *finding;

	if (!sort_is_known(judge, sort) ||
	    names_find(sort_names(judge->policy, sort), name) != NAMES_NONE ||
	    judge_defined_elsewhere(judge, sort, name, where))
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
	judge_say_undefined(judge, finding, sort, name, position);
	return false;
}

static void
judge_posture(struct judge *judge, const struct word *word)
{
	struct finding *finding;
	struct text name;

	if (!sort_is_known(judge, SORT_POSTURE) ||
	    policy_posture(judge->policy, word->text))
		return;
	name = text_joined(judge->scratch, "posture:", word->text);
	if (!policy_posture(judge->policy, name)) {
		judge_defined(judge, SORT_POSTURE, word->text, word->span, POSITION_N);
		return;
	}
	finding = judge_raise(judge, &CHECK_MISSING_PREFIX, word->span,
	                      "no posture %s is defined; did you mean %s?",
	                      judge_show(judge, word->text), judge_show(judge, name));
	judge_refuse(judge, finding);
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
		                   judge_show(judge, name->text), kind, prefix);
	finding = judge_raise(judge, &CHECK_MISSING_PREFIX, name->span,
	                      "%s is not the name of %s, which starts with %s",
	                      judge_show(judge, name->text), kind, prefix);
	judge_refuse(judge, finding);
	return finding;
}
