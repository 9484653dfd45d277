/* SPDX-License-Identifier: MIT */
/*
 * supervisor.h -- libexec/mlp/mlp-supervise, started by the library and listened to.
 *
 * It is given one end of a socket as descriptor 3: the request, one line of JSON, goes
 * there, and events come back (base/helper.h; also "message", "mistake", "started").  Its
 * end is learnt from the socket and a pidfd, so that the host may reap it, or have SIGCHLD
 * ignored, as it likes.  One that is detached is nobody's child: its parent was a process
 * that has ended.
 */
#ifndef SUPERVISOR_H
#define SUPERVISOR_H

#include "base/helper.h"
#include "base/proc.h"
#include "lib/context.h"

enum { SUPERVISOR_FD = 3, SUPERVISOR_REQUEST_MAX = 16 << 20 };

enum supervisor_flag {
	SUPERVISOR_PASS = 1 << 0,   /* it has our standard output and standard error */
	SUPERVISOR_DETACH = 1 << 1, /* it outlives us */
};

struct supervisor {
	enum supervisor_flag flags;
	pid_t pid;
	int pidfd; /* -1: this kernel has none, or it is not known yet which process it is */
	bool reaped;
	struct helper h; /* the socket and what has been read of it */
	dev_t dev;	 /* which socket that is: a host may close what is not its own */
	ino_t ino;
};
#define SUPERVISOR_INIT                                                                  \
	{                                                                                \
		.pid = -1, .pidfd = -1, .h = HELPER_INIT                                 \
	}

/* Start it.  supervisor_close is owed either way. */
int supervisor_start(const struct ctx *ctx, enum supervisor_flag flags,
    struct supervisor *s, struct err *err);

/* Its first event says of which version it is, and which process. */
int supervisor_take_hello(struct supervisor *s, const cJSON *hello, struct err *err);

/* Then: what it shall do. */
int supervisor_send(struct supervisor *s, const cJSON *request, struct err *err);

/*
 * 1: *ev is the next event, the caller's to cJSON_Delete.  0: nothing came until then
 * (clock_mono_ms; -1: for ever), or `wake` (-1: none) is readable.  -1: it is no more, or
 * cannot be understood, *err says of what.  ERR_BUSY alone means that it may live, but the
 * host has closed our descriptors.
 */
int supervisor_next(
    struct supervisor *s, int wake, int64_t until, cJSON **ev, struct err *err);

/* 0, or -1 with errno: ESRCH where it has ended.  Any thread may. */
int supervisor_signal(const struct supervisor *s, int sig);

/*
 * Wait for its end, which is near; again, it does nothing.  How it ended is known only of a
 * child of ours that nobody else has reaped, else EXIT_UNKNOWN.
 */
void supervisor_reap(struct supervisor *s, struct exit_status *st);

/*
 * Our descriptors are still ours: a number that the host has closed may be another file's
 * by now.
 */
bool supervisor_has_files(const struct supervisor *s);

/* What belongs to us, whether it lives or not. */
void supervisor_close(struct supervisor *s);

#endif
