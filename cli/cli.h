#ifndef ACLC_CLI_CLI_H
#define ACLC_CLI_CLI_H

/*
 * READ FIRST. People at a terminal, and the CI and editors they use. The only
 * room that opens files, prints and exits. A command is a row of the table in
 * main.c; its function reads its own options, loads its units, asks one
 * question and writes the answer to run->out.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/output.h"
#include "grammar/arena.h"
#include "grammar/finding.h"
#include "grammar/hujson.h"
#include "grammar/source.h"
#include "grammar/text.h"
#include "policy/filter.h"
#include "policy/policy.h"
#include "policy/tailnet.h"
#include "policy/target.h"

#define ACLC_VERSION "0.1.0"

/* How aclc ends. */
enum status {
	STATUS_GOOD,       /* nothing to report */
	STATUS_BAD_POLICY, /* the policy is at fault */
	STATUS_BAD_RUN,    /* the run is at fault: usage, files, inventory, memory */
};

/* How far a policy is taken. */
enum stage { STAGE_NONE, STAGE_TREE, STAGE_POLICY, STAGE_FILTER };

/* How an option's value is kept, in the struct that its offset points into. */
enum option_kind {
	OPTION_FLAG,   /* bool */
	OPTION_TEXT,   /* const char *; the last one given counts */
	OPTION_LIST,   /* struct strings; each one given is added */
	OPTION_CHOICE, /* unsigned: the place of the word in choices */
	OPTION_FORMAT, /* unsigned: the place of the word in the command's formats */
};

/* One row of a table of options; a row without a name ends the table. */
struct option {
	char letter;      /* 'i', or 0 */
	const char *name; /* "inventory" */
	enum option_kind kind;
	size_t offset;     /* offsetof its place */
	const char *value; /* "FILE"; NULL for a flag */
	const char *brief;
	const char *const *choices; /* NULL at the end; of OPTION_CHOICE */
};

/* The options of one command, and the size of the struct they fill in. */
struct option_table {
	const struct option *rows;
	size_t size;
};

/* Strings in the order given. */
struct strings {
	const char **at;
	size_t n, cap;
};

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* What the options shared by all commands say. */
struct options {
	struct strings inventories;
	const char *target_name; /* NULL: not given */
	enum target target;      /* target_name understood; TARGET_TAILSCALE */
	bool every_target;       /* it was "all", which is for check */
	unsigned format;         /* place in the command's formats */
	const char *output;      /* NULL or "-": standard output */
	const char *config;      /* the settings; NULL: those nearest to the policy */
	unsigned color;          /* enum color */
	const char *stdin_name;
	bool quiet, verbose;
	bool help;
};

struct run;
struct replacement;

/* One row of the table of commands. */
struct command {
	const char *name;
	enum status (*main)(struct run *);
	size_t least, most;         /* operands it takes */
	enum stage stage;           /* how far its policies are taken */
	const char *operands;       /* for usage: "[POLICY]" */
	const char *brief;          /* one line of help */
	const char *const *formats; /* NULL at the end; the first is the default */
	const struct option_table *options; /* its own */
};

#define OPERANDS_ANY SIZE_MAX

/* One run of aclc: the command line understood, and where the answer goes. */
struct run {
	const struct command *command;
	struct options options;
	void *own; /* the command's own options, zeroed where not given */
	struct strings operands;
	struct arena arena; /* lives as long as the run */
	struct output out;  /* the answer */
	bool stdin_taken;
	struct settings *settings;       /* once a policy was read; none are empty ones */
	struct replacement *replacement; /* of the file named by --output, or NULL */
	struct output err;               /* everything else */
};

/* One policy file, taken as far as asked. A zeroed unit is an empty one. */
struct unit {
	struct arena arena;
	struct findings findings; /* about the policy */
	struct source *source;
	struct tree *tree;
	struct policy *policy;
	struct tailnet *tailnet; /* of the inventories, or imagined */
	struct filter *filter;   /* NULL where errors were found */
};

/* options.c */

/* The options shared by all commands. */
extern const struct option OPTIONS_SHARED[];

/* Understands the words after the command's name. false: they are no good,
 * and it was said why. */
bool options_read(struct run *, int argc, const char *const *argv);

/* The target of that name; nothing changes where it is NULL. false: there is none, and
 * it was said. */
bool run_target(struct run *, const char *name, enum target *);

/* Lists options for people. */
void options_help(struct output *, const struct option *);

/* config.c */

/*
 * Finds and reads the settings for the policy of that path, the first time that it
 * is asked; what they say of target and inventories counts where the options say
 * nothing. false: they are at fault, or cannot be read, and it was said.
 */
bool settings_load(struct run *, const char *path);

/* load.c: the pipeline, written once */

/*
 * Takes the policy of that path ("-": standard input) as far as the command's
 * row in the table says, or up to the first stage with errors in it:
 * then unit->findings.n_errors is not 0. Inventories are those of the options.
 * false: the run is at fault, and it was said why.
 */
bool unit_load(struct unit *, struct run *, const char *path);

/* The steps of unit_load, for who needs them apart. Each wants the one before. */
bool unit_read(struct unit *, struct run *, const char *path);
bool unit_people(struct unit *, struct run *);
void unit_compile(struct unit *);

/* Judges the policy's own tests, where there is a filter; those that fail become
 * errors, as the coordinator refuses a policy for them. */
void unit_claims(struct unit *);

/* Raises what the unit's inventory, if it has one, does not tell of selectors: for
 * whoever shows what is compiled. */
void unit_untold(struct unit *);

void unit_end(struct unit *);

/* The whole file of that path as a source in the arena; "-" is standard
 * input. NULL: it cannot be read, and it was said why. */
struct source *source_load(struct run *, struct arena *, const char *path);

/* What to call a path in messages: itself, or what standard input is called. */
const char *path_name(const struct run *, const char *path);

/* Shows findings on standard error, in file order; errors alone when quiet. */
void findings_tell(struct run *, struct findings *);

/* The i-th operand, or policy.hujson if that is here. NULL: neither, and it
 * was said. */
const char *run_policy(struct run *, size_t i);

/* main.c */

/* "aclc: …" on standard error, one line, whatever is in it made harmless;
 * returns STATUS_BAD_RUN. */
enum status run_fault(struct run *, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same, for who is interested (--verbose). */
void run_tell(struct run *, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The i-th command, NULL at the end. */
const struct command *command_list(size_t i);

/* The commands. */
enum status check_main(struct run *);
enum status compile_main(struct run *);
enum status diff_main(struct run *);
enum status explain_main(struct run *);
enum status fmt_main(struct run *);
enum status lint_main(struct run *);
enum status test_main(struct run *);
enum status completion_main(struct run *);

extern const struct option_table CHECK_OPTIONS, COMPILE_OPTIONS, DIFF_OPTIONS,
	EXPLAIN_OPTIONS, FMT_OPTIONS, LINT_OPTIONS, TEST_OPTIONS;

/* "text", "json" …; NULL at the end. */
extern const char *const LINT_FORMATS[], *const DIFF_FORMATS[];

#endif
