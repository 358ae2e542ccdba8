/* The policy's own tests: what they say, and what they leave unsaid. */
#include "policy/lint_pass.h"

#include "grammar/arena.h"
#include "policy/claim.h"
#include "policy/resolve.h"

bool
lint_runs(const struct lint *lint, enum feature feature)
{
	return target_support(lint->policy->target, feature) == TAKES;
}

static void
no_tests(struct lint *lint)
{
	const struct policy *policy = lint->policy;
	size_t n_denied = 0;

	if (!lint_runs(lint, FEATURE_TESTS))
		return;
	if (policy->n_tests == 0 && policy->n_grants > 0) {
		lint_raise(lint, &CHECK_NO_TESTS, lint_opening(policy->tree->root),
		           "no tests say what this policy must allow and must deny, so "
		           "that nothing stops a change that opens too much");
		return;
	}
	for (size_t i = 0; i < policy->n_tests; i++)
		n_denied += policy->tests[i].deny.n;
	if (policy->n_tests > 0 && n_denied == 0)
		lint_raise(lint, &CHECK_NO_DENY_TESTS,
		           policy->sections[SECTION_TESTS]->span,
		           "no test has a deny, and only those fail when a change opens "
		           "too much");
}

static void
no_ssh_tests(struct lint *lint)
{
	const struct policy *policy = lint->policy;

	if (policy->n_ssh > 0 && policy->n_ssh_tests == 0 &&
	    lint_runs(lint, FEATURE_SSH_TESTS))
		lint_raise(lint, &CHECK_NO_SSH_TESTS, policy->sections[SECTION_SSH]->span,
		           "no sshTests say who must and who must not be able to log in");
}

/* What the tests hold each grant to, by its place in policy->grants. */
struct held {
	bool needed;          /* some accept would fail without it */
	bool src, dst, ports; /* some deny would fail if these were everything */
};

/* The place of a grant, or of its copy: claims with postures of their own are judged
 * by copies (condition.h). */
static size_t
grant_place(const struct policy *policy, const struct grant *grant)
{
	size_t n_acls = policy->grants[policy->n_grants - 1].index + 1;

	if (grant->section == SECTION_GRANTS)
		return grant->index;
	return policy->n_grants - n_acls + grant->index; /* acls come last */
}

/* A rule that an accept depends on: the only one of the answer. */
static void
needed_by(struct lint *lint, struct held *held, const struct claim *claim)
{
	const struct grant *only = NULL;

	for (size_t i = 0; i < claim->answer->n_by; i++) {
		const struct grant *grant = claim->answer->by[i].rule->grant;
		if (only && grant != only)
			return;
		only = grant;
	}
	if (only)
		held[grant_place(lint->policy, only)].needed = true;
}

/* One end of a denial, and which parties of rules take it in, as far as asked. */
struct denied_end {
	struct party party;
	unsigned char *told; /* by party: 0 unknown, 1 no, 2 yes */
};

static bool
takes_in(struct denied_end *end, const struct party *outer)
{
	const struct party *inner = &end->party;
	struct ranges ranges = { outer->literals, outer->n_literals };
	bool all = true;

	if (end->told[outer->number])
		return end->told[outer->number] == 2;
	if (!outer->any && !outer->danger) {
		all = set_within(inner->machines, outer->machines);
		for (size_t i = 0; i < inner->n_literals; i++)
			all = all && ranges_cover(ranges, inner->literals[i]);
	}
	end->told[outer->number] = all ? 2 : 1;
	return all;
}

/* Whether a rule has the port of a test, which is tcp's where it says none. */
static bool
has_port(const struct rule *rule, int protocol, uint16_t port)
{
	if (protocol == PROTOCOL_ANY)
		protocol = PROTOCOL_TCP;
	if (rule->protocol != protocol &&
	    (rule->protocol != PROTOCOL_ANY ||
	     (protocol != PROTOCOL_TCP && protocol != PROTOCOL_UDP)))
		return false;
	for (size_t i = 0; i < rule->n_ports; i++)
		if (rule->ports[i].first <= port && rule->ports[i].last >= port)
			return true;
	return false;
}

/* What would fail, of a denial, if rules were wider. */
static void
denial_holds(struct lint *lint, struct held *held, const struct test *test,
             const struct destination *dst)
{
	const struct filter *filter = lint->imagined;
	struct arena scratch = { 0 };
	struct denied_end from = { party_of_selector(lint->policy, filter->tailnet,
		                                     &test->src),
		                   arena_array(&scratch, filter->n_parties, 1) };
	struct denied_end to = { party_of_selector(lint->policy, filter->tailnet,
		                                   &dst->selector),
		                 arena_array(&scratch, filter->n_parties, 1) };

	for (size_t i = 0; i < filter->n_rules && dst->n_ports > 0; i++) {
		const struct rule *rule = &filter->rules[i];
		if (rule->kind != RULE_NETWORK || !rule->grant || rule->self)
			continue;
		bool src = takes_in(&from, rule->src), end = takes_in(&to, rule->dst);
		bool port = has_port(rule, test->protocol, dst->ports[0].first);
		struct held *of = &held[rule->grant - lint->policy->grants];
		of->src |= end && port;
		of->dst |= src && port;
		of->ports |= src && end;
	}
	arena_end(&scratch);
}

/* More pairs of a denial and a rule are not looked at. */
#define PAIRS_MAX 20000000

/* Whether there are few enough denials, and some. */
static bool
denials_hold(struct lint *lint, struct held *held)
{
	const struct policy *policy = lint->policy;
	size_t n = 0;

	for (size_t i = 0; i < policy->n_tests; i++)
		n += policy->tests[i].deny.n;
	if (n == 0 || n > PAIRS_MAX / (lint->imagined->n_rules + 1))
		return false;
	for (size_t i = 0; i < policy->n_tests; i++)
		for (size_t k = 0; k < policy->tests[i].deny.n; k++)
			denial_holds(lint, held, &policy->tests[i],
			             &policy->tests[i].deny.at[k]);
	return true;
}

static bool
is_any_source(struct lint *lint, const struct grant *grant)
{
	for (size_t i = 0; i < grant->src.n; i++)
		if (lint_crowd(lint, &grant->src.at[i]) >= CROWD_TAILNET)
			return true;
	return false;
}

static bool
is_any_destination(struct lint *lint, const struct grant *grant)
{
	for (size_t i = 0; i < grant->dst.n; i++)
		if (lint_crowd(lint, &grant->dst.at[i].selector) >= CROWD_TAILNET)
			return true;
	return false;
}

static bool
is_any_port(const struct grant *grant)
{
	if (grant->section == SECTION_GRANTS) {
		for (size_t i = 0; i < grant->n_ip; i++)
			if (ports_all(grant->ip[i].ports))
				return true;
		return grant->n_ip == 0;
	}
	for (size_t i = 0; i < grant->dst.n; i++)
		for (size_t k = 0; k < grant->dst.at[i].n_ports; k++)
			if (ports_all(grant->dst.at[i].ports[k]))
				return true;
	return false;
}

/* "src, dst": the parts of a rule that could be everything unnoticed. */
static const char *
loose_parts(struct lint *lint, const struct grant *grant, const struct held *held)
{
	const char *parts = NULL;
	const struct {
		bool loose;
		const char *name;
	} of[] = {
		{ !held->src && !is_any_source(lint, grant), "the src" },
		{ !held->dst && !is_any_destination(lint, grant), "the dst" },
		{ !held->ports && !is_any_port(grant), "the ports" },
	};

	for (size_t i = 0; i < sizeof(of) / sizeof(*of); i++)
		if (of[i].loose)
			parts = parts ? lint_say(lint, "%s or %s", parts, of[i].name)
			              : of[i].name;
	return parts;
}

/* Whether tests can speak of a rule at all. */
static bool
is_testable(const struct grant *grant)
{
	return grant->good && grant->n_ip > 0 && grant->via.n == 0 && grant->src.n > 0 &&
	       grant->dst.n > 0;
}

static void
coverage(struct lint *lint)
{
	const struct policy *policy = lint->policy;
	struct held *held = arena_array(lint->arena, policy->n_grants, sizeof(*held));
	bool denials;

	for (size_t i = 0; i < lint->claims->n; i++) {
		const struct claim *claim = &lint->claims->at[i];
		if (claim->section == SECTION_TESTS && claim->kind == CLAIM_ACCEPT &&
		    claim->verdict == CLAIM_PASSED && claim->answer)
			needed_by(lint, held, claim);
	}
	denials = denials_hold(lint, held);
	for (size_t i = 0; i < policy->n_grants; i++) {
		const struct grant *grant = &policy->grants[i];
		const char *loose;
		if (!is_testable(grant))
			continue;
		if (!held[i].needed) {
			lint_raise(lint, &CHECK_UNTESTED_RULE, lint_opening(grant->node),
			           "no test would fail without this rule: add what it is "
			           "for to an accept");
			continue;
		}
		loose = denials ? loose_parts(lint, grant, &held[i]) : NULL;
		if (loose)
			lint_raise(
				lint, &CHECK_SURVIVING_MUTANT, lint_opening(grant->node),
				"no test would fail if %s of this rule were everything: "
				"add what must stay closed to a deny",
				loose);
	}
}

/* Denials that hold because nobody is there, whatever the rules say. */
static void
vacuous(struct lint *lint, const struct destination *dst)
{
	struct tailnet *real = lint_tailnet(lint);
	struct party party = party_of_selector(lint->policy, real, &dst->selector);
	const struct set *machines = party_machines(real, &party, true);

	if (machines->n == 0 && !party.any && !party.internet && !party.unknown)
		lint_raise(lint, &CHECK_VACUOUS_TEST, dst->word.span,
		           "this holds whatever the rules say: no machine of the "
		           "inventory has or routes %s",
		           lint_show(lint, dst->selector.text));
}

static void
vacuous_tests(struct lint *lint)
{
	const struct policy *policy = lint->policy;

	for (size_t i = 0; i < policy->n_tests; i++)
		for (size_t k = 0; k < policy->tests[i].deny.n; k++)
			vacuous(lint, &policy->tests[i].deny.at[k]);
}

void
lint_tests(struct lint *lint)
{
	no_tests(lint);
	no_ssh_tests(lint);
	lint_contradictions(lint);
	if (lint_tailnet(lint))
		vacuous_tests(lint);
	if (lint->imagined && lint->claims && lint->policy->n_tests > 0)
		coverage(lint);
}
