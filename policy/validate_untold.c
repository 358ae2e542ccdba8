/* What an inventory does not tell: who is in a group of the identity provider, who has
 * which role, where a service is. It is left out of what machines are sent. */
#include "policy/validate.h"

#include "grammar/arena.h"
#include "policy/dialect.h"
#include "policy/resolve.h"
#include "policy/tailnet.h"
#include "policy/visit.h"

/* Rules that are named; the others are counted. */
#define NAMED_MAX 3

/* One selector, and the rules that it stands in. */
struct untold {
	struct selector selector;
	struct span where;
	const void *rule; /* the last one */
	const char *said; /* "acls[3], ssh[0]" */
	size_t n;
};

struct untelling {
	struct judge *judge;
	struct names texts;
	struct untold *at; /* beside them */
	size_t cap;
};

/* What a selector stands in that is left narrower; NULL where it is about tests,
 * which say themselves what is unknown, or nothing that machines are sent. */
static const void *
rule_of(struct judge *judge, const struct mention *mention, const char **name)
{
	*name = "autoApprovers";
	if (mention->grant) {
		*name = arena_format(judge->scratch, "%s[%u]",
		                     section_name(mention->grant->section),
		                     (unsigned)mention->grant->index);
		return mention->grant;
	}
	if (mention->ssh) {
		*name = arena_format(judge->scratch, "ssh[%u]",
		                     (unsigned)mention->ssh->index);
		return mention->ssh;
	}
	if (mention->attr) {
		*name = arena_format(judge->scratch, "nodeAttrs[%u]",
		                     (unsigned)mention->attr->index);
		return mention->attr;
	}
	return mention->position == POSITION_APPROVER ? judge->policy : NULL;
}

static void
untold_take(const struct mention *mention, void *context)
{
	struct untelling *u = context;
	struct judge *judge = u->judge;
	size_t known = u->texts.n;
	const char *name;

	if (tailnet_tells(judge->tailnet, mention->selector) ||
	    !selector_counts(judge->policy->target, mention->selector))
		return;
	const void *rule = rule_of(judge, mention, &name);
	if (!rule)
		return;
	uint32_t number = names_add(&u->texts, mention->selector->text);
	u->at = arena_grow(judge->scratch, u->at, u->texts.n - 1, &u->cap,
	                   sizeof(*u->at));
	struct untold *untold = &u->at[number];
	if (number == known)
		*untold = (struct untold) { *mention->selector, mention->selector->span,
			                    rule, name, 1 };
	if (number == known || untold->rule == rule)
		return;
	if (mention->selector->span.first < untold->where.first)
		untold->where = mention->selector->span;
	untold->rule = rule;
	if (untold->n++ < NAMED_MAX)
		untold->said = arena_format(judge->scratch, "%s, %s", untold->said, name);
}

void
policy_untold(const struct policy *policy, const struct tailnet *tailnet,
              struct findings *findings)
{
	struct arena scratch = { 0 };
	struct judge judge = judge_of(policy, findings, policy->arena, &scratch);
	struct untelling u = { .judge = &judge, .texts.arena = &scratch };

	judge.tailnet = tailnet;
	if (tailnet && !tailnet->imagined)
		selectors_visit(policy, untold_take, &u);
	for (size_t i = 0; i < u.texts.n; i++) {
		const struct untold *untold = &u.at[i];
		bool service = untold->selector.kind == SELECTOR_SERVICE;
		const char *more = "";
		if (untold->n > NAMED_MAX)
			more = arena_format(&scratch, " and %zu more",
			                    untold->n - NAMED_MAX);
		judge_raise(&judge, &CHECK_UNTOLD_SELECTOR, untold->where,
		            "the inventory does not tell %s %s: what is compiled of %s%s "
		            "leaves them out",
		            service ? "the addresses of" : "who is in",
		            judge_show(&judge, untold->selector.text), untold->said,
		            more);
	}
	arena_end(&scratch);
}
