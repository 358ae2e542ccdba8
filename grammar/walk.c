#include "grammar/walk.h"

#include "grammar/scan.h"

static struct text
walk_extra(struct walk *walk)
{
	const struct source *source = walk->tree->source;
	const char *first = walk->at;

	walk->at = extra_end(first, source->bytes + source->len);
	return text_between(first, walk->at);
}

struct walk
walk_start(const struct tree *tree, const struct node *parent)
{
	struct walk walk = { .tree = tree,
		             .parent = parent,
		             .next = node_first(parent),
		             .at = tree->source->bytes + parent->span.first + 1 };

	walk.inside = text_between(walk.at, walk.at);
	if (parent->count == 1)
		walk.inside = walk_extra(&walk);
	if (!has_comment(walk.inside))
		walk.inside.len = 0;
	return walk;
}

bool
walk_on(struct walk *walk)
{
	if (walk->next == node_end(walk->parent))
		return false;
	bool first = !walk->child;
	walk->is_name = walk->parent->kind == HUJSON_OBJECT && !walk->is_name;
	walk->child = walk->next;
	walk->next = node_next(walk->child);
	walk->is_last = walk->next == node_end(walk->parent);
	walk->number += !first && (walk->is_name || walk->parent->kind == HUJSON_ARRAY);

	walk->before = walk_extra(walk);
	walk->at = walk->tree->source->bytes + walk->child->span.end;
	walk->after = walk_extra(walk);
	if (walk->is_last && !walk->parent->comma) {
		walk->inside = walk->after;
		walk->after.len = 0;
	} else {
		walk->at++; /* the colon or comma */
	}
	if (walk->is_last && walk->parent->comma)
		walk->inside = walk_extra(walk);
	if (!has_comment(walk->after))
		walk->after.len = 0;
	return true;
}
