/* SPDX-License-Identifier: MIT */
/* queueadd.h -- `mlp queue add`: many runs at once, as JSON. */
#ifndef QUEUEADD_H
#define QUEUEADD_H

#include "cli/cli.h"
#include "flow/enqueue.h"

/*
 * Queue the runs that `file` ("-": standard input) asks for, a line each, as `mlp batch`
 * has them, and print their ids in that order.  A line that is wrong is told with its
 * number; the others go on.  Returns the exit code.
 */
int queue_add_file(struct cli *cli, const char *file, const struct enqueue *how);

#endif
