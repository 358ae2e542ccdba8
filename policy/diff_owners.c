/* Who may take which tag, and whose routes are approved. */
#include "policy/diff_parts.h"

#include <string.h>

#include "grammar/arena.h"
#include "policy/resolve.h"
#include "policy/saying.h"
#include "policy/validate.h"

/* Something with a list of people to it, known by a key: a tag with its owners, a
 * route with its approvers. */
struct keyed {
	struct text key;
	struct span where;
	const struct selectors *by;
	struct range range; /* where the key is a prefix … */
	int bits;           /* … of so many bits; -1 */
};

struct keyed_list {
	struct keyed *at;
	size_t n;
};

/* Lists of both sides compared key by key, each key in a plane of its own. */
struct rolls {
	struct telling *t;
	struct comparison *c;
	struct keyed_list lists[2]; /* by side */
};

static void
roll_add(struct comparison *c, enum diff_side side, struct text key,
         const struct selectors *by, uint32_t nowhere)
{
	const struct diff_party *party = &c->both[side];
	struct party people =
		party_of_selectors(party->policy, party->tailnet, by->at, by->n);
	struct cut *cut = c->cut;
	struct cut_box box = { .dst = nowhere };

	box.src = cut_end_of(cut, (uint32_t)side, CUT_SRC, WAY_PACKETS, &people, by->at,
	                     by->n);
	box.line = cut_line(cut, cut_plane(cut, key), 0, STRATUM_ANY);
	cut_add(cut, (uint32_t)side, box);
}

static const struct keyed *
keyed_find(const struct keyed_list *list, struct text key)
{
	for (size_t i = 0; i < list->n; i++)
		if (text_equal(list->at[i].key, key))
			return &list->at[i];
	return NULL;
}

static struct span
where_of(const struct rolls *r, enum diff_side side, struct text key)
{
	const struct keyed *keyed = keyed_find(&r->lists[side], key);

	return keyed ? keyed->where : SPAN_NONE;
}

static struct text
key_of(const struct rolls *r, const struct diff_block *block)
{
	return r->c->cut->planes.texts[block->plane];
}

/* Those of a list whom the policy's target does not ignore there. */
static const struct selectors *
counted(struct arena *arena, const struct policy *p, enum position position,
        const struct selectors *list)
{
	struct selectors *kept = arena_alloc(arena, sizeof(*kept));

	*kept = (struct selectors) { arena_array(arena, list->n, sizeof(*kept->at)), 0,
		                     list->list };
	for (size_t i = 0; i < list->n; i++)
		if (position_counts(p->target, position, &list->at[i]))
			kept->at[kept->n++] = list->at[i];
	return kept;
}

static struct keyed_list
owners_of(struct arena *arena, const struct policy *p)
{
	struct keyed_list list = { arena_array(arena, p->n_tags, sizeof(*list.at)), 0 };

	for (size_t i = 0; i < p->n_tags; i++)
		list.at[list.n++] =
			(struct keyed) { .key = p->tags[i].name.text,
			                 .where = p->tags[i].name.span,
			                 .by = counted(arena, p, POSITION_OWNER,
			                               &p->tags[i].owners),
			                 .bits = -1 };
	return list;
}

/* What a tag's machines may do by the rules that name the tag itself, or a set it is
 * in: the first few. */
#define POWERS_MAX 3
#define PORTS_MAX 6

/* "tag:db tcp:22,5432" */
static const char *
power_text(struct arena *arena, const struct rule *rule)
{
	struct saying power = { .arena = arena };
	char ports[16];

	if (!rule->target || rule->n_ports == 0)
		return NULL;
	saying_add(&power, "%.*s ", TEXT_ARG(rule->target->text));
	if (rule->protocol != PROTOCOL_ANY)
		saying_add(&power, "%s:", protocol_name(arena, rule->protocol));
	for (size_t i = 0; i < rule->n_ports && i < PORTS_MAX; i++) {
		ports_write(rule->ports[i], ports);
		saying_add(&power, "%s%s", i ? "," : "", ports);
	}
	if (rule->n_ports > PORTS_MAX)
		saying_add(&power, " and %zu more", rule->n_ports - PORTS_MAX);
	return saying_words(&power);
}

/* Whether a rule lets the machines of a tag do something that not everybody may. */
static bool
rule_is_of_tag(const struct tailnet *t, const struct rule *rule, uint32_t tag)
{
	return rule->kind == RULE_NETWORK && !rule->src->any && !rule->src->danger &&
	       t->of_tag[tag]->n > 0 && set_overlaps(t->of_tag[tag], rule->src->machines);
}

/* ", who then reach tag:db 5432 and tag:web 443": what a tag lets its holder do. */
static const char *
powers_of(struct telling *t, struct text tag)
{
	const struct filter *filter = t->filters[DIFF_NEW];
	uint32_t number = names_find(&filter->tailnet->tags, tag);
	struct names powers = { .arena = t->work };

	for (size_t i = 0; number != NAMES_NONE && i < filter->n_rules; i++) {
		const char *power =
			rule_is_of_tag(filter->tailnet, &filter->rules[i], number)
				? power_text(t->work, &filter->rules[i])
				: NULL;
		if (power)
			names_add(&powers, text_of(power));
	}
	if (powers.n == 0)
		return "";
	if (powers.n > POWERS_MAX)
		return arena_format(t->work, ", and so reach %s and %zu more",
		                    words_join(t->work, powers.texts, POWERS_MAX),
		                    powers.n - POWERS_MAX);
	return arena_format(t->work, ", and so reach %s",
	                    words_join(t->work, powers.texts, powers.n));
}

static void
owner_tell(struct rolls *r, enum diff_side side, const struct diff_block *block)
{
	struct text tag = key_of(r, block);
	bool gained = side == DIFF_NEW;

	telling_add(r->t, SECTION_TAG_OWNERS, gained ? EFFECT_GAINED : EFFECT_LOST,
	            where_of(r, DIFF_OLD, tag), where_of(r, DIFF_NEW, tag),
	            "%.*s may %s be taken by %s%s", TEXT_ARG(tag),
	            gained ? "now" : "no longer", block_sources(r->t->work, block),
	            gained ? powers_of(r->t, tag) : "");
}

static void
owners_fill(struct comparison *c, void *context)
{
	const struct rolls *r = context;
	uint32_t nowhere = cut_nowhere(c->cut);

	for (int side = DIFF_OLD; side <= DIFF_NEW; side++)
		for (size_t i = 0; i < r->lists[side].n; i++)
			roll_add(c, (enum diff_side)side, r->lists[side].at[i].key,
			         r->lists[side].at[i].by, nowhere);
}

void
diff_owners(struct telling *t)
{
	static const enum section sections[] = { SECTION_TAG_OWNERS, SECTION_GROUPS };
	struct rolls r = { .t = t };

	if (sections_alike(t, sections, 2))
		return;
	for (int side = DIFF_OLD; side <= DIFF_NEW; side++)
		r.lists[side] = owners_of(t->work, t->both[side].policy);
	r.c = comparison_of(t, owners_fill, &r);
	for (int side = DIFF_NEW; r.c && side >= DIFF_OLD; side--) {
		struct diff_blocks blocks = comparison_blocks(r.c, (enum diff_side)side);
		for (size_t i = 0; i < blocks.n; i++)
			owner_tell(&r, (enum diff_side)side, &blocks.at[i]);
	}
}

#define EXIT_NODES "exit nodes"

static struct keyed
keyed_of_route(struct arena *arena, const struct policy *p,
               const struct approver *approver)
{
	char text[RANGE_TEXT_MAX];
	size_t len = prefix_write(approver->range, text);

	return (struct keyed) { .key = { arena_copy(arena, text, len), len },
		                .where = approver->route.span,
		                .by = counted(arena, p, POSITION_APPROVER, &approver->by),
		                .range = approver->range,
		                .bits = range_bits(approver->range) };
}

/* Routes, then services, by one key each; exit nodes among them. */
static struct keyed_list
approvers_of(struct arena *arena, const struct policy *p)
{
	size_t most = p->n_approvers + p->n_service_approvers + 1;
	struct keyed_list list = { arena_array(arena, most, sizeof(*list.at)), 0 };

	for (size_t i = 0; i < p->n_approvers; i++)
		if (p->approvers[i].good)
			list.at[list.n++] = keyed_of_route(arena, p, &p->approvers[i]);
	for (size_t i = 0; i < p->n_service_approvers; i++)
		list.at[list.n++] =
			(struct keyed) { .key = p->service_approvers[i].service.text,
			                 .where = p->service_approvers[i].service.span,
			                 .by = &p->service_approvers[i].by,
			                 .bits = -1 };
	if (p->exit_node.list)
		list.at[list.n++] =
			(struct keyed) { .key = text_of(EXIT_NODES),
			                 .where = p->exit_node.list->span,
			                 .by = counted(arena, p, POSITION_APPROVER,
			                               &p->exit_node),
			                 .bits = -1 };
	return list;
}

/* The prefix of so many bits around an address, as a key. */
static struct text
prefix_around(struct arena *arena, struct point address, int bits)
{
	int width = address.line == LINE_IPV4 ? 32 : 128, off = width - bits;
	struct range range = { address, address };
	char text[RANGE_TEXT_MAX];

	for (int i = 0; i < 2; i++) {
		struct point *end = i == 0 ? &range.first : &range.last;
		uint64_t lo = off >= 64 ? UINT64_MAX : (UINT64_C(1) << off) - 1;
		uint64_t hi = off <= 64    ? 0
		              : off == 128 ? UINT64_MAX
		                           : (UINT64_C(1) << (off - 64)) - 1;
		end->lo = i == 0 ? end->lo & ~lo : end->lo | lo;
		end->hi = i == 0 ? end->hi & ~hi : end->hi | hi;
	}
	size_t len = prefix_write(range, text);
	return (struct text) { arena_copy(arena, text, len), len };
}

/* Rolls being filled, each side's keys by name. */
struct filling {
	struct comparison *c;
	const struct rolls *r;
	struct names keys[2];
	uint32_t nowhere;
};

/* Whoever may approve a prefix may approve what is inside it: a key that either
 * side has is filled with the approvers of all keys around it. */
static void
approver_fill(struct filling *f, enum diff_side side, const struct keyed *key)
{
	const struct keyed_list *list = &f->r->lists[side];
	struct arena scratch = { 0 };

	for (int bits = 0; bits <= key->bits; bits++) {
		struct text around = prefix_around(&scratch, key->range.first, bits);
		uint32_t number = names_find(&f->keys[side], around);
		if (number != NAMES_NONE)
			roll_add(f->c, side, key->key, list->at[number].by, f->nowhere);
	}
	uint32_t same = names_find(&f->keys[side], key->key);
	if (key->bits < 0 && same != NAMES_NONE)
		roll_add(f->c, side, key->key, list->at[same].by, f->nowhere);
	arena_end(&scratch);
}

static void
approvers_fill(struct comparison *c, void *context)
{
	const struct rolls *r = context;
	struct filling f = { .c = c, .r = r };
	struct names filled = { .arena = c->arena };

	f.nowhere = cut_nowhere(c->cut);
	for (int side = DIFF_OLD; side <= DIFF_NEW; side++) {
		f.keys[side].arena = c->arena;
		for (size_t i = 0; i < r->lists[side].n; i++)
			names_add(&f.keys[side], r->lists[side].at[i].key);
	}
	for (int side = DIFF_OLD; side <= DIFF_NEW; side++)
		for (size_t i = 0; i < r->lists[side].n; i++) {
			size_t known = filled.n;
			if (names_add(&filled, r->lists[side].at[i].key) < known)
				continue;
			approver_fill(&f, DIFF_OLD, &r->lists[side].at[i]);
			approver_fill(&f, DIFF_NEW, &r->lists[side].at[i]);
		}
}

/* Whether one key is a prefix around another, or the same key. */
static bool
is_around(struct text outer, struct text inner)
{
	struct range a, b;

	if (text_equal(outer, inner))
		return true;
	return prefix_parse(outer, &a, NULL, NULL) == ADDRESS_FINE &&
	       prefix_parse(inner, &b, NULL, NULL) == ADDRESS_FINE && range_covers(a, b);
}

/* The same was told of a prefix around this one. */
static bool
is_told_around(const struct rolls *r, const struct diff_blocks *blocks, size_t number)
{
	const struct diff_block *block = &blocks->at[number];

	for (size_t i = 0; i < blocks->n; i++)
		if (i != number && bits_within(block->from, blocks->at[i].from) &&
		    blocks->at[i].plane != block->plane &&
		    is_around(key_of(r, &blocks->at[i]), key_of(r, block)))
			return true;
	return false;
}

static void
approver_tell(struct rolls *r, enum diff_side side, const struct diff_block *block)
{
	struct text key = key_of(r, block);
	bool gained = side == DIFF_NEW;
	const char *who = block_sources(r->t->work, block);
	const char *now = gained ? "now" : "no longer";
	enum diff_effect effect = gained ? EFFECT_GAINED : EFFECT_LOST;
	struct span before = where_of(r, DIFF_OLD, key),
		    after = where_of(r, DIFF_NEW, key);
	struct range range;

	if (text_is(key, EXIT_NODES))
		telling_add(r->t, SECTION_AUTO_APPROVERS, effect, before, after,
		            "machines of %s are %s approved as exit nodes by themselves",
		            who, now);
	else if (prefix_parse(key, &range, NULL, NULL) == ADDRESS_FINE)
		telling_add(r->t, SECTION_AUTO_APPROVERS, effect, before, after,
		            "routes of %s inside %.*s are %s approved by themselves", who,
		            TEXT_ARG(key), now);
	else
		telling_add(r->t, SECTION_AUTO_APPROVERS, effect, before, after,
		            "%s may %s serve %.*s without anybody's approval", who, now,
		            TEXT_ARG(key));
}

static void
approvers_tell(struct rolls *r, enum diff_side side)
{
	struct diff_blocks blocks = comparison_blocks(r->c, side);

	for (size_t i = 0; i < blocks.n; i++)
		if (!is_told_around(r, &blocks, i))
			approver_tell(r, side, &blocks.at[i]);
}

void
diff_approvers(struct telling *t)
{
	static const enum section sections[] = { SECTION_AUTO_APPROVERS, SECTION_GROUPS };
	struct rolls r = { .t = t };

	if (sections_alike(t, sections, 2))
		return;
	for (int side = DIFF_OLD; side <= DIFF_NEW; side++)
		r.lists[side] = approvers_of(t->work, t->both[side].policy);
	r.c = comparison_of(t, approvers_fill, &r);
	if (!r.c)
		return;
	approvers_tell(&r, DIFF_NEW);
	approvers_tell(&r, DIFF_OLD);
}
