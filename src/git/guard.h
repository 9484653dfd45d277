/* SPDX-License-Identifier: MIT */
/*
 * guard.h -- a process group that ends when we do, however that happens: what the user's
 * programs start must not wait for ever for somebody who is gone.
 */
#ifndef GUARD_H
#define GUARD_H

#include <sys/types.h>

struct guard {
	pid_t pid;
	int life; /* the guard sees it close */
};
#define GUARD_INIT                                                                       \
	{                                                                                \
		.pid = -1, .life = -1                                                    \
	}

/* Where it cannot be made the group goes unguarded. */
void guard_start(struct guard *g, pid_t group);
/* The group has ended by itself. */
void guard_end(struct guard *g);

#endif
