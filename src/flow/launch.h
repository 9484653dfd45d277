/* SPDX-License-Identifier: MIT */
/*
 * launch.h -- the whole of `mlp run`: prepare, open the run, supervise, close it.
 */
#ifndef LAUNCH_H
#define LAUNCH_H

#include "flow/ending.h"
#include "flow/prepare.h"
#include "run/gpus.h"
#include "run/lock.h"
#include "track/store.h"

/* Everything is borrowed; the zero value of each member is the default. */
struct run_request {
	const char *uri, *version;
	struct request plan;
	const char *tracking_uri; /* --tracking-uri */
	struct experiment_ref experiment;
	const char *run_id; /* --run-id: an existing run */
	const char *run_name;
	struct kvs tags;
	const char *rerun_of;	 /* id of the run that is run again */
	const char *sweep_point; /* its number in a sweep; NULL: it is not of one */
	int64_t log_limit;	 /* most bytes kept of each stream; 0: no limit */
	const char *on_end;	 /* a shell command for when it has ended; NULL: none */
	bool quiet;		 /* keep the command's output, do not show it */
	bool watch;		 /* show the last metrics meanwhile, on a terminal */
	bool direct;	 /* the command records into the store, not through an endpoint */
	bool background; /* nobody waits at a terminal */
	/*
	 * The id of the new run, and its lock, which is held already and is taken over
	 * (also after a failure); NULL: they are made.
	 */
	const char *new_id;
	struct run_lock *held;
	const struct frozen
	    *frozen;		/* the project as it was when it was queued; or NULL */
	struct gpus_held *gpus; /* had already, and taken over; or NULL */
	int64_t queued;		/* ms since the epoch when it was queued; 0: it was not */
	struct kept *kept; /* of a process that launches many (flow/kept.h); or NULL */
};

/* Strings live in the arena. */
struct run_result {
	const char *run_id, *name;
	const char *artifact_uri;
	const char *project_dir;
	int64_t experiment_id;
	const char *experiment_name;
	const struct metric *metrics; /* the latest of each, at the end */
	size_t nmetrics;
	int64_t start_time, end_time;
	struct ending ending;
	const char *stderr_tail; /* last lines, "" when none */
	const char *advice;	 /* what may mend a failure; NULL: nothing is known */
	const char *left_in;	 /* the checkout, where it is kept for what is in it */
	bool left_files;	 /* it is known to differ from what it was */
	bool started;		 /* the command was started */
	bool mid_line;		 /* what it showed last does not end its line */
};

/* Told once the run is recorded and before its command starts. */
typedef void run_started(void *arg, const struct run_result *r, const struct prepared *p);

/*
 * 0: the run was recorded and has ended, however; *out says how.  -1: nothing was
 * recorded, *err says why: ERR_USAGE for the command line (exit 2), ERR_INTERRUPTED, else
 * anything that stopped mlp before the command (exit 125).  `p` is filled either way and
 * is the caller's to release with prepared_done; its diagnostics are worth showing.
 */
int run_launch(const struct ctx *ctx, struct arena *a, const struct run_request *rq,
    run_started *started, void *arg, struct prepared *p, struct run_result *out,
    struct err *err);

/* Files that mlp writes itself, which do not make a work tree dirty; NULL-terminated. */
char *const *launch_own_files(struct arena *a, const struct tracking *t);

#endif
