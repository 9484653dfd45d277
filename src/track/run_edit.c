/* SPDX-License-Identifier: MIT */
#include "track/run_edit.h"

#include "base/clock.h"
#include "track/run_store.h"

static int change(struct db *db, struct arena *a, const char *run_id,
    const struct run_change *c, struct run_record *out, struct err *err)
{
	struct kv name = {"mlflow.runName", c->name};
	struct run_batch b = {.tags = {&name, c->name && *c->name ? 1 : 0}};
	if (run_need_active(db, run_id, err) < 0)
		return -1;
	if (c->status >= 0 &&
	    db_keep_run(db, err, "UPDATE runs SET status = ? WHERE run_uuid = ?", "ss",
		run_status_word((enum run_status)c->status), run_id) < 0)
		return -1;
	if (c->end_time >= 0 &&
	    db_keep_run(db, err, "UPDATE runs SET end_time = ? WHERE run_uuid = ?", "is",
		c->end_time, run_id) < 0)
		return -1;
	if (batch_write(db, run_id, &b, err) < 0)
		return -1;
	return run_read_row(db, a, run_id, out, err);
}

int run_change(struct db *db, struct arena *a, const char *run_id,
    const struct run_change *c, struct run_record *out, struct err *err)
{
	if (db_begin(db, err) < 0)
		return -1;
	return db_end(db, change(db, a, run_id, c, out, err), err);
}

static int set_deleted(struct db *db, const char *run_id, bool deleted, struct err *err)
{
	int rc = deleted ? db_run(db, err,
			       "UPDATE runs SET lifecycle_stage = 'deleted',"
			       " deleted_time = ? WHERE run_uuid = ?",
			       "is", clock_now_ms(), run_id)
			 : db_run(db, err,
			       "UPDATE runs SET lifecycle_stage = 'active',"
			       " deleted_time = NULL WHERE run_uuid = ?",
			       "s", run_id);
	if (rc < 0 || sqlite3_changes(db->sq) > 0)
		return rc;
	return run_not_found(run_id, err);
}

int run_set_deleted(struct db *db, const char *run_id, bool deleted, struct err *err)
{
	if (db_begin(db, err) < 0)
		return -1;
	return db_end(db, set_deleted(db, run_id, deleted, err), err);
}

static int delete_tag(struct db *db, const char *run_id, const char *key, struct err *err)
{
	if (run_need_active(db, run_id, err) < 0 ||
	    db_keep_run(db, err, "DELETE FROM tags WHERE \"key\" = ? AND run_uuid = ?",
		"ss", key, run_id) < 0)
		return -1;
	if (sqlite3_changes(db->sq) > 0)
		return 0;
	return err_set(
	    err, ERR_NOTFOUND, "No tag with name: %s in run with id %s", key, run_id);
}

int run_delete_tag(struct db *db, const char *run_id, const char *key, struct err *err)
{
	if (db_begin(db, err) < 0)
		return -1;
	return db_end(db, delete_tag(db, run_id, key, err), err);
}

/* "[" and all but the last "]" of what is there, or "". */
static int array_so_far(
    struct db *db, const char *run_id, const char *key, struct buf *out, struct err *err)
{
	sqlite3_stmt *st =
	    db_keep(db, err, "SELECT value FROM tags WHERE \"key\" = ? AND run_uuid = ?",
		"ss", key, run_id);
	int rc = st ? stmt_step(db, st, err) : -1;
	const char *old;
	if (rc <= 0)
		return rc;
	old = (const char *)sqlite3_column_text(st, 0);
	buf_adds(out, old ? old : "");
	while (out->len > 0 && strchr(" \t\r\n", out->s[out->len - 1]))
		buf_cut(out, out->len - 1);
	if (out->len < 2 || out->s[0] != '[' || out->s[out->len - 1] != ']')
		return err_set(err, ERR_CONFLICT, "Tag '%s' of run %s is no JSON array",
		    key, run_id);
	buf_cut(out, out->len - 1);
	return 0;
}

static int tag_append(
    struct db *db, const char *run_id, const char *key, const char *json, struct err *err)
{
	auto_buf value = BUF_INIT;
	if (run_need_active(db, run_id, err) < 0 ||
	    array_so_far(db, run_id, key, &value, err) < 0)
		return -1;
	if (strstr(value.s, json))
		return 0;
	buf_adds(&value, value.len > 1 ? ", " : value.len ? "" : "[");
	buf_adds(&value, json);
	buf_addc(&value, ']');
	return db_run(db, err,
	    "INSERT INTO tags (\"key\", value, run_uuid) VALUES (?, ?, ?)"
	    " ON CONFLICT (\"key\", run_uuid) DO UPDATE SET value = excluded.value",
	    "sss", key, value.s, run_id);
}

int run_tag_append(
    struct db *db, const char *run_id, const char *key, const char *json, struct err *err)
{
	if (db_begin(db, err) < 0)
		return -1;
	return db_end(db, tag_append(db, run_id, key, json, err), err);
}

/* All tags that were asked for, and none but the run's name besides. */
static bool same_tags(struct arena *a, const struct kvs *asked, const struct kvs *has)
{
	size_t same = 0;
	for (size_t i = 0; i < asked->n; i++) {
		const char *v = kvs_get(has, asked->v[i].key);
		if (!v || strcmp(v, text_fit(a, asked->v[i].value, TAG_MAX)) != 0)
			return false;
		same++;
	}
	return has->n == same + !kvs_get(asked, "mlflow.runName");
}

static int find_repeated(struct db *db, struct arena *a, const struct run_new *new,
    struct run_record *out, struct err *err)
{
	int rc;
	auto_stmt st = db_query(db, err,
	    "SELECT " RUN_COLUMNS " FROM runs r LEFT JOIN experiments e"
	    " ON e.experiment_id = r.experiment_id"
	    " WHERE r.experiment_id = CAST(? AS INTEGER) AND r.start_time = ?"
	    " AND r.user_id = ? AND r.status = 'RUNNING'"
	    " AND r.lifecycle_stage = 'active' AND r.end_time IS NULL"
	    " AND r.name = coalesce(?, r.name) ORDER BY r.run_uuid",
	    "siss", new->experiment.id, new->start_time, new->user, new->name);
	if (!st)
		return -1;
	while ((rc = stmt_step(db, st, err)) > 0) {
		run_from_row(a, st, out);
		if (runs_fill(db, a, out, 1, err) < 0)
			return -1;
		if (!out->nmetrics && !out->params.n &&
		    same_tags(a, &new->tags, &out->tags))
			return 0;
	}
	return rc < 0 ? -1 : err_set(err, ERR_NOTFOUND, "no such run was made");
}

int run_find_repeated(struct db *db, struct arena *a, const struct run_new *new,
    struct run_record *out, struct err *err)
{
	if (db_begin_read(db, err) < 0)
		return -1;
	return db_end(db, find_repeated(db, a, new, out, err), err);
}
