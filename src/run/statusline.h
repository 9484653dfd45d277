/* SPDX-License-Identifier: MIT */
/*
 * statusline.h -- one line at the foot of the terminal that says how a run is doing, drawn
 * over and over.  It goes before the command's output comes, and is not drawn while the
 * command is in the middle of a line of its own.  Where stderr is no terminal there is
 * none.
 */
#ifndef STATUSLINE_H
#define STATUSLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STATUSLINE_EVERY_MS = 1000 };

/*
 * The text, without control characters, at most `width` columns wide, until the next call;
 * NULL: nothing to say yet.  It must not wait.
 */
typedef const char *statusline_text(void *arg, size_t width);

struct statusline {
	statusline_text *text; /* NULL: nobody wants one */
	void *arg;
	int fd; /* -1: off */
	bool shown;
	int64_t due; /* monotonic: of the next drawing */
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
