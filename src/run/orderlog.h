/* SPDX-License-Identifier: MIT */
/*
 * orderlog.h -- keeps the order in which two logs are written (run/order.h), by who
 * writes them.  A line is made when the other log's turn comes, and lines are written
 * together, a moment later: a log that is alone costs nothing, and has no such file.
 *
 * It is a help to the reader, no more: where it cannot be written it ends early.
 */
#ifndef ORDERLOG_H
#define ORDERLOG_H

#include "run/order.h"

enum { ORDERLOG_MS = 200 }; /* how long a line waits for others */

struct orderlog {
	const char *path;    /* borrowed; NULL: nothing is kept (any more) */
	int fd;		     /* owned; -1: not made yet */
	int log[ORDER_LOGS]; /* borrowed: both, opened for appending */
	int turn;	     /* which was written last; -1: none */
	int64_t told[ORDER_LOGS];
	size_t size; /* of the file, with what waits */
	int64_t due; /* monotonic: when what waits is written; INT64_MAX: nothing does */
	size_t len;
	char buffer[4096]; /* what waits */
};

#define ORDERLOG_INIT                                                                    \
	{                                                                                \
		.fd = -1, .turn = -1, .due = INT64_MAX                                   \
	}

/* Goes on with a file that is there.  What the logs hold that it does not tell is first. */
void orderlog_open(struct orderlog *o, const char *path, const int log[ORDER_LOGS]);
/* This log's turn has come: what it had written before and the other had is told. */
void orderlog_turn(struct orderlog *o, int log);
/* Something was written to a log. */
static inline void orderlog_wrote(struct orderlog *o, int log)
{
	if (log != o->turn)
		orderlog_turn(o, log);
}
/* Write what waits, if it is time. */
void orderlog_go_on(struct orderlog *o, int64_t now);
/* All that is told; both logs are still open. */
void orderlog_close(struct orderlog *o);

#endif
