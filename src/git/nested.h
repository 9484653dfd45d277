/* SPDX-License-Identifier: MIT */
/*
 * nested.h -- submodules on disk, as git has them: a .git file in each that names its git
 * directory in the project's .git/modules, and HEAD detached at the recorded commit.
 */
#ifndef NESTED_H
#define NESTED_H

#include "git/checkout.h"

/*
 * The work trees and git directories of t->submodules in the checkout at `root`, whose own
 * files are there.  `git_only`: the work trees are there, too.  t's mirror is not held.
 */
int nested_make(struct tree *t, const struct request *rq, const char *root, bool git_only,
    struct meter *meter, struct err *err);

/* What .git/config of a repository says of its submodules; self NULL: the project. */
void nested_config(
    struct buf *out, const struct submodules *all, const struct submodule *self);

#endif
