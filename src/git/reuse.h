/* SPDX-License-Identifier: MIT */
/*
 * reuse.h -- a checkout that an ended run has left as it was is given to the next run of
 * that commit.
 *
 *   <cache>/checkouts/NAME         a checkout; NAME.lock beside it is held by its run
 *   <cache>/clean/KEY/NAME         its snapshot (snapshot.h), made when it was new
 *   <cache>/clean/KEY/NAME.index   its index from then, and those of its submodules
 *
 * KEY is the digest of URL, commit and what else decides how files are written.  A
 * checkout is taken under its lock and by its rename to the new run's place, so by one
 * only, and only when the snapshot proves it and nobody works in it.  Its .git is made
 * anew.  One that is not as it was loses its snapshot, and is never looked at again.
 */
#ifndef REUSE_H
#define REUSE_H

#include "git/tree.h"

/*
 * A checkout of `t` at rq->dest: another run's, else a new one.  Puts "reused" and
 * "snapshot" (a path or null) into the answer.  Releases `t` as checkout_make does.
 */
int reuse_or_make(struct tree *t, const struct request *rq, struct meter *meter,
    cJSON *answer, struct err *err);

#endif
