/* SPDX-License-Identifier: MIT */
/* childenv.h -- the environment of a run's command. */
#ifndef CHILDENV_H
#define CHILDENV_H

#include "base/strvec.h"
#include "plan/plan.h"

/* What the command is told about its run. */
struct childenv {
	const char *run_id, *experiment_id, *tracking_uri;
	const char
	    *store_uri;	  /* behind an endpoint at tracking_uri; NULL: there is none */
	const char *gpus; /* that it has to itself: "0,1"; NULL: not said */
	bool fetched;	  /* the project is a checkout or what was in an archive */
	const char *endpoint_name; /* of the host in tracking_uri; NULL: 127.0.0.1 */
};

/*
 * The variables that mlp sets, on top of what the caller's environment holds, in order:
 * PYTHONUNBUFFERED unless set, the entry point's `env`, MLFLOW_RUN_ID,
 * MLFLOW_EXPERIMENT_ID, MLFLOW_TRACKING_URI (as `mlflow run` does), MLP_RUN_ID (which
 * MLflow's client does not remove, so that a nested run finds its parent), MLP_ENV_MANAGER
 * where the kind of environment was asked for by name (a nested mlp chooses the same) and
 * in a container (local: it is there already); where it has GPUs to itself
 * CUDA_VISIBLE_DEVICES, and MLP_GPUS and MLP_GPUS_OF for a nested mlp.  With an endpoint also
 * MLFLOW_REGISTRY_URI (an inherited one would win), MLP_STORE_URI (for a nested mlp),
 * loopback and the endpoint in NO_PROXY and no_proxy (each begins with the other where it is
 * unset itself; a "*" stays), and, unless set, what keeps a client
 * from hanging when nobody answers and from printing an address that is gone after the
 * run.  Values that are not known yet are NULL.
 */
struct env_var *childenv_added(
    struct arena *a, const struct plan *p, const struct childenv *c, size_t *n);

/*
 * The whole environment: ours, plus those, minus MLFLOW_EXPERIMENT_NAME, which would
 * contradict MLFLOW_EXPERIMENT_ID in later runs of the command; with an endpoint also
 * minus the credentials and the workspace of another server, and in a project that was
 * fetched minus what names a repository of the caller's (gitvars.h).  Returns those that
 * were added.
 */
const struct env_var *childenv_make(struct arena *a, const struct plan *p,
    const struct childenv *c, struct strvec *out, size_t *nadded);

#endif
