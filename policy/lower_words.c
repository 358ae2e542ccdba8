#include "policy/lower_parts.h"

#include <string.h>

#include "grammar/arena.h"
#include "policy/show.h"

void
list_add(struct word_list *list, struct text word)
{
	names_add(&list->names, word);
}

size_t
list_length(const struct word_list *list)
{
	return list->names.n;
}

struct text
list_word(const struct word_list *list, size_t i)
{
	return list->names.texts[i];
}

static struct word_list
list_start(struct lower *l)
{
	return (struct word_list) { .names.arena = l->arena };
}

static struct text
range_text(struct lower *l, struct range range)
{
	char text[RANGE_TEXT_MAX];
	size_t len = range_write(range, text);

	return (struct text) { arena_copy(l->arena, text, len), len };
}

/* The name that a user of the inventory has for the target, or an empty text. */
static struct text
login_for(const struct lower *l, uint32_t user)
{
	return user == USER_NONE ? (struct text) { NULL, 0 }
	                         : l->tailnet->users[user].login;
}

/* How the target writes a user that the policy's own writes so; empty where it has
 * no way. */
static struct text
respell_user(struct lower *l, struct text name, uint32_t user, bool member)
{
	size_t at = text_find(name, '@');
	bool bare = at == name.len, trailing = at + 1 == name.len;
	struct text stem = { name.at, at };
	const char *with_at;

	switch (dialect_of(l->to)->users) {
	case USERS_BY_LOGIN:
		return bare || trailing ? login_for(l, user) : name;
	case USERS_BARE:
		return bare || trailing ? stem
		       : member         ? name
		                        : (struct text) { NULL, 0 };
	case USERS_ANYHOW:
		return trailing ? stem : name;
	case USERS_WITH_AT:
		with_at = arena_format(l->arena, "%.*s@", TEXT_ARG(stem));
		return bare ? text_of(with_at) : name;
	}
	return name;
}

/* Where only members of groups can be written as they are: a group of one. */
static struct text
group_of_one(struct lower *l, struct text user, struct span where)
{
	struct word_list one = list_start(l);

	list_add(&one, user);
	return lower_group(l, "user-", user, &one, where);
}

/* Whether a user can be written as a member of a group alone: where others are known
 * by bare names, or a bare name is a host's. */
static bool
wants_group(struct lower *l, struct text user)
{
	size_t at = text_find(user, '@');
	struct text stem = { user.at, at };

	if (!lower_takes(l, FEATURE_USER_BARE))
		return false;
	if (at + 1 < user.len)
		return dialect_of(l->to)->users == USERS_BARE;
	return policy_host(l->policy, stem) != NULL;
}

/* A user of that name, and number where the tailnet is known. */
static bool
user_word(struct lower *l, struct text user, uint32_t number, struct span where,
          bool member, struct text *word)
{
	bool grouped = !member && wants_group(l, user);
	struct text name = respell_user(l, user, number, member || grouped);
	size_t at = text_find(name, '@');
	uint32_t there;

	if (l->to == TARGET_TAILSCALE && at + 1 >= name.len) {
		lower_lose_unknown(l, where, "a user without a mail domain", "the user");
		return false;
	}
	there = l->tailnet ? dialect_user(l->to, l->tailnet, name, member || grouped)
	                   : number;
	if (there != number) {
		if (number != USER_NONE) /* else nobody is lost */
			lower_lose(l, where, "a user whose name is not hers there",
			           "the user");
		return false;
	}
	*word = grouped ? group_of_one(l, name, where) : name;
	return true;
}

bool
lower_user(struct lower *l, const struct selector *s, bool member, struct text *word)
{
	uint32_t number = l->tailnet ? dialect_user(l->from, l->tailnet, s->text, member)
	                             : USER_NONE;

	return user_word(l, s->text, number, s->span, member, word);
}

/* The number of a user that lower_people gave: by login, or as a policy names. */
static uint32_t
person_number(const struct lower *l, struct text person)
{
	uint32_t number;

	if (!l->tailnet)
		return USER_NONE;
	number = names_find(&l->tailnet->logins, person);
	return number == NAMES_NONE ? dialect_user(l->from, l->tailnet, person, true)
	                            : number;
}

bool
lower_person(struct lower *l, struct text person, struct span where, bool member,
             struct text *word)
{
	return user_word(l, person, person_number(l, person), where, member, word);
}

static bool
is_group_name(const struct lower *l, struct text name)
{
	for (size_t i = 0; i + 1 < l->origins.n; i++)
		if (text_equal(l->groups[i].name, name))
			return true;
	return policy_group(l->policy, name) != NULL;
}

/* "group:autogroup-admin": what it stands for, and no other group's name. */
static struct text
new_group_name(struct lower *l, const char *prefix, struct text origin)
{
	const char *name =
		arena_format(l->arena, "group:%s%.*s", prefix, TEXT_ARG(origin));
	struct text text = { name, 0 };
	char *plain = arena_copy(l->arena, name, strlen(name));

	for (size_t i = 0; name[i]; i++) {
		bool letter = i < strlen("group:") || !strchr(":@*", name[i]);
		if (letter || plain[text.len - 1] != '-')
			plain[text.len++] = letter ? name[i] : '-';
	}
	text.at = plain;
	size_t len = text.len;
	for (unsigned n = 2; is_group_name(l, text); n++) {
		name = arena_format(l->arena, "%.*s-%u", (int)len, plain, n);
		text = text_of(name);
	}
	return text;
}

struct text
lower_group(struct lower *l, const char *prefix, struct text origin,
            const struct word_list *members, struct span where)
{
	size_t known = l->origins.n;
	uint32_t number = names_add(&l->origins, origin);
	struct new_group *group;

	if (number < known)
		return l->groups[number].name;
	l->groups = arena_grow(l->arena, l->groups, known, &l->groups_cap,
	                       sizeof(*l->groups));
	group = &l->groups[number];
	*group = (struct new_group) { new_group_name(l, prefix, origin), origin,
		                      list_start(l) };
	for (size_t i = 0; i < list_length(members); i++) {
		struct text word;
		if (lower_person(l, list_word(members, i), where, true, &word))
			list_add(&group->members, word);
	}
	return group->name;
}

/* The users whom a selector names: those all of whose machines it names; who has none
 * yet, by what they are. */
static void
owners_of(struct lower *l, const struct selector *s, struct word_list *users)
{
	const struct tailnet *t = l->tailnet;
	struct party party = party_of_selector(l->policy, l->tailnet, s);
	const struct set *machines = party_machines(l->tailnet, &party, false);

	for (size_t i = 0; i < t->n_users; i++) {
		const struct set *own = t->of_user[i];
		bool named = own->n ? set_within(own, machines)
		                    : user_is_named(&t->users[i], s);
		if (named)
			list_add(users, t->users[i].login);
		else if (set_overlaps(own, machines))
			lower_lose(l, s->span, "some of the machines of a user",
			           "the user");
	}
}

bool
lower_people(struct lower *l, const struct selector *s, struct word_list *users)
{
	const struct group *group =
		s->kind == SELECTOR_GROUP ? policy_group(l->policy, s->text) : NULL;
	bool role = autogroup_is_role(s->autogroup);

	for (size_t i = 0; group && i < group->members.n; i++)
		list_add(users, group->members.at[i].text);
	if (s->kind == SELECTOR_USER)
		list_add(users, s->text);
	if (group || s->kind == SELECTOR_USER)
		return true;
	if (!l->tailnet || (role && !l->tailnet->roles_told)) {
		lower_lose_unknown(l, s->span, text_show(l->arena, s->text),
		                   "whoever it names");
		return false;
	}
	owners_of(l, s, users);
	return true;
}

/* A group for the people that a selector names. */
static void
lower_to_group(struct lower *l, const struct selector *s, struct word_list *words)
{
	struct word_list people = list_start(l);

	if (lower_people(l, s, &people))
		list_add(words, lower_group(l, "", s->text, &people, s->span));
}

bool
lower_takes_tag(const struct lower *l, struct text tag)
{
	const char *fault = tag_fault(tag);
	enum feature feature = FEATURE_NONE;

	if (fault && !text_starts(tag, "tag:"))
		feature = FEATURE_TAG_PREFIX;
	else if (fault)
		feature = strstr(fault, "start") ? FEATURE_TAG_LETTER
		                                 : FEATURE_TAG_CHARACTERS;
	return lower_takes(l, feature);
}

bool
lower_tag(struct lower *l, struct text tag, struct span where)
{
	if (!lower_takes_tag(l, tag)) {
		lower_lose(l, where, "a tag of this name", "the tag");
		return false;
	}
	names_add(&l->tags, tag);
	return true;
}

/* Each tag that machines have, for autogroup:tagged. */
static void
lower_tagged(struct lower *l, const struct selector *s, struct word_list *words)
{
	const struct tailnet *t = l->tailnet;

	if (!t) {
		lower_lose_unknown(l, s->span, "autogroup:tagged", "whatever it names");
		return;
	}
	for (size_t i = 0; i < t->tags.n; i++) {
		if (!set_within(t->of_tag[i], t->tagged))
			lower_lose(l, s->span, "autogroup:tagged without shared machines",
			           "a tag");
		else if (t->of_tag[i]->n && lower_tag(l, t->tags.texts[i], s->span))
			list_add(words, t->tags.texts[i]);
	}
}

/* The addresses that come along with a range at the target and that nobody asked
 * for. */
static bool
range_brings_more(const struct lower *l, const struct side *side, struct range range)
{
	enum family family = dialect_of(l->to)->other_family;
	const struct tailnet *t = l->tailnet;

	if (family == FAMILY_FIRST)
		range.last = range.first;
	for (size_t i = tailnet_address_from(t, range.first);
	     family != FAMILY_NONE && i < t->n_addresses &&
	     point_compare(t->addresses[i].address, range.last) <= 0;
	     i++) {
		const struct machine *m = &t->machines[t->addresses[i].machine];
		for (size_t k = 0; k < m->n_addresses; k++)
			if (!ranges_hold(side->wanted, m->addresses[k]))
				return true;
	}
	return false;
}

/* The same without an inventory: whether some may. */
static bool
range_may_bring_more(const struct lower *l, struct range range)
{
	enum family family = dialect_of(l->to)->other_family;

	if (family == FAMILY_NONE || dialect_of(l->from)->other_family == family ||
	    (family == FAMILY_FIRST && !range_is_single(range)))
		return false;
	return ranges_overlap(RANGES_OF_TAILNET, range);
}

static bool
range_is_safe(struct lower *l, const struct side *side, struct range range,
              struct span where)
{
	bool more = l->tailnet ? range_brings_more(l, side, range)
	                       : range_may_bring_more(l, range);

	if (!more)
		return true;
	if (l->tailnet)
		lower_lose(l, where,
		           "an address of a machine without its other addresses",
		           "the address");
	else
		lower_lose_unknown(l, where,
		                   "an address of a machine without its other addresses",
		                   "the address");
	return false;
}

/* A prefix as a word; as the destination of a grant, all of a family is written as
 * its halves. */
static void
add_prefix(struct lower *l, const struct side *side, struct range range,
           struct word_list *words)
{
	if (side->grant && !side->src && range_is_default_route(range)) {
		struct range low = point_block(range.first, 1), high = range;
		high.first = point_next(low.last);
		list_add(words, range_text(l, low));
		list_add(words, range_text(l, high));
		return;
	}
	list_add(words, range_text(l, range));
}

/* The prefixes that a range is made of, where they may be said. */
static void
add_range(struct lower *l, const struct side *side, struct range range, struct span where,
          struct word_list *words)
{
	struct ranges prefixes = range_prefixes(l->arena, range);

	for (size_t i = 0; i < prefixes.n; i++)
		if (range_is_safe(l, side, prefixes.at[i], where))
			add_prefix(l, side, prefixes.at[i], words);
}

/* The other addresses of machines that the policy's own target takes along with a
 * range. */
static void
add_relatives(struct lower *l, const struct side *side, const struct selector *s,
              struct range range, struct word_list *words)
{
	enum family family = dialect_of(l->from)->other_family;
	struct party party;

	if (family == FAMILY_NONE || family == dialect_of(l->to)->other_family)
		return;
	if (!l->tailnet) {
		if (ranges_overlap(RANGES_OF_TAILNET, range))
			lower_lose_unknown(l, s->span,
			                   "an address of a machine with its other "
			                   "addresses",
			                   "those others");
		return;
	}
	party = party_of_selector(l->policy, l->tailnet, s);
	for (uint32_t i = 0; i < party.machines->n; i++) {
		const struct machine *m = &l->tailnet->machines[party.machines->at[i]];
		for (size_t k = 0; k < m->n_addresses; k++)
			add_range(l, side,
			          (struct range) { m->addresses[k], m->addresses[k] },
			          s->span, words);
	}
}

bool
lower_takes_host(const struct lower *l, const struct host *host)
{
	struct text name = host->name.text;

	if (text_find(name, '@') < name.len)
		return lower_takes(l, FEATURE_HOST_AT);
	if (text_find(name, ':') < name.len)
		return lower_takes(l, FEATURE_HOST_COLON);
	return true;
}

static void
lower_host(struct lower *l, const struct side *side, const struct selector *s,
           struct word_list *words)
{
	const struct host *host = policy_host(l->policy, s->name);

	if (!host || !host->good)
		return;
	if (!lower_takes_host(l, host) ||
	    (side->grant && range_is_default_route(host->range))) {
		add_range(l, side, host->range, s->span, words);
	} else if (range_is_safe(l, side, host->range, s->span)) {
		list_add(words, host->name.text);
	}
	add_relatives(l, side, s, host->range, words);
}

static void
lower_ipset(struct lower *l, const struct side *side, const struct selector *s,
            struct word_list *words)
{
	const struct ipset *set = policy_ipset(l->policy, s->text);

	if (lower_takes(l, FEATURE_IPSET)) {
		list_add(words, s->text);
		return;
	}
	for (size_t i = 0; set && i < set->ranges.n; i++)
		add_range(l, side, set->ranges.at[i], s->span, words);
}

/* `*` as a source, where the target means more by it: the tailnet and its routed
 * subnets. */
static void
lower_tailnet(struct lower *l, const struct side *side, const struct selector *s,
              struct word_list *words)
{
	for (size_t i = 0; i < RANGES_OF_TAILNET.n; i++) {
		struct ranges prefixes =
			range_prefixes(l->arena, RANGES_OF_TAILNET.at[i]);
		for (size_t k = 0; k < prefixes.n; k++)
			if (!l->tailnet ||
			    range_is_safe(l, side, prefixes.at[k], s->span))
				list_add(words, range_text(l, prefixes.at[k]));
	}
	if (!l->tailnet)
		lower_lose_unknown(l, s->span, "* as the machines and their subnets",
		                   "the subnets");
	for (size_t i = 0; l->tailnet && i < l->tailnet->n_subnets; i++)
		add_range(l, side, l->tailnet->subnets[i].range, s->span, words);
}

/* Whether a target means every address there is by `*` as a source. */
static bool
any_is_everything(enum target target)
{
	return target_support(target, FEATURE_ANY) == DIFFERS;
}

/* Every address there is, as a source. */
static void
lower_everything(struct lower *l, const struct selector *s, struct word_list *words)
{
	if (any_is_everything(l->to))
		list_add(words, text_of("*"));
	else if (lower_takes(l, FEATURE_DANGER_ALL))
		list_add(words, text_of("autogroup:danger-all"));
	else
		lower_lose(l, s->span, "every address there is as a source",
		           "the source");
}

static void
lower_any(struct lower *l, const struct side *side, const struct selector *s,
          struct word_list *words)
{
	if (side->src && any_is_everything(l->from))
		lower_everything(l, s, words);
	else if (side->src && any_is_everything(l->to))
		lower_tailnet(l, side, s, words);
	else
		list_add(words, text_of("*"));
}

static void
lower_internet(struct lower *l, const struct side *side, const struct selector *s,
               struct word_list *words)
{
	if (lower_takes(l, FEATURE_INTERNET)) {
		list_add(words, s->text);
		return;
	}
	for (size_t i = 0; i < RANGES_OF_INTERNET.n; i++)
		add_range(l, side, RANGES_OF_INTERNET.at[i], s->span, words);
}

static void
lower_autogroup(struct lower *l, const struct side *side, const struct selector *s,
                struct word_list *words)
{
	enum feature feature = selector_feature(s);

	if (s->autogroup == AUTOGROUP_DANGER_ALL)
		lower_everything(l, s, words);
	else if (s->autogroup == AUTOGROUP_INTERNET)
		lower_internet(l, side, s, words);
	else if (lower_takes(l, feature))
		list_add(words, s->text);
	else if (s->autogroup == AUTOGROUP_MEMBERS && lower_takes(l, FEATURE_MEMBER))
		list_add(words, text_of(autogroup_name(AUTOGROUP_MEMBER)));
	else if (s->autogroup == AUTOGROUP_TAGGED)
		lower_tagged(l, s, words);
	else if (s->autogroup == AUTOGROUP_SHARED)
		lower_lose(l, s->span, "autogroup:shared", "the machines shared in");
	else if (s->autogroup != AUTOGROUP_SELF)
		lower_to_group(l, s, words);
}

void
lower_selector(struct lower *l, const struct side *side, const struct selector *s,
               struct word_list *words)
{
	struct text word;

	if (!selector_counts(l->from, s))
		return;
	switch (s->kind) {
	case SELECTOR_ANY:
		lower_any(l, side, s, words);
		break;
	case SELECTOR_ADDRESS:
		add_range(l, side, s->range, s->span, words);
		add_relatives(l, side, s, s->range, words);
		break;
	case SELECTOR_USER:
		if (lower_user(l, s, false, &word))
			list_add(words, word);
		break;
	case SELECTOR_DOMAIN:
		if (lower_takes(l, FEATURE_DOMAIN))
			list_add(words, s->text);
		else
			lower_to_group(l, s, words);
		break;
	case SELECTOR_GROUP:
		list_add(words, s->text);
		break;
	case SELECTOR_SYNCED_GROUP:
	case SELECTOR_SERVICE:
		if (lower_takes(l, selector_feature(s)))
			list_add(words, s->text);
		else
			lower_lose(l, s->span, selector_kind_name(s->kind),
			           "whatever it names");
		break;
	case SELECTOR_TAG:
		if (lower_tag(l, s->text, s->span))
			list_add(words, s->text);
		break;
	case SELECTOR_AUTOGROUP:
		lower_autogroup(l, side, s, words);
		break;
	case SELECTOR_HOST:
		lower_host(l, side, s, words);
		break;
	case SELECTOR_IPSET:
		lower_ipset(l, side, s, words);
		break;
	case SELECTOR_INVALID:
	case SELECTOR_LOCALPART:
	case SELECTOR_RANGE:
		break;
	}
}

/* `*` without what is outside the tailnet. */
static struct ranges
tailnet_ranges(struct lower *l)
{
	const struct tailnet *t = l->tailnet;
	struct range *routed = arena_array(l->arena, t->n_subnets, sizeof(*routed));

	for (size_t i = 0; i < t->n_subnets; i++)
		routed[i] = t->subnets[i].range;
	return ranges_join(l->arena, RANGES_OF_TAILNET,
	                   ranges_of(l->arena, routed, t->n_subnets));
}

struct ranges
lower_wanted(struct lower *l, const struct selector *list, size_t n)
{
	struct party party;
	struct ranges flat;
	bool tailnet;

	if (!l->tailnet)
		return (struct ranges) { 0 };
	party = party_of_selectors(l->policy, l->tailnet, list, n);
	tailnet = party.any && !party.danger;
	party.any = party.danger;
	flat = party_flatten(l->arena, l->tailnet, &party);
	flat = ranges_of(l->arena, flat.at, flat.n);
	return tailnet ? ranges_join(l->arena, flat, tailnet_ranges(l)) : flat;
}
