/* SPDX-License-Identifier: MIT */
#include "base/buf.h"
#include "track/experiment.h"
#include "track/run_store.h"

static void add_filter(struct buf *sql, const struct run_query *q, bool in_experiment)
{
	/* The runs of a deleted experiment are themselves marked deleted. */
	buf_adds(sql, " lifecycle_stage = 'active'");
	if (q->status >= 0)
		buf_addf(sql, " AND status = '%s'",
		    run_status_word((enum run_status)q->status));
	if (in_experiment)
		buf_adds(sql, " AND experiment_id = ?1");
}

/*
 * Runs come in roughly by time, so the last rows of the table hold a start time that the
 * wanted ones surely reach.  Knowing it first keeps nearly every row out of the sorter,
 * which otherwise costs three times the pass over the table.
 */
static void add_floor(struct buf *sql, const struct run_query *q, bool in_experiment)
{
	static const char lowest[] = "-9223372036854775807";
	long long n = (long long)q->limit;
	if (n == 0 || n > 1000)
		return;
	buf_addf(sql,
	    " ifnull(start_time, %s) >= ifnull((SELECT start_time FROM runs WHERE"
	    " rowid > (SELECT max(rowid) FROM runs) - %lld AND",
	    lowest, 10 * n + 100);
	add_filter(sql, q, in_experiment);
	buf_addf(sql, " ORDER BY start_time DESC LIMIT 1 OFFSET %lld), %s) AND", n - 1,
	    lowest);
}

/* Which rows first, with as little of each as possible, then everything about those. */
static void list_sql(struct buf *sql, const struct run_query *q, bool in_experiment)
{
	buf_adds(sql, "SELECT " RUN_COLUMNS " FROM"
		      " (SELECT rowid AS row, start_time, run_uuid FROM runs WHERE");
	add_floor(sql, q, in_experiment);
	add_filter(sql, q, in_experiment);
	buf_addf(sql, " ORDER BY start_time DESC, run_uuid LIMIT %lld) t",
	    q->limit ? (long long)q->limit : -1LL);
	buf_adds(sql, " JOIN runs r ON r.rowid = t.row"
		      " LEFT JOIN experiments e ON e.experiment_id = r.experiment_id"
		      " ORDER BY t.start_time DESC, t.run_uuid");
}

static int list(struct db *db, struct arena *a, const struct run_query *q,
    struct run_record **out, size_t *n, struct err *err)
{
	auto_buf sql = BUF_INIT;
	auto_stmt st = NULL;
	struct experiment e = {0};
	bool in_experiment = q->experiment.id || q->experiment.name;
	int rc;
	if (in_experiment && experiment_get(db, a, &q->experiment, &e, err) < 0)
		return -1;
	list_sql(&sql, q, in_experiment);
	st = db_query(db, err, sql.s, in_experiment ? "i" : "", e.id);
	if (!st)
		return -1;
	while ((rc = stmt_step(db, st, err)) > 0) {
		ARENA_GROW(a, *out, *n);
		run_from_row(a, st, &(*out)[(*n)++]);
	}
	return rc < 0 ? -1 : runs_fill(db, a, *out, *n, err);
}

int runs_query(struct db *db, struct arena *a, const struct run_query *q,
    struct run_record **out, size_t *n, struct err *err)
{
	*out = NULL;
	*n = 0;
	if (db_begin_read(db, err) < 0)
		return -1;
	return db_end(db, list(db, a, q, out, n, err), err);
}

/* The key comes first in the primary key of tags: only runs with a parent are looked at. */
static int list_children(struct db *db, struct arena *a, const char *parent_id,
    struct run_record **out, size_t *n, struct err *err)
{
	auto_stmt st = db_query(db, err,
	    "SELECT " RUN_COLUMNS " FROM tags t JOIN runs r ON r.run_uuid = t.run_uuid"
	    " LEFT JOIN experiments e ON e.experiment_id = r.experiment_id"
	    " WHERE t.\"key\" = 'mlflow.parentRunId' AND t.value = ?"
	    " AND r.lifecycle_stage = 'active' ORDER BY r.start_time, r.run_uuid",
	    "s", parent_id);
	int rc = st ? 0 : -1;
	while (st && (rc = stmt_step(db, st, err)) > 0) {
		ARENA_GROW(a, *out, *n);
		run_from_row(a, st, &(*out)[(*n)++]);
	}
	return rc < 0 ? -1 : runs_fill(db, a, *out, *n, err);
}

int runs_of_parent(struct db *db, struct arena *a, const char *parent_id,
    struct run_record **out, size_t *n, struct err *err)
{
	*out = NULL;
	*n = 0;
	if (db_begin_read(db, err) < 0)
		return -1;
	return db_end(db, list_children(db, a, parent_id, out, n, err), err);
}

/* Append the first column of every row, up to max. */
static int collect(struct db *db, struct arena *a, sqlite3_stmt *st, size_t max,
    const char ***ids, size_t *n, struct err *err)
{
	int rc = st ? 0 : -1;
	while (st && *n < max && (rc = stmt_step(db, st, err)) > 0) {
		ARENA_GROW(a, *ids, *n);
		(*ids)[(*n)++] = column_text(a, st, 0);
	}
	return rc < 0 ? -1 : 0;
}

static int find_exact(struct db *db, struct arena *a, const char *text, size_t max,
    const char ***ids, size_t *n, struct err *err)
{
	auto_stmt st = db_query(db, err,
	    "SELECT run_uuid FROM runs WHERE run_uuid = ? AND lifecycle_stage = 'active'",
	    "s", text);
	return collect(db, a, st, max, ids, n, err);
}

/* A range, not LIKE: the primary key answers it. */
static int find_prefix(struct db *db, struct arena *a, const char *text, size_t max,
    const char ***ids, size_t *n, struct err *err)
{
	const char *behind = arena_printf(a, "%s\xF4\x8F\xBF\xBF", text);
	auto_stmt st = db_query(db, err,
	    "SELECT run_uuid FROM runs WHERE run_uuid > ? AND run_uuid < ?"
	    " AND lifecycle_stage = 'active' ORDER BY start_time DESC, run_uuid",
	    "ss", text, behind);
	return collect(db, a, st, max, ids, n, err);
}

static int find_named(struct db *db, struct arena *a, const char *text, size_t max,
    const char ***ids, size_t *n, struct err *err)
{
	auto_stmt st = db_query(db, err,
	    "SELECT run_uuid FROM runs WHERE name = ? AND lifecycle_stage = 'active'"
	    " ORDER BY start_time DESC, run_uuid",
	    "s", text);
	return collect(db, a, st, max, ids, n, err);
}

int run_search(struct db *db, struct arena *a, const char *text, size_t max,
    const char ***ids, size_t *n, struct err *err)
{
	*ids = NULL;
	*n = 0;
	if (max == 0 || !*text)
		return 0;
	if (run_id_valid(text) && find_exact(db, a, text, max, ids, n, err) < 0)
		return -1;
	if (*n == 0 && run_id_valid(text) && strlen(text) >= 4 &&
	    find_prefix(db, a, text, max, ids, n, err) < 0)
		return -1;
	if (*n == 0 && find_named(db, a, text, max, ids, n, err) < 0)
		return -1;
	return 0;
}

int runs_running(struct db *db, struct arena *a, const char *host,
    const char *const *candidates, size_t ncandidates, const char ***ids, size_t *n,
    struct err *err)
{
	auto_stmt st = NULL;
	*ids = NULL;
	*n = 0;
	if (ncandidates == 0)
		return 0;
	st = db_query(db, err,
	    "SELECT r.run_uuid FROM runs r JOIN tags t"
	    " ON t.\"key\" = 'mlp.host' AND t.run_uuid = r.run_uuid"
	    " WHERE r.run_uuid = ? AND r.status = 'RUNNING' AND t.value = ?",
	    "");
	for (size_t i = 0; st && i < ncandidates; i++)
		if (stmt_bind(db, st, err, "ss", candidates[i], host) < 0 ||
		    collect(db, a, st, ncandidates, ids, n, err) < 0)
			return -1;
	return st ? 0 : -1;
}
