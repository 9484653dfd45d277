/* SPDX-License-Identifier: MIT */
#include "base/clock.h"
#include "base/path.h"
#include "track/experiment.h"
#include "track/names.h"
#include "track/run_store.h"

static int insert_row(struct db *db, struct arena *a, const struct run_new *new,
    const struct run_record *r, struct err *err)
{
	sqlite3_stmt *st = db_keep(db, err,
	    "INSERT INTO runs (run_uuid, name, source_type, source_name,"
	    " entry_point_name, user_id, status, start_time, end_time, source_version,"
	    " lifecycle_stage, artifact_uri, experiment_id, deleted_time)"
	    " VALUES (?, ?, 'UNKNOWN', '', '', ?, 'RUNNING', ?, NULL, '', 'active', ?, ?,"
	    " NULL)",
	    "sssisi", new->run_id, r->name, text_fit(a, new->user, 256), r->start_time,
	    r->artifact_uri, r->experiment_id);
	if (!st)
		return -1;
	if (sqlite3_step(st) == SQLITE_DONE)
		return 0;
	if (db_failed_unique(db))
		return err_set(err, ERR_EXISTS, "run '%s' exists already", new->run_id);
	return db_error(db, err);
}

/* A relative location (older MLflows record them) would be another one for the command. */
static const char *location_from_here(struct db *db, struct arena *a, const char *loc)
{
	bool relative = loc[0] != '/' && loc[strcspn(loc, ":/?#")] != ':';
	return relative && db->ctx->cwd ? path_abs(a, db->ctx->cwd, loc) : loc;
}

static int insert_all(struct db *db, struct arena *a, const struct run_new *new,
    struct run_record *out, struct err *err)
{
	struct experiment e = {0};
	struct run_batch b = {.tags = new->tags, .params = new->params};
	struct kv name = {"mlflow.runName", out->name};
	struct run_batch named = {.tags = {&name, 1}};
	if (new->start_time == 0)
		out->start_time = clock_now_ms();
	if (experiment_need(db, a, &new->experiment, &e, err) < 0)
		return -1;
	out->experiment_id = e.id;
	out->experiment_name = e.name;
	e.artifact_location = location_from_here(db, a, e.artifact_location);
	out->artifact_uri = experiment_artifact_uri(a, &e, new->run_id);
	if (insert_row(db, a, new, out, err) < 0 ||
	    batch_write(db, new->run_id, &b, err) < 0)
		return -1;
	return batch_write(db, new->run_id, &named, err);
}

static const char *name_for(struct arena *a, const char *given)
{
	char made[64];
	if (given && *given)
		return text_fit(a, given, RUN_NAME_MAX);
	run_name_new(made, sizeof(made));
	return arena_strdup(a, made);
}

int run_insert(struct db *db, struct arena *a, const struct run_new *new,
    struct run_record *out, struct err *err)
{
	if (!run_id_valid(new->run_id) || strlen(new->run_id) > 32)
		return err_set(err, ERR_USAGE, "'%s' cannot be a run id", new->run_id);
	*out = (struct run_record){.run_id = arena_strdup(a, new->run_id),
	    .name = name_for(a, new->name),
	    .user = arena_strdup(a, new->user ? new->user : ""),
	    .status = RUN_RUNNING,
	    .start_time = new->start_time,
	    .end_time = -1,
	    .tags = new->tags,
	    .params = new->params};
	if (db_begin(db, err) < 0)
		return -1;
	return db_end(db, insert_all(db, a, new, out, err), err);
}

int run_not_found(const char *run_id, struct err *err)
{
	return err_set(err, ERR_NOTFOUND, "Run with id=%s not found", run_id);
}

int run_need_active(struct db *db, const char *run_id, struct err *err)
{
	sqlite3_stmt *st = db_keep(db, err,
	    "SELECT lifecycle_stage = 'deleted' FROM runs WHERE run_uuid = ?", "s",
	    run_id);
	int rc = st ? stmt_step(db, st, err) : -1;
	if (rc < 0)
		return -1;
	if (rc == 0)
		return run_not_found(run_id, err);
	if (sqlite3_column_int(st, 0) == 0)
		return 0;
	err_set(err, ERR_CONFLICT,
	    "The run %s must be in the 'active' state. Current state is deleted.",
	    run_id);
	return err_hint(err, "restore it with 'mlflow runs restore --run-id %s'", run_id);
}

static int add(
    struct db *db, const char *run_id, const struct run_batch *b, struct err *err)
{
	if (run_need_active(db, run_id, err) < 0)
		return -1;
	return batch_write(db, run_id, b, err);
}

int run_add(struct db *db, const char *run_id, const struct run_batch *b, struct err *err)
{
	db = db_unchecked(db); /* add() looks for the run */
	if (db_begin(db, err) < 0)
		return -1;
	return db_end(db, add(db, run_id, b, err), err);
}

static int restart(
    struct db *db, const char *run_id, const struct run_batch *b, struct err *err)
{
	if (add(db, run_id, b, err) < 0)
		return -1;
	return db_run(db, err,
	    "UPDATE runs SET status = 'RUNNING', end_time = NULL WHERE run_uuid = ?", "s",
	    run_id);
}

int run_restart(
    struct db *db, const char *run_id, const struct run_batch *b, struct err *err)
{
	if (db_begin(db, err) < 0)
		return -1;
	return db_end(db, restart(db, run_id, b, err), err);
}

/* The end is written even for a run that somebody deleted meanwhile: it is the truth. */
static int close_run(struct db *db, const char *run_id, enum run_status status,
    int64_t end_time, const struct kvs *tags, bool only_if_running, struct err *err)
{
	auto_stmt st = db_query(db, err,
	    "SELECT status = 'RUNNING' FROM runs WHERE run_uuid = ?", "s", run_id);
	struct run_batch b = {0};
	int rc = st ? stmt_step(db, st, err) : -1;
	if (rc < 0)
		return -1;
	if (rc == 0)
		return run_not_found(run_id, err);
	if (only_if_running && !sqlite3_column_int(st, 0))
		return 0;
	if (tags)
		b.tags = *tags;
	if (db_run(db, err, "UPDATE runs SET status = ?, end_time = ? WHERE run_uuid = ?",
		"sis", run_status_word(status), end_time, run_id) < 0)
		return -1;
	return batch_write(db, run_id, &b, err);
}

int run_close(struct db *db, const char *run_id, enum run_status status, int64_t end_time,
    const struct kvs *tags, bool only_if_running, struct err *err)
{
	if (db_begin(db, err) < 0)
		return -1;
	return db_end(
	    db, close_run(db, run_id, status, end_time, tags, only_if_running, err), err);
}
