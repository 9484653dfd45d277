/* SPDX-License-Identifier: MIT */
/* peek.h -- the manifest of a commit and the files it may name, without a checkout. */
#ifndef PEEK_H
#define PEEK_H

#include "git/tree.h"

/*
 * Write all files called MLproject* (in any letter case), *.yaml or *.yml of the commit
 * below rq->dest, at their places; at most 1 MiB each, 16 MiB together.  Symbolic links
 * become what they point to within the tree, others are left out.  *dir is where
 * t->subdir is below rq->dest, links resolved; that it exists is asked for.
 */
int peek_make(struct arena *a, const struct tree *t, const struct request *rq,
    const char **dir, struct err *err);

#endif
