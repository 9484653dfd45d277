/* SPDX-License-Identifier: MIT */
/* ending.h -- what the end of a command means: status, reason in words, exit code.  Pure.
 */
#ifndef ENDING_H
#define ENDING_H

#include "run/supervise.h"
#include "track/record.h"

/* Where nobody saw how it ended: the reason, and tag mlp.exit. */
#define ENDING_LOST "supervisor lost (killed or machine restarted)"
#define ENDING_LOST_EXIT "unknown:0"

struct ending {
	enum run_status status;
	int exit_code;	   /* what mlp itself exits with */
	char exit[64];	   /* tag mlp.exit, "exited:3" */
	char reason[1024]; /* "" where there is nothing to say (exit 0) */
};

/*
 * First match: asked to stop: KILLED.  Timed out, out of memory, never started: FAILED.
 * Non-zero exit or a signal that mlp did not send: FAILED.  Exit 0: FINISHED.
 * `said` is the status that stands in the store (RUNNING when the command wrote none); a
 * word of its own that contradicts is overruled and kept in the reason.
 * `why` is the cause where the command never started, else NULL.
 */
void ending_of(const struct outcome *o, int64_t timeout_ms, enum run_status said,
    const char *why, struct ending *e);

/* What `mlp wait` exits with for a run that has ended; the tags may be NULL. */
int ending_exit_code(enum run_status status, const char *exit, const char *reason);

/* Parse tag mlp.exit ("signalled:9"). */
struct exit_status ending_parse_exit(const char *tag);

#endif
