#include "policy/fields.h"

#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"
#include "grammar/rune.h"
#include "policy/policy.h"
#include "policy/show.h"
#include "policy/usage.h"

/* Longer names are no field's. */
#define NAME_MAX_BYTES 64

/* Two letters outside ASCII that Go takes for one of ASCII: its matching of
 * names follows Unicode's simple folding. */
static const struct {
	uint32_t rune;
	char letter;
} folds[] = { { 0x017F, 's' }, { 0x212A, 'k' } };

/* The name with those letters put right, in a buffer; or as it is. */
static struct text
name_folded(struct text name, char out[NAME_MAX_BYTES])
{
	size_t len = 0, bytes;

	if (name.len > NAME_MAX_BYTES)
		return name;
	for (size_t i = 0; i < name.len; i += bytes) {
		uint32_t rune;
		bytes = rune_read(name.at + i, name.len - i, &rune);
		memcpy(out + len, name.at + i, bytes);
		len += bytes;
		for (size_t k = 0; k < sizeof(folds) / sizeof(*folds); k++) {
			if (rune != folds[k].rune)
				continue;
			len -= bytes;
			out[len++] = folds[k].letter;
		}
	}
	return (struct text) { out, len };
}

static bool
field_is(const struct field *field, struct text name)
{
	return text_equal_fold(name, text_of(field->name)) ||
	       (field->older && text_equal_fold(name, text_of(field->older)));
}

/* The number of the field so named, or fields->n. */
static size_t
field_find(const struct fields *fields, struct text name, bool plain)
{
	char buffer[NAME_MAX_BYTES];
	size_t i = 0;

	if (!plain)
		name = name_folded(name, buffer);
	while (i < fields->n && !field_is(&fields->at[i], name))
		i++;
	return i;
}

static struct text
name_lower(struct text name, char out[NAME_MAX_BYTES])
{
	size_t len = name.len < NAME_MAX_BYTES ? name.len : NAME_MAX_BYTES;

	for (size_t i = 0; i < len; i++)
		out[i] = to_small(name.at[i]);
	return (struct text) { out, len };
}

/* The number of the field whose name is nearest, case aside, or fields->n. */
static size_t
field_nearest(const struct fields *fields, struct text name)
{
	char written[NAME_MAX_BYTES], known[NAME_MAX_BYTES];
	struct text_nearest nearest = text_nearest_start(name_lower(name, written));
	size_t best = 0;

	for (size_t i = 0; i < fields->n && name.len <= NAME_MAX_BYTES; i++) {
		struct text field = text_of(fields->at[i].name);
		text_nearest_offer_as(&nearest, name_lower(field, known), field);
	}
	while (best < fields->n && fields->at[best].name != nearest.best.at)
		best++;
	return best;
}

/* Whether a name is the stranger's; "#" is for all that start with one. */
static bool
stranger_is(const struct stranger *stranger, struct text name)
{
	return text_equal_fold(name, text_of(stranger->name)) ||
	       (stranger->name[0] == '#' && text_starts(name, "#"));
}

static const struct stranger *
stranger_find(const struct fields *fields, struct text name)
{
	for (size_t i = 0; i < fields->n_strangers; i++)
		if (stranger_is(&fields->strangers[i], name))
			return &fields->strangers[i];
	return NULL;
}

/* What the target does with a field that is not there in its time; TAKES of
 * files that are no policies. */
static enum support
feature_meet(struct reader *r, enum feature feature, const struct node *key)
{
	if (!r->usage || feature == FEATURE_NONE)
		return TAKES;
	return usage_meet(r->usage, feature, key->span);
}

/* The same of one that is not there at all; that is told where it stands. */
static enum support
unknown_support(struct reader *r, const struct node *key, bool comment)
{
	if (!r->usage)
		return REFUSES;
	return usage_note(r->usage, comment ? FEATURE_HASH_KEY : FEATURE_UNKNOWN_FIELD,
	                  key->span);
}

/* Takes down what the target's decoder says of a field that it does not know. */
static void
say_unknown(struct reader *r, struct finding *finding, struct text name)
{
	if (r->usage && r->target == TARGET_TAILSCALE)
		finding_coordinator(r->findings, finding, "json: unknown field %s",
		                    text_quote(r->arena, name));
	else if (r->usage)
		usage_say(r->usage, finding, FOUND_FIELD, "unknown field: %s",
		          text_quote(r->arena, name));
}

/* Raises an unknown field; returns the number of the field that was probably
 * meant, or fields->n. Some targets ignore it. */
static size_t
field_unknown(struct reader *r, const struct fields *fields, const struct node *key,
              struct text name)
{
	const char *shown = text_show(r->arena, name);
	const struct stranger *stranger = stranger_find(fields, name);
	size_t meant = stranger ? fields->n : field_nearest(fields, name);
	bool comment = stranger && stranger->name[0] == '#';
	enum support support = unknown_support(r, key, comment);
	const char *ignored = support == IGNORES ? ", and the target ignores it" : "";
	struct source *source = r->tree->source;
	struct finding *finding;

	if (comment && support == TAKES)
		return fields->n;
	if (stranger)
		finding = finding_add(r->findings, &CHECK_UNKNOWN_FIELD, source,
		                      key->span, "%s has no %s%s: %s", fields->what,
		                      shown, ignored, stranger->said);
	else if (meant < fields->n)
		finding =
			finding_add(r->findings, &CHECK_UNKNOWN_FIELD, source, key->span,
		                    "%s has no %s%s; did you mean %s?", fields->what,
		                    shown, ignored, fields->at[meant].name);
	else
		finding =
			finding_add(r->findings, &CHECK_UNKNOWN_FIELD, source, key->span,
		                    "%s has no %s%s", fields->what, shown, ignored);
	if (support == IGNORES) {
		finding_level(r->findings, finding, LEVEL_WARNING);
		return fields->n;
	}
	say_unknown(r, finding, name);
	r->good = false;
	return meant;
}

/* What the target does with a field; what it ignores or refuses is told. */
static enum support
field_support(struct reader *r, const struct field *field, const struct node *key,
              struct text name)
{
	bool older = field->older && text_equal_fold(name, text_of(field->older));
	enum feature feature = older ? FEATURE_OLDER_FIELD : field->feature;
	enum support support = feature_meet(r, feature, key);

	if (support == REFUSES) {
		say_unknown(r, usage_refuse(r->usage, feature, key->span), name);
		r->good = false;
	}
	return support;
}

/* Raises a name that stood before: a warning, but where it is refused. */
static void
name_again(struct reader *r, const struct node *key, const struct node *before,
           const char *consequence, bool refused)
{
	struct source *source = r->tree->source;
	struct text name = node_text(r->arena, r->tree, key);
	struct text other = node_text(r->arena, r->tree, before);
	const char *shown = text_show(r->arena, name);
	struct finding *finding;

	refused = refused || target_refuses_duplicates(r->target);
	feature_meet(r, FEATURE_DUPLICATE_KEY, key);
	if (text_equal(name, other))
		finding =
			finding_add(r->findings, &CHECK_DUPLICATE_KEY, source, key->span,
		                    "%s is given twice%s", shown, consequence);
	else
		finding = finding_add(r->findings, &CHECK_DUPLICATE_KEY, source,
		                      key->span, "%s and %s are the same field%s",
		                      text_show(r->arena, other), shown, consequence);
	finding_note(r->findings, finding, source, before->span, "first given here");
	if (refused) {
		finding_level(r->findings, finding, LEVEL_ERROR);
		r->good = false;
	}
}

static const char *
later_counts(const struct reader *r)
{
	return target_refuses_duplicates(r->target) ? ", which the coordinator refuses"
	                                            : "; the later one counts";
}

/* Raises a field that is there already. */
static void
field_again(struct reader *r, const struct field *field, const struct node *key,
            const struct node *before)
{
	struct text name = node_text(r->arena, r->tree, key);
	struct text other = node_text(r->arena, r->tree, before);
	bool older = field->older && text_equal_fold(name, text_of(field->older));
	bool was_older = field->older && text_equal_fold(other, text_of(field->older));

	if (older != was_older)
		name_again(r, key, before, "; give only one of them", true);
	else
		name_again(r, key, before, later_counts(r), false);
}

/* Takes down a name that is not spelt as the table has it. */
static void
spelling_note(struct reader *r, const struct field *field, const struct node *key,
              struct text name)
{
	bool older = field->older && text_equal_fold(name, text_of(field->older));
	struct odd_keys *odd = &r->odd_keys;

	if (text_is(name, field->name))
		return;
	odd->at = arena_grow(r->arena, odd->at, odd->n, &odd->cap, sizeof(*odd->at));
	odd->at[odd->n++] = (struct odd_key) { key, field->name, older };
}

/* Reads a member; returns the number of the field that it left unread, or
 * fields->n. */
static size_t
member_read(struct reader *r, const struct fields *fields, const struct node *key,
            char *into, const struct node **seen)
{
	struct text name = node_text(r->arena, r->tree, key);
	size_t i = field_find(fields, name, key->plain);
	const struct field *field = &fields->at[i];
	enum support support;

	if (i == fields->n)
		return field_unknown(r, fields, key, name);
	support = field_support(r, field, key, name);
	if (support == IGNORES || support == REFUSES)
		return support == REFUSES ? i : fields->n;
	if (seen[i])
		field_again(r, field, key, seen[i]);
	seen[i] = key;
	spelling_note(r, field, key, name);
	r->field = name;
	bool good = r->good;
	r->good = true;
	field->read(r, member_value(key), into + field->at);
	bool whole = r->good;
	r->good = good && whole;
	return whole ? fields->n : i;
}

/* Raises something else that stands for an object. */
static void
object_missed(struct reader *r, const struct node *value, const struct fields *fields)
{
	r->good = false;
	if (value->kind != HUJSON_BAD)
		finding_add(r->findings, &CHECK_WRONG_TYPE, r->tree->source, value->span,
		            "%s is an object, not %s", fields->what,
		            hujson_kind_name((enum hujson_kind)value->kind));
}

uint32_t
fields_read(struct reader *r, const struct node *object, const struct fields *fields,
            void *into, const struct node **keys)
{
	const struct node *seen[FIELDS_MAX] = { 0 };
	struct text outer = r->field;
	uint32_t unread = 0;

	if (object->kind != HUJSON_OBJECT) {
		object_missed(r, object, fields);
		return UINT32_MAX;
	}
	for (const struct node *key = node_first(object); key != node_end(object);
	     key = member_next(key)) {
		size_t i = member_read(r, fields, key, into, seen);
		if (i < fields->n)
			unread |= UINT32_C(1) << i;
		r->field = outer;
	}
	for (size_t i = 0; keys && i < fields->n; i++)
		keys[i] = seen[i] && member_value(seen[i])->kind != HUJSON_NULL ? seen[i]
		                                                                : NULL;
	return unread;
}

void *
rows_read(struct reader *r, const struct node *list, const struct fields *fields,
          size_t size, size_t *n,
          void (*finish)(struct reader *, void *row, const struct node *, uint32_t index))
{
	bool good = r->good;
	uint32_t index = 0;
	char *rows;

	*n = 0;
	if (list->kind == HUJSON_NULL || !value_is(r, list, HUJSON_ARRAY, "a list"))
		return NULL;
	rows = arena_array(r->arena, node_length(list), size);
	for (const struct node *e = node_first(list); e != node_end(list);
	     e = node_next(e), index++) {
		char *row = rows + *n * size;
		r->good = true;
		fields_read(r, e, fields, row, NULL);
		if (e->kind == HUJSON_OBJECT) {
			finish(r, row, e, index);
			(*n)++;
		}
		good = good && r->good;
	}
	r->good = good;
	return rows;
}

/* The names of an object met so far, and where each stood last. */
struct met {
	struct names names;
	const struct node **at;
	size_t cap;
};

/* Takes a name down; raises it if it stood before. */
static void
met_add(struct met *met, struct reader *r, const struct node *key, const char *said)
{
	size_t n = met->names.n;
	uint32_t number = names_add(&met->names, node_text(r->arena, r->tree, key));

	if (number < n) {
		name_again(r, key, met->at[number], said, false);
	} else {
		met->at = arena_grow(met->names.arena, met->at, n, &met->cap,
		                     sizeof(struct node *));
	}
	met->at[number] = key;
}

void
map_read(struct reader *r, const struct node *object,
         void (*each)(struct reader *, const struct node *key, const struct node *value,
                      void *into),
         void *into)
{
	struct arena scratch = { 0 };
	struct met met = { .names = { .arena = &scratch } };
	struct text outer = r->field;

	if (object->kind == HUJSON_NULL ||
	    !value_is(r, object, HUJSON_OBJECT, "an object"))
		return;
	for (const struct node *key = node_first(object); key != node_end(object);
	     key = member_next(key)) {
		met_add(&met, r, key, later_counts(r));
		r->field = node_text(r->arena, r->tree, key);
		each(r, key, member_value(key), into);
		r->field = outer;
	}
	arena_end(&scratch);
}

void
opaque_read(struct reader *r, const struct node *value)
{
	struct arena scratch = { 0 };

	for (const struct node *node = value; node != node_end(value); node++) {
		struct met met = { .names = { .arena = &scratch } };
		struct arena_mark mark = arena_mark(&scratch);
		if (node->kind == HUJSON_BAD)
			r->good = false;
		if (node->kind != HUJSON_OBJECT)
			continue;
		for (const struct node *key = node_first(node); key != node_end(node);
		     key = member_next(key))
			met_add(&met, r, key, later_counts(r));
		arena_reset(&scratch, mark);
	}
	arena_end(&scratch);
}

void
reader_refuse(struct reader *r, const struct node *value, const char *wanted)
{
	r->good = false;
	if (value->kind != HUJSON_BAD)
		finding_add(r->findings, &CHECK_WRONG_TYPE, r->tree->source, value->span,
		            "%s takes %s, not %s", text_show(r->arena, r->field), wanted,
		            hujson_kind_name((enum hujson_kind)value->kind));
}

bool
value_is(struct reader *r, const struct node *value, enum hujson_kind kind,
         const char *wanted)
{
	if (value->kind == kind)
		return true;
	reader_refuse(r, value, wanted);
	return false;
}

struct span
reader_inner(const struct reader *r, const struct node *string, size_t first, size_t end)
{
	uint32_t start = string->span.first + 1; /* after the quote */

	if (!string->plain)
		return node_inner_span(r->tree, string, first, end);
	return (struct span) { start + (uint32_t)first, start + (uint32_t)end };
}

void
read_bool(struct reader *r, const struct node *value, void *into)
{
	bool *truth = into;

	if (value->kind == HUJSON_TRUE || value->kind == HUJSON_FALSE)
		*truth = value->kind == HUJSON_TRUE;
	else if (value->kind != HUJSON_NULL)
		reader_refuse(r, value, "true or false");
}

void
read_integer(struct reader *r, const struct node *value, void *into)
{
	struct text digits = node_raw(r->tree, value);
	bool negative = text_starts(digits, "-");
	int64_t *number = into;
	uint64_t read;

	if (value->kind == HUJSON_NULL)
		return;
	if (!value_is(r, value, HUJSON_NUMBER, "a whole number"))
		return;
	if (!text_number(text_from(digits, negative), INT64_MAX, &read)) {
		r->good = false;
		finding_add(r->findings, &CHECK_WRONG_TYPE, r->tree->source, value->span,
		            "%s takes a whole number, not %s",
		            text_show(r->arena, r->field), text_show(r->arena, digits));
		return;
	}
	*number = negative ? -(int64_t)read : (int64_t)read;
}

/* A number as JSON writes it, which is as C reads it. */
static double
real_of(struct text digits)
{
	char copy[64];
	size_t len = digits.len < sizeof(copy) ? digits.len : sizeof(copy) - 1;

	memcpy(copy, digits.at, len);
	copy[len] = '\0';
	return strtod(copy, NULL);
}

void
read_real(struct reader *r, const struct node *value, void *into)
{
	double *number = into;

	if (value->kind == HUJSON_NULL)
		return;
	if (value_is(r, value, HUJSON_NUMBER, "a number"))
		*number = real_of(node_raw(r->tree, value));
}

static void
word_read(struct reader *r, const struct node *value, struct word *word, bool trim)
{
	word->text = node_text(r->arena, r->tree, value);
	if (trim)
		word->text = text_trim(word->text);
	word->span = value->span;
	word->node = value;
}

static void
read_one(struct reader *r, const struct node *value, struct word *word, bool trim)
{
	*word = (struct word) { 0 };
	if (value->kind == HUJSON_NULL)
		return;
	/* a value of another type keeps its place, so that it is not missed */
	if (value_is(r, value, HUJSON_STRING, "a string"))
		word_read(r, value, word, trim);
	else
		*word = (struct word) { .span = value->span, .node = value };
}

void
read_word(struct reader *r, const struct node *value, void *into)
{
	read_one(r, value, into, false);
}

void
read_trimmed(struct reader *r, const struct node *value, void *into)
{
	read_one(r, value, into, true);
}

static void
read_many(struct reader *r, const struct node *value, struct words *words, bool trim)
{
	*words = (struct words) { 0 };
	if (value->kind == HUJSON_NULL)
		return;
	words->list = value;
	if (!value_is(r, value, HUJSON_ARRAY, "a list of strings"))
		return;
	words->at = arena_array(r->arena, value->count - 1, sizeof(*words->at));
	for (const struct node *e = node_first(value); e != node_end(value);
	     e = node_next(e))
		if (value_is(r, e, HUJSON_STRING, "strings"))
			word_read(r, e, &words->at[words->n++], trim);
}

void
read_words(struct reader *r, const struct node *value, void *into)
{
	read_many(r, value, into, false);
}

void
read_trimmeds(struct reader *r, const struct node *value, void *into)
{
	read_many(r, value, into, true);
}

void
selector_number(struct reader *r, struct selector *selector)
{
	if (!r->words)
		return;
	selector->word = names_add(r->words, selector->text);
	selector->text = r->words->texts[selector->word];
}

void
read_selectors(struct reader *r, const struct node *value, void *into)
{
	struct selectors *selectors = into;

	*selectors = (struct selectors) { 0 };
	if (value->kind == HUJSON_NULL)
		return;
	selectors->list = value;
	if (!value_is(r, value, HUJSON_ARRAY, "a list of strings"))
		return;
	selectors->at = arena_array(r->arena, value->count - 1, sizeof(*selectors->at));
	for (const struct node *e = node_first(value); e != node_end(value);
	     e = node_next(e)) {
		if (!value_is(r, e, HUJSON_STRING, "strings"))
			continue;
		struct selector *selector = &selectors->at[selectors->n++];
		*selector = selector_parse(node_text(r->arena, r->tree, e));
		selector->span = e->span;
		selector_number(r, selector);
	}
}
