/* SPDX-License-Identifier: MIT */
/*
 * gc.h -- remove from the cache and the state directory what nobody has used for a while.
 *
 * What a living run or helper uses holds a kernel lock (lease.h, lockfile.h, growth.h,
 * run/lock.h) and is never touched; each thing is removed under that lock, so that two
 * collectors, or one beside any number of runs, are fine.
 */
#ifndef GC_H
#define GC_H

#include <stdint.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/err.h"

struct gc_request {
	int64_t older_than_ms; /* since its last use */
	bool dry_run;	       /* only say what would be removed */
	bool environments;     /* nothing else: what was made for runs to be in */
};

/* Strings live in the arena. */
struct gc_item {
	const char *kind; /* "checkout", "mirror", "download", "temporary", "state",
			     "virtualenv", "conda", "image", "note", "history" (part of it) */
	const char *path; /* an image: its name */
	int64_t bytes;	  /* on disk, that are free when it is gone; kept ones: -1 */
	int64_t age_ms;	  /* since its last use */
	const char *kept; /* why it is kept, or NULL */
};

struct gc_result {
	struct gc_item *removed, *kept;
	size_t nremoved, nkept;
	int64_t bytes; /* of what was removed, together */
	size_t failed; /* could not be removed; each was told by ctx->say */
};

/* Nothing there is no error. */
int gc_run(const struct ctx *ctx, struct arena *a, const struct gc_request *rq,
    struct gc_result *out, struct err *err);

#endif
