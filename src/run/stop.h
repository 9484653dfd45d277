/* SPDX-License-Identifier: MIT */
/*
 * stop.h -- stopping as data: a list of {signal, how long to wait for it}, walked by
 * time. Nothing here sends a signal.  Every grace of the supervisor stands in this file.
 */
#ifndef STOP_H
#define STOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum {
	STOP_GRACE_MS = 5000, /* after INT or TERM; MLP_STOP_GRACE (ms) shortens it */
	STOP_GRACE_MAX_MS = 24 * 3600 * 1000, /* that anybody can ask for */
	STOP_DRAIN_MS = 1000, /* for output after the main process has ended */
};

enum stop_kind {
	STOP_INTERRUPT, /* INT, grace, TERM, grace, KILL */
	STOP_QUIT,	/* QUIT, grace, KILL */
	STOP_TERMINATE, /* TERM, grace, KILL */
};

struct stop {
	const int *next; /* signals yet to come, ended by 0; NULL: no stop was begun */
	int64_t due_ms;	 /* monotonic: when the next one is to be sent */
	int64_t grace_ms;
};

/* The first signal is due at once. */
void stop_begin(struct stop *st, enum stop_kind kind, int64_t now_ms);
/* Leave out what comes before sig and make it due at once; nothing if it is past. */
void stop_hasten(struct stop *st, int sig, int64_t now_ms);
/* The signal to send now, or 0. */
int stop_due(struct stop *st, int64_t now_ms);
/* Is there a signal yet to come? */
bool stop_pending(const struct stop *st);
/*
 * From now on that grace.  A signal that waits for the end of another one comes sooner,
 * never later.
 */
void stop_set_grace(struct stop *st, int64_t grace_ms, int64_t now_ms);
/* Leave it in the state directory of a run that lives, for who asks it to stop next. */
int stop_ask_grace(const char *state_dir, int64_t ms, struct err *err);
/* What `mlp stop --grace` has left in the state directory of a run: ms; -1: nothing. */
int64_t stop_asked_grace(const char *state_dir);
/* STOP_GRACE_MS, or less if the environment says so. */
int64_t stop_grace(void);

#endif
