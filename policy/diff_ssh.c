/*
 * SSH. A client asks the check rules first, then the accept rules: who is in a check
 * rule has to pass the check, whatever accept rules say. So there are three verdicts,
 * and each change of one is told. Logins lie on a line: root, those that some rule
 * names, all others, and the own name of a user of some domain. How a login goes on
 * (who records it, when it is checked again) is said by the first rule for it, and a
 * change of that is told too.
 */
#include "policy/diff_parts.h"

#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"
#include "grammar/duration.h"
#include "policy/resolve.h"
#include "policy/ssh.h"

/* So many logins lie on one line; more lie on others. */
#define LOGINS_LINE 32768

struct logins {
	struct names names;   /* "root", then the others that are named */
	struct names domains; /* of localpart:*@domain */
};

/* The number of what no rule names. */
static uint32_t
login_other(const struct logins *logins)
{
	return (uint32_t)logins->names.n;
}

static uint32_t
login_own(const struct logins *logins, uint32_t domain)
{
	return login_other(logins) + 1 + domain;
}

static uint32_t
logins_n(const struct logins *logins)
{
	return login_own(logins, (uint32_t)logins->domains.n);
}

/* The changes of a verdict. */
enum turn {
	TURN_ACCEPTED, /* could not log in, and now can */
	TURN_CHECKED,  /* can with a check */
	TURN_LOOSER,   /* needs no check any more */
	TURN_TIGHTER,  /* needs one now */
	TURN_DENIED,   /* could, and no longer can */
	TURN_N,
};

static const struct {
	enum diff_side words;
	enum diff_effect effect;
	const char *before,
		*after; /* "SRC may now log in on DST as USER, after a check" */
} turns[TURN_N] = {
	[TURN_ACCEPTED] = { DIFF_NEW, EFFECT_GAINED, "may now log in on", "" },
	[TURN_CHECKED] = { DIFF_NEW, EFFECT_GAINED, "may now log in on",
	                   ", after a check" },
	[TURN_LOOSER] = { DIFF_NEW, EFFECT_GAINED,
	                  "need no longer pass a check to log in on", "" },
	[TURN_TIGHTER] = { DIFF_NEW, EFFECT_LOST, "must now pass a check to log in on",
	                   "" },
	[TURN_DENIED] = { DIFF_OLD, EFFECT_LOST, "may no longer log in on", "" },
};

/* What a rule says beside who, where and as whom. */
enum manner { MANNER_PERIOD, MANNER_ENV, MANNER_RECORDER, MANNER_ENFORCE, MANNER_N };

static const char *const manners_said[MANNER_N] = {
	[MANNER_PERIOD] = "a check lasts",
	[MANNER_ENV] = "the environment that is taken along is",
	[MANNER_RECORDER] = "sessions are recorded by",
	[MANNER_ENFORCE] = "sessions that cannot be recorded are",
};

/* The values of all manners of a rule; NAMES_NONE: it has none. */
struct how {
	uint32_t values[MANNER_N];
};

/* The manners of all rules of both sides, each value numbered, and all that a rule
 * has together as well. */
struct manners {
	struct names values, hows;
	const char **shown; /* by value */
	struct how *how;    /* by number of all together */
	size_t shown_cap, how_cap;
	uint32_t *of[2]; /* by side and rule: the number of all together */
	bool vary;       /* a manner has two values */
};

/* The ssh sections of both on their way into a comparison. */
struct filling {
	struct telling *t;
	struct logins logins;
	struct manners manners;
	uint32_t how; /* the plane of the rule's manners */
	unsigned n_turns;
	struct comparison *c;
	enum diff_side side;
};

/* No account has a colon in its name: a word that a target takes for a login is
 * nobody's. */
static bool
is_login(struct text user)
{
	return text_find(user, ':') == user.len;
}

static void
logins_gather(struct logins *logins, const struct policy *policy)
{
	for (size_t i = 0; i < policy->n_ssh; i++)
		for (size_t k = 0; k < policy->ssh[i].users.n; k++) {
			struct text text = policy->ssh[i].users.at[k].text;
			struct selector user = selector_parse(text);
			if (ssh_is_localpart(policy, &user))
				names_add(&logins->domains, user.name);
			else if (is_login(text))
				names_add(&logins->names, text);
		}
}

/* Planes: what any rule allows; and what check rules do, so that a check taken out
 * is a difference too; and, where manners vary, what rules of some manners do. */
#define PLANE_ANY "any"
#define PLANE_CHECK "check"
#define PLANE_HOW "how"

/* The plane of a rule's manners, and of its place among others: where those are the
 * same on both sides, so is how every login goes on. */
static uint32_t
plane_how(struct filling *f, const struct ssh_rule *rule)
{
	const uint32_t *of = f->manners.of[f->side];
	uint32_t how = of[rule->index];

	f->n_turns += rule->index > 0 && of[rule->index - 1] != how;
	return cut_plane(f->c->cut, text_of(arena_format(f->c->arena, PLANE_HOW " %u %u",
	                                                 how, f->n_turns)));
}

/* Boxes for logins first … last. */
static void
fill_logins(struct filling *f, struct cut_box box, uint32_t first, uint32_t last)
{
	struct cut *cut = f->c->cut;
	const struct policy *policy = f->c->both[f->side].policy;
	uint32_t any = cut_plane(cut, text_of(PLANE_ANY));
	uint32_t checked = cut_plane(cut, text_of(PLANE_CHECK));

	for (uint32_t at = first; at <= last; at = (at / LOGINS_LINE + 1) * LOGINS_LINE) {
		uint32_t line_last = at / LOGINS_LINE * LOGINS_LINE + LOGINS_LINE - 1;
		uint32_t end = last < line_last ? last : line_last;
		box.lo = (uint16_t)(at % LOGINS_LINE);
		box.hi = (uint16_t)(end % LOGINS_LINE);
		box.line = cut_line(cut, any, at / LOGINS_LINE, STRATUM_ANY);
		cut_add(cut, (uint32_t)f->side, box);
		box.line = cut_line(cut, checked, at / LOGINS_LINE, STRATUM_ANY);
		if (ssh_asks(policy, &policy->ssh[box.unit]))
			cut_add(cut, (uint32_t)f->side, box);
		box.line = cut_line(cut, f->how, at / LOGINS_LINE, STRATUM_ANY);
		if (f->manners.vary)
			cut_add(cut, (uint32_t)f->side, box);
	}
}

/* Those of a party whose login is in a domain. */
static struct party
party_of_domain(const struct diff_party *both, const struct party *src,
                struct text domain)
{
	struct selector all = { .kind = SELECTOR_DOMAIN, .name = domain };
	struct party party = party_of_selector(both->policy, both->tailnet, &all);

	party.machines = set_meet(&both->tailnet->sets, party.machines, src->machines);
	return party;
}

static void
fill_users(struct filling *f, const struct ssh_rule *rule, const struct party *src,
           struct cut_box box)
{
	const struct diff_party *both = &f->c->both[f->side];

	for (size_t i = 0; i < rule->users.n; i++) {
		struct selector user = selector_parse(rule->users.at[i].text);
		uint32_t number;
		if (ssh_is_localpart(both->policy, &user)) {
			struct party own = party_of_domain(both, src, user.name);
			struct cut_box some = box;
			number = names_find(&f->logins.domains, user.name);
			some.src = cut_end_of(f->c->cut, (uint32_t)f->side, CUT_SRC,
			                      WAY_PACKETS, &own, NULL, 0);
			fill_logins(f, some, login_own(&f->logins, number),
			            login_own(&f->logins, number));
		} else if (ssh_is_nonroot(both->policy, &user)) {
			fill_logins(f, box, 1, logins_n(&f->logins) - 1);
		} else if (is_login(rule->users.at[i].text)) {
			number = names_find(&f->logins.names, rule->users.at[i].text);
			fill_logins(f, box, number, number);
		}
	}
}

static void
fill_rule(struct filling *f, const struct ssh_rule *rule)
{
	const struct diff_party *both = &f->c->both[f->side];
	uint32_t side = (uint32_t)f->side;
	struct party src = party_of_selectors(both->policy, both->tailnet, rule->src.at,
	                                      rule->src.n);
	struct party dst = party_of_selectors(both->policy, both->tailnet, rule->dst.at,
	                                      rule->dst.n);
	struct cut_box box = { .unit = rule->index };

	box.src = cut_end_of(f->c->cut, side, CUT_SRC, WAY_PACKETS, &src, rule->src.at,
	                     rule->src.n);
	box.dst = cut_end_of(f->c->cut, side, CUT_DST, WAY_OWN, &dst, rule->dst.at,
	                     rule->dst.n);
	box.asked = cut_ask(f->c->cut, side,
	                    postures_in_force(both->policy, &rule->src_posture));
	f->how = plane_how(f, rule);
	fill_users(f, rule, &src, box);
	if (!dst.self)
		return;
	box.self = true;
	fill_users(f, rule, &src, box);
}

static void
fill_both(struct comparison *c, void *context)
{
	struct filling *f = context;

	f->c = c;
	for (int side = DIFF_OLD; side <= DIFF_NEW; side++) {
		const struct policy *policy = c->both[side].policy;
		f->side = (enum diff_side)side;
		f->n_turns = 0;
		c->cut->filters[side].n_units = (uint32_t)policy->n_ssh;
		for (size_t i = 0; i < policy->n_ssh; i++)
			fill_rule(f, &policy->ssh[i]);
	}
}

/* Who may log in at one place, by check rules and by any. */
struct verdicts {
	const struct bits *check, *any;
};

static bool
is_check(const struct comparison *c, enum diff_side side, const struct cut_box *box)
{
	const struct policy *policy = c->both[side].policy;

	return ssh_asks(policy, &policy->ssh[box->unit]);
}

/* The boxes of one side that hold a class on a line. */
struct near {
	const struct cut_box **at;
	size_t n, cap;
};

static struct near
boxes_near(struct comparison *c, struct arena *scratch, enum diff_side side,
           uint32_t class, uint32_t line)
{
	const struct cut *cut = c->cut;
	const struct cut_filter *in = &cut->filters[side];
	struct near near = { 0 };

	for (uint32_t i = cut->sets_first[class]; i < cut->sets_first[class + 1]; i++) {
		const struct cut_strip *strip =
			cut_strip(cut, (uint32_t)side, cut->sets_of[i], line);
		uint32_t first = strip ? in->heaps[strip->first].first : 0;
		uint32_t end = strip ? in->heaps[strip->end - 1].end : 0;
		for (uint32_t k = first; k < end; k++) {
			near.at = arena_grow(scratch, near.at, near.n, &near.cap,
			                     sizeof(*near.at));
			near.at[near.n++] = &in->boxes[k];
		}
	}
	return near;
}

static struct verdicts
verdicts_at(struct comparison *c, enum diff_side side, const struct near *near,
            uint32_t login)
{
	struct bits_store *store = &c->cut->store;
	struct verdicts v = { store->all[0], store->all[0] };

	for (size_t i = 0; i < near->n; i++) {
		const struct cut_box *box = near->at[i];
		if (login < box->lo || login > box->hi)
			continue;
		v.any = bits_join(store, v.any, box->from);
		if (is_check(c, side, box))
			v.check = bits_join(store, v.check, box->from);
	}
	return v;
}

/* Where the next box begins or ends after a login. */
static uint32_t
edge_after(const struct near near[2], uint32_t login)
{
	uint32_t edge = LOGINS_LINE;

	for (int side = DIFF_OLD; side <= DIFF_NEW; side++)
		for (size_t i = 0; i < near[side].n; i++) {
			const struct cut_box *box = near[side].at[i];
			if (box->lo > login && box->lo < edge)
				edge = box->lo;
			if (box->hi >= login && (uint32_t)box->hi + 1 < edge)
				edge = (uint32_t)box->hi + 1;
		}
	return edge;
}

/* A manner that is another now. */
struct change {
	enum manner manner;
	uint32_t was, is; /* values */
	struct diff_facts facts;
};

/* The turns of a place, as facts: one list for each; and the changes of manners. */
struct turning {
	struct comparison *c;
	const struct manners *manners;
	struct arena *arena;
	struct diff_facts facts[TURN_N];
	struct names change_keys;
	struct change *changes; /* beside those */
	size_t changes_cap;
	uint32_t class, line;
};

static void
fact_put(struct turning *t, struct diff_facts *facts, const struct bits *from,
         struct diff_run run)
{
	struct cut *cut = t->c->cut;

	residue_set(&cut->mask, from);
	cut_mask(cut, &cut->mask, t->class, cut->lines[t->line].stratum);
	if (residue_is_empty(&cut->mask))
		return;
	facts->at = arena_grow(t->arena, facts->at, facts->n, &facts->cap,
	                       sizeof(*facts->at));
	facts->at[facts->n++] = (struct diff_fact) {
		.line = t->line,
		.lo = run.lo,
		.hi = run.hi,
		.from = from,
		.classes = bits_of(&t->c->dst_store, &t->class, 1),
	};
}

static void
turns_put(struct turning *t, const struct verdicts v[2], struct diff_run run)
{
	struct bits_store *store = &t->c->cut->store;
	const struct bits *before = v[DIFF_OLD].any, *after = v[DIFF_NEW].any;
	const struct bits *checked = v[DIFF_OLD].check, *checks = v[DIFF_NEW].check;

	fact_put(t, &t->facts[TURN_ACCEPTED],
	         bits_minus(store, bits_minus(store, after, checks), before), run);
	fact_put(t, &t->facts[TURN_CHECKED], bits_minus(store, checks, before), run);
	fact_put(t, &t->facts[TURN_LOOSER],
	         bits_minus(store, bits_meet(store, checked, after), checks), run);
	fact_put(t, &t->facts[TURN_TIGHTER],
	         bits_minus(store, bits_meet(store, checks, before), checked), run);
	fact_put(t, &t->facts[TURN_DENIED], bits_minus(store, before, after), run);
}

/* Who logs in with some manners. */
struct first {
	const struct bits *from;
	uint32_t how;
};

struct firsts {
	struct first *at;
	size_t n;
};

static void
firsts_put(struct firsts *firsts, struct bits_store *store, uint32_t how,
           const struct bits *from)
{
	size_t i = 0;

	while (i < firsts->n && firsts->at[i].how != how)
		i++;
	if (i == firsts->n)
		firsts->at[firsts->n++] = (struct first) { store->all[0], how };
	firsts->at[i].from = bits_join(store, firsts->at[i].from, from);
}

/* With which manners by the first rule for them, of those near: check rules are asked
 * first, and each kind in the order of the policy. */
static struct firsts
firsts_at(struct turning *t, struct arena *scratch, enum diff_side side,
          const struct near *near, uint32_t login)
{
	struct bits_store *store = &t->c->cut->store;
	const struct bits *taken = store->all[0];
	struct firsts firsts = { arena_array(scratch, near->n, sizeof(*firsts.at)), 0 };

	for (int turn = 0; turn < 2; turn++)
		for (size_t i = 0; i < near->n; i++) {
			const struct cut_box *box = near->at[i];
			if (login < box->lo || login > box->hi ||
			    is_check(t->c, side, box) != (turn == 0))
				continue;
			firsts_put(&firsts, store, t->manners->of[side][box->unit],
			           bits_minus(store, box->from, taken));
			taken = bits_join(store, taken, box->from);
		}
	return firsts;
}

static struct diff_facts *
change_facts(struct turning *t, enum manner manner, uint32_t was, uint32_t is)
{
	char *key = arena_format(t->arena, "%d %u %u", (int)manner, was, is);
	size_t known = t->change_keys.n;
	uint32_t number = names_add(&t->change_keys, text_of(key));

	if (number == known) {
		t->changes = arena_grow(t->arena, t->changes, known, &t->changes_cap,
		                        sizeof(*t->changes));
		t->changes[number] =
			(struct change) { .manner = manner, .was = was, .is = is };
	}
	return &t->changes[number].facts;
}

/* What is another now for those who log in by one rule before and by another after. */
static void
manners_put(struct turning *t, const struct first *before, const struct first *after,
            struct diff_run run)
{
	const uint32_t *was = t->manners->how[before->how].values;
	const uint32_t *is = t->manners->how[after->how].values;
	const struct bits *both;

	if (before->how == after->how)
		return;
	both = bits_meet(&t->c->cut->store, before->from, after->from);
	for (enum manner m = 0; m < MANNER_N && both->n > 0; m++)
		if (was[m] != is[m] && was[m] != NAMES_NONE && is[m] != NAMES_NONE)
			fact_put(t, change_facts(t, m, was[m], is[m]), both, run);
}

static void
manners_at(struct turning *t, const struct near near[2], struct diff_run run)
{
	struct arena scratch = { 0 };
	struct firsts before = firsts_at(t, &scratch, DIFF_OLD, &near[DIFF_OLD], run.lo);
	struct firsts after = firsts_at(t, &scratch, DIFF_NEW, &near[DIFF_NEW], run.lo);

	for (size_t i = 0; i < before.n; i++)
		for (size_t k = 0; k < after.n; k++)
			manners_put(t, &before.at[i], &after.at[k], run);
	arena_end(&scratch);
}

static int
unit_order(const void *left, const void *right)
{
	const struct cut_box *const *a = left, *const *b = right;

	return ((*a)->unit > (*b)->unit) - ((*a)->unit < (*b)->unit);
}

static void
turns_of_class(struct turning *t)
{
	struct arena scratch = { 0 };
	struct near near[2];
	uint32_t end;

	for (int side = DIFF_OLD; side <= DIFF_NEW; side++) {
		near[side] = boxes_near(t->c, &scratch, (enum diff_side)side, t->class,
		                        t->line);
		if (near[side].n > 1)
			qsort(near[side].at, near[side].n, sizeof(*near[side].at),
			      unit_order);
	}
	for (uint32_t lo = 0; lo < LOGINS_LINE && near[0].n + near[1].n > 0; lo = end) {
		struct verdicts v[2];
		end = edge_after(near, lo);
		for (int side = DIFF_OLD; side <= DIFF_NEW; side++)
			v[side] =
				verdicts_at(t->c, (enum diff_side)side, &near[side], lo);
		struct diff_run run = { 0, (uint16_t)lo, (uint16_t)(end - 1) };
		turns_put(t, v, run);
		if (t->manners->vary)
			manners_at(t, near, run);
	}
	arena_end(&scratch);
}

static void
turns_find(struct turning *t)
{
	const struct cut *cut = t->c->cut;
	uint32_t n_lines = (uint32_t)cut->line_keys.n;
	uint32_t any = names_find(&cut->planes, text_of(PLANE_ANY));

	for (t->class = 0; t->class < cut->axes[CUT_DST].partition.n_classes; t->class ++)
		for (t->line = 0; t->line < n_lines; t->line++)
			if (cut->lines[t->line].plane == any)
				turns_of_class(t);
}

/* Logins as people say them. */
static const char *
logins_text(const struct filling *f, const struct diff_block *block)
{
	struct arena *arena = f->t->work;
	const struct logins *logins = &f->logins;
	struct text *texts = arena_array(arena, logins_n(logins) + 1, sizeof(*texts));
	bool *in = arena_array(arena, logins_n(logins), sizeof(*in));
	bool others = true;
	size_t n = 0;

	for (size_t i = 0; i < block->n_runs; i++)
		for (uint32_t k = block->runs[i].lo; k <= block->runs[i].hi; k++)
			in[block->runs[i].kind * LOGINS_LINE + k] = true;
	for (uint32_t i = 1; i < logins_n(logins); i++)
		others &= in[i];
	if (in[0])
		texts[n++] = text_of("root");
	if (others)
		texts[n++] = text_of(in[0] ? "anybody else" : "anybody but root");
	for (uint32_t i = 1; i < login_other(logins) && !others; i++)
		if (in[i])
			texts[n++] = logins->names.texts[i];
	if (!others && in[login_other(logins)])
		texts[n++] = text_of("any login that no rule names");
	for (uint32_t i = 0; i < logins->domains.n && !others; i++)
		if (in[login_own(logins, i)])
			texts[n++] =
				text_of(arena_format(arena, "their own name at %.*s",
			                             TEXT_ARG(logins->domains.texts[i])));
	return words_join(arena, texts, n);
}

/* The first rule of a side that has to do with a block. */
static struct span
rule_of(struct filling *f, enum diff_side side, const struct diff_block *block)
{
	struct cut *cut = f->c->cut;
	uint32_t source, class;
	enum stratum stratum;
	struct arena scratch = { 0 };
	const struct ssh_rule *best = NULL;

	if (!block_pair(f->c->words[turns[0].words], block, &source, &class, &stratum))
		return SPAN_NONE;
	struct near near =
		boxes_near(f->c, &scratch, side, class,
	                   cut_line(cut, block->plane, block->runs[0].kind, stratum));
	for (size_t i = 0; i < near.n; i++) {
		const struct cut_box *box = near.at[i];
		const struct ssh_rule *rule = &f->c->both[side].policy->ssh[box->unit];
		if (box->lo <= block->runs[0].lo && block->runs[0].lo <= box->hi &&
		    bits_hold(box->from, source) &&
		    (!best || (rule->action == SSH_CHECK) > (best->action == SSH_CHECK)))
			best = rule;
	}
	arena_end(&scratch);
	return best ? best->node->span : SPAN_NONE;
}

static void
turn_tell(struct filling *f, enum turn turn, const struct diff_facts *facts)
{
	struct telling *t = f->t;
	struct diff_blocks blocks =
		diff_fold(f->c->words[turns[turn].words], t->work, facts);

	for (size_t i = 0; i < blocks.n; i++) {
		const struct diff_block *block = &blocks.at[i];
		struct text *dst = diff_texts(t->work, &block->dst, NULL);
		telling_add(t, SECTION_SSH, turns[turn].effect,
		            rule_of(f, DIFF_OLD, block), rule_of(f, DIFF_NEW, block),
		            "%s %s %s as %s%s", block_sources(t->work, block),
		            turns[turn].before, words_join(t->work, dst, block->dst.n),
		            logins_text(f, block), turns[turn].after);
	}
}

/* A change of manners, told in the words of the new policy. */
static void
change_tell(struct filling *f, const struct change *change)
{
	struct telling *t = f->t;
	struct diff_blocks blocks =
		diff_fold(f->c->words[DIFF_NEW], t->work, &change->facts);

	for (size_t i = 0; i < blocks.n; i++) {
		const struct diff_block *block = &blocks.at[i];
		struct text *dst = diff_texts(t->work, &block->dst, NULL);
		telling_add(t, SECTION_SSH, EFFECT_OTHER, rule_of(f, DIFF_OLD, block),
		            rule_of(f, DIFF_NEW, block),
		            "%s on %s as %s: %s %s now, not %s",
		            block_sources(t->work, block),
		            words_join(t->work, dst, block->dst.n), logins_text(f, block),
		            manners_said[change->manner], f->manners.shown[change->is],
		            f->manners.shown[change->was]);
	}
}

/* Texts in one order, each once. */
static const char *
texts_text(struct arena *arena, struct text *texts, size_t n, const char *none)
{
	size_t kept = 0;

	texts_sort(texts, n);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || !text_equal(texts[kept - 1], texts[i]))
			texts[kept++] = texts[i];
	return kept > 0 ? words_join(arena, texts, kept) : none;
}

static const char *
env_text(struct arena *arena, const struct ssh_rule *rule)
{
	struct text *texts = arena_array(arena, rule->accept_env.n, sizeof(*texts));

	for (size_t i = 0; i < rule->accept_env.n; i++)
		texts[i] = rule->accept_env.at[i].text;
	return texts_text(arena, texts, rule->accept_env.n, "none");
}

static const char *
recorders_text(struct arena *arena, const struct ssh_rule *rule)
{
	struct text *texts = arena_array(arena, rule->recorder.n, sizeof(*texts));

	for (size_t i = 0; i < rule->recorder.n; i++)
		texts[i] = rule->recorder.at[i].text;
	return texts_text(arena, texts, rule->recorder.n, "nobody");
}

/* The number of a value: what has one key is the same, however it is written. */
static uint32_t
manner_value(struct filling *f, enum manner manner, const char *key, const char *shown)
{
	struct manners *manners = &f->manners;
	struct arena *arena = f->t->work;
	size_t known = manners->values.n;
	uint32_t number =
		names_add(&manners->values,
	                  text_of(arena_format(arena, "%d %s", (int)manner, key)));

	if (number == known) {
		manners->shown = arena_grow(arena, manners->shown, known,
		                            &manners->shown_cap, sizeof(*manners->shown));
		manners->shown[number] = shown;
	}
	return number;
}

/* How long a check lasts where a rule does not say it. */
#define PERIOD_USUAL INT64_C(43200000000000)

static uint32_t
period_value(struct filling *f, const struct policy *policy, const struct ssh_rule *rule)
{
	bool written = rule->check_period.node != NULL;
	char key[32];

	if (!ssh_asks(policy, rule))
		return NAMES_NONE;
	duration_write(written ? rule->check_period_ns : PERIOD_USUAL, key);
	return manner_value(f, MANNER_PERIOD, key,
	                    written ? arena_format(f->t->work, "%.*s",
	                                           TEXT_ARG(rule->check_period.text))
	                            : "12h");
}

static struct how
how_of(struct filling *f, const struct policy *policy, const struct ssh_rule *rule)
{
	const char *env = env_text(f->t->work, rule);
	const char *recorder = recorders_text(f->t->work, rule);
	const char *enforce = rule->enforce_recorder ? "refused" : "let in";

	return (struct how) { {
		[MANNER_PERIOD] = period_value(f, policy, rule),
		[MANNER_ENV] = manner_value(f, MANNER_ENV, env, env),
		[MANNER_RECORDER] = manner_value(f, MANNER_RECORDER, recorder, recorder),
		[MANNER_ENFORCE] = manner_value(f, MANNER_ENFORCE, enforce, enforce),
	} };
}

static uint32_t
how_number(struct filling *f, struct how how)
{
	struct manners *manners = &f->manners;
	struct arena *arena = f->t->work;
	size_t known = manners->hows.n;
	char *key = arena_copy(arena, (const char *)&how, sizeof(how));
	uint32_t number = names_add(&manners->hows, (struct text) { key, sizeof(how) });

	if (number == known) {
		manners->how = arena_grow(arena, manners->how, known, &manners->how_cap,
		                          sizeof(*manners->how));
		manners->how[number] = how;
	}
	return number;
}

static void
manners_gather(struct filling *f)
{
	struct manners *manners = &f->manners;
	bool checks = false;

	manners->values.arena = manners->hows.arena = f->t->work;
	for (int side = DIFF_OLD; side <= DIFF_NEW; side++) {
		const struct policy *policy = f->t->both[side].policy;
		manners->of[side] =
			arena_array(f->t->work, policy->n_ssh, sizeof(uint32_t));
		for (size_t i = 0; i < policy->n_ssh; i++) {
			struct how how = how_of(f, policy, &policy->ssh[i]);
			manners->of[side][i] = how_number(f, how);
			checks |= how.values[MANNER_PERIOD] != NAMES_NONE;
		}
	}
	manners->vary = manners->values.n > MANNER_N - 1 + (size_t)checks;
}

void
diff_ssh(struct telling *t)
{
	static const enum section sections[] = { SECTION_SSH, SECTION_GROUPS,
		                                 SECTION_HOSTS, SECTION_POSTURES,
		                                 SECTION_DEFAULT_SRC_POSTURE };
	struct filling f = { .t = t };
	struct turning turning = { .manners = &f.manners,
		                   .arena = t->work,
		                   .change_keys.arena = t->work };

	if (sections_alike(t, sections, COUNT(sections)))
		return;
	f.logins.names.arena = f.logins.domains.arena = t->work;
	names_add(&f.logins.names, text_of("root"));
	logins_gather(&f.logins, t->both[DIFF_OLD].policy);
	logins_gather(&f.logins, t->both[DIFF_NEW].policy);
	manners_gather(&f);
	turning.c = comparison_of(t, fill_both, &f);
	if (!turning.c)
		return;
	turns_find(&turning);
	for (enum turn turn = 0; turn < TURN_N; turn++)
		turn_tell(&f, turn, &turning.facts[turn]);
	for (size_t i = 0; i < turning.change_keys.n; i++)
		change_tell(&f, &turning.changes[i]);
}
