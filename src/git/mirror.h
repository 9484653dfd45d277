/* SPDX-License-Identifier: MIT */
/*
 * mirror.h -- one bare repository per URL in the cache, that follows the remote.
 *
 * <cache>/git/<readable>-<hash of the URL>.git, and .lock beside it.  All changes are
 * made under the lock: objects first, then packed-refs in one rename, then HEAD, so that
 * it may be killed at any moment.  Credentials are neither in its name nor in its config.
 */
#ifndef MIRROR_H
#define MIRROR_H

#include "base/arena.h"
#include "base/event.h"
#include "git/lib.h"
#include "git/request.h"

struct mirror {
	char *path; /* owned */
	int lock;   /* held shared after mirror_open: nobody changes it meanwhile */
	git_repository *repo;
	int64_t fetched; /* the last complete fetch, ms since the epoch; -1: not known */
};
#define MIRROR_INIT                                                                      \
	{                                                                                \
		.lock = -1                                                               \
	}
#define auto_mirror __attribute__((cleanup(mirror_release))) struct mirror

/*
 * Bring the mirror of rq->url up to date and open it.  No connection is made when the
 * commit that is wanted is named in full and there, when none is and another process
 * began and finished a fetch while we waited for the lock, and with rq->offline: then
 * ERR_NOTFOUND says that there is no mirror yet.
 */
int mirror_open(
    struct mirror *m, const struct request *rq, struct meter *meter, struct err *err);
/* Where the mirror of `origin` is, or would be. */
char *mirror_path(struct arena *a, const char *cache_dir, const char *origin);
/* Append how old it is: "3 h 2 min ago", or "some time ago". */
void mirror_age(const struct mirror *m, struct buf *out);
void mirror_release(struct mirror *m);

#endif
