#ifndef ACLC_POLICY_DIFF_PARTS_H
#define ACLC_POLICY_DIFF_PARTS_H

/*
 * The inside of a diff; seen by diff*.c alone. Two policies' boxes lie in one cut,
 * the old one's as filter 0 and the new one's as filter 1. What the boxes of one
 * allow and the other does not (diff_find.c) comes as facts; the facts of each
 * unit are folded into few rectangles (diff_fold.c), whose sides are named by the
 * vocabulary of the side's policy (diff_words.c).
 */

#include "policy/cut_parts.h"
#include "policy/diff.h"
#include "policy/numbers.h"

/* A word of a policy on one axis. */
struct diff_word {
	struct text text;
	const struct bits *bits; /* classes */
	uint32_t end;            /* as mentioned */
	uint32_t n;              /* how many classes */
	unsigned rank;           /* of words that say as much: the least is best */
};

/* The words of a policy on one axis. */
struct diff_words {
	struct bits_store *store; /* for sets of classes */
	const struct bits *all;
	struct diff_word *at;
	size_t n, cap;
	struct names texts;     /* of words → number */
	uint32_t *first, *with; /* by class: the words that hold it */
	uint32_t *by_size;      /* the words, the largest first */
	struct residue left;
	const struct bits
		*cells; /* classes of addresses that are nobody's; NULL: unknown */
	int32_t *told;  /* by class: how many words say it, while some are chosen */
};

/* What names may say: nothing beyond within; or anything but what is in without. */
struct diff_limits {
	const struct bits *within; /* NULL: without holds */
	const struct bits *without;
	uint32_t n; /* how many are within */
};

bool diff_may_say(const struct diff_limits *, uint32_t class);

struct vocabulary {
	struct cut *cut;
	uint32_t filter;
	size_t most; /* so many sets of sources of a unit are told apart */
	struct diff_words axis[2];
	/* By policy_word: what rules name by that word alone, NULL of the others; and
	 * whether the word is among those of the axes. */
	const struct party **parties;
	bool *mentioned;
	bool *said; /* by point: while points are being named; made when first used */
};

/* "X", or "X except Y, Z". */
struct diff_name {
	struct text word;
	const struct text *except;
	size_t n_except;
	const struct bits *bits;  /* classes that it says … */
	const struct bits *about; /* … or says something of: more than those, where an
	                             exception takes only a part of a class */
};

struct diff_names {
	struct diff_name *at;
	size_t n, cap;
};

/* Mentions the words of a filter's policy in the cut, before it is closed. */
struct vocabulary *vocabulary_mention(struct cut *, uint32_t filter, size_t most);

/* After the cut is closed; with a store for sets of destination classes. */
void vocabulary_settle(struct vocabulary *, struct bits_store *dst_store);

/*
 * Names for a set of classes: together they say all of target, and nothing outside
 * allowed, which holds target. As few as can be found; of words that say as much,
 * those among the preferred ones, which are numbers.
 */
struct diff_names vocabulary_name(struct vocabulary *, enum cut_side,
                                  const struct bits *target, const struct bits *allowed,
                                  const struct numbers *preferred);

/* What one word says of target, all of which it says, with what it says beyond
 * allowed as exceptions: says is the word's classes. */
struct diff_name vocabulary_except(struct vocabulary *, enum cut_side, const char *word,
                                   const struct bits *says, const struct bits *target,
                                   const struct bits *allowed);

/* Names for points one by one: users, machines, addresses. What has no name of its
 * own (a user whom no policy names) is left over. false: it takes more than so many
 * names, of which some are there. In diff_points.c. */
bool vocabulary_points(struct vocabulary *, enum cut_side, const struct bits *classes,
                       const struct diff_limits *, size_t most, struct diff_names *,
                       const struct bits **left);

/* A selector as a word: without the brackets that an acl puts around IPv6. */
struct text vocabulary_text(struct arena *, const struct selector *);

/* The number of a word, or NAMES_NONE. */
uint32_t vocabulary_word(const struct vocabulary *, enum cut_side, struct text);

struct text diff_name_text(struct arena *, const struct diff_name *);

/* Texts on their way to a change; the arena is set. */
struct texts {
	struct arena *arena;
	struct text *at;
	size_t n, cap;
};

void texts_put(struct texts *, struct text);

/* What is told of both sides at once: the lines of a cut that one unit has more
 * than the other policy allows. */
struct diff_fact {
	uint32_t line;
	uint16_t lo, hi;
	const struct bits *from;
	const struct bits *classes; /* of destinations */
	uint32_t unit;
	bool cut; /* the unit has more than was found */
};

struct diff_facts {
	struct diff_fact *at;
	size_t n, cap;
};

/*
 * What the boxes of one filter allow and the other does not, unit by unit. When so
 * many classes of destinations were gone into, one fact of each further unit.
 */
struct diff_facts diff_find(struct cut *, struct arena *, struct bits_store *dst_store,
                            uint32_t filter, size_t room);

/* Which pairs are meant, where those of one owner fare differently from others. */
enum diff_mode { MODE_FULL, MODE_OTHERS, MODE_SELF };

/* A run of a line's kind: ports of a protocol. */
struct diff_run {
	uint32_t kind;
	uint16_t lo, hi;
};

/* Who may do what: all of the sources to all of the destinations, one unit's doing. Or
 * in part only, where there are more parts than may be told. */
struct diff_block {
	const struct diff_fact *partly; /* one of them; NULL: all of it */
	uint32_t unit, plane;
	enum diff_mode mode;
	struct diff_names src, dst;
	const struct text *postures; /* the sources satisfy one of these … */
	size_t n_postures;
	const struct text *lacking; /* … and none of these */
	size_t n_lacking;
	const struct diff_run *runs; /* ascending */
	size_t n_runs;
	/* The same in classes, and a situation that it holds in. */
	const struct bits *from, *to;
	uint32_t situation;
};

struct diff_blocks {
	struct diff_block *at;
	size_t n, cap;
};

/* The blocks that say all of the facts, unit by unit. */
struct diff_blocks diff_fold(struct vocabulary *, struct arena *,
                             const struct diff_facts *);

/* All facts of one unit and plane as one block that holds in part; preferred by side,
 * as for vocabulary_name. NULL: it is said in the words of the rule itself, where the
 * unit is a rule. */
struct diff_block diff_sum(struct vocabulary *, struct arena *, const struct diff_fact *,
                           size_t n, const struct numbers preferred[2]);

/* Puts runs in order, and joins those that touch; returns how many are left. */
size_t diff_runs_settle(struct diff_run *, size_t n);

/* The situations in which a set of sources has something more: these, or all but
 * these. */
struct diff_pattern {
	bool all_but;
	const uint32_t *situations; /* ascending, the 0th never among them */
	size_t n;
};

/* Some of the classes of a set of sources, in the situations of one pattern. */
struct diff_share {
	struct diff_pattern pattern;
	uint32_t number;            /* of the pattern */
	const struct bits *classes; /* to be named … */
	const struct bits *allowed; /* … along with these */
};

/* Patterns told apart, for one cut. */
struct diff_patterns {
	struct vocabulary *v;
	struct names keys;
};

/* Divides a set of sources; those that fare alike whatever the posture come last.
 * In the arena. */
struct diff_share *diff_shares(struct diff_patterns *, struct arena *,
                               const struct bits *from, size_t *n);

/* The classes that are never asked for postures. */
const struct bits *diff_passing(struct vocabulary *);

/* A way to say a pattern: who satisfies one of these, and none of those. */
struct diff_asking {
	const struct text *postures, *lacking;
	size_t n_postures, n_lacking;
	uint32_t situation; /* one that it says */
};

/* All of a pattern, in as many ways as it takes. asked is the unit's own list. */
struct diff_asking *diff_askings(struct diff_patterns *, struct arena *,
                                 const struct diff_pattern *, uint32_t asked, size_t *n);

struct telling;

/* Both policies in one cut, with the words of each and what is told so far. */
struct comparison {
	struct arena *arena;
	struct cut *cut;
	struct vocabulary *words[2]; /* by enum diff_side */
	struct bits_store dst_store;
	const struct diff_party *both;
	size_t most; /* see vocabulary */
};

/*
 * A comparison of what fill puts in; NULL when the sides do not differ. First it is
 * done without any words: they are many, and seldom needed.
 */
struct comparison *comparison_of(struct telling *,
                                 void (*fill)(struct comparison *, void *context),
                                 void *context);

/* What the boxes of one side have more, unit by unit. */
struct diff_blocks comparison_blocks(struct comparison *, enum diff_side);

/* Changes and notes being gathered. */
struct telling {
	struct arena *arena; /* for what is told */
	struct arena *work;  /* for all else: given back after each section */
	const struct diff_party *both;
	size_t most; /* see diff_make */
	struct filter *filters[2];
	struct comparison *access; /* of the filters, while those are told */
	struct diff_change *changes, *notes;
	size_t n_changes, changes_cap, n_notes, notes_cap;
	struct diff_reading *readings;
	size_t n_readings;
	bool effective; /* something was told that an edit may have brought about */
};

/* Where a change stands on a side: nowhere. */
#define SPAN_NONE ((struct span) { 0, 0 })

void telling_add(struct telling *, enum section, enum diff_effect, struct span before,
                 struct span after, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/* What is an edit of the text, and changes nothing by itself. */
void telling_note(struct telling *, enum section, enum diff_effect, struct span before,
                  struct span after, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/* Whether both targets take a feature, so that what it says may be compared. */
bool both_take(const struct telling *, enum feature);

/* Whether sections stand in both policies to the letter, or in neither, and are read
 * by one target. */
bool sections_alike(const struct telling *, const enum section *, size_t n);

/* "a", "a and b", "a, b and c"; of many the first ones and how many more. */
const char *words_join(struct arena *, const struct text *, size_t n);

/* The sources of a block: names, and what postures they satisfy. */
const char *block_sources(struct arena *, const struct diff_block *);

/* A source (with its situation) and a class of destinations that make a pair of a
 * block. false: there is none. */
bool block_pair(const struct vocabulary *, const struct diff_block *, uint32_t *source,
                uint32_t *class, enum stratum *);

/* The sections, each its own file or part of one: what changed in it. */
void diff_apps(struct telling *, const struct diff_blocks *lost,
               const struct diff_blocks *gained);
void diff_ssh(struct telling *);
void diff_owners(struct telling *);
void diff_approvers(struct telling *);
void diff_attrs(struct telling *);
void diff_definitions(struct telling *);
void diff_options(struct telling *);
void diff_tests(struct telling *);
void diff_readings(struct telling *);

/* The texts of names, with what the block says that the sources lack. */
struct text *diff_texts(struct arena *, const struct diff_names *,
                        const struct diff_block *);

/* Drops what another unit's block says as well. */
void diff_drop_repeated(struct diff_blocks *);

/* Puts the blocks of each unit in order: those that say most first. */
void diff_order(struct diff_blocks *);

/* The blocks of packets, as access that outlives the cut. */
struct diff_accesses diff_accesses_of(struct vocabulary *, struct arena *,
                                      const struct diff_blocks *);

#endif
