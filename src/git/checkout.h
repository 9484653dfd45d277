/* SPDX-License-Identifier: MIT */
/*
 * checkout.h -- a work tree with a .git of its own, as `git clone` would have made it.
 *
 * Made as <dest>.mlp-tmp, locked while its maker lives, and renamed when complete.  Objects
 * are hard links.  HEAD is on the branch that was asked for, else detached.
 */
#ifndef CHECKOUT_H
#define CHECKOUT_H

#include "git/tree.h"

/* Releases `t` as soon as its objects are linked. */
int checkout_make(
    struct tree *t, const struct request *rq, struct meter *meter, struct err *err);

/* The .git of a checkout at `root`, without the index. */
int checkout_repository(const struct tree *t, const struct request *rq, const char *root,
    struct meter *meter, struct err *err);

#endif
