/* SPDX-License-Identifier: MIT */
#include "base/buf.h"
#include "base/clock.h"
#include "track/schema.h"

/* What we read and write; one bit of a mask for each column, in this order. */
static const struct table_shape {
	const char *name;
	const char *columns[16];
} shapes[] = {
    {"experiments", {"experiment_id", "name", "artifact_location", "lifecycle_stage",
			"creation_time", "last_update_time"}},
    {"runs", {"run_uuid", "name", "source_type", "source_name", "entry_point_name",
		 "user_id", "status", "start_time", "end_time", "source_version",
		 "lifecycle_stage", "artifact_uri", "experiment_id", "deleted_time"}},
    {"params", {"key", "value", "run_uuid"}},
    {"tags", {"key", "value", "run_uuid"}},
    {"metrics", {"key", "value", "timestamp", "run_uuid", "step", "is_nan"}},
    {"latest_metrics", {"key", "value", "timestamp", "step", "is_nan", "run_uuid"}},
};
enum { NSHAPES = sizeof(shapes) / sizeof(shapes[0]) };

static int shape_index(const char *table)
{
	for (int i = 0; i < NSHAPES; i++)
		if (strcmp(shapes[i].name, table) == 0)
			return i;
	return -1;
}

static int column_index(const struct table_shape *t, const char *column)
{
	for (int i = 0; i < 16 && t->columns[i]; i++)
		if (strcmp(t->columns[i], column) == 0)
			return i;
	return -1;
}

static void revision_of(struct db *db, struct buf *out)
{
	auto_stmt st = NULL;
	if (sqlite3_prepare_v2(db->sq, "SELECT version_num FROM alembic_version", -1, &st,
		NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW && sqlite3_column_text(st, 0))
		buf_addf(out, "%.40s", (const char *)sqlite3_column_text(st, 0));
	else
		buf_adds(out, "unknown");
}

static int refuse_unknown(
    struct db *db, const char *table, const char *column, struct err *err)
{
	auto_buf rev = BUF_INIT;
	revision_of(db, &rev);
	err_set(err, ERR_FAIL,
	    "database '%s' (revision %s) has a column that mlp does not know and that "
	    "must "
	    "have a value: %s.%s",
	    db->path, rev.s, table, column);
	return err_hint(err, "it was made by a later MLflow: use a later mlp, or another "
			     "file with --tracking-uri");
}

static int refuse_missing(
    struct db *db, const char *table, const char *column, struct err *err)
{
	auto_buf rev = BUF_INIT;
	revision_of(db, &rev);
	err_set(err, ERR_FAIL,
	    "database '%s' (revision %s) has no column %s.%s: it is older than MLflow "
	    "2.8",
	    db->path, rev.s, table, column);
	return err_hint(
	    err, "bring it up to date with 'mlflow db upgrade sqlite:///%s'", db->path);
}

static int refuse_foreign(struct db *db, const char *table, struct err *err)
{
	err_set(err, ERR_FAIL,
	    "'%s' is not an MLflow database: an SQLite file without the table '%s'",
	    db->path, table);
	return err_hint(err, "name another file with --tracking-uri sqlite:///FILE");
}

/* One row of the query below; marks the column in seen[]. */
static int check_column(struct db *db, sqlite3_stmt *st, unsigned *seen, struct err *err)
{
	const char *table = (const char *)sqlite3_column_text(st, 0);
	const char *column = (const char *)sqlite3_column_text(st, 1);
	bool must_have_value = sqlite3_column_int(st, 2);
	int t = table ? shape_index(table) : -1;
	int c = t >= 0 && column ? column_index(&shapes[t], column) : -1;
	if (c >= 0)
		seen[t] |= 1u << c;
	else if (t >= 0 && must_have_value)
		return refuse_unknown(db, table, column ? column : "?", err);
	return 0;
}

static int check_seen(struct db *db, const unsigned *seen, struct err *err)
{
	for (int t = 0; t < NSHAPES; t++)
		if (!seen[t])
			return refuse_foreign(db, shapes[t].name, err);
	for (int t = 0; t < NSHAPES; t++)
		for (int c = 0; c < 16 && shapes[t].columns[c]; c++)
			if (!(seen[t] & 1u << c))
				return refuse_missing(
				    db, shapes[t].name, shapes[t].columns[c], err);
	return 0;
}

/* A column with a default, or the row number itself, may be left out. */
static const char columns_sql[] =
    "SELECT m.name, c.name,"
    " c.\"notnull\" AND c.dflt_value IS NULL"
    " AND NOT (c.pk AND lower(c.type) = 'integer')"
    " FROM sqlite_master m JOIN pragma_table_info(m.name) c"
    " WHERE m.type = 'table' AND m.name IN"
    " ('experiments', 'runs', 'params', 'tags', 'metrics', 'latest_metrics')";

static int check_columns(struct db *db, struct err *err)
{
	auto_stmt st = NULL;
	unsigned seen[NSHAPES] = {0};
	int rc;
	if (sqlite3_prepare_v2(db->sq, columns_sql, -1, &st, NULL) != SQLITE_OK)
		return err_set(
		    err, ERR_FAIL, "database '%s': %s", db->path, sqlite3_errmsg(db->sq));
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		if (check_column(db, st, seen, err) < 0)
			return -1;
	if (rc != SQLITE_DONE)
		return err_set(
		    err, ERR_FAIL, "database '%s': %s", db->path, sqlite3_errmsg(db->sq));
	return check_seen(db, seen, err);
}

/* 1: there is something in it; 0: nothing; -1. */
static int has_tables(struct db *db, struct err *err)
{
	auto_stmt st = NULL;
	int rc;
	if (sqlite3_prepare_v2(db->sq, "SELECT 1 FROM sqlite_master LIMIT 1", -1, &st,
		NULL) != SQLITE_OK)
		return db_error(db, err);
	rc = sqlite3_step(st);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return db_error(db, err);
	return rc == SQLITE_ROW;
}

int schema_check(struct db *db, struct err *err)
{
	auto_buf rev = BUF_INIT;
	int some = has_tables(db, err);
	if (some < 0)
		return -1;
	db->fresh = some == 0;
	if (db->fresh)
		return 0;
	/* Our own revision means exactly our own tables: the common case, kept short. */
	revision_of(db, &rev);
	return strcmp(rev.s, SCHEMA_REVISION) == 0 ? 0 : check_columns(db, err);
}

int schema_explain(struct db *db, struct err *err)
{
	return check_columns(db, err);
}

int schema_create(struct db *db, struct err *err)
{
	auto_arena a = ARENA_INIT;
	int64_t now = clock_now_ms();
	int some = has_tables(db, err);
	if (some < 0)
		return -1;
	if (some)
		return schema_check(db, err);
	if (sqlite3_exec(db->sq, schema_ddl, NULL, NULL, NULL) != SQLITE_OK)
		return db_error(db, err);
	if (db_run(db, err, "INSERT INTO alembic_version (version_num) VALUES (?)", "s",
		SCHEMA_REVISION) < 0)
		return -1;
	return db_run(db, err,
	    "INSERT INTO experiments (experiment_id, name, artifact_location,"
	    " lifecycle_stage, creation_time, last_update_time)"
	    " VALUES (0, 'Default', ?, 'active', ?, ?)",
	    "sii", arena_printf(&a, "%s/0", db->artifact_root), now, now);
}
