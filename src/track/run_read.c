/* SPDX-License-Identifier: MIT */
#include "track/rows.h"
#include "track/run_store.h"

void run_from_row(struct arena *a, sqlite3_stmt *st, struct run_record *out)
{
	*out = (struct run_record){.run_id = column_text(a, st, 0),
	    .name = column_text(a, st, 1),
	    .user = column_text(a, st, 2),
	    .artifact_uri = column_text(a, st, 3),
	    .experiment_id = column_int(st, 4, -1),
	    .experiment_name = column_text(a, st, 5),
	    .start_time = column_int(st, 7, -1),
	    .end_time = column_int(st, 8, -1)};
	/* The column may be NULL; nothing then says that the run ever began. */
	if (run_status_from_word(column_text(a, st, 6), &out->status) < 0)
		out->status = RUN_SCHEDULED;
	out->deleted = strcmp(column_text(a, st, 9), "deleted") == 0;
}

static int fill_kvs(struct db *db, struct arena *a, sqlite3_stmt *st, const char *run_id,
    struct kvs *out, struct err *err)
{
	if (stmt_bind(db, st, err, "s", run_id) < 0)
		return -1;
	return rows_to_kvs(db, a, st, out, err);
}

static int fill_metrics(struct db *db, struct arena *a, sqlite3_stmt *st,
    struct run_record *r, struct err *err)
{
	int rc;
	r->metrics = NULL;
	r->nmetrics = 0;
	if (stmt_bind(db, st, err, "s", r->run_id) < 0)
		return -1;
	while ((rc = stmt_step(db, st, err)) > 0) {
		ARENA_GROW(a, r->metrics, r->nmetrics);
		r->metrics[r->nmetrics++] = (struct metric){.key = column_text(a, st, 0),
		    .value = column_value(st, 1, 4),
		    .timestamp = column_int(st, 2, -1),
		    .step = column_int(st, 3, 0)};
	}
	return rc;
}

int runs_fill(
    struct db *db, struct arena *a, struct run_record *runs, size_t n, struct err *err)
{
	sqlite3_stmt *tags, *params, *metrics;
	if (!(tags = db_keep(db, err,
		  "SELECT \"key\", value FROM tags WHERE run_uuid = ? ORDER BY \"key\"",
		  "")) ||
	    !(params = db_keep(db, err,
		  "SELECT \"key\", value FROM params WHERE run_uuid = ?"
		  " ORDER BY \"key\"",
		  "")) ||
	    !(metrics = db_keep(db, err,
		  "SELECT \"key\", value, timestamp, step, is_nan FROM latest_metrics"
		  " WHERE run_uuid = ? ORDER BY \"key\"",
		  "")))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (fill_kvs(db, a, tags, runs[i].run_id, &runs[i].tags, err) < 0 ||
		    fill_kvs(db, a, params, runs[i].run_id, &runs[i].params, err) < 0 ||
		    fill_metrics(db, a, metrics, &runs[i], err) < 0)
			return -1;
	return 0;
}

int run_read_row(struct db *db, struct arena *a, const char *run_id,
    struct run_record *out, struct err *err)
{
	sqlite3_stmt *st = db_keep(db, err,
	    "SELECT " RUN_COLUMNS " FROM runs r LEFT JOIN experiments e"
	    " ON e.experiment_id = r.experiment_id WHERE r.run_uuid = ?",
	    "s", run_id);
	int rc = st ? stmt_step(db, st, err) : -1;
	if (rc < 0)
		return -1;
	if (rc == 0)
		return run_not_found(run_id, err);
	run_from_row(a, st, out);
	return 0;
}

static int read_run(struct db *db, struct arena *a, const char *run_id,
    struct run_record *out, struct err *err)
{
	if (run_read_row(db, a, run_id, out, err) < 0)
		return -1;
	return runs_fill(db, a, out, 1, err);
}

int run_read(struct db *db, struct arena *a, const char *run_id, struct run_record *out,
    struct err *err)
{
	if (db_begin_read(db, err) < 0)
		return -1;
	return db_end(db, read_run(db, a, run_id, out, err), err);
}
