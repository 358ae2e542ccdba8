#include "policy/probe.h"

#include "grammar/arena.h"
#include "policy/probe_parts.h"
#include "policy/show.h"

/* An end while it is found out. */
struct seeking {
	struct prober *prober;
	struct probe_end *end;
	const char *why; /* NULL: found */
};

static void
seek_machines(struct seeking *s, const struct set *machines)
{
	for (unsigned f = 0; f < FAMILIES; f++)
		s->end->machines[f] = set_meet(&s->prober->tailnet->sets, machines,
		                               s->prober->family[f]);
	s->end->elements = machines;
}

/* "no tag tag:prdo is defined; did you mean tag:prod?" names, where there are
 * any, are those it could be. */
static void
seek_fails(struct seeking *s, const char *what, const char *is, const struct names *names)
{
	struct arena *a = s->prober->arena;
	struct text word = s->end->selector.text;
	struct text_nearest near = text_nearest_start(word);
	for (size_t i = 0; names && i < names->n; i++)
		text_nearest_offer(&near, names->texts[i]);
	s->why = arena_format(a, "no %s %s is %s", what, text_show(a, word), is);
	if (near.best.len)
		s->why = arena_format(a, "%s; did you mean %s?", s->why,
		                      text_show(a, near.best));
	else if (s->end->selector.kind == SELECTOR_HOST && s->prober->tailnet->imagined)
		s->why = arena_format(a,
		                      "%s; machines are known by name from an inventory",
		                      s->why);
}

/* The first stand-in of a kind, for users of the domain where one is given; or
 * NULL. */
static const struct machine *
stand_in_find(const struct tailnet *t, enum stand_in kind, struct text domain)
{
	for (size_t i = 0; i < t->n_machines; i++) {
		const struct machine *m = &t->machines[i];
		size_t at = text_find_last(m->stands_for, '@');
		if (m->stand_in != kind)
			continue;
		if (!domain.len || (at < m->stands_for.len &&
		                    text_equal(text_from(m->stands_for, at + 1), domain)))
			return m;
	}
	return NULL;
}

static const struct set *
set_of_machine(struct tailnet *t, const struct machine *m)
{
	uint32_t number = (uint32_t)(m - t->machines);
	return set_of_sorted(&t->sets, &number, 1);
}

/* Somebody the policy does not name: one of the domain that it names, or just
 * anybody. */
static void
seek_unnamed_user(struct seeking *s)
{
	struct tailnet *t = s->prober->tailnet;
	struct text login = s->end->selector.text;
	size_t at = text_find_last(login, '@');
	const struct machine *m = NULL;
	if (at + 1 < login.len)
		m = stand_in_find(t, STAND_IN_DOMAIN, text_from(login, at + 1));
	if (!m)
		m = stand_in_find(t, STAND_IN_OTHER_USER, (struct text) { 0 });
	s->end->unnamed = true;
	if (m)
		seek_machines(s, set_of_machine(t, m));
}

static void
seek_user(struct seeking *s)
{
	struct tailnet *t = s->prober->tailnet;
	uint32_t user = tailnet_user(t, s->end->selector.text);
	if (user != USER_NONE)
		seek_machines(s, t->of_user[user]);
	else if (t->imagined)
		seek_unnamed_user(s);
	else
		seek_fails(s, "user", "in the inventory", NULL);
}

static void
seek_tag(struct seeking *s)
{
	struct tailnet *t = s->prober->tailnet;
	struct text word = s->end->selector.text;
	uint32_t tag = names_find(&t->tags, word);
	const struct machine *m;
	if (tag != NAMES_NONE) {
		seek_machines(s, t->of_tag[tag]);
		return;
	}
	if (!policy_tag(s->prober->policy, word)) {
		seek_fails(s, "tag", "defined", &s->prober->policy->tag_names);
		return;
	}
	m = t->imagined ? stand_in_find(t, STAND_IN_OTHER_TAG, (struct text) { 0 })
	                : NULL;
	if (m)
		seek_machines(s, set_of_machine(t, m));
}

/* A machine by name or id; or a word that is none. */
static void
seek_machine(struct seeking *s, const char *what, const struct names *names)
{
	struct tailnet *t = s->prober->tailnet;
	const struct machine *m = tailnet_machine(t, s->end->text);
	if (m) {
		s->end->selector.kind = SELECTOR_INVALID;
		seek_machines(s, set_of_machine(t, m));
	} else {
		seek_fails(s, what, "known", names);
	}
}

static void
seek_host(struct seeking *s)
{
	const struct policy *p = s->prober->policy;
	const struct host *host = policy_host(p, s->end->selector.name);
	if (host && host->good)
		s->end->ranges = (struct ranges) { &host->range, 1 };
	else
		seek_machine(s, s->prober->tailnet->imagined ? "host" : "host or machine",
		             &p->host_names);
}

static void
seek_ipset(struct seeking *s)
{
	const struct policy *p = s->prober->policy;
	const struct ipset *ipset = policy_ipset(p, s->end->selector.text);
	if (ipset)
		s->end->ranges = ipset->ranges;
	else
		seek_fails(s, "ipset", "defined", &p->ipset_names);
}

/* What a party says, where an end is just that. */
static void
seek_party(struct seeking *s)
{
	struct prober *p = s->prober;
	struct party party = party_of_selector(p->policy, p->tailnet, &s->end->selector);
	seek_machines(s, party.any ? p->tailnet->everybody : party.machines);
	if (party.internet)
		s->end->ranges = RANGES_OF_INTERNET;
}

/* All users of a domain: where the policy names no user:*@domain, none of those
 * it does not name was imagined for it, and anybody stands for them. */
static void
seek_domain(struct seeking *s)
{
	struct tailnet *t = s->prober->tailnet;
	seek_party(s);
	if (!t->imagined || stand_in_find(t, STAND_IN_DOMAIN, s->end->selector.name))
		return;
	const struct machine *other =
		stand_in_find(t, STAND_IN_OTHER_USER, (struct text) { 0 });
	seek_machines(s, set_join(&t->sets, s->end->elements, set_of_machine(t, other)));
}

static void
seek_autogroup(struct seeking *s)
{
	const struct selector *selector = &s->end->selector;
	const struct tailnet *t = s->prober->tailnet;
	switch (selector->autogroup) {
	case AUTOGROUP_UNKNOWN:
	case AUTOGROUP_NONROOT:
		seek_fails(s, "autogroup", "known", NULL);
		break;
	case AUTOGROUP_SELF:
		s->why = "autogroup:self is whatever the source's owner has: name the "
			 "user instead";
		break;
	case AUTOGROUP_DANGER_ALL:
		s->why = "autogroup:danger-all is everybody everywhere: name one of them";
		break;
	case AUTOGROUP_MEMBER:
	case AUTOGROUP_MEMBERS:
	case AUTOGROUP_TAGGED:
	case AUTOGROUP_INTERNET:
	case AUTOGROUP_SHARED:
		seek_party(s);
		break;
	case AUTOGROUP_OWNER:
	case AUTOGROUP_ADMIN:
	case AUTOGROUP_IT_ADMIN:
	case AUTOGROUP_NETWORK_ADMIN:
	case AUTOGROUP_BILLING_ADMIN:
	case AUTOGROUP_AUDITOR:
		seek_party(s);
		/* who has the role is not told, or nobody was imagined with it */
		s->end->opaque = t->imagined ? !s->end->elements->n : !t->roles_told;
		break;
	}
}

static void
seek(struct seeking *s)
{
	const struct policy *p = s->prober->policy;
	struct selector *selector = &s->end->selector;
	switch (selector->kind) {
	case SELECTOR_ANY:
		seek_party(s);
		break;
	case SELECTOR_DOMAIN:
		seek_domain(s);
		break;
	case SELECTOR_ADDRESS:
		s->end->ranges = (struct ranges) { &s->end->selector.range, 1 };
		break;
	case SELECTOR_USER:
		seek_user(s);
		break;
	case SELECTOR_GROUP:
		if (policy_group(p, selector->text))
			seek_party(s);
		else
			seek_fails(s, "group", "defined", &p->group_names);
		break;
	case SELECTOR_SYNCED_GROUP:
		seek_party(s);
		s->end->opaque = !s->end->elements->n;
		break;
	case SELECTOR_TAG:
		seek_tag(s);
		break;
	case SELECTOR_AUTOGROUP:
		seek_autogroup(s);
		break;
	case SELECTOR_HOST:
		seek_host(s);
		break;
	case SELECTOR_IPSET:
		seek_ipset(s);
		break;
	case SELECTOR_SERVICE:
		s->end->opaque = true;
		break;
	case SELECTOR_INVALID:
	case SELECTOR_LOCALPART:
	case SELECTOR_RANGE:
		seek_machine(s, "selector or machine", NULL);
		break;
	}
}

const struct probe_end *
probe_end_of_selector(struct prober *p, const struct selector *selector, const char **why)
{
	uint32_t known = names_find(&p->end_names, selector->text);
	if (known != NAMES_NONE)
		return p->ends[known];
	struct probe_end *end = arena_alloc(p->arena, sizeof *end);
	struct seeking s = { .prober = p, .end = end };
	end->text = selector->text;
	end->selector = *selector;
	seek_machines(&s, p->tailnet->sets.all[0]);
	seek(&s);
	if (s.why) {
		*why = s.why;
		return NULL;
	}
	end_cut(p, end);
	p->ends = arena_grow(p->arena, p->ends, p->end_names.n, &p->ends_cap,
	                     sizeof *p->ends);
	p->ends[names_add(&p->end_names, end->text)] = end;
	return end;
}

const struct probe_end *
probe_end_of(struct prober *p, struct text text, const char **why)
{
	struct selector selector = selector_parse(text);
	return probe_end_of_selector(p, &selector, why);
}

static bool
split_fails(struct arena *arena, struct text text, const char **why)
{
	*why = arena_format(arena, "%s is no port", text_show(arena, text));
	return false;
}

bool
probe_split(struct arena *arena, struct text text, struct text *destination,
            struct ports *ports, bool *ported, const char **why)
{
	struct point point;
	size_t colon = text_find_last(text, ':');
	*destination = text;
	*ports = PORTS_ALL;
	*ported = false;
	if (text_starts(text, "[")) {
		size_t close = text_find_last(text, ']');
		if (close == text.len) {
			*why = "a bracket is not closed";
			return false;
		}
		*destination = (struct text) { text.at + 1, close - 1 };
		if (close + 1 == text.len)
			return true;
		if (text.at[close + 1] != ':')
			return split_fails(arena, text_from(text, close + 1), why);
		colon = close + 1;
	} else if (colon == text.len ||
	           address_parse(text, &point) != ADDRESS_MALFORMED ||
	           prefix_parse(text, &(struct range) { 0 }, NULL, NULL) ==
	                   ADDRESS_FINE) {
		return true;
	}
	enum ports_fault fault = ports_parse(text_from(text, colon + 1), ports);
	if (fault == PORTS_FINE) {
		*ported = true;
		if (!text_starts(text, "["))
			destination->len = colon;
		return true;
	}
	/* tag:db, autogroup:member, group:eng: what follows the one colon is no port */
	if (!text_starts(text, "[") && text_find(text, ':') == colon &&
	    selector_parse(text).kind != SELECTOR_INVALID)
		return true;
	return split_fails(arena, text_from(text, colon + 1), why);
}
