/* Facts folded into blocks: what fares alike is put together, and named. */
#include "policy/diff_parts.h"

#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"

/* Runs that ascend; of one kind they do not touch, once settled. */
struct run_list {
	struct diff_run *at;
	size_t n, cap;
};

/* What some destinations get, from one set of sources or by one name of them. */
struct piece {
	const struct bits *to;
	struct run_list runs;
};

/* Pieces with the same sources: a set of them, or one name. */
struct strand {
	enum diff_mode mode;
	const struct bits *from;
	const struct bits *foreign; /* sources that there are no pairs with: as may be */
	struct diff_name name;      /* once it has one … */
	struct diff_asking asking;  /* … in the situations that are meant … */
	uint32_t share, way;        /* … which these tell apart */
	struct piece *pieces;
	size_t n, cap;
};

/* Strands found by a key. */
struct strands {
	struct names keys;
	struct strand *at;
	size_t cap;
};

/* What sources have with their own machines among some destinations. */
struct own {
	struct diff_run run;
	const struct bits *from, *to;
};

struct owns {
	struct own *at;
	size_t n, cap;
};

struct fold {
	struct vocabulary *v;
	struct cut *cut;
	struct arena *arena;  /* of the blocks */
	struct arena scratch; /* of one unit … */
	struct arena lists;   /* … and of a step */
	struct bits_store *src_store, *dst_store;
	struct diff_patterns patterns;
	struct names texts, runs;                     /* told apart, for keys */
	struct names block_keys;                      /* of the unit's blocks, in order */
	const struct bits *src_only[2], *dst_only[2]; /* classes of one family alone */
	struct diff_blocks blocks;
	/* With their own machines: all that sources have, and what is not told yet. */
	struct owns had, wanted;
	uint32_t unit, plane, asked;
	size_t folded;               /* words of sets */
	const struct bits *unserved; /* destinations of the plane */
	struct numbers preferred[2]; /* by side: the words of the unit's own rules */
};

static int
run_order(const void *left, const void *right)
{
	const struct diff_run *a = left, *b = right;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->lo != b->lo)
		return a->lo < b->lo ? -1 : 1;
	return (a->hi > b->hi) - (a->hi < b->hi);
}

static void
runs_put(struct fold *f, struct run_list *runs, struct diff_run run)
{
	runs->at =
		arena_grow(&f->scratch, runs->at, runs->n, &runs->cap, sizeof(*runs->at));
	runs->at[runs->n++] = run;
}

size_t
diff_runs_settle(struct diff_run *runs, size_t n)
{
	size_t kept = 0;

	if (n > 1)
		qsort(runs, n, sizeof(*runs), run_order);
	for (size_t i = 0; i < n; i++) {
		struct diff_run *last = kept > 0 ? &runs[kept - 1] : NULL;
		if (!last || last->kind != runs[i].kind ||
		    runs[i].lo > (uint32_t)last->hi + 1)
			runs[kept++] = runs[i];
		else if (runs[i].hi > last->hi)
			last->hi = runs[i].hi;
	}
	return kept;
}

/* Numbers as a name, copied when it is new. */
static uint32_t
key_add(struct fold *f, struct names *names, const uint32_t *numbers, size_t n)
{
	struct text key = { (const char *)numbers, n * sizeof(*numbers) };
	uint32_t number = names_find(names, key);

	if (number != NAMES_NONE)
		return number;
	key.at = arena_copy(&f->scratch, key.at, key.len);
	return names_add(names, key);
}

/* The strand of a key; fresh ones are zeroed. */
static struct strand *
strand_of(struct fold *f, struct strands *strands, const uint32_t *numbers, size_t n,
          bool *fresh)
{
	size_t known = strands->keys.n;
	uint32_t number = key_add(f, &strands->keys, numbers, n);

	*fresh = number == known;
	if (*fresh) {
		strands->at = arena_grow(&f->scratch, strands->at, known, &strands->cap,
		                         sizeof(*strands->at));
		strands->at[number] = (struct strand) { 0 };
	}
	return &strands->at[number];
}

/* Adds a run for some destinations; those of one group come one after another. */
static void
strand_put(struct fold *f, struct strand *strand, const struct bits *to,
           struct diff_run run)
{
	struct piece *last = strand->n > 0 ? &strand->pieces[strand->n - 1] : NULL;

	if (!last || last->to != to) {
		strand->pieces = arena_grow(&f->scratch, strand->pieces, strand->n,
		                            &strand->cap, sizeof(*strand->pieces));
		last = &strand->pieces[strand->n++];
		*last = (struct piece) { .to = to };
	}
	runs_put(f, &last->runs, run);
}

/* The sources of the other family than destinations that are all of one. */
static const struct bits *
foreign_to_group(const struct fold *f, const struct bits *to)
{
	for (int i = 0; i < 2; i++)
		if (bits_within(to, f->dst_only[i]))
			return f->cut->only[1 - i];
	return f->src_store->all[0];
}

static void
sources_put(struct fold *f, struct strands *strands, enum diff_mode mode,
            const struct bits *from, const struct bits *to, struct diff_run run)
{
	const struct bits *foreign = foreign_to_group(f, to);
	const struct bits *meant = bits_minus(f->src_store, from, foreign);
	uint32_t key[3] = { mode, meant->id, foreign->id };
	bool fresh;

	if (meant->n == 0)
		return;
	struct strand *strand = strand_of(f, strands, key, 3, &fresh);
	strand->mode = mode;
	strand->from = meant;
	strand->foreign = foreign;
	strand_put(f, strand, to, run);
}

/* Whether some pair of these sources with one of the classes is in a stratum. */
static bool
has_pairs(struct fold *f, const struct bits *from, const struct bits *to,
          enum stratum stratum)
{
	uint32_t n = bits_count(to);
	uint32_t *classes = bits_list(&f->scratch, to);

	for (uint32_t i = 0; i < n; i++) {
		residue_set(&f->cut->mask, from);
		cut_mask(f->cut, &f->cut->mask, classes[i], stratum);
		if (!residue_is_empty(&f->cut->mask))
			return true;
	}
	return false;
}

static void
owns_put(struct fold *f, struct owns *owns, const struct bits *from,
         const struct bits *to, struct diff_run run)
{
	owns->at =
		arena_grow(&f->scratch, owns->at, owns->n, &owns->cap, sizeof(*owns->at));
	owns->at[owns->n++] = (struct own) { run, from, to };
}

/* A run of one kind, and who has it in both strata; in one alone; where there are
 * no pairs in the other, that is all there is. */
static void
strata_put(struct fold *f, struct strands *strands, const struct bits *others,
           const struct bits *self, const struct bits *to, struct diff_run run)
{
	const struct bits *both = bits_meet(f->src_store, others, self);
	const struct bits *away = bits_minus(f->src_store, others, self);
	const struct bits *home = bits_minus(f->src_store, self, others);

	sources_put(f, strands, MODE_FULL, both, to, run);
	if (away->n > 0 && has_pairs(f, away, to, STRATUM_OTHERS))
		sources_put(f, strands,
		            has_pairs(f, away, to, STRATUM_SELF) ? MODE_OTHERS
		                                                 : MODE_FULL,
		            away, to, run);
	if (home->n == 0 || !has_pairs(f, home, to, STRATUM_SELF))
		return;
	if (has_pairs(f, home, to, STRATUM_OTHERS))
		owns_put(f, &f->wanted, home, to, run);
	else
		sources_put(f, strands, MODE_FULL, home, to, run);
}

/* What a group of destinations has in common: facts, by line and run. */
struct alike {
	const struct bits *to;
	const struct diff_fact **facts; /* by kind, stratum, then lo */
	size_t n;
};

static const struct cut_line *
line_of(const struct fold *f, const struct diff_fact *fact)
{
	return &f->cut->lines[fact->line];
}

/* What lies on a place of a kind in one stratum. */
static const struct bits *
from_at(const struct fold *f, const struct alike *g, uint32_t kind, enum stratum stratum,
        uint32_t port)
{
	for (size_t i = 0; i < g->n; i++) {
		const struct diff_fact *fact = g->facts[i];
		if (line_of(f, fact)->kind == kind &&
		    line_of(f, fact)->stratum == stratum && fact->lo <= port &&
		    port <= fact->hi)
			return fact->from;
	}
	return f->src_store->all[0];
}

/* Where the next fact of a kind begins or ends after a port. */
static uint32_t
edge_after(const struct fold *f, const struct alike *g, uint32_t kind, uint32_t port)
{
	uint32_t edge = UINT16_MAX + 1;

	for (size_t i = 0; i < g->n; i++) {
		const struct diff_fact *fact = g->facts[i];
		if (line_of(f, fact)->kind != kind)
			continue;
		if (fact->lo > port && fact->lo < edge)
			edge = fact->lo;
		if (fact->hi >= port && (uint32_t)fact->hi + 1 < edge)
			edge = (uint32_t)fact->hi + 1;
	}
	return edge;
}

/* The two strata of a kind laid over each other. */
static void
group_overlay(struct fold *f, struct strands *strands, const struct alike *g,
              uint32_t kind)
{
	uint32_t end;

	for (uint32_t lo = 0; lo <= UINT16_MAX; lo = end) {
		const struct bits *others = from_at(f, g, kind, STRATUM_OTHERS, lo);
		const struct bits *self = from_at(f, g, kind, STRATUM_SELF, lo);
		end = edge_after(f, g, kind, lo);
		struct diff_run run = { kind, (uint16_t)lo, (uint16_t)(end - 1) };
		if (self->n > 0)
			owns_put(f, &f->had, self, g->to, run);
		if (others->n > 0 || self->n > 0)
			strata_put(f, strands, others, self, g->to, run);
	}
}

static void
group_put(struct fold *f, struct strands *strands, const struct alike *g)
{
	for (size_t i = 0; i < g->n; i++) {
		const struct diff_fact *fact = g->facts[i];
		uint32_t kind = line_of(f, fact)->kind;
		bool first = i == 0 || line_of(f, g->facts[i - 1])->kind != kind;
		if (line_of(f, fact)->stratum == STRATUM_ANY)
			sources_put(f, strands, MODE_FULL, fact->from, g->to,
			            (struct diff_run) { kind, fact->lo, fact->hi });
		else if (first)
			group_overlay(f, strands, g, kind);
	}
}

/* A class that some fact is about. */
struct mention {
	uint32_t class, fact;
};

static int
mention_order(const void *left, const void *right)
{
	const struct mention *a = left, *b = right;

	if (a->class != b->class)
		return a->class < b->class ? -1 : 1;
	return (a->fact > b->fact) - (a->fact < b->fact);
}

/* One fact of those that say the same of other classes. */
struct wording {
	const struct cut_line *line;
	const struct diff_fact *fact;
};

static int
said_order(const void *left, const void *right)
{
	const struct wording *a = left, *b = right;
	int order = number_compare(a->line->kind, b->line->kind);

	order = order ? order : number_compare(a->line->stratum, b->line->stratum);
	order = order ? order : number_compare(a->fact->lo, b->fact->lo);
	order = order ? order : number_compare(a->fact->hi, b->fact->hi);
	return order ? order : number_compare(a->fact->from->id, b->fact->from->id);
}

/* What the facts say beside their classes, each once and in order; the mentions of
 * classes, with numbers in that. */
static struct wording *
facts_sort(struct fold *f, const struct diff_fact *facts, size_t n, size_t *n_said,
           struct mention **mentions, size_t *n_mentions)
{
	struct wording *said = arena_array(&f->scratch, n, sizeof(*said));
	size_t cap = 0;

	for (size_t i = 0; i < n; i++)
		said[i] = (struct wording) { line_of(f, &facts[i]), &facts[i] };
	qsort(said, n, sizeof(*said), said_order);
	*mentions = NULL;
	*n_said = *n_mentions = 0;
	for (size_t i = 0; i < n; i++) {
		struct arena_mark mark = arena_mark(&f->lists);
		uint32_t n_classes = bits_count(said[i].fact->classes);
		uint32_t *classes = bits_list(&f->lists, said[i].fact->classes);
		if (*n_said == 0 || said_order(&said[*n_said - 1], &said[i]) != 0)
			said[(*n_said)++] = said[i];
		for (uint32_t k = 0; k < n_classes; k++) {
			*mentions = arena_grow(&f->scratch, *mentions, *n_mentions, &cap,
			                       sizeof(**mentions));
			(*mentions)[(*n_mentions)++] =
				(struct mention) { classes[k], (uint32_t)(*n_said - 1) };
		}
		arena_reset(&f->lists, mark);
	}
	/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): a unit has facts */
	qsort(*mentions, *n_mentions, sizeof(**mentions), mention_order);
	return said;
}

/* The classes of one family that the same facts are about. */
struct grouping {
	struct names keys; /* the bytes of the family and the facts' numbers */
	struct numbers *classes;
	size_t cap;
};

static void
grouping_put(struct fold *f, struct grouping *g, const uint32_t *facts, size_t n,
             uint32_t class)
{
	size_t known = g->keys.n;
	uint32_t number = key_add(f, &g->keys, facts, n);

	if (number == known) {
		g->classes = arena_grow(&f->scratch, g->classes, known, &g->cap,
		                        sizeof(*g->classes));
		g->classes[number] = (struct numbers) { .arena = &f->scratch };
	}
	numbers_add(&g->classes[number], class);
}

static void
groups_find(struct fold *f, struct grouping *g, const struct mention *mentions, size_t n)
{
	struct numbers facts = { .arena = &f->scratch };
	size_t end;

	for (size_t i = 0; i < n; i = end) {
		facts.n = 0;
		numbers_add(&facts, f->cut->axes[CUT_DST].families[mentions[i].class]);
		for (end = i; end < n && mentions[end].class == mentions[i].class; end++)
			if (end == i || facts.at[facts.n - 1] != mentions[end].fact)
				numbers_add(&facts, mentions[end].fact);
		grouping_put(f, g, facts.at, facts.n, mentions[i].class);
	}
}

static const struct cut_set *
owned_set(const struct fold *f)
{
	uint32_t tailnet = f->cut->filters[f->v->filter].tailnet_number;

	return &f->cut->axes[CUT_DST].sets[f->cut->owned[tailnet]];
}

/* Whether something lies across a place of the lines. */
static bool
is_across(const struct diff_run *run, const struct diff_run *at)
{
	return run->kind == at->kind && run->lo <= at->lo && at->hi <= run->hi;
}

/* Adds those of some sources that share an owner with one of the classes. */
static void
mates_join(struct fold *f, struct numbers *mates, const struct bits *from,
           const struct bits *to)
{
	struct arena_mark mark = arena_mark(&f->lists);
	uint32_t n = bits_count(to), *classes = bits_list(&f->lists, to);

	for (uint32_t i = 0; i < n; i++) {
		residue_set(&f->cut->mask, from);
		cut_mask(f->cut, &f->cut->mask, classes[i], STRATUM_SELF);
		const struct bits *some = residue_bits(&f->cut->mask, f->src_store);
		uint32_t n_some = bits_count(some), *list = bits_list(&f->lists, some);
		for (uint32_t k = 0; k < n_some; k++)
			numbers_add(mates, list[k]);
	}
	arena_reset(&f->lists, mark);
}

/* Of some sources those that are kept from a machine of their own at a place. */
static const struct bits *
kept_from_own(struct fold *f, const struct bits *sources, const struct diff_run *at)
{
	const struct cut_set *owned = owned_set(f);
	const struct bits *kept = f->src_store->all[0];

	for (uint32_t i = 0; i < owned->n_classes; i++) {
		residue_set(&f->cut->mask, sources);
		cut_mask(f->cut, &f->cut->mask, owned->classes[i], STRATUM_SELF);
		for (size_t k = 0; k < f->had.n; k++)
			if (is_across(&f->had.at[k].run, at) &&
			    bits_hold(f->had.at[k].to, owned->classes[i]))
				residue_minus(&f->cut->mask, f->had.at[k].from);
		kept = bits_join(f->src_store, kept,
		                 residue_bits(&f->cut->mask, f->src_store));
	}
	return kept;
}

/* A place of the lines: who has all of their own there has autogroup:self, the
 * others are told of what they have. */
static void
own_place(struct fold *f, struct strands *strands, const struct diff_run *at)
{
	const struct cut_set *owned = owned_set(f);
	struct numbers mates = { .arena = &f->scratch };

	for (size_t i = 0; i < f->wanted.n; i++)
		if (is_across(&f->wanted.at[i].run, at))
			mates_join(f, &mates, f->wanted.at[i].from, f->wanted.at[i].to);
	if (mates.n == 0)
		return;
	const struct bits *all = bits_of(f->src_store, mates.at, mates.n);
	const struct bits *kept = kept_from_own(f, all, at);
	sources_put(f, strands, MODE_SELF, bits_minus(f->src_store, all, kept),
	            bits_of(f->dst_store, owned->classes, owned->n_classes), *at);
	for (size_t i = 0; i < f->wanted.n; i++) {
		const struct own *own = &f->wanted.at[i];
		const struct bits *some = bits_meet(f->src_store, own->from, kept);
		if (is_across(&own->run, at) && has_pairs(f, some, own->to, STRATUM_SELF))
			sources_put(f, strands, MODE_SELF, some, own->to, *at);
	}
}

/* The next edge of what is had or wanted of a kind. */
static uint32_t
own_edge(const struct owns *owns, uint32_t kind, uint32_t lo, uint32_t edge)
{
	for (size_t i = 0; i < owns->n; i++) {
		const struct diff_run *run = &owns->at[i].run;
		if (run->kind != kind)
			continue;
		if (run->lo > lo && run->lo < edge)
			edge = run->lo;
		if (run->hi >= lo && (uint32_t)run->hi + 1 < edge)
			edge = (uint32_t)run->hi + 1;
	}
	return edge;
}

/* What sources want to be told of their own machines, kind by kind and place by
 * place. */
static void
own_settle(struct fold *f, struct strands *strands)
{
	bool seen[256] = { false };
	uint32_t end;

	for (size_t i = 0; i < f->wanted.n; i++) {
		uint32_t kind = f->wanted.at[i].run.kind;
		if (kind < 256 && seen[kind])
			continue;
		if (kind < 256)
			seen[kind] = true;
		for (uint32_t lo = 0; lo <= UINT16_MAX; lo = end) {
			end = own_edge(&f->wanted, kind, lo, UINT16_MAX + 1);
			end = own_edge(&f->had, kind, lo, end);
			struct diff_run at = { kind, (uint16_t)lo, (uint16_t)(end - 1) };
			own_place(f, strands, &at);
		}
	}
}

/* The facts of one unit and plane, by their sources. */
static struct strands
strands_of_facts(struct fold *f, const struct diff_fact *facts, size_t n)
{
	struct strands strands = { .keys.arena = &f->scratch };
	struct grouping grouping = { .keys.arena = &f->scratch };
	struct mention *mentions;
	size_t n_said, n_mentions;
	struct wording *said = facts_sort(f, facts, n, &n_said, &mentions, &n_mentions);

	groups_find(f, &grouping, mentions, n_mentions);
	for (size_t i = 0; i < grouping.keys.n; i++) {
		struct text key = grouping.keys.texts[i];
		struct alike group = { .n = key.len / sizeof(uint32_t) - 1 };
		group.to = bits_of(f->dst_store, grouping.classes[i].at,
		                   grouping.classes[i].n);
		group.facts =
			arena_array(&f->scratch, group.n, sizeof(struct diff_fact *));
		for (size_t k = 0; k < group.n; k++) {
			uint32_t number;
			memcpy(&number, key.at + (k + 1) * sizeof(number),
			       sizeof(number));
			group.facts[k] = said[number].fact;
		}
		group_put(f, &strands, &group);
	}
	own_settle(f, &strands);
	return strands;
}

/* A strand for each name of the sources, in each way to say their situation. */
static void
strand_name(struct fold *f, struct strands *named, const struct strand *strand,
            const struct diff_name *name, const struct diff_asking *asking,
            uint32_t share, uint32_t way)
{
	struct text text = diff_name_text(&f->scratch, name);
	uint32_t key[4] = { strand->mode, share, way, names_add(&f->texts, text) };
	bool fresh;
	struct strand *to = strand_of(f, named, key, 4, &fresh);

	if (fresh) {
		to->mode = strand->mode;
		to->name = *name;
		to->asking = *asking;
		to->share = share;
		to->way = way;
	}
	for (size_t i = 0; i < strand->n; i++)
		for (size_t k = 0; k < strand->pieces[i].runs.n; k++)
			strand_put(f, to, strand->pieces[i].to,
			           strand->pieces[i].runs.at[k]);
}

/* The plain share comes last: who is never asked for postures may have been said
 * along with others already. */
static const struct bits *
share_target(struct fold *f, const struct diff_share *share, const struct bits *said)
{
	const struct bits *passing;

	if (!share->pattern.all_but || share->pattern.n > 0)
		return share->classes;
	passing = bits_meet(f->src_store, diff_passing(f->v), said);
	return bits_minus(f->src_store, share->classes, passing);
}

static void
strand_name_all(struct fold *f, struct strands *named, const struct strand *strand)
{
	size_t n_shares, n_askings;
	struct diff_share *shares =
		diff_shares(&f->patterns, f->arena, strand->from, &n_shares);
	const struct bits *said = f->src_store->all[0];
	const struct bits *foreign =
		bits_meet(f->src_store, strand->foreign, f->v->axis[CUT_SRC].all);

	for (size_t i = 0; i < n_shares; i++) {
		const struct bits *target = share_target(f, &shares[i], said);
		struct diff_asking *askings =
			diff_askings(&f->patterns, f->arena, &shares[i].pattern, f->asked,
		                     &n_askings);
		struct diff_names names = { 0 };
		if (target->n > 0)
			names = vocabulary_name(f->v, CUT_SRC, target,
			                        bits_join(f->src_store, shares[i].allowed,
			                                  foreign),
			                        &f->preferred[CUT_SRC]);
		for (size_t k = 0; k < names.n; k++) {
			said = bits_join(f->src_store, said, names.at[k].bits);
			for (uint32_t way = 0; way < n_askings; way++)
				strand_name(f, named, strand, &names.at[k], &askings[way],
				            shares[i].number, way);
		}
	}
}

static int
piece_order(const void *left, const void *right)
{
	const struct piece *a = left, *b = right;

	return (a->to->id > b->to->id) - (a->to->id < b->to->id);
}

/* The pieces of each group made one, with settled runs. */
static void
pieces_settle(struct fold *f, struct strand *strand)
{
	size_t kept = 0;

	qsort(strand->pieces, strand->n, sizeof(*strand->pieces), piece_order);
	for (size_t i = 0; i < strand->n; i++) {
		struct piece *last = kept > 0 ? &strand->pieces[kept - 1] : NULL;
		struct piece *next = &strand->pieces[i];
		if (!last || last->to != next->to) {
			strand->pieces[kept++] = *next;
			continue;
		}
		for (size_t k = 0; k < next->runs.n; k++)
			runs_put(f, &last->runs, next->runs.at[k]);
	}
	strand->n = kept;
	for (size_t i = 0; i < kept; i++)
		strand->pieces[i].runs.n = diff_runs_settle(strand->pieces[i].runs.at,
		                                            strand->pieces[i].runs.n);
}

/* Runs as a number: equal ones have the same. */
static uint32_t
runs_number(struct fold *f, const struct run_list *runs)
{
	struct numbers key = { .arena = &f->scratch };

	for (size_t i = 0; i < runs->n; i++) {
		numbers_add(&key, runs->at[i].kind);
		numbers_add(&key, (uint32_t)runs->at[i].lo << 16 | runs->at[i].hi);
	}
	return key_add(f, &f->runs, key.at, key.n);
}

/* Destinations that one name gets the same at. */
struct goal_set {
	const struct bits *to;
	const struct run_list *runs;
	uint32_t number; /* of the runs */
};

static struct goal_set *
targets_of(struct fold *f, const struct strand *strand, size_t *n)
{
	struct goal_set *targets = arena_array(&f->scratch, strand->n, sizeof(*targets));
	struct names numbers = { .arena = &f->scratch };

	for (size_t i = 0; i < strand->n; i++) {
		const struct piece *piece = &strand->pieces[i];
		uint32_t number = runs_number(f, &piece->runs);
		size_t known = numbers.n;
		struct goal_set *target = &targets[key_add(f, &numbers, &number, 1)];
		if (numbers.n > known)
			*target = (struct goal_set) { piece->to, &piece->runs, number };
		else
			target->to = bits_join(f->dst_store, target->to, piece->to);
	}
	*n = numbers.n;
	return targets;
}

/* What nobody serves in the plane may be said or not. */
static const struct bits *
unserved_in(struct fold *f, uint32_t plane)
{
	const struct cut_filter *in = &f->cut->filters[f->v->filter];
	const struct cut_set *set;

	if (plane >= in->n_served || in->served[plane] == CUT_NONE)
		return f->dst_store->all[0];
	set = &f->cut->axes[CUT_DST].sets[f->cut->ends[in->served[plane]].set];
	return bits_minus(f->dst_store, f->v->axis[CUT_DST].all,
	                  bits_of(f->dst_store, set->classes, set->n_classes));
}

/* The destinations that these sources have no pairs with, by family alone: they
 * may be said or not. */
static const struct bits *
foreign_to(const struct fold *f, const struct bits *from)
{
	if (from->n > 0 && bits_within(from, f->src_only[0]))
		return f->dst_only[1];
	if (from->n > 0 && bits_within(from, f->src_only[1]))
		return f->dst_only[0];
	return f->dst_store->all[0];
}

/* The destinations of the sources' own owners that are not meant, and so must be
 * kept off. */
static const struct bits *
own_besides(struct fold *f, const struct bits *from, const struct bits *to)
{
	const struct cut_set *owned = owned_set(f);
	struct numbers besides = { .arena = &f->scratch };

	for (uint32_t i = 0; i < owned->n_classes; i++) {
		if (bits_hold(to, owned->classes[i]))
			continue;
		residue_set(&f->cut->mask, from);
		cut_mask(f->cut, &f->cut->mask, owned->classes[i], STRATUM_SELF);
		if (!residue_is_empty(&f->cut->mask))
			numbers_add(&besides, owned->classes[i]);
	}
	return bits_of(f->dst_store, besides.at, besides.n);
}

static struct diff_names
names_self(struct fold *f, const struct bits *besides, const struct bits *to)
{
	struct diff_names names = { 0 };
	size_t cap = 0;
	const struct bits *all = f->v->axis[CUT_DST].all;

	names.at = arena_grow(f->arena, NULL, 0, &cap, sizeof(*names.at));
	names.at[0] = vocabulary_except(f->v, CUT_DST, "autogroup:self", besides, to,
	                                bits_minus(f->dst_store, all, besides));
	names.n = 1;
	return names;
}

/* All of the names without the sources' own machines. */
static void
names_not_self(struct fold *f, struct diff_names *names)
{
	for (size_t i = 0; i < names->n; i++) {
		struct diff_name *name = &names->at[i];
		struct text *except =
			arena_array(f->arena, name->n_except + 1, sizeof(*except));
		except[0] = text_of("autogroup:self");
		if (name->n_except > 0)
			memcpy(except + 1, name->except,
			       name->n_except * sizeof(*except));
		name->except = except;
		name->n_except++;
	}
}

static struct diff_names
names_of_target(struct fold *f, const struct strand *strand, const struct bits *besides,
                const struct bits *to)
{
	const struct bits *beside =
		bits_join(f->dst_store, f->unserved, foreign_to(f, strand->name.about));
	struct diff_names names;

	if (strand->mode == MODE_SELF)
		return names_self(f, besides, to);
	names = vocabulary_name(f->v, CUT_DST, to, bits_join(f->dst_store, to, beside),
	                        &f->preferred[CUT_DST]);
	if (strand->mode == MODE_OTHERS)
		names_not_self(f, &names);
	return names;
}

static struct diff_block
block_of(struct fold *f, const struct strand *strand, const struct bits *besides,
         const struct goal_set *target)
{
	struct diff_run *runs = arena_array(f->arena, target->runs->n, sizeof(*runs));

	memcpy(runs, target->runs->at, target->runs->n * sizeof(*runs));
	return (struct diff_block) {
		.unit = f->unit,
		.plane = f->plane,
		.mode = strand->mode,
		.dst = names_of_target(f, strand, besides, target->to),
		.postures = strand->asking.postures,
		.n_postures = strand->asking.n_postures,
		.lacking = strand->asking.lacking,
		.n_lacking = strand->asking.n_lacking,
		.runs = runs,
		.n_runs = target->runs->n,
		.from = f->src_store->all[0],
		.to = target->to,
		.situation = strand->asking.situation,
	};
}

static void
blocks_put(struct fold *f, struct diff_block block)
{
	struct diff_blocks *blocks = &f->blocks;

	blocks->at = arena_grow(f->arena, blocks->at, blocks->n, &blocks->cap,
	                        sizeof(*blocks->at));
	blocks->at[blocks->n++] = block;
}

/* Sources that get the same at the same destinations share a block. */
static void
block_add(struct fold *f, size_t first, const struct strand *strand,
          const struct goal_set *target)
{
	struct diff_blocks *blocks = &f->blocks;
	const struct bits *besides =
		strand->mode == MODE_SELF ? own_besides(f, strand->name.about, target->to)
					  : f->dst_store->all[0];
	/* of whom other destinations may be said, to them others may be; and of whom
	 * others are kept off */
	uint32_t key[7] = { strand->mode,   strand->share,
		            strand->way,    target->to->id,
		            target->number, foreign_to(f, strand->name.about)->id,
		            besides->id };
	size_t number = first + key_add(f, &f->block_keys, key, 7);

	if (number == blocks->n)
		blocks_put(f, block_of(f, strand, besides, target));
	struct diff_block *block = &blocks->at[number];
	block->src.at = arena_grow(f->arena, block->src.at, block->src.n, &block->src.cap,
	                           sizeof(*block->src.at));
	block->src.at[block->src.n++] = strand->name;
	block->from = bits_join(f->src_store, block->from, strand->name.bits);
}

/* So much is folded of all units, in words of sets, unless all is to be told; and of
 * each unit after that. */
#define FOLDED_MAX 200000
#define FOLDED_LATER 64

/* Whether a unit is summed up at once: not all of it was found, or enough was folded
 * already. */
static bool
is_too_much(struct fold *f, const struct diff_fact *facts, size_t n)
{
	size_t words = 0;
	bool cut = false;

	for (size_t i = 0; i < n; i++) {
		words += facts[i].from->n + facts[i].classes->n;
		cut |= facts[i].cut;
	}
	if (cut ||
	    (f->v->most < SIZE_MAX && f->folded > FOLDED_MAX && words > FOLDED_LATER))
		return true;
	f->folded += words;
	return false;
}

/* The facts of one unit and plane. */
static void
fold_plane(struct fold *f, const struct diff_fact *facts, size_t n)
{
	struct strands strands, named = { .keys.arena = &f->scratch };
	size_t first = f->blocks.n;

	f->block_keys = (struct names) { .arena = &f->scratch };
	f->texts = (struct names) { .arena = &f->scratch };
	f->runs = (struct names) { .arena = &f->scratch };
	f->unserved = unserved_in(f, f->plane);
	f->had = f->wanted = (struct owns) { 0 };
	if (is_too_much(f, facts, n)) {
		blocks_put(f, diff_sum(f->v, f->arena, facts, n, NULL));
		return;
	}
	strands = strands_of_facts(f, facts, n);
	if (strands.keys.n > f->v->most) {
		blocks_put(f, diff_sum(f->v, f->arena, facts, n, f->preferred));
		return;
	}
	for (size_t i = 0; i < strands.keys.n; i++)
		strand_name_all(f, &named, &strands.at[i]);
	for (size_t i = 0; i < named.keys.n; i++) {
		size_t n_targets;
		pieces_settle(f, &named.at[i]);
		struct goal_set *targets = targets_of(f, &named.at[i], &n_targets);
		for (size_t k = 0; k < n_targets; k++)
			block_add(f, first, &named.at[i], &targets[k]);
	}
}

static void
prefer_word(struct fold *f, enum cut_side side, const struct selector *selector)
{
	uint32_t word =
		vocabulary_word(f->v, side, vocabulary_text(&f->scratch, selector));

	if (word != NAMES_NONE)
		numbers_add(&f->preferred[side], word);
}

/* The words that the unit itself is written with. */
static void
prefer_words(struct fold *f)
{
	const struct cut_filter *in = &f->cut->filters[f->v->filter];
	const struct grant *grant = in->filter && f->unit < in->policy->n_grants
	                                    ? &in->policy->grants[f->unit]
	                                    : NULL;

	f->preferred[CUT_SRC] = f->preferred[CUT_DST] =
		(struct numbers) { .arena = &f->scratch };
	for (size_t i = 0; grant && i < grant->src.n; i++)
		prefer_word(f, CUT_SRC, &grant->src.at[i]);
	for (size_t i = 0; grant && i < grant->dst.n; i++)
		prefer_word(f, CUT_DST, &grant->dst.at[i].selector);
}

/* A fact on its way to be with those of its plane. */
struct place_of_fact {
	uint32_t plane, fact;
};

static int
place_order(const void *left, const void *right)
{
	const struct place_of_fact *a = left, *b = right;

	return a->plane != b->plane ? number_compare(a->plane, b->plane)
	                            : number_compare(a->fact, b->fact);
}

/* A copy in order of planes, and of one plane as they were found. */
static const struct diff_fact *
facts_by_plane(struct fold *f, const struct diff_fact *facts, size_t n)
{
	struct diff_fact *sorted = arena_array(&f->scratch, n, sizeof(*sorted));
	struct place_of_fact *places = arena_array(&f->scratch, n, sizeof(*places));

	for (uint32_t i = 0; i < n; i++)
		places[i] = (struct place_of_fact) { line_of(f, &facts[i])->plane, i };
	qsort(places, n, sizeof(*places), place_order);
	for (size_t i = 0; i < n; i++)
		sorted[i] = facts[places[i].fact];
	return sorted;
}

/* The facts of one unit, plane by plane. */
static void
fold_unit(struct fold *f, const struct diff_fact *facts, size_t n)
{
	const struct cut_filter *in = &f->cut->filters[f->v->filter];
	size_t n_boxes, end;
	const uint32_t *boxes;

	f->unit = facts->unit;
	boxes = cut_unit_boxes(f->cut, f->v->filter, f->unit, &n_boxes);
	f->asked = n_boxes > 0 ? in->boxes[boxes[0]].asked : 0;
	prefer_words(f);
	facts = facts_by_plane(f, facts, n);
	for (size_t i = 0; i < n; i = end) {
		f->plane = line_of(f, &facts[i])->plane;
		for (end = i; end < n && line_of(f, &facts[end])->plane == f->plane;
		     end++)
			;
		fold_plane(f, facts + i, end - i);
	}
	arena_end(&f->scratch);
}

static const struct bits *
family_alone(const struct cut *cut, struct bits_store *store, enum cut_side side,
             uint8_t family)
{
	const struct cut_axis *axis = &cut->axes[side];
	struct arena scratch = { 0 };
	struct numbers classes = { .arena = &scratch };

	for (uint32_t i = 0; i < axis->partition.n_classes; i++)
		if (axis->families[i] == family)
			numbers_add(&classes, i);
	const struct bits *bits = bits_of(store, classes.at, classes.n);
	arena_end(&scratch);
	return bits;
}

struct diff_blocks
diff_fold(struct vocabulary *v, struct arena *arena, const struct diff_facts *facts)
{
	struct fold f = { .v = v, .cut = v->cut, .arena = arena };
	size_t end;

	f.src_store = v->axis[CUT_SRC].store;
	f.dst_store = v->axis[CUT_DST].store;
	f.patterns.v = v;
	f.patterns.keys.arena = arena;
	for (int i = 0; i < 2; i++) {
		uint8_t family = i == 0 ? FAMILY_4 : FAMILY_6;
		f.src_only[i] = family_alone(v->cut, f.src_store, CUT_SRC, family);
		f.dst_only[i] = family_alone(v->cut, f.dst_store, CUT_DST, family);
	}
	for (size_t i = 0; i < facts->n; i = end) {
		for (end = i; end < facts->n && facts->at[end].unit == facts->at[i].unit;
		     end++)
			;
		fold_unit(&f, facts->at + i, end - i);
	}
	arena_end(&f.lists);
	return f.blocks;
}
