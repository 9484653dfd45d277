/* SPDX-License-Identifier: MIT */
/*
 * onend.h -- a shell command that is given a run which has ended, as JSON on its standard
 * input (the members of `mlp show --json`).
 */
#ifndef ONEND_H
#define ONEND_H

#include "flow/launch.h"

enum { ON_END_MS = 60 * 1000 }; /* MLP_ON_END_LIMIT (ms) shortens it */

/*
 * Run rq->on_end in the caller's directory, with MLFLOW_TRACKING_URI naming the store; it
 * is stopped after ON_END_MS.  What it says is kept in the run's on-end.log, and shown
 * unless the run is quiet.  Whatever it does is no more than a warning: the end is on
 * record already.
 */
void on_end(const struct ctx *ctx, struct arena *a, const struct run_request *rq,
    const struct run_result *r);

#endif
