#include "cli/cli.h"

struct compile_options {
	struct strings nodes;
	const char *control_url;
	bool wide;
};

static const struct option ROWS[] = {
	{ 0 },
};

const struct option_table COMPILE_OPTIONS = { ROWS, sizeof(struct compile_options) };

enum status
compile_main(struct run *run)
{
	const char *path = run_policy(run, 0);
	struct unit unit = { 0 };
	if (path && unit_load(&unit, run, path))
		output_string(&run->out, "not yet\n");
	unit_end(&unit);
	return STATUS_GOOD;
}
