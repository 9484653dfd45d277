/* SPDX-License-Identifier: MIT */
/*
 * control.h -- runs that were started on this machine, from any directory and in any
 * store: which one is meant, which live, waiting for one, stopping one.
 *
 * A run lives exactly as long as its lock is held (run/lock.h).  Its card (run/card.h)
 * says what it is and where it is recorded.
 */
#ifndef CONTROL_H
#define CONTROL_H

#include "run/card.h"
#include "track/record.h"

struct control_run {
	struct card card;
	const char
	    *dir;  /* its state directory; NULL: none, it has ended or is not ours */
	bool held; /* somebody holds its lock */
};

/*
 * The one run that `text` means: an id, the beginning of one (4 characters or more), or a
 * name.  First among those that live or are queued; then among those that ended (of
 * several those recorded where `tracking_uri` or the environment says); then in that
 * store.  With a tracking_uri that is given only there.  ERR_NOTFOUND: none, or several
 * (the hint lists them).  A run whose supervisor is lost is healed on the way.
 */
int control_find(const struct ctx *ctx, struct arena *a, const char *tracking_uri,
    const char *text, struct control_run *out, struct err *err);

/*
 * All that live or are queued, the newest first.  Those whose supervisor is lost are
 * healed before; one whose end cannot be recorded now is shown FAILED.
 */
int control_list(const struct ctx *ctx, struct arena *a, struct control_run **out,
    size_t *n, struct err *err);

/* Is this command inside that run (it, or one that it started, is our ancestor)? */
bool control_is_around_us(const struct control_run *all, size_t n, const char *run_id);

/*
 * Ask the supervisor of a run that lives to stop it, with `sig` (SIGTERM, SIGINT, SIGQUIT;
 * another of them where it ignores that one).  grace_ms: until KILL, -1: its own.
 * Returns at once.  ERR_NOTFOUND: it has just ended.
 */
int control_stop(const struct ctx *ctx, const struct control_run *r, int sig,
    int64_t grace_ms, struct err *err);

/*
 * Wait, without looking again and again, until the run has ended, and fill r->card with
 * how it did.  ERR_INTERRUPTED; ERR_NOTFOUND: it ended before it was recorded;
 * ERR_UNSUPPORTED: nobody on this machine runs it.
 */
int control_wait(
    const struct ctx *ctx, struct arena *a, struct control_run *r, struct err *err);

/*
 * One that has failed and is tried again: make *r the attempt that follows it.  False:
 * there is none.
 */
bool control_next(const struct ctx *ctx, struct arena *a, struct control_run *r);

/* Look at it again: its card, whether it lives. */
int control_refresh(
    const struct ctx *ctx, struct arena *a, struct control_run *r, struct err *err);

/* It is said to live, but nobody holds its lock (see heal.h). */
bool control_is_lost(const struct control_run *r);
/* Where its end could not be recorded: it has FAILED all the same. */
void control_call_lost(struct control_run *r);

#endif
