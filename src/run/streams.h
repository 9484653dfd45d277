/* SPDX-License-Identifier: MIT */
/* streams.h -- all that a command writes: its relays, together. */
#ifndef STREAMS_H
#define STREAMS_H

#include "run/relay.h"
#include "run/supervise.h"
#include "run/terminal.h"

enum {
	STREAM_OUT,
	STREAM_ERR,
	STREAM_TTY, /* written to /dev/tty while stdout is elsewhere: shown, not kept */
	STREAMS,
};

struct streams {
	struct relay relay[STREAMS];
	int64_t seen[STREAMS]; /* bytes when streams_mark was called */
	struct tail tail;      /* of stderr */
	struct orderlog order; /* of what the logs hold */
	bool mid_line;	       /* what was shown last does not end its line */
};

void streams_init(struct streams *s);
/* Our own stdout and stderr, before new files could take their numbers. */
void streams_pass_on(struct streams *s);
/*
 * Open the logs; read from the terminal's pseudo-terminals or from new pipes, whose other
 * ends, the caller's to close, are put into ends (else untouched).
 */
int streams_open(struct streams *s, const struct launch *l, const struct terminal *t,
    int ends[2], struct err *err);
/* What they wait for: 2 * STREAMS entries. */
void streams_poll(const struct streams *s, struct pollfd *p);
void streams_go_on(struct streams *s, const struct pollfd *p);
/* All are at their end; ... and passed on. */
bool streams_are_read(const struct streams *s);
bool streams_are_done(const struct streams *s);
/* Pass on nothing more. */
void streams_abandon(struct streams *s);
/* Nobody should write any more from now on. */
void streams_mark(struct streams *s);
/*
 * Give up streams that somebody strange holds open: those with more to read than a pipe
 * can have held at streams_mark, and, if `late`, those with nothing to read.
 */
void streams_give_up(struct streams *s, bool late);
/* When what is known of their order is to be written: monotonic; INT64_MAX: never. */
int64_t streams_due(const struct streams *s);
void streams_tell_order(struct streams *s, int64_t now);
void streams_close(struct streams *s);

#endif
