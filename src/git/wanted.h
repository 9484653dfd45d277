/* SPDX-License-Identifier: MIT */
/*
 * wanted.h -- which commit of a repository a request means, and which directory: by
 * version and subdirectory, or by the address of a page ("REF/dir"), or by both.
 */
#ifndef WANTED_H
#define WANTED_H

#include "git/request.h"
#include "git/revision.h"

struct wanted {
	struct revision rev;
	const char *version; /* as a user would have given it; NULL: the default branch */
	const char *subdir;  /* "" at the root */
};

/* The version, or what the page's address begins with, where that is a full commit id. */
const char *wanted_commit(struct arena *a, const struct request *rq);

/*
 * REF is the longest beginning of "REF/dir" that is a branch or a tag, else a commit id.
 * ERR_NOTFOUND: there is no such revision.  ERR_USAGE: the page is of another commit than
 * the version, or of another directory than the subdirectory.
 */
int wanted_find(struct arena *a, git_repository *repo, const struct request *rq,
    struct wanted *out, struct err *err);

#endif
