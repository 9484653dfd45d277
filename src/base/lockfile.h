/* SPDX-License-Identifier: MIT */
/*
 * lockfile.h -- a lock that helper programs wait for.  The holder touches the file as it
 * gets on (meter.touch), so that those who wait can tell their parents that it lives.
 */
#ifndef LOCKFILE_H
#define LOCKFILE_H

#include <stdbool.h>

#include "base/event.h"

/*
 * The file, made if need be, locked by nobody else; or -1.  *waited: somebody else had it.
 * It is the file of that name also at the end: one that was removed meanwhile is let go.
 */
int lockfile_take(const char *path, struct meter *meter, bool *waited, struct err *err);
/* flock(fd, how), LOCK_EX or LOCK_SH, with progress events meanwhile. */
int lockfile_wait(int fd, int how, const char *path, struct meter *meter, bool *waited,
    struct err *err);
/*
 * Without waiting: 1 and *fd, which is locked, or 0: somebody else has it, or (not `make`)
 * there is none.  -1: *err.
 */
int lockfile_try(const char *path, bool make, int *fd, struct err *err);

#endif
