/* SPDX-License-Identifier: MIT */
/*
 * logmover.h -- moves a database's write-ahead log into its file, in a thread of its own,
 * while others go on writing: they would have to wait for the disk.  The thread and its
 * database are there from the first time that there is something to move.
 */
#ifndef LOGMOVER_H
#define LOGMOVER_H

#include <pthread.h>

#include "track/db.h"

struct logmover {
	pthread_mutex_t moving; /* held by who moves */
	pthread_mutex_t lock;	/* of what is below */
	pthread_cond_t wake;
	pthread_t thread;
	struct db_options options;
	bool started, wanted, ending, late;
	int moved_at; /* pages in the log when it was last wanted */
};

/* `o` is copied; what it points to must outlive the logmover, which stays where it is. */
void logmover_init(struct logmover *lm, const struct db_options *o);
/*
 * As db_options.log_grew; `arg` is the logmover.  Where the log has become very long, the
 * rest of it is moved before this returns: without new pages meanwhile it begins anew.
 */
void logmover_tell(void *arg, const struct db *db, int pages);
/* The next one who is not in a hurry will have to move it. */
bool logmover_is_late(struct logmover *lm);
void logmover_end(struct logmover *lm);

#endif
