/* The table of commands, usage, and how a run begins and ends. */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "cli/file.h"
#include "cli/signals.h"
#include "cli/terminal.h"

static const char *const CHECK_FORMATS[] = { "text", "json", NULL };
static const char *const COMPILE_FORMATS[] = { "table",  "tsv",    "json",
	                                       "ndjson", "policy", NULL };

static const char *const TEST_FORMATS[] = { "text", "json", "junit", "tap", NULL };
static const char *const EXPLAIN_FORMATS[] = { "text", "json", NULL };

static const struct command COMMANDS[] = {
	{ "check", check_main, 0, 1, STAGE_FILTER, "[POLICY]",
	  "say whether the coordinator would take the policy", CHECK_FORMATS,
	  &CHECK_OPTIONS },
	{ "lint", lint_main, 0, 1, STAGE_FILTER, "[POLICY]",
	  "say what is doubtful in the policy, and mend it", LINT_FORMATS,
	  &LINT_OPTIONS },
	{ "compile", compile_main, 0, 1, STAGE_FILTER, "[POLICY]",
	  "write the packet filter of every node", COMPILE_FORMATS, &COMPILE_OPTIONS },
	{ "diff", diff_main, 0, 9, STAGE_POLICY, "OLD NEW",
	  "say who gains and who loses which access", DIFF_FORMATS, &DIFF_OPTIONS },
	{ "test", test_main, 0, 1, STAGE_FILTER, "[POLICY]",
	  "run the policy's own tests and sshTests", TEST_FORMATS, &TEST_OPTIONS },
	{ "explain", explain_main, 0, 3, STAGE_FILTER, "[SRC DST[:PORT]] [POLICY]",
	  "say whether SRC may reach DST, and why", EXPLAIN_FORMATS, &EXPLAIN_OPTIONS },
	{ "fmt", fmt_main, 0, OPERANDS_ANY, STAGE_TREE, "[POLICY]...",
	  "print the policy in its canonical form", NULL, &FMT_OPTIONS },
	{ "completion", completion_main, 1, 1, STAGE_NONE, "SHELL",
	  "print completions for bash, zsh or fish", NULL, NULL },
};

#define N_COMMANDS (sizeof(COMMANDS) / sizeof(*COMMANDS))

const struct command *
command_list(size_t i)
{
	return i < N_COMMANDS ? &COMMANDS[i] : NULL;
}

static void say(struct run *, const char *format, va_list)
	__attribute__((format(printf, 2, 0)));

static void
say(struct run *run, const char *format, va_list args)
{
	struct arena scratch = { 0 };

	progress_clear();
	output_string(&run->err, "aclc: ");
	output_harmless(&run->err, text_of(arena_format_list(&scratch, format, args)));
	output_char(&run->err, '\n');
	output_flush(&run->err);
	arena_end(&scratch);
}

enum status
run_fault(struct run *run, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(run, format, args);
	va_end(args);
	return STATUS_BAD_RUN;
}

void
run_tell(struct run *run, const char *format, ...)
{
	va_list args;

	if (!run->options.verbose)
		return;
	va_start(args, format);
	say(run, format, args);
	va_end(args);
}

static void
usage(struct output *out)
{
	output_string(out, "usage: aclc COMMAND [OPTION]... [POLICY]\n\n");
	for (size_t i = 0; i < N_COMMANDS; i++)
		output_format(out, "  %-11s %s\n", COMMANDS[i].name, COMMANDS[i].brief);
	output_string(out, "\nPOLICY is a file, or - for standard input; left out, it is "
	                   "policy.hujson here.\n"
	                   "aclc help COMMAND tells of a command's options.\n");
}

static void
command_help(struct output *out, const struct command *command)
{
	output_format(out, "usage: aclc %s [OPTION]... %s\n\n", command->name,
	              command->operands);
	output_format(out, "aclc %s: %s\n\n", command->name, command->brief);
	if (command->formats) {
		output_string(out, "formats:");
		for (size_t i = 0; command->formats[i]; i++)
			output_format(out, "%s %s", i ? "," : "", command->formats[i]);
		output_string(out, "\n\n");
	}
	if (command->options)
		options_help(out, command->options->rows);
	options_help(out, OPTIONS_SHARED);
}

static const struct command *
command_find(const char *name)
{
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (strcmp(COMMANDS[i].name, name) == 0)
			return &COMMANDS[i];
	return NULL;
}

static enum status
unknown_command(struct run *run, const char *name)
{
	struct text_nearest nearest = text_nearest_start(text_of(name));

	for (size_t i = 0; i < N_COMMANDS; i++)
		text_nearest_offer(&nearest, text_of(COMMANDS[i].name));
	text_nearest_offer(&nearest, text_of("help"));
	if (nearest.best.len > 0)
		return run_fault(run, "there is no command %s; did you mean %.*s?", name,
		                 TEXT_ARG(nearest.best));
	if (name[0] == '-')
		return run_fault(run, "a command comes first: aclc COMMAND %s", name);
	return run_fault(run, "there is no command %s; aclc help lists them", name);
}

/* aclc help, and aclc help COMMAND. */
static enum status
help(struct run *run, const char *name)
{
	const struct command *command = name ? command_find(name) : NULL;

	if (!name || strcmp(name, "help") == 0)
		usage(&run->out);
	else if (command)
		command_help(&run->out, command);
	else
		return unknown_command(run, name);
	return STATUS_GOOD;
}

static enum status
command_run(struct run *run, int argc, const char *const *argv)
{
	if (!options_read(run, argc, argv))
		return STATUS_BAD_RUN;
	if (run->options.help) {
		command_help(&run->out, run->command);
		return STATUS_GOOD;
	}
	if (!output_redirect(run))
		return STATUS_BAD_RUN;
	terminal_settle(run);
	return run->command->main(run);
}

static bool
is_one_of(const char *word, const char *a, const char *b)
{
	return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

static enum status
run_words(struct run *run, int argc, const char *const *argv)
{
	if (argc < 2) {
		usage(&run->err);
		return STATUS_BAD_RUN;
	}
	if (is_one_of(argv[1], "--version", "-V")) {
		output_string(&run->out, "aclc " ACLC_VERSION "\n");
		return STATUS_GOOD;
	}
	if (is_one_of(argv[1], "--help", "-h"))
		return help(run, NULL);
	if (strcmp(argv[1], "help") == 0)
		return help(run, argc > 2 ? argv[2] : NULL);
	run->command = command_find(argv[1]);
	if (!run->command)
		return unknown_command(run, argv[1]);
	return command_run(run, argc - 2, argv + 2);
}

/* A descriptor that was closed is opened the wrong way round, so that no file
 * takes its number and using it still fails. */
static void
descriptors_keep(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

int
main(int argc, char **argv)
{
	struct run run = { 0 };
	enum status status;

	descriptors_keep();
	signals_start();
	output_start(&run.out, &run.arena, STDOUT_FILENO, "standard output");
	output_start(&run.err, &run.arena, STDERR_FILENO, "standard error");
	json_start();
	status = run_words(&run, argc, (const char *const *)argv);
	progress_clear();
	status = output_finish(&run, status);
	output_flush(&run.err);
	arena_end(&run.arena);
	return (int)status;
}
