/* SPDX-License-Identifier: MIT */
/*
 * dbpool.h -- open databases, one for each request that is being answered.  The one given
 * back last is given out first, so that a single client always has the warm one.  Those who
 * write wait for each other here, in a queue of this process, not by SQLite's naps.
 */
#ifndef DBPOOL_H
#define DBPOOL_H

#include <pthread.h>
#include <sys/stat.h>

#include "api/api.h"
#include "server/logmover.h"

struct dbslot {
	struct db db;
	struct api api; /* api.db is the slot's */
	struct dbslot *next;
};
struct dbpool {
	pthread_mutex_t lock; /* of what is below */
	struct dbslot *idle;
	size_t open;
	pthread_mutex_t writer;
	bool settled; /* before others ask: the file has to be this one */
	struct stat file;
	struct logmover mover;
	struct db_options options;
	struct api model; /* what every slot's api begins with, but for db */
};

/*
 * `o` and `model` are copied; what they point to must outlive the pool, which stays where
 * it is.
 */
void dbpool_init(
    struct dbpool *pool, const struct db_options *o, const struct api *model);
/* The file is there: from now on it has to be the same one. */
void dbpool_settle(struct dbpool *pool);
/*
 * Opened when there is no idle one.  NULL: *err, also when the file was removed or
 * replaced.
 */
struct dbslot *dbpool_take(struct dbpool *pool, struct err *err);
/*
 * An idle one that waits neither for others (ERR_BUSY) nor for the disk; NULL: there is
 * none, much has to be moved first, or the file is not the same any more.
 */
struct dbslot *dbpool_take_hurried(struct dbpool *pool);
/*
 * Whether what a killed server made may be the answer: struct api, repeat_since.  Only for
 * a while after the start; then no client asks any more.
 */
void dbpool_may_repeat(struct dbpool *pool, struct dbslot *slot, bool may);
void dbpool_give(struct dbpool *pool, struct dbslot *slot);
/* All are idle. */
void dbpool_close(struct dbpool *pool);

#endif
