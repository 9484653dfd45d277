/* SPDX-License-Identifier: MIT */
/* enqueue.h -- `mlp run -d -j N`: a run that waits for its turn. */
#ifndef ENQUEUE_H
#define ENQUEUE_H

#include "flow/queue.h"

struct enqueue {
	int slots;    /* so many may run at once from now on; 0: as it is */
	bool held;    /* until it is released */
	int priority; /* see queue.h */
};

/*
 * Look at the project as run_launch does, freeze it, and put the run into the queue; what
 * is wrong with the request is said now.  rq gets new_id and run_name where it has none.
 * -1: nothing is queued.  `p` is filled as by prepare_plan and is the caller's to release.
 */
int enqueue_run(const struct ctx *ctx, struct arena *a, struct run_request *rq,
    const struct enqueue *how, struct prepared *p, struct err *err);

#endif
