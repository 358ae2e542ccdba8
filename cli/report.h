#ifndef ACLC_CLI_REPORT_H
#define ACLC_CLI_REPORT_H

/* What lint has to say, on its way to one of the formats. */

#include "cli/cli.h"
#include "policy/lint.h"

struct reporting {
	struct run *run;
	struct unit *unit;
	struct lint *lint;
	struct report report; /* as far as it is shown */
	const char **keys;    /* beside report.at: what stays when lines move; NULLs
	                       * where nobody asks */
	bool advice;          /* is shown, not only counted */
	size_t n_left_out;    /* advice that is counted only */
};

/* A page of aclc-checks.7. */
struct page {
	const char *id, *level, *text;
};

/* The page of a check, or NULL. */
const struct page *page_of(const char *id);

/* The text with what would move the cursor, hide or reorder shown as <U+202E>, and
 * what a CI runner would obey broken up. In the arena. */
struct text report_harmless(struct arena *, struct text);

/* A path for others to find the file by: forward slashes, no "./" before it, under
 * the current folder where it is. In the arena. */
const char *report_file(struct arena *, const char *name);

/* report.c, output_sarif.c and its siblings: all of a report, in one format. */
void report_json(const struct reporting *, struct output *);
void report_sarif(const struct reporting *, struct output *);
void report_github(const struct reporting *, struct output *);
void report_gitlab(const struct reporting *, struct output *);
void report_checkstyle(const struct reporting *, struct output *);

#endif
