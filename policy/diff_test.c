/* Diffs of small random policies, held against the naive opinion: what is told is
 * gained or lost wholly, and all that is gained or lost is told. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "policy/diff.h"
#include "policy/naive_test.h"
#include "policy/world_test.h"

static const struct {
	int protocol;
	uint16_t port;
} services[] = {
	{ 6, 22 },  { 6, 80 },    { 6, 79 }, { 17, 443 },
	{ 17, 22 }, { 17, 8080 }, { 47, 0 }, { PROTOCOL_ICMP, 0 },
};

#define N_SERVICES (sizeof(services) / sizeof(*services))

static const char *const others[] = {
	"10.1.2.3",    "10.1.2.200",    "10.1.9.9",    "10.9.9.9",     "8.8.8.8",
	"1.2.3.4",     "200.0.0.1",     "192.168.7.7", "100.64.99.99", "100.64.0.3",
	"2001:db8::9", "2001:db8:1::5", "2a00::1",
};

#define N_OTHERS (sizeof(others) / sizeof(*others))

/* Something that a flow begins or ends at. */
struct spot {
	const struct machine *machine; /* NULL: an address of nobody */
	struct point address;
	const char *posture; /* that it satisfies, of an imagined machine; or NULL */
};

struct spots {
	struct spot at[80];
	size_t n;
};

/* One side of a diff, with its lines. */
struct side {
	struct naive naive;
	const struct diff_accesses *told; /* what it has and the other has not */
};

static struct point
address_of(const char *text)
{
	struct point address;

	assert_int_equal(address_parse(text_of(text), &address), ADDRESS_FINE);
	return address;
}

/* A word of a line as a selector; a range is told as such. */
static struct selector
selector_of(struct text word)
{
	struct selector s = selector_parse(word);

	if (s.kind == SELECTOR_HOST && text_find(word, '-') < word.len &&
	    range_parse(word, &s.range) == ADDRESS_FINE)
		s.kind = SELECTOR_ADDRESS;
	if (s.kind != SELECTOR_ADDRESS && s.kind != SELECTOR_HOST &&
	    range_parse(word, &s.range) == ADDRESS_FINE)
		s.kind = SELECTOR_ADDRESS;
	return s;
}

/* Imagined machines have no addresses, and all families. */
static bool
families_meet(const struct spot *src, const struct spot *dst)
{
	if (!src->address.line || !dst->address.line)
		return true;
	return src->address.line == dst->address.line;
}

static bool
in_literals(const struct naive *w, const struct selector *s, const struct spot *spot)
{
	struct range range;

	for (size_t i = 0; spot->address.line && naive_literal(w, s, i, &range); i++)
		if (range_holds(range, spot->address))
			return true;
	return false;
}

static bool
in_tail(struct point address)
{
	for (size_t i = 0; i < 3; i++)
		if (range_holds(RANGES_OF_TAILNET[i], address))
			return true;
	return false;
}

/* Whether an imagined spot is among what a source selector names. */
static bool
imagined_source(const struct naive *w, const struct selector *s, const struct spot *spot)
{
	if (s->kind == SELECTOR_ANY)
		return spot->machine || in_tail(spot->address);
	if (s->kind == SELECTOR_AUTOGROUP && s->autogroup == AUTOGROUP_DANGER_ALL)
		return true;
	if (spot->machine)
		return naive_names_machine(w, s, spot->machine);
	return in_literals(w, s, spot);
}

static bool
imagined_target(const struct naive *w, const struct selector *s, const struct spot *src,
                const struct spot *dst, bool via)
{
	if (s->kind == SELECTOR_ANY)
		return !via;
	if (s->kind == SELECTOR_AUTOGROUP && s->autogroup == AUTOGROUP_SELF)
		return src->machine && dst->machine && !src->machine->n_tags &&
		       !dst->machine->n_tags && src->machine->user == dst->machine->user;
	if (s->kind == SELECTOR_AUTOGROUP && s->autogroup == AUTOGROUP_INTERNET)
		return !dst->machine && naive_in_internet(naive_single(dst->address));
	if (dst->machine)
		return !via && naive_names_machine(w, s, dst->machine);
	return in_literals(w, s, dst);
}

/* Nobody asks for postures outside the tailnet's ranges, or of shared machines. */
static bool
is_asked(const struct spot *spot)
{
	return spot->machine ? !spot->machine->shared : in_tail(spot->address);
}

static bool
imagined_posture(const struct naive *w, const struct grant *g, const struct spot *src)
{
	const struct words *postures =
		g->src_posture.list ? &g->src_posture : &w->policy->default_src_posture;

	if (!postures->n || !is_asked(src))
		return true;
	for (size_t i = 0; i < postures->n; i++)
		if (src->posture && text_is(postures->at[i].text, src->posture))
			return true;
	return false;
}

static bool
real_serves(const struct naive *w, const struct machine *m, struct point dst)
{
	struct range route;

	for (size_t i = 0; i < m->n_addresses; i++)
		if (point_compare(m->addresses[i], dst) == 0)
			return true;
	for (size_t i = 0; naive_route(m, i, &route); i++)
		if (naive_approved(w, m, route) &&
		    (range_holds(route, dst) || range_is_default_route(route)))
			return true; /* an exit node is taken to be one for both families */
	return false;
}

static bool
has_tag(const struct naive *w, const struct machine *m, struct text tag)
{
	return tag.len == 0 || naive_has_tag(w, m, tag);
}

static bool
real_target(const struct naive *w, const struct grant *g, const struct destination *d,
            const struct spot *src, const struct spot *dst, struct text via)
{
	for (size_t i = 0; i < w->tailnet->n_machines; i++) {
		const struct machine *m = &w->tailnet->machines[i];
		if (real_serves(w, m, dst->address) && has_tag(w, m, via) &&
		    naive_target(w, g, d, m, src->address, dst->address))
			return true;
	}
	return false;
}

static bool
grant_reaches(const struct naive *w, const struct grant *g, const struct destination *d,
              const struct spot *src, const struct spot *dst, struct text via)
{
	bool source = false;

	if (!families_meet(src, dst))
		return false;
	if (!w->tailnet->imagined)
		return naive_source(w, g, src->address) &&
		       real_target(w, g, d, src, dst, via);
	for (size_t i = 0; i < g->src.n; i++)
		source |= imagined_source(w, &g->src.at[i], src);
	return source && imagined_posture(w, g, src) &&
	       imagined_target(w, &d->selector, src, dst, via.len > 0);
}

/* Whether a grant is of the plane: of packets by way of a tag, or any way. */
static bool
grant_is_via(const struct grant *g, struct text via)
{
	if (via.len == 0)
		return g->via.n == 0;
	for (size_t i = 0; i < g->via.n; i++)
		if (text_equal(g->via.at[i].text, via))
			return true;
	return false;
}

static bool
is_ping(int protocol)
{
	return protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMPV6;
}

/* A ping goes wherever anything does. */
static bool
grant_serves(const struct grant *g, const struct destination *d, int protocol,
             uint16_t port)
{
	if (is_ping(protocol))
		return g->section == SECTION_ACLS ? d->n_ports > 0 : g->n_ip > 0;
	return naive_service(g, d, protocol, port);
}

static bool
flows(const struct naive *w, const struct spot *src, const struct spot *dst, int protocol,
      uint16_t port, struct text via)
{
	static const struct text any = { "*", 1 };
	struct destination all = { .selector = selector_parse(any) };
	struct grant open = { .src = { &all.selector, 1, NULL } };
	static const struct node here = { 0 };

	open.src_posture.list = &here; /* without any rule, whatever the default */
	if (policy_is_open(w->policy))
		return via.len == 0 && protocol != 47 &&
		       grant_reaches(w, &open, &all, src, dst, via);
	for (size_t i = 0; i < w->policy->n_grants; i++) {
		const struct grant *g = &w->policy->grants[i];
		for (size_t k = 0; k < g->dst.n && grant_is_via(g, via); k++)
			if (grant_serves(g, &g->dst.at[k], protocol, port) &&
			    grant_reaches(w, g, &g->dst.at[k], src, dst, via))
				return true;
	}
	return false;
}

/* Whether some rule of ports or another protocol leads there, so that a ping
 * follows. */
static bool
ping_follows(const struct naive *w, const struct spot *src, const struct spot *dst,
             struct text via)
{
	if (policy_is_open(w->policy))
		return true;
	for (size_t i = 0; i < w->policy->n_grants; i++) {
		const struct grant *g = &w->policy->grants[i];
		for (size_t k = 0; k < g->dst.n && grant_is_via(g, via); k++) {
			bool ports = false;
			for (size_t p = 0; p < g->n_ip; p++)
				ports |= !is_ping(g->ip[p].protocol);
			if (ports && grant_reaches(w, g, &g->dst.at[k], src, dst, via))
				return true;
		}
	}
	return false;
}

/* The next of the words between commas; false at the end. */
static bool
word_next(struct text *rest, struct text *word)
{
	if (rest->len == 0)
		return false;
	size_t at = text_find(*rest, ',');
	*word = (struct text) { rest->at, at };
	*rest = text_from(*rest, at);
	if (rest->len > 0)
		*rest = text_from(*rest, 2);
	return true;
}

/* "X except Y, Z" taken apart. */
static struct text
name_split(struct text name, struct text *except)
{
	static const char mark[] = " except ";
	size_t len = sizeof(mark) - 1;

	*except = (struct text) { name.at + name.len, 0 };
	for (size_t i = 0; i + len <= name.len; i++)
		if (memcmp(name.at + i, mark, len) == 0) {
			*except = text_from(name, i + len);
			return (struct text) { name.at, i };
		}
	return name;
}

static bool
word_is_machine(const struct naive *w, struct text word, const struct spot *spot)
{
	return !w->tailnet->imagined && spot->machine &&
	       text_equal(spot->machine->name, word);
}

static bool
source_word(const struct naive *w, struct text word, const struct spot *src)
{
	struct selector s = selector_of(word);
	struct grant g = { .src = { &s, 1, NULL } };
	static const struct node here = { 0 };

	g.src_posture.list = &here; /* none, whatever the default */
	if (text_starts(word, "posture:"))
		return is_asked(src) && src->posture && text_is(word, src->posture);
	if (word_is_machine(w, word, src))
		return true;
	if (s.kind == SELECTOR_HOST && !policy_host(w->policy, s.name))
		return false;
	return w->tailnet->imagined ? imagined_source(w, &s, src)
	                            : naive_source(w, &g, src->address);
}

static bool
target_word(const struct naive *w, struct text word, const struct spot *src,
            const struct spot *dst)
{
	struct destination d = { .selector = selector_of(word) };

	if (word_is_machine(w, word, dst))
		return true;
	if (d.selector.kind == SELECTOR_HOST && !policy_host(w->policy, d.selector.name))
		return false;
	if (d.selector.kind == SELECTOR_ANY || in_literals(w, &d.selector, dst))
		return true;
	return imagined_target(w, &d.selector, src, dst, false);
}

static bool
named_source(const struct naive *w, struct text name, const struct spot *src)
{
	struct text except, word;

	if (!source_word(w, name_split(name, &except), src))
		return false;
	while (word_next(&except, &word))
		if (source_word(w, word, src))
			return false;
	return true;
}

static bool
named_target(const struct naive *w, struct text name, const struct spot *src,
             const struct spot *dst)
{
	struct text except, word;

	if (!target_word(w, name_split(name, &except), src, dst))
		return false;
	while (word_next(&except, &word))
		if (target_word(w, word, src, dst))
			return false;
	return true;
}

/* An element of a line's ip, as a grant has it. */
static bool
ip_has(struct text ip, int protocol, uint16_t port)
{
	size_t at = text_find(ip, ':');
	int said = PROTOCOL_ANY;
	struct ports ports;

	if (at < ip.len) {
		assert_true(protocol_parse((struct text) { ip.at, at }, &said));
		ip = text_from(ip, at + 1);
	}
	if (ip.len > 1 && ip.at[0] == '0') { /* from port 0 on: no policy says that */
		ports.first = 0;
		uint64_t last = 0;
		if (ip.len > 1)
			assert_true(text_number(text_from(ip, 2), 65535, &last));
		ports.last = (uint16_t)last;
	} else if (text_is(ip, "0")) {
		ports = (struct ports) { 0, 0 };
	} else {
		assert_int_equal(ports_parse(ip, &ports), PORTS_FINE);
	}
	if (is_ping(protocol))
		return is_ping(said) || (said == PROTOCOL_ANY && ports_all(ports));
	return naive_protocol(said, protocol) && ports.first <= port &&
	       port <= ports.last;
}

static bool
access_has(const struct naive *w, const struct diff_access *a, const struct spot *src,
           const struct spot *dst, int protocol, uint16_t port, struct text via)
{
	bool from = false, to = false, ip = false, way = via.len == 0 && a->n_via == 0;
	bool posture = a->n_postures == 0 || !is_asked(src);

	for (size_t i = 0; i < a->n_via; i++)
		way |= text_equal(a->via[i], via);
	for (size_t i = 0; i < a->n_postures; i++)
		posture |= src->posture && text_is(a->postures[i], src->posture);
	for (size_t i = 0; i < a->n_ip && way && posture; i++)
		ip |= ip_has(a->ip[i], protocol, port);
	for (size_t i = 0; i < a->n_src && ip && !from; i++)
		from = named_source(w, a->src[i], src);
	for (size_t i = 0; i < a->n_dst && from && !to; i++)
		to = named_target(w, a->dst[i], src, dst);
	return to && families_meet(src, dst);
}

/* Whether a line says it: one that is wholly so, or any at all. */
static bool
told(const struct side *side, bool wholly, const struct spot *src, const struct spot *dst,
     int protocol, uint16_t port, struct text via)
{
	for (size_t i = 0; i < side->told->n; i++)
		if (!(wholly && side->told->at[i].partly) &&
		    access_has(&side->naive, &side->told->at[i], src, dst, protocol, port,
		               via))
			return true;
	return false;
}

/* What is being compared, for the message of a failure. */
struct trial {
	uint64_t seed;
	const char *texts[2], *inventory;
	const struct diff *diff;
	size_t n_told, n_gone, n_partly, n_worlds;
};

static const char *
spot_text(const struct spot *spot, char out[RANGE_TEXT_MAX])
{
	if (spot->address.line)
		address_write(spot->address, out);
	else
		snprintf(out, RANGE_TEXT_MAX, "%.*s", TEXT_ARG(spot->machine->name));
	return out;
}

static void
print_texts(const char *before, const struct text *texts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "%s%.*s", i ? " | " : before, TEXT_ARG(texts[i]));
}

static void
print_lines(const char *sign, const struct diff_accesses *lines)
{
	for (size_t i = 0; i < lines->n; i++) {
		const struct diff_access *a = &lines->at[i];
		print_texts(sign, a->src, a->n_src);
		print_texts(" with ", a->postures, a->n_postures);
		print_texts(" -> ", a->dst, a->n_dst);
		print_texts(": ", a->ip, a->n_ip);
		print_texts(" via ", a->via, a->n_via);
		fprintf(stderr, "\n");
	}
}

static void
fail_flow(const struct trial *trial, const char *what, const struct spot *src,
          const struct spot *dst, int protocol, uint16_t port, struct text via)
{
	char from[RANGE_TEXT_MAX], to[RANGE_TEXT_MAX];

	fprintf(stderr,
	        "seed %" PRIu64 ": %s: %s (%s) -> %s %d/%u via %.*s\n%s\n%s\n%s\n",
	        trial->seed, what, spot_text(src, from), src->posture ? src->posture : "",
	        spot_text(dst, to), protocol, port, TEXT_ARG(via), trial->texts[0],
	        trial->texts[1], trial->inventory ? trial->inventory : "");
	print_lines("+ ", &trial->diff->gained);
	print_lines("- ", &trial->diff->lost);
	fail();
}

static bool
is_served(const struct naive *w, const struct spot *dst, struct text via)
{
	for (size_t i = 0; !w->tailnet->imagined && i < w->tailnet->n_machines; i++)
		if (real_serves(w, &w->tailnet->machines[i], dst->address) &&
		    has_tag(w, &w->tailnet->machines[i], via))
			return true;
	return w->tailnet->imagined;
}

/* One flow, by both opinions: mine has it, the other's has not. */
static void
compare_flow(struct trial *trial, const struct side *mine, const struct naive *other,
             const struct spot *src, const struct spot *dst, size_t service,
             struct text via)
{
	int protocol = services[service].protocol;
	uint16_t port = services[service].port;
	bool want = flows(&mine->naive, src, dst, protocol, port, via) &&
	            !flows(other, src, dst, protocol, port, via);
	/* what is so in part may be said of more */
	bool got = told(mine, !want, src, dst, protocol, port, via);

	if (!want && !is_served(&mine->naive, dst, via))
		return; /* what nobody serves may be in a line or not */

	if (is_ping(protocol)) {
		/* what follows need not be told, but nothing is told that is not so */
		if (want && !got && ping_follows(&mine->naive, src, dst, via))
			return;
		if (got && flows(other, src, dst, protocol, port, via) &&
		    !ping_follows(&mine->naive, src, dst, via))
			fail_flow(trial, "told of a ping", src, dst, protocol, port, via);
		if (got)
			return;
	}
	if (want != got)
		fail_flow(trial, want ? "not told" : "told", src, dst, protocol, port,
		          via);
	trial->n_told += got;
	trial->n_gone += !want;
}

static void
compare_side(struct trial *trial, const struct side *mine, const struct naive *other,
             const struct spots *spots)
{
	static const char *const ways[] = { "", "tag:a", "tag:b", "tag:c" };

	for (size_t s = 0; s < spots->n; s++)
		for (size_t d = 0; d < spots->n; d++) {
			if (spots->at[d].posture)
				continue;
			for (size_t k = 0; k < N_SERVICES; k++)
				for (size_t v = 0; v < 4; v++)
					compare_flow(trial, mine, other, &spots->at[s],
					             &spots->at[d], k, text_of(ways[v]));
		}
}

static void
spots_put(struct spots *spots, struct spot spot)
{
	assert_true(spots->n < sizeof(spots->at) / sizeof(*spots->at));
	spots->at[spots->n++] = spot;
}

/* Imagined machines in each situation; addresses of nobody. */
static struct spots
spots_imagined(const struct tailnet *t)
{
	static const char *const postures[] = { NULL, "posture:linux", "posture:new" };
	struct spots spots = { .n = 0 };

	for (size_t k = 0; k < 3; k++) {
		for (size_t i = 0; i < t->n_machines; i++)
			spots_put(&spots, (struct spot) { &t->machines[i],
			                                  { 0, 0, 0 },
			                                  postures[k] });
		for (size_t i = 0; i < N_OTHERS; i++)
			if (k == 0 || in_tail(address_of(others[i])))
				spots_put(&spots,
				          (struct spot) { NULL, address_of(others[i]),
				                          postures[k] });
	}
	return spots;
}

/* Real ones by their addresses. Of `*` with postures, addresses of the tailnet's
 * that are nobody's drop out in a real one, so that they are left out here. */
static struct spots
spots_real(const struct tailnet *t)
{
	struct spots spots = { .n = 0 };

	for (size_t i = 0; i < t->n_addresses; i++)
		spots_put(&spots, (struct spot) { &t->machines[t->addresses[i].machine],
		                                  t->addresses[i].address, NULL });
	for (size_t i = 0; i < N_OTHERS; i++)
		if (!in_tail(address_of(others[i])))
			spots_put(&spots,
			          (struct spot) { NULL, address_of(others[i]), NULL });
	return spots;
}

static void
compare_diff(struct trial *trial, const struct policy *const both[2],
             const struct tailnet *t, const struct spots *spots)
{
	const struct side sides[2] = {
		{ { both[DIFF_OLD], t }, &trial->diff->lost },
		{ { both[DIFF_NEW], t }, &trial->diff->gained },
	};

	compare_side(trial, &sides[0], &sides[1].naive, spots);
	compare_side(trial, &sides[1], &sides[0].naive, spots);
}

static void
compare_world(uint64_t seed, bool imagined, size_t most, struct trial *tally)
{
	struct world w;
	char *text;

	assert_true(world_make(&w, seed));
	struct policy *other = world_policy(&w, seed * 31 + 5, seed % 2, &text);
	assert_non_null(other);
	const struct policy *both[2] = { w.policy, other };
	struct tailnet *t = imagined ? tailnet_imagine(&w.arena, both, 2) : w.tailnet;
	struct trial trial = { .seed = seed,
		               .texts = { w.policy_text, text },
		               .inventory = imagined ? NULL : w.inventory_text };
	trial.diff = diff_make(&w.arena, (struct diff_party) { w.policy, t },
	                       (struct diff_party) { other, t }, most);
	struct spots spots = imagined ? spots_imagined(t) : spots_real(t);
	compare_diff(&trial, both, t, &spots);
	tally->n_told += trial.n_told;
	tally->n_gone += trial.n_gone;
	tally->n_worlds++;
	tally->n_partly += trial.diff->gained.n_partly + trial.diff->lost.n_partly;
	world_end(&w);
}

/* Under the sanitizers, and otherwise. */
#ifdef ARENA_APART
#define WORLDS 60
#else
#define WORLDS 600
#endif

/* Says how much was held against the naive opinion. */
static void
tally_check(const struct trial *tally)
{
	print_message("# %zu worlds: %zu flows told, %zu not\n", tally->n_worlds,
	              tally->n_told, tally->n_gone);
	assert_true(tally->n_told > 100 && tally->n_gone > 100);
}

static void
gained_and_lost_in_a_real_tailnet_are_exactly_the_difference(void **state)
{
	struct trial tally = { 0 };

	(void)state;
	for (uint64_t seed = 1; seed <= world_count(WORLDS); seed++)
		compare_world(seed, false, SIZE_MAX, &tally);
	tally_check(&tally);
}

static void
gained_and_lost_in_every_tailnet_are_exactly_the_difference(void **state)
{
	struct trial tally = { 0 };

	(void)state;
	for (uint64_t seed = 1; seed <= world_count(WORLDS); seed++)
		compare_world(seed, true, SIZE_MAX, &tally);
	tally_check(&tally);
}

static void
what_is_told_in_part_leaves_nothing_out(void **state)
{
	struct trial tally = { 0 };

	(void)state;
	for (uint64_t seed = 101; seed <= 130; seed++) {
		compare_world(seed, false, seed % 2, &tally);
		compare_world(seed, true, seed % 2, &tally);
	}
	assert_true(tally.n_told > 100 && tally.n_gone > 100 && tally.n_partly > 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			gained_and_lost_in_a_real_tailnet_are_exactly_the_difference),
		cmocka_unit_test(
			gained_and_lost_in_every_tailnet_are_exactly_the_difference),
		cmocka_unit_test(what_is_told_in_part_leaves_nothing_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
