/* What fmt prints is settled, means the same, and its patch leads there. */
#include "grammar/fuzz.h"

#include "cli/apply_test.h"
#include "cli/patch.h"
#include "grammar/arena.h"

#define FLOOR ((size_t)1 << 17)

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return fuzz_watch_install();
}

static struct tree *
text_read(struct arena *arena, struct text text)
{
	struct findings findings = { .arena = arena };
	char *bytes = arena_bytes(arena, text.len);

	if (text.len > 0)
		memcpy(bytes, text.at, text.len);
	return hujson_parse(arena, source_of(arena, "-", bytes, text.len), &findings);
}

static void
patch_try(struct arena *arena, struct text old, struct text new)
{
	struct output out;
	struct text made = { NULL, 0 };

	output_start_memory(&out, arena);
	patch_write(&out, "policy.hujson", old, new);
	demand(patch_apply(arena, output_taken(&out), old, &made));
	demand(text_equal(made, new));
	demand((output_taken(&out).len == 0) == text_equal(old, new));
}

/* The same values; strings may be spelt otherwise. */
static void
meaning_stays(struct arena *arena, const struct tree *old, const struct tree *new)
{
	demand(old->n == new->n);
	for (uint32_t i = 0; i < old->n; i++) {
		const struct node *a = &old->root[i], *b = &new->root[i];
		demand(a->kind == b->kind && a->count == b->count);
		if (a->kind == HUJSON_STRING)
			demand(text_equal(node_text(arena, old, a),
			                  node_text(arena, new, b)));
		else if (a->kind != HUJSON_ARRAY && a->kind != HUJSON_OBJECT)
			demand(text_equal(node_raw(old, a), node_raw(new, b)));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct arena arena = { 0 };
	struct text text = { (const char *)bytes, len };

	fuzz_watch_begin(len, FLOOR);
	const struct tree *tree = text_read(&arena, text);
	struct text formatted = { NULL, 0 };
	if (!tree->broken)
		formatted = hujson_format(&arena, tree);
	fuzz_watch_end(len);
	if (!tree->broken) {
		const struct tree *again = text_read(&arena, formatted);
		demand(!again->broken);
		demand(text_equal(hujson_format(&arena, again), formatted));
		meaning_stays(&arena, tree, again);
	}
	patch_try(&arena, text, formatted);
	struct fuzz_parts parts = fuzz_parts_of(bytes, len);
	patch_try(&arena, parts.at[0], parts.at[1]);
	arena_end(&arena);
	return 0;
}
