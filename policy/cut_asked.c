/* The situations of devices, as far as some rule asks for postures. */
#include "policy/cut_parts.h"

#include <string.h>

#include "grammar/arena.h"
#include "policy/imply.h"
#include "policy/numbers.h"

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
	struct numbers *terms; /* by posture: its assertions, ascending */
	struct numbers bare;   /* postures that assert nothing */
	struct lists with;     /* by assertion: the postures with it */
	struct lists implied;  /* by assertion: the assertions that it implies */
	uint32_t *seen;        /* by posture: its assertions that were met */
	struct lists asked;    /* by posture: the lists with it */
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
	for (uint32_t i = 0; i < n; i++) {
		const struct posture *posture = asking->cut->postures[i].posture;
		struct numbers *terms = &asking->terms[i];
		terms->arena = asking->scratch;
		for (size_t k = 0; k < posture->n_terms; k++)
			numbers_add(terms,
			            assertion_number(asking,
			                             &posture->terms[k].assertion));
		numbers_sort(terms);
		for (size_t k = 0; k < terms->n; k++)
			pairs_put(&with, terms->at[k], i);
		if (terms->n == 0)
			numbers_add(&asking->bare, i);
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

/* The assertions that follow from those of a posture (CUT_NONE: of nothing). */
static struct numbers
assertions_following(struct asking *asking, uint32_t posture)
{
	struct numbers all = { .arena = asking->scratch };
	size_t n_terms = posture == CUT_NONE ? 0 : asking->terms[posture].n;

	for (size_t i = 0; i < n_terms; i++) {
		uint32_t term = asking->terms[posture].at[i];
		for (uint32_t k = asking->implied.first[term];
		     k < asking->implied.first[term + 1]; k++)
			numbers_add(&all, asking->implied.at[k]);
	}
	numbers_sort(&all);
	return all;
}

/* The postures that a device satisfies which satisfies this one. */
static struct numbers
postures_following(struct asking *asking, uint32_t posture)
{
	struct numbers assertions = assertions_following(asking, posture);
	struct numbers all = { .arena = asking->scratch };

	for (size_t i = 0; i < asking->bare.n; i++)
		numbers_add(&all, asking->bare.at[i]);
	for (size_t i = 0; i < assertions.n; i++)
		for (uint32_t k = asking->with.first[assertions.at[i]];
		     k < asking->with.first[assertions.at[i] + 1]; k++) {
			uint32_t other = asking->with.at[k];
			if (++asking->seen[other] == asking->terms[other].n)
				numbers_add(&all, other);
		}
	for (size_t i = 0; i < assertions.n; i++)
		for (uint32_t k = asking->with.first[assertions.at[i]];
		     k < asking->with.first[assertions.at[i] + 1]; k++)
			asking->seen[asking->with.at[k]] = 0;
	return all;
}

/* The lists that such a device fulfils: what tells its situation. */
static struct text
situation_key(struct asking *asking, uint32_t posture)
{
	struct numbers postures = postures_following(asking, posture);
	struct numbers lists = { .arena = asking->scratch };

	for (size_t i = 0; i < postures.n; i++)
		for (uint32_t k = asking->asked.first[postures.at[i]];
		     k < asking->asked.first[postures.at[i] + 1]; k++)
			numbers_add(&lists, asking->asked.at[k]);
	numbers_sort(&lists);
	return (struct text) { (const char *)lists.at, lists.n * sizeof(*lists.at) };
}

/* The number of a situation; what it took to find one that is known is given back. */
static uint32_t
situation_number(struct asking *asking, struct names *situations, uint32_t posture)
{
	struct arena_mark mark = arena_mark(asking->scratch);
	struct text key = situation_key(asking, posture);
	uint32_t number = names_find(situations, key);

	if (number == NAMES_NONE)
		return names_add(situations, key);
	arena_reset(asking->scratch, mark);
	return number;
}

/* The situation of each posture: one that asks for what another one asks for has the
 * same. */
static void
find_situations(struct asking *asking, struct names *situations)
{
	struct cut *cut = asking->cut;
	struct names terms = { .arena = asking->scratch };
	uint32_t *first =
		arena_array(asking->scratch, cut->posture_keys.n, sizeof(*first));

	for (uint32_t i = 0; i < cut->posture_keys.n; i++) {
		const struct numbers *asked = &asking->terms[i];
		struct text key = { (const char *)asked->at,
			            asked->n * sizeof(*asked->at) };
		size_t known = terms.n;
		uint32_t number = names_add(&terms, key);
		if (number == known) {
			first[number] = i;
			cut->postures[i].situation =
				situation_number(asking, situations, i);
		}
		cut->postures[i].situation = cut->postures[first[number]].situation;
	}
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
		                 .texts.arena = &scratch,
		                 .bare.arena = &scratch };
	struct names situations = { .arena = &scratch };
	size_t n = cut->posture_keys.n;

	asking.seen = arena_array(&scratch, n, sizeof(*asking.seen));
	find_terms(&asking);
	find_implied(&asking);
	find_asked(&asking);
	situation_number(&asking, &situations, CUT_NONE);
	find_situations(&asking, &situations);
	cut->n_situations = (uint32_t)situations.n;
	lists_covering(cut, &situations);
	arena_end(&scratch);
}
