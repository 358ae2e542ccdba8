/* Completions for shells, made from the same tables that usage is. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

/* What a value of an option can be. */
static const char *const *
option_words(const struct command *command, const struct option *option)
{
	if (option->kind == OPTION_CHOICE)
		return option->choices;
	return option->kind == OPTION_FORMAT ? command->formats : NULL;
}

static bool
option_is_target(const struct option *option)
{
	static const char *const names[] = { "target", "from", "old-target",
		                             "new-target" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(option->name, names[i]) == 0)
			return true;
	return false;
}

static bool
option_takes(const struct option *option, const char *value)
{
	return option->value && strcmp(option->value, value) == 0;
}

static bool
option_is_file(const struct option *option)
{
	return option_takes(option, "FILE");
}

/* The names of checks, asked for by the shell when somebody wants them. */
static const char CHECK_NAMES[] = "(aclc lint --list | cut -d\" \" -f1)";

static bool
option_is_check(const struct option *option)
{
	return option_takes(option, "ID");
}

static bool
value_is_listed(const struct command *command, const struct option *option)
{
	return option_words(command, option) || option_is_target(option) ||
	       option_is_check(option);
}

/* Writes the words that a value can be, with blanks between them; asks is what
 * stands before a command whose output the shell is to take. */
static void
value_words(struct output *out, const struct command *command,
            const struct option *option, const char *asks)
{
	const char *const *words = option_words(command, option);

	if (option_is_target(option)) {
		output_string(out, "headscale");
		for (enum target t = 0; t < TARGET_N; t++)
			output_format(out, " %s", target_name(t));
		output_string(out, command->main == check_main ? " all" : "");
	} else if (option_is_check(option)) {
		output_format(out, "%s%s", asks, CHECK_NAMES);
	}
	for (size_t i = 0; words && words[i]; i++)
		output_format(out, "%s%s", i > 0 ? " " : "", words[i]);
}

static const char SHELL_NAMES[] = "bash zsh fish";

static void
command_names(struct output *out)
{
	const struct command *command;

	for (size_t i = 0; (command = command_list(i)); i++)
		output_format(out, "%s%s", i > 0 ? " " : "", command->name);
}

/* What is done with each option that a command takes. */
typedef void option_use(struct output *, const struct command *, const struct option *);

static void
options_each(struct output *out, const struct command *command, option_use *use)
{
	const struct option *own = command->options ? command->options->rows : NULL;

	for (; own && own->name; own++)
		use(out, command, own);
	for (const struct option *o = OPTIONS_SHARED; o->name; o++)
		use(out, command, o);
}

/* Text between single quotes, with a backslash before what is among special;
 * a quote is closed, escaped and opened again. */
static void
quoted(struct output *out, const char *text, const char *special)
{
	for (; *text; text++) {
		if (*text == '\'')
			output_string(out, "'\\''");
		else if (strchr(special, *text))
			output_format(out, "\\%c", *text);
		else
			output_char(out, *text);
	}
}

static void
bash_option(struct output *out, const struct command *command,
            const struct option *option)
{
	(void)command;
	if (option->letter)
		output_format(out, " -%c", option->letter);
	output_format(out, " --%s", option->name);
}

static void
bash_value(struct output *out, const struct command *command, const struct option *option)
{
	if (!option->value || option_is_file(option))
		return;
	output_format(out, "\t%s:--%s", command->name, option->name);
	if (option->letter)
		output_format(out, " | %s:-%c", command->name, option->letter);
	output_string(out, ")\n\t\twords='");
	value_words(out, command, option, "$");
	output_string(out, "' ;;\n");
}

static void
bash_write(struct output *out)
{
	const struct command *command;

	output_string(out, "# bash completion for aclc\n"
	                   "_aclc() {\n"
	                   "\tlocal cur=${COMP_WORDS[COMP_CWORD]} words options=\n"
	                   "\tlocal prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
	                   "\tif [[ $cur == = ]]; then\n"
	                   "\t\tcur=\n"
	                   "\telif [[ $prev == = ]]; then\n"
	                   "\t\tprev=${COMP_WORDS[COMP_CWORD - 2]}\n"
	                   "\tfi\n"
	                   "\tCOMPREPLY=()\n"
	                   "\tif ((COMP_CWORD == 1)); then\n"
	                   "\t\tCOMPREPLY=($(compgen -W 'help --help --version ");
	command_names(out);
	output_string(out, "' -- \"$cur\"))\n"
	                   "\t\treturn\n"
	                   "\tfi\n"
	                   "\tcase ${COMP_WORDS[1]}:$prev in\n"
	                   "\thelp:help)\n"
	                   "\t\twords='");
	command_names(out);
	output_format(out,
	              "' ;;\n"
	              "\tcompletion:completion)\n"
	              "\t\twords='%s' ;;\n",
	              SHELL_NAMES);
	for (size_t i = 0; (command = command_list(i)); i++)
		options_each(out, command, bash_value);
	output_string(out, "\t*) words=- ;;\n"
	                   "\tesac\n"
	                   "\tif [[ $words != - ]]; then\n"
	                   "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	                   "\t\treturn\n"
	                   "\tfi\n"
	                   "\tcase ${COMP_WORDS[1]} in\n");
	for (size_t i = 0; (command = command_list(i)); i++) {
		output_format(out, "\t%s) options='", command->name);
		options_each(out, command, bash_option);
		output_string(out, "' ;;\n");
	}
	output_string(out, "\tesac\n"
	                   "\tif [[ $cur == -* ]]; then\n"
	                   "\t\tCOMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
	                   "\telse\n"
	                   "\t\tcompopt -o filenames 2>/dev/null\n"
	                   "\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n"
	                   "\tfi\n"
	                   "}\n"
	                   "complete -F _aclc aclc\n");
}

/* One spelling of an option: "--format=" or "-f+". */
static void
zsh_spelling(struct output *out, const struct command *command,
             const struct option *option, const char *spelling)
{
	output_format(out, " \\\n\t\t\t'%s%s[", option->kind == OPTION_LIST ? "*" : "",
	              spelling);
	quoted(out, option->brief, "[]:");
	output_char(out, ']');
	if (option->value)
		output_format(out, ":%s:", option->value);
	if (value_is_listed(command, option)) {
		output_char(out, '(');
		value_words(out, command, option, "$");
		output_char(out, ')');
	} else if (option_is_file(option)) {
		output_string(out, "_files");
	}
	output_char(out, '\'');
}

static void
zsh_option(struct output *out, const struct command *command, const struct option *option)
{
	char spelling[40];

	if (option->letter) {
		snprintf(spelling, sizeof(spelling), "-%c%s", option->letter,
		         option->value ? "+" : "");
		zsh_spelling(out, command, option, spelling);
	}
	snprintf(spelling, sizeof(spelling), "--%s%s", option->name,
	         option->value ? "=" : "");
	zsh_spelling(out, command, option, spelling);
}

static void
zsh_write(struct output *out)
{
	const struct command *command;

	output_string(out, "#compdef aclc\n"
	                   "_aclc() {\n"
	                   "\tlocal -a commands=(\n");
	for (size_t i = 0; (command = command_list(i)); i++) {
		output_format(out, "\t\t'%s:", command->name);
		quoted(out, command->brief, ":");
		output_string(out, "'\n");
	}
	output_string(out, "\t\t'help:tell of a command'\n"
	                   "\t)\n"
	                   "\tif ((CURRENT == 2)); then\n"
	                   "\t\t_describe command commands\n"
	                   "\t\treturn\n"
	                   "\tfi\n"
	                   "\tshift words\n"
	                   "\t((CURRENT--))\n"
	                   "\tcase $words[1] in\n"
	                   "\thelp) _describe command commands ;;\n");
	for (size_t i = 0; (command = command_list(i)); i++) {
		output_format(out, "\t%s)\n\t\t_arguments -s", command->name);
		options_each(out, command, zsh_option);
		if (command->main == completion_main)
			output_format(out, " \\\n\t\t\t'1:shell:(%s)' ;;\n", SHELL_NAMES);
		else
			output_string(out, " \\\n\t\t\t'*:file:_files' ;;\n");
	}
	output_string(out, "\tesac\n"
	                   "}\n"
	                   "_aclc \"$@\"\n");
}

static void
fish_option(struct output *out, const struct command *command,
            const struct option *option)
{
	output_format(out, "complete -c aclc -n '__fish_seen_subcommand_from %s'",
	              command->name);
	if (option->letter)
		output_format(out, " -s %c", option->letter);
	output_format(out, " -l %s", option->name);
	if (option->value)
		output_string(out, option_is_file(option) ? " -r -F" : " -x");
	if (value_is_listed(command, option)) {
		output_string(out, " -a '");
		value_words(out, command, option, "");
		output_char(out, '\'');
	}
	output_string(out, " -d '");
	quoted(out, option->brief, "");
	output_string(out, "'\n");
}

static void
fish_write(struct output *out)
{
	const struct command *command;

	output_string(out, "# fish completion for aclc\n"
	                   "complete -c aclc -f -n __fish_use_subcommand -a help"
	                   " -d 'tell of a command'\n"
	                   "complete -c aclc -f"
	                   " -n '__fish_seen_subcommand_from help' -a '");
	command_names(out);
	output_format(out,
	              "'\n"
	              "complete -c aclc -f"
	              " -n '__fish_seen_subcommand_from completion' -a '%s'\n",
	              SHELL_NAMES);
	for (size_t i = 0; (command = command_list(i)); i++) {
		output_format(out, "complete -c aclc -f -n __fish_use_subcommand -a %s",
		              command->name);
		output_string(out, " -d '");
		quoted(out, command->brief, "");
		output_string(out, "'\n");
		options_each(out, command, fish_option);
	}
}

enum status
completion_main(struct run *run)
{
	static const struct {
		const char *name;
		void (*write)(struct output *);
	} shells[] = { { "bash", bash_write },
		       { "zsh", zsh_write },
		       { "fish", fish_write } };
	const char *name = run->operands.at[0];

	for (size_t i = 0; i < sizeof(shells) / sizeof(*shells); i++) {
		if (strcmp(shells[i].name, name) == 0) {
			shells[i].write(&run->out);
			return STATUS_GOOD;
		}
	}
	return run_fault(run, "completions are for bash, zsh and fish, not for %s", name);
}
