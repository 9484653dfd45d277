/* SPDX-License-Identifier: MIT */
/* ask.h -- a short question to a tool. */
#ifndef ASK_H
#define ASK_H

#include <stdint.h>

#include "base/buf.h"
#include "base/ctx.h"
#include "base/err.h"

/*
 * Its standard output, at most 1 MiB, without its last newline, into `out`; its standard
 * error into *err when it fails (exit code in err->sys).  It has no input, and is stopped
 * after `ms` without an end (0: no limit).  `trace` and `envp` as in proc.h.
 */
int ask_tool(int trace, char *const *argv, char *const *envp, int64_t ms, struct buf *out,
    struct err *err);

/* The same, with all that may be wanted. */
struct ask {
	const struct ctx *ctx;
	char *const *argv, *const *envp;
	const char *cwd;    /* NULL: ours */
	const char *secret; /* *** in the trace, or NULL */
	int64_t ms;
	int file; /* its fd 3; -1: none */
	/* A signal asks us to stop; its number, or 0.  NULL: nothing interrupts. */
	int (*interrupted)(const struct ctx *ctx);
};
/* ERR_INTERRUPTED (err->sys: the signal) when it was interrupted. */
int ask_with(const struct ask *q, struct buf *out, struct err *err);

#endif
