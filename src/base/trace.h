/* SPDX-License-Identifier: MIT */
/* trace.h -- MLP_TRACE: a file that gets every launch as a line that can be pasted. */
#ifndef TRACE_H
#define TRACE_H

#include "base/ctx.h"

/* Its descriptor, for ctx->trace; -1: not wanted, or it cannot be written (said). */
int trace_open(const struct ctx *ctx);

#endif
