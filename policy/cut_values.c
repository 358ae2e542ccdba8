/* JSON values that pass through a policy, told apart by what they say. */
#include "policy/cut_parts.h"

#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"

/* A member of an object: the numbers of its name and its value. */
struct member {
	uint32_t name, value, order;
};

static int
member_order(const void *left, const void *right)
{
	const struct member *a = left, *b = right;

	if (a->name != b->name)
		return a->name < b->name ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

/* Numbers on their way to a key. */
struct key {
	struct arena *arena;
	uint32_t *at;
	size_t n, cap;
};

static void
key_put(struct key *key, uint32_t number)
{
	key->at = arena_grow(key->arena, key->at, key->n, &key->cap, sizeof(*key->at));
	key->at[key->n++] = number;
}

/* The members by name; of two of the same name the later one, as Go reads it. */
static void
key_object(struct key *key, const struct node *object, const uint32_t *numbers)
{
	struct member *members = arena_array(key->arena, object->count, sizeof(*members));
	uint32_t n = 0;

	for (const struct node *m = node_first(object); m != node_end(object);
	     m = member_next(m), n++)
		members[n] = (struct member) { numbers[m - object],
			                       numbers[member_value(m) - object], n };
	if (n > 1)
		qsort(members, n, sizeof(*members), member_order);
	for (uint32_t i = 0; i < n; i++) {
		if (i + 1 < n && members[i + 1].name == members[i].name)
			continue;
		key_put(key, members[i].name);
		key_put(key, members[i].value);
	}
}

/* A literal's key begins with its kind and has its text; what contains others
 * has their numbers. */
static uint32_t
value_number(struct cut *cut, struct arena *scratch, const struct tree *tree,
             const struct node *value, const uint32_t *numbers)
{
	struct key key = { .arena = scratch };
	struct text bytes = { 0 };

	key_put(&key, value->kind);
	if (value->kind == HUJSON_ARRAY) {
		for (const struct node *e = node_first(value); e != node_end(value);
		     e = node_next(e))
			key_put(&key, numbers[e - value]);
	} else if (value->kind == HUJSON_OBJECT) {
		key_object(&key, value, numbers);
	} else {
		bytes = value->kind == HUJSON_STRING ? node_text(scratch, tree, value)
		                                     : node_raw(tree, value);
	}
	size_t len = key.n * sizeof(*key.at);
	char *name = arena_alloc(cut->arena, len + bytes.len);
	memcpy(name, key.at, len);
	if (bytes.len > 0)
		memcpy(name + len, bytes.at, bytes.len);
	return names_add(&cut->values, (struct text) { name, len + bytes.len });
}

uint32_t
cut_value(struct cut *cut, const struct tree *tree, const struct node *value)
{
	struct arena scratch = { 0 };
	uint32_t *numbers = arena_array(&scratch, value->count, sizeof(*numbers));

	/* from the last node on, so that what is inside comes first */
	for (uint32_t i = value->count; i-- > 0;) {
		const struct node *node = value + i;
		/* the numbers of what is inside lie after its own */
		numbers[i] = value_number(cut, &scratch, tree, node, numbers + i);
	}
	uint32_t number = numbers[0];
	arena_end(&scratch);
	return number;
}
