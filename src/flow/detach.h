/* SPDX-License-Identifier: MIT */
/*
 * detach.h -- a run in the background.  Its supervisor is a child that has left the
 * terminal and the session, so that it survives logout; who started it waits only until
 * the run is on record.
 */
#ifndef DETACH_H
#define DETACH_H

#include "flow/launch.h"

struct detached {
	pid_t pid; /* of the supervisor */
	int from;  /* its word comes here; the caller's to close with detach_wait */
};

/*
 * Fork.  In the parent: 0 and *d.  In the supervisor: 1 and *to; its standard input is
 * /dev/null, what it says still goes where ours goes.  -1: *err.
 */
int detach_fork(struct detached *d, int *to, struct err *err);

/*
 * In the supervisor: the whole of the run, with an id and a card from the beginning, so
 * that it shows as PREPARING while its project is fetched.  `started` is called as
 * run_launch does, just before who waits at `to` is let go and standard output and error
 * become /dev/null.  Returns as run_launch.
 */
int detach_run(const struct ctx *ctx, struct arena *a, struct run_request *rq, int *to,
    run_started *started, void *arg, struct prepared *p, struct run_result *out,
    struct err *err);

/* In the supervisor: the run is on record; who waits at `to` is let go. */
void detach_tell(int *to, const char *run_id);
/*
 * What it says from now on is added to stdout.log and stderr.log in `dir`; NULL: it goes
 * nowhere.
 */
void detach_streams(const char *dir);

/*
 * In the parent: wait until the run is on record (0, its id in `id`), or until the
 * supervisor has ended without one: 1 and *exit_code.  A signal that asks us to stop is
 * handed on to it.
 */
int detach_wait(const struct ctx *ctx, struct detached *d, char id[65], int *exit_code);

#endif
