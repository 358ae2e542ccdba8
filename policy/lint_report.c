/* What makes a finding the same finding in another version of the policy. */
#include "policy/lint.h"

#include <string.h>

#include "grammar/arena.h"

#define FNV_START UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

static uint64_t
hash_text(uint64_t hash, struct text text)
{
	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ (unsigned char)text.at[i]) * FNV_PRIME;
	return (hash ^ 0xFF) * FNV_PRIME; /* where it ends */
}

/* The member of the root that a node is in, or the root. */
static const struct node *
section_of(const struct tree *tree, const struct node *node)
{
	const struct node *parent;

	while ((parent = node_parent(tree, node)) && parent != tree->root)
		node = parent;
	return node;
}

/* The words of a node without what may move: numbers of places aside. Of many
 * findings in one node, they are read once. */
static uint64_t
node_sense(struct arena *arena, const struct tree *tree, const struct node *node,
           struct senses *senses)
{
	if (tree->broken || node == tree->root)
		return hash_text(FNV_START, text_of(""));
	if (!senses->at)
		senses->at = arena_array(arena, tree->n, sizeof(*senses->at));
	uint64_t *sense = &senses->at[node - tree->root];
	if (*sense == 0) {
		struct arena_mark mark = arena_mark(arena);
		*sense = hash_text(FNV_START, hujson_minimize(arena, tree, node));
		arena_reset(arena, mark);
	}
	return *sense;
}

static uint64_t
hash_number(uint64_t hash, uint64_t number)
{
	char bytes[sizeof(number)];

	memcpy(bytes, &number, sizeof(number));
	return hash_text(hash, (struct text) { bytes, sizeof(bytes) });
}

uint64_t
finding_key(struct arena *arena, const struct tree *tree, const struct finding *finding,
            struct senses *senses)
{
	uint64_t hash = hash_text(FNV_START, text_of(finding->check->id));

	if (finding->source != tree->source)
		return hash_text(hash, text_of(finding->said));
	const struct node *node = node_at(tree, finding->where.first);
	const struct node *section = section_of(tree, node);
	const char *path = node_path(arena, tree, section);
	hash = hash_text(hash, text_of(path));
	return hash_number(hash, node_sense(arena, tree, node, senses));
}

const char **
report_keys(struct arena *arena, const struct tree *tree, const struct report *report)
{
	struct arena scratch = { 0 };
	struct names alike = { .arena = &scratch };
	const char **keys = arena_array(arena, report->n, sizeof(*keys));
	unsigned *counts = arena_array(&scratch, report->n, sizeof(*counts));
	struct senses senses = { NULL };

	for (size_t i = 0; i < report->n; i++) {
		uint64_t hash = finding_key(&scratch, tree, report->at[i], &senses);
		char *key = arena_format(&scratch, "%016llx", (unsigned long long)hash);
		uint32_t number = names_add(&alike, text_of(key));
		keys[i] = arena_format(arena, "%s:%u", key, ++counts[number]);
	}
	arena_end(&scratch);
	return keys;
}
