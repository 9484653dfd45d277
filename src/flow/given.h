/* SPDX-License-Identifier: MIT */
/*
 * given.h -- filling in a run_request from outside, by the same rules for the command
 * line and the library.  Failures are ERR_USAGE; nothing is taken then.
 */
#ifndef GIVEN_H
#define GIVEN_H

#include "flow/launch.h"

/* Parameters in the order given; the array is in the arena. */
struct given_params {
	struct param_input *v;
	size_t n;
};

/* One more; a name that is there already is refused.  Text is borrowed. */
int given_param(struct arena *a, struct given_params *ps, const char *name,
    const char *value, struct err *err);

/* A tag: a key that the record can hold, not one that mlp writes, not twice. */
int given_tag(struct arena *a, struct kvs *tags, const char *key, const char *value,
    struct err *err);

/*
 * -A: one more argument for docker run, "gpus", "all"; value NULL: a flag.  Names are
 * docker's long options or single letters, without dashes; the same name may come again.
 */
int given_docker_arg(struct arena *a, struct env_request *rq, const char *name,
    const char *value, struct err *err);

/*
 * What the request leaves open, from the environment: MLFLOW_EXPERIMENT_NAME or _ID where
 * no experiment is named (inside a run these were set by the outer mlp: what is given
 * simply wins), MLFLOW_TMP_DIR, SHELL; and the caller's directory.  An experiment by name
 * and by id is refused, wherever they come from.  As click does, an empty text counts as
 * none.
 */
int given_finish(
    const struct ctx *ctx, struct arena *a, struct run_request *rq, struct err *err);

#endif
