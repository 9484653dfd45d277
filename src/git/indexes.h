/* SPDX-License-Identifier: MIT */
/* indexes.h -- the indexes of a checkout and its submodules, kept in one file beside it. */
#ifndef INDEXES_H
#define INDEXES_H

#include "git/tree.h"

/*
 * Each with the size and times of its files, as git left them in the checkout of `t` at
 * `root`; and t->lfs_left.
 */
int indexes_keep(
    const char *root, const struct tree *t, const char *file, struct err *err);
/* Put them back, where the git directories are new and the files are the same. */
int indexes_give(const char *root, struct tree *t, const char *file, struct err *err);

#endif
