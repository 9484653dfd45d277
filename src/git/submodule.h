/* SPDX-License-Identifier: MIT */
/*
 * submodule.h -- what a commit says about its submodules, before anything is fetched.
 */
#ifndef SUBMODULE_H
#define SUBMODULE_H

#include "git/mirror.h"

enum { SUBMODULE_DEPTH = 10, SUBMODULES_MAX = 1000 };

/* Strings live in the arena. */
struct submodule {
	const struct submodule *parent; /* NULL: it is the project's own */
	int depth;			/* 1: the project's own */
	const char *name;
	const char *where; /* its directory, from the root of the project's tree */
	const char *url;   /* for the transport, credentials included */
	const char *origin, *host;
	const char
	    *repo; /* used in place, and no url is asked: a repository here, or NULL */
	git_oid commit;
	bool left_out; /* "update = none" */
};

struct submodules {
	struct submodule **v; /* each after its parent */
	size_t n;
};

/* The repository that names submodules. */
struct superproject {
	const struct submodule *self; /* NULL: the project */
	git_repository *repo;
	git_oid commit;
	const char *base;   /* what relative URLs are relative to */
	const char *origin; /* for messages */
	bool local;	    /* it is of this machine: its submodules may be, too */
};

/*
 * Append those that the commit's .gitmodules has and its tree holds a commit for.  -1: one
 * is refused; the error names it.
 */
int submodule_list(struct arena *a, const struct superproject *super,
    struct submodules *out, struct err *err);

/* The one that `parent` (NULL: the project) has at this path of its tree, or NULL. */
struct submodule *submodule_find(
    const struct submodules *all, const struct submodule *parent, const char *path);
/* The path below the parent's tree. */
const char *submodule_path(const struct submodule *m);
/* Its git directory from the project's .git: "modules/NAME", "modules/A/modules/B". */
const char *submodule_git_dir(struct arena *a, const struct submodule *m);
/*
 * Put its name, place and commit before the message.  What is missing or busy is not the
 * project: the code becomes ERR_FAIL.  Returns -1.
 */
int submodule_blame(const struct submodule *m, struct err *err);

#endif
