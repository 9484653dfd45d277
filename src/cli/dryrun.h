/* SPDX-License-Identifier: MIT */
/* dryrun.h -- `mlp run --dry-run`: the plan, and nothing else happens. */
#ifndef DRYRUN_H
#define DRYRUN_H

#include "cli/cli.h"
#include "cli/runopts.h"

/* Returns the exit code of `mlp run --dry-run`. */
int dry_run(struct cli *cli, const struct runopts *ro);

#endif
