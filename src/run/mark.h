/* SPDX-License-Identifier: MIT */
/*
 * mark.h -- what a run's processes cannot take off by accident.
 *
 * A supervisor that knows its run's id sets the soft limit RLIMIT_RTTIME to a number made
 * of it, so high that it limits nothing.  Every process below inherits it, through fork,
 * exec, setsid() and an emptied environment; so all of them are found when the supervisor
 * is lost.  Only who sets that one limit takes it off.
 */
#ifndef MARK_H
#define MARK_H

#include <stdbool.h>
#include <stdint.h>

/* In place of an id: who starts what is queued, and belongs to no run. */
#define MARK_QUEUE "queue"

/* Of this run: never 0. */
uint64_t mark_of(const char *run_id);
/* From now on we and what we start bear it.  Where that is not allowed: nothing. */
void mark_ourselves(const char *run_id);
/* Process /proc/<pid> is gone, or a zombie. */
bool mark_is_dead(const char *pid);
/* Does it bear the mark?  A zombie does, too. */
bool mark_is_on(const char *pid, uint64_t mark);

#endif
