/* SPDX-License-Identifier: MIT */
/*
 * lockwatch.h -- the end of a run as something to poll for: a small child waits for its
 * lock (lock.h), without looking again and again, and ends with us.
 */
#ifndef LOCKWATCH_H
#define LOCKWATCH_H

#include <sys/types.h>

#include "base/err.h"

struct lockwatch {
	pid_t pid;
	int fd; /* readable (at its end) once nobody holds the lock; -1: not open */
};
#define LOCKWATCH_INIT                                                                   \
	{                                                                                \
		.pid = -1, .fd = -1                                                      \
	}

/* `dir`: the run's state directory. */
int lockwatch_open(struct lockwatch *w, const char *dir, struct err *err);
void lockwatch_close(struct lockwatch *w);

#endif
