/* SPDX-License-Identifier: MIT */
#include "track/logged_model.h"
#include "track/rows.h"

static int write_one(struct db *db, sqlite3_stmt *st, const char *run_id,
    int64_t experiment_id, const struct model_metric *m, struct err *err)
{
	if (stmt_bind(db, st, err, "ssiidisss", m->model_id, m->metric.key,
		m->metric.timestamp, m->metric.step, value_stored(m->metric.value),
		experiment_id, run_id, m->dataset_name, m->dataset_digest) < 0)
		return -1;
	return stmt_step(db, st, err);
}

/* One that has just been looked at is there; deleted ones are, too. */
static int need_model(
    struct db *db, const char *model_id, const char **last, struct err *err)
{
	sqlite3_stmt *st;
	int rc;
	if (*last && strcmp(*last, model_id) == 0)
		return 0;
	*last = model_id;
	st = db_keep(
	    db, err, "SELECT 1 FROM logged_models WHERE model_id = ?", "s", model_id);
	rc = st ? stmt_step(db, st, err) : -1;
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	return err_set(
	    err, ERR_NOTFOUND, "Logged model with ID '%s' not found.", model_id);
}

int logged_model_metrics_write(struct db *db, const char *run_id, int64_t experiment_id,
    const struct model_metric *metrics, size_t n, struct err *err)
{
	sqlite3_stmt *st = NULL;
	const char *last = NULL;
	if (!db_has_column(db, "logged_model_metrics", "model_id"))
		return 0;
	for (size_t i = 0; i < n; i++) {
		const struct model_metric *m = &metrics[i];
		if (!m->model_id || !*m->model_id)
			continue;
		if (!st)
			st = db_keep(db, err,
			    "INSERT INTO logged_model_metrics (model_id, metric_name,"
			    " metric_timestamp_ms, metric_step, metric_value,"
			    " experiment_id, run_id, dataset_uuid, dataset_name,"
			    " dataset_digest) VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?, ?)"
			    " ON CONFLICT DO NOTHING",
			    "");
		if (!st || need_model(db, m->model_id, &last, err) < 0 ||
		    write_one(db, st, run_id, experiment_id, m, err) < 0)
			return -1;
	}
	return 0;
}
