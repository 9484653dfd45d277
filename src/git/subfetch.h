/* SPDX-License-Identifier: MIT */
/*
 * subfetch.h -- mirrors of submodules, each brought up to date by an mlp-git of its own: so
 * all that holds for a project's fetch holds for theirs.
 */
#ifndef SUBFETCH_H
#define SUBFETCH_H

#include "git/request.h"
#include "git/submodule.h"

/*
 * Fetch them, some at once, and each URL and commit once.  We hold no mirror's lock.  The
 * first failure stops the others; the error names the submodule.
 */
int subfetch_all(struct arena *a, const struct request *rq, struct submodule *const *v,
    size_t n, struct meter *meter, struct err *err);

#endif
