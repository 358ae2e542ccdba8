/* The words that a policy has for sets of machines and addresses. */
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

	for (size_t i = 0; filter && i < filter->n_rules; i++) {
		const struct rule *rule = &filter->rules[i];
		const struct grant *grant = rule->grant;
		bool one = grant && grant->src.n == 1 && rule->kind == RULE_NETWORK &&
		           !postures_in_force(filter->policy, &grant->src_posture);
		for (int side = CUT_SRC; side <= CUT_DST; side++) {
			const struct selector *word = side == CUT_DST ? rule->target
			                              : one           ? grant->src.at
			                                              : NULL;
			const struct party **party =
				word ? &v->parties[policy_word(filter->policy, word)]
				     : NULL;
			if (party && !*party)
				*party = side == CUT_SRC ? rule->src : rule->dst;
		}
	}
}

/* The end of a word: resolving it again is dear for a large group. */
static uint32_t
word_end(struct vocabulary *v, enum cut_side side, const struct selector *selector)
{
	const struct cut_filter *from = &v->cut->filters[v->filter];
	uint32_t word = policy_word(from->policy, selector);
	enum cut_way way = side == CUT_DST ? WAY_NAMED : WAY_PACKETS;
	struct party party;

	if (word != NAMES_NONE && v->parties[word])
		return cut_end_of(v->cut, v->filter, side, way, v->parties[word],
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

/* A word of the policy, once. */
static void
word_mention(struct vocabulary *v, const struct policy *p,
             const struct selector *selector)
{
	bool *mentioned = &v->mentioned[policy_word(p, selector)];

	if (!*mentioned)
		word_add(v, selector, rank_of(selector));
	*mentioned = true;
}

static void
words_of_list(struct vocabulary *v, const struct policy *p, const struct selectors *list)
{
	for (size_t i = 0; i < list->n; i++)
		word_mention(v, p, &list->at[i]);
}

static void
words_of_rules(struct vocabulary *v, const struct policy *p)
{
	for (size_t i = 0; i < p->n_grants; i++) {
		words_of_list(v, p, &p->grants[i].src);
		for (size_t k = 0; k < p->grants[i].dst.n; k++)
			word_mention(v, p, &p->grants[i].dst.at[k].selector);
	}
	for (size_t i = 0; i < p->n_ssh; i++) {
		words_of_list(v, p, &p->ssh[i].src);
		words_of_list(v, p, &p->ssh[i].dst);
	}
	for (size_t i = 0; i < p->n_node_attrs; i++)
		words_of_list(v, p, &p->node_attrs[i].target);
	for (size_t i = 0; i < p->n_tags; i++)
		words_of_list(v, p, &p->tags[i].owners);
	for (size_t i = 0; i < p->n_approvers; i++) {
		words_of_list(v, p, &p->approvers[i].by);
		word_add_text(v, p->approvers[i].route.text);
	}
	words_of_list(v, p, &p->exit_node);
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
vocabulary_mention(struct cut *cut, uint32_t filter, size_t most)
{
	static const char *const common[] = { "*", "autogroup:member",
		                              "autogroup:tagged" };
	struct vocabulary *v = arena_alloc(cut->arena, sizeof(*v));
	const struct policy *policy = cut->filters[filter].policy;

	v->cut = cut;
	v->filter = filter;
	v->most = most;
	v->parties = arena_array(cut->arena, policy->words.n, sizeof(*v->parties));
	v->mentioned = arena_array(cut->arena, policy->words.n, sizeof(*v->mentioned));
	parties_find(v);
	v->axis[CUT_SRC].texts.arena = v->axis[CUT_DST].texts.arena = cut->arena;
	for (size_t i = 0; i < sizeof(common) / sizeof(*common); i++)
		word_add_text(v, text_of(common[i]));
	words_of_definitions(v, policy);
	words_of_rules(v, policy);
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

/* A word among others of its axis. */
struct sized {
	uint32_t n, word;
};

static int
size_order(const void *left, const void *right)
{
	const struct sized *a = left, *b = right;

	if (a->n != b->n)
		return a->n > b->n ? -1 : 1;
	return (a->word > b->word) - (a->word < b->word);
}

static void
words_sort(struct vocabulary *v, struct diff_words *axis)
{
	struct arena scratch = { 0 };
	struct sized *sized = arena_array(&scratch, axis->n, sizeof(*sized));

	axis->by_size = arena_array(v->cut->arena, axis->n, sizeof(*axis->by_size));
	for (uint32_t i = 0; i < axis->n; i++)
		sized[i] = (struct sized) { axis->at[i].n, i };
	qsort(sized, axis->n, sizeof(*sized), size_order);
	for (size_t i = 0; i < axis->n; i++)
		axis->by_size[i] = sized[i].word;
	arena_end(&scratch);
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
		words_sort(v, axis);
	}
	arena_end(&scratch);
}

uint32_t
vocabulary_word(const struct vocabulary *v, enum cut_side side, struct text text)
{
	return names_find(&v->axis[side].texts, text);
}
