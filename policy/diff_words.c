/* The words that a policy has for sets of machines and addresses, and how a set
 * is said in them. */
#include "policy/diff_parts.h"

#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"
#include "policy/resolve.h"

/* Of words that say the same, the one with the least rank is told. */
enum rank {
	RANK_GROUP,
	RANK_TAG,
	RANK_AUTOGROUP,
	RANK_IPSET,
	RANK_HOST,
	RANK_DOMAIN,
	RANK_ADDRESS,
	RANK_ANY,
	RANK_FOREIGN, /* of the other policy */
};

static unsigned
rank_of(const struct selector *selector)
{
	switch (selector->kind) {
	case SELECTOR_GROUP:
	case SELECTOR_SYNCED_GROUP:
		return RANK_GROUP;
	case SELECTOR_TAG:
		return RANK_TAG;
	case SELECTOR_AUTOGROUP:
	case SELECTOR_SERVICE:
		return RANK_AUTOGROUP;
	case SELECTOR_IPSET:
		return RANK_IPSET;
	case SELECTOR_HOST:
		return RANK_HOST;
	case SELECTOR_USER:
	case SELECTOR_DOMAIN:
		return RANK_DOMAIN;
	case SELECTOR_INVALID:
	case SELECTOR_ADDRESS:
	case SELECTOR_LOCALPART:
	case SELECTOR_RANGE:
		return RANK_ADDRESS;
	case SELECTOR_ANY:
		break;
	}
	return RANK_ANY;
}

/* Whether a word means something on an axis. Users are told by their machines. */
static bool
is_for(const struct selector *selector, enum cut_side side)
{
	switch (selector->kind) {
	case SELECTOR_INVALID:
	case SELECTOR_USER:
	case SELECTOR_LOCALPART:
	case SELECTOR_RANGE:
		return false;
	case SELECTOR_SERVICE:
		return side == CUT_DST;
	case SELECTOR_AUTOGROUP:
		if (selector->autogroup == AUTOGROUP_INTERNET)
			return side == CUT_DST;
		if (selector->autogroup == AUTOGROUP_DANGER_ALL ||
		    selector->autogroup == AUTOGROUP_SHARED)
			return side == CUT_SRC;
		return selector->autogroup != AUTOGROUP_SELF &&
		       selector->autogroup != AUTOGROUP_UNKNOWN &&
		       selector->autogroup != AUTOGROUP_NONROOT;
	case SELECTOR_ANY:
	case SELECTOR_ADDRESS:
	case SELECTOR_DOMAIN:
	case SELECTOR_GROUP:
	case SELECTOR_SYNCED_GROUP:
	case SELECTOR_TAG:
	case SELECTOR_HOST:
	case SELECTOR_IPSET:
		break;
	}
	return true;
}

/* The party of a word that some rule names alone, as its rules have it. */
static void
parties_find(struct vocabulary *v)
{
	const struct filter *filter = v->cut->filters[v->filter].filter;
	size_t cap = 0;

	v->known.arena = v->cut->arena;
	for (size_t i = 0; filter && i < filter->n_rules; i++) {
		const struct rule *rule = &filter->rules[i];
		const struct grant *grant = rule->grant;
		bool one = grant && grant->src.n == 1 && rule->kind == RULE_NETWORK &&
		           !postures_in_force(filter->policy, &grant->src_posture);
		for (int side = CUT_SRC; side <= CUT_DST; side++) {
			const struct selector *word = side == CUT_DST ? rule->target
			                              : one           ? grant->src.at
			                                              : NULL;
			size_t known = v->known.n;
			if (!word || names_add(&v->known, word->text) < known)
				continue;
			v->parties = arena_grow(v->cut->arena, v->parties, known, &cap,
			                        sizeof(*v->parties));
			v->parties[known] = side == CUT_SRC ? rule->src : rule->dst;
		}
	}
}

/* The end of a word: resolving it again is dear for a large group. */
static uint32_t
word_end(struct vocabulary *v, enum cut_side side, const struct selector *selector)
{
	uint32_t known = names_find(&v->known, selector->text);
	const struct cut_filter *from = &v->cut->filters[v->filter];
	enum cut_way way = side == CUT_DST ? WAY_NAMED : WAY_PACKETS;
	struct party party;

	if (known != NAMES_NONE)
		return cut_end_of(v->cut, v->filter, side, way, v->parties[known],
		                  selector, 1);
	party = party_of_selector(from->policy, from->tailnet, selector);
	return cut_end_apart(v->cut, v->filter, side, way, &party, selector, 1);
}

struct text
vocabulary_text(struct arena *arena, const struct selector *selector)
{
	struct text text = selector->text;
	size_t at = text_find(text, ']');

	if (!text_starts(text, "[") || at == text.len)
		return text;
	return text_of(arena_format(arena, "%.*s%.*s", (int)at - 1, text.at + 1,
	                            TEXT_ARG(text_from(text, at + 1))));
}

static void
word_add(struct vocabulary *v, const struct selector *selector, unsigned rank)
{
	struct text text = vocabulary_text(v->cut->arena, selector);

	for (enum cut_side side = CUT_SRC; side <= CUT_DST; side++) {
		struct diff_words *axis = &v->axis[side];
		size_t known = axis->texts.n;
		if (!is_for(selector, side) || names_add(&axis->texts, text) < known)
			continue;
		axis->at = arena_grow(v->cut->arena, axis->at, known, &axis->cap,
		                      sizeof(*axis->at));
		axis->at[known] = (struct diff_word) {
			.text = text,
			.end = word_end(v, side, selector),
			.rank = rank,
		};
		axis->n = axis->texts.n;
	}
}

static void
word_add_text(struct vocabulary *v, struct text text)
{
	struct selector selector = selector_parse(text);

	word_add(v, &selector, rank_of(&selector));
}

static void
words_of_definitions(struct vocabulary *v, const struct policy *p)
{
	for (size_t i = 0; i < p->n_groups; i++)
		word_add_text(v, p->groups[i].name.text);
	for (size_t i = 0; i < p->n_tags; i++)
		word_add_text(v, p->tags[i].name.text);
	for (size_t i = 0; i < p->n_hosts; i++)
		word_add_text(v, p->hosts[i].name.text);
	for (size_t i = 0; i < p->n_ipsets; i++)
		word_add_text(v, p->ipsets[i].name.text);
}

static void
words_of_list(struct vocabulary *v, const struct selectors *list)
{
	for (size_t i = 0; i < list->n; i++)
		word_add(v, &list->at[i], rank_of(&list->at[i]));
}

static void
words_of_rules(struct vocabulary *v, const struct policy *p)
{
	for (size_t i = 0; i < p->n_grants; i++) {
		words_of_list(v, &p->grants[i].src);
		for (size_t k = 0; k < p->grants[i].dst.n; k++)
			word_add(v, &p->grants[i].dst.at[k].selector,
			         rank_of(&p->grants[i].dst.at[k].selector));
	}
	for (size_t i = 0; i < p->n_ssh; i++) {
		words_of_list(v, &p->ssh[i].src);
		words_of_list(v, &p->ssh[i].dst);
	}
	for (size_t i = 0; i < p->n_node_attrs; i++)
		words_of_list(v, &p->node_attrs[i].target);
	for (size_t i = 0; i < p->n_tags; i++)
		words_of_list(v, &p->tags[i].owners);
	for (size_t i = 0; i < p->n_approvers; i++) {
		words_of_list(v, &p->approvers[i].by);
		word_add_text(v, p->approvers[i].route.text);
	}
	words_of_list(v, &p->exit_node);
}

/* What an imagined tailnet has machines for can be said, even where this policy
 * does not: tags and roles mean the same in both. */
static void
words_of_tailnet(struct vocabulary *v, const struct tailnet *t)
{
	for (size_t i = 0; i < t->n_machines && t->imagined; i++) {
		enum stand_in stand_in = t->machines[i].stand_in;
		struct selector selector = selector_parse(t->machines[i].stands_for);
		if (stand_in != STAND_IN_OTHER_USER && stand_in != STAND_IN_OTHER_TAG)
			word_add(v, &selector, RANK_FOREIGN);
	}
}

struct vocabulary *
vocabulary_mention(struct cut *cut, uint32_t filter)
{
	static const char *const common[] = { "*", "autogroup:member",
		                              "autogroup:tagged" };
	struct vocabulary *v = arena_alloc(cut->arena, sizeof(*v));

	v->cut = cut;
	v->filter = filter;
	parties_find(v);
	v->axis[CUT_SRC].texts.arena = v->axis[CUT_DST].texts.arena = cut->arena;
	for (size_t i = 0; i < sizeof(common) / sizeof(*common); i++)
		word_add_text(v, text_of(common[i]));
	words_of_definitions(v, cut->filters[filter].policy);
	words_of_rules(v, cut->filters[filter].policy);
	words_of_tailnet(v, cut->filters[filter].tailnet);
	return v;
}

/* For each class the words that hold it. */
static void
words_index(struct vocabulary *v, enum cut_side side)
{
	struct diff_words *axis = &v->axis[side];
	const struct cut_axis *points = &v->cut->axes[side];
	uint32_t n_classes = points->partition.n_classes;
	uint32_t *first = arena_array(v->cut->arena, n_classes + 2, sizeof(*first));

	for (size_t i = 0; i < axis->n; i++) {
		const struct cut_set *set =
			&points->sets[v->cut->ends[axis->at[i].end].set];
		for (uint32_t k = 0; k < set->n_classes; k++)
			first[set->classes[k] + 2]++;
	}
	for (uint32_t i = 0; i < n_classes; i++)
		first[i + 2] += first[i + 1];
	axis->with =
		arena_array(v->cut->arena, first[n_classes + 1], sizeof(*axis->with));
	for (uint32_t i = 0; i < axis->n; i++) {
		const struct cut_set *set =
			&points->sets[v->cut->ends[axis->at[i].end].set];
		for (uint32_t k = 0; k < set->n_classes; k++)
			axis->with[first[set->classes[k] + 1]++] = i;
		axis->at[i].n = set->n_classes;
		axis->at[i].bits = bits_of(axis->store, set->classes, set->n_classes);
	}
	axis->first = first;
}

void
vocabulary_settle(struct vocabulary *v, struct bits_store *dst_store)
{
	struct arena scratch = { 0 };

	v->axis[CUT_SRC].store = &v->cut->store;
	v->axis[CUT_DST].store = dst_store;
	for (enum cut_side side = CUT_SRC; side <= CUT_DST; side++) {
		struct diff_words *axis = &v->axis[side];
		uint32_t n = v->cut->axes[side].partition.n_classes;
		uint32_t *all = arena_array(&scratch, n, sizeof(*all));
		for (uint32_t i = 0; i < n; i++)
			all[i] = i;
		axis->all = bits_of(axis->store, all, n);
		residue_start(&axis->left, v->cut->arena, axis->store);
		axis->told = arena_array(v->cut->arena, n, sizeof(*axis->told));
		words_index(v, side);
	}
	arena_end(&scratch);
}

uint32_t
vocabulary_word(const struct vocabulary *v, enum cut_side side, struct text text)
{
	return names_find(&v->axis[side].texts, text);
}

struct text
diff_name_text(struct arena *arena, const struct diff_name *name)
{
	size_t len = name->word.len, n;
	char *text, *at;

	for (size_t i = 0; i < name->n_except; i++)
		len += name->except[i].len + sizeof(" except ");
	text = at = arena_alloc(arena, len + 1);
	n = name->word.len;
	memcpy(at, name->word.at, n);
	at += n;
	for (size_t i = 0; i < name->n_except; i++) {
		const char *before = i ? ", " : " except ";
		at += strlen(strcpy(at, before));
		memcpy(at, name->except[i].at, name->except[i].len);
		at += name->except[i].len;
	}
	return (struct text) { text, (size_t)(at - text) };
}

/* Naming one set. */
struct naming {
	struct vocabulary *v;
	enum cut_side side;
	struct diff_words *axis;
	struct arena *scratch;
	const struct numbers *preferred;
};

/* What is said of a set: whole words, then points one by one; what neither can
 * say is left over. */
struct saying {
	uint32_t *words;
	size_t n, cap;
	struct diff_names points;
	const struct bits *left;
};

static bool
is_preferred(const struct naming *naming, uint32_t word)
{
	for (size_t i = 0; naming->preferred && i < naming->preferred->n; i++)
		if (naming->preferred->at[i] == word)
			return true;
	return false;
}

/* How many of a word's classes are still to be said. */
static uint32_t
word_gain(const struct residue *left, const struct bits *bits)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < bits->n; i++)
		for (uint64_t w = left->word[bits->at[i]] & bits->word[i]; w; w &= w - 1)
			n++;
	return n;
}

/* A word that might be told next. */
struct bid {
	uint32_t word, gain;
	bool preferred;
	unsigned rank;
};

static bool
bid_is_better(const struct bid *a, const struct bid *b)
{
	if (a->gain != b->gain)
		return a->gain > b->gain;
	if (a->preferred != b->preferred)
		return a->preferred;
	return a->rank < b->rank;
}

/* The best word for a class that is still to be said; NAMES_NONE: none that says
 * nothing else. */
static uint32_t
word_for(const struct naming *naming, uint32_t class, const struct bits *allowed)
{
	const struct diff_words *axis = naming->axis;
	struct bid best = { NAMES_NONE, 0, false, 0 };

	for (uint32_t i = axis->first[class]; i < axis->first[class + 1]; i++) {
		const struct diff_word *word = &axis->at[axis->with[i]];
		if (!bits_within(word->bits, allowed))
			continue;
		struct bid bid = { axis->with[i], word_gain(&axis->left, word->bits),
			           is_preferred(naming, axis->with[i]), word->rank };
		if (best.word == NAMES_NONE || bid_is_better(&bid, &best))
			best = bid;
	}
	return best.word;
}

/* Adds to how often each class is said, for the classes of one word. */
static void
word_tell(struct naming *naming, uint32_t word, int32_t by)
{
	const struct bits *bits = naming->axis->at[word].bits;
	struct arena_mark mark = arena_mark(naming->scratch);
	uint32_t n = bits_count(bits), *list = bits_list(naming->scratch, bits);

	for (uint32_t i = 0; i < n; i++)
		naming->axis->told[list[i]] += by;
	arena_reset(naming->scratch, mark);
}

/* Whether each class of the target that a word says is said by another too. */
static bool
word_is_needless(const struct naming *naming, uint32_t word, const struct bits *target)
{
	const struct bits *bits = naming->axis->at[word].bits;
	struct arena_mark mark = arena_mark(naming->scratch);
	uint32_t n = bits_count(bits), *list = bits_list(naming->scratch, bits);
	bool needless = true;

	for (uint32_t i = 0; i < n && needless; i++)
		needless = naming->axis->told[list[i]] > 1 || !bits_hold(target, list[i]);
	arena_reset(naming->scratch, mark);
	return needless;
}

/* Drops the words that the others make needless. */
static void
words_prune(struct naming *naming, struct saying *saying, const struct bits *target)
{
	size_t kept = 0;

	for (size_t i = 0; i < saying->n; i++)
		word_tell(naming, saying->words[i], 1);
	for (size_t i = saying->n; i-- > 0;) {
		if (!word_is_needless(naming, saying->words[i], target))
			continue;
		word_tell(naming, saying->words[i], -1);
		saying->words[i] = NAMES_NONE;
	}
	for (size_t i = 0; i < saying->n; i++)
		if (saying->words[i] != NAMES_NONE)
			saying->words[kept++] = saying->words[i];
	saying->n = kept;
	for (size_t i = 0; i < saying->n; i++)
		word_tell(naming, saying->words[i], -1);
}

static void
say_in_words(struct naming *naming, struct saying *saying, const struct bits *target,
             const struct bits *allowed)
{
	struct diff_words *axis = naming->axis;
	uint32_t n = bits_count(target);
	uint32_t *classes = bits_list(naming->scratch, target);

	residue_set(&axis->left, target);
	for (uint32_t i = 0; i < n; i++) {
		if (!residue_holds(&axis->left, classes[i]))
			continue;
		uint32_t word = word_for(naming, classes[i], allowed);
		if (word == NAMES_NONE)
			continue;
		saying->words = arena_grow(naming->scratch, saying->words, saying->n,
		                           &saying->cap, sizeof(*saying->words));
		saying->words[saying->n++] = word;
		residue_minus(&axis->left, axis->at[word].bits);
	}
	saying->left = residue_bits(&axis->left, axis->store);
	words_prune(naming, saying, target);
}

static struct diff_name
name_of_word(const struct naming *naming, uint32_t word)
{
	const struct diff_word *at = &naming->axis->at[word];

	return (struct diff_name) { .word = at->text, .bits = at->bits };
}

static void
names_put(struct naming *naming, struct diff_names *names, struct diff_name name)
{
	names->at = arena_grow(naming->v->cut->arena, names->at, names->n, &names->cap,
	                       sizeof(*names->at));
	names->at[names->n++] = name;
}

/* The classes of addresses that are nobody's. */
static const struct bits *
cells_of(struct naming *naming)
{
	const struct cut *cut = naming->v->cut;
	struct diff_words *axis = naming->axis;
	const struct partition *p = &cut->axes[naming->side].partition;

	if (axis->cells)
		return axis->cells;
	struct numbers cells = { .arena = naming->scratch };
	for (uint32_t i = 0; i < p->n_classes; i++)
		if (p->first[i] >= cut->first_cell && p->first[i] < cut->first_stranger)
			numbers_add(&cells, i);
	axis->cells = bits_of(axis->store, cells.at, cells.n);
	return axis->cells;
}

static size_t
saying_n(const struct saying *saying)
{
	return saying->n + saying->points.n;
}

/* Addresses as ranges, where that takes far fewer names than the words that they
 * have. */
static void
say_in_ranges(struct naming *naming, struct saying *saying, const struct bits *target,
              const struct bits *allowed)
{
	struct bits_store *store = naming->axis->store;
	const struct bits *cells = bits_meet(store, target, cells_of(naming));
	struct saying other = { 0 };
	const struct bits *left, *points;

	if (cells->n == 0 || saying_n(saying) < 4)
		return;
	say_in_words(naming, &other, bits_minus(store, target, cells), allowed);
	points = bits_join(store, other.left, cells);
	vocabulary_points(naming->v, naming->side, points, allowed, &other.points, &left);
	other.left = left;
	if (bits_count(left) <= bits_count(saying->left) &&
	    2 * saying_n(&other) <= saying_n(saying))
		*saying = other;
}

/* Says a set in words, then points; where that would take far more than so many,
 * the points are left over. */
static struct saying
say(struct naming *naming, const struct bits *target, const struct bits *allowed,
    size_t most)
{
	struct saying saying = { 0 };
	const struct bits *left;

	say_in_words(naming, &saying, target, allowed);
	if (saying.left->n > 0 && saying.n + bits_count(saying.left) / 4 > most)
		return saying;
	if (saying.left->n > 0) {
		vocabulary_points(naming->v, naming->side, saying.left, allowed,
		                  &saying.points, &left);
		saying.left = left;
	}
	say_in_ranges(naming, &saying, target, allowed);
	return saying;
}

/* "X except Y, Z": X is a word with more in it than may be said, Y and Z keep off
 * the core. */
struct exception {
	uint32_t word; /* NAMES_NONE: no such name was found */
	struct saying but;
	const struct bits *says; /* what it says after all */
};

static size_t
exception_cost(const struct exception *e)
{
	return 2 + e->but.n + e->but.points.n;
}

static bool
except_try(struct naming *naming, uint32_t word, const struct bits *core,
           const struct bits *allowed, size_t most, struct exception *best)
{
	struct bits_store *store = naming->axis->store;
	const struct bits *bits = naming->axis->at[word].bits;
	const struct bits *rest = bits_minus(store, bits, allowed);
	struct exception e = { .word = word };

	e.but = say(naming, rest, bits_minus(store, naming->axis->all, core), most);
	if (e.but.left->n > 0 ||
	    (best->word != NAMES_NONE && exception_cost(&e) >= exception_cost(best)))
		return false;
	e.says = bits;
	for (size_t i = 0; i < e.but.n; i++)
		e.says = bits_minus(store, e.says, naming->axis->at[e.but.words[i]].bits);
	for (size_t i = 0; i < e.but.points.n; i++)
		e.says = bits_minus(store, e.says, e.but.points.at[i].bits);
	*best = e;
	return true;
}

/* So many words are tried as the X of an exception. */
#define EXCEPT_TRIED 8

/* A word that holds all of a set, on the way to being tried. */
struct holder {
	uint32_t word, n;
	unsigned rank;
};

static int
holder_order(const void *left, const void *right)
{
	const struct holder *a = left, *b = right;

	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return (a->word > b->word) - (a->word < b->word);
}

/* The best exception that says all of the core, from the smaller words on, and
 * costs at most so much. */
static struct exception
except_for(struct naming *naming, const struct bits *core, const struct bits *allowed,
           size_t most)
{
	const struct diff_words *axis = naming->axis;
	struct exception best = { .word = NAMES_NONE };
	uint32_t class = bits_first(core), n = 0;
	struct holder *holders =
		arena_array(naming->scratch, axis->first[class + 1] - axis->first[class],
	                    sizeof(*holders));

	for (uint32_t i = axis->first[class]; i < axis->first[class + 1]; i++) {
		const struct diff_word *word = &axis->at[axis->with[i]];
		if (bits_within(core, word->bits))
			holders[n++] =
				(struct holder) { axis->with[i], word->n, word->rank };
	}
	if (n > 1)
		qsort(holders, n, sizeof(*holders), holder_order);
	for (uint32_t i = 0; i < n && i < EXCEPT_TRIED; i++)
		except_try(naming, holders[i].word, core, allowed, most, &best);
	/* the widest of all leaves out most, and is always there */
	if (n > EXCEPT_TRIED)
		except_try(naming, holders[n - 1].word, core, allowed, most, &best);
	return best;
}

static struct diff_name
name_of_exception(struct naming *naming, const struct exception *e)
{
	size_t n = e->but.n + e->but.points.n;
	struct text *except = arena_array(naming->v->cut->arena, n, sizeof(*except));
	struct diff_name name = name_of_word(naming, e->word);

	for (size_t i = 0; i < e->but.n; i++)
		except[i] = naming->axis->at[e->but.words[i]].text;
	for (size_t i = 0; i < e->but.points.n; i++)
		except[e->but.n + i] = e->but.points.at[i].word;
	name.except = except;
	name.n_except = n;
	name.bits = e->says;
	return name;
}

static void
names_of_saying(struct naming *naming, const struct saying *saying,
                struct diff_names *names)
{
	for (size_t i = 0; i < saying->n; i++)
		names_put(naming, names, name_of_word(naming, saying->words[i]));
	for (size_t i = 0; i < saying->points.n; i++)
		names_put(naming, names, saying->points.at[i]);
}

/* What nothing says by itself: with exceptions, class by class where they do not
 * go together. */
static size_t
say_left(struct naming *naming, const struct bits *left, const struct bits *allowed,
         struct diff_names *names)
{
	struct bits_store *store = naming->axis->store;
	size_t cost = 0;

	while (left->n > 0) {
		struct exception e = except_for(naming, left, allowed, SIZE_MAX);
		if (e.word == NAMES_NONE) {
			uint32_t first = bits_first(left);
			e = except_for(naming, bits_of(store, &first, 1), allowed,
			               SIZE_MAX);
		}
		cost += exception_cost(&e);
		names_put(naming, names, name_of_exception(naming, &e));
		left = bits_minus(store, left, e.says);
	}
	return cost;
}

/* Names that say a set, and what they cost: names twice, exceptions once. */
struct plan {
	struct diff_names names;
	size_t cost; /* SIZE_MAX: there is no such plan */
};

/* Words and points, and exceptions for what has no name. most: see say. */
static struct plan
plan_plain(struct naming *naming, const struct bits *target, const struct bits *allowed,
           size_t most)
{
	struct plan plan = { .cost = SIZE_MAX };
	struct saying saying = say(naming, target, allowed, most);

	if (most < SIZE_MAX && bits_count(saying.left) > most)
		return plan;
	plan.cost = 2 * saying_n(&saying);
	names_of_saying(naming, &saying, &plan.names);
	plan.cost += say_left(naming, saying.left, allowed, &plan.names);
	return plan;
}

/* One word that says too much, and what it says too much of. */
static struct plan
plan_except(struct naming *naming, const struct bits *target, const struct bits *allowed,
            size_t most)
{
	struct plan plan = { .cost = SIZE_MAX };
	struct exception e = except_for(naming, target, allowed, most);

	if (e.word == NAMES_NONE)
		return plan;
	plan.cost = exception_cost(&e);
	names_put(naming, &plan.names, name_of_exception(naming, &e));
	return plan;
}

/* The word that takes most away of what is too much, and little of what is meant;
 * NAMES_NONE: it is better taken away point by point. */
static uint32_t
word_against(const struct naming *naming, uint32_t class, const struct bits *core)
{
	const struct diff_words *axis = naming->axis;
	uint32_t best = NAMES_NONE, most = 0;

	for (uint32_t i = axis->first[class]; i < axis->first[class + 1]; i++) {
		const struct diff_word *word = &axis->at[axis->with[i]];
		uint32_t good = word_gain(&axis->left, word->bits);
		uint32_t harm = bits_count(bits_meet(axis->store, word->bits, core));
		if (good > 2 * harm && good - 2 * harm > most) {
			most = good - 2 * harm;
			best = axis->with[i];
		}
	}
	return best;
}

/* The exceptions of a word that says too much, though they may take away too much
 * themselves. */
static struct saying
say_against(struct naming *naming, const struct bits *rest, const struct bits *core)
{
	struct diff_words *axis = naming->axis;
	struct saying saying = { 0 };
	uint32_t n = bits_count(rest), *classes = bits_list(naming->scratch, rest);
	const struct bits *left;

	residue_set(&axis->left, rest);
	for (uint32_t i = 0; i < n; i++) {
		if (!residue_holds(&axis->left, classes[i]))
			continue;
		uint32_t word = word_against(naming, classes[i], core);
		if (word == NAMES_NONE)
			continue;
		saying.words = arena_grow(naming->scratch, saying.words, saying.n,
		                          &saying.cap, sizeof(*saying.words));
		saying.words[saying.n++] = word;
		residue_minus(&axis->left, axis->at[word].bits);
	}
	saying.left = residue_bits(&axis->left, axis->store);
	vocabulary_points(naming->v, naming->side, saying.left,
	                  bits_minus(axis->store, axis->all, core), &saying.points,
	                  &left);
	saying.left = left;
	return saying;
}

/* A word that says too much, with exceptions that take away too much, and names for
 * what they took: "* except autogroup:internet" and "8.8.8.0/24". */
static struct plan
plan_loosely(struct naming *naming, uint32_t word, const struct bits *target,
             const struct bits *allowed, size_t most)
{
	struct bits_store *store = naming->axis->store;
	const struct bits *bits = naming->axis->at[word].bits;
	struct exception e = { .word = word, .says = bits };
	struct plan plan = { .cost = SIZE_MAX }, rest;

	e.but = say_against(naming, bits_minus(store, bits, allowed), target);
	if (e.but.left->n > 0 || exception_cost(&e) >= most)
		return plan;
	for (size_t i = 0; i < e.but.n; i++)
		e.says = bits_minus(store, e.says, naming->axis->at[e.but.words[i]].bits);
	for (size_t i = 0; i < e.but.points.n; i++)
		e.says = bits_minus(store, e.says, e.but.points.at[i].bits);
	rest = plan_plain(naming, bits_minus(store, target, e.says), allowed,
	                  most - exception_cost(&e));
	if (rest.cost == SIZE_MAX)
		return plan;
	plan.cost = exception_cost(&e) + rest.cost;
	names_put(naming, &plan.names, name_of_exception(naming, &e));
	for (size_t i = 0; i < rest.names.n; i++)
		names_put(naming, &plan.names, rest.names.at[i]);
	return plan;
}

/* A plan that costs no more than this is not looked behind. */
#define COST_FINE 5

static void
plan_offer(struct plan *best, struct plan plan)
{
	if (plan.cost < best->cost)
		*best = plan;
}

/* The widest word that holds all of a set. */
static uint32_t
word_around(const struct naming *naming, const struct bits *target)
{
	const struct diff_words *axis = naming->axis;
	uint32_t class = bits_first(target), best = NAMES_NONE;

	for (uint32_t i = axis->first[class]; i < axis->first[class + 1]; i++) {
		uint32_t word = axis->with[i];
		if (bits_within(target, axis->at[word].bits) &&
		    (best == NAMES_NONE || axis->at[word].n > axis->at[best].n))
			best = word;
	}
	return best;
}

/* So many points are named one by one before anything else is tried. */
#define POINTS_FIRST 64

struct diff_names
vocabulary_name(struct vocabulary *v, enum cut_side side, const struct bits *target,
                const struct bits *allowed, const struct numbers *preferred)
{
	struct arena scratch = { 0 };
	struct naming naming = { v, side, &v->axis[side], &scratch, preferred };
	struct plan best = plan_plain(&naming, target, allowed, POINTS_FIRST);

	if (best.cost > 2)
		plan_offer(&best,
		           plan_except(&naming, target, allowed,
		                       best.cost == SIZE_MAX ? SIZE_MAX / 2 : best.cost));
	uint32_t around =
		best.cost > COST_FINE ? word_around(&naming, target) : NAMES_NONE;
	if (around != NAMES_NONE)
		plan_offer(&best, plan_loosely(&naming, around, target, allowed,
		                               best.cost == SIZE_MAX ? SIZE_MAX / 2
		                                                     : best.cost));
	if (best.cost == SIZE_MAX)
		best = plan_plain(&naming, target, allowed, SIZE_MAX);
	arena_end(&scratch);
	return best.names;
}

struct diff_name
vocabulary_except(struct vocabulary *v, enum cut_side side, const char *word,
                  const struct bits *says, const struct bits *target,
                  const struct bits *allowed)
{
	struct arena scratch = { 0 };
	struct naming naming = { v, side, &v->axis[side], &scratch, NULL };
	struct bits_store *store = v->axis[side].store;
	struct saying but = say(&naming, bits_minus(store, says, allowed),
	                        bits_minus(store, v->axis[side].all, target), SIZE_MAX);
	struct diff_name name = { .word = text_of(word), .bits = target };
	struct text *except =
		arena_array(v->cut->arena, but.n + but.points.n, sizeof(*except));

	for (size_t i = 0; i < but.n; i++)
		except[name.n_except++] = naming.axis->at[but.words[i]].text;
	for (size_t i = 0; i < but.points.n; i++)
		except[name.n_except++] = but.points.at[i].word;
	name.except = except;
	arena_end(&scratch);
	return name;
}
