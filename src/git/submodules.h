/* SPDX-License-Identifier: MIT */
/*
 * submodules.h -- all submodules of a project, submodules of submodules included, with
 * their commits in the cache.
 */
#ifndef SUBMODULES_H
#define SUBMODULES_H

#include "git/submodule.h"
#include "git/tree.h"

/*
 * Find and fetch those of t's commit; t->submodules then has them.  Meanwhile t's mirror is
 * let go: a submodule may be another commit of the same repository.
 * -1: t->fault, if it is not NULL, is the one whose mirror may be damaged.
 */
int submodules_bring(struct arena *a, const struct request *rq, struct meter *meter,
    struct tree *t, struct err *err);

/*
 * Where t->subdir lies in a submodule: have t be the submodule's tree, and t->subdir what
 * is left of it.
 */
int submodules_enter(struct arena *a, const struct request *rq, struct meter *meter,
    struct tree *t, struct err *err);

/* A submodule's repository at its commit.  1: *t is open; 0: not in the cache; -1. */
int submodule_open(struct arena *a, const struct submodule *m, const struct request *rq,
    struct meter *meter, struct tree *t, struct err *err);

/* Answer a request to fetch one (subfetch.h): rq->version is a full commit id. */
int submodule_fetch(const struct request *rq, struct meter *meter, const char **mirror,
    struct arena *a, struct err *err);

#endif
