/* SPDX-License-Identifier: MIT */
#include "base/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/proc.h"

enum { ANSWER_MAX = 1 << 20, COMPLAINT_MAX = 2048, LOOK_AGAIN_MS = 100 };

static int64_t min64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Both pipes to their ends, or until the time is over (-1) or a signal came (its number). */
static int read_both(
    const struct ask *q, const int fd[2], struct buf *const to[2], int64_t deadline)
{
	struct pollfd p[2] = {
	    {.fd = fd[0], .events = POLLIN}, {.fd = fd[1], .events = POLLIN}};
	while (p[0].fd >= 0 || p[1].fd >= 0) {
		int64_t left = deadline ? deadline - clock_mono_ms() : -1;
		int sig = q->interrupted ? q->interrupted(q->ctx) : 0;
		if (sig)
			return sig;
		if (deadline && left <= 0)
			return -1;
		if (q->interrupted)
			left = left < 0 ? LOOK_AGAIN_MS : min64(left, LOOK_AGAIN_MS);
		if (poll(p, 2, (int)left) < 0)
			continue; /* EINTR */
		for (int i = 0; i < 2; i++) {
			char part[4096];
			ssize_t n;
			if (!p[i].revents)
				continue;
			n = read(p[i].fd, part, sizeof(part));
			if (n > 0)
				buf_add(to[i], part, (size_t)n);
			else
				p[i].fd = -1;
		}
	}
	return 0;
}

static void cut_newlines(struct buf *b)
{
	while (b->len && b->s[b->len - 1] == '\n')
		buf_cut(b, b->len - 1);
}

/* `stopped`: what read_both returned. */
static int judge(const char *tool, struct exit_status st, int stopped, struct buf *said,
    struct err *err)
{
	auto_buf how = BUF_INIT;
	if (stopped > 0) {
		err_set(err, ERR_INTERRUPTED, "%s was interrupted", tool);
		err->sys = stopped;
		return -1;
	}
	if (stopped < 0)
		return err_set(err, ERR_FAIL, "%s does not answer", tool);
	if (st.kind == EXIT_EXITED && st.code == 0)
		return 0;
	exit_describe(&how, &st);
	cut_newlines(said);
	err_set(err, ERR_FAIL, "%s", said->len ? said->s : how.s);
	err->sys = st.kind == EXIT_EXITED ? st.code : 0;
	return -1;
}

static int open_pipes(int from[2], int to[2], struct err *err)
{
	for (int i = 0; i < 2; i++) {
		int ends[2];
		if (pipe2(ends, O_CLOEXEC) < 0)
			return err_sys(err, errno, "no pipe");
		from[i] = ends[0];
		to[i] = ends[1];
	}
	return 0;
}

static void close_both(int fd[2])
{
	fd_close(&fd[0]);
	fd_close(&fd[1]);
}

int ask_with(const struct ask *q, struct buf *out, struct err *err)
{
	int from[2] = {-1, -1}, to[2] = {-1, -1}, rc = -1;
	auto_fd null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	auto_buf complaint = BUF_MAX(COMPLAINT_MAX);
	struct proc p = PROC_INIT;
	int stopped;
	if (open_pipes(from, to, err) == 0) {
		p = (struct proc){.argv = q->argv,
		    .envp = q->envp,
		    .cwd = q->cwd,
		    .secret = q->secret,
		    .fd = {null, to[0], to[1]},
		    .ctty = -1,
		    .socket = q->file,
		    .flags = PROC_SESSION | PROC_DIE_WITH_US,
		    .leader = -1};
		rc = proc_start(&p, q->ctx->trace, err);
	}
	close_both(to);
	if (rc == 0) {
		out->max = ANSWER_MAX;
		stopped = read_both(q, from, (struct buf *[]){out, &complaint},
		    q->ms ? clock_mono_ms() + q->ms : 0);
		if (stopped)
			kill(-p.pid, SIGKILL);
		cut_newlines(out);
		rc = judge(q->argv[0], proc_wait(p.pid), stopped, &complaint, err);
	}
	close_both(from);
	return rc;
}

int ask_tool(int trace, char *const *argv, char *const *envp, int64_t ms, struct buf *out,
    struct err *err)
{
	struct ctx ctx = {.trace = trace};
	return ask_with(
	    &(struct ask){.ctx = &ctx, .argv = argv, .envp = envp, .ms = ms, .file = -1},
	    out, err);
}
