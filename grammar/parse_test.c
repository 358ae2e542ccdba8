#include "grammar/hujson.h"

#include <ctype.h>
#include <stdio.h>

#include <jansson.h>

#include "grammar/asked.h"
#include "grammar/hujson_test.h"
#include "grammar/rune.h"

/* What every tree promises, broken or not. */

static void
assert_literal(const struct tree *tree, const struct node *node)
{
	struct text raw = node_raw(tree, node);

	assert_int_equal(node->count, 1);
	if (tree->broken || node->kind != HUJSON_STRING)
		return;
	assert_true(raw.len >= 2 && *raw.at == '"' && raw.at[raw.len - 1] == '"');
	assert_int_equal(node->escaped, text_find(raw, '\\') < raw.len);
	bool ascii = true;
	for (size_t i = 0; i < raw.len; i++)
		ascii &= (unsigned char)raw.at[i] < 0x80;
	assert_int_equal(node->plain, ascii && !node->escaped);
}

static void
assert_container(const struct tree *tree, const struct node *node)
{
	bool object = node->kind == HUJSON_OBJECT;
	uint32_t at = node->span.first;
	size_t n = 0;

	assert_true(node->span.end > at || tree->broken);
	for (const struct node *e = node_first(node); e != node_end(node);
	     e += e->count) {
		assert_true(e < node_end(node) && e->count > 0);
		assert_true(e->span.first >= at && e->span.end <= node->span.end);
		if (object && n++ % 2 == 0)
			assert_int_equal(e->kind, HUJSON_STRING);
		at = e->span.end;
	}
	assert_true(!object || n % 2 == 0);
}

static void
assert_tree(const struct tree *tree)
{
	assert_non_null(tree->root);
	assert_int_equal(tree->root->count, tree->n);
	for (uint32_t i = 0; i < tree->n; i++) {
		const struct node *node = &tree->root[i];
		assert_true(node->span.first <= node->span.end);
		assert_true(node->span.end <= tree->source->len);
		if (node->kind == HUJSON_ARRAY || node->kind == HUJSON_OBJECT)
			assert_container(tree, node);
		else
			assert_literal(tree, node);
		assert_true(tree->broken || node->kind != HUJSON_BAD);
	}
}

static void
nodes_lie_in_document_order_with_their_spans(void **state)
{
	static const struct {
		enum hujson_kind kind;
		uint32_t first, end, count;
		bool comma;
	} expected[] = {
		{ HUJSON_OBJECT, 4, 36, 8, true },   { HUJSON_STRING, 5, 8, 1, false },
		{ HUJSON_ARRAY, 10, 21, 4, false },  { HUJSON_NUMBER, 11, 12, 1, false },
		{ HUJSON_TRUE, 13, 17, 1, false },   { HUJSON_ARRAY, 18, 20, 1, false },
		{ HUJSON_STRING, 23, 26, 1, false }, { HUJSON_OBJECT, 27, 29, 1, false },
	};
	struct reading r;

	(void)state;
	reading_of(&r, "/**/{\"a\" :[1,true,[]], \"b\":{}/*x*/,}//\n");
	assert_int_equal(sizeof(struct node), 16);
	assert_int_equal(r.tree->n, LENGTH(expected));
	for (uint32_t i = 0; i < r.tree->n; i++) {
		const struct node *node = &r.tree->root[i];
		assert_int_equal(node->kind, expected[i].kind);
		assert_int_equal(node->span.first, expected[i].first);
		assert_int_equal(node->span.end, expected[i].end);
		assert_int_equal(node->count, expected[i].count);
		assert_int_equal(node->comma, expected[i].comma);
	}
	assert_tree(r.tree);
	reading_end(&r);
}

/* hujson's words: spec/hujson.md section 2. */

struct words {
	const char *text;
	size_t len;
	const char *words; /* behind "hujson: " */
};

static void
assert_words(const char *bytes, size_t len, const char *words)
{
	struct reading r;

	reading_start(&r, bytes, len);
	const struct finding *first = findings_first_error(&r.findings);
	assert_tree(r.tree);
	assert_true(r.tree->broken);
	assert_non_null(first);
	assert_non_null(first->coordinator);
	assert_memory_equal(first->coordinator, "hujson: ", 8);
	assert_string_equal(first->coordinator + 8, words);
	for (size_t i = 1; i < r.findings.n; i++)
		assert_null(r.findings.at[i]->coordinator);
	/* so few bytes cannot have so many errors: reading goes in circles */
	const char *last = r.findings.at[r.findings.n - 1]->said;
	assert_true(len > 60 || strcmp(last, "too many errors: reading stops here") != 0);
	reading_end(&r);
}

static void
the_first_error_has_the_words_of_hujson(void **state)
{
	static const struct words cases[] = {
		{ BYTES(""), "line 1, column 1: parsing value: unexpected EOF" },
		{ BYTES(" "), "line 1, column 2: parsing value: unexpected EOF" },
		{ BYTES("\n\n//x\n"), "line 4, column 1: parsing value: unexpected EOF" },
		{ BYTES("{"), "line 1, column 2: parsing value: unexpected EOF" },
		{ BYTES("["), "line 1, column 2: parsing value: unexpected EOF" },
		{ BYTES("[1,"), "line 1, column 4: parsing value: unexpected EOF" },
		{ BYTES("{\"k\":"), "line 1, column 6: parsing value: unexpected EOF" },
		{ BYTES("{\"k\""),
		  "line 1, column 5: parsing object after name: unexpected EOF" },
		{ BYTES("{\"k\":1\n"),
		  "line 2, column 1: parsing object after value: unexpected EOF" },
		{ BYTES("[1"),
		  "line 1, column 3: parsing array after value: unexpected EOF" },
		{ BYTES("\"a"), "line 1, column 3: parsing string: unexpected EOF" },
		{ BYTES("\"a\\\""), "line 1, column 5: parsing string: unexpected EOF" },
		{ BYTES("[\"a\n"), "line 2, column 1: parsing string: unexpected EOF" },
		{ BYTES("/* x"), "line 1, column 1: parsing comment: unexpected EOF" },
		{ BYTES("//x"), "line 1, column 1: parsing comment: unexpected EOF" },
		{ BYTES("/*/"), "line 1, column 1: parsing comment: unexpected EOF" },
		{ BYTES("null//"), "line 1, column 5: parsing comment: unexpected EOF" },
		{ BYTES("{} //\xFF\n"), "line 1, column 4: invalid UTF-8 in comment" },
		{ BYTES("/*\xED\xA0\x80*/1"),
		  "line 1, column 1: invalid UTF-8 in comment" },
		{ BYTES("[//ok\n/*\xC0\x80*/]"),
		  "line 2, column 1: invalid UTF-8 in comment" },
		{ BYTES("\xEF\xBB\xBF{}"),
		  "line 1, column 1: invalid character '\\ufeff' at start of value" },
		{ BYTES("\"a\tb\""), "line 1, column 1: invalid literal: \"a\tb\"" },
		{ BYTES("\"a\x1F\""), "line 1, column 1: invalid literal: \"a\x1F\"" },
		{ BYTES("[\"a\nb\"]"), "line 1, column 2: invalid literal: \"a\nb\"" },
		{ BYTES("\"\\x41\""), "line 1, column 1: invalid literal: \"\\x41\"" },
		{ BYTES("\"\\u12G4\""),
		  "line 1, column 1: invalid literal: \"\\u12G4\"" },
		{ BYTES("\"\\'\""), "line 1, column 1: invalid literal: \"\\'\"" },
		{ BYTES("01"), "line 1, column 1: invalid literal: 01" },
		{ BYTES("true1"), "line 1, column 1: invalid literal: true1" },
		{ BYTES("[NaN]"), "line 1, column 2: invalid literal: NaN" },
		{ BYTES("tr ue"), "line 1, column 1: invalid literal: tr" },
		{ BYTES("1 2"),
		  "line 1, column 3: invalid character '2' after top-level value" },
		{ BYTES("{}\n,"),
		  "line 2, column 1: invalid character ',' after top-level value" },
		{ BYTES("[1]]"),
		  "line 1, column 4: invalid character ']' after top-level value" },
		{ BYTES("1/"),
		  "line 1, column 2: invalid character '/' after top-level value" },
		{ BYTES("{}\0"),
		  "line 1, column 3: invalid character '\\u0000' after top-level value" },
		{ BYTES("{\"a\":1 \"b\":2}"),
		  "line 1, column 8: invalid character '\"' after object value "
		  "(expecting ',' or '}')" },
		{ BYTES("{\"a\":1]"), "line 1, column 7: invalid character ']' after "
		                      "object value (expecting ',' or '}')" },
		{ BYTES("[1 2]"), "line 1, column 4: invalid character '2' after array "
		                  "value (expecting ',' or ']')" },
		{ BYTES("[1}"), "line 1, column 3: invalid character '}' after array "
		                "value (expecting ',' or ']')" },
		{ BYTES("{\"a\" 1}"),
		  "line 1, column 6: invalid character '1' after object name" },
		{ BYTES("{\"a\"}"),
		  "line 1, column 5: invalid character '}' after object name" },
		{ BYTES("{a:1}"), "line 1, column 2: invalid literal: a" },
		{ BYTES("{1:2}"),
		  "line 1, column 2: invalid character '1' at start of object name" },
		{ BYTES("{ null:2}"),
		  "line 1, column 3: invalid character 'n' at start of object name" },
		{ BYTES("{[1]:2}"),
		  "line 1, column 2: invalid character '[' at start of object name" },
		{ BYTES("{{}}"),
		  "line 1, column 2: invalid character '{' at start of object name" },
		{ BYTES("{[1 2]:2}"), "line 1, column 5: invalid character '2' after "
		                      "array value (expecting ',' or ']')" },
		{ BYTES("{[{[1]:2}]:3}"),
		  "line 1, column 4: invalid character '[' at start of object name" },
		{ BYTES("{[[{}]"),
		  "line 1, column 7: parsing array after value: unexpected EOF" },
		{ BYTES("{\"a\":1,,}"),
		  "line 1, column 8: invalid character ',' at start of value" },
		{ BYTES("{,}"),
		  "line 1, column 2: invalid character ',' at start of value" },
		{ BYTES("[,]"),
		  "line 1, column 2: invalid character ',' at start of value" },
		{ BYTES("[1,,2]"),
		  "line 1, column 4: invalid character ',' at start of value" },
		{ BYTES("{\"k\":}"),
		  "line 1, column 6: invalid character '}' at start of value" },
		{ BYTES("{\"k\":,}"),
		  "line 1, column 6: invalid character ',' at start of value" },
		{ BYTES("[}"),
		  "line 1, column 2: invalid character '}' at start of value" },
		{ BYTES("{]"),
		  "line 1, column 2: invalid character ']' at start of value" },
		{ BYTES("]"),
		  "line 1, column 1: invalid character ']' at start of value" },
		{ BYTES("{\"a\":\n\n  @}"),
		  "line 3, column 3: invalid character '@' at start of value" },
		/* how a character is shown */
		{ BYTES("'a'"),
		  "line 1, column 1: invalid character '\\'' at start of value" },
		{ BYTES("\\"),
		  "line 1, column 1: invalid character '\\\\' at start of value" },
		{ BYTES("\xC3\xA9"),
		  "line 1, column 1: invalid character '\xC3\xA9' at start of value" },
		{ BYTES("[\xE2\x80\x9C"), "line 1, column 2: invalid character "
		                          "'\xE2\x80\x9C' at start of value" },
		{ BYTES("\xF0\x9F\x98\x80"), "line 1, column 1: invalid character "
		                             "'\xF0\x9F\x98\x80' at start of value" },
		{ BYTES("\xFF"),
		  "line 1, column 1: invalid character '\\xff' at start of value" },
		{ BYTES("\xE2\x80"),
		  "line 1, column 1: invalid character '\\xe2' at start of value" },
		{ BYTES("\xEF\xBF\xBD"), "line 1, column 1: invalid character "
		                         "'\xEF\xBF\xBD' at start of value" },
		{ BYTES("[\v"),
		  "line 1, column 2: invalid character '\\u000b' at start of value" },
		{ BYTES("\x7F"),
		  "line 1, column 1: invalid character '\\u007f' at start of value" },
		{ BYTES("\xC2\xA0"),
		  "line 1, column 1: invalid character '\\u00a0' at start of value" },
		{ BYTES("\xE3\x80\x80"),
		  "line 1, column 1: invalid character '\\u3000' at start of value" },
		{ BYTES("\xF3\xA0\x80\x81"),
		  "line 1, column 1: invalid character '\\U000e0001' at start of value" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_words(cases[i].text, cases[i].len, cases[i].words);
}

/* hujson's way of reading, written down as simply as can be: it stops at the
 * first error. */

struct model {
	const char *bytes;
	size_t len, at;
	char words[4096]; /* of the first error */
};

/* Says what is wrong at an offset; false, for convenience. */
__attribute__((format(printf, 3, 4))) static bool
model_fail(struct model *m, size_t offset, const char *format, ...)
{
	unsigned line = 1, column = 1;
	va_list args;

	for (size_t i = 0; i < offset; i++) {
		column = m->bytes[i] == '\n' ? 1 : column + 1;
		line += m->bytes[i] == '\n';
	}
	int n = snprintf(m->words, sizeof(m->words), "line %u, column %u: ", line,
	                 column);
	va_start(args, format);
	vsnprintf(m->words + n, sizeof(m->words) - (size_t)n, format, args);
	va_end(args);
	return false;
}

static bool
model_character(struct model *m, size_t at, const char *where)
{
	uint32_t rune;
	size_t bytes = rune_read(m->bytes + at, m->len - at, &rune);
	char shown[16];

	if (rune == RUNE_BAD && bytes == 1)
		snprintf(shown, sizeof(shown), "\\x%02x", (unsigned char)m->bytes[at]);
	else if (rune_printable(rune))
		snprintf(shown, sizeof(shown), "%s%.*s",
		         rune == '\'' || rune == '\\' ? "\\" : "", (int)bytes,
		         m->bytes + at);
	else
		snprintf(shown, sizeof(shown), rune > 0xFFFF ? "\\U%08x" : "\\u%04x",
		         rune);
	return model_fail(m, at, "invalid character '%s' %s", shown, where);
}

static bool
model_sees(const struct model *m, const char *string)
{
	size_t len = strlen(string);

	return m->len - m->at >= len && memcmp(m->bytes + m->at, string, len) == 0;
}

static bool
model_extra(struct model *m)
{
	while (m->at < m->len) {
		const char *end = model_sees(m, "//") ? "\n" : "*/";
		size_t start = m->at;
		if (strchr(" \t\r\n", m->bytes[start]) && m->bytes[start]) {
			m->at++;
			continue;
		}
		if (!model_sees(m, "//") && !model_sees(m, "/*"))
			return true;
		for (m->at += 2; m->at < m->len && !model_sees(m, end);)
			m->at++;
		if (m->at == m->len)
			return model_fail(m, start, "parsing comment: unexpected EOF");
		m->at += strlen(end);
		if (runes_valid(m->bytes + start, m->at - start) < m->at - start)
			return model_fail(m, start, "invalid UTF-8 in comment");
	}
	return true;
}

static bool
model_string_valid(const char *at, const char *end)
{
	while (++at < end) {
		if ((unsigned char)*at < ' ')
			return false;
		if (*at != '\\')
			continue;
		if (!*++at || !strchr("\"\\/bfnrtu", *at))
			return false;
		for (int i = 0; *at == 'u' && i < 4; i++)
			if (!at[i + 1] || !strchr("0123456789abcdefABCDEF", at[i + 1]))
				return false;
	}
	return true;
}

static size_t
model_word(const char *at, size_t len)
{
	size_t n = 0;

	while (n < len && (isalnum((unsigned char)at[n]) || at[n] == '+' ||
	                   at[n] == '-' || at[n] == '.'))
		n++;
	return n;
}

static bool
model_word_valid(const char *at, size_t len)
{
	char word[4096];
	const char *c = word;

	snprintf(word, sizeof(word), "%.*s", (int)len, at);
	if (!strcmp(word, "null") || !strcmp(word, "true") || !strcmp(word, "false"))
		return true;
	c += *c == '-';
	size_t digits = strspn(c, "0123456789");
	if (digits == 0 || (digits > 1 && *c == '0'))
		return false;
	c += digits;
	if (*c == '.') {
		digits = strspn(++c, "0123456789");
		if (digits == 0)
			return false;
		c += digits;
	}
	if (*c == 'e' || *c == 'E') {
		c += c[1] == '+' || c[1] == '-' ? 2 : 1;
		digits = strspn(c, "0123456789");
		if (digits == 0)
			return false;
		c += digits;
	}
	return *c == '\0';
}

static bool
model_literal(struct model *m)
{
	size_t start = m->at;
	const char *first = m->bytes + start;
	bool valid;

	if (m->bytes[start] == '"') {
		while (++m->at < m->len && m->bytes[m->at] != '"')
			m->at += m->bytes[m->at] == '\\';
		if (m->at >= m->len)
			return model_fail(m, m->len, "parsing string: unexpected EOF");
		valid = model_string_valid(first, m->bytes + m->at++);
	} else {
		m->at += model_word(first, m->len - start);
		if (m->at == start)
			return model_character(m, start, "at start of value");
		valid = model_word_valid(first, m->at - start);
	}
	if (!valid)
		return model_fail(m, start, "invalid literal: %.*s", (int)(m->at - start),
		                  first);
	return true;
}

static bool model_value(struct model *m);

/* What follows an element or member: true while there is another. */
static bool
model_goes_on(struct model *m, const char *kind, char closer)
{
	char where[64], after[64];

	snprintf(after, sizeof(after), "parsing %s after value: unexpected EOF", kind);
	snprintf(where, sizeof(where), "after %s value (expecting ',' or '%c')", kind,
	         closer);
	if (!model_extra(m))
		return false;
	if (m->at == m->len)
		return model_fail(m, m->at, "%s", after);
	if (m->bytes[m->at] != ',' && m->bytes[m->at] != closer)
		return model_character(m, m->at, where);
	return true;
}

static bool
model_name(struct model *m)
{
	size_t start = m->at;

	if (!model_value(m))
		return false;
	if (m->bytes[start] != '"')
		return model_character(m, start, "at start of object name");
	if (!model_extra(m))
		return false;
	if (m->at == m->len)
		return model_fail(m, m->at, "parsing object after name: unexpected EOF");
	if (m->bytes[m->at] != ':')
		return model_character(m, m->at, "after object name");
	m->at++;
	return true;
}

static bool
model_container(struct model *m, const char *kind, char closer)
{
	m->at++;
	for (;;) {
		if (!model_extra(m))
			return false;
		if (m->at < m->len && m->bytes[m->at] == closer)
			break;
		if (closer == '}' && !model_name(m))
			return false;
		if (!model_value(m) || !model_goes_on(m, kind, closer))
			return false;
		if (m->bytes[m->at] == closer)
			break;
		m->at++;
	}
	m->at++;
	return true;
}

static bool
model_value(struct model *m)
{
	if (!model_extra(m))
		return false;
	if (m->at == m->len)
		return model_fail(m, m->at, "parsing value: unexpected EOF");
	if (m->bytes[m->at] == '{')
		return model_container(m, "object", '}');
	if (m->bytes[m->at] == '[')
		return model_container(m, "array", ']');
	return model_literal(m);
}

static bool
model_reads(struct model *m)
{
	if (!model_value(m) || !model_extra(m))
		return false;
	return m->at == m->len || model_character(m, m->at, "after top-level value");
}

static void
assert_like_model(const char *bytes, size_t len)
{
	struct model m = { .bytes = bytes, .len = len };
	struct reading r;

	if (!model_reads(&m)) {
		assert_words(bytes, len, m.words);
		return;
	}
	reading_start(&r, bytes, len);
	assert_false(r.tree->broken);
	assert_int_equal(r.findings.n, 0);
	assert_tree(r.tree);
	reading_end(&r);
}

/* Takes some bytes out, and puts others in. */
static void
text_damage(struct random *r)
{
	static const char others[] = "{}[],:\"\\/*'#=;- \n\t\r1aenu\xFF\xC3\xA0";

	for (uint32_t n = random_below(r, 4); n > 0 && r->len > 0; n--) {
		size_t at = random_below(r, (uint32_t)r->len);
		char other = others[random_below(r, sizeof(others))];
		switch (random_below(r, 3)) {
		case 0:
			memmove(r->bytes + at, r->bytes + at + 1, --r->len - at);
			break;
		case 1:
			r->bytes[at] = other;
			break;
		default:
			random_put(r, " ");
			memmove(r->bytes + at + 1, r->bytes + at, r->len - at - 1);
			r->bytes[at] = other;
		}
	}
}

static void
damaged_texts_are_told_of_as_hujson_does(void **state)
{
	struct random r = { .state = 42 };

	(void)state;
	for (int i = 0; i < 20000; i++) {
		random_text(&r);
		text_damage(&r);
		assert_like_model(r.bytes, r.len);
		/* and a few bytes of it */
		r.len = r.len < 12 ? r.len : 12;
		text_damage(&r);
		assert_like_model(r.bytes, r.len);
	}
	random_end(&r);
}

static void
no_part_of_a_document_is_taken_for_the_whole(void **state)
{
	static const char text[] =
		"// The policy.\n"
		"{\n"
		"\t/* who */ \"groups\": {\"group:\\u00e9\\n\": [\"a@b.c\", "
		"\"\xC3\xA9\"],},\n"
		"\t\"n\": [-12.5e+3, true, false, null, {}, [[]]], // \xE2\x82\xAC\n"
		"}\n"
		"/* end */\n";
	const size_t total = sizeof(text) - 1,
		     over = (size_t)(strrchr(text, '}') + 1 - text);

	(void)state;
	for (size_t len = 0; len <= total; len++) {
		struct reading r;
		bool whole = len == over || len == over + 1 || len >= total - 1;
		reading_start(&r, text, len);
		assert_int_equal(r.tree->broken, !whole);
		assert_tree(r.tree);
		reading_end(&r);
		assert_like_model(text, len);
	}
}

/* What is said to people. */

struct saying {
	const char *text;
	const char *said; /* "first-end: sentence", a line for each finding */
};

static void
assert_said(const char *text, const char *expected)
{
	struct reading r;
	const char *said = "";

	reading_start(&r, text, strlen(text));
	assert_tree(r.tree);
	for (size_t i = 0; i < r.findings.n; i++) {
		const struct finding *f = r.findings.at[i];
		said = arena_format(&r.arena, "%s%u-%u: %s\n", said, f->where.first,
		                    f->where.end, f->said);
		for (const struct note *n = f->notes; n; n = n->next)
			said = arena_format(&r.arena, "%s  %u-%u: %s\n", said,
			                    n->where.first, n->where.end, n->said);
	}
	assert_string_equal(said, expected);
	reading_end(&r);
}

static void
a_missing_mark_is_missed_behind_what_came_before(void **state)
{
	static const struct saying cases[] = {
		{ "[1\n2]", "2-2: a ',' is missing here\n" },
		{ "[\"a\" // x\n\"b\"]", "4-4: a ',' is missing here\n" },
		{ "[[]\n{}\"x\"]", "3-3: a ',' is missing here\n"
		                   "6-6: a ',' is missing here\n" },
		{ "{\"a\": 1 \"b\": 2}", "7-7: a ',' is missing here\n" },
		{ "{\"a\" 1}", "4-4: a ':' is missing after this name\n" },
		{ "{\"a\": }", "5-5: a value is missing after the ':'\n" },
		{ "{\"a\":, \"b\":}", "5-5: a value is missing after the ':'\n"
		                      "11-11: a value is missing after the ':'\n" },
		{ "{\"a\", \"b\"}",
		  "4-4: a ':' and a value are missing after this name\n"
		  "9-9: a ':' and a value are missing after this name\n" },
		{ "{\"a\": [1", "8-8: the file ends where a ']' should follow\n"
		                "  6-7: this '[' is not closed\n" },
		{ "{\"a\"", "4-4: the file ends where a ':' and a value should follow\n"
		            "  0-1: this '{' is not closed\n" },
		{ "[{\"a\": 1]", "8-9: a '}' is missing before this ']'\n"
		                 "  1-2: this '{' is not closed\n" },
		{ "// x\n", "0-0: there is no document here\n" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_said(cases[i].text, cases[i].said);
}

static void
what_is_too_much_is_named(void **state)
{
	static const struct saying cases[] = {
		{ "[,1,,2,,]", "1-2: one ',' too many\n4-5: one ',' too many\n"
		               "7-8: one ',' too many\n" },
		{ "{,\"a\":: 1,,}", "1-2: one ',' too many\n6-7: one ':' too many\n"
		                    "10-11: one ',' too many\n" },
		{ "{\"a\": 1: 2, \"b\": 3}",
		  "7-8: one ':' too many, or a ',' missing before the name\n" },
		{ "{: 1, \"b\": 2}", "1-2: a name is missing before the ':'\n" },
		{ "[\"a\": 1]",
		  "4-5: elements of an array have no names: those take '{' '}'\n" },
		{ "{{\"a\": 1}, [2]}", "1-2: in an object a name is expected here: "
		                       "objects without names stand "
		                       "in '[' ']'\n"
		                       "11-12: in an object a name is expected here: "
		                       "arrays without names stand "
		                       "in '[' ']'\n" },
		{ "{} {}", "3-5: the document is over, and another one follows\n" },
		{ "[]]\n",
		  "2-3: the document is over, and this bracket closes nothing\n" },
		{ "1,\n2", "1-2: the document is over, and nothing may follow it\n" },
		{ "\"a\": 1", "3-6: a '{' is missing before the first name\n" },
		{ "[1)]", "2-3: ) does not belong here\n" },
		{ "[1}, 2]", "2-3: '}' stands where ']' should\n"
		             "  0-1: this '[' is not closed\n" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_said(cases[i].text, cases[i].said);
}

static void
other_languages_are_recognized(void **state)
{
	static const struct saying cases[] = {
		{ "[True, None, off, NaN]",
		  "1-5: True is written true, in lower case\n"
		  "7-11: None is no value of JSON: write null\n"
		  "13-16: off is no value of JSON: write false\n"
		  "18-21: NaN is no number of JSON\n" },
		{ "[tag:db, 10.0.0.0/8, a b]",
		  "1-7: tag:db must stand in double quotes\n"
		  "9-19: 10.0.0.0/8 must stand in double quotes\n"
		  "21-24: a b must stand in double quotes\n" },
		{ "[0x1F]", "1-5: 0x1F is no number of JSON: those have no leading zero "
		            "or plus, and "
		            "digits on both sides of a point\n" },
		{ "{acls: [], group:x: 1}",
		  "1-5: acls must stand in double quotes, as every name\n"
		  "11-18: group:x must stand in double quotes, as every name\n" },
		{ "{'a': 'b', \"c\": \xE2\x80\x9C"
		  "d\xE2\x80\x9D}",
		  "1-4: a string stands in plain double quotes: \"\n"
		  "6-9: a string stands in plain double quotes: \"\n"
		  "16-23: a string stands in plain double quotes: \"\n" },
		{ "{\"a\" = 1; \"b\" => 2}",
		  "5-6: between a name and its value stands a ':'\n"
		  "8-9: write ',' here, not ';'\n"
		  "14-16: between a name and its value stands a ':'\n" },
		{ "{\n# x\n\"a\": 1, / y\n}", "2-5: a comment starts with // or /*\n"
		                              "14-17: a comment starts with // or /*\n" },
		{ "[\n<<<<<<< HEAD\n1\n]", "2-14: a merge was not resolved here\n" },
		{ "[\xC2\xA0"
		  "1,\v2]",
		  "1-3: a blank that HuJSON does not know: write a plain space\n"
		  "5-6: a blank that HuJSON does not know: write a plain space\n" },
		{ "[1, \x01\x02 2 */]",
		  "4-6: a control byte does not belong in a text file\n"
		  "9-11: no comment ends here, for none began\n" },
		{ "---\nacls:\n- x\n",
		  "0-3: a document starts with '{' or '[', not with ---\n" },
		{ "\xFF\xFE{\x01", "0-2: the file is in UTF-16: save it as UTF-8\n" },
		{ "\xEF\xBB\xBF{}", "0-3: the file starts with a byte-order mark, which "
		                    "coordinators refuse\n" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_said(cases[i].text, cases[i].said);
}

static void
strings_and_comments_are_told_of_where_they_go_wrong(void **state)
{
	static const struct saying cases[] = {
		{ "[\"a\tb\\d\\u12\x01\"]",
		  "3-4: within a string a tab is written \\t\n"
		  "5-7: \\d is no escape: a backslash itself is written \\\\\n"
		  "7-9: \\u takes four hexadecimal digits\n"
		  "11-12: within a string this byte is written \\u0001\n" },
		{ "[\"a\nb\"]", "1-3: a string ends on the line it starts on: write a "
		                "line end as \\n\n" },
		{ "[\n\"a],\n\"b\"\n]",
		  "2-4: this string is not closed: a '\"' is missing on its line\n" },
		{ "{\"a: [ // x\n1], \"b\": \"c}\n",
		  "1-3: this string is not closed: a '\"' is missing on its line\n"
		  "21-23: this string is not closed: a '\"' is missing on its line\n" },
		{ "{\"a: \"b\", \"c\": [1]},\n", "1-18: a '\"' is missing or too many "
		                                 "here; one within a string is written "
		                                 "\\\"\n" },
		{ "{a\": 1, \"b\": [c\", \"d\"]}",
		  "1-3: a\" must stand in double quotes, as every name\n"
		  "14-16: c\" must stand in double quotes\n" },
		{ "[\"say \"hi\" now\", 1]", "1-18: a '\"' is missing or too many here; "
		                             "one within a string is written "
		                             "\\\"\n" },
		{ "[\"a // \"b, 1]", "1-12: a '\"' is missing or too many here; one "
		                     "within a string is written "
		                     "\\\"\n" },
		{ "{} // x", "3-7: the line end is missing behind this comment at the "
		             "end of the file\n" },
		{ "{\"a\": /* x }\n",
		  "6-8: this comment is not closed: a '*/' is missing\n" },
		{ "{} // \xE9t\xE9\n", "6-7: this comment is not in UTF-8\n" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_said(cases[i].text, cases[i].said);
}

static void
checks_are_told_apart(void **state)
{
	static const struct {
		const char *text;
		const struct check *check;
	} cases[] = {
		{ "[1", &CHECK_SYNTAX_ERROR },
		{ "1 2", &CHECK_TRAILING_GARBAGE },
		{ "\xEF\xBB\xBF{}", &CHECK_BOM },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct reading r;
		reading_start(&r, cases[i].text, strlen(cases[i].text));
		assert_int_equal(r.findings.n, 1);
		assert_ptr_equal(r.findings.at[0]->check, cases[i].check);
		assert_int_equal(r.findings.at[0]->level, LEVEL_ERROR);
		assert_ptr_equal(r.findings.at[0]->source, r.source);
		reading_end(&r);
	}
}

static void
what_is_usable_of_a_broken_text_is_kept(void **state)
{
	static const struct {
		const char *text, *paths; /* of all nodes with their kinds */
	} cases[] = {
		{ "{acls: [1 2], \"b\": x, 'c': 3}",
		  "=an object acls=a string acls=an array acls[0]=a number acls[1]=a "
		  "number "
		  "b=a string b=something unreadable c=a string c=a number " },
		{ "{: 1, [2]: {\"x\": 3}, \"b\": 2}",
		  "=an object b=a string b=a number " },
		{ "{\"a: [\n1]}", "=an object a=a string a=an array a[0]=a number " },
		{ "{[{[1]:2}]: 3, \"b\": {4}}", "=an object b=a string b=an object " },
		{ "{[1]: [{[", "=an object " },
		{ "[1, {\"a\"", "=an array [0]=a number [1]=an object [1].a=a string "
		                "[1].a=something unreadable " },
		{ "", "=something unreadable " },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct reading r;
		const char *paths = "";
		reading_start(&r, cases[i].text, strlen(cases[i].text));
		for (const struct node *n = r.tree->root; n < r.tree->root + r.tree->n;
		     n++)
			paths = arena_format(&r.arena, "%s%s=%s ", paths,
			                     node_path(&r.arena, r.tree, n),
			                     hujson_kind_name(n->kind));
		assert_string_equal(paths, cases[i].paths);
		reading_end(&r);
	}
}

/* Names and values alike. */
static size_t
children_count(const struct node *parent)
{
	size_t n = 0;

	for (const struct node *c = node_first(parent); c < node_end(parent);
	     c = node_next(c))
		n++;
	return n;
}

/* Opens n arrays, and closes them. */
static void
assert_depth(size_t n, bool taken)
{
	char *text = malloc(2 * n);
	struct reading r;

	memset(text, '[', n);
	memset(text + n, ']', n);
	reading_start(&r, text, 2 * n);
	assert_tree(r.tree);
	assert_int_equal(r.tree->broken, !taken);
	assert_int_equal(r.findings.n, taken ? 0 : 1);
	if (!taken) {
		assert_ptr_equal(r.findings.at[0]->check, &CHECK_TOO_DEEP);
		assert_int_equal(r.findings.at[0]->where.first, HUJSON_DEPTH_MAX);
		assert_null(r.findings.at[0]->coordinator);
	}
	reading_end(&r);
	free(text);
}

/* Reading may stop between a name and its value; every name has one all the same. */
static void
a_name_has_a_value_wherever_reading_stops(void **state)
{
	static const char *const pieces[] = { "{\"a\":", "\"k\" [],", "\"k\" " };

	(void)state;
	for (size_t i = 0; i < LENGTH(pieces); i++) {
		struct random r = { .state = 1 };
		struct reading reading;
		random_put(&r, "{");
		while (r.len < 100000)
			random_put(&r, pieces[i]);
		reading_start(&reading, r.bytes, r.len);
		assert_tree(reading.tree);
		for (const struct node *n = reading.tree->root;
		     n < reading.tree->root + reading.tree->n; n++)
			if (n->kind == HUJSON_OBJECT)
				assert_int_equal(node_length(n) * 2, children_count(n));
		reading_end(&reading);
		random_end(&r);
	}
}

static void
nesting_goes_to_the_depth_that_go_reads(void **state)
{
	(void)state;
	assert_depth(1, true);
	assert_depth(HUJSON_DEPTH_MAX, true);
	assert_depth(HUJSON_DEPTH_MAX + 1, false);
	assert_depth(100000, false);
}

/* The same text many times over, with errors: reading stops soon. */
static void
errors_without_end_end(void **state)
{
	static const char *const texts[] = {
		"[1 2", "{",      "{[", "\"\\x\" ", "\"\\\"\n",
		"}",    "{\"a\n", "'",  "x\" ",     "//\xFF\n",
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		struct random r = { .state = 1 };
		struct reading reading;
		random_put(&r, "[");
		while (r.len < 100000)
			random_put(&r, texts[i]);
		reading_start(&reading, r.bytes, r.len);
		assert_tree(reading.tree);
		assert_true(reading.tree->broken);
		assert_true(reading.findings.n <= 202);
		reading_end(&reading);
		random_end(&r);
	}
}

/* Against JSON. */

static void
assert_like_jansson(struct reading *r, const struct node *node, json_t *json)
{
	static const int types[] = {
		[HUJSON_NULL] = JSON_NULL,   [HUJSON_FALSE] = JSON_FALSE,
		[HUJSON_TRUE] = JSON_TRUE,   [HUJSON_STRING] = JSON_STRING,
		[HUJSON_ARRAY] = JSON_ARRAY, [HUJSON_OBJECT] = JSON_OBJECT,
		[HUJSON_NUMBER] = JSON_REAL,
	};
	struct arena *arena = &r->arena;

	assert_int_equal(json_typeof(json), types[node->kind]);
	if (node->kind == HUJSON_NUMBER) {
		struct text raw = node_raw(r->tree, node);
		double number = strtod(arena_copy(arena, raw.at, raw.len), NULL);
		assert_true(number == json_real_value(json));
	} else if (node->kind == HUJSON_STRING) {
		assert_text(node_text(arena, r->tree, node), json_string_value(json),
		            json_string_length(json));
	} else if (node->kind == HUJSON_ARRAY) {
		size_t i = 0;
		assert_int_equal(node_length(node), json_array_size(json));
		for (const struct node *e = node_first(node); e != node_end(node);
		     e = node_next(e))
			assert_like_jansson(r, e, json_array_get(json, i++));
	} else if (node->kind == HUJSON_OBJECT) {
		const char *name;
		json_t *value;
		/* cppcheck-suppress unknownMacro; jansson's */
		json_object_foreach(json, name, value)
			assert_like_jansson(r, node_member(r->tree, node, name), value);
	}
}

static void
plain_json_is_read_as_jansson_reads_it(void **state)
{
	struct random r = { .state = 7, .plain = true };

	(void)state;
#ifdef WITHOUT_JANSSON
	skip(); /* what it writes is taken for unwritten: it is not built so */
#endif
	for (int i = 0; i < 3000; i++) {
		struct reading reading;
		random_text(&r);
		json_t *json =
			json_loadb(r.bytes, r.len,
		                   JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, NULL);
		assert_non_null(json);
		reading_start(&reading, r.bytes, r.len);
		assert_int_equal(reading.findings.n, 0);
		assert_like_jansson(&reading, reading.tree->root, json);
		reading_end(&reading);
		json_decref(json);
	}
	random_end(&r);
}

/*
 * Kinds of texts that a reader of JSON should take or refuse. HuJSON takes
 * what JSON does, and besides it trailing commas and comments; bytes that are
 * no UTF-8 in strings and lone surrogates are left to readers by RFC 8259.
 */
static void
json_is_taken_and_what_is_not_json_is_refused(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		bool taken;
	} cases[] = {
		{ BYTES("[]"), true },
		{ BYTES("[[] ]"), true },
		{ BYTES("[\"\"]"), true },
		{ BYTES(" [1]\r\n"), true },
		{ BYTES("[null, 1, \"1\", {}]"), true },
		{ BYTES("42"), true },
		{ BYTES("\"\""), true },
		{ BYTES("[0e+1, 0e1, -0, -0.0, 1E22, 1e-2, 1E+2]"), true },
		{ BYTES("[123456789012345678901234567890, 1e9999]"), true },
		{ BYTES("[0.00000000000000000000000000000000000000000001]"), true },
		{ BYTES("{\"a\":1,\"a\":2}"), true },
		{ BYTES("{\"\":0}"), true },
		{ BYTES("{\"a\\u0000b\":0}"), true },
		{ BYTES("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0012\"]"), true },
		{ BYTES("[\"\\uD801\\udc37\"]"), true },
		{ BYTES("[\"\x7F\xE2\x80\xA8\xF4\x8F\xBF\xBF\"]"), true },
		{ BYTES("[\"a/*b*/c//d\"]"), true },
		/* left to the reader */
		{ BYTES("[\"\\uD800\", \"\\uDC00\\uD800\", \"\\uD800\\n\"]"), true },
		{ BYTES("[\"\xFF\", \"\xC0\xAF\", \"\xED\xA0\x80\", \"\xE9\"]"), true },
		{ BYTES("\xEF\xBB\xBF[]"), false },
		{ BYTES("\xFF\xFE[\0]\0"), false },
		/* HuJSON takes trailing commas … */
		{ BYTES("[1,]"), true },
		{ BYTES("[\"\",\n]"), true },
		{ BYTES("{\"a\":0,}"), true },
		/* … but one, and behind something */
		{ BYTES("[1,,]"), false },
		{ BYTES("[,]"), false },
		{ BYTES("[,1]"), false },
		{ BYTES("{,}"), false },
		{ BYTES("{\"a\":0,,}"), false },
		{ BYTES("1,"), false },
		/* HuJSON takes comments … */
		{ BYTES("{\"a\":/*c*/1}"), true },
		{ BYTES("{\"a\":\"b\"}/**/"), true },
		{ BYTES("{\"a\":\"b\"}//\n"), true },
		/* … that are comments */
		{ BYTES("{\"a\":\"b\"}/**//"), false },
		{ BYTES("{\"a\":\"b\"}//"), false },
		{ BYTES("{\"a\":\"b\"}#\n"), false },
		{ BYTES("{\"a\":\"b\"}/"), false },
		{ BYTES("[/* /* */ */]"), false },
		/* arrays and objects */
		{ BYTES("["), false },
		{ BYTES("[1 true]"), false },
		{ BYTES("[\"\": 1]"), false },
		{ BYTES("[x"), false },
		{ BYTES("[1]x"), false },
		{ BYTES("[3[4]]"), false },
		{ BYTES("[1:2]"), false },
		{ BYTES("[\"a\",\n4\n,1,"), false },
		{ BYTES("[1}"), false },
		{ BYTES("[][]"), false },
		{ BYTES("[]]"), false },
		{ BYTES("{"), false },
		{ BYTES("{[: \"x\"}"), false },
		{ BYTES("{\"x\", null}"), false },
		{ BYTES("{\"x\"::\"b\"}"), false },
		{ BYTES("{1:1}"), false },
		{ BYTES("{null:null}"), false },
		{ BYTES("{'a':0}"), false },
		{ BYTES("{a: \"b\"}"), false },
		{ BYTES("{\"a\" \"b\"}"), false },
		{ BYTES("{\"a\":"), false },
		{ BYTES("{\"a\""), false },
		{ BYTES("{\"a\":\"a\" 123}"), false },
		{ BYTES("{\"a\": true} \"x\""), false },
		{ BYTES("{}}"), false },
		{ BYTES("*"), false },
		{ BYTES("<.>"), false },
		/* words */
		{ BYTES("[nul]"), false },
		{ BYTES("[fals]"), false },
		{ BYTES("[TRUE]"), false },
		{ BYTES("[nullx]"), false },
		{ BYTES("[\xEF\xBD\x8E]"), false },
		{ BYTES("a\xC3\xA5"), false },
		/* numbers */
		{ BYTES("[-]"), false },
		{ BYTES("[- 1]"), false },
		{ BYTES("[+1]"), false },
		{ BYTES("[++1]"), false },
		{ BYTES("[-01]"), false },
		{ BYTES("[012]"), false },
		{ BYTES("[0.1.2]"), false },
		{ BYTES("[0.e1]"), false },
		{ BYTES("[0e]"), false },
		{ BYTES("[0E+]"), false },
		{ BYTES("[1 000.0]"), false },
		{ BYTES("[1eE2]"), false },
		{ BYTES("[2.]"), false },
		{ BYTES("[.1]"), false },
		{ BYTES("[1+2]"), false },
		{ BYTES("[0x42]"), false },
		{ BYTES("[Infinity]"), false },
		{ BYTES("[-NaN]"), false },
		{ BYTES("[\xEF\xBC\x91]"), false },
		{ BYTES("[1\xE5]"), false },
		/* strings */
		{ BYTES("[\"\\x00\"]"), false },
		{ BYTES("[\"\\a\"]"), false },
		{ BYTES("[\"\\\0\"]"), false },
		{ BYTES("[\"\\\xF0\x9F\x8C\x80\"]"), false },
		{ BYTES("[\"\\u00A\"]"), false },
		{ BYTES("[\"\\uD834\\uDd\"]"), false },
		{ BYTES("[\"\\"), false },
		{ BYTES("[\"\\\"]"), false },
		{ BYTES("[\"\0\"]"), false },
		{ BYTES("[\"\n\"]"), false },
		{ BYTES("[\"\t\"]"), false },
		{ BYTES("\""), false },
		{ BYTES("['x']"), false },
		{ BYTES("[\\n]"), false },
		{ BYTES("[\\u0020\"x\"]"), false },
		/* blanks */
		{ BYTES("[\f]"), false },
		{ BYTES("[\v1]"), false },
		{ BYTES("[\xE2\x81\xA0]"), false },
		{ BYTES("[\x1E]"), false },
		{ BYTES(" "), false },
		{ BYTES(""), false },
		{ BYTES("\0"), false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct reading r;
		reading_start(&r, cases[i].text, cases[i].len);
		if (r.tree->broken == cases[i].taken)
			fail_msg("%s: %s", cases[i].text,
			         cases[i].taken ? "refused" : "taken");
		reading_end(&r);
		assert_like_model(cases[i].text, cases[i].len);
	}
}

/* Asked of the objects in "Peer" and "User"; two spellings have one place. */
static const struct asked peer_asked[] = {
	ASKED("ID", 0),
	ASKED("tag:db", 1),
	ASKED("*", 0),
};
static const struct asked user_asked[] = { ASKED("a", 6) };
static const struct excerpt excerpts[] = {
	{ { "Peer", 4 }, peer_asked, ASKED_N(peer_asked) },
	{ { "User", 4 }, user_asked, ASKED_N(user_asked) },
};

/* Reads a text again, as an excerpt. */
static void
excerpt_start(struct reading *r, const char *bytes, size_t len)
{
	reading_start(r, bytes, len);
	r->findings = (struct findings) { .arena = &r->arena };
	r->tree = hujson_parse_excerpts(&r->arena, r->source, &r->findings, excerpts,
	                                LENGTH(excerpts));
}

static void
an_excerpt_has_the_members_that_are_asked_for(void **state)
{
	static const struct {
		const char *text, *kept;
	} cases[] = {
		{ "{\"Peer\": {\"x\": {\"ID\": 1, \"b\": [{\"ID\": 2}], \"tag:db\": "
		  "{\"b\": 3}}}}",
		  "{\"Peer\": {\"x\": {\"ID\": 1, \"tag:db\": {\"b\": 3}}}}" },
		/* one, all or none of them */
		{ "{\"Peer\": {\"x\": {\"b\": 1}, \"y\": {\"*\": 2}, \"z\": {}, \"b\": "
		  "3}}",
		  "{\"Peer\": {\"x\": {}, \"y\": {\"*\": 2}, \"z\": {}, \"b\": 3}}" },
		/* each object by what is asked of it; the last comma is no member's */
		{ "{\"User\": {\"x\": {\"ID\": 1, \"a\": 2,}}, \"Peer\": {\"x\": {\"a\": "
		  "1,}}}",
		  "{\"User\": {\"x\": {\"a\": 2}}, \"Peer\": {\"x\": {}}}" },
		{ "{\"Self\": {\"x\": {\"b\": 1}}, \"Peer\": {}, \"b\": {\"x\": {\"b\": "
		  "1}}}",
		  "{\"Self\": {\"x\": {\"b\": 1}}, \"Peer\": {}, \"b\": {\"x\": {\"b\": "
		  "1}}}" },
		/* what is written in another way may be asked for */
		{ "{\"Peer\": {\"x\": {\"I\\u0044\": 1, \"\xC3\xA9\": 2, \"\": 3}}}",
		  "{\"Peer\": {\"x\": {\"I\\u0044\": 1, \"\xC3\xA9\": 2}}}" },
		{ "{\"Pee\\u0072\": {\"x\": {\"b\": 1}}}",
		  "{\"Pee\\u0072\": {\"x\": {\"b\": 1}}}" },
		/* elsewhere nothing is left out */
		{ "[\"Peer\", {\"x\": {\"b\": 1}}]", "[\"Peer\", {\"x\": {\"b\": 1}}]" },
		{ "{\"x\": {\"Peer\": {\"x\": {\"b\": 1}}}}",
		  "{\"x\": {\"Peer\": {\"x\": {\"b\": 1}}}}" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct reading excerpt, kept;
		excerpt_start(&excerpt, cases[i].text, strlen(cases[i].text));
		reading_of(&kept, cases[i].kept);
		assert_int_equal(excerpt.findings.n, 0);
		assert_same_meaning(&excerpt, &kept);
		reading_end(&excerpt);
		reading_end(&kept);
	}
}

static void
an_excerpt_tells_the_places_of_its_members(void **state)
{
	struct reading r;

	(void)state;
	excerpt_start(&r, BYTES("{\"Peer\": {\"x\": {\"*\": 1, \"tag:db\": 2, \"b\": 3, "
	                        "\"I\\u0044\": 4}}, \"User\": {\"x\": {\"a\": 5}}}"));
	const struct node *peer = node_member(r.tree, r.tree->root, "Peer");
	const struct node *user = node_member(r.tree, r.tree->root, "User");
	assert_int_equal(node_first(r.tree->root)->place, 0);
	assert_int_equal(node_first(peer)->place, 0);
	const struct node *name = node_first(member_value(node_first(peer)));
	assert_int_equal(name->place, 1);
	name = member_next(name);
	assert_int_equal(name->place, 2);
	name = member_next(name);
	assert_int_equal(name->place, 0);
	assert_int_equal(node_first(member_value(node_first(user)))->place, 7);
	reading_end(&r);
}

/* Whether what stands at a name is left out of an excerpt of "Peer". */
static bool
is_left_out(struct reading *r, const struct node *name)
{
	struct text text = node_text(&r->arena, r->tree, name);

	for (size_t i = 0; i < LENGTH(peer_asked) && name->plain; i++)
		if (text_equal(peer_asked[i].name, text))
			return false;
	return name->plain;
}

/* Goes through a text {"Peer": {"x": {...}}} and its excerpt; returns how many members
 * of the innermost were left out. */
static size_t
assert_excerpt(struct reading *whole, struct reading *excerpt)
{
	const struct node *from = whole->tree->root + 4, *to = excerpt->tree->root + 4;
	size_t left_out = 0;

	assert_int_equal(from->kind, to->kind);
	if (from->kind != HUJSON_OBJECT) {
		assert_same_meaning(whole, excerpt);
		return 0;
	}
	const struct node *kept = node_first(to);
	for (const struct node *m = node_first(from); m != node_end(from);
	     m = member_next(m)) {
		if (is_left_out(whole, m)) {
			left_out++;
			continue;
		}
		for (size_t i = 0; i < 1 + member_value(m)->count; i++) {
			assert_int_equal(m[i].span.first, kept[i].span.first);
			assert_int_equal(m[i].span.end, kept[i].span.end);
			assert_int_equal(m[i].kind, kept[i].kind);
			assert_int_equal(m[i].count, kept[i].count);
		}
		kept = member_next(kept);
	}
	assert_ptr_equal(kept, node_end(to));
	return left_out;
}

static void
assert_same_findings(const struct findings *a, const struct findings *b)
{
	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++) {
		assert_ptr_equal(a->at[i]->check, b->at[i]->check);
		assert_int_equal(a->at[i]->where.first, b->at[i]->where.first);
		assert_int_equal(a->at[i]->where.end, b->at[i]->where.end);
		assert_string_equal(a->at[i]->said, b->at[i]->said);
	}
}

/* Random texts, every other one of them damaged. */
static void
an_excerpt_has_the_findings_of_the_whole(void **state)
{
	static const char damage[] = "{}[],:\"x/";
	struct random random = { .state = 41 };
	size_t left_out = 0, broken = 0;

	(void)state;
	for (int i = 0; i < 4000; i++) {
		struct reading whole, excerpt;
		random_text(&random);
		struct text inner = { random.bytes, random.len };
		char *text = malloc(inner.len + 32);
		int head = sprintf(text, "{\"Peer\": {\"x\": ");
		memcpy(text + head, inner.at, inner.len);
		size_t len = (size_t)head + inner.len;
		memcpy(text + len, "}}", 2);
		len += 2;
		if (i % 2)
			text[random_below(&random, (uint32_t)len)] =
				damage[random_below(&random, sizeof(damage) - 1)];
		reading_start(&whole, text, len);
		excerpt_start(&excerpt, text, len);
		assert_int_equal(whole.tree->broken, excerpt.tree->broken);
		assert_same_findings(&whole.findings, &excerpt.findings);
		if (whole.tree->broken) {
			broken++;
			assert_same_meaning(&whole, &excerpt);
		} else if (i % 2 == 0) {
			left_out += assert_excerpt(&whole, &excerpt);
		}
		reading_end(&whole);
		reading_end(&excerpt);
		free(text);
	}
	assert_true(left_out > 100 && broken > 100);
	random_end(&random);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_lie_in_document_order_with_their_spans),
		cmocka_unit_test(the_first_error_has_the_words_of_hujson),
		cmocka_unit_test(damaged_texts_are_told_of_as_hujson_does),
		cmocka_unit_test(no_part_of_a_document_is_taken_for_the_whole),
		cmocka_unit_test(a_missing_mark_is_missed_behind_what_came_before),
		cmocka_unit_test(what_is_too_much_is_named),
		cmocka_unit_test(other_languages_are_recognized),
		cmocka_unit_test(strings_and_comments_are_told_of_where_they_go_wrong),
		cmocka_unit_test(checks_are_told_apart),
		cmocka_unit_test(what_is_usable_of_a_broken_text_is_kept),
		cmocka_unit_test(a_name_has_a_value_wherever_reading_stops),
		cmocka_unit_test(nesting_goes_to_the_depth_that_go_reads),
		cmocka_unit_test(errors_without_end_end),
		cmocka_unit_test(plain_json_is_read_as_jansson_reads_it),
		cmocka_unit_test(json_is_taken_and_what_is_not_json_is_refused),
		cmocka_unit_test(an_excerpt_has_the_members_that_are_asked_for),
		cmocka_unit_test(an_excerpt_tells_the_places_of_its_members),
		cmocka_unit_test(an_excerpt_has_the_findings_of_the_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
