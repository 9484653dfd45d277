/* SPDX-License-Identifier: MIT */
#include "flow/childenv.h"

extern char **environ;

struct env_var *childenv_added(
    struct arena *a, const struct plan *p, const struct childenv *c, size_t *n)
{
	struct env_var *v = arena_array(a, p->nenv + 5, sizeof(*v));
	*n = 0;
	if (!getenv("PYTHONUNBUFFERED")) /* so that logs can be followed */
		v[(*n)++] = (struct env_var){"PYTHONUNBUFFERED", "1"};
	for (size_t i = 0; i < p->nenv; i++)
		if (p->env[i].value)
			v[(*n)++] = p->env[i];
	v[(*n)++] = (struct env_var){"MLFLOW_RUN_ID", c->run_id};
	v[(*n)++] = (struct env_var){"MLFLOW_EXPERIMENT_ID", c->experiment_id};
	v[(*n)++] = (struct env_var){"MLFLOW_TRACKING_URI", c->tracking_uri};
	v[(*n)++] = (struct env_var){"MLP_RUN_ID", c->run_id};
	return v;
}

void childenv_make(
    struct arena *a, const struct plan *p, const struct childenv *c, struct strvec *out)
{
	size_t n;
	struct env_var *v = childenv_added(a, p, c, &n);
	strvec_push_all(out, environ);
	strvec_setenv(out, "MLFLOW_EXPERIMENT_NAME", NULL);
	for (size_t i = 0; i < n; i++)
		strvec_setenv(out, v[i].name, v[i].value);
}
