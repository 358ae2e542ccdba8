/* App capabilities: who has which of them where, value by value; and by way of which
 * routers a grant leads. */
#include "policy/diff_parts.h"

#include "grammar/arena.h"
#include "grammar/hujson.h"

/* So much of a value is told. */
#define VALUE_MAX 160

static const char *
value_text(struct arena *arena, const struct cut_plane *plane)
{
	struct text text = hujson_minimize(arena, plane->tree, plane->value);

	if (text.len <= VALUE_MAX)
		return arena_format(arena, "%.*s", TEXT_ARG(text));
	return arena_format(arena, "%.*s...", VALUE_MAX, text.at);
}

static const struct grant *
grant_of(const struct telling *t, enum diff_side side, const struct diff_block *block)
{
	const struct policy *policy = t->both[side].policy;

	return block->unit < policy->n_grants ? &policy->grants[block->unit] : NULL;
}

static struct span
span_of(const struct telling *t, enum diff_side side, const struct diff_block *block)
{
	const struct grant *grant = grant_of(t, side, block);

	return grant ? grant->node->span : SPAN_NONE;
}

static bool
has_values(const struct grant *grant, struct text capability)
{
	for (size_t i = 0; grant && i < grant->n_app; i++)
		if (text_equal(grant->app[i].name.text, capability))
			return grant->app[i].values &&
			       grant->app[i].values->kind == HUJSON_ARRAY &&
			       grant->app[i].values->count > 1;
	return false;
}

/* Whether a block is of a capability, and tells something that its values do not. */
static bool
is_told(const struct telling *t, enum diff_side side, const struct diff_block *block)
{
	const struct cut_plane *plane = &t->access->cut->plane_at[block->plane];

	if (plane->capability.len == 0)
		return false;
	return plane->value || !has_values(grant_of(t, side, block), plane->capability);
}

/* What the other side has more of the same capability between the same ends. */
static const struct diff_block *
counterpart(const struct telling *t, const struct diff_block *block,
            const struct diff_blocks *others)
{
	const struct cut_plane *planes = t->access->cut->plane_at;

	for (size_t i = 0; i < others->n; i++) {
		const struct diff_block *other = &others->at[i];
		if (planes[block->plane].value && planes[other->plane].value &&
		    text_equal(planes[other->plane].capability,
		               planes[block->plane].capability) &&
		    other->from == block->from && other->to == block->to &&
		    other->mode == block->mode && other->situation == block->situation)
			return other;
	}
	return NULL;
}

static const char *
ends_of(struct telling *t, const struct diff_block *block)
{
	struct text *dst = diff_texts(t->work, &block->dst, NULL);

	return arena_format(t->work, "%s on %s", block_sources(t->work, block),
	                    words_join(t->work, dst, block->dst.n));
}

static void
app_becomes(struct telling *t, const struct diff_block *lost,
            const struct diff_block *gained)
{
	const struct cut_plane *planes = t->access->cut->plane_at;

	telling_add(t, SECTION_GRANTS, EFFECT_BOTH, span_of(t, DIFF_OLD, lost),
	            span_of(t, DIFF_NEW, gained), "%.*s for %s: %s becomes %s",
	            TEXT_ARG(planes[gained->plane].capability), ends_of(t, gained),
	            value_text(t->work, &planes[lost->plane]),
	            value_text(t->work, &planes[gained->plane]));
}

static void
app_tell(struct telling *t, enum diff_side side, const struct diff_block *block)
{
	const struct cut_plane *plane = &t->access->cut->plane_at[block->plane];
	struct text *dst = diff_texts(t->work, &block->dst, NULL);
	bool gained = side == DIFF_NEW;
	struct span span = span_of(t, side, block);

	telling_add(t, SECTION_GRANTS, gained ? EFFECT_GAINED : EFFECT_LOST,
	            gained ? SPAN_NONE : span, gained ? span : SPAN_NONE,
	            "%s may %s use %.*s on %s%s%s", block_sources(t->work, block),
	            gained ? "now" : "no longer", TEXT_ARG(plane->capability),
	            words_join(t->work, dst, block->dst.n), plane->value ? " with " : "",
	            plane->value ? value_text(t->work, plane) : "");
}

void
diff_apps(struct telling *t, const struct diff_blocks *lost,
          const struct diff_blocks *gained)
{
	for (size_t i = 0; i < gained->n; i++) {
		const struct diff_block *block = &gained->at[i];
		if (!is_told(t, DIFF_NEW, block))
			continue;
		const struct diff_block *before = counterpart(t, block, lost);
		if (before)
			app_becomes(t, before, block);
		else
			app_tell(t, DIFF_NEW, block);
	}
	for (size_t i = 0; i < lost->n; i++)
		if (is_told(t, DIFF_OLD, &lost->at[i]) &&
		    !counterpart(t, &lost->at[i], gained))
			app_tell(t, DIFF_OLD, &lost->at[i]);
}
