/* SPDX-License-Identifier: MIT */
/* launch_gpus.c -- a run's GPUs: its own from when its command starts to its end. */
#include "base/strvec.h"
#include "flow/launching.h"

static int wanted(const struct launching *l)
{
	return l->p->plan.environment.resources.gpus;
}

static bool is_in_docker(const struct launching *l)
{
	return l->p->plan.environment.kind == ENV_DOCKER;
}

int launch_gpus_find(struct launching *l, struct err *err)
{
	if (wanted(l) == 0 || (l->rq->gpus && l->rq->gpus->n > 0))
		return 0;
	if (gpus_find(l->ctx, l->a, environ, &l->gpus_there, err) < 0)
		return -1;
	if (is_in_docker(l) && l->gpus_there.n == 0)
		return 0; /* its engine may know of some */
	return gpus_check(l->ctx, &l->gpus_there, wanted(l), err);
}

/* In a container they are numbered anew.  NULL: the user has said by -A which there are. */
static const char *name_in_container(struct launching *l)
{
	struct env_plan *e = &l->p->plan.environment;
	auto_buf numbers = BUF_INIT;
	for (size_t i = 0; i < e->nargs; i++)
		if (strcmp(e->args[i].name, "gpus") == 0 ||
		    strcmp(e->args[i].name, "device") == 0)
			return NULL;
	e->gpus = l->gpus.list;
	for (size_t i = 0; i < l->gpus.n; i++)
		buf_addf(&numbers, "%s%zu", i ? "," : "", i);
	return arena_strdup(l->a, numbers.s);
}

int launch_gpus_take(struct launching *l, const char **visible, struct err *err)
{
	sigset_t blocked;
	int rc;
	if (wanted(l) == 0)
		return 0;
	if (l->rq->gpus && l->rq->gpus->n > 0) {
		l->gpus = *l->rq->gpus;
		*l->rq->gpus = (struct gpus_held){.n = 0};
	} else if (is_in_docker(l) && l->gpus_there.n == 0) {
		return 0;
	} else {
		/* who waits hears signals; the run is on record as KILLED then */
		sigprocmask(SIG_SETMASK, &l->before, &blocked);
		rc = gpus_await(l->ctx, &l->gpus_there, wanted(l), &l->gpus, err);
		sigprocmask(SIG_SETMASK, &blocked, NULL);
		if (rc < 0)
			return -1;
	}
	*visible = is_in_docker(l) ? name_in_container(l) : l->gpus.list;
	return 0;
}
