/* SPDX-License-Identifier: MIT */
#include "server/logmover.h"

enum {
	MOVE_PAGES = 4000, /* that are new since the last time: 16 MB */
	LONG_LOG = 16000,  /* 64 MB */
};

void logmover_init(struct logmover *lm, const struct db_options *o)
{
	*lm = (struct logmover){.options = *o};
	lm->options.log_grew = NULL;
	lm->options.writer = NULL;
	pthread_mutex_init(&lm->moving, NULL);
	pthread_mutex_init(&lm->lock, NULL);
	pthread_cond_init(&lm->wake, NULL);
}

/* False: it is the end. */
static bool wait_for_work(struct logmover *lm)
{
	bool ending;
	pthread_mutex_lock(&lm->lock);
	while (!lm->wanted && !lm->ending)
		pthread_cond_wait(&lm->wake, &lm->lock);
	lm->wanted = false;
	ending = lm->ending;
	pthread_mutex_unlock(&lm->lock);
	return !ending;
}

static void move(struct logmover *lm, sqlite3 *sq)
{
	pthread_mutex_lock(&lm->moving);
	sqlite3_wal_checkpoint_v2(sq, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	pthread_mutex_unlock(&lm->moving);
}

/* What fails here is done by those who write when the log is long. */
static void *move_along(void *arg)
{
	struct logmover *lm = arg;
	struct err ignored = ERR_INIT;
	struct db db;
	if (db_open(&db, &lm->options, &ignored) < 0)
		return NULL;
	while (wait_for_work(lm))
		move(lm, db.sq);
	db_close(&db);
	return NULL;
}

void logmover_tell(void *arg, const struct db *db, int pages)
{
	struct logmover *lm = arg;
	pthread_mutex_lock(&lm->lock);
	if (pages < lm->moved_at) /* the log has begun anew */
		lm->moved_at = 0;
	if (pages < LONG_LOG && pages - lm->moved_at >= MOVE_PAGES) {
		lm->moved_at = pages;
		lm->wanted = true;
		if (!lm->started)
			lm->started =
			    pthread_create(&lm->thread, NULL, move_along, lm) == 0;
		pthread_cond_signal(&lm->wake);
	}
	lm->late = pages >= LONG_LOG && db->hurried;
	pthread_mutex_unlock(&lm->lock);
	if (pages >= LONG_LOG && !db->hurried)
		move(lm, db->sq);
}

bool logmover_is_late(struct logmover *lm)
{
	bool late;
	pthread_mutex_lock(&lm->lock);
	late = lm->late;
	pthread_mutex_unlock(&lm->lock);
	return late;
}

void logmover_end(struct logmover *lm)
{
	pthread_mutex_lock(&lm->lock);
	lm->ending = true;
	pthread_cond_signal(&lm->wake);
	pthread_mutex_unlock(&lm->lock);
	if (lm->started)
		pthread_join(lm->thread, NULL);
	pthread_cond_destroy(&lm->wake);
	pthread_mutex_destroy(&lm->lock);
	pthread_mutex_destroy(&lm->moving);
}
