/* SPDX-License-Identifier: MIT */
/*
 * supervisor.h -- libexec/mlp/mlp-supervise, started by the library and listened to.
 *
 * It is given one end of a socket as descriptor 3: the request, one line of JSON, goes
 * there, and events come back (base/helper.h; also "message", "mistake", "started").  Its
 * end is learnt from the socket and a pidfd, so that the host may reap it, or have SIGCHLD
 * ignored, as it likes.
 */
#ifndef SUPERVISOR_H
#define SUPERVISOR_H

#include "base/helper.h"
#include "lib/context.h"

enum { SUPERVISOR_FD = 3, SUPERVISOR_REQUEST_MAX = 16 << 20 };

struct supervisor {
	pid_t pid;
	int pidfd;	 /* -1: this kernel has none */
	struct helper h; /* the socket and what has been read of it */
};
#define SUPERVISOR_INIT                                                                  \
	{                                                                                \
		.pid = -1, .pidfd = -1, .h = HELPER_INIT                                 \
	}

/* Start it.  supervisor_end is owed either way. */
int supervisor_start(
    const struct mlp *m, bool pass_output, struct supervisor *s, struct err *err);

/* Once it has said of which version it is: what it shall do. */
int supervisor_send(struct supervisor *s, const cJSON *request, struct err *err);

/*
 * The next event, the caller's to cJSON_Delete.  Waits; an interrupt of the context is
 * handed on to it as TERM.  NULL: it is no more, *err says of what.
 */
cJSON *supervisor_next(struct mlp *m, struct supervisor *s, struct err *err);

/* Send it a signal (0: it has nothing left to do), wait for its end, clean up. */
void supervisor_end(struct supervisor *s, int sig);

#endif
