#include "grammar/path.h"

#include "grammar/arena.h"

/* The element of that number, or NULL. */
static const struct node *
element_at(const struct node *array, uint64_t number)
{
	if (array->kind != HUJSON_ARRAY)
		return NULL;
	for (const struct node *e = node_first(array); e != node_end(array);
	     e = node_next(e))
		if (number-- == 0)
			return e;
	return NULL;
}

/* The length of a name at the start of a path, quotes included. */
static size_t
name_length(struct text path)
{
	size_t len = 0;

	if (path.len == 0 || path.at[0] != '"') {
		while (len < path.len && path.at[len] != '.' && path.at[len] != '[')
			len++;
		return len;
	}
	for (len = 1; len < path.len && path.at[len] != '"'; len++)
		if (path.at[len] == '\\')
			len++;
	return len < path.len ? len + 1 : path.len;
}

/* The value of the last member that is called so; by its case, or else
 * without. */
static const struct node *
member_called(const struct tree *tree, const struct node *object, struct text name)
{
	struct arena scratch = { 0 };
	bool quoted = name.len > 0 && name.at[0] == '"';
	const struct node *same = NULL, *alike = NULL;

	if (object->kind != HUJSON_OBJECT)
		return NULL;
	for (const struct node *m = node_first(object); m != node_end(object);
	     m = member_next(m)) {
		struct text has = node_text(&scratch, tree, m);
		if (quoted)
			has = text_of(text_quote(&scratch, has));
		if (text_equal(has, name))
			same = member_value(m);
		else if (text_equal_fold(has, name))
			alike = member_value(m);
	}
	arena_end(&scratch);
	return same ? same : alike;
}

/* Goes the first step of a path; takes it off. NULL where it leads nowhere. */
static const struct node *
path_step(const struct tree *tree, const struct node *node, struct text *path)
{
	size_t close = text_find(*path, ']');
	uint64_t number;

	if (path->at[0] == '[') {
		struct text digits = { path->at + 1, close - 1 };
		if (close == path->len || !text_number(digits, UINT32_MAX, &number))
			return NULL;
		*path = text_from(*path, close + 1);
		return element_at(node, number);
	}
	if (path->at[0] == '.' && node != tree->root)
		*path = text_from(*path, 1);
	struct text name = { path->at, name_length(*path) };
	*path = text_from(*path, name.len);
	return name.len > 0 ? member_called(tree, node, name) : NULL;
}

const struct node *
node_by_path(const struct tree *tree, struct text path)
{
	const struct node *node = tree->root;

	while (node && path.len > 0)
		node = path_step(tree, node, &path);
	return node;
}
