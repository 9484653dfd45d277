/* SPDX-License-Identifier: MIT */
#include "run/statusline.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"

enum { WIDTH = 80, BACK_MS = 100 };

void statusline_open(struct statusline *s, statusline_text *text, void *arg)
{
	s->text = text;
	s->arg = arg;
	s->fd = text && isatty(STDERR_FILENO) ? STDERR_FILENO : -1;
	s->due = clock_mono_ms() + STATUSLINE_EVERY_MS;
}

int64_t statusline_due(const struct statusline *s)
{
	return s->fd >= 0 ? s->due : INT64_MAX;
}

static size_t width_of(int fd)
{
	struct winsize ws;
	return ioctl(fd, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 0 ? ws.ws_col : WIDTH;
}

void statusline_draw(struct statusline *s, int64_t now)
{
	auto_buf b = BUF_INIT;
	const char *text;
	if (s->fd < 0 || now < s->due)
		return;
	s->due = now + STATUSLINE_EVERY_MS;
	text = s->text(s->arg, width_of(s->fd) - 1);
	if (!text)
		return;
	buf_addf(&b, "\r\033[K\033[2m%s\033[m", text);
	fd_write_all(s->fd, b.s, b.len);
	s->shown = true;
}

void statusline_clear(struct statusline *s)
{
	static const char gone[] = "\r\033[K";
	if (!s->shown)
		return;
	fd_write_all(s->fd, gone, sizeof(gone) - 1);
	s->shown = false;
	s->due = clock_mono_ms() + BACK_MS;
}
