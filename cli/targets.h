#ifndef ACLC_CLI_TARGETS_H
#define ACLC_CLI_TARGETS_H

/* check --target all: one policy before every coordinator. */

#include "cli/cli.h"

/* The formats of check, as its table has them. */
enum { CHECK_TEXT, CHECK_JSON };

/* An error as an object; the first with the coordinator's words. */
struct json_t *json_of_error(const struct finding *, bool first);

/*
 * Judges the policy of that path for every target, and tells of each whether it
 * takes it, and what it would ignore or read differently: a line each, or a JSON
 * document. STATUS_BAD_POLICY where one of them refuses it.
 */
enum status targets_check(struct run *, const char *path);

#endif
