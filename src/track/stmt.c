/* SPDX-License-Identifier: MIT */
#include <stdarg.h>

#include "base/alloc.h"
#include "track/db.h"

struct db_kept {
	const char *sql;
	sqlite3_stmt *st;
	bool used;
};

static int bind_all(
    struct db *db, sqlite3_stmt *st, struct err *err, const char *fmt, va_list ap)
{
	int rc = SQLITE_OK;
	for (int i = 1; *fmt && rc == SQLITE_OK; fmt++, i++) {
		switch (*fmt) {
		case 's':
			rc = sqlite3_bind_text(
			    st, i, va_arg(ap, const char *), -1, SQLITE_STATIC);
			break;
		case 'i':
			rc = sqlite3_bind_int64(st, i, va_arg(ap, int64_t));
			break;
		case 'd':
			rc = sqlite3_bind_double(st, i, va_arg(ap, double));
			break;
		default:
			rc = SQLITE_MISUSE;
		}
	}
	return rc == SQLITE_OK ? 0 : db_error(db, err);
}

static sqlite3_stmt *query(
    struct db *db, struct err *err, const char *sql, const char *fmt, va_list ap)
{
	sqlite3_stmt *st = NULL;
	if (db_ready(db, err) < 0)
		return NULL;
	if (sqlite3_prepare_v2(db->sq, sql, -1, &st, NULL) != SQLITE_OK) {
		db_error(db, err);
		return NULL;
	}
	if (bind_all(db, st, err, fmt, ap) < 0) {
		sqlite3_finalize(st);
		return NULL;
	}
	return st;
}

sqlite3_stmt *db_query(
    struct db *db, struct err *err, const char *sql, const char *fmt, ...)
{
	va_list ap;
	sqlite3_stmt *st;
	va_start(ap, fmt);
	st = query(db, err, sql, fmt, ap);
	va_end(ap);
	return st;
}

/* The kept statement, prepared when it is new; NULL on failure. */
static struct db_kept *kept(struct db *db, struct err *err, const char *sql)
{
	struct db_kept *k;
	for (size_t i = 0; i < db->nkept; i++)
		if (db->kept[i].sql == sql)
			return &db->kept[i];
	GROW(db->kept, db->nkept, db->capkept);
	k = &db->kept[db->nkept];
	*k = (struct db_kept){.sql = sql};
	if (sqlite3_prepare_v3(
		db->sq, sql, -1, SQLITE_PREPARE_PERSISTENT, &k->st, NULL) != SQLITE_OK) {
		db_error(db, err);
		return NULL;
	}
	db->nkept++;
	return k;
}

static sqlite3_stmt *keep(
    struct db *db, struct err *err, const char *sql, const char *fmt, va_list ap)
{
	struct db_kept *k = db_ready(db, err) < 0 ? NULL : kept(db, err, sql);
	if (!k)
		return NULL;
	if (k->used)
		sqlite3_reset(k->st);
	k->used = true;
	return bind_all(db, k->st, err, fmt, ap) < 0 ? NULL : k->st;
}

sqlite3_stmt *db_keep(
    struct db *db, struct err *err, const char *sql, const char *fmt, ...)
{
	va_list ap;
	sqlite3_stmt *st;
	va_start(ap, fmt);
	st = keep(db, err, sql, fmt, ap);
	va_end(ap);
	return st;
}

void db_kept_reset(struct db *db)
{
	for (size_t i = 0; i < db->nkept; i++)
		if (db->kept[i].used) {
			sqlite3_reset(db->kept[i].st);
			sqlite3_clear_bindings(db->kept[i].st);
			db->kept[i].used = false;
		}
}

void db_kept_release(struct db *db)
{
	for (size_t i = 0; i < db->nkept; i++)
		sqlite3_finalize(db->kept[i].st);
	free(db->kept);
	db->kept = NULL;
	db->nkept = db->capkept = 0;
}

int stmt_bind(struct db *db, sqlite3_stmt *st, struct err *err, const char *fmt, ...)
{
	va_list ap;
	int rc;
	sqlite3_reset(st);
	va_start(ap, fmt);
	rc = bind_all(db, st, err, fmt, ap);
	va_end(ap);
	return rc;
}

int stmt_step(struct db *db, sqlite3_stmt *st, struct err *err)
{
	switch (sqlite3_step(st)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		return 0;
	default:
		return db_error(db, err);
	}
}

int db_run(struct db *db, struct err *err, const char *sql, const char *fmt, ...)
{
	auto_stmt st = NULL;
	va_list ap;
	va_start(ap, fmt);
	st = query(db, err, sql, fmt, ap);
	va_end(ap);
	if (!st)
		return -1;
	return stmt_step(db, st, err) < 0 ? -1 : 0;
}

int db_keep_run(struct db *db, struct err *err, const char *sql, const char *fmt, ...)
{
	va_list ap;
	sqlite3_stmt *st;
	va_start(ap, fmt);
	st = keep(db, err, sql, fmt, ap);
	va_end(ap);
	if (!st)
		return -1;
	return stmt_step(db, st, err) < 0 ? -1 : 0;
}

const char *column_text(struct arena *a, sqlite3_stmt *st, int i)
{
	const char *s = (const char *)sqlite3_column_text(st, i);
	return arena_strdup(a, s ? s : "");
}

int64_t column_int(sqlite3_stmt *st, int i, int64_t fallback)
{
	if (sqlite3_column_type(st, i) == SQLITE_NULL)
		return fallback;
	return sqlite3_column_int64(st, i);
}
