/* SPDX-License-Identifier: MIT */
/* usage.h -- what a command has used of the machine, once it has ended. */
#ifndef USAGE_H
#define USAGE_H

#include <stdint.h>
#include <sys/types.h>

/* -1: not known. */
struct usage {
	int64_t wall_time_ms; /* of the main process, suspended or not */
	int64_t cpu_time_us;  /* user and system, of all its processes that have ended */
	/*
	 * Of its cgroup where it has one; else the most that one of its processes had
	 * resident, which is never less than what we had when we started it.
	 */
	int64_t peak_memory_bytes;
};
#define USAGE_UNKNOWN                                                                    \
	{                                                                                \
		.wall_time_ms = -1, .cpu_time_us = -1, .peak_memory_bytes = -1           \
	}

/*
 * As waitpid(), and what the child, with all that it has waited for itself, has used is
 * added to *u.
 */
pid_t usage_reap(struct usage *u, pid_t pid, int *wait_status, int options);

#endif
