/* The policies' own tests: what is claimed now, no longer, or the other way round. */
#include "policy/diff_parts.h"

#include "grammar/arena.h"
#include "policy/numbers.h"

enum claimed {
	CLAIMED_NOT, /* it is not claimed at all */
	CLAIMED_ALLOWED,
	CLAIMED_DENIED,
	CLAIMED_CHECKED, /* a login, after a check */
};

/* What is claimed of one thing by either side. */
struct pledge {
	struct text subject, object; /* "tag:client (tcp)", "tag:server:22" */
	enum claimed by[2];
	struct span where[2];
};

struct pledges {
	struct telling *t;
	struct names keys;
	struct pledge *at;
	size_t cap;
	enum diff_side side;
	const char *verbs[4]; /* by enum claimed: "may reach" … */
	enum section section;
};

static void
pledge_put(struct pledges *p, const char *subject, struct text object,
           enum claimed claimed, struct span where)
{
	struct arena *arena = p->t->work;
	size_t known = p->keys.n;
	const char *key = arena_format(arena, "%s\n%.*s", subject, TEXT_ARG(object));
	uint32_t number = names_add(&p->keys, text_of(key));

	if (number == known) {
		p->at = arena_grow(arena, p->at, known, &p->cap, sizeof(*p->at));
		p->at[number] =
			(struct pledge) { .subject = text_of(subject), .object = object };
	}
	p->at[number].by[p->side] = claimed;
	p->at[number].where[p->side] = where;
}

static const char *
value_text(struct arena *arena, const struct value *value)
{
	switch (value->kind) {
	case VALUE_BOOL:
		return value->truth ? "true" : "false";
	case VALUE_TEXT:
	case VALUE_NUMBER:
		break;
	}
	return arena_format(arena, "%.*s", TEXT_ARG(value->text));
}

/* "tag:client with node:os linux". */
static const char *
subject_text(struct arena *arena, struct text src, const struct attributes *attributes)
{
	char *text = arena_format(arena, "%.*s", TEXT_ARG(src));

	for (size_t i = 0; i < attributes->n; i++)
		text = arena_format(arena, "%s%s %.*s %s", text, i ? "," : " with",
		                    TEXT_ARG(attributes->at[i].name),
		                    value_text(arena, &attributes->at[i].value));
	return text;
}

static const char *
test_subject(struct arena *arena, const struct test *test)
{
	const char *src = subject_text(arena, test->src_word.text, &test->attributes);

	return test->protocol == PROTOCOL_ANY
	               ? src
	               : arena_format(arena, "%s (%s)", src,
	                              protocol_name(arena, test->protocol));
}

static void
test_put(struct pledges *p, const struct test *test)
{
	const char *subject = test_subject(p->t->work, test);

	for (size_t i = 0; i < test->accept.n; i++)
		pledge_put(p, subject, test->accept.at[i].word.text, CLAIMED_ALLOWED,
		           test->accept.at[i].word.span);
	for (size_t i = 0; i < test->deny.n; i++)
		pledge_put(p, subject, test->deny.at[i].word.text, CLAIMED_DENIED,
		           test->deny.at[i].word.span);
}

static void
logins_put(struct pledges *p, const char *subject, const struct words *logins,
           enum claimed claimed)
{
	for (size_t i = 0; i < logins->n; i++)
		pledge_put(p, subject, logins->at[i].text, claimed, logins->at[i].span);
}

static void
ssh_test_put(struct pledges *p, const struct ssh_test *test)
{
	struct arena *arena = p->t->work;
	const char *src = subject_text(arena, test->src_word.text, &test->attributes);

	for (size_t i = 0; i < test->dst.n; i++) {
		const char *subject = arena_format(arena, "%s on %.*s", src,
		                                   TEXT_ARG(test->dst.at[i].text));
		logins_put(p, subject, &test->accept, CLAIMED_ALLOWED);
		logins_put(p, subject, &test->deny, CLAIMED_DENIED);
		logins_put(p, subject, &test->check, CLAIMED_CHECKED);
	}
}

/* One sentence for the things that are claimed alike of one subject. */
static void
pledges_say(struct pledges *p, const struct pledge *first, const struct text *objects,
            size_t n)
{
	const char *what = words_join(p->t->work, objects, n);
	enum claimed was = first->by[DIFF_OLD], is = first->by[DIFF_NEW];

	if (was == CLAIMED_NOT || is == CLAIMED_NOT)
		telling_add(p->t, p->section, EFFECT_OTHER, first->where[DIFF_OLD],
		            first->where[DIFF_NEW], "%s claimed that %.*s %s %s",
		            was == CLAIMED_NOT ? "it is now" : "it is no longer",
		            TEXT_ARG(first->subject),
		            p->verbs[was == CLAIMED_NOT ? is : was], what);
	else
		telling_add(p->t, p->section, EFFECT_OTHER, first->where[DIFF_OLD],
		            first->where[DIFF_NEW],
		            "it is now claimed that %.*s %s %s; before, that it %s",
		            TEXT_ARG(first->subject), p->verbs[is], what, p->verbs[was]);
}

/* Things of one subject that are claimed alike, in order of first mention. */
static void
pledges_tell(struct pledges *p)
{
	struct arena *arena = p->t->work;
	struct names keys = { .arena = arena };
	struct numbers *groups = arena_array(arena, p->keys.n, sizeof(*groups));

	for (uint32_t i = 0; i < p->keys.n; i++) {
		const struct pledge *pledge = &p->at[i];
		if (pledge->by[DIFF_OLD] == pledge->by[DIFF_NEW])
			continue;
		const char *key =
			arena_format(arena, "%d %d %.*s", (int)pledge->by[DIFF_OLD],
		                     (int)pledge->by[DIFF_NEW],
		                     TEXT_ARG(pledge->subject));
		struct numbers *group = &groups[names_add(&keys, text_of(key))];
		group->arena = arena;
		numbers_add(group, i);
	}
	for (size_t i = 0; i < keys.n; i++) {
		struct text *objects = arena_array(arena, groups[i].n, sizeof(*objects));
		for (size_t k = 0; k < groups[i].n; k++)
			objects[k] = p->at[groups[i].at[k]].object;
		pledges_say(p, &p->at[groups[i].at[0]], objects, groups[i].n);
	}
}

void
diff_tests(struct telling *t)
{
	struct pledges tests = {
		.t = t,
		.keys.arena = t->work,
		.section = SECTION_TESTS,
		.verbs = { NULL, "may reach", "may not reach", NULL },
	};
	struct pledges logins = {
		.t = t,
		.keys.arena = t->work,
		.section = SECTION_SSH_TESTS,
		.verbs = { NULL, "may log in as", "may not log in as",
		           "has to pass a check to log in as" },
	};

	for (int side = DIFF_OLD; side <= DIFF_NEW; side++) {
		const struct policy *policy = t->both[side].policy;
		tests.side = logins.side = (enum diff_side)side;
		for (size_t i = 0; i < policy->n_tests; i++)
			test_put(&tests, &policy->tests[i]);
		for (size_t i = 0; i < policy->n_ssh_tests; i++)
			ssh_test_put(&logins, &policy->ssh_tests[i]);
	}
	if (both_take(t, FEATURE_TESTS))
		pledges_tell(&tests);
	if (both_take(t, FEATURE_SSH_TESTS))
		pledges_tell(&logins);
}
