/* SPDX-License-Identifier: MIT */
/* store_fixture.h -- a temporary directory with a tracking database in it, for each test.
 */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "track/store.h"

struct fixture {
	char dir[64];
	struct ctx ctx;
	struct arena a;
	struct tracking t;
	struct store *s; /* NULL until open_store */
	struct err err;
};

static inline int fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	unsetenv("MLFLOW_TRACKING_URI");
	unsetenv("MLP_BUSY_TIMEOUT");
	snprintf(f->dir, sizeof(f->dir), "/tmp/mlp-store-XXXXXX");
	if (!mkdtemp(f->dir) || chmod(f->dir, 0755) < 0)
		return -1;
	f->ctx.cwd = f->dir;
	if (tracking_resolve(&f->ctx, &f->a, NULL, &f->t, &f->err) < 0)
		return -1;
	*state = f;
	return 0;
}

static inline void close_store(struct fixture *f)
{
	if (f->s)
		f->s->ops->close(f->s);
	f->s = NULL;
}

static inline int fixture_teardown(void **state)
{
	struct fixture *f = *state;
	close_store(f);
	arena_release(&f->a);
	tree_remove(f->dir, &f->err);
	free(f);
	return 0;
}

/* Not an assertion of cmocka: also for child processes. */
static inline int open_store(struct fixture *f, enum store_mode mode)
{
	close_store(f);
	err_clear(&f->err);
	return store_open(&f->ctx, &f->t, mode, &f->s, &f->err);
}

static inline void need_ok(struct fixture *f, int rc)
{
	if (rc != 0)
		print_error("%s\n", f->err.msg);
	assert_int_equal(rc, 0);
}

static inline void assert_error(
    struct fixture *f, int rc, enum err_code code, const char *text)
{
	assert_int_equal(rc, -1);
	if (!strstr(f->err.msg, text))
		print_error("'%s' is not in '%s'\n", text, f->err.msg);
	assert_non_null(strstr(f->err.msg, text));
	assert_int_equal(f->err.code, code);
	assert_null(strchr(f->err.msg, '\n'));
	err_clear(&f->err);
}

/* A run with nothing special; its id. */
static inline const char *add_run(struct fixture *f, const char *name, int64_t start)
{
	char id[33];
	struct run_record r;
	run_id_new(id);
	struct run_new n = {
	    .run_id = id, .name = name, .user = "ann", .start_time = start};
	if (f->s->ops->run_create(f->s, &f->a, &n, &r, &f->err) < 0)
		return NULL;
	return r.run_id;
}

/* The first value that a statement gives, asked of SQLite itself; "" for none. */
static inline const char *ask(struct fixture *f, const char *sql)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *st = NULL;
	const char *out = "";
	if (sqlite3_open(f->t.path, &db) == SQLITE_OK)
		sqlite3_busy_timeout(db, 10000);
	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK) {
		if (sqlite3_step(st) == SQLITE_ROW && sqlite3_column_text(st, 0))
			out =
			    arena_strdup(&f->a, (const char *)sqlite3_column_text(st, 0));
	} else {
		out = arena_strdup(&f->a, sqlite3_errmsg(db));
	}
	sqlite3_finalize(st);
	sqlite3_close(db);
	return out;
}

static inline void tell(struct fixture *f, const char *sql)
{
	sqlite3 *db = NULL;
	char *msg = NULL;
	assert_int_equal(sqlite3_open(f->t.path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 10000);
	if (sqlite3_exec(db, sql, NULL, NULL, &msg) != SQLITE_OK)
		fail_msg("%s", msg);
	sqlite3_close(db);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

#endif
