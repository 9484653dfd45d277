/* SPDX-License-Identifier: MIT */
/*
 * lease.h -- a checkout in the cache is in use as long as its run holds the lock on
 * <checkout>.lock beside it; the lock's time is that of its last use.
 */
#ifndef LEASE_H
#define LEASE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

/* The zero value holds nothing.  Strings live in the arena. */
struct lease {
	bool held;
	int fd;
	const char *root;
	const char *snapshot; /* of the checkout when it was new (snapshot.h), or NULL */
	bool reused;	      /* it was an earlier run's */
	bool reusable;	      /* what is clean may be a later run's */
};

/* "<checkout>.lock" */
char *lease_lock_path(struct arena *a, const char *root);

/* For a checkout that is about to be made at `root`. */
int lease_take(struct arena *a, const char *root, struct lease *l, struct err *err);

/* Have a snapshot of a checkout that is not given on, in `dir`, which is made. */
void lease_watch(struct arena *a, struct lease *l, const char *dir);

enum lease_left {
	LEASE_NOTHING, /* the checkout is as it was, or gone */
	LEASE_FILES,   /* the run has left something in it */
	LEASE_UNKNOWN, /* it is kept, because that cannot be known */
};
/*
 * The run is over.  A checkout that is as it was is left for another run, or removed where
 * none can use it.  *l holds nothing any more, but l->root stays.
 */
enum lease_left lease_end(struct lease *l);

/* Nothing was run in it: remove it, unless it is an earlier run's. */
void lease_drop(struct lease *l);

/* Only let go. */
void lease_release(struct lease *l);

#endif
