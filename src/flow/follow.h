/* SPDX-License-Identifier: MIT */
/*
 * follow.h -- what a run's command writes, as it writes it: read from its logs until the
 * run has ended and the last byte is out.  Nothing is looked at again and again: the
 * kernel tells of new output (inotify) and of the end (run_lock_watch).
 *
 * What both logs hold comes in the order in which it was written, as far as that is told
 * (run/order.h); what is not told, first of the one, then of the other.
 */
#ifndef FOLLOW_H
#define FOLLOW_H

#include "flow/control.h"
#include "run/lock.h"
#include "run/order.h"

enum { FOLLOW_OUT = ORDER_OUT, FOLLOW_ERR = ORDER_ERR, FOLLOW_LOGS = ORDER_LOGS };

/* Everything is borrowed. */
struct follow_want {
	int to[FOLLOW_LOGS]; /* where stdout.log and stderr.log go; -1: not wanted */
	long lines;	     /* begin with the last so many lines; -1: all */
};

struct follow {
	const struct ctx *ctx;
	struct arena *a;
	struct control_run run;
	struct follow_want want;
	int log[FOLLOW_LOGS];	    /* -1: not there (yet) */
	int64_t shown[FOLLOW_LOGS]; /* bytes of each that are out, or passed over */
	struct order order;
	struct order_piece piece; /* of it, while it is shown */
	bool in_piece;
	int inotify, watched; /* watched: its number for the directory of the logs */
	struct watcher end;
	bool any; /* there was a log file */
};

enum follow_how {
	FOLLOW_ENDED,	    /* the run has; all that it wrote is out */
	FOLLOW_NO_READER,   /* nobody reads what we write any more */
	FOLLOW_INTERRUPTED, /* ctx->interrupted is set; follow_go_on may be called again */
	FOLLOW_FAILED,	    /* *err */
};

void follow_open(struct follow *f, const struct ctx *ctx, struct arena *a,
    const struct control_run *run, const struct follow_want *want);
/* What is there just now, whether the run lives or not. */
enum follow_how follow_print(struct follow *f, struct err *err);
/* ... and all that comes, until its end. */
enum follow_how follow_go_on(struct follow *f, struct err *err);
void follow_close(struct follow *f);

#endif
