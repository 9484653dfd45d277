/* SPDX-License-Identifier: MIT */
/* job.c -- one queued run, from its file in the queue to its end. */
#include <errno.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/path.h"
#include "flow/detach.h"
#include "flow/given.h"
#include "flow/runner.h"

struct job {
	struct ctx ctx;
	struct arena arena;
	const struct queue_entry *entry;
	struct queue_work work;
	bool recorded;
	int code; /* frozen_use */
};

/* It is on record, and its command not started: it can never begin twice. */
static void on_recorded(void *arg, const struct run_result *r, const struct prepared *p)
{
	struct job *j = arg;
	(void)r;
	(void)p;
	j->recorded = true;
	queue_done(&j->ctx, j->entry);
}

/* What whoever queued it had around: variables, directory, rights of new files. */
static int be_there(struct job *j, struct err *err)
{
	struct ctx *ctx = &j->ctx;
	environ = j->work.env;
	umask((mode_t)j->work.umask & 0777);
	ctx->cwd = j->work.cwd;
	ctx->offline = j->work.offline;
	ctx->cache_dir = path_xdg(&j->arena, XDG_CACHE);
	if (ctx->cwd && chdir(ctx->cwd) == 0)
		return 0;
	return err_sys(err, errno, "the directory '%s', where the run was queued",
	    ctx->cwd ? ctx->cwd : "?");
}

/* Why there is no record of it, for `ps` and `wait`. */
static void archive_failure(struct job *j, const struct err *err)
{
	struct card *c = &j->work.card;
	struct err ignored = ERR_INIT;
	bool stopped = err->code == ERR_INTERRUPTED;
	if (!c->run_id || err->code == ERR_EXISTS) /* it is on record already */
		return;
	c->state = stopped ? CARD_KILLED : CARD_FAILED;
	c->reason = err->hint[0] ? arena_printf(&j->arena, "%s (%s)", err->msg, err->hint)
				 : err->msg;
	c->exit_code = stopped ? 128 + err->sys : err->code == ERR_USAGE ? 2 : 125;
	c->ended = clock_now_ms();
	card_archive(&j->ctx, c, &ignored);
}

static int run(struct job *j, struct run_lock *lock, struct gpus_held *gpus,
    struct prepared *p, struct err *err)
{
	struct run_request *rq = &j->work.rq;
	struct run_result result;
	int to = -1;
	j->code = frozen_use(&j->ctx, rq->frozen, j->entry->run_id);
	rq->held = lock;
	rq->gpus = gpus;
	rq->queued = j->work.card.queued;
	if (!rq->run_id || !*rq->run_id)
		rq->new_id = j->entry->run_id;
	if (be_there(j, err) < 0 || given_finish(&j->ctx, &j->arena, rq, err) < 0)
		return -1;
	return detach_run(&j->ctx, &j->arena, rq, &to, on_recorded, j, p, &result, err);
}

void job_run(const struct ctx *ctx, const struct queue_entry *e, struct run_lock *lock,
    struct gpus_held *gpus)
{
	struct job j = {.ctx = *ctx, .entry = e, .code = -1};
	struct prepared p = {.facts = SOURCE_FACTS_INIT};
	struct err err = ERR_INIT;
	char **ours = environ;
	p.facts.helper.pid = -1;
	if (queue_read(ctx, &j.arena, QUEUE_CLAIMED, e, &j.work, &err) < 0 ||
	    run(&j, lock, gpus, &p, &err) < 0) {
		archive_failure(&j, &err);
	}
	if (!j.recorded)
		queue_done(ctx, e);
	fd_close(&j.code);
	queue_drop_tree(ctx, &j.work.rq, e->run_id);
	run_lock_drop(lock, !j.recorded);
	gpus_release(gpus);
	prepared_done(&p);
	environ = ours; /* what is started from now on is not the job's */
	queue_work_release(&j.work);
	arena_release(&j.arena);
}
