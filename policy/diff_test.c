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
#include "policy/small_test.h"
#include "policy/world_test.h"

static const struct naive_service services[] = {
	{ 6, 22 },  { 6, 80 },    { 6, 79 }, { 17, 443 },
	{ 17, 22 }, { 17, 8080 }, { 47, 0 }, { PROTOCOL_ICMP, 0 },
};

#define N_SERVICES (sizeof(services) / sizeof(*services))

/* Any way, or by one of these tags. */
static const char *const ways[] = { "", "tag:a", "tag:b", "tag:c" };

#define N_WAYS (sizeof(ways) / sizeof(*ways))

/* A service by a way is a bit of a mask. */
static uint32_t
bit_of(size_t service, size_t way)
{
	return UINT32_C(1) << (way * N_SERVICES + service);
}

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

#define SPOTS 80

struct spots {
	struct spot at[SPOTS];
	size_t n;
};

/* For each two spots, what goes from the one to the other. */
struct masks {
	uint32_t at[SPOTS][SPOTS];
};

/* One side of a diff. */
struct side {
	struct naive naive;
	struct masks flows, pings; /* what it allows; the ways that pings go, too */
	struct masks told, wholly; /* what lines say that it alone does */
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
	for (size_t i = 0; i < RANGES_OF_TAILNET.n; i++)
		if (range_holds(RANGES_OF_TAILNET.at[i], address))
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
grant_is_from(const struct naive *w, const struct grant *g, const struct spot *src)
{
	bool source = false;

	if (!w->tailnet->imagined)
		return naive_source(w, g, src->address);
	for (size_t i = 0; i < g->src.n; i++)
		source |= imagined_source(w, &g->src.at[i], src);
	return source && imagined_posture(w, g, src);
}

static bool
grant_is_to(const struct naive *w, const struct grant *g, const struct destination *d,
            const struct spot *src, const struct spot *dst, struct text via)
{
	if (!families_meet(src, dst))
		return false;
	if (!w->tailnet->imagined)
		return real_target(w, g, d, src, dst, via);
	return imagined_target(w, &d->selector, src, dst, via.len > 0);
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

/* The services that a destination of a grant is for, by a way. */
static uint32_t
grant_bits(const struct grant *g, const struct destination *d, size_t way)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < N_SERVICES; i++)
		if (grant_serves(g, d, services[i].protocol, services[i].port))
			bits |= bit_of(i, way);
	return bits;
}

/* Whether a grant is of ports or another protocol, so that pings follow. */
static bool
grant_brings_pings(const struct grant *g)
{
	for (size_t i = 0; i < g->n_ip; i++)
		if (!is_ping(g->ip[i].protocol))
			return true;
	return false;
}

/* Puts in what a source may do by one destination of a grant, by a way. */
static void
side_put(struct side *side, const struct spots *spots, const struct grant *g,
         const struct destination *d, size_t src, size_t way)
{
	uint32_t bits = grant_bits(g, d, way);
	bool pings = grant_brings_pings(g);

	for (size_t i = 0; i < spots->n; i++)
		if (grant_is_to(&side->naive, g, d, &spots->at[src], &spots->at[i],
		                text_of(ways[way]))) {
			side->flows.at[src][i] |= bits;
			if (pings)
				side->pings.at[src][i] |= UINT32_C(1) << way;
		}
}

static void
side_put_grant(struct side *side, const struct spots *spots, const struct grant *g)
{
	for (size_t s = 0; s < spots->n; s++)
		for (size_t d = 0;
		     d < g->dst.n && grant_is_from(&side->naive, g, &spots->at[s]); d++)
			for (size_t way = 0; way < N_WAYS; way++)
				if (grant_is_via(g, text_of(ways[way])))
					side_put(side, spots, g, &g->dst.at[d], s, way);
}

/* What the policy of a side allows. Without any rule it is all that goes anywhere, but
 * other protocols, whatever the postures by default. */
static void
side_allow(struct side *side, const struct spots *spots)
{
	static const struct node here = { 0 };
	const struct policy *policy = side->naive.policy;
	struct destination all = { .selector = selector_parse(text_of("*")) };
	struct service any = { .protocol = PROTOCOL_ANY, .ports = { 0, 65535 } };
	struct grant open = { .section = SECTION_GRANTS,
		              .src = { &all.selector, 1, NULL },
		              .dst = { &all, 1, NULL },
		              .ip = &any,
		              .n_ip = 1,
		              .src_posture.list = &here };

	if (policy_is_open(policy))
		side_put_grant(side, spots, &open);
	for (size_t i = 0; i < policy->n_grants; i++)
		side_put_grant(side, spots, &policy->grants[i]);
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

/* A name of a line, read: what it names, and after it what it leaves out. */
struct named {
	struct text words[64];
	struct selector selectors[64];
	size_t n;
};

static struct named
named_read(struct text name)
{
	struct named named = { .n = 1 };
	struct text except;

	named.words[0] = name_split(name, &except);
	while (named.n < 64 && word_next(&except, &named.words[named.n]))
		named.n++;
	assert_int_equal(except.len, 0);
	for (size_t i = 0; i < named.n; i++)
		named.selectors[i] = selector_of(named.words[i]);
	return named;
}

static bool
source_word(const struct naive *w, struct text word, struct selector *s,
            const struct spot *src)
{
	static const struct node here = { 0 };
	struct grant g = { .src = { s, 1, NULL } };

	g.src_posture.list = &here; /* none, whatever the default */
	if (text_starts(word, "posture:"))
		return is_asked(src) && src->posture && text_is(word, src->posture);
	if (word_is_machine(w, word, src))
		return true;
	if (s->kind == SELECTOR_HOST && !policy_host(w->policy, s->name))
		return false;
	return w->tailnet->imagined ? imagined_source(w, s, src)
	                            : naive_source(w, &g, src->address);
}

static bool
target_word(const struct naive *w, struct text word, const struct selector *s,
            const struct spot *src, const struct spot *dst)
{
	if (word_is_machine(w, word, dst))
		return true;
	if (s->kind == SELECTOR_HOST && !policy_host(w->policy, s->name))
		return false;
	if (s->kind == SELECTOR_ANY || in_literals(w, s, dst))
		return true;
	return imagined_target(w, s, src, dst, false);
}

static bool
named_source(const struct naive *w, struct named *named, const struct spot *src)
{
	bool has = source_word(w, named->words[0], &named->selectors[0], src);

	for (size_t i = 1; i < named->n && has; i++)
		has = !source_word(w, named->words[i], &named->selectors[i], src);
	return has;
}

static bool
named_target(const struct naive *w, const struct named *named, const struct spot *src,
             const struct spot *dst)
{
	bool has = target_word(w, named->words[0], &named->selectors[0], src, dst);

	for (size_t i = 1; i < named->n && has; i++)
		has = !target_word(w, named->words[i], &named->selectors[i], src, dst);
	return has;
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

/* The services that a line is of, by its ways. */
static uint32_t
access_bits(const struct diff_access *a)
{
	uint32_t bits = 0;

	for (size_t way = 0; way < N_WAYS; way++) {
		bool is = way == 0 && a->n_via == 0;
		for (size_t i = 0; i < a->n_via; i++)
			is |= text_is(a->via[i], ways[way]);
		for (size_t k = 0; k < N_SERVICES; k++)
			for (size_t i = 0; i < a->n_ip && is; i++)
				if (ip_has(a->ip[i], services[k].protocol,
				           services[k].port))
					bits |= bit_of(k, way);
	}
	return bits;
}

static bool
access_posture(const struct diff_access *a, const struct spot *src)
{
	bool posture = a->n_postures == 0 || !is_asked(src);

	for (size_t i = 0; i < a->n_postures; i++)
		posture |= src->posture && text_is(a->postures[i], src->posture);
	return posture;
}

/* Puts in what a line says. */
static void
side_tell(struct side *side, const struct spots *spots, const struct diff_access *a)
{
	uint32_t bits = access_bits(a);
	bool from[SPOTS] = { false };

	for (size_t i = 0; i < a->n_src; i++) {
		struct named src = named_read(a->src[i]);
		for (size_t s = 0; s < spots->n; s++)
			from[s] |= access_posture(a, &spots->at[s]) &&
			           named_source(&side->naive, &src, &spots->at[s]);
	}
	for (size_t i = 0; i < a->n_dst; i++) {
		struct named dst = named_read(a->dst[i]);
		for (size_t s = 0; s < spots->n; s++)
			for (size_t d = 0; d < spots->n && from[s]; d++)
				if (families_meet(&spots->at[s], &spots->at[d]) &&
				    named_target(&side->naive, &dst, &spots->at[s],
				                 &spots->at[d])) {
					side->told.at[s][d] |= bits;
					side->wholly.at[s][d] |= a->partly ? 0 : bits;
				}
	}
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

/* A flow that is wanted and not told, or told and not wanted, or a ping told. */
static void
check_flow(const struct trial *trial, const struct side *mine, const struct spots *spots,
           size_t s, size_t d, size_t bit, bool want)
{
	const struct spot *src = &spots->at[s], *dst = &spots->at[d];
	const struct naive_service *service = &services[bit % N_SERVICES];
	struct text via = text_of(ways[bit / N_SERVICES]);

	if (!want && !is_served(&mine->naive, dst, via))
		return; /* what nobody serves may be in a line or not */
	/* what follows need not be told, but nothing is told that is not so */
	if (is_ping(service->protocol) && mine->pings.at[s][d] >> bit / N_SERVICES & 1)
		return;
	fail_flow(trial, want ? "not told" : "told", src, dst, service->protocol,
	          service->port, via);
}

/* What is told of two spots is what mine has and the other has not. */
static void
compare_flows(struct trial *trial, const struct side *mine, const struct side *other,
              const struct spots *spots, size_t s, size_t d)
{
	uint32_t want = mine->flows.at[s][d] & ~other->flows.at[s][d];
	/* what is so in part may be said of more */
	uint32_t got = (want & mine->told.at[s][d]) | (~want & mine->wholly.at[s][d]);

	for (size_t bit = 0; bit < N_SERVICES * N_WAYS && want != got; bit++)
		if ((want ^ got) >> bit & 1)
			check_flow(trial, mine, spots, s, d, bit, want >> bit & 1);
	for (size_t bit = 0; bit < N_SERVICES * N_WAYS; bit++) {
		trial->n_told += want & got >> bit & 1;
		trial->n_gone += ~(want | got) >> bit & 1;
	}
}

static void
compare_side(struct trial *trial, const struct side *mine, const struct side *other,
             const struct spots *spots)
{
	for (size_t s = 0; s < spots->n; s++)
		for (size_t d = 0; d < spots->n; d++)
			if (!spots->at[d].posture)
				compare_flows(trial, mine, other, spots, s, d);
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

static struct side *
side_of(struct arena *arena, const struct policy *policy, const struct tailnet *t,
        const struct diff_accesses *lines, const struct spots *spots)
{
	struct side *side = arena_alloc(arena, sizeof(*side));

	side->naive = (struct naive) { policy, t };
	side_allow(side, spots);
	for (size_t i = 0; i < lines->n; i++)
		side_tell(side, spots, &lines->at[i]);
	return side;
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
	struct side *before = side_of(&w.arena, w.policy, t, &trial.diff->lost, &spots);
	struct side *after = side_of(&w.arena, other, t, &trial.diff->gained, &spots);
	compare_side(&trial, before, after, &spots);
	compare_side(&trial, after, before, &spots);
	tally->n_told += trial.n_told;
	tally->n_gone += trial.n_gone;
	tally->n_worlds++;
	tally->n_partly += trial.diff->gained.n_partly + trial.diff->lost.n_partly;
	world_end(&w);
}

/* The points of two tailnets, as spots of one of them. */
static struct spots
spots_of_both(const struct tailnet *t, const struct tailnet *other)
{
	struct spots spots = spots_real(t);

	for (size_t i = 0; i < other->n_addresses; i++) {
		struct point address = other->addresses[i].address;
		if (tailnet_owner_of(t, address) == UINT32_MAX)
			spots_put(&spots, (struct spot) { NULL, address, NULL });
	}
	return spots;
}

/* The spots of one tailnet as those of another. */
static struct spots
spots_in(const struct spots *from, const struct tailnet *t)
{
	struct spots spots = *from;

	for (size_t i = 0; i < spots.n; i++) {
		uint32_t owner = tailnet_owner_of(t, spots.at[i].address);
		spots.at[i].machine = owner == UINT32_MAX ? NULL : &t->machines[owner];
	}
	return spots;
}

static struct text
login_of(const struct naive *w, const struct machine *m)
{
	const struct user *user = naive_user(w, m);

	return user ? user->login : (struct text) { "", 0 };
}

/* Forgets what went from or to a spot that is somebody else's now, and all that is of
 * one that is somebody's on one side alone: whether that is a flow of the same ends is
 * not asked here. */
static void
masks_forget(const struct side *mine, const struct spots *my_spots, struct side *other,
             const struct spots *other_spots, struct side *me)
{
	for (size_t i = 0; i < my_spots->n; i++) {
		const struct machine *a = my_spots->at[i].machine;
		const struct machine *b = other_spots->at[i].machine;
		bool one = !a != !b;
		bool moved = a && b &&
		             !text_equal(login_of(&mine->naive, a),
		                         login_of(&other->naive, b));
		for (size_t k = 0; k < my_spots->n && (one || moved); k++) {
			other->flows.at[i][k] = other->flows.at[k][i] = 0;
			if (one) {
				me->flows.at[i][k] = me->flows.at[k][i] = 0;
				me->told.at[i][k] = me->told.at[k][i] = 0;
				me->wholly.at[i][k] = me->wholly.at[k][i] = 0;
			}
		}
	}
}

#define WORLDS 2000

/* From one inventory to another, whose policy is the same or another one. */
static void
compare_moved(uint64_t seed, struct trial *tally)
{
	struct world v, w;
	char *text;

	assert_true(world_make(&v, seed));
	assert_true(world_make(&w, seed * 17 + 3));
	struct policy *policy = w.policy;
	if (seed % 2)
		policy = world_policy(&w, seed + world_asked("ACLC_SEED", 0), false,
		                      &text);
	assert_non_null(policy);
	struct trial trial = {
		.seed = seed,
		.texts = { v.policy_text, seed % 2 ? text : w.policy_text },
		.inventory = arena_format(&w.arena, "%s\n%s", v.inventory_text,
		                          w.inventory_text)
	};
	trial.diff = diff_make(&w.arena, (struct diff_party) { v.policy, v.tailnet },
	                       (struct diff_party) { policy, w.tailnet }, SIZE_MAX);
	for (int i = 0; i < 2; i++) {
		struct spots old = spots_of_both(v.tailnet, w.tailnet);
		struct spots new = spots_in(&old, w.tailnet);
		struct side *before =
			side_of(&w.arena, v.policy, v.tailnet, &trial.diff->lost, &old);
		struct side *after =
			side_of(&w.arena, policy, w.tailnet, &trial.diff->gained, &new);
		if (i == 0) {
			masks_forget(before, &old, after, &new, before);
			compare_side(&trial, before, after, &old);
		} else {
			masks_forget(after, &new, before, &old, after);
			compare_side(&trial, after, before, &new);
		}
	}
	tally->n_told += trial.n_told;
	tally->n_gone += trial.n_gone;
	tally->n_worlds++;
	world_end(&v);
	world_end(&w);
}

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
gained_and_lost_between_two_inventories_are_exactly_the_difference(void **state)
{
	struct trial tally = { 0 };

	(void)state;
	for (uint64_t seed = 1; seed <= world_count(WORLDS); seed++)
		compare_moved(seed, &tally);
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

static void
a_ping_is_not_told_beside_the_ports_that_it_follows_from(void **state)
{
	static const char before[] = "{\"tagOwners\": {\"tag:db\": []}, \"grants\": []}";
	static const char after[] =
		"{\"tagOwners\": {\"tag:db\": []}, \"grants\": ["
		"{\"src\": [\"ada@example.com\"], \"dst\": [\"tag:db\"], \"ip\": "
		"[\"icmp:*\"]},"
		"{\"src\": [\"ada@example.com\", \"bob@example.com\"], \"dst\": "
		"[\"tag:db\"], \"ip\": [\"tcp:22\"]}]}";
	struct small old, new;

	(void)state;
	small_start(&old, before, SMALL_PEOPLE);
	small_start(&new, after, SMALL_PEOPLE);
	const struct diff *diff =
		diff_make(&new.arena, (struct diff_party) { old.policy, new.tailnet },
	                  (struct diff_party) { new.policy, new.tailnet }, SIZE_MAX);
	assert_int_equal(diff->lost.n, 0);
	assert_int_equal(diff->gained.n, 1);
	assert_int_equal(diff->gained.at[0].n_ip, 1);
	assert_true(text_is(diff->gained.at[0].ip[0], "tcp:22"));
	small_end(&old);
	small_end(&new);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			gained_and_lost_in_a_real_tailnet_are_exactly_the_difference),
		cmocka_unit_test(
			gained_and_lost_in_every_tailnet_are_exactly_the_difference),
		cmocka_unit_test(
			gained_and_lost_between_two_inventories_are_exactly_the_difference),
		cmocka_unit_test(what_is_told_in_part_leaves_nothing_out),
		cmocka_unit_test(
			a_ping_is_not_told_beside_the_ports_that_it_follows_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
