/* SPDX-License-Identifier: MIT */
/*
 * db.h -- one open tracking database: the only place that talks to SQLite.
 *
 * Statements are typed by a format string: 's' text (NULL becomes NULL), 'i' int64_t,
 * 'd' double.  Every failure is an error that names the file.  Waiting for another
 * process's lock ends after the busy time-out (20 s as MLflow; MLP_BUSY_TIMEOUT in ms) or
 * with an interruption.
 */
#ifndef DB_H
#define DB_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/ctx.h"
#include "base/err.h"

struct db {
	sqlite3 *sq;
	const struct ctx *ctx;
	const char *path;	   /* borrowed, for SQLite and for messages */
	const char *artifact_root; /* borrowed, for experiments made here */
	bool fresh;		   /* no tables yet: the first transaction makes them */
	int64_t busy_ms;	   /* how long to wait for a lock */
	int64_t busy_since;	   /* when the present wait began */
	pthread_mutex_t *writer;   /* borrowed, or NULL */
	bool has_writer;	   /* it is locked by the present transaction */
	bool quick, together;	   /* as in the options */
	bool sync_after; /* the present transaction is to be waited for when it is over */
	bool prompt;	 /* a commit does not wait for the disk */
	bool hurried;	 /* wait for nobody: ERR_BUSY at once; the caller's to set */
	/* as in the options */
	void (*log_grew)(void *arg, const struct db *db, int pages);
	void *log_arg;
	struct db *unchecked; /* see db_unchecked() */
	struct db_kept *kept; /* see db_keep() */
	size_t nkept, capkept;
};

struct db_options {
	const struct ctx *ctx;
	const char *path;	   /* absolute */
	const char *artifact_root; /* absolute */
	bool create; /* make file and directory when missing; must be writable */
	/*
	 * Where a process opens the database several times, or several processes do that
	 * have memory in common (a robust mutex): held through a writing transaction, so
	 * that they queue instead of asking SQLite again and again.
	 */
	pthread_mutex_t *writer;
	/*
	 * Wait for the disk when the transaction is over and others may write, so that
	 * several wait at the same time; where the file has a write-ahead log.  What db_end
	 * has returned 0 for is on the disk as ever, but others may see it a moment before.
	 */
	bool together;
	/*
	 * Do not wait for the disk at each commit, where the file has a write-ahead log:
	 * what is committed outlives every process, but may be lost (whole transactions,
	 * the last ones) with the power.
	 */
	bool quick;
	/*
	 * With `quick`: called after each commit with the pages that the write-ahead log has,
	 * to move it into the file in its own way; NULL: db does, when it is long.
	 */
	void (*log_grew)(void *arg, const struct db *db, int pages);
	void *log_arg;
};

/* Before the first db_open, by a program that nobody else's SQLite shares. */
void db_own_process(void);

/*
 * Open and check that this is a database that we can use.  ERR_NOTFOUND: there is none
 * (or an empty file) and `create` is off.  What the options point to must outlive the db.
 * On failure nothing is left open; db_close is not needed.
 */
int db_open(struct db *db, const struct db_options *o, struct err *err);
/* Also moves what is still in the write-ahead log into the file, when nobody else has it.
 */
void db_close(struct db *db);

/*
 * The same database, of which SQLite does not look up whether the rows that a new one
 * refers to are there (foreign keys): for those who have looked themselves, in the same
 * transaction, and write much.  Another connection; opened at the first call, closed with
 * db.  It is db itself where there is nothing to gain.
 */
struct db *db_unchecked(struct db *db);

/* -1: what is written now is nowhere that anybody looks. */
int db_check_place(const struct db *db, struct err *err);

/*
 * A transaction that writes: it holds the write lock from the start, so that nothing in
 * it can find the database changed or locked.  The first one in a fresh file makes the
 * tables.
 */
int db_begin(struct db *db, struct err *err);
/* A transaction that reads: everything in it sees the same moment. */
int db_begin_read(struct db *db, struct err *err);
/*
 * Commit when rc is 0, else roll back; the transaction is over either way.  Returns rc,
 * or -1 when the commit failed.
 */
int db_end(struct db *db, int rc, struct err *err);

/* A fresh file has no tables to ask: make them now, unless a transaction is doing it. */
int db_ready(struct db *db, struct err *err);

#define auto_stmt __attribute__((cleanup(stmt_release_))) sqlite3_stmt *
static inline void stmt_release_(sqlite3_stmt **st)
{
	sqlite3_finalize(*st);
}

/* Prepare and bind; NULL on failure.  The texts bound must live as long as the statement.
 */
sqlite3_stmt *db_query(
    struct db *db, struct err *err, const char *sql, const char *fmt, ...);
/*
 * The same for what is asked all the time: prepared once, kept by the db and its to
 * finalize; `sql` must be a literal, whose address is the key.  Only inside a transaction,
 * whose end resets it; asked for again, it begins anew.
 */
sqlite3_stmt *db_keep(
    struct db *db, struct err *err, const char *sql, const char *fmt, ...);
/* Run it again with other values. */
int stmt_bind(struct db *db, sqlite3_stmt *st, struct err *err, const char *fmt, ...);
/* 1: a row; 0: no more; -1. */
int stmt_step(struct db *db, sqlite3_stmt *st, struct err *err);
/* One statement that gives no rows, prepared, run and forgotten. */
int db_run(struct db *db, struct err *err, const char *sql, const char *fmt, ...);

/* The same with a statement that is kept. */
int db_keep_run(struct db *db, struct err *err, const char *sql, const char *fmt, ...);
/* For db.c: reset those in use; finalize all. */
void db_kept_reset(struct db *db);
void db_kept_release(struct db *db);

/* A column's text, copied into the arena; "" for NULL. */
const char *column_text(struct arena *a, sqlite3_stmt *st, int i);
/* A column's number, or `fallback` for NULL. */
int64_t column_int(sqlite3_stmt *st, int i, int64_t fallback);

/* Turn SQLite's last failure into words.  -1. */
int db_error(struct db *db, struct err *err);
/* Two refusals that stat() and SQLite's flags know before SQLite fails.  -1. */
int db_refuse_readonly(const struct db *db, struct err *err);
int db_refuse_foreign(const char *path, struct err *err);
/* The last failure was a value that has to be unique and is there already. */
bool db_failed_unique(const struct db *db);

#endif
