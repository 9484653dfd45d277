/* SPDX-License-Identifier: MIT */
#include "server/dbpool.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"

void dbpool_init(struct dbpool *pool, const struct db_options *o, const struct api *model)
{
	*pool = (struct dbpool){.options = *o, .model = *model};
	pthread_mutex_init(&pool->lock, NULL);
	pthread_mutex_init(&pool->writer, NULL);
	logmover_init(&pool->mover, o);
	pool->options.writer = &pool->writer;
	pool->options.log_grew = logmover_tell;
	pool->options.log_arg = &pool->mover;
}

static struct dbslot *pop(struct dbpool *pool)
{
	struct dbslot *slot;
	pthread_mutex_lock(&pool->lock);
	slot = pool->idle;
	if (slot)
		pool->idle = slot->next;
	pthread_mutex_unlock(&pool->lock);
	return slot;
}

void dbpool_settle(struct dbpool *pool)
{
	pool->settled = stat(pool->options.path, &pool->file) == 0;
}

/* Or what is recorded would go to a file that has no name any more. */
static int check_place(const struct dbpool *pool, struct err *err)
{
	struct stat st;
	bool there = stat(pool->options.path, &st) == 0;
	if (!pool->settled || (there && stat_is_same(&st, &pool->file)))
		return 0;
	return err_set(err, ERR_FAIL, "the database '%s' was %s while it was in use",
	    pool->options.path, there ? "replaced by another file" : "removed");
}

struct dbslot *dbpool_take(struct dbpool *pool, struct err *err)
{
	struct dbslot *slot;
	if (check_place(pool, err) < 0)
		return NULL;
	slot = pop(pool);
	if (slot)
		return slot;
	slot = xcalloc(1, sizeof(*slot));
	if (db_open(&slot->db, &pool->options, err) < 0) {
		free(slot);
		return NULL;
	}
	slot->api = pool->model;
	slot->api.db = &slot->db;
	pthread_mutex_lock(&pool->lock);
	pool->open++;
	pthread_mutex_unlock(&pool->lock);
	return slot;
}

struct dbslot *dbpool_take_hurried(struct dbpool *pool)
{
	struct err elsewhere = ERR_INIT;
	struct dbslot *slot;
	if (logmover_is_late(&pool->mover) || check_place(pool, &elsewhere) < 0)
		return NULL;
	slot = pop(pool);
	if (slot && !slot->db.prompt) {
		dbpool_give(pool, slot);
		return NULL;
	}
	if (slot)
		slot->db.hurried = true;
	return slot;
}

void dbpool_may_repeat(struct dbpool *pool, struct dbslot *slot, bool may)
{
	const struct api *model = &pool->model;
	int64_t window = model->repeat_until - model->repeat_since;
	if (may && window > 0)
		may = clock_now_ms() < model->repeat_until + window;
	slot->api.repeat_since = may ? model->repeat_since : 0;
	slot->api.repeat_until = may ? model->repeat_until : 0;
}

void dbpool_give(struct dbpool *pool, struct dbslot *slot)
{
	slot->db.hurried = false;
	pthread_mutex_lock(&pool->lock);
	slot->next = pool->idle;
	pool->idle = slot;
	pthread_mutex_unlock(&pool->lock);
}

void dbpool_close(struct dbpool *pool)
{
	logmover_end(&pool->mover);
	for (struct dbslot *slot; (slot = pop(pool));) {
		db_close(&slot->db);
		free(slot);
	}
	pthread_mutex_destroy(&pool->lock);
	pthread_mutex_destroy(&pool->writer);
}
