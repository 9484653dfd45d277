/* SPDX-License-Identifier: MIT */
/*
 * lock.h -- a run is alive exactly as long as its supervisor holds the kernel lock on
 * <state>/runs/<id>/lock.  Pids are never trusted; where the lock was removed, only what
 * the run's command has in its environment speaks for it.
 */
#ifndef LOCK_H
#define LOCK_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/err.h"
#include "base/watcher.h"

struct run_lock {
	int fd;	   /* -1: not held */
	char *dir; /* <state>/runs/<id>, owned */
};
#define RUN_LOCK_INIT                                                                    \
	{                                                                                \
		.fd = -1                                                                 \
	}

/* Make the run's state directory and take its lock.  ERR_BUSY: somebody holds it. */
int run_lock_take(
    const struct ctx *ctx, const char *run_id, struct run_lock *lk, struct err *err);
/* The directory of a run's live state, whether it exists or not. */
char *run_state_dir(const struct ctx *ctx, struct arena *a, const char *run_id);
/* Let go; with `forget` the state directory is removed first (while still locked). */
void run_lock_drop(struct run_lock *lk, bool forget);
/*
 * For who looks whether a process holds the lock and then sends it a signal: until the
 * descriptor that is returned is closed, the one that holds it does not get beyond
 * run_lock_drop (as far as one second goes).  -1: the directory is gone.
 */
int run_lock_pin(const char *dir);
/*
 * Let go of a run that has ended, and whose directory stays for what else is in it: the
 * file that was locked goes, so that its end is not looked into again.
 */
void run_lock_retire(struct run_lock *lk);

/*
 * The lock of the run whose state directory is `dir`.  Nothing is made or taken, so that
 * who looks is in nobody's way.
 */
enum run_lock_state {
	RUN_LOCK_NONE, /* it has not begun (queued, a moment ago), or has ended */
	RUN_LOCK_HELD, /* it lives */
	RUN_LOCK_FREE, /* whoever held it was killed before the run's end was settled */
};
enum run_lock_state run_lock_look(const char *dir);
/* RUN_LOCK_HELD? */
bool run_lock_is_held(const char *dir);
/*
 * The process that took it, as the kernel lists it; 0: not known.  Like every number it
 * is a hint.
 */
pid_t run_lock_holder(const char *dir);
/* Whether numbers of processes that were noted with it can mean anything. */
enum run_lock_boot {
	RUN_LOCK_THIS_BOOT,  /* made on this machine, since it was started */
	RUN_LOCK_OTHER_BOOT, /* before that, or on another one */
	RUN_LOCK_NO_BOOT,    /* that could not be noted (a full disk, a power cut) */
};
enum run_lock_boot run_lock_boot(const char *dir);
/* Readable once nobody holds the lock, or it is gone.  `dir`: the run's state directory. */
int run_lock_watch(struct watcher *w, const char *dir, struct err *err);

/*
 * RUN_LOCK_NONE: remove what somebody has left who was killed before the lock was his; the
 * directory, too, if nothing else is in it.
 */
void run_lock_clear(const char *dir);

/* Note where the run is recorded, for who finds its state later; a failure is ignored. */
void run_lock_note(const struct run_lock *lk, const char *store_uri);
/* What was noted in the state directory `dir`, or NULL. */
char *run_lock_store(struct arena *a, const char *dir);

/*
 * Is anybody alive who runs this? 1: the lock is held, or its directory is gone (removed
 * by hand, under a supervisor that lives) but a process with MLP_RUN_ID=<id> in its
 * environment is there.  0: nobody, and *lk now holds the lock.  -1: cannot tell, *err
 * says why.
 */
int run_is_alive(
    const struct ctx *ctx, const char *run_id, struct run_lock *lk, struct err *err);

#endif
