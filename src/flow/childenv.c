/* SPDX-License-Identifier: MIT */
#include "flow/childenv.h"

#include "base/gitvars.h"

extern char **environ;

enum { OURS_MAX = 15 };

/* The two names mean one thing: a program that finds one does not look at the other. */
static const char *excepted(const char *name, const char *other)
{
	const char *v = getenv(name);
	if (!v || !*v)
		v = getenv(other);
	return v ? v : "";
}

/*
 * A proxy must not be asked for the endpoint; what the user excepts stays excepted.  A star
 * means everything only where it stands alone.
 */
static const char *no_proxy(
    struct arena *a, const struct childenv *c, const char *name, const char *other)
{
	const char *old = excepted(name, other), *more = c->endpoint_name;
	if (strcmp(old, "*") == 0)
		return old;
	return arena_printf(a, "%s%s127.0.0.1,localhost%s%s", old, *old ? "," : "",
	    more ? "," : "", more ? more : "");
}

static void add_endpoint(struct arena *a, const struct childenv *c, struct env_var **v)
{
	static const struct env_var unless_set[] = {
	    /* a dead endpoint costs a script seconds, not four minutes a call */
	    {"MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3"},
	    {"MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true"},
	};
	*(*v)++ = (struct env_var){"MLFLOW_REGISTRY_URI", c->tracking_uri};
	*(*v)++ = (struct env_var){"MLP_STORE_URI", c->store_uri};
	*(*v)++ = (struct env_var){"NO_PROXY", no_proxy(a, c, "NO_PROXY", "no_proxy")};
	*(*v)++ = (struct env_var){"no_proxy", no_proxy(a, c, "no_proxy", "NO_PROXY")};
	for (size_t i = 0; i < sizeof(unless_set) / sizeof(unless_set[0]); i++)
		if (!getenv(unless_set[i].name))
			*(*v)++ = unless_set[i];
}

/* Runs that it starts itself share them out among themselves. */
static void add_gpus(const struct childenv *c, struct env_var **v)
{
	*(*v)++ = (struct env_var){"CUDA_VISIBLE_DEVICES", c->gpus};
	*(*v)++ = (struct env_var){"MLP_GPUS", c->gpus};
	*(*v)++ = (struct env_var){"MLP_GPUS_OF", c->run_id};
}

/* What a nested mlp shall choose.  Inside a container there is nothing more to make. */
static const char *inherited(const struct plan *p)
{
	if (p->environment.kind == ENV_DOCKER)
		return env_kind_word(ENV_LOCAL);
	return p->environment.inherit ? env_kind_word(p->environment.kind) : NULL;
}

struct env_var *childenv_added(
    struct arena *a, const struct plan *p, const struct childenv *c, size_t *n)
{
	struct env_var *first = arena_array(a, p->nenv + OURS_MAX, sizeof(*first));
	struct env_var *v = first;
	if (!getenv("PYTHONUNBUFFERED")) /* so that logs can be followed */
		*v++ = (struct env_var){"PYTHONUNBUFFERED", "1"};
	for (size_t i = 0; i < p->nenv; i++)
		if (p->env[i].value)
			*v++ = p->env[i];
	*v++ = (struct env_var){"MLFLOW_RUN_ID", c->run_id};
	*v++ = (struct env_var){"MLFLOW_EXPERIMENT_ID", c->experiment_id};
	*v++ = (struct env_var){"MLFLOW_TRACKING_URI", c->tracking_uri};
	*v++ = (struct env_var){"MLP_RUN_ID", c->run_id};
	if (inherited(p))
		*v++ = (struct env_var){"MLP_ENV_MANAGER", inherited(p)};
	if (c->gpus)
		add_gpus(c, &v);
	if (c->store_uri)
		add_endpoint(a, c, &v);
	*n = (size_t)(v - first);
	return first;
}

/* They belong to a server that the command does not talk to. */
static void drop_other_servers(struct strvec *env)
{
	static const char *const names[] = {
	    "MLFLOW_WORKSPACE",
	    "MLFLOW_TRACKING_AUTH",
	    "MLFLOW_TRACKING_AWS_SIGV4",
	    "MLFLOW_TRACKING_USERNAME",
	    "MLFLOW_TRACKING_PASSWORD",
	    "MLFLOW_TRACKING_TOKEN",
	    "MLFLOW_TRACKING_INSECURE_TLS",
	    "MLFLOW_TRACKING_SERVER_CERT_PATH",
	    "MLFLOW_TRACKING_CLIENT_CERT_PATH",
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		strvec_setenv(env, names[i], NULL);
}

const struct env_var *childenv_make(struct arena *a, const struct plan *p,
    const struct childenv *c, struct strvec *out, size_t *nadded)
{
	const struct env_var *v = childenv_added(a, p, c, nadded);
	strvec_push_all(out, environ);
	strvec_setenv(out, "MLFLOW_EXPERIMENT_NAME", NULL);
	if (c->store_uri)
		drop_other_servers(out);
	else /* of an outer run: the command has the store itself */
		strvec_setenv(out, "MLP_STORE_URI", NULL);
	if (c->fetched)
		gitvars_clear(out);
	for (size_t i = 0; i < *nadded; i++)
		strvec_setenv(out, v[i].name, v[i].value);
	return v;
}
