/* Reads anything; what was read is printed back as it was, and what has no
 * errors settles in its canonical form. */
#include "grammar/hujson.h"

#include "grammar/arena.h"
#include "grammar/fuzz.h"
#include "grammar/rune.h"

#define FLOOR ((size_t)1 << 17)

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return fuzz_watch_install();
}

static bool
is_same(struct text a, struct text b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static struct tree *
text_read(struct arena *arena, struct text text)
{
	struct findings findings = { .arena = arena };
	struct source *source = source_of(arena, "-", text.at, text.len);
	struct tree *tree = hujson_parse(arena, source, &findings);

	demand(tree->broken == (findings.n > 0));
	/* a few bytes cannot have many errors: reading would go in circles */
	if (tree->broken && text.len < 60)
		demand(!text_is(text_of(findings.at[findings.n - 1]->said),
		                "too many errors: reading stops here"));
	demand(tree->root->count == tree->n);
	return tree;
}

/* Looks at each node in all ways there are. */
static void
nodes_visit(struct arena *arena, const struct tree *tree)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < tree->n; i++) {
		const struct node *node = &tree->root[i];
		demand(node->span.first >= at && node->span.first <= node->span.end);
		demand(node->span.end <= tree->source->len);
		demand(node->count > 0 && i + node->count <= tree->n);
		at = node->span.first;
		if (node->kind == HUJSON_STRING) {
			struct text text = node_text(arena, tree, node);
			demand(runes_valid(text.at, text.len) == text.len);
			struct span all = node_inner_span(tree, node, 0, text.len);
			demand(all.first >= node->span.first &&
			       all.end <= node->span.end);
		}
		const struct node *parent = node_parent(tree, node);
		demand(!parent == (i == 0) && (!parent || node < node_end(parent)));
		demand(node_at(tree, node->span.first) >= tree->root);
	}
	node_path(arena, tree, &tree->root[tree->n - 1]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct arena arena = { 0 };
	struct text text = { (const char *)bytes, len };
	fuzz_watch_begin(len, FLOOR);
	const struct tree *tree = text_read(&arena, text);
	fuzz_watch_end(len);
	nodes_visit(&arena, tree);
	demand(is_same(hujson_print(&arena, tree), text));
	if (!tree->broken) {
		struct text formatted = hujson_format(&arena, tree);
		const struct tree *again = text_read(&arena, formatted);
		demand(!again->broken && again->n == tree->n);
		demand(is_same(hujson_format(&arena, again), formatted));
		struct text minimized = hujson_minimize(&arena, tree, tree->root);
		again = text_read(&arena, minimized);
		demand(!again->broken && again->n == tree->n);
	}
	arena_end(&arena);
	return 0;
}
