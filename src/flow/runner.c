/* SPDX-License-Identifier: MIT */
#include "flow/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/fault.h"
#include "base/path.h"
#include "base/sigpoll.h"
#include "flow/heal.h"
#include "flow/queue_name.h"
#include "run/seat.h"

enum { WANTED_MOST = 64 };

/* A run of ours. */
struct kid {
	pid_t pid;
	bool healing; /* its supervisor was killed; this process sees to the record */
};

struct runner {
	const struct ctx *ctx;
	pid_t pid;
	int seat, inotify, child; /* what we are; changes of the queue; ends of kids */
	int lock;		  /* of the queue, while something is started */
	struct kid *kids;
	size_t nkids, cap;
	/* slots of runs whose runner was killed */
	struct watcher orphans[QUEUE_SLOTS_MOST];
	size_t norphans;
	/* what runs that could not start wait for; made anew each time that we look */
	struct watcher wanted[WANTED_MOST];
	size_t nwanted;
};

/* ---- runs ---- */

static size_t busy(const struct runner *r)
{
	return r->nkids + r->norphans;
}

/* In a child: nothing of the runner's is ours. */
static void become_kid(struct runner *r)
{
	sigset_t none;
	fd_close(&r->lock);
	fd_close(&r->seat);
	fd_close(&r->inotify);
	fd_close(&r->child);
	for (size_t i = 0; i < r->norphans; i++)
		fd_close(&r->orphans[i].fd);
	for (size_t i = 0; i < r->nwanted; i++)
		fd_close(&r->wanted[i].fd);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_NAME, "mlp");
}

static _Noreturn void be_kid(struct runner *r, const struct queue_entry *e,
    struct run_lock *lock, struct gpus_held *gpus)
{
	become_kid(r);
	job_run(r->ctx, e, lock, gpus);
	if (getppid() != r->pid)
		runner_wake(r->ctx);
	_exit(0);
}

static void want(struct runner *r, const char *path)
{
	struct err ignored = ERR_INIT;
	if (r->nwanted < WANTED_MOST &&
	    seat_watch(&r->wanted[r->nwanted], path, &ignored) == 0)
		r->nwanted++;
}

static void want_nothing(struct runner *r)
{
	for (size_t i = 0; i < r->nwanted; i++)
		watcher_end(&r->wanted[i]);
	r->nwanted = 0;
}

/* A slot that nobody has; its descriptor, or -1. */
static int take_slot(const struct ctx *ctx)
{
	auto_arena a = ARENA_INIT;
	for (int i = 0; i < QUEUE_SLOTS_MOST; i++) {
		struct err err = ERR_INIT;
		int fd =
		    seat_take(queue_path(ctx, &a, arena_printf(&a, "slot.%d", i)), &err);
		if (fd >= 0 || err.code != ERR_BUSY)
			return fd;
	}
	return -1;
}

/*
 * The GPUs of a run.  -1: other runs have them.  Where there are not so many (any more) it
 * begins without: that is its failure.
 */
static int take_gpus(
    struct runner *r, struct arena *a, const struct queue_entry *e, struct gpus_held *out)
{
	struct queue_work w;
	struct gpus g = {.n = 0};
	struct err err = ERR_INIT;
	int rc = 0;
	*out = (struct gpus_held){.n = 0};
	if (e->gpus == 0 || queue_read(r->ctx, a, QUEUE_WAITING, e, &w, &err) < 0)
		return 0;
	if (gpus_find(r->ctx, a, w.env, &g, &err) == 0 &&
	    gpus_take(r->ctx, &g, e->gpus, out, &err) < 0 && err.code == ERR_BUSY)
		rc = -1;
	for (size_t i = 0; rc < 0 && i < g.n; i++)
		if (seat_is_taken(gpus_seat(r->ctx, a, &g, i)))
			want(r, gpus_seat(r->ctx, a, &g, i));
	queue_work_release(&w);
	return rc;
}

/* Under the queue's lock.  0: it runs; -1: it cannot now. */
static int start(struct runner *r, const struct queue_entry *e)
{
	auto_arena a = ARENA_INIT;
	struct run_lock lock = RUN_LOCK_INIT;
	struct gpus_held gpus;
	struct err err = ERR_INIT;
	auto_fd slot = -1;
	pid_t pid;
	if (take_gpus(r, &a, e, &gpus) < 0)
		return -1;
	if (run_lock_take(r->ctx, e->run_id, &lock, &err) < 0) {
		/* --run-id: an earlier attempt runs */
		want(r, path_join(&a, run_state_dir(r->ctx, &a, e->run_id), "lock"));
		gpus_release(&gpus);
		return -1;
	}
	slot = take_slot(r->ctx);
	if (slot < 0 || queue_claim(r->ctx, e, &err) < 0) {
		run_lock_drop(&lock, true);
		gpus_release(&gpus);
		return -1;
	}
	pid = fork();
	FAULT("queue.forked");
	if (pid == 0)
		be_kid(r, e, &lock, &gpus);
	if (pid > 0) {
		GROW(r->kids, r->nkids, r->cap);
		r->kids[r->nkids++] = (struct kid){.pid = pid};
	}
	run_lock_drop(&lock, pid < 0); /* the kid has them */
	gpus_release(&gpus);
	if (pid < 0)
		queue_heal(r->ctx);
	return pid < 0 ? -1 : 0;
}

/* How many of those that wait could run, but for now. */
static size_t start_waiting(struct runner *r)
{
	auto_arena a = ARENA_INIT;
	struct queue_entry *v;
	struct err err = ERR_INIT;
	size_t n, waiting = 0, slots = (size_t)queue_slots(r->ctx);
	bool gpus = true; /* who waits for some is not overtaken by others who do */
	if (queue_list(r->ctx, &a, QUEUE_WAITING, &v, &n, &err) < 0)
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (v[i].held)
			continue;
		waiting++;
		if (busy(r) >= slots || (v[i].gpus && !gpus))
			continue;
		if (start(r, &v[i]) == 0)
			waiting--;
		else if (v[i].gpus)
			gpus = false;
	}
	return waiting;
}

/* Start what can be.  False: there is nothing more to do, and nobody is the runner now. */
static bool start_all(struct runner *r)
{
	struct err err = ERR_INIT;
	size_t waiting;
	want_nothing(r);
	r->lock = queue_lock(r->ctx, &err);
	if (r->lock < 0)
		return false;
	waiting = start_waiting(r);
	if (waiting == 0 && r->nkids == 0)
		fd_close(
		    &r->seat); /* under the lock: who adds a run now finds no runner */
	fd_close(&r->lock);
	return r->seat >= 0;
}

/* ---- ends ---- */

/* In a process of its own: a store takes memory, and processes that are left time. */
static int heal_kid(struct runner *r, struct kid *k)
{
	k->pid = fork();
	k->healing = true;
	if (k->pid != 0)
		return k->pid < 0 ? -1 : 0;
	become_kid(r);
	queue_heal(r->ctx);
	heal_runs(r->ctx);
	_exit(0);
}

static void reap(struct runner *r)
{
	struct signalfd_siginfo info;
	while (read(r->child, &info, sizeof(info)) > 0)
		;
	for (size_t i = r->nkids; i-- > 0;) {
		struct kid *k = &r->kids[i];
		int ws;
		if (waitpid(k->pid, &ws, WNOHANG) != k->pid)
			continue;
		if (k->healing || (WIFEXITED(ws) && WEXITSTATUS(ws) == 0) ||
		    heal_kid(r, k) < 0)
			r->kids[i] = r->kids[--r->nkids];
	}
}

/* ---- the loop ---- */

static void find_orphans(struct runner *r)
{
	auto_arena a = ARENA_INIT;
	struct err ignored = ERR_INIT;
	for (int i = 0; i < QUEUE_SLOTS_MOST; i++) {
		const char *path = queue_path(r->ctx, &a, arena_printf(&a, "slot.%d", i));
		if (access(path, F_OK) < 0)
			return; /* they are made in order */
		if (seat_is_taken(path) &&
		    seat_watch(&r->orphans[r->norphans], path, &ignored) == 0)
			r->norphans++;
	}
}

static void drop_orphans(struct runner *r, const struct pollfd *p)
{
	for (size_t i = r->norphans; i-- > 0;)
		if (p[i].revents) {
			watcher_end(&r->orphans[i]);
			r->orphans[i] = r->orphans[--r->norphans];
		}
}

static int runner_open(struct runner *r, struct err *err)
{
	auto_arena a = ARENA_INIT;
	const uint32_t events = IN_MOVED_TO | IN_MOVED_FROM;
	sigset_t set;
	auto_fd lock = queue_lock(r->ctx, err); /* and so the directories are there */
	if (lock < 0)
		return -1;
	r->seat = seat_take(runner_seat(r->ctx, &a), err);
	if (r->seat < 0)
		return -1;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	r->child = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	r->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (r->child < 0 || r->inotify < 0 ||
	    inotify_add_watch(
		r->inotify, queue_file(r->ctx, &a, QUEUE_WAITING, ""), events) < 0 ||
	    inotify_add_watch(r->inotify, queue_path(r->ctx, &a, ""), IN_MOVED_TO) < 0)
		return err_sys(err, errno, "cannot watch the queue");
	return 0;
}

static void drain(int fd)
{
	char events[4096];
	while (read(fd, events, sizeof(events)) > 0)
		;
}

static int await(struct runner *r)
{
	struct pollfd p[2 + QUEUE_SLOTS_MOST + WANTED_MOST] = {
	    {.fd = r->inotify, .events = POLLIN}, {.fd = r->child, .events = POLLIN}};
	nfds_t n = 2;
	for (size_t i = 0; i < r->norphans; i++)
		p[n++] = (struct pollfd){.fd = r->orphans[i].fd, .events = POLLIN};
	for (size_t i = 0; i < r->nwanted; i++)
		p[n++] = (struct pollfd){.fd = r->wanted[i].fd, .events = POLLIN};
	if (sigpoll(r->ctx, p, n, -1) < 0)
		return *r->ctx->interrupted ? -1 : 0;
	if (p[0].revents)
		drain(r->inotify);
	if (p[1].revents)
		reap(r);
	drop_orphans(r, p + 2);
	return 0;
}

int runner_run(const struct ctx *ctx)
{
	auto_free struct runner *r = xcalloc(1, sizeof(*r));
	struct err err = ERR_INIT;
	int rc = 0;
	r->ctx = ctx;
	r->pid = getpid();
	r->seat = r->inotify = r->child = r->lock = -1;
	runner_settle();
	if (runner_open(r, &err) == 0) {
		queue_heal(ctx);
		find_orphans(r);
		while (start_all(r) && await(r) == 0)
			;
	} else if (err.code != ERR_BUSY) {
		ctx_say(ctx, SAY_WARNING, "%s", err.msg);
		rc = 1;
	}
	for (size_t i = 0; i < r->norphans; i++)
		watcher_end(&r->orphans[i]);
	want_nothing(r);
	free(r->kids);
	fd_close(&r->seat);
	fd_close(&r->inotify);
	fd_close(&r->child);
	return rc;
}
