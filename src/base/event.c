/* SPDX-License-Identifier: MIT */
#include "base/event.h"

#include <stdarg.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/helper.h"

enum { PROGRESS_MS = 100 };

int event_send(int fd, const char *kind, cJSON *ev)
{
	auto_buf line = BUF_INIT;
	json_put_str(ev, "event", kind);
	json_print(&line, ev, false);
	buf_addc(&line, '\n');
	cJSON_Delete(ev);
	return fd_write_all(fd, line.s, line.len);
}

static void put(cJSON *ev, const char *kind)
{
	if (event_send(STDOUT_FILENO, kind, ev) < 0)
		_exit(1); /* nobody listens any more */
}

cJSON *event_of_hello(void)
{
	cJSON *ev = cJSON_CreateObject();
	json_put_int(ev, "protocol", HELPER_PROTOCOL);
	json_put_str(ev, "version", MLP_VERSION);
	return ev;
}

void event_hello(void)
{
	put(event_of_hello(), "hello");
}

int event_request(struct buf *line, struct err *err)
{
	while (!memchr(line->s, '\n', line->len)) {
		ssize_t n;
		if (line->len > HELPER_LINE)
			return err_set(err, ERR_USAGE, "the request is too long");
		buf_reserve(line, 4096);
		n = read(STDIN_FILENO, line->s + line->len, 4096);
		if (n <= 0)
			return n < 0 || line->len == 0
				   ? err_set(
					 err, ERR_USAGE, "no request on standard input")
				   : 0;
		line->len += (size_t)n;
		line->s[line->len] = '\0';
	}
	return 0;
}

void event_warning(const char *fmt, ...)
{
	cJSON *ev = cJSON_CreateObject();
	auto_buf text = BUF_INIT;
	va_list ap;
	va_start(ap, fmt);
	buf_addv(&text, fmt, ap);
	va_end(ap);
	json_put_str(ev, "message", text.s);
	put(ev, "warning");
}

void event_progress(
    struct meter *m, const char *what, long long done, long long total, long long bytes)
{
	bool step = !m->what || strcmp(m->what, what) != 0;
	bool last = total > 0 && done == total;
	long long now = clock_mono_ms();
	cJSON *ev;
	if (!step && done == m->done && bytes == m->bytes)
		return;
	if (!step && !last && now - m->last_ms < PROGRESS_MS)
		return;
	m->what = what;
	m->last_ms = now;
	m->done = done;
	m->bytes = bytes;
	if (m->touch >= 0)
		futimens(m->touch, NULL);
	ev = cJSON_CreateObject();
	json_put_str(ev, "what", what);
	json_put_int(ev, "done", done);
	json_put_int(ev, "total", total);
	json_put_int(ev, "bytes", bytes);
	json_put_bool(ev, "finished", last);
	put(ev, "progress");
}

static const char *code_word(enum err_code code)
{
	switch (code) {
	case ERR_NONE:
	case ERR_FAIL:
	case ERR_UNSUPPORTED:
		return "ERR_FAIL";
	case ERR_USAGE:
		return "ERR_USAGE";
	case ERR_NOTFOUND:
		return "ERR_NOTFOUND";
	case ERR_EXISTS:
		return "ERR_EXISTS";
	case ERR_BUSY:
		return "ERR_BUSY";
	case ERR_CONFLICT:
		return "ERR_CONFLICT";
	case ERR_INTERRUPTED:
		return "ERR_INTERRUPTED";
	}
	return "ERR_FAIL";
}

cJSON *event_of_error(const struct err *err)
{
	cJSON *ev = cJSON_CreateObject();
	json_put_str(ev, "code", code_word(err->code));
	json_put_int(ev, "sys", err->sys);
	json_put_str(ev, "message", err->msg);
	json_put_str(ev, "hint", err->hint[0] ? err->hint : NULL);
	return ev;
}

void event_error(const struct err *err)
{
	put(event_of_error(err), "error");
}

void event_done(cJSON *ev)
{
	put(ev, "done");
}
