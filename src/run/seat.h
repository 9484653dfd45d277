/* SPDX-License-Identifier: MIT */
/*
 * seat.h -- a place that one process at a time can have: a lock file.  Children that are
 * forked while it is held hold it, too; it is free when the last of them has ended or let
 * go, however that came about.  Who only looks is in nobody's way.
 */
#ifndef SEAT_H
#define SEAT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* A descriptor to close; -1: ERR_BUSY, somebody has it, or another failure. */
int seat_take(const char *path, struct err *err);
bool seat_is_taken(const char *path);

/* Its being free as something to poll for, without looking again and again. */
struct seat_watch {
	pid_t pid; /* a small child, which ends with us */
	int fd;	   /* readable (at its end) once it is free; -1: not open */
};
#define SEAT_WATCH_INIT                                                                  \
	{                                                                                \
		.pid = -1, .fd = -1                                                      \
	}
int seat_watch(struct seat_watch *w, const char *path, struct err *err);
void seat_unwatch(struct seat_watch *w);

#endif
