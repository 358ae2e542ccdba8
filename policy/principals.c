#include "policy/principals.h"

#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"
#include "policy/numbers.h"

/* Machines in ascending order; one stands there as often as it is named. */
struct list {
	const uint32_t *at;
	size_t n;
	struct text json; /* empty until asked for */
};

struct principals {
	struct arena *arena;
	const struct tailnet *tailnet;
	struct names keys; /* of the lists: their bytes */
	struct list *lists;
	size_t cap;
	struct text *texts; /* of every address, machine by machine */
	uint32_t *first;    /* by machine: its first text */
	uint32_t *place;    /* of a text among all, in byte order */
};

struct principals *
principals_make(struct arena *arena, const struct tailnet *tailnet)
{
	struct principals *t = arena_alloc(arena, sizeof *t);
	*t = (struct principals) { .arena = arena,
		                   .tailnet = tailnet,
		                   .keys.arena = arena };
	return t;
}

uint32_t
principals_of(struct principals *t, const uint32_t *machines, size_t n)
{
	struct text key = { (const char *)machines, n * sizeof *machines };
	uint32_t known = names_find(&t->keys, key);
	if (known != NAMES_NONE)
		return known;
	uint32_t *copy = arena_array(t->arena, n, sizeof *copy);
	if (n)
		memcpy(copy, machines, n * sizeof *copy);
	t->lists = arena_grow(t->arena, t->lists, t->keys.n, &t->cap, sizeof *t->lists);
	t->lists[t->keys.n] = (struct list) { .at = copy, .n = n };
	key.at = (const char *)copy;
	return names_add(&t->keys, key);
}

/* A text and its number, to be sorted. */
struct numbered {
	struct text text;
	uint32_t number;
};

static int
numbered_order(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;
	int order = text_compare(x->text, y->text);
	return order ? order : (x->number > y->number) - (x->number < y->number);
}

/* Writes every address once, and finds its place in byte order. */
static void
spell_addresses(struct principals *t)
{
	const struct tailnet *net = t->tailnet;
	struct arena scratch = { 0 };
	char text[RANGE_TEXT_MAX];
	uint32_t n = 0;
	t->first = arena_array(t->arena, net->n_machines + 1, sizeof *t->first);
	for (size_t m = 0; m < net->n_machines; m++)
		t->first[m + 1] = t->first[m] + (uint32_t)net->machines[m].n_addresses;
	uint32_t total = t->first[net->n_machines];
	struct numbered *sorted = arena_array(&scratch, total, sizeof *sorted);
	for (size_t m = 0; m < net->n_machines; m++)
		for (size_t k = 0; k < net->machines[m].n_addresses; k++, n++) {
			size_t len = address_write(net->machines[m].addresses[k], text);
			sorted[n].number = n;
			sorted[n].text =
				(struct text) { arena_copy(t->arena, text, len), len };
		}
	if (total)
		qsort(sorted, total, sizeof *sorted, numbered_order);
	t->texts = arena_array(t->arena, total, sizeof *t->texts);
	t->place = arena_array(t->arena, total, sizeof *t->place);
	for (uint32_t i = 0; i < total; i++) {
		t->texts[i] = sorted[i].text;
		t->place[sorted[i].number] = i;
	}
	arena_end(&scratch);
}

static struct text
list_write(struct principals *t, const uint32_t *places, size_t n)
{
	static const char before[] = "{\"nodeIP\":\"", after[] = "\"},";
	size_t size = 3;
	for (size_t i = 0; i < n; i++)
		size += sizeof before + sizeof after + t->texts[places[i]].len;
	char *json = arena_alloc(t->arena, size), *at = json;
	*at++ = '[';
	for (size_t i = 0; i < n; i++) {
		struct text address = t->texts[places[i]];
		memcpy(at, before, sizeof before - 1);
		memcpy(at + sizeof before - 1, address.at, address.len);
		at += sizeof before - 1 + address.len;
		memcpy(at, after, sizeof after - 1);
		at += sizeof after - 1;
	}
	at -= n > 0; /* the last comma */
	*at++ = ']';
	return (struct text) { json, (size_t)(at - json) };
}

struct text
principals_json(struct principals *t, uint32_t list)
{
	struct list *l = &t->lists[list];
	if (l->json.len)
		return l->json;
	if (!t->texts)
		spell_addresses(t);
	struct arena scratch = { 0 };
	struct numbers places = { .arena = &scratch };
	for (size_t i = 0; i < l->n; i++)
		for (uint32_t k = t->first[l->at[i]]; k < t->first[l->at[i] + 1]; k++)
			numbers_add(&places, t->place[k]);
	numbers_arrange(places.at, places.n);
	l->json = list_write(t, places.at, places.n);
	arena_end(&scratch);
	return l->json;
}

size_t
principals_n(const struct principals *t)
{
	return t->keys.n;
}
