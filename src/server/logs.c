/* SPDX-License-Identifier: MIT */
#include "server/logs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/quote.h"
#include "base/utf8.h"

enum { FIELD_MAX = 512 };

static int open_file(const char *file, struct err *err)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
	if (fd < 0)
		err_sys(err, errno, "cannot write the access log '%s'", file);
	return fd;
}

int logs_open(struct logs *logs, const char *file, bool json, struct err *err)
{
	*logs = (struct logs){.file = file, .access = -1, .json = json};
	if (!file)
		return 0;
	logs->access = strcmp(file, "-") == 0 ? STDOUT_FILENO : open_file(file, err);
	return logs->access < 0 ? -1 : 0;
}

/* Under the same number, since other threads are writing to it. */
int logs_reopen(struct logs *logs, struct err *err)
{
	int fd;
	if (!logs->file || logs->access == STDOUT_FILENO)
		return 0;
	fd = open_file(logs->file, err);
	if (fd < 0)
		return -1;
	dup3(fd, logs->access, O_CLOEXEC);
	close(fd);
	return 0;
}

void logs_close(struct logs *logs)
{
	if (logs->access > STDERR_FILENO)
		close(logs->access);
	logs->access = -1;
}

static void add_time(struct buf *b)
{
	int64_t ms = clock_now_ms();
	time_t s = (time_t)(ms / 1000);
	struct tm tm;
	char text[32];
	gmtime_r(&s, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	buf_addf(b, "%s.%03dZ", text, (int)(ms % 1000));
}

static size_t bounded(const char *s)
{
	return strnlen(s, FIELD_MAX);
}

static void add_field(struct buf *b, const char *s)
{
	quote_display(b, s ? s : "-", s ? bounded(s) : 1);
}

static void as_text(struct buf *b, const struct log_entry *e)
{
	const char *first[] = {e->peer, e->user, e->method, e->path};
	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		buf_addc(b, ' ');
		add_field(b, first[i]);
	}
	buf_addf(
	    b, " %d %lld %.1fms ", e->status, (long long)e->bytes, (double)e->us / 1000);
	add_field(b, e->id);
	buf_adds(b, " \"");
	add_field(b, e->agent);
	buf_adds(b, "\"\n");
}

static void put(cJSON *j, const char *name, const char *s)
{
	struct buf b = BUF_INIT;
	if (!s)
		return;
	if (utf8_valid_prefix(s, bounded(s)) == bounded(s))
		buf_add(&b, s, bounded(s));
	else
		add_field(&b, s);
	json_put_str(j, name, b.s);
	buf_release(&b);
}

static void as_json(struct buf *b, const struct log_entry *e)
{
	auto_json j = cJSON_CreateObject();
	json_put_str(j, "time", b->s);
	put(j, "peer", e->peer);
	put(j, "user", e->user);
	put(j, "method", e->method);
	put(j, "path", e->path);
	json_put_int(j, "status", e->status);
	json_put_int(j, "bytes", e->bytes);
	json_put_double(j, "ms", (double)(e->us / 10) / 100);
	put(j, "id", e->id);
	put(j, "agent", e->agent);
	buf_clear(b);
	json_print(b, j, false);
	buf_addc(b, '\n');
}

void logs_access(const struct logs *logs, const struct log_entry *e)
{
	auto_buf b = BUF_INIT;
	if (logs->access < 0)
		return;
	add_time(&b);
	if (logs->json)
		as_json(&b, e);
	else
		as_text(&b, e);
	(void)fd_write_all(logs->access, b.s, b.len); /* a full disk stops no request */
}

void logs_say(const char *fmt, ...)
{
	auto_buf b = BUF_INIT;
	va_list ap;
	buf_adds(&b, "mlp server: ");
	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	buf_addc(&b, '\n');
	(void)fd_write_all(STDERR_FILENO, b.s, b.len);
}

void logs_error(const struct err *err)
{
	logs_say("%s", err->msg);
	if (err->hint[0]) {
		auto_buf b = BUF_INIT;
		buf_addf(&b, "  %s\n", err->hint);
		(void)fd_write_all(STDERR_FILENO, b.s, b.len);
	}
}
