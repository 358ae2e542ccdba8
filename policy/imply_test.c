#include "policy/imply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "grammar/arena.h"

/* Of one attribute each, so that what follows from what can be tried out. */
static const char *const said[] = {
	"custom:x == 'a'",
	"custom:x == 'b'",
	"custom:x == 1",
	"custom:x == 2",
	"custom:x == true",
	"custom:x == false",
	"custom:x != 'a'",
	"custom:x != 1",
	"custom:x != true",
	"custom:x < 1",
	"custom:x < 2",
	"custom:x <= 1",
	"custom:x <= 2",
	"custom:x > 1",
	"custom:x > 2",
	"custom:x >= 1",
	"custom:x >= 2",
	"custom:x < 'b'",
	"custom:x >= 'a'",
	"custom:x IN ['a','b']",
	"custom:x IN ['b','a','c']",
	"custom:x IN [1,2]",
	"custom:x IN ['a',1,true]",
	"custom:x NOT IN ['a','b']",
	"custom:x NOT IN ['b','a','c']",
	"custom:x NOT IN ['a']",
	"custom:x IS SET",
	"custom:x NOT SET",
	"custom:y NOT SET",
	"custom:y == 'a'",
	"node:tsVersion == '1.40'",
	"node:tsVersion != '1.40'",
	"node:tsVersion < '1.40'",
	"node:tsVersion <= '1.40'",
	"node:tsVersion <= '1.100'",
	"node:tsVersion > '1.40'",
	"node:tsVersion >= '1.40'",
	"node:tsVersion >= '1.40.2'",
	"node:tsVersion > '1.100'",
	"node:tsVersion IN ['1.40','1.100']",
	"node:tsVersion != '1.40.0'",
	"node:tsVersion IS SET",
};

#define N_SAID (sizeof(said) / sizeof(*said))

#define TEXT(t)                                                                          \
	{                                                                                \
		.kind = VALUE_TEXT, .text = { t, sizeof(t) - 1 }                         \
	}
#define NUMBER(n)                                                                        \
	{                                                                                \
		.kind = VALUE_NUMBER, .text = { #n, sizeof(#n) - 1 }, .number = n        \
	}

/* Values beside all that is said, and between. */
static const struct value values[] = {
	TEXT("a"),
	TEXT("aa"),
	TEXT("b"),
	TEXT("c"),
	TEXT("d"),
	TEXT("1.39"),
	TEXT("1.40"),
	TEXT("1.40.0"),
	TEXT("01.40"),
	TEXT("1.40.1"),
	TEXT("1.40.2"),
	TEXT("1.99"),
	TEXT("1.100"),
	TEXT("1.101"),
	TEXT(""),
	NUMBER(0),
	NUMBER(1),
	NUMBER(1.5),
	NUMBER(2),
	NUMBER(3),
	{ .kind = VALUE_BOOL, .truth = true },
	{ .kind = VALUE_BOOL, .truth = false },
};

#define N_VALUES (sizeof(values) / sizeof(*values))

static struct assertion
assertion_of(struct arena *arena, const char *text)
{
	struct assertion assertion;
	const char *why;
	size_t where;

	if (!assertion_parse(arena, text_of(text), &assertion, &where, &why))
		fail_msg("%s: %s", text, why);
	return assertion;
}

/* Whether the other holds wherever the one does; an attribute that is not set, and
 * one of another name, are tried too. */
static bool
follows(const struct assertion *one, const struct assertion *other)
{
	if (assertion_holds(one, NULL) && !assertion_holds(other, NULL))
		return false;
	for (size_t i = 0; i < N_VALUES; i++)
		if (assertion_holds(one, &values[i]) &&
		    !assertion_holds(other, &values[i]))
			return false;
	return text_equal(one->attribute, other->attribute);
}

static void
what_is_implied_follows_and_what_follows_is_implied(void **state)
{
	struct arena arena = { 0 };
	size_t n_implied = 0;

	(void)state;
	for (size_t i = 0; i < N_SAID; i++)
		for (size_t k = 0; k < N_SAID; k++) {
			struct assertion one = assertion_of(&arena, said[i]);
			struct assertion other = assertion_of(&arena, said[k]);
			bool implied = assertion_implies(&one, &other);
			if (implied != follows(&one, &other))
				fail_msg("%s, %s: %d", said[i], said[k], implied);
			n_implied += implied;
		}
	assert_true(n_implied > N_SAID);
	arena_end(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_implied_follows_and_what_follows_is_implied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
