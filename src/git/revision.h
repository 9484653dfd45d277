/* SPDX-License-Identifier: MIT */
/* revision.h -- which commit a version means, as git would say. */
#ifndef REVISION_H
#define REVISION_H

#include "base/arena.h"
#include "git/lib.h"

struct revision {
	git_oid id;
	const char *branch; /* short name when the version is a local branch, else NULL */
};

/* The branch that HEAD names, in short, or NULL: detached, or none. */
const char *revision_default_branch(struct arena *a, git_repository *repo);

/* It is the short name of a branch or a tag. */
bool revision_is_name(struct arena *a, git_repository *repo, const char *name);

/* As revision_find, without a word: 0, or libgit2's code. */
int revision_look(
    struct arena *a, git_repository *repo, const char *version, struct revision *out);
/* The names that there are, and one like `version` (or NULL), as a hint.  Returns -1. */
int revision_hint(git_repository *repo, const char *version, struct err *err);

/*
 * version NULL or "HEAD": the default branch.  A tag wins over a branch of the same name,
 * with a warning.  ERR_NOTFOUND: the repository (`shown` in messages) is empty, or has no
 * such revision; the hint then names near ones.
 */
int revision_find(struct arena *a, git_repository *repo, const char *version,
    const char *shown, struct revision *out, struct err *err);

#endif
