#include "policy/spell.h"

#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"
#include "policy/dialect.h"
#include "policy/numbers.h"
#include "policy/sieve.h"

/* A string before it has its number: the i-th address of the tailnet, or one
 * of the others (prefixes, ranges, "*", addresses of nobody). */
struct spelling {
	struct arena *arena;
	const struct filter *filter;
	struct text *addresses; /* beside tailnet.addresses */
	struct names others;
	bool flat;            /* nothing but prefixes is written: dialect.flat */
	struct range *ranges; /* of a flat dialect: beside others */
	size_t ranges_cap;
	uint32_t *number;     /* address, then other → its place in byte order */
	uint32_t *own_start;  /* by machine: where its addresses' numbers start … */
	uint32_t *own;        /* … here … */
	struct text *texts;   /* … and their texts here */
	struct text *strings; /* in byte order */
	struct sieve sieve;   /* puts numbers in order */
	struct sets lists;
	uint32_t *of_party; /* list + 1 by party, or 0 */
	struct text *json;  /* by list; empty until asked for */
	size_t n_json;
};

static void
write_addresses(struct spelling *s, const struct tailnet *t)
{
	char *buffer = arena_alloc(s->arena, t->n_addresses * RANGE_TEXT_MAX);
	s->addresses = arena_array(s->arena, t->n_addresses, sizeof(*s->addresses));
	for (size_t i = 0; i < t->n_addresses; i++) {
		size_t len = address_write(t->addresses[i].address, buffer);
		s->addresses[i] = (struct text) { buffer, len };
		buffer += len + 1;
	}
}

static uint32_t
add_other(struct spelling *s, const char *text, size_t len)
{
	uint32_t known = names_find(&s->others, (struct text) { text, len });
	if (known != NAMES_NONE)
		return known;
	return names_add(&s->others,
	                 (struct text) { arena_copy(s->arena, text, len), len });
}

/* The string of a range before numbering: an address that a machine has is
 * the same string as that machine's. */
static uint32_t
string_of_range(struct spelling *s, struct range range)
{
	const struct tailnet *t = s->filter->tailnet;
	char text[RANGE_TEXT_MAX];
	if (range_is_single(range)) {
		size_t i = tailnet_address_from(t, range.first);
		if (i < t->n_addresses &&
		    !point_compare(t->addresses[i].address, range.first))
			return (uint32_t)i;
	}
	return (uint32_t)t->n_addresses + add_other(s, text, range_write(range, text));
}

/* The same of a flat dialect, where all are prefixes. */
static uint32_t
string_of_prefix(struct spelling *s, struct range range)
{
	const struct tailnet *t = s->filter->tailnet;
	char text[RANGE_TEXT_MAX];
	size_t known = s->others.n;
	if (range_is_single(range) && tailnet_owner_of(t, range.first) != UINT32_MAX)
		return (uint32_t)tailnet_address_from(t, range.first);
	uint32_t other = add_other(s, text, prefix_write(range, text));
	if (other == known) {
		s->ranges = arena_grow(s->arena, s->ranges, known, &s->ranges_cap,
		                       sizeof(*s->ranges));
		s->ranges[other] = range;
	}
	return (uint32_t)t->n_addresses + other;
}

static void
add_prefixes(struct spelling *s, struct numbers *list, const struct party *party)
{
	struct arena scratch = { 0 };
	struct ranges prefixes = party_flatten(&scratch, s->filter->tailnet, party);
	for (size_t i = 0; i < prefixes.n; i++)
		numbers_add(list, string_of_prefix(s, prefixes.at[i]));
	arena_end(&scratch);
}

static uint32_t
string_of_star(struct spelling *s)
{
	return (uint32_t)s->filter->tailnet->n_addresses + add_other(s, "*", 1);
}

/* Of a flat dialect: all is written out, but for the source of the filter that
 * lets everything through. */
static bool
party_is_flat(const struct spelling *s, const struct party *party)
{
	return s->flat && !(party->danger && !party->any);
}

/* The strings of a party that are not its machines' addresses, before numbering;
 * of a flat dialect, all of them. */
static void
add_others(struct spelling *s, struct numbers *list, const struct party *party)
{
	const struct tailnet *t = s->filter->tailnet;
	if (party_is_flat(s, party)) {
		add_prefixes(s, list, party);
		return;
	}
	if (party->danger) { /* alone, whatever else is named (11.2) */
		numbers_add(list, string_of_star(s));
		return;
	}
	for (size_t i = 0; i < party->n_literals; i++)
		numbers_add(list, string_of_range(s, party->literals[i]));
	for (size_t i = 0; party->any && i < RANGES_OF_TAILNET.n; i++)
		numbers_add(list, string_of_range(s, RANGES_OF_TAILNET.at[i]));
	for (size_t i = 0; party->any && i < t->n_subnets; i++)
		numbers_add(list, string_of_range(s, t->subnets[i].range));
}

/* A string to be sorted, its first bytes as a number. */
struct sorting {
	uint64_t head;
	struct text text;
	uint32_t string;
};

static struct sorting
sorting_of(struct text text, uint32_t string)
{
	uint64_t head = 0;
	for (size_t i = 0; i < 8; i++)
		head = head << 8 | (i < text.len ? (unsigned char)text.at[i] : 0);
	return (struct sorting) { head, text, string };
}

static int
sorting_order(const void *a, const void *b)
{
	const struct sorting *x = a, *y = b;
	if (x->head != y->head)
		return x->head < y->head ? -1 : 1;
	return text_compare(x->text, y->text);
}

/* A prefix to be sorted. */
struct placing {
	struct range range;
	uint32_t string;
};

static int
placing_order(const void *a, const void *b)
{
	const struct placing *x = a, *y = b;
	return range_compare(x->range, y->range);
}

static struct text
write_prefix(struct spelling *s, struct range range)
{
	char text[RANGE_TEXT_MAX];
	size_t len = prefix_write(range, text);
	return (struct text) { arena_copy(s->arena, text, len), len };
}

/* Numbers all strings of a flat dialect in the order of addresses. */
static void
number_prefixes(struct spelling *s)
{
	const struct tailnet *t = s->filter->tailnet;
	size_t n_addresses = t->n_addresses, n = n_addresses + s->others.n;
	struct arena scratch = { 0 };
	struct placing *sorted = arena_array(&scratch, n, sizeof(*sorted));
	s->number = arena_array(s->arena, n, sizeof(*s->number));
	s->strings = arena_array(s->arena, n, sizeof(*s->strings));
	for (uint32_t i = 0; i < n; i++) {
		sorted[i].string = i;
		if (i < n_addresses)
			sorted[i].range.first = sorted[i].range.last =
				t->addresses[i].address;
		else if (s->ranges)
			sorted[i].range = s->ranges[i - n_addresses];
	}
	if (n)
		qsort(sorted, n, sizeof(*sorted), placing_order);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t string = sorted[i].string;
		s->number[string] = i;
		s->strings[i] = string < n_addresses
		                        ? write_prefix(s, sorted[i].range)
		                        : s->others.texts[string - n_addresses];
	}
	arena_end(&scratch);
}

/* Numbers all strings in byte order. */
static void
number_strings(struct spelling *s)
{
	size_t n_addresses = s->filter->tailnet->n_addresses,
	       n = n_addresses + s->others.n;
	struct arena scratch = { 0 };
	struct sorting *sorted = arena_array(&scratch, n, sizeof(*sorted));
	s->number = arena_array(s->arena, n, sizeof(*s->number));
	s->strings = arena_array(s->arena, n, sizeof(*s->strings));
	for (uint32_t i = 0; i < n; i++)
		sorted[i] = sorting_of(i < n_addresses ? s->addresses[i]
		                                       : s->others.texts[i - n_addresses],
		                       i);
	if (n)
		qsort(sorted, n, sizeof(*sorted), sorting_order);
	for (uint32_t i = 0; i < n; i++) {
		s->number[sorted[i].string] = i;
		s->strings[i] = sorted[i].text;
	}
	arena_end(&scratch);
}

/* The numbers and texts of each machine's addresses, in one piece. */
static void
number_machines(struct spelling *s)
{
	const struct tailnet *t = s->filter->tailnet;
	size_t n = 0;
	s->own_start = arena_array(s->arena, t->n_machines + 1, sizeof(*s->own_start));
	s->own = arena_array(s->arena, t->n_addresses, sizeof(*s->own));
	s->texts = arena_array(s->arena, t->n_addresses, sizeof(*s->texts));
	for (size_t i = 0; i < t->n_machines; i++)
		s->own_start[i + 1] =
			s->own_start[i] + (uint32_t)t->machines[i].n_addresses;
	for (size_t i = 0; i < t->n_machines; i++)
		for (size_t k = 0; k < t->machines[i].n_addresses; k++) {
			size_t address =
				tailnet_address_from(t, t->machines[i].addresses[k]);
			s->texts[n] = s->addresses[address];
			s->own[n++] = s->number[address];
		}
}

struct spelling *
spelling_make(struct arena *arena, const struct filter *filter)
{
	struct spelling *s = arena_alloc(arena, sizeof(*s));
	struct arena scratch = { 0 };
	struct numbers unused = { .arena = &scratch };
	*s = (struct spelling) { .arena = arena,
		                 .filter = filter,
		                 .flat = dialect_of(filter->policy->target)->flat,
		                 .others.arena = arena };
	s->of_party = arena_array(arena, filter->n_parties, sizeof(*s->of_party));
	sets_start(&s->lists, arena);
	write_addresses(s, filter->tailnet);
	for (size_t i = 0; i < filter->n_rules; i++) {
		const struct party *src = filter->rules[i].src;
		if (s->of_party[src->number])
			continue;
		s->of_party[src->number] =
			1; /* seen; spelt below, when there are numbers */
		add_others(s, &unused, src);
		unused.n = 0;
	}
	memset(s->of_party, 0, filter->n_parties * sizeof(*s->of_party));
	if (s->flat)
		number_prefixes(s);
	else
		number_strings(s);
	number_machines(s);
	s->sieve = sieve_make(arena, filter->tailnet->n_addresses + s->others.n);
	arena_end(&scratch);
	return s;
}

static void
sift_machines(struct spelling *s, const uint32_t *machines, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (uint32_t k = s->own_start[machines[i]];
		     k < s->own_start[machines[i] + 1]; k++)
			sieve_add(&s->sieve, s->own[k]);
}

uint32_t
spelling_of_party(struct spelling *s, const struct party *party)
{
	uint32_t *known = &s->of_party[party->number];
	if (!*known) {
		struct arena scratch = { 0 };
		struct numbers others = { .arena = &scratch };
		add_others(s, &others, party);
		for (size_t i = 0; i < others.n; i++)
			sieve_add(&s->sieve, s->number[others.at[i]]);
		if (!party->danger && !s->flat)
			sift_machines(s, party->machines->at, party->machines->n);
		*known = sieve_take_set(&s->sieve, &s->lists)->id + 1;
		arena_end(&scratch);
	}
	return *known - 1;
}

uint32_t
spelling_of_machines(struct spelling *s, const uint32_t *machines, size_t n)
{
	sift_machines(s, machines, n);
	return sieve_take_set(&s->sieve, &s->lists)->id;
}

size_t
spelling_n(const struct spelling *s)
{
	return s->lists.n;
}

size_t
spelling_length(const struct spelling *s, uint32_t list)
{
	return s->lists.all[list]->n;
}

struct text
spelling_text(const struct spelling *s, uint32_t list, size_t i)
{
	return s->strings[s->lists.all[list]->at[i]];
}

struct text
spelling_address(const struct spelling *s, size_t address)
{
	return s->addresses[address];
}

const struct text *
spelling_own(const struct spelling *s, uint32_t machine)
{
	return s->texts + s->own_start[machine];
}

/* ["a","b"]: nothing in an address needs escaping. */
static struct text
write_json(const struct spelling *s, const struct set *list)
{
	size_t len = list->n ? 1 : 2;
	for (uint32_t i = 0; i < list->n; i++)
		len += s->strings[list->at[i]].len + 3;
	char *json = arena_bytes(s->arena, len), *at = json;
	*at++ = '[';
	for (uint32_t i = 0; i < list->n; i++) {
		struct text string = s->strings[list->at[i]];
		*at++ = '"';
		memcpy(at, string.at, string.len);
		at += string.len;
		*at++ = '"';
		*at++ = i + 1 < list->n ? ',' : ']';
	}
	if (!list->n)
		*at = ']';
	return (struct text) { json, len };
}

void
spelling_fetch(const struct spelling *s, uint32_t list)
{
	if (list < s->n_json)
		__builtin_prefetch(&s->json[list]);
}

struct text
spelling_json(struct spelling *s, uint32_t list)
{
	if (s->n_json < s->lists.n) { /* lists of single owners come while we write */
		struct text *json = arena_array(s->arena, s->lists.cap, sizeof(*json));
		if (s->n_json)
			memcpy(json, s->json, s->n_json * sizeof(*json));
		s->json = json;
		s->n_json = s->lists.cap;
	}
	if (!s->json[list].len)
		s->json[list] = write_json(s, s->lists.all[list]);
	return s->json[list];
}
