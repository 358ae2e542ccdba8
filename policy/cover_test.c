/* Covers and reach of very many tiny policies, held against sets of bits: each policy
 * is about eleven kinds of sources, twelve of destinations, five of ports, and what a
 * grant allows is written down while its text is. ACLC_POLICIES says how many. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "policy/cut.h"
#include "policy/draw_test.h"
#include "policy/saying.h"
#include "policy/small_test.h"

/* Sources: two users, all others, two tags, all others, four addresses of nobody's, and
 * the rest of the tailnet's addresses. Destinations likewise, but that for other users
 * there are their own devices and those of yet others, and that the rest is of all
 * addresses. */
#define N_SRC 11
#define N_DST 12
#define N_PORTS 5 /* 1, 2, 3, 4, and all others */
#define N_LINES (2 * N_PORTS)
#define SRC_OTHER 2u
#define DST_OTHER 2u
#define DST_OWN 3u
#define SRC_CELL 6u
#define DST_CELL 7u
#define SRC_REST 10u

/* By source and destination: the ports of tcp, then those of udp. */
struct flows {
	uint16_t at[N_SRC][N_DST];
};

struct naming {
	const char *text;
	uint32_t points;
};

#define OF(i) (1u << (i))

#define CELL(i) OF(SRC_CELL + (i))
#define CELL_TO(i) OF(DST_CELL + (i))
#define TAGGED (OF(3) | OF(4) | OF(5))
#define TAGGED_TO (OF(4) | OF(5) | OF(6))
#define MEMBERS (OF(0) | OF(1) | OF(SRC_OTHER))
#define MEMBERS_TO (OF(0) | OF(1) | OF(DST_OTHER) | OF(DST_OWN))

static const struct naming sources[] = {
	{ "u0@x.com", OF(0) },
	{ "u1@x.com", OF(1) },
	{ "group:one", OF(0) },
	{ "group:both", OF(0) | OF(1) },
	{ "group:none", 0 },
	{ "autogroup:member", MEMBERS },
	{ "tag:a", OF(3) },
	{ "tag:b", OF(4) },
	{ "autogroup:tagged", TAGGED },
	{ "10.0.0.1", CELL(1) },
	{ "10.0.0.0/31", CELL(0) | CELL(1) },
	{ "10.0.0.0/30", CELL(0) | CELL(1) | CELL(2) | CELL(3) },
	{ "pair", CELL(2) | CELL(3) },
	{ "*", MEMBERS | TAGGED | OF(SRC_REST) },
};

#define N_PEOPLE 6 /* of them stand first */

static const struct naming targets[] = {
	{ "u0@x.com", OF(0) },
	{ "group:one", OF(0) },
	{ "group:both", OF(0) | OF(1) },
	{ "group:none", 0 },
	{ "autogroup:member", MEMBERS_TO },
	{ "tag:a", OF(4) },
	{ "tag:b", OF(5) },
	{ "autogroup:tagged", TAGGED_TO },
	{ "10.0.0.1", CELL_TO(1) },
	{ "10.0.0.0/31", CELL_TO(0) | CELL_TO(1) },
	{ "10.0.0.0/30", CELL_TO(0) | CELL_TO(1) | CELL_TO(2) | CELL_TO(3) },
	{ "pair", CELL_TO(2) | CELL_TO(3) },
	{ "*", OF(N_DST) - 1 },
};

static const struct naming ports[] = {
	{ "1", OF(0) },           { "2", OF(1) },           { "1-2", OF(0) | OF(1) },
	{ "3,4", OF(2) | OF(3) }, { "2-3", OF(1) | OF(2) }, { "*", OF(N_PORTS) - 1 },
};

static const struct naming protocols[] = {
	{ "", OF(0) | OF(1) },
	{ "tcp", OF(0) },
	{ "udp", OF(1) },
};

#define GRANTS_MAX 6

/* A policy in the making. */
struct sketch {
	struct saying text;
	uint64_t seed;
	struct flows grants[GRANTS_MAX];
	size_t n;
};

static unsigned
draw(struct sketch *s, size_t n)
{
	return draw_from(&s->seed, (unsigned)n);
}

#define DRAW(s, list) (&(list)[draw(s, sizeof(list) / sizeof(*(list)))])

static uint16_t
lines_of(uint32_t lines, uint32_t of_ports)
{
	return (uint16_t)((lines & 1 ? of_ports : 0) |
	                  (lines & 2 ? of_ports << N_PORTS : 0));
}

/* Whether there is such a pair at all. */
static bool
is_pair(unsigned src, unsigned dst)
{
	return dst != DST_OWN || src == SRC_OTHER;
}

/* Whether both ends of a pair belong to one person. */
static bool
is_own(unsigned src, unsigned dst)
{
	return (src < SRC_OTHER && src == dst) || dst == DST_OWN;
}

static void
flows_add(struct flows *flows, uint32_t src, uint32_t dst, uint16_t lines, bool self)
{
	for (unsigned s = 0; s < N_SRC; s++)
		for (unsigned d = 0; d < N_DST; d++)
			if (src & OF(s) && (self ? is_own(s, d) : (dst & OF(d)) != 0) &&
			    is_pair(s, d))
				flows->at[s][d] |= lines;
}

/* One to three sources; people alone where they are to reach what is their own. */
static uint32_t
put_sources(struct sketch *s, bool people)
{
	uint32_t points = 0;

	saying_add(&s->text, "\"src\": [");
	for (unsigned i = 0, n = 1 + draw(s, 3); i < n; i++) {
		const struct naming *word =
			&sources[draw(s, people ? N_PEOPLE
		                                : sizeof(sources) / sizeof(*sources))];
		points |= word->points;
		saying_add(&s->text, "%s\"%s\"", i ? ", " : "", word->text);
	}
	saying_add(&s->text, "]");
	return points;
}

static void
put_acl(struct sketch *s, struct flows *flows)
{
	bool self = draw(s, 8) == 0;
	const struct naming *protocol = DRAW(s, protocols);

	saying_add(&s->text, "{\"action\": \"accept\", ");
	if (protocol->text[0])
		saying_add(&s->text, "\"proto\": \"%s\", ", protocol->text);
	uint32_t src = put_sources(s, self);
	saying_add(&s->text, ", \"dst\": [");
	for (unsigned i = 0, n = self ? 1 : 1 + draw(s, 3); i < n; i++) {
		const struct naming *dst = DRAW(s, targets), *port = DRAW(s, ports);
		saying_add(&s->text, "%s\"%s:%s\"", i ? ", " : "",
		           self ? "autogroup:self" : dst->text, port->text);
		flows_add(flows, src, dst->points,
		          lines_of(protocol->points, port->points), self);
	}
	saying_add(&s->text, "]},");
}

static void
put_grant(struct sketch *s, struct flows *flows)
{
	uint32_t src, dst = 0;
	uint16_t lines = 0;

	saying_add(&s->text, "{");
	src = put_sources(s, false);
	saying_add(&s->text, ", \"dst\": [");
	for (unsigned i = 0, n = 1 + draw(s, 3); i < n; i++) {
		const struct naming *word = DRAW(s, targets);
		saying_add(&s->text, "%s\"%s\"", i ? ", " : "", word->text);
		dst |= word->points;
	}
	saying_add(&s->text, "], \"ip\": [");
	for (unsigned i = 0, n = 1 + draw(s, 2); i < n; i++) {
		const struct naming *protocol = DRAW(s, protocols);
		const struct naming *port;
		do
			port = DRAW(s, ports);
		while (port->text[1] == ',');
		saying_add(&s->text, "%s\"%s%s%s\"", i ? ", " : "", protocol->text,
		           protocol->text[0] ? ":" : "", port->text);
		lines |= lines_of(protocol->points, port->points);
	}
	saying_add(&s->text, "]},");
	flows_add(flows, src, dst, lines, false);
}

static void
sketch_make(struct sketch *s, struct arena *arena, uint64_t number)
{
	size_t n_grants;

	*s = (struct sketch) { .text = { .arena = arena },
		               .seed = number * UINT64_C(0x9e3779b97f4a7c15) | 1 };
	for (int i = 0; i < 4; i++)
		draw(s, 2);
	s->n = 2 + draw(s, GRANTS_MAX - 1);
	n_grants = draw(s, s->n + 1);
	saying_add(&s->text,
	           "{\"groups\": {\"group:one\": [\"u0@x.com\"], \"group:both\": "
	           "[\"u0@x.com\", \"u1@x.com\"], \"group:none\": []}, \"hosts\": "
	           "{\"pair\": \"10.0.0.2/31\"}, \"tagOwners\": {\"tag:a\": [], "
	           "\"tag:b\": []}, \"grants\": [");
	for (size_t i = 0; i < n_grants; i++)
		put_grant(s, &s->grants[i]);
	saying_add(&s->text, "], \"acls\": [");
	for (size_t i = n_grants; i < s->n; i++)
		put_acl(s, &s->grants[i]);
	saying_add(&s->text, "]}");
}

static void
flows_join(struct flows *all, const struct flows *flows)
{
	for (unsigned i = 0; i < N_SRC * N_DST; i++)
		(&all->at[0][0])[i] |= (&flows->at[0][0])[i];
}

/* Whether one takes in all of another. */
static bool
flows_within(const struct flows *inner, const struct flows *outer)
{
	for (unsigned i = 0; i < N_SRC * N_DST; i++)
		if ((&inner->at[0][0])[i] & ~(&outer->at[0][0])[i])
			return false;
	return true;
}

static const struct flows nothing;

/* What all of the grants allow, but for one and for those that are gone. */
static struct flows
flows_but(const struct sketch *s, size_t but, const bool *gone)
{
	struct flows all = nothing;

	for (size_t i = 0; i < s->n; i++)
		if (i != but && !(gone && gone[i]))
			flows_join(&all, &s->grants[i]);
	return all;
}

static void
complain(const struct sketch *s, size_t grant, const char *what)
{
	fail_msg("rule %zu %s: %s", grant, what, saying_words(&s->text));
}

/* How much the policies were worth. */
struct tally {
	size_t covered, needed, empty, by_many, some, everything, nowhere, nobody;
};

static void
cover_compare(const struct sketch *s, size_t i, const struct policy *policy,
              const struct cut_cover *cover, struct tally *tally)
{
	struct flows others = flows_but(s, i, NULL), by = nothing;
	bool empty = flows_within(&s->grants[i], &nothing);

	if (cover->empty != empty)
		complain(s, i, empty ? "is empty" : "is not empty");
	if (cover->covered != flows_within(&s->grants[i], &others))
		complain(s, i, cover->covered ? "is needed" : "is covered");
	for (size_t k = 0; k < cover->n_by; k++)
		flows_join(&by, &s->grants[cover->by[k] - policy->grants]);
	if (cover->covered && !flows_within(&s->grants[i], &by))
		complain(s, i, "is covered by others than it is said to be");
	tally->empty += empty;
	tally->covered += cover->covered && !empty;
	tally->needed += !cover->covered;
	tally->by_many += cover->n_by > 1;
}

/* What is left when the spare are gone allows the same, and all of it is needed. */
static void
spare_compare(const struct sketch *s, const bool *gone)
{
	struct flows all = flows_but(s, SIZE_MAX, NULL);
	struct flows left = flows_but(s, SIZE_MAX, gone);

	if (!flows_within(&all, &left))
		complain(s, 0, "and others: not all that is called spare is");
	for (size_t i = 0; i < s->n; i++) {
		struct flows rest = flows_but(s, i, gone);
		if (!gone[i] && flows_within(&s->grants[i], &rest))
			complain(s, i, "could go as well");
	}
}

#define N_QUESTIONS 4

/* A question about two ends. */
struct asked {
	const struct naming *src, *dst;
	uint32_t ends[2];
	uint32_t protocols;
	unsigned port; /* 1 to 4 */
};

static void
asked_mention(struct sketch *s, struct cut *cut, struct asked *asked)
{
	asked->src = DRAW(s, sources);
	asked->dst = DRAW(s, targets);
	asked->protocols = 1 + draw(s, 3);
	asked->port = 1 + draw(s, 4);
	struct selector src = selector_parse(text_of(asked->src->text));
	struct selector dst = selector_parse(text_of(asked->dst->text));
	asked->ends[0] = cut_mention(cut, 0, CUT_SRC, &src, 1);
	asked->ends[1] = cut_mention(cut, 0, CUT_DST, &dst, 1);
}

static struct cut_between
share_of(const struct flows *all, const struct asked *asked)
{
	uint16_t lines = lines_of(asked->protocols, OF(asked->port - 1));
	bool some = false, every = true, pairs = false;

	for (unsigned s = 0; s < N_SRC; s++)
		for (unsigned d = 0; d < N_DST; d++) {
			if (!(asked->src->points & OF(s)) ||
			    !(asked->dst->points & OF(d)) || !is_pair(s, d))
				continue;
			uint16_t open = all->at[s][d] & lines;
			pairs = true;
			some = some || open;
			every = every && open == lines;
		}
	return (struct cut_between) {
		.share = !some   ? CUT_NOTHING
		         : every ? CUT_EVERYTHING
		                 : CUT_SOME,
		.empty = !pairs,
	};
}

static bool
anything_flows(const struct flows *all, const struct asked *asked)
{
	for (unsigned s = 0; s < N_SRC; s++)
		for (unsigned d = 0; d < N_DST; d++)
			if (asked->src->points & OF(s) && asked->dst->points & OF(d) &&
			    is_pair(s, d) && all->at[s][d])
				return true;
	return false;
}

static void
reach_compare(const struct sketch *s, struct cut *cut, const struct asked *asked,
              struct tally *tally)
{
	static const int by[] = { 0, PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_ANY };
	struct flows all = flows_but(s, SIZE_MAX, NULL);
	struct ports at = { (uint16_t)asked->port, (uint16_t)asked->port };
	struct cut_between want = share_of(&all, asked);
	int protocol = by[asked->protocols];
	struct cut_between is =
		cut_between(cut, 0, asked->ends[0], asked->ends[1], protocol, at);

	if (is.share != want.share || is.empty != want.empty ||
	    cut_between_all(cut, 0, asked->ends[0], asked->ends[1], protocol, at) !=
	            (want.share == CUT_EVERYTHING))
		fail_msg("%s to %s:%u should be %d%s: %s", asked->src->text,
		         asked->dst->text, asked->port, (int)want.share,
		         want.empty ? ", of no flows" : "", saying_words(&s->text));
	struct cut_flow some;
	if (cut_between_any(cut, 0, asked->ends[0], asked->ends[1], &some) !=
	    anything_flows(&all, asked))
		fail_msg("%s to %s: anything: %s", asked->src->text, asked->dst->text,
		         saying_words(&s->text));
	tally->nobody += want.empty;
	tally->nowhere += want.share == CUT_NOTHING;
	tally->some += want.share == CUT_SOME;
	tally->everything += want.share == CUT_EVERYTHING;
}

static void
policy_compare(uint64_t number, struct tally *tally)
{
	struct arena arena = { 0 };
	struct sketch sketch;
	struct small small;
	struct asked asked[N_QUESTIONS];

	sketch_make(&sketch, &arena, number);
	small_start(&small, saying_words(&sketch.text), NULL);
	struct cut *cut = cut_start(&small.arena);
	cut_take(cut, small.filter);
	for (size_t i = 0; i < N_QUESTIONS; i++)
		asked_mention(&sketch, cut, &asked[i]);
	cut_close(cut);
	const struct cut_cover *covers = cut_grants(cut, 0);
	assert_int_equal(small.policy->n_grants, sketch.n);
	for (size_t i = 0; i < sketch.n; i++)
		cover_compare(&sketch, i, small.policy, &covers[i], tally);
	spare_compare(&sketch, cut_spare(cut, 0, covers));
	for (size_t i = 0; i < N_QUESTIONS; i++)
		reach_compare(&sketch, cut, &asked[i], tally);
	small_end(&small);
	arena_end(&arena);
}

static uint64_t
policies_asked(void)
{
	const char *asked = getenv("ACLC_POLICIES");
#ifdef ARENA_APART
	uint64_t usual = 2000; /* under the sanitizers */
#else
	uint64_t usual = 200000;
#endif

	return asked ? strtoull(asked, NULL, 10) : usual;
}

static void
covers_and_reach_are_those_of_sets_of_bits(void **state)
{
	struct tally tally = { 0 };
	uint64_t n = policies_asked();

	(void)state;
	for (uint64_t number = 1; number <= n; number++)
		policy_compare(number, &tally);
	if (n >= 1000) {
		size_t least = (size_t)n / 500;
		assert_true(tally.covered > least && tally.needed > least);
		assert_true(tally.empty > least && tally.by_many > least);
		assert_true(tally.some > least && tally.everything > least);
		assert_true(tally.nowhere > least);
		assert_true(tally.nobody > 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(covers_and_reach_are_those_of_sets_of_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
