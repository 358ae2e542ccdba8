#ifndef ACLC_POLICY_FIELDS_H
#define ACLC_POLICY_FIELDS_H

/*
 * Objects read by tables. A row says what a field is called, how it is read
 * and where that goes. Names are matched as Go matches them, whatever their
 * case; a name that the table does not know is told with the nearest one that
 * it does (spec/policy-syntax.md section 1).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grammar/finding.h"
#include "grammar/hujson.h"
#include "policy/policy.h"
#include "policy/target.h"

struct arena;
struct usage;

struct reader {
	struct arena *arena;
	struct tree *tree;
	enum target target;
	struct findings *findings;
	struct usage *usage;      /* of a policy; NULL of other files */
	struct names *words;      /* the same: the texts of its selectors */
	struct text field;        /* the one being read, as written: for messages */
	bool good;                /* nothing was refused since this was set */
	struct odd_keys odd_keys; /* met so far */
};

/* A field that an object may have. */
struct field {
	const char *name;
	const char *older; /* its older spelling, or NULL */
	/* Reads the value, null included, into what is at its place. */
	void (*read)(struct reader *, const struct node *value, void *into);
	size_t at; /* where in the object that is */
	/* What not all targets know: those that do not ignore the field unread, or
	 * refuse it as unknown. FEATURE_NONE of the others. */
	enum feature feature;
};

/* A name that people write in an object which does not have it, and the rest
 * of a sentence: "…, but a grant's ports belong in its ip". */
struct stranger {
	const char *name, *said;
};

/* What an object may have. */
struct fields {
	const char *what; /* "a grant" */
	const struct field *at;
	size_t n; /* at most FIELDS_MAX */
	const struct stranger *strangers;
	size_t n_strangers;
};

#define FIELDS_MAX 32

/*
 * Reads an object's fields into a struct. Raises unknown fields, fields given
 * twice (a warning, or an error where the target refuses that) and fields
 * given in both spellings. keys, unless NULL, gets the name of each field that
 * is there and not null, in the table's order. Returns a bit for each field of
 * the table that could not be read whole, one that was probably misspelt
 * included.
 */
uint32_t fields_read(struct reader *, const struct node *object, const struct fields *,
                     void *into, const struct node **keys);

/*
 * Reads a list of objects into an array of structs of that size; *n becomes
 * its length. What is no object is told and left out. finish is called for
 * each with its node and its place in the list; reader->good tells whether it
 * could be read.
 */
void *rows_read(struct reader *, const struct node *list, const struct fields *,
                size_t size, size_t *n,
                void (*finish)(struct reader *, void *row, const struct node *,
                               uint32_t index));

/* Calls each for the members of an object whose names are data, the later one
 * of two of the same name last; raises such names. Null is an empty object. */
void map_read(struct reader *, const struct node *object,
              void (*each)(struct reader *, const struct node *key,
                           const struct node *value, void *into),
              void *into);

/* Raises names that stand twice in the objects of a value that passes
 * through as written. */
void opaque_read(struct reader *, const struct node *value);

/* Readers for the fields of tables. Null leaves a bool or a number as it was
 * and makes a text or a list absent. */
void read_bool(struct reader *, const struct node *, void *into);      /* bool */
void read_integer(struct reader *, const struct node *, void *into);   /* int64_t */
void read_real(struct reader *, const struct node *, void *into);      /* double */
void read_word(struct reader *, const struct node *, void *into);      /* struct word */
void read_trimmed(struct reader *, const struct node *, void *into);   /* the same */
void read_words(struct reader *, const struct node *, void *into);     /* struct words */
void read_trimmeds(struct reader *, const struct node *, void *into);  /* the same */
void read_selectors(struct reader *, const struct node *, void *into); /* selectors */

/* Makes a selector of a policy one with a number: policy_word. */
void selector_number(struct reader *, struct selector *);

/* Whether a value is the list, object or string that the field takes; raises
 * what is not. Null is none of them, and is raised as well. */
bool value_is(struct reader *, const struct node *, enum hujson_kind, const char *wanted);

/* Raises a value of another type than the field takes: "a list". */
void reader_refuse(struct reader *, const struct node *, const char *wanted);

/* The span of bytes first .. end-1 of a string's text. */
struct span reader_inner(const struct reader *, const struct node *string, size_t first,
                         size_t end);

#endif
