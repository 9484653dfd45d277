/* SPDX-License-Identifier: MIT */
#include "track/rows.h"

#include <float.h>
#include <math.h>

const char *column_text_or_null(struct arena *a, sqlite3_stmt *st, int i)
{
	if (sqlite3_column_type(st, i) == SQLITE_NULL)
		return NULL;
	return column_text(a, st, i);
}

double column_value(sqlite3_stmt *st, int value, int is_nan)
{
	double v = sqlite3_column_double(st, value);
	if (is_nan >= 0 && sqlite3_column_int(st, is_nan))
		return NAN;
	if (v >= DBL_MAX || v <= -DBL_MAX)
		return v > 0 ? INFINITY : -INFINITY;
	return v;
}

double value_stored(double v)
{
	if (isnan(v))
		return 0;
	if (isinf(v))
		return v > 0 ? DBL_MAX : -DBL_MAX;
	return v;
}

int rows_to_kvs(
    struct db *db, struct arena *a, sqlite3_stmt *st, struct kvs *out, struct err *err)
{
	int rc;
	*out = (struct kvs){0};
	while ((rc = stmt_step(db, st, err)) > 0) {
		ARENA_GROW(a, out->v, out->n);
		out->v[out->n].key = column_text(a, st, 0);
		out->v[out->n++].value = column_text(a, st, 1);
	}
	return rc;
}

int rows_to_list(struct db *db, struct arena *a, sqlite3_stmt *st, const char ***out,
    size_t *n, struct err *err)
{
	int rc;
	*out = NULL;
	*n = 0;
	while ((rc = stmt_step(db, st, err)) > 0) {
		ARENA_GROW(a, *out, *n);
		(*out)[(*n)++] = column_text(a, st, 0);
	}
	return rc;
}

int rows_deal(struct db *db, struct arena *a, sqlite3_stmt *which, sqlite3_stmt *what,
    struct kvs *(*owner)(void *arg, sqlite3_stmt *which), void *arg, struct err *err)
{
	int rc;
	while ((rc = stmt_step(db, which, err)) > 0) {
		struct kvs *to = owner(arg, which);
		if (!to)
			continue;
		if (stmt_bind(db, what, err, "i", column_int(which, 0, 0)) < 0 ||
		    stmt_step(db, what, err) < 0)
			return -1;
		ARENA_GROW(a, to->v, to->n);
		to->v[to->n].key = column_text(a, what, 0);
		to->v[to->n++].value = column_text(a, what, 1);
	}
	return rc;
}

static bool knows_column(struct db *db, const char *table, const char *column)
{
	return sqlite3_table_column_metadata(db->sq, "main", table, column, NULL, NULL,
		   NULL, NULL, NULL) == SQLITE_OK;
}

bool db_has_column(struct db *db, const char *table, const char *column)
{
	if (db->fresh || knows_column(db, table, column))
		return true;
	/* Another process may have migrated the file: running anything looks again. */
	sqlite3_exec(db->sq, "SELECT 1 FROM sqlite_master LIMIT 1", NULL, NULL, NULL);
	return knows_column(db, table, column);
}

int db_need_logged_models(struct db *db, struct err *err)
{
	if (db_has_column(db, "logged_models", "model_id"))
		return 0;
	return err_set(err, ERR_UNSUPPORTED,
	    "Logged models are not supported: the database was made by an MLflow before "
	    "3.0");
}
