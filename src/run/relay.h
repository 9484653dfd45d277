/* SPDX-License-Identifier: MIT */
/*
 * relay.h -- one stream of the command: what it writes is appended to a log file and
 * passed on unchanged.
 *
 * Never waits for a reader of ours: what cannot be passed on yet is held (RELAY_BUFFER at
 * most), and meanwhile nothing more is read from the command, which then waits as it
 * would for that reader itself.
 */
#ifndef RELAY_H
#define RELAY_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "run/mask.h"
#include "run/orderlog.h"
#include "run/tail.h"
#include "base/urlmask.h"

enum { RELAY_BUFFER = 128 * 1024 };

/* How we may write to the place where output is passed on. */
enum sink_kind {
	SINK_NONE,     /* nobody wants it, or nobody does any more */
	SINK_FILE,     /* never makes us wait: a file, /dev/null */
	SINK_NONBLOCK, /* an open file of our own that does not block */
	SINK_SOCKET,
	SINK_CAREFUL, /* may block: only a little at a time, when poll says so */
};

struct relay {
	int from; /* read end, owned; -1: at its end */
	int log;  /* owned; -1: none */
	int to;	  /* owned */
	enum sink_kind sink;
	char *buffer;	 /* made at the first output */
	size_t at, held; /* bytes of it that wait to be passed on: [at, held) */
	int64_t bytes;	 /* ever read */
	char last;	 /* of them the last */
	int64_t limit;	 /* most bytes of it that are kept, the first; 0: no limit */
	int64_t kept, dropped;
	int log_errno; /* first failure to write the log; nothing is written after it */
	struct orderlog *order; /* borrowed, may be NULL: is told that we wrote ... */
	int which;		/* ... which of its logs */
	struct tail *tail;	/* borrowed, may be NULL */
	struct masks masks;	/* of what is kept, in log and tail */
	bool hide_users;	/* also names and passwords in its URLs */
	struct urlmask urls;
};

#define RELAY_INIT                                                                       \
	{                                                                                \
		.from = -1, .log = -1, .to = -1, .urls = URLMASK_INIT                    \
	}

/* Open the log for appending. */
int relay_open_log(struct relay *r, const char *path, struct err *err);
/* Pass on to our file descriptor fd, or, where it is closed, to nobody. */
void relay_pass_on(struct relay *r, int fd);
/* Read from fd (owned from now on), which is made non-blocking. */
void relay_read_from(struct relay *r, int fd);

/* What it waits for: two entries, fd -1 where nothing. */
void relay_poll(const struct relay *r, struct pollfd p[2]);
/* Go on as poll found it. */
void relay_go_on(struct relay *r, const struct pollfd p[2]);
/* Is there nothing to read at the moment? */
bool relay_is_empty(const struct relay *r);
/* Input at its end, all passed on. */
bool relay_is_done(const struct relay *r);
/* Pass on nothing more: what is held is dropped (it is in the log). */
void relay_abandon(struct relay *r);
/* Read no more. */
void relay_stop_reading(struct relay *r);
/* Nothing more comes: the log gets its last bytes.  Once, before relay_close. */
void relay_end(struct relay *r);
void relay_close(struct relay *r);

#endif
