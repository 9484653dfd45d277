/* SPDX-License-Identifier: MIT */
#include "run/usage.h"

#include <sys/resource.h>
#include <sys/wait.h>

static int64_t in_us(struct timeval tv)
{
	return (int64_t)tv.tv_sec * 1000000 + tv.tv_usec;
}

static void add(struct usage *u, const struct rusage *ru)
{
	int64_t peak = (int64_t)ru->ru_maxrss * 1024;
	if (u->cpu_time_us < 0)
		u->cpu_time_us = 0;
	u->cpu_time_us += in_us(ru->ru_utime) + in_us(ru->ru_stime);
	if (peak > u->peak_memory_bytes)
		u->peak_memory_bytes = peak;
}

pid_t usage_reap(struct usage *u, pid_t pid, int *wait_status, int options)
{
	struct rusage ru;
	int ws;
	pid_t got = wait4(pid, &ws, options, &ru);
	if (got <= 0)
		return got;
	add(u, &ru);
	if (wait_status)
		*wait_status = ws;
	return got;
}
