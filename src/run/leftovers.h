/* SPDX-License-Identifier: MIT */
/*
 * leftovers.h -- the processes that a command started and that outlive it.
 *
 * While it is open we are a subreaper: whatever loses its parent becomes our child, also
 * after a double fork or setsid().  So everything that is left hangs below us in /proc.
 * Children that we had before are not touched.
 */
#ifndef LEFTOVERS_H
#define LEFTOVERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "run/usage.h"

struct pids {
	pid_t *v;
	size_t n, cap;
};

struct leftovers {
	struct pids others; /* our children that are none of its business */
	struct usage usage; /* of those that were reaped */
	bool open;
	int was_subreaper;
};

/* Before the command starts. */
void leftovers_open(struct leftovers *l);
/*
 * This child is neither counted nor reaped (the main process: its zombie holds the number
 * of its group).
 */
void leftovers_except(struct leftovers *l, pid_t pid);
void leftovers_reap(struct leftovers *l);
/* Reap what has ended and count what lives. */
size_t leftovers_count(struct leftovers *l);
/* Send sig, and CONT, so that a stopped one hears it. */
void leftovers_signal(struct leftovers *l, int sig);
/* Reap what has ended, restore the subreaper setting, free. */
void leftovers_close(struct leftovers *l);

#endif
