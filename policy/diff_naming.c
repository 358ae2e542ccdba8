/* How a set of classes is said in a policy's words. */
#include "policy/diff_parts.h"

#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"

static char *
put(char *at, struct text text)
{
	if (text.len > 0)
		memcpy(at, text.at, text.len);
	return at + text.len;
}

struct text
diff_name_text(struct arena *arena, const struct diff_name *name)
{
	size_t len = name->word.len;
	char *text, *at;

	for (size_t i = 0; i < name->n_except; i++)
		len += name->except[i].len + sizeof(" except ");
	text = arena_alloc(arena, len + 1);
	at = put(text, name->word);
	for (size_t i = 0; i < name->n_except; i++) {
		at = put(at, text_of(i ? ", " : " except "));
		at = put(at, name->except[i]);
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
	bool given_up; /* it would have taken far more names than were allowed */
};

static struct diff_limits
limits_within(const struct bits *within)
{
	return (struct diff_limits) { .within = within, .n = bits_count(within) };
}

/* Anything but these. */
static struct diff_limits
limits_without(const struct bits *without)
{
	return (struct diff_limits) { .without = without };
}

bool
diff_may_say(const struct diff_limits *limits, uint32_t class)
{
	return limits->within ? bits_hold(limits->within, class)
	                      : !bits_hold(limits->without, class);
}

static bool
word_fits(const struct diff_limits *limits, const struct diff_word *word)
{
	if (limits->within)
		return word->n <= limits->n && bits_within(word->bits, limits->within);
	return !bits_overlap(word->bits, limits->without);
}

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
word_for(const struct naming *naming, uint32_t class, const struct diff_limits *limits)
{
	const struct diff_words *axis = naming->axis;
	struct bid best = { NAMES_NONE, 0, false, 0 };

	for (uint32_t i = axis->first[class]; i < axis->first[class + 1]; i++) {
		const struct diff_word *word = &axis->at[axis->with[i]];
		if (!word_fits(limits, word))
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

	if (saying->n < 2)
		return;
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
saying_put(struct naming *naming, struct saying *saying, uint32_t word)
{
	saying->words = arena_grow(naming->scratch, saying->words, saying->n,
	                           &saying->cap, sizeof(*saying->words));
	saying->words[saying->n++] = word;
	residue_minus(&naming->axis->left, naming->axis->at[word].bits);
}

/* Whole words for a set, given up where it takes far more than so many names. */
static void
say_in_words(struct naming *naming, struct saying *saying, const struct bits *target,
             const struct diff_limits *limits, size_t most)
{
	struct diff_words *axis = naming->axis;
	uint32_t class = 0;
	size_t unsaid = 0;

	residue_set(&axis->left, target);
	for (; !saying->given_up; class ++) {
		class = residue_next(&axis->left, target, class);
		if (class == UINT32_MAX)
			break;
		uint32_t word = word_for(naming, class, limits);
		if (word == NAMES_NONE)
			unsaid++;
		else
			saying_put(naming, saying, word);
		saying->given_up = saying->n / 2 + unsaid / 4 > most;
	}
	saying->left = residue_bits(&axis->left, axis->store);
	words_prune(naming, saying, target);
}

static struct diff_name
name_of_word(const struct naming *naming, uint32_t word)
{
	const struct diff_word *at = &naming->axis->at[word];

	return (struct diff_name) { .word = at->text,
		                    .bits = at->bits,
		                    .about = at->bits };
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
              const struct diff_limits *limits)
{
	struct bits_store *store = naming->axis->store;
	const struct bits *cells = bits_meet(store, target, cells_of(naming));
	struct saying other = { 0 };
	const struct bits *left, *points;

	if (cells->n == 0 || saying_n(saying) < 4)
		return;
	say_in_words(naming, &other, bits_minus(store, target, cells), limits,
	             saying_n(saying));
	if (other.given_up)
		return;
	points = bits_join(store, other.left, cells);
	if (!vocabulary_points(naming->v, naming->side, points, limits,
	                       saying_n(saying) / 2, &other.points, &left))
		return;
	other.left = left;
	if (bits_count(left) <= bits_count(saying->left) &&
	    2 * saying_n(&other) <= saying_n(saying))
		*saying = other;
}

/* Says a set in words, then points; where that would take far more than so many,
 * the points are left over. Of points that are too many some are enough. */
static struct saying
say(struct naming *naming, const struct bits *target, const struct diff_limits *limits,
    size_t most, size_t most_points)
{
	struct saying saying = { 0 };
	const struct bits *left;

	say_in_words(naming, &saying, target, limits, most);
	if (saying.given_up)
		return saying;
	if (saying.left->n > 0) {
		vocabulary_points(naming->v, naming->side, saying.left, limits,
		                  most_points, &saying.points, &left);
		saying.left = left;
	}
	say_in_ranges(naming, &saying, target, limits);
	return saying;
}

/* So many words are looked at for whether they keep off a core. */
#define LARGEST_TRIED 64

/* Whether so many names may say n classes and nothing of a core: a guess, from the
 * sizes of words. A name that is no word says few classes. */
static bool
names_may_reach(const struct naming *naming, const struct bits *core, uint32_t n,
                size_t most)
{
	const struct diff_words *axis = naming->axis;
	uint32_t least = naming->v->cut->imagined ? 1 : 4;

	for (size_t i = 0; i < axis->n && i < LARGEST_TRIED && most > 0; i++) {
		const struct diff_word *word = &axis->at[axis->by_size[i]];
		uint32_t says = word->n > least ? word->n : least;
		/* no later word says more */
		if ((n + says - 1) / says > most)
			return false;
		if (bits_overlap(word->bits, core))
			continue;
		if (n <= says)
			return true;
		n -= says;
		most--;
	}
	return most > 0 || n == 0;
}

/* "X except Y, Z": X is a word with more in it than may be said, Y and Z keep off
 * the core. */
struct exception {
	uint32_t word; /* NAMES_NONE: no such name was found */
	struct saying but;
	const struct bits *says;  /* what it says after all … */
	const struct bits *about; /* … or says something of */
};

/* What a word still says after its exceptions. */
static const struct bits *
says_after(struct naming *naming, const struct bits *says, const struct saying *but)
{
	struct bits_store *store = naming->axis->store;

	for (size_t i = 0; i < but->n; i++)
		says = bits_minus(store, says, naming->axis->at[but->words[i]].bits);
	for (size_t i = 0; i < but->points.n; i++)
		says = bits_minus(store, says, but->points.at[i].bits);
	return says;
}

/* What a word still says something of: of what may be said, an exception by a point's
 * name may leave a part. */
static const struct bits *
about_after(struct naming *naming, const struct bits *says, const struct saying *but,
            const struct bits *allowed)
{
	struct bits_store *store = naming->axis->store;

	for (size_t i = 0; i < but->n; i++)
		says = bits_minus(store, says, naming->axis->at[but->words[i]].bits);
	for (size_t i = 0; i < but->points.n; i++)
		says = bits_minus(store, says,
		                  bits_minus(store, but->points.at[i].bits, allowed));
	return says;
}

static size_t
exception_cost(const struct exception *e)
{
	return 2 + e->but.n + e->but.points.n;
}

/* Tries a word with so many exceptions at most. */
static void
except_try(struct naming *naming, uint32_t word, const struct bits *core,
           const struct bits *allowed, size_t most, struct exception *best)
{
	struct bits_store *store = naming->axis->store;
	const struct bits *bits = naming->axis->at[word].bits;
	struct exception e = { .word = word };
	struct diff_limits limits = limits_without(core);

	if (!names_may_reach(naming, core, bits_besides(bits, allowed, cells_of(naming)),
	                     most))
		return;
	/* of points that are far too many it is all one how many they are */
	e.but = say(naming, bits_minus(store, bits, allowed), &limits, most,
	            most < SIZE_MAX / 2 ? 2 * most + 2 : SIZE_MAX);
	if (e.but.given_up || e.but.left->n > 0 || saying_n(&e.but) > most)
		return;
	e.says = says_after(naming, bits, &e.but);
	e.about = about_after(naming, bits, &e.but, allowed);
	*best = e;
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

/* How many exceptions may be made, for less than so much and than the best. */
static size_t
exceptions_most(const struct exception *best, size_t most)
{
	size_t cost = best->word == NAMES_NONE ? SIZE_MAX : exception_cost(best);

	cost = most < cost ? most : cost;
	return cost > 3 ? cost - 3 : 0;
}

/* The best exception that says all of the core, from the smaller words on, and
 * costs less than so much. */
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
		except_try(naming, holders[i].word, core, allowed,
		           exceptions_most(&best, most), &best);
	/* the widest of all leaves out most, and is always there */
	if (n > EXCEPT_TRIED)
		except_try(naming, holders[n - 1].word, core, allowed,
		           exceptions_most(&best, most), &best);
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
	name.about = e->about;
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
	struct diff_limits limits = limits_within(allowed);
	struct saying saying = say(naming, target, &limits, most, SIZE_MAX);

	if (saying.given_up || (most < SIZE_MAX && bits_count(saying.left) > most))
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
		uint32_t harm = bits_common(word->bits, core);
		if (good > 2 * harm && good - 2 * harm > most) {
			most = good - 2 * harm;
			best = axis->with[i];
		}
	}
	return best;
}

/* The exceptions of a word that says too much, though they may take away too much
 * themselves; given up where they are far more than so many. */
static struct saying
say_against(struct naming *naming, const struct bits *rest, const struct bits *core,
            size_t most)
{
	struct diff_words *axis = naming->axis;
	struct diff_limits limits = limits_without(core);
	struct saying saying = { 0 };
	const struct bits *left;
	size_t unsaid = 0;

	residue_set(&axis->left, rest);
	for (uint32_t class = 0; !saying.given_up; class ++) {
		class = residue_next(&axis->left, rest, class);
		if (class == UINT32_MAX)
			break;
		uint32_t word = word_against(naming, class, core);
		if (word == NAMES_NONE)
			unsaid++;
		else
			saying_put(naming, &saying, word);
		saying.given_up = saying.n + unsaid / 4 > most;
	}
	if (saying.given_up)
		return saying;
	saying.left = residue_bits(&axis->left, axis->store);
	saying.given_up = !vocabulary_points(naming->v, naming->side, saying.left,
	                                     &limits, most, &saying.points, &left);
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

	e.but = say_against(naming, bits_minus(store, bits, allowed), target, most);
	if (e.but.given_up || e.but.left->n > 0 || exception_cost(&e) >= most)
		return plan;
	e.says = says_after(naming, bits, &e.but);
	e.about = about_after(naming, bits, &e.but, allowed);
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

/* The best plan that costs little more than most; its cost is SIZE_MAX where there is
 * none. */
static struct plan
plan_within(struct naming *naming, const struct bits *target, const struct bits *allowed,
            size_t most)
{
	struct plan best = plan_plain(naming, target, allowed, most);
	size_t limit = best.cost < most ? best.cost : most;

	if (best.cost > 2)
		plan_offer(&best, plan_except(naming, target, allowed, limit));
	limit = best.cost < limit ? best.cost : limit;
	uint32_t around =
		best.cost > COST_FINE ? word_around(naming, target) : NAMES_NONE;
	if (around != NAMES_NONE)
		plan_offer(&best, plan_loosely(naming, around, target, allowed, limit));
	return best;
}

struct diff_names
vocabulary_name(struct vocabulary *v, enum cut_side side, const struct bits *target,
                const struct bits *allowed, const struct numbers *preferred)
{
	/* few names first, so that no many are found in vain */
	static const size_t most[] = { 64, 1024, SIZE_MAX / 2 };
	struct arena scratch = { 0 };
	struct naming naming = { v, side, &v->axis[side], &scratch, preferred };
	struct plan best = { .cost = SIZE_MAX };

	for (size_t i = 0; i < sizeof(most) / sizeof(*most) && best.cost == SIZE_MAX; i++)
		best = plan_within(&naming, target, allowed, most[i]);
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
	struct diff_limits limits = limits_without(target);
	struct saying but = say(&naming, bits_minus(store, says, allowed), &limits,
	                        SIZE_MAX, SIZE_MAX);
	struct diff_name name = { .word = text_of(word),
		                  .bits = target,
		                  .about = target };
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
