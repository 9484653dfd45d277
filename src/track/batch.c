/* SPDX-License-Identifier: MIT */
/* batch.c -- tags, parameters and metrics of one run. */
#include "base/pyrepr.h"
#include "base/utf8.h"
#include "track/logged_model.h"
#include "track/rows.h"
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

/* The value that the run has; NULL for none, or on failure. */
static const char *old_param(
    struct db *db, struct arena *a, const char *run_id, const char *key, struct err *err)
{
	sqlite3_stmt *st = db_keep(db, err,
	    "SELECT value FROM params WHERE \"key\" = ? AND run_uuid = ?", "ss", key,
	    run_id);
	if (!st || stmt_step(db, st, err) <= 0)
		return NULL;
	return column_text(a, st, 0);
}

static void add_change(
    struct buf *list, const char *key, const char *old, const char *new)
{
	buf_adds(list, list->len ? ", {'key': " : "{'key': ");
	pyrepr_str(list, key, strlen(key));
	buf_adds(list, ", 'old_value': ");
	pyrepr_str(list, old, strlen(old));
	buf_adds(list, ", 'new_value': ");
	pyrepr_str(list, new, strlen(new));
	buf_addc(list, '}');
}

/* The run has the parameter: with this value? */
static int compare_param(struct db *db, struct arena *a, const char *run_id,
    const struct kv *p, struct buf *changes, struct err *err)
{
	const char *old = old_param(db, a, run_id, p->key, err);
	if (!old)
		return -1;
	if (strcmp(old, p->value) == 0)
		return 0;
	if (changes) {
		add_change(changes, p->key, old, p->value);
		return 0;
	}
	return err_set(err, ERR_CONFLICT,
	    "Changing param values is not allowed. Param with key='%s' was already "
	    "logged with value='%s' for run ID='%s'. Attempted logging new value '%s'.",
	    p->key, old, run_id, p->value);
}

/* `changes` NULL: the first parameter that would change is the end. */
static int write_each_param(struct db *db, struct arena *a, const char *run_id,
    const struct kvs *params, struct buf *changes, struct err *err)
{
	sqlite3_stmt *st = db_keep(db, err,
	    "INSERT INTO params (\"key\", value, run_uuid) VALUES (?, ?, ?)"
	    " ON CONFLICT DO NOTHING",
	    "");
	for (size_t i = 0; st && i < params->n; i++) {
		struct kv p = {
		    params->v[i].key, text_fit(a, params->v[i].value, PARAM_MAX)};
		if (check_key("parameter", p.key, err) < 0 ||
		    stmt_bind(db, st, err, "sss", p.key, p.value, run_id) < 0 ||
		    stmt_step(db, st, err) < 0)
			return -1;
		if (sqlite3_changes(db->sq) == 0 &&
		    compare_param(db, a, run_id, &p, changes, err) < 0)
			return -1;
	}
	return st ? 0 : -1;
}

static int write_params(struct db *db, struct arena *a, const char *run_id,
    const struct run_batch *b, struct err *err)
{
	auto_buf changes = BUF_INIT;
	if (b->params.n == 0)
		return 0;
	if (write_each_param(
		db, a, run_id, &b->params, b->list_changes ? &changes : NULL, err) < 0)
		return -1;
	if (!changes.len)
		return 0;
	return err_set(err, ERR_CONFLICT,
	    "Changing param values is not allowed. Params were already logged='[%s]' for "
	    "run ID='%s'.",
	    changes.s, run_id);
}

/* The tag and the column say the same. */
static int rename_run(
    struct db *db, struct arena *a, const char *run_id, const char *name, struct err *err)
{
	return db_keep_run(db, err, "UPDATE runs SET name = ? WHERE run_uuid = ?", "ss",
	    text_fit(a, name, RUN_NAME_MAX), run_id);
}

static int write_tag(struct db *db, struct arena *a, sqlite3_stmt *st, const char *run_id,
    const struct kv *t, struct err *err)
{
	bool is_name = strcmp(t->key, "mlflow.runName") == 0;
	/* A run has a name, whatever is asked for. */
	if (is_name && (!t->value || !*t->value))
		return 0;
	if (check_key("tag", t->key, err) < 0 ||
	    stmt_bind(
		db, st, err, "sss", t->key, text_fit(a, t->value, TAG_MAX), run_id) < 0 ||
	    stmt_step(db, st, err) < 0)
		return -1;
	return is_name ? rename_run(db, a, run_id, t->value, err) : 0;
}

static int write_tags(struct db *db, struct arena *a, const char *run_id,
    const struct kvs *tags, struct err *err)
{
	sqlite3_stmt *st;
	if (tags->n == 0)
		return 0;
	st = db_keep(db, err,
	    "INSERT INTO tags (\"key\", value, run_uuid) VALUES (?, ?, ?)"
	    " ON CONFLICT (\"key\", run_uuid) DO UPDATE SET value = excluded.value",
	    "");
	for (size_t i = 0; st && i < tags->n; i++)
		if (write_tag(db, a, st, run_id, &tags->v[i], err) < 0)
			return -1;
	return st ? 0 : -1;
}

static int write_metrics(
    struct db *db, const char *run_id, const struct metric *m, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (check_key("metric", m[i].key, err) < 0)
			return -1;
	return batch_write_metrics(db, run_id, m, n, err);
}

static int write_model_metrics(
    struct db *db, const char *run_id, const struct run_batch *b, struct err *err)
{
	sqlite3_stmt *st;
	if (b->nmodel_metrics == 0)
		return 0;
	st = db_keep(
	    db, err, "SELECT experiment_id FROM runs WHERE run_uuid = ?", "s", run_id);
	if (!st || stmt_step(db, st, err) < 0)
		return -1;
	return logged_model_metrics_write(
	    db, run_id, column_int(st, 0, 0), b->model_metrics, b->nmodel_metrics, err);
}

int batch_write(
    struct db *db, const char *run_id, const struct run_batch *b, struct err *err)
{
	auto_arena a = ARENA_INIT;
	if (write_params(db, &a, run_id, b, err) < 0 ||
	    write_metrics(db, run_id, b->metrics, b->nmetrics, err) < 0 ||
	    write_model_metrics(db, run_id, b, err) < 0)
		return -1;
	return write_tags(db, &a, run_id, &b->tags, err);
}
