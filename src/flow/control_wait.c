/* SPDX-License-Identifier: MIT */
/* control_wait.c -- until a run has ended. */
#include <errno.h>
#include <sys/inotify.h>

#include "base/cleanup.h"
#include "base/sigpoll.h"
#include "flow/control.h"
#include "flow/queue.h"
#include "flow/heal.h"
#include "run/lock.h"

enum { WAIT_TRIES = 20 };

static int interrupted(const struct ctx *ctx, struct err *err)
{
	err_set(err, ERR_INTERRUPTED, "interrupted");
	err->sys = *ctx->interrupted;
	return -1;
}

static int await_lock(const struct ctx *ctx, const char *dir, struct err *err)
{
	struct watcher w = WATCHER_INIT;
	struct pollfd p = {.events = POLLIN};
	int rc;
	if (run_lock_watch(&w, dir, err) < 0)
		return -1;
	p.fd = w.fd;
	do
		rc = sigpoll(ctx, &p, 1, -1);
	while (rc < 0 && !*ctx->interrupted);
	watcher_end(&w);
	return rc < 0 ? interrupted(ctx, err) : 0;
}

/* A run that is queued: until something changes in its directory. */
static int await_change(
    const struct ctx *ctx, struct arena *a, struct control_run *r, struct err *err)
{
	const uint32_t events =
	    IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_OPEN | IN_DELETE_SELF | IN_MOVE_SELF;
	auto_fd fd = inotify_init1(IN_CLOEXEC);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int rc;
	if (fd < 0 || inotify_add_watch(fd, r->dir, events) < 0)
		return err_sys(err, errno, "cannot watch '%s'", r->dir);
	if (control_refresh(ctx, a, r, err) < 0)
		return -1;
	if (r->held || !r->dir || r->card.state != CARD_QUEUED)
		return 0;
	do
		rc = sigpoll(ctx, &p, 1, -1);
	while (rc < 0 && !*ctx->interrupted);
	return rc < 0 ? interrupted(ctx, err) : 0;
}

int control_wait(
    const struct ctx *ctx, struct arena *a, struct control_run *r, struct err *err)
{
	for (int lost_for = 0; lost_for < WAIT_TRIES;) {
		if (control_refresh(ctx, a, r, err) < 0)
			return -1;
		if (card_has_ended(&r->card) && !r->held)
			return 0;
		if (!r->dir && r->card.state == CARD_QUEUED && !r->card.recorded) {
			if (queue_await(ctx, r->card.run_id, err) < 0)
				return -1;
			continue;
		}
		if (!r->dir)
			return err_set(err, ERR_UNSUPPORTED,
			    "run %.8s is %s, but nobody on this machine runs it",
			    r->card.run_id, card_state_word(r->card.state));
		if (r->held) {
			if (await_lock(ctx, r->dir, err) < 0)
				return -1;
		} else if (r->card.state == CARD_QUEUED) {
			if (await_change(ctx, a, r, err) < 0)
				return -1;
		} else {
			heal_runs(ctx);
			lost_for++;
		}
	}
	control_call_lost(r);
	return 0;
}
