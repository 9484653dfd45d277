/* SPDX-License-Identifier: MIT */
/*
 * states.c -- the live state of runs that have ended.  What is not yet recorded, or is the
 * only copy of a log, is never removed: heal_runs reads it, and 'mlp logs'.
 */
#include "base/file.h"
#include "base/path.h"
#include "cache/sweep.h"
#include "env/env.h"
#include "flow/heal.h"
#include "flow/queue.h"
#include "run/card.h"
#include "run/lock.h"
#include "run/statedir.h"

static const char kind[] = "state";

/* Has the run that was recorded there ended?  NULL: yes, else why it is kept. */
static const char *why_not_ended(struct sweep *s, const char *dir, const char *run_id)
{
	const char *uri = run_lock_store(s->a, dir);
	struct tracking t;
	struct store *store;
	struct run_record run;
	struct err err = ERR_INIT;
	int rc;
	if (!uri || tracking_resolve(s->ctx, s->a, uri, &t, &err) < 0)
		return "where it is recorded is not known";
	if (!path_exists(t.path))
		return NULL; /* with the record the state has lost its meaning */
	if (store_open(s->ctx, &t, STORE_READ, &store, &err) < 0)
		return "its record cannot be read";
	rc = store->ops->run_get(store, s->a, run_id, &run, &err);
	store->ops->close(store);
	if (rc < 0)
		return err.code == ERR_NOTFOUND ? NULL : "its record cannot be read";
	if (run.status == RUN_RUNNING || run.status == RUN_SCHEDULED ||
	    path_exists(path_join(s->a, dir, "end.json")))
		return "its end is not recorded";
	return NULL;
}

static void sweep_one(struct sweep *s, const char *dir, const char *run_id)
{
	struct run_lock lk = RUN_LOCK_INIT;
	struct err err = ERR_INIT;
	int64_t used = sweep_time(dir);
	const char *why;
	if (run_lock_is_held(dir)) {
		sweep_keep(s, kind, dir, used, sweep_in_use);
		return;
	}
	if (!sweep_is_old(s, kind, dir, used))
		return;
	why = path_exists(path_join(s->a, dir, "stdout.log")) ? "it holds the run's logs"
	      : env_is_left(s->a, dir) ? "a container may be left of the run"
				       : why_not_ended(s, dir, run_id);
	if (why)
		sweep_keep(s, kind, dir, used, why);
	else if (run_is_alive(s->ctx, run_id, &lk, &err) == 0)
		sweep_remove(s, kind, dir, used);
	run_lock_drop(&lk, false);
}

/* The runs that ended long ago: `mlp ps -a` forgets them, their records stay. */
static void sweep_ended(struct sweep *s)
{
	int64_t bytes;
	size_t gone;
	struct err err = ERR_INIT;
	if (cards_trim(s->ctx, s->now - s->rq->older_than_ms, s->rq->dry_run, &gone,
		&bytes, &err) < 0) {
		ctx_say(s->ctx, SAY_WARNING, "%s", err.msg);
		s->out->failed++;
	} else if (gone > 0) {
		sweep_removed(s, "history",
		    path_join(s->a, s->ctx->state_dir, "ended.jsonl"),
		    s->now - s->rq->older_than_ms, bytes);
	}
}

void sweep_states(struct sweep *s)
{
	const char *runs = path_join(s->a, s->ctx->state_dir, "runs");
	struct err err = ERR_INIT;
	if (state_check(s->ctx, &err) < 0) {
		ctx_say(s->ctx, SAY_WARNING, "%s: it is left as it is", err.msg);
		return;
	}
	if (!s->rq->dry_run)
		heal_runs(s->ctx);
	if (!s->rq->dry_run && path_is_dir(path_join(s->a, s->ctx->state_dir, "queue")))
		queue_heal(s->ctx);
	for (const char *const *name = sweep_names(s, runs); *name; name++) {
		const char *dir = path_join(s->a, runs, *name);
		if (strstr(*name, ".gone."))
			sweep_remove(s, "temporary", dir, sweep_time(dir));
		else if (path_is_dir(dir))
			sweep_one(s, dir, *name);
	}
	sweep_ended(s);
}
