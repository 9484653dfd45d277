/* SPDX-License-Identifier: MIT */
/*
 * batch_metrics.c -- metrics into the two tables that hold them: every value, and the latest
 * of each key.  Statements for many rows at once spare SQLite the half of its work that is
 * beginning and ending.
 */
#include <math.h>

#include "track/rows.h"
#include "track/run_store.h"

enum { BLOCK = 25 };

/* The run is the first value of each statement, then come five for each row. */
#define ROW "(?1, ?, ?, ?, ?, ?)"
#define ROWS ROW ", " ROW ", " ROW ", " ROW ", " ROW
#define BLOCK_ROWS ROWS ", " ROWS ", " ROWS ", " ROWS ", " ROWS

/* A failure ends the transaction: SQLite need not be able to undo a part of a statement. */
#define INTO "INSERT OR FAIL INTO "
#define COLUMNS " (run_uuid, \"key\", value, timestamp, step, is_nan) VALUES "
#define ADD INTO "metrics" COLUMNS
#define ADD_NEW " ON CONFLICT DO NOTHING"
#define SET INTO "latest_metrics" COLUMNS
#define SET_LATER                                                                        \
	" ON CONFLICT (\"key\", run_uuid) DO UPDATE SET"                                 \
	" value = excluded.value, timestamp = excluded.timestamp,"                       \
	" step = excluded.step, is_nan = excluded.is_nan"                                \
	" WHERE (excluded.step, excluded.timestamp, excluded.value) >"                   \
	" (latest_metrics.step, latest_metrics.timestamp, latest_metrics.value)"

/* What is kept is found by its address: one text for each statement. */
static const char *const one_row[] = {ADD ROW ADD_NEW, SET ROW SET_LATER};
static const char *const a_block[] = {ADD BLOCK_ROWS ADD_NEW, SET BLOCK_ROWS SET_LATER};

static bool bind_row(sqlite3_stmt *st, int at, const struct metric *m)
{
	return sqlite3_bind_text(st, at, m->key, -1, SQLITE_STATIC) == SQLITE_OK &&
	       sqlite3_bind_double(st, at + 1, value_stored(m->value)) == SQLITE_OK &&
	       sqlite3_bind_int64(st, at + 2, m->timestamp) == SQLITE_OK &&
	       sqlite3_bind_int64(st, at + 3, m->step) == SQLITE_OK &&
	       sqlite3_bind_int(st, at + 4, isnan(m->value)) == SQLITE_OK;
}

static int write_rows(struct db *db, const char *sql, const char *run_id,
    const struct metric *m, int n, struct err *err)
{
	sqlite3_stmt *st = db_keep(db, err, sql, "s", run_id);
	if (!st)
		return -1;
	for (int i = 0; i < n; i++)
		if (!bind_row(st, 2 + 5 * i, &m[i]))
			return db_error(db, err);
	return stmt_step(db, st, err) < 0 ? -1 : 0;
}

int batch_write_metrics(
    struct db *db, const char *run_id, const struct metric *m, size_t n, struct err *err)
{
	for (size_t i = 0, step; i < n; i += step) {
		const char *const *sql = n - i < BLOCK ? one_row : a_block;
		step = n - i < BLOCK ? 1 : BLOCK;
		if (write_rows(db, sql[0], run_id, &m[i], (int)step, err) < 0 ||
		    write_rows(db, sql[1], run_id, &m[i], (int)step, err) < 0)
			return -1;
	}
	return 0;
}
