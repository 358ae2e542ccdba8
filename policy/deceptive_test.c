#include "policy/deceptive.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

static bool
hides(const char *text)
{
	struct deceit deceit;

	return deceit_hidden(text_of(text), 0, &deceit);
}

static bool
mixes(const char *text)
{
	struct deceit deceit;

	return deceit_mixed(text_of(text), &deceit);
}

static void
controls_and_what_has_no_width_hide(void **state)
{
	(void)state;
	assert_true(hides("a\xE2\x80\xAE"));    /* U+202E */
	assert_true(hides("a\xE2\x80\x8B"));    /* U+200B */
	assert_true(hides("a\xEF\xBB\xBF"));    /* U+FEFF */
	assert_true(hides("a\x1B[31m"));        /* escape */
	assert_true(hides("a\x7F"));            /* delete */
	assert_true(hides("\xF3\xA0\x81\x81")); /* U+E0041 */
}

/* Bytes are looked at one by one, and many together. */
static void
a_byte_hides_wherever_it_stands(void **state)
{
	char bytes[40];

	(void)state;
	for (int c = 0; c < 0x80; c++) {
		bool other =
			(c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
		for (size_t i = 0; i < sizeof(bytes); i++) {
			struct deceit deceit = { .first = i };
			memset(bytes, 'a', sizeof(bytes));
			bytes[i] = (char)c;
			assert_int_equal(deceit_hidden((struct text) { bytes,
			                                               sizeof(bytes) },
			                               0, &deceit),
			                 other);
			assert_int_equal(deceit.first, i);
		}
	}
}

static void
ordinary_text_does_not_hide(void **state)
{
	(void)state;
	assert_false(hides("plain\ttext\r\n"));
	assert_false(hides("Gr\xC3\xBC\xC3\x9F"
	                   "e \xE4\xBD\xA0\xE5\xA5\xBD"));
	assert_false(hides(""));
}

static void
emoji_may_be_joined(void **state)
{
	(void)state;
	assert_false(hides("\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x92\xBB"));
	assert_true(hides("a\xE2\x80\x8D"
	                  "b"));
}

static void
the_place_of_what_hides_is_told(void **state)
{
	struct deceit deceit;

	(void)state;
	assert_true(deceit_hidden(text_of("ab\xE2\x80\xAE"
	                                  "c"),
	                          0, &deceit));
	assert_int_equal(deceit.first, 2);
	assert_int_equal(deceit.end, 5);
	assert_int_equal(deceit.rune, 0x202E);
	assert_false(deceit_hidden(text_of("ab\xE2\x80\xAE"
	                                   "c"),
	                           5, &deceit));
}

static void
a_word_of_two_scripts_deceives(void **state)
{
	(void)state;
	assert_true(mixes("group:\xD0\xB5ng")); /* Cyrillic e, Latin ng */
	assert_true(mixes("\xCE\xBF"
	                  "ps"));                              /* Greek o */
	assert_false(mixes("group:\xD0\xB8\xD0\xBD\xD0\xB6")); /* Cyrillic alone */
	assert_false(mixes("dev-\xD0\xB8\xD0\xBD\xD0\xB6"));   /* two words */
}

static void
a_word_of_lookalikes_deceives(void **state)
{
	(void)state;
	assert_true(mixes("\xD1\x81\xD0\xBE\xD1\x81\xD0\xBE")); /* looks like coco */
	assert_false(mixes("\xD1\x81")); /* a letter alone is no word */
	assert_true(mixes("\xEF\xBD\x81"
	                  "bc")); /* a wide a */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(controls_and_what_has_no_width_hide),
		cmocka_unit_test(a_byte_hides_wherever_it_stands),
		cmocka_unit_test(ordinary_text_does_not_hide),
		cmocka_unit_test(emoji_may_be_joined),
		cmocka_unit_test(the_place_of_what_hides_is_told),
		cmocka_unit_test(a_word_of_two_scripts_deceives),
		cmocka_unit_test(a_word_of_lookalikes_deceives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
