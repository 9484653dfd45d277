/* SPDX-License-Identifier: MIT */
#include "run/statusline.h"

#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"

enum { WIDTH = 80, HEIGHT = 24, BACK_MS = 100 };

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

static struct statusline_room room_of(int fd)
{
	struct winsize ws;
	bool known = ioctl(fd, TIOCGWINSZ, &ws) == 0;
	return (struct statusline_room){
	    known && ws.ws_col > 0 ? ws.ws_col - 1 : WIDTH - 1,
	    known && ws.ws_row > 0 ? ws.ws_row : HEIGHT};
}

/* To where the first of the lines began, and nothing there. */
static void put_clear(const struct statusline *s, struct buf *out)
{
	if (s->shown > 1)
		buf_addf(out, "\033[%zuA", s->shown - 1);
	buf_adds(out, s->shown > 1 ? "\r\033[J" : "\r\033[K");
}

static size_t put_lines(const char *text, struct buf *out)
{
	size_t lines = 0;
	for (const char *end = text; *end; text = end + (*end == '\n'), lines++) {
		end = text + strcspn(text, "\n");
		buf_addf(out, "%s\033[2m%.*s\033[m", lines ? "\r\n" : "",
		    (int)(end - text), text);
	}
	return lines;
}

void statusline_draw(struct statusline *s, int64_t now)
{
	auto_buf b = BUF_INIT;
	struct statusline_room room;
	const char *text;
	if (s->fd < 0 || now < s->due)
		return;
	s->due = now + STATUSLINE_EVERY_MS;
	room = room_of(s->fd);
	text = s->text(s->arg, &room);
	if (!text)
		return;
	put_clear(s, &b);
	s->shown = put_lines(text, &b);
	fd_write_all(s->fd, b.s, b.len);
}

void statusline_clear(struct statusline *s)
{
	auto_buf b = BUF_INIT;
	if (!s->shown)
		return;
	put_clear(s, &b);
	fd_write_all(s->fd, b.s, b.len);
	s->shown = 0;
	s->due = clock_mono_ms() + BACK_MS;
}
