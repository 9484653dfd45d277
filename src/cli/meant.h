/* SPDX-License-Identifier: MIT */
/* meant.h -- the runs that the words of a command mean, for those that act on several. */
#ifndef MEANT_H
#define MEANT_H

#include "cli/cli.h"
#include "flow/control.h"

struct meant {
	const char **words;
	size_t nwords;
	bool all; /* --all: every run that lives or is queued, but those around us */
	struct control_run *runs;
	size_t n;
};

/* One more word of the command line. */
void meant_add(struct cli *cli, struct meant *m, const char *word);
/*
 * Find them; a run that is meant twice counts once.  false: *code is the exit code, the
 * usage error or (`ours`) that of a run that cannot be found; it was said.
 */
bool meant_find(
    struct cli *cli, const struct cmd *cmd, struct meant *m, int ours, int *code);

/* "brave-fox-7 (0123abcd)", for messages. */
const char *meant_name(struct cli *cli, const struct card *c);
/* Say how it has ended. */
void meant_tell_end(struct cli *cli, const struct card *c);

#endif
