/* SPDX-License-Identifier: MIT */
/*
 * limits.h -- how much memory and how many processors a command may have: by a control
 * group of the run where we may make one.  Else each of its processes by itself is kept
 * to that much private memory, and all of them to as many processors as are asked for,
 * rounded up; what is not enforced then is told.
 */
#ifndef LIMITS_H
#define LIMITS_H

#include <sched.h>

#include "base/ctx.h"
#include "run/cgroup.h"
#include "run/supervise.h"

struct limits {
	int64_t memory_bytes; /* 0: not limited */
	double cpus;
	struct cgroup cgroup;
	int64_t data_bytes; /* of each process; 0: not limited so */
	cpu_set_t set;
	bool has_set;	 /* kept to `set` */
	char words[160]; /* what is in force and how, for the record; "": nothing is */
	char detail[64]; /* for the reason of an end that was out of memory */
};

/* Nothing is done where neither is limited (0). */
void limits_open(struct limits *l, const struct ctx *ctx, const char *run_id,
    const char *state_dir, int64_t memory_bytes, double cpus);
/* For struct launch: the new process takes them on. */
int limits_enter(void *limits);
/*
 * The command has ended: *o is told when it was out of memory, and what its group has
 * used.  *o borrows from *l.  Nothing is left of the group.
 */
void limits_close(struct limits *l, const char *state_dir, struct outcome *o);

#endif
