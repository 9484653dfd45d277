/* SPDX-License-Identifier: MIT */
/*
 * requestjson.h -- a run_request as JSON and back: what libmlp asks of mlp-supervise, what
 * waits in the queue, what a crew's workers are given.  One object:
 *
 *   uri, version, entry_point, experiment_name, experiment_id, run_name, run_id,
 *   env_manager, storage_dir, tracking_uri, rerun_of, sweep_point
 *   image_was_uri, image_was_id, image_was_digest
 *                            texts; null or not there: the default
 *                            (also {bytes}, see json.h, where a text is no UTF-8)
 *   params[]                 {key, value}, and where they matter origin, sha256, place, was
 *   tags[]                   {key, value}
 *   docker_args[]            {key, value or null}
 *   memory_bytes, cpus, log_limit, retries, retry_delay_ms, retry_on, on_end
 *   timeout_ms, quiet, direct, build_image
 *   frozen                   an object (flow/frozen.h), or not there
 */
#ifndef REQUESTJSON_H
#define REQUESTJSON_H

#include "base/json.h"
#include "flow/launch.h"

/* The whole request (but for what belongs to one launch: new_id, held, queued). */
cJSON *request_to_json(const struct run_request *rq);

/*
 * Fill in *rq (all of it) from the object; strings are borrowed from it, lists are in the
 * arena.  The same rules as for the command line (flow/given.h); members of other names
 * are the caller's.  given_finish is still to be called.
 */
int request_from_json(
    const cJSON *j, struct arena *a, struct run_request *rq, struct err *err);

#endif
