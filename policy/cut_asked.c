/* The situations of devices, as far as some rule asks for postures. */
#include "policy/cut_parts.h"

#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"
#include "policy/imply.h"

/* Rows of numbers, as lists by a key. */
struct lists {
	uint32_t *first; /* by key; one past the last */
	uint32_t *at;
};

/* Assertions told apart by what they say; postures by their assertions. */
struct asking {
	struct cut *cut;
	struct arena *scratch;
	struct names texts; /* of assertions */
	const struct assertion **assertions;
	size_t assertions_cap;
	uint32_t **terms; /* by posture: numbers of its assertions */
	uint32_t *n_terms;
	struct lists with;    /* by assertion: the postures with it */
	struct lists implied; /* by assertion: the assertions that it implies */
	uint32_t *seen;       /* by posture: its assertions that were met */
	struct lists asked;   /* by posture: the lists with it */
};

/* One pair of a key and a number on its way into lists. */
struct pair {
	uint32_t key, number;
};

struct pairs {
	struct arena *arena;
	struct pair *at;
	size_t n, cap;
};

static void
pairs_put(struct pairs *pairs, uint32_t key, uint32_t number)
{
	pairs->at = arena_grow(pairs->arena, pairs->at, pairs->n, &pairs->cap,
	                       sizeof(*pairs->at));
	pairs->at[pairs->n++] = (struct pair) { key, number };
}

static struct lists
lists_of(const struct pairs *pairs, size_t n_keys)
{
	struct lists lists = { arena_array(pairs->arena, n_keys + 2, sizeof(uint32_t)),
		               arena_array(pairs->arena, pairs->n, sizeof(uint32_t)) };

	for (size_t i = 0; i < pairs->n; i++)
		lists.first[pairs->at[i].key + 2]++;
	for (size_t i = 0; i < n_keys; i++)
		lists.first[i + 2] += lists.first[i + 1];
	for (size_t i = 0; i < pairs->n; i++)
		lists.at[lists.first[pairs->at[i].key + 1]++] = pairs->at[i].number;
	return lists;
}

/* What an assertion says, spelled in one way. */
static struct text
assertion_text(struct arena *arena, const struct assertion *a)
{
	char *text = arena_format(arena, "%d %.*s", (int)a->op, TEXT_ARG(a->attribute));

	for (size_t i = 0; i < a->n_values; i++) {
		const struct value *v = &a->values[i];
		text = arena_format(arena, "%s\n%d %d %.17g %.*s", text, (int)v->kind,
		                    v->kind == VALUE_BOOL && v->truth,
		                    v->kind == VALUE_NUMBER ? v->number : 0.0,
		                    TEXT_ARG(v->kind == VALUE_TEXT ? v->text
		                                                   : text_of("")));
	}
	return text_of(text);
}

static uint32_t
assertion_number(struct asking *asking, const struct assertion *assertion)
{
	size_t known = asking->texts.n;
	uint32_t number =
		names_add(&asking->texts, assertion_text(asking->scratch, assertion));

	if (number < known)
		return number;
	asking->assertions =
		arena_grow(asking->scratch, asking->assertions, known,
	                   &asking->assertions_cap, sizeof(*asking->assertions));
	asking->assertions[number] = assertion;
	return number;
}

static void
find_terms(struct asking *asking)
{
	size_t n = asking->cut->posture_keys.n;
	struct pairs with = { .arena = asking->scratch };

	asking->terms = arena_array(asking->scratch, n, sizeof(*asking->terms));
	asking->n_terms = arena_array(asking->scratch, n, sizeof(*asking->n_terms));
	for (uint32_t i = 0; i < n; i++) {
		const struct posture *posture = asking->cut->postures[i].posture;
		uint32_t *terms =
			arena_array(asking->scratch, posture->n_terms, sizeof(*terms));
		for (size_t k = 0; k < posture->n_terms; k++) {
			terms[k] = assertion_number(asking, &posture->terms[k].assertion);
			pairs_put(&with, terms[k], i);
		}
		asking->terms[i] = terms;
		asking->n_terms[i] = (uint32_t)posture->n_terms;
	}
	asking->with = lists_of(&with, asking->texts.n);
}

/* So many assertions about one attribute are held against each other; of more,
 * each implies itself alone. */
#define COMPARED_MAX 200

static void
find_implied(struct asking *asking)
{
	struct names attributes = { .arena = asking->scratch };
	struct pairs by_attribute = { .arena = asking->scratch };
	struct pairs implied = { .arena = asking->scratch };
	uint32_t n = (uint32_t)asking->texts.n;

	for (uint32_t i = 0; i < n; i++)
		pairs_put(&by_attribute,
		          names_add(&attributes, asking->assertions[i]->attribute), i);
	struct lists about = lists_of(&by_attribute, attributes.n);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t key = names_find(&attributes, asking->assertions[i]->attribute);
		uint32_t first = about.first[key], end = about.first[key + 1];
		bool many = end - first > COMPARED_MAX;
		pairs_put(&implied, i, i);
		for (uint32_t k = first; k < end && !many; k++)
			if (about.at[k] != i &&
			    assertion_implies(asking->assertions[i],
			                      asking->assertions[about.at[k]]))
				pairs_put(&implied, i, about.at[k]);
	}
	asking->implied = lists_of(&implied, n);
}

/* Each posture's lists; its number among them. */
static void
find_asked(struct asking *asking)
{
	struct pairs asked = { .arena = asking->scratch };

	for (uint32_t i = 1; i < asking->cut->asked_keys.n; i++)
		for (size_t k = 0; k < asking->cut->asked[i].n; k++)
			pairs_put(&asked, asking->cut->asked[i].postures[k], i);
	asking->asked = lists_of(&asked, asking->cut->posture_keys.n);
}

static int
number_order(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static size_t
numbers_settle(uint32_t *numbers, size_t n)
{
	size_t kept = 0;

	if (n > 1)
		qsort(numbers, n, sizeof(*numbers), number_order);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || numbers[kept - 1] != numbers[i])
			numbers[kept++] = numbers[i];
	return kept;
}

/* The assertions that follow from those of a posture (CUT_NONE: of nothing). */
static uint32_t *
assertions_following(struct asking *asking, uint32_t posture, size_t *n)
{
	uint32_t *all = NULL;
	size_t cap = 0;
	size_t n_terms = posture == CUT_NONE ? 0 : asking->n_terms[posture];

	*n = 0;
	for (size_t i = 0; i < n_terms; i++) {
		uint32_t term = asking->terms[posture][i];
		for (uint32_t k = asking->implied.first[term];
		     k < asking->implied.first[term + 1]; k++) {
			all = arena_grow(asking->scratch, all, *n, &cap, sizeof(*all));
			all[(*n)++] = asking->implied.at[k];
		}
	}
	*n = numbers_settle(all, *n);
	return all;
}

/* The postures that a device satisfies which satisfies this one. */
static uint32_t *
postures_following(struct asking *asking, uint32_t posture, size_t *n)
{
	size_t n_postures = asking->cut->posture_keys.n, n_assertions;
	uint32_t *assertions = assertions_following(asking, posture, &n_assertions);
	uint32_t *all = arena_array(asking->scratch, n_postures, sizeof(*all));

	*n = 0;
	for (uint32_t i = 0; i < n_postures; i++)
		if (asking->n_terms[i] == 0)
			all[(*n)++] = i;
	for (size_t i = 0; i < n_assertions; i++)
		for (uint32_t k = asking->with.first[assertions[i]];
		     k < asking->with.first[assertions[i] + 1]; k++) {
			uint32_t other = asking->with.at[k];
			if (++asking->seen[other] == asking->n_terms[other])
				all[(*n)++] = other;
		}
	for (size_t i = 0; i < n_assertions; i++)
		for (uint32_t k = asking->with.first[assertions[i]];
		     k < asking->with.first[assertions[i] + 1]; k++)
			asking->seen[asking->with.at[k]] = 0;
	return all;
}

/* The lists that such a device fulfils: what tells its situation. */
static struct text
situation_key(struct asking *asking, uint32_t posture)
{
	size_t n_postures, n = 0, cap = 0;
	uint32_t *postures = postures_following(asking, posture, &n_postures);
	uint32_t *lists = NULL;

	for (size_t i = 0; i < n_postures; i++)
		for (uint32_t k = asking->asked.first[postures[i]];
		     k < asking->asked.first[postures[i] + 1]; k++) {
			lists = arena_grow(asking->scratch, lists, n, &cap,
			                   sizeof(*lists));
			lists[n++] = asking->asked.at[k];
		}
	n = numbers_settle(lists, n);
	return (struct text) { (const char *)lists, n * sizeof(*lists) };
}

/* Each list's situations, from each situation's lists. */
static void
lists_covering(struct cut *cut, const struct names *situations)
{
	struct pairs covering = { .arena = cut->arena };

	for (uint32_t i = 0; i < situations->n; i++) {
		const char *at = situations->texts[i].at;
		size_t n = situations->texts[i].len / sizeof(uint32_t);
		for (size_t k = 0; k < n; k++) {
			uint32_t list;
			memcpy(&list, at + k * sizeof(list), sizeof(list));
			if (i > 0)
				pairs_put(&covering, list, i);
			else
				cut->asked[list].nothing = true;
		}
	}
	struct lists lists = lists_of(&covering, cut->asked_keys.n);
	for (uint32_t i = 0; i < cut->asked_keys.n; i++) {
		cut->asked[i].situations = lists.at + lists.first[i];
		cut->asked[i].n_situations = lists.first[i + 1] - lists.first[i];
	}
}

void
cut_situations(struct cut *cut)
{
	struct arena scratch = { 0 };
	struct asking asking = { .cut = cut,
		                 .scratch = &scratch,
		                 .texts.arena = &scratch };
	struct names situations = { .arena = &scratch };
	size_t n = cut->posture_keys.n;

	asking.seen = arena_array(&scratch, n, sizeof(*asking.seen));
	find_terms(&asking);
	find_implied(&asking);
	find_asked(&asking);
	names_add(&situations, situation_key(&asking, CUT_NONE));
	for (uint32_t i = 0; i < n; i++)
		cut->postures[i].situation =
			names_add(&situations, situation_key(&asking, i));
	cut->n_situations = (uint32_t)situations.n;
	lists_covering(cut, &situations);
	arena_end(&scratch);
}
