/* SPDX-License-Identifier: MIT */
/* worktree.h -- what stat() alone says about repositories on this machine. */
#ifndef WORKTREE_H
#define WORKTREE_H

#include <stdbool.h>

#include "base/arena.h"

/*
 * The nearest directory at or above the absolute path `dir` that holds .git (a directory,
 * or the file of a linked work tree), or NULL.  Does not cross into another file system,
 * as git does not.
 */
char *worktree_find(struct arena *a, const char *dir);
/* HEAD, objects and refs lie in it, and it has no .git. */
bool repository_is_bare(struct arena *a, const char *dir);

#endif
