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

/* A git directory and what it says of itself. */
struct checkout_place {
	const char *git;
	const char *origin;
	const char *worktree; /* from there to the work tree; NULL: it is a .git in it */
	const struct submodules *submodules; /* of the whole project */
	const struct submodule *self;	     /* NULL: this is the project's */
	/* what Git LFS needs (lfs.h): */
	const char *url, *lfs_store, *lfs_other;
	bool offline;
	size_t *lfs_left;
};
/* That of a checkout at `root`. */
struct checkout_place checkout_top(
    struct arena *a, struct tree *t, const struct request *rq, const char *root);
/* The directory in the cache for what Git LFS keeps of a URL's repository. */
const char *checkout_lfs_store(
    struct arena *a, const struct request *rq, const char *origin);

/* The pieces of it: the git directory without the index, */
int checkout_repository(const struct tree *t, const struct checkout_place *at,
    struct meter *meter, struct err *err);
/*
 * and the files, those of Git LFS filled in, and the index.  -1 also where a submodule is
 * in the tree alone.
 */
int checkout_files(const char *root, const git_oid *id, const struct checkout_place *at,
    struct meter *meter, struct err *err);

#endif
