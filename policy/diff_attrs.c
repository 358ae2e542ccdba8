/* Node attributes: which machines have which, and from where their addresses come. */
#include "policy/diff_parts.h"

#include "grammar/arena.h"
#include "grammar/hujson.h"
#include "policy/resolve.h"

#define ATTR "attr "
#define POOL "pool "

/* So much of a value is told. */
#define VALUE_MAX 160

static void
fill_plane(struct comparison *c, uint32_t side, struct cut_box box, uint32_t plane)
{
	box.line = cut_line(c->cut, plane, 0, STRATUM_ANY);
	cut_add(c->cut, side, box);
}

static void
fill_words(struct comparison *c, uint32_t side, struct cut_box box, const char *prefix,
           const struct words *words)
{
	for (size_t i = 0; i < words->n; i++) {
		char *name = arena_format(c->arena, "%s%.*s", prefix,
		                          TEXT_ARG(words->at[i].text));
		fill_plane(c, side, box, cut_plane(c->cut, text_of(name)));
	}
}

static void
fill_value(struct comparison *c, uint32_t side, struct cut_box box, struct text name,
           const struct node *value)
{
	struct cut *cut = c->cut;
	const struct tree *tree = c->both[side].policy->tree;
	char *key = arena_format(c->arena, "app %u %.*s",
	                         (unsigned)cut_value(cut, tree, value), TEXT_ARG(name));
	uint32_t plane = cut_plane(cut, text_of(key));

	cut->plane_at[plane] = (struct cut_plane) {
		.capability = name,
		.tree = tree,
		.value = value,
	};
	fill_plane(c, side, box, plane);
}

static void
fill_app(struct comparison *c, uint32_t side, struct cut_box box,
         const struct capability *app)
{
	bool listed = app->values && app->values->kind == HUJSON_ARRAY;

	for (const struct node *e = listed ? node_first(app->values) : NULL;
	     e && e != node_end(app->values); e = node_next(e))
		fill_value(c, side, box, app->name.text, e);
}

static void
fill_entry(struct comparison *c, uint32_t side, const struct node_attr *attr,
           uint32_t nowhere)
{
	const struct diff_party *both = &c->both[side];
	struct party targets = party_of_selectors(both->policy, both->tailnet,
	                                          attr->target.at, attr->target.n);
	struct cut_box box = { .unit = attr->index, .dst = nowhere };

	box.src = cut_end_of(c->cut, side, CUT_SRC, WAY_PACKETS, &targets,
	                     attr->target.at, attr->target.n);
	fill_words(c, side, box, ATTR, &attr->attr);
	fill_words(c, side, box, POOL, &attr->ip_pool);
	for (size_t i = 0; i < attr->n_app; i++)
		fill_app(c, side, box, &attr->app[i]);
}

static void
fill_both(struct comparison *c, void *context)
{
	uint32_t nowhere = cut_nowhere(c->cut);

	(void)context;
	for (uint32_t side = DIFF_OLD; side <= DIFF_NEW; side++) {
		const struct policy *policy = c->both[side].policy;
		c->cut->filters[side].n_units = (uint32_t)policy->n_node_attrs;
		for (size_t i = 0; i < policy->n_node_attrs; i++)
			fill_entry(c, side, &policy->node_attrs[i], nowhere);
	}
}

/* "funnel", "tailscale.com/app-connectors {…}". */
static const char *
plane_text(struct arena *arena, const struct cut *cut, uint32_t number)
{
	const struct cut_plane *plane = &cut->plane_at[number];
	struct text name = cut->planes.texts[number];

	if (plane->capability.len == 0)
		return arena_format(arena, "%.*s",
		                    TEXT_ARG(text_from(name, sizeof(ATTR) - 1)));
	struct text value = hujson_minimize(arena, plane->tree, plane->value);
	return arena_format(arena, "%.*s %.*s%s", TEXT_ARG(plane->capability),
	                    value.len > VALUE_MAX ? VALUE_MAX : (int)value.len, value.at,
	                    value.len > VALUE_MAX ? "..." : "");
}

static void
attr_tell(struct telling *t, const struct comparison *c, enum diff_side side,
          const struct diff_block *block)
{
	const struct policy *policy = t->both[side].policy;
	bool gained = side == DIFF_NEW;
	bool pool = text_starts(c->cut->planes.texts[block->plane], POOL);
	struct span span = policy->node_attrs[block->unit].node->span;

	telling_add(t, SECTION_NODE_ATTRS, gained ? EFFECT_GAINED : EFFECT_LOST,
	            gained ? SPAN_NONE : span, gained ? span : SPAN_NONE,
	            pool ? "%s %s addresses from %s" : "%s %s %s",
	            block_sources(t->work, block), gained ? "now gets" : "no longer gets",
	            plane_text(t->work, c->cut, block->plane));
}

void
diff_attrs(struct telling *t)
{
	static const enum section sections[] = { SECTION_NODE_ATTRS, SECTION_GROUPS,
		                                 SECTION_HOSTS, SECTION_IPSETS };
	struct comparison *c;

	if (sections_alike(t, sections, 4))
		return;
	c = comparison_of(t, fill_both, NULL);
	for (int side = DIFF_NEW; c && side >= DIFF_OLD; side--) {
		struct diff_blocks blocks = comparison_blocks(c, (enum diff_side)side);
		for (size_t i = 0; i < blocks.n; i++)
			attr_tell(t, c, (enum diff_side)side, &blocks.at[i]);
	}
}
