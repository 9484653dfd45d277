/* SPDX-License-Identifier: MIT */
#include "run/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/file.h"

enum { PIPE_BYTES = 1 << 20 };

int relay_open_log(struct relay *r, const char *path, struct err *err)
{
	/* O_NONBLOCK: a FIFO somebody put there must not make us wait */
	int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	auto_fd fd = open(path, flags | O_NOCTTY, 0644);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, errno, "cannot keep output in '%s'", path);
	if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode))
		return err_set(err, ERR_FAIL,
		    "cannot keep output in '%s': not a regular file", path);
	r->log = steal_fd(&fd);
	return 0;
}

/* Our own open file for it, so that O_NONBLOCK does not reach whoever shares ours. */
static int reopen(int fd)
{
	auto_buf path = BUF_INIT;
	buf_addf(&path, "/proc/self/fd/%d", fd);
	return open(path.s, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

void relay_pass_on(struct relay *r, int fd)
{
	struct stat st;
	r->sink = SINK_NONE;
	if (fstat(fd, &st) < 0)
		return;
	if (S_ISFIFO(st.st_mode) || isatty(fd)) {
		r->to = reopen(fd);
		if (r->to < 0 && errno == ENXIO && S_ISFIFO(st.st_mode))
			return; /* a pipe that nobody reads */
		r->sink = r->to < 0 ? SINK_CAREFUL : SINK_NONBLOCK;
	} else {
		r->sink = S_ISSOCK(st.st_mode) ? SINK_SOCKET : SINK_FILE;
	}
	if (r->to < 0)
		r->to = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (r->to < 0)
		r->sink = SINK_NONE;
}

void relay_read_from(struct relay *r, int fd)
{
	r->from = fd;
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	fcntl(
	    fd, F_SETPIPE_SZ, PIPE_BYTES); /* fewer turns; refused on a terminal, fine */
}

static void log_write(struct relay *r, const char *data, size_t n)
{
	if (n == 0 || r->log_errno)
		return;
	if (r->order)
		orderlog_wrote(r->order, r->which);
	if (fd_write_all(r->log, data, n) < 0)
		r->log_errno = errno;
}

/* What is still within the limit, and, once, where it was reached. */
static void keep_begin(struct relay *r, const char *data, size_t n)
{
	size_t fits = (size_t)(r->limit - r->kept);
	auto_buf note = BUF_INIT;
	log_write(r, data, fits);
	r->kept = r->limit;
	if (r->dropped == 0) {
		buf_adds(&note, "\nmlp: what follows is not kept (--log-limit ");
		bytes_put(&note, r->limit);
		buf_adds(&note, ")\n");
		log_write(r, note.s, note.len);
	}
	r->dropped += (int64_t)(n - fits);
}

static void keep(void *arg, const char *data, size_t n)
{
	struct relay *r = arg;
	if (r->tail)
		tail_add(r->tail, data, n);
	if (r->log < 0 || r->log_errno)
		return;
	if (r->limit && r->kept + (int64_t)n > r->limit) {
		keep_begin(r, data, n);
		return;
	}
	r->kept += (int64_t)n;
	log_write(r, data, n);
}

/* At the end, so that the log itself says how much it lacks. */
static void note_dropped(struct relay *r)
{
	auto_buf note = BUF_INIT;
	if (r->dropped == 0 || r->log < 0)
		return;
	buf_addf(&note, "mlp: %lld bytes were not kept\n", (long long)r->dropped);
	log_write(r, note.s, note.len);
}

static void keep_masked(void *arg, const char *data, size_t n)
{
	struct relay *r = arg;
	if (r->hide_users)
		urlmask_pass(&r->urls, data, n, keep, r);
	else
		keep(r, data, n);
}

static ssize_t sink_write(const struct relay *r, const char *data, size_t n)
{
	if (r->sink == SINK_SOCKET)
		return send(r->to, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (r->sink == SINK_CAREFUL && n > PIPE_BUF)
		n = PIPE_BUF; /* a pipe that poll calls writable takes that much */
	return write(r->to, data, n);
}

static void pass_on(struct relay *r)
{
	while (r->at < r->held) {
		ssize_t n = sink_write(r, r->buffer + r->at, r->held - r->at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == ENOBUFS))
			return;
		if (n < 0) {
			relay_abandon(r);
			return;
		}
		r->at += (size_t)n;
		if (r->sink == SINK_CAREFUL)
			return;
	}
	r->at = r->held = 0;
}

/* As much as there is, in one piece: a terminal gives only 4 KiB at a time. */
static void take(struct relay *r)
{
	size_t len = 0;
	ssize_t n = 0;
	if (!r->buffer)
		r->buffer = xmalloc(RELAY_BUFFER);
	while (len < RELAY_BUFFER) {
		n = read(r->from, r->buffer + len, RELAY_BUFFER - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	if (n == 0 || (n < 0 && errno != EAGAIN))
		relay_stop_reading(r); /* a terminal's end is EIO */
	if (len == 0)
		return;
	r->bytes += (int64_t)len;
	r->last = r->buffer[len - 1];
	masks_pass(&r->masks, r->buffer, len, keep_masked, r);
	if (r->sink == SINK_NONE)
		return;
	r->at = 0; /* SINK_CAREFUL leaves it at the end of what it passed on */
	r->held = len;
	if (r->sink != SINK_CAREFUL)
		pass_on(r);
}

void relay_poll(const struct relay *r, struct pollfd p[2])
{
	bool held = r->at < r->held;
	p[0] = (struct pollfd){.fd = held ? -1 : r->from, .events = POLLIN};
	p[1] = (struct pollfd){.fd = held ? r->to : -1, .events = POLLOUT};
}

void relay_go_on(struct relay *r, const struct pollfd p[2])
{
	if (r->at < r->held && p[1].revents)
		pass_on(r);
	if (r->at >= r->held && r->from >= 0 && p[0].revents)
		take(r);
}

bool relay_is_empty(const struct relay *r)
{
	struct pollfd p = {.fd = r->from, .events = POLLIN};
	return r->from < 0 || poll(&p, 1, 0) == 0;
}

bool relay_is_done(const struct relay *r)
{
	return r->from < 0 && r->at >= r->held;
}

void relay_abandon(struct relay *r)
{
	r->sink = SINK_NONE;
	r->at = r->held = 0;
	fd_close(&r->to);
}

void relay_stop_reading(struct relay *r)
{
	fd_close(&r->from);
}

void relay_end(struct relay *r)
{
	relay_stop_reading(r);
	relay_abandon(r);
	masks_end(&r->masks, keep_masked, r);
	urlmask_end(&r->urls, keep, r);
	note_dropped(r);
}

void relay_close(struct relay *r)
{
	relay_stop_reading(r);
	relay_abandon(r);
	masks_release(&r->masks);
	urlmask_release(&r->urls);
	fd_close(&r->log);
	free(r->buffer);
	r->buffer = NULL;
}
