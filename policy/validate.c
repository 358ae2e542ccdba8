#include "policy/validate.h"

#include <string.h>

#include "grammar/arena.h"
#include "policy/derp.h"
#include "policy/dialect.h"
#include "policy/tailnet.h"

/* Steps of comparing letters that guessing at names may take in all. */
#define EFFORT_MAX ((size_t)1 << 24)

/* Bytes of words on errors that are not the first. */
#define SPOKEN_MAX ((size_t)1 << 20)

struct finding *
judge_raise(struct judge *judge, const struct check *check, struct span where,
            const char *format, ...)
{
	struct finding *finding;
	va_list args;

	va_start(args, format);
	finding = finding_add_list(judge->findings, check, judge->policy->source, where,
	                           format, args);
	va_end(args);
	return finding;
}

struct span
node_opening(const struct node *node)
{
	return (struct span) { node->span.first, node->span.first + 1 };
}

void
judge_refuse(struct judge *judge, struct finding *finding)
{
	finding_level(judge->findings, finding, LEVEL_ERROR);
}

void
judge_note(struct judge *judge, struct finding *finding, struct span where,
           const char *format, ...)
{
	va_list args;

	va_start(args, format);
	finding_note_list(judge->findings, finding, judge->policy->source, where, format,
	                  args);
	va_end(args);
}

const char *
words_fill(struct arena *arena, const char *pattern, struct text first,
           struct text second)
{
	const char *words = "", *percent;

	while ((percent = strchr(pattern, '%')) != NULL) {
		struct text before = { pattern, (size_t)(percent - pattern) };
		const char *said = percent[1] == 'q'
		                           ? text_quote(arena, first)
		                           : arena_copy(arena, first.at, first.len);
		words = arena_format(arena, "%s%.*s%s", words, TEXT_ARG(before), said);
		pattern = percent + 2;
		first = second;
	}
	return arena_format(arena, "%s%s", words, pattern);
}

void
judge_say(struct judge *judge, struct finding *finding, const char *pattern,
          struct text first, struct text second)
{
	bool is_first = judge->findings->n_errors <= 1; /* it was raised just now */

	if (judge->policy->target != TARGET_TAILSCALE) {
		judge_say_alike(judge, finding, pattern, first, second);
		return;
	}
	if (!is_first && judge->spoken > SPOKEN_MAX)
		return;
	finding->coordinator = words_fill(judge->arena, pattern, first, second);
	judge->spoken += strlen(finding->coordinator);
}

const char *
judge_show(struct judge *judge, struct text text)
{
	return text_show(judge->arena, text);
}

bool
word_is_told(const struct word *word)
{
	return word->node && word->node->kind != HUJSON_STRING;
}

/* The domains of a real tailnet; others are not known. */
static const struct names *
domains_of(struct arena *arena, const struct tailnet *tailnet)
{
	struct names *domains;

	if (!tailnet || tailnet->imagined || tailnet->n_domains == 0)
		return NULL;
	domains = arena_alloc(arena, sizeof(*domains));
	domains->arena = arena;
	for (size_t i = 0; i < tailnet->n_domains; i++)
		names_add(domains, tailnet->domains[i]);
	return domains;
}

/* What the coordinator examines, in its order as far as captures tell it
 * (spec/semantics.md section 9); the rest where it belongs. */
static void (*const sections[])(struct judge *) = {
	judge_tag_owners,
	judge_groups,
	judge_hosts,
	judge_ipsets,
	judge_posture_definitions,
	judge_acls,
	judge_grants,
	judge_ssh,
	judge_node_attrs,
	judge_auto_approvers,
	judge_attr_config,
	judge_options,
	judge_ssh_tests,
	judge_readings,
	NULL,
};

/* The same of Headscale (spec/errors.md section 3: the order in which references
 * are examined). */
static void (*const headscale_sections[])(struct judge *) = {
	judge_groups,
	judge_hosts,
	judge_acls,
	judge_grants,
	judge_ssh,
	judge_node_attrs,
	judge_tag_owners,
	judge_auto_approvers,
	judge_ssh_tests,
	judge_readings,
	NULL,
};

struct judge
judge_of(const struct policy *policy, struct findings *findings, struct arena *arena,
         struct arena *scratch)
{
	struct judge judge = { .policy = policy,
		               .findings = findings,
		               .arena = arena,
		               .scratch = scratch,
		               .people = { .arena = scratch },
		               .effort = EFFORT_MAX };

	for (size_t i = 0; i < SORT_N; i++) {
		judge.folded[i].arena = scratch;
		judge.guesses[i].written.arena = scratch;
	}
	return judge;
}

void
policy_validate(struct policy *policy, const struct tailnet *tailnet,
                struct findings *findings)
{
	struct arena scratch = { 0 };
	struct judge judge = judge_of(policy, findings, policy->arena, &scratch);
	void (*const *order)(struct judge *) =
		policy->target == TARGET_TAILSCALE ? sections : headscale_sections;

	judge.domains = domains_of(&scratch, tailnet);
	judge.tailnet = tailnet;
	judge.usage = &policy->usage;
	judge.wary = policy_names_self(policy);
	policy->usage.findings = findings;
	for (size_t i = 0; order[i]; i++)
		order[i](&judge);
	if (policy->derp_map)
		derp_judge(policy->arena, policy->tree, policy->derp_map, findings);
	usage_finish(&policy->usage);
	arena_end(&scratch);
}
