/* SPDX-License-Identifier: MIT */
/*
 * tree.h -- where a project's tree comes from: a mirror that follows a URL, or a
 * repository of this machine used in place; and the commit that was asked for.
 */
#ifndef TREE_H
#define TREE_H

#include "git/mirror.h"
#include "git/submodule.h"
#include "git/wanted.h"

struct tree {
	struct mirror mirror;
	git_repository *local; /* owned, or NULL: the mirror's */
	git_repository *repo;  /* one of the two */
	struct revision rev;
	const char *version, *subdir; /* of the request, or of its page */
	const char *default_branch;
	struct submodules submodules; /* once submodules_bring has found them */
	size_t lfs_left; /* files of the checkout that are pointers (lfs.h) */
	const struct submodule *fault; /* of a failure: it may be this one's mirror's */
};
#define TREE_INIT                                                                        \
	{                                                                                \
		.mirror = MIRROR_INIT                                                    \
	}
#define auto_tree __attribute__((cleanup(tree_release))) struct tree

int tree_open(struct arena *a, const struct request *rq, struct meter *meter,
    struct tree *out, struct err *err);
/* Let the mirror go for a while, and have it again, where it is not, at that commit. */
void tree_pause(struct tree *t);
int tree_resume(
    const struct request *rq, struct meter *meter, struct tree *t, struct err *err);
/* Also lets others update the mirror again. */
void tree_release(struct tree *t);

#endif
