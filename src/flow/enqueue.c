/* SPDX-License-Identifier: MIT */
#include "flow/enqueue.h"

#include "base/cleanup.h"
#include "flow/runner.h"

enum { TRIES = 100 };

/* The database and its artifacts are no code, nor is what mlp keeps. */
static char *const *not_code(
    const struct ctx *ctx, struct arena *a, const struct tracking *t)
{
	char *const *own = launch_own_files(a, t);
	size_t n = 0;
	char **v;
	while (own[n])
		n++;
	v = arena_array(a, n + 3, sizeof(*v));
	memcpy(v, own, n * sizeof(*v));
	v[n++] = arena_strdup(a, ctx->state_dir);
	if (ctx->cache_dir)
		v[n] = arena_strdup(a, ctx->cache_dir);
	return v;
}

/* What an archive holds is seen only when it is unpacked. */
static int freeze_archive(const struct ctx *ctx, struct arena *a,
    const struct run_request *rq, struct frozen *f, struct err *err)
{
	struct source_uri u;
	struct source s;
	int rc;
	if (source_parse(a, ctx->cwd, rq->uri, rq->version != NULL, &u, err) < 0 ||
	    source_fetch(ctx, a, &u, rq->version, &s, err) < 0)
		return -1;
	frozen_note(&s, f);
	rc = frozen_keep(ctx, a, s.root, s.dir, NULL, f, err);
	lease_drop(&s.lease);
	return rc;
}

static int freeze_dir(const struct ctx *ctx, struct arena *a,
    const struct run_request *rq, const struct tracking *t, struct prepared *p,
    struct frozen *f, struct err *err)
{
	struct source_uri u;
	source_facts_finish(ctx, a, &p->facts, &p->source);
	frozen_note(&p->source, f);
	if (source_parse(a, ctx->cwd, rq->uri, rq->version != NULL, &u, err) < 0)
		return -1;
	return frozen_keep(ctx, a, u.path, p->source.dir, not_code(ctx, a, t), f, err);
}

static int freeze(const struct ctx *ctx, struct arena *a, const struct run_request *rq,
    const struct tracking *t, struct prepared *p, struct frozen *f, struct err *err)
{
	switch (p->source.kind) {
	case SOURCE_ARCHIVE:
		return freeze_archive(ctx, a, rq, f, err);
	case SOURCE_LOCAL:
		return freeze_dir(ctx, a, rq, t, p, f, err);
	default:
		frozen_note(&p->source, f);
		return 0;
	}
}

static void name_it(struct arena *a, struct run_request *rq)
{
	char id[33], name[64];
	if (!rq->run_id || !*rq->run_id) {
		if (!rq->new_id) {
			run_id_new(id);
			rq->new_id = arena_strdup(a, id);
		}
		if (!rq->run_name || !*rq->run_name) {
			run_name_new(name, sizeof(name));
			rq->run_name = arena_strdup(a, name);
		}
	}
}

static int check_gpus(
    const struct ctx *ctx, struct arena *a, const struct env_plan *e, struct err *err)
{
	int want = e->resources.gpus;
	struct gpus g;
	if (want == 0)
		return 0;
	if (gpus_find(ctx, a, environ, &g, err) < 0)
		return -1;
	if (e->kind == ENV_DOCKER && g.n == 0)
		return 0; /* its engine may know of some */
	return gpus_check(ctx, &g, want, err);
}

/* Between the two a run that has ended may take the only copy of the code with it. */
static int freeze_and_add(const struct ctx *ctx, struct arena *a, struct run_request *rq,
    const struct tracking *t, struct prepared *p, struct queue_job *job, struct err *err)
{
	struct frozen *f = arena_new(a, struct frozen);
	rq->frozen = f;
	for (int tries = 1;; tries++) {
		if (freeze(ctx, a, rq, t, p, f, err) < 0)
			return -1;
		if (queue_add(ctx, job, 1, err) == 0)
			return 0;
		if (err->code != ERR_NOTFOUND || tries == TRIES)
			return -1;
		err_clear(err);
	}
}

int enqueue_run(const struct ctx *ctx, struct arena *a, struct run_request *rq,
    const struct enqueue *how, struct prepared *p, struct err *err)
{
	struct tracking t;
	struct queue_job job = {.rq = rq, .priority = how->priority, .held = how->held};
	auto_fd lock = queue_lock(ctx, err); /* is there a place for it? */
	memset(p, 0, sizeof(*p));
	p->facts.helper.pid = -1;
	if (lock < 0)
		return -1;
	fd_close(&lock);
	if (tracking_resolve(ctx, a, rq->tracking_uri, &t, err) < 0) {
		err->code = ERR_FAIL;
		return -1;
	}
	if (prepare_plan(ctx, a, rq->uri, rq->version, &rq->plan, PREPARE_LOOK,
		launch_own_files(a, &t), NULL, p, err) < 0)
		return -1;
	job.gpus = p->plan.environment.resources.gpus;
	name_it(a, rq);
	job.store_uri = t.uri;
	if (check_gpus(ctx, a, &p->plan.environment, err) < 0 ||
	    (how->slots > 0 && queue_set_slots(ctx, how->slots, err) < 0) ||
	    freeze_and_add(ctx, a, rq, &t, p, &job, err) < 0)
		return -1;
	runner_wake(ctx);
	return 0;
}
