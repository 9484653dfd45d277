/* SPDX-License-Identifier: MIT */
/* batch.c -- tags, parameters and metrics of one run. */
#include <float.h>
#include <math.h>

#include "base/utf8.h"
#include "track/run_store.h"

static int check_key(const char *what, const char *key, struct err *err)
{
	size_t n = strlen(key);
	if (n == 0)
		return err_set(err, ERR_USAGE, "the name of a %s is empty", what);
	if (utf8_valid_prefix(key, n) < n)
		return err_set(
		    err, ERR_USAGE, "the name of a %s is not valid UTF-8", what);
	if (utf8_length(key) > KEY_MAX)
		return err_set(err, ERR_USAGE,
		    "the name of %s '%.40s...' is longer than %d characters", what, key,
		    KEY_MAX);
	return 0;
}

static int compare_param(struct db *db, const char *run_id, const char *key,
    const char *value, struct err *err)
{
	auto_stmt st = db_query(db, err,
	    "SELECT value FROM params WHERE \"key\" = ? AND run_uuid = ?", "ss", key,
	    run_id);
	const char *old;
	if (!st || stmt_step(db, st, err) < 0)
		return -1;
	old = (const char *)sqlite3_column_text(st, 0);
	if (old && strcmp(old, value) == 0)
		return 0;
	return err_set(err, ERR_CONFLICT,
	    "Changing param values is not allowed. Param with key='%s' was already "
	    "logged "
	    "with value='%s' for run ID='%s'. Attempted logging new value '%s'.",
	    key, old ? old : "", run_id, value);
}

static int write_params(struct db *db, struct arena *a, const char *run_id,
    const struct kvs *params, struct err *err)
{
	auto_stmt st = NULL;
	if (params->n == 0)
		return 0;
	st = db_query(db, err,
	    "INSERT INTO params (\"key\", value, run_uuid) VALUES (?, ?, ?)"
	    " ON CONFLICT DO NOTHING",
	    "");
	for (size_t i = 0; st && i < params->n; i++) {
		const char *key = params->v[i].key;
		const char *value = text_fit(a, params->v[i].value, PARAM_MAX);
		if (check_key("parameter", key, err) < 0 ||
		    stmt_bind(db, st, err, "sss", key, value, run_id) < 0 ||
		    stmt_step(db, st, err) < 0)
			return -1;
		if (sqlite3_changes(db->sq) == 0 &&
		    compare_param(db, run_id, key, value, err) < 0)
			return -1;
	}
	return st ? 0 : -1;
}

/* The tag and the column say the same. */
static int rename_run(
    struct db *db, struct arena *a, const char *run_id, const char *name, struct err *err)
{
	return db_run(db, err, "UPDATE runs SET name = ? WHERE run_uuid = ?", "ss",
	    text_fit(a, name, RUN_NAME_MAX), run_id);
}

static int write_tags(struct db *db, struct arena *a, const char *run_id,
    const struct kvs *tags, struct err *err)
{
	auto_stmt st = NULL;
	if (tags->n == 0)
		return 0;
	st = db_query(db, err,
	    "INSERT INTO tags (\"key\", value, run_uuid) VALUES (?, ?, ?)"
	    " ON CONFLICT (\"key\", run_uuid) DO UPDATE SET value = excluded.value",
	    "");
	for (size_t i = 0; st && i < tags->n; i++) {
		const struct kv *t = &tags->v[i];
		if (check_key("tag", t->key, err) < 0 ||
		    stmt_bind(db, st, err, "sss", t->key, text_fit(a, t->value, TAG_MAX),
			run_id) < 0 ||
		    stmt_step(db, st, err) < 0)
			return -1;
		if (strcmp(t->key, "mlflow.runName") == 0 &&
		    rename_run(db, a, run_id, t->value, err) < 0)
			return -1;
	}
	return st ? 0 : -1;
}

/* SQLite has no NaN and JSON no infinity: stored as MLflow does. */
static double storable(double v)
{
	if (isnan(v))
		return 0;
	if (isinf(v))
		return v > 0 ? DBL_MAX : -DBL_MAX;
	return v;
}

static int write_metric(struct db *db, sqlite3_stmt *st, const char *run_id,
    const struct metric *m, struct err *err)
{
	if (stmt_bind(db, st, err, "sdiiis", m->key, storable(m->value), m->timestamp,
		m->step, (int64_t)isnan(m->value), run_id) < 0)
		return -1;
	return stmt_step(db, st, err);
}

static int write_metrics(
    struct db *db, const char *run_id, const struct metric *m, size_t n, struct err *err)
{
	auto_stmt all = NULL;
	auto_stmt latest = NULL;
	if (n == 0)
		return 0;
	all = db_query(db, err,
	    "INSERT INTO metrics (\"key\", value, timestamp, step, is_nan, run_uuid)"
	    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
	    "");
	if (!all)
		return -1;
	latest = db_query(db, err,
	    "INSERT INTO latest_metrics (\"key\", value, timestamp, step, is_nan, "
	    "run_uuid)"
	    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (\"key\", run_uuid) DO UPDATE SET"
	    " value = excluded.value, timestamp = excluded.timestamp,"
	    " step = excluded.step, is_nan = excluded.is_nan"
	    " WHERE (excluded.step, excluded.timestamp, excluded.value) >"
	    " (latest_metrics.step, latest_metrics.timestamp, latest_metrics.value)",
	    "");
	for (size_t i = 0; latest && i < n; i++)
		if (check_key("metric", m[i].key, err) < 0 ||
		    write_metric(db, all, run_id, &m[i], err) < 0 ||
		    write_metric(db, latest, run_id, &m[i], err) < 0)
			return -1;
	return latest ? 0 : -1;
}

int batch_write(
    struct db *db, const char *run_id, const struct run_batch *b, struct err *err)
{
	auto_arena a = ARENA_INIT;
	if (write_params(db, &a, run_id, &b->params, err) < 0 ||
	    write_metrics(db, run_id, b->metrics, b->nmetrics, err) < 0)
		return -1;
	return write_tags(db, &a, run_id, &b->tags, err);
}
