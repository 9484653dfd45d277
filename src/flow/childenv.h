/* SPDX-License-Identifier: MIT */
/* childenv.h -- the environment of a run's command. */
#ifndef CHILDENV_H
#define CHILDENV_H

#include "base/strvec.h"
#include "plan/plan.h"

/* What the command is told about its run. */
struct childenv {
	const char *run_id, *experiment_id, *tracking_uri;
};

/*
 * The variables that mlp sets, on top of what the caller's environment holds, in order:
 * PYTHONUNBUFFERED unless set, the entry point's `env`, MLFLOW_RUN_ID,
 * MLFLOW_EXPERIMENT_ID, MLFLOW_TRACKING_URI (as `mlflow run` does), MLP_RUN_ID (which
 * MLflow's client does not remove, so that a nested run finds its parent).  Values that
 * are not known yet are NULL.
 */
struct env_var *childenv_added(
    struct arena *a, const struct plan *p, const struct childenv *c, size_t *n);

/*
 * The whole environment: ours, plus those, minus MLFLOW_EXPERIMENT_NAME, which would
 * contradict MLFLOW_EXPERIMENT_ID in later runs of the command.
 */
void childenv_make(
    struct arena *a, const struct plan *p, const struct childenv *c, struct strvec *out);

#endif
