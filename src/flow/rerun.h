/* SPDX-License-Identifier: MIT */
/* rerun.h -- an old run, again: its record becomes a request. */
#ifndef RERUN_H
#define RERUN_H

#include "flow/launch.h"

/*
 * The recorded commit, entry point and parameters, with overrides behind them (they win).
 * What the record does not hold (a dirty tree, a plain directory) is told as a warning.
 * *rq must be zeroed or hold what the user set himself (tracking URI, experiment, name);
 * a run that mlp or MLflow did not start from a project is ERR_FAIL.
 */
int rerun_request(const struct ctx *ctx, struct arena *a, const struct run_record *run,
    const struct param_input *overrides, size_t noverrides, struct run_request *rq,
    struct err *err);

/*
 * The same for the run that `text` means (flow/find.h) at rq->tracking_uri, where first
 * the runs that were left RUNNING are healed; rq->plan.params override.
 */
int rerun_find(const struct ctx *ctx, struct arena *a, const char *text,
    struct run_request *rq, struct err *err);

/* The URI of an archive that must be the same as then. */
const char *rerun_pinned(struct arena *a, const char *uri, const char *sha256);

#endif
