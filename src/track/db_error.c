/* SPDX-License-Identifier: MIT */
/* db_error.c -- what went wrong in SQLite, for people. */
#include <errno.h>

#include "track/db.h"
#include "track/schema.h"

int db_refuse_readonly(const struct db *db, struct err *err)
{
	err_set(err, ERR_FAIL, "database '%s' may only be read", db->path);
	return err_hint(err, "make it writable, or name another with --tracking-uri");
}

static int say_busy(struct db *db, struct err *err)
{
	if (db->ctx->interrupted && *db->ctx->interrupted) {
		err_set(err, ERR_INTERRUPTED,
		    "interrupted while waiting for database '%s'", db->path);
		err->sys = *db->ctx->interrupted;
		return -1;
	}
	err_set(err, ERR_BUSY, "database '%s' is locked by another process (waited %g s)",
	    db->path, (double)db->busy_ms / 1000);
	return err_hint(
	    err, "'fuser %s' shows which; try again when it is done", db->path);
}

static int say_full(struct db *db, struct err *err)
{
	err_set(err, ERR_FAIL, "cannot write database '%s': no space left on the disk",
	    db->path);
	err->sys = ENOSPC;
	return -1;
}

int db_refuse_foreign(const char *path, struct err *err)
{
	err_set(
	    err, ERR_FAIL, "'%s' is not an MLflow database: it is no SQLite file", path);
	return err_hint(err, "name another file with --tracking-uri sqlite:///FILE");
}

static int say_damaged(struct db *db, struct err *err)
{
	err_set(err, ERR_FAIL, "database '%s' is damaged: %s", db->path,
	    sqlite3_errmsg(db->sq));
	return err_hint(err, "restore it from a copy, or save what is left with "
			     "'sqlite3 FILE .recover'");
}

static int say_system(struct db *db, struct err *err, const char *verb)
{
	int sys = sqlite3_system_errno(db->sq);
	if (sys == ENOSPC || sys == EDQUOT)
		return say_full(db, err);
	if (sys == 0)
		return err_set(err, ERR_FAIL, "cannot %s database '%s': %s", verb,
		    db->path, sqlite3_errmsg(db->sq));
	err_sys(err, sys, "cannot %s database '%s'", verb, db->path);
	err->code = ERR_FAIL;
	return -1;
}

/* A statement does not fit the tables: say which table, column and revision it is. */
static int say_shape(struct db *db, struct err *err)
{
	char text[512];
	snprintf(text, sizeof(text), "%s", sqlite3_errmsg(db->sq));
	if (!db->fresh && schema_explain(db, err) < 0)
		return -1;
	return err_set(err, ERR_FAIL, "database '%s': %s", db->path, text);
}

int db_error(struct db *db, struct err *err)
{
	int rc = sqlite3_extended_errcode(db->sq);
	if (rc == SQLITE_CONSTRAINT_NOTNULL)
		return say_shape(db, err);
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		return say_busy(db, err);
	case SQLITE_FULL:
		return say_full(db, err);
	case SQLITE_NOTADB:
		return db_refuse_foreign(db->path, err);
	case SQLITE_CORRUPT:
		return say_damaged(db, err);
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return db_refuse_readonly(db, err);
	case SQLITE_CANTOPEN:
		return say_system(db, err, "open");
	case SQLITE_IOERR:
		return say_system(db, err, rc == SQLITE_IOERR_WRITE ? "write" : "use");
	case SQLITE_NOMEM:
		return err_set(err, ERR_FAIL, "database '%s': out of memory", db->path);
	case SQLITE_ERROR:
		return say_shape(db, err);
	default:
		return err_set(
		    err, ERR_FAIL, "database '%s': %s", db->path, sqlite3_errmsg(db->sq));
	}
}

bool db_failed_unique(const struct db *db)
{
	int rc = sqlite3_extended_errcode(db->sq);
	return rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY;
}
