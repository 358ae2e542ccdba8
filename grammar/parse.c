#include "grammar/parse.h"

#include "grammar/arena.h"
#include "grammar/finding.h"
#include "grammar/rune.h"
#include "grammar/scan.h"

static uint32_t
offset(const struct parser *p, const char *at)
{
	return (uint32_t)(at - p->start);
}

/*
 * Makes room for more nodes, in pieces of which two, the arena's first step, hold
 * what a text of this length mostly needs: pages that nobody touches cost nothing,
 * but moving the nodes does.
 */
static void
nodes_widen(struct parser *p)
{
	size_t piece = p->source->len / 16 + 32;
	size_t pieces = p->cap / piece;

	p->nodes = arena_grow(p->arena, p->nodes, pieces, &pieces,
	                      piece * sizeof(*p->nodes));
	p->cap = pieces * piece;
}

HOT void
node_add(struct parser *p, struct node node)
{
	if (p->n == p->cap)
		nodes_widen(p);
	p->nodes[p->n++] = node;
}

HOT struct node
node_of(const struct parser *p, enum hujson_kind kind, const char *first, const char *end)
{
	return (struct node) { .span = { offset(p, first), offset(p, end) },
		               .kind = kind,
		               .count = 1 };
}

void
node_push(struct parser *p, enum hujson_kind kind, const char *first, const char *end)
{
	node_add(p, node_of(p, kind, first, end));
}

/* What a plain string says. */
static struct text
plain_text(const struct parser *p, const struct node *string)
{
	return (struct text) { p->start + string->span.first + 1,
		               string->span.end - string->span.first - 2 };
}

/* In the root: chooses what is asked of the objects in the member whose value starts
 * here. */
static void
excerpt_choose(struct parser *p)
{
	const struct node *name = &p->nodes[p->n - 1];

	p->excerpt = NULL;
	for (size_t i = 0; i < p->n_excerpts && name->plain; i++)
		if (text_equal(p->excerpts[i].of, plain_text(p, name)))
			p->excerpt = &p->excerpts[i];
	if (p->excerpt)
		p->marks = asked_marks(p->excerpt->members, p->excerpt->n);
}

/* The name just read is kept if it is asked for; what is no plain string may be one
 * that is. */
static void
excerpt_name(struct parser *p, const char *at)
{
	struct node *name = &p->nodes[p->n - 1];

	if (!name->plain || name->span.first != offset(p, at))
		return;
	const struct asked *asked = asked_find(p->excerpt->members, p->excerpt->n,
	                                       &p->marks, plain_text(p, name));
	if (asked) {
		name->place = (asked->place + 1) & 255;
	} else {
		p->doomed_in = p->open;
		p->doomed = p->n - 1;
	}
}

HOT struct step
container_begin(struct parser *p, const char *at)
{
	enum hujson_kind kind = *at == '{' ? HUJSON_OBJECT : HUJSON_ARRAY;
	struct node node = node_of(p, kind, at, at);

	if (p->depth == HUJSON_DEPTH_MAX)
		return recover_depth(p, at);
	if (p->n_excerpts > 0 && p->depth == 1 && p->inside == HUJSON_OBJECT)
		excerpt_choose(p);
	node.count = p->open;
	p->open = p->n;
	p->inside = kind;
	p->depth++;
	node_add(p, node);
	return go_on(at + 1, kind == HUJSON_OBJECT ? EXPECT_NAME : EXPECT_ELEMENT);
}

struct step
container_open(struct parser *p, const char *at)
{
	return container_begin(p, at);
}

HOT void
container_finish(struct parser *p, const char *end)
{
	struct node *node = &p->nodes[p->open];
	uint32_t around = node->count;

	node->span.end = offset(p, end);
	node->count = p->n - p->open;
	p->open = around;
	p->inside = around == NODE_NONE ? HUJSON_BAD : p->nodes[around].kind;
	p->depth--;
}

HOT struct step
container_end(struct parser *p, const char *end)
{
	uint32_t closed = p->open;

	container_finish(p, end);
	if (p->astray)
		return recover_astray(p, closed, end);
	return go_on(end, expect_after_value(p));
}

struct step
container_close(struct parser *p, const char *end)
{
	if (p->doomed_in == p->open)
		recover_doomed(p);
	return container_end(p, end);
}

/* At the closing bracket that is expected, where an element could be: what came
 * before it was a comma, unless there are no elements. */
HOT struct step
container_end_early(struct parser *p, const char *at)
{
	p->nodes[p->open].comma = p->n > p->open + 1;
	return container_end(p, at + 1);
}

static void
comment_check(struct parser *p, const char *at, const char *end)
{
	size_t len = (size_t)(end - at);

	if (runes_valid(at, len) < len)
		recover_comment(p, at, end);
}

const char *
extra_read(struct parser *p, const char *at)
{
	for (;;) {
		at = blanks_end(at, p->end);
		const char *past = comment_end(at, p->end);
		if (past == at)
			return at;
		if (past) {
			comment_check(p, at, past);
			at = past;
		} else {
			recover_comment(p, at, p->end);
			return p->end;
		}
	}
}

/*
 * extra_read, for what is common: nothing, one space, a new line and tabs. The
 * processor guesses these and goes on, where the answer of a vector has to be
 * waited for.
 */
HOT const char *
extra_skip(struct parser *p, const char *at)
{
	if (at < p->end && (*at == ' ' || *at == '\n')) {
		at++;
		while (at < p->end && *at == '\t')
			at++;
	}
	if (at < p->end && !is_extra(*at))
		return at;
	at = blanks_end(at, p->end);
	return at < p->end && *at == '/' ? extra_read(p, at) : at;
}

/* The same where this mark is likely. */
HOT const char *
mark_seek(struct parser *p, const char *at, char mark)
{
	return at < p->end && *at == mark ? at : extra_skip(p, at);
}

/* Reads on at a byte that is not plain, in the string that starts at first. */
static struct step
string_rest(struct parser *p, const char *first, const char *at, enum expect expect)
{
	struct node node = node_of(p, HUJSON_STRING, first, at);

	for (;; at = plain_end(at, p->end)) {
		if (at == p->end)
			return recover_string(p, first, expect);
		if (*at == '"')
			break;
		if (*at == '\\') {
			at = escape_end(at, p->end);
			if (!at)
				return recover_string(p, first, expect);
			node.escaped = 1;
		} else if ((unsigned char)*at < ' ') {
			return recover_string(p, first, expect);
		}
		while (at < p->end && (unsigned char)*at >= 0x80)
			at++;
	}
	node.span.end = offset(p, at + 1);
	node_add(p, node);
	return go_on(at + 1, expect);
}

/* expect is what comes after it. */
HOT struct step
string_read(struct parser *p, const char *at, enum expect expect)
{
	const char *close = plain_end(at + 1, p->end);

	if (close == p->end || *close != '"')
		return string_rest(p, at, close, expect);
	struct node node = node_of(p, HUJSON_STRING, at, close + 1);
	node.plain = 1;
	node_add(p, node);
	return go_on(close + 1, expect);
}

static struct step
word_read(struct parser *p, const char *from, const char *at, enum expect expect)
{
	const char *end = word_end(at, p->end);
	enum hujson_kind kind = word_kind(at, end);

	if (kind == HUJSON_BAD)
		return recover(p, from, at, expect);
	node_add(p, node_of(p, kind, at, end));
	return go_on(end, expect_after_value(p));
}

/* after is what comes after a string here. */
HOT struct step
value_read(struct parser *p, const char *from, enum expect expect, enum expect after)
{
	const char *at = extra_skip(p, from);

	if (at == p->end)
		return recover(p, from, at, expect);
	if (*at == '"')
		return string_read(p, at, after);
	if (*at == '{' || *at == '[')
		return container_begin(p, at);
	if (*at == ']' && expect == EXPECT_ELEMENT)
		return container_end_early(p, at);
	return word_read(p, from, at, expect);
}

HOT struct step
name_read(struct parser *p, const char *from)
{
	const char *at = extra_skip(p, from);

	if (at < p->end && *at == '"') {
		struct step step = string_read(p, at, EXPECT_COLON);
		if (p->excerpt && p->depth == EXCERPT_DEPTH)
			excerpt_name(p, at);
		return step;
	}
	if (at < p->end && *at == '}')
		return container_end_early(p, at);
	return recover(p, from, at, EXPECT_NAME);
}

HOT struct step
colon_read(struct parser *p, const char *from)
{
	const char *at = mark_seek(p, from, ':');

	if (at < p->end && *at == ':')
		return go_on(at + 1, EXPECT_VALUE);
	return recover(p, from, at, EXPECT_COLON);
}

HOT struct step
member_end_read(struct parser *p, const char *from)
{
	const char *at = mark_seek(p, from, ',');

	if (p->doomed_in == p->open)
		recover_doomed(p);
	if (at < p->end && *at == ',')
		return go_on(at + 1, EXPECT_NAME);
	if (at < p->end && *at == '}')
		return container_end(p, at + 1);
	return recover(p, from, at, EXPECT_MEMBER_END);
}

HOT struct step
element_end_read(struct parser *p, const char *from)
{
	const char *at = mark_seek(p, from, ',');

	if (at < p->end && *at == ',')
		return go_on(at + 1, EXPECT_ELEMENT);
	if (at < p->end && *at == ']')
		return container_end(p, at + 1);
	return recover(p, from, at, EXPECT_ELEMENT_END);
}

static struct step
end_read(struct parser *p, const char *from)
{
	const char *at = extra_skip(p, from);

	if (at < p->end)
		return recover(p, from, at, EXPECT_END);
	return go_on(at, EXPECT_NO_MORE);
}

/* The states of a member, and those of an element, stand in the order in which
 * they are gone through. */
static const char *
document_read(struct parser *p)
{
	struct step step = { p->start, EXPECT_DOCUMENT };

	for (;;) {
		switch (step.expect) {
		case EXPECT_NAME:
			step = name_read(p, step.at);
			if (step.expect != EXPECT_COLON)
				continue;
			__attribute__((fallthrough));
		case EXPECT_COLON:
			step = colon_read(p, step.at);
			if (step.expect != EXPECT_VALUE)
				continue;
			__attribute__((fallthrough));
		case EXPECT_VALUE:
			step = value_read(p, step.at, EXPECT_VALUE, EXPECT_MEMBER_END);
			if (step.expect != EXPECT_MEMBER_END)
				continue;
			__attribute__((fallthrough));
		case EXPECT_MEMBER_END:
			step = member_end_read(p, step.at);
			continue;
		case EXPECT_ELEMENT:
			step = value_read(p, step.at, EXPECT_ELEMENT, EXPECT_ELEMENT_END);
			if (step.expect != EXPECT_ELEMENT_END)
				continue;
			__attribute__((fallthrough));
		case EXPECT_ELEMENT_END:
			step = element_end_read(p, step.at);
			continue;
		case EXPECT_DOCUMENT:
			step = value_read(p, step.at, EXPECT_DOCUMENT, EXPECT_END);
			continue;
		case EXPECT_END:
			step = end_read(p, step.at);
			continue;
		case EXPECT_NO_MORE:
			return step.at;
		}
	}
}

static struct tree *
document_tree(struct arena *arena, struct source *source, struct findings *findings,
              const struct excerpt *excerpts, size_t n_excerpts)
{
	struct tree *tree = arena_alloc(arena, sizeof(*tree));
	const char *start = source->len > 0 ? source->bytes : "";
	struct parser p = { .source = source,
		            .arena = arena,
		            .findings = findings,
		            .start = start,
		            .end = start + source->len,
		            .excerpts = excerpts,
		            .n_excerpts = n_excerpts,
		            .quiet = start,
		            .open = NODE_NONE,
		            .doomed_in = NODE_DOOMED_NONE };

	recover_end(&p, document_read(&p));
	tree->source = source;
	tree->root = p.nodes;
	tree->n = p.n;
	tree->broken = p.faults > 0;
	tree->arena = arena;
	tree->kin = arena_alloc(arena, sizeof(*tree->kin));
	return tree;
}

struct tree *
hujson_parse(struct arena *arena, struct source *source, struct findings *findings)
{
	return document_tree(arena, source, findings, NULL, 0);
}

struct tree *
hujson_parse_excerpts(struct arena *arena, struct source *source,
                      struct findings *findings, const struct excerpt *excerpts, size_t n)
{
	struct arena scratch = { 0 };
	struct findings none = { .arena = &scratch };
	struct tree *tree = document_tree(arena, source, &none, excerpts, n);

	/* what is wrong is told by all that stands around it */
	if (tree->broken)
		tree = hujson_parse(arena, source, findings);
	arena_end(&scratch);
	return tree;
}
