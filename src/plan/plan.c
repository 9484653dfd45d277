/* SPDX-License-Identifier: MIT */
#include "plan/plan.h"

#include "base/file.h"
#include "base/path.h"
#include "base/quote.h"
#include "plan/command.h"
#include "plan/entry.h"

static int copy_env(
    struct arena *a, const struct entry_point *ep, struct plan *out, struct err *err)
{
	out->env = arena_array(a, ep->nenv + 1, sizeof(*out->env));
	for (size_t i = 0; i < ep->nenv; i++) {
		const struct env_var *v = &ep->env[i];
		if (!v->value && !getenv(v->name)) {
			err_set(err, ERR_FAIL,
			    "entry point '%s' takes the variable %s from the "
			    "environment, "
			    "but it is not set",
			    ep->name, v->name);
			return err_hint(err, "set it: %s=... mlp run ...", v->name);
		}
		out->env[out->nenv++] = *v;
	}
	return 0;
}

/* Only what is right so far is worth a download. */
static int bring_params(struct arena *a, const struct request *rq, struct params *ps,
    bool *brought, struct err *err)
{
	*brought = false;
	for (size_t i = 0; i < ps->n && rq->bring; i++) {
		if (!ps->v[i].source)
			continue;
		if (rq->bring(rq->bring_arg, a, &ps->v[i], err) < 0)
			return -1;
		*brought = true;
	}
	return 0;
}

static int check_length(const struct plan *p, struct err *err)
{
	size_t n = strlen(p->command);
	if (n < COMMAND_MAX)
		return 0;
	err_set(err, ERR_USAGE,
	    "the command is %zu bytes long; %d is the most that can be "
	    "passed to bash",
	    n, COMMAND_MAX - 1);
	return err_hint(err, "put long values into a file and give its path");
}

int plan_make(struct arena *a, const struct manifest *m, const char *project_dir,
    const struct request *rq, struct plan *out, struct diags *ds, struct err *err)
{
	const char *name = rq->entry_point ? rq->entry_point : "main";
	const char *tree = rq->partial_tree ? NULL : project_dir;
	const struct entry_point *ep;
	bool brought;
	memset(out, 0, sizeof(*out));
	ep = entry_choose(a, m, tree, name, rq->shell, &out->is_script, err);
	if (!ep ||
	    env_plan_make(a, m, ep, project_dir, &rq->env, &out->environment, err) < 0)
		return -1;
	out->entry_point = name;
	out->cwd = project_dir;
	if (rq->memory_bytes)
		out->environment.resources.memory_bytes = rq->memory_bytes;
	if (rq->cpus > 0)
		out->environment.resources.cpus = rq->cpus;
	out->retries = retry_rule_over(&ep->retries, &rq->retries);
	out->timeout_ms = rq->timeout_ms ? rq->timeout_ms : ep->timeout_ms;
	if (params_bind(a, m, ep, rq->params, rq->nparams, &out->params, ds, err) < 0 ||
	    params_find_paths(a, rq->cwd, tree, &out->params, err) < 0 ||
	    copy_env(a, ep, out, err) < 0)
		return -1;
	out->command = command_make(a, m, ep, !out->is_script, &out->params, ds, err);
	if (!out->command || bring_params(a, rq, &out->params, &brought, err) < 0)
		return -1;
	if (brought)
		out->command =
		    command_make(a, m, ep, !out->is_script, &out->params, ds, err);
	if (!out->command || check_length(out, err) < 0)
		return -1;
	out->argv[0] = "bash";
	out->argv[1] = "-c";
	out->argv[2] = out->command;
	return 0;
}
