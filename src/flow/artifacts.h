/* SPDX-License-Identifier: MIT */
/* artifacts.h -- where a run's own files (logs, run.json) are. */
#ifndef ARTIFACTS_H
#define ARTIFACTS_H

#include "base/arena.h"
#include "base/ctx.h"
#include "base/err.h"

/*
 * The local directory that an artifact URI names, as MLflow's clients understand it: a
 * path or file:, %XX decoded in both; it may be relative.  NULL: not local.
 */
const char *artifacts_local(struct arena *a, const char *artifact_uri);

/*
 * The directory for mlp's files of a run: <artifacts>/mlp, or the run's state directory
 * where the artifacts are not local.
 */
const char *artifacts_log_dir(
    const struct ctx *ctx, struct arena *a, const char *run_id, const char *artifact_uri);

#endif
