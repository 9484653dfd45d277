/* SPDX-License-Identifier: MIT */
/*
 * statusline.h -- a line, or some, at the foot of the terminal that say how a run is doing,
 * drawn over and over.  They go before the command's output comes, and are not drawn while the
 * command is in the middle of a line of its own.  Where stderr is no terminal there is
 * none.
 */
#ifndef STATUSLINE_H
#define STATUSLINE_H

#include <stddef.h>
#include <stdint.h>

enum { STATUSLINE_EVERY_MS = 1000 };

struct statusline_room {
	size_t width, height; /* of the terminal; the last column stays free */
};
/*
 * The text, without control characters but newlines between its lines, which fit into the
 * room, until the next call; NULL: nothing to say yet.  It must not wait.
 */
typedef const char *statusline_text(void *arg, const struct statusline_room *room);

struct statusline {
	statusline_text *text; /* NULL: nobody wants one */
	void *arg;
	int fd;	      /* -1: off */
	size_t shown; /* so many lines stand there */
	int64_t due;  /* monotonic: of the next drawing */
};

#define STATUSLINE_INIT                                                                  \
	{                                                                                \
		.fd = -1                                                                 \
	}

void statusline_open(struct statusline *s, statusline_text *text, void *arg);
/* When to draw; INT64_MAX: never. */
int64_t statusline_due(const struct statusline *s);
void statusline_draw(struct statusline *s, int64_t now);
/* Before anybody else writes to the terminal, and at the end. */
void statusline_clear(struct statusline *s);

#endif
