/* SPDX-License-Identifier: MIT */
/*
 * statedir.h -- the state directory as a whole: which format it has.  What a newer mlp has
 * made is left alone, because its locks and cards may mean something else.
 */
#ifndef STATEDIR_H
#define STATEDIR_H

#include "base/ctx.h"
#include "base/err.h"

enum { STATE_FORMAT = 1 };

/* ERR_UNSUPPORTED: a newer mlp made it.  One that is not there yet is fine. */
int state_check(const struct ctx *ctx, struct err *err);
/* Note our format where none is noted; the directory is there.  May fail silently. */
void state_note(const struct ctx *ctx);

#endif
