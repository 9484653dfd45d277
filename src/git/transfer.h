/* SPDX-License-Identifier: MIT */
/* transfer.h -- one fetch into a bare mirror. */
#ifndef TRANSFER_H
#define TRANSFER_H

#include "base/event.h"
#include "git/lib.h"
#include "git/request.h"

/* Where HEAD of a mirror points whose remote has no default branch. */
#define MIRROR_NO_HEAD "refs/heads/.invalid"

/*
 * Connect to rq->url and make branches, tags and HEAD of `mirror` those of the remote.
 * The references change only after all objects are there.  A commit that is named in full
 * and is on none of them is asked for by itself; it may still not be there then.
 */
int transfer_fetch(git_repository *mirror, const struct request *rq, struct meter *meter,
    struct err *err);

#endif
