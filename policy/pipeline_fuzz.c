/* A policy, an inventory and the name of a target, taken through everything there
 * is to ask: tables, ssh, attributes, tests, explanations, lint and its repairs. */
#include "policy/fuzz.h"

#include "policy/attrs.h"
#include "policy/claim.h"
#include "policy/lint.h"
#include "policy/probe.h"
#include "policy/remedy.h"
#include "policy/ssh.h"
#include "policy/table.h"
#include "policy/terms.h"

/* What every run takes, whatever the input. */
#define FLOOR ((size_t)1 << 20)

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return fuzz_watch_install();
}

static void
strings_visit(struct table *table, const struct wire_rule *rule)
{
	struct range range;

	for (size_t i = 0; i < table_src_length(table, rule->src); i++) {
		struct text text = table_src_text(table, rule->src, i);
		demand(text_is(text, "*") || range_parse(text, &range) == ADDRESS_FINE ||
		       prefix_parse(text, &range, NULL, NULL) == ADDRESS_FINE);
	}
	for (size_t i = 0; i < rule->n_dst; i++) {
		struct text text = rule->dst[i].ip;
		demand(text_is(text, "*") || range_parse(text, &range) == ADDRESS_FINE ||
		       prefix_parse(text, &range, NULL, NULL) == ADDRESS_FINE);
		demand(rule->dst[i].ports.first <= rule->dst[i].ports.last);
	}
	demand(rule->n_dst > 0 || rule->n_cap_dst > 0);
}

/* What each machine is sent. */
static void
machines_visit(struct arena *arena, struct filter *filter)
{
	struct tailnet *tailnet = filter->tailnet;
	struct table *table = table_make(arena, filter);
	struct ssh_table *ssh = ssh_compile(arena, filter->policy, tailnet);
	struct attrs *attrs = attrs_compile(arena, filter->policy, tailnet);
	struct arena scratch = { 0 };

	for (uint32_t m = 0; m < tailnet->n_machines && !tailnet->imagined; m++) {
		size_t n_peers;
		struct wire_table wire = table_of(table, &scratch, m);
		for (size_t i = 0; i < wire.n; i++)
			strings_visit(table, &wire.rules[i]);
		table_peers(table, m, &n_peers);
		struct wire_ssh rules = { 0 };
		if (ssh)
			rules = ssh_of(ssh, &scratch, m);
		for (size_t i = 0; i < rules.n; i++)
			demand(ssh_principals_json(ssh, rules.rules[i]->principals).len >
			       0);
		demand(attrs_of(attrs, m) < attrs_n(attrs));
		arena_end(&scratch);
	}
	terms_of(arena, filter->policy);
}

/* Asks about the ends of the first grants. */
static void
questions_ask(struct arena *arena, struct filter *filter)
{
	struct prober *prober = prober_make(arena, filter, PROBE_EXPLAIN);
	const struct policy *policy = filter->policy;

	for (size_t i = 0; i < policy->n_grants && i < 3; i++) {
		const struct grant *grant = &policy->grants[i];
		const char *why;
		if (grant->src.n == 0 || grant->dst.n == 0)
			continue;
		struct question q = {
			.src = probe_end_of_selector(prober, &grant->src.at[0], &why),
			.dst = probe_end_of_selector(prober, &grant->dst.at[0].selector,
			                             &why),
			.protocol = PROTOCOL_TCP,
			.ports = { 22, 22 },
			.ported = true,
			.near = true,
		};
		if (!q.src || !q.dst)
			continue;
		struct answer answer = probe(prober, &q);
		demand(answer.all <= answer.some ||
		       (answer.all == TRUTH_MAYBE && answer.some == TRUTH_MAYBE));
		q.dst = NULL;
		probe_all(prober, &q);
	}
}

static void
lint_ask(struct arena *arena, struct policy *policy, struct filter *filter,
         struct findings *findings)
{
	const struct claims *claims = filter ? claims_judge(arena, filter) : NULL;
	struct levels levels = { 0 };
	struct lint lint = {
		.arena = arena,
		.policy = policy,
		.filter = filter,
		.claims = claims,
		.settings = settings_none(arena),
		.levels = &levels,
		.today = 20000,
		.findings = findings,
	};

	if (claims) {
		demand(claims->n_passed + claims->n_unknown + claims->n_failed +
		               claims->n_invalid ==
		       claims->n);
		claims_raise(claims, findings);
	}
	struct report report = lint_run(&lint);
	fuzz_findings_stand(findings);
	report_keys(arena, policy->tree, &report);
	for (size_t i = 1; i < report.n; i++)
		demand(report.at[i - 1]->source != report.at[i]->source ||
		       report.at[i - 1]->where.first <= report.at[i]->where.first);
}

/* What is mended is no worse than before. */
static void
remedy_ask(struct arena *arena, struct policy *policy, struct tailnet *tailnet, bool fine)
{
	struct levels levels = { 0 };
	struct remedy remedy = {
		.arena = arena,
		.target = policy->target,
		.tailnet = tailnet,
		.settings = settings_none(arena),
		.levels = &levels,
		.today = 20000,
		.least = LEVEL_ADVICE,
	};
	struct findings findings = { .arena = arena };
	struct text mended = remedy_apply(&remedy, policy->source);

	if (fine)
		demand(fuzz_policy(arena, "mended", mended, policy->target, tailnet,
		                   &findings));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct fuzz_parts parts = fuzz_parts_of(bytes, len);
	struct arena arena = { 0 };
	struct findings findings = { .arena = &arena };
	enum target target = TARGET_TAILSCALE;
	struct filter *filter = NULL;

	fuzz_watch_begin(len, FLOOR);
	target_parse(text_trim(parts.at[2]), &target);
	struct tailnet *tailnet = fuzz_tailnet(&arena, parts.at[1]);
	struct tree *tree = fuzz_tree(&arena, "policy", parts.at[0], &findings);
	struct policy *policy = policy_read(&arena, tree, target, &findings);
	if (!tree->broken)
		policy_validate(policy, tailnet, &findings);
	fuzz_findings_stand(&findings);
	bool fine = findings.n_errors == 0;
	if (fine) {
		filter = fuzz_filter(&arena, policy, tailnet);
		machines_visit(&arena, filter);
		questions_ask(&arena, filter);
	}
	lint_ask(&arena, policy, filter, &findings);
	fuzz_watch_end(len);
	if (!tree->broken)
		remedy_ask(&arena, policy, tailnet, fine);
	arena_end(&arena);
	return 0;
}
