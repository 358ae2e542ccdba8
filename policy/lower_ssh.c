#include "policy/lower_parts.h"

#include <string.h>

#include "grammar/arena.h"
#include "grammar/duration.h"
#include "policy/filter.h"
#include "policy/period.h"

/* The ssh rules in the making. */
struct shells {
	struct lower *lower;
	bool *lost; /* by rule: it was left out */
};

/* What the lines of one rule have in common. */
struct shell {
	const struct ssh_rule *rule;
	enum ssh_action action;
	const char *period; /* or NULL */
	bool env;           /* acceptEnv is written */
};

static void
sheet_shell(struct lower *l, struct sheet *sheet, const struct shell *shell,
            const struct word_list *src, const struct word_list *dst,
            const struct word_list *users)
{
	const struct ssh_rule *rule = shell->rule;

	if (!list_length(src) || !list_length(dst) || !list_length(users))
		return;
	sheet_from(l, sheet, section_name(SECTION_SSH), rule->index, rule->node);
	sheet_format(sheet, "{\"action\": \"%s\", \"src\": ",
	             shell->action == SSH_CHECK ? "check" : "accept");
	sheet_list(sheet, src);
	sheet_string(sheet, ", \"dst\": ");
	sheet_list(sheet, dst);
	sheet_string(sheet, ", \"users\": ");
	sheet_list(sheet, users);
	if (shell->period)
		sheet_format(sheet, ", \"checkPeriod\": \"%s\"", shell->period);
	if (shell->env && rule->accept_env.n)
		sheet_words(sheet, "acceptEnv", &rule->accept_env);
	if (rule->recorder.n) {
		sheet_string(sheet, ", \"recorder\": [");
		sheet_quote(sheet, rule->recorder.at[0].text);
		sheet_format(sheet, "], \"enforceRecorder\": %s",
		             rule->enforce_recorder ? "true" : "false");
	}
	if (rule->src_posture.list)
		sheet_words(sheet, "srcPosture", &rule->src_posture);
	sheet_string(sheet, "},\n");
}

/* What the target has no word for, and whose loss the rule does not survive. */
static const char *
unsayable(struct lower *l, const struct ssh_rule *rule)
{
	if (postures_in_force(l->policy, &rule->src_posture) &&
	    !lower_takes(l, FEATURE_SRC_POSTURE))
		return "srcPosture";
	if (rule->recorder.n && !lower_takes(l, FEATURE_RECORDER))
		return "recorder";
	if (rule->action == SSH_CHECK && !lower_takes(l, FEATURE_SSH_CHECK) &&
	    target_support(l->from, FEATURE_SSH_CHECK) == TAKES)
		return "check";
	return NULL;
}

/* Whether two lists of selectors may name a machine in common. */
static bool
lists_may_meet(struct lower *l, const struct selectors *a, const struct selectors *b)
{
	struct party x, y;

	if (!l->tailnet)
		return true;
	x = party_of_selectors(l->policy, l->tailnet, a->at, a->n);
	y = party_of_selectors(l->policy, l->tailnet, b->at, b->n);
	if (x.self || y.self || x.any || y.any)
		return true;
	return set_overlaps(party_machines(l->tailnet, &x, false),
	                    party_machines(l->tailnet, &y, false));
}

/* A rule that accepts what a check rule that is lost asked to log in again for: left
 * behind, it would let everybody in without. */
static bool
is_covered_by_lost(const struct shells *shells, const struct ssh_rule *rule)
{
	const struct policy *policy = shells->lower->policy;

	for (size_t i = 0; i < policy->n_ssh; i++)
		if (shells->lost[i] && policy->ssh[i].action == SSH_CHECK &&
		    lists_may_meet(shells->lower, &policy->ssh[i].src, &rule->src) &&
		    lists_may_meet(shells->lower, &policy->ssh[i].dst, &rule->dst))
			return true;
	return false;
}

/* Finds the rules that cannot be said at all; check rules first, as they come before
 * the others. */
static void
find_lost(struct shells *shells)
{
	struct lower *l = shells->lower;

	for (size_t i = 0; i < l->policy->n_ssh; i++) {
		const struct ssh_rule *rule = &l->policy->ssh[i];
		const char *what = unsayable(l, rule);
		if (!what)
			continue;
		lower_lose(l, rule->node->span, what, "the ssh rule");
		shells->lost[i] = true;
	}
	for (size_t i = 0; i < l->policy->n_ssh; i++) {
		const struct ssh_rule *rule = &l->policy->ssh[i];
		if (shells->lost[i] || rule->action != SSH_ACCEPT ||
		    !is_covered_by_lost(shells, rule))
			continue;
		lower_lose(l, rule->node->span,
		           "that some who log in here are checked, by another rule",
		           "the ssh rule");
		shells->lost[i] = true;
	}
}

/* The sources, but for what ssh rules do not take. */
static struct word_list
shell_sources(struct lower *l, const struct ssh_rule *rule, enum ssh_action action)
{
	struct word_list words = { .names.arena = l->arena };
	struct side side = { .src = true };

	for (size_t i = 0; i < rule->src.n; i++) {
		const struct selector *s = &rule->src.at[i];
		bool address = s->kind == SELECTOR_ANY || s->kind == SELECTOR_ADDRESS ||
		               s->kind == SELECTOR_HOST || s->kind == SELECTOR_IPSET;
		if (address && !lower_takes(l, FEATURE_SSH_SRC))
			lower_lose(l, s->span, "addresses as sources of ssh",
			           "the source");
		else if (s->kind == SELECTOR_TAG && action == SSH_CHECK &&
		         !lower_takes(l, FEATURE_SSH_CHECK_TAG))
			lower_lose(l, s->span, "check for tagged machines", "the source");
		else
			lower_selector(l, &side, s, &words);
	}
	return words;
}

/* What a destination of ssh is that not every target takes. */
static enum feature
dst_feature(const struct ssh_rule *rule, const struct selector *s)
{
	bool own = rule->src.n == 1 && rule->src.at[0].kind == SELECTOR_USER &&
	           text_equal(rule->src.at[0].text, s->text);

	switch (s->kind) {
	case SELECTOR_ANY:
		return FEATURE_SSH_DST_ANY;
	case SELECTOR_HOST:
		return FEATURE_SSH_DST_HOST;
	case SELECTOR_ADDRESS:
	case SELECTOR_GROUP:
		return FEATURE_SSH_DST_OTHER;
	case SELECTOR_USER:
		return own ? FEATURE_NONE : FEATURE_SSH_DST_USER;
	case SELECTOR_AUTOGROUP:
		return s->autogroup == AUTOGROUP_MEMBER ? FEATURE_SSH_DST_MEMBER
		                                        : FEATURE_NONE;
	case SELECTOR_INVALID:
	case SELECTOR_DOMAIN:
	case SELECTOR_SYNCED_GROUP:
	case SELECTOR_TAG:
	case SELECTOR_IPSET:
	case SELECTOR_SERVICE:
	case SELECTOR_LOCALPART:
	case SELECTOR_RANGE:
		break;
	}
	return FEATURE_NONE;
}

static bool
has_tags(const struct ssh_rule *rule)
{
	for (size_t i = 0; i < rule->src.n; i++)
		if (rule->src.at[i].kind == SELECTOR_TAG ||
		    rule->src.at[i].autogroup == AUTOGROUP_TAGGED)
			return true;
	return false;
}

static bool
is_self(const struct selector *s)
{
	return s->kind == SELECTOR_AUTOGROUP && s->autogroup == AUTOGROUP_SELF;
}

/* The destinations, but for autogroup:self where the target lacks it. */
static struct word_list
shell_destinations(struct lower *l, const struct ssh_rule *rule)
{
	struct word_list words = { .names.arena = l->arena };
	struct side side = { 0 };

	for (size_t i = 0; i < rule->dst.n; i++) {
		const struct selector *s = &rule->dst.at[i];
		bool people = s->kind == SELECTOR_USER || is_self(s) ||
		              s->autogroup == AUTOGROUP_MEMBER;
		bool mixed = people && has_tags(rule) &&
		             !lower_takes(l, FEATURE_SSH_TAG_TO_USER) &&
		             target_support(l->from, FEATURE_SSH_TAG_TO_USER) == TAKES;
		if (mixed || !lower_takes(l, dst_feature(rule, s)))
			lower_lose(l, s->span, "this destination of an ssh rule",
			           "the destination");
		else
			lower_selector(l, &side, s, &words);
	}
	return words;
}

/* What a login is that is not just a name: the policy's own target may take these
 * words for names, but no account has a colon in its name. */
static enum feature
login_feature(struct text login)
{
	struct selector s = selector_parse(login);

	if (s.kind == SELECTOR_LOCALPART)
		return FEATURE_SSH_LOCALPART;
	if (s.kind == SELECTOR_AUTOGROUP && s.autogroup == AUTOGROUP_NONROOT)
		return FEATURE_SSH_NONROOT;
	return FEATURE_NONE;
}

/* Whether a login stands for one that depends on who logs in. */
static bool
is_localpart(const struct lower *l, struct text login)
{
	return login_feature(login) == FEATURE_SSH_LOCALPART &&
	       target_support(l->from, FEATURE_SSH_LOCALPART) == TAKES;
}

/* The logins of a rule that the target means as they are meant. */
static struct word_list
shell_logins(struct lower *l, const struct ssh_rule *rule)
{
	struct word_list words = { .names.arena = l->arena };

	for (size_t i = 0; i < rule->users.n; i++) {
		const struct word *user = &rule->users.at[i];
		enum feature feature = login_feature(user->text);
		bool meant = target_support(l->from, feature) == TAKES;
		if (lower_takes(l, feature) == meant)
			list_add(&words, user->text);
		else if (meant && feature == FEATURE_SSH_NONROOT)
			lower_lose(l, user->span, "autogroup:nonroot", "these logins");
		/* localpart is written apart: shells_by_owner */
	}
	return words;
}

/* Whose mail domain a rule gives logins for: the local part, or an empty text. */
static struct text
local_part(const struct lower *l, const struct ssh_rule *rule, struct text login)
{
	size_t at = text_find_last(login, '@');

	for (size_t i = 0; i < rule->users.n && at < login.len; i++) {
		struct text user = rule->users.at[i].text;
		if (is_localpart(l, user) &&
		    text_equal(text_from(login, at + 1), selector_parse(user).name))
			return (struct text) { login.at, at };
	}
	return (struct text) { NULL, 0 };
}

static bool
has_localparts(const struct lower *l, const struct ssh_rule *rule)
{
	for (size_t i = 0; i < rule->users.n; i++)
		if (is_localpart(l, rule->users.at[i].text))
			return true;
	return false;
}

static bool
names_self(const struct ssh_rule *rule)
{
	for (size_t i = 0; i < rule->dst.n; i++)
		if (is_self(&rule->dst.at[i]))
			return true;
	return false;
}

/* The people among the sources. */
static struct word_list
shell_people(struct lower *l, const struct ssh_rule *rule)
{
	struct word_list people = { .names.arena = l->arena };

	for (size_t i = 0; i < rule->src.n; i++) {
		const struct selector *s = &rule->src.at[i];
		if (s->kind != SELECTOR_TAG && s->autogroup != AUTOGROUP_TAGGED)
			lower_people(l, s, &people);
	}
	return people;
}

/*
 * What depends on who logs in, written for each: the owner's machines where the
 * target lacks autogroup:self, and a login that is the owner's own name where it
 * lacks localpart.
 */
static void
shells_by_owner(struct lower *l, struct sheet *sheet, const struct shell *shell,
                const struct word_list *dst, const struct word_list *logins)
{
	const struct ssh_rule *rule = shell->rule;
	bool selves = names_self(rule) && !lower_takes(l, FEATURE_SELF);
	bool locals = has_localparts(l, rule) && !lower_takes(l, FEATURE_SSH_LOCALPART);
	struct word_list people = { .names.arena = l->arena };

	if (selves || locals)
		people = shell_people(l, rule);
	for (size_t i = 0; i < list_length(&people); i++) {
		struct word_list one = { .names.arena = l->arena };
		struct word_list own = { .names.arena = l->arena };
		struct text person = list_word(&people, i), word;
		struct text local = local_part(l, rule, person);
		if (!lower_person(l, person, rule->node->span, false, &word))
			continue;
		list_add(&one, word);
		if (locals && local.len)
			list_add(&own, local);
		if (selves)
			sheet_shell(l, sheet, shell, &one, &one, logins);
		if (selves && list_length(&own))
			sheet_shell(l, sheet, shell, &one, &one, &own);
		if (list_length(&own))
			sheet_shell(l, sheet, shell, &one, dst, &own);
	}
}

/* checkPeriod as the target reads it. */
static const char *
period_word(struct lower *l, const struct ssh_rule *rule)
{
	int64_t length = rule->check_period_ns;
	char text[32];

	if (rule->action != SSH_CHECK || !rule->check_period.node)
		return NULL;
	if (length < 0)
		return arena_format(l->arena, "%.*s", TEXT_ARG(rule->check_period.text));
	if (length > PERIOD_MAX && !lower_takes(l, FEATURE_PERIOD_LONG))
		length = PERIOD_MAX;
	duration_write(length, text);
	return arena_format(l->arena, "%s", text);
}

/* Where check is accept with a limit on time, and none is given, it is accept. */
static enum ssh_action
shell_action(struct lower *l, const struct ssh_rule *rule)
{
	if (rule->action != SSH_CHECK ||
	    target_support(l->from, FEATURE_SSH_CHECK) == TAKES)
		return rule->action;
	if (!rule->check_period.node)
		return SSH_ACCEPT;
	if (lower_takes(l, FEATURE_SSH_CHECK))
		lower_lose(l, rule->action_word.span, "accept with a limit on time",
		           "not being asked to log in again");
	return SSH_CHECK;
}

static void
lower_shell(struct lower *l, struct sheet *sheet, const struct ssh_rule *rule)
{
	struct shell shell = { .rule = rule, .env = true };
	struct word_list src, dst, logins;

	if (rule->accept_env.n && !lower_takes(l, FEATURE_ACCEPT_ENV)) {
		lower_lose(l, rule->accept_env.list->span, "acceptEnv", "it");
		shell.env = false;
	}
	shell.action = shell_action(l, rule);
	shell.period = shell.action == SSH_CHECK ? period_word(l, rule) : NULL;
	src = shell_sources(l, rule, shell.action);
	dst = shell_destinations(l, rule);
	logins = shell_logins(l, rule);
	sheet_shell(l, sheet, &shell, &src, &dst, &logins);
	shells_by_owner(l, sheet, &shell, &dst, &logins);
}

void
lower_ssh(struct lower *l, struct sheet *sheet)
{
	const struct policy *policy = l->policy;
	struct shells shells = { .lower = l };

	if (!policy->sections[SECTION_SSH])
		return;
	shells.lost = arena_array(l->arena, policy->n_ssh, sizeof(*shells.lost));
	find_lost(&shells);
	sheet_string(sheet, "\"ssh\": [\n");
	for (size_t i = 0; i < policy->n_ssh; i++)
		if (!shells.lost[i])
			lower_shell(l, sheet, &policy->ssh[i]);
	sheet_string(sheet, "],\n");
}
