/* The ssh section: who logs in where, as whom, and who watches. */
#include "policy/lint_pass.h"

#include "grammar/arena.h"

/* What a rule says, at one look. */
struct ssh_look {
	const struct ssh_rule *rule;
	const struct selector *broad;  /* a source that is everybody, or NULL */
	const struct selector *tag;    /* a source that is machines */
	const struct selector *person; /* a source that is people */
	const struct selector *server; /* a destination that is tagged */
	const struct selector *sensitive;
	const struct word *root, *nonroot;
};

static void
look_at_source(struct lint *lint, struct ssh_look *look, const struct selector *source)
{
	if (lint_is_machines(source))
		look->tag = look->tag ? look->tag : source;
	else
		look->person = look->person ? look->person : source;
	if (!look->broad && lint_is_everyone(lint, source))
		look->broad = source;
}

static void
look_at_destination(struct lint *lint, struct ssh_look *look,
                    const struct selector *destination)
{
	if (!lint_is_machines(destination))
		return;
	look->server = look->server ? look->server : destination;
	if (!look->sensitive && lint_is_sensitive(lint, destination))
		look->sensitive = destination;
}

static struct ssh_look
look_at(struct lint *lint, const struct ssh_rule *rule)
{
	struct ssh_look look = { .rule = rule };

	for (size_t i = 0; i < rule->src.n; i++)
		look_at_source(lint, &look, &rule->src.at[i]);
	for (size_t i = 0; i < rule->dst.n; i++)
		look_at_destination(lint, &look, &rule->dst.at[i]);
	for (size_t i = 0; i < rule->users.n; i++) {
		const struct word *user = &rule->users.at[i];
		if (text_is(user->text, "root"))
			look.root = look.root ? look.root : user;
		if (text_is(user->text, autogroup_name(AUTOGROUP_NONROOT)))
			look.nonroot = look.nonroot ? look.nonroot : user;
	}
	return look;
}

/* Makes a rule that accepts one that checks; tags cannot answer a check. */
static void
check_instead(struct lint *lint, const struct finding *finding,
              const struct ssh_look *look)
{
	const struct word *action = &look->rule->action_word;

	if (!look->tag)
		fix_replace(&lint->fixes, lint_fix(lint, finding, REPAIR_UNSAFE),
		            action->node->span, text_of("\"check\""));
}

/* Logins as root, or to what deserves care, without authenticating again. */
static void
accepts(struct lint *lint, const struct ssh_look *look)
{
	struct finding *finding = NULL;

	if (look->rule->action != SSH_ACCEPT ||
	    (lint->overridden && lint->overridden[look->rule - lint->policy->ssh]))
		return;
	if (look->tag && look->root && look->server)
		lint_raise(
			lint, &CHECK_SSH_MACHINE_ROOT, look->tag->span,
			"%s becomes root on any with %s, and nobody has to confirm it: "
			"whoever breaks into the one has the others",
			lint_machine(lint, look->tag),
			lint_show(lint, look->server->text));
	if (look->person && look->root)
		finding = lint_raise(lint, &CHECK_SSH_ROOT_ACCEPT, look->root->span,
		                     "this accepts logins as root from whoever holds the "
		                     "device; with the action check the user "
		                     "authenticates again");
	else if (look->sensitive)
		finding = lint_raise(lint, &CHECK_SSH_ACCEPT_SENSITIVE,
		                     look->sensitive->span,
		                     "%s is sensitive, and this accepts logins without "
		                     "authenticating again; with the action check the "
		                     "user does",
		                     lint_show(lint, look->sensitive->text));
	if (finding)
		check_instead(lint, finding, look);
	if (finding && !look->server)
		finding_level(lint->findings, finding, LEVEL_ADVICE);
}

/* Any account on servers. Root without a check has been told already. */
static void
any_account(struct lint *lint, const struct ssh_look *look)
{
	struct finding *finding;

	if (!look->nonroot || !look->server)
		return;
	if (look->root && look->rule->action == SSH_CHECK)
		finding = lint_raise(lint, &CHECK_SSH_ANY_USER, look->nonroot->span,
		                     "root and autogroup:nonroot are every account there "
		                     "is on %s; name the accounts",
		                     lint_show(lint, look->server->text));
	else
		finding = lint_raise(lint, &CHECK_SSH_NONROOT_TAGGED, look->nonroot->span,
		                     "autogroup:nonroot is any account of %s but root, "
		                     "those of services included; name the accounts",
		                     lint_show(lint, look->server->text));
	finding_level(lint->findings, finding,
	              look->broad ? LEVEL_WARNING : LEVEL_ADVICE);
}

static void
broad_source(struct lint *lint, const struct ssh_look *look)
{
	if (look->broad && look->server)
		lint_raise(lint, &CHECK_SSH_BROAD_SOURCE, look->broad->span,
		           "%s may log in on %s: name the group that looks after it",
		           lint_crowd_name(lint, look->broad),
		           lint_show(lint, look->server->text));
}

/* Words that are taken as logins and were hardly meant so. */
static bool
looks_like_selector(struct text user)
{
	static const char *const words[] = { "any", "all", "everyone", "nonroot",
		                             "autogroup" };
	struct selector selector = selector_parse(user);

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (text_equal_fold(user, text_of(words[i])))
			return true;
	if (selector.kind == SELECTOR_LOCALPART)
		return false;
	return selector.kind == SELECTOR_TAG || selector.kind == SELECTOR_GROUP ||
	       selector.kind == SELECTOR_SYNCED_GROUP ||
	       selector.kind == SELECTOR_AUTOGROUP || selector.kind == SELECTOR_DOMAIN ||
	       text_starts(user, "localpart:") || text_find(user, '*') < user.len ||
	       text_find(user, '?') < user.len;
}

static void
literal_users(struct lint *lint, const struct ssh_look *look)
{
	for (size_t i = 0; i < look->rule->users.n; i++) {
		const struct word *user = &look->rule->users.at[i];
		if (user == look->nonroot || text_is(user->text, "*") ||
		    text_is(user->text, autogroup_name(AUTOGROUP_NONROOT)) ||
		    !looks_like_selector(user->text))
			continue;
		lint_raise(
			lint, &CHECK_SSH_LITERAL_USER, user->span,
			"%s is taken as the name of one account, letter by letter; any "
			"account but root is autogroup:nonroot, everyone's own is "
			"localpart:*@DOMAIN",
			lint_show(lint, user->text));
	}
}

/* Logins that the list has already, or that nonroot takes in. */
static void
repeated_users(struct lint *lint, const struct ssh_look *look)
{
	const struct words *users = &look->rule->users;
	struct arena scratch = { 0 };
	struct names seen = { .arena = &scratch };
	size_t *first = arena_array(&scratch, users->n, sizeof(*first));

	for (size_t i = 0; i < users->n; i++) {
		const struct word *user = &users->at[i];
		size_t known = seen.n;
		uint32_t number = names_add(&seen, user->text);
		bool again = number < known;
		bool local = selector_parse(user->text).kind == SELECTOR_LOCALPART;
		if (!again)
			first[number] = i;
		if (!again && (!look->nonroot || user == look->nonroot || local ||
		               user->text.len == 0 || text_is(user->text, "root")))
			continue;
		const struct word *other =
			again ? &users->at[first[number]] : look->nonroot;
		struct finding *finding =
			lint_raise(lint, &CHECK_SSH_DUPLICATE_USERS, user->span,
		                   again ? "%s is in this list already"
		                         : "autogroup:nonroot in this list takes in %s",
		                   lint_show(lint, user->text));
		lint_note(lint, finding, other->span, "here");
		fix_drop(&lint->fixes, lint_fix(lint, finding, REPAIR_SAFE), user->node);
	}
	arena_end(&scratch);
}

/* Unless the rule says otherwise. */
#define PERIOD_USUAL INT64_C(43200000000000)

static void
check_period(struct lint *lint, const struct ssh_look *look)
{
	const struct ssh_rule *rule = look->rule;
	int64_t most = lint->settings->max_check_period;
	bool written = rule->check_period.node != NULL;
	int64_t period = written ? rule->check_period_ns : PERIOD_USUAL;
	const char *limit = lint_show(lint, lint->settings->max_check_period_text);
	struct finding *finding;

	if (rule->action != SSH_CHECK || most == 0 || period <= most)
		return;
	finding =
		lint_raise(lint, &CHECK_SSH_CHECK_PERIOD,
	                   written ? rule->check_period.span : rule->action_word.span,
	                   written ? "%s passes between two checks, and the settings "
	                             "allow %s"
	                           : "%s passes between two checks where checkPeriod "
	                             "does not say otherwise, and the settings allow %s",
	                   written ? lint_show(lint, rule->check_period.text) : "12h",
	                   limit);
	if (written)
		fix_replace(&lint->fixes, lint_fix(lint, finding, REPAIR_UNSAFE),
		            rule->check_period.node->span,
		            text_of(lint_say(lint, "\"%s\"", limit)));
}

/* Variables that make the login shell, or what it starts, run something. */
static const char *const dangerous[] = {
	"LD_PRELOAD",     "LD_LIBRARY_PATH", "LD_AUDIT", "BASH_ENV", "ENV",
	"PROMPT_COMMAND", "SHELLOPTS",       "PATH",     "IFS",      "PYTHONPATH",
	"PYTHONSTARTUP",  "PERL5LIB",        "PERL5OPT", "RUBYOPT",  "NODE_OPTIONS",
};

/* Whether a glob with * and ? matches a name. */
static bool
glob_matches(struct text glob, const char *name)
{
	size_t g = 0, n = 0, star = SIZE_MAX, mark = 0;

	while (name[n]) {
		if (g < glob.len && glob.at[g] == '*') {
			star = g++;
			mark = n;
		} else if (g < glob.len && (glob.at[g] == '?' || glob.at[g] == name[n])) {
			g++;
			n++;
		} else if (star != SIZE_MAX) {
			g = star + 1;
			n = ++mark;
		} else {
			return false;
		}
	}
	while (g < glob.len && glob.at[g] == '*')
		g++;
	return g == glob.len;
}

static void
accept_env(struct lint *lint, const struct ssh_look *look)
{
	for (size_t i = 0; i < look->rule->accept_env.n; i++) {
		const struct word *word = &look->rule->accept_env.at[i];
		size_t k = 0, n = sizeof(dangerous) / sizeof(*dangerous);
		while (k < n && !glob_matches(word->text, dangerous[k]))
			k++;
		if (word->text.len > 0 && k < n)
			lint_raise(lint, &CHECK_SSH_ACCEPT_ENV, word->span,
			           "%s lets in %s, which decides what runs on the other "
			           "machine; name the variables that are needed",
			           lint_show(lint, word->text), dangerous[k]);
	}
}

static void
recorder(struct lint *lint, const struct ssh_look *look)
{
	if (look->rule->recorder.n > 0 && !look->rule->enforce_recorder)
		lint_raise(lint, &CHECK_SSH_RECORDER_OPTIONAL,
		           look->rule->recorder.at[0].span,
		           "sessions go on unrecorded while %s is away; with "
		           "enforceRecorder they do not",
		           lint_show(lint, look->rule->recorder.at[0].text));
}

/* A rule that names nobody, or nothing. */
static bool
empty_rule(struct lint *lint, const struct ssh_rule *rule)
{
	if (rule->src.n > 0 && rule->dst.n > 0)
		return false;
	lint_raise(lint, &CHECK_MATCHES_NOTHING, lint_opening(rule->node),
	           "this rule lets nobody in: it has no %s", rule->src.n ? "dst" : "src");
	return true;
}

void
lint_ssh(struct lint *lint)
{
	for (size_t i = 0; i < lint->policy->n_ssh; i++) {
		struct ssh_look look = look_at(lint, &lint->policy->ssh[i]);
		if (!look.rule->good || look.rule->action == SSH_BAD ||
		    empty_rule(lint, look.rule) || lint_is_nobody(lint, &look.rule->src))
			continue;
		accepts(lint, &look);
		any_account(lint, &look);
		broad_source(lint, &look);
		literal_users(lint, &look);
		repeated_users(lint, &look);
		check_period(lint, &look);
		accept_env(lint, &look);
		recorder(lint, &look);
	}
}
