/* SPDX-License-Identifier: MIT */
/* launching.h -- what the parts of a launch (launch.c, launch_open.c) share. */
#ifndef LAUNCHING_H
#define LAUNCHING_H

#include <signal.h>

#include "env/env.h"
#include "flow/attempts.h"
#include "flow/recording.h"
#include "flow/watch.h"
#include "run/limits.h"
#include "run/lock.h"

/* One launch under way. */
struct launching {
	const struct ctx *ctx;
	struct arena *a;
	const struct run_request *rq;
	struct attempt *attempt;
	struct prepared *p;
	struct tracking tracking;
	struct store *store;
	struct run_lock lock;
	struct card card; /* what ps shows of it */
	bool unseen;	  /* it could not be written, and that was told */
	struct run_record run;
	struct recording recording;
	struct watch watch;
	struct env env;
	struct limits limits;
	const char *log_dir;
	bool logs_in_state; /* the artifacts are not local */
	struct gpus gpus_there;
	struct gpus_held gpus;
	sigset_t before; /* signal mask to restore */
};

/* --run-id: another attempt of a run that there is. */
static inline bool is_reopened(const struct launching *l)
{
	return l->rq->run_id && *l->rq->run_id;
}

/* Each attempt is a run of its own; --run-id wants that one. */
static inline bool may_be_retried(const struct launching *l)
{
	return l->p->plan.retries.most > 0 && !is_reopened(l);
}

/*
 * Record the run, new or again, under its lock.  A failure leaves the lock to the caller,
 * perhaps held.
 */
int launch_open(struct launching *l, struct err *err);

/* launch_gpus.c: what it may have, before it is on record: there are enough of them. */
int launch_gpus_find(struct launching *l, struct err *err);
/*
 * Wait for them.  *visible: what the command is told, NULL: nothing.  To be released with
 * gpus_release(&l->gpus), also after a failure.
 */
int launch_gpus_take(struct launching *l, const char **visible, struct err *err);

#endif
