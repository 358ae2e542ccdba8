/* Cutting, held against the naive opinion on small random worlds. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "policy/cut.h"
#include "policy/cut_parts.h"
#include "policy/naive_test.h"
#include "policy/saying.h"
#include "policy/small_test.h"
#include "policy/world_test.h"

static const struct naive_service services[] = { { 6, 22 },   { 6, 80 },    { 6, 79 },
	                                         { 17, 443 }, { 17, 8080 }, { 47, 0 } };

#define N_SERVICES (sizeof(services) / sizeof(*services))

/* Whether a machine takes packets to an address at all. */
static bool
machine_serves(const struct machine *m, struct point dst)
{
	for (size_t i = 0; i < m->n_addresses; i++)
		if (point_compare(m->addresses[i], dst) == 0)
			return true;
	for (size_t i = 0; i < m->n_subnets; i++)
		if (range_holds(m->subnets[i], dst))
			return true;
	return m->exit_node;
}

static bool
grant_flows(const struct naive *naive, size_t grant, struct point src, struct point dst,
            int protocol, uint16_t port)
{
	const struct tailnet *t = naive->tailnet;

	for (size_t m = 0; m < t->n_machines; m++)
		if (machine_serves(&t->machines[m], dst) &&
		    naive_grant_allows(naive, &naive->policy->grants[grant],
		                       &t->machines[m], src, dst, protocol, port))
			return true;
	return false;
}

/* The point of the cut that an address lies in. */
static uint32_t
point_at(const struct cut *cut, struct point address)
{
	const struct tailnet *t = cut->tailnets[0];
	for (size_t i = 0; i < t->n_addresses; i++)
		if (point_compare(t->addresses[i].address, address) == 0)
			return cut->address_point[0][i];
	for (uint32_t i = cut->first_cell; i < cut->first_stranger; i++)
		if (range_holds(cut_cell_range(cut, i - cut->first_cell), address))
			return i;
	fail();
	return 0;
}

/* Whether a unit's boxes hold a flow, in planes of packets. */
static bool
unit_holds(struct cut *cut, uint32_t unit, uint32_t src, uint32_t dst, int protocol,
           uint16_t port)
{
	size_t n;
	const uint32_t *numbers = cut_unit_boxes(cut, 0, unit, &n);
	uint32_t source = cut->axes[CUT_SRC].partition.class_of[src];
	uint32_t class = cut->axes[CUT_DST].partition.class_of[dst];
	uint32_t owner = cut_owner(cut, src);
	bool one = owner != CUT_NONE && owner == cut_owner(cut, dst);

	for (size_t i = 0; i < n; i++) {
		const struct cut_box *box = &cut->filters[0].boxes[numbers[i]];
		const struct cut_line *line = &cut->lines[box->line];
		struct text plane = cut->planes.texts[line->plane];
		bool stratum = line->stratum == STRATUM_ANY ||
		               one == (line->stratum == STRATUM_SELF);
		if (!text_starts(plane, "app ") && line->kind == (uint32_t)protocol &&
		    stratum && box->lo <= port && port <= box->hi &&
		    bits_hold(box->from, source) && cut_set_holds(cut, box->dst, class))
			return true;
	}
	return false;
}

static void
fail_world(uint64_t seed, const struct world *w, const char *what)
{
	print_error("seed %" PRIu64 ": %s\n%s\n%s\n", seed, what, w->policy_text,
	            w->inventory_text);
	fail();
}

/* What each grant allows, by the naive opinion. */
struct opinion {
	struct naive_points places;
	struct naive_flows *grants;
};

static struct opinion
opinion_of(struct world *w)
{
	struct naive naive = { w->policy, w->tailnet };
	struct opinion o = { .places = naive_points_of(w->tailnet) };
	size_t n = o.places.n, n_grants = w->policy->n_grants;

	o.grants = arena_array(&w->arena, n_grants, sizeof(*o.grants));
	for (size_t i = 0; i < w->tailnet->n_machines * n_grants; i++) {
		const struct machine *m = &w->tailnet->machines[i / n_grants];
		struct naive_flows *flows = &o.grants[i % n_grants], at_m = { 0 };
		naive_grant_flows(&naive, &w->policy->grants[i % n_grants], m, &o.places,
		                  services, N_SERVICES, &at_m);
		for (size_t s = 0; s < n; s++)
			for (size_t d = 0; d < n; d++)
				if (machine_serves(m, o.places.at[d]))
					flows->at[s][d] |= at_m.at[s][d];
	}
	return o;
}

/* What a unit's boxes hold of what gets from one place to another. */
static uint32_t
unit_services(struct cut *cut, uint32_t unit, uint32_t src, uint32_t dst)
{
	uint32_t bits = 0;

	for (size_t k = 0; k < N_SERVICES; k++)
		if (unit_holds(cut, unit, src, dst, services[k].protocol,
		               services[k].port))
			bits |= UINT32_C(1) << k;
	return bits;
}

static void
compare_flow(uint64_t seed, struct world *w, struct cut *cut, const struct opinion *o,
             size_t s, size_t d)
{
	char from[RANGE_TEXT_MAX], to[RANGE_TEXT_MAX], said[256];
	uint32_t src = point_at(cut, o->places.at[s]);
	uint32_t dst = point_at(cut, o->places.at[d]);
	bool meet = o->places.at[s].line == o->places.at[d].line;

	for (uint32_t g = 0; g < w->policy->n_grants; g++) {
		uint32_t want = o->grants[g].at[s][d];
		uint32_t got = meet ? unit_services(cut, g, src, dst) : 0;
		if (want == got)
			continue;
		address_write(o->places.at[s], from);
		address_write(o->places.at[d], to);
		snprintf(said, sizeof(said), "grant %u: %s -> %s: want %x, got %x",
		         (unsigned)g, from, to, want, got);
		fail_world(seed, w, said);
	}
}

static void
compare_flows(uint64_t seed, struct world *w, struct cut *cut, const struct opinion *o)
{
	for (size_t s = 0; s < o->places.n; s++)
		for (size_t d = 0; d < o->places.n; d++)
			compare_flow(seed, w, cut, o, s, d);
}

/* Whether a grant allows something that none of the others does. */
static bool
is_needed(const struct opinion *o, const struct policy *policy, size_t g,
          const struct cut_cover *others)
{
	for (size_t s = 0; s < o->places.n; s++)
		for (size_t d = 0; d < o->places.n; d++) {
			uint32_t left = o->grants[g].at[s][d];
			for (size_t i = 0; i < others->n_by; i++)
				left &= ~o->grants[others->by[i] - policy->grants]
				                 .at[s][d];
			if (left)
				return true;
		}
	return false;
}

/* A flow that only this grant gives must not be denied by "covered"; and the
 * witness of one that is needed must be one. */
static void
compare_covers(uint64_t seed, struct world *w, struct cut *cut, const struct opinion *o)
{
	static const struct cut_cover none = { .n_by = 0 };
	struct cut_cover *covers = cut_grants(cut, 0);

	for (size_t g = 0; g < w->policy->n_grants; g++) {
		if (covers[g].empty && is_needed(o, w->policy, g, &none))
			fail_world(seed, w, "an empty grant allows something");
		if (covers[g].covered && is_needed(o, w->policy, g, &covers[g]))
			fail_world(seed, w, "a covered grant is needed");
	}
}

static struct point
flow_place(const struct world *w, struct text text, uint32_t line)
{
	struct point address;

	if (address_parse(text, &address) == ADDRESS_FINE)
		return address;
	const struct machine *machine = tailnet_machine(w->tailnet, text);
	assert_non_null(machine);
	for (size_t i = 0; i < machine->n_addresses; i++)
		if (machine->addresses[i].line == line || line == 0)
			return machine->addresses[i];
	return machine->addresses[0];
}

/* What is not covered has a place where only it allows something. */
static void
compare_witness(uint64_t seed, struct world *w, struct cut *cut,
                const struct cut_cover *at, size_t g)
{
	struct naive naive = { w->policy, w->tailnet };
	struct cut_flow flow =
		cut_flow_of(cut, at->source, at->class, at->line, at->port);
	struct point dst = flow_place(w, flow.dst, 0);
	struct point src = flow_place(w, flow.src, dst.line);
	int protocol = flow.protocol;

	/* of packets, by any way */
	if (cut->lines[at->line].plane > 0 || protocol == PROTOCOL_ICMP)
		return;
	dst = flow_place(w, flow.dst, src.line);
	/* of `*` with postures, addresses of the tailnet's that are nobody's drop out */
	for (size_t i = 0; i < RANGES_OF_TAILNET.n && !naive_owner(&naive, src); i++)
		if (range_holds(RANGES_OF_TAILNET.at[i], src))
			return;
	for (size_t i = 0; i < w->policy->n_grants; i++) {
		bool flows = grant_flows(&naive, i, src, dst, protocol, flow.port);
		if (w->policy->grants[i].via.n > 0 && i != g)
			continue;
		char said[256];
		snprintf(said, sizeof(said),
		         "%.*s -> %.*s %d/%u is no witness for %zu: %zu",
		         TEXT_ARG(flow.src), TEXT_ARG(flow.dst), protocol, flow.port, g,
		         i);
		if (flows != (i == g))
			fail_world(seed, w, said);
	}
}

/* How much the worlds were worth. */
struct tally {
	size_t covered, needed, empty, pieces;
};

static void
compare_world(uint64_t seed, struct tally *tally)
{
	struct world w;

	if (!world_make(&w, seed))
		fail_world(seed, &w, w.findings.at[0]->said);
	if (policy_is_open(w.policy)) {
		world_end(&w);
		return;
	}
	struct cut *cut = cut_start(&w.arena);
	cut_take(cut, w.filter);
	cut_close(cut);
	struct opinion opinion = opinion_of(&w);
	compare_flows(seed, &w, cut, &opinion);
	compare_covers(seed, &w, cut, &opinion);
	struct cut_cover *covers = cut_grants(cut, 0);
	for (size_t g = 0; g < w.policy->n_grants; g++) {
		tally->covered += covers[g].covered && !covers[g].empty;
		tally->needed += !covers[g].covered;
		tally->empty += covers[g].empty;
		if (covers[g].covered || covers[g].empty)
			continue;
		compare_witness(seed, &w, cut, &covers[g], g);
	}
	world_end(&w);
}

static void
covers_are_those_of_the_naive_opinion(void **state)
{
	struct tally tally = { 0 };
	size_t n = world_count(4000);

	(void)state;
	for (uint64_t seed = 1; seed <= n; seed++)
		compare_world(seed, &tally);
	print_message("# %zu worlds: %zu covered, %zu needed, %zu empty\n", n,
	              tally.covered, tally.needed, tally.empty);
	assert_true(tally.covered > n / 40);
	assert_true(tally.needed > n / 2 && tally.empty > n / 2);
}

/* What it takes to find out which of n rules are covered, and which can go. */
static size_t
work_of(size_t n, bool nested)
{
	struct arena scratch = { 0 };
	struct saying text = { .arena = &scratch };
	struct small s;

	saying_add(&text, "{\"tagOwners\": {\"tag:a\": [], \"tag:b\": []}, \"acls\": [");
	for (size_t i = 0; i < n; i++) {
		saying_add(&text, "{\"action\": \"accept\", \"src\": [\"tag:a\"], "
		                  "\"dst\": [\"tag:b:");
		saying_add(&text, "%zu-%zu\"]},", nested ? i + 1 : 1,
		           nested ? 60000 - i : 9);
	}
	saying_add(&text, "]}");
	small_start(&s, saying_words(&text), NULL);
	struct cut *cut = cut_start(&s.arena);
	cut_take(cut, s.filter);
	cut_close(cut);
	struct cut_cover *covers = cut_grants(cut, 0);
	const bool *spare = cut_spare(cut, 0, covers);
	for (size_t i = 1; i < n; i++) {
		assert_true(covers[i].covered);
		assert_int_equal(covers[i].n_by, 1);
		assert_ptr_equal(covers[i].by[0], &s.policy->grants[0]);
		assert_true(spare[i]);
	}
	assert_false(spare[0]);
	size_t looked = cut->n_looked;
	small_end(&s);
	arena_end(&scratch);
	return looked;
}

static void
twice_the_rules_take_twice_the_work(void **state)
{
	(void)state;
	for (int nested = 0; nested < 2; nested++) {
		size_t once = work_of(200, nested), twice = work_of(400, nested);
		assert_true(once > 200);
		assert_true(twice <= 2 * once + once / 5);
	}
}

#define POSTURES                                                                         \
	"\"posture:old\": [\"node:tsVersion >= '1.40'\"],"                               \
	"\"posture:new\": [\"node:tsVersion >= '1.60'\", \"node:tsVersion >= '1.60'\"]," \
	"\"posture:any\": [],"                                                           \
	"\"posture:mac\": [\"node:os == 'macos'\"],"                                     \
	"\"posture:apple\": [\"node:os IN ['ios', 'macos']\"],"                          \
	"\"posture:newmac\": [\"node:os == 'macos'\", \"node:tsVersion >= '1.60'\"],"    \
	"\"posture:macnew\": [\"node:tsVersion >= '1.60'\", \"node:os == 'macos'\"],"    \
	"\"posture:oldapple\": [\"node:os IN ['ios', 'macos']\","                        \
	" \"node:tsVersion >= '1.40'\"]"

/* Whether a rule for devices of some postures is covered by one for those of others,
 * beside so many postures about versions that nobody asks for. */
static bool
posture_is_covered(const char *inner, const char *outer, size_t n_more)
{
	struct arena scratch = { 0 };
	struct saying text = { .arena = &scratch };
	struct small s;

	saying_add(&text,
	           "{\"tagOwners\": {\"tag:a\": [], \"tag:b\": []}, \"postures\": {");
	for (size_t i = 0; i < n_more; i++)
		saying_add(&text, "\"posture:n%zu\": [\"node:tsVersion == '%zu'\"],", i,
		           i);
	saying_add(&text, POSTURES "}, \"grants\": [");
	saying_add(&text,
	           "{\"src\": [\"tag:a\"], \"dst\": [\"tag:b\"], \"ip\": [\"22\"]%s%s},",
	           *inner ? ", \"srcPosture\": " : "", inner);
	saying_add(&text,
	           "{\"src\": [\"tag:a\"], \"dst\": [\"tag:b\"], \"ip\": [\"*\"]%s%s},",
	           *outer ? ", \"srcPosture\": " : "", outer);
	for (size_t i = 0; i < n_more; i++)
		saying_add(
			&text,
			"{\"src\": [\"tag:b\"], \"dst\": [\"tag:a\"], \"ip\": [\"22\"], "
			"\"srcPosture\": [\"posture:n%zu\"]},",
			i);
	saying_add(&text, "]}");
	small_start(&s, saying_words(&text), NULL);
	struct cut *cut = cut_start(&s.arena);
	cut_take(cut, s.filter);
	cut_close(cut);
	struct cut_cover *covers = cut_grants(cut, 0);
	bool covered = covers[0].covered;
	assert_false(covers[1].covered);
	small_end(&s);
	arena_end(&scratch);
	return covered;
}

static void
what_a_stricter_posture_lets_in_is_covered(void **state)
{
	static const struct {
		const char *inner, *outer;
		bool covered;
	} rows[] = {
		{ "[\"posture:new\"]", "", true },
		{ "", "[\"posture:new\"]", false },
		{ "", "[\"posture:any\"]", true },
		{ "[\"posture:any\"]", "[\"posture:new\"]", false },
		{ "[\"posture:new\"]", "[\"posture:any\"]", true },
		{ "[\"posture:new\"]", "[\"posture:old\"]", true },
		{ "[\"posture:old\"]", "[\"posture:new\"]", false },
		{ "[\"posture:mac\"]", "[\"posture:apple\"]", true },
		{ "[\"posture:apple\"]", "[\"posture:mac\"]", false },
		{ "[\"posture:mac\"]", "[\"posture:old\"]", false },
		{ "[\"posture:newmac\"]", "[\"posture:old\"]", true },
		{ "[\"posture:newmac\"]", "[\"posture:macnew\"]", true },
		{ "[\"posture:newmac\"]", "[\"posture:oldapple\"]", true },
		{ "[\"posture:oldapple\"]", "[\"posture:newmac\"]", false },
		{ "[\"posture:new\"]", "[\"posture:newmac\"]", false },
		{ "[\"posture:new\"]", "[\"posture:mac\", \"posture:old\"]", true },
		{ "[\"posture:mac\", \"posture:new\"]", "[\"posture:old\"]", false },
		{ "[\"posture:newmac\", \"posture:new\"]", "[\"posture:old\"]", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (posture_is_covered(rows[i].inner, rows[i].outer, 0) !=
		    rows[i].covered)
			fail_msg("%s in %s", rows[i].inner, rows[i].outer);
}

/* 200 assertions of one attribute are held against each other, of more none. */
static void
of_very_many_postures_none_is_held_against_another(void **state)
{
	(void)state;
	assert_true(posture_is_covered("[\"posture:new\"]", "[\"posture:old\"]", 198));
	assert_false(posture_is_covered("[\"posture:new\"]", "[\"posture:old\"]", 199));
	assert_true(posture_is_covered("[\"posture:new\"]", "[\"posture:new\"]", 199));
}

/* "0 3": by which rules the last one is covered; NULL: by none. Each is "dst:ports" from
 * tag:a. */
static const char *
covered_by(struct arena *arena, const char *const *rules, size_t n)
{
	struct saying text = { .arena = arena }, by = { .arena = arena };
	struct small s;

	saying_add(&text, "{\"tagOwners\": {\"tag:a\": [], \"tag:b\": []}, \"acls\": [");
	for (size_t i = 0; i < n; i++)
		saying_add(&text,
		           "{\"action\": \"accept\", \"src\": [\"tag:a\"], "
		           "\"dst\": [\"%s\"]},",
		           rules[i]);
	saying_add(&text, "]}");
	small_start(&s, saying_words(&text), NULL);
	struct cut *cut = cut_start(&s.arena);
	cut_take(cut, s.filter);
	cut_close(cut);
	const struct cut_cover *cover = &cut_grants(cut, 0)[n - 1];
	bool covered = cover->covered;
	for (size_t i = 0; i < cover->n_by; i++)
		saying_add(&by, "%s%u", i ? " " : "", (unsigned)cover->by[i]->index);
	small_end(&s);
	return covered ? saying_words(&by) : NULL;
}

static void
covers_are_named_by_the_least_rules_in_their_order(void **state)
{
	static const char *const alone[] = { "tag:b:1-9", "tag:b:20-30", "*:*",
		                             "tag:b:22" };
	static const char *const two[] = { "tag:b:11-20", "tag:b:11-20", "tag:b:1-10",
		                           "tag:b:1-10", "tag:b:1-20" };
	struct arena arena = { 0 };

	(void)state;
	assert_string_equal(covered_by(&arena, alone, 4), "1");
	assert_string_equal(covered_by(&arena, two, 5), "0 2");
	arena_end(&arena);
}

/* Whether a rule for ports 1 to 9 is covered by two for the same sources. */
static bool
ports_are_covered(const char *by, const char *and_by)
{
	struct arena scratch = { 0 };
	const char *rules[] = { by, and_by, "tag:b:1-9" };
	bool covered = covered_by(&scratch, rules, 3) != NULL;

	arena_end(&scratch);
	return covered;
}

static void
runs_of_the_same_sources_cover_no_port_between_them(void **state)
{
	(void)state;
	assert_true(ports_are_covered("tag:b:1-5", "*:5-9"));
	assert_true(ports_are_covered("tag:b:5-9", "*:1-5"));
	assert_true(ports_are_covered("tag:b:1-5", "*:6-9"));
	assert_true(ports_are_covered("tag:b:6-9", "*:1-5"));
	assert_false(ports_are_covered("tag:b:1-4", "*:6-9"));
	assert_false(ports_are_covered("tag:b:6-9", "*:1-4"));
}

/* Whether a rule for a value of a capability is covered by one for other values. */
static bool
value_is_covered(const char *inner, const char *outer)
{
	struct arena scratch = { 0 };
	struct saying text = { .arena = &scratch };
	struct small s;

	saying_add(&text,
	           "{\"tagOwners\": {\"tag:a\": [], \"tag:b\": []}, \"grants\": ["
	           "{\"src\": [\"tag:a\"], \"dst\": [\"tag:b\"], \"app\": {\"x.com/c\": "
	           "[%s]}},"
	           "{\"src\": [\"*\"], \"dst\": [\"tag:b\"], \"app\": {\"x.com/c\": "
	           "[%s]}}]}",
	           inner, outer);
	small_start(&s, saying_words(&text), NULL);
	struct cut *cut = cut_start(&s.arena);
	cut_take(cut, s.filter);
	cut_close(cut);
	bool covered = cut_grants(cut, 0)[0].covered;
	small_end(&s);
	arena_end(&scratch);
	return covered;
}

static void
values_are_the_same_in_whatever_order_their_members_stand(void **state)
{
	static const struct {
		const char *inner, *outer;
		bool covered;
	} rows[] = {
		{ "{\"x\": 1}", "{\"x\": 1}", true },
		{ "{\"x\": 1}", "{\"y\": 1}", false },
		{ "{\"x\": 1}", "{\"x\": 2}", false },
		{ "{\"x\": 1}", "{\"x\": \"1\"}", false },
		{ "{\"x\": 1, \"y\": [1, 2]}", "{\"y\": [1, 2], \"x\": 1}", true },
		{ "{\"x\": 1, \"y\": [1, 2]}", "{\"y\": [2, 1], \"x\": 1}", false },
		{ "{\"x\": 1, \"y\": 2}", "{\"x\": 1}", false },
		{ "{\"x\": 1}", "{\"x\": 1, \"y\": 2}", false },
		{ "{\"x\": {\"y\": [{}]}}", "{\"x\": {\"y\": [{}]}}", true },
		{ "{\"x\": {\"y\": [{}]}}", "{\"x\": {\"y\": [[]]}}", false },
		{ "{\"x\": \"a\"}", "{\"x\": \"\\u0061\"}", true },
		{ "{\"x\": \"x\"}", "{}", false },
		{ "{\"x\": 1, \"x\": 2}", "{\"x\": 2}", true },
		{ "{\"x\": 2, \"x\": 1}", "{\"x\": 2}", false },
		{ "{\"x\": 1}, {\"y\": 2}", "{\"y\": 2}, {\"z\": 3}, {\"x\": 1}", true },
		{ "{\"x\": 1}, {\"y\": 2}", "{\"y\": 2}", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (value_is_covered(rows[i].inner, rows[i].outer) != rows[i].covered)
			fail_msg("%s in %s", rows[i].inner, rows[i].outer);
}

/* "6 22-22: both db" for each row. */
static const char *
reach_text(struct small *s, struct cut *cut, uint32_t src, bool every)
{
	struct saying text = { .arena = &s->arena };
	struct cut_reach *rows;
	size_t n;

	rows = cut_reach(cut, 0, src, every, &n);
	for (size_t i = 0; i < n; i++) {
		const struct cut_reach *row = &rows[i];
		saying_add(&text, "%s%d %u-%u:", i ? "; " : "", row->protocol,
		           row->ports.first, row->ports.last);
		for (uint32_t k = 0; k < row->machines->n; k++)
			saying_add(&text, " %.*s",
			           TEXT_ARG(s->tailnet->machines[row->machines->at[k]]
			                            .name));
	}
	return saying_words(&text);
}

/* A cut that has taken the filter of a policy among SMALL_PEOPLE. */
static struct cut *
cut_begin(struct small *s, const char *policy)
{
	small_start(s, policy, SMALL_PEOPLE);
	struct cut *cut = cut_start(&s->arena);
	cut_take(cut, s->filter);
	return cut;
}

static void
what_some_and_what_each_of_a_group_reach_is_told_by_ports(void **state)
{
	static const char policy[] =
		"{\"groups\": {\"group:g\": [\"ada@example.com\", \"bob@example.com\"]},"
		"\"tagOwners\": {\"tag:a\": [], \"tag:b\": [], \"tag:db\": []}, "
		"\"grants\": ["
		"{\"src\": [\"group:g\"], \"dst\": [\"tag:a\"], \"ip\": [\"icmp:*\"]},"
		"{\"src\": [\"ada@example.com\"], \"dst\": [\"tag:db\"], \"ip\": "
		"[\"tcp:1-100\"]},"
		"{\"src\": [\"bob@example.com\"], \"dst\": [\"tag:db\"], \"ip\": "
		"[\"tcp:50-60\"]},"
		"{\"src\": [\"bob@example.com\"], \"dst\": [\"tag:db\", \"tag:a\"], "
		"\"ip\": [\"tcp:61-200\", \"tcp:300\"]},"
		"{\"src\": [\"group:g\"], \"dst\": [\"10.1.0.0/16\", \"tag:a\"], \"ip\": "
		"[\"47:*\"]},"
		"{\"src\": [\"ada@example.com\"], \"dst\": [\"tag:a\"], \"ip\": "
		"[\"tcp:300\"]},"
		"{\"src\": [\"cy@example.org\"], \"dst\": [\"*\"], \"ip\": [\"*\"]}]}";
	struct selector group = selector_parse(text_of("group:g"));
	struct selector nobody = selector_parse(text_of("tag:b"));
	struct small s;

	(void)state;
	struct cut *cut = cut_begin(&s, policy);
	uint32_t src = cut_mention(cut, 0, CUT_SRC, &group, 1);
	uint32_t none = cut_mention(cut, 0, CUT_SRC, &nobody, 1);
	cut_close(cut);
	assert_string_equal(reach_text(&s, cut, src, false),
	                    "1 0-65535: both; 6 1-200: db; 6 61-200: both; "
	                    "6 300-300: both db; 47 0-65535: both");
	assert_string_equal(reach_text(&s, cut, src, true),
	                    "1 0-65535: both db; 6 50-100: db; 6 300-300: both; "
	                    "47 0-65535: both");
	/* what is of another family alone no packet of theirs fails to reach */
	assert_string_equal(reach_text(&s, cut, none, true),
	                    "1 0-65535:; 6 0-65535:; 17 0-65535:; 47 0-65535:");
	assert_int_equal(cut_reached(cut, 0, src, false)->n, 2);
	small_end(&s);
}

static void
runs_of_ports_that_overlap_are_told_as_one(void **state)
{
	struct selector bob = selector_parse(text_of("bob@example.com"));
	struct small s;

	(void)state;
	struct cut *cut =
		cut_begin(&s, "{\"tagOwners\": {\"tag:db\": []}, \"grants\": ["
	                      "{\"src\": [\"bob@example.com\"], \"dst\": [\"tag:db\"], "
	                      "\"ip\": [\"tcp:1-100\", \"tcp:50-200\"]}]}");
	uint32_t src = cut_mention(cut, 0, CUT_SRC, &bob, 1);
	cut_close(cut);
	assert_string_equal(reach_text(&s, cut, src, false), "6 1-200: db");
	small_end(&s);
}

/* Of "svc:a" is only known that it is not "svc:b". */
static void
what_no_inventory_tells_is_told_apart_by_its_name(void **state)
{
	static const char policy[] =
		"{\"tagOwners\": {\"tag:a\": []}, \"grants\": ["
		"{\"src\": [\"tag:a\"], \"dst\": [\"svc:a\"], \"ip\": [\"443\"]},"
		"{\"src\": [\"tag:a\"], \"dst\": [\"svc:b\"], \"ip\": [\"443\"]},"
		"{\"src\": [\"ada@example.com\"], \"dst\": [\"svc:a\"], \"ip\": "
		"[\"443\"]},"
		"{\"src\": [\"tag:a\"], \"dst\": [\"svc:b\"], \"ip\": [\"1-443\"]},"
		"{\"src\": [\"tag:a\"], \"dst\": [\"svc:a\"], \"app\": {\"x.com/c\": "
		"[1]}},"
		"{\"src\": [\"tag:a\"], \"dst\": [\"svc:b\"], \"app\": {\"x.com/c\": "
		"[1]}}]}";
	static const bool covered[] = { false, true, false, false, false, false };
	struct small s;

	(void)state;
	struct cut *cut = cut_begin(&s, policy);
	cut_close(cut);
	const struct cut_cover *covers = cut_grants(cut, 0);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(covers[i].covered, covered[i]);
	small_end(&s);
}

/* What is asked of one's own machines is not asked of those of another. */
static void
a_question_about_ones_own_machines_is_of_pairs(void **state)
{
	static const char policy[] =
		"{\"groups\": {\"group:g\": [\"ada@example.com\", \"bob@example.com\"]},"
		"\"grants\": ["
		"{\"src\": [\"ada@example.com\"], \"dst\": [\"ada@example.com\"], "
		"\"ip\": [\"*\"]},"
		"{\"src\": [\"bob@example.com\"], \"dst\": [\"bob@example.com\"], "
		"\"ip\": [\"22\"]}]}";
	struct selector group = selector_parse(text_of("group:g"));
	struct selector self = selector_parse(text_of("autogroup:self"));
	struct small s;

	(void)state;
	struct cut *cut = cut_begin(&s, policy);
	uint32_t src = cut_mention(cut, 0, CUT_SRC, &group, 1);
	uint32_t dst = cut_mention(cut, 0, CUT_DST, &self, 1);
	cut_close(cut);
	assert_true(cut_between_all(cut, 0, src, dst, PROTOCOL_TCP,
	                            (struct ports) { 22, 22 }));
	assert_false(cut_between_all(cut, 0, src, dst, PROTOCOL_TCP,
	                             (struct ports) { 22, 23 }));
	small_end(&s);
}

static void
port_0_is_an_example_only_where_there_is_no_other(void **state)
{
	struct selector from = selector_parse(text_of("tag:a"));
	struct selector to = selector_parse(text_of("tag:b"));
	struct cut_flow some;
	struct small s;

	(void)state;
	struct cut *cut =
		cut_begin(&s, "{\"tagOwners\": {\"tag:a\": [], \"tag:b\": []}, \"acls\": "
	                      "[{\"action\": \"accept\", \"src\": [\"tag:a\"], "
	                      "\"dst\": [\"tag:b:*\"]}]}");
	uint32_t src = cut_mention(cut, 0, CUT_SRC, &from, 1);
	uint32_t dst = cut_mention(cut, 0, CUT_DST, &to, 1);
	cut_close(cut);
	assert_true(cut_between_any(cut, 0, src, dst, &some));
	assert_int_equal(some.port, 1);
	small_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(port_0_is_an_example_only_where_there_is_no_other),
		cmocka_unit_test(covers_are_those_of_the_naive_opinion),
		cmocka_unit_test(twice_the_rules_take_twice_the_work),
		cmocka_unit_test(what_a_stricter_posture_lets_in_is_covered),
		cmocka_unit_test(
			what_some_and_what_each_of_a_group_reach_is_told_by_ports),
		cmocka_unit_test(
			values_are_the_same_in_whatever_order_their_members_stand),
		cmocka_unit_test(runs_of_ports_that_overlap_are_told_as_one),
		cmocka_unit_test(what_no_inventory_tells_is_told_apart_by_its_name),
		cmocka_unit_test(a_question_about_ones_own_machines_is_of_pairs),
		cmocka_unit_test(covers_are_named_by_the_least_rules_in_their_order),
		cmocka_unit_test(runs_of_the_same_sources_cover_no_port_between_them),
		cmocka_unit_test(of_very_many_postures_none_is_held_against_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
