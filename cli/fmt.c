#include "cli/cli.h"

#include <errno.h>
#include <string.h>

#include "cli/file.h"
#include "cli/patch.h"
#include "cli/terminal.h"

struct fmt_options {
	bool write, check, diff;
};

#define OWN(member) offsetof(struct fmt_options, member)

static const struct option ROWS[] = {
	{ 'w', "write", OPTION_FLAG, OWN(write), NULL, "write the files back", NULL },
	{ 0, "check", OPTION_FLAG, OWN(check), NULL,
	  "only list the files that would change; status 1 if any would", NULL },
	{ 0, "diff", OPTION_FLAG, OWN(diff), NULL,
	  "show what would change as a patch; status 1 if anything would", NULL },
	{ 0 },
};

const struct option_table FMT_OPTIONS = { ROWS, sizeof(struct fmt_options) };

static enum status
write_back(struct run *run, const char *path, struct text formatted)
{
	progress_tell("writing");
	if (!file_replace(path, formatted))
		return run_fault(run, "cannot write %s: %s", path, strerror(errno));
	run_tell(run, "%s: written", path);
	return STATUS_GOOD;
}

/* What the options ask to be done with the form of a file. */
static enum status
form_use(struct run *run, const char *path, struct text written, struct text formatted)
{
	const struct fmt_options *own = run->own;
	bool same = text_equal(written, formatted);

	if (own->write)
		return same ? STATUS_GOOD : write_back(run, path, formatted);
	if (!own->check && !own->diff) {
		output_text(&run->out, formatted);
		return STATUS_GOOD;
	}
	if (own->diff) {
		patch_write(&run->out, path_name(run, path), written, formatted);
	} else if (!same) {
		output_harmless(&run->out, text_of(path_name(run, path)));
		output_char(&run->out, '\n');
	}
	return same ? STATUS_GOOD : STATUS_BAD_POLICY;
}

static enum status
fmt_one(struct run *run, const char *path)
{
	struct unit unit = { 0 };
	enum status status = STATUS_BAD_RUN;

	if (unit_load(&unit, run, path)) {
		if (unit.tree->broken) {
			findings_tell(run, &unit.findings);
			status = STATUS_BAD_POLICY;
		} else {
			progress_tell("formatting");
			status = form_use(run, path,
			                  (struct text) { unit.source->bytes,
			                                  unit.source->len },
			                  hujson_format(&unit.arena, unit.tree));
		}
	}
	unit_end(&unit);
	return status;
}

static bool
options_agree(struct run *run)
{
	const struct fmt_options *own = run->own;

	if (!own->write)
		return true;
	if (own->check || own->diff)
		run_fault(run, "fmt --write leaves nothing to --check or --diff");
	else if (run->options.output)
		run_fault(run, "fmt --write writes the files back, not to --output");
	else if (run->operands.n > 0 && strcmp(run->operands.at[0], "-") == 0)
		run_fault(run, "fmt --write cannot write standard input back");
	else
		return true;
	return false;
}

enum status
fmt_main(struct run *run)
{
	size_t i = 0;
	enum status worst = STATUS_GOOD;

	if (!options_agree(run))
		return STATUS_BAD_RUN;
	do {
		const char *path = run_policy(run, i);
		enum status status = path ? fmt_one(run, path) : STATUS_BAD_RUN;
		worst = status > worst ? status : worst;
	} while (++i < run->operands.n);
	return worst;
}
