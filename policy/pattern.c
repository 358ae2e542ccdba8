#include "policy/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "grammar/arena.h"

/* A name of the length that names have needs a few hundred steps of a sane
 * pattern. */
#define STEPS_MAX 100000
#define HEAP_KIB_MAX 4096
#define PATTERN_BYTES_MAX 4096
#define PARENTHESES_MAX 50

struct pattern {
	pcre2_code *code;
};

static void *
memory_give(PCRE2_SIZE size, void *arena)
{
	return arena_alloc(arena, size);
}

static void
memory_take(void *memory, void *arena)
{
	(void)memory;
	(void)arena;
}

static pcre2_general_context *
memory_of(struct arena *arena)
{
	return pcre2_general_context_create(memory_give, memory_take, arena);
}

struct pattern *
pattern_compile(struct arena *arena, struct text text, const char **why, size_t *where)
{
	const uint32_t options =
		PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_NEVER_BACKSLASH_C;
	pcre2_compile_context *context = pcre2_compile_context_create(memory_of(arena));
	struct pattern *pattern = arena_alloc(arena, sizeof(*pattern));
	PCRE2_UCHAR *message = arena_alloc(arena, 256);
	int fault = 0;

	*where = 0; /* PCRE2 says, but no sanitizer sees it write */
	pcre2_set_max_pattern_length(context, PATTERN_BYTES_MAX);
	pcre2_set_parens_nest_limit(context, PARENTHESES_MAX);
	pattern->code = pcre2_compile((PCRE2_SPTR)text.at, text.len, options, &fault,
	                              where, context);
	if (pattern->code)
		return pattern;
	pcre2_get_error_message(fault, message, 256);
	*why = (const char *)message;
	return NULL;
}

enum pattern_match
pattern_match(const struct pattern *pattern, struct text name)
{
	struct arena scratch = { 0 };
	pcre2_general_context *memory = memory_of(&scratch);
	pcre2_match_context *bounds = pcre2_match_context_create(memory);
	pcre2_match_data *data = pcre2_match_data_create(1, memory);
	int found;

	pcre2_set_match_limit(bounds, STEPS_MAX);
	pcre2_set_depth_limit(bounds, STEPS_MAX);
	pcre2_set_heap_limit(bounds, HEAP_KIB_MAX);
	found = pcre2_match(pattern->code, (PCRE2_SPTR)(name.len ? name.at : ""),
	                    name.len, 0, 0, data, bounds);
	arena_end(&scratch);
	if (found >= 0)
		return PATTERN_MATCHES;
	return found == PCRE2_ERROR_NOMATCH ? PATTERN_DIFFERS : PATTERN_TOO_COSTLY;
}
