#include "cli/merge.h"

#include <string.h>

#include "grammar/arena.h"
#include "grammar/finding.h"

/* How the lines of a file look. */
struct style {
	struct text newline;
	struct text unit; /* one step of indentation */
	bool last_comma;  /* after the last element */
};

static void
texts_write(struct output *out, const char *name, const struct sayings *list)
{
	if (list->names.n == 0)
		return;
	output_format(out, ", \"%s\": [", name);
	for (size_t i = 0; i < list->names.n; i++) {
		output_string(out, i > 0 ? ", " : "");
		output_json_text(out, list->names.texts[i]);
	}
	output_char(out, ']');
}

static void
value_write(struct output *out, const struct value *value)
{
	if (value->kind == VALUE_BOOL)
		output_string(out, value->truth ? "true" : "false");
	else if (value->kind == VALUE_NUMBER)
		output_text(out, value->text);
	else
		output_json_text(out, value->text);
}

static void
attributes_write(struct output *out, const struct attributes *attributes)
{
	if (attributes->n == 0)
		return;
	output_string(out, ", \"srcPostureAttrs\": {");
	for (size_t i = 0; i < attributes->n; i++) {
		output_string(out, i > 0 ? ", " : "");
		output_json_text(out, attributes->at[i].name);
		output_string(out, ": ");
		value_write(out, &attributes->at[i].value);
	}
	output_char(out, '}');
}

static void
test_write(struct output *out, const void *proposals, size_t i)
{
	const struct proposal *test = (const struct proposal *)proposals + i;
	struct arena scratch = { 0 };

	output_string(out, "{\"src\": ");
	output_json_text(out, test->src);
	if (test->protocol != PROTOCOL_ANY) {
		output_string(out, ", \"proto\": ");
		output_json_text(out, text_of(protocol_name(&scratch, test->protocol)));
	}
	texts_write(out, "accept", &test->accept);
	texts_write(out, "deny", &test->deny);
	attributes_write(out, &test->attributes);
	output_char(out, '}');
	arena_end(&scratch);
}

static void
ssh_test_write(struct output *out, const void *proposals, size_t i)
{
	const struct ssh_proposal *test = (const struct ssh_proposal *)proposals + i;

	output_string(out, "{\"src\": ");
	output_json_text(out, test->src);
	output_string(out, ", \"dst\": [");
	output_json_text(out, test->dst);
	output_char(out, ']');
	texts_write(out, "accept", &test->accept);
	texts_write(out, "check", &test->check);
	texts_write(out, "deny", &test->deny);
	attributes_write(out, &test->attributes);
	output_char(out, '}');
}

/* A section to be written, and how its elements are. */
struct part {
	const char *name;
	const void *proposals;
	size_t n;
	void (*write)(struct output *, const void *, size_t i);
};

static void
parts_of(const struct proposals *proposals, struct part parts[2])
{
	parts[0] = (struct part) { "tests", proposals->tests, proposals->n_tests,
		                   test_write };
	parts[1] = (struct part) { "sshTests", proposals->ssh_tests,
		                   proposals->n_ssh_tests, ssh_test_write };
}

/* The elements, a line each. */
static void
elements_write(struct output *out, const struct part *part, const struct style *style,
               struct text outer)
{
	for (size_t i = 0; i < part->n; i++) {
		output_text(out, outer);
		output_text(out, style->unit);
		part->write(out, part->proposals, i);
		if (style->last_comma || i + 1 < part->n)
			output_char(out, ',');
		output_text(out, style->newline);
	}
}

/* `"tests": [`, the elements, `]`; the lines end with whole, but for the last. */
static void
section_write(struct output *out, const struct part *part, const struct style *style,
              struct text outer)
{
	output_text(out, outer);
	output_format(out, "\"%s\": [", part->name);
	output_text(out, style->newline);
	elements_write(out, part, style, outer);
	output_text(out, outer);
	output_char(out, ']');
}

/* hujsonfmt's form of a text that was made here, or that it was before. */
static struct text
canonical(struct arena *arena, struct text text)
{
	struct findings findings = { .arena = arena };
	struct source *source = source_of(arena, "", text.at, text.len);
	struct tree *tree = hujson_parse(arena, source, &findings);

	return tree->broken ? text : hujson_format(arena, tree);
}

/* The members of an object, a step less indented. */
static void
members_write(struct output *out, struct text object)
{
	while (object.len > 0) {
		size_t end = text_find(object, '\n');
		struct text line = { object.at, end < object.len ? end + 1 : end };
		if (text_starts(line, "\t"))
			output_text(out, text_from(line, 1));
		object = text_from(object, line.len);
	}
}

void
proposals_write(struct output *out, const struct proposals *proposals)
{
	static const struct style style = { { "\n", 1 }, { "\t", 1 }, true };
	struct arena arena = { 0 };
	struct output object;
	struct part parts[2];

	parts_of(proposals, parts);
	output_start_memory(&object, &arena);
	output_string(&object, "{\n");
	for (size_t i = 0; i < 2; i++) {
		if (parts[i].n == 0)
			continue;
		section_write(&object, &parts[i], &style, style.unit);
		output_string(&object, ",\n");
	}
	output_string(&object, "}\n");
	members_write(out, canonical(&arena, output_taken(&object)));
	arena_end(&arena);
}

/* Something to be put in the place of bytes first .. end-1; mostly of none. */
struct insertion {
	uint32_t first, end;
	struct text text;
};

struct merging {
	struct arena *arena;
	const struct tree *tree;
	struct style style;
	struct insertion insertions[6];
	size_t n;
};

static void
insert(struct merging *m, uint32_t at, struct text text)
{
	m->insertions[m->n++] = (struct insertion) { at, at, text };
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The blanks that a line begins with, if there is nothing else before the byte;
 * *whole tells. */
static struct text
line_indent(const struct tree *tree, uint32_t at, bool *whole)
{
	const char *bytes = tree->source->bytes;
	uint32_t first = at;

	while (first > 0 && is_blank(bytes[first - 1]))
		first--;
	*whole = first == 0 || bytes[first - 1] == '\n';
	return (struct text) { bytes + first, at - first };
}

static struct style
style_of(const struct tree *tree)
{
	struct text bytes = { tree->source->bytes, tree->source->len };
	size_t line = text_find(bytes, '\n');
	const struct node *root = tree->root;
	struct style style = { { "\n", 1 }, { "\t", 1 }, true };
	bool whole;

	if (line > 0 && line < bytes.len && bytes.at[line - 1] == '\r')
		style.newline = (struct text) { "\r\n", 2 };
	if (root->count == 1)
		return style;
	struct text first = line_indent(tree, node_first(root)->span.first, &whole);
	if (whole && first.len > 0)
		style.unit = first;
	style.last_comma = root->comma;
	return style;
}

/* The last element of an array, or value of an object, or NULL. */
static const struct node *
last_of(const struct node *parent)
{
	const struct node *last = NULL;

	for (const struct node *e = node_first(parent); e != node_end(parent);) {
		if (parent->kind == HUJSON_OBJECT)
			e = member_value(e);
		last = e;
		e = node_next(e);
	}
	return last;
}

/* Opens a place for lines before the bracket that ends a node: after a comma,
 * on lines of their own. *tail is what must follow them. */
static uint32_t
place_open(struct merging *m, const struct node *node, struct text *head,
           struct text *tail, struct text outer)
{
	const struct node *last = last_of(node);
	uint32_t bracket = node->span.end - 1;
	bool whole;
	struct text before = line_indent(m->tree, bracket, &whole);

	*head = *tail = (struct text) { 0 };
	if (last && !node->comma)
		insert(m, last->span.end, text_of(","));
	if (whole)
		return bracket - (uint32_t)before.len;
	*head = m->style.newline;
	*tail = outer;
	return bracket;
}

/* Appends to an array that is there. */
static void
merge_elements(struct merging *m, const struct part *part, const struct node *name,
               const struct node *array)
{
	struct output out;
	struct text head, tail;
	bool whole;
	struct text outer = line_indent(m->tree, name->span.first, &whole);
	struct style style = m->style;
	uint32_t at = place_open(m, array, &head, &tail, outer);

	style.last_comma = last_of(array) ? array->comma : style.last_comma;
	output_start_memory(&out, m->arena);
	output_text(&out, head);
	elements_write(&out, part, &style, outer);
	output_text(&out, tail);
	insert(m, at, output_taken(&out));
}

/* Puts an array where null is written. */
static void
replace_null(struct merging *m, const struct part *part, const struct node *name)
{
	const struct node *null = member_value(name);
	struct output out;
	bool whole;
	struct text outer = line_indent(m->tree, name->span.first, &whole);

	output_start_memory(&out, m->arena);
	output_char(&out, '[');
	output_text(&out, m->style.newline);
	elements_write(&out, part, &m->style, outer);
	output_text(&out, outer);
	output_char(&out, ']');
	m->insertions[m->n++] = (struct insertion) { null->span.first, null->span.end,
		                                     output_taken(&out) };
}

/* Adds the sections that are missing, as the last members. */
static void
merge_sections(struct merging *m, const struct part *parts, const bool *missing)
{
	const struct node *root = m->tree->root;
	struct output out;
	struct text head, tail;
	struct text outer = m->style.unit;
	uint32_t at;

	if (!missing[0] && !missing[1])
		return;
	at = place_open(m, root, &head, &tail, (struct text) { 0 });
	output_start_memory(&out, m->arena);
	output_text(&out, head);
	for (size_t i = 0; i < 2; i++) {
		if (!missing[i])
			continue;
		section_write(&out, &parts[i], &m->style, outer);
		if (m->style.last_comma || (i == 0 && missing[1]))
			output_char(&out, ',');
		output_text(&out, m->style.newline);
	}
	output_text(&out, tail);
	insert(m, at, output_taken(&out));
}

/* The name of the member of the root, its case aside; the last one. */
static const struct node *
member_named(const struct tree *tree, const char *name)
{
	const struct node *found = NULL;
	struct arena scratch = { 0 };
	struct text wanted = text_of(name);

	for (const struct node *m = node_first(tree->root); m != node_end(tree->root);
	     m = member_next(m))
		if (text_equal_fold(node_text(&scratch, tree, m), wanted))
			found = m;
	arena_end(&scratch);
	return found;
}

static struct text
insertions_apply(struct merging *m)
{
	struct source *source = m->tree->source;
	struct output out;
	uint32_t at = 0;

	/* few: by place, those made first before others at the same one */
	for (size_t i = 1; i < m->n; i++)
		for (size_t k = i;
		     k > 0 && m->insertions[k].first < m->insertions[k - 1].first; k--) {
			struct insertion other = m->insertions[k];
			m->insertions[k] = m->insertions[k - 1];
			m->insertions[k - 1] = other;
		}
	output_start_memory(&out, m->arena);
	for (size_t i = 0; i < m->n; i++) {
		const struct insertion *in = &m->insertions[i];
		output_text(&out, source_text(source, (struct span) { at, in->first }));
		output_text(&out, in->text);
		at = in->end;
	}
	output_text(&out, source_text(source, (struct span) { at, source->len }));
	return output_taken(&out);
}

struct text
proposals_merge(struct arena *arena, const struct tree *tree,
                const struct proposals *proposals)
{
	struct merging m = { .arena = arena, .tree = tree, .style = style_of(tree) };
	struct part parts[2];
	bool missing[2];

	parts_of(proposals, parts);
	for (size_t i = 0; i < 2; i++) {
		const struct node *name = member_named(tree, parts[i].name);
		missing[i] = parts[i].n > 0 && !name;
		if (parts[i].n > 0 && name && member_value(name)->kind == HUJSON_ARRAY)
			merge_elements(&m, &parts[i], name, member_value(name));
		else if (parts[i].n > 0 && name)
			replace_null(&m, &parts[i], name);
	}
	merge_sections(&m, parts, missing);
	struct text merged = insertions_apply(&m);
	/* what was in its canonical form stays so, and only what is new changes */
	if (text_equal(hujson_format(arena, tree),
	               (struct text) { tree->source->bytes, tree->source->len }))
		return canonical(arena, merged);
	return merged;
}
