/* SPDX-License-Identifier: MIT */
/* queue_heal.c -- how runs leave the queue, also where their supervisor was killed. */
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/file.h"
#include "flow/ending.h"
#include "flow/queue_name.h"

enum { NEW_AGE_S = 3600 };

int queue_claim(const struct ctx *ctx, const struct queue_entry *e, struct err *err)
{
	auto_arena a = ARENA_INIT;
	if (rename(queue_file(ctx, &a, QUEUE_WAITING, e->name),
		queue_file(ctx, &a, QUEUE_CLAIMED, e->name)) == 0) {
		FAULT("queue.claimed");
		return 0;
	}
	return err_sys(err, errno, "cannot take '%s'", e->name);
}

void queue_done(const struct ctx *ctx, const struct queue_entry *e)
{
	auto_arena a = ARENA_INIT;
	FAULT("queue.finishing");
	unlink(queue_file(ctx, &a, QUEUE_CLAIMED, e->name));
	FAULT("queue.finished");
}

void queue_drop_tree(
    const struct ctx *ctx, const struct run_request *rq, const char *run_id)
{
	struct err ignored = ERR_INIT;
	auto_fd lock = -1;
	if (!rq->frozen || !rq->frozen->tree)
		return;
	lock = queue_lock(ctx, &ignored);
	if (lock >= 0)
		frozen_drop(ctx, rq->frozen->tree, run_id);
}

/* It ends without having been recorded. */
static void archive(const struct ctx *ctx, struct card *c, enum card_state state,
    const char *reason, int exit_code)
{
	struct err ignored = ERR_INIT;
	c->state = state;
	c->reason = reason;
	c->exit_code = exit_code;
	c->ended = clock_now_ms();
	card_archive(ctx, c, &ignored);
}

int queue_remove(const struct ctx *ctx, const struct queue_entry *was, const char *reason,
    struct err *err)
{
	auto_arena a = ARENA_INIT;
	struct queue_entry e;
	struct queue_work w = {.json = NULL};
	struct err ignored = ERR_INIT;
	auto_fd lock = queue_lock(ctx, err);
	if (lock < 0)
		return -1;
	if (queue_refind(ctx, &a, was, &e, err) < 0)
		return -1;
	if (queue_read(ctx, &a, QUEUE_WAITING, &e, &w, &ignored) == 0) {
		/* first, so that who waits for it finds how it ended */
		archive(ctx, &w.card, CARD_KILLED, reason, 128 + SIGTERM);
		frozen_drop(ctx, w.rq.frozen ? w.rq.frozen->tree : NULL, e.run_id);
	}
	queue_work_release(&w);
	if (unlink(queue_file(ctx, &a, QUEUE_WAITING, e.name)) < 0)
		return err_sys(err, errno, "cannot remove '%s'", e.name);
	return 0;
}

/* 1: its run is on record (and running, where it is another attempt); 0: no; -1: ? */
static int is_recorded(const struct ctx *ctx, struct arena *a, const struct queue_work *w)
{
	struct tracking t;
	struct store *store;
	struct run_record r;
	struct err err = ERR_INIT;
	int rc;
	if (!w->card.store_uri ||
	    tracking_of(ctx, a, w->card.store_uri, "its card", &t, &err) < 0)
		return -1;
	if (store_open(ctx, &t, STORE_READ, &store, &err) < 0)
		return err.code == ERR_NOTFOUND ? 0 : -1;
	rc = store->ops->run_get(store, a, w->card.run_id, &r, &err);
	store->ops->close(store);
	if (rc < 0)
		return err.code == ERR_NOTFOUND ? 0 : -1;
	return !w->rq.run_id || r.status == RUN_RUNNING;
}

static void put_back(const struct ctx *ctx, struct arena *a, const struct queue_entry *e)
{
	struct queue_entry to;
	int64_t seq;
	queue_name_parse(e->name, &to, &seq);
	to.again = true;
	queue_name(&to, seq, e->run_id);
	(void)!rename(queue_file(ctx, a, QUEUE_CLAIMED, e->name),
	    queue_file(ctx, a, QUEUE_WAITING, to.name));
	FAULT("queue.returned");
}

/* Nobody holds its lock, which is ours now.  False: its state directory is of no use. */
static bool heal_claim(
    const struct ctx *ctx, struct arena *a, const struct queue_entry *e)
{
	static const char lost[] = "supervisor lost twice before the run was recorded "
				   "(killed or machine restarted)";
	struct queue_work w = {.json = NULL};
	struct err err = ERR_INIT;
	int recorded = 0;
	if (queue_read(ctx, a, QUEUE_CLAIMED, e, &w, &err) < 0) {
		if (err.code == ERR_NOTFOUND)
			return true; /* it was done meanwhile */
		ctx_say(ctx, SAY_WARNING, "%s", err.msg);
	} else {
		recorded = is_recorded(ctx, a, &w);
	}
	if (recorded < 0) {
		queue_work_release(&w);
		return true;
	}
	if (recorded == 0 && w.json && !e->again) {
		put_back(ctx, a, e);
		ctx_say(ctx, SAY_INFO, "run %.8s is in the queue again: %s", e->run_id,
		    "its supervisor was lost before it was recorded");
	} else {
		if (recorded == 0 && w.json)
			archive(ctx, &w.card, CARD_FAILED, lost,
			    ending_exit_code(RUN_FAILED, ENDING_LOST_EXIT, lost));
		unlink(queue_file(ctx, a, QUEUE_CLAIMED, e->name));
		frozen_drop(ctx, w.rq.frozen ? w.rq.frozen->tree : NULL, e->run_id);
	}
	queue_work_release(&w);
	return recorded > 0;
}

static void heal_claims(const struct ctx *ctx, struct arena *a)
{
	struct queue_entry *v;
	struct err err = ERR_INIT;
	size_t n;
	if (queue_list(ctx, a, QUEUE_CLAIMED, &v, &n, &err) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		struct run_lock lk = RUN_LOCK_INIT;
		struct err busy = ERR_INIT;
		if (run_is_alive(ctx, v[i].run_id, &lk, &busy) != 0)
			continue;
		/* what is on record is healed there, with what is left of it */
		run_lock_drop(&lk, !heal_claim(ctx, a, &v[i]));
	}
}

static bool needs_tree(void *arg, const char *run_id)
{
	const struct ctx *ctx = arg;
	auto_arena a = ARENA_INIT;
	struct queue_entry e;
	return queue_find(ctx, &a, QUEUE_WAITING, run_id, &e) ||
	       queue_find(ctx, &a, QUEUE_CLAIMED, run_id, &e);
}

/* Of who was killed before it had them in the queue. */
static void sweep_new(const struct ctx *ctx)
{
	auto_arena a = ARENA_INIT;
	auto_dir d = opendir(queue_path(ctx, &a, ""));
	struct dirent *e;
	while (d && (e = readdir(d))) {
		const char *path = queue_path(ctx, &a, e->d_name);
		struct stat st;
		if (strncmp(e->d_name, "new.", 4) == 0 && stat(path, &st) == 0 &&
		    st.st_ctime < time(NULL) - NEW_AGE_S)
			unlink(path);
	}
}

void queue_heal(const struct ctx *ctx)
{
	auto_arena a = ARENA_INIT;
	struct ctx mine = *ctx;
	struct err ignored = ERR_INIT;
	auto_fd lock = queue_lock(ctx, &ignored);
	if (lock < 0)
		return;
	heal_claims(ctx, &a);
	frozen_sweep(ctx, needs_tree, &mine);
	sweep_new(ctx);
}
