#include "policy/validate.h"

#include <string.h>

#include "grammar/arena.h"
#include "policy/claim_shape.h"
#include "policy/period.h"

static void
judge_action(struct judge *judge, const struct ssh_rule *rule)
{
	const struct word *action = &rule->action_word;

	if (rule->action != SSH_BAD || word_is_told(action))
		return;
	if (!action->node && !rule->good)
		return;
	if (action->text.len == 0)
		judge_say(judge,
		          judge_raise(judge, &CHECK_MISSING_FIELD,
		                      action->node ? action->span
		                                   : node_opening(rule->node),
		                      "an ssh rule needs an action: accept or check"),
		          "action must be specified", NO_TEXT, NO_TEXT);
	else
		judge_say(judge,
		          judge_raise(judge, &CHECK_ACTION_NOT_ACCEPT, action->span,
		                      "an ssh rule's action is accept or check, not %s",
		                      judge_show(judge, action->text)),
		          "%q is not a valid action", action->text, NO_TEXT);
}

/* A login: any text is one, but for these (spec/policy-syntax.md 10.4). */
static void
judge_user(struct judge *judge, const struct word *user)
{
	struct finding *finding;
	struct selector selector;

	if (user->text.len == 0) {
		finding = judge_raise(judge, &CHECK_INVALID_USER, user->span,
		                      "an empty text is nobody's login");
		judge_say(judge, finding, "user %q is not valid", user->text, NO_TEXT);
		return;
	}
	if (text_is(user->text, "*")) {
		finding = judge_raise(judge, &CHECK_SSH_ANY_USER, user->span,
		                      "* is no login: autogroup:nonroot is any login but "
		                      "root, and root is written apart");
		judge_refuse(judge, finding);
		judge_say(judge, finding, "user %q is not valid", user->text, NO_TEXT);
		return;
	}
	selector = selector_parse(user->text);
	if (selector.kind == SELECTOR_LOCALPART)
		judge_domain(judge, selector.name, user->span, false);
}

/* The users are missing, null or []. */
static bool
has_no_users(const struct ssh_rule *rule)
{
	const struct node *list = rule->users.list;

	return !list || (list->kind == HUJSON_ARRAY && list->count == 1);
}

static void
judge_users(struct judge *judge, const struct ssh_rule *rule)
{
	const struct node *list = rule->users.list;

	if (has_no_users(rule) && (list || rule->good) &&
	    !judge_lets(judge, FEATURE_SSH_NO_USERS,
	                list ? list->span : node_opening(rule->node)))
		judge_say(judge,
		          judge_raise(judge, &CHECK_MISSING_FIELD,
		                      list ? list->span : node_opening(rule->node),
		                      "an ssh rule needs users: the logins that it is "
		                      "for, root or autogroup:nonroot"),
		          "users must be specified", NO_TEXT, NO_TEXT);
	for (size_t i = 0; i < rule->users.n; i++)
		judge_user(judge, &rule->users.at[i]);
}

static void
judge_accept_env(struct judge *judge, const struct ssh_rule *rule)
{
	for (size_t i = 0; i < rule->accept_env.n; i++) {
		const struct word *word = &rule->accept_env.at[i];
		if (word->text.len > 0)
			continue;
		struct finding *finding =
			judge_raise(judge, &CHECK_SSH_ACCEPT_ENV, word->span,
		                    "an empty text is no variable's name");
		judge_refuse(judge, finding);
		judge_say(judge, finding, "acceptEnv values cannot be empty", NO_TEXT,
		          NO_TEXT);
	}
}

/* Raises a checkPeriod with the coordinator's words: the pattern, and what
 * stands for %s in it. */
static void
raise_period(struct judge *judge, const struct word *period, const char *said,
             const char *pattern, const char *words)
{
	struct finding *finding =
		judge_raise(judge, &CHECK_SSH_CHECK_PERIOD, period->span,
	                    "checkPeriod %s %s", judge_show(judge, period->text), said);

	judge_refuse(judge, finding);
	judge_say(judge, finding, pattern, text_of(words), NO_TEXT);
}

/* Raises a period that nobody reads, or one that the target does not. */
static void
raise_odd_period(struct judge *judge, const struct word *word,
                 const struct period *period)
{
	const char *said = "is no duration: write one like 12h or 1h30m, or always";

	if (period->go || period->always)
		judge_deny(judge, period_feature(period), word->text, word->span);
	else
		raise_period(judge, word, said, "%s", period->fault);
}

/* spec/policy-syntax.md 10.5, and spec/headscale-versions.md 3.2. */
static void
judge_check_period(struct judge *judge, const struct ssh_rule *rule)
{
	const struct word *word = &rule->check_period;
	struct period period;
	enum feature feature;
	char written[32];

	if (!word->node || word_is_told(word))
		return;
	period = period_parse(judge->arena, word->text);
	feature = period_feature(&period);
	if (feature != FEATURE_NONE ? !judge_lets(judge, feature, word->span)
	                            : !period.go) {
		raise_odd_period(judge, word, &period);
		return;
	}
	duration_write(period.ns, written);
	if (period.ns < 0)
		raise_period(judge, word, "is negative",
		             "checkPeriod %s must be a positive duration", written);
	else if (period.ns > PERIOD_MAX &&
	         !judge_lets(judge, FEATURE_PERIOD_LONG, word->span))
		raise_period(judge, word,
		             "is longer than a week, 168h, the most there is",
		             "checkPeriod %s is above the max (168h)", written);
	if (rule->action == SSH_ACCEPT)
		judge_allow(judge, FEATURE_PERIOD_ACCEPT, word->text, word->span);
}

static bool
is_tagged(const struct selector *selector)
{
	return selector->kind == SELECTOR_TAG || selector->autogroup == AUTOGROUP_TAGGED;
}

/* The first source that is tagged machines, or NULL. */
static const struct selector *
tagged_source(const struct ssh_rule *rule)
{
	for (size_t i = 0; i < rule->src.n; i++)
		if (is_tagged(&rule->src.at[i]))
			return &rule->src.at[i];
	return NULL;
}

/* A user's machines are for that user alone. What Tailscale says to these is not
 * known. */
static void
judge_user_dst(struct judge *judge, const struct ssh_rule *rule,
               const struct selector *dst)
{
	const char *shown = judge_show(judge, dst->text);
	struct finding *finding;

	for (size_t i = 0; i < rule->src.n; i++) {
		const struct selector *src = &rule->src.at[i];
		bool tagged = is_tagged(src);
		if (src->kind == SELECTOR_USER && text_equal(src->text, dst->text))
			continue;
		if (judge_lets(judge,
		               tagged ? FEATURE_SSH_TAG_TO_USER : FEATURE_SSH_DST_USER,
		               dst->span))
			continue;
		finding =
			judge_raise(judge, &CHECK_SSH_INVALID_COMBINATION, dst->span,
		                    "the machines of %s are for %s alone: src has to be "
		                    "nobody else, or dst autogroup:self",
		                    shown, shown);
		judge_note(judge, finding, src->span, "%s is a source too",
		           judge_show(judge, src->text));
		judge_say_headscale(
			judge, finding, FOUND_POLICY,
			tagged ? "tags in SSH source cannot access user-owned devices "
				 "(%s); use autogroup:tagged or specific tags as "
				 "destinations instead"
			       : "user destination requires source to contain only that "
				 "same user %q; use autogroup:self instead for "
				 "same-user SSH access",
			dst->text, NO_TEXT);
		return;
	}
}

/* Tagged machines among the sources, and a destination that belongs to people:
 * autogroup:self, or autogroup:member where that is taken. */
static void
judge_people_dst(struct judge *judge, const struct ssh_rule *rule,
                 const struct selector *dst)
{
	const struct selector *src = tagged_source(rule);
	const char *shown;
	struct finding *finding;

	if (!src || judge_lets(judge, FEATURE_SSH_TAG_TO_USER, src->span))
		return;
	shown = judge_show(judge, dst->text);
	finding = judge_raise(judge, &CHECK_SSH_INVALID_COMBINATION, src->span,
	                      "tagged machines have no %s: %s may reach tagged machines "
	                      "only",
	                      shown, judge_show(judge, src->text));
	judge_note(judge, finding, dst->span, "%s is named here", shown);
	judge_say_headscale(
		judge, finding, FOUND_POLICY,
		dst->autogroup == AUTOGROUP_SELF
			? "autogroup:self destination requires source to contain only "
			  "users or groups, not tags or autogroup:tagged"
			: "tags in SSH source cannot access autogroup:member (user-owned "
			  "devices)",
		NO_TEXT, NO_TEXT);
}

/* Which sources may log in to which destinations: user to own machines, user
 * to tagged, tagged to tagged (spec/policy-syntax.md 10.3). */
static void
judge_combination(struct judge *judge, const struct ssh_rule *rule)
{
	bool self = false;

	for (size_t i = 0; i < rule->dst.n; i++) {
		const struct selector *dst = &rule->dst.at[i];
		if (dst->kind == SELECTOR_USER)
			judge_user_dst(judge, rule, dst);
		if (dst->autogroup == AUTOGROUP_MEMBER)
			judge_people_dst(judge, rule, dst);
		if (dst->autogroup == AUTOGROUP_SELF && !self) {
			judge_people_dst(judge, rule, dst);
			self = true;
		}
	}
}

/* A machine cannot answer when it is asked to log in again. */
static void
judge_check_tags(struct judge *judge, const struct ssh_rule *rule)
{
	struct finding *finding;

	for (size_t i = 0; i < rule->src.n && rule->action == SSH_CHECK; i++) {
		const struct selector *src = &rule->src.at[i];
		if (src->kind != SELECTOR_TAG ||
		    judge_lets(judge, FEATURE_SSH_CHECK_TAG, src->span))
			continue;
		finding = judge_raise(judge, &CHECK_SSH_INVALID_COMBINATION, src->span,
		                      "check asks people to log in again, and %s is "
		                      "nobody: use accept for tags",
		                      judge_show(judge, src->text));
		judge_note(judge, finding, rule->action_word.span, "check stands here");
		judge_say(judge, finding,
		          "[ssh] \"check\" action does not support tags in src", NO_TEXT,
		          NO_TEXT);
		return;
	}
}

static void
judge_recorder(struct judge *judge, const struct ssh_rule *rule)
{
	judge_selectors(judge, &rule->recorder, POSITION_RECORDER);
	if (rule->recorder.n > 1)
		judge_raise(judge, &CHECK_INVALID_VALUE, rule->recorder.at[1].span,
		            "recorder takes one tag: give all recorders the same");
}

static void
judge_ssh_rule(struct judge *judge, const struct ssh_rule *rule)
{
	bool fine;

	judge_action(judge, rule);
	judge_users(judge, rule);
	fine = judge_selectors(judge, &rule->src, POSITION_SSH_SRC);
	judge_accept_env(judge, rule);
	judge_check_period(judge, rule);
	fine = judge_selectors(judge, &rule->dst, POSITION_SSH_DST) && fine;
	if (fine)
		judge_combination(judge, rule);
	judge_check_tags(judge, rule);
	if (rule->action == SSH_CHECK && !rule->check_period.node)
		judge_allow(judge, FEATURE_SSH_NO_PERIOD, NO_TEXT,
		            rule->action_word.span);
	judge_recorder(judge, rule);
	judge_postures(judge, &rule->src_posture);
}

void
judge_ssh(struct judge *judge)
{
	for (size_t i = 0; i < judge->policy->n_ssh; i++)
		judge_ssh_rule(judge, &judge->policy->ssh[i]);
}

/* Refuses an element of an sshTest's dst before any test runs; NULL where not. */
static struct finding *
refuse_ssh_destination(struct judge *judge, struct shape *shape,
                       const struct selector *dst)
{
	const char *words = ssh_test_refusal(judge->policy, dst);
	struct finding *finding;
	struct shape_fault fault;

	if (!words || !ssh_test_destination_fault(shape, dst, &fault))
		return NULL;
	finding = judge_raise(judge, &CHECK_INVALID_TEST, fault.where, "%s", fault.said);
	judge_say(judge, finding, words, dst->text, NO_TEXT);
	return finding;
}

/* Headscale's words for the only refusal, if it is the only error as well: how it
 * joins them with others is not known. */
static void
say_refusal(struct judge *judge, struct finding *finding, const struct ssh_test *test,
            const struct selector *dst)
{
	const char *words = ssh_test_refusal(judge->policy, dst);

	if (judge->findings->n_errors == 1 && target_has_words(judge->policy->target))
		finding_coordinator(judge->findings, finding,
		                    "test(s) failed:\nsshTest %u: %s",
		                    (unsigned)test->index,
		                    words_fill(judge->arena, words, dst->text, NO_TEXT));
}

void
judge_ssh_tests(struct judge *judge)
{
	const struct policy *policy = judge->policy;
	struct shape *shape = shape_of(judge->arena, policy);
	const struct ssh_test *refused = NULL;
	const struct selector *what = NULL;
	struct finding *finding = NULL;

	for (size_t i = 0; i < policy->n_ssh_tests; i++) {
		const struct ssh_test *test = &policy->ssh_tests[i];
		for (size_t k = 0; k < test->dst.n; k++) {
			const struct selector *dst = &test->dst.at[k];
			struct finding *f = refuse_ssh_destination(judge, shape, dst);
			if (!f)
				continue;
			finding = f;
			refused = test;
			what = dst;
		}
	}
	if (finding)
		say_refusal(judge, finding, refused, what);
}
