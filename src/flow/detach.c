/* SPDX-License-Identifier: MIT */
#include "flow/detach.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/shrink.h"
#include "base/sigpoll.h"
#include "base/urltext.h"
#include "run/card.h"

enum { RUN_ID_BYTES = 64 };

static void null_over(int fd, int flags)
{
	auto_fd null = open("/dev/null", flags | O_CLOEXEC);
	if (null >= 0)
		dup2(null, fd);
}

/*
 * What the caller left open, all of ours closes itself: a pipe of a script or of a test
 * that somebody reads to its end must not wait for the run.
 */
static void close_strange_files(void)
{
	auto_dir d = opendir("/proc/self/fd");
	struct dirent *e;
	while (d && (e = readdir(d))) {
		int fd = (int)strtol(e->d_name, NULL, 10);
		int flags = fd > STDERR_FILENO ? fcntl(fd, F_GETFD) : -1;
		if (flags >= 0 && !(flags & FD_CLOEXEC))
			close(fd);
	}
}

int detach_fork(struct detached *d, int *to, struct err *err)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, errno, "cannot start a supervisor");
	d->pid = fork();
	if (d->pid < 0) {
		err_sys(err, errno, "cannot start a supervisor");
		close(ends[0]);
		close(ends[1]);
		return -1;
	}
	if (d->pid > 0) {
		close(ends[1]);
		d->from = ends[0];
		return 0;
	}
	close(ends[0]);
	*to = ends[1];
	FAULT("detach.forked");
	setsid();
	close_strange_files();
	null_over(STDIN_FILENO, O_RDONLY);
	FAULT("detach.away");
	return 1;
}

void detach_tell(int *to, const char *run_id)
{
	(void)fd_write_all(*to, run_id, strlen(run_id));
	fd_close(to);
}

static void log_over(int fd, const char *path)
{
	auto_fd log =
	    open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (log < 0)
		null_over(fd, O_WRONLY);
	else
		dup2(log, fd);
}

void detach_streams(const char *dir)
{
	auto_arena a = ARENA_INIT;
	if (dir) {
		log_over(STDOUT_FILENO, path_join(&a, dir, "stdout.log"));
		log_over(STDERR_FILENO, path_join(&a, dir, "stderr.log"));
	} else {
		null_over(STDOUT_FILENO, O_WRONLY);
		null_over(STDERR_FILENO, O_WRONLY);
	}
}

/* The run that is being started, for on_started. */
struct starting {
	int *to;
	run_started *started;
	void *arg;
};

static void on_started(void *arg, const struct run_result *r, const struct prepared *p)
{
	struct starting *s = arg;
	s->started(s->arg, r, p);
	FAULT("detach.recorded");
	detach_tell(s->to, r->run_id);
	FAULT("detach.told");
	detach_streams(NULL);
	memory_shrink();
}

/* An id, its lock and a card before there is anything to record. */
static int announce(const struct ctx *ctx, struct arena *a, struct run_request *rq,
    struct run_lock *lock, struct err *err)
{
	struct card c = CARD_INIT;
	struct err ignored = ERR_INIT; /* it is told once the run is recorded */
	char id[33];
	if (rq->run_id && *rq->run_id)
		return 0;
	if (!rq->new_id) {
		run_id_new(id);
		rq->new_id = arena_strdup(a, id);
	}
	if (!rq->held) {
		if (run_lock_take(ctx, rq->new_id, lock, err) < 0)
			return -1;
		rq->held = lock;
	}
	c.run_id = rq->new_id;
	c.name = rq->run_name;
	c.entry_point = rq->plan.entry_point ? rq->plan.entry_point : "main";
	c.uri = rq->uri ? url_public(a, rq->uri) : NULL;
	c.cwd = ctx->cwd;
	c.state = CARD_PREPARING;
	c.background = true;
	c.pid = getpid();
	c.queued = rq->queued ? rq->queued : -1;
	c.started = clock_now_ms();
	(void)card_write(rq->held->dir, &c, &ignored);
	return 0;
}

int detach_run(const struct ctx *ctx, struct arena *a, struct run_request *rq, int *to,
    run_started *started, void *arg, struct prepared *p, struct run_result *out,
    struct err *err)
{
	struct starting s = {to, started, arg};
	struct run_lock lock = RUN_LOCK_INIT;
	memset(p, 0, sizeof(*p));
	p->facts.helper.pid = -1;
	rq->background = true;
	rq->quiet = true;
	if (announce(ctx, a, rq, &lock, err) < 0) {
		run_lock_drop(&lock, true);
		return -1;
	}
	return run_launch(ctx, a, rq, on_started, &s, p, out, err);
}

int detach_wait(const struct ctx *ctx, struct detached *d, char id[65], int *exit_code)
{
	size_t n = 0;
	bool told = false;
	for (;;) {
		struct pollfd p = {.fd = d->from, .events = POLLIN};
		ssize_t got;
		if (told ? poll(&p, 1, -1) < 0 : sigpoll(ctx, &p, 1, -1) < 0) {
			if (!told && ctx->interrupted && *ctx->interrupted) {
				kill(d->pid,
				    *ctx->interrupted == SIGINT ? SIGINT : SIGTERM);
				told = true;
			}
			continue;
		}
		got = read(d->from, id + n, RUN_ID_BYTES - n);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	id[n] = '\0';
	fd_close(&d->from);
	if (n > 0)
		return 0;
	struct exit_status st = proc_wait(d->pid);
	*exit_code = st.kind == EXIT_EXITED ? st.code : 128 + st.sig;
	return 1;
}
