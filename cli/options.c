#include "cli/cli.h"

#include <string.h>

static const char *const COLORS[] = { "auto", "always", "never", NULL };

#define SHARED(member) offsetof(struct options, member)

const struct option OPTIONS_SHARED[] = {
	{ 'i', "inventory", OPTION_LIST, SHARED(inventories), "FILE",
	  "who is there; may be given several times, the format is recognised", NULL },
	{ 't', "target", OPTION_TEXT, SHARED(target_name), "NAME",
	  "the coordinator: tailscale, headscale, headscale-0.22 ... headscale-0.29; "
	  "of check also all",
	  NULL },
	{ 'f', "format", OPTION_FORMAT, SHARED(format), "NAME",
	  "how the answer is written", NULL },
	{ 'o', "output", OPTION_TEXT, SHARED(output), "FILE", "write the answer there",
	  NULL },
	{ 0, "color", OPTION_CHOICE, SHARED(color), "WHEN",
	  "colour: auto, always or never", COLORS },
	{ 0, "config", OPTION_TEXT, SHARED(config), "FILE",
	  "the settings; else .aclc.hujson beside the policy or nearest above it", NULL },
	{ 0, "stdin-name", OPTION_TEXT, SHARED(stdin_name), "NAME",
	  "what to call standard input in messages", NULL },
	{ 'q', "quiet", OPTION_FLAG, SHARED(quiet), NULL, "say less on standard error",
	  NULL },
	{ 'v', "verbose", OPTION_FLAG, SHARED(verbose), NULL,
	  "say more on standard error", NULL },
	{ 'h', "help", OPTION_FLAG, SHARED(help), NULL, "print this", NULL },
	{ 0 },
};

/* A row, and the struct that its offset points into. */
struct found {
	const struct option *option;
	void *into;
};

/* The words of the command line, and how far they are read. */
struct words_left {
	int argc, next;
	const char *const *argv;
};

static void *
place_of(struct found found)
{
	return (char *)found.into + found.option->offset;
}

static const struct option *
row_named(const struct option *rows, struct text name)
{
	for (; rows && rows->name; rows++)
		if (text_is(name, rows->name))
			return rows;
	return NULL;
}

static const struct option *
row_lettered(const struct option *rows, char letter)
{
	for (; rows && rows->name; rows++)
		if (rows->letter == letter)
			return rows;
	return NULL;
}

static const struct option *
own_rows(const struct run *run)
{
	return run->command->options ? run->command->options->rows : NULL;
}

/* The command's own options come first: they may take a letter over. */
static struct found
find_named(struct run *run, struct text name)
{
	const struct option *own = row_named(own_rows(run), name);

	if (own)
		return (struct found) { own, run->own };
	return (struct found) { row_named(OPTIONS_SHARED, name), &run->options };
}

static struct found
find_lettered(struct run *run, char letter)
{
	const struct option *own = row_lettered(own_rows(run), letter);

	if (own)
		return (struct found) { own, run->own };
	return (struct found) { row_lettered(OPTIONS_SHARED, letter), &run->options };
}

static void
offer_rows(struct text_nearest *nearest, const struct option *rows)
{
	for (; rows && rows->name; rows++)
		text_nearest_offer(nearest, text_of(rows->name));
}

/* "; did you mean X?", or nothing. */
static const char *
did_you_mean(struct run *run, const char *before, struct text best)
{
	if (best.len == 0)
		return "";
	return arena_format(&run->arena, "; did you mean %s%.*s?", before,
	                    TEXT_ARG(best));
}

static bool
unknown_option(struct run *run, struct text name)
{
	struct text_nearest nearest = text_nearest_start(name);

	offer_rows(&nearest, own_rows(run));
	offer_rows(&nearest, OPTIONS_SHARED);
	run_fault(run, "%s has no option --%.*s%s", run->command->name, TEXT_ARG(name),
	          did_you_mean(run, "--", nearest.best));
	return false;
}

static const char *
list_words(struct arena *arena, const char *const *words)
{
	const char *list = *words;

	while (*++words)
		list = arena_format(arena, "%s, %s", list, *words);
	return list;
}

/* The place of the value in the words, into *place. */
static bool
choose(struct run *run, const struct option *option, const char *const *words,
       const char *value, unsigned *place)
{
	struct text_nearest nearest = text_nearest_start(text_of(value));

	for (unsigned i = 0; words[i]; i++) {
		if (strcmp(words[i], value) == 0) {
			*place = i;
			return true;
		}
		text_nearest_offer(&nearest, text_of(words[i]));
	}
	const char *offer = nearest.best.len > 0
	                            ? did_you_mean(run, "", nearest.best)
	                            : arena_format(&run->arena, "; it takes %s",
	                                           list_words(&run->arena, words));
	run_fault(run, "%s takes no --%s %s%s", run->command->name, option->name, value,
	          offer);
	return false;
}

/* No choice but one, and not one that is named. */
static const char *const NO_FORMATS[] = { "text", NULL };

static bool
option_set(struct run *run, struct found found, const char *value)
{
	const char *const *formats = run->command->formats;
	struct strings *list;

	switch (found.option->kind) {
	case OPTION_FLAG:
		*(bool *)place_of(found) = true;
		return true;
	case OPTION_TEXT:
		*(const char **)place_of(found) = value;
		return true;
	case OPTION_LIST:
		list = place_of(found);
		list->at = arena_grow(&run->arena, list->at, list->n, &list->cap,
		                      sizeof(*list->at));
		list->at[list->n++] = value;
		return true;
	case OPTION_CHOICE:
		return choose(run, found.option, found.option->choices, value,
		              place_of(found));
	case OPTION_FORMAT:
		return choose(run, found.option, formats ? formats : NO_FORMATS, value,
		              place_of(found));
	}
	return false;
}

/* The value of an option that has none of its own: the next word. */
static const char *
next_value(struct run *run, struct words_left *words, const char *option)
{
	if (words->next < words->argc)
		return words->argv[words->next++];
	run_fault(run, "%s wants a value after %s", run->command->name, option);
	return NULL;
}

/* word is what follows the "--". */
static bool
read_long(struct run *run, struct words_left *words, const char *word)
{
	struct text name = text_of(word);
	const char *value = NULL;
	size_t equals = text_find(name, '=');

	if (equals < name.len) {
		value = word + equals + 1;
		name.len = equals;
	}
	struct found found = find_named(run, name);
	if (!found.option)
		return unknown_option(run, name);
	if (found.option->kind == OPTION_FLAG) {
		if (!value)
			return option_set(run, found, NULL);
		run_fault(run, "--%s takes no value", found.option->name);
		return false;
	}
	if (!value)
		value = next_value(run, words, arena_format(&run->arena, "--%s", word));
	return value && option_set(run, found, value);
}

/* word is what follows the "-": letters, and perhaps the value of the last. */
static bool
read_short(struct run *run, struct words_left *words, const char *word)
{
	for (; *word; word++) {
		struct found found = find_lettered(run, *word);
		if (!found.option) {
			run_fault(run, "%s has no option -%c", run->command->name, *word);
			return false;
		}
		if (found.option->kind == OPTION_FLAG) {
			option_set(run, found, NULL);
			continue;
		}
		const char *value =
			word[1] ? word + 1
				: next_value(run, words,
		                             arena_format(&run->arena, "-%c", *word));
		return value && option_set(run, found, value);
	}
	return true;
}

static void
operand_add(struct run *run, const char *word)
{
	struct strings *operands = &run->operands;

	operands->at = arena_grow(&run->arena, operands->at, operands->n, &operands->cap,
	                          sizeof(*operands->at));
	operands->at[operands->n++] = word;
}

bool
run_target(struct run *run, const char *name, enum target *target)
{
	if (!name || target_parse(text_of(name), target))
		return true;
	run_fault(run, "there is no target %s%s", name,
	          target_meant(&run->arena, text_of(name)));
	return false;
}

static bool
understand_target(struct run *run)
{
	const char *name = run->options.target_name;

	if (!name || strcmp(name, "all") != 0)
		return run_target(run, name, &run->options.target);
	run->options.every_target = true;
	if (run->command->main != check_main)
		run_fault(run, "--target all is for check");
	return run->command->main == check_main;
}

static bool
count_operands(struct run *run)
{
	const struct command *command = run->command;

	if (run->operands.n < command->least)
		run_fault(run, "%s wants more: aclc %s [OPTION]... %s", command->name,
		          command->name, command->operands);
	else if (run->operands.n > command->most)
		run_fault(run,
		          "%s does not know what to do with %s: aclc %s [OPTION]... %s",
		          command->name, run->operands.at[command->most], command->name,
		          command->operands);
	else
		return true;
	return false;
}

bool
options_read(struct run *run, int argc, const char *const *argv)
{
	struct words_left words = { argc, 0, argv };
	bool options_end = false;

	if (run->command->options)
		run->own = arena_alloc(&run->arena, run->command->options->size);
	while (words.next < argc) {
		const char *word = argv[words.next++];
		bool fine = true;
		if (options_end || word[0] != '-' || word[1] == '\0')
			operand_add(run, word);
		else if (word[1] != '-')
			fine = read_short(run, &words, word + 1);
		else if (word[2] != '\0')
			fine = read_long(run, &words, word + 2);
		else
			options_end = true;
		if (!fine)
			return false;
	}
	return run->options.help || (understand_target(run) && count_operands(run));
}

/* The column where the explanations start. */
#define EXPLAIN_AT 28

static const char *
option_spelling(struct arena *arena, const struct option *option)
{
	const char *letter =
		option->letter ? arena_format(arena, "-%c, ", option->letter) : "    ";

	return arena_format(arena, "  %s--%s%s%s", letter, option->name,
	                    option->value ? " " : "", option->value ? option->value : "");
}

void
options_help(struct output *out, const struct option *rows)
{
	struct arena scratch = { 0 };

	for (; rows && rows->name; rows++) {
		const char *spelling = option_spelling(&scratch, rows);
		output_string(out, spelling);
		if (strlen(spelling) < EXPLAIN_AT)
			output_repeat(out, ' ', EXPLAIN_AT - strlen(spelling));
		else
			output_string(out, "  ");
		output_string(out, rows->brief);
		output_char(out, '\n');
	}
	arena_end(&scratch);
}
