#include "policy/claim.h"

#include <string.h>

#include "grammar/arena.h"
#include "policy/bench.h"
#include "policy/claim_shape.h"
#include "policy/claim_words.h"
#include "policy/dialect.h"
#include "policy/show.h"
#include "policy/ssh.h"

struct judge {
	struct arena *arena;
	struct filter *filter;
	const struct policy *policy;
	struct shape *shape;
	struct claims *claims;
	struct claim *at;
	size_t cap;
	struct benches *benches;
	bool brief; /* nothing to tell of what passed */
};

static void
claim_add(struct judge *j, struct claim claim)
{
	struct claims *c = j->claims;
	j->at = arena_grow(j->arena, j->at, c->n, &j->cap, sizeof *j->at);
	j->at[c->n++] = claim;
	c->n_passed += claim.verdict == CLAIM_PASSED;
	c->n_unknown += claim.verdict == CLAIM_UNKNOWN;
	c->n_failed += claim.verdict == CLAIM_FAILED;
	c->n_invalid += claim.verdict == CLAIM_INVALID;
}

static void
claim_add_invalid(struct judge *j, struct claim claim, struct span where, const char *why)
{
	claim.verdict = CLAIM_INVALID;
	claim.where = where;
	claim.why = why;
	claim_add(j, claim);
}

/* The same of a fault in the test's shape. */
static void
claim_add_fault(struct judge *j, struct claim claim, const struct shape_fault *fault)
{
	claim.words = claim_words_of_fault(j->arena, &claim, fault);
	claim.early = !fault->late;
	claim_add_invalid(j, claim, fault->where, fault->said);
}

static const char *
names_nobody(struct judge *j, struct text text)
{
	return arena_format(j->arena, "%s names nobody", text_show(j->arena, text));
}

/* What an accept wants to be true, and a deny not. */
static enum claim_verdict
verdict_of(enum claim_kind kind, enum truth truth)
{
	if (truth == TRUTH_MAYBE)
		return CLAIM_UNKNOWN;
	return (truth == TRUTH_YES) == (kind != CLAIM_DENY) ? CLAIM_PASSED : CLAIM_FAILED;
}

/* An accept asks of all sources that they get there, a deny of all that they
 * do not (spec/semantics.md 11.8); Headscale's deny, that not all of them do
 * (spec/policy-syntax.md 11). */
static enum truth
truth_in_question(const struct judge *j, const struct claim *claim,
                  const struct answer *answer)
{
	bool some = claim->kind == CLAIM_DENY && !target_is_headscale(j->policy->target);
	return some ? answer->some : answer->all;
}

/* The hit that tells most: one for sure where the answer is sure, else one with
 * as few doubts as there are. */
static const struct probe_hit *
telling_hit(const struct claim *claim, const struct answer *answer)
{
	const struct probe_hit *best = NULL;
	for (size_t i = 0; i < answer->n_by; i++) {
		const struct probe_hit *hit = &answer->by[i];
		if (hit->maybe == (claim->verdict == CLAIM_UNKNOWN) &&
		    (!best || hit->doubts < best->doubts))
			best = hit;
	}
	return best;
}

/* Why an answer is as it is, in one sentence, and the rule it is about. */
static void
tell_why(struct judge *j, struct claim *claim, const struct answer *answer)
{
	const char *dst = text_show(j->arena, claim->dst);
	const struct probe_hit *hit = telling_hit(claim, answer);
	bool open = truth_in_question(j, claim, answer) != TRUTH_NO;
	/* tcp, where a test gives none (spec/semantics.md 10) */
	int protocol = claim->protocol == PROTOCOL_ANY ? PROTOCOL_TCP : claim->protocol;
	claim->why = arena_format(j->arena, "no rule lets %s reach %s over %s",
	                          text_show(j->arena, claim->src), dst,
	                          protocol_name(j->arena, protocol));
	if (open && hit) {
		claim->why = hit->said;
		claim->grant = hit->rule->grant;
	} else if (claim->verdict == CLAIM_UNKNOWN && answer->n_by) {
		claim->why = arena_format(j->arena,
		                          "%s; whether that is anybody there is not "
		                          "known from here",
		                          answer->by[0].said);
		claim->grant = answer->by[0].rule->grant;
	} else if (answer->missing) {
		claim->why = arena_format(j->arena, "%s does not reach %s",
		                          answer->missing, dst);
		claim->grant = hit ? hit->rule->grant : NULL;
	} else if (claim->verdict == CLAIM_FAILED && answer->n_near) {
		claim->why = answer->near[0].said;
		claim->grant = answer->near[0].grant;
	}
}

/* Asks, sets the verdict, and tells why it is so. */
static void
claim_ask(struct judge *j, struct bench *bench, struct claim *claim,
          struct question question)
{
	struct answer *answer = arena_alloc(j->arena, sizeof(*answer));
	question.silent = j->brief;
	*answer = probe(bench->prober, &question);
	claim->verdict = verdict_of(claim->kind, truth_in_question(j, claim, answer));
	question.silent = false;
	question.near = claim->verdict == CLAIM_FAILED && claim->kind == CLAIM_ACCEPT;
	if (question.near || (j->brief && claim->verdict != CLAIM_PASSED))
		*answer = probe(bench->prober, &question);
	claim->answer = answer;
	if (!j->brief || claim->verdict != CLAIM_PASSED)
		tell_why(j, claim, answer);
}

static void
judge_destination(struct judge *j, struct bench *bench, const struct probe_end *src,
                  struct claim claim, const struct destination *d)
{
	struct shape_fault fault;
	const char *why;
	claim.dst = d->word.text;
	claim.where = d->word.span;
	if (test_destination_fault(j->shape, d, &fault)) {
		claim_add_fault(j, claim, &fault);
		return;
	}
	const struct probe_end *dst =
		probe_end_of_selector(bench->prober, &d->selector, &why);
	if (!dst) {
		claim_add_invalid(j, claim, d->selector.span, why);
		return;
	}
	/* Headscale asks for somebody there, even to be denied */
	if (!dst->elements->n && target_is_headscale(j->policy->target)) {
		claim.verdict = CLAIM_FAILED;
		claim.why = names_nobody(j, dst->text);
		claim.words = claim_words_of_destination(j->arena, &claim);
		claim_add(j, claim);
		return;
	}
	claim_ask(j, bench, &claim,
	          (struct question) { .src = src,
	                              .dst = dst,
	                              .protocol = claim.protocol,
	                              .ports = d->ports[0],
	                              .ported = true });
	if (!dst->elements->n)
		claim.why = names_nobody(j, dst->text);
	if (claim.verdict == CLAIM_FAILED)
		claim.words = claim_words_of_failure(j->arena, &claim, NULL);
	claim_add(j, claim);
}

static void
judge_destinations(struct judge *j, struct bench *bench, const struct probe_end *src,
                   struct claim claim, enum claim_kind kind,
                   const struct destinations *list)
{
	claim.kind = kind;
	for (size_t i = 0; i < list->n; i++) {
		claim.element = (uint32_t)i;
		judge_destination(j, bench, src, claim, &list->at[i]);
	}
}

/* Whether a test is about somebody; tells that its source, where there is one, is not. */
static bool
source_is_somebody(struct judge *j, struct claim claim, struct span where,
                   const struct probe_end *src, const char *why)
{
	if (src && src->elements->n)
		return true;
	if (src) {
		why = names_nobody(j, src->text);
		claim.words = claim_words_of_source(j->arena, &claim);
	}
	claim_add_invalid(j, claim, where, why);
	return false;
}

static void
judge_test(struct judge *j, const struct test *test)
{
	struct claim claim = {
		.section = SECTION_TESTS,
		.test = test->index,
		.kind = CLAIM_SHAPE,
		.src = test->src_word.text,
		.protocol = test->protocol,
	};
	struct shape_fault fault;
	const struct probe_end *src;
	const char *why;
	if (!test->good)
		return;
	if (test_fault(j->shape, test, &fault)) {
		claim_add_fault(j, claim, &fault);
		return;
	}
	struct bench *bench =
		bench_for(j->benches, &test->attributes, &test->src, &src, &why);
	if (!source_is_somebody(j, claim, test->src_word.span, bench ? src : NULL, why))
		return;
	judge_destinations(j, bench, src, claim, CLAIM_ACCEPT, &test->accept);
	judge_destinations(j, bench, src, claim, CLAIM_DENY, &test->deny);
}

static void
tell_ssh_why(struct judge *j, struct claim *claim, const struct ssh_answer *answer)
{
	const char *login = text_show(j->arena, claim->login);
	const char *src = text_show(j->arena, claim->src);
	const char *dst = text_show(j->arena, claim->dst);
	const struct probe_login *by = answer->n_by ? &answer->by[0] : NULL;
	claim->ssh = by ? by->rule : NULL;
	if (by && claim->kind == CLAIM_CHECK && claim->verdict == CLAIM_FAILED)
		claim->why = arena_format(j->arena,
		                          "%s, and nothing checks that all of "
		                          "%s are who they say",
		                          by->said, src);
	else if (by && claim->verdict == CLAIM_UNKNOWN)
		claim->why = arena_format(j->arena,
		                          "%s; whether that is said of %s and %s is not "
		                          "known from here",
		                          by->said, src, dst);
	else if (by && (answer->all == TRUTH_YES || claim->kind == CLAIM_DENY))
		claim->why = by->said;
	else if (by)
		claim->why = arena_format(j->arena,
		                          "%s, but that is not all of %s on all of %s",
		                          by->said, src, dst);
	else if (claim->verdict == CLAIM_FAILED && answer->n_near) {
		claim->why = answer->near[0].said;
		claim->ssh = answer->near[0].ssh;
	} else
		claim->why =
			arena_format(j->arena, "no ssh rule lets %s log in on %s as %s",
		                     src, dst, login);
}

/* The machine that an end is, where it is a single one of a real tailnet. */
static const struct machine *
only_machine(const struct judge *j, const struct probe_end *end)
{
	const struct tailnet *t = j->filter->tailnet;

	if (t->imagined || end->elements->n != 1 || end->elements->at[0] >= t->n_machines)
		return NULL;
	return &t->machines[end->elements->at[0]];
}

/* The same for a login; a check asks whether it is checked. */
static enum truth
login_in_question(enum claim_kind kind, const struct ssh_answer *answer)
{
	if (kind == CLAIM_CHECK)
		return answer->checked;
	return kind == CLAIM_DENY ? answer->some : answer->all;
}

/* One login on one destination. */
static void
judge_login(struct judge *j, struct bench *bench, const struct probe_end *src,
            struct claim claim, const struct probe_end *dst)
{
	struct ssh_answer *answer = arena_alloc(j->arena, sizeof *answer);
	claim.dst = dst->text;
	if (!dst->elements->n) {
		claim.verdict = CLAIM_FAILED;
		claim.why = names_nobody(j, dst->text);
		claim.words = claim_words_of_destination(j->arena, &claim);
		claim_add(j, claim);
		return;
	}
	*answer = probe_ssh(bench->prober, bench_ssh(j->benches, bench), src, dst,
	                    claim.login);
	claim.ssh_answer = answer;
	claim.verdict = verdict_of(claim.kind, login_in_question(claim.kind, answer));
	if (!j->brief || claim.verdict == CLAIM_FAILED)
		probe_ssh_near(bench->prober, src, dst, claim.login, answer);
	if (!j->brief || claim.verdict != CLAIM_PASSED)
		tell_ssh_why(j, &claim, answer);
	if (claim.verdict == CLAIM_FAILED)
		claim.words =
			claim_words_of_failure(j->arena, &claim, only_machine(j, dst));
	claim_add(j, claim);
}

/* An element of dst, for all logins of a list; it was looked at before. */
static void
judge_logins(struct judge *j, struct bench *bench, const struct probe_end *src,
             struct claim claim, const struct ssh_test *test, enum claim_kind kind,
             const struct words *logins)
{
	struct shape_fault fault;
	const char *why;
	claim.kind = kind;
	for (size_t i = 0; i < logins->n; i++) {
		claim.element = (uint32_t)i;
		claim.login = logins->at[i].text;
		claim.where = logins->at[i].span;
		claim.dst = (struct text) { 0 };
		if (ssh_test_login_fault(j->shape, &logins->at[i], &fault)) {
			claim_add_fault(j, claim, &fault);
			continue;
		}
		for (size_t k = 0; k < test->dst.n; k++) {
			const struct probe_end *dst =
				probe_end_of_selector(bench->prober, &test->dst.at[k],
			                              &why);
			if (dst)
				judge_login(j, bench, src, claim, dst);
		}
	}
}

/* What is wrong with the destinations: told once, not for each login. */
static bool
check_ssh_destinations(struct judge *j, struct bench *bench, struct claim claim,
                       const struct ssh_test *test)
{
	struct shape_fault fault;
	const char *why;
	bool good = true;
	for (size_t i = 0; i < test->dst.n; i++) {
		const struct selector *s = &test->dst.at[i];
		bool wrong = ssh_test_destination_fault(j->shape, s, &fault);
		claim.dst = s->text;
		if (wrong)
			claim_add_fault(j, claim, &fault);
		else if (!probe_end_of_selector(bench->prober, s, &why))
			claim_add_invalid(j, claim, s->span, why);
		else
			continue;
		good = false;
	}
	return good;
}

static void
judge_ssh_test(struct judge *j, const struct ssh_test *test)
{
	struct claim claim = {
		.section = SECTION_SSH_TESTS,
		.test = test->index,
		.kind = CLAIM_SHAPE,
		.src = test->src_word.text,
		.protocol = PROTOCOL_ANY,
	};
	struct shape_fault fault;
	const struct probe_end *src;
	const char *why;
	if (!test->good)
		return;
	if (ssh_test_fault(j->shape, test, &fault)) {
		claim_add_fault(j, claim, &fault);
		return;
	}
	struct bench *bench =
		bench_for(j->benches, &test->attributes, &test->src, &src, &why);
	if (!source_is_somebody(j, claim, test->src_word.span, bench ? src : NULL, why))
		return;
	if (!check_ssh_destinations(j, bench, claim, test))
		return;
	judge_logins(j, bench, src, claim, test, CLAIM_ACCEPT, &test->accept);
	judge_logins(j, bench, src, claim, test, CLAIM_CHECK, &test->check);
	judge_logins(j, bench, src, claim, test, CLAIM_DENY, &test->deny);
}

static struct claims *
judge_all(struct arena *arena, struct filter *filter, bool brief)
{
	const struct policy *policy = filter->policy;
	struct claims *claims = arena_alloc(arena, sizeof *claims);
	struct judge j = {
		.arena = arena,
		.filter = filter,
		.policy = policy,
		.claims = claims,
		.brief = brief,
	};
	claims->policy = policy;
	if (!policy->n_tests && !policy->n_ssh_tests)
		return claims;
	j.shape = shape_of(arena, policy);
	j.benches = benches_make(arena, filter);
	for (size_t i = 0; i < policy->n_tests; i++)
		judge_test(&j, &policy->tests[i]);
	for (size_t i = 0; i < policy->n_ssh_tests; i++)
		judge_ssh_test(&j, &policy->ssh_tests[i]);
	claims->at = j.at;
	return claims;
}

struct claims *
claims_judge(struct arena *arena, struct filter *filter)
{
	return judge_all(arena, filter, false);
}

struct claims *
claims_judge_briefly(struct arena *arena, struct filter *filter)
{
	return judge_all(arena, filter, true);
}

static const char *
kind_word(enum claim_kind kind)
{
	return kind == CLAIM_DENY    ? "denied"
	       : kind == CLAIM_CHECK ? "checked"
	                             : "allowed";
}

static const char *
claim_say(struct arena *arena, const struct claim *c)
{
	const char *src = text_show(arena, c->src), *dst = text_show(arena, c->dst);
	if (c->verdict == CLAIM_INVALID)
		return c->why;
	if (c->section == SECTION_TESTS)
		return arena_format(arena, "%s to %s should be %s, but %s", src, dst,
		                    kind_word(c->kind), c->why);
	return arena_format(arena, "%s on %s as %s should be %s, but %s", src, dst,
	                    text_show(arena, c->login), kind_word(c->kind), c->why);
}

/* Where the rule stands that the sentence is about. */
static void
note_rule(struct findings *findings, struct finding *finding, const struct policy *policy,
          const struct claim *c)
{
	const struct node *rule = c->grant ? c->grant->node
	                          : c->ssh ? c->ssh->node
	                                   : NULL;
	bool open = c->grant ? c->answer->n_by > 0 : c->ssh && c->ssh_answer->n_by > 0;
	if (rule)
		finding_note(findings, finding, policy->source, rule->span, "%s",
		             open ? "allowed here" : "this comes nearest");
}

void
claims_raise(const struct claims *claims, struct findings *findings)
{
	const struct policy *policy = claims->policy;
	const char *words = NULL;
	/* the releases that take no tests refuse them, or pass over them */
	if (target_support(policy->target, FEATURE_TESTS) != TAKES)
		return;
	if (!target_is_headscale(policy->target))
		words = "test(s) failed";
	else if (claims->n_failed + claims->n_invalid > 0)
		words = claims_words(findings->arena, claims);
	for (size_t i = 0; i < claims->n; i++) {
		const struct claim *c = &claims->at[i];
		if (c->verdict != CLAIM_FAILED && c->verdict != CLAIM_INVALID)
			continue;
		const struct check *check = c->verdict == CLAIM_FAILED
		                                    ? &CHECK_TEST_FAILS
		                                    : &CHECK_INVALID_TEST;
		struct finding *f = finding_add(findings, check, policy->source, c->where,
		                                "%s", claim_say(findings->arena, c));
		if (words)
			finding_coordinator(findings, f, "%s", words);
		words = NULL; /* the first error has them for all */
		note_rule(findings, f, policy, c);
	}
}
