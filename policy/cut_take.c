/* Takes filters in: what their rules say becomes ends and boxes. */
#include "policy/cut_parts.h"

#include <string.h>

#include "grammar/arena.h"
#include "policy/numbers.h"
#include "policy/resolve.h"

struct cut *
cut_start(struct arena *arena)
{
	struct cut *cut = arena_alloc(arena, sizeof(*cut));
	struct names empty = { .arena = arena };

	*cut = (struct cut) { .arena = arena,
		              .strangers = empty,
		              .planes = empty,
		              .line_keys = empty,
		              .values = empty,
		              .asked_keys = empty,
		              .posture_keys = empty,
		              .from_keys = empty };
	cut->axes[CUT_SRC].keys = cut->axes[CUT_DST].keys = empty;
	cut_plane(cut, text_of(""));
	names_add(&cut->asked_keys, text_of(""));
	cut->asked =
		arena_grow(arena, cut->asked, 0, &cut->asked_cap, sizeof(*cut->asked));
	cut->asked[0] = (struct cut_asked) { .nothing = true };
	return cut;
}

/* A name made of plain numbers. */
static struct text
key_of(struct arena *arena, const uint32_t *numbers, size_t n)
{
	size_t len = n * sizeof(*numbers);
	char *key = arena_copy(arena, (const char *)numbers, len);

	return (struct text) { key, len };
}

/* The number of such a name, which is copied when new. */
static uint32_t
key_add(struct names *names, const uint32_t *numbers, size_t n, bool *fresh)
{
	struct text key = { (const char *)numbers, n * sizeof(*numbers) };
	uint32_t number = names_find(names, key);

	*fresh = number == NAMES_NONE;
	return *fresh ? names_add(names, key_of(names->arena, numbers, n)) : number;
}

uint32_t
cut_plane(struct cut *cut, struct text name)
{
	size_t known = cut->planes.n;
	uint32_t plane = names_add(&cut->planes, name);

	if (plane < known)
		return plane;
	cut->plane_at = arena_grow(cut->arena, cut->plane_at, known, &cut->planes_cap,
	                           sizeof(*cut->plane_at));
	cut->plane_at[plane] = (struct cut_plane) { 0 };
	return plane;
}

bool
cut_is_packets(const struct cut *cut, uint32_t plane)
{
	return plane == 0 || cut->plane_at[plane].via.len > 0;
}

static uint32_t
line_add(struct cut *cut, uint32_t plane, uint32_t kind, enum stratum stratum)
{
	uint32_t numbers[3] = { plane, kind, stratum };
	bool fresh;
	uint32_t line = key_add(&cut->line_keys, numbers, 3, &fresh);

	if (!fresh)
		return line;
	cut->lines = arena_grow(cut->arena, cut->lines, line, &cut->lines_cap,
	                        sizeof(*cut->lines));
	cut->lines[line] = (struct cut_line) { plane, kind, stratum };
	return line;
}

uint32_t
cut_line(struct cut *cut, uint32_t plane, uint32_t kind, enum stratum stratum)
{
	if (plane > 0 || stratum != STRATUM_ANY || kind > UINT8_MAX)
		return line_add(cut, plane, kind, stratum);
	if (cut->line_of[kind] == 0)
		cut->line_of[kind] = line_add(cut, plane, kind, stratum) + 1;
	return cut->line_of[kind] - 1;
}

static uint32_t
posture_add(struct cut *cut, uint32_t filter, struct text name)
{
	const struct posture *posture = policy_posture(cut->filters[filter].policy, name);
	size_t known = cut->posture_keys.n;
	struct text key = { 0 };

	if (!posture)
		return CUT_NONE; /* nobody satisfies it */
	key.len = name.len + 2;
	key.at = arena_format(cut->arena, "%u %.*s", (unsigned)filter, TEXT_ARG(name));
	uint32_t number = names_add(&cut->posture_keys, key);
	if (number < known)
		return number;
	cut->postures = arena_grow(cut->arena, cut->postures, number, &cut->postures_cap,
	                           sizeof(*cut->postures));
	cut->postures[number] = (struct cut_posture) { posture, filter, 0 };
	return number;
}

uint32_t
cut_ask(struct cut *cut, uint32_t filter, const struct words *postures)
{
	uint32_t *numbers;
	size_t n = 0;
	bool fresh;

	if (!postures)
		return 0;
	/* the first of them keeps the key apart from that of nothing */
	numbers = arena_array(cut->arena, postures->n + 1, sizeof(*numbers));
	numbers[n++] = 1;
	for (size_t i = 0; i < postures->n; i++) {
		numbers[n] = posture_add(cut, filter, postures->at[i].text);
		n += numbers[n] != CUT_NONE;
	}
	numbers_arrange(numbers + 1, n - 1);
	uint32_t asked = key_add(&cut->asked_keys, numbers, n, &fresh);
	if (!fresh)
		return asked;
	cut->asked = arena_grow(cut->arena, cut->asked, asked, &cut->asked_cap,
	                        sizeof(*cut->asked));
	cut->asked[asked] = (struct cut_asked) { .postures = numbers + 1, .n = n - 1 };
	return asked;
}

static uint32_t
end_add(struct cut *cut, struct cut_end end)
{
	cut->ends = arena_grow(cut->arena, cut->ends, cut->n_ends, &cut->ends_cap,
	                       sizeof(*cut->ends));
	cut->ends[cut->n_ends] = end;
	return (uint32_t)cut->n_ends++;
}

uint32_t
cut_nowhere(struct cut *cut)
{
	uint32_t *stranger = arena_array(cut->arena, 1, sizeof(*stranger));

	*stranger = names_add(&cut->strangers, text_of(""));
	return end_add(cut, (struct cut_end) { .side = CUT_DST,
	                                       .machines = cut->tailnets[0]->sets.all[0],
	                                       .strangers = stranger,
	                                       .n_strangers = 1 });
}

static bool
is_unknown(const struct cut *cut, const struct selector *selector)
{
	return selector->kind == SELECTOR_SERVICE ||
	       (selector->kind == SELECTOR_SYNCED_GROUP && !cut->imagined);
}

/* The names of a list whose machines cannot be known. */
static void
end_strangers(struct cut *cut, struct cut_end *end, const struct selector *list, size_t n)
{
	uint32_t *strangers = arena_array(cut->arena, n, sizeof(*strangers));

	for (size_t i = 0; i < n; i++)
		if (is_unknown(cut, &list[i]))
			strangers[end->n_strangers++] =
				names_add(&cut->strangers, list[i].text);
	end->strangers = strangers;
}

/* Everything that some machines have or route, default routes aside. */
static struct ranges
ranges_kept(struct arena *arena, const struct tailnet *t, const struct set *machines,
            bool addresses)
{
	struct range *ranges;
	size_t n = 0;

	for (uint32_t i = 0; i < machines->n; i++)
		n += t->machines[machines->at[i]].n_addresses +
		     t->machines[machines->at[i]].n_subnets;
	ranges = arena_array(arena, n, sizeof(*ranges));
	n = 0;
	for (uint32_t i = 0; i < machines->n; i++) {
		const struct machine *m = &t->machines[machines->at[i]];
		for (size_t k = 0; k < m->n_subnets; k++)
			ranges[n++] = m->subnets[k];
		for (size_t k = 0; k < m->n_addresses && addresses; k++)
			ranges[n++] = (struct range) { m->addresses[k], m->addresses[k] };
	}
	return ranges_of(arena, ranges, n);
}

/*
 * The literals that exit nodes serve whole: public ones (spec/semantics.md 11.3),
 * and those that their tables keep for another reason, since a default route
 * leads everywhere.
 */
static struct ranges
literals_left(struct arena *arena, const struct party *party, struct ranges kept,
              bool public)
{
	struct range *left = arena_array(arena, party->n_literals, sizeof(*left));
	size_t n = 0;

	for (size_t i = 0; i < party->n_literals; i++)
		if ((public && ranges_cover(RANGES_OF_INTERNET, party->literals[i])) ||
		    ranges_overlap(kept, party->literals[i]))
			left[n++] = party->literals[i];
	return ranges_of(arena, left, n);
}

/* What of a destination is nobody's own and yet served. */
static void
end_serve(struct arena *arena, const struct cut_filter *from, struct cut_end *end,
          const struct party *party)
{
	bool exits = from->tailnet->exit_nodes->n > 0;
	struct ranges internet =
		party->internet ? RANGES_OF_INTERNET : (struct ranges) { 0 };
	struct ranges told = ranges_join(arena, end->owned, internet);

	if (party->any)
		end->cells = from->subnets;
	else
		end->cells = ranges_meet(arena, told, from->subnets);
	if (!exits)
		return;
	end->anywhere = party->any;
	end->cells = ranges_join(arena, end->cells, internet);
	end->cells = ranges_join(arena, end->cells,
	                         literals_left(arena, party, from->kept, true));
}

static void
end_source(struct arena *arena, const struct cut_filter *from, struct cut_end *end,
           const struct party *party)
{
	end->tail = party->any;
	end->everybody = end->anywhere = party->danger;
	if (from->tailnet->imagined)
		end->everybody |= party->any;
	else if (party->any)
		end->owned = ranges_join(arena, end->owned, from->subnets);
	end->cells = end->owned;
}

static void
end_destination(struct arena *arena, const struct cut_filter *from, struct cut_end *end,
                const struct party *party, enum cut_way way)
{
	end->everybody = party->any || party->danger;
	if (!from->tailnet->imagined && way != WAY_NAMED) {
		if (way == WAY_PACKETS)
			end_serve(arena, from, end, party);
		return;
	}
	end->anywhere = end->everybody;
	end->cells = end->owned;
	if (party->internet)
		end->cells = ranges_join(arena, end->cells, RANGES_OF_INTERNET);
}

uint32_t
cut_end_apart(struct cut *cut, uint32_t filter, enum cut_side side, enum cut_way way,
              const struct party *party, const struct selector *list, size_t n)
{
	const struct cut_filter *from = &cut->filters[filter];
	struct cut_end end = { .side = side,
		               .tailnet = from->tailnet_number,
		               .machines = party->machines,
		               .self = party->self };

	end.owned = ranges_of(cut->arena, party->literals, party->n_literals);
	if (party->unknown)
		end_strangers(cut, &end, list, n);
	if (side == CUT_SRC)
		end_source(cut->arena, from, &end, party);
	else
		end_destination(cut->arena, from, &end, party, way);
	return end_add(cut, end);
}

uint32_t
cut_end_of(struct cut *cut, uint32_t filter, enum cut_side side, enum cut_way way,
           const struct party *party, const struct selector *list, size_t n)
{
	struct cut_filter *from = &cut->filters[filter];
	uint32_t **known = &from->end_of[side * WAY_N + (unsigned)way];

	/* parties without a filter are numbered by nobody */
	if (!from->filter || party->unknown)
		return cut_end_apart(cut, filter, side, way, party, list, n);
	if (!*known)
		*known =
			arena_array(cut->arena, from->filter->n_parties, sizeof(**known));
	uint32_t *end = &(*known)[party->number];
	if (!*end)
		*end = cut_end_apart(cut, filter, side, way, party, list, n) + 1;
	return *end - 1;
}

/* The machines with a tag, which the policy may be the only one to know. */
static const struct set *
machines_tagged(const struct tailnet *t, struct text name)
{
	uint32_t tag = names_find(&t->tags, name);

	return tag == NAMES_NONE ? t->sets.all[0] : t->of_tag[tag];
}

/* What routers with a tag serve of a destination: of what is routed at all, by
 * address or autogroup:internet (spec/wire-format.md 3.6). */
static struct ranges
ranges_via(struct arena *arena, struct tailnet *t, const struct party *party,
           struct text via)
{
	const struct set *tagged = machines_tagged(t, via);
	const struct set *exits = set_meet(&t->sets, tagged, t->exit_nodes);
	struct ranges routed = ranges_kept(arena, t, tagged, false);
	struct ranges literals = ranges_of(arena, party->literals, party->n_literals);
	struct ranges served = ranges_meet(arena, literals, routed);

	if (exits->n == 0)
		return served;
	if (party->internet)
		served = ranges_join(arena, served, RANGES_OF_INTERNET);
	return ranges_join(arena, served,
	                   literals_left(arena, party,
	                                 ranges_kept(arena, t, exits, false), false));
}

/* Notes what is served in a plane, unless that is known: cells herein, or all. */
static void
served_note(struct cut *cut, uint32_t filter, uint32_t plane, struct ranges cells,
            bool anywhere)
{
	struct cut_filter *from = &cut->filters[filter];
	struct cut_end end = { .side = CUT_DST,
		               .tailnet = from->tailnet_number,
		               .machines = from->tailnet->sets.all[0],
		               .cells = cells,
		               .everybody = true,
		               .anywhere = anywhere };

	while (from->n_served <= plane) {
		from->served = arena_grow(cut->arena, from->served, from->n_served,
		                          &from->served_cap, sizeof(*from->served));
		from->served[from->n_served++] = CUT_NONE;
	}
	if (from->served[plane] == CUT_NONE)
		from->served[plane] = end_add(cut, end);
}

static void
served_via(struct cut *cut, uint32_t filter, uint32_t plane, struct text via)
{
	struct tailnet *t = cut->filters[filter].tailnet;
	const struct set *tagged = machines_tagged(t, via);

	if (!t->imagined)
		served_note(cut, filter, plane, ranges_kept(cut->arena, t, tagged, false),
		            set_overlaps(tagged, t->exit_nodes));
}

/* A destination by way of routers with a tag. */
static uint32_t
end_via(struct cut *cut, uint32_t filter, const struct party *party, struct text via)
{
	const struct cut_filter *from = &cut->filters[filter];
	struct tailnet *t = from->tailnet;
	struct cut_end end = { .side = CUT_DST,
		               .tailnet = from->tailnet_number,
		               .machines = t->sets.all[0] };

	if (t->imagined) {
		end.cells = ranges_of(cut->arena, party->literals, party->n_literals);
		if (party->internet)
			end.cells =
				ranges_join(cut->arena, end.cells, RANGES_OF_INTERNET);
	} else {
		end.cells = end.owned = ranges_via(cut->arena, t, party, via);
	}
	return end_add(cut, end);
}

void
cut_add(struct cut *cut, uint32_t filter, struct cut_box box)
{
	struct cut_filter *to = &cut->filters[filter];

	to->boxes = arena_grow(cut->arena, to->boxes, to->n_boxes, &to->boxes_cap,
	                       sizeof(*to->boxes));
	to->boxes[to->n_boxes++] = box;
	cut->has_self |= box.self;
}

/* A rule on its way in: what its boxes have in common, and where they go. */
struct cut_taking {
	struct cut *cut;
	uint32_t filter;
	const struct grant *grant;
	struct cut_box box;
	uint32_t plane;
};

/* What lies on a line without ports: its one place. */
static const struct ports PORTLESS = { 0, 0 };

static void
take_line(struct cut_taking *taking, uint32_t kind, struct ports ports)
{
	struct cut_box box = taking->box;

	box.line = cut_line(taking->cut, taking->plane, kind, STRATUM_ANY);
	box.lo = ports.first;
	box.hi = ports.last;
	cut_add(taking->cut, taking->filter, box);
}

/* Where packets go at all, a ping goes too. */
static void
take_ping(struct cut_taking *taking, bool follows)
{
	struct cut_taking ping = *taking;

	ping.box.follows = follows;
	taking->cut->has_ping |= !follows;
	take_line(&ping, PROTOCOL_ICMP, PORTLESS);
}

static void
take_run(struct cut_taking *taking, int protocol, struct ports ports)
{
	if (protocol == PROTOCOL_ANY) {
		take_line(taking, PROTOCOL_TCP, ports);
		take_line(taking, PROTOCOL_UDP, ports);
	} else if (protocol_has_ports(protocol)) {
		take_line(taking, (uint32_t)protocol, ports);
	} else if (ports_all(ports)) {
		take_line(taking, (uint32_t)protocol, PORTLESS);
	}
}

/* Whether the ports of a protocol are more than a ping. */
static bool
has_runs(int protocol, const struct ports *ports, size_t n)
{
	if (protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMPV6)
		return false;
	if (protocol == PROTOCOL_ANY || protocol_has_ports(protocol))
		return true;
	for (size_t i = 0; i < n; i++)
		if (ports_all(ports[i]))
			return true;
	return false;
}

static void
take_ports(struct cut_taking *taking, int protocol, const struct ports *ports, size_t n)
{
	bool runs = has_runs(protocol, ports, n);

	if (n > 0)
		take_ping(taking, runs);
	for (size_t i = 0; i < n && runs; i++)
		take_run(taking, protocol, ports[i]);
}

static void
take_via(struct cut_taking *taking, const struct party *dst, int protocol,
         const struct ports *ports, size_t n)
{
	const struct selectors *via = &taking->grant->via;

	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): what has a via has a grant */
	for (size_t i = 0; i < via->n; i++) {
		struct text tag = via->at[i].text;
		char *plane = arena_format(taking->cut->arena, "via %.*s", TEXT_ARG(tag));
		taking->plane = cut_plane(taking->cut, text_of(plane));
		taking->cut->plane_at[taking->plane].via = tag;
		served_via(taking->cut, taking->filter, taking->plane, tag);
		taking->box.dst = end_via(taking->cut, taking->filter, dst, tag);
		take_ports(taking, protocol, ports, n);
	}
}

/* A capability, with one of its values or none at all. */
static void
take_value(struct cut_taking *taking, struct text name, const struct node *value)
{
	struct cut *cut = taking->cut;
	const struct tree *tree = cut->filters[taking->filter].policy->tree;
	uint32_t number = value ? cut_value(cut, tree, value) : CUT_NONE;
	char *plane =
		arena_format(cut->arena, "app %u %.*s", (unsigned)number, TEXT_ARG(name));

	taking->plane = cut_plane(cut, text_of(plane));
	cut->plane_at[taking->plane] = (struct cut_plane) {
		.capability = name,
		.tree = tree,
		.value = value,
	};
	if (!cut->imagined)
		served_note(cut, taking->filter, taking->plane, (struct ranges) { 0 },
		            false);
	take_line(taking, 0, PORTLESS);
}

static void
take_capability(struct cut_taking *taking, const struct capability *app)
{
	bool listed = app->values && app->values->kind == HUJSON_ARRAY;

	take_value(taking, app->name.text, NULL);
	for (const struct node *e = listed ? node_first(app->values) : NULL;
	     e && e != node_end(app->values); e = node_next(e))
		take_value(taking, app->name.text, e);
}

/* The selectors of a grant's destinations, as a list. */
static const struct selector *
targets_of(struct arena *arena, const struct rule *rule, size_t *n)
{
	const struct grant *grant = rule->grant;
	struct selector *list;

	*n = rule->target ? 1 : grant ? grant->dst.n : 0;
	if (rule->target)
		return rule->target;
	list = arena_array(arena, *n, sizeof(*list));
	for (size_t i = 0; i < *n; i++)
		list[i] = grant->dst.at[i].selector;
	return list;
}

static uint32_t
end_target(struct cut *cut, uint32_t filter, const struct rule *rule)
{
	size_t n = 0;
	const struct selector *list =
		rule->dst->unknown ? targets_of(cut->arena, rule, &n) : NULL;

	return cut_end_of(cut, filter, CUT_DST,
	                  rule->kind == RULE_APP ? WAY_OWN : WAY_PACKETS, rule->dst, list,
	                  n);
}

/* A grant that makes peers and allows nothing (spec/semantics.md section 3). */
static void
unit_stays(struct cut *cut, uint32_t filter, uint32_t unit)
{
	struct cut_filter *to = &cut->filters[filter];

	if (!to->stays)
		to->stays = arena_array(cut->arena, to->n_units, sizeof(*to->stays));
	to->stays[unit] = true;
}

static void
take_rule(struct cut *cut, uint32_t filter, const struct rule *rule)
{
	const struct policy *policy = cut->filters[filter].policy;
	const struct grant *grant = rule->grant;
	struct cut_taking taking = { .cut = cut, .filter = filter, .grant = grant };
	struct cut_box *box = &taking.box;

	if (rule->kind == RULE_COMPANION)
		return;
	box->unit = grant ? (uint32_t)(grant - policy->grants) : 0;
	box->self = rule->self;
	box->asked = cut_ask(cut, filter, rule->postures);
	box->src = cut_end_of(cut, filter, CUT_SRC, WAY_PACKETS, rule->src,
	                      grant ? grant->src.at : NULL, grant ? grant->src.n : 0);
	if (rule->kind == RULE_NETWORK && rule->n_ports == 0)
		unit_stays(cut, filter, box->unit);
	if (rule->via) {
		take_via(&taking, rule->dst, rule->protocol, rule->ports, rule->n_ports);
		return;
	}
	box->dst = end_target(cut, filter, rule);
	if (rule->kind == RULE_NETWORK)
		take_ports(&taking, rule->protocol, rule->ports, rule->n_ports);
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): apps are of grants */
	for (size_t i = 0; rule->kind == RULE_APP && i < grant->n_app; i++)
		take_capability(&taking, &grant->app[i]);
}

static uint32_t
tailnet_number(struct cut *cut, struct tailnet *tailnet)
{
	for (uint32_t i = 0; i < cut->n_tailnets; i++)
		if (cut->tailnets[i] == tailnet)
			return i;
	cut->tailnets[cut->n_tailnets] = tailnet;
	return cut->n_tailnets++;
}

static struct ranges
subnets_of(struct arena *arena, const struct tailnet *t)
{
	struct range *ranges = arena_array(arena, t->n_subnets, sizeof(*ranges));

	for (size_t i = 0; i < t->n_subnets; i++)
		ranges[i] = t->subnets[i].range;
	return ranges_of(arena, ranges, t->n_subnets);
}

uint32_t
cut_take_policy(struct cut *cut, const struct policy *policy, struct tailnet *tailnet,
                uint32_t n_units)
{
	struct cut_filter *to = &cut->filters[cut->n_filters];

	*to = (struct cut_filter) { .policy = policy,
		                    .tailnet = tailnet,
		                    .tailnet_number = tailnet_number(cut, tailnet),
		                    .n_units = n_units };
	cut->imagined = tailnet->imagined;
	if (!tailnet->imagined) {
		to->subnets = subnets_of(cut->arena, tailnet);
		to->kept = ranges_kept(cut->arena, tailnet, tailnet->exit_nodes, true);
	}
	return cut->n_filters++;
}

uint32_t
cut_take(struct cut *cut, struct filter *filter)
{
	size_t n_units = filter->policy->n_grants;
	uint32_t number = cut_take_policy(cut, filter->policy, filter->tailnet,
	                                  n_units ? (uint32_t)n_units : 1);

	cut->filters[number].filter = filter;
	if (!filter->tailnet->imagined)
		served_note(cut, number, 0, cut->filters[number].subnets,
		            filter->tailnet->exit_nodes->n > 0);
	for (size_t i = 0; i < filter->n_rules; i++)
		take_rule(cut, number, &filter->rules[i]);
	return number;
}

uint32_t
cut_mention(struct cut *cut, uint32_t filter, enum cut_side side,
            const struct selector *list, size_t n)
{
	const struct cut_filter *from = &cut->filters[filter];
	struct party party = party_of_selectors(from->policy, from->tailnet, list, n);

	cut->has_self |= party.self;
	return cut_end_apart(cut, filter, side, WAY_PACKETS, &party, list, n);
}
