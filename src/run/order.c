/* SPDX-License-Identifier: MIT */
#include "run/order.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"

static const char letters[ORDER_LOGS] = {'o', 'e'};
static const size_t head_len = sizeof(ORDER_HEAD) - 1;

size_t order_line(char line[ORDER_LINE_MAX], const struct order_piece *p)
{
	return (size_t)snprintf(line, ORDER_LINE_MAX, "%c %lld\n", letters[p->log],
	    (long long)(p->to - p->from));
}

void order_open(struct order *o, const char *path)
{
	auto_fd fd =
	    open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
	struct stat st;
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		o->fd = steal_fd(&fd);
}

/* What has come since; false: nothing. */
static bool fill(struct order *o)
{
	size_t kept = o->len - o->next, end = o->at + kept;
	size_t room = sizeof(o->buffer) - kept;
	ssize_t n;
	memmove(o->buffer, o->buffer + o->next, kept);
	o->next = 0;
	o->len = kept;
	if (room > ORDER_MAX - end)
		room = ORDER_MAX - end;
	do
		n = pread(o->fd, o->buffer + kept, room, (off_t)end);
	while (n < 0 && errno == EINTR);
	o->len += n > 0 ? (size_t)n : 0;
	return n > 0;
}

/* The next line, its length with the newline; 0: it is not there whole. */
static size_t find_line(struct order *o)
{
	do {
		const char *s = o->buffer + o->next;
		const char *end = memchr(s, '\n', o->len - o->next);
		if (end)
			return (size_t)(end - s) + 1;
	} while (o->len - o->next < sizeof(o->buffer) && fill(o));
	o->bad = o->len - o->next == sizeof(o->buffer);
	return 0;
}

static void take_line(struct order *o, size_t n)
{
	o->next += n;
	o->at += n;
}

static bool take_head(struct order *o)
{
	size_t n = find_line(o);
	if (n == 0)
		return false;
	if (n != head_len || memcmp(o->buffer + o->next, ORDER_HEAD, n) != 0) {
		o->bad = true;
		return false;
	}
	take_line(o, n);
	return true;
}

/* "e 17\n" */
static bool parse(const struct order *o, size_t n, struct order_piece *p)
{
	const char *s = o->buffer + o->next;
	int64_t bytes = 0;
	if (n < 4 || n >= ORDER_LINE_MAX || s[1] != ' ' || s[2] == '0')
		return false;
	for (p->log = 0; letters[p->log] != s[0];)
		if (++p->log == ORDER_LOGS)
			return false;
	for (size_t i = 2; i < n - 1; i++) {
		if (s[i] < '0' || s[i] > '9' ||
		    __builtin_mul_overflow(bytes, 10, &bytes) ||
		    __builtin_add_overflow(bytes, s[i] - '0', &bytes))
			return false;
	}
	p->from = o->told[p->log];
	return !__builtin_add_overflow(p->from, bytes, &p->to);
}

bool order_next(struct order *o, struct order_piece *p)
{
	size_t n;
	if (o->fd < 0 || o->bad || (o->at == 0 && !take_head(o)))
		return false;
	n = find_line(o);
	if (n == 0)
		return false;
	if (!parse(o, n, p)) {
		o->bad = true;
		return false;
	}
	take_line(o, n);
	o->told[p->log] = p->to;
	return true;
}

void order_close(struct order *o)
{
	fd_close(&o->fd);
}
