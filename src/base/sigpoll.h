/* SPDX-License-Identifier: MIT */
/* sigpoll.h -- poll() that no request to stop slips past. */
#ifndef SIGPOLL_H
#define SIGPOLL_H

#include <poll.h>

#include "base/ctx.h"

/*
 * As poll(); a signal that sets ctx->interrupted, also one that came just before, ends it
 * with -1.  timeout_ms -1: none.
 */
int sigpoll(const struct ctx *ctx, struct pollfd *p, nfds_t n, int timeout_ms);

#endif
