#include "policy/witness.h"

#include "grammar/arena.h"
#include "policy/resolve.h"

static void
witness_add(struct witnesses *w, struct text text)
{
	if (w->n < WITNESSES_MAX && text.len)
		w->at[w->n++] = text;
}

static void
witness_add_pool(struct witnesses *w, const struct text *pool, size_t n)
{
	for (size_t i = 0; i < n; i++)
		witness_add(w, pool[i]);
}

/* Whether users can be named: those of an imagined tailnet that are. */
static bool
user_is_there(const struct tailnet *t, uint32_t user)
{
	const struct set *machines = t->of_user[user];
	if (!machines->n || t->users[user].shared)
		return false;
	return !t->imagined || t->machines[machines->at[0]].stand_in == STAND_IN_USER;
}

struct pool
pool_of(const struct policy *p, const struct tailnet *t)
{
	struct pool pool = { .n_users = 0 };
	for (uint32_t i = 0; i < t->n_users && pool.n_users < WITNESSES_MAX; i++)
		if (user_is_there(t, i))
			pool.users[pool.n_users++] = t->users[i].login;
	for (size_t i = 0; i < p->n_tags && pool.n_tags < WITNESSES_MAX; i++) {
		uint32_t tag = names_find(&t->tags, p->tags[i].name.text);
		if (tag != NAMES_NONE && t->of_tag[tag]->n)
			pool.tags[pool.n_tags++] = p->tags[i].name.text;
	}
	return pool;
}

/* Users among the machines that a selector names. */
static void
witness_add_users(struct witnesses *w, const struct policy *p, struct tailnet *t,
                  const struct selector *s)
{
	struct party party = party_of_selector(p, t, s);
	for (uint32_t i = 0; i < party.machines->n && w->n < WITNESSES_MAX; i++) {
		uint32_t user = t->machines[party.machines->at[i]].user;
		if (user == USER_NONE || !user_is_there(t, user))
			continue;
		struct text login = t->users[user].login;
		if (!w->n || !text_equal(w->at[w->n - 1], login))
			witness_add(w, login);
	}
}

/* An address inside a range: its only one, or its second, which a prefix of
 * hosts begins with. */
static struct text
range_witness(struct arena *arena, struct range range, bool brackets)
{
	char text[RANGE_TEXT_MAX];
	struct point point =
		range_is_single(range) ? range.first : point_next(range.first);
	address_write(point, text);
	bool wide = brackets && point.line == LINE_IPV6;
	return text_of(arena_format(arena, wide ? "[%s]" : "%s", text));
}

static void
witness_add_ranges(struct arena *arena, struct witnesses *w, struct ranges ranges,
                   bool brackets)
{
	for (size_t i = 0; i < ranges.n && w->n < WITNESSES_MAX; i++)
		witness_add(w, range_witness(arena, ranges.at[i], brackets));
}

static void
witness_add_host(struct arena *arena, const struct policy *p, struct witnesses *w,
                 const struct selector *s, bool brackets)
{
	const struct host *host = policy_host(p, s->name);
	if (host && host->good && range_is_single(host->range))
		witness_add(w, s->name);
	else if (host && host->good)
		witness_add(w, range_witness(arena, host->range, brackets));
}

static void
witness_add_ipset(struct arena *arena, const struct policy *p, struct witnesses *w,
                  const struct selector *s, bool brackets)
{
	const struct ipset *ipset = policy_ipset(p, s->text);
	if (ipset)
		witness_add_ranges(arena, w, ipset->ranges, brackets);
}

static void
witness_add_autogroup(struct witnesses *w, const struct policy *p, struct tailnet *t,
                      const struct pool *pool, const struct selector *s)
{
	if (s->autogroup == AUTOGROUP_TAGGED)
		witness_add_pool(w, pool->tags, pool->n_tags);
	else if (s->autogroup == AUTOGROUP_DANGER_ALL) {
		witness_add_pool(w, pool->tags, pool->n_tags);
		witness_add_pool(w, pool->users, pool->n_users);
	} else
		witness_add_users(w, p, t, s);
}

/* What both sides have in common. */
static struct witnesses
witnesses_of(struct arena *arena, const struct policy *p, struct tailnet *t,
             const struct pool *pool, const struct selector *s, bool brackets)
{
	struct witnesses w = { .n = 0 };
	switch (s->kind) {
	case SELECTOR_ANY:
		witness_add_pool(&w, pool->tags, pool->n_tags);
		witness_add_pool(&w, pool->users, pool->n_users);
		break;
	case SELECTOR_ADDRESS:
		witness_add(&w, range_witness(arena, s->range, brackets));
		break;
	case SELECTOR_HOST:
		witness_add_host(arena, p, &w, s, brackets);
		break;
	case SELECTOR_IPSET:
		witness_add_ipset(arena, p, &w, s, brackets);
		break;
	case SELECTOR_USER:
	case SELECTOR_GROUP:
	case SELECTOR_TAG:
		witness_add(&w, s->text);
		break;
	case SELECTOR_DOMAIN:
		witness_add_users(&w, p, t, s);
		break;
	case SELECTOR_AUTOGROUP:
		witness_add_autogroup(&w, p, t, pool, s);
		break;
	case SELECTOR_SERVICE:
		if (brackets) /* a destination */
			witness_add(&w, s->text);
		break;
	case SELECTOR_INVALID:
	case SELECTOR_SYNCED_GROUP:
	case SELECTOR_LOCALPART:
	case SELECTOR_RANGE:
		break;
	}
	return w;
}

struct witnesses
source_witnesses(struct arena *arena, const struct policy *p, struct tailnet *t,
                 const struct pool *pool, const struct selector *s)
{
	return witnesses_of(arena, p, t, pool, s, false);
}

/* Public addresses that everybody knows. */
static const char *const internet[] = { "1.1.1.1", "8.8.8.8" };

struct witnesses
destination_witnesses(struct arena *arena, const struct policy *p, struct tailnet *t,
                      const struct pool *pool, const struct selector *s, struct text src)
{
	struct witnesses w = { .n = 0 };
	if (s->kind == SELECTOR_AUTOGROUP && s->autogroup == AUTOGROUP_SELF) {
		witness_add(&w, src);
		return w;
	}
	if (s->kind == SELECTOR_AUTOGROUP && s->autogroup == AUTOGROUP_INTERNET) {
		for (size_t i = 0; i < sizeof internet / sizeof *internet; i++)
			witness_add(&w, text_of(internet[i]));
		return w;
	}
	return witnesses_of(arena, p, t, pool, s, true);
}

size_t
port_witnesses(struct ports ports, uint16_t out[4])
{
	static const uint16_t usual[] = { 443, 22, 80, 8080 };
	size_t n = 0;
	if (!ports_all(ports)) {
		out[n++] = ports.first ? ports.first : 1;
		if (ports.last > out[0])
			out[n++] = ports.last;
		return n;
	}
	for (size_t i = 0; i < 4; i++)
		out[n++] = usual[i];
	return n;
}

/* A value for which an assertion holds, as far as it can be read off it. */
static bool
value_witness(struct arena *arena, const struct assertion *a, struct value *value)
{
	if (!a->n_values)
		return false;
	*value = a->values[0];
	switch (a->op) {
	case OPERATOR_EQUAL:
	case OPERATOR_AT_MOST:
	case OPERATOR_AT_LEAST:
	case OPERATOR_IN:
		break;
	case OPERATOR_NOT_EQUAL:
	case OPERATOR_NOT_IN:
	case OPERATOR_GREATER:
		if (value->kind == VALUE_BOOL)
			value->truth = !value->truth;
		value->number += 1;
		value->text = text_of(
			value->kind == VALUE_NUMBER
				? arena_format(arena, "%.17g", value->number)
				: arena_format(arena, "%.*s.1", TEXT_ARG(value->text)));
		break;
	case OPERATOR_LESS:
		value->number -= 1;
		value->text =
			text_of(value->kind == VALUE_NUMBER
		                        ? arena_format(arena, "%.17g", value->number)
		                        : "0");
		break;
	case OPERATOR_IS_SET:
	case OPERATOR_NOT_SET:
		break;
	}
	return assertion_holds(a, value);
}

/* An attribute that is set, whatever it is. */
static const struct value something = { .kind = VALUE_TEXT, .text = { "x", 1 } };

static bool
posture_attributes(struct arena *arena, const struct posture *posture,
                   struct attribute *attributes, size_t *n)
{
	*n = 0;
	for (size_t i = 0; i < posture->n_terms; i++) {
		const struct assertion *a = &posture->terms[i].assertion;
		size_t k = 0;
		if (a->op == OPERATOR_NOT_SET)
			continue;
		while (k < *n && !text_equal(attributes[k].name, a->attribute))
			k++;
		if (k < *n)
			continue; /* whether it fits is seen in the end */
		attributes[k].name = a->attribute;
		attributes[k].value = something;
		if (a->op != OPERATOR_IS_SET &&
		    !value_witness(arena, a, &attributes[k].value))
			return false;
		++*n;
	}
	return true;
}

bool
posture_witness(struct arena *arena, const struct policy *p, const struct words *postures,
                struct attributes *attributes)
{
	for (size_t i = 0; i < postures->n; i++) {
		const struct posture *posture = policy_posture(p, postures->at[i].text);
		if (!posture)
			continue;
		struct attribute *at = arena_array(arena, posture->n_terms, sizeof *at);
		if (!posture_attributes(arena, posture, at, &attributes->n))
			continue;
		struct machine source = { .attributes = at,
			                  .n_attributes = attributes->n };
		attributes->at = at;
		if (machine_satisfies(p, &source, postures))
			return true;
	}
	return false;
}
