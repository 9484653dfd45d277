/* SPDX-License-Identifier: MIT */
/*
 * enqueue.h -- putting runs into the queue: `mlp run -d -j N`, and many at once.
 *
 * What is wrong with a request is said before anything is queued.  A project that several
 * runs are of is looked at, and frozen, once.
 */
#ifndef ENQUEUE_H
#define ENQUEUE_H

#include "flow/queue.h"

struct enqueue {
	int slots;    /* so many may run at once from now on; 0: as it is */
	bool held;    /* until they are released */
	int priority; /* see queue.h */
};

struct enqueuer {
	const struct ctx *ctx;
	struct arena *a; /* of the caller, for as long as this is used */
	struct enqueue how;
	struct project *projects;
	size_t nprojects;
	struct queue_job *jobs; /* not yet committed */
	size_t njobs;
};

/* Fails where there can be no queue. */
int enqueue_open(struct enqueuer *e, const struct ctx *ctx, struct arena *a,
    const struct enqueue *how, struct err *err);
/*
 * One more run: look at its project as run_launch does, and freeze it.  *rq gets new_id and
 * run_name where it has none, and is borrowed until it is committed.  *p, which may be NULL:
 * what was found, the enqueuer's; its diagnostics are new to the caller the first time.
 */
int enqueue_take(struct enqueuer *e, struct run_request *rq, const struct prepared **p,
    struct err *err);
/* They are in the queue, on disk, and there is who starts them.  -1: none of them is. */
int enqueue_commit(struct enqueuer *e, struct err *err);
void enqueue_release(struct enqueuer *e);

#endif
