#include "cli/cli.h"

struct fmt_options {
	bool write, check, diff;
};

static const struct option ROWS[] = {
	{ 0 },
};

const struct option_table FMT_OPTIONS = { ROWS, sizeof(struct fmt_options) };

enum status
fmt_main(struct run *run)
{
	const char *path = run_policy(run, 0);
	struct unit unit = { 0 };
	if (path && unit_load(&unit, run, path))
		output_text(&run->out, hujson_format(&unit.arena, unit.tree));
	unit_end(&unit);
	return STATUS_GOOD;
}
