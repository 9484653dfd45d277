/* SPDX-License-Identifier: MIT */
/* runjson.h -- a recorded run as JSON, the shape of `mlp show --json`. */
#ifndef RUNJSON_H
#define RUNJSON_H

#include <mlp.h>

#include "base/json.h"
#include "track/record.h"

/*
 * {run_id, run_name, experiment_id, experiment_name, status, reason,
 *  exit{kind,code,signal}, start_time, end_time, entry_point, command,
 *  source{uri,repo_url,commit,version,subdir,dirty}, params, tags, metrics, artifact_uri,
 *  env{kind}}; times in ms since the epoch, unknown is null.
 */
cJSON *run_to_json(const struct mlp_record *r);
struct ctx;
/* The same of a run as a store has it. */
cJSON *record_to_json(
    const struct ctx *ctx, struct arena *a, const struct run_record *run);

#endif
