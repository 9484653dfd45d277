/* SPDX-License-Identifier: MIT */
/* dirty.h -- does a work tree differ from its commit? */
#ifndef DIRTY_H
#define DIRTY_H

#include "base/json.h"
#include "git/lib.h"

/*
 * *dirty: something is staged, modified, deleted, or untracked and not ignored, other
 * than the absolute paths in `ignore` (an array, or NULL) and what is below them.  Stops
 * at the first such thing.  `root` is the work tree, without a slash at its end.
 */
int dirty_find(git_repository *repo, const char *root, const cJSON *ignore, bool *dirty,
    struct err *err);

#endif
