/* SPDX-License-Identifier: MIT */
/* running.h -- a run for people: launched, its beginning and end told, the exit code. */
#ifndef RUNNING_H
#define RUNNING_H

#include "cli/cli.h"
#include "cli/runopts.h"
#include "flow/launch.h"

/* Launch and tell.  Returns the exit code of `mlp run` (design: the command's own, ...).
 */
int run_and_tell(struct cli *cli, const struct run_request *rq);

/* Print the id as soon as the run is on record.  Exit code 0, or of its failure. */
int run_detached(struct cli *cli, struct run_request *rq);
/* -d, and -j or --hold: detached now, or queued. */
int run_in_background(struct cli *cli, struct runopts *ro);

#endif
