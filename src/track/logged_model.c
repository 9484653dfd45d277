/* SPDX-License-Identifier: MIT */
#include "track/logged_model.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/pyrepr.h"
#include "track/experiment.h"
#include "track/names.h"
#include "track/rows.h"

static int check_name(const char *name, struct err *err)
{
	auto_buf shown = BUF_INIT;
	if (!name || !strpbrk(name, "/:.%\"'"))
		return 0;
	pyrepr_str(&shown, name, strlen(name));
	return err_set(err, ERR_USAGE,
	    "Invalid model name (%s) provided. Model name must be a non-empty string and "
	    "cannot contain the following characters: ('/', ':', '.', '%%', '\"', \"'\")",
	    shown.s);
}

static int active_experiment(struct db *db, struct arena *a, const char *id,
    struct experiment *out, struct err *err)
{
	const struct experiment_ref ref = {.id = id};
	if (experiment_get(db, a, &ref, out, err) < 0)
		return -1;
	if (!out->deleted)
		return 0;
	return err_set(err, ERR_CONFLICT,
	    "The experiment %lld must be in the 'active' state. Current state is "
	    "deleted.",
	    (long long)out->id);
}

int logged_model_tag(struct db *db, const struct logged_model *m, const char *key,
    const char *value, struct err *err)
{
	return db_run(db, err,
	    "INSERT INTO logged_model_tags (model_id, experiment_id, tag_key, tag_value)"
	    " VALUES (?, ?, ?, ?) ON CONFLICT (model_id, tag_key) DO UPDATE"
	    " SET tag_value = excluded.tag_value",
	    "siss", m->model_id, m->experiment_id, key, value);
}

static int write_tags(
    struct db *db, const struct logged_model *m, const struct kvs *tags, struct err *err)
{
	for (size_t i = 0; i < tags->n; i++)
		if (logged_model_tag(db, m, tags->v[i].key, tags->v[i].value, err) < 0)
			return -1;
	return 0;
}

static int same_param(
    struct db *db, const struct logged_model *m, const struct kv *p, struct err *err)
{
	auto_stmt st = db_query(db, err,
	    "SELECT param_value FROM logged_model_params"
	    " WHERE model_id = ? AND param_key = ?",
	    "ss", m->model_id, p->key);
	const char *old;
	if (!st || stmt_step(db, st, err) < 0)
		return -1;
	old = (const char *)sqlite3_column_text(st, 0);
	if (old && strcmp(old, p->value) == 0)
		return 0;
	return err_set(err, ERR_CONFLICT,
	    "Changing param values is not allowed. Param with key='%s' was already "
	    "logged with value='%s' for logged model ID='%s'. Attempted logging new "
	    "value '%s'.",
	    p->key, old ? old : "", m->model_id, p->value);
}

static int write_params(struct db *db, const struct logged_model *m,
    const struct kvs *params, struct err *err)
{
	for (size_t i = 0; i < params->n; i++) {
		const struct kv *p = &params->v[i];
		if (db_run(db, err,
			"INSERT INTO logged_model_params (model_id, experiment_id,"
			" param_key, param_value) VALUES (?, ?, ?, ?)"
			" ON CONFLICT DO NOTHING",
			"siss", m->model_id, m->experiment_id, p->key, p->value) < 0)
			return -1;
		if (sqlite3_changes(db->sq) == 0 && same_param(db, m, p, err) < 0)
			return -1;
	}
	return 0;
}

/* Everything about a model that is made now. */
static void describe(struct arena *a, const struct logged_model_new *new,
    const struct experiment *e, struct logged_model *out)
{
	char hex[33], name[64];
	run_id_new(hex);
	run_name_new(name, sizeof(name));
	*out = (struct logged_model){.model_id = arena_printf(a, "m-%s", hex),
	    .experiment_id = e->id,
	    .name = arena_strdup(a, new->name &&*new->name ? new->name : name),
	    .created = clock_now_ms(),
	    .status = LOGGED_MODEL_PENDING,
	    .type = new->type,
	    .source_run_id = new->source_run_id};
	out->updated = out->created;
	out->artifact_uri =
	    experiment_artifact_uri(a, e, arena_printf(a, "models/%s", out->model_id));
}

static bool is_repeat(const struct logged_model_new *new, const struct logged_model *old)
{
	return (!new->name || !*new->name || strcmp(new->name, old->name) == 0) &&
	       repeat_same_text(new->type, old->type) &&
	       repeat_same_text(new->source_run_id, old->source_run_id) &&
	       repeat_same_kvs(&old->tags, &new->tags) &&
	       repeat_same_kvs(&old->params, &new->params);
}

/* 1: *out is what the request asks for; 0; -1. */
static int find_repeat(struct db *db, struct arena *a, const struct logged_model_new *new,
    int64_t experiment_id, struct logged_model *out, struct err *err)
{
	auto_stmt st = NULL;
	int rc;
	if (!repeat_possible(&new->repeat))
		return 0;
	st = db_query(db, err,
	    "SELECT " LOGGED_MODEL_COLUMNS " FROM logged_models m"
	    " WHERE m.experiment_id = ? AND m.creation_timestamp_ms BETWEEN ? AND ?"
	    " AND m.status = 1 AND m.lifecycle_stage = 'active'"
	    " AND m.last_updated_timestamp_ms = m.creation_timestamp_ms"
	    " AND NOT EXISTS (SELECT 1 FROM inputs i WHERE"
	    "  i.destination_type = 'MODEL_OUTPUT' AND i.destination_id = m.model_id)",
	    "iii", experiment_id, new->repeat.since, new->repeat.until);
	if (!st)
		return -1;
	while ((rc = stmt_step(db, st, err)) > 0) {
		logged_model_from_row(a, st, out);
		if (logged_models_fill(db, a, out, 1, err) < 0)
			return -1;
		if (is_repeat(new, out))
			return 1;
	}
	return rc;
}

static int insert_row(struct db *db, const struct logged_model *m, struct err *err)
{
	return db_run(db, err,
	    "INSERT INTO logged_models (model_id, experiment_id, name,"
	    " artifact_location, creation_timestamp_ms, last_updated_timestamp_ms,"
	    " status, lifecycle_stage, model_type, source_run_id, status_message)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, 'active', ?, ?, NULL)",
	    "sissiiiss", m->model_id, m->experiment_id, m->name, m->artifact_uri,
	    m->created, m->updated, (int64_t)m->status, m->type, m->source_run_id);
}

static int insert(struct db *db, struct arena *a, const struct logged_model_new *new,
    struct logged_model *out, struct err *err)
{
	struct experiment e = {0};
	int rc;
	if (db_need_logged_models(db, err) < 0 ||
	    active_experiment(db, a, new->experiment_id, &e, err) < 0)
		return -1;
	rc = find_repeat(db, a, new, e.id, out, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	describe(a, new, &e, out);
	if (insert_row(db, out, err) < 0 ||
	    write_params(db, out, &new->params, err) < 0 ||
	    write_tags(db, out, &new->tags, err) < 0)
		return -1;
	return logged_models_fill(db, a, out, 1, err);
}

int logged_model_insert(struct db *db, struct arena *a,
    const struct logged_model_new *new, struct logged_model *out, struct err *err)
{
	if (check_name(new->name, err) < 0 || db_begin(db, err) < 0)
		return -1;
	return db_end(db, insert(db, a, new, out, err), err);
}

static int finalize(struct db *db, struct arena *a, const char *model_id,
    enum logged_model_status status, struct logged_model *out, struct err *err)
{
	if (logged_model_find(db, a, model_id, true, out, err) < 0)
		return -1;
	out->status = (int)status;
	out->updated = clock_now_ms();
	if (db_run(db, err,
		"UPDATE logged_models SET status = ?, last_updated_timestamp_ms = ?"
		" WHERE model_id = ?",
		"iis", (int64_t)status, out->updated, model_id) < 0)
		return -1;
	return logged_models_fill(db, a, out, 1, err);
}

int logged_model_finalize(struct db *db, struct arena *a, const char *model_id,
    enum logged_model_status status, struct logged_model *out, struct err *err)
{
	if (status < LOGGED_MODEL_PENDING || status > LOGGED_MODEL_FAILED)
		return err_set(
		    err, ERR_USAGE, "Unknown logged model status: %d", (int)status);
	if (db_begin(db, err) < 0)
		return -1;
	return db_end(db, finalize(db, a, model_id, status, out, err), err);
}

static int mark_deleted(struct db *db, const char *model_id, struct err *err)
{
	auto_arena a = ARENA_INIT;
	struct logged_model m;
	if (logged_model_find(db, &a, model_id, true, &m, err) < 0)
		return -1;
	return db_run(db, err,
	    "UPDATE logged_models SET lifecycle_stage = 'deleted',"
	    " last_updated_timestamp_ms = ? WHERE model_id = ?",
	    "is", clock_now_ms(), model_id);
}

int logged_model_delete(struct db *db, const char *model_id, struct err *err)
{
	if (db_begin(db, err) < 0)
		return -1;
	return db_end(db, mark_deleted(db, model_id, err), err);
}

static int set_tags(
    struct db *db, const char *model_id, const struct kvs *tags, struct err *err)
{
	auto_arena a = ARENA_INIT;
	struct logged_model m;
	if (logged_model_find(db, &a, model_id, true, &m, err) < 0)
		return -1;
	return write_tags(db, &m, tags, err);
}

int logged_model_set_tags(
    struct db *db, const char *model_id, const struct kvs *tags, struct err *err)
{
	if (db_begin(db, err) < 0)
		return -1;
	return db_end(db, set_tags(db, model_id, tags, err), err);
}

static int delete_tag(
    struct db *db, const char *model_id, const char *key, struct err *err)
{
	auto_arena a = ARENA_INIT;
	auto_buf shown = BUF_INIT;
	struct logged_model m;
	if (logged_model_find(db, &a, model_id, true, &m, err) < 0 ||
	    db_run(db, err,
		"DELETE FROM logged_model_tags WHERE model_id = ? AND tag_key = ?", "ss",
		model_id, key) < 0)
		return -1;
	if (sqlite3_changes(db->sq) > 0)
		return 0;
	pyrepr_str(&shown, key, strlen(key));
	return err_set(err, ERR_NOTFOUND,
	    "No tag with key %s found for model with ID '%s'.", shown.s, model_id);
}

int logged_model_delete_tag(
    struct db *db, const char *model_id, const char *key, struct err *err)
{
	if (db_begin(db, err) < 0)
		return -1;
	return db_end(db, delete_tag(db, model_id, key, err), err);
}

static int add_params(
    struct db *db, const char *model_id, const struct kvs *params, struct err *err)
{
	auto_arena a = ARENA_INIT;
	struct logged_model m;
	if (logged_model_find(db, &a, model_id, true, &m, err) < 0)
		return -1;
	return write_params(db, &m, params, err);
}

int logged_model_add_params(
    struct db *db, const char *model_id, const struct kvs *params, struct err *err)
{
	if (db_begin(db, err) < 0)
		return -1;
	return db_end(db, add_params(db, model_id, params, err), err);
}
