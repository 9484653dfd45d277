/* SPDX-License-Identifier: MIT */
#include "track/recent.h"

/* Rows looked at: what bounds the time that a key press costs. */
#define LOOKED_AT "5000"

int recent_runs(struct db *db, struct arena *a, const char *text, size_t max,
    struct run_record **out, size_t *n, struct err *err)
{
	auto_stmt st = db_query(db, err,
	    "SELECT run_uuid, name, status, start_time FROM runs"
	    " WHERE rowid > (SELECT max(rowid) FROM runs) - " LOOKED_AT
	    " AND lifecycle_stage = 'active'"
	    " AND (substr(run_uuid, 1, length(?1)) = ?1"
	    " OR substr(name, 1, length(?1)) = ?1)"
	    " ORDER BY start_time DESC, run_uuid LIMIT ?2",
	    "si", text, (int64_t)max);
	int rc = st ? 0 : -1;
	*out = NULL;
	*n = 0;
	while (st && (rc = stmt_step(db, st, err)) > 0) {
		struct run_record *r;
		ARENA_GROW(a, *out, *n);
		r = &(*out)[(*n)++];
		r->run_id = column_text(a, st, 0);
		r->name = column_text(a, st, 1);
		run_status_from_word(column_text(a, st, 2), &r->status);
		r->start_time = column_int(st, 3, 0);
	}
	return rc < 0 ? -1 : 0;
}

int recent_experiments(struct db *db, struct arena *a, const char *text, size_t max,
    struct experiment **out, size_t *n, struct err *err)
{
	auto_stmt st = db_query(db, err,
	    "SELECT experiment_id, name FROM experiments"
	    " WHERE rowid > (SELECT max(rowid) FROM experiments) - " LOOKED_AT
	    " AND lifecycle_stage = 'active'"
	    " AND (substr(experiment_id, 1, length(?1)) = ?1"
	    " OR substr(name, 1, length(?1)) = ?1)"
	    " ORDER BY experiment_id DESC LIMIT ?2",
	    "si", text, (int64_t)max);
	int rc = st ? 0 : -1;
	*out = NULL;
	*n = 0;
	while (st && (rc = stmt_step(db, st, err)) > 0) {
		ARENA_GROW(a, *out, *n);
		(*out)[*n].id = column_int(st, 0, 0);
		(*out)[(*n)++].name = column_text(a, st, 1);
	}
	return rc < 0 ? -1 : 0;
}
