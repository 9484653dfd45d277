/* SPDX-License-Identifier: MIT */
#include "flow/given.h"

#include "base/path.h"
#include "flow/runtags.h"
#include "plan/key.h"

int given_param(struct arena *a, struct given_params *ps, const char *name,
    const char *value, struct err *err)
{
	for (size_t i = 0; i < ps->n; i++)
		if (strcmp(ps->v[i].name, name) == 0)
			return err_set(err, ERR_USAGE, "Repeated parameter: '%s'", name);
	ARENA_GROW(a, ps->v, ps->n);
	ps->v[ps->n++] =
	    (struct param_input){.name = name, .value = value, .origin = ORIGIN_GIVEN};
	return 0;
}

int given_tag(struct arena *a, struct kvs *tags, const char *key, const char *value,
    struct err *err)
{
	if (key_check("tag", key, err) < 0 || runtags_check_key(key, err) < 0)
		return -1;
	if (kvs_get(tags, key))
		return err_set(err, ERR_USAGE, "Repeated tag: '%s'", key);
	kvs_put(a, tags, key, value);
	return 0;
}

static bool is_option_name(const char *name)
{
	static const char chars[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
	return *name && *name != '-' && name[strspn(name, chars)] == '\0';
}

int given_docker_arg(struct arena *a, struct env_request *rq, const char *name,
    const char *value, struct err *err)
{
	if (!is_option_name(name)) {
		err_set(err, ERR_USAGE,
		    "--docker-args: '%s' is not the name of an option of docker run",
		    name);
		return err_hint(err,
		    "write it without dashes, as in -A gpus=all, -A memory=1g or -A t");
	}
	ARENA_GROW(a, rq->args, rq->nargs);
	rq->args[rq->nargs++] = (struct docker_arg){name, value};
	return 0;
}

static const char *unless_empty(const char *s)
{
	return s && *s ? s : NULL;
}

static int choose_experiment(struct experiment_ref *ref, struct err *err)
{
	const char *name = ref->name, *id = ref->id;
	bool nested = unless_empty(getenv("MLP_RUN_ID")) != NULL;
	if (!(nested && id) && !name)
		name = unless_empty(getenv("MLFLOW_EXPERIMENT_NAME"));
	if (!(nested && name) && !id)
		id = unless_empty(getenv("MLFLOW_EXPERIMENT_ID"));
	ref->name = unless_empty(name);
	ref->id = unless_empty(id);
	if (!ref->name || !ref->id)
		return 0;
	return err_set(err, ERR_USAGE,
	    "Specify only one of 'experiment-name' or 'experiment-id' options.");
}

int given_finish(
    const struct ctx *ctx, struct arena *a, struct run_request *rq, struct err *err)
{
	const char *dir = unless_empty(rq->plan.storage_dir);
	if (choose_experiment(&rq->experiment, err) < 0)
		return -1;
	if (rq->run_id && *rq->run_id && rq->plan.retries.most > 0) {
		err_set(err, ERR_USAGE, "--retries does not go with --run-id");
		return err_hint(err, "every attempt is a run of its own");
	}
	dir = dir ? dir : unless_empty(getenv("MLFLOW_TMP_DIR"));
	rq->plan.storage_dir = dir && ctx->cwd ? path_abs(a, ctx->cwd, dir) : dir;
	rq->plan.cwd = ctx->cwd;
	rq->plan.shell = getenv("SHELL");
	rq->plan.env.inherited = getenv("MLP_ENV_MANAGER");
	return 0;
}
