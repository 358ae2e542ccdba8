/* What lies between two ends, and what an end reaches. */
#include "policy/cut_parts.h"

#include <stdlib.h>

#include "grammar/arena.h"
#include "policy/numbers.h"

/* A question about two ends on one line. */
struct span_between {
	struct cut *cut;
	uint32_t filter;
	const struct bits *from;
	uint32_t dst; /* a set */
	uint32_t line;
	uint16_t lo, hi;
};

static struct cut_flow
flow_by(struct cut *cut, uint32_t filter, uint32_t source, uint32_t class,
        const struct cut_box *box, uint16_t port)
{
	const struct policy *policy = cut->filters[filter].policy;
	struct cut_flow flow = cut_flow_of(cut, source, class, box->line, port);

	if (box->unit < policy->n_grants)
		flow.by = &policy->grants[box->unit];
	return flow;
}

/* A port that both have; not 0, where nobody listens, if there is another. */
static uint16_t
port_between(const struct span_between *b, const struct cut_box *box)
{
	uint16_t lo = box->lo > b->lo ? box->lo : b->lo;
	uint16_t hi = box->hi < b->hi ? box->hi : b->hi;

	return lo == 0 && hi > 0 ? 1 : lo;
}

/* Some flow of a box that is between the ends, through one class. Here and below,
 * flow is NULL where it need not be told. */
static bool
some_in_class(const struct span_between *b, const struct cut_box *box, uint32_t class,
              struct cut_flow *flow)
{
	struct residue *r = &b->cut->mask;

	residue_set(r, b->from);
	residue_meet(r, box->from);
	cut_mask(b->cut, r, class, b->cut->lines[b->line].stratum);
	if (residue_is_empty(r))
		return false;
	if (flow)
		*flow = flow_by(b->cut, b->filter, residue_first(r), class, box,
		                port_between(b, box));
	return true;
}

/* Whether a box is between the ends, through the first class that it can. */
static bool
some_by_box(const struct span_between *b, const struct cut_box *box,
            struct cut_flow *flow)
{
	const struct cut_set *dst = &b->cut->axes[CUT_DST].sets[b->dst];

	if (box->lo > b->hi || box->hi < b->lo || !bits_overlap(box->from, b->from))
		return false;
	for (uint32_t k = 0; k < dst->n_classes; k++)
		if (cut_set_holds(b->cut, box->dst, dst->classes[k]) &&
		    some_in_class(b, box, dst->classes[k], flow))
			return true;
	return false;
}

/* The first box to a dst set that is between the ends, of those before another
 * (NULL: all); or the other. */
static const struct cut_box *
some_to_set(const struct span_between *b, uint32_t set, const struct cut_box *before,
            struct cut_flow *flow)
{
	const struct cut_filter *from = &b->cut->filters[b->filter];
	const struct cut_strip *strip = cut_strip(b->cut, b->filter, set, b->line);

	if (!strip)
		return before;
	const struct cut_box *box = &from->boxes[from->heaps[strip->first].first];
	const struct cut_box *end = &from->boxes[from->heaps[strip->end - 1].end];
	for (; box < end && (!before || box < before); box++)
		if (some_by_box(b, box, flow))
			return box;
	return before;
}

/* Whether any box of the filter is between the ends: the first, of those to the
 * sets that hold some class of the destinations. */
static bool
some_between(const struct span_between *b, struct cut_flow *flow)
{
	struct cut *cut = b->cut;
	const struct cut_set *dst = &cut->axes[CUT_DST].sets[b->dst];
	const struct cut_box *first = NULL;
	uint32_t mark = ++cut->n_sweeps;

	for (uint32_t k = 0; k < dst->n_classes; k++) {
		uint32_t class = dst->classes[k];
		for (uint32_t i = cut->sets_first[class]; i < cut->sets_first[class + 1];
		     i++) {
			uint32_t set = cut->sets_of[i];
			if (cut->marks[set] != mark)
				first = some_to_set(b, set, first, flow);
			cut->marks[set] = mark;
		}
	}
	return first;
}

/* The first part that is lacking is enough. */
static bool
lack_take(void *context, const struct cut_part *part)
{
	(void)context;
	(void)part;
	return false;
}

static bool
is_lacking(const struct span_between *b)
{
	struct cut_sweep sweep = { .from = b->from,
		                   .dst = b->dst,
		                   .line = b->line,
		                   .lo = b->lo,
		                   .hi = b->hi,
		                   .filter = b->filter,
		                   .but = CUT_NONE,
		                   .following = CUT_NONE };

	return !cut_sweep(b->cut, &sweep, lack_take, NULL);
}

static bool
is_asked_for(const struct cut_line *line, int protocol)
{
	if (protocol != PROTOCOL_ANY)
		return line->kind == (uint32_t)protocol;
	return line->kind == PROTOCOL_TCP || line->kind == PROTOCOL_UDP;
}

/* The lines of packets by any way that exist have boxes on them; what none lies
 * on allows nothing. */
static bool
between_some(struct span_between *b, bool (*is_meant)(const struct cut_line *, int),
             int protocol, bool self, struct cut_flow *flow)
{
	for (uint32_t i = 0; i < b->cut->line_keys.n; i++) {
		const struct cut_line *line = &b->cut->lines[i];
		b->line = i;
		if (!cut_is_packets(b->cut, line->plane) || !is_meant(line, protocol) ||
		    (self && line->stratum != STRATUM_SELF))
			continue;
		if (some_between(b, flow))
			return true;
	}
	return false;
}

/* Without any via, all of the lines that the protocol stands for. */
static bool
between_lacks(struct span_between *b, int protocol, bool self)
{
	static const int any[] = { PROTOCOL_TCP, PROTOCOL_UDP };
	int one[] = { protocol };
	const int *protocols = protocol == PROTOCOL_ANY ? any : one;
	size_t n = protocol == PROTOCOL_ANY ? 2 : 1;

	for (size_t i = 0; i < n; i++)
		for (enum stratum s = STRATUM_ANY; s <= STRATUM_SELF; s++) {
			if ((s == STRATUM_ANY) == b->cut->has_self ||
			    (self && s == STRATUM_OTHERS))
				continue;
			b->line = cut_line(b->cut, 0, (uint32_t)protocols[i], s);
			if (is_lacking(b))
				return true;
		}
	return false;
}

/* The question as it lies on the axes; false where an end names nothing. */
static bool
between_open(struct span_between *b, uint32_t src, uint32_t dst, int protocol,
             struct ports ports)
{
	struct cut *cut = b->cut;
	uint32_t tailnet = cut->filters[b->filter].tailnet_number;

	b->from = cut_from(cut, cut->ends[src].set, 0);
	b->dst = cut->ends[dst].self ? cut->owned[tailnet] : cut->ends[dst].set;
	b->lo = ports.first;
	b->hi = ports.last;
	if (protocol != PROTOCOL_ANY && !protocol_has_ports(protocol))
		b->lo = b->hi = 0;
	return b->from->n > 0 && cut->axes[CUT_DST].sets[b->dst].n_classes > 0;
}

struct cut_between
cut_between(struct cut *cut, uint32_t filter, uint32_t src, uint32_t dst, int protocol,
            struct ports ports)
{
	bool self = cut->ends[dst].self;
	struct cut_between answer = { 0 };
	struct span_between b = { .cut = cut, .filter = filter };

	answer.empty = !between_open(&b, src, dst, protocol, ports);
	if (answer.empty)
		return answer;
	if (!between_some(&b, is_asked_for, protocol, self, &answer.some)) {
		answer.empty = !between_lacks(&b, protocol, self);
		return answer;
	}
	answer.share = between_lacks(&b, protocol, self) ? CUT_SOME : CUT_EVERYTHING;
	return answer;
}

bool
cut_between_all(struct cut *cut, uint32_t filter, uint32_t src, uint32_t dst,
                int protocol, struct ports ports)
{
	bool self = cut->ends[dst].self;
	struct span_between b = { .cut = cut, .filter = filter };

	/* where nothing is lacking there may still be no such pair at all */
	return between_open(&b, src, dst, protocol, ports) &&
	       !between_lacks(&b, protocol, self) &&
	       between_some(&b, is_asked_for, protocol, self, NULL);
}

static bool
is_with_ports(const struct cut_line *line, int protocol)
{
	(void)protocol;
	return protocol_has_ports((int)line->kind);
}

static bool
is_without_ports(const struct cut_line *line, int protocol)
{
	return !is_with_ports(line, protocol) && line->kind != PROTOCOL_ICMP;
}

bool
cut_between_any(struct cut *cut, uint32_t filter, uint32_t src, uint32_t dst,
                struct cut_flow *some)
{
	bool self = cut->ends[dst].self;
	struct span_between b = { .cut = cut, .filter = filter };

	return between_open(&b, src, dst, PROTOCOL_ANY, PORTS_ALL) &&
	       (between_some(&b, is_with_ports, PROTOCOL_ANY, self, some) ||
	        between_some(&b, is_without_ports, PROTOCOL_ANY, self, some) ||
	        between_some(&b, is_asked_for, PROTOCOL_ICMP, self, some));
}

/* A class that is reached, or lacking, on a run of a protocol's line. */
struct reached {
	uint32_t kind;
	uint16_t lo, hi;
	uint32_t class;
};

struct reaches {
	struct cut *cut;
	struct arena *arena;
	struct reached *at;
	size_t n, cap;
};

static void
reaches_put(struct reaches *list, struct reached reached)
{
	list->at =
		arena_grow(list->arena, list->at, list->n, &list->cap, sizeof(*list->at));
	list->at[list->n++] = reached;
}

/* Packets, and no ping that follows from ports. */
static bool
box_counts(const struct cut *cut, const struct cut_box *box)
{
	return cut_is_packets(cut, cut->lines[box->line].plane) && !box->follows;
}

/* What some of the sources reach by one box. */
static void
reach_by_box(struct reaches *list, const struct bits *from, const struct cut_box *box)
{
	struct cut *cut = list->cut;
	const struct cut_line line = cut->lines[box->line];
	const struct cut_set *dst = &cut->axes[CUT_DST].sets[box->dst];

	if (!box_counts(cut, box) || !bits_overlap(box->from, from))
		return;
	for (uint32_t i = 0; i < dst->n_classes; i++) {
		residue_set(&cut->mask, from);
		residue_meet(&cut->mask, box->from);
		cut_mask(cut, &cut->mask, dst->classes[i], line.stratum);
		if (!residue_is_empty(&cut->mask))
			reaches_put(list, (struct reached) { line.kind, box->lo, box->hi,
			                                     dst->classes[i] });
	}
}

static int
reached_order(const void *left, const void *right)
{
	const struct reached *a = left, *b = right;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->class != b->class)
		return a->class < b->class ? -1 : 1;
	return number_compare(a->lo, b->lo);
}

/* By protocol and class, with runs that touch made one. */
static void
reaches_settle(struct reaches *list)
{
	size_t kept = 0;

	if (list->n > 1)
		qsort(list->at, list->n, sizeof(*list->at), reached_order);
	for (size_t i = 0; i < list->n; i++) {
		struct reached *last = kept > 0 ? &list->at[kept - 1] : NULL;
		const struct reached *next = &list->at[i];
		if (!last || last->kind != next->kind || last->class != next->class ||
		    next->lo > (uint32_t)last->hi + 1) {
			list->at[kept++] = *next;
			continue;
		}
		last->hi = next->hi > last->hi ? next->hi : last->hi;
	}
	list->n = kept;
}

/* What is lacking on lines of one kind. */
static bool
lacking_take(void *context, const struct cut_part *part)
{
	struct reaches *list = context;

	for (size_t i = 0; i < part->n; i++)
		reaches_put(list, (struct reached) { .lo = part->lo,
		                                     .hi = part->hi,
		                                     .class = part->classes[i] });
	return true;
}

static uint16_t
line_hi(uint32_t kind)
{
	return protocol_has_ports((int)kind) ? UINT16_MAX : 0;
}

/* What is left of a class's line between the runs that are lacking. */
static void
reach_between(struct reaches *list, const struct reached *lacking, size_t n,
              struct reached whole)
{
	uint32_t lo = whole.lo;

	for (size_t i = 0; i < n; i++) {
		if (lacking[i].lo > lo)
			reaches_put(list,
			            (struct reached) { whole.kind, (uint16_t)lo,
			                               (uint16_t)(lacking[i].lo - 1),
			                               whole.class });
		lo = (uint32_t)lacking[i].hi + 1;
	}
	if (lo <= whole.hi)
		reaches_put(list, (struct reached) { whole.kind, (uint16_t)lo, whole.hi,
		                                     whole.class });
}

/* What each of the sources reaches with one protocol, in all strata. */
static void
reach_by_every(struct reaches *list, uint32_t filter, const struct bits *from,
               uint32_t kind)
{
	struct cut *cut = list->cut;
	struct reaches lacking = { .cut = cut, .arena = list->arena };
	uint16_t hi = line_hi(kind);
	size_t i = 0, end;

	for (uint32_t line = 0; line < cut->line_keys.n; line++) {
		const struct cut_line *at = &cut->lines[line];
		struct cut_sweep sweep = { .from = from,
			                   .dst = cut->everywhere,
			                   .line = line,
			                   .hi = hi,
			                   .filter = filter,
			                   .but = CUT_NONE,
			                   .following = CUT_NONE };
		if (at->plane == 0 && at->kind == kind &&
		    (at->stratum == STRATUM_ANY) != cut->has_self)
			cut_sweep(cut, &sweep, lacking_take, &lacking);
	}
	reaches_settle(&lacking);
	for (uint32_t class = 0; class < cut->axes[CUT_DST].partition.n_classes;
	     class ++) {
		for (end = i; end < lacking.n && lacking.at[end].class == class; end++)
			;
		reach_between(list, end > i ? lacking.at + i : NULL, end - i,
		              (struct reached) { kind, 0, hi, class });
		i = end;
	}
}

static void
reach_every(struct reaches *list, uint32_t filter, const struct bits *from)
{
	const struct cut_filter *in = &list->cut->filters[filter];
	bool seen[256] = { false };

	for (size_t i = 0; i < in->n_boxes; i++) {
		const struct cut_line *line = &list->cut->lines[in->boxes[i].line];
		if (line->plane != 0 || in->boxes[i].follows || seen[line->kind])
			continue;
		seen[line->kind] = true;
		reach_by_every(list, filter, from, line->kind);
	}
}

static struct reaches
reaches_of(struct cut *cut, struct arena *arena, uint32_t filter, uint32_t src,
           bool every)
{
	struct reaches list = { .cut = cut, .arena = arena };
	const struct bits *from = cut_plain(cut, cut->ends[src].set);
	const struct cut_filter *in = &cut->filters[filter];

	if (from->n == 0)
		return list;
	if (every)
		reach_every(&list, filter, from);
	for (size_t i = 0; i < in->n_boxes && !every; i++)
		reach_by_box(&list, from, &in->boxes[i]);
	reaches_settle(&list);
	return list;
}

/* The machines in the classes of some of the reached. */
static const struct set *
machines_of(struct cut *cut, struct arena *scratch, uint32_t filter,
            const struct reached *at, size_t n)
{
	const struct cut_filter *in = &cut->filters[filter];
	struct numbers machines = { .arena = scratch };

	for (size_t i = 0; i < n; i++) {
		size_t n_points;
		const uint32_t *points =
			cut_class_points(cut, CUT_DST, at[i].class, &n_points);
		for (size_t k = 0; k < n_points; k++)
			if (points[k] < cut->first_cell)
				numbers_add(
					&machines,
					cut->machine_of[in->tailnet_number][points[k]]);
	}
	return numbers_set(&machines, &in->tailnet->sets);
}

static int
run_order(const void *left, const void *right)
{
	const struct reached *a = left, *b = right;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->lo != b->lo)
		return a->lo < b->lo ? -1 : 1;
	if (a->hi != b->hi)
		return a->hi < b->hi ? -1 : 1;
	return reached_order(left, right);
}

struct cut_reach *
cut_reach(struct cut *cut, uint32_t filter, uint32_t src, bool every, size_t *n)
{
	struct arena scratch = { 0 };
	struct reaches list = reaches_of(cut, &scratch, filter, src, every);
	struct cut_reach *rows = arena_array(cut->arena, list.n, sizeof(*rows));
	size_t end;

	*n = 0;
	if (list.n > 1)
		qsort(list.at, list.n, sizeof(*list.at), run_order);
	for (size_t i = 0; i < list.n; i = end) {
		const struct reached *at = &list.at[i];
		for (end = i; end < list.n && list.at[end].kind == at->kind &&
		              list.at[end].lo == at->lo && list.at[end].hi == at->hi;
		     end++)
			;
		rows[(*n)++] = (struct cut_reach) {
			(int)at->kind,
			line_hi(at->kind) ? (struct ports) { at->lo, at->hi } : PORTS_ALL,
			machines_of(cut, &scratch, filter, at, end - i),
		};
	}
	arena_end(&scratch);
	return rows;
}

const struct set *
cut_reached(struct cut *cut, uint32_t filter, uint32_t src, bool every)
{
	struct arena scratch = { 0 };
	struct reaches list = reaches_of(cut, &scratch, filter, src, every);
	const struct set *machines = machines_of(cut, &scratch, filter, list.at, list.n);

	arena_end(&scratch);
	return machines;
}
