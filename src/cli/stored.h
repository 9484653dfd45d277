/* SPDX-License-Identifier: MIT */
/* stored.h -- what the commands that look at recorded runs share. */
#ifndef STORED_H
#define STORED_H

#include "cli/cli.h"
#include "track/store.h"

/*
 * Open the store that the option or the environment names, for reading, and heal what a
 * killed mlp left RUNNING.  -1: said on stderr.
 */
int stored_open(struct cli *cli, const char *tracking_uri, struct store **out);

/*
 * The one run that `text` means: an id or its beginning, or a run name.  -1: none, or
 * several (they are listed).
 */
int stored_find(struct cli *cli, struct store *store, const char *text,
    struct run_record *out, struct err *err);

#endif
