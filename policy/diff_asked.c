/* Sources by situation: what is gained with some posture only, or without one. */
#include "policy/diff_parts.h"

#include <string.h>

#include "grammar/arena.h"
#include "policy/imply.h"

/* Numbers on their way to a key. */
struct tally {
	struct arena *arena;
	uint32_t *at;
	size_t n, cap;
};

static void
tally_put(struct tally *tally, uint32_t number)
{
	tally->at = arena_grow(tally->arena, tally->at, tally->n, &tally->cap,
	                       sizeof(*tally->at));
	tally->at[tally->n++] = number;
}

/* Whether a source is in a set, and its pairs: the pattern of one class. The first
 * number says all_but. */
static struct text
pattern_key(const struct cut *cut, struct arena *arena, const struct bits *from,
            uint32_t class)
{
	uint32_t n_classes = cut->axes[CUT_SRC].partition.n_classes;
	bool all_but = bits_hold(from, class);
	struct tally tally = { .arena = arena };

	tally_put(&tally, all_but);
	for (uint32_t i = cut->pair_first[class]; i < cut->pair_first[class + 1]; i++)
		if (bits_hold(from, n_classes + i) != all_but)
			tally_put(&tally, cut->pair_situation[i]);
	return (struct text) { (const char *)tally.at, tally.n * sizeof(*tally.at) };
}

/* The pattern of a key; the keys are kept as long as the cut is. */
static struct diff_pattern
pattern_of_key(struct arena *arena, struct text key)
{
	size_t n = key.len / sizeof(uint32_t);
	uint32_t *numbers = arena_array(arena, n, sizeof(*numbers));

	memcpy(numbers, key.at, key.len);
	return (struct diff_pattern) { numbers[0] != 0, numbers + 1, n - 1 };
}

/* Classes by pattern. */
struct sorting {
	struct diff_patterns *patterns;
	struct arena scratch;
	struct tally *classes; /* by number of the pattern, from the first met here */
	uint32_t *numbers;
	size_t n, cap, numbers_cap;
};

static void
sort_class(struct sorting *s, struct text key, uint32_t class)
{
	struct names *keys = &s->patterns->keys;
	uint32_t number = names_find(keys, key);
	size_t i = 0;

	if (number == NAMES_NONE) {
		key.at = arena_copy(keys->arena, key.at, key.len);
		number = names_add(keys, key);
	}
	while (i < s->n && s->numbers[i] != number)
		i++;
	if (i == s->n) {
		s->numbers = arena_grow(&s->scratch, s->numbers, i, &s->numbers_cap,
		                        sizeof(*s->numbers));
		s->classes = arena_grow(&s->scratch, s->classes, i, &s->cap,
		                        sizeof(*s->classes));
		s->numbers[i] = number;
		s->classes[i] = (struct tally) { .arena = &s->scratch };
		s->n++;
	}
	tally_put(&s->classes[i], class);
}

/* The classes that a set of sources has in any situation. */
static const struct bits *
classes_of(struct vocabulary *v, struct arena *scratch, const struct bits *from)
{
	uint32_t n = bits_count(from), *list = bits_list(scratch, from);

	for (uint32_t i = 0; i < n; i++)
		list[i] = cut_class_of(v->cut, list[i]);
	return bits_of(v->axis[CUT_SRC].store, list, n);
}

static void
sort_all(struct sorting *s, const struct bits *from)
{
	struct cut *cut = s->patterns->v->cut;
	const struct bits *classes = classes_of(s->patterns->v, &s->scratch, from);
	uint32_t n = bits_count(classes), *list = bits_list(&s->scratch, classes);
	struct arena keys = { 0 };

	for (uint32_t i = 0; i < n; i++) {
		struct arena_mark mark = arena_mark(&keys);
		sort_class(s, pattern_key(cut, &keys, from, list[i]), list[i]);
		arena_reset(&keys, mark);
	}
	arena_end(&keys);
}

const struct bits *
diff_passing(struct vocabulary *v)
{
	if (v->cut->passing == CUT_NONE)
		return v->axis[CUT_SRC].all;
	return cut_plain(v->cut, v->cut->passing);
}

static const struct diff_share share_plain = { .pattern.all_but = true,
	                                       .number = NAMES_NONE };

struct diff_share *
diff_shares(struct diff_patterns *patterns, struct arena *arena, const struct bits *from,
            size_t *n)
{
	struct vocabulary *v = patterns->v;
	struct bits_store *store = v->axis[CUT_SRC].store;
	struct sorting s = { .patterns = patterns };
	struct diff_share *shares, plain = share_plain;

	plain.classes = store->all[0];
	/* where no rule asks for anything, all fare alike */
	if (v->cut->n_sources == v->cut->axes[CUT_SRC].partition.n_classes)
		plain.classes = from;
	else
		sort_all(&s, from);
	shares = arena_array(arena, s.n + 1, sizeof(*shares));
	*n = 0;
	for (size_t i = 0; i < s.n; i++) {
		struct diff_share share = { .number = s.numbers[i] };
		share.pattern = pattern_of_key(arena, patterns->keys.texts[share.number]);
		share.classes = bits_of(store, s.classes[i].at, s.classes[i].n);
		if (share.pattern.all_but && share.pattern.n == 0)
			plain.classes = share.classes;
		else
			shares[(*n)++] = share;
	}
	/* who fares alike in every situation may be said along with anybody */
	for (size_t i = 0; i < *n; i++)
		shares[i].allowed = bits_join(store, shares[i].classes, plain.classes);
	plain.allowed = plain.classes;
	if (plain.classes->n > 0)
		shares[(*n)++] = plain;
	arena_end(&s.scratch);
	return shares;
}

static bool
pattern_has(const struct diff_pattern *pattern, uint32_t situation)
{
	for (size_t i = 0; i < pattern->n; i++)
		if (pattern->situations[i] == situation)
			return true;
	return false;
}

/* How much of a pattern's list a list of postures covers, and how much beside. */
static size_t
covered_count(const struct cut_asked *asked, const struct diff_pattern *pattern,
              size_t *beside)
{
	size_t n = 0;

	for (size_t i = 0; i < asked->n_situations; i++)
		n += pattern_has(pattern, asked->situations[i]);
	*beside = asked->n_situations - n + asked->nothing;
	return n;
}

/* Saying a pattern in lists of postures. */
struct asking {
	struct vocabulary *v;
	struct arena *arena;
	const struct diff_pattern *pattern;
	uint32_t own; /* the unit's own list */
	bool *said;   /* by place in the pattern's list */
};

static size_t
left_count(const struct asking *a, const struct cut_asked *asked)
{
	size_t n = 0;

	for (size_t i = 0; i < asked->n_situations; i++)
		for (size_t k = 0; k < a->pattern->n; k++)
			n += a->pattern->situations[k] == asked->situations[i] &&
			     !a->said[k];
	return n;
}

static void
said_mark(struct asking *a, const struct cut_asked *asked)
{
	for (size_t i = 0; i < asked->n_situations; i++)
		for (size_t k = 0; k < a->pattern->n; k++)
			if (a->pattern->situations[k] == asked->situations[i])
				a->said[k] = true;
}

/* Whose list it is; lists that name no posture are nobody's. */
static bool
is_of_filter(const struct cut *cut, const struct cut_asked *asked, uint32_t filter)
{
	return asked->n > 0 && cut->postures[asked->postures[0]].filter == filter;
}

/* The list that says most of what is left, and nothing beside it unless loosely;
 * 0: none. filter: whose, CUT_NONE: anybody's. */
static uint32_t
list_for(const struct asking *a, uint32_t filter, bool loosely)
{
	const struct cut *cut = a->v->cut;
	uint32_t best = 0;
	size_t most = 0, beside;

	for (uint32_t i = 1; i < cut->asked_keys.n; i++) {
		const struct cut_asked *asked = &cut->asked[i];
		if (filter != CUT_NONE && !is_of_filter(cut, asked, filter))
			continue;
		size_t n = left_count(a, asked);
		covered_count(asked, a->pattern, &beside);
		if (n == 0 || (beside > 0 && !loosely))
			continue;
		if (n > most || (n == most && i == a->own)) {
			most = n;
			best = i;
		}
	}
	return best;
}

/* Whether two definitions ask the same, in the same order. */
static bool
posture_equal(const struct posture *a, const struct posture *b)
{
	if (a->n_terms != b->n_terms)
		return false;
	for (size_t i = 0; i < a->n_terms; i++)
		if (!assertion_implies(&a->terms[i].assertion, &b->terms[i].assertion) ||
		    !assertion_implies(&b->terms[i].assertion, &a->terms[i].assertion))
			return false;
	return true;
}

/* The postures of a list; one of the other side that both define, and not alike,
 * is told apart. */
static void
postures_put(const struct asking *a, struct texts *texts, const struct cut_asked *asked)
{
	const struct cut *cut = a->v->cut;

	for (size_t i = 0; i < asked->n; i++) {
		const struct cut_posture *p = &cut->postures[asked->postures[i]];
		const struct policy *own = cut->filters[a->v->filter].policy;
		struct text name = p->posture->name.text;
		const struct posture *ours = policy_posture(own, name);
		if (p->filter != a->v->filter && ours && !posture_equal(ours, p->posture))
			name = text_of(
				arena_format(a->arena, "%.*s as it %s", TEXT_ARG(name),
			                     p->filter == DIFF_OLD ? "was" : "is now"));
		texts_put(texts, name);
	}
}

/* The lists that together say what a pattern leaves out. */
static struct texts
lacking_of(struct vocabulary *v, struct arena *arena, const struct diff_pattern *without)
{
	struct asking a = { v, arena, without, 0, NULL };
	struct texts texts = { .arena = arena };
	uint32_t list;

	a.said = arena_array(arena, without->n, sizeof(*a.said));
	while ((list = list_for(&a, CUT_NONE, false)) != 0) {
		postures_put(&a, &texts, &v->cut->asked[list]);
		said_mark(&a, &v->cut->asked[list]);
	}
	return texts;
}

/* What of a list's situations a pattern does not have. */
static struct diff_pattern
pattern_beside(struct arena *arena, const struct cut_asked *asked,
               const struct diff_pattern *pattern)
{
	uint32_t *situations =
		arena_array(arena, asked->n_situations, sizeof(*situations));
	struct diff_pattern beside = { true, situations, 0 };

	for (size_t i = 0; i < asked->n_situations; i++)
		if (!pattern_has(pattern, asked->situations[i]))
			situations[beside.n++] = asked->situations[i];
	return beside;
}

static struct diff_asking
asking_of(const struct texts *postures, const struct texts *lacking, uint32_t situation)
{
	return (struct diff_asking) { postures->at, lacking->at, postures->n, lacking->n,
		                      situation };
}

/* Those that have it without any posture, but for some that others already give
 * it to. */
static struct diff_asking *
asking_all_but(struct diff_patterns *patterns, struct arena *arena,
               const struct diff_pattern *pattern, size_t *n)
{
	struct diff_asking *asking = arena_alloc(arena, sizeof(*asking));
	struct texts none = { 0 };
	struct texts lacking = lacking_of(patterns->v, arena, pattern);

	*asking = asking_of(&none, &lacking, 0);
	*n = 1;
	return asking;
}

static uint32_t
situation_both(const struct cut_asked *asked, const struct diff_pattern *pattern)
{
	for (size_t i = 0; i < asked->n_situations; i++)
		if (pattern_has(pattern, asked->situations[i]))
			return asked->situations[i];
	return 0;
}

/* The list to say next: the side's own before the other's, and rather one that says
 * nothing beside. */
static uint32_t
list_next(const struct asking *a, bool loosely)
{
	uint32_t list = list_for(a, a->v->filter, loosely);

	return list ? list : list_for(a, CUT_NONE, loosely);
}

struct diff_asking *
diff_askings(struct diff_patterns *patterns, struct arena *arena,
             const struct diff_pattern *pattern, uint32_t asked, size_t *n)
{
	struct vocabulary *v = patterns->v;
	struct asking a = { v, arena, pattern, asked, NULL };
	struct diff_asking *askings;
	struct texts whole = { .arena = arena }, none = { 0 };
	uint32_t list, first = 0;

	if (pattern->all_but)
		return asking_all_but(patterns, arena, pattern, n);
	a.said = arena_array(arena, pattern->n, sizeof(*a.said));
	askings = arena_array(arena, pattern->n + 1, sizeof(*askings));
	*n = 0;
	while ((list = list_next(&a, false)) != 0) {
		first = first ? first : situation_both(&v->cut->asked[list], pattern);
		postures_put(&a, &whole, &v->cut->asked[list]);
		said_mark(&a, &v->cut->asked[list]);
	}
	if (whole.n > 0)
		askings[(*n)++] = asking_of(&whole, &none, first);
	while ((list = list_next(&a, true)) != 0) {
		const struct cut_asked *at = &v->cut->asked[list];
		struct diff_pattern beside = pattern_beside(arena, at, pattern);
		struct texts postures = { .arena = arena };
		struct texts lacking = lacking_of(v, arena, &beside);
		postures_put(&a, &postures, at);
		askings[(*n)++] =
			asking_of(&postures, &lacking, situation_both(at, pattern));
		said_mark(&a, at);
	}
	return askings;
}
