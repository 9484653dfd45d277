/* SPDX-License-Identifier: MIT */
/* api.h -- the library (mlp.h), for the commands that look at recorded runs. */
#ifndef API_H
#define API_H

#include <mlp.h>

#include "cli/cli.h"

/*
 * A context that says what it has to say as we do, and is interrupted when we are; for
 * api_close.  NULL: said on stderr.
 */
struct mlp *api_open(struct cli *cli, const char *tracking_uri);
void api_close(struct mlp *m);

/* setup.c: a signal that interrupts us interrupts this as well; NULL: nothing more. */
void cli_interrupts(struct mlp *m);

void api_error(struct cli *cli, const struct mlp_error *e);

/* One run, for mlp_record_free.  NULL: said on stderr. */
struct mlp_record *api_run(struct cli *cli, const char *tracking_uri, const char *text);

#endif
