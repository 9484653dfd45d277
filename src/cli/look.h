/* SPDX-License-Identifier: MIT */
/* look.h -- what `check` and `info` share: looking at a project without running it. */
#ifndef LOOK_H
#define LOOK_H

#include "cli/cli.h"
#include "flow/prepare.h"

extern const struct opt look_opts[];

struct look {
	bool json;
	struct prepared p;
	int rc;		/* of prepare_manifest */
	struct err err; /* when rc is -1 */
};

/* 0: looked, the caller owes prepared_done(&look->p).  -1: *code is the exit code. */
int look_at(struct cli *cli, const struct cmd *cmd, int argc, char *const *argv,
    struct look *look, int *code);

#endif
