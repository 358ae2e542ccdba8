/* A lowered policy allows, as its new target compiles it, what the policy allowed by
 * its own: on small random worlds, for every target. */

#include "policy/lower.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "policy/lower_test.h"

static void
try_policy(struct pair *p)
{
	p->policy = p->w.policy;
	pair_lower(p);
	pair_compile(p);
	for (uint32_t m = 0; m < p->w.tailnet->n_machines; m++)
		compare_machine(p, m);
}

static void
lowered_policies_allow_the_same_or_say_what_is_lost(void **state)
{
	(void)state;
	pairs_try(try_policy);
}

/* From one target to another and on to a third: what was made for the second is a
 * policy written for it. */
static void
try_twice(struct pair *p)
{
	p->policy = p->w.policy;
	pair_lower(p);
	pair_compile(p);
	struct answers answers = answers_of(&p->w, p->lowered, p->table);
	p->policy = p->lowered;
	/* cppcheck-suppress zerodiv; it does not see the targets of target.def */
	p->target = (enum target)(p->seed % TARGET_N);
	pair_lower(p);
	pair_compile(p);
	compare_answers(p, &answers);
}

static void
what_was_lowered_can_be_lowered_again(void **state)
{
	(void)state;
	pairs_try(try_twice);
}

/* The world's people and machines, under a policy of ssh rules. */
static const struct policy *
shell_policy(struct world *w, uint64_t seed)
{
	struct draft *d = arena_alloc(&w->arena, sizeof(*d));
	struct policy *policy;

	d->seed = seed * 0x2545f4914f6cdd1du + 3;
	put(d,
	    "{\"groups\":{\"group:g\":[\"u0@example.com\",\"u2@example.org\"],"
	    "\"group:h\":[\"u1@example.com\"]},\"tagOwners\":{\"tag:a\":[],\"tag:b\":[],"
	    "\"tag:c\":[],\"tag:none\":[]},\"acls\":[],"
	    "\"postures\":{\"posture:linux\":[\"node:os == 'linux'\"]}");
	put_rows(d, "ssh", 4, put_shell);
	put(d, "}");
	policy = policy_read(&w->arena, world_tree(w, "policy", d->text),
	                     TARGET_TAILSCALE, &w->findings);
	policy_validate(policy, w->tailnet, &w->findings);
	if (w->findings.n_errors)
		fail_msg("%s: %s", d->text, findings_first_error(&w->findings)->said);
	return policy;
}

static void
try_shells(struct pair *p)
{
	p->policy = shell_policy(&p->w, p->seed);
	pair_lower(p);
	pair_compile(p);
	struct ssh_table *before = ssh_compile(&p->w.arena, p->policy, p->w.tailnet);
	struct ssh_table *after = ssh_compile(&p->w.arena, p->lowered, p->w.tailnet);
	compare_shells(p, before, after);
}

static void
lowered_ssh_lets_nobody_in_who_was_not(void **state)
{
	(void)state;
	pairs_try(try_shells);
}

/* One rule in another target's terms: its elements, as they are written. */
static const struct rewriting {
	enum target from, to;
	const char *rule;       /* the elements of acls */
	const char *written[3]; /* in the lowered policy; the rest NULL */
	const char *absent;     /* not in it */
} rewritings[] = {
	/* an address brings its machine's others along: they are named */
	{ TARGET_HEADSCALE_0_26,
	  TARGET_TAILSCALE,
	  "{\"action\":\"accept\",\"src\":[\"100.64.0.1\"],\"dst\":[\"tag:a:22\"]}",
	  { "[\"100.64.0.1\", \"fd7a:115c:a1e0::1\"]" },
	  NULL },
	{ TARGET_HEADSCALE_0_26,
	  TARGET_HEADSCALE_0_25,
	  "{\"action\":\"accept\",\"src\":[\"100.64.0.1\"],\"dst\":[\"tag:a:22\"]}",
	  { "[\"100.64.0.1\"]" },
	  "fd7a" },
	/* and cannot be named alone */
	{ TARGET_TAILSCALE,
	  TARGET_HEADSCALE_0_28,
	  "{\"action\":\"accept\",\"src\":[\"100.64.0.1\"],\"dst\":[\"tag:a:22\"]}",
	  { "\"acls\": []" },
	  "100.64" },
	/* no proto: TCP and UDP, with ICMP or without */
	{ TARGET_HEADSCALE_0_27,
	  TARGET_TAILSCALE,
	  "{\"action\":\"accept\",\"src\":[\"tag:a\"],\"dst\":[\"tag:b:22\"]}",
	  { "\"proto\":  \"tcp\"", "\"proto\":  \"udp\"" },
	  "icmp" },
	{ TARGET_TAILSCALE,
	  TARGET_HEADSCALE_0_28,
	  "{\"action\":\"accept\",\"src\":[\"tag:a\"],\"dst\":[\"tag:b:22\"]}",
	  { "[\"tag:b:22\"]", "\"proto\":  \"icmp\"", "[\"tag:b:*\"]" },
	  NULL },
	{ TARGET_HEADSCALE_0_27,
	  TARGET_HEADSCALE_0_28,
	  "{\"action\":\"accept\",\"src\":[\"tag:a\"],\"dst\":[\"tag:b:22\"]}",
	  { "[\"tag:b:22\"]" },
	  "proto" },
	/* all addresses there are */
	{ TARGET_HEADSCALE_0_26,
	  TARGET_HEADSCALE_0_29,
	  "{\"action\":\"accept\",\"src\":[\"*\"],\"dst\":[\"*:*\"]}",
	  { "[\"autogroup:danger-all\"]", "[\"*:*\"]" },
	  NULL },
	{ TARGET_TAILSCALE,
	  TARGET_HEADSCALE_0_26,
	  "{\"action\":\"accept\",\"src\":[\"autogroup:danger-all\"],\"dst\":[\"*:*\"]}",
	  { "[\"*\"]" },
	  NULL },
	/* users, as they are called there */
	{ TARGET_HEADSCALE_0_26,
	  TARGET_HEADSCALE_0_25,
	  "{\"action\":\"accept\",\"src\":[\"ada@\"],\"dst\":[\"tag:a:22\"]}",
	  { "[\"ada\"]" },
	  "ada@\"" },
	{ TARGET_HEADSCALE_0_25,
	  TARGET_HEADSCALE_0_26,
	  "{\"action\":\"accept\",\"src\":[\"ada\"],\"dst\":[\"tag:a:22\"]}",
	  { "[\"ada@\"]" },
	  NULL },
	{ TARGET_HEADSCALE_0_25,
	  TARGET_TAILSCALE,
	  "{\"action\":\"accept\",\"src\":[\"ada\"],\"dst\":[\"tag:a:22\"]}",
	  { "[\"ada@example.com\"]" },
	  NULL },
	/* a slip of the first engine */
	{ TARGET_HEADSCALE_0_25,
	  TARGET_HEADSCALE_0_26,
	  "{\"action\":\"accept\",\"src\":[\"six\"],\"dst\":[\"tag:a:22\"]}",
	  { "\"six\": \"2001:db8::/32\"" },
	  NULL },
	{ TARGET_HEADSCALE_0_26,
	  TARGET_HEADSCALE_0_25,
	  "{\"action\":\"accept\",\"src\":[\"six\"],\"dst\":[\"tag:a:22\"]}",
	  { "\"six\": \"2001:db8:5::1/128\"" },
	  NULL },
	/* IPv6 where there are no brackets */
	{ TARGET_TAILSCALE,
	  TARGET_HEADSCALE_0_28,
	  "{\"action\":\"accept\",\"src\":[\"tag:a\"],\"dst\":[\"[2001:db8::]/48:22\"]}",
	  { "\"2001:db8::/48:22\"" },
	  NULL },
	{ TARGET_HEADSCALE_0_28,
	  TARGET_HEADSCALE_0_29,
	  "{\"action\":\"accept\",\"src\":[\"tag:a\"],\"dst\":[\"2001:db8::/48:22\"]}",
	  { "\"[2001:db8::]/48:22\"" },
	  NULL },
	/* port 0, which nobody serves */
	{ TARGET_HEADSCALE_0_28,
	  TARGET_TAILSCALE,
	  "{\"action\":\"accept\",\"src\":[\"tag:a\"],\"dst\":[\"tag:b:0-22\"]}",
	  { "\"tag:b:1-22\"" },
	  NULL },
};

static const char people[] =
	"[{\"id\":1,\"given_name\":\"a\",\"name\":\"a\",\"ip_addresses\":[\"100.64.0.1\","
	"\"fd7a:115c:a1e0::1\"],\"user\":{\"id\":1,\"name\":\"ada\","
	"\"email\":\"ada@example.com\"}}]";

static struct text
rewrite(struct arena *arena, const struct rewriting *r)
{
	struct findings findings = { .arena = arena };
	const char *text = arena_format(arena,
	                                "{\"hosts\":{\"six\":\"2001:db8:5::1\"},"
	                                "\"tagOwners\":{\"tag:a\":[],\"tag:b\":[]},"
	                                "\"acls\":[%s]}",
	                                r->rule);
	struct tree *trees[2] = {
		hujson_parse(arena, source_of(arena, "policy", text, strlen(text)),
		             &findings),
		hujson_parse(arena,
		             source_of(arena, "people", people, sizeof(people) - 1),
		             &findings),
	};
	struct lowering lowering = { .target = r->to, .narrower = true };
	struct policy *policy = policy_read(arena, trees[0], r->from, &findings);

	lowering.tailnet = tailnet_read(arena, &trees[1], 1, &findings);
	policy_validate(policy, lowering.tailnet, &findings);
	if (findings.n_errors)
		fail_msg("%s: %s", r->rule, findings_first_error(&findings)->said);
	tailnet_index(lowering.tailnet);
	tailnet_approve(lowering.tailnet, policy);
	lowering.policy = policy;
	return policy_lower(arena, &lowering, &findings);
}

static void
what_targets_mean_is_written_as_others_mean_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rewritings) / sizeof(*rewritings); i++) {
		const struct rewriting *r = &rewritings[i];
		struct arena arena = { 0 };
		struct text text = rewrite(&arena, r);
		const char *lowered = arena_copy(&arena, text.at, text.len);
		/* the comment before it names the target */
		const char *body = strchr(lowered, '{');
		if (!body)
			body = lowered;
		for (size_t k = 0; k < 3 && r->written[k]; k++)
			if (!strstr(body, r->written[k]))
				fail_msg("%s\nlacks %s\n%s", r->rule, r->written[k],
				         lowered);
		if (r->absent && strstr(body, r->absent))
			fail_msg("%s\nhas %s\n%s", r->rule, r->absent, lowered);
		arena_end(&arena);
	}
}

/* The case of a feature in testdata/target, as one target reads it; NULL if that
 * refuses it. */
static struct policy *
sample_policy(struct arena *arena, enum feature feature, enum target target)
{
	struct findings findings = { .arena = arena };
	char *path = arena_format(arena, "testdata/target/%s.hujson",
	                          feature_row(feature)->id);
	char *bytes = arena_alloc(arena, 1 << 14);
	FILE *file = fopen(path, "rb");
	struct policy *policy;

	assert_non_null(file);
	size_t len = fread(bytes, 1, 1 << 14, file);
	fclose(file);
	policy = policy_read(arena,
	                     hujson_parse(arena, source_of(arena, path, bytes, len),
	                                  &findings),
	                     target, &findings);
	policy_validate(policy, NULL, &findings);
	return findings.n_errors ? NULL : policy;
}

/* Whether all that may be left out is: what is an error all the same says why. */
static void
check_lost(const struct policy *policy, enum target target, const struct findings *lost)
{
	for (size_t i = 0; i < lost->n; i++)
		if (lost->at[i]->level == LEVEL_ERROR &&
		    !strstr(lost->at[i]->said, "may not only narrow access"))
			fail_msg("%s, %s to %s: %s", policy->source->name,
			         target_name(policy->target), target_name(target),
			         lost->at[i]->said);
}

/* Whether a target takes what is made of the policy for it. */
static void
check_taken(struct arena *arena, const struct policy *policy, enum target target)
{
	struct findings lost = { .arena = arena }, findings = { .arena = arena };
	struct lowering lowering = { policy, NULL, target, true };
	struct text text = policy_lower(arena, &lowering, &lost);
	struct source *source = source_of(arena, "lowered", text.at, text.len);
	struct policy *lowered =
		policy_read(arena, hujson_parse(arena, source, &findings), target,
	                    &findings);

	policy_validate(lowered, NULL, &findings);
	check_lost(policy, target, &lost);
	if (findings.n_errors > 0)
		fail_msg("%s, %s to %s: %s\n%.*s", policy->source->name,
		         target_name(policy->target), target_name(target),
		         findings_first_error(&findings)->said, TEXT_ARG(text));
}

static void
whatever_one_target_takes_is_made_into_what_another_takes(void **state)
{
	(void)state;
	for (size_t f = FEATURE_NONE + 1; f < FEATURE_N; f++)
		for (size_t from = 0; from < TARGET_N; from++) {
			struct arena arena = { 0 };
			struct policy *policy =
				sample_policy(&arena, (enum feature)f, (enum target)from);
			for (size_t to = 0; policy && to < TARGET_N; to++)
				check_taken(&arena, policy, (enum target)to);
			arena_end(&arena);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lowered_policies_allow_the_same_or_say_what_is_lost),
		cmocka_unit_test(what_was_lowered_can_be_lowered_again),
		cmocka_unit_test(lowered_ssh_lets_nobody_in_who_was_not),
		cmocka_unit_test(what_targets_mean_is_written_as_others_mean_it),
		cmocka_unit_test(
			whatever_one_target_takes_is_made_into_what_another_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
