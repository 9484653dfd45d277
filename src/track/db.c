/* SPDX-License-Identifier: MIT */
#include "track/db.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/path.h"
#include "track/log_vfs.h"
#include "track/schema.h"

/* No text of MLflow's comes near; a longer one is a broken or a hostile file. */
enum {
	VALUE_MAX = 64 << 20,
	BUSY_MS = 20000,
	PATIENT = 30,  /* times that, with those who write together */
	TURN_MS = 200, /* between looks at ctx->interrupted */
	PAGE_MIN = 512,
	LOG_PAGES = 8000, /* 32 MB */
};

static bool interrupted(const struct db *db)
{
	return db->ctx->interrupted && *db->ctx->interrupted;
}

/* How long to sleep before the n-th try: a little more each time, never in step. */
static void nap(int tries)
{
	unsigned char r = 0;
	int ms = tries < 20 ? 1 + tries : 20;
	sqlite3_randomness(1, &r);
	usleep((useconds_t)(ms * 1000 + r * 20));
}

static int on_busy(void *arg, int tries)
{
	struct db *db = arg;
	if (tries == 0)
		db->busy_since = clock_mono_ms();
	if (db->hurried || interrupted(db) ||
	    clock_mono_ms() - db->busy_since >= db->busy_ms)
		return 0;
	nap(tries);
	return 1;
}

static int64_t busy_setting(void)
{
	const char *s = getenv("MLP_BUSY_TIMEOUT");
	char *end;
	long v;
	if (!s || !*s)
		return BUSY_MS;
	v = strtol(s, &end, 10);
	return *end || v < 0 || v > 86400000 ? BUSY_MS : v;
}

static int64_t busy_limit(const struct ctx *ctx)
{
	int64_t ms = busy_setting();
	return ctx->busy_ms && ctx->busy_ms < ms ? ctx->busy_ms : ms;
}

static bool exists_with(const char *path, const char *suffix)
{
	auto_arena a = ARENA_INIT;
	return path_exists(arena_printf(&a, "%s%s", path, suffix));
}

/* What stat() can tell before SQLite is asked. */
static int check_file(const struct db_options *o, struct err *err)
{
	auto_arena a = ARENA_INIT;
	struct stat st;
	if (stat(o->path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return err_set(err, ERR_FAIL,
			    "'%s' is a directory, not an MLflow database", o->path);
		if (!S_ISREG(st.st_mode))
			return err_set(err, ERR_FAIL,
			    "'%s' is not a regular file, not an MLflow database",
			    o->path);
		/* SQLite takes a file of a few bytes for an empty database. */
		return st.st_size > 0 && st.st_size < PAGE_MIN
			   ? db_refuse_foreign(o->path, err)
			   : 0;
	}
	if (errno != ENOENT)
		return err_sys(err, errno, "cannot open database '%s'", o->path);
	if (!o->create) {
		err_set(err, ERR_NOTFOUND, "there is no database '%s'", o->path);
		return err_hint(err, "the first 'mlp run' makes it; another one is named "
				     "with --tracking-uri");
	}
	return dir_make(path_dir(&a, o->path), 0777, err);
}

/* "file:" with everything escaped that a URI would take for something else. */
static void immutable_uri(struct buf *out, const char *path)
{
	buf_adds(out, "file:");
	for (; *path; path++)
		if (strchr("%?#", *path))
			buf_addf(out, "%%%02X", (unsigned char)*path);
		else
			buf_addc(out, *path);
	buf_adds(out, "?immutable=1");
}

/*
 * A file in write-ahead mode needs its companions even for reading.  Where they cannot be
 * made and there is none, nobody is writing either, and SQLite may take the file as it
 * is.
 */
static bool only_readable(const char *path)
{
	auto_arena a = ARENA_INIT;
	if (access(path, F_OK) < 0)
		return false;
	if (access(path, W_OK) == 0 && access(path_dir(&a, path), W_OK) == 0)
		return false;
	return !exists_with(path, "-wal") && !exists_with(path, "-journal");
}

static int open_handle(struct db *db, const struct db_options *o)
{
	auto_buf uri = BUF_INIT;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	if (!o->create && only_readable(o->path)) {
		immutable_uri(&uri, o->path);
		flags ^= SQLITE_OPEN_READWRITE;
		flags |= SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
		return sqlite3_open_v2(uri.s, &db->sq, flags, NULL);
	}
	if (o->create)
		flags |= SQLITE_OPEN_CREATE;
	return sqlite3_open_v2(o->path, &db->sq, flags, o->quick ? log_vfs_name() : NULL);
}

static void configure(struct db *db)
{
	sqlite3_busy_handler(db->sq, on_busy, db);
	sqlite3_db_config(db->sq, SQLITE_DBCONFIG_ENABLE_FKEY, 1, (int *)NULL);
	sqlite3_db_config(db->sq, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
	sqlite3_db_config(db->sq, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)NULL);
	sqlite3_limit(db->sq, SQLITE_LIMIT_LENGTH, VALUE_MAX);
}

static int check_writable(struct db *db, struct err *err)
{
	if (!sqlite3_db_readonly(db->sq, "main"))
		return 0;
	return db_refuse_readonly(db, err);
}

/*
 * Moving the log into the file waits for the disk: seldom, so that pages that change often
 * are moved once.
 */
static int on_log(void *arg, sqlite3 *sq, const char *name, int pages)
{
	struct db *db = arg;
	if (db->log_grew)
		db->log_grew(db->log_arg, db, pages);
	else if (pages >= LOG_PAGES)
		sqlite3_wal_checkpoint_v2(
		    sq, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	return SQLITE_OK;
}

/*
 * Without a log, "normal" would risk the whole file with the power; so it is only for
 * files that have one, which must be known outside of a transaction.
 */
static int hurry(struct db *db, struct err *err)
{
	auto_stmt st = NULL;
	if (!db->quick && !db->together)
		return 0;
	if (sqlite3_prepare_v2(db->sq, "PRAGMA journal_mode", -1, &st, NULL) !=
		SQLITE_OK ||
	    sqlite3_step(st) != SQLITE_ROW)
		return db_error(db, err);
	if (strcmp((const char *)sqlite3_column_text(st, 0), "wal") != 0) {
		db->together = false;
		return 0;
	}
	if (db->quick)
		sqlite3_wal_hook(db->sq, on_log, db);
	if (sqlite3_exec(db->sq, "PRAGMA synchronous=NORMAL", NULL, NULL, NULL) !=
	    SQLITE_OK)
		return db_error(db, err);
	db->prompt = db->quick;
	return 0;
}

static int open_and_check(struct db *db, const struct db_options *o, struct err *err)
{
	int rc = open_handle(db, o);
	if (!db->sq)
		return err_sys(err, ENOMEM, "cannot open database '%s'", o->path);
	if (rc != SQLITE_OK)
		return db_error(db, err);
	configure(db);
	if (schema_check(db, err) < 0)
		return -1;
	if (db->fresh && !o->create) {
		err_set(err, ERR_NOTFOUND, "database '%s' is empty", o->path);
		return err_hint(err, "the first 'mlp run' fills it");
	}
	if (!db->fresh && hurry(db, err) < 0)
		return -1;
	return o->create ? check_writable(db, err) : 0;
}

void db_own_process(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* a lock for each malloc */
}

/* Whoever died with it held has left nothing behind: SQLite sees to the database. */
static bool got(pthread_mutex_t *m, int rc)
{
	return rc == 0 || (rc == EOWNERDEAD && pthread_mutex_consistent(m) == 0);
}

static bool writer_await(struct db *db, int64_t ms)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	return got(
	    db->writer, pthread_mutex_clocklock(db->writer, CLOCK_MONOTONIC, &until));
}

/*
 * Where they write together, whoever has it lives, and himself gives up on a database that
 * others have locked: else it is a slow disk or a busy machine that he waits for.
 */
static int64_t writer_patience(const struct db *db)
{
	return db->together && !interrupted(db) ? PATIENT * db->busy_ms : db->busy_ms;
}

static int writer_lock(struct db *db, struct err *err)
{
	int64_t began = clock_mono_ms(), left;
	if (!db->writer)
		return 0;
	db->has_writer = got(db->writer, pthread_mutex_trylock(db->writer));
	while (!db->has_writer && !db->hurried &&
	       (left = began + writer_patience(db) - clock_mono_ms()) > 0)
		db->has_writer = writer_await(db, left < TURN_MS ? left : TURN_MS);
	return db->has_writer
		   ? 0
		   : err_set(err, ERR_BUSY, "database '%s' is locked", db->path);
}

static void writer_unlock(struct db *db)
{
	if (db->has_writer)
		pthread_mutex_unlock(db->writer);
	db->has_writer = false;
}

/* Who makes the tables is let finish. */
static int open_in_turn(struct db *db, const struct db_options *o, struct err *err)
{
	int rc;
	if (db->together && writer_lock(db, err) < 0)
		return -1;
	rc = open_and_check(db, o, err);
	writer_unlock(db);
	return rc;
}

int db_open(struct db *db, const struct db_options *o, struct err *err)
{
	*db = (struct db){.ctx = o->ctx,
	    .path = o->path,
	    .artifact_root = o->artifact_root,
	    .quick = o->quick,
	    .together = o->together,
	    .log_grew = o->log_grew,
	    .log_arg = o->log_arg,
	    .writer = o->writer,
	    .busy_ms = busy_limit(o->ctx)};
	if (check_file(o, err) < 0)
		return -1;
	if (open_in_turn(db, o, err) == 0)
		return 0;
	db_close(db);
	return -1;
}

struct db *db_unchecked(struct db *db)
{
	const struct db_options o = {.ctx = db->ctx,
	    .path = db->path,
	    .artifact_root = db->artifact_root,
	    .quick = true,
	    .log_grew = db->log_grew,
	    .log_arg = db->log_arg,
	    .writer = db->writer};
	struct err ignored = ERR_INIT;
	struct db *other;
	if (db->unchecked)
		db->unchecked->hurried = db->hurried;
	if (db->unchecked || !db->quick || db->fresh)
		return db->unchecked ? db->unchecked : db;
	other = xcalloc(1, sizeof(*other));
	if (db_open(other, &o, &ignored) < 0) {
		free(other);
		return db;
	}
	sqlite3_db_config(other->sq, SQLITE_DBCONFIG_ENABLE_FKEY, 0, (int *)NULL);
	other->hurried = db->hurried;
	db->unchecked = other;
	return other;
}

void db_close(struct db *db)
{
	if (db->unchecked)
		db_close(db->unchecked);
	free(db->unchecked);
	db->unchecked = NULL;
	db_kept_release(db);
	sqlite3_close_v2(db->sq);
	db->sq = NULL;
}

/*
 * SQLite does not call the busy handler where waiting could end in a deadlock; trying
 * anew from the outside is safe.
 */
static int exec_patiently(struct db *db, const char *sql, struct err *err)
{
	int64_t until = clock_mono_ms() + db->busy_ms;
	for (int tries = 0;; tries++) {
		int rc = sqlite3_exec(db->sq, sql, NULL, NULL, NULL);
		if (rc == SQLITE_OK)
			return 0;
		rc &= 0xff;
		if (rc != SQLITE_BUSY && rc != SQLITE_LOCKED && rc != SQLITE_PROTOCOL)
			break;
		if (db->hurried || interrupted(db) || clock_mono_ms() >= until)
			break;
		nap(tries);
	}
	return db_error(db, err);
}

/* Only a file that we make ourselves gets the write-ahead log: see path_on_local_fs(). */
static int make_fresh(struct db *db, struct err *err)
{
	if (path_on_local_fs(db->path) &&
	    exec_patiently(db, "PRAGMA journal_mode=WAL", err) < 0)
		return -1;
	if (hurry(db, err) < 0)
		return -1;
	if (exec_patiently(db, "BEGIN IMMEDIATE", err) < 0)
		return -1;
	return schema_create(db, err) < 0 ? db_end(db, -1, err) : 0;
}

int db_check_place(const struct db *db, struct err *err)
{
	int moved = 0;
	sqlite3_file_control(db->sq, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
	if (!moved)
		return 0;
	return err_set(err, ERR_FAIL,
	    "the database '%s' was moved, removed or replaced while it was in use",
	    db->path);
}

int db_begin(struct db *db, struct err *err)
{
	int rc;
	if (check_writable(db, err) < 0 || writer_lock(db, err) < 0)
		return -1;
	rc = db->fresh ? make_fresh(db, err) : exec_patiently(db, "BEGIN IMMEDIATE", err);
	if (rc < 0)
		writer_unlock(db);
	db->sync_after = rc == 0 && db->together;
	return rc;
}

int db_ready(struct db *db, struct err *err)
{
	if (!db->fresh || !sqlite3_get_autocommit(db->sq))
		return 0;
	if (db_begin(db, err) < 0)
		return -1;
	return db_end(db, 0, err);
}

int db_begin_read(struct db *db, struct err *err)
{
	if (db_ready(db, err) < 0)
		return -1;
	return exec_patiently(db, "BEGIN", err);
}

static int commit(struct db *db, int rc, struct err *err)
{
	FAULT("commit.before");
	if (rc == 0 && sqlite3_exec(db->sq, "COMMIT", NULL, NULL, NULL) == SQLITE_OK) {
		FAULT("commit.after");
		db->fresh = false;
		return 0;
	}
	if (rc == 0)
		db_error(db, err);
	if (!sqlite3_get_autocommit(db->sq))
		sqlite3_exec(db->sq, "ROLLBACK", NULL, NULL, NULL);
	return -1;
}

/* The log, which holds all that was committed and is not yet in the file. */
static int sync_log(struct db *db, struct err *err)
{
	sqlite3_file *log = NULL;
	if (sqlite3_file_control(db->sq, "main", SQLITE_FCNTL_JOURNAL_POINTER,
		(void *)&log) != SQLITE_OK ||
	    !log || !log->pMethods ||
	    log->pMethods->xSync(log, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY) !=
		SQLITE_OK)
		return err_set(err, ERR_FAIL,
		    "database '%s': what was written may not be on the disk", db->path);
	return 0;
}

int db_end(struct db *db, int rc, struct err *err)
{
	bool sync = db->sync_after;
	db->sync_after = false;
	db_kept_reset(db);
	rc = commit(db, rc, err);
	writer_unlock(db);
	return rc == 0 && sync ? sync_log(db, err) : rc;
}
