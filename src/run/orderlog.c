/* SPDX-License-Identifier: MIT */
#include "run/orderlog.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"

static void give_up(struct orderlog *o)
{
	fd_close(&o->fd);
	o->path = NULL;
	o->len = 0;
	o->due = INT64_MAX;
}

static void make_file(struct orderlog *o)
{
	int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	auto_fd fd = open(o->path, flags | O_NOCTTY, 0644);
	struct stat st;
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		o->fd = steal_fd(&fd);
}

static void write_out(struct orderlog *o)
{
	if (o->len == 0)
		return;
	if (o->fd < 0)
		make_file(o);
	if (o->fd < 0 || fd_write_all(o->fd, o->buffer, o->len) < 0) {
		give_up(o);
		return;
	}
	o->len = 0;
	o->due = INT64_MAX;
}

static void add(struct orderlog *o, const char *text, size_t n)
{
	if (o->size + n > ORDER_MAX) {
		write_out(o);
		give_up(o);
		return;
	}
	if (o->len + n > sizeof(o->buffer))
		write_out(o);
	if (!o->path)
		return;
	if (o->len == 0)
		o->due = clock_mono_ms() + ORDERLOG_MS;
	memcpy(o->buffer + o->len, text, n);
	o->len += n;
	o->size += n;
}

/* What a log holds now: also what others of us have appended. */
static void tell(struct orderlog *o, int log)
{
	struct order_piece p = {
	    log, o->told[log], (int64_t)lseek(o->log[log], 0, SEEK_CUR)};
	char line[ORDER_LINE_MAX];
	if (p.to <= p.from)
		return;
	if (o->size == 0)
		add(o, ORDER_HEAD, sizeof(ORDER_HEAD) - 1);
	add(o, line, order_line(line, &p));
	o->told[log] = p.to;
}

void orderlog_turn(struct orderlog *o, int log)
{
	if (o->path && o->turn >= 0)
		tell(o, o->turn);
	o->turn = log;
}

/* Somebody was killed while he wrote: his last line may be half, or no line at all. */
static void go_on_with(struct orderlog *o, struct order *before)
{
	struct order_piece p;
	while (order_next(before, &p))
		o->told[p.log] = p.to;
	o->size = before->at;
	if (before->at > 0 || !before->bad) /* else it is no file of ours */
		make_file(o);
	if (o->fd < 0 || ftruncate(o->fd, (off_t)before->at) < 0)
		give_up(o);
}

void orderlog_open(struct orderlog *o, const char *path, const int log[ORDER_LOGS])
{
	struct order before = ORDER_INIT;
	o->path = path;
	order_open(&before, path);
	if (before.fd >= 0)
		go_on_with(o, &before);
	order_close(&before);
	for (int i = 0; i < ORDER_LOGS; i++) {
		o->log[i] = log[i];
		/* O_APPEND: only after a write it stands at the end by itself */
		if (lseek(log[i], 0, SEEK_END) > o->told[i])
			orderlog_wrote(o, i);
	}
}

void orderlog_go_on(struct orderlog *o, int64_t now)
{
	if (now >= o->due)
		write_out(o);
}

void orderlog_close(struct orderlog *o)
{
	write_out(o);
	give_up(o);
}
