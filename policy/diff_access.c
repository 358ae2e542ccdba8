/* Access that one policy allows and the other does not, from blocks. */
#include "policy/diff_parts.h"

#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"

void
texts_put(struct texts *texts, struct text text)
{
	texts->at = arena_grow(texts->arena, texts->at, texts->n, &texts->cap,
	                       sizeof(*texts->at));
	texts->at[texts->n++] = text;
}

/* The ports of one kind among the runs, as ranges on one line. */
static struct ranges
ranges_of_kind(struct arena *arena, const struct diff_block *block, uint32_t kind)
{
	struct range *ranges = arena_array(arena, block->n_runs, sizeof(*ranges));
	size_t n = 0;

	for (size_t i = 0; i < block->n_runs; i++)
		if (block->runs[i].kind == kind)
			ranges[n++] =
				(struct range) { { LINE_PORTS, 0, block->runs[i].lo },
				                 { LINE_PORTS, 0, block->runs[i].hi } };
	return ranges_of(arena, ranges, n);
}

static void
texts_put_ports(struct texts *texts, const char *protocol, struct ranges ranges)
{
	for (size_t i = 0; i < ranges.n; i++) {
		struct ports ports = { (uint16_t)ranges.at[i].first.lo,
			               (uint16_t)ranges.at[i].last.lo };
		char text[16];
		ports_write(ports, text);
		texts_put(texts,
		          text_of(protocol ? arena_format(texts->arena, "%s:%s", protocol,
		                                          text)
		                           : arena_format(texts->arena, "%s", text)));
	}
}

/* What a ping is called: as the grant's protocol says it. */
static int
ping_of(const struct grant *grant)
{
	for (size_t i = 0; grant && i < grant->n_ip; i++)
		if (grant->ip[i].protocol == PROTOCOL_ICMP)
			return PROTOCOL_ICMP;
	for (size_t i = 0; grant && i < grant->n_ip; i++)
		if (grant->ip[i].protocol == PROTOCOL_ICMPV6)
			return PROTOCOL_ICMPV6;
	return PROTOCOL_ICMP;
}

static void
texts_put_kind(struct texts *texts, const struct diff_block *block, uint32_t kind,
               const struct grant *grant)
{
	int protocol = kind == PROTOCOL_ICMP ? ping_of(grant) : (int)kind;
	const char *name = protocol_name(texts->arena, protocol);

	if (protocol_has_ports(protocol))
		texts_put_ports(texts, name, ranges_of_kind(texts->arena, block, kind));
	else
		texts_put(texts, text_of(arena_format(texts->arena, "%s:*", name)));
}

/* The ports of tcp and udp: what is of both, without either's name. */
static void
texts_put_both(struct texts *texts, struct ranges tcp, struct ranges udp)
{
	struct arena *arena = texts->arena;

	texts_put_ports(texts, NULL, ranges_meet(arena, tcp, udp));
	texts_put_ports(texts, "tcp", ranges_minus(arena, tcp, udp));
	texts_put_ports(texts, "udp", ranges_minus(arena, udp, tcp));
}

static struct ranges
ports_but(struct arena *arena, struct ranges ports)
{
	struct range all = { { LINE_PORTS, 0, 0 }, { LINE_PORTS, 0, UINT16_MAX } };

	return ranges_minus(arena, (struct ranges) { &all, 1 }, ports);
}

/* Runs as a grant's ip spells them; and what is left out of all ports, where that is
 * said in fewer words. */
static void
access_ip(struct arena *arena, struct diff_access *access, const struct diff_block *block)
{
	struct texts texts = { .arena = arena }, but = { .arena = arena };
	struct ranges tcp = ranges_of_kind(arena, block, PROTOCOL_TCP);
	struct ranges udp = ranges_of_kind(arena, block, PROTOCOL_UDP);
	bool others = false;

	texts_put_both(&texts, tcp, udp);
	for (size_t i = 0; i < block->n_runs; i++) {
		uint32_t kind = block->runs[i].kind;
		bool first = i == 0 || block->runs[i - 1].kind != kind;
		if (kind == PROTOCOL_TCP || kind == PROTOCOL_UDP || !first)
			continue;
		texts_put_kind(&texts, block, kind, access->grant);
		others = true;
	}
	access->ip = texts.at;
	access->n_ip = texts.n;
	if (others || tcp.n == 0 || udp.n == 0)
		return;
	texts_put_both(&but, ports_but(arena, tcp), ports_but(arena, udp));
	access->ip_but = but.at;
	access->n_ip_but = but.n < texts.n ? but.n : 0;
}

struct text *
diff_texts(struct arena *arena, const struct diff_names *names,
           const struct diff_block *block)
{
	struct text *texts = arena_array(arena, names->n, sizeof(*texts));
	size_t n_lacking = block ? block->n_lacking : 0;

	for (size_t i = 0; i < names->n; i++) {
		struct diff_name name = names->at[i];
		size_t n = name.n_except + n_lacking;
		struct text *except = arena_array(arena, n, sizeof(*except));
		for (size_t k = 0; k < name.n_except; k++)
			except[k] = name.except[k];
		for (size_t k = 0; k < n_lacking; k++)
			except[name.n_except + k] = block->lacking[k];
		name.except = except;
		name.n_except = n;
		texts[i] = diff_name_text(arena, &name);
	}
	return texts;
}

/* The block's classes of sources, in the situation that is meant. */
static const struct bits *
sources_of(const struct vocabulary *v, const struct diff_block *block)
{
	const struct cut *cut = v->cut;
	uint32_t n_classes = cut->axes[CUT_SRC].partition.n_classes, k = 0;
	struct arena scratch = { 0 };
	uint32_t n = bits_count(block->from), *list = bits_list(&scratch, block->from);

	if (block->situation == 0) {
		arena_end(&scratch);
		return block->from;
	}
	for (uint32_t i = 0; i < n; i++) {
		uint32_t first = cut->pair_first[list[i]];
		uint32_t end = cut->pair_first[list[i] + 1];
		for (uint32_t p = first; p < end; p++)
			if (cut->pair_situation[p] == block->situation)
				list[k++] = n_classes + p;
	}
	const struct bits *sources = bits_of(v->axis[CUT_SRC].store, list, k);
	arena_end(&scratch);
	return sources;
}

static enum stratum
stratum_of(const struct cut *cut, const struct diff_block *block)
{
	if (!cut->has_self)
		return STRATUM_ANY;
	return block->mode == MODE_SELF ? STRATUM_SELF : STRATUM_OTHERS;
}

/* How well something serves as an example: the least is best. */
enum example {
	EXAMPLE_KNOWN,   /* both policies know it */
	EXAMPLE_OWN,     /* the side's own policy does */
	EXAMPLE_ADDRESS, /* an address, a service */
	EXAMPLE_KIND,    /* somebody of a kind: what may be asked about is not known */
	EXAMPLE_NONE,    /* nothing that explain can be asked about */
};

static enum example
example_of_tag(const struct vocabulary *v, struct text tag)
{
	const struct cut *cut = v->cut;

	if (!policy_tag(cut->filters[v->filter].policy, tag))
		return EXAMPLE_NONE;
	return policy_tag(cut->filters[1 - v->filter].policy, tag) ? EXAMPLE_KNOWN
	                                                           : EXAMPLE_OWN;
}

static enum example
example_of(const struct vocabulary *v, enum cut_side side, uint32_t class)
{
	const struct cut *cut = v->cut;
	uint32_t point = cut->axes[side].partition.first[class];
	const struct tailnet *t = cut->tailnets[0];

	if (point >= cut->first_cell)
		return EXAMPLE_ADDRESS;
	if (!t->imagined)
		return EXAMPLE_KNOWN;
	const struct machine *m = &t->machines[cut->machine_of[0][point]];
	switch (m->stand_in) {
	case STAND_IN_TAG:
		return example_of_tag(v, m->stands_for);
	case STAND_IN_NONE:
	case STAND_IN_USER:
		return EXAMPLE_KNOWN;
	case STAND_IN_SHARED:
		return side == CUT_SRC ? EXAMPLE_KIND : EXAMPLE_NONE;
	case STAND_IN_ROLE:
	case STAND_IN_DOMAIN:
	case STAND_IN_SYNCED_GROUP:
	case STAND_IN_OTHER_USER:
		return EXAMPLE_KIND;
	case STAND_IN_OTHER_TAG:
		break;
	}
	return EXAMPLE_NONE;
}

/* So many sources and classes are looked at for a good example. */
#define EXAMPLES_MAX 256

/* The best example among the sources of a residue, which is not empty. */
static uint32_t
source_best(const struct vocabulary *v, struct residue *sources)
{
	const struct cut *cut = v->cut;
	uint32_t best = residue_first(sources), first = best;
	enum example value = example_of(v, CUT_SRC, cut_class_of(cut, best));

	for (uint32_t i = 1; i < EXAMPLES_MAX && value > EXAMPLE_KNOWN; i++) {
		uint32_t source = first + i;
		if (source >= cut->n_sources || !residue_holds(sources, source))
			continue;
		enum example other = example_of(v, CUT_SRC, cut_class_of(cut, source));
		if (other < value) {
			value = other;
			best = source;
		}
	}
	return best;
}

/* A source and a class of destinations that make a pair, in one stratum, and a good
 * example. */
static bool
pair_find(const struct vocabulary *v, const struct diff_block *block,
          enum stratum stratum, uint32_t *source, uint32_t *class)
{
	struct cut *cut = v->cut;
	struct arena scratch = { 0 };
	const struct bits *sources = sources_of(v, block);
	uint32_t n = bits_count(block->to), *classes = bits_list(&scratch, block->to);
	enum example best = EXAMPLE_NONE + 1;

	for (uint32_t i = 0; i < n && (best > EXAMPLE_NONE || i < EXAMPLES_MAX); i++) {
		enum example value = example_of(v, CUT_DST, classes[i]);
		if (value >= best)
			continue;
		residue_set(&cut->mask, sources);
		cut_mask(cut, &cut->mask, classes[i], stratum);
		if (residue_is_empty(&cut->mask))
			continue;
		best = value;
		*source = source_best(v, &cut->mask);
		*class = classes[i];
	}
	arena_end(&scratch);
	return best <= EXAMPLE_NONE;
}

bool
block_pair(const struct vocabulary *v, const struct diff_block *block, uint32_t *source,
           uint32_t *class, enum stratum *stratum)
{
	*stratum = stratum_of(v->cut, block);
	if (pair_find(v, block, *stratum, source, class))
		return true;
	/* all that there is may be with machines of one's own */
	if (*stratum != STRATUM_OTHERS || block->mode != MODE_FULL)
		return false;
	*stratum = STRATUM_SELF;
	return pair_find(v, block, *stratum, source, class);
}

/* A port that people know, where the run has one; else its first, but 0. */
static uint16_t
port_of(const struct diff_run *run)
{
	static const uint16_t known[] = { 443, 22, 80, 53, 5432 };

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (run->lo <= known[i] && known[i] <= run->hi)
			return known[i];
	return run->lo == 0 && run->hi > 0 ? 1 : run->lo;
}

/* A block that is told in part, as the one part that is known. */
static struct diff_block
part_of(const struct vocabulary *v, const struct diff_block *block, struct diff_run *run)
{
	const struct diff_fact *fact = block->partly;
	const struct cut_line *line = &v->cut->lines[fact->line];
	struct diff_block part = *block;

	*run = (struct diff_run) { line->kind, fact->lo, fact->hi };
	part.from = fact->from;
	part.to = fact->classes;
	part.mode = line->stratum == STRATUM_SELF ? MODE_SELF : MODE_OTHERS;
	return part;
}

/* The first run that has a port which somebody may serve. */
static const struct diff_run *
run_of(const struct diff_block *block)
{
	for (size_t i = 0; i < block->n_runs; i++)
		if (port_of(&block->runs[i]) > 0)
			return &block->runs[i];
	return block->runs;
}

/* Whether a port of one protocol is among the runs. */
static bool
runs_hold(const struct diff_block *block, uint32_t kind, uint16_t port)
{
	for (size_t i = 0; i < block->n_runs; i++)
		if (block->runs[i].kind == kind && block->runs[i].lo <= port &&
		    port <= block->runs[i].hi)
			return true;
	return false;
}

static void
access_witness(const struct vocabulary *v, struct diff_access *access,
               const struct diff_block *block)
{
	struct cut *cut = v->cut;
	enum stratum stratum;
	uint32_t source, class;
	const struct diff_run *run = run_of(block);
	struct diff_run one;
	struct diff_block part;

	if (block->partly) {
		part = part_of(v, block, &one);
		block = &part;
		part.runs = run = &one;
		part.n_runs = 1;
	}
	if (!block_pair(v, block, &source, &class, &stratum))
		return;
	access->witness = cut_flow_of(cut, source, class,
	                              cut_line(cut, block->plane, run->kind, stratum),
	                              port_of(run));
	access->both = runs_hold(block, PROTOCOL_TCP, access->witness.port) &&
	               runs_hold(block, PROTOCOL_UDP, access->witness.port);
	enum example from = example_of(v, CUT_SRC, cut_class_of(cut, source));
	enum example to = example_of(v, CUT_DST, class);
	access->checkable = from < EXAMPLE_NONE && to < EXAMPLE_NONE &&
	                    !(from == EXAMPLE_KIND && to == EXAMPLE_KIND);
}

/* Who is meant by some blocks, counted on a real tailnet: who has the mark is
 * counted already. */
struct census {
	struct vocabulary *v;
	uint32_t *people, *machines[2]; /* by owner; by side and machine */
	uint32_t mark, n_people, n_machines[2];
	uint32_t *owners, round;       /* by owner: the last block of own machines */
	const struct bits *counted[2]; /* by side: classes that are counted already */
};

static struct census
census_start(struct vocabulary *v, struct arena *scratch)
{
	const struct cut *cut = v->cut;
	uint32_t tailnet = cut->filters[v->filter].tailnet_number;
	size_t n = cut->imagined ? 0 : cut->tailnets[tailnet]->n_machines;

	return (struct census) {
		.v = v,
		.people = arena_array(scratch, cut->n_owners, sizeof(uint32_t)),
		.owners = arena_array(scratch, cut->n_owners, sizeof(uint32_t)),
		.machines = { arena_array(scratch, n, sizeof(uint32_t)),
		              arena_array(scratch, n, sizeof(uint32_t)) },
		.mark = 1,
		.counted = { v->axis[CUT_SRC].store->all[0],
		             v->axis[CUT_DST].store->all[0] },
	};
}

/* Starts to count anew. */
static void
census_restart(struct census *c)
{
	c->mark++;
	c->n_people = c->n_machines[CUT_SRC] = c->n_machines[CUT_DST] = 0;
	for (enum cut_side side = CUT_SRC; side <= CUT_DST; side++)
		c->counted[side] = c->v->axis[side].store->all[0];
}

static uint32_t
census_mark(const struct census *c, uint32_t *mark)
{
	uint32_t fresh = *mark != c->mark;

	*mark = c->mark;
	return fresh;
}

static void
census_class(struct census *c, enum cut_side side, uint32_t class)
{
	struct cut *cut = c->v->cut;
	uint32_t tailnet = cut->filters[c->v->filter].tailnet_number;
	size_t n;
	const uint32_t *points = cut_class_points(cut, side, class, &n);

	for (size_t i = 0; i < n; i++) {
		uint32_t machine = points[i] < cut->first_cell
		                           ? cut->machine_of[tailnet][points[i]]
		                           : CUT_NONE;
		if (machine == CUT_NONE)
			continue;
		if (side == CUT_SRC && cut->owner[points[i]] != CUT_NONE)
			c->n_people += census_mark(c, &c->people[cut->owner[points[i]]]);
		else
			c->n_machines[side] +=
				census_mark(c, &c->machines[side][machine]);
	}
}

static void
census_classes(struct census *c, enum cut_side side, const struct bits *classes)
{
	struct arena scratch = { 0 };
	struct bits_store *store = c->v->axis[side].store;
	const struct bits *fresh = bits_minus(store, classes, c->counted[side]);
	uint32_t n = bits_count(fresh), *list = bits_list(&scratch, fresh);

	for (uint32_t i = 0; i < n; i++)
		census_class(c, side, list[i]);
	c->counted[side] = bits_join(store, c->counted[side], classes);
	arena_end(&scratch);
}

/* Counts an owner if one of her own machines is among the destinations, and those. */
static void
census_owner(struct census *c, uint32_t owner, const struct bits *to)
{
	const struct cut *cut = c->v->cut;
	uint32_t tailnet = cut->filters[c->v->filter].tailnet_number;
	const uint32_t *class_of = cut->axes[CUT_DST].partition.class_of;

	for (uint32_t i = cut->owned_first[owner]; i < cut->owned_first[owner + 1]; i++) {
		uint32_t point = cut->owned_at[i];
		uint32_t machine = cut->machine_of[tailnet][point];
		if (machine == CUT_NONE || !bits_hold(to, class_of[point]))
			continue;
		c->n_people += census_mark(c, &c->people[owner]);
		c->n_machines[CUT_DST] += census_mark(c, &c->machines[CUT_DST][machine]);
	}
}

/* Sources and their own machines alone: each owner once. */
static void
census_self(struct census *c, const struct diff_block *block)
{
	struct cut *cut = c->v->cut;
	struct arena scratch = { 0 };
	uint32_t n_from = bits_count(block->from);
	uint32_t *from = bits_list(&scratch, block->from);

	c->round++;
	for (uint32_t i = 0; i < n_from; i++) {
		size_t n;
		const uint32_t *points = cut_class_points(cut, CUT_SRC, from[i], &n);
		for (size_t k = 0; k < n; k++) {
			uint32_t owner = cut_owner(cut, points[k]);
			if (owner == CUT_NONE || c->owners[owner] == c->round)
				continue;
			c->owners[owner] = c->round;
			census_owner(c, owner, block->to);
		}
	}
	arena_end(&scratch);
}

static void
census_block(struct census *c, const struct diff_block *block)
{
	if (block->mode == MODE_SELF) {
		census_self(c, block);
		return;
	}
	census_classes(c, CUT_SRC, block->from);
	census_classes(c, CUT_DST, block->to);
}

static void
access_count(struct census *c, struct diff_access *access, const struct diff_block *block)
{
	census_restart(c);
	census_block(c, block);
	access->n_people = c->n_people;
	access->n_tagged = c->n_machines[CUT_SRC];
	access->n_machines = c->n_machines[CUT_DST];
}

/* Texts that outlive the comparison that they were made in. */
static struct text
text_keep(struct arena *arena, struct text text)
{
	if (text.len == 0)
		return text_of("");
	return (struct text) { arena_copy(arena, text.at, text.len), text.len };
}

static const struct text *
texts_keep(struct arena *arena, const struct text *texts, size_t n)
{
	struct text *kept = arena_array(arena, n, sizeof(*kept));

	for (size_t i = 0; i < n; i++)
		kept[i] = text_keep(arena, texts[i]);
	return kept;
}

static struct cut_flow
flow_keep(struct arena *arena, struct cut_flow flow)
{
	flow.src = text_keep(arena, flow.src);
	flow.dst = text_keep(arena, flow.dst);
	flow.posture = text_keep(arena, flow.posture);
	flow.via = text_keep(arena, flow.via);
	return flow;
}

static struct diff_access
access_keep(struct arena *arena, struct diff_access access)
{
	access.src = texts_keep(arena, access.src, access.n_src);
	access.dst = texts_keep(arena, access.dst, access.n_dst);
	access.ip = texts_keep(arena, access.ip, access.n_ip);
	access.ip_but = texts_keep(arena, access.ip_but, access.n_ip_but);
	access.postures = texts_keep(arena, access.postures, access.n_postures);
	access.via = texts_keep(arena, access.via, access.n_via);
	access.witness = flow_keep(arena, access.witness);
	return access;
}

/* In the arena for as long as the cut is. */
static struct diff_access
access_of(struct vocabulary *v, struct arena *arena, const struct diff_block *block)
{
	const struct policy *policy = v->cut->filters[v->filter].policy;
	const struct text *via = &v->cut->plane_at[block->plane].via;
	struct diff_access access = {
		.src = diff_texts(arena, &block->src, block),
		.n_src = block->src.n,
		.dst = diff_texts(arena, &block->dst, NULL),
		.n_dst = block->dst.n,
		.postures = block->postures,
		.n_postures = block->n_postures,
		.partly = block->partly,
		.via = via,
		.n_via = via->len > 0,
	};

	if (block->unit < policy->n_grants)
		access.grant = &policy->grants[block->unit];
	access_ip(arena, &access, block);
	access_witness(v, &access, block);
	return access;
}

static bool
runs_within(const struct diff_block *inner, const struct diff_block *outer)
{
	size_t k = 0;

	for (size_t i = 0; i < inner->n_runs; i++) {
		const struct diff_run *run = &inner->runs[i];
		while (k < outer->n_runs && (outer->runs[k].kind < run->kind ||
		                             (outer->runs[k].kind == run->kind &&
		                              outer->runs[k].hi < run->hi)))
			k++;
		if (k == outer->n_runs || outer->runs[k].kind != run->kind ||
		    outer->runs[k].lo > run->lo)
			return false;
	}
	return true;
}

static bool
is_plain(const struct diff_block *block)
{
	return block->n_postures == 0 && block->n_lacking == 0;
}

/* Whether one block says all that another does. */
static bool
block_within(const struct diff_block *inner, const struct diff_block *outer)
{
	return inner->plane == outer->plane && !outer->partly &&
	       (outer->mode == MODE_FULL || outer->mode == inner->mode) &&
	       is_plain(outer) && bits_within(inner->from, outer->from) &&
	       bits_within(inner->to, outer->to) && runs_within(inner, outer);
}

/* So many blocks are held against each other; more are told as they are. */
#define COMPARED_MAX 3000

/* Drops what another unit's block says as well; of two alike, the later. */
void
diff_drop_repeated(struct diff_blocks *blocks)
{
	size_t kept = 0;
	bool gone[COMPARED_MAX] = { false };

	if (blocks->n > COMPARED_MAX)
		return;
	for (size_t i = 0; i < blocks->n; i++)
		for (size_t k = 0; k < blocks->n && !gone[i]; k++) {
			const struct diff_block *a = &blocks->at[i], *b = &blocks->at[k];
			gone[i] = i != k && !gone[k] && a->unit != b->unit &&
			          block_within(a, b) && (i > k || !block_within(b, a));
		}
	for (size_t i = 0; i < blocks->n; i++)
		if (!gone[i])
			blocks->at[kept++] = blocks->at[i];
	blocks->n = kept;
}

static bool
names_alike(const struct diff_names *a, const struct diff_names *b)
{
	bool alike = a->n == b->n;

	for (size_t i = 0; i < a->n && alike; i++) {
		const struct diff_name *x = &a->at[i], *y = &b->at[i];
		alike = text_equal(x->word, y->word) && x->n_except == y->n_except;
		for (size_t k = 0; alike && k < x->n_except; k++)
			alike = text_equal(x->except[k], y->except[k]);
	}
	return alike;
}

/* The same but for the tag of the router. What nobody serves by one tag may be said
 * along with what is meant, and is served by another: what they are called counts. */
static bool
differs_in_via(const struct diff_block *a, const struct diff_block *b)
{
	return a->unit == b->unit && a->plane != b->plane && a->mode == b->mode &&
	       a->situation == b->situation && a->n_postures == b->n_postures &&
	       a->n_lacking == b->n_lacking && a->from == b->from && a->to == b->to &&
	       a->n_runs == b->n_runs && runs_within(a, b) && runs_within(b, a) &&
	       names_alike(&a->dst, &b->dst);
}

static size_t
via_place(const struct grant *grant, struct text tag)
{
	size_t i = 0;

	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): as many as n */
	while (i < grant->via.n && !text_equal(grant->via.at[i].text, tag))
		i++;
	return i;
}

static void
access_add_via(struct arena *arena, struct diff_access *access, struct text tag)
{
	struct text *via = arena_array(arena, access->n_via + 1, sizeof(*via));

	memcpy(via, access->via, access->n_via * sizeof(*via));
	via[access->n_via++] = text_keep(arena, tag);
	/* in the order that the grant has them */
	for (size_t i = access->n_via - 1; i > 0; i--) {
		struct text last = via[i];
		if (via_place(access->grant, via[i - 1]) <=
		    via_place(access->grant, last))
			break;
		via[i] = via[i - 1];
		via[i - 1] = last;
	}
	access->via = via;
}

/* Blocks of one unit by how much they say: the most first. */
struct weighed {
	uint32_t unit, plane;
	double weight;
	size_t place;
};

static double
block_weight(const struct diff_block *block)
{
	double ports = 0;

	for (size_t i = 0; i < block->n_runs; i++)
		ports += block->runs[i].hi - block->runs[i].lo + 1;
	return ports * bits_count(block->from) * bits_count(block->to);
}

static int
weighed_order(const void *left, const void *right)
{
	const struct weighed *a = left, *b = right;

	if (a->unit != b->unit)
		return a->unit < b->unit ? -1 : 1;
	if (a->plane != b->plane)
		return a->plane < b->plane ? -1 : 1;
	if (a->weight < b->weight || a->weight > b->weight)
		return a->weight > b->weight ? -1 : 1;
	return (a->place > b->place) - (a->place < b->place);
}

void
diff_order(struct diff_blocks *blocks)
{
	struct arena scratch = { 0 };
	struct weighed *order = arena_array(&scratch, blocks->n, sizeof(*order));
	struct diff_block *sorted = arena_array(&scratch, blocks->n, sizeof(*sorted));

	for (size_t i = 0; i < blocks->n; i++)
		order[i] = (struct weighed) { blocks->at[i].unit, blocks->at[i].plane,
			                      block_weight(&blocks->at[i]), i };
	if (blocks->n > 1)
		qsort(order, blocks->n, sizeof(*order), weighed_order);
	for (size_t i = 0; i < blocks->n; i++)
		sorted[i] = blocks->at[order[i].place];
	for (size_t i = 0; i < blocks->n; i++)
		blocks->at[i] = sorted[i];
	arena_end(&scratch);
}

/* What is the same as the last block but for the tag of the router is told along
 * with it. */
static bool
goes_along(const struct diff_access *access, const struct diff_block *last,
           const struct diff_block *block)
{
	return access->n_via > 0 && differs_in_via(last, block);
}

static size_t
count_partly(const struct diff_access *at, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += at[i].partly;
	return count;
}

struct diff_accesses
diff_accesses_of(struct vocabulary *v, struct arena *arena,
                 const struct diff_blocks *blocks)
{
	struct arena scratch = { 0 };
	struct diff_access *at = arena_array(arena, blocks->n, sizeof(*at)), *access = at;
	const struct diff_block *last = NULL;
	struct census all = census_start(v, &scratch), each = census_start(v, &scratch);

	for (size_t i = 0; i < blocks->n; i++) {
		const struct diff_block *block = &blocks->at[i];
		if (!cut_is_packets(v->cut, block->plane))
			continue;
		if (last && goes_along(access - 1, last, block)) {
			access_add_via(arena, access - 1,
			               v->cut->plane_at[block->plane].via);
			continue;
		}
		struct arena_mark mark = arena_mark(&scratch);
		*access = access_keep(arena, access_of(v, &scratch, block));
		arena_reset(&scratch, mark);
		if (!v->cut->imagined) {
			access_count(&each, access, block);
			census_block(&all, block);
		}
		last = block;
		access++;
	}
	arena_end(&scratch);
	return (struct diff_accesses) {
		at,
		(size_t)(access - at),
		count_partly(at, (size_t)(access - at)),
		all.n_people,
		all.n_machines[CUT_SRC],
		all.n_machines[CUT_DST],
	};
}
