#define _GNU_SOURCE /* memmem */
#include "policy/hush.h"

#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"
#include "grammar/duration.h"
#include "grammar/path.h"
#include "policy/levels.h"
#include "policy/policy.h"
#include "policy/repair.h"
#include "policy/settings.h"
#include "policy/show.h"

/* What one comment, or one entry of the settings, says. */
struct notice {
	struct source *source;
	struct span where;             /* of the comment, or the entry's check */
	const struct comment *comment; /* NULL: an entry of the settings */
	struct span about;
	bool line;            /* about a line, not a value */
	bool expired;         /* hushes no more */
	bool misread;         /* its reason was taken for a part of an id */
	size_t n_ids, n_idle; /* in the end: of those that hush nothing */
};

/* One check that a notice hushes. */
struct hush {
	const struct check *check; /* NULL: there is none of that id */
	struct span id;
	struct notice *notice;
	bool used;
	uint32_t around; /* of values: the hush whose value holds this one's */
	uint32_t order;  /* of being read */
};

#define HUSH_NONE UINT32_MAX

/* Hushes of lines, or of values, by where these start. */
struct hush_list {
	struct hush *at;
	size_t n, cap;
};

struct hushes {
	struct arena *arena;
	const struct tree *tree;
	struct findings *findings;
	struct fixes *fixes;
	int64_t today;
	struct hush_list lines, values;
};

/* Checks that say nothing without an inventory. */
static const struct check *const of_inventories[] = {
	&CHECK_TAGGED_USER_DEVICE, &CHECK_DEPARTED_USER,
	&CHECK_MATCHES_NO_DEVICE,  &CHECK_REDUNDANT_ONLY_WITH_INVENTORY,
	&CHECK_STALE_ADDRESS,      &CHECK_MEMBER_TAG_CONFUSION,
	&CHECK_SINGLE_STACK_ALIAS, &CHECK_REACH_BUDGET,
	&CHECK_VIA_UNUSABLE,
};

static bool
needs_inventory(const struct check *check)
{
	for (size_t i = 0; i < sizeof(of_inventories) / sizeof(*of_inventories); i++)
		if (check == of_inventories[i])
			return true;
	return false;
}

static struct finding *
notice_raise(struct hushes *hushes, const struct notice *notice,
             const struct check *check, struct span where, const char *said)
{
	return finding_add(hushes->findings, check, notice->source, where, "%s", said);
}

/* The span of a part of a comment. */
static struct span
part_span(const struct hushes *hushes, struct text part)
{
	uint32_t first = (uint32_t)(part.at - hushes->tree->source->bytes);

	return (struct span) { first, first + (uint32_t)part.len };
}

static void
hush_add(struct hushes *hushes, struct notice *notice, const struct check *check,
         struct span id)
{
	struct hush_list *list = notice->line ? &hushes->lines : &hushes->values;

	notice->n_ids++;
	list->at = arena_grow(hushes->arena, list->at, list->n, &list->cap,
	                      sizeof(*list->at));
	list->at[list->n] = (struct hush) {
		.check = check,
		.id = id,
		.notice = notice,
		.around = HUSH_NONE,
		.order = (uint32_t)list->n,
	};
	list->n++;
}

/* Takes the first word off a text. */
static struct text
word_take(struct text *text)
{
	struct text word = { text->at, 0 };

	while (word.len < text->len && text->at[word.len] != ' ' &&
	       text->at[word.len] != '\t' && text->at[word.len] != '\n' &&
	       text->at[word.len] != '\r')
		word.len++;
	*text = text_trim(text_from(*text, word.len));
	return word;
}

/* Whether the text before the next comma is an id. The first one is, whatever
 * it looks like; after it a reason may come, so that only what is an id, or
 * nearly one, is taken for that. */
static bool
is_id(struct text part, bool first)
{
	struct text rest = part;

	if (first || check_named(part))
		return true;
	word_take(&rest);
	return rest.len == 0 && check_nearest(part).len > 0;
}

/* Raises an id that is none. */
static void
id_unknown(struct hushes *hushes, struct notice *notice, struct text id,
           struct span where)
{
	struct text nearest = check_nearest(id), rest = id, word = word_take(&rest);
	const char *shown = text_show(hushes->arena, id);
	struct finding *finding;

	if (rest.len > 0 && check_named(word)) {
		notice_raise(hushes, notice, &CHECK_UNKNOWN_RULE_IN_SUPPRESSION, where,
		             arena_format(hushes->arena,
		                          "this hushes nothing; write a comma between "
		                          "%.*s and the reason",
		                          TEXT_ARG(word)));
		notice->misread = true;
		return;
	}
	finding = notice_raise(
		hushes, notice, &CHECK_UNKNOWN_RULE_IN_SUPPRESSION, where,
		nearest.len ? arena_format(hushes->arena,
	                                   "there is no check %s; did you mean %.*s?",
	                                   shown, TEXT_ARG(nearest))
			    : arena_format(hushes->arena,
	                                   "there is no check %s, so this hushes nothing",
	                                   shown));
	if (nearest.len > 0 && notice->comment)
		fix_replace(hushes->fixes, fix_add(hushes->fixes, finding, REPAIR_SAFE),
		            where, nearest);
}

static void
id_take(struct hushes *hushes, struct notice *notice, struct text id, struct span where)
{
	const struct check *check = check_named(id);

	if (!check) {
		notice->n_ids++;
		id_unknown(hushes, notice, id, where);
	} else if (check_is_firm(check)) {
		notice->n_ids++;
		notice_raise(hushes, notice, &CHECK_UNUSED_SUPPRESSION, where,
		             arena_format(hushes->arena,
		                          "%s is an error, and errors cannot be hushed",
		                          check->id));
	} else {
		hush_add(hushes, notice, check, where);
	}
}

static void
comment_remove(struct hushes *hushes, const struct finding *finding,
               const struct notice *notice)
{
	if (notice->comment)
		fix_drop_comment(hushes->fixes,
		                 fix_add(hushes->fixes, finding, REPAIR_SAFE),
		                 notice->comment->span);
}

/* Judges the date after `until`; an unreadable one is raised and counts for
 * nothing. */
static void
date_take(struct hushes *hushes, struct notice *notice, struct text date,
          struct span where)
{
	int64_t days;

	if (!date_parse(date, &days)) {
		notice_raise(hushes, notice, &CHECK_INVALID_SUPPRESSION, where,
		             "until is followed by a date, as in 2027-01-31");
		return;
	}
	if (days >= hushes->today)
		return;
	notice->expired = true;
	comment_remove(hushes,
	               notice_raise(hushes, notice, &CHECK_EXPIRED_SUPPRESSION, where,
	                            arena_format(hushes->arena,
	                                         "this hushed its check until %.*s, and "
	                                         "no longer does",
	                                         TEXT_ARG(date))),
	               notice);
}

/* Takes "ID until 2027-01-31": the last of the ids. */
static bool
id_until_take(struct hushes *hushes, struct notice *notice, struct text part)
{
	struct text rest = part, id = word_take(&rest), word = word_take(&rest);

	if (!text_is(word, "until"))
		return false;
	date_take(hushes, notice, rest, part_span(hushes, rest.len ? rest : part));
	id_take(hushes, notice, id, part_span(hushes, id));
	return true;
}

/* Reads what follows `ignore`: ids, a date, a reason. */
static void
comment_ids_read(struct hushes *hushes, struct notice *notice, struct text rest)
{
	bool first = true, dated = false;

	while (rest.len > 0 && !dated) {
		size_t comma = text_find(rest, ',');
		struct text part = text_trim((struct text) { rest.at, comma });
		dated = id_until_take(hushes, notice, part);
		if (!dated && !is_id(part, first))
			break;
		if (!dated)
			id_take(hushes, notice, part, part_span(hushes, part));
		rest = comma < rest.len ? text_trim(text_from(rest, comma + 1))
		                        : text_from(rest, rest.len);
		first = false;
	}
	if (first)
		notice_raise(hushes, notice, &CHECK_INVALID_SUPPRESSION, notice->where,
		             "ignore is followed by the id of a check: "
		             "// aclc: ignore ID, reason");
	else if (rest.len == 0 && !notice->misread)
		notice_raise(hushes, notice, &CHECK_SUPPRESSION_WITHOUT_REASON,
		             notice->where,
		             "this does not say why; add a comma and the reason");
}

#define SUMMONS "aclc:"

bool
hush_is(struct text said)
{
	return text_starts(said, SUMMONS);
}

static void
comment_read(struct hushes *hushes, const struct comment *comment)
{
	struct text rest = comment->said;
	struct notice *notice;

	if (!hush_is(rest))
		return;
	rest = text_trim(text_from(rest, sizeof(SUMMONS) - 1));
	notice = arena_alloc(hushes->arena, sizeof(*notice));
	notice->source = hushes->tree->source;
	notice->where = comment->span;
	notice->comment = comment;
	notice->about = comment->about;
	notice->line = !comment->own_line;
	if (text_is(word_take(&rest), "ignore"))
		comment_ids_read(hushes, notice, rest);
	else
		notice_raise(hushes, notice, &CHECK_INVALID_SUPPRESSION, notice->where,
		             "aclc understands // aclc: ignore ID, reason");
}

/* A value, and its name where it has one. */
static struct span
with_name(const struct tree *tree, const struct node *value)
{
	const struct node *parent = node_parent(tree, value);
	struct span span = value->span;

	if (parent && parent->kind == HUJSON_OBJECT)
		span.first = value[-1].span.first;
	return span;
}

static void
setting_read(struct hushes *hushes, const struct settings *settings,
             const struct ignore_setting *ignore)
{
	const struct node *node = node_by_path(hushes->tree, ignore->path.text);
	struct notice *notice = arena_alloc(hushes->arena, sizeof(*notice));

	notice->source = settings->source;
	notice->where = ignore->check.span;
	if (node)
		notice->about = with_name(hushes->tree, node);
	if (ignore->until.node)
		date_take(hushes, notice, ignore->until.text, ignore->until.span);
	if (ignore->reason.text.len == 0)
		notice_raise(hushes, notice, &CHECK_SUPPRESSION_WITHOUT_REASON,
		             notice->where, "this does not say why; give it a reason");
	id_take(hushes, notice, ignore->check.text, ignore->check.span);
}

static int
hush_compare(const void *left, const void *right)
{
	const struct hush *a = left, *b = right;
	struct span x = a->notice->about, y = b->notice->about;

	if (x.first != y.first)
		return x.first < y.first ? -1 : 1;
	if (x.end != y.end)
		return x.end > y.end ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

/* Sorts hushes, and finds for each value the one around it: values nest or lie
 * apart. */
static void
hush_list_settle(struct hush_list *list)
{
	uint32_t open = HUSH_NONE;

	if (list->n > 0)
		qsort(list->at, list->n, sizeof(*list->at), hush_compare);
	for (uint32_t i = 0; i < list->n; i++) {
		struct hush *hush = &list->at[i];
		while (open != HUSH_NONE &&
		       list->at[open].notice->about.end < hush->notice->about.end)
			open = list->at[open].around;
		hush->around = open;
		open = i;
	}
}

/* Reads the comments, if any of them can be for us. */
static void
comments_read(struct hushes *hushes)
{
	const struct source *source = hushes->tree->source;

	if (!memmem(source->bytes, source->len, SUMMONS, sizeof(SUMMONS) - 1))
		return;
	const struct comments *comments = fixes_comments(hushes->fixes);
	for (size_t i = 0; i < comments->n; i++)
		comment_read(hushes, &comments->at[i]);
}

struct hushes *
hushes_read(struct arena *arena, const struct tree *tree, const struct settings *settings,
            int64_t today, struct findings *findings, struct fixes *fixes)
{
	struct hushes *hushes = arena_alloc(arena, sizeof(*hushes));

	hushes->arena = arena;
	hushes->tree = tree;
	hushes->findings = findings;
	hushes->fixes = fixes;
	hushes->today = today;
	comments_read(hushes);
	for (size_t i = 0; i < settings->n_ignore; i++)
		setting_read(hushes, settings, &settings->ignore[i]);
	hush_list_settle(&hushes->lines);
	hush_list_settle(&hushes->values);
	return hushes;
}

/* How many of the hushes start at or before an offset. */
static size_t
hushes_before(const struct hush_list *list, uint32_t offset)
{
	size_t low = 0, high = list->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (list->at[middle].notice->about.first <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Whether the hush is for this check at this place. */
static bool
hush_fits(struct hush *hush, const struct check *check, uint32_t offset)
{
	struct span about = hush->notice->about;

	return hush->check == check && !hush->notice->expired && offset >= about.first &&
	       (offset < about.end || (hush->notice->line && offset == about.end));
}

static bool
lines_take(struct hush_list *list, const struct check *check, uint32_t offset)
{
	size_t n = hushes_before(list, offset);
	uint32_t line = n > 0 ? list->at[n - 1].notice->about.first : 0;

	for (; n > 0 && list->at[n - 1].notice->about.first == line; n--) {
		struct hush *hush = &list->at[n - 1];
		if (hush_fits(hush, check, offset))
			return hush->used = true;
	}
	return false;
}

static bool
values_take(struct hush_list *list, const struct check *check, uint32_t offset)
{
	size_t n = hushes_before(list, offset);
	uint32_t i = n > 0 ? (uint32_t)(n - 1) : HUSH_NONE;

	for (; i != HUSH_NONE; i = list->at[i].around) {
		struct hush *hush = &list->at[i];
		if (hush_fits(hush, check, offset))
			return hush->used = true;
	}
	return false;
}

bool
hushes_take(struct hushes *hushes, const struct finding *finding)
{
	uint32_t offset = finding->where.first;

	if (finding->level == LEVEL_ERROR || finding->source != hushes->tree->source)
		return false;
	return lines_take(&hushes->lines, finding->check, offset) ||
	       values_take(&hushes->values, finding->check, offset);
}

/* Takes an id and its comma out of a comment that has others. */
static void
id_remove(struct hushes *hushes, const struct finding *finding, const struct hush *hush)
{
	struct text rest = source_text(hushes->tree->source, hush->notice->where);
	struct span span = hush->id;
	uint32_t end = hush->notice->where.first + (uint32_t)rest.len;
	const char *bytes = hushes->tree->source->bytes;

	while (span.end < end && bytes[span.end] == ' ')
		span.end++;
	if (span.end == end || bytes[span.end] != ',')
		return; /* the last, with a date behind it: left to people */
	span.end++;
	while (span.end < end && bytes[span.end] == ' ')
		span.end++;
	fix_replace(hushes->fixes, fix_add(hushes->fixes, finding, REPAIR_SAFE), span,
	            (struct text) { NULL, 0 });
}

/* What became of a hush that hushed nothing. */
static const char *
unused_said(struct hushes *hushes, const struct hush *hush)
{
	const struct notice *notice = hush->notice;
	const char *id = hush->check->id;

	if (!notice->line && notice->about.first == notice->about.end)
		return notice->comment
		               ? "nothing follows this comment that it could be about"
		               : "there is nothing at this path";
	return arena_format(hushes->arena, "there is no %s to hush %s", id,
	                    notice->line ? "on this line" : "in what this is about");
}

static void
hush_unused(struct hushes *hushes, const struct hush *hush)
{
	const struct notice *notice = hush->notice;
	struct finding *finding = notice_raise(hushes, notice, &CHECK_UNUSED_SUPPRESSION,
	                                       hush->id, unused_said(hushes, hush));

	if (notice->n_idle == notice->n_ids)
		comment_remove(hushes, finding, notice);
	else if (notice->comment)
		id_remove(hushes, finding, hush);
}

static bool
hush_is_idle(const struct hush *hush, bool inventory)
{
	return !hush->used && !hush->notice->expired &&
	       (inventory || !needs_inventory(hush->check));
}

static void
list_finish(struct hushes *hushes, const struct hush_list *list, bool inventory)
{
	for (size_t i = 0; i < list->n; i++)
		list->at[i].notice->n_idle += hush_is_idle(&list->at[i], inventory);
	for (size_t i = 0; i < list->n; i++)
		if (hush_is_idle(&list->at[i], inventory))
			hush_unused(hushes, &list->at[i]);
}

void
hushes_finish(struct hushes *hushes, bool inventory)
{
	list_finish(hushes, &hushes->lines, inventory);
	list_finish(hushes, &hushes->values, inventory);
}
