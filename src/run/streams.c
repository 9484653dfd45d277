/* SPDX-License-Identifier: MIT */
#include "run/streams.h"

#include <errno.h>
#include <fcntl.h>

enum { MOST_LEFT = 2 << 20 }; /* twice what a pipe holds */

void streams_init(struct streams *s)
{
	*s = (struct streams){
	    .relay = {RELAY_INIT, RELAY_INIT, RELAY_INIT}, .order = ORDERLOG_INIT};
	s->relay[STREAM_ERR].tail = &s->tail;
}

void streams_pass_on(struct streams *s)
{
	relay_pass_on(&s->relay[STREAM_OUT], STDOUT_FILENO);
	relay_pass_on(&s->relay[STREAM_ERR], STDERR_FILENO);
}

static int read_pipe(struct relay *r, int *write_end, struct err *err)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, errno, "cannot make a pipe");
	relay_read_from(r, ends[0]);
	*write_end = ends[1];
	return 0;
}

/* The terminal keeps its own. */
static int read_pty(struct relay *r, const struct pty *pty, struct err *err)
{
	int fd = fcntl(pty->master, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return err_sys(err, errno, "cannot read from a pseudo-terminal");
	relay_read_from(r, fd);
	return 0;
}

/* Of the two logs, which are open. */
static void keep_order(struct streams *s, const char *path)
{
	const int log[] = {s->relay[STREAM_OUT].log, s->relay[STREAM_ERR].log};
	orderlog_open(&s->order, path, log);
	for (int i = STREAM_OUT; i <= STREAM_ERR; i++) {
		s->relay[i].order = &s->order;
		s->relay[i].which = i == STREAM_OUT ? ORDER_OUT : ORDER_ERR;
	}
}

int streams_open(struct streams *s, const struct launch *l, const struct terminal *t,
    int ends[2], struct err *err)
{
	const char *path[] = {l->stdout_log, l->stderr_log};
	for (int i = STREAM_OUT; i <= STREAM_ERR; i++) {
		struct relay *r = &s->relay[i];
		masks_add(&r->masks, l->endpoint ? l->endpoint->key : NULL);
		for (size_t k = 0; k < l->nsecrets; k++)
			masks_add(&r->masks, l->secrets[k]);
		r->limit = l->log_limit;
		r->hide_users = l->is_step;
		if (path[i] && relay_open_log(r, path[i], err) < 0)
			return -1;
		if (!t->is[1 + i]) {
			if (read_pipe(r, &ends[i], err) < 0)
				return -1;
		} else if (read_pty(r, i == STREAM_OUT ? &t->main : &t->side, err) < 0) {
			return -1;
		}
	}
	if (l->order_log)
		keep_order(s, l->order_log);
	if (!t->keys || t->is[1])
		return 0;
	relay_pass_on(&s->relay[STREAM_TTY], t->tty);
	return read_pty(&s->relay[STREAM_TTY], &t->main, err);
}

void streams_poll(const struct streams *s, struct pollfd *p)
{
	for (int i = 0; i < STREAMS; i++)
		relay_poll(&s->relay[i], p + 2 * i);
}

void streams_go_on(struct streams *s, const struct pollfd *p)
{
	for (int i = 0; i < STREAMS; i++) {
		struct relay *r = &s->relay[i];
		int64_t before = r->bytes;
		relay_go_on(r, p + 2 * i);
		if (r->bytes > before && r->sink != SINK_NONE)
			s->mid_line = r->last != '\n';
	}
}

bool streams_are_read(const struct streams *s)
{
	for (int i = 0; i < STREAMS; i++)
		if (s->relay[i].from >= 0)
			return false;
	return true;
}

bool streams_are_done(const struct streams *s)
{
	for (int i = 0; i < STREAMS; i++)
		if (!relay_is_done(&s->relay[i]))
			return false;
	return true;
}

void streams_abandon(struct streams *s)
{
	for (int i = 0; i < STREAMS; i++)
		relay_abandon(&s->relay[i]);
}

void streams_mark(struct streams *s)
{
	for (int i = 0; i < STREAMS; i++)
		s->seen[i] = s->relay[i].bytes;
}

void streams_give_up(struct streams *s, bool late)
{
	for (int i = 0; i < STREAMS; i++) {
		struct relay *r = &s->relay[i];
		if (r->bytes - s->seen[i] > MOST_LEFT || (late && relay_is_empty(r)))
			relay_stop_reading(r);
	}
}

int64_t streams_due(const struct streams *s)
{
	return s->order.due;
}

void streams_tell_order(struct streams *s, int64_t now)
{
	orderlog_go_on(&s->order, now);
}

void streams_close(struct streams *s)
{
	for (int i = 0; i < STREAMS; i++)
		relay_end(&s->relay[i]);
	orderlog_close(&s->order);
	for (int i = 0; i < STREAMS; i++)
		relay_close(&s->relay[i]);
}
