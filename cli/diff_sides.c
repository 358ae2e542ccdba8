/* What the operands of diff mean: files, standard input, versions in git. */
#include "cli/diff.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/file.h"

extern char **environ;

/* Git's external diff driver: path, old file, hex and mode, new file, hex and mode;
 * of a renamed file its new path and what git says of it too. */
#define GIT_OPERANDS 7
#define GIT_OPERANDS_RENAMED 9
#define GIT_NEW_PATH 7

static bool
is_nothing(const char *path)
{
	return strcmp(path, "/dev/null") == 0;
}

/* Pagers that git starts take colours. */
static void
color_for_git(struct run *run)
{
	const char *pager = getenv("GIT_PAGER_IN_USE");
	const char *no = getenv("NO_COLOR");

	if (run->options.color == COLOR_AUTO && pager && strcmp(pager, "true") == 0 &&
	    !(no && *no))
		run->out.color = true;
}

static bool
sides_of_git_driver(struct differing *d)
{
	const char *const *at = d->run->operands.at;
	bool renamed = d->run->operands.n == GIT_OPERANDS_RENAMED;
	struct side *old = &d->sides[DIFF_OLD], *new = &d->sides[DIFF_NEW];

	old->git = at[0];
	old->name = at[1];
	new->git = renamed ? at[GIT_NEW_PATH] : at[0];
	new->name = at[4];
	for (int i = 0; i < 2; i++)
		d->sides[i].missing = is_nothing(d->sides[i].name);
	/* the working tree's file is that itself, others are copies that go away */
	if (strcmp(new->name, new->git) == 0)
		new->path = new->name;
	color_for_git(d->run);
	return true;
}

/* "REV:./policy.hujson", to be asked in the policy's folder. */
static const char *
version_of(struct arena *arena, const char *rev, const char *path)
{
	const char *slash = strrchr(path, '/');

	return arena_format(arena, "%s:./%s", rev, slash ? slash + 1 : path);
}

static bool
sides_of_revision(struct differing *d)
{
	struct run *run = d->run;
	const char *policy = run_policy(run, 0);

	if (!policy)
		return false;
	if (strcmp(policy, "-") == 0) {
		run_fault(run, "--git compares with a file, not with standard input");
		return false;
	}
	d->sides[DIFF_OLD].name = arena_format(&run->arena, "%s:%s", d->own->git, policy);
	d->sides[DIFF_NEW].name = d->sides[DIFF_NEW].path = policy;
	return true;
}

/* What a name is: standard input, a file that is there, or REV:PATH. */
static bool
is_version(const char *name)
{
	return strcmp(name, "-") != 0 && strchr(name, ':') && access(name, F_OK) != 0;
}

static void
side_of_name(struct side *side, const char *name)
{
	side->name = name;
	if (strcmp(name, "-") != 0 && !is_version(name))
		side->path = name;
}

/* One policy on two coordinators. */
static bool
sides_of_one(struct differing *d)
{
	const char *policy = run_policy(d->run, 0);

	for (int i = 0; policy && i < 2; i++)
		side_of_name(&d->sides[i], policy);
	d->one = true;
	return policy != NULL;
}

static bool
sides_of_names(struct differing *d)
{
	const struct strings *operands = &d->run->operands;

	if (operands->n < 2 && (d->own->old_target || d->own->new_target))
		return sides_of_one(d);
	if (operands->n != 2) {
		run_fault(d->run, operands->n < 2
		                          ? "diff takes two policies, OLD and NEW; one "
		                            "with --git REV, or with --old-target or "
		                            "--new-target"
		                          : "diff takes two policies, OLD and NEW");
		return false;
	}
	for (int i = 0; i < 2; i++)
		side_of_name(&d->sides[i], operands->at[i]);
	return true;
}

bool
sides_find(struct differing *d)
{
	size_t n = d->run->operands.n;

	if (n == GIT_OPERANDS || n == GIT_OPERANDS_RENAMED)
		return sides_of_git_driver(d);
	if (!d->own->git)
		return sides_of_names(d);
	if (n > 1) {
		run_fault(d->run, "diff --git takes one policy");
		return false;
	}
	return sides_of_revision(d);
}

/* A version in git, being read. */
struct showing {
	struct run *run;
	const char *folder;  /* to ask in; "." */
	const char *version; /* "REV:PATH" */
	int from;            /* where git writes to */
	pid_t pid;
};

static bool
show_start(struct showing *s)
{
	char *argv[] = { (char[]) { "git" },
		         (char[]) { "-C" },
		         arena_copy(&s->run->arena, s->folder, strlen(s->folder)),
		         (char[]) { "show" },
		         (char[]) { "--no-textconv" },
		         (char[]) { "--no-ext-diff" },
		         arena_copy(&s->run->arena, s->version, strlen(s->version)),
		         NULL };
	posix_spawn_file_actions_t actions;
	int ends[2], why;

	if (pipe(ends) != 0) {
		run_fault(s->run, "cannot ask git: %s", strerror(errno));
		return false;
	}
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_addclose(&actions, ends[0]);
	posix_spawn_file_actions_addclose(&actions, ends[1]);
	why = posix_spawnp(&s->pid, "git", &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	s->from = ends[0];
	if (why == 0)
		return true;
	close(ends[0]);
	run_fault(s->run, "cannot run git: %s", strerror(why));
	return false;
}

/* Waits for git; whether all went well. Git itself says what did not. */
static bool
show_end(struct showing *s)
{
	int status;

	close(s->from);
	while (waitpid(s->pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	run_fault(s->run, "git cannot show %s", s->version);
	return false;
}

static bool
version_read(struct run *run, const char *folder, const char *version, struct text *bytes)
{
	struct showing s = { .run = run, .folder = folder, .version = version };
	bool fine;

	if (version[0] == '-') {
		run_fault(run, "%s is no version of a file", version);
		return false;
	}
	if (!show_start(&s))
		return false;
	fine = descriptor_read(&run->arena, s.from, bytes);
	if (!fine)
		run_fault(run, "cannot read %s from git: %s", version, strerror(errno));
	return show_end(&s) && fine;
}

static const char *
folder_of(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return ".";
	return arena_copy(arena, path, slash == path ? 1 : (size_t)(slash - path));
}

bool
sides_settle(struct differing *d)
{
	struct run *run = d->run;
	const char *const names[2] = { d->own->old_target, d->own->new_target };
	size_t n_inventories = run->options.inventories.n;

	const struct side *new = &d->sides[DIFF_NEW];

	/* settings are those of the new policy, or of git's path */
	if (!settings_load(run, new->git ? new->git : new->path ? new->path : "-"))
		return false;
	d->inventories_given = n_inventories > 0;
	for (int i = 0; i < 2; i++) {
		d->sides[i].target = run->options.target;
		d->sides[i].target_given = names[i] || run->options.target_name;
		if (!run_target(run, names[i], &d->sides[i].target))
			return false;
	}
	return true;
}

bool
differing_in_git(const struct differing *d)
{
	return d->sides[DIFF_NEW].git != NULL;
}

const char *
side_place(const struct differing *d, enum diff_side side)
{
	const struct side *s = &d->sides[side];

	return s->git ? s->git : s->name;
}

const char *
side_name(const struct differing *d, enum diff_side side)
{
	const struct side *s = &d->sides[side];

	if (d->sides[DIFF_OLD].target == d->sides[DIFF_NEW].target)
		return s->name;
	return arena_format(&d->run->arena, "%s on %s", s->name, target_name(s->target));
}

bool
side_read(struct differing *d, enum diff_side side)
{
	struct side *s = &d->sides[side];
	struct run *run = d->run;
	struct source *source;

	if (s->missing)
		return true;
	if (side == DIFF_NEW && d->one) {
		s->bytes = d->sides[DIFF_OLD].bytes;
		s->name = d->sides[DIFF_OLD].name;
		return true;
	}
	if (side == DIFF_OLD && d->own->git) {
		const char *policy = d->sides[DIFF_NEW].path;
		return version_read(run, folder_of(&run->arena, policy),
		                    version_of(&run->arena, d->own->git, policy),
		                    &s->bytes);
	}
	if (!s->git && is_version(s->name))
		return version_read(run, ".", s->name, &s->bytes);
	source = source_load(run, &run->arena, s->name);
	if (!source)
		return false;
	s->bytes = (struct text) { source->bytes, source->len };
	s->name = source->name;
	return true;
}

const struct diff *
differing_access(const struct differing *d)
{
	return d->here ? d->here : d->any;
}

const struct diff_accesses *
accesses_of(const struct diff *diff, enum diff_side side)
{
	return side == DIFF_NEW ? &diff->gained : &diff->lost;
}

const struct diff_accesses *
guests_access(const struct differing *d, enum diff_side side)
{
	static const struct diff_accesses none = { .at = NULL };

	if (!d->guests || accesses_of(d->any, side)->n > 0)
		return &none;
	return accesses_of(d->guests, side);
}

bool
differing_is_empty(const struct differing *d)
{
	const struct diff *access = differing_access(d);

	return access->gained.n == 0 && access->lost.n == 0 && d->any->n_changes == 0;
}

const char *
differing_verdict(const struct differing *d)
{
	const struct diff *access = differing_access(d);
	bool more = access->gained.n > 0 || diff_gains_beside(d->any);
	bool less = access->lost.n > 0 || diff_loses_beside(d->any);

	if (more && less)
		return "more permissive in some ways, less in others";
	if (more)
		return "more permissive";
	if (less)
		return "less permissive";
	return differing_is_empty(d) ? "the same" : "the same access, otherwise changed";
}

/* A word of a command line, quoted where a shell would make something of it. */
static const char *
shell_word(struct arena *arena, struct text word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789@%_-+=:,./";
	static const char end_and_escape[] = { '\'', '\\', '\'' };
	char *quoted, *at;
	size_t i = 0;

	while (i < word.len && word.at[i] && strchr(plain, word.at[i]))
		i++;
	if (i == word.len && word.len > 0)
		return arena_copy(arena, word.at, word.len);
	at = quoted = arena_alloc(arena, 4 * word.len + 3);
	*at++ = '\'';
	for (i = 0; i < word.len; i++) {
		if (word.at[i] == '\'') {
			memcpy(at, end_and_escape, sizeof(end_and_escape));
			at += sizeof(end_and_escape);
		}
		*at++ = word.at[i];
	}
	*at++ = '\'';
	return quoted;
}

/* "tag:db:443", "[fd7a::1]:443"; without a port where the protocol has none. */
static struct text
witness_target(struct arena *arena, const struct cut_flow *flow)
{
	struct point address;
	bool six = address_parse(flow->dst, &address) == ADDRESS_FINE &&
	           address.line == LINE_IPV6;
	const char *dst = six ? arena_format(arena, "[%.*s]", TEXT_ARG(flow->dst))
	                      : arena_format(arena, "%.*s", TEXT_ARG(flow->dst));

	if (!protocol_has_ports(flow->protocol) || flow->port == 0)
		return flow->dst;
	return text_of(arena_format(arena, "%s:%u", dst, (unsigned)flow->port));
}

/* The inventories and the target that were given for a side: explain finds those that
 * the settings say by itself. */
static const char *
witness_options(struct arena *arena, const struct differing *d, const struct diff *diff,
                enum diff_side side)
{
	bool old = side == DIFF_OLD && d->own->old_inventories.n > 0;
	const struct strings *inventories =
		old ? &d->own->old_inventories : &d->run->options.inventories;
	const char *options = d->sides[side].target_given
	                              ? arena_format(arena, "-t %s ",
	                                             target_name(d->sides[side].target))
	                              : "";

	for (size_t i = 0;
	     !diff->imagined && (old || d->inventories_given) && i < inventories->n; i++)
		options = arena_format(arena, "%s-i %s ", options,
		                       shell_word(arena, text_of(inventories->at[i])));
	return options;
}

const char *
witness_command(struct arena *arena, const struct differing *d, const struct diff *diff,
                enum diff_side side, const struct diff_access *access)
{
	const struct cut_flow *flow = &access->witness;
	const char *protocol = access->both ? NULL : protocol_name(arena, flow->protocol);
	const char *path = d->sides[side].path;

	/* explain takes those who are named for members */
	if (!path || !access->checkable || flow->posture.len > 0 || flow->via.len > 0 ||
	    diff == d->guests)
		return NULL;
	return arena_format(arena, "aclc explain %s%s%s%s%s %s %s",
	                    witness_options(arena, d, diff, side),
	                    protocol ? "--proto " : "", protocol ? protocol : "",
	                    protocol ? " " : "", shell_word(arena, flow->src),
	                    shell_word(arena, witness_target(arena, flow)),
	                    shell_word(arena, text_of(path)));
}
