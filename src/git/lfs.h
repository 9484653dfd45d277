/* SPDX-License-Identifier: MIT */
/*
 * lfs.h -- files that Git LFS keeps elsewhere: what a checkout has of them are pointers,
 * until they are filled in.
 *
 * git-lfs downloads (lfsfetch.h), into a directory beside the mirror's objects, so that the
 * next checkout needs nobody.  The files are put in place here: git-lfs would do it with
 * hooks and filters, and read everything once more.
 */
#ifndef LFS_H
#define LFS_H

#include "base/arena.h"
#include "base/event.h"
#include "git/lib.h"

/* Strings are borrowed. */
struct lfs_place {
	const char *root;    /* the work tree */
	const char *git_dir; /* its own */
	const char *store;   /* where objects are, and go; NULL: in the git directory */
	const char *other;   /* where they may be, too: another git directory, or NULL */
	const char *url;     /* with credentials, or NULL */
	const char *origin;  /* for messages */
	bool offline;
};

/* git-lfs can be found, and GIT_LFS_SKIP_SMUDGE does not say that pointers are wanted. */
bool lfs_is_wanted(void);
/*
 * Fill in the pointers of a fresh checkout.  Adds to *left those that stay, because lfs is
 * not wanted or was told to leave them out.  -1: one cannot be had; the error names it.
 */
int lfs_fill(
    const struct lfs_place *at, struct meter *meter, size_t *left, struct err *err);
/* Tell of them, if there are any. */
void lfs_warn(size_t left);

#endif
