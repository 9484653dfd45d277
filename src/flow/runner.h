/* SPDX-License-Identifier: MIT */
/*
 * runner.h -- who starts what waits in the queue: one small detached process, there as
 * long as something runs or can run, which sleeps in between.  Each run is its child, and
 * has a supervisor's lock and a slot of its own: when the runner is killed they go on, and
 * the last of them, or the next mlp command, starts another.
 */
#ifndef RUNNER_H
#define RUNNER_H

#include "flow/queue.h"

/* The word behind `mlp` that makes it a runner. */
#define RUNNER_COMMAND "__queue"

/* See to it that there is a runner if there is anything to run.  Costs next to nothing. */
void runner_wake(const struct ctx *ctx);

/* Where it sits (run/seat.h). */
const char *runner_seat(const struct ctx *ctx, struct arena *a);
/* Its first steps: it belongs to no run, whoever has started it. */
void runner_settle(void);

/*
 * Be the runner, until there is nothing more to do, or ctx->interrupted; a process that has
 * handlers for the signals that ask it to stop.  Returns at once where there is a runner
 * already, 1 where there cannot be one.
 */
int runner_run(const struct ctx *ctx);

/*
 * job.c: the whole life of one queued run, in a process of its own.  `lock` and `gpus` are
 * taken over.
 */
void job_run(const struct ctx *ctx, const struct queue_entry *e, struct run_lock *lock,
    struct gpus_held *gpus);

#endif
