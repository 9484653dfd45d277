/* SPDX-License-Identifier: MIT */
/* A write-ahead log that is written in large pieces: SQLite notices nothing. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "track/log_vfs.h"

/* One that writes our way, and one that reads SQLite's. */
struct two {
	char dir[64], path[96];
	sqlite3 *ours, *theirs;
};

static sqlite3 *opened(const char *path, const char *vfs)
{
	sqlite3 *sq;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	assert_int_equal(sqlite3_open_v2(path, &sq, flags, vfs), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(sq, "PRAGMA synchronous=NORMAL", NULL, NULL, NULL), SQLITE_OK);
	return sq;
}

static void tell(sqlite3 *sq, const char *sql)
{
	char *why = NULL;
	if (sqlite3_exec(sq, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", sql, why);
}

static int setup(void **state)
{
	struct two *t = calloc(1, sizeof(*t));
	if (!t)
		return -1;
	snprintf(t->dir, sizeof(t->dir), "/tmp/mlp-log.XXXXXX");
	if (!mkdtemp(t->dir))
		return -1;
	snprintf(t->path, sizeof(t->path), "%s/x.db", t->dir);
	t->ours = opened(t->path, log_vfs_name());
	tell(t->ours, "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0;"
		      "CREATE TABLE t (k INTEGER PRIMARY KEY, v TEXT);");
	t->theirs = opened(t->path, NULL);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct two *t = *state;
	struct err err = ERR_INIT;
	sqlite3_close(t->ours);
	sqlite3_close(t->theirs);
	tree_remove(t->dir, &err);
	free(t);
	return 0;
}

static long number(sqlite3 *sq, const char *sql)
{
	sqlite3_stmt *st;
	long n;
	assert_int_equal(sqlite3_prepare_v2(sq, sql, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return n;
}

static void is_whole(sqlite3 *sq)
{
	assert_int_equal(
	    number(sq, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
}

/* `rows` more, of some bytes each, and one transaction. */
static const char more_rows[] =
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
    " INSERT INTO t (v) SELECT hex(randomblob(%d)) FROM n";

static void add_rows(sqlite3 *sq, int rows, int bytes)
{
	char sql[256];
	snprintf(sql, sizeof(sql), more_rows, rows, bytes / 2);
	tell(sq, sql);
}

static void what_is_committed_is_seen(void **state)
{
	struct two *t = *state;
	long all = 0;
	for (int i = 0; i < 200; i++) {
		int rows = 1 + i * i % 97, bytes = 2 + i * 37 % 9000;
		add_rows(i % 3 ? t->ours : t->theirs, rows, bytes);
		all += rows;
		assert_int_equal(number(t->theirs, "SELECT count(*) FROM t"), all);
		assert_int_equal(number(t->ours, "SELECT count(*) FROM t"), all);
		if (i % 50 == 49)
			tell(t->ours, "PRAGMA wal_checkpoint(RESTART)");
	}
	is_whole(t->theirs);
}

/* Pages that are written twice in one transaction: headers are made anew. */
static void more_than_the_cache_holds(void **state)
{
	struct two *t = *state;
	tell(t->ours, "PRAGMA cache_size=10");
	add_rows(t->ours, 2000, 200);
	tell(t->ours, "BEGIN");
	for (int i = 0; i < 5; i++)
		tell(t->ours, "UPDATE t SET v = v || 'x'");
	tell(t->ours, "SAVEPOINT s; UPDATE t SET v = 'gone'; ROLLBACK TO s");
	assert_int_equal(number(t->theirs, "SELECT max(length(v)) FROM t"), 200);
	tell(t->ours, "COMMIT");
	assert_int_equal(number(t->theirs, "SELECT min(length(v)) FROM t"), 205);
	is_whole(t->theirs);
	tell(t->ours, "BEGIN; DELETE FROM t; ROLLBACK");
	assert_int_equal(number(t->theirs, "SELECT count(*) FROM t"), 2000);
	is_whole(t->theirs);
}

static void large_pages(void **state)
{
	struct two *t = *state;
	sqlite3 *ours, *theirs;
	char path[128];
	snprintf(path, sizeof(path), "%s/large.db", t->dir);
	ours = opened(path, log_vfs_name());
	tell(ours, "PRAGMA page_size=65536; PRAGMA journal_mode=WAL;"
		   "CREATE TABLE t (k INTEGER PRIMARY KEY, v TEXT)");
	theirs = opened(path, NULL);
	add_rows(ours, 50, 20000);
	assert_int_equal(number(theirs, "SELECT count(*) FROM t"), 50);
	is_whole(theirs);
	sqlite3_close(ours);
	sqlite3_close(theirs);
}

/* How often this process has written, as the kernel counts. */
static long writes(void)
{
	char text[512];
	FILE *f = fopen("/proc/self/io", "r");
	const char *at;
	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	at = strstr(text, "syscw: ");
	assert_non_null(at);
	return atol(at + 7);
}

static void few_writes(void **state)
{
	struct two *t = *state;
	long before = writes(), ours;
	add_rows(t->ours, 100, 4000);
	ours = writes() - before;
	before = writes();
	add_rows(t->theirs, 100, 4000);
	assert_in_range(writes() - before, 200, 1000);
	assert_in_range(ours, 1, 15);
}

/* The disk is full: the transaction is not there, what was before is, and it goes on. */
static void no_room(void **state)
{
	struct two *t = *state;
	struct rlimit old, tight;
	add_rows(t->ours, 10, 100);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	tight = (struct rlimit){.rlim_cur = 100000, .rlim_max = old.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	tell(t->ours, "BEGIN");
	add_rows(t->ours, 100, 4000);
	assert_int_not_equal(
	    sqlite3_exec(t->ours, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	if (!sqlite3_get_autocommit(t->ours))
		tell(t->ours, "ROLLBACK");
	assert_int_equal(number(t->theirs, "SELECT count(*) FROM t"), 10);
	add_rows(t->ours, 100, 4000);
	assert_int_equal(number(t->theirs, "SELECT count(*) FROM t"), 110);
	is_whole(t->theirs);
}

static void count_up(const char *path, int tell_fd)
{
	sqlite3 *sq = opened(path, log_vfs_name());
	for (int i = 1;; i++) {
		char sql[256];
		snprintf(sql, sizeof(sql), more_rows, 30, 2000);
		if (sqlite3_exec(sq, sql, NULL, NULL, NULL) != SQLITE_OK ||
		    write(tell_fd, &i, sizeof(i)) != sizeof(i))
			_exit(1);
	}
}

/* Of what was acknowledged nothing is lost with the process; each is there wholly. */
static void killed(void **state)
{
	struct two *t = *state;
	long before = 0;
	for (int round = 0; round < 10; round++) {
		int ends[2], done = 0, n, status;
		pid_t pid;
		long now;
		assert_int_equal(pipe(ends), 0);
		pid = fork();
		if (pid == 0)
			count_up(t->path, ends[1]);
		close(ends[1]);
		for (int i = 0; i < 5 + 3 * round; i++)
			assert_int_equal(
			    read(ends[0], &done, sizeof(done)), sizeof(done));
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		while (read(ends[0], &n, sizeof(n)) == sizeof(n))
			done = n;
		close(ends[0]);
		now = number(t->theirs, "SELECT count(*) FROM t");
		assert_int_equal((now - before) % 30, 0);
		assert_in_range((now - before) / 30, done, done + 1);
		before = now;
	}
	is_whole(t->theirs);
}

/* Who opens the file next has only the log to go by. */
static void killed_after_a_large_one(void **state)
{
	struct two *t = *state;
	int status;
	pid_t pid;
	add_rows(t->ours, 2000, 200);
	sqlite3_close(t->ours);
	sqlite3_close(t->theirs);
	t->ours = t->theirs = NULL;
	pid = fork();
	if (pid == 0) {
		t->ours = opened(t->path, log_vfs_name());
		tell(t->ours, "PRAGMA cache_size=10; PRAGMA wal_autocheckpoint=0; BEGIN;"
			      "UPDATE t SET v = v || 'x'; UPDATE t SET v = v || 'x';"
			      "COMMIT");
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	t->theirs = opened(t->path, NULL);
	assert_int_equal(number(t->theirs, "SELECT min(length(v)) FROM t"), 202);
	is_whole(t->theirs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(what_is_committed_is_seen, setup, teardown),
	    cmocka_unit_test_setup_teardown(more_than_the_cache_holds, setup, teardown),
	    cmocka_unit_test_setup_teardown(large_pages, setup, teardown),
	    cmocka_unit_test_setup_teardown(few_writes, setup, teardown),
	    cmocka_unit_test_setup_teardown(no_room, setup, teardown),
	    cmocka_unit_test_setup_teardown(killed, setup, teardown),
	    cmocka_unit_test_setup_teardown(killed_after_a_large_one, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
