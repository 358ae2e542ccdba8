#include "grammar/measure.h"

#include <string.h>

#include "grammar/arena.h"
#include "grammar/page.h"
#include "grammar/scan.h"
#include "grammar/walk.h"

/* How wide something is, counted no further than matters. */
#define WIDE 255
#define LINE_MAX_WIDTH 80

static unsigned char
widen(unsigned char width, size_t more)
{
	return more < WIDE - (size_t)width ? (unsigned char)(width + more) : WIDE;
}

static size_t
line_width(const char *at, const char *end)
{
	size_t n = 0;

	for (;;) {
		at = blanks_end(at, end);
		if (end - at < 2 || at[0] != '/' || (at[1] != '/' && at[1] != '*'))
			return n > 0 ? n + 1 : 0;
		const char *past = at[1] == '*' ? comment_end(at, end) : NULL;
		if (!past)
			return n + 1 + (size_t)(end - at);
		n += 1 + (size_t)(past - at);
		at = past;
	}
}

static struct width
extra_measure(struct text extra)
{
	const char *end = extra.at + extra.len, *last = end;

	if (!has_comment(extra))
		return (struct width) { 0, 0, has_break(extra) };
	const char *feed = memchr(extra.at, '\n', extra.len);
	if (!feed) {
		unsigned char all = widen(0, line_width(extra.at, end));
		return (struct width) { all, all, false };
	}
	while (last[-1] != '\n')
		last--;
	return (struct width) { widen(0, line_width(extra.at, feed)),
		                widen(0, line_width(last, end)), true };
}

/* Lines as they come together from pieces. */
struct ruler {
	unsigned char current, first;
	bool breaks, too_wide;
};

static void
ruler_end_line(struct ruler *ruler)
{
	if (!ruler->breaks)
		ruler->first = ruler->current;
	ruler->too_wide |= ruler->current > LINE_MAX_WIDTH;
}

static void
ruler_add(struct ruler *ruler, struct width piece)
{
	ruler->current = widen(ruler->current, piece.first);
	if (!piece.breaks)
		return;
	ruler_end_line(ruler);
	ruler->breaks = true;
	ruler->current = piece.last;
}

static void
walk_measure(const struct measures *m, const struct walk *walk, struct ruler *ruler)
{
	ruler_add(ruler, extra_measure(walk->before));
	ruler_add(ruler, m->widths[walk->child - walk->tree->root]);
	ruler_add(ruler, extra_measure(walk->after));
	ruler->current = widen(ruler->current, 2); /* ": " or ", " */
}

static void
container_measure(struct measures *m, const struct tree *tree, const struct node *node)
{
	size_t number = (size_t)(node - tree->root);
	struct walk walk = walk_start(tree, node);
	struct ruler ruler = { .current = 1 };
	struct width opening = { 0, 0, false };
	bool expand = false;

	m->standard &= !node->comma;
	while (walk_on(&walk)) {
		bool value_of_member = node->kind == HUJSON_OBJECT && !walk.is_name;
		walk_measure(m, &walk, &ruler);
		expand |= !value_of_member && has_break(walk.before);
		expand |= walk.is_last && has_break(walk.after);
		m->standard &= !has_comment(walk.before) && walk.after.len == 0;
		if (walk.child == node_first(node))
			opening = extra_measure(walk.before);
		if (expand && !m->standard) /* the rest changes nothing */
			break;
	}
	if (node->count == 1)
		opening = extra_measure(walk.inside);
	m->standard &= !has_comment(walk.inside);
	ruler.current = widen(ruler.current, 1);
	ruler_end_line(&ruler);
	m->expanded[number] = expand || has_break(walk.inside) || ruler.too_wide;
	m->widths[number] =
		m->expanded[number]
			? (struct width) { widen(1, opening.first), 1, true }
			: (struct width) { ruler.first, ruler.current, ruler.breaks };
}

struct measures
measure(struct arena *arena, const struct tree *tree)
{
	struct measures m = { .standard = true };

	m.widths = arena_array(arena, tree->n, sizeof(*m.widths));
	m.expanded = arena_array(arena, tree->n, sizeof(*m.expanded));
	/* backwards: what is in a node is measured before it */
	for (uint32_t i = tree->n; i-- > 0;) {
		const struct node *node = &tree->root[i];
		if (node->kind == HUJSON_ARRAY || node->kind == HUJSON_OBJECT) {
			container_measure(&m, tree, node);
			continue;
		}
		unsigned char all = widen(0, literal_length(tree, node));
		m.widths[i] = (struct width) { all, all, false };
	}
	return m;
}
