/* SPDX-License-Identifier: MIT */
/* repository.h -- asking mlp-git for the tree of a git project. */
#ifndef REPOSITORY_H
#define REPOSITORY_H

#include "source/source.h"

/*
 * op "checkout", "peek" or "bring", as src/git/request.h has them, into dest.  With
 * ctx->offline nobody is asked.  Where nobody answers, what was fetched earlier is used,
 * with a warning; -1 where that does not hold what is wanted.
 */
int repository_ask(const struct ctx *ctx, const struct source_uri *u, const char *op,
    const char *version, const char *dest, cJSON **done, struct err *err);

#endif
