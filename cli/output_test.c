#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "cli/width.h"
#include "grammar/arena.h"
#include "grammar/finding.h"
#include "grammar/rune.h"

static struct arena arena;

static const char *
string_of(const struct output *out)
{
	struct text text = output_taken(out);

	return arena_copy(&arena, text.at, text.len);
}

static void
assert_harmless(const char *text, const char *want, size_t width)
{
	struct output out;

	output_start_memory(&out, &arena);
	assert_int_equal(output_harmless(&out, text_of(text)), width);
	assert_int_equal(harmless_width(&out, text_of(text)), width);
	assert_string_equal(string_of(&out), want);
}

static void
plain_text_is_shown_as_it_is(void **state)
{
	(void)state;
	assert_harmless("", "", 0);
	assert_harmless("tag:db \\ \"x\"", "tag:db \\ \"x\"", 12);
	assert_harmless("h\xc3\xa9", "h\xc3\xa9", 2);
}

static void
what_moves_the_cursor_is_named(void **state)
{
	(void)state;
	assert_harmless("\033[31m", "<U+001B>[31m", 12);
	assert_harmless("a\rb\nc\td\b\x7f",
	                "a<U+000D>b<U+000A>c<U+0009>d<U+0008><U+007F>", 44);
	assert_harmless("\xc2\x9b", "<U+009B>", 8); /* a one-byte escape elsewhere */
}

static void
what_hides_or_reorders_is_named(void **state)
{
	(void)state;
	assert_harmless("\xe2\x80\xae", "<U+202E>", 8); /* right to left from here */
	assert_harmless("\xe2\x81\xa6", "<U+2066>", 8); /* isolated */
	assert_harmless("\xe2\x80\x8b", "<U+200B>", 8); /* no width */
	assert_harmless("\xc2\xa0", "<U+00A0>", 8);     /* a blank that is none */
	assert_harmless("\xef\xbb\xbf", "<U+FEFF>", 8);
	assert_harmless("\xe3\x85\xa4", "<U+3164>", 8); /* a letter without a shape */
	assert_harmless("\xf3\xa0\x81\x81", "<U+E0041>", 9);
}

static void
bytes_that_are_no_utf8_are_named(void **state)
{
	(void)state;
	assert_harmless("a\xff\xc3", "a<FF><C3>", 9);
	assert_harmless("\xed\xa0\x80", "<ED><A0><80>", 12);
}

static void
wide_and_standing_over_runes_are_measured(void **state)
{
	(void)state;
	assert_harmless("\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5\xe6\x9c\xac", 4);
	assert_harmless("e\xcc\x81", "e\xcc\x81", 1);
	assert_int_equal(rune_width(0x1F600), 2);
	assert_int_equal(rune_width('a'), 1);
	assert_int_equal(rune_width(0x0301), 0);
	assert_int_equal(rune_width(0xFE0F), 0);
	assert_int_equal(rune_width(0x05D0), 1);
}

static void
nothing_is_shown_that_is_not_printable(void **state)
{
	(void)state;
	for (uint32_t rune = 0; rune <= RUNE_MAX; rune++)
		if (rune_shows(rune))
			assert_true(rune_printable(rune));
	assert_true(rune_shows(' '));
	assert_true(rune_shows('~'));
	assert_false(rune_shows(0x7F));
}

static void
a_runner_obeys_nothing_where_guarded(void **state)
{
	struct output out;

	(void)state;
	output_start_memory(&out, &arena);
	out.guarded = true;
	output_harmless(&out, text_of("a ##[error]x ## ["));
	assert_string_equal(string_of(&out), "a <U+0023>#[error]x ## [");
}

static void
numbers_are_written_whole(void **state)
{
	struct output out;

	(void)state;
	output_start_memory(&out, &arena);
	output_number(&out, 0);
	output_char(&out, ' ');
	output_number(&out, 18446744073709551615ULL);
	assert_string_equal(string_of(&out), "0 18446744073709551615");
}

static void
memory_grows_with_what_is_written(void **state)
{
	struct output out;

	(void)state;
	output_start_memory(&out, &arena);
	for (int i = 0; i < 100000; i++)
		output_string(&out, "0123456789");
	output_repeat(&out, 'x', 5);
	assert_int_equal(output_taken(&out).len, 1000005);
	assert_memory_equal(output_taken(&out).at + 999990, "0123456789xxxxx", 15);
}

static void
the_first_failure_of_writing_is_remembered(void **state)
{
	struct output out;
	int fd = open("/dev/full", O_WRONLY);

	(void)state;
	if (fd < 0)
		skip();
	output_start(&out, &arena, fd, "full");
	output_string(&out, "x");
	output_flush(&out);
	assert_int_equal(out.error, ENOSPC);
	close(fd);
	for (int i = 0; i < 1000000; i++)
		output_string(&out, "what comes later is dropped");
	output_flush(&out);
	assert_int_equal(out.error, ENOSPC);
}

static void
texts_larger_than_the_buffer_arrive_in_order(void **state)
{
	struct output out;
	FILE *file = tmpfile();
	char *large = arena_alloc(&arena, 1 << 20);
	char back[16];

	(void)state;
	memset(large, 'l', 1 << 20);
	output_start(&out, &arena, fileno(file), "temporary");
	output_string(&out, "<");
	output_text(&out, (struct text) { large, 1 << 20 });
	output_string(&out, ">");
	output_flush(&out);
	assert_int_equal(out.error, 0);
	assert_int_equal(lseek(fileno(file), 0, SEEK_END), (1 << 20) + 2);
	assert_int_equal(pread(fileno(file), back, 2, 0), 2);
	assert_memory_equal(back, "<l", 2);
	assert_int_equal(pread(fileno(file), back, 2, 1 << 20), 2);
	assert_memory_equal(back, "l>", 2);
	fclose(file);
}

#define PIECE_LONGEST 5000

static void
pieces_write(struct output *out, const char *bytes)
{
	for (unsigned i = 0; i < 3000; i++) {
		size_t len = i * 37 % (PIECE_LONGEST - 23);
		output_shared(out, (struct text) { bytes + i % 23, len });
		output_number(out, i);
	}
}

/* Pieces of all lengths, copied and shared, through a pipe that takes a little at a
 * time: the reader gets what memory would. */
static void
shared_texts_arrive_in_order(void **state)
{
	struct output out, model;
	char *bytes = arena_alloc(&arena, PIECE_LONGEST), back[777];
	int ends[2];

	(void)state;
	for (size_t i = 0; i < PIECE_LONGEST; i++)
		bytes[i] = (char)('a' + i % 23);
	assert_int_equal(pipe(ends), 0);
	output_start(&out, &arena, ends[1], "pipe");
	output_start_memory(&model, &arena);
	pieces_write(&model, bytes);
	pid_t writer = fork();
	if (writer == 0) {
		pieces_write(&out, bytes);
		output_flush(&out);
		_exit(out.error != 0);
	}
	close(ends[1]);
	size_t got = 0;
	for (ssize_t n; (n = read(ends[0], back, sizeof(back))) > 0; got += (size_t)n) {
		assert_true(got + (size_t)n <= model.n);
		assert_memory_equal(back, model.buffer + got, (size_t)n);
	}
	int status;
	waitpid(writer, &status, 0);
	close(ends[0]);
	assert_int_equal(status, 0);
	assert_int_equal(got, model.n);
}

/* What jansson reads back from a text that was written as JSON. */
static void
assert_read_back(struct text text)
{
	struct output out;
	json_t *value;

	output_start_memory(&out, &arena);
	output_json_text(&out, text);
	value = json_loadb(out.buffer, out.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	assert_non_null(value);
	assert_int_equal(json_string_length(value), text.len);
	if (text.len > 0)
		assert_memory_equal(json_string_value(value), text.at, text.len);
	json_decref(value);
}

static void
json_texts_are_read_back_the_same(void **state)
{
	char bytes[128];

	(void)state;
	for (int i = 0; i < 128; i++)
		bytes[i] = (char)i;
	assert_read_back((struct text) { bytes, 128 });
	assert_read_back(text_of(""));
	assert_read_back(text_of("\"\\/\b\f\n\r\t"));
	assert_read_back(text_of("\xe6\x97\xa5\xf0\x9f\x98\x80"));
	srand(3);
	for (int i = 0; i < 2000; i++) {
		size_t n = (size_t)rand() % 60;
		for (size_t k = 0; k < n; k++)
			bytes[k] = (char)(rand() % 128);
		assert_read_back((struct text) { bytes, n });
	}
}

static void
jansson_gets_a_mended_text(void **state)
{
	json_t *string = json_of_text((struct text) { "a\xff\0b", 4 });

	(void)state;
	assert_non_null(string);
	assert_int_equal(json_string_length(string), 6);
	assert_memory_equal(json_string_value(string), "a\xef\xbf\xbd\0b", 6);
	json_decref(string);
	string = json_of_text((struct text) { NULL, 0 });
	assert_string_equal(json_string_value(string), "");
	json_decref(string);
}

static const struct check a_check = { "a-check", LEVEL_WARNING, REPAIR_NONE, "" };

/* What a finding at first .. end of a text looks like, in so many columns. */
static const char *
finding_of(const char *bytes, uint32_t first, uint32_t end, unsigned width)
{
	struct findings findings = { .arena = &arena };
	struct source *source = source_of(&arena, "p", bytes, strlen(bytes));
	struct finding *finding =
		finding_add(&findings, &a_check, source, (struct span) { first, end },
	                    "a \033 sentence");
	struct output out;

	output_start_memory(&out, &arena);
	out.width = width;
	text_finding(&out, finding);
	return string_of(&out);
}

static void
a_finding_has_its_line_and_a_caret(void **state)
{
	(void)state;
	assert_string_equal(finding_of("one\ntwo three\n", 8, 13, 0),
	                    "p:2:5: warning: a <U+001B> sentence [a-check]\n"
	                    "2 | two three\n"
	                    "  |     ^^^^^\n");
}

static void
a_span_of_nothing_has_one_caret(void **state)
{
	(void)state;
	assert_string_equal(finding_of("", 0, 0, 0),
	                    "p:1:1: warning: a <U+001B> sentence [a-check]\n"
	                    "1 |\n"
	                    "  | ^\n");
	assert_string_equal(finding_of("ab\n", 3, 3, 0),
	                    "p:2:1: warning: a <U+001B> sentence [a-check]\n"
	                    "2 |\n"
	                    "  | ^\n");
	assert_string_equal(finding_of("ab", 2, 2, 0),
	                    "p:1:3: warning: a <U+001B> sentence [a-check]\n"
	                    "1 | ab\n"
	                    "  |   ^\n");
}

static void
a_span_of_several_lines_is_marked_on_its_first(void **state)
{
	(void)state;
	assert_string_equal(finding_of("a [1,\n2]", 2, 8, 0),
	                    "p:1:3: warning: a <U+001B> sentence [a-check]\n"
	                    "1 | a [1,\n"
	                    "  |   ^^^\n");
}

static void
carets_stand_right_after_tabs_and_wide_runes(void **state)
{
	(void)state;
	assert_string_equal(finding_of("\tx\ty", 1, 2, 0),
	                    "p:1:2: warning: a <U+001B> sentence [a-check]\n"
	                    "1 |     x   y\n"
	                    "  |     ^\n");
	assert_string_equal(finding_of("\xe6\x97\xa5 e\xcc\x81 \033 x", 10, 11, 0),
	                    "p:1:11: warning: a <U+001B> sentence [a-check]\n"
	                    "1 | \xe6\x97\xa5 e\xcc\x81 <U+001B> x\n"
	                    "  |               ^\n");
}

/* So many letters, then the word. */
static const char *
padded(size_t before, const char *word, size_t after)
{
	struct output out;

	output_start_memory(&out, &arena);
	output_repeat(&out, 'b', before);
	output_string(&out, word);
	output_repeat(&out, 'a', after);
	return string_of(&out);
}

static void
long_lines_are_cut_around_what_is_meant(void **state)
{
	(void)state;
	assert_string_equal(finding_of(padded(3, "WORD", 1000), 3, 7, 60),
	                    "p:1:4: warning: a <U+001B> sentence [a-check]\n"
	                    "1 | bbbWORDaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\n"
	                    "  |    ^^^^\n");
	assert_string_equal(
		finding_of(padded(1000, "WORD", 1000), 1000, 1004, 60),
		"p:1:1001: warning: a <U+001B> sentence [a-check]\n"
		"1 | ...bbbbbbbbbbbbbbbbbbbbbbbbbWORDaaaaaaaaaaaaaaaaaaaaa...\n"
		"  |                             ^^^^\n");
	assert_string_equal(finding_of(padded(1000, "WORD", 0), 1000, 1004, 60),
	                    "p:1:1001: warning: a <U+001B> sentence [a-check]\n"
	                    "1 | ...bbbbbbbbbbbbbbbbbbbbbbbbbWORD\n"
	                    "  |                             ^^^^\n");
}

/* The longest line of a text, in bytes. */
static size_t
longest_line(struct text text)
{
	size_t longest = 0;

	while (text.len > 0) {
		size_t feed = text_find(text, '\n');
		longest = feed > longest ? feed : longest;
		text = text_from(text, feed < text.len ? feed + 1 : feed);
	}
	return longest;
}

static void
no_excerpt_is_wider_than_the_page(void **state)
{
	(void)state;
	srand(11);
	for (int i = 0; i < 400; i++) {
		size_t before = (size_t)rand() % 300, after = (size_t)rand() % 300;
		unsigned width = 50 + (unsigned)rand() % 150;
		uint32_t first = (uint32_t)before, end = first + 4 + (uint32_t)after;
		const char *line = padded(before, "WORD", after);
		const char *shown = finding_of(line, first, end, width);
		assert_true(longest_line(text_of(shown)) <= width);
		assert_non_null(strstr(shown, "WO"));
	}
}

static void
bytes_that_take_room_do_not_push_it_off_the_page(void **state)
{
	char line[304];
	const char *shown;

	(void)state;
	memset(line, 1, 300);
	memcpy(line + 300, "WORD", 4);
	line[303] = '\0';
	shown = finding_of(line, 300, 303, 80);
	assert_true(longest_line(text_of(shown)) <= 80);
	assert_non_null(strstr(shown, "<U+0001>WOR"));
}

static int
after_each(void **state)
{
	(void)state;
	arena_end(&arena);
	return 0;
}

#define TEST(name) cmocka_unit_test_teardown(name, after_each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(plain_text_is_shown_as_it_is),
		TEST(what_moves_the_cursor_is_named),
		TEST(what_hides_or_reorders_is_named),
		TEST(bytes_that_are_no_utf8_are_named),
		TEST(wide_and_standing_over_runes_are_measured),
		TEST(nothing_is_shown_that_is_not_printable),
		TEST(a_runner_obeys_nothing_where_guarded),
		TEST(numbers_are_written_whole),
		TEST(memory_grows_with_what_is_written),
		TEST(the_first_failure_of_writing_is_remembered),
		TEST(texts_larger_than_the_buffer_arrive_in_order),
		TEST(shared_texts_arrive_in_order),
		TEST(json_texts_are_read_back_the_same),
		TEST(jansson_gets_a_mended_text),
		TEST(a_finding_has_its_line_and_a_caret),
		TEST(a_span_of_nothing_has_one_caret),
		TEST(a_span_of_several_lines_is_marked_on_its_first),
		TEST(carets_stand_right_after_tabs_and_wide_runes),
		TEST(long_lines_are_cut_around_what_is_meant),
		TEST(no_excerpt_is_wider_than_the_page),
		TEST(bytes_that_take_room_do_not_push_it_off_the_page),
	};

	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
