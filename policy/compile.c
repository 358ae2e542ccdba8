#include "policy/filter.h"

#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"
#include "policy/dialect.h"

/* Parties found by a name. */
struct index {
	struct names names;
	const struct party **at; /* by number */
	size_t cap;
};

/* A filter in the making. */
struct compiler {
	struct arena *arena;
	const struct policy *policy;
	struct tailnet *tailnet;
	struct filter *filter;
	size_t cap;
	struct index contents; /* by what is in them: equal ones become one */
	struct index narrowed; /* by party and postures */
	bool wary;             /* of users that nobody knows: dialect_is_wary */
	struct arena scratch;  /* of one acl */
};

/* The place in an index of a name; *fresh says that it is still to be filled. */
static const struct party **
index_place(struct index *index, struct text name, bool *fresh)
{
	size_t known = index->names.n;
	uint32_t number = names_add(&index->names, name);
	*fresh = number == known;
	if (*fresh)
		index->at = arena_grow(index->names.arena, index->at, known, &index->cap,
		                       sizeof(*index->at));
	return &index->at[number];
}

/* A party's contents as bytes. */
static struct text
party_key(struct arena *a, const struct party *party)
{
	uint32_t head[2] = {
		(uint32_t)party->any | (uint32_t)party->danger << 1 |
			(uint32_t)party->internet << 2 | (uint32_t)party->self << 3 |
			(uint32_t)party->unknown << 4,
		party->machines->id,
	};
	size_t len = sizeof(head) + party->n_literals * 6 * sizeof(uint64_t);
	char *key = arena_alloc(a, len), *at = key + sizeof(head);
	memcpy(key, head, sizeof(head));
	for (size_t i = 0; i < party->n_literals; i++) {
		const struct range *r = &party->literals[i];
		uint64_t words[6] = { r->first.line, r->first.hi, r->first.lo,
			              r->last.line,  r->last.hi,  r->last.lo };
		memcpy(at, words, sizeof(words));
		at += sizeof(words);
	}
	return (struct text) { key, len };
}

/* The one object for all parties like this. */
static const struct party *
party_share(struct compiler *c, const struct party *party)
{
	bool fresh;
	const struct party **place =
		index_place(&c->contents, party_key(c->arena, party), &fresh);
	if (fresh) {
		struct party *shared = arena_alloc(c->arena, sizeof(*shared));
		*shared = *party;
		shared->number = (uint32_t)c->filter->n_parties++;
		*place = shared;
	}
	return *place;
}

/* Each word is resolved once. */
static const struct party *
party_of_word(struct compiler *c, const struct selector *s)
{
	uint32_t word = policy_word(c->policy, s);
	const struct party **of_word = c->filter->of_word;
	if (word != NAMES_NONE && of_word[word])
		return of_word[word];
	struct party party = party_of_selector(c->policy, c->tailnet, s);
	const struct party *shared = party_share(c, &party);
	if (word != NAMES_NONE) /* else whoever made the policy put it in */
		of_word[word] = shared;
	return shared;
}

struct party
filter_party(const struct filter *f, const struct selector *s)
{
	uint32_t word = policy_word(f->policy, s);
	return word == NAMES_NONE || !f->of_word[word]
	               ? party_of_selector(f->policy, f->tailnet, s)
	               : *f->of_word[word];
}

/* A list. An address is not worth remembering: it is as soon resolved again. */
static const struct party *
party_of_words(struct compiler *c, const struct selector *at, size_t n)
{
	if (n == 1)
		return party_of_word(c, at);
	struct arena scratch = { 0 };
	struct party *parties = arena_array(&scratch, n, sizeof(*parties));
	for (size_t i = 0; i < n; i++)
		parties[i] = at[i].kind == SELECTOR_ADDRESS
		                     ? party_of_selector(c->policy, c->tailnet, &at[i])
		                     : *party_of_word(c, &at[i]);
	struct party joined = parties_join(c->tailnet, parties, n);
	arena_end(&scratch);
	return party_share(c, &joined);
}

const struct words *
postures_in_force(const struct policy *p, const struct words *own)
{
	const struct words *words = own->list ? own : &p->default_src_posture;
	return words->n ? words : NULL;
}

/* A source as far as the postures hold; in an imagined tailnet they stay a
 * condition on the rule. */
static const struct party *
party_narrow(struct compiler *c, const struct party *party, const struct words *postures)
{
	if (!postures || c->tailnet->imagined)
		return party;
	bool fresh;
	const void *key[2] = { party, postures->at };
	struct text name = { arena_copy(c->arena, (const char *)key, sizeof(key)),
		             sizeof(key) };
	const struct party **place = index_place(&c->narrowed, name, &fresh);
	if (fresh) {
		struct party kept =
			party_satisfying(c->policy, c->tailnet, party, postures);
		*place = party_share(c, &kept);
	}
	return *place;
}

static struct rule *
rule_add(struct compiler *c, enum rule_kind kind, const struct grant *grant)
{
	struct filter *f = c->filter;
	f->rules = arena_grow(c->arena, f->rules, f->n_rules, &c->cap, sizeof(*f->rules));
	struct rule *rule = &f->rules[f->n_rules++];
	*rule = (struct rule) { .kind = kind, .grant = grant, .protocol = PROTOCOL_ANY };
	return rule;
}

static const struct ports all_ports = { 0, 65535 };

/* Everything may reach everything; Headscale sends this with the source `*`
 * (spec/wire-format.md section 9). */
static void
compile_open(struct compiler *c)
{
	bool tailscale = c->policy->target == TARGET_TAILSCALE;
	struct party any = { .machines = c->tailnet->sets.all[0], .any = true };
	struct party all = { .machines = c->tailnet->sets.all[0], .danger = true };
	struct rule *rule = rule_add(c, RULE_NETWORK, NULL);
	rule->dst = party_share(c, &any);
	rule->src = tailscale ? rule->dst : party_share(c, &all);
	rule->ports = &all_ports;
	rule->n_ports = 1;
}

/* What the rules of one grant have in common. */
struct common {
	const struct grant *grant;
	const struct party *src;
	const struct words *postures;
};

static struct rule *
compile_network(struct compiler *c, const struct common *common,
                const struct selector *target, int protocol, const struct ports *ports,
                size_t n_ports)
{
	if (party_is_empty(common->src))
		return NULL;
	struct rule *rule = rule_add(c, RULE_NETWORK, common->grant);
	rule->src = common->src;
	rule->dst = party_of_word(c, target);
	rule->via = common->grant->via.n > 0;
	rule->self = rule->dst->self && !rule->via; /* self names no route */
	rule->target = target;
	rule->protocol = protocol;
	rule->ports = ports;
	rule->n_ports = n_ports;
	rule->postures = c->tailnet->imagined ? common->postures : NULL;
	return rule;
}

/* The ports of one protocol, among a grant's ip entries. */
struct port_group {
	int protocol;
	struct ports *ports;
	size_t n;
};

/* Groups by protocol in order of first appearance (spec/semantics.md 2.4). */
static struct port_group *
ports_by_protocol(struct compiler *c, const struct grant *grant, size_t *n_groups)
{
	uint16_t group_of[257] = { 0 }; /* by protocol + 1: number + 1 */
	struct port_group *groups = arena_array(c->arena, grant->n_ip, sizeof(*groups));
	struct port_group *group;
	*n_groups = 0;
	for (size_t i = 0; i < grant->n_ip; i++) {
		uint16_t *number = &group_of[grant->ip[i].protocol + 1];
		if (!*number)
			*number = (uint16_t)++ * n_groups;
		groups[*number - 1].protocol = grant->ip[i].protocol;
		groups[*number - 1].n++;
	}
	for (size_t i = 0; i < *n_groups; i++) {
		groups[i].ports =
			arena_array(c->arena, groups[i].n, sizeof(*groups[i].ports));
		groups[i].n = 0;
	}
	for (size_t i = 0; i < grant->n_ip; i++) {
		group = &groups[group_of[grant->ip[i].protocol + 1] - 1];
		group->ports[group->n++] = grant->ip[i].ports;
	}
	return groups;
}

/* What the control plane adds for some capabilities, in this order. */
static const struct {
	const char *capability, *companion;
} companions[] = {
	{ "tailscale.com/cap/drive", "tailscale.com/cap/drive-sharer" },
	{ "tailscale.com/cap/relay", "tailscale.com/cap/relay-target" },
};

static bool
grant_has_app(const struct grant *grant, const char *capability)
{
	for (size_t i = 0; i < grant->n_app; i++)
		if (text_is(grant->app[i].name.text, capability))
			return true;
	return false;
}

static void
compile_app_rules(struct compiler *c, const struct common *common,
                  const struct party *dst)
{
	struct rule *rule = rule_add(c, RULE_APP, common->grant);
	rule->src = common->src;
	rule->dst = dst;
	rule->self = dst->self;
	rule->postures = c->tailnet->imagined ? common->postures : NULL;
	for (size_t i = 0; i < sizeof(companions) / sizeof(*companions); i++) {
		if (!grant_has_app(common->grant, companions[i].capability))
			continue;
		rule = rule_add(c, RULE_COMPANION, common->grant);
		rule->src =
			dst->self ? common->src : dst; /* self is both directions alike */
		rule->dst = dst->self ? dst : common->src;
		rule->self = dst->self;
		rule->companion = companions[i].companion;
		rule->postures = c->tailnet->imagined ? common->postures : NULL;
	}
}

/* All destinations but self in one rule, then self (spec/semantics.md section
 * 4; one CapGrant for several destinations is its suggestion, 11.6). */
static void
compile_app(struct compiler *c, const struct common *common)
{
	const struct grant *grant = common->grant;
	struct selector *others = arena_array(c->arena, grant->dst.n, sizeof(*others));
	const struct party *self = NULL;
	size_t n = 0;
	if (!grant->src.n)
		return;
	for (size_t i = 0; i < grant->dst.n; i++) {
		const struct party *party = party_of_word(c, &grant->dst.at[i].selector);
		if (party->self)
			self = party;
		else
			others[n++] = grant->dst.at[i].selector;
	}
	if (n)
		compile_app_rules(c, common, party_of_words(c, others, n));
	if (self)
		compile_app_rules(c, common, self);
}

/* A via grant gives no capabilities, but its parties become peers all the same
 * (spec/semantics.md sections 3 and 6): a rule without ports says so. */
static void
compile_via_app(struct compiler *c, const struct common *common)
{
	for (size_t i = 0; i < common->grant->dst.n; i++)
		compile_network(c, common, &common->grant->dst.at[i].selector,
		                PROTOCOL_ANY, NULL, 0);
}

static void
compile_grant(struct compiler *c, const struct common *common)
{
	const struct grant *grant = common->grant;
	size_t n_groups;
	struct port_group *groups = ports_by_protocol(c, grant, &n_groups);
	for (size_t i = 0; i < grant->dst.n; i++)
		for (size_t k = 0; k < n_groups; k++)
			compile_network(c, common, &grant->dst.at[i].selector,
			                groups[k].protocol, groups[k].ports, groups[k].n);
	if (grant->n_app && grant->via.n)
		compile_via_app(c, common);
	else if (grant->n_app)
		compile_app(c, common);
}

/* The kinds in the order that an acl's destinations are put into
 * (spec/semantics.md 2.3). */
static const unsigned char kind_order[] = {
	[SELECTOR_ANY] = 0,          [SELECTOR_ADDRESS] = 1, [SELECTOR_HOST] = 1,
	[SELECTOR_RANGE] = 1,        [SELECTOR_IPSET] = 1,   [SELECTOR_SERVICE] = 1,
	[SELECTOR_USER] = 2,         [SELECTOR_DOMAIN] = 2,  [SELECTOR_GROUP] = 3,
	[SELECTOR_SYNCED_GROUP] = 3, [SELECTOR_TAG] = 4,     [SELECTOR_AUTOGROUP] = 5,
};

/* The destinations of an acl that are written alike, with all their ports. */
struct alias {
	const struct selector *target;
	struct ports *ports;
	size_t n, cap;
	size_t order; /* of first mention */
};

static int
order_of_mention(const struct alias *x, const struct alias *y)
{
	return (x->order > y->order) - (x->order < y->order);
}

static int
alias_order(const void *a, const void *b)
{
	const struct alias *x = a, *y = b;
	int kinds = kind_order[x->target->kind] - kind_order[y->target->kind];
	return kinds ? kinds : order_of_mention(x, y);
}

/* Headscale's order: as written, but autogroup:self goes behind destinations that
 * are no autogroups (spec/wire-format.md 3.2). */
static int
alias_order_self_last(const void *a, const void *b)
{
	const struct alias *x = a, *y = b;
	int selves = (x->target->autogroup == AUTOGROUP_SELF) -
	             (y->target->autogroup == AUTOGROUP_SELF);
	return selves ? selves : order_of_mention(x, y);
}

static struct alias *
aliases_of_acl(struct compiler *c, const struct grant *acl, size_t *n)
{
	struct arena_mark mark = arena_mark(&c->scratch);
	struct names names = { .arena = &c->scratch };
	struct alias *aliases = arena_array(c->arena, acl->dst.n, sizeof(*aliases));
	for (size_t i = 0; i < acl->dst.n; i++) {
		const struct destination *dst = &acl->dst.at[i];
		uint32_t number = names_add(&names, dst->selector.text);
		struct alias *alias = &aliases[number];
		alias->target = alias->target ? alias->target : &dst->selector;
		alias->order = number;
		for (size_t k = 0; k < dst->n_ports; k++) {
			alias->ports = arena_grow(c->arena, alias->ports, alias->n,
			                          &alias->cap, sizeof(*alias->ports));
			alias->ports[alias->n++] = dst->ports[k];
		}
	}
	*n = names.n;
	arena_reset(&c->scratch, mark);
	return aliases;
}

/* Puts them into the target's order. */
static void
aliases_sort(const struct compiler *c, struct alias *aliases, size_t n)
{
	bool others = false;
	if (dialect_of(c->policy->target)->sorts) {
		if (n)
			qsort(aliases, n, sizeof(*aliases), alias_order);
		return;
	}
	for (size_t i = 0; i < n; i++)
		others = others || aliases[i].target->kind != SELECTOR_AUTOGROUP;
	if (others)
		qsort(aliases, n, sizeof(*aliases), alias_order_self_last);
}

/* The rules of one destination of an acl: one, or one for each of the protocols
 * that its proto means. */
static void
compile_target(struct compiler *c, const struct common *common,
               const struct selector *target, const struct ports *ports, size_t n_ports)
{
	const struct grant *acl = common->grant;
	int protocol = acl->n_ip ? acl->ip[0].protocol : PROTOCOL_ANY, several[2];
	size_t n = dialect_protocols(c->policy, acl, protocol, several);
	struct rule *rule = compile_network(c, common, target, n ? several[0] : protocol,
	                                    ports, n_ports);
	for (size_t i = 1; rule && i < n; i++) {
		rule = compile_network(c, common, target, several[i], ports, n_ports);
		if (rule)
			rule->shadow = true;
	}
}

static void
compile_acl(struct compiler *c, const struct common *common)
{
	const struct grant *acl = common->grant;
	size_t n;
	if (dialect_of(c->policy->target)->flat) {
		for (size_t i = 0; i < acl->dst.n; i++)
			compile_target(c, common, &acl->dst.at[i].selector,
			               acl->dst.at[i].ports, acl->dst.at[i].n_ports);
		return;
	}
	struct alias *aliases = aliases_of_acl(c, acl, &n);
	aliases_sort(c, aliases, n);
	for (size_t i = 0; i < n; i++)
		compile_target(c, common, aliases[i].target, aliases[i].ports,
		               aliases[i].n);
}

/*
 * The sources of a grant. One release leaves out whoever is named together with
 * somebody it does not know, where the policy has autogroup:self in it.
 */
static const struct party *
compile_sources(struct compiler *c, const struct grant *grant)
{
	struct selectors known = { .at = NULL };
	if (!c->wary)
		return party_of_words(c, grant->src.at, grant->src.n);
	known.at = arena_array(c->arena, grant->src.n, sizeof(*known.at));
	for (size_t i = 0; i < grant->src.n; i++)
		if (dialect_knows(c->policy, c->tailnet, &grant->src.at[i]))
			known.at[known.n++] = grant->src.at[i];
	return party_of_words(c, known.at, known.n);
}

struct filter *
filter_compile(struct arena *arena, const struct policy *policy, struct tailnet *tailnet)
{
	struct filter *filter = arena_alloc(arena, sizeof(*filter));
	*filter =
		(struct filter) { .arena = arena, .policy = policy, .tailnet = tailnet };
	filter->of_word = arena_array(arena, policy->words.n, sizeof(*filter->of_word));
	struct compiler c = {
		.arena = arena,
		.policy = policy,
		.tailnet = tailnet,
		.filter = filter,
		.contents.names.arena = arena,
		.narrowed.names.arena = arena,
		.wary = dialect_is_wary(policy),
	};
	arena_alloc(&c.scratch, 1); /* a first block that stays */
	if (policy_is_open(policy))
		compile_open(&c);
	for (size_t i = 0; i < policy->n_grants; i++) {
		const struct grant *grant = &policy->grants[i];
		struct common common = { .grant = grant };
		common.postures = postures_in_force(policy, &grant->src_posture);
		common.src =
			party_narrow(&c, compile_sources(&c, grant), common.postures);
		if (grant->section == SECTION_GRANTS)
			compile_grant(&c, &common);
		else
			compile_acl(&c, &common);
	}
	arena_end(&c.scratch);
	return filter;
}
