/* SPDX-License-Identifier: MIT */
/* store_sqlite.c -- the store over a local database: the typed functions, bound together.
 */
#include "base/alloc.h"
#include "track/db.h"
#include "track/experiment.h"
#include "track/recent.h"
#include "track/run_store.h"
#include "track/store.h"

struct sqlite_store {
	struct store base;
	struct db db;
};

static struct db *db_of(struct store *s)
{
	return &((struct sqlite_store *)s)->db;
}

static int op_run_create(struct store *s, struct arena *a, const struct run_new *new,
    struct run_record *out, struct err *err)
{
	return run_insert(db_of(s), a, new, out, err);
}

static int op_run_reopen(
    struct store *s, const char *run_id, const struct run_batch *b, struct err *err)
{
	return run_restart(db_of(s), run_id, b, err);
}

static int op_run_log(
    struct store *s, const char *run_id, const struct run_batch *b, struct err *err)
{
	return run_add(db_of(s), run_id, b, err);
}

static int op_run_end(struct store *s, const char *run_id, enum run_status status,
    int64_t end_time, const struct kvs *tags, bool only_if_running, struct err *err)
{
	/* a run may take days, in which the file is somebody's to move */
	if (db_check_place(db_of(s), err) < 0)
		return -1;
	return run_close(db_of(s), run_id, status, end_time, tags, only_if_running, err);
}

static int op_run_get(struct store *s, struct arena *a, const char *run_id,
    struct run_record *out, struct err *err)
{
	return run_read(db_of(s), a, run_id, out, err);
}

static int op_run_find(struct store *s, struct arena *a, const char *text, size_t max,
    const char ***ids, size_t *n, struct err *err)
{
	return run_search(db_of(s), a, text, max, ids, n, err);
}

static int op_runs_list(struct store *s, struct arena *a, const struct run_query *q,
    struct run_record **out, size_t *n, struct err *err)
{
	return runs_query(db_of(s), a, q, out, n, err);
}

static int op_runs_still_running(struct store *s, struct arena *a, const char *host,
    const char *const *candidates, size_t ncandidates, const char ***ids, size_t *n,
    struct err *err)
{
	return runs_running(db_of(s), a, host, candidates, ncandidates, ids, n, err);
}

static int op_runs_children(struct store *s, struct arena *a, const char *parent_id,
    struct run_record **out, size_t *n, struct err *err)
{
	return runs_of_parent(db_of(s), a, parent_id, out, n, err);
}

static int op_experiment_get(struct store *s, struct arena *a,
    const struct experiment_ref *ref, struct experiment *out, struct err *err)
{
	return experiment_get(db_of(s), a, ref, out, err);
}

static int op_runs_recent(struct store *s, struct arena *a, const char *text, size_t max,
    struct run_record **out, size_t *n, struct err *err)
{
	return recent_runs(db_of(s), a, text, max, out, n, err);
}

static int op_experiments_recent(struct store *s, struct arena *a, const char *text,
    size_t max, struct experiment **out, size_t *n, struct err *err)
{
	return recent_experiments(db_of(s), a, text, max, out, n, err);
}

static void op_close(struct store *s)
{
	db_close(db_of(s));
	free(s);
}

static const struct store_ops sqlite_ops = {
    .run_create = op_run_create,
    .run_reopen = op_run_reopen,
    .run_log = op_run_log,
    .run_end = op_run_end,
    .run_get = op_run_get,
    .run_find = op_run_find,
    .runs_list = op_runs_list,
    .runs_still_running = op_runs_still_running,
    .runs_children = op_runs_children,
    .experiment_get = op_experiment_get,
    .runs_recent = op_runs_recent,
    .experiments_recent = op_experiments_recent,
    .close = op_close,
};

static int open_sqlite(const struct db_options *o, struct store **out, struct err *err)
{
	struct sqlite_store *s = xcalloc(1, sizeof(*s));
	s->base.ops = &sqlite_ops;
	if (db_open(&s->db, o, err) < 0) {
		free(s);
		return -1;
	}
	*out = &s->base;
	return 0;
}

int store_open(const struct ctx *ctx, const struct tracking *t, enum store_mode mode,
    struct store **out, struct err *err)
{
	struct db_options o = {.ctx = ctx,
	    .path = t->path,
	    .artifact_root = t->artifact_location,
	    .create = mode == STORE_CREATE};
	return open_sqlite(&o, out, err);
}

int store_open_shared(const struct ctx *ctx, const struct tracking *t,
    pthread_mutex_t *writer, struct store **out, struct err *err)
{
	struct db_options o = {.ctx = ctx,
	    .path = t->path,
	    .artifact_root = t->artifact_location,
	    .create = true,
	    .writer = writer,
	    .together = true};
	return open_sqlite(&o, out, err);
}
