/* Accept rules of ssh that check rules come before. */
#include "policy/lint_pass.h"

#include "grammar/arena.h"
#include "policy/resolve.h"

/* An ssh rule as sets of machines of the imagined tailnet. */
struct login_rule {
	const struct ssh_rule *rule;
	const struct set *src, *dst;
	bool self; /* dst has autogroup:self */
};

static struct login_rule
login_rule_of(struct lint *lint, const struct ssh_rule *rule)
{
	struct tailnet *tailnet = lint->imagined->tailnet;
	struct party src =
		party_of_selectors(lint->policy, tailnet, rule->src.at, rule->src.n);
	struct party dst =
		party_of_selectors(lint->policy, tailnet, rule->dst.at, rule->dst.n);

	return (struct login_rule) { rule, src.machines, dst.machines, dst.self };
}

static bool
has_user(const struct ssh_rule *rule, struct text user)
{
	for (size_t i = 0; i < rule->users.n; i++)
		if (text_equal(rule->users.at[i].text, user))
			return true;
	return false;
}

/* Whether a rule takes in a login of another. */
static bool
takes_user(const struct ssh_rule *rule, struct text user)
{
	bool local = selector_parse(user).kind == SELECTOR_LOCALPART;

	if (has_user(rule, user))
		return true;
	return !local && !text_is(user, "root") &&
	       has_user(rule, text_of(autogroup_name(AUTOGROUP_NONROOT)));
}

/* Whether a rule asks for no more postures than another. */
static bool
takes_postures(const struct policy *policy, const struct ssh_rule *outer,
               const struct ssh_rule *inner)
{
	const struct words *asked = postures_in_force(policy, &outer->src_posture);
	const struct words *given = postures_in_force(policy, &inner->src_posture);

	if (!asked || asked == given)
		return true;
	if (!given || asked->n != given->n)
		return false;
	for (size_t i = 0; i < asked->n; i++)
		if (!text_equal(asked->at[i].text, given->at[i].text))
			return false;
	return true;
}

static bool
takes_in(const struct policy *policy, const struct login_rule *outer,
         const struct login_rule *inner)
{
	if (inner->self && !outer->self)
		return false;
	if (!set_within(inner->src, outer->src) || !set_within(inner->dst, outer->dst))
		return false;
	for (size_t i = 0; i < inner->rule->users.n; i++)
		if (!takes_user(outer->rule, inner->rule->users.at[i].text))
			return false;
	return takes_postures(policy, outer->rule, inner->rule);
}

/* More pairs of rules are not held against each other. */
#define PAIRS_MAX 2000000

static void
overridden_raise(struct lint *lint, const struct ssh_rule *accept,
                 const struct ssh_rule *check)
{
	struct finding *finding =
		lint_raise(lint, &CHECK_SSH_ACCEPT_OVERRIDDEN, accept->action_word.span,
	                   "ssh[%u] checks all logins that this accepts, and checks come "
	                   "first, so that "
	                   "users authenticate again all the same",
	                   (unsigned)check->index);

	lint_note(lint, finding, lint_opening(check->node), "ssh[%u] is here",
	          (unsigned)check->index);
	fix_drop(&lint->fixes, lint_fix(lint, finding, REPAIR_UNSAFE), accept->node);
}

void
lint_checked(struct lint *lint)
{
	const struct policy *policy = lint->policy;
	size_t n = policy->n_ssh, n_pairs = 0;
	struct login_rule *rules = arena_array(lint->arena, n, sizeof(*rules));

	lint->overridden = arena_array(lint->arena, n, sizeof(bool));
	for (size_t i = 0; i < n; i++)
		rules[i] = login_rule_of(lint, &policy->ssh[i]);
	for (size_t i = 0; i < n; i++) {
		const struct ssh_rule *accept = rules[i].rule;
		if (accept->action != SSH_ACCEPT || accept->src.n == 0 ||
		    accept->dst.n == 0)
			continue;
		for (size_t k = 0; k < n && n_pairs++ < PAIRS_MAX; k++) {
			if (rules[k].rule->action != SSH_CHECK ||
			    !takes_in(policy, &rules[k], &rules[i]))
				continue;
			overridden_raise(lint, accept, rules[k].rule);
			lint->overridden[i] = true;
			break;
		}
	}
}
