/* SPDX-License-Identifier: MIT */
/* ask.h -- a short question to a tool. */
#ifndef ASK_H
#define ASK_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Its standard output, at most 1 MiB, without its last newline, into `out`; its standard
 * error into *err when it fails (exit code in err->sys).  It has no input, and is stopped
 * after `ms` without an end (0: no limit).  `trace` and `envp` as in proc.h.
 */
int ask_tool(int trace, char *const *argv, char *const *envp, int64_t ms, struct buf *out,
    struct err *err);

#endif
