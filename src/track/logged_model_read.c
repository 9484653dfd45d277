/* SPDX-License-Identifier: MIT */
#include "track/logged_model.h"
#include "track/rows.h"

void logged_model_from_row(struct arena *a, sqlite3_stmt *st, struct logged_model *out)
{
	*out = (struct logged_model){.model_id = column_text(a, st, 0),
	    .experiment_id = column_int(st, 1, 0),
	    .name = column_text(a, st, 2),
	    .artifact_uri = column_text(a, st, 3),
	    .created = column_int(st, 4, 0),
	    .updated = column_int(st, 5, 0),
	    .status = sqlite3_column_int(st, 6),
	    .deleted = strcmp(column_text(a, st, 7), "deleted") == 0,
	    .type = column_text_or_null(a, st, 8),
	    .source_run_id = column_text_or_null(a, st, 9),
	    .status_message = column_text_or_null(a, st, 10)};
}

static int fill_kvs(struct db *db, struct arena *a, sqlite3_stmt *st,
    const char *model_id, struct kvs *out, struct err *err)
{
	if (stmt_bind(db, st, err, "s", model_id) < 0)
		return -1;
	return rows_to_kvs(db, a, st, out, err);
}

static int fill_metrics(struct db *db, struct arena *a, sqlite3_stmt *st,
    struct logged_model *m, struct err *err)
{
	int rc;
	m->metrics = NULL;
	m->nmetrics = 0;
	if (stmt_bind(db, st, err, "s", m->model_id) < 0)
		return -1;
	while ((rc = stmt_step(db, st, err)) > 0) {
		ARENA_GROW(a, m->metrics, m->nmetrics);
		m->metrics[m->nmetrics++] =
		    (struct model_metric){.metric = {.key = column_text(a, st, 0),
					      .value = column_value(st, 1, -1),
					      .timestamp = column_int(st, 2, 0),
					      .step = column_int(st, 3, 0)},
			.model_id = m->model_id,
			.run_id = column_text(a, st, 4),
			.dataset_name = column_text_or_null(a, st, 5),
			.dataset_digest = column_text_or_null(a, st, 6)};
	}
	return rc;
}

int logged_models_fill(
    struct db *db, struct arena *a, struct logged_model *m, size_t n, struct err *err)
{
	auto_stmt tags = NULL;
	auto_stmt params = NULL;
	auto_stmt metrics = NULL;
	tags = db_query(db, err,
	    "SELECT tag_key, tag_value FROM logged_model_tags WHERE model_id = ?"
	    " ORDER BY tag_key",
	    "");
	if (!tags)
		return -1;
	params = db_query(db, err,
	    "SELECT param_key, param_value FROM logged_model_params WHERE model_id = ?"
	    " ORDER BY param_key",
	    "");
	if (!params)
		return -1;
	metrics = db_query(db, err,
	    "SELECT metric_name, metric_value, metric_timestamp_ms, metric_step, run_id,"
	    " dataset_name, dataset_digest FROM logged_model_metrics WHERE model_id = ?"
	    " ORDER BY rowid",
	    "");
	if (!metrics)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (fill_kvs(db, a, tags, m[i].model_id, &m[i].tags, err) < 0 ||
		    fill_kvs(db, a, params, m[i].model_id, &m[i].params, err) < 0 ||
		    fill_metrics(db, a, metrics, &m[i], err) < 0)
			return -1;
	return 0;
}

int logged_model_find(struct db *db, struct arena *a, const char *model_id,
    bool deleted_too, struct logged_model *out, struct err *err)
{
	auto_stmt st = NULL;
	int rc;
	if (db_need_logged_models(db, err) < 0)
		return -1;
	st = db_query(db, err,
	    "SELECT " LOGGED_MODEL_COLUMNS " FROM logged_models m WHERE m.model_id = ?",
	    "s", model_id);
	rc = st ? stmt_step(db, st, err) : -1;
	if (rc < 0)
		return -1;
	if (rc > 0)
		logged_model_from_row(a, st, out);
	if (rc == 0 || (out->deleted && !deleted_too))
		return err_set(
		    err, ERR_NOTFOUND, "Logged model with ID '%s' not found.", model_id);
	return 0;
}

static int read_model(struct db *db, struct arena *a, const char *model_id,
    bool deleted_too, struct logged_model *out, struct err *err)
{
	if (logged_model_find(db, a, model_id, deleted_too, out, err) < 0)
		return -1;
	return logged_models_fill(db, a, out, 1, err);
}

int logged_model_read(struct db *db, struct arena *a, const char *model_id,
    bool deleted_too, struct logged_model *out, struct err *err)
{
	if (db_begin_read(db, err) < 0)
		return -1;
	return db_end(db, read_model(db, a, model_id, deleted_too, out, err), err);
}
