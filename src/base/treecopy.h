/* SPDX-License-Identifier: MIT */
/*
 * treecopy.h -- a directory tree as it is now, copied, and named by its content.
 *
 * Files, directories and symbolic links are copied, with their rights and times; a relative
 * link that leads out of the tree becomes an absolute one, and an absolute one that leads
 * into it a relative one.  Sockets, pipes, devices and everything named .git are left out,
 * and so is what is removed meanwhile.  What is too big, or cannot be read, is not copied:
 * a link to the original stands for it.
 */
#ifndef TREECOPY_H
#define TREECOPY_H

#include <stdint.h>

#include "base/err.h"
#include "base/sha256.h"
#include "base/strvec.h"

struct tree_copy {
	const char *from, *to; /* absolute; `to` is made, and must not exist */
	/* Paths of the original, NULL-terminated; or NULL.  What is there at any moment. */
	char *const *leave_out;
	int64_t most_bytes; /* 0: no limit; else the biggest parts are linked */
	/* out */
	char sha256[SHA256_HEX + 1]; /* of names, rights and contents */
	struct strvec linked; /* paths below the root: "data/train.csv"; the caller's */
	int64_t files, bytes;
};

/* -1: *err; what is there of the copy is the caller's to remove. */
int tree_copy(struct tree_copy *t, struct err *err);
/* The tree of so many files is on disk when this returns. */
int tree_sync(const char *path, int64_t files, struct err *err);

#endif
