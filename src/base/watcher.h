/* SPDX-License-Identifier: MIT */
/*
 * watcher.h -- what can only be waited for, as something to poll for: a small child waits,
 * without looking again and again, and ends with us.
 */
#ifndef WATCHER_H
#define WATCHER_H

#include <sys/types.h>

struct watcher {
	pid_t pid;
	int fd; /* readable (at its end) once the wait is over; -1: not open */
};
#define WATCHER_INIT                                                                     \
	{                                                                                \
		.pid = -1, .fd = -1                                                      \
	}

/*
 * `wait` is called in the child, which has no file of ours open: no lock of ours is to be
 * its, too.  0, or -1 with errno.
 */
int watcher_start(struct watcher *w, void (*wait)(const char *path), const char *path);
void watcher_end(struct watcher *w);

#endif
