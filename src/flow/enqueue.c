/* SPDX-License-Identifier: MIT */
#include "flow/enqueue.h"

#include "base/cleanup.h"
#include "flow/runner.h"

enum { TRIES = 100 };

/* What several runs may be of. */
struct project {
	const char *uri, *version; /* its own: requests come and go */
	struct tracking tracking;  /* of the first: its files are no code */
	struct prepared p;
	struct frozen frozen;
	bool is_frozen;
};

/* ---- freezing ---- */

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

static bool is_in_container(const struct project *pr)
{
	return pr->p.plan.environment.kind == ENV_DOCKER;
}

/* What an archive holds is seen only when it is unpacked. */
static int freeze_archive(struct enqueuer *e, struct project *pr, struct err *err)
{
	struct source_uri u;
	struct source s;
	int rc;
	if (source_parse(e->a, e->ctx->cwd, pr->uri, pr->version != NULL, &u, err) < 0 ||
	    source_fetch(e->ctx, e->a, &u, pr->version, &s, err) < 0)
		return -1;
	frozen_note(&s, &pr->frozen);
	rc = frozen_keep(
	    e->ctx, e->a, s.root, s.dir, NULL, is_in_container(pr), &pr->frozen, err);
	lease_drop(&s.lease);
	return rc;
}

static int freeze_dir(struct enqueuer *e, struct project *pr, struct err *err)
{
	struct source_uri u;
	source_facts_finish(e->ctx, e->a, &pr->p.facts, &pr->p.source);
	frozen_note(&pr->p.source, &pr->frozen);
	if (source_parse(e->a, e->ctx->cwd, pr->uri, pr->version != NULL, &u, err) < 0)
		return -1;
	return frozen_keep(e->ctx, e->a, u.path, pr->p.source.dir,
	    not_code(e->ctx, e->a, &pr->tracking), is_in_container(pr), &pr->frozen, err);
}

static int freeze(struct enqueuer *e, struct project *pr, struct err *err)
{
	switch (pr->p.source.kind) {
	case SOURCE_ARCHIVE:
		return freeze_archive(e, pr, err);
	case SOURCE_LOCAL:
		return freeze_dir(e, pr, err);
	default:
		frozen_note(&pr->p.source, &pr->frozen);
		return 0;
	}
}

/* ---- projects ---- */

static bool is_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static struct project *find(struct enqueuer *e, const struct run_request *rq)
{
	for (size_t i = 0; i < e->nprojects; i++)
		if (is_same(e->projects[i].uri, rq->uri) &&
		    is_same(e->projects[i].version, rq->version))
			return &e->projects[i];
	return NULL;
}

/* Of a project that is known only the plan is made, so that what is wrong is found. */
static int look(struct enqueuer *e, const struct run_request *rq,
    const struct tracking *t, struct project **out, struct err *err)
{
	struct project *pr = find(e, rq);
	*out = pr;
	if (pr)
		return prepare_again(e->ctx, e->a, &rq->plan, &pr->p, err);
	ARENA_GROW(e->a, e->projects, e->nprojects);
	pr = &e->projects[e->nprojects];
	*pr = (struct project){.uri = arena_strdup(e->a, rq->uri),
	    .version = rq->version ? arena_strdup(e->a, rq->version) : NULL,
	    .tracking = *t};
	*out = pr;
	e->nprojects++;
	if (prepare_plan(e->ctx, e->a, rq->uri, rq->version, &rq->plan, PREPARE_QUEUE,
		launch_own_files(e->a, t), NULL, &pr->p, err) == 0)
		return 0;
	pr->uri = ""; /* nobody's: it is looked at again for the next one */
	return -1;
}

/* ---- runs ---- */

static void name_it(struct arena *a, struct run_request *rq)
{
	char id[33], name[64];
	if (rq->run_id && *rq->run_id)
		return;
	if (!rq->new_id) {
		run_id_new(id);
		rq->new_id = arena_strdup(a, id);
	}
	if (!rq->run_name || !*rq->run_name) {
		run_name_new(name, sizeof(name));
		rq->run_name = arena_strdup(a, name);
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

int enqueue_open(struct enqueuer *e, const struct ctx *ctx, struct arena *a,
    const struct enqueue *how, struct err *err)
{
	auto_fd lock = queue_lock(ctx, err);
	*e = (struct enqueuer){.ctx = ctx, .a = a, .how = *how};
	if (lock < 0)
		return -1;
	fd_close(&lock);
	return how->slots > 0 ? queue_set_slots(ctx, how->slots, err) : 0;
}

int enqueue_take(struct enqueuer *e, struct run_request *rq, const struct prepared **p,
    struct err *err)
{
	struct tracking t;
	struct project *pr = NULL;
	int gpus, rc;
	if (p)
		*p = NULL;
	if (tracking_resolve(e->ctx, e->a, rq->tracking_uri, &t, err) < 0) {
		err->code = ERR_FAIL;
		return -1;
	}
	rc = look(e, rq, &t, &pr, err);
	if (p)
		*p = &pr->p;
	gpus = rc < 0 ? 0 : pr->p.plan.environment.resources.gpus;
	if (rc < 0 || check_gpus(e->ctx, e->a, &pr->p.plan.environment, err) < 0 ||
	    (!pr->is_frozen && freeze(e, pr, err) < 0))
		return -1;
	pr->is_frozen = true;
	name_it(e->a, rq);
	/* projects may move as there are more of them */
	rq->frozen =
	    memcpy(arena_new(e->a, struct frozen), &pr->frozen, sizeof(pr->frozen));
	ARENA_GROW(e->a, e->jobs, e->njobs);
	e->jobs[e->njobs++] = (struct queue_job){.rq = rq,
	    .store_uri = t.uri,
	    .priority = e->how.priority,
	    .gpus = gpus,
	    .held = e->how.held};
	return 0;
}

/* A run that has ended meanwhile may have taken the only copy of the code with it. */
static int freeze_again(struct enqueuer *e, struct err *err)
{
	for (size_t i = 0; i < e->nprojects; i++)
		if (e->projects[i].frozen.tree && freeze(e, &e->projects[i], err) < 0)
			return -1;
	for (size_t i = 0; i < e->njobs; i++) {
		const struct run_request *rq = e->jobs[i].rq;
		*(struct frozen *)rq->frozen = find(e, rq)->frozen;
	}
	return 0;
}

int enqueue_commit(struct enqueuer *e, struct err *err)
{
	int rc = queue_add(e->ctx, e->jobs, e->njobs, err);
	for (int i = 0; rc < 0 && err->code == ERR_NOTFOUND && i < TRIES; i++) {
		err_clear(err);
		if (freeze_again(e, err) < 0)
			return -1;
		rc = queue_add(e->ctx, e->jobs, e->njobs, err);
	}
	e->njobs = 0;
	runner_wake(e->ctx);
	return rc;
}

void enqueue_release(struct enqueuer *e)
{
	for (size_t i = 0; i < e->nprojects; i++)
		prepared_done(&e->projects[i].p);
}
